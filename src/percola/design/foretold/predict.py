"""What a calibration says of a recipe: every reading with a 90 % interval, the class, and how far it is from what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from percola.design.posterior.calibration import Calibration
from percola.design.posterior.conditional import Sampled, Target, sample_many
from percola.design.posterior.inference import OPEN_WIDTH, features_table
from percola.design.posterior.leave_out import class_probabilities, to_si, weighted_quantiles
from percola.design.reduced.chain import QUANTITIES
from percola.design.reduced.features import Features, features_of
from percola.design.reduced.nearness import AXES, coordinates, square_distance
from percola.measurement import Check, Measurement
from percola.recipe.model import Recipe

FloatArray = npt.NDArray[np.float64]

LEVEL = 0.90
UNITS = {
    "porosity": "1",
    "average_pore_size": "m",
    "maximum_pore_size": "m",
    "pore_size_ratio": "1",
    "water_permeability": "m/(s.Pa)",
    "breaking_strength": "Pa",
    "breaking_extension": "1",
    "thickness": "m",
}
METHODS = {
    "porosity": "para. 89(7)",
    "average_pore_size": "para. 89(5), ASTM F316",
    "maximum_pore_size": "para. 89(6), ASTM F316, E128",
    "pore_size_ratio": "para. 16",
    "water_permeability": "para. 89(9)",
    "breaking_strength": "para. 89(8), ASTM D882",
    "breaking_extension": "para. 89(8), ASTM D882",
    "thickness": "para. 89(4)",
}
SHRUNK_LN_SD = 0.07
"""Of the wall's thickness: 5 % for shrinkage that is not even (percola.membrane) and 5 % for draw-down from the die, which recipes
do not tell; our estimate."""
THICKNESS_LN_SD = 0.02  # of reading it on a micrograph (para. 89(4)): our estimate
NEAR, FAR = 1.0, 2.0
"""Distances (:mod:`percola.design.reduced.nearness`): within NEAR of a specimen departures go together; beyond FAR nothing was near."""
CITES = ("ep1063256", "kennedyohagan2001")


@dataclass(frozen=True)
class Predicted:
    """One reading as predicted, SI.

    Attributes:
        name, unit: as in a measurement.
        median, low, high: of what a bench would read, 90 % interval with the scatter of measuring.
        true_low, true_high: 90 % interval of the membrane's own value, without that scatter.
        sd: standard deviation of the reading.
    """

    name: str
    unit: str
    median: float
    low: float
    high: float
    true_low: float
    true_high: float
    sd: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class Nearness:
    """How far a recipe is from those calibrated on.

    Attributes:
        distance: to the nearest specimen; 1 is about as far as departures go together.
        nearest: its name.
        word: "near", "between" or "extrapolation".
        reasons: what sets it apart from everything calibrated on.
    """

    distance: float
    nearest: str
    word: str
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "distance": self.distance,
            "nearest": self.nearest,
            "word": self.word,
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True)
class Prediction:
    """What a calibration says of one recipe.

    Attributes:
        name: of the recipe.
        readings: by measurement name.
        classes: probability of each structure class.
        nearness: how far it is from what was calibrated on.
        calibration: id of the calibration.
        notes: what to know of it.
    """

    name: str
    readings: Mapping[str, Predicted]
    classes: Mapping[str, float]
    nearness: Nearness
    calibration: str
    notes: tuple[str, ...] = ()

    @property
    def structure_class(self) -> str:
        """The most probable class; "undecided" where none has half of the probability."""
        best = max(self.classes, key=lambda k: self.classes[k])
        return best if self.classes[best] > 0.5 else "undecided"

    @property
    def certain_class(self) -> str:
        """The class as a judge may take it: "undecided" below a probability of :data:`LEVEL`."""
        best = self.structure_class
        return best if self.classes.get(best, 0.0) >= LEVEL else "undecided"

    def measurements(self) -> tuple[Measurement, ...]:
        """The readings and the class as measurements, which :mod:`percola.judge` judges like any other."""
        far = self.nearness.word == "extrapolation"
        check = Check(
            "nearness",
            "warn" if far else "pass",
            f"{self.nearness.word}: {self.nearness.distance:.2g} from {self.nearness.nearest}"
            + (f" ({'; '.join(self.nearness.reasons)})" if self.nearness.reasons else ""),
        )
        out = [
            Measurement(
                r.name,
                r.median,
                r.unit,
                r.sd,
                f"EP 1063256 {METHODS[r.name]}; predicted by the reduced model, calibration {self.calibration}",
                "wall",
                (check,),
                {"interval_90": [r.low, r.high], "membrane_90": [r.true_low, r.true_high]},
                CITES,
            )
            for r in self.readings.values()
        ]
        out.append(
            Measurement(
                "structure_class",
                self.certain_class,
                "",
                None,
                f"EP 1063256 para. 16, 33, 54; predicted by the reduced model, calibration {self.calibration}",
                "core",
                (check,),
                {"probabilities": dict(self.classes), "most_probable": self.structure_class},
                CITES,
            )
        )
        return tuple(out)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, SI units."""
        return {
            "name": self.name,
            "readings": {k: v.to_dict() for k, v in self.readings.items()},
            "structure_class": self.structure_class,
            "class_probabilities": dict(self.classes),
            "nearness": self.nearness.to_dict(),
            "calibration": self.calibration,
            "notes": list(self.notes),
        }


