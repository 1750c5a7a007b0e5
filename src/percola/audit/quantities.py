"""What the rules compare: quantities of one specimen, each an interval (printed digits) and a standard deviation
(sourced properties), or the reason why it cannot be had."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from percola import tables
from percola.audit.fields import SHOWN, fields, shown, shown_range
from percola.audit.interval import PI, Interval
from percola.audit.specimens import ReportedSpecimen
from percola.errors import TableError

ROOM_K = 298.15
# Trouton's rule: heat of vaporization over boiling point, 88 J/(mol K) = 10.6 R; good to a tenth for the liquids here.
TROUTON = 10.6
TROUTON_SPREAD = 0.1
# d = 4 cos(theta) gamma / p of the capillary, and 2.86 gamma / p of ASTM F316 (constant 2860 with um, mN/m and Pa).
CAPILLARY, F316 = 4.0, 2.86
F316_OVER_CAPILLARY = Fraction(715, 1000)


@dataclass(frozen=True)
class Estimate:
    """A number with what is open about it.

    Attributes:
        interval: what the printed digits allow [SI].
        sigma: one standard deviation of the sourced properties in it [SI].
        kind: kind of quantity.
        note: how it was got, where it is not a reported number.
    """

    interval: Interval
    sigma: float
    kind: str
    note: str = ""

    @property
    def value(self) -> float:
        """The number in the middle."""
        return self.interval.middle

    def __str__(self) -> str:
        low, high = (float(v) for v in (self.interval.low, self.interval.high))
        text = shown(self.value, self.kind)
        if self.kind != "temperature":
            text = shown_range(self.value, low, high, self.kind)
        if self.sigma:
            spread = shown(self.sigma, self.kind, 2) if self.kind != "temperature" else f"{self.sigma:.2g} K"
            text += f", 1 σ {spread}"
        return text

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "value": self.value,
            "low": float(self.interval.low),
            "high": float(self.interval.high),
            "sigma": self.sigma,
            "unit": SHOWN[self.kind][0],
            "kind": self.kind,
            "note": self.note,
        }


@dataclass(frozen=True)
class Missing:
    """Why a quantity cannot be had."""

    words: str


Quantity = Callable[[ReportedSpecimen, Mapping[str, ReportedSpecimen]], Estimate | Missing]


def clearly_above(a: Estimate, b: Estimate, sigmas: float) -> bool:
    """Whether a lies above b beyond all printed digits and that many standard deviations."""
    return float(a.interval.low - b.interval.high) > sigmas * math.hypot(a.sigma, b.sigma)


@lru_cache(maxsize=256)
def liquid_of(name: str) -> Any:
    """The liquid of the tables that a printed name means, or None."""
    plain = re.sub(r"\(.*?\)", "", name).strip()
    plain = re.sub(r"\s+bath$", "", plain, flags=re.I)
    try:
        return tables.liquid(plain)
    except TableError:
        return None


def substance_key(name: str) -> str:
    """One key for all names of a substance; the name itself, in small letters, where the tables do not know it."""
    parts = [p for p in re.split(r"\s*\+\s*", name) if p]
    keys = []
    for part in parts:
        found = liquid_of(part)
        keys.append(found.key if found is not None else re.sub(r"\s+bath$", "", part.strip().lower()))
    return " + ".join(keys)


def _exact(value: float) -> Interval:
    return Interval.exact(Fraction(value))


def estimate_of(s: ReportedSpecimen, key: str) -> Estimate | Missing:
    """A reported number as an estimate."""
    found = s.interval(key)
    f = fields()[key]
    return Estimate(found, 0.0, f.kind) if found is not None else Missing(f.words)


def _needed(s: ReportedSpecimen, *keys: str) -> Missing | None:
    lacking = [fields()[k].words for k in keys if s.interval(k) is None]
    return Missing(", ".join(lacking)) if lacking else None


def _porosity(s: ReportedSpecimen) -> Interval | Missing:
    """The porosity, where one minus it is a share of solid: not above 100 % by any of its digits."""
    found = s.interval("porosity")
    if found is None:
        return Missing(fields()["porosity"].words)
    return found if found.high <= 1 else Missing("a porosity of 0 to 100 %")


def _polymer_density(s: ReportedSpecimen) -> tuple[float, float] | Missing:
    """Density [kg/m3] of the solid polymer at room temperature and its relative standard deviation, with that of its
    crystallinity."""
    name = re.sub(r"\s+homopolymer$", "", s.word("polymer") or "PVDF", flags=re.I)
    try:
        p = tables.polymer(name)
        X, dX = float(p.crystallinity), float(p.crystallinity.uncertainty)
        middle = p.solid_density_kg_m3(X)
        half = (float(p.solid_density_kg_m3(X + dX)) - float(p.solid_density_kg_m3(X - dX))) / 2
    except TableError:
        return Missing(f"the density of {name}")
    return float(middle), math.hypot(float(middle.uncertainty), half) / float(middle)


@dataclass(frozen=True)
class _Liquid:
    part: Interval
    substance: Any


def _removed(s: ReportedSpecimen) -> list[_Liquid] | Missing:
    """Solvents and resin with their parts: what extraction takes out."""
    out = []
    for i in (1, 2, 3):
        if not s.word(f"solvent{i}"):
            continue
        part = s.interval(f"solvent{i}_parts")
        if part is None:
            return Missing(f"parts of {s.word(f'solvent{i}')}")
        found = liquid_of(s.word(f"solvent{i}"))
        if found is None:
            return Missing(f"the density of {s.word(f'solvent{i}')}")
        out.append(_Liquid(part, found))
    if not out:
        return Missing("solvent")
    if s.word("resin"):
        part = s.interval("resin_parts")
        if part is None:
            return Missing("parts of the resin")
        try:
            name = s.word("resin")
            out.append(_Liquid(part, tables.resin("PMMA" if name.upper().startswith("PMMA") else name)))
        except TableError:
            return Missing(f"the density of {s.word('resin')}")
    return out


@dataclass(frozen=True)
class _Volumes:
    """Volumes of what a solution is made of, in one unit [m3 per part of weight in kg].

    Attributes:
        polymer: parts of polymer.
        removed: volume of what is extracted.
        removed_spread: its relative standard deviation.
        solid: specific volume [m3/kg] of the solid polymer at room temperature, and its relative standard deviation.
    """

    polymer: Interval
    removed: Interval
    removed_spread: float
    solid: tuple[float, float]


def _volumes(s: ReportedSpecimen, temperature_K: float) -> _Volumes | Missing:
    """Solid polymer at room temperature, liquids (and resin) at a temperature [K]."""
    polymer = s.interval("polymer_parts")
    density = _polymer_density(s)
    removed = _removed(s)
    if polymer is None or polymer.low <= 0:
        return Missing("parts of polymer")
    if isinstance(density, Missing):
        return density
    if isinstance(removed, Missing):
        return removed
    volume = Interval.exact(0)
    spread2 = 0.0
    for r in removed:
        try:
            low, high = r.substance.temperature_range_K("density")
            rho = r.substance.density_kg_m3(min(max(temperature_K, low), high))
        except TableError:
            return Missing(f"the density of {r.substance.name}")
        volume = volume + r.part.scaled(1 / Fraction(float(rho)))
        spread2 += (r.part.middle / float(rho)) ** 2 * (float(rho.uncertainty) / float(rho)) ** 2
    if volume.low <= 0:
        return Missing("parts of solvent above zero")
    return _Volumes(polymer, volume, math.sqrt(spread2) / volume.middle, (1 / density[0], density[1]))


def _removed_fraction(s: ReportedSpecimen, temperature_K: float) -> Estimate | Missing:
    """Volume fraction of what is extracted: solid polymer at room temperature, liquids at a temperature [K]."""
    v = _volumes(s, temperature_K)
    if isinstance(v, Missing):
        return v
    # 1/(1 + V_p/V_s): each printed number stands in it once.
    share = v.polymer.scaled(Fraction(v.solid[0])) / v.removed
    fraction = Interval(1 / (1 + share.high), 1 / (1 + share.low))
    middle = fraction.middle
    sigma = middle * (1 - middle) * math.hypot(v.solid[1], v.removed_spread)
    return Estimate(fraction, sigma, "fraction", "volume fraction of what is extracted")


def _hot_fraction(s: ReportedSpecimen, temperature_K: float) -> Estimate | Missing:
    """Void left where the solid polymer stays in the volume that the hot solution had, 1 - V_solid/(V_removed + V_melt).

    The hot solution holds molten polymer, which is wider than the solid of room temperature: both give the void room.
    """
    v = _volumes(s, temperature_K)
    if isinstance(v, Missing):
        return v
    name = re.sub(r"\s+homopolymer$", "", s.word("polymer") or "PVDF", flags=re.I)
    try:
        p = tables.polymer(name)
        low, high = p.temperature_range_K("density")
        melt = p.density_kg_m3(min(max(temperature_K, low), high))
    except TableError:
        return Missing(f"the density of molten {name}")
    # 1 - a/(V_s/w_p + b), a and b the specific volumes of solid and melt: each printed number stands in it once.
    a, b = Fraction(v.solid[0]), 1 / Fraction(float(melt))
    room = (v.removed / v.polymer).scaled(1, b)
    fraction = Interval(1 - a / room.low, 1 - a / room.high)
    wide = room.middle
    sigma = (1 - fraction.middle) * math.hypot(
        v.solid[1],
        (wide - float(b)) / wide * v.removed_spread,
        float(b) / wide * float(melt.uncertainty) / float(melt),
    )
    return Estimate(fraction, sigma, "fraction", "void in the volume of the hot solution")


def _stretch(s: ReportedSpecimen) -> Interval | Missing:
    """Length after stretching over length before."""
    if not s.stretched:
        return Interval.exact(1)
    strain = s.interval("stretching_residual_strain")
    return Missing(fields()["stretching_residual_strain"].words) if strain is None else strain.scaled(1, 1)


def _void_possible(s: ReportedSpecimen, fraction: Estimate | Missing) -> Estimate | Missing:
    stretch = _stretch(s)
    if isinstance(fraction, Missing):
        return fraction
    if isinstance(stretch, Missing):
        return stretch
    solid = Interval(1 - fraction.interval.high, 1 - fraction.interval.low) / stretch
    return Estimate(
        Interval(1 - solid.high, 1 - solid.low), fraction.sigma / stretch.middle, "fraction", fraction.note
    )


def void_possible(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Largest porosity without swelling: all that is extracted leaves its volume at 25 °C, stretching opens the rest."""
    return _void_possible(s, _removed_fraction(s, ROOM_K))


