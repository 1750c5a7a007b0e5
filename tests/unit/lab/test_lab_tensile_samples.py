"""Statistics of specimens and propagation: critical values by chance, propagation by Monte Carlo."""

from __future__ import annotations

import math

import numpy as np
import pytest

from percola.lab.tensile.samples import DIXON, dixon_q, grubbs_critical, outlier_check, propagate, sample_of


@pytest.mark.parametrize("n", [3, 5, 8, 20])
def test_grubbs_cries_wolf_at_its_level(n: int) -> None:
    v = np.random.default_rng(n).standard_normal((40_000, n))
    g = np.abs(v - v.mean(1, keepdims=True)).max(1) / v.std(1, ddof=1)
    # 5 % of 40,000: standard deviation 0.11 %, four of them.
    assert (g > grubbs_critical(n)).mean() == pytest.approx(0.05, abs=0.0045)


@pytest.mark.parametrize("n", sorted(DIXON))
def test_dixon_cries_wolf_at_its_level(n: int) -> None:
    v = np.sort(np.random.default_rng(n).standard_normal((40_000, n)), axis=1)
    q = np.maximum(v[:, 1] - v[:, 0], v[:, -1] - v[:, -2]) / (v[:, -1] - v[:, 0])
    # Three digits of the table and four standard deviations of 40,000 draws.
    assert (q > DIXON[n]).mean() == pytest.approx(0.05, abs=0.006)


def test_outliers_are_named_and_kept() -> None:
    values = [10.0, 10.1, 9.9, 10.05, 13.0]
    s = sample_of(values, [0.0] * 5)
    assert s.mean == pytest.approx(np.mean(values))
    check = outlier_check(s, list("abcde"))
    assert check is not None
    assert check.status == "warn"
    assert " e" in check.message
    blurred = outlier_check(sample_of(values, [0.1] * 4 + [1.5]), list("abcde"))
    assert blurred is not None
    assert blurred.status == "pass"
    assert dixon_q(values) == (pytest.approx((13 - 10.1) / 3.1), 0.710)
    assert outlier_check(sample_of([1.0, 2.0], [0.0, 0.0]), ["a", "b"]) is None
    assert dixon_q([1.0, 1.0, 1.0]) is None


def test_one_specimen_and_alike_specimens_keep_the_instrument() -> None:
    one = sample_of([5.0], [0.3], 0.4)
    assert (one.uncertainty, one.sd) == (pytest.approx(0.5), 0.0)
    # Four that agree better than the instrument allows: its own error over two, and what they share.
    four = sample_of([5.0, 5.0, 5.0, 5.0], [0.3] * 4, 0.4)
    assert four.uncertainty == pytest.approx(math.hypot(0.15, 0.4))


def test_propagation_against_monte_carlo() -> None:
    inputs = {"a": (2.0, 0.05), "b": (3.0, 0.06), "c": (0.5, 0.004)}
    p = propagate(lambda x: x["a"] * x["b"] / x["c"], inputs)
    rng = np.random.default_rng(0)
    a, b, c = (m + s * rng.standard_normal(400_000) for m, s in inputs.values())
    # Second-order terms of 3 % inputs are below 1e-3 of sigma, the draws 1e-3.
    assert p.uncertainty == pytest.approx(float((a * b / c).std()), rel=5e-3)
    assert p.part(["a", "b"]) == pytest.approx(12 * math.hypot(0.05 / 2, 0.06 / 3), rel=1e-4)
