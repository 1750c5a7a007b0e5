"""Several components: reduction to two, gradients, conditions of coexistence."""

import numpy as np
import pytest

from percola.errors import InputError
from percola.thermo import flory_huggins as fh
from percola.thermo.multicomponent import (
    Mixture,
    hansen_interaction,
    mixed_solvent_critical_temperature_K,
    pseudo_binary_chi,
)


def binary(n=100.0, a=-0.5, b=500.0) -> Mixture:
    return Mixture(np.array([1.0, n]), np.array([[0, a], [a, 0]]), np.array([[0, b], [b, 0]]))


@pytest.fixture
def ternary() -> Mixture:
    a = np.array([[0, 0.1, 0.2], [0.1, 0, -0.05], [0.2, -0.05, 0]])
    b = np.array([[0, 180.0, 120.0], [180.0, 0, -20.0], [120.0, -20.0, 0]])
    return Mixture(np.array([1.0, 400.0, 150.0]), a, b)


def test_two_components_are_flory_huggins():
    m, t, p = binary(), 400.0, 0.3
    chi = -0.5 + 500 / t
    phi = np.array([1 - p, p])
    assert np.isclose(m.free_energy(phi, t), fh.mixing_free_energy(p, 100, chi), rtol=1e-14)
    mu = m.potentials(phi, np.log(phi), t)
    assert np.allclose(mu, [fh.solvent_potential(p, 100, chi), fh.polymer_potential(p, 100, chi)], rtol=1e-12)
    expected = 500 / (float(fh.spinodal_chi(p, 100)) + 0.5)
    assert np.isclose(m.spinodal_temperature_K(phi), expected, rtol=1e-12)


@pytest.mark.parametrize(("p", "lean_shadow"), [(0.3, True), (0.02, False)])
def test_cloud_point_of_two_components(p, lean_shadow):
    expected = 500 / (float(fh.cloud_chi(p, 100)) + 0.5)
    two = fh.binodal(100, -0.5 + 500 / expected)
    other = float(two.lean if lean_shadow else two.rich)
    # Start 5 % off in composition and 1 % in temperature.
    t, shadow = binary().cloud_point_K([1 - p, p], [1 - 0.95 * other, 0.95 * other], expected * 0.99)
    assert np.isclose(t, expected, rtol=1e-9)
    assert np.isclose(shadow[1], other, rtol=1e-7)


def test_potentials_are_the_gradient_of_the_energy(ternary):
    """mu_i - mu_j is the derivative of f under exchange of i and j; sum phi_i mu_i = f."""
    t, phi, h = 420.0, np.array([0.6, 0.3, 0.1]), 1e-6
    mu = ternary.potentials(phi, np.log(phi), t)
    assert np.isclose(phi @ mu, ternary.free_energy(phi, t), rtol=1e-13)
    for i, j in ((0, 1), (1, 2), (0, 2)):
        d = np.zeros(3)
        d[i], d[j] = h, -h
        slope = (ternary.free_energy(phi + d, t) - ternary.free_energy(phi - d, t)) / (2 * h)
        assert np.isclose(slope, mu[i] - mu[j], atol=1e-8)  # rounding 1e-16/h plus h^2


def test_spinodal_is_where_stability_is_lost(ternary):
    phi = np.array([0.75, 0.18, 0.07])
    t = ternary.spinodal_temperature_K(phi)
    assert abs(ternary.stability(phi, t)) < 1e-9
    assert ternary.stability(phi, t * 1.01) > 0 > ternary.stability(phi, t * 0.99)


def test_ternary_cloud_point_meets_its_conditions_and_lies_above_the_spinodal(ternary):
    phi = np.array([0.75, 0.18, 0.07])
    t, shadow = ternary.cloud_point_K(phi, [1 - 2e-9, 1e-9, 1e-9], 500.0)
    assert np.isfinite(t)
    mu = ternary.potentials(phi, np.log(phi), t) - ternary.potentials(shadow, np.log(shadow), t)
    assert np.max(np.abs(mu)) < 1e-10
    assert t > ternary.spinodal_temperature_K(phi)
    assert shadow[1] < phi[1]


