"""Order of the stepper in time and of the stencils in space, fitted over refinements with fixed steps, two-sided."""

from __future__ import annotations

import numpy as np
import pytest

from percola.gel.operators import operators
from percola.gel.problem import stamp_seeds
from percola.gel.reference import constant_gel, march_fixed
from percola.gel.stepper import initial_state
from percola.grid import Grid


def fitted(sizes, errors):
    return float(np.polyfit(np.log(sizes), np.log(errors), 1)[0])


def ends(crystals, boundaries, counts, span):
    """phi and psi at ``span`` for each number of steps."""
    grid = Grid((24, 24), 1.0, boundaries)
    ops = operators(grid, np.float64)
    model = constant_gel(100, 0.8, 2.2, obstruction=1.0, growth=(0.0, 0.05, 0.0, 0.0), crystals=crystals)
    s = 2 * np.pi * (np.arange(24) + 0.5) / 24
    x, y = np.meshgrid(s, s, indexing="ij")
    phi = 0.22 + 0.08 * np.cos(x) * np.cos(y) + 0.03 * np.cos(2 * x)
    psi = stamp_seeds(np.zeros(grid.shape), np.array([[7.3, 11.1]]), ops.walls) if crystals else None
    out = []
    for n in counts:
        end = march_fixed(model, ops, initial_state(ops, phi, psi, 0.0, span / n), span / n, n)
        assert float(end.time) == pytest.approx(span)
        out.append((np.asarray(end.phi), np.asarray(end.psi)))
    return out


COUNTS = [40, 60, 90, 135, 200]


@pytest.mark.parametrize("boundaries", [("periodic", "periodic"), ("periodic", "wall")])
def test_second_order_in_time_without_crystals(boundaries):
    *found, reference = ends(False, boundaries, [*COUNTS, 2400], 40.0)
    errors = [np.abs(phi - reference[0]).max() for phi, _ in found]
    # 2 in theory. The first, first-order step and the fading of the extrapolation at long steps both vanish with dt and
    # leave a few tenths in the fit.
    assert 1.7 < fitted(COUNTS, errors) * -1 < 2.4


def test_first_order_in_time_with_crystals():
    """The crystal front is stepped explicitly (Euler, at most 0.15 cells a step): with it the whole is of first order."""
    *found, reference = ends(True, ("periodic", "periodic"), [*COUNTS, 2400], 40.0)
    errors = [np.abs(psi - reference[1]).max() for _, psi in found]
    assert 0.8 < fitted(COUNTS, errors) * -1 < 1.3  # 1 in theory
    # phi feels psi through its mobility only, so its error of second order still shows beside that of first order
    errors = [np.abs(phi - reference[0]).max() for phi, _ in found]
    assert 0.8 < fitted(COUNTS, errors) * -1 < 2.2
    # what that means in a run: at the longest step the front is less than a tenth of a cell off
    assert abs(found[0][1].sum() / reference[1].sum() - 1) < 0.05


def test_second_order_in_space():
    """One smooth problem between walls on five grids; amplitudes of its lowest cosines against the finest grid."""

    def amplitudes(n):
        h = 24.0 / n
        grid = Grid((n, n), 1.0, ("wall", "wall"))
        ops = operators(grid, np.float64)
        model = constant_gel(100, 0.8, 2.2 / h**2, mobility=1.0 / h**2, obstruction=1.0)
        s = np.pi * (np.arange(n) + 0.5) / n
        x, y = np.meshgrid(s, s, indexing="ij")
        phi = 0.22 + 0.08 * np.cos(x) * np.cos(2 * y) + 0.03 * np.cos(2 * x)
        end = np.asarray(march_fixed(model, ops, initial_state(ops, phi, None, 0.0, 0.05), 0.05, 400).phi)
        # midpoint sums of smooth even functions against cosines are exact to all orders
        waves = np.cos(np.outer(np.arange(4), s))
        return waves @ end @ waves.T / n**2

    counts = [16, 20, 26, 34]
    reference = amplitudes(102)
    errors = [np.abs(amplitudes(n) - reference).max() for n in counts]
    assert (
        1.85 < fitted(counts, errors) * -1 < 2.25
    )  # 2 in theory; the reference has a ninth of the last error
