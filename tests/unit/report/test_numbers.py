"""Digits and units as an engineer writes them."""

from __future__ import annotations

import pytest

from percola.report.numbers import duration, plus_minus, rounded, shown


@pytest.mark.parametrize(
    ("value", "sigma", "text"),
    [
        (0.14238, 0.0061, ("0.142", "0.006")),
        (0.14238, 0.0121, ("0.142", "0.012")),  # two digits where the deviation begins with 1
        (312.4, 17.0, ("312", "17")),
        (312.4, 27.0, ("310", "30")),
        (1.5, 0.09, ("1.50", "0.09")),
        (54.6, None, ("54.6", None)),
        (0.14, None, ("0.14", None)),
        (300.0, None, ("300", None)),
        (0.0, None, ("0", None)),
        (1.0, 0.0, ("1", None)),
        (-412.0, 3.0, ("−412", "3")),
        (float("nan"), 1.0, ("–", None)),
    ],
)
def test_rounded(value: float, sigma: float | None, text: tuple[str, str | None]) -> None:
    assert rounded(value, sigma) == text


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("name", "value", "unit", "sigma", "text"),
    [
        ("porosity", 0.546, "1", 0.011, "54.6 ± 1.1 %"),
        ("average_pore_size", 0.14e-6, "m", 0.004e-6, "0.140 ± 0.004 µm"),
        ("inside_diameter", 0.84e-3, "m", None, "0.84 mm"),
        ("thickness", 375e-6, "m", 4e-6, "375 ± 4 µm"),
        # 300 L/m2.h.atm = 300e-3/(3600*101325) m/(s.Pa)
        ("water_permeability", 300e-3 / 3600 / 101325, "m/(s.Pa)", None, "300 L/m²·h·atm"),
        ("breaking_strength", 139 * 98066.5, "Pa", None, "139 kgf/cm² (13.6 MPa)"),
        ("crystallization_temperature", 373.15, "K", 1.2, "100.0 ± 1.2 °C"),
        ("weight_average_molecular_weight", 362.0, "kg/mol", None, "362 000 g/mol"),
        ("pore_size_ratio", 1.5, "1", 0.1, "1.50 ± 0.10"),
        ("structure_class", "non_porous", "", None, "non porous"),
        ("porosity", None, "1", None, "–"),
        ("permeability", 2.5e-16, "m^2", 0.2e-16, "(2.5 ± 0.2)×10⁻⁴ µm²"),
    ],
)
def test_shown(name: str, value: float | str | None, unit: str, sigma: float | None, text: str) -> None:
    assert plain(shown(name, value, unit, sigma)) == text


def test_powers_of_ten_are_common() -> None:
    assert plain(plus_minus(3.2e18, 2e18, "m⁻³")) == "(3 ± 2)×10¹⁸ m⁻³"
    assert plain(plus_minus(2.41e-12, None, "m²/s")) == "2.41×10⁻¹² m²/s"


def test_duration() -> None:
    assert [duration(s) for s in (0.02, 1.26, 71, 150, 8000)] == [
        "20 ms",
        "1.3 s",
        "71.0 s",
        "2.5 min",
        "2.2 h",
    ]
