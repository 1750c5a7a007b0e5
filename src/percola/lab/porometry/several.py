"""Several specimens of one sample: mean, standard deviation, and a table of the single ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from percola.lab.analysis import ResultTable
from percola.measurement import Check, Measurement

_SHOWN = {"m": (1e6, "µm"), "Pa": (1e-3, "kPa"), "1": (1.0, "")}
_TITLES = {
    "average_pore_size": "average pore",
    "maximum_pore_size": "maximum pore",
    "pore_size_ratio": "maximum / average",
    "bubble_point_pressure": "bubble point",
    "mean_flow_pressure": "mean flow pressure",
    "threshold_flow_pore_size": "pore by threshold flow",
    "smallest_pore_size": "smallest pore",
}


def mean_of(labels: Sequence[str], found: Sequence[Sequence[Measurement]]) -> list[Measurement]:
    """The mean of each measurement over specimens.

    Uncertainty: sqrt(s^2/n + u^2), s the standard deviation of the specimens and u the smallest uncertainty of one, taken as
    what all share (calibration, surface tension). Curves stay with the first specimen. A specimen without a value is left
    out, and said so.
    """
    names = list(dict.fromkeys(m.name for ms in found for m in ms))
    out: list[Measurement] = []
    for name in names:
        each = [next((m for m in ms if m.name == name), None) for ms in found]
        good = [(label, m) for label, m in zip(labels, each, strict=True) if m is not None and m.defined]
        first = next(m for m in each if m is not None)
        singles: list[dict[str, Any]] = [
            {
                "specimen": label,
                "value": None if m is None or not m.defined else m.value,
                "uncertainty": None if m is None else m.uncertainty,
            }
            for label, m in zip(labels, each, strict=True)
        ]
        checks: list[Check] = []
        for label, m in zip(labels, each, strict=True):
            for c in () if m is None else m.checks:
                if c.status != "pass":
                    checks.append(Check(f"{c.name} ({label})", c.status, c.message))
        if len(good) < len(each):
            checks.append(Check("all specimens have a value", "warn", f"{len(good)} of {len(each)}"))
        if not good:
            out.append(
                Measurement(name, None, first.unit, method=first.method, region=first.region, checks=tuple(checks),
                            evidence={"specimens": singles}, citations=first.citations, reason=first.reason)
            )  # fmt: skip
            continue
        values = np.array([m.value for _, m in good], float)
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
        shared = min((m.uncertainty for _, m in good if m.uncertainty is not None), default=0.0)
        error = math.hypot(spread / math.sqrt(len(values)), shared) if spread is not None else shared
        evidence = {
            **good[0][1].evidence,
            "specimens": singles,
            "standard_deviation": spread,
            "evidence_of": f"the curves and pressures here are those of {good[0][0]}",
        }
        out.append(
            Measurement(
                name, float(values.mean()), first.unit, error,
                f"{first.method}; mean of {len(values)} specimens", first.region, tuple(checks), evidence, first.citations,
            )
        )  # fmt: skip
    return out


def table_of(labels: Sequence[str], found: Sequence[Sequence[Measurement]]) -> ResultTable:
    """One row for each specimen, then mean and standard deviation."""
    names = [n for n in _TITLES if any(m.name == n for ms in found for m in ms)]
    units = {m.name: m.unit for ms in found for m in ms}
    columns = [("specimen", ""), *((_TITLES[n], _SHOWN[units[n]][1]) for n in names)]
    grid: list[list[float | None]] = []
    for ms in found:
        row: list[float | None] = []
        for n in names:
            m = next((x for x in ms if x.name == n), None)
            row.append(None if m is None or not isinstance(m.value, float) else m.value * _SHOWN[m.unit][0])
        grid.append(row)
    rows: list[tuple[float | str | None, ...]] = [
        (label, *row) for label, row in zip(labels, grid, strict=True)
    ]
    if len(grid) > 1:
        for word, of in (("mean", np.mean), ("standard deviation", lambda v: np.std(v, ddof=1))):
            cells: list[float | None] = []
            for column in zip(*grid, strict=True):
                numbers = [v for v in column if v is not None]
                cells.append(float(of(numbers)) if len(numbers) > 1 else None)
            rows.append((word, *cells))
    return ResultTable("specimens", "Specimens", tuple(columns), tuple(rows))
