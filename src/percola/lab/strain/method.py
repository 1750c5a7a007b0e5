"""Lengths or areas before and after stretching to the stretching residual strain (para. 89(10), 82)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from percola import units
from percola.errors import InputError
from percola.lab.analysis import Analysis, ResultTable, SourceFacts
from percola.lab.panel import Axis, Band, Curve, Mark, Panel
from percola.lab.reading import ReadOptions, read_tables
from percola.lab.setting import asked_for
from percola.lab.strain import spec
from percola.lab.strain.spec import SPEC
from percola.lab.table import Table
from percola.lab.tensile.samples import Propagated, Sample, outlier_check, propagate, sample_of
from percola.lab.understood import understood
from percola.measurement import Check, Measurement

Kind = Literal["uniaxial", "biaxial"]
_CITATIONS = ("ep1063256", "jcgm100", "grubbs1969", "rorabacher1991")
_PAIRS = (("before", "after"), ("width_before", "width_after"), ("area_before", "area_after"))


@dataclass(frozen=True)
class Stretched:
    """One specimen: readings in SI and its residual strain; ``recovery`` where the draw is known."""

    name: str
    readings: Mapping[str, float]
    strain: Propagated
    sideways: float | None
    drawn: float | None


def uniaxial(x: Mapping[str, float]) -> float:
    """(after - before)/before (para. 89(10)). Args: x: before, after [m]."""
    return x["after"] / x["before"] - 1.0


def biaxial(x: Mapping[str, float]) -> float:
    """(area after - area before)/area before (para. 82); an area may be given as length times width.

    Args: x: area_before, area_after [m2], or before, after, width_before, width_after [m].
    """
    if "area_before" in x:
        return x["area_after"] / x["area_before"] - 1.0
    return x["after"] * x["width_after"] / (x["before"] * x["width_before"]) - 1.0


def analyse(files: list[Path], settings: dict[str, Any], read: ReadOptions) -> Analysis:
    """Residual strain from the tables of files, or from the settings alone; see :func:`analyse_tables`."""
    tables = [t for file in files for t in read_tables(file, read, SPEC.wanted)]
    return analyse_tables(tables, settings, understood(tables))


def analyse_tables(
    tables: Sequence[Table], settings: Mapping[str, Any], sources: tuple[SourceFacts, ...] = ()
) -> Analysis:
    """Mean stretching residual strain of specimens.

    Uniaxial: increment of length over the original length. Biaxial: increment of area over the original area. Which of the
    two is said with ``--kind``; else areas mean biaxial, lengths alone uniaxial, and lengths with widths are told apart by
    whether the width grew or shrank beyond its resolution.

    Uncertainty, one standard deviation: each reading is somewhere within its step (rectangular, u = step/sqrt(12)), the step
    being ``--resolution`` or the last digit that the file's column uses; of several specimens the scatter by Student. Not
    contained: marks set askew, a tape that stretches, relaxing that goes on after the reading.

    Validity: lengths read after relaxing, without load. Limitations: zeros at the end of all numbers of a column look like
    a coarser step, which widens the uncertainty.

    Reference: ep1063256, paragraphs 82 and 89(10).
    """
    rows, steps, notes = _readings(tables, settings)
    if not rows:
        raise asked_for("before", "no lengths or areas in the file", '"100 mm" --after "128 mm"')
    kind, why = _kind([x for _, x in rows], steps, settings)
    notes.append(f"{kind.capitalize()}: {why}.")
    specimens = [_one(name, x, kind, steps, settings) for name, x in rows]
    sample = sample_of([s.strain.value for s in specimens], [s.strain.uncertainty for s in specimens])
    checks = _checks(specimens, sample, kind)
    recovered = [1 - s.strain.value / s.drawn for s in specimens if s.drawn]
    evidence: dict[str, Any] = sample.to_dict() | {
        "kind": kind,
        "told_by": why,
        "resolution": dict(steps),
        "specimens_values": [
            {"name": s.name, "value": s.strain.value, "uncertainty": s.strain.uncertainty, "drawn": s.drawn}
            for s in specimens[:200]
        ],
    }
    if recovered:
        evidence["elastic_recovery"] = float(np.mean(recovered))
    sideways = [s.sideways for s in specimens if s.sideways is not None]
    if sideways:
        evidence["width_strain"] = float(np.mean(sideways))
    what = "length over original length" if kind == "uniaxial" else "area over original area"
    measurement = Measurement(
        "stretching_residual_strain", sample.mean, "1", sample.uncertainty,
        f"EP 1063256 para. {'89(10)' if kind == 'uniaxial' else '82'}; {kind}: increment of {what}", "", tuple(checks), evidence,
        _CITATIONS,
    )  # fmt: skip
    return Analysis(
        "strain",
        (measurement,),
        panels=(_panel(specimens, sample, kind),),
        tables=(_table(specimens),),
        notes=tuple(dict.fromkeys(notes)),
        sources=sources,
    )


def _readings(
    tables: Sequence[Table], settings: Mapping[str, Any]
) -> tuple[list[tuple[str, dict[str, float]]], dict[str, float], list[str]]:
    """(name, readings) of each specimen, the step of each kind of reading, notes."""
    rows: list[tuple[str, dict[str, float]]] = []
    steps: dict[str, float] = {}
    notes: list[str] = []
    given = {k: float(settings[k]) for pair in _PAIRS for k in pair if settings.get(k) is not None}
    for table in tables:
        columns = {}
        for wanted in spec.COLUMNS:
            if wanted.kind == "text":
                continue
            column = table.find(wanted)
            if column is None:
                continue
            columns[wanted.name] = table.take(wanted)
            unit = float(units.from_unit(1.0, table.unit_of(wanted, column), wanted.kind))
            digit = last_digit(column.values)
            if digit is not None:
                steps[wanted.name] = max(steps.get(wanted.name, 0.0), digit * unit)
        names = table.take_text(spec.SPECIMEN) if table.find(spec.SPECIMEN) is not None else ()
        for i in range(max((len(v) for v in columns.values()), default=0)):
            x = {k: float(v[i]) for k, v in columns.items() if math.isfinite(v[i])}
            if not x:
                continue
            name = names[i].strip() if i < len(names) and names[i].strip() else f"row {i + 1}"
            if len(tables) > 1:
                name = f"{table.title or Path(table.path).stem} {name}"
            bad = next((k for k, v in x.items() if v <= 0), None)
            if bad:
                raise InputError(
                    f"{table.where}, {name}", f"{bad.replace('_', ' ')} is {x[bad]:g}", "above 0"
                )
            rows.append((name, {**given, **x}))
    if not tables and given:
        rows.append(("as given", given))
    both = [k for k in given if k in steps]
    if both:
        notes.append(
            f"{', '.join('--' + k.replace('_', '-') for k in both)}: the column of the file is used instead."
        )
    for pair in _PAIRS:
        # One ruler before and after: the finer digit of the two is its step.
        finest = min((steps[k] for k in pair if k in steps), default=None)
        if finest is not None:
            steps |= {k: finest for k in pair if k in steps}
    length, area = settings.get("resolution"), settings.get("area_resolution")
    for key in ("before", "after", "width_before", "width_after", "drawn"):
        if length is not None:
            steps[key] = float(length)
    for key in ("area_before", "area_after"):
        if area is not None:
            steps[key] = float(area)
    for key in given:
        if key not in steps:
            # An option says a number, not how it was read.
            if key.startswith("area"):
                raise asked_for(
                    "area_resolution",
                    f"--{key.replace('_', '-')} does not say how finely it was read",
                    '"1 mm2"',
                )
            raise asked_for(
                "resolution", f"--{key.replace('_', '-')} does not say how finely it was read", '"0.5 mm"'
            )
    return rows, steps, notes


def last_digit(values: Sequence[float] | np.ndarray) -> float | None:
    """The step of the last decimal that any of the numbers uses: 100.0, 128.5 -> 0.1; None where there are none.

    Numbers with halves only (99.5, 128.0) were read to half a unit: 0.5.
    """
    v = np.asarray(values, float)
    v = v[np.isfinite(v)]
    if not len(v):
        return None
    for digits in range(9):
        step = 10.0**-digits
        scaled = v / step
        if np.all(np.abs(scaled - np.round(scaled)) < 1e-6 * np.maximum(1.0, np.abs(scaled)) * 1e-3):
            ten = np.round(scaled).astype(np.int64)
            return 5 * step if digits and np.all(ten % 5 == 0) else step
    return 1e-9


def _kind(
    rows: Sequence[Mapping[str, float]], steps: Mapping[str, float], settings: Mapping[str, Any]
) -> tuple[Kind, str]:
    areas = all("area_before" in x and "area_after" in x for x in rows)
    lengths = all("before" in x and "after" in x for x in rows)
    widths = all("width_before" in x and "width_after" in x for x in rows)
    asked = settings.get("kind")
    if asked == "uniaxial":
        if not lengths:
            raise asked_for(
                "before", "uniaxial strain needs lengths before and after", '"100 mm" --after "128 mm"'
            )
        return "uniaxial", "as said (--kind)"
    if asked == "biaxial":
        if not (areas or (lengths and widths)):
            raise asked_for(
                "area_before",
                "biaxial strain needs areas, or lengths and widths, before and after",
                '"100 cm2" --area-after "180 cm2"',
            )
        return "biaxial", "as said (--kind)"
    if areas and lengths:
        raise asked_for("kind", "the file has lengths and areas", "uniaxial")
    if areas:
        return "biaxial", "areas are given"
    if not lengths:
        raise asked_for(
            "before",
            "lengths or areas before and after are needed for every specimen",
            '"100 mm" --after "128 mm"',
        )
    if not widths:
        return (
            "uniaxial",
            "lengths alone are given; a film drawn in two directions needs its area or width (--kind biaxial)",
        )
    growth = np.array([x["width_after"] / x["width_before"] - 1.0 for x in rows])
    x = rows[0]
    u = math.hypot(
        steps["width_before"] / x["width_before"], steps["width_after"] / x["width_after"]
    ) / math.sqrt(12.0)
    mean = float(growth.mean())
    if mean > 3 * u:
        return "biaxial", f"the width grew by {100 * mean:.2g} %"
    if mean < -3 * u:
        return "uniaxial", f"the width shrank by {-100 * mean:.2g} %"
    raise asked_for(
        "kind",
        f"the width changed by {100 * mean:.2g} %, within its resolution: drawn in one direction or two?",
        "uniaxial",
    )


def _one(
    name: str, x: Mapping[str, float], kind: Kind, steps: Mapping[str, float], settings: Mapping[str, Any]
) -> Stretched:
    law: Callable[[Mapping[str, float]], float]
    keys: tuple[str, ...]
    if kind == "uniaxial":
        keys, law = ("before", "after"), uniaxial
    elif "area_before" in x:
        keys, law = ("area_before", "area_after"), biaxial
    else:
        keys, law = ("before", "after", "width_before", "width_after"), biaxial
    strain = propagate(law, {k: (x[k], steps[k] / math.sqrt(12.0)) for k in keys})
    sideways = (
        x["width_after"] / x["width_before"] - 1.0 if "width_before" in x and "width_after" in x else None
    )
    drawn = None
    if settings.get("draw_ratio") is not None:
        drawn = float(settings["draw_ratio"]) - 1.0
    elif "drawn" in x and "before" in x and kind == "uniaxial":
        drawn = x["drawn"] / x["before"] - 1.0
    return Stretched(name, x, strain, sideways, drawn)


def _checks(specimens: Sequence[Stretched], sample: Sample, kind: Kind) -> list[Check]:
    from percola.membrane.stretching import RECOVERY

    checks = []
    if sample.n == 1:
        checks.append(Check("number of specimens", "warn", "one specimen: the scatter is not known"))
    outlier = outlier_check(sample, [s.name for s in specimens])
    if outlier is not None:
        checks.append(outlier)
    if sample.mean < -2 * sample.uncertainty:
        checks.append(
            Check(
                "sign",
                "warn",
                f"{100 * sample.mean:.3g} %: the specimen shrank; this is shrinkage, not a stretch",
            )
        )
    elif abs(sample.mean) <= 2 * sample.uncertainty:
        checks.append(Check("sign", "warn", "no change beyond the resolution of the readings"))
    else:
        checks.append(Check("sign", "pass", f"longer or wider by {100 * sample.mean:.3g} %"))
    each = math.sqrt(float(np.mean([s.strain.uncertainty**2 for s in specimens])))
    share = each / abs(sample.mean) if sample.mean else math.inf
    checks.append(
        Check(
            "resolution",
            "pass" if share < 0.1 else "warn",
            f"the readings resolve {100 * each:.2g} % of strain"
            + (f", {100 * share:.2g} % of the value" if share < 10 else ""),
        )
    )
    drawn = [s for s in specimens if s.drawn is not None]
    if drawn:
        worst = max(drawn, key=lambda s: s.strain.value - (s.drawn or 0.0))
        if worst.strain.value > (worst.drawn or 0.0) + 3 * worst.strain.uncertainty:
            checks.append(
                Check(
                    "recovery",
                    "fail",
                    f"{worst.name}: {100 * worst.strain.value:.3g} % are left of {100 * (worst.drawn or 0.0):.3g} % drawn: more than "
                    "was drawn cannot be left",
                )
            )
        else:
            recovered = [1 - s.strain.value / s.drawn for s in drawn if s.drawn]
            if recovered:
                mean = float(np.mean(recovered))
                usual, spread = RECOVERY
                fits = abs(mean - usual) <= 3 * spread or kind == "biaxial"
                checks.append(
                    Check(
                        "recovery",
                        "pass" if fits else "warn",
                        f"{100 * mean:.3g} % of the draw went back; {100 * usual:.0f} +- {100 * spread:.0f} % in the patent's drawn specimens",
                    )
                )
    return checks


def _panel(specimens: Sequence[Stretched], sample: Sample, kind: Kind) -> Panel:
    n = np.arange(1.0, len(specimens) + 1)
    curves = [
        Curve(
            "residual strain", n, np.array([s.strain.value for s in specimens]), "points",
            np.array([s.strain.uncertainty for s in specimens]),
        )
    ]  # fmt: skip
    drawn = np.array([math.nan if s.drawn is None else s.drawn for s in specimens])
    if np.isfinite(drawn).any():
        ok = np.isfinite(drawn)
        curves.append(Curve("drawn", n[ok], drawn[ok], "points"))
    return Panel(
        "strain", f"Stretching residual strain, {kind}", Axis("Specimen"), Axis("Strain", "strain", "%"), tuple(curves),
        (Mark("mean", y=sample.mean, y_error=sample.uncertainty),),
        (Band("one standard deviation", sample.mean - sample.sd, sample.mean + sample.sd, "y"),) if sample.sd > 0 else (),
        caption="Each specimen with one standard deviation of its readings; what was drawn and what is left of it.",
    )  # fmt: skip


def _table(specimens: Sequence[Stretched]) -> ResultTable:
    rows: list[tuple[float | str | None, ...]] = []
    for s in specimens:
        rows.append(
            (
                s.name, round(100 * s.strain.value, 3), round(100 * s.strain.uncertainty, 3),
                None if s.drawn is None else round(100 * s.drawn, 2),
                None if not s.drawn else round(100 * (1 - s.strain.value / s.drawn), 1),
                None if s.sideways is None else round(100 * s.sideways, 2),
            )
        )  # fmt: skip
    return ResultTable(
        "specimens",
        "Single specimens",
        (
            ("Specimen", ""),
            ("Residual strain", "%"),
            ("standard deviation", "%"),
            ("Drawn", "%"),
            ("Gone back", "%"),
            ("Width", "%"),
        ),
        tuple(rows),
    ).filled()
