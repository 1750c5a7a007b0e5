"""A permeability stand with a known answer: start-up, decline, noise of the balance, drift of the temperature."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from percola.lab.permeability.water import REFERENCE_K, density_kg_m3, viscosity_Pa_s

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Stand:
    """A run of pure water through a membrane.

    Attributes:
        permeability_m_sPa: true value at 25 degC on ``area_m2``.
        area_m2, pressure_Pa, temperature_K: of the run.
        duration_s, readings: length of the record and number of readings.
        start_up: relative excess of the flow at the start, gone with ``start_up_s``.
        decline: relative loss of the flow at the end of the run, linear.
        reading_kg: standard deviation of one reading of the balance.
        step_kg: its last digit.
        flow_noise: relative standard deviation of the flow between readings.
    """

    permeability_m_sPa: float = 2e-9
    area_m2: float = 1.38e-3
    pressure_Pa: float = 98066.5
    temperature_K: float = REFERENCE_K
    duration_s: float = 1800.0
    readings: int = 61
    start_up: float = 0.3
    start_up_s: float = 120.0
    decline: float = 0.0
    reading_kg: float = 1e-4
    step_kg: float = 1e-5
    flow_noise: float = 0.0

    def record(self, seed: int = 0) -> tuple[Floats, Floats]:
        """Times [s] and masses collected [kg]."""
        random = np.random.default_rng(seed)
        t = np.linspace(0.0, self.duration_s, self.readings)
        eta = viscosity_Pa_s(self.temperature_K) / viscosity_Pa_s(REFERENCE_K)
        flow = (
            self.permeability_m_sPa
            * self.pressure_Pa
            * self.area_m2
            / eta
            * density_kg_m3(self.temperature_K)
        )
        mass = flow * (t - self.decline * t**2 / (2 * self.duration_s))
        mass = mass + flow * self.start_up * self.start_up_s * -np.expm1(-t / self.start_up_s)
        if self.flow_noise:
            steps = np.diff(t) * flow * self.flow_noise * random.standard_normal(len(t) - 1)
            mass = mass + np.concatenate([[0.0], np.cumsum(steps)])
        mass = mass + self.reading_kg * random.standard_normal(len(t))
        return t, np.round(mass / self.step_kg) * self.step_kg if self.step_kg else mass

    def write(self, path: str | Path, seed: int = 0) -> Path:
        """The record as a CSV file of a balance."""
        t, mass = self.record(seed)
        rows = [f"{a:.1f},{1e3 * m:.2f}" for a, m in zip(t, mass, strict=True)]
        out = Path(path)
        out.write_text("Time (s),Mass (g)\n" + "\n".join(rows) + "\n", encoding="utf-8")
        return out
