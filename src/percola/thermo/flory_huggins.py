"""Flory-Huggins thermodynamics of one polymer in one (mean) solvent, exact to machine precision.

Free energy per lattice site in units of kT, with N the segments of the chain and phi its volume fraction:

    f(phi) = phi/N ln(phi) + (1 - phi) ln(1 - phi) + chi phi (1 - phi)

The binodal is solved in the logarithms of the volume-fraction ratios of the two phases. With
a = ln(phi_rich/phi_lean) and b = ln((1 - phi_lean)/(1 - phi_rich)) the two conditions of coexistence (equal
exchange potential, equal osmotic pressure) separate: the second one becomes

    N g(b) = g(a),    g(x) = x coth(x/2) - 2,

and the first one gives chi = (a/N + b) / (2 (phi_rich - phi_lean)). So a single monotone unknown is left,
nothing
cancels, and dilute arms of 1e-42, or below the smallest double, are as good as any other. (An exact implicit
binodal of this kind: de Souza and Stone 2024, arXiv:2404.17649; derived anew in
``docs/theory/thermodynamics.md``.)

All functions broadcast over arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from percola.errors import InputError

FloatArray = npt.NDArray[np.float64]

_SERIES_BELOW = (
    0.3  # below this the Bernoulli series of g is better than the closed form; both agree to 1e-13 there
)


def _checked_segments(segments: npt.ArrayLike) -> FloatArray:
    n = np.asarray(segments, dtype=float)
    if not np.all(np.isfinite(n) & (n > 0)):
        raise InputError("segments", repr(segments), "positive finite numbers of segments")
    return n


def mixing_free_energy(phi: npt.ArrayLike, segments: npt.ArrayLike, chi: npt.ArrayLike) -> FloatArray:
    """Free energy of mixing per lattice site, in kT.

    f = phi/N ln(phi) + (1 - phi) ln(1 - phi) + chi phi (1 - phi), with its limits 0 at phi = 0 and 1.

    Args:
        phi: polymer volume fraction, 0..1.
        segments: N, segments of the polymer.
        chi: interaction parameter.
    """
    from scipy.special import xlog1py, xlogy

    p = np.asarray(phi, dtype=float)
    return np.asarray(xlogy(p, p) / np.asarray(segments) + xlog1py(1 - p, -p) + np.asarray(chi) * p * (1 - p))


def exchange_potential(phi: npt.ArrayLike, segments: npt.ArrayLike, chi: npt.ArrayLike) -> FloatArray:
    """df/dphi in kT: (ln(phi) + 1)/N - ln(1 - phi) - 1 + chi (1 - 2 phi)."""
    p = np.asarray(phi, dtype=float)
    return np.asarray(
        (np.log(p) + 1) / np.asarray(segments) - np.log1p(-p) - 1 + np.asarray(chi) * (1 - 2 * p)
    )


def curvature(phi: npt.ArrayLike, segments: npt.ArrayLike, chi: npt.ArrayLike) -> FloatArray:
    """d2f/dphi2 in kT: 1/(N phi) + 1/(1 - phi) - 2 chi; negative between the spinodals."""
    p = np.asarray(phi, dtype=float)
    return np.asarray(1 / (np.asarray(segments) * p) + 1 / (1 - p) - 2 * np.asarray(chi))


def solvent_potential(phi: npt.ArrayLike, segments: npt.ArrayLike, chi: npt.ArrayLike) -> FloatArray:
    """Chemical potential of a solvent molecule against the pure solvent, in kT.

    ln(1 - phi) + (1 - 1/N) phi + chi phi^2; the osmotic pressure is minus this, times kT/v0.
    """
    p = np.asarray(phi, dtype=float)
    return np.asarray(np.log1p(-p) + (1 - 1 / np.asarray(segments)) * p + np.asarray(chi) * p**2)


def polymer_potential(phi: npt.ArrayLike, segments: npt.ArrayLike, chi: npt.ArrayLike) -> FloatArray:
    """Chemical potential of the polymer per segment against the pure melt, in kT.

    ln(phi)/N - (1 - 1/N)(1 - phi) + chi (1 - phi)^2.
    """
    p = np.asarray(phi, dtype=float)
    n = np.asarray(segments)
    return np.asarray(np.log(p) / n - (1 - 1 / n) * (1 - p) + np.asarray(chi) * (1 - p) ** 2)


def critical_point(segments: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Critical composition and interaction: phi_c = 1/(1 + sqrt(N)), chi_c = (1 + 1/sqrt(N))^2 / 2."""
    root = np.sqrt(_checked_segments(segments))
    return np.asarray(1 / (1 + root)), np.asarray(0.5 * (1 + 1 / root) ** 2)


