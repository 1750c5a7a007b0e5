"""From a file to its tables: every step in order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from percola.errors import InputError
from percola.lab.importer import columns as cols
from percola.lab.importer import dialect, numbers
from percola.lab.importer.decoding import decode, refuse_other_files
from percola.lab.importer.structure import Block, Row, find_blocks
from percola.lab.table import Column, Table

if TYPE_CHECKING:
    from percola.lab.reading import ReadOptions
    from percola.lab.wanted import Wanted


def read(path: Path, options: ReadOptions, wanted: Sequence[Wanted]) -> tuple[Table, ...]:
    """See :func:`percola.lab.reading.read_tables`."""
    where = str(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(where, "no such file", "a file that exists") from None
    except IsADirectoryError:
        raise InputError(where, "a folder", "a file") from None
    except OSError as error:
        raise InputError(where, f"cannot be read: {error.strerror or error}") from None
    refuse_other_files(data, where)
    decoded = decode(data, where, options.encoding)
    lines = dialect.split_lines(decoded.text)
    separator = options.separator if options.separator is not None else dialect.find_separator(lines)
    rows = [Row(i, dialect.split(line, separator), raw=line) for i, line in enumerate(lines, 1)]
    blocks = find_blocks(rows, separator, where, options.separator is not None)
    notes = [
        f"encoding: {decoded.note}",
        f"separator: {dialect.WORDS.get(separator, separator)}{' (as said)' if options.separator is not None else ''}",
    ]
    return finish(blocks, where, separator, options, notes, wanted)


def finish(
    blocks: list[Block],
    where: str,
    separator: str,
    options: ReadOptions,
    notes: list[str],
    wanted: Sequence[Wanted],
) -> tuple[Table, ...]:
    """Blocks to tables."""
    raw = [cols.cells_of(b) for b in blocks]
    tidied = [[[numbers.tidy(c) for c in column] for column in block] for block in raw]
    names = [n or f"column {k}" for b in blocks for k, n in enumerate(b.names, 1)]
    decimal, why = cols.decimal_sign([c for b in tidied for c in b], names, separator, options.decimal, where)
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
        for name, unit, a, b in zip(block.names, block.units, cells, clean, strict=True):
            if not name and not any(b):
                continue
            column, remark = cols.build(name, unit, a, b, decimal, block.line)
            made.append(column)
            if remark:
                remarks.append(remark)
        title = block.title if len(blocks) == 1 else block.title or str(i)
        tables.append(
            Table(where, title, tuple(made), block.facts, options.columns, options.units, tuple(remarks))
        )
    return choose(tables, wanted)


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
