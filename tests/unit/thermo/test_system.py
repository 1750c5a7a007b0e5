"""System and Solution: conversions, curves on one another, records."""

from dataclasses import replace

import numpy as np
import pytest

from percola.errors import InputError
from percola.thermo.calibration import (
    CrystallizationTargets,
    chi_from_cloud_points,
    fit_crystallization,
    memory_temperature_K,
)
from percola.thermo.phase_diagram import phase_diagram
from percola.thermo.standing import standing_method, standing_observation
from percola.thermo.system import Chain, Solution


def test_fractions_invert(system):
    w = np.linspace(0.01, 0.99, 9)
    assert np.allclose(system.weight_fraction(system.volume_fraction(w)), w, rtol=1e-13)
    assert np.all(system.volume_fraction(w) < w)  # the polymer is denser


def test_curves_meet_at_the_critical_point(system):
    phi, t = system.critical_point()
    assert np.isclose(system.cloud_point_K(phi), t, rtol=1e-10)
    assert np.isclose(system.spinodal_temperature_K(phi), t, rtol=1e-10)
    grid = np.linspace(0.005, 0.6, 40)
    assert np.all(system.cloud_point_K(grid) >= system.spinodal_temperature_K(grid) * (1 - 1e-12))


def test_cloud_point_lies_on_the_binodal(system):
    t = float(system.cloud_point_K(0.3))
    assert np.isclose(system.binodal(t)[1], 0.3, rtol=1e-9)


def test_tension_vanishes_at_and_above_the_critical_point(system):
    _, t = system.critical_point()
    assert system.interfacial_tension_N_m(t + 1, 1e-18) == 0
    below = [system.interfacial_tension_N_m(t - d, 1e-18) for d in (5, 20, 60)]
    assert 0 < below[0] < below[1] < below[2] < 0.05


def test_one_grade_named_as_a_chain_changes_nothing(system):
    named = replace(system, chains=(Chain("P", system.segments, 1.0, True, system.chi_A, system.chi_B_K),))
    for f in ("cloud_point_K", "melting_temperature_K", "spinodal_temperature_K"):
        assert np.allclose(getattr(named, f)([0.1, 0.4]), getattr(system, f)([0.1, 0.4]), rtol=1e-13)


def test_two_identical_grades_are_one(system):
    c = Chain("P", system.segments, 0.5, True, system.chi_A, system.chi_B_K)
    two = replace(system, chains=(c, c))
    for f in ("cloud_point_K", "melting_temperature_K", "spinodal_temperature_K"):
        assert np.allclose(getattr(two, f)([0.1, 0.4]), getattr(system, f)([0.1, 0.4]), rtol=1e-8)


def resinous(system, chi):
    x = 0.75
    main = Chain("P", system.segments, x, True, system.chi_A, system.chi_B_K)
    resin = Chain("R", 400.0, 1 - x, False, system.chi_A, system.chi_B_K)
    n = x * main.segments + (1 - x) * 400.0
    return replace(
        system,
        chains=(main, resin),
        chain_chi=(chi, 0.0),
        segments=n,
        chi_A=system.chi_A - chi * x * (1 - x),
    )


def test_resin_dilutes_the_melt_and_attraction_lowers_melting(system):
    phi = 0.4
    neutral, attracting = resinous(system, 0.0), resinous(system, -0.5)
    assert neutral.crystallizable_share == 0.75
    assert attracting.melting_temperature_K(phi) < neutral.melting_temperature_K(phi)
    assert neutral.melting_temperature_K(phi) < system.melting_temperature_K(phi)
    # Without solvent: Nishi and Wang's blend equation in its limit of long chains, chi v_2^2.
    m, b = attracting.melting, -0.5 * 0.25**2
    k = 8.314462618 * m.unit_volume_m3_mol / (m.heat_of_fusion_J_mol * attracting.site_volume_m3_mol)
    blend = 1 / (1 / m.Tm0_K - k * b)
    assert np.isclose(
        attracting.melting_temperature_K(1.0), blend, atol=0.05
    )  # finite chains: order K Tm^2/N


def test_exact_cloud_point_with_resin_is_at_or_above_the_quasi_binary_one(system):
    """Letting the droplets choose their composition can only destabilize earlier."""
    s = resinous(system, -0.3)
    phi = np.array([0.15, 0.3, 0.45])
    exact, quasi = s.cloud_point_K(phi), s.cloud_point_K(phi, exact=False)
    assert np.all(np.isfinite(exact))
    assert np.all(exact > s.spinodal_temperature_K(phi))
    # The mean chain takes the volume-average length, which is not that of the entropy: 0.5 % of T either way.
    assert np.all(exact > quasi * 0.995)


