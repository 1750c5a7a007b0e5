"""Molecular weight from chromatograms: injections of one sample against the standards of the columns."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.analysis import Analysis, ResultTable
from percola.lab.gpc import spec
from percola.lab.gpc.calibration import Calibration, calibrate, from_coefficients
from percola.lab.gpc.distribution import (
    MARGIN,
    Averages,
    Peak,
    averages,
    converted,
    find_peak,
    mass_distribution,
    slices,
    tails,
    unspread,
)
from percola.lab.panel import Axis, Band, Curve, Mark, Panel
from percola.lab.reading import ReadOptions
from percola.lab.setting import asked_for
from percola.lab.table import Table
from percola.lab.understood import understood
from percola.measurement import Check, Measurement

Floats = npt.NDArray[np.float64]
ML, MINUTE = 1e-6, 60.0
_SOURCES = ("ep1063256", "iso16014", "astmd5296")
NAMES = (
    "weight_average_molecular_weight",
    "number_average_molecular_weight",
    "z_average_molecular_weight",
    "dispersity",
)
LEAST_POINTS = 50
"""Readings of a trace below which its peak cannot be told from its noise."""
MOST_POINTS = 20_000
"""Readings of a trace above which neighbours are averaged."""
MIXED_LOBES = 0.3
"""Opposite area over the peak's above which the sign is asked for."""


Four = tuple[float, float, float, float]
"""Of Mn, Mw, Mz and the dispersity."""


def _four(values: Floats) -> Four:
    return float(values[0]), float(values[1]), float(values[2]), float(values[3])


def _vector(a: Averages) -> Floats:
    return np.array([a.number, a.weight, a.z, a.dispersity])


@dataclass(frozen=True)
class Scale:
    """The axis that everything is compared on: "ml" with its kind, or "min" where no flow rate is needed."""

    unit: str

    @property
    def kind(self) -> str:
        return "volume" if self.unit == "ml" else "time"

    @property
    def si(self) -> float:
        return ML if self.unit == "ml" else MINUTE


@dataclass(frozen=True)
class Injection:
    """One chromatogram and what came out of it."""

    label: str
    x: Floats
    y: Floats
    peak: Peak
    opposite: float
    xs: Floats
    height: Floats
    weight: Floats
    log_m: Floats
    found: Averages
    parts: dict[str, Four]
    outside: float


def analyse(files: list[Path], settings: dict[str, Any], read: ReadOptions) -> Analysis:
    """Chromatograms in the files to averages of the molar mass."""
    from percola.lab.reading import read_tables

    standards = None
    if settings["calibration"] is not None:
        # Columns and units said on the command line are those of the chromatogram, but for the molar mass.
        mass = spec.MOLAR_MASS.name
        plain = ReadOptions(
            separator=read.separator,
            decimal=read.decimal,
            columns={k: v for k, v in read.columns.items() if k == mass},
            units={k: v for k, v in read.units.items() if k == mass},
        )
        read = replace(
            read,
            columns={k: v for k, v in read.columns.items() if k != mass},
            units={k: v for k, v in read.units.items() if k != mass},
        )
        standards = read_tables(settings["calibration"], plain, spec.CALIBRATION)[0]
    tables = [t for f in files for t in read_tables(f, read, spec.SPEC.wanted)]
    return analyse_tables(tables, standards, settings)


