"""Histograms of grey values in one pass, and thresholds from them.

A threshold between two classes always lies midway between the highest value of the lower class and the lowest
of the upper one. For whole numbers side by side that is a half: no voxel lies on the wall. Where no value
occurs between the classes, every cut of the gap is as good by any criterion on the histogram, and the middle
leaves both the most room.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.errors import InputError
from percola.measure import _parallel
from percola.scan._blocks import slabs
from percola.scan.volume import ArrayLike

# Hills of fewer voxels than this part of all are scatter in the tails, no phase.
_LEAST_SHARE = 0.005

#: Bins for values that are no whole numbers or span more than this many of them.
BINS = 1 << 16


@njit(cache=True, nogil=True)
def _count(values, low, scale, counts, a, b):  # type: ignore[no-untyped-def]
    """Add values[a:b] to the counts: bin = (value - low) scale."""
    top = counts.shape[0] - 1
    for i in range(a, b):
        n = int((np.float64(values[i]) - low) * scale)
        if n < 0:
            n = 0
        elif n > top:
            n = top
        counts[n] += 1


@njit(cache=True, nogil=True)
def _range(values, a, b):  # type: ignore[no-untyped-def]
    """Lowest and highest finite value of values[a:b], and how many are not finite."""
    low, high = np.inf, -np.inf
    strange = 0
    for i in range(a, b):
        v = np.float64(values[i])
        if not np.isfinite(v):
            strange += 1
            continue
        if v < low:
            low = v
        if v > high:
            high = v
    return low, high, strange


@dataclass(frozen=True)
class Histogram:
    """How often each grey value occurs.

    Attributes:
        centres: the value of each bin that occurs, rising; exact where ``exact``.
        counts: voxels in it, all above 0.
        width: distance of bins [grey values]; 1 for whole numbers.
        exact: whether each bin holds one value only.
    """

    centres: NDArray[np.float64]
    counts: NDArray[np.int64]
    width: float
    exact: bool

    @property
    def total(self) -> int:
        return int(self.counts.sum())

    @property
    def low(self) -> float:
        return float(self.centres[0])

    @property
    def high(self) -> float:
        return float(self.centres[-1])

    def below(self, threshold: float) -> float:
        """Share of the voxels below a value (exact where the histogram is; else to a bin)."""
        return float(self.counts[: np.searchsorted(self.centres, threshold)].sum() / self.total)

    def moments(self, low: float = -math.inf, high: float = math.inf) -> tuple[float, float, float]:
        """Share, mean and standard deviation of the values in low <= v < high; NaN where there are none."""
        a, b = np.searchsorted(self.centres, (low, high))
        n = self.counts[a:b].astype(float)
        if not len(n):
            return 0.0, math.nan, math.nan
        x = self.centres[a:b]
        mean = float((n * x).sum() / n.sum())
        return float(n.sum() / self.total), mean, math.sqrt(float((n * (x - mean) ** 2).sum() / n.sum()))

    def quantile(self, share: float) -> float:
        """The value that the share of the voxels does not exceed."""
        at = np.searchsorted(np.cumsum(self.counts), share * self.total)
        return float(self.centres[min(int(at), len(self.centres) - 1)])

    def binned(self, bins: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Edges and counts of ``bins`` equal bins at most; whole numbers are never split unevenly."""
        span = self.high - self.low
        width = span / bins if span > 0 else 1.0
        if self.exact and float(self.width) == 1.0:
            width = max(1.0, math.ceil((span + 1) / bins))
            edges = np.arange(self.low - 0.5, self.high + width, width)
        else:
            edges = self.low + width * np.arange(bins + 1) if span > 0 else self.low + np.array([-0.5, 0.5])
        at = np.clip(np.searchsorted(edges, self.centres, side="right") - 1, 0, len(edges) - 2)
        counts = np.bincount(at, self.counts, minlength=len(edges) - 1).astype(np.int64)
        return edges, counts


