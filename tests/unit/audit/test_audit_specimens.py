"""Specimens from rows, files and the patent; what cannot be read is refused."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from percola.audit import from_file, from_rows, patent_specimens, template, to_rows
from percola.audit.specimens import _shown_percent, from_text
from percola.errors import InputError


def test_template_reads_back():
    (s,) = from_text(template())
    assert s.id == "mine-1"
    assert s.values["porosity"].value == pytest.approx(0.546, rel=1e-15)
    assert s.values["inside_diameter"].text == "0.84"
    assert not s.unknown_columns


def test_patent_keeps_the_printed_digits_and_reserves_results():
    by_id = {s.id: s for s in patent_specimens()}
    assert len(by_id) == 40
    assert by_id["CE9"].values["average_pore_size"].text == "0.20"
    assert by_id["Ex7"].values["porosity"].paragraph == "102"
    for s in by_id.values():
        results = {
            "porosity",
            "average_pore_size",
            "water_permeability",
            "breaking_strength",
            "structure_class",
        }
        assert not (s.reserved and results & set(s.values)), s.id


def test_patent_goes_round_through_rows():
    specimens = patent_specimens()
    again = from_rows(to_rows(specimens))
    for a, b in zip(specimens, again, strict=True):
        assert a.id == b.id
        assert {k: (v.value, v.interval, v.relation) for k, v in a.values.items() if k != "paragraph"} == {
            k: (v.value, v.interval, v.relation) for k, v in b.values.items() if k != "paragraph"
        }


def test_other_units_and_missing_columns_are_fine():
    (s,) = from_rows([{"specimen_id": "a", "ID_um": "840", "porosity_fraction": "0.546", "operator": "me"}])
    assert s.values["inside_diameter"].value == pytest.approx(0.84e-3, rel=1e-15)
    assert s.values["porosity"].value == pytest.approx(0.546, rel=1e-15)
    assert s.unknown_columns == ("operator",)


def test_bounds_and_about_are_kept_apart():
    (s,) = from_rows([{"specimen_id": "a", "ratio_stated": "<= 2.0", "avg_pore_um": "about 0.1"}])
    assert s.values["pore_size_ratio"].relation == "<="
    assert s.interval("pore_size_ratio") is None
    assert s.values["average_pore_size"].relation == "about"
    assert s.interval("average_pore_size") is not None


@pytest.mark.parametrize(
    ("row", "match"),
    [
        ({"specimen_id": "a", "ID": "0.84"}, "without a unit"),
        ({"specimen_id": "a", "ID_mm": "0,84"}, "comma"),
        ({"specimen_id": "a", "ID_mm": "nan"}, "not a number"),
        ({"specimen_id": "a", "ID_mm": "-0.84"}, "negative"),
        ({"specimen_id": "a", "T_kneading_C": "-300"}, "absolute zero"),
        ({"specimen_id": "a", "ID_mm": "0.84", "ID_um": "840"}, "two columns"),
        ({"specimen_id": "", "ID_mm": "0.84"}, "no specimen_id"),
        ({"specimen_id": "a", "reserved": "perhaps"}, "yes or no"),
    ],
)
def test_rows_that_cannot_be_read_are_refused(row, match):
    with pytest.raises(InputError, match=match):
        from_rows([row])


def test_refusals_name_row_specimen_and_column():
    with pytest.raises(InputError, match=r"row 2 \(b\), column ID_mm"):
        from_rows([{"specimen_id": "a", "ID_mm": "0.84"}, {"specimen_id": "b", "ID_mm": "x"}])


def test_same_name_twice_and_empty_tables_are_refused():
    with pytest.raises(InputError, match="second time"):
        from_rows([{"specimen_id": "a"}, {"specimen_id": "a"}])
    with pytest.raises(InputError, match="no specimens"):
        from_rows([])


def test_files(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("\ufeff# a remark\nspecimen_id;ID_mm;OD_mm\na;0.84;1.59\n", encoding="utf-8")
    (s,) = from_file(path)
    assert s.values["outside_diameter"].text == "1.59"
    with pytest.raises(InputError, match="cannot be read"):
        from_file(tmp_path / "none.csv")
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    with pytest.raises(InputError, match="PNG"):
        from_file(tmp_path / "picture.csv")
    (tmp_path / "odd.csv").write_bytes(bytes(range(256)) * 4)
    with pytest.raises(InputError, match="save it as CSV in UTF-8"):
        from_file(tmp_path / "odd.csv")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="empty"):
        from_file(tmp_path / "empty.csv")
    (tmp_path / "wide.csv").write_text("specimen_id,ID_mm\na,0,84\n", encoding="utf-8")
    with pytest.raises(InputError, match="3 cells for 2 columns"):
        from_file(tmp_path / "wide.csv")
    (tmp_path / "twice.csv").write_text("specimen_id,ID_mm,ID_mm\na,1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="twice"):
        from_file(tmp_path / "twice.csv")


TABLE = "specimen_id;solvent1;ID_mm;porosity_pct;avg_pore_µm;water_permeability_L_m2_h_atm\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "cp1252"])
def test_encodings_and_decimal_commas_keep_the_digits(tmp_path, encoding):
    path = tmp_path / "german.csv"
    path.write_bytes((TABLE + "Größe;DEP;0,80;54,6;0,140;2,400\n").encode(encoding))
    (s,) = from_file(path)
    assert s.id == "Größe"
    assert [s.values[k].text for k in ("inside_diameter", "porosity", "average_pore_size")] == [
        "0.80", "54.6", "0.140",
    ]  # fmt: skip
    # The other cells say that the comma is decimal.
    assert s.values["water_permeability"].text == "2.400"


@pytest.mark.parametrize(
    "row", ["a;DEP;;;;2,400", "a;DEP;0.80;;;2,400", "a;DEP;0.80;54,6;;", "a;DEP;0,8,0;54,6;;"]
)
def test_commas_that_may_be_thousands_are_refused(tmp_path, row):
    path = tmp_path / "doubt.csv"
    path.write_text(TABLE + row + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="comma"):
        from_file(path)


def workbook(path, *sheets):
    """An XLSX with inline cells, as little as the format asks for; numbers as numbers, text as text."""
    import zipfile

    def cell(v):
        if isinstance(v, str):
            return f'<c t="inlineStr"><is><t>{v}</t></is></c>'
        return f"<c><v>{v!r}</v></c>" if v is not None else "<c/>"

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    numbers = range(1, len(sheets) + 1)
    with zipfile.ZipFile(path, "w") as z:
        z.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
            + "".join(
                f'<Override PartName="/xl/worksheets/s{i}.xml" ContentType="{kind}.worksheet+xml"/>'
                for i in numbers
            )
            + "</Types>",
        )
        z.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        z.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets>'
            + "".join(f'<sheet name="s{i}" sheetId="{i}" r:id="r{i}"/>' for i in numbers)
            + "</sheets></workbook>",
        )
        z.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships">'
            + "".join(
                f'<Relationship Id="r{i}" Type="{rel}/worksheet" Target="worksheets/s{i}.xml"/>'
                for i in numbers
            )
            + "</Relationships>",
        )
        for i, rows in enumerate(sheets, start=1):
            z.writestr(
                f"xl/worksheets/s{i}.xml",
                f'<worksheet xmlns="{main}"><sheetData>'
                + "".join("<row>" + "".join(map(cell, r)) + "</row>" for r in rows)
                + "</sheetData></worksheet>",
            )


def test_workbooks(tmp_path):
    path = tmp_path / "mine.xlsx"
    rows = [
        ["specimen_id", "solvent1", "ID_mm", "OD_mm", "Ts_effective_C"],
        ["a", "DEP", 0.84, "1.60", 145],
        ["b", None, 0.8, None, 150.5],
    ]
    workbook(path, [["notes"], ["nothing"]], rows)
    a, b = from_file(path)
    # Numbers lose their trailing zeros, text keeps them.
    assert [a.values[k].text for k in ("inside_diameter", "outside_diameter", "dissolution_temperature")] == [
        "0.84",
        "1.60",
        "145",
    ]
    assert b.values["dissolution_temperature"].text == "150.5"
    assert "outside_diameter" not in b.values
    workbook(path, rows, rows)
    with pytest.raises(InputError, match="2 sheets"):
        from_file(path)
    workbook(path, [["notes"], ["nothing"]])
    with pytest.raises(InputError, match="0 sheets"):
        from_file(path)


def test_cells_shown_in_percent():
    header = ["specimen_id", "porosity_pct", "porosity_fraction", "surface"]
    assert _shown_percent(header, ["a", "54.6 %", "54.6 %", "30 %", ""]) == ["a", "54.6", "54.6 %", "30 %"]


@given(st.binary(max_size=200))
def test_no_bytes_ever_give_another_error(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        for head in (b"", b"specimen_id;ID_mm\na;"):
            path.write_bytes(head + data)
            with contextlib.suppress(InputError):
                from_file(path)


@given(st.text(max_size=200))
def test_no_text_ever_gives_another_error(text):
    with contextlib.suppress(InputError):
        from_text("specimen_id,ID_mm\n" + text)


@given(
    st.dictionaries(st.sampled_from(template().splitlines()[0].split(",")), st.text(max_size=12), max_size=8)
)
def test_no_row_ever_gives_another_error(row):
    with contextlib.suppress(InputError):
        from_rows([{**row, "specimen_id": "a"}])
