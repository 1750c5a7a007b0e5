"""The window of dissolution temperatures from tables, runs and specimens, with its report."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from percola.errors import InputError
from percola.judge import Judgement, judge_claims
from percola.judge.window import Sweep, Window, window
from percola.measurement import Measurement
from percola.pipeline.bench import BenchResult, write
from percola.pipeline.judging import TABLES
from percola.recipe import resolve, specimens
from percola.recipe.process import process_facts, reported_measurements
from percola.report.data import read
from percola.store import file_digest

if TYPE_CHECKING:
    from percola.lab.reading import ReadOptions


@dataclass(frozen=True)
class WindowAnswer:
    """Windows of one solvent.

    Attributes:
        windows: one for each solution.
        judgement: with the verdict on definition (B) of the solution with the widest window.
        result: where the report lies.
    """

    windows: tuple[Window, ...]
    judgement: Judgement
    result: BenchResult


def windows_of(
    sources: Sequence[str | Path],
    read_options: ReadOptions,
    *,
    porosity_error: float | None = None,
    extension_error: float | None = None,
    polymer_fraction: float | None = None,
    seed: int = 0,
    out: Path | None = None,
) -> WindowAnswer:
    """T_l and T_u from a table of a sweep, or from runs and specimens at several dissolution temperatures.

    Args:
        sources: tables; or run directories, specimens and series of the patent (``patent:fig3``), which make one sweep.
        read_options: how tables are read.
        porosity_error, extension_error: one standard deviation for every point that has none of its own [1].
        polymer_fraction: of the solution, where the table does not say it.
        seed: of the resampling.

    Raises:
        InputError: nothing to make a sweep of.
    """
    from percola.lab.sweeps import read_sweeps

    sweeps: list[Sweep] = []
    points: list[_Point] = []
    digests: list[list[str]] = []
    notes: list[str] = []
    for source in sources:
        path = Path(str(source))
        if path.is_file() and path.suffix.lower() in TABLES:
            sweeps += read_sweeps(path, read_options)
            digests.append([path.name, file_digest(path)])
        else:
            points += _points(str(source), notes)
            inside = path / "measurements.json" if path.is_dir() else path
            digests.append([str(source), file_digest(inside) if inside.is_file() else ""])
    if points:
        sweeps.append(_sweep(points))
    windows = tuple(
        window(_with_errors(s, porosity_error, extension_error, polymer_fraction), seed) for s in sweeps
    )
    best = max(windows, key=lambda w: -np.inf if w.width_K is None else w.width_K)
    judgement = judge_claims(best.measurements())
    measured = [m for w in windows for m in w.measurements()]
    verdict = next(v for v in judgement.definitions if v.key == "definition_B")
    if len(windows) > 1:
        notes.append(
            f"{len(windows)} solutions: definition (B) asks for one with T_u above T_l, so the widest is judged "
            f"({best.sweep.label or 'without a name'})."
        )
    result = write(
        f"window-{Path(str(sources[0])).stem if ':' not in str(sources[0]) else sources[0]}",
        title=", ".join(Path(str(s)).name for s in sources[:4]) + (" ..." if len(sources) > 4 else ""),
        kicker="Window of dissolution temperatures",
        subtitle="EP 1063256 para. 19: T_l by the steepest rise of porosity, T_u by the steepest fall of breaking extension",
        measurements=measured,
        verdicts=[verdict.to_dict()],
        windows=windows,
        identity={
            "window": digests,
            "errors": [porosity_error, extension_error, polymer_fraction],
            "seed": seed,
        },
        notes=notes,
        extra={"readings": [r.to_dict() for r in judgement.readings if "definition_B" in r.affects]},
        out=out,
    )
    return WindowAnswer(windows, judgement, result)


@dataclass(frozen=True)
class _Point:
    """One membrane of a sweep: values (number, standard deviation or NaN)."""

    temperature_K: float
    porosity: tuple[float, float]
    extension: tuple[float, float]
    strength_Pa: float
    polymer_fraction: float | None
    label: str


def _points(source: str, notes: list[str]) -> list[_Point]:
    """Membranes named by a specimen, a series of the patent, or a run."""
    path = Path(source)
    if path.is_dir():
        run = read(path)
        if not run.recipe_text:
            raise InputError(source, "no run of a recipe", "runs/<id>, specimens or a table")
        recipe, _ = resolve(path / "recipe.toml")
        found = list(run.measurements)
        return [_point(recipe, found, None, path.name)]
    name = source.strip().lower().removeprefix(specimens.PREFIX)
    if name.startswith("fig"):
        out = []
        for kelvin, identity, note in specimens.series(source):
            recipe, reported = specimens.load(identity)
            out.append(_point(recipe, list(reported_measurements(reported)), kelvin, identity))
            if note:
                notes.append(f"{identity}: {note}.")
        return out
    recipe, reported = resolve(source)
    if reported is None or reported.reserved:
        raise InputError(
            source,
            "no reported results" if reported is None else specimens.RESERVED,
            "a specimen with results, a run or a table",
        )
    return [_point(recipe, list(reported_measurements(reported)), None, source)]


def _point(recipe: Any, found: Sequence[Measurement], kelvin: float | None, label: str) -> _Point:
    facts = {m.name: m for m in process_facts(recipe)}
    temperature = facts["dissolution_temperature"].value if kelvin is None else kelvin
    if not isinstance(temperature, float | int):
        raise InputError(label, "no dissolution temperature", "a recipe that says it")
    fraction = facts.get("polymer_weight_fraction")
    return _Point(
        float(temperature),
        _value(found, "porosity"),
        _value(found, "breaking_extension"),
        _value(found, "breaking_strength")[0],
        float(fraction.value) if fraction is not None and isinstance(fraction.value, float) else None,
        label,
    )


def _value(found: Sequence[Measurement], name: str) -> tuple[float, float]:
    for region in ("wall", "core", ""):
        for m in found:
            if m.name == name and m.region == region and isinstance(m.value, float | int):
                return float(m.value), float("nan") if m.uncertainty is None else float(m.uncertainty)
    return float("nan"), float("nan")


def _sweep(points: Sequence[_Point]) -> Sweep:
    fractions = {None if p.polymer_fraction is None else round(p.polymer_fraction, 3) for p in points}
    if len(fractions) > 1:
        said = ", ".join("unknown" if f is None else f"{100 * f:g} wt%" for f in fractions)
        raise InputError("sweep", f"solutions of {said}", "one solution at several temperatures")
    errors = np.array([p.porosity[1] for p in points]), np.array([p.extension[1] for p in points])
    strength = np.array([p.strength_Pa for p in points])
    return Sweep(
        np.array([p.temperature_K for p in points]),
        np.array([p.porosity[0] for p in points]),
        np.array([p.extension[0] for p in points]),
        errors[0] if np.all(np.isfinite(errors[0])) else None,
        errors[1] if np.all(np.isfinite(errors[1])) else None,
        strength if np.any(np.isfinite(strength)) else None,
        points[0].polymer_fraction,
        f"{points[0].label} to {points[-1].label}",
    )


def _with_errors(s: Sweep, porosity: float | None, extension: float | None, fraction: float | None) -> Sweep:
    """The sweep, with the errors that a person states where it has none of its own."""
    n = len(s.temperatures_K)
    return dataclasses.replace(
        s,
        porosity_error=np.full(n, porosity)
        if porosity is not None and s.porosity_error is None
        else s.porosity_error,
        extension_error=np.full(n, extension)
        if extension is not None and s.extension_error is None
        else s.extension_error,
        polymer_fraction=fraction if s.polymer_fraction is None else s.polymer_fraction,
    )
