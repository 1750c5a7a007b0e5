"""T_c against T_s: does it fall and become constant, and from which T_a on (Fig. 1 of the patent).

    T_c = c + b min(T_s - T_a, 0),  b < 0

The break is searched over all positions; for each, c and b follow by least squares. The interval of T_a is that of the
profile likelihood with the scatter estimated from the points: S(T_a) <= S_min (1 + F/(n - 3)), with F the 68.3 %
quantile of F(1, n - 3); half its width is the standard uncertainty. The scatter is taken no smaller than the points'
own uncertainties say.

A plateau is claimed only if at least two points lie on each side of the break, the broken line is better than one
straight line (F test, 5 %), T_c falls before it, and a line of its own through the points beyond it is level (within
twice its uncertainty, or a fifth of the slope before it), and a parabola is not clearly likelier. Else the reason is given and no number.

References: hudson1966 (join point by least squares); ep1063256, paragraph 52.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST_POINTS = 5


@dataclass(frozen=True)
class Plateau:
    """Result of :func:`find_plateau`.

    Attributes:
        reached: whether a plateau may be claimed; ``reason`` why not.
        temperature_K, uncertainty_K: T_a and one standard deviation, None where not claimed [K].
        level_K, u_level_K: T_c on the plateau [K].
        slope, u_slope: dT_c/dT_s below T_a, or over all points where no plateau is claimed.
        p_value: of the broken line against one straight line.
        beyond: points at or above T_a.
        low_K, high_K: 95 % interval of T_a [K].
        profile: T_a and S/S_min of the search, for the figure.
    """

    reached: bool
    reason: str
    temperature_K: float | None
    uncertainty_K: float | None
    level_K: float | None
    u_level_K: float | None
    slope: float
    u_slope: float
    p_value: float
    beyond: int = 0
    low_K: float | None = None
    high_K: float | None = None
    profile: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))


def find_plateau(
    dissolution_K: Floats, crystallization_K: Floats, uncertainty_K: Floats | float = 0.0
) -> Plateau:
    """Whether T_c falls with T_s and becomes constant, and at which T_a.

    Args:
        dissolution_K: T_s [K]; crystallization_K: T_c [K]; shape (points,).
        uncertainty_K: of each T_c without what all share (calibration) [K].
    """
    from scipy.stats import f as f_distribution

    order = np.argsort(dissolution_K)
    x, y = np.asarray(dissolution_K, float)[order], np.asarray(crystallization_K, float)[order]
    u = np.broadcast_to(np.asarray(uncertainty_K, float), y.shape)[order]
    n, distinct = len(x), len(np.unique(np.round(x, 2)))
    if distinct < 2:
        return _none("T_s is the same in all runs", 0.0, 0.0, 1.0)
    least = float(np.sqrt(np.mean(u**2)))
    (_, slope), straight = _line(x, y)
    error = _slope_error(x, straight, n - 2, least)
    if distinct < LEAST_POINTS:
        return _none(
            f"{distinct} dissolution temperatures are too few to tell a plateau: {LEAST_POINTS} or more",
            slope,
            error,
            1.0,
        )
    grid = np.linspace(x[0], x[-1], 2001)[1:-1]
    sums = _sums(x, y, grid)
    k = int(np.argmin(sums))
    best = float(grid[k])
    (level, fall), rest = _broken(x, y, best)
    floor = 1e-12 + least**2 * (n - 3)
    scale = max(rest, floor) / (n - 3)
    statistic = (straight - rest) / scale
    p = float(f_distribution.sf(max(statistic, 0.0), 1, n - 3))
    before, after = int(np.sum(x < best)), int(np.sum(x >= best))
    if fall >= 0:
        # The same broken line fits a curve that is level first and changes later; that is no plateau of Fig. 1.
        return _none(_trend(slope, error, "T_c does not fall before it becomes constant"), slope, error, p)
    if p > 0.05:
        return _none(
            _trend(slope, error, f"a broken line is not better than a straight one (p = {p:.2f})"),
            slope,
            error,
            p,
        )
    if after < 2 or before < 2:
        side = "above" if after < 2 else "below"
        return _none(
            _trend(slope, error, f"fewer than two points {side} the bend at {best - 273.15:.1f} degC"),
            slope,
            error,
            p,
        )
    (_, beyond), left = _line(x[x >= best], y[x >= best])
    doubt = _slope_error(x[x >= best], left, after - 2, max(least, math.sqrt(scale)))
    if abs(beyond) > max(2 * doubt, 0.2 * abs(fall)):
        return _none(
            f"beyond the bend at {best - 273.15:.1f} degC T_c still changes by {beyond:.2f} K per K",
            slope,
            error,
            p,
        )
    # A parabola has as many constants; where it is clearly the likelier (by 6 in -2 ln L) nothing is level.
    bent = float(np.sum((y - np.polyval(np.polyfit(x - x.mean(), y, 2), x - x.mean())) ** 2))
    if n * math.log(max(rest, floor) / max(bent, floor)) > 6.0:
        return _none("T_c bends evenly with T_s, without a level part", slope, error, p)
    inner = np.flatnonzero(sums <= rest + scale * float(f_distribution.ppf(0.6827, 1, n - 3)))
    outer = np.flatnonzero(sums <= rest + scale * float(f_distribution.ppf(0.95, 1, n - 3)))
    # The profile is not a parabola between points; half of the wider interval, brought to one deviation, guards tails.
    half = 0.5 * float(grid[inner[-1]] - grid[inner[0]])
    quantile = math.sqrt(float(f_distribution.ppf(0.95, 1, n - 3)))
    wide = (
        0.5
        * float(grid[outer[-1]] - grid[outer[0]])
        / quantile
        * math.sqrt(float(f_distribution.ppf(0.6827, 1, n - 3)))
    )
    step = float(grid[1] - grid[0])
    below = x < best
    spread = float(((x[below] - x[below].mean()) ** 2).sum())
    shown = slice(None, None, 20)
    return Plateau(
        reached=True,
        reason="",
        temperature_K=best,
        uncertainty_K=max(half, wide, step),
        level_K=level,
        u_level_K=math.sqrt(scale / after),
        slope=fall,
        u_slope=math.sqrt(scale / max(spread, 1e-12)),
        p_value=p,
        beyond=after,
        low_K=float(grid[outer[0]]),
        high_K=float(grid[outer[-1]]),
        profile=([float(g) for g in grid[shown]], [float(s / max(rest, 1e-12)) for s in sums[shown]]),
    )


def _line(x: Floats, y: Floats) -> tuple[tuple[float, float], float]:
    mean_x, mean_y = x.mean(), y.mean()
    spread = float(((x - mean_x) ** 2).sum())
    slope = float(((x - mean_x) * (y - mean_y)).sum() / spread) if spread > 0 else 0.0
    return (float(mean_y - slope * mean_x), slope), float(((y - mean_y - slope * (x - mean_x)) ** 2).sum())


def _slope_error(x: Floats, rest: float, freedom: int, least: float) -> float:
    spread = float(((x - x.mean()) ** 2).sum())
    variance = max(rest / freedom if freedom > 0 else 0.0, least**2)
    return math.sqrt(variance / spread) if spread > 0 else math.inf


def _broken(x: Floats, y: Floats, at: float) -> tuple[tuple[float, float], float]:
    z = np.minimum(x - at, 0.0)
    mean = z.mean()
    spread = float(((z - mean) ** 2).sum())
    slope = float(((z - mean) * (y - y.mean())).sum() / spread) if spread > 0 else 0.0
    level = float(y.mean() - slope * mean)
    return (level, slope), float(((y - level - slope * z) ** 2).sum())


def _sums(x: Floats, y: Floats, grid: Floats) -> Floats:
    """Sum of squares of the broken line for each position of the break."""
    z = np.minimum(x[None, :] - grid[:, None], 0.0)
    z -= z.mean(axis=1, keepdims=True)
    spread = (z**2).sum(axis=1)
    product = z @ (y - y.mean())
    slope = np.divide(product, spread, out=np.zeros_like(spread), where=spread > 0)
    return np.asarray(((y - y.mean())[None, :] - slope[:, None] * z) ** 2).sum(axis=1)


def _trend(slope: float, error: float, why: str) -> str:
    if abs(slope) <= 2 * error:
        return f"{why}; over the runs T_c does not change with T_s ({slope:+.3f} K per K, +- {error:.3f})"
    return f"{why}; over the runs T_c {'falls' if slope < 0 else 'rises'} by {abs(slope):.2f} K per K"


def _none(reason: str, slope: float, error: float, p: float) -> Plateau:
    return Plateau(False, reason, None, None, None, None, slope, error, p)
