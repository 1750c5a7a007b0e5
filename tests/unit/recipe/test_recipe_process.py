"""Facts of a process: amounts by hand, words of families and listings, stages, what is not stated; reported results."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percola import tables
from percola.errors import InputError
from percola.judge import quantities
from percola.measurement import Measurement
from percola.recipe import specimens
from percola.recipe.model import Recipe
from percola.recipe.process import (
    _families,
    measurements_from_rows,
    printed_interval,
    process_facts,
    reported_measurements,
)
from percola.recipe.text import from_dict, to_dict


def recipe(specimen: str, **changes: Any) -> Recipe:
    """A specimen's recipe with some of its sections replaced; None removes one."""
    data = to_dict(specimens.load(specimen)[0])
    for key, value in changes.items():
        if value is None:
            data.pop(key, None)
        else:
            data[key] = value
    return from_dict(data)


def facts(specimen: str, **changes: Any) -> dict[str, Measurement]:
    found = process_facts(recipe(specimen, **changes))
    assert len({m.name for m in found}) == len(found)
    return {m.name: m for m in found}


def test_every_fact_is_one_the_judge_understands_in_words_and_region() -> None:
    known = quantities()
    for s in specimens.list():
        for m in process_facts(specimens.load(s.id)[0]):
            assert m.name in known, m.name
            assert m.region == "process"
            assert m.defined or m.reason
            assert m.unit == known[m.name].unit
            if isinstance(m.value, str):
                assert m.value in known[m.name].words, (m.name, m.value)
            # Only what the tables give has an uncertainty: a recipe states none.
            assert (m.uncertainty is not None) == (m.name == "extraction_boiling_point" and m.defined)


def test_amounts_by_hand() -> None:
    """Example 17: 24 polymer, 8 resin, 68 solvent."""
    found = facts("Ex17")
    for name, value in {
        "polymer_weight_fraction": 24 / 100,
        "polymer_to_solvent_share": 24 / 92,
        "resin_weight_fraction": 8 / 100,
        "polymer_plus_resin_weight_fraction": 32 / 100,
        "resin_share": 8 / 32,
    }.items():
        # Twelve decimals are kept.
        assert found[name].value == pytest.approx(value, abs=1e-12)
    plain = facts("Ex7")
    assert plain["resin_weight_fraction"].value == 0.0
    assert plain["resin_share"].value is None
    assert plain["resin_kind"].value == "none"
    assert "resin_miscibility" not in plain
    # 60 parts of 100 are 0.6 to the last digit, so that "60 wt% or less" holds.
    edge = facts(
        "Ex7",
        polymers=[{"polymer": "PVDF", "weight_average_molecular_weight": "1e5 g/mol", "amount": "0.6 parts"}],
        solvents=[{"liquid": "DEP", "amount": "0.4 parts"}],
    )
    assert edge["polymer_to_solvent_share"].value == 0.6
    assert edge["weight_average_molecular_weight"].value == 100.0


def test_additives_do_not_count() -> None:
    more = facts("Ex7", additives=[{"kind": "antioxidant", "amount": "5 parts"}])
    assert more["polymer_weight_fraction"].value == facts("Ex7")["polymer_weight_fraction"].value


def test_amounts_at_fault_are_refused() -> None:
    with pytest.raises(InputError, match="parts and wt% mixed"):
        facts("Ex7", solvents=[{"liquid": "DEP", "amount": "50 wt%"}])


@pytest.mark.parametrize(
    ("polymers", "kind"),
    [
        ([("PVDF", [])], "homopolymer"),
        ([("PVDF", [("HFP", "5 mol%")])], "listed_copolymer"),
        ([("PVDF", [("ethylene", "5 mol%")])], "listed_copolymer"),
        ([("PVDF", [("styrene", "5 mol%")])], "unlisted_copolymer"),
        ([("PVDF", []), ("P(VDF-HFP)", [("HFP", "5 mol%")])], "listed_copolymer"),
        ([("polyethylene", [])], "other"),
    ],
)
def test_kinds_of_polymer(polymers: list[tuple[str, list[tuple[str, str]]]], kind: str) -> None:
    given = [
        {
            "polymer": name,
            "weight_average_molecular_weight": "3e5 g/mol",
            "amount": "20 parts",
            "comonomers": [{"monomer": m, "content": c} for m, c in comonomers],
        }
        for name, comonomers in polymers
    ]
    assert facts("Ex7", polymers=given)["polymer_kind"].value == kind


