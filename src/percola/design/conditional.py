"""What a draw of the posterior says of any recipe, given readings of others: departures conditioned, then the model itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from percola.design.chain import QUANTITIES, finished, inputs, physical
from percola.design.inference import Problem, covariance, hyper, log_classes, parameters, response
from percola.design.march import march

Array = jax.Array
_GONE = 1e6
"""Variance given to a reading that is left out: it then says nothing."""


class Target(NamedTuple):
    """Recipes to predict: table, squared distance to those calibrated on (n, m), and which are one of them (n, m)."""

    table: dict[str, Array]
    square: Array
    same: Array


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


def _departures(
    p: Problem, z: Mapping[str, Any], target: Target, left_out: Array
) -> tuple[Array, Array, Array]:
    """Mean (n, 6), covariance (n, 6, 6) of the departures of the targets, and ln p(left-out readings | the rest)."""
    theta = parameters(z)
    base, slopes = response(p.table, theta)
    c = covariance(p, slopes, z)
    departure, _, reach, own = hyper(z)
    loaded = slopes[p.specimen, p.quantity] * departure  # (m_obs, 6)
    cross = (1.0 - own) * jnp.exp(-0.5 * target.square / reach**2) + own * target.same
    cross = cross[:, p.specimen]  # (n, m_obs)
    residual = p.value - base.scale[p.specimen, p.quantity]
    kept = c + jnp.diag(jnp.where(left_out, _GONE, 0.0))
    kept = jnp.where(left_out[:, None] | left_out[None, :], jnp.diag(jnp.diag(kept)), kept)
    root = jnp.linalg.cholesky(kept)
    known = jnp.where(left_out, 0.0, residual)
    alpha = jax.scipy.linalg.cho_solve((root, True), known)
    a = cross[:, :, None] * (loaded * departure)[None, :, :]  # Cov(y, delta_target): (n, m_obs, 6)
    a = jnp.where(left_out[None, :, None], 0.0, a)
    mean = jnp.einsum("nmq,m->nq", a, alpha)
    white = jax.vmap(lambda x: jax.scipy.linalg.solve_triangular(root, x, lower=True))(a)
    spread = jnp.diag(departure**2)[None] - jnp.einsum("nmq,nmr->nqr", white, white)
    # ln p(all) - ln p(kept) = ln p(left out | kept)
    full = jnp.linalg.cholesky(c)
    w_full = jax.scipy.linalg.solve_triangular(full, residual, lower=True)
    w_kept = jax.scipy.linalg.solve_triangular(root, known, lower=True)
    ln_all = -0.5 * w_full @ w_full - jnp.sum(jnp.log(jnp.diag(full)))
    ln_kept = -0.5 * w_kept @ w_kept - jnp.sum(jnp.where(left_out, 0.0, jnp.log(jnp.diag(root))))
    return mean, spread, ln_all - ln_kept


def sample_one(
    p: Problem, z: Mapping[str, Any], target: Target, left_out: Array, noise: Array, scatter: Array
) -> Sampled:
    """One predictive draw; ``noise`` and ``scatter`` standard normal, shape (n, 6)."""
    mean, spread, ln_evidence = _departures(p, z, target, left_out)
    root = jnp.linalg.cholesky(spread + 1e-9 * jnp.eye(len(QUANTITIES)))
    delta = mean + jnp.einsum("nqr,nr->nq", root, noise)
    theta = parameters(z)
    table = inputs(dict(target.table), theta)
    m = march(table, physical(theta, table))
    made = finished(table, theta, m, delta)
    _, scatter_sd, _, _ = hyper(z)
    return Sampled(
        truth=made.scale,
        reading=made.scale + scatter * scatter_sd,
        open=made.open,
        wide=made.wide,
        sphere=made.sphere,
        demixed=m.demixed,
        length_m=m.length_m,
        wall_m=made.wall_m,
        ln_evidence=ln_evidence,
    )


@partial(jax.jit, static_argnums=(0,))
def _many(
    key: _Key, draws: dict[str, Array], target: Target, left_out: Array, noise: Array, scatter: Array
) -> Sampled:
    p = key.problem

    def one(args: tuple[dict[str, Array], Array, Array]) -> Sampled:
        z, n, s = args
        return sample_one(p, z, target, left_out, n, s)

    return jax.lax.map(one, (draws, noise, scatter))


class _Key:
    """A problem as a static argument of a compiled function: compared by identity."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def __hash__(self) -> int:
        return id(self.problem)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.problem is self.problem


def sample_many(
    p: Problem, draws: Mapping[str, np.ndarray], target: Target, seed: int, left_out: np.ndarray | None = None
) -> Sampled:
    """Predictive draws for every posterior draw: arrays of shape (draws, n, ...).

    Args:
        p: the problem calibrated on.
        draws: posterior draws by site, first axis the draw; ``chi_A`` as long as ``target``'s solvents.
        target: recipes to predict.
        seed: of departures and scatter.
        left_out: which readings to forget, shape (m_obs,).
    """
    count = next(iter(draws.values())).shape[0]
    n = target.square.shape[0]
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((count, n, len(QUANTITIES)))
    scatter = rng.standard_normal((count, n, len(QUANTITIES)))
    out = np.zeros(p.specimen.size, bool) if left_out is None else np.asarray(left_out)
    given = {k: jnp.asarray(v) for k, v in draws.items()}
    return _many(_Key(p), given, target, jnp.asarray(out), jnp.asarray(noise), jnp.asarray(scatter))


def class_evidence(p: Problem, draws: Mapping[str, np.ndarray]) -> Any:
    """ln likelihood of all classes for each draw (for diagnostics)."""

    def one(z: dict[str, Array]) -> Array:
        base, _ = response(p.table, parameters(z))
        return log_classes(p, base, z)

    return jax.lax.map(one, {k: jnp.asarray(v) for k, v in draws.items()})
