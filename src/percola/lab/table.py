"""`Table`: columns and facts as the importer read them, and how a method takes what it wants in SI."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.importer import numbers
from percola.lab.importer.headers import is_unit, known
from percola.lab.wanted import Wanted

_PRIMES = str.maketrans(
    {
        "\u2032": "'",
        "\u2033": "''",
        "\u2019": "'",
        "\u00b4": "'",
        "`": "'",
        "\u201d": "''",
        "\uff07": "'",
        "\uff02": "''",
    }
)
_UMLAUTS = str.maketrans({"\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue"})
_FACT = re.compile(r"[+-]? ?(?:\d[\d.,']*|[.,]\d+)(?:[eE][+-]?\d{1,3})?")
_BRACKETS = re.compile(r"[(\[{<]([^()\[\]{}<>]*)[)\]}>]")
#: What a header that begins with a wanted word may not go on with: it is then something else of that thing.
_OTHERS = (
    "rate", "std", "stdev", "deviation", "error", "setpoint", "setvalue", "target", "program", "derivative", "stamp", "ofday", "date", "speed",
    "soll", "vorgabe", "fehler", "abweichung", "geschwindigkeit", "ableitung", "rampe", "offset", "limit", "drift",
    "\u8a2d\u5b9a", "\u504f\u5dee", "\u901f\u5ea6", "\u5fae\u5206", "\u8aa4\u5dee",
)  # fmt: skip

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        header: as it stands in the file, without its unit; "" where there is none.
        unit: as it stands in the file (in the header, brackets or a row of units); "" where it says none.
        values: numbers as written (not SI), NaN where there is none, shape (rows,).
        text: the cells as text where at least one is not a number (words, "<1"), else None.
        line: line of the file in which the first row stands, from 1.
    """

    header: str
    unit: str
    values: Floats
    text: tuple[str, ...] | None = None
    line: int = 1


