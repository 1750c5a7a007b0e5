"""``percola predict``: what a calibration says of recipes, beside what is reported, and 3D runs at draws of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from percola.cli.output import console, error_console
from percola.cli.progress import Progress
from percola.report.prediction import (
    NEAR_WORDS,
    class_words,
    near_words,
    reading_rows,
    window_words,
)

DRAWS = 2
FEW = 3
"""Up to so many recipes are told in full; more in one table."""
SHORT = (
    "porosity",
    "average_pore_size",
    "maximum_pore_size",
    "water_permeability",
    "breaking_strength",
    "breaking_extension",
)


def predict(
    sources: Sequence[str],
    *,
    calibration: Path | None = None,
    full: bool = False,
    draws: int | None = None,
    size: int | None = None,
    seed: int = 0,
    window: bool = True,
    write: bool = True,
    out: Path | None = None,
) -> dict[str, Any]:
    """Predict recipes and return the answer in SI; progress goes to standard error."""
    from percola.cli import compiled
    from percola.errors import InputError

    compiled.keep()
    from percola.design import output
    from percola.design.foretold import full as runs
    from percola.design.posterior.calibration import patent
    from percola.pipeline import Event

    if not 0 <= seed < 2**31:
        raise InputError("--seed", str(seed), "0 to 2147483647")
    if not full and (draws is not None or size is not None):
        raise InputError(
            "--draws" if draws is not None else "--size", "given without --full", "together with --full"
        )
    for source in sources:
        output.checked(source)  # what is wrong with one recipe is told before the work on any
    used = patent() if calibration is None else output.load_calibration(calibration)
    count = DRAWS if draws is None else draws
    if full:
        runs.chosen(used, count, seed)
        need = runs.need(size)
        total = len(sources) * (count + 1)
        error_console().print(
            f"{total} runs in three dimensions, one after the other. Each: {need.words}", soft_wrap=True
        )
    answers, foretold = [], []
    with Progress() as progress:
        for k, source in enumerate(sources):
            progress(Event("predict", k / len(sources), source))
            said = output.foretell(source, used, seed=seed, window=window)
            foretold.append(said)
            made: tuple[runs.FullRun, ...] = ()
            if full:
                made = runs.runs(source, used, said.features, count, size=size, seed=seed, progress=progress)
            answer = said.to_dict(used, made)
            answer["measurements"] = [m.to_dict() for m in said.measurements()]
            answer["result"] = answer["report"] = None
            if write:
                path = output.write_prediction(said, used, out=out, full=made)
                answer |= {"result": str(path), "report": str(path / "report.html")}
            answers.append(answer)
        progress(Event("predict", 1.0, "done"))
    table = str(output.write_table(foretold, out)) if write and len(sources) > 1 else None
    return {"calibration": answers[0]["calibration"], "predictions": answers, "table": table}


def show(answer: Mapping[str, Any]) -> None:
    """The predictions for a person."""
    found = answer["predictions"]
    if len(found) <= FEW:
        for p in found:
            _one(p)
    else:
        _many(found)
    out = console()
    c = answer["calibration"]
    out.print(f"Calibration: {c['name']} ({c['id']}, {c['specimens']} specimens).", soft_wrap=True)
    if not c["converged"]:
        out.print(
            f"WARNING: its chains do not agree (R-hat {c['r_hat']:.2f}): intervals are not to be trusted.",
            soft_wrap=True,
            style="bold red",
        )
    if answer["table"]:
        out.print(f"Table: {answer['table']}", soft_wrap=True)


def _one(p: Mapping[str, Any]) -> None:
    from rich.table import Table

    out = console()
    out.print(p["name"] if p["name"] == p["source"] else f"{p['name']} ({p['source']})", style="bold")
    beside = bool(p["reported"]) or p["reserved"]
    runs = [r["label"] for r in p["full"]]
    table = Table(
        "Reading", "Median", "90 % interval", "", *(f"3D, {r}" for r in runs), *(["Reported"] if beside else []),
        box=None, pad_edge=False,
    )  # fmt: skip
    for row in reading_rows(p):
        cells = [row["label"], row["median"], row["span"], row["unit"]]
        cells += row["full"] or ["–"] * len(runs)
        table.add_row(*cells, *([row["reported"]] if beside else []))
    out.print(table)
    for row in reading_rows(p):
        if row["reason"]:
            out.print(f"{row['label']}: {row['reason']}", soft_wrap=True)
    out.print(f"Structure: {class_words(p)}", soft_wrap=True)
    said = p["reported"].get("structure_class")
    if said:
        out.print(f"  reported: {str(said['value']).replace('_', ' ')}", soft_wrap=True)
    if p["window"]:
        out.print(f"Window: {'; '.join(window_words(p['window']))}", soft_wrap=True)
    word = NEAR_WORDS.get(p["nearness"]["word"], p["nearness"]["word"])
    out.print(f"{word}: {near_words(p)}.", soft_wrap=True)
    for note in p["notes"]:
        out.print(f"Note: {note}", soft_wrap=True)
    for r in p["full"]:
        out.print(f"3D, {r['label']} ({r['opened']}): {r['run'] or r['reason']}", soft_wrap=True)
    if p["report"]:
        out.print(f"Report: {p['report']}", soft_wrap=True)
    out.print()


def _many(found: Sequence[Mapping[str, Any]]) -> None:
    from rich.table import Table

    from percola.report.numbers import label, span

    units: dict[str, str] = {}
    rows = []
    for p in found:
        cells = []
        for name in SHORT:
            r = p["readings"][name]
            median, interval, units[name] = span(name, r["unit"], r["median"], r["low"], r["high"])
            cells.append(f"{median} ({interval})")
        near = p["nearness"]
        rows.append((p["name"], *cells, class_words(p).split(",")[0], f"{near['word']}, {near['nearest']}"))
    heads = [f"{label(n).split(' (')[0]}, {units[n]}" for n in SHORT]
    table = Table("Recipe", *heads, "Structure", "Nearness", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    out = console()
    out.print(table)
    said = list(dict.fromkeys(f"{p['name']}: {n}" for p in found for n in p["notes"]))
    for note in said:
        out.print(f"Note: {note}", soft_wrap=True)
