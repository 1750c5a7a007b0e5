"""Ionic conductivity of electrolyte supports: a membrane filled with an electrolyte (paragraphs 88, 111 to 114).

What conducts is the liquid in the voids, and a little the swollen polymer. The porosity that counts is the one *in
the support*: the polymer takes up carbonate and the whole changes its thickness, so with the dry porosity P, the
volume s taken up per volume of dry polymer and the volume ratio V of support to dry membrane

    eps = 1 - (1 - P)(1 + s)/V,    V = (thickness ratio)^(1 + 2 lateral)

(lateral 0: the sheet changes in thickness only, 1: alike in all directions). The network of the voids conducts
F(eps) of the bulk, a law measured on three-dimensional structures; voids that are filled to the share S conduct
F S^n; the swollen polymer g; skins and contacts stand in series. Nothing here is chosen for a specimen: what the
patent does not tell has a prior with a source and is inferred from the supports that report a conductivity.

Theory and numbers: ``docs/theory/support.md``.
"""

from __future__ import annotations

import csv
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from percola import tables
from percola.errors import InputError, TableError
from percola.measurement import Check, Measurement
from percola.recipe import specimens
from percola.tables import Sourced

Network = Literal["percolation", "spherical_particles"]
Basis = Literal["mass", "volume"]
Draws = NDArray[np.float64]

METHOD = "EP 1063256 para. 89(13)"
CITED = (
    *("ep1063256", "jes2004libf4", "archie1942", "flory1953"),
    *("mackiemeares1955", "land1968", "hashinshtrikman1962", "milton2002"),
)

# --- bulk electrolyte -------------------------------------------------------------------------------------------------

APPARENT_VOLUME_M3_MOL = 45e-6
"""Volume that a mole of LiBF4 takes in solution; our estimate, uncertain by a third: moves the conductivity by 0.4 %."""
BETWEEN_SOURCES = 0.03
"""Relative, between laboratories; our estimate (the two sources at hand differ by 0.2 to 0.6 % at 1 mol/L, EC:PC 1:1)."""


@dataclass(frozen=True)
class _Bulk:
    """Least-squares surface of ln(conductivity/molality) in the root of molality, 1/T and the share of EC."""

    coefficients: Draws
    residual: float
    shares: Draws
    least: Draws
    most: Draws
    temperatures_K: tuple[float, float]
    source: str


def _basis(share: Draws, molality: Draws, temperature_K: Draws) -> Draws:
    x, u, v = np.sqrt(molality) - 0.85, 1000.0 / temperature_K - 3.3, share - 0.3
    terms = [
        x**i * u**j * v**k for i in range(5) for j in range(3) for k in range(3) if i + j + k <= 4
    ]  # 27 terms for 186 points; degree 4 in the root of molality makes room for its maximum
    return np.stack(np.broadcast_arrays(*terms), axis=-1)


@lru_cache(maxsize=8)
def _bulk(salt: str) -> _Bulk:
    file = resources.files("percola.design").joinpath("data").joinpath("electrolyte.csv")
    table = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    rows = [r for r in table if r["salt"].lower() == salt.strip().lower()]
    if not rows:
        known = ", ".join(sorted({r["salt"] for r in table}))
        raise TableError("electrolyte, salt", repr(salt[:40]), known, "add sourced rows to electrolyte.csv")
    share, molality, kelvin, sigma = (
        np.array([float(r[k]) for r in rows])
        for k in ("EC_mass_share", "molality_mol_kg", "T_K", "conductivity_S_m")
    )
    terms, y = _basis(share, molality, kelvin), np.log(sigma / molality)
    c = np.linalg.lstsq(terms, y, rcond=None)[0]
    residual = float(np.sqrt(np.sum((y - terms @ c) ** 2) / (len(y) - len(c))))
    shares = np.unique(share)
    least, most = (np.array([f(molality[share == w]) for w in shares]) for f in (np.min, np.max))
    ends = (float(kelvin.min()), float(kelvin.max()))
    return _Bulk(c, residual, shares, least, most, ends, ";".join(sorted({r["source"] for r in rows})))


