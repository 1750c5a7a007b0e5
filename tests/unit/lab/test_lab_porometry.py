"""Half-dry method: hand calculation, independent crossing, coverage, distribution, quality of the data, refusals."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from scipy.stats import norm

from percola.errors import InputError
from percola.lab.panel import Panel
from percola.lab.porometry.crossing import crossing
from percola.lab.porometry.curves import Run, digit, noise, plateau, rising
from percola.lab.porometry.halfdry import half_dry, pooled
from percola.lab.porometry.method import Specimen, analyse_tables, specimen_of_runs
from percola.lab.porometry.pores import Scale, scale
from percola.lab.porometry.spec import SPEC
from percola.lab.porometry.synthetic import (
    ML_MIN,
    Instrument,
    Membrane,
    both,
    capillary_flow,
    measure,
    true_flow,
)
from percola.lab.setting import parse_settings
from percola.lab.table import Column, Table
from percola.measure.flow.gas import AIR
from percola.measure.flow.liquids import ETHANOL, given_liquid, names, tension_slope_N_mK, wetting_liquid
from percola.measurement import Measurement

TRACE = np.linspace(2e3, 2.6e5, 130)
#: A good instrument: 0.3 % of the reading, 0.3 ml/min, 60 Pa, digits, some diffusion, drift of 0.1 % between the runs.
REAL = {
    "flow_noise": 0.003,
    "flow_floor_m3_s": 0.3 * ML_MIN,
    "pressure_noise_Pa": 60.0,
    "flow_digit_m3_s": 0.1 * ML_MIN,
    "pressure_digit_Pa": 10.0,
    "diffusion_m3_s_Pa": 2e-5 * ML_MIN,
    "offset_m3_s": 0.5 * ML_MIN,
    "drift_per_s": 1e-6,
}


def told(**more: Any) -> dict[str, Any]:
    return parse_settings(
        SPEC.settings, {"liquid": "ethanol", "temperature": "25 degC", "flow_conditions": "standard", **more}
    )


def ethanol(**more: Any) -> Scale:
    return scale(told(**more), {}, "test")


def run(wet: Run, dry: Run | None, **more: Any) -> Specimen:
    given = told(**more)
    return specimen_of_runs(
        "specimen", wet, dry, scale(given, {}, "test"), given, given["flow_conditions"] or ""
    )


def of(found: Specimen, name: str) -> Measurement:
    return next(m for m in found.measurements if m.name == name)


def status(m: Measurement, name: str) -> str:
    return next(c.status for c in m.checks if c.name == name)


def true_mean_flow_Pa(m: Membrane) -> float:
    """The mean flow pressure by adaptive quadrature and bisection, without the synthetic instrument's own integrals."""

    def flow(pressure: float, smallest: float) -> float:
        def density(x: float) -> float:
            d = math.exp(x)
            return float(capillary_flow(np.array([d]), np.array([pressure]), AIR)[0]) * norm.pdf(
                (x - math.log(m.median_m)) / m.spread
            )

        top, bottom = math.log(m.largest_m), max(math.log(smallest), math.log(m.median_m) - 6 * m.spread)
        return float(quad(density, bottom, top, epsabs=0, epsrel=1e-9, limit=200)[0]) if bottom < top else 0.0

    bar, one = 1e5, lambda p: float(capillary_flow(np.array([m.largest_m]), np.array([p]), AIR)[0])
    a, b = (1 - m.largest_share) / flow(bar, 1e-12), m.largest_share / one(bar)

    def balance(p: float) -> float:
        opened = 4 * ETHANOL.surface_tension_N_m / p
        wet = a * flow(p, opened) + (b * one(p) if opened <= m.largest_m else 0.0)
        return wet / (a * flow(p, 1e-12) + b * one(p)) - 0.5

    return float(brentq(balance, 4 * ETHANOL.surface_tension_N_m / m.largest_m * 1.0001, 3e5, rtol=1e-10))


