"""Reading of the CSV tables: one value a row with unit, uncertainty, range, method and source."""

from __future__ import annotations

import csv
import difflib
import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise

from percola.errors import TableError

#: What a value is worth, from best to worst; an interpolated value is as good as the worse of its neighbours.
METHODS: tuple[str, ...] = (
    "exact",  # follows from a definition or a formula
    "measured",  # one published measurement or several that agree
    "compiled",  # a handbook or data collection
    "correlation",  # a published correlation, inside its range
    "vendor",  # a product sheet or page
    "fitted",  # fitted here to named data
    "derived",  # computed from other rows
    "extrapolated",  # a published correlation outside its range
    "estimate",  # a published estimation method, or a stated analogy
    "memory",  # remembered from the literature, unverified
    "default",  # of the class of substance, where nothing is known of the pair itself
)
ESTIMATES = frozenset({"extrapolated", "estimate", "memory", "default"})

#: The units that may stand in a table; SI, so that nothing is converted when read.
UNITS: frozenset[str] = frozenset(
    {
        "1", "K", "K2", "kg/m3", "kg/mol", "m3/mol", "Pa s", "N/m", "W/(m K)", "J/(kg K)", "J/mol", "J/m2",
        "Pa^0.5", "Pa", "J/m3", "m", "m/s", "1/m3", "1/K", "S/m",
    }
)  # fmt: skip

