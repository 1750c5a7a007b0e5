"""Rows to blocks: facts, header, units, data, footers; several specimens one below another or side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.importer import headers, numbers
from percola.lab.importer.dialect import split as split_line
from percola.lab.table import plain

Cells = list[str]
_STATISTICS = {
    plain(w)
    for w in (
        "mean", "average", "avg", "median", "sd", "std", "std dev", "std. dev.", "stdev", "standard deviation", "cv", "cov",
        "coefficient of variation", "coefficient of variance", "variance", "minimum", "maximum", "min", "max", "range", "sum", "total", "count",
        "mittelwert", "mittel", "standardabweichung", "std.-abw.", "stabw", "variationskoeffizient", "spannweite", "summe", "anzahl", "x\u0304",
        "\u5e73\u5747", "\u5e73\u5747\u5024", "\u6a19\u6e96\u504f\u5dee", "\u6700\u5927", "\u6700\u5c0f", "\u6700\u5927\u5024", "\u6700\u5c0f\u5024", "\u4e2d\u592e\u5024", "\u5909\u52d5\u4fc2\u6570", "\u5408\u8a08", "mean value", "rsd",
    )
}  # fmt: skip
_TITLES = tuple(
    plain(w)
    for w in (
        "specimen", "sample", "sample name", "sample id", "specimen name", "specimen label", "specimen id", "probe", "probenname", "proben-nr", "pr\u00fcfk\u00f6rper", "probe nr",
        "\u8a66\u6599", "\u8a66\u6599\u540d", "\u8a66\u9a13\u7247", "name", "id", "title", "curve", "kurve", "run", "test",
    )
)  # fmt: skip
STATES = {
    "wet",
    "dry",
    "nass",
    "trocken",
    "feucht",
    "\u6e7f\u6f64",
    "\u4e7e\u71e5",
    "\u6e7f",
    "\u4e7e",
    "wetup",
    "dryup",
    "wetcurve",
    "drycurve",
    "wetrun",
    "dryrun",
    "nasskurve",
    "trockenkurve",
}
_COMMENT = re.compile(r"^(?:#+|//+|\$+|!+)\s*(?=\S)")


class RaggedError(InputError):
    """Rows between spaces that have not the same number of cells: a gap cannot be told."""


@dataclass
class Row:
    """A line of the file: number from 1, cells, and what it is."""

    line: int
    cells: Cells
    kind: str = "text"  # "blank", "text", "data" (number first), "named" (a word first, then numbers)
    raw: str = ""


@dataclass
class Block:
    """One table of a file, its cells still text."""

    title: str
    names: list[str]
    units: list[str]
    rows: list[Cells]
    line: int
    facts: dict[str, str]
    notes: list[str] = field(default_factory=list)
    header_line: int = 0
    values: list[npt.NDArray[np.float64]] | None = None  # already numbers, of a long file


class NoTableError(InputError):
    """There are no rows of numbers."""


def is_number(tidied: str) -> bool:
    """Whether a tidied cell is a number, alone or with a unit."""
    number = numbers.look(tidied)
    return number is not None and (not number.rest or headers.is_unit(number.rest))


def classify(row: Row) -> None:
    """Say what a row is."""
    full = count = told = 0
    first = ""
    for cell in row.cells:
        tidied = numbers.tidy(cell)
        if not tidied:
            continue
        kind = (
            "n"
            if is_number(tidied)
            else "m"
            if numbers.is_missing(tidied) or numbers.is_stated(tidied) or numbers.is_moment(tidied)
            else "w"
        )
        full += 1
        first = first or kind
        count += kind == "n"
        told += kind == "m"
    if not full:
        row.kind = "blank"
    elif first != "w" and (count or told) and count + told >= (full + 1) // 2 and (count or full > 1):
        row.kind = "data"
    elif count and first == "w":
        row.kind = "named"
    else:
        row.kind = "text"


def find_blocks(rows: list[Row], separator: str, where: str, said: bool) -> list[Block]:
    """The tables in the rows.

    Args: rows: of the file. separator: that split them. said: whether a person said it.

    Raises:
        InputError: there is none, or the header does not fit the rows.
    """
    for row in rows:
        row.cells[0] = _COMMENT.sub("", row.cells[0]) if row.cells else ""
        classify(row)
        if row.kind in ("data", "named") and _is_statistics(row.cells):
            row.kind = "footer"
    runs = _runs(rows, "data")
    long = max((b - a for a, b in runs), default=0)
    named = _named_runs(rows)
    if long < 2 and named and max(b - a for a, b in named) >= max(1, long):
        # Pairs of a word and a number above a wider or longer table are facts.
        most = max((b - a, _width(rows, a, b)) for a, b in named)
        runs = [r for r in named if _width(rows, *r) >= min(3, most[1]) and (r[1] - r[0] > 1 or most[0] < 5)]
    elif long < 5:
        runs = sorted(runs + [r for r in named if _width(rows, *r) >= 3])
    if not runs:
        raise _no_table(rows, where)
    return _assemble(rows, runs, separator, where, said)


def _runs(rows: Sequence[Row], kind: str) -> list[tuple[int, int]]:
    """Ranges of rows of data; a row that begins with a word but is as wide belongs to its neighbours."""
    out: list[tuple[int, int]] = []
    start: int | None = None
    for i, row in enumerate(rows):
        inside = row.kind == kind or (
            start is not None and row.kind == "named" and _full(row) >= 2 and len(row.cells) == len(rows[i - 1].cells)
            and _full(row) >= _full(rows[i - 1])
        )  # fmt: skip
        if inside and start is None:
            start = i
        elif not inside and start is not None:
            out.append((start, i))
            start = None
    if start is not None:
        out.append((start, len(rows)))
    return out


def _named_runs(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Runs of rows that begin with a word, below a row of words that is as wide."""
    out: list[tuple[int, int]] = []
    i = 0
    while i < len(rows):
        if rows[i].kind != "named":
            i += 1
            continue
        j = i
        while j < len(rows) and rows[j].kind in ("named", "data"):
            j += 1
        # The header may stand anywhere above in the same stretch of lines: the rows below it are the table.
        above = i - 1
        while above >= 0 and rows[above].kind == "blank" and i - above <= 2:
            above -= 1
        if (
            above >= 0
            and rows[above].kind == "text"
            and _full(rows[above]) >= 2
            and abs(_full(rows[above]) - _width(rows, i, j)) <= 1
        ):
            out.append((i, j))
        i = j
    return out