def _shares(solvents: Mapping[str, float], basis: str, temperature_K: float) -> tuple[float, float]:
    """Mass share of EC and density of the solvent [kg/m3] (volumes add)."""
    if basis not in ("mass", "volume"):
        raise InputError("basis", repr(basis), "'mass' or 'volume'")
    amounts = {k.strip().upper(): float(v) for k, v in solvents.items()}
    if not amounts or not set(amounts) <= {"EC", "PC"}:
        raise TableError(
            "electrolyte, solvents",
            ", ".join(amounts) or "none",
            "EC and PC",
            "add sourced rows to electrolyte.csv",
        )
    if not all(math.isfinite(a) and a >= 0 for a in amounts.values()) or sum(amounts.values()) <= 0:
        raise InputError("solvents", repr(dict(solvents)), "parts, none negative, not all zero")
    density = {k: float(tables.liquid(k).density_kg_m3(temperature_K)) for k in ("EC", "PC")}
    mass = {k: amounts.get(k, 0.0) * (density[k] if basis == "volume" else 1.0) for k in density}
    total = sum(mass.values())
    volume = sum(mass[k] / density[k] for k in mass)
    return mass["EC"] / total, total / volume


def bulk_conductivity(
    salt: str,
    solvents: Mapping[str, float],
    concentration_mol_m3: float,
    temperature_K: float,
    basis: Basis = "mass",
) -> Sourced:
    """Bulk conductivity of LiBF4 in ethylene carbonate + propylene carbonate [S/m].

    ln(sigma/b) = polynomial in sqrt(b), 1/T and the mass share of EC, by least squares over 186 measured points (root
    mean square of the residuals 0.6 %); molality b = c/(rho (1 - c V)), rho of the mixed solvents.

    Args:
        salt: ``"LiBF4"``.
        solvents: parts of ``"EC"`` and ``"PC"``.
        concentration_mol_m3: salt per volume of solution.
        temperature_K: 282.85 to 332.15.
        basis: whether the parts are of mass or of volume.

    Uncertainty: residual, between laboratories (3 %), and a third of the apparent volume of the salt, in quadrature.

    Validity: EC up to a mass share of 0.6; molality within the measured range of the neighbouring mixtures (0.40 to
    1.93 mol/kg with EC; 0.28 to 1.35 in PC). Outside: one error, never an extrapolation.

    Independent value: 1 mol/L in EC:PC 1:1 by volume at 293.15 K is 0.425 S/m in the source of
    :func:`percola.tables.electrolyte_conductivity_S_m`, which this surface has not seen; it gives 0.423 S/m.
    """
    surface = _bulk(salt)
    low, high = surface.temperatures_K
    if not low <= temperature_K <= high:
        raise TableError(
            "electrolyte, temperature",
            f"{temperature_K:g} K",
            f"{low:g} to {high:g} K",
            "measured there only",
        )
    share, density = _shares(solvents, basis, temperature_K)
    if not surface.shares[0] <= share <= surface.shares[-1] + 1e-9:
        raise TableError(
            "electrolyte, solvents",
            f"mass share of EC {share:.3g}",
            f"0 to {surface.shares[-1]:g}",
            "measured there only",
        )
    if not (math.isfinite(concentration_mol_m3) and concentration_mol_m3 > 0):
        raise InputError("concentration", f"{concentration_mol_m3!r} mol/m3", "a positive number")
    filled = concentration_mol_m3 * APPARENT_VOLUME_M3_MOL
    molality = concentration_mol_m3 / (density * max(1 - filled, 1e-9))
    least, most = (float(np.interp(share, surface.shares, a)) for a in (surface.least, surface.most))
    if not least <= molality <= most:
        raise TableError(
            "electrolyte, concentration",
            f"{concentration_mol_m3:g} mol/m3 = {molality:.3g} mol/kg",
            f"{least:.3g} to {most:.3g} mol/kg at a mass share of EC of {share:.3g}",
            "measured there only",
        )

    def value(b: float) -> float:
        return b * float(
            np.exp(_basis(np.array(share), np.array(b), np.array(temperature_K)) @ surface.coefficients)
        )

    sigma = value(molality)
    aside = min(molality * (1 + filled / 3), most)
    spread = math.hypot(surface.residual, BETWEEN_SOURCES, value(aside) / sigma - 1)
    return Sourced(
        sigma,
        spread * sigma,
        "S/m",
        f"{surface.source};percola",
        f"{molality:.3f} mol/kg, mass share of EC {share:.3f}",
        "derived",
    )