def spinodal_chi(phi: npt.ArrayLike, segments: npt.ArrayLike) -> FloatArray:
    """chi at which a solution of composition phi loses stability: (1/(N phi) + 1/(1 - phi))/2."""
    p = np.asarray(phi, dtype=float)
    return np.asarray(0.5 * (1 / (np.asarray(segments) * p) + 1 / (1 - p)))


def spinodal(segments: npt.ArrayLike, chi: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """The two compositions where d2f/dphi2 = 0 (lean, rich); NaN where chi < chi_c.

    Roots of 2 chi N phi^2 + (N - 1 - 2 chi N) phi + 1 = 0, taken without cancellation.
    """
    n, x = np.broadcast_arrays(_checked_segments(segments), np.asarray(chi, dtype=float))
    half = 0.5 * (2 * x * n - n + 1)
    square = half**2 - 2 * x * n
    # At the critical point the discriminant is zero up to rounding; the root amplifies that to 1e-8, no more.
    square = np.where(np.abs(square) <= 8 * np.finfo(float).eps * half**2, 0.0, square)
    with np.errstate(invalid="ignore", divide="ignore"):
        q = half + np.sqrt(np.where((square >= 0) & (half > 0), square, np.nan))
        return 1 / q, q / (2 * x * n)


def _g(x: FloatArray) -> FloatArray:
    """x coth(x/2) - 2 for x >= 0: x^2/6 for small x, x - 2 for large x."""
    x2 = x * x
    series = x2 * (1 / 6 + x2 * (-1 / 360 + x2 * (1 / 15120 + x2 * (-1 / 604800 + x2 * (1 / 23950080)))))
    with np.errstate(invalid="ignore", divide="ignore"):
        direct = x / np.tanh(0.5 * x) - 2
    return np.where(x < _SERIES_BELOW, series, direct)


def _g_slope(x: FloatArray) -> FloatArray:
    """dg/dx = coth(x/2) - x / (2 sinh(x/2)^2)."""
    x2 = x * x
    series = x * (1 / 3 + x2 * (-1 / 90 + x2 * (1 / 2520 + x2 * (-1 / 75600 + x2 * (1 / 2395008)))))
    with np.errstate(invalid="ignore", divide="ignore"):
        direct = 1 / np.tanh(0.5 * x) - 2 * x * np.exp(-x) / np.expm1(-x) ** 2
    return np.where(x < _SERIES_BELOW, series, direct)


def _g_inverse(y: FloatArray) -> FloatArray:
    """x >= 0 with g(x) = y; Newton on a convex increasing function from a point right of the root."""
    # g <= x^2/6 and g >= x - 2 bound the root from both sides; g(x) >= x^2/(6 + x) closes the gap from the
    # right.
    x = np.minimum(0.5 * (y + np.sqrt(y * y + 24 * y)), y + 2)
    x = np.maximum(x, np.sqrt(6 * y))
    for _ in range(60):
        with np.errstate(invalid="ignore", divide="ignore"):
            step = np.where(x > 0, (_g(x) - y) / _g_slope(x), 0.0)
        x = x - step
        if np.all(np.abs(step) <= 4e-16 * x):
            break
    return x


def _phases(a: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """(b, ln phi_lean, phi_rich, phi_rich - phi_lean) on the binodal at log ratio a."""
    b = _g_inverse(_g(a) / n)
    rich = np.expm1(-b) / np.expm1(-(a + b))
    return b, np.log(rich) - a, rich, rich * -np.expm1(-a)


def _chi_of(a: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray]:
    """chi on the binodal at log ratio a, and dchi/dln(a)."""
    b, _, _, gap = _phases(a, n)
    chi = (a / n + b) / (2 * gap)
    db = _g_slope(a) / (n * _g_slope(b))
    # gap = 2 sinh(a/2) sinh(b/2) / sinh((a + b)/2)
    log_gap = 0.5 * (1 / np.tanh(0.5 * a) + db / np.tanh(0.5 * b) - (1 + db) / np.tanh(0.5 * (a + b)))
    return chi, a * chi * ((1 / n + db) / (a / n + b) - log_gap)


def _lean_of(a: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray]:
    """-ln(lean) at log ratio a, and its derivative by ln(a)."""
    b, log_lean, _, _ = _phases(a, n)
    db = _g_slope(a) / (n * _g_slope(b))
    return -log_lean, a * ((1 + db) / -np.expm1(-(a + b)) - db / -np.expm1(-b))


def _rich_of(a: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray]:
    """logit(rich) = ln((e^b - 1)/(1 - e^-a)) at log ratio a, and its derivative by ln(a)."""
    b = _g_inverse(_g(a) / n)
    db = _g_slope(a) / (n * _g_slope(b))
    return b + np.log(np.expm1(-b) / np.expm1(-a)), a * (db / -np.expm1(-b) + np.exp(-a) / np.expm1(-a))


def _solve_log_ratio(
    function: Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]],
    n: FloatArray,
    target: FloatArray,
    start: FloatArray,
    highest: FloatArray,
) -> FloatArray:
    """a with function(a, n) = target for an increasing function: Newton in ln(a), kept inside a shrinking
    bracket.
    """
    lo, hi = np.full_like(target, np.log(1e-7)), np.log(highest)
    u = np.clip(np.log(start), lo, hi)
    active = np.arange(u.size)
    for _ in range(100):
        value, slope = function(np.exp(u[active]), n[active])
        f = value - target[active]
        hi[active] = np.where(f > 0, u[active], hi[active])
        lo[active] = np.where(f > 0, lo[active], u[active])
        with np.errstate(invalid="ignore", divide="ignore"):
            new = u[active] - f / slope
        inside = (new >= lo[active]) & (new <= hi[active])
        new = np.where(inside, new, 0.5 * (lo[active] + hi[active]))
        moved = np.abs(new - u[active])
        u[active] = new
        # A Newton step below 1e-9 leaves an error of its square; the step has been taken.
        active = active[~(inside & (moved < 1e-9)) & (f != 0)]
        if active.size == 0:
            break
    return np.exp(u)


