"""Long files: the head and the tail read with all patience, the numbers between in one go, every row counted."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.importer import dialect, numbers
from percola.lab.importer.structure import Row, find_blocks
from percola.lab.table import Table

if TYPE_CHECKING:
    from percola.lab.reading import ReadOptions

_HEAD, _TAIL, _CHUNK = 48_000, 12_000, 4_000_000
_SETTLES = {
    s: re.compile(rf"(?<![\d.,])0?[{s}]\d|\d{{4,}}[{s}]\d|[{s}]\d{{1,2}}(?!\d)|[{s}]\d{{4}}|\d[{s}]\d+[eE]")
    for s in ".,"
}


def read(text: str, where: str, options: ReadOptions, notes: list[str]) -> tuple[Table, ...] | None:
    """The one table of a long file of plain numbers, or None where the file is not that simple.

    Args: text: with "\\n" line ends. where: for messages. notes: on the decoding.
    """
    from percola.lab.importer.pipeline import _separator, finish

    first = text.rfind("\n", 0, _HEAD) + 1
    last = text.rfind("\n", 0, len(text) - _TAIL) + 1
    if not 0 < first < last:
        return None
    head, tail = text[:first].split("\n")[:-1], text[last:].split("\n")
    middle = text.count("\n", first, last)
    separator, words = _separator(head, options)
    if separator in ("", "  "):
        return None
    after = len(head) + middle
    start = 1 if dialect.HINT.fullmatch(head[0].strip()) else 0
    rows = [
        Row(i, dialect.split(line, separator), raw=line) for i, line in enumerate(head[start:], 1 + start)
    ]
    if len(rows) < 20:
        return None
    rows += [Row(i, dialect.split(line, separator), raw=line) for i, line in enumerate(tail, 1 + after)]
    try:
        blocks = find_blocks(rows, separator, where, options.separator is not None)
    except InputError:
        return None
    if len(blocks) != 1:
        return None
    block = blocks[0]
    a = block.line
    # The rows of the block, with those of the middle, have to be the lines from its first on without a gap.
    inside = [r.line for r in rows if r.kind in ("data", "named") and r.line >= a]
    b = a + len(block.rows) + middle - 1
    if not inside or inside != [*range(a, len(head) + 1), *range(after + 1, b + 1)] or b <= after:
        return None
    begin = sum(map(len, head[: a - 1])) + a - 1
    end = last + sum(map(len, tail[: b - after])) + (b - after)
    sign = _decimal(text, begin, min(end, len(text)), separator, options.decimal)
    if sign is None:
        return None
    trailing = (
        len(head[-1]) > 0 and separator != " " and len(dialect.split(head[-1], separator)) > len(block.names)
    )
    values = _numbers(
        text, begin, min(end, len(text)), b - a + 1, len(block.names), separator, sign[0], trailing
    )
    if values is None:
        return None
    block.values = list(values)
    made = finish(blocks, where, separator, options, [*notes, f"separator: {words}"], sign)
    if any(c.text is not None for c in made[0].columns) or len(made[0].columns) != len(block.names):
        return None
    return made


def _decimal(
    text: str, begin: int, end: int, separator: str, said: str | None
) -> tuple[numbers.Sign, str] | None:
    """The decimal sign where only one mark stands in the numbers; None where it takes a look at every cell."""
    comma = separator != "," and text.find(",", begin, end) >= 0
    point = text.find(".", begin, end) >= 0
    if comma and point:
        return None
    if not comma and not point:
        return (",", "as said") if said == "," else (".", "as said" if said == "." else "whole numbers only")
    mark: numbers.Sign = "," if comma else "."
    if said is not None:
        return (mark, "as said") if said == mark else None
    hit = _SETTLES[mark].search(text, begin, end)
    if hit is not None:
        return mark, f"{hit[0].strip()} in line {text.count(chr(10), 0, hit.start()) + 1}"
    if comma:
        return (",", "semicolons between the cells") if separator == ";" else None
    return (".", "no cell says otherwise") if separator == "," else None


def _numbers(
    text: str,
    begin: int,
    end: int,
    rows: int,
    width: int,
    separator: str,
    decimal: numbers.Sign,
    trailing: bool,
) -> npt.NDArray[np.float64] | None:
    """Shape (width, rows), or None where a line is not ``width`` numbers or gaps."""
    out = np.empty((width, rows))
    done, at = 0, begin
    while at < end:
        stop = text.rfind("\n", at, min(at + _CHUNK, end)) + 1 if at + _CHUNK < end else end
        if stop <= at:
            return None
        chunk = text[at:stop]
        lines = chunk.count("\n") + (not chunk.endswith("\n"))
        part = _bulk(chunk, lines, width, separator, decimal, trailing)
        if part is None:
            part = _patiently(chunk, lines, width, separator, decimal)
        if part is None or done + lines > rows:
            return None
        out[:, done : done + lines] = part.T
        done += lines
        at = stop
    return out if done == rows else None


def _bulk(
    chunk: str, lines: int, width: int, separator: str, decimal: numbers.Sign, trailing: bool
) -> npt.NDArray[np.float64] | None:
    """The numbers of a chunk of plain lines by numpy; None where a cell, a count or a value is not plain."""
    if not chunk.isascii():
        return None
    columns = None
    if trailing:
        # With one separator more than gaps in all, and every line as wide as the table, each has exactly one.
        if chunk.count(separator) != lines * width or chunk.count(separator + "\n") < lines - 1:
            return None
        columns = range(width)
    if decimal == ",":
        chunk = chunk.replace(",", ".")
    try:
        part = np.loadtxt(
            io.StringIO(chunk),
            delimiter=None if separator == " " else separator,
            comments=None,
            ndmin=2,
            usecols=columns,
        )
    except (ValueError, OverflowError):
        return None
    if part.shape != (lines, width) or not np.isfinite(part).all():
        return None
    return part


def _patiently(
    chunk: str, lines: int, width: int, separator: str, decimal: numbers.Sign
) -> npt.NDArray[np.float64] | None:
    """The numbers of a chunk cell by cell, NaN in gaps; None where a cell is a word or a line is blank."""
    part = np.full((lines, width), np.nan)
    for i, line in enumerate(chunk.removesuffix("\n").split("\n")):
        cells = dialect.split(line, separator)
        full = 0
        for k, cell in enumerate(cells):
            if not cell:
                continue
            if k >= width:
                return None
            clean = numbers.tidy(cell)
            number = numbers.look(clean)
            if number is None:
                if not numbers.is_missing(clean):
                    return None
                full += 1
                continue
            value = numbers.value(number, decimal)
            if number.rest or value is None or not np.isfinite(value):
                return None
            part[i, k] = value
            full += 1
        if not full or np.isnan(part[i, 0]):
            return None
    return part
