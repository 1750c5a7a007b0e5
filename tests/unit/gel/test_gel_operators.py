"""Stencils and transforms: exact inverses, the symbol of the stencil, fluxes that cancel, walls that let nothing through."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from percola.gel.operators import Operators, materialize, operators
from percola.grid import Grid

# Sizes are even, odd and unequal so that no axis can be taken for another.
BOXES = [
    Grid((12, 9), 1.0, ("periodic", "wall")),
    Grid((7, 10), 1.0, ("wall", "wall")),
    Grid((10, 7, 12), 1.0, ("periodic", "periodic", "periodic")),
    Grid((7, 9, 11), 1.0, ("periodic", "periodic", "periodic")),
    Grid((10, 7, 12), 1.0, ("periodic", "periodic", "wall")),
    Grid((10, 7, 12), 1.0, ("wall", "periodic", "wall")),
]
KIND = np.float64
# Sums of some thousand terms of order one in double precision.
ROUNDING = 1e-12
TRUE = jnp.asarray(True)


def field(grid, seed=0):
    return jnp.asarray(np.random.default_rng(seed).standard_normal(grid.shape))


def ident(grid):
    return "x".join(map(str, grid.shape)) + "-" + "".join(b[0] for b in grid.boundaries)


@dataclass
class Box:
    grid: Grid
    ops: Operators
    u: np.ndarray
    there_and_back: np.ndarray
    laplacian: np.ndarray
    through_symbol: np.ndarray
    rate: np.ndarray  # div(M grad u), M of contrasts of a thousand
    constant_rate: np.ndarray


@pytest.fixture(scope="module", params=BOXES, ids=ident)
def box(request):
    grid = request.param
    ops = operators(grid, KIND)

    @jax.jit  # one compilation a box
    def everything(u, m):
        return (
            ops.backward(ops.forward(u)),
            ops.laplacian(u),
            ops.backward(ops.forward(u) * ops.symbol),
            ops.flux_divergence(m, u, TRUE),
            ops.flux_divergence(jnp.full(grid.shape, 0.7), u, TRUE),
        )

    u = field(grid)
    return Box(grid, ops, np.asarray(u), *map(np.asarray, everything(u, jnp.exp(2.0 * field(grid, 1)))))


def test_backward_undoes_forward(box):
    np.testing.assert_allclose(box.there_and_back, box.u, atol=ROUNDING)


def test_symbol_is_the_stencils(box):
    np.testing.assert_allclose(box.through_symbol, -box.laplacian, atol=ROUNDING)


def test_symbol_is_bounded_by_the_stencil_and_vanishes_for_constants(box):
    symbol = np.asarray(box.ops.symbol)
    assert symbol.min() == 0.0
    assert symbol.max() <= 4.0 * box.grid.ndim


def test_laplacian_matches_padded_numpy(box):
    """Against a stencil written with numpy's own padding, wrapping or mirroring each axis."""
    expected = np.zeros_like(box.u)
    for axis, boundary in enumerate(box.grid.boundaries):
        width = [(0, 0)] * box.grid.ndim
        width[axis] = (1, 1)
        mode = "wrap" if boundary == "periodic" else "edge"
        expected += np.diff(np.pad(box.u, width, mode=mode), 2, axis=axis)
    np.testing.assert_allclose(box.laplacian, expected, atol=ROUNDING)


def test_fluxes_cancel(box):
    assert abs(box.rate.sum()) <= ROUNDING * np.abs(box.rate).sum()


def test_constant_mobility_gives_the_laplacian(box):
    np.testing.assert_allclose(box.constant_rate, 0.7 * box.laplacian, atol=ROUNDING)


def test_flux_dissipates(box):
    """sum mu div(M grad mu) = -sum M |grad mu|^2 < 0 whatever the fields: the operator is negative."""
    assert (box.u * box.rate).sum() < 0.0


@pytest.mark.parametrize("grid", [Grid((8, 8, 10), 1.0, ("periodic", "periodic", "wall"))])
def test_nothing_passes_a_wall(grid):
    """A potential that rises towards a wall moves matter inside the box but none through the wall: only the layers
    between which the potential differs exchange, and what they exchange sums to zero."""
    ops = operators(grid, KIND)
    mu = jnp.zeros(grid.shape).at[..., -1].set(1.0)
    rate = np.asarray(ops.flux_divergence(jnp.ones(grid.shape), mu, TRUE))
    np.testing.assert_array_equal(rate[..., -1], -1.0)
    np.testing.assert_array_equal(rate[..., -2], 1.0)
    np.testing.assert_array_equal(rate[..., :-2], 0.0)  # in particular the far wall feels nothing of it


