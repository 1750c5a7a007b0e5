"""The pictures of the phase diagram draw what is in the result, from the object and from its JSON alike."""

import json

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from percola.plot.phase_diagram import crystallization_against_dissolution, phase_curves
from percola.thermo import build_system, phase_diagram


@pytest.fixture(scope="module")
def diagram():
    system = build_system([("PVDF", 362.0, 46.6)], [("DEP", 53.4)])
    return phase_diagram(system, recipe=(0.466, 418.15), standing=False)


def strong_solvent():
    """Gamma-butyrolactone: no cloud point near room temperature, and crystallization on slow cooling only at high
    concentration."""
    system = build_system([("PVDF", 362.0, 40.0)], [("GBL", 60.0)])
    return phase_diagram(system, recipe=(0.4, 393.15), standing=False)


def visible(ax):
    """Labels of the lines that have a point inside the axes."""
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    found = []
    for line in ax.lines:
        x, y = (np.asarray(v, dtype=float) for v in line.get_data())
        if np.any((x >= left) & (x <= right) & (y >= low) & (y <= high)):
            found.append(line.get_label())
    return found


@pytest.mark.parametrize("draw", [phase_curves, crystallization_against_dissolution])
def test_same_picture_from_object_and_json(diagram, draw):
    fig, (a, b) = plt.subplots(1, 2)
    assert draw(diagram, a) is a
    draw(json.loads(json.dumps(diagram.to_dict())), b)
    assert len(a.lines) == len(b.lines) > 2
    assert [t.get_text() for t in a.get_legend().texts] == [t.get_text() for t in b.get_legend().texts]
    plt.close(fig)


def test_cloud_point_is_dash_dot_and_the_recipe_is_marked(diagram):
    ax = phase_curves(diagram)
    styles = {line.get_label(): line.get_linestyle() for line in ax.lines}
    assert styles["cloud point"] == "-."
    assert "recipe and its quench" in styles
    plt.close(ax.figure)


@pytest.mark.parametrize("name", ["DEP", "GBL"])
def test_the_legend_names_what_is_seen_and_words_name_the_rest(name, diagram):
    d = diagram if name == "DEP" else strong_solvent()
    ax = phase_curves(d)
    assert [t.get_text() for t in ax.get_legend().texts] == [
        label for label in visible(ax) if not label.startswith("_")
    ]
    said = " ".join(t.get_text() for t in ax.texts)
    assert ("cloud point" in visible(ax)) == (name == "DEP")
    assert ("no cloud point above" in said) == (name == "GBL")
    plt.close(ax.figure)


def test_curves_without_points_are_not_drawn_and_say_why():
    plain = strong_solvent().to_dict()
    rows = plain["tc_against_ts"]["crystallization_K"]
    plain["tc_against_ts"]["crystallization_K"] = [[None] * len(r) for r in rows]
    plain["gaps"]["tc_against_ts"] = ["no curve for 30 wt%, 35 wt%, 40 wt%: a reason"]
    plain["recipe"]["crystallization_K"] = None
    ax = crystallization_against_dissolution(plain)
    # No axes without anything on them: words alone, without ticks and legend.
    assert not ax.lines
    assert ax.get_legend() is None
    assert len(ax.get_xticks()) == 0
    assert "a reason" in ax.texts[0].get_text()
    plt.close(ax.figure)


def test_the_critical_point_lies_on_the_curves_with_a_resin():
    """Three components: the cross is on cloud point and spinodal as drawn, not on those of a mean chain."""
    system = build_system([("PVDF", 546.0, 24.0)], [("DEP", 68.0)], ("PMMA", 100.0, 8.0))
    ax = phase_curves(phase_diagram(system, recipe=(0.32, 418.15), standing=False))
    lines = {line.get_label(): line.get_data() for line in ax.lines}
    (x,), (y,) = lines["critical point"]
    # Straight lines between points 1.6 wt% apart: the curves bend by some 0.5 K in between.
    assert y == pytest.approx(np.interp(x, *lines["cloud point"]), abs=0.6)
    assert y == pytest.approx(np.interp(x, *lines["spinodal"]), abs=0.6)
    plt.close(ax.figure)
