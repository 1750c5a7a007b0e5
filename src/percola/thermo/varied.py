"""Physical parameters as deviations from the tables, and a system that carries them into the whole three-dimensional way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from percola.errors import InputError
from percola.thermo.system import Solution, System

PHYSICAL = ("chi_A", "Tm0_K", "ln_N_tot", "ln_l_mean", "ln_N_het", "ln_G0", "ln_Kg", "ln_D0")
"""Deviations that a system can carry: chi_A and Tm0_K are added, ln_x multiplies x by exp(ln_x)."""
MEMORY_SHIFT = "memory_shift_K"
"""Added to T_s where the crystals that outlive dissolution are counted (paragraph 61: flow in an extruder shifts the window)."""


def varied(system: System, deviations: Mapping[str, float]) -> System:
    """The system with its parameters moved by ``deviations`` (names of :data:`PHYSICAL`; missing ones stay).

    Args:
        system: from the tables.
        deviations: chi_A [1], Tm0_K [K], ln_N_tot, ln_l_mean, ln_N_het, ln_G0, ln_Kg, ln_D0 [natural logarithm of a factor].
    """
    unknown = sorted(set(deviations) - {*PHYSICAL, MEMORY_SHIFT})
    if unknown:
        raise InputError("deviations", ", ".join(unknown), ", ".join((*PHYSICAL, MEMORY_SHIFT)))

    def factor(name: str) -> float:
        return math.exp(deviations.get(name, 0.0))

    s = system.shifted_chi(deviations.get("chi_A", 0.0))
    n, g, m, d = s.nucleation, s.growth, s.melting, s.diffusion
    return replace(
        s,
        melting=replace(m, Tm0_K=m.Tm0_K + deviations.get("Tm0_K", 0.0)),
        nucleation=replace(
            n,
            total_density_m3=n.total_density_m3 * factor("ln_N_tot"),
            mean_thickness_m=n.mean_thickness_m * factor("ln_l_mean"),
            heterogeneous_density_m3=n.heterogeneous_density_m3 * factor("ln_N_het"),
        ),
        growth=replace(g, prefactor_m_s=g.prefactor_m_s * factor("ln_G0"), Kg_K2=g.Kg_K2 * factor("ln_Kg")),
        diffusion=replace(d, radius_m=d.radius_m / factor("ln_D0")),
    )


def varied_solution(solution: Solution, deviations: Mapping[str, float]) -> Solution:
    """The solution with varied parameters; the memory shift moves the temperature of dissolution that its crystals saw.

    The wall still leaves the die at the recipe's own temperature.
    """
    return replace(
        solution,
        system=varied(solution.system, deviations),
        dissolution_temperature_K=solution.dissolution_temperature_K + deviations.get(MEMORY_SHIFT, 0.0),
    )
