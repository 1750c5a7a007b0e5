"""From physics in SI to the phase-field problem in cells: scales, schedule, seeds, noise and where it begins.

The interface of a demixed polymer solution is a few nanometres wide, its pores are a hundred times wider: no grid holds
both. The solver therefore works with a *widened interface*: kappa is raised by s^2 and the mobility lowered by s, where
s = (widened width)/(true width). This keeps the products that rule the late stage, tension x mobility, unchanged
(tension rises by s, mobility falls by s), so a structure of size L forms at the same time in metres and seconds as long
as L is well above the widened interface. It is the dynamic scaling of coarsening, L^3 = c M sigma t: x -> s x, t -> s^3 t.
What is lost is the history of sizes below the widened wavelength. The true solution is demixed at the scale of
nanometres almost at once and reaches the widened wavelength after a fraction (lambda/L)^3 of the time; the widened one is
made to have its phases by then (:func:`onset_speed`), not later. Regions that crystallize earlier hold pores finer than
the grid can show and count as uniform gel: such pores close on drying (:mod:`percola.membrane.drying`). That the answer in metres does not depend on the cell size chosen is tested
(``tests/claims/test_gel_scaling.py``) and the ratio L/lambda is reported with every run.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.gel.energy import LOG_EDGE, FloryHuggins
from percola.gel.model import PHI_CAP, GelModel, Schedule
from percola.gel.operators import Operators, operators
from percola.gel.stepper import State, Tolerance, initial_state
from percola.grid import Grid
from percola.thermo.flory_huggins import binodal, interfacial_tension, spinodal_chi

FloatArray = npt.NDArray[np.float64]

KT_J = 1.380649e-23
INTERFACE_CELLS = 2.4
"""10-90 % width of the demixed interface in cells at the reference interaction; five cells from 1 to 99 %."""
FRONT_CELLS = 0.75
"""l of the crystal front psi = (1 - tanh(x/2l))/2: 10-90 % width 4.4 l = 3.3 cells."""
SEED_CELLS = 2.2
"""Radius at which a growing crystallite is handed to the grid; above the numerical critical radius 2.2 l = 1.65."""
MOBILITY_FLOOR = 1.0e-4
"""Mobility left, relative to m0, where there is no polymer or all is crystallized: keeps face means regular."""
REJECTING_FLOOR = 1.0e-5
"""The same where crystals reject solvent and must not give their polymer back while others grow."""
PECLET = 0.05
"""G R/D of crystals that reject solvent, R half the distance of nuclei. Where the solution diffuses faster than this, its
mobility is lowered to it: the solution about a crystal stays even to some per cent either way, and the equations are less
stiff."""
NOISE_SYMBOL = 0.6
"""Eigenvalue of minus the Laplacian (wavelength of about eight cells) beyond which the initial noise fades out."""
_NODES = 384


@dataclass(frozen=True)
class GelPhysics:
    """What the gel needs to know of a solution, in SI; laws are callables of temperature [K] (and polymer fraction).

    Attributes:
        polymer_fraction: volume fraction of polymer in the solution.
        segments: N, polymer volume over site volume.
        site_volume_m3: volume of a lattice site (a mean solvent molecule).
        segment_length_m: statistical segment length of one site's worth of chain.
        chi: interaction parameter, chi(T).
        bare_diffusivity_m2_s: D0(T) of the solvent at vanishing polymer.
        obstruction: b in D = D0 exp(-b phi/(1 - phi)).
        growth_rate_m_s: crystal growth rate G(T, phi).
        nuclei_density_m3: athermal nuclei in the solution [1/m^3].
        exclusion: k [kT per site], solvent rejection of the growing crystal (0: the gel holds its solvent).
        crystal_fraction: phi_x, polymer fraction of the rejecting crystal at rest.
        initial_radius_m: of the crystals when the history begins.
    """

    polymer_fraction: float
    segments: float
    site_volume_m3: float
    segment_length_m: float
    chi: Callable[[FloatArray], FloatArray]
    bare_diffusivity_m2_s: Callable[[FloatArray], FloatArray]
    obstruction: float
    growth_rate_m_s: Callable[[FloatArray, FloatArray], FloatArray]
    nuclei_density_m3: float
    exclusion: float = 0.0
    crystal_fraction: float = 0.85
    initial_radius_m: float = 0.0

    @property
    def gradient_coefficient_m2(self) -> float:
        """kappa = a^2/(18 phi (1 - phi)) at the mean composition [m^2], per site in kT.

        de Gennes, J. Chem. Phys. 72, 4756 (1980): gradient energy (a^2/36 phi(1 - phi)) |grad phi|^2 of Gaussian chains.
        """
        phi = self.polymer_fraction
        return self.segment_length_m**2 / (18.0 * phi * (1.0 - phi))


@dataclass(frozen=True)
class Scales:
    """How cells map to metres in one run.

    Attributes:
        spacing_m: edge of a cell.
        widening: s, widened over true interface width.
        kappa_cells: gradient coefficient [cell^2].
        interface_m: widened 10-90 % interface width.
        wavelength_m: fastest-growing wavelength of the widened model at the reference temperature.
        reference_chi: interaction parameter at which the width was set.
    """

    spacing_m: float
    widening: float
    kappa_cells: float
    interface_m: float
    wavelength_m: float
    reference_chi: float


@dataclass(frozen=True)
class Forecast:
    """Zero-dimensional forecast of the quench, used only to choose the cell size and to warn.

    Attributes:
        demixing_time_s: when the solution enters the spinodal (inf: never).
        demixing_temperature_K: temperature then.
        arrest_time_s: when half of the solution has crystallized (inf: never within the history).
        arrest_temperature_K: temperature then.
        length_m: structure length expected at arrest from L^3 = c int M sigma dt (0 if it arrests before demixing).
        late_length_m: the same where the solution sets last: when 97 % has crystallized. Below 3 % the solution left between
            crystals about random nuclei no longer hangs together (voids between overlapping spheres, Rintoul 2000), so a
            path through the wall cannot keep to anything coarser.
        nuclei_spacing_m: N_s^(-1/3).
        reference_chi: interaction parameter representative of the structure's formation.
    """

    demixing_time_s: float
    demixing_temperature_K: float
    arrest_time_s: float
    arrest_temperature_K: float
    length_m: float
    late_length_m: float
    nuclei_spacing_m: float
    reference_chi: float


def _curvature(phi: FloatArray | float, n: float, chi: FloatArray | float) -> FloatArray:
    return np.asarray(1.0 / (n * phi) + 1.0 / (1.0 - np.asarray(phi)) - 2.0 * np.asarray(chi))


def _interface_width(segments: float, chi: float) -> tuple[float, float, float, float]:
    """(10-90 % width in sqrt(kappa), tension in sqrt(kappa), phi_lean, phi_rich); tanh-equivalent width from tension."""
    b = binodal(segments, chi)
    lean, rich = float(b.lean), float(b.rich)
    tension = float(interfacial_tension(segments, chi))
    # for a tanh profile of half-width l: tension = kappa (rich - lean)^2/(3 l); 10-90 % width 2.197 l
    return 2.197 * (rich - lean) ** 2 / (3.0 * tension), tension, lean, rich


COARSENING_CONSTANT = 30.0
"""c in dL^3/dt = c M sigma/(phi_rich - phi_lean)^2 for the structure length L (first moment of the structure factor).

