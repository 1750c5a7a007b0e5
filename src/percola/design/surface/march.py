"""The surface layer's own quench without space: exchange, demixing, coarsening and crystallization along its own history.

The formulas are those of :func:`percola.gel.problem.march`, with what is local at the surface: composition, solvent (part of it
exchanged for medium), viscosity, melting point and temperature. The core runs through the same march without exchange,
so that constants common to both cancel from the ratio. Vectorized over many media and draws of parameters at once.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from percola.design.surface.exchange import (
    BOLTZMANN_J_K,
    GAS_J_molK,
    Medium,
    ln_gamma_medium,
    ln_gamma_solvent,
    mixed_chi,
    radius_m,
    vogel_Pa_s,
)
from percola.gel.problem import COARSENING_CONSTANT
from percola.thermo.flory_huggins import binodal, interfacial_tension, spinodal_chi
from percola.thermo.system import GLASS_ABOVE_CUTOFF_K, System

FloatArray = npt.NDArray[np.float64]

STEPS = 240
"""Steps in time, geometric; twice as many move lengths by less than a hundredth (``test_design_surface``)."""
LARGEST_STEP = 0.4
"""Largest share of the way to the local target in one step: beyond it the layer follows its target anyway."""
LEAST_SOLVENT = 1e-3
"""Least share of each liquid, in units of the layer's first volume: keeps logarithms regular."""


@dataclass(frozen=True)
class SurfaceCase:
    """A solution with the histories of its core and of one face; NumPy arrays of times [s] and temperatures [K].

    Attributes:
        system: of the solution.
        polymer_fraction: phi of the solution.
        segment_length_m: of one lattice site's worth of chain.
        nuclei_m3: athermal nuclei.
        radius_m: of the crystals when cooling begins.
        medium: at the face.
        face_time_s, face_temperature_K, core_time_s, core_temperature_K: histories.
    """

    system: System
    polymer_fraction: float
    segment_length_m: float
    nuclei_m3: float
    radius_m: float
    medium: Medium
    face_time_s: FloatArray
    face_temperature_K: FloatArray
    core_time_s: FloatArray
    core_temperature_K: FloatArray


@dataclass(frozen=True)
class Layer:
    """What the march ends with, for each draw.

    Attributes:
        length_m: structure length at arrest (0: set before it demixed).
        polymer_fraction: of the layer at arrest.
        lean_share: share of the polymer-lean phase.
        exchanged: share of medium in the liquid of the layer.
        arrest_time_s: when half has crystallized (the end of the history where it never does).
        demixed: whether it had two phases at arrest.
        skin_m: thickness of rich phase that grew along the face before the layer itself demixed.
        hole_m: size to which holes in that skin can grow until arrest, by the mobility of the rich phase.
        wall_kT: what a site of the wall gains by polymer in place of solvent (positive: polymer is drawn to it).
        contrast: phi_rich - phi_lean at arrest.
    """

    length_m: FloatArray
    polymer_fraction: FloatArray
    lean_share: FloatArray
    exchanged: FloatArray
    arrest_time_s: FloatArray
    demixed: npt.NDArray[np.bool_]
    skin_m: FloatArray
    hole_m: FloatArray
    wall_kT: FloatArray
    contrast: FloatArray

    @property
    def pore_m(self) -> FloatArray:
        """Mean chord of the lean phase, up to a constant common to all: L/(1 - P).

        The interface per volume of a bicontinuous structure of length L goes as P (1 - P)/L, the mean chord of a phase
        is four times its share over it.
        """
        return np.asarray(self.length_m / np.maximum(1.0 - self.lean_share, 1e-6))


