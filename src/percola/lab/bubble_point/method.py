"""Bubble point from pressure ramps or from readings, one specimen or several."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.analysis import Analysis, ResultTable, SourceFacts
from percola.lab.bubble_point.spec import READING, SPEC, SPECIMEN
from percola.lab.panel import Axis, Curve, Mark, Panel
from percola.lab.porometry import intake
from percola.lab.porometry.bubble import (
    CITED,
    MAXIMUM_METHOD,
    PRESSURE_METHOD,
    PressureErrors,
    bubble,
    bubble_measurements,
    headless,
    wet_checks,
)
from percola.lab.porometry.curves import Run, digit, noise, plateau, rising
from percola.lab.porometry.method import definitions_table
from percola.lab.porometry.panels import onset_panel
from percola.lab.porometry.pores import Scale, scale
from percola.lab.porometry.several import mean_of, table_of
from percola.lab.porometry.spec import FLOW, WET_FLOW
from percola.lab.reading import ReadOptions, read_tables
from percola.lab.setting import asked_for
from percola.lab.table import Table, to_si
from percola.lab.understood import understood
from percola.measure.flow.gas import ATMOSPHERE_Pa
from percola.measurement import Check, Measurement

Floats = npt.NDArray[np.float64]


def analyse(files: list[Path], settings: dict[str, Any], read: ReadOptions) -> Analysis:
    """Ramps (one specimen a file) or tables of readings to the maximum pore size.

    Args:
        files: of one sample.
        settings: of :data:`percola.lab.bubble_point.spec.SPEC`, SI.
        read: how tables are to be read.
    """
    tables = {f: list(read_tables(f, read, SPEC.wanted)) for f in files}
    sources = understood(t for own in tables.values() for t in own)
    return analyse_tables(list(tables.values()), settings, sources)


def analyse_tables(
    files: Sequence[Sequence[Table]], settings: Mapping[str, Any], sources: tuple[SourceFacts, ...] = ()
) -> Analysis:
    """The same for tables that have been read; one sequence of tables for each file."""
    readings = [t for ts in files for t in ts if t.find(READING) is not None and not _has_flow(t)]
    if readings:
        if len(readings) != sum(len(ts) for ts in files):
            raise InputError(
                readings[0].path,
                "readings of bubble points beside ramps",
                "one of both",
                "give them in two runs of percola lab",
            )
        return _of_readings(readings, settings, sources)
    labels: list[str] = []
    found: list[list[Measurement]] = []
    panels: list[Panel] = []
    tables: list[ResultTable] = []
    checks: list[Check] = []
    notes: list[str] = []
    single = len(files) == 1
    for i, ts in enumerate(files, 1):
        if not any(_has_flow(t) or t.find(FLOW) is not None or t.find(WET_FLOW) is not None for t in ts):
            headers = list(dict.fromkeys(c.header for t in ts for c in t.columns))
            raise InputError(
                ts[0].path,
                f"no column of a gas flow and none that is named as a bubble point; columns: {', '.join(headers[:12])}",
                "a ramp (pressure and flow), or bubble points that were read",
                f'name the column: --column bubble_point="{headers[-1] if headers else "header"}" for readings, --column flow=... for '
                "a ramp",
            )
        taken = intake.take(ts, settings)
        if taken.wet is None:
            raise InputError(ts[0].path, "a dry run alone", "a wet run")
        liquid = scale(settings, taken.facts, ts[0].path)
        label = Path(ts[0].path).stem
        key, title = ("", "") if single else (f"_{i}", f", {label}")
        one, its_checks, its_panels, table = of_run(
            taken.wet, liquid, settings, taken.flow_conditions, key, title
        )
        labels.append(label)
        found.append(one)
        panels += its_panels
        tables.append(table)
        checks += its_checks if single else [replace(c, name=f"{c.name} ({label})") for c in its_checks]
        notes += [liquid.constant_words, *taken.notes, *liquid.notes]
        if taken.pressure_kind != "absolute":
            notes.append(f"Pressures are {taken.pressure_kind}: read as the difference across the specimen.")
    if not single:
        tables.insert(0, table_of(labels, found))
    return Analysis(
        "bubble-point",
        tuple(found[0] if single else mean_of(labels, found)),
        tuple(panels),
        tuple(tables),
        tuple(checks),
        tuple(dict.fromkeys(notes)),
        sources,
        dict(settings),
    )


def _has_flow(table: Table) -> bool:
    return any("flow" in c.header.casefold() or "fluss" in c.header.casefold() or "流量" in c.header for c in table.columns)  # fmt: skip


def of_run(
    wet: Run,
    liquid: Scale,
    settings: Mapping[str, Any],
    conditions: str = "",
    key: str = "",
    title: str = "",
) -> tuple[list[Measurement], list[Check], list[Panel], ResultTable]:
    """Bubble points of one ramp (pressure differences across the specimen): results, checks, figure, table."""
    up = rising(wet)
    saturated = plateau(up.run)
    run = up.run
    if saturated:
        run = run.kept(np.arange(len(run.pressure_Pa)) < len(run.pressure_Pa) - saturated)
    b = bubble(run, noise(run, None), settings, conditions)
    errors = PressureErrors(float(settings["pressure_accuracy"]), digit(run.pressure_Pa))
    checks = wet_checks(run, up.dropped, up.back_steps, up.back_Pa, b, saturated)
    found = bubble_measurements(b, liquid, errors, settings, checks)
    return found, list(checks), [onset_panel(run, b, key, title)], definitions_table(found, key, title)


def _of_readings(
    tables: Sequence[Table], settings: Mapping[str, Any], sources: tuple[SourceFacts, ...]
) -> Analysis:
    """Bubble points that were read, one for each specimen: mean, standard deviation.

    Uncertainty: sqrt(s^2/n + calibration^2 + digit^2/12), s the standard deviation of n readings; with one reading the digit
    as it is written and the calibration only.
    """
    values: list[float] = []
    labels: list[str] = []
    kinds: set[str] = set()
    lost = 0
    step = 0.0
    for t in tables:
        column = t.find(READING)
        assert column is not None
        unit, kind = intake.pressure_unit(intake.unit_text(t, READING, column))
        kind = kind or intake.kind_in(column.header)
        if kind:
            kinds.add(kind)
        si = to_si(column.values, unit, READING, t.where, column.header)
        names = (
            t.take_text(SPECIMEN)
            if t.find(SPECIMEN) is not None
            else tuple(str(i + 1) for i in range(len(si)))
        )
        lost += int(np.count_nonzero(~np.isfinite(si)))
        step = max(step, float(to_si(np.array([_last_digit(column.values)]), unit, READING, t.where)[0]))
        for name, value in zip(names, si.tolist(), strict=True):
            if math.isfinite(value):
                values.append(value)
                labels.append(name if len(tables) == 1 else f"{t.title or Path(t.path).stem} {name}")
    where = tables[0].path
    if not values:
        raise InputError(where, "no bubble point", "one reading or more")
    if min(values) <= 0:
        raise InputError(where, f"a bubble point of {min(values) / 1e3:.4g} kPa", "pressures above zero")
    kind = settings.get("pressure_kind") or (next(iter(kinds)) if len(kinds) == 1 else "")
    if not kind:
        if (
            min(values) >= 0.7 * ATMOSPHERE_Pa
            and max(values) < 2 * ATMOSPHERE_Pa
            and settings.get("outlet_pressure")
        ):
            raise asked_for("pressure_kind", f"the bubble points in {where} may be absolute", "gauge")
        kind = "gauge"
    notes: list[str] = []
    p = np.array(values)
    if kind == "absolute":
        behind = settings.get("outlet_pressure")
        if behind is None:
            raise asked_for("outlet_pressure", f"the bubble points in {where} are absolute", "101.3 kPa")
        p = p - behind
        if float(p.min()) <= 0:
            raise InputError("--outlet-pressure", f"{behind / 1e3:.5g} kPa, above a bubble point", "less")
        notes.append(f"Absolute pressures: {behind / 1e3:.5g} kPa behind the specimen subtracted.")
    else:
        notes.append("Bubble points are pressures above the atmosphere behind the specimen.")
    liquid = scale(settings, intake.facts_of(tables), where)
    p = np.array([headless(float(x), settings) for x in p])
    n, mean = len(p), float(p.mean())
    spread = float(np.std(p, ddof=1)) if n > 1 else None
    gain = float(settings["pressure_accuracy"]) * mean
    error = math.sqrt(((spread or 0.0) ** 2) / n + gain**2 + step**2 / 12)
    checks = [
        *liquid.checks,
        Check("readings", "pass" if n >= 3 else "warn", f"{n} specimen{'s' if n > 1 else ''} (3 or more tell the scatter)"),
    ]  # fmt: skip
    if lost:
        checks.append(Check("cells that are numbers", "warn", f"{lost} rows without a number left out"))
    if spread is not None:
        share = spread / mean
        checks.append(
            Check(
                "specimens alike",
                "pass" if share <= 0.1 else "warn",
                f"standard deviation {100 * share:.2g} % of the mean",
            )
        )
        if n >= 4:
            far = [x for x, v in zip(labels, p.tolist(), strict=True) if abs(v - float(np.median(p))) > 4.45 * float(np.median(np.abs(p - np.median(p)))) > 0]  # fmt: skip
            checks.append(
                Check(
                    "no outlier",
                    "warn" if far else "pass",
                    (f"{', '.join(far)}: kept; look at the mounting and the wetting of it" if far else "none")
                    + " beyond three standard deviations by the median",
                )
            )
    evidence = {
        **liquid.evidence(mean, error),
        "definition": "as read (first steady stream of bubbles, where nothing else is stated)",
        "definitions": [
            {
                "definition": "as read",
                "pressure_Pa": mean,
                "pressure_uncertainty_Pa": error,
                "f316_diameter_m": liquid.f316_m(mean),
                "young_laplace_diameter_m": liquid.young_laplace_m(mean),
                "e128_diameter_m": liquid.e128_m(mean),
            }
        ],
        "specimens": [
            {"specimen": x, "pressure_Pa": v, "f316_diameter_m": liquid.f316_m(v)}
            for x, v in zip(labels, p.tolist(), strict=True)
        ],
        "standard_deviation_Pa": spread,
    }
    # The mean of the diameters is that of 1/p, a little above the diameter of the mean pressure.
    sizes = np.array([liquid.f316_m(v) for v in p.tolist()])
    size = float(sizes.mean())
    evidence["f316_diameter_of_mean_pressure_m"] = liquid.f316_m(mean)
    size_error = size * math.hypot(error / mean, liquid.tension_error)
    found = (
        Measurement("maximum_pore_size", size, "m", size_error, MAXIMUM_METHOD.format("reading") + f"; mean of {n}", "wall", tuple(checks), evidence, CITED),
        Measurement("bubble_point_pressure", mean, "Pa", error, PRESSURE_METHOD.format("reading") + f"; mean of {n}", "wall", tuple(checks), evidence, CITED),
    )  # fmt: skip
    table = ResultTable(
        "specimens",
        "Bubble points",
        (("specimen", ""), ("bubble point", "kPa"), ("diameter, F316: 2860 gamma/p", "µm"), ("diameter, 4 gamma cos(theta)/p", "µm")),
        (
            *((x, v / 1e3, liquid.f316_m(v) * 1e6, liquid.young_laplace_m(v) * 1e6) for x, v in zip(labels, p.tolist(), strict=True)),
            ("mean", mean / 1e3, size * 1e6, float(np.mean([liquid.young_laplace_m(v) for v in p.tolist()])) * 1e6),
            ("standard deviation", None if spread is None else spread / 1e3, float(np.std(sizes, ddof=1)) * 1e6 if n > 1 else None, None),
        ),
    )  # fmt: skip
    numbers = np.arange(1, n + 1, dtype=float)
    panel = Panel(
        "bubble_points",
        "Bubble points of the specimens",
        Axis("specimen"),
        Axis("bubble point", "pressure", "kPa"),
        (Curve("as read", numbers, p, "points"),),
        (Mark("mean", None, mean, None, error),),
        (),
        "Every reading with the mean; the band is one standard deviation of the mean with the calibration.",
    )
    return Analysis(
        "bubble-point",
        found,
        (panel,),
        (table,),
        (),
        (liquid.constant_words, *notes, *liquid.notes),
        sources,
        dict(settings),
    )


def _last_digit(values: Floats) -> float:
    """Step of the last digit that the numbers are written with."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0.0
    for k in range(10):
        scaled = finite * 10.0**k
        if np.allclose(
            scaled, np.round(scaled), rtol=0, atol=1e-6 * max(1.0, float(np.max(np.abs(scaled))) * 1e-6)
        ):
            return float(10.0**-k)
    return 0.0
