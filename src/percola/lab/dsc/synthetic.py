"""A calorimeter with known answers: transitions on a curved baseline, lag, noise, drift, digits.

Heat flow into the sample while the temperature changes at the rate r:

    q(t) = r c_p(T) + sum_i s_i |r| H_i f_i(T) + r sum_i dc_i F_i(T)

with f_i the density of a transition over temperature (a Fraser-Suzuki shape, area 1), F_i its integral, s = +1 for
melting on heating and -1 for crystallization on cooling. A cell of first order with the time constant tau shows
tau dy/dt + y = q. The file holds exothermic up (-y), with noise and rounded to the last digit.

Example files for the documentation and truths for the tests come from here.

References: frasersuzuki1969 (shape); hohne2003 (cell of first order).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Transition:
    """One transition of the sample.

    Attributes:
        peak_temperature_K: of its density over temperature [K].
        enthalpy_J_kg: positive [J/kg of sample].
        width_K: full width at half height [K].
        skew: a of Fraser and Suzuki; negative leans to low temperatures (long premelting), 0 is a Gaussian.
        heat_capacity_step_J_kg_K: change of c_p from below to above it [J/(kg.K)].
    """

    peak_temperature_K: float
    enthalpy_J_kg: float
    width_K: float
    skew: float = 0.0
    heat_capacity_step_J_kg_K: float = 0.0


@dataclass(frozen=True)
class Step:
    """One step of the temperature program: a ramp to ``to_K`` at ``rate_K_min``, or a hold of ``hold_min``."""

    to_K: float = 0.0
    rate_K_min: float = 0.0
    hold_min: float = 0.0


@dataclass(frozen=True)
class Instrument:
    """What the instrument adds.

    Attributes:
        interval_s: between points [s].
        time_constant_s: of the cell [s]; 0 for none.
        noise_W_kg: standard deviation [W/kg].
        noise_correlation: of neighbouring points (first order), 0 to below 1.
        quantum_W_kg, quantum_K: last digit of heat flow and temperature; 0 for none.
        drift_W_kg_s: linear drift of the zero [W/(kg.s)].
        heat_capacity_J_kg_K, heat_capacity_slope_J_kg_K2, heat_capacity_curvature_J_kg_K3: of the sample about 400 K.
        temperature_error_K: shown minus true temperature (calibration) [K].
        enthalpy_error: shown over true heat minus 1 (calibration).
    """

    interval_s: float = 1.0
    time_constant_s: float = 3.0
    noise_W_kg: float = 2.0
    noise_correlation: float = 0.0
    quantum_W_kg: float = 0.0
    quantum_K: float = 0.0
    drift_W_kg_s: float = 0.0
    heat_capacity_J_kg_K: float = 1500.0
    heat_capacity_slope_J_kg_K2: float = 3.0
    heat_capacity_curvature_J_kg_K3: float = 0.0
    temperature_error_K: float = 0.0
    enthalpy_error: float = 0.0


@dataclass(frozen=True)
class Run:
    """What was recorded, and the truth.

    Attributes:
        time_s, temperature_K, heat_flow_W_kg: as in the file, exothermic up, shape (points,).
        peaks: what a perfect evaluation finds: for each transition passed, in order of time: "melting" or
            "crystallization", peak temperature without noise and calibration error, behind the lag of the cell
            [K], enthalpy [J/kg].
    """

    time_s: Floats
    temperature_K: Floats
    heat_flow_W_kg: Floats
    peaks: tuple[tuple[str, float, float], ...]


def fraser_suzuki(x: Floats, center: float, width: float, skew: float) -> Floats:
    """Height 1 at ``center``: exp(-ln 2 (ln(1 + 2 a (x - c)/w) / a)^2), 0 where the logarithm has no value.

    ``width`` is w; with a = 0 it is the full width at half height of a Gaussian.
    """
    u = 2.0 * (x - center) / width
    if abs(skew) < 1e-9:
        return np.asarray(np.exp(-math.log(2.0) * u**2))
    inside = 1.0 + skew * u
    good = inside > 1e-12
    return np.where(good, np.exp(-math.log(2.0) * (np.log(np.where(good, inside, 1.0)) / skew) ** 2), 0.0)


def record(
    program: Sequence[Step],
    melting: Sequence[Transition] = (),
    crystallization: Sequence[Transition] = (),
    instrument: Instrument | None = None,
    start_K: float = 303.15,
    seed: int = 0,
) -> Run:
    """What the instrument writes for a temperature program.

    Args:
        program: the steps.
        melting: passed on each heating; crystallization: on each cooling, with ``width_K`` and ``skew`` on the
            temperature axis (a negative skew is a long tail at low temperatures).
        instrument: errors and rates; None: the defaults.
        start_K: temperature at the beginning [K].
        seed: of the noise.
    """
    how = instrument or Instrument()
    times, temperatures, rates = _program(program, start_K, how.interval_s)
    steps = _heat(temperatures, rates, melting, crystallization, how, only_steps=True)
    pure = _heat(temperatures, rates, melting, crystallization, how) - steps
    base_seen, pure_seen = _lagged(steps, how), _lagged(pure, how)
    peaks = _truth(temperatures, rates, pure_seen, melting, crystallization)
    shown = -(base_seen + pure_seen) * (1.0 + how.enthalpy_error) + how.drift_W_kg_s * times
    rng = np.random.default_rng(seed)
    shown = shown + how.noise_W_kg * _correlated(rng, len(shown), how.noise_correlation)
    seen = temperatures + how.temperature_error_K
    if how.quantum_W_kg > 0:
        shown = np.round(shown / how.quantum_W_kg) * how.quantum_W_kg
    if how.quantum_K > 0:
        seen = np.round(seen / how.quantum_K) * how.quantum_K
    return Run(times, seen, shown, peaks)


def dissolution_run(
    dissolution_temperature_K: float,
    crystallization_temperature_K: float,
    polymer_fraction: float = 0.4,
    crystallinity: float = 0.45,
    hold_min: float = 20.0,
    instrument: Instrument | None = None,
    seed: int = 0,
    melting_temperature_K: float = 418.15,
) -> Run:
    """A run of paragraph 89(12): 5 K/min to T_s, 20 min, 2 K/min down, on a PVDF solution that crystallizes at T_c."""
    enthalpy = polymer_fraction * crystallinity * 104.7e3
    melt = Transition(melting_temperature_K, enthalpy, 10.0, -0.25, 60.0)
    freeze = Transition(crystallization_temperature_K, enthalpy, 6.0, -0.2, 60.0)
    program = (
        Step(to_K=dissolution_temperature_K, rate_K_min=5.0),
        Step(hold_min=hold_min),
        Step(to_K=min(333.15, crystallization_temperature_K - 30.0), rate_K_min=-2.0),
    )
    return record(program, (melt,), (freeze,), instrument, seed=seed)


def melting_run(
    melting_temperature_K: float,
    polymer_fraction: float = 1.0,
    crystallinity: float = 0.5,
    instrument: Instrument | None = None,
    seed: int = 0,
) -> Run:
    """A heating of paragraph 89(11) at 5 K/min through a melting peak."""
    enthalpy = polymer_fraction * crystallinity * 104.7e3
    melt = Transition(melting_temperature_K, enthalpy, 8.0, -0.25, 80.0 * polymer_fraction)
    program = (Step(to_K=melting_temperature_K + 45.0, rate_K_min=5.0),)
    return record(
        program, (melt,), (), instrument, start_K=min(333.15, melting_temperature_K - 60.0), seed=seed
    )


def write_csv(run: Run, path: str | Path) -> Path:
    """A plain table: time in min, temperature in degC, heat flow in W/g, exothermic up (the file does not say so)."""
    rows = ["Time (min),Temperature (degC),Heat flow (W/g)"]
    rows += [
        f"{t / 60:.4f},{T - 273.15:.3f},{q / 1000:.6f}"
        for t, T, q in zip(run.time_s, run.temperature_K, run.heat_flow_W_kg, strict=True)
    ]
    out = Path(path)
    out.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return out


def write_netzsch(
    run: Run, path: str | Path, sample: str = "synthetic", mass_mg: float = 10.0, exo_up: bool = True
) -> Path:
    """A text as Netzsch Proteus exports it: semicolons, decimal comma, the degree sign of code page 1252."""
    sign = 1.0 if exo_up else -1.0
    head = [
        "#EXPORTTYPE:DATA ALL",
        "#FORMAT:NETZSCH5",
        "#FTYPE:ANSI",
        "#INSTRUMENT:synthetic DSC",
        f"#SAMPLE:{sample}",
        f"#SAMPLE MASS /mg:{mass_mg:.3f}".replace(".", ","),
        "#DECIMAL:COMMA",
        "#SEPARATOR:SEMICOLON",
        f"#EXO:{1 if exo_up else -1}",
        "",
        "##Temp./\N{DEGREE SIGN}C;Time/min;DSC/(mW/mg)",
    ]
    rows = [
        f"{T - 273.15:.4f};{t / 60:.5f};{sign * q / 1000:.6f}".replace(".", ",")
        for t, T, q in zip(run.time_s, run.temperature_K, run.heat_flow_W_kg, strict=True)
    ]
    out = Path(path)
    out.write_bytes(("\r\n".join(head + rows) + "\r\n").encode("cp1252"))
    return out


def with_errors(instrument: Instrument, temperature_K: float, enthalpy: float) -> Instrument:
    """The same instrument with other errors of calibration."""
    return replace(instrument, temperature_error_K=temperature_K, enthalpy_error=enthalpy)


def _program(program: Sequence[Step], start_K: float, interval: float) -> tuple[Floats, Floats, Floats]:
    knots_t, knots_T = [0.0], [start_K]
    for step in program:
        if step.hold_min > 0:
            knots_t.append(knots_t[-1] + 60.0 * step.hold_min)
            knots_T.append(knots_T[-1])
        else:
            rate = math.copysign(abs(step.rate_K_min) / 60.0, step.to_K - knots_T[-1])
            knots_t.append(knots_t[-1] + (step.to_K - knots_T[-1]) / rate)
            knots_T.append(step.to_K)
    t = np.arange(0.0, knots_t[-1] + 1e-9, interval)
    T = np.interp(t, knots_t, knots_T)
    slopes = np.diff(knots_T) / np.diff(knots_t)
    at = np.clip(np.searchsorted(knots_t, t, side="right") - 1, 0, len(slopes) - 1)
    return t, T, slopes[at]


def _heat(
    T: Floats,
    rate: Floats,
    melting: Sequence[Transition],
    crystallization: Sequence[Transition],
    how: Instrument,
    only_steps: bool = False,
) -> Floats:
    x = T - 400.0
    cp = (
        how.heat_capacity_J_kg_K
        + how.heat_capacity_slope_J_kg_K2 * x
        + how.heat_capacity_curvature_J_kg_K3 * x**2
    )
    q = rate * cp
    for transitions, going, sign in ((melting, rate > 0, 1.0), (crystallization, rate < 0, -1.0)):
        for one in transitions:
            density, integral = _shape(one, T)
            part = rate * one.heat_capacity_step_J_kg_K * integral
            if not only_steps:
                part = part + sign * np.abs(rate) * one.enthalpy_J_kg * density
            q = q + np.where(going, part, 0.0)
    return np.asarray(q)


def _shape(one: Transition, T: Floats) -> tuple[Floats, Floats]:
    """Density over temperature and its integral at T."""
    fine = np.linspace(
        one.peak_temperature_K - 12 * one.width_K, one.peak_temperature_K + 12 * one.width_K, 24001
    )
    f = fraser_suzuki(fine, one.peak_temperature_K, one.width_K, one.skew)
    cumulated = np.concatenate(([0.0], np.cumsum((f[1:] + f[:-1]) * 0.5 * np.diff(fine))))
    area = cumulated[-1]
    return (
        fraser_suzuki(T, one.peak_temperature_K, one.width_K, one.skew) / area,
        np.interp(T, fine, cumulated / area),
    )


def _lagged(q: Floats, how: Instrument) -> Floats:
    """Exact for heat flow linear between points."""
    from scipy.signal import lfilter

    if how.time_constant_s <= 0:
        return q
    e = math.exp(-how.interval_s / how.time_constant_s)
    g = (1.0 - e) * how.time_constant_s / how.interval_s
    # y_n = e y_(n-1) + (1 - g) q_n + (g - e) q_(n-1), from rest: y_0 = 0, so that a ramp begins with a transient.
    return np.asarray(lfilter([1.0 - g, g - e], [1.0, -e], q, zi=np.array([-(1.0 - g) * q[0]]))[0])


def _truth(
    T: Floats,
    rate: Floats,
    pure: Floats,
    melting: Sequence[Transition],
    crystallization: Sequence[Transition],
) -> tuple[tuple[str, float, float], ...]:
    found: list[tuple[int, str, float, float]] = []
    moving = np.sign(np.where(np.abs(rate) > 0, rate, 0.0)).astype(int)
    edges = np.flatnonzero(np.diff(moving)) + 1
    for a, b in zip(np.concatenate(([0], edges)), np.concatenate((edges, [len(T)])), strict=True):
        if moving[a] == 0 or b - a < 10:
            continue
        name, transitions, y = (
            ("melting", melting, pure[a:b])
            if moving[a] > 0
            else ("crystallization", crystallization, -pure[a:b])
        )
        for one in transitions:
            if not min(T[a], T[b - 1]) < one.peak_temperature_K < max(T[a], T[b - 1]):
                continue
            near = np.flatnonzero(np.abs(T[a:b] - one.peak_temperature_K) < one.width_K)
            k = int(near[np.argmax(y[near])])
            shift = 0.0
            if 0 < k < b - a - 1:
                left, mid, right = y[k - 1], y[k], y[k + 1]
                bend = left - 2 * mid + right
                shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
            peak = float(np.interp(k + shift, np.arange(b - a), T[a:b]))
            found.append((a + k, name, peak, one.enthalpy_J_kg))
    return tuple((name, peak, heat) for _, name, peak, heat in sorted(found))


def _correlated(rng: np.random.Generator, n: int, rho: float) -> Floats:
    from scipy.signal import lfilter

    white = rng.standard_normal(n)
    if rho <= 0:
        return white
    first = white[0]
    white = white * math.sqrt(1 - rho**2)
    white[0] = first
    return np.asarray(lfilter([1.0], [1.0, -rho], white))
