"""Problems with known answers: constant-coefficient gels, PFHub benchmark 1, and a march with fixed steps."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from percola.gel.energy import LOG_EDGE, FloryHuggins, QuarticWell
from percola.gel.model import PHI_CAP, BenchmarkModel, GelModel, Schedule
from percola.gel.operators import Operators
from percola.gel.stepper import State, Tolerance, step

Array = Any


def constant_gel(
    segments: float,
    chi: float,
    kappa: float,
    *,
    mobility: float = 1.0,
    obstruction: float = 0.0,
    growth: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
    exclusion: float = 0.0,
    crystal_fraction: float = 0.85,
    front_width: float = 0.75,
    floor: float = 1.0e-4,
    wall_potential: tuple[float, float] = (0.0, 0.0),
    pace: float = 0.0,
    crystals: bool = False,
    dtype: Any = np.float64,
) -> GelModel:
    """A gel at one temperature, in cells and any unit of time.

    Args:
        segments, chi: Flory-Huggins N and interaction.
        kappa: gradient coefficient [cell^2].
        mobility: m0 of M = m0 phi (1 - phi) exp(-b phi/(1 - phi)) [cell^2 per time].
        obstruction: b.
        growth: g_1..g_4 of the crystal growth rate sum g_j phi^j [cells per time].
        exclusion, crystal_fraction, front_width, wall_potential: as in :class:`~percola.gel.model.GelModel`.
        floor: mobility floor, relative to m0.
        pace: growth rate of the fastest fluctuation, for the step control; 0 where there is none.
        crystals: whether psi is integrated.
        dtype: of the fields.
    """
    x = np.linspace(1e-4, PHI_CAP, 800)
    shape = x * (1 - x) * np.exp(-obstruction * x / (1 - x))
    edge = min(LOG_EDGE / segments, 1e-3)
    stiffness = max(
        float(np.max(shape * np.maximum(1 / (segments * np.maximum(x, edge)) + 1 / (1 - x) - 2 * chi, 0))),
        2 * floor / (segments * edge),
    )
    stiffness += float(shape.max()) * exclusion

    def pair(value: float) -> Array:
        return jnp.full(2, value, jnp.float64)

    def scalar(value: float) -> Array:
        return jnp.asarray(value, dtype)

    schedule = Schedule(
        jnp.array([0.0, 1.0]),
        pair(chi),
        pair(mobility),
        pair(stiffness),
        jnp.asarray(growth, jnp.float64)[:, None] * jnp.ones((1, 2)),
        pair(pace),
        pair(0.0),
        pair(300.0),
    )
    return GelModel(
        energy=FloryHuggins(scalar(segments)),
        schedule=schedule,
        kappa=scalar(kappa),
        obstruction=scalar(obstruction),
        mobility_peak=scalar(float(shape.max())),
        mobility_floor=scalar(floor),
        exclusion=scalar(exclusion),
        crystal_fraction=scalar(crystal_fraction),
        front_width=scalar(front_width),
        wall_potential=(scalar(wall_potential[0]), scalar(wall_potential[1])),
        onset_speed=scalar(1.0),
        crystals=crystals,
        excluding=exclusion > 0,
    )


def pfhub1_model(spacing: float, dtype: Any = np.float64) -> BenchmarkModel:
    """PFHub benchmark 1: rho = 5, c_a = .3, c_b = .7, kappa = 2, M = 5, on cells of ``spacing``; time as published.

    In cells, kappa becomes kappa/h^2 and M becomes M/h^2. The implicit operator takes f'' up to c = 0.2 or 0.8, beyond
    what the solution reaches.

    Reference: Jokisaari et al., Comput. Mater. Sci. 126, 139 (2017), Eqs. 1-4 and Table 1.
    """
    h2 = spacing * spacing
    half, height = 0.2, 5.0
    steepest = height * (12 * 0.3**2 - 4 * half**2)
    well = QuarticWell(jnp.asarray(height, dtype), jnp.asarray(0.3, dtype), jnp.asarray(0.7, dtype))
    return BenchmarkModel(
        well,
        jnp.asarray(5.0 / h2, dtype),
        jnp.asarray(2.0 / h2, dtype),
        jnp.asarray(steepest, dtype),
        jnp.asarray(0.0, dtype),
    )


def pfhub1_start(cells: int, length: float = 200.0) -> npt.NDArray[np.float64]:
    """Initial composition of PFHub benchmarks 1a and 1b at the centres of ``cells`` x ``cells`` (Eq. 6 of the paper)."""
    s = (np.arange(cells) + 0.5) * (length / cells)
    x, y = np.meshgrid(s, s, indexing="ij")
    wave = (
        np.cos(0.105 * x) * np.cos(0.11 * y)
        + (np.cos(0.13 * x) * np.cos(0.087 * y)) ** 2
        + np.cos(0.025 * x - 0.15 * y) * np.cos(0.07 * x - 0.02 * y)
    )
    return np.asarray(0.5 + 0.01 * wave)


def tolerances(
    error: float = math.inf,
    change: float = math.inf,
    *,
    floor: float = 0.0,
    dt_max: float = math.inf,
    dt_min: float = 0.0,
    dtype: Any = np.float64,
) -> Tolerance:
    """Step control from plain numbers; without any, every step is accepted."""
    return Tolerance(
        jnp.asarray(error, dtype),
        jnp.asarray(floor, dtype),
        jnp.asarray(change, dtype),
        jnp.asarray(dt_max, jnp.float64),
        jnp.asarray(dt_min, jnp.float64),
    )


@jax.jit
def march_fixed(model: Any, ops: Operators, state: State, dt: Array, steps: Array) -> State:
    """``steps`` steps of the same size, none rejected; the first is of first order (a state at rest has no history)."""
    tol = tolerances(dtype=state.phi.dtype)

    def once(_: Array, s: State) -> State:
        values = {name: getattr(s, name) for name in s.__dataclass_fields__}
        values["dt"] = jnp.asarray(dt, jnp.float64)
        return step(model, ops, tol, State(**values))

    return jax.lax.fori_loop(0, steps, once, state)
