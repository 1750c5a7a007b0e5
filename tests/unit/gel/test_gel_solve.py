"""The driver: from a real solution to a gel; outcomes as values; resume; 2D; the record."""

from __future__ import annotations

import dataclasses
import math
from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest

from percola.errors import InputError
from percola.gel.problem import GelPhysics, forecast, gel_problem, scales, stamp_seeds
from percola.gel.solve import solve, structure_length_m
from percola.grid import Grid
from percola.thermo import Solution, build_system


@pytest.fixture(scope="module")
def physics():
    """PVDF 46.6 wt% in diethyl phthalate, dissolved at 145 degC, from the tables."""
    system = build_system([("PVDF", 362.0, 46.6)], [("DEP", 53.4)])
    solution = Solution.from_weight_fraction(system, 0.466, 418.15)
    phi = solution.polymer_volume_fraction
    return GelPhysics(
        polymer_fraction=phi,
        segments=system.segments,
        site_volume_m3=system.site_volume_m3,
        segment_length_m=1.0e-9,
        # deep enough to demix whatever the tables say of chi: these tests are about the driver
        chi=lambda T: 0.4 + 1.2 * (1.0 - (np.asarray(T) - 300.0) / 120.0) * 0.9,
        bare_diffusivity_m2_s=lambda T: system.mutual_diffusivity_m2_s(T, 0.0),
        obstruction=system.diffusion.crowding,
        growth_rate_m_s=lambda T, p: 2e-7 * np.asarray(p) * np.ones_like(np.asarray(T)),
        nuclei_density_m3=4e19,
    )


def history():
    t = np.linspace(0.0, 5.0, 120)
    return t, 300.0 + 118.0 * np.exp(-t / 0.1)


@cache
def problem(physics, shape=(16, 16, 16), boundaries=("periodic",) * 3, spacing_m=20e-9, seed=5):
    t, T = history()
    grid = Grid(shape, spacing_m, boundaries)
    return gel_problem(physics, t, T, grid, reference_chi=1.2, seed=seed)


@pytest.fixture(scope="module")
def run(physics):
    return solve(problem(physics), chunk=15)


def test_a_gel_arrests(run):
    assert run.solved
    assert run.remedy == ""
    assert run.seeds > 0
    # Next to the lean phase, which does not crystallize, psi stays below 1: a fine structure saturates near 0.95.
    assert run.samples[-1].crystallinity >= 0.9
    late = [s.structure_length_m for s in run.samples if s.crystallinity > 0.9]
    assert max(late) / min(late) < 1.05  # nothing moves any more
    assert run.samples[-1].contrast > 0.1  # it demixed before
    times = [s.time_s for s in run.samples]
    assert times == sorted(times)


def test_mass_in_float32(run):
    # a mean of some thousand float32 fractions, rounded once a step: below 1e-5 over the run
    assert run.samples[-1].mean_fraction == pytest.approx(run.samples[0].mean_fraction, rel=1e-5)


def test_same_seed_same_gel_other_seed_other_gel(physics, run):
    again = solve(problem(physics), chunk=15)
    np.testing.assert_array_equal(again.polymer_fraction, run.polymer_fraction)
    np.testing.assert_array_equal(again.crystallized, run.crystallized)
    other = problem(physics, seed=6)
    assert not np.array_equal(other.noise, run.problem.noise)


def test_resumed_equals_uninterrupted_bit_for_bit(physics, run):
    kept = []
    solve(problem(physics), chunk=15, checkpoint=kept.append)
    assert len(kept) > 3
    for checkpoint in (kept[1], kept[-2]):
        resumed = solve(problem(physics), chunk=15, resume=checkpoint)
        np.testing.assert_array_equal(resumed.polymer_fraction, run.polymer_fraction)
        np.testing.assert_array_equal(resumed.crystallized, run.crystallized)
        assert resumed.samples == run.samples
        assert (resumed.steps, resumed.rejected, resumed.outcome) == (run.steps, run.rejected, run.outcome)


def test_cancelled_is_an_outcome(physics):
    gel = solve(problem(physics), chunk=5, progress=lambda share, sample: False)
    assert gel.outcome == "cancelled"
    assert "resumes" in gel.remedy


def test_step_budget_is_an_outcome(physics):
    gel = solve(problem(physics), chunk=5, max_steps=8)
    assert gel.outcome == "too_many_steps"
    assert "max_steps" in gel.remedy
    assert not gel.solved


def test_not_finite_is_an_outcome_with_a_remedy(physics):
    p = problem(physics)
    p = dataclasses.replace(p, state=dataclasses.replace(p.state, phi=p.state.phi.at[3, 4, 5].set(np.nan)))
    gel = solve(p, chunk=15)
    assert gel.outcome == "not_finite"
    assert "float64" in gel.remedy
    assert not gel.solved


def test_two_dimensions_and_walls(physics):
    gel = solve(problem(physics, (24, 20), ("periodic", "wall")), chunk=40)
    assert gel.polymer_fraction.shape == (24, 20)
    assert gel.solved


