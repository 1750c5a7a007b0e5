"""`Finding`: what is wrong, or outside the patent, or outside its preferred range, with field, paragraph
and remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Grade = Literal["error", "outside_patent", "outside_preferred"]
GRADES: tuple[Grade, ...] = ("error", "outside_patent", "outside_preferred")
GRADE_WORDS = {
    "error": "error",
    "outside_patent": "outside the patent",
    "outside_preferred": "outside the preferred range",
}


@dataclass(frozen=True)
class Finding:
    """One finding on a recipe.

    Attributes:
        grade: ``"error"`` (impossible or undefined), ``"outside_patent"`` or ``"outside_preferred"``.
        field: path of the field, e.g. ``"polymers[0].amount"``.
        paragraph: paragraph of EP 1 063 256 A1 that says so; empty for faults of form.
        found: what the recipe says, in the units of the field.
        allowed: what is allowed.
        remedy: what to do.
        rule: key of the rule.
    """

    grade: Grade
    field: str
    paragraph: str
    found: str
    allowed: str
    remedy: str
    rule: str = ""

    def __str__(self) -> str:
        paragraph = f" ({self.paragraph})" if self.paragraph else ""
        return (
            f"{GRADE_WORDS[self.grade]}: {self.field}: {self.found}; allowed: {self.allowed}{paragraph}; "
            f"what to do: {self.remedy}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for findings.json."""
        return {
            "grade": self.grade,
            "field": self.field,
            "paragraph": self.paragraph,
            "found": self.found,
            "allowed": self.allowed,
            "remedy": self.remedy,
            "rule": self.rule,
        }
