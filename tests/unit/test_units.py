"""Quantities as people write them: every spelling of the field, every refusal, and no surprise in between."""

from __future__ import annotations

import contextlib
import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percola import units
from percola.errors import InputError


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("145 degC", "temperature", 418.15),
        ("145 °C", "temperature", 418.15),
        ("145°C", "temperature", 418.15),
        ("145 ℃", "temperature", 418.15),
        ("145 ºC", "temperature", 418.15),
        ("145 C", "temperature", 418.15),
        ("  145  degC ", "temperature", 418.15),
        ("418.15 K", "temperature", 418.15),
        ("418.15 \u212a", "temperature", 418.15),
        ("293 degF", "temperature", 418.15),
        # F is Fahrenheit, never farad: (293 + 459.67) 5/9 = 418.15
        *(
            (f"293 {unit}", "temperature", 418.15)
            for unit in ("F", "f", "°F", "° F", "℉", "deg F", "degrees F")
        ),
        *(
            (f"145 {unit}", "temperature", 418.15)
            for unit in ("C", "°C", "° C", "℃", "deg. C", "degrees Celsius")
        ),
        *((f"418.15 {unit}", "temperature", 418.15) for unit in ("K", "kelvin", "°K", "degK")),
        ("−20 °C", "temperature", 253.15),
        ("0 K", "temperature", 0.0),
        ("10 K", "temperature_difference", 10.0),
        ("10 degC", "temperature_difference", 10.0),
        ("18 degF", "temperature_difference", 10.0),
        ("0.9 mm", "length", 9e-4),
        ("0.9mm", "length", 9e-4),
        ("100 um", "length", 1e-4),
        ("100 µm", "length", 1e-4),
        ("100 μm", "length", 1e-4),
        ("100 micron", "length", 1e-4),
        ("1e-4 m", "length", 1e-4),
        ("1 inch", "length", 0.0254),
        ("1 h", "time", 3600.0),
        ("1 hr", "time", 3600.0),
        ("90 sec", "time", 90.0),
        ("10 ml/min", "volume_flow", 1e-5 / 60),
        ("10 cc/min", "volume_flow", 1e-5 / 60),
        ("10 cm3/min", "volume_flow", 1e-5 / 60),
        ("1 kgf/cm2", "pressure", 98066.5),
        ("1 kgf/cm²", "pressure", 98066.5),
        ("1 kgf/cm^2", "pressure", 98066.5),
        ("1 Kg/cm2", "pressure", 98066.5),
        ("1 Kgf/cm2", "pressure", 98066.5),
        ("1 atm", "pressure", 101325.0),
        ("3.62e5 g/mol", "molar_mass", 362.0),
        ("3.62 x 10^5 g/mol", "molar_mass", 362.0),
        ("3.62×10⁵ g/mol", "molar_mass", 362.0),
        ("362 kDa", "molar_mass", 362.0),
        ("362000 Da", "molar_mass", 362.0),
        ("1 mol/l", "molar_concentration", 1000.0),
        ("1 mol/liter", "molar_concentration", 1000.0),
        ("30 wt%", "amount", 0.30),
        ("30 wt %", "amount", 0.30),
        ("30 mass%", "amount", 0.30),
        ("46.6 parts", "amount", 46.6),
        ("46.6 parts by weight", "amount", 46.6),
        ("8 mol%", "comonomer_content", 0.08),
        ("50 %", "strain", 0.5),
        ("2 K/min", "cooling_rate", 2 / 60),
        ("2 degC/min", "cooling_rate", 2 / 60),
        ("500 W/m2/K", "heat_transfer_coefficient", 500.0),
        ("500 W/(m2.K)", "heat_transfer_coefficient", 500.0),
        ("0.8 mS/cm", "conductivity", 0.08),
        # 1e-3 m3 / (m2 . 3600 s . 101325 Pa), by hand
        ("300 L/m2.h.atm", "permeability", 0.3 / 3600 / 101325),
        ("300 liters/ m2 • hr • atm", "permeability", 0.3 / 3600 / 101325),
        ("100 kGy", "absorbed_dose", 1e5),
    ],
)
def test_spellings_of_the_field(text: str, kind: str, value: float) -> None:
    quantity = units.parse(text, kind)
    # pint multiplies its factors in floating point; three of them, so a few rounding errors.
    assert quantity.value == pytest.approx(value, rel=4e-15, abs=0)
    assert quantity.text == text