def test_critical_point_of_grades_is_stockmayers(system):
    """Grades that differ in length only: phi_c = 1/(1 + N_w/sqrt(N_z)); the spinodal there needs N_w alone."""
    lengths, shares = np.array([400.0, 1000.0, 3000.0]), np.array([0.5, 0.3, 0.2])
    chains = tuple(
        Chain("P", n, x, True, system.chi_A, system.chi_B_K) for n, x in zip(lengths, shares, strict=True)
    )
    n_w = float(shares @ lengths)
    n_z = float(shares @ lengths**2) / n_w
    graded = replace(system, chains=chains, segments=n_w)
    phi, t = graded.critical_point(exact=True)
    assert phi == pytest.approx(1 / (1 + n_w / np.sqrt(n_z)), rel=1e-9)  # a root, found to 1e-12
    chi = 0.5 * (1 / (n_w * phi) + 1 / (1 - phi))
    assert float(system.chi(t)) == pytest.approx(chi, rel=1e-9)
    assert phi < 0.9 * graded.critical_point()[0] or phi > 1.1 * graded.critical_point()[0]


def test_critical_point_with_resin_lies_on_both_curves(system):
    """Three components: cloud point and spinodal touch there, and only there."""
    s = resinous(system, -0.3)
    phi, t = s.critical_point(exact=True)
    # Newton for the cloud point stops at 1e-11; near the critical point droplet and parent are one, 1e-4 of T.
    assert s.spinodal_temperature_K(phi) == pytest.approx(t, rel=1e-9)
    assert s.cloud_point_K(phi) == pytest.approx(t, rel=1e-4)
    for other in (0.4 * phi, 3 * phi):
        assert s.cloud_point_K(other) > float(s.spinodal_temperature_K(other)) * (1 + 1e-4)


def test_demixing_carries_an_interval_and_a_number_only_where_it_is_one(system):
    def of(s, phi=0.3):
        return {x.name: x for x in Solution(s, phi, 430.0).quantities()}["cloud_point"]

    plain = of(system)
    low, high = (float(system.shifted_chi(d).cloud_point_K(0.3)) for d in (-0.2, 0.2))
    assert plain.interval == pytest.approx((low, high), rel=1e-12)
    assert plain.uncertainty == pytest.approx(0.5 * (high - low), rel=1e-12)
    assert plain.note == ""
    # chi that hardly depends on temperature: a straight line would give +- T u/B = some 700 K.
    flat = of(replace(system, chi_A=0.3, chi_B_K=115.0, chi_uncertainty=0.19))
    assert flat.value is not None
    assert flat.uncertainty is None
    assert flat.interval is not None
    assert flat.interval[1] is None
    assert "above 375 degC" in flat.note
    hot = of(system.shifted_chi(2.0))
    assert (hot.value, hot.uncertainty) == (None, None)
    assert "every temperature" in hot.note
    cold = of(replace(system, chi_A=0.0, chi_B_K=40.0, chi_uncertainty=0.01))
    assert (cold.value, cold.uncertainty, cold.interval) == (None, None, (None, None))
    assert "none above" in cold.note


def test_fit_to_a_cloud_point(system):
    fitted = system.fitted_to_cloud_point(0.3, 430.0, "a measurement")
    assert np.isclose(fitted.cloud_point_K(fitted.volume_fraction(0.3)), 430.0, rtol=1e-12)
    assert "a measurement" in fitted.chi_source
    a, b = chi_from_cloud_points(system, (float("nan"), 420.0), (0.466, 380.0))
    two = replace(system, chi_A=a, chi_B_K=b)
    assert np.isclose(two.critical_point()[1], 420.0, rtol=1e-10)
    assert np.isclose(two.cloud_point_K(two.volume_fraction(0.466)), 380.0, rtol=1e-10)


def test_fit_of_nuclei_and_growth_meets_its_targets(system):
    targets = CrystallizationTargets(nuclei_ratio=50.0, plateau_K=375.0, memory_K=451.15)
    fit = fit_crystallization(system, targets)
    assert abs(fit.memory_K - targets.memory_K) < 0.3  # grid of T_s in the check: 0.25 K
    assert abs(fit.plateau_K - targets.plateau_K) < 0.05
    phi = fit.system.volume_fraction(0.466)
    n = fit.system.self_nuclei_density_m3(np.array([413.15, 433.15]), phi)
    assert np.isclose(n[0] / n[1], 50.0, rtol=1e-9)
    assert memory_temperature_K(fit.system, 0.30) < memory_temperature_K(fit.system, 0.466)


def test_solution_record(system):
    s = Solution.from_weight_fraction(system, 0.466, 425.0)
    q = {x.name: x for x in s.quantities()}
    assert np.isclose(s.weight_fraction, 0.466)
    assert q["melting_temperature"].uncertainty > 5
    assert q["cloud_point"].uncertainty > 0
    assert all(x.unit for x in q.values())
    assert 1000 < float(s.density_kg_m3(423.15)) < 1558
    assert s.latent_heat_J_kg == pytest.approx(0.466 * 0.5 * 6700 / 0.064034, rel=1e-12)
    assert 1500 < float(s.heat_capacity_J_kgK(400.0)) < 2000
    assert 0.1 < float(s.conductivity_W_mK(400.0)) < 0.2