def _full(row: Row) -> int:
    return sum(1 for c in row.cells if c)


def _last(row: Row) -> int:
    return max((k for k, c in enumerate(row.cells, 1) if c), default=0)


def _width(rows: Sequence[Row], a: int, b: int) -> int:
    return max(_last(r) for r in rows[a:b])


def _is_statistics(cells: Cells) -> bool:
    first = next((c for c in cells if c), "")
    return plain(first) in _STATISTICS


def _no_table(rows: Sequence[Row], where: str) -> NoTableError:
    shown = next((r for r in rows if r.kind != "blank"), None)
    found = "no rows of numbers"
    if shown is not None:
        found += f"; line {shown.line} begins {' | '.join(c for c in shown.cells if c)[:60]!r}"
    return NoTableError(
        where,
        found,
        "a header line and rows of numbers below it",
        "export the curve with its data points, or say --separator, --encoding or --sheet",
    )


def _assemble(
    rows: list[Row], runs: list[tuple[int, int]], separator: str, where: str, said: bool
) -> list[Block]:
    if separator in (" ", "  "):
        for start, end in runs:
            counts = {_last(r) for r in rows[start:end]}
            if len(counts) > 1:
                short = next(r for r in rows[start:end] if _last(r) < max(counts))
                raise RaggedError(
                    where,
                    f"line {short.line} has {_last(short)} cells between spaces, others {max(counts)}: a gap cannot be told",
                    "as many cells in every row",
                    "export with tabs or semicolons, or write a word such as NaN in the gaps",
                )
    blocks: list[Block] = []
    common: dict[str, str] = {}
    after = 0
    for start, end in runs:
        above = rows[after:start]
        while above and above[-1].kind == "blank":
            above = above[:-1]
        width = _width(rows, start, end)
        data = rows[start:end]
        head = _Head(above, width, separator, where)
        previous = blocks[-1] if blocks else None
        if previous is not None and _continues(previous, above, head, data, width):
            previous.rows.extend(r.cells for r in data)
            left = [r.line for r in above if r.kind != "blank"]
            if left:
                previous.notes.append(f"left out, within the data: line {_lines(left)}")
            after = end
            continue
        facts, title = _facts(above[: head.at])
        if previous is None:
            common = dict(facts)
        elif not head.found and len(previous.names) == width:
            head.names, head.units, head.line = (
                list(previous.names),
                list(previous.units),
                previous.header_line,
            )
        if not head.found and not any(head.names):
            signals = [facts.get(f"Sig{k}", "") for k in range(1, width + 1)]
            if all(signals) and f"Sig{width + 1}" not in facts:
                # TA Instruments name the columns above the data.
                pairs = [headers.split_header(x) for x in signals]
                head.names, head.units = [p[0] for p in pairs], [p[1] for p in pairs]
                title = ""
        _check_width(head, data, width, separator, where, said, rows[start - 1] if start else None)
        names = head.names + [""] * (width - len(head.names))
        units = head.units + [""] * (width - len(head.units))
        named = next((v for k, v in facts.items() if plain(k) in _TITLES), "")
        block = Block(
            (named or title) if previous is not None or named else title,
            names,
            units,
            [r.cells for r in data],
            data[0].line,
            {**common, **facts},
            header_line=head.line,
        )
        if head.note:
            block.notes.append(head.note)
        left = [r.line for r in rows[after:start] if r.kind == "footer"]
        if left and previous is not None:
            previous.notes.append(f"left out, statistics: line {_lines(left)}")
        blocks.extend(_beside(block, head.groups))
        after = end
    tail = rows[after:]
    left = [r.line for r in tail if r.kind == "footer"]
    if left:
        blocks[-1].notes.append(f"left out, statistics: line {_lines(left)}")
    facts, _ = _facts([r for r in tail if r.kind in ("text", "named", "data")])
    for k, v in facts.items():
        blocks[-1].facts.setdefault(k, v)
    return blocks


