"""What the pipeline says of its own limits, and what it hands on of a stretching."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from percola import recipe as recipes
from percola.measure import wall_through_porosity
from percola.measurement import Measurement
from percola.pipeline import main
from percola.pipeline.physics import draws
from percola.recipe.model import Stretching


@pytest.mark.parametrize(
    ("shares", "status"),
    [
        ([0.09], "pass"),
        ([0.1], "warn"),
        ([0.99], "warn"),
        ([1.0], "fail"),
        ([0.1, 0.2, 1.3], "fail"),  # the box with the most flow counts
    ],
)
def test_flow_left_out_is_checked(shares: list[float], status: str) -> None:
    (check,) = main._flow_checks(shares)
    assert check.status == status
    assert f"{max(shares):.2g} of its length" in check.message


def test_a_gel_that_did_not_demix_has_nothing_to_be_moved() -> None:
    assert main._flow_checks([]) == ()


@pytest.mark.parametrize(
    ("share", "words"), [(0.09, "within the"), (0.31, "at the edge of the"), (1.0, "beyond the")]
)
def test_the_note_says_the_same_as_the_check(share: float, words: str) -> None:
    note = main._flow_note(share, 1.2e4)
    assert f"by {share:.2g} of its length" in note
    assert f"{words} diffusive model" in note


def test_crystals_of_all_boxes_count_together() -> None:
    assert main._crystal_checks([7.9])[0].status == "fail"
    assert "heterogeneity between crystals not sampled" in main._crystal_checks([3.0])[0].message
    assert main._crystal_checks([8.0]) == ()
    assert main._crystal_checks([4.0, 4.0]) == ()
    assert main._crystal_checks([]) == ()


def walls(core: float, outer: float, **record: float) -> dict[str, dict[str, str]]:
    """Status of every check of the wall's measurements, by measurement and check."""
    found = [
        Measurement("through_porosity", v, "1", 0.01, region=r)
        for r, v in (("core", core), ("outer_surface", outer), ("inner_surface", 0.4))
    ]
    surfaces = {"outer_surface": 1e-6, "inner_surface": 1e-6}
    found.append(wall_through_porosity(found, 1e-4, surfaces))
    names = ("pore_size_ratio", "maximum_pore_size", "bubble_point_pressure", "average_pore_size")
    found += [Measurement(n, 1.0, "1", 0.1, region=r) for n in names for r in ("core", "wall")]
    checked = main._wall_checked(found, [record])
    assert all(not m.checks for m in checked if m.region == "core")
    return {m.name: {c.name: c.status for c in m.checks} for m in checked if m.region == "wall"}


def test_only_the_walls_pore_sizes_carry_what_the_boxes_cannot_know() -> None:
    beyond = walls(0.5, 0.5, flow_share=1.2, expected_seeds=20.0)
    assert beyond["pore_size_ratio"] == {"flow of the rich phase": "fail"}
    assert beyond["maximum_pore_size"] == {"flow of the rich phase": "fail"}
    assert beyond["bubble_point_pressure"] == {"flow of the rich phase": "fail"}
    assert beyond["average_pore_size"] == {}
    few = walls(0.5, 0.5, flow_share=0.05, expected_seeds=3.0)
    assert few["pore_size_ratio"] == {"flow of the rich phase": "pass", "crystals in the core": "fail"}
    assert few["maximum_pore_size"] == {"flow of the rich phase": "pass"}


def test_a_closed_face_is_told_where_the_inside_is_open() -> None:
    skin = walls(0.5, 0.0, flow_share=0.1, expected_seeds=20.0)
    assert skin["average_pore_size"] == {"surface layers": "warn"}
    assert skin["through_porosity"] == {"every layer is open": "warn"}
    assert walls(0.0, 0.0, flow_share=0.1, expected_seeds=20.0)["average_pore_size"] == {}


def test_records_of_older_runs_without_the_numbers_are_no_fault() -> None:
    assert walls(0.5, 0.5)["pore_size_ratio"] == {}


def recipe_with(**stretch: Any) -> Any:
    recipe, _ = recipes.resolve("patent:Ex7")
    step = Stretching.model_validate({"stage": "membrane", **stretch})
    return recipe.model_copy(update={"stretching": (step,)})


