"""Water permeability: water's properties, the steady part, units, areas, pressures, the bore, coverage."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from percola.errors import InputError
from percola.lab.permeability import spec
from percola.lab.permeability.flux import bore_loss, pressure_line, steady_part
from percola.lab.permeability.method import L_M2_H_ATM, analyse_tables
from percola.lab.permeability.synthetic import Stand
from percola.lab.permeability.water import density_kg_m3, viscosity_Pa_s, viscosity_ratio
from percola.lab.setting import parse_settings
from percola.lab.table import Column, Table


def table(path: str = "run.csv", **columns: Any) -> Table:
    """Columns given as name=(unit, values)."""
    return Table(path, "", tuple(Column(n, u, np.asarray(v, float)) for n, (u, v) in columns.items()))


def settings(**given: Any) -> dict[str, Any]:
    return parse_settings(spec.SPEC.settings, given)


def balance(stand: Stand, seed: int = 0) -> Table:
    t, mass = stand.record(seed)
    return table(time=("s", t), mass=("kg", mass))


def test_water_has_the_tabulated_viscosity_and_density() -> None:
    # ISO/TR 3666: 1.0016 mPa s at 20 degC; IAPWS R12-08, table: 889.735 uPa s at 298.15 K and 998 kg/m3 (0.89002 at
    # 0.1 MPa); 653.0 at 40 degC. Last digits of the tables.
    for kelvin, value in ((293.15, 1.0016e-3), (298.15, 0.8900e-3), (313.15, 0.6527e-3)):
        assert viscosity_Pa_s(kelvin) == pytest.approx(value, rel=2e-4)
    # CRC handbook: 999.70 at 10, 997.05 at 25, 992.22 at 40 degC.
    for kelvin, value in ((283.15, 999.70), (298.15, 997.05), (313.15, 992.22)):
        assert density_kg_m3(kelvin) == pytest.approx(value, abs=0.011)
    # A colder run is slower: its flux is multiplied by more than one. 0.3 K are 0.66 %.
    ratio, error = viscosity_ratio(293.15, 0.3)
    assert ratio == pytest.approx(1.0016 / 0.8900, rel=2e-4)
    numeric = (viscosity_Pa_s(293.45) - viscosity_Pa_s(292.85)) / 2 / 0.89e-3
    assert error == pytest.approx(math.hypot(numeric, 0.0025 * ratio), rel=0.02)
    with pytest.raises(InputError, match="0 to 100 degC"):
        viscosity_Pa_s(25.0)


def test_a_clean_run_is_exact() -> None:
    t = np.arange(0.0, 600.0, 10.0)
    found = steady_part(t, 3e-5 * t)
    assert found.flow == pytest.approx(3e-5, rel=1e-12)
    assert found.start_s == 0
    assert found.settled
    assert found.decline == "none"


def test_start_up_is_left_out_and_decline_is_named() -> None:
    t, m = Stand().record(1)
    found = steady_part(t, m)
    assert found.start_s > 120  # one time constant of the start-up at least
    assert found.settled
    t, m = Stand(decline=0.3, start_up=0).record(1)
    linear = steady_part(t, m)
    assert not linear.settled
    assert linear.trend == "falling"
    assert linear.decline == "linear"
    # The flow falls by 30 % in 1800 s.
    assert linear.rate_1_s * 1800 == pytest.approx(0.3, rel=0.02)
    fouled = 1e-6 * (0.4 * t + 0.6 * 900 * -np.expm1(-t / 900))
    exponential = steady_part(t, fouled)
    assert exponential.decline == "exponential"
    assert exponential.rate_1_s == pytest.approx(1 / 900, rel=1e-3)
    assert exponential.final == pytest.approx(0.4e-6, rel=1e-3)


def test_atmosphere_and_kilogram_are_told_apart() -> None:
    stand = Stand(start_up=0, reading_kg=0, step_kg=0)
    m = analyse_tables(
        [balance(stand)], settings(area=stand.area_m2, pressure="1 kg/cm2", temperature="25 degC")
    )
    found = m.measurement("water_permeability")
    assert found is not None
    assert isinstance(found.value, float)
    assert found.value == pytest.approx(stand.permeability_m_sPa, rel=1e-9)
    assert found.unit == "m/(s.Pa)"
    assert found.region == "wall"
    per_atm, printed = found.evidence["L_m2_h_atm"], found.evidence["L_m2_h_per_kgf_cm2"]
    assert per_atm == pytest.approx(found.value * L_M2_H_ATM)
    assert per_atm / printed == pytest.approx(1.0332, abs=5e-5)  # 101325/98066.5
    flux = stand.permeability_m_sPa * 98066.5 * 3.6e6
    assert printed == pytest.approx(flux, rel=1e-9)


def test_temperature_is_taken_out() -> None:
    warm = Stand(temperature_K=303.15, start_up=0, reading_kg=0, step_kg=0)
    found = analyse_tables(
        [balance(warm)], settings(area=warm.area_m2, pressure=98066.5, temperature="30 degC")
    )
    m = found.measurement("water_permeability")
    assert m is not None
    assert m.value == pytest.approx(warm.permeability_m_sPa, rel=1e-9)


@pytest.mark.parametrize("basis", ["inner", "outer", "log-mean"])
def test_areas_of_a_fibre(basis: str) -> None:
    t = np.arange(0.0, 600.0, 10.0)
    flow = 2e-9  # m3/s
    inside, outside, length, n = 0.7e-3, 1.26e-3, 0.2, 3
    run = table(time=("s", t), volume=("m3", flow * t))
    given = {
        "geometry": "fibre", "basis": basis, "inside_diameter": inside, "outside_diameter": outside, "length": length, "fibres": n,
        "pressure": "1 atm", "temperature": "25 degC", "open_ends": "two",
    }  # fmt: skip
    found = analyse_tables([run], settings(**given))
    m, k = found.measurement("water_permeability"), found.measurement("permeability")
    assert m is not None
    assert k is not None
    assert isinstance(m.value, float)
    per_length = flow / 101325.0 / (math.pi * length * n)
    mean = (outside - inside) / math.log(outside / inside)
    assert m.value == pytest.approx(per_length / {"inner": inside, "outer": outside, "log-mean": mean}[basis])
    assert m.evidence["inner_area_m_sPa"] == pytest.approx(per_length / inside)
    assert m.evidence["outer_area_m_sPa"] == pytest.approx(per_length / outside)
    # Darcy in rings: Q = 2 pi l k dp/(eta ln(do/di)), whatever the basis; the log-mean area makes a sheet of it.
    assert k.value == pytest.approx(per_length * viscosity_Pa_s(298.15) * math.log(outside / inside) / 2)
    assert k.value == pytest.approx(per_length / mean * viscosity_Pa_s(298.15) * (outside - inside) / 2)


def test_what_is_not_said_is_asked_for_by_name() -> None:
    run = balance(Stand())
    for given, option in (
        ({"pressure": "1 atm", "temperature": "25 degC"}, "--area"),
        ({"area": "10 cm2", "temperature": "25 degC"}, "--pressure"),
        ({"area": "10 cm2", "pressure": "1 atm"}, "--temperature"),
        ({"geometry": "fibre", "pressure": "1 atm", "temperature": "25 degC"}, "--basis"),
        (
            {"geometry": "fibre", "basis": "inner", "pressure": "1 atm", "temperature": "25 degC"},
            "--inside-diameter",
        ),
        (
            {
                "geometry": "fibre",
                "basis": "inner",
                "inside_diameter": "1 mm",
                "pressure": "1 atm",
                "temperature": 298.0,
            },
            "--length",
        ),
    ):
        with pytest.raises(InputError) as error:
            analyse_tables([run], settings(**given))
        assert error.value.where == option
    good = {"area": "10 cm2", "pressure": "1 atm", "temperature": "25 degC"}
    t, m = Stand().record()
    for bad in (
        table(time=("s", t[::-1]), mass=("kg", m)),
        table(time=("s", t[:3]), mass=("kg", m[:3])),
        table(time=("s", t), mass=("kg", -m)),
        table(time=("s", t)),
        table(mass=("kg", m)),
        table(time=("s", np.full(len(t), np.nan)), mass=("kg", m)),
    ):
        with pytest.raises(InputError):
            analyse_tables([bad], settings(**good))


def test_pressures_give_a_line_through_the_origin() -> None:
    p = np.array([0.5, 1.0, 1.5, 2.0]) * 1e5
    line = pressure_line(p, 2e-9 * p, np.zeros(4))
    assert line.slope == pytest.approx(2e-9, rel=1e-12)
    # A gauge that reads 5 kPa low is an intercept of +5 kPa times the permeability.
    noise = 2e-9 * p * 0.001
    line = pressure_line(p - 5e3, 2e-9 * p, noise)
    assert line.intercept_m_s == pytest.approx(1e-5, rel=1e-6)
    run = table(pressure=("Pa", p - 5e3), flux=("m/s", 2e-9 * p + 1e-12 * np.array([1, -1, -1, 1])))
    found = analyse_tables([run], settings(temperature="25 degC"))
    (m,) = found.measurements
    assert {c.name: c.status for c in m.checks}["flux against pressure goes through the origin"] == "warn"
    bent = table(pressure=("Pa", p), flux=("m/s", 2e-9 * p * (1 - p / 1e6)))
    (m,) = analyse_tables([bent], settings(temperature="25 degC")).measurements
    assert {c.name: c.status for c in m.checks}["flux is linear in pressure"] == "warn"


def test_stairs_of_pressure_in_one_file() -> None:
    t = np.arange(0.0, 900.0, 10.0)
    p = np.where(t < 300, 0.5e5, np.where(t < 600, 1e5, 1.5e5))
    v = np.concatenate([[0.0], np.cumsum(np.diff(t) * 2e-9 * p[:-1])]) * 1e-3
    found = analyse_tables(
        [table(time=("s", t), volume=("m3", v), pressure=("Pa", p))],
        settings(area=1e-3, temperature="25 degC"),
    )
    (m,) = found.measurements
    assert len(m.evidence["flux_against_pressure"]) == 3
    assert m.value == pytest.approx(2e-9, rel=1e-6)


def test_loss_along_the_bore_against_the_equations_on_a_grid() -> None:
    inside, length, eta, true = 0.3e-3, 0.5, 8.9e-4, 5e-9
    n = 4000
    # dQ/dx = pi d L p and dp/dx = -128 eta Q/(pi d^4): closed at x = 0, outlet pressure difference 1 at x = l.
    x = np.linspace(0, length, n)
    h = x[1] - x[0]
    p, q = np.empty(n), np.zeros(n)
    p[0] = 1.0

    def rates(pp: float, qq: float) -> tuple[float, float]:
        return 128 * eta * qq / (math.pi * inside**4), math.pi * inside * true * pp

    for i in range(n - 1):
        a, b = rates(p[i], q[i])
        c, d = rates(p[i] + h * a / 2, q[i] + h * b / 2)
        p[i + 1], q[i + 1] = p[i] + h * c, q[i] + h * d
    measured = q[-1] / (math.pi * inside * length) / p[-1]
    loss, found = bore_loss(measured, eta, inside, length, 1)
    # Midpoint rule, 4000 steps of 1/4000 of 2.5 decay lengths: 1e-6.
    assert found == pytest.approx(true, rel=1e-5)
    assert loss == pytest.approx(1 - measured / true, rel=1e-5)
    assert bore_loss(measured, eta, inside, length, 2)[0] < loss
    # Thin losses: m^2/3.
    loss, _ = bore_loss(1e-12, eta, 1e-3, 0.1, 1)
    assert loss == pytest.approx(128 * eta * 1e-12 * 0.01 / 1e-9 / 3, rel=1e-3)


@pytest.mark.parametrize(
    "stand",
    [
        Stand(start_up=0, reading_kg=2e-3),
        Stand(),
        Stand(flow_noise=0.05),
        Stand(step_kg=2e-3, reading_kg=0.0),
    ],
    ids=["reading noise", "start-up", "flow noise", "coarse digits"],
)
def test_the_stated_uncertainty_covers_the_truth(stand: Stand) -> None:
    """Area, pressure and temperature are wrong by what is stated of them; the record carries its own noise."""
    random = np.random.default_rng(5)
    inside = 0
    for seed in range(200):
        wrong = random.standard_normal(3)
        given = settings(
            area=stand.area_m2 * (1 + 0.01 * wrong[0]),
            pressure=stand.pressure_Pa * (1 + 0.01 * wrong[1]),
            temperature=stand.temperature_K + 0.3 * wrong[2],
        )
        m = analyse_tables([balance(stand, seed)], given).measurements[0]
        assert isinstance(m.value, float)
        assert m.uncertainty is not None
        inside += abs(m.value - stand.permeability_m_sPa) <= 1.96 * m.uncertainty
    assert 180 <= inside <= 198


def test_panels_and_results_are_plain_data() -> None:
    import json

    found = analyse_tables(
        [balance(Stand())], settings(area=1e-3, pressure="1 kg/cm2", temperature="25 degC")
    )
    text = json.dumps(found.to_dict(), allow_nan=False)
    assert len(text) < 50_000
    assert found.panels[0].bands


def test_a_wall_too_thick_for_a_membrane_is_told() -> None:
    def names(thickness: str) -> list[str]:
        told = settings(
            geometry="sheet", area="1 cm2", pressure="1 bar", temperature="25 degC", thickness=thickness
        )
        found = analyse_tables([balance(Stand())], told)
        return [c.name for c in found.measurements[0].checks if c.status == "warn"]

    assert "thickness" in names("100 mm")
    assert "thickness" not in names("100 um")
