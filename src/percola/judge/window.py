"""The window of dissolution temperatures, T_l and T_u, from a sweep of T_s (paragraph 19, definitions (B) and (C)).

The definition plots porosity P and breaking extension TL of the membranes against the dissolution temperature T_s, every
5 degC from 100 degC. Where (P(T_s + 5) - P(T_s)) / 5 is largest, T_l = T_s + 2.5; where -(TL(T_s + 5) - TL(T_s)) / 5 is
largest, T_u = T_s + 2.5. A solvent with T_u - T_l > 0 at any concentration from 10 to 60 wt% can form the percolation
structure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.measurement import Check, Measurement

STEP_K = 5.0
"""Regular interval of the dissolution temperature (paragraph 19)."""
FIRST_K = 373.15
"""Where the intervals start: 100 degC (paragraph 19)."""
INNER_K = 2.0
"""The preferred window lies this far inside of T_l and T_u (paragraph 66)."""
RESAMPLES = 4000
"""Draws of the sweep within its errors; the probability of a step is good to 0.008."""
ON_GRID_K = 0.05
"""A temperature this near to 100 degC + 5 k is on the grid: recipes are written to a tenth of a degree."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sweep:
    """Membranes of one solution dissolved at several temperatures; equal temperatures are repeats.

    Attributes:
        temperatures_K: dissolution temperatures T_s, shape (n,).
        porosity: [1], NaN where it was not measured, shape (n,).
        breaking_extension: [1], likewise.
        porosity_error, extension_error: one standard deviation of each, or None where none is known.
        breaking_strength_Pa: shown beside them in Fig. 3; None where it was not measured.
        polymer_fraction: weight fraction of the polymer in the solution, or None.
        label: of the solution.
    """

    temperatures_K: Floats
    porosity: Floats
    breaking_extension: Floats
    porosity_error: Floats | None = None
    extension_error: Floats | None = None
    breaking_strength_Pa: Floats | None = None
    polymer_fraction: float | None = None
    label: str = ""


@dataclass(frozen=True)
class Limit:
    """One limit of the window.

    Attributes:
        value_K: T_l or T_u; None where the sweep does not give it.
        uncertainty_K: standard deviation of the resampled limit about the value; None where the errors are unknown.
        candidates: (temperature [K], probability), by temperature.
        steps: (lower temperature [K], upper temperature [K], slope [1/K], its standard deviation) as the definition
            counts it: positive where the quantity changes in the sense asked for.
        checks: what a person should know of it.
        reason: why there is no value.
        draws_K: the resampled limits, shape (RESAMPLES,); empty where the errors are unknown.
    """

    value_K: float | None
    uncertainty_K: float | None
    candidates: tuple[tuple[float, float], ...]
    steps: tuple[tuple[float, float, float, float], ...]
    checks: tuple[Check, ...]
    reason: str
    draws_K: Floats


