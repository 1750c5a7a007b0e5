"""``percola run`` and ``percola report``: the main job, and its report again from a run directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from percola.cli import summary
from percola.cli.output import error_console
from percola.cli.progress import Progress
from percola.cli.require import Requirement, not_met
from percola.errors import InputError


def run(
    recipe: str,
    *,
    out: Path | None,
    size: int | None,
    seed: int,
    dtype: str,
    dims: int,
    realizations: int | None,
    resume: bool,
) -> dict[str, Any]:
    """Run a recipe and return its answer in SI; progress goes to standard error."""
    from percola import pipeline

    with Progress() as progress:
        result = pipeline.run(
            recipe,
            out=out,
            size=size,
            seed=seed,
            dtype=dtype,
            dims=dims,
            realizations=realizations,
            progress=progress,
            resume=resume,
        )
    return {"opened": result.opened, **summary.of(result.path)}


def rebuild_report(directory: Path) -> dict[str, Any]:
    """Write ``report.html`` anew from what a run directory holds."""
    from percola.report import build

    if not (directory / "manifest.json").is_file():
        raise InputError(
            str(directory),
            "no manifest.json there" if directory.is_dir() else "no such run directory",
            "a run directory such as runs/0123456789ab",
            "`percola run` names it in its last line",
        )
    from percola.store import RunDirectory

    # A damaged stage is told, not refused: what is whole is still worth a page.
    damaged = [note.replace("is done again", "is damaged") for note in RunDirectory.view(directory).notes]
    for sentence in damaged:
        error_console().print(sentence, soft_wrap=True)
    page = build(directory)
    return {"run": str(directory), "report": str(page), "damaged": damaged}


def answer_requirements(wanted: Sequence[Requirement], answer: dict[str, Any]) -> bool:
    """Whether everything asked for holds; what does not is added to the answer and told on standard error."""
    broken = not_met(wanted, answer["verdicts"], answer["measurements"])
    if wanted:
        answer["required"] = {"asked": [r.text for r in wanted], "not_met": broken}
    for sentence in broken:
        error_console().print(f"required, but does not hold: {sentence}", soft_wrap=True)
    return not broken
