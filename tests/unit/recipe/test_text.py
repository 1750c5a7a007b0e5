"""TOML to recipe and back: nothing is lost, every fault names its place, and no input makes a traceback."""

from __future__ import annotations

import contextlib
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recipe_samples import SOUND, context, edited, recipe_with

from percola.errors import InputError
from percola.recipe import specimens
from percola.recipe.assumed import assumptions
from percola.recipe.checking import check
from percola.recipe.model import Recipe
from percola.recipe.text import (
    LARGEST_FILE_BYTES,
    RecipeError,
    canonical,
    canonical_data,
    decode,
    dumps,
    from_dict,
    json_schema,
    line_of,
    load,
    loads,
    to_dict,
    updated,
)

# --- strategies: whole recipes ----------------------------------------------------------------------------

NUMBERS = st.one_of(st.integers(1, 300).map(str), st.floats(0.001, 300).map(lambda x: f"{x:.6g}"))


def quantity(*units: str) -> st.SearchStrategy[str]:
    spaces = st.sampled_from([" ", "  ", ""])
    return st.builds(lambda n, s, u: f"{n}{s}{u}", NUMBERS, spaces, st.sampled_from(units))


TEMPERATURE = quantity("degC", "°C", "℃", "K", "degF")
LENGTH = quantity("mm", "um", "µm", "nm", "cm")
TIME = quantity("s", "min", "h")
AMOUNT = quantity("parts", "wt%")
TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=20)
NAME = st.sampled_from(
    ["DEP", "DMP", "ε-caprolactone", 'a "quoted" name', "back\\slash", "117-84-0", "new\nline"]
)
RATIO = st.one_of(st.integers(1, 9), st.floats(1, 9))


def section(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


LIQUIDS = st.lists(section({"liquid": NAME, "amount": AMOUNT}), min_size=1, max_size=3)
POLYMER = section(
    {"weight_average_molecular_weight": quantity("g/mol", "kDa", "kg/mol"), "amount": AMOUNT},
    polymer=NAME,
    dispersity=RATIO,
    comonomers=st.lists(section({"monomer": NAME}, content=quantity("mol%", "wt%")), max_size=2),
)
DIE = st.one_of(
    section(
        {
            "kind": st.just("hollow"),
            "inside_diameter": quantity("um"),
            "outside_diameter": quantity("m"),
        },
        bore_gas=NAME,
        bore_gas_flow=quantity("ml/min", "l/h"),
    ),
    section({"kind": st.just("T"), "gap": LENGTH}, width=LENGTH),
    section({"kind": st.just("inflation"), "gap": LENGTH, "diameter": LENGTH}, blow_up_ratio=RATIO),
)
SHAPING = st.one_of(
    section({"method": st.just("hot_press"), "thickness": LENGTH}, pressure=quantity("kgf/cm2", "MPa")),
    section({"method": st.just("hot_plate"), "thickness": LENGTH}, temperature=TEMPERATURE),
    section(
        {"method": st.just("extruder"), "die": DIE},
        screw=TEXT,
        line_speed=quantity("m/min"),
        residence_time=TIME,
    ),
)
COOLING = st.one_of(
    section(
        {"method": st.just("air"), "temperature": TEMPERATURE},
        zones=st.lists(TEMPERATURE, max_size=3),
        velocity=quantity("m/s"),
    ),
    section({"method": st.just("rolls"), "temperatures": st.lists(TEMPERATURE, min_size=1, max_size=4)}),
    section({"method": st.just("press"), "temperature": TEMPERATURE}, film_coefficient=quantity("W/m2/K")),
    section({"method": st.just("liquid"), "media": LIQUIDS}, temperature=TEMPERATURE, time=TIME),
)
STRETCHING = st.one_of(
    section(
        {"stage": st.sampled_from(["gel", "membrane"]), "elongation": quantity("%")}, temperature=TEMPERATURE
    ),
    section(
        {
            "stage": st.just("membrane"),
            "mode": st.sampled_from(["biaxial_simultaneous", "biaxial_sequential"]),
            "draw_ratio": RATIO,
            "draw_ratio_crosswise": RATIO,
        },
        relaxed=st.booleans(),
        residual_strain=quantity("%"),
    ),
)
RECIPES = section(
    {
        "schema_version": st.just(1),
        "polymers": st.lists(POLYMER, min_size=1, max_size=2),
        "solvents": LIQUIDS,
        "dissolution": section({"temperature": TEMPERATURE}, hold=TIME, pressurized=st.booleans()),
        "shaping": SHAPING,
        "cooling": COOLING,
    },
    name=TEXT,
    description=TEXT,
    resins=st.lists(
        section({"resin": NAME, "amount": AMOUNT}, grade=TEXT, comonomers=st.lists(NAME, max_size=2)),
        max_size=2,
    ),
    additives=st.lists(section({"kind": st.just("antioxidant"), "amount": AMOUNT}, name=TEXT), max_size=2),
    preparation=st.lists(
        section({"step": st.just("kneading")}, temperature=TEMPERATURE, note=TEXT), max_size=2
    ),
    air_gap=section({"length": LENGTH}, temperature=TEMPERATURE),
    extraction=section({"liquids": LIQUIDS}, time=TIME),
    drying=section({}, method=st.just("hot_air"), temperature=TEMPERATURE),
    stretching=st.lists(STRETCHING, max_size=2),
    heat_treatment=section({"temperature": TEMPERATURE}, constrained=st.booleans()),
    hydrophilization=section({"method": st.just("surfactant")}, agent=TEXT),
    crosslinking=st.lists(
        section({"method": st.just("gamma irradiation")}, dose=quantity("kGy")), max_size=1
    ),
    electrolyte=section({"salt": NAME, "concentration": quantity("mol/l"), "liquids": LIQUIDS}),
    notes=st.lists(section({"text": TEXT}, field=TEXT, paragraph=TEXT), max_size=2),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)
@given(RECIPES)
def test_nothing_is_lost_between_toml_and_model(data: dict[str, Any]) -> None:
    recipe = from_dict(data)
    assert to_dict(recipe) == data  # every text of a quantity, every explicit default, nothing added
    toml = dumps(recipe)
    assert tomllib.loads(toml) == data
    again = loads(toml)
    assert again == recipe
    assert dumps(again) == toml
    assert Recipe.model_validate_json(recipe.model_dump_json(exclude_unset=True)) == recipe
    assert hash(again) == hash(recipe)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)