def value_range(values: NDArray[Any] | ArrayLike, where: str = "values") -> tuple[float, float]:
    """Lowest and highest value; refused where some are not finite."""
    low, high, strange, total = math.inf, -math.inf, 0, 0
    for _, _, part in slabs(values):
        flat = _flat(part)
        total += flat.size
        found = _parallel.run(lambda a, b, v=flat: _range(v, a, b), _parallel.slabs(flat.size))  # type: ignore[misc]
        low, high = min(low, *(f[0] for f in found)), max(high, *(f[1] for f in found))
        strange += sum(f[2] for f in found)
    if strange:
        raise InputError(
            where,
            f"{strange} of {total} values are NaN or infinite",
            "finite grey values",
            "crop to the region that was reconstructed, or replace what is missing before",
        )
    return low, high


def histogram(values: NDArray[Any] | ArrayLike, where: str = "values") -> Histogram:
    """The histogram, slab by slab: one pass for whole numbers of up to 16 bits, two for all others.

    Exact (each value its own bin) for whole numbers that span up to 65536; 65536 equal bins for all others,
    whose rounding (1/131072 of the range) is far below the noise of any scan.
    """
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind == "b" or (kind in "ui" and size <= 2):
        limits = (0, 1) if kind == "b" else (np.iinfo(values.dtype).min, np.iinfo(values.dtype).max)
        low, bins, scale = float(limits[0]), int(limits[1]) - int(limits[0]) + 1, 1.0
        exact = True
    elif kind in "uif":
        low, high = value_range(values, where)
        exact = kind != "f" and high - low < BINS
        bins = int(high - low) + 1 if exact else BINS
        scale = 1.0 if exact else BINS / (high - low) if high > low else 1.0
    else:
        raise InputError(where, f"values of type {values.dtype}", "whole or real numbers")
    total = np.zeros(bins, np.int64)
    for _, _, part in slabs(values):
        flat = _flat(part)
        ranges = _parallel.slabs(flat.size, 4)
        counts = [np.zeros(bins, np.int64) for _ in ranges]
        tasks = dict(zip(ranges, counts, strict=True))
        _parallel.run(lambda a, b, v=flat, t=tasks: _count(v, low, scale, t[(a, b)], a, b), ranges)  # type: ignore[misc]
        for c in counts:
            total += c
    found = np.flatnonzero(total)
    if exact:
        return Histogram(np.asarray(found + low, np.float64), total[found], 1.0, True)
    width = 1 / scale
    centres = np.asarray(low + (found + 0.5) * width, np.float64)
    if len(found) == 1:  # one value only
        centres = np.array([low])
    return Histogram(centres, total[found], width, False)


def _flat(part: NDArray[Any]) -> NDArray[Any]:
    """One axis in the order of memory, native bytes, without copying where that can be."""
    part = part.view(np.uint8) if part.dtype == np.bool_ else part
    if not part.dtype.isnative:
        part = part.astype(part.dtype.newbyteorder("="))
    if part.dtype == np.float16:
        part = part.astype(np.float32)
    return part.ravel(order="K")


@njit(cache=True, nogil=True)
def _best_split(weight, moment, before, now, split, first, last, lowest, highest):  # type: ignore[no-untyped-def]
    """now[j] = max over i <= j of before[i] + M(i, j)^2/W(i, j), for first <= j < last, with the best i
    between lowest and highest; the best i never falls as j grows, so the range is halved on and on.
    """
    stack = np.empty((64, 4), np.int64)
    stack[0] = (first, last, lowest, highest)
    top = 0
    while top >= 0:
        a, b, c, d = stack[top]
        top -= 1
        if a >= b:
            continue
        j = (a + b) // 2
        best, at = -np.inf, c
        for i in range(c, min(d, j) + 1):
            w = weight[j + 1] - weight[i]
            m = moment[j + 1] - moment[i]
            value = before[i] + m * m / w
            if value > best:
                best, at = value, i
        now[j + 1] = best
        split[j + 1] = at
        top += 1
        stack[top] = (a, j, c, at)
        top += 1
        stack[top] = (j + 1, b, at, d)


