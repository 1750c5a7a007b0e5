"""The march without space: its laws against percola.thermo, its table of phases, its curve of 96 nodes against a fine one."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percola.design.reduced import march as room
from percola.design.reduced.features import Features, features_of, joined
from percola.design.reduced.march import coexistence, ln_self_nuclei, march, melting_K
from percola.gel.problem import LATE, forecast, refined
from percola.pipeline import physics as bridge
from percola.pipeline.main import _held
from percola.recipe import specimens
from percola.recipe.physics import solution_from
from percola.thermo import flory_huggins as fh
from percola.thermo.crystallization import crystallized_by_waking
from percola.thermo.varied import varied_solution

ZERO = dict.fromkeys(
    ("chi_A", "Tm0_K", "ln_N_tot", "ln_l_mean", "ln_N_het", "ln_G0", "ln_Kg", "ln_D0", "memory_shift_K"), 0.0
)
MOVED = ZERO | {
    "chi_A": 0.05,
    "Tm0_K": -4.0,
    "ln_N_tot": 0.7,
    "ln_l_mean": 0.05,
    "ln_N_het": 1.0,
    "ln_G0": 0.4,
    "ln_Kg": -0.02,
    "ln_D0": 0.3,
}
RECIPES = ("Ex7", "CE7", "CE9", "Ex12", "Ex3")
"""Fibres into a bath from a cold to a hot T_s, another molar mass, a pressed sheet."""


@pytest.fixture(scope="module")
def table() -> Features:
    return joined([features_of(specimens.load(name)[0], name) for name in RECIPES])


@pytest.fixture(scope="module")
def compiled():
    return jax.jit(march)


def arrays(f: Features) -> dict[str, jax.Array]:
    return {k: jnp.asarray(v) for k, v in f.arrays().items()}


def history(name: str, deviations=MOVED):
    """(solution, times, temperatures) of a recipe, cooled as the tables have it, with its two hours in the bath."""
    recipe = specimens.load(name)[0]
    solution = solution_from(recipe)
    cooling, _ = bridge.cooled(recipe, solution)
    t, T = _held(*cooling.core())
    return recipe, varied_solution(solution, deviations), np.asarray(t), np.asarray(T)


# --- phases -----------------------------------------------------------------------------------------------


def test_table_of_phases_has_its_stated_error():
    rng = np.random.default_rng(0)
    n = np.exp(rng.uniform(np.log(100.0), np.log(6000.0), 150))
    ratio = 1.0 + np.exp(rng.uniform(np.log(0.01), np.log(3.0), n.size))
    chi = ratio * 0.5 * (1.0 + 1.0 / np.sqrt(n)) ** 2
    lean, rich, tension = (np.asarray(x) for x in coexistence(jnp.asarray(n), jnp.asarray(chi)))
    two = fh.binodal(n, chi)
    # what the docstring says (found: 0.24 % and 0.15 %); the lean phase enters the lean share through rich - lean only
    np.testing.assert_allclose(rich, two.rich, rtol=3e-3)
    np.testing.assert_allclose(lean, two.lean, atol=3e-4)
    exact = [fh.interfacial_tension(float(a), float(b)) for a, b in zip(n, chi, strict=True)]
    np.testing.assert_allclose(tension, exact, rtol=3e-3)


def test_lever_rule_of_the_table_balances_matter():
    n, chi = jnp.full(50, 1000.0), jnp.linspace(0.58, 1.5, 50)
    lean, rich, _ = coexistence(n, chi)
    assert bool(jnp.all((lean >= 0.0) & (lean < rich) & (rich < 1.0)))
    assert bool(jnp.all(jnp.diff(rich) > 0.0))  # colder, hence further apart


# --- laws ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECIPES)
def test_melting_growth_and_nuclei_are_those_of_thermo(name, table):
    f = table.take([RECIPES.index(name)])
    p = {k: jnp.asarray(v) for k, v in MOVED.items()}
    a = arrays(f)
    _, solution, _, _ = history(name)
    system, phi = solution.system, solution.polymer_volume_fraction
    melting = melting_K(a, p)
    # closed forms of the same law: rounding of three evaluations of the reference at different T_m0
    assert float(melting[0]) == pytest.approx(solution.melting_temperature_K, abs=1e-6)
    T = np.linspace(250.0, float(melting[0]) - 1.0, 60)
    growth = np.asarray(room._growth(a, p, melting, jnp.asarray(T)[None, :]))[0]
    exact = np.asarray(system.growth_rate_m_s(T, np.full_like(T, phi)))
    # below 1e-130 of the prefactor exponents are cut, which nothing feels
    np.testing.assert_allclose(growth, exact, rtol=1e-6, atol=1e-120)
    assert np.exp(float(ln_self_nuclei(a, p, melting)[0])) == pytest.approx(
        solution.nuclei_density_m3, rel=1e-6
    )
    assert float(
        np.exp(
            f.ln_foreign_nuclei_m3[0]
            + MOVED["ln_N_het"]
            + f.foreign_slope_1_K[0] * (float(melting[0]) - 350.0 - f.foreign_undercooling_K[0])
        )
        * phi
        * f.crystallizable[0]
    ) == pytest.approx(float(system.foreign_nuclei_density_m3(350.0, phi)), rel=1e-6)


def test_memory_of_a_press_moves_only_what_the_crystals_saw(table):
    """memory_shift_K is what varied_solution calls it: T_s of the crystals, not of the wall."""
    name = "Ex3"
    f = table.take([RECIPES.index(name)])
    moved = MOVED | {"memory_shift_K": -5.0}
    _, solution, _, _ = history(name, moved)
    a, p = arrays(f), {k: jnp.asarray(v) for k, v in moved.items()}
    found = float(ln_self_nuclei(a, p, melting_K(a, p))[0])
    assert found == pytest.approx(np.log(solution.nuclei_density_m3), abs=1e-6)


# --- against the fine quench --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECIPES)
def test_crystallized_share_on_the_nodes_follows_a_fine_history(name, table):
    """X at the nodes against X of 8000 times on the same history.

    Composition as the gel's forecast has it, that of the whole solution: Solution itself lets crystals grow in the rich phase
    where the calorimeter does. 96 nodes are spaced by 1/64 of the fall, 1.5 to 2 K, over which growth at the half-way point
    changes by some 10 %: the trapezoidal rule then errs by below 1 %, births by half a step. 0.02 in X holds both.
    """
    f = table.take([RECIPES.index(name)])
    p = {k: jnp.asarray(v) for k, v in MOVED.items()}
    _, solution, t, T = history(name)
    nodes = f.time_s[0]
    temperature = f.bath_K[0] + f.cooled[0] * (f.dissolution_K[0] - f.bath_K[0])
    np.testing.assert_allclose(temperature, np.interp(nodes, t, T), atol=1e-6)
    coldest = jnp.asarray(np.minimum.accumulate(temperature)[None, :])
    extended, radius = room.crystallized(arrays(f), p, jnp.asarray(temperature)[None, :], coldest)
    fine = np.unique(np.concatenate([refined(t), nodes]))
    cooled = np.interp(fine, t, T)
    phi = solution.polymer_volume_fraction
    g = np.asarray(solution.system.growth_rate_m_s(cooled, np.full_like(cooled, phi)))
    hold = float(solution.system.growth_rate_m_s(solution.dissolution_temperature_K, phi)) * solution.hold_s
    r = hold + np.concatenate([[0.0], np.cumsum(0.5 * (g[1:] + g[:-1]) * np.diff(fine))])
    share = crystallized_by_waking(r, solution.nuclei_density_m3, solution.nuclei_awake_m3(cooled))
    at = np.searchsorted(fine, nodes)
    np.testing.assert_allclose(-np.expm1(-np.asarray(extended)[0]), share[at], atol=0.02)
    np.testing.assert_allclose(np.asarray(radius)[0, -1], r[-1], rtol=0.01)


def test_where_nothing_demixes_the_share_is_that_of_solution():
    """Held above every demixing Solution's own X is the same thing."""
    _, solution, t, T = history("Ex7", ZERO | {"chi_A": -0.6})
    f = features_of(specimens.load("Ex7")[0])
    p = {k: jnp.asarray(v) for k, v in (ZERO | {"chi_A": -0.6}).items()}
    temperature = jnp.asarray(f.bath_K[:, None] + f.cooled * (f.dissolution_K - f.bath_K)[:, None])
    extended, _ = room.crystallized(arrays(f), p, temperature)
    fine = np.unique(np.concatenate([refined(t), f.time_s[0]]))
    share = solution.crystallized_fraction(fine, np.interp(fine, t, T))
    at = np.searchsorted(fine, f.time_s[0])
    np.testing.assert_allclose(-np.expm1(-np.asarray(extended)[0]), share[at], atol=0.02)