# --- networks ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NetworkLaw:
    """Relative conductivity of the voids of a kind of structure, F(eps) = ((eps - e)/(1 - e))^m, 0 below e.

    Given by its value at porosity one half, so that the threshold e can vary without moving what was measured:
    m = ln F_half/ln((1/2 - e)/(1 - e)). Never above the bound of Hashin and Shtrikman, 2 eps/(3 - eps).

    Attributes:
        half: F(1/2), mean over structures.
        half_ln_sd: standard deviation of its logarithm between structures.
        threshold: least and largest threshold e of the structures; uniform between them.
        scatter_ln: residual of single structures about the law, standard deviation of ln F.
        source: how it was measured.
    """

    half: float
    half_ln_sd: float
    threshold: tuple[float, float]
    scatter_ln: float
    source: str

    def relative(self, porosity: Any, half: Any = None, threshold: Any = None, xp: Any = np) -> Any:
        """F of a porosity, with this law's own mean values unless others are given; any broadcastable shapes."""
        e = 0.5 * sum(self.threshold) if threshold is None else threshold
        m = xp.log(self.half if half is None else half) / xp.log((0.5 - e) / (1 - e))
        part = xp.clip((porosity - e) / (1 - e), 0.0, 1.0)
        # A power of exactly 0 has no gradient to the exponent.
        power = xp.where(part > 0, xp.exp(m * xp.log(xp.where(part > 0, part, 1.0))), 0.0)
        return xp.minimum(power, 2 * porosity / (3 - porosity))


LAWS: Mapping[Network, NetworkLaw] = MappingProxyType(
    {
        "percolation": NetworkLaw(
            half=0.311,
            half_ln_sd=0.04,
            threshold=(0.0, 0.17),
            scatter_ln=0.03,
            source="3 boxes of Example 13 (64^3; F_half 0.322, threshold 0) and 3 Gaussian fields (64^3; 0.299, 0.17), porosity 0.22 to 0.7",
        ),
        "spherical_particles": NetworkLaw(
            half=0.344,
            half_ln_sd=0.023,
            threshold=(0.015, 0.10),
            scatter_ln=0.03,
            source="3 boxes of Comparative Example 10 (64^3), 6 phantoms of 60 overlapping spheres (72^3), porosity 0.22 to 0.7",
        ),
    }
)
"""Measured with :func:`percola.measure.flow.conductivity.conductivity`, level set moved to each porosity; the threshold spans
the families, because which of them the walls of a real support follow as they swell is not known."""


def law_of(network: str) -> NetworkLaw:
    """The law of a kind of structure."""
    for name, law in LAWS.items():
        if name == network:
            return law
    raise InputError("network", repr(network), ", ".join(LAWS), "measure the structure of others in 3D")


# --- closed forms -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SupportParameters:
    """What the patent does not tell of a support; floats or arrays of one shape. The default is an ideal filling.

    Attributes:
        swelling: volume of electrolyte that the polymer takes up per volume of dry polymer [1].
        lateral: part of the thickness strain that the sheet follows across (0: thickness only, 1: isotropic) [1].
        filling: share of the voids that is filled and reached [1].
        saturation_exponent: n of Archie's sigma ~ S^n [1].
        partition: concentration of salt in the liquid within the polymer over that in the bulk [1].
        series_Ohm_m2: resistance times area of skins, contacts and leads [Ohm m2].
        half: F(1/2) of the network; None: the law's own [1].
        threshold: of the network; None: the law's own [1].
        factor: of the network's F, scatter between structures [1].
    """

    swelling: Any = 0.0
    lateral: Any = 0.0
    filling: Any = 1.0
    saturation_exponent: Any = 2.0
    partition: Any = 0.5
    series_Ohm_m2: Any = 0.0
    half: Any = None
    threshold: Any = None
    factor: Any = 1.0


def support_porosity(
    porosity: Any,
    dry_thickness_m: Any,
    support_thickness_m: Any | None,
    swelling: Any = 0.0,
    lateral: Any = 0.0,
    xp: Any = np,
) -> Any:
    """Porosity of the filled support, 1 - (1 - P)(1 + s)/V, within 0 and 1; V = 1 where no support thickness is given."""
    ratio = 1.0 if support_thickness_m is None else support_thickness_m / dry_thickness_m
    volume = ratio ** (1 + 2 * lateral)
    return xp.clip(1 - (1 - porosity) * (1 + swelling) / volume, 0.0, 1.0)


