"""Standing samples and turbidity scans with a known answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Thermostat:
    """A solvent with a known cloud-point curve, looked at in steps of temperature.

    Attributes:
        top_K, at, fall_K: the curve: top - fall (fraction - at)^2/0.01.
        planar: whether two liquids part by a planar interface.
        crystallization_K: below it samples gel.
        step_K: between observations.
        bath_K: standard deviation of the bath's temperature.
        blur_K: logistic scale in which one and two phases are mistaken for each other.
        stood_h, dissolved_h: of each sample.
    """

    top_K: float = 493.15
    at: float = 0.15
    fall_K: float = 4.0
    planar: bool = True
    crystallization_K: float = 403.15
    step_K: float = 5.0
    bath_K: float = 0.5
    blur_K: float = 0.0
    stood_h: float = 15.0
    dissolved_h: float = 12.0

    def cloud_point_K(self, fraction: float) -> float:
        """True cloud point."""
        return self.top_K - self.fall_K * (fraction - self.at) ** 2 / 0.01

    def rows(self, fractions: tuple[float, ...], seed: int = 0) -> list[tuple[float, float, int, str, str]]:
        """(weight fraction, temperature read [K], phases, planar interface, gelled) of each observation."""
        random = np.random.default_rng(seed)
        out = []
        for w in fractions:
            true = self.cloud_point_K(w)
            first = true - 6 * self.step_K + self.step_K * random.random()
            # The reading is off by one amount for all samples: one thermometer.
            off = self.bath_K * random.standard_normal()
            for k in range(12):
                t = first + k * self.step_K
                below = (true - t) / self.blur_K if self.blur_K else math.copysign(700, true - t)
                two = random.random() < 1 / (1 + math.exp(-max(min(below, 700), -700)))
                solid = t < self.crystallization_K
                out.append(
                    (
                        w,
                        t + off,
                        2 if two else 1,
                        "yes" if two and self.planar and not solid else "no",
                        "yes" if solid else "no",
                    )
                )
        return out

    def write(
        self, path: str | Path, fractions: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4), seed: int = 0
    ) -> Path:
        """The observations as CSV."""
        head = "Polymer fraction (wt%),Temperature (degC),Standing time (h),Dissolution time (h),Phases,Interface,Gelled"
        rows = [
            f"{100 * w:g},{t - 273.15:.1f},{self.stood_h:g},{self.dissolved_h:g},{n},{planar},{gelled}"
            for w, t, n, planar, gelled in self.rows(fractions, seed)
        ]
        out = Path(path)
        out.write_text(head + "\n" + "\n".join(rows) + "\n", encoding="utf-8")
        return out


def scan(onset_K: float, width_K: float = 4.0, noise: float = 0.005, seed: int = 0) -> tuple[Floats, Floats]:
    """Temperatures and transmittances of a cooling scan that loses its light linearly from ``onset_K`` down."""
    random = np.random.default_rng(seed)
    t = np.arange(onset_K + 20, onset_K - 20, -0.2)
    y = 0.95 - 0.9 * np.clip((onset_K - t) / width_K, 0, 1)
    return t, y + noise * random.standard_normal(len(t))
