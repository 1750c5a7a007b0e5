"""What calibration is fed with: the patent's specimens, a user's table, and what is refused."""

from __future__ import annotations

import csv
import io
import math
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from percola.audit import patent_specimens, to_rows
from percola.audit.specimens import reported
from percola.design.posterior import observations as room
from percola.design.posterior.observations import (
    from_file,
    joined,
    patent,
    rounding_sd,
    slope,
    template,
    transformed,
)
from percola.design.reduced.chain import QUANTITIES
from percola.design.reduced.features import features_of
from percola.errors import InputError
from percola.recipe import specimens
from percola.recipe.text import dumps

RESERVED = {"Ex2a", "Ex2b", "Ex4", "CE4", "Ex11", "Ex14", "Ex18", "Ex19", "Ex20", "Ex22", "CE11"}
POROSITY, AVERAGE, MAXIMUM, FLOW = 0, 1, 2, 3

SHORT = "specimen_id,recipe,porosity_pct,avg_pore_um,avg_pore_um_sd,internal_structure\n"
LONG = (
    "specimen_id,polymer,Mw,polymer_parts,solvent1,solvent1_parts,shaping_type,die_ID_mm,die_OD_mm,target_sheet_um,"
    "Ts_effective_C,cooling_medium,cooling_T_C,extraction_liquid,stretch,residual_strain_pct,porosity_pct\n"
)
FIBRE = 'x,PVDF,3.62e5,46.6,DEP,53.4,"extruder, hollow die",0.9,1.7,,145,DOP bath,,DCM,none,,54.6\n'


