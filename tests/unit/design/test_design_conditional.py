"""Departures given readings: against formulas of the normal distribution written out in NumPy for one draw."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import multivariate_normal

from percola.design.posterior.conditional import Target, informed, padded_size, sample_many
from percola.design.posterior.inference import covariance, features_table, hyper, parameters, response
from percola.design.reduced.chain import QUANTITIES
from percola.design.reduced.features import Features
from percola.design.reduced.nearness import square_distance

Q = len(QUANTITIES)


@pytest.fixture(scope="module")
def one(small, centre_of):
    """(problem, one draw alone as draws, the same as a point)."""
    centre = centre_of(len(small.solvents))
    draws = {k: np.asarray(v)[None] for k, v in centre.items()}
    return small.problem, draws, {k: jnp.asarray(v[0]) for k, v in draws.items()}


def asked(small, moved_K: float = 4.0) -> Features:
    """Recipes beside the first two known ones."""
    f = small.observations.features.take([0, 1])
    return replace(f, dissolution_K=f.dissolution_K + moved_K)


def target_of(f: Features, known: Features, same: bool = False) -> Target:
    square = square_distance(f, known)
    return Target(features_table(f), jnp.asarray(square), jnp.asarray((square < 1e-12) * float(same)))


def brute(p, z, square, same=0.0):
    """(covariance of readings, of readings with departures (m, n, 6), residual, departure's sd) by loops."""
    base, slopes = response(p.table, parameters(z))
    departure, scatter, reach, own = (np.asarray(x) for x in hyper(z))
    s, q = np.asarray(p.specimen), np.asarray(p.quantity)
    m, known = s.size, np.asarray(p.square)
    load = np.array([np.asarray(slopes)[s[a], q[a]] * departure for a in range(m)])
    c = np.zeros((m, m))
    for a in range(m):
        for b in range(m):
            k = (1 - own) * np.exp(-0.5 * known[s[a], s[b]] / reach**2) + own * (s[a] == s[b])
            c[a, b] = k * (load[a] @ load[b])
        c[a, a] += (scatter[q[a]] * float(p.doubt[a])) ** 2 + float(p.error[a]) ** 2 + 1e-8
    n = square.shape[0]
    cross = np.zeros((m, n, Q))
    for a in range(m):
        for i in range(n):
            k = (1 - own) * np.exp(-0.5 * square[i, s[a]] / reach**2)
            cross[a, i] = (k + own * same * (square[i, s[a]] < 1e-12)) * load[a] * departure
    residual = np.asarray(p.value) - np.asarray(base.scale)[s, q]
    return c, cross, residual, departure


def test_covariance_is_that_of_loops_and_positive(one):
    p, _, z = one
    c, _, _, _ = brute(p, z, np.asarray(p.square))
    _, slopes = response(p.table, parameters(z))
    found = np.asarray(covariance(p, slopes, z))
    np.testing.assert_allclose(found, c, rtol=1e-9, atol=1e-12)
    assert np.linalg.eigvalsh(found).min() > 0.0


@pytest.mark.parametrize("forget", [False, True])
def test_departures_given_readings(small, one, forget):
    p, draws, z = one
    f = asked(small)
    target = target_of(f, small.observations.features)
    c, cross, residual, departure = brute(p, z, np.asarray(target.square))
    out = (np.asarray(p.specimen) == 0) & forget
    k = ~out
    inverse = np.linalg.inv(c[np.ix_(k, k)])
    i = informed(p, draws, out if forget else None)
    from percola.design.posterior.conditional import departures

    mean, spread = departures(i.take(0), jnp.asarray(p.specimen), target)
    for n in range(2):
        a = cross[k, n]
        np.testing.assert_allclose(np.asarray(mean)[n], a.T @ inverse @ residual[k], atol=1e-8)
        np.testing.assert_allclose(
            np.asarray(spread)[n], np.diag(departure**2) - a.T @ inverse @ a, atol=1e-8
        )


def test_evidence_of_what_is_left_out(one):
    """ln p(y_out | y_kept) = ln N(y) - ln N(y_kept), both written out by SciPy."""
    p, draws, z = one
    c, _, residual, _ = brute(p, z, np.asarray(p.square))
    for specimen in (0, 3):
        out = np.asarray(p.specimen) == specimen
        k = ~out
        whole = multivariate_normal(np.zeros(k.size), c).logpdf(residual)
        kept = multivariate_normal(np.zeros(k.sum()), c[np.ix_(k, k)]).logpdf(residual[k])
        found = float(informed(p, draws, out).ln_evidence[0])
        assert found == pytest.approx(whole - kept, abs=1e-6)


def test_predictive_draws_have_the_conditional_mean_and_spread(small, one):
    """Strength's departure enters its reading alone: mean and variance of 4000 draws against the formula, 5 sigma."""
    p, draws, z = one
    f = asked(small)
    target = target_of(f, small.observations.features)
    many = {k: np.repeat(v, 4000, axis=0) for k, v in draws.items()}
    s = sample_many(p, many, target, seed=0)
    strength = np.asarray(s.truth)[:, :, 4]
    from percola.design.posterior.conditional import departures

    _, spread = departures(informed(p, draws).take(0), jnp.asarray(p.specimen), target)
    least = np.sqrt(np.asarray(spread)[:, 4, 4])
    # departures of porosity and ratio reach strength too, so that its spread is at least that of its own
    assert np.all(strength.std(axis=0) > 0.95 * least)
    noise = np.asarray(s.reading - s.truth)[:, 0]
    np.testing.assert_allclose(noise.std(axis=0), np.asarray(hyper(z)[1]), rtol=0.06)


def test_a_specimen_s_own_recipe(small, one):
    """A new batch of it is less certain than the gel itself, both more than without its readings."""
    p, draws, _ = one
    known = small.observations.features
    f = known.take([0, 1])
    many = {k: np.repeat(v, 4000, axis=0) for k, v in draws.items()}
    mine = np.asarray(p.specimen) == 0
    spread = {}
    for words, same, out in (("itself", True, None), ("batch", False, None), ("unknown", False, mine)):
        s = sample_many(p, many, target_of(f, known, same), 0, out)
        spread[words] = np.asarray(s.truth)[:, 0].std(axis=0)
    assert np.all(spread["itself"] < spread["batch"])
    assert np.all(spread["batch"] <= spread["unknown"] * 1.001)
    own = sample_many(p, many, target_of(f, known, True), 0)
    y = np.asarray(p.value)[mine]
    # what is known of the gel itself follows its readings to three scatters of measuring
    scatter = np.asarray(hyper({k: jnp.asarray(v[0]) for k, v in draws.items()})[1])
    assert np.all(np.abs(np.asarray(own.truth)[:, 0].mean(axis=0) - y) < 3.0 * scatter)


def test_a_recipe_does_not_depend_on_its_company(small):
    from percola.design.posterior.conditional import Sampled

    known = small.observations.features
    f = asked(small)
    both = sample_many(small.problem, small.thinned, target_of(f, known), 3)
    alone = sample_many(small.problem, small.thinned, target_of(f.take([1]), known), 3)
    for name in Sampled._fields:
        x, y = np.asarray(getattr(both, name)), np.asarray(getattr(alone, name))
        x, y = (x, y) if name == "ln_evidence" else (x[:, 1], y[:, 0])
        np.testing.assert_allclose(x, y, rtol=1e-7, atol=1e-12)
    assert [padded_size(n) for n in (1, 2, 3, 5, 64, 65, 200)] == [1, 2, 4, 8, 64, 128, 256]


def test_chi_of_an_unseen_solvent_is_its_prior(small):
    f = replace(
        small.observations.features.take([0]), solvents=("water of the moon",), solvent=np.zeros(1, np.int64)
    )
    table, draws = small.matched(f)
    assert table.solvents[:-1] == small.solvents
    assert table.solvent[0] == len(small.solvents)
    new = draws["chi_A"][:, -1]
    again = small.matched(f)[1]["chi_A"][:, -1]
    np.testing.assert_array_equal(new, again)
    assert abs(new.mean()) < 4 / np.sqrt(new.size)
    assert 0.6 < new.std() < 1.4  # 80 draws of a standard normal
    # it is further from everything by another solvent's distance
    known = small.observations.features
    assert np.all(square_distance(table, known) >= square_distance(known.take([0]), known))
