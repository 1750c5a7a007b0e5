"""Every figure function draws into the axes it is given, copes with gaps, and computes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from percola.plot import process, results, structure, style

mpl.use("Agg")

DIAGRAM: dict[str, Any] = {
    "polymer": "PVDF",
    "solvent": "DEP",
    "weight_fraction": [0.1, 0.3, 0.5],
    "cloud_point_K": [None, 370.0, 360.0],
    "spinodal_K": [350.0, 360.0, 350.0],
    "melting_K": [400.0, 420.0, 430.0],
    "crystallization": [
        {"dissolution_K": 418.15, "temperature_K": [380.0, 390.0, None]},
        {"dissolution_K": 433.15, "temperature_K": [None, None, None]},
    ],
    "cooling_rate_K_s": 2 / 60,
    "tc_against_ts": {
        "weight_fractions": [0.3, 0.4],
        "dissolution_K": [410.0, 420.0],
        "crystallization_K": [[390.0, None], [395.0, 391.0]],
    },
    "critical": {"w": 0.12, "T_K": 372.0},
    "recipe": {"w": 0.466, "dissolution_K": 418.15},
}
THERMAL: dict[str, Any] = {
    "time_s": [0.0, 0.01, 0.1, 1.0],
    "traces": {"core": [418.0, 417.9, 400.0, 300.0], "inner_surface": None},
    "crystallized": {"core": [0.0, 0.0, 0.2, 1.0]},
}
GEL: dict[str, Any] = {
    "regions": {
        "core": [
            {"time_s": [0.1, 1.0], "structure_length_m": [1e-7, 2e-7], "temperature_K": [400.0, 300.0]},
            {"time_s": [0.1, 1.0], "structure_length_m": [1.1e-7, None]},
        ]
    }
}
FLOW: dict[str, Any] = {
    "pressure_Pa": [0.0, 2e5, 4e5],
    "wet": [0.0, 0.0, 1.9],
    "dry": [0.0, 1.0, 2.0],
    "bubble_point_Pa": 2e5,
    "mean_flow_Pa": None,
}
EFFECT: dict[str, Any] = {
    "series": [
        {"label": "largest pore", "points": [(1e-6, 2e-7)], "mean": [(1e-6, 2e-7, 1e-8)],
         "predicted": [(1e-6, 2e-7, 1e-8), (1e-4, 1.8e-7, 1e-8)], "wall": (1e-4, 1.8e-7, None)},
        {"label": "mean flow pore", "points": [], "mean": [], "predicted": [], "wall": (None, 1e-7, 1e-8)},
    ]
}  # fmt: skip

CASES: list[tuple[Callable[..., Axes], tuple[Any, ...]]] = [
    (process.phase_map, (DIAGRAM, THERMAL)),
    (process.phase_map, (DIAGRAM, None)),
    (process.crystallization_against_dissolution, (DIAGRAM,)),
    (process.temperature_traces, (THERMAL,)),
    (process.structure_length_history, (GEL,)),
    (process.crystallinity_history, (GEL,)),
    (process.gel_temperature_history, (GEL,)),
    (results.flow_curves, (FLOW,)),
    (
        results.pore_size_distribution,
        ({"diameter_m": [2e-7, 1e-7], "larger": [0.0, 1.0], "mean_flow_m": 1.5e-7, "bubble_point_m": None},),
    ),
    (results.size_effect, (EFFECT,)),
    (results.against_reported, ([{"label": "porosity", "ratio": 1.1, "low": 1.0, "high": 1.2}],)),
    (results.against_reported, ([],)),
    (structure.field_slice, (np.linspace(0, 1, 48).reshape(6, 8), 1e-8, "phi")),
    (structure.field_slice, (np.zeros((6, 8), bool), 1e-8, "void")),
]


@pytest.mark.parametrize(("draw", "given"), CASES, ids=lambda x: getattr(x, "__name__", ""))
def test_draws_into_the_axes_given(draw: Callable[..., Axes], given: tuple[Any, ...], tmp_path: Path) -> None:
    figure = Figure()
    ax = figure.subplots()
    with mpl.rc_context(style.RC):  # type: ignore[arg-type]
        assert draw(*given, ax=ax) is ax
        figure.savefig(tmp_path / "a.svg")
    assert ax.has_data() or ax.texts


def test_makes_axes_where_none_are_given() -> None:
    import matplotlib.pyplot as plt

    ax = process.phase_map(DIAGRAM)
    assert isinstance(ax, Axes)
    plt.close(ax.figure)  # type: ignore[arg-type]


def test_axes_are_in_units_of_the_field() -> None:
    ax = process.phase_map(DIAGRAM, THERMAL, Figure().subplots())
    assert ax.get_ylabel() == "temperature, °C"
    assert ax.get_xlabel() == "PVDF in DEP, wt%"
    melting = next(line for line in ax.lines if line.get_label() == "melting (equilibrium)")
    np.testing.assert_allclose(melting.get_ydata(), np.array([400.0, 420.0, 430.0]) - 273.15)
    np.testing.assert_allclose(melting.get_xdata(), [10.0, 30.0, 50.0])


def test_gaps_stay_gaps() -> None:
    ax = process.phase_map(DIAGRAM, None, Figure().subplots())
    cloud = next(line for line in ax.lines if str(line.get_label()).startswith("cloud"))
    assert np.isnan(np.asarray(cloud.get_ydata(), float)[0])
    labels = [str(line.get_label()) for line in ax.lines]
    assert not any("160" in label for label in labels)  # a curve without any point is not in the legend


def test_half_dry_is_half_of_dry() -> None:
    ax = results.flow_curves(FLOW, Figure().subplots())
    lines = {str(line.get_label()): np.asarray(line.get_ydata(), float) for line in ax.lines}
    np.testing.assert_allclose(lines["half-dry"], 0.5 * lines["dry"])


def test_nothing_to_draw_is_said_in_words() -> None:
    ax = process.crystallinity_history(GEL, Figure().subplots())
    assert "no crystallinity" in ax.texts[0].get_text()


def test_log_axis_writes_plain_numbers() -> None:
    figure = Figure()
    ax = figure.subplots()
    ax.set_xscale("log")
    ax.set_xlim(1e-5, 1e2)
    style.log_axis(ax.xaxis)
    words = ax.xaxis.get_major_formatter()
    assert [words(v, 0) for v in (1e-5, 0.01, 1.0, 100.0)] == ["10⁻⁵", "0.01", "1", "100"]
