"""`ThermalHistory`: reading it, its form for thermal.json, its size, its time."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from percola.errors import InputError
from percola.quench import (
    Bore,
    CrystallizationHeat,
    Face,
    HeatProperties,
    Stage,
    ThermalHistory,
    Wall,
    cool,
    films,
)

PROPERTIES = HeatProperties(1250.0, 1700.0, 0.19)
HOT, COLD = 418.15, 293.15


def growth(T):
    return 3e-6 * np.exp(-(((np.asarray(T) - 340.0) / 20.0) ** 2))


@pytest.fixture(scope="module")
def fibre() -> ThermalHistory:
    """Example 7 in kind: die 0.9/1.7 mm at 145 degC, a short air gap, bath of DOP at 20 degC."""
    gap = films.fibre_in_air(1.7e-3, 0.26, 370.0).face(COLD, emissivity=0.9, label="air")
    bath = films.film_coefficient("DOP", COLD, 345.0, "fibre", size_m=1.7e-3).face(COLD, label="DOP")
    stages = [Stage(gap, duration_s=0.1, label="air gap"), Stage(bath, label="bath")]
    return cool(
        Wall.fibre(0.9e-3, 1.7e-3, Bore.air()),
        PROPERTIES,
        HOT,
        stages,
        CrystallizationHeat(3e7, 1e15, growth),
    )


def test_example_7_in_kind(fibre):
    """From one side, 0.4 mm with a film about as slow as the wall: 3 to 15 s to the last tenth, core behind
    the surface."""
    assert 3.0 < fibre.cooling_time_s < 15.0
    low, high = fibre.cooling_time_range_s
    assert low < fibre.cooling_time_s < high
    assert "30 %" in fibre.notes[0]
    assert fibre.temperature_K[-1].max() < COLD + 0.51
    rates = [fibre.cooling_rate_K_s(d, 370.0) for d in (1e-6, fibre.core_depth_m, 0.399e-3)]
    assert rates[0] > 100 * rates[1]  # the surface meets the bath, the core feels it through the wall
    assert len(fibre.time_s) <= 400
    assert np.all(np.diff(fibre.time_s) > 0)
    assert [s["label"] for s in fibre.stages] == ["air gap", "bath"]


def test_depths(fibre):
    assert fibre.depth_m[0] == 0.0
    assert fibre.depth_m[-1] == pytest.approx(0.4e-3)
    i = 40
    np.testing.assert_array_equal(fibre.at(float(fibre.depth_m[i]))[1], fibre.temperature_K[:, i])
    np.testing.assert_array_equal(fibre.outer(0.0)[1], fibre.temperature_K[:, 0])
    np.testing.assert_array_equal(fibre.inner(0.0)[1], fibre.temperature_K[:, -1])
    # The grid has several cells in the first micrometre of both faces.
    assert np.sum(fibre.depth_m < 1e-6) >= 3
    assert np.sum(fibre.depth_m > 0.399e-3) >= 3
    for bad in (-1e-9, 0.5e-3, float("nan")):
        with pytest.raises(InputError, match="depth_m"):
            fibre.at(bad)


def test_cooling_rate_is_the_slope():
    """Lump in air: dT/dt = -2 h (T - T_m)/(rho c L), within the 2 K window (second order) and Biot number
    0.001."""
    L, film = 50e-6, 10.0
    h = cool(Wall.sheet(L), PROPERTIES, HOT, Stage(Face(COLD, film)))
    for T in (410.0, 370.0, 320.0):
        exact = 2 * film * (T - COLD) / (1250.0 * 1700.0 * L)
        assert h.cooling_rate_K_s(h.core_depth_m, T) == pytest.approx(exact, rel=0.03)
    with pytest.raises(InputError, match="temperature_K"):
        h.cooling_rate_K_s(h.core_depth_m, 280.0)
    with pytest.raises(InputError, match="temperature_K"):
        h.cooling_rate_K_s(h.core_depth_m, 430.0)


def test_points_kept_follow_the_steps():
    """Straight lines between few points stay near the full history."""
    args = (Wall.fibre(0.9e-3, 1.7e-3), PROPERTIES, HOT, Stage(Face(COLD, 2000.0)))
    full = cool(*args, max_points=5000, tolerance_K=1e-4)
    few = cool(*args, max_points=60)
    assert len(few.time_s) <= 60
    there = np.interp(full.time_s, *few.core())
    assert np.max(np.abs(there - full.core()[1])) < 1.5  # 60 points for all depths at once; 0.1 K with 400
    many = cool(*args)
    assert np.max(np.abs(np.interp(full.time_s, *many.core()) - full.core()[1])) < 0.15  # 0.1 K and the steps


def test_plain_data(fibre):
    data = json.loads(json.dumps(fibre.to_dict(), allow_nan=False))
    n = len(data["time_s"])
    for group in ("traces", "crystallized"):
        assert set(data[group]) == {"core", "outer_surface", "inner_surface"}
        assert all(len(line) == n for line in data[group].values())
    assert data["wall"]["geometry"] == "fibre"
    assert data["wall"]["cooling_time_range_s"][0] < data["wall"]["cooling_time_s"]
    assert len(data["bore_K"]) == n
    sheet = cool(Wall.sheet(100e-6), PROPERTIES, HOT, Stage(Face(COLD, 2500.0))).to_dict()
    assert sheet["traces"]["inner_surface"] is None  # both faces alike
    rolled = cool(Wall.sheet(100e-6), PROPERTIES, HOT, Stage(Face(COLD, 2500.0), Face(COLD, 15.0))).to_dict()
    assert rolled["traces"]["inner_surface"] is not None


def test_same_arguments_same_numbers(fibre):
    def once():
        return cool(Wall.fibre(0.9e-3, 1.7e-3), PROPERTIES, HOT, Stage(Face(COLD, 300.0)))

    np.testing.assert_array_equal(once().temperature_K, once().temperature_K)


def test_a_typical_fibre_takes_less_than_half_a_second():
    args = (
        Wall.fibre(0.9e-3, 1.7e-3, Bore.air()), PROPERTIES, HOT,
        Stage(films.film_coefficient("DOP", COLD, 345.0, "fibre", size_m=1.7e-3).face(COLD)),
        CrystallizationHeat(3e7, 1e15, growth),
    )  # fmt: skip
    cool(*args)
    best = min(_timed(args) for _ in range(3))
    assert best < 0.5  # asked for; measured 0.1 to 0.2 s on two busy cores, all three solves


def _timed(args) -> float:
    start = time.process_time()
    cool(*args)
    return time.process_time() - start


@pytest.mark.parametrize("fibre_wall", [True, False])
def test_picture(fibre, fibre_wall):
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    from percola.plot.thermal import temperature_histories

    history = fibre if fibre_wall else cool(Wall.sheet(1e-4), PROPERTIES, HOT, Stage(Face(COLD, 15.0)))
    _, ax = plt.subplots()
    assert temperature_histories(history, ax) is ax
    labels = [line.get_label() for line in ax.lines]
    assert any("core" in str(x) for x in labels)
    core = next(line for line in ax.lines if str(line.get_label()).startswith("core"))
    np.testing.assert_allclose(core.get_ydata(), history.core()[1] - 273.15)
    assert ax.get_xlabel() == "time, s"
    plt.close("all")
    mpl.rcdefaults()
