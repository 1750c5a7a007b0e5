"""What a draw of the posterior says of any recipe, given readings of others: departures conditioned, then the model itself.

Two compiled steps. What readings say of departures does not depend on the recipes asked for: it is worked out once for a set of
draws and kept. The rest runs in tables of a few fixed sizes, so that a second recipe costs no compilation.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from percola.design.posterior.inference import (
    GONE,
    Problem,
    covariance,
    hyper,
    log_class_terms,
    parameters,
    response,
)
from percola.design.reduced.chain import QUANTITIES, finished, inputs, physical
from percola.design.reduced.march import march

Array = jax.Array
SPREAD_FLOOR = 1e-9
"""Variance added to that of departures: keeps it positive where a recipe's own readings leave nothing open."""
_KEPT: OrderedDict[tuple[int, int], tuple[Any, Any, Informed]] = OrderedDict()
_MOST_KEPT = 2
_AT_A_TIME = 2048
"""Marches (draws times recipes) run together: more no longer fit in the processor's cache."""


class Target(NamedTuple):
    """Recipes to predict: table, squared distance to those calibrated on (n, m), and which are one of them (n, m)."""

    table: dict[str, Array]
    square: Array
    same: Array


class Informed(NamedTuple):
    """What readings say of departures, first axis the draw.

    loaded: slopes of the readings with departures times the sd of departures, (draws, m_obs, 6), 0 where left out; root: Cholesky
    root of the readings' covariance; alpha: inverse covariance times residual; departure, scatter (draws, 6), reach, own: of the
    Gaussian process; ln_evidence: ln p(readings left out | the others).
    """

    loaded: Array
    root: Array
    alpha: Array
    departure: Array
    scatter: Array
    reach: Array
    own: Array
    ln_evidence: Array

    def take(self, index: Any) -> Informed:
        """Some of the draws."""
        return Informed(*(x[index] for x in self))


class Sampled(NamedTuple):
    """One draw for n recipes: readings without and with the scatter of measuring, shape (n, 6); state of each recipe."""

    truth: Array
    reading: Array
    open: Array
    wide: Array
    sphere: Array
    demixed: Array
    length_m: Array
    wall_m: Array
    ln_evidence: Array


@jax.jit
def _informed(p: Problem, draws: dict[str, Array], left_out: Array, class_out: Array) -> Informed:
    def one(z: dict[str, Array]) -> Informed:
        base, slopes = response(p.table, parameters(z))
        c = covariance(p, slopes, z)
        departure, scatter, reach, own = hyper(z)
        loaded = slopes[p.specimen, p.quantity] * departure
        residual = p.value - base.scale[p.specimen, p.quantity]
        out = left_out | jnp.asarray(p.gone)
        kept = c + jnp.diag(jnp.where(out, GONE, 0.0))
        kept = jnp.where(out[:, None] | out[None, :], jnp.diag(jnp.diag(kept)), kept)
        root = jnp.linalg.cholesky(kept)
        known = jnp.where(out, 0.0, residual)
        # ln p(all) - ln p(kept) = ln p(left out | kept)
        full = jnp.linalg.cholesky(c)
        w_full = jax.scipy.linalg.solve_triangular(full, residual, lower=True)
        w_kept = jax.scipy.linalg.solve_triangular(root, known, lower=True)
        ln_all = -0.5 * w_full @ w_full - jnp.sum(jnp.log(jnp.diag(full)))
        ln_kept = -0.5 * w_kept @ w_kept - jnp.sum(jnp.where(out, 0.0, jnp.log(jnp.diag(root))))
        classes = jnp.sum(jnp.where(class_out, log_class_terms(p, base, z), 0.0))
        return Informed(
            loaded=jnp.where(out[:, None], 0.0, loaded),
            root=root,
            alpha=jax.scipy.linalg.cho_solve((root, True), known),
            departure=departure,
            scatter=scatter,
            reach=reach,
            own=own,
            ln_evidence=ln_all - ln_kept - 0.5 * np.log(2.0 * np.pi) * jnp.sum(left_out) + classes,
        )

    return jax.lax.map(one, draws)


def informed(
    p: Problem,
    draws: Mapping[str, np.ndarray],
    left_out: np.ndarray | None = None,
    class_out: np.ndarray | None = None,
) -> Informed:
    """What the readings of a problem say of departures, for every draw; kept where nothing is left out.

    Args:
        left_out: readings to forget, shape (m_obs,).
        class_out: specimens whose class is forgotten too, shape (n,); both enter ``ln_evidence``.
    """
    key = (id(p), id(draws["own"]))
    if left_out is None and class_out is None and key in _KEPT:
        _KEPT.move_to_end(key)
        return _KEPT[key][2]
    used = {k: jnp.asarray(v) for k, v in draws.items()}
    used["chi_A"] = used["chi_A"][:, : p.solvents]
    out = np.zeros(np.shape(p.value), bool) if left_out is None else np.asarray(left_out)
    classes = np.zeros(p.size, bool) if class_out is None else np.asarray(class_out)
    found = _informed(p, used, jnp.asarray(out), jnp.asarray(classes))
    if left_out is None and class_out is None:
        # problem and draws are held too, so that their numbers stay theirs
        _KEPT[key] = (p, draws["own"], found)
        while len(_KEPT) > _MOST_KEPT:
            _KEPT.popitem(last=False)
    return found


