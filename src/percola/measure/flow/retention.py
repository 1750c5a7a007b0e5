"""Retention of particles: sieving by size, and the paths of spheres in the Stokes flow of the structure.

A membrane holds a particle where the particle is wider than every way on (sieving) or where it sticks (capture).
Both follow from the paths of hard spheres that are carried by the flow, diffuse by Brownian motion (Stokes and
Einstein) and do not overlap the polymer. LRV = -log10(particles that leave/particles fed).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.measure._volume import BoolVolume, FloatVolume, Periodic, checked, oriented, oriented_periodic
from percola.measure.flow._tracking import (
    CAPTURED,
    EXPIRED,
    PASSED,
    STOPPED,
    Paths,
    Walls,
    find_walls,
    follow,
    padded_velocity,
)
from percola.measure.flow.creeping import CreepingFlow, FaceVelocity, creeping_flow
from percola.measure.flow.creeping import memory_bytes as flow_memory_bytes
from percola.measure.flow.permeability import WATER_VISCOSITY_Pa_s
from percola.measure.voids.widest import widest_path
from percola.measurement import Check, Measurement

BOLTZMANN_J_K = 1.380649e-23
"""Exact since 2019 (SI)."""
FLUX_M_S = 50e-3 / 3600
"""Superficial velocity taken where none is given: 50 L/(m2 h), usual for filters of 20 nm."""
_PATIENCE = 5.0
_CONFIDENCE = 0.95
_TESTABLE = 8.0
SOURCES = ("einstein1905", "dimarziogutmann1970", "clopperpearson1934", "codata2018", "cahouetchabard1988")


def memory_bytes(shape: tuple[int, int, int]) -> int:
    """Memory that :func:`retention` takes at its peak beside the volume itself [byte]."""
    return flow_memory_bytes(shape) + 12 * int(np.prod(shape))


def diffusion_m2_s(
    diameter_m: float, temperature_K: float = 298.15, viscosity_Pa_s: float = WATER_VISCOSITY_Pa_s
) -> float:
    """Diffusion coefficient of a sphere far from walls, D = k_B T/(3 pi eta d) [m^2/s] (Einstein 1905)."""
    return BOLTZMANN_J_K * temperature_K / (3 * math.pi * viscosity_Pa_s * diameter_m)


@dataclass(frozen=True)
class Feed:
    """Points where the feed enters the block, drawn in proportion to the flow through them, in voxels.

    Attributes:
        points: (n, 3), on the low face of the flow axis.
        clearance: distance of each to the wall.
    """

    points: NDArray[np.float64]
    clearance: NDArray[np.float64]

    def partition(self, radius: float) -> float:
        """Share of the inflow on whose streamlines the centre of a sphere can enter without touching the rim.

        In a round tube 1 - (1 - (1 - radius/R)^2)^2, Ferry's convective partition (J. Gen. Physiol. 20 (1936) 95).
        """
        return float(np.mean(self.clearance >= radius))


def draw_feed(velocity: FaceVelocity, walls: Walls, axis: int, count: int, seed: int) -> Feed:
    """Draw ``count`` points of the low face with the probability of the flow through them.

    ``velocity``: :func:`percola.measure.flow._tracking.padded_velocity`.
    """
    rng = np.random.default_rng(seed)
    face = velocity[axis][0].astype(np.float64)
    # Corners of the squares between nodes: the velocity is bilinear within each.
    corners = np.stack([face[:-1, :-1], face[1:, :-1], face[:-1, 1:], face[1:, 1:]])
    top = np.maximum(corners, 0).max(0)
    # Squares at the rim reach half outside of the block; points there are drawn anew.
    weight = top.ravel() / top.sum()
    lateral = [a for a in range(3) if a != axis]
    size = [face.shape[0] - 2, face.shape[1] - 2]
    found: list[NDArray[np.float64]] = []
    total = 0
    while total < count:
        square = rng.choice(weight.size, 2 * count, p=weight)
        i, j = np.unravel_index(square, top.shape)
        f, g = rng.random(2 * count), rng.random(2 * count)
        c = corners[:, i, j]
        here = (1 - f) * (1 - g) * c[0] + f * (1 - g) * c[1] + (1 - f) * g * c[2] + f * g * c[3]
        p, q = i - 0.5 + f, j - 0.5 + g
        keep = rng.random(2 * count) * top[i, j] < here
        keep &= (p >= 0) & (p < size[0]) & (q >= 0) & (q < size[1])
        points = np.zeros((int(keep.sum()), 3))
        points[:, lateral[0]], points[:, lateral[1]] = p[keep], q[keep]
        clearance = walls.clearance(points)[:, 0]
        # Interpolated velocities reach up to the next node in the polymer.
        wet = clearance > 0
        found.append(np.column_stack([points[wet], clearance[wet]]))
        total += int(wet.sum())
    drawn = np.concatenate(found)[:count]
    return Feed(np.ascontiguousarray(drawn[:, :3]), drawn[:, 3])


def entered(
    feed: Feed, walls: Walls, radius: float, axis: int, capture: bool
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Centres at which spheres enter, and which of them can.

    A sphere that would overlap the rim of its opening is held there if contact captures, else it rolls off the rim
    within the face to the nearest place where it fits, if it finds one within two of its diameters.
    """
    points = feed.points.copy()
    fits = feed.clearance >= radius
    if capture:
        return points, fits
    for _ in range(40):
        off = np.flatnonzero(~fits)
        if not off.size:
            break
        c = walls.clearance(points[off])
        away = c[:, 1:].copy()
        away[:, axis] = 0
        length = np.linalg.norm(away, axis=1)
        ok = length > 1e-6
        step = np.where(
            ok, np.minimum((radius - c[:, 0]) / np.maximum(length, 0.2) + 1e-6, 0.5 * radius + 0.1), 0
        )
        points[off] += away / np.maximum(length, 1e-6)[:, None] * step[:, None]
        fits[off] = walls.clearance(points[off])[:, 0] >= radius - 1e-9
    lost = np.linalg.norm(points - feed.points, axis=1) > 4 * radius
    return points, fits & ~lost


