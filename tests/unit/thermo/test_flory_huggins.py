"""Flory-Huggins: identities, the defining conditions, reference values, order, independent codes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import fsolve

from percola.errors import InputError
from percola.thermo import flory_huggins as fh

segments = st.floats(-1, 6).map(lambda x: 10.0**x)
above = st.floats(-6, 0.6).map(lambda x: 10.0**x)  # chi/chi_c - 1


@pytest.mark.parametrize(
    ("n", "phi", "chi"),
    [
        (1, 0.5, 2),
        (2, 0.4142135624, 1.4571067812),
        (10, 0.2402530734, 0.8662277660),
        (100, 0.0909090909, 0.605),
        (500, 0.0428069735, 0.5457213595),
        (1000, 0.0306534300, 0.5321227766),
        (5000, 0.0139449246, 0.5142421356),
    ],
)
def test_critical_point(n, phi, chi):
    # Ten digits are given: half a unit of the last one.
    assert np.allclose(fh.critical_point(n), (phi, chi), rtol=0, atol=5.1e-11)


# Values to the digits given. (100, 0.65): the lean phase is listed elsewhere as .0097680277; forty-digit
# arithmetic
# gives .00976803073, which is what stands here.
TABLE = [
    (1, 3, 0.2113248654, 0.7886751346, 0.0707201817, 0.9292798183),
    (1, 4, 0.1464466094, 0.8535533906, 0.0212479880, 0.9787520120),
    (10, 1.2, 0.0758788189, 0.5491211811, 0.0082928094, 0.7177416679),
    (100, 0.65, 0.0384615385, 0.2, 0.0097680307, 0.2719683621),
    (100, 0.7, 0.0268523640, 0.2660047789, 0.0015014442, 0.3713626753),
    (100, 0.8, 0.0171663864, 0.3640836136, 1.6535995e-5, 0.5084117530),
    (1000, 0.6, 0.0051323864, 0.1623676136, 1.8902934e-7, 0.2357789498),
]


@pytest.mark.parametrize(("n", "chi", "s_lean", "s_rich", "lean", "rich"), TABLE)
def test_reference_values(n, chi, s_lean, s_rich, lean, rich):
    two = fh.binodal(n, chi)
    # Ten decimals (eight significant digits for the most dilute): half a unit of the last one.
    assert np.allclose(fh.spinodal(n, chi), (s_lean, s_rich), rtol=0, atol=5.1e-11)
    assert np.isclose(two.rich, rich, rtol=0, atol=5.1e-11)
    assert np.isclose(two.lean, lean, rtol=3e-8, atol=5.1e-11 if lean > 1e-3 else 0)


@pytest.mark.parametrize(
    ("n", "chi", "tension"),
    # forty-digit quadrature of the same integral, except (1, 3), (1, 4): six digits of the reference table
    [
        (1, 3, 0.288272),
        (1, 4, 0.558547),
        (100, 0.65, 0.00496084913917),
        (100, 0.7, 0.0145535341645),
        (100, 0.8, 0.0400287485051),
        (1000, 0.6, 0.00467306994034),
    ],
)
def test_tension(n, chi, tension):
    digits = (
        2e-6 if n == 1 else 1e-9
    )  # the digits given; the double exponential rule converges to 1e-9 or better
    assert np.isclose(fh.interfacial_tension(n, chi), tension, rtol=digits)
    assert np.isclose(fh.interfacial_tension(n, chi, 4.0), 2 * fh.interfacial_tension(n, chi), rtol=1e-12)


@settings(max_examples=200, deadline=None)
@given(segments, above)
def test_the_conditions_that_define_coexistence(n, excess):
    """Equal chemical potentials of solvent (equal osmotic pressure) and of polymer, in logarithms."""
    chi = float(fh.critical_point(n)[1]) * (1 + excess)
    two = fh.binodal(n, chi)
    solvent = [
        log + (1 - 1 / n) * p + chi * p * p
        for p, log in ((two.lean, np.log1p(-two.lean)), (two.rich, two.log_solvent_rich))
    ]
    polymer = [
        log / n - (1 - 1 / n) * (1 - p) + chi * (1 - p) ** 2
        for p, log in ((two.lean, two.log_lean), (two.rich, np.log(two.rich)))
    ]
    # Rounding of terms of order chi (1e-16 each) after a few operations.
    scale = max(1.0, chi, 1 / n)
    assert abs(solvent[0] - solvent[1]) < 2e-14 * scale
    assert abs(polymer[0] - polymer[1]) < 2e-14 * scale


@settings(max_examples=100, deadline=None)
@given(segments, above)
def test_relabelling_polymer_and_solvent(n, excess):
    """Counting sites by the polymer instead (N -> 1/N, chi -> N chi) swaps the roles of phi and 1 - phi."""
    chi = float(fh.critical_point(n)[1]) * (1 + excess)
    a, b = fh.binodal(n, chi), fh.binodal(1 / n, n * chi)
    # phi moves by sqrt(rounding/excess) near the critical point, where the binodal is flat.
    loose = 1e-12 + 1e-15 / excess
    assert np.isclose(a.log_lean, b.log_solvent_rich, rtol=1e-11, atol=loose)
    assert np.isclose(a.rich, -np.expm1(b.log_lean), rtol=1e-11, atol=loose)


@settings(max_examples=100, deadline=None)
@given(segments, above)
def test_cloud_point_inverts_the_binodal(n, excess):
    chi = float(fh.critical_point(n)[1]) * (1 + excess)
    two = fh.binodal(n, chi)
    if two.lean > 1e-300:
        assert np.isclose(fh.cloud_chi(two.lean, n), chi, rtol=1e-11)
    # Where 1 - rich < 1e-9 the composition itself no longer holds enough digits.
    if two.log_solvent_rich > np.log(1e-6):
        assert np.isclose(fh.cloud_chi(two.rich, n), chi, rtol=1e-9)


def test_spinodal_is_where_the_curvature_vanishes_and_lies_inside_the_binodal():
    n = np.array([1.0, 30.0, 1e3, 1e5])
    chi = 1.3 * fh.critical_point(n)[1]
    lean, rich = fh.spinodal(n, chi)
    two = fh.binodal(n, chi)
    for p in (lean, rich):
        assert np.all(np.abs(fh.curvature(p, n, chi)) < 1e-10 / p)  # rounding of 1/phi
    assert np.all((two.lean < lean) & (rich < two.rich))
    assert np.allclose(fh.spinodal_chi(lean, n), chi, rtol=1e-12)


def test_one_phase_below_the_critical_value():
    assert np.isnan(fh.binodal(100, 0.6).rich)
    assert np.isnan(fh.spinodal(100, 0.6)[0])
    with pytest.raises(InputError, match="above the critical value"):
        fh.interfacial_tension(100, 0.6)


def test_arms_far_below_the_smallest_double():
    two = fh.binodal(np.array([1000.0, 1e5, 1e6]), np.array([0.8, 1.0, 2.0]))
    assert np.all(two.log_lean < np.log(1e-41))
    assert two.log_lean[2] < -1e5  # e^-1e5: no double holds the composition itself
    # ln(lean) from the potential of the polymer at infinite dilution, with the rich phase: an independent
    # evaluation.
    n, chi = np.array([1000.0, 1e5, 1e6]), np.array([0.8, 1.0, 2.0])
    dilute = n * (fh.polymer_potential(two.rich, n, chi) + (1 - 1 / n) - chi)
    assert np.allclose(two.log_lean, dilute, rtol=1e-10)


def test_against_a_plain_two_by_two_solve():
    """Equal potentials by a general-purpose root finder, where its plain variables still work."""

    def residual(x):
        a, b = x
        return [
            fh.solvent_potential(a, 50, 0.75) - fh.solvent_potential(b, 50, 0.75),
            fh.polymer_potential(a, 50, 0.75) - fh.polymer_potential(b, 50, 0.75),
        ]

    lean, rich = fsolve(residual, [1e-3, 0.4], xtol=1e-13)
    two = fh.binodal(50, 0.75)
    assert np.allclose(
        (two.lean, two.rich), (lean, rich), rtol=1e-8
    )  # the tolerance of the solver on the potentials


def test_critical_exponents_of_mean_field():
    """Width ~ (chi - chi_c)^(1/2), tension ~ (chi - chi_c)^(3/2): fitted over four refinements, two-sided."""
    n, chi_c = 100.0, float(fh.critical_point(100)[1])
    t = 10.0 ** -np.array([4.0, 4.5, 5.0, 5.5])
    two = fh.binodal(n, chi_c * (1 + t))
    width = np.polyfit(np.log(t), np.log(two.rich - two.lean), 1)[0]
    tension = np.polyfit(np.log(t), np.log([fh.interfacial_tension(n, chi_c * (1 + x)) for x in t]), 1)[0]
    # The next term is relative t, at most 1e-4 (times a constant of order 10).
    assert abs(width - 0.5) < 2e-3
    assert abs(tension - 1.5) < 5e-3


def test_derivatives_by_differences():
    p, n, chi, h = np.linspace(0.05, 0.9, 7), 100.0, 0.8, 1e-5
    f = fh.mixing_free_energy
    # Central differences: h^2 f''''/6 and rounding 1e-16/h, 1e-16/h^2.
    assert np.allclose(
        (f(p + h, n, chi) - f(p - h, n, chi)) / (2 * h), fh.exchange_potential(p, n, chi), atol=1e-8
    )
    assert np.allclose(
        (f(p + h, n, chi) - 2 * f(p, n, chi) + f(p - h, n, chi)) / h**2, fh.curvature(p, n, chi), atol=2e-5
    )
    # Gibbs-Duhem in its integral form: f = phi mu_p + (1 - phi) mu_s, to rounding.
    assert np.allclose(
        p * fh.polymer_potential(p, n, chi) + (1 - p) * fh.solvent_potential(p, n, chi),
        f(p, n, chi),
        atol=1e-15,
    )


def test_the_profile_satisfies_its_equation_and_carries_the_tension():
    n, chi, kappa = 100.0, 0.8, 2.5
    x, phi = fh.interface_profile(n, chi, kappa, points=401)
    two = fh.binodal(n, chi)
    assert np.all(np.diff(x) > 0)
    assert np.all(np.diff(phi) > 0)
    middle = np.interp(0.0, x, phi)
    assert np.isclose(middle, 0.5 * (two.lean + two.rich), rtol=1e-6)
    # sigma = int kappa (dphi/dx)^2 dx = int kappa dphi/dx dphi; trapezoid on 400 intervals: relative 1e-4.
    slope = np.gradient(phi, x)
    assert np.isclose(np.trapezoid(kappa * slope**2, x), fh.interfacial_tension(n, chi, kappa), rtol=2e-3)


def test_profile_near_the_critical_point_is_a_hyperbolic_tangent():
    """Landau limit: phi = centre + half gap tanh(x/w), w = sqrt(2 kappa/|f''(centre)|)."""
    chi = 2.0 * (1 + 1e-3)
    x, phi = fh.interface_profile(1.0, chi, 1.0)
    two = fh.binodal(1.0, chi)
    width = np.sqrt(2.0 / abs(float(fh.curvature(0.5, 1.0, chi))))
    tanh = 0.5 + 0.5 * (two.rich - two.lean) * np.tanh(x / width)
    assert np.allclose(phi, tanh, atol=2e-3 * float(two.rich - two.lean))  # next order in chi - chi_c


# --- continuation of the logarithms ---


@pytest.mark.parametrize("floor", [0.0, -60.0])
def test_continuation_is_twice_differentiable_and_convex_in_its_logarithm(floor):
    eps, n, chi = 1e-3, 1000.0, 0.7
    below, above_eps = (
        fh.continued_free_energy([eps * (1 - 1e-9), eps * (1 + 1e-9)], n, chi, eps, floor),
        None,
    )
    for k, jump in enumerate((1e-9, 1e-8, 1e-5)):
        assert abs(below[k][0] - below[k][1]) < jump, above_eps
    exact = fh.mixing_free_energy(0.2, n, chi)
    assert np.isclose(fh.continued_free_energy(0.2, n, chi, eps, floor)[0], exact, rtol=1e-14)
    p, h = np.array([-0.05, -1e-3, 2e-4, 5e-4]), 1e-7
    f, m, c = (fh.continued_free_energy(p + s, n, chi, eps, floor) for s in (-h, 0.0, h))
    assert np.allclose((c[0] - f[0]) / (2 * h), m[1], rtol=1e-5, atol=1e-7)
    assert np.allclose((c[1] - f[1]) / (2 * h), m[2], rtol=1e-5)
    assert np.all(m[2] + 2 * chi > 0)  # the entropic part stays convex, so overshoots are pushed back


def continued_coexistence(n, chi, eps, floor):
    two = fh.binodal(n, chi)

    def f(p):
        return [float(v) for v in fh.continued_free_energy(p, n, chi, eps, floor)]

    def residual(x):
        a, b = f(x[0]), f(x[1])
        return [a[1] - b[1], a[0] - a[1] * x[0] - b[0] + b[1] * x[1]]

    for guess in (float(two.lean), 0.0, 0.5 * eps, -eps):
        x, info, _, _ = fsolve(residual, [guess, float(two.rich)], full_output=True, xtol=1e-13)
        if np.max(np.abs(info["fvec"])) < 1e-11 and x[1] - x[0] > 0.05:
            break
    node, weight = np.polynomial.legendre.leggauss(300)
    p = x[0] + (x[1] - x[0]) * (node + 1) / 2
    a = f(x[0])
    excess = np.maximum(fh.continued_free_energy(p, n, chi, eps, floor)[0] - a[0] - a[1] * (p - x[0]), 0)
    return x[0], x[1], float(np.sum(weight * np.sqrt(2 * excess)) * (x[1] - x[0]) / 2)


@pytest.mark.parametrize("eps", [1e-3, 1e-4])
@pytest.mark.parametrize(
    ("n", "chi"), [(1, 4.0), (10, 1.2), (100, 0.8), (1000, 0.6), (1000, 0.9), (3000, 0.8)]
)
def test_continuation_moves_binodal_and_tension_by_less_than_one_percent(n, chi, eps):
    two = fh.binodal(n, chi)
    lean, rich, tension = continued_coexistence(n, chi, eps, float(two.log_lean))
    assert abs(rich / float(two.rich) - 1) < 0.01
    assert abs(tension / fh.interfacial_tension(n, chi) - 1) < 0.01
    assert -1e-5 < lean < max(1.01 * float(two.lean), eps)
    lean_s, rich_s = fh.spinodal(n, chi)
    for s in (lean_s, rich_s):
        if eps < s < 1 - eps:  # identical energy there
            assert abs(float(fh.continued_free_energy(s, n, chi, eps, float(two.log_lean))[2])) < 1e-9 / s


def test_plain_quadratic_is_too_soft_for_long_chains():
    """The sign and size of the fault that the floor removes: the lean phase slips below zero, the tension
    rises.
    """
    lean, _, tension = continued_coexistence(1000, 0.7, 1e-3, 0.0)
    assert lean < -0.05
    assert tension > 1.2 * fh.interfacial_tension(1000, 0.7)


def test_refusals():
    with pytest.raises(InputError, match="segments"):
        fh.binodal(-1, 2)
    with pytest.raises(InputError, match="strictly between"):
        fh.cloud_chi(1.0, 100)


@pytest.mark.slow  # its iteration takes up to a minute
@pytest.mark.peer
@pytest.mark.parametrize(("n", "chi"), [(1, 3.0), (10, 1.2)])
def test_against_the_package_flory(n, chi):
    flory = pytest.importorskip("flory")
    two = fh.binodal(n, chi)
    mean = 0.5 * float(two.lean + two.rich)
    phases = flory.find_coexisting_phases(
        2, [[0, chi], [chi, 0]], [mean, 1 - mean], sizes=[n, 1], rng=np.random.default_rng(1), progress=False
    )
    found = sorted(phases.fractions[:, 0])
    assert np.allclose(found, [two.lean, two.rich], rtol=2e-3)  # its own agreement is about 1e-4