def written(tmp_path, text, name="mine.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


# --- the patent --------------------------------------------------------------------------------------------


def test_patent_has_the_reported_numbers_and_no_others():
    o = patent()
    assert len(o) == 40 == len(o.features) == len(o.recipes)
    assert o.counts() == {
        "porosity": 14,
        "average_pore_size": 21,
        "maximum_pore_size": 11,
        "water_permeability": 11,
        "breaking_strength": 13,
        "breaking_extension": 13,
    }
    assert [n for n, dry in zip(o.names, o.impermeable, strict=True) if dry] == ["CE7"]
    assert int(o.ratio_at_most_two.sum()) == 12
    assert o.classes[o.names.index("CE9")] == "coarse"


def test_reserved_specimens_carry_nothing():
    o = patent()
    assert {n for n, r in zip(o.names, o.reserved, strict=True) if r} == RESERVED
    for i, name in enumerate(o.names):
        if name not in RESERVED:
            continue
        assert not np.any(o.specimen == i)
        assert o.classes[i] is None
        assert not o.ratio_at_most_two[i]
        assert not o.impermeable[i]
        assert not o.reported[i]
    known = o.known()
    assert len(known) == 29
    assert known.value.size == o.value.size


def test_values_are_those_of_the_print_on_the_scale_of_the_model():
    o = patent()
    k = o.of("Ex7")
    assert o.value[k["porosity"]] == pytest.approx(math.log(0.546 / 0.454), rel=1e-12)
    assert o.value[k["average_pore_size"]] == pytest.approx(math.log(0.14e-6), rel=1e-12)
    # 300 L/(m2 h atm) in m/(s Pa), an atmosphere of 101325 Pa
    assert o.value[k["water_permeability"]] == pytest.approx(math.log(0.3 / 3600 / 101325), rel=1e-12)
    assert o.text[k["water_permeability"]] == "300"
    i = o.names.index("Ex13")
    assert o.reported[i]["ionic_conductivity"].value == pytest.approx(0.08, rel=1e-12)
    assert o.reported[i]["thickness"].value == pytest.approx(87e-6, rel=1e-12)
    assert o.reported[o.names.index("Ex5")]["surface_to_internal_pore_ratio"].value == pytest.approx(1.2)
    assert o.reported[o.names.index("Ex7")]["outside_diameter"].value == pytest.approx(1.59e-3)


def test_doubt_comes_from_the_audit():
    o = patent()

    def doubt(name):
        return {q: float(o.doubt[k]) for q, k in o.of(name).items()}

    assert set(doubt("Ex7").values()) == {1.0}
    # its temperature is printed as two numbers: nothing of it can be trusted
    assert set(doubt("CE7").values()) == {3.0}
    # Ex17 repeats its row
    assert doubt("Ex10") == dict.fromkeys(QUANTITIES, 2.0)
    assert doubt("Ex12") == {**dict.fromkeys(QUANTITIES, 1.0), "porosity": 2.0}
    # the ratio printed is not that of the two sizes printed
    assert doubt("Ex15") == {
        **dict.fromkeys(QUANTITIES, 1.0),
        "average_pore_size": 3.0,
        "maximum_pore_size": 3.0,
    }
    # its volume balance concerns the porosity; its strength alone breaks the trend of its series
    assert doubt("Ex16") == {**dict.fromkeys(QUANTITIES, 1.0), "porosity": 3.0}
    assert doubt("Ex9") == {**dict.fromkeys(QUANTITIES, 1.0), "breaking_strength": 2.0}
    # the solvent freezes: names none of our quantities, so all of the specimen
    assert doubt("CE10") == {"porosity": 2.0}
    assert any("Ex12" in n and "porosity_above_solvent" in n for n in o.notes)


def test_gels_that_differ_in_bath_or_stretching_share_a_cluster():
    o = patent()
    number = dict(zip(o.names, o.cluster.tolist(), strict=True))
    sheets = {n for n in o.names if number[n] == number["Ex5"]}
    assert sheets == {n for n in o.names if n.startswith(("Ex6-", "CE5-"))} | {"Ex5"}
    assert number["Ex1a"] == number["Ex1b"] != number["CE1"]
    assert number["Ex15"] == number["Ex16"]
    assert number["Ex7"] != number["Ex8"]
    assert len(set(number.values())) == 28


def test_measured_residual_strain_stands_in_the_recipe():
    o = patent()
    strain = dict(zip(o.names, o.features.residual_strain, strict=True))
    assert strain["Ex16"] == pytest.approx(0.28, rel=1e-12)
    assert strain["Ex7"] == 0.0
    assert strain["Ex19"] > 0.0  # reserved: by the recipe's own elongation


def test_features_are_those_of_the_recipe():
    o = patent()
    i = o.names.index("CE10")
    direct = features_of(specimens.load("CE10")[0])
    for key, a in direct.arrays().items():
        if key != "solvent":
            assert np.array_equal(a[0], o.features.arrays()[key][i]), key
    assert o.features.solvents[o.features.solvent[i]] == direct.solvents[0]


# --- choosing ----------------------------------------------------------------------------------------------


def test_take_without_and_digest():
    o = patent()
    two = o.take([o.names.index("CE9"), o.names.index("Ex7")])
    assert two.names == ("CE9", "Ex7")
    assert two.specimen.tolist() == [0] * 6 + [1] * 6
    assert two.value[two.of("Ex7")["porosity"]] == o.value[o.of("Ex7")["porosity"]]
    assert len(o.without("Ex7", "Ex8")) == 38
    assert o.without("Ex7").value.size == o.value.size - 6
    with pytest.raises(InputError, match="Ex99"):
        o.without("Ex99")
    assert o.take([]).value.size == 0
    assert o.digest() == o.take(np.arange(40)[::-1]).digest() == patent().digest()
    assert o.digest() != o.without("Ex7").digest()


# --- digits ------------------------------------------------------------------------------------------------


@given(st.integers(1, 99_999), st.integers(0, 4))
def test_rounding_is_one_unit_of_the_last_printed_digit(digits, decimals):
    text = f"{digits / 10**decimals:.{decimals}f}"
    found = reported("average_pore_size", text, "um")
    value = digits / 10**decimals * 1e-6
    if decimals == 0 and text.endswith("0"):
        zeros = len(text) - len(text.rstrip("0"))
        expected = max(10**zeros * 1e-6 / math.sqrt(12), 0.01 * value)
    else:
        expected = 10.0**-decimals * 1e-6 / math.sqrt(12)
    # the interval is exact; its upper end less the value loses digits where it is narrow (1e5 to 1)
    assert rounding_sd(found) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "relative"),
    [
        ("300", 100 / 300 / math.sqrt(12)),
        ("1300", 100 / 1300 / math.sqrt(12)),
        ("4300", 0.01),  # 100/sqrt(12) is 0.7 % of it
        ("350", 0.01),
        ("353", 1 / 353 / math.sqrt(12)),
        ("about 40", 10 / 40 / math.sqrt(12)),
    ],
)
def test_trailing_zeros(text, relative):
    found = reported("breaking_extension", text, "pct")
    assert rounding_sd(found) == pytest.approx(relative * found.value, rel=1e-9)
    assert rounding_sd(found, stated=True) == pytest.approx(0.01 / math.sqrt(12), rel=1e-9)