@pytest.mark.parametrize(
    ("liquids", "family", "listing"),
    [
        (["DEP"], "phthalic_acid_ester", "listed"),
        (["DTDP"], "phthalic_acid_ester", "listed"),
        (["methyl benzoate"], "benzoic_acid_ester", "listed"),
        (["DOS"], "sebacic_acid_ester", "listed"),
        (["DOA"], "adipic_acid_ester", "listed"),
        (["TOTM"], "trimellitic_acid_ester", "listed"),
        (["TCP"], "phosphoric_ester", "listed"),
        (["ACP"], "ketone", "listed"),
        (["MEK"], "good_solvent_ketone", "unlisted"),
        (["DEP", "DBP"], "phthalic_acid_ester", "listed"),
        (["DEP", "TCP"], "mixed_listed", "listed"),
        (["DEP", "acetone"], "mixed_listed_with_good_solvent_ketone", "mixed_listed"),
        (["DEP", "water"], "partly_listed", "mixed_listed"),
        (["DEP", "GBL"], "partly_listed", "unlisted"),
        (["EC"], "unlisted", "unlisted"),
        (["a liquid of no table"], "unlisted", "unlisted"),
        (["CL", "DOA"], "partly_listed", "planar_pair"),
    ],
)
def test_families_and_listings_of_solvents(liquids: list[str], family: str, listing: str) -> None:
    found = facts("Ex7", solvents=[{"liquid": name, "amount": "30 parts"} for name in liquids])
    assert found["solvent_family"].value == family
    assert found["solvent_listing"].value == listing


def test_families_hold_liquids_of_the_tables_once() -> None:
    families = _families()
    for key in families.by_key:
        assert tables.liquid(key).key == key
    assert set(families.by_class) <= {str(tables.liquid(k).chemical_class) for k in tables.liquids()}
    assert families.outside_75 <= set(families.by_key)


@pytest.mark.parametrize(
    ("share", "seen"), [(20, "observed"), (40, "observed"), (19.9, "not_observed"), (41, "not_observed")]
)
def test_what_paragraphs_63_and_65_say_of_the_interface(share: float, seen: str) -> None:
    pair = [
        {"liquid": "CL", "amount": f"{share} parts"},
        {"liquid": "DOA", "amount": f"{100 - share} parts"},
    ]
    found = facts(
        "Ex21", solvents=pair, polymers=[{**to_dict(recipe("Ex21"))["polymers"][0], "amount": "40 parts"}]
    )
    assert found["planar_interface_stated"].value == seen
    assert found["caprolactone_share"].value == pytest.approx(share / 100, abs=1e-12)
    assert facts("Ex7")["planar_interface_stated"].value == "not_observed"
    assert "planar_interface_stated" not in facts("CE2")  # gamma-butyrolactone: nothing is said of it


def test_resins() -> None:
    def resin(name: str, **more: Any) -> dict[str, Measurement]:
        return facts("Ex17", resins=[{"resin": name, "amount": "8 parts"}], **more)

    assert resin("PMMA")["resin_kind"].value == "methyl_methacrylate"
    assert resin("PMA")["resin_kind"].value == "acrylic"
    assert resin("PVAC")["resin_kind"].value == "other"
    unlisted = resin("polystyrene")
    assert unlisted["resin_kind"].value == "unlisted"
    assert unlisted["resin_miscibility"].value is None
    assert unlisted["resin_miscibility"].evidence["not_stated"]
    # Methylene chloride dissolves the acrylic resin, hexane does not; nothing is known of the others.
    assert resin("PMMA")["resin_removal"].value == "removed"
    assert resin("PMMA", extraction={"liquids": [{"liquid": "C6"}]})["resin_removal"].value == "left"
    assert resin("PVAC")["resin_removal"].value is None
    assert resin("PMMA", extraction=None, stretching=None)["resin_removal"].value == "left"


