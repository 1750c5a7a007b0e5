"""Continuing the logarithms leaves demixing as it is: binodal, spinodal and tension move by less than 1 %."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from percola.gel.energy import FloryHuggins, QuarticWell, log_extended
from percola.thermo import flory_huggins as fh

CASES = [(100, 0.65), (100, 0.7), (100, 0.8), (1000, 0.55), (1000, 0.6), (1000, 0.7), (400, 0.9), (400, 1.2)]
ALLOWED = 0.01  # the bound that the design sets


def continued(segments):
    f = FloryHuggins(jnp.asarray(float(segments)))
    return (
        f,
        jax.jit(f.value),
        jax.jit(f.slope),
        jax.jit(jax.vmap(jax.grad(lambda p, x: f.slope(p, x)), (0, None))),
    )


def common_tangent(value, slope, chi, segments):
    """(lean, rich) of the continued energy: one slope, one intercept. Nested bisection, started from nothing known."""
    lean_spinodal, rich_spinodal = (float(v) for v in fh.spinodal(segments, chi))

    def f(p):
        return float(value(p, chi))

    def d(p):
        return float(slope(p, chi))

    low_mu, high_mu = d(rich_spinodal), d(lean_spinodal)

    def partners(mu):
        # the lean phase of the continued energy may lie below zero; its slope there is linear and steep
        lean = brentq(lambda p: d(p) - mu, -0.05, lean_spinodal, xtol=1e-14)
        rich = brentq(lambda p: d(p) - mu, rich_spinodal, 1 - 1e-9, xtol=1e-14)
        return lean, rich

    def gap(mu):
        lean, rich = partners(mu)
        return f(rich) - f(lean) - mu * (rich - lean)

    mu = brentq(gap, low_mu + 1e-12, high_mu - 1e-12, xtol=1e-15)
    return *partners(mu), mu


@pytest.mark.parametrize(("segments", "chi"), CASES)
def test_binodal_spinodal_and_tension_stay(segments, chi):
    _, value, slope, bend = continued(segments)
    lean, rich, mu = common_tangent(value, slope, chi, segments)
    exact = fh.binodal(segments, chi)
    assert rich == pytest.approx(float(exact.rich), rel=ALLOWED)
    # A lean phase more dilute than the edge is replaced by one at the edge: what counts is the polymer that it holds,
    # against that of the rich phase.
    assert abs(lean - float(exact.lean)) < ALLOWED * rich
    for edge in fh.spinodal(segments, chi):
        near = float(edge) * np.array([1 - ALLOWED, 1 + ALLOWED])
        below, above = np.asarray(bend(jnp.asarray(near), chi))
        assert below * above < 0  # the curvature changes sign within 1 % of the spinodal
    base = float(value(lean, chi)) - mu * lean

    def excess(p):
        return max(float(value(p, chi)) - mu * p - base, 0.0)

    middle = 0.5 * (lean + rich)
    # quadratic ends of the excess become linear after the root; 1e-5 of the tension is far inside of 1 %
    tension = sum(quad(lambda p: np.sqrt(2 * excess(p)), *ends, epsrel=1e-5, limit=400)[0]
                  for ends in ((lean, min(lean + 0.01, middle)), (min(lean + 0.01, middle), middle), (middle, rich)))  # fmt: skip
    assert tension == pytest.approx(float(fh.interfacial_tension(segments, chi)), rel=ALLOWED)


@pytest.mark.parametrize("segments", [100.0, 1000.0])
def test_energy_is_flory_huggins_above_the_edges(segments):
    f = FloryHuggins(jnp.asarray(segments))
    phi = np.geomspace(float(f.edge), 0.999, 200)
    # Rounding of order one numbers, a few operations.
    np.testing.assert_allclose(f.value(phi, 0.7), fh.mixing_free_energy(phi, segments, 0.7), atol=1e-14)
    # The solver's slope keeps ln phi + 1 in both logs: (ln phi + 1)/N - ln(1 - phi) - 1.
    np.testing.assert_allclose(f.slope(phi, 0.7), fh.exchange_potential(phi, segments, 0.7), atol=1e-13)


@pytest.mark.parametrize("segments", [10.0, 100.0, 1000.0])
def test_slope_is_the_gradient_of_the_value(segments):
    f = FloryHuggins(jnp.asarray(segments))
    # both sides of both edges, and outside of 0..1 where a field may overshoot
    phi = jnp.asarray(
        np.concatenate(
            [[-0.01, 0.0, 1.0, 1.01], np.geomspace(1e-7, 0.5, 60), 1 - np.geomspace(1e-5, 0.4, 60)]
        )
    )
    gradient = jax.vmap(jax.grad(f.value), (0, None))(phi, 0.8)
    # ln near 1e-7 is of order ten: relative rounding of a few operations on it.
    np.testing.assert_allclose(f.slope(phi, 0.8), gradient, rtol=1e-12, atol=1e-12)


def test_benchmark_slope_is_the_gradient_of_the_value():
    well = QuarticWell(jnp.asarray(5.0), jnp.asarray(0.3), jnp.asarray(0.7))
    c = jnp.linspace(0.0, 1.0, 41)
    np.testing.assert_allclose(well.slope(c), jax.vmap(jax.grad(well.value))(c), atol=1e-14)


def test_continuation_is_smooth_to_the_second_derivative():
    edge = 1e-3

    def x_log_x(x):
        return log_extended(x, edge)[0]

    for order, expected in enumerate([edge * np.log(edge), np.log(edge) + 1.0, 1.0 / edge]):
        f = x_log_x
        for _ in range(order):
            f = jax.grad(f)
        sides = [float(f(edge * (1 + s))) for s in (-1e-9, 1e-9)]
        # 1e-9 away from the edge the functions differ by 1e-9 relative, at most
        np.testing.assert_allclose(sides, expected, rtol=1e-8)
