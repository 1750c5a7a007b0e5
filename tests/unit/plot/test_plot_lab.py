"""Panels of the bench and the window as pictures: what is drawn is what the data say, in the units shown."""

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percola.judge.window import Sweep, window
from percola.lab.panel import Axis, Band, Curve, Mark, Panel
from percola.plot import lab

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def _close():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def panel(**changes):
    x = np.linspace(1e5, 5e5, 9)
    fields = {
        "key": "flow",
        "title": "Flow",
        "x": Axis("pressure", "pressure", "kPa"),
        "y": Axis("flow", "volume_flow", "ml/min"),
        "curves": (Curve("wet", x, x * 1e-11), Curve("half-dry", x, x * 5e-12, "derived")),
        "marks": (
            Mark("bubble point", x=2e5),
            Mark("mean flow", x=3e5, y=3e-6, x_error=1e4),
            Mark("limit", y=4e-6),
        ),
        "bands": (Band("fit", 1.5e5, 2e5),),
    }
    return Panel(**{**fields, **changes})


def test_lines_are_in_the_unit_of_the_axis():
    ax = lab.panel(panel())
    wet = ax.get_lines()[0]
    assert wet.get_xdata()[0] == pytest.approx(100.0)  # kPa
    assert wet.get_ydata()[0] == pytest.approx(1e5 * 1e-11 * 6e7)  # 1 m3/s is 6e7 ml/min
    assert ax.get_xlabel() == "pressure, kPa"
    said = {t.get_text() for t in ax.texts}
    assert {"bubble point", "mean flow", "limit"} <= said


def test_temperatures_keep_their_offset_but_their_errors_do_not():
    x = np.array([373.15, 423.15])
    p = panel(
        x=Axis("temperature", "temperature", "degC"),
        y=Axis("T_c", "temperature", "degC"),
        curves=(Curve("", x, x, "points", np.array([2.0, 2.0])),),
        marks=(Mark("T_a", x=400.0, x_error=5.0),),
        bands=(),
    )
    ax = lab.panel(p)
    assert ax.get_xlabel() == "temperature, °C"
    bar = ax.collections[0].get_segments()[0]
    assert bar[1][1] - bar[0][1] == pytest.approx(4.0)  # two standard deviations of 2 K, no offset in it


@pytest.mark.parametrize("style", ["data", "points", "fit", "baseline", "derived", "reference"])
@pytest.mark.parametrize("log", [False, True])
def test_every_style_draws(style, log):
    x = np.geomspace(1e-8, 1e-6, 20)
    c = Curve("a", x, x, style, x / 10, np.zeros(20) + 1e-9)
    p = panel(
        x=Axis("d", "length", "um", log=log),
        y=Axis("d", "length", "nm", log=log),
        curves=(c,),
        marks=(),
        bands=(),
    )
    ax = lab.panel(p, beside=(Curve("simulated", x, 2 * x, "reference"),))
    ax.figure.canvas.draw()
    assert len(ax.get_lines()) >= 2


def test_an_empty_panel_says_so():
    ax = lab.panel(panel(curves=(), marks=(), bands=()))
    assert "nothing" in ax.texts[0].get_text()


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 6000), st.integers(0, 2**32 - 1))
def test_thinning_keeps_ends_and_extremes(n, seed):
    y = np.random.default_rng(seed).standard_normal(n)
    c = Curve("", np.arange(float(n)), y).thinned(200)
    assert len(c.x) <= max(202, min(n, 200))
    assert c.x[0] == 0
    assert c.x[-1] == n - 1
    assert c.y.max() == y.max()
    assert c.y.min() == y.min()
    assert np.all(np.diff(c.x) > 0)


def test_a_panel_survives_its_file():
    p = panel(
        curves=(Curve("a", np.array([1e5, np.nan]), np.array([1.0, 2.0]), "points", np.array([0.1, 0.2])),)
    )
    q = Panel.from_dict(p.to_dict())
    assert q.to_dict() == p.to_dict()
    assert np.isnan(q.curves[0].x[1])


def test_the_window_has_a_row_for_each_quantity_that_was_measured():
    t = np.array([135.0, 140, 145, 150, 155, 160]) + 273.15
    p = np.array([0.42, 0.54, 0.546, 0.543, 0.529, 0.535])
    e = np.array([3.8, 4.0, 3.53, 2.9, 0.9, 0.75])
    assert len(lab.window(window(Sweep(t, p, e)))) == 2
    axes = lab.window(window(Sweep(t, p, e, breaking_strength_Pa=e * 1e7)))
    assert len(axes) == 3
    said = [text.get_text() for text in axes[0].texts]
    assert any("137.5" in s for s in said)
    assert any("152.5" in s for s in said)
    nothing = lab.window(window(Sweep(t[:2], p[1::-1], e[:2] * np.nan)))
    assert not nothing[0].texts