@dataclass(frozen=True)
class Passage:
    """How spheres of one size pass the block and its copies.

    Attributes:
        diameter_m: of the spheres.
        fed, entering: particles offered, and those that fit into the openings of the face.
        reached: particles that passed 1, 2, .. copies of the block.
        captured, stopped, expired: particles held on contact, held because they could not move on, and those that had
            not passed when time was up.
        blocked: whether no way through the block is as wide as the sphere (then none were followed).
        partition: share of the inflow whose streamlines clear the rim (:meth:`Feed.partition`).
        peclet: mean pore velocity x sphere-accessible pore radius/diffusion coefficient.
        residence_s: mean time in one copy of those that passed.
    """

    diameter_m: float
    fed: int
    entering: int
    reached: tuple[int, ...]
    captured: int
    stopped: int
    expired: int
    blocked: bool
    partition: float
    peclet: float
    residence_s: float | None

    @property
    def first(self) -> float:
        """Share of the feed that passes the first copy, openings of the face included."""
        return self.reached[0] / self.fed if self.fed else 0.0

    @property
    def each(self) -> tuple[float, int]:
        """Share that passes each further copy (of all copies together), and of how many tries."""
        tries = sum(self.reached[:-1])
        if len(self.reached) == 1:  # of those that got in, which is once for the whole wall
            return (self.reached[0] / self.entering, self.entering) if self.entering else (0.0, 0)
        if not tries:
            return 0.0, 0
        return sum(self.reached[1:]) / tries, tries


@dataclass(frozen=True)
class Reduction:
    """LRV of a number of copies in series with one standard deviation.

    ``bound``: at least so much (95 %). ``late``: the LRV if those still under way at the end were to pass.
    """

    value: float
    error: float | None
    bound: bool
    late: float | None = None