@pytest.mark.parametrize("name", ["Ex7", "CE9", "Ex12", "Ex3"])
def test_arrest_and_length_are_those_of_the_forecast(name, table, compiled):
    """Half-crystallization and lengths against percola.gel's forecast (found: time 0.5 %, late length 0.6 %).

    Demixing is told by the first node after it: up to one of 64 steps late. In the bath nodes are apart by a factor of 1.5
    in time and ln(extended) is interpolated linearly: up to 7 % late (Ex3, at the bath's temperature).
    """
    recipe, solution, t, T = history(name)
    f = table.take([RECIPES.index(name)])
    m = compiled(arrays(f), {k: jnp.asarray(v) for k, v in MOVED.items()})
    gel = bridge.gel_physics(solution, bridge.main_polymer(recipe), t, T)
    exact = forecast(gel, t, T)
    assert float(m.demixing_s[0]) == pytest.approx(exact.demixing_time_s, rel=0.08)
    held = exact.arrest_temperature_K < f.bath_K[0] + 0.1
    assert float(m.arrest_s[0]) == pytest.approx(exact.arrest_time_s, rel=0.08 if held else 0.01)
    assert float(m.arrest_K[0]) == pytest.approx(exact.arrest_temperature_K, abs=0.3)
    late = float(m.late_length_m[0])
    assert late == pytest.approx(exact.late_length_m, rel=0.02)
    # the logarithmic mean over what sets lies 2 to 3 % below the length at the middle of setting
    assert float(m.length_m[0]) == pytest.approx(exact.length_m, rel=0.04)
    assert float(m.length_m[0]) < late
    assert LATE == room.LATE