def _lines(lines: list[int]) -> str:
    return ", ".join(map(str, lines[:8])) + (f" and {len(lines) - 8} more" if len(lines) > 8 else "")


class _Head:
    """Header and units found in the rows above a run of data. ``at``: index of the first of them."""

    def __init__(self, above: list[Row], width: int, separator: str, where: str) -> None:
        self.cells: Cells = []
        self.names: list[str] = []
        self.units: list[str] = []
        self.groups: list[str] = []
        self.note = ""
        self.line = 0
        self.unit_line = 0
        self.at = len(above)
        self.found = False
        i = len(above) - 1
        if i < 0 or above[i].kind not in ("text", "named"):
            return
        unit_row: Cells | None = None
        cells = self._fit(above[i], width, separator)
        if cells is not None and headers.is_unit_row(cells) and i > 0:
            upper = self._fit(above[i - 1], width, separator)
            if upper is not None and above[i - 1].kind == "text" and sum(map(bool, upper)) >= min(2, width):
                unit_row = cells
                self.unit_line = above[i].line
                i -= 1
                cells = upper
        if cells is None or above[i].kind == "named" or not self._is_header(cells, width, above[i]):
            return
        self.found = True
        self.at = i
        self.line = above[i].line
        if unit_row is None and i + 1 < len(above):
            self.at = i
        self.cells = cells
        pairs = [headers.split_header(c) for c in cells]
        self.names = [p[0] for p in pairs]
        self.units = [p[1] for p in pairs]
        if unit_row is not None:
            padded = unit_row + [""] * (len(cells) - len(unit_row))
            for k, unit in enumerate(padded):
                bare = headers.clean_unit(unit)
                if bare in ("-", "--", "#", "none"):
                    bare = ""
                if k < len(self.units) and bare:
                    self.units[k] = bare
        self._upper(above, i, width, separator)

    def _upper(self, above: list[Row], i: int, width: int, separator: str) -> None:
        """A second header line above: names of groups, or the first half of the names."""
        if i == 0 or above[i - 1].kind != "text" or separator in ("", " ", "  "):
            return
        upper = above[i - 1].cells
        full = sum(map(bool, upper))
        if (
            full < 2
            or len(upper) < len(self.names) - 1
            or width < 3
            or any(c.endswith(":") or "=" in c for c in upper)
        ):
            return
        starts = [k for k, c in enumerate(upper) if c]
        spans = {b - a for a, b in zip(starts, [*starts[1:], len(self.names)], strict=True)}
        rest = {b - a for a, b in zip(starts[1:], [*starts[2:], len(self.names)], strict=True)}
        even = (
            spans
            if len(spans) == 1
            else rest
            if starts[1] == 1 and len(starts) > 2 and len(rest) == 1
            else set()
        )
        alone = i == 1 or above[i - 2].kind == "blank" or len(above[i - 2].cells) != len(upper)
        if full == _last(above[i]) and full > 2 and alone:  # both lines are full: one name over two lines
            self.names = [f"{u} {n}".strip() for u, n in zip(upper + [""] * width, self.names, strict=False)]
        elif even and min(even) > 1 and len(upper) >= starts[-1] + 1:
            group, groups = "", []
            for k in range(len(self.names)):
                group = (upper[k] if k < len(upper) else "") or group
                groups.append(group)
            self.groups = groups
        else:
            return
        self.at = i - 1

    @staticmethod
    def _fit(row: Row, width: int, separator: str) -> Cells | None:
        """The cells of a possible header line; a line of words between spaces is split so that it fits."""
        cells = list(row.cells)
        if separator not in (" ", "  ") or len(cells) == width or not row.raw:
            return cells
        for other in ("  ", "\t", ";", ","):
            tried = split_line(row.raw.strip(), other)
            if len(tried) == width:
                return tried
        joined: Cells = []
        for word in cells:
            if joined and (
                word[:1] in "([{/" or joined[-1].endswith("/") or joined[-1].count("(") > joined[-1].count(")")
                or joined[-1].count("[") > joined[-1].count("]")
            ):  # fmt: skip
                joined[-1] += " " + word
            else:
                joined.append(word)
        return joined if len(joined) == width else None

    @staticmethod
    def _is_header(cells: Cells, width: int, row: Row) -> bool:
        full = [c for c in cells if c]
        if sum(any(x.isalpha() for x in c) for c in full) * 2 < len(full):
            return False  # names have letters; these are numbers in a notation of their own
        if width == 1:
            return len(full) == 1 and not re.search(r"[:=]\s*\S", full[0])
        if len(full) < 2:
            return False
        if len(full) == 2 and width > 3 and full[0].endswith(":"):
            return False
        return len(full) * 2 >= min(width, len(cells)) or len(full) >= 3


