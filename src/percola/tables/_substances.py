"""Liquids, media, resins and polymers as objects whose attributes are looked up in the tables."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from percola.errors import TableError
from percola.tables import constants
from percola.tables._curve import Sourced, curve, joined, scalar, worst
from percola.tables._read import Entry, entries, resolve

R = constants.R_J_MOL_K


def combined_value(
    value: Any, relative: Any, unit: str, parts: tuple[Sourced, ...], note: str = "", method: str = ""
) -> Sourced:
    """A value computed from others: sources joined, method the worst of theirs (at best ``derived``)."""
    how = method or worst("derived", *(p.method for p in parts))
    notes = "; ".join(dict.fromkeys(n for n in (note, *(p.note for p in parts)) if n))
    return Sourced(value, relative * np.abs(value), unit, joined(*(p.source for p in parts)), notes, how)


def relative(s: Sourced) -> Any:
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
        spread = np.sqrt(relative(k) ** 2 + relative(rho) ** 2 + relative(c) ** 2)
        return combined_value(k.value / (rho.value * c.value), spread, "m2/s", (k, rho, c))


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
        spread = np.sqrt(relative(eta) ** 2 + relative(c) ** 2 + relative(k) ** 2)
        return combined_value(eta.value * c.value / k.value, spread, "1", (eta, c, k))

    def expansion_coefficient_1_K(self, temperature_K: Any) -> Sourced:
        """Volumetric expansion coefficient, -(d rho/dT)/rho [1/K], by differences over 10 K."""
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
        return combined_value(shaped, 0.1, "1/K", (lower, upper))


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
    def glass_transition_K(self) -> Sourced:
        """Glass transition temperature of the supercooled liquid [K]; two thirds of the melting point where none is known."""
        return scalar("glass_transition", self.key)

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
        return combined_value(M.value / rho.value, relative(rho), "m3/mol", (M, rho))

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
        spread = 0.5 * np.sqrt(relative(k) ** 2 + relative(rho) ** 2 + relative(c) ** 2)
        return combined_value(np.sqrt(k.value * rho.value * c.value), spread, "W s^0.5/(m2 K)", (k, rho, c))


@dataclass(frozen=True)
class Resin(Substance):
    """A thermoplastic resin miscible with PVDF (paragraph 64), amorphous or molten; see :func:`resin`."""

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
        return combined_value(M.value / rho.value, relative(rho), "m3/mol", (M, rho))


@dataclass(frozen=True)
class Polymer(Resin):
    """A vinylidene fluoride homopolymer or copolymer (paragraph 47); see :func:`polymer`.

    Copolymers are estimated from the homopolymer and the comonomer: repeat unit by mole fractions, amorphous
        volume additive, crystals of VDF alone. ``density_kg_m3`` is that of the amorphous (molten) polymer.

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
        """Molar volume of the mean repeat unit, amorphous [m3/mol]; additive, with the expansion of PVDF."""
        M, rho = self._scalar("repeat_unit_molar_mass"), curve("density", "PVDF")(temperature_K)
        own = combined_value(M.value / rho.value, relative(rho), "m3/mol", (M, rho))
        x = self.comonomer_mole_fraction
        if not x:
            return own
        at_25 = float(M) / float(curve("density", "PVDF")(298.15))
        other = scalar("amorphous_unit_volume", self.comonomer)
        value = own.value * (1 - x + x * float(other) / at_25)
        return combined_value(
            value, relative(own) + x * relative(other), "m3/mol", (own, other), method="estimate"
        )

    def unit_volume_m3_mol(self, temperature_K: Any) -> Sourced:
        """Same as :meth:`amorphous_unit_volume_m3_mol`."""
        return self.amorphous_unit_volume_m3_mol(temperature_K)

    def density_kg_m3(self, temperature_K: Any) -> Sourced:
        """Density of the amorphous (molten) polymer [kg/m3]."""
        V, M = self.amorphous_unit_volume_m3_mol(temperature_K), self.repeat_unit_molar_mass_kg_mol
        how = "estimate" if self.comonomer_mole_fraction else V.method
        return combined_value(M.value / V.value, relative(V), "kg/m3", (M, V), method=how)

    @property
    def crystal_density_kg_m3(self) -> Sourced:
        """Density of the alpha crystal [kg/m3]; of copolymers too, as the comonomer stays outside."""
        return self._scalar("crystal_density")

    def solid_density_kg_m3(self, crystallinity: Any, temperature_K: Any = 298.15) -> Sourced:
        """Density of the semicrystalline solid, 1/rho = X/rho_c + (1-X)/rho_a with X by mass [kg/m3]."""
        X = np.asarray(crystallinity, dtype=float)
        if np.any((X < 0) | (X > 1)):
            raise TableError("tables, solid_density", f"crystallinity {crystallinity}", "0 to 1", "")
        a, c = self.density_kg_m3(temperature_K), self.crystal_density_kg_m3
        value: Any = 1.0 / (X / c.value + (1 - X) / a.value)
        value = float(value) if np.ndim(value) == 0 else value
        return combined_value(value, np.maximum(relative(a), relative(c)), "kg/m3", (a, c))

    @property
    def equilibrium_melting_temperature_K(self) -> Sourced:
        r"""Melting temperature of the infinite crystal [K].

        Copolymers: 1/Tm = 1/Tm0 - (R/dHu) ln(1 - e x) with x the mole fraction of comonomer and e its share
            that the crystal excludes (Flory 1955). Limitation (of the theory): finite crystals of copolymers
            melt lower still.
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
        return combined_value(dH.value / M.value, relative(dH), "J/kg", (dH, M))

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
        """Hansen solubility parameters at 298.15 K [Pa^0.5]; copolymers by volume fractions of the units."""
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
    """The liquid of this name, abbreviation, synonym or CAS number; case, spaces and hyphens do not matter.

    Raises:
        TableError: unknown, with the nearest names.

    Example:
        >>> liquid("γ-Butyrolactone").key
        'GBL'
    """
    return _made(Liquid, resolve(name, ("liquid",), "liquid"))


@lru_cache(maxsize=512)
def medium(name: str) -> Medium:
    """What heats or cools, by name: a liquid, ``"air"``, or the metal of rolls and presses (``"steel"``)."""
    e = resolve(name, ("gas", "solid", "liquid"), "medium")
    return _made(Medium, e, kind=e.kind)


@lru_cache(maxsize=512)
def resin(name: str) -> Resin:
    """The miscible resin of this name (paragraph 64)."""
    return _made(Resin, resolve(name, ("resin",), "resin"))


@lru_cache(maxsize=512)
def polymer(name: str, comonomer_mole_fraction: float | None = None) -> Polymer:
    """The vinylidene fluoride polymer of this name; copolymers with their content of comonomer.

    Args:
        name: e.g. ``"PVDF"``, ``"P(VDF-HFP)"``.
        comonomer_mole_fraction: mole fraction of comonomer [-], 0 to 0.5; where None, the usual one of the
            table.
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
        return _made(Polymer, e)
    x = (
        float(scalar("usual_mole_fraction", comonomer))
        if comonomer_mole_fraction is None
        else comonomer_mole_fraction
    )
    if not 0.0 <= x <= 0.5:
        raise TableError(
            "tables.polymer", f"comonomer_mole_fraction {x}", "0 to 0.5", "VDF must be the main monomer"
        )
    return _made(Polymer, e, comonomer=comonomer, comonomer_mole_fraction=x)


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
