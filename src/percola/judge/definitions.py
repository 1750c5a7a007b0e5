"""The definitions as data: read from ``data/definitions.toml`` and checked, every field of every entry."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from importlib import resources
from typing import Any, Literal, TypeVar

from percola.errors import InputError

Operator = Literal["at_least", "at_most", "above", "below", "between", "one_of", "none_of"]
OPERATORS: tuple[Operator, ...] = ("at_least", "at_most", "above", "below", "between", "one_of", "none_of")
#: What the entries are about: "definition" the words of the claims, "process" the conditions that claims put on a process,
# "preferred" and "preferred_process" the ranges that the description prefers, "use" what a product is used for, "class"
# the kinds of structure.
GROUPS = ("definition", "process", "preferred", "preferred_process", "use", "class")
KINDS = ("membrane", "process", "derived")
USED = ("as_printed", "as_meant")
CLASSES = ("percolation", "coarse", "non_porous", "spherical_particles", "cellular")

#: Where a measurement is taken from when a criterion names no region: the whole wall before the simulated
# core.
REGIONS = ("wall", "core", "section", "")


@dataclass(frozen=True)
class Criterion:
    """One threshold or list of words on one measurement; see the heads of ``definitions.toml`` for the
    fields."""

    key: str
    title: str
    measurement: tuple[str, ...]
    operator: Operator
    source: str
    threshold_from: Literal["patent", "percola"]
    unit: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    spread: float = 0.0
    words: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    quantifier: Literal["one", "any"] = "one"
    group: str = "definition"
    reason: str = ""
    as_written: str = ""
    open_words: tuple[str, ...] = ()
    fallback: str = ""
    applies_if: tuple[str, ...] = ()
    scale: Literal["", "degC"] = ""


@dataclass(frozen=True)
class Combination:
    """Several criteria or combinations joined: "all" passes when every part does, "any" when one does.

    Where one of ``applies_if`` fails, or one of ``parents`` does not apply, the whole does not apply. With ``skip`` the
    parts that do not apply are left out.
    """

    key: str
    title: str
    operator: Literal["all", "any"]
    of: tuple[str, ...]
    source: str
    group: str = "definition"
    assumes: str = ""
    applies_if: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    skip: bool = False


@dataclass(frozen=True)
class StructureClass:
    """A kind of structure: it is one when every criterion of one row of ``when`` holds ("!" = does not
    hold)."""

    key: str
    words: str
    when: tuple[tuple[str, ...], ...]
    source: str
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quantity:
    """A measurement that a criterion asks for: what it is, and how to get it.

    Attributes:
        name: the name of the measurement.
        how: the ``percola`` verb, the laboratory method or the field of the recipe that gives it.
        kind: "membrane", "process" (a fact of the recipe) or "derived" (by :func:`percola.judge.derive`).
        of: for a derived one, what it is made of, as ``name`` or ``name@region``.
        words: for a class, the words that are understood.
        unit: SI unit, "1" for a pure number, "" for a class.
    """

    name: str
    how: str
    kind: str
    of: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True)
class Reading:
    """A place of the patent that can be read in two ways.

    Attributes:
        key: its name here.
        place: claim or paragraph.
        as_printed: what stands there.
        as_meant: what is evidently meant, or how else it can be read.
        why: the reason.
        used: which of the two the verdicts use, "as_printed" or "as_meant".
        affects: keys of the verdicts that it concerns; empty where it changes none.
        swap: pairs of keys: the entry of the reading used, and the one that stands for it in the other reading.
    """

    key: str
    place: str
    as_printed: str
    as_meant: str
    why: str
    used: str
    affects: tuple[str, ...] = ()
    swap: tuple[tuple[str, str], ...] = ()

    @property
    def other(self) -> str:
        """The reading that is not used."""
        return "as_meant" if self.used == "as_printed" else "as_printed"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "key": self.key,
            "place": self.place,
            "as_printed": self.as_printed,
            "as_meant": self.as_meant,
            "why": self.why,
            "used": self.used,
            "affects": list(self.affects),
        }


@dataclass(frozen=True)
class Definitions:
    """All criteria, combinations and classes, the readings, and the confidence at which a criterion is decided."""

    confidence: float
    criteria: Mapping[str, Criterion]
    combinations: Mapping[str, Combination]
    classes: tuple[StructureClass, ...]
    quantities: Mapping[str, Quantity] = field(default_factory=dict)
    readings: tuple[Reading, ...] = ()


_T = TypeVar("_T")


def _entry(kind: type[_T], raw: Mapping[str, Any], where: str) -> _T:
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    for name in raw:
        if name not in known:
            raise InputError(f"{where}.{name}", "an unknown field", ", ".join(known))
    for name, entry in known.items():
        if name not in raw and entry.default is MISSING:
            raise InputError(where, f"has no {name}", "every entry needs it")
    values = dict(raw)
    if isinstance(values.get("measurement"), str):
        values["measurement"] = (values["measurement"],)
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(tuple(v) if isinstance(v, list) else v for v in value)
        if isinstance(value, int) and not isinstance(value, bool):
            values[name] = float(value)
    return kind(**values)


def parse(text: str, where: str = "definitions") -> Definitions:
    """Definitions from TOML text, refusing unknown fields, unresolved keys and thresholds that do not fit."""
    raw = tomllib.loads(text)
    if raw.get("schema_version") != 1:
        raise InputError(f"{where}.schema_version", repr(raw.get("schema_version")), "1")
    confidence = raw.get("confidence")
    if not isinstance(confidence, float) or not 0.5 < confidence < 1:
        raise InputError(f"{where}.confidence", repr(confidence), "a probability above 0.5 and below 1")
    criteria: dict[str, Criterion] = {}
    combinations: dict[str, Combination] = {}
    for i, item in enumerate(raw.get("criterion", [])):
        criterion = _entry(Criterion, item, f"{where}.criterion[{i}]")
        _check_criterion(criterion, f"{where}.criterion.{criterion.key}")
        if criterion.key in criteria:
            raise InputError(f"{where}.criterion.{criterion.key}", "stands twice", "each key once")
        criteria[criterion.key] = criterion
    for criterion in criteria.values():
        place = f"{where}.criterion.{criterion.key}"
        if criterion.fallback and criterion.fallback not in criteria:
            raise InputError(f"{place}.fallback", repr(criterion.fallback), "the key of a criterion")
        for key in criterion.applies_if:
            if key not in criteria or criteria[key].applies_if:
                raise InputError(f"{place}.applies_if", repr(key), "keys of criteria that always apply")
    for i, item in enumerate(raw.get("combination", [])):
        combination = _entry(Combination, item, f"{where}.combination[{i}]")
        place = f"{where}.combination.{combination.key}"
        if combination.key in criteria or combination.key in combinations:
            raise InputError(place, "stands twice", "each key once")
        for key in combination.of:
            if key not in criteria and key not in combinations:
                raise InputError(f"{place}.of", repr(key), "keys defined above it")
        for key in (*combination.applies_if, *combination.parents):
            if key not in criteria and key not in combinations:
                raise InputError(f"{place}.applies_if", repr(key), "keys defined above it")
        if combination.operator not in ("all", "any") or combination.group not in GROUPS:
            raise InputError(
                place, f"{combination.operator!r}, {combination.group!r}", "all or any; a known group"
            )
        combinations[combination.key] = combination
    classes = tuple(
        _entry(StructureClass, item, f"{where}.class[{i}]") for i, item in enumerate(raw.get("class", []))
    )
    above: list[str] = []
    for kind in classes:
        if kind.key not in CLASSES or kind.key in above:
            raise InputError(f"{where}.class.{kind.key}", "unknown or twice", ", ".join(CLASSES))
        for key in kind.unless:
            if key not in above:
                raise InputError(f"{where}.class.{kind.key}.unless", repr(key), "classes that stand above it")
        above.append(kind.key)
        for key in (name.removeprefix("!") for row in kind.when for name in row):
            if key not in criteria:
                raise InputError(f"{where}.class.{kind.key}.when", repr(key), "keys of criteria")
    quantities = {
        q.name: q
        for q in (
            _entry(Quantity, item, f"{where}.quantity[{i}]") for i, item in enumerate(raw.get("quantity", []))
        )
    }
    for quantity in quantities.values():
        if quantity.kind not in KINDS or bool(quantity.of) != (quantity.kind == "derived"):
            raise InputError(
                f"{where}.quantity.{quantity.name}",
                f"{quantity.kind!r} of {quantity.of!r}",
                f"one of {', '.join(KINDS)}; what a derived one is made of",
            )
    readings = tuple(
        _entry(Reading, item, f"{where}.reading[{i}]") for i, item in enumerate(raw.get("reading", []))
    )
    for reading in readings:
        _check_reading(reading, f"{where}.reading.{reading.key}", {**criteria, **combinations})
    if len({r.key for r in readings}) != len(readings):
        raise InputError(f"{where}.reading", "a key that stands twice", "each key once")
    return Definitions(confidence, criteria, combinations, classes, quantities, readings)


def _check_reading(r: Reading, where: str, known: Mapping[str, Any]) -> None:
    if r.used not in USED:
        raise InputError(f"{where}.used", repr(r.used), " or ".join(USED))
    for key in (*r.affects, *(key for pair in r.swap for key in pair)):
        if key not in known:
            raise InputError(where, repr(key), "keys of criteria and combinations")
    if any(len(pair) != 2 for pair in r.swap):
        raise InputError(f"{where}.swap", repr(r.swap), "pairs of keys")


def _check_criterion(c: Criterion, where: str) -> None:
    if c.operator not in OPERATORS:
        raise InputError(f"{where}.operator", repr(c.operator), ", ".join(OPERATORS))
    needs = {
        "value": c.operator in ("at_least", "at_most", "above", "below"),
        "low": c.operator == "between",
        "high": c.operator == "between",
    }
    for name, needed in needs.items():
        if (getattr(c, name) is not None) != needed:
            raise InputError(f"{where}.{name}", repr(getattr(c, name)), f"what {c.operator!r} needs")
    if c.low is not None and c.high is not None and not c.low < c.high:
        raise InputError(where, f"low {c.low} is not below high {c.high}")
    if bool(c.words) != (c.operator in ("one_of", "none_of")):
        raise InputError(f"{where}.words", repr(c.words), f"what {c.operator!r} needs")
    if (c.words and c.unit) or (not c.words and not c.unit):
        raise InputError(f"{where}.unit", repr(c.unit), "an SI unit for numbers, none for words")
    if c.open_words and not c.words:
        raise InputError(f"{where}.open_words", repr(c.open_words), "only beside words")
    if c.scale not in ("", "degC") or (c.scale and c.unit != "K"):
        raise InputError(f"{where}.scale", repr(c.scale), "degC, for a temperature in K")
    if c.threshold_from not in ("patent", "percola") or c.group not in GROUPS:
        raise InputError(where, f"{c.threshold_from!r}, {c.group!r}", "patent or percola; a known group")
    if c.spread < 0 or (c.spread and c.threshold_from == "patent"):
        raise InputError(f"{where}.spread", repr(c.spread), "positive, and only on a threshold of our own")
    if c.quantifier not in ("one", "any"):
        raise InputError(f"{where}.quantifier", repr(c.quantifier), "one or any")
    if c.threshold_from == "percola" and not c.reason:
        raise InputError(f"{where}.reason", "is missing", "why our own threshold has this value")


@cache
def definitions() -> Definitions:
    """The definitions that ship with Percola."""
    path = resources.files("percola.judge").joinpath("data/definitions.toml")
    return parse(path.read_text("utf-8"))
