"""``percola phase-diagram`` writes what there is, names what is not, and never a number without meaning."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from percola.cli import main, phase


@pytest.mark.parametrize(
    ("specimen", "demixes", "said"),
    [
        ("patent:CE2", False, "no cloud point above"),  # gamma-butyrolactone
        ("patent:CE3", False, "none"),  # ethylene carbonate: no crystallization temperature either
        ("patent:Ex21", True, "above 375 °C"),  # epsilon-caprolactone and diethylhexyl adipate
    ],
)
def test_what_is_written_and_said(
    specimen: str, demixes: bool, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = phase.diagram(specimen, tmp_path)
    phase.show(result)
    shown = capsys.readouterr().out
    assert said in shown
    for quantity in result["solution"]:
        # A standard uncertainty as large as the temperature itself is no number, but an interval in words.
        if quantity["unit"] == "K" and quantity["uncertainty"] is not None:
            assert quantity["uncertainty"] < 100
    for kind, path in result["files"].items():
        assert Path(path).stat().st_size > 0
        if kind.endswith("csv"):
            header, *rows = csv.reader(Path(path).read_text(encoding="utf-8").splitlines())
            # The binodal of a solution that never demixes has no row.
            assert rows or (kind == "binodal_csv" and not demixes)
            assert all(len(row) == len(header) for row in rows)
    kept = json.loads(Path(result["files"]["json"]).read_text(encoding="utf-8"))
    assert kept["gaps"] == result["gaps"]
    # T_c against T_s shows something for every solvent: the range of T_s follows its melting point.
    assert any(t is not None for row in kept["tc_against_ts"]["crystallization_K"] for t in row)


def test_check_refuses_what_dissolves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from percola.recipe import specimens

    text = specimens.source_text("Ex7")
    for temperature, code in (("60 degC", 2), ("140 °F", 2), ("293 F", 0)):
        file = tmp_path / "mine.toml"
        changed = text.replace('temperature = "145 degC"', f'temperature = "{temperature}"', 1)
        file.write_text(changed, encoding="utf-8")
        assert main(["check", str(file)]) == code
        shown = capsys.readouterr().out
        assert ("no homogeneous solution" in shown) == (code == 2)