def analyse_tables(tables: list[Table], standards: Table | None, settings: dict[str, Any]) -> Analysis:
    """Chromatograms to Mw, Mn, Mz [kg/mol] and dispersity, in terms of the standards or of the polymer.

    Uncertainty: noise, the baseline's levels, the limits of integration (moved by 5 % of the peak's width),
    tails that may lie under the noise beyond them, the calibration (covariance of its coefficients), the elution volume between runs (``--volume-error``), and the scatter
    between injections where it is larger. Not in it: that the polymer is no polystyrene (the reason why values are
    called equivalents), adsorption, and the spreading of the bands unless ``--spreading`` is given.

    Raises:
        InputError: no calibration, axes that cannot be compared, a trace without a peak.
    """
    if not tables:
        raise InputError(
            "gpc", "no table in the files", "a chromatogram: signal against elution volume or time"
        )
    if standards is None and settings["coefficients"] is None:
        raise asked_for("calibration", "elution volumes become molar masses by it", "standards.csv")
    scale = _scale(tables, standards, settings)
    calibration = _calibration(standards, scale, settings)
    mass, stretch, words = _conversion(calibration, settings)
    injections = [_injection(t, scale, calibration, mass, settings) for t in tables]
    parts = _parts(injections)
    mean = Averages(
        *(float(np.mean([getattr(i.found, n) for i in injections])) for n in ("number", "weight", "z"))
    )
    spreading = settings["spreading"]
    shift = 0.0
    if spreading is not None:
        width = _position(spreading, "spreading", scale, settings)
        at = float(np.mean([np.interp(-math.log10(mean.weight), -i.log_m, i.xs) for i in injections]))
        shift = abs(float(calibration.slope(np.array([at]))[0])) * stretch * width * math.log(10)
        mean = unspread(mean, shift / math.log(10) / max(width, 1e-300), width)
    checks = _checks(injections, calibration, settings, scale)
    return _results(
        tables, injections, calibration, mean, parts, checks, words, scale, stretch, shift, settings
    )


def _scale(tables: list[Table], standards: Table | None, settings: dict[str, Any]) -> Scale:
    given = [*tables] + ([] if standards is None else [standards])
    volumes = [t.find(spec.VOLUME) is not None for t in given]
    if standards is None:
        limit = str(settings["calibrated_from"] or "").strip()
        if limit and not limit.endswith(("min", "s", "h")):
            volumes.append(True)
    for t in given:
        if t.find(spec.VOLUME) is None and t.find(spec.TIME) is None:
            raise t.lacks(spec.VOLUME)
    if settings["flow_rate"] is not None or all(volumes):
        return Scale("ml")
    if any(volumes):
        raise asked_for(
            "flow_rate", "one of chromatogram and calibration is in volume, the other in time", '"1 ml/min"'
        )
    return Scale("min")


def _axis(table: Table, scale: Scale, settings: dict[str, Any]) -> Floats:
    volume = table.take_or_none(spec.VOLUME)
    if volume is not None:
        return volume / ML
    time = table.take(spec.TIME)
    return time / MINUTE if scale.unit == "min" else time * settings["flow_rate"] / ML


def _position(text: str, name: str, scale: Scale, settings: dict[str, Any]) -> float:
    """A volume or time that a person wrote, on the common axis."""
    from percola import units

    option = "--" + name.replace("_", "-")
    try:
        return units.si_value(text, "volume", option) / ML if scale.unit == "ml" else _minutes(text, option)
    except InputError as error:
        if scale.unit == "ml" and settings["flow_rate"] is not None:
            return _minutes(text, option) * MINUTE * settings["flow_rate"] / ML
        raise InputError(
            option,
            repr(text),
            f"a {scale.kind} such as 15.2 {scale.unit}",
            "" if scale.unit == "min" else error.remedy,
        ) from None


def _minutes(text: str, option: str) -> float:
    from percola import units

    return units.si_value(text, "time", option) / MINUTE


def _calibration(standards: Table | None, scale: Scale, settings: dict[str, Any]) -> Calibration:
    if standards is not None:
        mass = standards.take(spec.MOLAR_MASS) * 1e3
        return calibrate(_axis(standards, scale, settings), mass, settings["order"])
    ends = []
    for name in ("calibrated_from", "calibrated_to"):
        if settings[name] is None:
            raise asked_for(name, "coefficients say nothing beyond the standards they come from", '"12 ml"')
        ends.append(_position(settings[name], name, scale, settings))
    return from_coefficients(settings["coefficients"], ends[0], ends[1])