@dataclass(frozen=True)
class Binodal:
    """Two coexisting phases; arrays of the broadcast shape of the question, NaN where one phase is stable.

    Attributes:
        lean, rich: polymer volume fraction of the two phases (``lean`` may underflow to 0).
        log_lean: ln(lean), exact however dilute.
        log_solvent_rich: ln(1 - rich), exact however concentrated.
    """

    lean: FloatArray
    rich: FloatArray
    log_lean: FloatArray
    log_solvent_rich: FloatArray


def binodal(segments: npt.ArrayLike, chi: npt.ArrayLike) -> Binodal:
    """Compositions of the two phases in equilibrium at chi.

    Equal chemical potentials of solvent and polymer in both phases; see the head of this module.

    Args:
        segments: N > 0.
        chi: interaction parameter; below or at chi_c the result is NaN.

    Validity: any N from below 1 (short second component) to 1e7 and chi - chi_c > 1e-12; monodisperse chains.
    Reference: de Souza and Stone, arXiv:2404.17649.

    Example: ``binodal(100, 0.8)`` has lean 1.6535995e-5 and rich .5084117530.
    """
    n, x = np.broadcast_arrays(_checked_segments(segments), np.asarray(chi, dtype=float))
    shape = x.shape
    n, x = np.atleast_1d(n).ravel(), np.atleast_1d(x).ravel()
    _, chi_c = critical_point(n)
    two = x > chi_c * (1 + 1e-14)
    log_lean, rich, log_solvent = (np.full(x.shape, np.nan) for _ in range(3))
    if np.any(two):
        m = n[two]
        # Near the critical point chi - chi_c is quadratic in a; a/N + b = 2 chi (rich - lean) < 2 chi bounds
        # a from above.
        quadratic = (_chi_of(np.full_like(m, 0.05), m)[0] - chi_c[two]) / 0.05**2
        highest = 2 * x[two] * m
        start = np.minimum(np.sqrt((x[two] - chi_c[two]) / quadratic), highest)
        a = _solve_log_ratio(_chi_of, m, x[two], start, highest)
        b, log_lean[two], rich[two], _ = _phases(a, m)
        # 1 - lean = (1 - e^-(a)) / (1 - e^-(a+b)); its log minus b is ln(1 - rich).
        log_solvent[two] = np.log(np.expm1(-a) / np.expm1(-(a + b))) - b
    lean = np.exp(log_lean)
    return Binodal(*(v.reshape(shape) for v in (lean, rich, log_lean, log_solvent)))


