"""Sourced properties of liquids, polymers, resins and media, and the loader that refuses to guess.

Every value is a :class:`Sourced`: value, uncertainty, unit, keys of ``references.bib``, method. A property that the tables do
not hold, or not at the temperature asked for, raises :class:`percola.errors.TableError`; estimates are in the tables as rows of
their own, marked and wide. ``docs/tables.md`` tells how each table came about.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from percola.errors import TableError
from percola.tables import constants
from percola.tables._curve import Sourced, curve, joined, known, scalar, worst
from percola.tables._read import ESTIMATES, METHODS, UNITS, Entry, entries, normalized, resolve, rows

__all__ = [
    "ESTIMATES",
    "METHODS",
    "UNITS",
    "Liquid",
    "Medium",
    "Pair",
    "Polymer",
    "Resin",
    "Sourced",
    "Substance",
    "constants",
    "electrolyte_conductivity_S_m",
    "liquid",
    "liquids",
    "medium",
    "mixture",
    "normalized",
    "pair",
    "polymer",
    "polymers",
    "resin",
    "resins",
]

R = constants.R_J_MOL_K


def _combined(
    value: Any, relative: Any, unit: str, parts: tuple[Sourced, ...], note: str = "", method: str = ""
) -> Sourced:
    """A value computed from others: sources joined, method the worst of theirs (at best ``derived``)."""
    how = method or worst("derived", *(p.method for p in parts))
    notes = "; ".join(dict.fromkeys(n for n in (note, *(p.note for p in parts)) if n))
    return Sourced(value, relative * np.abs(value), unit, joined(*(p.source for p in parts)), notes, how)


def _relative(s: Sourced) -> Any:
    return s.uncertainty / np.abs(s.value)


@dataclass(frozen=True)
class Substance:
    """What liquids, media, polymers and resins have in common.

    Attributes:
        key: abbreviation used in the tables, e.g. ``"DEP"``.
        name: full name.
        cas: CAS number, or empty.
        chemical_class: e.g. ``"ester"``; class-level defaults of :func:`pair` hang on it.
    """

    key: str
    name: str
    cas: str
    chemical_class: str

    def _curve(self, quantity: str, temperature_K: Any) -> Sourced:
        return curve(quantity, self.key)(temperature_K)

    def temperature_range_K(self, quantity: str) -> tuple[float, float]:
        """The range [K] in which a temperature-dependent quantity is tabulated, e.g. ``"viscosity"``."""
        c = curve(quantity, self.key)
        return c.T_min_K, c.T_max_K

    def density_kg_m3(self, temperature_K: Any) -> Sourced:
        """Density at 1 atm or, above the boiling point, of the saturated liquid [kg/m3]."""
        return self._curve("density", temperature_K)

    def heat_capacity_J_kgK(self, temperature_K: Any) -> Sourced:
        """Isobaric specific heat capacity [J/(kg K)]."""
        return self._curve("heat_capacity", temperature_K)

    def thermal_conductivity_W_mK(self, temperature_K: Any) -> Sourced:
        """Thermal conductivity [W/(m K)]."""
        return self._curve("thermal_conductivity", temperature_K)

    def thermal_diffusivity_m2_s(self, temperature_K: Any) -> Sourced:
        """Thermal diffusivity, k/(rho c_p) [m2/s]."""
        k, rho, c = (
            self.thermal_conductivity_W_mK(temperature_K),
            self.density_kg_m3(temperature_K),
            self.heat_capacity_J_kgK(temperature_K),
        )
        relative = np.sqrt(_relative(k) ** 2 + _relative(rho) ** 2 + _relative(c) ** 2)
        return _combined(k.value / (rho.value * c.value), relative, "m2/s", (k, rho, c))


@dataclass(frozen=True)
class Fluid(Substance):
    """A liquid or gas."""

    @property
    def molar_mass_kg_mol(self) -> Sourced:
        """Molar mass [kg/mol]."""
        return scalar("molar_mass", self.key)

    def viscosity_Pa_s(self, temperature_K: Any) -> Sourced:
        """Dynamic viscosity [Pa s]; ln(viscosity) is interpolated against 1/T."""
        return self._curve("viscosity", temperature_K)

    def prandtl(self, temperature_K: Any) -> Sourced:
        """Prandtl number, eta c_p / k [-]."""
        eta, c, k = (
            self.viscosity_Pa_s(temperature_K),
            self.heat_capacity_J_kgK(temperature_K),
            self.thermal_conductivity_W_mK(temperature_K),
        )
        relative = np.sqrt(_relative(eta) ** 2 + _relative(c) ** 2 + _relative(k) ** 2)
        return _combined(eta.value * c.value / k.value, relative, "1", (eta, c, k))

    def expansion_coefficient_1_K(self, temperature_K: Any) -> Sourced:
        """Volumetric expansion coefficient, -(d rho/dT)/rho [1/K], by a central difference over 10 K of the table."""
        low, high = self.temperature_range_K("density")
        T = np.asarray(temperature_K, dtype=float)
        self.density_kg_m3(temperature_K)  # raises outside the range
        a, b = np.clip(T - 5.0, low, high), np.clip(T + 5.0, low, high)
        lower, upper = self.density_kg_m3(a), self.density_kg_m3(b)
        value = (
            2.0
            * (np.asarray(lower.value) - upper.value)
            / ((b - a) * (np.asarray(lower.value) + upper.value))
        )
        shaped: Any = float(value) if value.ndim == 0 else value
        # A tenth: slopes of tabulated densities of different origin agree about so well.
        return _combined(shaped, 0.1, "1/K", (lower, upper))


@dataclass(frozen=True)
class Liquid(Fluid):
    """A solvent, cooling medium, extraction or wetting liquid; see :func:`liquid`."""

    @property
    def boiling_point_K(self) -> Sourced:
        """Normal boiling point [K]."""
        return scalar("boiling_point", self.key)

    @property
    def melting_point_K(self) -> Sourced:
        """Melting point [K]; glass formers have wide uncertainties."""
        return scalar("melting_point", self.key)

    @property
    def flash_point_K(self) -> Sourced:
        """Flash point, closed cup unless the note says otherwise [K]."""
        return scalar("flash_point", self.key)

    @property
    def hansen_Pa05(self) -> tuple[Sourced, Sourced, Sourced]:
        """Hansen solubility parameters (dispersion, polar, hydrogen bonding) at 298.15 K [Pa^0.5]."""
        return _hansen(self.key)

    def molar_volume_m3_mol(self, temperature_K: Any) -> Sourced:
        """Molar volume, M / rho [m3/mol]."""
        M, rho = self.molar_mass_kg_mol, self.density_kg_m3(temperature_K)
        return _combined(M.value / rho.value, _relative(rho), "m3/mol", (M, rho))

    @property
    def reference_volume_m3_mol(self) -> Sourced:
        """Molar volume at 298.15 K, or at the nearest temperature of the density table [m3/mol].

        The volume on which this liquid's ``chi`` of :func:`pair` is based.
        """
        low, high = self.temperature_range_K("density")
        return self.molar_volume_m3_mol(min(max(298.15, low), high))

    def surface_tension_N_m(self, temperature_K: Any) -> Sourced:
        """Surface tension against air [N/m]."""
        return self._curve("surface_tension", temperature_K)


@dataclass(frozen=True)
class Medium(Fluid):
    """Something that heats or cools: a liquid bath, air, the metal of rolls and presses; see :func:`medium`.

    Attributes:
        kind: ``"liquid"``, ``"gas"`` or ``"solid"``. Solids have no viscosity.
    """

    kind: Literal["liquid", "gas", "solid"]

    @property
    def liquid(self) -> Liquid:
        """The liquid, with the properties that only liquids have."""
        if self.kind != "liquid":
            raise TableError(f"tables.medium({self.name})", f"is a {self.kind}", "a liquid", "")
        return liquid(self.key)

    def effusivity_W_s05_m2K(self, temperature_K: Any) -> Sourced:
        """Thermal effusivity, sqrt(k rho c_p) [W s^0.5/(m2 K)]."""
        k, rho, c = (
            self.thermal_conductivity_W_mK(temperature_K),
            self.density_kg_m3(temperature_K),
            self.heat_capacity_J_kgK(temperature_K),
        )
        relative = 0.5 * np.sqrt(_relative(k) ** 2 + _relative(rho) ** 2 + _relative(c) ** 2)
        return _combined(np.sqrt(k.value * rho.value * c.value), relative, "W s^0.5/(m2 K)", (k, rho, c))


@dataclass(frozen=True)
class Resin(Substance):
    """A thermoplastic resin miscible with PVDF (paragraph 64); see :func:`resin`. Amorphous, or above its melting point."""

    def _scalar(self, quantity: str) -> Sourced:
        return scalar(quantity, self.key)

    @property
    def repeat_unit_molar_mass_kg_mol(self) -> Sourced:
        """Molar mass of the mean repeat unit [kg/mol]."""
        return self._scalar("repeat_unit_molar_mass")

    @property
    def glass_transition_K(self) -> Sourced:
        """Glass transition temperature [K]."""
        return self._scalar("glass_transition")

    @property
    def hansen_Pa05(self) -> tuple[Sourced, Sourced, Sourced]:
        """Hansen solubility parameters (dispersion, polar, hydrogen bonding) at 298.15 K [Pa^0.5]."""
        return _hansen(self.key)

    @property
    def hansen_radius_Pa05(self) -> Sourced:
        """Radius of the Hansen solubility sphere [Pa^0.5]."""
        return self._scalar("hansen_R0")

    def unit_volume_m3_mol(self, temperature_K: Any) -> Sourced:
        """Molar volume of the repeat unit [m3/mol]."""
        M, rho = self.repeat_unit_molar_mass_kg_mol, self.density_kg_m3(temperature_K)
        return _combined(M.value / rho.value, _relative(rho), "m3/mol", (M, rho))


@dataclass(frozen=True)
class Polymer(Resin):
    """A vinylidene fluoride homopolymer or copolymer (paragraph 47); see :func:`polymer`.

    Copolymers are estimated from the homopolymer and the comonomer: repeat unit by mole fractions, amorphous volume additive,
    crystals of VDF alone. ``density_kg_m3`` is that of the amorphous (molten) polymer.

    Attributes:
        comonomer: key of the comonomer, or empty.
        comonomer_mole_fraction: share of comonomer among the repeat units [-].
    """

    comonomer: str = ""
    comonomer_mole_fraction: float = 0.0

    def _scalar(self, quantity: str) -> Sourced:
        return scalar(quantity, "PVDF")

    def _curve(self, quantity: str, temperature_K: Any) -> Sourced:
        """Of the homopolymer; copolymers are taken like it, marked as estimates."""
        s = curve(quantity, "PVDF")(temperature_K)
        if not self.comonomer_mole_fraction:
            return s
        return dataclasses.replace(
            s, uncertainty=1.5 * s.uncertainty, method="estimate", note="as the homopolymer"
        )

    def _mixed(self, quantity: str, own: Sourced, spread: float) -> Sourced:
        x = self.comonomer_mole_fraction
        if not x:
            return own
        other = scalar(quantity, self.comonomer)
        value = (1 - x) * own.value + x * other.value
        uncertainty = math.hypot(
            (1 - x) * float(own.uncertainty), x * float(other.uncertainty)
        ) + spread * abs(value)
        return Sourced(
            value, uncertainty, own.unit, joined(own.source, other.source), "mole fractions", "derived"
        )

    @property
    def repeat_unit_molar_mass_kg_mol(self) -> Sourced:
        """Molar mass of the mean repeat unit [kg/mol]."""
        return self._mixed("repeat_unit_molar_mass", self._scalar("repeat_unit_molar_mass"), 0.0)

    def amorphous_unit_volume_m3_mol(self, temperature_K: Any) -> Sourced:
        """Molar volume of the mean repeat unit of the amorphous polymer [m3/mol]; additive in the comonomer, with PVDF's expansion."""
        M, rho = self._scalar("repeat_unit_molar_mass"), curve("density", "PVDF")(temperature_K)
        own = _combined(M.value / rho.value, _relative(rho), "m3/mol", (M, rho))
        x = self.comonomer_mole_fraction
        if not x:
            return own
        at_25 = float(M) / float(curve("density", "PVDF")(298.15))
        other = scalar("amorphous_unit_volume", self.comonomer)
        value = own.value * (1 - x + x * float(other) / at_25)
        return _combined(
            value, _relative(own) + x * _relative(other), "m3/mol", (own, other), method="estimate"
        )

    def unit_volume_m3_mol(self, temperature_K: Any) -> Sourced:
        """Same as :meth:`amorphous_unit_volume_m3_mol`."""
        return self.amorphous_unit_volume_m3_mol(temperature_K)

    def density_kg_m3(self, temperature_K: Any) -> Sourced:
        """Density of the amorphous (molten) polymer [kg/m3]."""
        V, M = self.amorphous_unit_volume_m3_mol(temperature_K), self.repeat_unit_molar_mass_kg_mol
        how = "estimate" if self.comonomer_mole_fraction else V.method
        return _combined(M.value / V.value, _relative(V), "kg/m3", (M, V), method=how)

    @property
    def crystal_density_kg_m3(self) -> Sourced:
        """Density of the alpha crystal [kg/m3]; of copolymers too, as the comonomer stays outside."""
        return self._scalar("crystal_density")

    def solid_density_kg_m3(self, crystallinity: Any, temperature_K: Any = 298.15) -> Sourced:
        """Density of the semicrystalline solid, volumes additive: 1/rho = X/rho_c + (1-X)/rho_a, X by mass [kg/m3]."""
        X = np.asarray(crystallinity, dtype=float)
        if np.any((X < 0) | (X > 1)):
            raise TableError("tables, solid_density", f"crystallinity {crystallinity}", "0 to 1", "")
        a, c = self.density_kg_m3(temperature_K), self.crystal_density_kg_m3
        value: Any = 1.0 / (X / c.value + (1 - X) / a.value)
        value = float(value) if np.ndim(value) == 0 else value
        return _combined(value, np.maximum(_relative(a), _relative(c)), "kg/m3", (a, c))

    @property
    def equilibrium_melting_temperature_K(self) -> Sourced:
        r"""Melting temperature of the infinite crystal [K].

        Copolymers: 1/Tm = 1/Tm0 - (R/dHu) ln(1 - e x) with x the mole fraction of comonomer and e its share that the
        crystal excludes (Flory 1955). Limitation (of the theory): finite crystals of copolymers melt lower still.
        """
        own = self._scalar("equilibrium_melting_temperature")
        x = self.comonomer_mole_fraction
        if not x:
            return own
        e, dH = scalar("excluded_share", self.comonomer), self._scalar("heat_of_fusion")
        value = 1.0 / (1.0 / float(own) - R / float(dH) * math.log(1.0 - float(e) * x))
        # Half the depression: what real copolymers fall short of or beyond the theory.
        spread = math.hypot(float(own.uncertainty), 0.5 * (float(own) - value))
        source = joined(own.source, dH.source, e.source, "flory1955")
        return Sourced(value, spread, "K", source, "Flory comonomer depression", "estimate")

    @property
    def melting_temperature_K(self) -> Sourced:
        """Melting peak of ordinary material in DSC, without solvent (T_m100 of paragraph 78) [K]."""
        own = self._scalar("melting_temperature")
        if not self.comonomer_mole_fraction:
            return own
        drop = float(self._scalar("equilibrium_melting_temperature")) - float(
            self.equilibrium_melting_temperature_K
        )
        spread = math.hypot(float(own.uncertainty), 0.7 * drop)
        return Sourced(
            float(own) - drop,
            spread,
            "K",
            joined(own.source, "flory1955"),
            "lowered as the equilibrium one",
            "estimate",
        )

    @property
    def heat_of_fusion_J_mol(self) -> Sourced:
        """Heat of fusion of the perfect crystal [J per mol of VDF repeat units]."""
        return self._scalar("heat_of_fusion")

    @property
    def heat_of_fusion_J_kg(self) -> Sourced:
        """Heat of fusion of the perfect crystal [J/kg]."""
        dH, M = self.heat_of_fusion_J_mol, self._scalar("repeat_unit_molar_mass")
        return _combined(dH.value / M.value, _relative(dH), "J/kg", (dH, M))

    @property
    def fold_surface_energy_J_m2(self) -> Sourced:
        """Fold surface free energy sigma_e of the lamella [J/m2]."""
        return self._scalar("fold_surface_energy")

    @property
    def lateral_surface_energy_J_m2(self) -> Sourced:
        """Lateral surface free energy sigma of the lamella [J/m2]."""
        return self._scalar("lateral_surface_energy")

    @property
    def transport_activation_J_mol(self) -> Sourced:
        """U* of the Lauritzen-Hoffman transport term [J/mol]."""
        return self._scalar("transport_activation")

    @property
    def transport_cutoff_K(self) -> Sourced:
        """T_inf of the Lauritzen-Hoffman transport term, T_g - 30 K [K]."""
        Tg = self.glass_transition_K
        return Sourced(
            float(Tg) - 30.0,
            float(Tg.uncertainty) + 5.0,
            "K",
            joined(Tg.source, "hoffman1976"),
            "T_g - 30 K",
            "derived",
        )

    @property
    def crystallinity(self) -> Sourced:
        """Crystallinity by mass of ordinary solid material [-]."""
        own = self._scalar("crystallinity")
        x = self.comonomer_mole_fraction
        if not x:
            return own
        return Sourced(
            float(own) * (1 - 3 * x if x < 0.3 else 0.1),
            0.15,
            "1",
            own.source,
            "falls with comonomer",
            "estimate",
        )

    @property
    def characteristic_ratio(self) -> Sourced:
        """Characteristic ratio of the chain, <R2>/(n l2) [-]."""
        return self._scalar("characteristic_ratio")

    @property
    def tensile_modulus_Pa(self) -> Sourced:
        """Young's modulus of the dense solid at 296 K [Pa]."""
        return self._scalar("tensile_modulus")

    @property
    def yield_stress_Pa(self) -> Sourced:
        """Yield stress of the dense solid at 296 K [Pa]."""
        return self._scalar("yield_stress")

    @property
    def hansen_Pa05(self) -> tuple[Sourced, Sourced, Sourced]:
        """Hansen solubility parameters at 298.15 K [Pa^0.5]; copolymers by volume fractions of the units (estimate)."""
        own = _hansen("PVDF")
        x = self.comonomer_mole_fraction
        if not x:
            return own
        V = float(self._scalar("repeat_unit_molar_mass")) / float(curve("density", "PVDF")(298.15))
        Vc = float(scalar("amorphous_unit_volume", self.comonomer))
        share = x * Vc / (x * Vc + (1 - x) * V)
        mixed = []
        for a, b in zip(own, _hansen(self.comonomer), strict=True):
            value = (1 - share) * float(a) + share * float(b)
            spread = (
                math.hypot((1 - share) * float(a.uncertainty), share * float(b.uncertainty)) + 500.0 * share
            )
            mixed.append(
                Sourced(value, spread, a.unit, joined(a.source, b.source), "volume fractions", "estimate")
            )
        return mixed[0], mixed[1], mixed[2]