def test_constants_of_the_standard() -> None:
    liquid = Scale(given_liquid(22.1e-3), 298.15, 0.0, ())
    # 0.5 um with 22.1 mN/m: 126.4 kPa by 2860 gamma/p, 176.8 kPa by 4 gamma/p (four digits).
    assert liquid.f316_m(126.4e3) == pytest.approx(0.5e-6, rel=5e-4)
    assert liquid.young_laplace_m(176.8e3) == pytest.approx(0.5e-6, rel=5e-4)
    assert liquid.f316_m(1e5) / liquid.young_laplace_m(1e5) == pytest.approx(0.715, rel=1e-12)
    # E128's 30 gamma/P with P in mm of mercury is 4 gamma/p to the digits of 30 and of the millimetre.
    assert liquid.e128_m(1e5) == pytest.approx(liquid.young_laplace_m(1e5), rel=2e-4)
    # The contact angle is in the capillary's diameter and not in F316's.
    tilted = Scale(given_liquid(22.1e-3, contact_angle_rad=math.radians(60)), 298.15, 0.0, ())
    assert tilted.f316_m(1e5) == liquid.f316_m(1e5)
    assert tilted.young_laplace_m(1e5) == pytest.approx(liquid.young_laplace_m(1e5) / 2, rel=1e-12)


def hand_table() -> tuple[Run, Run]:
    """The table printed in the documentation (kPa, ml/min)."""
    p = np.array([50.0, 75.0, 100.0, 125.0, 150.0, 175.0, 200.0]) * 1e3
    wet = np.array([0.0, 0.0, 60.0, 700.0, 2100.0, 3600.0, 4600.0]) * ML_MIN
    dry = np.array([1000.0, 1550.0, 2100.0, 2700.0, 3300.0, 3950.0, 4600.0]) * ML_MIN
    return Run("wet", p, wet), Run("dry", p, dry)


def test_mean_flow_pore_of_the_printed_table() -> None:
    """By hand: at 125 kPa wet - dry/2 = 700 - 1350 = -650, at 150 kPa 2100 - 1650 = +450; the straight line crosses at
    125 + 25 * 650/1100 = 139.773 kPa; 2860 * 21.97/139773 = 0.44955 um."""
    found = run(*hand_table())
    assert of(found, "mean_flow_pressure").value == pytest.approx(125e3 + 25e3 * 650 / 1100, rel=1e-12)
    assert of(found, "average_pore_size").value == pytest.approx(0.44955e-6, rel=1e-4)  # five digits by hand
    assert of(found, "average_pore_size").evidence["young_laplace_diameter_m"] == pytest.approx(
        4 * 21.97e-3 / 139772.727, rel=1e-9
    )
    # Bubble point: between the last reading without flow and the first with it.
    assert of(found, "bubble_point_pressure").value == pytest.approx(87.5e3)
    error = of(found, "mean_flow_pressure").uncertainty
    # Seven readings know the crossing to a few percent of the step between them at best, and to 1/sqrt(12) of it at worst.
    assert error is not None
    assert 0.5e3 < error < 25e3 / math.sqrt(12) + 1e3


def test_synthetic_truth_by_independent_inversion_and_crossing_by_scipy() -> None:
    m = Membrane()
    truth = true_mean_flow_Pa(m)
    wet, dry = both(m, np.linspace(1e3, 2.6e5, 2000))
    independent = brentq(
        lambda p: float(interp1d(wet.pressure_Pa, wet.flow_m3_s - dry.flow_m3_s / 2)(p)), 9e4, 2.5e5
    )
    half = half_dry(wet, dry)
    assert half.mean_flow is not None
    # The chord of a step of 130 Pa is off by less than step^2/8 times curvature over slope, below 1 Pa here.
    assert half.mean_flow.at == pytest.approx(independent, abs=1.0)
    assert half.mean_flow.at == pytest.approx(truth, abs=1.0)
    assert abs(half.mean_flow.at - truth) < 3 * max(half.mean_flow.error, 0.3)


