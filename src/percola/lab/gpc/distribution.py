"""From a trace to averages: baseline, limits of the peak, slices, moments, dW/dlogM; pure functions on arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from percola.lab.gpc.calibration import Calibration

Floats = npt.NDArray[np.float64]
LEVEL = 5e-4
"""Height over the peak's at which the peak begins and ends, where noise does not hide it."""
BEYOND = 0.08
"""Share of the peak's width that is integrated beyond its feet on either side."""
MARGIN = 0.05
"""Share of the peak's width by which limits are moved to see their influence."""


@dataclass(frozen=True)
class Peak:
    """A peak on its baseline.

    Attributes:
        start, end: limits of integration [ml or min].
        left, right: where the baseline leaves and meets the trace.
        left_level, right_level: its heights there.
        sign: +1 or -1.
        noise: standard deviation of the signal.
        valley: whether the peak ends in a valley instead of on the baseline.
        top: where it is highest.
    """

    start: float
    end: float
    left: float
    right: float
    left_level: float
    right_level: float
    sign: int
    noise: float
    valley: bool
    top: float

    def baseline(self, x: Floats) -> Floats:
        """The straight line between the two points."""
        return self.left_level + (self.right_level - self.left_level) * (x - self.left) / (
            self.right - self.left
        )


@dataclass(frozen=True)
class Averages:
    """Averages of a distribution [g/mol] and its dispersity."""

    number: float
    weight: float
    z: float

    @property
    def dispersity(self) -> float:
        """Mw over Mn."""
        return self.weight / self.number


def noise_of(y: Floats) -> float:
    """Standard deviation of white noise, by the median of the second differences (a slow signal does not count)."""
    d = y[2:] - 2 * y[1:-1] + y[:-2]
    if len(d) == 0:
        return 0.0
    return float(1.4826 * np.median(np.abs(d - np.median(d))) / math.sqrt(6.0))


