"""A recipe turned to physics: the solution for :mod:`percola.thermo`, the wall and its cooling for
:mod:`percola.quench`.

Nothing here knows a result of the patent; what the recipe leaves out is taken from
:mod:`percola.recipe.assumed`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from percola import quench, tables
from percola.errors import InputError, PercolaError
from percola.recipe import names
from percola.recipe.assumed import (
    DEFAULT_RESIN_MOLAR_MASS_KG_MOL,
    ROOM_TEMPERATURE_K,
    DEFAULT_AIR_VELOCITY_m_s,
    DEFAULT_ROLL_CONTACT_s,
    cooling_temperature_K,
    hold_s,
    line_speed_m_s,
)
from percola.recipe.model import (
    AirCooling,
    BathCooling,
    Extruder,
    HollowDie,
    InflationDie,
    LiquidPart,
    Polymer,
    PressCooling,
    Recipe,
    RollCooling,
)
from percola.recipe.readings import Context
from percola.recipe.weights import composition, liquid_shares
from percola.units import for_people

if TYPE_CHECKING:
    from percola.thermo.system import Solution, System

# Height or length along which a sheet's film develops: the 10 mm strips to 100 mm sheets of a bench (para.
# 89(8), 91); natural convection goes with its fourth root at most.
SHEET_SIZE_M = 0.05
# Thermal emissivity of a polymer film or oil in air, 0.9 within 0.05 (Incropera et al., table A.11: paints,
# plastics).
EMISSIVITY = 0.9
# A wall thicker than this cannot be a membrane (para. 87: 20 to 1000 um); guards the quench against slips
# of unit.
THICKEST_WALL_M = 0.02


# --- the solution -----------------------------------------------------------------------------------------


def polymer_name(polymer: Polymer) -> str:
    """Name of the polymer in the tables: the homopolymer, or the copolymer of its main comonomer."""
    if not polymer.comonomers:
        return polymer.polymer
    main = max(polymer.comonomers, key=lambda c: c.content.value if c.content is not None else 0.0)
    key = names.comonomer_key(main.monomer)
    named = tables.polymer(polymer.polymer).key
    if key is None or named != "PVDF":
        return polymer.polymer
    return f"P(VDF-{key})"


def comonomer_mole_fraction(polymer: Polymer) -> float | None:
    """Mole fraction of all comonomers in the chain; weight contents are converted with the units' molar
    masses."""
    # Repeat units, from their formulas: C2H2F2, C2F4, C3F6, C2ClF3, C2H4 [kg/mol]
    masses = {"VDF": 0.064034, "TFE": 0.100015, "HFP": 0.150023, "CTFE": 0.116470, "E": 0.028053}
    if not polymer.comonomers:
        return None
    moles, weights = 0.0, 0.0
    weight_moles = 0.0
    for comonomer in polymer.comonomers:
        if comonomer.content is None:
            return None
        if comonomer.content.unit == "mol%":
            moles += comonomer.content.value
        else:
            key = names.comonomer_key(comonomer.monomer)
            if key is None:
                return None
            weights += comonomer.content.value
            weight_moles += comonomer.content.value / masses[key]
    if weights and moles:
        raise InputError(
            "polymers.comonomers", "mol% and wt% mixed", "one of the two", "give all contents in mol%"
        )
    if weights:
        return weight_moles / (weight_moles + (1.0 - weights) / masses["VDF"])
    return moles


def _percent(weight_fraction: float) -> float:
    """Weight percent, rounded so that 25 : 45 reads as written in the system's name."""
    return round(100.0 * weight_fraction, 9)


def _grades(recipe: Recipe) -> list[tuple[str, float, float]]:
    """Name, Mw [kg/mol] and weight of each polymer."""
    return [
        (polymer_name(p), p.weight_average_molecular_weight.value, _percent(w))
        for p, w in zip(recipe.polymers, composition(recipe).polymers, strict=True)
    ]


