"""How files were understood, for the record of an analysis."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from percola.lab.analysis import SourceFacts
from percola.lab.table import Table
from percola.store import file_digest


def understood(tables: Iterable[Table]) -> tuple[SourceFacts, ...]:
    """One entry for each file of the tables: its digest, its tables where it has several, and the notes of the importer.

    A file that is not there any more (or a table made in memory) has no digest.
    """
    files: dict[str, list[Table]] = {}
    for table in tables:
        files.setdefault(table.path, []).append(table)
    out = []
    for path, own in files.items():
        facts: dict[str, str] = {}
        if len(own) > 1:
            facts["tables"] = ", ".join(t.title or str(i) for i, t in enumerate(own, 1))
        notes = dict.fromkeys(n for t in own for n in t.notes)
        facts |= {f"note {i}": n for i, n in enumerate(notes, 1)}
        there = Path(path).is_file()
        out.append(SourceFacts(path, file_digest(Path(path)) if there else "", facts))
    return tuple(out)