def _smooth(y: Floats, size: int) -> Floats:
    if size < 2:
        return y
    padded = np.pad(y, size, mode="edge")
    total = np.cumsum(np.concatenate([[0.0], padded]))
    width = 2 * (size // 2) + 1
    start = size - width // 2
    n = len(y)
    return np.asarray((total[start + width : start + width + n] - total[start : start + n]) / width)


def level_at(x: Floats, y: Floats, at: float, width: float) -> float:
    """Mean of the signal within half a width of a point, of at least three readings."""
    near = np.abs(x - at) <= width / 2
    if near.sum() < 3:
        near = np.zeros(len(x), bool)
        near[np.argsort(np.abs(x - at))[:3]] = True
    return float(y[near].mean())


def find_peak(
    x: Floats,
    y: Floats,
    window: tuple[float, float],
    sign: int = 0,
    limits: tuple[float | None, float | None] = (None, None),
    anchors: tuple[float | None, float | None] = (None, None),
) -> tuple[Peak, float]:
    """The polymer's peak in a window, and how large the opposite lobe is beside it (0 to 1).

    A first baseline goes through both ends of the window. From the top the peak is followed down on the smoothed trace
    to 0.05 % of its height (or 3 standard deviations of the smoothed noise) and 8 % of its width on, or to a valley; a
    line between these points is the next baseline; repeated until it stands.

    Args:
        x, y: the trace, x rising.
        window: volumes in which the polymer may elute.
        sign: +1, -1, or 0 to find out.
        limits: integration limits said by a person.
        anchors: points of the baseline said by a person.
    """
    inside = (x >= window[0]) & (x <= window[1])
    xs, ys = x[inside], y[inside]
    noise = noise_of(ys)
    n = len(xs)
    size = max(n // 200, 1)
    smooth = _smooth(ys, size)
    quiet = noise / math.sqrt(max(size, 1))
    width = (xs[-1] - xs[0]) / 50
    a, b = 0, n - 1
    base = np.interp(xs, [xs[0], xs[-1]], [level_at(xs, ys, xs[0], width), level_at(xs, ys, xs[-1], width)])
    above, below = np.clip(smooth - base, 0, None).sum(), np.clip(base - smooth, 0, None).sum()
    opposite = float(min(above, below) / max(above, below)) if max(above, below) > 0 else 1.0
    if sign == 0:
        sign = 1 if above >= below else -1
    valley = False
    top = n // 2
    for _ in range(20):
        h = sign * (smooth - base)
        lo, hi = _within(xs, limits)
        top = lo + int(np.argmax(h[lo : hi + 1]))
        foot = max(LEVEL * h[top], 3 * quiet)
        na, first = _walk(h, top, -1, foot, quiet, 0, n - 1)
        nb, second = _walk(h, top, 1, foot, quiet, 0, n - 1)
        # Beyond its feet the tails go on under the noise.
        more = int(BEYOND * (nb - na))
        na = na if first else max(_quiet_end(h, na, -1, more, foot), 0)
        nb = nb if second else min(_quiet_end(h, nb, 1, more, foot), n - 1)
        if limits[0] is not None:
            na = lo
        if limits[1] is not None:
            nb = hi
        valley = (first and limits[0] is None) or (second and limits[1] is None)
        left = xs[na] if anchors[0] is None else anchors[0]
        right = xs[nb] if anchors[1] is None else anchors[1]
        span = max(xs[nb] - xs[na], 3 * (xs[1] - xs[0]))
        # Outside of the peak only: the foot itself is not yet on the baseline. Where a person says it, about that place.
        lx, ll = (
            _outside(xs, ys, left, -0.1 * span)
            if anchors[0] is None
            else _outside(xs, ys, left - span / 40, span / 20)
        )
        rx, rl = (
            _outside(xs, ys, right, 0.1 * span)
            if anchors[1] is None
            else _outside(xs, ys, right - span / 40, span / 20)
        )
        left, right = (lx, rx) if rx > lx else (left, right)
        base = ll + (rl - ll) * (xs - left) / (right - left) if right > left else base
        if (na, nb) == (a, b):
            break
        a, b = na, nb
    return Peak(
        float(xs[a]), float(xs[b]), float(left), float(right), float(ll), float(rl), sign, noise, valley, float(xs[top])
    ), opposite  # fmt: skip


def _quiet_end(h: Floats, at: int, step: int, most: int, foot: float) -> int:
    """As far beyond the foot as the trace stays near the baseline."""
    end = at
    for i in range(at, at + step * (most + 1), step):
        if not 0 <= i < len(h) or abs(h[i]) > 2 * foot:
            break
        end = i
    return end


def _within(xs: Floats, limits: tuple[float | None, float | None]) -> tuple[int, int]:
    lo = 0 if limits[0] is None else int(np.searchsorted(xs, limits[0]))
    hi = len(xs) - 1 if limits[1] is None else int(np.searchsorted(xs, limits[1], side="right")) - 1
    return min(lo, len(xs) - 2), max(min(hi, len(xs) - 1), min(lo, len(xs) - 2) + 1)


def _outside(xs: Floats, ys: Floats, at: float, reach: float) -> tuple[float, float]:
    """Mean place and mean signal of the readings between ``at`` and ``at + reach``."""
    a, b = min(at, at + reach), max(at, at + reach)
    near = (xs >= a) & (xs <= b)
    if near.sum() < 3:
        near = np.zeros(len(xs), bool)
        near[np.argsort(np.abs(xs - at))[:3]] = True
    return float(xs[near].mean()), float(ys[near].mean())


def _walk(h: Floats, top: int, step: int, foot: float, quiet: float, low: int, high: int) -> tuple[int, bool]:
    """From the top down to the foot, or to a valley after which the trace rises by a tenth of the peak."""
    least, at = h[top], top
    i = top
    while low <= i <= high:
        if h[i] <= foot:
            return i, False
        if h[i] < least:
            least, at = h[i], i
        elif h[i] > least + max(0.1 * h[top], 6 * quiet):
            return at, True
        i += step
    return at, False


def slices(x: Floats, y: Floats, peak: Peak) -> tuple[Floats, Floats, Floats]:
    """Volumes, heights above the baseline, and weights (height times width) of the slices within the limits.

    Widths by the trapezoidal rule; uneven spacing is allowed.
    """
    inside = (x >= peak.start) & (x <= peak.end)
    xs = x[inside]
    h = peak.sign * (y[inside] - peak.baseline(xs))
    width = np.gradient(xs)
    width[0], width[-1] = (xs[1] - xs[0]) / 2, (xs[-1] - xs[-2]) / 2
    return xs, h, h * width


def tails(xs: Floats, height: Floats, noise: float) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """What may lie beyond either limit under the noise: (volumes, weights) of exponential tails.

    Each goes on as the peak itself falls, exponentially, from a tenth to a hundredth of its height (or to three times the
    noise of the smoothed trace): a normal peak falls faster.
    """
    top = int(np.argmax(height))
    size = max(len(xs) // 50, 3)
    smooth = _smooth(height, size)
    spacing = float(np.median(np.diff(xs)))
    low = max(0.01 * height[top], 3 * noise / math.sqrt(size))
    out = []
    for step, edge in ((-1, 0), (1, len(xs) - 1)):
        side = smooth[top::step]
        first = int(np.argmax(side < 0.1 * height[top]))
        last = int(np.argmax(side < low))
        if last <= first:
            out.append((xs[:0], xs[:0]))
            continue
        length = (last - first) * spacing / math.log(0.1 * height[top] / low)
        gone = (len(side) - 1 - last) * spacing
        level = low * math.exp(-gone / length)
        u = np.arange(0.5, 5 * length / spacing) * spacing
        out.append((xs[edge] + step * u, level * np.exp(-u / length) * spacing))
    return out[0], out[1]


def averages(molar_mass: Floats, weight: Floats) -> Averages:
    """Mn = sum w/sum(w/M), Mw = sum w M/sum w, Mz = sum w M^2/sum w M.

    Reference: ISO 16014-1, 8.
    """
    total = float(weight.sum())
    first = float((weight * molar_mass).sum())
    return Averages(
        total / float((weight / molar_mass).sum()),
        first / total,
        float((weight * molar_mass**2).sum()) / first,
    )


def converted(log_m: Floats, k_s: float, a_s: float, k_p: float, a_p: float) -> Floats:
    """Molar mass of the polymer that elutes with a standard: [eta] M alike (universal calibration).

    log M_p = (log(K_s/K_p) + (1 + a_s) log M_s)/(1 + a_p)

    Reference: Grubisic, Rempp and Benoit (1967).
    """
    return np.asarray((math.log10(k_s / k_p) + (1 + a_s) * log_m) / (1 + a_p))


def unspread(found: Averages, slope: float, spreading: float) -> Averages:
    """Averages without the spreading of a Gaussian band, for a straight calibration.

    Mw, Mn, Mz times exp(-D^2/2), exp(+D^2/2), exp(-3 D^2/2); D = ln 10 |slope| spreading

    Reference: Yau, Kirkland and Bly (1979).
    """
    d2 = (math.log(10) * slope * spreading) ** 2
    return Averages(
        found.number * math.exp(d2 / 2), found.weight * math.exp(-d2 / 2), found.z * math.exp(-1.5 * d2)
    )


def mass_distribution(x: Floats, height: Floats, calibration: Calibration, stretch: float = 1.0) -> Floats:
    """dW/dlog10 M = h/(area |dlog M/dx|), whose integral over log M is one.

    Args: stretch: d log M of the polymer over d log M of the standards.
    """
    area = float(np.trapezoid(height, x))
    slope = np.abs(calibration.slope(x)) * stretch
    return np.asarray(height / area / slope)
