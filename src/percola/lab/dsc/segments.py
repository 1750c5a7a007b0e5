"""Heatings, holds and coolings in a temperature record."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Kind = Literal["heating", "isothermal", "cooling"]

#: Below this rate a record stands still; above it, it moves [K/s].
STILL_K_S = 0.3 / 60.0
#: Stretches shorter than this in time and in temperature belong to their neighbours [s], [K].
SHORT_S, SHORT_K = 45.0, 2.0
#: Without time: a turn counts after so much of the way back [K].
TURN_K = 3.0


@dataclass(frozen=True)
class Segment:
    """One heating, hold or cooling.

    Attributes:
        kind: what it is.
        start, stop: indices, ``stop`` not included.
        rate_K_s: of the middle four fifths, signed [K/s]; None without time.
        from_K, to_K: first and last temperature [K].
        level_K: median temperature of the second half [K].
        duration_s: [s]; None without time.
    """

    kind: Kind
    start: int
    stop: int
    rate_K_s: float | None
    from_K: float
    to_K: float
    level_K: float
    duration_s: float | None


def find_segments(time_s: Floats | None, temperature_K: Floats) -> tuple[Segment, ...]:
    """The stretches of a record.

    The rate is the slope over 30 s; below 0.3 K/min the record stands still. Stretches shorter than 45 s that pass
    less than 2 K (an overshoot at the end of a ramp) belong to their neighbours.

    Args:
        time_s: rising [s], or None: then only heatings and coolings are told apart.
        temperature_K: [K], shape (points,).
    """
    if time_s is None:
        return _by_turns(temperature_K)
    n = len(time_s)
    span = float(time_s[-1] - time_s[0])
    if n < 5 or span <= 0:
        return ()
    step = max(span / (n - 1), span / 20000, 0.05)
    grid = np.arange(0.0, span + 0.5 * step, step)
    T = np.interp(grid, time_s - time_s[0], temperature_K)
    half = max(1, round(15.0 / step))
    ahead, behind = np.minimum(np.arange(len(T)) + half, len(T) - 1), np.maximum(np.arange(len(T)) - half, 0)
    rate = (T[ahead] - T[behind]) / ((ahead - behind) * step)
    label = np.where(rate > STILL_K_S, 1, np.where(rate < -STILL_K_S, -1, 0))
    runs = _runs(label)
    while len(runs) > 1:
        sizes = [((b - a) * step, abs(T[b - 1] - T[a]) if b > a else 0.0) for _, a, b in runs]
        short = [i for i, (s, k) in enumerate(sizes) if s < SHORT_S and k < SHORT_K]
        if not short:
            break
        i = min(short, key=lambda j: sizes[j][0])
        near = [j for j in (i - 1, i + 1) if 0 <= j < len(runs)]
        j = max(near, key=lambda k: sizes[k][0])
        for _, a, b in (runs[i],):
            label[a:b] = runs[j][0]
        runs = _runs(label)
    found = []
    for value, a, b in runs:
        start = int(np.searchsorted(time_s - time_s[0], grid[a] - 0.5 * step))
        stop = n if b == len(T) else int(np.searchsorted(time_s - time_s[0], grid[b] - 0.5 * step))
        if stop - start >= 5:
            kind: Kind = "heating" if value > 0 else "cooling" if value < 0 else "isothermal"
            found.append(_segment(kind, start, stop, time_s, temperature_K))
    return tuple(found)


def _runs(label: npt.NDArray[np.int64]) -> list[tuple[int, int, int]]:
    edges = np.flatnonzero(np.diff(label)) + 1
    starts, stops = np.concatenate(([0], edges)), np.concatenate((edges, [len(label)]))
    return [(int(label[a]), int(a), int(b)) for a, b in zip(starts, stops, strict=True)]


def _segment(kind: Kind, start: int, stop: int, t: Floats | None, T: Floats) -> Segment:
    part = T[start:stop]
    n = stop - start
    rate = duration = None
    if t is not None:
        a, b = start + n // 10, stop - n // 10
        x = t[a:b] - t[a]
        rate = float(np.polyfit(x, T[a:b], 1)[0]) if b - a > 2 and x[-1] > 0 else 0.0
        duration = float(t[stop - 1] - t[start])
    level = float(np.median(part[n // 2 :]))
    return Segment(kind, start, stop, rate, float(part[0]), float(part[-1]), level, duration)


def _by_turns(T: Floats) -> tuple[Segment, ...]:
    if len(T) < 5:
        return ()
    corners = [0]
    best, up = 0, None
    for i in range(1, len(T)):
        if up is None:
            if abs(T[i] - T[0]) > TURN_K:
                up, best = bool(T[i] > T[0]), i
        elif (T[i] > T[best]) if up else (T[i] < T[best]):
            best = i
        elif abs(T[i] - T[best]) > TURN_K:
            corners.append(best)
            up, best = not up, i
    corners.append(len(T))
    found = []
    for a, b in itertools.pairwise(corners):
        if b - a >= 5:
            kind: Kind = "heating" if T[b - 1] > T[a] else "cooling"
            found.append(_segment(kind, a, b, None, T))
    return tuple(found)
