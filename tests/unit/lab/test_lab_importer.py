"""The importer: encodings, separators, decimal signs, structure, workbooks, profiles, long files."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from percola.errors import InputError
from percola.lab.importer import fast, headers, numbers, pipeline
from percola.lab.importer.decoding import decode
from percola.lab.importer.profiles import BUILT_IN, load_profile, profiles, save_profile
from percola.lab.methods import analyse
from percola.lab.reading import ReadOptions, read_tables
from percola.lab.table import Table
from percola.lab.wanted import Wanted


def fuzz_module() -> ModuleType:
    path = Path(__file__).parents[2] / "fuzz" / "lab_importer.py"
    if "fuzz_lab_importer" not in sys.modules:
        spec = importlib.util.spec_from_file_location("fuzz_lab_importer", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["fuzz_lab_importer"] = module
        spec.loader.exec_module(module)
    return sys.modules["fuzz_lab_importer"]


def tables(text: str | bytes, encoding: str = "utf-8", **said: object) -> tuple[Table, ...]:
    data = text.encode(encoding) if isinstance(text, str) else text
    return pipeline.tables_of(data, "f.csv", ReadOptions(**said))  # type: ignore[arg-type]


def one(text: str | bytes, encoding: str = "utf-8", **said: object) -> Table:
    found = tables(text, encoding, **said)
    assert len(found) == 1, [t.title for t in found]
    return found[0]


def values(table: Table) -> list[list[float]]:
    return [c.values.tolist() for c in table.columns]


def refused(text: str | bytes, encoding: str = "utf-8", **said: object) -> str:
    with pytest.raises(InputError) as caught:
        tables(text, encoding, **said)
    return str(caught.value)


GERMAN = "Prüfer;Meyer\nFläche [cm²];1,2\n\nDruck [kPa];Fluss / l/min\n1,5;2,25\n3,0;−4,5\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_of_unicode(encoding: str) -> None:
    t = one(GERMAN, encoding)
    assert values(t) == [[1.5, 3.0], [2.25, -4.5]]
    assert [(c.header, c.unit) for c in t.columns] == [("Druck", "kPa"), ("Fluss", "l/min")]
    assert t.facts == {"Prüfer": "Meyer", "Fläche": "1,2 cm2"}


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp", "utf-8", "utf-16", "iso2022_jp"])
def test_encodings_of_japanese(encoding: str) -> None:
    text = "試料名,膜3\n圧力(kPa),流量(mL/min),備考\n1.5,2.5,測定開始\n2.5,3.5,ー\n"
    t = one(text, encoding)
    assert [c.header for c in t.columns] == ["圧力", "流量", "備考"]
    assert t.facts["試料名"] == "膜3"
    assert values(t)[:2] == [[1.5, 2.5], [2.5, 3.5]]


@pytest.mark.parametrize(
    "text", ["Temp (°C);µm\n1,5;2,5\n", "Prüfkraft;Größe (µm)\n1,5;2,5\n", "Température;x\n1,5;2,5\n"]
)
def test_code_page_of_the_west(text: str) -> None:
    assert decode(text.encode("cp1252"), "f").encoding == "cp1252"
    assert decode(text.encode("cp1252"), "f").text == text


def test_mac_roman_only_when_said() -> None:
    data = "Größe (µm);x\n1,5;2,5\n".encode("mac-roman")
    t = pipeline.tables_of(data, "f.csv", ReadOptions(encoding="mac-roman"))[0]
    assert t.columns[0].header == "Größe"


def test_mangled_degree_and_micro_signs_are_put_right() -> None:
    t = one("Temp (Â°C);Size (Âµm)\n1,5;2,5\n")
    assert [c.unit for c in t.columns] == ["°C", "µm"]


def test_zero_bytes_pad_but_never_join_digits() -> None:
    assert values(one(b"time;force\n0,5;1,5\0\0\n1,5;2,5\n2,5;3,5\n\0\0")) == [
        [0.5, 1.5, 2.5],
        [1.5, 2.5, 3.5],
    ]
    t = one(b"time;force\n0,5;1,5\n1,5;2\0005,5\n2,5;3,5\n")
    assert np.isnan(t.columns[1].values[1])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_line_ends(end: str) -> None:
    assert values(one(end.join(["t,F", "0.5,1", "1,2", ""]))) == [[0.5, 1.0], [1.0, 2.0]]


@pytest.mark.parametrize("separator", ["\t", ";", "|", "  ", " "])
@pytest.mark.parametrize("decimal", [".", ","])
def test_separators_and_decimal_signs(separator: str, decimal: str) -> None:
    rows = [["Time", "Force"], ["0.5", "1.25"], ["1.5", "-2.5E-3"]]
    text = "\n".join(separator.join(r) for r in rows).replace(".", decimal)
    assert values(one(text)) == [[0.5, 1.5], [1.25, -2.5e-3]]


def test_dates_with_spaces_between_tabs() -> None:
    """Found by the fuzzer: the space within a date is no separator."""
    text = "x (mm)\tF (N)\tx2 (mm)\tF2 (N)\n1,0\t2026-11-25 10:00\t3,0\n2,0\t2,5\t2,0\t3,5\n"
    assert one(text).columns[2].values.tolist() == [3.0, 2.0]


def test_comma_as_separator_and_decimal_sign_is_refused() -> None:
    assert "--separator" in refused("Time,Force\n1,5,2,5\n2,5,3,5\n")
    assert "--decimal" in refused("1,5\n2,5\n3,5\n")
    assert "--decimal" in refused("Druck, kPa\n1,5\n2,5\n")
    assert values(one('"Time","Force"\n"1,5","2,5"\n"2,5","3,5"\n')) == [[1.5, 2.5], [2.5, 3.5]]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("t\tF\n1.234,56\t1,5\n2.234,56\t2,5\n", [[1234.56, 2234.56], [1.5, 2.5]]),
        ("t\tF\n1,234.56\t1.5\n2,234.56\t2.5\n", [[1234.56, 2234.56], [1.5, 2.5]]),
        ("t\tF\n1,234,567\t1.5\n2,234,567\t2.5\n", [[1234567.0, 2234567.0], [1.5, 2.5]]),
        ("t;F\n1 234,5;1,5\n2 234,5;2,5\n", [[1234.5, 2234.5], [1.5, 2.5]]),
        ("t;F\n1\u202f234,5;1,5\n2\u00a0234,5;2,5\n", [[1234.5, 2234.5], [1.5, 2.5]]),
        ("t;F\n1'234.5;1.5\n2’234.5;2.5\n", [[1234.5, 2234.5], [1.5, 2.5]]),
        ("t;F\n1,5E-3;1,5\n1,5D-03;2,5\n", [[1.5e-3, 1.5e-3], [1.5, 2.5]]),
        ("t;F\n－１，５;+1,5\n‑2,5;2,5\n", [[-1.5, -2.5], [1.5, 2.5]]),
        ("t;F\n1,5x10^3;1,5\n2,5;2,5\n", [[1500.0, 2.5], [1.5, 2.5]]),
        ("t;F\n1,234;5,678\n2,345;6,789\n", [[1.234, 2.345], [5.678, 6.789]]),  # semicolons settle it
        ("t\tF\n0,234\t5,678\n2,345\t6,789\n", [[0.234, 2.345], [5.678, 6.789]]),  # "0,234" settles it
        ("t;F\n708;708\n1,000;708\n", None),  # whole numbers beside them speak for thousands
        ("t\tF\n1,234\t1000\n2,345\t2000\n", None),
        ("t\tF\n1,234\t5,678\n2,345\t6,789\n", None),
        ("t\tF\n1.234\t5.678\n2.345\t6.789\n", None),
        ("t\tF\n1,234\t5.5\n2,345\t6.5\n", None),  # both signs, and thousands not proven
        ("t\tF\n1,5\t5.5\n2,5\t6.5\n", None),
        (
            "t\tF\n998\t1,5\n999\t1,5\n1.000\t1,5\n1.001\t1,5\n",
            [[998.0, 999.0, 1000.0, 1001.0], [1.5] * 4],
        ),  # a monotone axis settles it
        ("t\tF\n998\t1\n999\t1\n1.000\t1\n1.001\t1\n", None),
        ("Area: 1,5 cm2\nt\tF\n1,234\t5,678\n", [[1.234], [5.678]]),  # the fact settles it
    ],
)
def test_decimal_evidence(text: str, want: list[list[float]] | None) -> None:
    if want is None:
        assert "--decimal" in refused(text)
    else:
        assert values(one(text)) == want


def test_decimal_said() -> None:
    assert values(one("t\tF\n1,234\t5,678\n", decimal=",")) == [[1.234], [5.678]]
    t = one("t\tF\n1,234\t5,678\n", decimal=".")
    assert values(t) == [[1234.0], [5678.0]]
    assert any("commas read as separating thousands" in n for n in t.notes)
    assert "--decimal" in refused("t\tF\n1,5\t5,678\n", decimal=".")
    assert "--decimal" in refused("t\tF\n1,5\t5,678\n", decimal="x")


def test_words_in_place_of_numbers() -> None:
    cells = ["1.5", "<1", ">300", "n/a", "-", "--", "OVER", "NaN", "Inf", "#DIV/0!", "fehlt", "欠測", ""]
    t = one("n\tx\n" + "\n".join(f"{i}.5\t{c}" for i, c in enumerate(cells)))
    x = t.columns[1]
    assert x.values[0] == 1.5
    assert np.isnan(x.values[1:]).all()
    assert x.text == tuple(cells)
    assert one("n\tx\n0.5\t1.5\n1.5\tn/a\n2.5\t-\n").columns[1].text is None


def test_units_in_cells() -> None:
    t = one("t\tp\n0.5\t12.5 kPa\n1.5\t13.5 kPa\n")
    assert (t.columns[1].unit, t.columns[1].values.tolist()) == ("kPa", [12.5, 13.5])
    t = one("t\tp\n0.5\t12.5 %\n1.5\t13.5%\n")
    assert (t.columns[1].unit, t.columns[1].values.tolist()) == ("%", [12.5, 13.5])
    t = one("t\tp\n0.5\t12.5 kPa\n1.5\t0.1 MPa\n")
    assert np.isnan(t.columns[1].values).all()
    assert t.columns[1].text == ("12.5 kPa", "0.1 MPa")
    t = one("t\tp [MPa]\n0.5\t12.5 kPa\n1.5\t13.5 kPa\n")
    assert np.isnan(t.columns[1].values).all()  # header and cells disagree: no number


def test_times() -> None:
    t = one("Time;F\n00:00:01,5;1,5\n00:01:00;2,5\n01:00:00;3,5\n")
    assert (t.columns[0].unit, t.columns[0].values.tolist()) == ("s", [1.5, 60.0, 3600.0])
    t = one("Datum;F\n25.11.2026 10:00;1,5\n26.11.2026 10:00;2,5\n")
    assert t.columns[0].text == ("25.11.2026 10:00", "26.11.2026 10:00")
    assert values(t)[1] == [1.5, 2.5]


@pytest.mark.parametrize(
    ("cell", "name", "unit"),
    [
        ("Druck [kPa]", "Druck", "kPa"), ("Druck / kPa", "Druck", "kPa"), ("圧力（kPa）", "圧力", "kPa"), ("Pressure, kPa", "Pressure", "kPa"),
        ("freq/Hz", "freq", "Hz"), ("Re(Z)/Ohm", "Re(Z)", "Ohm"), ("Temp./°C", "Temp.", "°C"), ("DSC/(mW/mg)", "DSC", "mW/mg"),
        ("Heat Flow (Normalized) (W/g)", "Heat Flow (Normalized)", "W/g"), ("Time_s", "Time", "s"), ("Force N", "Force", "N"),
        ("Sample A", "Sample A", ""), ("Wet/Dry", "Wet/Dry", ""), ("Flow (wet)", "Flow (wet)", ""), ("Flux (L/(m2 h bar))", "Flux", "L/(m2 h bar)"),
        ("Log in", "Log in", ""), ("Stress (N/mm²)", "Stress", "N/mm2"), ("Flow CC/MIN", "Flow", "CC/MIN"),
    ],
)  # fmt: skip
def test_units_of_headers(cell: str, name: str, unit: str) -> None:
    assert headers.split_header(cell) == (name, unit)


def test_unit_row_and_two_header_lines() -> None:
    t = one("Pt\tFreq\tZreal\n#\tHz\tohm\n0\t1E5\t3.2\n1\t1E4\t3.5\n")
    assert [(c.header, c.unit) for c in t.columns] == [("Pt", ""), ("Freq", "Hz"), ("Zreal", "ohm")]
    t = one('"Time","Load"\n"(s)","(N)"\n"0.0","1.5"\n"0.1","2.5"\n')
    assert [(c.header, c.unit) for c in t.columns] == [("Time", "s"), ("Load", "N")]
    t = one("Wet;;Dry;\np [kPa];Flow [l/min];p [kPa];Flow [l/min]\n1,5;2,5;1,5;3,5\n2,5;3,5;2,5;4,5\n")
    assert [c.header for c in t.columns] == ["Wet p", "Wet Flow", "Dry p", "Dry Flow"]


def test_specimens_below_each_other_and_side_by_side() -> None:
    text = "Specimen: 1\nTime,Force\ns,N\n0,0.0\n1,1.1\n\nSpecimen: 2\nTime,Force\ns,N\n0,0.0\n1,1.3\n2,1.5\n"
    a, b = tables(text)
    assert (a.title, b.title) == ("1", "2")
    assert values(b) == [[0.0, 1.0, 2.0], [0.0, 1.3, 1.5]]
    a, b = tables("A;;B;\nx (mm);F (N);x (mm);F (N)\n1,5;2,0;1,5;3,0\n2,5;2,5;;\n")
    assert (a.title, b.title) == ("A", "B")
    assert values(a) == [[1.5, 2.5], [2.0, 2.5]]
    assert values(b) == [[1.5], [3.0]]
    table = "Probe;Wert [mm]\nA;1,5\nA;2,5\nB;3,5\n"
    assert len(tables(table)) == 1
    grouped = pipeline._grouped([one(table)], "Probe")
    assert [(t.title, t.columns[1].values.tolist()) for t in grouped] == [("A", [1.5, 2.5]), ("B", [3.5])]


def test_repeated_header_and_blank_line_within_one_axis() -> None:
    t = one("t,F\n0,0.5\n1,1.5\nt,F\n2,2.5\n3,3.5\n\n4,4.5\n5,5.5\n")
    assert t.columns[0].values.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert any("left out, within the data: line 4" in n for n in t.notes)


def test_footers_and_statistics_are_left_out() -> None:
    for word in ("Mean", "SD", "Mittelwert", "平均", "標準偏差"):
        t = one(f"Specimen;F [N]\n1;1,5\n2;2,5\n{word};2,0\n")
        assert t.columns[1].values.tolist() == [1.5, 2.5]
        assert any("statistics: line 4" in n for n in t.notes)


def test_shape_of_rows() -> None:
    t = one("a;b;c;\n1,5;2,5;3,5;\n4,5;5,5\n")  # trailing separators, a short row
    assert [c.header for c in t.columns] == ["a", "b", "c"]
    assert t.columns[1].values.tolist() == [2.5, 5.5]
    assert np.isnan(t.columns[2].values[1])
    t = one("a      b     c\n1.0          3.0\n2.0  2.5   3.1\n3.0  2.6   3.3\n")  # columns of fixed width
    assert np.isnan(t.columns[1].values[0])
    assert t.columns[2].values.tolist() == [3.0, 3.1, 3.3]
    assert "a gap cannot be told" in refused("a b c\n1.5 2.5 3.5\n1.5 3.5\n11.5 2.5 3.5\n")
    assert values(one('t;"Force\n(N)"\n1,5;2,5\n2,5;3,5\n'))[1] == [2.5, 3.5]
    assert values(one("sep=;\nt;F\n1,5;2,5\n")) == [[1.5], [2.5]]


def test_declarations_and_signals() -> None:
    t = one(
        "#FORMAT:NETZSCH5\n#SEPARATOR:SEMICOLON\n#DECIMAL:COMMA\n##Temp./°C;DSC/(mW/mg)\n25,123;1,234\n26,123;1,235\n"
    )
    assert [(c.header, c.unit) for c in t.columns] == [("Temp.", "°C"), ("DSC", "mW/mg")]
    assert values(t) == [[25.123, 26.123], [1.234, 1.235]]
    t = one(
        "Version\t1\nSig1\tTime (min)\nSig2\tTemperature (°C)\nStartOfData\n0.0\t25.1\n0.1\t25.9\n", "utf-16"
    )
    assert [(c.header, c.unit) for c in t.columns] == [("Time", "min"), ("Temperature", "°C")]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"), (b"\x89PNG\r\n\x1a\n....", "PNG"), (b"%PDF-1.7 ....", "PDF"), (b"\x1f\x8b\x08....", "gzip"), (b"PK\x03\x04....", "damaged"),
        (bytes(range(256)) * 8, "binary"), (b"t;F\n", "no rows of numbers"), (b"only words here\nand here\n", "no rows of numbers"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "workbook"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(data: bytes, word: str) -> None:
    assert word in refused(data)


def test_options_that_cannot_be() -> None:
    with pytest.raises(InputError, match="--encoding"):
        pipeline.tables_of(b"t;F\n1,5;2,5\n", "f", ReadOptions(encoding="klingon"))
    assert "--separator" in refused("t;F\n1,5;2,5\n", separator="x")
    with pytest.raises(InputError, match="no such file"):
        read_tables("/nowhere/at/all.csv")


def test_workbook() -> None:
    book = fuzz_module().workbook
    t = one(
        book(
            [
                ["Area", "1,5 cm2"],
                [],
                ["Druck [kPa]", "Fluss [l/min]"],
                [1.5, 2.5],
                [2.5, "3,5"],
                [1234.567, "n/a"],
            ]
        )
    )
    assert [(c.header, c.unit) for c in t.columns] == [("Druck", "kPa"), ("Fluss", "l/min")]
    assert t.columns[0].values.tolist() == [
        1.5,
        2.5,
        1234.567,
    ]  # a number cell is a number, whatever its digits
    assert t.columns[1].values[:2].tolist() == [2.5, 3.5]
    assert t.facts["Area"] == "1,5 cm2"
    # 0.5 shown as 50.00% is 50 %, with a unit in the header or without.
    t = one(book([["strain [%]", "strain 2"], [0.5, 0.125], [0.25, 0.0625]], percent=True))
    assert [c.unit for c in t.columns] == ["%", "%"]
    assert values(t) == [[50.0, 25.0], [12.5, 6.25]]
    with pytest.raises(InputError, match="--sheet"):
        pipeline.tables_of(book([["t", "F"], [1.5, 2.5]]), "f", ReadOptions(sheet="Other"))


def test_profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERCOLA_CONFIG_DIR", str(tmp_path))
    said = ReadOptions(decimal=",", separator="tab", columns={"force": "Kraft"}, units={"force": "N"})
    saved = save_profile("our-tester", said, "the tester in room 3")
    assert load_profile("our-tester").options == said
    assert "our-tester" in profiles()
    assert set(BUILT_IN) <= set(profiles())
    other = save_profile(tmp_path / "handed.toml", said)
    assert load_profile(other).options == said
    file = tmp_path / "f.txt"
    file.write_text("t\tKraft\n1,234\t5,678\n")
    t = read_tables(file, ReadOptions(profile="our-tester"))[0]
    assert t.columns_given == {"force": "Kraft"}
    assert t.take(Wanted("force", "force", ("load",))).tolist() == [5.678]
    # What is said now counts more than what is kept.
    assert values(read_tables(file, ReadOptions(profile="our-tester", decimal="."))[0]) == [
        [1234.0],
        [5678.0],
    ]
    for text, word in (("decimal = 3", "decimal"), ("x = 'y'", "unknown"), ("= =", "TOML")):
        saved.write_text(text)
        with pytest.raises(InputError, match=word):
            load_profile("our-tester")
    with pytest.raises(InputError, match="no profile"):
        load_profile("nobody")
    with pytest.raises(InputError, match="letters"):
        save_profile("../x", said)


def test_group_option_and_wanted(tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text("試料;F [N]\nA;1,5\nA;2,5\nB;3,5\n", encoding="utf-8")
    assert [t.title for t in read_tables(file, ReadOptions(group="試料"))] == ["A", "B"]
    with pytest.raises(InputError, match="group"):
        read_tables(file, ReadOptions(group="nothing"))
    file.write_text("a,b\n1,1.5\n2,2.5\n\nt,F\n5,1.5\n6,2.5\n7,3.5\n")
    assert len(read_tables(file)) == 2
    wanted = [Wanted("force", "force", ("F",))]
    assert [c.header for c in read_tables(file, wanted=wanted)[0].columns] == ["t", "F"]


@pytest.mark.parametrize(
    ("separator", "decimal"), [(";", ","), ("\t", ","), (",", "."), (" ", "."), (";", ".")]
)
@pytest.mark.parametrize("ending", ["", "\n", "\nMean;1;2;3\n"])
def test_long_files_read_as_short_ones(separator: str, decimal: str, ending: str) -> None:
    """The fast way and the patient way give the same columns, names, units and facts."""
    rng = np.random.default_rng(3)
    a = np.column_stack([np.arange(4000) * 0.25, rng.normal(size=4000), rng.normal(size=4000) * 1e3])
    rows = [f"{x:.2f};{y:.5f};{z:.4f}" for x, y, z in a]
    text = "Area: 1.5\nTime[s];Force[N];x[mm]\n" + "\n".join(rows) + ending
    text = text.replace(".", decimal).replace(";", separator)
    quick = fast.read(text, "f", ReadOptions(), [])
    assert quick is not None
    pipeline_from, pipeline.FAST_FROM = pipeline.FAST_FROM, 10**12
    try:
        slow = one(text)
    finally:
        pipeline.FAST_FROM = pipeline_from
    assert values(quick[0]) == values(slow)
    assert [(c.header, c.unit, c.line) for c in quick[0].columns] == [
        (c.header, c.unit, c.line) for c in slow.columns
    ]
    assert quick[0].facts == slow.facts


@pytest.mark.parametrize(
    ("line", "same"),
    [("1000,5;;2,5", True), ("1000,5;n/a;2,5", True), ("", False), ("words;1,5;2,5", False), ("1000,5;2,5", True), ("1000,5;1,5;2,5;3,5", False),
     ("1000,5;1.5;2,5", False), ("1000,5;1e400;2,5", False), ("1000,5;inf;2,5", False)],
)  # fmt: skip
def test_nothing_is_dropped_from_a_long_file(line: str, same: bool) -> None:
    """An odd line in the middle is read by hand, or the whole file is; its rows are all there."""
    rows = [f"{i},25;{i % 7},125;{i * 3},5" for i in range(5000)]
    rows[3000] = line
    text = "t;F;x\n" + "\n".join(rows) + "\n"
    quick = fast.read(text, "f", ReadOptions(), [])
    assert (quick is not None) == same
    if quick is not None:
        assert len(quick[0].columns[0].values) == 5000
        assert quick[0].columns[0].values[2999] == 2999.25
        assert quick[0].columns[0].values[3001] == 3001.25


def test_too_large_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pipeline, "LARGEST_BYTES", 10)
    (tmp_path / "f.csv").write_text("t;F\n1,5;2,5\n")
    with pytest.raises(InputError, match="MB"):
        read_tables(tmp_path / "f.csv")
    monkeypatch.setattr(pipeline, "LARGEST_ROWS", 1)
    assert "lines" in refused("t;F\n1,5;2,5\n")


@pytest.mark.parametrize("cell", ["1,5", "-12.25", "1'234.5", "3,5E-07", "1 234 567,25"])
def test_a_cell_is_one_number_in_one_notation_only(cell: str) -> None:
    """Where both notations read a cell, the evidence says that it is open."""
    number = numbers.look(numbers.tidy(cell))
    assert number is not None
    ways = [numbers.value(number, d) for d in (".", ",")]
    assert (None in ways) == (numbers.evidence(number) in ("comma", "point")) or number.exponent


def test_notes_say_how_it_was_understood() -> None:
    notes = " | ".join(one(GERMAN).notes)
    for word in ("encoding: UTF-8", "separator: semicolon", "decimal sign: comma", "header: line 4"):
        assert word in notes


@pytest.mark.slow
def test_a_slice_of_the_fuzzer() -> None:
    """Two thousand mutated files: nothing but InputError, and related files never give other numbers."""
    fuzzer = fuzz_module().Fuzzer(seed=7)
    fuzzer.run(2000)
    assert fuzzer.failures == []
    assert fuzzer.accepted > 500  # mutated files are read as well as refused, so that the relations are tried


def curves(header: str = "Probe", names: tuple[str, ...] = ("A", "B", "C"), rows: int = 12) -> str:
    lines = [f"{header};Weg (mm);Kraft (N)"]
    lines += [
        f"{n};{i / 10:.2f};{i * k:.1f}".replace(".", ",") for k, n in enumerate(names, 1) for i in range(rows)
    ]
    return "\n".join(lines)


def parted(folder: Path, text: str, *wanted: Wanted) -> tuple[Table, ...]:
    file = folder / "f.csv"
    file.write_text(text, encoding="utf-8")
    return read_tables(file, None, wanted)


@pytest.mark.parametrize(
    "header", ["Probe", "specimen", "Sample", "Prüfling", "Probekörper", "試料", "試験片", "No."]
)
def test_specimens_one_below_another_are_parted(tmp_path: Path, header: str) -> None:
    found = parted(tmp_path, curves(header))
    assert [t.title for t in found] == ["A", "B", "C"]
    assert [len(t.columns[1].values) for t in found] == [12, 12, 12]
    assert found[2].columns[2].values[-1] == 33.0
    assert f"parted by the column {header!r}: A, B, C" in found[0].notes


def test_numbered_specimens_are_parted_and_counted_rows_are_not(tmp_path: Path) -> None:
    assert [t.title for t in parted(tmp_path, curves("Probe", ("1", "2")))] == ["1", "2"]
    assert len(parted(tmp_path, curves("No.", ("1", "2")))) == 1
    two = curves("Sample", ("A", "B")).replace("Weg", "Probe;Weg").splitlines()
    both = "\n".join([two[0], *(f"{r[:2]}{i // 6 % 2 + 1};{r[2:]}" for i, r in enumerate(two[1:]))])
    assert [t.title for t in parted(tmp_path, both)] == ["A, 1", "A, 2", "B, 1", "B, 2"]


@pytest.mark.parametrize("rows", [1, 2])
def test_rows_that_are_specimens_are_not_parted(tmp_path: Path, rows: int) -> None:
    assert len(parted(tmp_path, curves(rows=rows, names=tuple("ABCDEFGH")))) == 1


def test_specimens_that_come_back_or_that_the_method_takes_are_not_parted(tmp_path: Path) -> None:
    assert len(parted(tmp_path, curves(names=("A", "B", "A")))) == 1
    assert len(parted(tmp_path, curves(names=("wet", "dry")))) == 1
    assert len(parted(tmp_path, curves(), Wanted("sample", "text", ("Probe",)))) == 1
    assert len(parted(tmp_path, curves(), Wanted("force", "force", ("Kraft",)))) == 3


@pytest.mark.parametrize(
    ("fact", "decimal", "want"),
    [
        ("Probendicke;0,100;mm", None, 1e-4),
        ("Probendicke;1,250;mm", None, 1.25e-3),  # by the sign of the file
        ("Probendicke (mm);1,250", None, 1.25e-3),
        ("Probendicke;1,250;mm", ".", 1.25),  # as said; all other numbers have no fraction here
    ],
)
def test_facts_are_read_with_the_decimal_sign_of_the_file(
    fact: str, decimal: str | None, want: float
) -> None:
    text = f"{fact}\n{curves('Versuch')}"
    if decimal == ".":
        text = f"{fact}\nWeg (mm);Kraft (N)\n" + "\n".join(f"{i};{2 * i}" for i in range(9))
    table = one(text, "cp1252", decimal=decimal)
    assert table.quantity(("Probendicke",), "length", "--thickness") == pytest.approx(want, rel=1e-12)


def test_facts_that_nothing_settles_are_refused() -> None:
    table = one("Probendicke;1,250;mm\nWeg (mm);Kraft (N)\n" + "\n".join(f"{i};{2 * i}" for i in range(9)))
    assert table.decimal == ""
    with pytest.raises(InputError, match=r"decimal comma or thousands.*--thickness, or --decimal"):
        table.quantity(("Probendicke",), "length", "--thickness")
    with pytest.raises(InputError, match="without a unit"):
        one("Probendicke;0,1\n" + curves("Versuch")).quantity(("Probendicke",), "length")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"units": {"foo": "bar"}}, "'foo' is no quantity.*thickness.*'Dicke'"),
        ({"columns": {"bla": "Dicke"}}, "'bla' is no quantity"),
        ({"columns": {"thicknes": "Dicke"}}, "did you mean thickness"),
    ],
)
def test_names_of_nothing_are_refused(tmp_path: Path, options: dict[str, dict[str, str]], match: str) -> None:
    file = tmp_path / "f.csv"
    file.write_text("Dicke (um)\n" + "\n".join(f"{100 + i}" for i in range(9)), encoding="utf-8")
    with pytest.raises(InputError, match=match):
        analyse("thickness", [file], {}, ReadOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["thickness", "Dicke", "dicke"])
def test_a_unit_is_said_by_quantity_or_header(tmp_path: Path, name: str) -> None:
    file = tmp_path / "f.csv"
    file.write_text("Dicke\n" + "\n".join(f"{100 + i}" for i in range(9)), encoding="utf-8")
    with pytest.raises(InputError, match="say it: --unit thickness=mm"):
        analyse("thickness", [file])
    found = analyse("thickness", [file], {}, ReadOptions(units={name: "um"}))
    assert found.measurements[0].value == pytest.approx(104e-6)


def test_a_unit_said_once_serves_all_that_take_the_column(tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text("Druck;Fluss\n" + "\n".join(f"{i};{2 * i}" for i in range(1, 9)), encoding="utf-8")
    wet, dry = Wanted("wet_pressure", "pressure", ("Druck",)), Wanted("dry_pressure", "pressure", ("Druck",))
    (table,) = read_tables(file, ReadOptions(units={"wet_pressure": "KPA"}), (wet, dry))
    assert table.take(dry)[0] == table.take(wet)[0] == 1000.0


@pytest.mark.parametrize(
    ("header", "kind", "si"),
    [
        ("Flux (LMH)", "flux", 1e-3 / 3600),
        ("Flux (L/m²h)", "flux", 1e-3 / 3600),
        ("Flux [l/m2/h]", "flux", 1e-3 / 3600),
        ("Flux [L/(m²·h)]", "flux", 1e-3 / 3600),
        ("Flux (L m-2 h-1)", "flux", 1e-3 / 3600),
        ("Flow (CC/MIN)", "volume_flow", 1e-6 / 60),
        ("P (PSI)", "pressure", 6894.757293168361),
        ("P (Psi)", "pressure", 6894.757293168361),
        ("P [KPA]", "pressure", 1000.0),
        ("P (Torr)", "pressure", 101325 / 760),
        ("P (TORR)", "pressure", 101325 / 760),
        ("P (BAR)", "pressure", 1e5),
        ("P (psig)", "pressure", 6894.757293168361),
    ],
)
def test_units_of_fluxes_and_units_in_capitals(header: str, kind: str, si: float) -> None:
    table = one(f"t (s);{header}\n0;1\n1;1\n2;1\n")
    wanted = Wanted("it", kind, (table.columns[1].header,))
    # The ratio of the units in pint is good to some parts in 1e9 (psi, torr).
    np.testing.assert_allclose(table.take(wanted), si, rtol=1e-7)


@pytest.mark.parametrize("unit", ["MPA", "Mpa", "mpa"])
def test_milli_and_mega_are_not_mixed_up(unit: str) -> None:
    table = one(f"t (s);P ({unit})\n0;1\n1;1\n2;1\n", units={"p": unit})
    with pytest.raises(InputError):
        table.take(Wanted("p", "pressure", (table.columns[1].header,)))
