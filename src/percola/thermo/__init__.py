"""Thermodynamics of the polymer solution: demixing, melting, nuclei, growth, crystallization.

``build_system`` makes a :class:`System` from the tables; a :class:`Solution` is a system at one composition
and
dissolution temperature; ``phase_diagram`` and ``standing_method`` answer the questions of Figs. 1 and 4 and
of
definition (D).
"""

from percola.thermo.build import build_system
from percola.thermo.calibration import CrystallizationTargets, chi_from_cloud_points, fit_crystallization
from percola.thermo.phase_diagram import PhaseDiagram, phase_diagram
from percola.thermo.standing import (
    StandingObservation,
    StandingSummary,
    standing_method,
    standing_observation,
)
from percola.thermo.system import Quantity, Solution, System

__all__ = [
    "CrystallizationTargets",
    "PhaseDiagram",
    "Quantity",
    "Solution",
    "StandingObservation",
    "StandingSummary",
    "System",
    "build_system",
    "chi_from_cloud_points",
    "fit_crystallization",
    "phase_diagram",
    "standing_method",
    "standing_observation",
]