def system_from(recipe: Recipe) -> System:
    """The pair physics of a recipe's polymers, solvents and resin, out of the tables.

    Limitations: several resins are taken as the one with the largest weight; several comonomers as the
    main one with the content of all; additives are left out.
    """
    from percola.thermo import build

    whole = composition(recipe)
    polymers = _grades(recipe)
    solvents = [(s.liquid, _percent(w)) for s, w in zip(recipe.solvents, whole.solvents, strict=True)]
    resin = None
    if recipe.resins:
        main = max(range(len(recipe.resins)), key=lambda i: whole.resins[i])
        mass = recipe.resins[main].weight_average_molecular_weight
        resin = (
            recipe.resins[main].resin,
            DEFAULT_RESIN_MOLAR_MASS_KG_MOL if mass is None else mass.value,
            _percent(sum(whole.resins)),
        )
    largest = max(range(len(recipe.polymers)), key=lambda i: whole.polymers[i])
    return build.build_system(polymers, solvents, resin, comonomer_mole_fraction(recipe.polymers[largest]))


def solution_from(recipe: Recipe, system: System | None = None) -> Solution:
    """The solution of a recipe: its system at its composition, dissolved at T_s.

    Args:
        recipe: a recipe without errors (:func:`percola.recipe.require_sound`).
        system: pair physics, where it was built or fitted before; from the tables otherwise.
    """
    from percola.thermo.system import Solution

    whole = composition(recipe)
    weight_fraction = whole.polymer_weight_fraction + whole.resin_weight_fraction
    return Solution.from_weight_fraction(
        system_from(recipe) if system is None else system,
        weight_fraction,
        recipe.dissolution.temperature.value,
        hold_s(recipe),
    )


def context_of(recipe: Recipe, solution: Solution | None = None, **known: Any) -> Context:
    """The context for :func:`percola.recipe.check` with the thermodynamics of the recipe's own solution.

    Args:
        recipe: the recipe.
        solution: its solution, where it was built before.
        known: fields of :class:`percola.recipe.Context` that are known better, e.g. ``cloud_point_K`` as
            measured or
            ``window_K``.

    What cannot be computed (an unknown liquid, amounts that do not add up) is left out: those are findings
    of their own.
    """
    context = Context()
    try:
        solution = solution or solution_from(recipe)
        melting_K = _peak_K(recipe, solution.system, solution.polymer_volume_fraction)
        cloud_K = _finite(solution.cloud_point_K)
        # The standing method sees a cloud point only in a liquid: not below the melting point of the mixture.
        visible = cloud_K is not None and melting_K is not None and cloud_K > melting_K
        weaker = replace(solution, system=solution.system.shifted_chi(-solution.system.chi_uncertainty))
        # Infinite where there are two liquids at every temperature, NaN where there is no cloud point.
        least_K = float(weaker.system.cloud_point_K(solution.polymer_volume_fraction, exact=False))
        stable = melting_K is not None and least_K > melting_K
        context = replace(
            context,
            melting_temperature_in_mixture_K=melting_K,
            polymer_melting_temperature_K=_peak_K(recipe, solution.system, None),
            cloud_point_K=cloud_K if visible else None,
            least_cloud_point_K=least_K if stable else None,
            half_time_s=solution.shortest_half_time_s,
            longest_half_time_s=weaker.shortest_half_time_s,
            hold_s=solution.hold_s,
            straight_chain_ratio=_straight_chain_ratio(recipe),
            medium_melting_temperature_30_K=_medium_melting_temperature_30_K(recipe),
        )
    except PercolaError:
        pass
    return replace(context, **known)


def _peak_K(recipe: Recipe, system: System, polymer_volume_fraction: float | None) -> float | None:
    """T_m of para. 89(11), a DSC peak: the polymer's own, lowered as the equilibrium melting temperature is.

    ``T_m = T_m,peak - (T_m0 - T_m0(phi))``: thin lamellae melt below T_m0 with and without solvent, and the
    difference is taken to be the same.
    """
    main = max(recipe.polymers, key=lambda p: p.amount.value)
    peak_K = float(tables.polymer(polymer_name(main), comonomer_mole_fraction(main)).melting_temperature_K)
    if polymer_volume_fraction is None:
        return peak_K
    drop_K = system.melting.Tm0_K - float(system.melting_temperature_K(polymer_volume_fraction))
    return _finite(peak_K - max(drop_K, 0.0))


