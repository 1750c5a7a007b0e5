"""Every rule, just inside and just outside each of its bounds."""

from __future__ import annotations

import math
import tomllib
from importlib import resources
from typing import Any

import pytest
from recipe_samples import context, edited, recipe_with

from percola.recipe import readings
from percola.recipe.checking import check, require_sound, rules
from percola.recipe.findings import GRADES
from percola.recipe.text import RecipeError, from_dict

STRETCH = {"stage": "membrane", "elongation": "50 %"}
PLANAR = {
    "solvents": [{"liquid": "CL", "amount": "30 parts"}, {"liquid": "DOA", "amount": "70 parts"}],
    "polymers.0.amount": "30 parts",
    "dissolution.temperature": "245 degC",
}


def stretch(**more: Any) -> dict[str, Any]:
    return {"stretching": [{**STRETCH, **more}]}


def drawn(ratio: float) -> dict[str, Any]:
    return {"stretching": [{"stage": "membrane", "draw_ratio": ratio}]}


def biaxial(a: float, b: float) -> dict[str, Any]:
    step = {"stage": "membrane", "mode": "biaxial_simultaneous", "draw_ratio": a, "draw_ratio_crosswise": b}
    return {"stretching": [step]}


def amounts(polymer: str, solvent: str, resin: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"polymers.0.amount": polymer, "solvents.0.amount": solvent}
    if resin:
        found["resins"] = [{"resin": "PMMA", "amount": resin}]
    return found


def planar(share: float, temperature: str = "245 degC") -> dict[str, Any]:
    pair = [{"liquid": "CL", "amount": f"{share} parts"}, {"liquid": "DOA", "amount": f"{100 - share} parts"}]
    return {**PLANAR, "solvents": pair, "dissolution.temperature": temperature}


def bath(name: str, temperature: str = "20 degC") -> dict[str, Any]:
    return {"cooling": {"method": "liquid", "media": [{"liquid": name}], "temperature": temperature}}


def heat(temperature: str) -> dict[str, Any]:
    return {"heat_treatment": {"temperature": temperature}}


def copolymer(monomer: str = "HFP", content: str | None = "8 mol%") -> dict[str, Any]:
    comonomer = {"monomer": monomer} if content is None else {"monomer": monomer, "content": content}
    return {"polymers.0.comonomers": [comonomer]}


def sheet(thickness: str) -> dict[str, Any]:
    return {"shaping": {"method": "hot_press", "thickness": thickness}}


def hollow(inside: str, outside: str) -> dict[str, Any]:
    die = {"kind": "hollow", "inside_diameter": inside, "outside_diameter": outside}
    return {"shaping": {"method": "extruder", "die": die}}


def t_die(**sizes: str) -> dict[str, Any]:
    return {"shaping": {"method": "extruder", "die": {"kind": "T", **sizes}}}


def air_gap(temperature: str) -> dict[str, Any]:
    return {"length": "10 mm", "temperature": temperature}


CLOUD = {"cloud_point_K": 493.15}
MELT = {"melting_temperature_in_mixture_K": 423.15, "polymer_melting_temperature_K": 443.15}
WINDOW = {"window_K": (410.65, 425.65)}