def _conversion(
    calibration: Calibration, settings: dict[str, Any]
) -> tuple[Callable[[Calibration, Floats], Floats], float, str]:
    """log10 of the molar mass against the axis, its stretch, and what it is in terms of."""
    names = ("k_standard", "a_standard", "k_polymer", "a_polymer")
    given = [n for n in names if settings[n] is not None]
    if not given:
        return (lambda c, x: c.log_molar_mass(x)), 1.0, "in terms of the standards"
    for n in names:
        if settings[n] is None:
            raise asked_for(
                n, "the universal calibration needs K and a of standard and polymer in this eluent", "0.7"
            )
    k_s, a_s, k_p, a_p = (float(settings[n]) for n in names)
    for n, a in (("a_standard", a_s), ("a_polymer", a_p)):
        if not 0.3 <= a <= 2.0:
            raise InputError(
                "--" + n.replace("_", "-"), f"{a:g}", "0.5 (theta solvent) to 0.8 (good solvent), as a rule"
            )
    words = f"of the polymer by universal calibration (K {k_s:g}, a {a_s:g} of the standards; K {k_p:g}, a {a_p:g})"
    return (lambda c, x: converted(c.log_molar_mass(x), k_s, a_s, k_p, a_p)), (1 + a_s) / (1 + a_p), words


