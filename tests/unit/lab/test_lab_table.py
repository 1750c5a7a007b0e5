"""`Table`: what is wanted is found by its words, taken in SI, and refused where two columns or no unit fit."""

from __future__ import annotations

import numpy as np
import pytest

from percola.errors import InputError
from percola.lab.table import Column, Table, plain
from percola.lab.wanted import Wanted

FORCE = Wanted("force", "force", ("load", "Kraft", "Prüfkraft", "荷重", "試験力"), help="force")
FLOW = Wanted("flow", "volume_flow", ("flow", "Fluss", "流量"))


def table(*columns: tuple[str, str], **given: dict[str, str]) -> Table:
    made = tuple(Column(h, u, np.array([1.0, 2.0]) + i) for i, (h, u) in enumerate(columns))
    return Table(
        "f.csv", "", made, columns_given=given.get("columns", {}), units_given=given.get("units", {})
    )


@pytest.mark.parametrize(
    "header",
    [
        "force",
        "Force",
        "FORCE",
        "Load",
        "Prüfkraft",
        "Pruefkraft",
        "PRÜFKRAFT",
        "荷重",
        "Ｌｏａｄ",
        "Load_",
        "Load (N)",
        "Load cell",
        "Force standard",
    ],
)
def test_found_in_any_spelling(header: str) -> None:
    found = table(("time", "s"), (header, "N")).find(FORCE)
    assert found is not None
    assert found.header == header


@pytest.mark.parametrize(
    "header",
    ["Force rate", "Force setpoint", "Load error", "Kraftvorgabe", "荷重偏差", "Reinforcement", "Work", ""],
)
def test_what_only_begins_alike_is_not_taken(header: str) -> None:
    assert table(("time", "s"), (header, "N")).find(FORCE) is None


def test_a_flow_rate_is_a_flow() -> None:
    found = table(("Flow rate", "l/min")).find(FLOW)
    assert found is not None


def test_two_that_fit_are_refused_and_a_person_may_say() -> None:
    two = (("Load", "N"), ("Kraft", "kN"))
    with pytest.raises(InputError, match="--column force="):
        table(*two).find(FORCE)
    for said in ("Kraft", "kraft", "2"):
        found = table(*two, columns={"force": said}).find(FORCE)
        assert found is not None
        assert found.header == "Kraft"
    with pytest.raises(InputError, match="no column 'Weg'"):
        table(*two, columns={"force": "Weg"}).find(FORCE)


def test_an_exact_header_comes_before_one_that_begins_with_it() -> None:
    found = table(("Load cell", "N"), ("Load", "N")).find(FORCE)
    assert found is not None
    assert found.header == "Load"


def test_taken_in_si() -> None:
    assert table(("Load", "kN")).take(FORCE).tolist() == [1000.0, 2000.0]
    assert table(("Load", ""), units={"force": "mN"}).take(FORCE).tolist() == [1e-3, 2e-3]
    assert table(("Load", ""), units={"Load": "N"}).take(FORCE).tolist() == [1.0, 2.0]


def test_refused_without_unit_column_or_with_another_unit() -> None:
    with pytest.raises(InputError, match="--unit force="):
        table(("Load", "")).take(FORCE)
    with pytest.raises(InputError, match="no unit of the force"):
        table(("Load", "kPa")).take(FORCE)
    with pytest.raises(InputError, match="the file has 'Weg'"):
        table(("Weg", "mm")).take(FORCE)
    assert table(("Weg", "mm")).take_or_none(FORCE) is None


def test_primes_brackets_and_signs_in_plain_headers() -> None:
    assert plain("Z'") == "z'" != plain("Z''") == plain('Z"') == plain("Z″")
    assert plain("Flow (wet)") != plain("Flow (dry)")
    assert plain("Druck [kPa]") == plain("druck") == plain(" DRUCK ")
    real, imaginary = Wanted("z_re", "resistance", ("Z'",)), Wanted("z_im", "resistance", ("Z''",))
    t = table(("Z'", "ohm"), ("Z''", "ohm"))
    assert [t.find(w).header for w in (real, imaginary)] == ["Z'", "Z''"]  # type: ignore[union-attr]


def test_text_and_facts() -> None:
    t = Table(
        "f",
        "x",
        (Column("Probe", "", np.array([np.nan, np.nan]), ("A", "B")),),
        {"Prüfer": "M", "Area": "1 cm2"},
    )
    assert t.take_text(Wanted("specimen", "text", ("Probe",))) == ("A", "B")
    assert t.fact(["pruefer"]) == "M"
    assert t.fact(["nothing"]) is None
    assert t.where == "f (x)"
