"""The specimens of the patent: all there, literal, consistent with the chains of the text, reserved results
absent."""

from __future__ import annotations

import csv
from importlib import resources

import pytest

from percola.errors import InputError
from percola.recipe import assumptions, check, dumps, resolve, specimens
from percola.recipe.model import BathCooling, Extruder, HollowDie, HotPlate, HotPress, Recipe
from percola.recipe.text import canonical_data
from percola.recipe.weights import composition
from percola.units import KINDS

IDS = [s.id for s in specimens.list()]
RESERVED = ["Ex2a", "Ex2b", "Ex4", "CE4", "Ex11", "Ex14", "Ex18", "Ex19", "Ex20", "Ex22", "CE11"]

# id: polymer wt%, Mw, solvents, T_s [degC], read from the paragraphs of the patent once more, independent
# of the data
PRINTED: dict[str, tuple[float, float, tuple[str, ...], float]] = {
    "Ex1a": (40.0, 3.62e5, ("DEP",), 155),
    "Ex2b": (40.0, 3.62e5, ("DEP",), 160),
    "CE1": (40.0, 3.62e5, ("DEP",), 150),
    "Ex3": (100 * 40 / 110, 3.62e5, ("ACP",), 140),
    "Ex4": (100 * 40 / 110, 3.62e5, ("DBP",), 165),
    "CE2": (100 * 40 / 95, 3.62e5, ("GBL",), 120),
    "CE3": (100 * 40 / 95, 3.62e5, ("EC",), 150),
    "CE4": (100 * 40 / 95, 3.62e5, ("PC",), 150),
    "Ex5": (100 * 40 / 110, 3.62e5, ("DEP",), 160),
    "Ex7": (46.6, 3.62e5, ("DEP",), 145),
    "Ex8": (46.6, 3.62e5, ("DEP",), 150),
    "Ex9": (46.6, 3.62e5, ("DEP",), 140),
    "CE7": (46.6, 3.62e5, ("DEP",), 130),
    "CE8": (46.6, 3.62e5, ("DEP",), 155),
    "CE9": (46.6, 3.62e5, ("DEP",), 160),
    "Ex10": (30.0, 5.46e5, ("DEP",), 145),
    "Ex11": (30.0, 5.46e5, ("DEP",), 150),
    "Ex12": (46.6, 3.62e5, ("DMP",), 140),
    "Ex13": (40.0, 3.62e5, ("DMP",), 150),
    "Ex14": (100 * 40 / 110, 3.62e5, ("DMP",), 150),
    "CE10": (40.0, 3.62e5, ("EC",), 150),
    "Ex15": (25.0, 1.18e6, ("DMP",), 135),
    "Ex16": (25.0, 1.18e6, ("DMP",), 135),
    "Ex17": (24.0, 5.46e5, ("DEP",), 145),
    "Ex18": (25.0, 1.18e6, ("DMP",), 137.5),
    "Ex20": (35.0, 1.18e6, ("DMP",), 145),
    "Ex21": (30.0, 1.18e6, ("CL", "DOA"), 245),
    "Ex22": (40.0, 1.18e6, ("CL", "DOA"), 250),
    "CE11": (27.0, 5.46e5, ("CL", "GBL", "DOA"), 185),
}


def recipe_of(name: str) -> Recipe:
    return specimens.load(name)[0]


def test_all_specimens_are_there_in_the_order_of_the_patent() -> None:
    assert len(IDS) == len(set(IDS)) == 40
    assert IDS[0] == "Ex1a"
    assert IDS[-1] == "CE11"
    examples = {s.example for s in specimens.list()}
    assert examples == {f"Example {n}" for n in range(1, 23)} | {
        f"Comparative Example {n}" for n in range(1, 12) if n != 6
    }
    paragraphs = [int(s.paragraph.split("-")[0]) for s in specimens.list()]
    assert paragraphs == sorted(paragraphs)
    assert (paragraphs[0], paragraphs[-1]) == (91, 123)
    assert all(s.comparative == s.id.startswith("CE") for s in specimens.list())
    assert all(not s.repeats or s.repeats in IDS for s in specimens.list())


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_recipes_say_what_the_paragraphs_say(name: str) -> None:
    percent, mass, solvents, temperature = PRINTED[name]
    recipe = recipe_of(name)
    whole = composition(recipe)
    # Example 22 is written out to two decimals (21.43 and 38.57 parts), which still add up to 60.
    assert 100 * whole.polymer_weight_fraction == pytest.approx(percent, rel=1e-9)
    assert recipe.polymers[0].weight_average_molecular_weight.value == pytest.approx(mass / 1000, rel=1e-12)
    assert tuple(s.liquid for s in recipe.solvents) == solvents
    assert recipe.dissolution.temperature.value == pytest.approx(temperature + 273.15, abs=1e-9)