def test_one_digit_is_close_to_the_exact_spread_of_the_logarithm():
    found = reported("average_pore_size", "about 0.1", "um")
    linear = rounding_sd(found) * slope("average_pore_size", 1e-7)
    u = np.log(np.linspace(0.5, 1.5, 200_001))
    assert linear < np.std(u) < 1.07 * linear  # as the docstring of Observations says


@given(st.floats(0.01, 0.99), st.sampled_from(QUANTITIES))
def test_slope_is_the_derivative(value, quantity):
    h = 1e-6 * value * (1.0 - value)
    numeric = (transformed(quantity, value + h) - transformed(quantity, value - h)) / (2.0 * h)
    # central difference: error of h^2 (1e-12) and of rounding over h (1e-9)
    assert slope(quantity, value) == pytest.approx(numeric, rel=1e-7)


# --- tables ------------------------------------------------------------------------------------------------


def table_of_patent(keep=lambda s: not s.reserved):
    rows = to_rows([s for s in patent_specimens() if keep(s)])
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_the_patents_own_table_gives_the_patents_observations(tmp_path):
    a, b = patent().known(), from_file(written(tmp_path, table_of_patent()))
    assert a.names == b.names
    assert set(b.origin) == {"mine.csv"}
    for key, x in a.features.arrays().items():
        # the second reading of a dissolution temperature is the patent's figure, which no table has
        if key not in ("solvent", "second_reading_K"):
            assert np.array_equal(x, b.features.arrays()[key]), key
    assert [a.features.solvents[i] for i in a.features.solvent] == [
        b.features.solvents[i] for i in b.features.solvent
    ]
    for key in ("specimen", "quantity", "value", "digit_sd", "stated_sd", "ratio_at_most_two", "impermeable"):
        assert np.array_equal(getattr(a, key), getattr(b, key)), key
    assert a.classes == b.classes
    assert a.text == b.text
    # a table has no statements beside it: what Fig. 3 says otherwise of CE7 is not known
    differing = {a.names[a.specimen[k]] for k in np.flatnonzero(a.doubt != b.doubt)}
    assert differing == {"CE7"}
    pairs = {(x, y) for x, y in zip(a.cluster.tolist(), b.cluster.tolist(), strict=True)}
    assert len(pairs) == len(set(b.cluster.tolist()))  # the same groups


def test_reserved_rows_of_a_table_are_not_read(tmp_path):
    text = "specimen_id,recipe,porosity_pct,reserved\na,patent:Ex7,50.0,yes\nb,patent:Ex8,51.0,\n"
    o = from_file(written(tmp_path, text))
    assert o.reserved.tolist() == [True, False]
    assert o.specimen.tolist() == [1]
    assert not o.reported[0]
    assert any("a: reserved" in n for n in o.notes)


