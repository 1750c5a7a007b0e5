"""From gel to dry membrane: extraction, drying, stretching and the geometry of the wall."""

from percola.membrane.drying import DryingLaw, Structure, collapse_radius_m, dried
from percola.membrane.geometry import Membrane, membrane
from percola.membrane.stretching import (
    RECOVERY,
    Draw,
    area_strains,
    residual_strain,
    stretched,
    stretched_gel,
)

__all__ = [
    "RECOVERY",
    "Draw",
    "DryingLaw",
    "Membrane",
    "Structure",
    "area_strains",
    "collapse_radius_m",
    "dried",
    "membrane",
    "residual_strain",
    "stretched",
    "stretched_gel",
]
