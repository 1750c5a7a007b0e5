"""How a table file is to be read where it leaves something open; :func:`read_tables` is the one way in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ReadOptions:
    """What a person says about a file; None: found out from the file.

    Attributes:
        encoding: name of the encoding, e.g. "utf-16", "cp932".
        separator: between cells: ",", ";", "\\t", "|", " ".
        decimal: sign: "." or ",".
        sheet: name or number (from 1) of the sheet of a workbook.
        columns: name of a `Wanted` -> header or number of the column from 1.
        units: name of a `Wanted`, or header -> unit.
        profile: saved mapping profile, a name or a file.
    """

    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None
    sheet: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    profile: str | None = None
