"""Intrusion and drainage: every radius, trapping, and shapes with known curves."""

import json
import math

import numpy as np
import pytest
from scipy import ndimage

from percola.errors import InputError
from percola.measure import phantoms
from percola.measure.voids.distance import distance_map
from percola.measure.voids.intrusion import MERCURY, Intruder, bends, intrusion, measure_intrusion
from percola.measure.voids.voxel import voxel_distance
from percola.measure.voids.widest import widest_path

CLOSED = (False, False, False)
ALL = (True, True, True)


def by_name(found):
    return {m.name: m for m in found}


def slow_reached(d2, k, inlet):
    """Centres of at least k that are reached from the inlet: across faces, and across edges (corners) between two of at
    least 2 (3), step by step.
    """
    reached = inlet & (d2 >= k)
    count = -1
    while count != reached.sum():
        count = reached.sum()
        for kind in (1, 2, 3):
            wide = d2 >= (0, 2, 3)[kind - 1]
            around = ndimage.generate_binary_structure(3, kind)
            reached |= ndimage.binary_dilation(reached & wide, around) & wide & (d2 >= k)
    return reached


def slow_filled(void, axis, faces):
    """Radius by radius: the reachable centres, dilated by Euclidean distance. Squared radii."""
    d2 = voxel_distance(void, CLOSED).astype(int)
    out = np.zeros(void.shape, int)
    inlet = np.zeros(void.shape, bool)
    for ax in range(3):
        if ax == axis or faces == "all":
            view = np.moveaxis(inlet, ax, 0)
            view[0] = True
            if faces != "one":
                view[-1] = True
    for k in np.unique(d2[d2 > 0]):  # growing: larger spheres overwrite smaller ones
        reached = slow_reached(d2, k, inlet)
        if reached.any():
            away = np.rint(ndimage.distance_transform_edt(~reached) ** 2).astype(int)
            out[away < k] = k
    return out


def slow_trapped(filled, void):
    """Step by step forward in time: what is cut off from the high z face stays as it is."""
    trapped = np.zeros(void.shape, bool)
    inside = np.zeros(void.shape, bool)
    for k in np.unique(filled[filled > 0])[::-1]:
        # Cut off by all that was filled at larger radii.
        labels, _ = ndimage.label(void & ~inside)
        out = np.unique(labels[:, :, -1])
        trapped |= void & ~inside & ~np.isin(labels, out[out > 0])
        inside |= (filled >= k) & ~trapped
    labels, _ = ndimage.label(void & ~inside)
    out = np.unique(labels[:, :, -1])
    trapped |= void & ~inside & ~np.isin(labels, out[out > 0])
    return trapped


@pytest.mark.parametrize("faces", ["one", "both", "all"])
@pytest.mark.parametrize("axis", [0, 2])
def test_filled_radius_against_dilation_radius_by_radius(faces, axis):
    p = phantoms.gaussian_field((18, 20, 22), 10, 0.6, seed=2)
    result = intrusion(p.void, 1.0, CLOSED, axis=axis, faces=faces, mode="voxel")
    expected = slow_filled(p.void, axis, faces)
    np.testing.assert_array_equal(np.moveaxis(result.filled, 2, axis), expected)
    np.testing.assert_allclose(result.filled_m(), np.sqrt(expected), rtol=1e-6)
    voids = expected[p.void]
    for radius, saturation in zip(result.radius_m, result.saturation, strict=True):
        assert saturation == pytest.approx((voids >= radius**2 * (1 - 1e-9)).mean())
        assert result.saturation_at(radius) == saturation
    assert np.all(np.diff(result.saturation) > 0)
    np.testing.assert_array_equal(result.snapshot(3.0), expected >= 9)


@pytest.mark.parametrize("seed", range(5))
def test_trapping_in_reverse_equals_trapping_forward(seed):
    p = phantoms.gaussian_field((16, 18, 20), 8, 0.6, seed=seed)
    result = intrusion(p.void, 1.0, CLOSED, trapping=True, mode="voxel")
    expected = slow_trapped(result.filled.astype(int), p.void)
    # The reverse rule speaks of what would be filled: never-filled voxels without a way out are trapped in both.
    np.testing.assert_array_equal(result.trapped, expected)
    gone = (result.filled > 0) & ~result.trapped
    assert result.saturation_trapping[-1] == pytest.approx(gone.sum() / p.void.sum())
    assert np.all(result.saturation_trapping <= result.saturation + 1e-12)
    np.testing.assert_array_equal(result.snapshot(0.5, trapping=True), gone)


