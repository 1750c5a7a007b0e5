"""From observations to a cloud point and to definition (D): pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
HOUR = 3600.0
LEAST_STOOD_s, MOST_STOOD_s = 10 * HOUR, 48 * HOUR
"""Paragraph 28: 10 to 48 hours."""
LEAST_DISSOLVED_s, MOST_DISSOLVED_s = 6 * HOUR, 24 * HOUR
"""Paragraph 28: 6 to 24 hours."""
LOWEST_FRACTION, HIGHEST_FRACTION = 0.10, 0.60
"""Polymer fraction of the solutions of paragraph 19, 10 : 90 to 60 : 40 by weight."""


@dataclass(frozen=True)
class Observation:
    """One sample at one temperature.

    Attributes:
        fraction: weight fraction of the polymer.
        temperature_K: of the observation.
        two: two phases seen (True), one (False), not told (None).
        planar: planar interface seen, not seen, unclear or not told (None).
        gelled: solid or gelled, or not told (None).
        stood_s: time stood, NaN where not told.
        dissolved_s: time of dissolution before, NaN where not told.
        row: of the table, from 1.
    """

    fraction: float
    temperature_K: float
    two: bool | None
    planar: bool | None = None
    gelled: bool | None = None
    stood_s: float = math.nan
    dissolved_s: float = math.nan
    row: int = 0


@dataclass(frozen=True)
class CloudPoint:
    """The cloud point of one concentration.

    Attributes:
        fraction: weight fraction of the polymer.
        temperature_K: None where it is bounded on one side only.
        error_K: its standard deviation.
        highest_two_K, lowest_one_K: highest temperature with two phases and lowest with one; NaN for none.
        contradictory: whether two phases were seen above one phase.
        observations: number used.
    """

    fraction: float
    temperature_K: float | None
    error_K: float | None
    highest_two_K: float
    lowest_one_K: float
    contradictory: bool
    observations: int


Group = tuple[float, Floats, npt.NDArray[np.bool_]]
"""A concentration, and its observations: temperatures and whether two phases were seen."""


def cloud_points(groups: Sequence[Group], error_K: float) -> list[CloudPoint]:
    """The cloud point of each concentration, between the highest temperature with two phases and the lowest with one.

    Observations that agree leave an interval, anywhere in which it may lie alike: its middle, width/sqrt(12) and the
    bath's error. Where observations of any concentration contradict one another, seeing is taken as a matter of chance at
    all of them, P(two) = 1/(1 + exp((T - T_c)/s)), with one s from a tenth of a kelvin (or half the bath's error) to
    the range of the temperatures, each decade alike: mean and standard deviation of T_c over the likelihood.

    Args: groups: concentrations with temperatures [K] and what was seen, shape (n,) each. error_K: of the bath.
    Validity: an upper critical solution temperature: two phases below, one above (paragraph 57).
    """
    facts = []
    for fraction, t, two in groups:
        high = float(t[two].max()) if two.any() else math.nan
        low = float(t[~two].min()) if (~two).any() else math.nan
        facts.append((fraction, high, low, len(t)))
    blurred = any(low <= high for _, high, low, _ in facts)
    bounded = [not (math.isnan(high) or math.isnan(low)) for _, high, low, _ in facts]
    spread = (
        iter(_logistic([g for g, b in zip(groups, bounded, strict=True) if b], error_K))
        if blurred
        else iter(())
    )
    out = []
    for (fraction, high, low, n), both in zip(facts, bounded, strict=True):
        if not both:
            out.append(CloudPoint(fraction, None, None, high, low, False, n))
            continue
        value, error = next(spread) if blurred else ((low + high) / 2, (low - high) / math.sqrt(12))
        out.append(CloudPoint(fraction, value, math.hypot(error, error_K), high, low, low <= high, n))
    return out


def cloud_point(
    fraction: float, temperatures_K: Floats, two: npt.NDArray[np.bool_], error_K: float
) -> CloudPoint:
    """The cloud point of one concentration on its own; see :func:`cloud_points`."""
    return cloud_points([(fraction, temperatures_K, two)], error_K)[0]


def _logistic(groups: Sequence[Group], error_K: float) -> list[tuple[float, float]]:
    """Mean and standard deviation of each T_c over the likelihood of all, with one scale s."""
    span = max(1.0, *(float(np.ptp(t)) for _, t, _ in groups))
    scale = np.geomspace(max(0.1, error_K / 2), span, 81)
    ends = np.ones(len(scale))
    ends[[0, -1]] = 0.5
    grids, likelihoods, evidence = [], [], np.zeros(len(scale))
    for _, t, two in groups:
        at = np.linspace(t.min() - span, t.max() + span, 601)
        z = (t[None, None, :] - at[:, None, None]) / scale[None, :, None]
        log_like = -np.logaddexp(0.0, np.where(two[None, None, :], z, -z)).sum(axis=2)
        likelihood = np.exp(log_like - log_like.max())
        evidence += np.log(likelihood.sum(axis=0))
        grids.append(at)
        likelihoods.append(likelihood)
    weight_of_scale = ends * np.exp(evidence - evidence.max())
    out = []
    for at, likelihood in zip(grids, likelihoods, strict=True):
        weight = (likelihood / likelihood.sum(axis=0)) @ weight_of_scale
        weight /= weight.sum()
        mean = float((weight * at).sum())
        out.append((mean, math.sqrt(float((weight * (at - mean) ** 2).sum()))))
    return out


@dataclass(frozen=True)
class Between:
    """A value of the cloud-point curve at a concentration.

    Attributes:
        temperature_K, error_K: of the curve.
        extrapolated: whether the concentration lies beyond those observed.
    """

    temperature_K: float
    error_K: float
    extrapolated: bool


def curve_at(fraction: float, points: Sequence[CloudPoint]) -> Between | None:
    """The cloud-point curve at a concentration, from the cloud points observed; None for fewer than two.

    Shape-keeping cubic between the points (Fritsch and Carlson 1980); its error is that of the linear mix of the
    neighbours' and half its distance from the straight line. Beyond the points the end value goes on, with the error
    growing by the slope of the end and flagged.
    """
    from scipy.interpolate import PchipInterpolator

    known = sorted(
        (p.fraction, p.temperature_K, p.error_K)
        for p in points
        if p.temperature_K is not None and p.error_K is not None
    )
    x = np.array([k[0] for k in known])
    if len(x) < 2:
        return None
    y, e = np.array([k[1] for k in known]), np.array([k[2] for k in known])
    if fraction < x[0] or fraction > x[-1]:
        i, j = (0, 1) if fraction < x[0] else (len(x) - 1, len(x) - 2)
        slope = (y[i] - y[j]) / (x[i] - x[j])
        return Between(
            float(y[i]), math.hypot(float(e[i]), abs(float(slope * (fraction - x[i]))) + 1.0), True
        )
    value = float(PchipInterpolator(x, y)(fraction))
    i = min(int(np.searchsorted(x, fraction, side="right")) - 1, len(x) - 2)
    u = float((fraction - x[i]) / (x[i + 1] - x[i]))
    straight = float(y[i] + u * (y[i + 1] - y[i]))
    error = math.hypot((1 - u) * float(e[i]), u * float(e[i + 1]))
    return Between(value, math.hypot(error, (value - straight) / 2), False)


@dataclass(frozen=True)
class Interface:
    """Whether the solvent permits observation of a planar liquid-liquid interface: definition (D).

    Attributes:
        word: "observed", "not_observed", "undecided".
        reasons: in sentences.
        rows: of the observations that decide.
    """

    word: Literal["observed", "not_observed", "undecided"]
    reasons: tuple[str, ...]
    rows: tuple[int, ...]


def planar_interface(
    observations: Sequence[Observation], crystallization_K: float | None, error_K: float = 0.0
) -> Interface:
    """Definition (D) on observations.

    Observed: a planar interface between two liquid phases seen at 10 to 60 wt%, not below the crystallization
    temperature. Not observed: two liquid phases seen there after standing 10 h or more, always without a planar
    interface. Undecided: anything else, with what is missing. Within two of ``error_K`` of the crystallization
    temperature an observation decides nothing, unless the sample was seen not to be gelled.

    Args:
        observations: of one solvent.
        crystallization_K: from dsc; None: not known, then only samples that were seen not to be gelled count.
        error_K: standard deviation of the difference of both temperatures.
    Reference: EP 1063256 paragraphs 28 to 30, 57, 121.
    """
    yes: list[Observation] = []
    no: list[Observation] = []
    reasons: list[str] = []

    def turned_away(why: str, o: Observation) -> None:
        reasons.append(
            f"row {o.row} ({100 * o.fraction:.3g} wt%, {o.temperature_K - 273.15:.4g} degC): {why}"
        )

    for o in observations:
        if o.planar is None and o.two is not True:
            continue
        if not LOWEST_FRACTION - 1e-9 <= o.fraction <= HIGHEST_FRACTION + 1e-9:
            turned_away("outside of 10 to 60 wt%", o)
        elif o.two is False:
            if o.planar:
                turned_away("an interface, but one phase: contradictory", o)
        elif o.two is None and not o.planar:
            turned_away("the number of phases is not told", o)
        elif o.gelled:
            turned_away("gelled: not two liquids", o)
        elif crystallization_K is None and o.gelled is None:
            turned_away(
                "whether it was liquid is not known: --crystallization-temperature, or a column 'gelled'", o
            )
        elif (
            crystallization_K is not None
            and o.gelled is None
            and o.temperature_K < crystallization_K - 2 * error_K
        ):
            turned_away("below the crystallization temperature", o)
        elif (
            crystallization_K is not None
            and o.gelled is None
            and o.temperature_K < crystallization_K + 2 * error_K
            and error_K > 0
        ):
            turned_away("too near the crystallization temperature to tell", o)
        elif o.planar:
            yes.append(o)
        elif o.planar is False and o.stood_s >= LEAST_STOOD_s * (1 - 1e-9):
            no.append(o)
        elif o.planar is False:
            told = "" if math.isnan(o.stood_s) else f": {o.stood_s / HOUR:.3g} h"
            turned_away(f"no planar interface, but not known to have stood 10 h{told}", o)
        else:
            turned_away("whether a planar interface was seen is unclear or not told", o)
    if yes:
        seen = [
            f"planar interface at {100 * o.fraction:.3g} wt%, {o.temperature_K - 273.15:.4g} degC"
            + ("" if math.isnan(o.stood_s) else f" after {o.stood_s / HOUR:.3g} h")
            for o in yes
        ]
        return Interface("observed", tuple(seen), tuple(o.row for o in yes))
    unclear = [
        r for r in reasons if "unclear" in r or "too near" in r or "contradictory" in r or "not known" in r
    ]
    if no and not unclear:
        first = f"two liquid phases without a planar interface in {len(no)} observation{'s' if len(no) > 1 else ''} after 10 h or more"
        return Interface("not_observed", (first, *reasons), tuple(o.row for o in no))
    if not reasons:
        reasons = ["no observation of two phases in which an interface was looked for"]
    return Interface("undecided", tuple(reasons), tuple(o.row for o in no))


@dataclass(frozen=True)
class Onset:
    """The temperature at which a cooling scan loses its light.

    Attributes:
        temperature_K, error_K: of the onset: tangent of the steepest fall on the clear level.
        half_K: where half of the light is lost.
        clear, opaque: levels.
    """

    temperature_K: float
    error_K: float
    half_K: float
    clear: float
    opaque: float


def scan_onset(temperature_K: Floats, transmittance: Floats) -> Onset | None:
    """Onset of turbidity of a scan: where the tangent of the steepest change meets the clear level; None for no change.

    Levels: medians of the warmest fifth and of the coldest fifth of the scan. The tangent is a line through the readings
    between 30 and 70 % of the change about the place where half is lost. Uncertainty: half the distance between onset
    and half, over sqrt(3), with the scatter of the clear level over the slope.

    Validity: follows the cooling rate (later at higher rates); not the standing method.
    """
    by = np.argsort(temperature_K)
    t, y = temperature_K[by], transmittance[by]
    k = max(len(t) // 5, 3)
    clear, opaque = float(np.median(y[-k:])), float(np.median(y[:k]))
    noise = float(np.std(y[-k:], ddof=1))
    if clear - opaque <= max(6 * noise, 0.05 * abs(clear)):
        return None
    share = (y - opaque) / (clear - opaque)
    above = np.flatnonzero(share < 0.5)
    i = int(above[-1])
    if i + 1 >= len(t):
        return None
    half = float(np.interp(0.5, share[i : i + 2], t[i : i + 2])) if share[i + 1] > share[i] else float(t[i])
    low, high = i, i + 1
    while low > 0 and share[low - 1] > 0.3 and share[low] > 0.3:
        low -= 1
    while high < len(t) - 1 and share[high + 1] < 0.7 and share[high] < 0.7:
        high += 1
    part = slice(low, high + 1)
    slope = (
        float(np.polyfit(t[part], share[part], 1)[0])
        if high > low + 1
        else float((share[high] - share[low]) / (t[high] - t[low]))
    )
    onset = half + 0.5 / slope
    error = math.hypot((onset - half) / 2 / math.sqrt(3), noise / (clear - opaque) / slope)
    return Onset(
        float(onset), float(max(error, float(np.median(np.diff(t))) / math.sqrt(12))), half, clear, opaque
    )