Full runs with crystals set at about 0.85 of the length that this value forecasts, which is what it is for: choosing the cell
size. Undisturbed coarsening alone is slower, c = 10 +- 2 (``benchmarks/gel_coarsening.py``): crystals stop the first structure
while it still forms.
"""


LATE = 0.97
"""Crystallized share at which the solution left falls apart into pockets: the voids between overlapping spheres at random
places percolate down to a share of 0.0301 (Rintoul, Phys. Rev. E 62, 68 (2000))."""


@dataclass(frozen=True)
class March:
    """A quench without space on a fine time grid: what :func:`forecast` and the onset of demixing need."""

    time_s: FloatArray
    temperature_K: FloatArray
    chi: FloatArray
    radius_m: FloatArray  # of a crystal since the start
    crystallized: FloatArray
    first: int  # index of the spinodal crossing, -1: never
    length_m: FloatArray  # coarsened structure length


def march(physics: GelPhysics, time_s: FloatArray, temperature_K: FloatArray) -> March:
    """A quench without space: radius of the crystals, crystallized share (Kolmogorov) and coarsened length along a history."""
    t = refined(np.asarray(time_s, float))
    T = np.interp(t, time_s, temperature_K)
    phi, n = physics.polymer_fraction, physics.segments
    chi = np.asarray(physics.chi(T))
    g = np.asarray(physics.growth_rate_m_s(T, np.full_like(T, phi)))
    radius = np.concatenate([[0.0], np.cumsum(0.5 * (g[1:] + g[:-1]) * np.diff(t))])
    radius += physics.initial_radius_m
    crystallized = 1.0 - np.exp(-(4.0 * math.pi / 3.0) * physics.nuclei_density_m3 * radius**3)
    inside = chi > float(spinodal_chi(phi, n))
    first = int(np.argmax(inside)) if inside.any() else -1
    length = np.zeros_like(t)
    if first >= 0:
        # interfacial properties vary slowly with chi: a table of forty values is interpolated
        table = np.linspace(chi[inside].min(), chi[inside].max() + 1e-9, 40)
        rate = np.empty_like(table)
        for i, x in enumerate(table):
            _, sigma, lean, rich = _interface_width(n, float(x))
            shape = 0.5 * float(_mobility_shape(np.array([rich, phi]), physics.obstruction).sum())
            rate[i] = shape * sigma / (rich - lean) ** 2
        speed = np.where(inside, np.interp(chi, table, rate), 0.0) * np.asarray(
            physics.bare_diffusivity_m2_s(T)
        )
        speed *= COARSENING_CONSTANT * math.sqrt(physics.gradient_coefficient_m2)
        length = np.cbrt(np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * np.diff(t))]))
    return March(t, T, chi, radius, crystallized, first, length)


def forecast(physics: GelPhysics, time_s: FloatArray, temperature_K: FloatArray) -> Forecast:
    """March along a temperature history without space: spinodal crossing, crystallization, coarsening."""
    m = march(physics, time_s, temperature_K)
    threshold = 1.02 * float(spinodal_chi(physics.polymer_fraction, physics.segments))
    half = int(np.argmax(m.crystallized >= 0.5)) if m.crystallized[-1] >= 0.5 else -1
    stop = half if half >= 0 else len(m.time_s) - 1
    late = int(np.argmax(m.crystallized >= LATE)) if m.crystallized[-1] >= LATE else len(m.time_s) - 1
    demixes = 0 <= m.first < stop
    reference = float(m.chi[(m.first + stop) // 2]) if demixes else float(m.chi.max())
    if demixes:
        reference = float(np.interp(0.5 * (m.time_s[m.first] + m.time_s[stop]), m.time_s, m.chi))
    return Forecast(
        demixing_time_s=float(m.time_s[m.first]) if m.first >= 0 else math.inf,
        demixing_temperature_K=float(m.temperature_K[m.first]) if m.first >= 0 else math.nan,
        arrest_time_s=float(m.time_s[half]) if half >= 0 else math.inf,
        arrest_temperature_K=float(m.temperature_K[stop]),
        length_m=float(m.length_m[stop]) if demixes else 0.0,
        late_length_m=float(m.length_m[late]) if demixes else 0.0,
        nuclei_spacing_m=physics.nuclei_density_m3 ** (-1.0 / 3.0),
        reference_chi=max(reference, threshold),
    )


def onset_speed(physics: GelPhysics, m: March, sc: Scales, noise_contrast: float) -> tuple[float, float]:
    """(factor on the mobility of the first stage, time by which the phases should stand [s]).

    The true structure, coarsening since the spinodal was crossed, reaches the widened wavelength
    lambda(t) = 2 pi sqrt(2 kappa/|f''(t)|) at a time t*. The linear growth of the widened model from the noise to a third of
    the demixed contrast is speeded up so that it ends at t*: factor = ln(c/c0)/int R dt, never below 1.
    """
    if m.first < 0:
        return 1.0, math.inf
    phi, n, h = physics.polymer_fraction, physics.segments, sc.spacing_m
    t, T = m.time_s[m.first :], m.temperature_K[m.first :]
    fall = np.maximum(-_curvature(phi, n, m.chi[m.first :]), 1e-9)
    wavelength = 2.0 * math.pi * np.sqrt(2.0 * sc.kappa_cells / fall) * h
    reached = m.length_m[m.first :] >= wavelength
    if not reached.any():
        return 1.0, math.inf
    i = int(np.argmax(reached))
    shape = float(_mobility_shape(np.array(phi), physics.obstruction))
    rate = (
        np.asarray(physics.bare_diffusivity_m2_s(T))
        / (sc.widening * h * h)
        * shape
        * fall**2
        / (4 * sc.kappa_cells)
    )
    growth = float(np.sum(0.5 * (rate[1 : i + 1] + rate[:i]) * np.diff(t[: i + 1])))
    _, _, lean, rich = _interface_width(n, float(m.chi[m.first + i]))
    wanted = math.log(max(math.sqrt(max((rich - phi) * (phi - lean), 0.0)) / 3.0 / noise_contrast, math.e))
    return max(wanted / max(growth, 1e-9), 1.0), float(t[i])


def _mobility_shape(phi: FloatArray, obstruction: float) -> FloatArray:
    x = np.clip(phi, 0.0, PHI_CAP)
    return np.asarray(x * (1.0 - x) * np.exp(-obstruction * x / (1.0 - x)))


def scales(physics: GelPhysics, spacing_m: float, reference_chi: float) -> Scales:
    """Widen the interface to :data:`INTERFACE_CELLS` cells of ``spacing_m`` at ``reference_chi``."""
    width, _, _, _ = _interface_width(physics.segments, reference_chi)
    root = INTERFACE_CELLS / width  # sqrt(kappa) in cells
    true = math.sqrt(physics.gradient_coefficient_m2)
    s = root * spacing_m / true
    if s < 1.0:
        raise InputError(
            "spacing",
            f"{spacing_m:.3g} m, finer than the physical interface needs (widening {s:.2f} < 1)",
            f"cells of at least {spacing_m / s:.3g} m",
            "use a larger cell or a smaller --size",
        )
    f2 = abs(float(_curvature(physics.polymer_fraction, physics.segments, reference_chi)))
    wavelength = 2.0 * math.pi * math.sqrt(2.0 * root**2 / max(f2, 1e-6)) * spacing_m
    return Scales(spacing_m, s, root**2, INTERFACE_CELLS * spacing_m, wavelength, reference_chi)


@dataclass(frozen=True)
class Problem:
    """Everything that one phase-field run needs; deterministic in its arguments.

    Attributes:
        grid: the box.
        scales: cells against metres.
        model, operators, tolerance: what the stepper takes.
        state: initial state.
        noise, noise_time_s: composition fluctuations added when the solution enters the spinodal (inf: never).
        first_step_s: step after such an event.
        seed_positions: seeds in cells, shape (n, ndim), handed to the grid at ``seed_time_s``.
        seed_time_s: when the crystallites have grown to the seed radius (inf: never).
        seed_radius_cells: the radius they then have: larger than the least where the hold at T_s made them so.
        end_time_s: end of the temperature history.
        expected_seeds: N_s times the volume of the box.
        dtype: "float32" or "float64".
    """

    grid: Grid
    scales: Scales
    model: GelModel
    operators: Operators
    tolerance: Tolerance
    state: State
    noise: npt.NDArray[Any]
    noise_time_s: float
    first_step_s: float
    seed_positions: FloatArray
    seed_time_s: float
    seed_radius_cells: float
    end_time_s: float
    expected_seeds: float
    dtype: str


def gel_problem(
    physics: GelPhysics,
    time_s: FloatArray,
    temperature_K: FloatArray,
    grid: Grid,
    *,
    reference_chi: float,
    seed: int,
    dtype: str = "float32",
    wall_potential: tuple[float, float] = (0.0, 0.0),
    error: float = 1.0e-2,
) -> Problem:
    """Set up the phase field on ``grid`` along a temperature history.

    Args:
        physics: the solution.
        time_s, temperature_K: history, shape (n,); constant after its end.
        grid: box; spacing in metres.
        reference_chi: interaction parameter at which the interface is resolved (see :func:`scales`).
        seed: seed of noise and nuclei; same seed, same numbers.
        dtype: "float32" or "float64".
        wall_potential: energy of the lower and upper z wall per unit polymer fraction [kT per site x m]; the solver
            widens it with the interface.
        error: allowed departure from the extrapolation in a step (rms, relative to the contrast of phi).
    """
    time_s = np.asarray(time_s, float)
    temperature_K = np.asarray(temperature_K, float)
    if (
        time_s.ndim != 1
        or time_s.shape != temperature_K.shape
        or time_s.size < 2
        or np.any(np.diff(time_s) <= 0)
    ):
        raise InputError(
            "time_s, temperature_K", f"shapes {time_s.shape}, {temperature_K.shape}", "equal, ascending times"
        )
    phi = physics.polymer_fraction
    h = grid.spacing_m
    sc = scales(physics, h, reference_chi)

    # --- when demixing begins, and when the growing crystallites reach the size of a seed
    m = march(physics, time_s, temperature_K)
    seed_time = math.inf
    if m.radius_m[-1] >= SEED_CELLS * h:
        seed_time = float(np.interp(SEED_CELLS * h, m.radius_m, m.time_s))
    demix_time = float(m.time_s[m.first]) if m.first >= 0 else math.inf
    start = min(seed_time, demix_time)
    if not math.isfinite(start):
        start = float(time_s[-1])
    # everything earlier is a resting homogeneous solution
    start = max(float(time_s[0]), start)

    # --- coefficients against time
    nodes = _schedule_nodes(time_s, temperature_K, start)
    T = np.interp(nodes, time_s, temperature_K)
    chi = np.asarray(physics.chi(T))
    kind = np.dtype(dtype)
    rejecting = physics.exclusion > 0 and m.first < 0
    # without two liquids there is no interface to widen, and diffusion is what it is
    m0 = np.asarray(physics.bare_diffusivity_m2_s(T)) / ((1.0 if rejecting else sc.widening) * h * h)
    if rejecting:
        front = np.asarray(physics.growth_rate_m_s(T, np.full_like(T, phi))) / h
        reach = 0.5 * physics.nuclei_density_m3 ** (-1.0 / 3.0) / h
        spread = float(_mobility_shape(np.array(phi), physics.obstruction)) * np.maximum(
            _curvature(phi, physics.segments, chi), 1e-3
        )
        # never below a thousandth: where nothing grows yet, nothing has to diffuse
        m0 = np.clip(front * reach / (PECLET * spread), 1e-3 * m0, m0)
    shape = np.linspace(1e-4, PHI_CAP, 800)
    m_shape = _mobility_shape(shape, physics.obstruction)
    edge = min(LOG_EDGE / physics.segments, 1e-3)
    safe = np.maximum(shape, edge)
    stiffness = np.array(
        [
            float(
                np.max(
                    m_shape * np.maximum(1.0 / (physics.segments * safe) + 1.0 / (1.0 - shape) - 2.0 * x, 0.0)
                )
            )
            for x in chi
        ]
    )
    # the mobility floor lets the lean phase feel the full curvature at the edge of its logarithm
    floor = REJECTING_FLOOR if rejecting else MOBILITY_FLOOR
    stiffness = np.maximum(stiffness, 2.0 * floor / (physics.segments * edge))
    stiffness = stiffness + float(m_shape.max()) * physics.exclusion
    demixed = np.zeros_like(chi)
    for i in np.flatnonzero(chi > float(spinodal_chi(phi, physics.segments))):
        pair = binodal(physics.segments, float(chi[i]))
        demixed[i] = math.sqrt(max((float(pair.rich) - phi) * (phi - float(pair.lean)), 0.0))
    # growth rate of the fastest fluctuation of the solution, M f''^2/(4 kappa) where f'' < 0, a little to the safe side
    near = phi * np.array([0.9, 1.0])
    fall = np.minimum(_curvature(near, physics.segments, chi[:, None]), 0.0)
    pace = (
        m0 * np.max(_mobility_shape(near, physics.obstruction) * fall * fall, axis=1) / (4.0 * sc.kappa_cells)
    )
    growth = _growth_polynomials(physics, T) / h
    schedule = Schedule(
        jnp.asarray(nodes),
        jnp.asarray(chi),
        jnp.asarray(m0),
        jnp.asarray(stiffness),
        jnp.asarray(growth),
        jnp.asarray(pace),
        jnp.asarray(demixed),
        jnp.asarray(T),
    )

    def scalar(x: float) -> Any:
        return jnp.asarray(x, kind)

    ops = operators(grid, kind)
    noise = _thermal_noise(ops, physics, sc, seed)
    speed, _ = onset_speed(physics, m, sc, float(noise.std()))
    model = GelModel(
        energy=FloryHuggins(scalar(physics.segments)),
        schedule=schedule,
        kappa=scalar(sc.kappa_cells),
        obstruction=scalar(physics.obstruction),
        mobility_peak=scalar(float(m_shape.max())),
        mobility_floor=scalar(floor),
        exclusion=scalar(physics.exclusion),
        crystal_fraction=scalar(physics.crystal_fraction),
        front_width=scalar(FRONT_CELLS),
        wall_potential=tuple(scalar(w / h * sc.widening) for w in wall_potential),
        onset_speed=scalar(speed),
        richest_solution=scalar(phi),
        crystals=True,
        excluding=physics.exclusion > 0,
        rejecting=rejecting,
    )
    field = np.full(grid.shape, phi, kind)
    expected = physics.nuclei_density_m3 * grid.volume_m3
    seeds_rng = np.random.default_rng([seed, 0x5EED])
    count = int(seeds_rng.poisson(min(expected, 4.0 * grid.cells)))
    positions = seeds_rng.random((count, grid.ndim)) * np.array(grid.shape)
    fastest = float(np.max(m0) * m_shape.max())
    first_step = 1e-2 / max(fastest, 1e-12)
    state = initial_state(ops, field, np.zeros(grid.shape, kind), start, first_step)
    span = float(time_s[-1]) - start
    quiet = scalar(float(noise.std()))
    tolerance = Tolerance(
        scalar(error), quiet, scalar(0.08), jnp.asarray(max(span, 1e-9)), jnp.asarray(1e-13 * max(span, 1e-9))
    )
    return Problem(
        grid=grid,
        scales=sc,
        model=model,
        operators=ops,
        tolerance=tolerance,
        state=state,
        noise=noise,
        noise_time_s=max(demix_time, start),
        first_step_s=first_step,
        seed_positions=positions,
        seed_time_s=seed_time,
        seed_radius_cells=max(SEED_CELLS, physics.initial_radius_m / h),
        end_time_s=float(time_s[-1]),
        expected_seeds=expected,
        dtype=kind.name,
    )


def _thermal_noise(ops: Operators, physics: GelPhysics, sc: Scales, seed: int) -> npt.NDArray[Any]:
    """Composition fluctuations of the solution as it enters the spinodal, of zero mean.

    S(k) = (v0/h^3)/(f2 + kappa lam) with f2 half of the curvature that drives demixing at the reference: the spinodal
    itself (f2 = 0) is crossed too fast for its critical fluctuations to grow. Wavelengths below about eight cells, which
    are slaved to the longer ones and only cost steps, are left out. Cook, Acta Metall. 18, 297 (1970).
    """
    rng = np.random.default_rng([seed, 0xB0B])
    f2 = 0.5 * abs(float(_curvature(physics.polymer_fraction, physics.segments, sc.reference_chi)))
    lam = np.asarray(ops.symbol, float)
    variance = physics.site_volume_m3 / sc.spacing_m**3 / (f2 + sc.kappa_cells * lam)
    envelope = np.sqrt(variance) * np.exp(-((lam / NOISE_SYMBOL) ** 2))
    white = jnp.asarray(rng.standard_normal(ops.shape), ops.symbol.dtype)
    noise = np.asarray(ops.backward(ops.forward(white) * jnp.asarray(envelope, ops.symbol.dtype)), float)
    return np.asarray(noise - noise.mean(), ops.symbol.dtype)


def refined(time_s: FloatArray) -> FloatArray:
    """The times of a history and 8000 more, even and geometric, so that a trapezoidal rule follows any growth law."""
    start, end = float(time_s[0]), float(time_s[-1])
    return np.unique(
        np.concatenate(
            [time_s, np.linspace(start, end, 4000), start + np.geomspace(1e-5, max(end - start, 2e-5), 4000)]
        )
    )


def _schedule_nodes(time_s: FloatArray, temperature_K: FloatArray, start: float) -> FloatArray:
    """Exactly ``_NODES`` times (one compiled shape): half geometric from the start, half even in temperature."""
    end = float(time_s[-1])
    span = max(end - start, 1e-9)
    early = start + span * np.geomspace(1e-7, 1.0, _NODES // 2)
    fine = refined(np.array([start, end]))
    fine = np.unique(np.concatenate([fine, time_s[(time_s > start) & (time_s < end)]]))
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(np.interp(fine, time_s, temperature_K))))])
    way += 1e-9 * np.arange(way.size)
    even = np.interp(np.linspace(0.0, way[-1], _NODES // 2), way, fine)
    nodes = np.unique(np.concatenate([[start], early, even]))
    while nodes.size < _NODES:
        i = int(np.argmax(np.diff(nodes)))
        nodes = np.insert(nodes, i + 1, 0.5 * (nodes[i] + nodes[i + 1]))
    return nodes if nodes.size == _NODES else np.concatenate([nodes[: _NODES - 1], nodes[-1:]])


def _growth_polynomials(physics: GelPhysics, T: FloatArray) -> FloatArray:
    """g_1..g_4 of G ~ sum g_j phi^j at each temperature, by relative least squares; shape (4, n)."""
    x = np.linspace(0.02, 0.95, 24)
    powers = np.stack([x, x**2, x**3, x**4], axis=1)
    out = np.zeros((4, T.size))
    for i, temperature in enumerate(T):
        g = np.asarray(physics.growth_rate_m_s(np.full_like(x, temperature), x))
        top = float(g.max())
        if top <= 0.0:
            continue
        weight = 1.0 / (g + 0.02 * top)
        out[:, i] = np.linalg.lstsq(powers * weight[:, None], g * weight, rcond=None)[0]
    return out


def stamp_seeds(
    psi: npt.NDArray[Any], positions: FloatArray, walls: tuple[bool, ...], radius_cells: float = SEED_CELLS
) -> npt.NDArray[Any]:
    """Add spheres of a radius, :data:`SEED_CELLS` by default, with the equilibrium front profile to ``psi``; returns a new array."""
    out = np.array(psi)
    reach = math.ceil(radius_cells + 4.0 * FRONT_CELLS)
    offsets = np.arange(-reach, reach + 1)
    for position in positions:
        base = np.floor(position).astype(int)
        axes = []
        squares = []
        for axis, n in enumerate(out.shape):
            i = base[axis] + offsets
            d2 = (i + 0.5 - position[axis]) ** 2
            if walls[axis]:
                keep = (i >= 0) & (i < n)
                i, d2 = i[keep], d2[keep]
            else:
                i = i % n
                if i.size > n:  # a box smaller than a seed: keep the nearest image of each cell
                    i, d2 = i[:n], d2[:n]
            shape = [1] * out.ndim
            shape[axis] = i.size
            axes.append(i)
            squares.append(d2.reshape(shape))
        r = np.sqrt(sum(squares))
        profile = 0.5 * (1.0 - np.tanh((r - radius_cells) / (2.0 * FRONT_CELLS)))
        window = np.ix_(*axes)
        out[window] = np.maximum(out[window], profile)
    return out
