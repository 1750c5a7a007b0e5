"""Heat through a sheet or hollow-fibre wall while it is quenched; what the cooling media do to it."""

from percola.quench.history import ThermalHistory
from percola.quench.model import (
    Bore,
    CrystallizationHeat,
    Face,
    HeatProperties,
    Schedule,
    Stage,
    StillLayer,
    Wall,
)
from percola.quench.solver import cool

__all__ = [
    "Bore",
    "CrystallizationHeat",
    "Face",
    "HeatProperties",
    "Schedule",
    "Stage",
    "StillLayer",
    "ThermalHistory",
    "Wall",
    "cool",
]