def cloud_chi(phi: npt.ArrayLike, segments: npt.ArrayLike) -> FloatArray:
    """chi at which a solution of composition phi meets the binodal (its cloud point).

    Below phi_c the solution is the lean phase and the first droplets are rich; above it is the other way
    round.

    Args:
        phi: polymer volume fraction, inside (0, 1); down to 1e-300.
        segments: N > 0.
    """
    p, n = np.broadcast_arrays(np.asarray(phi, dtype=float), _checked_segments(segments))
    if not np.all((p > 0) & (p < 1)):
        raise InputError("phi", repr(phi), "volume fractions strictly between 0 and 1")
    shape = p.shape
    p, n = np.atleast_1d(p).ravel(), np.atleast_1d(n).ravel()
    phi_c, chi_c = critical_point(n)

    chi = np.array(chi_c)
    rich_arm = p > phi_c
    # Closer to phi_c than this chi equals chi_c to rounding (the curve is flat there).
    for arm, function in (
        (rich_arm & (p > phi_c * (1 + 1e-6)), _rich_of),
        (~rich_arm & (p < phi_c * (1 - 1e-6)), _lean_of),
    ):
        if not np.any(arm):
            continue
        q, m = p[arm], n[arm]
        if function is _rich_of:
            target = np.log(q) - np.log1p(-q)
            # rich > 1 - e^-b bounds b, and so a, from above; the bound is close where the lean phase is
            # dilute.
            start = _g_inverse(m * _g(-np.log1p(-q)))
            highest = start * (1 + 1e-9)
        else:
            target = -np.log(q)
            start, highest = target, target + 1
        a = _solve_log_ratio(function, m, target, start, highest)
        chi[arm] = _chi_of(a, m)[0]
    return chi.reshape(shape)


def _entropy_gap(z: FloatArray) -> FloatArray:
    """(1 + z) ln(1 + z) - z for z >= -1, by its series near 0."""
    from scipy.special import xlog1py

    small = np.where(np.abs(z) < 0.01, z, 0.0)
    # sum (-1)^k z^k/(k (k - 1)) to k = 8: the next term is 1e-16 of the first at 0.01.
    terms = 1 / 30 - small * (1 / 42 - small / 56)
    series = small**2 * (1 / 2 - small * (1 / 6 - small * (1 / 12 - small * (1 / 20 - small * terms))))
    return np.where(np.abs(z) < 0.01, series, xlog1py(1 + z, z) - z)


