"""From a pressure to pore diameters: F316's constant and Young and Laplace's apart, with what is uncertain in each."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from percola import units
from percola.errors import InputError, TableError
from percola.lab.setting import asked_for
from percola.measure.flow.liquids import WettingLiquid, given_liquid, tension_slope_N_mK, wetting_liquid
from percola.measure.flow.porometer import F316_CONSTANT, f316_diameter_m
from percola.measurement import Check

ROOM_K = 298.15
ROOM_ERROR_K = 2.0
"""Temperature of a test that nothing states, and its standard deviation."""
MMHG_Pa = 133.322387415
"""Conventional millimetre of mercury."""


@dataclass(frozen=True)
class Scale:
    """The liquid of a test, and how pressures become diameters.

    Attributes:
        liquid: at the temperature of the test.
        temperature_K: of the test.
        tension_error: relative standard deviation of the surface tension, with that of the temperature.
        notes: where liquid and temperature come from.
        checks: where what was said and what the file states are not the same.
    """

    liquid: WettingLiquid
    temperature_K: float
    tension_error: float
    notes: tuple[str, ...]
    checks: tuple[Check, ...] = ()

    def f316_m(self, pressure_Pa: float) -> float:
        """2860 gamma/p [m]: what F316 prints, the value of the measurements."""
        return f316_diameter_m(pressure_Pa, self.liquid)

    def young_laplace_m(self, pressure_Pa: float) -> float:
        """4 gamma cos(theta)/p [m]: the capillary's diameter."""
        return 4 * self.liquid.surface_tension_N_m * math.cos(self.liquid.contact_angle_rad) / pressure_Pa

    def e128_m(self, pressure_Pa: float) -> float:
        """30 gamma/P of ASTM E128-61 (gamma in dyn/cm, P in mm of mercury, D in um) [m]; 4 gamma/p to 0.01 %."""
        return 30 * self.liquid.surface_tension_N_m * 1e3 / (pressure_Pa / MMHG_Pa) * 1e-6

    @property
    def constant_words(self) -> str:
        """Which constant the values use, for a person who has only the numbers."""
        times = self.young_laplace_m(1.0) / self.f316_m(1.0)
        angle = "" if self.liquid.contact_angle_rad == 0 else " cos(theta)"
        return (
            f"Pore sizes are 2860 gamma/p (ASTM F316); 4 gamma{angle}/p is {times:.2f} times as much: in the evidence and "
            "the table."
        )

    def evidence(self, pressure_Pa: float, pressure_error_Pa: float) -> dict[str, Any]:
        """Evidence of a pore size, keys as those of the virtual porometer."""
        capillary = self.young_laplace_m(pressure_Pa)
        return {
            "value_is": "a diameter: what ASTM F316 prints, 2860 gamma/p",
            "constant": F316_CONSTANT,
            "f316_diameter_m": self.f316_m(pressure_Pa),
            "young_laplace_diameter_m": capillary,
            "e128_diameter_m": self.e128_m(pressure_Pa),
            "f316_over_young_laplace": self.f316_m(pressure_Pa) / capillary,
            "throat_radius_m": capillary / 2,
            "throat_definition": "half of the capillary diameter 4 gamma cos(theta)/p",
            "pressure_Pa": pressure_Pa,
            "pressure_uncertainty_Pa": pressure_error_Pa,
            "liquid": self.liquid.name,
            "surface_tension_N_m": self.liquid.surface_tension_N_m,
            "surface_tension_relative_uncertainty": self.tension_error,
            "contact_angle_rad": self.liquid.contact_angle_rad,
            "temperature_K": self.temperature_K,
            "surface_tension_source": self.liquid.source,
        }


def scale(settings: Mapping[str, Any], facts: Mapping[str, str], where: str) -> Scale:
    """Liquid and temperature: what a person says, else what the file states; the liquid is asked for where neither does.

    Where a person says other than the file, the former is taken and a check says so with both values.

    Raises:
        InputError: no liquid, an unknown one, a temperature at which it is not known.
    """
    taken = _scale(settings, facts, where)
    return replace(taken, checks=_overridden(settings, facts, taken))


