"""The audit of reported specimens, with its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from percola.pipeline.bench import BenchResult, check_files, write
from percola.store import file_digest

if TYPE_CHECKING:
    from percola.audit import Audit


def audit_specimens(file: Path | None = None, *, out: Path | None = None) -> tuple[Audit, BenchResult]:
    """Audit the specimens of the patent, or those of a table, and write a report.

    Raises:
        InputError: a table that cannot be read, with what to do.
    """
    from percola.audit import audit, from_file, patent_specimens, patent_statements

    if file is None:
        found = audit(patent_specimens(), patent_statements())
    else:
        check_files([file])
        found = audit(from_file(file))
    grades = ", ".join(f"{n} {g}" for g, n in found.counts.items() if n)
    result = write(
        f"audit-{'ep1063256' if file is None else file.stem}",
        title="EP 1 063 256 A1" if file is None else file.name,
        kicker="Audit of reported specimens",
        subtitle=f"{found.specimens} specimens; {grades or 'nothing found'}",
        identity={"audit": "patent" if file is None else file_digest(file)},
        extra={"audit": found.to_dict()},
        out=out,
    )
    return found, result
