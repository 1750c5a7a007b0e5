"""The widened interface: the structure in metres does not depend on the cell size chosen."""

from __future__ import annotations

import numpy as np
import pytest

from percola.gel.problem import GelPhysics, gel_problem
from percola.gel.solve import solve
from percola.grid import Grid


def solution():
    """A solution like PVDF in a phthalate: with a diffusivity that lets the structure outgrow the widened wavelength twice."""
    return GelPhysics(
        polymer_fraction=0.35,
        segments=800.0,
        site_volume_m3=3.6e-28,
        segment_length_m=1.2e-9,
        chi=lambda T: 1.05 - 0.004 * (np.asarray(T) - 300.0),
        bare_diffusivity_m2_s=lambda T: np.full_like(np.asarray(T, float), 1.2e-9),
        obstruction=2.0,
        growth_rate_m_s=lambda T, p: 4e-7 * np.asarray(p) * np.ones_like(np.asarray(T)),
        nuclei_density_m3=3e18,
    )


def arrested_length(cells, spacing_m, seed):
    t = np.linspace(0.0, 6.0, 400)
    T = 300.0 + 120.0 * np.exp(-t / 0.05)
    problem = gel_problem(
        solution(), t, T, Grid((cells,) * 3, spacing_m, ("periodic",) * 3), reference_chi=1.0, seed=seed
    )
    gel = solve(problem)
    assert gel.solved, gel.outcome
    return gel.samples[-1].structure_length_m


@pytest.mark.slow
def test_length_at_arrest_does_not_depend_on_the_cell():
    """h and h/1.5 in boxes of the same size in metres, same physics, two realizations each."""
    box = 1.2e-6
    coarse = [arrested_length(40, box / 40, seed) for seed in (1, 2)]
    fine = [arrested_length(60, box / 60, seed) for seed in (1, 2)]
    # A box of this size holds a hundred pores or so: 5 % scatter of L between realizations, and the widened wavelength
    # (which depends on the cell) is a share (lambda/L)^3 of the history: 15 % in all.
    assert np.mean(coarse) == pytest.approx(np.mean(fine), rel=0.15)
