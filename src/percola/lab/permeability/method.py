"""Water permeability from files: runs at one pressure or several, to 25 degC, per true atmosphere."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.analysis import Analysis, ResultTable
from percola.lab.panel import Axis, Band, Curve, Mark, Panel
from percola.lab.permeability import spec
from percola.lab.permeability.flux import (
    LEAST_READINGS,
    STEADY_CHANGE,
    PressureLine,
    Steady,
    bore_loss,
    pressure_line,
    steady_part,
)
from percola.lab.permeability.water import REFERENCE_K, density_kg_m3, viscosity_Pa_s, viscosity_ratio
from percola.lab.reading import ReadOptions
from percola.lab.setting import asked_for
from percola.lab.table import Table
from percola.lab.understood import understood
from percola.measure.flow.permeability import L_M2_H_ATM, WallGeometry, permeance
from percola.measurement import Check, Measurement

Floats = npt.NDArray[np.float64]

ATM_Pa = 101325.0
KGF_CM2_Pa = 98066.5
L_M2_H = 3.6e6
"""Litres per m2 and hour in one m/s."""
_METHOD = "EP 1063256 para. 89(9): flow of pure water, to 25 degC by its viscosity"
_SOURCES = ("ep1063256", "iapwssr6", "patek2009", "kell1975")
PRESSURE_STEP = 0.05
"""Relative change of the pressure that begins a run of its own."""


@dataclass(frozen=True)
class Run:
    """One run at one pressure.

    Attributes:
        label: file and number of the run.
        pressure_Pa, temperature_K: means over the steady part.
        flux_m_s: on the basis area, at 25 degC.
        error_m_s: standard deviation by scatter and drift, without what all runs share.
        steady: how the steady part was found, None for readings of flux alone.
        t, amount: the record, amount in m3/m2 on the basis area.
        ratio: eta(T)/eta(25 degC).
        ratio_error: its standard deviation.
        pressure_change: relative change of the pressure across the steady part.
    """

    label: str
    pressure_Pa: float
    temperature_K: float
    flux_m_s: float
    error_m_s: float
    steady: Steady | None
    t: Floats
    amount: Floats
    ratio: float
    ratio_error: float
    pressure_change: float = 0.0


@dataclass(frozen=True)
class Areas:
    """Areas that the flow of the specimen is divided by [m2]; None where the geometry does not say it."""

    basis: str
    chosen: float | None
    inner: float | None = None
    outer: float | None = None


def areas(settings: dict[str, Any], flux_given: bool = False) -> Areas:
    """The area on the basis said.

    Raises:
        InputError: an area, diameter, length or basis that is not given and cannot be done without.
    """
    if settings["geometry"] == "sheet":
        if settings["area"] is None and not flux_given:
            raise asked_for("area", "flow is divided by the area of the sheet", '"13.8 cm2"')
        return Areas("area of the sheet", settings["area"])
    basis = settings["basis"]
    if basis is None:
        raise asked_for(
            "basis", "a fibre's inner, outer and log-mean areas give different permeabilities", "inner"
        )
    inside, outside = settings["inside_diameter"], settings["outside_diameter"]
    if inside is not None and outside is not None and not inside < outside:
        raise InputError(
            "--inside-diameter",
            f"{inside * 1e3:.4g} mm, outside {outside * 1e3:.4g} mm",
            "an inside diameter below the outside diameter",
        )
    words = f"{basis} area"
    if settings["area"] is not None:
        chosen = settings["area"]
        if inside is None or outside is None:
            return Areas(words, chosen, *_one_side(basis, chosen))
        mean = (outside - inside) / math.log(outside / inside)
        per = {"inner": inside, "outer": outside, "log-mean": mean}[basis]
        return Areas(words, chosen, chosen * inside / per, chosen * outside / per)
    if flux_given and (inside is None or outside is None):
        return Areas(words, None)
    needs = {"inner": ("inside_diameter",), "outer": ("outside_diameter",)}.get(
        basis, ("inside_diameter", "outside_diameter")
    )
    for name in needs:
        if settings[name] is None:
            raise asked_for(name, f"the {words} of the fibres follows from it", '"0.74 mm"')
    if settings["length"] is None:
        if flux_given:
            return Areas(words, None)
        raise asked_for("length", "the area of the fibres follows from it", '"20 cm"')
    if settings["fibres"] < 1:
        raise InputError("--fibres", "0", "a whole number from 1")
    lateral = math.pi * settings["length"] * settings["fibres"]
    inner = None if inside is None else lateral * inside
    outer = None if outside is None else lateral * outside
    if basis == "inner":
        return Areas(words, inner, inner, outer)
    if basis == "outer":
        return Areas(words, outer, inner, outer)
    assert inner is not None
    assert outer is not None
    return Areas(words, (outer - inner) / math.log(outer / inner), inner, outer)


def _one_side(basis: str, area: float) -> tuple[float | None, float | None]:
    return (area if basis == "inner" else None, area if basis == "outer" else None)


def analyse(files: list[Path], settings: dict[str, Any], read: ReadOptions) -> Analysis:
    """Runs in the files to the permeability of the specimen."""
    from percola.lab.reading import read_tables

    tables = [t for f in files for t in read_tables(f, read, spec.SPEC.wanted)]
    return analyse_tables(tables, settings)


def analyse_tables(tables: list[Table], settings: dict[str, Any]) -> Analysis:
    """Tables of runs to the permeability at 25 degC.

    L = J_25/p; J_25 = J eta(T)/eta(25 degC). Several pressures: the slope of the line through the origin.

    Its uncertainty holds: scatter and drift of the steady parts, scatter between runs, the area, the pressure, the
    temperature, and the viscosity correction. The basis (inner, outer area) is a choice and no uncertainty.

    Raises:
        InputError: no usable column, a time that does not rise, a pressure or area not said.
    """
    if not tables:
        raise InputError(
            "permeability", "no table in the files", "one with time and volume, or pressure and flux"
        )
    flux_given = all(t.find(spec.FLUX) is not None for t in tables)
    area = areas(settings, flux_given)
    runs = [run for table in tables for run in _runs(table, settings, area)]
    runs.sort(key=lambda r: r.pressure_Pa)
    p = np.array([r.pressure_Pa for r in runs])
    j = np.array([r.flux_m_s for r in runs])
    e = np.array([r.error_m_s for r in runs])
    if not j.mean() > 0:
        raise InputError(
            tables[0].where,
            f"a mean flux of {j.mean() * L_M2_H:.3g} L/(m2 h)",
            "an amount that grows",
            "does the column hold what was collected, or what is left in the tank?",
        )
    line = pressure_line(p, j, e)
    checks = _checks(runs, line, settings)
    value, parts = line.slope, _parts(runs, line, settings)
    error = value * math.sqrt(sum(x**2 for x in parts.values()))
    return _results(tables, settings, area, runs, line, value, error, parts, checks)


def _parts(runs: list[Run], line: PressureLine, settings: dict[str, Any]) -> dict[str, float]:
    """Relative standard deviations of the permeability, by origin."""
    ratio = float(np.mean([r.ratio_error / r.ratio for r in runs]))
    return {
        "readings": line.error / line.slope,
        "area": settings["area_error"] if runs[0].steady is not None or settings["area"] else 0.0,
        "pressure": settings["pressure_error"],
        "viscosity_and_temperature": ratio,
    }


def _runs(table: Table, settings: dict[str, Any], area: Areas) -> list[Run]:
    time = table.take_or_none(spec.TIME)
    pressure = table.take_or_none(spec.PRESSURE)
    temperature = table.take_or_none(spec.TEMPERATURE)
    flux = table.take_or_none(spec.FLUX)
    amount = None if flux is not None else _amount(table, temperature, settings, time, area)
    n = len(flux if flux is not None else amount if amount is not None else ())
    pressure = _column(table, pressure, "pressure", settings, n, "1 kgf/cm2")
    temperature = _column(table, temperature, "temperature", settings, n, "25 degC")
    if flux is not None:
        return _flux_runs(table, settings, time, flux, pressure, temperature)
    assert time is not None
    assert amount is not None
    return _timed_runs(table, settings, time, amount, pressure, temperature)


def _column(
    table: Table, values: Floats | None, name: str, settings: dict[str, Any], n: int, example: str
) -> Floats:
    said = settings[name]
    if said is not None:
        return np.full(n, float(said))
    if values is None or not np.isfinite(values).any():
        why = "no column holds it" if values is None else "its column is empty"
        raise asked_for(name, why, f'"{example}"')
    if name == "pressure" and np.nanmedian(values) <= 0:
        raise InputError(
            table.where,
            f"a pressure of {np.nanmedian(values):.4g} Pa",
            "a positive difference across the membrane",
            "say it: --pressure, as a difference and not as an absolute pressure",
        )
    # Gaps of a slow logger are bridged.
    good = np.isfinite(values)
    return np.interp(np.arange(n), np.flatnonzero(good), values[good])


def _amount(
    table: Table, temperature: Floats | None, settings: dict[str, Any], time: Floats | None, area: Areas
) -> Floats:
    """Collected amount over the basis area [m3/m2]."""
    volume, mass = table.take_or_none(spec.VOLUME), table.take_or_none(spec.MASS)
    flow = table.take_or_none(spec.FLOW)
    if volume is None and mass is None and flow is None:
        raise InputError(
            table.where,
            "no volume, mass, flow or flux",
            "a header such as 'volume (ml)', 'mass (g)', 'flow (ml/min)' or 'flux (L/m2.h)'",
            '--column volume="header" says which it is',
        )
    if time is None:
        raise table.lacks(spec.TIME)
    assert area.chosen is not None or settings["area"] is None
    if area.chosen is None:
        raise asked_for("area", "flow is divided by it", '"13.8 cm2"')
    if volume is None and mass is not None:
        kelvin = settings["temperature"]
        if kelvin is None:
            if temperature is None or not np.isfinite(temperature).any():
                raise asked_for("temperature", "a mass becomes a volume by the water's density", '"25 degC"')
            kelvin = float(np.nanmean(temperature))
        volume = mass / density_kg_m3(kelvin)
    if volume is None:
        assert flow is not None
        good = np.isfinite(flow) & np.isfinite(time)
        volume = np.full(len(flow), np.nan)
        tg, fg = time[good], flow[good]
        if len(tg):
            volume[good] = np.concatenate([[0.0], np.cumsum(np.diff(tg) * (fg[1:] + fg[:-1]) / 2)])
    return volume / area.chosen


def _timed_runs(
    table: Table,
    settings: dict[str, Any],
    time: Floats,
    amount: Floats,
    pressure: Floats,
    temperature: Floats,
) -> list[Run]:
    good = np.isfinite(time) & np.isfinite(amount)
    time, amount, pressure, temperature = time[good], amount[good], pressure[good], temperature[good]
    if len(time) < LEAST_READINGS:
        raise InputError(
            table.where,
            f"{len(time)} readings",
            f"at least {LEAST_READINGS}: else no steady part can be seen",
        )
    back = np.flatnonzero(np.diff(time) <= 0)
    if len(back):
        i = int(back[0])
        raise InputError(
            table.where,
            f"time goes from {time[i]:.6g} to {time[i + 1]:.6g} s at reading {i + 2}",
            "times that rise",
            "give runs that begin anew as files of their own",
        )
    out = []
    pieces = _pieces(pressure)
    for number, (a, b) in enumerate(pieces, 1):
        if b - a < LEAST_READINGS:
            continue
        t, v, p, k = time[a:b], amount[a:b], pressure[a:b], temperature[a:b]
        limits = (settings["start"], settings["end"]) if len(pieces) == 1 else (None, None)
        for name, limit in zip(("start", "end"), limits, strict=True):
            if limit is not None and not t[0] <= limit <= t[-1]:
                raise InputError(
                    f"--{name}", f"{limit:g} s", f"a time of the record, {t[0]:g} to {t[-1]:g} s"
                )
        if (
            limits != (None, None)
            and int(np.sum((t >= (limits[0] or t[0])) & (t <= (limits[1] or t[-1])))) < LEAST_READINGS
        ):
            raise InputError("--start, --end", "fewer than 5 readings between them", "a longer part")
        found = steady_part(t, v, *limits)
        inside = (t >= found.start_s) & (t <= found.end_s)
        kelvin, bar = float(k[inside].mean()), float(p[inside].mean())
        ratio, ratio_error = viscosity_ratio(kelvin, settings["temperature_error"])
        label = Path(table.path).name + (f", {number}" if len(pieces) > 1 else "")
        change = float(np.ptp(p[inside]) / bar)
        out.append(
            Run(
                label,
                bar,
                kelvin,
                found.flow * ratio,
                found.error * ratio,
                found,
                t,
                v,
                ratio,
                ratio_error,
                change,
            )
        )
    if not out:
        raise InputError(
            table.where,
            "no part at one pressure with 5 readings",
            "a pressure that stands still within 5 %",
            "--pressure gives one for the whole file",
        )
    return out


def _pieces(pressure: Floats) -> list[tuple[int, int]]:
    """Where the pressure steps by more than 5 % and stays: stretches of one pressure."""
    edges = [0]
    level, count = float(pressure[0]), 1
    for i in range(1, len(pressure)):
        if abs(pressure[i] - level) > PRESSURE_STEP * level:
            ahead = pressure[i : i + 3]
            if np.all(np.abs(ahead - level) > PRESSURE_STEP * level):
                edges.append(i)
                level, count = float(pressure[i]), 1
                continue
        else:
            count += 1
            level += (float(pressure[i]) - level) / count
    edges.append(len(pressure))
    return [(a, b) for a, b in itertools.pairwise(edges)]


def _flux_runs(
    table: Table,
    settings: dict[str, Any],
    time: Floats | None,
    flux: Floats,
    pressure: Floats,
    temperature: Floats,
) -> list[Run]:
    good = np.isfinite(flux)
    if not good.any():
        raise InputError(table.where, "no number in the column of the flux", "at least one")
    if time is not None and good.sum() >= LEAST_READINGS and np.isfinite(time[good]).all():
        t, j = time[good], flux[good]
        if np.all(np.diff(t) > 0):
            amount = np.concatenate([[0.0], np.cumsum(np.diff(t) * (j[1:] + j[:-1]) / 2)])
            return _timed_runs(table, settings, t, amount, pressure[good], temperature[good])
    out = []
    if max(np.abs(flux[good]).max(), np.abs(pressure[good]).max()) > 1e10:
        raise InputError(
            table.where, "a flux or pressure above 1e10 m/s or Pa", "real ones", "mend the cell or its unit"
        )
    name = Path(table.path).name
    for i in np.flatnonzero(good):
        ratio, ratio_error = viscosity_ratio(float(temperature[i]), settings["temperature_error"])
        out.append(
            Run(
                f"{name}, row {i + 1}", float(pressure[i]), float(temperature[i]), float(flux[i]) * ratio, 0.0,
                None, np.empty(0), np.empty(0), ratio, ratio_error,
            )
        )  # fmt: skip
    return out


def _checks(runs: list[Run], line: PressureLine, settings: dict[str, Any]) -> tuple[Check, ...]:
    checks = []
    for r in runs:
        s = r.steady
        if s is None:
            continue
        words = (
            f"{r.label}: {s.readings} readings from {s.start_s:.4g} to {s.end_s:.4g} s, flow changes by "
            f"{100 * s.change:+.2g} ± {100 * s.change_error:.2g} % in them"
        )
        if s.settled and s.start_s > r.t[0]:
            words += f"; before, the flow came from {100 * s.first / s.flow:.3g} % of it"
        if not s.settled:
            words += f"; no part to the end changes by less than {100 * STEADY_CHANGE:g} %"
        checks.append(Check("flow is steady", "pass" if s.settled else "warn", words))
        if s.decline != "none":
            fall = 100 * (1 - s.last / s.first) if s.first > 0 else math.nan
            text = f"{r.label}: the flow falls by {fall:.3g} % over the run, best described as {s.decline}"
            if s.final is not None:
                text += (
                    f" (to {s.final / s.first * 100:.3g} % of its start, rate {s.rate_1_s * 3600:.3g} 1/h)"
                )
            text += ": the membrane compacts or fouls"
            checks.append(Check("flow does not decline", "warn", text))
        if r.pressure_change > 0.02:
            checks.append(
                Check(
                    "pressure stands still",
                    "warn",
                    f"{r.label}: it spans {100 * r.pressure_change:.3g} % of its mean in the steady part",
                )
            )
    far = max(abs(r.temperature_K - REFERENCE_K) for r in runs)
    checks.append(
        Check(
            "measured near 25 degC",
            "pass" if far <= 5 else "warn",
            f"{min(r.temperature_K for r in runs) - 273.15:.4g} to {max(r.temperature_K for r in runs) - 273.15:.4g} "
            f"degC; flux multiplied by eta(T)/eta(25 degC) = {runs[0].ratio:.4f} (first run)",
        )
    )
    p = np.array([r.pressure_Pa for r in runs])
    checks.append(
        Check(
            "pressure of paragraph 89(9)",
            "pass" if np.any(np.abs(p / KGF_CM2_Pa - 1) < 0.25) else "warn",
            f"measured at {p.min() / KGF_CM2_Pa:.4g} to {p.max() / KGF_CM2_Pa:.4g} kgf/cm2; the paragraph measures at 1",
        )
    )
    if line.intercept_m_s is not None and line.intercept_error_m_s is not None:
        off = abs(line.intercept_m_s) > 2 * line.intercept_error_m_s
        share = 100 * line.intercept_m_s / float(np.mean([r.flux_m_s for r in runs]))
        checks.append(
            Check(
                "flux against pressure goes through the origin",
                "warn" if off and abs(share) > 1 else "pass",
                f"intercept {line.intercept_m_s * L_M2_H:+.3g} ± {line.intercept_error_m_s * L_M2_H:.2g} L/(m2 h), "
                f"{share:+.2g} % of the mean flux" + (": an offset of the gauge, or osmosis" if off else ""),
            )
        )
    if line.curvature is not None and line.curvature_error is not None:
        bent = abs(line.curvature) > 2 * line.curvature_error and abs(line.curvature) > 0.03
        checks.append(
            Check(
                "flux is linear in pressure",
                "warn" if bent else "pass",
                f"permeability changes by {100 * line.curvature:+.2g} ± {100 * line.curvature_error:.2g} % from the lowest "
                f"to the highest pressure" + (": compaction, or losses in the module" if bent else ""),
            )
        )
    return tuple(checks)


THICKEST_M = 5e-3
"""A wall thicker than this is warned of."""


def _wall(settings: dict[str, Any]) -> tuple[float | None, float | None, float | None]:
    return settings["thickness"], settings["inside_diameter"], settings["outside_diameter"]


def darcy(value: float, basis: str, settings: dict[str, Any]) -> float | None:
    """k = eta L t of a sheet, eta L_i d_i ln(d_o/d_i)/2 of a fibre [m2]; None where the wall is not given."""
    eta = viscosity_Pa_s(REFERENCE_K)
    thickness, inside, outside = _wall(settings)
    if settings["geometry"] == "sheet":
        return None if thickness is None else value * eta * thickness
    if inside is None or outside is None:
        return None
    per = {
        "inner area": inside,
        "outer area": outside,
        "log-mean area": (outside - inside) / math.log(outside / inside),
    }[basis]
    wall = WallGeometry((outside - inside) / 2, "fibre", inside, outside)
    return value * per / inside / permeance(1.0, wall, eta)[0]


def _results(
    tables: list[Table],
    settings: dict[str, Any],
    area: Areas,
    runs: list[Run],
    line: PressureLine,
    value: float,
    error: float,
    parts: dict[str, float],
    checks: tuple[Check, ...],
) -> Analysis:
    inner, outer = _both(value, area, settings)
    fibre = settings["geometry"] == "fibre"
    thickness, inside, outside = _wall(settings)
    litres = value * L_M2_H_ATM
    printed = value * L_M2_H * KGF_CM2_Pa
    evidence: dict[str, Any] = {
        "geometry": settings["geometry"],
        "basis": area.basis,
        "inner_area_m_sPa": inner,
        "outer_area_m_sPa": outer,
        "L_m2_h_atm": litres,
        "L_m2_h_per_kgf_cm2": printed,
        "said": f"{litres:.4g} L/(m2 h) per true atmosphere; at the differential pressure of 1 kgf/cm2 of paragraph 89(9) "
        f"the flux is {printed:.4g} L/(m2 h), which is what the patent would print if its 'atm' is that pressure "
        f"(1 atm = {ATM_Pa / KGF_CM2_Pa:.4f} kgf/cm2)",
        "thickness_m": thickness
        if not fibre or inside is None or outside is None
        else (outside - inside) / 2,
        "viscosity_Pa_s": viscosity_Pa_s(REFERENCE_K),
        "resistance_1_m": 1 / (viscosity_Pa_s(REFERENCE_K) * value),
        "relative_uncertainty": parts,
        "flux_against_pressure": [
            {
                "run": r.label,
                "pressure_Pa": r.pressure_Pa,
                "temperature_K": r.temperature_K,
                "flux_m_s": r.flux_m_s,
                "error_m_s": r.error_m_s,
            }
            for r in runs[:200]
        ],
        "intercept_m_s": line.intercept_m_s,
        "reduced_chi2": line.chi2,
    }
    if inner is not None:
        evidence["inner_L_m2_h_atm"] = inner * L_M2_H_ATM
    if outer is not None:
        evidence["outer_L_m2_h_atm"] = outer * L_M2_H_ATM
    checks = (*checks, *_bore(settings, inner, runs, evidence))
    wall = evidence["thickness_m"]
    if wall is not None and wall > THICKEST_M:
        checks = (
            *checks,
            Check(
                "thickness",
                "warn",
                f"{1e3 * wall:.4g} mm: thick for a membrane (5 mm at most); is its unit right?",
            ),
        )
    main = Measurement(
        "water_permeability",
        value,
        "m/(s.Pa)",
        error,
        _METHOD + (f", {area.basis}" if fibre else ""),
        "wall",
        checks,
        evidence,
        _SOURCES,
    )
    measurements = [main]
    k = darcy(value, area.basis, settings)
    if k is not None:
        measurements.append(
            Measurement(
                "permeability", k, "m^2", k * error / value, _METHOD + "; Darcy's law", "wall", (),
                {"thickness_m": evidence["thickness_m"], "left_out": "uncertainty of thickness or diameters"}, _SOURCES,
            )
        )  # fmt: skip
    notes = [
        f"{len(runs)} run{'s' if len(runs) > 1 else ''}; flow divided by the {area.basis}"
        + ("" if area.chosen is None else f" of {area.chosen * 1e4:.5g} cm2"),
        str(evidence["said"]),
    ]
    titles = list(dict.fromkeys(t.title for t in tables if t.title))
    if len(titles) > 1:
        notes.append(f"The records {', '.join(titles)} are taken for one specimen; analyse others apart.")
    return Analysis(
        "permeability",
        tuple(measurements),
        _panels(runs, line, area),
        (_table(runs),),
        (),
        tuple(notes),
        understood(tables),
    )


def _both(value: float, area: Areas, settings: dict[str, Any]) -> tuple[float | None, float | None]:
    """The permeability on the inner and on the outer area."""
    if settings["geometry"] == "sheet":
        return value, value
    inside, outside = settings["inside_diameter"], settings["outside_diameter"]
    if inside is None or outside is None:
        return (value if area.basis == "inner area" else None, value if area.basis == "outer area" else None)
    per = {
        "inner area": inside,
        "outer area": outside,
        "log-mean area": (outside - inside) / math.log(outside / inside),
    }[area.basis]
    return value * per / inside, value * per / outside


def _bore(
    settings: dict[str, Any], inner: float | None, runs: list[Run], evidence: dict[str, Any]
) -> tuple[Check, ...]:
    if settings["geometry"] != "fibre":
        return ()
    name = "pressure along the bore"
    if inner is None or settings["inside_diameter"] is None or settings["length"] is None:
        return (
            Check(name, "warn", "not checked: --inside-diameter and --length say how much is lost along it"),
        )
    ends = settings["open_ends"]
    eta = viscosity_Pa_s(REFERENCE_K)
    loss, true = bore_loss(
        inner, eta, settings["inside_diameter"], settings["length"], 2 if ends == "two" else 1
    )
    drop = loss * max(r.pressure_Pa for r in runs)
    evidence["bore_loss"] = loss
    evidence["inner_area_without_bore_loss_m_sPa"] = true
    assumed = "" if ends else " (taken as one open end; --open-ends two quarters it or better)"
    return (
        Check(
            name,
            "pass" if loss <= 0.02 else "warn" if loss <= 0.2 else "fail",
            f"{100 * loss:.3g} % of the pressure difference, {drop:.3g} Pa on the mean, is lost along the bore of "
            f"{settings['inside_diameter'] * 1e3:.4g} mm and {settings['length'] * 1e3:.4g} mm{assumed}; without it "
            f"{true * L_M2_H_ATM:.4g} L/(m2 h atm) on the inner area. The value is not corrected",
        ),
    )


def _table(runs: list[Run]) -> ResultTable:
    return ResultTable(
        "runs",
        "Runs",
        (
            ("run", ""), ("pressure", "kgf/cm2"), ("temperature", "degC"), ("flux at 25 degC", "L/(m2 h)"),
            ("standard deviation", "L/(m2 h)"), ("steady from", "s"), ("steady to", "s"), ("change in it", "%"),
        ),
        tuple(
            (
                r.label, r.pressure_Pa / KGF_CM2_Pa, r.temperature_K - 273.15, r.flux_m_s * L_M2_H,
                r.error_m_s * L_M2_H or None, r.steady.start_s if r.steady else None, r.steady.end_s if r.steady else None,
                100 * r.steady.change if r.steady else None,
            )
            for r in runs
        ),
    )  # fmt: skip


def _panels(runs: list[Run], line: PressureLine, area: Areas) -> tuple[Panel, ...]:
    panels = []
    timed = [r for r in runs if r.steady is not None]
    for i, r in enumerate(timed[:6]):
        s = r.steady
        assert s is not None
        inside = (r.t >= s.start_s) & (r.t <= s.end_s)
        tp = r.t[inside]
        fit = s.flow * (tp - tp.mean()) + r.amount[inside].mean()
        panels.append(
            Panel(
                f"collected{i + 1 if len(timed) > 1 else ''}",
                f"Water collected at {r.pressure_Pa / KGF_CM2_Pa:.3g} kgf/cm2 ({r.label})",
                Axis("Time", "time", "min"),
                Axis(f"Collected over the {area.basis}", "length", "mm"),
                (
                    Curve("readings", r.t, r.amount, "data"),
                    Curve(f"steady part: {s.flow * L_M2_H:.4g} L/(m2 h)", tp, fit, "fit"),
                ),
                (),
                (Band("steady part", s.start_s, s.end_s),),
                "The slope of the line is the flux at the temperature of the test.",
            )
        )
    if len(runs) > 1:
        p = np.array([r.pressure_Pa for r in runs])
        top = np.array([0.0, float(p.max())])
        panels.append(
            Panel(
                "flux",
                "Flux against pressure, at 25 degC",
                Axis("Pressure difference", "pressure", "kgf/cm2"),
                Axis("Flux", "flux", "L/m2/h"),
                (
                    Curve(
                        "runs",
                        p,
                        np.array([r.flux_m_s for r in runs]),
                        "points",
                        np.array([r.error_m_s for r in runs]),
                    ),
                    Curve(f"{line.slope * L_M2_H_ATM:.4g} L/(m2 h atm)", top, line.slope * top, "fit"),
                ),
                (Mark("1 kgf/cm2", KGF_CM2_Pa),),
                (),
                "The line goes through the origin; points that bend away from it speak of compaction or losses.",
            )
        )
    return tuple(panels)