def _hansen(key: str) -> tuple[Sourced, Sourced, Sourced]:
    return scalar("hansen_dD", key), scalar("hansen_dP", key), scalar("hansen_dH", key)


def _made(cls: Any, e: Entry, **more: Any) -> Any:
    return cls(key=e.key, name=e.name, cas=e.cas, chemical_class=e.chemical_class, **more)


@lru_cache(maxsize=512)
def liquid(name: str) -> Liquid:
    """The liquid of this name, abbreviation, synonym or CAS number; case, spaces, hyphens and Greek letters do not matter.

    Raises:
        TableError: unknown, with the nearest names.

    Example:
        >>> liquid("γ-Butyrolactone").key
        'GBL'
    """
    return _made(Liquid, resolve(name, ("liquid",), "liquid"))  # type: ignore[no-any-return]


@lru_cache(maxsize=512)
def medium(name: str) -> Medium:
    """What heats or cools, by name: a liquid, ``"air"``, or the metal of rolls and presses (``"steel"``)."""
    e = resolve(name, ("gas", "solid", "liquid"), "medium")
    return _made(Medium, e, kind=e.kind)  # type: ignore[no-any-return]


@lru_cache(maxsize=512)
def resin(name: str) -> Resin:
    """The miscible resin of this name (paragraph 64)."""
    return _made(Resin, resolve(name, ("resin",), "resin"))  # type: ignore[no-any-return]


