"""From the simulated box to the whole wall: the bubble point is an extreme value, and small boxes read it low
and scattered.

Whether a sphere of radius r passes a cube is a percolation problem in r. Near the critical radius r_c the
distribution of the largest passing radius over cubes of edge L is, for one class of structures,

    r(L) = r_c + L^(-1/nu) (a + s xi),   nu = 0.8765

with xi of unit variance. At r_c the probability that a cube with open sides is crossed in a given direction
depends neither on L nor on the structure (universality): about 0.28 in three dimensions, as found for
lattices and on Gaussian fields from 2 to 28 wavelengths (``docs/theory/measuring.md``). So r_c is the 72 %
quantile of r(L) at every L, which for the nearly normal distribution is the mean plus 0.583 standard
deviations, a = -0.583 s. Sub-cubes of several sizes give m(L) and s(L), hence r_c and s.

A wall of thickness T and area A offers N cubes of edge T, about 6 A/T^2 since they may stand anywhere; the
first bubble appears at the widest of them, so the bubble radius is the largest of N values, a Gumbel
variable. For a membrane hundreds of periods thick T^(-1/nu) is so small that the bubble point is r_c, much
the same for every area: a thick homogeneous membrane has the bulk's ratio of maximum to average, whatever
the box showed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.measure import _parallel
from percola.measure._volume import PARA, FloatVolume, Periodic
from percola.measure.flow.gas import Slip
from percola.measure.flow.permeability import WallGeometry
from percola.measure.flow.porometer import (
    AVERAGE_METHOD,
    ETHANOL,
    F316_FACTOR,
    MAXIMUM_METHOD,
    PRESSURE_METHOD,
    FlowCurves,
    WettingLiquid,
    _pore_evidence,
    flow_curves,
    throat_pressure_Pa,
)
from percola.measure.voids.widest import widest_path
from percola.measurement import Check, Measurement

NU = 0.8765
"""Correlation-length exponent of percolation in three dimensions: 1/nu = 1.1410 +- 0.0015, Wang et al., Phys.
Rev. E 87 (2013) 052107.
"""
QUANTILE = 0.583
"""Standard deviations above the mean of the quantile 1 - 0.28 of a normal distribution; 0.28 +- 0.02 is the
probability that a cube is crossed at the threshold. The error of 0.06 standard deviations is part of the
systematic error in ``fit_scaling``.
"""
LOWER_BOUND = "of a wall as even as the box and without defects"
"""Why the largest pore of a wall, and its ratio to the average, are lower bounds."""
PLACES = 2.5
"""Independent places of a cube an edge length, see :func:`columns`."""
MEAN_FLOW_SHIFT = 0.84
"""Size effect of the mean flow radius in units of the bubble point's: r_m(L) = r_m - 0.84 s L^(-1/nu); on
Gaussian fields, +-0.4.
"""
MEAN_FLOW_SHIFT_ERROR = 0.4
CROSSING_SIGMAS = 2.0
"""Standard deviations by which the two extrapolations may cross: 5 % of normal errors lie beyond, as the verdicts take it."""


@dataclass(frozen=True)
class SizeStudy:
    """Passing radii of sub-cubes, in voxels.

    Attributes:
        edge: edges of the cubes.
        radii: for each edge the passing radii (0: nothing passes).
        copies: number of separate cubes of each edge (several directions are not independent).
        mean_flow: mean flow radii of cubes of edge ``flow_edge``.
        bubble_at_flow: their bubble radii, in the same order.
        dry: their dry conductivities.
        flow_edge: edge of those cubes.
    """

    edge: tuple[int, ...]
    radii: tuple[tuple[float, ...], ...]
    copies: tuple[int, ...]
    mean_flow: tuple[float, ...]
    bubble_at_flow: tuple[float, ...]
    dry: tuple[float, ...]
    flow_edge: int


def _corners(shape: tuple[int, ...], edge: int) -> list[tuple[int, int, int]]:
    """Corners of separate cubes that fill the volume, centred."""
    starts = [[(n - n // edge * edge) // 2 + i * edge for i in range(n // edge)] for n in shape]
    return [(i, j, k) for i in starts[0] for j in starts[1] for k in starts[2]]


def pooled(studies: Sequence[SizeStudy], scale: Sequence[float]) -> SizeStudy:
    """The sub-cubes of several independent boxes as one study.

    Args:
        studies: one for each box, of boxes with the same number of voxels.
        scale: voxel of each box over the common voxel. Boxes of one membrane dry to spacings that differ by
            about 1 %: radii are converted, cubes of as many voxels count as of one edge.
    """
    edges = sorted({e for s in studies for e in s.edge})
    radii: list[tuple[float, ...]] = []
    copies: list[int] = []
    for edge in edges:
        rows = [(s, f, s.edge.index(edge)) for s, f in zip(studies, scale, strict=True) if edge in s.edge]
        radii.append(tuple(r * f for s, f, i in rows for r in s.radii[i]))
        copies.append(sum(s.copies[i] for s, _, i in rows))

    def joined(name: str, power: int) -> tuple[float, ...]:
        return tuple(v * f**power for s, f in zip(studies, scale, strict=True) for v in getattr(s, name))

    return SizeStudy(
        tuple(edges),
        tuple(radii),
        tuple(copies),
        joined("mean_flow", 1),
        joined("bubble_at_flow", 1),
        joined("dry", 2),
        max((s.flow_edge for s in studies), default=0),
    )


def size_study(
    cell: FloatVolume,
    kappa: FloatVolume,
    axes: Sequence[int] = (0, 1, 2),
    parts: Sequence[int] = (3, 2, 1),
    flow_parts: int = 2,
    flow_axis: int = 2,
    most: int = 64,
    progress: Callable[[str], None] | None = None,
    slip: Slip | None = None,
) -> SizeStudy:
    """Passing radii of the sub-cubes of edge (smallest side)/part along ``axes``, and mean flow radii of
    those at ``flow_parts``.

    Args:
        cell, kappa: maps of the whole box (so that cuts see the walls beyond them).
        axes: directions in which to cross; more than the flow axis only for an isotropic structure.
        parts: how often the box's smallest side is divided.
        flow_parts: division for the mean flow radius; 0 for none.
        most: at most so many cubes of one edge.
        slip: for the flow of a rarefied gas; None: viscous.
    """
    side = min(cell.shape)
    closed: Periodic = (False, False, False)
    edges, radii, copies = [], [], []
    for part in parts:
        edge = side // part
        if edge < 8:
            continue
        corners = _corners(cell.shape, edge)[:most]
        jobs = [(c, ax) for c in corners for ax in axes]

        def passing(a: int, b: int, jobs: list[Any] = jobs, edge: int = edge) -> list[float]:
            found = []
            for (i, j, k), ax in jobs[a:b]:
                cube = cell[i : i + edge, j : j + edge, k : k + edge]
                found.append(widest_path(np.ascontiguousarray(np.moveaxis(cube, ax, 2)), closed).radius)
            return found

        values = [r for block in _parallel.run(passing, _parallel.slabs(len(jobs))) for r in block]
        edges.append(edge)
        radii.append(tuple(values))
        copies.append(len(corners))
    mean_flow: list[FlowCurves] = []
    flow_edge = side // flow_parts if flow_parts else 0
    if flow_parts and flow_edge >= 12:
        if progress:
            progress("wet and dry flow of sub-volumes")
        corners = _corners(cell.shape, flow_edge)[:8]

        def flow(a: int, b: int) -> list[FlowCurves]:
            found = []
            for i, j, k in corners[a:b]:
                box = np.s_[i : i + flow_edge, j : j + flow_edge, k : k + flow_edge]
                order = [ax for ax in range(3) if ax != flow_axis] + [flow_axis]
                c = np.ascontiguousarray(np.transpose(cell[box], order))
                q = np.ascontiguousarray(np.transpose(kappa[box], order))
                part = None if slip is None else slip.part(box, order)
                found.append(flow_curves(c, q, closed, 0.02, 5e-3, together=1, curve=False, slip=part))
            return found

        mean_flow = [
            f for block in _parallel.run(flow, [(i, i + 1) for i in range(len(corners))]) for f in block
        ]
    through = [f for f in mean_flow if math.isfinite(f.mean_flow_radius)]
    return SizeStudy(
        tuple(edges),
        tuple(radii),
        tuple(copies),
        tuple(f.mean_flow_radius for f in through),
        tuple(f.bubble_radius for f in through),
        tuple(f.dry_conductivity for f in mean_flow),
        flow_edge,
    )


@dataclass(frozen=True)
class Scaling:
    """Critical radius and scatter of the passing radius, in voxels.

    Attributes:
        critical: r_c.
        critical_error: its standard deviation.
        scale: s of r(L) = r_c + L^(-1/nu) s (xi - 0.583).
        scale_error: its standard deviation.
        by_edge: for each edge (edge, mean, standard deviation, estimate of r_c, its error).
    """

    critical: float
    critical_error: float
    scale: float
    scale_error: float
    by_edge: tuple[tuple[int, float, float, float, float], ...]


def fit_scaling(study: SizeStudy) -> Scaling | None:
    """r_c and s from the sub-cubes; None when too few of them are crossed.

    Each edge with at least 8 values gives r_c as mean + 0.583 standard deviations with the statistical error
    of that sum (cubes count once, further directions half) and a systematic one of 10 % of its distance from
    the mean. The whole box adds its few values with the scatter scaled from the smaller cubes.
    """
    rows: list[tuple[int, float, float, float, float]] = []
    scales: list[tuple[float, float]] = []
    few: list[tuple[int, NDArray[np.float64], float]] = []
    for edge, values, count in zip(study.edge, study.radii, study.copies, strict=True):
        data = np.array(values)
        if (data <= 0).mean() > 0.25:
            continue  # mostly not crossed: the mean says little
        per_cube = len(data) / count
        independent = count * (1 + (per_cube - 1) / 2)
        if len(data) < 8:
            few.append((edge, data, independent))
            continue
        mean, sd = float(data.mean()), float(data.std(ddof=1))
        shift = QUANTILE * sd
        error = math.hypot(sd * math.sqrt((1 + QUANTILE**2 / 2) / independent), 0.1 * shift)
        rows.append((edge, mean, sd, mean + shift, max(error, 1e-6)))
        scales.append((sd * edge ** (1 / NU), sd * edge ** (1 / NU) / math.sqrt(2 * max(independent - 1, 1))))
    if not rows:
        return None
    weights = np.array([1 / max(e, 1e-9) ** 2 for _, e in scales])
    scale = float(np.average([v for v, _ in scales], weights=weights))
    # Sizes overlap in space and the distribution is not quite normal: at least 15 %.
    scale_error = max(float(1 / math.sqrt(weights.sum())), 0.15 * scale)
    for edge, data, independent in few:
        sd = scale * edge ** (-1 / NU)
        mean = float(data.mean())
        rows.append((edge, mean, sd, mean + QUANTILE * sd, max(sd / math.sqrt(independent), 1e-6)))
    w = np.array([1 / r[4] ** 2 for r in rows])
    critical = float(np.average([r[3] for r in rows], weights=w))
    # All sizes see the same box: their estimates are not independent, so the error is that of the best single
    # one, and at least the scatter between sizes.
    best = min(r[4] for r in rows)
    spread = float(np.sqrt(np.average([(r[3] - critical) ** 2 for r in rows], weights=w)))
    error = max(best, spread)
    return Scaling(critical, error, scale, scale_error, tuple(sorted(rows)))


def largest_of(count: float) -> tuple[float, float]:
    """Mean and standard deviation of the largest of ``count`` standard normal values (count >= 1, need not be
    whole).

    Its distribution function is Phi(x)^N; moments over 4000 equal parts of probability. Tippett (1925):
    1.539, 0.587 for N = 10; 3.241, 0.351 for N = 1000.
    """
    from scipy.stats import norm

    n = max(float(count), 1.0)
    u = (np.arange(4000) + 0.5) / 4000
    x = norm.isf(-np.expm1(np.log(u) / n))
    return float(x.mean()), float(x.std())


def columns(thickness: float, area: float) -> float:
    """Number of independent cubes of the wall's thickness that its area offers to the first bubble.

    ((W/T - 1) 2.5 + 1)^2 for a square of edge W. Cubes may stand anywhere, not only side by side, and paths
    may lean: 2.5 places an edge length reproduce slabs of Gaussian fields 2 to 4 times as wide as thick.
    """
    aspect = max(math.sqrt(area) / thickness, 1.0)
    return (PLACES * (aspect - 1) + 1) ** 2


def bubble_radius(scaling: Scaling, thickness_voxels: float, area_voxels2: float) -> tuple[float, float]:
    """Bubble radius of a wall and its standard deviation (estimate and chance together), in voxels."""
    factor = thickness_voxels ** (-1 / NU)
    mean, spread = largest_of(columns(thickness_voxels, area_voxels2))
    s = scaling.scale * factor
    value = scaling.critical + s * (mean - QUANTILE)
    error = math.sqrt(
        scaling.critical_error**2
        + (s * spread) ** 2
        + (scaling.scale_error * factor * (mean - QUANTILE)) ** 2
    )
    return value, error


def left_out(share: float) -> float:
    """By how much the mean of a normal distribution rises when its lowest ``share`` is left out, over the standard
    deviation of what is left.

    lambda/sqrt(1 + z lambda - lambda^2) with z the quantile of the share and lambda = phi(z)/(1 - share).
    """
    from scipy.stats import norm

    if share <= 0.0:
        return 0.0
    z = float(norm.ppf(share))
    rise = float(norm.pdf(z)) / (1.0 - share)
    return rise / math.sqrt(1.0 + z * rise - rise**2)


def mean_flow_radius(
    scaling: Scaling, study: SizeStudy, thickness_voxels: float
) -> tuple[float, float] | None:
    """Mean flow radius of a wall of that thickness and its standard deviation, in voxels; None where fewer than three
    sub-volumes, or fewer than half of them, carry flow.

    Sub-volumes that nothing crosses have no mean flow radius, but stand at the low end of the distribution: leaving them
    out reads high by :func:`left_out`. That is taken off, with half of it as its uncertainty.
    """
    data = np.array(study.mean_flow)
    closed = 1.0 - len(data) / len(study.dry) if study.dry else 0.0
    if len(data) < 3 or closed > 0.5:
        return None
    here = study.flow_edge ** (-1 / NU)
    there = thickness_voxels ** (-1 / NU)
    shift = MEAN_FLOW_SHIFT * scaling.scale * (here - there)
    shift_error = abs(here - there) * math.hypot(
        MEAN_FLOW_SHIFT_ERROR * scaling.scale, MEAN_FLOW_SHIFT * scaling.scale_error
    )
    missing = left_out(closed) * float(data.std(ddof=1))
    value = float(data.mean()) + shift - missing
    return value, math.sqrt(_sampling(study) ** 2 + shift_error**2 + (0.5 * missing) ** 2)


def _sampling(study: SizeStudy) -> float:
    """Standard error of the mean of the mean flow radii, in voxels."""
    return float(np.std(study.mean_flow, ddof=1)) / math.sqrt(len(study.mean_flow))


def ratio_measurement(
    bubble: tuple[float, float],
    average: tuple[float, float],
    correlation: float,
    region: str,
    evidence: dict[str, Any],
) -> Measurement:
    """`pore_size_ratio` = maximum (bubble point) over average (half-dry), paragraph 32, with correlated
    errors.

    (dq/q)^2 = (da/a)^2 + (db/b)^2 - 2 rho (da/a)(db/b). The constant of F316 cancels.
    """
    value = bubble[0] / average[0]
    return Measurement(
        "pore_size_ratio",
        value,
        "1",
        _ratio_error(bubble, average, correlation),
        PARA + "16, 32: maximum (bubble point) / average (half-dry)",
        region,
        evidence={**evidence, "correlation_of_errors": correlation, "constant_cancels": True},
    )


def _boxes(study: SizeStudy) -> str:
    """The whole boxes of a study, in words."""
    count = study.copies[study.edge.index(max(study.edge))]
    return "a box" if count == 1 else f"{count} boxes"


def _ratio_error(bubble: tuple[float, float], average: tuple[float, float], correlation: float) -> float:
    """Standard deviation of bubble/average with correlated errors."""
    a, b = bubble[1] / bubble[0], average[1] / average[0]
    return bubble[0] / average[0] * math.sqrt(max(a * a + b * b - 2 * correlation * a * b, 0.0))


def not_crossed(
    bubble: tuple[float, float], average: tuple[float, float], correlation: float
) -> tuple[tuple[float, float], float, tuple[Check, ...]]:
    """(mean flow radius held to the bubble radius, error of their ratio, check where it had to be held).

    Half of the flow never passes at a pressure below the first bubble: the ratio is 1 or more. In a thick homogeneous
    wall both radii tend to the same one, so the two extrapolations, each with its own scatter, can cross. The ratio is
    then 1, with the error of the ratio as extrapolated and what it was moved by.
    """
    error = _ratio_error(bubble, average, correlation)
    excess = 1.0 - bubble[0] / average[0]
    if excess <= 0.0:
        return average, error, ()
    sigmas = excess / error if error > 0 else math.inf
    within = sigmas <= CROSSING_SIGMAS
    check = Check(
        "extrapolations do not cross",
        "warn" if within else "fail",
        f"the half-dry pore extrapolates to {100 * excess:.2g} % above the bubble point, {sigmas:.1f} standard deviations: "
        + (
            "the two extrapolations cross within their errors, and the ratio is held at 1"
            if within
            else "the two extrapolations cross by more than their errors, the sub-volumes do not tell the ratio"
        ),
    )
    return (bubble[0], math.hypot(average[1], average[0] - bubble[0])), math.hypot(error, excess), (check,)


def wall_measurements(
    study: SizeStudy,
    box: FlowCurves,
    spacing_m: float,
    wall: WallGeometry,
    liquid: WettingLiquid = ETHANOL,
    period_m: float | None = None,
) -> list[Measurement]:
    """`maximum_pore_size`, `bubble_point_pressure`, `average_pore_size`, `pore_size_ratio` of the whole wall
    (region "wall").

    Assumes that the wall is statistically the same through its thickness. The evidence holds the sub-cube
    data of the size effect and the predicted bubble radius against thickness.
    """
    names = (
        ("maximum_pore_size", "m", MAXIMUM_METHOD),
        ("bubble_point_pressure", "Pa", PRESSURE_METHOD),
        ("average_pore_size", "m", AVERAGE_METHOD),
        ("pore_size_ratio", "1", PARA + "16, 32"),
    )
    scaling = fit_scaling(study)
    if box.bubble_radius <= 0 or scaling is None:
        why = (
            "no void reaches from side to side"
            if box.bubble_radius <= 0
            else "most sub-volumes are not crossed by any void: the box cannot be extrapolated to the wall"
        )
        return [Measurement(n, None, u, method=m, region="wall", reason=why) for n, u, m in names]
    thickness = wall.thickness_m / spacing_m
    area = wall.specimen_area_m2 / spacing_m**2
    bubble = bubble_radius(scaling, thickness, area)
    average = mean_flow_radius(scaling, study, thickness)
    # 0.05 voxel: accuracy of the sub-voxel radii.
    bubble = (bubble[0], math.hypot(bubble[1], 0.05))
    span = np.geomspace(min(study.edge), thickness, 16)
    effect = {
        "sub_cube_edge_m": [e * spacing_m for e in study.edge],
        "sub_cube_throat_radius_m": [[r * spacing_m for r in rs] for rs in study.radii],
        "by_edge": [
            {
                "edge_m": e * spacing_m,
                "mean_m": m * spacing_m,
                "sd_m": sd * spacing_m,
                "critical_m": c * spacing_m,
                "critical_error_m": ce * spacing_m,
            }
            for e, m, sd, c, ce in scaling.by_edge
        ],
        "critical_radius_m": scaling.critical * spacing_m,
        "critical_radius_error_m": scaling.critical_error * spacing_m,
        "scale_m": scaling.scale * spacing_m,
        "nu": NU,
        "predicted": {
            "thickness_m": [float(t * spacing_m) for t in span],
            "throat_radius_m": [float(bubble_radius(scaling, t, area)[0] * spacing_m) for t in span],
            "error_m": [float(bubble_radius(scaling, t, area)[1] * spacing_m) for t in span],
        },
        "columns": columns(thickness, area),
        "box_throat_radius_m": box.bubble_radius * spacing_m,
    }
    periods = min(study.edge[-1:] or (0,)) * spacing_m / period_m if period_m else None
    enough = Check(
        "box holds enough pores",
        "pass" if periods is None or periods >= 6 else "warn",
        f"{periods:.1f} structure periods across the box (6 or more wanted)" if periods else "period unknown",
    )
    note = Check(
        "extrapolated",
        "warn",
        f"the wall is taken to be as homogeneous as the box, without defects; from {_boxes(study)} of {max(study.edge) * spacing_m * 1e6:.3g} um "
        f"to a wall of {wall.thickness_m * 1e6:.4g} um and {wall.specimen_area_m2 * 1e4:.3g} cm2; throat "
        f"diameter {2 * box.bubble_radius * spacing_m * 1e9:.0f} nm in the box, "
        f"{2 * bubble[0] * spacing_m * 1e9:.0f} nm in the wall",
    )
    radius_m = bubble[0] * spacing_m
    first = {**_pore_evidence(radius_m, liquid), "size_effect": effect}
    pressure = throat_pressure_Pa(radius_m, liquid)
    relative = bubble[1] / bubble[0]
    out = [
        Measurement(
            "maximum_pore_size",
            first["f316_diameter_m"],
            "m",
            2 * bubble[1] * spacing_m * F316_FACTOR,
            MAXIMUM_METHOD,
            "wall",
            (enough, note),
            first,
        ),
        Measurement(
            "bubble_point_pressure",
            pressure,
            "Pa",
            pressure * math.hypot(relative, liquid.uncertainty_N_m / liquid.surface_tension_N_m),
            PRESSURE_METHOD,
            "wall",
            (enough, note),
            _pore_evidence(radius_m, liquid),
        ),
    ]
    if average is None:
        why = "fewer than half of the sub-volumes carry flow for the half-dry pore of the wall"
        out.append(
            Measurement("average_pore_size", None, "m", method=AVERAGE_METHOD, region="wall", reason=why)
        )
        out.append(
            Measurement("pore_size_ratio", None, "1", method=PARA + "16, 32", region="wall", reason=why)
        )
        return out
    average = (average[0], math.hypot(average[1], 0.05))
    correlation = _correlation(study, scaling, bubble[1], average[1])
    average, ratio_error, crossing = not_crossed(bubble, average, correlation)
    second = {
        **_pore_evidence(average[0] * spacing_m, liquid),
        "sub_volume_edge_m": study.flow_edge * spacing_m,
        "sub_volumes": len(study.dry),
        "sub_volume_mean_flow_radius_m": [r * spacing_m for r in study.mean_flow],
        "box_mean_flow_radius_m": box.mean_flow_radius * spacing_m,
    }
    out.append(
        Measurement(
            "average_pore_size",
            second["f316_diameter_m"],
            "m",
            2 * average[1] * spacing_m * F316_FACTOR,
            AVERAGE_METHOD,
            "wall",
            (enough, *crossing),
            second,
        )
    )
    ratio = ratio_measurement(
        bubble,
        average,
        correlation,
        "wall",
        {
            "maximum_throat_radius_m": radius_m,
            "average_throat_radius_m": average[0] * spacing_m,
            "lower_bound": LOWER_BOUND,
        },
    )
    out.append(replace(ratio, uncertainty=ratio_error, checks=(*ratio.checks, *crossing)))
    return out


def _correlation(study: SizeStudy, scaling: Scaling, bubble_error: float, average_error: float) -> float:
    """Correlation of the errors of the two extrapolated radii.

    The sub-volumes show how bubble and mean flow radius go together (kept within 0 and 0.95; 0.5 if it cannot be told).
    Only the sampling parts of both errors do; those of the extrapolations are of their own.
    """
    together = 0.5
    if len(study.mean_flow) >= 4:
        a, b = np.array(study.bubble_at_flow), np.array(study.mean_flow)
        if a.std() > 0 and b.std() > 0:
            together = float(np.clip(np.corrcoef(a, b)[0, 1], 0.0, 0.95))
    shares = min(scaling.critical_error / bubble_error, 1.0) * min(_sampling(study) / average_error, 1.0)
    return together * shares
