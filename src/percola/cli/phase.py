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
    data = {**plain(result.to_dict()), "solution": plain([q.to_dict() for q in solution.quantities()])}
    files = {
        "json": folder / "phase_diagram.json",
        "csv": folder / "phase_diagram.csv",
        "crystallization_csv": folder / "crystallization.csv",
        "binodal_csv": folder / "binodal.csv",
    }
    write_text(files["json"], json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    write_text(files["csv"], _csv(*result.table()))
    write_text(files["crystallization_csv"], _csv(*result.tc_table()))
    write_text(files["binodal_csv"], _csv(*result.binodal_table()))
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


def _figures(data: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from percola.plot import process, style

    files = {}
    look: Any = style.RC
    with matplotlib.rc_context(look):
        for name, draw in (
            ("phase_diagram", process.phase_map),
            ("crystallization", process.crystallization_against_dissolution),
        ):
            figure, axes = plt.subplots(figsize=(5.4, 4.4), layout="constrained")
            draw(data, ax=axes)
            for kind in ("svg", "png"):
                image = io.BytesIO()
                figure.savefig(image, format=kind, dpi=200)
                path = folder / f"{name}.{kind}"
                write_bytes(path, image.getvalue())
                files[f"{name}_{kind}"] = path
            plt.close(figure)
    return files


def show(result: Mapping[str, Any]) -> None:
    """The answer for a person."""
    from percola.units import for_people

    out = console()
    recipe, found = result["recipe"], {q["name"]: q for q in result["solution"]}
    out.print(f"{result['polymer']} in {result['solvent']}, {100 * recipe['w']:.1f} wt%")
    out.print(f"  {'dissolution':<24} {for_people(recipe['dissolution_K'], 'temperature')}")
    rate = for_people(result["cooling_rate_K_s"], "cooling_rate")
    for name, words in (
        ("melting_temperature", "melting"),
        ("crystallization_temperature", f"crystallization {rate}"),
        ("cloud_point", "cloud point"),
        ("spinodal_temperature", "spinodal"),
        ("critical_temperature", "critical point"),
    ):
        quantity = found[name]
        value, spread = quantity["value"], quantity["uncertainty"]
        text = "none" if value is None else for_people(value, "temperature")
        if value is not None and spread is not None:
            text += f" ± {spread:.0f} K"
        if name == "critical_temperature" and value is not None and result["critical"]["w"] is not None:
            text += f" at {100 * result['critical']['w']:.1f} wt%"
        if quantity["note"]:
            text = quantity["note"] if value is None else f"{text} ({quantity['note']})"
        out.print(f"  {words:<24} {text.replace('degC', '°C')}", soft_wrap=True)
    for why in dict.fromkeys(w for gap in result["gaps"].values() for w in gap):
        out.print(f"  {'not drawn':<24} {why.replace('degC', '°C')}", soft_wrap=True)
    standing = result.get("standing") or {}
    if standing:
        seen = "a planar interface would be seen" if standing["planar_interface"] else "no planar interface"
        out.print(f"  {'standing':<24} {seen} (10 to 60 wt%)")
    out.print("\nWrote " + ", ".join(result["files"].values()), soft_wrap=True)
