"""Predictions and calibrations as directories of results: plain data, measurements, figures and a page."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola import __version__
from percola.design.foretold.beyond import NINETY, Beyond, as_predicted, beyond
from percola.design.foretold.full import FullRun
from percola.design.foretold.pair_window import PairWindow, pair_window
from percola.design.foretold.predict import UNITS, Predicted, Prediction, predict_features
from percola.design.posterior.calibration import CONVERGED, Calibration
from percola.design.posterior.pareto import RELIABLE
from percola.design.posterior.priors import priors, scales
from percola.design.reduced.chain import QUANTITIES
from percola.design.reduced.features import Features, features_of
from percola.measurement import Measurement
from percola.recipe import canonical_data, context_of, dumps, require_sound, resolve
from percola.recipe.model import Recipe
from percola.recipe.specimens import Reported, is_specimen
from percola.store import RunDirectory, run_id
from percola.store.atomic import plain, write_text

FloatArray = npt.NDArray[np.float64]

PREDICTIONS, CALIBRATIONS = Path("predictions"), Path("calibrations")
ROOM_BYTES = 2**23
STEP_SD_K = 5.0 / math.sqrt(12.0)
"""A limit is read from steps of 5 degC (paragraph 19): one standard deviation of that."""
LIMITS = ("lower_dissolution_limit", "upper_dissolution_limit")
RESERVED = "reserved"


@dataclass(frozen=True)
class Foretold:
    """Everything that is said of one recipe.

    Attributes:
        source: file or specimen that was named.
        recipe: as it was read.
        features: of it.
        prediction: the reduced model's readings and classes.
        beyond: surface, conductivity, temperatures, facts.
        window: T_l and T_u of its solution; None where it was not asked for.
        reported: what the patent reports, for one of its specimens.
        findings: of the check of the recipe, in words.
        seed: of the predictive draws.
    """

    source: str
    recipe: Recipe
    features: Features
    prediction: Prediction
    beyond: Beyond
    window: PairWindow | None
    reported: Reported | None
    findings: tuple[str, ...] = ()
    seed: int = 0

    @property
    def name(self) -> str:
        """Of the recipe."""
        return self.prediction.name

    @property
    def reserved(self) -> bool:
        """Whether the results of this specimen are held back."""
        return self.reported is not None and self.reported.reserved

    def readings(self) -> dict[str, Predicted]:
        """Every number predicted, by the name of its measurement."""
        out = dict(self.prediction.readings)
        for m in self.beyond.measurements:
            p = as_predicted(m)
            if p is not None:
                out[m.name] = p
        return out

    def measurements(self) -> tuple[Measurement, ...]:
        """All of it as measurements, which :mod:`percola.judge` judges like any other."""
        return (*self.prediction.measurements(), *self.beyond.measurements, *self._limits())

    def _limits(self) -> list[Measurement]:
        w = self.window
        if w is None:
            return []
        out = []
        for name, median, low, high in (
            (LIMITS[0], w.lower_K, w.lower_low_K, w.lower_high_K),
            (LIMITS[1], w.upper_K, w.upper_low_K, w.upper_high_K),
        ):
            sd = math.hypot((high - low) / (2.0 * NINETY), STEP_SD_K)
            out.append(
                Measurement(
                    name,
                    median,
                    "K",
                    sd,
                    "EP 1063256 para. 19; predicted by the reduced model every 5 degC",
                    "",
                    (),
                    {"interval_90": [low, high], "probability_of_window": w.probability},
                    ("ep1063256",),
                )
            )
        return out

    def reported_values(self) -> dict[str, dict[str, Any]]:
        """What is reported beside the predictions: value in SI, text as printed, relation."""
        if self.reported is None or self.reported.reserved:
            return {}
        return {
            v.name: {"value": v.value, "unit": v.unit, "text": v.text, "relation": v.relation}
            for v in self.reported.values
        }

    def to_dict(self, calibration: Calibration, full: Sequence[FullRun] = ()) -> dict[str, Any]:
        """Plain data for JSON, SI units."""
        readings = self.readings()
        units = {m.name: m.unit for m in self.beyond.measurements}
        missing = {m.name: m.reason for m in self.beyond.measurements if not m.defined}
        surface = next(
            (m for m in self.beyond.measurements if m.name == "surface_to_internal_pore_ratio"), None
        )
        return {
            "name": self.name,
            "source": self.source,
            "version": __version__,
            "seed": self.seed,
            "calibration": calibration_words(calibration),
            "readings": {k: v.to_dict() for k, v in readings.items()},
            "not_predicted": {k: {"unit": units[k], "reason": v} for k, v in missing.items()},
            "declared": {
                m.name: {"value": m.value, "unit": m.unit}
                for m in self.beyond.measurements
                if m.defined and m.uncertainty is None
            },
            "structure_class": self.prediction.structure_class,
            "class_probabilities": dict(self.prediction.classes),
            "surface": None if surface is None else dict(surface.evidence),
            "window": None if self.window is None else self.window.to_dict(),
            "dissolution_temperature_K": float(self.features.dissolution_K[0]),
            "nearness": self.prediction.nearness.to_dict(),
            "reported": self.reported_values(),
            "reserved": self.reserved,
            # a run's melting temperature is that of equilibrium, not a peak of the calorimeter
            "full": [r.to_dict([n for n in readings if n != "melting_temperature"]) for r in full],
            "findings": list(self.findings),
            "notes": self.notes(),
        }

    def notes(self) -> list[str]:
        """What to know of the prediction, each once."""
        said = [*self.prediction.notes, *self.beyond.notes, *(self.window.notes if self.window else ())]
        if self.reserved:
            said.append(
                "The results of this specimen are reserved for blind validation: nothing is known of them here."
            )
        return list(dict.fromkeys(said))


def calibration_words(c: Calibration) -> dict[str, Any]:
    """What a prediction says of the calibration behind it."""
    return {
        "id": c.id,
        "name": c.name,
        "specimens": len(c.observations),
        "version": c.version,
        "converged": c.converged(),
        "r_hat": c.statistics.get("readings_r_hat", c.statistics.get("r_hat")),
        "divergences": c.statistics.get("divergences"),
    }


def label_of(source: str, recipe: Recipe) -> str:
    """Name of a prediction: the specimen's, the recipe's own, or the file's."""
    if is_specimen(source):
        return source.split(":", 1)[1]
    return recipe.name or Path(source).stem


