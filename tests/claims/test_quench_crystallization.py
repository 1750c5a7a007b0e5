"""Crystallization in the quench: Kolmogorov's law, latent heat, and the moving front of Neumann and
Stefan."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from percola.quench import CrystallizationHeat, Face, HeatProperties, Stage, Wall, cool

RHO, C, K = 1250.0, 1700.0, 0.19
PROPERTIES = HeatProperties(RHO, C, K)
ALPHA = K / (RHO * C)


def test_isothermal_conversion_is_kolmogorov():
    """Held at one temperature, X = 1 - exp(-(4 pi/3) N (G t)^3): Avrami exponent 3 for preset nuclei."""
    N, G = 1e15, 2e-6
    crystals = CrystallizationHeat(0.0, N, lambda T: np.full_like(np.asarray(T, dtype=float), G))
    h = cool(
        Wall.sheet(10e-6), PROPERTIES, 350.0, Stage(Face(350.0, 100.0)), crystals, within_K=0.0, t_end_s=8.0
    )
    assert h.time_s[-1] == 8.0
    assert h.conversion[-1].min() > 0.99
    t, X = h.conversion_at(5e-6)
    exact = -np.expm1(-4 / 3 * math.pi * N * (G * t) ** 3)
    np.testing.assert_allclose(X, exact, atol=1e-3)  # steps of 5e-5 each in X, some 20 of them


def test_crystals_that_grew_before_cooling_are_there_from_the_start():
    """With a first radius R_0 the law is that of R_0 + G t."""
    N, G, R0 = 1e15, 2e-6, 4e-6
    crystals = CrystallizationHeat(0.0, N, lambda T: np.full_like(np.asarray(T, dtype=float), G), R0)
    h = cool(
        Wall.sheet(10e-6), PROPERTIES, 350.0, Stage(Face(350.0, 100.0)), crystals, within_K=0.0, t_end_s=6.0
    )
    t, X = h.conversion_at(5e-6)
    assert X[0] == pytest.approx(-np.expm1(-4 / 3 * math.pi * N * R0**3), rel=1e-12)  # rounding
    exact = -np.expm1(-4 / 3 * math.pi * N * (R0 + G * t) ** 3)
    np.testing.assert_allclose(X, exact, atol=1e-3)  # as above


def test_insulated_wall_warms_by_its_latent_heat():
    L = 2.4e7
    crystals = CrystallizationHeat(L, 1e16, lambda T: np.where(np.asarray(T) < 390.0, 1e-6, 0.0))
    # A medium far away through no film at all only sets the range of the property tables.
    h = cool(Wall.sheet(50e-6), PROPERTIES, 340.0, Stage(Face.insulated()), crystals, t_end_s=60.0)
    assert h.conversion[-1].min() > 1 - 1e-9
    np.testing.assert_allclose(
        h.temperature_K[-1] - 340.0, L / (RHO * C), rtol=1e-8
    )  # heat balance: rounding


def test_what_crystallized_in_the_hold_gives_its_heat_before_cooling():
    """Only the rest of the latent heat is left to warm the wall."""
    L, N, R0 = 2.4e7, 1e16, 2.5e-6
    rest = math.exp(-4 / 3 * math.pi * N * R0**3)
    assert 0.4 < rest < 0.7
    crystals = CrystallizationHeat(L, N, lambda T: np.where(np.asarray(T) < 390.0, 1e-6, 0.0), R0)
    h = cool(Wall.sheet(50e-6), PROPERTIES, 340.0, Stage(Face.insulated()), crystals, t_end_s=60.0)
    np.testing.assert_allclose(h.temperature_K[-1] - 340.0, rest * L / (RHO * C), rtol=1e-8)  # rounding
    cooled = cool(Wall.sheet(50e-6), PROPERTIES, 340.0, Stage(Face(300.0, 500.0)), crystals)
    # Rounding and Newton's 1e-7 K of 40 K, as in test_quench_conservation.
    assert abs(cooled.heat["imbalance"]) < 1e-8 * cooled.heat["removed"]


def test_latent_heat_delays_the_core():
    def growth(T):
        return 4e-6 * np.exp(-(((np.asarray(T) - 350.0) / 25.0) ** 2))

    times = [
        cool(Wall.fibre(0.9e-3, 1.7e-3), PROPERTIES, 418.15, Stage(Face(293.15, 400.0)),
             CrystallizationHeat(latent, 5e14, growth), film_uncertainty=False).cooling_time_s
        for latent in (0.0, 1.5e7, 3e7, 6e7)
    ]  # fmt: skip
    assert times == sorted(times)
    assert times[-1] > 1.05 * times[0]


@pytest.mark.parametrize("stefan", [0.5, 2.0])
def test_front_of_neumann_and_stefan(stefan):
    """Growth so fast that all crystallizes at T_m: the front runs as 2 lambda sqrt(alpha t), lambda of
    Neumann's equation.

    One phase: liquid at its melting point, face suddenly at T_c.
    ``lambda exp(lambda^2) erf(lambda) = St/sqrt(pi)``.
    Reference: Carslaw and Jaeger (1959), section 11.2.
    """
    T_m, T_c = 390.0, 330.0
    latent = RHO * C * (T_m - T_c) / stefan

    def growth(T):  # converts within 1 K below T_m in a time short against that of the front
        return 1e-2 * np.clip((T_m - np.asarray(T)) / 1.0, 0.0, 1.0)

    thickness = 400e-6
    h = cool(
        Wall.sheet(thickness), PROPERTIES, T_m, Stage(Face(T_c, math.inf), Face.insulated()),
        CrystallizationHeat(latent, 1e17, growth), t_end_s=0.12, cells=150, face_cell_m=None, tolerance_K=0.1,
    )  # fmt: skip
    lam = brentq(lambda x: x * math.exp(x * x) * math.erf(x) - stefan / math.sqrt(math.pi), 1e-3, 3)
    for t in (0.06, 0.12):
        i = int(np.argmin(np.abs(h.time_s - t)))
        X = h.conversion[i]
        front = float(np.interp(-0.5, -X[1:-1], h.depth_m[1:-1]))
        exact = 2 * lam * math.sqrt(ALPHA * h.time_s[i])
        # Front smeared over 1 K of 60 K undercooling and about a cell of 2.7 um in 70 to 190 um.
        assert front == pytest.approx(exact, rel=0.03)
