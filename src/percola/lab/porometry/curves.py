"""Runs of a porometer: rising branch, noise of the readings, digits, the dry curve between its points."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from percola.errors import InputError

Floats = npt.NDArray[np.float64]
State = Literal["wet", "dry", ""]

ENOUGH = 15
"""Readings from which on the scatter about a local parabola tells noise from shape."""


@dataclass(frozen=True)
class Run:
    """One rise of the pressure.

    Attributes:
        state: "wet", "dry", or "" where nothing says which.
        pressure_Pa: across the specimen [Pa], shape (n,).
        flow_m3_s: of gas [m3/s] at the conditions that the file states, shape (n,).
        time_s: of each reading [s], or None.
        source: file (and table) that it came from.
        notes: what was done to it.
    """

    state: State
    pressure_Pa: Floats
    flow_m3_s: Floats
    time_s: Floats | None = None
    source: str = ""
    notes: tuple[str, ...] = ()

    def kept(self, keep: npt.NDArray[np.bool_], note: str = "") -> Run:
        """Some of its readings."""
        return replace(
            self,
            pressure_Pa=self.pressure_Pa[keep],
            flow_m3_s=self.flow_m3_s[keep],
            time_s=None if self.time_s is None else self.time_s[keep],
            notes=(*self.notes, note) if note else self.notes,
        )


@dataclass(frozen=True)
class Rising:
    """The rising branch of a run, pressures sorted.

    Attributes:
        run: sorted, one reading for each pressure (readings at one pressure are averaged).
        dropped: readings after the highest pressure.
        back_steps: readings before it whose pressure lies below one reached earlier by more than the digits.
        back_Pa: largest such step.
    """

    run: Run
    dropped: int
    back_steps: int
    back_Pa: float


def rising(run: Run) -> Rising:
    """The branch up to the highest pressure, sorted by pressure.

    A wet specimen does not wet again when the pressure falls, so readings on the way down belong to another state. Small
    steps back on the way up are the regulator's: they stay, and are counted. Readings at no pressure carry nothing.

    Raises:
        InputError: fewer than two pressures above zero.
    """
    run = run.kept(run.pressure_Pa > 0)
    p, q = run.pressure_Pa, run.flow_m3_s
    if len(np.unique(p)) < 2:
        raise InputError(
            run.source or "run",
            f"{len(np.unique(p))} pressures above zero in the {run.state or 'one'} run",
            "two or more",
        )
    top = int(np.flatnonzero(p == p.max())[-1])
    up = np.arange(len(p)) <= top
    before = p[: top + 1]
    back = np.maximum.accumulate(before) - before
    steps = int(np.count_nonzero(back > 2 * max(digit(p), 1e-9 * float(p.max()))))
    part = run.kept(up)
    order = np.argsort(part.pressure_Pa, kind="stable")
    p, q = part.pressure_Pa[order], part.flow_m3_s[order]
    t = None if part.time_s is None else part.time_s[order]
    values, first, counts = np.unique(p, return_index=True, return_counts=True)
    if len(values) < len(p):
        q = np.add.reduceat(q, first) / counts
        t = None if t is None else np.add.reduceat(t, first) / counts
    merged = replace(part, pressure_Pa=values, flow_m3_s=q, time_s=t)
    return Rising(merged, len(up) - top - 1, steps, float(back.max()))


def digit(values: Floats) -> float:
    """Step of the last digit of a column of readings; 0 where the readings do not show one.

    A step shows where readings repeat: the smallest difference of distinct values is then one step.
    """
    if len(values) < ENOUGH:
        return 0.0
    scale = float(np.max(np.abs(values)))
    if scale == 0:
        return 0.0
    distinct = np.unique(np.round(values / scale, 11))
    if len(distinct) < 3 or len(distinct) > 0.8 * len(values):
        return 0.0
    steps = np.diff(distinct)
    step = float(steps.min())
    many = steps / step
    few = many[many < 1e4]
    # Of numbers that merely come close by chance the others are no multiples.
    if np.mean(np.abs(few - np.round(few)) < 0.01) < 0.95:
        return 0.0
    return step * scale


@dataclass(frozen=True)
class Noise:
    """Standard deviation of a flow reading: sqrt(floor^2 + (share q)^2 + digit^2/12 + (s_p dq/dp)^2).

    Attributes:
        floor_m3_s: near zero flow [m3/s].
        share: of the reading.
        digit_m3_s: step of the last digit [m3/s].
        known: whether there were readings enough to tell.
        pressure_Pa: s_p, of the pressure readings [Pa], from what the steep wet curve scatters more than the dry one.
    """

    floor_m3_s: float
    share: float
    digit_m3_s: float
    known: bool
    pressure_Pa: float = 0.0

    def at(self, flow: Floats, slope: Floats | None = None) -> Floats:
        """Of readings [m3/s]; ``slope``: of the curve there [m3/(s.Pa)]."""
        squares = self.floor_m3_s**2 + (self.share * flow) ** 2 + self.digit_m3_s**2 / 12
        if slope is not None:
            squares = squares + (self.pressure_Pa * slope) ** 2
        return np.sqrt(squares)


def _residuals(x: Floats, y: Floats) -> Floats:
    """Distance of each reading from the parabola through its two neighbours on each side (least squares), scaled to the
    standard deviation of one reading; for ``y`` smooth over five readings it holds noise only."""
    n = len(x)
    at = np.arange(2, n - 2)
    near = at[:, None] + np.array([-2, -1, 1, 2])
    dx = x[near] - x[at][:, None]
    scale = np.abs(dx).max(axis=1, keepdims=True)
    u = dx / np.where(scale > 0, scale, 1)
    basis = np.stack([np.ones_like(u), u, u * u], axis=2)
    gram = np.einsum("nki,nkj->nij", basis, basis) + 1e-12 * np.eye(3)
    # The value at u = 0 is the first coefficient: weights of the four neighbours.
    weights = np.einsum("nj,nkj->nk", np.linalg.inv(gram)[:, 0, :], basis)
    out: Floats = (y[at] - np.sum(weights * y[near], axis=1)) / np.sqrt(1 + np.sum(weights**2, axis=1))
    return out


def noise(wet: Run, dry: Run | None) -> Noise:
    """Noise of the flow readings, from the scatter about local parabolas.

    The share of the reading comes from the dry run (smooth) where it has readings enough, else from the wet one; the floor
    from readings below 2 % of the largest flow; what the steep part of the wet curve scatters more is noise of the pressure.
    Medians, so that jumps at opening pores do not count. Limitation: a wet curve of few, widely spaced readings takes part of
    its shape for noise of the pressure.
    """
    runs = [r for r in (wet, dry) if r is not None and len(r.pressure_Pa) >= ENOUGH]
    step = max((digit(r.flow_m3_s) for r in (wet, dry) if r is not None), default=0.0)
    if not runs:
        return Noise(0.0, 0.0, step, False)
    largest = max(float(np.max(r.flow_m3_s)) for r in runs)
    low: list[Floats] = []
    share = math.nan
    for r in reversed(runs):  # the dry run first
        e, q = _residuals(r.pressure_Pa, r.flow_m3_s), r.flow_m3_s[2:-2]
        low.append(e[np.abs(q) < 0.02 * largest])
        high = q > 0.1 * largest
        if math.isnan(share) and np.count_nonzero(high) >= 8:
            share = _spread(e[high] / q[high])
    small = np.concatenate(low)
    floor = _spread(small) if len(small) >= 8 else 0.0
    share = 0.0 if math.isnan(share) else share
    found = Noise(floor, share, step, True)
    if len(wet.pressure_Pa) < ENOUGH:
        return found
    e, q = _residuals(wet.pressure_Pa, wet.flow_m3_s), wet.flow_m3_s
    slope = slopes(wet.pressure_Pa, q)
    steep = (q > 0.05 * largest)[2:-2]
    if np.count_nonzero(steep) < 8:
        return found
    # Where the wet curve climbs most, noise of the pressure shows most.
    steep &= slope[2:-2] >= np.median(slope[2:-2][steep])
    more = _spread(e[steep]) ** 2 - float(np.median(found.at(q)[2:-2][steep])) ** 2
    return replace(found, pressure_Pa=math.sqrt(max(more, 0.0)) / float(np.median(slope[2:-2][steep])))


def slopes(x: Floats, y: Floats) -> Floats:
    """Slope of a curve at its readings, from lines over up to nine readings; shape (n,)."""
    n = len(x)
    if n < 3:
        return np.full(n, (y[-1] - y[0]) / (x[-1] - x[0]) if n == 2 else 0.0)
    half = max(1, min(4, n // 8))
    at = np.arange(n)
    low, high = np.maximum(at - half, 0), np.minimum(at + half, n - 1) + 1
    sx, sy, sxx, sxy = (np.append(0.0, np.cumsum(v)) for v in (x, y, x * x, x * y))
    m = (high - low).astype(float)
    mean_x, mean_y = (sx[high] - sx[low]) / m, (sy[high] - sy[low]) / m
    top = (sxy[high] - sxy[low]) - m * mean_x * mean_y
    bottom = (sxx[high] - sxx[low]) - m * mean_x * mean_x
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1), 0.0)


def _spread(e: Floats) -> float:
    """Standard deviation by the median of the distances, which a few jumps do not move."""
    return float(1.4826 * np.median(np.abs(e)))


@dataclass(frozen=True)
class DryCurve:
    """The dry flow at any pressure.

    Attributes:
        highest_Pa, lowest_Pa: range of its readings.
        words: how it runs between the readings.
        intercept_m3_s, intercept_error_m3_s: flow that a fit with a constant gives at no pressure; NaN without a fit.
        misfit: scatter of the readings about it over their noise; NaN where it goes through them.
    """

    highest_Pa: float
    lowest_Pa: float
    words: str
    intercept_m3_s: float
    intercept_error_m3_s: float
    misfit: float
    _pressure: Floats
    _flow: Floats
    _coefficients: Floats
    _covariance: Floats
    _error: Floats

    def flow_m3_s(self, pressure_Pa: Floats) -> Floats:
        """[m3/s]."""
        if len(self._coefficients):
            return np.asarray(self._basis(pressure_Pa) @ self._coefficients, float)
        return np.interp(pressure_Pa, self._pressure, self._flow)

    def error_m3_s(self, pressure_Pa: Floats) -> Floats:
        """One standard deviation of the curve [m3/s]."""
        if len(self._coefficients):
            b = self._basis(pressure_Pa)
            return np.sqrt(np.maximum(np.einsum("ni,ij,nj->n", b, self._covariance, b), 0))
        return np.interp(pressure_Pa, self._pressure, self._error)

    def _basis(self, pressure_Pa: Floats) -> Floats:
        x = np.asarray(pressure_Pa, float) / self.highest_Pa
        return np.stack([x ** (k + 1) for k in range(len(self._coefficients))], axis=1)


def dry_curve(run: Run, noise_of: Noise, fit: bool = True) -> DryCurve:
    """The dry curve between its readings.

    From :data:`ENOUGH` readings on a polynomial through the origin, a1 p + a2 p^2 (+ a3 p^3 + a4 p^4): gas flow of an ideal
    gas is a1 p + a2 p^2 (viscous flow with slip), inertia bends it further. The lowest degree whose residuals are the noise
    wins. Where none of them is, or with fewer readings, straight lines between the readings (as F316 draws it), from the
    origin on.

    Raises:
        InputError: the dry run passes nothing.
    """
    p, q = run.pressure_Pa, run.flow_m3_s
    highest, lowest = float(p[-1]), float(p[0])
    if not float(np.max(q)) > 0:
        raise InputError(
            run.source or "dry run", "no flow in the dry run", "a flow above zero", "is another column meant?"
        )
    intercept = intercept_error = math.nan
    sigma = np.maximum(noise_of.at(q), 1e-6 * float(np.max(np.abs(q))))
    if len(p) >= 8:
        x = p / highest
        design = np.stack([x**k for k in range(4)], axis=1)
        c, cov, chi2 = _least_squares(design, q, sigma)
        grow = max(1.0, chi2 / (len(p) - 4))
        intercept, intercept_error = float(c[0]), math.sqrt(float(cov[0, 0]) * grow)
    if fit and len(p) >= ENOUGH and noise_of.known:
        x = p / highest
        for degree in (2, 3, 4):
            design = np.stack([x ** (k + 1) for k in range(degree)], axis=1)
            c, cov, chi2 = _least_squares(design, q, sigma)
            misfit = math.sqrt(chi2 / (len(p) - degree))
            if misfit < 1.3:
                words = f"polynomial of degree {degree} through the origin"
                cov = cov * max(1.0, misfit**2)
                none = np.empty(0)
                return DryCurve(
                    highest,
                    lowest,
                    words,
                    intercept,
                    intercept_error,
                    misfit,
                    none,
                    none,
                    c,
                    cov,
                    none,
                )
    error = noise_of.at(q)
    if lowest > 0:
        p, q, error = np.append(0.0, p), np.append(0.0, q), np.append(0.0, error)
    none = np.empty(0)
    return DryCurve(
        highest, lowest, "straight lines between the readings", intercept, intercept_error, math.nan,
        p, q, none, np.empty((0, 0)), error,
    )  # fmt: skip


def _least_squares(design: Floats, y: Floats, sigma: Floats) -> tuple[Floats, Floats, float]:
    """Coefficients, their covariance and chi squared of a weighted fit."""
    a, b = design / sigma[:, None], y / sigma
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    inverse = np.where(s > 1e-13 * s[0], 1 / np.maximum(s, 1e-300), 0.0)
    c = vt.T @ (inverse * (u.T @ b))
    cov = (vt.T * inverse**2) @ vt
    return c, cov, float(np.sum((a @ c - b) ** 2))


def plateau(run: Run) -> int:
    """Readings at the end of a run that stay at one largest flow while the pressure rises: the flow sensor is at its end.

    Returns the number of them, 0 where the flow goes on rising. Three or more within 0.02 % of the largest flow count, where
    the pressure rises by at least 2 % meanwhile.
    """
    p, q = run.pressure_Pa, run.flow_m3_s
    top = float(np.max(q))
    if top <= 0 or len(q) < 6:
        return 0
    at_top = q >= top * (1 - 2e-4)
    count = int(len(q) if at_top.all() else np.argmin(at_top[::-1]))
    if count > len(q) - 2:
        return 0
    if count < 3 or p[-1] < 1.02 * p[-count]:
        return 0
    return count