def _straight_chain_ratio(recipe: Recipe) -> float:
    """Length of the straight chain over its size at rest, of the polymer of largest amount.

    sqrt(n/C_inf) sin(theta/2) for n bonds at the tetrahedral angle, two of them a VDF unit (64.03 g/mol).
    """
    main = max(recipe.polymers, key=lambda p: p.amount.value)
    ratio = float(tables.polymer(polymer_name(main), comonomer_mole_fraction(main)).characteristic_ratio)
    bonds = 2.0 * main.weight_average_molecular_weight.value / 0.064034
    return math.sqrt(bonds / ratio) * math.sqrt(2.0 / 3.0)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _medium_melting_temperature_30_K(recipe: Recipe) -> float | None:
    """T_m30 (para. 78): melting temperature of 30 wt% polymer in the cooling medium."""
    from percola.thermo import build

    if not isinstance(recipe.cooling, BathCooling):
        return None
    try:
        polymers = _grades(recipe)
        media = [
            (m.liquid, share)
            for m, share in zip(recipe.cooling.media, liquid_shares(recipe.cooling.media), strict=True)
        ]
        system = build.build_system(polymers, media, None, comonomer_mole_fraction(recipe.polymers[0]))
        return _peak_K(recipe, system, float(system.volume_fraction(0.30)))
    except PercolaError:
        return None


# --- the wall ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Face:
    """What touches one face of the wall during one stage of cooling.

    Attributes:
        kind: ``"air"``, ``"liquid"``, ``"roll"``, ``"press"``, ``"bore"`` (the gas inside a fibre) or
            ``"insulated"``.
        media: (key in the tables, weight share) of what it is made of.
        temperature_K: of the medium.
        velocity_m_s: of the medium against the wall (air), or of the wall through it.
        film_coefficient_W_m2K: where the recipe gives it; None: from correlations.
    """

    kind: Literal["air", "liquid", "roll", "press", "bore", "insulated"]
    media: tuple[tuple[str, float], ...]
    temperature_K: float
    velocity_m_s: float = 0.0
    film_coefficient_W_m2K: float | None = None

    @property
    def words(self) -> str:
        """The face in words."""
        what = f" ({' + '.join(name for name, _ in self.media)})" if self.kind == "liquid" else ""
        return f"{self.kind}{what} at {for_people(self.temperature_K, 'temperature')}"


@dataclass(frozen=True)
class Stage:
    """One stage of cooling: both faces and the time; infinite for the last."""

    label: str
    outer: Face
    inner: Face
    duration_s: float = math.inf


