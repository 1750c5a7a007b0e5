"""Leave-one-out: each specimen predicted from the others, by reweighting the posterior's draws or by sampling anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from percola.design.posterior.conditional import Sampled, Target, sample_many
from percola.design.posterior.inference import Problem, features_table
from percola.design.posterior.pareto import smoothed
from percola.design.reduced.chain import QUANTITIES
from percola.design.reduced.nearness import square_distance

if TYPE_CHECKING:
    from percola.design.posterior.observations import Observations

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LeftOut:
    """One specimen as predicted from the others.

    Attributes:
        name: of the specimen.
        k: shape of the tail of the importance weights; NaN where it was sampled anew.
        median, low, high: of each quantity's reading in SI (90 % interval), shape (6,).
        ln_sd: standard deviation on the transformed scale, shape (6,).
        probabilities: of the structure classes.
        r_hat: agreement of the chains, where it was sampled anew.
    """

    name: str
    k: float
    median: FloatArray
    low: FloatArray
    high: FloatArray
    ln_sd: FloatArray
    probabilities: Mapping[str, float]
    r_hat: float = float("nan")

    @property
    def resampled(self) -> bool:
        """Whether the posterior was sampled anew without the specimen."""
        return bool(np.isnan(self.k))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "name": self.name,
            "k": self.k if np.isfinite(self.k) else None,
            "quantities": {
                q: {"median": float(self.median[j]), "low": float(self.low[j]), "high": float(self.high[j])}
                for j, q in enumerate(QUANTITIES)
            },
            "class_probabilities": dict(self.probabilities),
        }


def to_si(scale: FloatArray) -> FloatArray:
    """Readings in SI from the transformed scale, quantities along the last axis."""
    out = np.exp(np.clip(scale, -80.0, 80.0))
    out[..., 0] = out[..., 0] / (1.0 + out[..., 0])
    return out


def weighted_quantiles(values: FloatArray, weights: FloatArray, levels: tuple[float, ...]) -> FloatArray:
    """Quantiles along the first axis, shape (len(levels), ...)."""
    order = np.argsort(values, axis=0)
    v = np.take_along_axis(values, order, axis=0)
    w = np.asarray(weights)[order]
    c = np.cumsum(w, axis=0) - 0.5 * w
    c = c / w.sum(axis=0)
    flat_v, flat_c = v.reshape(v.shape[0], -1), c.reshape(c.shape[0], -1)
    out = np.stack(
        [[np.interp(q, flat_c[:, i], flat_v[:, i]) for i in range(flat_v.shape[1])] for q in levels]
    )
    return np.asarray(out.reshape(len(levels), *values.shape[1:]))


def class_probabilities(s: Sampled, weights: FloatArray, index: int) -> dict[str, float]:
    """Probability of each structure class of one recipe (definitions of paragraphs 16, 33, 54)."""
    from scipy.special import ndtr

    from percola.design.posterior.inference import OPEN_WIDTH

    sphere = np.asarray(s.sphere)[:, index]
    through = ndtr(np.asarray(s.open)[:, index] / OPEN_WIDTH) * ndtr(
        np.asarray(s.wide)[:, index] / OPEN_WIDTH
    )
    closed = (1.0 - sphere) * (1.0 - through)
    truth = np.asarray(s.truth)[:, index]
    coarse = (truth[:, 2] - truth[:, 1] > np.log(2.0)).astype(float)
    rest = 1.0 - sphere - closed
    parts = {
        "percolation": rest * (1.0 - coarse),
        "coarse": rest * coarse,
        "non_porous": closed,
        "spherical_particles": sphere,
    }
    return {name: float(np.sum(weights * v)) for name, v in parts.items()}


def leave_one_out(
    o: Observations,
    p: Problem,
    draws: Mapping[str, np.ndarray],
    seed: int = 0,
    anew: Mapping[int, Mapping[str, np.ndarray]] | None = None,
    progress: Callable[[str, float], None] | None = None,
    only: Sequence[int] | None = None,
) -> list[LeftOut]:
    """Every specimen predicted with its readings and its class forgotten.

    Args:
        o, p: observations and their problem.
        draws: posterior with all specimens.
        seed: of departures and scatter.
        anew: draws of the posterior without a specimen, by its index; for the others the draws are reweighted, and k says
            how far those weights are to be trusted.
        progress: told of (specimen, share done).
        only: indices of the specimens wanted, in this order; all by default.
    """
    f = o.features
    n = len(f)
    square = square_distance(f, f)
    out: list[LeftOut] = []
    wanted = list(range(n)) if only is None else list(only)
    for at, i in enumerate(wanted):
        if progress is not None:
            progress(o.names[i], at / len(wanted))
        mine = p.specimen == i
        one = f.take([i])
        target = Target(features_table(one), jnp.asarray(square[[i]]), jnp.zeros((1, n)))
        fresh = None if anew is None else anew.get(i)
        class_known = bool(p.open_known[i] or p.closed_known[i] or p.fine_known[i])
        s = sample_many(p, draws if fresh is None else fresh, target, seed + i, mine, np.arange(n) == i)
        count = np.asarray(s.ln_evidence).size
        weights, k = np.full(count, 1.0 / count), np.nan if fresh is not None else -np.inf
        if fresh is None and (mine.any() or class_known):
            weights, k = smoothed(-np.asarray(s.ln_evidence))
        reading = np.asarray(s.reading)[:, 0]
        q = weighted_quantiles(reading, weights, (0.05, 0.5, 0.95))
        mean = np.sum(weights[:, None] * reading, axis=0)
        sd = np.sqrt(np.sum(weights[:, None] * (reading - mean) ** 2, axis=0))
        low, median, high = (to_si(x) for x in q)
        out.append(LeftOut(o.names[i], float(k), median, low, high, sd, class_probabilities(s, weights, 0)))
    return out
