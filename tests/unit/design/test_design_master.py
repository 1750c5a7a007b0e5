"""Master curves: they reproduce the runs within their stated scatter, and their limits are those of physics."""

from __future__ import annotations

from importlib import resources

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from percola.design.reduced.master import (
    CURVES_FILE,
    FORMS,
    RUNS_FILE,
    conduction_bound,
    curves,
    modulus_bound,
    read_runs,
    runs,
    samples,
)
from percola.measure.solid.stiffness import hashin_shtrikman


def test_runs_come_back_as_written():
    """The numbers of the file, to its nine digits; words stay words; nothing is read twice."""
    text = resources.files("percola.design").joinpath("data", RUNS_FILE).read_text(encoding="utf-8")
    r = runs()
    assert set(text.splitlines()[0].split(",")) == set(r)
    again = read_runs(text)
    for key, column in r.items():
        np.testing.assert_array_equal(column, again[key])
    lines = text.splitlines()
    at = lines[0].split(",").index("lean_share")
    assert [f"{v:.9g}" for v in r["lean_share"]] == [line.split(",")[at] for line in lines[1:]]
    assert len(r["name"]) >= 80
    assert len(set(zip(r["name"], r["size"], strict=True))) == len(r["name"])


def test_no_reserved_specimen_among_the_runs():
    reserved = {"Ex2a", "Ex2b", "Ex4", "CE4", "Ex11", "Ex14", "Ex18", "Ex19", "Ex20", "Ex22", "CE11"}
    assert not reserved & set(runs()["specimen"])


@pytest.mark.parametrize("key", sorted(FORMS))
def test_curve_reproduces_the_runs_within_its_scatter(key):
    """Residual recomputed from the rows: its standard deviation is the one stated (four digits are), its mean is small."""
    c, s = curves().curve[key], samples(runs())[key]
    use = s.rows & np.isfinite(s.target)
    assert use.sum() == c.count
    assert s.of == c.of
    residual = FORMS[key](c.coefficients, {k: v[use] for k, v in s.inputs.items()}, np) - s.target[use]
    degrees = c.count - len(c.coefficients)
    # coefficients are written to six digits, which moves a residual by less than 1e-3 of the scatter
    assert np.sqrt(residual @ residual / degrees) == pytest.approx(c.scatter, rel=5e-3)
    # least squares with a constant has no mean residual; logistic forms have one below a quarter of their scatter
    assert abs(residual.mean()) < 0.25 * c.scatter
    # leaving recipes out cannot do better, and a fit that does twice as badly would be an overfit
    assert 0.95 * c.scatter < c.scatter_cv < 2.0 * c.scatter
    assert len(c.errors) == len(c.coefficients)
    assert set(c.low) == set(c.high) == set(s.inputs)


def test_porosity_is_the_volume_balance():
    """Where the voxels hold what drying asked of them, P = f/(f + v)."""
    r = runs()
    balance = curves().porosity(r["lean_share"], r["dry_volume"])
    sound = r["closed_share"] < 0.05
    assert sound.sum() > 85
    # exact to 1e-6 but where the quantile of the level falls among collapsed cells, which all have one level (0.007 found)
    assert np.abs(balance - r["porosity"])[sound].max() < 1e-2
    np.testing.assert_allclose(r["gel_to_membrane"], r["lean_share"] + r["dry_volume"], rtol=1e-4)


def test_bounds():
    """Wiener's bound for every box; Hashin and Shtrikman's, which is for isotropic bodies, within what a finite box departs."""
    r = runs()
    p, s, e = r["porosity"], r["relative_conductivity"], r["relative_elastic_modulus"]
    given = np.isfinite(s)
    assert (s[given] <= p[given]).all()
    assert (e[given] <= 1 - p[given]).all()
    isotropic = given & (p > 0.3) & (r["expected_seeds"] >= 2)
    assert (s[isotropic] <= conduction_bound(p[isotropic])).all()
    # staircases and the scatter between directions of one box: at most 2 % above, in nearly dense boxes
    assert (e[given] <= 1.02 * modulus_bound(p[given])).all()


