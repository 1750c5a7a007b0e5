"""From gel to dry membrane: extraction, drying, stretching and the geometry of the wall."""

from percola.membrane.drying import DryingLaw, Structure, collapse_radius_m, dried
from percola.membrane.geometry import Membrane, membrane
from percola.membrane.stretching import RECOVERY, Draw, residual_strain, stretched

__all__ = [
    "RECOVERY",
    "Draw",
    "DryingLaw",
    "Membrane",
    "Structure",
    "collapse_radius_m",
    "dried",
    "membrane",
    "residual_strain",
    "stretched",
]
