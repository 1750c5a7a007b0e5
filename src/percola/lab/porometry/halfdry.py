"""From a wet and a dry run to the mean flow pore, the smallest pore and the distribution of the flow over pore sizes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from percola.lab.porometry.crossing import Crossing, crossing
from percola.lab.porometry.curves import DryCurve, Noise, Run, dry_curve, noise, plateau, slopes

Floats = npt.NDArray[np.float64]
MET = 0.01
"""Wet and dry curves meet where less than this share of the dry flow is missing (or three standard deviations of it)."""


@dataclass(frozen=True)
class HalfDry:
    """Wet, dry and half-dry curves at the pressures of the wet run.

    Attributes:
        pressure_Pa, wet_m3_s, dry_m3_s: curves, within the range of both runs.
        share: wet over dry; NaN where the dry flow is not above its noise.
        share_error: one standard deviation of it (noise).
        mean_flow: where the wet curve crosses half of the dry one; None where it does not.
        dry: the dry curve.
        noise: of the flow readings.
        wet_end: readings of the wet run left out at the end of the flow meter's range, likewise ``dry_end``.
        highest_share: largest wet/dry over the last readings.
        met_Pa: pressure from which on wet and dry are one (None: never), its error, and the share taken as none.
        excess: largest excess of wet over dry, as a share of dry, and in standard deviations (median of the readings above).
        excess_readings: readings more than three standard deviations above the dry curve.
    """

    pressure_Pa: Floats
    wet_m3_s: Floats
    dry_m3_s: Floats
    share: Floats
    share_error: Floats
    mean_flow: Crossing | None
    dry: DryCurve
    noise: Noise
    wet_end: int
    dry_end: int
    highest_share: float
    met_Pa: tuple[float, float, float] | None
    excess: tuple[float, float]
    excess_readings: int


def half_dry(wet: Run, dry: Run, fit: bool = True, background: tuple[float, float] = (0.0, 0.0)) -> HalfDry:
    """The curves of F316's mean flow pore test.

    D(p) = Q_wet(p) - Q_dry(p)/2 is zero at the mean flow pressure; see :func:`percola.lab.porometry.crossing.crossing` for
    how it is found and how well. The dry curve's own error (common to all readings) is added to the error of noise.

    Where both curves meet, what still parts them (drift of the meter between the runs, a specimen slightly changed) is known: the
    distance of wet/dry from 1 over the last readings, as a share of the flow, counts as an error of D/Q as large.

    A background B = a + b p (below the bubble point) moves the crossing: an offset of the meter or a leak is in both runs and
    adds B/2 to D; gas that diffuses through the liquid is in the wet one only and adds between 0 (all pores open) and B. So
    B/2 is subtracted from D, with B/sqrt(12) as its error.

    Args:
        wet, dry: rising branches, pressures sorted (:func:`percola.lab.porometry.curves.rising`).
        fit: whether the dry curve may be smoothed by a polynomial; else straight lines between readings.
        background: a [m3/s] and b [m3/(s.Pa)].
    """
    wet_end, dry_end = plateau(wet), plateau(dry)
    if wet_end:
        wet = wet.kept(np.arange(len(wet.pressure_Pa)) < len(wet.pressure_Pa) - wet_end)
    if dry_end:
        dry = dry.kept(np.arange(len(dry.pressure_Pa)) < len(dry.pressure_Pa) - dry_end)
    n = noise(wet, dry)
    curve = dry_curve(dry, n, fit)
    reach = (wet.pressure_Pa <= curve.highest_Pa * (1 + 1e-9)) & (wet.pressure_Pa >= 0)
    p, q = wet.pressure_Pa[reach], wet.flow_m3_s[reach]
    d, d_error, sigma = curve.flow_m3_s(p), curve.error_m3_s(p), n.at(q, slopes(p, q))
    if not n.known and not n.digit_m3_s:
        sigma = np.zeros_like(q)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(d > 3 * np.maximum(d_error, n.at(d)), q / d, np.nan)
        share_error = np.where(np.isfinite(share), np.hypot(sigma, np.where(np.isfinite(share), share, 0) * d_error) / d, np.nan)  # fmt: skip
    extra = background[0] + background[1] * p
    met = _meeting(p, share, share_error)
    found = crossing(p, q - d / 2 - extra / 2, sigma) if len(p) >= 2 else None
    if found is not None:
        common = float(np.interp(found.at, p, d_error)) / 2 / found.slope
        common = math.hypot(common, float(np.interp(found.at, p, extra)) / math.sqrt(12) / found.slope)
        common = math.hypot(
            common, _parted(p, share, met) * float(np.interp(found.at, p, d)) / 2 / found.slope
        )
        noise_error = math.hypot(found.noise_error, common)
        found = Crossing(
            found.at, math.hypot(noise_error, found.interpolation_error), noise_error, found.interpolation_error,
            found.bracket, found.readings, found.slope, found.changes, found.near,
        )  # fmt: skip
    known = np.isfinite(share)
    tail = share[known][-3:]
    highest = float(np.median(tail)) if len(tail) else 0.0
    with np.errstate(invalid="ignore"):
        over = known & (share - 1 > 3 * share_error) & (share - 1 > 2e-3)
    excess = (0.0, 0.0)
    if np.any(over):
        worst = float(np.max(share[over] - 1))
        sigmas = float(np.median((share[over] - 1) / np.maximum(share_error[over], 1e-6)))
        excess = (worst, sigmas)
    return HalfDry(
        p, q, d, share, share_error, found, curve, n, wet_end, dry_end, highest,
        met, excess, int(np.count_nonzero(over)),
    )  # fmt: skip


def _parted(p: Floats, share: Floats, met: tuple[float, float, float] | None) -> float:
    """Distance of wet/dry from 1 where both curves are one; 0 where they never are."""
    if met is None:
        return 0.0
    known = np.isfinite(share)
    after = known & (p > met[0] * 1.15)
    if np.count_nonzero(after) < 3:
        return 0.0
    return abs(float(np.median(share[after])) - 1)


def _meeting(p: Floats, share: Floats, error: Floats) -> tuple[float, float, float] | None:
    """(pressure from which on the wet curve is the dry one, its error, share of the flow taken as none)."""
    known = np.isfinite(share)
    x, y, s = p[known], share[known], error[known]
    if len(x) < 3:
        return None
    tail = s[-min(len(s), 5) :]
    least = max(MET, 3 * float(np.median(tail)))
    if float(np.median(y[-3:])) < 1 - least:
        return None
    found = crossing(x, y - (1 - least), s)
    if found is None:
        return None
    return found.at, found.error, least


@dataclass(frozen=True)
class Distribution:
    """Flow over pore sizes.

    Attributes:
        edges_m: of the bins, falling, F316 diameters [m], shape (n + 1,).
        share: of the dry flow through pores of each bin (differential flow filter flow), shape (n,); sums to what opened.
        share_error: one standard deviation (noise).
        density_per_m: share over the width of its bin.
        larger: share through pores larger than each edge, shape (n + 1,).
    """

    edges_m: Floats
    share: Floats
    share_error: Floats
    density_per_m: Floats
    larger: Floats


def distribution(
    curves: HalfDry,
    diameter_pressure: float,
    bubble_Pa: float,
    end_Pa: float,
    bins: int,
    edges_m: Floats | None = None,
    monotone: bool = False,
) -> Distribution:
    """Share of the flow in bins of pore diameter: the increase of wet/dry between the pressures of a bin's edges.

    Args:
        curves: of the specimen.
        diameter_pressure: d p [N/m], 2860 gamma in F316's units.
        bubble_Pa, end_Pa: between which pressures the bins lie.
        bins: number of them, of equal ratio of diameters.
        edges_m: edges instead, [m].
        monotone: whether wet/dry is made to rise by pooling adjacent violators first (no other smoothing, ever); else noise
            may make a share negative, and it is left so.
    """
    known = np.isfinite(curves.share)
    p, share, error = curves.pressure_Pa[known], curves.share[known].copy(), curves.share_error[known]
    if monotone:
        share = pooled(share, 1 / np.maximum(error, 1e-6) ** 2)
    if edges_m is None:
        edges_m = diameter_pressure / np.geomspace(bubble_Pa, end_Pa, bins + 1)
    edges = np.sort(np.asarray(edges_m, float))[::-1]
    at = diameter_pressure / edges
    # Below the bubble point nothing is open: what flows there is background.
    larger = np.where(at <= bubble_Pa * (1 + 1e-12), 0.0, np.interp(at, p, share))
    spread = np.where(at <= bubble_Pa * (1 + 1e-12), 0.0, np.interp(at, p, error))
    part = np.diff(larger)
    return Distribution(
        edges, part, np.hypot(spread[1:], spread[:-1]), part / (edges[:-1] - edges[1:]), larger
    )


def pooled(values: Floats, weights: Floats) -> Floats:
    """Closest rising sequence in weighted least squares (pool adjacent violators)."""
    level: list[float] = []
    weight: list[float] = []
    count: list[int] = []
    for v, w in zip(values, weights, strict=True):
        level.append(float(v))
        weight.append(float(w))
        count.append(1)
        while len(level) > 1 and level[-2] > level[-1]:
            total = weight[-2] + weight[-1]
            level[-2] = (level[-2] * weight[-2] + level[-1] * weight[-1]) / total
            weight[-2] = total
            count[-2] += count[-1]
            del level[-1], weight[-1], count[-1]
    return np.repeat(level, count)
