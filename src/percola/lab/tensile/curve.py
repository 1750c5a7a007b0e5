"""One curve of stress against strain: toe, modulus, yield, maximum, break, slips, energy."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.measurement import Check

Floats = npt.NDArray[np.float64]

#: Fewest points in a straight part for a modulus.
FEWEST = 8
#: A fall within a few samples by this share of the stress is a slip when the stress comes back.
SLIP = 0.03
#: A straight part whose steeper end is steeper than the line by more than this share is curved.
CURVED = 0.05


@dataclass(frozen=True)
class Options:
    """How a curve is read.

    Attributes:
        modulus: "steepest" (line through the steepest straight part), "regression" (line between ``low`` and ``high``
            of corrected strain), "secant" (from the corrected zero to ``secant``).
        low, high: strains of the regression [-]; ISO 527-1 takes 0.0005 and 0.0025.
        secant: strain of the secant [-].
        toe: whether zero strain is where the straight part meets zero stress (ASTM D882, annex).
        offset: strain of the offset yield [-].
        drop: share by which the stress must fall at once to count as the break [-].
        ends_at_break: whether the record was cut at the break, so that it shows no fall.
    """

    modulus: Literal["steepest", "regression", "secant"] = "steepest"
    low: float = 0.0005
    high: float = 0.0025
    secant: float = 0.02
    toe: bool = True
    offset: float = 0.02
    drop: float = 0.5
    ends_at_break: bool = False


@dataclass(frozen=True)
class Line:
    """A straight line through part of the curve.

    Attributes:
        slope: [Pa].
        slope_error: one standard deviation of it: noise of the fit and, for the steepest part, its curvature (from the line
            to the slope at the steeper end of a parabola, as a rectangle) [Pa].
        zero: strain at zero stress [-], as recorded.
        zero_error: one standard deviation of it [-].
        low, high: recorded strains between which it was laid [-].
        first, last: places of the samples.
        r2: coefficient of determination.
    """

    slope: float
    slope_error: float
    zero: float
    zero_error: float
    low: float
    high: float
    first: int
    last: int
    r2: float


@dataclass(frozen=True)
class Reading:
    """What was read from one curve. Strains are corrected by ``zero`` unless called recorded.

    Attributes:
        strain, stress: the curve as recorded, from the first sample to the end of the pull.
        noise: one standard deviation of the stress from sample to sample [Pa].
        step: median step of the strain between samples [-].
        zero: recorded strain that counts as zero: of the toe, or 0.
        zero_error: one standard deviation of it.
        line: the straight part, or None where there is none.
        modulus: [Pa], or None.
        modulus_error: its statistical part [Pa].
        broke: "sudden", "gradual", "end of record" (said by the person) or "" for not broken.
        last: place of the break, or of the last sample.
        end_strain, end_stress: there.
        top_strain, top_stress: at the greatest stress.
        yield_kind: "maximum", "offset" or "".
        yield_strain, yield_stress, yield_strain_error: NaN where there is none.
        energy: work per volume to the end [J/m3].
        slips: (recorded strain, strain lost) of each slip.
        checks: quality.
    """

    strain: Floats
    stress: Floats
    noise: float
    step: float
    zero: float
    zero_error: float
    line: Line | None
    modulus: float | None
    modulus_error: float
    broke: str
    last: int
    end_strain: float
    end_stress: float
    top_strain: float
    top_stress: float
    yield_kind: str
    yield_strain: float
    yield_stress: float
    yield_strain_error: float
    energy: float
    slips: tuple[tuple[float, float], ...] = ()
    checks: tuple[Check, ...] = field(default_factory=tuple)


def read_curve(
    strain: Floats, stress: Floats, options: Options | None = None, where: str = "curve"
) -> Reading:
    """Everything that is read from one curve.

    - Straight part: lines by least squares over windows a fifth of the reference stress wide; the steepest, joined with
      the neighbours whose slope differs from it by less than 1 % or two standard deviations, then fitted anew. The
      reference stress is the first maximum or the offset yield, whichever is lower.
    - Toe: zero strain where that line meets zero stress (ASTM D882, annex A1); with a preload it lies left of the first
      sample, by no more than what the record begins with over the slope (and three standard deviations of noise).
    - Break: the stress falls at once (within 1 % of the samples, at least three) by more than ``drop`` and does not come
      back; the last sample before the fall is the break. A fall of a tenth with which the record ends counts too. Where
      the stress dies away slowly instead, the break is the last sample above (1 - drop) of the maximum ("gradual").
    - Yield: the first maximum that the stress falls from by more than 1 % and more than noise alone would make it; else the offset yield.

    Args:
        strain: [-], shape (n,), increasing but for noise.
        stress: [Pa], shape (n,), tension positive.

    Validity: at least 20 samples of one pull. Limitations: the greatest stress is that of one sample, which lies above the
    true one by about two standard deviations of the noise on a flat maximum; the steepest part of a curve without a
    straight part is steeper than its chord by up to 1 %; strain between grips contains slip and the give of the frame.

    Raises:
        InputError: no pull: too few samples, not finite, not increasing, compression.
    """
    o = options or Options()
    e, s = _pull(np.asarray(strain, float), np.asarray(stress, float), where)
    checks: list[Check] = []
    noise = _noise(s)
    step = float(np.median(np.diff(e))) if len(e) > 1 else 0.0
    if step <= 0:
        step = float((e[-1] - e[0]) / (len(e) - 1))
    broke, last = _break(s, noise, o)
    slips = _reloaded(e, s, _slips(e[: last + 1], s[: last + 1], noise), noise, o)
    bridged = _bridged(e[: last + 1], s[: last + 1], slips)
    top = int(np.argmax(s[: last + 1]))
    smooth, window = _smoothed(bridged, noise)
    maximum = _first_maximum(smooth, noise / math.sqrt(window))
    line = _steepest(e, bridged, smooth, maximum, noise, o)
    if line is not None and o.modulus == "regression":
        zero = line.zero if o.toe else 0.0
        line = _between(e, bridged, zero + o.low, zero + o.high)
    ends = None if line is None else _curvature(e, bridged, line)
    if line is not None and ends is not None and o.modulus != "regression":
        # One-sided, for the steeper end lies above the line: as a rectangle from the line to there.
        steep = max(ends)
        at, stress_at = (line.low, ends.low_stress) if ends[0] >= ends[1] else (line.high, ends.high_stress)
        moved = at - stress_at / steep - line.zero
        line = replace(
            line,
            slope_error=math.hypot(line.slope_error, (steep - line.slope) / math.sqrt(3.0)),
            zero_error=math.hypot(line.zero_error, moved / math.sqrt(3.0)),
        )
    zero, zero_error = (0.0, 0.0)
    if line is not None and o.toe:
        # What the record begins with (a preload) sets how far to the left zero can lie; a line through a curved start would
        # lengthen all strains.
        least = float(e[0]) - (max(float(s[0]), 0.0) + 3 * noise) / line.slope
        zero = max(line.zero, least)
        zero_error = math.hypot(line.zero_error, (zero - line.zero) / math.sqrt(3.0))
        line = replace(line, zero=zero, zero_error=zero_error)
    modulus, modulus_error = (None, math.nan) if line is None else (line.slope, line.slope_error)
    if o.modulus == "secant":
        modulus, modulus_error = _secant(e, bridged, zero, zero_error, noise, o.secant)
    kind, yield_strain, yield_stress, yield_error = _yield(e, smooth, maximum, line, zero, o, noise, window)
    checks += _quality(e, s, last, noise, line, zero, slips, broke, where, o)
    if line is not None and ends is not None and ends.sure and max(ends) - line.slope > CURVED * line.slope:
        checks.append(
            Check(
                "straight start",
                "warn",
                f"{where}: no straight part: between {100 * line.low:.3g} and {100 * line.high:.3g} % strain the slope goes from "
                f"{ends[0] / 1e6:.4g} to {ends[1] / 1e6:.4g} MPa, the line has {line.slope / 1e6:.4g} MPa; "
                + (
                    "the modulus is that of these strains only (--modulus-low, --modulus-high)"
                    if o.modulus == "regression"
                    else "its uncertainty holds this; more readings at small strains would settle it"
                ),
            )
        )
    return Reading(
        strain=e,
        stress=s,
        noise=noise,
        step=step,
        zero=zero,
        zero_error=zero_error,
        line=line,
        modulus=modulus,
        modulus_error=modulus_error,
        broke=broke,
        last=last,
        end_strain=float(e[last]) - zero,
        end_stress=float(s[last]),
        top_strain=float(e[top]) - zero,
        top_stress=float(s[top]),
        yield_kind=kind,
        yield_strain=yield_strain - zero,
        yield_stress=yield_stress,
        yield_strain_error=yield_error,
        energy=_energy(e[: last + 1], s[: last + 1], line if o.toe else None),
        slips=tuple((float(e[i]), float(e[j] - e[i])) for i, j in slips),
        checks=tuple(checks),
    )


def _pull(e: Floats, s: Floats, where: str) -> tuple[Floats, Floats]:
    """The samples of the pull: rows without numbers out, the way back of the crosshead cut off."""
    if e.shape != s.shape or e.ndim != 1:
        raise InputError(where, "strain and stress of different length", "one value each a row")
    keep = np.isfinite(e) & np.isfinite(s)
    e, s = e[keep], s[keep]
    if len(e) < 20:
        raise InputError(where, f"{len(e)} rows with numbers", "at least 20 samples of one pull")
    if float(np.max(np.abs(e))) > 1e6 or not 1e-6 < float(np.max(np.abs(s))) < 1e15:
        raise InputError(
            where,
            f"strain up to {float(np.max(np.abs(e))):.3g}, stress up to {float(np.max(np.abs(s))):.3g} Pa",
            "strains and stresses of a test",
            "are the columns and units right? --column force=... --unit force=N",
        )
    end = int(np.argmax(e)) + 1
    # The crosshead runs back after the break, and a transducer springs back in it: what comes after the farthest point is
    # no part of the pull, but for the first samples, in which the force falls.
    if 20 <= end < len(e):
        tail = s[end : end + _few(end)]
        e = np.concatenate((e[:end], np.full(len(tail), e[end - 1])))
        s = np.concatenate((s[:end], tail))
        if s[-1] > 0.9 * s[end - 1]:
            e, s = e[:end], s[:end]
    travel = float(e[-1] - e[0])
    if travel <= 0:
        raise InputError(where, "the extension does not increase", "a pull from the first row to the last")
    back = float(np.max(np.maximum.accumulate(e) - e))
    if back > 0.05 * travel:
        raise InputError(
            where,
            f"the extension goes back by {100 * back / travel:.0f} % of its travel",
            "one pull, increasing from row to row",
            "leave out other cycles, or name the right columns with --column extension=... and --column force=...",
        )
    if float(np.max(s)) <= 0 or float(np.max(s)) < 0.5 * float(-np.min(s)):
        raise InputError(
            where,
            "the force is negative or nought",
            "tension positive",
            "say --tension negative where tension is counted negative, or name the column: --column force=...",
        )
    return e, s


def _noise(s: Floats) -> float:
    """Sample-to-sample noise from second differences, robust against the curve itself and its falls."""
    d = s[2:] - 2 * s[1:-1] + s[:-2]
    robust = 1.4826 * float(np.median(np.abs(d - np.median(d)))) / math.sqrt(6.0)
    steps = np.abs(np.diff(s))
    steps = steps[steps > 1e-12 * float(np.max(np.abs(s)))]
    # One digit of the display, where the same values come again and again.
    repeats = 1.0 - len(np.unique(s)) / len(s)
    digit = float(steps.min()) if len(steps) and repeats > 0.2 else 0.0
    return (
        math.hypot(robust, digit / math.sqrt(12.0))
        if robust < digit
        else max(robust, digit / math.sqrt(12.0))
    )


def _few(n: int) -> int:
    """Samples within which a fall is sudden."""
    return max(3, math.ceil(0.01 * n))


def _break(s: Floats, noise: float, o: Options) -> tuple[str, int]:
    """How the specimen broke and the last sample before it."""
    from scipy.ndimage import maximum_filter1d

    n = len(s)
    if o.ends_at_break:
        return "end of record", n - 1
    w = _few(n)
    # The greatest of the last w samples, this one included.
    before = maximum_filter1d(s, w + 1, origin=w // 2 if (w + 1) % 2 else (w + 1) // 2 - 1, mode="nearest")
    after = np.maximum.accumulate(s[::-1])[::-1]
    top = float(s.max())
    floor = max(0.1 * top, 10 * noise)
    fell = (s < (1 - o.drop) * before) & (before > floor) & (after < (1 - 0.5 * o.drop) * before)
    where = np.flatnonzero(fell)
    if len(where):
        return "sudden", _edge(s, int(where[0]), w, noise)
    tail = slice(n - w, n)
    if s[-1] < 0.9 * float(s[tail].max()) and float(s[tail].max()) > floor and s[-1] <= float(s[tail].min()):
        return "sudden", _edge(s, n - 1, w, noise)
    if s[-1] < (1 - o.drop) * top and top > floor:
        return "gradual", int(np.flatnonzero(s >= (1 - o.drop) * top)[-1])
    return "", n - 1


def _edge(s: Floats, fallen: int, w: int, noise: float) -> int:
    """The last sample before the fall that ends at ``fallen``."""
    first = max(0, fallen - w)
    d = np.diff(s[first : fallen + 1])
    i = int(np.argmin(d))
    steep = -max(6 * noise, 0.02 * float(s[first : fallen + 1].max()))
    while i > 0 and d[i - 1] < steep:
        i -= 1
    return first + i


def _slips(e: Floats, s: Floats, noise: float) -> list[tuple[int, int]]:
    """(last sample before, first sample after that is as high again) of each sudden fall that is made good."""
    out: list[tuple[int, int]] = []
    if len(s) < 5:
        return out
    top = float(s.max())
    w = 3
    fall = np.zeros(len(s))
    for k in range(1, w + 1):
        fall[:-k] = np.minimum(fall[:-k], s[k:] - s[:-k])
    limit = np.maximum(np.maximum(8 * noise, SLIP * s), 0.01 * top)
    i = 0
    candidates = np.flatnonzero(-fall > limit)
    for candidate in candidates:
        c = int(candidate)
        if c < i:
            continue
        c += int(np.argmax(s[c : c + w + 1]))
        again = np.flatnonzero(s[c + 1 :] >= s[c] - noise)
        # The first sample after the fall that is as high again, not one still up at its edge.
        low = c + 1 + int(np.argmin(s[c + 1 : c + 1 + 2 * w])) if c + 1 < len(s) else c
        again = again[again + c + 1 > low]
        if len(again):
            j = int(again[0]) + c + 1
            out.append((c, j))
            i = j
    return out


def _reloaded(
    e: Floats, s: Floats, falls: list[tuple[int, int]], noise: float, o: Options
) -> list[tuple[int, int]]:
    """The falls after which the stress came back about as steeply as the specimen was first loaded.

    A specimen that slips is loaded again along its elastic line; one that yields sharply comes back slowly if at all.
    """
    if not falls:
        return []
    first = falls[0][0] + 1
    line = _steepest(e[:first], s[:first], s[:first], None, noise, o) if first >= FEWEST else None
    if line is None:
        return falls
    out = []
    for i, j in falls:
        fall = float(s[i] - s[i : j + 1].min())
        if float(e[j] - e[i]) <= 4 * fall / line.slope:
            out.append((i, j))
    return out


def _bridged(e: Floats, s: Floats, slips: list[tuple[int, int]]) -> Floats:
    """The stress with slips bridged by straight lines, for finding yield and straight part."""
    out = s.copy()
    for i, j in slips:
        out[i : j + 1] = np.linspace(s[i], s[j], j - i + 1)
    return out


def _smoothed(s: Floats, noise: float) -> tuple[Floats, int]:
    """A centred running mean just wide enough that its noise is below a thousandth of the maximum, at most 1 % of the
    samples."""
    from scipy.ndimage import uniform_filter1d

    top = float(s.max())
    wanted = (noise / (0.001 * top)) ** 2 if top > 0 else 1.0
    w = int(min(max(1, math.ceil(wanted)), max(1, len(s) // 100)))
    w += 1 - w % 2
    return (s if w == 1 else uniform_filter1d(s, w, mode="nearest")), w


def _first_maximum(smooth: Floats, noise: float) -> int | None:
    """Place of the first maximum that the stress falls from, or None."""
    high = np.maximum.accumulate(smooth)
    limit = np.maximum(0.01 * high, _swing(len(smooth)) * noise) + 0.002 * float(high[-1])
    fell = np.flatnonzero(high - smooth > limit)
    fell = fell[high[fell] > 0.05 * high[-1]]
    return int(np.argmax(smooth[: fell[0] + 1])) if len(fell) else None


def _swing(n: int) -> float:
    """How many standard deviations of noise lie between the greatest and the least of n samples, at most."""
    return 2.0 * math.sqrt(2.0 * math.log(max(n, 10)))


def _steepest(
    e: Floats, s: Floats, smooth: Floats, maximum: int | None, noise: float, o: Options
) -> Line | None:
    """The straight part: see :func:`read_curve`."""
    end = maximum if maximum is not None else int(np.argmax(smooth))
    base = max(0.0, float(smooth[0]))
    reference = float(smooth[end])
    rising = np.maximum.accumulate(smooth[: end + 1])
    sums = _Sums(e[: end + 1], s[: end + 1])
    line: Line | None = None
    for _ in range(8):
        found = _one_steepest(sums, rising, base, reference, noise)
        if found is None:
            return line
        line = found
        lower = _crossing(e, smooth, line.slope, line.zero + o.offset, line.last)
        if lower is None or lower[1] >= 0.98 * reference or lower[1] <= base:
            break
        reference = lower[1]
    return line


class _Ends(tuple[float, float]):
    """Slopes [Pa] at the lower and the upper end of a stretch, with the stresses of the parabola there, and whether its bend is
    above three standard deviations of itself."""

    low_stress: float = 0.0
    high_stress: float = 0.0
    sure: bool = False


def _curvature(e: Floats, s: Floats, line: Line) -> _Ends | None:
    """Slopes at both ends of the straight part by a parabola through it; None where there are too few samples for it.

    The bend is taken as it is, noise with it: what noise hides of it cannot be excluded. On a truly straight part it widens the
    error of the slope by about 2 on the average, for the parabola is that much less certain than the line.
    """
    x, y = e[line.first : line.last + 1], s[line.first : line.last + 1]
    n, half = len(x), float(np.ptp(x)) / 2
    if n < 6 or not half > 0:
        return None
    t = (x - (float(x[0]) + half)) / half
    design = np.stack((np.ones(n), t, t * t), axis=1)
    c, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    if rank < 3:
        return None
    rest = y - design @ c
    variance = float(rest @ rest) / (n - 3) * float(np.linalg.inv(design.T @ design)[2, 2])
    sure = abs(c[2]) > 3 * math.sqrt(variance)
    out = _Ends((float(c[1] - 2 * c[2]) / half, float(c[1] + 2 * c[2]) / half))
    if max(out) <= line.slope:
        return None
    out.sure = sure
    out.low_stress, out.high_stress = float(c[0] - c[1] + c[2]), float(c[0] + c[1] + c[2])
    return out


class _Sums:
    """Least-squares lines over any stretch from running sums (numbers scaled about one, so that they stay exact)."""

    def __init__(self, e: Floats, s: Floats) -> None:
        self.scale_e = float(np.max(np.abs(e))) or 1.0
        self.scale_s = float(np.max(np.abs(s))) or 1.0
        self.e, self.s = e, s
        x, y = e / self.scale_e, s / self.scale_s
        self.sums = [np.concatenate(([0.0], np.cumsum(v))) for v in (x, y, x * x, x * y, y * y)]

    def line(self, a: int, b: int) -> tuple[float, float]:
        """(slope, its standard deviation) over samples a to b (included)."""
        n = b - a + 1
        x, y, xx, xy, yy = (float(v[b + 1] - v[a]) for v in self.sums)
        sxx = xx - x * x / n
        if n < 3 or sxx <= 1e-18:
            return 0.0, math.inf
        sxy, syy = xy - x * y / n, yy - y * y / n
        slope = sxy / sxx
        rest = max(syy - slope * sxy, 0.0)
        scale = self.scale_s / self.scale_e
        return slope * scale, math.sqrt(rest / (n - 2) / sxx) * scale

    def fit(self, a: int, b: int, extra_slope: float = 0.0, extra_zero: float = 0.0) -> Line:
        """The line over samples a to b by centred sums, exact."""
        x, y = self.e[a : b + 1], self.s[a : b + 1]
        n = len(x)
        mx, my = float(x.mean()), float(y.mean())
        dx, dy = x - mx, y - my
        sxx, sxy, syy = float(dx @ dx), float(dx @ dy), float(dy @ dy)
        if not (sxx > 0 and sxy > 0):
            return Line(0.0, math.inf, mx, math.inf, float(x[0]), float(x[-1]), a, b, 0.0)
        slope = sxy / sxx
        rest = max(syy - slope * sxy, 0.0)
        sd = math.sqrt(rest / (n - 2)) if n > 2 else 0.0
        zero = mx - my / slope
        return Line(
            slope=slope,
            slope_error=math.hypot(sd / math.sqrt(sxx), extra_slope),
            zero=zero,
            zero_error=math.hypot(sd / slope * math.sqrt(1 / n + (mx - zero) ** 2 / sxx), extra_zero),
            low=float(x[0]),
            high=float(x[-1]),
            first=a,
            last=b,
            r2=sxy * sxy / (sxx * syy) if syy > 0 else 1.0,
        )


def _one_steepest(sums: _Sums, rising: Floats, base: float, reference: float, noise: float) -> Line | None:
    span = reference - base
    if span <= 0:
        return None
    starts = np.arange(0.0, 0.62, 0.02)
    windows: list[tuple[int, int, float, float]] = []
    for f in starts:
        a = int(np.searchsorted(rising, base + f * span))
        b = int(np.searchsorted(rising, base + (f + 0.2) * span))
        # A window of few samples is widened; it then reaches further up the curve.
        b = min(max(b, a + FEWEST - 1), len(rising) - 1)
        if b - a + 1 < min(FEWEST, 5) or (windows and windows[-1][:2] == (a, b)):
            continue
        slope, error = sums.line(a, b)
        if slope > 0 and math.isfinite(error):
            windows.append((a, b, slope, error))
    if not windows:
        return None
    # The lower limit of the slope decides, so that one noisy window does not win.
    best = max(range(len(windows)), key=lambda k: windows[k][2] - windows[k][3])
    _, _, steep, error = windows[best]
    first = last = best

    def like(k: int) -> bool:
        return steep - windows[k][2] <= max(0.01 * steep, 2.0 * math.hypot(error, windows[k][3]))

    while first > 0 and like(first - 1):
        first -= 1
    while last + 1 < len(windows) and like(last + 1):
        last += 1
    a, b = windows[first][0], windows[last][1]
    alone, joined = sums.fit(windows[best][0], windows[best][1]), sums.fit(a, b)
    # How far the choice of the stretch moves the line, as a rectangular half-width.
    if alone.slope <= 0 or joined.slope <= 0:
        return None
    slopes = [abs(alone.slope - joined.slope)]
    zeros = [abs(alone.zero - joined.zero)]
    if b - a + 1 < 2 * FEWEST:
        # A straight part of few samples may be shorter still: the steepest four of them show by how much.
        ends = [k for k in range(a, max(a + 1, b - 2)) if sums.line(k, min(k + 3, b))[0] > 0]
        if ends:
            four = max((sums.fit(k, min(k + 3, b)) for k in ends), key=lambda f: f.slope)
            slopes.append(abs(four.slope - joined.slope))
            zeros.append(abs(four.zero - joined.zero))
    return sums.fit(a, b, max(slopes) / math.sqrt(3.0), max(zeros) / math.sqrt(3.0))


def _between(e: Floats, s: Floats, low: float, high: float) -> Line | None:
    n = len(s)
    inside = np.flatnonzero((e[:n] >= low) & (e[:n] <= high))
    if len(inside) < 3:
        return None
    line = _Sums(e[:n], s).fit(int(inside[0]), int(inside[-1]))
    return line if line.slope > 0 else None


def _secant(
    e: Floats, s: Floats, zero: float, zero_error: float, noise: float, strain: float
) -> tuple[float | None, float]:
    at = zero + strain
    n = len(s)
    if at > e[n - 1] or strain <= 0:
        return None, math.nan
    near = np.argsort(np.abs(e[:n] - at))[:5]
    value = float(np.interp(at, np.maximum.accumulate(e[:n]), s))
    slope = abs(float(np.polyfit(e[near], s[near], 1)[0])) if np.ptp(e[near]) > 0 else 0.0
    return value / strain, math.hypot(noise, (slope - value / strain) * zero_error) / strain


def _crossing(e: Floats, s: Floats, slope: float, zero: float, after: int) -> tuple[float, float] | None:
    """Where the curve first falls below the line through ``zero``, after a sample; (recorded strain, stress)."""
    n = len(s)
    below = s - slope * (e[:n] - zero)
    under = np.flatnonzero(below[after:] < 0)
    if not len(under):
        return None
    j = after + int(under[0])
    if j == 0:
        return None
    a, b = float(below[j - 1]), float(below[j])
    t = a / (a - b) if a > b else 0.0
    return float(e[j - 1] + t * (e[j] - e[j - 1])), float(s[j - 1] + t * (s[j] - s[j - 1]))


def _yield(
    e: Floats,
    smooth: Floats,
    maximum: int | None,
    line: Line | None,
    zero: float,
    o: Options,
    noise: float,
    window: int,
) -> tuple[str, float, float, float]:
    """(kind, recorded strain, stress, error of the strain)."""
    if maximum is not None:
        level = float(smooth[maximum]) - max(3 * noise / math.sqrt(window), 0.002 * float(smooth[maximum]))
        # All samples between the first and the last above the level, not only those above: no choice of high noise.
        a = int(np.argmax(smooth[: maximum + 1] >= level))
        fallen = smooth[maximum:] < 0.99 * float(smooth[maximum]) - _swing(len(smooth)) * noise / math.sqrt(
            window
        )
        end = maximum + (int(np.argmax(fallen)) if fallen.any() else len(smooth) - maximum)
        b = maximum + int(np.flatnonzero(smooth[maximum:end] >= level)[-1])
        x, y = e[a : b + 1], smooth[a : b + 1]
        at, top = float(e[maximum]), float(smooth[maximum])
        if len(x) >= 5:
            centre, half = float(x.mean()), float(np.ptp(x)) / 2 or 1.0
            # A cubic, for the rise to a yield is steeper than the fall from it.
            cubic = np.poly1d(np.polyfit((x - centre) / half, y, 3))
            tops = [float(t.real) for t in cubic.deriv().roots if abs(t.imag) < 1e-12 and abs(t.real) <= 1]
            tops = [t for t in tops if cubic.deriv(2)(t) < 0]
            if tops:
                at, top = centre + half * tops[0], float(cubic(tops[0]))
        # The top is flat: anywhere in the middle three fifths of what noise cannot tell from it, rectangular.
        gap = float(np.max(np.diff(e[max(maximum - 1, 0) : maximum + 2])))
        return "maximum", at, top, math.hypot(0.3 * float(x[-1] - x[0]), gap) / math.sqrt(3.0)
    if line is not None:
        found = _crossing(e, smooth, line.slope, line.zero + o.offset, line.last)
        if found is not None:
            j = int(np.searchsorted(e[: len(smooth)], found[0]))
            near = slice(max(0, j - 5), min(len(smooth), j + 6))
            along = float(np.polyfit(e[near], smooth[near], 1)[0]) if np.ptp(e[near]) > 0 else 0.0
            # Where two lines cross: what shifts them apart, over the difference of their slopes.
            shift = math.hypot(
                noise / math.sqrt(window),
                line.slope_error * (found[0] - line.zero - o.offset),
                line.slope * line.zero_error,
            )
            return "offset", found[0], found[1], shift / max(line.slope - along, 0.1 * line.slope)
    return "", math.nan, math.nan, math.nan


def _energy(e: Floats, s: Floats, line: Line | None) -> float:
    """Area below the curve; below the line in place of the toe where there is one."""
    if line is None:
        return float(np.trapezoid(s, e))
    a = line.first
    start = max(line.slope * (float(e[a]) - line.zero), 0.0)
    return float(np.trapezoid(s[a:], e[a:])) + start * start / (2 * line.slope)


def _quality(
    e: Floats,
    s: Floats,
    last: int,
    noise: float,
    line: Line | None,
    zero: float,
    slips: list[tuple[int, int]],
    broke: str,
    where: str,
    o: Options,
) -> list[Check]:
    out = []
    top = float(s[: last + 1].max())
    if broke == "gradual":
        out.append(
            Check(
                "break",
                "warn",
                f"{where}: it gave way gradually, without a fall by {100 * o.drop:.0f} % at once; the break is taken where "
                f"the stress last was above {100 * (1 - o.drop):.0f} % of its maximum",
            )
        )
    if slips:
        lost = sum(float(e[j] - e[i]) for i, j in slips)
        out.append(
            Check(
                "slip",
                "warn",
                f"{where}: {len(slips)} sudden fall{'s' * (len(slips) > 1)} of the force that came back, the first at "
                f"{100 * float(e[slips[0][0]]):.1f} % strain: the specimen slipped in the grips or tore in part; strain after "
                f"that may be too large by up to {100 * lost:.1f} % (absolute)",
            )
        )
    if float(s[0]) > max(0.02 * top, 5 * noise):
        out.append(
            Check(
                "preload",
                "warn",
                f"{where}: the record begins at {100 * float(s[0]) / top:.1f} % of the greatest force (preload); "
                + ("zero strain is taken from the straight part" if o.toe else "strain counts from there"),
            )
        )
    elif float(s[0]) < -max(0.02 * top, 5 * noise):
        out.append(
            Check(
                "zero of the force",
                "warn",
                f"{where}: begins at {100 * float(s[0]) / top:.1f} % of the greatest force",
            )
        )
    if zero > 0.02:
        out.append(
            Check(
                "slack",
                "warn",
                f"{where}: toe of {100 * zero:.2f} % strain taken off; the free length is longer than the gauge length by "
                "about that share, so that strains are too large by it (relative)",
            )
        )
    if line is None:
        out.append(
            Check(
                "straight part",
                "fail",
                f"{where}: fewer than {FEWEST} samples before the yield; no modulus, no toe",
            )
        )
    elif line.last - line.first + 1 < 2 * FEWEST:
        out.append(
            Check(
                "straight part",
                "warn",
                f"{where}: only {line.last - line.first + 1} samples in the straight part",
            )
        )
    else:
        out.append(
            Check(
                "straight part",
                "pass" if line.r2 > 0.99 else "warn",
                f"{where}: {line.last - line.first + 1} samples, R2 {line.r2:.4f}",
            )
        )
    run, start = _longest_run(s[: last + 1] >= top * (1 - 1e-12))
    # A flat top of few digits is no clipping: there the curve came up steeply and was cut off.
    near = s[max(start - run, 0) : start + 1]
    steps = np.abs(np.diff(near))
    digit = float(steps[steps > 0].min()) if np.any(steps > 0) else 0.0
    rise = top - float(s[max(start - max(run // 8, 3), 0)])
    if run >= 10 and rise > max(0.01 * top, 3 * digit):
        out.append(
            Check("load cell", "warn", f"{where}: the greatest value stands for {run} samples: out of range?")
        )
    return out


def _longest_run(flags: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """(length, start) of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    lengths = edges[1::2] - edges[::2]
    if not len(lengths):
        return 0, 0
    k = int(np.argmax(lengths))
    return int(lengths[k]), int(edges[2 * k])
