"""Calibration of the columns: log10 of the molar mass against the elution volume, its order and its errors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from percola.errors import InputError

Floats = npt.NDArray[np.float64]
ORDERS = (1, 3, 5)
SPREAD = 0.02
"""Relative standard deviation of a standard's stated peak molar mass that residuals are never taken below."""


@dataclass(frozen=True)
class Calibration:
    """log10 M = sum a_i z^i with z = (x - middle)/half; M in g/mol, x in ml or min.

    Attributes:
        coefficients: a_i, shape (order + 1,).
        covariance: of them.
        middle, half: that map the calibrated range to -1..1.
        low, high: calibrated range of x.
        order: of the polynomial.
        x, log_m, residual: the standards and log10 of (given over computed), empty for given coefficients.
        chosen: how the order was chosen, in words.
    """

    coefficients: Floats
    covariance: Floats
    middle: float
    half: float
    low: float
    high: float
    order: int
    x: Floats
    log_m: Floats
    residual: Floats
    chosen: str = ""

    def log_molar_mass(self, x: Floats) -> Floats:
        """log10 of M in g/mol; beyond the standards the straight line of the end goes on.

        A polynomial of third or fifth order turns round soon after the last standard.
        """
        inside = np.clip(x, self.low, self.high)
        value = np.polynomial.polynomial.polyval((inside - self.middle) / self.half, self.coefficients)
        return np.asarray(value + self.slope(inside) * (x - inside))

    def slope(self, x: Floats) -> Floats:
        """d log10 M/dx, that of the end beyond the standards."""
        z = (np.clip(x, self.low, self.high) - self.middle) / self.half
        derivative = np.polynomial.polynomial.polyder(self.coefficients)
        return np.asarray(np.polynomial.polynomial.polyval(z, derivative) / self.half)

    def moved(self, step: Floats) -> Calibration:
        """With other coefficients."""
        return Calibration(
            self.coefficients + step, self.covariance, self.middle, self.half, self.low, self.high, self.order,
            self.x, self.log_m, self.residual, self.chosen,
        )  # fmt: skip


def _fit(x: Floats, y: Floats, order: int, middle: float, half: float) -> tuple[Floats, Floats, float]:
    basis = np.vander((x - middle) / half, order + 1, increasing=True)
    c, *_ = np.linalg.lstsq(basis, y, rcond=None)
    left = float(np.sum((y - basis @ c) ** 2))
    free = len(x) - order - 1
    # Standards are stated to a few per cent: residuals by chance smaller than that say nothing.
    variance = max(left / free if free > 0 else 0.0, math.log10(1 + SPREAD) ** 2)
    return np.asarray(c, float), np.asarray(np.linalg.inv(basis.T @ basis) * variance, float), left


def _falls(c: Floats) -> bool:
    z = np.linspace(-1, 1, 401)
    return bool(np.all(np.polynomial.polynomial.polyval(z, np.polynomial.polynomial.polyder(c)) < 0))


