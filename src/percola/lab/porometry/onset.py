"""First flow through a wetted membrane: background, detection with a stated false alarm, opening pressure."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls
from scipy.stats import t as student

from percola.lab.porometry.curves import Noise, Run

Floats = npt.NDArray[np.float64]
FALSE_ALARM = 0.01
"""Probability that a record without any opening is taken for one with, whole record together."""
FEWEST = 6
"""Readings from which on a background line is told from noise."""
TOGETHER = 3
"""Readings in a row that are judged together."""
WINDOW_AFTER = 12
"""Readings after the alarm that the opening pressure rests on, at most."""


@dataclass(frozen=True)
class Onset:
    """First flow.

    Attributes:
        pressure_Pa: at which the first pore opened.
        error_Pa: one standard deviation (noise, spacing of the readings, shape of the rise).
        bracket_Pa: last quiet and first reading with flow.
        background: (flow at no pressure [m3/s], its slope [m3/(s.Pa)]) below it.
        background_error: standard deviations of both.
        quiet: readings that the background rests on.
        noise_m3_s: scatter of the readings about the background.
        detectable_m3_s: flow above the background that would have been noticed.
        method: in words.
    """

    pressure_Pa: float
    error_Pa: float
    bracket_Pa: tuple[float, float]
    background: tuple[float, float]
    background_error: tuple[float, float]
    quiet: int
    noise_m3_s: float
    detectable_m3_s: float
    method: str

    def background_m3_s(self, pressure_Pa: Floats) -> Floats:
        """The background flow, a + b p [m3/s]."""
        return self.background[0] + self.background[1] * np.asarray(pressure_Pa, float)


def first_flow(run: Run, noise: Noise) -> Onset | None:
    """Where the flow of a wet run leaves its background; None where it never does.

    Background: a + b p, fitted to all readings before (offset of the meter, leak, gas that diffuses through the liquid,
    which goes with the pressure). An alarm is given when the sum of :data:`TOGETHER` readings in a row lies above the
    background's prediction by more than Student's quantile for a false alarm of 1 % over the whole record. The opening
    pressure is then fitted: background + step + rise (powers 1, 2, 3 and 5, none negative) from the pressure p_b on, and
    p_b is the mean, with the standard deviation, of exp(-chi^2/2) over p_b. With a step between two readings that is their
    middle, and their distance over sqrt(12).

    With fewer than :data:`FEWEST` quiet readings there is no background to tell: the first reading above the digit (or
    above nothing) counts, and the middle between it and the one before.

    Limitation: a pore whose flow is below ``detectable_m3_s`` is not seen; the size is then too small.
    """
    p, q = run.pressure_Pa, run.flow_m3_s
    n = len(p)
    if n < FEWEST + 2:
        return _few(p, q, noise)
    sigma = np.maximum(noise.at(np.zeros(n)), 1e-9 * float(np.max(np.abs(q))))
    alarm = _alarm(p, q, float(sigma[0]))
    if alarm is None:
        return None
    first, scatter, quantile = alarm
    if first < FEWEST:
        return _few(p, q, noise)
    return _opening(p, q, noise, first, scatter, quantile)


def _few(p: Floats, q: Floats, noise: Noise) -> Onset | None:
    """First reading with flow where there are too few before it for a background."""
    least = max(3 * noise.floor_m3_s, noise.digit_m3_s, 1e-4 * float(np.max(q)))
    flowing = np.flatnonzero(q > least)
    if not len(flowing):
        return None
    i = int(flowing[0])
    below = float(p[i - 1]) if i else 0.0
    above = float(p[i])
    return Onset(
        (below + above) / 2, (above - below) / math.sqrt(12), (below, above), (0.0, 0.0), (0.0, 0.0), i,
        noise.floor_m3_s, least,
        f"first reading with flow ({i} before it, too few for a background); middle between it and the one before",
    )  # fmt: skip


def _alarm(p: Floats, q: Floats, sigma: float) -> tuple[int, float, float] | None:
    """(first reading with flow, scatter about the background, quantile), by running least squares."""
    n = len(p)
    x, y = p / p[-1], q
    s0 = np.arange(1, n + 1, dtype=float)
    sx, sxx, sy, sxy, syy = (np.cumsum(v) for v in (x, x * x, y, x * y, y * y))
    det = s0 * sxx - sx * sx
    with np.errstate(divide="ignore", invalid="ignore"):
        b = (s0 * sxy - sx * sy) / det
        a = (sy - b * sx) / s0
        rss = np.maximum(syy - a * sy - b * sxy, 0)
        scatter = np.sqrt(rss / (s0 - 2))
    # All candidates at once: readings i to i + 2 against the line through those before i.
    i = np.arange(FEWEST, n - TOGETHER + 1)
    k = i - 1
    # Digits and a meter that reads the same number again leave no scatter: the model's noise is the least.
    s = np.maximum(scatter[k], sigma)
    ahead = i[:, None] + np.arange(TOGETHER)
    above = y[ahead] - (a[k][:, None] + b[k][:, None] * x[ahead])
    mean_x = np.mean(x[ahead], axis=1)
    lever = 1 / TOGETHER + (sxx[k] - 2 * mean_x * sx[k] + mean_x**2 * s0[k]) / det[k]
    quantile = student.isf(FALSE_ALARM / n, i - 2)
    seen = (np.mean(above, axis=1) > quantile * s * np.sqrt(np.maximum(lever, 0))) & np.all(above > 0, axis=1)
    if not np.any(seen):
        return None
    j = int(np.argmax(seen))
    return int(i[j]), float(s[j]), float(quantile[j])


def _opening(p: Floats, q: Floats, noise: Noise, first: int, scatter: float, quantile: float) -> Onset:
    n = len(p)
    start = max(0, first - 200)
    base = float(np.median(q[start:first]))
    end = min(n, first + WINDOW_AFTER)
    far = np.flatnonzero(q[first:end] - base > 40 * scatter)
    if len(far):
        end = min(end, max(first + int(far[0]) + 1, first + TOGETHER))
    x, y = p[start:end], q[start:end]
    span = float(x[-1] - x[0])
    u = (x - x[0]) / span
    sigma = np.sqrt(scatter**2 + (noise.share * y) ** 2)
    # Openings from well before the alarm to its last reading, eight to an interval.
    lowest = max(start + 2, first - max(10, (first - start) // 2))
    edges = p[lowest : min(first + TOGETHER, n)]
    grid = np.unique(np.concatenate([np.linspace(a, b, 9) for a, b in itertools.pairwise(edges)]))
    # The background is free, hence projected out; what is left is rises alone, none of them negative.
    free, _ = np.linalg.qr(np.stack([np.ones_like(u), u], axis=1) / sigma[:, None])
    data = (y - base) / sigma
    data = data - free @ (free.T @ data)
    chi2 = np.empty(len(grid))
    for i, opening in enumerate(grid):
        v = (opening - x[0]) / span
        rise = np.maximum(u - v, 0) / max(1 - v, 1e-9)
        columns = np.stack([(u > v) * 1.0, rise, rise**2, rise**3, rise**5], axis=1) / sigma[:, None]
        columns -= free @ (free.T @ columns)
        size = np.linalg.norm(columns, axis=0)
        columns = columns[:, size > 0] / size[size > 0]
        chi2[i] = nnls(columns, data, maxiter=200)[1] ** 2 if columns.size else float(data @ data)
    dof = max(len(x) - 6, 1)
    chi2 /= max(1.0, float(chi2.min()) / dof)
    weight = np.exp(-(chi2 - chi2.min()) / 2)
    cell = np.gradient(grid)
    weight *= cell
    weight /= weight.sum()
    at = float(np.sum(weight * grid))
    error = math.sqrt(max(float(np.sum(weight * (grid - at) ** 2)), 0.0))
    quiet = p < at
    count = int(np.count_nonzero(quiet))
    a, b, ea, eb = _line(p[quiet], q[quiet], scatter)
    below, above = float(p[max(count - 1, 0)]), float(p[min(count, n - 1)])
    # A tenth of the step between readings is the least that can be told; noise of the pressures moves the step itself.
    error = math.hypot(max(error, 0.1 * (above - below)), noise.pressure_Pa)
    return Onset(
        at, error, (below, above), (a, b), (ea, eb), count, scatter,
        quantile * scatter / math.sqrt(TOGETHER),
        f"flow above the background a + b p of {count} readings, three in a row, false alarm {FALSE_ALARM:.0%} for the "
        "record; opening pressure from background, step and rise fitted together",
    )  # fmt: skip


def _line(p: Floats, q: Floats, scatter: float) -> tuple[float, float, float, float]:
    if len(p) < 3:
        return (float(np.mean(q)) if len(q) else 0.0), 0.0, scatter, 0.0
    mean = float(np.mean(p))
    sxx = float(np.sum((p - mean) ** 2))
    b = float(np.sum((p - mean) * q)) / sxx
    a = float(np.mean(q)) - b * mean
    return a, b, scatter * math.sqrt(1 / len(p) + mean**2 / sxx), scatter / math.sqrt(sxx)