def swollen_conductivity(swelling: Any, partition: Any = 0.5) -> Any:
    """Conductivity of the swollen polymer over that of the bulk, K f (f/(2 - f))^2 with f = s/(1 + s).

    Mackie and Meares (1955) for the detour around chains; crystals are counted with the chains.
    """
    f = swelling / (1 + swelling)
    return partition * f * (f / (2 - f)) ** 2


def amorphous_swelling(
    chi: Any,
    crystallinity: Any,
    strand_mol_m3: Any,
    solvent_volume_m3_mol: float,
    salt_excess: Any = 0.0,
    xp: Any = np,
) -> Any:
    """Volume taken up per volume of polymer at equilibrium, by the amorphous phase between crystals that tie it.

    ln(1 - phi) + phi + chi phi^2 + V1 nu (phi^(1/3) - phi/2) + d = 0 (Flory and Rehner); s = (1 - x)(1/phi - 1).

    Args:
        chi: of the polymer with the mixed solvent [1].
        crystallinity: x [1].
        strand_mol_m3: nu, elastic strands per volume of the dry amorphous phase [mol/m3].
        solvent_volume_m3_mol: V1 [m3/mol].
        salt_excess: d, dissolved particles per molecule of solvent outside, less those inside [1]: what salt that stays
            out holds back (ideal dilute).
        xp: array module.

    Validity: the affine network of Flory (1953); crystals do not take part.
    """
    shape = xp.zeros_like(chi + crystallinity + strand_mol_m3 + salt_excess)
    low, high = shape + 1e-4, shape + (1 - 1e-9)
    for _ in range(60):  # bisection to rounding; the left side is positive where the gel is too dilute
        phi = 0.5 * (low + high)
        left = xp.log1p(-phi) + phi + chi * phi**2
        left = left + solvent_volume_m3_mol * strand_mol_m3 * (xp.cbrt(phi) - phi / 2) + salt_excess
        low, high = xp.where(left > 0, phi, low), xp.where(left > 0, high, phi)
    return (1 - crystallinity) * (1 / (0.5 * (low + high)) - 1)


def support_conductivity(
    porosity: Any,
    dry_thickness_m: Any,
    support_thickness_m: Any | None,
    bulk_S_m: Any,
    parameters: SupportParameters | None = None,
    law: NetworkLaw | None = None,
    xp: Any = np,
) -> Any:
    """Conductivity that an impedance measurement of the support reads [S/m].

    sigma = sigma0 max(g + (1 - g) F S^n, lower Hashin-Shtrikman bound of liquid in polymer); then t/(t/sigma + R).

    Args:
        porosity: of the dry membrane [1].
        dry_thickness_m: of the dry membrane [m].
        support_thickness_m: of the filled support [m]; None: volume and thickness as dry.
        bulk_S_m: of the electrolyte [S/m].
        parameters: see :class:`SupportParameters`.
        law: of the network; the percolation structure's where None.
        xp: array module, numpy or ``jax.numpy``.

    Validity: both terms are lower bounds of the exact value (the conductivity is concave in that of the polymer, hence
    above its chord, Milton 2002), so sigma is low:
        against two-phase solves on a box of Example 13 by 0.002 to 0.013 sigma0 (porosity 0.5 to 0.1) at g = 0.02.
    Limitations: skins count by their resistance alone; what the electrolyte dissolves of the polymer is left out.
    """
    p = parameters or SupportParameters()
    network = law or LAWS["percolation"]
    eps = support_porosity(porosity, dry_thickness_m, support_thickness_m, p.swelling, p.lateral, xp)
    g = swollen_conductivity(p.swelling, p.partition)
    upper = 2 * eps / (3 - eps)
    f = xp.minimum(network.relative(eps, p.half, p.threshold, xp) * p.factor, upper)
    s = p.filling**p.saturation_exponent
    # Liquid of S^n in polymer of g, spheres of liquid that do not touch.
    isolated = g + eps * (s - g) * 3 * g / (3 * g + (1 - eps) * (s - g) + 1e-30)
    sigma = bulk_S_m * xp.maximum(g + (s - g) * f, isolated)
    thickness = dry_thickness_m if support_thickness_m is None else support_thickness_m
    return sigma / (1 + p.series_Ohm_m2 * sigma / thickness)


