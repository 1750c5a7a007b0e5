"""Drainage and mercury-style intrusion: which part of the voids a non-wetting fluid fills at each capillary pressure.

At the pressure p menisci pass wherever a sphere of the radius r = 2 gamma |cos theta|/p does (Washburn, Proc. Natl. Acad.
Sci. 7 (1921) 115). A sphere of radius r reaches the centres whose access radius from the inlet faces is at least r
(:mod:`percola.measure.voids.widest`), and the fluid fills the union of these spheres. The largest radius at which a voxel
is filled is therefore

    T(x) = max over centres c with |x - c| <= A(c) of A(c),   A the access radius,

taken exactly, for every radius that occurs (:mod:`percola.measure.voids.spheres`), and the curve of the saturation against
the radius is the distribution of T. It only rises: what is filled stays filled.

Two protocols:

- *intrusion* into a vacuum (mercury): nothing is trapped;
- *drainage* of a wetting liquid that leaves by the outlet. Films along the walls may carry it (nothing trapped), or not:
  then a voxel is filled only while a path of unfilled voxels, joined by faces, leads from it to the outlet. In reverse
  (Masson, Comput. Geosci. 90 (2016) 41) that is one more flood: with E(x) the smallest, over all paths to the outlet, of
  the largest T on the path, a voxel is cut off when r falls to E(x) and trapped if E(x) > T(x).
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.measure._volume import BoolVolume, FloatVolume, Periodic, checked, oriented, oriented_periodic
from percola.measure.voids.distance import distance_map
from percola.measure.voids.spheres import largest_sphere
from percola.measure.voids.voxel import SURFACE, Mode, discretization_m, single_spacing, voxel_distance
from percola.measure.voids.widest import Inlets, flood, passage
from percola.measurement import Check, Measurement

Faces = Literal["one", "both", "all"]

KEPT = 200
"""Points of an exact curve kept in the evidence, where it bends."""


@dataclass(frozen=True)
class Intruder:
    """A non-wetting fluid and its angle on the solid, or a gas against a wetting liquid.

    Attributes:
        name: of the pair.
        surface_tension_N_m: of the interface.
        contact_angle_rad: on the solid, measured through either fluid: only |cos| counts.
        source: where the numbers come from.
    """

    name: str
    surface_tension_N_m: float
    contact_angle_rad: float
    source: str = ""

    def pressure_Pa(self, radius_m: float) -> float:
        """Washburn's equation, p = 2 gamma |cos theta|/r [Pa]; infinite at r = 0."""
        top = 2 * self.surface_tension_N_m * abs(math.cos(self.contact_angle_rad))
        return top / radius_m if radius_m > 0 else math.inf

    def radius_m(self, pressure_Pa: float) -> float:
        """Radius that a pressure opens, r = 2 gamma |cos theta|/p [m]."""
        return 2 * self.surface_tension_N_m * abs(math.cos(self.contact_angle_rad)) / pressure_Pa


MERCURY = Intruder(
    "mercury",
    0.485,
    math.radians(140.0),
    "assumed: 0.485 N/m and 140 degrees, customary in mercury porosimetry (ISO 15901-1) where neither was measured",
)


