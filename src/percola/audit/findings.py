"""What the audit says: grades, findings, rules, and the case that the rules work on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from percola.audit.fields import UNIT_SIGNS
from percola.audit.quantities import Estimate
from percola.audit.specimens import ReportedSpecimen
from percola.audit.statements import Statement

Grade = Literal["impossible", "contradictory", "suspicious", "ambiguous"]
#: Gravest first.
GRADES: tuple[Grade, ...] = ("impossible", "contradictory", "suspicious", "ambiguous")


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes:
        rule: key of the rule.
        grade: one of :data:`GRADES`.
        title: what the rule compares.
        specimens: ids of the specimens concerned; empty for statements.
        numbers: name -> value, low, high, sigma and unit [SI], or a word.
        words: what was found, with the numbers in the units of the field.
        paragraphs: where they stand.
        consequence: what it means for whoever uses them.
        source: keys of ``references.bib`` of the rule.
    """

    rule: str
    grade: Grade
    title: str
    specimens: tuple[str, ...]
    numbers: Mapping[str, Any]
    words: str
    paragraphs: tuple[str, ...]
    consequence: str
    source: str

    def __str__(self) -> str:
        who = ", ".join(self.specimens) or "source"
        where = f" (para. {', '.join(self.paragraphs)})" if self.paragraphs else ""
        return f"{self.grade}: {who}: {self.words}{where}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "rule": self.rule,
            "grade": self.grade,
            "title": self.title,
            "specimens": list(self.specimens),
            "numbers": {k: _plain(v) for k, v in self.numbers.items()},
            "words": self.words,
            "paragraphs": list(self.paragraphs),
            "consequence": self.consequence,
            "source": self.source,
        }


def _plain(value: Any) -> Any:
    if isinstance(value, Estimate):
        return value.to_dict()
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    return value


@dataclass(frozen=True)
class Rule:
    """One rule; attributes as in ``data/rules.toml``, and the operator's own keys in ``parameters``."""

    key: str
    title: str
    grade: Grade
    source: str
    equation: str
    needs: tuple[str, ...]
    operator: str
    words: str
    consequence: str
    parameters: Mapping[str, Any]

    def get(self, key: str, default: Any = None) -> Any:
        """A parameter of the operator."""
        return self.parameters.get(key, default)


@dataclass
class Case:
    """What the rules work on, and what they did.

    Attributes:
        specimens: in the order of the source.
        statements: of the source.
        ran: rule -> ids of specimens (or subjects) that it could judge.
        missing: rule -> id -> what it would have needed.
        hit: (rule, id) of every finding so far.
    """

    specimens: tuple[ReportedSpecimen, ...]
    statements: tuple[Statement, ...]
    ran: dict[str, list[str]] = field(default_factory=dict)
    missing: dict[str, dict[str, str]] = field(default_factory=dict)
    hit: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.book = {s.id: s for s in self.specimens}

    def of_kind(self, kind: str) -> tuple[Statement, ...]:
        """The statements of one kind."""
        return tuple(s for s in self.statements if s.kind == kind)

    def judged(self, rule: Rule, who: str) -> None:
        """Note that a rule could judge a specimen or subject."""
        self.ran.setdefault(rule.key, []).append(who)

    def lacks(self, rule: Rule, who: str, why: str) -> None:
        """Note what a rule would have needed."""
        self.missing.setdefault(rule.key, {})[who] = why

    def paragraphs(self, *ids: str) -> tuple[str, ...]:
        """Paragraphs of specimens, each once."""
        found = (self.book[i].paragraph for i in ids if i in self.book)
        return tuple(dict.fromkeys(p for p in found if p))


def finding(
    rule: Rule,
    case: Case,
    specimens: tuple[str, ...],
    numbers: Mapping[str, Any],
    paragraphs: tuple[str, ...] = (),
    consequence: str = "",
    grade: Grade | Literal[""] = "",
    **words: Any,
) -> Finding:
    """A finding of a rule, its words filled in."""
    shown = {"id": ", ".join(specimens), "ids": " and ".join(specimens), **words}
    more = [p for text in paragraphs for p in text.split(", ") if p]
    where = tuple(dict.fromkeys([*case.paragraphs(*specimens), *more]))
    case.hit.update((rule.key, s) for s in specimens)
    return Finding(
        rule.key,
        grade or rule.grade,
        rule.title,
        specimens,
        dict(numbers),
        rule.words.format(**shown),
        where,
        consequence or rule.consequence.format(**shown),
        rule.source,
    )


def as_reported(s: ReportedSpecimen, key: str) -> str:
    """A value of a specimen as it is printed, with its unit."""
    found = s.get(key)
    if found is None:
        return "not stated"
    return f"{found.text} {UNIT_SIGNS.get(found.unit, found.unit)}".strip()