@lru_cache(maxsize=512)
def polymer(name: str, comonomer_mole_fraction: float | None = None) -> Polymer:
    """The vinylidene fluoride polymer of this name; copolymers with their content of comonomer.

    Args:
        name: e.g. ``"PVDF"``, ``"P(VDF-HFP)"``.
        comonomer_mole_fraction: mole fraction of comonomer [-], 0 to 0.5; where None, the usual one of the table.
    """
    e = resolve(name, ("polymer",), "polymer")
    comonomer = "" if e.key == "PVDF" else e.key.removeprefix("P(VDF-").removesuffix(")")
    if not comonomer:
        if comonomer_mole_fraction:
            raise TableError(
                "tables.polymer",
                f"comonomer content {comonomer_mole_fraction} of the homopolymer",
                "0",
                "name a copolymer",
            )
        return _made(Polymer, e)  # type: ignore[no-any-return]
    x = (
        float(scalar("usual_mole_fraction", comonomer))
        if comonomer_mole_fraction is None
        else comonomer_mole_fraction
    )
    if not 0.0 <= x <= 0.5:
        raise TableError(
            "tables.polymer", f"comonomer_mole_fraction {x}", "0 to 0.5", "VDF must be the main monomer"
        )
    return _made(Polymer, e, comonomer=comonomer, comonomer_mole_fraction=x)  # type: ignore[no-any-return]


