"""The multigrid solver: against sparse direct solves, convergence that does not depend on size, both bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve

from percola.measure import _parallel, phantoms
from percola.measure.flow import multigrid
from percola.measure.flow.conduction import through_block
from percola.measure.voids.connectivity import through_mask

CLOSED, ALL = (False, False, False), (True, True, True)


def direct(kappa, size=(1, 1, 1), axis=2, periodic=CLOSED):
    """Conductivity along the axis from face to face by a sparse direct solve, written down link by link."""
    shape = kappa.shape
    number = np.arange(kappa.size).reshape(shape)
    rows, cols, values = [], [], []
    volume = np.prod(size)
    right = np.zeros(kappa.size)
    diagonal = np.zeros(kappa.size)
    for ax in range(3):
        factor = volume / size[ax] ** 2
        pairs = [(np.take(number, range(shape[ax] - 1), ax), np.take(number, range(1, shape[ax]), ax))]
        if periodic[ax] and ax != axis and shape[ax] > 1:
            pairs.append((np.take(number, [-1], ax), np.take(number, [0], ax)))
        for a, b in pairs:
            a, b = a.ravel(), b.ravel()
            ka, kb = kappa.ravel()[a], kappa.ravel()[b]
            with np.errstate(invalid="ignore", divide="ignore"):
                w = np.where((ka > 0) & (kb > 0), factor * 2 * ka * kb / (ka + kb), 0.0)
            rows += [a, b]
            cols += [b, a]
            values += [-w, -w]
            np.add.at(diagonal, a, w)
            np.add.at(diagonal, b, w)
        if ax == axis:
            for face, pressure in ((0, 1.0), (-1, 0.0)):
                a = np.take(number, face, ax).ravel()
                diagonal[a] += factor * 2 * kappa.ravel()[a]
                right[a] += factor * 2 * kappa.ravel()[a] * pressure
    diagonal[diagonal == 0] = 1
    rows.append(np.arange(kappa.size))
    cols.append(np.arange(kappa.size))
    values.append(diagonal)
    matrix = coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(cols)))).tocsr()
    p = spsolve(matrix, right).reshape(shape)
    low = np.take(p, 0, axis), np.take(kappa, 0, axis)
    flux = (2 * low[1] * (1 - low[0])).sum() * volume / size[axis] ** 2
    area = np.prod([shape[a] * size[a] for a in range(3) if a != axis])
    return flux * shape[axis] * size[axis] / area


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_random_conductivities_as_by_a_direct_solve(axis):
    rng = np.random.default_rng(axis)
    # Odd and even edges, contrast of 10^4, holes, one lateral axis wrapped (odd: three colours), stretched voxels.
    kappa = np.exp(rng.normal(0, 2, (9, 11, 8))).astype(np.float32)
    kappa[rng.random(kappa.shape) < 0.25] = 0
    periodic = tuple(a == (axis + 1) % 3 for a in range(3))
    mask = through_mask(kappa > 0, periodic, axis)
    kappa[~mask] = 0
    size = (1.0, 1.7, 0.6)
    grid = multigrid.conductive_links(kappa, mask, periodic, axis, size)
    found = through_block(grid, axis, size, 1e-12, 1e-7)
    exact = direct(kappa.astype(float), size, axis, periodic)
    # Links are kept in single precision, 6e-8 each.
    assert found.value == pytest.approx(exact, rel=1e-6)
    assert found.lower == pytest.approx(exact, rel=1e-6)
    assert found.settled
    assert found.imbalance < 1e-7


def test_steps_do_not_grow_with_size_nor_with_thin_walls():
    steps = []
    for n in (16, 32, 64):
        p = phantoms.gaussian_field(n, 12, 0.6, seed=3)
        mask = through_mask(p.void, CLOSED, 2)
        # Walls of one voxel between rooms, with doors: nothing of this may be lost on coarser levels.
        mask[n // 3, : n - 2] = False
        mask[:, n // 2, 2:] = False
        mask = through_mask(mask, CLOSED, 2)
        steps.append(through_block(multigrid.uniform_links(mask, CLOSED, 2), 2, balance=1e-5).iterations)
    assert max(steps) <= 12  # 7 to 9 seen; plain conjugate gradients need several hundred at 64
    assert steps[-1] <= steps[0] + 4


@pytest.mark.parametrize("tolerance", [0.3, 1e-2, 1e-5])
@pytest.mark.parametrize("ends", [2, None])
def test_both_bounds_enclose_the_exact_value_however_rough_the_solve(tolerance, ends):
    void = phantoms.gaussian_field(32, 10, 0.55, seed=5).void
    mask = through_mask(void, ALL, 2)
    grid = multigrid.uniform_links(mask, ALL, ends)
    exact = through_block(grid, 2, tolerance=1e-14, balance=1e-8)
    assert exact.value - exact.lower < 1e-8 * exact.value
    rough = through_block(grid, 2, tolerance=tolerance, balance=None)
    # Rounding of sums in the bounds: 1e-9.
    assert rough.lower <= exact.value * (1 + 1e-9)
    assert rough.value >= exact.lower * (1 - 1e-9)


def test_same_numbers_for_any_number_of_threads(monkeypatch):
    p = phantoms.gaussian_field((48, 44, 40), 10, 0.6, seed=1)
    mask = through_mask(p.void, ALL, 2)
    found = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("PERCOLA_THREADS", threads)
        found.append(through_block(multigrid.uniform_links(mask, ALL, 2), 2))
    assert found[0] == found[1] == found[2]


def test_solves_inside_workers():
    # A solve started from a worker must not wait for the pool it runs in.
    p = phantoms.gaussian_field(64, 10, 0.6, seed=1)

    def task(a: int, b: int) -> float:
        return through_block(multigrid.uniform_links(p.void, CLOSED, 2), 2, balance=None, bound=False).value

    values = _parallel.run(task, [(i, i + 1) for i in range(4)])
    assert len(set(values)) == 1
    assert values[0] == task(0, 1)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.tuples(*[st.integers(1, 7)] * 3), st.floats(0.3, 1.0), st.integers(0, 2))
def test_small_odd_boxes(seed, shape, porosity, axis):
    rng = np.random.default_rng(seed)
    void = rng.random(shape) < porosity
    periodic = tuple(bool(b) for b in rng.random(3) < 0.5)
    mask = through_mask(void, periodic, axis)
    if not mask.any():
        return
    found = through_block(multigrid.uniform_links(mask, periodic, axis), axis, tolerance=1e-12, balance=1e-6)
    # Periodic axes of one voxel do not link to themselves, of two link twice: as the direct solve has it.
    assert found.value == pytest.approx(direct(mask.astype(float), axis=axis, periodic=periodic), rel=1e-6)
    assert found.through


def test_way_around_a_period_is_seen_and_only_that():
    # A helix: it winds around z only together with x, so a cut through the z seam must not look closed.
    n = 12
    void = np.zeros((n, n, n), bool)
    for z in range(n):
        void[z, 3, z] = void[(z + 1) % n, 3, z] = True
    grid = multigrid.uniform_links(void, ALL, None)
    assert multigrid.spanning_tree(grid, 2).through
    assert multigrid.spanning_tree(grid, 0).through
    assert not multigrid.spanning_tree(grid, 1).through
    # A ball across the corner of the box touches all faces and leads nowhere.
    x, y, z = np.meshgrid(*[np.minimum(np.arange(n), n - np.arange(n))] * 3, indexing="ij")
    ball = x**2 + y**2 + z**2 < 4**2
    grid = multigrid.uniform_links(ball, ALL, None)
    assert not any(multigrid.spanning_tree(grid, axis).through for axis in range(3))
    assert through_block(grid, 2).value == 0


def test_stretched_voxels_converge_as_well():
    p = phantoms.gaussian_field(48, 12, 0.6, seed=2)
    mask = through_mask(p.void, CLOSED, 2)
    for size in ((1, 1, 8), (8, 1, 1), (1, 5, 5)):
        grid = multigrid.uniform_links(mask, CLOSED, 2, size)
        found = through_block(grid, 2, size)
        assert found.iterations <= 14  # 7 to 10 seen
        assert found.settled
