"""The way from die to gel without space, in JAX: nuclei, crystals against demixing, coarsening; for tables of recipes.

The laws are those of :mod:`percola.thermo` and :mod:`percola.gel.problem` with the same parameters. What the box of the
phase field does in space is replaced by a bookkeeping of setting times: an element of solution that sets at time t keeps the
lean share and the length that demixing had reached by then, and Kolmogorov's dX says how much sets when. Mean, spread and
share set before demixing are moments of that distribution.

Validity: as the three-dimensional run's; what differs from it (shape of the structure, length in space) is measured by runs
and carried by :mod:`percola.design.reduced.master`.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import percola.gel  # noqa: F401  (switches on 64-bit numbers, which the marches of fields and this one share)
from percola.gel.problem import COARSENING_CONSTANT

Array = jax.Array
Table = dict[str, Any]

KB_J_K = 1.380649e-23
GAS_J_molK = 8.314462618
LATE = (
    0.97  # crystallized share at which the solution left falls apart into pockets (percola.gel.problem.LATE)
)
TRACE = 1e-3  # share of a gel below which its demixed part has no say
EDGE = 0.008
"""Relative width in chi over which demixing sets in about the spinodal. It stands for the curve's time step and keeps the
model differentiable; half of it shifts the crossing by 0.6 K at chi's slope in the phthalates."""


class Marched(NamedTuple):
    """What the march gives, each of shape (n,).

    lean: share of the gel that is polymer-lean; demixed: share that set after demixing; length_m: mean structure length of
    what demixed; late_length_m: length where 97 % have set; arrest_s, arrest_K: time and temperature when half has set;
    demixing_s: time of the spinodal (the end of the history where it is never crossed); rich: composition of the rich phase
    where it sets; set_share: crystallized at the end; ln_nuclei: ln(nuclei/m3) when set; spread: standard deviation of
    ln(length) over what demixed; hold_share: crystallized while held at T_s.
    """

    lean: Array
    demixed: Array
    length_m: Array
    late_length_m: Array
    arrest_s: Array
    arrest_K: Array
    demixing_s: Array
    rich: Array
    set_share: Array
    ln_nuclei: Array
    spread: Array
    hold_share: Array


@lru_cache(maxsize=1)
def _coexistence() -> dict[str, np.ndarray]:
    """Table of both phases and the tension on (ln N, ln(chi/chi_c - 1)), by :mod:`percola.thermo.flory_huggins`."""
    with resources.files("percola.design").joinpath("data").joinpath("coexistence.npz").open("rb") as f:
        return {k: np.asarray(v) for k, v in np.load(f).items()}


def coexistence(segments: Array, chi: Array) -> tuple[Array, Array, Array]:
    """(lean, rich, tension in sqrt(kappa)) at chi above its critical value, interpolated; both arguments of one shape.

    Good to 0.3 % in the rich phase and in the tension for chi/chi_c from 1.01 to 4 (``tests/unit/design``); held at the
    edge outside.
    """
    t = _coexistence()
    x0, dx = t["ln_segments"][0], t["ln_segments"][1] - t["ln_segments"][0]
    y0, dy = t["ln_excess"][0], t["ln_excess"][1] - t["ln_excess"][0]
    critical = 0.5 * (1.0 + 1.0 / jnp.sqrt(segments)) ** 2
    excess = jnp.log(jnp.maximum(chi / critical - 1.0, 1e-12))
    nx, ny = t["lean"].shape
    x = jnp.clip((jnp.log(segments) - x0) / dx, 0.0, nx - 1.0)
    y = jnp.clip((excess - y0) / dy, 0.0, ny - 1.0)
    i = jnp.clip(jnp.floor(x).astype(int), 0, nx - 2)
    j = jnp.clip(jnp.floor(y).astype(int), 0, ny - 2)
    u, v = x - i, y - j
    flat = jnp.stack([jnp.asarray(t[k]).ravel() for k in ("lean", "rich", "ln_tension")], axis=-1)
    at = i * ny + j
    value = (
        ((1 - u) * (1 - v))[..., None] * flat[at]
        + ((1 - u) * v)[..., None] * flat[at + 1]
        + (u * (1 - v))[..., None] * flat[at + ny]
        + (u * v)[..., None] * flat[at + ny + 1]
    )
    return value[..., 0], value[..., 1], jnp.exp(value[..., 2])


def melting_K(f: Table, p: Table) -> Array:
    """Equilibrium melting temperature of each solution [K], shape (n,); see ``System.melting_temperature_K``."""
    athermal = f["melting_athermal"] + p["chi_A"] * (1.0 - f["phi"]) ** 2
    k = f["melting_k_1_K"]
    return jnp.asarray((1.0 + k * f["melting_energy_K"]) / (1.0 / (f["Tm0_K"] + p["Tm0_K"]) - k * athermal))


