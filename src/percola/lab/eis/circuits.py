"""Equivalent circuits of a membrane between electrodes, and their complex least-squares fit.

Z(w) = R + j w L + R1/(1 + (j w tau)^n1) + A (j w/w0)^(-n), each term optional.

The fit minimizes the sum of |Z - Zm|^2/|Z|^2 (modulus weighting: impedance analysers err in proportion; Boukamp 1986)
over real and imaginary parts together, in logarithms of the positive parameters, by a Levenberg-Marquardt iteration of
our own with analytic derivatives and bounds.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]

#: Name -> its elements in series. "Q" is a constant-phase element, "(RQ)" a resistance beside one, "W" a semi-infinite
#: Warburg element (n = 1/2), "Wo" a finite-length Warburg element with a blocking end (also a blocking porous electrode).
CIRCUITS: dict[str, tuple[str, ...]] = {
    "R-Q": ("R", "Q"),
    "L-R-Q": ("L", "R", "Q"),
    "R-(RQ)-Q": ("R", "RQ", "Q"),
    "L-R-(RQ)-Q": ("L", "R", "RQ", "Q"),
    "R-W": ("R", "W"),
    "L-R-W": ("L", "R", "W"),
    "R-Wo": ("R", "Wo"),
    "L-R-Wo": ("L", "R", "Wo"),
    "R-(RQ)-W": ("R", "RQ", "W"),
    "L-R-(RQ)-W": ("L", "R", "RQ", "W"),
    "(RQ)-Q": ("RQ", "Q"),
    "L-(RQ)-Q": ("L", "RQ", "Q"),
    "R-(RQ)": ("R", "RQ"),
    "L-R-(RQ)": ("L", "R", "RQ"),
    "L-R": ("L", "R"),
}
#: The parameters of each element, with their units.
PARAMETERS: dict[str, tuple[tuple[str, str], ...]] = {
    "R": (("R", "ohm"),),
    "L": (("L", "H"),),
    "Q": (("A", "ohm"), ("n", "1")),
    "RQ": (("R1", "ohm"), ("tau1", "s"), ("n1", "1")),
    "W": (("A", "ohm"),),
    "Wo": (("Rw", "ohm"), ("tauw", "s")),
}
LOWEST_N, HIGHEST_N = 0.3, 1.0
FLOOR = 1e-9
"""Relative residual below which circuits count as equally good: rounding of the file or of arithmetic."""


@dataclass(frozen=True)
class Fit:
    """A circuit fitted to a spectrum.

    Attributes:
        circuit: key of :data:`CIRCUITS`.
        names, values, units: parameters; exponents plain, all else in SI; ``A`` is the modulus of the constant-phase
            element at ``reference_rad_s``.
        covariance: of the values, scaled by the residual variance, (p, p); rows of parameters on a bound are zero.
        fixed: names of parameters that ended on a bound.
        reference_rad_s: angular frequency of ``A``.
        model_ohm: Zm at the frequencies of the data.
        residual: (Z - Zm)/|Z|, complex.
        sigma: relative residual standard deviation of one component, sqrt(SSR/(2N - p)).
        aicc: corrected Akaike criterion; smaller is better.
        inflation: factor on standard deviations for residuals that follow each other (lag-1 correlation).
    """

    circuit: str
    names: tuple[str, ...]
    values: Floats
    units: tuple[str, ...]
    covariance: Floats
    fixed: tuple[str, ...]
    reference_rad_s: float
    model_ohm: Complexes
    residual: Complexes
    sigma: float
    aicc: float
    inflation: float = 1.0

    def value(self, name: str) -> float:
        """A parameter; 0 where the circuit has none of that name."""
        return float(self.values[self.names.index(name)]) if name in self.names else 0.0

    def error(self, *names: str) -> float:
        """Standard deviation of the sum of these parameters."""
        at = [self.names.index(n) for n in names if n in self.names]
        return self.inflation * math.sqrt(max(float(self.covariance[np.ix_(at, at)].sum()), 0.0))

    @property
    def arc(self) -> bool:
        """Whether the circuit has a semicircle."""
        return "R1" in self.names

    @property
    def arc_capacitance_F(self) -> float:
        """Capacitance of the semicircle, tau/R1: that of the ideal arc with the same top."""
        return self.value("tau1") / self.value("R1") if self.arc and self.value("R1") > 0 else 0.0


def impedance(circuit: str, values: Sequence[float] | Floats, omega: Floats, reference: float) -> Complexes:
    """Z [ohm] of a circuit with the parameters of :data:`PARAMETERS` in order, at angular frequencies [rad/s]."""
    return _model(CIRCUITS[circuit], np.asarray(values, float), omega, reference, False)[0]


def constant_phase(y0: float, n: float, reference: float) -> float:
    """``A`` [ohm] of a constant-phase element with Z = 1/(y0 (j w)^n)."""
    return 1.0 / (y0 * reference**n)


def _model(
    elements: Sequence[str], values: Floats, omega: Floats, w0: float, derivatives: bool = True
) -> tuple[Complexes, Complexes]:
    """Z and its derivatives by the logarithms of the parameters (exponents: by themselves), (N,), (p, N)."""
    z = np.zeros(len(omega), complex)
    rows: list[Complexes] = []
    i = 0
    for e in elements:
        if e == "R":
            part = np.full(len(omega), values[i], complex)
            rows.append(part)
        elif e == "L":
            part = 1j * omega * values[i]
            rows.append(part)
        elif e in ("Q", "W"):
            n = values[i + 1] if e == "Q" else 0.5
            log = np.log(omega / w0)
            part = values[i] * np.exp(-n * (log + 0.5j * math.pi))
            rows.append(part)
            if e == "Q":
                rows.append(-part * (log + 0.5j * math.pi))
        elif e == "RQ":
            n = values[i + 2]
            log = np.log(omega * values[i + 1]) + 0.5j * math.pi
            # exp stays within floating point: the arc is over long before.
            power = np.exp(np.clip(n * log.real, -300, 300) + 1j * n * log.imag)
            part = values[i] / (1 + power)
            slope = -values[i] * power / (1 + power) ** 2
            rows += [part, slope * n, slope * log]
        else:
            s = np.sqrt(1j * omega * values[i + 1])
            coth = 1 / np.tanh(s)
            part = values[i] * coth / s
            rows += [part, values[i] * 0.5 * (-(coth**2 - 1) - coth / s)]
        z = z + part
        i += len(PARAMETERS[e])
    return z, np.array(rows) if derivatives else np.empty((0, 0), complex)


def _is_exponent(elements: Sequence[str]) -> npt.NDArray[np.bool_]:
    return np.array([unit == "1" for e in elements for _, unit in PARAMETERS[e]])


def fit(circuit: str, frequency_Hz: Floats, z_ohm: Complexes) -> Fit | None:
    """The circuit fitted to a spectrum; None where it does not fit at all (too few points, no convergence).

    Args:
        circuit: key of :data:`CIRCUITS`.
        frequency_Hz: any order, positive, (N,).
        z_ohm: complex impedance, (N,).
    """
    elements = CIRCUITS[circuit]
    exponent = _is_exponent(elements)
    p, n = len(exponent), len(z_ohm)
    if 2 * n < p + 3:
        return None
    omega = 2 * math.pi * frequency_Hz
    w0 = float(np.exp(np.mean(np.log(omega))))
    best: tuple[float, Floats] | None = None
    starts = _starts(elements, omega, z_ohm, w0)
    weight = 1 / np.abs(z_ohm)
    # All starts a few steps, the two best to the end: local minima of the semicircle are the only trouble.
    first = 15 if len(starts) > 1 else 200
    tried = sorted(
        (_minimize(elements, exponent, s, omega, z_ohm, weight, w0, first) for s in starts),
        key=lambda t: t[0],
    )
    if len(starts) > 1:
        tried = [_minimize(elements, exponent, t, omega, z_ohm, weight, w0, 200) for _, t in tried[:2]]
    for found in tried:
        if math.isfinite(found[0]) and (best is None or found[0] < best[0]):
            best = found
    if best is None:
        return None
    # Weighted by the modulus of the fit, not of the noisy data: no bias towards small moduli.
    model, _ = _model(elements, _values(best[1], exponent), omega, w0, False)
    weight = 1 / np.abs(model)
    cost, theta = _minimize(elements, exponent, best[1], omega, z_ohm, weight, w0, 60)
    if not math.isfinite(cost):
        return None
    return _finished(circuit, elements, exponent, theta, omega, z_ohm, weight, w0, cost)


def _values(theta: Floats, exponent: npt.NDArray[np.bool_]) -> Floats:
    return np.where(exponent, theta, np.exp(np.where(exponent, 0.0, np.clip(theta, -80, 80))))


def _bounds(
    elements: Sequence[str], exponent: npt.NDArray[np.bool_], omega: Floats, z: Complexes
) -> tuple[Floats, Floats]:
    low, high = np.full(len(exponent), -80.0), np.full(len(exponent), 80.0)
    low[exponent], high[exponent] = LOWEST_N, HIGHEST_N
    small, large = float(np.min(np.abs(z))), float(np.max(np.abs(z)))
    w_low, w_high = float(omega.min()), float(omega.max())
    i = 0
    for e in elements:
        for name, _ in PARAMETERS[e]:
            if name in ("R", "R1", "Rw", "A"):
                low[i], high[i] = math.log(small * 1e-6), math.log(large * 1e4)
            elif name == "L":
                low[i], high[i] = math.log(small / w_high * 1e-8), math.log(large / w_low * 10)
            elif name == "tau1":
                # A semicircle of which not even the flank is in the data is not one.
                low[i], high[i] = math.log(0.3 / w_high), math.log(3 / w_low)
            elif name == "tauw":
                low[i], high[i] = math.log(1e-3 / w_high), math.log(1e5 / w_low)
            i += 1
    return low, high


def _minimize(
    elements: Sequence[str],
    exponent: npt.NDArray[np.bool_],
    theta: Floats,
    omega: Floats,
    z: Complexes,
    weight: Floats,
    w0: float,
    steps: int,
) -> tuple[float, Floats]:
    """Levenberg-Marquardt with projection on bounds (parameters pressed on a bound stay there for the step)."""
    low, high = _bounds(elements, exponent, omega, z)
    theta = np.clip(theta, low, high)

    def residual(t: Floats) -> tuple[Floats, Floats, float]:
        m, d = _model(elements, _values(t, exponent), omega, w0)
        r = (z - m) * weight
        j = d * weight
        rr = np.concatenate((r.real, r.imag))
        return rr, np.concatenate((j.real, j.imag), axis=1), float(rr @ rr)

    r, j, cost = residual(theta)
    damping = 1e-3
    still = 0
    for _ in range(steps):
        gradient = j @ r
        free = ~(((theta <= low) & (gradient < 0)) | ((theta >= high) & (gradient > 0)))
        if not free.any():
            break
        normal = j[free] @ j[free].T
        diagonal = np.maximum(np.diag(normal), 1e-30)
        accepted = False
        for _ in range(12):
            step = np.zeros_like(theta)
            step[free] = np.linalg.solve(normal + np.diag(damping * diagonal), gradient[free])
            step = np.clip(step, -2.0, 2.0)
            step = np.where(exponent, np.clip(step, -0.3, 0.3), step)
            trial = np.clip(theta + step, low, high)
            with np.errstate(all="ignore"):
                r2, j2, cost2 = residual(trial)
            if math.isfinite(cost2) and cost2 <= cost:
                accepted = True
                break
            damping *= 4
        if not accepted:
            break
        moved = float(np.max(np.abs(trial - theta)))
        gain = cost - cost2
        theta, r, j, cost = trial, r2, j2, cost2
        damping = max(damping / 6, 1e-12)
        still = still + 1 if gain <= 1e-12 * cost and moved < 1e-8 else 0
        if still >= 2 or moved < 1e-13 or cost < 1e-28 * len(r):
            break
    return cost, theta


def _finished(
    circuit: str,
    elements: Sequence[str],
    exponent: npt.NDArray[np.bool_],
    theta: Floats,
    omega: Floats,
    z: Complexes,
    weight: Floats,
    w0: float,
    cost: float,
) -> Fit | None:
    low, high = _bounds(elements, exponent, omega, z)
    values = _values(theta, exponent)
    model, d = _model(elements, values, omega, w0)
    p, n = len(theta), len(z)
    on_bound = (theta <= low + 1e-9) | (theta >= high - 1e-9)
    j = d * weight
    jac = np.concatenate((j.real, j.imag), axis=1)[~on_bound]
    normal = jac @ jac.T
    scale = np.sqrt(np.maximum(np.diag(normal), 1e-300))
    try:
        inverse = np.linalg.inv(normal / np.outer(scale, scale)) / np.outer(scale, scale)
    except np.linalg.LinAlgError:
        return None
    sigma2 = cost / (2 * n - p)
    own = np.where(exponent, 1.0, values)[~on_bound]
    covariance = np.zeros((p, p))
    covariance[np.ix_(~on_bound, ~on_bound)] = sigma2 * inverse * np.outer(own, own)
    k = p + 1
    aicc = 2 * n * math.log(max(cost / (2 * n), FLOOR**2)) + 2 * k
    aicc += 2 * k * (k + 1) / (2 * n - k - 1) if 2 * n - k - 1 > 0 else math.inf
    residual = (z - model) * weight
    names = tuple(name for e in elements for name, _ in PARAMETERS[e])
    units = tuple(unit for e in elements for _, unit in PARAMETERS[e])
    return Fit(
        circuit,
        names,
        values,
        units,
        covariance,
        tuple(itertools.compress(names, on_bound)),
        w0,
        model,
        residual,
        math.sqrt(sigma2),
        aicc,
        _inflation(residual, omega),
    )


def _inflation(residual: Complexes, omega: Floats) -> float:
    """sqrt((1 + rho)/(1 - rho)) with the lag-1 correlation of residuals along frequency, 1 where it is within 2/sqrt(2N)."""
    r = residual[np.argsort(omega, kind="stable")]
    top = float(np.sum(r[1:].real * r[:-1].real + r[1:].imag * r[:-1].imag))
    bottom = float(np.sum(np.abs(r) ** 2))
    rho = top / bottom if bottom > 0 else 0.0
    if rho <= 2 / math.sqrt(2 * len(r)):
        return 1.0
    rho = min(rho, 0.95)
    return math.sqrt((1 + rho) / (1 - rho))


def _starts(elements: Sequence[str], omega: Floats, z: Complexes, w0: float) -> list[Floats]:
    """Where the iteration begins; several places of the semicircle."""
    order = np.argsort(omega)
    w, zz = omega[order], z[order]
    flat = int(np.argmin(np.abs(np.angle(zz))))
    resistance = max(float(zz[flat].real), 1e-3 * float(np.max(np.abs(zz))) * 1e-3)
    low = zz[: max(3, len(zz) // 3)]
    x = np.maximum(-low.imag, 1e-3 * np.abs(low))
    exponent_n = 0.85
    if len(x) >= 3:
        exponent_n = float(np.clip(-np.polyfit(np.log(w[: len(x)]), np.log(x), 1)[0], 0.4, 0.99))
    amplitude = float(np.median(x * (w[: len(x)] / w0) ** exponent_n)) / math.sin(exponent_n * math.pi / 2)
    top = float(zz[-1].imag)
    inductance = max(top, 1e-3 * abs(zz[-1])) / float(w[-1])
    has_arc = "RQ" in elements
    spread = max(float(np.ptp(zz.real)), 1e-2 * resistance)
    taus = np.geomspace(1 / w[-1], 1 / w[0], 6) if has_arc else [0.0]
    starts = []
    for tau in taus:
        theta: list[float] = []
        for e in elements:
            if e == "R":
                theta.append(
                    math.log(max(float(zz.real.min()), 1e-3 * resistance) if has_arc else resistance)
                )
            elif e == "L":
                theta.append(math.log(inductance))
            elif e == "Q":
                theta += [math.log(amplitude), exponent_n]
            elif e == "W":
                theta.append(math.log(amplitude))
            elif e == "RQ":
                size = (
                    spread
                    if elements[-1] == "RQ"
                    else max(0.5 * abs(float(np.interp(1 / tau, w, zz.real))), 1e-9)
                )
                theta += [math.log(size), math.log(tau), 0.85]
            else:
                theta += [math.log(amplitude * math.sqrt(w0 / w[0])), math.log(1 / w[0])]
        starts.append(np.array(theta))
    return starts


def fit_all(frequency_Hz: Floats, z_ohm: Complexes, circuits: Sequence[str] | None = None) -> list[Fit]:
    """Circuits fitted to a spectrum, best (smallest AICc) first.

    See :func:`ranked`.
    """
    return ranked([f for name in (circuits or CIRCUITS) if (f := fit(name, frequency_Hz, z_ohm)) is not None])


def ranked(found: Sequence[Fit]) -> list[Fit]:
    """Fits in the order of preference: those that describe the data with parameters that the data determine, by AICc.

    A circuit with R, R1, L or tau1 undetermined (:func:`determined`), or with residuals above 3 times the smallest, is put
    behind: it says less with more, or does not describe the data.
    """
    if not found:
        return []
    least = max(min(f.sigma for f in found), FLOOR)
    return sorted(found, key=lambda f: (not determined(f) or f.sigma > 3 * least, f.aicc))


def determined(found: Fit) -> bool:
    """Whether R, R1, L and tau1 of a fit are each larger than two standard deviations and on no bound."""
    return all(
        name not in found.fixed and found.error(name) < 0.5 * found.value(name)
        for name in ("R", "R1", "L", "tau1")
        if name in found.names
    )
