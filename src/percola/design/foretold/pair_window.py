"""T_l and T_u of a solution as predicted: porosity and breaking extension against the dissolution temperature (paragraph 19).

Each draw of the posterior gives one pair of curves, every 5 degC from 100 degC as the definition asks; departures of the
membranes along a curve go together as the calibration found them to. T_l and T_u are read off every draw's curves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from percola.design.posterior.calibration import Calibration
from percola.design.posterior.conditional import Informed, Target, informed, padded_draws
from percola.design.posterior.inference import features_table, parameters
from percola.design.reduced.chain import QUANTITIES, finished, inputs, physical
from percola.design.reduced.features import Features, features_of, swept
from percola.design.reduced.march import march
from percola.design.reduced.nearness import square_distance
from percola.judge.window import FIRST_K, STEP_K
from percola.recipe.model import Recipe
from percola.recipe.physics import system_from

FloatArray = npt.NDArray[np.float64]
Array = jax.Array

DRAWS = 150
MOST = 26
"""Temperatures of a compiled table: 100 to 225 degC."""
SOLUTION = 0.5
"""Share that crystallizes while held at T_s, from which on a note says so (paragraph 54)."""


@dataclass(frozen=True)
class PairWindow:
    """T_l and T_u as predicted, 90 % intervals, and the curves they come from.

    Attributes:
        lower_K, lower_low_K, lower_high_K: T_l, median and interval.
        upper_K, upper_low_K, upper_high_K: T_u.
        probability: that T_u - T_l > 0 (definition (B) for this concentration).
        temperatures_K: every 5 degC, shape (n,).
        porosity, extension: quantiles 5, 50, 95 %, shape (3, n).
        strength_Pa: the same.
        ratio: the same, of maximum over average pore size.
        notes: what to know.
    """

    lower_K: float
    lower_low_K: float
    lower_high_K: float
    upper_K: float
    upper_low_K: float
    upper_high_K: float
    probability: float
    temperatures_K: FloatArray
    porosity: FloatArray
    extension: FloatArray
    strength_Pa: FloatArray
    ratio: FloatArray
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        arrays = ("temperatures_K", "porosity", "extension", "strength_Pa", "ratio")
        return {k: (v.tolist() if k in arrays else v) for k, v in self.__dict__.items()} | {
            "notes": list(self.notes)
        }


@jax.jit
def _curves(
    specimen: Array, known: Informed, draws: dict[str, Array], target: Target, among: Array, noise: Array
) -> tuple[Array, Array]:
    """(readings without scatter (n, 6), crystallized share in the hold (n,)) of each draw, departures sampled together."""

    def one(args: tuple[Informed, dict[str, Array], Array]) -> tuple[Array, Array]:
        i, z, e = args
        cross = (1.0 - i.own) * jnp.exp(-0.5 * target.square / i.reach**2)[:, specimen]
        n, q = cross.shape[0], len(QUANTITIES)
        a = (cross[:, :, None] * (i.loaded * i.departure)[None]).transpose(0, 2, 1).reshape(n * q, -1)
        mean = (a @ i.alpha).reshape(n, q)
        white = jax.scipy.linalg.solve_triangular(i.root, a.T, lower=True)
        prior = (1.0 - i.own) * jnp.exp(-0.5 * among / i.reach**2)
        joint = jnp.einsum("ij,q,qr->iqjr", prior, i.departure**2, jnp.eye(q)).reshape(n * q, n * q)
        spread = joint - white.T @ white
        delta = mean + (jnp.linalg.cholesky(spread + 1e-6 * jnp.eye(n * q)) @ e).reshape(n, q)
        theta = parameters(z)
        table = inputs(dict(target.table), theta)
        m = march(table, physical(theta, table))
        return finished(table, theta, m, delta).scale, m.hold_share

    return jax.lax.map(one, (known, draws, noise))


def pair_window(
    recipe: Recipe, calibration: Calibration, seed: int = 0, base: Features | None = None
) -> PairWindow:
    """The window of dissolution temperatures of a recipe's solution and process.

    Args:
        recipe: everything but its dissolution temperature is kept.
        calibration: whose posterior is used.
        seed: of departures.
        base: the recipe's features, where they are known.

    Limitations: the cooling curve is that of the recipe in reduced temperature. Where nearly all
    crystallizes while the solution is held the model gives a dense body; paragraph 54 says that no homogeneous solution is
    obtained there.
    """
    one = features_of(recipe) if base is None else base
    # every 5 degC from 100 degC to where no crystal of the tables outlives dissolution: the same for every T_s of a solution
    k = one.melting_k_1_K
    melting = float(((1.0 + k * one.melting_energy_K) / (1.0 / one.Tm0_K - k * one.melting_athermal))[0])
    top = max(melting, FIRST_K + 8 * STEP_K)
    grid = np.arange(FIRST_K, top + STEP_K, STEP_K)[:MOST]
    table = swept(one, system_from(recipe), dissolution_K=grid)
    table, draws = calibration.matched(table)
    count = next(iter(draws.values())).shape[0]
    pick = np.unique(np.linspace(0, count - 1, min(DRAWS, count)).astype(int))
    n = grid.size
    index = np.minimum(np.arange(MOST), n - 1)  # one compiled shape: filled up with copies of the last
    filled = table.take(index)
    square = square_distance(filled, calibration.observations.features)
    target = Target(features_table(filled), jnp.asarray(square), jnp.zeros_like(square))
    among = jnp.asarray(square_distance(filled, filled))
    noise = np.random.default_rng(seed).standard_normal((len(pick), MOST * len(QUANTITIES)))
    p = calibration.problem
    known = informed(p, draws).take(pick)
    used = {k: v[pick] for k, v in padded_draws(draws).items()}
    scale, held = _curves(jnp.asarray(p.specimen), known, used, target, among, jnp.asarray(noise))
    scale, held = np.asarray(scale)[:, :n], np.asarray(held)[:, :n]
    solution = np.median(held, axis=0) < SOLUTION
    notes = []
    if not solution.all() and solution.any():
        notes.append(
            f"Below {grid[solution][0] - 273.15:.0f} degC more than half crystallizes while the solution is held: what can still be "
            "shaped there is dense."
        )
    t = grid
    s = scale
    porosity = 1.0 / (1.0 + np.exp(-s[:, :, 0]))
    extension = np.exp(s[:, :, 5])
    lower = t[:-1][np.argmax(np.diff(porosity, axis=1), axis=1)] + 0.5 * STEP_K
    upper = t[:-1][np.argmax(-np.diff(extension, axis=1), axis=1)] + 0.5 * STEP_K
    levels = (0.05, 0.5, 0.95)
    low, high = np.quantile(lower, levels), np.quantile(upper, levels)
    return PairWindow(
        lower_K=float(low[1]),
        lower_low_K=float(low[0]),
        lower_high_K=float(low[2]),
        upper_K=float(high[1]),
        upper_low_K=float(high[0]),
        upper_high_K=float(high[2]),
        probability=float(np.mean(upper > lower)),
        temperatures_K=t,
        porosity=np.quantile(porosity, levels, axis=0),
        extension=np.quantile(extension, levels, axis=0),
        strength_Pa=np.quantile(np.exp(s[:, :, 4]), levels, axis=0),
        ratio=np.quantile(np.exp(s[:, :, 2] - s[:, :, 1]), levels, axis=0),
        notes=tuple(notes),
    )