@dataclass(frozen=True)
class Intrusion:
    """Result of one intrusion.

    Attributes:
        filled: (flow axis last) the largest sphere that covers each voxel when nothing is trapped, in voxels ("subvoxel":
            its radius; "voxel": its squared radius); 0 where nothing arrives, and in polymer.
        trapped: (flow axis last) voxels cut off from the outlet before their turn, or None where that was not asked for.
        void_voxels: number of void voxels.
        radius_m: radii at which the saturation is given, falling [m]: every one that occurs ("voxel"), or every one of
            65536 steps in which something is filled ("subvoxel"; the saturation at each is exact).
        saturation: part of the voids filled once the radius has fallen to ``radius_m``.
        saturation_trapping: the same without what is cut off, or None.
        percolating_radius_m: largest sphere that passes from face to face along the axis [m]; 0 if none does.
        breakthrough: part of the voids filled when the fluid from the low face first reaches the high face, just before
            and once all spheres of that radius are in place; None where it enters by other faces, or never arrives.
        spacing_m: edge of a voxel.
        axis: flow axis of the input.
        mode: "subvoxel" or "voxel".
    """

    filled: NDArray[Any]
    trapped: BoolVolume | None
    void_voxels: int
    radius_m: NDArray[np.float64]
    saturation: NDArray[np.float64]
    saturation_trapping: NDArray[np.float64] | None
    percolating_radius_m: float
    breakthrough: tuple[float, float] | None
    spacing_m: float
    axis: int
    mode: Mode

    def filled_m(self) -> FloatVolume:
        """Largest radius at which each voxel is filled [m], axes as in the input; 0 where never."""
        return np.ascontiguousarray(
            np.moveaxis(_radius(self.filled, self.mode, self.spacing_m), 2, self.axis)
        )

    def snapshot(self, radius_m: float, trapping: bool = False) -> BoolVolume:
        """Voxels filled once the radius has fallen to ``radius_m``, axes as in the input; with ``trapping`` without what
        is cut off.
        """
        inside = self.filled >= _threshold(radius_m, self.mode, self.spacing_m)
        if trapping:
            inside &= ~self._cut_off()
        return np.ascontiguousarray(np.moveaxis(inside, 2, self.axis))

    def saturation_at(self, radius_m: float, trapping: bool = False) -> float:
        """Part of the voids filled once the radius has fallen to ``radius_m``, exactly."""
        inside = self.filled >= _threshold(radius_m, self.mode, self.spacing_m)
        if trapping:
            inside &= ~self._cut_off()
        return float(np.count_nonzero(inside) / self.void_voxels) if self.void_voxels else 0.0

    def _cut_off(self) -> BoolVolume:
        if self.trapped is None:
            raise InputError("trapping", "True", "False", "run the intrusion with trapping=True")
        return self.trapped


def _radius(value: NDArray[Any], mode: Mode, spacing_m: float) -> FloatVolume:
    r = np.sqrt(value, dtype=np.float32) - np.float32(SURFACE) if mode == "voxel" else value
    return np.where(value > 0, r * np.float32(spacing_m), np.float32(0)).astype(np.float32)


def _threshold(radius_m: float, mode: Mode, spacing_m: float) -> float:
    """The least ``filled`` of a voxel that a sphere of this radius fills; rounding in the last digit is given away."""
    r = max(radius_m / spacing_m, 0.0) * (1 - 1e-7)
    return max((r + SURFACE) ** 2 if mode == "voxel" else r, 1e-9)


