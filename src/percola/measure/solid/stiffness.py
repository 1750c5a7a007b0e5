"""Elastic stiffness of the polymer network: Young's modulus along the flow axis, or the whole tensor.

The solver stands in ``_multigrid`` (trilinear voxel elements, void of exactly zero stiffness, conjugate gradients
preconditioned by multigrid); here are the load cases, the closures of scans that do not wrap, bounds and results.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.measure import _parallel
from percola.measure._volume import PARA, BoolVolume, FloatVolume, Periodic, checked, smooth_level
from percola.measure.solid import _kernels
from percola.measure.solid._loaded import carrying
from percola.measure.solid._multigrid import Closure, VoxelElasticity, isotropic
from percola.measurement import Check, Measurement

ScanClosure = Literal["bracket", "mirror", "wrap", "free"]
LoadCases = Literal["axis", "all"]
Tensor = NDArray[np.float64]

METHOD = PARA + "44, 89: strength of the network; homogenized voxel finite elements, voids without stiffness"
_CITES = ("arbenz2008", "flaig2011", "pahr2008", "hashin1963")
_PAIRS = ("yz", "xz", "xy")
# Moduli below this part of the bare mean-strain modulus are rounding of single precision: no load path.
_ZERO = 1e-6
# Smallest edge, in voxels, for which the half-resolution run still means something.
_HALVED = 16


@dataclass(frozen=True)
class AxialModulus:
    """Young's modulus along one axis over that of the solid, and how it was reached.

    Attributes:
        modulus: E/E_solid, 0 where nothing carries load along the axis.
        remaining: by how much the solve would still come down.
        strain: mean strain (6, engineering shears) under unit strain along the axis.
        steps: conjugate gradient steps.
        settled: whether the solve reached its tolerance.
        von_mises: von Mises stress over the mean stress along the axis, of every loaded solid voxel, sorted.
    """

    modulus: float
    remaining: float
    strain: Tensor
    steps: int
    settled: bool
    von_mises: NDArray[np.float32] | None = None


def axial_modulus(
    void: BoolVolume,
    closure: tuple[Closure, Closure, Closure],
    poissons_ratio: float,
    axis: int = 2,
    tolerance: float = 1e-3,
    stresses: bool = False,
    progress: Callable[[int, float], None] | None = None,
) -> AxialModulus:
    """E/E_solid along an axis from one solve: mean strain 1 along it, all other mean stresses zero.

    It is the least strain energy over all periodic displacements and the five other mean strains, so what a finite
    tolerance leaves is positive and of second order in the error of the displacement.
    """
    solid, along = carrying(~void, closure)
    if not along[axis]:
        return AxialModulus(0.0, 0.0, np.zeros(6), 0, True)
    if solid.all():
        out = np.zeros(6)
        out[:3] = -poissons_ratio
        out[axis] = 1.0
        everywhere = np.ones(1, np.float32) if stresses else None
        return AxialModulus(1.0, 0.0, out, 0, True, everywhere)
    problem = VoxelElasticity(solid, closure, poissons_ratio)
    r = problem.solve(axis, True, tolerance, progress=progress)
    bare = float(solid.mean())
    if r.energy < _ZERO * bare:
        return AxialModulus(0.0, r.energy, r.strain, r.steps, r.settled)
    mises = None
    if stresses:
        mises = np.sort(_von_mises(problem, r.u, r.strain, poissons_ratio)) / np.float32(r.energy)
    return AxialModulus(r.energy, r.remaining, r.strain, r.steps, r.settled, mises)


@dataclass(frozen=True)
class StiffnessTensor:
    """Homogenized stiffness over the solid's Young's modulus, Voigt order xx, yy, zz, yz, xz, xy (6, 6).

    Attributes:
        tensor: the stiffness; engineering shear strains.
        remaining: by how much each diagonal entry would still come down.
        steps: conjugate gradient steps of the six load cases.
        settled: whether all reached their tolerance.
    """

    tensor: Tensor
    remaining: Tensor
    steps: tuple[int, ...]
    settled: bool


def stiffness_tensor(
    void: BoolVolume,
    closure: tuple[Closure, Closure, Closure],
    poissons_ratio: float,
    tolerance: float = 1e-3,
    progress: Callable[[int, float], None] | None = None,
) -> StiffnessTensor:
    """All 21 constants from six solves under unit mean strain.

    C_mn = (e_m + u_m, e_n + u_n) in the energy product, corrected with the residual so that off-diagonal entries,
    like the diagonal ones, are good to second order in the errors of the displacements. Between strains of
    different parity in a mirrored axis C_mn is zero by the symmetry of that closure.
    """
    solid, _ = carrying(~void, closure)
    if not solid.any():
        return StiffnessTensor(np.zeros((6, 6)), np.zeros(6), (0,) * 6, True)
    if solid.all():
        return StiffnessTensor(isotropic(poissons_ratio), np.zeros(6), (0,) * 6, True)
    problem = VoxelElasticity(solid, closure, poissons_ratio)
    out = np.zeros((6, 6))
    remaining = np.zeros(6)
    steps, settled = [], True
    fields: list[NDArray[np.float32]] = []
    for m in range(6):
        r = problem.solve(m, False, tolerance, progress=progress)
        out[m, m] = r.energy
        remaining[m] = r.remaining
        steps.append(r.steps)
        settled = settled and r.settled
        mine = problem.coupling(r.u, m)
        mates = problem.companions(m)
        for n in range(m):
            if mates[n]:
                # u_n.r_m with the residual r_m = -(A u_m + F e_m).
                out[m, n] = out[n, m] = mine[n] + problem.against(fields[n])
        fields.append(r.u)
    return StiffnessTensor(out, remaining, tuple(steps), settled)


def _von_mises(
    problem: VoxelElasticity, u: NDArray[np.float32], strain: Tensor, poissons_ratio: float
) -> NDArray[np.float32]:
    solid = problem.solid
    counts = solid.sum((1, 2))
    first = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    out = np.empty(int(counts.sum()), np.float32)
    shear = 0.5 / (1 + poissons_ratio)
    shape = problem.levels[0].shape

    def task(a: int, b: int) -> None:
        _kernels.von_mises(u, solid, shape, strain, shear, out, first, a, b)

    _parallel.run(task, _parallel.slabs(solid.shape[0], 32))
    return out


def hashin_shtrikman(porosity: float, poissons_ratio: float) -> tuple[float, float, float]:
    """Upper bounds of bulk, shear and Young's modulus of an isotropic porous solid over the solid's Young's modulus.

    K = K_s + p/(-1/K_s + 3 (1 - p)/(3 K_s + 4 G_s)), G = G_s + p/(-1/G_s + 6 (1 - p)(K_s + 2 G_s)/(5 G_s (3 K_s +
    4 G_s))), E = 9 K G/(3 K + G); the lower bounds are 0. Hashin and Shtrikman, J. Mech. Phys. Solids 11 (1963) 127.
    """
    nu, p = poissons_ratio, porosity
    k, g = 1 / (3 * (1 - 2 * nu)), 0.5 / (1 + nu)
    if p >= 1:
        return 0.0, 0.0, 0.0
    bulk = k + p / (-1 / k + 3 * (1 - p) / (3 * k + 4 * g))
    shear = g + p / (-1 / g + 6 * (1 - p) * (k + 2 * g) / (5 * g * (3 * k + 4 * g)))
    return bulk, shear, 9 * bulk * shear / (3 * bulk + shear)


def young_along(tensor: Tensor, axis: int) -> float:
    """Young's modulus along an axis: least energy over the other strains, defined for singular tensors too."""
    rest = [m for m in range(6) if m != axis]
    inner = tensor[np.ix_(rest, rest)]
    side = tensor[axis, rest]
    return float(tensor[axis, axis] - side @ np.linalg.pinv(inner, rcond=_ZERO, hermitian=True) @ side)


