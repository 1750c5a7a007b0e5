"""Wetting liquids of a porometer, by name and temperature."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass

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
}
"""Commercial liquids without a published measurement: (N/m, its uncertainty, source)."""
_TABLED = ("ethanol", "2-propanol", "water")


def names() -> tuple[str, ...]:
    """The liquids of the library."""
    return (*_TABLED, *_FLUORINATED)


def wetting_liquid(name: str, temperature_K: float = 298.15, contact_angle_rad: float = 0.0) -> WettingLiquid:
    """A liquid of the library at a temperature.

    Args:
        name: "ethanol", "2-propanol" (isopropanol), "water", "porefil", "galwick", or any liquid of the tables that has
            a surface tension.
        temperature_K: of the test [K].
        contact_angle_rad: on the membrane; water on PVDF does not wet (about 1.4 rad), the others do.

    Raises:
        InputError: an unknown liquid, or an angle at which it is not drawn in.
        TableError: a temperature outside of the table.
    """
    from percola import tables

    if not 0 <= contact_angle_rad < math.pi / 2:
        raise InputError(
            "contact angle",
            f"{math.degrees(contact_angle_rad):.4g} degrees",
            "0 to less than 90 degrees: a liquid that is not drawn into the pores cannot be pressed out of them",
        )
    plain = name.strip().lower()
    if plain in _FLUORINATED:
        tension, error, source = _FLUORINATED[plain]
        if not 288.15 <= temperature_K <= 303.15:
            raise InputError(
                "temperature",
                f"{temperature_K - 273.15:.4g} degC",
                f"15 to 30 degC for {plain}: its maker states no other",
            )
        return WettingLiquid(plain, tension, error, contact_angle_rad, source)
    if plain == "ethanol" and abs(temperature_K - 298.15) < 0.01 and contact_angle_rad == 0:
        return ETHANOL
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
