"""The pictures of the phase diagram draw what is in the result, from the object and from its JSON alike."""

import json

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest

from percola.plot.phase_diagram import crystallization_against_dissolution, phase_curves
from percola.thermo import build_system, phase_diagram


@pytest.fixture(scope="module")
def diagram():
    system = build_system([("PVDF", 362.0, 46.6)], [("DEP", 53.4)])
    return phase_diagram(system, recipe=(0.466, 418.15), standing=False)


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
