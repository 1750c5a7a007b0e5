"""Figures of the porometer: flow against pressure, the onset of flow, the distributions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from percola.lab.panel import Axis, Curve, Mark, Panel
from percola.lab.porometry.bubble import Bubble
from percola.lab.porometry.curves import Run
from percola.lab.porometry.halfdry import Distribution, HalfDry
from percola.lab.porometry.pores import Scale

_PRESSURE = Axis("gas pressure across the specimen", "pressure", "kPa")
_FLOW = Axis("gas flow", "volume_flow", "ml/min")


def flow_panel(
    wet: Run, dry: Run | None, half: HalfDry | None, b: Bubble, key: str = "", title: str = ""
) -> Panel:
    """Wet, dry and half-dry curve with the crossing and the bubble point."""
    curves = [Curve("wet", wet.pressure_Pa, wet.flow_m3_s, "data")]
    marks: list[Mark] = []
    if dry is not None:
        curves.append(Curve("dry", dry.pressure_Pa, dry.flow_m3_s, "points"))
    if half is not None:
        curves.append(Curve("half-dry", half.pressure_Pa, half.dry_m3_s / 2, "derived"))
        if half.mean_flow is not None:
            c = half.mean_flow
            y = float(np.interp(c.at, half.pressure_Pa, half.dry_m3_s / 2))
            marks.append(Mark("mean flow pore", c.at, y, c.error))
    if b.pressure is not None:
        marks.append(Mark(f"bubble point ({b.words})", b.pressure[0], None, b.pressure[1]))
    return Panel(
        "flow" + key,
        "Gas flow against pressure" + title,
        _PRESSURE,
        _FLOW,
        tuple(curves),
        tuple(marks),
        (),
        "The average pore is read where the wet curve crosses the half-dry one, the maximum pore at the bubble point. Wet "
        "and dry should be one at the highest pressures.",
        overlay="porometer",
    )


def onset_panel(wet: Run, b: Bubble, key: str = "", title: str = "") -> Panel:
    """Flow near its onset with the fitted background and the thresholds."""
    p, q = wet.pressure_Pa, wet.flow_m3_s
    at = [x for x in (b.pressure[0] if b.pressure else None, b.onset.pressure_Pa if b.onset else None) if x]
    reached = [t.crossing.at for t in b.thresholds if t.crossing is not None]
    top = max([1.15 * x for x in at] + [1.02 * x for x in reached[:1]], default=float(p[-1]))
    keep = p <= top
    curves = [Curve("wet", p[keep], q[keep], "points")]
    marks: list[Mark] = []
    if b.onset is not None:
        o = b.onset
        line = np.array([0.0, min(top, 1.1 * o.pressure_Pa)])
        curves.append(Curve(f"background, {o.quiet} readings", line, o.background_m3_s(line), "baseline"))
        marks.append(Mark("first flow", o.pressure_Pa, None, o.error_Pa))
    for t in b.thresholds:
        if t.crossing is not None and t.crossing.at <= top:
            marks.append(Mark(t.words, t.crossing.at, t.flow_m3_s, t.crossing.error))
    return Panel(
        "onset" + key,
        "Onset of flow" + title,
        _PRESSURE,
        _FLOW,
        tuple(curves),
        tuple(marks),
        (),
        "Below the bubble point only the background flows. First flow is where the readings leave it for good.",
    )


def distribution_panels(
    half: HalfDry,
    parts: Distribution,
    measured: Mapping[str, float],
    scale: Scale,
    key: str = "",
    title: str = "",
) -> list[Panel]:
    """Flow through larger pores, and the flow in bins of pore size; F316 diameters."""
    known = np.isfinite(half.share) & (half.pressure_Pa > 0)
    d = scale.f316_m(1.0) / half.pressure_Pa[known]
    reach = d <= 1.3 * float(parts.edges_m[0])
    marks = tuple(Mark(words, value) for words, value in measured.items())
    steps_x = np.repeat(parts.edges_m, 2)[1:-1]
    steps_y = np.repeat(parts.density_per_m * (parts.edges_m[:-1] - parts.edges_m[1:]), 2)
    centre = np.sqrt(parts.edges_m[:-1] * parts.edges_m[1:])
    return [
        Panel(
            "pore_size_distribution" + key,
            "Gas flow through larger pores" + title,
            Axis("pore diameter (F316)", "length", "um"),
            Axis("gas flow through larger pores", "fraction", "%"),
            (
                Curve("wet / dry", d[reach], half.share[known][reach], "data"),
                Curve("at the edges of the bins", parts.edges_m, parts.larger, "points"),
            ),
            marks,
            (),
            "Wet over dry flow at the pressure of each diameter. Half of it is the average pore size.",
            overlay="pore_size_distribution",
        ),
        Panel(
            "flow_distribution" + key,
            "Gas flow by pore size" + title,
            Axis("pore diameter (F316)", "length", "um"),
            Axis("share of the gas flow in a bin", "fraction", "%"),
            (
                Curve("differential flow", steps_x, steps_y, "derived"),
                Curve("", centre, parts.share, "points", parts.share_error),
            ),
            marks,
            (),
            "What each bin of pore size adds to wet over dry. Negative shares are noise, left as they are.",
        ),
    ]


def curves_evidence(half: HalfDry, scale: Scale, bubble_Pa: float, points: int = 200) -> dict[str, Any]:
    """Curves in the shape of the virtual porometer's evidence, from the bubble point on, thinned."""
    known = np.flatnonzero(np.isfinite(half.share) & (half.pressure_Pa >= bubble_Pa * (1 - 1e-9)))
    if len(known) > points:
        known = known[np.unique(np.linspace(0, len(known) - 1, points).astype(int))]
    p = half.pressure_Pa[known]
    if not len(p):
        return {}
    unit = float(np.interp(bubble_Pa, half.pressure_Pa, half.dry_m3_s))

    def listed(values: Any) -> list[float]:
        return [float(f"{v:.6g}") for v in values]

    return {
        "pressure_Pa": listed(p),
        "radius_m": listed(scale.young_laplace_m(1.0) / 2 / p),
        "wet_over_dry": listed(half.share[known]),
        "flow_unit": "dry flow at the bubble point = 1",
        "dry_flow_at_bubble_point_m3_s": unit,
        "dry": listed(half.dry_m3_s[known] / unit),
        "half_dry": listed(half.dry_m3_s[known] / unit / 2),
        "wet": listed(half.wet_m3_s[known] / unit),
    }
