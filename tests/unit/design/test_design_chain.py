"""From the march to readings: identities of volumes, limits, directions that physics demands, laws shared with percola.measure."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percola.design.posterior.priors import priors
from percola.design.reduced.chain import CLOSED, LATERAL, WATER_Pa_s, finished, inputs, physical
from percola.design.reduced.features import Features, features_of, joined
from percola.design.reduced.march import Marched
from percola.measure.solid import strength_laws as laws
from percola.recipe import specimens

THETA = {p.name: p.mean for p in priors()} | {"chi_A": np.zeros(2)}
LENGTH, NUCLEI = 4e-7, 40.0


@pytest.fixture(scope="module")
def base() -> Features:
    """A fibre from a bath of DOP and a sheet from a press."""
    f = joined([features_of(specimens.load(n)[0], n) for n in ("Ex7", "Ex3")])
    return replace(f, residual_strain=np.zeros(2))


def gel(n: int, **changes) -> Marched:
    """A march's result: demixed, a lean share of a half."""
    numbers = {
        "lean": 0.5,
        "demixed": 1.0,
        "length_m": LENGTH,
        "late_length_m": 1.2 * LENGTH,
        "arrest_s": 2.0,
        "arrest_K": 350.0,
        "demixing_s": 1.0,
        "rich": 0.7,
        "set_share": 1.0,
        "ln_nuclei": NUCLEI,
        "spread": 0.1,
        "hold_share": 0.0,
    } | changes
    return Marched(**{k: jnp.broadcast_to(jnp.asarray(v, float), (n,)) for k, v in numbers.items()})


_finished = jax.jit(finished)


def run(f: Features, delta=None, theta=None, **changes):
    d = np.zeros((len(f), 6)) if delta is None else np.asarray(delta, float)
    return _finished(
        f.arrays(), {k: jnp.asarray(v) for k, v in (theta or THETA).items()}, gel(len(f), **changes), d
    )


def moved(f: Features, **columns) -> Features:
    return replace(f, **{k: np.full(len(f), v, float) for k, v in columns.items()})


# --- volumes ------------------------------------------------------------------------------------------------


def test_porosity_is_the_lean_share_against_the_polymer(base):
    """P = f/(f + v) with f the gel's lean share after its own law: logit P = ln f - ln v."""
    x = run(base)
    give = np.log(0.7 / base.phi)
    f = (0.5 + CLOSED) * np.exp(THETA["ln_lean"] - THETA["lean_slope"] * (give - 0.8))
    np.testing.assert_allclose(x.porosity, f / (f + base.dry_volume), rtol=1e-12)
    # V_dry/V_gel = f + v: what the gel keeps of its volume, and the wall its cube root of that and of the contraction
    kept = f + base.dry_volume
    np.testing.assert_allclose(x.wall_m, base.wall_m * np.cbrt(base.contraction * kept), rtol=1e-12)


def test_a_gel_without_lean_phase_is_dense(base):
    """Below the lean share that no porosity tells from none: some thousandths of voids."""
    x = run(base, lean=0.0, demixed=0.0, rich=0.3)
    assert float(x.porosity.max()) < 3.0 * CLOSED / float(base.dry_volume.min())
    assert float(x.open.max()) < -3.0  # nothing goes through
    np.testing.assert_allclose(x.wall_m, base.wall_m * np.cbrt(base.contraction * base.dry_volume), rtol=0.01)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.floats(0.0, 0.85),
    st.floats(-17.0, -13.0),
    st.floats(0.0, 1.0),
    st.lists(st.floats(-2.0, 2.0), min_size=6, max_size=6),
    st.floats(0.0, 1.5),
)
def test_readings_keep_their_range(base, lean, ln_length, demixed, delta, strain):
    f = moved(base, residual_strain=strain)
    x = run(f, np.tile(delta, (2, 1)), lean=lean, length_m=np.exp(ln_length), demixed=demixed)
    assert bool(jnp.all((x.porosity > 0.0) & (x.porosity < 1.0)))
    assert bool(jnp.all(x.ratio >= 1.0))
    assert bool(jnp.all(x.maximum_pore_m >= x.average_pore_m))
    for y in (x.average_pore_m, x.permeability_m2, x.permeance_m_Pas, x.strength_Pa, x.extension, x.wall_m):
        assert bool(jnp.all((y > 0.0) & jnp.isfinite(y)))
    s = np.asarray(x.scale)
    np.testing.assert_allclose(1.0 / (1.0 + np.exp(-s[:, 0])), x.porosity, rtol=1e-12)
    parts = (x.average_pore_m, x.maximum_pore_m, x.permeance_m_Pas, x.strength_Pa, x.extension)
    for j, y in enumerate(parts, start=1):
        np.testing.assert_allclose(np.exp(s[:, j]), y, rtol=1e-12)


