"""Strength, extension and modulus of a porous membrane: limit-load bounds of its network, weakened by its widest pore.

The elastic stress field of :mod:`percola.measure.solid.stiffness` brackets the load at which a ductile network gives way;
the closed forms of :mod:`percola.measure.solid.strength_laws` say what a pore wider than the mean one takes away, and how
far the network is drawn before it breaks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from percola.errors import InputError
from percola.measure._volume import PARA, BoolVolume, FloatVolume, Periodic, checked
from percola.measure.solid import strength_laws as laws
from percola.measure.solid._multigrid import Closure
from percola.measure.solid.stiffness import AxialModulus, axial_modulus, halved
from percola.measurement import Check, Measurement

FIRST_YIELD_SHARE = 0.01
"""Share of the solid that may be past its yield stress at the lower bound: peaks at the staircases of voxels grow without
limit as voxels shrink and hold a vanishing volume, percentiles settle."""
METHOD = PARA + "89(8), ASTM D882"
_STRENGTH_CITES = (
    "ep1063256",
    "astmd882",
    "drucker1952",
    "pontecastaneda1991",
    "suquet1993",
    "gibsonashby1997",
    "griffith1921",
    "flory1945",
    "solef2014",
)
_EXTENSION_CITES = (
    "ep1063256",
    "astmd882",
    "rivlinthomas1953",
    "arrudaboyce1993",
    "solef2014",
    "salimiyousefi2003",
)
_MODULUS_CITES = ("arbenz2008", "flaig2011", "hashin1963", "solef2014")
_HALVED = 16
_COARSE = 0.1
_OPEN_BOUNDS = 0.25


@dataclass(frozen=True)
class SolidProperties:
    """The dense solid that the struts are made of.

    Attributes:
        yield_stress_Pa, yield_stress_uncertainty_Pa: of the reference molar mass.
        modulus_Pa, modulus_uncertainty_Pa: Young's modulus.
        poissons_ratio: above -1 and below 0.5.
        molar_mass_kg_mol: weight average; None: that of the reference.
        remarks: what the numbers do not cover (another polymer blended in), said in a check.
    """

    yield_stress_Pa: float
    yield_stress_uncertainty_Pa: float
    modulus_Pa: float
    modulus_uncertainty_Pa: float
    poissons_ratio: float = 0.35
    molar_mass_kg_mol: float | None = None
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("yield_stress_Pa", "modulus_Pa"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(name, f"{value!r}", "a positive number of pascals")
        for name in ("yield_stress_uncertainty_Pa", "modulus_uncertainty_Pa"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise InputError(name, f"{value!r}", "0 or a positive number of pascals")
        if not (math.isfinite(self.poissons_ratio) and -1 < self.poissons_ratio < 0.5):
            raise InputError("poissons_ratio", f"{self.poissons_ratio!r}", "above -1 and below 0.5")
        mass = self.molar_mass_kg_mol
        if mass is not None and not (math.isfinite(mass) and mass > 0):
            raise InputError("molar_mass_kg_mol", f"{mass!r}", "a positive number of kg/mol, or None")


@dataclass(frozen=True)
class NetworkStrength:
    """What one box says of modulus and limit load along an axis, over those of the solid.

    Attributes:
        axis: of the load.
        porosity: of the box.
        modulus: E/E_s.
        lower: mean stress over the yield stress at which the share ``share`` of the loaded solid reaches it, elastically.
        upper: mean stress at which the root mean square of the stress reaches it, sqrt(f E/E_s).
        loaded: share of the solid that hangs together with the network.
        remaining: by how much the modulus would still come down.
        settled: whether the solve reached its tolerance.
        half_modulus, half_upper: the same on voxels of twice the edge; None where not asked for.
        other_moduli, other_uppers: on voxels of twice the edge along the other two axes; empty where not asked for.
        share: see ``lower``.
    """

    axis: int
    porosity: float
    modulus: float
    lower: float
    upper: float
    loaded: float
    remaining: float
    settled: bool
    half_modulus: float | None = None
    half_upper: float | None = None
    other_moduli: tuple[float, ...] = ()
    other_uppers: tuple[float, ...] = ()
    share: float = FIRST_YIELD_SHARE

    @property
    def voigt(self) -> float:
        """Share of the section that carries load: all of it at its strength at once, (1 - P) times ``loaded``."""
        return (1.0 - self.porosity) * self.loaded

    @property
    def strength(self) -> float:
        """Breaking load over the solid's strength: mean of a triangular density from ``lower`` over ``upper`` to ``voigt``.

        The limit load of the network as it stands lies between ``lower`` and ``upper``; on the way to the break its struts
        turn into line, and a network wholly in line carries ``voigt``.
        """
        return (self.lower + self.upper + self.voigt) / 3.0

    @property
    def strength_uncertainty(self) -> float:
        """Standard deviation of that density."""
        a, b, c = self.lower, self.upper, self.voigt
        return math.sqrt(max(a * a + b * b + c * c - a * b - a * c - b * c, 0.0) / 18.0)


def network_strength(
    void: BoolVolume,
    periodic: Periodic,
    *,
    poissons_ratio: float,
    axis: int = 0,
    share: float = FIRST_YIELD_SHARE,
    level: FloatVolume | None = None,
    tolerance: float = 1e-3,
    resolution: bool = True,
    sampling: bool = True,
    progress: Callable[[int, float], None] | None = None,
) -> NetworkStrength:
    """Modulus and bounds of the limit load of a polymer network under tension along one axis.

    lower: Sigma/sigma_y = 1/q_(1-s)(m)    upper: Sigma/sigma_y = sqrt(f E/E_s) <= f

    with m the von Mises stress of the elastic solution over the mean stress, q its quantile over the loaded solid, f the volume
    share of the loaded solid. Lower: a stress field in equilibrium that nowhere passes the yield stress is carried (static
    theorem of limit analysis); the share s past it is let go. Upper: the linear comparison bound of a rigid-plastic
    composite, for which the root mean square of the stress over the solid reaches yield. It rests on an energy and so
    settles with the mesh as the modulus does, and where E/E_s = f^2, as in open cells that bend, it is their f^(3/2). The
    bound asks for the modulus of an incompressible solid; with a Poisson's ratio below 1/2 the value lies some
    2 % below it at 0.35.

    Args:
        void: True in voids, (nx, ny, nz).
        periodic: whether each axis wraps; others are closed by mirrors.
        poissons_ratio: of the solid, above -1 and below 0.5.
        axis: of the load; 0 is the length of a membrane here.
        share: of the solid past yield at the lower bound, in (0, 0.5).
        level: field below 0 in voids, for the run on voxels of twice the edge.
        tolerance: part of the modulus that the solve may still come down.
        resolution: also solve on voxels of twice the edge along the axis (an eighth of the cost).
        sampling: also along the other two (an eighth each): their scatter tells how well one box stands for an isotropic
            structure.
        progress: of the first solve.

    Validity: one ductile, isotropic solid; small strain (the struts as they stand).
    Limitations: trilinear voxel elements raise the modulus and ``upper`` by some per cent on necks of few voxels; the
        staircases lower ``lower`` by some per cent (both shrink with the voxel). With no load path both are 0, exactly.
    References: Drucker, Prager and Greenberg 1952; Ponte Castañeda 1991; Suquet 1993.
    """
    checked(void, 1.0, periodic, level, axis)
    if not (math.isfinite(poissons_ratio) and -1 < poissons_ratio < 0.5):
        raise InputError("poissons_ratio", f"{poissons_ratio!r}", "above -1 and below 0.5")
    if not (math.isfinite(share) and 0 < share < 0.5):
        raise InputError("share", f"{share!r}", "between 0 and 0.5")
    if not (math.isfinite(tolerance) and 0 < tolerance < 1):
        raise InputError("tolerance", f"{tolerance!r}", "between 0 and 1")
    void = np.ascontiguousarray(void)
    kinds: list[Closure] = ["periodic" if wraps else "mirror" for wraps in periodic]
    closure = (kinds[0], kinds[1], kinds[2])
    porosity = float(void.mean())
    main = axial_modulus(void, closure, poissons_ratio, axis, tolerance, True, progress)
    lower, upper, loaded = _bounds(main, void, share)
    half_modulus = half_upper = None
    moduli: list[float] = []
    uppers: list[float] = []
    if (resolution or sampling) and 0.0 < porosity < 1.0 and min(void.shape) >= _HALVED:
        rough_void = halved(void, periodic, level)
        axes = ([axis] if resolution else []) + ([a for a in range(3) if a != axis] if sampling else [])
        for a in axes:
            rough = axial_modulus(rough_void, closure, poissons_ratio, a, max(tolerance, 1e-3), True)
            high = _bounds(rough, rough_void, share)[1]
            if a == axis:
                half_modulus, half_upper = rough.modulus, high
            else:
                moduli.append(rough.modulus)
                uppers.append(high)
    return NetworkStrength(
        axis,
        porosity,
        main.modulus,
        lower,
        upper,
        loaded,
        main.remaining,
        main.settled,
        half_modulus,
        half_upper,
        tuple(moduli),
        tuple(uppers),
        share,
    )


def _bounds(solved: AxialModulus, void: BoolVolume, share: float) -> tuple[float, float, float]:
    """Lower and upper bound, and the share of the solid that carries load."""
    mises = solved.von_mises
    solid = void.size - int(np.count_nonzero(void))
    if mises is None or not solid:
        return 0.0, 0.0, 0.0
    # a solid block comes with one stress for all of its voxels
    loaded = solid if solid == void.size else len(mises)
    upper = math.sqrt(loaded / void.size * solved.modulus)
    first = float(np.quantile(mises, 1.0 - share))
    # stresses so spiked that the quantile lies below their root mean square would turn the order round
    return min(1.0 / first, upper), upper, loaded / solid


@dataclass(frozen=True)
class Drawing:
    """What was done to the membrane before it is tested.

    Attributes:
        residual_strain: that is left along the test, 0 where it was not drawn.
        residual_uncertainty: one standard deviation.
        volume_ratio: volume after over before, for the porosity before.
    """

    residual_strain: float = 0.0
    residual_uncertainty: float = 0.0
    volume_ratio: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.residual_strain) and -0.2 < self.residual_strain <= 100.0):
            raise InputError("residual_strain", f"{self.residual_strain!r}", "0 or more")
        if not (math.isfinite(self.volume_ratio) and self.volume_ratio > 0.0):
            raise InputError("volume_ratio", f"{self.volume_ratio!r}", "above 0")

    def porosity_before(self, porosity: float) -> float:
        """Porosity that the membrane had before it was drawn, its polymer kept."""
        return min(max(1.0 - (1.0 - porosity) * self.volume_ratio, 0.0), 1.0)


def propagated(
    of: Callable[..., Any], values: Mapping[str, tuple[float, float]]
) -> tuple[float, float, dict[str, float]]:
    """Value, standard deviation and its parts of a function of independent quantities.

    u^2 = sum ((f(x_i + u_i) - f(x_i - u_i))/2)^2

    Args:
        of: takes the quantities by name.
        values: name to (mean, one standard deviation).

    Limitation: differences over one standard deviation each way, no cross terms; good where f bends little over them.
    """
    centre = {name: mean for name, (mean, _) in values.items()}
    parts = {}
    for name, (mean, sd) in values.items():
        if sd > 0.0:
            up, down = (float(of(**{**centre, name: mean + step})) for step in (sd, -sd))
            parts[name] = 0.5 * abs(up - down)
    return float(of(**centre)), math.sqrt(sum(p * p for p in parts.values())), parts


def mechanical_measurements(
    networks: Sequence[NetworkStrength],
    solid: SolidProperties,
    pore_size_ratio: float | None,
    pore_size_ratio_uncertainty: float = 0.0,
    *,
    ratio_is_lower_bound: bool = False,
    ratio_remarks: Sequence[str] = (),
    drawing: Drawing | None = None,
    region: str = "wall",
) -> list[Measurement]:
    """`breaking_strength`, `breaking_extension` and `elastic_modulus` of a membrane along its length.

    sigma = sigma_s b f(M) (1 + e_r)^h S r^(-q);  e by :func:`~percola.measure.solid.strength_laws.breaking_extension`;
    E = E_s E/E_s

    with S the breaking load of the network over the solid's strength (:class:`NetworkStrength`), b break over yield of the solid, f the factor of molar mass,
    e_r a residual strain, r the maximum over the mean pore size.

    Args:
        networks: of each box, under load along the same axis (after drawing, if any).
        solid: of the struts.
        pore_size_ratio: r [1]; None where nothing can be said of it: it counts as 1.
        pore_size_ratio_uncertainty: one standard deviation [1].
        ratio_is_lower_bound: the structure has no defects, so that strength and extension are upper bounds.
        ratio_remarks: what speaks against the ratio, in words.
        drawing: before the test.
        region: written into the results.

    Uncertainty: of strength, the bounds of the network, voxels, sampling (scatter of the boxes over the root of their
        number; of one box that was not drawn, scatter of its three axes), solid, molar mass, orientation, exponent of the
        flaw and ratio, in quadrature. Of extension, all priors and the ratio, by differences. Of the modulus, solve, voxels,
        sampling, and solid. None holds the bias of a ratio that is a lower bound. Where nothing carries load, strength and
        modulus are 0 without an uncertainty, the extension is undefined, and a check fails: necks below a voxel may hold.
    Validity: ductile polymer, flaws below the width of the specimen; priors, not a fit: calibration sharpens them.
    Evidence: `lower_Pa`, `upper_Pa`, `voigt_Pa`, `uncertainty_parts`, `priors`, `upper_bound` (words, where it is one).
    """
    if not networks:
        raise InputError("networks", "none", "at least one box")
    if len({n.axis for n in networks}) > 1:
        raise InputError("networks", "loads along different axes", "one axis for all boxes")
    r = pore_size_ratio
    if r is not None and not (math.isfinite(r) and r > 0):
        raise InputError("pore_size_ratio", f"{r!r}", "a positive number, or None")
    if not (math.isfinite(pore_size_ratio_uncertainty) and pore_size_ratio_uncertainty >= 0):
        raise InputError("pore_size_ratio_uncertainty", f"{pore_size_ratio_uncertainty!r}", "0 or more")
    drawn = drawing or Drawing()
    ratio = 1.0 if r is None else max(r, 1.0)
    bound = ""
    if r is None:
        bound = "no pore size ratio can be told: it counts as 1, so this is an upper bound"
    elif ratio_is_lower_bound:
        bound = "the structure is a wall without defects: its pore size ratio is a lower bound, so this is an upper bound"
    common = _common_checks(networks, solid)
    flaw = Check(
        "defects",
        "warn" if bound or ratio_remarks else "pass",
        bound or f"maximum over mean pore {ratio:.3g}",
    )
    if ratio_remarks:
        flaw = Check("defects", "warn", "; ".join(filter(None, (bound, *ratio_remarks))))
    ratio_part = (ratio, 0.0 if r is None else pore_size_ratio_uncertainty)
    return [
        _strength(networks, solid, ratio_part, drawn, (*common, flaw), bound, region),
        _extension(networks, ratio_part, drawn, (*common, flaw), bound, region),
        _modulus(networks, solid, drawn, common, region),
    ]


def _common_checks(networks: Sequence[NetworkStrength], solid: SolidProperties) -> tuple[Check, ...]:
    out = [
        Check(
            "solve settled",
            "pass" if all(n.settled for n in networks) else "warn",
            f"the modulus would still come down by {max(n.remaining for n in networks):.2g} of the solid's",
        )
    ]
    rough = [(n.half_upper, n.upper) for n in networks if n.half_upper is not None]
    if rough:
        change = float(np.mean([a - b for a, b in rough]))
        size = float(np.mean([b for _, b in rough]))
        share = change / size if size else (math.inf if change else 0.0)
        out.append(
            Check(
                "resolution of the struts",
                "pass" if abs(share) < _COARSE else "warn",
                f"on voxels of twice the edge the limit load is {100 * share:+.1f} %"
                if math.isfinite(share)
                else "struts hang together on voxels of twice the edge only: necks are finer than the voxels",
            )
        )
    if any(n.upper == 0.0 for n in networks):
        out.append(Check("polymer carries load", "fail", _no_path(networks)))
    out += [Check("solid", "warn", words) for words in solid.remarks]
    return tuple(out)


def _no_path(networks: Sequence[NetworkStrength]) -> str:
    axis = "xyz"[networks[0].axis]
    if all(n.porosity == 1.0 for n in networks):
        return "there is no polymer"
    return f"no polymer carries load along {axis} as far as the voxels show"


def _sampled(values: Sequence[float], others: Sequence[Sequence[float]], drawn: bool) -> float:
    """Relative standard error of the mean of the boxes; of one isotropic box, the scatter of its axes."""
    n = len(values)
    mean = float(np.mean(values))
    if mean <= 0.0:
        return 0.0
    if n > 1:
        return float(np.std(values, ddof=1)) / math.sqrt(n) / mean
    if drawn or len(others[0]) < 3:
        return 0.0
    return float(np.std(others[0], ddof=1)) / max(float(np.mean(others[0])), 1e-300)


def _prior(name: str) -> tuple[float, float]:
    p = laws.prior(name)
    return p.mean, p.sd


def _priors(names: Sequence[str]) -> dict[str, list[float]]:
    return {name: list(_prior(name)) for name in names}


def _strength(
    networks: Sequence[NetworkStrength],
    solid: SolidProperties,
    ratio: tuple[float, float],
    drawn: Drawing,
    checks: tuple[Check, ...],
    bound: str,
    region: str,
) -> Measurement:
    lower = float(np.mean([n.lower for n in networks]))
    upper = float(np.mean([n.upper for n in networks]))
    network = float(np.mean([n.strength for n in networks]))
    is_drawn = drawn.residual_strain != 0.0
    mass = solid.molar_mass_kg_mol or laws.REFERENCE_MOLAR_MASS_KG_MOL
    rough = [n.half_upper - n.upper for n in networks if n.half_upper is not None]
    spans = network > 0.0
    relative = {
        "sampling": _sampled(
            [n.strength for n in networks],
            [(*((n.half_upper,) if n.half_upper is not None else ()), *n.other_uppers) for n in networks],
            is_drawn,
        ),
        "voxels": abs(float(np.mean(rough))) / upper if rough and spans else 0.0,
    }
    quantities = {
        "network": (network, float(np.mean([n.strength_uncertainty for n in networks]))),
        "solid": (solid.yield_stress_Pa, solid.yield_stress_uncertainty_Pa),
        "break_over_yield": _prior("break_over_yield"),
        "threshold_molar_mass_kg_mol": _prior("threshold_molar_mass_kg_mol"),
        "flaw_exponent": _prior("flaw_exponent"),
        "ratio": ratio,
        "orientation_exponent": _prior("orientation_exponent") if is_drawn else (0.0, 0.0),
    }

    def of(
        network: float,
        solid: float,
        break_over_yield: float,
        threshold_molar_mass_kg_mol: float,
        flaw_exponent: float,
        ratio: float,
        orientation_exponent: float,
    ) -> float:
        polymer = solid * break_over_yield * laws.molar_mass_factor(mass, threshold_molar_mass_kg_mol)
        drawn_by = (1.0 + drawn.residual_strain) ** orientation_exponent
        return float(polymer * drawn_by * network * max(ratio, 1.0) ** -flaw_exponent)

    value, _, parts = propagated(of, quantities)
    parts |= {k: v * value for k, v in relative.items() if v}
    scale = value / network if spans else 0.0
    voigt = float(np.mean([n.voigt for n in networks]))
    width = quantities["network"][1] / network if spans else 0.0
    if spans:
        checks = (
            *checks,
            Check(
                "bounds of the network",
                "pass" if width < _OPEN_BOUNDS else "warn",
                f"first yield at {lower:.3g} of the solid's strength, limit load below {upper:.3g}, network drawn into line "
                f"{voigt:.3g}",
            ),
        )
    names = ["break_over_yield", "flaw_exponent", "threshold_molar_mass_kg_mol"]
    evidence: dict[str, Any] = {
        "axis": "xyz"[networks[0].axis],
        "relative": network,
        "relative_bounds": [lower, upper, voigt],
        "lower_Pa": lower * scale,
        "upper_Pa": upper * scale,
        "voigt_Pa": voigt * scale,
        "without_defects_Pa": of(**{**{k: m for k, (m, _) in quantities.items()}, "ratio": 1.0}),
        "ratio": ratio[0],
        "solid_yield_stress_Pa": solid.yield_stress_Pa,
        "molar_mass_kg_mol": mass,
        "residual_strain": drawn.residual_strain,
        "loaded_share": float(np.mean([n.loaded for n in networks])),
        "first_yield_share": networks[0].share,
        "uncertainty_parts": parts,
        "priors": _priors(names + (["orientation_exponent"] if is_drawn else [])),
    }
    if bound:
        evidence["upper_bound"] = bound
    return Measurement(
        "breaking_strength",
        value,
        "Pa",
        math.sqrt(sum(p * p for p in parts.values())) if spans else None,
        f"{METHOD}: computed; load of the network between bounds, weakened by the maximum over the mean pore size",
        region,
        checks,
        evidence,
        _STRENGTH_CITES,
    )


def _extension(
    networks: Sequence[NetworkStrength],
    ratio: tuple[float, float],
    drawn: Drawing,
    checks: tuple[Check, ...],
    bound: str,
    region: str,
) -> Measurement:
    method = f"{METHOD}: computed; alignment of the struts and draw of the solid, cut short by the maximum over the mean pore size"
    if all(n.upper == 0.0 for n in networks):
        return Measurement(
            "breaking_extension", None, "1", None, method, region, checks, reason=_no_path(networks)
        )
    before = drawn.porosity_before(float(np.mean([n.porosity for n in networks])))
    names = ("solid_extension", "extension_exponent", "participation_exponent", "alignment")
    quantities = {name: _prior(name) for name in names}
    quantities["ratio"] = ratio
    quantities["residual_strain"] = (drawn.residual_strain, drawn.residual_uncertainty)

    def of(
        solid_extension: float,
        extension_exponent: float,
        participation_exponent: float,
        alignment: float,
        ratio: float,
        residual_strain: float,
    ) -> float:
        whole = laws.breaking_extension(
            before, ratio, solid_extension, extension_exponent, participation_exponent, alignment
        )
        return float(laws.extension_after_draw(whole, residual_strain))

    value, uncertainty, parts = propagated(of, quantities)
    centre = {k: m for k, (m, _) in quantities.items()}
    evidence: dict[str, Any] = {
        "axis": "xyz"[networks[0].axis],
        "porosity_before_drawing": before,
        "without_defects": of(**{**centre, "ratio": 1.0}),
        "before_drawing": of(**{**centre, "residual_strain": 0.0}),
        "ratio": ratio[0],
        "residual_strain": drawn.residual_strain,
        "uncertainty_parts": parts,
        "priors": _priors(names),
    }
    if bound:
        evidence["upper_bound"] = bound
    return Measurement(
        "breaking_extension",
        value,
        "1",
        uncertainty,
        method,
        region,
        checks,
        evidence,
        _EXTENSION_CITES,
    )


def _modulus(
    networks: Sequence[NetworkStrength],
    solid: SolidProperties,
    drawn: Drawing,
    checks: tuple[Check, ...],
    region: str,
) -> Measurement:
    relative = float(np.mean([n.modulus for n in networks]))
    rough = [n.half_modulus - n.modulus for n in networks if n.half_modulus is not None]
    is_drawn = drawn.residual_strain != 0.0
    sampling = _sampled(
        [n.modulus for n in networks],
        [(*((n.half_modulus,) if n.half_modulus is not None else ()), *n.other_moduli) for n in networks],
        is_drawn,
    )
    E = solid.modulus_Pa
    parts = {
        "solve": float(np.mean([n.remaining for n in networks])) * E,
        "voxels": abs(float(np.mean(rough))) * E if rough and relative else 0.0,
        "sampling": sampling * relative * E,
        "solid": relative * solid.modulus_uncertainty_Pa,
    }
    if is_drawn:
        words = "the polymer of a drawn membrane is oriented and stiffer along the draw, which is not counted"
        checks = (*checks, Check("orientation", "warn", words))
    return Measurement(
        "elastic_modulus",
        relative * E,
        "Pa",
        math.sqrt(sum(p * p for p in parts.values())) if relative else None,
        f"{METHOD}: computed; homogenized voxel finite elements, voids without stiffness",
        region,
        checks,
        {
            "axis": "xyz"[networks[0].axis],
            "relative": relative,
            "polymer_modulus_Pa": E,
            "polymer_modulus_uncertainty_Pa": solid.modulus_uncertainty_Pa,
            "polymer_poissons_ratio": solid.poissons_ratio,
            "half_resolution": [n.half_modulus for n in networks],
            "other_axes": [list(n.other_moduli) for n in networks],
            "uncertainty_parts": parts,
        },
        _MODULUS_CITES,
    )