BY_CONTEXT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "medium_dissolves_surface": (
        {"medium_melting_temperature_30_K": 373.15},
        {"medium_melting_temperature_30_K": 373.05},
    ),
    "dissolves_nothing": ({"longest_half_time_s": 60.0}, {"longest_half_time_s": 59.9}),
    "crystallizes_in_hold": (
        {"half_time_s": 1200.0, "hold_s": 1200.0},
        {"half_time_s": 1199.0, "hold_s": 1200.0},
    ),
    # The sound recipe is dissolved at 145 degC.
    "two_liquids_by_the_model": ({"least_cloud_point_K": 418.15}, {"least_cloud_point_K": 418.25}),
}
# rule, a recipe just inside, one just outside, what the context knows
CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("unknown_liquid", {"solvents.0.liquid": "dep"}, {"solvents.0.liquid": "DEPP"}, {}),
    ("unknown_liquid", bath("DMP"), bath("DMPP"), {}),
    ("unknown_liquid", {"extraction.liquids.0.liquid": "C6"}, {"extraction.liquids.0.liquid": "C66"}, {}),
    ("unknown_polymer", {"polymers.0.polymer": "pvdf"}, {"polymers.0.polymer": "PVFD"}, {}),
    (
        "unknown_resin",
        {"resins": [{"resin": "PMMA", "amount": "10 parts"}]},
        {"resins": [{"resin": "PMMB", "amount": "10 parts"}]},
        {},
    ),
    ("copolymer_undefined", copolymer(), copolymer(content=None), {}),
    ("copolymer_undefined", copolymer(content="49.9 mol%"), copolymer(content="50 mol%"), {}),
    ("copolymer_undefined", copolymer(), {"polymers.0.polymer": "P(VDF-HFP)"}, {}),
    ("amounts_mixed", amounts("25 wt%", "75 wt%"), amounts("25 wt%", "75 parts"), {}),
    ("amounts_sum", amounts("25 wt%", "74.91 wt%"), amounts("25 wt%", "74.89 wt%"), {}),
    ("amounts_sum", amounts("25 wt%", "75.09 wt%"), amounts("25 wt%", "75.11 wt%"), {}),
    ("solvent_boils", {"dissolution.temperature": "569.9 K"}, {"dissolution.temperature": "570.1 K"}, {}),
    (
        "solvent_boils",
        {"dissolution.temperature": "600 K", "dissolution.pressurized": True},
        {"dissolution.temperature": "600 K", "dissolution.pressurized": False},
        {},
    ),
    ("solvent_frozen", {"dissolution.temperature": "269.1 K"}, {"dissolution.temperature": "268.9 K"}, {}),
    (
        "polymer_decomposes",
        {"dissolution.temperature": "374.9 degC"},
        {"dissolution.temperature": "375.1 degC"},
        {},
    ),
    ("polymer_decomposes", {"drying.temperature": "374.9 degC"}, {"drying.temperature": "375.1 degC"}, {}),
    ("too_cold_for_a_bath", {"air_gap": air_gap("60 K")}, {"air_gap": air_gap("59.9 K")}, {}),
    ("dissolves_nothing", {}, {}, {}),
    ("crystallizes_in_hold", {}, {}, {}),
    ("two_liquids_by_the_model", {}, {}, {}),
    ("two_liquids", planar(30, "210 degC"), planar(30, "209.9 degC"), CLOUD),
    ("chains_straight", drawn(37.0), drawn(37.1), {"straight_chain_ratio": 37.0}),
    (
        "chains_straight",
        stretch(elongation="3600 %"),
        stretch(elongation="3610 %"),
        {"straight_chain_ratio": 37.0},
    ),
    ("melts_on_stretching", stretch(temperature="170 degC"), stretch(temperature="170.1 degC"), MELT),
    ("melts_on_heating", heat("170 degC"), heat("170.1 degC"), MELT),
    ("wall_impossible", sheet("1 um"), sheet("0.99 um"), {}),
    ("wall_impossible", sheet("20 mm"), sheet("20.1 mm"), {}),
    ("wall_impossible", hollow("0.9 mm", "40.9 mm"), hollow("0.9 mm", "41 mm"), {}),
    ("wall_impossible", t_die(gap="20 mm"), t_die(gap="200 m"), {}),
    ("wall_impossible", {"shaping.target_thickness": "20 mm"}, {"shaping.target_thickness": "21 mm"}, {}),
    ("fibre_impossible", hollow("99 mm", "100 mm"), hollow("99 mm", "100.1 mm"), {}),
    ("length_impossible", t_die(gap="1 mm", width="10 m"), t_die(gap="1 mm", width="10.1 m"), {}),
    ("time_impossible", {"extraction.time": "30 day"}, {"extraction.time": "30.1 day"}, {}),
    ("speed_impossible", {"shaping.line_speed": "340 m/s"}, {"shaping.line_speed": "341 m/s"}, {}),
    (
        "pressure_impossible",
        {"shaping": {"method": "hot_press", "thickness": "0.1 mm", "pressure": "1 GPa"}},
        {"shaping": {"method": "hot_press", "thickness": "0.1 mm", "pressure": "1.01 GPa"}},
        {},
    ),
    (
        "molar_mass_impossible",
        {"polymers.0.weight_average_molecular_weight": "1000 g/mol"},
        {"polymers.0.weight_average_molecular_weight": "999 g/mol"},
        {},
    ),
    (
        "molar_mass_impossible",
        {"polymers.0.weight_average_molecular_weight": "2e7 g/mol"},
        {"polymers.0.weight_average_molecular_weight": "2.1e7 g/mol"},
        {},
    ),
    ("no_cooling", {"cooling.temperature": "143.9 degC"}, {"cooling.temperature": "144.1 degC"}, {}),
    ("bath_boils", bath("WATER", "99.9 degC"), bath("WATER", "100.1 degC"), {}),
    ("bath_frozen", bath("WATER", "0 degC"), bath("WATER", "-0.1 degC"), {}),
    ("nothing_to_stretch", stretch(), {**stretch(), "extraction": None}, {}),
    ("draw_ratio_below_one", drawn(1.0), drawn(0.99), {}),
    ("residual_above_applied", stretch(residual_strain="50 %"), stretch(residual_strain="50.1 %"), {}),
    ("polymer_concentration", amounts("10 parts", "90 parts"), amounts("9.9 parts", "90.1 parts"), {}),
    ("polymer_concentration", amounts("60 parts", "40 parts"), amounts("60.1 parts", "39.9 parts"), {}),
    (
        "molecular_weight",
        {"polymers.0.weight_average_molecular_weight": "100000 g/mol"},
        {"polymers.0.weight_average_molecular_weight": "99900 g/mol"},
        {},
    ),
    ("comonomer_unlisted", copolymer("propylene hexafluoride"), copolymer("vinyl fluoride"), {}),
    (
        "polymer_to_resin",
        amounts("20 parts", "70 parts", "30 parts"),
        amounts("20 parts", "70 parts", "30.1 parts"),
        {},
    ),
    (
        "polymer_to_resin",
        amounts("18 parts", "80 parts", "2 parts"),
        amounts("18 parts", "80 parts", "1.99 parts"),
        {},
    ),
    (
        "polymer_and_resin",
        amounts("30 parts", "40 parts", "30 parts"),
        amounts("30 parts", "39.9 parts", "30 parts"),
        {},
    ),
    (
        "resin_unlisted",
        {"resins": [{"resin": "PVAc", "amount": "10 parts"}]},
        {"resins": [{"resin": "polystyrene", "amount": "10 parts"}]},
        {},
    ),
    ("solvent_unlisted", {}, {"solvents.0.liquid": "GBL"}, {}),
    ("solvent_unlisted", {}, {"solvents.0.liquid": "ACE", "dissolution.pressurized": True}, {}),
    (
        "solvent_unlisted",
        {"solvents": [{"liquid": "DEP", "amount": "70 parts"}, {"liquid": "ACE", "amount": "5 parts"}]},
        {"solvents": [{"liquid": "DEP", "amount": "70 parts"}, {"liquid": "DECALIN", "amount": "5 parts"}]},
        {},
    ),
    ("planar_pair_ratio", planar(20), planar(19.9), {}),
    ("planar_pair_ratio", planar(40), planar(40.1), {}),
    ("above_cloud_point", planar(30, "230 degC"), planar(30, "229.9 degC"), CLOUD),
    (
        "dissolution_window",
        {"dissolution.temperature": "137.5 degC"},
        {"dissolution.temperature": "137.4 degC"},
        WINDOW,
    ),
    (
        "dissolution_window",
        {"dissolution.temperature": "152.5 degC"},
        {"dissolution.temperature": "152.6 degC"},
        WINDOW,
    ),
    (
        "dissolution_window",
        {"shaping.temperature": "152.5 degC"},
        {"shaping.temperature": "152.6 degC"},
        WINDOW,
    ),
    ("solvent_stripped", bath("DEP"), bath("ACE"), {}),
    ("solvent_stripped", bath("WATER"), {**bath("WATER"), "solvents.0.liquid": "GBL"}, {}),
    ("cooling_temperature", {"cooling.temperature": "100 degC"}, {"cooling.temperature": "100.1 degC"}, MELT),
    (
        "extraction_not_volatile",
        {"extraction.liquids.0.liquid": "IPA"},
        {"extraction.liquids.0.liquid": "DEP"},
        {},
    ),
    (
        "residual_strain",
        stretch(elongation="150 %", residual_strain="100 %"),
        stretch(elongation="150 %", residual_strain="100.1 %"),
        {},
    ),
    ("draw_ratio_uniaxial", drawn(3.0), drawn(3.01), {}),
    ("draw_ratio_uniaxial", stretch(elongation="200 %"), stretch(elongation="200.1 %"), {}),
    ("draw_ratio_biaxial", biaxial(2.0, 2.0), biaxial(2.0, 2.01), {}),
    ("stretching_temperature", stretch(temperature="50 degC"), stretch(temperature="50.1 degC"), {}),
    ("heat_treatment_too_cold", heat("50 degC"), heat("49.9 degC"), MELT),
    ("heat_treatment_too_hot", heat("150 degC"), heat("150.1 degC"), MELT),
    (
        "polymer_concentration_preferred",
        amounts("40 parts", "60 parts"),
        amounts("40.1 parts", "59.9 parts"),
        {},
    ),
    (
        "polymer_concentration_more_preferred",
        amounts("30 parts", "70 parts"),
        amounts("30.1 parts", "69.9 parts"),
        {},
    ),
    (
        "molecular_weight_preferred",
        {"polymers.0.weight_average_molecular_weight": "3e5 g/mol"},
        {"polymers.0.weight_average_molecular_weight": "2.99e5 g/mol"},
        {},
    ),
    (
        "molecular_weight_preferred",
        {"polymers.0.weight_average_molecular_weight": "2e6 g/mol"},
        {"polymers.0.weight_average_molecular_weight": "2.01e6 g/mol"},
        {},
    ),
    ("homopolymer_preferred", {}, copolymer(), {}),
    (
        "resin_preferred",
        {"resins": [{"resin": "PMMA", "amount": "10 parts"}]},
        {"resins": [{"resin": "PVAc", "amount": "10 parts"}]},
        {},
    ),
    ("planar_pair_ratio_preferred", planar(25), planar(24.9), {}),
    ("planar_pair_ratio_preferred", planar(38), planar(38.1), {}),
    ("above_cloud_point_preferred", planar(30, "240 degC"), planar(30, "239.9 degC"), CLOUD),
    ("above_cloud_point_preferred", planar(30, "260 degC"), planar(30, "260.1 degC"), CLOUD),
    (
        "extrusion_above_cloud_point",
        {**planar(30), "shaping.temperature": "230 degC"},
        {**planar(30), "shaping.temperature": "229.9 degC"},
        CLOUD,
    ),
    (
        "extrusion_above_cloud_point",
        {**planar(30), "shaping.temperature": "260 degC"},
        {**planar(30), "shaping.temperature": "260.1 degC"},
        CLOUD,
    ),
    (
        "dissolution_window_preferred",
        {"dissolution.temperature": "139.5 degC"},
        {"dissolution.temperature": "139.4 degC"},
        WINDOW,
    ),
    ("medium_preferred", bath("DMP"), bath("DTDP"), {}),
    ("medium_preferred", bath("DMP"), bath("WATER"), {}),
    (
        "medium_dissolves_surface",
        {"name": "a"},
        {"name": "b"},
        {},
    ),
    ("hollow_needs_liquid", {}, {"cooling": {"method": "air", "temperature": "20 degC"}}, {}),
    (
        "extraction_liquid_unlisted",
        {"extraction.liquids.0.liquid": "C6"},
        {"extraction.liquids.0.liquid": "IPA"},
        {},
    ),
    (
        "resin_not_washed_out",
        amounts("20 parts", "70 parts", "10 parts"),
        {**amounts("20 parts", "70 parts", "10 parts"), "extraction.liquids.0.liquid": "C6"},
        {},
    ),
    ("residual_strain_preferred", stretch(residual_strain="10 %"), stretch(residual_strain="9.9 %"), {}),
    (
        "stretching_temperature_preferred",
        stretch(temperature="25 degC"),
        stretch(temperature="25.1 degC"),
        {},
    ),
    ("stretching_stage", stretch(), stretch(stage="gel"), {}),
    ("thickness_usual", sheet("20 um"), sheet("19.9 um"), {}),
    ("thickness_usual", sheet("1000 um"), sheet("1001 um"), {}),
    ("thickness_preferred", sheet("60 um"), sheet("59.9 um"), {}),
    ("thickness_preferred", sheet("800 um"), sheet("801 um"), {}),
]