def calibrate(x: Floats, molar_mass_g_mol: Floats, order: str = "auto") -> Calibration:
    """The curve through standards.

    Of the orders 1, 3 and 5 that leave two degrees of freedom and fall everywhere, the one of lowest Akaike criterion
    corrected for small samples; a higher order must gain 2 to replace a lower one.

    Args:
        x: elution volumes [ml] or times [min] of the standards' peaks, shape (n,), n >= 3.
        molar_mass_g_mol: their peak molar masses.
        order: "auto", "1", "3", "5".

    Validity: within the standards; beyond them the line of the end goes on, and the method flags it.
    Reference: ISO 16014-2; Hurvich and Tsai (1989).

    Raises:
        InputError: fewer than three standards, molar masses that do not fall, an order too high for them.
    """
    where = "standards"
    good = np.isfinite(x) & np.isfinite(molar_mass_g_mol)
    x, m = x[good], molar_mass_g_mol[good]
    if len(x) < 3:
        raise InputError(where, f"{len(x)} standards", "at least 3")
    if np.any(m <= 0):
        raise InputError(where, f"a molar mass of {m.min():g} g/mol", "positive molar masses")
    if np.ptp(x) <= 0:
        raise InputError(where, "all at one elution volume", "standards that elute one after the other")
    by = np.argsort(x)
    x, y = x[by], np.log10(m[by])
    middle, half = float(x[0] + x[-1]) / 2, float(x[-1] - x[0]) / 2
    if float(np.polyfit(x, y, 1)[0]) >= 0:
        raise InputError(
            where,
            "molar masses that rise with the elution volume",
            "large molecules elute first",
            "are the columns mixed up? --column molar_mass=...",
        )
    fits = {}
    for k in ORDERS if order == "auto" else (int(order),):
        if len(np.unique(x)) < k + 2 if order != "auto" else len(np.unique(x)) < k + 3:
            continue
        fits[k] = _fit(x, y, k, middle, half)
    if not fits and order == "auto":
        fits[1] = _fit(x, y, 1, middle, half)
    if not fits:
        raise InputError("--order", order, f"fewer than {len(x) - 1}: there are {len(x)} standards")
    if order != "auto" and not _falls(fits[int(order)][0]):
        raise InputError(
            "--order",
            f"{order}: the curve rises somewhere",
            "an order whose curve falls everywhere",
            "--order 3 or 1",
        )
    floor = len(x) * math.log10(1 + SPREAD) ** 2 / 10

    def score(k: int) -> float:
        n, p = len(x), k + 2
        return n * math.log((fits[k][2] + floor) / n) + 2 * p + 2 * p * (p + 1) / max(n - p - 1, 1)

    usable = [k for k in fits if _falls(fits[k][0])]
    best = usable[0] if usable else 1
    for k in usable[1:]:
        if score(k) < score(best) - 2:
            best = k
    c, covariance, _ = fits[best]
    fitted = np.polynomial.polynomial.polyval((x - middle) / half, c)
    scores = ", ".join(f"{k}: {score(k):.1f}" + ("" if k in usable else " (rises somewhere)") for k in fits)
    chosen = (
        f"order {best} as asked" if order != "auto" else f"order {best} of lowest Akaike criterion ({scores})"
    )
    return Calibration(
        c, covariance, middle, half, float(x[0]), float(x[-1]), best, x, y, np.asarray(y - fitted), chosen
    )


def from_coefficients(text: str, low: float, high: float) -> Calibration:
    """A curve whose coefficients a person gives: a0,a1,... of log10(M in g/mol) against ml or min.

    Raises:
        InputError: no numbers, more than six, or a curve that does not fall in the range.
    """
    try:
        a = np.array([float(w) for w in text.replace(";", ",").replace(" ", ",").split(",") if w])
    except ValueError:
        raise InputError("--coefficients", repr(text), "numbers a0,a1,... with decimal points") from None
    if not 2 <= len(a) <= 6 or not np.isfinite(a).all():
        raise InputError("--coefficients", f"{len(a)} numbers", "2 to 6: a0,a1,... up to the fifth order")
    if not low < high:
        raise InputError("--calibrated-from", f"{low:g} to {high:g}", "a range that rises")
    middle, half = (low + high) / 2, (high - low) / 2
    line = np.polynomial.Polynomial(a)(np.polynomial.Polynomial([middle, half]))
    c = np.zeros(len(a))
    c[: len(line.coef)] = line.coef
    if not _falls(c):
        raise InputError(
            "--coefficients", "a curve that rises within its range", "molar masses that fall with the volume"
        )
    none = np.empty(0)
    covariance = np.zeros((len(c), len(c)))
    covariance[0, 0] = math.log10(1 + SPREAD) ** 2
    return Calibration(
        c, covariance, middle, half, low, high, len(c) - 1, none, none, none, "coefficients as given"
    )