@dataclass(frozen=True)
class Wall:
    """The wall of solution as it leaves die, press or plate, and what cools it.

    Attributes:
        geometry: ``"sheet"`` or ``"fibre"``.
        thickness_m: thickness of the sheet, or of the fibre's wall [m].
        inner_radius_m, outer_radius_m: of a fibre [m], from the die; None for a sheet.
        initial_temperature_K: of the solution when cooling begins.
        stages: what touches the faces, in order; for a sheet "outer" is the upper or first face.
        notes: assumptions about geometry.
    """

    geometry: Literal["sheet", "fibre"]
    thickness_m: float
    inner_radius_m: float | None
    outer_radius_m: float | None
    initial_temperature_K: float
    stages: tuple[Stage, ...]
    notes: tuple[str, ...] = ()

    @property
    def inside_diameter_m(self) -> float | None:
        return None if self.inner_radius_m is None else 2.0 * self.inner_radius_m

    @property
    def outside_diameter_m(self) -> float | None:
        return None if self.outer_radius_m is None else 2.0 * self.outer_radius_m

    @property
    def final_medium(self) -> Face:
        """The medium that sets the outer surface: the first one that is not air of an air gap."""
        return next((s.outer for s in self.stages if s.label != "air gap"), self.stages[-1].outer)

    def quench_wall(self) -> quench.Wall:
        """The wall for :func:`percola.quench.cool`."""
        if self.geometry == "sheet":
            return quench.Wall.sheet(self.thickness_m)
        assert self.inside_diameter_m is not None
        assert self.outside_diameter_m is not None
        return quench.Wall.fibre(self.inside_diameter_m, self.outside_diameter_m, quench.Bore.air())

    def schedule(self, surface_temperature_K: float | None = None) -> quench.Schedule:
        """The stages with film coefficients from correlations or from the recipe.

        Args:
            surface_temperature_K: typical temperature of the surface while the core cools; half way between
                the wall's initial temperature and the medium's by default (film properties change by a
                factor of two over it).
        """
        stages = []
        for stage in self.stages:
            outer = self._boundary(stage.outer, surface_temperature_K)
            inner = None if stage.inner.kind == "bore" else self._boundary(stage.inner, surface_temperature_K)
            stages.append(quench.Stage(outer, inner, stage.duration_s, stage.label))
        return quench.Schedule(tuple(stages))

    def _boundary(self, face: Face, surface_temperature_K: float | None) -> quench.Face:
        from percola.quench import films

        if face.kind == "insulated":
            return quench.Face.insulated()
        emissivity = EMISSIVITY if face.kind == "air" else 0.0
        if face.film_coefficient_W_m2K is not None:
            return quench.Face(
                face.temperature_K,
                face.film_coefficient_W_m2K,
                emissivity,
                0.0,
                f"{face.words}, film as given",
            )
        surface = surface_temperature_K or 0.5 * (self.initial_temperature_K + face.temperature_K)
        size = SHEET_SIZE_M if self.geometry == "sheet" else 2.0 * (self.outer_radius_m or 0.0)
        # A bath of several liquids has the film of its main one: films differ by tens of percent between
        # liquids.
        main = max(face.media, key=lambda m: m[1])[0]
        film = films.film_coefficient(
            main,
            face.temperature_K,
            surface,
            self.geometry,
            size_m=size,
            velocity_m_s=face.velocity_m_s,
            pressed=face.kind == "press",
        )
        return film.face(face.temperature_K, emissivity=emissivity, label=face.words)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the run directory."""

        def face(f: Face) -> dict[str, Any]:
            return {
                "kind": f.kind,
                "media": [[name, share] for name, share in f.media],
                "temperature_K": f.temperature_K,
                "velocity_m_s": f.velocity_m_s,
                "film_coefficient_W_m2K": f.film_coefficient_W_m2K,
            }

        return {
            "geometry": self.geometry,
            "thickness_m": self.thickness_m,
            "inner_radius_m": self.inner_radius_m,
            "outer_radius_m": self.outer_radius_m,
            "initial_temperature_K": self.initial_temperature_K,
            "stages": [
                {
                    "label": s.label,
                    "outer": face(s.outer),
                    "inner": face(s.inner),
                    "duration_s": s.duration_s if math.isfinite(s.duration_s) else None,
                }
                for s in self.stages
            ],
            "notes": list(self.notes),
        }


def _media(parts: Sequence[LiquidPart]) -> tuple[tuple[str, float], ...]:
    shares = liquid_shares(parts)
    return tuple((tables.medium(p.liquid).key, share) for p, share in zip(parts, shares, strict=True))


def wall_from(recipe: Recipe) -> Wall:
    """The wall of solution and its cooling.

    A hollow die gives the fibre its radii, a T-die or ring its slit, a press or plate its thickness; a
    target thickness replaces the die's gap (draw-down at constant ratio of the radii). Both faces of a
    sheet meet the same medium, except on rolls, where the other face is in air; the bore of a fibre holds
    its gas.

    Raises:
        InputError: a wall too thick for a membrane (2 cm).
    """
    shaping = recipe.shaping
    start_K = (shaping.temperature or recipe.dissolution.temperature).value
    notes: list[str] = []
    inner_m: float | None = None
    outer_m: float | None = None
    geometry: Literal["sheet", "fibre"] = "sheet"
    if isinstance(shaping, Extruder):
        die = shaping.die
        target = shaping.target_thickness
        if isinstance(die, HollowDie):
            geometry = "fibre"
            inner_m, outer_m = 0.5 * die.inside_diameter.value, 0.5 * die.outside_diameter.value
            thickness_m = outer_m - inner_m
            if target is not None:
                scale = target.value / thickness_m
                inner_m, outer_m, thickness_m = inner_m * scale, outer_m * scale, target.value
                notes.append(
                    f"drawn down to a wall of {for_people(thickness_m, 'length')} at constant ratio of radii"
                )
        else:
            thickness_m = die.gap.value if target is None else target.value
            if isinstance(die, InflationDie):
                if target is None:
                    thickness_m /= die.blow_up_ratio
                notes.append("tubular film taken as a sheet: its wall is thin against its radius")
    else:
        thickness_m = shaping.thickness.value
    if thickness_m > THICKEST_WALL_M:
        raise InputError(
            "shaping",
            f"a wall of {for_people(thickness_m, 'length')}",
            f"at most {for_people(THICKEST_WALL_M, 'length')}",
            "check the unit of the thickness or of the die",
        )
    stages = _stages(recipe, geometry, start_K)
    return Wall(geometry, thickness_m, inner_m, outer_m, start_K, stages, tuple(notes))


def _stages(recipe: Recipe, geometry: Literal["sheet", "fibre"], start_K: float) -> tuple[Stage, ...]:
    cooling = recipe.cooling
    found: list[Stage] = []

    def both(label: str, face: Face, duration_s: float = math.inf) -> None:
        inner = Face("bore", (("AIR", 1.0),), start_K) if geometry == "fibre" else face
        found.append(Stage(label, face, inner, duration_s))

    def air(temperature_K: float, velocity_m_s: float, film: float | None = None) -> Face:
        return Face("air", (("AIR", 1.0),), temperature_K, velocity_m_s, film)

    speed = line_speed_m_s(recipe)
    if recipe.air_gap is not None and speed is not None:
        temperature_K = (
            ROOM_TEMPERATURE_K if recipe.air_gap.temperature is None else recipe.air_gap.temperature.value
        )
        both("air gap", air(temperature_K, speed), recipe.air_gap.length.value / speed)

    last_K = cooling_temperature_K(recipe)
    film = None if cooling.film_coefficient is None else cooling.film_coefficient.value
    if isinstance(cooling, AirCooling):
        velocity = DEFAULT_AIR_VELOCITY_m_s if cooling.velocity is None else cooling.velocity.value
        for i, zone in enumerate(cooling.zones):
            both(f"air zone {i + 1}", air(zone.value, velocity, film), DEFAULT_ROLL_CONTACT_s)
        both("air", air(last_K, velocity, film))
    elif isinstance(cooling, RollCooling):
        contact_s = DEFAULT_ROLL_CONTACT_s if cooling.contact_time is None else cooling.contact_time.value
        for i, roll in enumerate(cooling.temperatures):
            outer: Face = Face("roll", (("STEEL", 1.0),), roll.value, 0.0, film)
            inner: Face = (
                air(ROOM_TEMPERATURE_K, 0.0)
                if geometry == "sheet"
                else Face("bore", (("AIR", 1.0),), start_K)
            )
            # The web changes its side from roll to roll.
            if geometry == "sheet" and i % 2:
                outer, inner = inner, outer
            final = i == len(cooling.temperatures) - 1
            found.append(Stage(f"roll {i + 1}", outer, inner, math.inf if final else contact_s))
    elif isinstance(cooling, PressCooling):
        both("press", Face("press", (("STEEL", 1.0),), last_K, 0.0, film))
    else:
        label = "bath"
        face = Face("liquid", _media(cooling.media), last_K, 0.0, film)
        if cooling.time is not None:
            both(label, face, cooling.time.value)
            both("after the bath", air(ROOM_TEMPERATURE_K, 0.0))
        else:
            both(label, face)
    return tuple(found)
