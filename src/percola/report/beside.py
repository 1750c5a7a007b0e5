"""A simulated run beside what was measured: its curves in the figures of the bench, its numbers in a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.lab.panel import Curve, Panel
from percola.report import evidence, numbers
from percola.report.data import RunData, read


def read_run(path: Any) -> RunData | None:
    """The run that is to stand beside, or None where none was named."""
    return read(Path(str(path))) if path else None


def curves(run: RunData, p: Panel) -> tuple[Curve, ...]:
    """Curves of a simulated run that belong into a panel, by the panel's ``overlay``."""
    make = {
        "porometer": _porometer,
        "pore_size_distribution": _distribution,
        "crystallization": _crystallization,
        "phase_diagram": _phase_diagram,
    }.get(p.overlay)
    return make(run, p) if make is not None else ()


def rows(bench: RunData, run: RunData | None) -> list[dict[str, str]]:
    """Measured and simulated values of the same name, with the difference in standard deviations."""
    if run is None:
        return []
    out = []
    told: set[str] = set()
    for m in bench.measurements:
        other = run.measurement(m.name)
        if m.name in told or other is None or not (m.defined and other.defined) or m.unit != other.unit:
            continue
        ours, theirs = m.value, other.value
        if isinstance(ours, str) or isinstance(theirs, str) or ours is None or theirs is None:
            difference = "same" if ours == theirs else "differs"
        else:
            sigma = float(np.hypot(m.uncertainty or 0.0, other.uncertainty or 0.0))
            difference = f"{abs(ours - theirs) / sigma:.1f} σ" if sigma else "–"
            if ours and m.unit != "K":
                difference += f", factor {theirs / ours:.3g}"
        told.add(m.name)
        out.append(
            {
                "name": numbers.label_of(m.name, m.evidence),
                "measured": numbers.shown(m.name, m.value, m.unit, m.uncertainty),
                "simulated": numbers.shown(other.name, other.value, other.unit, other.uncertainty),
                "difference": difference,
            }
        )
    return out


def _porometer(run: RunData, p: Panel) -> tuple[Curve, ...]:
    """Wet and dry curve of the virtual porometer; flows are relative there, so they are scaled to the dry flow measured."""
    found = evidence.flow_curves(run)
    dry = next((c for c in p.curves if "dry" in c.label.lower() and "half" not in c.label.lower()), None)
    if found is None or dry is None or not len(dry.x):
        return ()
    pressure, wet, of_dry = (np.asarray(found[k], float) for k in ("pressure_Pa", "wet", "dry"))
    at = float(found.get("mean_flow_Pa") or pressure[-1])
    order = np.argsort(dry.x)
    measured = float(np.interp(at, dry.x[order], dry.y[order]))
    simulated = float(np.interp(at, pressure, of_dry))
    if not (measured > 0 and simulated > 0):
        return ()
    scale = measured / simulated
    return (
        Curve("simulated, wet (scaled to the dry flow)", pressure, wet * scale, "reference"),
        Curve("", pressure, of_dry * scale / 2, "reference"),
    )


def _distribution(run: RunData, p: Panel) -> tuple[Curve, ...]:
    """Share of the flow through larger pores, where the panel shows a share."""
    found = evidence.distribution(run)
    words = f"{p.y.label} {p.title}".lower()
    if found is None or p.x.kind != "length" or not any(w in words for w in ("cumul", "larger")):
        return ()
    diameter, larger = np.asarray(found["diameter_m"], float), np.asarray(found["larger"], float)
    return (Curve("simulated", diameter, larger, "reference"),)


def _crystallization(run: RunData, p: Panel) -> tuple[Curve, ...]:
    """T_c against T_s of the solvent of the run, at the polymer contents that it was computed for."""
    table = (run.documents.get("phase_diagram.json") or {}).get("tc_against_ts") or {}
    x = _numbers(table.get("dissolution_K"))
    out = []
    for fraction, row in zip(
        table.get("weight_fractions", ()), table.get("crystallization_K", ()), strict=False
    ):
        y = _numbers(row)
        if len(y) == len(x):
            out.append(Curve(f"simulated, {100 * float(fraction):g} wt%", x, y, "reference"))
    return tuple(out)


def _phase_diagram(run: RunData, p: Panel) -> tuple[Curve, ...]:
    """Cloud-point curve of the solution of the run."""
    document = run.documents.get("phase_diagram.json") or {}
    x, y = _numbers(document.get("weight_fraction")), _numbers(document.get("cloud_point_K"))
    return (Curve("simulated cloud points", x, y, "reference"),) if len(x) and len(x) == len(y) else ()


def _numbers(values: Any) -> npt.NDArray[np.float64]:
    """A list of numbers with gaps (None) as an array."""
    return np.array([np.nan if v is None else float(v) for v in values or ()], float)