# --- inference --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SupportSpecimen:
    """A filled membrane: what is known of it.

    Attributes:
        name: it seeds the specimen's own scatter.
        porosity: of the dry membrane [1].
        dry_thickness_m: [m].
        support_thickness_m: of the filled support [m]; None where it is not known.
        network: "percolation" or "spherical_particles".
        salt, solvents, concentration_mol_m3: the electrolyte.
        conductivity_S_m: measured [S/m]; None: to be predicted.
        rounding_S_m: half of the last digit [S/m].
    """

    name: str
    porosity: float
    dry_thickness_m: float
    support_thickness_m: float | None
    network: Network
    salt: str = "LiBF4"
    solvents: tuple[tuple[str, float], ...] = (("EC", 1.0), ("PC", 1.0))
    concentration_mol_m3: float = 1000.0
    conductivity_S_m: float | None = None
    rounding_S_m: float = 0.005

    def __post_init__(self) -> None:
        where = f"support {self.name}"
        if not 0 <= self.porosity <= 1:
            raise InputError(f"{where}, porosity", f"{self.porosity!r}", "0 to 1, a share of the volume")
        for word, value in (
            ("dry thickness", self.dry_thickness_m),
            ("support thickness", self.support_thickness_m),
            ("conductivity", self.conductivity_S_m),
        ):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InputError(f"{where}, {word}", f"{value!r}", "a positive number in SI units")
        law_of(self.network)


def reported_support(name: str) -> SupportSpecimen:
    """A specimen of the patent as a support, from its recipe and what is reported for it.

    Raises:
        InputError: the results are reserved, or the specimen is no support.
    """
    recipe, reported = specimens.load(name)
    filling = recipe.electrolyte
    values: dict[str, Any] = {v.name: v.value for v in reported.values} if reported else {}
    missing = [
        n for n in ("porosity", "thickness", "structure_class", "ionic_conductivity") if n not in values
    ]
    if filling is None or missing:
        why = (
            reported.note
            if reported and reported.reserved
            else f"without {', '.join(missing) or 'electrolyte'}"
        )
        raise InputError(
            name[:60], why, "a specimen with reported porosity, thickness and ionic conductivity"
        )
    parts = tuple((p.liquid, 1.0 if p.amount is None else float(p.amount.value)) for p in filling.liquids)
    return SupportSpecimen(
        specimens.find(name).id,
        values["porosity"],
        values["thickness"],
        values.get("electrolyte_support_thickness"),
        values["structure_class"],
        filling.salt,
        parts,
        float(filling.concentration.value),
        values["ionic_conductivity"],
    )


POROSITY_SD = 0.01
"""Paragraph 89(7) names no method; volume and mass of a small piece give about this (our estimate), with the digits."""
THICKNESS_LN_SD = 0.07
"""Of the ratio of two thicknesses, 5 % each: means of 5 section values (paragraph 89(4)); how the support's was taken
is not said (our estimate)."""
PRESSING_LN_SD = 0.05
"""Of the real thickness of a support about what its swelling makes of it: pressed between electrodes, drawn together by
the liquid (our estimate)."""
MEASUREMENT_LN_SD = 0.05
"""Of a conductivity by impedance between plates: area, pressure, reading (our estimate), beside the digits."""

PRIORS: Mapping[str, str] = MappingProxyType(
    {
        "chi": "of PVDF with the mixed carbonates at the temperature, from the tables with their uncertainty",
        "crystallinity": "0.48 +- 0.08, from the tables",
        "strand_kg_mol": "ln-normal, 2.5 kg/mol, ln sd 0.5: between a taut (1.3) and a coiled strand (5) across an amorphous layer of 5 nm",
        "partition": "uniform 0 to 1: not known",
        "filling": "beta(8.5, 1.5), mean 0.85: gas trapped by imbibition is 0 to 40 % of the pores, less after dissolving (land1968)",
        "saturation_exponent": "2 +- 0.2 (archie1942)",
        "series_Ohm_cm2": "half-normal, 2: contacts and leads below 1, skins of 1 um on both sides with F = 0.02 give 2.4",
        "outward": "uniform 0 to 1: exponent of the volume with the swelling, V = (1 + s)^outward; 0 into the voids, 1 voids swell alike",
        "lateral": "uniform 0 to 1: not told",
        "particles": "1.3 +- 0.2 dissolved particles per LiBF4: mostly pairs (our estimate)",
        "temperature_K": "296 +- 2.5: room temperature",
        "volume_basis": "1:1 by mass or by volume, one half each",
    }
)
"""What each shared parameter is believed to be before any support is seen, in words."""