def nearness(f: Features, calibration: Calibration) -> tuple[Nearness, ...]:
    """How far each recipe of a table is from the specimens calibrated on."""
    known = calibration.observations.features
    distance = np.sqrt(square_distance(f, known))
    x, y = coordinates(f), coordinates(known)
    low, high = y.min(axis=0), y.max(axis=0)
    out = []
    for i in range(len(f)):
        reasons = []
        solvent = f.solvents[f.solvent[i]]
        if solvent not in known.solvents:
            reasons.append(f"no specimen in {solvent.replace('+', ' + ')}")
        for axis, words in enumerate(AXES):
            beyond = max(low[axis] - x[i, axis], x[i, axis] - high[axis])
            if beyond > 0.25:
                reasons.append(f"{words} outside of the specimens'")
        j = int(np.argmin(distance[i]))
        d = float(distance[i, j])
        word = "extrapolation" if reasons or d > FAR else "near" if d <= NEAR else "between"
        out.append(Nearness(d, calibration.observations.names[j], word, tuple(reasons)))
    return tuple(out)


def sampled(
    f: Features, calibration: Calibration, seed: int = 0, known_recipes: bool = False
) -> tuple[Features, Sampled]:
    """Predictive draws for a table of recipes, shape (draws, n, 6) and so on.

    Args:
        known_recipes: a recipe at distance 0 from a specimen is that specimen's own gel (its own departure is known); by
            default every recipe is a new batch.
    """
    table, draws = calibration.matched(f)
    square = square_distance(table, calibration.observations.features)
    same = (square < 1e-12).astype(float) if known_recipes else np.zeros_like(square)
    # the likelihood's own table has the solvents calibrated on; draws may hold more
    target = Target(features_table(table), jnp.asarray(square), jnp.asarray(same))
    return table, sample_many(calibration.problem, draws, target, seed)