def test_diffusivity_falls_with_crowding_and_cold(system):
    d = system.mutual_diffusivity_m2_s(np.array([300.0, 350.0, 400.0])[:, None], np.array([0.0, 0.3, 0.8]))
    assert np.all(np.diff(d, axis=0) > 0)
    assert np.all(np.diff(d, axis=1) < 0)


def test_standing_lever_rule_conserves_polymer(system):
    hot = system.fitted_to_cloud_point(0.3, 500.0, "test")
    o = standing_observation(hot, 0.3, 480.0)
    assert o.two_liquids
    phi = float(hot.volume_fraction(0.3))
    lean, rich = (float(hot.volume_fraction(w)) for w in (o.lean_weight_fraction, o.rich_weight_fraction))
    assert np.isclose(o.rich_volume_share * rich + (1 - o.rich_volume_share) * lean, phi, rtol=1e-9)
    assert o.planar_interface


def test_standing_says_why_not(system):
    insoluble = system.fitted_to_cloud_point(0.3, 560.0, "test")
    assert "not one phase" in standing_observation(insoluble, 0.3, 480.0).reasons[0]
    good = system.shifted_chi(-1.0)
    assert "one liquid phase" in standing_observation(good, 0.3, 480.0).reasons[0]
    assert not standing_method(good).planar_interface


def test_phase_diagram_has_the_agreed_form(system):
    d = phase_diagram(system, recipe=(0.466, 418.15)).to_dict()
    n = len(d["weight_fraction"])
    assert n == 40
    for key in ("volume_fraction", "cloud_point_K", "spinodal_K", "melting_K"):
        assert len(d[key]) == n
    assert all(len(c["temperature_K"]) == n for c in d["crystallization"])
    assert 418.15 in [c["dissolution_K"] for c in d["crystallization"]]
    tc = d["tc_against_ts"]
    assert np.shape(tc["crystallization_K"]) == (3, len(tc["dissolution_K"]))
    assert set(d["critical"]) == {"phi", "w", "T_K"}
    import json

    json.dumps(d, allow_nan=False)
    header, rows = phase_diagram(system, standing=False).table()
    assert all(len(r) == len(header) for r in rows)


def test_tables_carry_their_units_and_both_branches(system):
    d = phase_diagram(system, standing=False)
    for header, rows in (d.table(), d.tc_table(), d.binodal_table()):
        assert all("_K" in name or name.endswith("_fraction") for name in header)
        assert rows
        assert all(len(r) == len(header) for r in rows)
    header, rows = d.binodal_table()
    t, lean, rich = (np.array([r[header.index(f"{k}")] for r in rows], dtype=float)
                     for k in ("temperature_K", "lean_volume_fraction", "rich_volume_fraction"))  # fmt: skip
    assert (t[0], lean[0], rich[0]) == pytest.approx(
        (d.critical["T_K"], d.critical["phi"], d.critical["phi"])
    )
    assert np.all(np.diff(t) < 0)
    assert np.all(np.diff(rich) > 0)
    # The cloud point of a composition on the binodal is its temperature.
    assert np.allclose(system.cloud_point_K(rich[1:]), t[1:], rtol=1e-9)
    assert np.isclose(system.cloud_point_K(lean[1]), t[1], rtol=1e-6)  # the lean branch is steep


def test_gaps_say_why(system):
    none = phase_diagram(system.shifted_chi(-3.0), recipe=(0.4, 430.0), standing=False)
    assert "no cloud point" in none.gaps["demixing"][0]
    always = phase_diagram(system.shifted_chi(3.0), standing=False)
    assert "every temperature" in always.gaps["demixing"][0]
    slow = replace(system, growth=replace(system.growth, prefactor_m_s=1e-12))
    d = phase_diagram(slow, recipe=(0.4, 430.0), standing=False)
    assert np.isnan(d.tc_K).all()
    assert d.gaps["tc_against_ts"][0].startswith("no curve for 30 wt%, 35 wt%, 40 wt%: less than 1 %")
    assert d.recipe["crystallization_K"] is None
    fast = replace(system, growth=replace(system.growth, prefactor_m_s=1e6))
    held = phase_diagram(fast, standing=False).gaps
    assert any("while held 20 min" in why for why in held["crystallization"])


def test_monotectic_is_where_the_rich_liquid_melts(system):
    hot = system.fitted_to_cloud_point(0.3, 500.0, "test")
    t = hot.monotectic_K()
    assert np.isclose(hot.melting_temperature_K(hot.binodal(t)[1]), t, atol=1e-4)
    assert np.isnan(system.monotectic_K())


def test_refusals(system):
    with pytest.raises(InputError, match="strictly between"):
        Solution(system, 1.2, 430.0)
    with pytest.raises(InputError, match="positive rate"):
        system.crystallization_temperature_K(0.3, 430.0, 0.0)
    with pytest.raises(InputError, match="shares sum"):
        replace(system, chains=(Chain("P", 10.0, 0.5, True, 0.0, 0.0),))