def test_cooling() -> None:
    bath = facts("Ex7")
    assert bath["cooling_medium_kind"].value == "liquid"
    assert bath["cooling_medium_family"].value == "phthalic_acid_ester"
    assert bath["cooling_medium_listing"].value == "listed"
    assert bath["cooling_temperature"].value is None
    assert bath["cooling_temperature"].evidence["not_stated"]
    assert bath["solvent_kept"].value == "kept"
    tridecyl = facts("CE5-DTDP")
    assert tridecyl["cooling_medium_family"].value == "phthalic_acid_ester"
    assert tridecyl["cooling_medium_family_of_paragraph_75"].value == "unlisted"
    assert tridecyl["cooling_medium_listing"].value == "unlisted"
    assert tridecyl["cooling_temperature"].value == pytest.approx(293.15)
    press = facts("Ex1a")
    assert press["cooling_medium_kind"].value == "press"
    assert press["cooling_medium_family"].value is None
    assert "not_stated" not in press["cooling_medium_family"].evidence
    rolls = facts("Ex1a", cooling={"method": "rolls", "temperatures": ["60 degC", "30 degC"]})
    assert rolls["cooling_medium_kind"].value == "rolls"
    assert rolls["cooling_temperature"].value == pytest.approx(303.15)
    # A bath of acetone washes the solvent out (paras. 27, 63).
    stripped = facts("Ex7", cooling={"method": "liquid", "media": [{"liquid": "acetone"}]})
    assert stripped["solvent_kept"].value == "stripped"
    # Water takes a part of Comparative Example 11's solvent: how much has to be weighed.
    partly = facts("CE11")["solvent_kept"]
    assert partly.value is None
    assert "takes out" in partly.reason


def test_shaping() -> None:
    fibre = facts("Ex7")
    assert (fibre["shaping_method"].value, fibre["die_kind"].value) == ("extruder", "hollow")
    assert fibre["dissolution_temperature"].value == pytest.approx(418.15)
    assert fibre["extrusion_temperature"].value == fibre["dissolution_temperature"].value
    assert "gives no extrusion temperature" in fibre["extrusion_temperature"].method
    shaping = to_dict(recipe("Ex7"))["shaping"]
    own = facts("Ex7", shaping={**shaping, "temperature": "150 degC"})
    assert own["extrusion_temperature"].value == pytest.approx(423.15)
    sheet = facts("Ex1a")
    assert sheet["shaping_method"].value == "hot_press"
    assert sheet["extrusion_temperature"].value is None


def test_solvent_state() -> None:
    assert facts("Ex7")["solvent_state"].value == "liquid"
    assert facts("Ex21")["solvent_state"].value == "liquid"  # pressurized
    acetone = [{"liquid": "acetone", "amount": "60 parts"}]
    assert facts("Ex7", solvents=acetone)["solvent_state"].value == "boils"
    held = {"temperature": "145 degC", "pressurized": True}
    assert facts("Ex7", solvents=acetone, dissolution=held)["solvent_state"].value == "liquid"
    unknown = facts("Ex7", solvents=[{"liquid": "a liquid of no table", "amount": "60 parts"}])
    assert unknown["solvent_state"].value is None


def test_extraction() -> None:
    found = facts("Ex7")
    assert found["extraction_used"].value == "extracted"
    assert found["extraction_boiling_point"].value == pytest.approx(312.95, abs=1.0)
    mixed = facts(
        "Ex7",
        extraction={
            "liquids": [{"liquid": "DCM", "amount": "1 parts"}, {"liquid": "ETOH", "amount": "1 parts"}]
        },
    )
    assert mixed["extraction_boiling_point"].value == pytest.approx(351.4, abs=1.0)  # the less volatile one
    assert mixed["extraction_listing"].value == "partly_listed"
    gel = facts("Ex7", extraction=None)
    assert gel["extraction_used"].value == "none"
    assert gel["extraction_boiling_point"].value is None