def reduction(passage: Passage, copies: float) -> Reduction:
    """LRV of ``copies`` of the block in series: -log10 of the first, and of each further copy, added up.

    Copies count as independent once the first is passed. Where too few particles are left to tell, the lower bound at
    95 % confidence (Clopper and Pearson, Biometrika 26 (1934) 404) is given instead. Particles still under way count
    as held; half of what it would change if they passed is part of the error.
    """
    held = _reduction(passage, copies)
    if not passage.expired:
        return held
    through = tuple(n + passage.expired for n in passage.reached)
    late = _reduction(replace(passage, reached=through, expired=0), copies).value
    error = None if held.error is None else math.hypot(held.error, (held.value - late) / 2)
    return Reduction(held.value, error, held.bound, late)


def _reduction(passage: Passage, copies: float) -> Reduction:
    if passage.blocked:
        # Nothing as wide passes: no count limits it.
        return Reduction(math.inf, None, True)
    first, further = passage.first, max(copies - 1, 0.0)
    if passage.reached[0] == 0:
        return Reduction(-math.log10(_at_most(0, passage.fed)), None, True)
    share, tries = passage.each
    log = math.log(10)
    value = -math.log10(first) + 0.0
    variance = (1 - first) / (passage.fed * first) / log**2
    if further == 0:
        return Reduction(value, math.sqrt(variance), False)
    passed = round(share * tries)
    if passed == 0:
        return Reduction(value - further * math.log10(_at_most(0, tries)), None, True)
    # With no loss seen the rule of succession keeps the error from vanishing.
    loss = (tries - passed + 0.5) / (tries + 1)
    value -= further * math.log10(share)
    variance += further**2 * loss / (tries * max(share, 0.5 / tries)) / log**2
    return Reduction(value, math.sqrt(variance), False)


def _at_most(passed: int, tries: int) -> float:
    from scipy.stats import beta

    return float(beta.ppf(_CONFIDENCE, passed + 1, tries - passed)) if tries else 1.0


def pass_through(
    flow: CreepingFlow,
    walls: Walls,
    shape: tuple[int, ...],
    periodic: Periodic,
    spacing_m: float,
    diameter_m: float,
    flux_m_s: float,
    diffusion: float,
    axis: int = 2,
    particles: int = 300,
    copies: int = 1,
    capture: bool = False,
    seed: int = 0,
    widest_radius: float | None = None,
    porosity: float = 1.0,
    patience: float = _PATIENCE,
) -> Passage:
    """Follow spheres of one size through copies of the block.

    Args: flow: with its velocity. diffusion: D [m^2/s], 0 for none. flux_m_s: superficial velocity. widest_radius: of
        the widest way through the block [voxel]; wider spheres are not followed. porosity: share of the block that
        flows. patience: mean times of passage after which a particle counts as held. The rest: :func:`retention`.
    """
    if flow.velocity is None:
        raise InputError("flow", "without velocities", "creeping_flow(..., velocity=True)")
    radius = diameter_m / 2 / spacing_m
    velocity = padded_velocity(flow.velocity, periodic, axis)
    feed = draw_feed(velocity, walls, axis, particles, seed)
    # Velocities hold for a pressure gradient of 1: a unit of time is that of one voxel at the superficial velocity.
    pace = flow.permeability * spacing_m / flux_m_s
    superficial = flow.permeability
    d = diffusion * pace / spacing_m**2
    inside = superficial / porosity
    peclet = math.inf if d == 0 else inside * max(flow.radius - radius, 0.0) / d
    if widest_radius is not None and radius > widest_radius:
        return Passage(
            diameter_m, particles, 0, (0,) * copies, 0, 0, 0, True, feed.partition(radius), peclet, None
        )
    start, fits = entered(feed, walls, radius, axis, capture)
    start = start[fits]
    length = float(shape[axis])
    # Mean time of passage by advection and diffusion: the faster of both.
    way = copies * length
    limit = patience / (inside / way + d / way**2)
    # Shortest Brownian step: a tenth of the pore. Steps that end in a wall from which no push leads out are not
    # taken, so spheres with less play than that still find through a neck, only more slowly.
    smallest = max(0.3, 0.1 * (flow.radius - radius))
    paths = follow(
        velocity, walls, shape, periodic, axis, start, radius, d, capture, copies, limit, seed, 0, smallest
    )
    return _counted(paths, diameter_m, particles, copies, pace, feed.partition(radius), peclet)