def _injection(
    table: Table,
    scale: Scale,
    calibration: Calibration,
    mass: Callable[[Calibration, Floats], Floats],
    settings: dict[str, Any],
) -> Injection:
    x, y = _axis(table, scale, settings), table.take(spec.SIGNAL)
    good = np.isfinite(x) & np.isfinite(y)
    x, y = x[good], y[good]
    if len(x) < LEAST_POINTS:
        raise InputError(table.where, f"{len(x)} readings", f"at least {LEAST_POINTS}")
    if np.any(np.diff(x) <= 0):
        i = int(np.flatnonzero(np.diff(x) <= 0)[0])
        raise InputError(
            table.where,
            f"{scale.kind} goes from {x[i]:.6g} to {x[i + 1]:.6g} {scale.unit}",
            f"{scale.kind}s that rise",
        )
    for values, what, most in ((x, f"{scale.kind} in {scale.unit}", 1e6), (y, "signal", 1e15)):
        if np.abs(values).max() > most:
            raise InputError(
                table.where, f"a {what} of {np.abs(values).max():.3g}", f"at most {most:g}", "mend the cell"
            )
    if len(x) > MOST_POINTS:
        size = -(-len(x) // MOST_POINTS)
        n = len(x) // size * size
        x, y = x[:n].reshape(-1, size).mean(axis=1), y[:n].reshape(-1, size).mean(axis=1)
    x = x * _marker(scale, settings)
    span = calibration.high - calibration.low
    window = [max(x[0], calibration.low - 0.3 * span), min(x[-1], calibration.high + 0.1 * span)]
    last = math.inf
    if settings["low_limit"] is not None:
        log_limit = math.log10(settings["low_limit"] * 1e3)
        last = float(np.interp(-log_limit, -mass(calibration, x), x))
        window[1] = min(window[1], last)
    limits = [
        None if settings[n] is None else _position(settings[n], n, scale, settings) for n in ("start", "end")
    ]
    anchors = [
        None if settings[n] is None else _position(settings[n], n, scale, settings)
        for n in ("baseline_start", "baseline_end")
    ]
    window[0] = min([window[0], *(v for v in limits + anchors if v is not None)])
    ends = [v for v in limits + anchors if v is not None]
    window[1] = max([window[1], *ends]) if ends else window[1]
    if ((x >= window[0]) & (x <= window[1])).sum() < LEAST_POINTS:
        raise InputError(
            table.where,
            f"a trace from {x[0]:.4g} to {x[-1]:.4g} {scale.unit}",
            f"one that reaches into the calibrated range, {calibration.low:.4g} to {calibration.high:.4g} {scale.unit}",
        )
    sign = {"auto": 0, "positive": 1, "negative": -1}[settings["sign"]]
    where = (window[0], window[1])
    peak, opposite = find_peak(x, y, where, sign, (limits[0], limits[1]), (anchors[0], anchors[1]))
    # A baseline that is said to reach farther does not carry the integration beyond the limit.
    peak = replace(peak, end=min(peak.end, last))
    if sign == 0 and opposite > MIXED_LOBES:
        raise asked_for(
            "sign",
            f"{table.where} holds peaks of both signs in the calibrated range ({100 * opposite:.0f} % opposite area); "
            "PVDF in DMF gives negative ones",
            "negative",
        )
    found, xs, h, w, log_m = _evaluate(x, y, peak, calibration, mass, table.where)
    parts = _influences(x, y, peak, where, calibration, mass, settings, found, xs, w, log_m)
    outside = float(np.abs(w[(xs < calibration.low) | (xs > calibration.high)]).sum() / np.abs(w).sum())
    label = Path(table.path).name + (f" ({table.title})" if table.title else "")
    return Injection(label, x, y, peak, opposite, xs, h, w, log_m, found, parts, outside)


def _marker(scale: Scale, settings: dict[str, Any]) -> float:
    seen, expected = settings["marker"], settings["marker_expected"]
    if seen is None and expected is None:
        return 1.0
    for name in ("marker", "marker_expected"):
        if settings[name] is None:
            raise asked_for(
                name,
                "the flow is corrected by the marker's place here over that in the calibration",
                '"21.4 ml"',
            )
    factor = _position(expected, "marker_expected", scale, settings) / _position(
        seen, "marker", scale, settings
    )
    if not 0.8 < factor < 1.25:
        raise InputError(
            "--marker", f"a correction by {factor:.3g}", "0.8 to 1.25: a flow that is farther off is no drift"
        )
    return factor


def _evaluate(
    x: Floats,
    y: Floats,
    peak: Peak,
    calibration: Calibration,
    mass: Callable[[Calibration, Floats], Floats],
    where: str,
) -> tuple[Averages, Floats, Floats, Floats, Floats]:
    if ((x >= peak.start) & (x <= peak.end)).sum() < 5:
        raise InputError(
            where, "no peak that 5 readings stand on", "a polymer's peak", "say --start and --end"
        )
    xs, h, w = slices(x, y, peak)
    log_m = mass(calibration, xs)
    if not w.sum() > 0:
        raise InputError(
            where, "a peak without area", "a peak above its baseline", "check --sign, --start and --end"
        )
    found = averages(10**log_m, w)
    if not (found.number > 0 and found.weight > 0 and found.z > 0):
        raise InputError(
            where,
            "averages that are not positive",
            "a peak above its baseline",
            "check the baseline: --baseline-start, --end",
        )
    return found, xs, h, w, log_m


def _influences(
    x: Floats,
    y: Floats,
    peak: Peak,
    window: tuple[float, float],
    calibration: Calibration,
    mass: Callable[[Calibration, Floats], Floats],
    settings: dict[str, Any],
    found: Averages,
    xs: Floats,
    w: Floats,
    log_m: Floats,
) -> dict[str, Four]:
    """Relative standard deviations of (Mn, Mw, Mz, dispersity) by origin."""
    base = _vector(found)
    m = 10**log_m
    noise = peak.noise * np.gradient(xs)

    def changed(p: Peak = peak, c: Calibration = calibration, factor: float = 1.0) -> Floats:
        inside, _, ww = slices(x, y, p)
        return _vector(averages(10 ** mass(c, inside * factor), ww)) / base - 1

    total, first = float(w.sum()), float((w * m).sum())
    each = np.stack(
        [(1 - found.number / m) / (w / m).sum(), (m - found.weight) / total, (m**2 - found.z * m) / first]
    )
    each = each / base[:3, None]
    each = np.vstack([each, each[1] - each[0]])
    by_noise = np.sqrt(np.sum((each * noise) ** 2, axis=1))
    # The levels of the baseline are means over a tenth of the peak's width.
    spacing = float(np.median(np.diff(xs)))
    points = max(0.1 * (peak.end - peak.start) / spacing, 3.0)
    level = peak.noise / math.sqrt(points)
    left = changed(replace(peak, left_level=peak.left_level + level))
    right = changed(replace(peak, right_level=peak.right_level + level))
    by_level = np.hypot(left, right)
    step = MARGIN * (peak.end - peak.start)
    limits = np.zeros(4)
    for name in ("start", "end"):
        pair = []
        for direction in (-1, 1):
            at = getattr(peak, name) + direction * step
            at = min(max(at, window[0]), window[1])
            pair.append(changed(replace(peak, **{name: at})))
        limits = np.hypot(limits, (pair[1] - pair[0]) / 2 / math.sqrt(3))
    inside = (x >= peak.start) & (x <= peak.end)
    low, high = tails(xs, peak.sign * (y[inside] - peak.baseline(xs)), peak.noise)
    both = (np.concatenate([low[0], high[0]]), np.concatenate([low[1], high[1]]))
    missing = np.zeros(4)
    for far, weight in (low, high, both):
        a = averages(10 ** np.concatenate([log_m, mass(calibration, far)]), np.concatenate([w, weight]))
        missing = np.maximum(missing, np.abs(_vector(a) / base - 1))
    jacobian = []
    for i in range(len(calibration.coefficients)):
        size = math.sqrt(max(calibration.covariance[i, i], 1e-16))
        move = np.zeros(len(calibration.coefficients))
        move[i] = size
        jacobian.append((changed(c=calibration.moved(move)) - changed(c=calibration.moved(-move))) / 2 / size)
    j = np.array(jacobian)
    by_calibration = np.sqrt(np.einsum("ik,ij,jk->k", j, calibration.covariance, j))
    by_volume = np.abs(changed(factor=1 + settings["volume_error"]))
    return {
        "noise": _four(by_noise),
        "baseline": _four(by_level),
        "limits": _four(limits),
        "tails": _four(missing / math.sqrt(3)),
        "volume": _four(by_volume),
        "calibration": _four(by_calibration),
    }


def _parts(injections: list[Injection]) -> dict[str, Four]:
    """Relative standard deviations of the mean over injections, by origin."""
    n = len(injections)
    parts: dict[str, Four] = {}
    for key in injections[0].parts:
        single = np.sqrt(np.mean([np.square(i.parts[key]) for i in injections], axis=0))
        parts[key] = _four(single if key in ("limits", "tails", "calibration") else single / math.sqrt(n))
    if n > 1:
        values = np.array([_vector(i.found) for i in injections])
        between = values.std(axis=0, ddof=1) / values.mean(axis=0) / math.sqrt(n)
        within = np.sqrt(sum(np.square(parts[k]) for k in ("noise", "baseline", "volume")))
        parts["injections"] = _four(np.sqrt(np.maximum(between**2 - within**2, 0.0)))
    return parts


def _checks(
    injections: list[Injection], calibration: Calibration, settings: dict[str, Any], scale: Scale
) -> tuple[Check, ...]:
    checks = []
    worst = max(injections, key=lambda i: i.outside)
    checks.append(
        Check(
            "within the standards",
            "pass" if worst.outside <= 0.05 else "warn" if worst.outside <= 0.5 else "fail",
            f"{100 * worst.outside:.3g} % of the peak of {worst.label} lies beyond them ({calibration.low:.4g} to "
            f"{calibration.high:.4g} {scale.unit}), where the line of the curve's end goes on",
        )
    )
    if len(calibration.x):
        off = 100 * (10 ** np.abs(calibration.residual).max() - 1)
        checks.append(
            Check(
                "standards lie on the curve",
                "pass" if off <= 10 else "warn",
                f"largest residual {off:.3g} % of {len(calibration.x)} standards; {calibration.chosen}",
            )
        )
    for i in injections:
        ratio = float(np.abs(i.height).max()) / i.peak.noise if i.peak.noise else math.inf
        checks.append(
            Check(
                "peak above the noise",
                "pass" if ratio >= 300 else "warn" if ratio >= 10 else "fail",
                f"{i.label}: height {ratio:.3g} times the noise"
                if math.isfinite(ratio)
                else f"{i.label}: no noise",
            )
        )
        if i.peak.valley:
            checks.append(
                Check(
                    "peak stands alone",
                    "warn",
                    f"{i.label}: it ends in a valley before another peak (salt, solvent, an oligomer); "
                    "--low-limit or --end sets where it ends",
                )
            )
        rise = abs(i.peak.right_level - i.peak.left_level) / max(float(np.abs(i.height).max()), 1e-300)
        if rise > 0.1:
            checks.append(
                Check(
                    "baseline is level",
                    "warn",
                    f"{i.label}: it moves by {100 * rise:.3g} % of the peak's height",
                )
            )
    if settings["spreading"] is None:
        checks.append(
            Check(
                "bands are narrow",
                "pass",
                "spreading of the bands not taken off (--spreading): Mw reads high and Mn low by exp(D^2/2), "
                "D = ln 10 times the slope of the curve times the spreading",
            )
        )
    return tuple(checks)


def _results(
    tables: list[Table],
    injections: list[Injection],
    calibration: Calibration,
    mean: Averages,
    parts: dict[str, Four],
    checks: tuple[Check, ...],
    words: str,
    scale: Scale,
    stretch: float,
    shift: float,
    settings: dict[str, Any],
) -> Analysis:
    relative = np.sqrt(sum(np.square(v) for v in parts.values()))
    method = f"EP 1063256 para. 89(1); ISO 16014, {words}"
    citations = _SOURCES if stretch == 1.0 and settings["k_polymer"] is None else (*_SOURCES, "grubisic1967")
    if shift:
        citations = (*citations, "yau1979")
    first = injections[0]
    evidence: dict[str, Any] = {
        "in_terms_of": words,
        "relative_uncertainty": {
            k: {"Mn": v[0], "Mw": v[1], "Mz": v[2], "Mw/Mn": v[3]} for k, v in parts.items()
        },
        "sign_of_peak": first.peak.sign,
        "limits": [first.peak.start, first.peak.end],
        "unit_of_axis": scale.unit,
        "calibration": {
            "order": calibration.order,
            "chosen": calibration.chosen,
            "range": [calibration.low, calibration.high],
            "residual_log10": [float(f"{r:.4g}") for r in calibration.residual],
        },
        "beyond_standards": max(i.outside for i in injections),
        "injections": [
            {"label": i.label, "Mn": i.found.number, "Mw": i.found.weight, "Mz": i.found.z}
            for i in injections
        ],
        "spreading_removed": shift,
        "dispersity": mean.dispersity,
    }
    values = (
        (NAMES[0], mean.weight / 1e3, "kg/mol", mean.weight / 1e3 * relative[1]),
        (NAMES[1], mean.number / 1e3, "kg/mol", mean.number / 1e3 * relative[0]),
        (NAMES[2], mean.z / 1e3, "kg/mol", mean.z / 1e3 * relative[2]),
        (NAMES[3], mean.dispersity, "1", mean.dispersity * relative[3]),
    )
    short = {"in_terms_of": words}
    measurements = tuple(
        Measurement(
            name,
            float(value),
            unit,
            float(error),
            method,
            "",
            checks if k == 0 else (),
            evidence if k == 0 else short,
            citations,
        )
        for k, (name, value, unit, error) in enumerate(values)
    )
    sign = (
        "negative: the polymer's refractive index is below the eluent's"
        if first.peak.sign < 0
        else "positive"
    )
    notes = [
        f"The peak is {sign}; the sign was {'found' if settings['sign'] == 'auto' else 'given'}.",
        f"Molar masses {words}"
        + ("" if "universal" in words else ": equivalents, not the polymer's own")
        + ".",
        f"Calibration: {calibration.chosen}.",
    ]
    factor = _marker(scale, settings)
    if factor != 1.0:
        notes.append(f"Elution corrected by the flow marker: times {factor:.5f}.")
    if shift:
        notes.append(f"Spreading of the bands taken off: Mw times {math.exp(-(shift**2) / 2):.4f}.")
    return Analysis(
        "gpc",
        measurements,
        _panels(injections, calibration, scale, stretch, settings),
        (_injection_table(injections, scale), _standards_table(calibration, scale)),
        (),
        tuple(notes),
        understood(tables),
    )


def _injection_table(injections: list[Injection], scale: Scale) -> ResultTable:
    return ResultTable(
        "injections",
        "Injections",
        (
            ("injection", ""), ("Mw", "g/mol"), ("Mn", "g/mol"), ("Mz", "g/mol"), ("Mw/Mn", ""), ("from", scale.unit),
            ("to", scale.unit), ("top", scale.unit), ("beyond the standards", "%"),
        ),
        tuple(
            (
                i.label, i.found.weight, i.found.number, i.found.z, i.found.dispersity, i.peak.start, i.peak.end,
                i.peak.top, 100 * i.outside,
            )
            for i in injections
        ),
    )  # fmt: skip


def _standards_table(calibration: Calibration, scale: Scale) -> ResultTable:
    return ResultTable(
        "standards",
        "Standards",
        (("elution", scale.unit), ("given", "g/mol"), ("by the curve", "g/mol"), ("deviation", "%")),
        tuple(
            (float(x), float(10**m), float(10 ** (m - r)), float(100 * (10**r - 1)))
            for x, m, r in zip(calibration.x, calibration.log_m, calibration.residual, strict=True)
        ),
    )


def _panels(
    injections: list[Injection],
    calibration: Calibration,
    scale: Scale,
    stretch: float,
    settings: dict[str, Any],
) -> tuple[Panel, ...]:
    axis = Axis("Elution " + scale.kind, scale.kind, scale.unit)
    panels = []
    for k, i in enumerate(injections[:6]):
        line_x = np.array([i.peak.left, i.peak.right])
        panels.append(
            Panel(
                f"chromatogram{k + 1 if len(injections) > 1 else ''}",
                f"Chromatogram ({i.label})",
                axis,
                Axis("Signal"),
                (
                    Curve("trace", i.x * scale.si, i.y, "data"),
                    Curve("baseline", line_x * scale.si, i.peak.baseline(line_x), "baseline"),
                ),
                (Mark("top", x=i.peak.top * scale.si),),
                (Band("integrated", i.peak.start * scale.si, i.peak.end * scale.si),),
                "Shaded: what is integrated above the baseline. Look whether the baseline meets the trace on both sides.",
            )
        )
    xs = np.linspace(calibration.low, calibration.high, 200)
    points = (
        (Curve("standards", calibration.x * scale.si, 1e-3 * 10**calibration.log_m, "points"),)
        if len(calibration.x)
        else ()
    )
    panels.append(
        Panel(
            "calibration",
            f"Calibration: {calibration.chosen}",
            axis,
            Axis("Molar mass", "molar_mass", "g/mol", log=True),
            (*points, Curve("curve", xs * scale.si, 1e-3 * 10 ** calibration.log_molar_mass(xs), "fit")),
            (),
            (Band("peak", injections[0].peak.start * scale.si, injections[0].peak.end * scale.si),),
            "The peak must lie within the standards.",
        )
    )
    panels.append(
        Panel(
            "distribution",
            "Distribution of the molar mass",
            Axis("Molar mass", "molar_mass", "g/mol", log=True),
            Axis("dW/dlog M"),
            tuple(
                Curve(
                    i.label,
                    1e-3 * 10**i.log_m,
                    mass_distribution(i.xs, i.height, calibration, stretch),
                    "derived",
                )
                for i in injections[:6]
            ),
            (Mark("Mn", x=injections[0].found.number / 1e3), Mark("Mw", x=injections[0].found.weight / 1e3)),
            (),
            "Its area is one. "
            + ("Universal calibration." if settings["k_polymer"] else "In terms of the standards."),
        )
    )
    return tuple(panels)