def predict_features(
    f: Features, calibration: Calibration, seed: int = 0, notes: Sequence[str] = ()
) -> tuple[Prediction, ...]:
    """Predictions for a table of recipes (a thousand in a few seconds); see :func:`predict`."""
    table, s = sampled(f, calibration, seed)
    reading, truth = np.asarray(s.reading), np.asarray(s.truth)
    tail = 0.5 * (1.0 - LEVEL)
    levels = (tail, 0.5, 1.0 - tail)
    # pores and flow are those of membranes that are open: a closed one has neither
    through = np.asarray(ndtr(np.asarray(s.open) / OPEN_WIDTH) * ndtr(np.asarray(s.wide) / OPEN_WIDTH))
    sphere = np.asarray(s.sphere)
    opened = np.maximum(sphere + (1.0 - sphere) * through, 1e-9)  # (draws, n)
    everywhere = np.ones_like(opened)
    share = np.stack([everywhere, *(opened,) * 3, everywhere, everywhere], axis=-1)
    ln_ratio = np.stack([x[:, :, 2] - x[:, :, 1] for x in (reading, truth)], axis=-1)
    read, true = np.empty((3, *reading.shape[1:])), np.empty((3, *reading.shape[1:]))
    ratio = np.empty((3, reading.shape[1], 2))
    for k in range(reading.shape[1]):
        for q in range(len(QUANTITIES)):
            w = share[:, k, q]
            read[:, k, q] = weighted_quantiles(reading[:, k, q], w, levels)
            true[:, k, q] = weighted_quantiles(truth[:, k, q], w, levels)
        ratio[:, k] = np.exp(weighted_quantiles(ln_ratio[:, k], opened[:, k], levels))
    read, true = to_si(read), to_si(true)
    in_si = to_si(reading)
    mean = np.sum(share * in_si, axis=0) / share.sum(axis=0)
    sd = np.sqrt(np.sum(share * (in_si - mean) ** 2, axis=0) / share.sum(axis=0))
    wall = np.asarray(s.wall_m)
    count = reading.shape[0]
    weights = np.full(count, 1.0 / count)
    near = nearness(table, calibration)
    unknown = np.random.default_rng(seed + 1).standard_normal((2, count))
    out = []
    for i in range(len(f)):
        probabilities = class_probabilities(s, weights, i)
        readings: dict[str, Predicted] = {}
        for j, name in enumerate(QUANTITIES):
            readings[name] = Predicted(
                name,
                UNITS[name],
                median=float(read[1, i, j]),
                low=float(read[0, i, j]),
                high=float(read[2, i, j]),
                true_low=float(true[0, i, j]),
                true_high=float(true[2, i, j]),
                sd=float(sd[i, j]),
            )
            if name == "maximum_pore_size":
                low, median, high = (float(x) for x in ratio[:, i, 0])
                readings["pore_size_ratio"] = Predicted(
                    "pore_size_ratio",
                    UNITS["pore_size_ratio"],
                    median=median,
                    low=low,
                    high=high,
                    true_low=float(ratio[0, i, 1]),
                    true_high=float(ratio[2, i, 1]),
                    sd=(high - low) / 3.29,
                )
        made = wall[:, i] * _thinned(table, i) * np.exp(SHRUNK_LN_SD * unknown[0])
        readings["thickness"] = _quantity("thickness", made * np.exp(THICKNESS_LN_SD * unknown[1]), made)
        words = list(notes)
        closed = probabilities["non_porous"]
        if closed > 0.05:
            words.append(
                f"Closed with a probability of {closed:.0%}; pore sizes and flow are those that it has if it is open."
            )
        out.append(
            Prediction(
                f.names[i] if f.names else f"recipe {i + 1}",
                readings,
                probabilities,
                near[i],
                calibration.id,
                tuple(words),
            )
        )
    return tuple(out)


def _thinned(f: Features, i: int) -> float:
    """How much stretching thins the wall."""
    from percola.design.reduced.chain import LATERAL

    return float(1.0 - LATERAL * f.residual_strain[i])


def _quantity(name: str, reading: FloatArray, truth: FloatArray) -> Predicted:
    tail = 0.5 * (1.0 - LEVEL)
    low, median, high = np.quantile(reading, (tail, 0.5, 1.0 - tail))
    a, b = np.quantile(truth, (tail, 1.0 - tail))
    return Predicted(
        name, UNITS[name], float(median), float(low), float(high), float(a), float(b), float(reading.std())
    )


def predict(
    recipes: Sequence[Recipe], calibration: Calibration, names: Sequence[str] = (), seed: int = 0
) -> tuple[Prediction, ...]:
    """Every reading of recipes with a 90 % interval.

    Args:
        recipes: sound recipes (:func:`percola.recipe.require_sound`).
        calibration: e.g. :func:`percola.design.posterior.calibration.patent`.
        names: labels; those of the recipes by default.
        seed: of the predictive draws.

    Raises:
        InputError: a recipe that cannot be turned to physics.
    """
    from percola.design.reduced.features import joined

    labels = list(names) or [r.name for r in recipes]
    f = joined([features_of(r, n) for r, n in zip(recipes, labels, strict=True)])
    return predict_features(f, calibration, seed)
