"""Wetting liquids of a porometer, by name and temperature."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, replace

from percola.errors import InputError, TableError


@dataclass(frozen=True)
class WettingLiquid:
    """The liquid of a porometer.

    Attributes:
        name: its name.
        surface_tension_N_m: at the temperature of the test.
        uncertainty_N_m: one standard deviation of it.
        contact_angle_rad: on the membrane; 0 for a liquid that wets fully.
        source: where the surface tension comes from.
    """

    name: str
    surface_tension_N_m: float
    uncertainty_N_m: float = 0.0
    contact_angle_rad: float = 0.0
    source: str = ""


ETHANOL = WettingLiquid(
    "ethanol, 25 degC",
    21.97e-3,
    0.10e-3,
    0.0,
    "24.05 - 0.0832 t mN/m, t in degC: J. J. Jasper, J. Phys. Chem. Ref. Data 1 (1972) 841",
)

_FLUORINATED = {
    "porefil": (16.0e-3, 0.2e-3, "as its maker states (a perfluorinated ether), 20 to 25 degC"),
    "galwick": (
        15.9e-3,
        0.2e-3,
        "as its maker states (an oxidized polymer of hexafluoropropylene), 20 to 25 degC",
    ),
    "porofil": (16.0e-3, 0.3e-3, "as its maker states (a fluorocarbon), 20 to 25 degC"),
    "galpore": (15.6e-3, 0.2e-3, "as its maker states (a perfluoroether), 20 to 25 degC"),
    "silwick": (20.1e-3, 0.3e-3, "as its maker states (a silicone oil), 20 to 25 degC"),
}
"""Commercial liquids without a published measurement: (N/m, its uncertainty, source)."""
_TABLED = ("ethanol", "2-propanol", "water")
_ALSO = {
    "etoh": "ethanol",
    "ethyl alcohol": "ethanol",
    "エタノール": "ethanol",
    "ipa": "2-propanol",
    "isopropyl alcohol": "2-propanol",
    "イソプロパノール": "2-propanol",
    "2-プロパノール": "2-propanol",
    "wasser": "water",
    "水": "water",
}
"""Names by which porometers and people call them besides those of the tables."""
JASPER_ETHANOL = (283.15, 343.15)
"""Temperatures of Jasper's line for ethanol [K]; outside of it the table goes on."""


def names() -> tuple[str, ...]:
    """The liquids of the library."""
    return (*_TABLED, *_FLUORINATED)


def given_liquid(
    surface_tension_N_m: float,
    uncertainty_N_m: float = 0.0,
    contact_angle_rad: float = 0.0,
    name: str = "liquid with a given surface tension",
) -> WettingLiquid:
    """A liquid of which a person states the surface tension [N/m] and its standard deviation [N/m].

    Raises:
        InputError: a tension that no liquid at room temperature has (a unit taken for another, most likely), or an
            angle at which it is not drawn in.
    """
    if not 0.005 <= surface_tension_N_m <= 0.6:
        raise InputError(
            "surface tension",
            f"{surface_tension_N_m * 1e3:.4g} mN/m",
            "5 to 600 mN/m",
            "write it with its unit, for example 22.1 mN/m",
        )
    _wets(contact_angle_rad)
    return WettingLiquid(name, surface_tension_N_m, uncertainty_N_m, contact_angle_rad, "as given")


def tension_slope_N_mK(name: str, temperature_K: float = 298.15) -> float:
    """Change of the surface tension with temperature [N/(m.K)]; 0 where the library has one value only.

    The makers of the fluorinated liquids state one value; what a few kelvin do to it is within its uncertainty.
    """
    try:
        warm, cold = (wetting_liquid(name, temperature_K + d) for d in (1.0, -1.0))
    except (InputError, TableError):
        return 0.0
    return (warm.surface_tension_N_m - cold.surface_tension_N_m) / 2


def _wets(contact_angle_rad: float) -> None:
    if not 0 <= contact_angle_rad < math.pi / 2:
        raise InputError(
            "contact angle",
            f"{math.degrees(contact_angle_rad):.4g} degrees",
            "0 to less than 90 degrees: a liquid that is not drawn into the pores cannot be pressed out of them",
        )


def wetting_liquid(name: str, temperature_K: float = 298.15, contact_angle_rad: float = 0.0) -> WettingLiquid:
    """A liquid of the library at a temperature.

    Args:
        name: "ethanol", "2-propanol" (isopropanol), "water", "porefil", "galwick", "porofil", "galpore", "silwick", or
            any liquid of the tables that has a surface tension.
        temperature_K: of the test [K].
        contact_angle_rad: on the membrane; water on PVDF does not wet (about 1.4 rad), the others do.

    Raises:
        InputError: an unknown liquid, or an angle at which it is not drawn in.
        TableError: a temperature outside of the table.
    """
    from percola import tables

    _wets(contact_angle_rad)
    plain = " ".join(name.split()).lower()
    plain = _ALSO.get(plain, plain)
    if plain in _FLUORINATED:
        tension, error, source = _FLUORINATED[plain]
        if not 288.15 <= temperature_K <= 303.15:
            raise InputError(
                "temperature",
                f"{temperature_K - 273.15:.4g} degC",
                f"15 to 30 degC for {plain}: its maker states no other",
            )
        return WettingLiquid(plain, tension, error, contact_angle_rad, source)
    if plain == "ethanol" and JASPER_ETHANOL[0] <= temperature_K <= JASPER_ETHANOL[1]:
        if abs(temperature_K - 298.15) < 0.01:
            return replace(ETHANOL, contact_angle_rad=contact_angle_rad)
        celsius = temperature_K - 273.15
        return WettingLiquid(
            f"ethanol, {celsius:.4g} degC",
            (24.05 - 0.0832 * celsius) * 1e-3,
            ETHANOL.uncertainty_N_m,
            contact_angle_rad,
            ETHANOL.source,
        )
    try:
        liquid = tables.liquid(plain)
    except TableError as error:
        near = difflib.get_close_matches(plain, names(), 1)
        hint = f"did you mean {near[0]}?" if near else ""
        raise InputError(
            "liquid", repr(name), ", ".join(names()) + ", or another of the tables", hint
        ) from error
    found = liquid.surface_tension_N_m(temperature_K)
    return WettingLiquid(
        f"{liquid.name}, {temperature_K - 273.15:.4g} degC",
        float(found.value),
        float(found.uncertainty),
        contact_angle_rad,
        found.source,
    )