def departures(i: Informed, specimen: Array, target: Target) -> tuple[Array, Array]:
    """Mean (n, 6) and covariance (n, 6, 6) of the departures of recipes for one draw."""
    cross = (1.0 - i.own) * jnp.exp(-0.5 * target.square / i.reach**2) + i.own * target.same
    cross = cross[:, specimen]  # (n, m_obs)
    a = cross[:, :, None] * (i.loaded * i.departure)[None, :, :]  # Cov(y, delta of the recipe): (n, m_obs, 6)
    mean = jnp.einsum("nmq,m->nq", a, i.alpha)
    n, m, q = a.shape
    white = jax.scipy.linalg.solve_triangular(i.root, jnp.moveaxis(a, 1, 0).reshape(m, n * q), lower=True)
    white = white.reshape(m, n, q)
    return mean, jnp.diag(i.departure**2)[None] - jnp.einsum("mnq,mnr->nqr", white, white)


@partial(jax.jit, static_argnames=("together",))
def _many(
    specimen: Array,
    known: Informed,
    draws: dict[str, Array],
    target: Target,
    noise: Array,
    scatter: Array,
    together: int,
) -> Sampled:
    def one(args: tuple[Informed, dict[str, Array], Array, Array]) -> Sampled:
        i, z, e, s = args
        mean, spread = departures(i, specimen, target)
        root = jnp.linalg.cholesky(spread + SPREAD_FLOOR * jnp.eye(len(QUANTITIES)))
        delta = mean + jnp.einsum("nqr,r->nq", root, e)
        theta = parameters(z)
        table = inputs(dict(target.table), theta)
        m = march(table, physical(theta, table))
        made = finished(table, theta, m, delta)
        return Sampled(
            truth=made.scale,
            reading=made.scale + s * i.scatter,
            open=made.open,
            wide=made.wide,
            sphere=made.sphere,
            demixed=m.demixed,
            length_m=m.length_m,
            wall_m=made.wall_m,
            ln_evidence=i.ln_evidence,
        )

    return jax.lax.map(one, (known, draws, noise, scatter), batch_size=together)


def padded_size(n: int) -> int:
    """Recipes that a compiled table has for n of them: a power of two up to 64, then multiples of 64."""
    return max(1, 1 << (n - 1).bit_length()) if n <= 64 else -(-n // 64) * 64


def padded_target(target: Target, size: int) -> Target:
    """A target filled up with copies of its last recipe."""
    n = target.square.shape[0]
    index = np.minimum(np.arange(size), n - 1)
    table = {k: jnp.asarray(np.asarray(v)[index]) for k, v in target.table.items()}
    return Target(
        table, jnp.asarray(np.asarray(target.square)[index]), jnp.asarray(np.asarray(target.same)[index])
    )


def padded_draws(draws: Mapping[str, np.ndarray]) -> dict[str, Array]:
    """Draws for the model, chi_A filled up to a multiple of four solvents."""
    out = {k: jnp.asarray(v) for k, v in draws.items()}
    chi = np.asarray(draws["chi_A"])
    out["chi_A"] = jnp.asarray(np.pad(chi, ((0, 0), (0, -chi.shape[1] % 4))))
    return out


def _together(count: int, n: int) -> int:
    """Draws run side by side: a divisor of their number, since a rest would be compiled a second time."""
    most = max(1, _AT_A_TIME // n)
    return max(k for k in range(1, min(most, count) + 1) if count % k == 0)


def sample_many(
    p: Problem,
    draws: Mapping[str, np.ndarray],
    target: Target,
    seed: int,
    left_out: np.ndarray | None = None,
    class_out: np.ndarray | None = None,
) -> Sampled:
    """Predictive draws for every posterior draw: arrays of shape (draws, n, ...).

    Args:
        p: the problem calibrated on.
        draws: posterior draws by site, first axis the draw; ``chi_A`` as long as ``target``'s solvents.
        target: recipes to predict.
        seed: of departures and scatter; one set of random numbers for all recipes, so that a recipe's prediction does not
            depend on its company and differences between recipes are smooth. Draws of two recipes together therefore say
            nothing of how their departures go together (:mod:`percola.design.foretold.pair_window` does).
        left_out, class_out: which readings and whose classes to forget, as in :func:`informed`.
    """
    count = next(iter(draws.values())).shape[0]
    n = target.square.shape[0]
    rng = np.random.default_rng(seed)
    noise = jnp.asarray(rng.standard_normal((count, len(QUANTITIES))))
    scatter = jnp.asarray(rng.standard_normal((count, len(QUANTITIES))))
    size = padded_size(n)
    made = _many(
        jnp.asarray(p.specimen),
        informed(p, draws, left_out, class_out),
        padded_draws(draws),
        padded_target(target, size),
        noise,
        scatter,
        _together(count, size),
    )
    return Sampled(*(x if name == "ln_evidence" else x[:, :n] for name, x in made._asdict().items()))