def intrusion(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    level: FloatVolume | None = None,
    axis: int = 2,
    faces: Faces = "one",
    trapping: bool = False,
    mode: Mode | None = None,
    cell: FloatVolume | None = None,
) -> Intrusion:
    """Fill the voids with a non-wetting fluid through falling radii, every radius exactly.

    T(x) = max over c with |x - c| <= A(c) of A(c), A the access radius from the inlet faces; S(r) = share of the void
    voxels with T >= r. With ``trapping`` those with E(x) > T(x) are left out (see the module).

    Args:
        void: True in voids, (nx, ny, nz).
        spacing_m: edge of a voxel [m]; voxels are cubes.
        periodic: whether each axis wraps; along the flow axis only what is known of the walls does, never the fluid.
        level: field below zero in voids, its zero the wall ("subvoxel" only).
        axis: the flow axis.
        faces: where the fluid enters: "one", the low face of the axis; "both" faces of it; "all", those and every face of
            a lateral axis that does not wrap (mercury around a sample).
        trapping: also find what is cut off from the high face of the axis, where the wetting liquid leaves; faces "one".
        mode: "subvoxel": spheres of the sub-voxel distance map (the default), or "voxel": whole squared distances of voxel
            centres, ten times faster, radii as :func:`percola.measure.voids.voxel.voxel_radius` with its bias.
        cell: ``DistanceMap.cell`` of ``void`` (axes as in ``void``) where it is at hand, for "subvoxel".

    Validity: quasi-static displacement, a meniscus of two equal curvatures: throats that are slits open at half the
        pressure of their inscribed sphere. Spheres start on the inlet face itself: what lies before it does not screen.
    Limitations: (mathematical) voids narrower than two voxels are filled last at their voxel's radius, whatever their true
        width; films and corners thinner than a voxel do not exist, so that trapping is overstated where a film would
        drain. (convenience) voxels filled at the same radius are taken to let each other's liquid out.
    Reference: Washburn 1921; Masson 2016 for trapping. Memory: about 12 bytes a voxel ("voxel").
    """
    single_spacing(spacing_m)
    checked(void, spacing_m, periodic, level, axis)
    if faces not in ("one", "both", "all"):
        raise InputError("faces", repr(faces), "'one', 'both' or 'all'")
    if trapping and faces != "one":
        raise InputError(
            "trapping", f"True with faces={faces!r}", "faces='one'", "the liquid leaves by the other face"
        )
    if mode not in (None, "subvoxel", "voxel"):
        raise InputError("mode", repr(mode), "'subvoxel' or 'voxel'")
    if mode == "voxel" and (level is not None):
        raise InputError(
            "mode", "'voxel' with a level field or a distance map", "'subvoxel'", "leave them out"
        )
    how: Mode = mode or "subvoxel"
    if cell is not None and cell.shape != void.shape:
        raise InputError("cell.shape", f"{cell.shape}", f"the shape of void, {void.shape}")
    v = oriented(void, axis)
    lateral = oriented_periodic(periodic, axis)
    closed = (lateral[0], lateral[1], False)
    count = int(np.count_nonzero(v))
    if count in (0, v.size):
        none = np.empty(0)
        nothing = np.zeros(v.shape, np.float32)
        if count:
            nothing[:] = np.inf
        return Intrusion(
            nothing,
            np.zeros(v.shape, bool) if trapping else None,
            count,
            none,
            none.copy(),
            none.copy() if trapping else None,
            math.inf if count else 0.0,
            None,
            spacing_m,
            axis,
            "subvoxel",
        )
    radius: NDArray[Any]
    if how == "voxel":
        radius = voxel_distance(v, lateral)
    elif cell is not None:
        radius = oriented(np.where(void, cell, np.float32(0)), axis)
    else:
        radius = distance_map(v, lateral, None if level is None else oriented(level, axis)).cell
    lateral_open = faces == "all"
    inlets: Inlets = (
        lateral_open and not lateral[0],
        lateral_open and not lateral[0],
        lateral_open and not lateral[1],
        lateral_open and not lateral[1],
        True,
        faces != "one",
    )
    access = flood(radius, closed, inlets)
    widest = float(access[:, :, -1].max()) if faces == "one" else passage(radius, closed)[0]
    del radius
    filled = largest_sphere(access, closed)
    del access
    np.copyto(filled, 0, where=~v)
    trapped = None
    if trapping:
        top = filled.max()
        left = np.where(v, (top + 1 if how == "voxel" else 2 * top) - filled, filled.dtype.type(0)).astype(
            filled.dtype
        )
        escape = flood(left, closed, (False, False, False, False, False, True), spheres=False)
        trapped = v & (escape != left)
        del escape, left
    values, counts, kept = _distribution(filled, v, trapped, how)
    radii = (np.sqrt(values) - SURFACE if how == "voxel" else values) * spacing_m
    breakthrough = None
    if faces == "one" and widest > 0:
        at = float(np.count_nonzero(filled >= widest)) / count
        before = float(np.count_nonzero(filled > widest)) / count
        breakthrough = (before, at)
    return Intrusion(
        filled,
        trapped,
        count,
        radii,
        np.cumsum(counts) / count,
        np.cumsum(kept) / count if kept is not None else None,
        (math.sqrt(widest) - SURFACE if how == "voxel" else widest) * spacing_m if widest > 0 else 0.0,
        breakthrough,
        spacing_m,
        axis,
        how,
    )


_STEPS = 65536


def _distribution(
    filled: NDArray[Any], void: BoolVolume, trapped: BoolVolume | None, mode: Mode
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64] | None]:
    """Falling values at which something is filled, the voxels filled from each on up to the next, and those not trapped."""
    if mode == "voxel" or not filled.any():
        key, scale = filled if mode == "voxel" else filled.astype(np.int32), 1.0
    else:
        scale = (_STEPS - 1) / float(filled.max())
        key = np.floor(filled * np.float64(scale)).astype(np.uint16)
    top = int(key.max()) + 1
    # Voxels filled never are polymer or out of reach; the lowest step of real radii holds none of either.
    reached = filled > 0
    counts = np.bincount(key[reached], minlength=top)
    kept = None if trapped is None else np.bincount(key[reached & ~trapped], minlength=top)
    used = np.flatnonzero(counts)[::-1]
    return used / scale, counts[used].astype(np.int64), None if kept is None else kept[used].astype(np.int64)