@given(RECIPES)
def test_any_recipe_can_be_checked(data: dict[str, Any]) -> None:
    recipe = from_dict(data)
    for finding in check(recipe, context(cloud_point_K=500.0, melting_temperature_in_mixture_K=420.0)):
        assert finding.found
    assumptions(recipe)
    json.loads(canonical(recipe))


@pytest.mark.parametrize("specimen", specimens.list(), ids=lambda s: s.id)
def test_specimens_come_back_as_they_were(specimen: specimens.Specimen) -> None:
    text = specimens.source_text(specimen.id)
    recipe = loads(text)
    body = text.split("\n\n", 1)[1]
    assert dumps(recipe) == body


def test_comments_survive_an_update() -> None:
    text = dumps(recipe_with({})).replace(
        'temperature = "145 degC"', 'temperature = "145 degC"  # T_s, by the window'
    )
    changed = recipe_with({"dissolution.temperature": "150 degC", "solvents.0.amount": "70 parts"})
    after = updated(text, changed)
    assert "# T_s, by the window" in after
    assert loads(after) == changed


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)
@given(RECIPES, RECIPES)
def test_an_update_gives_the_new_recipe_whatever_the_old(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert loads(updated(dumps(from_dict(old)), from_dict(new))) == from_dict(new)


def test_the_same_meaning_has_the_same_canonical_form() -> None:
    one = recipe_with({"name": "a"})
    other = recipe_with({"name": "b", "dissolution.temperature": "145 °C", "extraction.time": "60 min"})
    assert canonical(one) == canonical(other)
    assert canonical(one) != canonical(recipe_with({"dissolution.temperature": "146 degC"}))
    assert json.loads(canonical(one)) == canonical_data(one)
    # Parts are not percentages, though 25 : 75 means the same solution; the run's identity may tell them
    # apart.
    assert canonical(one) != canonical(recipe_with({"drying": None}))


# --- messages ---------------------------------------------------------------------------------------------

TOML = dumps(from_dict(SOUND))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"145 degC"', "145", ["line", "dissolution.temperature", "bare number 145", '"145 degC"']),
        ('"145 degC"', '"145"', ["line", "dissolution.temperature", "without a unit"]),
        ('"145 degC"', '"145 mm"', ["dissolution.temperature", "not a unit of temperature", "degC"]),
        ('"145 degC"', '"nan degC"', ["dissolution.temperature", "not a finite number"]),
        ('"145 degC"', "nan", ["dissolution.temperature", "bare number nan"]),
        ('"145 degC"', "1979-05-27", ["dissolution.temperature", "not a quantity"]),
        ('"0.9 mm"', '"-0.9 mm"', ["shaping.die.inside_diameter", "positive length"]),
        ('"25 parts"', '"-25 parts"', ["polymers[0].amount", "positive amount"]),
        ('"25 parts"', '"25 %"', ["polymers[0].amount", "wt%"]),
        ('"25 parts"', "25", ["polymers[0].amount", "bare number 25", '"25 parts"']),
        ("amount = ", "amont = ", ["line 7", "polymers[0].amont", "did you mean 'amount'?"]),
        ("[dissolution]", "[disolution]", ["disolution", "did you mean 'dissolution'?"]),
        ('"hollow"', '"holow"', ["shaping.die.kind", "hollow, T, inflation", "did you mean 'hollow'?"]),
        ('method = "liquid"', 'method = "liquids"', ["cooling.method", "did you mean 'liquid'?"]),
        ('method = "liquid"', "", ["cooling.method", "nothing"]),
        ('"1.7 mm"', '"0.8 mm"', ["shaping.die.outside_diameter", "above the inside diameter"]),
        ("schema_version = 1", "schema_version = 2", ["line 1", "schema_version", "update"]),
        ("schema_version = 1", "", ["schema_version", "needed"]),
        ('name = "sound"', "name = sound", ["line 2", "not TOML"]),
        ('name = "sound"', 'name = "sound', ["line 2", "not TOML"]),
        ('name = "sound"', "name = 3", ["line 2, name", "text in quotes"]),
        ("[[polymers]]", "[polymers]", ["polymers", "list"]),
        ("[extraction]", "[extraction]\ntime = 3\ntime = 4", ["not TOML"]),
    ],
)
def test_every_fault_names_file_line_and_field(old: str, new: str, words: list[str]) -> None:
    assert old in TOML
    with pytest.raises(RecipeError) as refused:
        loads(TOML.replace(old, new, 1), "my.toml")
    message = str(refused.value)
    assert message.startswith("my.toml, ")
    for word in words:
        assert word in message