def _keys(kind: str) -> tuple[str, ...]:
    return tuple(k for k, e in entries().items() if e.kind == kind)


def liquids() -> tuple[str, ...]:
    """Keys of all liquids."""
    return _keys("liquid")


def polymers() -> tuple[str, ...]:
    """Keys of all vinylidene fluoride polymers."""
    return _keys("polymer")


def resins() -> tuple[str, ...]:
    """Keys of all miscible resins."""
    return _keys("resin")


KINETIC = ("N_tot_m3", "l_mean_m", "N_het_m3", "G0_m_s", "Kg_K2")


@dataclass(frozen=True)
class Pair:
    """The interaction of two substances, usually polymer and liquid; see :func:`pair`.

    Attributes:
        first, second: keys (polymer or resin first; of a mixture, ``second`` lists the liquids).
        reference_volume_m3_mol: the molar volume of a lattice site on which chi is based: that of the liquid at 298.15 K
            (of the resin's repeat unit for polymer-resin, of the harmonic mean for liquid-liquid).
        chi_A, chi_B_K: chi(T) = chi_A + chi_B_K / T.
        values: crystal_exclusion and the parameters of nucleation and growth, where the first is a VDF polymer.
    """

    first: str
    second: str
    reference_volume_m3_mol: Sourced
    chi_A: Sourced
    chi_B_K: Sourced
    values: Mapping[str, Sourced] = dataclasses.field(default_factory=dict)

    def chi(self, temperature_K: Any) -> Sourced:
        """Flory-Huggins chi per site of ``reference_volume_m3_mol`` [-]; A and B taken as independent in the uncertainty."""
        T = np.asarray(temperature_K, dtype=float)
        value: Any = float(self.chi_A) + float(self.chi_B_K) / T
        spread: Any = np.hypot(float(self.chi_A.uncertainty), float(self.chi_B_K.uncertainty) / T)
        if T.ndim == 0:
            value, spread = float(value), float(spread)
        source = joined(self.chi_A.source, self.chi_B_K.source)
        note = "; ".join(dict.fromkeys(n for n in (self.chi_A.note, self.chi_B_K.note) if n))
        return Sourced(value, spread, "1", source, note, worst(self.chi_A.method, self.chi_B_K.method))

    def _value(self, quantity: str) -> Sourced:
        if quantity not in self.values:
            raise TableError(
                f"tables.pair({self.first}, {self.second})",
                f"has no {quantity}",
                "pairs with a VDF polymer",
                "",
            )
        return self.values[quantity]

    @property
    def crystal_exclusion(self) -> Sourced:
        """How strongly the crystal rejects this liquid [kT per lattice site]; 0 = the crystallizing gel holds its solvent."""
        return self._value("crystal_exclusion")

    @property
    def N_tot_m3(self) -> Sourced:
        """Number density of crystallites before dissolution, per volume of solution [1/m3]."""
        return self._value("N_tot_m3")

    @property
    def l_mean_m(self) -> Sourced:
        """Mean of the exponential distribution of crystallite thickness [m]."""
        return self._value("l_mean_m")

    @property
    def N_het_m3(self) -> Sourced:
        """Number density of heterogeneous nuclei that no heat erases [1/m3]."""
        return self._value("N_het_m3")

    @property
    def G0_m_s(self) -> Sourced:
        """Prefactor of the growth rate [m/s]."""
        return self._value("G0_m_s")

    @property
    def Kg_K2(self) -> Sourced:
        """Nucleation constant of growth (Lauritzen-Hoffman) [K2]."""
        return self._value("Kg_K2")


