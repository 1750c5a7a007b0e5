"""The definitions as data: read from ``data/definitions.toml`` and checked, every field of every entry."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from importlib import resources
from typing import Any, Literal, TypeVar

from percola.errors import InputError

Operator = Literal["at_least", "at_most", "above", "below", "between", "one_of", "none_of"]
OPERATORS: tuple[Operator, ...] = ("at_least", "at_most", "above", "below", "between", "one_of", "none_of")
GROUPS = ("definition", "preferred", "class")
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


@dataclass(frozen=True)
class Combination:
    """Several criteria or combinations joined: "all" passes when every part does, "any" when one does."""

    key: str
    title: str
    operator: Literal["all", "any"]
    of: tuple[str, ...]
    source: str
    group: str = "definition"
    assumes: str = ""


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
class Definitions:
    """All criteria, combinations and classes, and the confidence at which a criterion is decided."""

    confidence: float
    criteria: Mapping[str, Criterion]
    combinations: Mapping[str, Combination]
    classes: tuple[StructureClass, ...]


_T = TypeVar("_T")


def _entry(kind: type[_T], raw: Mapping[str, Any], where: str) -> _T:
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    for name in raw:
        if name not in known:
            raise InputError(f"{where}.{name}", "an unknown field", ", ".join(known))
    for name, field in known.items():
        if name not in raw and field.default is MISSING:
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
    for i, item in enumerate(raw.get("combination", [])):
        combination = _entry(Combination, item, f"{where}.combination[{i}]")
        place = f"{where}.combination.{combination.key}"
        if combination.key in criteria or combination.key in combinations:
            raise InputError(place, "stands twice", "each key once")
        for key in combination.of:
            if key not in criteria and key not in combinations:
                raise InputError(f"{place}.of", repr(key), "keys defined above it")
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
    return Definitions(confidence, criteria, combinations, classes)


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