def test_the_mixed_solvents_have_the_printed_ratio() -> None:
    for name in ("Ex21", "Ex22"):
        share = composition(recipe_of(name)).solvent_shares[0]
        assert share == pytest.approx(25 / 70, abs=1e-4)  # rounding of the parts to two decimals
    assert composition(recipe_of("CE11")).solvent_shares == pytest.approx((0.1875, 0.1875, 0.625), rel=1e-9)
    resins = composition(recipe_of("Ex17"))
    assert resins.resin_weight_fraction == pytest.approx(0.08, rel=1e-9)


def test_shaping_follows_the_text() -> None:
    fibres = {i for i in IDS if isinstance(recipe_of(i).shaping, Extruder)}
    assert fibres == {f"Ex{n}" for n in (7, 8, 9, 10, 11, 12, 15, 16, 17, 18, 19, 20, 21, 22)} | {
        "CE7", "CE8", "CE9", "CE11",
    }  # fmt: skip
    for name in fibres:
        shaping = recipe_of(name).shaping
        assert isinstance(shaping, Extruder)
        assert isinstance(shaping.die, HollowDie)
        narrow = name in ("Ex15", "Ex16", "Ex18", "Ex19", "Ex20", "Ex21", "Ex22")
        assert shaping.die.inside_diameter.value == 9e-4
        assert shaping.die.outside_diameter.value == (1.45e-3 if narrow else 1.7e-3)
        assert shaping.die.bore_gas_flow is not None
        assert shaping.die.bore_gas_flow.text == "10 ml/min"
    plates = {i for i in IDS if isinstance(recipe_of(i).shaping, HotPlate)}
    assert plates == {i for i in IDS if i.startswith(("Ex5", "Ex6", "CE5"))}
    for name in set(IDS) - fibres - plates:
        shaping = recipe_of(name).shaping
        assert isinstance(shaping, HotPress)
        assert shaping.thickness.value == 1e-4


def test_cooling_follows_the_text() -> None:
    stated = {"Ex15": 20, "Ex16": 20, "Ex18": 20, "Ex19": 20, "Ex20": 0, "Ex21": 10, "Ex22": 0, "CE11": 20}
    media = {"Ex17": "DBP", "Ex18": "DBP", "Ex19": "DBP", "CE11": "WATER"}
    for name in IDS:
        recipe = recipe_of(name)
        if not isinstance(recipe.shaping, Extruder):
            continue
        assert isinstance(recipe.cooling, BathCooling)
        assert recipe.cooling.media[0].liquid == media.get(name, "DOP")
        if name in stated:
            assert recipe.cooling.temperature is not None
            assert recipe.cooling.temperature.value == pytest.approx(stated[name] + 273.15, abs=1e-9)
        else:
            assert recipe.cooling.temperature is None
            noted = {a.field: a.value for a in assumptions(recipe)}
            assert noted["cooling.temperature"] == 293.15


def test_literal_chains_of_stretching() -> None:
    stretched = {i for i in IDS if recipe_of(i).stretching}
    assert stretched == {"Ex1b", "Ex2b", "CE1", "Ex3", "Ex4", "CE2", "CE3", "CE4", "Ex16", "Ex17", "Ex19"}
    for name in ("CE1", "Ex3", "Ex4", "CE2", "CE3", "CE4"):
        assert any("literal chain" in n.text for n in recipe_of(name).notes)
    # A residual strain is a result of the patent, so no recipe carries it.
    assert all(step.residual_strain is None for i in stretched for step in recipe_of(i).stretching)


def test_a_repeated_process_differs_only_where_the_text_says() -> None:
    def changed(name: str, base: str) -> set[str]:
        one, other = canonical_data(recipe_of(name)), canonical_data(recipe_of(base))
        return {k for k in one if one[k] != other[k]}

    assert changed("Ex8", "Ex7") == {"dissolution"}
    assert changed("CE7", "Ex7") == {"dissolution"}
    assert changed("Ex10", "Ex7") == {"polymers", "solvents"}
    assert changed("Ex12", "Ex9") == {"solvents"}
    assert changed("Ex16", "Ex15") == {"stretching"}
    assert changed("Ex19", "Ex18") == {"stretching"}
    assert changed("Ex1b", "Ex1a") == {"stretching"}
    assert changed("Ex6-DMP", "Ex5") == {"cooling"}
    assert changed("CE4", "CE3") == {"solvents"}
    assert changed("CE11", "Ex10") == {"polymers", "solvents", "dissolution", "cooling"}