def checked(source: str) -> tuple[Recipe, Reported | None, tuple[str, ...]]:
    """A sound recipe, what the patent reports for it, and what the check found outside of the patent.

    Raises:
        PercolaError: a recipe that cannot be read or has errors.
    """
    recipe, reported = resolve(source)
    found = require_sound(recipe, context_of(recipe), source)
    return recipe, reported, tuple(f"{x.field}: {x.found}" for x in found if x.grade == "outside_patent")


def foretell(source: str, calibration: Calibration, *, seed: int = 0, window: bool = True) -> Foretold:
    """Predict one recipe with everything that belongs to it.

    Every recipe is predicted by itself, so that its numbers do not depend on which others are asked for.

    Args:
        source: a recipe file, or a specimen such as "patent:Ex7".
        calibration: whose posterior is used.
        seed: of the predictive draws.
        window: also T_l and T_u of the solution.

    Raises:
        PercolaError: a recipe that cannot be read, has errors, or holds a substance without data.
    """
    recipe, reported, findings = checked(source)
    name = label_of(source, recipe) if reported is None else reported.specimen.id
    f = features_of(recipe, name)
    prediction = predict_features(f, calibration, seed)[0]
    return Foretold(
        source,
        recipe,
        f,
        prediction,
        beyond(recipe, f, prediction, calibration),
        pair_window(recipe, calibration, seed, f) if window else None,
        reported,
        findings,
        seed,
    )


