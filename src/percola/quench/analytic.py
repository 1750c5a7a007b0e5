"""Exact temperatures of problems with constant properties: what the solver is verified against, and quick
estimates.

All return the temperature itself for a wall that starts at one temperature and loses heat to media at one
common temperature. Reference: Carslaw and Jaeger, Conduction of Heat in Solids, 2nd ed. (1959), sections
3.9-3.11 (slab), 7.10 (hollow cylinder), 2.7 (half space).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import erfc, erfcx, j0, j1, y0, y1

from percola.errors import InputError
from percola.quench.model import Array, positive


def _roots(function: Callable[[float], float], spacing: float, count: int) -> Array:
    """The first positive roots of a function whose roots lie about ``spacing`` apart."""
    found: list[float] = []
    # 40 points to a root: neighbouring roots of these Robin problems are never closer than half their
    # spacing.
    step = spacing / 40.0
    left, f_left = 1e-9 * spacing, function(1e-9 * spacing)
    while len(found) < count:
        right = left + step
        f_right = function(right)
        if f_left == 0.0 or f_left * f_right < 0:
            found.append(float(brentq(function, left, right, xtol=1e-15 * right, rtol=1e-14)))
        left, f_left = right, f_right
    return np.array(found)


def _check(time_s: Array, diffusivity_m2_s: float, outer_over_k: float, inner_over_k: float) -> Array:
    positive("diffusivity_m2_s", diffusivity_m2_s, "m2/s")
    positive("outer_h_over_k_1_m", outer_over_k, "1/m", zero=True)
    positive("inner_h_over_k_1_m", inner_over_k, "1/m", zero=True)
    if outer_over_k == 0 and inner_over_k == 0:
        raise InputError("h_over_k", "zero at both faces", "above zero at one of them")
    t = np.atleast_1d(np.asarray(time_s, dtype=float))
    if not (np.isfinite(t).all() and (t > 0).all()):
        raise InputError("time_s", repr(time_s), "positive numbers of seconds")
    return t


def slab_temperature_K(
    depth_m: Array,
    time_s: Array,
    *,
    thickness_m: float,
    diffusivity_m2_s: float,
    outer_h_over_k_1_m: float,
    inner_h_over_k_1_m: float,
    initial_K: float,
    medium_K: float,
    terms: int = 200,
) -> Array:
    """Temperature (nt, nz) of a slab with Robin conditions at both faces, by its eigenvalue series.

    ``phi_n = cos(lz) + (H0/l) sin(lz)`` with ``phi_n'(L) + HL phi_n(L) = 0``, H = h/k.

    Validity: ``alpha t/L^2`` above about ``2.5/terms^2``, where the first term left out is below 1e-10.
    """
    positive("thickness_m", thickness_m, "metres")
    t = _check(time_s, diffusivity_m2_s, outer_h_over_k_1_m, inner_h_over_k_1_m)
    L, H0, HL = thickness_m, outer_h_over_k_1_m, inner_h_over_k_1_m

    def condition(x: float) -> float:  # x = lambda L; multiplied by x, so that it is smooth at zero
        b0, bl = H0 * L, HL * L
        return (b0 + bl) * x * math.cos(x) + (b0 * bl - x * x) * math.sin(x)

    lam = (_roots(condition, math.pi, terms) / L)[:, None]
    z = np.asarray(depth_m, dtype=float)[None, :]
    phi = np.cos(lam * z) + H0 / lam * np.sin(lam * z)
    end = np.cos(lam * L) + H0 / lam * np.sin(lam * L)
    slope_end = -lam * np.sin(lam * L) + H0 * np.cos(lam * L)
    mean = (H0 - slope_end) / lam**2  # integral of phi, as phi'' = -l^2 phi
    norm = 0.5 * (L * (end**2 + slope_end**2 / lam**2) + (H0 - end * slope_end) / lam**2)
    out: Array = medium_K + (initial_K - medium_K) * (
        np.exp(-diffusivity_m2_s * t[:, None] * lam[:, 0] ** 2) @ (mean / norm * phi)
    )
    return out


def tube_temperature_K(
    radius_m: Array,
    time_s: Array,
    *,
    inner_radius_m: float,
    outer_radius_m: float,
    diffusivity_m2_s: float,
    outer_h_over_k_1_m: float,
    inner_h_over_k_1_m: float,
    initial_K: float,
    medium_K: float,
    terms: int = 100,
) -> Array:
    """Temperature (nt, nr) of a hollow cylinder with Robin conditions at both faces, by its Bessel series.

    ``phi_n = A J0(lr) + B Y0(lr)``, ``phi'(a) = H_a phi(a)``, ``phi'(b) = -H_b phi(b)``.

    Validity: as :func:`slab_temperature_K`, with L = b - a.
    """
    positive("inner_radius_m", inner_radius_m, "metres")
    if not outer_radius_m > inner_radius_m:
        raise InputError("outer_radius_m", repr(outer_radius_m), "more than the inner radius")
    t = _check(time_s, diffusivity_m2_s, outer_h_over_k_1_m, inner_h_over_k_1_m)
    a, b, Ha, Hb = inner_radius_m, outer_radius_m, inner_h_over_k_1_m, outer_h_over_k_1_m
    L = b - a

    def weights(lam: Array | float) -> tuple[Array, Array]:
        return lam * y1(lam * a) + Ha * y0(lam * a), -(lam * j1(lam * a) + Ha * j0(lam * a))

    def condition(x: float) -> float:
        lam = x / L
        A, B = weights(lam)
        return float(
            A * (-lam * j1(lam * b) + Hb * j0(lam * b)) + B * (-lam * y1(lam * b) + Hb * y0(lam * b))
        )

    lam = (_roots(condition, math.pi, terms) / L)[:, None]
    A, B = weights(lam)

    def phi(r: Array | float) -> Array:
        return np.asarray(A * j0(lam * r) + B * y0(lam * r))

    def slope(r: float) -> Array:
        return np.asarray(-lam * (A * j1(lam * r) + B * y1(lam * r)))

    mean = (a * slope(a) - b * slope(b)) / lam**2
    norm = 0.5 * (
        b * b * (phi(b) ** 2 + slope(b) ** 2 / lam**2) - a * a * (phi(a) ** 2 + slope(a) ** 2 / lam**2)
    )
    r = np.asarray(radius_m, dtype=float)[None, :]
    out: Array = medium_K + (initial_K - medium_K) * (
        np.exp(-diffusivity_m2_s * t[:, None] * lam[:, 0] ** 2) @ (mean / norm * phi(r))
    )
    return out


def half_space_temperature_K(
    depth_m: Array,
    time_s: Array,
    *,
    diffusivity_m2_s: float,
    h_over_k_1_m: float,
    initial_K: float,
    medium_K: float,
) -> Array:
    """Temperature (nt, nz) below the face of a body without end, Robin condition: the surface layer at early
    times.

    ``(T_0 - T)/(T_0 - T_m) = erfc(s) - exp(Hz + H^2 alpha t) erfc(s + H sqrt(alpha t))``,
    ``s = z/(2 sqrt(alpha t))``.
    """
    positive("diffusivity_m2_s", diffusivity_m2_s, "m2/s")
    positive("h_over_k_1_m", h_over_k_1_m, "1/m")
    t = np.asarray(time_s, dtype=float)[:, None]
    z = np.asarray(depth_m, dtype=float)[None, :]
    root = np.sqrt(diffusivity_m2_s * t)
    s = z / (2 * root)
    # exp(Hz + H^2 at) erfc(s + H sqrt(at)) = exp(-s^2) erfcx(s + H sqrt(at)), which does not overflow
    fall = erfc(s) - np.exp(-s * s) * erfcx(s + h_over_k_1_m * root)
    out: Array = initial_K - (initial_K - medium_K) * fall
    return out


@lru_cache(maxsize=1)
def _cylinder_table() -> tuple[Array, Array]:
    """log tau and h a/k of conduction from a cylinder, by quadrature of Carslaw and Jaeger, section 13.5
    (8)."""
    tau = np.logspace(-4, 8, 241)
    low = -60.0  # in x = ln u; the rest below goes as the integral of (pi/2)^2/(x + gamma - ln 2)^2
    x = np.linspace(low, math.log(400.0), 12001)
    u = np.exp(x)
    weight = 1.0 / (j0(u) ** 2 + y0(u) ** 2)
    tail = 0.25 * math.pi**2 / abs(low + np.euler_gamma - math.log(2.0))
    integral = np.array([np.trapezoid(weight * np.exp(-t * u * u), x) for t in tau]) + tail
    return np.log(tau), 4.0 / math.pi**2 * integral


def cylinder_conduction(fourier: float) -> float:
    """``h a/k`` of a cylinder of radius a, suddenly at a new temperature, in a still medium: conduction
    alone.

    ``h a/k = (4/pi^2) int_0^inf exp(-tau u^2) du/(u [J0^2(u) + Y0^2(u)])``, ``tau = alpha t/a^2``; early
    ``1/sqrt(pi tau) + 1/2``.

    Reference: Carslaw and Jaeger (1959), section 13.5, equations 8 and 9. Value: tau = 1 gives 0.98377.
    """
    positive("fourier", fourier, "1")
    if fourier < 1e-3:
        return 1.0 / math.sqrt(math.pi * fourier) + 0.5 - 0.25 * math.sqrt(fourier / math.pi) + fourier / 8.0
    log_tau, value = _cylinder_table()
    return float(np.interp(math.log(fourier), log_tau, value))