_GROUP = re.compile(r"\d{3}(?:[.,]\d*)?(?:[eE][-+]?\d+)?")


def _check_width(
    head: _Head, data: list[Row], width: int, separator: str, where: str, said: bool, before: Row | None
) -> None:
    """Refuse rows that have more cells than their header has names where commas could be decimal signs."""
    spaced = separator in (" ", "  ", "fixed") and width > 1
    bare = [headers.clean_unit(c) for c in head.cells]
    # One letter may be a name: "t,F".
    behind = any(headers.is_unit(b) and (len(b) > 1 or b in "sNKVWAJmg%°") for b in bare[1:])
    loose = not head.found or behind or any(not any(x.isalpha() for x in c) for c in head.cells[1:width])
    # "5 554 634.1" below one name is one number.
    groups = spaced and all(_GROUP.fullmatch(c) for r in data for c in r.cells[1:] if c)
    if groups and loose and (not said or separator == "fixed"):
        raise InputError(
            where,
            f"line {data[0].line}: {' '.join(data[0].cells)[:40]!r} may be one number with spaces between thousands",
            "a header with a name for each column",
            "say --separator space, or export with tabs or semicolons",
        )
    if separator != "," or said:
        return
    named = max((k for k, n in enumerate(head.names, 1) if n), default=0)
    # Only a cell such as "12.5" proves that the comma is no decimal sign; "1.234" does not.
    proven = any(
        n is not None and numbers.evidence(n) == "point"
        for r in data[:500]
        for n in (numbers.look(numbers.tidy(c)) for c in r.cells)
    )
    # "Druck, kPa" over "1,5" is one column whose header has its unit behind a comma.
    pieces = all(_GROUP.fullmatch(c) for r in data for c in r.cells[1:] if c)
    behind = behind and (not proven or pieces or any(_last(r) < width for r in data))
    alone = (
        before is not None
        and before.kind == "text"
        and _full(before) == 1
        and not re.search(r"[:=]", before.raw)
    )
    if (head.found and (width > named or behind)) or (not head.found and ((alone and pieces) or not proven)):
        what = (
            f"rows of {width} cells under a header of {named} (line {data[0].line})"
            if head.found
            else f"numbers with commas and no header, as in line {data[0].line}"
        )
        raise InputError(
            where,
            f"{what}: the comma may be a separator or a decimal sign",
            "one meaning of the comma",
            "say it: --separator ',' or --decimal ',' with the separator, or export with tabs or semicolons",
        )


def _continues(previous: Block, above: list[Row], head: _Head, data: list[Row], width: int) -> bool:
    """Whether rows go on with the table before: nothing new between, and the axis runs on."""
    if width > len(previous.names):
        return False
    if head.found and [plain(n) for n in head.names] != [plain(n) for n in previous.names][: len(head.names)]:
        return False
    texts = [r for r in above if r.kind in ("text", "named", "data")]
    extra = len(texts) - ((len(above) - head.at) if head.found else 0)
    if extra > 0 and (head.found or len(texts) > 1):
        return False
    if head.found and any(r.kind == "blank" for r in above):
        return False
    if len(previous.rows) < 2:
        return True
    a, b = _quick(previous.rows[-2]), _quick(previous.rows[-1])
    c = _quick(data[0].cells)
    if a is None or b is None or c is None:
        return False
    return (b - a) * (c - b) > 0 and abs(c - b) <= 50 * abs(b - a)


