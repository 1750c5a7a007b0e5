"""Parameters of demixing and crystallization from observations: one set for each polymer and solvent.

Each function takes a `System` and gives back a refitted one; nothing is fitted for a single specimen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from percola.errors import SolveError
from percola.thermo import flory_huggins as fh
from percola.thermo.crystallization import critical_thickness_m
from percola.thermo.system import System


@dataclass(frozen=True)
class CrystallizationTargets:
    """What the fit of nuclei and growth has to meet.

    Attributes:
        nuclei_ratio: N_s(T_low)/N_s(T_high) of the self-nuclei.
        T_low_K, T_high_K, ratio_weight_fraction: where that ratio holds.
        plateau_K: crystallization temperature after erased memory, at ``plateau_weight_fraction`` and
            ``cooling_rate_K_s``.
        memory_K: T_a, dissolution temperature at which the crystallization temperature is within
            ``onset_K`` of the plateau.
        heterogeneous_range_m3: bounds within which N_het is sought.
    """

    nuclei_ratio: float = 70.0
    T_low_K: float = 413.15
    T_high_K: float = 433.15
    ratio_weight_fraction: float = 0.466
    plateau_K: float = 378.15
    plateau_weight_fraction: float = 0.40
    memory_K: float = 451.15
    onset_K: float = 1.0
    cooling_rate_K_s: float = 2 / 60
    heterogeneous_range_m3: tuple[float, float] = (1e10, 1e16)


@dataclass(frozen=True)
class CrystallizationFit:
    """Outcome of :func:`fit_crystallization`: the system, and how well the targets are met.

    Attributes:
        system: refitted.
        memory_K: T_a that the fit reaches (may differ from the target where N_het ran into its bounds).
        plateau_K: crystallization temperature after erased memory.
        at_bound: whether N_het is at a bound.
    """

    system: System
    memory_K: float
    plateau_K: float
    at_bound: bool


def memory_temperature_K(
    system: System, weight_fraction: float, cooling_rate_K_s: float = 2 / 60, onset_K: float = 1.0
) -> float:
    """T_a [K]: lowest dissolution temperature from which on T_c is within ``onset_K`` of its plateau."""
    phi = float(system.volume_fraction(weight_fraction))
    top = float(system.melting_temperature_K(phi)) + 5
    ts = np.linspace(top - 70, top, 281)
    tc = system.crystallization_temperature_K(phi, ts, cooling_rate_K_s)
    above = np.flatnonzero(~(tc < tc[-1] + onset_K))
    if above.size == 0:
        return float(ts[0])
    i = int(above[-1])
    if not np.isfinite(tc[i]):
        return float(ts[i + 1])
    w = (tc[i] - tc[-1] - onset_K) / (tc[i] - tc[i + 1])
    return float(ts[i] + w * (ts[i + 1] - ts[i]))


def fit_crystallization(system: System, targets: CrystallizationTargets) -> CrystallizationFit:
    """Fit mean thickness, background of nuclei and growth prefactor, each to the target that it controls.

    l_mean from the ratio of self-nuclei (closed form), G0 from the plateau temperature (bisection in ln G0), N_het from
    T_a (bisection around that). sigma_e, N_tot, Kg, U* and T_inf stay as given: they are the priors.
    """
    phi_r = float(system.volume_fraction(targets.ratio_weight_fraction))
    phi_p = float(system.volume_fraction(targets.plateau_weight_fraction))
    length = critical_thickness_m(
        np.array([targets.T_low_K, targets.T_high_K]),
        system.melting_temperature_K(phi_r),
        system.nucleation,
        system.melting,
    )
    mean = float(length[1] - length[0]) / math.log(targets.nuclei_ratio)
    erased = np.array([float(system.melting_temperature_K(phi_p)) + 20])

    def with_plateau(heterogeneous: float) -> System:
        base = replace(
            system,
            nucleation=replace(system.nucleation, mean_thickness_m=mean, heterogeneous_density_m3=heterogeneous),
        )
        lo, hi = math.log(base.growth.prefactor_m_s) - 25, math.log(base.growth.prefactor_m_s) + 25
        for _ in range(30):
            middle = 0.5 * (lo + hi)
            trial = replace(base, growth=replace(base.growth, prefactor_m_s=math.exp(middle)))
            t = float(trial.crystallization_temperature_K(phi_p, erased, targets.cooling_rate_K_s)[0])
            # Too slow to crystallize at all counts as too cold.
            if np.isfinite(t) and t > targets.plateau_K:
                hi = middle
            else:
                lo = middle
        return replace(base, growth=replace(base.growth, prefactor_m_s=math.exp(0.5 * (lo + hi))))

    def memory(heterogeneous: float) -> float:
        return memory_temperature_K(
            with_plateau(heterogeneous), targets.plateau_weight_fraction, targets.cooling_rate_K_s, targets.onset_K
        )

    lo, hi = (math.log(v) for v in targets.heterogeneous_range_m3)
    at_bound = False
    if memory(math.exp(lo)) < targets.memory_K:  # T_a falls as N_het rises
        best, at_bound = lo, True
    elif memory(math.exp(hi)) > targets.memory_K:
        best, at_bound = hi, True
    else:
        for _ in range(14):
            middle = 0.5 * (lo + hi)
            lo, hi = (middle, hi) if memory(math.exp(middle)) > targets.memory_K else (lo, middle)
        best = 0.5 * (lo + hi)
    fitted = with_plateau(math.exp(best))
    plateau = float(fitted.crystallization_temperature_K(phi_p, erased, targets.cooling_rate_K_s)[0])
    return CrystallizationFit(
        fitted,
        memory_temperature_K(fitted, targets.plateau_weight_fraction, targets.cooling_rate_K_s, targets.onset_K),
        plateau,
        at_bound,
    )


def chi_from_cloud_points(
    system: System, first: tuple[float, float], second: tuple[float, float]
) -> tuple[float, float]:
    """(A, B [K]) of chi = A + B/T through two cloud points.

    Args:
        first, second: (weight fraction, T [K]). A weight fraction of NaN stands for the critical composition.
    """

    def chi(weight_fraction: float) -> float:
        if math.isnan(weight_fraction):
            return float(fh.critical_point(system.segments)[1])
        return float(fh.cloud_chi(system.volume_fraction(weight_fraction), system.segments))

    (w1, t1), (w2, t2) = first, second
    if t1 == t2:
        raise SolveError("cloud points", f"both at {t1:g} K", "two different temperatures")
    b = (chi(w1) - chi(w2)) / (1 / t1 - 1 / t2)
    return chi(w1) - b / t1, b
