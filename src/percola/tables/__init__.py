"""Sourced properties of liquids, polymers, resins and media, and the loader that refuses to guess.

Every value is a :class:`Sourced`: value, uncertainty, unit, keys of ``references.bib``, method. A property
that the tables do not hold, or not at the temperature asked for, raises :class:`percola.errors.TableError`;
estimates are in the tables as rows of their own, marked and wide. ``docs/tables.md`` tells how each table
came about.
"""

from __future__ import annotations

from typing import Any

from percola.tables import constants
from percola.tables._curve import Sourced, curve
from percola.tables._pairs import Pair, mixture, pair
from percola.tables._read import ESTIMATES, METHODS, UNITS, normalized, rows
from percola.tables._substances import (
    Liquid,
    Medium,
    Polymer,
    Resin,
    Substance,
    liquid,
    liquids,
    medium,
    polymer,
    polymers,
    resin,
    resins,
)

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
    "substances_with",
]


def electrolyte_conductivity_S_m(temperature_K: Any) -> Sourced:
    """Bulk conductivity of 1 mol/L LiBF4 in ethylene carbonate + propylene carbonate 1:1 by volume [S/m]."""
    return curve("conductivity", "LIBF4-EC-PC")(temperature_K)


def substances_with(quantity: str) -> tuple[str, ...]:
    """Keys of all substances for which a quantity is tabulated."""
    return tuple(sorted(k for q, k in rows() if q == quantity))