def test_stated_uncertainty_covers_the_truth() -> None:
    """200 repetitions with noise, drift, digits, diffusion, calibration and surface tension drawn anew."""
    m = Membrane()
    given, liquid = told(), ethanol()
    bubble_true = 4 * ETHANOL.surface_tension_N_m / m.largest_m
    mean_true = true_mean_flow_Pa(m)
    truth = {
        "average_pore_size": liquid.f316_m(mean_true),
        "maximum_pore_size": liquid.f316_m(bubble_true),
        "bubble_point_pressure": bubble_true,
        "pore_size_ratio": mean_true / bubble_true,
    }
    inside = dict.fromkeys(truth, 0)
    for seed in range(200):
        draw = np.random.default_rng([11, seed])
        instrument = Instrument(
            **REAL, pressure_gain=0.005 * draw.standard_normal(), flow_gain=0.01 * draw.standard_normal()
        )
        tension = 1 + liquid.tension_error * draw.standard_normal()
        p = TRACE + 2e3 * (draw.random() - 0.5)
        # A true surface tension other than the table's moves every pressure.
        wet, dry = (
            replace(r, pressure_Pa=r.pressure_Pa * tension) for r in both(m, p / tension, instrument, seed)
        )
        found = specimen_of_runs("specimen", wet, dry, liquid, given, "standard")
        for name, value in truth.items():
            x = of(found, name)
            assert isinstance(x.value, float)
            assert x.uncertainty is not None
            # The pressure itself is what is measured; the table's tension does not enter it.
            aim = value * tension if name == "bubble_point_pressure" else value
            inside[name] += abs(x.value - aim) < 1.96 * x.uncertainty
    # 95 % is meant; 200 repetitions scatter by 1.5 %, so 90 to 99 % is three standard deviations either way.
    assert all(180 <= n <= 199 for n in inside.values()), inside


def test_ratio_is_free_of_calibration_and_tension() -> None:
    wet, dry = both(Membrane(), TRACE, Instrument(**REAL), 3)
    one = run(wet, dry)
    gain = [replace(r, pressure_Pa=r.pressure_Pa * 1.07) for r in (wet, dry)]
    two = run(*gain, surface_tension="30 mN/m")
    # Only rounding of the digits' step is left.
    assert of(two, "pore_size_ratio").value == pytest.approx(of(one, "pore_size_ratio").value, rel=1e-6)
    ratio, mean = of(one, "pore_size_ratio"), of(one, "average_pore_size")
    assert isinstance(ratio.value, float)
    assert isinstance(mean.value, float)
    largest = of(one, "maximum_pore_size")
    assert isinstance(largest.value, float)
    assert ratio.value == pytest.approx(largest.value / mean.value, rel=1e-12)
    assert 0 < ratio.evidence["correlation_of_errors"] < 1
    q = (largest.uncertainty or 0) / largest.value, (mean.uncertainty or 0) / mean.value
    rho = ratio.evidence["correlation_of_errors"]
    # The correlated sum gives back the ratio's own error.
    assert ratio.uncertainty == pytest.approx(
        ratio.value * math.sqrt(q[0] ** 2 + q[1] ** 2 - 2 * rho * q[0] * q[1]), rel=1e-9
    )


@settings(max_examples=25, deadline=None)
@given(k=st.floats(0.05, 20.0), f=st.floats(0.01, 100.0))
def test_scaling(k: float, f: float) -> None:
    """Pressures times k are diameters over k; flows times f change no pore size."""
    wet, dry = hand_table()
    a = run(wet, dry)
    b = run(*(replace(r, pressure_Pa=r.pressure_Pa * k, flow_m3_s=r.flow_m3_s * f) for r in (wet, dry)))
    for name in ("average_pore_size", "maximum_pore_size"):
        x, y = of(a, name).value, of(b, name).value
        assert isinstance(x, float)
        assert isinstance(y, float)
        assert y * k == pytest.approx(x, rel=1e-9)  # rounding


def test_distribution_sums_to_what_opened_and_follows_the_truth() -> None:
    m = Membrane()
    wet, dry = both(m, np.linspace(1e3, 2.6e5, 600), Instrument(**REAL), 5)
    found = run(wet, dry, bins=12)
    d = of(found, "smallest_pore_size").evidence["distribution"]
    assert sum(d["share"]) == pytest.approx(d["larger"][-1], abs=1e-4)  # five printed digits
    edges = np.array(d["edges_m"])
    at = 2860e-6 * 1e3 * ETHANOL.surface_tension_N_m / edges
    true_share = true_flow(m, at, True) / true_flow(m, at, False)
    # Away from the step at the first edge; noise of 0.3 % and diffusion of 0.1 % of the flow.
    assert np.abs(np.array(d["larger"])[1:] - true_share[1:]).max() < 0.012
    smooth = run(wet, dry, bins=60, smoothing="monotone")
    shares = of(smooth, "smallest_pore_size").evidence["distribution"]["share"]
    assert min(shares) >= 0
    own = run(wet, dry, edge=["0.3 um", "0.5 um", "0.7 um"])
    assert of(own, "smallest_pore_size").evidence["distribution"]["edges_m"] == [7e-7, 5e-7, 3e-7]