def _growth(f: Table, p: Table, melting: Array, temperature_K: Array) -> Array:
    """Lauritzen and Hoffman's growth rate [m/s] at (n, m) temperatures, smooth to zero at both ends."""
    t = temperature_K
    col = {
        k: f[k][:, None]
        for k in ("phi", "crystallizable", "cutoff_K", "ln_growth_m_s", "growth_Kg_K2", "activation_J_mol")
    }
    tm = melting[:, None]
    grows = (t < tm - 0.5) & (t > col["cutoff_K"] + 1.0)
    safe = jnp.where(grows, t, 0.5 * (tm + col["cutoff_K"]))
    factor = 2.0 * safe / (tm + safe)
    exponent = (
        col["ln_growth_m_s"]
        + p["ln_G0"]
        - col["activation_J_mol"] / (GAS_J_molK * (safe - col["cutoff_K"]))
        - col["growth_Kg_K2"] * jnp.exp(p["ln_Kg"]) / (safe * (tm - safe) * factor)
    )
    return jnp.where(grows, col["phi"] * col["crystallizable"] * jnp.exp(jnp.maximum(exponent, -300.0)), 0.0)


def _running(y: Array) -> Array:
    """Running sum along the last axis, as a product with a triangle of ones: a scan compiles ten times slower."""
    n = y.shape[-1]
    return y @ jnp.triu(jnp.ones((n, n), y.dtype))


def _cumulative(y: Array, t: Array) -> Array:
    """Running trapezoidal integral along the last axis."""
    steps = 0.5 * (y[..., 1:] + y[..., :-1]) * (t[..., 1:] - t[..., :-1])
    return jnp.concatenate([jnp.zeros_like(y[..., :1]), _running(steps)], axis=-1)


def ln_self_nuclei(f: Table, p: Table, melting: Array) -> Array:
    """ln of the crystals per m3 that outlive dissolution; -700 where none can."""
    seen = f["dissolution_K"] + p["memory_shift_K"]
    under = jnp.maximum(melting - seen, 0.05)
    thickness = 2.0 * f["fold_energy_J_m2"] * melting / (f["heat_of_fusion_J_m3"] * under)
    ln = (
        f["ln_total_nuclei_m3"]
        + p["ln_N_tot"]
        - thickness / (f["mean_thickness_m"] * jnp.exp(p["ln_l_mean"]))
    )
    return jnp.maximum(ln, -700.0)


def crystallized(
    f: Table, p: Table, temperature_K: Array, coldest_K: Array | None = None
) -> tuple[Array, Array]:
    """(Kolmogorov's extended volume share, radius of a crystal that was there from the start [m]) along histories.

    Args:
        f, p: as in :func:`march`; ``f["time_s"]`` holds the times, shape (n, m).
        temperature_K: shape (n, m).
        coldest_K: lowest temperature so far, where the history rises on its way; the temperature itself by default.
    """
    cold = temperature_K if coldest_K is None else coldest_K
    p = {k: jnp.asarray(v, float) for k, v in p.items()}
    col = {k: (v[:, None] if v.ndim else v) for k, v in p.items()}
    t, T, phi = f["time_s"], temperature_K, f["phi"]
    melting = melting_K(f, p)
    growth = _growth(f, col, melting, T)
    seen = (f["dissolution_K"] + p["memory_shift_K"])[:, None]
    first_radius = _growth(f, col, melting, seen)[:, 0] * f["hold_s"]
    first = jnp.exp(ln_self_nuclei(f, p, melting))
    ln_foreign = (f["ln_foreign_nuclei_m3"] + p["ln_N_het"])[:, None] + f["foreign_slope_1_K"][:, None] * (
        melting[:, None] - cold - f["foreign_undercooling_K"][:, None]
    )
    share = (phi * f["crystallizable"])[:, None]
    awake = share * jnp.exp(jnp.clip(ln_foreign, -300.0, 80.0))
    radius = first_radius[:, None] + _cumulative(growth, t)
    # Kolmogorov's integral with births; radii scaled to the last one, which keeps the cubes in range
    scale = jnp.maximum(radius[:, -1:], 1e-12)
    r = radius / scale
    born = jnp.diff(awake, axis=1, prepend=0.0)
    middle = jnp.concatenate([jnp.zeros_like(r[:, :1]), 0.5 * (r[:, 1:] + r[:, :-1])], axis=1)
    c0, c1, c2, c3 = (_running(born * middle**k) for k in range(4))
    extended = first[:, None] * r**3 + jnp.maximum(((c0 * r - 3 * c1) * r + 3 * c2) * r - c3, 0.0)
    extended = (4.0 * jnp.pi / 3.0) * extended * scale**3
    return extended, radius