@dataclass(frozen=True)
class Window:
    """T_l and T_u of one solution.

    Attributes:
        sweep: what they come from.
        lower, upper: the limits.
        upper_as_printed: T_u where claim 8 is taken as it is printed, without the minus sign before the slope.
        probability: that T_u - T_l > 0; None where the errors are unknown or a limit is missing.
    """

    sweep: Sweep
    lower: Limit
    upper: Limit
    upper_as_printed: Limit
    probability: float | None

    @property
    def width_K(self) -> float | None:
        """T_u - T_l."""
        if self.lower.value_K is None or self.upper.value_K is None:
            return None
        return self.upper.value_K - self.lower.value_K

    @property
    def preferred_K(self) -> tuple[float, float] | None:
        """The preferred inner window (paragraph 66); None where none is left."""
        if self.lower.value_K is None or self.upper.value_K is None:
            return None
        low, high = self.lower.value_K + INNER_K, self.upper.value_K - INNER_K
        return (low, high) if high > low else None

    def measurements(self) -> tuple[Measurement, ...]:
        """``lower_dissolution_limit``, ``upper_dissolution_limit`` [K] and ``window_width`` [K]."""
        evidence: dict[str, Any] = {"label": self.sweep.label}
        if self.sweep.polymer_fraction is not None:
            evidence["polymer_fraction"] = self.sweep.polymer_fraction
        out = [
            _measured("lower_dissolution_limit", self.lower, evidence),
            _measured(
                "upper_dissolution_limit",
                self.upper,
                {
                    **evidence,
                    "as_printed_in_claim_8_K": self.upper_as_printed.value_K,
                    "as_printed_in_claim_8_uncertainty_K": self.upper_as_printed.uncertainty_K,
                    "as_printed_in_claim_8_candidates": [list(c) for c in self.upper_as_printed.candidates],
                },
            ),
        ]
        width, sigma = self.width_K, None
        chances: dict[str, Any] = {}
        if width is not None and len(self.lower.draws_K) and len(self.upper.draws_K):
            drawn = self.upper.draws_K - self.lower.draws_K
            places, counts = np.unique(np.round(drawn[np.isfinite(drawn)], 3), return_counts=True)
            # The width takes a few values; what is missing to 1 are draws without a limit. No normal distribution says
            # how often it is above nought.
            chances["value_probabilities"] = [
                [float(v), float(c / len(drawn))] for v, c in zip(places, counts, strict=True)
            ]
            known = drawn[np.isfinite(drawn)]
            sigma = float(np.sqrt(np.mean((known - width) ** 2))) if len(known) else None
        reason = "; ".join(r for r in (self.lower.reason, self.upper.reason) if r)
        out.append(
            Measurement(
                "window_width",
                width,
                "K",
                sigma,
                method="EP 1063256 paragraph 19, definition (B)",
                evidence={**evidence, "probability_positive": self.probability, **chances},
                citations=("ep1063256",),
                reason=reason,
            )
        )
        return tuple(out)


def _measured(name: str, limit: Limit, evidence: dict[str, Any]) -> Measurement:
    return Measurement(
        name,
        limit.value_K,
        "K",
        limit.uncertainty_K,
        method="EP 1063256 paragraph 19, definition (B)",
        checks=limit.checks,
        evidence={
            **evidence,
            "candidates": [list(c) for c in limit.candidates],
            "steps": [list(s) for s in limit.steps],
        },
        citations=("ep1063256",),
        reason=limit.reason,
    )


def window(sweep: Sweep, seed: int = 0) -> Window:
    """T_l and T_u of a sweep, with their uncertainty by resampling.

    The steps are those between neighbouring temperatures of the grid (100 degC + 5 k); where all are there, T_l and T_u
    are those of the definition to the letter. Where a temperature was not run, the change over the gap can lie in any of
    its 5 degC steps; every draw splits it anew (uniform over all splits), so that a gap counts by the chance that it hides
    the steepest step, and its middle is given where it is the likeliest place. Each draw also moves every point within its
    error; where no errors are given, the scatter of the steps about their median serves (a trend counts as scatter, so it
    is an upper bound; below four steps, and where most steps are equal, nothing is stated).

    Args:
        sweep: at least two temperatures with a porosity or an extension.
        seed: of the draws.

    Returns:
        A `Window`. A limit is undefined (with a reason) where the quantity never changes in the sense asked for.

    Limitations: where no two temperatures are on the grid, the grid is counted from the lowest temperature, and a check
    says so; points that divide a step are left out, and steps that are no multiple of 5 degC count with their mean slope.
    A change over a gap is taken to be monotone. Where the noise is as large as the steps, the steepest step of a noisy sweep is
    often one that noise has steepened, and its
    probability reads high: repeats lower the noise.
    Reference: EP 1063256, paragraphs 19, 54, 55, 66.

    Raises:
        InputError: shapes that differ, values that do not exist, fewer than two temperatures.
    """
    s = _checked(sweep)
    rng = np.random.default_rng(seed)
    lower = _limit(s.temperatures_K, s.porosity, s.porosity_error, +1.0, "porosity", rng)
    state = np.random.default_rng(seed + 1)
    upper = _limit(
        s.temperatures_K, s.breaking_extension, s.extension_error, -1.0, "breaking extension", state
    )
    printed = _limit(
        s.temperatures_K, s.breaking_extension, s.extension_error, +1.0, "breaking extension", state
    )
    chance: float | None = None
    if len(lower.draws_K) and len(upper.draws_K):
        known = np.isfinite(lower.draws_K) & np.isfinite(upper.draws_K)
        chance = float(np.mean((upper.draws_K - lower.draws_K > 1e-9) & known))
    return Window(s, lower, upper, printed, chance)


