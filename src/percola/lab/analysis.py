"""`Analysis`: what a method found in the files of one specimen: measurements, figures, tables, remarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from percola.lab.panel import Panel
from percola.measurement import Check, Measurement


@dataclass(frozen=True)
class SourceFacts:
    """How a file was understood.

    Attributes:
        path: as given.
        digest: BLAKE2b-160 of the file (`percola.store.file_digest`), "" where it was not taken.
        understood: encoding, separator, decimal sign, columns and units taken, instrument, name -> words.
    """

    path: str
    digest: str = ""
    understood: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ResultTable:
    """A small table for people, such as the single specimens of a tensile test.

    Attributes:
        key, title: name and heading.
        columns: (heading, unit shown) of each column.
        rows: cells, numbers in the units shown or words; None for nothing.
    """

    key: str
    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[float | str | None, ...], ...]

    def filled(self) -> ResultTable:
        """Without the columns that are empty in all rows."""
        if not self.rows:
            return self
        kept = [
            k for k in range(len(self.columns)) if any(r[k] is not None and r[k] != "" for r in self.rows)
        ]
        return ResultTable(
            self.key,
            self.title,
            tuple(self.columns[k] for k in kept),
            tuple(tuple(r[k] for k in kept) for r in self.rows),
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "title": self.title,
            "columns": [list(c) for c in self.columns],
            "rows": [list(r) for r in self.rows],
        }


@dataclass(frozen=True)
class Analysis:
    """The results of one method on one set of files.

    Attributes:
        method: key of the method.
        measurements: the results.
        panels: figures as data.
        tables: small tables.
        checks: quality of the data as a whole; what belongs to one result stands in its own checks.
        notes: choices made and remarks, in sentences.
        sources: how each file was understood.
        settings: what was set, in SI, with defaults filled in.
    """

    method: str
    measurements: tuple[Measurement, ...]
    panels: tuple[Panel, ...] = ()
    tables: tuple[ResultTable, ...] = ()
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[SourceFacts, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def measurement(self, name: str, region: str | None = None) -> Measurement | None:
        """The first measurement of that name (and region)."""
        return next(
            (m for m in self.measurements if m.name == name and (region is None or m.region == region)), None
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "method": self.method,
            "measurements": [m.to_dict() for m in self.measurements],
            "panels": [p.to_dict() for p in self.panels],
            "tables": [t.to_dict() for t in self.tables],
            "checks": [c.to_dict() for c in self.checks],
            "notes": list(self.notes),
            "sources": [
                {"path": s.path, "digest": s.digest, "understood": dict(s.understood)} for s in self.sources
            ],
            "settings": dict(self.settings),
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Analysis:
        """The inverse of :meth:`to_dict`, without images."""
        return Analysis(
            data["method"],
            tuple(Measurement.from_dict(m) for m in data["measurements"]),
            tuple(Panel.from_dict(p) for p in data["panels"]),
            tuple(
                ResultTable(
                    t["key"],
                    t["title"],
                    tuple((c[0], c[1]) for c in t["columns"]),
                    tuple(tuple(r) for r in t["rows"]),
                )
                for t in data["tables"]
            ),
            tuple(Check(**c) for c in data["checks"]),
            tuple(data["notes"]),
            tuple(SourceFacts(s["path"], s["digest"], s["understood"]) for s in data["sources"]),
            data["settings"],
        )