def _counted(
    paths: Paths, diameter_m: float, fed: int, copies: int, pace: float, partition: float, peclet: float
) -> Passage:
    reached = tuple(int((paths.reached >= m).sum()) for m in range(1, copies + 1))
    out = {code: int((paths.outcome == code).sum()) for code in (PASSED, CAPTURED, STOPPED, EXPIRED)}
    through = paths.outcome == PASSED
    time = float(paths.time[through].mean() * pace / copies) if through.any() else None
    return Passage(
        diameter_m,
        fed,
        len(paths.reached),
        reached,
        out[CAPTURED],
        out[STOPPED],
        out[EXPIRED],
        False,
        partition,
        peclet,
        time,
    )


def retention(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    level: FloatVolume | None = None,
    axis: int = 2,
    particle_diameters_m: Sequence[float] = (),
    temperature_K: float = 298.15,
    viscosity_Pa_s: float = WATER_VISCOSITY_Pa_s,
    flux_m_s: float | None = None,
    pressure_Pa: float | None = None,
    thickness_m: float | None = None,
    contact: Literal["reflect", "capture"] = "reflect",
    brownian: bool = True,
    particles: int = 300,
    copies: int = 1,
    seed: int = 0,
    flow: CreepingFlow | None = None,
    walls: Walls | None = None,
    region: str = "core",
    progress: Callable[[str, float], None] | None = None,
    each: bool = False,
) -> list[Measurement]:
    """`lrv` [1] at the first of the particle diameters, with the curve of all, and `retention_cutoff_diameter` [m].

    LRV = -log10(particles that leave/particles fed) of the wall: spheres enter in proportion to the flow, move with
    the Stokes flow and by Brownian motion, D = k_B T/(3 pi eta d), and pass ``copies`` of the block in series; the
    wall is N = thickness/block of them, LRV = -log10 p_first - (N - 1) log10 p_each.

    Args:
        void: True in voids, (nx, ny, nz). spacing_m: edge of a voxel [m]. periodic: whether each axis wraps. level:
            field below 0 in voids, its zero the wall. axis: through the wall.
        particle_diameters_m: diameters [m]; none: 0.3 to 1.1 of the widest sphere that passes the block.
        temperature_K, viscosity_Pa_s: of the liquid.
        flux_m_s: superficial velocity [m/s]; None: from ``pressure_Pa`` over ``thickness_m`` by Darcy's law, else
            1.39e-5 (50 L/m2.h).
        thickness_m: of the wall [m]; None: LRV of one block.
        contact: ``"reflect"``: the wall does not hold particles, only what cannot pass is retained (clean membrane
            without adsorption); ``"capture"``: the first contact holds (upper bound of adsorption).
        brownian: False for advection alone.
        particles: of each size. copies: of the block that they pass. seed: of all random numbers.
        flow: a flow with velocities along ``axis``, from :func:`percola.measure.flow.creeping.creeping_flow`.
        walls: from :func:`percola.measure.flow._tracking.find_walls`.
        each: one `lrv` for each size, its diameter in the region; else one at the first of them.

    `retention_cutoff_diameter`: where 90 % of the particles of that size are held by the wall (LRV 1), interpolated in
    the curve; never more than the widest sphere that passes the block, which is exact for hard spheres.

    Uncertainty: one standard deviation of the counts (binomial), carried through N - 1 copies. Where none pass the
    value is a lower bound at 95 % (``lower_bound`` in the evidence and a check).
    Validity: first particles on a clean membrane, dilute: no fouling, no charge, no adsorption unless asked for; copies
    independent and alike (a thicker wall also has narrower necks: a bound from below). The drag of the walls on the
    sphere is left out: it moves with the undisturbed flow at its centre and diffuses as if free. In a tube that makes
    convection high by a factor of up to 1.5 and diffusion by more, with lambda = d/pore (Dechadilok and Deen, Ind.
    Eng. Chem. Res. 45 (2006) 6953); the sizes at which sieving sets in do not depend on it. A particle that has not
    passed within 5 mean times of passage (by advection and diffusion together) counts as held, though by diffusion it
    may yet come out: the LRV if all of these were to pass stands beside, and half of the difference is in the
    uncertainty.
    Limits: particles below a voxel see the wall no better than the voxels do.
    Memory: :func:`memory_bytes`.
    """
    checked(void, spacing_m, periodic, level, axis)
    diameters = _diameters(particle_diameters_m)
    _positive("temperature_K", temperature_K)
    _positive("viscosity_Pa_s", viscosity_Pa_s)
    for name, given in (("flux_m_s", flux_m_s), ("pressure_Pa", pressure_Pa), ("thickness_m", thickness_m)):
        if given is not None:
            _positive(name, given)
    if contact not in ("reflect", "capture"):
        raise InputError("contact", repr(contact), "'reflect' or 'capture'")
    if particles < 10 or copies < 1:
        raise InputError("particles, copies", f"{particles}, {copies}", "at least 10 and 1")
    if pressure_Pa is not None and flux_m_s is None and thickness_m is None:
        raise InputError("pressure_Pa", f"{pressure_Pa:g} without thickness_m", "the thickness it acts over")
    method = _METHOD + (", contact captures" if contact == "capture" else ", walls do not hold particles")

    def nothing(why: str) -> list[Measurement]:
        return [
            Measurement("lrv", None, "1", method=method, region=region, reason=why, citations=SOURCES),
            Measurement(
                "retention_cutoff_diameter",
                None,
                "m",
                method=_CUTOFF,
                region=region,
                reason=why,
                citations=SOURCES,
            ),
        ]

    if void.all():
        return nothing("there is no polymer")
    if not void.any():
        return nothing("there is no void")
    if progress:
        progress("retention: Stokes flow", 0.0)
    if flow is None or flow.velocity is None:
        flow = creeping_flow(void, periodic, axis, level, 1e-3, velocity=True)
    if flow.permeability <= 0:
        return nothing(
            f"no void reaches from side to side along {'xyz'[axis]}: nothing passes, particles or water"
        )
    if progress:
        progress("retention: walls", 0.3)
    found = find_walls(void, periodic, level) if walls is None else walls
    path = widest_path(oriented(found.cell, axis), oriented_periodic(periodic, axis))
    widest = 2 * path.radius * spacing_m
    if not diameters:
        diameters = tuple(round(x, 2) * widest for x in (0.3, 0.6, 0.8, 0.95, 1.1))
    k = flow.permeability * spacing_m**2
    if flux_m_s is None:
        flux = FLUX_M_S
        if pressure_Pa is not None and thickness_m is not None:
            flux = k / viscosity_Pa_s * pressure_Pa / thickness_m
    else:
        flux = flux_m_s
    block = void.shape[axis] * spacing_m
    layers = 1.0 if thickness_m is None else max(thickness_m / block, 1.0)
    porosity = float(void.mean())
    passages: list[Passage] = []
    order = sorted(set(diameters))
    for i, d in enumerate(order):
        if progress:
            progress(f"retention: particles of {d * 1e9:.3g} nm", 0.4 + 0.6 * i / len(order))
        spread = diffusion_m2_s(d, temperature_K, viscosity_Pa_s) if brownian else 0.0
        passages.append(
            pass_through(
                flow,
                found,
                void.shape,
                periodic,
                spacing_m,
                d,
                flux,
                spread,
                axis,
                particles,
                copies,
                contact == "capture",
                seed,
                path.radius,
                porosity,
            )
        )
    results = [reduction(p, layers) for p in passages]
    evidence = {
        "lrv_curve": [_row(p, r, spacing_m, widest) for p, r in zip(passages, results, strict=True)],
        "widest_sphere_diameter_m": widest,
        "flux_m_s": flux,
        "pressure_gradient_Pa_m": flux * viscosity_Pa_s / k,
        "temperature_K": temperature_K,
        "viscosity_Pa_s": viscosity_Pa_s,
        "block_m": block,
        "thickness_m": thickness_m,
        "copies_in_wall": layers,
        "copies_followed": copies,
        "contact": contact,
        "brownian": brownian,
        "particles": particles,
        "seed": seed,
        "left_out": "drag of the walls on the particles, adsorption unless captured, charge, fouling",
    }
    cutoff = _cutoff(passages, results, widest, spacing_m, evidence, region)
    if not each:
        main = order.index(diameters[0])
        return [_lrv(passages[main], results[main], layers, spacing_m, evidence, method, region), cutoff]
    # The curve stands once, with the first.
    rest = {k: v for k, v in evidence.items() if k != "lrv_curve"}
    sizes = enumerate(zip(order, passages, results, strict=True))
    return [
        *(
            _lrv(p, r, layers, spacing_m, rest if i else evidence, method, f"particles of {d * 1e9:.4g} nm")
            for i, (d, p, r) in sizes
        ),
        cutoff,
    ]