def write_prediction(
    foretold: Foretold, calibration: Calibration, *, out: Path | None = None, full: Sequence[FullRun] = ()
) -> Path:
    """Write one prediction into ``<out>/<name>-<id>``: recipe.toml, prediction.json, measurements.json, figures, report.html.

    Returns:
        The directory; ``percola judge`` and ``percola report`` take it.
    """
    from percola.pipeline.bench import slug
    from percola.report.prediction import build_prediction

    identity = run_id(
        canonical_data(foretold.recipe),
        {"calibration": calibration.id, "seed": foretold.seed, "window": foretold.window is not None},
        foretold.seed,
        __version__,
    )
    folder = f"{slug(foretold.name)}-{identity[:8]}"
    with RunDirectory.open(out or PREDICTIONS, folder, need_bytes=ROOM_BYTES, fresh=True) as directory:
        files = [
            directory.write_text("recipe.toml", dumps(foretold.recipe)),
            directory.write_json("prediction.json", plain(foretold.to_dict(calibration, full))),
            directory.write_json(
                "measurements.json",
                {"measurements": [plain(m.to_dict()) for m in foretold.measurements()]},
            ),
        ]
        directory.update_manifest(
            kind="prediction",
            version=__version__,
            status="running",
            title=foretold.name,
            notes=foretold.notes(),
            citations=["ep1063256", "kennedyohagan2001"],
        )
        directory.finish("predict", files=files)
        build_prediction(directory.path)
        directory.update_manifest(status="finished")
        return directory.path


COLUMNS = ("median", "low", "high")


def table(foretold: Sequence[Foretold]) -> str:
    """Several predictions as CSV, a row a recipe: SI units in the header, 90 % intervals, classes, limits, nearness."""
    names = list(dict.fromkeys(n for f in foretold for n in f.readings()))
    units = {n: r.unit for f in foretold for n, r in f.readings().items()}
    classes = list(foretold[0].prediction.classes) if foretold else []
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        [
            "name", "source", *(f"{n}_{c} [{units[n]}]" for n in names for c in COLUMNS), "structure_class",
            *(f"probability_{c}" for c in classes), "T_l_median [K]", "T_l_low [K]", "T_l_high [K]",
            "T_u_median [K]", "T_u_low [K]", "T_u_high [K]", "distance", "nearest", "nearness",
        ]
    )  # fmt: skip
    for f in foretold:
        readings, w, near = f.readings(), f.window, f.prediction.nearness
        row: list[Any] = [f.name, f.source]
        for n in names:
            r = readings.get(n)
            row += ["", "", ""] if r is None else [f"{getattr(r, c):.6g}" for c in COLUMNS]
        row += [f.prediction.structure_class, *(f"{f.prediction.classes[c]:.4f}" for c in classes)]
        limits = () if w is None else (
            w.lower_K, w.lower_low_K, w.lower_high_K, w.upper_K, w.upper_low_K, w.upper_high_K,
        )  # fmt: skip
        row += [f"{v:.2f}" for v in limits] or [""] * 6
        writer.writerow([*row, f"{near.distance:.4g}", near.nearest, near.word])
    return out.getvalue()


def write_table(foretold: Sequence[Foretold], out: Path | None = None) -> Path:
    """:func:`table` as ``<out>/predictions.csv``."""
    path = (out or PREDICTIONS) / "predictions.csv"
    from percola.store.atomic import resources as guarded

    with guarded(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, table(foretold))
    return path


# --- calibrations ------------------------------------------------------------------------------------------

POINTS = 48
"""Points of a density."""


def _reported_si(c: Calibration, k: int) -> float:
    """An observation in SI."""
    o = c.observations
    if QUANTITIES[o.quantity[k]] == "porosity":
        return float(1.0 / (1.0 + np.exp(-o.value[k])))
    return float(np.exp(o.value[k]))


def left_out_rows(c: Calibration) -> list[dict[str, Any]]:
    """Each specimen as predicted from the others, beside what is reported; empty where it was not asked for.

    ``inside`` says whether the reported number lies within the 90 % interval, ``factor`` how far the median is off.
    """
    o = c.observations
    out = []
    for i, left in enumerate(c.left_out):
        seen = o.of(left.name)
        quantities: dict[str, Any] = {}
        for j, q in enumerate(QUANTITIES):
            row: dict[str, Any] = {
                "unit": UNITS[q],
                "median": float(left.median[j]),
                "low": float(left.low[j]),
                "high": float(left.high[j]),
            }
            if q in seen:
                k = seen[q]
                value = _reported_si(c, k)
                row |= {
                    "reported": value,
                    "text": o.text[k],
                    "doubt": float(o.doubt[k]),
                    "inside": bool(left.low[j] <= value <= left.high[j]),
                    "factor": float(np.exp(abs(np.log(left.median[j] / value)))),
                }
            quantities[q] = row
        best = max(left.probabilities, key=lambda key: left.probabilities[key])
        out.append(
            {
                "specimen": left.name,
                "origin": o.origin[i],
                "k": left.k if math.isfinite(left.k) else None,
                "resampled": left.resampled,
                "quantities": quantities,
                "class_reported": o.classes[i],
                "class_predicted": best,
                "class_probabilities": dict(left.probabilities),
            }
        )
    return out


