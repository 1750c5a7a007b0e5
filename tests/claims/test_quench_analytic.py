"""The quench reproduces the exact temperatures of slab, hollow cylinder and half space."""

from __future__ import annotations

import numpy as np
import pytest

from percola.quench import Face, HeatProperties, Stage, Wall, cool
from percola.quench.analytic import half_space_temperature_K, slab_temperature_K, tube_temperature_K

RHO, C, K = 1100.0, 1800.0, 0.18
ALPHA = K / (RHO * C)
PROPERTIES = HeatProperties(RHO, C, K)
HOT, COLD = 418.15, 293.15


def compared(history, exact, start_s):
    """Largest departure from the series at the kept points after ``start_s``, over all depths."""
    late = history.time_s > start_s
    return float(np.max(np.abs(history.temperature_K[late] - exact(history.depth_m, history.time_s[late]))))


@pytest.mark.parametrize(("outer", "inner"), [(50.0, 50.0), (800.0, 0.0), (5000.0, 100.0), (2e5, 2e5)])
def test_slab_with_films(outer, inner):
    L = 200e-6
    history = cool(
        Wall.sheet(L), PROPERTIES, HOT, Stage(Face(COLD, outer), Face(COLD, inner)), tolerance_K=1e-3
    )

    def exact(z, t):
        return slab_temperature_K(
            z,
            t,
            thickness_m=L,
            diffusivity_m2_s=ALPHA,
            outer_h_over_k_1_m=outer / K,
            inner_h_over_k_1_m=inner / K,
            initial_K=HOT,
            medium_K=COLD,
        )

    # 200 terms are exact after alpha t/L^2 = 1e-3. 0.03 K: cells of about 4 um in the middle leave (125
    # K)(dz/L)^2/12 ~ 4 mK times an order-one factor, the steps some 1 mK each.
    assert compared(history, exact, 1e-3 * L * L / ALPHA) < 0.03


@pytest.mark.parametrize(("outer", "inner"), [(250.0, 0.0), (2000.0, 30.0), (1e5, 1e5)])
def test_hollow_cylinder_with_films(outer, inner):
    a, b = 0.45e-3, 0.85e-3
    history = cool(
        Wall.fibre(2 * a, 2 * b),
        PROPERTIES,
        HOT,
        Stage(Face(COLD, outer), Face(COLD, inner)),
        tolerance_K=1e-3,
    )

    def exact(z, t):
        return tube_temperature_K(
            b - z,
            t,
            inner_radius_m=a,
            outer_radius_m=b,
            diffusivity_m2_s=ALPHA,
            outer_h_over_k_1_m=outer / K,
            inner_h_over_k_1_m=inner / K,
            initial_K=HOT,
            medium_K=COLD,
        )

    # As for the slab; 100 terms are exact after alpha t/L^2 = 4e-3.
    assert compared(history, exact, 4e-3 * (b - a) ** 2 / ALPHA) < 0.03


@pytest.mark.parametrize("film", [500.0, 5000.0, 1e5])
def test_first_micrometres_at_early_times(film):
    """Down to microseconds a face is that of a half space: 0.25 um cells give the surface layer its own
    history."""
    history = cool(
        Wall.fibre(0.9e-3, 1.7e-3), PROPERTIES, HOT, Stage(Face(COLD, film)), t_end_s=2e-3, tolerance_K=1e-3
    )
    times = np.array([1e-5, 1e-4, 1e-3])
    depths = np.array([0.0, 1e-6, 3e-6, 10e-6])
    exact = half_space_temperature_K(
        depths, times, diffusivity_m2_s=ALPHA, h_over_k_1_m=film / K, initial_K=HOT, medium_K=COLD
    )
    found = np.array([[np.interp(t, *history.at(d)) for d in depths] for t in times])
    # Curvature of the cylinder is of the order of sqrt(alpha t)/b = 1 % of the fall at 1 ms; below that dense
    # output (0.1 K between points) and the 0.25 um cell (a quarter of sqrt(alpha t) at 1e-5 s).
    np.testing.assert_allclose(found, exact, atol=0.5, rtol=0.0)


def test_series_agree_with_each_other():
    """A tube with a radius a thousand times its wall is a slab; the two series share no eigenfunction."""
    L, a = 100e-6, 0.1
    t = np.array([0.005, 0.02, 0.1])
    z = np.linspace(0, L, 11)
    common = {"diffusivity_m2_s": ALPHA, "initial_K": HOT, "medium_K": COLD, "terms": 40}
    slab = slab_temperature_K(z, t, thickness_m=L, outer_h_over_k_1_m=2e3, inner_h_over_k_1_m=5e3, **common)
    tube = tube_temperature_K(
        a + L - z,
        t,
        inner_radius_m=a,
        outer_radius_m=a + L,
        outer_h_over_k_1_m=2e3,
        inner_h_over_k_1_m=5e3,
        **common,
    )
    # Curvature leaves terms of the order of L/a = 1e-3 of the fall.
    np.testing.assert_allclose(tube, slab, atol=2e-3 * (HOT - COLD))


def test_series_against_tabulated_coefficients():
    """First root and coefficient for Biot number 1 (half thickness): 0.8603, 1.1191 (Incropera et al., table
    5.1)."""
    L = 2.0
    t = np.array([4.0])  # Fourier number 4 on the half thickness: one term left
    centre = slab_temperature_K(
        np.array([1.0]),
        t,
        thickness_m=L,
        diffusivity_m2_s=1.0,
        outer_h_over_k_1_m=1.0,
        inner_h_over_k_1_m=1.0,
        initial_K=1.0,
        medium_K=0.0,
    )[0, 0]
    # The table has four decimals: 2 * 0.8603 * 4 * 5e-5 + 5e-5/1.1191 = 4e-4 relative.
    assert centre == pytest.approx(1.1191 * np.exp(-(0.8603**2) * 4.0), rel=4e-4)