def test_a_dead_end_traps_and_a_bypass_does_not():
    """Two bellies between the faces, joined to the outlet by a wide and a narrow way."""
    void = np.zeros((9, 20, 30), bool)
    void[3:6, 3:6, :] = True  # a straight channel of radius 2 (squared 4)
    void[2:7, 12:17, 8:20] = True  # a belly beside it
    void[4, 6:12, 14] = True  # joined by one narrow way only
    result = intrusion(void, 1.0, CLOSED, trapping=True, mode="voxel")
    belly = np.zeros(void.shape, bool)
    belly[2:7, 12:17, 8:20] = True
    # The channel fills first; then nothing leads the belly's liquid out.
    assert result.trapped[belly].all()
    void[4, 14, 20:] = True  # a narrow way from the belly to the outlet
    free = intrusion(void, 1.0, CLOSED, trapping=True, mode="voxel")
    assert not free.trapped[belly].all()
    assert free.saturation_trapping[-1] > result.saturation_trapping[-1]


def test_bundle_of_tubes_fills_tube_by_tube():
    radii = (3.0, 5.0, 8.0)
    p = phantoms.tubes(radii, 12)
    result = intrusion(p.void, p.spacing_m, p.periodic, p.level, faces="both")
    areas = np.cumsum([r**2 for r in radii[::-1]]) / sum(r**2 for r in radii)
    for radius, share in zip(radii[::-1], areas, strict=True):
        # Half a voxel below the radius the tube is full but for voxels at its rim.
        got = result.saturation_at((radius - 0.5) * p.spacing_m)
        assert got == pytest.approx(share, abs=0.06)
        assert (
            result.saturation_at((radius + 0.1) * p.spacing_m)
            <= share - radius**2 / sum(r**2 for r in radii) + 0.02
        )


@pytest.mark.parametrize(("throat", "belly"), [(3.0, 7.0), (4.3, 8.0)])
def test_ink_bottle_breaks_through_at_its_throat(throat, belly):
    p = phantoms.necklace(throat, belly, 24, 2, offset_voxels=(0.3, 0.1))
    found = by_name(measure_intrusion(p.void, p.spacing_m, p.periodic, p.level))
    size = found["percolating_sphere_diameter"]
    # As the widest path: low by 0.08 voxel of radius at most.
    assert -0.16 < size.value / p.spacing_m - 2 * throat < 0.04
    # Before the throat only the entrance belly is filled, past it both: nothing in between.
    curve = intrusion(p.void, p.spacing_m, p.periodic, p.level)
    before, at = curve.breakthrough
    assert before < 0.45
    assert at > 0.85  # rims between voxels and the cone towards the throat follow later
    assert found["breakthrough_saturation"].value == at
    # The pressure is Washburn's.
    p_expected = -2 * 0.485 * math.cos(math.radians(140)) / (size.value / 2)
    assert size.evidence["pressure_Pa"] == pytest.approx(p_expected, rel=1e-12)


def test_intrusion_from_all_faces_is_never_behind():
    p = phantoms.gaussian_field(24, 9, 0.6, seed=7)
    one, both, every = (
        intrusion(p.void, 1.0, CLOSED, faces=f, mode="voxel").filled for f in ("one", "both", "all")
    )
    assert (one <= both).all()
    assert (both <= every).all()


def test_voxel_and_subvoxel_modes_agree_on_a_field():
    p = phantoms.gaussian_field(48, 16, 0.65, seed=3)
    fine = intrusion(p.void, 1.0, CLOSED, p.level)
    rough = intrusion(p.void, 1.0, CLOSED, mode="voxel")
    # Whole squared distances of voxel centres read 0.2 to 0.5 voxel low.
    assert -0.6 < rough.percolating_radius_m - fine.percolating_radius_m < 0.1
    given = intrusion(p.void, 1.0, CLOSED, cell=distance_map(p.void, CLOSED, p.level).cell)
    np.testing.assert_array_equal(given.filled, fine.filled)


def test_turns_and_mirrors():
    p = phantoms.gaussian_field((16, 18, 20), 9, 0.6, seed=4)
    whole = intrusion(p.void, 1.0, CLOSED, trapping=True, mode="voxel")
    turned = intrusion(np.moveaxis(p.void, 2, 0), 1.0, CLOSED, axis=0, trapping=True, mode="voxel")
    np.testing.assert_array_equal(turned.filled, whole.filled)
    np.testing.assert_array_equal(turned.trapped, whole.trapped)
    mirrored = intrusion(p.void[::-1, ::-1], 1.0, CLOSED, trapping=True, mode="voxel")
    np.testing.assert_array_equal(mirrored.filled, whole.filled[::-1, ::-1])
    np.testing.assert_array_equal(mirrored.trapped, whole.trapped[::-1, ::-1])
    moved = intrusion(np.roll(p.void, 5, 1), 1.0, (True, True, False), trapping=True, mode="voxel")
    rolled = intrusion(p.void, 1.0, (True, True, False), trapping=True, mode="voxel")
    np.testing.assert_array_equal(moved.filled, np.roll(rolled.filled, 5, 1))
    np.testing.assert_array_equal(moved.trapped, np.roll(rolled.trapped, 5, 1))


