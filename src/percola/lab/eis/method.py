"""Ionic conductivity of a soaked membrane from impedance spectra: paragraph 89(13).

sigma = d/((R - Rc) A): thickness d, electrode area A, resistance R at the intercept of the Nyquist (Cole-Cole) plot with
the real axis, Rc that of leads and cell. See :mod:`percola.lab.eis.intercept` for R.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.analysis import Analysis, ResultTable
from percola.lab.eis.circuits import CIRCUITS
from percola.lab.eis.figures import panels
from percola.lab.eis.intercept import Intercept, Resistance, lead_resistance, read_resistance
from percola.lab.eis.readers import read_spectra, source
from percola.lab.eis.spec import SPEC
from percola.lab.eis.spectrum import Spectrum
from percola.lab.reading import ReadOptions
from percola.lab.setting import asked_for
from percola.measurement import Check, Measurement

Floats = npt.NDArray[np.float64]

THICKEST_M = 5e-3
"""A membrane thicker than this is warned of."""
METHOD = "EP 1063256 para. 89(13): real-axis intercept of the Cole-Cole plot, {way}; conductivity thickness/(R area)"
CITED = (
    "ep1063256",
    "boukamp1986",
    "boukamp1995",
    "schoenleber2014",
    "burnhamanderson2002",
    "widrowkollar2008",
)
TYPICAL_CELL_OHM = 0.5
"""Leads and contacts of a cell are of this order; a resistance below 20 times of it is warned of where none is subtracted
(a rule of thumb of ours)."""
UNEQUAL = 1.1
"""Thicknesses differ when the largest is above this times the smallest."""


@dataclass(frozen=True)
class _Geometry:
    """Electrodes, cell and membrane, in SI, with standard deviations (0: not given)."""

    thickness_m: tuple[float, ...]
    thickness_u_m: float
    area_m2: float
    area_u_m2: float
    cell_ohm: float
    cell_u_ohm: float
    cell_words: str


@dataclass(frozen=True)
class _One:
    """The conductivity of one spectrum."""

    read: Resistance
    thickness_m: float
    net_ohm: float | None
    value_S_m: float | None
    reason: str


def analyse(files: list[Path], settings: dict[str, Any], read: ReadOptions) -> Analysis:
    """The analysis of spectra of one membrane: repeats, or several thicknesses.

    Uncertainty of the conductivity (one standard deviation): u^2 = that of R (noise, circuit, digits, disagreement of the
    three ways) and of the cell's resistance over the net resistance, and those of thickness, area and accuracy of the analyser
    as they are given; what is not given is not contained, and a check says so. Repeats: of the mean, the larger of the
    standard error (with Student's factor) and that from the single spectra. Slope: of the line through all thicknesses.

    Raises:
        InputError: files that hold no impedance, thickness or area not said, settings that exclude one another.
    """
    imaginary = settings["imaginary"]
    spectra: list[tuple[int, Spectrum]] = []
    digests = []
    for i, path in enumerate(files):
        found = read_spectra(path, read, imaginary)
        digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
        spectra += [(i, s) for s in found]
    notes: list[str] = []
    checks: list[Check] = []
    geometry = _geometry(files, settings, read, notes, checks)
    spike = (settings["spike_lowest"], settings["spike_highest"])
    if spike[0] and spike[1] and spike[0] >= spike[1]:
        raise InputError(
            "--spike-lowest", f"{spike[0]:g} Hz, not below --spike-highest {spike[1]:g} Hz", "a range"
        )
    circuit = next((c for c in CIRCUITS if c.lower() == settings["circuit"]), "auto")
    singles = []
    for i, whole in spectra:
        used = whole.between(
            settings["lowest_frequency"], settings["highest_frequency"], settings["leave_out"]
        )
        thickness = None
        if geometry is not None:
            thickness = geometry.thickness_m[i if len(geometry.thickness_m) > 1 else 0]
        singles.append(
            _single(
                read_resistance(
                    used,
                    circuit=circuit,
                    arc=settings["arc"],
                    main=settings["main"],
                    spike_Hz=spike,
                    thickness_m=thickness,
                    area_m2=geometry.area_m2 if geometry is not None else None,
                    enough_per_decade=float(settings["points_per_decade"]),
                ),
                thickness or 0.0,
                geometry,
                *_cell(geometry),
            )
        )
    for one in singles:
        notes += _said(one, len(singles) > 1)
    accuracy = float(settings["accuracy"] or 0.0)
    if not accuracy:
        notes.append("The accuracy of the analyser is not given (--accuracy) and not in the uncertainty.")
    if settings["temperature"] is None:
        checks.append(
            Check(
                "temperature",
                "warn",
                "not given: conductivity changes by about 2 % a kelvin; say --temperature",
            )
        )
    measurements = [_resistance(singles, geometry, settings, accuracy)] if _alike(geometry) else []
    if geometry is not None:
        if max(geometry.thickness_m) > THICKEST_M:
            words = f"{1e3 * max(geometry.thickness_m):.4g} mm: thick for a membrane (5 mm at most); is its unit right?"
            checks.append(Check("thickness", "warn", words))
        sigma = _conductivity(singles, geometry, settings, accuracy, notes)
        measurements.append(sigma)
        number = _macmullin(sigma, settings)
        if number is not None:
            measurements.append(number)
    return Analysis(
        SPEC.key,
        tuple(measurements),
        panels([s.read for s in singles]) + _slope_panel(singles, geometry, measurements),
        _tables(singles, geometry),
        tuple(checks),
        tuple(notes),
        tuple(source(s, digests[i]) for i, s in spectra),
    )


# --- what is given ---------------------------------------------------------------------------------------------------


def _geometry(
    files: Sequence[Path], settings: dict[str, Any], read: ReadOptions, notes: list[str], checks: list[Check]
) -> _Geometry | None:
    cell, cell_u, words = _cell_given(settings, read, notes)
    area, area_u = settings["area"], settings["area_uncertainty"] or 0.0
    diameter, diameter_u = settings["diameter"], settings["diameter_uncertainty"] or 0.0
    if area is not None and diameter is not None:
        raise InputError("--diameter", "given together with --area", "one of them", "leave one out")
    if diameter is not None:
        area = 0.25 * math.pi * diameter**2
        area_u = area * 2 * diameter_u / diameter
    thickness = settings["thickness"]
    if not thickness or area is None:
        if settings["resistance_only"]:
            if thickness and len(thickness) > 1:
                raise InputError("--resistance-only", "given with several thicknesses", "one or no thickness")
            return None
        if not thickness:
            raise asked_for("thickness", "no file says how thick the soaked membrane is", '"100 um"')
        raise asked_for("area", "the area of the electrodes (files often hold a default)", '"1.0 cm2"')
    if len(thickness) not in (1, len(files)):
        raise InputError(
            "--thickness",
            f"{len(thickness)} values for {len(files)} files",
            "one, or one for each file in their order",
        )
    for name, given, option in (
        ("thickness", settings["thickness_uncertainty"], "--thickness-uncertainty"),
        ("area", area_u, "--area-uncertainty or --diameter-uncertainty"),
    ):
        if not given:
            checks.append(
                Check(
                    f"uncertainty of the {name}",
                    "warn",
                    f"not given ({option}): not in the uncertainty of the result",
                )
            )
    return _Geometry(
        tuple(thickness), settings["thickness_uncertainty"] or 0.0, area, area_u, cell, cell_u, words
    )


def _cell_given(settings: dict[str, Any], read: ReadOptions, notes: list[str]) -> tuple[float, float, str]:
    cell, file = settings["cell_resistance"], settings["short_circuit"]
    u = settings["cell_resistance_uncertainty"] or 0.0
    if cell is not None and file is not None:
        raise InputError(
            "--short-circuit", "given together with --cell-resistance", "one of them", "leave one out"
        )
    if cell is not None:
        if cell < 0:
            raise InputError("--cell-resistance", f"{cell:g} ohm", "0 or more")
        notes.append(f"{cell:.4g} ohm of cell and leads subtracted, as given.")
        return cell, u, "given"
    if file is None:
        return 0.0, 0.0, ""
    try:
        found = read_spectra(Path(file), read, settings["imaginary"])
    except InputError as error:
        if "--imaginary" not in error.remedy:
            raise
        # The sign of a short circuit's imaginary part tells nothing about its resistance.
        found = read_spectra(Path(file), read, "im")
    values = [lead_resistance(s) for s in found]
    mean = float(np.mean([v[0] for v in values]))
    scatter = math.hypot(
        float(np.mean([v[1] for v in values])),
        float(np.std([v[0] for v in values])) if len(values) > 1 else 0.0,
    )
    if mean < 0:
        raise InputError(
            str(file), f"a short-circuit resistance of {mean:.4g} ohm", "0 or more", "measure it again"
        )
    notes.append(
        f"{mean:.4g} ohm of cell and leads subtracted, from the short circuit ({abs(values[0][2]):.3g} H of inductance in it)."
    )
    return mean, math.hypot(scatter, u), "short circuit"


def _cell(geometry: _Geometry | None) -> tuple[float, float]:
    return (geometry.cell_ohm, geometry.cell_u_ohm) if geometry is not None else (0.0, 0.0)


def _alike(geometry: _Geometry | None) -> bool:
    return geometry is None or max(geometry.thickness_m) <= UNEQUAL * min(geometry.thickness_m)


# --- results ---------------------------------------------------------------------------------------------------------


def _single(
    read: Resistance, thickness: float, geometry: _Geometry | None, cell: float, cell_u: float
) -> _One:
    if read.value_ohm is None:
        return _One(read, thickness, None, None, read.reason)
    net = read.value_ohm - cell
    error = math.hypot(read.uncertainty_ohm, cell_u)
    if net <= 2 * error:
        return _One(
            read,
            thickness,
            None,
            None,
            f"{read.value_ohm:.4g} ohm less {cell:.4g} ohm of the cell leave {net:.2g} ohm, within twice the uncertainty of "
            f"{error:.2g} ohm: below the resolution of the cell",
        )
    if geometry is None:
        return _One(read, thickness, net, None, "")
    return _One(read, thickness, net, thickness / (net * geometry.area_m2), "")


def _said(one: _One, several: bool) -> list[str]:
    r = one.read
    prefix = (
        f"{Path(r.spectrum.path).name}{' ' + r.spectrum.title if r.spectrum.title else ''}: "
        if several
        else ""
    )
    if r.value_ohm is None:
        return [f"{prefix}No resistance: {r.reason}."]
    out = [
        f"{prefix}The value that counts is that by {r.main}"
        + (f" ({r.fit.circuit})." if r.fit and r.main == "circuit" else ".")
    ]
    if r.arc in ("bulk", "interface"):
        counted = "its resistance counts" if r.arc == "bulk" else "its resistance does not count"
        why = f", relative permittivity {r.permittivity:.3g} if it were the bulk" if r.permittivity else ""
        out.append(f"{prefix}A semicircle is taken for the {r.arc}{why}: {counted} (--arc says otherwise).")
    return out


def _way_evidence(r: Resistance) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for w in r.ways:
        out[w.way] = {
            "resistance_ohm": w.value_ohm,
            "uncertainty_ohm": w.uncertainty_ohm if w.value_ohm is not None else None,
            "known_shift_ohm": w.shift_ohm if w.value_ohm is not None else None,
            **dict(w.detail),
            **({"reason": w.reason} if w.reason else {}),
        }
    return out


def _spectrum_evidence(one: _One) -> dict[str, Any]:
    r = one.read
    fit = r.fit
    return {
        "file": Path(r.spectrum.path).name,
        "title": r.spectrum.title,
        "resistance_ohm": r.value_ohm,
        "uncertainty_ohm": r.uncertainty_ohm if r.value_ohm is not None else None,
        "uncertainty_parts_ohm": r.parts_ohm,
        "main": r.main,
        "ways": _way_evidence(r),
        "circuit": None
        if fit is None
        else {
            "name": fit.circuit,
            "parameters": {
                n: {"value": float(v), "uncertainty": fit.error(n), "unit": u}
                for n, v, u in zip(fit.names, fit.values, fit.units, strict=True)
            },
            "reference_rad_s": fit.reference_rad_s,
            "residual": fit.sigma,
            "aicc": {f.circuit: f.aicc for f in r.fits},
        },
        "semicircle": r.arc,
        "kramers_kronig": {
            "rms": r.kk.rms,
            "largest": r.kk.largest,
            "terms": r.kk.terms,
            "mu": r.kk.mu if math.isfinite(r.kk.mu) else None,
            "noise": r.kk.noise,
            "correlation": r.kk.correlation,
            "outliers_Hz": [float(r.kk.frequency_Hz[i]) for i in r.kk.outliers[:50]],
        },
        "thickness_m": one.thickness_m or None,
        "conductivity_S_m": one.value_S_m,
    }


def _merged(singles: Sequence[_One]) -> list[Check]:
    """Checks of all spectra; of several the worst under each name."""
    if len(singles) == 1:
        return list(singles[0].read.checks)
    order = {"pass": 0, "warn": 1, "fail": 2}
    worst: dict[str, Check] = {}
    for one in singles:
        for c in one.read.checks:
            if c.name not in worst or order[c.status] > order[worst[c.name].status]:
                name = Path(one.read.spectrum.path).name
                worst[c.name] = Check(c.name, c.status, f"{name}: {c.message}")
    return list(worst.values())


def _mean(values: Sequence[float], errors: Sequence[float]) -> tuple[float, float, float]:
    """Mean, standard deviation of a single value, and error of the mean.

    The error is the larger of Student's standard error (that which holds 68 %) and that from the single errors.
    """
    from scipy.stats import t as student

    n = len(values)
    mean = float(np.mean(values))
    own = math.sqrt(float(np.sum(np.square(errors)))) / n
    if n == 1:
        return mean, 0.0, own
    sd = float(np.std(values, ddof=1))
    factor = float(student.ppf(0.5 + 0.5 * math.erf(1 / math.sqrt(2)), n - 1))
    return mean, sd, max(factor * sd / math.sqrt(n), own)


def _resistance(
    singles: Sequence[_One], geometry: _Geometry | None, settings: dict[str, Any], accuracy: float
) -> Measurement:
    good = [s for s in singles if s.read.value_ohm is not None]
    evidence: dict[str, Any] = {
        "spectra": [_spectrum_evidence(s) for s in singles[:12]],
        "temperature_K": settings["temperature"],
        "cell_resistance_ohm": geometry.cell_ohm if geometry is not None else 0.0,
    }
    checks = tuple(_merged(singles))
    way = _ways_words(singles)
    method = "EP 1063256 para. 89(13): real-axis intercept of the Cole-Cole plot, " + way
    if not good:
        return Measurement(
            "resistance", None, "ohm", None, method, "", checks, evidence, CITED, singles[0].reason
        )
    values = [float(s.read.value_ohm) for s in good]  # type: ignore[arg-type]
    mean, sd, u = _mean(values, [s.read.uncertainty_ohm for s in good])
    if len(good) > 1:
        evidence |= {"repeats": len(good), "standard_deviation_ohm": sd}
    return Measurement(
        "resistance", mean, "ohm", math.hypot(u, accuracy * mean), method, "", checks, evidence, CITED
    )


def _ways_words(singles: Sequence[_One]) -> str:
    return ", ".join(dict.fromkeys(s.read.main for s in singles))


def _conductivity(
    singles: Sequence[_One],
    geometry: _Geometry,
    settings: dict[str, Any],
    accuracy: float,
    notes: list[str],
) -> Measurement:
    """`ionic_conductivity` [S/m]; for the uncertainty see :func:`analyse`."""
    checks = _merged(singles)
    evidence: dict[str, Any] = {
        "area_m2": geometry.area_m2,
        "area_uncertainty_m2": geometry.area_u_m2 or None,
        "thickness_m": list(geometry.thickness_m),
        "thickness_uncertainty_m": geometry.thickness_u_m or None,
        "cell_resistance_ohm": geometry.cell_ohm,
        "cell_resistance_uncertainty_ohm": geometry.cell_u_ohm,
        "cell_resistance_from": geometry.cell_words or "not subtracted",
        "temperature_K": settings["temperature"],
        "accuracy": accuracy or None,
        "spectra": [_spectrum_evidence(s) for s in singles[:12]],
    }
    method = METHOD.format(way=_ways_words(singles))
    good = [s for s in singles if s.value_S_m is not None]
    smallest = min((float(s.read.value_ohm) for s in good), default=0.0)  # type: ignore[arg-type]
    if not geometry.cell_words:
        checks.append(
            Check(
                "leads and cell",
                "pass" if smallest >= 20 * TYPICAL_CELL_OHM else "warn",
                f"nothing subtracted from {smallest:.4g} ohm; cells have about {TYPICAL_CELL_OHM:g} ohm (below "
                f"{20 * TYPICAL_CELL_OHM:g} ohm say --cell-resistance or --short-circuit)",
            )
        )
    else:
        share = geometry.cell_ohm / smallest if smallest else math.inf
        checks.append(
            Check(
                "leads and cell",
                "pass" if share < 0.2 else "warn" if share < 0.7 else "fail",
                f"{geometry.cell_ohm:.4g} ohm subtracted ({geometry.cell_words}), {100 * share:.2g} % of what was measured",
            )
        )
    if not good:
        return Measurement(
            "ionic_conductivity",
            None,
            "S/m",
            None,
            method,
            "",
            tuple(checks),
            evidence,
            CITED,
            singles[0].reason,
        )
    unequal = not _alike(geometry)
    distinct = len({round(s.thickness_m, 9) for s in good})
    combine = settings["combine"]
    if combine == "slope" and (distinct < 2 or not unequal):
        raise InputError(
            "--combine slope",
            f"{distinct} thickness",
            "two or more that differ by 10 % or more",
            "leave it out",
        )
    if combine == "slope" or (combine == "auto" and unequal and distinct >= 3):
        return _slope(good, geometry, accuracy, method, checks, evidence, notes)
    if unequal and distinct == 2 and combine == "auto":
        notes.append(
            "Two thicknesses: the mean of the conductivities is given; --combine slope takes the contact resistance out."
        )
    values = [float(s.value_S_m) for s in good]  # type: ignore[arg-type]
    # What differs from file to file: reading and, of several thicknesses, the thickness; what is common comes after.
    relative = [s.read.uncertainty_ohm / float(s.net_ohm) for s in good]  # type: ignore[arg-type]
    t_u = [geometry.thickness_u_m / s.thickness_m for s in good]
    own = [math.hypot(a, b) if unequal else a for a, b in zip(relative, t_u, strict=True)]
    mean, sd, u = _mean(values, [v * o for v, o in zip(values, own, strict=True)])
    cell = float(np.mean([geometry.cell_u_ohm / float(s.net_ohm) for s in good]))  # type: ignore[arg-type]
    budget = {
        "reading": u / mean,
        "thickness": 0.0 if unequal else t_u[0],
        "area": geometry.area_u_m2 / geometry.area_m2,
        "cell_resistance": cell,
        "accuracy": accuracy,
    }
    total = mean * math.sqrt(sum(v * v for v in budget.values()))
    evidence |= {"relative_uncertainty": budget, "combined": "single" if len(good) == 1 else "mean"}
    if len(good) > 1:
        evidence |= {"repeats": len(good), "standard_deviation_S_m": sd}
        checks.append(
            Check(
                "repeats",
                "pass" if sd < 0.05 * mean else "warn",
                f"standard deviation {100 * sd / mean:.2g} % over {len(good)} spectra (warned of from 5 %)",
            )
        )
    return Measurement("ionic_conductivity", mean, "S/m", total, method, "", tuple(checks), evidence, CITED)


def line_with_errors(
    x: Floats, y: Floats, ux: Floats, uy: Floats
) -> tuple[float, float, float, float, float]:
    """Straight line y = a + b x with errors in both (York 2004): a, b, their standard deviations, reduced chi-square.

    Args:
        x, y: points, (N,), N of 2 or more.
        ux, uy: standard deviations, not both zero.
    """
    b = float(np.polyfit(x, y, 1)[0])
    for _ in range(200):
        w = 1 / (uy**2 + b**2 * ux**2)
        mx, my = float(w @ x / w.sum()), float(w @ y / w.sum())
        dx, dy = x - mx, y - my
        beta = w * (dx * uy**2 + b * dy * ux**2)
        new = float((w * beta) @ dy / ((w * beta) @ dx))
        done = abs(new - b) <= 1e-14 * abs(new)
        b = new
        if done:
            break
    w = 1 / (uy**2 + b**2 * ux**2)
    mx, my = float(w @ x / w.sum()), float(w @ y / w.sum())
    beta = w * ((x - mx) * uy**2 + b * (y - my) * ux**2)
    adjusted = mx + beta
    bar = float(w @ adjusted / w.sum())
    ub = 1 / math.sqrt(float(w @ (adjusted - bar) ** 2))
    a = my - b * mx
    ua = math.sqrt(1 / float(w.sum()) + bar**2 * ub**2)
    chi = float(w @ (y - a - b * x) ** 2) / max(len(x) - 2, 1)
    return a, b, ua, ub, chi


def _slope(
    good: Sequence[_One],
    geometry: _Geometry,
    accuracy: float,
    method: str,
    checks: list[Check],
    evidence: dict[str, Any],
    notes: list[str],
) -> Measurement:
    """Conductivity from the slope of resistance against thickness/area: R = Rc + d/(sigma A)."""
    x = np.array([s.thickness_m / geometry.area_m2 for s in good])
    y = np.array([float(s.net_ohm) for s in good])  # type: ignore[arg-type]
    uy = np.array([max(s.read.uncertainty_ohm, 1e-9 * float(s.net_ohm)) for s in good])  # type: ignore[arg-type]
    ux = np.full(len(x), geometry.thickness_u_m / geometry.area_m2)
    a, b, ua, ub, chi = line_with_errors(x, y, ux, uy)
    if b <= 0 or ub > 0.5 * b:
        return Measurement(
            "ionic_conductivity",
            None,
            "S/m",
            None,
            method + "; slope over thicknesses",
            "",
            tuple(checks),
            evidence,
            CITED,
            f"the resistance does not rise with thickness: slope {b:.3g} +- {ub:.2g} ohm m",
        )
    scale = math.sqrt(max(chi, 1.0)) if len(x) > 2 else 1.0
    value = 1 / b
    budget = {"slope": scale * ub / b, "area": geometry.area_u_m2 / geometry.area_m2, "accuracy": accuracy}
    if len(x) > 2:
        checks.append(
            Check(
                "line over thicknesses",
                "pass" if chi < 4 else "warn",
                f"reduced chi-square {chi:.2g} (above 1 the uncertainty is raised by its root, above 4 warned of)",
            )
        )
    contact = a + geometry.cell_ohm
    notes.append(
        f"Conductivity from the slope over {len(x)} thicknesses; what does not grow with thickness (contacts, leads) is "
        f"{contact:.3g} +- {scale * ua:.2g} ohm."
    )
    evidence |= {
        "combined": "slope",
        "contact_resistance_ohm": contact,
        "contact_resistance_uncertainty_ohm": scale * ua,
        "slope_ohm_m": b,
        "reduced_chi_square": chi,
        "relative_uncertainty": budget,
    }
    total = value * math.sqrt(sum(v * v for v in budget.values()))
    return Measurement(
        "ionic_conductivity",
        value,
        "S/m",
        total,
        method + "; slope of resistance against thickness over area",
        "",
        tuple(checks),
        evidence,
        (*CITED, "york2004"),
    )


def _macmullin(sigma: Measurement, settings: dict[str, Any]) -> Measurement | None:
    """`macmullin_number`: conductivity of the bulk electrolyte over that of the soaked membrane."""
    bulk, u, name, origin = (
        settings["electrolyte"],
        settings["electrolyte_uncertainty"] or 0.0,
        "as given",
        "",
    )
    if settings["standard_electrolyte"]:
        if bulk is not None:
            raise InputError(
                "--standard-electrolyte", "given together with --electrolyte", "one of them", "leave one out"
            )
        temperature = settings["temperature"]
        if temperature is None:
            raise asked_for(
                "temperature", "the conductivity of the standard electrolyte depends on it", '"25 degC"'
            )
        from percola.tables import electrolyte_conductivity_S_m

        found = electrolyte_conductivity_S_m(temperature)
        bulk, u, origin = float(found.value), float(found.uncertainty), str(found.source)
        name = f"1 mol/L LiBF4 in ethylene + propylene carbonate 1:1 by volume, {temperature:.1f} K"
    if bulk is None:
        return None
    evidence = {
        "electrolyte": name,
        "electrolyte_S_m": bulk,
        "electrolyte_uncertainty_S_m": u,
        "source": origin,
        "ionic_conductivity_S_m": sigma.value,
        "relative_conductivity": None,
    }
    cited = (*CITED, "macmullinmuccini1956", *((origin,) if origin else ()))
    method = "conductivity of the bulk electrolyte over that of the soaked membrane"
    if not isinstance(sigma.value, float):
        return Measurement(
            "macmullin_number",
            None,
            "1",
            None,
            method,
            "",
            (),
            evidence,
            cited,
            f"no conductivity: {sigma.reason}",
        )
    number = bulk / sigma.value
    evidence["relative_conductivity"] = 1 / number
    error = number * math.hypot(u / bulk, (sigma.uncertainty or 0.0) / sigma.value)
    check = Check(
        "above 1",
        "pass" if number >= 1 else "warn" if number >= 1 - 2 * error else "fail",
        f"{number:.3g}: a membrane conducts less than its electrolyte"
        + (
            ""
            if number >= 1
            else "; thickness, area, temperature or electrolyte are not those of the measurement"
        ),
    )
    return Measurement("macmullin_number", number, "1", error, method, "", (check,), evidence, cited)


# --- tables and figures ----------------------------------------------------------------------------------------------


def how_read(w: Intercept) -> str:
    """What a reading of the resistance rests on, in words."""
    d = w.detail
    if w.way == "circuit":
        return f"circuit {d['circuit']}"
    if w.way == "crossing":
        times = int(d["sign_changes"])
        return f"at {d['frequency_Hz']:.4g} Hz" + (
            "" if times == 1 else f", mean over {times} crossings (noise)"
        )
    return (
        f"line through {d['points']} points from {d['lowest_Hz']:.4g} to {d['highest_Hz']:.4g} Hz ({d['range']}), "
        f"{d['angle_deg']:.3g} degrees to the real axis; reduced chi-square {d['reduced_chi_square']:.3g}"
    )


def _tables(singles: Sequence[_One], geometry: _Geometry | None) -> tuple[ResultTable, ...]:
    ways: list[tuple[float | str | None, ...]] = []
    circuits: list[tuple[float | str | None, ...]] = []
    for one in singles:
        r = one.read
        name = Path(r.spectrum.path).name + (f" {r.spectrum.title}" if r.spectrum.title else "")
        for w in r.ways:
            ways.append(
                (
                    name,
                    w.way + (" (counts)" if w.way == r.main and r.value_ohm is not None else ""),
                    w.value_ohm,
                    w.uncertainty_ohm if w.value_ohm is not None else None,
                    w.corrected_ohm,
                    w.reason or how_read(w),
                )
            )
        best = min((f.aicc for f in r.fits), default=0.0)
        circuits += [
            (name, f.circuit, f.value("R"), f.error("R"), f.value("R1") or None, 100 * f.sigma, f.aicc - best)
            for f in r.fits[:6]
        ]
    out = [
        ResultTable(
            "ways",
            "Resistance read three ways",
            (
                ("spectrum", ""),
                ("way", ""),
                ("resistance", "ohm"),
                ("uncertainty", "ohm"),
                ("corrected for inductance and tilt", "ohm"),
                ("how", ""),
            ),
            tuple(ways),
        ),
        ResultTable(
            "circuits",
            "Circuits",
            (
                ("spectrum", ""),
                ("circuit", ""),
                ("R", "ohm"),
                ("uncertainty", "ohm"),
                ("R of the semicircle", "ohm"),
                ("residual", "%"),
                ("AICc above the best", ""),
            ),
            tuple(circuits),
        ),
    ]
    if geometry is not None and len(singles) > 1:
        out.append(
            ResultTable(
                "spectra",
                "Single spectra",
                (("spectrum", ""), ("thickness", "µm"), ("resistance", "ohm"), ("conductivity", "mS/cm")),
                tuple(
                    (
                        Path(s.read.spectrum.path).name,
                        1e6 * s.thickness_m,
                        s.read.value_ohm,
                        None if s.value_S_m is None else 10 * s.value_S_m,
                    )
                    for s in singles
                ),
            )
        )
    return tuple(out)


def _slope_panel(
    singles: Sequence[_One], geometry: _Geometry | None, measurements: Sequence[Measurement]
) -> tuple[Any, ...]:
    from percola.lab.eis.figures import slope_panel

    sigma = next((m for m in measurements if m.name == "ionic_conductivity"), None)
    if geometry is None or sigma is None or sigma.evidence.get("combined") != "slope":
        return ()
    good = [s for s in singles if s.value_S_m is not None]
    return (
        slope_panel(
            np.array([s.thickness_m for s in good]),
            np.array([float(s.net_ohm) for s in good]),  # type: ignore[arg-type]
            np.array([s.read.uncertainty_ohm for s in good]),
            sigma.evidence["contact_resistance_ohm"] - geometry.cell_ohm,
            sigma.evidence["slope_ohm_m"] / geometry.area_m2,
        ),
    )
