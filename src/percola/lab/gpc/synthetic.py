"""A chromatograph with a known answer: log-normal samples, standards, spreading, noise, drift, a salt peak."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
STANDARDS = (8.42e6, 3.84e6, 1.26e6, 7.75e5, 3.55e5, 1.86e5, 9.64e4, 4.27e4, 1.91e4, 9.1e3, 2.98e3, 1.05e3)
"""Peak molar masses of a set of narrow polystyrenes [g/mol], as such sets are sold."""


@dataclass(frozen=True)
class Chromatograph:
    """Columns with log10 M = a - b V + c (V - V0)^3, a log-normal (Wesslau) sample, a detector.

    Attributes:
        a, b, c, middle: of the true curve, V in ml.
        weight_average, dispersity: of the sample [g/mol, 1]: its log-normal has sigma^2 = ln(Mw/Mn).
        spreading_ml: standard deviation of the band of one species.
        height: of the peak, negative for PVDF in DMF.
        noise, drift: standard deviation, and rise over the whole trace, in units of the height.
        step: last digit in units of the height.
        flow: true flow over the nominal flow.
        salt: height of a system peak over the sample's.
        start_ml, end_ml, readings: of the trace.
        standard_error: relative standard deviation of the standards' stated masses.
    """

    a: float = 12.6
    b: float = 0.42
    c: float = -0.002
    middle: float = 17.0
    weight_average: float = 3.62e5
    dispersity: float = 2.4
    spreading_ml: float = 0.0
    height: float = -40.0
    noise: float = 0.001
    drift: float = 0.05
    step: float = 0.0
    flow: float = 1.0
    salt: float = 0.0
    start_ml: float = 10.0
    end_ml: float = 26.0
    readings: int = 1601
    standard_error: float = 0.02

    def log_molar_mass(self, volume_ml: Floats) -> Floats:
        """True curve of the columns."""
        return np.asarray(self.a - self.b * volume_ml + self.c * (volume_ml - self.middle) ** 3)

    def standards(self, seed: int = 0) -> tuple[Floats, Floats]:
        """Elution volumes [ml] and stated molar masses [g/mol] of the standards."""
        random = np.random.default_rng([seed, 1])
        true = np.array(STANDARDS)
        fine = np.linspace(self.start_ml, self.end_ml, 20001)
        volume = np.interp(-np.log10(true), -self.log_molar_mass(fine), fine)
        return np.round(volume, 3), true * np.exp(self.standard_error * random.standard_normal(len(true)))

    def trace(self, seed: int = 0) -> tuple[Floats, Floats]:
        """Nominal volumes [ml] and signals of an injection."""
        random = np.random.default_rng([seed, 2])
        nominal = np.linspace(self.start_ml, self.end_ml, self.readings)
        fine = np.linspace(self.start_ml - 4, self.end_ml + 4, 8 * self.readings)
        sigma2 = math.log(self.dispersity)
        ln_m = math.log(10) * self.log_molar_mass(fine)
        # By weight ln M is normal about ln Mw - sigma^2/2.
        centre = math.log(self.weight_average) - sigma2 / 2
        slope = np.abs(np.gradient(ln_m, fine))
        signal = np.exp(-((ln_m - centre) ** 2) / 2 / sigma2) * slope
        if self.spreading_ml:
            from scipy.ndimage import gaussian_filter1d

            signal = gaussian_filter1d(signal, self.spreading_ml / (fine[1] - fine[0]), truncate=8)
        signal = signal / signal.max()
        if self.salt:
            signal = signal + self.salt * np.exp(-((fine - 24.0) ** 2) / 2 / 0.15**2)
        # A faster flow brings everything earlier on the nominal axis.
        y = np.interp(nominal, fine / self.flow, signal)
        u = (nominal - nominal[0]) / (nominal[-1] - nominal[0])
        y = self.height * (y + self.drift * u + self.noise * random.standard_normal(len(y))) + 3.0
        if self.step:
            y = np.round(y / (self.step * abs(self.height))) * self.step * abs(self.height)
        return nominal, y

    def write(self, folder: str | Path, seed: int = 0) -> tuple[Path, Path]:
        """A chromatogram and the file of standards as CSV."""
        folder = Path(folder)
        v, y = self.trace(seed)
        trace = folder / "chromatogram.csv"
        rows = [f"{a:.4f},{b:.5f}" for a, b in zip(v, y, strict=True)]
        trace.write_text("Elution volume (ml),RI signal\n" + "\n".join(rows) + "\n", encoding="utf-8")
        v, m = self.standards(seed)
        standards = folder / "standards.csv"
        rows = [f"{a:.3f},{b:.4g}" for a, b in zip(v, m, strict=True)]
        standards.write_text("Elution volume (ml),Mp (g/mol)\n" + "\n".join(rows) + "\n", encoding="utf-8")
        return trace, standards
