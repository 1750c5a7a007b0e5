"""Smoothed importance weights: shapes that are known, tails that must be flagged, a problem with an exact answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percola.design.posterior.leave_out import to_si, weighted_quantiles
from percola.design.posterior.pareto import RELIABLE, pareto_shape, smoothed


@pytest.mark.parametrize("k", [-0.3, 0.0, 0.3, 0.6, 1.0])
def test_shape_of_a_generalized_pareto_sample(k):
    """Zhang and Stephens' estimator over 40 samples of 2000: its spread is (1 + k)/sqrt(n), 3 % to 4.5 % each."""
    rng = np.random.default_rng(int(10 * k) + 50)
    u = rng.random((40, 2000))
    x = -np.log(u) if k == 0.0 else np.expm1(-k * np.log(u)) / k
    found = np.array([pareto_shape(row)[0] for row in x])
    # the prior of ten draws about 0.5 moves it by at most 10/2010 of the difference
    assert found.mean() == pytest.approx(k, abs=0.02)
    assert found.std() < 0.07


def test_scale_comes_back():
    rng = np.random.default_rng(1)
    _, sigma = pareto_shape(3.0 * rng.exponential(size=20000))
    assert sigma == pytest.approx(3.0, rel=0.05)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(3, 400), st.floats(0.0, 30.0), st.integers(0, 10**6))
def test_weights_are_weights(n, spread, seed):
    ln = spread * np.random.default_rng(seed).standard_normal(n)
    w, k = smoothed(ln)
    assert w.shape == (n,)
    assert np.all(w >= 0.0)
    assert w.sum() == pytest.approx(1.0, rel=1e-9)
    assert not np.isnan(k)
    # an added constant is no information
    again, _ = smoothed(ln + 500.0)
    np.testing.assert_allclose(again, w, rtol=1e-6, atol=1e-12)


def test_equal_ratios_give_equal_weights():
    w, _ = smoothed(np.zeros(200))
    np.testing.assert_allclose(w, 1 / 200)


def test_heavy_tail_is_flagged_and_a_light_one_is_not():
    rng = np.random.default_rng(0)
    light = smoothed(0.3 * rng.standard_normal(2000))[1]
    heavy = smoothed(np.log1p(rng.pareto(0.8, 2000)))[1]
    assert light < 0.5 < RELIABLE < heavy


def test_leave_one_out_of_a_conjugate_normal_problem_is_exact():
    """y_i ~ N(m, 1), m ~ N(0, 3): draws of the posterior weighted by 1/p(y_i | m) are draws without y_i."""
    rng = np.random.default_rng(4)
    y = np.array([0.3, -0.5, 1.1, 0.2, 0.9, -0.1, 0.4, 2.2])
    precision = y.size + 1 / 9
    draws = y.sum() / precision + rng.standard_normal(20000) / np.sqrt(precision)
    for i in range(y.size):
        w, k = smoothed(0.5 * (y[i] - draws) ** 2)
        assert k < RELIABLE
        exact_precision = precision - 1
        mean = (y.sum() - y[i]) / exact_precision
        # 20000 draws, of which the weights leave some thousands: 1 % of a standard deviation of 0.37, three times over
        assert np.sum(w * draws) == pytest.approx(mean, abs=0.02)
        sd = np.sqrt(np.sum(w * (draws - mean) ** 2))
        assert sd == pytest.approx(exact_precision**-0.5, rel=0.05)


def test_weighted_quantiles_and_units():
    x = np.linspace(0.0, 1.0, 1001)[:, None]
    q = weighted_quantiles(x, np.full(1001, 1 / 1001), (0.05, 0.5, 0.95))
    np.testing.assert_allclose(q[:, 0], [0.05, 0.5, 0.95], atol=1e-3)
    # weight on the upper half only
    w = np.where(x[:, 0] > 0.5, 1.0, 0.0)
    np.testing.assert_allclose(weighted_quantiles(x, w / w.sum(), (0.5,))[0, 0], 0.75, atol=2e-3)
    np.testing.assert_allclose(to_si(np.zeros(6)), [0.5, 1, 1, 1, 1, 1])