def _checked(s: Sweep) -> Sweep:
    t = np.asarray(s.temperatures_K, float)
    if t.ndim != 1 or not np.all(np.isfinite(t)) or np.any(t <= 0):
        raise InputError("dissolution temperatures", "not a list of temperatures", "numbers above 0 K")
    for name in (
        "porosity",
        "breaking_extension",
        "porosity_error",
        "extension_error",
        "breaking_strength_Pa",
    ):
        values = getattr(s, name)
        if values is not None and np.shape(values) != t.shape:
            raise InputError(name, f"{np.size(values)} values", f"{t.size}, one for each temperature")
    p, e = np.asarray(s.porosity, float), np.asarray(s.breaking_extension, float)
    if np.any((p < 0) | (p > 1)):
        raise InputError("porosity", f"{np.nanmin(p):g} to {np.nanmax(p):g}", "0 to 1 (0 to 100 %)")
    if np.any(e < 0):
        raise InputError("breaking extension", f"{np.nanmin(e):g}", "0 or more")
    for name in ("porosity_error", "extension_error"):
        values = getattr(s, name)
        if values is not None and np.any(np.asarray(values) < 0):
            raise InputError(name, "a negative number", "standard deviations from 0")
    if len(np.unique(np.round(t, 6))) < 2:
        raise InputError(
            "sweep",
            f"{len(np.unique(t))} dissolution temperature",
            "two or more, best every 5 degC",
            "add more",
        )
    order = np.argsort(t, kind="stable")

    def by(values: Floats | None) -> Floats | None:
        return None if values is None else np.asarray(values, float)[order]

    return Sweep(
        t[order],
        p[order],
        e[order],
        by(s.porosity_error),
        by(s.extension_error),
        by(s.breaking_strength_Pa),
        s.polymer_fraction,
        s.label,
    )


@dataclass(frozen=True)
class _Points:
    """Means at distinct temperatures, with the standard deviation of each mean (0: none known)."""

    t: Floats
    y: Floats
    sigma: Floats
    known: bool


def _points(t: Floats, y: Floats, error: Floats | None) -> _Points:
    """Repeats joined: the error of a mean from the stated errors, or from the scatter of the repeats if larger."""
    there = np.isfinite(y)
    t, y = t[there], y[there]
    stated = None if error is None else error[there]
    times = np.unique(np.round(t, 6))
    groups = [np.abs(t - at) < 1e-5 for at in times]
    mean = np.array([y[g].mean() for g in groups])
    counts = np.array([g.sum() for g in groups])
    sigma = np.zeros(len(times))
    known = stated is not None and bool(np.all(np.isfinite(stated))) and bool(np.any(stated > 0))
    if known and stated is not None:
        sigma = np.array([math.sqrt(float(np.sum(stated[g] ** 2))) / g.sum() for g in groups])
    freedom = int(np.sum(counts - 1))
    if freedom > 0:
        pooled = math.sqrt(sum(float(np.sum((y[g] - y[g].mean()) ** 2)) for g in groups) / freedom)
        sigma = np.maximum(sigma, pooled / np.sqrt(counts))
        known = True
    return _Points(times, mean, sigma, known)