def march(f: Table, p: Table) -> Marched:
    """March a table of recipes through their cooling.

    Args:
        f: :meth:`percola.design.reduced.features.Features.arrays`, JAX or NumPy arrays.
        p: deviations of the physical parameters (:data:`percola.thermo.varied.PHYSICAL` and ``memory_shift_K``), each a number
            or of shape (n,); chi_A, memory_shift_K and the ln_ ones are used with their recipe.
    """
    p = {k: jnp.asarray(v, float) for k, v in p.items()}
    col = {k: (v[:, None] if v.ndim else v) for k, v in p.items()}
    t = f["time_s"]
    bath = f["bath_K"][:, None]
    fall = f["dissolution_K"][:, None] - bath
    T = bath + f["cooled"] * fall
    phi, segments = f["phi"], f["segments"]
    extended, radius = crystallized(f, p, T, bath + f["coldest"] * fall)
    X = -jnp.expm1(-extended)
    # demixing
    chi = (f["chi_A"] + p["chi_A"])[:, None] + f["chi_B_K"][:, None] / T
    spinodal = 0.5 * (1.0 / (segments * phi) + 1.0 / (1.0 - phi))[:, None]
    inside = jax.nn.sigmoid((chi / spinodal - 1.0) / EDGE)
    lean, rich, tension = coexistence(
        jnp.broadcast_to(segments[:, None], chi.shape), jnp.maximum(chi, spinodal)
    )
    lean = jnp.minimum(lean, 0.999 * phi[:, None])
    gap = rich - lean
    lean_share = jnp.clip((rich - phi[:, None]) / gap, 0.0, 1.0)
    d0 = (
        KB_J_K
        * T
        / (6.0 * jnp.pi * f["mesh_radius_m"][:, None])
        * jnp.exp(
            col["ln_D0"]
            - f["viscosity_log"][:, None]
            - f["viscosity_B_K"][:, None] / jnp.maximum(T - f["viscosity_T0_K"][:, None], 10.0)
        )
    )
    b = f["crowding"][:, None]

    def mobility(x: Array) -> Array:
        x = jnp.clip(x, 1e-6, 0.98)
        return x * (1.0 - x) * jnp.exp(-b * x / (1.0 - x))

    shape = 0.5 * (mobility(rich) + mobility(phi[:, None]))
    kappa = f["segment_length_m"] ** 2 / (18.0 * phi * (1.0 - phi))
    speed = inside * d0 * shape * tension / gap**2 * COARSENING_CONSTANT * jnp.sqrt(kappa)[:, None]
    cube = _cumulative(speed, t)
    length = jnp.cbrt(jnp.maximum(cube, 1e-30))
    # moments over what sets when: the rest at the end of the history counts as set there
    dX = jnp.diff(X, axis=1, prepend=0.0)
    dX = dX.at[:, -1].add(1.0 - X[:, -1])

    def mid(y: Array) -> Array:
        return jnp.concatenate([y[:, :1], 0.5 * (y[:, 1:] + y[:, :-1])], axis=1)

    weight = dX * mid(inside)
    demixed = jnp.sum(weight, axis=1)
    # what has not demixed has no length: it counts as 10 nm, finer than anything that stays open, with the weight of a trace
    safe = demixed + TRACE
    lean_mean = jnp.sum(weight * mid(lean_share), axis=1)
    ln_length = jnp.log(mid(length))
    mean_ln = (jnp.sum(weight * ln_length, axis=1) + TRACE * jnp.log(1e-8)) / safe
    spread = jnp.sqrt(jnp.sum(weight * (ln_length - mean_ln[:, None]) ** 2, axis=1) / safe + 1e-12)
    rich_mean = jnp.sum(weight * mid(rich), axis=1) / safe

    def when(level: float, y: Array) -> Array:
        """y where X passes a level, linear in ln(extended); at the end where it never does."""
        target = jnp.log(-jnp.log1p(-level))
        e = jnp.log(jnp.maximum(extended, 1e-30))
        above = e >= target
        at = jnp.where(jnp.any(above, axis=1), jnp.argmax(above, axis=1), e.shape[1] - 1)
        before = jnp.maximum(at - 1, 0)
        pick = lambda a, k: jnp.take_along_axis(a, k[:, None], axis=1)[:, 0]  # noqa: E731
        e0, e1 = pick(e, before), pick(e, at)
        w = jnp.clip((target - e0) / jnp.maximum(e1 - e0, 1e-9), 0.0, 1.0)
        return pick(y, before) * (1.0 - w) + pick(y, at) * w

    crossing = jnp.where(
        jnp.any(chi > spinodal, axis=1), jnp.argmax(chi > spinodal, axis=1), chi.shape[1] - 1
    )
    demixing_s = jnp.take_along_axis(t, crossing[:, None], axis=1)[:, 0]
    radius_set = when(0.5, jnp.log(jnp.maximum(radius, 1e-15)))
    ln_nuclei = jnp.log(3.0 * jnp.log(2.0) / (4.0 * jnp.pi)) - 3.0 * radius_set
    return Marched(
        lean=lean_mean,
        demixed=demixed,
        length_m=jnp.exp(mean_ln),
        late_length_m=when(LATE, length),
        arrest_s=when(0.5, t),
        arrest_K=when(0.5, T),
        demixing_s=demixing_s,
        rich=rich_mean,
        set_share=X[:, -1],
        ln_nuclei=ln_nuclei,
        spread=spread,
        hold_share=X[:, 0],
    )
