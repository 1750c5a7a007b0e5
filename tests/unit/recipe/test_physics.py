"""A recipe turned to physics: composition, wall and cooling against hand calculation, and no silent
assumption."""

from __future__ import annotations

import math
from typing import Any

import pytest
from recipe_samples import recipe_with

from percola import tables
from percola.errors import InputError
from percola.recipe import assumptions, check, context_of, solution_from, specimens, wall_from
from percola.recipe.physics import comonomer_mole_fraction, polymer_name
from percola.recipe.text import from_dict, to_dict
from percola.recipe.weights import liquid_shares

SHEET = {"shaping": {"method": "hot_press", "thickness": "100 um"}}


def test_solution_of_example_7() -> None:
    recipe, _ = specimens.load("Ex7")
    solution = solution_from(recipe)
    assert solution.dissolution_temperature_K == pytest.approx(418.15, abs=1e-9)
    assert solution.hold_s == 180.0  # residence in an extruder, where none is written
    assert solution.weight_fraction == pytest.approx(0.466, rel=1e-12)
    # volumes additive at the reference temperature, from the tables' densities, by hand
    T = solution.system.reference_K
    polymer = 46.6 / float(tables.polymer("PVDF").density_kg_m3(T))
    solvent = 53.4 / float(tables.liquid("DEP").density_kg_m3(T))
    # the system holds straight lines through the tables' densities: within 1 % of the table itself
    assert solution.polymer_volume_fraction == pytest.approx(polymer / (polymer + solvent), rel=0.01)


def test_hold_comes_from_the_recipe_where_it_is_given() -> None:
    assert solution_from(recipe_with({"dissolution.hold": "5 min"})).hold_s == 300.0
    assert solution_from(recipe_with({"shaping.residence_time": "2 min"})).hold_s == 120.0


@pytest.mark.parametrize("name", [s.id for s in specimens.list()])
def test_every_specimen_becomes_a_solution_and_a_wall(name: str) -> None:
    recipe, _ = specimens.load(name)
    solution = solution_from(recipe)
    assert 0 < solution.polymer_volume_fraction < 1
    wall = wall_from(recipe)
    wall.quench_wall()
    schedule = wall.schedule()
    assert math.isinf(schedule.stages[-1].duration_s)
    assert wall.to_dict()["stages"][-1]["duration_s"] is None
    assert not [f for f in check(recipe, context_of(recipe, solution)) if f.grade == "error"]


def test_the_wall_of_a_hollow_fibre_is_that_of_its_die() -> None:
    wall = wall_from(specimens.load("Ex7")[0])
    assert wall.geometry == "fibre"
    assert wall.inner_radius_m == pytest.approx(4.5e-4, rel=1e-12)
    assert wall.outer_radius_m == pytest.approx(8.5e-4, rel=1e-12)
    assert wall.thickness_m == pytest.approx(4e-4, rel=1e-12)
    assert wall.initial_temperature_K == pytest.approx(418.15, abs=1e-9)
    assert wall.stages[0].outer.media == (("DOP", 1.0),)
    assert wall.stages[0].outer.temperature_K == 293.15
    assert wall.stages[0].inner.kind == "bore"
    assert wall.quench_wall().inner_radius_m == pytest.approx(4.5e-4, rel=1e-12)


def test_draw_down_keeps_the_ratio_of_the_radii() -> None:
    wall = wall_from(recipe_with({"shaping.target_thickness": "200 um"}))
    assert wall.thickness_m == pytest.approx(2e-4, rel=1e-12)
    assert wall.outer_radius_m is not None
    assert wall.inner_radius_m is not None
    assert wall.outer_radius_m - wall.inner_radius_m == pytest.approx(2e-4, rel=1e-12)
    assert wall.outer_radius_m / wall.inner_radius_m == pytest.approx(1.7 / 0.9, rel=1e-12)