def test_all_faults_are_counted_and_kept() -> None:
    text = TOML.replace('"145 degC"', "145").replace('"0.9 mm"', "0.9")
    with pytest.raises(RecipeError) as refused:
        loads(text, "my.toml")
    assert "(and 1 more: " in str(refused.value)
    assert [f.grade for f in refused.value.findings] == ["error", "error"]
    assert refused.value.findings[0].paragraph


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 1),
        (("t",), 2),
        (("t", "x"), 3),
        (("t", "u", "y"), 5),
        (("l", 0), 6),
        (("l", 1, "z"), 9),
        (("l", 1, "m", "n"), 11),
        (("l", 1, "missing"), 8),
        (("d", "e"), 12),
        (("s",), 13),
        (("after",), 16),
        (("nowhere",), None),
    ],
)
def test_lines_of_fields(path: tuple[str | int, ...], line: int | None) -> None:
    text = "\n".join(
        [
            "a = 1",
            "[t]",
            "x = 1",
            "[t.u]",
            "y = 1",
            "[[l]]",
            "z = 1",
            "[[l]]",
            "z = 2",
            "[l.m]",
            "n = 1",
        ]
    )
    top = '\nd.e = 1\ns = """\nx = 3\n"""\nafter = 1'
    if path[0] in ("d", "s", "after"):
        text = "\n".join(["#"] * 11) + top
    assert line_of(text, path) == line


# --- files ------------------------------------------------------------------------------------------------


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    path.write_text(TOML, encoding="utf-8")
    recipe = load(path)
    degree = TOML.replace("145 degC", "145 °C")
    for name, raw in {
        "bom": b"\xef\xbb\xbf" + TOML.encode(),
        "utf-16": TOML.encode("utf-16"),
        "utf-16-be": b"\xfe\xff" + TOML.encode("utf-16-be"),
        "crlf": TOML.replace("\n", "\r\n").encode(),
        "mac": TOML.replace("\n", "\r").encode(),
    }.items():
        path.write_bytes(raw)
        assert load(path) == recipe, name
    path.write_text(degree, encoding="utf-8")
    assert load(path).dissolution.temperature.value == recipe.dissolution.temperature.value


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", ["an empty file"]),
        (b" \n\n", ["an empty file"]),
        (b"\xef\xbb\xbf", ["an empty file"]),
        ("schema_version = 1\nname = '145 °C'".encode("latin-1"), ["line 2", "not UTF-8", "Latin-1"]),
        (b"\xff\xfea", ["UTF-16"]),
        (b"\x00\x01\x02\x03", ["binary"]),
        (b"\x89PNG\r\n\x1a\n\x00\x00", ["not UTF-8", "binary"]),
        (b"a" * (LARGEST_FILE_BYTES + 1), ["bytes", "at most"]),
        (b"schema_version = 1", ["needed"]),
        (b"[" * 100_000, ["TOML"]),
        (b"a = " + b"[" * 5000 + b"]" * 5000, ["nested", "recipe"]),
        (b"a = " + b"9" * 5000, ["TOML"]),
        (b"schema_version = 1e400", ["schema_version"]),
        (b"schema_version = " + b"9" * 400, ["schema_version"]),
        (b"a = 2021-13-45", ["TOML"]),
        (b"a.b.c = 1\na.b = 2", ["TOML"]),
        ("schema_version = '\ud7ff'\n\x85".encode(), ["TOML"]),
    ],
)
def test_odd_files_are_refused_clearly(tmp_path: Path, raw: bytes, words: list[str]) -> None:
    path = tmp_path / "odd.toml"
    path.write_bytes(raw)
    with pytest.raises(InputError) as refused:
        load(path)
    message = str(refused.value)
    assert "odd.toml" in message
    assert len(message) < 3000
    for word in words:
        assert word in message, message


