"""Effective conductivity of the voids and of the polymer, tortuosity, MacMullin number, ionic and thermal conductivity.

The voids conduct, the polymer insulates: div(grad c) = 0 in the voids, no flux through walls. The effective
conductivity D/D0 of the block is also its effective diffusivity, its electrical conductivity with an electrolyte
in the voids, and, with both phases conducting, its thermal conductivity. Numbers that users know by many names:

- D/D0, *relative conductivity* (diffusibility);
- tau = porosity/(D/D0), the *tortuosity factor*: the tau of D = D0 eps/tau. Where D = D0 eps/tau^2 is written, tau^2
  is this factor and its root the "tortuosity" (evidence ``geometric_tortuosity``);
- N_M = D0/D, the *MacMullin number* (MacMullin and Muccini, AIChE J. 2 (1956) 393).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from percola.errors import InputError
from percola.measure import _parallel
from percola.measure._volume import PARA, BoolVolume, FloatVolume, Periodic, checked
from percola.measure.flow.conduction import (
    NOTHING,
    Effective,
    composite_links,
    cut_links,
    open_area,
    through_block,
)
from percola.measure.flow.multigrid import Multigrid, conductive_links, uniform_links
from percola.measure.flow.permeability import relative_scatter
from percola.measure.voids.connectivity import _blocks, through_mask
from percola.measurement import Check, Measurement

Ends = Literal["faces", "periodic"]

STAIRCASE = 0.30
"""Voxel staircases lower the conductivity by about this times voxel edge times wall area per volume of the phase: 0.29 to
0.33 on gyroids and Gaussian fields of either phase (10 voxels wavelength and more), 0.13 to 0.33 on insulating spheres,
0 on walls along voxel faces; see docs/theory/measuring.md."""
STAIRCASE_SPREAD = 0.2
"""Relative spread of that estimate between shapes."""
SUB_VOXEL = 0.15
"""With a level field the conductivity is high by about 0.01 to 0.25 times (voxel edge times wall area per volume of the
phase) squared, on the shapes named above; this, in the middle, is taken as one standard deviation."""

_ROUGH, _TOO_ROUGH = 0.05, 0.15
"""Difference between the open part of the faces and of the voxels, over the share of the rarer phase: below 0.02 where
a Gaussian field has 8 voxels or more per wave, 0.3 to 0.5 on noise from voxel to voxel."""

_CITED = ("ep1063256", "hashinshtrikman1962", "milton2002", "notayvassilevski2008", "ng2009")
_NO_WAY = "no {phase} reaches from side to side along {axis}"


@dataclass(frozen=True)
class Electrolyte:
    """A liquid that carries ions in the voids.

    Attributes:
        name: what it is.
        conductivity_S_m: of the bulk liquid [S/m].
        uncertainty_S_m: one standard deviation of it.
        polymer_S_m: conductivity of the polymer swollen by it [S/m]; 0: the polymer insulates.
        source: where the numbers come from, a key of ``references.bib`` where there is one.
    """

    name: str
    conductivity_S_m: float
    uncertainty_S_m: float = 0.0
    polymer_S_m: float = 0.0
    source: str = ""


def lithium_electrolyte(temperature_K: float = 298.15) -> Electrolyte:
    """1 mol/L LiBF4 in ethylene carbonate + propylene carbonate 1:1, the electrolyte of paragraphs 111 to 114."""
    from percola.tables import electrolyte_conductivity_S_m

    found = electrolyte_conductivity_S_m(temperature_K)
    name = f"1 mol/L LiBF4 in ethylene + propylene carbonate 1:1 by volume, {temperature_K:.1f} K"
    return Electrolyte(name, float(found.value), float(found.uncertainty), 0.0, found.source)


@dataclass(frozen=True)
class _Phase:
    """Conduction through one phase: the main axis and what else was asked for."""

    main: Effective
    fraction: float
    voxels: float
    all: dict[int, Effective]
    size: tuple[float, float, float]
    ends: Ends
    tensor: list[list[float | None]] | None
    asymmetry: float | None
    wall: float
    scatter: float | None
    scatter_tortuosity: float | None
    octants: list[float]
    level: bool


def conductivity(
    void: BoolVolume,
    spacing_m: float | Sequence[float],
    periodic: Periodic,
    level: FloatVolume | None = None,
    axis: int = 2,
    tensor: bool = False,
    electrolyte: Electrolyte | None = None,
    polymer: bool = False,
    thermal_W_mK: tuple[float, float] | None = None,
    ends: Ends | None = None,
    scatter: bool = True,
    balance: float = 1e-4,
    region: str = "core",
) -> list[Measurement]:
    """`relative_conductivity`, `tortuosity`, `macmullin_number`, and where asked for ionic, thermal and polymer conductivity.

    D/D0 = (mean flux)/(mean gradient) over the block, with conductivity 1 in the voids and 0 in the polymer;
    tortuosity (factor) = porosity/(D/D0); MacMullin number = 1/(D/D0); ionic conductivity = D/D0 times that of the
    electrolyte.

    Args:
        void: True in voids, (nx, ny, nz).
        spacing_m: edge of a voxel [m], or three edges; links take bricks of any shape exactly.
        periodic: whether each axis wraps.
        level: continuous field, below 0 in voids; its zero places the wall between voxels (second order in the
            voxel edge). Without it walls are staircases, which lowers the result (check "voxel staircases").
        axis: the direction of the value.
        tensor: all three directions. Fully periodic volumes give all nine components; others the diagonal from
            three solves from face to face, with None elsewhere: a closed or wrapped side carries no transverse
            mean flux or an arbitrary one, so off-diagonal parts cannot be had that way.
        electrolyte: gives `ionic_conductivity`; see :func:`lithium_electrolyte`.
        polymer: gives `polymer_relative_conductivity`, the same through the polymer with insulating voids.
        thermal_W_mK: conductivity of what fills the voids and of the polymer [W/(m K)]; gives
            `thermal_conductivity` with both phases conducting.
        ends: "faces": potential fixed on two faces, half a voxel outside the outermost centres; "periodic": a mean
            gradient on a volume that repeats. None: periodic where ``axis`` wraps, else faces.
        scatter: solve the eight octants too (face to face) for the sampling error.
        balance: largest relative difference between the fluxes through any two planes across the axis.
        region: written into the results.

    A solve that has not converged gives no number: where the two bounds are further apart than 1 % the value is None
    with the reason and a failed check, and so is every entry of the tensor that it would have given.

    Uncertainty: sampling (standard error over the octants), half the distance between the upper and the lower bound
    of the solve, and the discretization error that the wall area leads to expect, in quadrature; the last two
    are common to all boxes of one resolution (``uncertainty_common``).

    Limitations: mathematical: bodies that touch only along edges of voxels do not conduct without a level field.
    Of convenience: with a level field faces that are less than 1 % open count as closed (lowers by 0.01 %).

    References: Hashin and Shtrikman (1962) for the bounds, Milton (2002) for those of tensors, Notay and Vassilevski
    (2008) for the solver, Ng, Min and Gibou (2009) for cut faces.
    """
    edges = _edges(spacing_m)
    checked(void, max(edges), periodic, level, axis)
    if ends not in (None, "faces", "periodic"):
        raise InputError("ends", repr(ends), "'faces', 'periodic' or None")
    if ends == "periodic" and not periodic[axis]:
        raise InputError(
            "ends", "'periodic'", "an axis that wraps", f"set periodic for axis {axis} or ends='faces'"
        )
    if not balance > 0:
        raise InputError("balance", f"{balance!r}", "a positive number")
    if thermal_W_mK is not None and not (len(thermal_W_mK) == 2 and all(k >= 0 for k in thermal_W_mK)):
        raise InputError("thermal_W_mK", f"{thermal_W_mK!r}", "two numbers of W/(m K), none negative")
    if electrolyte is not None and not (electrolyte.conductivity_S_m > 0 and electrolyte.polymer_S_m >= 0):
        raise InputError(
            "electrolyte",
            f"{electrolyte.conductivity_S_m!r} S/m",
            "a positive conductivity, none negative in the polymer",
        )
    chosen: Ends = ends or ("periodic" if periodic[axis] else "faces")
    size = tuple(e / min(edges) for e in edges)
    setting = _Setting(periodic, axis, size, chosen, tensor, scatter, balance, region)  # type: ignore[arg-type]
    voids = _phase(void, level, setting)
    out = _void_measurements(voids, setting)
    if electrolyte is not None:
        out.append(_ionic(out[0], void, level, electrolyte, setting))
    if polymer:
        solid = _phase(~void, None if level is None else -level, setting)
        out.append(_relative("polymer_relative_conductivity", "polymer", solid, setting))
    if thermal_W_mK is not None:
        out.append(_thermal(void, level, thermal_W_mK, setting))
    return out


@dataclass(frozen=True)
class _Setting:
    periodic: Periodic
    axis: int
    size: tuple[float, float, float]
    ends: Ends
    tensor: bool
    scatter: bool
    balance: float
    region: str

    @property
    def direction(self) -> str:
        return "xyz"[self.axis]


def _edges(spacing_m: float | Sequence[float]) -> tuple[float, float, float]:
    found = np.atleast_1d(np.asarray(spacing_m, float))
    if found.shape not in ((1,), (3,)) or not (np.isfinite(found).all() and (found > 0).all()):
        raise InputError(
            "spacing_m", f"{spacing_m!r}", "a positive number of metres, or three", "give the voxel size"
        )
    x, y, z = np.broadcast_to(found, 3).tolist()
    return (x, y, z)


# --- solves -----------------------------------------------------------------------------------------------------------


def _grid(
    phase: BoolVolume,
    level: FloatVolume | None,
    periodic: Periodic,
    faces: int | None,
    size: Sequence[float],
) -> Multigrid | None:
    """Links of a phase; clusters that do not reach both faces are left out. None where nothing is left."""
    if level is not None:
        return cut_links(level, periodic, faces, size)
    mask = through_mask(phase, periodic, faces) if faces is not None else phase
    return uniform_links(mask, periodic, faces, size) if mask.any() else None


def _phase(phase: BoolVolume, level: FloatVolume | None, s: _Setting) -> _Phase:
    fraction = voxels = float(phase.mean())
    found: dict[int, Effective] = {}
    grid = None
    for axis in [s.axis, *(a for a in range(3) if a != s.axis and s.tensor)]:
        periodic = s.ends == "periodic" and s.periodic[axis]
        if grid is None or not periodic:
            grid = None  # its memory first
            grid = _grid(phase, level, s.periodic, None if periodic else axis, s.size) if fraction else None
        if grid is None:
            found[axis] = NOTHING
            continue
        known = grid.w is None and not periodic  # other voxels were left out
        found[axis] = through_block(grid, axis, s.size, balance=s.balance, leads_through=known)
        if level is not None and axis == s.axis:
            fraction = open_area(grid, axis)
    del grid
    tensor: list[list[float | None]] | None = None
    asymmetry = None
    if s.tensor:
        # Off-diagonal parts need a volume that repeats in every direction.
        whole = s.ends == "periodic" and all(s.periodic)
        good = [found[i].trusted for i in range(3)]
        sure = [found[i].trusted and found[i].settled for i in range(3)]
        # Off-diagonal parts are of first order in the error of the solution, the bounds of second.
        tensor = [
            [found[j].column[i] if whole and sure[i] and sure[j] else None for j in range(3)]
            for i in range(3)
        ]
        for i in range(3):
            tensor[i][i] = found[i].value if good[i] else None
        if whole and all(sure):
            t = np.array(tensor, float)
            asymmetry = float(np.abs(t - t.T).max() / max(np.trace(t), 1e-30))
            t = (t + t.T) / 2
            tensor = t.tolist()
    values, tortuosities = _octants(phase, level, s) if s.scatter else ([], [])
    return _Phase(
        found[s.axis],
        fraction,
        voxels,
        found,
        s.size,
        s.ends,
        tensor,
        asymmetry,
        _wall_area(phase, s.size, s.periodic),
        relative_scatter(values),
        relative_scatter(tortuosities),
        values,
        level is not None,
    )


def _octants(phase: BoolVolume, level: FloatVolume | None, s: _Setting) -> tuple[list[float], list[float]]:
    """Conductivities of the eight octants, face to face with closed sides, and their tortuosities."""
    if min(phase.shape) < 32:
        return [], []
    blocks = _blocks(phase.shape)
    closed = (False, False, False)

    def one(i: int, _: int) -> tuple[float, float]:
        part = np.ascontiguousarray(phase[blocks[i]])
        field = None if level is None else np.ascontiguousarray(level[blocks[i]])
        if not part.any():
            return 0.0, math.nan
        grid = _grid(part, field, closed, s.axis, s.size)
        if grid is None:
            return 0.0, math.nan
        solved = through_block(grid, s.axis, s.size, 1e-3, None, False, leads_through=level is None)
        if not solved.trusted:
            return math.nan, math.nan
        value = solved.value
        return value, _fraction(grid, part, field, s.axis) / value if value > 0 else math.nan

    found = _parallel.run(one, [(i, i + 1) for i in range(len(blocks))])
    return [v for v, _ in found if math.isfinite(v)], [t for _, t in found if math.isfinite(t)]


def _fraction(grid: Multigrid, part: BoolVolume, level: FloatVolume | None, axis: int) -> float:
    """Volume fraction of a phase: from its cut faces where there is a level field, else by counting voxels."""
    return float(part.mean()) if level is None else open_area(grid, axis)


def _wall_area(phase: BoolVolume, size: Sequence[float], periodic: Periodic) -> float:
    """Wall area per volume of the block in 1/(shortest edge): 2/3 of the area of voxel faces (Cauchy, isotropic walls)."""
    total = 0.0
    for ax in range(3):
        steps = np.count_nonzero(np.diff(phase, axis=ax))
        if periodic[ax]:
            steps += np.count_nonzero(np.take(phase, 0, ax) != np.take(phase, -1, ax))
        total += steps / (phase.size * size[ax])
    return 2 / 3 * total


# --- results ----------------------------------------------------------------------------------------------------------


def _discretization(p: _Phase) -> tuple[float, float]:
    """Expected relative error of discretization (negative: too low) and its relative standard deviation."""
    if p.fraction <= 0:
        return 0.0, 0.0
    roughness = p.wall * float(np.mean(p.size)) / p.fraction
    if p.level:
        return 0.0, SUB_VOXEL * roughness**2
    bias = -STAIRCASE * roughness
    return bias, abs(bias) * math.hypot(1.0, STAIRCASE_SPREAD)


def _checks(p: _Phase, phase: str, s: _Setting) -> list[Check]:
    m, eps = p.main, p.fraction
    if not m.through:
        return [Check("a way leads through", "warn", _reason(p, phase, s)), *_tensor_solved(p, s)]
    out = [Check("a way leads through", "pass", f"the {phase} reaches from side to side along {s.direction}")]
    out.append(
        Check(
            "flux balance",
            "pass" if m.settled and m.imbalance <= s.balance else "fail",
            f"fluxes through planes differ by {m.imbalance:.1e} of their mean, {s.balance:g} allowed; "
            f"{m.iterations} steps",
        )
    )
    gap = 1 - m.lower / m.value
    out.append(
        Check(
            "upper and lower bound",
            "pass" if gap < 1e-3 else "warn" if m.trusted else "fail",
            f"the exact value for these links lies between {m.lower:.6g} and {m.value:.6g}",
        )
    )
    out += _tensor_solved(p, s)
    if p.level:
        off = abs(eps - p.voxels) / max(min(p.voxels, 1 - p.voxels), 1e-12)
        out.append(
            Check(
                "level field is smooth",
                "pass" if off < _ROUGH else "warn" if off < _TOO_ROUGH else "fail",
                f"open part of the faces {eps:.4g}, of the voxels {p.voxels:.4g}: apart by {off:.1%} of the rarer phase, "
                f"{_ROUGH:.0%} allowed; more means features that the voxels do not resolve",
            )
        )
    # Rounding, and with a level field the area of planes against that of the volume.
    slack = 1 + (2e-2 if p.level else 1e-6)
    upper = 2 * eps / (3 - eps)
    out.append(
        Check(
            "Wiener bound",
            "pass" if m.value <= eps * slack else "fail",
            f"{m.value:.4g} against at most the volume fraction, {eps:.4g}",
        )
    )
    out.append(
        Check(
            "Hashin-Shtrikman bound",
            "pass" if m.value <= upper * slack else "warn",
            f"{m.value:.4g} against at most 2 eps/(3 - eps) = {upper:.4g} for isotropic structures"
            + ("" if m.value <= upper * slack else ": the structure is stretched along this axis"),
        )
    )
    if p.tensor is not None and all(isinstance(v, float) for row in p.tensor for v in row):
        main = np.linalg.eigvalsh(np.array(p.tensor, float))
        trace, most = float(np.sum(1 / np.maximum(1 - main, 1e-12))), (3 - eps) / max(1 - eps, 1e-12)
        out.append(
            Check(
                "bound of the tensor",
                "pass" if trace <= most * (1 + 3 * (slack - 1)) or eps >= 1 - 1e-9 else "fail",
                f"sum of 1/(1 - eigenvalue) = {trace:.5g} against at most (3 - eps)/(1 - eps) = {most:.5g}, any structure",
            )
        )
    if not p.level:
        bias, _ = _discretization(p)
        out.append(
            Check(
                "voxel staircases",
                "pass" if abs(bias) < 0.02 else "warn",
                f"walls along voxel faces lower the value by about {-100 * bias:.1f} % if they are curved or lean; not "
                "corrected (give a level field, or smaller voxels)",
            )
        )
    return out


def _tensor_solved(p: _Phase, s: _Setting) -> list[Check]:
    """Whether the solves of all axes of a tensor reached what was asked, and agree where they must."""
    if p.tensor is None:
        return []
    all_ = [p.all[i] for i in range(3) if p.all[i].through]
    along = max((e.imbalance for e in all_), default=0.0)
    across = max((e.across for e in all_), default=0.0)
    ok = all(e.settled and e.trusted and e.imbalance <= s.balance for e in all_) and across <= 10 * s.balance
    text = f"fluxes of all axes differ by {along:.1e} along, {across:.1e} across, of their mean; {s.balance:g} and "
    text += f"{10 * s.balance:g} allowed"
    if p.asymmetry is not None:
        ok = ok and p.asymmetry <= 10 * s.balance
        text += f"; the tensor is symmetric to {p.asymmetry:.1e} of its trace"
    return [Check("flux balance of the tensor", "pass" if ok else "fail", text)]


def _unsolved(m: Effective) -> str:
    return f"the solve did not converge in {m.iterations} steps: between {m.lower:.3g} and {m.value:.3g}"


def _reason(p: _Phase, phase: str, s: _Setting) -> str:
    if not p.main.trusted:
        return _unsolved(p.main)
    if p.fraction == 0:
        return f"there is no {phase}"
    return _NO_WAY.format(phase=phase, axis=s.direction)


def _evidence(p: _Phase, s: _Setting) -> dict[str, Any]:
    m = p.main
    bias, _ = _discretization(p)
    off = (
        "None: only a fully periodic volume has off-diagonal parts"
        if s.tensor and p.asymmetry is None
        else ""
    )
    out: dict[str, Any] = {
        "axis": s.direction,
        "axes": ["x", "y", "z"],
        "ends": p.ends,
        "volume_fraction": p.fraction,
        "lower_bound": m.lower,
        "upper_bound": m.value,
        "flux_in": m.inlet,
        "flux_out": m.outlet,
        "flux_imbalance": m.imbalance,
        "residual": m.residual,
        "iterations": m.iterations,
        "walls": "cut faces from the level field" if p.level else "voxels",
        "expected_discretization_error": bias,
        "corrected_for_staircases": None if p.level else m.value / (1 + bias) if bias > -1 else None,
        "octants": p.octants,
        "wiener_bound": p.fraction,
        "hashin_shtrikman_bound": 2 * p.fraction / (3 - p.fraction),
    }
    if p.tensor is not None:
        out["tensor"] = p.tensor
        out["tensor_asymmetry"] = p.asymmetry
        if off:
            out["off_diagonal"] = off
    return out


def _errors(p: _Phase) -> tuple[float, float]:
    """Relative errors: common to all boxes (bounds of the solve, discretization), and sampling."""
    m = p.main
    solve = 0.5 * (1 - m.lower / m.value) if m.value > 0 and m.lower > 0 else 0.0
    return math.hypot(solve, _discretization(p)[1]), p.scatter or 0.0


def _relative(name: str, phase: str, p: _Phase, s: _Setting) -> Measurement:
    common, sampling = _errors(p)
    value = p.main.value
    uncertainty = None
    evidence = _evidence(p, s)
    if not p.main.trusted:
        evidence["corrected_for_staircases"] = None
        evidence["why"] = _reason(p, phase, s)
    elif p.main.through:
        uncertainty = math.hypot(common, sampling) * value
        evidence["uncertainty_common"] = common * value
        evidence["uncertainty_sampling"] = sampling * value if p.scatter is not None else None
    else:
        evidence["why"] = _reason(p, phase, s)
    other = "polymer" if phase == "void" else "voids"
    conducting = "voids" if phase == "void" else "polymer"
    how = "between two faces" if p.ends == "faces" else "for a mean gradient, periodic"
    method = (
        PARA
        + f"89(13): mean flux over mean gradient {how}; {conducting} conduct 1, {other} 0; finite volumes"
    )
    checks = tuple(_checks(p, phase, s))
    if not p.main.trusted:
        reason = _reason(p, phase, s)
        return Measurement(name, None, "1", None, method, s.region, checks, evidence, _CITED, reason)
    return Measurement(name, value, "1", uncertainty, method, s.region, checks, evidence, _CITED)


def _void_measurements(p: _Phase, s: _Setting) -> list[Measurement]:
    first = _relative("relative_conductivity", "void", p, s)
    factor = "porosity/(D/D0), the tortuosity factor: D = D0 eps/tau (where D = D0 eps/tau^2 is written, it is tau^2)"
    number = "MacMullin number: resistivity of the filled membrane over that of the liquid, D0/D"
    if not p.main.through or not p.main.trusted:
        reason = _reason(p, "void", s)
        return [
            first,
            Measurement("tortuosity", None, "1", None, factor, s.region, first.checks, {}, _CITED, reason),
            Measurement(
                "macmullin_number", None, "1", None, number, s.region, first.checks, {}, _CITED, reason
            ),
        ]
    value, (common, sampling) = p.main.value, _errors(p)
    tau = p.fraction / value
    spread = p.scatter_tortuosity if p.scatter_tortuosity is not None else sampling
    base = {"relative_conductivity": value, "porosity": p.fraction, "axis": s.direction}
    inverse = None
    if p.tensor is not None:
        inverse = [
            [1 / v if i == j and v else None for j, v in enumerate(row)] for i, row in enumerate(p.tensor)
        ]
    extra: dict[str, Any] = (
        {}
        if inverse is None
        else {
            "diagonal": [p.fraction * float(inverse[i][i]) if inverse[i][i] else None for i in range(3)],  # type: ignore[arg-type]
            "axes": ["x", "y", "z"],
        }
    )
    return [
        first,
        Measurement(
            "tortuosity",
            tau,
            "1",
            math.hypot(common, spread) * tau,
            factor,
            s.region,
            first.checks,
            {
                **base,
                **extra,
                "geometric_tortuosity": math.sqrt(tau),
                "bruggeman_exponent": math.log(value) / math.log(p.fraction) if 0 < p.fraction < 1 else None,
                "uncertainty_common": common * tau,
            },
            (*_CITED, "cooper2016"),
        ),
        Measurement(
            "macmullin_number",
            1 / value,
            "1",
            math.hypot(common, sampling) / value,
            number,
            s.region,
            first.checks,
            {**base, "uncertainty_common": common / value},
            (*_CITED, "macmullinmuccini1956"),
        ),
    ]


@dataclass(frozen=True)
class _Both:
    """Conduction through both phases, in the units of the two: the value and between what it lies."""

    value: float
    main: Effective
    low: float
    high: float
    settled: bool


def _two_phases(
    void: BoolVolume, level: FloatVolume | None, pair: tuple[float, float], s: _Setting, bound: bool = True
) -> _Both:
    """Both phases conduct: ``pair`` in the voids and in the polymer, both above 0.

    With a level field the mean of two solves, side by side and as laminates, which err to opposite sides.
    """
    faces = None if s.ends == "periodic" else s.axis
    top = max(pair)
    one, two = pair[0] / top, pair[1] / top
    if level is None:
        kappa = np.where(void, np.float32(one), np.float32(two))
        grid = conductive_links(kappa, np.ones(void.shape, bool), s.periodic, faces, s.size)
        found = through_block(grid, s.axis, s.size, balance=s.balance, bound=bound, leads_through=True)
        v = found.value * top
        return _Both(v, found, v, v, found.settled)
    grid = composite_links(level, (one, two), s.periodic, faces, s.size)
    low = through_block(grid, s.axis, s.size, balance=s.balance, bound=False, leads_through=True)
    del grid
    grid = cut_links(level, s.periodic, faces, s.size, (one, two))
    high = through_block(grid, s.axis, s.size, balance=s.balance, bound=bound, leads_through=True)
    middle = 0.5 * (low.value + high.value) * top
    return _Both(middle, high, low.value * top, high.value * top, low.settled and high.settled)


def two_phase_bounds(fraction: float, one: float, two: float) -> dict[str, float]:
    """Wiener and Hashin-Shtrikman bounds [unit of the conductivities]; ``fraction`` is the share of ``one``.

    Hashin and Shtrikman (1962), eqs 3.22 and 3.23: k1 + f2/(1/(k2 - k1) + f1/(3 k1)), for either phase as the matrix.
    """
    f, g = fraction, 1 - fraction
    bounds = {"wiener_upper": f * one + g * two}
    bounds["wiener_lower"] = (
        1 / (f / one + g / two) if one > 0 and two > 0 else (one if g == 0 else two if f == 0 else 0.0)
    )

    def matrix(k1: float, k2: float, f1: float, f2: float) -> float:
        if k1 == k2 or f2 == 0:
            return k1
        return k1 + f2 / (1 / (k2 - k1) + f1 / (3 * k1)) if k1 > 0 else (k2 if f1 == 0 else 0.0)

    both = sorted([matrix(one, two, f, g), matrix(two, one, g, f)])
    bounds["hashin_shtrikman_lower"], bounds["hashin_shtrikman_upper"] = both
    return bounds


def _two_phase_checks(found: _Both, b: dict[str, float], s: _Setting) -> tuple[Check, ...]:
    slack, v, m = 1e-3, found.value, found.main
    inside = b["wiener_lower"] * (1 - slack) <= v <= b["wiener_upper"] * (1 + slack)
    isotropic = b["hashin_shtrikman_lower"] * (1 - slack) <= v <= b["hashin_shtrikman_upper"] * (1 + slack)
    return (
        Check(
            "flux balance",
            "pass" if found.settled and m.imbalance <= s.balance else "fail",
            f"fluxes through planes differ by {m.imbalance:.1e} of their mean, {s.balance:g} allowed",
        ),
        Check(
            "Wiener bounds",
            "pass" if inside else "fail",
            f"{v:.4g} between {b['wiener_lower']:.4g} and {b['wiener_upper']:.4g}",
        ),
        Check(
            "Hashin-Shtrikman bounds",
            "pass" if isotropic else "warn",
            f"{v:.4g}; isotropic structures: {b['hashin_shtrikman_lower']:.4g} to {b['hashin_shtrikman_upper']:.4g}",
        ),
    )


def _two_phase_error(
    void: BoolVolume, level: FloatVolume | None, found: _Both, pair: tuple[float, float], s: _Setting
) -> float:
    """Relative error of solve and discretization. Walls matter as far as the phases differ."""
    wall = _wall_area(void, s.size, s.periodic) * float(np.mean(s.size))
    contrast = abs(pair[0] - pair[1]) / (pair[0] + pair[1])
    # On a gyroid of ten-fold contrast voxels are 0.21 times roughness low; of level fields the mean is within 0.1.
    walls = contrast * (STAIRCASE if level is None else 0.1) * wall / max(min(float(void.mean()), 1.0), 0.05)
    half = 0.5 * (found.high - found.low) / found.value
    solve = 0.5 * (1 - found.main.lower / found.main.value)
    return math.hypot(walls, half, solve)


def _ionic(
    first: Measurement, void: BoolVolume, level: FloatVolume | None, liquid: Electrolyte, s: _Setting
) -> Measurement:
    """`ionic_conductivity` [S/m]: paragraph 89(13) as it would be measured on a wet specimen without contact losses."""
    method = PARA + "89(13): conductivity of the electrolyte times D/D0"
    evidence: dict[str, Any] = {
        "electrolyte": liquid.name,
        "electrolyte_S_m": liquid.conductivity_S_m,
        "electrolyte_uncertainty_S_m": liquid.uncertainty_S_m,
        "polymer_S_m": liquid.polymer_S_m,
        "source": liquid.source,
        "axis": s.direction,
    }
    cited = (*_CITED, liquid.source) if liquid.source and " " not in liquid.source else _CITED
    if first.value is None and liquid.polymer_S_m <= 0:
        return Measurement(
            "ionic_conductivity",
            None,
            "S/m",
            None,
            method,
            s.region,
            first.checks,
            evidence,
            cited,
            first.reason,
        )
    relative, own = float(first.value or 0.0), first.uncertainty or 0.0
    value, error = relative * liquid.conductivity_S_m, own * liquid.conductivity_S_m
    common = float(first.evidence.get("uncertainty_common") or 0.0) * liquid.conductivity_S_m
    checks = first.checks
    if liquid.polymer_S_m > 0:
        method += ", the swollen polymer conducting too"
        found = _two_phases(void, level, (liquid.conductivity_S_m, liquid.polymer_S_m), s)
        bounds = two_phase_bounds(float(void.mean()), liquid.conductivity_S_m, liquid.polymer_S_m)
        evidence |= {**bounds, "laminates": found.low, "side_by_side": found.high}
        checks = _two_phase_checks(found, bounds, s)
        if not found.settled:
            return Measurement(
                "ionic_conductivity",
                None,
                "S/m",
                None,
                method,
                s.region,
                checks,
                evidence,
                cited,
                _unsolved(found.main),
            )
        value = found.value
        common = value * _two_phase_error(
            void, level, found, (liquid.conductivity_S_m, liquid.polymer_S_m), s
        )
        sampling = float(first.evidence.get("uncertainty_sampling") or 0.0) * liquid.conductivity_S_m
        error = math.hypot(common, sampling)
    share = liquid.uncertainty_S_m / liquid.conductivity_S_m
    evidence["uncertainty_common"] = math.hypot(share * value, common)
    return Measurement(
        "ionic_conductivity",
        value,
        "S/m",
        math.hypot(share * value, error),
        method,
        s.region,
        checks,
        evidence,
        cited,
    )


def _thermal(
    void: BoolVolume, level: FloatVolume | None, pair: tuple[float, float], s: _Setting
) -> Measurement:
    """`thermal_conductivity` [W/(m K)] of the composite of polymer and what fills the voids."""
    method = "mean heat flux over mean gradient, both phases conducting; harmonic means at the wall"
    if level is not None:
        method = "mean heat flux over mean gradient, both phases conducting; mean of laminates and side by side at the wall"
    if max(pair) == 0:
        return Measurement(
            "thermal_conductivity",
            0.0,
            "W/(m K)",
            None,
            method,
            s.region,
            (),
            {"why": "neither phase conducts"},
            _CITED,
        )
    # A phase that does not conduct at all is held at a millionth of the other.
    one, two = (max(k, 1e-6 * max(pair)) for k in pair)
    found = _two_phases(void, level, (one, two), s)
    bounds = two_phase_bounds(float(void.mean()), one, two)
    sampling = None
    if s.scatter and min(void.shape) >= 32:
        local = replace(s, periodic=(False, False, False), ends="faces", scatter=False)
        parts = [
            _two_phases(
                np.ascontiguousarray(void[b]),
                None if level is None else np.ascontiguousarray(level[b]),
                (one, two),
                local,
                False,
            )
            for b in _blocks(void.shape)
        ]
        sampling = relative_scatter([part.value for part in parts if part.settled])
    common = _two_phase_error(void, level, found, (one, two), s)
    evidence = {
        **bounds,
        "void_W_mK": pair[0],
        "polymer_W_mK": pair[1],
        "porosity": float(void.mean()),
        "laminates": found.low,
        "side_by_side": found.high,
        "flux_imbalance": found.main.imbalance,
        "iterations": found.main.iterations,
        "axis": s.direction,
        "ends": s.ends,
        "uncertainty_common": common * found.value,
    }
    error = math.hypot(common, sampling or 0.0) * found.value
    checks = _two_phase_checks(found, bounds, s)
    if not found.settled:
        return Measurement(
            "thermal_conductivity",
            None,
            "W/(m K)",
            None,
            method,
            s.region,
            checks,
            evidence,
            (*_CITED[1:], "kabel2015"),
            _unsolved(found.main),
        )
    return Measurement(
        "thermal_conductivity",
        found.value,
        "W/(m K)",
        error,
        method,
        s.region,
        checks,
        evidence,
        (*_CITED[1:], "kabel2015"),
    )


__all__ = ["Electrolyte", "conductivity", "lithium_electrolyte", "two_phase_bounds"]
