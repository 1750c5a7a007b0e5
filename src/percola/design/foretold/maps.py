"""Predictions for maps and searches: ten thousand recipes a second, with intervals, from a few draws of the posterior.

:mod:`percola.design.foretold.predict` takes hundreds of draws and is the reference; this takes :data:`ENSEMBLE` of them and the closed
form of what is left, and is checked against it (``tests/unit/design``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax.scipy.stats import norm

from percola.design.posterior.calibration import Calibration
from percola.design.posterior.conditional import Informed, informed, padded_draws, padded_size
from percola.design.posterior.inference import OPEN_WIDTH, parameters
from percola.design.posterior.leave_out import to_si
from percola.design.reduced.chain import QUANTITIES, finished, inputs, physical
from percola.design.reduced.features import Features
from percola.design.reduced.march import march
from percola.design.reduced.nearness import square_distance

FloatArray = npt.NDArray[np.float64]
Array = jax.Array

ENSEMBLE = 4
"""Draws of the posterior: their spread stands for what is not known of the parameters (its own error is 40 %)."""
BLOCK = 2500
"""Recipes at a time: keeps the curves of cooling in the processor's cache and memory below 100 MB."""
NORMAL_90 = 1.6449


@dataclass(frozen=True)
class Map:
    """Predictions for n recipes in SI, quantities in the order of :data:`percola.design.reduced.chain.QUANTITIES`.

    Attributes:
        median, low, high: shape (n, 6), 90 % interval of a reading.
        closed_probability: that nothing goes through, shape (n,).
        ratio: maximum over average pore size, shape (n,).
    """

    median: FloatArray
    low: FloatArray
    high: FloatArray
    closed_probability: FloatArray
    ratio: FloatArray


class Mapper:
    """A calibration made ready for maps: what does not depend on the recipe is worked out once."""

    def __init__(self, calibration: Calibration, f: Features) -> None:
        """Args: the calibration and any table with the solvents that will be asked for."""
        table, draws = calibration.matched(f)
        self.calibration = calibration
        self.solvents = table.solvents
        count = draws["own"].shape[0]
        pick = np.linspace(0, count - 1, ENSEMBLE + 2).astype(int)[1:-1]
        p = calibration.problem
        used = {k: v[pick] for k, v in padded_draws(draws).items()}
        self._ready: Any = _ready(jnp.asarray(p.specimen), p.size, informed(p, draws).take(pick), used)

    def __call__(self, f: Features) -> Map:
        """Predictions for a table."""
        number = np.array([self.solvents.index(s) for s in f.solvents])
        arrays = f.arrays() | {"solvent": number[f.solvent]}
        square = square_distance(f, self.calibration.observations.features)
        parts = []
        n = len(f)
        for start in range(0, n, BLOCK):
            stop = min(start + BLOCK, n)
            # one compiled shape: the last block is filled up with copies of its last recipe
            index = np.minimum(np.arange(start, start + min(BLOCK, padded_size(n))), n - 1)
            table = {k: jnp.asarray(v[index]) for k, v in arrays.items()}
            out = _block(self._ready, table, jnp.asarray(square[index]))
            parts.append([np.asarray(x)[: stop - start] for x in out])
        middle, sd, closed = (np.concatenate(x) for x in zip(*parts, strict=True))
        return Map(
            median=to_si(middle.copy()),
            low=to_si(middle - NORMAL_90 * sd),
            high=to_si(middle + NORMAL_90 * sd),
            closed_probability=closed,
            ratio=np.exp(middle[:, 2] - middle[:, 1]),
        )


@partial(jax.jit, static_argnums=(1,))
def _ready(specimen: Array, size: int, known: Informed, draws: dict[str, Array]) -> Any:
    """What does not depend on the recipe, for each draw: by specimen, the mean of departure q is K @ weight[:, q]."""

    def one(args: tuple[Informed, dict[str, Array]]) -> Any:
        i, z = args
        inverse = jax.scipy.linalg.cho_solve((i.root, True), jnp.eye(i.root.shape[0]))
        by = (specimen[None, :] == jnp.arange(size)[:, None]).astype(float)
        load = i.loaded * i.departure * (1.0 - i.own)
        weight = by @ (load * i.alpha[:, None])  # (specimens, 6)
        square = jnp.stack(
            [by @ (load[:, [q]] * inverse * load[:, [q]].T) @ by.T for q in range(len(QUANTITIES))]
        )
        return parameters(z), i.departure, i.scatter, i.reach, weight, square

    return jax.lax.map(one, (known, draws))


@jax.jit
def _block(ready: Any, table: dict[str, Array], square: Array) -> tuple[Array, Array, Array]:
    """(mean of the readings' scale, its standard deviation, probability of closed voids) over the ensemble."""

    def one(r: Any) -> tuple[Array, Array, Array]:
        theta, departure, scatter, reach, weight, spread = r
        near = jnp.exp(-0.5 * square / reach**2)  # (n, m)
        mean = near @ weight
        known = jnp.stack(
            [jnp.einsum("nm,nm->n", near @ spread[q], near) for q in range(len(QUANTITIES))], axis=-1
        )
        variance = jnp.maximum(departure**2 - known, 1e-9)
        full = inputs(table, theta)
        m = march(full, physical(theta, full))

        def readings(d: Array) -> Array:
            return finished(full, theta, m, d).scale

        base = finished(full, theta, m, mean)
        total = scatter**2 + jnp.zeros_like(base.scale)
        for q in range(len(QUANTITIES)):
            slope = jax.jvp(readings, (mean,), (jnp.zeros_like(mean).at[:, q].set(1.0),))[1]
            total = total + slope**2 * variance[:, [q]]
        through = norm.cdf(base.open / OPEN_WIDTH) * norm.cdf(base.wide / OPEN_WIDTH)
        return base.scale, total, (1.0 - base.sphere) * (1.0 - through)

    scale, variance, closed = jax.lax.map(one, ready)
    between = jnp.sum((scale - scale.mean(axis=0)) ** 2, axis=0) / (ENSEMBLE - 1)
    return scale.mean(axis=0), jnp.sqrt(variance.mean(axis=0) + between), closed.mean(axis=0)
