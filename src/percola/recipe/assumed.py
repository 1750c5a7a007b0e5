"""What is assumed where a recipe is silent: named defaults, each recorded as a note on the run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from percola.recipe.model import AirCooling, BathCooling, Extruder, HollowDie, Recipe, RollCooling
from percola.units import for_people

# Para. 91 and 99-101 (press, air and baths), 115 and 123: wherever the patent states the temperature of
# cooling at room conditions it is 20 degC; the baths of paras. 102-110 and 117 are not stated and are taken
# the same.
DEFAULT_BATH_TEMPERATURE_K = 293.15
# Para. 91: stretching, relaxation and cooling at 20 degC; extraction, drying and filling "at room
# temperature".
ROOM_TEMPERATURE_K = 293.15
# Para. 42 names cold air blown against the film but no speed; still air is the mildest reading.
DEFAULT_AIR_VELOCITY_m_s = 0.0
# Para. 89(12) holds 20 minutes at T_s before cooling; taken where a recipe gives neither hold nor residence
# time.
DEFAULT_HOLD_s = 1200.0
# Melt spends one to five minutes in a twin-screw extruder (Rauwendaal, Polymer Extrusion); paragraph 102 gives
# a screw diameter of 35 mm and no time.
DEFAULT_RESIDENCE_s = 180.0
# Molar mass of a miscible resin whose Mw is not given: moulding grades of poly(methyl methacrylate), about
# 1e5 g/mol, within a factor of two; it enters only through the number of segments (several hundred), where
# chi hardly depends on it.
DEFAULT_RESIN_MOLAR_MASS_KG_MOL = 100.0
# The patent gives no contact time; in one second a film of 0.3 mm comes to the temperature of the roll
# (thickness squared over the diffusivity of 9e-8 m2/s).
DEFAULT_ROLL_CONTACT_s = 1.0


@dataclass(frozen=True)
class Assumption:
    """One assumption: the field left out, what was taken instead, and why."""

    field: str
    paragraph: str
    value: float | None
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the manifest."""
        return {"field": self.field, "paragraph": self.paragraph, "value": self.value, "text": self.text}


def cooling_temperature_K(recipe: Recipe) -> float:
    """The last temperature of cooling [K]: press, bath, the last roll, the last zone of the air."""
    cooling = recipe.cooling
    if isinstance(cooling, RollCooling):
        return cooling.temperatures[-1].value
    if cooling.temperature is None:
        return DEFAULT_BATH_TEMPERATURE_K
    return cooling.temperature.value


def hold_s(recipe: Recipe) -> float:
    """Time at T_s before cooling [s]: as written; else the residence time in the extruder, 3 minutes where it is not
    written; else 20 minutes (para. 89(12)).
    """
    if recipe.dissolution.hold is not None:
        return recipe.dissolution.hold.value
    if isinstance(recipe.shaping, Extruder):
        residence = recipe.shaping.residence_time
        return DEFAULT_RESIDENCE_s if residence is None else residence.value
    return DEFAULT_HOLD_s


def line_speed_m_s(recipe: Recipe) -> float | None:
    """Speed of the extruded product [m/s]: as written, else that at which a fibre carries off its bore gas;
    else None.

    ``v = 4 Q / (pi d^2)`` with the flow Q of the bore gas and the inside diameter d of the die: the bore is
    closed at its far end, so gas leaves only with the fibre.

    Limitations: the gas is taken cold, and the bore as wide as the die; the two err in opposite directions.
    """
    shaping = recipe.shaping
    if not isinstance(shaping, Extruder):
        return None
    if shaping.line_speed is not None:
        return shaping.line_speed.value
    die = shaping.die
    if isinstance(die, HollowDie) and die.bore_gas_flow is not None and die.bore_gas_flow.value > 0:
        return 4.0 * die.bore_gas_flow.value / (math.pi * die.inside_diameter.value**2)
    return None


