"""Cells to numbers: the decimal sign from the evidence of a whole file, never from one cell alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

#: Spaces that group digits, and apostrophes.
_SPACES = "\u00a0\u202f\u2009\u2007\u2008 "
_APOSTROPHES = "'\u2019\u02bc`"
_TRANSLATE = str.maketrans(
    {
        "\u2212": "-", "\u2013": "-", "\u2012": "-", "\ufe63": "-", "\uff0d": "-", "\uff0b": "+", "\u2011": "-",
        "\uff0e": ".", "\uff0c": ",", "\uff05": "%", "\u3000": " ", "\u2010": "-",
        **{chr(0xFF10 + d): str(d) for d in range(10)},
        "\uff25": "E", "\uff45": "e",
        **dict.fromkeys(_SPACES, " "),
        **dict.fromkeys(_APOSTROPHES, "'"),
    }
)  # fmt: skip

_MISSING = {
    "", "-", "--", "---", "n/a", "na", "n.a.", "n. a.", "nan", "#n/a", "#nv", "null", "none", "nil", "*", "**", "***", "****",
    "*****", ".", "..", "...", "?",  "k.a.", "n.d.", "nd", "n.b.", "entf\u00e4llt", "fehlt", "keine", "leer", "missing", "\u306a\u3057", "\u6b20\u6e2c",
    "\u6b20\u640d", "\u672a\u6e2c\u5b9a", "\uff0d", "\u2015", "\u30fc", "\u2014", "1.#qnan", "1.#ind", "-1.#ind", "-nan", "-nan(ind)",
}  # fmt: skip
#: Words in place of a value that say something, so that they are kept as text.
_STATED = {
    "over", "under", "overflow", "underflow", "ovf", "ovr", "ol", "o.l.", "inf", "+inf", "-inf", "infinity", "#div/0!", "#value!", "#ref!",
    "#name?", "#num!", "error", "err", "fehler", "\u00fcberlauf", "range", "open", "n.n.", "bdl", "tntc", "\u221e", "-\u221e", "\u30a8\u30e9\u30fc", "out of range", "> range",
}  # fmt: skip
_LIMIT = re.compile(r"[<>\u2264\u2265\uff1c\uff1e~\u2248]\s*=?\s*[-+]?\d.*")
_TIME = re.compile(r"[-+]?(\d{1,6}):([0-5]?\d):([0-5]?\d(?:[.,]\d+)?)")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?(\s*[ap]\.?m\.?)?", re.I)
_DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})|\d{4}\u5e74\d{1,2}\u6708\d{1,2}\u65e5"
    r"|\d{1,2}[- ](jan|feb|m[a\u00e4]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-z]*\.?[- ]\d{2,4})"
    r"([T ,]+\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?(\s*[ap]m)?(Z|[+-]\d\d:?\d\d)?)?",
    re.I,
)
_NUMBER = re.compile(
    r"(?P<sign>[+-]?) ?(?P<body>\d[\d.,' ]*|[.,]\d+)(?P<exp>(?: ?[eEdD] ?[+-]?\d{1,4}| ?[x*\u00d7] ?10\^?[+-]?\d{1,3})?)(?P<rest>.*)",
    re.S,
)
#: Mark before a number that is one already (a number cell of a workbook), in Python's notation.
EXACT = "\ue000"
Sign = Literal[".", ","]
Evidence = Literal["comma", "point", "none", "comma?", "point?"]


@dataclass(frozen=True)
class Number:
    """A cell that looks like a number: sign, body (digits and separators), exponent, what follows (a unit)."""

    sign: str
    body: str
    exponent: str
    rest: str
    exact: bool = False


def tidy(cell: str) -> str:
    """A cell with one spelling for signs, digits, spaces and apostrophes."""
    if cell.isascii() and "`" not in cell:
        return cell.strip()
    return cell.translate(_TRANSLATE).strip()


@lru_cache(maxsize=20000)  # every cell is looked at several times
def look(cell: str) -> Number | None:
    """The parts of a cell that looks like a number in some notation, or None. ``cell`` is tidied."""
    if cell.startswith(EXACT):
        written, _, rest = cell[1:].partition(" ")
        return Number("", written, "", rest, exact=True)
    if not cell or (cell[0] not in "+-.,0123456789"):
        return None
    m = _NUMBER.fullmatch(cell)
    if m is None:
        return None
    body, rest = m["body"], m["rest"]
    trimmed = body.rstrip(" ")
    if rest and not rest[0].isspace() and trimmed != body:
        rest = " " + rest
    body = trimmed
    rest = rest.strip()
    if body.endswith("'"):
        return None
    if rest and (rest[0].isdigit() or rest[0] in ".,:'+-_" or _DATE.match(cell) or len(rest) > 16):
        return None
    if body[-1] == "," or (rest and body[-1] == "."):
        return None
    if not _shape(body):
        return None
    return Number(m["sign"], body, m["exp"].replace(" ", ""), rest)


def _shape(body: str) -> bool:
    """Whether a body can be a number in any notation."""
    if body.isdigit():
        return True
    return reads(body, ".") is not None or reads(body, ",") is not None


_GROUPED = {
    ".": re.compile(r"\d{1,3}(?:(?:,\d{3})+|(?: \d{3})+|(?:'\d{3})+)(?:\.\d*)?"),
    ",": re.compile(r"\d{1,3}(?:(?:\.\d{3})+|(?: \d{3})+|(?:'\d{3})+)(?:,\d*)?"),
}
_PLAIN = {".": re.compile(r"\d+(?:\.\d*)?|\.\d+"), ",": re.compile(r"\d+(?:,\d*)?|,\d+")}


def reads(body: str, decimal: Sign) -> str | None:
    """The body as Python writes it where it is a number with that decimal sign, or None."""
    if _PLAIN[decimal].fullmatch(body):
        return body.replace(",", ".") if decimal == "," else body
    if _GROUPED[decimal].fullmatch(body):
        if decimal == ",":
            return body.replace(".", "").replace(" ", "").replace("'", "").replace(",", ".")
        return body.replace(",", "").replace(" ", "").replace("'", "")
    return None


def thousands(body: str, decimal: Sign) -> str:
    """The mark that separates thousands in a body, in words; "" for none."""
    for mark, word in (
        (" ", "spaces"),
        ("'", "apostrophes"),
        ("," if decimal == "." else ".", "commas" if decimal == "." else "points"),
    ):
        if mark in body:
            return word
    return ""


def evidence(number: Number) -> Evidence:
    """What one cell says about the decimal sign: settled, or open ("comma?": a comma before three digits)."""
    body = number.body
    if number.exact:
        return "none"
    commas, points = body.count(","), body.count(".")
    if not commas and not points:
        return "none"
    as_point, as_comma = reads(body, ".") is not None, reads(body, ",") is not None
    if as_point and as_comma:
        # "1,234": three digits behind the only sign. A sign before an exponent is a decimal sign.
        if body[0] == "0" or number.exponent:
            return "comma" if commas else "point"
        return "comma?" if commas else "point?"
    return "point" if as_point else "comma"


def value(number: Number, decimal: Sign) -> float | None:
    """The number with that decimal sign, or None where it is none."""
    if number.exact:
        return float(number.body)
    body = reads(number.body, decimal)
    if body is None:
        return None
    exponent = re.sub(r"^[eEdD]|^[x*\u00d7]10\^?", "e", number.exponent)
    if exponent == "e":
        exponent = ""
    return float(number.sign + body + exponent)


def is_missing(cell: str) -> bool:
    """Whether a tidied cell says that there is no value."""
    return cell.lower() in _MISSING


def is_stated(cell: str) -> bool:
    """Whether a tidied cell says something in place of a value: OVER, "<1", #DIV/0!."""
    return cell.lower() in _STATED or _LIMIT.fullmatch(cell) is not None


_JUMBLE = re.compile(r"[-+\d.,;|eE' ]*(?:\d[,;| ][-+\d.,;|eE' ]*|,|;)")


def is_jumble(cell: str) -> bool:
    """Whether a tidied cell is made of the signs of numbers and is none in any notation: "1,2,3", "191.23,10"."""
    return (
        _JUMBLE.fullmatch(cell) is not None
        and any(c.isdigit() for c in cell)
        and look(cell) is None
        and not is_moment(cell)
    )


def is_moment(cell: str) -> bool:
    """Whether a tidied cell is a date or a time of day."""
    return (":" in cell and _CLOCK.fullmatch(cell) is not None) or _DATE.fullmatch(cell) is not None


def elapsed_s(cell: str) -> float | None:
    """Seconds of "hh:mm:ss", or None."""
    m = _TIME.fullmatch(cell)
    if m is None:
        return None
    seconds = int(m[1]) * 3600.0 + int(m[2]) * 60.0 + float(m[3].replace(",", "."))
    return -seconds if cell.startswith("-") else seconds
