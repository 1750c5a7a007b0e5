"""Heat through the wall: finite volumes in depth, TR-BDF2 in time, crystallization solved with the heat.

For each cell of volume ``V`` the unknowns are its energy ``E = H(T) - L X(R)`` per volume and the radius
``R`` of its crystals:

    V dE/dt = sum over faces of conductance * (T_neighbour - T),      dR/dt = G(T).

Fluxes between cells are exact for steady conduction (thickness over k in a sheet, logarithms of radii in a
fibre), so heat is conserved to rounding. The mixture of temperature and crystals is solved by Newton's method
in T alone, since R and X at the end of a stage are functions of T there; the matrix stays tridiagonal.

References: Bank et al., IEEE Trans. CAD 4 (1985) 436 (TR-BDF2); Hosea and Shampine, Appl. Numer. Math. 20
(1996) 21 (embedded third-order error estimate, filtered); Patankar, Numerical Heat Transfer and Fluid Flow
(1980), chapter 4 (finite volumes).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.linalg import lapack
from scipy.optimize import brentq

from percola.errors import InputError, SolveError
from percola.quench.history import ThermalHistory
from percola.quench.model import (
    Array,
    CrystallizationHeat,
    Face,
    HeatProperties,
    Schedule,
    Stage,
    Wall,
    positive,
    sampled,
    temperature,
)

STEFAN_BOLTZMANN_W_m2K4 = 5.670374419e-8  # exact to the digits shown, SI 2019 (CODATA 2018)

# TR-BDF2 as an ESDIRK of three stages (Hosea and Shampine 1996, table in section 2).
_GAMMA = 2.0 - math.sqrt(2.0)
_D = 0.5 * _GAMMA
_W = 0.25 * math.sqrt(2.0)
_ERROR = ((1.0 - _W) / 3.0 - _W, (3.0 * _W + 1.0) / 3.0 - _W, _D / 3.0 - _D)

_TABLE_POINTS = 2049  # of a property against T: 0.06 K apart over 125 K
_NEWTON_K = (
    1e-7  # Newton stops when T moves by less; energy is kept in flux form, so this does not add up over steps
)
_MAX_STEPS = 20_000
_MAX_POINTS = 400


class _Table:
    """A property against temperature, linear between equidistant points, with its exact integral; constant
    outside."""

    def __init__(self, values: Array, low: float, high: float) -> None:
        self.low, self.step = low, (high - low) / (len(values) - 1)
        self.values = values
        self.slopes = np.append(np.diff(values) / self.step, 0.0)
        self.integrals = np.concatenate(([0.0], np.cumsum(0.5 * self.step * (values[1:] + values[:-1]))))
        self.last = len(values) - 1

    def __call__(self, T: Array) -> tuple[Array, Array]:
        """Value and slope."""
        x = np.clip((T - self.low) / self.step, 0.0, self.last)
        i = x.astype(np.intp)
        slope = self.slopes[i]
        return self.values[i] + slope * (x - i) * self.step, slope

    def integral(self, T: Array) -> Array:
        """Integral from the lowest temperature to T."""
        x = np.clip((T - self.low) / self.step, 0.0, self.last)
        i = x.astype(np.intp)
        rest = (x - i) * self.step
        inside = self.integrals[i] + rest * (self.values[i] + 0.5 * self.slopes[i] * rest)
        beyond = T - (self.low + x * self.step)
        edge = np.where(beyond > 0, self.values[-1], self.values[0])
        out: Array = inside + beyond * edge
        return out


@dataclass(frozen=True)
class Cells:
    """Finite volumes through a wall, per m2 of sheet or per metre and radian of fibre, outermost first.

    Attributes:
        edges_m: (n+1,) depths of the cell faces.
        centres_m: (n,) depths of the cell centres.
        volume: (n,) [m] or [m2].
        outward, inward: (n,) resistance times conductivity from the centre to the outer and inner face of the
            cell.
        outer_area, inner_area: of the two surfaces.
    """

    edges_m: Array
    centres_m: Array
    volume: Array
    outward: Array
    inward: Array
    outer_area: float
    inner_area: float


def cells_through(wall: Wall, cells: int, face_cell_m: float | None) -> Cells:
    """Cells graded by a tanh map so that those at both faces are ``face_cell_m`` thick (None: all alike)."""
    L = wall.thickness_m
    s = np.linspace(-1.0, 1.0, cells + 1)
    if face_cell_m is None or face_cell_m >= L / cells:
        edges = 0.5 * L * (s + 1.0)
    else:

        def first(delta: float) -> float:
            return 0.5 * L * (1.0 + math.tanh(-delta * (1 - 2 / cells)) / math.tanh(delta)) - face_cell_m

        delta = float(brentq(first, 1e-6, 20.0))
        half = np.tanh(delta * s[s >= 0]) / math.tanh(delta)
        full = np.concatenate(
            (-half[half > 0][::-1], half)
        )  # exactly symmetric, so that symmetric problems stay so
        edges = 0.5 * L * (full + 1.0)
    edges[0], edges[-1] = 0.0, L
    centres = 0.5 * (edges[1:] + edges[:-1])
    if wall.outer_radius_m is None:
        width = 0.5 * (np.diff(edges) + np.diff(edges)[::-1])
        return Cells(edges, centres, width, 0.5 * width, 0.5 * width, 1.0, 1.0)
    outer = wall.outer_radius_m
    r, rc = outer - edges, outer - centres
    volume = 0.5 * (r[:-1] - r[1:]) * (r[:-1] + r[1:])
    return Cells(edges, centres, volume, np.log(r[:-1] / rc), np.log(rc / r[1:]), float(r[0]), float(r[-1]))


def _layer_cells(face: Face, radius_m: float | None, cells: int, face_cell_m: float | None) -> list[Array]:
    """Volume, resistances (near, far side), conductivity and heat capacity of a still layer, from the wall
    on."""
    assert face.still is not None
    assert not callable(face.film_W_m2K)
    k, ratio = face.still.conductivity_W_mK, face.still.conductivity_W_mK / face.film_W_m2K
    thickness = ratio if radius_m is None else radius_m * math.expm1(min(ratio / radius_m, 20.0))
    cells = max(20, cells)
    first = thickness / cells if face_cell_m is None else min(face_cell_m, thickness / cells)
    growth = 1.0
    if first < 0.999 * thickness / cells:
        growth = float(
            brentq(
                lambda r: math.log(math.expm1(cells * math.log(r)) / (r - 1)) - math.log(thickness / first),
                1 + 1e-9,
                100.0,
            )
        )
    width: Array = np.asarray(first * growth ** np.arange(cells), dtype=np.float64)
    edges = np.concatenate(([0.0], np.cumsum(width)))
    full_k, full_c = np.full(cells, k), np.full(cells, face.still.heat_capacity_J_m3K)
    if radius_m is None:
        return [width, 0.5 * width, 0.5 * width, full_k, full_c]
    r = radius_m + edges
    rc = 0.5 * (r[1:] + r[:-1])
    volume = 0.5 * (r[1:] - r[:-1]) * (r[1:] + r[:-1])
    return [volume, np.log(rc / r[:-1]), np.log(r[1:] / rc), full_k, full_c]


class _Problem:
    """The semi-discrete equations; unknowns are the cells, then the bore where there is one."""

    def __init__(
        self,
        wall: Wall,
        properties: HeatProperties,
        crystals: CrystallizationHeat | None,
        grid: Cells,
        low: float,
        high: float,
    ) -> None:
        self.grid, self.n = grid, len(grid.centres_m)
        self.bare: _Problem | None = None
        self.fibre = wall.geometry == "fibre"
        self.bore = wall.bore
        self.size = self.n + (self.bore is not None)
        span = np.linspace(low, high, _TABLE_POINTS)
        density = properties.density_kg_m3
        c, k = properties.heat_capacity_J_kgK, properties.conductivity_W_mK
        self.c_table = (
            _Table(density * sampled("properties.heat_capacity_J_kgK", c, span), low, high)
            if callable(c)
            else None
        )
        self.c_value = np.full(self.size, 0.0 if callable(c) else density * c)
        self.k_table = (
            _Table(sampled("properties.conductivity_W_mK", k, span), low, high) if callable(k) else None
        )
        self.k_value = np.full(self.n, 0.0 if callable(k) else k)
        self.volume = grid.volume
        self.bore_conductance = 0.0
        if self.bore is not None and wall.inner_radius_m is not None:
            a = wall.inner_radius_m
            self.volume = np.append(grid.volume, 0.5 * a * a)
            self.c_value[-1] = self.bore.density_kg_m3 * self.bore.heat_capacity_J_kgK
            self.bore_conductance = a * self.bore.nusselt * self.bore.conductivity_W_mK / (2.0 * a)
        self.g_table: _Table | None = None
        self.latent = 0.0
        self.prefactor = 0.0
        self.initial_radius_m = 0.0
        if crystals is not None and crystals.nuclei_density_m3 > 0:
            self.g_table = _Table(
                sampled("crystallization.growth_rate_m_s", crystals.growth_rate_m_s, span, zero=True),
                low,
                high,
            )
            self.latent = crystals.latent_heat_J_m3
            self.prefactor = 4.0 / 3.0 * math.pi * crystals.nuclei_density_m3
            self.initial_radius_m = crystals.initial_radius_m
        self.low = low
        self.outward, self.inward = grid.outward, grid.inward
        self.layers = (0, 0)
        self.wall = slice(0, self.n)
        self.own = np.ones(self.size, dtype=bool)  # the wall and the bore, without layers of the medium
        self.linear_walls = self.c_table is None and self.k_table is None and self.g_table is None

    def between_media(self, outer: Face, inner: Face | None, face_cell_m: float | None) -> _Problem:
        """The same wall with the still layers of the media on its faces."""
        base = self.bare if self.bare is not None else self
        if outer.still is None and (inner is None or inner.still is None):
            return base
        p = copy.copy(base)
        p.bare = base
        before: list[Array] = [np.empty(0)] * 5
        after = [np.empty(0)] * 5
        radius = base.grid.outer_area if base.fibre else None
        if outer.still is not None:
            before = [a[::-1] for a in _layer_cells(outer, radius, base.n // 2, face_cell_m)]
            before[1], before[2] = before[2], before[1]  # it lies outside the wall: its far side is outward
        if inner is not None and inner.still is not None:
            if base.fibre:
                raise InputError(
                    "face.still", "at the inner surface of a fibre", "outer surfaces and sheets", "use a Bore"
                )
            after = _layer_cells(inner, None, base.n // 2, face_cell_m)
        m, n = len(before[0]), base.n
        p.layers = (m, len(after[0]))
        p.wall = slice(m, m + n)
        tail = base.volume[n:]
        p.volume = np.concatenate((before[0], base.volume[:n], after[0], tail))
        p.outward = np.concatenate((before[1], base.outward, after[1]))
        p.inward = np.concatenate((before[2], base.inward, after[2]))
        p.k_value = np.concatenate((before[3], base.k_value, after[3]))
        p.c_value = np.concatenate((before[4], base.c_value[:n], after[4], base.c_value[n:]))
        p.size = len(p.volume)
        p.own = np.ones(p.size, dtype=bool)
        p.own[:m] = False
        p.own[m + n : m + n + len(after[0])] = False
        return p

    def heat(self, T: Array) -> tuple[Array, Array]:
        """Sensible heat per volume from the lowest temperature [J/m3] and its slope [J/(m3.K)]."""
        if self.c_table is None:
            return self.c_value * (T - self.low), self.c_value
        C, H = self.c_value.copy(), self.c_value * (T - self.low)
        C[self.wall] = self.c_table(T[self.wall])[0]
        H[self.wall] = self.c_table.integral(T[self.wall])
        return H, C

    def growth(self, T: Array) -> tuple[Array, Array]:
        assert self.g_table is not None
        return self.g_table(T[self.wall])

    def conversion(self, R: Array) -> tuple[Array, Array]:
        """Conversion and its derivative with the radius."""
        y = self.prefactor * R**3
        return -np.expm1(-y), 3.0 * self.prefactor * R * R * np.exp(-y)

    def conductances(self, T: Array) -> tuple[Array, Array]:
        """Between cells (size-1,), and from the outermost and innermost centre of the wall to its
        surfaces."""
        k = self.k_value
        if self.k_table is not None:
            k = k.copy()
            k[self.wall] = self.k_table(T[self.wall])[0]
        out, inn = self.outward / k, self.inward / k
        between = 1.0 / (inn[:-1] + out[1:])
        ends = np.array([1.0 / out[self.wall.start], 1.0 / inn[self.wall.stop - 1]])
        if self.bore is not None:
            to_bore = 0.0 if self.bore_conductance == 0 else 1.0 / (inn[-1] + 1.0 / self.bore_conductance)
            between = np.append(between, to_bore)
        return between, ends

    def edge(self, side: int) -> float:
        """From the last centre of a layer to its far edge, where the medium has its own temperature."""
        last = 0 if side == 0 else self.layers[0] + self.n + self.layers[1] - 1
        resistance = (self.outward if side == 0 else self.inward)[last] / self.k_value[last]
        return float(1.0 / resistance)

    def film(self, face: Face, time_in_stage_s: float, surface_K: float) -> float:
        h = face.film_W_m2K
        if callable(h):
            value = float(h(time_in_stage_s, surface_K))
            if math.isnan(value) or value < 0:
                raise InputError(
                    f"face.film_W_m2K ({face.label or 'unnamed'})",
                    f"{value!r} at {time_in_stage_s:.3g} s and {surface_K:.2f} K",
                    "0 or more",
                )
        else:
            value = float(h)
        if face.emissivity:
            Tm = face.medium_temperature_K
            value += face.emissivity * STEFAN_BOLTZMANN_W_m2K4 * (surface_K**2 + Tm**2) * (surface_K + Tm)
        return value


@dataclass
class _State:
    T: Array
    E: Array
    R: Array


@dataclass
class _Step:
    """A step that converged: the new state, its rates, and the embedded estimate of its error."""

    state: _State
    F: Array
    G: Array
    surfaces: list[float]
    through_mid: Array
    through: Array
    error_K: Array
    error_X: float


class _Integrator:
    def __init__(self, problem: _Problem, T0: float) -> None:
        self.p = problem
        T = np.full(problem.size, T0)
        R = np.full(problem.n, problem.initial_radius_m)
        E = problem.heat(T)[0]
        E[problem.wall] -= problem.latent * problem.conversion(R)[0]
        self.state = _State(T, E, R)
        self.newton = 0
        self.surfaces = [T0, T0]
        self.faces: tuple[Face, Face | None] = (Face.insulated(), None)
        self.start_s = 0.0
        self.fixed_film = True

    def begin(
        self, outer: Face, inner: Face | None, start_s: float, face_cell_m: float | None = None
    ) -> None:
        """Bring the wall between new media; layers start at the temperature of their medium."""
        self.faces, self.start_s = (outer, inner), start_s
        self.fixed_film = all(
            f is None or (not callable(f.film_W_m2K) and f.emissivity == 0) for f in self.faces
        )
        old = self.p
        self.p = old.between_media(outer, inner, face_cell_m)
        T, E = np.empty(self.p.size), np.empty(self.p.size)
        T[: self.p.wall.start] = outer.medium_temperature_K
        if inner is not None:
            T[self.p.wall.stop :] = inner.medium_temperature_K
        T[self.p.own] = self.state.T[old.own]
        E[:] = self.p.heat(T)[0]
        E[self.p.own] = self.state.E[old.own]
        self.state = _State(T, E, self.state.R)
        wall = T[self.p.wall]
        self.surfaces = [float(wall[0]), float(wall[-1])]

    def rates(
        self, T: Array, time_s: float, surfaces: Sequence[float]
    ) -> tuple[Array, Array, Array, list[float], Array]:
        """Heat gained per volume, its matrix (diagonal, off-diagonal conductances), surfaces, heat through
        surfaces."""
        p = self.p
        between, ends = p.conductances(T)
        flow = between * np.diff(T)
        gain = np.zeros(p.size)
        gain[:-1] += flow
        gain[1:] -= flow
        loss = np.zeros(p.size)
        loss[:-1] += between
        loss[1:] += between
        new_surfaces = list(surfaces)
        through = np.zeros(2)
        for side, face in enumerate(self.faces):
            cell = p.wall.start if side == 0 else p.wall.stop - 1
            if face is None:
                if side == 1 and p.bore is not None and p.bore_conductance:
                    q = between[-1] * (T[-1] - T[cell])
                    new_surfaces[1] = float(T[cell] + q / ends[1])
                else:
                    new_surfaces[side] = float(T[cell])
                continue
            if p.layers[side]:
                last = 0 if side == 0 else p.wall.stop + p.layers[1] - 1
                g = p.edge(side)
                gain[last] += g * (face.medium_temperature_K - float(T[last]))
                loss[last] += g
                through[side] = -flow[cell - 1] if side == 0 else flow[cell]
                new_surfaces[side] = float(T[cell]) + through[side] / float(ends[side])
                continue
            area = p.grid.outer_area if side == 0 else p.grid.inner_area
            Tm = face.medium_temperature_K
            to_surface, cell_K = float(ends[side]), float(T[cell])
            if callable(face.film_W_m2K) or face.emissivity:
                q, g, surface = self.surface_flux(
                    face, area, to_surface, cell_K, surfaces[side], time_s - self.start_s
                )
            else:
                h = float(face.film_W_m2K)
                g = 0.0 if h == 0 else 1.0 / (1.0 / to_surface + (0.0 if math.isinf(h) else 1.0 / (h * area)))
                q = g * (Tm - cell_K)
                surface = cell_K + q / to_surface
            gain[cell] += q
            loss[cell] += g
            through[side] = q
            new_surfaces[side] = surface
        return gain / p.volume, loss, between, new_surfaces, through

    def surface_flux(
        self, face: Face, area: float, to_surface: float, cell_K: float, surface_K: float, time_s: float
    ) -> tuple[float, float, float]:
        """Heat gained through a film that depends on its surface, its slope with the cell, and the surface.

        Newton on ``to_surface (T_cell - T_s) = A h(T_s) (T_s - T_m)``, so that the whole step stays
        quadratic.
        """
        Tm, Ts = face.medium_temperature_K, surface_K
        steepness = 0.0
        for _ in range(30):
            h = self.p.film(face, time_s, Ts)
            step = 1e-4  # K; film laws are smooth on the scale of kelvins
            beside = self.p.film(face, time_s, Ts + step)
            if math.isinf(h) or math.isinf(beside):
                return to_surface * (Tm - cell_K), to_surface, Tm
            # Slope of h (Ts - Tm); a law may fall with Ts, but not so fast that a hotter surface loses less.
            steepness = max(area * (h + (beside - h) / step * (Ts - Tm)), 0.1 * area * h)
            move = (to_surface * (cell_K - Ts) - area * h * (Ts - Tm)) / (to_surface + steepness)
            Ts += move
            if abs(move) < 1e-9:
                break
        q = to_surface * (Ts - cell_K)
        slope = 0.0 if steepness == 0.0 else 1.0 / (1.0 / to_surface + 1.0 / steepness)
        return q, slope, Ts

    def solve(
        self, T: Array, E_known: Array, R_known: Array, a: float, time_s: float
    ) -> tuple[Any, ...] | None:
        """The state with ``E = E_known + a F(T)``, ``R = R_known + a G(T)``; None where Newton does not
        converge."""
        p = self.p
        T = T.copy()
        surfaces: list[float] = list(self.surfaces)
        once = p.linear_walls and self.fixed_film
        move = math.inf
        for iteration in range(12):
            F, loss, between, surfaces, through = self.rates(T, time_s, surfaces)
            H, C = p.heat(T)
            residual = H - E_known - a * F
            slope = C
            R = R_known
            G = R_known
            if p.g_table is not None:
                G, dG = p.growth(T)
                R = R_known + a * G
                X, dX = p.conversion(R)
                residual[p.wall] -= p.latent * X
                slope = C.copy()
                slope[p.wall] -= p.latent * dX * a * dG
            if move <= _NEWTON_K or (once and iteration == 1):
                return T, E_known + a * F, R, F, G, surfaces, through, (loss, between, slope)
            diagonal = p.volume * slope + a * loss
            off = -a * between
            *_, dT, info = lapack.dgtsv(off, diagonal, off, -p.volume * residual)
            if info != 0 or not np.all(np.isfinite(dT)):
                return None
            T = T + dT
            previous, move = move, float(np.max(np.abs(dT)))
            self.newton += 1
            if move > 5.0 * previous or move > 1e4:
                return None
        return None

    def step(self, time_s: float, dt: float, F: Array, G: Array) -> _Step | None:
        """One step of TR-BDF2 from the present state with its rates ``F`` and ``G``; None where it did not
        converge."""
        p, state, a = self.p, self.state, _D * dt
        first = self.solve(state.T, state.E + a * F, state.R + a * G, a, time_s + _GAMMA * dt)
        if first is None:
            return None
        T1, _, _, F1, G1, _, through1, _ = first
        guess = T1 + (1 - _GAMMA) * (T1 - state.T)
        second = self.solve(guess, state.E + dt * _W * (F + F1), state.R + dt * _W * (G + G1), a, time_s + dt)
        if second is None:
            return None
        T2, E2, R2, F2, G2, surfaces, through2, matrix = second
        error_E = dt * (_ERROR[0] * F + _ERROR[1] * F1 + _ERROR[2] * F2)
        worst_X = 0.0
        if p.g_table is not None:
            error_X = p.conversion(R2)[1] * dt * (_ERROR[0] * G + _ERROR[1] * G1 + _ERROR[2] * G2)
            error_E[p.wall] += p.latent * error_X
            worst_X = float(np.max(np.abs(error_X)))
        error_K = self.filtered(a, matrix, error_E)
        return _Step(_State(T2, E2, R2), F2, G2, surfaces, through1, through2, error_K, worst_X)

    def filtered(self, a: float, matrix: tuple[Array, Array, Array], error_E: Array) -> Array:
        """The error in E turned to one in T through the stage matrix, so that stiff parts are not
        overrated."""
        loss, between, slope = matrix
        off = -a * between
        *_, dT, info = lapack.dgtsv(off, self.p.volume * slope + a * loss, off, self.p.volume * error_E)
        if info != 0:
            return np.full_like(error_E, math.inf)
        out: Array = dT
        return out


@dataclass
class _Record:
    """One accepted step: all that dense output needs."""

    time_s: float
    T: Array  # surface, cells, surface, (bore)
    dT: Array
    R: Array
    G: Array


def cool(
    wall: Wall,
    properties: HeatProperties,
    initial_temperature_K: float,
    schedule: Stage | Sequence[Stage] | Schedule,
    crystallization: CrystallizationHeat | None = None,
    *,
    t_end_s: float = math.inf,
    within_K: float = 0.5,
    cells: int | None = None,
    face_cell_m: float | None = 0.25e-6,
    tolerance_K: float = 0.005,
    film_uncertainty: bool = True,
    max_points: int = _MAX_POINTS,
) -> ThermalHistory:
    """Cool a wall from one temperature through a schedule of stages and return its temperature at every
    depth.

    ``rho c dT/dt = div(k grad T) + L dX/dt`` with ``-k dT/dn = h (T - T_medium)`` at the faces.

    Args:
        wall: sheet or hollow fibre, with its bore.
        properties: density, heat capacity, conductivity.
        initial_temperature_K: of the whole wall and the bore [K].
        schedule: one stage or several in order.
        crystallization: latent heat with growth from preset nuclei, or None.
        t_end_s: stop at this time [s] at the latest; needed where nothing ever cools the wall.
        within_K: in the last stage, stop when every depth is this close to where it is going [K]; 0: go on
            to the end of the stage or ``t_end_s``, e.g. to hold a wall at one temperature.
        cells: number of cells through the wall; None chooses 60 to 200 by thickness.
        face_cell_m: thickness of the cells at both faces [m]; None for a uniform grid.
        tolerance_K: error allowed in one step at any depth [K]; that of conversion is held to 1/100 per
            kelvin of it.
        film_uncertainty: solve twice more with the film coefficients a standard deviation up and down.
        max_points: most points in time to keep.

    Returns:
        The history. Linear interpolation between its points is good to about 0.1 K (more if ``max_points`` is
        too few).

    Raises:
        InputError: an argument that cannot be used.
        SolveError: the step became too small or the steps too many; the message says what to try.

    Validity: fluxes by conduction only; the wall keeps its size; one dimension (thickness small against
    length).
    """
    temperature("initial_temperature_K", initial_temperature_K)
    positive("t_end_s", t_end_s, "seconds", infinite=True)
    positive("within_K", within_K, "kelvins", zero=True)
    positive("tolerance_K", tolerance_K, "kelvins")
    if cells is None:
        cells = int(np.clip(60 + 100 * math.log10(wall.thickness_m / 50e-6), 60, 200)) // 2 * 2
    if not (isinstance(cells, (int, np.integer)) and 4 <= cells <= 100_000):
        raise InputError("cells", repr(cells), "4 to 100000")
    if not (isinstance(max_points, (int, np.integer)) and max_points >= 10):
        raise InputError("max_points", repr(max_points), "10 or more")
    if face_cell_m is not None:
        positive("face_cell_m", face_cell_m, "metres")
    plan = Schedule.of(schedule)
    for i, stage in enumerate(plan.stages):
        if stage.inner is not None and wall.bore is not None:
            raise InputError(
                f"schedule.stages[{i}].inner",
                "a face, where the wall has a bore",
                "None",
                "leave out one of the two",
            )
    numerics = _Numerics(t_end_s, within_K, cells, face_cell_m, tolerance_K, max_points)
    history = _run(wall, properties, initial_temperature_K, plan, crystallization, numerics)
    faces = [f for s in plan.stages for f in (s.outer, s.inner) if f is not None]
    largest = max((f.relative_uncertainty for f in faces), default=0.0)
    if not film_uncertainty or largest == 0.0:
        return history

    # The range of a cooling time is wanted to per cents, not to 5 mK.
    coarser = replace(
        numerics,
        cells=max(20, cells // 2),
        face_cell_m=None if face_cell_m is None else 2 * face_cell_m,
        tolerance_K=10 * tolerance_K,
    )

    def varied(sign: float) -> ThermalHistory:
        # A factor, so that a coefficient known to within two or three times stays positive.
        def face(f: Face) -> Face:
            return f.scaled((1.0 + f.relative_uncertainty) ** sign)

        stages = tuple(
            replace(s, outer=face(s.outer), inner=None if s.inner is None else face(s.inner))
            for s in plan.stages
        )
        return _run(wall, properties, initial_temperature_K, Schedule(stages), crystallization, coarser)

    fast, slow = varied(1.0).cooling_time_s, varied(-1.0).cooling_time_s
    words = f"film coefficients are known to about {100 * largest:.0f} %"
    if history.cooling_time_s is None or fast is None or slow is None:
        return replace(
            history, notes=(*history.notes, words + "; the core did not cool within the time simulated")
        )
    note = (
        f"{words}: the core loses 90 % of its excess temperature after {history.cooling_time_s:.3g} s, "
        f"{fast:.3g} to {slow:.3g} s with all films one standard deviation up and down"
    )
    return replace(history, cooling_time_range_s=(fast, slow), notes=(*history.notes, note))


def _inner_face(wall: Wall, stage: Stage) -> Face | None:
    if stage.inner is not None:
        return stage.inner
    return stage.outer if wall.geometry == "sheet" else None


@dataclass(frozen=True)
class _Numerics:
    t_end_s: float
    within_K: float
    cells: int
    face_cell_m: float | None
    tolerance_K: float
    max_points: int


def _run(
    wall: Wall,
    properties: HeatProperties,
    T0: float,
    plan: Schedule,
    crystallization: CrystallizationHeat | None,
    numerics: _Numerics,
) -> ThermalHistory:
    t_end_s, tolerance_K = numerics.t_end_s, numerics.tolerance_K
    heats = [f for s in plan.stages for f in (s.outer, _inner_face(wall, s)) if f is not None]
    exchanging = [
        f.medium_temperature_K for f in heats if callable(f.film_W_m2K) or f.film_W_m2K > 0 or f.emissivity
    ]
    low, high = min([T0, *exchanging]), max([T0, *exchanging])
    if high - low < 1.0:  # a table needs a width
        low, high = low - 0.5, high + 0.5
    grid = cells_through(wall, numerics.cells, numerics.face_cell_m)
    problem = _Problem(wall, properties, crystallization, grid, low, high)
    integrator = _Integrator(problem, T0)
    n = problem.n

    records: list[_Record] = []
    stages: list[dict[str, Any]] = []
    reached: float | None = None
    time = 0.0
    accepted = refused = 0
    k_over_c = float(problem.conductances(integrator.state.T)[0][0])
    shortest = float(
        grid.volume[0] * problem.heat(integrator.state.T)[1][0] / k_over_c
    )  # rho c dz^2/k of the first cell
    last_target = np.full(n, plan.stages[-1].outer.medium_temperature_K)
    through_total = np.zeros(2)
    E_start = integrator.state.E.copy()
    note_end = ""

    for index, stage in enumerate(plan.stages):
        if time >= t_end_s:
            break
        inner = _inner_face(wall, stage)
        integrator.begin(stage.outer, inner, time, numerics.face_cell_m)
        problem = integrator.p
        stages.append(_stage_words(stage, inner if wall.geometry == "fibre" else stage.inner, time))
        stop = min(time + stage.duration_s, t_end_s)
        final = index == len(plan.stages) - 1
        dt = min(0.1 * shortest, stop - time)
        state = integrator.state
        F, _, _, surfaces, through = integrator.rates(state.T, time, integrator.surfaces)
        integrator.surfaces = surfaces
        G = problem.growth(state.T)[0] if problem.g_table is not None else state.R
        if index == 0:
            records.append(_record(problem, 0.0, state, F, G, [T0, T0]))
        else:  # the surfaces jump where the medium changes; the point before stays, this one follows at once
            records.append(_record(problem, time * (1 + 1e-12), state, F, G, surfaces))
        done = False
        while not done:
            dt = min(dt, stop - time)
            if stop - time - dt < 1e-9 * dt:
                dt = stop - time
            step = integrator.step(time, dt, F, G)
            if step is None:
                refused += 1
                dt *= 0.25
            else:
                size = max(float(np.max(np.abs(step.error_K))), 100.0 * step.error_X) / tolerance_K
                factor = 0.9 * size ** (-1 / 3) if size > 0 else 3.0
                if not math.isfinite(size) or size > 1.0:
                    refused += 1
                    dt *= min(max(factor, 0.1), 0.8) if math.isfinite(size) else 0.1
                else:
                    through_total += dt * (_W * (through + step.through_mid) + _D * step.through)
                    time = stop if dt == stop - time else time + dt
                    accepted += 1
                    dt *= min(factor, 3.0)
                    F, G, through = step.F, step.G, step.through
                    integrator.state = step.state
                    integrator.surfaces = surfaces = step.surfaces
                    records.append(_record(problem, time, integrator.state, F, G, surfaces))
                    done = time >= stop
                    if final and numerics.within_K > 0:
                        last_target, known = _destination(integrator, step.state.T, time)
                        if (
                            known
                            and float(np.max(np.abs(step.state.T[problem.wall] - last_target)))
                            <= numerics.within_K
                        ):
                            reached, done = time, True
            if accepted + refused > _MAX_STEPS:
                raise SolveError(
                    "quench.cool",
                    f"{_MAX_STEPS} steps and only {time:.4g} s",
                    "a schedule that cools the wall, or an end",
                    "give t_end_s, film coefficients above zero, or a larger tolerance_K",
                )
            if not done and dt < 1e-12 * max(time, shortest):
                raise SolveError(
                    "quench.cool",
                    f"a step of {dt:.3g} s at {time:.4g} s",
                    "properties and films that change smoothly with T",
                    "look for jumps in the property functions, or raise tolerance_K",
                )
            if not done and time > 1e9:
                raise SolveError(
                    "quench.cool",
                    "no end after 1e9 s",
                    "a wall that is cooled",
                    "give t_end_s or a film above zero",
                )
    if reached is None and math.isfinite(time):
        gap = float(np.max(np.abs(integrator.state.T[problem.wall] - last_target)))
        note_end = f"stopped at {time:.4g} s with {gap:.2f} K still to go at the slowest depth"
    steps = {"accepted": accepted, "refused": refused, "newton": integrator.newton, "cells": n}
    heat = _heat_balance(problem, integrator.state, E_start, through_total)
    goal = float(np.mean(last_target))
    history = _history(wall, problem, records, numerics.max_points, goal, T0)
    return replace(
        history, stages=tuple(stages), heat=heat, steps=steps, notes=(note_end,) if note_end else ()
    )


def _stage_words(stage: Stage, inner: Face | None, start_s: float) -> dict[str, Any]:
    def words(face: Face | None) -> dict[str, Any] | None:
        if face is None:
            return None
        film = face.film_W_m2K
        number = None if callable(film) or math.isinf(film) else float(film)
        return {
            "label": face.label,
            "medium_K": face.medium_temperature_K,
            "film_W_m2K": number,
            "film": "law" if callable(film) else ("ideal contact" if math.isinf(film) else "constant"),
            "emissivity": face.emissivity,
            "relative_uncertainty": face.relative_uncertainty,
        }

    return {"label": stage.label, "start_s": start_s, "outer": words(stage.outer), "inner": words(inner)}


def _destination(integrator: _Integrator, T: Array, time_s: float) -> tuple[Array, bool]:
    """Steady temperatures of the present stage, and whether there are any (not where both faces are
    insulated)."""
    p = integrator.p
    outer, inner = integrator.faces
    cooled = [
        f
        for f in (outer, inner)
        if f is not None and (callable(f.film_W_m2K) or f.film_W_m2K > 0 or f.emissivity)
    ]
    if not cooled:
        return T[p.wall], False
    media = [f.medium_temperature_K for f in cooled]
    if len(set(media)) == 1:
        return np.full(p.n, media[0]), True
    F, loss, between, _, _ = integrator.rates(T, time_s, integrator.surfaces)
    *_, move, info = lapack.dgtsv(-between, loss, -between, p.volume * F)
    target: Array = (T + move)[p.wall]
    return target, bool(info == 0)


def _record(
    p: _Problem, time_s: float, state: _State, F: Array, G: Array, surfaces: Sequence[float]
) -> _Record:
    C = p.heat(state.T)[1]
    rate = F.copy()
    if p.g_table is not None:
        rate[p.wall] += p.latent * p.conversion(state.R)[1] * G
    dT = rate / C
    wall = state.T[p.wall]
    bore = slice(p.size - (p.bore is not None), p.size)
    T = np.concatenate(([surfaces[0]], wall, [surfaces[1]], state.T[bore]))
    rates = dT[p.wall]
    # The rate of a surface is not a state of the scheme; that of its cell, 0.1 um below, stands in for dense
    # output.
    return _Record(
        time_s,
        T,
        np.concatenate((rates[:1], rates, rates[-1:], dT[bore])),
        np.concatenate((state.R[:1], state.R, state.R[-1:])),
        np.concatenate((G[:1], G, G[-1:])),
    )


def _thinned(p: _Problem, records: list[_Record], max_points: int) -> tuple[Array, Array, Array]:
    """Times, temperatures and conversions such that straight lines between them follow the steps' cubics.

    The cubics are those of temperature and crystal radius; conversion follows from the radius, so that it is
    right even where one step takes it from 0 to 1.
    """
    t = np.array([r.time_s for r in records])
    T, dT = np.array([r.T for r in records]), np.array([r.dT for r in records])
    R, G = np.array([r.R for r in records]), np.array([r.G for r in records])
    X = p.conversion(R)[0]
    h = np.diff(t)[:, None]
    core = slice(1, p.n + 1)  # the surfaces' slopes are borrowed, so they do not decide

    def between(s: float) -> tuple[Array, Array]:
        a, b, c, d = _hermite(np.full((1, 1), s))
        line = (1 - s) * T[:-1] + s * T[1:]
        curve = a * T[:-1] + b * h * dT[:-1] + c * T[1:] + d * h * dT[1:]
        for edge in (0, p.n + 1):
            curve[:, edge] = line[:, edge] + (curve - line)[:, min(max(edge, 1), p.n)]
        radius = np.clip(a * R[:-1] + b * h * G[:-1] + c * R[1:] + d * h * G[1:], R[:-1], R[1:])
        return curve, p.conversion(radius)[0]

    bulge_T, bulge_X = np.zeros(len(h)), np.zeros(len(h))
    for s in (0.25, 0.5, 0.75):
        curve, part = between(s)
        off = np.abs(curve - (1 - s) * T[:-1] - s * T[1:])[:, core]
        bulge_T = np.maximum(bulge_T, off.max(axis=1))
        bulge_X = np.maximum(bulge_X, np.abs(part - (1 - s) * X[:-1] - s * X[1:]).max(axis=1))
    tolerance = 0.1  # K; and 0.005 of conversion
    while True:
        pieces = np.ceil(np.sqrt(np.maximum(bulge_T / tolerance, bulge_X / (0.05 * tolerance)))).astype(int)
        pieces = np.clip(pieces, 1, 50)
        if 1 + int(pieces.sum()) <= max_points:
            keep = np.ones(len(t), dtype=bool)
            break
        keep = _kept(T, X, t, tolerance)
        pieces = np.where(np.logical_and(keep[1:], keep[:-1]), pieces, 1)
        if int(keep.sum()) + int((pieces - 1).sum()) <= max_points:
            break
        tolerance *= 1.3
    inner = {m: [between(i / m) for i in range(1, m)] for m in set(pieces.tolist()) if m > 1}
    times, Ts, Xs = [t[0]], [T[0]], [X[0]]
    for i, m in enumerate(pieces.tolist()):
        for part_of, (curve, part) in enumerate(inner.get(m, ()), start=1):
            times.append(t[i] + part_of / m * h[i, 0])
            Ts.append(curve[i])
            Xs.append(part[i])
        if keep[i + 1]:
            times.append(t[i + 1])
            Ts.append(T[i + 1])
            Xs.append(X[i + 1])
    return np.array(times), np.array(Ts), np.array(Xs)


def _hermite(s: Array) -> tuple[Array, Array, Array, Array]:
    return (1 + 2 * s) * (1 - s) ** 2, s * (1 - s) ** 2, s * s * (3 - 2 * s), s * s * (s - 1)


def _kept(T: Array, X: Array, t: Array, tolerance: float) -> Array:
    """Points that straight lines need (Douglas and Peucker), over all depths at once."""
    keep = np.zeros(len(t), dtype=bool)
    keep[[0, -1]] = True
    open_parts = [(0, len(t) - 1)]
    while open_parts:
        i, j = open_parts.pop()
        if j - i < 2:
            continue
        s = ((t[i + 1 : j] - t[i]) / (t[j] - t[i]))[:, None]
        off_T = np.max(np.abs(T[i + 1 : j] - (T[i] + s * (T[j] - T[i]))), axis=1) / tolerance
        off_X = np.max(np.abs(X[i + 1 : j] - (X[i] + s * (X[j] - X[i]))), axis=1) / (0.05 * tolerance)
        off = np.maximum(off_T, off_X)
        worst = int(np.argmax(off))
        if off[worst] > 1.0:
            middle = i + 1 + worst
            keep[middle] = True
            open_parts += [(i, middle), (middle, j)]
    return keep


def _heat_balance(p: _Problem, state: _State, E_start: Array, through: Array) -> dict[str, float]:
    """Heat per area of the outer surface [J/m2]; the imbalance is rounding and what Newton leaves."""
    area = p.grid.outer_area
    # What crystallized before cooling began has given off its heat then.
    before = p.latent * p.conversion(np.full(p.n, p.initial_radius_m))[0]
    latent = float(np.sum(p.volume[p.wall] * (p.latent * p.conversion(state.R)[0] - before)))
    sensible = float(
        np.sum(p.volume[p.own] * (E_start - p.heat(state.T)[0][p.own])) + np.sum(p.volume[p.wall] * before)
    )
    removed = 0.0 - float(through.sum())
    return {
        "removed": removed / area,
        "removed_outer": (0.0 - float(through[0])) / area,
        "removed_inner": (0.0 - float(through[1])) / area,
        "sensible": sensible / area,
        "latent": latent / area,
        "imbalance": (sensible + latent - removed) / area,
    }


def _history(
    wall: Wall, p: _Problem, records: list[_Record], max_points: int, destination_K: float, T0: float
) -> ThermalHistory:
    n = p.n
    time, T, X = _thinned(p, records, max_points)
    history = ThermalHistory(
        time_s=time,
        depth_m=np.concatenate(([0.0], p.grid.centres_m, [wall.thickness_m])),
        temperature_K=np.ascontiguousarray(T[:, : n + 2]),
        conversion=X,
        wall=wall,
        bore_temperature_K=T[:, n + 2].copy() if p.bore is not None else None,
    )
    goal = destination_K + 0.1 * (T0 - destination_K)
    if destination_K >= T0 or history.core()[1].min() > goal:
        return history
    return replace(history, cooling_time_s=history.time_at_temperature_s(history.core_depth_m, goal))
