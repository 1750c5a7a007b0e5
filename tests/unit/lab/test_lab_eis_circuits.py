"""Equivalent circuits: exact recovery, derivatives, agreement with an independent least squares, choice by AICc."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit

from percola.lab.eis.circuits import (
    CIRCUITS,
    PARAMETERS,
    _is_exponent,
    _model,
    _values,
    constant_phase,
    determined,
    fit,
    fit_all,
    impedance,
    ranked,
)

F = np.geomspace(1e6, 1.0, 61)
OMEGA = 2 * np.pi * F
W0 = float(np.exp(np.mean(np.log(OMEGA))))
# Parameters that make every element seen between 1 Hz and 1 MHz.
TRUE = {
    "R": [12.0],
    "L": [3e-7],
    "Q": [40.0, 0.88],
    "RQ": [300.0, 2e-5, 0.92],
    "W": [25.0],
    "Wo": [90.0, 2e-3],
}


def truth(circuit: str) -> np.ndarray:
    return np.array([v for e in CIRCUITS[circuit] for v in TRUE[e]])


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_an_exact_spectrum_gives_its_parameters_back(circuit: str) -> None:
    z = impedance(circuit, truth(circuit), OMEGA, W0)
    found = fit(circuit, F, z)
    assert found is not None
    # Rounding of the data (2e-16) times the condition of the fit, about 1e4 at most.
    assert found.values == pytest.approx(truth(circuit), rel=1e-8)
    assert found.sigma < 1e-10
    assert fit_all(F, z)[0].circuit == circuit


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_derivatives_are_those_of_finite_differences(circuit: str) -> None:
    elements, exponent = CIRCUITS[circuit], _is_exponent(CIRCUITS[circuit])
    theta = np.where(exponent, truth(circuit), np.log(truth(circuit)))
    _, d = _model(elements, _values(theta, exponent), OMEGA, W0)
    h = 1e-6
    for i in range(len(theta)):
        up, down = theta.copy(), theta.copy()
        up[i] += h
        down[i] -= h
        by_difference = (
            _model(elements, _values(up, exponent), OMEGA, W0)[0]
            - _model(elements, _values(down, exponent), OMEGA, W0)[0]
        ) / (2 * h)
        # Central differences err by h^2 times a third derivative (up to 1e3 of the value) and by rounding of the sum over h.
        rounding = 1e-15 * float(np.max(np.abs(impedance(circuit, truth(circuit), OMEGA, W0)))) / h
        assert np.max(np.abs(d[i] - by_difference)) < 1e-8 * float(np.max(np.abs(d[i]))) + rounding


def test_impedance_is_the_formula() -> None:
    y0, n = 2e-5, 0.9
    z = impedance("L-R-Q", [1e-6, 7.0, constant_phase(y0, n, W0), n], OMEGA, W0)
    assert z == pytest.approx(1j * OMEGA * 1e-6 + 7 + 1 / (y0 * (1j * OMEGA) ** n), rel=1e-12)
    s = np.sqrt(1j * OMEGA * 1e-3)
    z = impedance("R-Wo", [7.0, 50.0, 1e-3], OMEGA, W0)
    assert z == pytest.approx(7 + 50 / np.tanh(s) / s, rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_values_and_errors_agree_with_curve_fit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    clean = 12.0 + 1j * OMEGA * 3e-7 + 1 / (2e-5 * (1j * OMEGA) ** 0.9)
    z = clean + 0.003 * np.abs(clean) * (rng.normal(size=61) + 1j * rng.normal(size=61))
    ours = fit("L-R-Q", F, z)
    assert ours is not None
    # The same model, written apart, in other parameters and by another minimizer; the same weights.
    weight = np.abs(ours.model_ohm)

    def other(w: np.ndarray, r: float, log_l: float, log_q: float, n: float) -> np.ndarray:
        m = r + 1j * w * np.exp(log_l) + np.exp(-log_q) / (w**n) * np.exp(-0.5j * np.pi * n)
        return np.concatenate((m.real, m.imag))

    p, cov = curve_fit(
        other,
        OMEGA,
        np.concatenate((z.real, z.imag)),
        p0=[10.0, math.log(1e-6), math.log(1e-5), 0.8],
        sigma=np.concatenate((weight, weight)),
    )
    # Both minimize the same sum; curve_fit stops at 1e-8 of it and has differences for derivatives.
    assert ours.value("R") == pytest.approx(p[0], rel=1e-5)
    assert ours.value("L") == pytest.approx(math.exp(p[1]), rel=1e-4)
    assert ours.value("n") == pytest.approx(p[3], rel=1e-5)
    at = ours.names.index("R")
    assert math.sqrt(ours.covariance[at, at]) == pytest.approx(math.sqrt(cov[0, 0]), rel=1e-3)


def test_the_simplest_sufficient_circuit_wins() -> None:
    rng = np.random.default_rng(5)
    noise = 0.003 * (rng.normal(size=61) + 1j * rng.normal(size=61))
    for circuit in ("R-Q", "L-R-Q", "L-R-(RQ)-Q"):
        clean = impedance(circuit, truth(circuit), OMEGA, W0)
        best = fit_all(F, clean + noise * np.abs(clean))[0]
        assert best.circuit == circuit
        assert determined(best)
        # Noise of one component as put in; 122 numbers give it to 1/sqrt(240) = 6.5 %, three of these.
        assert best.sigma == pytest.approx(0.003, rel=0.2)
    assert ranked([]) == []


def test_an_exponent_on_its_bound_is_said() -> None:
    rng = np.random.default_rng(1)
    clean = 10 + 1 / (1j * OMEGA * 2e-6)
    z = clean * (1 + 1e-4 * rng.normal(size=61))
    found = fit("R-Q", F, z)
    assert found is not None
    assert found.value("n") <= 1.0
    # A capacitor: n is on the bound of 1 or within its own error of it.
    assert "n" in found.fixed or 1 - found.value("n") < 4 * found.error("n")


def test_too_few_points_give_no_fit() -> None:
    assert fit("L-R-(RQ)-Q", F[:4], np.ones(4) * (1 - 1j)) is None


@settings(max_examples=15, deadline=None)
@given(st.floats(-6, 6), st.floats(-2, 2))
def test_units_do_not_matter(log_z: float, log_f: float) -> None:
    """Impedances and frequencies scaled together give parameters scaled alike."""
    rng = np.random.default_rng(3)
    clean = impedance("L-R-Q", truth("L-R-Q"), OMEGA, W0)
    z = clean * (1 + 0.002 * (rng.normal(size=61) + 1j * rng.normal(size=61)))
    one, two = fit("L-R-Q", F, z), fit("L-R-Q", F * 10**log_f, z * 10**log_z)
    assert one is not None
    assert two is not None
    # The iteration stops at 1e-12 of the sum of squares: parameters to its root.
    assert two.value("R") == pytest.approx(one.value("R") * 10**log_z, rel=1e-5)
    assert two.value("n") == pytest.approx(one.value("n"), rel=1e-5)
    assert two.error("R") == pytest.approx(one.error("R") * 10**log_z, rel=1e-4)


def test_parameters_have_units() -> None:
    assert {u for e in PARAMETERS.values() for _, u in e} == {"ohm", "H", "1", "s"}