COLUMNS = ("key", "value", "unit", "uncertainty", "T_min_K", "T_max_K", "method", "source")

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ω": "omega",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One value of a table.

    Attributes:
        key: substance, or ``"PVDF|DEP"`` for a pair.
        quantity: name of the file, or the column ``quantity`` where a file holds several.
        value: in ``unit``.
        uncertainty: one standard deviation in ``unit``; a multiplicative one is written ``x3`` in the file
            (a factor of 3) and is read as value times ln 3, its first-order equivalent.
        T_min_K: lower end of the range of validity; equal to T_max_K for a point of a curve.
        where: file and line, for messages.
    """

    key: str
    quantity: str
    value: float
    unit: str
    uncertainty: float
    T_min_K: float
    T_max_K: float
    method: str
    source: str
    note: str
    where: str
    factor: float | None = None


@dataclass(frozen=True)
class Entry:
    """One substance of ``names.csv``."""

    key: str
    kind: str
    name: str
    cas: str
    formula: str
    chemical_class: str
    aliases: tuple[str, ...]


def normalized(name: str) -> str:
    """A name in lower case letters and digits only, Greek letters spelled out: what aliases match on."""
    out = []
    for c in unicodedata.normalize("NFKC", name).casefold():
        c = _GREEK.get(c, c)
        out.append("".join(d for d in unicodedata.normalize("NFKD", c) if d.isalnum() and d.isascii()))
    return "".join(out)


def _data() -> Traversable:
    return resources.files("percola.tables").joinpath("data")


def _records(file: Traversable) -> Iterator[tuple[str, dict[str, str]]]:
    with file.open("r", encoding="utf-8") as stream:
        lines = csv.DictReader(stream)
        for record in lines:
            if None in record or any(v is None for v in record.values()):
                raise TableError(
                    f"{file.name}, line {lines.line_num}", "wrong number of columns", "", "mend the row"
                )
            yield f"{file.name}, line {lines.line_num}", record


@lru_cache(maxsize=1)
def entries() -> Mapping[str, Entry]:
    """All substances by key."""
    found: dict[str, Entry] = {}
    for where, r in _records(_data().joinpath("names.csv")):
        if r["key"] in found:
            raise TableError(where, f"{r['key']!r} is there twice", "unique keys", "rename one")
        aliases = tuple(a.strip() for a in r["aliases"].split("|") if a.strip())
        found[r["key"]] = Entry(r["key"], r["kind"], r["name"], r["cas"], r["formula"], r["class"], aliases)
    return found


@lru_cache(maxsize=1)
def _names() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    by_kind: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for e in entries().values():
        for alias in (e.key, e.name, e.cas, *e.aliases):
            n = normalized(alias)
            if not n:
                continue
            taken = by_kind[e.kind].get(n)
            if taken is not None and taken[0] != e.key:
                raise TableError(
                    "names.csv", f"{alias!r} names both {taken[0]} and {e.key}", "", "drop one alias"
                )
            by_kind[e.kind].setdefault(n, (e.key, alias))
    return by_kind


def resolve(name: str, kinds: tuple[str, ...], what: str) -> Entry:
    """The entry that a name, abbreviation, synonym or CAS number means, among substances of these kinds.

    Raises:
        TableError: unknown; ``allowed`` holds up to three nearest names.
    """
    n = normalized(name)
    for kind in kinds:
        hit = _names().get(kind, {}).get(n)
        if hit is not None:
            return entries()[hit[0]]
    pool = {alias: key for kind in kinds for alias, (key, _) in _names().get(kind, {}).items()}
    keys = dict.fromkeys(pool[m] for m in difflib.get_close_matches(n, pool, n=8, cutoff=0.55))
    nearest = [f"{entries()[k].name} ({k})" for k in keys][:3]
    raise TableError(
        f"tables.{what}",
        f"{name!r} is not known",
        f"nearest: {'; '.join(nearest)}" if nearest else "",
        "use one of these names, an abbreviation or a CAS number, or add it to names.csv",
    )


def _number(text: str, where: str, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise TableError(where, f"{column} {text!r} is not a number", "", "mend the row") from None
    if not math.isfinite(value):
        raise TableError(where, f"{column} is {text!r}", "finite numbers", "mend the row")
    return value


def read_row(record: Mapping[str, str], quantity: str, where: str) -> Row:
    """One record of a CSV file as a checked :class:`Row`."""
    missing = [c for c in COLUMNS if c not in record]
    if missing:
        raise TableError(where, f"columns {missing} are missing", ", ".join(COLUMNS), "mend the file")
    value = _number(record["value"], where, "value")
    text, factor = record["uncertainty"].strip(), None
    if text.startswith("x"):
        factor = _number(text[1:], where, "uncertainty")
        if factor <= 1:
            raise TableError(where, f"uncertainty {text!r}", "a factor above 1", "mend the row")
        uncertainty = abs(value) * math.log(factor)
    else:
        uncertainty = _number(text, where, "uncertainty")
    if uncertainty < 0:
        raise TableError(where, f"uncertainty {text!r}", "not negative", "mend the row")
    if record["unit"] not in UNITS:
        raise TableError(where, f"unit {record['unit']!r}", ", ".join(sorted(UNITS)), "convert the value")
    if record["method"] not in METHODS:
        raise TableError(where, f"method {record['method']!r}", ", ".join(METHODS), "mend the row")
    if not record["source"].strip():
        raise TableError(where, "no source", "keys of references.bib", "say where the value comes from")
    low = _number(record["T_min_K"], where, "T_min_K") if record["T_min_K"].strip() else 0.0
    high = _number(record["T_max_K"], where, "T_max_K") if record["T_max_K"].strip() else math.inf
    if not low <= high:
        raise TableError(where, f"T_min_K {low} above T_max_K {high}", "", "mend the row")
    return Row(
        record["key"], record.get("quantity") or quantity, value, record["unit"], uncertainty, low, high,
        record["method"], record["source"], record.get("note", ""), where, factor,
    )  # fmt: skip


@lru_cache(maxsize=1)
def rows() -> Mapping[tuple[str, str], tuple[Row, ...]]:
    """All values by (quantity, key), points of a curve in the order of temperature."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for file in sorted(_data().iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".csv") or file.name == "names.csv":
            continue
        for where, record in _records(file):
            row = read_row(record, file.name[:-4], where)
            found[row.quantity, row.key].append(row)
    out: dict[tuple[str, str], tuple[Row, ...]] = {}
    for name, group in found.items():
        group.sort(key=lambda r: r.T_min_K)
        for a, b in pairwise(group):
            if a.T_max_K >= b.T_min_K:
                raise TableError(b.where, f"{name} overlaps {a.where}", "one value a temperature", "drop one")
            if a.unit != b.unit:
                raise TableError(b.where, f"unit {b.unit!r}, {a.unit!r} above", "one unit a curve", "convert")
        out[name] = tuple(group)
    return out
