"""``percola calibrate``: the posterior of the reduced model from a person's specimens, with those of the patent or alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from percola.cli.output import console
from percola.cli.progress import Progress

if TYPE_CHECKING:
    from percola.design.posterior.calibration import Calibration
    from percola.design.posterior.observations import Observations
    from percola.design.posterior.sampling import SamplingSettings

QUICK = {"warmup": 60, "samples": 60, "chains": 1}
PATENT_NAME = "EP 1 063 256"
PARTS = "parts"
"""Folder beside the results for what a stopped calibration has finished."""


def settings_of(
    quick: bool, samples: int | None, warmup: int | None, chains: int | None, seed: int
) -> SamplingSettings:
    """Sampling as asked for; what is not asked for is the default, or that of a quick try.

    Raises:
        InputError: a number out of its range.
    """
    from percola.design.posterior.sampling import SamplingSettings

    base = SamplingSettings(**QUICK) if quick else SamplingSettings()

    def pick(given: int | None, otherwise: int) -> int:
        return otherwise if given is None else given

    return SamplingSettings(
        pick(warmup, base.warmup), pick(samples, base.samples), pick(chains, base.chains), seed
    )


def observations_of(data: Sequence[str], alone: bool) -> tuple[Observations, str]:
    """The specimens of tables, with the patent's unless ``alone``, and a name for them.

    Raises:
        InputError: a table that cannot be read, a name twice, nothing at all.
    """
    from percola.design.posterior import observations as room
    from percola.errors import InputError

    if alone and not data:
        raise InputError(
            "--alone", "without a table", "DATA: a CSV or XLSX file", "see percola calibrate --template"
        )
    parts = [room.from_file(path) for path in data]
    names = [Path(p).stem for p in data]
    if not alone:
        parts.append(room.patent())
        names.append(PATENT_NAME)
    found = parts[0]
    for part in parts[1:]:
        found = room.joined(found, part)
    return found, " + ".join(names)


def calibrate(
    data: Sequence[str],
    *,
    alone: bool = False,
    quick: bool = False,
    refit: bool = True,
    samples: int | None = None,
    warmup: int | None = None,
    chains: int | None = None,
    seed: int = 0,
    out: Path | None = None,
    fresh: bool = False,
) -> dict[str, Any]:
    """Calibrate and return the answer; progress goes to standard error. The same call goes on where it was stopped."""
    settings = settings_of(quick, samples, warmup, chains, seed)
    from percola.cli import compiled

    compiled.keep()
    # A process stopped by Ctrl-C leaves at once; what Python's tracker of semaphores says of that is no news.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")
    from percola.design import output
    from percola.design.posterior import calibration as room
    from percola.pipeline import Event

    root = out or output.CALIBRATIONS
    with Progress() as progress:
        progress(Event("read", None, "specimens"))
        seen, name = observations_of(data, alone)
        known = seen.known()
        identity = room.identity(known, settings)
        progress(
            Event(
                "recipe",
                None,
                f"{len(known)} specimens with {known.value.size} numbers in {len(known.features.solvents)} solvents.",
            )
        )
        before = root / output.calibration_folder(name, identity) / "calibration.npz"
        kept = root / PARTS
        if fresh:
            shutil.rmtree(kept / identity, ignore_errors=True)
        found = None if fresh else _finished(before, leave_out=not quick, refit=refit)
        opened = "finished" if found is not None else "new"
        if found is None:
            if quick:
                progress(
                    Event(
                        "recipe",
                        None,
                        "Quick: short chains and no leave-one-out. For trying; not for conclusions.",
                    )
                )
            elif refit:
                progress(
                    Event(
                        "recipe",
                        None,
                        "Leave-one-out follows; a specimen whose weights cannot be trusted takes one to two minutes more "
                        "(--no-refit: none does).",
                    )
                )

            def tell(words: str, share: float) -> None:
                sentence = words.startswith("sampling takes")
                progress(Event("recipe" if sentence else "calibrate", share, words))

            if (kept / identity).is_dir():
                opened = "resumed"
            found = room.calibrate(
                seen, settings, name, leave_out=not quick, anew=refit, progress=tell, keep=kept
            )
            tell("done", 1.0)
        path = before.parent
        if opened != "finished":
            path = output.write_calibration(found, out=root, quick=quick)
            shutil.rmtree(kept / identity, ignore_errors=True)
            if kept.is_dir() and not any(kept.iterdir()):
                kept.rmdir()
    document = output.calibration_document(found, quick)
    document.pop("densities")
    return {
        "opened": opened,
        "result": str(path),
        "calibration": str(path / "calibration.npz"),
        "report": str(path / "report.html"),
        **document,
    }


def _finished(path: Path, *, leave_out: bool, refit: bool) -> Calibration | None:
    """A calibration of the same that was finished before and holds what is asked for now."""
    import json

    from percola.design.posterior.calibration import Calibration
    from percola.design.posterior.pareto import RELIABLE
    from percola.errors import PercolaError

    try:
        status = json.loads((path.parent / "manifest.json").read_text("utf-8")).get("status")
        if status != "finished":
            return None
        found = Calibration.load(path)
    except (OSError, ValueError, PercolaError):
        return None
    if leave_out and not found.left_out:
        return None
    if leave_out and refit and any(x.k > RELIABLE for x in found.left_out):
        return None
    return found


def show(answer: Mapping[str, Any]) -> None:
    """What was learned, for a person; the report holds all of it."""
    from rich.table import Table

    from percola.report.calibration import summary_rows
    from percola.report.numbers import plus_minus

    out = console()
    if answer["opened"] == "finished":
        out.print("This was calibrated before; its results are shown. --fresh computes them again.")
    for words in answer["warnings"]:
        out.print(f"WARNING: {words}", soft_wrap=True, style="bold red")
    if answer["quick"]:
        out.print("Quick: for trying only.", style="bold")
    rows = summary_rows(answer)
    if rows:
        table = Table(
            "Left out",
            "Numbers",
            "Median factor",
            "90 % of factors below",
            "Coverage",
            box=None,
            pad_edge=False,
        )
        for r in rows:
            table.add_row(r["quantity"], r["count"], r["median"], r["tail"], r["coverage"])
        out.print(table)
        classes = answer["left_out_summary"]["classes"]
        wrong = f" (not {', '.join(classes['wrong'])})" if classes["wrong"] else ""
        out.print(f"Structure right for {classes['right']} of {classes['count']}{wrong}.\n", soft_wrap=True)
    table = Table("Learned most", "Prior", "Posterior", "Learned", box=None, pad_edge=False)
    for x in answer["learned"][:8]:
        unit = "" if x["unit"] in ("ln", "logit", "1") else x["unit"]
        table.add_row(
            x["name"],
            plus_minus(x["prior"]["mean"], x["prior"]["sd"], unit),
            plus_minus(x["posterior"]["mean"], x["posterior"]["sd"], unit),
            f"{100 * max(x['learned'], 0.0):.0f} %",
        )
    out.print(table)
    if answer["correlations"]:
        told = ", ".join(
            f"{c['one']} with {c['other']} ({c['correlation']:+.2f})" for c in answer["correlations"][:4]
        )
        out.print(f"Told only together: {told}", soft_wrap=True)
    if answer["doubts"]:
        out.print(f"{len(answer['doubts'])} numbers count less, doubted by the audit; the report names them.")
    for note in answer["read_notes"]:
        if note.startswith("columns not read"):
            out.print(f"WARNING: {note}", soft_wrap=True)
    if answer["read_notes"]:
        out.print(f"{len(answer['read_notes'])} notes on what was read how stand in the report.")
    out.print(f"\nCalibration: {answer['calibration']}", soft_wrap=True)
    out.print(f"Report: {answer['report']}", soft_wrap=True)
    out.print(f"Use it: percola predict RECIPE --calibration {answer['result']}", soft_wrap=True)
