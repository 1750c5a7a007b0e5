"""Several specimens of one sample: mean, standard deviation, interval, outliers with their numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from percola.measurement import Check

#: Critical values of Dixon's Q (r10), two-sided 5 %, for 3 to 10 values: Rorabacher (1991), table 2.
DIXON = {3: 0.970, 4: 0.829, 5: 0.710, 6: 0.625, 7: 0.568, 8: 0.526, 9: 0.493, 10: 0.466}


@dataclass(frozen=True)
class Sample:
    """The specimens of one sample together.

    Attributes:
        n: number of specimens.
        mean: their mean.
        sd: standard deviation between specimens (n - 1); 0 for one specimen.
        uncertainty: one standard deviation of the mean, see :func:`sample_of`.
        low, high: 95 % interval of the mean, mean -+ 1.96 uncertainty.
        grubbs: (largest deviation over sd, critical value at 5 %), or None below 3 specimens or without scatter.
        dixon: (Q, critical value at 5 %) of the specimen farthest out at either end, or None outside of 3 to 10.
        suspect: place (from 0) of the value that Grubbs' test points to, or None.
        suspect_error: one standard deviation of that value from errors of its own.
    """

    n: int
    mean: float
    sd: float
    uncertainty: float
    low: float
    high: float
    grubbs: tuple[float, float] | None = None
    dixon: tuple[float, float] | None = None
    suspect: int | None = None
    suspect_error: float = 0.0

    def to_dict(self) -> dict[str, float | int | list[float] | None]:
        """Plain data for evidence."""
        return {
            "specimens": self.n,
            "mean": self.mean,
            "standard_deviation": self.sd,
            "interval_95": [self.low, self.high],
            "grubbs": None if self.grubbs is None else list(self.grubbs),
            "dixon_q": None if self.dixon is None else list(self.dixon),
        }


def sample_of(values: Sequence[float], own: Sequence[float], common: float = 0.0) -> Sample:
    """Mean of specimens with its uncertainty.

    u^2 = (k s)^2/n + u_common^2, with s the standard deviation between specimens and k = t(0.975, n-1)/1.96, so that
    1.96 u is the half-width of Student's 95 % interval where scatter rules (JCGM 100, G.3). For one specimen u is its own.
    Where the scatter is smaller than what the instrument adds to each specimen on its own (``own``), the latter is taken,
    without k, for it is not estimated from the specimens.

    Args:
        values: one for each specimen.
        own: one standard deviation of each from errors that are new with each specimen.
        common: one standard deviation of what all specimens share (load cell, one thickness for all), same unit.

    Limitations: specimens count as independent draws of one sample.
    """
    v = np.asarray(values, float)
    n = len(v)
    mean = float(v.mean())
    each = float(np.sqrt(np.mean(np.square(np.asarray(own, float))))) if len(own) else 0.0
    if n == 1:
        u = math.hypot(each, common)
        return Sample(1, mean, 0.0, u, mean - 1.96 * u, mean + 1.96 * u)
    sd = float(v.std(ddof=1))
    scatter = max(sd * student(n - 1) / 1.959964, each) / math.sqrt(n)
    u = math.hypot(scatter, common)
    far = int(np.argmax(np.abs(v - mean)))
    grubbs = None
    if n >= 3 and sd > 0:
        grubbs = (float(abs(v[far] - mean) / sd), grubbs_critical(n))
    own_of_far = float(own[far]) if far < len(own) else 0.0
    return Sample(
        n=n,
        mean=mean,
        sd=sd,
        uncertainty=u,
        low=mean - 1.96 * u,
        high=mean + 1.96 * u,
        grubbs=grubbs,
        dixon=dixon_q(v),
        suspect=far if grubbs is not None else None,
        suspect_error=own_of_far,
    )


def student(freedom: int, probability: float = 0.975) -> float:
    """Quantile of Student's t."""
    from scipy import stats

    return float(stats.t.ppf(probability, freedom))


def grubbs_critical(n: int, level: float = 0.05) -> float:
    """Critical value of Grubbs' two-sided test for one outlier (Grubbs 1969).

    G = (n-1)/sqrt(n) sqrt(t^2/(n-2+t^2)), t the quantile of Student with n-2 degrees at 1 - level/(2n).
    """
    t = student(n - 2, 1.0 - level / (2 * n))
    return (n - 1) / math.sqrt(n) * math.sqrt(t * t / (n - 2 + t * t))


def dixon_q(values: Sequence[float] | np.ndarray) -> tuple[float, float] | None:
    """Dixon's Q = gap/range of the farther end, with its critical value at 5 %; None outside of 3 to 10 values."""
    v = np.sort(np.asarray(values, float))
    n = len(v)
    if n not in DIXON or v[-1] == v[0]:
        return None
    return float(max(v[1] - v[0], v[-1] - v[-2]) / (v[-1] - v[0])), DIXON[n]


def outlier_check(sample: Sample, names: Sequence[str]) -> Check | None:
    """What the tests for outliers say, with their numbers; nothing is dropped.

    Grubbs' test decides; Dixon's Q stands beside it. A value that is off by less than twice its own uncertainty is no
    outlier, however well the others agree. None below three specimens.
    """
    if sample.grubbs is None or sample.suspect is None:
        return None
    value, critical = sample.grubbs
    text = f"Grubbs G {value:.2f} (5 % limit {critical:.2f}) for {names[sample.suspect]}"
    if sample.dixon is not None:
        text += f"; Dixon Q {sample.dixon[0]:.2f} (limit {sample.dixon[1]:.2f})"
    if value > critical and value * sample.sd <= 2 * sample.suspect_error:
        return Check("outliers", "pass", text + ": within twice its own uncertainty")
    if value > critical:
        return Check("outliers", "warn", text + ": stands apart from the others; it is kept in the mean")
    return Check("outliers", "pass", text)


@dataclass(frozen=True)
class Propagated:
    """A value with its standard uncertainty and what each input adds to it.

    Attributes:
        value: at the inputs given.
        uncertainty: one standard deviation.
        parts: input -> its signed share, dvalue/dinput * sigma.
    """

    value: float
    uncertainty: float
    parts: Mapping[str, float] = field(default_factory=dict)

    def part(self, names: Sequence[str]) -> float:
        """One standard deviation from some of the inputs."""
        return math.sqrt(sum(self.parts[n] ** 2 for n in names if n in self.parts))


def propagate(
    law: Callable[[Mapping[str, float]], float], inputs: Mapping[str, tuple[float, float]]
) -> Propagated:
    """Law of propagation of uncertainty for independent inputs (JCGM 100, 5.1.2), slopes over +- one sigma.

    u^2 = sum ((f(x + s) - f(x - s))/2)^2; exact for laws that are linear over one sigma, second order in it otherwise.

    Args:
        law: value of named inputs.
        inputs: name -> (value, one standard deviation).
    """
    at = {k: v for k, (v, _) in inputs.items()}
    parts = {}
    for name, (value, sigma) in inputs.items():
        if sigma > 0:
            parts[name] = (law({**at, name: value + sigma}) - law({**at, name: value - sigma})) / 2
    return Propagated(law(at), math.sqrt(sum(p * p for p in parts.values())), parts)