def test_percolating_radius_is_the_widest_path_whatever_the_faces():
    p = phantoms.gaussian_field(24, 9, 0.65, seed=8)
    path = widest_path(voxel_distance(p.void, CLOSED), CLOSED)
    for faces in ("one", "both", "all"):
        assert intrusion(p.void, 1.0, CLOSED, faces=faces, mode="voxel").percolating_radius_m == path.radius


def test_measurements_of_a_field():
    p = phantoms.gaussian_field(48, 12, 0.65, seed=5)
    found = by_name(measure_intrusion(p.void, p.spacing_m, CLOSED, p.level))
    assert len(found) == 5
    assert all(m.defined and m.uncertainty is not None for m in found.values())
    curve = found["intruded_fraction"].evidence["curve"]
    assert len(curve["radius_m"]) <= 200
    assert curve["largest_deviation"] < 0.01
    assert curve["saturation"][-1] == pytest.approx(found["intruded_fraction"].value, rel=1e-5)
    assert all(a < b for a, b in zip(curve["pressure_Pa"], curve["pressure_Pa"][1:], strict=False))
    residual = found["residual_saturation"]
    assert residual.value == pytest.approx(residual.evidence["never_reached"] + residual.evidence["trapped"])
    assert len(json.dumps([m.to_dict() for m in found.values()])) < 50_000
    for faces in ("both", "all"):
        others = by_name(measure_intrusion(p.void, p.spacing_m, CLOSED, p.level, faces=faces))
        assert others["residual_saturation"].value is None
        assert others["breakthrough_saturation"].reason
        assert others["median_intrusion_diameter"].value >= found["median_intrusion_diameter"].value


def test_gas_against_a_liquid_needs_its_own_pressure():
    ethanol = Intruder("air in ethanol", 21.97e-3, 0.0, "table")
    assert ethanol.pressure_Pa(1e-7) == pytest.approx(2 * 21.97e-3 / 1e-7)
    assert ethanol.radius_m(ethanol.pressure_Pa(3e-8)) == pytest.approx(3e-8)
    # A pore of 1 um diameter takes mercury at 1.486 MPa (4 x 0.485 x cos 40 deg / 1e-6).
    assert MERCURY.pressure_Pa(0.5e-6) == pytest.approx(1.486e6, rel=1e-3)


def test_nothing_to_fill_is_a_result():
    for void, words in ((np.ones((8, 8, 8), bool), "no polymer"), (np.zeros((8, 8, 8), bool), "no void")):
        found = measure_intrusion(void, 1e-8, CLOSED)
        assert len(found) == 5
        assert all(m.value is None and words in m.reason for m in found)
    p = phantoms.isolated_pores(14, 2, 0.35)
    found = by_name(measure_intrusion(p.void, p.spacing_m, p.periodic, p.level))
    assert found["percolating_sphere_diameter"].value is None
    assert found["percolating_sphere_diameter"].reason == "no void reaches from side to side along z"
    assert found["intruded_fraction"].value == 0
    assert found["residual_saturation"].value == 1
    assert found["breakthrough_saturation"].value is None


def test_refusals():
    void = np.zeros((8, 8, 8), bool)
    void[2:5] = True
    for arguments in (
        {"spacing_m": (1e-8, 1e-8, 2e-8)},
        {"faces": "top"},
        {"faces": "both", "trapping": True},
        {"mode": "fast"},
        {"mode": "voxel", "level": np.where(void, -1, 1).astype(np.float32)},
        {"cell": np.zeros((2, 2, 2), np.float32)},
        {"axis": 3},
    ):
        with pytest.raises(InputError):
            intrusion(void, **{"spacing_m": 1e-8, "periodic": CLOSED, **arguments})
    with pytest.raises(InputError, match="trapping"):
        intrusion(void, 1e-8, CLOSED).snapshot(1e-8, trapping=True)


def test_kept_points_keep_the_jump():
    x = np.linspace(1, 0, 5000)
    y = np.where(x < 0.37, 0.9, 0.1) + 0.05 * (1 - x)
    kept, off = bends(x, [y], 20)
    assert len(kept) == 20
    assert off < 1e-9  # two lines and a jump need four points
    assert 0 in kept
    assert 4999 in kept
