"""Where a noisy curve passes through zero, with the error of noise and of interpolation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq
from scipy.stats import chi2 as chi2_distribution

from percola.lab.porometry.curves import slopes

Floats = npt.NDArray[np.float64]
WINDOWS = ((4, 2), (6, 3), (8, 3), (12, 3), (16, 3), (24, 3), (32, 3))
"""Readings about the crossing and the degree of the polynomial fitted to them, after the line between two."""


@dataclass(frozen=True)
class Crossing:
    """Where a curve passes through zero.

    Attributes:
        at: abscissa.
        error: one standard deviation: noise and interpolation.
        noise_error, interpolation_error: its parts.
        bracket: readings below and above.
        readings: number of readings that the value rests on.
        slope: of the curve there.
        changes: crossings of readings that differ from zero by more than three standard deviations; 1 is a clean one.
        near: readings within 20 % of the abscissa.
    """

    at: float
    error: float
    noise_error: float
    interpolation_error: float
    bracket: tuple[float, float]
    readings: int
    slope: float
    changes: int
    near: int


def crossing(x: Floats, y: Floats, sigma: Floats, middle: bool = False) -> Crossing | None:
    """Where y rises through zero; None where it does not.

    The bracket is the cut with the fewest readings on the wrong side. The value is that of the straight line between both
    readings of the bracket, as one draws it on paper. Where noise matters, polynomials through more and more readings
    about the bracket follow (:data:`WINDOWS`), and the widest one is taken whose residuals are noise (at the 1 % level)
    and that agrees with all narrower ones within two of their standard deviations (Lepski's rule): noise falls, shape is
    kept. Windows that hold nothing but readings within two standard deviations of zero are passed over.

    The interpolation error is, for the straight line, the distance from the monotone cubic's crossing (at most the
    bracket's width over sqrt(12), and just that where the curve jumps between the two); for a polynomial, what the next lower degree gives otherwise, at most the error of
    noise.

    Args:
        x: rising, shape (n,).
        y: shape (n,).
        sigma: standard deviation of each y, 0 where it has none.
        middle: where the curve jumps between two readings, take their middle instead of the line's crossing.

    Validity: one crossing. Limitations: between two readings far apart nothing is known of the shape; the error then says
    so. Reference: O. V. Lepskii, Theory Probab. Appl. 35 (1991) 454.
    """
    wrong = np.append(0, np.cumsum(y > 0)) + np.append(np.cumsum((y <= 0)[::-1])[::-1], 0)
    cuts = np.flatnonzero(wrong == wrong.min())
    cut = int(cuts[len(cuts) // 2])
    if not 0 < cut < len(y):
        return None
    # The nearest readings of either sign around the cut.
    low = cut - 1
    while low > 0 and y[low] > 0:
        low -= 1
    high = cut
    while high < len(y) - 1 and y[high] <= 0:
        high += 1
    if y[low] > 0 or y[high] <= 0:
        return None
    x0, x1, y0, y1 = float(x[low]), float(x[high]), float(y[low]), float(y[high])
    slope = (y1 - y0) / (x1 - x0)
    line = x0 - y0 / slope
    part = (line - x0) / (x1 - x0)
    # Between two noisy readings the slope is the noise's; over more it is the curve's.
    noisy = float(max(sigma[low], sigma[high]))
    gentle = slopes(x, y)
    gentle_slope = float(max(np.interp(line, x, gentle), 1e-3 * slope))
    noise_error = math.hypot((1 - part) * float(sigma[low]), part * float(sigma[high])) / min(
        slope, gentle_slope
    )
    interpolation = min(abs(_cubic(x, y, low, high) - line), (x1 - x0) / math.sqrt(12))
    beside = [
        float((y[j] - y[i]) / (x[j] - x[i]))
        for i, j in ((low - 1, low), (high, high + 1))
        if i >= 0 and j < len(x)
    ]
    jump = len(beside) == 2 and slope > 3 * max(max(beside), 0.0) and y1 - y0 > 5 * noisy
    if jump:
        # A step between two readings may lie anywhere between them.
        interpolation = (x1 - x0) / math.sqrt(12)
        line = (x0 + x1) / 2 if middle else line
    best = (line, noise_error, interpolation, 2, slope)
    # Readings within two standard deviations of the crossing say no more than that it lies among them.
    least = 2 * math.ceil(2 * noisy / gentle_slope / (x1 - x0)) if noisy > 0.3 * (y1 - y0) else 2
    kept = [(line, noise_error)] if least == 2 else []
    for size, degree in WINDOWS:
        a, b = low - size // 2 + 1, high + size // 2
        if a < 0 or b > len(x) or noise_error <= 0 or jump:
            break
        if size < least:
            continue
        if np.any(sigma[a:b] <= 0):
            break
        found = _root(x[a:b], y[a:b], sigma[a:b], degree, (x0, x1), line)
        if found is None:
            break
        at, error, grade, lower, steep = found
        if grade < 0.01 or any(abs(at - v) > 2 * e for v, e in kept):
            break
        # Half of what the last widening moved it by is what choosing a window adds.
        moved = abs(at - kept[-1][0]) / 2 if kept else 0.0
        kept.append((at, error))
        best = (
            at,
            math.hypot(error, moved),
            min(abs(lower - at), error) if math.isfinite(lower) else error,
            b - a,
            steep,
        )
    at, noise_error, interpolation, readings, slope = best
    clear = np.sign(y[np.abs(y) > 3 * sigma])
    changes = int(np.count_nonzero(np.diff(clear) != 0)) if len(clear) > 1 else 1
    near = int(np.count_nonzero(np.abs(x - at) <= 0.2 * abs(at)))
    return Crossing(
        at, math.hypot(noise_error, interpolation), noise_error, interpolation, (x0, x1), readings, slope,
        max(changes, 1), near,
    )  # fmt: skip


def _cubic(x: Floats, y: Floats, low: int, high: int) -> float:
    """Crossing of the monotone cubic (Fritsch and Carlson) through the readings about the bracket."""
    keep = np.r_[np.arange(max(0, low - 2), low + 1), np.arange(high, min(len(x), high + 3))]
    cubic = PchipInterpolator(x[keep], y[keep])
    return float(brentq(cubic, x[low], x[high], xtol=1e-12 * abs(float(x[high]))))


def _root(
    x: Floats, y: Floats, sigma: Floats, degree: int, bracket: tuple[float, float], start: float
) -> tuple[float, float, float, float, float] | None:
    """(root, its error, level of chi squared, root of the next lower degree, slope) of a weighted polynomial; None where
    it has no root near the bracket."""
    scale = float(x[-1] - x[0]) / 2
    u = (x - start) / scale
    found: list[float] = []
    for d in (degree - 1, degree):
        design = np.stack([u**k for k in range(d + 1)], axis=1) / sigma[:, None]
        b = y / sigma
        c, *_ = np.linalg.lstsq(design, b, rcond=None)
        roots = np.roots(c[::-1])
        real = roots[np.abs(roots.imag) < 1e-9].real
        if not len(real):
            found.append(math.nan)
            continue
        found.append(float(real[np.argmin(np.abs(real))]))
    lower, root = found
    width = max(bracket[1] - bracket[0], 0.25 * 2 * scale) / scale
    if not math.isfinite(root) or abs(root) > width:
        return None
    steps = np.arange(degree + 1)
    slope = float(np.sum(steps[1:] * c[1:] * root ** (steps[1:] - 1)))
    if slope <= 0:
        return None
    covariance = np.linalg.pinv(design.T @ design)
    at_root = root**steps
    error = math.sqrt(max(float(at_root @ covariance @ at_root), 0)) / slope
    residual = float(np.sum((design @ c - b) ** 2))
    grade = float(chi2_distribution.sf(residual, max(len(x) - degree - 1, 1)))
    return start + root * scale, error * scale, grade, start + lower * scale, slope / scale