def test_pooling_is_the_closest_rising_sequence() -> None:
    values = np.array([1.0, 3.0, 2.0, 2.5, 5.0, 4.0])
    out = pooled(values, np.ones(6))
    assert out == pytest.approx([1.0, 2.5, 2.5, 2.5, 4.5, 4.5])
    assert np.all(np.diff(out) >= 0)


def test_smallest_pore_lies_where_the_last_percent_opens() -> None:
    m = Membrane()
    wet, dry = both(m, np.linspace(1e3, 2.6e5, 400), Instrument(flow_noise=1e-4), 1)
    x = of(run(wet, dry), "smallest_pore_size")
    least = x.evidence["missing_share_taken_as_none"]
    p = brentq(
        lambda p: (
            float((true_flow(m, np.array([p]), True) / true_flow(m, np.array([p]), False))[0]) - (1 - least)
        ),
        1.3e5,
        2.6e5,
    )
    assert isinstance(x.value, float)
    assert x.uncertainty is not None
    assert abs(x.value - ethanol().f316_m(p)) < 3 * x.uncertainty


def test_evidence_is_what_the_report_of_a_simulation_reads() -> None:
    found = run(*both(Membrane(), TRACE, Instrument(**REAL), 2))
    mean = of(found, "average_pore_size")
    curves = mean.evidence["curves"]
    keys = {"pressure_Pa", "radius_m", "wet_over_dry", "dry", "half_dry", "wet", "flow_unit"}
    assert keys <= set(curves)
    assert len({len(curves[k]) for k in keys - {"flow_unit"}}) == 1
    for key in ("f316_diameter_m", "young_laplace_diameter_m", "throat_radius_m", "pressure_Pa", "liquid"):
        assert key in mean.evidence
    for m in found.measurements:
        text = json.dumps(m.to_dict())
        assert len(text) < 50_000
        assert Measurement.from_dict(json.loads(text)).value == m.value
    by_key = {p.key: p for p in found.panels}
    assert by_key["flow"].overlay == "porometer"
    assert by_key["pore_size_distribution"].overlay == "pore_size_distribution"
    for p in found.panels:
        assert Panel.from_dict(json.loads(json.dumps(p.to_dict()))).key == p.key


# Quality of the data


def test_wet_above_dry_is_told() -> None:
    wet, dry = both(Membrane(), TRACE, Instrument(**REAL), 1)
    bad = run(replace(wet, flow_m3_s=wet.flow_m3_s * 1.15), dry)
    assert status(of(bad, "average_pore_size"), "wet not above dry") == "fail"
    assert "deformed" in next(
        c.message for c in of(bad, "pore_size_ratio").checks if c.name == "wet not above dry"
    )
    good = run(wet, dry)
    assert status(of(good, "average_pore_size"), "wet not above dry") == "pass"


def test_curves_that_never_meet() -> None:
    wet, dry = both(Membrane(), TRACE, Instrument(**REAL), 1)
    short = wet.kept(wet.pressure_Pa < 1.45e5)
    found = run(short, dry)
    assert of(found, "average_pore_size").defined
    assert status(of(found, "average_pore_size"), "curves meet") == "warn"
    assert of(found, "smallest_pore_size").value is None
    shorter = run(wet.kept(wet.pressure_Pa < 1.25e5), dry)
    assert of(shorter, "average_pore_size").value is None
    assert "less than half" in of(shorter, "average_pore_size").reason
    assert of(shorter, "maximum_pore_size").defined
    assert of(shorter, "pore_size_ratio").value is None


def test_wet_run_that_never_opens() -> None:
    wet, dry = both(Membrane(), np.linspace(1e3, 8e4, 80), Instrument(**REAL), 1)
    found = run(wet, dry)
    for name in ("average_pore_size", "maximum_pore_size", "bubble_point_pressure", "pore_size_ratio"):
        assert of(found, name).value is None
        assert of(found, name).reason
    assert status(of(found, "maximum_pore_size"), "bubble point reached") == "fail"
    assert "apart" in next(
        c.message for c in of(found, "average_pore_size").checks if c.name == "curves meet"
    )


def test_only_a_wet_run_gives_the_bubble_point_and_says_why_no_more() -> None:
    found = run(measure(Membrane(), TRACE, True, Instrument(**REAL), 1), None)
    assert of(found, "maximum_pore_size").defined
    assert of(found, "average_pore_size").reason == "there is no dry run"
    with pytest.raises(InputError, match="wet run"):
        specimen_of_runs("x", None, measure(Membrane(), TRACE, False), ethanol(), told())