def test_bookkeeping_limits(table, compiled):
    """Shares are shares; without demixing there is no lean share; the cold end sets before it demixes."""
    a = arrays(table)
    m = compiled(a, {k: jnp.asarray(v) for k, v in ZERO.items()})
    for share in (m.lean, m.demixed, m.set_share, m.hold_share):
        assert bool(jnp.all((share >= 0.0) & (share <= 1.0 + 1e-12)))
    strong = compiled(a, {k: jnp.asarray(v) for k, v in (ZERO | {"chi_A": -0.8}).items()})
    assert float(jnp.max(strong.lean)) < 1e-6
    cold, middle, hot = (RECIPES.index(n) for n in ("CE7", "Ex7", "CE9"))
    assert float(m.demixed[cold]) < float(m.demixed[middle])
    assert float(m.length_m[middle]) < float(m.length_m[hot])
    assert float(m.ln_nuclei[middle]) > float(m.ln_nuclei[hot])
    # more nuclei stop it earlier, faster diffusion makes it coarser by the cube root
    more = compiled(a, {k: jnp.asarray(v) for k, v in (ZERO | {"ln_N_tot": 2.0}).items()})
    assert bool(jnp.all(more.arrest_s <= m.arrest_s + 1e-9))
    faster = compiled(a, {k: jnp.asarray(v) for k, v in (ZERO | {"ln_D0": 0.3}).items()})
    ratio = np.asarray(jnp.log(faster.length_m / m.length_m))[[middle, hot]]
    # the trace that stands for what has not demixed weighs a thousandth
    np.testing.assert_allclose(ratio, 0.1, rtol=1.5e-3)


def test_a_recipe_alone_gives_what_it_gives_in_a_table(table, compiled):
    p = {k: jnp.asarray(v) for k, v in MOVED.items()}
    together = compiled(arrays(table), p)
    alone = compiled(arrays(table.take([2])), p)
    for x, y in zip(together, alone, strict=True):
        # products with a triangle of ones may add in another order: rounding only
        np.testing.assert_allclose(np.asarray(x)[2], np.asarray(y)[0], rtol=1e-9, atol=1e-15)


# --- derivatives --------------------------------------------------------------------------------------------

SDS = {
    "chi_A": 0.2,
    "Tm0_K": 15.0,
    "ln_N_tot": 3.4,
    "ln_l_mean": 0.5,
    "ln_N_het": 4.6,
    "ln_G0": 2.3,
    "ln_Kg": 0.7,
    "ln_D0": 0.7,
    "memory_shift_K": 8.0,
}
NAMES = tuple(SDS)
PRIOR_MEAN = dict(zip(NAMES, (0.0, -18.0, -2.9, 0.61, 1.6, 0.0, -1.16, 0.0, -5.0), strict=True))


@pytest.fixture(scope="module")
def summed(table):
    """Value and derivatives of a smooth sum of what the march gives, by standardized deviations."""
    a = arrays(table)

    def of(z):
        p = {k: PRIOR_MEAN[k] + SDS[k] * z[i] for i, k in enumerate(NAMES)}
        m = march(a, p)
        return jnp.stack([m.lean, m.demixed, jnp.log(m.length_m), m.ln_nuclei, m.rich, m.set_share])

    return jax.jit(of), jax.jit(jax.jacfwd(of))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.floats(-3.0, 3.0), min_size=len(NAMES), max_size=len(NAMES)))
def test_nothing_within_three_standard_deviations_of_the_priors_breaks(summed, z):
    value, slope = summed
    x = jnp.asarray(z)
    assert bool(jnp.all(jnp.isfinite(value(x))))
    assert bool(jnp.all(jnp.isfinite(slope(x))))


def test_derivatives_are_those_of_differences(summed):
    """Central differences. Which node a level lies behind, and where a clip begins, changes from point to point: there both one-sided
    slopes are right; nine in ten of all entries have to agree to a per cent of the largest in their row."""
    value, slope = summed
    rng = np.random.default_rng(3)
    good, count = 0, 0
    for _ in range(6):
        x = 0.4 * rng.standard_normal(len(NAMES))
        exact = np.asarray(slope(jnp.asarray(x)))
        scale = np.abs(exact).max(axis=-1, keepdims=True) + 1e-6
        for i in range(len(NAMES)):
            e = np.zeros_like(x)
            e[i] = 1e-5
            found = (np.asarray(value(jnp.asarray(x + e))) - np.asarray(value(jnp.asarray(x - e)))) / 2e-5
            agree = np.abs(found - exact[..., i]) < 0.01 * scale[..., 0]
            good, count = good + int(agree.sum()), count + agree.size
    assert good > 0.9 * count