_METHOD = "-log10(particles that leave/particles fed): spheres in the Stokes flow of the structure"
_CUTOFF = "diameter of which 90 % is retained (LRV 1); at most the widest sphere that passes"


def _diameters(given: Sequence[float]) -> tuple[float, ...]:
    out = []
    for d in given:
        value = float(d)
        if not (math.isfinite(value) and value > 0):
            raise InputError("particle_diameters_m", f"{d!r}", "positive numbers of metres")
        out.append(value)
    return tuple(out)


def _positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise InputError(name, f"{value!r}", "a positive number")


def _row(p: Passage, r: Reduction, spacing_m: float, widest_m: float) -> dict[str, Any]:
    share, tries = p.each
    return {
        "diameter_m": p.diameter_m,
        "over_widest_sphere": p.diameter_m / widest_m if widest_m > 0 else None,
        "diameter_voxels": p.diameter_m / spacing_m,
        "lrv": None if math.isinf(r.value) else r.value,
        "uncertainty": r.error,
        "lower_bound": r.bound,
        "lrv_if_late_ones_pass": r.late,
        "sieved": p.blocked,
        "fed": p.fed,
        "entering": p.entering,
        "passed_copies": list(p.reached),
        "captured": p.captured,
        "held_in_necks": p.stopped,
        "not_out_in_time": p.expired,
        "passes_first": p.first,
        "passes_each": share,
        "tries_each": tries,
        "inlet_partition": p.partition,
        "peclet": None if math.isinf(p.peclet) else p.peclet,
        "residence_s": p.residence_s,
    }


