"""Molecular weight: averages of known distributions, calibration, baseline and sign, conversion, spreading, coverage."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from percola.errors import InputError
from percola.lab import analyse
from percola.lab.gpc import spec
from percola.lab.gpc.calibration import calibrate, from_coefficients
from percola.lab.gpc.distribution import averages, converted, mass_distribution, unspread
from percola.lab.gpc.method import NAMES, analyse_tables
from percola.lab.gpc.synthetic import Chromatograph
from percola.lab.setting import parse_settings
from percola.lab.table import Column, Table

CLEAN = Chromatograph(noise=0, drift=0, standard_error=0)


def table(**columns: Any) -> Table:
    return Table("x.csv", "", tuple(Column(n, u, np.asarray(v, float)) for n, (u, v) in columns.items()))


def settings(**given: Any) -> dict[str, Any]:
    return parse_settings(spec.SPEC.settings, given)


def run(c: Chromatograph, seed: int = 0, **given: Any) -> Any:
    v, y = c.trace(seed)
    sv, sm = c.standards(seed)
    return analyse_tables(
        [table(volume=("ml", v), signal=("", y))],
        table(volume=("ml", sv), mp=("g/mol", sm)),
        settings(**given),
    )


def test_averages_of_poisson_and_of_a_log_normal() -> None:
    # Living polymerization: degrees of polymerization 1 + Poisson(nu): Mw/Mn = 1 + nu/(1 + nu)^2 (Flory 1940).
    nu, unit = 50.0, 64.03
    k = np.arange(1, 400)
    number = stats.poisson.pmf(k - 1, nu)
    found = averages(k * unit, number * k * unit)
    assert found.number == pytest.approx(unit * (nu + 1), rel=1e-12)
    assert found.dispersity == pytest.approx(1 + nu / (1 + nu) ** 2, rel=1e-12)
    # Wesslau: Mw/Mn = Mz/Mw = exp(sigma^2).
    x = np.linspace(-9, 9, 4001)
    found = averages(np.exp(12 + 0.9 * x), np.exp(-(x**2) / 2))
    assert found.weight == pytest.approx(math.exp(12 + 0.81 / 2), rel=1e-9)
    assert found.dispersity == pytest.approx(math.exp(0.81), rel=1e-9)
    assert found.z / found.weight == pytest.approx(math.exp(0.81), rel=1e-9)


def test_a_clean_chromatogram_gives_its_distribution() -> None:
    found = run(CLEAN)
    weight, number, z, dispersity = (m.value for m in found.measurements)
    assert [m.name for m in found.measurements] == list(NAMES)
    # Limits at 0.05 % of the height cut the tails; Mz feels them most (docstring of the tails).
    assert weight == pytest.approx(362, rel=1e-3)
    assert number == pytest.approx(362 / 2.4, rel=1e-3)
    assert dispersity == pytest.approx(2.4, rel=1e-3)
    assert z == pytest.approx(362 * 2.4, rel=6e-3)
    assert found.measurements[0].unit == "kg/mol"
    assert found.measurements[0].evidence["sign_of_peak"] == -1
    assert any("negative" in n for n in found.notes)


def test_the_distribution_holds_the_mass_and_the_same_averages() -> None:
    found = run(CLEAN)
    curve = next(p for p in found.panels if p.key == "distribution").curves[0]
    log_m = np.log10(curve.x * 1e3)
    by = np.argsort(log_m)
    # Trapezoids on 800 slices of a smooth curve: 1e-5.
    assert integrate.trapezoid(curve.y[by], log_m[by]) == pytest.approx(1.0, abs=1e-5)
    # Moments of dW/dlog M by another rule than the slices' sums.
    m = 10 ** log_m[by]
    weight = integrate.simpson(curve.y[by] * m, x=log_m[by])
    number = 1 / integrate.simpson(curve.y[by] / m, x=log_m[by])
    assert weight == pytest.approx(found.measurements[0].value * 1e3, rel=1e-4)
    assert number == pytest.approx(found.measurements[1].value * 1e3, rel=1e-4)
    # A universal conversion stretches log M and keeps the mass.
    cal = calibrate(*CLEAN.standards())
    x = np.linspace(12, 20, 900)
    h = np.exp(-((x - 16) ** 2))
    log_p = converted(cal.log_molar_mass(x), 0.011, 0.725, 0.02, 0.6)
    area = integrate.trapezoid(mass_distribution(x, h, cal, 1.725 / 1.6)[::-1], log_p[::-1])
    assert area == pytest.approx(1.0, abs=1e-4)


def test_order_of_the_calibration_by_its_rule() -> None:
    x = np.linspace(12, 20, 12)
    line = calibrate(x, 10 ** (12 - 0.4 * x))
    assert line.order == 1
    cubic = calibrate(*CLEAN.standards())
    assert cubic.order == 3
    np.testing.assert_allclose(
        cubic.log_molar_mass(cubic.x), cubic.log_m, atol=1e-3
    )  # volumes given to 0.001 ml
    # Beyond the standards the end's tangent goes on.
    step = (
        cubic.log_molar_mass(np.array([cubic.high + 1.0]))[0]
        - cubic.log_molar_mass(np.array([cubic.high]))[0]
    )
    assert step == pytest.approx(float(cubic.slope(np.array([cubic.high]))[0]), rel=1e-12)
    assert calibrate(x, 10 ** (12 - 0.4 * x), "5").order == 5
    few = calibrate(x[:4], 10 ** (12 - 0.4 * x[:4]))
    assert few.order == 1
    for bad in (
        (x[:2], 10 ** x[:2]),
        (x, 10**x),
        (x, np.zeros(12)),
        (np.full(12, 15.0), 10 ** (12 - 0.4 * x)),
    ):
        with pytest.raises(InputError):
            calibrate(*bad)
    given = from_coefficients("12.6, -0.42", 12, 20)
    np.testing.assert_allclose(given.log_molar_mass(x), 12.6 - 0.42 * x, rtol=1e-12)
    for text in ("12.6", "a,b", "1,0.4"):
        with pytest.raises(InputError):
            from_coefficients(text, 12, 20)


def test_conversion_is_universal() -> None:
    log_m = np.linspace(3, 7, 9)
    np.testing.assert_allclose(converted(log_m, 0.01, 0.7, 0.01, 0.7), log_m, rtol=1e-12)
    log_p = converted(log_m, 0.011, 0.725, 0.03, 0.66)
    # The same hydrodynamic volume: K M^(a+1).
    np.testing.assert_allclose(0.011 * 10 ** (1.725 * log_m), 0.03 * 10 ** (1.66 * log_p), rtol=1e-9)
    with pytest.raises(InputError) as error:
        run(CLEAN, k_polymer="0.03", a_polymer="0.66")
    assert error.value.where == "--k-standard"
    found = run(CLEAN, k_polymer=0.03, a_polymer=0.66, k_standard=0.011, a_standard=0.725)
    # A log-normal stays one: ln M_p = const + s ln M, s = 1.725/1.66.
    s = 1.725 / 1.66
    sigma2 = math.log(2.4)
    centre = math.log(3.62e5) - sigma2 / 2
    weight = math.exp(math.log(0.011 / 0.03) / 1.66 + s * centre + s * s * sigma2 / 2) / 1e3
    assert found.measurements[0].value == pytest.approx(weight, rel=2e-3)
    assert "grubisic1967" in found.measurements[0].citations


def test_spreading_is_taken_off_exactly_where_the_calibration_is_straight() -> None:
    wide = dataclasses.replace(CLEAN, c=0.0, spreading_ml=0.35, dispersity=1.5)
    raw = run(wide)
    d2 = (math.log(10) * 0.42 * 0.35) ** 2
    assert raw.measurements[0].value == pytest.approx(362 * math.exp(d2 / 2), rel=2e-3)
    mended = run(wide, spreading="0.35 ml")
    assert mended.measurements[0].value == pytest.approx(362, rel=2e-3)
    assert mended.measurements[3].value == pytest.approx(1.5, rel=2e-3)
    back = unspread(averages(np.array([1e5]), np.array([1.0])), 0.42, 0.0)
    assert back.weight == pytest.approx(1e5)


def test_flow_marker_and_times() -> None:
    off = dataclasses.replace(CLEAN, flow=1.01)
    # 1 % of flow moves Mw by about ln 10 x 0.42/ml x 0.17 ml = 16 %.
    assert run(off).measurements[0].value > 1.1 * 362
    # A marker at 24 ml comes at 24/1.01 ml on the nominal axis.
    mended = run(off, marker=f"{24 / 1.01:.5f} ml", marker_expected="24 ml")
    assert mended.measurements[0].value == pytest.approx(362, rel=1e-3)
    v, y = CLEAN.trace()
    sv, sm = CLEAN.standards()
    in_time = table(time=("min", v / 0.5), signal=("", y))
    standards = table(volume=("ml", sv), mp=("g/mol", sm))
    with pytest.raises(InputError) as error:
        analyse_tables([in_time], standards, settings())
    assert error.value.where == "--flow-rate"
    found = analyse_tables([in_time], standards, settings(flow_rate="0.5 ml/min"))
    assert found.measurements[0].value == pytest.approx(362, rel=1e-3)
    both = analyse_tables([in_time], table(time=("min", sv / 0.5), mp=("g/mol", sm)), settings())
    assert both.measurements[0].value == pytest.approx(362, rel=1e-3)


def test_system_peaks_signs_and_limits() -> None:
    salty = dataclasses.replace(CLEAN, salt=2.0)
    assert run(salty).measurements[0].value == pytest.approx(362, rel=2e-3)
    v, y = CLEAN.trace()
    both = table(volume=("ml", v), signal=("", y + 60 * np.exp(-((v - 20) ** 2) / 2 / 0.6**2)))
    sv, sm = CLEAN.standards()
    with pytest.raises(InputError) as error:
        analyse_tables([both], table(volume=("ml", sv), mp=("g/mol", sm)), settings())
    assert error.value.where == "--sign"
    # A limit of 1e5 g/mol cuts the low side: Mn of a log-normal cut there, by quadrature.
    cut = run(CLEAN, low_limit="1e5 g/mol", baseline_start="13 ml", baseline_end="22 ml")
    sigma = math.sqrt(math.log(2.4))
    centre = math.log(3.62e5) - sigma**2 / 2

    def density(u: float) -> float:
        return float(stats.norm.pdf(u, centre, sigma))

    low = math.log(1e5)
    part = integrate.quad(density, low, 25)[0]
    number = part / integrate.quad(lambda u: density(u) * math.exp(-u), low, 25)[0]
    # The last slice reaches half a reading (0.005 ml, 0.5 % of M) beyond the limit.
    assert cut.measurements[1].value == pytest.approx(number / 1e3, rel=5e-3)


def test_what_is_not_said_is_asked_for() -> None:
    v, y = CLEAN.trace()
    trace = table(volume=("ml", v), signal=("", y))
    sv, sm = CLEAN.standards()
    standards = table(volume=("ml", sv), mp=("g/mol", sm))
    with pytest.raises(InputError) as error:
        analyse_tables([trace], None, settings())
    assert error.value.where == "--calibration"
    with pytest.raises(InputError) as error:
        analyse_tables([trace], None, settings(coefficients="12.6,-0.42"))
    assert error.value.where == "--calibrated-from"
    found = analyse_tables(
        [trace], None, settings(coefficients="12.6,-0.42", calibrated_from="11 ml", calibrated_to="22 ml")
    )
    assert found.measurements[0].value == pytest.approx(362, rel=0.05)  # the cubic part is left out
    flat = table(volume=("ml", v), signal=("", np.zeros(len(v))))
    back = table(volume=("ml", v[::-1]), signal=("", y))
    short = table(volume=("ml", v[:20]), signal=("", y[:20]))
    elsewhere = table(volume=("ml", v + 50), signal=("", y))
    for bad in (flat, back, short, elsewhere):
        with pytest.raises(InputError):
            analyse_tables([bad], standards, settings())
    with pytest.raises(InputError):
        run(CLEAN, start="12 kg")


@pytest.mark.parametrize(
    "c", [Chromatograph(), Chromatograph(salt=0.5, step=0.002)], ids=["noise", "salt, digits"]
)
def test_the_stated_uncertainty_covers_the_truth(c: Chromatograph) -> None:
    """Standards wrong by 2 %, flow by 0.1 %, noise of 1/1000, a drift of 5 % of the height."""
    random = np.random.default_rng(3)
    inside = np.zeros(4)
    for seed in range(200):
        found = run(dataclasses.replace(c, flow=1 + 0.001 * random.standard_normal()), seed)
        true = (362, 362 / 2.4, 362 * 2.4, 2.4)
        for k, m in enumerate(found.measurements):
            inside[k] += abs(m.value - true[k]) <= 1.96 * m.uncertainty
    assert np.all(inside >= 180)
    # Mw and Mn: not wider than they need. Mz and dispersity are, by tails that may lie under the noise.
    assert np.all(inside[:2] <= 198)


def test_injections_and_files(tmp_path: Path) -> None:
    c = Chromatograph()
    trace, standards = c.write(tmp_path, 1)
    again = tmp_path / "again.csv"
    v, y = dataclasses.replace(c, flow=1.002).trace(9)
    again.write_text(
        "Volume (ml),Signal\n" + "\n".join(f"{a:.4f},{b:.5f}" for a, b in zip(v, y, strict=True))
    )
    found = analyse("gpc", [trace, again], {"calibration": str(standards)})
    m = found.measurements[0]
    assert isinstance(m.value, float)
    assert m.value == pytest.approx(362, rel=0.08)
    assert len(m.evidence["injections"]) == 2
    assert m.evidence["relative_uncertainty"]["injections"]["Mw"] > 0.005
    assert len(json.dumps(found.to_dict(), allow_nan=False)) < 300_000