@pytest.mark.parametrize(
    ("die", "thickness_m"),
    [
        ({"kind": "T", "gap": "0.3 mm"}, 3e-4),
        ({"kind": "inflation", "gap": "0.3 mm", "diameter": "50 mm"}, 3e-4),
        ({"kind": "inflation", "gap": "0.3 mm", "diameter": "50 mm", "blow_up_ratio": 2}, 1.5e-4),
    ],
)
def test_sheets_from_dies(die: dict[str, Any], thickness_m: float) -> None:
    wall = wall_from(recipe_with({"shaping": {"method": "extruder", "die": die}}))
    assert wall.geometry == "sheet"
    assert wall.inner_radius_m is None
    assert wall.thickness_m == pytest.approx(thickness_m, rel=1e-12)


def test_rolls_touch_the_faces_in_turn() -> None:
    rolls = {"method": "rolls", "temperatures": ["60 degC", "40 degC", "20 degC"], "contact_time": "2 s"}
    wall = wall_from(recipe_with({**SHEET, "cooling": rolls}))
    assert [s.outer.kind for s in wall.stages] == ["roll", "air", "roll"]
    assert [s.inner.kind for s in wall.stages] == ["air", "roll", "air"]
    assert [s.duration_s for s in wall.stages] == [2.0, 2.0, math.inf]
    touching = [s.outer if s.outer.kind == "roll" else s.inner for s in wall.stages]
    assert [round(f.temperature_K - 273.15) for f in touching] == [60, 40, 20]


def test_air_gap_before_the_bath() -> None:
    wall = wall_from(recipe_with({"air_gap": {"length": "10 mm"}, "shaping.line_speed": "30 m/min"}))
    gap, bath = wall.stages
    assert gap.label == "air gap"
    assert gap.duration_s == pytest.approx(0.02, rel=1e-12)  # 10 mm at 0.5 m/s
    assert bath.outer.kind == "liquid"
    assert wall.final_medium is bath.outer


def test_the_bore_gas_tells_the_speed_of_a_fibre() -> None:
    changes = {"air_gap": {"length": "10 mm"}, "shaping.die.bore_gas_flow": "10 ml/min"}
    recipe = recipe_with(changes)
    # 4 * (1e-5/60 m3/s) / (pi * (0.9e-3 m)^2) = 0.262 m/s
    assert wall_from(recipe).stages[0].duration_s == pytest.approx(0.01 / 0.26198, rel=1e-4)
    assert "bore gas" in next(a.text for a in assumptions(recipe) if a.field == "shaping.line_speed")


def test_air_gap_without_any_speed_is_left_out_and_said() -> None:
    recipe = recipe_with({"air_gap": {"length": "10 mm"}})
    assert [s.label for s in wall_from(recipe).stages] == ["bath"]
    assert any("left out" in a.text for a in assumptions(recipe))


def test_a_film_coefficient_given_is_taken() -> None:
    schedule = wall_from(recipe_with({"cooling.film_coefficient": "500 W/m2/K"})).schedule()
    assert schedule.stages[0].outer.film_W_m2K == 500.0


def test_air_zones_come_before_the_last_temperature() -> None:
    air = {"method": "air", "temperature": "20 degC", "zones": ["60 degC", "40 degC"], "velocity": "2 m/s"}
    wall = wall_from(recipe_with({**SHEET, "cooling": air}))
    assert [round(s.outer.temperature_K - 273.15) for s in wall.stages] == [60, 40, 20]
    assert all(s.outer == s.inner for s in wall.stages)


def test_a_mixed_bath_keeps_its_shares() -> None:
    media = [{"liquid": "DEP", "amount": "30 parts"}, {"liquid": "DOP", "amount": "70 parts"}]
    recipe = recipe_with({"cooling.media": media})
    assert wall_from(recipe).stages[0].outer.media == (("DEP", 0.3), ("DOP", 0.7))
    assert liquid_shares(recipe.cooling.media) == (0.3, 0.7)  # type: ignore[union-attr]
    wall_from(recipe).schedule()


def test_a_time_in_the_bath_ends_in_air() -> None:
    wall = wall_from(recipe_with({"cooling.time": "3 s"}))
    assert [s.label for s in wall.stages] == ["bath", "after the bath"]
    assert wall.final_medium.kind == "liquid"