def bends(
    x: NDArray[np.float64], ys: list[NDArray[np.float64]], most: int = KEPT
) -> tuple[NDArray[np.int64], float]:
    """Points of curves over the same x to keep: ends first, then again and again the one farthest from the straight lines
    between those kept (Ramer-Douglas-Peucker, measured along y).

    Returns the indices, and how far the curves still lie from the lines at most.
    """
    n = len(x)
    if n <= most:
        return np.arange(n), 0.0

    def worst(a: int, b: int) -> tuple[float, int]:
        if b - a < 2:
            return 0.0, a
        t = (x[a + 1 : b] - x[a]) / (x[b] - x[a])
        gap = np.max([np.abs(y[a] + t * (y[b] - y[a]) - y[a + 1 : b]) for y in ys], axis=0)
        at = int(gap.argmax())
        return float(gap[at]), a + 1 + at

    pieces = [(-worst(0, n - 1)[0], 0, n - 1, worst(0, n - 1)[1])]
    kept = [0, n - 1]
    while len(kept) < most and pieces[0][0] < 0:
        _, a, b, at = heapq.heappop(pieces)
        kept.append(at)
        for lo, hi in ((a, at), (at, b)):
            gap, where = worst(lo, hi)
            heapq.heappush(pieces, (-gap, lo, hi, where))
    return np.array(sorted(kept)), -pieces[0][0]


