"""The equations of the gel in cell units: what the stepper integrates.

Conserved polymer fraction phi (Cahn-Hilliard) and crystallized fraction psi (Allen-Cahn):

    d phi / dt = div( M(phi, psi, t) grad mu ),   mu = f'(phi, chi(t)) + k p(psi) (phi - phi_x) - kappa lap phi
    d psi / dt = Gamma(phi, t) [ lap psi - 2 w psi (1 - psi)(1 - 2 psi) + 6 psi (1 - psi) drive(phi) ]

with p = psi^2 (3 - 2 psi). Everything that depends on temperature is tabulated against time beforehand, so that the
same compiled step serves every quench.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from percola.gel.crystals import allen_cahn_rate
from percola.gel.energy import FloryHuggins, QuarticWell
from percola.gel.operators import Operators

Array = Any

REJECTING_PACE = 1.33
"""By how much the kinetic coefficient of a rejecting crystal is raised: inside its front, several cells wide, the solution in local
equilibrium is poorer than ahead of it, and flat fronts lag at 0.65 to 0.88 of the growth rate there (tests/claims/test_gel_rejection.py)."""
PHI_CAP = 0.985
"""Upper bound of the polymer fraction inside mobility and growth laws (their pole at phi = 1 is never reached)."""


@partial(
    jax.tree_util.register_dataclass,
    data_fields=[
        "time_s",
        "chi",
        "mobility",
        "stiffness",
        "growth",
        "pace",
        "demixed_contrast",
        "temperature_K",
    ],
    meta_fields=[],
)
@dataclass(frozen=True)
class Schedule:
    """Coefficients against time, linear between nodes and constant outside.

    Attributes:
        time_s: nodes [s], shape (n,), ascending.
        chi: Flory-Huggins interaction parameter, shape (n,).
        mobility: mobility scale m0 [cell^2/s], shape (n,).
        stiffness: upper bound over phi of M (f'' + k) / m0 (dimensionless), for the implicit operator, shape (n,).
        growth: coefficients g_1..g_4 of the crystal growth rate sum g_j phi^j [cell/s], shape (4, n).
        pace: growth rate of the fastest fluctuation [1/s], 0 where the solution is stable, shape (n,).
        demixed_contrast: standard deviation of phi once demixed to equilibrium, 0 where it does not, shape (n,).
        temperature_K: temperature [K], shape (n,), kept for the record.
    """

    time_s: Array
    chi: Array
    mobility: Array
    stiffness: Array
    growth: Array
    pace: Array
    demixed_contrast: Array
    temperature_K: Array

    def at(self, t: Array) -> dict[str, Array]:
        """Coefficients at time ``t`` [s]."""
        i = jnp.clip(jnp.searchsorted(self.time_s, t) - 1, 0, self.time_s.shape[0] - 2)
        span = self.time_s[i + 1] - self.time_s[i]
        u = jnp.clip((t - self.time_s[i]) / span, 0.0, 1.0)

        def mix(a: Array) -> Array:
            return a[..., i] * (1.0 - u) + a[..., i + 1] * u

        return {
            "chi": mix(self.chi),
            "mobility": mix(self.mobility),
            "stiffness": mix(self.stiffness),
            "growth": mix(self.growth),
            "pace": mix(self.pace),
            "demixed_contrast": mix(self.demixed_contrast),
        }


@partial(
    jax.tree_util.register_dataclass,
    data_fields=[
        "energy",
        "schedule",
        "kappa",
        "obstruction",
        "mobility_peak",
        "mobility_floor",
        "exclusion",
        "crystal_fraction",
        "front_width",
        "wall_potential",
        "onset_speed",
        "richest_solution",
    ],
    meta_fields=["crystals", "excluding", "rejecting"],
)
@dataclass(frozen=True)
class GelModel:
    """The two-phase gel of a polymer solution.

    Attributes:
        energy: bulk free energy.
        schedule: coefficients against time.
        kappa: gradient coefficient [cell^2].
        obstruction: b in D = D0 exp(-b phi/(1 - phi)) (free volume, Yasuda et al. 1968).
        mobility_peak: max over phi of phi (1 - phi) exp(-b phi/(1 - phi)).
        mobility_floor: mobility left in fully crystallized gel, relative; small, not zero, to keep the operator regular.
        exclusion: k, strength with which growing crystals reject solvent [kT per site]; 0 for gels that hold it.
        crystal_fraction: phi_x, polymer fraction at which a rejecting crystal is at rest.
        front_width: l of the crystal front psi = (1 - tanh(x/2l))/2 [cells].
        wall_potential: surface energy of the z walls per unit polymer fraction [kT per site x cell]: (lower, upper).
        onset_speed: factor on the mobility until the phases have formed, see :meth:`hastened`.
        richest_solution: polymer fraction that the solution ahead of a rejecting crystal never exceeds: as prepared.
        crystals: whether psi is integrated.
        rejecting: whether crystals alone collect the polymer: k > 0 in a solution that does not demix.
        excluding: whether k > 0 (drops the term from the compiled step otherwise).
    """

    energy: FloryHuggins
    schedule: Schedule
    kappa: Array
    obstruction: Array
    mobility_peak: Array
    mobility_floor: Array
    exclusion: Array
    crystal_fraction: Array
    front_width: Array
    wall_potential: Array
    onset_speed: Array
    richest_solution: Array = 1.0
    crystals: bool = True
    excluding: bool = False
    rejecting: bool = False

    def coefficients(self, t: Array) -> dict[str, Array]:
        return self.schedule.at(t)

    def hastened(self, c: dict[str, Array], contrast: Array) -> dict[str, Array]:
        """Coefficients while the first phases form.

        The widened interface slows the growth of the first fluctuations with the cube of the widening. Until the contrast
        is a third of that of the demixed state the mobility is raised by ``onset_speed``, then faded back to its own value
        at two thirds (see :func:`percola.gel.problem.onset_speed`).
        """
        share = contrast / jnp.maximum(c["demixed_contrast"], 1e-3)
        factor = 1.0 + (self.onset_speed - 1.0) * jnp.clip(2.0 - 3.0 * share, 0.0, 1.0)
        return c | {"mobility": c["mobility"] * factor, "pace": c["pace"] * factor}

    def local_potential(self, phi: Array, psi: Array, c: dict[str, Array]) -> Array:
        """mu without the gradient term."""
        mu = self.energy.slope(phi, c["chi"])
        if self.excluding:
            mu = mu + self.exclusion * crystal_weight(psi) * (phi - self.crystal_fraction)
        return mu

    def mobility(self, phi: Array, psi: Array, c: dict[str, Array]) -> Array:
        """M = m0 phi (1 - phi) exp(-b phi/(1 - phi)) g(psi); g falls from 1 to the floor as the gel crystallizes."""
        x = jnp.clip(phi, 0.0, PHI_CAP)
        y = 1.0 - x
        m = x * y * jnp.exp(-self.obstruction * (x / y))
        if self.crystals:
            open_share = 1.0 - psi
            m = m * (open_share * open_share * open_share)
        return c["mobility"] * jnp.maximum(m, self.mobility_floor)

    def implicit(self, c: dict[str, Array]) -> tuple[Array, Array]:
        """(A S, A) of the implicit operator A (S lam + kappa lam^2), bounding the explicit one from above."""
        return c["mobility"] * c["stiffness"], c["mobility"] * self.mobility_peak

    def growth_rate(self, phi: Array, c: dict[str, Array]) -> Array:
        """Speed of the crystal front [cell/s]; no growth where there is hardly polymer to crystallize."""
        x = jnp.clip(phi, 0.0, PHI_CAP)
        g = c["growth"]
        return jnp.maximum(x * (g[0] + x * (g[1] + x * (g[2] + x * g[3]))), 0.0)

    def solution_at_front(self, phi: Array, psi: Array, bend: Array, c: dict[str, Array]) -> Array:
        """Composition of the solution in local equilibrium with what a cell holds, for crystals that reject solvent.

        Inside a front several cells wide phi runs from solution to crystal; what feeds the crystal is the solution, at equal
        potential: f'(phi_l) = f'(phi) + k p(psi)(phi - phi_x) - kappa lap phi, chains being long without terms in 1/N. Four
        steps of Newton's method from phi; 0 where none is left. So a crystal neither grows nor rounds its necks off once the
        solution about it is spent.

        Validity: chi below 1/2 (one liquid phase); above, the slope is floored.
        """
        x = jnp.clip(phi, 0.0, PHI_CAP)
        two_chi = 2.0 * c["chi"]
        pull = self.exclusion * crystal_weight(psi) * (self.crystal_fraction - x)
        target = -jnp.log1p(-x) - two_chi * x - pull - self.kappa * bend
        solution = x
        for _ in range(4):
            excess = -jnp.log1p(-solution) - two_chi * solution - target
            slope = jnp.maximum(1.0 / (1.0 - solution) - two_chi, 0.05)
            solution = jnp.clip(solution - excess / slope, 0.0, PHI_CAP)
        return jnp.minimum(solution, self.richest_solution)

    def crystal_rate(
        self, phi: Array, psi: Array, lap: Array, c: dict[str, Array], bend: Array | None = None
    ) -> tuple[Array, Array]:
        """(d psi/dt, speed) with Gamma set so that a flat front moves exactly at the growth rate.

        For psi = (1 - tanh((x - v t)/2l))/2 the double-well and gradient terms cancel and v = 6 Gamma drive l, hence
        Gamma = G/(6 drive l). The drive is 0.3 w, just short of the limit w/3 of metastability of the melt, which keeps
        the numerical critical radius at 2 l w/(3 drive) = 2.2 l. ``bend`` is the Laplacian of phi, where crystals reject
        solvent.
        """
        if bend is None:
            g = self.growth_rate(phi, c)
        else:
            g = REJECTING_PACE * self.growth_rate(self.solution_at_front(phi, psi, bend, c), c)
        ell = self.front_width
        w = 0.5 / ell**2  # unit gradient coefficient: l^2 = 1/(2 w)
        drive: Array = 0.3 * w
        rate = g / (6.0 * drive * ell)
        return rate * allen_cahn_rate(psi, lap, w, drive), g

    def energy_density(self, phi: Array, psi: Array, c: dict[str, Array]) -> Array:
        """Bulk free energy per site [kT] without gradient terms and without the crystal's own energy."""
        f = self.energy.value(phi, c["chi"])
        if self.excluding:
            f = f + 0.5 * self.exclusion * crystal_weight(psi) * (phi - self.crystal_fraction) ** 2
        return f


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["energy", "rate", "kappa", "curvature", "chi"],
    meta_fields=["crystals"],
)
@dataclass(frozen=True)
class BenchmarkModel:
    """Constant-mobility Cahn-Hilliard with a fixed energy: the model of PFHub benchmark 1.

    Attributes:
        energy: bulk free energy.
        rate: constant mobility M.
        kappa: gradient coefficient [cell^2].
        curvature: upper bound of f''.
    """

    energy: QuarticWell | FloryHuggins
    rate: Array
    kappa: Array
    curvature: Array
    chi: Array = 0.0
    crystals: bool = False

    def coefficients(self, t: Array) -> dict[str, Array]:
        return {"chi": jnp.asarray(self.chi)}

    def local_potential(self, phi: Array, psi: Array, c: dict[str, Array]) -> Array:
        return self.energy.slope(phi, c["chi"])

    def mobility(self, phi: Array, psi: Array, c: dict[str, Array]) -> Array | None:
        return None

    def implicit(self, c: dict[str, Array]) -> tuple[Array, Array]:
        return self.rate * self.curvature, self.rate

    def energy_density(self, phi: Array, psi: Array, c: dict[str, Array]) -> Array:
        return self.energy.value(phi, c["chi"])


def crystal_weight(psi: Array) -> Array:
    """p(psi) = psi^2 (3 - 2 psi), from 0 (solution) to 1 (crystallized gel) with flat ends."""
    return psi * psi * (3.0 - 2.0 * psi)


def free_energy(model: Any, ops: Operators, phi: Array, psi: Array, t: Array) -> Array:
    """Total free energy of the box [kT per site x cells]: bulk, gradient and wall terms."""
    c = model.coefficients(t)
    total = jnp.sum(
        model.energy_density(phi, psi, c), dtype=jnp.float64 if phi.dtype == jnp.float64 else None
    )
    for axis in range(len(ops.shape)):
        step = ops.shift(phi, axis, 1) - phi
        total = total + 0.5 * model.kappa * jnp.sum(step * step)
    if getattr(model, "wall_potential", None) is not None and ops.walls[-1]:
        total = (
            total
            + model.wall_potential[0] * jnp.sum(phi[..., 0])
            + model.wall_potential[1] * jnp.sum(phi[..., -1])
        )
    return total
