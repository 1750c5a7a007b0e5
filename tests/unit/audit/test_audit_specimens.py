"""Specimens from rows, files and the patent; what cannot be read is refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from percola.audit import from_file, from_rows, patent_specimens, template, to_rows
from percola.audit.specimens import from_text
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
    (tmp_path / "latin.csv").write_bytes("specimen_id,µ\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        from_file(tmp_path / "latin.csv")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="empty"):
        from_file(tmp_path / "empty.csv")
    (tmp_path / "wide.csv").write_text("specimen_id,ID_mm\na,0,84\n", encoding="utf-8")
    with pytest.raises(InputError, match="3 cells for 2 columns"):
        from_file(tmp_path / "wide.csv")
    (tmp_path / "twice.csv").write_text("specimen_id,ID_mm,ID_mm\na,1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="twice"):
        from_file(tmp_path / "twice.csv")


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
