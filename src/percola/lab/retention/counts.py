"""Ratios of Poisson counts, titres of wells, their intervals and bounds: pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LN10 = math.log(10.0)
ONE_SIGMA = 0.682689492137086
"""Probability within one standard deviation of a normal distribution."""


@dataclass(frozen=True)
class Counts:
    """Counts of one sample.

    Attributes:
        count: on each plate.
        exposure_m3: undiluted sample that each stands for: volume times the diluted fraction.
    """

    count: Floats
    exposure_m3: Floats

    @property
    def total(self) -> float:
        """All counts."""
        return float(self.count.sum())

    @property
    def exposure(self) -> float:
        """All sample counted [m3]."""
        return float(self.exposure_m3.sum())

    @property
    def concentration(self) -> float:
        """Counts over sample: the most likely concentration over all dilutions [1/m3]."""
        return self.total / self.exposure


def concentration_interval(total: float, exposure_m3: float, confidence: float = 0.95) -> tuple[float, float]:
    """Exact interval of a Poisson concentration [1/m3]; one-sided (0, upper) for no count.

    Reference: Garwood (1936).

    >>> [round(v, 3) for v in concentration_interval(0, 1.0)]
    [0.0, 2.996]
    """
    from scipy.stats import gamma

    if total <= 0:
        return 0.0, -math.log(1 - confidence) / exposure_m3
    a = (1 - confidence) / 2
    return float(gamma.ppf(a, total)) / exposure_m3, float(gamma.isf(a, total + 1)) / exposure_m3


def dispersion(counts: Counts) -> tuple[float, float]:
    """chi2/(k - 1) of the plates about their common concentration, and the chance of as much scatter or more.

    (1, 1) for a single plate or no count. Reference: Fisher, Thornton and Mackenzie (1922).
    """
    from scipy.stats import chi2

    k = len(counts.count)
    if k < 2 or counts.total == 0:
        return 1.0, 1.0
    expected = counts.concentration * counts.exposure_m3
    value = float(np.sum((counts.count - expected) ** 2 / expected))
    return value / (k - 1), float(chi2.sf(value, k - 1))


@dataclass(frozen=True)
class Reduction:
    """A log reduction value.

    Attributes:
        value: log10 of feed over permeate; the lower bound where ``bound`` is True.
        error: one standard deviation, None for a bound.
        low, high: its interval; high is infinite for a bound.
        bound: whether nothing was found in the permeate.
    """

    value: float
    error: float | None
    low: float
    high: float
    bound: bool


def passage_bounds(feed: Counts, permeate: Counts, confidence: float, one_sided: bool) -> tuple[float, float]:
    """Interval of the passage c_permeate/c_feed, exact given the total of both counts.

    Given N = n_f + n_p, n_p is binomial with theta = r e_p/(r e_p + e_f); Clopper and Pearson's interval of theta gives
    that of r, whatever the concentration.

    Reference: Przyborowski and Wilenski (1940); Clopper and Pearson (1934).
    """
    from scipy.stats import beta

    nf, n = feed.total, permeate.total
    a = 1 - confidence if one_sided else (1 - confidence) / 2
    low = float(beta.ppf(a, n, nf + 1)) if n > 0 else 0.0
    high = float(beta.isf(a, n + 1, nf)) if nf > 0 else 1.0
    scale = feed.exposure / permeate.exposure
    return scale * low / (1 - low), scale * high / (1 - high) if high < 1 else math.inf


def reduction(
    feed: Counts, permeate: Counts, shared_error: float = 0.0, confidence: float = 0.95
) -> Reduction | None:
    """LRV = log10(c_feed/c_permeate) of Poisson counts; None where nothing was counted in the feed.

    With no count in the permeate the one-sided lower bound at ``confidence``. The standard deviation is half the exact
    interval of 68 %, widened where plates scatter more than Poisson counts do, with the error of volumes and dilutions.

    Args: shared_error: standard deviation of log10 of the ratio of exposures.
    """
    from scipy.stats import norm

    if feed.total <= 0:
        return None
    if permeate.total <= 0:
        _, high = passage_bounds(feed, permeate, confidence, True)
        widen = math.sqrt(_wide(feed) - 1) / math.sqrt(feed.total) / LN10
        bound = -math.log10(high) - float(norm.ppf(confidence)) * math.hypot(shared_error, widen)
        return Reduction(bound, None, bound, math.inf, True)
    value = math.log10(feed.concentration / permeate.concentration) + 0.0
    low, high = (-math.log10(r) for r in passage_bounds(feed, permeate, ONE_SIGMA, False)[::-1])
    exact = (high - low) / 2
    extra = math.sqrt((_wide(feed) - 1) / feed.total + (_wide(permeate) - 1) / permeate.total) / LN10
    error = math.sqrt(exact**2 + extra**2 + shared_error**2)
    low, high = (-math.log10(r) for r in passage_bounds(feed, permeate, confidence, False)[::-1])
    z = float(norm.ppf((1 + confidence) / 2))
    more = z * math.hypot(extra, shared_error)
    return Reduction(
        value, error, value - math.hypot(value - low, more), value + math.hypot(high - value, more), False
    )


def _wide(counts: Counts) -> float:
    """Variance over the mean, above one only where chance explains the scatter in less than 30 of 100 cases.

    A check warns from 5 of 100; a few plates show clumps too seldom for that to keep the uncertainty honest.
    """
    ratio, p = dispersion(counts)
    return max(ratio, 1.0) if p < 0.3 else 1.0


@dataclass(frozen=True)
class Titre:
    """A titre of wells.

    Attributes:
        log10: of the infective doses (50 %) in a cubic metre; an upper bound where no well is infected, a lower bound
            where all are.
        error: standard deviation of it, None for a bound.
        bound: "upper", "lower" or "".
        method: by which it was found.
    """

    log10: float
    error: float | None
    bound: str
    method: str


def titre(
    exposure_m3: Floats,
    wells: Floats,
    positive: Floats,
    method: str = "spearman-karber",
    confidence: float = 0.95,
) -> Titre:
    """Infective doses of wells.

    Spearman-Karber: log10 m = x_0 - d/2 + d sum p_i (x_0 the first, all infected, dilution; d the step in log10);
    Reed-Muench: the dilution at which half the cumulated wells are infected; likelihood: one dose infects, P(infected) =
    1 - exp(-ln 2 c e), which also serves where a series does not run from all to none or has uneven steps.

    Args: exposure_m3: undiluted sample in one well, of each dilution; wells, positive: numbers.
    Reference: Kärber (1931); Spearman (1908); Reed and Muench (1938); Finney (1978).
    """
    by = np.argsort(-exposure_m3)
    e, n, k = exposure_m3[by], wells[by], positive[by]
    if k.sum() == 0:
        # exp(-ln 2 c sum n e) = 1 - confidence
        return Titre(
            math.log10(-math.log(1 - confidence) / (math.log(2) * float((n * e).sum()))),
            None,
            "upper",
            "no well infected",
        )
    if np.all(k == n):
        # The chance that all are infected falls with the titre.
        from scipy.optimize import brentq

        def all_infected(log_c: float) -> float:
            return float(np.sum(n * np.log(-np.expm1(-math.log(2) * 10**log_c * e)))) - math.log(
                1 - confidence
            )

        centre = -math.log10(float(e.min()))
        return Titre(float(brentq(all_infected, centre - 8, centre + 8)), None, "lower", "all wells infected")
    p = k / n
    steps = -np.diff(np.log10(e))
    regular = len(e) >= 3 and bool(np.all(np.abs(steps - steps.mean()) < 0.02)) and p[0] == 1 and p[-1] == 0
    if method == "likelihood" or not regular:
        return _likelihood(e, n, k)
    d = float(steps.mean())
    if method == "reed-muench":
        infected = np.cumsum(k[::-1])[::-1]
        healthy = np.cumsum(n - k)
        share = infected / (infected + healthy)
        i = int(np.flatnonzero((share[:-1] >= 0.5) & (share[1:] < 0.5))[0])
        at = (share[i] - 0.5) / (share[i] - share[i + 1])
        return Titre(float(-math.log10(e[i]) + d * at), _karber_error(d, p, n), "", "Reed-Muench")
    value = -math.log10(e[0]) - d / 2 + d * float(p.sum())
    return Titre(value, _karber_error(d, p, n), "", "Spearman-Karber")


def _karber_error(d: float, p: Floats, n: Floats) -> float:
    """sqrt(d^2 sum p(1 - p)/(n - 1)), at least what one dose infecting gives on the mean, sqrt(d log10(2)/n).

    Few wells show less scatter than there is, none where every share is 0 or 1. Reference: Cochran (1950): 0.55
    sqrt(d/n).
    """
    seen = float(np.sum(d * d * p * (1 - p) / np.maximum(n - 1, 1)))
    return math.sqrt(max(seen, d * math.log10(2) / float(n.mean())))


def _likelihood(e: Floats, n: Floats, k: Floats) -> Titre:
    from scipy.optimize import minimize_scalar

    def loss(log_c: float) -> float:
        x = math.log(2) * 10**log_c * e
        return -float(np.sum(k * np.log(-np.expm1(-np.minimum(x, 700)) + 1e-300) - (n - k) * x))

    lo, hi = -math.log10(float(e.max())) - 3, -math.log10(float(e.min())) + 3
    grid = np.linspace(lo, hi, 200)
    start = grid[int(np.argmin([loss(g) for g in grid]))]
    found = minimize_scalar(
        loss, bounds=(start - 0.1, start + 0.1), method="bounded", options={"xatol": 1e-10}
    )
    x = math.log(2) * 10 ** float(found.x) * e
    information = float(np.sum(n * x**2 / np.expm1(np.minimum(x, 700))))
    # The limit of many wells reads low for few.
    information *= 1 - 1 / max(float(n.mean()), 2.0)
    return Titre(float(found.x), 1 / math.sqrt(information) / LN10, "", "maximum likelihood")


def titre_reduction(
    feed: Titre, permeate: Titre, shared_error: float = 0.0, confidence: float = 0.95
) -> Reduction | None:
    """LRV of two titres; None where no well of the feed is infected.

    Bounds: a permeate without infected wells, a feed with all wells infected. The feed enters a bound at its own lower
    limit, so that the bound holds at least at ``confidence``.
    """
    from scipy.stats import norm

    if feed.bound == "upper" or permeate.bound == "lower":
        return None
    z = float(norm.ppf(confidence))
    if feed.bound or permeate.bound:
        error = math.sqrt((feed.error or 0.0) ** 2 + (permeate.error or 0.0) ** 2 + shared_error**2)
        bound = feed.log10 - permeate.log10 - z * error
        return Reduction(bound, None, bound, math.inf, True)
    assert feed.error is not None
    assert permeate.error is not None
    error = math.sqrt(feed.error**2 + permeate.error**2 + shared_error**2)
    value = feed.log10 - permeate.log10
    z = float(norm.ppf((1 + confidence) / 2))
    return Reduction(value, error, value - z * error, value + z * error, False)


def in_parallel(parts: Sequence[Reduction]) -> Reduction:
    """Of modules that share the feed: -log10 of their mean passage; a bound where one of them is one.

    The error holds that of each and, for three or more, the scatter between them over sqrt(n), whichever is larger.
    """
    passage = np.array([10.0**-r.value for r in parts])
    mean = float(passage.mean())
    value = -math.log10(mean)
    low = -math.log10(float(np.mean([10.0**-r.low for r in parts])))
    if any(r.bound for r in parts):
        return Reduction(value, None, value, math.inf, True)
    within = (
        math.sqrt(sum((p * (r.error or 0.0)) ** 2 for p, r in zip(passage, parts, strict=True)))
        / len(parts)
        / mean
    )
    between = float(passage.std(ddof=1)) / math.sqrt(len(parts)) / mean / LN10 if len(parts) > 2 else 0.0
    error = max(within, between)
    return Reduction(value, error, min(low, value - 1.96 * error), value + 1.96 * error, False)
