"""The audit: every rule on every specimen and statement."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any

from percola.audit.fields import fields
from percola.audit.findings import GRADES, Case, Finding, Grade, Rule
from percola.audit.operators import OPERATORS
from percola.audit.specimens import ReportedSpecimen
from percola.audit.statements import Statement
from percola.errors import InputError

__all__ = ["GRADES", "Audit", "Finding", "Grade", "Rule", "audit", "rules"]

_OWN = ("key", "title", "grade", "source", "equation", "needs", "operator", "words", "consequence")


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """All rules, in the order of ``data/rules.toml``."""
    text = (
        resources.files("percola.audit").joinpath("data").joinpath("rules.toml").read_text(encoding="utf-8")
    )
    out = []
    for r in tomllib.loads(text)["rule"]:
        rest = {k: v for k, v in r.items() if k not in _OWN}
        out.append(
            Rule(
                r["key"], r["title"], r["grade"], r["source"], r["equation"], tuple(r["needs"]), r["operator"],
                r["words"], r["consequence"], rest,
            )
        )  # fmt: skip
    return tuple(out)


@dataclass(frozen=True)
class Audit:
    """What the audit found, and what it could not look at.

    Attributes:
        findings: gravest first, in the order of the rules within a grade.
        ran: rule -> specimens, pairs or subjects that it judged.
        missing: rule -> what it would have needed -> specimens or subjects.
        unread_columns: columns of the table that the audit does not know.
        specimens: how many there were.
    """

    findings: tuple[Finding, ...]
    ran: Mapping[str, tuple[str, ...]]
    missing: Mapping[str, Mapping[str, tuple[str, ...]]]
    unread_columns: tuple[str, ...]
    specimens: int

    @property
    def counts(self) -> dict[str, int]:
        """Number of findings by grade."""
        return {g: sum(1 for f in self.findings if f.grade == g) for g in GRADES}

    @property
    def not_run(self) -> tuple[str, ...]:
        """Rules that could judge nothing."""
        return tuple(r.key for r in rules() if r.key not in self.ran)

    def of(self, specimen: str) -> tuple[Finding, ...]:
        """The findings on one specimen."""
        return tuple(f for f in self.findings if specimen in f.specimens)

    def by_rule(self, rule: str) -> tuple[Finding, ...]:
        """The findings of one rule."""
        return tuple(f for f in self.findings if f.rule == rule)

    def summary(self) -> str:
        """One line a finding under its grade: specimens, what was compared, rule, paragraphs."""
        lines = []
        for grade in GRADES:
            group = [f for f in self.findings if f.grade == grade]
            lines.append(f"{grade}: {len(group)}")
            for f in group:
                who = ", ".join(f.specimens[:6]) + (
                    f" and {len(f.specimens) - 6} more" if len(f.specimens) > 6 else ""
                )
                where = f"; para. {', '.join(f.paragraphs)}" if 0 < len(f.paragraphs) <= 6 else ""
                about = f.numbers.get("field", f.numbers.get("text"))
                more = f" ({fields()[about].words if about in fields() else about})" if about else ""
                lines.append(f"  {who or 'source'}: {f.title}{more} [{f.rule}{where}]")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "specimens": self.specimens,
            "counts": self.counts,
            "findings": [f.to_dict() for f in self.findings],
            "ran": {k: list(v) for k, v in self.ran.items()},
            "missing": {k: {w: list(i) for w, i in v.items()} for k, v in self.missing.items()},
            "not_run": list(self.not_run),
            "unread_columns": list(self.unread_columns),
        }


def audit(specimens: Sequence[ReportedSpecimen], statements: Sequence[Statement] | None = None) -> Audit:
    """Arithmetic and physical consistency of reported specimens.

    Args:
        specimens: of :func:`percola.audit.patent_specimens`, :func:`percola.audit.from_rows` or
            :func:`percola.audit.from_file`.
        statements: what the source says besides, of :func:`percola.audit.patent_statements` or
            :func:`percola.audit.statements_from_text`; the rules on statements need them.

    Validity: printed digits are taken as intervals, sourced properties with 2 (suspicious) or 3 (impossible) standard
    deviations; a finding is a place to look at, not a judgement on how it came about. Limitations: ``docs/theory/audit.md``.

    Raises:
        InputError: no specimens, or two of one name.
    """
    if not specimens:
        raise InputError("audit", "no specimens", "at least one", "see percola audit --template")
    case = Case(tuple(specimens), tuple(statements or ()))
    if len(case.book) != len(specimens):
        raise InputError("audit", "two specimens of one name", "each name once", "rename one")
    found: list[Finding] = []
    for rule in rules():
        found.extend(OPERATORS[rule.operator](rule, case))
    found.sort(key=lambda f: GRADES.index(f.grade))
    missing: dict[str, dict[str, tuple[str, ...]]] = {}
    for key, by_id in case.missing.items():
        turned: dict[str, tuple[str, ...]] = {}
        for who, why in by_id.items():
            turned[why] = (*turned.get(why, ()), who)
        missing[key] = turned
    unread = tuple(dict.fromkeys(c for s in specimens for c in s.unknown_columns))
    ran = {k: tuple(dict.fromkeys(v)) for k, v in case.ran.items()}
    return Audit(tuple(replace(f) for f in found), ran, missing, unread, len(specimens))
