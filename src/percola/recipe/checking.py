"""The check of a recipe against physics and the patent: rules as data, applied to readings."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from percola import units
from percola.recipe import readings
from percola.recipe.findings import GRADES, Finding, Grade
from percola.recipe.model import Recipe
from percola.recipe.readings import Context, Reading
from percola.recipe.text import RecipeError

__all__ = ["Context", "Rule", "check", "require_sound", "rules"]

# Bounds are inclusive; this much of their size is left to rounding (0.6 against 60/(60+40)).
ROUNDING = 1e-9


@dataclass(frozen=True)
class Rule:
    """One rule: a reading of the recipe, its bounds [SI], and what to say.

    Attributes:
        key, grade, paragraph, allowed, remedy: as in ``data/rules.toml``.
        reading: function of :mod:`percola.recipe.readings`.
        low, high: inclusive bounds; both infinite: every reading is a finding.
    """

    key: str
    grade: Grade
    paragraph: str
    reading: str
    low: float
    high: float
    allowed: str
    remedy: str

    @property
    def bounded(self) -> bool:
        """Whether the rule has a bound at all."""
        return not (math.isinf(self.low) and math.isinf(self.high))

    def broken_by(self, value: float) -> bool:
        """Whether a reading is a finding."""
        if not self.bounded:
            return True
        margin_low = ROUNDING * max(1.0, abs(self.low)) if math.isfinite(self.low) else 0.0
        margin_high = ROUNDING * max(1.0, abs(self.high)) if math.isfinite(self.high) else 0.0
        return not (self.low - margin_low <= value <= self.high + margin_high)

    def read(self, recipe: Recipe, context: Context) -> Iterator[Reading]:
        """The readings that the rule judges."""
        function: Callable[[Recipe, Context], Iterator[Reading]] = getattr(readings, self.reading)
        return function(recipe, context)


def _bound(given: Any, where: str) -> float:
    """A bound in SI: a number as it is, a text by its unit."""
    if isinstance(given, (int, float)):
        return float(given)
    unit = given.split(" ", 1)[1]
    kind = {
        "K": "temperature_difference",
        "degC": "temperature",
        "wt%": "amount",
        "%": "strain",
        "g/mol": "molar_mass",
        "um": "length",
    }[unit]
    return units.si_value(given, kind, where)


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """All rules, gravest grade first."""
    text = (
        resources.files("percola.recipe").joinpath("data").joinpath("rules.toml").read_text(encoding="utf-8")
    )
    found = [
        Rule(
            r["key"],
            r["grade"],
            r["paragraph"],
            r["reading"],
            _bound(r.get("low", -math.inf), f"rule {r['key']}.low"),
            _bound(r.get("high", math.inf), f"rule {r['key']}.high"),
            r["allowed"],
            r["remedy"],
        )
        for r in tomllib.loads(text)["rule"]
    ]
    return tuple(sorted(found, key=lambda r: GRADES.index(r.grade)))


def check(recipe: Recipe, context: Context | None = None) -> tuple[Finding, ...]:
    """All findings on a recipe: errors first, then outside the patent, then outside the preferred range.

    Args:
        recipe: a recipe that could be read; faults of form are raised by reading it.
        context: tables and thermodynamics. Without thermodynamics (the default) the rules that need the
            melting point in the mixture, the cloud point or the window are left out;
            :func:`percola.recipe.physics.context_of` supplies them.
    """
    context = context or Context()
    found: list[Finding] = []
    settled: set[tuple[str, str]] = set()
    for rule in rules():
        for reading in rule.read(recipe, context):
            if (rule.reading, reading.field) in settled or not rule.broken_by(reading.value):
                continue
            settled.add((rule.reading, reading.field))
            remedy = reading.remedy or rule.remedy
            found.append(
                Finding(
                    rule.grade, reading.field, rule.paragraph, reading.found, rule.allowed, remedy, rule.key
                )
            )
    return tuple(found)


def require_sound(
    recipe: Recipe, context: Context | None = None, source: str = "recipe"
) -> tuple[Finding, ...]:
    """The findings of :func:`check`, refusing a recipe with errors.

    Raises:
        RecipeError: the first error; all findings as ``findings``.
    """
    found = check(recipe, context)
    errors = [f for f in found if f.grade == "error"]
    if errors:
        first = errors[0]
        more = (
            f" (and {len(errors) - 1} more: {', '.join(f.field for f in errors[1:6])})"
            if len(errors) > 1
            else ""
        )
        paragraph = f" ({first.paragraph})" if first.paragraph else ""
        raise RecipeError(
            f"{source}, {first.field}",
            first.found + more,
            first.allowed + paragraph,
            first.remedy,
            tuple(found),
        )
    return found
