"""Melting, nuclei, growth and overall kinetics against identities, limits and brute force."""

from dataclasses import replace

import numpy as np
import pytest

from percola.errors import InputError
from percola.thermo import crystallization as cr
from percola.thermo import flory_huggins as fh


def test_melting_is_where_the_potentials_meet(system):
    """mu of the polymer in solution = mu of the crystal, -dH (1 - T/Tm0)/(R T) per unit: the implicit
    equation.
    """
    phi = np.array([0.05, 0.3, 0.7, 0.99])
    t = system.melting_temperature_K(phi)
    m = system.melting
    liquid = (
        fh.polymer_potential(phi, system.segments, system.chi(t))
        * m.unit_volume_m3_mol
        / system.site_volume_m3_mol
    )
    crystal = -m.heat_of_fusion_J_mol / (cr.GAS_CONSTANT_J_mol_K * t) * (1 - t / m.Tm0_K)
    assert np.allclose(liquid, crystal, rtol=1e-11, atol=1e-13)


def test_pure_polymer_melts_at_Tm0_and_solvent_lowers_it(system):
    assert np.isclose(system.melting_temperature_K(1.0), 490.0, rtol=1e-14)
    good = system.shifted_chi(-0.3)
    t = good.melting_temperature_K(np.linspace(0.05, 1.0, 40))
    assert np.all(np.diff(t) > 0)
    assert np.all(good.melting_temperature_K([0.2, 0.5]) < system.melting_temperature_K([0.2, 0.5]))


def test_melting_uncertainty_holds_that_of_Tm0(system):
    # d Tm/d Tm0 = (Tm/Tm0)^2 (1 + small): at least 0.9 of the 10 K, and the other parts add.
    assert 8.5 < float(system.melting_uncertainty_K(0.3)) < 20


def test_refuses_no_polymer(system):
    with pytest.raises(InputError):
        system.melting_temperature_K(0.0)


def test_nuclei_limits(system):
    n = system.nucleation
    tm = float(system.melting_temperature_K(0.3))
    assert np.all(system.self_nuclei_density_m3([tm, tm + 50], 0.3) == 0)  # nothing outlives melting
    t = np.linspace(380, tm, 200)
    assert np.all(np.diff(system.self_nuclei_density_m3(t, 0.3)) <= 0)
    assert np.all(system.self_nuclei_density_m3(t, 0.3) < n.total_density_m3)
    # Gibbs-Thomson by hand at 30 K below Tm: 2 * 0.047 Tm/(dh 30)
    length = cr.critical_thickness_m(tm - 30, tm, n, system.melting)
    assert np.isclose(length, 2 * 0.047 * tm / (6700 / 0.064034 * 1925 * 30), rtol=1e-12)


def test_foreign_nuclei_wake_by_an_e_fold_in_every_1_over_a(system):
    n = replace(system.nucleation, heterogeneous_slope_per_K=0.156, heterogeneous_undercooling_K=65.0)
    waking = replace(system, nucleation=n)
    tm = float(waking.melting_temperature_K(0.3))
    at = waking.foreign_nuclei_density_m3([tm - 65, tm - 65 - 1 / 0.156], 0.3)
    # of the melt's number a solution holds the polymer's share
    assert np.allclose(at, 0.3 * n.heterogeneous_density_m3 * np.array([1, np.e]), rtol=1e-12)


def test_nuclei_of_a_history_never_fall_asleep_again(system):
    from percola.thermo.system import Solution

    n = replace(system.nucleation, heterogeneous_slope_per_K=0.156, heterogeneous_undercooling_K=65.0)
    solution = Solution(
        replace(system, nucleation=n), 0.3, 470.0, hold_s=0.0
    )  # above melting: no self-nuclei
    down_and_up = np.concatenate([np.linspace(470, 330, 200), np.linspace(330, 420, 200)])
    awake = solution.nuclei_awake_m3(down_and_up)
    assert np.all(np.diff(awake) >= 0)
    assert np.isclose(awake[-1], float(solution.system.foreign_nuclei_density_m3(330.0, 0.3)), rtol=1e-12)


