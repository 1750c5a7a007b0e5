"""Intervals of printed digits: exact arithmetic, and no number lost."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from percola import units
from percola.audit.fields import UNITS, column, fields
from percola.audit.interval import Interval, printed
from percola.errors import InputError

SMALL = st.fractions(min_value=-1000, max_value=1000, max_denominator=1000)
INTERVALS = st.tuples(SMALL, SMALL).map(lambda x: Interval(min(x), max(x)))
SHARE = st.fractions(min_value=0, max_value=1, max_denominator=97)


def inside(i: Interval, share: Fraction) -> Fraction:
    return i.low + share * (i.high - i.low)


@given(INTERVALS, INTERVALS, SHARE, SHARE)
def test_no_result_of_numbers_inside_is_lost(a, b, s, t):
    x, y = inside(a, s), inside(b, t)
    assert (a + b).holds(x + y)
    assert (a - b).holds(x - y)
    assert (a * b).holds(x * y)
    if not b.holds(0):
        assert (a / b).holds(x / y)


@given(INTERVALS, INTERVALS)
def test_the_ends_are_reached(a, b):
    """Each end of a sum, product or quotient is the result of two ends: intervals are as narrow as they can be."""
    ends = [(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    assert {(a + b).low, (a + b).high} <= {x + y for x, y in ends}
    assert {(a * b).low, (a * b).high} <= {x * y for x, y in ends}
    if not b.holds(0):
        assert {(a / b).low, (a / b).high} <= {x / y for x, y in ends}


@given(st.fractions(min_value=Fraction(1, 1000), max_value=1000), SHARE)
def test_logarithm_is_rounded_outward(low, share):
    i = Interval(low, low + 1)
    x = inside(i, share)
    found = i.log()
    assert found.low < Fraction(math.log(x)) < found.high
    # Outward by a few units in the last place only.
    assert float(found.high - found.low) < math.log(float(i.high) / float(i.low)) + 1e-13


@given(st.integers(min_value=1, max_value=10**6), st.integers(min_value=0, max_value=6))
def test_every_number_that_rounds_to_the_text_is_held(digits, decimals):
    text = f"{digits / 10**decimals:.{decimals}f}"
    value, i = printed(text)
    assert i.holds(value)
    half = Fraction(1, 2 * 10**decimals)
    assert i.low <= value - half
    assert i.high >= value + half
    if decimals:
        assert i == Interval(value - half, value + half)


@pytest.mark.parametrize(
    ("text", "setting", "low", "high"),
    [
        ("0.18", False, "0.175", "0.185"),
        ("0.20", False, "0.195", "0.205"),
        ("300", False, "250", "350"),  # trailing zeros may not be measured
        ("300", True, "299.5", "300.5"),  # but are set
        ("353", False, "352.5", "353.5"),
        ("3.62e5", False, "361500", "362500"),
        ("145", True, "144.5", "145.5"),
        ("0", False, "-0.5", "0.5"),
    ],
)
def test_what_printed_digits_mean(text, setting, low, high):
    assert printed(text, setting)[1] == Interval(Fraction(low), Fraction(high))


@pytest.mark.parametrize(
    "text", ["0,54", "2,400", "nan", "inf", "", "1..2", "12 um", "1e999", "9" * 50, "--1"]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(InputError):
        printed(text)


def test_a_comma_is_refused_with_the_remedy():
    with pytest.raises(InputError, match="decimals or thousands"):
        printed("0,54")


def test_divisor_that_holds_zero_is_refused():
    with pytest.raises(InputError):
        Interval.exact(1) / Interval(Fraction(-1), Fraction(1))


# The units of headers, against the units that recipes are read with.
SAME = {
    ("length", "mm"): "mm",
    ("length", "um"): "um",
    ("temperature", "C"): "degC",
    ("temperature", "degF"): "degF",
    ("fraction", "pct"): "%",
    ("strain", "pct"): "%",
    ("pressure", "kgf_cm2"): "kgf/cm2",
    ("pressure", "MPa"): "MPa",
    ("pressure", "atm"): "atm",
    ("permeability", "L_m2_h_atm"): "L/m2.h.atm",
    ("permeability", "L_m2_h_bar"): "L/m2.h.bar",
    ("conductivity", "mS_cm"): "mS/cm",
    ("molar_mass", "g_mol"): "g/mol",
    ("volume_flow", "ml_min"): "ml/min",
}


@pytest.mark.parametrize(("key", "unit"), SAME.items())
def test_units_agree_with_those_of_recipes(key, unit):
    factor, offset = UNITS[key[0]][key[1]]
    # Both round once from exact numbers: equal to a few units in the last place.
    assert float(7 * factor + offset) == pytest.approx(units.si_value(f"7 {unit}", key[0]), rel=1e-14)


def test_headers_with_any_unit_of_their_kind_are_read():
    assert column("ID [mm]") == (fields()["inside_diameter"], "mm")
    assert column("id (µm)") == (fields()["inside_diameter"], "um")
    assert column("T_kneading_K") == (fields()["kneading_temperature"], "K")
    assert column("Mw") == (fields()["molecular_weight"], "g_mol")
    assert column("solvent1") == (fields()["solvent1"], "")
    assert column("solvent1_parts") == (fields()["solvent1_parts"], "parts")
    assert column("operator") is None


@pytest.mark.parametrize("header", ["ID", "porosity", "ID_inch", "T_kneading"])
def test_quantities_without_a_known_unit_are_refused(header):
    with pytest.raises(InputError, match=r"without a unit|unknown unit"):
        column(header)