def test_an_immobile_cell_stops_the_flux_on_all_its_faces():
    grid = Grid((6, 6), 1.0, ("periodic", "periodic"))
    ops = operators(grid, KIND)
    m = jnp.ones(grid.shape).at[2, 3].set(1e-9)
    rate = ops.flux_divergence(m, field(grid), TRUE)
    # Four faces, each at most 2e-9 (harmonic mean with 1) times a difference of a few.
    assert abs(float(rate[2, 3])) < 4 * 2e-9 * 10


@pytest.mark.parametrize("boundaries", [("periodic", "periodic"), ("periodic", "wall")])
def test_order_in_space(boundaries):
    """The Laplacian and the flux converge with second order on functions that suit the boundary."""
    errors = []
    sizes = [16, 24, 36, 54, 80]
    for n in sizes:
        grid = Grid((n, n), 1.0, boundaries)
        ops = operators(grid, KIND)
        s = (np.arange(n) + 0.5) / n
        # one function for both: cos(2 pi x) is periodic and even about 0 and 1
        x, y = np.meshgrid(np.cos(2 * np.pi * s), np.cos(2 * np.pi * s), indexing="ij")
        sx, sy = np.meshgrid(np.sin(2 * np.pi * s), np.sin(2 * np.pi * s), indexing="ij")
        mobility = 1.5 + x * y
        # div(M grad x y) with M = 1.5 + x y, in units of (2 pi)^2
        exact = -2 * mobility * x * y + (sx * y) ** 2 + (x * sy) ** 2
        rate = np.asarray(jax.jit(ops.flux_divergence)(jnp.asarray(mobility), jnp.asarray(x * y), TRUE))
        errors.append(np.abs(rate * (n / (2 * np.pi)) ** 2 - exact).max())
    order = -np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    # 2 in theory, two-sided; 16 cells a wave still show some of the fourth order.
    assert 1.9 < order < 2.1


def test_materialized_functions_are_the_same():
    u = field(Grid((8, 8), 1.0, ("periodic", "periodic")))
    np.testing.assert_array_equal(materialize(TRUE, jnp.sin, u), jnp.sin(u))


@pytest.mark.parametrize("walls", [False, True])
def test_bending_is_the_curved_part_of_the_laplacian(walls):
    """On the tanh profile of a sphere it is 2 u'/r, on a plane nothing; second order in the cells of the front."""
    found = []
    for n in (24, 48, 96):
        h, radius, width = 24.0 / n, 7.0, 1.5
        grid = Grid((n,) * 3, 1.0, ("periodic", "periodic", "wall" if walls else "periodic"))
        ops = operators(grid, np.float64)
        x = (np.arange(n) + 0.5 - n / 2) * h
        z = (np.arange(n) + 0.5) * h if walls else x  # half a sphere on the wall, its mirror image behind it
        r = np.sqrt(x[:, None, None] ** 2 + x[None, :, None] ** 2 + z[None, None, :] ** 2)
        u = 0.5 * (1 - np.tanh((r - radius) / (2 * width)))
        exact = -2 / r * 0.25 / width / np.cosh((r - radius) / (2 * width)) ** 2
        bending = np.asarray(ops.bending_around(ops.widened(jnp.asarray(u)), 1e-9)) / h**2
        near = np.abs(r - radius) < 2 * width  # the front; farther out a periodic box flattens the tail
        found.append(np.abs(bending - exact)[near].max() / np.abs(exact).max())
    order = -np.polyfit([0, 1, 2], np.log2(found), 1)[0]
    assert 1.8 < order < 2.3  # fitted; single pairs scatter with where the front lies between cells
    assert found[-1] < 0.01
    flat = jnp.asarray(np.broadcast_to(np.tanh((np.arange(24) - 12) / 2.0), (24, 24, 24)).copy())
    grid = Grid((24,) * 3, 1.0, ("periodic", "periodic", "wall"))
    ops = operators(grid, np.float64)
    assert float(jnp.abs(ops.bending_around(ops.widened(flat), 1e-9))[:, :, 2:-2].max()) < 1e-9  # the fade