def best_classes(h: Histogram, classes: int) -> list[float]:
    """Thresholds of the ``classes`` with the largest variance between them: the exact optimum.

    Otsu's criterion (Otsu 1979, for several classes Liao and others 2001), sum of w_k (mu_k - mu)^2, is
    k-means on a line; the optimal classes are intervals, found by dynamic programming over the values that
    occur. The best border never moves down as the upper end moves up, so n values cost n log n a class
    (Wang and Song 2011 solve the same problem).
    """
    n = len(h.centres)
    if classes < 2 or classes > n:
        raise InputError(
            "classes",
            f"{classes} with {n} different grey value{'s' * (n != 1)}",
            "at least 2, at most as many as there are grey values",
        )
    x = (h.centres - h.low) / max(h.high - h.low, 1e-300)
    x = x - float((x * h.counts).sum() / h.total)
    weight = np.concatenate([[0.0], np.cumsum(h.counts)]).astype(float)
    moment = np.concatenate([[0.0], np.cumsum(h.counts * x)])
    value = np.full(n + 1, -np.inf)
    value[1:] = moment[1:] ** 2 / weight[1:]
    splits = []
    for k in range(1, classes):
        now = np.full(n + 1, -np.inf)
        split = np.zeros(n + 1, np.int64)
        _best_split(weight, moment, value, now, split, k, n, k, n - 1)
        value = now
        splits.append(split)
    end, borders = n, []
    for split in reversed(splits):
        end = int(split[end])
        borders.append(end)
    return [between(h, b) for b in reversed(borders)]


def between(h: Histogram, index: int) -> float:
    """Midway between the values ``index - 1`` and ``index`` of a histogram."""
    return float(0.5 * (h.centres[index - 1] + h.centres[index]))


def eta(h: Histogram, thresholds: list[float]) -> float:
    """Otsu's separability: variance between the classes over the whole variance (0 to 1)."""
    _, mean, deviation = h.moments()
    if deviation == 0:
        return 0.0
    edges = [-math.inf, *thresholds, math.inf]
    parts = [h.moments(a, b) for a, b in itertools.pairwise(edges)]
    return sum(p * (m - mean) ** 2 for p, m, _ in parts if p) / deviation**2


@dataclass(frozen=True)
class Peaks:
    """The two peaks of a histogram and the valley between them.

    Attributes:
        low, high: grey values of the peaks; NaN where there is one only.
        valley: grey value of the minimum between them; NaN where there is none.
        dip: 1 - (height of the valley)/(height of the lower peak): 0 no valley, 1 empty.
        bandwidth: width of the Gaussian that smoothed the histogram [grey values].
    """

    low: float
    high: float
    valley: float
    dip: float
    bandwidth: float


def _maxima(smooth: NDArray[np.float64]) -> tuple[list[int], list[int]]:
    """Tops of the hills of a curve and the troughs between them; hills that hold too little are merged into
    the neighbour they are parted from least.
    """
    rising = np.diff(np.concatenate([[0.0], smooth, [0.0]]))
    sign = np.sign(np.where(np.abs(rising) > 1e-12 * smooth.max(), rising, 0.0))
    moves = np.flatnonzero(sign)
    tops = [int(i) for i in moves[:-1][(sign[moves[:-1]] > 0) & (sign[moves[1:]] < 0)]]
    troughs = [a + int(np.argmin(smooth[a : b + 1])) for a, b in itertools.pairwise(tops)]
    while len(tops) > 1:
        ends = [0, *troughs, len(smooth)]
        masses = [float(smooth[a:b].sum()) for a, b in itertools.pairwise(ends)]
        k = int(np.argmin(masses))
        if masses[k] >= _LEAST_SHARE * sum(masses):
            break
        # The higher of the troughs beside it goes.
        sides = [i for i in (k - 1, k) if 0 <= i < len(troughs)]
        gone = max(sides, key=lambda i: smooth[troughs[i]])
        del troughs[gone]
        other = k - 1 if gone == k - 1 else k + 1
        del tops[k if smooth[tops[k]] <= smooth[tops[other]] else other]
    return tops, troughs


