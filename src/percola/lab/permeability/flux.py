"""The steady part of a run, the flow in it, and the line of flux against pressure: pure functions on arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST_READINGS = 5
"""Readings below which a run has no steady part to look for."""
STEADY_CHANGE = 0.03
"""Relative change of the flow across a part that still counts as steady."""
STRICT_CHANGE = 0.01
"""Relative change that is looked for first."""
MOST_READINGS = 2000
"""Readings above which neighbours are averaged."""
COARSEST = 0.1
"""Standard deviation of the relative change above which a part is too noisy to be called steady."""
_STARTS = 40


@dataclass(frozen=True)
class Steady:
    """The part of a run that its flow is taken from.

    Attributes:
        start_s, end_s: its limits.
        flow: mean flow in it [unit of the readings per second].
        error: its standard deviation: scatter of the readings, and what is left of drift.
        change: relative change of the flow from its start to its end.
        change_error: standard deviation of the change.
        settled: whether the change is within 3 % or within two standard deviations of none.
        trend: "steady", "falling" (compaction or fouling) or "rising" (start-up, wetting, a leak).
        first, last: flow at the start and at the end of the whole run.
        decline: "none", "linear" or "exponential": what describes the whole run where no part is steady.
        rate_1_s: relative loss a second at its start (linear) or the rate of the exponential.
        final: flow that an exponential decline tends to, else None.
        readings: in the steady part.
    """

    start_s: float
    end_s: float
    flow: float
    error: float
    change: float
    change_error: float
    settled: bool
    trend: Literal["steady", "falling", "rising"]
    first: float
    last: float
    decline: Literal["none", "linear", "exponential"]
    rate_1_s: float
    final: float | None
    readings: int


def _line(t: Floats, v: Floats) -> tuple[float, float, float, float]:
    """Slope, its error, relative change of the slope across the part, its error.

    Residuals of a collected amount come from reading (independent, variance e) and from the flow (they add up, variance
    w a step): increments have the variance w + 2e and neighbours the covariance -e, which tells them apart. The errors
    are those of least squares under both.
    """
    span = t[-1] - t[0]
    u = (t - t.mean()) / span
    n = len(t)
    basis = np.stack([np.ones(n), u, u**2 - np.mean(u**2)], axis=1)
    weights = np.linalg.pinv(basis)
    coefficients = weights @ v
    left = v - basis @ coefficients
    free = max(n - 3, 1)
    step = np.diff(t) / span * (n - 1)
    d = np.diff(left)
    # Three parameters take three of the degrees of freedom.
    c0 = float(d @ d) / max(len(d) - 2, 1)
    c1 = float(d[1:] @ d[:-1]) / max(len(d) - 3, 1)
    reading = min(max(-c1, 0.0), c0 / 2)
    walk = max(c0 - 2 * reading, 0.0)
    # Under reading noise alone c0 + 2 c1 scatters about nought by c0 sqrt(6/n): within a third of that it is none.
    if walk <= c0 * math.sqrt(6.0 / len(d)) / 3:
        walk = 0.0
        reading = float(left @ left) / free
    # A step of the walk moves every later reading.
    tails = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1][:, 1:]
    variance = reading * np.sum(weights**2, axis=1) + walk * np.sum(tails**2 * step, axis=1)
    slope = coefficients[1] / span
    error = math.sqrt(variance[1]) / span
    # dv/du = c1 + 2 c2 u: the change across is 2 c2 (u_end - u_start) with u_end - u_start = 1.
    change = 2 * coefficients[2] / coefficients[1] if coefficients[1] else math.inf
    change_error = 2 * math.sqrt(variance[2]) / abs(coefficients[1]) if coefficients[1] else math.inf
    return float(slope), float(error), float(change), float(change_error)


def _thinned(t: Floats, v: Floats) -> tuple[Floats, Floats]:
    """A long record as means of neighbouring readings: at most ``MOST_READINGS``."""
    size = -(-len(t) // MOST_READINGS)
    if size == 1:
        return t, v
    n = len(t) // size * size
    return t[:n].reshape(-1, size).mean(axis=1), v[:n].reshape(-1, size).mean(axis=1)


def steady_part(t: Floats, v: Floats, start_s: float | None = None, end_s: float | None = None) -> Steady:
    """The steady part of a run and the flow in it.

    The longest part that reaches to the end, from a start in the first two thirds, in which the flow changes by at most
    1 %, else 3 %, or by less than two standard deviations, and its first sixth like the rest. Where there is none, the last
    third is taken and ``settled`` is False. Flow = slope of the collected amount.

    Args:
        t: times [s], rising, shape (n,), n >= 5.
        v: amount collected [m3 or m3/m2], shape (n,).
        start_s, end_s: limits to take instead.

    Validity: a leak or a pressure that drifts is not told from a membrane that changes.
    """
    t, v = _thinned(t, v)
    end = t[-1] if end_s is None else end_s
    inside = t <= end
    begin = t[0] if start_s is None else start_s
    if start_s is None:
        at = _found_start(t[inside], v[inside])
        # The last third, and at least five readings.
        begin = min(t[0] + 2.0 / 3.0 * (end - t[0]), t[inside][-LEAST_READINGS]) if at is None else at
    part = inside & (t >= begin)
    tp, vp = t[part], v[part]
    slope, error, change, change_error = _line(tp, vp)
    settled = _is_steady(change, change_error, STEADY_CHANGE)
    # What is left of a drift: anywhere between the ends alike.
    drift = math.sqrt(max(change**2 - change_error**2, 0.0)) / 2 / math.sqrt(3)
    first, last = _ends(t[inside], v[inside])
    # A start-up that is over is no decline of the membrane.
    kind: Literal["none", "linear", "exponential"] = "none"
    rate, final = 0.0, None
    if not settled:
        kind, rate, final = _decline(t[inside], v[inside])
    trend: Literal["steady", "falling", "rising"] = (
        "steady" if settled else "falling" if change < 0 else "rising"
    )
    return Steady(
        float(tp[0]),
        float(tp[-1]),
        slope,
        math.hypot(error, drift * slope),
        change,
        change_error,
        settled,
        trend,
        first,
        last,
        kind,
        rate,
        final,
        int(part.sum()),
    )


def _found_start(t: Floats, v: Floats) -> float | None:
    fits = []
    for share in np.linspace(0.0, 2.0 / 3.0, _STARTS):
        part = t >= t[0] + share * (t[-1] - t[0])
        if part.sum() < LEAST_READINGS:
            break
        fits.append((float(t[part][0]), _line(t[part], v[part])))
    # What is known sharply goes first: a start-up looks like noise to a line.
    for limit, coarsest in (
        (STRICT_CHANGE, STRICT_CHANGE),
        (STEADY_CHANGE, STEADY_CHANGE),
        (STEADY_CHANGE, COARSEST),
    ):
        for start, (slope, _, change, change_error) in fits:
            good = slope > 0 and change_error <= coarsest and _is_steady(change, change_error, limit)
            if good and _even_start(t, v, start, limit):
                return start
    return None


def _is_steady(change: float, error: float, limit: float) -> bool:
    return abs(change) <= max(limit, 2 * error) and error <= COARSEST


def _even_start(t: Floats, v: Floats, start: float, limit: float) -> bool:
    """Whether the first sixth flows like the rest: a short start-up hardly bends the whole."""
    part = t >= start
    tp, vp = t[part], v[part]
    k = len(tp) // 6
    if k < LEAST_READINGS:
        return True
    head, tail = _line(tp[:k], vp[:k]), _line(tp[k:], vp[k:])
    return abs(head[0] - tail[0]) <= max(limit * abs(tail[0]), 2 * math.hypot(head[1], tail[1]))


def _ends(t: Floats, v: Floats) -> tuple[float, float]:
    k = max(LEAST_READINGS, len(t) // 10)
    return _slope(t[:k], v[:k]), _slope(t[-k:], v[-k:])


def _slope(t: Floats, v: Floats) -> float:
    return float(np.polyfit(t - t.mean(), v, 1)[0])


def _decline(t: Floats, v: Floats) -> tuple[Literal["none", "linear", "exponential"], float, float | None]:
    """What describes the whole run: a constant flow, one falling linearly, or one falling exponentially to an end.

    The lowest Akaike criterion corrected for small samples (Hurvich and Tsai 1989) of v = c + q t, c + q t (1 - k t/2)
    and c + q_end t + (q_0 - q_end)(1 - exp(-kt))/k, for a fall of at least 3 %.
    """
    from scipy.optimize import minimize_scalar

    n = len(t)
    if n < 8:
        return "none", 0.0, None
    span = t[-1] - t[0]
    u = (t - t[0]) / span
    scale = max(float(np.ptp(v)), 1e-300)
    y = (v - v[0]) / scale

    def residual(columns: list[Floats]) -> tuple[float, Floats]:
        basis = np.stack(columns, axis=1)
        c, *_ = np.linalg.lstsq(basis, y, rcond=None)
        return float(np.sum((y - basis @ c) ** 2)) + 1e-24, c

    one = np.ones(n)
    flat, _ = residual([one, u])
    bent, cb = residual([one, u, u**2])
    best = minimize_scalar(
        lambda k: residual([one, u, -np.expm1(-math.exp(k) * u)])[0], bounds=(-1.0, 5.0), method="bounded"
    )
    k = math.exp(float(best.x))
    bowed, ce = residual([one, u, -np.expm1(-k * u)])

    def score(s: float, parameters: int) -> float:
        p = parameters + 1
        return n * math.log(s / n) + 2 * p + 2 * p * (p + 1) / max(n - p - 1, 1)

    scores = {"none": score(flat, 2), "linear": score(bent, 3), "exponential": score(bowed, 4)}
    kind = min(scores, key=lambda name: scores[name])
    if kind == "linear" and cb[1] > 0 and -2 * cb[2] / cb[1] > STEADY_CHANGE:
        return "linear", float(-2 * cb[2] / cb[1] / span), None
    if (
        kind == "exponential"
        and ce[2] > 0
        and ce[1] + k * ce[2] > 0
        and k * ce[2] > STEADY_CHANGE * abs(ce[1])
    ):
        return "exponential", k / span, float(ce[1] * scale / span)
    return "none", 0.0, None


@dataclass(frozen=True)
class PressureLine:
    """Flux against pressure.

    Attributes:
        slope: of the line through the origin [m/(s Pa)].
        error: its standard deviation, at least as the scatter about the line has it.
        intercept_m_s: of the line with an intercept, None for fewer than three pressures.
        intercept_error_m_s: its standard deviation.
        curvature: relative change of the permeability from the lowest to the highest pressure, None for fewer than three.
        curvature_error: its standard deviation.
        chi2: reduced chi-square of the line through the origin.
    """

    slope: float
    error: float
    intercept_m_s: float | None
    intercept_error_m_s: float | None
    curvature: float | None
    curvature_error: float | None
    chi2: float


def pressure_line(pressure_Pa: Floats, flux_m_s: Floats, error_m_s: Floats) -> PressureLine:
    """Lines of flux against pressure, weighted by the errors, which grow where the points scatter more.

    Args: pressure_Pa, flux_m_s, error_m_s: shape (n,); where no error is known (0) all weigh alike in relative terms.
    """
    p, j = pressure_Pa, flux_m_s
    # An error that scatters with few readings must not let one point rule: at least 0.3 % each.
    s = np.where(error_m_s > 0, np.hypot(error_m_s, 0.003 * j), 0.01 * np.abs(j).mean() * p / p.mean())
    n = len(p)
    w = 1 / s**2
    slope = float(np.sum(w * p * j) / np.sum(w * p * p))
    error = float(1 / math.sqrt(np.sum(w * p * p)))
    chi2 = float(np.sum(w * (j - slope * p) ** 2) / max(n - 1, 1))
    known = bool(np.any(error_m_s > 0))
    error *= math.sqrt(max(chi2, 1.0) if known else chi2) if n > 1 else 1.0
    if n < 3 or np.ptp(p) < 0.05 * p.mean():
        return PressureLine(slope, error, None, None, None, None, chi2)

    def fit(columns: list[Floats]) -> tuple[Floats, Floats]:
        basis = np.stack(columns, axis=1) / s[:, None]
        cov = np.linalg.inv(basis.T @ basis)
        c = cov @ (basis.T @ (j / s))
        left = float(np.sum((j / s - basis @ c) ** 2)) / max(n - len(columns), 1)
        return c, np.sqrt(np.diag(cov) * (max(left, 1.0) if known else left))

    x = p / p.mean()
    with_offset, offset_error = fit([x, np.ones(n)])
    bent, bent_error = fit([x, x * x])
    rise = float(x.max() - x.min())
    return PressureLine(
        slope,
        error,
        float(with_offset[1]),
        float(offset_error[1]),
        float(bent[1] * rise / (bent[0] + bent[1] * x.min())),
        float(abs(bent_error[1] * rise / bent[0])),
        chi2,
    )


def bore_loss(
    permeability_m_sPa: float, viscosity_Pa_s: float, inside_m: float, length_m: float, ends: int
) -> tuple[float, float]:
    """Share of the pressure difference that is lost along the bore of a fibre, and the permeability without that loss.

    Flow to an open end gathers along the bore: p'' = (128 eta L/d^3) p (Hagen and Poiseuille with an even wall), so
    that what is measured is L tanh(m)/m with m^2 = 128 eta L l^2/d^3, l the length, or half of it with two open ends.

    Args:
        permeability_m_sPa: as measured, on the inner area, at the viscosity given [m/(s Pa)].
        viscosity_Pa_s, inside_m, length_m: of the water, the bore, the fibre.
        ends: open ends of the bore, 1 or 2.

    Validity: laminar flow in the bore, outside pressure even; losses of the ends and of the housing left out.
    Reference: Hagen-Poiseuille (Sutera and Skalak 1993).
    """
    from scipy.optimize import brentq

    reach = length_m / ends
    seen = 128.0 * viscosity_Pa_s * permeability_m_sPa * reach**2 / inside_m**3
    m = float(brentq(lambda x: x * math.tanh(x) - seen, 0.0, 10.0 + seen, xtol=1e-14))
    share = math.tanh(m) / m if m > 1e-6 else 1.0
    return 1.0 - share, permeability_m_sPa / share