def test_round_decimals_stay_round() -> None:
    # 100 * 1e-6 is 9.999999999999999e-05; a run's identity must not depend on that.
    assert units.si_value("100 um", "length") == 1e-4
    assert units.si_value("46.6 wt%", "amount") == 0.466
    assert units.si_value("0.1 mm", "length") == units.si_value("100 um", "length")


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("145", "temperature", "without a unit"),
        ("", "temperature", "empty"),
        ("   ", "length", "empty"),
        ("hot", "temperature", "does not begin with a number"),
        ("145 mm", "temperature", "'mm' is not a unit of temperature"),
        ("0.9 kg", "length", "'kg' is not a unit of length"),
        ("0.9 mmm", "length", "did you mean 'mm'"),
        ("0.1 MM", "length", "not a unit of length"),
        ("0,9 mm", "length", "decimal point"),
        ("1,000 um", "length", "decimal point"),
        ("3-4 h", "time", "a range"),
        ("3 to 4 h", "time", "a range"),
        ("nan mm", "length", "not a finite number"),
        ("inf K", "temperature", "not a finite number"),
        ("-inf K", "temperature", "not a finite number"),
        ("1e999 mm", "length", "too large"),
        ("1 x 10^9999999999 mm", "length", "too large"),
        ("-274 degC", "temperature", "below absolute zero"),
        ("-1 K", "temperature", "below absolute zero"),
        ("10 delta_degC", "temperature", "not a unit of temperature"),
        ("293 farad", "temperature", "not a unit of temperature"),
        ("752 R", "temperature", "not a unit of temperature"),
        ("30 %", "amount", "'%' is not a unit of amount"),
        ("30 vol%", "amount", "not a unit of amount"),
        ("30 mol%", "amount", "not a unit of amount"),
        ("1 m**2", "length", "not a unit of length"),
        ("1 __import__('os')", "length", "is not a unit"),
        ("1 m**99999999", "length", "is not a unit"),
        ("1 (((((m", "length", "unit"),
        ("1" * 100 + " mm", "length", "too long"),
        ("1 mm mm", "length", "not a unit of length"),
        ("1 kg/cm2", "length", "not a unit of length"),
    ],
)
def test_refusals_say_what_was_found_and_what_is_allowed(text: str, kind: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        units.parse(text, kind, "cooling.temperature")
    message = str(refused.value)
    assert words in message
    assert message.startswith("cooling.temperature: ")
    assert units.KINDS[kind].example in message
    assert all(unit in message for unit in units.KINDS[kind].units)


@pytest.mark.parametrize("found", [145, 145.0, 10**400, -3, math.inf])
def test_bare_numbers_are_refused_with_an_example(found: float) -> None:
    error = units.bare_number(found, "temperature", "dissolution.temperature")
    assert "bare number" in str(error) or "very large" in str(error)
    assert "degC" in error.remedy


def test_a_bare_number_is_shown_with_a_unit() -> None:
    assert units.bare_number(145, "temperature").remedy == 'write for example "145 degC"'
    assert units.bare_number(0.9, "length").remedy == 'write for example "0.9 mm"'


@pytest.mark.parametrize("found", [True, None, ["145 degC"], {"value": 145}])
def test_what_is_no_text_is_refused(found: object) -> None:
    with pytest.raises(InputError, match="not a quantity"):
        units.parse(found, "temperature")  # type: ignore[arg-type]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30), st.sampled_from(sorted(units.KINDS)))
def test_any_text_parses_or_is_refused_clearly(text: str, kind: str) -> None:
    with contextlib.suppress(InputError):
        assert math.isfinite(units.parse(text, kind).value)


@settings(max_examples=300, deadline=None)
@given(
    st.floats(0, 1e6),
    st.text(alphabet="mkgdegCKhlsup/.*^%0123456789 ()-eEµ°wtoaNPDW", max_size=12),
    st.sampled_from(sorted(units.KINDS)),
)
def test_numbers_with_odd_units_never_raise_anything_else(number: float, unit: str, kind: str) -> None:
    with contextlib.suppress(InputError):
        assert math.isfinite(units.parse(f"{number} {unit}", kind).value)


@given(st.sampled_from(sorted(units.KINDS)), st.integers(0, 9), st.floats(1e-6, 1e6))
def test_in_unit_undoes_parse(kind: str, index: int, number: float) -> None:
    unit = units.KINDS[kind].units[index % len(units.KINDS[kind].units)]
    quantity = units.parse(f"{number!r} {unit}", kind)
    # 273.15 K of offset against 1e-6 degC: the difference of two numbers near 300 keeps 300 * 2.2e-16.
    assert units.in_unit(quantity.value, unit, kind) == pytest.approx(number, rel=1e-12, abs=2e-13)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (418.15, "temperature", "145 °C"),
        (410.65, "temperature", "137.5 °C"),
        (10.0, "temperature_difference", "10 K"),
        (1.4e-7, "length", "0.14 µm"),
        (5e-9, "length", "5 nm"),
        (1e-4, "length", "100 µm"),
        (8.4e-4, "length", "0.84 mm"),
        (3600.0, "time", "1 h"),
        (139 * 98066.5, "pressure", "139 kgf/cm² (13.6 MPa)"),
        (0.3 / 3600 / 101325, "permeability", "300 L/(m²·h·atm)"),
        (2.9 / 3600 / 101325, "permeability", "2900 L/(m²·h·atm)"),
        (0.546, "fraction", "54.6 %"),
        (3.53, "strain", "353 %"),
        (0.08, "conductivity", "0.8 mS/cm"),
        (1.18e3, "molar_mass", "1180000 g/mol"),
        (0.0, "length", "0 nm"),
        (math.nan, "length", "undefined"),
    ],
)
def test_words_for_people(value: float, kind: str, text: str) -> None:
    assert units.for_people(value, kind) == text