@pytest.mark.parametrize(
    ("steps", "stage", "residual", "bound"),
    [
        ([], "none", None, False),
        ([{"stage": "gel", "residual_strain": "20 %"}], "gel", 0.20, False),
        ([{"stage": "membrane", "elongation": "50 %"}], "membrane", 0.50, True),
        ([{"stage": "membrane", "draw_ratio": 1.5, "residual_strain": "28 %"}], "membrane", 0.28, False),
        (
            [{"stage": "gel", "residual_strain": "20 %"}, {"stage": "membrane", "residual_strain": "30 %"}],
            "gel_and_membrane",
            0.30,
            False,
        ),
        (
            [
                {
                    "stage": "membrane",
                    "mode": "biaxial_simultaneous",
                    "draw_ratio": 1.5,
                    "draw_ratio_crosswise": 1.2,
                }
            ],
            "membrane",
            0.80,
            True,
        ),
    ],
)
def test_stretching(steps: list[dict[str, Any]], stage: str, residual: float | None, bound: bool) -> None:
    found = facts("Ex7", stretching=steps)
    assert found["stretching_stage"].value == stage
    strain = found["stretching_residual_strain"]
    assert strain.value == (None if residual is None else pytest.approx(residual))
    assert bool(strain.evidence.get("upper_bound")) == bound
    assert not steps or found["stretching_temperature"].evidence["not_stated"]


def test_draw_ratios_of_each_kind() -> None:
    two_ways = [
        {"stage": "membrane", "draw_ratio": 2.5, "temperature": "20 degC"},
        {
            "stage": "membrane",
            "mode": "biaxial_sequential",
            "draw_ratio": 1.5,
            "draw_ratio_crosswise": 2.0,
            "temperature": "40 degC",
        },
    ]
    found = facts("Ex7", stretching=two_ways)
    assert found["draw_ratio"].value == pytest.approx(2.5)
    assert found["area_draw_ratio"].value == pytest.approx(3.0)
    assert found["stretching_temperature"].value == pytest.approx(313.15)


def test_heat_treatment_and_electrolyte() -> None:
    found = facts("Ex7", heat_treatment={"temperature": "100 degC"})
    assert found["heat_treatment_used"].value == "heat_treated"
    assert found["heat_treatment_temperature"].value == pytest.approx(373.15)
    assert facts("Ex7")["heat_treatment_used"].value == "none"
    assert facts("Ex13")["electrolyte_filled"].value == "membrane"
    assert facts("Ex7")["electrolyte_filled"].value == "none"


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("0.14 um", 0.135, 0.145),
        ("54.0 %", 53.95, 54.05),
        ("300 L/m2.h.atm", 299.5, 300.5),
        ("10,000 L/m2.h.atm", 9999.5, 10000.5),
        ("0.2 um", 0.15, 0.25),
    ],
)
def test_the_interval_of_printed_digits(text: str, low: float, high: float) -> None:
    value = float(text.split()[0].replace(",", ""))
    found = printed_interval(text)
    assert found is not None
    assert [value * f for f in found] == pytest.approx([low, high])


