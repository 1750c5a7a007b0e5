"""Whole squared distances, floods and unions of spheres against slow, obvious references."""

import heapq

import numpy as np
import pytest
from scipy import ndimage

from percola.measure import _parallel, phantoms
from percola.measure.voids.spheres import largest_sphere
from percola.measure.voids.voxel import FAR, voxel_distance, voxel_radius
from percola.measure.voids.widest import flood, widest_path

CLOSED = (False, False, False)
ALL = (True, True, True)
WRAPS = [CLOSED, ALL, (True, False, True), (False, True, False)]


def slow_squared(void, periodic):
    """From every void voxel to every image of every polymer voxel."""
    images = [(-1, 0, 1) if p else (0,) for p in periodic]
    solid = np.argwhere(~void)
    tiled = np.concatenate(
        [solid + np.multiply((a, b, c), void.shape) for a in images[0] for b in images[1] for c in images[2]]
    )
    out = np.zeros(void.shape, np.int64)
    for at in np.argwhere(void):
        out[tuple(at)] = ((tiled - at) ** 2).sum(1).min()
    return out


def slow_flood(value, periodic, inlets):
    """Prim's algorithm with a heap, across faces."""
    value = value.astype(np.float64)
    out = np.zeros_like(value)
    heap = []
    for face in range(6):
        if inlets[face]:
            layer = [slice(None)] * 3
            layer[face // 2] = slice(0, 1) if face % 2 == 0 else slice(-1, None)
            grid = np.zeros(value.shape, bool)
            grid[tuple(layer)] = True
            heap += [(-value[tuple(at)], *at) for at in np.argwhere(grid & (value > 0))]
    heapq.heapify(heap)
    while heap:
        level, *at = heapq.heappop(heap)
        if out[tuple(at)]:
            continue
        out[tuple(at)] = -level
        for ax in range(3):
            for side in (-1, 1):
                to = list(at)
                to[ax] += side
                if not 0 <= to[ax] < value.shape[ax]:
                    if not periodic[ax]:
                        continue
                    to[ax] %= value.shape[ax]
                if value[tuple(to)] > 0 and not out[tuple(to)]:
                    heapq.heappush(heap, (max(level, -value[tuple(to)]), *to))
    return out


def slow_spheres(value, periodic):
    """Every sphere on every voxel."""
    grid = np.indices(value.shape)
    images = [(-1, 0, 1) if p else (0,) for p in periodic]
    out = value.copy()
    for at in np.argwhere(value > 0):
        k = value[tuple(at)]
        for a in images[0]:
            for b in images[1]:
                for c in images[2]:
                    centre = at + np.multiply((a, b, c), value.shape)
                    d2 = ((grid - centre[:, None, None, None]) ** 2).sum(0)
                    covered = d2 < k if value.dtype.kind in "iu" else d2 <= float(k) ** 2
                    np.maximum(out, np.where(covered, k, 0).astype(out.dtype), out=out)
    return out


@pytest.mark.parametrize("periodic", WRAPS)
@pytest.mark.parametrize("share", [0.03, 0.3, 0.7])
def test_squared_distance_is_exact(periodic, share):
    void = np.random.default_rng(7).random((9, 11, 13)) > share
    np.testing.assert_array_equal(voxel_distance(void, periodic), slow_squared(void, periodic))


def test_far_distances_need_more_than_16_bits():
    void = np.ones((2, 3, 300), bool)
    void[0, 0, 0] = False
    d2 = voxel_distance(void, CLOSED)
    assert d2.dtype == np.int32
    assert d2[1, 2, 299] == 1 + 4 + 299**2
    expected = ndimage.distance_transform_edt(void) ** 2
    np.testing.assert_array_equal(d2, np.rint(expected).astype(int))
    assert (voxel_distance(np.ones((3, 4, 5), bool), ALL) == FAR).all()
    assert not voxel_distance(np.zeros((3, 4, 5), bool), ALL).any()


def test_squared_distance_under_turns_and_mirrors():
    p = phantoms.gaussian_field((18, 20, 22), 9, 0.6, seed=1)
    d2 = voxel_distance(p.void, CLOSED)
    for order in ((1, 2, 0), (2, 1, 0)):
        np.testing.assert_array_equal(voxel_distance(p.void.transpose(order), CLOSED), d2.transpose(order))
    np.testing.assert_array_equal(voxel_distance(p.void[::-1, :, ::-1], CLOSED), d2[::-1, :, ::-1])
    np.testing.assert_array_equal(
        voxel_distance(np.roll(p.void, 5, 1), ALL), np.roll(voxel_distance(p.void, ALL), 5, 1)
    )


@pytest.mark.parametrize("periodic", WRAPS)
@pytest.mark.parametrize("whole", [True, False])
def test_flood_is_the_maximin(periodic, whole):
    p = phantoms.gaussian_field((12, 13, 14), 7, 0.6, seed=3)
    value = voxel_distance(p.void, periodic)
    if not whole:
        # Distinct reals, so that ties do not hide an error of order.
        value = (np.sqrt(value) * np.random.default_rng(0).uniform(0.8, 1, value.shape)).astype(np.float32)
    for inlets in ((0, 0, 0, 0, 1, 0), (0, 0, 0, 0, 1, 1), (1, 1, 0, 0, 1, 1)):
        found = flood(value, periodic, inlets, spheres=False)
        np.testing.assert_array_equal(found, slow_flood(value, periodic, inlets))


@pytest.mark.parametrize("seed", range(4))
def test_flood_of_noise_keeps_its_order_within_a_bucket(seed):
    # Values within one part in 10^7 of each other share a bucket.
    value = (1 + np.random.default_rng(seed).random((7, 8, 9)) * 1e-6).astype(np.float32)
    found = flood(value, CLOSED)
    np.testing.assert_array_equal(found, slow_flood(value, CLOSED, (0, 0, 0, 0, 1, 0)))


@pytest.mark.parametrize("whole", [True, False])
def test_early_stop_finds_the_same_radius_and_its_throat(whole):
    for seed in range(4):
        p = phantoms.gaussian_field((16, 16, 20), 8, 0.6, seed=seed)
        value = voxel_distance(p.void, CLOSED)
        value = value if whole else voxel_radius(value)
        quick = widest_path(value, CLOSED)
        full = widest_path(value, CLOSED, access=True)
        assert quick.radius == full.radius
        assert quick.throat == full.throat
        mirrored = widest_path(np.ascontiguousarray(value[:, :, ::-1]), CLOSED)
        assert mirrored.radius == quick.radius
        if quick.throat is not None:
            best = full.access[:, :, -1].max()
            assert value[quick.throat] == best
            assert quick.radius == pytest.approx(np.sqrt(best) if whole else best, rel=1e-6)


@pytest.mark.parametrize("periodic", WRAPS)
@pytest.mark.parametrize("kind", ["squared", "access", "real", "noise"])
def test_union_of_spheres_is_exact(periodic, kind):
    p = phantoms.gaussian_field((12, 14, 16), 8, 0.65, seed=5)
    value = voxel_distance(p.void, periodic)
    if kind == "access":
        value = widest_path(value, periodic, access=True).access
    elif kind == "real":
        value = np.float32(0.93) * voxel_radius(value)
    elif kind == "noise":
        # Spheres that are no distance map at all.
        value = (np.random.default_rng(1).random((8, 9, 10)) ** 4 * 4).astype(np.float32)
    np.testing.assert_array_equal(largest_sphere(value, periodic), slow_spheres(value, periodic))


def test_spheres_wider_than_the_box_wrap_more_than_once():
    value = np.zeros((4, 5, 3), np.int32)
    value[1, 2, 1] = 60
    assert (largest_sphere(value, ALL) == 60).all()
    closed = largest_sphere(value, CLOSED)
    np.testing.assert_array_equal(closed, slow_spheres(value, CLOSED))


@pytest.mark.parametrize("gap", range(2, 10))
def test_slit_radius_and_its_bias(gap):
    p = phantoms.slit(gap)
    d2 = voxel_distance(p.void, p.periodic)
    # Centre to centre: even widths exact, odd ones half a voxel wide; face to face: half a voxel less, never wide.
    assert voxel_radius(d2).max() - gap / 2 == pytest.approx(0.5 * (gap % 2), abs=1e-6)
    assert voxel_radius(d2, 0.5).max() - gap / 2 == pytest.approx(0.5 * (gap % 2) - 0.5, abs=1e-6)


def test_tube_radius_reads_low():
    rng = np.random.default_rng(2)
    errors = []
    for radius in (3.0, 4.5, 6.0, 8.0, 10.0, 12.0):
        for _ in range(3):
            p = phantoms.tube(radius, 2, offset_voxels=tuple(rng.random(2)))
            errors.append(voxel_radius(voxel_distance(p.void, p.periodic)).max() - radius)
    # The axis lies up to 0.71 from the nearest voxel centre; a wall's nearest polymer centre lies just behind it.
    assert min(errors) > -0.71
    assert max(errors) < 0.1
    assert -0.35 < np.mean(errors) < -0.1


def test_maps_may_be_asked_for_inside_a_task(monkeypatch):
    """Sub-volumes are measured side by side: the pool must not wait for itself."""
    monkeypatch.setenv("PERCOLA_THREADS", "2")
    p = phantoms.gaussian_field(16, 8, 0.6, seed=1)

    def task(a, b):
        d2 = voxel_distance(p.void, CLOSED)
        return widest_path(d2, CLOSED, access=True).access.sum() + largest_sphere(d2, CLOSED).sum()

    values = _parallel.run(task, [(i, i + 1) for i in range(6)])
    assert values == [task(0, 1)] * 6
