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
        memory_K: T_a, dissolution temperature from which on the crystallization temperature is within
            ``onset_K`` of the plateau (paragraph 52: about 178 degC for PVDF/DEP).
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


@dataclass(frozen=True)
class CrystallizationFit:
    """Outcome of :func:`fit_crystallization`: the system, and how well the targets are met.

    Attributes:
        system: refitted.
        memory_K, plateau_K: what the fit reaches.
        Tm0_shift_K: change of the equilibrium melting temperature that it took, to be held against its
        uncertainty.
    """

    system: System
    memory_K: float
    plateau_K: float
    Tm0_shift_K: float


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
    """Fit mean thickness, growth prefactor and equilibrium melting temperature, each to the target that it
    controls.

    l_mean from the ratio of self-nuclei (closed form), G0 from the plateau temperature (bisection in ln G0),
    Tm0 from
    T_a (bisection).
    sigma_e, N_tot, N_het, Kg, U* and T_inf stay as given: they are the priors. sigma_e and l_mean enter only
    as
    their ratio.
    """
    phi_r = float(system.volume_fraction(targets.ratio_weight_fraction))
    phi_p = float(system.volume_fraction(targets.plateau_weight_fraction))

    def at(Tm0_K: float) -> System:
        trial = replace(system, melting=replace(system.melting, Tm0_K=Tm0_K))
        length = critical_thickness_m(
            np.array([targets.T_low_K, targets.T_high_K]),
            trial.melting_temperature_K(phi_r),
            trial.nucleation,
            trial.melting,
        )
        mean = float(length[1] - length[0]) / math.log(targets.nuclei_ratio)
        trial = replace(trial, nucleation=replace(trial.nucleation, mean_thickness_m=mean))
        return _with_plateau(trial, phi_p, targets)

    def memory_lasts(trial: System) -> bool:
        t = trial.crystallization_temperature_K(
            phi_p, np.array([targets.memory_K]), targets.cooling_rate_K_s
        )[0]
        return not float(t) < targets.plateau_K + targets.onset_K  # NaN: crystallized in the hold

    # Memory ends a few kelvin below the melting temperature of the solution, so that T_a rises with Tm0.
    lo = max(targets.T_high_K, targets.memory_K) - 20
    lo, hi = lo + system.melting.Tm0_K - float(system.melting_temperature_K(phi_p)), system.melting.Tm0_K + 60
    lo = max(lo, targets.T_high_K + 5 + system.melting.Tm0_K - float(system.melting_temperature_K(phi_r)))
    for _ in range(14):
        middle = 0.5 * (lo + hi)
        lo, hi = (lo, middle) if memory_lasts(at(middle)) else (middle, hi)
    fitted = at(0.5 * (lo + hi))
    erased = np.array([float(fitted.melting_temperature_K(phi_p)) + 20])
    return CrystallizationFit(
        fitted,
        memory_temperature_K(
            fitted, targets.plateau_weight_fraction, targets.cooling_rate_K_s, targets.onset_K
        ),
        float(fitted.crystallization_temperature_K(phi_p, erased, targets.cooling_rate_K_s)[0]),
        fitted.melting.Tm0_K - system.melting.Tm0_K,
    )


def _with_plateau(system: System, phi: float, targets: CrystallizationTargets) -> System:
    """The system whose T_c after erased memory is the target: bisection in ln G0 (T_c rises with G0)."""
    erased = np.array([float(system.melting_temperature_K(phi)) + 20])
    lo = math.log(system.growth.prefactor_m_s) - 25
    hi = lo + 50
    for _ in range(34):
        middle = 0.5 * (lo + hi)
        trial = replace(system, growth=replace(system.growth, prefactor_m_s=math.exp(middle)))
        t = float(trial.crystallization_temperature_K(phi, erased, targets.cooling_rate_K_s)[0])
        # NaN: too slow to crystallize at all, or (never near the plateau) all crystallized; the first counts
        # as too cold.
        lo, hi = (lo, middle) if np.isfinite(t) and t > targets.plateau_K else (middle, hi)
    return replace(system, growth=replace(system.growth, prefactor_m_s=math.exp(0.5 * (lo + hi))))


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