@functools.lru_cache(maxsize=16)
def _phases(segments: float) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Table over ln(chi - chi_c): (abscissa, lean, rich, tension [kT per site, kappa = 1])."""
    critical = 0.5 * (1.0 + segments**-0.5) ** 2
    x = np.linspace(np.log(1e-3), np.log(30.0), 160)
    lean, rich, tension = [], [], []
    for excess in np.exp(x):
        pair = binodal(segments, critical + excess)
        lean.append(float(pair.lean))
        rich.append(float(pair.rich))
        tension.append(float(interfacial_tension(segments, float(critical + excess))))
    return x, np.array(lean), np.array(rich), np.array(tension)


def phases(segments: float, chi: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(lean, rich, tension) by interpolation; below the critical point both are the critical composition."""
    x, lean, rich, tension = _phases(round(segments, 3))
    critical = 0.5 * (1.0 + segments**-0.5) ** 2
    at = np.log(np.maximum(chi - critical, np.exp(x[0])))
    return np.interp(at, x, lean), np.interp(at, x, rich), np.interp(at, x, tension)


def melting_K(
    system: System, phi: FloatArray, a: FloatArray, b_K: FloatArray, site_ratio: FloatArray
) -> FloatArray:
    """Melting temperature with chi = a + b/T on a site ``site_ratio`` times that of the solvent; Flory's diluent equation."""
    m = system.melting
    k = GAS_J_molK * m.unit_volume_m3_mol / (m.heat_of_fusion_J_mol * system.site_volume_m3_mol * site_ratio)
    n = system.segments / site_ratio
    athermal = np.log(phi) / n - (1.0 - 1.0 / n) * (1.0 - phi) + a * (1.0 - phi) ** 2
    return np.asarray((1.0 + k * b_K * (1.0 - phi) ** 2) / (1.0 / m.Tm0_K - k * athermal))


def growth_m_s(
    system: System, temperature_K: FloatArray, phi: FloatArray, melting: FloatArray, glass_K: FloatArray
) -> FloatArray:
    """Velocity of a crystal front; see :func:`percola.thermo.crystallization.growth_rate_m_s`."""
    from percola.thermo.crystallization import growth_rate_m_s

    polymer = system.growth.T_inf_K + GLASS_ABOVE_CUTOFF_K
    cutoff = 1.0 / (phi / polymer + (1.0 - phi) / glass_K) - GLASS_ABOVE_CUTOFF_K
    return np.asarray(
        growth_rate_m_s(temperature_K, phi * system.crystallizable_share, melting, system.growth, cutoff)
    )


def _times(case: SurfaceCase, steps: int) -> FloatArray:
    """Geometric times to three times the end of the histories, the end held."""
    end = 3.0 * max(float(case.face_time_s[-1]), float(case.core_time_s[-1]))
    return np.asarray(np.concatenate([[0.0], np.geomspace(1e-6, end, steps)]))


@dataclass(frozen=True)
class LayerParameters:
    """Arrays of one length, the draws (or one value): what varies between draws of the march.

    Attributes:
        depth_m: of the layer whose pores the microscope sees.
        alpha: factor on the Hansen defaults (1: as in the tables).
        mp_score, ms_score: standard normal; own error of the medium's chi with the polymer and with the solvent.
    """

    depth_m: FloatArray
    alpha: FloatArray
    mp_score: FloatArray
    ms_score: FloatArray