def test_flow_meter_at_its_end_is_left_out() -> None:
    # The range ends at two thirds of the flow: half of the dry flow at the crossing is far below.
    limit = Instrument(**REAL, range_m3_s=5000 * ML_MIN)
    wet, dry = both(Membrane(), TRACE, limit, 1)
    assert plateau(rising(dry).run) > 3
    found = run(wet, dry)
    clear = run(*both(Membrane(), TRACE, Instrument(**REAL), 1))
    assert of(found, "average_pore_size").value == pytest.approx(
        of(clear, "average_pore_size").value, rel=2e-3
    )
    assert any(c.name.startswith("flow meter in range") and c.status == "warn" for c in found.checks)


def test_dry_curve_that_misses_zero() -> None:
    wet, dry = both(Membrane(), TRACE, Instrument(**REAL), 1)
    found = run(wet, replace(dry, flow_m3_s=dry.flow_m3_s + 150 * ML_MIN))
    assert status(of(found, "average_pore_size"), "dry curve through zero") == "warn"


def test_background_is_found_and_its_part_at_the_crossing_taken_off() -> None:
    m = Membrane()
    leaky = Instrument(**{**REAL, "leak_m3_s_Pa": 1e-3 * ML_MIN, "diffusion_m3_s_Pa": 0.0})
    wet, dry = both(m, TRACE, leaky, 4)
    found = run(wet, dry)
    first = of(found, "maximum_pore_size").evidence["first_flow"]
    error = first["background_uncertainty"][1]
    assert abs(first["background_slope_m3_s_Pa"] - 1e-3 * ML_MIN) < 4 * error  # four standard deviations
    p = of(found, "mean_flow_pressure")
    assert isinstance(p.value, float)
    assert p.uncertainty is not None
    assert abs(p.value - true_mean_flow_Pa(m)) < 2.5 * p.uncertainty
    assert status(of(found, "maximum_pore_size"), "no flow below the bubble point") in ("pass", "warn")
    assert any("background" in n for n in found.notes)


def test_readings_on_the_way_down_are_left_out() -> None:
    wet, dry = both(Membrane(), TRACE, Instrument(**REAL), 1)
    down = measure(Membrane(), TRACE[::4], False, Instrument(**REAL), 9)
    there_and_back = Run(
        "wet",
        np.concatenate([wet.pressure_Pa, down.pressure_Pa[::-1]]),
        np.concatenate([wet.flow_m3_s, down.flow_m3_s[::-1]]),
    )
    a, b = run(wet, dry), run(there_and_back, dry)
    assert of(a, "average_pore_size").value == of(b, "average_pore_size").value
    check = next(c for c in b.checks if c.name == "pressure rises")
    assert "readings after the highest pressure left out" in check.message


def test_too_few_readings_at_the_crossing_are_told() -> None:
    p = np.array([2e4, 5e4, 8e4, 1.1e5, 1.9e5, 2.3e5, 2.6e5])
    found = run(*both(Membrane(), p))
    assert status(of(found, "average_pore_size"), "readings at the crossing") == "warn"
    truth = true_mean_flow_Pa(Membrane())
    x = of(found, "mean_flow_pressure")
    assert isinstance(x.value, float)
    assert x.uncertainty is not None
    assert abs(x.value - truth) < 2 * x.uncertainty


def test_lag_of_the_flow_reading_is_undone() -> None:
    m, truth = Membrane(), true_mean_flow_Pa(Membrane())
    slow = Instrument(lag_s=20.0, rate_Pa_s=200.0)  # 4 kPa late
    wet, dry = both(m, TRACE, slow)
    table = _table(wet, dry, time=True)
    late = analyse_tables([[table]], told())
    right = analyse_tables([[table]], told(response_time="20 s"))
    errors = [abs(float(a.measurement("mean_flow_pressure").value) - truth) for a in (late, right)]  # type: ignore[union-attr, arg-type]
    assert errors[0] > 2e3  # the dry curve lags too, which undoes part
    assert errors[1] < 0.1 * errors[0]


def test_digits_are_seen_and_noise_is_not_taken_for_them() -> None:
    rng = np.random.default_rng(0)
    noisy = rng.normal(5, 1, 300)
    assert digit(noisy) == 0
    assert digit(np.round(noisy, 1)) == pytest.approx(0.1, rel=1e-6)
    assert digit(np.zeros(50)) == 0