def _any(name: str) -> tuple[Entry, Any]:
    e = resolve(name, ("polymer", "resin", "liquid"), "pair")
    if e.kind == "polymer":
        return e, polymer(e.key)
    return e, resin(e.key) if e.kind == "resin" else liquid(e.key)


def _reference_volume(thing: Any) -> Sourced:
    if isinstance(thing, Liquid):
        return thing.reference_volume_m3_mol
    volume: Sourced = thing.unit_volume_m3_mol(298.15)
    return volume


def _hansen_distance_Pa(a: Any, b: Any) -> tuple[float, str]:
    """Squared Hansen distance 4 (d dD)^2 + (d dP)^2 + (d dH)^2 [Pa] and its sources."""
    p, q = a.hansen_Pa05, b.hansen_Pa05
    squares = [(float(x) - float(y)) ** 2 for x, y in zip(p, q, strict=True)]
    return 4 * squares[0] + squares[1] + squares[2], joined(
        *(s.source for s in (*p, *q)), "hansen2007", "lindvig2002"
    )


def pair(first: str | Polymer, second: str) -> Pair:
    """Interaction of polymer and liquid (or polymer-resin, resin-liquid, liquid-liquid): overrides of the table, else defaults.

    Default: chi = 0.34 + alpha V1 Ra^2 / (4 R T) from Hansen parameters at 298 K, alpha = 0.6, V1 the molar volume of the
    liquid; without the 0.34 between two liquids or two polymers. Uncertainty: 0.1 on the entropic part and alpha +- 0.2.
    Values of nucleation, growth and crystal exclusion fall back from the pair to the chemical class of the liquid, then to the
    polymer; which of them it was stands in ``method`` and ``note``.

    Limitations: Hansen distances do not tell percolation solvents from sphere-forming ones (convenience: no better theory at
    hand); chi does not depend on concentration (by choice). Copolymers take the rows of PVDF where they have none.

    Reference: Lindvig, Michelsen and Kontogeorgis (2002), eq. 10; Hansen (2007).
    """
    if isinstance(first, Polymer):
        a, A = entries()[first.key], first
    else:
        a, A = _any(first)
    b, B = _any(second)
    order = {"polymer": 0, "resin": 1, "liquid": 2}
    if order[a.kind] > order[b.kind]:
        a, A, b, B = b, B, a, A
    chi_A, chi_B, volume = _chi(a, A, b, B)
    values: dict[str, Sourced] = {}
    if a.kind == "polymer" and b.kind == "liquid":
        for quantity in ("crystal_exclusion", *KINETIC):
            values[quantity] = _with_fallback(quantity, a.key, b)
    return Pair(a.key, b.key, volume, chi_A, chi_B, values)