def assumptions(recipe: Recipe) -> tuple[Assumption, ...]:
    """Every assumption that is made for what the recipe leaves out and the process needs."""
    found: list[Assumption] = []

    def assume(field: str, paragraph: str, value: float | None, text: str) -> None:
        found.append(Assumption(field, paragraph, value, text))

    cooling, shaping = recipe.cooling, recipe.shaping
    if isinstance(cooling, BathCooling) and cooling.temperature is None:
        shown = for_people(DEFAULT_BATH_TEMPERATURE_K, "temperature")
        text = f"bath temperature not stated: {shown}, as the patent states for its other baths"
        assume("cooling.temperature", "para. 76, 100, 115", DEFAULT_BATH_TEMPERATURE_K, text)
    if isinstance(cooling, AirCooling) and cooling.velocity is None and cooling.film_coefficient is None:
        assume(
            "cooling.velocity", "para. 42", DEFAULT_AIR_VELOCITY_m_s, "speed of the air not stated: still air"
        )
    if isinstance(cooling, AirCooling) and cooling.zones:
        text = f"time in each zone not stated: {for_people(DEFAULT_ROLL_CONTACT_s, 'time')}"
        assume("cooling.zones", "para. 42", DEFAULT_ROLL_CONTACT_s, text)
    if isinstance(cooling, RollCooling) and cooling.contact_time is None and len(cooling.temperatures) > 1:
        text = f"time on each roll not stated: {for_people(DEFAULT_ROLL_CONTACT_s, 'time')}"
        assume("cooling.contact_time", "para. 42", DEFAULT_ROLL_CONTACT_s, text)
    if isinstance(shaping, Extruder):
        if shaping.temperature is None:
            text = "extrusion temperature not stated: the dissolution temperature T_s"
            assume("shaping.temperature", "para. 71", recipe.dissolution.temperature.value, text)
        if recipe.air_gap is None:
            assume(
                "air_gap",
                "para. 72",
                0.0,
                "no air gap stated: the solution meets the cooling medium at the die",
            )
        elif shaping.line_speed is None:
            speed = line_speed_m_s(recipe)
            text = "no line speed: the time in the air gap cannot be known, so the gap is left out"
            if speed is not None:
                shown = for_people(speed, "velocity")
                text = f"line speed not stated: {shown}, at which the fibre carries off its bore gas"
            assume("shaping.line_speed", "para. 72, 102", speed, text)
        if shaping.target_thickness is None:
            assume(
                "shaping.target_thickness",
                "para. 102",
                None,
                "no draw-down stated: the wall leaves as wide as the die",
            )
        if isinstance(shaping.die, HollowDie):
            gas = "" if shaping.die.bore_gas.strip().lower() == "air" else " and to conduct heat like air"
            text = f"bore gas taken to enter at the temperature of the die{gas}, and to cool with the wall"
            assume(
                "shaping.die.bore_gas",
                "para. 102",
                (shaping.temperature or recipe.dissolution.temperature).value,
                text,
            )
    if recipe.dissolution.hold is None and not (
        isinstance(shaping, Extruder) and shaping.residence_time is not None
    ):
        if isinstance(shaping, Extruder):
            text = f"residence time in the extruder not stated: {for_people(DEFAULT_RESIDENCE_s, 'time')}"
            assume("shaping.residence_time", "para. 102", DEFAULT_RESIDENCE_s, text)
        else:
            text = (
                f"time at T_s not stated: {for_people(DEFAULT_HOLD_s, 'time')}, as in the measurement of T_c"
            )
            assume("dissolution.hold", "para. 89(12)", DEFAULT_HOLD_s, text)
    for i, resin in enumerate(recipe.resins):
        if resin.weight_average_molecular_weight is None:
            text = f"Mw of the resin not stated: {for_people(DEFAULT_RESIN_MOLAR_MASS_KG_MOL, 'molar_mass')}"
            assume(
                f"resins[{i}].weight_average_molecular_weight",
                "para. 64",
                DEFAULT_RESIN_MOLAR_MASS_KG_MOL,
                text,
            )
    for i, step in enumerate(recipe.stretching):
        if step.temperature is None:
            text = f"stretching temperature not stated: {for_people(ROOM_TEMPERATURE_K, 'temperature')}"
            assume(f"stretching[{i}].temperature", "para. 82, 91", ROOM_TEMPERATURE_K, text)
    if recipe.extraction is None:
        assume("extraction", "para. 22, 88", None, "no extraction: the product is the gel with its solvent")
    return tuple(found)
