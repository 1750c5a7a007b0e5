"""Linear Kramers-Kronig test: whether one causal, linear, stationary system can have given a spectrum.

Z(w) is fitted by R0 + j w L + 1/(j w C) + sum_k Rk/(1 + j w tau_k) with fixed tau_k (Boukamp 1995), each term of which
obeys the Kramers-Kronig relations; what remains does not. The number of terms is raised until the measure
mu = 1 - sum |Rk < 0|/sum |Rk >= 0| says that noise is being fitted (Schönleber, Klotz and Ivers-Tiffée 2014). A single
sharp time constant between the fixed ones needs terms of both signs and stops that too early; so, where residuals still
follow each other, terms are added on as long as the corrected Akaike criterion falls.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from percola.measurement import Check

Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]

MU = 0.85
"""Terms are added until mu falls below this, the value of Schönleber et al. (2014)."""
PER_DECADE = 2.0
"""Fewest time constants per decade: a constant-phase element (n 0.8 to 0.95) is then met within 2e-4 of |Z|."""
BEYOND = 10.0
"""Time constants reach this factor beyond the measured frequencies: the spike of blocking electrodes does not end there."""
GOOD, POOR = 0.01, 0.03
"""Residuals (root mean square of a component, of |Z|) up to which a spectrum passes, and above which it fails."""
OUTLIER, OUTLIER_LEAST = 5.0, 0.005
"""A point is named when its residual exceeds both: so many robust standard deviations, and this share of |Z|."""


@dataclass(frozen=True)
class KramersKronig:
    """Result of the test.

    Attributes:
        frequency_Hz: of the points, (N,).
        residual: (Z - Zkk)/|Z|, complex, (N,).
        terms: number of RC terms.
        mu: see :data:`MU`.
        noise: standard deviation of one component, sqrt(SSR/(2N - parameters)), relative to |Z|.
        largest: largest |residual| of a component.
        correlation: lag-1 correlation of residuals along frequency; noise gives about 0 within 1/sqrt(2N).
        outliers: indices of points that stand out.
        settled: whether there were points enough for the terms (else the test says little).
    """

    frequency_Hz: Floats
    residual: Complexes
    terms: int
    mu: float
    noise: float
    largest: float
    correlation: float
    outliers: tuple[int, ...]
    settled: bool

    @property
    def rms(self) -> float:
        """Root mean square of the components of the residual."""
        return float(np.sqrt(np.mean(np.abs(self.residual) ** 2) / 2))

    @property
    def systematic(self) -> bool:
        """Whether residuals follow each other more than noise does (3 standard errors), and are worth speaking of."""
        return self.correlation > 3 / math.sqrt(2 * len(self.residual)) and self.rms > 0.1 * GOOD

    def check(self) -> Check:
        """The verdict in numbers."""
        status = "pass" if self.rms <= GOOD else "warn" if self.rms <= POOR else "fail"
        words = (
            f"residuals {100 * self.rms:.2g} % of |Z| (root mean square; up to {100 * GOOD:g} % pass, above "
            f"{100 * POOR:g} % fail), largest {100 * self.largest:.2g} %, {self.terms} terms, mu {self.mu:.2f}"
        )
        if self.systematic:
            status = "warn" if status == "pass" else status
            words += (
                f"; they follow each other (correlation {self.correlation:.2f}): the cell changed during the sweep, or it "
                "was driven too hard"
            )
        if not self.settled:
            status = "warn" if status == "pass" else status
            words += "; too few points for a real test"
        return Check("Kramers-Kronig", status, words)  # type: ignore[arg-type]


def _design(omega: Floats, taus: Floats) -> Complexes:
    columns = [np.ones(len(omega), complex), 1j * omega / omega.max(), -1j * omega.min() / omega]
    return np.array(columns + [1 / (1 + 1j * omega * t) for t in taus]).T


def _solve(omega: Floats, z: Complexes, terms: int) -> tuple[float, Complexes]:
    taus = np.geomspace(1 / (omega.max() * BEYOND), BEYOND / omega.min(), terms)
    weight = 1 / np.abs(z)
    a = _design(omega, taus) * weight[:, None]
    real = np.concatenate((a.real, a.imag))
    target = np.concatenate(((z * weight).real, (z * weight).imag))
    scale = np.linalg.norm(real, axis=0)
    x = np.linalg.lstsq(real / scale, target, rcond=1e-13)[0] / scale
    r = target - real @ x
    parts = x[3:]
    plus = float(parts[parts >= 0].sum())
    minus = float(-parts[parts < 0].sum())
    mu = 1 - minus / plus if plus > 0 else -math.inf if minus > 0 else 1.0
    return mu, r[: len(z)] + 1j * r[len(z) :]


def _correlation(f: Floats, residual: Complexes) -> float:
    """Lag-1 correlation along frequency."""
    r = residual[np.argsort(f, kind="stable")]
    bottom = float(np.sum(np.abs(r) ** 2))
    return float(np.sum((r[1:] * r[:-1].conj()).real)) / bottom if bottom > 0 else 0.0


def _criterion(residual: Complexes, terms: int) -> float:
    """Corrected Akaike criterion of a fit with that many terms; residuals below 1e-9 count as none."""
    n, k = 2 * len(residual), terms + 4
    if n - k - 1 <= 0:
        return math.inf
    mean = max(float(np.sum(np.abs(residual) ** 2)) / n, 1e-18)
    return n * math.log(mean) + 2 * k + 2 * k * (k + 1) / (n - k - 1)


def kramers_kronig(frequency_Hz: Sequence[float] | Floats, z_ohm: Complexes) -> KramersKronig:
    """The linear Kramers-Kronig test of a spectrum.

    Args:
        frequency_Hz: positive, any order, (N,).
        z_ohm: complex impedance with the imaginary part negative for capacitances, (N,).

    Validity: changes during the sweep that are slow against one point but fast against the sweep leave residuals.
    Limitations: a cell that drifts in step with the sweep can look like another, stationary one: the test cannot see
    that; a repeated sweep can.
    """
    f = np.asarray(frequency_Hz, float)
    omega = 2 * math.pi * f
    n = len(f)
    decades = math.log10(omega.max() / omega.min()) + 2 * math.log10(BEYOND)
    fewest = max(3, math.ceil(PER_DECADE * decades))
    # At least half of the 2N numbers stay free.
    most = max(1, n - 3)
    settled = fewest <= most
    terms = min(fewest, most)
    mu, residual = _solve(omega, z_ohm, terms)
    while mu > MU and terms < min(most, 3 * fewest):
        more = _solve(omega, z_ohm, terms + 1)
        if more[0] <= MU:
            break
        terms += 1
        mu, residual = more
    if _correlation(f, residual) > 2 / math.sqrt(2 * n):
        tried = [(_criterion(residual, terms), terms, mu, residual)]
        for more_terms in range(terms + 2, most + 1, 2):
            one = _solve(omega, z_ohm, more_terms)
            tried.append((_criterion(one[1], more_terms), more_terms, *one))
        _, terms, mu, residual = min(tried, key=lambda t: t[0])
    free = max(2 * n - terms - 3, 1)
    noise = float(np.sqrt(np.sum(np.abs(residual) ** 2) / free))
    parts = np.maximum(np.abs(residual.real), np.abs(residual.imag))
    robust = 1.4826 * float(np.median(np.abs(np.concatenate((residual.real, residual.imag)))))
    out = np.nonzero((parts > OUTLIER * robust) & (parts > OUTLIER_LEAST))[0]
    return KramersKronig(
        f,
        residual,
        terms,
        mu,
        noise,
        float(parts.max()),
        _correlation(f, residual),
        tuple(int(i) for i in out),
        settled,
    )
