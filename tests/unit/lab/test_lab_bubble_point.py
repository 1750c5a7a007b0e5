"""Bubble point: first flow with its false alarms, threshold flow, diffusion, readings, several specimens."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from percola.errors import InputError
from percola.lab.bubble_point.method import analyse, analyse_tables, of_run
from percola.lab.bubble_point.spec import SPEC
from percola.lab.porometry.curves import Run, noise
from percola.lab.porometry.onset import FALSE_ALARM, first_flow
from percola.lab.porometry.pores import scale
from percola.lab.porometry.synthetic import ML_MIN, Instrument, Membrane, measure, true_flow
from percola.lab.reading import ReadOptions
from percola.lab.setting import parse_settings
from percola.lab.table import Column, Table
from percola.measure.flow.liquids import ETHANOL
from percola.measurement import Measurement

RAMP = np.linspace(1e3, 1.2e5, 120)
SHUT = Membrane(median_m=2e-8, largest_m=3e-8)
REAL = Instrument(
    flow_noise=0.003, flow_floor_m3_s=0.3 * ML_MIN, pressure_noise_Pa=60.0, diffusion_m3_s_Pa=5e-5 * ML_MIN
)


def told(**more: Any) -> dict[str, Any]:
    return parse_settings(SPEC.settings, {"liquid": "ethanol", "temperature": "25 degC", **more})


def found(run: Run, **more: Any) -> dict[str, Measurement]:
    given = told(**more)
    results, *_ = of_run(run, scale(given, {}, "test"), given, given["flow_conditions"] or "")
    return {m.name: m for m in results}


def test_no_flow_is_rarely_taken_for_a_bubble() -> None:
    """400 records of noise, offset and diffusion without any opening: 1 % of false alarms is stated."""
    instrument = Instrument(flow_floor_m3_s=ML_MIN, diffusion_m3_s_Pa=5e-5 * ML_MIN, offset_m3_s=0.3 * ML_MIN)
    alarms = 0
    for seed in range(400):
        run = measure(SHUT, RAMP, True, instrument, seed)
        alarms += first_flow(run, noise(run, None)) is not None
    # Binomial: 4 expected, more than 11 has a probability of 0.1 %.
    assert alarms <= 11, alarms
    assert FALSE_ALARM == 0.01


def test_first_flow_with_its_error_finds_the_largest_pore() -> None:
    """100 repetitions, the step of a few wide pores (1 % of the flow) anywhere between two readings."""
    m = Membrane()
    truth = 4 * ETHANOL.surface_tension_N_m / m.largest_m
    inside = 0
    for seed in range(100):
        shift = np.random.default_rng([5, seed]).random() - 0.5
        run = measure(m, RAMP + 1e3 * shift, True, REAL, seed)
        onset = first_flow(run, noise(run, None))
        assert onset is not None
        inside += abs(onset.pressure_Pa - truth) < 1.96 * onset.error_Pa
    # 95 % is meant, within three binomial standard deviations (2.2 % each), up to all.
    assert 88 <= inside <= 100, inside


def test_background_of_diffusion_is_fitted() -> None:
    run = measure(Membrane(), RAMP, True, replace(REAL, offset_m3_s=2 * ML_MIN), 7)
    onset = first_flow(run, noise(run, None))
    assert onset is not None
    assert abs(onset.background[0] - 2 * ML_MIN) < 4 * onset.background_error[0]  # four standard deviations
    assert abs(onset.background[1] - 5e-5 * ML_MIN) < 4 * onset.background_error[1]
    m = found(run)["maximum_pore_size"]
    first = m.evidence["first_flow"]
    assert first["detectable_flow_m3_s"] < 3 * ML_MIN
    assert first["quiet_readings"] > 50


def test_both_definitions_are_named_and_apart() -> None:
    m = Membrane(largest_share=0.0)
    run = measure(m, RAMP, True, REAL, 3)
    both = found(run, flow_conditions="standard", threshold_flow=["30 ml/min", "100 ml/min"])
    first, threshold = both["maximum_pore_size"], both["threshold_flow_pore_size"]
    assert "first flow" in first.method
    assert "threshold flow 30 ml/min" in threshold.method
    assert isinstance(first.value, float)
    assert isinstance(threshold.value, float)
    # A threshold is reached after the first pore has opened: the calculated bubble point is always the smaller diameter.
    assert threshold.value < first.value
    words = [d["definition"] for d in first.evidence["definitions"]]
    assert words == ["first flow", "threshold flow 30 ml/min", "threshold flow 100 ml/min"]
    # By the true curve, with what diffuses.
    grid = np.linspace(8.8e4, 1.1e5, 4000)
    true = true_flow(m, grid, True) + 5e-5 * ML_MIN * grid
    p = float(np.interp(30 * ML_MIN, true, grid))
    assert threshold.uncertainty is not None
    assert abs(threshold.value - 2860e-3 * ETHANOL.surface_tension_N_m / p) < 2.5 * threshold.uncertainty
    chosen = found(run, flow_conditions="standard", definition="threshold")["maximum_pore_size"]
    assert chosen.value == threshold.value
    assert "threshold" in chosen.method


def test_threshold_scales_with_area_and_needs_the_conditions_of_the_flow() -> None:
    run = measure(Membrane(largest_share=0.0), RAMP, True, REAL, 3)
    small = found(
        run, flow_conditions="standard", threshold_flow=["60 ml/min"], threshold_area="10 cm2", area="5 cm2"
    )
    plain = found(run, flow_conditions="standard", threshold_flow=["30 ml/min"])
    assert small["threshold_flow_pore_size"].value == plain["threshold_flow_pore_size"].value
    with pytest.raises(InputError, match="--area"):
        found(run, threshold_area="10 cm2")
    with pytest.raises(InputError, match="--flow-conditions"):
        found(run, definition="threshold")
    inlet = found(run, flow_conditions="inlet")["threshold_flow_pore_size"]
    assert isinstance(inlet.value, float)
    # Stated before the specimen the same number is more gas: the threshold is reached earlier.
    assert inlet.value > plain["threshold_flow_pore_size"].value  # type: ignore[operator]
    unsure = found(run)["threshold_flow_pore_size"]
    assert unsure.uncertainty is not None
    assert plain["threshold_flow_pore_size"].uncertainty is not None
    assert unsure.uncertainty > plain["threshold_flow_pore_size"].uncertainty
    never = found(run, threshold_flow=["100 l/min"])["threshold_flow_pore_size"]
    assert never.value is None
    assert "1e+05 ml/min" in never.reason


def test_membrane_that_stays_shut_has_no_bubble_point() -> None:
    run = measure(SHUT, RAMP, True, REAL, 5)
    m = found(run)["maximum_pore_size"]
    assert m.value is None
    assert "background" in m.reason
    assert any(c.name == "bubble point reached" and c.status == "fail" for c in m.checks)


def test_few_readings_bracket_the_bubble_point() -> None:
    p = np.array([50.0, 75.0, 100.0, 125.0]) * 1e3
    run = Run("wet", p, np.array([0.0, 0.0, 60.0, 700.0]) * ML_MIN)
    m = found(run)["bubble_point_pressure"]
    assert m.value == pytest.approx(87.5e3)
    calibration = 0.005 * 87.5e3
    assert m.uncertainty == pytest.approx(math.hypot(25e3 / math.sqrt(12), calibration), rel=1e-9)
    open_ = Run("wet", p, np.array([10.0, 40.0, 60.0, 700.0]) * ML_MIN)
    first = found(open_)["bubble_point_pressure"]
    # Flow from the first reading on: anywhere below it.
    assert first.value == pytest.approx(25e3)


def test_head_of_the_liquid_is_taken_off() -> None:
    run = measure(Membrane(), RAMP, True, REAL, 3)
    a, b = (found(run, **x)["bubble_point_pressure"].value for x in ({}, {"head_pressure": "500 Pa"}))
    assert isinstance(a, float)
    assert isinstance(b, float)
    assert a - b == pytest.approx(500.0, rel=1e-9)
    with pytest.raises(InputError, match="--head-pressure"):
        found(run, head_pressure="200 kPa")


def readings(values: list[float], unit: str = "kgf/cm2", **more: Any) -> Table:
    return Table("readings.csv", "", (Column("Bubble point", unit, np.array(values)),), **more)


def test_readings_give_mean_and_standard_deviation() -> None:
    values = [0.90, 0.92, 0.88, 0.91, 0.89]
    a = analyse_tables([[readings(values)]], told())
    p, size = a.measurement("bubble_point_pressure"), a.measurement("maximum_pore_size")
    assert p is not None
    assert size is not None
    si = np.array(values) * 98066.5
    assert p.value == pytest.approx(si.mean(), rel=1e-12)
    s = si.std(ddof=1)
    assert p.evidence["standard_deviation_Pa"] == pytest.approx(s, rel=1e-12)
    digit = 0.01 * 98066.5
    assert p.uncertainty == pytest.approx(
        math.sqrt(s**2 / 5 + (0.005 * si.mean()) ** 2 + digit**2 / 12), rel=1e-9
    )
    assert size.value == pytest.approx(np.mean(2860e-3 * ETHANOL.surface_tension_N_m / si), rel=1e-9)
    assert len(a.tables[0].rows) == 7
    odd = analyse_tables([[readings([0.9, 0.91, 0.89, 0.9, 0.9, 1.6])]], told()).measurement(
        "maximum_pore_size"
    )
    assert odd is not None
    assert next(c for c in odd.checks if c.name == "no outlier").status == "warn"
    assert len(odd.evidence["specimens"]) == 6  # kept


def test_one_reading_says_that_it_is_one() -> None:
    m = analyse_tables([[readings([0.9])]], told()).measurement("bubble_point_pressure")
    assert m is not None
    assert m.uncertainty is not None
    assert next(c for c in m.checks if c.name == "readings").status == "warn"


@pytest.mark.parametrize("bad", [[], [float("nan")], [0.0, 1.0], [-1.0]])
def test_readings_that_are_none_are_refused(bad: list[float]) -> None:
    with pytest.raises(InputError):
        analyse_tables([[readings(bad)]], told())


def test_absolute_readings_need_the_pressure_behind() -> None:
    with pytest.raises(InputError, match="--outlet-pressure"):
        analyse_tables([[readings([190.0], "kPa")]], told(pressure_kind="absolute"))
    m = analyse_tables(
        [[readings([190.0], "kPa")]], told(pressure_kind="absolute", outlet_pressure="100 kPa")
    )
    p = m.measurement("bubble_point_pressure")
    assert p is not None
    assert p.value == pytest.approx(90e3)


def test_several_ramps_are_specimens() -> None:
    def table(seed: int) -> Table:
        run = measure(Membrane(largest_m=(0.98 + 0.02 * seed) * 1e-6), RAMP, True, REAL, seed)
        columns = (
            Column("pressure", "mbar", run.pressure_Pa / 100),
            Column("flow", "ml/min", run.flow_m3_s / ML_MIN),
        )
        return Table(f"ramp_{seed}.csv", "", columns)

    a = analyse_tables([[table(i)] for i in range(3)], told())
    m = a.measurement("maximum_pore_size")
    assert m is not None
    assert [s["specimen"] for s in m.evidence["specimens"]] == [
        "ramp_0",
        "ramp_1",
        "ramp_2",
    ]
    assert len(a.panels) == 3
    assert a.tables[0].key == "specimens"
    one = analyse_tables([[table(1)]], told())
    assert one.measurement("maximum_pore_size").value == pytest.approx(m.evidence["specimens"][1]["value"])  # type: ignore[union-attr]
    with pytest.raises(InputError, match="beside ramps"):
        analyse_tables([[table(0)], [readings([0.9])]], told())


@pytest.mark.parametrize(
    ("unit", "plain", "kind"),
    [
        ("MPa abs", "MPa", "absolute"),
        ("kPa abs", "kPa", "absolute"),
        ("kPa (abs)", "kPa", "absolute"),
        ("bar(g)", "bar", "gauge"),
        ("bar (gauge)", "bar", "gauge"),
        ("psig", "psi", "gauge"),
        ("mbara", "mbar", "absolute"),
        ("MPa", "MPa", ""),
    ],
)
def test_units_that_say_what_a_pressure_is(unit: str, plain: str, kind: str) -> None:
    from percola.lab.porometry.intake import pressure_unit

    assert pressure_unit(unit) == (plain, kind)


@pytest.mark.parametrize(("unit", "per_kPa"), [("MPa abs", 1e-3), ("kPa abs", 1.0)])
def test_absolute_readings_are_taken_as_such(tmp_path: Path, unit: str, per_kPa: float) -> None:
    file = tmp_path / "read.csv"
    rows = "\n".join(f"{i},{v * per_kPa:.6f}" for i, v in enumerate((181.3, 182.3, 180.3), 1))
    file.write_text(f"Specimen,Bubble point ({unit})\n{rows}\n", encoding="utf-8")
    out = analyse([file], told(outlet_pressure="101.3 kPa"), ReadOptions())
    value = out.measurement("bubble_point_pressure")
    assert value is not None
    # 181.3 kPa absolute over 101.3 kPa; six decimals are written.
    assert value.value == pytest.approx(80e3, abs=1.0)
    with pytest.raises(InputError, match="absolute"):
        analyse([file], told(), ReadOptions())


def test_an_unknown_column_is_to_be_named(tmp_path: Path) -> None:
    file = tmp_path / "ibp.csv"
    file.write_text("Specimen,IBP [psi]\n1,11.6\n2,11.8\n3,11.5\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        analyse([file], told(), ReadOptions())
    assert '--column bubble_point="IBP' in str(refused.value)
    out = analyse([file], told(), ReadOptions(columns={"bubble_point": "IBP"}))
    assert out.measurement("bubble_point_pressure") is not None