def _lrv(
    p: Passage,
    r: Reduction,
    layers: float,
    spacing_m: float,
    evidence: dict[str, Any],
    method: str,
    region: str,
) -> Measurement:
    nm = p.diameter_m * 1e9
    checks = [
        Check(
            "particle resolved by the voxels",
            "pass" if p.diameter_m >= 2 * spacing_m else "warn",
            f"diameter {p.diameter_m / spacing_m:.3g} voxels",
        ),
        Check(
            "particles left to count",
            "warn" if r.bound else "pass",
            f"sphere wider than every way through the block: held whatever their number ({nm:.3g} nm)"
            if p.blocked
            else f"{p.reached[0]} of {p.fed} passed the first block, {p.reached[-1]} passed {len(p.reached)}"
            + (": the value is a lower bound at 95 %" if r.bound else ""),
        ),
        Check(
            "within what a challenge test can show",
            "pass" if r.value <= _TESTABLE else "warn",
            f"LRV {'unbounded' if math.isinf(r.value) else format(r.value, '.3g')} for {layers:.3g} blocks in series; "
            f"tests end near {_TESTABLE:g}, real membranes at their defects",
        ),
    ]
    if p.expired and p.expired > 0.01 * p.fed:
        checks.append(
            Check(
                "particles got out in time",
                "warn",
                f"{p.expired} of {p.fed} were still under way after {_PATIENCE:g} mean times of passage",
            )
        )
    evidence = {
        **evidence,
        "reference_diameter_m": p.diameter_m,
        "lower_bound": f"at least, for particles of {nm:.3g} nm" if r.bound else "",
    }
    value = None if math.isinf(r.value) else r.value + 0.0  # no minus nought
    reason = (
        f"no way through the block is as wide as {nm:.3g} nm: all such hard spheres are held, no number bounds it"
        if value is None
        else ""
    )
    return Measurement(
        "lrv", value, "1", r.error, f"{method}; {nm:.4g} nm", region, tuple(checks), evidence, SOURCES, reason
    )


