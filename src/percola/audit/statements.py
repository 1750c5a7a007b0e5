"""Statements: what a source says outside of its specimens' results, as data on which rules work."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from percola.errors import InputError

#: kind -> keys that it must have besides paragraph, kind and subject.
KINDS: dict[str, tuple[str, ...]] = {
    "specimen_value": ("field", "values"),
    "window": ("edge", "field", "setting", "step", "text", "unit", "series"),
    "definition": ("reading",),
    "process": ("specimen", "fields"),
    "derived": ("base", "offset", "text", "unit"),
    "treatment": ("reading",),
    "citation": ("text",),
    "term": ("text",),
    "name": ("text",),
    "unit": ("quantity", "field", "number", "text"),
    "method": ("field",),
    "field_of_view": ("field", "side", "unit", "crossings"),
    "range": ("field", "low", "high", "unit"),
    "range_mixture": ("liquids", "low", "high"),
    "mixture": ("liquids", "parts"),
    "comparison": ("specimen", "other", "fields", "relation"),
    "effect": ("field", "relation"),
    "relation": ("media", "field", "relation", "number"),
    "figure": ("where", "figures"),
    "printed": ("quantity", "text", "specimens"),
}


@dataclass(frozen=True)
class Statement:
    """One statement of a source.

    Attributes:
        paragraph: where it stands.
        kind: key of :data:`KINDS`.
        subject: what it is about, in words.
        data: further keys by kind (``data/statements.toml`` lists them).
    """

    paragraph: str
    kind: str
    subject: str
    data: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.data[key]

    def get(self, key: str, default: Any = "") -> Any:
        """A further key, or the default."""
        return self.data.get(key, default)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"paragraph": self.paragraph, "kind": self.kind, "subject": self.subject, **self.data}


def statements_from_text(text: str, source: str = "statements") -> tuple[Statement, ...]:
    """Statements from TOML text with ``[[statement]]`` tables.

    Raises:
        InputError: not TOML, an unknown kind, a key left out.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(source, f"not TOML ({error})", "[[statement]] tables", "correct the file") from None
    listed = data.get("statement", [])
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise InputError(source, "no [[statement]] tables", "[[statement]] tables", "correct the file")
    out = []
    for number, entry in enumerate(listed, start=1):
        where = f"{source}, statement {number}"
        if not isinstance(entry, Mapping):
            raise InputError(where, "not a table", "[[statement]] tables", "correct the file")
        kind = str(entry.get("kind", ""))
        if kind not in KINDS:
            raise InputError(where, f"kind {kind!r}", ", ".join(KINDS), "correct the kind")
        missing = [k for k in ("paragraph", "subject", *KINDS[kind]) if k not in entry]
        if missing:
            raise InputError(
                where, f"kind {kind!r} without {missing[0]}", ", ".join(KINDS[kind]), f"add {missing[0]}"
            )
        rest = {k: v for k, v in entry.items() if k not in ("paragraph", "kind", "subject")}
        out.append(Statement(str(entry["paragraph"]), kind, str(entry["subject"]), rest))
    return tuple(out)


@lru_cache(maxsize=1)
def patent_statements() -> tuple[Statement, ...]:
    """What EP 1 063 256 A1 states outside of its specimens' results (``data/statements.toml``)."""
    text = (
        resources.files("percola.audit")
        .joinpath("data")
        .joinpath("statements.toml")
        .read_text(encoding="utf-8")
    )
    return statements_from_text(text, "statements.toml")
