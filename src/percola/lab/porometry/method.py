"""Half-dry method: wet and dry run to average, maximum and smallest pore size, their ratio, and the distribution."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.analysis import Analysis, ResultTable, SourceFacts
from percola.lab.panel import Panel
from percola.lab.porometry import intake
from percola.lab.porometry.bubble import (
    CITED,
    ML_MIN,
    Bubble,
    PressureErrors,
    bubble,
    bubble_measurements,
    headless,
    significant,
    wet_checks,
)
from percola.lab.porometry.curves import Rising, Run, digit, noise, plateau, rising
from percola.lab.porometry.halfdry import Distribution, HalfDry, distribution, half_dry
from percola.lab.porometry.panels import curves_evidence, distribution_panels, flow_panel, onset_panel
from percola.lab.porometry.pores import Scale, scale
from percola.lab.porometry.several import mean_of, table_of
from percola.lab.porometry.spec import SPEC
from percola.lab.reading import ReadOptions, read_tables
from percola.lab.table import Table
from percola.lab.understood import understood
from percola.measurement import Check, Measurement

Floats = npt.NDArray[np.float64]
AVERAGE_METHOD = "EP 1063256 para. 89(5): ASTM F316, half-dry; 2860 gamma/p"
RATIO_METHOD = "EP 1063256 para. 16, 32: maximum (bubble point) / average (half-dry)"
SMALLEST_METHOD = "ASTM F316: where the wet curve meets the dry one; 2860 gamma/p"


@dataclass(frozen=True)
class Specimen:
    """What was found on one specimen."""

    label: str
    measurements: list[Measurement]
    panels: list[Panel]
    tables: list[ResultTable]
    checks: list[Check]
    notes: list[str]


def analyse(files: list[Path], settings: dict[str, Any], read: ReadOptions) -> Analysis:
    """Wet and dry runs in files to pore sizes; see ``docs/theory/lab_porometry.md``.

    Args:
        files: one file with both runs or two with one each; several files with both runs each are several specimens.
        settings: of :data:`percola.lab.porometry.spec.SPEC`, SI.
        read: how tables are to be read.
    """
    tables = {f: list(read_tables(f, read, SPEC.wanted)) for f in files}
    sources = understood(t for own in tables.values() for t in own)
    return analyse_tables(list(tables.values()), settings, sources)


def analyse_tables(
    files: Sequence[Sequence[Table]], settings: Mapping[str, Any], sources: tuple[SourceFacts, ...] = ()
) -> Analysis:
    """The same for tables that have been read; one sequence of tables for each file."""
    groups = _specimens(files)
    found = [specimen(label, ts, settings, f"_{i}" if len(groups) > 1 else "") for i, (label, ts) in enumerate(groups, 1)]  # fmt: skip
    if len(found) == 1:
        one = found[0]
        return Analysis(
            "porometry", tuple(one.measurements), tuple(one.panels), tuple(one.tables), tuple(one.checks),
            tuple(one.notes), sources, dict(settings),
        )  # fmt: skip
    labels = [s.label for s in found]
    return Analysis(
        "porometry",
        tuple(mean_of(labels, [s.measurements for s in found])),
        tuple(p for s in found for p in s.panels),
        (table_of(labels, [s.measurements for s in found]), *(t for s in found for t in s.tables if t.key.startswith("definitions"))),
        tuple(Check(f"{c.name} ({s.label})", c.status, c.message) for s in found for c in s.checks),
        (f"{len(found)} specimens: {', '.join(labels)}.", *dict.fromkeys(n for s in found for n in s.notes)),
        sources,
        dict(settings),
    )  # fmt: skip


def _specimens(files: Sequence[Sequence[Table]]) -> list[tuple[str, list[Table]]]:
    """Tables by specimen: each file, or each table, that holds a wet and a dry run by itself is one."""

    def states(tables: Sequence[Table]) -> list[str]:
        out: list[str] = []
        for t in tables:
            try:
                out += [r.state for r in intake.runs_of(t).runs]
            except InputError:
                continue
        return sorted(out)

    whole = ["dry", "wet"]
    every = [t for ts in files for t in ts]
    if len(every) > 1 and all(states([t]) == whole for t in every):
        return [(t.title or Path(t.path).stem, [t]) for t in every]
    if len(files) > 1 and all(states(ts) in (whole, ["", ""]) for ts in files):
        return [(Path(ts[0].path).stem, list(ts)) for ts in files]
    return [(Path(every[0].path).stem, every)]


def specimen(label: str, tables: Sequence[Table], settings: Mapping[str, Any], key: str = "") -> Specimen:
    """One specimen from its tables."""
    taken = intake.take(tables, settings)
    where = tables[0].path
    liquid = scale(settings, taken.facts, where)
    found = specimen_of_runs(label, taken.wet, taken.dry, liquid, settings, taken.flow_conditions, key)
    notes = [liquid.constant_words, *taken.notes, *liquid.notes, *found.notes]
    if taken.pressure_kind != "absolute":
        notes.append(f"Pressures are {taken.pressure_kind}: read as the difference across the specimen.")
    return Specimen(found.label, found.measurements, found.panels, found.tables, found.checks, notes)


def specimen_of_runs(
    label: str,
    wet: Run | None,
    dry: Run | None,
    liquid: Scale,
    settings: Mapping[str, Any],
    conditions: str = "",
    key: str = "",
) -> Specimen:
    """One specimen from its runs (pressures are differences across it).

    Raises:
        InputError: no wet run.
    """
    if wet is None:
        raise InputError(label, "a dry run alone", "a wet run, and a dry one for the half-dry method")
    up = rising(wet)
    saturated = plateau(up.run)
    used = (
        up.run.kept(np.arange(len(up.run.pressure_Pa)) < len(up.run.pressure_Pa) - saturated)
        if saturated
        else up.run
    )
    down: Rising | None = None if dry is None else rising(dry)
    scatter = noise(used, None if down is None else down.run)
    b = bubble(used, scatter, settings, conditions)
    errors = PressureErrors(
        float(settings["pressure_accuracy"]),
        max([digit(used.pressure_Pa)] + ([digit(down.run.pressure_Pa)] if down is not None else [])),
    )
    of_wet = wet_checks(used, up.dropped, up.back_steps, up.back_Pa, b, saturated)
    of_half: list[Check] = []
    notes: list[str] = []
    title = f", {label}" if key else ""
    half: HalfDry | None = None
    background = significant(b.onset)
    if down is not None:
        half = half_dry(used, down.run, settings.get("dry_curve") != "lines", background)
        of_half = _half_checks(half, b, down)
        notes.append(f"Dry curve: {half.dry.words}.")
        if any(background) and half.mean_flow is not None:
            plain = half_dry(used, down.run, settings.get("dry_curve") != "lines")
            moved = math.nan if plain.mean_flow is None else half.mean_flow.at - plain.mean_flow.at
            notes.append(
                "Half of the background below the bubble point was taken off the wet flow at the crossing (a leak is in both "
                f"runs, diffusion in the wet one until pores open): the mean flow pressure moves by {moved:.3g} Pa."
            )
    if scatter.known:
        notes.append(
            f"Noise of the flow readings: {100 * scatter.share:.2g} % of the reading, at least {scatter.floor_m3_s / ML_MIN:.2g} ml/min"
            + (f", last digit {scatter.digit_m3_s / ML_MIN:.3g} ml/min" if scatter.digit_m3_s else "")
            + "."
        )
    else:
        notes.append(
            "Too few readings (below 15) to tell noise from shape: errors are those of interpolation and digits."
        )
    curves = None
    if half is not None and half.mean_flow is not None:
        start = b.pressure[0] if b.pressure else float(half.pressure_Pa[0])
        curves = curves_evidence(half, liquid, start)
    every = (*of_wet, *of_half, _range_check(used, liquid))
    whole = [c for c in every if c.name in _WHOLE]
    at_bubble = tuple(c for c in of_wet if c.name not in _WHOLE)
    at_mean = tuple(c for c in of_half if c.name not in _WHOLE)
    measurements = _average(half, b, liquid, errors, settings, curves, (*at_mean, *liquid.checks))
    mixed_up = tuple(c for c in of_half if c.name == EXCESS and half is not None and exchanged(half))
    measurements += bubble_measurements(b, liquid, errors, settings, at_bubble, None, mixed_up)
    measurements += _ratio(measurements, half, b, errors, settings, at_mean)
    panels = [flow_panel(used, None if down is None else down.run, half, b, key, title)]
    panels.append(onset_panel(used, b, key, title))
    tables = [definitions_table(measurements, key, title)]
    if half is not None:
        more, parts = _distribution(half, b, liquid, errors, settings, (*mixed_up, *liquid.checks))
        measurements += more
        if parts is not None:
            sizes = {
                words: float(m.value)
                for words, m in (
                    (w, next((x for x in measurements if x.name == n), None))
                    for w, n in (
                        ("average pore size", "average_pore_size"),
                        ("maximum pore size", "maximum_pore_size"),
                    )
                )
                if m is not None and isinstance(m.value, float)
            }
            panels += distribution_panels(half, parts, sizes, liquid, key, title)
            tables.append(_bins_table(parts, key, title))
    return Specimen(label, measurements, panels, tables, whole, notes)


_WHOLE = (
    "pressure rises",
    "flow meter in range",
    "flow meter in range (dry)",
    "dry pressure rises",
    "range of the test",
)
"""Checks of the data as a whole; the others stand with the results that they touch."""


EXCESS = "wet not above dry"


def exchanged(half: HalfDry) -> bool:
    """Whether wet above dry is the rule: nowhere below it beyond noise and 1 %, above it by 5 % and more in some place.

    A specimen that the wet run deformed passes less gas than dry before its pores open, and more only afterwards.
    """
    q, d = half.wet_m3_s, half.dry_m3_s
    sigma = half.noise.at(d) if half.noise.known or half.noise.digit_m3_s else np.zeros_like(d)
    largest = float(np.max(q)) if len(q) else 0.0
    apart = np.maximum(6 * sigma, 0.01 * np.maximum(np.abs(q), np.abs(d)) + 1e-4 * largest)
    above = int(np.count_nonzero(q - d > np.maximum(apart, 0.05 * np.abs(d))))
    # One reading in fifty may lie below by chance or by drift.
    return above >= 3 and int(np.count_nonzero(d - q > apart)) <= 0.02 * above


def _half_checks(half: HalfDry, b: Bubble, dry: Rising) -> list[Check]:
    """Quality of a pair of runs."""
    out: list[Check] = []
    worst, sigmas = half.excess
    if exchanged(half):
        out.append(
            Check(
                EXCESS,
                "fail",
                f"the wet flow is above the dry one wherever the two differ (up to {1 + worst:.3g} times as much, {half.excess_readings} readings): "
                "wet and dry may be exchanged; no pore size stands. Name the runs the other way round, with --order or the names of columns",
            )
        )
    elif half.excess_readings >= 3 and worst > 0.01:
        out.append(
            Check(
                EXCESS,
                "fail" if worst > 0.05 else "warn",
                f"the wet flow is up to {100 * worst:.3g} % above the dry one ({half.excess_readings} readings, {sigmas:.2g} standard "
                "deviations): the specimen has been deformed by the wet run, the dry run is of another specimen, or the runs are mixed up; "
                "the bubble point stands, the average pore size does not",
            )
        )  # fmt: skip
    else:
        out.append(Check(EXCESS, "pass", f"{half.excess_readings} readings above dry by more than three standard deviations"))  # fmt: skip
    highest = half.highest_share
    if half.met_Pa is not None:
        out.append(Check("curves meet", "pass", f"from {half.met_Pa[0] / 1e3:.4g} kPa on less than {100 * half.met_Pa[2]:.2g} % of the dry flow is missing"))  # fmt: skip
    elif half.mean_flow is None:
        why = (
            "curves are wholly apart: the wet specimen hardly opens, and only the bubble point can be read"
            if highest < 0.05
            else "half of the dry flow is not reached: the average pore size is smaller than this pressure opens"
        )
        out.append(
            Check("curves meet", "fail", f"the wet flow reaches {100 * highest:.3g} % of the dry flow; {why}")
        )
    elif highest < 1 - 0.01:
        out.append(
            Check(
                "curves meet", "warn",
                f"at the highest pressure {100 * (1 - highest):.2g} % of the dry flow are missing: the distribution is incomplete "
                "there and has no smallest pore; the average pore size needs half of the flow only and can still be read, if the dry "
                "curve is right",
            )
        )  # fmt: skip
    else:
        out.append(
            Check("curves meet", "pass", f"the wet flow reaches {100 * highest:.3g} % of the dry flow")
        )
    d = half.dry
    if math.isfinite(d.intercept_m3_s):
        top = max(float(np.max(half.dry_m3_s)) if len(half.dry_m3_s) else 1.0, 1e-30)
        off = abs(d.intercept_m3_s) > 4 * d.intercept_error_m3_s and abs(d.intercept_m3_s) > 5e-3 * top
        out.append(
            Check(
                "dry curve through zero",
                "warn" if off else "pass",
                f"{d.intercept_m3_s / ML_MIN:.3g} +/- {d.intercept_error_m3_s / ML_MIN:.2g} ml/min at no pressure ({100 * d.intercept_m3_s / top:.2g} % "
                "of the largest flow)" + (": zero of the flow meter or of the pressure, or absolute pressures" if off else ""),
            )
        )  # fmt: skip
    if half.mean_flow is not None:
        c = half.mean_flow
        width = (c.bracket[1] - c.bracket[0]) / c.at
        out.append(
            Check(
                "readings at the crossing",
                "pass" if width <= 0.1 and c.near >= 3 else "warn",
                f"{c.near} readings within 20 % of it, the two beside it {100 * width:.2g} % of the pressure apart (10 % or less); "
                f"interpolation error {c.interpolation_error:.2g} Pa, noise {c.noise_error:.2g} Pa",
            )
        )  # fmt: skip
        out.append(
            Check(
                "one crossing",
                "pass" if c.changes == 1 else "warn",
                f"the wet curve crosses the half-dry one {c.changes} time{'s' if c.changes > 1 else ''} beyond noise",
            )
        )
    if half.dry_end:
        out.append(Check("flow meter in range (dry)", "warn", f"the last {half.dry_end} readings of the dry run stay at one largest flow: left out"))  # fmt: skip
    if dry.dropped or dry.back_Pa > 0.02 * half.dry.highest_Pa:
        out.append(Check("dry pressure rises", "pass" if dry.back_Pa <= 0.02 * half.dry.highest_Pa else "warn", f"{dry.dropped} readings after the highest pressure left out; largest step back {dry.back_Pa:.3g} Pa"))  # fmt: skip
    if b.pressure is not None and half.dry.highest_Pa < b.pressure[0]:
        out.append(Check("dry run reaches the wet one's pressure", "fail", f"the dry run ends at {half.dry.highest_Pa / 1e3:.4g} kPa, below the bubble point of {b.pressure[0] / 1e3:.4g} kPa"))  # fmt: skip
    return out


def _range_check(wet: Run, liquid: Scale) -> Check:
    p = wet.pressure_Pa[wet.pressure_Pa > 0]
    small, large = liquid.f316_m(float(p[-1])), liquid.f316_m(float(p[0]))
    usual = small >= 5e-9 and small <= 1e-3
    return Check(
        "range of the test",
        "pass" if usual else "warn",
        f"pressures of {p[0] / 1e3:.3g} to {p[-1] / 1e3:.3g} kPa open pores of {large * 1e6:.3g} to {small * 1e6:.3g} um with "
        f"{liquid.liquid.name}" + ("" if usual else ": is the unit of the pressure right?"),
    )  # fmt: skip


def _average(
    half: HalfDry | None,
    b: Bubble,
    liquid: Scale,
    errors: PressureErrors,
    settings: Mapping[str, Any],
    curves: Mapping[str, Any] | None,
    checks: tuple[Check, ...],
) -> list[Measurement]:
    """`average_pore_size` and `mean_flow_pressure`.

    Uncertainty: noise and interpolation at the crossing, the dry curve's own, the background's share, calibration and last
    digit of the pressure; for the size the surface tension with the temperature too. The gain of one flow meter cancels.
    """
    cited = (*CITED, "lepski1991", "fritschcarlson1980")
    if half is None or half.mean_flow is None:
        if half is None:
            why = "there is no dry run"
        elif len(half.pressure_Pa) < 2:
            why = "wet and dry run have no pressures in common"
        elif half.highest_share < 0.5:
            why = f"the wet flow reaches {100 * max(half.highest_share, 0):.3g} % of the dry flow, less than half"
        else:
            why = "the wet flow lies above half of the dry flow from its first reading on"
        return [
            Measurement("average_pore_size", None, "m", method=AVERAGE_METHOD, region="wall", checks=checks, reason=why, citations=cited),
            Measurement("mean_flow_pressure", None, "Pa", method=AVERAGE_METHOD, region="wall", checks=checks, reason=why, citations=cited),
        ]  # fmt: skip
    c = half.mean_flow
    p = headless(c.at, settings)
    error = errors.total_Pa(c.at, c.error)
    evidence: dict[str, Any] = {
        **liquid.evidence(p, error),
        "crossing": {
            "pressure_Pa": c.at,
            "noise_Pa": c.noise_error,
            "interpolation_Pa": c.interpolation_error,
            "calibration_Pa": errors.gain * c.at,
            "digit_Pa": errors.digit_Pa,
            "bracket_Pa": list(c.bracket),
            "readings": c.readings,
            "flow_m3_s": float(np.interp(c.at, half.pressure_Pa, half.dry_m3_s)) / 2,
        },
        "dry_curve": half.dry.words,
        "highest_wet_over_dry": half.highest_share,
    }
    if curves:
        evidence["curves"] = dict(curves)
    if settings.get("area"):
        evidence["gas_permeance_m_s_Pa"] = 2 * evidence["crossing"]["flow_m3_s"] / c.at / settings["area"]
    size = liquid.f316_m(p)
    pressure = {k: v for k, v in evidence.items() if k != "curves"}
    return [
        Measurement(
            "average_pore_size", size, "m", size * math.hypot(error / p, liquid.tension_error), AVERAGE_METHOD, "wall",
            checks, evidence, cited,
        ),
        Measurement("mean_flow_pressure", p, "Pa", error, AVERAGE_METHOD, "wall", checks, pressure, cited),
    ]  # fmt: skip


def _ratio(
    found: Sequence[Measurement],
    half: HalfDry | None,
    b: Bubble,
    errors: PressureErrors,
    settings: Mapping[str, Any],
    of_half: tuple[Check, ...],
) -> list[Measurement]:
    """`pore_size_ratio` = mean flow pressure over bubble point pressure; surface tension, constant and calibration cancel."""
    named = {m.name: m for m in found}
    big, mean = named["maximum_pore_size"], named["average_pore_size"]
    if half is None or half.mean_flow is None or b.pressure is None:
        reason = mean.reason or big.reason
        return [
            Measurement(
                "pore_size_ratio",
                None,
                "1",
                method=RATIO_METHOD,
                region="wall",
                reason=reason,
                citations=CITED,
            )
        ]
    p_mean, p_max = headless(half.mean_flow.at, settings), headless(b.pressure[0], settings)
    own_mean = math.hypot(half.mean_flow.error, errors.digit_Pa / math.sqrt(12)) / p_mean
    own_max = math.hypot(b.pressure[1], errors.digit_Pa / math.sqrt(12)) / p_max
    value = p_mean / p_max
    error = value * math.hypot(own_mean, own_max)
    a, m = (
        float(big.uncertainty or 0) / float(big.value or 1),
        float(mean.uncertainty or 0) / float(mean.value or 1),
    )
    shared = (a * a + m * m - own_mean**2 - own_max**2) / 2
    checks = (
        Check(
            "at least 1",
            "pass" if value >= 1 - 2 * error else "fail",
            f"{value:.4g} +/- {error:.2g}: half of the flow cannot pass before the first bubble",
        ),
        *(c for c in of_half if c.status != "pass"),
    )
    return [
        Measurement(
            "pore_size_ratio", value, "1", error, RATIO_METHOD, "wall", checks,
            {
                "mean_flow_pressure_Pa": p_mean,
                "bubble_point_pressure_Pa": p_max,
                "definition": b.words,
                "correlation_of_errors": shared / (a * m) if a * m > 0 else 0.0,
                "constant_cancels": True,
                "cancels": ["surface tension", "contact angle", "calibration of the pressure"],
            },
            CITED,
        )
    ]  # fmt: skip


def _distribution(
    half: HalfDry,
    b: Bubble,
    liquid: Scale,
    errors: PressureErrors,
    settings: Mapping[str, Any],
    checks: tuple[Check, ...] = (),
) -> tuple[list[Measurement], Distribution | None]:
    """`smallest_pore_size` and the distribution by flow."""
    out: list[Measurement] = []
    product = liquid.f316_m(1.0)
    evidence: dict[str, Any] = {}
    known = np.isfinite(half.share)
    parts: Distribution | None = None
    if b.pressure is not None and np.count_nonzero(known) >= 3 and half.highest_share > 0.02:
        start = b.pressure[0]
        end = (
            float(half.pressure_Pa[known][-1])
            if half.met_Pa is None
            else min(1.05 * half.met_Pa[0], float(half.pressure_Pa[known][-1]))
        )
        edges = np.array(settings["edge"], float) if settings.get("edge") else None
        if edges is not None and len(edges) < 2:
            raise InputError("--edge", "one edge", "two or more edges of bins")
        if start < end:
            bins = int(settings["bins"])
            if not 1 <= bins <= 500:
                raise InputError("--bins", f"{bins}", "1 to 500")
            parts = distribution(
                half, product, start, end, bins, edges, settings.get("smoothing") == "monotone"
            )
            evidence["distribution"] = {
                "edges_m": [float(f"{v:.6g}") for v in parts.edges_m],
                "share": [float(f"{v:.5g}") for v in parts.share],
                "share_uncertainty": [float(f"{v:.3g}") for v in parts.share_error],
                "larger": [float(f"{v:.5g}") for v in parts.larger],
                "smoothing": settings.get("smoothing"),
                "diameter": "F316, 2860 gamma/p",
            }
    if half.met_Pa is None:
        out.append(
            Measurement(
                "smallest_pore_size", None, "m", method=SMALLEST_METHOD, region="wall", checks=checks, evidence=evidence, citations=CITED,
                reason=f"wet and dry curves do not meet ({100 * half.highest_share:.3g} % of the dry flow at the highest pressure)",
            )
        )  # fmt: skip
        return out, parts
    p, own, least = half.met_Pa
    error = errors.total_Pa(p, own)
    size = product / p
    out.append(
        Measurement(
            "smallest_pore_size", size, "m", size * math.hypot(error / p, liquid.tension_error), SMALLEST_METHOD, "wall", checks,
            {**liquid.evidence(p, error), "missing_share_taken_as_none": least, **evidence}, CITED,
        )
    )  # fmt: skip
    return out, parts


def definitions_table(found: Sequence[Measurement], key: str = "", title: str = "") -> ResultTable:
    """Every definition of the bubble point, F316's diameter and Young and Laplace's apart; the average pore with them."""
    rows: list[tuple[float | str | None, ...]] = []
    named = {m.name: m for m in found}
    mean = named.get("average_pore_size")
    if mean is not None and mean.defined:
        e = mean.evidence
        rows.append(("mean flow (half-dry)", e["pressure_Pa"] / 1e3, e["pressure_uncertainty_Pa"] / 1e3, e["f316_diameter_m"] * 1e6, e["young_laplace_diameter_m"] * 1e6))  # fmt: skip
    for row in named["maximum_pore_size"].evidence.get("definitions", ()):
        if row["pressure_Pa"] is None:
            rows.append((f"bubble point, {row['definition']}: {row['reason']}", None, None, None, None))
            continue
        rows.append((f"bubble point, {row['definition']}", row["pressure_Pa"] / 1e3, row["pressure_uncertainty_Pa"] / 1e3, row["f316_diameter_m"] * 1e6, row["young_laplace_diameter_m"] * 1e6))  # fmt: skip
    columns = (
        ("definition", ""),
        ("pressure", "kPa"),
        ("uncertainty", "kPa"),
        ("diameter, F316: 2860 gamma/p", "µm"),
        ("diameter, 4 gamma cos(theta)/p", "µm"),
    )
    return ResultTable("definitions" + key, "Pressures and diameters" + title, columns, tuple(rows))


def _bins_table(parts: Distribution, key: str, title: str) -> ResultTable:
    rows = tuple(
        (a * 1e6, b * 1e6, 100 * s, 100 * e, 100 * larger)
        for a, b, s, e, larger in zip(
            parts.edges_m[:-1].tolist(), parts.edges_m[1:].tolist(), parts.share.tolist(),
            parts.share_error.tolist(), parts.larger[1:].tolist(), strict=True,
        )
    )  # fmt: skip
    columns = (
        ("from", "µm"), ("to", "µm"), ("share of the flow", "%"), ("uncertainty", "%"), ("through larger pores", "%"),
    )  # fmt: skip
    return ResultTable("distribution" + key, "Pore size distribution by flow" + title, columns, rows)