def anisotropy_index(tensor: Tensor) -> float | None:
    """Universal elastic anisotropy A = 5 G_V/G_R + K_V/K_R - 6, 0 for an isotropic tensor; None for a singular one.

    Ranganathan and Ostoja-Starzewski, Phys. Rev. Lett. 101 (2008) 055504.
    """
    compliance = _inverse(tensor)
    if compliance is None:
        return None
    k_voigt, g_voigt = voigt_average(tensor)
    s = compliance
    k_reuss = 1 / s[:3, :3].sum()
    diagonal, off = s[0, 0] + s[1, 1] + s[2, 2], s[0, 1] + s[1, 2] + s[0, 2]
    g_reuss = 15 / (4 * diagonal - 4 * off + 3 * (s[3, 3] + s[4, 4] + s[5, 5]))
    return float(5 * g_voigt / g_reuss + k_voigt / k_reuss - 6)


def voigt_average(tensor: Tensor) -> tuple[float, float]:
    """Bulk and shear modulus of the tensor averaged over all orientations."""
    c = tensor
    diagonal, off = c[0, 0] + c[1, 1] + c[2, 2], c[0, 1] + c[1, 2] + c[0, 2]
    return float(diagonal + 2 * off) / 9, float(diagonal - off + 3 * (c[3, 3] + c[4, 4] + c[5, 5])) / 15


