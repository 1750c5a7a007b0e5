"""``percola specimens``: the examples of the patent, with what it reports for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from percola.cli.output import console
from percola.errors import InputError
from percola.recipe import specimens


def listing() -> dict[str, Any]:
    """All specimens in the order of the patent."""
    return {"specimens": [asdict(s) for s in specimens.list()]}


def show_listing(found: Mapping[str, Any]) -> None:
    """The same for a person."""
    from rich.table import Table

    table = Table("Specimen", "Paragraph", "Recipe", "Repeats", box=None, pad_edge=False)
    for row in found["specimens"]:
        repeats = f"{row['repeats']}" if row["repeats"] else ""
        table.add_row(f"patent:{row['id']}", row["paragraph"], row["summary"], repeats)
    out = console()
    out.print(table)
    out.print("\nRun one with `percola run patent:ID`; make it yours with `percola specimens copy ID FILE`.")


def one(name: str) -> dict[str, Any]:
    """One specimen: its line, its recipe as written and what the patent reports."""
    from percola.recipe import to_dict

    specimen = specimens.find(name)
    recipe, reported = specimens.load(name)
    return {
        "specimen": asdict(specimen),
        "recipe": to_dict(recipe),
        "toml": specimens.source_text(name),
        "reported": None if reported is None else reported.to_dict(),
    }


def show_one(found: Mapping[str, Any]) -> None:
    """The same for a person: the recipe, and the results as comments, so that the whole is a recipe again."""
    out = console()
    out.print(found["toml"].rstrip(), soft_wrap=True)
    reported = found["reported"]
    if reported is None or not reported["values"]:
        note = reported["note"] if reported else ""
        out.print(f"\n# Results: {note or 'none reported'}.")
        return
    out.print("\n# Results that the patent reports:")
    for value in reported["values"]:
        sign = "at most " if value["relation"] == "<=" else ""
        remark = "; ".join(t for t in (value["paragraph"], value["note"]) if t)
        out.print(
            f"#   {value['name'].replace('_', ' '):<32} {sign + value['text']:<20} {remark}", soft_wrap=True
        )


def copy(name: str, file: Path | None, force: bool) -> Path:
    """Write a specimen's recipe to a file; a folder is given the file ``ID.toml``.

    Raises:
        InputError: the file exists and ``force`` is not set.
    """
    from percola.store.atomic import write_text

    specimen = specimens.find(name)
    target = Path(f"{specimen.id}.toml") if file is None else file
    if target.is_dir():
        target = target / f"{specimen.id}.toml"
    if target.exists() and not force:
        raise InputError(str(target), "exists already", "a new name", "choose another name, or add --force")
    if not target.parent.is_dir():
        raise InputError(str(target.parent), "no such folder", "a folder that exists", "make it first")
    write_text(target, specimens.source_text(name))
    return target