def test_waking_nuclei_against_kolmogorovs_double_integral(system):
    """Births on a history, summed crystal by crystal; and the number of preset nuclei that would set at the same time."""
    from percola.thermo.system import Solution

    n = replace(system.nucleation, heterogeneous_slope_per_K=0.156, heterogeneous_undercooling_K=65.0)
    solution = Solution(replace(system, nucleation=n), 0.3, 470.0, hold_s=0.0)
    time = np.linspace(0, 7200, 3000)
    temperature = np.linspace(470, 320, 3000)
    x = solution.crystallized_fraction(time, temperature)
    radius = solution.crystal_radius_m(time, temperature)
    awake = solution.nuclei_awake_m3(temperature)
    born = np.diff(awake, prepend=0.0)
    half = int(np.argmax(x >= 0.5))
    for i in (half - 200, half, half + 100):
        brute = float(np.sum(born[: i + 1] * (radius[i] - radius[: i + 1]) ** 3))
        # births at the end of a step instead of half way: first order in the step
        assert -np.log1p(-x[i]) == pytest.approx(4 * np.pi / 3 * brute, rel=0.02)
    preset = solution.nuclei_when_set_m3(time, temperature)
    half = int(np.argmax(x >= 0.5))
    assert preset < awake[half]  # those that wake late are younger
    assert cr.crystallized_fraction(radius[half], preset) == pytest.approx(x[half], rel=1e-9)
    # without waking it is the plain integral
    plain = Solution(system, 0.3, 445.0, hold_s=0.0)
    cooling = np.linspace(445, 340, 3000)
    whole = plain.nuclei_awake_m3(cooling)[0]
    expected = cr.crystallized_fraction(plain.crystal_radius_m(time, cooling), whole)
    assert np.allclose(plain.crystallized_fraction(time, cooling), expected, rtol=1e-9, atol=1e-12)
    assert plain.nuclei_when_set_m3(time, cooling) == pytest.approx(whole, rel=1e-9)


def test_solvent_lowers_the_glass_transition_and_speeds_growth_in_the_cold(system):
    plasticized = replace(system, solvent_glass_K=180.0)
    polymer = system.growth.T_inf_K + 30
    assert np.isclose(plasticized.transport_cutoff_K(1.0), system.growth.T_inf_K, rtol=1e-12)
    assert np.isclose(plasticized.transport_cutoff_K(1e-12), 150.0, rtol=1e-9)
    # Fox by hand at 0.3
    assert np.isclose(plasticized.transport_cutoff_K(0.3), 1 / (0.3 / polymer + 0.7 / 180) - 30, rtol=1e-12)
    assert system.transport_cutoff_K(0.3) == system.growth.T_inf_K  # not known: that of the melt
    gain = plasticized.growth_rate_m_s([260.0, 400.0], 0.3) / system.growth_rate_m_s([260.0, 400.0], 0.3)
    assert gain[0] > gain[1] > 1


def test_growth_limits(system):
    tm = float(system.melting_temperature_K(0.3))
    assert np.all(system.growth_rate_m_s([tm, tm + 20, 205.0, 100.0], 0.3) == 0)
    t = np.linspace(210, tm - 0.1, 500)
    g = system.growth_rate_m_s(t, 0.3)
    assert np.all(g >= 0)
    top = int(np.argmax(g))
    assert 0 < top < 499  # one maximum between transport and nucleation
    assert np.all(np.diff(g[: top + 1]) >= 0)
    assert np.all(np.diff(g[top:]) <= 0)


def test_lauritzen_hoffman_constant():
    # 4 * 4.45e-10 * 0.0094 * 0.05 * 483 / (1.380649e-23 * 2.014e8) = 1.4532e5 by hand
    kg = cr.lauritzen_hoffman_Kg_K2(4.45e-10, 0.0094, 0.05, 483.0, 2.014e8)
    assert np.isclose(kg, 1.4532e5, rtol=1e-3)
    assert np.isclose(cr.lauritzen_hoffman_Kg_K2(4.45e-10, 0.0094, 0.05, 483.0, 2.014e8, 2), kg / 2)


def test_kolmogorov_against_random_spheres():
    """Share of a periodic box covered by equal spheres at random places."""
    rng = np.random.default_rng(5)
    box, radius, count = 10.0, 1.1, 120
    covered = []
    for _ in range(20):
        centres, probes = rng.random((count, 3)) * box, rng.random((400, 3)) * box
        d = np.abs(probes[:, None] - centres[None])
        d = np.minimum(d, box - d)
        covered.append(np.mean(np.min(np.sum(d**2, axis=2), axis=1) < radius**2))
    expected = float(cr.crystallized_fraction(radius, count / box**3))
    # A fixed number of spheres instead of a Poisson one lowers the mean by 1e-3; three standard errors of
    # the rest.
    assert abs(np.mean(covered) - expected) < 3 * np.std(covered) / np.sqrt(20) + 2e-3