def _inverse(tensor: Tensor) -> Tensor | None:
    values = np.linalg.eigvalsh(tensor)
    if values[0] <= _ZERO * max(values[-1], 1e-300) or values[-1] <= 0:
        return None
    return np.asarray(np.linalg.inv(tensor), np.float64)


def engineering_constants(tensor: Tensor) -> dict[str, float] | None:
    """E_x.., G_yz.., nu_xy.. (contraction along y under tension along x); None for a singular tensor."""
    s = _inverse(tensor)
    if s is None:
        return None
    out = {f"E_{a}": float(1 / s[i, i]) for i, a in enumerate("xyz")}
    out |= {f"G_{p}": float(1 / s[3 + i, 3 + i]) for i, p in enumerate(_PAIRS)}
    for i, a in enumerate("xyz"):
        for j, b in enumerate("xyz"):
            if i != j:
                out[f"nu_{a}{b}"] = float(-s[i, j] / s[i, i])
    return out


def halved(void: BoolVolume, periodic: Periodic, level: FloatVolume | None) -> BoolVolume:
    """The structure on voxels of twice the edge: the field averaged over 2 x 2 x 2 and cut at the same porosity."""
    field = smooth_level(void, periodic, level)
    even = tuple(slice(0, n - n % 2) for n in field.shape)
    field = field[even]
    nx, ny, nz = (n // 2 for n in field.shape)
    field = field.reshape(nx, 2, ny, 2, nz, 2).mean((1, 3, 5))
    return np.ascontiguousarray(field < np.quantile(field, float(void.mean())))


def estimated_memory_bytes(shape: tuple[int, int, int], load_cases: LoadCases = "axis") -> int:
    """Peak memory of :func:`stiffness` for a bicontinuous structure, some 10 % too much [bytes].

    Six vectors of three single-precision numbers a voxel, and rows of 1.1 kB for most nodes of the coarser grids;
    five displacement fields more for all load cases.
    """
    voxels = math.prod(shape)
    return int(voxels * (220 + (60 if load_cases == "all" else 0)) + 2e8)


def stiffness(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    *,
    poissons_ratio: float,
    youngs_modulus_Pa: float | None = None,
    youngs_modulus_uncertainty_Pa: float = 0.0,
    load_cases: LoadCases = "axis",
    axis: int = 2,
    level: FloatVolume | None = None,
    closure: ScanClosure = "bracket",
    tolerance: float = 1e-3,
    resolution: bool = True,
    region: str = "core",
    progress: Callable[[int, float], None] | None = None,
) -> list[Measurement]:
    """`relative_elastic_modulus` of the polymer network along the flow axis, `elastic_modulus` where the polymer's is
    given, `stress_concentration`, and for all load cases `elastic_anisotropy_index`.

    E/E_p = min over periodic displacements u and the lateral mean strains of the strain energy under unit mean
    strain along the axis (mean stresses other than along the axis are zero: a tensile test).

    Args:
        void: True in voids, (nx, ny, nz).
        spacing_m: edge of a voxel [m]; the moduli do not depend on it.
        periodic: whether each axis wraps.
        poissons_ratio: of the dense polymer, above -1 and below 0.5.
        youngs_modulus_Pa: of the dense polymer [Pa]; without it results are relative to it.
        youngs_modulus_uncertainty_Pa: one standard deviation of it [Pa].
        load_cases: ``"axis"``: one solve, Young's modulus along ``axis``; ``"all"``: six more, the whole tensor.
        axis: the flow axis.
        level: field below 0 in voids; used for the half-resolution run only (the elements are voxels).
        closure: for axes that do not wrap. ``"bracket"``: the modulus is the middle of the next and the last one,
            and half their difference counts as uncertainty; ``"mirror"``: symmetry planes, high for small boxes;
            ``"free"``: lateral faces free of stress, the flow axis between frictionless plates, low;
            ``"wrap"``: as if it were periodic, low where the structure does not match. Tensors of scans are taken
            with mirrors (``"wrap"`` where asked for); mirrors leave no coupling between normal strain and shear.
        tolerance: part of the modulus that the solve may still come down.
        resolution: also solve on voxels of twice the edge, for an eighth of the cost; the change counts as discretization
            error (smooth bicontinuous fields: of the size of the true error; necks: some 1.5 times too much).
        region: written into the results.
        progress: called with the step and the relative modulus so far.

    Uncertainty: what the solve leaves, the discretization, the closure and the polymer's modulus, in quadrature; the
        scatter between samples of a random structure is not in it.
    Validity: small strain, isotropic linear polymer, the same everywhere (skin, crystals and pores below a voxel are
        not resolved). Struts should be 4 voxels thick at least.
    Limitations (mathematical): trilinear elements are too stiff (bias positive, most for necks and struts of few
        voxels), staircases of voxels slightly too soft; on smooth bicontinuous shapes the two nearly cancel.
        Bodies that meet by an edge or corner of voxels transmit force there. Stresses at staircases do not
        converge point by point; percentiles do.

    References: Arbenz et al. 2008; Flaig and Arbenz 2011; Pahr and Zysset 2008 (mirrors); Huet 1990 (bracketing).
    """
    checked(void, spacing_m, periodic, level, axis)
    _checked_material(poissons_ratio, youngs_modulus_Pa, youngs_modulus_uncertainty_Pa)
    for name, word, allowed in (
        ("load_cases", load_cases, ("axis", "all")),
        ("closure", closure, ("bracket", "mirror", "wrap", "free")),
    ):
        if word not in allowed:
            raise InputError(name, repr(word), ", ".join(map(repr, allowed)))
    if not (np.isfinite(tolerance) and 0 < tolerance < 1):
        raise InputError("tolerance", f"{tolerance!r}", "between 0 and 1")
    if load_cases == "all" and closure == "free" and not all(periodic):
        raise InputError(
            "closure", "'free' with all load cases", "'bracket', 'mirror' or 'wrap'", "ask for one load case"
        )
    void = np.ascontiguousarray(void)
    porosity = float(void.mean())
    choice = {p: _closures(periodic, axis, p) for p in ("mirror", "wrap", "free")}
    main = choice["mirror" if closure == "bracket" else closure]

    first = axial_modulus(void, main, poissons_ratio, axis, tolerance, True, progress)
    value = first.modulus
    parts: dict[str, float] = {"solve": first.remaining}
    evidence: dict[str, Any] = {
        "axis": "xyz"[axis],
        "axes": ["x", "y", "z"],
        "porosity": porosity,
        "polymer_poissons_ratio": poissons_ratio,
        "closure": list(main),
        "iterations": first.steps,
        "mean_strain": [float(e) for e in first.strain],
        "lateral_contraction": {"xyz"[i]: float(-first.strain[i]) for i in range(3) if i != axis},
        "voigt_bound": 1 - porosity,
        "hashin_shtrikman_bound": hashin_shtrikman(porosity, poissons_ratio)[2],
    }
    checks = [
        Check(
            "solve settled",
            "pass" if first.settled else "warn",
            f"{first.steps} steps; the modulus would still come down by {first.remaining:.2g}",
        )
    ]
    if closure == "bracket" and choice["free"] != choice["mirror"]:
        low = axial_modulus(void, choice["free"], poissons_ratio, axis, tolerance).modulus
        evidence["closures"] = {"mirror": first.modulus, "free": low}
        value = (first.modulus + low) / 2
        parts["closure"] = abs(first.modulus - low) / 2
        share = parts["closure"] / value if value else 0.0
        checks.append(
            Check(
                "the faces do not decide",
                "pass" if share < 0.1 else "warn",
                f"mirrored faces {first.modulus:.4g}, free faces {low:.4g}: +-{100 * share:.0f} %",
            )
        )
    spans = value > 0
    if resolution and spans and not first.settled:
        checks.append(Check("resolution", "warn", "not tested: the solve did not settle"))
    elif resolution and spans and porosity > 0 and min(void.shape) >= _HALVED:
        rough = axial_modulus(
            halved(void, periodic, level), main, poissons_ratio, axis, max(tolerance, 1e-3)
        ).modulus
        change = rough - first.modulus
        parts["discretization"] = abs(change)
        evidence["half_resolution"] = rough
        checks.append(
            Check(
                "resolution",
                "pass" if abs(change) < 0.1 * first.modulus else "warn",
                f"on voxels of twice the edge the modulus is {100 * change / first.modulus:+.1f} %",
            )
        )
    reason = ""
    if not spans:
        reason = "there is no polymer" if void.all() else f"no polymer carries load along {'xyz'[axis]}"
        checks.append(Check("polymer carries load", "warn", reason))
    error = math.sqrt(sum(p * p for p in parts.values()))
    evidence["uncertainty_parts"] = parts

    index: Measurement | None = None
    if load_cases == "all":
        whole = stiffness_tensor(
            void, choice["wrap" if closure == "wrap" else "mirror"], poissons_ratio, tolerance, progress
        )
        c = whole.tensor
        inverse = _inverse(c)
        evidence["tensor"] = c.tolist()
        evidence["voigt_order"] = ["xx", "yy", "zz", "yz", "xz", "xy"]
        evidence["compliance"] = None if inverse is None else inverse.tolist()
        evidence["engineering_constants"] = engineering_constants(c)
        evidence["moduli"] = {a: young_along(c, i) for i, a in enumerate("xyz")}
        evidence["iterations_all"] = list(whole.steps)
        bulk, shear = voigt_average(c)
        hs = hashin_shtrikman(porosity, poissons_ratio)
        evidence["bulk_and_shear_modulus"] = [bulk, shear]
        evidence["hashin_shtrikman_bulk_and_shear"] = [hs[0], hs[1]]
        if not whole.settled:
            checks.append(Check("all load cases settled", "warn", f"steps {list(whole.steps)}"))
        a = anisotropy_index(c)
        index = Measurement(
            "elastic_anisotropy_index",
            a,
            "1",
            None,
            PARA + "16: isotropic network; universal index of the stiffness tensor",
            region,
            evidence={"tensor": c.tolist()},
            citations=("ranganathan2008",),
            reason="" if a is not None else "the network does not resist every strain",
        )

    citations = (*_CITES, *(("huet1990",) if "closure" in parts else ()))
    out = [
        Measurement(
            "relative_elastic_modulus",
            value,
            "1",
            error,
            METHOD,
            region,
            tuple(checks),
            evidence,
            citations,
            reason,
        )
    ]
    if youngs_modulus_Pa is not None:
        whole_error = math.hypot(error * youngs_modulus_Pa, value * youngs_modulus_uncertainty_Pa)
        out.append(
            Measurement(
                "elastic_modulus",
                value * youngs_modulus_Pa,
                "Pa",
                whole_error,
                METHOD,
                region,
                tuple(checks),
                {
                    "polymer_modulus_Pa": youngs_modulus_Pa,
                    "polymer_modulus_uncertainty_Pa": youngs_modulus_uncertainty_Pa,
                    "relative": value,
                    "axis": "xyz"[axis],
                    "moduli_Pa": {k: v * youngs_modulus_Pa for k, v in evidence.get("moduli", {}).items()},
                },
                citations,
                reason,
            )
        )
    out.append(_concentration(first.von_mises, porosity, region, reason))
    if index is not None:
        out.append(index)
    return out


def _concentration(
    mises: NDArray[np.float32] | None, porosity: float, region: str, reason: str
) -> Measurement:
    """`stress_concentration`: 99th percentile of the von Mises stress in the loaded polymer over the applied one."""
    method = PARA + "44: strength; von Mises stress at voxel centres under tension along the flow axis"
    if mises is None:
        return Measurement(
            "stress_concentration", None, "1", None, method, region, reason=reason or "nothing carries load"
        )
    levels = (1, 5, 25, 50, 75, 90, 95, 99, 99.9)
    mean = float(mises.mean(dtype=np.float64))
    above = {
        f"{k:g}": float(1 - np.searchsorted(mises, k * mean, "right") / len(mises)) for k in (1, 1.5, 2, 3, 5)
    }
    return Measurement(
        "stress_concentration",
        float(np.quantile(mises, 0.99)),
        "1",
        None,
        method,
        region,
        evidence={
            "percentiles": {
                f"{q:g}": float(v) for q, v in zip(levels, np.percentile(mises, levels), strict=True)
            },
            "mean_over_applied": mean,
            "share_above_times_mean": above,
            "loaded_voxels": len(mises),
            "note": "of the polymer that hangs together with the network; staircases add local peaks",
        },
    )


def _closures(periodic: Periodic, axis: int, closed: str) -> tuple[Closure, Closure, Closure]:
    kinds: list[Closure] = []
    for ax in range(3):
        if periodic[ax] or closed == "wrap":
            kinds.append("periodic")
        elif closed == "free" and ax != axis:
            kinds.append("free")
        else:
            kinds.append("mirror")
    return kinds[0], kinds[1], kinds[2]


def _checked_material(poissons_ratio: float, modulus: float | None, error: float) -> None:
    if not (np.isfinite(poissons_ratio) and -1 < poissons_ratio < 0.5):
        raise InputError("poissons_ratio", f"{poissons_ratio!r}", "above -1 and below 0.5")
    if modulus is not None and not (np.isfinite(modulus) and modulus > 0):
        raise InputError("youngs_modulus_Pa", f"{modulus!r}", "a positive number of pascals")
    if not (np.isfinite(error) and error >= 0):
        raise InputError("youngs_modulus_uncertainty_Pa", f"{error!r}", "0 or a positive number of pascals")