Kind = dict[str, Draws]


def _shared(count: int, seed: int) -> Kind:
    rng = np.random.default_rng(seed)
    mixed = tables.mixture("PVDF", {"EC": 0.47, "PC": 0.53})
    polymer = tables.polymer("PVDF")
    temperature = np.clip(rng.normal(296.0, 2.5, count), 288.0, 303.0)
    a, b = mixed.chi_A, mixed.chi_B_K
    chi = rng.normal(a.value, a.uncertainty, count)
    chi = chi + rng.normal(b.value, b.uncertainty, count) / temperature
    x = polymer.crystallinity
    strand = 2.5 * np.exp(rng.normal(0.0, 0.5, count))
    particles = np.clip(rng.normal(1.3, 0.2, count), 1.0, 2.0)
    out = {
        "particles": particles,
        "chi": chi,
        "crystallinity": np.clip(rng.normal(x.value, x.uncertainty, count), 0.2, 0.8),
        "strand_kg_mol": strand,
        "partition": rng.uniform(0, 1, count),
        "filling": rng.beta(8.5, 1.5, count),
        "saturation_exponent": rng.normal(2.0, 0.2, count),
        "series_Ohm_cm2": np.abs(rng.normal(0.0, 2.0, count)),
        "lateral": rng.uniform(0, 1, count),
        "outward": rng.uniform(0, 1, count),
        "temperature_K": temperature,
        "volume_basis": (rng.uniform(0, 1, count) < 0.5).astype(float),
        "bulk_z": rng.normal(0, 1, count),
        "half_z": rng.normal(0, 1, count),
        "threshold_u": rng.uniform(0, 1, count),
    }
    density, volume = float(polymer.density_kg_m3(296.0)), float(mixed.reference_volume_m3_mol.value)
    # 1 mol/L of salt in so many mol/L of solvent; that within the polymer holds its own share.
    excess = particles * (1 - out["partition"]) * 1000 * volume
    out["swelling"] = amorphous_swelling(chi, out["crystallinity"], density / strand, volume, excess)
    return out


def _bulk_draws(s: SupportSpecimen, d: Kind) -> Draws:
    """Bulk conductivity at every draw: interpolated in 1/T between points of the surface, for either basis."""
    grid = np.linspace(288.0, 303.0, 7)
    out = np.zeros_like(d["temperature_K"])
    for flag, basis in ((0.0, "mass"), (1.0, "volume")):
        known = [
            bulk_conductivity(s.salt, dict(s.solvents), s.concentration_mol_m3, float(t), basis)  # type: ignore[arg-type]
            for t in grid
        ]
        mean = np.interp(d["temperature_K"], grid, [float(k) for k in known])
        relative = float(known[3].uncertainty) / float(known[3])
        out += (d["volume_basis"] == flag) * mean * np.exp(relative * d["bulk_z"])
    return out


def _expected_ln_ratio(d: Kind) -> Draws:
    """ln of support over dry thickness that swelling makes: the volume (1 + s)^outward, shared by the directions."""
    return d["outward"] * np.log1p(d["swelling"]) / (1 + 2 * d["lateral"])


def _thickness_evidence(s: SupportSpecimen, d: Kind) -> Draws:
    """Log-likelihood of the thickness of a support at every draw; 0 where none is known."""
    if s.support_thickness_m is None:
        return np.zeros_like(d["chi"])
    seen = math.log(s.support_thickness_m / s.dry_thickness_m)
    variance = PRESSING_LN_SD**2 + THICKNESS_LN_SD**2
    return np.asarray(-0.5 * (seen - _expected_ln_ratio(d)) ** 2 / variance, dtype=float)