def test_peak_against_a_fine_history(system):
    """The exotherm's peak from the closed integral = that of a fine Nakamura history; and grids converge."""
    from percola.thermo.system import Solution

    rate, ts, phi = 2 / 60, 445.0, 0.3
    solution = Solution(system, phi, ts, hold_s=0.0)
    time = np.linspace(0, (ts - 340) / rate, 40001)
    temperature = ts - rate * time
    x = solution.crystallized_fraction(time, temperature)
    peak = temperature[:-1][np.argmax(np.diff(x))]
    t = [
        float(system.crystallization_temperature_K(phi, ts, rate, 0.0, grid_K=g))
        for g in (1.0, 0.5, 0.25, 0.125)
    ]
    assert abs(t[2] - peak) < 5e-3  # the fine history resolves 2.6 mK
    errors = np.abs(np.array(t[:3]) - t[3])
    assert errors[0] > errors[2]
    assert errors[2] < 5e-3  # the rich liquid takes over within one step: first order there


def test_calorimeter_and_process_start_from_the_same_crystals(system):
    """A hold that matters (X = 0.2): the closed integral, the history and the quench begin with one radius."""
    from percola.thermo.system import Solution

    rate, phi, hold = 2 / 60, 0.3, 1200.0
    ts = next(
        t for t in np.arange(440.0, 380.0, -0.25) if Solution(system, phi, t, hold).crystallized_in_hold > 0.2
    )
    solution = Solution(system, phi, ts, hold)
    assert solution.crystallized_in_hold < 0.5
    time = np.linspace(0, 30 / rate, 40001)
    x = solution.crystallized_fraction(time, ts - rate * time)
    assert x[0] == pytest.approx(solution.crystallized_in_hold, rel=1e-12)  # the same closed form
    fastest = int(np.argmax(np.diff(x)))
    peak = float(solution.crystallization_temperature_K(rate))
    # As far as the parabola of the closed integral resolves a peak on its grid of 0.25 K, and not past T_s.
    assert abs(min(peak, ts) - (ts - rate * time[fastest])) < 0.25
    radius = float(system.growth_rate_m_s(ts, phi)) * hold
    assert solution.crystal_radius_after_hold_m == pytest.approx(radius, rel=1e-12)
    assert "cooling begins from there" in solution.hold_words


def test_half_time_is_where_the_hold_leaves_half(system):
    from percola.thermo.system import Solution

    half = float(system.crystallization_half_time_s(420.0, 0.3))
    assert Solution(system, 0.3, 420.0, half).crystallized_in_hold == pytest.approx(0.5, rel=1e-12)
    assert np.isinf(system.crystallization_half_time_s(600.0, 0.3))
    # Colder than the fastest crystallization nothing dissolves sooner.
    cold, colder = (Solution(system, 0.3, t).shortest_half_time_s for t in (330.0, 260.0))
    assert colder <= cold * (1 + 1e-3)  # the minimum is looked for on a grid of a kelvin


def test_history_reaches_one_and_never_falls(system):
    from percola.thermo.system import Solution

    time = np.linspace(0, 4000, 2001)
    both = np.stack([445 - time / 30, 445 - time / 60], axis=1)
    x = Solution(system, 0.3, 445.0).crystallized_fraction(time, both)
    assert x.shape == both.shape
    assert np.all(np.diff(x, axis=0) >= 0)
    assert x[-1, 0] > 0.999
    # The same temperatures passed at half the rate: more crystallization at each temperature.
    assert x[1000, 0] < x[2000, 1] + 1e-12


def test_slower_cooling_and_more_nuclei_raise_the_crystallization_temperature(system):
    ts = np.array([420.0, 430.0, 440.0, 450.0, 470.0])
    slow = system.crystallization_temperature_K(0.3, ts, 1 / 60)
    fast = system.crystallization_temperature_K(0.3, ts, 10 / 60)
    ok = np.isfinite(slow)
    assert np.all(slow[ok] > fast[ok])
    assert np.all(np.diff(fast) < 0)


def test_no_solution_is_left_where_everything_crystallizes_in_the_hold(system):
    seeded = replace(system, nucleation=replace(system.nucleation, total_density_m3=1e25))
    assert np.isnan(seeded.crystallization_temperature_K(0.3, 400.0, 2 / 60))
    assert np.isfinite(seeded.crystallization_temperature_K(0.3, 400.0, 2 / 60, hold_s=0.0))


def test_fast_enough_cooling_gives_none(system):
    slow = replace(system, growth=replace(system.growth, prefactor_m_s=1e-12))
    assert np.isnan(slow.crystallization_temperature_K(0.3, 470.0, 2 / 60))
