"""How a table file is to be read where it leaves something open; :func:`read_tables` is the one way in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from percola.lab.importer.profiles import Profile
    from percola.lab.table import Table
    from percola.lab.wanted import Wanted


@dataclass(frozen=True)
class ReadOptions:
    """What a person says about a file; None: found out from the file.

    Attributes:
        encoding: name of the encoding, e.g. "utf-16", "cp932".
        separator: between cells: ",", ";", "\\t", "|", " ", or the word "tab", "space", "none".
        decimal: sign: "." or ",".
        sheet: name or number (from 1) of the sheet of a workbook.
        columns: name of a `Wanted` -> header or number of the column from 1.
        units: name of a `Wanted`, or header -> unit.
        profile: saved mapping profile, a name or a file; what is said besides it counts more.
        group: header of a column (specimen, sample) that tells several specimens of one table apart.
    """

    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None
    sheet: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    profile: str | None = None
    group: str | None = None


def read_tables(
    path: str | Path, options: ReadOptions | None = None, wanted: Sequence[Wanted] = ()
) -> tuple[Table, ...]:
    """The tables of a file, each with its columns, facts and notes on how it was understood.

    Args:
        path: a text table (CSV, TXT, ...) or a workbook (XLSX, XLS, ODS).
        options: what a person says; the file settles the rest, or is refused.
        wanted: what a method looks for; where a file holds several kinds of tables, those with the required
            columns come back, all of them where none has.

    Raises:
        InputError: no table, or one that can be read in two ways, with the option that settles it.
    """
    from percola.lab.importer.pipeline import read

    return read(Path(path), options or ReadOptions(), wanted)


def save_profile(name_or_path: str | Path, options: ReadOptions, about: str = "") -> Path:
    """Keep a way of reading under a name, or in a file ending in .toml; returns the file."""
    from percola.lab.importer import profiles as kept

    return kept.save_profile(name_or_path, options, about)


def load_profile(name_or_path: str | Path) -> Profile:
    """A kept way of reading, by its name or from a file."""
    from percola.lab.importer import profiles as kept

    return kept.load_profile(name_or_path)


def profiles() -> dict[str, Profile]:
    """All kept ways of reading by name, those that Percola brings among them."""
    from percola.lab.importer import profiles as kept

    return kept.profiles()