def _limit(
    t: Floats, y: Floats, error: Floats | None, sign: float, words: str, rng: np.random.Generator
) -> Limit:
    checks: list[Check] = []
    points = _on_steps(_points(t, y, error), checks)
    none = np.empty(0)
    if len(points.t) < 2:
        n = len(points.t)
        why = f"the {words} is known at {n} temperature{'' if n == 1 else 's'} of the sweep; two are needed"
        return Limit(None, None, (), (), tuple(checks), why, none)
    gaps = np.diff(points.t)
    parts = np.maximum(np.rint(gaps / STEP_K).astype(int), 1)
    slopes = sign * np.diff(points.y) / gaps
    sigma = points.sigma if points.known else _scatter(points)
    spread = np.full(len(gaps), np.nan) if sigma is None else np.hypot(sigma[1:], sigma[:-1]) / gaps
    steps = tuple(
        (float(a), float(b), float(k), float(d))
        for a, b, k, d in zip(points.t[:-1], points.t[1:], slopes, spread, strict=True)
    )
    if not np.any(slopes > 0):
        sense = "rises" if sign > 0 else "falls"
        return Limit(None, None, (), steps, tuple(checks), f"the {words} never {sense} with T_s", none)
    draws = none
    if sigma is not None or np.any(parts > 1):
        draws = _draws(points, np.zeros(len(points.t)) if sigma is None else sigma, parts, sign, rng)
    best, tied = _steepest(points.t, slopes, parts, draws, sign)
    value = float(points.t[best] + points.t[best + 1]) / 2
    checks += _remarks(points, slopes, parts, best, tied, words)
    checks.append(_errors_said(points, sigma, words))
    uncertainty: float | None = None
    candidates: tuple[tuple[float, float], ...] = ()
    if len(draws):
        found = draws[np.isfinite(draws)]
        if sigma is not None:
            uncertainty = float(np.sqrt(np.mean((found - value) ** 2)))
        places, counts = np.unique(np.round(found, 3), return_counts=True)
        candidates = tuple((float(p), float(c / len(draws))) for p, c in zip(places, counts, strict=True))
        inside = sum(c for p, c in candidates if points.t[best] < p < points.t[best + 1])
        others = ", ".join(f"{_c(p)}: {100 * c:.0f} %" for p, c in candidates if c >= 0.01)
        checks.append(
            Check(
                "steepest step", "pass" if inside >= 0.9 else "warn", f"the draws put the limit at {others}"
            )
        )
    return Limit(value, uncertainty, candidates, steps, tuple(checks), "", draws)


def _on_steps(points: _Points, checks: list[Check]) -> _Points:
    """Points that only divide a 5 degC step of the grid left out: the definition takes whole steps."""
    if len(points.t) < 2:
        return points
    offset = np.mod(points.t - FIRST_K + ON_GRID_K, STEP_K) <= 2 * ON_GRID_K
    if offset.sum() < 2:
        offset = np.mod(points.t - points.t[0] + ON_GRID_K, STEP_K) <= 2 * ON_GRID_K
        checks.append(
            Check(
                "grid of temperatures",
                "warn",
                f"the temperatures are not those of the definition (every 5 degC from 100 degC); "
                f"the steps are counted from {_c(points.t[0])}",
            )
        )
    grid = points.t[offset]
    keep = []
    for at, on in zip(points.t, offset, strict=True):
        below, above = grid[grid < at - 1e-6], grid[grid > at + 1e-6]
        divides = (
            not on and len(below) > 0 and len(above) > 0 and above[0] - below[-1] < STEP_K + 2 * ON_GRID_K
        )
        keep.append(not divides)
    left = points.t[~np.array(keep)]
    if len(left):
        words = ", ".join(_c(v) for v in left)
        checks.append(
            Check("grid of temperatures", "pass", f"left out, since they divide a step of 5 degC: {words}")
        )
    kept = np.array(keep)
    gaps = np.diff(points.t[kept])
    uneven = [
        f"{_c(a)} to {_c(a + g)}"
        for a, g in zip(points.t[kept][:-1], gaps, strict=True)
        if abs(g - STEP_K * max(round(g / STEP_K), 1)) > 2 * ON_GRID_K
    ]
    if uneven:
        checks.append(
            Check(
                "grid of temperatures",
                "warn",
                f"steps that are no multiple of 5 degC: {', '.join(uneven)}; each counts with its mean slope",
            )
        )
    return _Points(points.t[kept], points.y[kept], points.sigma[kept], points.known)


def _scatter(points: _Points) -> Floats | None:
    """The error of a point from the scatter of the steps about their median; None below four steps."""
    rise = np.diff(points.y)
    if len(rise) < 4:
        return None
    # 1.4826: median absolute deviation to standard deviation of a normal distribution; sqrt 2: two points make a step.
    sigma = 1.4826 * float(np.median(np.abs(rise - np.median(rise)))) / math.sqrt(2.0)
    if sigma <= 1e-6 * float(np.max(np.abs(rise))):
        return None  # most steps are equal: they show no scatter, which does not mean that there is none
    return np.full(len(points.t), sigma)


