"""Conductivity of electrolyte supports: limits, bounds, the bulk table, and the two supports that the patent reports."""

from __future__ import annotations

import math

import numpy as np
import pytest

from percola import tables
from percola.design.foretold import support
from percola.design.foretold.support import SupportParameters, SupportSpecimen
from percola.errors import InputError, PercolaError, TableError
from percola.measure import phantoms
from percola.measure.flow.conductivity import conductivity
from percola.sources import reference

EC_PC = {"EC": 1.0, "PC": 1.0}
NETWORKS = tuple(support.LAWS)


def hashin_shtrikman(eps: float, best: float, least: float) -> tuple[float, float]:
    """Bounds of an isotropic mixture of two conductors, eps of the better."""
    low = least + eps / (1 / (best - least) + (1 - eps) / (3 * least)) if least > 0 else 0.0
    high = best + (1 - eps) / (1 / (least - best) + eps / (3 * best))
    return low, high


# --- bulk electrolyte -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kelvin", [293.15, 298.15, 313.15])
def test_the_bulk_agrees_with_a_source_that_it_has_not_seen(kelvin: float) -> None:
    ours = support.bulk_conductivity("LiBF4", EC_PC, 1000.0, kelvin, "volume")
    theirs = tables.electrolyte_conductivity_S_m(kelvin)
    # Both state 3 to 4 %; 2 % is what digits (1 %) and two calibrations leave.
    assert float(ours) == pytest.approx(float(theirs), rel=0.02)
    assert 0.02 < ours.uncertainty / float(ours) < 0.06


def test_the_bulk_gives_back_points_of_its_table() -> None:
    # Points at 302.55 K; the concentration is worked back with the density, so that the whole way is tested.
    # 1.5 %: residual 0.6 %, twice, and a little for densities.
    for share, molality, measured in ((0.3, 0.8481, 0.4566), (0.6, 0.8125, 0.5374), (0.0, 0.9430, 0.3820)):
        volume = share / float(tables.liquid("EC").density_kg_m3(302.55))
        volume += (1 - share) / float(tables.liquid("PC").density_kg_m3(302.55))
        c = molality / (volume + molality * support.APPARENT_VOLUME_M3_MOL)
        found = support.bulk_conductivity("LiBF4", {"EC": share, "PC": 1 - share}, c, 302.55)
        assert float(found) == pytest.approx(measured, rel=0.015)


def test_sources_of_the_bulk_resolve() -> None:
    found = support.bulk_conductivity("libf4", EC_PC, 1000.0, 298.15)
    for key in (*found.source.split(";"), *support.CITED):
        assert key == "percola" or reference(key).text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"salt": "LiPF6"}, "LiPF6"),
        ({"solvents": {"EC": 1.0, "DEC": 1.0}}, "EC and PC"),
        ({"solvents": {"EC": 9.0, "PC": 1.0}}, "0 to 0.6"),
        ({"solvents": {"EC": 0.0}}, "not all zero"),
        ({"solvents": {"EC": math.nan, "PC": 1.0}}, "none negative"),
        ({"concentration_mol_m3": 100.0}, "mol/kg"),
        ({"concentration_mol_m3": 5000.0}, "mol/kg"),
        ({"concentration_mol_m3": math.nan}, "positive"),
        ({"temperature_K": 25.0}, "282.85 to 332.15 K"),
        ({"temperature_K": math.nan}, "282.85 to 332.15 K"),
        ({"basis": "mol"}, "'mass' or 'volume'"),
    ],
)
def test_outside_of_the_table_is_one_clear_error(change: dict[str, object], words: str) -> None:
    given: dict[str, object] = {
        "salt": "LiBF4",
        "solvents": EC_PC,
        "concentration_mol_m3": 1000.0,
        "temperature_K": 298.15,
    } | change
    with pytest.raises(PercolaError) as error:
        support.bulk_conductivity(**given)  # type: ignore[arg-type]
    assert isinstance(error.value, TableError | InputError)
    assert words in str(error.value)


# --- closed forms -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", NETWORKS)
def test_limits(network: str) -> None:
    law = support.law_of(network)
    both = support.support_conductivity(np.array([0.0, 1.0]), 1e-4, None, 0.47, law=law)
    # Nothing but polymer does not conduct; nothing but liquid is the bulk. To rounding.
    np.testing.assert_allclose(both, [0.0, 0.47], atol=1e-12)
    p = SupportParameters(series_Ohm_m2=1e-4)
    thick = support.support_conductivity(0.6, 1.0, None, 0.47, p, law)
    # A skin of 1 Ohm cm2 does not show in a metre of support: 1e-4 Ohm m2 against 5 Ohm m2.
    assert thick == pytest.approx(support.support_conductivity(0.6, 1.0, None, 0.47, law=law), rel=1e-4)


