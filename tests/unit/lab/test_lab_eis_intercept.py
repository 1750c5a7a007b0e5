"""The resistance three ways: exact on ideal curves, the stated uncertainty covers the truth, semicircles, limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from percola.errors import InputError
from percola.lab.eis.intercept import (
    crossing,
    digits_error,
    extrapolation,
    lead_resistance,
    read_resistance,
)
from percola.lab.eis.spectrum import Spectrum
from percola.lab.eis.synthetic import Analyser, Cell

SHEET: dict[str, Any] = {"thickness_m": 1e-4, "area_m2": 1e-4}


def status(found: Any, name: str) -> str:
    return next((c.status for c in found.checks if c.name == name), "")


def test_a_spike_without_inductance_extrapolates_exactly() -> None:
    f, z = Analyser().measure(Cell(12.0, spike_n=0.85))
    found = extrapolation(f, z, 0.0)
    # A constant-phase element is a straight line in the plane; 1e-16 of 1e4 ohm at the low end, over 12 ohm.
    assert found.value_ohm == pytest.approx(12.0, rel=1e-8)
    assert found.detail["slope"] == pytest.approx(1 / math.tan(0.85 * math.pi / 2), rel=1e-8)


def test_crossing_and_its_shift() -> None:
    """With R, L and a constant-phase element the curve crosses at R + w L cot(n pi/2): the tilt of the spike."""
    cell = Cell(12.0, inductance_H=1e-6, spike_n=0.85)
    spectrum = Analyser(per_decade=40).spectrum(cell)
    found = read_resistance(spectrum, **SHEET)
    w = 2 * math.pi * float(found.way("crossing").detail["frequency_Hz"])
    expected = w * 1e-6 / math.tan(0.85 * math.pi / 2)
    across = found.way("crossing")
    # Linear interpolation over 1/40 decade errs by its second order, (0.06)^2/8 of the change.
    assert across.value_ohm == pytest.approx(12.0 + expected, rel=1e-4)
    assert across.shift_ohm == pytest.approx(expected, rel=1e-2)
    assert across.corrected_ohm == pytest.approx(12.0, rel=1e-6)
    assert found.value_ohm == pytest.approx(12.0, rel=1e-8)
    assert found.main == "circuit"


def test_line_agrees_with_an_independent_weighted_fit() -> None:
    f, z = Analyser(noise=0.003).measure(Cell(12.0), 3)
    found = extrapolation(f, z, 0.003)
    low, high = float(found.detail["lowest_Hz"]), float(found.detail["highest_Hz"])
    mine = (f >= low * 0.999) & (f <= high * 1.001)
    b, a = np.polyfit(-z.imag[mine], z.real[mine], 1, w=1 / np.abs(z[mine]))
    # Ordinary regression differs by the noise of the abscissa: b (sigma/span)^2, below 1e-3 of the intercept here.
    assert found.value_ohm == pytest.approx(a, rel=1e-3)
    assert found.detail["slope"] == pytest.approx(b, rel=1e-2)


# Name: cell, instrument, repetitions.
INSTRUMENTS: dict[str, tuple[Cell, Analyser, int]] = {
    "noise": (Cell(12.0), Analyser(noise=0.003), 200),
    "leads": (Cell(12.0, 3e-7), Analyser(noise=0.003), 200),
    "tilted spike": (Cell(12.0, 3e-7, spike_n=0.8), Analyser(noise=0.01), 200),
    "few digits": (Cell(12.0, 3e-7), Analyser(noise=0.001, digits=3), 200),
    "no high frequencies": (
        Cell(12.0),
        Analyser(noise=0.003, highest_Hz=3e3, lowest_Hz=0.1, per_decade=8),
        200,
    ),
}


SLOW = ("noise", "tilted spike", "few digits", "no high frequencies")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in INSTRUMENTS]
)
def test_the_uncertainty_covers_the_truth(name: str) -> None:
    cell, analyser, n = INSTRUMENTS[name]
    read = [read_resistance(analyser.spectrum(cell, seed), **SHEET) for seed in range(n)]
    values = np.array([r.value_ohm for r in read], float)
    errors = np.array([r.uncertainty_ohm for r in read])
    inside = float(np.mean(np.abs(values - cell.resistance_ohm) < 1.96 * errors))
    # 95 % are meant; 200 draws scatter by 1.5 %. Digits and ways only ever widen: rounding is then counted as random.
    assert 0.90 <= inside <= (1.0 if name == "few digits" else 0.99)
    # No bias beyond that of a mean of n, three standard errors.
    assert (
        abs(values.mean() - cell.resistance_ohm)
        < 3 * values.std() / math.sqrt(n) + 1e-4 * cell.resistance_ohm
    )


@pytest.mark.slow
def test_the_uncertainty_covers_the_truth_behind_a_semicircle() -> None:
    cell = Cell(5000.0, spike_Q=2e-6, bulk_F=1e-10)
    analyser = Analyser(noise=0.003, highest_Hz=2e6)
    read = [read_resistance(analyser.spectrum(cell, seed), **SHEET) for seed in range(200)]
    hits = [r for r in read if r.value_ohm is not None]
    assert len(hits) == 200
    inside = np.mean([abs(float(r.value_ohm) - 5000.0) < 1.96 * r.uncertainty_ohm for r in hits])  # type: ignore[arg-type]
    assert 0.90 <= inside <= 0.995


def test_a_semicircle_of_the_bulk_counts() -> None:
    cell = Cell(5000.0, spike_Q=2e-6, bulk_F=1e-10, lead_ohm=20.0)
    found = read_resistance(Analyser(noise=0.002, highest_Hz=2e6).spectrum(cell, 1), **SHEET)
    assert found.arc == "bulk"
    # Capacitance 1e-10 F on 1 cm2 and 100 um.
    assert found.permittivity == pytest.approx(1e-10 * 1e-4 / (8.8541878188e-12 * 1e-4), rel=0.05)
    assert found.value_ohm is not None
    assert abs(found.value_ohm - 5020.0) < 4 * found.uncertainty_ohm
    assert found.way("crossing").value_ohm is None


def test_a_semicircle_of_the_electrodes_does_not_count() -> None:
    cell = Cell(80.0, spike_Q=2e-3, bulk_F=2e-6, lead_ohm=12.0)
    found = read_resistance(Analyser(noise=0.002).spectrum(cell, 1), **SHEET)
    assert found.arc == "interface"
    assert found.value_ohm is not None
    assert abs(found.value_ohm - 12.0) < 4 * found.uncertainty_ohm


def test_a_semicircle_that_may_be_either_is_asked_for() -> None:
    cell = Cell(80.0, spike_Q=2e-3, bulk_F=3e-8, lead_ohm=12.0)
    spectrum = Analyser(noise=0.002).spectrum(cell, 1)
    found = read_resistance(spectrum, **SHEET)
    assert found.arc == "undecided"
    assert found.value_ohm is None
    assert "--arc" in found.reason
    assert read_resistance(spectrum).value_ohm is None
    bulk = read_resistance(spectrum, arc="bulk")
    edge = read_resistance(spectrum, arc="interface")
    assert bulk.value_ohm == pytest.approx(92.0, rel=0.01)
    assert edge.value_ohm == pytest.approx(12.0, rel=0.01)


def test_a_person_may_choose_way_circuit_and_range() -> None:
    spectrum = Analyser(noise=0.002).spectrum(Cell(12.0, 3e-7), 1)
    for way in ("crossing", "extrapolation", "circuit"):
        found = read_resistance(spectrum, main=way, **SHEET)
        assert found.main == way
        assert found.value_ohm == found.way(way).value_ohm
    found = read_resistance(spectrum, circuit="R-(RQ)-Q", arc="interface", **SHEET)
    assert [f.circuit for f in found.fits] == ["R-(RQ)-Q"]
    found = read_resistance(spectrum, spike_Hz=(10.0, 1000.0), **SHEET)
    assert float(found.way("extrapolation").detail["lowest_Hz"]) >= 10.0
    assert float(found.way("extrapolation").detail["highest_Hz"]) <= 1000.1
    with pytest.raises(InputError, match="--spike-lowest"):
        read_resistance(spectrum, spike_Hz=(10.0, 10.5), **SHEET)


def test_a_wrong_circuit_is_seen_by_the_other_ways() -> None:
    """The spike of a Warburg element read as a capacitor-like circuit without it: disagreement enters the uncertainty."""
    spectrum = Analyser(noise=0.001).spectrum(Cell(12.0, spike_Q=1e-3, spike_n=0.7), 1)
    found = read_resistance(spectrum, circuit="R-W", main="circuit", **SHEET)
    assert found.value_ohm is None or abs(found.value_ohm - 12.0) < 3 * found.uncertainty_ohm
    assert status(found, "circuit") == "fail"
    free = read_resistance(spectrum, **SHEET)
    assert free.value_ohm is not None
    assert abs(free.value_ohm - 12.0) < 4 * free.uncertainty_ohm


def test_quality_is_said() -> None:
    good = read_resistance(Analyser(noise=0.001).spectrum(Cell(12.0, 3e-7), 1), **SHEET)
    assert all(c.status == "pass" for c in good.checks)
    few = read_resistance(Analyser(noise=0.001, per_decade=3).spectrum(Cell(12.0, 3e-7), 1), **SHEET)
    assert status(few, "points per decade") == "warn"
    far = read_resistance(
        Analyser(noise=0.001, highest_Hz=200.0, lowest_Hz=0.1).spectrum(Cell(12.0), 1), **SHEET
    )
    assert status(far, "high frequencies") == "fail"
    noisy = read_resistance(Analyser(noise=0.05).spectrum(Cell(12.0, 3e-7), 1), **SHEET)
    assert status(noisy, "noise") == "fail"


def test_inductance_alone_is_said() -> None:
    f = np.geomspace(1e6, 1e4, 21)
    z = 2.0 + 2j * np.pi * f * 1e-6
    rng = np.random.default_rng(2)
    z = z * (1 + 0.001 * (rng.normal(size=21) + 1j * rng.normal(size=21)))
    found = read_resistance(Spectrum("leads", "", f, z), **SHEET)
    assert status(found, "inductance") == "fail"
    r, error, inductance = lead_resistance(Spectrum("leads", "", f, z))
    assert abs(r - 2.0) < 4 * error
    assert inductance == pytest.approx(1e-6, rel=1e-3)


def test_the_fall_of_a_semicircle_is_no_spike() -> None:
    cell = Cell(500.0, spike_Q=math.inf, bulk_F=1e-9, lead_ohm=100.0)
    f, z = Analyser(noise=0.001, lowest_Hz=1e3).measure(cell, 1)
    found = extrapolation(f, z, 0.001)
    assert found.value_ohm is None
    whole = read_resistance(Spectrum("t", "", f, z), arc="bulk")
    assert whole.value_ohm == pytest.approx(600.0, rel=2e-3)


def test_digits_count_where_noise_does_not_average_them() -> None:
    rng = np.random.default_rng(1)
    coarse = np.round(12.34 + 0.001 * rng.normal(size=30), 1)
    assert digits_error(coarse, 12.34, 1e-4) == pytest.approx(0.1 / math.sqrt(12))
    # Half a step of noise and a step's own: nothing is left, exp(-5) of it.
    assert digits_error(np.round(12.34 + 0.05 * rng.normal(size=30), 1), 12.34, 0.058 / 12.34) < 0.01 * 0.1
    assert digits_error(12.34 + 0.05 * rng.normal(size=30), 12.34, 1e-4) == 0.0
    assert digits_error(coarse, -1.0, 1e-4) == 0.0


def test_no_crossing_is_a_reason() -> None:
    f, z = Analyser(highest_Hz=1e3).measure(Cell(12.0))
    found = crossing(f, z, 0.001)
    assert found.value_ohm is None
    assert "does not cross the axis" in found.reason


def test_drift_widens_or_is_told() -> None:
    cell = Cell(12.0, 3e-7, spike_Q=2e-2)
    found = read_resistance(Analyser(noise=0.001, drift=0.3).spectrum(cell, 1), **SHEET)
    still = read_resistance(Analyser(noise=0.001).spectrum(cell, 1), **SHEET)
    assert found.uncertainty_ohm > 20 * still.uncertainty_ohm
    assert status(found, "Kramers-Kronig") == "warn"
    # The membrane went from 12 to 15.6 ohm; what is given lies between.
    assert found.value_ohm is not None
    assert 12.0 < found.value_ohm < 15.6
