"""All measurements of one voxel structure in one call, sharing what they have in common, and the average over
realizations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.measure._volume import BoolVolume, FloatVolume, Periodic, checked, unoriented
from percola.measure.flow.gas import AIR, Gas, Slip
from percola.measure.flow.liquids import ETHANOL, WettingLiquid
from percola.measure.flow.permeability import (
    Layer,
    WallGeometry,
    relative_scatter,
    structure_flow,
    water_permeability,
)
from percola.measure.flow.porometer import (
    NO_FLOW,
    RADIUS_ERROR,
    FlowCurves,
    Voids,
    first_throat,
    flow_curves,
    pore_measurements,
    porometry,
    prepare,
)
from percola.measure.flow.wall import SizeStudy, pooled, ratio_measurement, size_study, wall_measurements
from percola.measure.form.descriptors import structure_descriptors
from percola.measure.form.isotropy import anisotropy_sample, no_anisotropy, pooled_anisotropy
from percola.measure.form.sem import (
    sem_section_pore_size,
    sem_surface_pore_size,
    surface_to_internal_pore_ratio,
)
from percola.measure.voids.connectivity import measure_openness
from percola.measure.voids.distance import DistanceMap
from percola.measurement import Measurement

Progress = Callable[[str, float], None]

OPENNESS = ("porosity", "through_porosity", "isolated_void_fraction", "polymer_network_share")
POROMETRY = ("maximum_pore_size", "bubble_point_pressure", "average_pore_size", "pore_size_ratio")
FLOW = ("permeability", "water_permeability")
DESCRIPTORS = (
    "euler_number",
    "surface_area_per_volume",
    "structure_period",
    "mean_curvature",
    "gaussian_curvature",
    "saddle_area_fraction",
    "polymer_convex_area_fraction",
    "void_convex_area_fraction",
    "local_thickness",
    "neck_ratio",
    "core_sphericity",
)
NAMES = (
    *OPENNESS,
    "sem_average_pore_size",
    "degree_of_anisotropy",
    *POROMETRY,
    *FLOW,
    *DESCRIPTORS,
    "thickness",
)
"""Every name that :func:`measure_structure` can give."""

ENOUGH_BOXES = 4
"""Boxes from which on their scatter alone tells the uncertainty: with three degrees of freedom a scatter is itself known to
about 40 %, with one or two it is not."""

_STOKES = ("ep1063256", "cahouetchabard1988", "zickhomsy1982")
_PORES = ("ep1063256", "astmf316", "jasper1972", "felzenszwalb2012", "hildebrand1997")
_CITED = {
    **dict.fromkeys(NAMES, ("ep1063256",)),
    "degree_of_anisotropy": ("ep1063256", "harriganmann1984"),
    "maximum_pore_size": (*_PORES, "astme128", "wang2013", "tippett1925"),
    "bubble_point_pressure": (*_PORES, "astme128", "wang2013", "tippett1925"),
    "average_pore_size": (*_PORES, "wang2013", "beskok1999", "lemmonjacobsen2004"),
    "pore_size_ratio": (*_PORES, "astme128", "wang2013", "tippett1925"),
    # Zick and Homsy: what the flow solver is held against.
    "permeability": _STOKES,
    "water_permeability": (*_STOKES, "huber2009"),
    "mean_curvature": ("ep1063256", "koenderink1992"),
    "local_thickness": ("ep1063256", "felzenszwalb2012", "hildebrand1997"),
    "neck_ratio": ("ep1063256", "felzenszwalb2012", "hildebrand1997"),
    "core_sphericity": ("ep1063256", "felzenszwalb2012"),
}


@dataclass(frozen=True)
class Box:
    """One realization of a structure: the arguments of :func:`measure_structure` that differ between boxes.

    ``voids``: what :func:`percola.measure.flow.porometer.prepare` gives for it, where that is already there.
    """

    void: BoolVolume
    spacing_m: float
    periodic: Periodic
    level: FloatVolume | None = None
    voids: Voids | None = None


@dataclass(frozen=True)
class _Found:
    """What one box gives: results before, at and after the place of isotropy, and what the wall needs."""

    before: list[Measurement]
    pores: list[Measurement]
    after: list[Measurement]
    curves: FlowCurves | None
    study: SizeStudy | None
    spacing_m: float
    period_m: float | None


def measure_structure(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    level: FloatVolume | None = None,
    wall: WallGeometry | None = None,
    which: Collection[str] | None = None,
    progress: Progress | None = None,
    axis: int = 2,
    region: str = "core",
    liquid: WettingLiquid = ETHANOL,
    layers: Sequence[Layer] = (),
    gas: Gas | None = AIR,
) -> list[Measurement]:
    """The measurements of paragraph 89 on one voxel structure, and what definition (A) needs.

    Args: void: True in voids, (nx, ny, nz). spacing_m: edge of a voxel [m]. periodic: whether each axis
        wraps. level: continuous field, below 0 in voids; its zero places the wall between voxels. wall: the
        membrane the structure stands for; with it the pore sizes are extrapolated (region "wall") and the
        water
            permeability is given. Without it they are those of the box, and only the permeability in m^2.
        which: names of measurements wanted (:data:`NAMES`); None: all.
        progress: called with what is being done and the part done, 0..1.
        axis: direction through the wall.
        region: written into the results of the box ("core" normally).
        liquid: wetting liquid of the porometer.
        layers: surface layers in series for the water permeability.
        gas: of the porometer; None: viscous flow without slip.

    Returns measurements in a fixed order, the same for the same input whatever the number of threads.
    Structures without voids, without polymer or without a way through give results that say so, never an
    error.
    """
    return measure_realizations(
        [Box(void, spacing_m, periodic, level)], wall, which, progress, axis, region, liquid, layers, gas
    )


def measure_realizations(
    boxes: Sequence[Box],
    wall: WallGeometry | None = None,
    which: Collection[str] | None = None,
    progress: Progress | None = None,
    axis: int = 2,
    region: str = "core",
    liquid: WettingLiquid = ETHANOL,
    layers: Sequence[Layer] = (),
    gas: Gas | None = AIR,
) -> list[Measurement]:
    """:func:`measure_structure` of one structure known from several independent boxes of the same shape.

    Means are averaged (:func:`combine`). What is not a mean is pooled: the sub-cubes of all boxes make one size
    study for the wall, and the chords of all boxes one fabric tensor.
    """
    if not boxes:
        raise InputError("boxes", "none", "at least one box")
    for box in boxes:
        checked(box.void, box.spacing_m, box.periodic, box.level, axis)
        if min(box.void.shape) < 4:
            raise InputError("void.shape", f"{box.void.shape}", "at least 4 voxels along each axis")
        if box.void.shape != boxes[0].void.shape:
            raise InputError(
                "void.shape",
                f"{box.void.shape} beside {boxes[0].void.shape}",
                "the same in every realization",
            )
    unknown = sorted(set(which or ()) - set(NAMES))
    if unknown:
        raise InputError("which", ", ".join(unknown), "one or more of " + ", ".join(NAMES))
    wanted = set(NAMES if which is None else which)
    isotropy: list[Measurement] = []
    if "degree_of_anisotropy" in wanted or (wanted & set(POROMETRY) and wall is not None):
        if progress:
            progress("isotropy", 0.0)
        samples = [anisotropy_sample(box.void, box.spacing_m) for box in boxes]
        known = [s for s in samples if s is not None]
        if 2 * len(known) < len(boxes) or not known:
            isotropy = no_anisotropy("there is no polymer" if boxes[0].void.all() else "there is no void")
        else:
            isotropy = pooled_anisotropy(known)
    found = []
    for i, box in enumerate(boxes):

        def report(what: str, part: float, i: int = i) -> None:
            if progress:
                progress(what, (i + part) / len(boxes))

        found.append(
            _measure_box(
                box, wall, wanted, report, axis, region, liquid, gas, layers, isotropy, len(boxes) > 1
            )
        )
    out = combine([f.before for f in found])
    if "degree_of_anisotropy" in wanted:
        out += isotropy
    out += combine([f.pores for f in found])
    if wall is not None and wanted & set(POROMETRY):
        out += [m for m in _wall_pores(found, wall, liquid) if m.name in wanted]
    out += combine([f.after for f in found])
    if progress:
        progress("done", 1.0)
    return [replace(m, citations=_CITED[m.name]) for m in out]


def _wall_pores(found: Sequence[_Found], wall: WallGeometry, liquid: WettingLiquid) -> list[Measurement]:
    """Pore sizes of the wall from the pooled sub-cubes of all boxes."""
    curves = [f.curves for f in found if f.curves is not None]
    if not curves:
        return []
    spacing_m = float(np.mean([f.spacing_m for f in found]))
    scale = [f.spacing_m / spacing_m for f in found]
    studies = [(f.study, s) for f, s in zip(found, scale, strict=True) if f.study is not None]
    study = pooled([s for s, _ in studies], [f for _, f in studies])
    open_ = [
        (f.curves, s)
        for f, s in zip(found, scale, strict=True)
        if f.curves is not None and f.curves.bubble_radius > 0
    ]
    if 2 * len(open_) < len(found):
        curve = curves[0] if len(found) == 1 else NO_FLOW
    else:
        curve = replace(
            open_[0][0],
            bubble_radius=float(np.mean([c.bubble_radius * s for c, s in open_])),
            mean_flow_radius=_mean([c.mean_flow_radius * s for c, s in open_]),
        )
    periods = [f.period_m for f in found if f.period_m is not None]
    period = float(np.mean(periods)) if periods else None
    return wall_measurements(study, curve, spacing_m, wall, liquid, period)


def _mean(values: Sequence[float]) -> float:
    """Mean of the finite values; nan where there is none."""
    finite = [v for v in values if math.isfinite(v)]
    return float(np.mean(finite)) if finite else math.nan


def _measure_box(
    box: Box,
    wall: WallGeometry | None,
    wanted: set[str],
    report: Progress,
    axis: int,
    region: str,
    liquid: WettingLiquid,
    gas: Gas | None,
    layers: Sequence[Layer],
    isotropy: list[Measurement],
    several: bool,
) -> _Found:
    void, spacing_m, periodic, level = box.void, box.spacing_m, box.periodic, box.level
    before: list[Measurement] = []
    pores: list[Measurement] = []
    after: list[Measurement] = []
    report("porosity and open voids", 0.0)
    if wanted & set(OPENNESS):
        before += [m for m in measure_openness(void, spacing_m, periodic, axis, region) if m.name in wanted]
    if "thickness" in wanted and wall is not None:
        before.append(
            Measurement(
                "thickness",
                wall.thickness_m,
                "m",
                None,
                "EP 1063256 para. 89(4): given with the membrane, not measured on the box",
                "wall",
            )
        )
    if "sem_average_pore_size" in wanted:
        report("lines on sections", 0.02)
        before.append(sem_section_pore_size(void, spacing_m, periodic, level, axis))
    degenerate = bool(void.all() or not void.any())
    voids: Voids | None = None
    if not degenerate and wanted & {*POROMETRY, *FLOW, *DESCRIPTORS}:
        report("distance to the wall", 0.08)
        voids = box.voids or prepare(void, periodic, level, axis)
    study: SizeStudy | None = None
    curves: FlowCurves | None = None
    if wanted & set(POROMETRY):
        if voids is None:
            found = porometry(void, spacing_m, periodic, level, axis, liquid, region, gas=gas)
            found.append(_no_ratio(found[0], region))
        else:
            report("porometer: wet, dry and half-dry flow", 0.2)
            slip = voids.slip(spacing_m, liquid, gas)
            cell, kappa = voids.distance.cell, voids.kappa
            curves = flow_curves(cell, kappa, voids.periodic, slip=slip, more=0 if several else 2)
            extra = first_throat(void, level, voids, curves, spacing_m, axis)
            error = RADIUS_ERROR[level is not None]
            found = pore_measurements(curves, spacing_m, liquid, region, extra, gas, error)
            found.append(_box_ratio(found, curves, region))
            # A box that nothing crosses counts among several: its sub-cubes belong to the distribution.
            if wall is not None and (curves.bubble_radius > 0 or several):
                report("porometer: sub-volumes", 0.45)
                study = _study(voids, isotropy, slip)
        pores += [m for m in found if m.name in wanted]
    if wanted & set(FLOW):
        after += [
            m
            for m in _flow(void, spacing_m, periodic, wall, axis, level, layers, voids, study, region, report)
            if m.name in wanted
        ]
    if wanted & set(DESCRIPTORS):
        report("curvature, necks and topology", 0.85)
        distance = None if voids is None else _unoriented(voids.distance, axis)
        thickness = None if voids is None else unoriented(voids.thickness, axis)
        found = structure_descriptors(void, spacing_m, periodic, level, axis, distance, thickness)
        after += [m for m in found if m.name in wanted]
    return _Found(before, pores, after, curves, study, spacing_m, _period(void, spacing_m))


def _period(void: BoolVolume, spacing_m: float) -> float | None:
    """Wavelength of the isotropic field with as many walls per length, 2/(sqrt(3) N_L)."""
    crossings = sum(int(np.count_nonzero(np.diff(void, axis=ax))) for ax in range(3))
    links = sum(void.size // n * (n - 1) for n in void.shape)
    return 2 * links / crossings / math.sqrt(3) * spacing_m if crossings else None


def _study(voids: Voids, isotropy: list[Measurement], slip: Slip | None) -> SizeStudy:
    """Sub-volumes along all axes where the structure is isotropic within 0.15 or its confidence, else along
    the flow only.
    """
    isotropic = all(
        isinstance(m.value, float) and m.value <= max(0.15, float(m.evidence.get("isotropic_95", 0.0)))
        for m in isotropy
    )
    axes = (0, 1, 2) if isotropic and isotropy else (2,)
    return size_study(voids.distance.cell, voids.kappa, axes, slip=slip)


def _unoriented(distance: DistanceMap, axis: int) -> DistanceMap:
    """The distance map with its axes in the order of the structure (walls and normals dropped: not needed
    there).
    """
    if axis == 2:
        return distance
    none = np.empty((0, 3), np.float32)
    back = [unoriented(a, axis) for a in (distance.centre, distance.cell)]
    return DistanceMap(back[0], back[1], none, none)


def _no_ratio(maximum: Measurement, region: str) -> Measurement:
    return Measurement(
        "pore_size_ratio", None, "1", method="EP 1063256 para. 16, 32", region=region, reason=maximum.reason
    )


def _box_ratio(found: list[Measurement], curves: FlowCurves, region: str) -> Measurement:
    maximum = found[0]
    average = next(m for m in found if m.name == "average_pore_size")
    if not isinstance(maximum.value, float) or not isinstance(average.value, float):
        return _no_ratio(replace(maximum, reason=maximum.reason or average.reason), region)
    # Both radii carry the same sub-voxel error, the average that of its bracket besides.
    ratio = ratio_measurement(
        (maximum.value, maximum.uncertainty or 0.0),
        (average.value, average.uncertainty or 0.0),
        0.8,
        region,
        {
            "maximum_throat_radius_m": maximum.evidence["throat_radius_m"],
            "average_throat_radius_m": average.evidence["throat_radius_m"],
        },
    )
    return replace(ratio, evidence={**ratio.evidence, "uncertainty_common": ratio.uncertainty})


def _flow(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    wall: WallGeometry | None,
    axis: int,
    level: FloatVolume | None,
    layers: Sequence[Layer],
    voids: Voids | None,
    study: SizeStudy | None,
    region: str,
    report: Callable[[str, float], None],
) -> list[Measurement]:
    report("water permeability: Stokes flow", 0.65)
    geometry = wall or WallGeometry(void.shape[axis] * spacing_m)
    flow = None
    radius = None
    scatter = None
    if voids is not None:
        radius = float(np.mean(voids.distance.cell[voids.distance.cell > 0]))
        flow = structure_flow(
            void, periodic, axis, level=level, progress=lambda words, part: report(words, 0.65 + 0.15 * part)
        )
        if study is not None:
            scatter = relative_scatter(study.dry)
        elif min(void.shape) >= 32:
            scatter = _octant_scatter(voids)
    found = water_permeability(
        void, spacing_m, periodic, geometry, axis, level, layers, flow, scatter, radius, region
    )
    return found if wall is not None else [m for m in found if m.name == "permeability"]


def _octant_scatter(voids: Voids) -> float | None:
    from percola.measure.flow.conduction import conduct
    from percola.measure.voids.connectivity import _blocks

    values = []
    for block in _blocks(voids.kappa.shape):
        part = np.ascontiguousarray(voids.kappa[block])
        values.append(conduct(part > 0, part, (False, False, False), tolerance=1e-2).conductivity)
    return relative_scatter(values)


def measure_surface(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    level: FloatVolume | None = None,
    axis: int = 2,
    side: Literal["low", "high"] = "low",
    region: str = "outer_surface",
    section: Measurement | None = None,
) -> list[Measurement]:
    """A surface layer: `porosity`, `through_porosity`, SEM pore size from above and, with the core's
    ``section``, their ratio.

    Args:
        void: structure of the layer; its outer face is the ``side`` face of ``axis``.
        region: "outer_surface" or "inner_surface".
        section: the core's `sem_average_pore_size`, for `surface_to_internal_pore_ratio`.
    """
    out = measure_openness(void, spacing_m, periodic, axis, region)
    out = [m for m in out if m.name in ("porosity", "through_porosity")]
    surface = sem_surface_pore_size(void, spacing_m, periodic, level, axis, side, region=region)
    out.append(surface)
    if section is not None:
        out.append(surface_to_internal_pore_ratio(surface, section, region))
    return [replace(m, citations=("ep1063256",)) for m in out]


def layer_permeability(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    thickness_m: float,
    side: Literal["outer", "inner"],
    axis: int = 2,
    level: FloatVolume | None = None,
) -> Layer:
    """A surface slab as a layer in series for :func:`percola.measure.flow.permeability.water_permeability`."""
    flow = structure_flow(void, periodic, axis, level=level)
    return Layer(flow.permeability * spacing_m**2, thickness_m, side)


def combine(realizations: Iterable[Sequence[Measurement]]) -> list[Measurement]:
    """Average the same measurements over several realizations of one structure.

    Value: the mean over the realizations that give one. Uncertainty: see :func:`_uncertainty`. Words (classes): the one
    given most often. A measurement that fewer than half give is undefined, with the first reason. Checks: the worst
    status of each name. Evidence: of the first realization, with the single values added under ``realizations``.
    """
    sets = [list(r) for r in realizations]
    if not sets:
        return []
    if len(sets) == 1:
        return sets[0]
    keys: dict[tuple[str, str], list[Measurement]] = {}
    for group in sets:
        for m in group:
            keys.setdefault((m.name, m.region), []).append(m)
    return [_combined(found, len(sets)) for found in keys.values()]


def _combined(found: list[Measurement], total: int) -> Measurement:
    first = found[0]
    good = [m for m in found if m.defined]
    worst = {"pass": 0, "warn": 1, "fail": 2}
    checks: dict[str, Any] = {}
    for m in found:
        for c in m.checks:
            if c.name not in checks or worst[c.status] > worst[checks[c.name].status]:
                checks[c.name] = c
    values = [m.value for m in found]
    evidence = {**(good[0].evidence if good else first.evidence), "realizations": values, "of": total}
    if 2 * len(good) < total or not good:
        bad = next((m for m in found if not m.defined), first)
        reason = bad.reason or "given by fewer than half of the realizations"
        return replace(
            first,
            value=None,
            uncertainty=None,
            checks=tuple(checks.values()),
            evidence=evidence,
            reason=reason,
        )
    if isinstance(good[0].value, str):
        words = [str(m.value) for m in good]
        value: float | str = max(sorted(set(words)), key=words.count)
        return replace(good[0], value=value, checks=tuple(checks.values()), evidence=evidence)
    numbers = np.array([float(m.value) for m in good])  # type: ignore[arg-type]
    return replace(
        good[0],
        value=float(numbers.mean()),
        uncertainty=_uncertainty(good, numbers),
        checks=tuple(checks.values()),
        evidence=evidence,
    )


def _uncertainty(good: Sequence[Measurement], numbers: NDArray[np.float64]) -> float | None:
    """Standard deviation of the mean over independent boxes.

    What samples a random structure falls with the number n of boxes; what all boxes have in common (the size of a
    voxel, the solver, a property: ``uncertainty_common`` in the evidence) does not and is added in quadrature.
    The scatter of the boxes s tells the first, s/sqrt(n), widened by Student's t over the normal quantile at the
    confidence of a verdict (0.95). Scatter of two or three boxes says little: there the larger of it and the
    sampling error that each box states of itself counts.
    """
    n = len(good)
    if n == 1:
        return good[0].uncertainty
    common = float(np.sqrt(np.mean([float(m.evidence.get("uncertainty_common") or 0.0) ** 2 for m in good])))
    own = [
        math.sqrt(max(m.uncertainty**2 - float(m.evidence.get("uncertainty_common") or 0.0) ** 2, 0.0))
        for m in good
        if m.uncertainty is not None
    ]
    scatter = float(numbers.std(ddof=1))
    stated = math.sqrt(sum(w * w for w in own) / len(own)) if own else 0.0
    if n >= ENOUGH_BOXES or stated == 0.0:
        from scipy.stats import norm, t

        one = scatter * float(t.ppf(0.95, n - 1) / norm.ppf(0.95))
    else:
        one = max(scatter, stated)
    return math.hypot(one / math.sqrt(n), common)


def warm_up() -> None:
    """Compile every kernel on a tiny structure (9-12 s cold), for a thread while something else computes."""
    from percola.measure.phantoms import gaussian_field

    p = gaussian_field(24, 8.0, 0.6)
    measure_structure(p.void, p.spacing_m, p.periodic, p.level, WallGeometry(1e-5))


__all__ = [
    "NAMES",
    "Box",
    "combine",
    "layer_permeability",
    "measure_realizations",
    "measure_structure",
    "measure_surface",
    "warm_up",
]