def test_noise_is_told_from_shape() -> None:
    wet, dry = both(
        Membrane(), np.linspace(1e3, 2.6e5, 400), Instrument(flow_noise=0.01, flow_floor_m3_s=ML_MIN), 3
    )
    found = noise(wet, dry)
    assert found.share == pytest.approx(0.01, rel=0.15)  # medians of some 370 residuals: 1.17/sqrt(740) = 4 %
    assert found.floor_m3_s == pytest.approx(ML_MIN, rel=0.3)
    still = noise(*both(Membrane(), np.linspace(1e3, 2.6e5, 400)))
    assert still.share < 1e-6


def test_crossing_of_a_line_is_exact_and_of_none_is_none() -> None:
    x = np.linspace(0, 1, 11)
    found = crossing(x, 2 * x - 0.731, np.zeros(11))
    assert found is not None
    assert found.at == pytest.approx(0.3655, rel=1e-12)
    assert crossing(x, x + 1, np.zeros(11)) is None
    assert crossing(x, -x - 1, np.zeros(11)) is None


# Reading


def _column(header: str, unit: str, values: np.ndarray[Any, np.dtype[np.float64]]) -> Column:
    return Column(header, unit, np.asarray(values, float))


def _table(wet: Run, dry: Run, time: bool = False, **more: Any) -> Table:
    columns = [
        _column("Wet pressure", "kPa", wet.pressure_Pa / 1e3),
        _column("Wet flow", "ml/min", wet.flow_m3_s / ML_MIN),
        _column("Dry pressure", "kPa", dry.pressure_Pa / 1e3),
        _column("Dry flow", "ml/min", dry.flow_m3_s / ML_MIN),
        _column("Half dry flow", "ml/min", dry.flow_m3_s / ML_MIN / 2),
    ]
    if time:
        assert wet.time_s is not None
        columns.append(_column("Time", "s", wet.time_s))
    return Table("file.csv", "", tuple(columns), **more)


def average(tables: list[list[Table]], **more: Any) -> float:
    m = analyse_tables(tables, told(**more)).measurement("average_pore_size")
    assert m is not None
    assert isinstance(m.value, float)
    return m.value


def test_every_way_to_write_two_runs_gives_the_same() -> None:
    wet, dry = both(Membrane(), TRACE, Instrument(**REAL), 1)
    expected = average([[_table(wet, dry)]])

    def one(title: str, r: Run, path: str = "file.csv", factor: float = 1e3, unit: str = "kPa") -> Table:
        return Table(path, title, (_column("Pressure", unit, r.pressure_Pa / factor), _column("Flow", "ml/min", r.flow_m3_s / ML_MIN)))  # fmt: skip

    assert average([[one("Dry curve", dry), one("Wet curve", wet)]]) == pytest.approx(expected, rel=1e-12)
    assert average([[one("", wet, "a_nass.csv")], [one("", dry, "a_trocken.csv")]]) == pytest.approx(expected)
    assert average([[one("", dry, "a.csv")], [one("", wet, "b.csv")]]) == pytest.approx(expected, rel=1e-12)
    assert average([[one("wet", wet, factor=6894.757293168361, unit="PSIG"), one("dry", dry)]]) == pytest.approx(expected)  # fmt: skip
    both_ = Run(
        "", np.concatenate([dry.pressure_Pa, wet.pressure_Pa]), np.concatenate([dry.flow_m3_s, wet.flow_m3_s])
    )
    assert average([[one("", both_)]]) == pytest.approx(expected, rel=1e-12)
    assert average([[one("", both_)]], order="dry-wet") == pytest.approx(expected, rel=1e-12)
    words = ("乾燥",) * len(dry.pressure_Pa) + ("湿潤",) * len(wet.pressure_Pa)
    labelled = one("", both_)
    column = Column("測定", "", np.full(len(words), np.nan), words)
    assert average([[replace(labelled, columns=(*labelled.columns, column))]]) == pytest.approx(
        expected, rel=1e-12
    )
    # Absolute pressures, standard flow in its usual spelling.
    absolute = Table(
        "file.csv",
        "",
        tuple(
            _column(f"{w} {q}", u, v)
            for w, r in (("wet", wet), ("dry", dry))
            for q, u, v in (
                ("absolute pressure", "bar", (r.pressure_Pa + 101325) / 1e5),
                ("flow", "sccm", r.flow_m3_s / ML_MIN),
            )
        ),
    )
    assert average([[absolute]], outlet_pressure="101.325 kPa") == pytest.approx(expected, rel=1e-6)
    with pytest.raises(InputError, match="outlet-pressure"):
        average([[absolute]])


