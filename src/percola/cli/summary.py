"""What `run` and `report` say about a run: everything comes from its files, in the units of the field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from percola.cli.output import console

MARKS = {"PASS": "passes", "FAIL": "fails", "UNDECIDED": "undecided", "NOT_APPLICABLE": "not applicable"}


def of(directory: Path) -> dict[str, Any]:
    """The answer of a run as plain data in SI: what ``percola run --json`` prints."""
    manifest = _read(directory / "manifest.json")
    report = directory / "report.html"
    return {
        "run": str(directory),
        "id": manifest.get("id", directory.name),
        "version": manifest.get("version"),
        "specimen": manifest.get("specimen"),
        "status": manifest.get("status"),
        "timings": manifest.get("timings", {}),
        "notes": manifest.get("notes", []),
        "findings": _listed(_read(directory / "findings.json"), "findings"),
        "measurements": _listed(_read(directory / "measurements.json"), "measurements"),
        "verdicts": _listed(_read(directory / "verdicts.json"), "verdicts"),
        "report": str(report) if report.exists() else None,
    }


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def _listed(data: Any, key: str) -> list[Any]:
    """The list in a file that is either a list or an object that holds it."""
    return data if isinstance(data, list) else list(data.get(key, []))


def value_in_words(measurement: Mapping[str, Any]) -> str:
    """A measurement with its uncertainty as a person of the field writes it."""
    from percola.report.numbers import shown

    value = measurement.get("value")
    if value is None:
        return f"not defined: {measurement.get('reason') or 'no reason given'}"
    return shown(measurement["name"], value, measurement["unit"], measurement.get("uncertainty"))


def reported_values(specimen: str | None) -> dict[str, str]:
    """What the patent reports, as printed, for a run of one of its specimens."""
    if not specimen:
        return {}
    from percola.recipe import specimens

    reported = specimens.reported(specimen)
    return {v.name: ("at most " if v.relation == "<=" else "") + v.text for v in reported.values}


def show(answer: Mapping[str, Any]) -> None:
    """The summary for a person."""
    from rich.table import Table

    from percola.recipe.findings import GRADE_WORDS
    from percola.report.numbers import duration, label

    out = console()
    reported = reported_values(answer["specimen"])
    for finding in answer["findings"]:
        grade = GRADE_WORDS.get(finding["grade"], finding["grade"])
        paragraph = f" ({finding['paragraph']})" if finding.get("paragraph") else ""
        out.print(f"{grade}: {finding['field']}: {finding['found']}{paragraph}")
    columns = ["Measurement", "Where", "Value", *(["Reported"] if reported else []), "Remarks"]
    table = Table(*columns, box=None, pad_edge=False)
    for m in answer["measurements"]:
        remarks = "; ".join(c["message"] for c in m.get("checks", ()) if c["status"] != "pass")
        row = [label(m["name"]), m.get("region", "").replace("_", " "), value_in_words(m)]
        # Reported values belong to the membrane as a whole; beside a surface or a section they would mislead.
        whole = m.get("region", "") in ("", "core", "wall")
        table.add_row(*row, *([reported.get(m["name"], "") if whole else ""] if reported else []), remarks)
    out.print(table)
    out.print()
    for verdict in answer["verdicts"]:
        if verdict.get("group", "definition") == "definition":
            words = (
                f"{verdict['title']}: {MARKS.get(verdict['status'], verdict['status'])}. {verdict['words']}"
            )
            out.print(words, soft_wrap=True)
    for note in answer["notes"]:
        out.print(f"Note: {note if isinstance(note, str) else note.get('text', note)}", soft_wrap=True)
    seconds = sum(v for v in answer["timings"].values() if isinstance(v, (int, float)))
    out.print(
        f"\n{answer['status'] or 'no status'} in {duration(seconds)}: {answer['report'] or answer['run']}",
        soft_wrap=True,
    )
