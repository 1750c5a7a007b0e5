"""Closed forms of strength and extension: limits, monotony, array modules, priors with sources."""

import math

import numpy as np
import pytest

from percola import sources
from percola.measure.solid import strength_laws as laws


def test_limits():
    assert laws.relative_strength(0.0, 1.0) == 1.0
    assert laws.relative_strength(1.0, 1.0) == 0.0
    assert laws.relative_modulus(0.0) == 1.0
    assert laws.breaking_extension(0.0, 1.0, e0=2.5) == pytest.approx(2.5)
    # all void: struts turn, none is drawn
    assert laws.draw_limit(1.0) == pytest.approx(laws.MEANS["alignment"])
    assert laws.extension_after_draw(3.0, 0.0) == 3.0
    assert laws.extension_after_draw(3.0, 3.0) == 0.0
    assert laws.extension_after_draw(3.0, 9.0) == 0.0
    assert laws.strength_after_draw(10.0, 0.8) == pytest.approx(12.5)
    assert laws.molar_mass_factor(laws.REFERENCE_MOLAR_MASS_KG_MOL) == 1.0
    assert laws.molar_mass_factor(10.0, 30.0) == 0.0


def test_exponents():
    # slopes of logarithms are the exponents
    f = np.array([0.3, 0.6])
    slope = np.diff(np.log(laws.relative_strength(1 - f, 1.0, 1.5, 0.5)))[0] / math.log(2)
    assert slope == pytest.approx(1.5)
    r = np.array([1.5, 3.0])
    assert np.diff(np.log(laws.relative_strength(0.5, r, 1.5, 0.4)))[0] / math.log(2) == pytest.approx(-0.4)
    assert np.diff(np.log(laws.breaking_extension(0.5, r, q_e=1.3)))[0] / math.log(2) == pytest.approx(-1.3)


def test_monotone():
    r = np.linspace(0.5, 5.0, 50)
    p = np.linspace(0.0, 0.9, 50)
    assert (np.diff(laws.relative_strength(0.5, r)) <= 0).all()
    assert (np.diff(laws.relative_strength(p, 1.5)) < 0).all()
    assert (np.diff(laws.breaking_extension(0.5, r)) <= 0).all()
    assert (np.diff(laws.molar_mass_factor(np.linspace(40.0, 2000.0, 50))) > 0).all()
    assert laws.relative_strength(0.5, 0.7) == laws.relative_strength(0.5, 1.0)


def test_porosity_hardly_changes_the_draw_limit_at_the_mean_of_the_priors():
    # alignment and participation nearly cancel between dense films and open membranes
    limit = laws.draw_limit(np.linspace(0.0, 0.75, 40))
    assert limit.min() > 0.9 * laws.MEANS["solid_extension"]
    assert limit.max() < 1.15 * laws.MEANS["solid_extension"]


def test_flow_curve_ends_where_the_flaw_breaks_before_it_draws():
    q, d = 0.5, 0.6
    critical = d ** (-1 / q)
    assert laws.extension_on_flow_curve(3.0, 1.0, q, d) == pytest.approx(3.0)
    assert laws.extension_on_flow_curve(3.0, 1.01 * critical, q, d) == 0.0
    assert 0.0 < laws.extension_on_flow_curve(3.0, 0.99 * critical, q, d) < 0.05
    # near 1 as r^(-q/(1 - d)); second order in the step is left
    step = 1e-4
    slope = math.log(laws.extension_on_flow_curve(1.0, 1 + step, q, d)) / math.log(1 + step)
    assert slope == pytest.approx(-q / (1 - d), rel=1e-3)


def test_traced_arrays_and_gradients():
    import jax
    import jax.numpy as jnp

    def strength(porosity, ratio):
        return laws.relative_strength(porosity, ratio, xp=jnp)

    def extension(porosity, ratio):
        return laws.breaking_extension(porosity, ratio, xp=jnp)

    p, r = np.linspace(0.1, 0.8, 7), np.linspace(1.1, 4.0, 7)
    for f, plain in ((strength, laws.relative_strength), (extension, laws.breaking_extension)):
        # single precision of the traced arrays
        np.testing.assert_allclose(jax.jit(jax.vmap(f))(p, r), plain(p, r), rtol=1e-5)
        slopes = jax.vmap(jax.grad(f, (0, 1)))(p, r)
        assert all(np.isfinite(s).all() for s in slopes)
    assert float(jax.grad(strength, 1)(0.5, 2.0)) == pytest.approx(
        -0.5 / 2.0 * laws.relative_strength(0.5, 2.0), rel=1e-5
    )
    np.testing.assert_allclose(
        laws.molar_mass_factor(jnp.array([100.0, 1000.0]), xp=jnp),
        laws.molar_mass_factor(np.array([100.0, 1000.0])),
        rtol=1e-6,
    )
    assert float(laws.extension_on_flow_curve(3.0, 1.2, xp=jnp)) > 0
    assert float(laws.extension_after_draw(3.0, 0.2, xp=jnp)) == pytest.approx(4 / 1.2 - 1, rel=1e-6)


@pytest.mark.parametrize("prior", laws.PRIORS, ids=lambda p: p.name)
def test_every_prior_is_sourced_and_inside_what_it_allows(prior):
    assert prior.low <= prior.mean <= prior.high
    assert prior.sd > 0
    assert prior.why
    assert set(prior.source) - {"percola"} <= set(sources.references())
    assert laws.prior(prior.name) is prior


def test_names_are_unique_and_unknown_ones_refused():
    assert len(laws.MEANS) == len(laws.PRIORS)
    with pytest.raises(KeyError):
        laws.prior("exponent_x")