@dataclass(frozen=True)
class Table:
    """One table of a file (a file or sheet may hold several specimens).

    Attributes:
        path: the file.
        title: of the specimen or sheet, "" where the file has one table without a name.
        columns: the columns in the order of the file.
        facts: lines such as "Sample area: 1.2 cm2" around the table, name -> text.
        columns_given: name of a `Wanted` -> header, as a person or a profile says.
        units_given: name of a `Wanted`, or header -> unit, as a person or a profile says.
        notes: how the file was understood: encoding, separator, decimal sign, rows left out.
        decimal: sign in which the facts are written, "." or ","; "" where neither the file nor a person settles it.
    """

    path: str
    title: str
    columns: tuple[Column, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    columns_given: Mapping[str, str] = field(default_factory=dict)
    units_given: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    decimal: str = ""

    @property
    def where(self) -> str:
        """The table in words, for messages."""
        return f"{self.path} ({self.title})" if self.title else self.path

    def find(self, wanted: Wanted) -> Column | None:
        """The column that is wanted, or None.

        What a person says comes first, then a header that is one of the words, then one that begins with one.

        Raises:
            InputError: two columns fit equally well, or the one that a person named is not there.
        """
        given = self.columns_given.get(wanted.name)
        if given is not None:
            return self._named(wanted, given)
        words = [plain(w) for w in (wanted.name, *wanted.words)]
        found = [c for c in self.columns if plain(c.header) in words]
        if not found:
            # "Pressure difference" begins with "pressure"; the longest word that fits is the best.
            best = 0
            for c in self.columns:
                head = plain(c.header)
                size = max((len(w) for w in words if len(w) > 2 and _begins(head, w)), default=0)
                if size > best:
                    best, found = size, [c]
                elif size and size == best:
                    found.append(c)
        if len(found) > 1:
            raise InputError(
                self.where,
                f"{len(found)} columns could be the {_words(wanted)}: {', '.join(repr(c.header) for c in found)}",
                "one",
                f'say which: --column {wanted.name}="{found[0].header}"',
            )
        return found[0] if found else None

    def _named(self, wanted: Wanted, given: str) -> Column:
        for c in self.columns:
            if c.header == given or plain(c.header) == plain(given) != "":
                return c
        if given.isdigit() and 1 <= int(given) <= len(self.columns):
            return self.columns[int(given) - 1]
        raise InputError(
            self.where,
            f"no column {given!r} for the {_words(wanted)}",
            ", ".join(repr(c.header or f"column {i}") for i, c in enumerate(self.columns, 1)),
            f'--column {wanted.name}="header", or its number from 1',
        )

    def take(self, wanted: Wanted) -> Floats:
        """The wanted column in SI, NaN where a cell holds no number.

        Raises:
            InputError: it is not there, or its unit is not known.
        """
        column = self.find(wanted)
        if column is None:
            raise self.lacks(wanted)
        if wanted.kind == "number":
            return column.values
        return to_si(column.values, self.unit_of(wanted, column), wanted, self.where, column.header)

    def take_or_none(self, wanted: Wanted) -> Floats | None:
        """As :meth:`take`, None where the table has no such column."""
        return self.take(wanted) if self.find(wanted) is not None else None

    def take_text(self, wanted: Wanted) -> tuple[str, ...]:
        """The wanted column as words."""
        column = self.find(wanted)
        if column is None:
            raise self.lacks(wanted)
        return column.text or tuple("" if np.isnan(v) else f"{v:.15g}" for v in column.values)

    def unit_of(self, wanted: Wanted, column: Column) -> str:
        """The unit of a column: what a person says, else the file, else the default of what is wanted.

        Raises:
            InputError: none of them says it.
        """
        unit = (
            known(self.units_given.get(wanted.name) or self.units_given.get(column.header) or "")
            or column.unit
            or wanted.default_unit
        )
        if not unit:
            from percola.units import KINDS

            kind = KINDS[wanted.kind]
            raise InputError(
                self.where,
                f"column {column.header!r} ({_words(wanted)}) has no unit",
                ", ".join(kind.units),
                f"say it: --unit {wanted.name}={_quoted(kind.example_unit)}",
            )
        return unit

    def fact(self, words: Sequence[str]) -> str | None:
        """What the lines around the table say under one of these names; None where they do not.

        A number at its beginning is written with a decimal point where the decimal sign is settled.
        """
        names = {plain(w) for w in words}
        found = next((v for k, v in self.facts.items() if plain(k) in names), None)
        if found is None:
            return None
        number = fact_number(found, self.decimal) if "," in found else None
        if number is None or (number[1] and not is_unit(number[1].strip("()[]"))):
            return found  # "2,5-dimethylfuran" is no number
        return " ".join(filter(None, number))

    def quantity(self, words: Sequence[str], kind: str, option: str = "") -> float | None:
        """What the lines around the table say under one of these names, in SI; None where they say no number.

        Args: words: names of the fact. kind: key of :data:`percola.units.KINDS`. option: that says it instead, "--area".

        Raises:
            InputError: a number that can be read in two ways, without a unit, or in a unit of something else.
        """
        names = {plain(w) for w in words}
        for key, text in self.facts.items():
            if plain(key) in names:
                found = fact_quantity(key, text, kind, self.decimal, self.where, option)
                if found is not None:
                    return found
        return None

    def lacks(self, wanted: Wanted) -> InputError:
        """The refusal for a column that is not there."""
        there = ", ".join(repr(c.header or f"column {i}") for i, c in enumerate(self.columns, 1))
        return InputError(
            self.where,
            f"no column for the {_words(wanted)}",
            f"a header such as {', '.join(repr(w) for w in wanted.words[:4])}; the file has {there or 'no columns'}",
            f'say which it is: --column {wanted.name}="header", or its number from 1',
        )


def fact_number(text: str, decimal: str = "") -> tuple[str, str] | None:
    """The number at the beginning of a fact, with a decimal point, and what follows it; None for none, or an open one.

    A number that settles its own decimal sign ("0,100", "12.5") is read by it, else by that of the file.

    Args: text: of the fact. decimal: sign of the file, "." or ",", "" where it is not known.

    >>> fact_number("0,100 mm"), fact_number("1,234 mm", ","), fact_number("1,234 mm", "."), fact_number("1,234 mm")
    (('0.100', 'mm'), ('1.234', 'mm'), ('1234', 'mm'), None)
    """
    tidied = numbers.tidy(text.replace(numbers.EXACT, "").strip().strip("\"'").strip())
    match = _FACT.match(tidied)
    if match is None or numbers.is_moment(tidied):
        return None
    number = numbers.look(match[0])
    if number is None or number.rest:
        return None
    evidence = numbers.evidence(number)
    # "1.234" in a file that says nothing else has its point where programs put it; "1,234" stays open.
    sign = {"comma": ",", "point": ".", "none": "."}.get(evidence) or decimal or "." * (evidence == "point?")
    body = numbers.reads(number.body, "," if sign == "," else ".") if sign else None
    if body is None:
        return None
    exponent = number.exponent.lower().replace("d", "e")
    return f"{number.sign}{body}{exponent}", tidied[match.end() :].strip(" ;,\t\"'")


def fact_quantity(
    key: str, text: str, kind: str, decimal: str = "", where: str = "", option: str = ""
) -> float | None:
    """A fact, such as "Probendicke" with "0,100 mm", in SI; None where it is no number.

    Args:
        key: name of the fact; a unit in its brackets counts where the text has none.
        text: number and unit.
        kind: key of :data:`percola.units.KINDS`.
        decimal: sign of the file (:attr:`Table.decimal`).
        where: file, for messages.
        option: that says it instead, for messages.

    Raises:
        InputError: a number that can be read in two ways, without a unit, or in a unit of something else.
    """
    from percola.units import KINDS, si_value

    found = fact_number(text, decimal)
    remedy = f"say it: {option}" if option else ""
    if found is None:
        if _FACT.match(numbers.tidy(text.strip().strip("\"'"))) is None or numbers.is_moment(text.strip()):
            return None
        raise InputError(
            where,
            f"{key!r} is {text!r}: decimal comma or thousands?",
            "a number that can be read in one way",
            f"{remedy or 'say the decimal sign'}, or --decimal , or --decimal .",
        )
    digits, unit = found
    unit = unit.strip("()[]") or next((u for u in _BRACKETS.findall(key) if is_unit(u)), "")
    if not unit:
        raise InputError(
            where,
            f"{key!r} is {text!r}, without a unit",
            ", ".join(KINDS[kind].units),
            f'{remedy} "{digits} {KINDS[kind].example_unit}"'
            if remedy
            else "write the unit behind the number",
        )
    return si_value(f"{digits} {known(unit)}", kind, f"{where}, {key}" if where else key)


def to_si(values: Floats, unit: str, wanted: Wanted, where: str, header: str = "") -> Floats:
    """Numbers in a unit to SI.

    Raises:
        InputError: a unit of something else.
    """
    from percola.units import from_unit

    try:
        return np.asarray(from_unit(values, unit, wanted.kind), float)
    except InputError as error:
        raise InputError(
            where,
            f"column {header!r} is in {unit!r}, which is no unit of the {_words(wanted)}",
            error.allowed,
            f"say its unit: --unit {wanted.name}=...",
        ) from None


def plain(header: str) -> str:
    """A header without case, accents of width, spaces, units in brackets and punctuation.

    Umlauts are spelt out, primes (Z' and Z'') stay, and so do words in brackets that are no unit.

    >>> plain("Druck_(kPa) "), plain("Prüfkraft"), plain("Z'' (ohm)"), plain("Flow (wet)")
    ('druck', 'pruefkraft', "z''", 'flowwet')
    """
    text = unicodedata.normalize("NFKC", header.translate(_PRIMES).replace('"', "''"))
    text = _BRACKETS.sub(lambda m: " " if is_unit(m[1]) or not m[1].strip(" -") else f" {m[1]} ", text)
    text = text.casefold().translate(_UMLAUTS)
    # A prime stays behind a letter or another prime; elsewhere it is a quotation mark.
    return re.sub(r"[^\w']+|_+|(?<![\w'])'+|'+(?=\w)", "", text)


def _begins(head: str, word: str) -> bool:
    """Whether a plain header is a plain word with something of no weight behind it: "force standard", not "force rate"."""
    rest = head[len(word) :]
    if not head.startswith(word) or rest.startswith("'"):
        return False
    if word.endswith(("flow", "flux")):
        rest = rest.removeprefix("rate")  # a flow rate is a flow
    return not any(t in rest for t in _OTHERS)


def _quoted(unit: str) -> str:
    """A unit as it is typed on a command line."""
    return f'"{unit}"' if re.search(r"[\s()]", unit) else unit


def _words(wanted: Wanted) -> str:
    return wanted.help or wanted.name.replace("_", " ")