def _overridden(settings: Mapping[str, Any], facts: Mapping[str, str], taken: Scale) -> tuple[Check, ...]:
    """Checks for a liquid, surface tension or temperature of the file that an option took the place of."""
    out: list[Check] = []
    stated, written = facts.get("liquid"), facts.get("surface_tension")
    of_file = _library(stated, taken.temperature_K)
    tension: float | None = None if of_file is None else of_file.surface_tension_N_m
    if written is not None:
        try:
            tension = units.si_value(_points(written), "surface_tension", "surface tension")
        except InputError:
            tension = None
    options = [
        f"{option} {words}"
        for option, words in (
            ("--liquid", settings.get("liquid")),
            (
                "--surface-tension",
                None
                if settings.get("surface_tension") is None
                else f"{1e3 * settings['surface_tension']:.4g} mN/m",
            ),
        )
        if words is not None
    ]
    if options and (stated is not None or written is not None):
        used = taken.liquid.surface_tension_N_m
        said = settings.get("liquid")
        other = _library(said, taken.temperature_K)
        if stated is None or said is None or str(said).casefold() == stated.casefold():
            named_otherwise = False
        elif of_file is not None and other is not None:
            named_otherwise = of_file.name != other.name
        else:
            named_otherwise = True
        # 2 %: two sources of one liquid, or a degree or two, differ by less.
        apart = tension is not None and abs(tension - used) > 0.02 * used
        if named_otherwise or apart or (written is not None and tension is None):
            value = written if tension is None else f"{1e3 * tension:.4g} mN/m"
            words = ", ".join(x for x in (stated, value) if x)
            out.append(
                Check(
                    "liquid as the file states it",
                    "warn",
                    f"the file says {words}; {' and '.join(options)} was taken, {1e3 * used:.4g} mN/m",
                )
            )
    if settings.get("temperature") is not None and "temperature" in facts:
        try:
            stated_K = units.si_value(facts["temperature"], "temperature", "temperature")
        except InputError:
            return tuple(out)
        if abs(stated_K - taken.temperature_K) > 1.0:
            out.append(
                Check(
                    "temperature as the file states it",
                    "warn",
                    f"the file says {stated_K - 273.15:.4g} degC; --temperature {taken.temperature_K - 273.15:.4g} degC was taken",
                )
            )
    return tuple(out)


def _scale(settings: Mapping[str, Any], facts: Mapping[str, str], where: str) -> Scale:
    notes: list[str] = []
    temperature, spread = settings.get("temperature"), 0.0
    if temperature is None and "temperature" in facts:
        temperature = units.si_value(facts["temperature"], "temperature", f"{where}, temperature")
        notes.append(f"Temperature as the file states it: {facts['temperature']}.")
    if temperature is None:
        temperature, spread = ROOM_K, ROOM_ERROR_K
        notes.append("No temperature is stated: 25 degC was taken, within 2 K (one standard deviation).")
    angle = float(settings.get("contact_angle") or 0.0)
    name = settings.get("liquid")
    tension = settings.get("surface_tension")
    if tension is None and name is None and "surface_tension" in facts:
        tension = units.si_value(_points(facts["surface_tension"]), "surface_tension", f"{where}, surface tension (or say --surface-tension)")  # fmt: skip
        notes.append(f"Surface tension as the file states it: {facts['surface_tension']}.")
    if name is None and "liquid" in facts:
        name = facts["liquid"]
        notes.append(f"Wetting liquid as the file states it: {name}.")
    if tension is not None:
        error = settings.get("surface_tension_uncertainty")
        if error is None:
            error = 0.01 * tension
            known = _library(name, temperature)
            if known is not None and abs(known.surface_tension_N_m - tension) < 0.02 * tension:
                # What the file states is the library's liquid: it is as well known.
                error = math.hypot(known.uncertainty_N_m, tension_slope_N_mK(str(name), temperature) * spread)
            else:
                notes.append("No uncertainty of the surface tension is stated: 1 % was taken.")
        return Scale(
            given_liquid(tension, error, angle, name or "liquid with a given surface tension"),
            temperature,
            error / tension,
            tuple(notes),
        )
    if name is None:
        raise asked_for("liquid", f"nothing in {where} says what wetted the specimen", "ethanol")
    try:
        liquid = wetting_liquid(name, temperature, angle)
    except InputError as error_found:
        raise InputError(
            "--liquid", error_found.found, error_found.allowed,
            "; ".join(x for x in (error_found.remedy, 'or say its surface tension: --surface-tension "22.1 mN/m"') if x),
        ) from error_found  # fmt: skip
    slope = tension_slope_N_mK(name, temperature)
    error = math.hypot(liquid.uncertainty_N_m, slope * spread)
    return Scale(liquid, temperature, error / liquid.surface_tension_N_m, tuple(notes))


def _library(name: str | None, temperature_K: float) -> WettingLiquid | None:
    if not name:
        return None
    try:
        return wetting_liquid(name, temperature_K)
    except (InputError, TableError):
        return None


def _points(text: str) -> str:
    """A decimal comma in a fact, where it can be nothing else (one comma, no point, not three digits after it)."""
    return re.sub(r"^(\s*\d+),(\d{1,2})(?!\d)", r"\1.\2", text)