def test_stretching_keeps_the_polymer(base):
    """(1 - P) V is that of before: length times section as percola.membrane draws them."""
    before, after = run(base), run(moved(base, residual_strain=0.3))
    growth = (1.0 + 0.3) * (1.0 - LATERAL * 0.3) ** 2
    np.testing.assert_allclose((1 - after.porosity) * growth, 1 - before.porosity, rtol=1e-12)
    # pores grow as the volume's cube root, and extension is what is left of the length at break
    np.testing.assert_allclose(after.average_pore_m / before.average_pore_m, np.cbrt(growth), rtol=1e-12)
    left = laws.extension_after_draw(np.asarray(before.extension), 0.3)
    np.testing.assert_allclose(after.extension, left, rtol=1e-9)


# --- flow ---------------------------------------------------------------------------------------------------


def test_flow_through_a_sheet_and_a_fibre(base):
    """Permeance over the bore's area: k/(mu w) of a sheet, k/(mu r_i ln(r_o/r_i)) of a tube."""
    f = base.take([0, 0])
    f = replace(f, radii_ratio=np.array([1.0, 1.9]))
    x = run(f)
    wall = np.asarray(x.wall_m)
    k = np.asarray(x.permeability_m2)
    assert float(x.permeance_m_Pas[0]) == pytest.approx(k[0] / (WATER_Pa_s * wall[0]), rel=1e-12)
    inner = wall[1] / 0.9
    assert float(x.permeance_m_Pas[1]) == pytest.approx(k[1] / (WATER_Pa_s * inner * np.log(1.9)), rel=1e-12)
    thin = run(replace(f, radii_ratio=np.array([1.0, 1.0 + 1e-4])))
    # a tube with a thin wall is a sheet: ln(1 + e)/e = 1 - e/2
    assert float(thin.permeance_m_Pas[1] / thin.permeance_m_Pas[0]) == pytest.approx(1.00005, abs=1e-6)


def test_permeability_goes_with_the_square_of_the_pore(base):
    a, b = run(base), run(base, length_m=2 * LENGTH)
    np.testing.assert_allclose(b.permeability_m2 / a.permeability_m2, 4.0, rtol=1e-9)
    np.testing.assert_allclose(b.porosity, a.porosity, rtol=1e-12)
    np.testing.assert_allclose(b.strength_Pa, a.strength_Pa, rtol=1e-12)


# --- what physics demands -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "signs"),
    [
        # more lean phase: more porous, coarser, weaker
        ({"lean": 0.6}, {"porosity": 1, "average_pore_m": 1, "permeability_m2": 1, "strength_Pa": -1}),
        # fewer nuclei: larger gaps between bodies, weaker and less tough
        ({"ln_nuclei": NUCLEI - 3}, {"ratio": 1, "maximum_pore_m": 1, "strength_Pa": -1, "extension": -1}),
        # coarser: wider above closing
        ({"length_m": 2 * LENGTH}, {"average_pore_m": 1, "wide": 1}),
    ],
)
def test_directions(base, change, signs):
    a, b = run(base), run(base, **change)
    for name, sign in signs.items():
        step = (
            np.log(np.asarray(getattr(b, name)) / np.asarray(getattr(a, name)))
            if name != "wide"
            else b.wide - a.wide
        )
        assert np.all(sign * np.asarray(step) > 1e-6), name


def test_longer_chains_are_stronger_and_a_bath_that_does_not_mix_makes_finer_pores(base):
    a = run(base)
    long = run(moved(base, molar_mass_kg_mol=1000.0))
    short = run(moved(base, molar_mass_kg_mol=100.0))
    assert bool(jnp.all((long.strength_Pa > a.strength_Pa) & (a.strength_Pa > short.strength_Pa)))
    skin = run(moved(base, bath_immiscible=1.0))
    none = run(moved(base, bath_immiscible=0.0))
    np.testing.assert_allclose(skin.average_pore_m / none.average_pore_m, np.exp(-THETA["skin"]), rtol=1e-12)


def test_strength_and_extension_are_the_laws_of_measure(base):
    x = run(base)
    P, r = np.asarray(x.porosity), np.asarray(x.ratio)
    strength = (
        base.strut_yield_Pa
        * np.exp(THETA["ln_break"])
        * laws.relative_strength(P, r, THETA["strength_solid"], THETA["strength_defect"])
        * laws.molar_mass_factor(base.molar_mass_kg_mol, THETA["threshold_mass_kg_mol"])
    )
    np.testing.assert_allclose(x.strength_Pa, strength, rtol=1e-10)
    extension = laws.breaking_extension(
        P,
        r,
        np.exp(THETA["ln_solid_extension"]),
        THETA["extension_defect"],
        THETA["participation"],
        THETA["alignment"],
    )
    np.testing.assert_allclose(x.extension, extension, rtol=1e-10)


