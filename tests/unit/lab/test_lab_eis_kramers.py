"""The Kramers-Kronig test: consistent circuits pass to within its time constants; noise, drift and wrong signs are told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percola.lab.eis.kramers import BEYOND, _solve, kramers_kronig
from percola.lab.eis.synthetic import Analyser, Cell

EXACT = [
    Cell(12.0),
    Cell(12.0, inductance_H=3e-7),
    Cell(12.0, inductance_H=1e-6, spike_n=0.8),
    Cell(12.0, spike_n=0.5),
    Cell(12.0, spike_n=1.0),
    Cell(5000.0, bulk_F=1e-10, bulk_n=0.9),
    Cell(5000.0, bulk_F=1e-9, lead_ohm=10.0),
]


@pytest.mark.parametrize("cell", EXACT)
def test_circuits_obey_the_relations(cell: Cell) -> None:
    f, z = Analyser().measure(cell)
    found = kramers_kronig(f, z)
    # Two time constants a decade follow a constant-phase element to 2e-4, a sharp RC needs more and gets them.
    assert found.rms < 5e-4
    assert found.check().status == "pass"


def test_a_resistor_with_inductance_and_capacitance_is_exact() -> None:
    f = np.geomspace(1e5, 1, 41)
    w = 2 * np.pi * f
    z = 5 + 1j * w * 1e-6 + 1 / (1j * w * 1e-4)
    # All three are terms of the model: rounding only, raised by the condition of the least squares.
    assert kramers_kronig(f, z).rms < 1e-10


def test_residuals_agree_with_a_plain_least_squares_in_normal_equations() -> None:
    f, z = Analyser(noise=0.003).measure(Cell(12.0, 3e-7), seed=2)
    w, terms = 2 * np.pi * f, 8
    _, ours = _solve(w, z, terms)
    taus = np.geomspace(1 / (w.max() * BEYOND), BEYOND / w.min(), terms)
    rows, right = [], []
    for wi, zi in zip(w, z, strict=True):
        terms_i = [1, 1j * wi / w.max(), w.min() / (1j * wi), *(1 / (1 + 1j * wi * t) for t in taus)]
        rows.append([complex(c).real / abs(zi) for c in terms_i])
        rows.append([complex(c).imag / abs(zi) for c in terms_i])
        right += [zi.real / abs(zi), zi.imag / abs(zi)]
    a, b = np.array(rows), np.array(right)
    scale = np.linalg.norm(a, axis=0)
    x = np.linalg.solve((a / scale).T @ (a / scale), (a / scale).T @ b) / scale
    r = (b - a @ x).reshape(-1, 2)
    # Normal equations square the condition (about 1e5 here): 1e-16 times 1e10 of the solution, far less of the residual.
    assert np.max(np.abs(r[:, 0] + 1j * r[:, 1] - ours)) < 1e-5


@pytest.mark.parametrize("noise", [0.001, 0.003, 0.01])
def test_noise_is_found(noise: float) -> None:
    found = [kramers_kronig(*Analyser(noise=noise).measure(Cell(12.0, 3e-7), s)) for s in range(12)]
    # One spectrum of 61 points gives it to 1/sqrt(2 * 100) = 7 %, twelve to 2 %; five of these.
    assert np.mean([k.noise for k in found]) == pytest.approx(noise, rel=0.1)
    assert sum(k.systematic for k in found) <= 2


def test_a_turned_sign_leaves_large_residuals() -> None:
    f, z = Analyser(noise=0.002).measure(Cell(12.0, 3e-7), 1)
    assert kramers_kronig(f, z.conj()).rms > 10 * kramers_kronig(f, z).rms


@pytest.mark.parametrize("drift", [0.3, 1.0])
def test_a_drifting_cell_is_told(drift: float) -> None:
    cell = Cell(12.0, 3e-7, spike_Q=2e-2)
    still = kramers_kronig(*Analyser(noise=0.001).measure(cell, 1))
    assert still.check().status == "pass"
    moving = kramers_kronig(*Analyser(noise=0.001, drift=drift).measure(cell, 1))
    assert moving.systematic
    assert moving.check().status != "pass"
    assert "changed during the sweep" in moving.check().message


def test_a_bad_point_is_named() -> None:
    f, z = Analyser(noise=0.001).measure(Cell(12.0, 3e-7), 4)
    z = z.copy()
    z[20] *= 1.1
    assert 20 in kramers_kronig(f, z).outliers


def test_a_bad_spectrum_fails() -> None:
    f, z = Analyser(noise=0.08).measure(Cell(12.0, 3e-7), 4)
    assert kramers_kronig(f, z).check().status == "fail"


def test_few_points_say_that_they_say_little() -> None:
    f, z = Analyser(per_decade=1).measure(Cell(12.0), 4)
    found = kramers_kronig(f, z)
    assert not found.settled
    assert found.check().status != "pass"
    assert "too few points" in found.check().message


@settings(max_examples=20, deadline=None)
@given(st.floats(-6, 6), st.floats(-3, 3), st.integers(0, 20))
def test_scales_and_order_do_not_matter(log_z: float, log_f: float, seed: int) -> None:
    f, z = Analyser(noise=0.003).measure(Cell(12.0, 3e-7), seed)
    one = kramers_kronig(f, z)
    order = np.random.default_rng(seed).permutation(len(f))
    two = kramers_kronig(f[order] * 10**log_f, z[order] * 10**log_z)
    # The same least squares but for rounding, whose part along the smallest singular values (1e-13) is cut off.
    assert two.rms == pytest.approx(one.rms, rel=1e-3)
    assert two.terms == one.terms