def test_identical_grades_are_one_polymer():
    n = Mixture(
        np.array([1.0, 100.0, 100.0]),
        np.array([[0, -0.5, -0.5], [-0.5, 0, 0], [-0.5, 0, 0]]),
        np.array([[0, 500.0, 500.0], [500.0, 0, 0], [500.0, 0, 0]]),
    )
    one = binary()
    phi = np.array([0.7, 0.12, 0.18])
    assert np.isclose(n.spinodal_temperature_K(phi), one.spinodal_temperature_K([0.7, 0.3]), rtol=1e-10)
    t, shadow = n.cloud_point_K(phi, [1 - 2e-4, 1e-4, 1e-4], 380.0)
    assert np.isclose(t, 500 / (float(fh.cloud_chi(0.3, 100)) + 0.5), rtol=1e-9)
    assert np.isclose(shadow[2] / shadow[1], 1.5, rtol=1e-7)


def test_spinodal_of_two_lengths_needs_the_weight_average():
    lengths, shares, p = np.array([200.0, 2000.0]), np.array([0.4, 0.6]), 0.1
    m = Mixture(
        np.array([1.0, *lengths]),
        np.array([[0, -0.5, -0.5], [-0.5, 0, 0], [-0.5, 0, 0]]),
        np.array([[0, 500.0, 500.0], [500.0, 0, 0], [500.0, 0, 0]]),
    )
    weight_average = float(lengths @ shares)
    expected = 500 / (float(fh.spinodal_chi(p, weight_average)) + 0.5)
    assert np.isclose(m.spinodal_temperature_K([1 - p, *(p * shares)]), expected, rtol=1e-12)


def test_pseudo_binary_of_hansen_is_the_distance_to_the_mean_solvent():
    """With one site volume and no entropic part the rule is the exact identity of squared distances to a
    mean point.
    """
    v, p = 2e-4, (17e3, 12.1e3, 10.2e3)
    solvents = [(19.7e3, 15.0e3, 7.4e3), (16.7e3, 2.0e3, 5.1e3), (18e3, 12.3e3, 7.2e3)]
    y = np.array([0.3, 0.5, 0.2])
    b = [hansen_interaction(p, s, v, entropic=0.0)[1] for s in solvents]
    between = [[hansen_interaction(s, r, v, entropic=0.0)[1] for r in solvents] for s in solvents]
    mean = tuple(float(y @ c) for c in np.array(solvents).T)
    assert np.isclose(
        pseudo_binary_chi(y, b, between), hansen_interaction(p, mean, v, entropic=0.0)[1], rtol=1e-12
    )


def test_hansen_by_hand():
    # 4 * 1 + 9 + 4 = 17 MPa; 0.6 * 1e-4 * 17e6 / (4 * 8.314462618) = 30.669 K
    a, b = hansen_interaction((18e3, 10e3, 5e3), (17e3, 13e3, 7e3), 1e-4)
    assert a == 0.34
    assert np.isclose(b, 30.669, rtol=1e-4)


def test_two_equal_liquids_demix_at_chi_two():
    assert np.isclose(mixed_solvent_critical_temperature_K(1e-4, 1e-4, 600.0, 1e-4), 300.0)


def test_refuses_a_lopsided_matrix():
    with pytest.raises(InputError, match="symmetric"):
        Mixture(np.array([1.0, 2.0]), np.array([[0, 1.0], [0.0, 0]]), np.zeros((2, 2)))


def test_critical_residual_of_one_chain_vanishes_at_its_critical_point():
    n = 120.0
    m = Mixture(np.array([1.0, n]), np.array([[0, -0.5], [-0.5, 0]]), np.array([[0, 400.0], [400.0, 0]]))
    at = 1 / (1 + np.sqrt(n))
    # Against one side of the point, where it is of order one over phi^2.
    scale = abs(m.critical_residual([1 - 0.5 * at, 0.5 * at]))
    assert abs(m.critical_residual([1 - at, at])) < 1e-9 * scale
    assert m.critical_residual([1 - 0.5 * at, 0.5 * at]) * m.critical_residual([1 - 2 * at, 2 * at]) < 0


def test_unstable_however_hot_is_infinite_and_stable_however_cold_is_nan():
    def mixture(a, b):
        return Mixture(np.array([1.0, 100.0]), np.array([[0, a], [a, 0]]), np.array([[0, b], [b, 0]]))

    assert np.isinf(mixture(3.0, 100.0).spinodal_temperature_K([0.7, 0.3]))
    assert np.isnan(mixture(-1.0, -100.0).spinodal_temperature_K([0.7, 0.3]))