def _quick(cells: Cells) -> float | None:
    """The first number of a row, roughly."""
    for cell in cells:
        tidied = numbers.tidy(cell)
        seconds = numbers.elapsed_s(tidied)
        if seconds is not None:
            return seconds
        number = numbers.look(tidied)
        if number is not None:
            decimal = "," if "," in number.body and "." not in number.body else "."
            return numbers.value(number, decimal)  # type: ignore[arg-type]
    return None


def facts_of(rows: Sequence[Row]) -> dict[str, str]:
    """Facts of rows that hold no table."""
    return _facts(rows)[0]


def _facts(rows: Sequence[Row]) -> tuple[dict[str, str], str]:
    """Facts in lines around a table, and a title: a line of one cell just above."""
    facts: dict[str, str] = {}
    title = section = ""
    for row in rows:
        if row.kind == "blank":
            continue
        cells = [c for c in row.cells if c]
        if row.kind == "footer" or not cells:
            continue
        if (
            row.raw
            and len(cells) > 1
            and (
                m := re.fullmatch(r"\s*(?:#+|//+|\$+|!+)?\s*([^:=;\t|,]{1,60}?)\s*[:=]\s*(.*\S)\s*", row.raw)
            )
        ):
            _put(facts, section, m[1], headers.mend(m[2].strip('";, ')))
            title = ""
            continue
        if len(cells) == 1:
            cell = cells[0].replace(numbers.EXACT, "")
            bracket = re.fullmatch(r"\[([^\]]+)\]", cell)
            if bracket:
                section = title = bracket[1].strip()
                continue
            m = re.fullmatch(r"([^:=]{1,60}?)\s*[:=]\s*(.*)", cell, re.S)
            if m and not re.fullmatch(r"\d{1,2}", m[1]):
                if m[2].strip():
                    _put(facts, section, m[1], headers.mend(m[2].strip()))
                title = ""
            else:
                title = cell
            continue
        title = ""
        cells = [c.replace(numbers.EXACT, "") for c in cells]
        key = cells[0].rstrip(" :=")
        values = cells[1:]
        if values and values[0] in (":", "="):
            values = values[1:]
        if key and values:
            _put(facts, section, key, headers.mend(" ".join(values)))
    return facts, title.strip(" :#*-=")


def _put(facts: dict[str, str], section: str, key: str, text: str) -> None:
    name = headers.mend(key.strip())
    # "Area [cm2]: 1.2" and "Area (cm2);1,2" hold their unit in the name.
    bare, unit = headers.split_header(name)
    if unit and numbers.look(numbers.tidy(text)) is not None and not re.search(r"[A-Za-z%°]\s*$", text):
        name, text = bare, f"{text} {unit}"
    if name in facts and section:
        name = f"{section} {name}"
    facts.setdefault(name, text)


def _beside(block: Block, groups: list[str]) -> list[Block]:
    """One block for each specimen where the same headers stand side by side; names of states stay in the header."""
    names = [plain(n) for n in block.names]
    width = len(names)
    while width and not names[width - 1] and not any(len(r) >= width and r[width - 1] for r in block.rows):
        width -= 1
    period = next(
        (p for p in range(1, width) if width % p == 0 and names[:width] == names[:p] * (width // p)), 0
    )
    if groups:
        groups = groups[:width]
        states = all(plain(g) in STATES for g in groups if g)
        parts = [list(range(a, min(a + period, width))) for a in range(0, width, period)] if period else []
        if states or not period or period < 2 or any(len({groups[k] for k in p}) > 1 for p in parts):
            block.names = [
                f"{g} {n}".strip() if g and n and g != n else (n or g)
                for g, n in zip(groups + [""] * len(block.names), block.names, strict=False)
            ]
            return [block]
    if period < 2 or not all(names[:period]):
        return [block]
    out: list[Block] = []
    for k in range(0, width, period):
        rows = [r[k : k + period] for r in block.rows]
        while rows and not any(rows[-1]):
            rows.pop()
        if not any(any(r) for r in rows):
            continue
        title = groups[k] if groups else f"{len(out) + 1}"
        out.append(
            Block(
                title, block.names[k : k + period], block.units[k : k + period], rows, block.line, dict(block.facts),
                [*block.notes, f"columns {k + 1} to {k + period}"], block.header_line,
            )
        )  # fmt: skip
    return out
