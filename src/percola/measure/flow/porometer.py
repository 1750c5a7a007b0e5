"""A virtual capillary-flow porometer after ASTM F316: bubble point, wet, dry and half-dry curves on a voxel
structure.

The structure is filled with a wetting liquid; gas presses on one face. At the gas pressure p the meniscus
passes every throat whose inscribed sphere has at least the radius r = 2 gamma cos(theta)/p (Young and
Laplace). The gas then fills the union of spheres of radius r that are reached from its face, and flows
through what of it goes through, with the local hydraulic conductivity of
:func:`percola.measure.flow.conduction.poiseuille_conductivity`. Nothing is taken from a bundle of tubes. The mean
flow pore is the radius at which this wet flow is half of the dry flow at the same pressure.

What the numbers mean. Three diameters belong to one pressure:

- capillary diameter 2 r = 4 gamma cos(theta)/p: the diameter of the throat's inscribed sphere, the
  Young-Laplace value;
- F316 diameter 2860 gamma/p (gamma in mN/m, p in Pa, d in um) = 0.715 times the former, with cos(theta) = 1:
  the standard multiplies by the factor 0.715 for irregular throats. **It is what an instrument prints, hence
  what the patent reports, and the value of `maximum_pore_size` and `average_pore_size` here.**
- F316 *defines* the limiting diameter as that of the circle with the area of the narrowest section: for the
  bubble point's throat it is measured on the structure and stands in the evidence, for comparison.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from percola.measure import _parallel
from percola.measure._volume import (
    PARA,
    BoolVolume,
    FloatVolume,
    Periodic,
    checked,
    oriented,
    oriented_periodic,
)
from percola.measure.flow.conduction import Conduction, conduct, poiseuille_conductivity
from percola.measure.flow.gas import AIR, ATMOSPHERE_Pa, Gas, Slip
from percola.measure.flow.liquids import ETHANOL, WettingLiquid
from percola.measure.voids.distance import DistanceMap, distance_map
from percola.measure.voids.thickness import local_thickness
from percola.measure.voids.widest import widest_path
from percola.measurement import Check, Measurement

F316_CONSTANT = 2860.0
"""C of d[um] = C gamma[mN/m]/p[Pa], ASTM F316-86."""
RADIUS_ERROR = {True: 0.1, False: 0.3}
"""Standard error of a throat's radius [voxel] with and without a level field: twice the scatter over positions of round throats of 2 to
12 voxels (0.05 and, from voxels alone, which read 0.2 low, 0.15)."""
F316_FACTOR = F316_CONSTANT / 4000.0
"""F316 diameter over capillary (Young-Laplace) diameter for full wetting: 0.715."""


def throat_pressure_Pa(radius_m: float, liquid: WettingLiquid = ETHANOL) -> float:
    """Gas pressure that opens a round throat: p = 2 gamma cos(theta)/r [Pa]; r the radius [m]."""
    return 2 * liquid.surface_tension_N_m * math.cos(liquid.contact_angle_rad) / radius_m


def f316_diameter_m(pressure_Pa: float, liquid: WettingLiquid = ETHANOL) -> float:
    """Diameter that ASTM F316 prints for a pressure: d[um] = 2860 gamma[mN/m]/p[Pa], here in metres (no
    contact angle).
    """
    return F316_CONSTANT * (liquid.surface_tension_N_m * 1e3) / pressure_Pa * 1e-6


@dataclass(frozen=True)
class Voids:
    """A structure prepared for the porometer: flow along the last axis, lengths in voxels.

    Attributes:
        distance: distances to the wall.
        kappa: local hydraulic conductivity [voxel^2], 0 in polymer.
        thickness: local thickness (radius) of the voids [voxel].
        periodic: whether the axes wrap, flow axis last.
    """

    distance: DistanceMap
    kappa: FloatVolume
    thickness: FloatVolume
    periodic: Periodic

    def slip(self, spacing_m: float, liquid: WettingLiquid, gas: Gas | None) -> Slip | None:
        """What flow of the gas needs beside the viscous conductivity; None without a gas."""
        if gas is None:
            return None

        def free_path(radius: float) -> float:
            return gas.free_path_across_m(throat_pressure_Pa(radius * spacing_m, liquid)) / spacing_m

        return Slip(self.thickness, free_path)


def prepare(void: BoolVolume, periodic: Periodic, level: FloatVolume | None = None, axis: int = 2) -> Voids:
    """Distances and local conductivities of the voids, with the flow axis last."""
    lateral = oriented_periodic(periodic, axis)
    v = oriented(void, axis)
    f = None if level is None else oriented(level, axis)
    distance = distance_map(v, lateral, f)
    if not np.isfinite(distance.centre).all():
        everywhere = np.full(v.shape, np.inf, np.float32)
        return Voids(distance, everywhere, everywhere, lateral)
    thickness = local_thickness(distance.cell, lateral)
    kappa = poiseuille_conductivity(distance.centre, thickness)
    np.copyto(kappa, 0, where=~v)
    return Voids(distance, kappa, thickness, lateral)


def invaded(access: FloatVolume, radius: float, periodic: Periodic) -> BoolVolume:
    """Voxels that gas fills when menisci have the given radius: spheres of that radius about every centre it
    can reach.

    ``access`` is the access radius from the gas side (voxels). Lateral periodic axes are continued, the last
    is not.
    """
    import edt

    centres = access >= radius
    if not centres.any():
        return centres
    pad = math.ceil(radius) + 1
    width = [(min(pad, n) if p else 0,) * 2 for n, p in zip(centres.shape[:2], periodic[:2], strict=True)] + [
        (0, 0)
    ]
    away = np.pad(~centres, width, mode="wrap") if any(w[0] for w in width) else ~centres
    # The centre found lies anywhere within its voxel's cell, up to 0.87 from the voxel's centre.
    near = edt.edt(np.ascontiguousarray(away), parallel=1) <= radius + 0.87
    inside = tuple(slice(w[0], n + w[0]) for n, w in zip(centres.shape, width, strict=True))
    return near[inside]


@dataclass(frozen=True)
class FlowCurves:
    """Wet and dry gas flow of a structure, radii in voxels.

    Attributes:
        bubble_radius: radius of the throat that opens first (0: none reaches through).
        mean_flow_radius: radius at which the wet flow is half of the dry flow (nan: never).
        bracket: radii just above and below between which the crossing was caught.
        radius: radii at which the wet flow was computed, falling.
        wet_share: wet over dry flow there.
        dry_conductivity: mean hydraulic conductivity of the dry structure for a liquid (no slip) [voxel^2].
        dry: mean conductivity of the dry structure for the gas at the pressure of each radius [voxel^2].
        throat: voxel of the first throat.
        settled: whether every flow solve settled.
        solves: number of flow solves.
    """

    bubble_radius: float
    mean_flow_radius: float
    bracket: tuple[float, float]
    radius: tuple[float, ...]
    wet_share: tuple[float, ...]
    dry_conductivity: float
    throat: tuple[int, int, int] | None
    settled: bool
    solves: int
    dry: tuple[float, ...] = ()


_PATHS = np.array([0.4, 1.0])
"""Mean free paths at which the dry flow is solved, in that at the bubble point: pressures rise from there, paths fall. The
conductivity is nearly linear in the path (within 1 % between these), as slip is."""

NO_FLOW = FlowCurves(0.0, math.nan, (math.nan, math.nan), (), (), 0.0, None, True, 0)


def _each(task: Callable[[float], Conduction], radii: list[float], several: int) -> list[Conduction]:
    if several < 2 or len(radii) < 2:
        return [task(r) for r in radii]
    return [
        f
        for part in _parallel.run(lambda a, b: [task(radii[a])], [(i, i + 1) for i in range(len(radii))])
        for f in part
    ]


def flow_curves(
    cell: FloatVolume,
    kappa: FloatVolume,
    periodic: Periodic,
    precision: float = 0.01,
    tolerance: float = 4e-3,
    together: int | None = None,
    curve: bool = True,
    slip: Slip | None = None,
    more: int = 0,
) -> FlowCurves:
    """Wet, dry and half-dry flow along the last axis, gas entering at the low face.

    The crossing of the wet with half of the dry curve is enclosed by rounds of flow solves (regula falsi kept
    within bounds) until the radius is known to ``precision`` or the share to within 0.02 of one half
    (interpolated).

    Args:
        cell: largest sphere radius in each voxel's cell [voxel], ``DistanceMap.cell``.
        kappa: local conductivity [voxel^2].
        periodic: whether the axes wrap.
        precision: relative width of the bracket of the mean flow radius.
        tolerance: of the conductance in each solve.
        together: solves run side by side in a round; None: as many as threads, at most 2.
        curve: add two points away from the crossing so that the wet curve can be drawn.
        more: so many points more where the wet curve climbs most, for the distribution of the flow.
        slip: for a gas whose mean free path counts; None: viscous flow. Wet and dry flow are compared at the same
            pressure, hence at the same mean free path; the dry flow in between is interpolated in it.
    """
    path = widest_path(cell, periodic, access=True)
    if path.radius <= 0 or path.access is None or not math.isfinite(path.radius):
        return NO_FLOW
    access, bubble = path.access, path.radius
    several = min(2, _parallel.threads()) if together is None else together
    wet: dict[float, float] = {}
    kept: dict[float, Conduction] = {}

    dry = conduct(kappa > 0, kappa, periodic, tolerance=tolerance)
    if dry.conductivity <= 0:
        return replace(NO_FLOW, bubble_radius=bubble, throat=path.throat)

    def share(r: float) -> Conduction:
        open_ = invaded(access, r, periodic)
        open_ &= kappa > 0
        local = kappa if slip is None else slip.conductivity(kappa, slip.free_path(r))
        nearest = min(kept, key=lambda q: abs(q - r)) if kept else None
        start = dry.pressure if nearest is None else kept[nearest].pressure
        # A voxel that was closed at the neighbouring level holds 0 there: it starts from the dry pressure.
        return conduct(open_, local, periodic, np.where(start > 0, start, dry.pressure), tolerance)

    settled = dry.settled
    dried: dict[float, float] = {}
    if slip is not None:
        # The free path falls with the pressure: from that of open air to none. The conductivity is smooth in it.
        for path_length in _PATHS * slip.free_path(bubble):
            flow = conduct(
                kappa > 0, slip.conductivity(kappa, path_length), periodic, dry.pressure, tolerance
            )
            dried[float(path_length)] = flow.conductivity
            settled = settled and flow.settled

    def dry_at(r: float) -> float:
        """Dry conductivity at the pressure that opens throats of radius r."""
        if slip is None:
            return dry.conductivity
        lengths = [0.0, *dried]
        return float(np.interp(slip.free_path(r), lengths, [dry.conductivity, *dried.values()]))

    def evaluate(radii: list[float]) -> None:
        nonlocal settled, kept
        todo = [r for r in dict.fromkeys(radii) if r not in wet]
        # ``kept`` is only read within a round, so the order of the threads does not matter.
        flows = _each(share, todo, several)
        for r, flow in zip(todo, flows, strict=True):
            wet[r] = min(flow.conductivity / dry_at(r), 1.0)
            settled = settled and flow.settled
        both = {**kept, **dict(zip(todo, flows, strict=True))}
        kept = {r: both[r] for r in sorted(both, key=lambda q: abs(wet[q] - 0.5))[:2]}

    high, low = bubble * (1 + 1e-6), 0.0  # share(high) = 0, share(low) = 1
    evaluate([0.95 * bubble, 0.8 * bubble])
    for _ in range(12):
        for r, s in wet.items():
            if s >= 0.5:
                low = max(low, r)
            else:
                high = min(high, r)
        s_high, s_low = wet.get(high, 0.0), wet.get(low, 1.0)
        if low > 0 and (high - low) < precision * high:
            break
        if low > 0 and (abs(s_low - 0.5) < 0.02 or abs(s_high - 0.5) < 0.02):
            break
        if low == 0.0:
            evaluate([0.75 * high, 0.55 * high])
            continue
        step = (s_low - 0.5) / max(s_low - s_high, 1e-9)
        guess = low + min(max(step, 0.1), 0.9) * (high - low)
        # The share falls in steps (throats); the second point halves the larger part left.
        other = (low + guess) / 2 if guess - low > high - guess else (guess + high) / 2
        evaluate([guess, other] if several > 1 else [guess])
    s_high, s_low = wet.get(high, 0.0), wet.get(low, 1.0)
    mean = low + (s_low - 0.5) / max(s_low - s_high, 1e-9) * (high - low)
    if curve:
        evaluate([min(0.97 * bubble, (mean + bubble) / 2), 0.75 * mean])
    for _ in range(0, more, 2):
        # Where the share of the flow jumps most, its distribution is known least.
        known = [(bubble, 0.0), *((r, wet[r]) for r in sorted(wet, reverse=True))]
        gaps = sorted(((b[1] - a[1], (a[0] + b[0]) / 2) for a, b in itertools.pairwise(known)), reverse=True)
        least, share_least = known[-1]
        if 1 - share_least > gaps[0][0]:
            gaps.insert(0, (1 - share_least, 0.75 * least))
        evaluate([r for _, r in gaps[:2]])
    radii = sorted(wet, reverse=True)
    return FlowCurves(
        bubble,
        float(min(mean, bubble)),
        (high, low),
        tuple(radii),
        tuple(wet[r] for r in radii),
        dry.conductivity,
        path.throat,
        settled,
        len(wet) + 1 + len(dried),
        tuple(dry_at(r) for r in radii),
    )


def throat_section(
    void: BoolVolume,
    throat: tuple[int, int, int],
    radius: float,
    periodic: Periodic,
    level: FloatVolume | None = None,
) -> tuple[float, float]:
    """Area and inscribed radius [voxel^2, voxel] of the narrowest flat section through a throat.

    Planes in 49 directions through the throat's voxel; in each the void that holds the throat is filled on a
    grid of a quarter voxel, out to four radii; the smallest area wins. Limitation: the true narrowest section
    may be curved.
    """
    from scipy import ndimage

    reach = math.ceil(4 * radius) + 2
    centre = np.array(throat, float)
    grid = [np.arange(t - reach - 1, t + reach + 2) for t in throat]
    inside = [
        g % n if p else np.clip(g, 0, n - 1) for g, n, p in zip(grid, void.shape, periodic, strict=True)
    ]
    box = np.ix_(*inside)
    field = np.where(void[box], -0.5, 0.5) if level is None else level[box].astype(float)
    origin = np.array([g[0] for g in grid], float)
    step = 0.25
    half = int(4 * radius / step)
    line = np.arange(-half, half + 1) * step
    u, w = np.meshgrid(line, line, indexing="ij")
    best = math.inf
    golden = math.pi * (3 - math.sqrt(5))
    for i in range(49):
        c = (i + 0.5) / 49
        s = math.sqrt(1 - c * c)
        normal = np.array([s * math.cos(golden * i), s * math.sin(golden * i), c])
        a = np.cross(normal, [1.0, 0, 0] if abs(normal[0]) < 0.9 else [0, 1.0, 0])
        a /= np.linalg.norm(a)
        b = np.cross(normal, a)
        points = centre[:, None, None] + a[:, None, None] * u + b[:, None, None] * w - origin[:, None, None]
        value = ndimage.map_coordinates(field, points, order=1, mode="nearest")
        labels, _ = ndimage.label(value < 0)
        mine = labels[half, half]
        if mine == 0:
            continue
        part = labels == mine
        area = float(part.sum()) * step**2
        if area < best and not (part[0].any() or part[-1].any() or part[:, 0].any() or part[:, -1].any()):
            best = area
    return best, radius


def _pore_evidence(radius_m: float, liquid: WettingLiquid) -> dict[str, Any]:
    pressure = throat_pressure_Pa(radius_m, liquid)
    return {
        "value_is": "a diameter: what ASTM F316 prints, 2860 gamma/p",
        "constant": F316_CONSTANT,
        "f316_diameter_m": f316_diameter_m(pressure, liquid),
        "young_laplace_diameter_m": 2 * radius_m,
        "throat_radius_m": radius_m,
        "throat_definition": "inscribed sphere; its diameter is the capillary diameter 4 gamma cos(theta)/p",
        "pressure_Pa": pressure,
        "liquid": liquid.name,
        "surface_tension_N_m": liquid.surface_tension_N_m,
        "contact_angle_rad": liquid.contact_angle_rad,
        "surface_tension_source": liquid.source,
    }


MAXIMUM_METHOD = (
    PARA
    + "89(6): ASTM F316 and E128, bubble point on the structure (widest path); 2860 gamma/p, 0.715 of the throat"
)
AVERAGE_METHOD = (
    PARA + "89(5): ASTM F316, half-dry, gas flow computed on the structure; 2860 gamma/p, 0.715 of the throat"
)
PRESSURE_METHOD = PARA + "89(6): ASTM F316, pressure at which the first throat opens"


def pore_measurements(
    curves: FlowCurves,
    spacing_m: float,
    liquid: WettingLiquid = ETHANOL,
    region: str = "core",
    extra: dict[str, Any] | None = None,
    gas: Gas | None = AIR,
    radius_error: float = RADIUS_ERROR[True],
) -> list[Measurement]:
    """`maximum_pore_size`, `bubble_point_pressure`, `average_pore_size` of the box itself from its flow
    curves.
    """
    if curves.bubble_radius <= 0:
        why = "no void reaches from side to side"
        return [
            Measurement("maximum_pore_size", None, "m", method=MAXIMUM_METHOD, region=region, reason=why),
            Measurement(
                "bubble_point_pressure", None, "Pa", method=PRESSURE_METHOD, region=region, reason=why
            ),
            Measurement("average_pore_size", None, "m", method=AVERAGE_METHOD, region=region, reason=why),
        ]
    bubble = _pore_evidence(curves.bubble_radius * spacing_m, liquid)
    if extra:
        bubble.update(extra)
    resolved = Check(
        "throat resolved",
        "pass" if curves.bubble_radius >= 2 else "warn",
        f"radius of the first throat {curves.bubble_radius:.2f} voxels (2 or more for sub-voxel accuracy)",
    )
    # Sampling is added by the wall's estimate.
    error_m = radius_error * spacing_m
    size_error = 2 * error_m * F316_FACTOR
    pressure_error = bubble["pressure_Pa"] * math.hypot(
        radius_error / curves.bubble_radius, liquid.uncertainty_N_m / liquid.surface_tension_N_m
    )
    out = [
        Measurement(
            "maximum_pore_size",
            bubble["f316_diameter_m"],
            "m",
            size_error,
            MAXIMUM_METHOD,
            region,
            (resolved,),
            {**bubble, "uncertainty_common": size_error},
        ),
        Measurement(
            "bubble_point_pressure",
            bubble["pressure_Pa"],
            "Pa",
            pressure_error,
            PRESSURE_METHOD,
            region,
            (resolved,),
            {**bubble, "uncertainty_common": pressure_error},
        ),
    ]
    if not math.isfinite(curves.mean_flow_radius):
        out.append(
            Measurement(
                "average_pore_size", None, "m", method=AVERAGE_METHOD, region=region, reason="no gas flows"
            )
        )
        return out
    mean = _pore_evidence(curves.mean_flow_radius * spacing_m, liquid)
    mean["bracket_radius_m"] = [b * spacing_m for b in curves.bracket]
    pressures = [throat_pressure_Pa(r * spacing_m, liquid) for r in curves.radius]
    behind = ATMOSPHERE_Pa if gas is None else gas.outlet_pressure_Pa
    conductivity = curves.dry or (curves.dry_conductivity,) * len(pressures)
    # Volume flow at the outlet's pressure through an ideal gas's column: Darcy's law at the mean pressure.
    dry = [k * p * (1 + 0.5 * p / behind) for k, p in zip(conductivity, pressures, strict=True)]
    unit = float(np.interp(bubble["pressure_Pa"], pressures, dry)) if dry else 1.0
    mean["curves"] = {
        "pressure_Pa": pressures,
        "radius_m": [r * spacing_m for r in curves.radius],
        "wet_over_dry": list(curves.wet_share),
        "flow_unit": "dry flow at the lowest pressure of the curve = 1 (volume of gas at the outlet's pressure)",
        "dry": [q / unit for q in dry],
        "half_dry": [0.5 * q / unit for q in dry],
        "wet": [w * q / unit for w, q in zip(curves.wet_share, dry, strict=True)],
    }
    if gas is None:
        mean["gas_flow"] = "viscous; slip left out"
    else:
        free = gas.free_path_across_m(mean["pressure_Pa"])
        mean["gas"] = gas.name
        mean["mean_free_path_m"] = free
        mean["knudsen_number"] = free / (curves.mean_flow_radius * spacing_m)
        mean["gas_permeability_m2"] = (
            float(np.interp(mean["pressure_Pa"], pressures, conductivity)) * spacing_m**2
        )
        mean["liquid_permeability_m2"] = curves.dry_conductivity * spacing_m**2
        mean["gas_flow"] = (
            "viscous, slip and free flow after Beskok and Karniadakis at the mean of both pressures, in the voids open at each "
            "pressure; ideal gas"
        )
    mean["flow_solves"] = curves.solves
    width = abs(curves.bracket[0] - curves.bracket[1]) / 2
    mean_error = 2 * math.hypot(radius_error, width) * spacing_m * F316_FACTOR
    mean["uncertainty_common"] = mean_error
    checks = (
        resolved,
        Check(
            "flow solves settled",
            "pass" if curves.settled else "fail",
            f"{curves.solves} solves, each to 0.4 % of its conductance",
        ),
    )
    out.append(
        Measurement(
            "average_pore_size",
            mean["f316_diameter_m"],
            "m",
            mean_error,
            AVERAGE_METHOD,
            region,
            checks,
            mean,
        )
    )
    return out


def porometry(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    level: FloatVolume | None = None,
    axis: int = 2,
    liquid: WettingLiquid = ETHANOL,
    region: str = "core",
    progress: Callable[[str], None] | None = None,
    gas: Gas | None = AIR,
    radius_error: float = RADIUS_ERROR[True],
) -> list[Measurement]:
    """`maximum_pore_size`, `bubble_point_pressure` and `average_pore_size` of a voxel structure as it stands
    (no extrapolation).

    Args:
        void: True in voids, (nx, ny, nz).
        spacing_m: edge of a voxel [m].
        periodic: whether each axis wraps; the flow axis is taken as open at both faces.
        level: field whose zero is the wall.
        axis: direction of flow; gas enters at its low face.
        liquid: the wetting liquid.
        gas: that dries the structure; None: viscous flow without slip.

    Validity: throats of at least two voxels radius. Limitations: throats are round (inscribed sphere), which
    reads the opening pressure of flat throats up to twice too high (convenience); menisci that meet from both
    sides of a throat join, since nothing stabilizes a film of plain liquid, so throats a little narrower
    than r between voids already full of gas conduct (physics; a lamella that held would lower the half-dry
    pore);
    evaporation is left out (convenience); slip is that of round pores (convenience: in slits it is half as large again).
    Reference: ASTM F316-86; half-dry curve as in its test method B.
    """
    checked(void, spacing_m, periodic, level, axis)
    if void.all():
        why = "there is no polymer: no pore has a size"
        return [
            Measurement("maximum_pore_size", None, "m", method=MAXIMUM_METHOD, region=region, reason=why),
            Measurement(
                "bubble_point_pressure", None, "Pa", method=PRESSURE_METHOD, region=region, reason=why
            ),
            Measurement("average_pore_size", None, "m", method=AVERAGE_METHOD, region=region, reason=why),
        ]
    if progress:
        progress("distance to the wall")
    voids = prepare(void, periodic, level, axis)
    if progress:
        progress("wet and dry flow")
    slip = voids.slip(spacing_m, liquid, gas)
    curves = flow_curves(voids.distance.cell, voids.kappa, voids.periodic, slip=slip)
    extra = first_throat(void, level, voids, curves, spacing_m, axis)
    return pore_measurements(curves, spacing_m, liquid, region, extra, gas, RADIUS_ERROR[level is not None])


def first_throat(
    void: BoolVolume,
    level: FloatVolume | None,
    voids: Voids,
    curves: FlowCurves,
    spacing_m: float,
    axis: int,
) -> dict[str, Any]:
    """Where the first throat lies and the diameter of the circle with the area of its narrowest section."""
    if curves.throat is None:
        return {}
    v = oriented(void, axis)
    f = None if level is None else oriented(level, axis)
    area, _ = throat_section(v, curves.throat, curves.bubble_radius, voids.periodic, f)
    found: dict[str, Any] = {"throat_voxel_flow_axis_last": list(curves.throat)}
    if math.isfinite(area):
        found["equal_area_diameter_m"] = 2 * math.sqrt(area / math.pi) * spacing_m
    return found