@pytest.mark.parametrize("porosity", [0.0, 0.2, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("nu", [0.2, 0.35, 0.45])
def test_modulus_bound_is_that_of_the_measuring_room(porosity, nu):
    """Two writings of one formula: rounding."""
    assert float(modulus_bound(porosity, nu)) == pytest.approx(hashin_shtrikman(porosity, nu)[2], abs=1e-12)


def test_limits():
    """No lean phase, no flow; curves below their bounds everywhere; a solution that sets first stays dense."""
    c = curves()
    y = np.geomspace(1e-3, 10.0, 200)
    f = c.lean_share(0.6, y)
    assert (np.diff(f) >= 0).all()
    assert f[0] == 0.0
    assert f[-1] < 0.6
    assert f[-1] == pytest.approx(0.6, rel=0.02)  # what two lengths of forecast more would still add
    assert c.lean_share(0.0, 2.0) == 0.0
    assert c.lean_share(0.5, 0.0) == 0.0
    p = np.linspace(0.0, 1.0, 101)
    assert (c.relative_conductivity(p) <= conduction_bound(p)).all()
    assert (c.relative_modulus(p, 0.5) <= modulus_bound(p)).all()
    assert (np.diff(c.relative_modulus(p, 0.5)) <= 0).all()
    assert (np.diff(c.relative_modulus(0.5, p)) <= 0).all()
    # the share is kept a millionth away from 0
    np.testing.assert_allclose(c.relative_modulus(p, 0.0), modulus_bound(p), rtol=1e-6)
    assert (np.diff(c.relative_conductivity(p)) >= 0).all()
    assert c.permeability_m2(0.0, c.average_pore_m(0.0, 1e-6)) == pytest.approx(0.0, abs=1e-30)
    assert c.through_probability(0.0) < 1e-6  # 26 widths below the threshold
    assert c.through_probability(0.6) > 1 - 1e-6
    assert c.closed_share(0.0) < 1e-3
    assert c.closed_share(1.0) > 0.999


def test_wavelength_formula():
    """Against the scales of the runs, which solve for the profile of the interface: 0.3 % rms, 1.6 % at the worst."""
    r = runs()
    found = curves().wavelength_cells(r["reference_chi"], r["phi"], r["segments"])
    np.testing.assert_allclose(found, r["wavelength_m"] / r["gel_spacing_m"], rtol=0.02)


def test_whole_chain_from_numbers_without_space():
    """Porosity, pore and permeability of the runs inside the window from the quench without space alone.

    Tolerances: a tenth above what was found (median factors 1.004, 1.08 and 1.15 above a porosity of 0.55).
    """
    r, c = runs(), curves()
    y = r["forecast_length_m"] / r["wavelength_m"]
    e = np.nan_to_num(r["lean_share_x50"])
    f = c.lean_share(e, y)
    length = c.structure_length_m(
        r["forecast_length_m"], r["wavelength_m"], r["wavelength_m"] / r["gel_spacing_m"]
    )
    swollen = np.minimum(r["dry_volume"] / (1.0 - f), 1.0)
    f = f * (1.0 - c.closed_share(r["capillary_length_m"] / (swollen**2.25 * (1.0 - f) ** 1.5) / length))
    p = c.porosity(f, r["dry_volume"])
    d = c.average_pore_m(p, length * np.cbrt(f + r["dry_volume"]))
    k = c.permeability_m2(p, d)
    use = samples(r)["flow"].rows & (r["crystallinity"] > 0.75) & (r["porosity"] > 0.55)
    assert use.sum() > 60
    for found, given, factor in (
        (p, r["porosity"], 1.01),
        (d, r["average_pore_size"], 1.10),
        (k, r["permeability"], 1.18),
    ):
        assert np.median(np.abs(np.log(found[use] / given[use]))) < np.log(factor)


def test_the_same_in_jax_with_finite_slopes():
    """The curves on JAX arrays in float32, and their derivatives where they are hardest: at the ends."""
    c = curves()

    def permeability(f_eq, y):
        f = c.lean_share(f_eq, y, jnp)
        p = c.porosity(f, 0.35)
        return c.permeability_m2(p, c.average_pore_m(p, 2e-7, jnp), jnp) * 1e16

    grid = [(0.6, 2.0), (0.3, 0.7), (0.0, 0.0), (0.9, 5.0)]
    for f_eq, y in grid:
        slope = jax.jit(jax.grad(permeability, argnums=(0, 1)))(jnp.float32(f_eq), jnp.float32(y))
        assert np.isfinite(np.array(slope)).all(), (f_eq, y)
    p = np.linspace(0.05, 0.9, 18)
    for name in ("relative_conductivity", "stress_concentration", "pore_size_ratio", "through_probability"):
        # float32 of JAX, or float64 where another test has allowed it: seven digits through exp and tanh
        np.testing.assert_allclose(
            getattr(c, name)(jnp.asarray(p), xp=jnp), getattr(c, name)(p), rtol=2e-4, atol=1e-6
        )
    np.testing.assert_allclose(
        c.relative_modulus(jnp.asarray(p), jnp.asarray(0.6), xp=jnp), c.relative_modulus(p, 0.6), rtol=2e-4
    )


def test_file_of_curves_names_every_form():
    text = resources.files("percola.design").joinpath("data", CURVES_FILE).read_text(encoding="utf-8")
    assert set(curves().curve) == set(FORMS)
    assert all(f"[curve.{key}]" in text for key in FORMS)