def _with_fallback(quantity: str, key: str, other: Entry) -> Sourced:
    for who in dict.fromkeys((key, "PVDF")):
        for what in (other.key, f"class:{other.chemical_class}", "*"):
            if known(quantity, f"{who}|{what}"):
                s = scalar(quantity, f"{who}|{what}")
                if who != key:
                    s = dataclasses.replace(
                        s,
                        uncertainty=1.5 * s.uncertainty,
                        method="default",
                        note=f"as PVDF; {s.note}".rstrip("; "),
                    )
                return s
    raise TableError(f"tables.pair({key}, {other.key})", f"no {quantity}", "", "add a row to pairs.csv")


def _chi(a: Entry, A: Any, b: Entry, B: Any) -> tuple[Sourced, Sourced, Sourced]:
    V = _reference_volume(B)
    if b.kind == a.kind:
        Va = _reference_volume(A)
        V = _combined(2.0 / (1.0 / float(Va) + 1.0 / float(V)), 0.05, "m3/mol", (Va, V))
    for who in dict.fromkeys((a.key, "PVDF" if a.kind == "polymer" else a.key)):
        for key in (f"{who}|{b.key}", f"{b.key}|{who}"):
            if known("chi_A", key) and known("chi_B_K", key):
                chi_A, chi_B = scalar("chi_A", key), scalar("chi_B_K", key)
                if who != a.key:
                    chi_A, chi_B = (
                        dataclasses.replace(
                            s, uncertainty=1.5 * s.uncertainty + 0.05 * abs(s.value), method="default"
                        )
                        for s in (chi_A, chi_B)
                    )
                return chi_A, chi_B, V
    distance, source = _hansen_distance_Pa(A, B)
    solution = b.kind == "liquid" and a.kind != "liquid"
    entropic = constants.CHI_ENTROPIC if solution else 0.0
    slope = constants.HANSEN_ALPHA * float(V) * distance / (4 * R)
    note = "default from Hansen parameters"
    chi_A = Sourced(entropic, 0.1 if solution else 0.05, "1", "flory1953;lindvig2002", note, "estimate")
    # alpha 0.6 +- 0.2, and 10 K for distances near zero whose own error (1 MPa^0.5 in each parameter) then rules.
    chi_B = Sourced(slope, slope / 3.0 + 10.0, "K", source, note, "estimate")
    return chi_A, chi_B, V


