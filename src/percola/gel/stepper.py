"""One step of the gel: variable-step, second-order, linearly stabilized BDF2 with two transforms.

    a0 phi^{n+1} - ... = dt [ (1 + w) N^n - w N^{n-1} ] + dt L (phi^{n+1} - phi*),    a0 = (1 + 2w)/(1 + w)

with w = dt_n/dt_{n-1}, N = div(M grad mu) in flux form on cell faces, phi* = phi^n + w (phi^n - phi^{n-1}) and the
constant operator L = -A (S lam + kappa lam^2) in the eigenvalues lam of the difference Laplacian. L multiplies only the
second difference of phi, so it does not touch the order; it makes the step stable for any dt once A S and A kappa reach
3/4 of the largest explicit rate. What is solved for is the departure from the extrapolation, delta = phi^{n+1} - phi*:
one forward and one backward transform, and in float32 the rounding of a small number. The size of delta is the local
error estimate (predictor against corrector) and costs nothing.

References: Ascher, Ruuth, Wetton, SIAM J. Numer. Anal. 32, 797 (1995) for IMEX-BDF2; Wang and Ruuth, J. Comput. Math.
26, 838 (2008) for variable steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from percola.gel.operators import HALO, Operators, materialize, scaled

Array = Any

RUNNING, REACHED, NOT_FINITE, STEP_TOO_SMALL, CHUNK_FULL = 0, 1, 2, 3, 4

_GROW, _SHRINK, _SAFETY = 1.35, 0.4, 0.85
_MAX_RATIO = 1.5  # variable-step BDF2 is zero-stable below 1 + sqrt 2
_MOBILE = 0.5  # below this share of the largest mobility the extrapolation fades out
_LINEAR_CONTRAST = 0.05  # below this rms of phi the fluctuations grow linearly
_PACE_SHARE = 0.1  # of the growth time of the fastest fluctuation, in one step; lags it by about a tenth
_TINY = 1e-12
_LEVEL = 3e-3  # slope [1/cell] below which a crystal's surface has no normal; its steepest is 1/(4 l) = 0.33
_FRONT_CELLS = 0.15  # a crystal front moves at most this share of a cell in one (explicit) step


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["phi", "change", "rate", "psi", "time", "dt_last", "dt", "steps", "rejected", "status"],
    meta_fields=[],
)
@dataclass(frozen=True)
class State:
    """All that the next step needs; checkpointing it is checkpointing the run.

    Attributes:
        phi: polymer fraction.
        change: phi^n - phi^{n-1}.
        rate: N^{n-1} = div(M grad mu) of the step before.
        psi: crystallized fraction (shape (1,)*ndim where the model has no crystals).
        time: time [s]; dt_last, dt: last and next step [s].
        steps, rejected: counters.
        status: RUNNING, or why the chunk ended.
    """

    phi: Array
    change: Array
    rate: Array
    psi: Array
    time: Array
    dt_last: Array
    dt: Array
    steps: Array
    rejected: Array
    status: Array


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["error", "floor", "change", "dt_max", "dt_min"],
    meta_fields=[],
)
@dataclass(frozen=True)
class Tolerance:
    """Step control.

    Attributes:
        error: allowed root-mean-square departure from the extrapolation in one step, relative to the contrast of phi.
        floor: contrast below which the error is taken relative to this value (the thermal noise).
        change: allowed largest change of phi in one step.
        dt_max, dt_min: bounds of the step [s].
    """

    error: Array
    floor: Array
    change: Array
    dt_max: Array
    dt_min: Array


def rates(
    model: Any, ops: Operators, phi: Array, psi: Array, c: dict[str, Array], runs: Array
) -> tuple[Array, Array | None]:
    """N = div(M grad mu), explicit, and M/A with a halo (None where M is constant).

    ``phi`` and ``psi`` are wide; A is the largest mobility (see ``model.implicit``); ``runs`` must be true (see
    :func:`~percola.gel.operators.materialize`).
    """
    largest = model.implicit(c)[1]

    def potential_and_mobility(phi: Array, psi: Array) -> tuple[Array, Array | None]:
        p = ops.line(phi)
        q = ops.line(psi) if psi.shape == phi.shape else psi.reshape(-1)
        m = model.mobility(p, q, c)
        mu = model.local_potential(p, q, c) - model.kappa * ops.line_laplacian(phi)
        return mu, None if m is None else m / largest

    mu, mobility = materialize(runs, potential_and_mobility, phi, psi)
    mu = ops.unlined(mu)
    wall = getattr(model, "wall_potential", None)
    if wall is not None and ops.walls[-1]:
        for edge, layers in zip(wall, (slice(None, HALO + 1), slice(-HALO - 1, None)), strict=True):
            mu = mu.at[..., layers].add(edge)
    if mobility is None:  # constant
        return materialize(runs, lambda mu: model.rate * ops.laplacian_around(mu), mu), None
    mobility = ops.unlined(mobility)
    rate = materialize(runs, lambda m, mu: largest * ops.flux_divergence_around(m, mu), mobility, mu)
    return rate, mobility


def _deviation(phi: Array) -> Array:
    """Standard deviation of phi on some sixteen planes across the first axis: enough to control steps by."""
    planes = phi[:: max(1, phi.shape[0] // 16)]
    planes = planes - planes[(0,) * phi.ndim]  # no digits are lost to the mean
    mean = jnp.sum(planes) / planes.size
    return jnp.sqrt(jnp.maximum(jnp.vdot(planes, planes) / planes.size - mean * mean, 0.0))


def step(model: Any, ops: Operators, tol: Tolerance, s: State) -> State:
    """Try one step; on rejection the fields stay and only the step size changes."""
    return _narrowed(ops, _step(model, ops, tol, _widened(ops, s)))


def _widened(ops: Operators, s: State) -> State:
    """phi and psi with the halo that the stencils read; it stays with them from step to step."""
    psi = ops.widened(s.psi) if s.psi.shape == s.phi.shape else s.psi
    return _with(s, phi=ops.widened(s.phi), psi=psi)


def _narrowed(ops: Operators, s: State) -> State:
    psi = ops.narrowed(s.psi) if s.psi.shape == s.phi.shape else s.psi
    return _with(s, phi=ops.narrowed(s.phi), psi=psi)


def _step(model: Any, ops: Operators, tol: Tolerance, s: State) -> State:
    """:func:`step` on wide fields."""
    kind = s.phi.dtype
    c = {name: value.astype(kind) for name, value in model.coefficients(s.time).items()}
    contrast = jnp.maximum(_deviation(ops.narrowed(s.phi)), tol.floor)
    if hasattr(model, "hastened"):
        c = model.hastened(c, contrast)
    runs = s.dt > 0.0  # always: see materialize
    n_now, mobility = rates(model, ops, s.phi, s.psi, c, runs)
    dt = s.dt.astype(kind)
    w = (s.dt / s.dt_last).astype(kind)
    a0 = (1.0 + 2.0 * w) / (1.0 + w)
    stiff, biharmonic = model.implicit(c)

    def ahead(change: Array, mobility: Array | None) -> Array:
        if mobility is None:
            return w * change
        # Where the stabilization is much stronger than what can move, it has inertia: it would carry motion on without a
        # force, and long steps would swing the lean phase below zero. So the extrapolation fades out there, the more
        # the longer the step (for dt -> 0 it stays, and with it the second order).
        long = dt * (stiff + biharmonic * model.kappa)
        fade = long / (1.0 + long)
        mobile = jnp.minimum(ops.around(mobility, 0, 0) / _MOBILE, 1.0)
        return (w * (1.0 - fade) + (w * fade) * mobile) * change

    def right_side(now: Array, rate: Array, change: Array, mobility: Array | None) -> Array:
        explicit = dt * ((1.0 + w) * now - w * rate)
        return explicit + (w * w / (1.0 + w)) * change - a0 * ahead(change, mobility)

    rhs = materialize(runs, right_side, n_now, s.rate, s.change, mobility)
    lam = ops.symbol
    damping = 1.0 / (a0 + dt * lam * (stiff + biharmonic * model.kappa * lam))
    delta = ops.backward(scaled(ops.forward(rhs), damping))
    # the extrapolation is taken again rather than stored: memory is what is slow
    change = materialize(runs, lambda d, u, m: ahead(u, m) + d, delta, s.change, mobility)
    # relative to the contrast: while the first fluctuations grow, they are what must be followed
    error = jnp.sqrt(jnp.vdot(delta, delta) / delta.size) / (tol.error * (contrast + _TINY))
    largest = jnp.maximum(jnp.max(change), -jnp.min(change)) / tol.change
    finite = jnp.isfinite(error + largest)
    badness = jnp.maximum(jnp.sqrt(error), largest)

    if model.crystals:

        def crystals(wide: Array, phi: Array) -> tuple[Array, Array]:
            p, q = ops.narrowed(phi), ops.narrowed(wide)
            lap, bend = ops.laplacian_around(wide), None
            if getattr(model, "rejecting", False):
                bend = ops.laplacian_around(phi)
                # crystals do not pull themselves round, nor fill the necks between them, as the widened front would
                lap = lap - ops.bending_around(wide, _LEVEL)
            rate, speed = model.crystal_rate(p, q, lap, c, bend)
            # a front is several cells wide: every second plane sees all of them
            active = (q * (1.0 - q) > 1e-3)[::2]
            return jnp.clip(q + dt * rate, 0.0, 1.0), jnp.where(active, speed[::2], 0.0)

        psi_new, speeds = materialize(runs, crystals, s.psi, s.phi)
        fastest = jnp.max(speeds)
        front = dt * fastest / _FRONT_CELLS
        front_limit = _FRONT_CELLS / jnp.maximum(fastest, 1e-30)
    else:
        psi_new, front, front_limit = s.psi, jnp.zeros_like(dt), jnp.asarray(jnp.inf, dt.dtype)

    accept = finite & (badness <= 1.25) & (front <= 1.25)
    factor = jnp.where(finite, jnp.clip(_SAFETY / jnp.maximum(badness, 1e-6), _SHRINK, _GROW), 0.25)
    dt_next = jnp.minimum(jnp.minimum(s.dt * factor, tol.dt_max), front_limit)
    if "pace" in c:
        # stabilized steps longer than the growth time would hold an instability down instead of following it
        early = contrast < _LINEAR_CONTRAST
        dt_next = jnp.where(early, jnp.minimum(dt_next, _PACE_SHARE / jnp.maximum(c["pace"], 1e-30)), dt_next)
    status = jnp.where(
        dt_next < tol.dt_min,
        jnp.where(finite, STEP_TOO_SMALL, NOT_FINITE),
        jnp.asarray(RUNNING),
    )

    def put(wide: Array, cells: Array) -> Array:
        return ops.with_halo(jax.lax.dynamic_update_slice(wide, cells, [HALO] * wide.ndim))

    def move(s: State) -> State:
        return _with(
            s,
            phi=put(s.phi, ops.narrowed(s.phi) + change),
            change=change,
            rate=n_now,
            psi=put(s.psi, psi_new) if model.crystals else s.psi,
            time=s.time + s.dt,
            dt_last=s.dt,
            steps=s.steps + 1,
        )

    def stay(s: State) -> State:
        return _with(s, rejected=s.rejected + 1)

    return _with(
        jax.lax.cond(accept, move, stay, s),
        dt=dt_next.astype(s.dt.dtype),
        status=status.astype(s.status.dtype),
    )


@jax.jit
def advance(model: Any, ops: Operators, tol: Tolerance, s: State, until: Array, most: Array) -> State:
    """Step until ``until`` [s] or for at most ``most`` trials; the last step is cut to land on ``until``."""

    def going(carry: tuple[State, Array]) -> Array:
        state, trials = carry
        return (state.status == RUNNING) & (trials < most)

    def body(carry: tuple[State, Array]) -> tuple[State, Array]:
        state, trials = carry
        left = until - state.time
        # land on `until` in one or two even steps instead of leaving a sliver
        dt = jnp.where(state.dt >= left, left, jnp.where(state.dt * 2.0 > left, 0.5 * left, state.dt))
        wanted = state.dt
        new = _step(model, ops, tol, _with(state, dt=dt))
        cut = (dt < wanted) & (new.steps > state.steps)
        new = _with(new, dt=jnp.where(cut, jnp.minimum(jnp.maximum(new.dt, wanted), _MAX_RATIO * dt), new.dt))
        done = (until - new.time) <= 1e-6 * dt
        new = _with(new, status=jnp.where((new.status == RUNNING) & done, REACHED, new.status))
        return new, trials + 1

    state, _ = jax.lax.while_loop(
        going, body, (_with(_widened(ops, s), status=jnp.asarray(RUNNING, s.status.dtype)), jnp.asarray(0))
    )
    return _with(_narrowed(ops, state), status=jnp.where(state.status == RUNNING, CHUNK_FULL, state.status))


def _with(s: State, **changes: Array) -> State:
    values = {name: getattr(s, name) for name in s.__dataclass_fields__}
    values.update(changes)
    return State(**values)


def initial_state(ops: Operators, phi: Array, psi: Array | None, time_s: float, dt_s: float) -> State:
    """A state at rest at ``time_s`` with first step ``dt_s``; the first step is of first order and therefore small."""
    phi = jnp.asarray(phi)
    return State(
        phi=phi,
        change=jnp.zeros_like(phi),
        rate=jnp.zeros_like(phi),
        psi=jnp.zeros((1,) * phi.ndim, phi.dtype) if psi is None else jnp.asarray(psi, phi.dtype),
        time=jnp.asarray(time_s, jnp.float64),
        dt_last=jnp.asarray(1e9 * dt_s, jnp.float64),  # w = 0: the first step is implicit-explicit Euler
        dt=jnp.asarray(dt_s, jnp.float64),
        steps=jnp.asarray(0),
        rejected=jnp.asarray(0),
        status=jnp.asarray(RUNNING),
    )
