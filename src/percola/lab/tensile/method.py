"""Files of a tensile tester to breaking strength, extension, modulus, yield and work (para. 89(8), ASTM D882)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.analysis import Analysis, ResultTable, SourceFacts
from percola.lab.panel import Axis, Band, Curve, Mark, Panel
from percola.lab.reading import ReadOptions, read_tables
from percola.lab.setting import asked_for
from percola.lab.table import Column, Floats, Table, to_si
from percola.lab.tensile.curve import Options, Reading, read_curve
from percola.lab.tensile.samples import Sample, outlier_check, sample_of
from percola.lab.tensile.section import Section, section_of, size
from percola.lab.tensile.spec import EXTENSION, FORCE, SPEC, STRAIN, STRESS, TIME
from percola.lab.understood import understood
from percola.measurement import Check, Measurement

KGF_CM2_PA = 98066.5
_RATIOS = {"mm/mm", "m/m", "in/in", "inch/inch", "cm/cm", "-", "1", "ε", "ratio"}
_PERCENT = {"%", "percent", "prozent", "％"}
#: Specimens that ASTM D882 asks for in each direction.
SPECIMENS = 5


@dataclass(frozen=True)
class Specimen:
    """One specimen: its curve, how it was read, and one standard deviation of each result.

    Attributes:
        name: title of its table or file name.
        reading: of the curve.
        section: its area, None where the file gives stress.
        gauge_m: gauge length, None where the file gives strain.
        own, common: result -> one standard deviation from errors that are new with it, and that all share.
        notes: choices made.
        rate_1_s: initial strain rate, None without times.
    """

    name: str
    reading: Reading
    section: Section | None
    gauge_m: float | None
    own: Mapping[str, float]
    common: Mapping[str, float]
    notes: tuple[str, ...]
    checks: tuple[Check, ...]
    rate_1_s: float | None


def analyse(files: list[Path], settings: dict[str, Any], read: ReadOptions) -> Analysis:
    """The results of all specimens in the files; see :func:`analyse_tables`."""
    tables = [t for file in files for t in read_tables(file, read, SPEC.wanted)]
    return analyse_tables(tables, settings, understood(tables))


USUAL_PA = (1e4, 5e8)
"""Strengths of polymer films and membranes lie within; fibres of high strength and foams do not."""
THICKEST_M = 5e-3
"""A film thicker than this is warned of."""
GAUGE_M = (5e-3, 0.3)
"""Gauge lengths that are taken without a remark: our own range, wide of the 50 mm usual for films."""


def _gauge_checks(specimens: Sequence[Specimen]) -> list[Check]:
    odd = sorted({s.gauge_m for s in specimens if s.gauge_m and not GAUGE_M[0] <= s.gauge_m <= GAUGE_M[1]})
    if not odd:
        return []
    words = ", ".join(f"{1e3 * g:.4g} mm" for g in odd)
    return [
        Check("gauge length", "warn", f"{words}: an unusual gauge length (5 to 300 mm are); check its unit")
    ]


def analyse_tables(
    tables: Sequence[Table], settings: Mapping[str, Any], sources: tuple[SourceFacts, ...] = ()
) -> Analysis:
    """Breaking strength, tensile strength, breaking extension, modulus, yield, work of specimens, one table each.

    breaking_strength: stress at the break, tensile_strength: the greatest stress (ASTM D882 tells the two apart; the
    patent's "breaking strength" is the former). Stress = force over the first section, strain = extension over the gauge
    length (engineering).

    Uncertainty, one standard deviation. Of one specimen: limits of load cell, extension, gauge length and section as
    rectangular (limit/sqrt(3)), noise, digit, the fit of the straight part and of the toe, half a step of the record. Of
    several: scatter between specimens by Student (:func:`percola.lab.tensile.samples.sample_of`) with what all share.
    Defaults: load 1 % (ISO 7500-1 and ASTM E4, class 1), extension 1 % (ISO 9513, class 1), thickness 2.5 um (the reading
    that ASTM D882 asks of the micrometer), width 0.1 mm, gauge length 0.5 mm, diameters 10 um (ruler, microscope).

    Validity: one pull a table. Limitations: strain from the crosshead holds the give of frame and grips, so that the
    modulus is low; stress is over the section with its pores; specimens that did not break give lower bounds.

    References: astmd882, iso5273, iso75001, iso9513, jcgm100.
    """
    if not tables:
        raise InputError("tensile", "no table with numbers", "one table for each specimen")
    tables, left = _with_curves(tables)
    options = _options(settings)
    specimens = [_specimen(t, settings, options, i, len(tables)) for i, t in enumerate(tables)]
    areas = {s.section.area_m2 for s in specimens if s.section is not None}
    if len(specimens) > 1 and len(areas) == 1:
        # The same numbers beside every specimen are one measurement, written down again.
        specimens = [_sharing(s, settings) for s in specimens]
    names = _names(specimens)
    jaw = tuple(int(k) for k in settings.get("jaw_break") or ())
    if any(k < 1 or k > len(specimens) for k in jaw):
        raise InputError("--jaw-break", ", ".join(map(str, jaw)), f"numbers from 1 to {len(specimens)}")
    measurements = _measurements(specimens, names, jaw, settings)
    notes = list(dict.fromkeys(n for s in specimens for n in s.notes))
    notes.append(_criteria(options))
    if left:
        notes.append(f"No curve (no extension, or no force) in: {', '.join(left)}; left out.")
    if any(s.gauge_m for s in specimens):
        notes.append(
            "Strain is extension over gauge length: where it is that of grips or crosshead, the give of frame and grips is in "
            "it, and the modulus is low by their share."
        )
    if settings.get("true_strain"):
        notes.append(
            "True strain is ln(1 + e); true stress is stress (1 + e), which supposes that the volume stays: a microporous film "
            "gains volume in drawing, so that the true stress lies between the engineering one and this."
        )
    return Analysis(
        "tensile",
        measurements,
        panels=(_curves_panel(specimens, names, "", "Stress against strain"), *_start_panel(specimens, names), *_strip_panels(specimens, names, jaw)),
        tables=(_table(specimens, names, jaw),),
        checks=(*_gathered(specimens), *_gauge_checks(specimens)),
        notes=tuple(notes),
        sources=sources,
    )  # fmt: skip


def _with_curves(tables: Sequence[Table]) -> tuple[list[Table], list[str]]:
    """The tables with a curve, and the names of the others, such as the machine's own results above the raw data; all of
    them where none has a curve, so that the refusal names the columns."""

    def curve(t: Table) -> bool:
        along = t.find(STRAIN) is not None or t.find(EXTENSION) is not None
        return along and (t.find(FORCE) is not None or t.find(STRESS) is not None)

    having = [t for t in tables if curve(t)]
    if not having:
        return list(tables), []
    return having, [t.where for t in tables if not any(t is h for h in having)]


def _options(settings: Mapping[str, Any]) -> Options:
    low, high = float(settings["modulus_low"]), float(settings["modulus_high"])
    if settings["modulus"] == "regression" and not low < high:
        raise InputError(
            "--modulus-low", f"{100 * low:g} %, not below --modulus-high {100 * high:g} %", "a range"
        )
    drop = float(settings["break_drop"])
    if not 0.05 <= drop <= 0.95:
        raise InputError("--break-drop", f"{100 * drop:g} %", "5 to 95 %")
    return Options(
        modulus=settings["modulus"],
        low=low,
        high=high,
        secant=float(settings["secant"]),
        toe=settings["toe"] == "line",
        offset=float(settings["offset"]),
        drop=drop,
        ends_at_break=bool(settings["ends_at_break"]),
    )


def _criteria(o: Options) -> str:
    modulus = {
        "steepest": "line by least squares through the steepest straight part (ASTM D882)",
        "regression": f"line by least squares from {100 * o.low:g} to {100 * o.high:g} % strain (ISO 527-1 takes 0.05 to 0.25 %)",
        "secant": f"secant from zero to {100 * o.secant:g} % strain",
    }[o.modulus]
    toe = "where that part meets zero stress" if o.toe else "as recorded"
    brk = (
        "the last sample of each record, as said"
        if o.ends_at_break
        else f"the last sample before a fall of the stress by {100 * o.drop:g} % at once"
    )
    return f"Modulus: {modulus}. Zero strain: {toe}. Break: {brk}."


def _strain(table: Table) -> tuple[Floats | None, Floats | None]:
    """(strain, extension [m]) as far as the table has them; a column of extension in % is a strain, and so on."""
    strain = extension = None
    for wanted in (STRAIN, EXTENSION):
        column = table.find(wanted)
        if column is None:
            continue
        unit = _unit(table, wanted.name, column).strip()
        word = unit.lower()
        if word in _PERCENT or word in _RATIOS:
            if strain is None:
                strain = column.values * (0.01 if word in _PERCENT else 1.0)
        elif not unit:
            raise InputError(
                table.where,
                f"column {column.header!r} has no unit",
                "%, mm/mm (strain), mm, m, inch (extension)",
                f"say it: --unit {wanted.name}=mm",
            )
        elif extension is None:
            extension = to_si(column.values, unit, EXTENSION, table.where, column.header)
    return strain, extension


def _unit(table: Table, name: str, column: Column) -> str:
    return table.units_given.get(name) or table.units_given.get(column.header) or column.unit


def _specimen(table: Table, settings: Mapping[str, Any], options: Options, i: int, n: int) -> Specimen:
    notes: list[str] = []
    checks: list[Check] = []
    strain, extension = _strain(table)
    gauge = size("gauge_length", settings, table, i, n)
    if strain is None and extension is None:
        raise table.lacks(EXTENSION)
    if strain is None:
        assert extension is not None
        if gauge is None:
            raise asked_for(
                "gauge_length", f"{table.where} has extension only, and no gauge length", '"50 mm"'
            )
        strain = extension / gauge.value
    elif extension is not None and gauge is not None:
        ratio = _ratio(extension, strain)
        if ratio is not None and abs(ratio / gauge.value - 1) > 0.02:
            checks.append(
                Check(
                    "gauge length",
                    "warn",
                    f"{table.where}: extension over strain in the file is {1e3 * ratio:.4g} mm, the gauge length "
                    f"{1e3 * gauge.value:.4g} mm ({gauge.words}); the file's strain is used",
                )
            )
    force, stress = table.take_or_none(FORCE), table.take_or_none(STRESS)
    if force is None and stress is None:
        raise table.lacks(FORCE)
    section = section_of(settings, table, i, n)
    thickness = size("thickness", settings, table, i, n)
    if thickness is not None and thickness.value > THICKEST_M:
        checks.append(
            Check(
                "thickness",
                "warn",
                f"{table.where}: {1e3 * thickness.value:.4g} mm: thick for a membrane (5 mm at most); is its unit right?",
            )
        )
    if force is not None and section is not None:
        given = stress
        stress = force / section.area_m2
        ratio = None if given is None else _ratio(given, stress)
        if ratio is not None and abs(ratio - 1) > 0.02:
            checks.append(
                Check(
                    "section",
                    "warn",
                    f"{table.where}: the file's stress is {ratio:.3g} times force over section ({section.words}); the latter "
                    "is used",
                )
            )
        notes.append(f"Section: {section.words}.")
    elif stress is None:
        raise asked_for(
            "thickness",
            f"{table.where} has force only, and nothing of the section",
            '"100 um" --width "10 mm" (a strip), or --inside "0.7 mm" --outside "1.2 mm" (a hollow fibre), or --area',
        )
    else:
        section = None
        notes.append(
            "Stress as the file has it: its section could not be checked; its error is not in the uncertainty."
        )
    if settings["tension"] == "negative":
        stress = -stress
    reading = read_curve(strain, stress, options, table.where)
    own, common = _errors(reading, section, None if gauge is None else gauge.value, settings)
    rate = _rate(table.take_or_none(TIME), strain, reading)
    return Specimen(
        _name(table), reading, section, None if gauge is None else gauge.value, own, common, tuple(notes),
        (*checks, *reading.checks), rate,
    )  # fmt: skip


def _sharing(s: Specimen, settings: Mapping[str, Any]) -> Specimen:
    if s.section is None or not s.section.own:
        return s
    section = replace(s.section, own=0.0, common=math.hypot(s.section.own, s.section.common))
    own, common = _errors(s.reading, section, s.gauge_m, settings)
    return replace(s, section=section, own=own, common=common)


def _name(table: Table) -> str:
    stem = Path(table.path).stem if table.path else ""
    return table.title or stem or "specimen"


def _names(specimens: Sequence[Specimen]) -> list[str]:
    """Names of their own: numbered where two are alike."""
    names = [s.name for s in specimens]
    return [n if names.count(n) == 1 else f"{n} ({i})" for i, n in enumerate(names, 1)]


def _ratio(a: Floats, b: Floats) -> float | None:
    """a over b by least squares through zero."""
    ok = np.isfinite(a) & np.isfinite(b)
    bb = float(b[ok] @ b[ok])
    return float(a[ok] @ b[ok]) / bb if bb > 0 else None


def _rate(time: Floats | None, strain: Floats, reading: Reading) -> float | None:
    if time is None:
        return None
    ok = np.isfinite(time) & np.isfinite(strain)
    t, e = time[ok], strain[ok]
    n = min(max(reading.last, 10), len(t))
    if n < 10 or np.ptp(t[:n]) <= 0:
        return None
    return float(np.polyfit(t[:n] - t[0], e[:n], 1)[0])


def _errors(
    r: Reading, section: Section | None, gauge_m: float | None, settings: Mapping[str, Any]
) -> tuple[dict[str, float], dict[str, float]]:
    """One standard deviation of each result: of its own, and common to all specimens."""
    root = math.sqrt(3.0)
    load = float(settings["load_accuracy"]) / root
    length = float(settings["extension_accuracy"]) / root
    gauge = float(settings["gauge_accuracy"]) / root / gauge_m if gauge_m else 0.0
    area_own, area_common = (section.own, section.common) if section is not None else (0.0, 0.0)
    stress_common, strain_common = math.hypot(load, area_common), math.hypot(length, gauge)
    at_break = max(r.step, float(r.strain[r.last] - r.strain[max(r.last - 1, 0)]))
    # The stress may still have grown within the step in which it broke.
    rise = 0.0
    if r.last >= 10:
        near = slice(r.last - 10, r.last + 1)
        width = float(np.ptp(r.strain[near]))
        rise = (
            abs(float(np.polyfit(r.strain[near], r.stress[near], 1)[0])) * at_break / root
            if width > 0
            else 0.0
        )
    own = {
        "breaking_strength": math.hypot(r.noise, rise, area_own * r.end_stress),
        "tensile_strength": math.hypot(r.noise, area_own * r.top_stress),
        "breaking_extension": math.hypot(r.zero_error, at_break / root),
        "elastic_modulus": math.hypot(r.modulus_error, area_own * (r.modulus or 0.0)),
        "yield_strength": math.hypot(r.noise, area_own * r.yield_stress),
        "yield_extension": math.hypot(r.zero_error, r.yield_strain_error),
        "energy_to_break": math.hypot(
            area_own * r.energy, r.end_stress * at_break / root, r.energy * r.zero_error
        ),
    }
    common = {
        "breaking_strength": stress_common * r.end_stress,
        "tensile_strength": stress_common * r.top_stress,
        "breaking_extension": strain_common * r.end_strain,
        "elastic_modulus": math.hypot(stress_common, strain_common) * (r.modulus or 0.0),
        "yield_strength": stress_common * r.yield_stress,
        "yield_extension": strain_common * r.yield_strain,
        "energy_to_break": math.hypot(stress_common, strain_common) * r.energy,
    }
    return own, common


_WHAT: dict[str, tuple[str, str]] = {
    "breaking_strength": ("Pa", "stress at the break; para. 89(8), ASTM D882 (tensile strength at break)"),
    "tensile_strength": ("Pa", "greatest stress; ASTM D882 (tensile strength)"),
    "breaking_extension": ("1", "strain at the break; para. 89(8), ASTM D882 (percent elongation at break)"),
    "elastic_modulus": ("Pa", "modulus of elasticity; ASTM D882, ISO 527-1"),
    "yield_strength": ("Pa", "stress at yield; ASTM D882, ISO 527-1"),
    "yield_extension": ("1", "strain at yield; ASTM D882, ISO 527-1"),
    "energy_to_break": ("J/m3", "work to break per volume; ASTM D882 (tensile energy to break)"),
}
_OF_BREAK = ("breaking_strength", "breaking_extension", "energy_to_break")
_CITATIONS = (
    "ep1063256",
    "astmd882",
    "iso5273",
    "iso75001",
    "iso9513",
    "jcgm100",
    "grubbs1969",
    "rorabacher1991",
)


def _value(s: Specimen, name: str, yield_kind: str) -> float | None:
    r = s.reading
    if name.startswith("yield") and r.yield_kind != yield_kind:
        return None
    value = {
        "breaking_strength": r.end_stress if r.broke else None,
        "tensile_strength": r.top_stress,
        "breaking_extension": r.end_strain,
        "elastic_modulus": r.modulus,
        "yield_strength": r.yield_stress,
        "yield_extension": r.yield_strain,
        "energy_to_break": r.energy,
    }[name]
    return None if value is None or not math.isfinite(value) else value


def _measurements(
    specimens: Sequence[Specimen], names: Sequence[str], jaw: tuple[int, ...], settings: Mapping[str, Any]
) -> tuple[Measurement, ...]:
    kinds = [s.reading.yield_kind for s in specimens]
    yield_kind = "maximum" if 2 * kinds.count("maximum") >= len(kinds) and "maximum" in kinds else "offset"
    out = []
    for name, (unit, words) in _WHAT.items():
        used = [
            (k, v)
            for k, s in enumerate(specimens)
            if (v := _value(s, name, yield_kind)) is not None and not (name in _OF_BREAK and k + 1 in jaw)
        ]
        method = f"EP 1063256 para. 89(8); {words}"
        evidence: dict[str, Any] = {"specimens": [], "definition": words}
        if name.startswith("yield"):
            evidence["definition"] = (
                "first maximum of the stress"
                if yield_kind == "maximum"
                else f"offset by {100 * settings['offset']:g} % strain"
            )
        checks = []
        if not used:
            out.append(
                Measurement(name, None, unit, method=method, evidence=evidence, citations=_CITATIONS, reason=_why(name, specimens, jaw))
            )  # fmt: skip
            continue
        own = [specimens[k].own[name] for k, _ in used]
        common = math.sqrt(float(np.mean([specimens[k].common[name] ** 2 for k, _ in used])))
        sample = sample_of([v for _, v in used], own, common)
        labels = [names[k] for k, _ in used]
        evidence |= sample.to_dict() | {
            "specimens": [
                {
                    "name": names[k],
                    "value": v,
                    "uncertainty": math.hypot(specimens[k].own[name], specimens[k].common[name]),
                }
                for k, v in used
            ][:200],
            "specimens_counted": sample.n,
            "shared_uncertainty": common,
        }
        if unit == "Pa" and name.endswith("strength"):
            evidence["kgf_cm2"], evidence["MPa"] = sample.mean / KGF_CM2_PA, sample.mean / 1e6
        if settings.get("true_strain") and unit == "1":
            evidence["true_strain"] = math.log1p(sample.mean) if sample.mean > -1 else None
        checks += _sample_checks(name, sample, specimens, labels, jaw)
        rates = [specimens[k].rate_1_s for k, _ in used]
        if rates and all(x is not None for x in rates):
            evidence["strain_rate_1_s"] = float(np.mean([x for x in rates if x is not None]))
        out.append(
            Measurement(
                name, sample.mean, unit, sample.uncertainty, method, "", tuple(checks), evidence, _CITATIONS
            )
        )
    return tuple(out)


def _why(name: str, specimens: Sequence[Specimen], jaw: tuple[int, ...]) -> str:
    if name == "breaking_strength":
        if jaw and len(jaw) >= len(specimens):
            return "every specimen broke in the grips"
        top = max(s.reading.end_stress for s in specimens)
        return (
            f"no specimen broke within the record; the stress at its end was {top / KGF_CM2_PA:.3g} kgf/cm2 "
            f"({top / 1e6:.3g} MPa). Where the record was cut at the break, say --ends-at-break"
        )
    if name.startswith("yield"):
        return "no maximum before the break, and the curve does not fall below the offset line"
    if name == "elastic_modulus":
        return "too few samples in the straight part, or the secant lies beyond the break"
    return "every specimen broke in the grips" if jaw else "not read from any curve"


def _sample_checks(
    name: str, sample: Sample, specimens: Sequence[Specimen], labels: Sequence[str], jaw: tuple[int, ...]
) -> list[Check]:
    checks = []
    if sample.n < SPECIMENS:
        only = (
            "one specimen: the scatter between specimens is not known"
            if sample.n == 1
            else f"{sample.n} specimens"
        )
        checks.append(
            Check("number of specimens", "warn", f"{only}; ASTM D882 asks for at least {SPECIMENS}")
        )
    else:
        checks.append(Check("number of specimens", "pass", f"{sample.n}"))
    outlier = outlier_check(sample, labels)
    if outlier is not None:
        checks.append(outlier)
    if name in ("breaking_strength", "tensile_strength") and not USUAL_PA[0] <= sample.mean <= USUAL_PA[1]:
        checks.append(
            Check(
                "plausible strength",
                "warn",
                f"{sample.mean / 1e6:.4g} MPa, outside of {USUAL_PA[0] / 1e6:g} to {USUAL_PA[1] / 1e6:g} MPa, where polymer films and "
                "membranes lie: are the units of force, width and thickness right?",
            )
        )
    whole = [k + 1 for k, s in enumerate(specimens) if not s.reading.broke]
    if whole and name in ("breaking_extension", "energy_to_break", "tensile_strength", "breaking_strength"):
        some = f"{len(whole)} of {len(specimens)} specimens did not break within the record"
        if name == "breaking_strength":
            checks.append(Check("broke", "warn", f"{some}; they are not in the mean"))
        else:
            checks.append(Check("broke", "warn", f"{some}: the value is a lower bound"))
    elif name in _OF_BREAK:
        checks.append(Check("broke", "pass", "every specimen broke within the record"))
    if jaw and name in _OF_BREAK:
        checks.append(
            Check(
                "break in the grips",
                "warn",
                f"specimen {', '.join(map(str, jaw))} broke in the grips, as said; not in the mean (ASTM D882), but in the table",
            )
        )
    return checks


def _gathered(specimens: Sequence[Specimen]) -> tuple[Check, ...]:
    """Checks of the curves: those that are not passed, and one for the rest."""
    found = [c for s in specimens for c in s.checks]
    bad = [c for c in found if c.status != "pass"]
    good = len(specimens) - sum(any(c.status != "pass" for c in s.checks) for s in specimens)
    kept = bad[:60]
    if len(bad) > len(kept):
        kept.append(Check("more", "warn", f"{len(bad) - len(kept)} more of this kind"))
    return (
        *kept,
        Check("curves", "pass" if good else "warn", f"{good} of {len(specimens)} curves without remark"),
    )


_STRESS_AXIS = Axis("Stress", "pressure", "MPa")
_STRAIN_AXIS = Axis("Strain", "strain", "%")


def _thin(e: Floats, s: Floats, line: bool = False) -> tuple[Floats, Floats]:
    c = Curve("", e, s).thinned()
    return c.x, c.y


def _curves_panel(specimens: Sequence[Specimen], names: Sequence[str], key: str, title: str) -> Panel:
    curves, marks = [], []
    for name, s in zip(names, specimens, strict=True):
        r = s.reading
        curves.append(Curve(name if len(names) <= 12 else "", *_thin(r.strain - r.zero, r.stress)))
        last = r.end_strain, r.end_stress
        marks.append(Mark("break" if r.broke else "not broken", *last))
        if r.yield_kind:
            marks.append(Mark("yield", r.yield_strain, r.yield_stress))
    seen: set[str] = set()
    single = []
    for m in marks:  # one legend entry a kind
        single.append(Mark("" if m.label in seen else m.label, m.x, m.y))
        seen.add(m.label)
    return Panel(
        "stress_strain" + key, title, _STRAIN_AXIS, _STRESS_AXIS, tuple(curves), tuple(single),
        caption="Engineering stress and strain of every specimen; zero strain after the toe correction. The break is the last "
        "sample before the force falls at once.",
        overlay="stress_strain",
    )  # fmt: skip


def _start_panel(specimens: Sequence[Specimen], names: Sequence[str]) -> tuple[Panel, ...]:
    """The first part of the curves: straight part, toe, yield."""
    with_line = [(n, s) for n, s in zip(names, specimens, strict=True) if s.reading.line is not None]
    if not with_line:
        return ()
    curves: list[Curve] = []
    bands: list[Band] = []
    marks: list[Mark] = []
    for k, (name, s) in enumerate(with_line[:6]):
        r = s.reading
        line = r.line
        assert line is not None
        at_yield = r.yield_strain + r.zero if r.yield_kind else r.strain[r.last]
        end = min(max(1.6 * float(at_yield), 2 * line.high), float(r.strain[r.last]))
        inside = r.strain <= end
        # Recorded strain here, so that the toe can be seen.
        curves.append(Curve(name, *_thin(r.strain[inside], r.stress[inside])))
        top = min(1.15 * (r.yield_stress if r.yield_kind else r.top_stress), line.slope * (end - line.zero))
        x = np.array([line.zero, line.zero + max(top, 0.0) / line.slope])
        curves.append(
            Curve(
                "straight part, carried on to zero stress" if k == 0 else "",
                x,
                line.slope * (x - line.zero),
                "fit",
            )
        )
        if k == 0:
            bands.append(Band("range of the modulus", line.low, line.high))
            marks.append(Mark("zero strain (toe)", x=line.zero, x_error=line.zero_error))
        if r.yield_kind:
            marks.append(Mark("yield" if k == 0 else "", r.yield_strain + r.zero, r.yield_stress))
    return (
        Panel(
            "modulus", "Straight part, toe and yield", Axis("Recorded strain", "strain", "%"), _STRESS_AXIS, tuple(curves),
            tuple(marks), tuple(bands),
            caption="The line through the straight part is the modulus; where it meets zero stress the strain is taken as zero."
            + (" The first six specimens." if len(with_line) > 6 else ""),
        ),
    )  # fmt: skip


def _strip_panels(
    specimens: Sequence[Specimen], names: Sequence[str], jaw: tuple[int, ...]
) -> tuple[Panel, ...]:
    """Single values with mean and standard deviation."""
    if len(specimens) < 2:
        return ()
    out = []
    for name, label, axis in (
        ("breaking_strength", "Breaking strength", Axis("Breaking strength", "pressure", "MPa")),
        ("breaking_extension", "Breaking extension", Axis("Breaking extension", "strain", "%")),
        ("elastic_modulus", "Elastic modulus", Axis("Elastic modulus", "pressure", "MPa")),
    ):
        got = [
            (k + 1, v, s) for k, s in enumerate(specimens) if (v := _value(s, name, "maximum")) is not None
        ]
        if not got:
            continue
        kept = [v for k, v, _ in got if not (name in _OF_BREAK and k in jaw)]
        y = np.array([v for _, v, _ in got])
        error = np.array([math.hypot(s.own[name], s.common[name]) for _, _, s in got])
        marks: tuple[Mark, ...] = ()
        bands: tuple[Band, ...] = ()
        if kept:
            mean, sd = float(np.mean(kept)), float(np.std(kept, ddof=1)) if len(kept) > 1 else 0.0
            marks = (Mark("mean", y=mean),)
            bands = (Band("one standard deviation", mean - sd, mean + sd, "y"),) if sd > 0 else ()
        out.append(
            Panel(
                f"specimens_{name}", f"{label} of each specimen", Axis("Specimen"), axis,
                (Curve("specimens", np.array([float(k) for k, _, _ in got]), y, "points", error),), marks, bands,
                caption="Points with one standard deviation of the instrument; mean and standard deviation between specimens.",
            )
        )  # fmt: skip
    return tuple(out)


def _table(specimens: Sequence[Specimen], names: Sequence[str], jaw: tuple[int, ...]) -> ResultTable:
    def shown(v: float | None, factor: float, digits: int = 4) -> float | None:
        return None if v is None or not math.isfinite(v) else float(f"{v * factor:.{digits}g}")

    rows: list[tuple[float | str | None, ...]] = []
    for k, (name, s) in enumerate(zip(names, specimens, strict=True)):
        r = s.reading
        end = {
            "": "did not break",
            "sudden": "",
            "gradual": "gave way gradually",
            "end of record": "record ends",
        }[r.broke]
        if k + 1 in jaw:
            end = "broke in the grips"
        strength = r.end_stress if r.broke else None
        rows.append(
            (
                name, shown(strength, 1 / KGF_CM2_PA), shown(strength, 1e-6), shown(r.top_stress, 1 / KGF_CM2_PA),
                shown(r.end_strain, 100), shown(r.modulus, 1e-6), shown(r.yield_stress, 1e-6), shown(r.yield_strain, 100),
                shown(r.energy, 1e-6), shown(r.zero, 100, 3), None if s.section is None else shown(s.section.area_m2, 1e6), end,
            )
        )  # fmt: skip
    return ResultTable(
        "specimens",
        "Single specimens",
        (
            ("Specimen", ""), ("Breaking strength", "kgf/cm²"), ("Breaking strength", "MPa"), ("Tensile strength", "kgf/cm²"),
            ("Breaking extension", "%"), ("Modulus", "MPa"), ("Yield strength", "MPa"), ("Yield extension", "%"),
            ("Work to break", "MJ/m³"), ("Toe", "%"), ("Section", "mm²"), ("Remark", ""),
        ),
        tuple(rows),
    )  # fmt: skip


def table_of(strain: npt.ArrayLike, stress_Pa: npt.ArrayLike, title: str = "", path: str = "memory") -> Table:
    """A table in memory from strain [-] and stress [Pa], to analyse arrays with :func:`analyse_tables`."""
    return Table(
        path,
        title,
        (
            Column("Strain", "mm/mm", np.asarray(strain, float)),
            Column("Stress", "Pa", np.asarray(stress_Pa, float)),
        ),
    )