def test_particles(base):
    """Crystals that reject solvent and do not demix: packing sets the porosity, the distance of nuclei the pores."""
    f = moved(base, exclusion_kT=1.2)
    a = run(f, demixed=0.0, lean=0.0, rich=0.3)
    assert float(a.sphere.min()) > 0.98
    packing = 1.0 / (1.0 + np.exp(-THETA["logit_particle_porosity"]))
    np.testing.assert_allclose(
        a.porosity, packing, atol=0.03
    )  # 1 % of the other branch is left, in the logit
    b = run(f, demixed=0.0, lean=0.0, rich=0.3, ln_nuclei=NUCLEI - 3 * np.log(2.0))
    np.testing.assert_allclose(b.average_pore_m / a.average_pore_m, 2.0, rtol=0.03)
    assert float(a.open.min()) > 1.0
    # the same crystals in what demixed first are no particles
    assert float(run(f).sphere.max()) < 0.02


# --- departures ---------------------------------------------------------------------------------------------


def test_departures_enter_where_their_quantity_is_made(base):
    """Each moves its own reading by what it says and nothing that is made before it."""
    zero = run(base).scale
    for j, size in enumerate((0.3, 0.2, 0.2, 0.4, 0.1, 0.2)):
        d = np.zeros((2, 6))
        d[:, j] = size
        step = np.asarray(run(base, d).scale - zero)
        np.testing.assert_allclose(step[:, :j], 0.0, atol=1e-12)
        if j == 2:  # that of ln(ratio - 1)
            ratio = np.expm1(np.asarray(zero)[:, 2] - np.asarray(zero)[:, 1]) * np.exp(size)
            np.testing.assert_allclose(step[:, 2], np.log1p(ratio) - (zero[:, 2] - zero[:, 1]), rtol=1e-9)
        else:
            np.testing.assert_allclose(step[:, j], size, rtol=1e-9)


def test_open_and_wide_are_the_gel_s_own(base):
    """A specimen's departures do not open what the model closes: porometers read only what stayed open."""
    d = np.full((2, 6), 0.7)
    a, b = run(base), run(base, d)
    np.testing.assert_allclose(a.open, b.open, rtol=1e-12)
    # porosity's departure reaches the pore by its slope and the shrinkage; the pore's own does not
    own = np.zeros((2, 6))
    own[:, 1] = 0.7
    np.testing.assert_allclose(run(base, own).wide, a.wide, atol=1e-12)


# --- inputs -------------------------------------------------------------------------------------------------


def test_inputs_fill_in_what_recipes_leave_open(base):
    f = replace(base, bath_unstated=np.array([1.0, 0.0]), second_reading_K=np.array([0.0, 5.0]))
    got = inputs(f.arrays(), {"unstated_bath_K": 4.0, "second_reading": 0.25})
    np.testing.assert_allclose(got["bath_K"], base.bath_K + np.array([4.0, 0.0]))
    np.testing.assert_allclose(got["dissolution_K"], base.dissolution_K + np.array([0.0, 1.25]))


def test_only_a_press_remembers_colder(base):
    p = physical(THETA, base.arrays())
    np.testing.assert_allclose(p["memory_shift_K"], [0.0, -THETA["static_shift_K"]])
    chi = physical(THETA | {"chi_A": np.array([1.0, -2.0])}, base.arrays())["chi_A"]
    np.testing.assert_allclose(chi, base.chi_spread * np.array([1.0, -2.0]))


def test_every_parameter_of_the_priors_is_used(base):
    """A parameter that nothing depends on would show as learned from nothing."""
    from percola.design.reduced.chain import made

    f = joined([base, moved(base, exclusion_kT=0.45, residual_strain=0.5, bath_immiscible=0.5)])
    f = replace(f, bath_unstated=np.ones(4), second_reading_K=np.full(4, 3.0))

    table = {k: jnp.asarray(v) for k, v in f.arrays().items()}
    run_all = jax.jit(made)
    # physics of the tables, which demixes; the means of the priors do not everywhere
    theta = THETA | dict.fromkeys(
        ("Tm0_K", "ln_N_tot", "ln_l_mean", "ln_N_het", "ln_G0", "ln_Kg", "ln_D0"), 0.0
    )

    def shown(t):
        x = run_all(table, {k: jnp.asarray(v, float) for k, v in t.items()})
        return np.concatenate([np.asarray(x.scale), x.open[:, None], x.wide[:, None]], axis=1)

    zero = shown(theta)
    idle = [
        p.name
        for p in priors()
        if not np.abs(shown(theta | {p.name: theta[p.name] + 0.1 * p.sd}) - zero).max() > 1e-6
    ]
    assert idle == []
