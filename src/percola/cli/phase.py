"""``percola phase-diagram``: the curves of Figs. 1 and 4 for a recipe, as tables and pictures."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from percola.cli.output import console
from percola.errors import InputError
from percola.store.atomic import plain, write_bytes, write_text


def diagram(source: str, out: Path | None) -> dict[str, Any]:
    """Compute the phase diagram of a recipe and write its tables and figures to a folder.

    Returns: the content of ``phase_diagram.json`` with ``"files"``, the paths written.
    """
    from percola.recipe import require_sound, resolve, solution_from
    from percola.thermo.phase_diagram import phase_diagram

    recipe, _ = resolve(source)
    require_sound(recipe, source=source)
    folder = Path("phase-diagram-" + _name(source)) if out is None else out
    if folder.exists() and not folder.is_dir():
        raise InputError(
            str(folder), "is a file", "a folder, or a name that is still free", "choose another --out"
        )
    folder.mkdir(parents=True, exist_ok=True)  # before the work: an unwritable place is told at once
    solution = solution_from(recipe)
    result = phase_diagram(solution.system, (solution.weight_fraction, solution.dissolution_temperature_K))
    data = plain(result.to_dict())
    files = {
        "json": folder / "phase_diagram.json",
        "csv": folder / "phase_diagram.csv",
        "crystallization_csv": folder / "crystallization.csv",
    }
    write_text(files["json"], json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    write_text(files["csv"], _csv(*result.table()))
    write_text(files["crystallization_csv"], _csv(*_crystallization(data)))
    files |= _figures(data, folder)
    return {**data, "files": {kind: str(path) for kind, path in files.items()}}


def _name(source: str) -> str:
    return (
        re.sub(r"[^A-Za-z0-9._-]+", "-", source.removesuffix(".toml").rsplit("/", 1)[-1]).strip("-.")
        or "recipe"
    )


def _csv(header: list[str], rows: list[list[Any]]) -> str:
    """One header row, SI units in the names, an empty cell where a curve has no point."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return text.getvalue()


def _crystallization(data: Mapping[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """Fig. 1: crystallization against dissolution temperature, one column for each concentration."""
    curves = data["tc_against_ts"]
    header = ["dissolution_K", *(f"crystallization_K_at_{100 * w:g}_wt%" for w in curves["weight_fractions"])]
    columns = [curves["dissolution_K"], *curves["crystallization_K"]]
    return header, [list(row) for row in zip(*columns, strict=True)]


def _figures(data: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from percola.plot import process, style

    files = {}
    with matplotlib.rc_context(style.RC):
        for name, draw in (
            ("phase_diagram", process.phase_map),
            ("crystallization", process.crystallization_against_dissolution),
        ):
            axes = draw(data)
            for kind in ("svg", "png"):
                image = io.BytesIO()
                axes.figure.savefig(image, format=kind, dpi=200)
                path = folder / f"{name}.{kind}"
                write_bytes(path, image.getvalue())
                files[f"{name}_{kind}"] = path
            plt.close(axes.figure)
    return files


def show(result: Mapping[str, Any]) -> None:
    """The answer for a person."""
    from percola.units import for_people

    def celsius(value: float | None) -> str:
        return "none" if value is None else for_people(value, "temperature")

    out = console()
    recipe, critical = result["recipe"], result["critical"]
    out.print(f"{result['polymer']} in {result['solvent']}, {100 * recipe['w']:.1f} wt%")
    out.print(f"  dissolution          {celsius(recipe['dissolution_K'])}")
    at = {name: _at(result, name, recipe["w"]) for name in ("melting_K", "cloud_point_K", "spinodal_K")}
    out.print(f"  melting              {celsius(at['melting_K'])}")
    for curve in result["crystallization"]:
        if abs(curve["dissolution_K"] - recipe["dissolution_K"]) < 1e-6:
            rate = for_people(result["cooling_rate_K_s"], "cooling_rate")
            value = _between(result["weight_fraction"], curve["temperature_K"], recipe["w"])
            out.print(f"  crystallization      {celsius(value)} at {rate}")
    out.print(f"  cloud point          {celsius(at['cloud_point_K'])}")
    out.print(f"  spinodal             {celsius(at['spinodal_K'])}")
    out.print(f"  critical point       {celsius(critical['T_K'])} at {100 * critical['w']:.1f} wt%")
    standing = result.get("standing") or {}
    if standing:
        seen = "a planar interface would be seen" if standing["planar_interface"] else "no planar interface"
        out.print(f"  standing             {seen} (10 to 60 wt%)")
    out.print("\nWrote " + ", ".join(result["files"].values()), soft_wrap=True)


def _at(result: Mapping[str, Any], name: str, weight_fraction: float) -> float | None:
    return _between(result["weight_fraction"], result[name], weight_fraction)


def _between(xs: list[float], ys: list[float | None], x: float) -> float | None:
    """Linear interpolation; None next to a gap of the curve."""
    for (x0, y0), (x1, y1) in zip(zip(xs, ys, strict=True), zip(xs[1:], ys[1:], strict=True), strict=False):
        if x0 <= x <= x1 and y0 is not None and y1 is not None:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return None
