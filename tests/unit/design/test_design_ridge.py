"""The ridge regression that predictions are held against."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from percola.design.patent import ridge
from percola.errors import InputError


def _data(n: int = 24, noise: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)) * [1.0, 10.0, 0.1] + [400.0, 0.0, 3.0]
    w = np.array([0.5, -0.03, 2.0])
    return x, 2.0 + (x - x.mean(axis=0)) @ w + noise * rng.standard_normal(n), w


def test_a_linear_law_without_noise_is_found_with_the_least_penalty() -> None:
    x, y, _ = _data()
    at = x[:5] + 0.3 * (x[5:10] - x[:5])
    found, spread, penalty = ridge.fitted(x, y, at)
    assert penalty == min(ridge.PENALTIES)
    truth, *_ = np.linalg.lstsq(np.c_[np.ones(len(y)), x], y, rcond=None)
    # the least penalty, 0.01 against a scatter matrix of 24, shrinks slopes by 0.04 %; values here are of order one
    assert_allclose(found, np.c_[np.ones(5), at] @ truth, atol=3e-3)
    assert spread.max() < 3e-3


def test_the_closed_form_of_inner_leave_one_out_is_that_of_fitting_anew() -> None:
    x, y, _ = _data(noise=0.2)
    mean, sd = x.mean(axis=0), x.std(axis=0)
    a = (x - mean) / sd
    penalty = 0.7
    anew = []
    for i in range(len(y)):
        k = np.arange(len(y)) != i
        # the same scaling and an unpenalized level, as in the closed form
        b = np.c_[np.ones(k.sum()), a[k]]
        w = np.linalg.solve(b.T @ b + penalty * np.diag([0.0, 1, 1, 1]), b.T @ y[k])
        anew.append(y[i] - w[0] - a[i] @ w[1:])
    assert_allclose(ridge._inner(x, y, penalty), anew, rtol=1e-9)


def test_the_penalty_does_not_see_the_specimen_tested() -> None:
    features, value = _features()
    index = np.arange(len(value))
    before = ridge.left_out(features, index, value)
    changed = value.copy()
    changed[3] *= 50.0
    after = ridge.left_out(features, index, changed)
    assert before[3] == after[3]  # its own value plays no part in its prediction, penalty or interval
    assert before[4] != after[4]


def test_pure_noise_is_met_with_a_large_penalty_and_the_mean() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(30, 8)), rng.normal(size=30)
    found, _, penalty = ridge.fitted(x, y, x)
    assert penalty >= 10.0
    assert np.std(found) < 0.5 * np.std(y)


def test_intervals_cover_at_their_rate() -> None:
    inside = []
    for seed in range(60):
        x, y, _ = _data(20, 0.3, seed)
        keep = np.arange(20) != 0
        m, s, _ = ridge.fitted(x[keep], y[keep], x[[0]])
        _, low, high = ridge.interval(float(m[0]), float(s[0]), 19)
        inside.append(low <= np.exp(y[0]) <= high)
    # 60 trials at 0.9: two standard deviations are 0.08, a third is allowed for the penalty's own choice
    assert 0.78 <= np.mean(inside) <= 1.0


def test_groups_are_left_out_together() -> None:
    features, value = _features()
    index = np.arange(len(value))
    groups = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    changed = value.copy()
    changed[1] *= 20.0
    one, other = (ridge.left_out(features, index, v, groups) for v in (value, changed))
    assert one[0] == other[0]
    assert one[2] != other[2]
    assert one[0] is not None
    assert one[0].fitted == 8


def test_a_solvent_that_only_the_specimen_has_changes_nothing() -> None:
    features, value = _features()
    alone = features.solvent.copy()
    alone[3] = 1
    lone = replace(features, solvent=alone, solvents=("DEP", "DMP"))
    index = np.arange(len(value))
    a, b = ridge.left_out(features, index, value)[3], ridge.left_out(lone, index, value)[3]
    assert a is not None
    assert b is not None
    assert_allclose(a.median, b.median, rtol=1e-12)


def test_new_recipes_are_matched_by_the_name_of_their_solvent() -> None:
    features, value = _features()
    index = np.arange(len(value))
    told = ridge.new(features, index, value, features.take([2]))[0]
    x = ridge.variables(features)[0]
    m, _, _ = ridge.fitted(x, np.log(value), x[[2]])
    assert_allclose(told.median, np.exp(m[0]), rtol=1e-9)


def test_too_few_specimens_are_refused() -> None:
    with pytest.raises(InputError, match="3 specimens"):
        ridge.fitted(np.eye(3), np.ones(3), np.eye(3))


def _features():  # type: ignore[no-untyped-def]
    """Ten recipes that differ in T_s and composition: a real one, its numbers moved."""
    from percola.design.reduced.features import features_of, joined
    from percola.recipe import specimens

    base = features_of(specimens.load("Ex7")[0], "Ex7")
    table = joined([base] * 10)
    rng = np.random.default_rng(5)
    t = 400.0 + 20.0 * rng.random(10)
    moved = replace(
        table, dissolution_K=t, phi=0.3 + 0.1 * rng.random(10), names=tuple(f"s{i}" for i in range(10))
    )
    return moved, np.exp(0.02 * (t - 410.0) + 0.1 * rng.standard_normal(10))
