"""Measurements on voxel structures and images: paragraph 89 of EP 1063256 and what definition (A) needs.

Every method takes plain arrays: ``void`` (True in voids), ``spacing_m``, ``periodic``, optionally a
continuous ``level`` field that is below zero in voids, and the flow ``axis``; it returns :class:`percola.measurement.Measurement` objects. Names
load when first used, so importing the room costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from percola.measure.flow.liquids import ETHANOL, WettingLiquid
    from percola.measure.flow.permeability import Layer, WallGeometry, permeance, water_permeability
    from percola.measure.flow.porometer import porometry
    from percola.measure.form.descriptors import structure_descriptors
    from percola.measure.form.isotropy import degree_of_anisotropy
    from percola.measure.form.sem import (
        sem_section_pore_size,
        sem_surface_pore_size,
        surface_to_internal_pore_ratio,
    )
    from percola.measure.structure import (
        NAMES,
        Box,
        combine,
        layer_permeability,
        measure_realizations,
        measure_structure,
        measure_surface,
        warm_up,
    )
    from percola.measure.voids.connectivity import (
        measure_openness,
        network_share,
        openness,
        wall_through_porosity,
    )

_HOMES = {
    "measure_openness": "voids.connectivity",
    "network_share": "voids.connectivity",
    "openness": "voids.connectivity",
    "wall_through_porosity": "voids.connectivity",
    "structure_descriptors": "form.descriptors",
    "degree_of_anisotropy": "form.isotropy",
    "Layer": "flow.permeability",
    "WallGeometry": "flow.permeability",
    "permeance": "flow.permeability",
    "water_permeability": "flow.permeability",
    "ETHANOL": "flow.liquids",
    "WettingLiquid": "flow.liquids",
    "porometry": "flow.porometer",
    "sem_section_pore_size": "form.sem",
    "sem_surface_pore_size": "form.sem",
    "surface_to_internal_pore_ratio": "form.sem",
    "NAMES": "structure",
    "Box": "structure",
    "combine": "structure",
    "layer_permeability": "structure",
    "measure_realizations": "structure",
    "measure_structure": "structure",
    "measure_surface": "structure",
    "warm_up": "structure",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"percola.measure.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "ETHANOL",
    "NAMES",
    "Box",
    "Layer",
    "WallGeometry",
    "WettingLiquid",
    "combine",
    "degree_of_anisotropy",
    "layer_permeability",
    "measure_openness",
    "measure_realizations",
    "measure_structure",
    "measure_surface",
    "network_share",
    "openness",
    "permeance",
    "porometry",
    "sem_section_pore_size",
    "sem_surface_pore_size",
    "structure_descriptors",
    "surface_to_internal_pore_ratio",
    "wall_through_porosity",
    "warm_up",
    "water_permeability",
]