def _predicted(s: SupportSpecimen, d: Kind, seed: int) -> tuple[Draws, Draws, Draws]:
    """Conductivity [S/m], porosity in the support and bulk conductivity of a specimen at every draw.

    The thickness in the support is drawn from what swelling says and what was measured, each with its error (the product of two
    normals in ln); its evidence counts in :func:`_thickness_evidence`.
    """
    count = len(d["chi"])
    rng = np.random.default_rng((seed, zlib.crc32(s.name.encode())))
    law = law_of(s.network)
    porosity = np.clip(s.porosity + POROSITY_SD * rng.normal(0, 1, count), 0.0, 1.0)
    expected = _expected_ln_ratio(d)
    if s.support_thickness_m is None:
        ln_ratio = expected + PRESSING_LN_SD * rng.normal(0, 1, count)
    else:
        seen = math.log(s.support_thickness_m / s.dry_thickness_m)
        trust = PRESSING_LN_SD**2 / (PRESSING_LN_SD**2 + THICKNESS_LN_SD**2)
        ln_ratio = expected + trust * (seen - expected)
        ln_ratio = ln_ratio + math.sqrt(trust) * THICKNESS_LN_SD * rng.normal(0, 1, count)
    thickness = np.exp(ln_ratio) * s.dry_thickness_m
    low, high = law.threshold
    parameters = SupportParameters(
        swelling=d["swelling"],
        lateral=d["lateral"],
        filling=d["filling"],
        saturation_exponent=d["saturation_exponent"],
        partition=d["partition"],
        series_Ohm_m2=1e-4 * d["series_Ohm_cm2"],
        half=law.half * np.exp(law.half_ln_sd * d["half_z"]),
        threshold=low + (high - low) * d["threshold_u"],
        factor=np.exp(rng.normal(0, law.scatter_ln, count)),
    )
    bulk = _bulk_draws(s, d)
    sigma = support_conductivity(porosity, s.dry_thickness_m, thickness, bulk, parameters, law)
    eps = support_porosity(porosity, s.dry_thickness_m, thickness, d["swelling"], d["lateral"])
    return sigma, eps, bulk


def _weights(logs: Sequence[Draws], count: int) -> Draws:
    total = np.sum(logs, axis=0) if logs else np.zeros(count)
    w = np.exp(total - total.max())
    return np.asarray(w / w.sum(), dtype=float)


def _quantiles(values: Draws, weights: Draws, levels: Sequence[float]) -> list[float]:
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order]) - 0.5 * weights[order]
    return [float(v) for v in np.interp(levels, cumulated, values[order])]


SHOWN = (
    *(
        "swelling",
        "filling",
        "series_Ohm_cm2",
        "lateral",
        "outward",
        "partition",
        "threshold_u",
        "saturation_exponent",
    ),
    *("chi", "crystallinity", "strand_kg_mol", "temperature_K", "volume_basis"),
)