def test_unequal_biaxial_stretching_stays_unequal() -> None:
    given = recipe_with(
        mode="biaxial_sequential", draw_ratio=2.0, draw_ratio_crosswise=1.5, residual_strain="40 %"
    )
    (draw,), (found,) = draws(given)
    assert draw.residual_strain == pytest.approx(0.4)
    assert draw.crosswise_strain == pytest.approx(0.5 * draw.lengthwise_strain)  # as drawn: 100 % and 50 %
    assert found.value == pytest.approx(0.4)
    assert "area" in found.method
    held = recipe_with(
        mode="biaxial_simultaneous", draw_ratio=2.0, draw_ratio_crosswise=1.5, relaxed=False, stage="gel"
    )
    (draw,), (found,) = draws(held)
    assert draw.stretch_ratios == pytest.approx((2.0, 1.5, 1 / 3))  # a gel keeps its volume
    assert found.value == pytest.approx(2.0 * 1.5 - 1.0)
    assert found.evidence["stage"] == "gel"


def test_each_direction_relaxes_by_the_same_share() -> None:
    """0.51 +- 0.10 of each elongation stays; the area's uncertainty is that share's through both directions."""
    relaxed = recipe_with(mode="biaxial_sequential", draw_ratio=1.5, draw_ratio_crosswise=1.2)
    (draw,), (found,) = draws(relaxed)
    assert (draw.lengthwise_strain, draw.crosswise_strain) == pytest.approx((0.5 * 0.51, 0.2 * 0.51))
    step = 1e-6
    low, high = ((1 + 0.5 * s) * (1 + 0.2 * s) - 1 for s in (0.51 - step, 0.51 + step))
    assert found.uncertainty == pytest.approx(0.10 * (high - low) / (2 * step))
    (draw,), (found,) = draws(recipe_with(draw_ratio=1.5))
    assert draw.crosswise_strain is None
    assert found.value == pytest.approx(0.255)
    assert found.uncertainty == pytest.approx(0.05)
    assert "length" in found.method


def test_a_given_area_without_ratios_is_shared_equally() -> None:
    (draw,), _ = draws(recipe_with(mode="biaxial_simultaneous", residual_strain="44 %"))
    assert (draw.lengthwise_strain, draw.crosswise_strain) == pytest.approx((0.2, 0.2))


@pytest.mark.parametrize(
    ("seeds", "outcome", "found", "remedy"),
    [
        (0, "end_of_history", "holds no crystal nucleus (0.4 expected)", "larger --size"),
        (5, "too_many_steps", "12 % of the polymer had crystallized when the budget", "smaller --size"),
        (5, "end_of_history", "no gel: 12 % of the polymer has crystallized 120 min after", "more polymer"),
    ],
)
def test_what_did_not_set_is_refused_with_its_own_cause(
    seeds: int, outcome: str, found: str, remedy: str
) -> None:
    error = main._still_liquid(
        SimpleNamespace(name="core"),
        SimpleNamespace(crystallinity=0.12, time_s=7200.0, temperature_K=293.15),
        SimpleNamespace(nuclei_density_m3=1e15),
        SimpleNamespace(grid=SimpleNamespace(edges_m=(1e-6,) * 3), expected_seeds=0.4),
        SimpleNamespace(seeds=seeds, outcome=outcome),
    )
    assert found in error.found
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("record", "status"),
    [
        ({"lengths_across": 6.0}, "pass"),
        ({"lengths_across": 4.0}, "warn"),
        ({"lengths_across": 3.9}, "fail"),
        ({"lengths_across": 3.5, "least_across": 3.0, "across_in": "distances between nuclei"}, "warn"),
        ({"lengths_across": 2.9, "least_across": 3.0, "across_in": "distances between nuclei"}, "fail"),
        ({"lengths_across": 0.0}, "warn"),  # did not demix: no length to hold against the box
    ],
)
def test_a_box_that_is_too_small_decides_nothing(record: dict[str, Any], status: str) -> None:
    worker = SimpleNamespace(directory=SimpleNamespace(payload=lambda stage: record))
    (check,) = main._Worker._box_checks(worker, ())  # type: ignore[arg-type]
    assert check.status == status
    assert ("decides nothing" in check.message) == (status == "fail")