def peaks(h: Histogram, bins: int = 512) -> Peaks:
    """The two peaks that remain when the histogram is smoothed just enough, and the minimum between them.

    The number of peaks of a Gaussian-smoothed density falls with the bandwidth (Silverman 1981): the smallest
    bandwidth with at most two is taken, by a factor of 1.2. A histogram with one peak left there has none to
    part. Where peaks stand at the ends of the range (saturated images) they count as peaks.
    """
    none = Peaks(math.nan, math.nan, math.nan, 0.0, math.nan)
    if len(h.centres) < 2:
        return none
    # The outermost thousandths may be far off (hot voxels) and would squeeze the rest into a few bins.
    low, high = h.quantile(0.0005), h.quantile(0.9995)
    if high <= low:
        low, high = h.low, h.high
    inside = (h.centres >= low) & (h.centres <= high)
    pad = 0.1 * (high - low)
    edges = np.linspace(low - pad, high + pad, bins + 1)
    x, n = h.centres[inside], h.counts[inside].astype(float)
    # Each value is spread over its own width, so that whole numbers leave no comb.
    ends = np.stack([x - h.width / 2, x + h.width / 2], 1).ravel()
    cumulative = np.concatenate([[0.0], np.cumsum(n)])
    density = np.diff(np.interp(edges, ends, np.stack([cumulative[:-1], cumulative[1:]], 1).ravel()))
    step = float(edges[1] - edges[0])
    centres = 0.5 * (edges[1:] + edges[:-1])
    from scipy.ndimage import gaussian_filter1d

    # Half a percent of the range to begin with: a phase without noise is one value, a spike beside which any other
    # would not count.
    sigma = 3.0
    while True:
        smooth = gaussian_filter1d(density, sigma, mode="constant", truncate=5.0)
        tops, troughs = _maxima(smooth)
        if len(tops) <= 2 or sigma > bins:
            break
        sigma *= 1.2
    if len(tops) != 2:
        return Peaks(math.nan, math.nan, math.nan, 0.0, sigma * step)
    a, b, trough = tops[0], tops[1], troughs[0]
    lower = min(smooth[a], smooth[b])
    dip = 1 - float(smooth[trough] / lower)
    # The smoothed height rests on about 2 sqrt(pi) sigma bins of counts; a valley within 4 deviations of its
    # difference to the peak is chance.
    chance = 4 * math.sqrt(2 / max(lower * 2 * math.sqrt(math.pi) * sigma, 1.0))
    if dip < max(0.01, min(chance, 0.9)):
        return Peaks(math.nan, math.nan, math.nan, 0.0, sigma * step)
    return Peaks(float(centres[a]), float(centres[b]), float(centres[trough]), dip, sigma * step)


def outer_spread(h: Histogram, dark: float, bright: float) -> float:
    """Deviation of the grey values about the peaks on their outer sides, where no wall voxel adds to it: the
    smaller of both, since the peak of a phase too thin to reach its own grey is broad without any noise.
    """
    out = []
    for inner, sign in ((dark, -1.0), (bright, 1.0)):
        distance = sign * (h.centres - inner)
        n = h.counts[distance > 0].astype(float)
        d = distance[distance > 0]
        # Half of a peak lies on its outer side; so few voxels there are an end of the range, not a flank.
        out.append(math.sqrt(float((n * d * d).sum() / n.sum())) if n.sum() > 0.001 * h.total else 0.0)
    return min(out)
