"""Peaks of one heating or cooling: limits, baselines, peak and extrapolated temperatures, enthalpies, uncertainties.

Here the curve always has its peaks upward and the temperature always rises: coolings are turned round beforehand.

Steps, in this order (ISO 11357-1 and -3, ASTM D3418):

1. Even time steps, at most 8000 points (block means); the Savitzky-Golay filter, cubic, over ``window_K``, cut to a
   third of the narrowest peak's width. A cubic leaves the place of a maximum untouched up to the fifth derivative;
   what is left is estimated by filtering a second time (``smoothing_K``) and is part of the uncertainty.
2. Peaks: maxima whose prominence over a straight line through both ends is above 8 times the noise left after
   smoothing and above 5 % of the largest.
3. Limits: going outward from the peak, where the slope stays within 0.5 % of the steepest flank (and twice its
   noise) of the slope further out (2.5 to 5 widths), and the level within 0.2 % of the height (and twice its noise)
   of a straight line through there, over a quarter of the width; at least 1.3 widths from the maximum; the slope
   alone where the level never is. What stands above the baseline further out is lost: 0.1 to 0.5 % of the area, more
   for a long tail in noise (a negative bias, inside the spread over limits). Peaks whose limits
   overlap share one baseline and are parted at the lowest point between them (a convention: what lies under both is not
   known, and no uncertainty is stated for it; the sum of the parts does not depend on it).
4. Baselines between the limits, through straight lines fitted outside of them over half a width: ``linear``;
   ``integral`` (rises with the area passed, iterated); ``tangential`` (the lines on both sides carried on and weighted
   by the area passed, iterated; "sigmoidal tangential"); ``spline`` (cubic with the slopes of both sides); ``none``
   (zero, for curves from which a baseline was taken before).
5. Peak temperature: the largest distance from the baseline. Onset and end: the tangent at the steepest point of the
   flank meets the initial or final baseline carried on (for ``linear`` the baseline itself). Enthalpy: trapezoid of
   the curve as measured, not the smoothed one, over time.

Uncertainties (one standard deviation): noise by repeating all of 3 to 5 on the smoothed curve with noise added as
found beside the peak (first-order correlation included; the last digit counts as noise); the spread over the four
baselines; the spread over limits a quarter and half a width further out; smoothing; the last digit of the temperature;
calibration, which the caller gives.

References: iso11357-1; iso11357-3; astmd3418; savitzkygolay1964; hemmingersarge1991 (baselines); hohne2003.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BASELINES = ("linear", "integral", "tangential", "spline")
#: Limits of step 3: share of the steepest flank, share of the height, noise of the slope, share of the width that must be quiet, least
#: distance in widths.
FLANK_SHARE, LEVEL_SHARE, SLOPE_NOISE, QUIET, LEAST = 0.005, 0.002, 2.0, 0.25, 1.3
LARGEST = 8000
REPEATS = 24


@dataclass(frozen=True)
class PeakOptions:
    """How peaks are taken.

    Attributes:
        baseline: of :data:`BASELINES` or "none".
        window_K: of the filter [K].
        low_K, high_K: limits that a person sets, or None [K].
        main: "enthalpy" or "height": which of several peaks is the main one.
        time_constant_s: of the cell, to undo its lag, or None [s].
        temperature_uncertainty_K, enthalpy_uncertainty: calibration, one standard deviation [K], [1].
        seed: of the repeated noise.
    """

    baseline: str = "linear"
    window_K: float = 1.0
    low_K: float | None = None
    high_K: float | None = None
    main: str = "enthalpy"
    time_constant_s: float | None = None
    temperature_uncertainty_K: float = 0.3
    enthalpy_uncertainty: float = 0.03
    seed: int = 20


@dataclass(frozen=True)
class Curve:
    """One ramp, peaks upward, temperature rising.

    Attributes:
        temperature_K: [K]; time_s: even steps, counted along the rising temperature [s]; signal: [W] or [W/kg].
        smooth: the filtered signal; window_points: of the filter.
        noise: standard deviation of a point; correlation: of neighbours.
        rate_K_s: positive [K/s]; digit_K: last digit of the temperature [K].
    """

    temperature_K: Floats
    time_s: Floats
    signal: Floats
    smooth: Floats
    window_points: int
    noise: float
    correlation: float
    rate_K_s: float
    digit_K: float

    @property
    def step_K(self) -> float:
        """Mean distance of points [K]."""
        return float((self.temperature_K[-1] - self.temperature_K[0]) / max(1, len(self.temperature_K) - 1))

    @property
    def window_K(self) -> float:
        """Width of the filter [K]."""
        return self.window_points * self.step_K


@dataclass(frozen=True)
class Peak:
    """One peak with its uncertainties (one standard deviation).

    Attributes:
        peak_K, onset_K, end_K: temperatures [K].
        area: integral over time [J] or [J/kg], as the signal.
        height: over the baseline; width_K: full width at half height.
        low_K, high_K: limits of its group; part_low_K, part_high_K: of its own part.
        u_peak_K, u_onset_K, u_end_K, u_area: combined, with calibration.
        parts: each contribution by name: ``peak_noise_K``, ``smoothing_K``, ``baseline_K``, ``digit_K``,
            ``calibration_K``, ``area_noise``, ``area_baseline``, ``area_limits``, ``area_calibration``.
        areas, peaks_K: by baseline.
        notes: what a person should know.
        main: whether it is the main one.
    """

    peak_K: float
    onset_K: float
    end_K: float
    area: float
    height: float
    width_K: float
    low_K: float
    high_K: float
    part_low_K: float
    part_high_K: float
    u_peak_K: float = 0.0
    u_onset_K: float = 0.0
    u_end_K: float = 0.0
    u_area: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)
    areas: dict[str, float] = field(default_factory=dict)
    peaks_K: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    main: bool = False

    @property
    def u_peak_alone_K(self) -> float:
        """Uncertainty of the peak temperature without calibration [K]: for differences on one instrument."""
        return math.sqrt(max(0.0, self.u_peak_K**2 - self.parts.get("calibration_K", 0.0) ** 2))


@dataclass(frozen=True)
class Found:
    """The peaks of one ramp.

    Attributes:
        curve: the curve as evaluated.
        peaks: in order of temperature.
        baselines: for the group of the main peak: name -> (temperature, baseline).
    """

    curve: Curve
    peaks: tuple[Peak, ...]
    baselines: dict[str, tuple[Floats, Floats]]

    @property
    def main(self) -> Peak | None:
        """The main peak, or None."""
        return next((p for p in self.peaks if p.main), None)


def make_curve(
    time_s: Floats, temperature_K: Floats, signal: Floats, window_K: float = 1.0,
    time_constant_s: float | None = None,
) -> Curve:  # fmt: skip
    """Even steps, filter and noise of one ramp.

    Args:
        time_s: rising [s]; temperature_K: rising or falling [K]; signal: peaks upward; all shape (points,).
        window_K: of the filter [K].
        time_constant_s: tau of y + tau dy/dt, or None [s].
    """
    digit = last_digit(temperature_K)
    t, T, y = _even(time_s, temperature_K, signal)
    dt = (t[-1] - t[0]) / (len(t) - 1)
    rate = abs(float(np.polyfit(t - t[0], T, 1)[0]))
    points = _odd(window_K / max(rate * dt, 1e-12), len(t))
    if time_constant_s:
        y = y + time_constant_s * _filter(y, points, 1, dt)
    if T[-1] < T[0]:
        T, y = T[::-1].copy(), y[::-1].copy()
    # The temperature is a nearly straight line: a filter takes out digits and jitter without moving it.
    T = _filter(T, points, 0, dt, order=1)
    T = np.maximum.accumulate(T) + np.arange(len(T)) * 1e-9
    t = np.arange(len(T)) * dt
    smooth = _filter(y, points, 0, dt)
    sigma, rho = _noise(y, last_digit(signal))
    return Curve(T, t, y, smooth, points, sigma, rho, rate, digit)


def find_peaks(curve: Curve, options: PeakOptions) -> Found:
    """The peaks of a ramp with their uncertainties."""
    tops, widths = _detect(curve, options)
    if not len(tops):
        return Found(curve, (), {})
    narrow = float(widths.min()) * curve.step_K
    if curve.window_K > narrow / 3.0 and curve.window_points > 5:
        points = _odd(narrow / 3.0 / curve.step_K, len(curve.signal))
        dt = float(curve.time_s[1] - curve.time_s[0])
        curve = replace(curve, window_points=points, smooth=_filter(curve.signal, points, 0, dt))
        tops = np.array([_climb(curve.smooth, k, w) for k, w in zip(tops, widths, strict=True)])
        tops, first = np.unique(tops, return_index=True)  # two close maxima may climb to one
        widths = widths[first]
    groups = _groups(curve, tops, widths, options)
    peaks: list[Peak] = []
    lines: dict[int, dict[str, tuple[Floats, Floats]]] = {}
    for group in groups:
        done, drawn = _measured(curve, tops[group], widths[group], options)
        for _ in done:
            lines[len(peaks) + len(lines)] = drawn
        for peak in done:
            lines[len(peaks)] = drawn
            peaks.append(peak)
    key = (lambda p: p.area) if options.main == "enthalpy" else (lambda p: p.height)
    best = max(range(len(peaks)), key=lambda i: key(peaks[i]))
    peaks[best] = replace(peaks[best], main=True)
    return Found(curve, tuple(peaks), lines[best])


def last_digit(values: Floats) -> float:
    """The power of ten of which all values are multiples, or the step of a coarse converter; 0 where neither shows."""
    v = values[:20000]
    if len(v) < 3 or float(np.ptp(v)) == 0:
        return 0.0
    for k in range(-3, 8):
        digit = 10.0**-k
        if np.all(np.abs(v / digit - np.round(v / digit)) < 1e-3):
            return digit
    unique = np.unique(v)
    return float(np.diff(unique).min()) if len(unique) < 0.5 * len(v) else 0.0


def _even(t: Floats, T: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    keep = np.concatenate(([True], np.diff(t) > 0))
    t, T, y = t[keep], T[keep], y[keep]
    if len(t) > LARGEST:
        block = math.ceil(len(t) / LARGEST)
        n = len(t) // block * block
        t, T, y = (v[:n].reshape(-1, block).mean(1) for v in (t, T, y))
    steps = np.diff(t)
    if steps.max() > 1.02 * steps.min():
        even = np.linspace(t[0], t[-1], len(t))
        T, y, t = np.interp(even, t, T), np.interp(even, t, y), even
    return t, T, y


def _odd(points: float, available: int) -> int:
    n = max(5, 2 * round((points - 1) / 2) + 1)
    return min(n, (available - 1) // 2 * 2 - 1 if available > 7 else 5)


def _filter(y: Floats, points: int, derivative: int, dt: float, order: int = 3) -> Floats:
    """Savitzky-Golay along the last axis; at both ends the polynomial of the last window is carried on."""
    from scipy.ndimage import correlate1d

    inner, left, right = _kernel(points, order, derivative)
    half = points // 2
    out = np.asarray(correlate1d(y, inner, axis=-1, mode="nearest"), float)
    out[..., :half] = y[..., :points] @ left.T
    out[..., -half:] = y[..., -points:] @ right.T
    return out if derivative == 0 else out / dt**derivative


@lru_cache(maxsize=256)
def _kernel(points: int, order: int, derivative: int) -> tuple[Floats, Floats, Floats]:
    """Weights in the middle and matrices for both ends, for steps of 1."""
    half = points // 2
    x = np.arange(-half, half + 1) / half  # scaled, so that powers stay small
    coefficients = np.linalg.pinv(np.vander(x, order + 1, increasing=True))
    powers = np.zeros((points, order + 1))
    for k in range(derivative, order + 1):
        powers[:, k] = math.perm(k, derivative) * x ** (k - derivative) / half**derivative
    every = powers @ coefficients
    return every[half], every[:half], every[half + 1 :]


def _noise(y: Floats, digit: float) -> tuple[float, float]:
    """Standard deviation and first-order correlation of the noise, from third differences over quiet parts.

    Third differences of white noise of variance s2 have the variance 20 s2 and remove any local parabola; the ratio of
    differences at distances 2 to 4 to those at distance 1 gives the correlation.
    """
    if len(y) < 12:
        return digit / math.sqrt(12.0), 0.0

    def spread(v: Floats) -> float:
        # The range of the middle four fifths: robust against peaks, half as scattered as the median deviation.
        low, high = np.quantile(v, (0.1, 0.9))
        return float(high - low) / 2.5631

    def third(d: int) -> float:
        return spread(y[3 * d :] - 3 * y[2 * d : -d] + 3 * y[d : -2 * d] - y[: -3 * d]) ** 2

    one = math.sqrt(third(1))
    far = [d for d in (2, 3, 4) if len(y) > 8 * d]
    rho = 0.0
    if one > 0 and far:
        # Variance of the differences at distance d for a correlation r: 20 - 30 r^d + 12 r^2d - 2 r^3d.
        r = np.linspace(0.0, 0.9, 181)

        def factors(d: int) -> Floats:
            return np.asarray(20 - 30 * r**d + 12 * r ** (2 * d) - 2 * r ** (3 * d))

        expected = np.mean([factors(d) for d in far], axis=0) / factors(1)
        rho = float(np.interp(np.mean([third(d) for d in far]) / one**2, expected, r))
        # The ratio scatters by a tenth for a thousand points: less than this is no sign of correlation.
        rho = rho if rho > 0.15 else 0.0
    factor = 20 - 30 * rho + 12 * rho**2 - 2 * rho**3
    return max(one / math.sqrt(factor), digit / math.sqrt(12.0)), rho


def _detect(curve: Curve, options: PeakOptions) -> tuple[npt.NDArray[np.int64], Floats]:
    from scipy.signal import find_peaks as maxima
    from scipy.signal import peak_widths

    T, y = curve.temperature_K, curve.smooth
    first, last = 0, len(y)
    if options.low_K is not None:
        first = int(np.searchsorted(T, options.low_K))
    if options.high_K is not None:
        last = int(np.searchsorted(T, options.high_K, side="right"))
    if last - first < 12:
        return np.array([], np.int64), np.array([])
    part = y[first:last]
    edge = max(3, len(part) // 50)
    x = np.arange(len(part))
    a, b = part[:edge].mean(), part[-edge:].mean()
    level = part - (a + (b - a) * (x - edge / 2) / max(1.0, len(part) - edge))
    left = _smoothed_noise(curve)
    found, facts = maxima(level, prominence=max(8.0 * left, 1e-300), width=3)
    if not len(found):
        return np.array([], np.int64), np.array([])
    strong = facts["prominences"] >= 0.05 * facts["prominences"].max()
    found = found[strong]
    width = peak_widths(level, found, rel_height=0.5)[0]
    return found + first, width


def _smoothed_noise(curve: Curve) -> float:
    """Noise left after the filter; a cubic filter of m points leaves about 9/(4 m) of the variance."""
    long = (1 + curve.correlation) / (1 - curve.correlation)
    return curve.noise * math.sqrt(min(1.0, 2.25 / curve.window_points * long))


def _slope_noise(curve: Curve, points: int) -> float:
    """Noise of the slope per kelvin: for a cubic filter var(y') = 75 s2/m^3 per step^2, to leading order."""
    long = (1 + curve.correlation) / (1 - curve.correlation)
    return curve.noise * math.sqrt(75.0 / points**3 * long) / curve.step_K


def _climb(y: Floats, k: int, width: float) -> int:
    reach = max(2, int(width / 2))
    a = max(0, k - reach)
    return a + int(np.argmax(y[a : k + reach + 1]))


def _groups(
    curve: Curve, tops: npt.NDArray[np.int64], widths: Floats, options: PeakOptions
) -> list[npt.NDArray[np.int64]]:
    """Peaks that share a baseline: their limits overlap."""
    if len(tops) == 1 or (options.low_K is not None and options.high_K is not None):
        return [np.arange(len(tops))]
    bounds = [_limits(curve, tops[i : i + 1], widths[i : i + 1], options)[:2] for i in range(len(tops))]
    groups = [[0]]
    reach = bounds[0][1]
    for i in range(1, len(tops)):
        if bounds[i][0] <= reach:
            groups[-1].append(i)
        else:
            groups.append([i])
        reach = max(reach, bounds[i][1])
    return [np.array(g) for g in groups]


def _limits(
    curve: Curve, tops: npt.NDArray[np.int64], widths: Floats, options: PeakOptions
) -> tuple[int, int, list[str]]:
    """First and last index of a group, and what was not quiet."""
    notes: list[str] = []
    n = len(curve.signal)
    wide = int(max(5, widths.max()))
    points = _odd(max(curve.window_points, 0.8 * float(widths.min())), n)
    dt = float(curve.time_s[1] - curve.time_s[0])
    slope = _filter(curve.signal, points, 1, dt) / (curve.step_K / dt)
    noise = _slope_noise(curve, points)
    calm = _odd(max(curve.window_points, 0.4 * float(widths.min())), n)
    level = _filter(curve.signal, calm, 0, dt, order=1)
    long = (1 + curve.correlation) / (1 - curve.correlation)
    left = curve.noise * math.sqrt(long / calm)
    if options.low_K is not None:
        low = int(np.searchsorted(curve.temperature_K, options.low_K))
    else:
        back, quiet = _outward(slope[: tops[0] + 1][::-1], level[: tops[0] + 1][::-1], wide, noise, left)
        low = max(0, int(tops[0]) - back)
        if not quiet:
            notes.append(
                "the curve below the peak does not come to rest: its lower limit is the start of the range"
            )
    if options.high_K is not None:
        high = int(np.searchsorted(curve.temperature_K, options.high_K, side="right")) - 1
    else:
        on, quiet = _outward(slope[tops[-1] :], level[tops[-1] :], wide, noise, left)
        high = min(n - 1, int(tops[-1]) + on)
        if not quiet:
            notes.append(
                "the curve above the peak does not come to rest: its upper limit is the end of the range"
            )
    return max(0, min(low, n - 3)), max(2, min(high, n - 1)), notes


def _outward(slope: Floats, level: Floats, wide: int, noise: float, left: float) -> tuple[int, bool]:
    """Steps from the top to where slope and level are quiet, and whether they are.

    Args:
        slope, level: outward from the top; wide: width in points; noise: of the slope; left: noise of the level.
    """
    n = len(slope)
    steep = float(np.abs(slope[: 2 * wide + 1]).max())
    p, q = int(2.5 * wide), min(n, 5 * wide)
    if q - p < 5:
        p, q = n - max(3, n // 5), n
    rest = float(np.median(slope[p:q]))
    calm = np.abs(slope - rest) < FLANK_SHARE * steep + SLOPE_NOISE * noise
    x = np.arange(n)
    middle = 0.5 * (p + q - 1)
    line = (
        np.polyfit(x[p:q] - middle, level[p:q], 1)
        if q - p >= 5
        else np.array([0.0, float(level[p:q].mean())])
    )
    away = np.abs(level - np.polyval(line, x - middle))
    flat = away < LEVEL_SHARE * float(away[: max(1, wide)].max()) + 2.0 * left
    first, need = int(LEAST * wide), max(2, int(QUIET * wide))
    for quiet in (calm & flat, calm):
        run = np.convolve(quiet[first:], np.ones(need), mode="valid") if n - first >= need else np.array([])
        good = np.flatnonzero(run > need - 0.5)
        if len(good):
            return first + int(good[0]), True
    return n - 1, False


def _side(curve: Curve, y: Floats, at: int, wide: float, direction: int) -> tuple[float, float]:
    """Value at an index and slope per kelvin of the straight line fitted outside of it (direction -1 or 1)."""
    reach = max(5, int(0.5 * wide))
    n = len(y)
    a, b = (max(0, at - reach), at + 1) if direction < 0 else (at, min(n, at + reach + 1))
    if b - a < 5:  # a limit at the end of the range: a little of the inside
        a, b = (0, min(n, 5)) if direction < 0 else (max(0, n - 5), n)
    x = curve.temperature_K[a:b] - curve.temperature_K[at]
    mean_x, mean_y = x.mean(), y[a:b].mean()
    spread = float(((x - mean_x) ** 2).sum())
    slope = (
        float(((x - mean_x) * (y[a:b] - mean_y)).sum() / spread)
        if spread > 1e-3 * (curve.step_K * len(x)) ** 2
        else 0.0
    )
    return float(mean_y - slope * mean_x), slope


def baseline(
    kind: str, temperature_K: Floats, signal: Floats, left: tuple[float, float], right: tuple[float, float]
) -> Floats:
    """A baseline between limits.

    Args:
        kind: see :data:`BASELINES`, or "none".
        temperature_K, signal: between the limits, shape (points,).
        left, right: value and slope per kelvin at the first and the last point.
    """
    x = temperature_K - temperature_K[0]
    span = float(x[-1])
    share = x / span
    (a, a1), (b, b1) = left, right
    straight = a + (b - a) * share
    if kind == "linear":
        return np.asarray(straight)
    if kind == "none":
        return np.zeros_like(straight)
    if kind == "spline":
        h00, h10 = 2 * share**3 - 3 * share**2 + 1, share**3 - 2 * share**2 + share
        return np.asarray(h00 * a + h10 * span * a1 + (1 - h00) * b + (share**3 - share**2) * span * b1)
    below = np.full_like(x, a) if kind == "integral" else a + a1 * x
    above = np.full_like(x, b) if kind == "integral" else b + b1 * (x - span)
    line = straight
    for _ in range(12):
        gain = np.maximum(signal - line, 0.0)
        passed = np.concatenate(([0.0], np.cumsum((gain[1:] + gain[:-1]) * np.diff(x))))
        if passed[-1] <= 0:
            break
        passed /= passed[-1]
        line = (1 - passed) * below + passed * above
    return np.asarray(line)


@dataclass(frozen=True)
class _One:
    peak: float
    onset: float
    end: float
    area: float
    height: float
    low: int
    high: int


def _take(
    curve: Curve, tops: npt.NDArray[np.int64], widths: Floats, options: PeakOptions, kind: str,
    limits: tuple[int, int],
) -> tuple[list[_One], Floats]:  # fmt: skip
    """The peaks of a group on one baseline within limits."""
    a, b = limits
    T, y, smooth = curve.temperature_K, curve.signal, curve.smooth
    wide = float(widths.max())
    left, right = _side(curve, y, a, wide, -1), _side(curve, y, b, wide, 1)
    part = slice(a, b + 1)
    line = baseline(kind, T[part], smooth[part], left, right)
    over = smooth[part] - line
    cuts = [a]
    for one, two in itertools.pairwise(tops):
        cuts.append(int(one) + int(np.argmin(over[one - a : two - a + 1])))
    cuts.append(b)
    points = _odd(max(curve.window_points, 0.35 * float(widths.min())), len(y))
    dt = float(curve.time_s[1] - curve.time_s[0])
    slope = _filter(y, points, 1, dt) / (curve.step_K / dt)
    found = []
    for k, width, low, high in zip(tops, widths, cuts[:-1], cuts[1:], strict=True):
        k = int(np.clip(k, low + 1, high - 1))
        k = (
            low + int(np.argmax(over[low - a : high - a + 1]))
            if len(tops) == 1
            else _climb_in(over, a, k, width, low, high)
        )
        peak = _vertex(T, smooth, line, a, k)
        onset = _meets(T, smooth, slope, line, a, low, k, left, kind, first=True)
        end = _meets(T, smooth, slope, line, a, k, high, right, kind, first=False)
        rest = y[low : high + 1] - line[low - a : high - a + 1]
        area = float(((rest[1:] + rest[:-1]) * 0.5).sum() * dt)
        found.append(_One(peak, onset, end, area, float(over[k - a]), low, high))
    return found, line


def _climb_in(over: Floats, a: int, k: int, width: float, low: int, high: int) -> int:
    reach = max(2, int(width / 2))
    p, q = max(low, k - reach), min(high, k + reach)
    return p + int(np.argmax(over[p - a : q - a + 1]))


def _vertex(T: Floats, smooth: Floats, line: Floats, a: int, k: int) -> float:
    """Top of the distance from the baseline between points, by a parabola."""
    j = k - a
    if j < 1 or j > len(line) - 2:
        return float(T[k])
    y0, y1, y2 = (smooth[k + d] - line[j + d] for d in (-1, 0, 1))
    bend = y0 - 2 * y1 + y2
    shift = 0.5 * (y0 - y2) / bend if bend < 0 else 0.0
    return float(T[k] + shift * 0.5 * (T[k + 1] - T[k - 1]))


def _meets(
    T: Floats, smooth: Floats, slope: Floats, line: Floats, a: int, low: int, high: int,
    side: tuple[float, float], kind: str, first: bool,
) -> float:  # fmt: skip
    """Where the tangent at the steepest point meets the initial or final baseline."""
    part = slope[low : high + 1]
    k = low + int(np.argmax(part) if first else np.argmin(part))
    anchor = low if first else high
    if kind in ("linear", "none"):
        at, rise = float(line[anchor - a]), float((line[-1] - line[0]) / (T[a + len(line) - 1] - T[a]))
    elif (low != a and first) or (not first and high != a + len(line) - 1):
        at, rise = float(line[anchor - a]), 0.0
    else:
        at, rise = side
    steep = float(slope[k]) - rise
    if abs(steep) < 1e-300:
        return float(T[k])
    where = float(T[k] - (smooth[k] - (at + rise * (T[k] - T[anchor]))) / steep)
    return float(np.clip(where, T[0], T[-1]))


def _measured(
    curve: Curve, tops: npt.NDArray[np.int64], widths: Floats, options: PeakOptions
) -> tuple[list[Peak], dict[str, tuple[Floats, Floats]]]:
    """The peaks of a group with uncertainties; the baselines for the figure."""
    a, b, notes = _limits(curve, tops, widths, options)
    kind = options.baseline
    main, _ = _take(curve, tops, widths, options, kind, (a, b))
    every = {k: _take(curve, tops, widths, options, k, (a, b)) for k in BASELINES}
    part = curve.temperature_K[a : b + 1]
    drawn = {k: (part, v[1]) for k, v in every.items()}
    if kind not in drawn:
        drawn[kind] = (part, np.zeros_like(part))
    noisy = _repeat(curve, tops, widths, options)
    wide = float(widths.max())
    others = []
    for share in (0.25, 0.5):
        out = int(share * wide)
        p = a if options.low_K is not None else max(0, a - out)
        q = b if options.high_K is not None else min(len(curve.signal) - 1, b + out)
        others.append(_take(curve, tops, widths, options, kind, (p, q))[0])
    dt = float(curve.time_s[1] - curve.time_s[0])
    again = replace(curve, smooth=_filter(curve.smooth, curve.window_points, 0, dt))
    twice, _ = _take(again, tops, widths, options, kind, (a, b))
    peaks = []
    for i, one in enumerate(main):
        areas = {k: v[0][i].area for k, v in every.items()}
        tops_K = {k: v[0][i].peak for k, v in every.items()}
        chosen = kind != "none"
        spread = float(np.std(list(areas.values()), ddof=1)) if chosen else 0.0
        spread_K = float(np.std(list(tops_K.values()), ddof=1)) if chosen else 0.0
        onsets = [v[0][i].onset for v in every.values()] if chosen else [one.onset]
        ends = [v[0][i].end for v in every.values()] if chosen else [one.end]
        limits = float(np.std([one.area, *(o[i].area for o in others)], ddof=1))
        limits_K = float(np.std([one.onset, *(o[i].onset for o in others)], ddof=1))
        sd = noisy[:, i, :].std(axis=0, ddof=1)
        smoothing = abs(twice[i].peak - one.peak)
        digit = curve.digit_K / math.sqrt(12.0)
        cal = options.temperature_uncertainty_K
        common = digit**2 + cal**2
        parts = {
            "peak_noise_K": float(sd[0]),
            "smoothing_K": float(smoothing),
            "baseline_K": spread_K,
            "digit_K": digit,
            "calibration_K": cal,
            "area_noise": float(sd[3]),
            "area_baseline": spread,
            "area_limits": limits,
            "area_calibration": options.enthalpy_uncertainty * abs(one.area),
        }
        peaks.append(
            Peak(
                peak_K=one.peak,
                onset_K=one.onset,
                end_K=one.end,
                area=one.area,
                height=one.height,
                width_K=float(widths[i]) * curve.step_K,
                low_K=float(curve.temperature_K[a]),
                high_K=float(curve.temperature_K[b]),
                part_low_K=float(curve.temperature_K[one.low]),
                part_high_K=float(curve.temperature_K[one.high]),
                u_peak_K=math.sqrt(sd[0] ** 2 + smoothing**2 + spread_K**2 + common),
                u_onset_K=math.sqrt(sd[1] ** 2 + np.std(onsets) ** 2 + limits_K**2 + smoothing**2 + common),
                u_end_K=math.sqrt(sd[2] ** 2 + np.std(ends) ** 2 + smoothing**2 + common),
                u_area=math.sqrt(sd[3] ** 2 + spread**2 + limits**2 + parts["area_calibration"] ** 2),
                parts=parts,
                areas=areas,
                peaks_K=tops_K,
                notes=tuple(notes),
            )
        )
    return peaks, drawn


def _repeat(curve: Curve, tops: npt.NDArray[np.int64], widths: Floats, options: PeakOptions) -> Floats:
    """Peak, onset, end and area of each peak with new noise, shape (REPEATS, peaks, 4)."""
    from scipy.signal import lfilter

    rng = np.random.default_rng(options.seed)
    n = len(curve.signal)
    dt = float(curve.time_s[1] - curve.time_s[0])
    white = rng.standard_normal((REPEATS, n)) * curve.noise
    if curve.correlation > 0:
        white = lfilter([math.sqrt(1 - curve.correlation**2)], [1.0, -curve.correlation], white, axis=1)
    signals = curve.smooth[None, :] + white
    smooths = _filter(signals, curve.window_points, 0, dt)
    out = np.empty((REPEATS, len(tops), 4))
    for r in range(REPEATS):
        again = replace(curve, signal=signals[r], smooth=smooths[r])
        a, b, _ = _limits(again, tops, widths, options)
        for i, one in enumerate(_take(again, tops, widths, options, options.baseline, (a, b))[0]):
            out[r, i] = one.peak, one.onset, one.end, one.area
    return out