@given(st.sampled_from(sorted(units.KINDS)), st.floats(-1e12, 1e12))
def test_every_kind_has_words_for_every_number(kind: str, value: float) -> None:
    assert units.for_people(value, kind)


def test_every_example_and_unit_of_every_kind_parses() -> None:
    for kind in units.KINDS.values():
        assert units.parse(kind.example, kind.name).kind == kind.name
        for unit in kind.units:
            assert math.isfinite(units.parse(f"1 {unit}", kind.name).value)


def test_importing_units_does_not_load_pint() -> None:
    code = "import sys, percola.units; assert 'pint' not in sys.modules; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("written", "kind", "value"),
    [
        ("15 PSI", "pressure", 15 * 6894.757293168361),
        ("10 KPA", "pressure", 1e4),
        ("1 Bar", "pressure", 1e5),
        ("60 CC/MIN", "volume_flow", 1e-6),
        ("360 LMH", "flux", 1e-4),
        ("360 L/(m2 h)", "flux", 1e-4),
        ("360 L/m²h", "flux", 1e-4),
    ],
)
def test_capitals_are_read_where_they_mean_one_thing(written: str, kind: str, value: float) -> None:
    assert units.si_value(written, kind) == pytest.approx(value, rel=1e-7)  # psi in pint is good to 1e-9


@pytest.mark.parametrize("written", ["1 MPA", "1 mpa", "1 Mpa"])
def test_capitals_never_turn_milli_to_mega(written: str) -> None:
    with pytest.raises(InputError, match="MPa"):
        units.si_value(written, "pressure")