def test_reported_results_keep_their_words_bounds_and_notes() -> None:
    found = {m.name: m for m in reported_measurements(specimens.reported("Ex7"))}
    assert found["porosity"].value == pytest.approx(0.546)
    assert found["porosity"].evidence["printed_interval"] == pytest.approx([0.5455, 0.5465])
    assert found["water_permeability"].unit == "m/(s.Pa)"
    assert found["structure_class"].value == "percolation"
    bound = {m.name: m for m in reported_measurements(specimens.reported("Ex6-water"))}
    assert bound["pore_size_ratio"].evidence["upper_bound"]
    assert bound["surface_to_internal_pore_ratio"].region == "surface"
    assert bound["average_pore_size"].evidence["skin_removed"]
    assert bound["average_pore_size"].checks[0].status == "warn"
    assert reported_measurements(None) == ()
    assert reported_measurements(specimens.reported("Ex2a")) == ()  # reserved
    zero = {m.name: m for m in reported_measurements(specimens.reported("CE7"))}["water_permeability"]
    assert zero.value == 0.0
    assert "printed_interval" not in zero.evidence


def rows(*lines: str) -> list[dict[str, str]]:
    return list(csv.DictReader(["name,value,unit,uncertainty,region", *lines]))


def test_a_table_of_results() -> None:
    found = measurements_from_rows(
        rows(
            "average_pore_size,0.14,um,0.01,",
            "",
            "porosity,54.6,%,1,",
            "pore_size_ratio,1.5,1,,wall",
            "cloud_point_temperature,220,degC,2,",
            "medium_window_width,5,K,,",
            "structure_class,spherical particles,,,",
            "die_kind,T,,,",
            "water_permeability,300,L/m2.h.atm,,",
        )
    )
    by_name = {m.name: m for m in found}
    assert by_name["average_pore_size"].value == pytest.approx(0.14e-6)
    assert by_name["average_pore_size"].uncertainty == pytest.approx(0.01e-6)
    assert by_name["porosity"].value == pytest.approx(0.546)
    assert by_name["porosity"].uncertainty == pytest.approx(0.01)
    assert (by_name["pore_size_ratio"].value, by_name["pore_size_ratio"].region) == (1.5, "wall")
    assert by_name["cloud_point_temperature"].value == pytest.approx(493.15)
    assert by_name["cloud_point_temperature"].uncertainty == pytest.approx(2.0)
    assert by_name["medium_window_width"].value == pytest.approx(5.0)
    assert by_name["structure_class"].value == "spherical_particles"
    assert by_name["die_kind"].value == "T"
    assert by_name["water_permeability"].value == pytest.approx(0.3 / 3600 / 101325)
    assert {m.unit for m in found} == {"m", "1", "K", "", "m/(s.Pa)"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("average_pore_siz,0.14,um,,", "did you mean average_pore_size"),
        ("average_pore_size,0.14,,,", "without a unit"),
        ("average_pore_size,0.14,degC,,", "degC"),
        ("average_pore_size,nan,um,,", "not a finite number"),
        ("average_pore_size,-0.14,um,,", "not negative"),
        ("average_pore_size,0.14,um,-1,", "not negative"),
        ("average_pore_size,,um,,", "nothing"),
        ("porosity,54.6,,,", "1 or %"),
        ("porosity,54.6,wt%,,", "1 or %"),
        ("structure_class,fine,,,", "percolation"),
        ("structure_class,coarse,um,,", "neither"),
        ("cloud_point_temperature,220,K,2,\ncloud_point_temperature,221,K,2,", "stands twice"),
        ("porosity,54.6,%,1,core,more", "column"),
        ("", "no measurement"),
    ],
)
def test_tables_that_cannot_be_read_are_refused(line: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        measurements_from_rows(rows(*line.split("\n")))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "name": st.sampled_from([*quantities(), "x"]),
                "value": st.text(max_size=8) | st.floats().map(str),
                "unit": st.sampled_from(["um", "K", "degC", "1", "%", "", "kg/mol", "Pa"])
                | st.text(max_size=4),
                "uncertainty": st.text(max_size=4) | st.floats().map(str),
                "region": st.text(max_size=4),
            }
        ),
        max_size=3,
    )
)
def test_any_table_is_read_or_refused(table: list[dict[str, str]]) -> None:
    try:
        found = measurements_from_rows(table)
    except InputError:
        return
    known = quantities()
    for m in found:
        assert m.defined
        assert m.unit == known[m.name].unit