def void_possible_hot(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """The same with the volume of the solution at the dissolution temperature: hot solvent and molten polymer."""
    temperature = s.interval("dissolution_temperature") or s.interval("kneading_temperature")
    if temperature is None:
        return Missing(fields()["dissolution_temperature"].words)
    return _void_possible(s, _hot_fraction(s, float(temperature.high)))


def pore_quotient(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Maximum over average pore size, from their printed digits."""
    lacking = _needed(s, "maximum_pore_size", "average_pore_size")
    high, mean = s.interval("maximum_pore_size"), s.interval("average_pore_size")
    if lacking or high is None or mean is None or mean.low <= 0:
        return lacking or Missing("an average pore size above zero")
    return Estimate(high / mean, 0.0, "number", "maximum over average pore size")


def cut_digits(s: ReportedSpecimen, key: str) -> Interval | None:
    """All numbers [SI] that give the printed one where digits were cut off in place of rounded."""
    found, rounded = s.get(key), s.interval(key)
    if found is None or rounded is None:
        return None
    # Rounding allows half a unit of the last digit upward; cutting a whole one, and none downward.
    middle = Fraction(float(found.value))
    return Interval(middle, max(middle, 2 * rounded.high - middle))


def wall_of_diameters(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Half the difference of the diameters."""
    inner, outer = s.interval("inside_diameter"), s.interval("outside_diameter")
    if inner is None or outer is None:
        return Missing("inside and outside diameter")
    return Estimate(
        (outer - inner).scaled(Fraction(1, 2)), 0.0, "length", "half the difference of the diameters"
    )


def _share(s: ReportedSpecimen, wanted: str) -> Estimate | Missing:
    parts = {
        k: s.interval(k) for k in ("polymer_parts", "resin_parts", *(f"solvent{i}_parts" for i in (1, 2, 3)))
    }
    chosen = [v for k, v in parts.items() if v is not None and k.startswith(wanted)]
    rest = [v for k, v in parts.items() if v is not None and not k.startswith(wanted)]
    if parts["polymer_parts"] is None or parts["solvent1_parts"] is None or not chosen:
        return Missing("parts by weight")
    top, other = sum(chosen[1:], chosen[0]), sum(rest[1:], rest[0])
    if top.low <= 0:
        return Missing("parts above zero")
    ratio = other / top
    return Estimate(Interval(1 / (1 + ratio.high), 1 / (1 + ratio.low)), 0.0, "fraction", "from the parts")


def polymer_of_parts(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Weight share of the polymer, from the parts."""
    return _share(s, "polymer")


def solvent_of_parts(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Weight share of the solvents, from the parts."""
    return _share(s, "solvent")


def resin_of_parts(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Weight share of the resin, from the parts."""
    return _share(s, "resin")


def flow_length(s: ReportedSpecimen, area: str) -> Interval | Missing:
    """Wall over area, referred to one surface [m]: t of a sheet, r ln(r_o/r_i) of a tube with r of the surface asked for."""
    inner, outer = s.interval("inside_diameter"), s.interval("outside_diameter")
    if inner is not None and outer is not None:
        if inner.low <= 0 or outer.low <= inner.high:
            return Missing("an outside diameter above the inside diameter")
        if area == "mean":
            return (outer - inner).scaled(Fraction(1, 2))

        def at(d_in: Fraction, d_out: Fraction) -> Interval:
            own = d_in if area == "inner" else d_out
            return Interval.exact(own / 2) * Interval.exact(d_out / d_in).log()

        # Concave in the inside diameter and rising with the outside one (inner), the other way about (outer): lowest at a
        # corner. The highest may lie between corners where the ratio passes e; it is not needed beyond them by more than
        # the second order, and the lowest alone enters the bounds.
        corners = [at(a, b) for a in (inner.low, inner.high) for b in (outer.low, outer.high)]
        return Interval(min(c.low for c in corners), max(c.high for c in corners))
    if s.hollow:
        return Missing("inside and outside diameter")
    wall = s.interval("wall_thickness") or s.interval("thickness")
    return wall if wall is not None and wall.low > 0 else Missing(fields()["thickness"].words)


def _largest_pore(s: ReportedSpecimen) -> Interval | Missing:
    largest = s.interval("maximum_pore_size")
    if largest is not None:
        return largest
    mean = s.interval("average_pore_size")
    ratio = s.get("pore_size_ratio")
    if mean is not None and ratio is not None and ratio.interval is not None:
        return mean * Interval.exact(ratio.interval.high)
    return Missing(fields()["maximum_pore_size"].words)


def poiseuille(s: ReportedSpecimen, pore: Interval | Missing, area: str) -> Estimate | Missing:
    """Permeance of parallel straight capillaries, J/dp = eps d2 / (32 eta L) [m/(s Pa)], of water at 25 °C."""
    porosity, length = _porosity(s), flow_length(s, area)
    if isinstance(porosity, Missing):
        return porosity
    if isinstance(pore, Missing):
        return pore
    if isinstance(length, Missing):
        return length
    eta = tables.liquid("WATER").viscosity_Pa_s(ROOM_K)
    flux = porosity * pore.square() / length.scaled(32 * Fraction(float(eta)))
    sigma = flux.middle * float(eta.uncertainty) / float(eta)
    return Estimate(flux, sigma, "permeability", f"straight capillaries, {area} area")


def area_of(s: ReportedSpecimen) -> str:
    """The surface that a flux refers to: as reported, else the inner one, which allows most."""
    word = s.word("flux_area").lower()
    return word if word in ("inner", "outer", "mean") else "inner"


def capillary(pore: Interval | Missing) -> Interval | Missing:
    """The capillary of a pore size by ASTM F316: its constant is 0.715 of Young and Laplace's, so it is that much wider.

    Sizes by Young and Laplace's constant are the capillary itself; where a table does not say which constant it used, the
    wider one is the bound that holds in both cases.
    """
    return pore if isinstance(pore, Missing) else pore.scaled(1 / F316_OVER_CAPILLARY)


def _average(s: ReportedSpecimen) -> Interval | Missing:
    pore = s.interval("average_pore_size")
    return pore if pore is not None else Missing(fields()["average_pore_size"].words)


def poiseuille_average(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Bound with all pores of the average size, as the capillaries that F316's constant stands for."""
    return poiseuille(s, capillary(_average(s)), area_of(s))


def poiseuille_average_as_printed(
    s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]
) -> Estimate | Missing:
    """Bound with all pores capillaries of the average size as it is printed."""
    return poiseuille(s, _average(s), area_of(s))


def poiseuille_maximum(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Bound with all pores of the maximum size, as the capillaries that F316's constant stands for."""
    return poiseuille(s, capillary(_largest_pore(s)), area_of(s))


def _bubble_pore(s: ReportedSpecimen, factors: tuple[float, float]) -> Estimate | Missing:
    pressure = s.interval("bubble_point")
    if pressure is None or pressure.low <= 0:
        return Missing(fields()["bubble_point"].words)
    wet = liquid_of(s.word("wetting_liquid") or "ethanol")
    if wet is None:
        return Missing(f"the surface tension of {s.word('wetting_liquid')}")
    try:
        tension = wet.surface_tension_N_m(ROOM_K)
    except TableError:
        return Missing(f"the surface tension of {wet.name}")
    low, high = (Interval.exact(Fraction(f * float(tension))) / pressure for f in factors)
    both = Interval(low.low, high.high)
    return Estimate(both, both.middle * float(tension.uncertainty) / float(tension), "length", wet.name)


def bubble_pore_either(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Maximum pore of the bubble point, by the constant of F316 or of the round capillary."""
    return _bubble_pore(s, (F316, CAPILLARY))


def bubble_pore_f316(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Maximum pore of the bubble point by the constant of F316."""
    return _bubble_pore(s, (F316, F316))


def _solid_section(s: ReportedSpecimen) -> Interval | Missing:
    """Area of polymer in the section of a hollow fibre [m2]."""
    inner, outer, porosity = s.interval("inside_diameter"), s.interval("outside_diameter"), _porosity(s)
    if isinstance(porosity, Missing):
        return porosity
    if inner is None or outer is None:
        return Missing("inside and outside diameter")
    ring = outer.square() - inner.square()
    if ring.low <= 0 or porosity.high >= 1:
        return Missing("an outside diameter above the inside diameter")
    solid = Interval(1 - porosity.high, 1 - porosity.low)
    return (Interval(PI[0], PI[1]).scaled(Fraction(1, 4)) * ring) * solid


def stretch_stated(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """1 + residual strain, of a stretched specimen."""
    strain = s.interval("stretching_residual_strain")
    if not s.stretched or strain is None:
        return Missing("a stretching with its residual strain")
    return Estimate(strain.scaled(1, 1), 0.0, "number", "1 + residual strain")


def base_name(s: ReportedSpecimen) -> str:
    """Name of the specimen whose process is repeated; ``"Ex15 membrane"`` and ``"Ex9 (as printed)"`` name Ex15 and Ex9."""
    plain = re.sub(r"\(.*?\)", "", s.word("repeats")).strip()
    return re.sub(r"\s+(gel|membrane|film|fibre|fiber)$", "", plain, flags=re.I)


def base_of(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> ReportedSpecimen | None:
    """The specimen whose process is repeated, or None."""
    return book.get(base_name(s))


def same_before_stretching(
    s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]
) -> ReportedSpecimen | None:
    """The unstretched specimen of the same recipe that this one repeats, or None."""
    base = base_of(s, book)
    if base is None or base.stretched or not s.stretched:
        return None
    same = [
        k
        for k, f in fields().items()
        if f.role == "recipe" and not k.startswith(("stretch", "draw", "elongation"))
    ]
    return base if all(recipe_word(s, k) == recipe_word(base, k) for k in same) else None


def recipe_word(s: ReportedSpecimen, key: str) -> Any:
    """A recipe field in a form that compares: number, or substance key, or word in small letters."""
    found = s.get(key)
    if found is None:
        return None
    if isinstance(found.value, str):
        return substance_key(found.value) if key != "stretch" else found.value.lower().strip()
    return found.value


def stretch_implied(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Length after over before stretching that keeps the polymer's volume: A_0 (1 - eps_0) / (A (1 - eps))."""
    base = same_before_stretching(s, book)
    if base is None:
        return Missing("the unstretched specimen of the same recipe")
    before, after = _solid_section(base), _solid_section(s)
    if isinstance(before, Missing):
        return before
    if isinstance(after, Missing):
        return after
    # Density of the polymer: crystallinity may shift by 0.08 on stretching, 1.1 % of the volume.
    ratio = before / after
    return Estimate(
        ratio, 0.011 * ratio.middle, "number", "from diameters and porosities, volume of polymer kept"
    )


def stretch_imposed(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Elongation in stretching."""
    elongation, ratio = s.interval("elongation"), s.interval("draw_ratio")
    if elongation is not None:
        return Estimate(elongation, 0.0, "strain")
    if ratio is not None:
        return Estimate(ratio.scaled(1, -1), 0.0, "strain", "draw ratio - 1")
    return Missing("elongation or draw ratio")


def axial_ratio(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Length of dry fibre from a unit length of the die's gap, A_die phi_p / (A (1 - eps)), before any stretching."""
    inner, outer = s.interval("die_inside_diameter"), s.interval("die_outside_diameter")
    if inner is None or outer is None:
        return Missing("dimensions of the die")
    if outer.low <= inner.high:
        return Missing("a die with an outside diameter above the inside diameter")
    return _axial(s, inner, outer)


def axial_ratio_one_die(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """The same with the die exactly as printed: among fibres of one die its error is common to all."""
    inner, outer = s.get("die_inside_diameter"), s.get("die_outside_diameter")
    if inner is None or outer is None or not float(outer.value) > float(inner.value):
        return Missing("dimensions of the die")
    return _axial(s, _exact(float(inner.value)), _exact(float(outer.value)))


def _axial(s: ReportedSpecimen, inner: Interval, outer: Interval) -> Estimate | Missing:
    section, fraction, stretch = _solid_section(s), _removed_fraction(s, ROOM_K), _stretch(s)
    if isinstance(section, Missing):
        return section
    if isinstance(fraction, Missing):
        return fraction
    if isinstance(stretch, Missing):
        return stretch
    polymer = Interval(1 - fraction.interval.high, 1 - fraction.interval.low)
    die = Interval(PI[0], PI[1]).scaled(Fraction(1, 4)) * (outer.square() - inner.square())
    ratio = die * polymer / section / stretch
    return Estimate(
        ratio,
        ratio.middle * fraction.sigma / polymer.middle,
        "number",
        "length of dry fibre over that from the die",
    )


def sheet_area_ratio(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Area of the dry sheet over that of the gel, t_0 phi_p / (t (1 - eps))."""
    gel, dry, porosity = s.interval("gel_thickness"), s.interval("thickness"), _porosity(s)
    fraction = _removed_fraction(s, ROOM_K)
    if s.stretched:
        return Missing("a sheet that was not stretched")
    if isinstance(porosity, Missing):
        return porosity
    if gel is None or dry is None or porosity.high >= 1 or dry.low <= 0:
        return Missing("thickness of the gel, thickness, and a porosity below 100 %")
    if isinstance(fraction, Missing):
        return fraction
    polymer = Interval(1 - fraction.interval.high, 1 - fraction.interval.low)
    ratio = gel * polymer / (dry * Interval(1 - porosity.high, 1 - porosity.low))
    # The thickness of a pressed gel is a target; presses keep it to about a twentieth (our estimate).
    spread = math.hypot(fraction.sigma / polymer.middle, 0.05)
    return Estimate(ratio, ratio.middle * spread, "number", "area of the dry sheet over the gel's")


def hottest(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Highest temperature that the solution sees."""
    found = [
        i
        for k in ("kneading_temperature", "shaping_temperature", "dissolution_temperature")
        if (i := s.interval(k)) is not None
    ]
    if not found:
        return Missing("a process temperature")
    return Estimate(
        max(found, key=lambda i: i.high), 0.0, "temperature", "highest temperature of the process"
    )


def vapour_pressure(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Vapour pressure of the solvents at the highest temperature, by Raoult and Trouton:
    p = sum x_i exp(10.6 (1 - T_b/T)) atm; the polymer lowers it further."""
    top = hottest(s, book)
    removed = _removed(s)
    if isinstance(top, Missing):
        return top
    if isinstance(removed, Missing):
        return removed
    liquids = [r for r in removed if isinstance(r.substance, tables.Liquid)]
    T = float(top.interval.low)
    try:
        moles = [r.part.middle / float(r.substance.molar_mass_kg_mol) for r in liquids]
        points = [r.substance.boiling_point_K for r in liquids]
    except TableError as error:
        return Missing(str(error.where))
    total, spread = 0.0, 0.0
    for n, tb in zip(moles, points, strict=True):
        p = n / sum(moles) * math.exp(TROUTON * (1 - float(tb) / T))
        total += p
        spread += p * math.hypot(
            TROUTON * float(tb.uncertainty) / T, TROUTON * TROUTON_SPREAD * abs(1 - float(tb) / T)
        )
    atm = tables.constants.ATMOSPHERE_PA
    return Estimate(_exact(total * atm), spread * atm, "pressure", "vapour pressure of the solvents")


def one_atmosphere(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """One standard atmosphere."""
    return Estimate(_exact(tables.constants.ATMOSPHERE_PA), 0.0, "pressure")


def _extreme(s: ReportedSpecimen, names: tuple[str, ...], what: str, lowest: bool) -> Estimate | Missing:
    found = []
    for name in names:
        substance = liquid_of(name)
        if substance is None:
            return Missing(f"{what.removesuffix('_K').replace('_', ' ')} of {name}")
        try:
            found.append((substance, getattr(substance, what)))
        except TableError:
            return Missing(f"{what.removesuffix('_K').replace('_', ' ')} of {substance.name}")
    if not found:
        return Missing("a liquid")
    chosen = (min if lowest else max)(found, key=lambda x: float(x[1]))
    return Estimate(_exact(float(chosen[1])), float(chosen[1].uncertainty), "temperature", chosen[0].name)


def lowest_boiling_point(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Lowest boiling point among the solvents."""
    return _extreme(s, s.solvents, "boiling_point_K", True)


def lowest_flash_point(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Lowest flash point among the solvents."""
    return _extreme(s, s.solvents, "flash_point_K", True)


def solvent_melting_point(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Melting point of the solvent; of a single solvent only, since mixtures melt lower."""
    if len(s.solvents) != 1:
        return Missing("a single solvent")
    return _extreme(s, s.solvents, "melting_point_K", False)


def medium_melting_point(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Melting point of the liquid cooling medium; of a single one only."""
    name = re.sub(r"\s+bath$", "", s.word("cooling_medium"), flags=re.I)
    if not name or " + " in name or liquid_of(name) is None:
        return Missing("a liquid cooling medium of the tables")
    return _extreme(s, (name,), "melting_point_K", False)


def cooling(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Temperature of the cooling medium, where it is stated."""
    if s.word("cooling_temperature_stated") == "no":
        return Missing(fields()["cooling_temperature"].words)
    return estimate_of(s, "cooling_temperature")


def cloud_point_and_10(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Cloud point + 10 K."""
    found = s.interval("cloud_point_temperature")
    if found is None:
        return Missing(fields()["cloud_point_temperature"].words)
    return Estimate(found.scaled(1, 10), 0.0, "temperature", "cloud point + 10 K")


def conductivity_bound(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Upper bound of Hashin and Shtrikman on the conductivity of the filled membrane, sigma_0 2 phi / (3 - phi), with the
    share of electrolyte after swelling in thickness."""
    porosity = _porosity(s)
    if isinstance(porosity, Missing):
        return porosity
    bulk = s.interval("electrolyte_conductivity")
    sigma = 0.0
    if bulk is None:
        if not re.search(r"libf4", s.word("electrolyte"), re.I):
            return Missing(fields()["electrolyte_conductivity"].words)
        table = tables.electrolyte_conductivity_S_m(ROOM_K)
        bulk, sigma = _exact(float(table)), float(table.uncertainty) / float(table)
    solid = Interval(1 - porosity.high, 1 - porosity.low)
    dry, wet = s.interval("thickness"), s.interval("electrolyte_support_thickness")
    if dry is not None and wet is not None and wet.low > 0:
        swelling = dry / wet
        solid = Interval(solid.low * min(Fraction(1), swelling.low), solid.high)
    share = Interval(1 - solid.high, 1 - solid.low)
    # 2 phi/(3 - phi) rises with phi.
    factor = Interval(2 * share.low / (3 - share.low), 2 * share.high / (3 - share.high))
    bound = bulk * factor
    return Estimate(bound, sigma * bound.middle, "conductivity", "upper bound of Hashin and Shtrikman")


def strength_bound(s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """Share of solid times the yield stress of dense polymer."""
    porosity = _porosity(s)
    if isinstance(porosity, Missing):
        return porosity
    if s.stretched:
        return Missing("a specimen that was not stretched (drawing strengthens the polymer)")
    dense = tables.polymer("PVDF").yield_stress_Pa
    bound = Interval(1 - porosity.high, 1 - porosity.low).scaled(Fraction(float(dense)))
    return Estimate(
        bound,
        bound.middle * float(dense.uncertainty) / float(dense),
        "pressure",
        "share of solid times yield stress",
    )


QUANTITIES: dict[str, Quantity] = {
    f.__name__: f
    for f in (
        void_possible, void_possible_hot, pore_quotient, wall_of_diameters, polymer_of_parts, solvent_of_parts,
        resin_of_parts, poiseuille_average, poiseuille_average_as_printed, poiseuille_maximum, bubble_pore_either, bubble_pore_f316, stretch_stated,
        stretch_implied, stretch_imposed, axial_ratio, axial_ratio_one_die, sheet_area_ratio, hottest, vapour_pressure, one_atmosphere,
        lowest_boiling_point, lowest_flash_point, solvent_melting_point, medium_melting_point, cooling,
        cloud_point_and_10, conductivity_bound, strength_bound,
    )
}  # fmt: skip


def quantity(name: str, s: ReportedSpecimen, book: Mapping[str, ReportedSpecimen]) -> Estimate | Missing:
    """A quantity by name: one of :data:`QUANTITIES`, or a reported number."""
    return QUANTITIES[name](s, book) if name in QUANTITIES else estimate_of(s, name)
