"""``percola check``: the findings on a recipe, without running it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from percola.cli.output import console
from percola.recipe import RecipeError, check, context_of, resolve
from percola.recipe.findings import GRADES, Finding


def findings(source: str) -> dict[str, Any]:
    """All findings on a recipe, gravest first; those of form and of physics alike.

    Faults of form (wrong TOML, unknown keys, wrong units) hide all others: there is no recipe to check yet.
    """
    where = source
    try:
        recipe, _ = resolve(source)
        found: tuple[Finding, ...] = check(recipe)
        if not any(f.grade == "error" for f in found):
            # Only a recipe without errors can be turned to physics, which the remaining rules need.
            found = check(recipe, context_of(recipe))
    except RecipeError as error:
        if not error.findings:
            raise
        found, where = error.findings, error.where
    counts = {grade: sum(f.grade == grade for f in found) for grade in GRADES}
    return {"recipe": source, "where": where, "counts": counts, "findings": [f.to_dict() for f in found]}


def show(result: Mapping[str, Any]) -> None:
    """The same for a person."""
    out = console()
    if result["findings"] and result["where"] != result["recipe"]:
        out.print(f"{result['where']}:")
    show_findings(result["findings"])
    counts = result["counts"]
    if not result["findings"]:
        out.print("Nothing found: the recipe lies inside the preferred ranges of the patent.")
    else:
        out.print(
            f"{counts['error']} errors, {counts['outside_patent']} outside the patent, "
            f"{counts['outside_preferred']} outside the preferred range."
        )


def show_findings(found: Sequence[Mapping[str, Any]]) -> None:
    """One paragraph for each finding."""
    out = console()
    for finding in found:
        out.print(str(Finding(**{"rule": "", **finding})), soft_wrap=True)
