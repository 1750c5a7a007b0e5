"""``percola reproduce``: the patent as Percola sees it, in one page and one JSON file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from percola.cli.output import console, error_console
from percola.cli.progress import Progress
from percola.errors import InputError, PercolaError

FOLDER = "reproduced"
"""Where results go unless another place is named."""
SURFACE_S = 30.0
"""About what one surface box of 64 cells takes on two cores; with the cube of the edge."""


def reproduce(
    *,
    calibration: Path | None = None,
    figures: bool = False,
    size: int | None = None,
    seed: int = 0,
    commit_table: Path | None = None,
    out: Path | None = None,
) -> dict[str, Any]:
    """Reproduce the patent and return the answer in SI; progress goes to standard error."""
    from percola.cli import compiled

    compiled.keep()
    from percola.design import output
    from percola.design.foretold import full
    from percola.design.patent import pictures
    from percola.design.patent import reproduce as room
    from percola.design.patent.misfit import statements
    from percola.design.posterior.calibration import patent
    from percola.pipeline import Event
    from percola.report.reproduce import build_reproduction
    from percola.store.atomic import plain, resources, write_json

    if not 0 <= seed < 2**31:
        raise InputError("--seed", str(seed), "0 to 2147483647")
    if size is not None and not figures:
        raise InputError("--size", "given without --figures", "together with --figures")
    edge = pictures.SIZE if size is None else size
    if not 16 <= edge <= 512:
        raise InputError("--size", str(edge), "16 to 512")
    need = full.need(edge) if figures else None
    used = patent() if calibration is None else output.load_calibration(calibration)
    folder = (out or Path(FOLDER)) / used.id
    with resources(folder):
        folder.mkdir(parents=True, exist_ok=True)
    if need is not None:
        surfaces = len(pictures.SURFACES) * SURFACE_S * (edge / pictures.SIZE) ** 3 / 60.0
        error_console().print(
            f"{len(pictures.SECTIONS)} runs in three dimensions, one after the other. Each: {need.words} "
            f"{len(pictures.SURFACES)} surface boxes besides, some {surfaces:.0f} min in all. What is finished is kept and reused.",
            soft_wrap=True,
        )
    with Progress() as progress:
        data = room.reproduce(
            used, seed=seed, progress=lambda words, share: progress(Event("reproduce", share, words))
        )
        progress(Event("reproduce", 1.0, "curves and tables"))
        data = plain(data)
        structures = _structures(used, folder, edge, seed, progress) if figures else []
    data["structures"] = [{k: v for k, v in s.items() if k not in ("level", "periodic")} for s in structures]
    write_json(folder / "reproduction.json", data)
    missing = (
        ""
        if figures
        else ("Figs. 5 to 7 need structures in three dimensions: percola reproduce --figures makes them.")
    )
    page = build_reproduction(folder, data, statements(data), structures, missing)
    answer: dict[str, Any] = {
        "result": str(folder),
        "report": str(page),
        "data": str(folder / "reproduction.json"),
        "calibration": data["calibration"],
        "summary": data["summary"],
        "classes": data["classes"],
        "surface": {k: v for k, v in data["surface"].items() if k != "media"},
        "supports": data["supports"],
        "reserved": room.reserved_predictions(data)["specimens"],
        "structures": plain(data["structures"]),
        "notes": data["notes"],
    }
    if commit_table is not None:
        answer["table"] = str(room.write_reserved(data, commit_table))
    return answer


def _structures(used: Any, folder: Path, size: int, seed: int, progress: Progress) -> list[dict[str, Any]]:
    """Pictures of Figs. 5 to 7; what cannot be made says why in its place."""
    from percola.design.patent import pictures
    from percola.pipeline import Event

    out: list[dict[str, Any]] = []

    def keep(figure: str, name: str, make: Any) -> None:
        try:
            shown = make()
        except PercolaError as error:
            out.append({"figure": figure, "specimen": name, "reason": str(error)})
            return
        out.append({k: getattr(shown, k) for k in shown.__dataclass_fields__})

    for figure, name in pictures.SECTIONS:
        keep(figure, name, lambda f=figure, n=name: pictures.section(
            used, f, n, folder / "runs", size, seed, progress))  # fmt: skip
    for k, (figure, name) in enumerate(pictures.SURFACES):

        def tell(words: str, share: float, k: int = k) -> None:
            progress(Event("surfaces", (k + share) / len(pictures.SURFACES), words))

        keep(figure, name, lambda f=figure, n=name, t=tell: pictures.surface_box(
            f, n, folder / "surfaces", size, seed, t))  # fmt: skip
    progress(Event("surfaces", 1.0, "surfaces"))
    return out


def show(answer: Mapping[str, Any]) -> None:
    """The scores for a person; all numbers stand in the report."""
    from rich.table import Table

    from percola.report.reproduce import SHORT

    out = console()
    table = Table(
        "Quantity", "Specimens", "Median factor", "Aim", "90th pct.", "Covered", "Ridge", "Ridge 90th", box=None,
        pad_edge=False,
    )  # fmt: skip
    for q, s in answer["summary"].items():
        a, r = s["percola"], s["ridge"]
        table.add_row(
            SHORT[q], str(a["n"]), _number(a["median_factor"], ".3f"), f"{s['aim']:g}", _number(a["p90_factor"], ".2f"),
            _number(a["coverage"], ".0%"), _number(r["median_factor"], ".3f"), _number(r["p90_factor"], ".2f"),
        )  # fmt: skip
    out.print("Each specimen predicted without itself:")
    out.print(table)
    c, s = answer["classes"]["left_out"], answer["surface"]
    out.print(f"Structure classes right: {c['right']} of {c['of']}", soft_wrap=True)
    for w in c["wrong"]:
        out.print(
            f"  {w['id']}: reported {w['reported'].replace('_', ' ')}, most probable {w['predicted'].replace('_', ' ')}",
            soft_wrap=True,
        )
    out.print(f"Surfaces: open or closed right for {s['closure_right']} of 9 media", soft_wrap=True)
    out.print(f"Reserved specimens predicted alone: {len(answer['reserved'])}", soft_wrap=True)
    for x in answer["structures"]:
        if x.get("reason"):
            out.print(f"Fig. {x['figure']} is missing: {x['reason']}", soft_wrap=True)
    if not answer["calibration"]["converged"]:
        out.print("The chains of this calibration do not agree: its numbers are provisional.", soft_wrap=True)
    if "table" in answer:
        out.print(f"Predictions of the reserved specimens: {answer['table']}", soft_wrap=True)
    out.print(f"Report: {answer['report']}", soft_wrap=True)


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
