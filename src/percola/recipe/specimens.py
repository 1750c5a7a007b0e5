"""The specimens of EP 1 063 256 A1 as recipes, with the results that the patent reports for them.

Each recipe is the process chain of the text taken literally ("the process of Example N was repeated ...");
readings of ambiguous print stand in its notes. Results of specimens kept for blind validation are not in
the package.
"""

from __future__ import annotations

import builtins
import csv
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from percola import units
from percola.errors import InputError
from percola.recipe import text
from percola.recipe.model import Recipe

PREFIX = "patent:"
RESERVED = "reserved for blind validation"


@dataclass(frozen=True)
class Specimen:
    """One line of the index of specimens.

    Attributes:
        id: e.g. ``"Ex7"``, ``"CE11"``.
        example: heading in the patent.
        paragraph: its paragraph.
        comparative: whether it is a comparative example.
        reserved: whether its results are kept for blind validation.
        repeats: id of the specimen whose process it repeats, or "".
        figure: its micrograph, e.g. ``"5B"``, or "".
        summary: one line on the recipe.
    """

    id: str
    example: str
    paragraph: str
    comparative: bool
    reserved: bool
    repeats: str
    figure: str
    summary: str


@dataclass(frozen=True)
class ReportedValue:
    """One reported result.

    Attributes:
        name: name of the measurement.
        value: number in SI, or a word for a class.
        unit: SI unit, ``"1"`` for a pure number, ``""`` for a word.
        relation: ``"="``, or ``"<="`` where only a bound is reported.
        text: as printed, with its unit.
        kind: key of :data:`percola.units.KINDS`, ``"ratio"`` or ``"word"``.
        paragraph: paragraph of the patent.
        note: a remark, or "".
    """

    name: str
    value: float | str
    unit: str
    relation: Literal["=", "<="]
    text: str
    kind: str
    paragraph: str
    note: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "relation": self.relation,
            "text": self.text,
            "paragraph": self.paragraph,
            "note": self.note,
        }


@dataclass(frozen=True)
class Reported:
    """What the patent reports for a specimen; reserved specimens carry no values and say so in ``note``."""

    specimen: Specimen
    values: tuple[ReportedValue, ...]
    reserved: bool
    note: str

    def value(self, name: str) -> ReportedValue | None:
        """The reported value of that name, or None."""
        return next((v for v in self.values if v.name == name), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "specimen": self.specimen.id,
            "reserved": self.reserved,
            "note": self.note,
            "values": [v.to_dict() for v in self.values],
        }


def _data(name: str) -> str:
    return resources.files("percola.recipe").joinpath("data").joinpath(name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _index() -> Mapping[str, Specimen]:
    rows = csv.DictReader(_data("specimens.csv").splitlines())
    return {
        r["id"].lower(): Specimen(
            r["id"],
            r["example"],
            r["paragraph"],
            r["comparative"] == "1",
            r["reserved"] == "1",
            r["repeats"],
            r["figure"],
            r["summary"],
        )
        for r in rows
    }


def list() -> tuple[Specimen, ...]:
    """All specimens in the order of the patent (reads the index only, so it is quick)."""
    return tuple(_index().values())


def is_specimen(name: str) -> bool:
    """Whether a name is written as a specimen (``patent:...``), known or not."""
    return name.strip().lower().startswith(PREFIX)


def find(name: str) -> Specimen:
    """The specimen of that id, with or without ``patent:``, in any case; also ``"Example 7"``.

    Raises:
        InputError: no such specimen; names the nearest ones.
    """
    given = name.strip()
    key = given.lower().removeprefix(PREFIX).strip()
    key = re.sub(r"^comparative\s+example\s*", "ce", key)
    key = re.sub(r"^(example|ex\.)\s*", "ex", key).replace(" ", "")
    index = _index()
    if key in index:
        return index[key]
    if key == "ce6":
        raise InputError(
            given[:60], "not in the patent", "Ex1a ... Ex22, CE1 ... CE11", "it goes from CE5 to CE7"
        )
    variants = (
        [s.id for k, s in index.items() if re.fullmatch(re.escape(key) + r"([a-z]|-.*)", k)] if key else []
    )
    near = variants or [
        index[k].id for k in difflib.get_close_matches(key, builtins.list(index), n=3, cutoff=0.4)
    ]
    remedy = f"did you mean {', '.join(PREFIX + n for n in near)}?" if near else "see percola specimens list"
    raise InputError(given[:60] or "specimen", "no such specimen", "patent:Ex1a ... patent:CE11", remedy)


def source_text(name: str) -> str:
    """The TOML text of a specimen's recipe, with its comments."""
    return _data(f"recipes/{find(name).id}.toml")


@lru_cache(maxsize=64)
def _load(identity: str) -> tuple[Recipe, Reported]:
    specimen = _index()[identity.lower()]
    recipe = text.loads(_data(f"recipes/{specimen.id}.toml"), f"{PREFIX}{specimen.id}")
    return recipe, _reported(specimen)


def load(name: str) -> tuple[Recipe, Reported | None]:
    """A specimen's recipe and what the patent reports for it.

    >>> load("patent:ex7")[0].dissolution.temperature.text
    '145 degC'
    """
    return _load(find(name).id)


def reported(name: str) -> Reported:
    """What the patent reports for a specimen."""
    return _load(find(name).id)[1]


def _reported(specimen: Specimen) -> Reported:
    if specimen.reserved:
        return Reported(specimen, (), True, RESERVED)
    rows = [r for r in csv.DictReader(_data("reported.csv").splitlines()) if r["id"] == specimen.id]
    return Reported(specimen, tuple(_value(r) for r in rows), False, "")


def _value(row: Mapping[str, str]) -> ReportedValue:
    kind, printed = row["kind"], row["value"]
    value: float | str
    if kind == "word":
        value, unit, shown = printed, "", printed
    elif kind == "ratio":
        value, unit, shown = float(printed), "1", printed
    else:
        shown = f"{printed} {row['unit']}"
        value, unit = units.si_value(shown, kind, f"{row['id']}.{row['name']}"), units.KINDS[kind].si
    relation: Literal["=", "<="] = "<=" if row["relation"] == "<=" else "="
    return ReportedValue(
        row["name"], value, unit, relation, shown, kind, f"para. {row['paragraph']}", row["note"]
    )


def series(name: str) -> tuple[tuple[float, str, str], ...]:
    """Specimens that the patent plots together: (dissolution temperature as plotted [K], specimen id, note).

    Raises:
        InputError: no such series.
    """
    key = name.strip().lower().removeprefix(PREFIX).replace(" ", "").replace(".", "")
    rows = builtins.list(csv.DictReader(_data("series.csv").splitlines()))
    found = tuple(
        (float(r["dissolution_temperature_degC"]) + 273.15, r["specimen"], r["note"])
        for r in rows
        if r["series"] == key
    )
    if not found:
        raise InputError(
            name[:60], "no such series", ", ".join(dict.fromkeys(PREFIX + r["series"] for r in rows))
        )
    return found


def resolve(source: str | Path) -> tuple[Recipe, Reported | None]:
    """The recipe named on the command line: a specimen (``patent:Ex7``) or a TOML file.

    A bare specimen id (``Ex7``) is taken as well where no file has that name.
    """
    name = str(source)
    if is_specimen(name):
        return load(name)
    if not name.strip():
        raise InputError(
            "recipe", "an empty name", "a TOML file or patent:ID", "write for example patent:Ex7"
        )
    if "\x00" not in name and not Path(name).exists() and name.strip().lower() in _index():
        return load(name)
    return text.load(name), None