def left_out_summary(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Median and 90th percentile of the factor and share inside the 90 % interval, for each quantity and for all."""
    out: dict[str, Any] = {}
    inside: list[bool] = []
    for q in QUANTITIES:
        found = [r["quantities"][q] for r in rows if "reported" in r["quantities"][q]]
        if not found:
            continue
        factors = np.array([r["factor"] for r in found])
        inside += [r["inside"] for r in found]
        out[q] = {
            "count": len(found),
            "median_factor": float(np.median(factors)),
            "factor_90": float(np.quantile(factors, 0.9)),
            "coverage": float(np.mean([r["inside"] for r in found])),
        }
    told = [r for r in rows if r["class_reported"]]
    return {
        "quantities": out,
        "coverage": float(np.mean(inside)) if inside else None,
        "classes": {
            "count": len(told),
            "right": sum(r["class_reported"] == r["class_predicted"] for r in told),
            "wrong": [r["specimen"] for r in told if r["class_reported"] != r["class_predicted"]],
        },
    }


def densities(c: Calibration) -> dict[str, dict[str, list[float]]]:
    """Posterior density of every parameter of :meth:`~percola.design.posterior.calibration.Calibration.learned`, on its own range."""
    from scipy.stats import gaussian_kde

    out: dict[str, dict[str, list[float]]] = {}
    flat = {p.name: p.mean + p.sd * c.draws[p.name].ravel() for p in priors()}
    f = c.observations.features
    for i, solvent in enumerate(c.solvents):
        own = f.chi_spread[f.solvent == i]
        if own.size:
            flat[f"chi_A of {solvent}"] = float(own[0]) * c.draws["chi_A"][:, :, i].ravel()
    for name, values in flat.items():
        sd = float(values.std())
        if not sd > 0.0:
            continue
        x = np.linspace(values.mean() - 4.0 * sd, values.mean() + 4.0 * sd, POINTS)
        y = gaussian_kde(values)(x)
        out[name] = {"x": [float(f"{v:.5g}") for v in x], "y": [float(f"{v:.4g}") for v in y]}
    return out


def unexplained(c: Calibration) -> dict[str, dict[str, float]]:
    """What the reduced model leaves of each quantity: posterior medians of departure and scatter, on its scale.

    The departure of a recipe from the model is shared by those near it; scatter is each specimen's own. The scale is the
    natural logarithm (0.1: ten per cent), that of porosity the logit, that of the maximum pore size ln(ratio - 1).
    """
    out: dict[str, dict[str, float]] = {q: {} for q in QUANTITIES}
    for name, scale in scales().items():
        if len(scale.quantities) != len(QUANTITIES):
            continue
        z = c.draws[name].reshape(-1, len(QUANTITIES))
        middle = np.asarray(scale.quantities) * np.exp(scale.sd * np.median(z, axis=0))
        for q, value in zip(QUANTITIES, middle, strict=True):
            out[q][name] = float(value)
    return out


def warnings_of(c: Calibration) -> list[str]:
    """What is wrong with the sampling, in sentences; empty where nothing is."""
    s = c.statistics
    out = []
    r_hat = float(s.get("r_hat", math.nan))
    told = float(s.get("readings_r_hat", math.nan))
    if not c.converged():
        what = f"readings {told:.2f}, " if math.isfinite(told) else ""
        out.append(
            f"The chains do not agree: R-hat is {what}{r_hat:.2f} ({s.get('r_hat_of', '')}), 1.05 or less is wanted. "
            "Intervals are not to be trusted: raise --warmup and --samples."
        )
    elif not r_hat <= CONVERGED:
        out.append(
            f"The chains agree on predicted readings (R-hat {told:.2f}) but not on every parameter ({r_hat:.2f} for "
            f"{s.get('r_hat_of', '')}): parameters that are told only together are not known one by one."
        )
    if c.settings.chains < 2:
        out.append("One chain alone: whether it saw all of the posterior cannot be told. Use two or more.")
    divergences = int(s.get("divergences", 0))
    total = c.settings.chains * c.settings.samples
    if divergences > 0.01 * total:
        out.append(
            f"{divergences} of {total} steps diverged: part of the posterior was not reached, intervals may be too narrow. "
            "Raise --warmup."
        )
    effective = float(s.get("readings_effective_draws", s.get("effective_draws", math.inf)))
    if effective < 80:
        out.append(
            f"{effective:.0f} effective draws of the slowest prediction, 80 or more are wanted: raise --samples."
        )
    return out


def calibration_document(c: Calibration, quick: bool = False) -> dict[str, Any]:
    """Everything that a calibration learned, as plain data (``calibration.json``)."""
    o = c.observations
    rows = left_out_rows(c)
    doubtful = [
        {
            "specimen": o.names[o.specimen[k]],
            "quantity": QUANTITIES[o.quantity[k]],
            "factor": float(o.doubt[k]),
        }
        for k in np.flatnonzero(o.doubt > 1.0)
    ]
    audit = tuple(n for n in o.notes if "by the audit" in n)
    return {
        "id": c.id,
        "name": c.name,
        "version": c.version,
        "quick": quick,
        "settings": c.settings.to_dict(),
        "statistics": dict(c.statistics),
        "converged": c.converged(),
        "warnings": warnings_of(c),
        "specimens": [
            {
                "name": n,
                "origin": o.origin[i],
                "class": o.classes[i],
                "observations": len(o.of(n)),
                "solvent": o.features.solvents[int(o.features.solvent[i])],
            }
            for i, n in enumerate(o.names)
        ],
        "solvents": list(c.solvents),
        "observations": o.counts(),
        "learned": [x.to_dict() for x in sorted(c.learned(), key=lambda x: -x.learned)],
        "densities": densities(c),
        "correlations": [
            {"one": a, "other": b, "correlation": round(value, 3)} for a, b, value in c.correlations()
        ],
        "unexplained": unexplained(c),
        "left_out": rows,
        "reliable_k": RELIABLE,
        "left_out_summary": left_out_summary(rows) if rows else None,
        "doubts": doubtful,
        "doubt_notes": list(audit),
        "read_notes": [n for n in o.notes if n not in set(audit)],
        "notes": list(c.notes),
    }


def calibration_folder(name: str, identity: str) -> str:
    """Name of the directory of a calibration."""
    from percola.pipeline.bench import slug

    return f"{slug(name)}-{identity}"


def write_calibration(c: Calibration, *, out: Path | None = None, quick: bool = False) -> Path:
    """Write a calibration into ``<out>/<name>-<id>``: calibration.npz, calibration.json, figures, report.html."""
    from percola.report.calibration import build_calibration

    folder = calibration_folder(c.name, c.id)
    with RunDirectory.open(out or CALIBRATIONS, folder, need_bytes=ROOM_BYTES, fresh=True) as directory:
        c.save(directory.path / "calibration.npz")
        files = [
            "calibration.npz",
            directory.write_json("calibration.json", plain(calibration_document(c, quick))),
        ]
        directory.update_manifest(
            kind="calibration",
            version=__version__,
            status="running",
            title=c.name,
            notes=list(c.notes),
            citations=["ep1063256", "kennedyohagan2001"],
        )
        directory.finish("calibrate", files=files)
        build_calibration(directory.path)
        directory.update_manifest(status="finished")
        return directory.path


def load_calibration(path: str | Path) -> Calibration:
    """A calibration by its file, or by its directory."""
    p = Path(path)
    return Calibration.load(p / "calibration.npz" if p.is_dir() else p)


__all__ = [
    "CALIBRATIONS",
    "PREDICTIONS",
    "Foretold",
    "calibration_document",
    "checked",
    "foretell",
    "left_out_rows",
    "left_out_summary",
    "load_calibration",
    "table",
    "write_calibration",
    "write_prediction",
    "write_table",
]