def excess_free_energy(
    phi: npt.ArrayLike,
    segments: npt.ArrayLike,
    chi: npt.ArrayLike,
    log_reference: npt.ArrayLike,
    log_solvent_reference: npt.ArrayLike | None = None,
) -> FloatArray:
    """Height of f above its tangent at the reference composition, in kT per site, without cancellation.

    (1/N)[phi ln(phi/phi_0) - phi + phi_0] + [(1 - phi) ln((1 - phi)/(1 - phi_0)) + phi - phi_0]
    - chi (phi - phi_0)^2

    Args:
        phi: polymer volume fraction.
        segments, chi: as in :func:`mixing_free_energy`.
        log_reference: ln(phi_0), so that phi_0 may lie below the smallest double.
        log_solvent_reference: ln(1 - phi_0), where phi_0 is close to 1; computed from phi_0 by default.
    """
    from scipy.special import xlogy

    p, n, x, log0 = (np.asarray(v, dtype=float) for v in (phi, segments, chi, log_reference))
    p0 = np.exp(log0)
    s0 = -np.expm1(log0) if log_solvent_reference is None else np.exp(np.asarray(log_solvent_reference))
    d = p - p0
    dilute = p0 < 1e-280
    safe = np.where(dilute, 1.0, p0)
    polymer = np.where(dilute, xlogy(p, p) - p * log0 - d, safe * _entropy_gap(np.maximum(d / safe, -1.0)))
    solvent = s0 * _entropy_gap(np.maximum(-d / s0, -1.0))
    return np.asarray(polymer / n + solvent - x * d**2)


def _excess_between(low: FloatArray, segments: float, chi: float, two: Binodal) -> FloatArray:
    """Excess free energy at positions 0..1 between the phases, each half taken from the nearer phase."""
    phi = two.lean + (two.rich - two.lean) * low
    from_lean = excess_free_energy(phi, segments, chi, two.log_lean)
    from_rich = excess_free_energy(phi, segments, chi, np.log(two.rich), two.log_solvent_rich)
    return np.maximum(np.where(low < 0.5, from_lean, from_rich), 0.0)


def _two_phases(segments: float, chi: float) -> Binodal:
    two = binodal(segments, chi)
    if not np.isfinite(two.rich):
        _, chi_c = critical_point(segments)
        raise InputError(
            "chi", f"{chi:g}", f"above the critical value {float(chi_c):g}", "lower the temperature"
        )
    return two


def interfacial_tension(segments: float, chi: float, kappa: float = 1.0) -> float:
    """Tension of a flat interface for F = int f + kappa/2 |grad phi|^2 with constant kappa.

    sigma = int sqrt(2 kappa Df) dphi between the coexisting compositions, Df the height of f above the common
    tangent; in kT per site times the unit of sqrt(kappa).

    Limitations: mean field, no capillary waves; kappa does not depend on composition.
    Reference: Cahn and Hilliard, J. Chem. Phys. 28 (1958) 258, eq. 2.20.
    """
    two = _two_phases(segments, chi)
    # Double exponential rule: the ends, where the dilute arm is singular, are reached exponentially fast.
    level = 1 / 32
    t = np.arange(-3.6, 3.6 + 0.5 * level, level)
    s = 0.5 * np.pi * np.sinh(t)
    weight = level * 0.25 * np.pi * np.cosh(t) / np.cosh(s) ** 2
    excess = _excess_between(1 / (1 + np.exp(-2 * s)), segments, chi, two)
    return float(two.rich - two.lean) * float(np.sum(weight * np.sqrt(2 * kappa * excess)))