def test_ambiguous_print_is_noted() -> None:
    def notes(name: str) -> str:
        return " ".join(n.text for n in recipe_of(name).notes)

    assert "MM" in notes("Ex6-DMP")
    assert "Example 10" in notes("Ex12")
    assert "135 degC" in notes("CE7")
    assert "1.5 times" in notes("Ex1b")
    assert "caprolactam" in notes("CE11")
    assert "Example 10" in notes("Ex17")


def test_reserved_results_are_not_in_the_package() -> None:
    assert [s.id for s in specimens.list() if s.reserved] == RESERVED
    text = resources.files("percola.recipe").joinpath("data/reported.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert not {r["id"] for r in rows} & set(RESERVED)
    for name in RESERVED:
        result = specimens.reported(name)
        assert result.reserved
        assert result.values == ()
        assert result.note == "reserved for blind validation"


def test_reported_results_are_data_with_units() -> None:
    result = specimens.reported("patent:Ex7")

    def si(name: str) -> float:
        value = result.value(name)
        assert value is not None
        assert isinstance(value.value, float)
        return value.value

    # paragraph 102, converted by hand
    assert si("inside_diameter") == 8.4e-4
    assert si("porosity") == pytest.approx(0.546, rel=1e-12)
    assert si("average_pore_size") == pytest.approx(1.4e-7, rel=1e-12)
    assert si("maximum_pore_size") == pytest.approx(2.1e-7, rel=1e-12)
    assert si("pore_size_ratio") == 1.5
    assert si("water_permeability") == pytest.approx(0.300 / 3600 / 101325, rel=1e-12)
    assert si("breaking_strength") == pytest.approx(139 * 98066.5, rel=1e-12)
    assert si("breaking_extension") == pytest.approx(3.53, rel=1e-12)
    structure = result.value("structure_class")
    assert structure is not None
    assert structure.value == "percolation"
    bound = specimens.reported("Ex1b").value("pore_size_ratio")
    assert bound is not None
    assert (bound.relation, bound.value) == ("<=", 2.0)
    flow = specimens.reported("CE7").value("water_permeability")
    assert flow is not None
    assert flow.value == 0.0


def test_every_unreserved_specimen_reports_a_structure() -> None:
    classes = {"percolation", "coarse", "non_porous", "spherical_particles"}
    for name in set(IDS) - set(RESERVED):
        structure = specimens.reported(name).value("structure_class")
        assert structure is not None
        assert structure.value in classes
        for value in specimens.reported(name).values:
            assert value.kind in {*KINDS, "ratio", "word"}
            assert value.unit or isinstance(value.value, str)
            assert value.to_dict()["paragraph"].startswith("para. ")


def test_ids_in_any_case_and_by_their_heading() -> None:
    for given in ("patent:Ex7", "PATENT:ex7", "ex7", " Ex7 ", "Example 7", "patent: EX7"):
        assert specimens.find(given).id == "Ex7"
    assert specimens.find("Comparative Example 11").id == "CE11"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("patent:Ex1", "patent:Ex1a, patent:Ex1b"),
        ("patent:Ex6", "patent:Ex6-DMP"),
        ("patent:Ex77", "patent:Ex7"),
        ("patent:CE6", "from CE5 to CE7"),
        ("patent:", "percola specimens list"),
        ("patent:" + "x" * 5000, "no such specimen"),
    ],
)
def test_unknown_ids_name_the_nearest(given: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        resolve(given)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("name", IDS)
def test_no_specimen_is_in_error_and_no_example_outside_the_patent(name: str) -> None:
    found = check(recipe_of(name))
    assert not [f for f in found if f.grade == "error"]
    if name.startswith("Ex"):
        assert not [f for f in found if f.grade == "outside_patent"]


def test_resolve_takes_files_and_specimens(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "mine.toml"
    path.write_text(dumps(recipe_of("Ex7")), encoding="utf-8")
    assert resolve(path) == (recipe_of("Ex7"), None)
    recipe, result = resolve("patent:Ex7")
    assert recipe == recipe_of("Ex7")
    assert result is not None
    assert resolve("ex7")[0] == recipe
    with pytest.raises(InputError):
        resolve("")