@dataclass(frozen=True)
class SupportPosterior:
    """Draws of the prior and how likely each makes the supports that were measured.

    Attributes:
        specimens: supports with a measured conductivity.
        draws: of the shared parameters.
        log_likelihood: of each specimen at every draw.
        seed: of the draws.
    """

    specimens: tuple[SupportSpecimen, ...]
    draws: Mapping[str, Draws]
    log_likelihood: Mapping[str, Draws]
    seed: int

    def weights(self, without: Sequence[str] = (), thickness_of: SupportSpecimen | None = None) -> Draws:
        """Weights of the draws, sum 1, by the specimens that are not left out; equal ones are the prior's.

        The thickness of a support that is predicted, ``thickness_of``, is known and counts, unlike its conductivity.
        """
        logs = [v for k, v in self.log_likelihood.items() if k not in without]
        if thickness_of is not None and thickness_of.name not in set(self.log_likelihood) - set(without):
            logs.append(_thickness_evidence(thickness_of, dict(self.draws)))
        return _weights(logs, len(self.draws["chi"]))

    def predict(self, specimen: SupportSpecimen, without: Sequence[str] = ()) -> Measurement:
        """`ionic_conductivity` of a support: median, standard deviation; the 90 % interval stands in the evidence.

        Uncertainty: standard deviation over the weighted draws: shared parameters, porosity, thickness, network,
        temperature, bulk; without the error of the measurement that it may be compared with. For a specimen that the posterior has seen it is a
        fit; leave it out by its name in ``without``.

        Evidence: ``interval_90``, ``porosity_in_support`` and ``bulk_S_m`` (quantiles 5, 50, 95 %), ``effective_draws``.
        """
        w = self.weights(without, specimen)
        sigma, eps, bulk = _predicted(specimen, dict(self.draws), self.seed)
        low, middle, high = _quantiles(sigma, w, (0.05, 0.5, 0.95))
        mean = float(w @ sigma)
        effective = float(1 / np.sum(w**2))
        enough = Check(
            "draws enough",
            "pass" if effective >= 400 else "warn",
            f"{effective:.0f} effective draws of {len(w)}, 400 wanted",
        )
        seen = [s.name for s in self.specimens if s.name not in without]
        return Measurement(
            "ionic_conductivity",
            middle,
            "S/m",
            math.sqrt(max(float(w @ (sigma - mean) ** 2), 0.0)),
            METHOD,
            "wall",
            (enough,),
            {
                "interval_90": [low, high],
                "porosity_in_support": _quantiles(eps, w, (0.05, 0.5, 0.95)),
                "bulk_S_m": _quantiles(bulk, w, (0.05, 0.5, 0.95)),
                "effective_draws": effective,
                "inferred_from": seen,
                "network": specimen.network,
                "law": law_of(specimen.network).source,
            },
            CITED,
        )

    def prior(self, specimen: SupportSpecimen) -> Measurement:
        """The same before any support is seen."""
        return self.predict(specimen, [s.name for s in self.specimens])

    def left_out(self, name: str) -> Measurement:
        """A specimen as predicted from the others alone."""
        found = [s for s in self.specimens if s.name == name]
        if not found:
            raise InputError("specimen", repr(name[:40]), ", ".join(s.name for s in self.specimens))
        return self.predict(found[0], [name])

    def parameters(self) -> dict[str, dict[str, list[float]]]:
        """Shared parameters by name: 5, 50 and 95 % of the prior and of the posterior."""
        equal, w = self.weights(tuple(self.log_likelihood)), self.weights()
        levels = (0.05, 0.5, 0.95)
        return {
            k: {
                "prior": _quantiles(self.draws[k], equal, levels),
                "posterior": _quantiles(self.draws[k], w, levels),
            }
            for k in SHOWN
        }


def infer_support(
    known: Sequence[SupportSpecimen] | None = None, draws: int = 65536, seed: int = 0
) -> SupportPosterior:
    """What the measured supports tell about swelling, filling and skins: prior draws weighted by their likelihood.

    The likelihood is normal about the prediction with 5 % and the rounding of the digits. Weighting needs no chain and is
    exact in the limit of many draws; with the two supports of the patent some 2000 of 65536 draws count.

    Args:
        known: supports with a conductivity; None: Example 13 and Comparative Example 10.
        draws: of the prior.
        seed: of the draws; the same seed gives the same numbers.

    Limitations: PVDF with about 1 mol/L of salt in EC:PC 1:1 (the swelling is worked out for these). Every support shares
    one swelling, filling and skin, so what differs between supports beyond porosity,
    thickness and network is not seen. More than a dozen precise supports would leave too few draws (a check tells).
    """
    if not 1000 <= draws <= 2_000_000:
        raise InputError("draws", f"{draws}", "1000 to 2000000")
    if known is None:
        known = (reported_support("Ex13"), reported_support("CE10"))
    names = [s.name for s in known]
    if len(set(names)) < len(names):
        raise InputError("known", ", ".join(names), "each name once")
    shared = _shared(draws, seed)
    logs: dict[str, Draws] = {}
    for s in known:
        if s.conductivity_S_m is None:
            raise InputError(f"support {s.name}", "no conductivity", "a measured conductivity [S/m]")
        sigma = _predicted(s, shared, seed)[0]
        variance = (MEASUREMENT_LN_SD * sigma) ** 2 + s.rounding_S_m**2 / 3
        logs[s.name] = -0.5 * (sigma - s.conductivity_S_m) ** 2 / variance - 0.5 * np.log(variance)
        logs[s.name] = logs[s.name] + _thickness_evidence(s, shared)
    return SupportPosterior(tuple(known), MappingProxyType(shared), MappingProxyType(logs), seed)