def _crossing(
    sizes: list[float], heights: list[float], widest_m: float
) -> tuple[float, tuple[float, float], bool]:
    """Where the curve reaches LRV 1, the sizes below and above it, and whether only the widest sphere does.

    Linear in LRV between sizes.
    """
    low, below = 0.0, 0.0
    for d, height in zip(sizes, heights, strict=True):
        if d >= widest_m:
            break
        if height >= 1.0:
            if low == 0.0:
                return d, (0.0, d), False
            return low + (1.0 - below) / max(min(height, 100.0) - below, 1e-12) * (d - low), (low, d), False
        low, below = d, height
    return widest_m, (low, widest_m), True


def _cutoff(
    passages: list[Passage],
    results: list[Reduction],
    widest_m: float,
    spacing_m: float,
    evidence: dict[str, Any],
    region: str,
) -> Measurement:
    sizes = [p.diameter_m for p in passages]
    value, (low, high), by_sieving = _crossing(sizes, [r.value for r in results], widest_m)
    late, _, _ = _crossing(sizes, [r.value if r.late is None else r.late for r in results], widest_m)
    # Anywhere between two sizes of the curve alike; the widest sphere is known to 0.1 voxel of radius.
    error = math.hypot(
        (high - low) / math.sqrt(12), 0.2 * spacing_m if by_sieving else 0.0, (late - value) / 2
    )
    unbracketed = not by_sieving and low == 0.0
    wide = high - low > 0.2 * high
    checks = (
        Check(
            "cut-off within the sizes followed",
            "warn" if unbracketed else "pass",
            "the smallest particles are retained already: smaller ones were not asked for"
            if unbracketed
            else f"widest sphere that passes the block {widest_m * 1e9:.4g} nm",
        ),
        Check(
            "sizes on either side are near",
            "warn" if wide else "pass",
            f"it lies between {low * 1e9:.4g} and {high * 1e9:.4g} nm: follow sizes between them"
            if wide
            else f"between {low * 1e9:.4g} and {high * 1e9:.4g} nm",
        ),
        Check(
            "throats resolved by the voxels",
            "pass" if widest_m >= 4 * spacing_m else "warn",
            f"widest sphere {widest_m / spacing_m:.3g} voxels",
        ),
    )
    if widest_m <= 0:
        why = "no sphere passes the block"
        return Measurement(
            "retention_cutoff_diameter",
            None,
            "m",
            method=_CUTOFF,
            region=region,
            reason=why,
            citations=SOURCES,
        )
    return Measurement(
        "retention_cutoff_diameter",
        value,
        "m",
        error,
        _CUTOFF,
        region,
        checks,
        {
            **evidence,
            "by": "widest sphere" if by_sieving else "paths of particles",
            "cutoff_if_late_ones_pass_m": late,
        },
        SOURCES,
    )
