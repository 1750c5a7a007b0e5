"""All measurements of one voxel structure in one call, sharing what they have in common, and the average over
realizations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from percola.errors import InputError
from percola.measure._volume import BoolVolume, FloatVolume, Periodic, checked
from percola.measure.connectivity import measure_openness
from percola.measure.descriptors import structure_descriptors
from percola.measure.distance import DistanceMap
from percola.measure.isotropy import degree_of_anisotropy
from percola.measure.permeability import (
    Layer,
    WallGeometry,
    relative_scatter,
    structure_flow,
    water_permeability,
)
from percola.measure.porometer import (
    ETHANOL,
    FlowCurves,
    Voids,
    WettingLiquid,
    first_throat,
    flow_curves,
    pore_measurements,
    porometry,
    prepare,
)
from percola.measure.sem import sem_section_pore_size, sem_surface_pore_size, surface_to_internal_pore_ratio
from percola.measure.wall import SizeStudy, ratio_measurement, size_study, wall_measurements
from percola.measurement import Measurement

Progress = Callable[[str, float], None]

STOKES_STEPS = 700
"""Bound of the lattice Boltzmann steps. From the pressure of the Darcy solution the velocities need a few hundred; what is
left, the slow levelling of that pressure through a tight network, is stated as part of the uncertainty."""

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

_CITED = {
    **dict.fromkeys(POROMETRY, ("ep1063256", "astmf316", "astme128", "jasper1972")),
    "average_pore_size": ("ep1063256", "astmf316", "jasper1972"),
}


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

    Returns measurements in a fixed order, the same for the same input whatever the number of threads.
    Structures without voids, without polymer or without a way through give results that say so, never an
    error.
    """
    checked(void, spacing_m, periodic, level, axis)
    if min(void.shape) < 4:
        raise InputError("void.shape", f"{void.shape}", "at least 4 voxels along each axis")
    unknown = sorted(set(which or ()) - set(NAMES))
    if unknown:
        raise InputError("which", ", ".join(unknown), "one or more of " + ", ".join(NAMES))
    wanted = set(NAMES if which is None else which)

    def report(what: str, part: float) -> None:
        if progress:
            progress(what, part)

    out: list[Measurement] = []
    report("porosity and open voids", 0.0)
    if wanted & set(OPENNESS):
        out += [m for m in measure_openness(void, spacing_m, periodic, axis, region) if m.name in wanted]
    if "thickness" in wanted and wall is not None:
        out.append(
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
        out.append(sem_section_pore_size(void, spacing_m, periodic, level, axis))
    isotropy: list[Measurement] = []
    degenerate = bool(void.all() or not void.any())
    if "degree_of_anisotropy" in wanted or (wanted & set(POROMETRY) and wall is not None and not degenerate):
        report("isotropy", 0.04)
        isotropy = degree_of_anisotropy(void, spacing_m, periodic, axis)
        if "degree_of_anisotropy" in wanted:
            out += isotropy
    voids: Voids | None = None
    thickness: FloatVolume | None = None
    if not degenerate and wanted & {*POROMETRY, *FLOW, *DESCRIPTORS}:
        report("distance to the wall", 0.08)
        voids = prepare(void, periodic, level, axis)
    study: SizeStudy | None = None
    curves: FlowCurves | None = None
    if wanted & set(POROMETRY):
        if voids is None:
            found = porometry(void, spacing_m, periodic, level, axis, liquid, region)
            found.append(_no_ratio(found[0], region))
        else:
            report("porometer: wet, dry and half-dry flow", 0.2)
            curves = flow_curves(voids.distance.cell, voids.kappa, voids.periodic)
            extra = first_throat(void, level, voids, curves, spacing_m, axis)
            found = pore_measurements(curves, spacing_m, liquid, region, extra)
            found.append(_box_ratio(found, curves, region))
            if wall is not None and curves.bubble_radius > 0:
                report("porometer: sub-volumes", 0.45)
                study = _study(voids, isotropy)
            if wall is not None:
                empty = SizeStudy((), (), (), (), (), (), 0)
                found += wall_measurements(
                    study or empty, curves, spacing_m, wall, liquid, _period(void, spacing_m)
                )
        out += [m for m in found if m.name in wanted]
    if wanted & set(FLOW):
        out += [
            m
            for m in _flow(void, spacing_m, periodic, wall, axis, level, layers, voids, study, region, report)
            if m.name in wanted
        ]
    if wanted & set(DESCRIPTORS):
        report("curvature, necks and topology", 0.85)
        distance = None if voids is None else _unoriented(voids.distance, axis)
        found = structure_descriptors(void, spacing_m, periodic, level, axis, distance, thickness)
        out += [m for m in found if m.name in wanted]
    report("done", 1.0)
    return [replace(m, citations=_CITED.get(m.name, ("ep1063256",))) for m in out]


def _period(void: BoolVolume, spacing_m: float) -> float | None:
    """Wavelength of the isotropic field with as many walls per length, 2/(sqrt(3) N_L)."""
    crossings = sum(int(np.count_nonzero(np.diff(void, axis=ax))) for ax in range(3))
    links = sum(void.size // n * (n - 1) for n in void.shape)
    return 2 * links / crossings / math.sqrt(3) * spacing_m if crossings else None


def _study(voids: Voids, isotropy: list[Measurement]) -> SizeStudy:
    """Sub-volumes along all axes where the structure is isotropic within 0.15 or its confidence, else along
    the flow only.
    """
    isotropic = all(
        isinstance(m.value, float) and m.value <= max(0.15, float(m.evidence.get("isotropic_95", 0.0)))
        for m in isotropy
    )
    axes = (0, 1, 2) if isotropic and isotropy else (2,)
    return size_study(voids.distance.cell, voids.kappa, axes)


def _unoriented(distance: DistanceMap, axis: int) -> DistanceMap:
    """The distance map with its axes in the order of the structure (walls and normals dropped: not needed
    there).
    """
    if axis == 2:
        return distance
    none = np.empty((0, 3), np.float32)
    back = [np.ascontiguousarray(np.moveaxis(a, 2, axis)) for a in (distance.centre, distance.cell)]
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
    return ratio_measurement(
        (maximum.value, maximum.uncertainty or 0.0),
        (average.value, average.uncertainty or 0.0),
        0.8,
        region,
        {
            "maximum_throat_radius_m": maximum.evidence["throat_radius_m"],
            "average_throat_radius_m": average.evidence["throat_radius_m"],
        },
    )


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
    from percola.measure.conduction import conduct

    report("water permeability: Stokes flow", 0.65)
    geometry = wall or WallGeometry(void.shape[axis] * spacing_m)
    flow = None
    radius = None
    scatter = None
    if voids is not None:
        darcy = conduct(voids.kappa > 0, voids.kappa, voids.periodic, tolerance=5e-3)
        radius = float(np.mean(voids.distance.cell[voids.distance.cell > 0]))
        flow = structure_flow(
            void,
            periodic,
            axis,
            pressure=darcy.pressure,
            kappa=voids.kappa,
            most=STOKES_STEPS,
            expected=darcy.conductivity,
        )
        del darcy
        if study is not None:
            scatter = relative_scatter(study.dry)
        elif min(void.shape) >= 32:
            scatter = _octant_scatter(voids)
    found = water_permeability(
        void, spacing_m, periodic, geometry, axis, level, layers, flow, scatter, radius, region
    )
    return found if wall is not None else [m for m in found if m.name == "permeability"]


def _octant_scatter(voids: Voids) -> float | None:
    from percola.measure.conduction import conduct
    from percola.measure.connectivity import _blocks

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
    return out


def layer_permeability(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    thickness_m: float,
    side: Literal["outer", "inner"],
    axis: int = 2,
) -> Layer:
    """A surface slab as a layer in series for :func:`percola.measure.permeability.water_permeability`."""
    flow = structure_flow(void, periodic, axis, most=2 * STOKES_STEPS)
    return Layer(flow.permeability * spacing_m**2, thickness_m, side)


def combine(realizations: Iterable[Sequence[Measurement]]) -> list[Measurement]:
    """Average the same measurements over several realizations of one structure.

    Value: mean over the realizations that give one; uncertainty: the larger of the standard error between
        realizations and
    the mean one within them over sqrt(n). Words (classes): the one given most often. A measurement that fewer
    than half give is undefined, with the first reason. Checks: the worst status of each name. Evidence: of
    the first realization, with the single values added under ``realizations``.
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
    within = [m.uncertainty for m in good if m.uncertainty is not None]
    parts = []
    if len(numbers) > 1:
        parts.append(float(numbers.std(ddof=1)) / math.sqrt(len(numbers)))
    if within:
        parts.append(math.sqrt(sum(w * w for w in within) / len(within)) / math.sqrt(len(good)))
    return replace(
        good[0],
        value=float(numbers.mean()),
        uncertainty=max(parts) if parts else None,
        checks=tuple(checks.values()),
        evidence=evidence,
    )


def warm_up() -> None:
    """Compile every kernel on a tiny structure (9-12 s cold), for a thread while something else computes."""
    from percola.measure.phantoms import gaussian_field

    p = gaussian_field(24, 8.0, 0.6)
    measure_structure(p.void, p.spacing_m, p.periodic, p.level, WallGeometry(1e-5))


__all__ = [
    "NAMES",
    "combine",
    "layer_permeability",
    "measure_structure",
    "measure_surface",
    "warm_up",
]