def test_what_a_file_leaves_open_is_asked_for_by_name() -> None:
    wet, dry = both(Membrane(), TRACE, Instrument(**REAL), 1)
    table = _table(wet, dry)
    with pytest.raises(InputError, match="--liquid"):
        analyse_tables([[table]], parse_settings(SPEC.settings, {}))
    with pytest.raises(InputError, match="ethanol"):
        analyse_tables([[table]], told(liquid="etanol"))
    bare = replace(table, columns=(replace(table.columns[0], unit=""), *table.columns[1:]))
    with pytest.raises(InputError, match="has no unit"):
        analyse_tables([[bare]], told())
    high = Table(
        "file.csv",
        "wet",
        (
            _column("Pressure", "kPa", np.linspace(101, 300, 50)),
            _column("Flow", "ml/min", np.linspace(0, 9, 50) ** 3),
        ),
    )
    with pytest.raises(InputError, match="--pressure-kind"):
        analyse_tables([[high]], told())
    alike = Table(
        "file.csv",
        "",
        (
            _column("Pressure", "kPa", np.tile(np.linspace(1, 100, 50), 2)),
            _column("Flow", "ml/min", np.tile(np.linspace(1, 100, 50), 2)),
        ),
    )
    with pytest.raises(InputError, match="--order"):
        analyse_tables([[alike]], told())
    twice = replace(table, columns=(*table.columns, _column("Wet flow 2", "ml/min", wet.flow_m3_s)))
    with pytest.raises(InputError, match="--column wet_flow"):
        analyse_tables([[twice]], told())
    for bad in (-50.0, 1e9):
        p = wet.pressure_Pa / 1e3
        p[5] = bad
        columns = (_column("Wet pressure", "kPa", p), *table.columns[1:])
        with pytest.raises(InputError):
            analyse_tables([[replace(table, columns=columns)]], told())


def test_facts_of_the_file_are_used() -> None:
    wet, dry = both(Membrane(), TRACE, Instrument(**REAL), 1)
    table = _table(wet, dry, facts={"Wetting liquid": "2-propanol", "Temperature": "20 degC"})
    plain = parse_settings(SPEC.settings, {})
    found = analyse_tables([[table]], plain).measurement("average_pore_size")
    assert found is not None
    assert found.evidence["surface_tension_N_m"] == wetting_liquid("2-propanol", 293.15).surface_tension_N_m
    stated = replace(table, facts={"Oberflächenspannung": "15,9 mN/m"})
    found = analyse_tables([[stated]], plain).measurement("average_pore_size")
    assert found is not None
    assert found.evidence["surface_tension_N_m"] == pytest.approx(15.9e-3)


def test_several_specimens_give_mean_and_scatter() -> None:
    tables, sizes = [], []
    for i, median in enumerate((0.58e-6, 0.6e-6, 0.62e-6)):
        pair = both(Membrane(median_m=median), TRACE, Instrument(**REAL), i)
        tables.append([replace(_table(*pair), path=f"s{i}.csv")])
        sizes.append(average([tables[-1]]))
    found = analyse_tables(tables, told())
    m = found.measurement("average_pore_size")
    assert m is not None
    assert m.value == pytest.approx(np.mean(sizes), rel=1e-12)
    spread = float(np.std(sizes, ddof=1))
    assert m.evidence["standard_deviation"] == pytest.approx(spread, rel=1e-12)
    assert m.uncertainty is not None
    assert m.uncertainty > spread / math.sqrt(3)
    assert len(next(t for t in found.tables if t.key == "specimens").rows) == 5
    assert len({p.key for p in found.panels}) == len(found.panels) == 12


# Liquids