def interface_profile(
    segments: float, chi: float, kappa: float = 1.0, points: int = 201
) -> tuple[FloatArray, FloatArray]:
    """Equilibrium profile (x, phi) of a flat interface; x = 0 where phi is midway, in the unit of
    sqrt(kappa).

    dphi/dx = sqrt(2 Df / kappa), integrated in the logit of the position between the two phases, where the
    ends
    are exponentials and the integrand is smooth.

    Args:
        points: number of points; the outermost ones lie within 1e-6 of the coexisting compositions (relative
        to the gap).
    """
    two = _two_phases(segments, chi)
    fine = 16 * (points - 1) + 1
    logit = np.linspace(-np.log(1e6), np.log(1e6), fine)
    low = 1 / (1 + np.exp(-logit))
    gap = float(two.rich - two.lean)
    phi = float(two.lean) + gap * low
    excess = _excess_between(low, segments, chi, two)
    slope = gap * low * (1 - low) / np.sqrt(2 * excess / kappa)  # dx/dlogit
    from scipy.integrate import cumulative_simpson

    x = cumulative_simpson(slope, x=logit, initial=0.0)
    x = x - x[fine // 2]
    return x[::16], phi[::16]


# --- continuation of the logarithms
# -------------------------------------------------------------------------------


def _continued_xlogx(
    x: FloatArray, eps: float, log_floor: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """x ln x continued below eps: value, slope, curvature. C2 and convex; the slope at 0 is that of
    e^log_floor.
    """
    inside = x >= eps
    safe = np.where(inside, x, eps)
    d = x - safe  # zero inside, negative below eps
    log = np.log(safe)
    cubic = np.maximum(np.log(eps) - 1 - log_floor, 0.0) / eps**2
    value = safe * log + (log + 1) * d + d * d / (2 * eps) - cubic * d**3 / 3
    return value, log + 1 + d / eps - cubic * d * d, 1 / safe - 2 * cubic * d


def continued_free_energy(
    phi: npt.ArrayLike,
    segments: npt.ArrayLike,
    chi: npt.ArrayLike,
    eps: float,
    log_floor: npt.ArrayLike = 0.0,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """f, df/dphi and d2f/dphi2 with the logarithms continued below eps, defined for every real phi.

    Below eps the term phi ln(phi) becomes, with d = phi - eps,

        eps ln(eps) + (ln(eps) + 1) d + d^2/(2 eps) - c d^3/3,    c = max(ln(eps) - 1 - log_floor, 0)/eps^2,

    twice continuously differentiable and convex; 1 - phi likewise with c = 0. A field solver may overshoot 0
    and 1
    without NaN. Stiffness at phi = 0: (1/eps + 2 c eps)/N + 1.

    Args:
        eps: where the continuation begins.
        log_floor: ln of the most dilute lean phase that has to be resolved, ``binodal(...).log_lean`` at the
        coldest
            temperature. 0 gives the plain quadratic. For long chains the quadratic is too soft: its slope at
            phi = 0 is
            only (ln(eps) - 1)/N above that of the true energy, and the lean phase slips below zero (N =
            1000, chi =
            0.7, eps = 1e-3: to -0.066, tension 26 % too high). With the floor it stays inside 0..eps.

    Returns:
        (f, df/dphi, d2f/dphi2) in kT.

    Validity: spinodal, rich phase and tension move by less than 1 % for eps <= 1e-3 with the floor, and with
    the
    plain quadratic only up to N of about 100 (``docs/theory/thermodynamics.md``); a lean phase more dilute
    than eps is
    replaced by one between 0 and eps.
    """
    p, n, x = (np.asarray(v, dtype=float) for v in (phi, segments, chi))
    f1, m1, c1 = _continued_xlogx(p, eps, np.asarray(log_floor, dtype=float))
    f2, m2, c2 = _continued_xlogx(1 - p, eps, np.zeros(()))
    return f1 / n + f2 + x * p * (1 - p), m1 / n - m2 + x * (1 - 2 * p), c1 / n + c2 - 2 * x
