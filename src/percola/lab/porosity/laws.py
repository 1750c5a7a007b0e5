"""Porosity by each way, as plain formulas of numbers in SI."""

from __future__ import annotations

import math
from collections.abc import Mapping


def by_wetting(x: Mapping[str, float]) -> float:
    """eps = V_void/(V_void + V_polymer), V_void = (wet - dry)/rho_liquid, V_polymer = dry/rho_polymer.

    Args: x: dry, wet [kg], liquid, polymer [kg/m3].
    Validity: all voids full, no liquid outside, no swelling. A film left outside raises it, unfilled voids lower it.
    """
    void = (x["wet"] - x["dry"]) / x["liquid"]
    return void / (void + x["dry"] / x["polymer"])


def by_dimensions(x: Mapping[str, float]) -> float:
    """eps = 1 - dry/(rho_polymer V_envelope).

    Args: x: dry [kg], polymer [kg/m3], and sizes: see :func:`envelope_m3`.
    Limitations: a dial gauge presses soft membranes, which lowers thickness and porosity.
    """
    return 1.0 - x["dry"] / (x["polymer"] * envelope_m3(x))


def by_skeleton(x: Mapping[str, float]) -> float:
    """eps = 1 - V_skeleton/V_envelope = 1 - rho_envelope/rho_skeleton.

    Args: x: skeletal_volume and envelope_volume [m3], or envelope_density and skeletal_density [kg/m3].
    Limitations: voids that the gas of the pycnometer does not reach count as skeleton.
    """
    if "skeletal_volume" in x:
        return 1.0 - x["skeletal_volume"] / x["envelope_volume"]
    return 1.0 - x["envelope_density"] / x["skeletal_density"]


def by_buoyancy(x: Mapping[str, float]) -> float:
    """eps = (wet - dry)/(wet - submerged) (Archimedes; ISO 18754).

    Args: x: dry, wet, submerged [kg]. Neither density enters. Buoyancy of air (0.1 %) is left out.
    Validity: as :func:`by_wetting`; only voids that the liquid reaches.
    """
    return (x["wet"] - x["dry"]) / (x["wet"] - x["submerged"])


def envelope_m3(x: Mapping[str, float]) -> float:
    """Volume with the pores [m3].

    Sheet: length width thickness, or area thickness; disc: pi/4 d^2 thickness; fibre: pi/4 (D^2 - d^2) length.
    """
    if "outside" in x:
        return math.pi / 4 * (x["outside"] ** 2 - x["inside"] ** 2) * x["length"]
    if "area" in x:
        return x["area"] * x["thickness"]
    if "diameter" in x:
        return math.pi / 4 * x["diameter"] ** 2 * x["thickness"]
    return x["length"] * x["width"] * x["thickness"]


def faces_m2(x: Mapping[str, float]) -> float:
    """Area on which a film of liquid may stay: both faces of a sheet, outside and inside of a fibre [m2]."""
    if "outside" in x:
        return math.pi * (x["outside"] + x["inside"]) * x["length"]
    return 2.0 * envelope_m3(x) / x["thickness"]