def test_template_reads_back(tmp_path):
    o = from_file(written(tmp_path, template()))
    assert o.names == ("mine-1", "mine-2")
    assert o.stated_sd[o.of("mine-1")["average_pore_size"]] == pytest.approx(0.01 / 0.15, rel=1e-12)
    assert o.ratio_at_most_two.tolist() == [False, True]
    assert all(line.startswith("#") for line in template().splitlines()[:-3])


def test_recipe_column_files_units_and_uncertainties(tmp_path):
    (tmp_path / "own.toml").write_text(dumps(specimens.load("Ex7")[0]), encoding="utf-8")
    text = (
        "specimen_id;recipe;porosity_fraction;porosity_fraction_sd;max_pore_nm;max_pore_sd_nm;breaking_strength_MPa;who\n"
        "a;own.toml;0,546;0,02;210;20;13.6;me\nb;patent:Ex8;0,543;;260;;12,0;me\n"
    ).replace("13.6", "13,6")
    o = from_file(written(tmp_path, text))
    k = o.of("a")
    assert o.value[k["porosity"]] == pytest.approx(math.log(0.546 / 0.454), rel=1e-12)
    assert o.stated_sd[k["porosity"]] == pytest.approx(0.02 / (0.546 * 0.454), rel=1e-12)
    assert o.stated_sd[k["maximum_pore_size"]] == pytest.approx(20 / 210, rel=1e-12)
    # 210 with a stated deviation was not rounded to tens
    assert o.digit_sd[k["maximum_pore_size"]] == pytest.approx(1 / 210 / math.sqrt(12), rel=1e-9)
    assert o.digit_sd[o.of("b")["maximum_pore_size"]] == pytest.approx(10 / 260 / math.sqrt(12), rel=1e-9)
    assert o.value[k["breaking_strength"]] == pytest.approx(math.log(13.6e6), rel=1e-12)
    assert any("columns not read: who" in n for n in o.notes)
    both = joined(patent().known(), o)
    assert len(both) == 31
    assert both.features.solvents.count("DEP") == 1
    # the same gel in both sources is one gel
    assert both.cluster[both.names.index("a")] == both.cluster[both.names.index("Ex7")]
    assert both.value[both.of("a")["porosity"]] == o.value[k["porosity"]]


def test_a_row_with_a_recipe_file_is_audited_with_it(tmp_path):
    # 40 % polymer cannot leave 80 % of void
    o = from_file(written(tmp_path, SHORT + "a,patent:Ex1a,80.0,,,\nb,patent:Ex7,54.6,,,\n"))
    assert o.doubt[o.of("a")["porosity"]] == room.DOUBT["impossible"]
    assert o.doubt[o.of("b")["porosity"]] == 1.0


def test_one_recipe_is_computed_once(tmp_path, monkeypatch):
    computed = []
    monkeypatch.setattr(room, "features_of", lambda *a: computed.append(a) or features_of(*a))
    o = from_file(written(tmp_path, LONG + FIBRE + FIBRE.replace("x,PVDF", "y,PVDF homopolymer")))
    assert len(computed) <= 1  # none where another test had it
    assert o.features.names == ("x", "y")
    assert o.cluster.tolist() == [0, 0]


def test_what_is_left_out_is_said(tmp_path):
    text = (
        "specimen_id,recipe,porosity_pct,avg_pore_um,avg_pore_um_sd,max_pore_um,ratio_stated,water_permeability_L_m2_h_atm,"
        "internal_structure\na,patent:Ex7,54.6,,0.1,<= 0.3,1.5,0,very fine and almost all independent\n"
    )
    o = from_file(written(tmp_path, text))
    assert o.impermeable.tolist() == [True]
    assert o.counts()["porosity"] == 1 == o.value.size
    assert o.classes == (None,)
    for words in ("without a value", "is a bound", "no logarithm", "without both", "is no class"):
        assert any(words in n for n in o.notes), words


