"""`ThermalHistory`: temperature and conversion against time at depths through the wall."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from percola.errors import InputError
from percola.quench.model import Array, Wall

SURFACE_LAYER_M = 1e-6
"""Depth that stands for a surface layer: the skin that a surface micrograph shows is about a micrometre
thick."""


@dataclass(frozen=True)
class ThermalHistory:
    """The quench at every depth; linear between the points, constant after the last.

    Attributes:
        time_s: (nt,) [s], from 0, increasing.
        depth_m: (nz,) [m], from the OUTER surface (0) inwards to the inner surface (thickness of the wall).
        temperature_K: (nt, nz).
        conversion: (nt, nz), crystallized part of what can crystallize, 0 to 1.
        wall: the wall.
        bore_temperature_K: (nt,) mean temperature of the fluid in the bore, or None.
        stages: one mapping for each stage that was reached: label, start_s and the media.
        cooling_time_s: time until the core has fallen by 90 % of the way to the last medium [s], or None if
            it has not.
        cooling_time_range_s: the same with film coefficients one standard deviation up and down, or None.
        heat: released, stored and latent heat per area of the outer surface [J/m2] and the closure of their
            balance.
        steps: accepted and refused steps, and Newton iterations.
        notes: in words, with numbers.
    """

    time_s: Array
    depth_m: Array
    temperature_K: Array
    conversion: Array
    wall: Wall
    bore_temperature_K: Array | None = None
    stages: tuple[Mapping[str, Any], ...] = ()
    cooling_time_s: float | None = None
    cooling_time_range_s: tuple[float, float] | None = None
    heat: Mapping[str, float] = field(default_factory=dict)
    steps: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def _column(self, values: Array, depth_m: float) -> Array:
        if not (0.0 <= depth_m <= self.depth_m[-1] * (1 + 1e-9)):
            raise InputError(
                "depth_m", repr(depth_m), f"0 to {self.depth_m[-1]:.6g} m, the thickness of the wall"
            )
        i = int(np.clip(np.searchsorted(self.depth_m, depth_m), 1, len(self.depth_m) - 1))
        weight = (depth_m - self.depth_m[i - 1]) / (self.depth_m[i] - self.depth_m[i - 1])
        weight = min(max(weight, 0.0), 1.0)
        column: Array = (1 - weight) * values[:, i - 1] + weight * values[:, i]
        return column

    def at(self, depth_m: float) -> tuple[Array, Array]:
        """(time_s, temperature_K) at a depth [m] below the outer surface."""
        return self.time_s, self._column(self.temperature_K, depth_m)

    def conversion_at(self, depth_m: float) -> tuple[Array, Array]:
        """(time_s, conversion) at a depth [m] below the outer surface."""
        return self.time_s, self._column(self.conversion, depth_m)

    @property
    def core_depth_m(self) -> float:
        """Half way through the wall [m]."""
        return 0.5 * float(self.depth_m[-1])

    def _layer(self, layer_m: float) -> float:
        return min(layer_m, 0.5 * float(self.depth_m[-1]))

    def outer(self, layer_m: float = SURFACE_LAYER_M) -> tuple[Array, Array]:
        """(time_s, temperature_K) of the outer surface layer, ``layer_m`` below the surface; 0 for the
        surface itself."""
        return self.at(self._layer(layer_m))

    def inner(self, layer_m: float = SURFACE_LAYER_M) -> tuple[Array, Array]:
        """(time_s, temperature_K) of the inner surface layer (sheet: of the other face)."""
        return self.at(float(self.depth_m[-1]) - self._layer(layer_m))

    def core(self) -> tuple[Array, Array]:
        """(time_s, temperature_K) half way through the wall."""
        return self.at(self.core_depth_m)

    def time_at_temperature_s(self, depth_m: float, temperature_K: float) -> float:
        """Time [s] when this depth first cools to ``temperature_K``; raises InputError if it starts below or
        never does."""
        t, T = self.at(depth_m)
        below = np.flatnonzero(temperature_K >= T)
        if T[0] < temperature_K or below.size == 0:
            raise InputError(
                "temperature_K",
                f"{temperature_K!r} K",
                f"{T.min():.2f} to {T[0]:.2f} K, passed at depth {depth_m:.3g} m",
            )
        i = int(below[0])
        if i == 0:
            return float(t[0])
        return float(t[i - 1] + (T[i - 1] - temperature_K) / (T[i - 1] - T[i]) * (t[i] - t[i - 1]))

    def cooling_rate_K_s(self, depth_m: float, temperature_K: float, window_K: float = 2.0) -> float:
        """Cooling rate [K/s] at a depth when it first passes a temperature, as the mean over ``window_K``
        around it.

        The window is cut where the history does not reach so far. Positive while the wall cools.
        """
        self.time_at_temperature_s(depth_m, temperature_K)  # refuses what is never passed
        _, T = self.at(depth_m)
        # Just under the start, not at it: a depth waits there until the cooling front arrives.
        high = min(temperature_K + 0.5 * window_K, float(T[0]) - 0.05 * window_K)
        low = max(temperature_K - 0.5 * window_K, float(T.min()))
        if high <= low:
            raise InputError("temperature_K", f"{temperature_K!r} K", f"{T.min():.2f} to {T[0]:.2f} K")
        start = self.time_at_temperature_s(depth_m, high)
        end = self.time_at_temperature_s(depth_m, low)
        return (high - low) / (end - start)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``thermal.json``; the inner trace of a sheet is left out where both its faces are
        cooled alike."""
        thickness = float(self.depth_m[-1])
        depths: dict[str, float | None] = {
            "core": self.core_depth_m,
            "outer_surface": self._layer(SURFACE_LAYER_M),
            "inner_surface": thickness - self._layer(SURFACE_LAYER_M),
        }
        if self.wall.geometry == "sheet" and all(s.get("inner") is None for s in self.stages):
            depths["inner_surface"] = None

        def lines(values: Array) -> dict[str, list[float] | None]:
            return {
                name: None if depth is None else [float(v) for v in self._column(values, depth)]
                for name, depth in depths.items()
            }

        def number(x: float | None) -> float | None:
            return None if x is None or not math.isfinite(x) else float(x)

        return {
            "time_s": [float(t) for t in self.time_s],
            "traces": lines(self.temperature_K),
            "crystallized": lines(self.conversion),
            "bore_K": None
            if self.bore_temperature_K is None
            else [float(v) for v in self.bore_temperature_K],
            "wall": {
                "geometry": self.wall.geometry,
                "thickness_m": thickness,
                "inner_radius_m": self.wall.inner_radius_m,
                "outer_radius_m": self.wall.outer_radius_m,
                "depth_m": depths,
                "stages": [dict(s) for s in self.stages],
                "cooling_time_s": number(self.cooling_time_s),
                "cooling_time_range_s": None
                if self.cooling_time_range_s is None
                else [number(x) for x in self.cooling_time_range_s],
                "heat_J_m2": dict(self.heat),
                "steps": dict(self.steps),
                "notes": list(self.notes),
            },
        }
