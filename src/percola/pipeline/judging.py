"""Judge whatever a person has of one membrane: runs, bench results, recipes, specimens, tables, JSON."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from percola.errors import InputError
from percola.judge import Judgement, judge_claims
from percola.lab.analysis import Analysis
from percola.measurement import Measurement
from percola.pipeline.bench import BenchResult, write
from percola.recipe import resolve
from percola.recipe.process import measurements_from_rows, process_facts, reported_measurements
from percola.report import numbers
from percola.report.data import read
from percola.store import file_digest

if TYPE_CHECKING:
    pass

TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".dat")
SOURCES = (
    "a run (runs/<id>), a result of percola lab or percola measure, a recipe (TOML), a specimen (patent:Ex7), "
    "JSON with a list 'measurements', or CSV with the columns name, value, unit, uncertainty, region"
)


@dataclass
class Gathered:
    """What the sources of one membrane say together.

    Attributes:
        measurements: of the membrane, in the order of the sources.
        facts: of the process.
        analyses: of the bench, for their figures; origins: their directories, one for each.
        beside: a simulated run that stands beside measured results, where the sources hold both.
        notes: what was taken from where.
        digests: of the sources, for the identity of the result.
    """

    measurements: list[Measurement] = field(default_factory=list)
    facts: list[Measurement] = field(default_factory=list)
    analyses: list[Analysis] = field(default_factory=list)
    origins: list[Path] = field(default_factory=list)
    beside: Path | None = None
    notes: list[str] = field(default_factory=list)
    digests: list[list[str]] = field(default_factory=list)


def gather(sources: Sequence[str | Path]) -> Gathered:
    """Measurements and facts of one membrane from several sources.

    Measured results go before simulated ones of the same name and region; a run beside bench results gives the process
    and stands beside them in the report.

    Raises:
        InputError: a source that is none of :data:`SOURCES`, or two processes.
    """
    if not sources:
        raise InputError("sources", "none", SOURCES)
    out = Gathered()
    origin: dict[int, str] = {}
    simulated: list[Measurement] = []
    process_of = ""
    for source in sources:
        name, path = str(source), Path(str(source))
        if path.is_dir():
            process = _directory(path, out, simulated)
        elif path.is_file() and path.suffix.lower() == ".json":
            out.measurements += _json(path)
            out.digests.append([path.name, file_digest(path)])
            process = ()
        elif path.is_file() and path.suffix.lower() in TABLES:
            out.measurements += _rows(path)
            out.digests.append([path.name, file_digest(path)])
            process = ()
        else:
            recipe, reported = resolve(source)
            process = process_facts(recipe)
            out.digests.append([name, file_digest(path) if path.is_file() else name])
            if reported is not None:
                out.measurements += reported_measurements(reported)
                words = (
                    "reported results" if not reported.reserved else "no results (kept for blind validation)"
                )
                out.notes.append(f"{name}: its process, and {words}.")
        for m in out.measurements:
            origin.setdefault(id(m), name)
        if process:
            if process_of:
                raise InputError(
                    name,
                    f"a second process beside that of {process_of}",
                    "one process",
                    "judge them one by one",
                )
            process_of = name
            out.facts += process
    out.measurements = _cloud_point(_agreed(out.measurements, origin, out.notes), out.facts)
    measured = {(m.name, m.region) for m in out.measurements}
    names = {m.name for m in out.measurements}
    if out.measurements and simulated:
        kept = [m for m in simulated if m.name not in names]
        out.notes.append(
            f"{len(simulated) - len(kept)} simulated results gave way to measured ones of the same name; "
            f"{len(kept)} stand where nothing was measured."
        )
        simulated = kept
    out.measurements += [m for m in simulated if (m.name, m.region) not in measured]
    if not out.analyses:
        out.beside = None
    return out


_WHOLE = ("", "wall")
"""Regions that mean the membrane as a whole."""


def _agreed(found: Sequence[Measurement], origin: Mapping[int, str], notes: list[str]) -> list[Measurement]:
    """One measurement of each quantity: of several that agree the most certain; several that do not are refused.

    Two agree where they lie within two standard deviations of their difference (digits as printed count as theirs).

    Raises:
        InputError: two sources that contradict each other.
    """
    out: dict[tuple[str, str], Measurement] = {}
    for m in found:
        key = (m.name, "" if m.region in _WHOLE else m.region)
        other = out.get(key)
        if other is None or not other.defined:
            out[key] = m
            continue
        if not m.defined or m.value == other.value == "undecided":
            continue
        if isinstance(m.value, str) or isinstance(other.value, str):
            same = m.value == other.value or "undecided" in (m.value, other.value)
            better = other.value == "undecided"
        else:
            assert m.value is not None
            assert other.value is not None
            a, b = _sigma(m), _sigma(other)
            gap = abs(float(m.value) - float(other.value))
            same = m.unit == other.unit and gap <= 2 * math.hypot(a, b) + 1e-9 * abs(float(other.value))
            better = 0 < a < b or (a > 0 and b == 0)
        if not same:
            one, two = origin.get(id(other), "one source"), origin.get(id(m), "another")
            raise InputError(
                f"{m.name} ({m.region or 'membrane'})",
                f"{numbers.shown(other.name, other.value, other.unit, other.uncertainty)} by {one}, "
                f"{numbers.shown(m.name, m.value, m.unit, m.uncertainty)} by {two}: they contradict each other",
                "sources of one membrane that agree within their uncertainty",
                "judge with one of them",
            )
        if better:
            out[key] = m
        notes.append(
            f"{numbers.label(m.name)} stands in several sources, which agree: that of "
            f"{origin.get(id(out[key]), 'one')} is used."
        )
    return list(out.values())


SAME_FRACTION = 0.005
"""Weight fractions this near are one solution: recipes are written to a tenth of a per cent."""


def _cloud_point(found: list[Measurement], facts: Sequence[Measurement]) -> list[Measurement]:
    """The cloud point of the solution at hand in the place of those of several concentrations.

    Between two concentrations it is taken on the straight line, with a third of their difference added to the uncertainty;
    beyond them it is not known.
    """
    name = "cloud_point_temperature"
    points = [m for m in found if m.name == name]
    fraction = next(
        (float(m.value) for m in facts if m.name == "polymer_weight_fraction" and isinstance(m.value, float)),
        None,
    )
    told = [m for m in points if m.defined and isinstance(m.evidence.get("polymer_fraction"), float | int)]
    known = sorted(((float(m.evidence["polymer_fraction"]), m) for m in told), key=lambda k: k[0])
    if fraction is None or not known:
        return found
    others = [m for m in found if m.name != name]
    near = [m for w, m in known if abs(w - fraction) <= SAME_FRACTION]
    if near:
        return [*others, dataclasses.replace(near[0], region="")]
    below, above = [k for k in known if k[0] < fraction], [k for k in known if k[0] > fraction]
    if not below or not above:
        reason = (
            f"it was measured at {100 * known[0][0]:.3g} to {100 * known[-1][0]:.3g} wt%, the solution has "
            f"{100 * fraction:.3g} wt%"
        )
        nothing = Measurement(name, None, "K", method=known[0][1].method, reason=reason)
        return [*others, nothing]
    (w1, m1), (w2, m2) = below[-1], above[0]
    assert isinstance(m1.value, float | int)
    assert isinstance(m2.value, float | int)
    share = (fraction - w1) / (w2 - w1)
    value = (1 - share) * float(m1.value) + share * float(m2.value)
    sigma = math.hypot(max(_sigma(m1), _sigma(m2)), abs(float(m1.value) - float(m2.value)) / 3)
    words = f"straight line between {100 * w1:.3g} and {100 * w2:.3g} wt%"
    return [
        *others,
        Measurement(
            name, value, "K", sigma, f"{m1.method}; {words}", "", (*m1.checks, *m2.checks),
            {"polymer_fraction": fraction, "between_K": [float(m1.value), float(m2.value)]}, m1.citations,
        ),
    ]  # fmt: skip


def _sigma(m: Measurement) -> float:
    """One standard deviation: as stated, else of the digits as printed (half their interval over the root of 3)."""
    if m.uncertainty is not None:
        return float(m.uncertainty)
    printed = m.evidence.get("printed_interval") or m.evidence.get("interval")
    if isinstance(printed, list | tuple) and len(printed) == 2:
        return abs(float(printed[1]) - float(printed[0])) / 2 / math.sqrt(3)
    return 0.0


def _directory(path: Path, out: Gathered, simulated: list[Measurement]) -> tuple[Measurement, ...]:
    run = read(path)
    out.digests.append([path.name, str(run.manifest.get("id") or file_digest(path / "manifest.json"))])
    if (path / "bench.json").exists():
        found = json.loads((path / "bench.json").read_text("utf-8"))
        own = [Analysis.from_dict(a) for a in found.get("analyses", ())]
        out.analyses += own
        out.origins += [path] * len(own)
        out.measurements += run.measurements
        if found.get("beside") and out.beside is None:
            out.beside = Path(found["beside"])
        out.notes.append(f"{path.name}: {len(run.measurements)} measured results.")
        return ()
    if not run.measurements:
        raise InputError(str(path), run.why_missing("measurements.json") or "holds no measurements", SOURCES)
    if run.recipe_text:
        simulated += run.measurements
        predicted = run.manifest.get("kind") == "prediction"
        if not predicted:
            out.beside = path
        kind = "a prediction" if predicted else "a simulated run"
        out.notes.append(f"{path.name}: {kind}, {len(run.measurements)} results.")
        recipe, _ = resolve(path / "recipe.toml")
        return process_facts(recipe)
    out.measurements += run.measurements
    out.notes.append(f"{path.name}: {len(run.measurements)} results measured on a volume.")
    return ()


def _rows(path: Path) -> tuple[Measurement, ...]:
    """Measurements from a table with the columns name, value, unit (and uncertainty, region)."""
    from percola.lab.importer import decoding, workbook

    data = path.read_bytes()
    decoding.refuse_other_files(data, str(path))
    if workbook.is_workbook(data, str(path)):
        raise InputError(str(path), "a workbook", "a CSV file", "save the sheet as CSV")
    lines = decoding.decode(data, str(path)).text.splitlines()
    separator = max(",;\t", key=(lines[0] if lines else "").count)
    reader = csv.DictReader(lines, delimiter=separator)
    if not {"name", "value"} <= {str(f).strip().lower() for f in reader.fieldnames or ()}:
        raise InputError(
            str(path),
            "a table without the columns 'name' and 'value'",
            SOURCES,
            "analyse instrument files with percola lab first; check tables of specimens with percola audit",
        )
    return measurements_from_rows(reader, path.name)


_NEVER_NEGATIVE = ("m", "Pa", "m/(s.Pa)", "kg/mol", "S/m")


def _json(path: Path) -> list[Measurement]:
    try:
        data = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(str(path), f"is no JSON ({error})", SOURCES) from None
    rows = data.get("measurements") if isinstance(data, Mapping) else data
    if not isinstance(rows, list) or not rows:
        raise InputError(
            str(path), "holds no list 'measurements'", "what percola measure, lab or run print with --json"
        )
    out = []
    for i, row in enumerate(rows):
        where = f"{path}, measurement {i + 1}"
        try:
            m = Measurement.from_dict(row)
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(where, f"cannot be read ({error})", "name, value and unit at least") from None
        if isinstance(m.value, bool) or not isinstance(m.value, str | float | int | None):
            raise InputError(where, f"{m.name} is {m.value!r}", "a number, a word or null")
        if isinstance(m.value, float | int):
            if not math.isfinite(m.value):
                raise InputError(where, f"{m.name} is {m.value}", "a finite number, or null with a reason")
            if m.value < 0 and m.unit in _NEVER_NEGATIVE:
                raise InputError(where, f"{m.name} is {m.value:g} {m.unit}", "0 or more")
        if m.uncertainty is not None and not (
            isinstance(m.uncertainty, float | int) and 0 <= m.uncertainty < math.inf
        ):
            raise InputError(
                where, f"the uncertainty of {m.name} is {m.uncertainty!r}", "a standard deviation from 0"
            )
        out.append(m)
    return out


def judge_sources(sources: Sequence[str | Path], *, out: Path | None = None) -> tuple[Judgement, BenchResult]:
    """Judge one membrane, its process, or both, and write a report.

    Raises:
        PercolaError: a source that cannot be used, with what to do.
    """
    found = gather(sources)
    judgement = judge_claims(found.measurements, found.facts)
    derived = [m for m in judgement.measurements if m not in found.facts]
    first = str(sources[0])
    result = write(
        f"judged-{Path(first).stem if ':' not in first else first}",
        title=", ".join(Path(str(s)).name for s in sources),
        kicker="Judgement by EP 1 063 256",
        subtitle="Definitions (A) to (D), claims 1 to 12, preferred ranges",
        analyses=found.analyses,
        measurements=[*derived, *found.facts],
        verdicts=[v.to_dict() for v in judgement.verdicts],
        identity={"judge": found.digests},
        notes=found.notes,
        extra={
            "readings": [r.to_dict() for r in judgement.readings],
            "missing": [m.to_dict() for m in judgement.missing],
            "disclaimer": judgement.disclaimer,
        },
        out=out,
        beside=found.beside,
        origins=found.origins,
    )
    return judgement, result