def test_stretching_in_words(tmp_path):
    sheet = FIBRE.replace('"extruder, hollow die",0.9,1.7,,145', "hot press,,,100,155")
    words = {
        "a": '"uniaxial, draw ratio 150% (read: 1.5x), then relaxed at 20 C, after extraction",20',
        "b": '"literal chain includes the a stretching step, no residual strain reported",',
        "c": '"dried membrane, stretching elongation 50%",29',
        "d": '"before extraction, biaxial simultaneous",40',
    }
    rows = [sheet.replace("x,", f"{k},", 1).replace("none,", v) for k, v in words.items()]
    o = from_file(written(tmp_path, LONG + "".join(rows)))
    a, b, c, d = (r.stretching[0] for r in o.recipes)
    assert (a.stage, a.draw_ratio, a.residual_strain.value) == ("membrane", 1.5, pytest.approx(0.2))
    assert a.relaxation_temperature.value == pytest.approx(293.15)
    assert (b.draw_ratio, b.residual_strain) == (1.5, None)
    assert (c.elongation.value, c.residual_strain.value) == (pytest.approx(0.5), pytest.approx(0.29))
    assert (d.stage, d.mode) == ("gel", "biaxial_simultaneous")
    assert any("b: stretched as a" in n for n in o.notes)


def test_what_theory_calls_impossible_is_kept_with_a_note(tmp_path):
    o = from_file(written(tmp_path, LONG + FIBRE.replace(",145,", ",90,")))
    assert o.value.size == 1
    assert any("dissolution.temperature" in n and "kept" in n for n in o.notes)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "empty"),
        (SHORT, "no specimens"),
        ("a,b\n1,2\n", "no column specimen_id"),
        (SHORT + "x,patent:Ex7,,,,\n", "no result that calibration can use"),
        (SHORT + "x,patent:Ex7,nan,,,\n", r"row 1 \(x\), column porosity_pct: 'nan' is not a number"),
        (SHORT + "x,patent:Ex7,-5,,,\n", "negative"),
        (SHORT + "x,patent:Ex7,105,,,\n", "below 100 %"),
        (SHORT + "x,patent:Ex7,50,0.1,-0.1,\n", "column avg_pore_um_sd: -0.1 is negative"),
        (SHORT + "x,patent:Ex7,50,0.1,n/a,\n", "column avg_pore_um_sd: 'n/a' is not a number"),
        (SHORT + "x,patent:Ex7,50,,,sponge\n", "'sponge'.*percolation"),
        (SHORT + "x,patent:Ex7,50,,,\nx,patent:Ex8,50,,,\n", "row 2.*second time"),
        (SHORT + "x,patent:Ex7,50,,,\n,patent:Ex8,,,,\n", "row 2: no specimen_id"),
        (SHORT + "x,patent:Ex7,50,,,,1\n", "7 cells for 6 columns"),
        (SHORT + "x,patent:Ex99,50,,,\n", "column recipe: patent:Ex99.*no such specimen"),
        (SHORT + "x,none.toml,50,,,\n", "column recipe.*no such file"),
        (SHORT.replace("avg_pore_um,", "avg_pore_inch,") + "x,patent:Ex7,50,1,,\n", "unknown unit"),
        (SHORT.replace("avg_pore_um_sd", "avg_pore_sd") + "x,patent:Ex7,50,1,1,\n", "without a unit"),
        ("specimen_id,porosity_pct,porosity_pct\nx,1,2\n", "twice"),
        ("specimen_id,recipe,Mw,porosity_pct\nx,patent:Ex7,3e5,50\n", "column Mw.*beside the recipe"),
        (
            "specimen_id,recipe,residual_strain_pct,porosity_pct\nx,patent:Ex7,20,50\n",
            "no stretching in the recipe",
        ),
        (
            "specimen_id,porosity_pct\nx,50\n",
            "nothing in polymer, Mw, solvent1, shaping_type, cooling_medium",
        ),
        (LONG.replace("Ts_effective_C", "Ts_effective") + FIBRE, "without a unit"),
    ],
)
def test_tables_that_cannot_be_read_are_refused(tmp_path, text, match):
    with pytest.raises(InputError, match=match) as caught:
        from_file(written(tmp_path, text))
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("0.9,1.7", ",", "nothing in die_ID_mm, die_OD_mm"),
        ("0.9,1.7", "1.7,0.9", "column die_OD_mm.*above the inside diameter"),
        ("extruder, hollow die", "hot press", "nothing in target_sheet_um"),
        ("extruder, hollow die", "casting", "column shaping_type.*hot press, hot plate"),
        ("extruder, hollow die", "extruder, T-die", "column recipe"),
        ("DEP", "DEPP", "column solvent1: 'DEPP'.*diethyl phthalate"),
        ("DOP bath", "DOPX bath", "column cooling_medium"),
        ("DOP bath", "DOP + DEP bath", "mixture"),
        ("DOP bath,", "air,", "column cooling_T_C: nothing"),
        ("DOP bath,", "DOP bath,160", "below the dissolution temperature"),
        ("PVDF,", "P(VDF-HFP),", "without its comonomer"),
        ("PVDF,", ",", "nothing in polymer"),
        ("3.62e5", "-3", "negative"),
        ("46.6,", "<= 46.6,", "bound"),
        ("53.4,", ",", "column solvent1_parts: nothing"),
        (",DCM,", ",,", "a liquid, or none"),
        ("145,DOP", ",DOP", "nothing in Ts_effective_C"),
        ("none,,", "draw ratio 1.5,,", "before or after extraction is not said"),
        ("none,,", "membrane,,", "how far is not said"),
        ("none,,", '"membrane, draw ratio 50 %",,', "draw ratio of 1 or more"),
        ("none,,", '"membrane, biaxial, draw ratio 2",,', "biaxial simultaneous or biaxial sequential"),
        ("none,,", "as Ex1 stretching,,", "no rows of this table"),
        ("none,,", "none,20,", "no stretching, beside"),
    ],
)
def test_rows_that_make_no_recipe_are_refused_with_row_and_column(tmp_path, old, new, match):
    assert old in FIBRE
    with pytest.raises(InputError, match=match) as caught:
        from_file(written(tmp_path, LONG + FIBRE.replace(old, new, 1)))
    assert "row 1" in caught.value.where
    assert caught.value.remedy