def mixture(first: str | Polymer, volume_fractions: Mapping[str, float]) -> Pair:
    """Interaction of a polymer with a mixed solvent, as if it were one liquid.

    chi_mix = sum_i y_i chi_i V0/V_i - sum_(i<j) y_i y_j chi_ij V0/V_ij, with y the volume fractions within the solvent, each
    chi based on its own reference volume V, and V0 = 1 / sum_i (y_i/V_i) the mean volume of a solvent molecule (A and B
    combine alike, term by term). Crystal exclusion and ln of the kinetic parameters are means weighted with y.

    Args:
        first: polymer or resin.
        volume_fractions: of each liquid in the solvent (scaled to sum 1).

    Limitations (by choice): one solvent with fixed composition; that the phases differ in solvent composition, or that the
    solvents demix between themselves, needs the ternary treatment.
    """
    total = sum(volume_fractions.values())
    if not volume_fractions or min(volume_fractions.values()) < 0 or not total > 0:
        raise TableError(
            "tables.mixture", f"volume fractions {dict(volume_fractions)}", "not negative, sum above 0", ""
        )
    y: dict[str, float] = {}
    for name, share in volume_fractions.items():
        key = liquid(name).key
        y[key] = y.get(key, 0.0) + share / total
    pairs = {k: pair(first, k) for k in y}
    if len(y) == 1:
        return next(iter(pairs.values()))
    V0 = 1.0 / sum(share / float(pairs[k].reference_volume_m3_mol) for k, share in y.items())
    terms = [(share * V0 / float(pairs[k].reference_volume_m3_mol), pairs[k]) for k, share in y.items()]
    keys = list(y)
    for i, k in enumerate(keys):
        for other in keys[i + 1 :]:
            p = pair(k, other)
            terms.append((-y[k] * y[other] * V0 / float(p.reference_volume_m3_mol), p))
    combined = []
    for field_name, unit in (("chi_A", "1"), ("chi_B_K", "K")):
        parts = [(w, getattr(p, field_name)) for w, p in terms]
        value = sum(w * float(s) for w, s in parts)
        spread = math.sqrt(sum((w * float(s.uncertainty)) ** 2 for w, s in parts))
        source = joined(*(s.source for _, s in parts))
        combined.append(
            Sourced(
                value,
                spread,
                unit,
                source,
                "combined by volume fractions",
                worst(*(s.method for _, s in parts)),
            )
        )
    values: dict[str, Sourced] = {}
    for quantity in ("crystal_exclusion", *KINETIC):
        parts = [(y[k], pairs[k].values[quantity]) for k in y if quantity in pairs[k].values]
        if len(parts) < len(y):
            continue
        if quantity == "crystal_exclusion":
            value = sum(w * float(s) for w, s in parts)
            spread = sum(w * float(s.uncertainty) for w, s in parts)
        else:
            value = math.exp(sum(w * math.log(float(s)) for w, s in parts))
            spread = value * sum(w * float(s.uncertainty) / float(s) for w, s in parts)
        source = joined(*(s.source for _, s in parts))
        how = worst(*(s.method for _, s in parts))
        values[quantity] = Sourced(
            value, spread, parts[0][1].unit, source, "mean over the mixed solvent", how
        )
    volume = _combined(V0, 0.02, "m3/mol", tuple(p.reference_volume_m3_mol for p in pairs.values()))
    name = next(iter(pairs.values())).first
    return Pair(
        name, "+".join(f"{k}:{share:.4g}" for k, share in y.items()), volume, combined[0], combined[1], values
    )


def electrolyte_conductivity_S_m(temperature_K: Any) -> Sourced:
    """Bulk conductivity of 1 mol/L LiBF4 in ethylene carbonate + propylene carbonate 1:1 by volume [S/m]."""
    return curve("conductivity", "LIBF4-EC-PC")(temperature_K)


def substances_with(quantity: str) -> tuple[str, ...]:
    """Keys of all substances for which a quantity is tabulated."""
    return tuple(sorted(k for q, k in rows() if q == quantity))