def test_liquids_against_temperature() -> None:
    # Jasper's line for ethanol, by hand: 24.05 - 0.0832 * 20 = 22.386 mN/m.
    assert wetting_liquid("ethanol", 293.15).surface_tension_N_m == pytest.approx(22.386e-3, rel=1e-9)
    # It meets the value at 25 degC without a step.
    assert wetting_liquid("ethanol", 298.17).surface_tension_N_m == pytest.approx(
        ETHANOL.surface_tension_N_m, rel=1e-4
    )
    assert tension_slope_N_mK("ethanol") == pytest.approx(-0.0832e-3, rel=1e-6)
    assert tension_slope_N_mK("porefil") == 0
    assert wetting_liquid("IPA") == wetting_liquid("2-propanol")
    assert wetting_liquid("エタノール") == ETHANOL
    assert {"porefil", "galwick", "porofil", "galpore", "silwick"} <= set(names())
    with pytest.raises(InputError, match="mN/m"):
        given_liquid(22.1)  # mN/m written as N/m


def test_capillary_flow_has_both_limits() -> None:
    p = np.array([1e3])
    wide = capillary_flow(np.array([1e-3]), p) / capillary_flow(np.array([0.5e-3]), p)
    assert wide[0] == pytest.approx(16, rel=2e-3)  # Poiseuille d^4; slip adds 0.1 %
    thin = capillary_flow(np.array([2e-9]), p) / capillary_flow(np.array([1e-9]), p)
    assert thin[0] == pytest.approx(8, rel=2e-2)  # Knudsen d^3 within the profile's approach to it


def test_an_onset_too_gradual_for_the_meter_is_said():
    """Median 0.5 um, largest 1.6 um: the widest pores pass less than the meter's noise, and the reading is a lower bound."""
    instrument = Instrument(flow_noise=0.003, flow_floor_m3_s=0.3 * ML_MIN)
    gradual = Membrane(median_m=0.5e-6, spread=0.25, largest_m=1.6e-6, largest_share=0.0)
    sharp = Membrane(median_m=0.5e-6, spread=0.25, largest_m=1.0e-6, largest_share=0.02)
    found = {}
    for key, membrane in (("gradual", gradual), ("sharp", sharp)):
        wet, dry = both(membrane, TRACE, instrument, 3)
        found[key] = status(of(run(wet, dry), "maximum_pore_size"), "sharp onset")
    assert found == {"gradual": "warn", "sharp": "pass"}


def test_a_liquid_of_the_file_that_an_option_replaces_is_told() -> None:
    file = {"liquid": "Galwick", "surface_tension": "15.9 dyn/cm"}
    taken = scale(told(), file, "test")
    assert len(taken.checks) == 1
    assert taken.checks[0].status == "warn"
    message = taken.checks[0].message
    assert "the file says Galwick, 15.9 mN/m" in message
    assert "--liquid ethanol was taken" in message
    # The library's ethanol at 25 degC.
    assert "21.9" in message or "22" in message.split("taken")[1]
    assert not scale(told(), {"liquid": "Ethanol", "surface_tension": "21.9 mN/m"}, "test").checks
    assert not scale(told(), {}, "test").checks
    other = scale(told(liquid=None, surface_tension="22 mN/m"), file, "test")
    assert "--surface-tension 22 mN/m" in other.checks[0].message
    warm = scale(told(), {"temperature": "40 degC"}, "test")
    assert "the file says 40 degC" in warm.checks[0].message
    wet, dry = both(Membrane(), TRACE, Instrument(**REAL), 1)
    given = told()
    found = specimen_of_runs("specimen", wet, dry, taken, given, "standard")
    for name in ("average_pore_size", "maximum_pore_size", "threshold_flow_pore_size", "smallest_pore_size"):
        assert status(of(found, name), "liquid as the file states it") == "warn", name


def test_wet_and_dry_exchanged_leave_no_size_unmarked() -> None:
    for seed in range(4):
        wet, dry = both(Membrane(), TRACE, Instrument(**REAL), seed)
        found = run(replace(dry, state="wet"), replace(wet, state="dry"))
        for name in (
            "average_pore_size",
            "maximum_pore_size",
            "threshold_flow_pore_size",
            "smallest_pore_size",
        ):
            check = next(c for c in of(found, name).checks if c.name == "wet not above dry")
            assert check.status == "fail", name
            assert "may be exchanged" in check.message
    # A specimen that the wet run deformed: the bubble point stands.
    bad = run(replace(wet, flow_m3_s=wet.flow_m3_s * 1.15), dry)
    assert all(c.name != "wet not above dry" for c in of(bad, "threshold_flow_pore_size").checks)


def test_the_constant_is_said_in_words() -> None:
    words = ethanol().constant_words
    assert "2860 gamma/p (ASTM F316)" in words
    assert "1.40 times" in words  # 4/2.86