def keys(changes: dict[str, Any], known: dict[str, Any]) -> set[str]:
    return {f.rule for f in check(recipe_with(changes), context(**known))}


@pytest.mark.parametrize(("rule", "inside", "outside", "known"), CASES)
def test_just_inside_and_just_outside(
    rule: str, inside: dict[str, Any], outside: dict[str, Any], known: dict[str, Any]
) -> None:
    if rule in BY_CONTEXT:  # its bound is on the context, not on the recipe
        good, bad = BY_CONTEXT[rule]
        assert rule not in keys({}, good)
        assert rule in keys({}, bad)
        return
    assert rule not in keys(inside, known)
    found = check(recipe_with(outside), context(**known))
    finding = next(f for f in found if f.rule == rule)
    assert finding.field.split(".")[0].split("[")[0] in edited(outside) or finding.field == "amount"
    assert finding.found
    assert finding.allowed
    assert finding.remedy


def test_every_rule_has_a_case() -> None:
    assert {c[0] for c in CASES} == {r.key for r in rules()}


def test_the_sound_recipe_has_no_finding() -> None:
    known = {
        "melting_temperature_in_mixture_K": 420.0,
        "polymer_melting_temperature_K": 443.0,
        "window_K": (410.0, 430.0),
    }
    assert check(recipe_with({}), context(**known)) == ()