def workbook(path, rows):
    """An XLSX of one sheet with inline cells, as little as the format asks for."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"

    def cell(v):
        return f'<c t="inlineStr"><is><t>{v}</t></is></c>' if isinstance(v, str) else f"<c><v>{v!r}</v></c>"

    sheet = "".join("<row>" + "".join(map(cell, r)) + "</row>" for r in rows)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/s1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets>'
        '<sheet name="s1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{rel}/worksheet" Target="worksheets/s1.xml"/></Relationships>',
        "xl/worksheets/s1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as z:
        for name, text in parts.items():
            z.writestr(name, text)


def test_a_workbook_is_the_table_that_it_shows(tmp_path):
    header = SHORT.strip().split(",")
    workbook(tmp_path / "mine.xlsx", [header, ["a", "patent:Ex7", 54.6, "0.140", 0.01, "percolation"]])
    o = from_file(tmp_path / "mine.xlsx")
    k = o.of("a")["average_pore_size"]
    assert o.text[k] == "0.140"
    assert o.stated_sd[k] == pytest.approx(0.01 / 0.14, rel=1e-12)
    assert o.classes == ("percolation",)
    workbook(tmp_path / "none.xlsx", [["x", "y"], [1, 2]])
    with pytest.raises(InputError, match="specimen_id"):
        from_file(tmp_path / "none.xlsx")


def test_names_in_both_sets_are_refused(tmp_path):
    own = from_file(written(tmp_path, SHORT + "Ex7,patent:Ex7,50.0,,,\n"))
    with pytest.raises(InputError, match=r"specimen Ex7 in both.*rename the rows"):
        joined(patent(), own)
