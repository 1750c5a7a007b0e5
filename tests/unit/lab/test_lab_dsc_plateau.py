"""The plateau of T_c against T_s: exactness, coverage, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percola.lab.dsc.plateau import find_plateau

T_S = np.arange(418.15, 468.2, 5.0)


def fig_1(at: float, level: float = 395.0, slope: float = -0.3) -> np.ndarray:
    return level + slope * np.minimum(T_S - at, 0.0)


@given(st.floats(431.0, 456.0), st.floats(380.0, 420.0), st.floats(-0.8, -0.1))
@settings(max_examples=30, deadline=None)
def test_a_broken_line_without_noise_is_found(at, level, slope):
    found = find_plateau(T_S, fig_1(at, level, slope))
    assert found.reached
    assert found.temperature_K == pytest.approx(at, abs=0.06)  # two steps of the search
    assert found.level_K == pytest.approx(level, abs=0.02)
    assert found.slope == pytest.approx(slope, rel=0.02)


def test_interval_covers_the_truth():
    inside = claimed = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        at = rng.uniform(443.0, 456.0)
        found = find_plateau(T_S, fig_1(at) + rng.normal(0.0, 0.25, len(T_S)), 0.1)
        if found.reached:
            claimed += 1
            inside += abs(found.temperature_K - at) < 1.96 * found.uncertainty_K
    assert claimed >= 195  # the levelness test refuses one in fifty by chance
    # 95 % is meant; the likelihood is no parabola between points, and 200 runs scatter by 1.5 %.
    assert 0.90 <= inside / claimed <= 0.99


@pytest.mark.parametrize(
    ("curve", "words"),
    [
        (fig_1(600.0), "not better than a straight"),  # falls all the way
        (np.full_like(T_S, 395.0), "does not"),  # never falls
        (395.0 + 0.3 * np.minimum(T_S - 445.0, 0.0), "does not fall"),  # rises, then constant
        (fig_1(464.5), "fewer than two points above"),
        (395.0 + 0.004 * (T_S - 470.0) ** 2, "bends evenly"),
        (fig_1(441.0) - 0.09 * np.maximum(T_S - 441.0, 0.0), "still changes"),
    ],
)
def test_no_plateau_is_claimed(curve, words):
    rng = np.random.default_rng(3)
    found = find_plateau(T_S, curve + rng.normal(0.0, 0.1, len(T_S)), 0.1)
    assert not found.reached
    assert found.temperature_K is None
    assert words in found.reason


def test_few_runs_give_the_sign_of_the_slope_only():
    found = find_plateau(np.array([420.0, 430.0, 440.0]), np.array([402.0, 399.0, 396.0]), 0.1)
    assert not found.reached
    assert "too few" in found.reason
    assert found.slope == pytest.approx(-0.3)
    same = find_plateau(np.array([420.0, 420.0]), np.array([402.0, 399.0]), 0.1)
    assert "same" in same.reason


def test_order_and_shift_do_not_matter():
    rng = np.random.default_rng(5)
    y = fig_1(448.0) + rng.normal(0, 0.2, len(T_S))
    order = rng.permutation(len(T_S))
    one, two = find_plateau(T_S, y, 0.1), find_plateau(T_S[order] + 10.0, y[order] - 7.0, 0.1)
    assert two.temperature_K == pytest.approx(one.temperature_K + 10.0, abs=1e-6)
    assert two.level_K == pytest.approx(one.level_K - 7.0, abs=1e-6)
    assert two.uncertainty_K == pytest.approx(one.uncertainty_K, abs=1e-6)