@pytest.mark.parametrize("network", NETWORKS)
def test_between_the_bounds_of_wiener_and_of_hashin_and_shtrikman(network: str) -> None:
    law = support.law_of(network)
    rng = np.random.default_rng(5)
    for _ in range(300):
        s, fill, k = rng.uniform(0, 1.5), rng.uniform(0.6, 1), rng.uniform(0, 1)
        dry, factor = rng.uniform(0.05, 0.95), rng.uniform(0.8, 1.2)
        half = law.half * math.exp(2 * law.half_ln_sd * rng.uniform(-1, 1))
        p = SupportParameters(s, 0.3, fill, 2.0, k, 0.0, half, rng.uniform(*law.threshold), factor)
        eps = float(support.support_porosity(dry, 1e-4, 1.1e-4, s, 0.3))
        g, best = float(support.swollen_conductivity(s, k)), fill**2
        found = float(support.support_conductivity(dry, 1e-4, 1.1e-4, 1.0, p, law))
        low, high = hashin_shtrikman(eps, best, g)
        # To rounding: the closed form is a bound itself where nothing percolates.
        assert low - 1e-9 <= found <= high + 1e-9
        assert high <= eps * best + (1 - eps) * g + 1e-9


@pytest.mark.parametrize("network", NETWORKS)
def test_more_voids_conduct_better_and_skins_worse(network: str) -> None:
    law = support.law_of(network)
    eps = np.linspace(0.01, 1, 200)
    assert (np.diff(law.relative(eps)) >= 0).all()
    swollen = support.support_conductivity(
        0.56, 1e-4, None, 0.47, SupportParameters(np.linspace(0, 0.9, 50)), law
    )
    assert (np.diff(swollen) < 0).all()
    skins = support.support_conductivity(
        0.56, 1e-4, None, 0.47, SupportParameters(series_Ohm_m2=np.linspace(0, 1e-3, 20)), law
    )
    assert (np.diff(skins) < 0).all()


def test_volume_balance_of_the_support() -> None:
    # 0.44 of polymer swollen by half is 0.66; in 1.1 of thickness and isotropically 1.331 of volume.
    assert support.support_porosity(0.56, 1e-4, 1.1e-4, 0.5) == pytest.approx(1 - 0.66 / 1.1)
    assert support.support_porosity(0.56, 1e-4, 1.1e-4, 0.5, 1.0) == pytest.approx(1 - 0.66 / 1.331)
    assert support.support_porosity(0.3, 1e-4, None, 1.0) == 0.0


def test_swelling_meets_its_equation_and_limits() -> None:
    s = support.amorphous_swelling(np.array([0.3, 0.6, 3.0]), 0.5, 600.0, 7.5e-5)
    phi = 1 / (1 + s / 0.5)
    chi = np.array([0.3, 0.6, 3.0])
    left = np.log1p(-phi) + phi + chi * phi**2 + 7.5e-5 * 600.0 * (np.cbrt(phi) - phi / 2)
    np.testing.assert_allclose(left, 0.0, atol=1e-8)  # bisection ends at rounding of the logarithm
    assert (np.diff(s) < 0).all()
    assert s[-1] < 0.05
    # Salt that stays out holds solvent back.
    assert support.amorphous_swelling(0.45, 0.5, 600.0, 7.5e-5, 0.05) < support.amorphous_swelling(
        0.45, 0.5, 600.0, 7.5e-5
    )


def test_the_same_in_jax_with_gradients() -> None:
    import jax
    import jax.numpy as jnp

    p = SupportParameters(0.4, 0.5, 0.87, 2.0, 0.5, 1e-4)
    plain = support.support_conductivity(0.56, 87e-6, 100e-6, 0.45, p)
    value, slope = jax.value_and_grad(
        lambda e: support.support_conductivity(e, 87e-6, 100e-6, 0.45, p, xp=jnp)
    )(0.56)
    assert float(value) == pytest.approx(float(plain), rel=1e-5)  # float32
    step = 1e-4
    up, down = (support.support_conductivity(0.56 + d, 87e-6, 100e-6, 0.45, p) for d in (step, -step))
    assert float(slope) == pytest.approx((up - down) / (2 * step), rel=1e-3)  # float32 and second differences
    closed = jax.grad(lambda e: support.support_conductivity(e, 87e-6, None, 0.45, p, xp=jnp))(0.0)
    assert math.isfinite(closed)


def test_laws_hold_for_structures_that_they_were_not_measured_on() -> None:
    # A gyroid and another Gaussian field (percolation), spheres on a jittered lattice (particles): within three
    # standard deviations of the law's prior, threshold included, and 3 % for the 32 to 48 voxels of the box.
    checks = [
        ("percolation", phantoms.gyroid(32, -0.2)),
        ("percolation", phantoms.gaussian_field(48, 16, 0.45, 0.2, 11)),
        ("spherical_particles", phantoms.particles(16, 3, 1.25, "sc", 0.25, 3)),
    ]
    for network, phantom in checks:
        law = support.law_of(network)
        found = conductivity(phantom.void, 1e-8, phantom.periodic, phantom.level, scatter=False)[0]
        eps = float(found.evidence["volume_fraction"])
        ends = [float(law.relative(eps, threshold=e)) for e in law.threshold]
        slack = math.exp(3 * math.hypot(law.half_ln_sd, law.scatter_ln) + 0.03)
        assert isinstance(found.value, float)
        assert min(ends) / slack <= found.value <= max(ends) * slack