def _draws(points: _Points, sigma: Floats, parts: Floats, sign: float, rng: np.random.Generator) -> Floats:
    """The middle of the steepest step in each draw; NaN where nothing changes in the sense asked for."""
    y = points.y + sigma * rng.standard_normal((RESAMPLES, len(points.t)))
    rises, middles = [], []
    for i, k in enumerate(parts):
        width = (points.t[i + 1] - points.t[i]) / k
        share = rng.dirichlet(np.ones(int(k)), RESAMPLES) if k > 1 else np.ones((RESAMPLES, 1))
        rises.append(sign * (y[:, i + 1] - y[:, i])[:, None] * share / width)
        middles.append(points.t[i] + width * (np.arange(int(k)) + 0.5))
    slope, middle = np.concatenate(rises, axis=1), np.concatenate(middles)
    at = np.argmax(slope, axis=1)
    return np.where(slope[np.arange(RESAMPLES), at] > 0, middle[at], np.nan)


def _steepest(
    t: Floats, slopes: Floats, parts: Floats, draws: Floats, sign: float
) -> tuple[int, tuple[int, ...]]:
    """The interval that holds the limit, and those tied with it.

    With every step there, that is the steepest as the definition says; of equal steps the one that leaves the
    narrower window. With steps missing, it is the interval that holds the steepest step in most draws.
    """
    if np.all(parts == 1):
        top = float(slopes.max())
        tied = tuple(int(i) for i in np.nonzero(slopes >= top - 1e-9 * abs(top))[0])
        return (max(tied) if sign > 0 else min(tied)), tied
    counts = np.array([np.sum((draws > a) & (draws < b)) for a, b in pairwise(t)])
    return int(np.argmax(counts)), (int(np.argmax(counts)),)


def _remarks(
    points: _Points, slopes: Floats, parts: Floats, best: int, tied: tuple[int, ...], words: str
) -> list[Check]:
    out = []
    t = points.t
    if len(tied) > 1:
        places = ", ".join(_c((t[i] + t[i + 1]) / 2) for i in tied)
        out.append(
            Check(
                "tie",
                "warn",
                f"steps of equal steepness at {places}; the one that leaves the narrower window is taken",
            )
        )
    missing = [f"{_c(t[i])} to {_c(t[i + 1])}" for i in np.nonzero(parts > 1)[0]]
    if missing:
        status = "warn" if parts[best] > 1 else "pass"
        said = "; the limit lies in one, its middle is given" if parts[best] > 1 else ""
        out.append(Check("missing steps", status, f"no membrane between {', '.join(missing)}{said}"))  # type: ignore[arg-type]
    if best in (0, len(slopes) - 1) and len(slopes) > 1:
        end = "lowest" if best == 0 else "highest"
        beyond = "below" if best == 0 else "above"
        out.append(
            Check(
                "edge of the sweep",
                "warn",
                f"the steepest step of the {words} is the {end} of the sweep: a steeper one {beyond} "
                f"{_c(t[0] if best == 0 else t[-1])} cannot be excluded",
            )
        )
    if len(slopes) == 1:
        out.append(Check("edge of the sweep", "warn", "the sweep has one step: any other could be steeper"))
    return out


def _errors_said(points: _Points, sigma: Floats | None, words: str) -> Check:
    if points.known:
        return Check("errors of the points", "pass", f"errors of the {words} as given, or from repeats")
    if sigma is None:
        return Check(
            "errors of the points",
            "warn",
            f"no errors of the {words} are given, and its steps are too few or too even to show its scatter: no uncertainty is stated",
        )
    return Check(
        "errors of the points",
        "warn",
        f"no errors of the {words} are given; the scatter of its steps serves "
        f"(one standard deviation {100 * float(sigma[0]):.2g} %, an upper bound)",
    )


def _c(kelvin: float) -> str:
    return f"{kelvin - 273.15:.4g} degC"