def test_a_cell_finer_than_the_interface_is_refused(physics):
    with pytest.raises(InputError, match="cells of at least"):
        scales(physics, 1e-11, 1.2)


def test_widening_keeps_tension_times_mobility(physics):
    """kappa rises by s^2 and the mobility falls by s: sqrt(kappa) M is that of the solution, for any cell."""
    products = []
    for h in (10e-9, 25e-9):
        p = problem(physics, (8, 8, 8), spacing_m=h)
        m0 = float(p.model.schedule.mobility[-1]) * h**2
        products.append(math.sqrt(p.scales.kappa_cells) * h * m0)
    true = math.sqrt(physics.gradient_coefficient_m2) * float(
        physics.bare_diffusivity_m2_s(np.array([history()[1][-1]]))[0]
    )
    np.testing.assert_allclose(products, true, rtol=1e-5)  # float32 coefficients


def test_structure_length_of_a_wave():
    x = np.arange(48)
    phi = 0.3 + 0.1 * np.cos(2 * np.pi * 4 * x / 48)[:, None, None] * np.ones((48, 6, 8))
    assert structure_length_m(phi, 2e-9) == pytest.approx(12 * 2e-9, rel=1e-6)


def test_seeds_wrap_around_and_stop_at_walls():
    at = np.array([[0.2, 8.0]])
    wrapped = stamp_seeds(np.zeros((16, 16)), at, (False, False))
    assert wrapped[-1, 8] > 0.4
    walled = stamp_seeds(np.zeros((16, 16)), at, (True, False))
    assert walled[-1, 8] == 0.0
    np.testing.assert_array_equal(jnp.asarray(walled[:4]), wrapped[:4])


def test_crystals_that_grew_in_the_hold_are_handed_over_with_their_size(physics):
    t, T = history()
    grid = Grid((16, 16, 16), 20e-9, ("periodic",) * 3)
    larger = dataclasses.replace(physics, initial_radius_m=80e-9)
    ahead = gel_problem(larger, t, T, grid, reference_chi=1.2, seed=5)
    # Four cells, above the 2.2 of a seed: there from the first moment, at their own radius.
    assert (ahead.seed_time_s, ahead.seed_radius_cells) == (0.0, pytest.approx(4.0, rel=1e-12))
    assert problem(physics).seed_time_s > 0
    late, early = (forecast(p, t, T).arrest_time_s for p in (physics, larger))
    # dR/dt = G along the same history: the head start is what G gives in the time gained.
    assert early < late
    ball = stamp_seeds(np.zeros((32, 32, 32)), np.full((1, 3), 16.0), (False,) * 3, 6.0)
    # Voxels above one half fill the sphere; 3 % of its volume is a tenth of a cell of its radius.
    assert (ball > 0.5).sum() == pytest.approx(4 / 3 * math.pi * 6.0**3, rel=0.03)


def test_rejecting_crystals_feed_on_the_solution_and_stop_when_it_is_spent():
    """One crystal in a box of strong solvent takes up the polymer, keeps it, and comes to rest as a sphere."""
    physics = GelPhysics(
        polymer_fraction=0.3,
        segments=2000.0,
        site_volume_m3=1.3e-28,
        segment_length_m=6e-10,
        chi=lambda T: np.full_like(np.asarray(T, float), 0.38),
        bare_diffusivity_m2_s=lambda T: np.full_like(np.asarray(T, float), 1e-10),
        obstruction=2.7,
        growth_rate_m_s=lambda T, p: 2e-8 * np.asarray(p) + 0.0 * np.asarray(T),
        nuclei_density_m3=1.0 / (0.96e-6) ** 3,
        exclusion=1.0,
    )
    n, h = 32, 3e-8
    t, T = np.array([0.0, 4000.0]), np.array([300.0, 300.0])
    problem = gel_problem(physics, t, T, Grid((n,) * 3, h, ("periodic",) * 3), reference_chi=0.75, seed=0)
    problem = dataclasses.replace(problem, seed_positions=np.array([[16.0, 16.0, 16.0]]))
    gel = solve(problem, max_steps=4000, chunk=10)
    assert gel.outcome == "arrested"
    assert abs(gel.samples[-1].mean_fraction - 0.3) < 1e-5  # float32 sums over 32768 cells
    phi = gel.polymer_fraction
    # a crystal is at rest at 0.85; it holds that within what the widened front smears, and no more than the whole
    assert 0.7 < float(np.percentile(phi, 99)) < 1.0
    assert float(phi[0, 0, 0]) < 0.05  # the solution is spent
    # as wide along an axis as along the diagonals of faces and space: a sphere, to a cell
    crystal = gel.crystallized > 0.5
    assert crystal[16, 16, 16]
    widths = [
        math.sqrt(len(step))
        * sum(crystal[tuple(16 + k * (i in step) for i in range(3))] for k in range(-15, 16))
        for step in ((0,), (0, 1), (0, 1, 2))
    ]
    assert max(widths) - min(widths) < 2.0
