"""What `run` and `report` say about a run: everything comes from its files, in the units of the field."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from percola.cli.output import console

OPENED = {
    "resumed": "Resumed: what an earlier run of the same had finished was kept.",
    "finished": "This run was finished before; its results are shown. --fresh computes them again.",
}
# The measurements of the patent and of the verdict; shape descriptors stand in the report and in the files.
SHOWN = (
    "structure_class",
    "porosity",
    "through_porosity",
    "isolated_void_fraction",
    "network_connectivity",
    "polymer_network_share",
    "degree_of_anisotropy",
    "sem_average_pore_size",
    "surface_to_internal_pore_ratio",
    "average_pore_size",
    "maximum_pore_size",
    "pore_size_ratio",
    "bubble_point_pressure",
    "water_permeability",
    "breaking_strength",
    "breaking_extension",
    "elastic_modulus",
    "tortuosity",
    "thickness",
    "inside_diameter",
    "outside_diameter",
    "stretching_residual_strain",
    "melting_temperature",
    "crystallization_temperature",
)
ASSUMED = "Assumed:"
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
    from percola.report.numbers import bound_sign, shown

    value, sigma = measurement.get("value"), measurement.get("uncertainty")
    if value is None:
        return "not defined"
    sign = bound_sign(measurement.get("evidence", {}), sigma)
    return sign + shown(measurement["name"], value, measurement["unit"], sigma)


def reported_values(specimen: str | None) -> dict[str, str]:
    """What the patent reports, as printed, for a run of one of its specimens."""
    if not specimen:
        return {}
    from percola.recipe import specimens

    reported = specimens.reported(specimen)
    return {v.name: ("at most " if v.relation == "<=" else "") + v.text for v in reported.values}


def class_remark(measurement: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]]) -> str:
    """What is open of an undecided structure class, and whether definition (A) asks for it."""
    evidence = measurement.get("evidence", {})
    if measurement.get("value") != "undecided" or not evidence.get("words"):
        return ""
    words = f"undecided: {evidence['words']}"
    definition = next((v for v in verdicts if v["key"] == "definition_A"), None)
    if definition is None or definition["status"] != "PASS" or "open" not in evidence:
        return words
    if not set(evidence["open"]) & {p["key"] for p in definition.get("parts", ())}:
        words += ". Definition (A) asks for none of this and passes"
    return words


def show(answer: Mapping[str, Any]) -> None:
    """The summary for a person; the report holds all of it with reasons and sources."""
    from rich.table import Table

    from percola.recipe.findings import GRADE_WORDS
    from percola.report.numbers import duration, label

    out = console()
    if answer.get("opened") in OPENED:
        out.print(OPENED[answer["opened"]])
    for finding in answer["findings"]:
        grade = GRADE_WORDS.get(finding["grade"], finding["grade"])
        paragraph = f" ({finding['paragraph']})" if finding.get("paragraph") else ""
        out.print(f"{grade}: {finding['field']}: {finding['found']}{paragraph}", soft_wrap=True)
    reported = reported_values(answer["specimen"])
    table = Table(
        "Measurement", "Where", "Value", *(["Reported"] if reported else []), "", box=None, pad_edge=False
    )
    remarks: dict[str, int] = {}
    chosen = [m for m in answer["measurements"] if m["name"] in SHOWN]
    for m in sorted(chosen, key=lambda m: SHOWN.index(m["name"])):
        said = [c["message"] for c in m.get("checks", ()) if c["status"] != "pass"]
        if m.get("value") is None:
            said.insert(0, m.get("reason") or "no reason given")
        if m["name"] == "structure_class":
            said[:0] = filter(None, [class_remark(m, answer["verdicts"])])
        marks = " ".join(f"[{remarks.setdefault(words, len(remarks) + 1)}]" for words in said)
        # Reported values belong to the membrane as a whole; beside a surface they would mislead.
        beside = reported.get(m["name"], "") if "surface" not in m.get("region", "") else ""
        row = [label(m["name"]), m.get("region", "").replace("_", " "), value_in_words(m)]
        table.add_row(*row, *([beside] if reported else []), marks)
    out.print(table)
    for words, number in remarks.items():
        out.print(f"[{number}] {words}", soft_wrap=True)
    if len(chosen) < len(answer["measurements"]):
        out.print(f"{len(answer['measurements']) - len(chosen)} more measurements stand in the report.")
    out.print()
    for verdict in answer["verdicts"]:
        if verdict.get("group", "definition") == "definition":
            reason = (
                ""
                if verdict["status"] == "PASS" or verdict["key"] != "definition_A"
                else f": {verdict['words']}"
            )
            status = MARKS.get(verdict["status"], verdict["status"])
            out.print(f"{verdict['title']} - {status}{reason}", soft_wrap=True)
    notes = [note if isinstance(note, str) else str(note.get("text", note)) for note in answer["notes"]]
    told = [note for note in notes if not note.startswith(ASSUMED)]
    for note in told:
        out.print(f"Note: {note}", soft_wrap=True)
    if len(told) < len(notes):
        out.print(
            f"{len(notes) - len(told)} assumptions for what the recipe leaves open stand in the report."
        )
    seconds = sum(v for v in answer["timings"].values() if isinstance(v, (int, float)))
    where = answer["report"] or answer["run"]
    out.print(
        f"\n{(answer['status'] or 'no status').capitalize()} in {duration(seconds)}: {where}", soft_wrap=True
    )