def test_rules_without_thermodynamics_stay_silent() -> None:
    assert check(recipe_with({**heat("160 degC")}), context()) == ()


def test_rule_data_is_whole() -> None:
    text = resources.files("percola.recipe").joinpath("data/rules.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)["rule"]
    assert len({r["key"] for r in data}) == len(data)
    for rule in data:
        assert set(rule) <= {"key", "grade", "paragraph", "reading", "low", "high", "allowed", "remedy"}
        assert rule["grade"] in GRADES
        assert callable(getattr(readings, rule["reading"]))
        # Only physics may speak without a paragraph.
        assert rule["paragraph"] or rule["grade"] == "error"


def test_a_graver_finding_silences_the_milder_on_the_same_reading() -> None:
    found = [
        f for f in check(recipe_with(amounts("61 parts", "39 parts")), context()) if "polymers" in f.field
    ]
    assert [f.rule for f in found] == ["polymer_concentration"]


def test_what_dissolves_nothing_is_said_once() -> None:
    known = {"half_time_s": 0.5, "longest_half_time_s": 0.6, "hold_s": 1200.0}
    assert keys({}, known) == {"dissolves_nothing"}
    # A finding that the model has two liquids everywhere is one too, in words without a number.
    (finding,) = check(recipe_with({}), context(least_cloud_point_K=math.inf))
    assert "at every temperature" in finding.found


def test_unknown_names_come_with_the_nearest() -> None:
    found = check(recipe_with({"solvents.0.liquid": "DEPP"}), context())
    assert "DEP" in found[0].remedy
    assert found[0].grade == "error"


def test_sphere_forming_solvents_say_so() -> None:
    found = check(recipe_with({"solvents.0.liquid": "GBL", "dissolution.temperature": "120 degC"}), context())
    assert "spherical particles" in next(f for f in found if f.rule == "solvent_unlisted").found


def test_comparative_example_11_in_water_is_stripped() -> None:
    changes = {
        "solvents": [
            {"liquid": "CL", "amount": "18.75 parts"},
            {"liquid": "GBL", "amount": "18.75 parts"},
            {"liquid": "DOA", "amount": "62.5 parts"},
        ],
        "polymers.0.amount": "37 parts",
        **bath("WATER"),
    }
    assert "solvent_stripped" in keys(changes, {})


def test_two_molecular_weights_mix_by_weight() -> None:
    grades = [
        {"weight_average_molecular_weight": "5e4 g/mol", "amount": "10 parts"},
        {"weight_average_molecular_weight": "1.5e5 g/mol", "amount": "10 parts"},
    ]
    recipe = recipe_with({"polymers": grades})
    # (5e4 + 1.5e5)/2 = 1e5: just inside para. 46
    assert "molecular_weight" not in {f.rule for f in check(recipe, context())}


def test_bubble_point_of_one_liquid_is_its_boiling_point() -> None:
    facts = readings.LiquidFacts("X", "x", 0.1, 500.0, 200.0)
    # 60 bisections of an empty interval: exact
    assert readings.bubble_point_K([(facts, 1.0)]) == 500.0


def test_bubble_point_of_a_mixture_meets_raoult() -> None:
    a = readings.LiquidFacts("A", "a", 0.1, 500.0, 200.0)
    b = readings.LiquidFacts("B", "b", 0.2, 600.0, 200.0)
    boiling = readings.bubble_point_K([(a, 0.5), (b, 0.5)])
    assert boiling is not None
    pressure = sum(
        x * math.exp(readings.TROUTON * (1 - t / boiling)) for x, t in ((2 / 3, 500.0), (1 / 3, 600.0))
    )
    # the defining equation, to the width of the last bisection (100 K / 2**60)
    assert pressure == pytest.approx(1.0, abs=1e-12)
    assert 500.0 < boiling < 600.0


def test_require_sound_refuses_errors_with_all_findings() -> None:
    recipe = recipe_with({"solvents.0.liquid": "DEPP", "cooling.temperature": "200 degC"})
    with pytest.raises(RecipeError) as refused:
        require_sound(recipe, context(), "my.toml")
    assert "my.toml, " in str(refused.value)
    assert {f.rule for f in refused.value.findings} >= {"unknown_liquid", "no_cooling"}
    assert require_sound(recipe_with({}), context()) == ()


def test_findings_are_plain_data() -> None:
    found = check(from_dict(edited(bath("WATER"))), context())
    assert set(found[0].to_dict()) == {"grade", "field", "paragraph", "found", "allowed", "remedy", "rule"}
    assert "outside the preferred range" in str(found[0])