def _quadrants(shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
    halves = [(slice(0, n // 2), slice(n // 2, n)) for n in shape[:2]]
    return [(a, b) for a in halves[0] for b in halves[1]] if min(shape[:2]) >= 8 else []


def _spread(values: list[float]) -> float | None:
    """Standard error of the mean of the four quadrants' values."""
    return float(np.std(values, ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None


def measure_intrusion(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    level: FloatVolume | None = None,
    axis: int = 2,
    faces: Faces = "one",
    intruder: Intruder = MERCURY,
    mode: Mode | None = None,
    cell: FloatVolume | None = None,
    region: str = "core",
    found: Intrusion | None = None,
) -> list[Measurement]:
    """`percolating_sphere_diameter`, `intruded_fraction`, `median_intrusion_diameter`, `breakthrough_saturation` and
    `residual_saturation` of a voxel structure.

    percolating_sphere_diameter: diameter of the largest sphere that passes from face to face [m].
    intruded_fraction: part of the voids that the fluid reaches at all.
    median_intrusion_diameter: diameter at which half of the volume intruded in the end is filled [m] (ISO 15901-1).
    breakthrough_saturation: part of the voids filled when the fluid first reaches the far face.
    residual_saturation: part of the voids still holding wetting liquid when the radius has fallen to one voxel, with what
        is cut off from the far face trapped, and no films.

    Args: as :func:`intrusion`; intruder: for the pressures of the curve (mercury by default); region: written into the
        results; found: a result of :func:`intrusion` with the same arguments (trapping for "one") to be reported.

    Uncertainties: of diameters, the lattice's (:func:`discretization_m`, doubled) and, for the median, the standard error
        over the four quadrants of the cross-section, added in squares; of fractions, that standard error. A box a few
        pores thick lets more through than a membrane; that is not part of them.
    Evidence: the curve of saturation over radius and pressure, at most 200 points of the exact one, kept where it bends
        (``largest_deviation`` says how far the exact curve lies from lines between them).
    """
    result = (
        found
        if found is not None
        else intrusion(void, spacing_m, periodic, level, axis, faces, faces == "one", mode, cell)
    )
    out = _Results(region, "xyz"[axis], result, intruder)
    names = (
        ("percolating_sphere_diameter", "m"),
        ("intruded_fraction", "1"),
        ("median_intrusion_diameter", "m"),
        ("breakthrough_saturation", "1"),
        ("residual_saturation", "1"),
    )
    if result.void_voxels == 0 or math.isinf(result.percolating_radius_m):
        why = (
            "there is no void"
            if result.void_voxels == 0
            else "there is no polymer: a sphere of any size passes"
        )
        for name, unit in names:
            out.add(name, None, unit, reason=why)
        return out.done
    lattice = 2 * discretization_m(spacing_m, level is not None, result.mode)
    closed = f"no void reaches from side to side along {out.axis}"
    through = result.percolating_radius_m
    resolved = _resolved(through / spacing_m)
    convention = {
        "value_is": "a diameter, twice the radius of an inscribed sphere",
        "mode": result.mode,
        "radius_convention": "from the sphere's centre to the wall between voxels"
        if result.mode == "subvoxel"
        else "from voxel centre to the centre of the nearest polymer voxel",
        "faces": faces,
    }
    if through > 0:
        out.add(
            "percolating_sphere_diameter",
            2 * through,
            "m",
            lattice,
            (resolved,),
            {**convention, "radius_m": through, "pressure_Pa": intruder.pressure_Pa(through)},
        )
    else:
        out.add("percolating_sphere_diameter", None, "m", reason=closed, evidence=convention)
    curve = out.curve()
    total = float(result.saturation[-1]) if len(result.saturation) else 0.0
    quads = _quadrants(result.filled.shape)
    void_last = oriented(void, axis)
    shares = [_share(result.filled[q] > 0, void_last[q]) for q in quads]
    out.add(
        "intruded_fraction",
        total,
        "1",
        _spread(shares),
        (
            Check(
                "the fluid finds a way in",
                "pass" if total > 0.5 else "warn",
                f"{100 * total:.1f} % of the voids are reached from the inlet ({faces})",
            ),
        ),
        {**convention, "quadrants": shares, "curve": curve},
    )
    if total > 0:
        half = int(np.searchsorted(result.saturation, 0.5 * total))
        middle = float(result.radius_m[half])
        medians = [2 * m for q in quads if (m := _median(result, q)) > 0]
        spread = _spread(medians)
        out.add(
            "median_intrusion_diameter",
            2 * middle,
            "m",
            math.hypot(lattice, spread or 0.0),
            (_resolved(middle / spacing_m),),
            {
                **convention,
                "radius_m": middle,
                "pressure_Pa": intruder.pressure_Pa(middle),
                "quadrants_m": medians,
                "quartiles_m": [
                    2 * float(result.radius_m[int(np.searchsorted(result.saturation, p * total))])
                    for p in (0.25, 0.75)
                ],
                "intruder": out.fluid(),
            },
        )
    else:
        out.add(
            "median_intrusion_diameter", None, "m", reason="no void opens to the inlet", evidence=convention
        )
    one_way = f"the fluid enters by {faces} faces" if faces == "both" else "the fluid enters by all faces"
    if result.breakthrough is None:
        out.add("breakthrough_saturation", None, "1", reason=closed if faces == "one" else one_way)
    else:
        before, at = result.breakthrough
        low = result.filled >= _threshold(through, result.mode, spacing_m)
        shares = [_share(low[q], void_last[q]) for q in quads]
        out.add(
            "breakthrough_saturation",
            at,
            "1",
            _spread(shares),
            (resolved,),
            {
                **convention,
                "just_before": before,
                "radius_m": through,
                "pressure_Pa": intruder.pressure_Pa(through),
                "quadrants": shares,
                "meaning": "all spheres of the percolating radius in place; just_before: those of larger radii only",
            },
        )
    if result.saturation_trapping is None or result.trapped is None:
        out.add("residual_saturation", None, "1", reason=one_way + ": no liquid can leave")
    elif total == 0:
        out.add(
            "residual_saturation",
            1.0,
            "1",
            None,
            evidence={**convention, "why": "no void opens to the inlet"},
        )
    else:
        left = 1 - float(result.saturation_trapping[-1])
        gone = (result.filled > 0) & ~result.trapped
        shares = [1 - _share(gone[q], void_last[q]) for q in quads]
        least = float(result.radius_m[-1]) / spacing_m
        out.add(
            "residual_saturation",
            left,
            "1",
            _spread(shares),
            (
                Check(
                    "residual liquid does not hang on the lattice",
                    "pass" if _late(result) < 0.1 else "warn",
                    f"{100 * _late(result):.1f} % of the voids are trapped only below a radius of 2 voxels",
                ),
            ),
            {
                **convention,
                "never_reached": 1 - total,
                "trapped": left - (1 - total),
                "residual_with_films": 1 - total,
                "least_radius_voxels": least,
                "quadrants": shares,
                "curve": "see intruded_fraction, saturation_with_trapping",
            },
        )
    return out.done


def _share(part: BoolVolume, whole: BoolVolume) -> float:
    n = int(np.count_nonzero(whole))
    return float(np.count_nonzero(part & whole) / n) if n else 0.0


def _median(result: Intrusion, where: tuple[slice, slice]) -> float:
    """Radius [m] at which half of what is filled in a part of the box is filled."""
    part = result.filled[where]
    values = part[part > 0]
    if not values.size:
        return 0.0
    middle = float(np.partition(values, values.size // 2)[values.size // 2])
    return (math.sqrt(middle) - SURFACE if result.mode == "voxel" else middle) * result.spacing_m


def _late(result: Intrusion) -> float:
    """Share of the voids trapped although it would be filled only below two voxels: corners and rough walls."""
    assert result.trapped is not None
    small = result.filled < _threshold(2 * result.spacing_m, result.mode, result.spacing_m)
    return float(np.count_nonzero(result.trapped & small & (result.filled > 0)) / result.void_voxels)


def _resolved(radius_voxels: float) -> Check:
    """Whether a radius is well on the lattice."""
    status: Literal["pass", "warn", "fail"] = (
        "pass" if radius_voxels >= 3 else "warn" if radius_voxels >= 1.5 else "fail"
    )
    return Check(
        "voxels resolve the radius", status, f"radius of {radius_voxels:.2f} voxels; 3 or more wanted"
    )


class _Results:
    """Collects the measurements of one intrusion."""

    def __init__(self, region: str, axis: str, result: Intrusion, intruder: Intruder) -> None:
        self.region, self.axis, self.result, self.intruder = region, axis, result, intruder
        self.done: list[Measurement] = []

    def add(
        self,
        name: str,
        value: float | None,
        unit: str,
        uncertainty: float | None = None,
        checks: tuple[Check, ...] = (),
        evidence: dict[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        self.done.append(
            Measurement(
                name,
                value,
                unit,
                uncertainty,
                _METHOD[name],
                self.region,
                checks,
                {**(evidence or {}), "axis": self.axis},
                _CITED[name],
                reason,
            )
        )

    def fluid(self) -> dict[str, Any]:
        i = self.intruder
        return {
            "name": i.name,
            "surface_tension_N_m": i.surface_tension_N_m,
            "contact_angle_deg": math.degrees(i.contact_angle_rad),
            "source": i.source,
        }

    def curve(self) -> dict[str, Any]:
        """The exact curve by at most :data:`KEPT` of its points."""
        r = self.result
        ys = [r.saturation] + ([r.saturation_trapping] if r.saturation_trapping is not None else [])
        if not len(r.radius_m):
            return {"radius_m": [], "pressure_Pa": [], "saturation": []}
        kept, off = bends(r.radius_m, ys)
        data: dict[str, Any] = {
            "radius_m": _short(r.radius_m[kept]),
            "pressure_Pa": _short(np.array([self.intruder.pressure_Pa(float(x)) for x in r.radius_m[kept]])),
            "saturation": _short(r.saturation[kept]),
            "exact_points": len(r.radius_m),
            "largest_deviation": off,
            "kept": "the points of the exact curve where it bends most",
            "intruder": self.fluid(),
        }
        if r.saturation_trapping is not None:
            data["saturation_with_trapping"] = _short(r.saturation_trapping[kept])
        return data


def _short(values: NDArray[np.floating]) -> list[float]:
    return [float(f"{v:.6g}") if math.isfinite(v) else 0.0 for v in values]


_FLUID = "Washburn's equation, spheres of every radius on the structure"
_METHOD = {
    "percolating_sphere_diameter": "widest path (maximin) of inscribed spheres from face to face",
    "intruded_fraction": f"intrusion: {_FLUID}",
    "median_intrusion_diameter": f"ISO 15901-1, median by intruded volume; {_FLUID}",
    "breakthrough_saturation": f"drainage from one face: {_FLUID}",
    "residual_saturation": f"drainage with trapping, no films: {_FLUID}",
}
_CITED = {
    "percolating_sphere_diameter": ("pollack1960",),
    "intruded_fraction": ("washburn1921", "iso15901"),
    "median_intrusion_diameter": ("washburn1921", "iso15901"),
    "breakthrough_saturation": ("washburn1921", "pollack1960"),
    "residual_saturation": ("washburn1921", "masson2016"),
}
