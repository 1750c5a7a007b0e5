"""What the quench refuses, and in which words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from percola.errors import InputError, SolveError
from percola.quench import (
    Bore,
    CrystallizationHeat,
    Face,
    HeatProperties,
    Schedule,
    Stage,
    StillLayer,
    Wall,
    cool,
)

GOOD = HeatProperties(1250.0, 1700.0, 0.19)
BATH = Stage(Face(293.15, 400.0))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Wall.sheet(-1e-4),
        lambda: Wall.sheet(0.0),
        lambda: Wall.sheet(math.nan),
        lambda: Wall.sheet(math.inf),
        lambda: Wall.fibre(1.7e-3, 0.9e-3),
        lambda: Wall.fibre(1e-3, 1e-3),
        lambda: Wall.fibre(0.0, 1e-3),
        lambda: Wall("sheet", 1e-4, bore=Bore.air()),
        lambda: Wall("fibre", 1e-4),
        lambda: Wall("tube", 1e-4),  # type: ignore[arg-type]
        lambda: Bore(-1.0, 1000.0, 0.03),
        lambda: Face(20.0, 100.0),  # degrees Celsius
        lambda: Face(-5.0, 100.0),
        lambda: Face(293.15, -1.0),
        lambda: Face(293.15, math.nan),
        lambda: Face(math.nan, 1.0),
        lambda: Face(293.15, 1.0, emissivity=1.5),
        lambda: Face(293.15, 1.0, relative_uncertainty=-0.1),
        lambda: Face(293.15, math.inf, still=StillLayer(0.13, 1.7e6)),
        lambda: Face(293.15, lambda t, T: 1.0, still=StillLayer(0.13, 1.7e6)),
        lambda: StillLayer(0.0, 1.7e6),
        lambda: Stage(Face(293.15, 1.0), duration_s=0.0),
        lambda: Stage(Face(293.15, 1.0), duration_s=-1.0),
        lambda: Schedule(()),
        lambda: Schedule((Stage(Face(293.15, 1.0)), Stage(Face(293.15, 1.0)))),
        lambda: HeatProperties(0.0, 1700.0, 0.19),
        lambda: HeatProperties(1250.0, -1.0, 0.19),
        lambda: HeatProperties(1250.0, 1700.0, math.nan),
        lambda: CrystallizationHeat(-1.0, 1e15, lambda T: T),
        lambda: CrystallizationHeat(1e7, math.nan, lambda T: T),
        lambda: CrystallizationHeat(1e7, 1e15, 3.0),  # type: ignore[arg-type]
    ],
)
def test_impossible_parts(make):
    with pytest.raises(InputError):
        make()


@pytest.mark.parametrize(
    "options",
    [
        {"t_end_s": 0.0},
        {"t_end_s": math.nan},
        {"within_K": -1.0},
        {"cells": 2},
        {"cells": 10.5},
        {"tolerance_K": 0.0},
        {"face_cell_m": -1e-6},
        {"max_points": 3},
    ],
)
def test_impossible_numerics(options):
    with pytest.raises(InputError, match=next(iter(options))):
        cool(Wall.sheet(1e-4), GOOD, 418.15, BATH, **options)


def test_start_below_absolute_zero_or_missing():
    for T in (-10.0, math.nan, 0.0):
        with pytest.raises(InputError, match="initial_temperature_K"):
            cool(Wall.sheet(1e-4), GOOD, T, BATH)


def test_face_inside_a_fibre_with_a_bore():
    with pytest.raises(InputError, match="bore"):
        cool(
            Wall.fibre(0.9e-3, 1.7e-3, Bore.air()), GOOD, 418.15, Stage(Face(293.15, 1.0), Face(293.15, 1.0))
        )


def test_layer_inside_a_fibre():
    layered = Face(293.15, 100.0, still=StillLayer(0.13, 1.7e6))
    with pytest.raises(InputError, match="inner surface"):
        cool(Wall.fibre(0.9e-3, 1.7e-3), GOOD, 418.15, Stage(Face(293.15, 1.0), layered))


@pytest.mark.parametrize(
    "bad", [lambda T: np.full_like(T, np.nan), lambda T: -np.ones_like(T), lambda T: 0.0 * T]
)
def test_properties_that_fail_along_the_way(bad):
    with pytest.raises(InputError, match="heat_capacity"):
        cool(Wall.sheet(1e-4), HeatProperties(1250.0, bad, 0.19), 418.15, BATH)
    with pytest.raises(InputError, match="conductivity"):
        cool(Wall.sheet(1e-4), HeatProperties(1250.0, 1700.0, bad), 418.15, BATH)


def test_negative_growth_rate():
    with pytest.raises(InputError, match="growth_rate"):
        cool(Wall.sheet(1e-4), GOOD, 418.15, BATH, CrystallizationHeat(1e7, 1e15, lambda T: 350.0 - T))


def test_film_law_that_fails():
    with pytest.raises(InputError, match="oil bath"):
        cool(Wall.sheet(1e-4), GOOD, 418.15, Stage(Face(293.15, lambda t, T: math.nan, label="oil bath")))


def test_a_wall_that_nothing_cools():
    with pytest.raises(SolveError, match="t_end_s"):
        cool(Wall.sheet(1e-4), GOOD, 418.15, Stage(Face.insulated()))
    h = cool(Wall.sheet(1e-4), GOOD, 418.15, Stage(Face.insulated()), t_end_s=2.0)
    assert h.time_s[-1] == 2.0
    assert h.cooling_time_s is None


def test_functions_of_single_numbers_will_do():
    vector = HeatProperties(1250.0, lambda T: 1700.0 + 2.0 * (T - 350.0), 0.19)
    scalar = HeatProperties(1250.0, lambda T: 1700.0 + 2.0 * (float(T) - 350.0), 0.19)
    one = cool(Wall.sheet(1e-4), vector, 418.15, BATH).cooling_time_s
    two = cool(Wall.sheet(1e-4), scalar, 418.15, BATH).cooling_time_s
    assert one == two