# --- the supports of the patent ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def posterior() -> support.SupportPosterior:
    return support.infer_support()


def ratio(posterior: support.SupportPosterior, name: str, found: object) -> float:
    measured = next(s.conductivity_S_m for s in posterior.specimens if s.name == name)
    assert measured is not None
    return float(found.value) / measured  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["Ex13", "CE10"])
def test_both_supports_within_a_quarter(posterior: support.SupportPosterior, name: str) -> None:
    specimen = support.reported_support(name)
    fitted, alone = posterior.predict(specimen), posterior.left_out(name)
    # 25 % is asked for. The fit is two numbers by many parameters; each from the other alone is the test, and it
    # stands on the errors of thickness (docs/theory/support.md says how far).
    assert abs(ratio(posterior, name, fitted) - 1) < 0.10
    assert abs(ratio(posterior, name, alone) - 1) < 0.25
    low, high = alone.evidence["interval_90"]
    assert low < specimen.conductivity_S_m < high  # type: ignore[operator]
    assert alone.evidence["inferred_from"] == [n for n in ("Ex13", "CE10") if n != name]
    for m in (fitted, alone):
        assert m.checks[0].status == "pass"
        assert m.unit == "S/m"


def test_what_the_supports_add_is_shown(posterior: support.SupportPosterior) -> None:
    found = posterior.parameters()
    assert set(found) == set(support.SHOWN)

    def width(which: str) -> float:
        low, _, high = found["swelling"][which]
        return high - low

    # The swelling is what two supports of different solids content tell about; the rest stays near its prior.
    assert width("posterior") < 0.7 * width("prior")


def test_the_prior_alone_covers_both(posterior: support.SupportPosterior) -> None:
    for s in posterior.specimens:
        low, high = posterior.prior(s).evidence["interval_90"]
        assert low < s.conductivity_S_m < high  # type: ignore[operator]


def test_same_seed_same_numbers_and_another_seed_nearly(posterior: support.SupportPosterior) -> None:
    s = support.reported_support("Ex13")
    first = posterior.left_out("Ex13")
    assert support.infer_support().left_out("Ex13") == first
    other = support.infer_support(seed=7).left_out("Ex13")
    # Medians of some thousand effective draws with a spread of a third: 1.25 x 0.33/sqrt(4000) = 0.7 %; four of them.
    assert ratio(posterior, s.name, other) == pytest.approx(ratio(posterior, s.name, first), rel=0.03)


def test_inference_covers_what_it_was_drawn_from() -> None:
    # Truths from the prior, measured with 5 %: 40 pairs, each the Ex13 of a fit to its CE10. Of 40 intervals at 90 %,
    # 30 to 40 cover (binomial, 99.9 %).
    from dataclasses import replace

    base = (support.reported_support("Ex13"), support.reported_support("CE10"))
    shared = support._shared(400, 123)
    truths = {}
    for s in base:
        quiet = replace(s, support_thickness_m=None)
        truths[s.name] = support._predicted(quiet, shared, 9)[0]
    rng = np.random.default_rng(4)
    inside = 0
    for i in range(40):
        known = [
            replace(
                s, support_thickness_m=None, conductivity_S_m=float(truths[s.name][i] * rng.normal(1, 0.05))
            )
            for s in base
        ]
        fit = support.infer_support(known, 20000, 31)
        low, high = fit.left_out("Ex13").evidence["interval_90"]
        inside += low <= truths["Ex13"][i] <= high
    assert 30 <= inside <= 40


def test_reserved_specimens_stay_reserved() -> None:
    with pytest.raises(InputError, match="reserved"):
        support.reported_support("Ex14")
    with pytest.raises(InputError):
        support.reported_support("Ex7")


def test_bad_specimens_are_refused(posterior: support.SupportPosterior) -> None:
    good = support.reported_support("Ex13")
    with pytest.raises(InputError, match="0 to 1"):
        SupportSpecimen("a", 56.0, 1e-4, None, "percolation")
    with pytest.raises(InputError, match="positive"):
        SupportSpecimen("a", 0.5, -1e-4, None, "percolation")
    with pytest.raises(InputError, match="percolation, spherical_particles"):
        SupportSpecimen("a", 0.5, 1e-4, None, "foam")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="each name once"):
        support.infer_support([good, good])
    with pytest.raises(InputError, match="a measured conductivity"):
        support.infer_support([SupportSpecimen("a", 0.5, 1e-4, None, "percolation")])
    with pytest.raises(InputError, match="1000"):
        support.infer_support(draws=10)
    with pytest.raises(InputError, match="Ex13"):
        posterior.left_out("Ex1")