def test_no_file_and_directories(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(TOML)
    with pytest.raises(InputError, match=r"no such file.*recipe\.toml"):
        load(tmp_path / "recpie.toml")
    with pytest.raises(InputError, match="a directory"):
        load(tmp_path)
    with pytest.raises(InputError):
        load("a\x00b.toml")
    with pytest.raises(InputError):
        load("x" * 5000)


# --- fuzz -------------------------------------------------------------------------------------------------

SAMPLES = [specimens.source_text(i) for i in ("Ex7", "Ex1b", "Ex13", "Ex22")]
TOKENS = st.sampled_from(
    [
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        '"',
        "'",
        '"""',
        "=",
        ".",
        "\n",
        "\\",
        "\x00",
        "nan",
        "inf",
        "-",
        "0",
        "9" * 30,
        "true",
        "[]",
        "{}",
        "1e400",
        "1979-05-27",
        "\ud7ff",
        "℃",
        " degC",
        "amount",
        "method",
        "kind",
        "#",
        ",",
        "\r",
    ]
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 6))):
        at, length = draw(st.integers(0, len(text))), draw(st.integers(0, 12))
        what = draw(st.sampled_from(["cut", "put", "swap", "copy", "value"]))
        lines = text.split("\n")
        line = draw(st.integers(0, len(lines) - 1))
        if what == "cut":
            text = text[:at] + text[at + length :]
        elif what == "put":
            text = text[:at] + draw(TOKENS) + text[at:]
        elif what == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[line], lines[other] = lines[other], lines[line]
            text = "\n".join(lines)
        elif what == "copy":
            lines.insert(line, lines[draw(st.integers(0, len(lines) - 1))])
            text = "\n".join(lines)
        elif "=" in lines[line]:
            lines[line] = (
                lines[line].split("=")[0]
                + "= "
                + draw(st.one_of(TOKENS, st.integers().map(str), TEMPERATURE))
            )
            text = "\n".join(lines)
    return text


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_mutated_recipes_are_read_or_refused_never_a_traceback(text: str) -> None:
    try:
        recipe = loads(text, "fuzz.toml")
    except InputError as error:
        message = str(error)
        assert message.startswith("fuzz.toml")
        assert len(message) < 4000
        return
    assert loads(dumps(recipe)) == recipe
    check(recipe, context())
    assumptions(recipe)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(InputError):
        loads(decode(raw, "x"), "x")


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(
        [
            "polymers",
            "polymers.0",
            "polymers.0.amount",
            "solvents",
            "dissolution",
            "dissolution.pressurized",
            "shaping",
            "shaping.die",
            "shaping.die.kind",
            "cooling",
            "cooling.method",
            "cooling.media",
            "cooling.media.0",
            "name",
            "schema_version",
            "extraction",
            "stretching",
            "notes",
            "heat_treatment",
            "electrolyte",
            "drying.method",
        ]
    ),
    JSON_VALUES,
)
def test_any_value_in_any_place_is_taken_or_refused(path: str, value: Any) -> None:
    data = edited({path: value}) if value is not None else SOUND
    try:
        from_dict(data)
    except InputError as error:
        refusal = error
    else:
        return
    assert refusal.found
    assert refusal.allowed


# --- schema -----------------------------------------------------------------------------------------------


def test_schema_describes_every_field_with_its_paragraph() -> None:
    schema = json_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    json.dumps(schema)
    free = {"schema_version", "name", "description", "notes", "note", "field", "paragraph", "text"}
    for title, definition in [("Recipe", schema), *schema["$defs"].items()]:
        assert definition["additionalProperties"] is False, title
        assert definition["description"], title
        for name, info in definition["properties"].items():
            assert info.get("description"), (title, name)
            if name not in free:
                assert "para." in info["description"], (title, name)
    temperature = schema["$defs"]["Dissolution"]["properties"]["temperature"]
    assert temperature["x-quantity"] == "temperature"
    assert temperature["examples"] == ["145 degC"]


def test_models_are_frozen() -> None:
    recipe = recipe_with({})
    with pytest.raises(Exception, match="frozen"):
        recipe.name = "other"
    assert recipe in {recipe}