def layer(case: SurfaceCase, p: LayerParameters, *, face: bool = True, steps: int = STEPS) -> Layer:
    """March a layer of the solution to arrest.

    Exchange, per layer of first volume 1 (polymer phi_0, solvent s, medium m; v = phi_0 + s + m; d the depth):

        ds/dt = -(D_s/d^2) (s/v - a_i/gamma_s),   dm/dt = (D_m/d^2) (min(a_b/gamma_m, 1) - m/v)

    with gamma = a/phi of Flory-Huggins in the layer, a_b the activity of the medium in the bath at the face, and a_i that of
    the solvent there, where the bath carries it away by diffusion: D_s/d^2 (s/v - gamma_b u/gamma_s) = D_b u/(d sqrt(pi D_b t)).
    D = kT exp(-b phi/(1 - phi))/(6 pi eta r), r the molecule's radius.

    Args:
        case: solution, histories, medium.
        p: parameters, arrays of one length.
        face: the face; False: the core (no exchange, the core's history).
        steps: in time.

    Limitations: one layer, no profile inside it; its phases share one liquid, so that a medium which only the lean phase
    takes up is spread over both; no convection or heat of mixing at the face; nuclei are those of the solution.
    """
    system, phi0 = case.system, case.polymer_fraction
    n, vs = system.segments, system.site_volume_m3_mol
    time = _times(case, steps)
    T_all = (
        np.interp(time, case.face_time_s, case.face_temperature_K)
        if face
        else np.interp(time, case.core_time_s, case.core_temperature_K)
    )
    one = np.ones_like(np.asarray(p.depth_m, float))
    medium = case.medium
    exchange = face and medium.kind == "liquid"
    # own errors as lognormal factors on the enthalpic part, see surface_exchange.shifted
    spread_mp, spread_ms = (
        float(np.sqrt(np.log1p(r**2))) for r in (medium.chi_mp_spread, medium.chi_ms_spread)
    )
    k_mp = (p.alpha if medium.default_mp else 1.0) * np.exp(p.mp_score * spread_mp)
    k_ms = (p.alpha if medium.default_ms else 1.0) * np.exp(p.ms_score * spread_ms)
    a_sp, b_sp = system.chi_A, system.chi_B_K
    a_mp, b_mp = medium.chi_mp[0], medium.chi_mp[1] * k_mp
    a_ms, b_ms = medium.chi_ms[0], medium.chi_ms[1] * k_ms
    size = medium.size
    vogel_s = (
        system.diffusion.viscosity_log,
        system.diffusion.viscosity_B_K,
        system.diffusion.viscosity_T0_K,
    )
    r_s, r_m = radius_m(vs), radius_m(medium.volume_m3_mol)
    glass_s = system.solvent_glass_K or system.growth.T_inf_K + GLASS_ABOVE_CUTOFF_K
    kappa = case.segment_length_m**2 / (18.0 * phi0 * (1.0 - phi0))
    crowding = system.diffusion.crowding
    depth = np.asarray(p.depth_m, float)

    s, m = (1.0 - phi0) * one, (LEAST_SOLVENT if exchange else 0.0) * one
    u = 0.0 * one
    half_radius = float(np.cbrt(3.0 * np.log(2.0) / (4.0 * np.pi * case.nuclei_m3)))
    sharp = np.zeros_like(one, bool)
    radius, crystal, cube, hole = case.radius_m * one, 0.0 * one, 0.0 * one, 0.0 * one
    locked = np.zeros_like(one, bool)
    skin_time, skin_drive = 0.0 * one, 0.0 * one
    arrest = np.full_like(one, time[-1])
    kept = dict.fromkeys(("phi", "rich", "lean", "y", "cube", "hole", "wall", "sharp"), 0.0 * one)
    out_two = np.zeros_like(one, bool)
    done = np.zeros_like(one, bool)
    before: tuple[FloatArray, FloatArray, FloatArray] | None = None
    for i in range(time.size):
        T = float(T_all[i])
        dt = float(time[i] - time[i - 1]) if i else 0.0
        x_sp = a_sp + b_sp / T
        eta_s = float(vogel_Pa_s(vogel_s, T))
        y_face = 0.0 * one
        x_mp = x_ms = 0.0 * one
        if exchange:
            x_mp, x_ms = a_mp + b_mp / T, a_ms + b_ms / T
            v = phi0 + s + m
            phi, y = phi0 / v, m / (s + m)
            eta_m = float(vogel_Pa_s(medium.viscosity, T))
            moles = (m / size) / (m / size + s)
            eta = np.exp((1.0 - moles) * np.log(eta_s) + moles * np.log(eta_m))
            # two phases: what the bath meets is the lean liquid, and its channels let no volume change drive remain
            p_in = np.where(locked, 0.0, phi)
            s_in, m_in = np.where(locked, 1.0 - y, s / v), np.where(locked, y, m / v)
            g_s = np.exp(ln_gamma_solvent(p_in, s_in, m_in, size, n, x_ms, x_sp, x_mp))
            g_m = np.exp(ln_gamma_medium(p_in, s_in, m_in, size, n, x_ms, x_sp, x_mp))
            b_s = np.exp(ln_gamma_solvent(0.0, u, 1.0 - u, size, n, x_ms, x_sp, x_mp))
            b_m = (1.0 - u) * np.exp(ln_gamma_medium(0.0, u, 1.0 - u, size, n, x_ms, x_sp, x_mp))
            D = BOLTZMANN_J_K * T / (6.0 * np.pi * eta) * np.exp(-crowding * phi / (1.0 - phi))
            d_bath = BOLTZMANN_J_K * T / (6.0 * np.pi * eta_m * r_s)
            # two liquids that do not mix keep a sharp face: nothing to speak of crosses it
            sharp = x_ms > _critical(size)
            free = np.where(sharp, 0.0, 1.0 - crystal)
            k_s, k_m = free * D / (r_s * depth**2), free * D / (r_m * depth**2)
            carried = np.sqrt(d_bath / (np.pi * max(float(time[i]), 1e-6))) / depth
            u = np.clip(0.5 * (u + k_s * s_in / (carried + k_s * b_s / g_s + 1e-30)), 0.0, 1.0)
            to_s, to_m = np.minimum(b_s * u / g_s, 1.0), np.minimum(b_m / g_m, 1.0)
            y_face = to_m / np.maximum(to_m + to_s, 1e-9)
            if dt > 0:
                ds = np.minimum(k_s * dt / v, LARGEST_STEP) * v * (to_s - s_in)
                dm = np.minimum(k_m * dt / v, LARGEST_STEP) * v * (to_m - m_in)
                liquid = s + m
                dy = np.minimum(2.0 * k_s * k_m / (k_s + k_m + 1e-30) * dt, LARGEST_STEP) * (y_face - y)
                y_new = np.clip(y + dy, LEAST_SOLVENT, 1.0 - LEAST_SOLVENT)
                s = np.where(locked, liquid * (1.0 - y_new), np.maximum(s + ds, LEAST_SOLVENT))
                m = np.where(locked, liquid * y_new, np.maximum(m + dm, LEAST_SOLVENT))
            v = phi0 + s + m
            phi, y = phi0 / v, m / (s + m)
            chi, site = mixed_chi(y, size, x_ms, x_sp, x_mp)
            a_mix, _ = mixed_chi(y, size, a_ms, a_sp, a_mp)
            b_mix = (chi - a_mix) * T
            glass = 1.0 / ((1.0 - y) / glass_s + y / medium.glass_K)
        else:
            phi, y, eta = phi0 * one, 0.0 * one, eta_s * one
            D = BOLTZMANN_J_K * T / (6.0 * np.pi * eta) * np.exp(-crowding * phi / (1.0 - phi))
            chi, site = x_sp * one, one
            a_mix, b_mix, glass = a_sp * one, b_sp * one, glass_s * one
        two = chi > spinodal_chi(phi, n)
        lean, dense, tension = phases(n, chi)
        dense = np.where(chi > 0.5 * (1.0 + n**-0.5) ** 2, dense, 0.0)
        rich = np.clip(np.where(two, np.maximum(dense, phi), phi), phi, 0.995)
        # a sharp face with the medium, and the rich phase along it, from when the liquid at the face is poor enough
        chi_face = np.maximum(mixed_chi(y_face, size, x_ms, x_sp, x_mp)[0], chi) if exchange else chi
        _, rich_face, tension_face = phases(n, chi_face)
        rich_face = np.clip(rich_face, phi, 0.995)
        faced = chi_face > spinodal_chi(phi, n)
        growing = faced & ~locked
        if exchange:
            growing &= ~sharp
        skin_time = skin_time + np.where(growing, dt * D / r_s, 0.0)
        skin_drive = np.where(growing, (rich_face - phi) / rich_face, skin_drive)
        locked = locked | two | (dense > phi)
        G = growth_m_s(system, np.asarray(T), rich, melting_K(system, rich, a_mix, b_mix, site), glass)
        D0 = BOLTZMANN_J_K * T / (6.0 * np.pi * eta * system.diffusion.radius_m)
        pace = COARSENING_CONSTANT * np.sqrt(kappa) * D0
        shape = 0.5 * (_mobility(rich, crowding) + _mobility(phi, crowding))
        speed = np.where(two, pace * shape * tension / np.maximum(rich - lean, 1e-3) ** 2, 0.0)
        opening = np.where(faced, pace * _mobility(rich_face, crowding) * tension_face, 0.0)
        step = 0.0 * one, 0.0 * one, 0.0 * one
        if before is not None:
            step = (
                0.5 * dt * (G + before[0]),
                0.5 * dt * (speed + before[1]),
                0.5 * dt * (opening + before[2]),
            )
            radius, cube, hole = radius + step[0], cube + step[1], hole + step[2]
        before = (G, speed, opening)
        crystal = -np.expm1(-(4.0 * np.pi / 3.0) * case.nuclei_m3 * np.minimum(radius, 1.0) ** 3)
        now = ~done & (crystal >= 0.5)
        if i == time.size - 1:
            now = ~done
        if now.any():
            # within the step: crystals reach the radius of half conversion before its end
            excess = np.where(
                step[0] > 0, np.clip((radius - half_radius) / np.maximum(step[0], 1e-30), 0.0, 1.0), 0.0
            )
            arrest = np.where(now, time[i] - excess * dt, arrest)
            gap = np.maximum(rich - lean, 1e-6)
            # a bath that mixes with the lean phase is the lean phase: rich phase on the face costs their tension
            bare = -np.where(two, tension, 0.0) * np.sqrt(kappa) / np.cbrt(system.site_volume_m3) / gap
            wall = np.where(sharp, (x_ms - x_mp) / 6.0, bare) if exchange else 0.0 * one
            set_cube, set_hole = cube - excess * step[1], hole - excess * step[2]
            values = (phi, rich, lean, y, set_cube, set_hole, wall, sharp * one)
            for name, value in zip(kept, values, strict=True):
                kept[name] = np.where(now, value, kept[name])
            out_two = np.where(now, two, out_two)
            done = done | now
            if done.all():
                break
    skin = np.sqrt(skin_time) * skin_drive
    # a face that the skin has covered is not bare any more
    bare_share = np.where(kept["sharp"] > 0, 1.0, np.exp(-skin / (2.2 * np.sqrt(kappa))))
    contrast = np.maximum(kept["rich"] - kept["lean"], 1e-6)
    share = np.where(out_two, np.clip((kept["rich"] - kept["phi"]) / contrast, 1e-6, 1.0 - 1e-6), 0.0)
    return Layer(
        np.cbrt(kept["cube"]),
        kept["phi"],
        share,
        kept["y"],
        arrest,
        out_two,
        skin,
        np.cbrt(kept["hole"]),
        kept["wall"] * bare_share,
        contrast,
    )


def _critical(size: float) -> float:
    """chi per site of the solvent above which two liquids of sizes 1 and n demix: (1 + n^(-1/2))^2/2."""
    return 0.5 * (1.0 + size**-0.5) ** 2


def _mobility(phi: FloatArray, crowding: float) -> FloatArray:
    x = np.clip(phi, 1e-6, 0.98)
    return np.asarray(x * (1.0 - x) * np.exp(-crowding * x / (1.0 - x)))


__all__ = [
    "Layer",
    "LayerParameters",
    "SurfaceCase",
    "growth_m_s",
    "layer",
    "melting_K",
    "phases",
]
