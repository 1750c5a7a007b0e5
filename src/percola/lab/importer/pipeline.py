"""From a file to its tables: every step in order."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from percola.errors import InputError
from percola.lab.importer import columns as cols
from percola.lab.importer import dialect, fast, headers, names, numbers, workbook
from percola.lab.importer.decoding import decode, refuse_other_files
from percola.lab.importer.structure import (
    STATES,
    Block,
    NoTableError,
    RaggedError,
    Row,
    facts_of,
    find_blocks,
)
from percola.lab.importer.workbook import is_workbook
from percola.lab.table import Column, Table, plain

#: Characters from which the fast way is tried, and lines up to which the patient way reads.
FAST_FROM = 400_000
LARGEST_ROWS = 2_000_000
LARGEST_BYTES = 1_500_000_000

if TYPE_CHECKING:
    from percola.lab.reading import ReadOptions
    from percola.lab.wanted import Wanted


def read(path: Path, options: ReadOptions, wanted: Sequence[Wanted]) -> tuple[Table, ...]:
    """See :func:`percola.lab.reading.read_tables`."""
    if options.profile is not None:
        from percola.lab.importer.profiles import merged

        options = merged(options)
    tables = _all(path, options)
    names.record(tables)
    if options.group is not None:
        tables = tuple(_grouped(tables, options.group))
    else:
        tables = tuple(part for t in tables for part in _parted(t, wanted))
    return tuple(_shared_units(t, wanted) for t in choose(tables, wanted))


def _all(path: Path, options: ReadOptions) -> tuple[Table, ...]:
    """Every table of a file."""
    where = str(path)
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise InputError(
                where,
                f"{size / 1e6:.0f} MB",
                f"up to {LARGEST_BYTES / 1e6:.0f} MB",
                "split the file, or thin it out",
            )
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(where, "no such file", "a file that exists") from None
    except IsADirectoryError:
        raise InputError(where, "a folder", "a file") from None
    except OSError as error:
        raise InputError(where, f"cannot be read: {error.strerror or error}") from None
    return tables_of(data, where, options)


def tables_of(data: bytes, where: str, options: ReadOptions) -> tuple[Table, ...]:
    """Every table in the bytes of a file; ``where`` names it in messages."""
    if is_workbook(data, where):
        return _workbook(data, where, options)
    refuse_other_files(data, where)
    decoded = decode(data, where, options.encoding)
    del data
    text = dialect.one_line_end(decoded.text).replace(numbers.EXACT, "\ufffd")
    notes = [f"encoding: {decoded.note}"]
    options = declared(text, options, notes)
    if len(text) > FAST_FROM:
        tables = fast.read(text, where, options, notes)
        if tables is not None:
            return tables
    if text.count("\n") > LARGEST_ROWS:
        raise InputError(
            where,
            f"{text.count(chr(10))} lines with cells that are no plain numbers",
            f"up to {LARGEST_ROWS} such lines",
            "split the file, or export numbers only",
        )
    lines = text.split("\n")
    separator, words = _separator(lines, options)
    start = 1 if lines and dialect.HINT.fullmatch(lines[0].strip()) else 0
    numbered = dialect.join_quoted(lines, start, separator)
    rows = [Row(i, dialect.split(line, separator), raw=line) for i, line in numbered]
    try:
        blocks = find_blocks(rows, separator, where, options.separator is not None)
    except RaggedError:
        cells = dialect.fixed_width([line for _, line in numbered])
        if cells is None:
            raise
        rows = [Row(i, c, raw=line) for (i, line), c in zip(numbered, cells, strict=True)]
        separator, words = "fixed", dialect.WORDS["fixed"]
        blocks = find_blocks(rows, separator, where, True)
    notes.append(f"separator: {words}")
    return finish(blocks, where, separator, options, notes)


_DECLARED = re.compile(
    r"^[#;%\s]*(DECIMAL|DECIMALSEPARATOR|SEPARATOR)\s*[:=]\s*(POINT|COMMA|SEMICOLON|TAB|SPACE)[;,\s]*$", re.M
)


def declared(text: str, options: ReadOptions, notes: list[str]) -> ReadOptions:
    """Options with what a file declares of itself in its head, as Netzsch Proteus writes "#DECIMAL:COMMA"."""
    signs = {"POINT": ".", "COMMA": ","}
    cells = {"COMMA": ",", "SEMICOLON": ";", "TAB": "\t", "SPACE": " "}
    for m in _DECLARED.finditer(text[:8000]):
        if m[1] == "SEPARATOR":
            if options.separator is None and m[2] in cells:
                options = dataclasses.replace(options, separator=cells[m[2]])
        elif options.decimal is None and m[2] in signs:
            options = dataclasses.replace(options, decimal=signs[m[2]])
        else:
            continue
        notes.append(f"declared in the file: {m[0].strip()}")
    return options


def _separator(lines: Sequence[str], options: ReadOptions) -> tuple[str, str]:
    """The separator, and how it is known."""
    if options.separator is not None:
        said = {
            "tab": "\t",
            "\\t": "\t",
            "comma": ",",
            "pipe": "|",
            "semicolon": ";",
            "space": " ",
            "none": "",
        }.get(options.separator.lower(), options.separator)
        if said not in dialect.WORDS:
            raise InputError("--separator", repr(options.separator), "tab, ',', ';', '|', space or none")
        return said, f"{dialect.WORDS[said]} (as said)"
    hint = dialect.HINT.fullmatch(lines[0].strip()) if lines else None
    if hint:
        return hint[1].replace("\\t", "\t"), "named in the first line"
    found = dialect.find_separator(lines)
    return found, dialect.WORDS[found]


def _workbook(data: bytes, where: str, options: ReadOptions) -> tuple[Table, ...]:
    """The tables of a workbook."""
    found: list[Table] = []
    first: InputError | None = None
    common: dict[str, str] = {}
    some = workbook.sheets(data, where, options.sheet)
    for sheet in some:
        rows = [Row(i, cells or [""]) for i, cells in enumerate(sheet.rows, 1)]
        name = f"{where} (sheet {sheet.name!r})" if len(some) > 1 else where
        try:
            blocks = find_blocks(rows, "sheet", name, True)
            tables = finish(
                blocks,
                where,
                "sheet",
                options,
                [f"workbook, sheet {sheet.name!r}", *filter(None, [sheet.note])],
            )
        except NoTableError as error:
            first = first or error
            for k, v in facts_of(rows).items():
                common.setdefault(k, v)
            continue
        for t in tables:
            words = ", ".join(filter(None, [sheet.name if len(some) > 1 else "", t.title]))
            found.append(dataclasses.replace(t, title=words))
    if not found:
        assert first is not None
        raise first
    if len(found) == 1 and len(some) > 1:
        found = [dataclasses.replace(found[0], title="")]
    found = [dataclasses.replace(t, facts={**common, **t.facts}) for t in found]
    return tuple(found)


def finish(
    blocks: list[Block],
    where: str,
    separator: str,
    options: ReadOptions,
    notes: list[str],
    settled: tuple[numbers.Sign, str] | None = None,
) -> tuple[Table, ...]:
    """Blocks to tables. ``settled``: the decimal sign and what it rests on, where it is known already."""
    raw = [cols.cells_of(b) for b in blocks]
    tidied = [[[numbers.tidy(c) for c in column] for column in block] for block in raw]
    heads = [n or f"column {k}" for b in blocks for k, n in enumerate(b.names, 1)]
    around = [text for b in blocks for text in b.facts.values()]
    decimal, why = settled or cols.decimal_sign(
        [c for b in tidied for c in b], heads, separator, options.decimal, where, around
    )
    of_facts = _sign_of_facts(decimal, why, around, options.decimal)
    sign = f"decimal sign: {'comma' if decimal == ',' else 'point'} ({why})"
    tables = []
    for i, (block, cells, clean) in enumerate(zip(blocks, raw, tidied, strict=True), 1):
        remarks = [*notes, sign]
        if block.header_line:
            remarks.append(f"header: line {block.header_line}; data from line {block.line}")
        else:
            remarks.append(f"no header; data from line {block.line}")
        remarks += block.notes
        made: list[Column] = []
        for k, (name, unit, a, b) in enumerate(zip(block.names, block.units, cells, clean, strict=True)):
            if not name and not any(b):
                continue
            column, remark = cols.build(name, headers.known(unit), a, b, decimal, block.line, where)
            if block.values is not None:
                column = dataclasses.replace(column, values=block.values[k])
            made.append(column)
            if remark:
                remarks.append(remark)
        title = block.title if len(blocks) == 1 else block.title or str(i)
        tables.append(
            Table(
                where,
                title,
                tuple(made),
                block.facts,
                options.columns,
                options.units,
                tuple(remarks),
                of_facts,
            )
        )
    return tuple(tables)


def _sign_of_facts(decimal: numbers.Sign, why: str, around: Sequence[str], said: str | None) -> str:
    """Decimal sign of the lines around the tables: that of the cells, unless these hold none or the lines another."""
    if said is not None:
        return decimal
    told: set[str] = set()
    for text in around:
        tidied = numbers.tidy(text)
        number = numbers.look(tidied)
        if number is not None and headers.is_unit(number.rest):  # a version 7.21 is no quantity
            told.add(cols.says(tidied))
    told.discard("")
    signs: set[str] = {"," if t == "comma" else "." for t in told}
    if why != cols.WHOLE:
        signs.add(decimal)
    return signs.pop() if len(signs) == 1 else ""


def _grouped(tables: Sequence[Table], header: str) -> list[Table]:
    """Each table cut at the words of a column, in the order of their first rows."""
    out: list[Table] = []
    for table in tables:
        same = [c for c in table.columns if plain(c.header) == plain(header) != ""]
        if len(same) != 1:
            raise InputError(
                table.where,
                f"{len(same)} columns {header!r} to group by",
                ", ".join(repr(c.header) for c in table.columns),
            )
        kept: dict[str, list[int]] = {}
        for i, word in enumerate(_labels(same[0])):
            kept.setdefault(word, []).append(i)
        out += _cut(table, kept)
    return out


def _labels(column: Column) -> list[str]:
    """The words of a column, row by row; an empty cell below a name belongs to it."""
    last = ""
    out = []
    for word in column.text or tuple("" if np.isnan(v) else f"{v:.15g}" for v in column.values):
        last = word.strip() or last
        out.append(last)
    return out


def _cut(table: Table, parts: Mapping[str, list[int]]) -> list[Table]:
    """One table for each name, of the rows that belong to it."""
    out = []
    for word, rows in parts.items():
        columns = tuple(
            dataclasses.replace(
                c, values=c.values[rows], text=None if c.text is None else tuple(c.text[i] for i in rows)
            )
            for c in table.columns
        )
        title = ", ".join(filter(None, [table.title, word]))
        out.append(dataclasses.replace(table, title=title, columns=columns))
    return out


#: Headers of a column that names the specimen of each row.
_SPECIMENS = {
    plain(w)
    for w in (
        "specimen", "specimen name", "specimen id", "specimen no", "specimen no.", "specimen number", "specimen label",
        "sample", "sample name", "sample id", "sample no", "sample no.", "sample number", "test piece",
        "Probe", "Proben", "Proben-Nr.", "Probe Nr.", "Probennummer", "Probenname", "Probenbezeichnung", "Pr\u00fcfling", "Pr\u00fcfling Nr.",
        "Probek\u00f6rper", "Pr\u00fcfk\u00f6rper", "\u8a66\u6599", "\u8a66\u6599\u540d", "\u8a66\u6599\u756a\u53f7", "\u8a66\u9a13\u7247", "\u8a66\u9a13\u7247\u756a\u53f7",
        "\u8a66\u9a13\u4f53", "\u8a66\u9a13\u4f53\u756a\u53f7", "\u30b5\u30f3\u30d7\u30eb", "\u30b5\u30f3\u30d7\u30eb\u540d",
    )
}  # fmt: skip
#: Headers that do so only where the cells are words: numbers below them may count the rows.
_NUMBERS = {plain(w) for w in ("No.", "Nr.", "Nummer", "Number", "\u756a\u53f7")}
#: Rows of one specimen in a run, from which a table is parted: fewer may be repeated readings of one specimen.
_LEAST_ROWS = 5


def _parted(table: Table, wanted: Sequence[Wanted]) -> list[Table]:
    """A table with the curves of several specimens one below another, cut at the words of its column of specimens.

    Left whole: a table whose column of specimens the method takes itself, or in which a specimen has few rows or comes
    back after another.
    """
    taken = []
    for w in wanted:
        try:
            taken.append(table.find(w))
        except InputError:
            continue  # the method meets the question itself
    labels: list[list[str]] = []
    heads: list[str] = []
    for c in table.columns:
        head = plain(c.header)
        if not (head in _SPECIMENS or (head in _NUMBERS and c.text is not None)) or any(
            c is t for t in taken
        ):
            continue
        found = _labels(c)
        distinct = set(found)
        if 1 < len(distinct) <= len(found) // _LEAST_ROWS and not {plain(d) for d in distinct} <= STATES:
            labels.append(found)
            heads.append(c.header)
    if not labels:
        return [table]
    parts: dict[str, list[int]] = {}
    last = ""
    for i, words in enumerate(zip(*labels, strict=True)):
        name = ", ".join(words)
        if name != last and name in parts:
            return [table]
        parts.setdefault(name, []).append(i)
        last = name
    if "" in parts or len(parts) < 2 or min(map(len, parts.values())) < _LEAST_ROWS:
        return [table]
    shown = ", ".join([*parts][:8]) + (f" and {len(parts) - 8} more" if len(parts) > 8 else "")
    by = " and ".join(map(repr, heads))
    note = f"parted by the column{'s' if len(heads) > 1 else ''} {by}: {shown}"
    return _cut(dataclasses.replace(table, notes=(*table.notes, note)), parts)


def _shared_units(table: Table, wanted: Sequence[Wanted]) -> Table:
    """A unit said for one quantity counts for its column, so for every other quantity that takes the same."""
    units = dict(table.units_given)
    quantities = {w.name for w in wanted}
    for name, unit in table.units_given.items():
        # "druck" and "Druck (kPa)" say the header "Druck".
        same = [c.header for c in table.columns if plain(c.header) == plain(name) != ""]
        if name not in quantities and len(same) == 1:
            units.setdefault(same[0], unit)
    for w in wanted:
        said = table.units_given.get(w.name)
        if not said:
            continue
        try:
            column = table.find(w)
        except InputError:
            continue
        if (
            column is not None
            and column.header
            and sum(c.header == column.header for c in table.columns) == 1
        ):
            units.setdefault(column.header, said)
    return table if units == table.units_given else dataclasses.replace(table, units_given=units)


def choose(tables: Sequence[Table], wanted: Sequence[Wanted]) -> tuple[Table, ...]:
    """The tables that have the required columns; all where none has."""
    needed = [w for w in wanted if w.required]
    if not needed or len(tables) < 2:
        return tuple(tables)

    def fits(table: Table) -> bool:
        try:
            return all(table.find(w) is not None for w in needed)
        except InputError:
            return True  # the method meets the question itself

    return tuple(t for t in tables if fits(t)) or tuple(tables)
