"""Heat is conserved, with latent heat and heat of the bore; temperatures stay between their extremes."""

from __future__ import annotations

import numpy as np
import pytest

from percola.quench import Bore, CrystallizationHeat, Face, HeatProperties, Stage, Wall, cool

HOT, COLD = 418.15, 293.15
PROPERTIES = HeatProperties(1250.0, 1700.0, 0.19)
VARYING = HeatProperties(
    1250.0, lambda T: 1700.0 + 2.5 * (np.asarray(T) - 350.0), lambda T: 0.19 - 2e-4 * (np.asarray(T) - 350.0)
)


def growth(T):
    return 4e-6 * np.exp(-(((np.asarray(T) - 350.0) / 25.0) ** 2))


CRYSTALS = CrystallizationHeat(3e7, 5e14, growth)
WALLS = {
    "sheet": Wall.sheet(150e-6),
    "fibre": Wall.fibre(0.9e-3, 1.7e-3),
    "fibre with bore": Wall.fibre(0.9e-3, 1.7e-3, Bore.air()),
    "fibre full of liquid": Wall.fibre(0.9e-3, 1.7e-3, Bore(1000.0, 1900.0, 0.14)),
}


@pytest.mark.parametrize("wall", WALLS.values(), ids=WALLS.keys())
@pytest.mark.parametrize("properties", [PROPERTIES, VARYING], ids=["constant", "varying"])
@pytest.mark.parametrize("crystals", [None, CRYSTALS], ids=["plain", "latent"])
def test_heat_balance_closes(wall, properties, crystals):
    """Heat through the faces, summed step by step, is what wall, crystals and bore have lost."""
    law = Face(COLD, lambda t, T: 300.0 + 2.0 * abs(T - COLD), emissivity=0.9)
    stages = [Stage(law, duration_s=0.05), Stage(Face(COLD, 700.0))]
    heat = cool(wall, properties, HOT, stages, crystals).heat
    # Rounding of a sum of some 300 steps and 150 cells, and Newton's 1e-7 K at the last step (of 125 K):
    # 1e-9.
    assert abs(heat["imbalance"]) < 2e-9 * heat["removed"]
    assert heat["removed"] == pytest.approx(heat["removed_outer"] + heat["removed_inner"], rel=1e-12)


def test_removed_heat_is_the_enthalpy_of_the_wall():
    """Independent of the solver's own sums: rho c dT of the whole section, plus L of all of it."""
    wall = WALLS["fibre with bore"]
    heat = cool(wall, PROPERTIES, HOT, Stage(Face(COLD, 700.0)), CRYSTALS, within_K=1e-4).heat
    a, b = 0.45e-3, 0.85e-3
    section = (b * b - a * a) / (2 * b)  # volume per outer area
    air = Bore.air()
    expected = (HOT - COLD) * (
        1250.0 * 1700.0 * section + air.density_kg_m3 * air.heat_capacity_J_kgK * a * a / (2 * b)
    )
    # 1e-4 K of 125 K are left; conversion ends above 1 - 1e-6 here.
    assert heat["sensible"] == pytest.approx(expected, rel=2e-6)
    assert heat["latent"] == pytest.approx(3e7 * section, rel=1e-5)


def test_enthalpy_with_varying_heat_capacity():
    """c linear in T: the integral between the ends is exact, whatever the path."""
    heat = cool(Wall.sheet(150e-6), VARYING, HOT, Stage(Face(COLD, 700.0)), within_K=1e-4).heat
    mean_c = 1700.0 + 2.5 * (0.5 * (HOT + COLD) - 350.0)
    assert heat["sensible"] == pytest.approx(
        1250.0 * mean_c * (HOT - COLD) * 150e-6, rel=2e-6
    )  # 1e-4 K of 125 K


@pytest.mark.parametrize("film", [20.0, 700.0, 1e5, float("inf")])
@pytest.mark.parametrize("wall", WALLS.values(), ids=WALLS.keys())
def test_maximum_principle_and_monotone_cooling(wall, film):
    """Without latent heat nothing is hotter than the start or colder than the medium, and no depth warms
    again."""
    h = cool(wall, PROPERTIES, HOT, Stage(Face(COLD, film)))
    # TR-BDF2 is not positive for any step; what error control lets through is of the order of its 5 mK a
    # step.
    slack = 0.02
    assert h.temperature_K.max() <= HOT + slack
    assert h.temperature_K.min() >= COLD - slack
    assert np.diff(h.temperature_K, axis=0).max() < slack
    # The wall is cooled from outside only (the bore gives its heat up), so it is hotter the deeper.
    if wall.geometry == "fibre":
        assert np.diff(h.temperature_K, axis=1).min() > -slack


def test_conversion_only_grows():
    h = cool(WALLS["fibre"], PROPERTIES, HOT, Stage(Face(COLD, 700.0)), CRYSTALS)
    assert np.diff(h.conversion, axis=0).min() >= 0.0
    assert h.conversion.min() >= 0.0
    assert h.conversion.max() <= 1.0


def test_equal_faces_cool_a_sheet_symmetrically():
    h = cool(Wall.sheet(100e-6), VARYING, HOT, Stage(Face(COLD, 2500.0)), CRYSTALS)
    # Elimination runs from one face to the other: rounding, and Newton's 1e-7 K.
    np.testing.assert_allclose(h.temperature_K, h.temperature_K[:, ::-1], atol=1e-5)
    # and a mirrored pair of faces gives the mirrored history
    left, right = Face(COLD, 900.0), Face(300.0, 100.0)
    one = cool(Wall.sheet(100e-6), PROPERTIES, HOT, Stage(left, right), t_end_s=0.3)
    two = cool(Wall.sheet(100e-6), PROPERTIES, HOT, Stage(right, left), t_end_s=0.3)
    np.testing.assert_allclose(one.core()[1][-1], two.core()[1][-1], atol=1e-5)
    np.testing.assert_allclose(one.temperature_K[-1], two.temperature_K[-1][::-1], atol=1e-5)


def test_a_wall_at_the_temperature_of_its_medium_stays_there():
    h = cool(WALLS["fibre with bore"], PROPERTIES, COLD, Stage(Face(COLD, 500.0)), t_end_s=1.0)
    np.testing.assert_allclose(h.temperature_K, COLD, atol=1e-9)  # rounding