def test_walls_of_centimetres_are_slips_of_units() -> None:
    with pytest.raises(InputError, match="check the unit"):
        wall_from(recipe_with({"shaping": {"method": "hot_press", "thickness": "100 mm"}}))


def test_copolymers_find_their_table() -> None:
    copolymer = recipe_with({"polymers.0.comonomers": [{"monomer": "HFP", "content": "8 mol%"}]}).polymers[0]
    assert polymer_name(copolymer) == "P(VDF-HFP)"
    assert comonomer_mole_fraction(copolymer) == pytest.approx(0.08, rel=1e-12)
    by_weight = recipe_with({"polymers.0.comonomers": [{"monomer": "HFP", "content": "12 wt%"}]}).polymers[0]
    # 12/150.023 against 88/64.034 moles
    moles = 12 / 150.023
    assert comonomer_mole_fraction(by_weight) == pytest.approx(moles / (moles + 88 / 64.034), rel=1e-9)


def test_context_lowers_the_dsc_peak_like_the_equilibrium_melting_point() -> None:
    recipe, _ = specimens.load("Ex7")
    solution = solution_from(recipe)
    context = context_of(recipe, solution)
    peak = float(tables.polymer("PVDF").melting_temperature_K)
    assert context.polymer_melting_temperature_K == peak
    assert context.melting_temperature_in_mixture_K is not None
    drop = solution.system.melting.Tm0_K - solution.melting_temperature_K
    assert context.melting_temperature_in_mixture_K == pytest.approx(peak - drop, abs=1e-9)
    assert context.melting_temperature_in_mixture_K < peak


def test_context_leaves_out_what_cannot_be_known() -> None:
    context = context_of(recipe_with({"solvents.0.liquid": "no such liquid"}), cloud_point_K=500.0)
    assert context.melting_temperature_in_mixture_K is None
    assert context.cloud_point_K == 500.0


def test_every_assumption_names_a_field_and_a_paragraph() -> None:
    for specimen in specimens.list():
        for assumption in assumptions(specimens.load(specimen.id)[0]):
            assert assumption.field
            assert assumption.paragraph.startswith("para. ")
            assert set(assumption.to_dict()) == {"field", "paragraph", "value", "text"}


@pytest.mark.parametrize(
    ("specimen", "temperature", "solvent", "rule"),
    [
        ("Ex7", "60 degC", None, "dissolves_nothing"),
        ("Ex7", "125 degC", None, "crystallizes_in_hold"),
        ("Ex21", "190 degC", None, "two_liquids"),
        # Hansen parameters alone make trioctyl trimellitate immiscible at every temperature of use.
        ("Ex1a", "230 degC", "TOTM", "two_liquids_by_the_model"),
    ],
)
def test_dissolution_temperatures_without_a_solution_are_found(
    specimen: str, temperature: str, solvent: str | None, rule: str
) -> None:
    data = to_dict(specimens.load(specimen)[0])
    data["dissolution"] = {"temperature": temperature, "hold": "20 min"}
    if solvent is not None:
        data["solvents"] = [{"liquid": solvent, "amount": "60 parts"}]
    recipe = from_dict(data)
    found = [f for f in check(recipe, context_of(recipe)) if f.field == "dissolution.temperature"]
    assert [f.rule for f in found] == [rule]
    assert found[0].paragraph


def test_chains_are_straight_at_their_length_over_their_size_at_rest() -> None:
    # PVDF of 3.62e5 g/mol: n = 2 * 3.62e5/64.034 bonds; n l sin(109.47/2) over sqrt(C n) l, C = 5.6
    bonds = 2 * 3.62e5 / 64.034
    expected = bonds * math.sin(math.radians(109.4712 / 2)) / math.sqrt(5.6 * bonds)
    straight = context_of(specimens.load("Ex7")[0]).straight_chain_ratio
    assert straight == pytest.approx(expected, rel=1e-5)  # six digits of the angle
