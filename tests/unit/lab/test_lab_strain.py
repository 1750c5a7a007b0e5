"""Stretching residual strain: the patent's numbers, coverage, what tells one direction from two, refusals."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percola.errors import InputError
from percola.lab import analyse
from percola.lab.analysis import Analysis
from percola.lab.setting import parse_settings
from percola.lab.strain.method import analyse_tables, biaxial, last_digit, uniaxial
from percola.lab.strain.spec import SPEC
from percola.lab.strain.synthetic import readings, specimens_csv
from percola.lab.table import Column, Table
from percola.measurement import Measurement

DATA = Path(__file__).parents[2] / "data" / "lab" / "strain"


def set_to(**given: Any) -> dict[str, Any]:
    return parse_settings(SPEC.settings, given)


def table(unit: str = "mm", **columns: list[float]) -> Table:
    return Table(
        "memory.csv",
        "",
        tuple(
            Column(k, "cm2" if k.startswith("area") else unit, np.array(v, float)) for k, v in columns.items()
        ),
    )


def result(a: Analysis) -> Measurement:
    m = a.measurement("stretching_residual_strain")
    assert m is not None
    return m


def check(m: Measurement, name: str) -> tuple[str, str]:
    return next((c.status, c.message) for c in m.checks if c.name == name)


@settings(max_examples=60, deadline=None)
@given(x=st.floats(-0.5, 3.0), y=st.floats(-0.5, 3.0))
def test_definitions(x: float, y: float) -> None:
    assert uniaxial({"before": 2.0, "after": 2.0 * (1 + x)}) == pytest.approx(x, abs=1e-12)
    lengths = {"before": 2.0, "after": 2.0 * (1 + x), "width_before": 3.0, "width_after": 3.0 * (1 + y)}
    areas = {"area_before": 6.0, "area_after": 6.0 * (1 + x) * (1 + y)}
    # An area and the product of its sides are the same thing.
    assert biaxial(lengths) == pytest.approx(biaxial(areas), abs=1e-12)


def test_paragraph_116_drawn_by_a_half_keeps_28_percent() -> None:
    m = result(
        analyse_tables([table(before=[100.0], after=[128.0], drawn=[150.0])], set_to(resolution="0.5 mm"))
    )
    assert m.value == pytest.approx(0.28)
    # Two readings of 0.5 mm: (1/100) sqrt(1 + 1.28^2) 0.5/sqrt(12).
    assert m.uncertainty == pytest.approx(0.5 / math.sqrt(12) / 100 * math.hypot(1, 1.28), rel=1e-4)
    assert m.evidence["elastic_recovery"] == pytest.approx(0.44)
    assert check(m, "recovery")[0] == "pass"


def test_stated_uncertainty_covers_the_truth_at_its_rate() -> None:
    inside = {"uniaxial": 0, "biaxial": 0}
    for k in range(200):
        rng = np.random.default_rng(k)
        true, across = 0.1 + 0.9 * float(rng.random()), 0.3
        for kind, width in (("uniaxial", None), ("biaxial", across)):
            r = readings(true, seed=k, width_strain=width)
            t = table("m", **{name: [v] for name, v in r.items()})
            m = result(analyse_tables([t], set_to(kind=kind, resolution="0.5 mm")))
            assert isinstance(m.value, float)
            assert m.uncertainty is not None
            whole = true if width is None else (1 + true) * (1 + across) - 1
            inside[kind] += abs(m.value - whole) <= 1.96 * m.uncertainty
    # Sums of two and four rectangles: 95 to 97 % within 1.96 sigma; four sigma of 200 draws about that.
    assert all(180 <= n <= 199 for n in inside.values()), inside


def test_propagation_against_monte_carlo() -> None:
    t = table(before=[20.0], after=[31.0], width_before=[15.0], width_after=[18.0])
    m = result(analyse_tables([t], set_to(kind="biaxial", resolution="1 mm")))
    rng = np.random.default_rng(2)
    x = {k: c + rng.uniform(-0.5, 0.5, 300_000) for k, c in
         (("before", 20.0), ("after", 31.0), ("width_before", 15.0), ("width_after", 18.0))}  # fmt: skip
    # 2 % readings: second order below 0.2 %, draws 0.2 %.
    assert m.uncertainty == pytest.approx(float(np.std(biaxial(x))), rel=0.01)  # type: ignore[arg-type]


def test_one_direction_or_two_by_option_and_evidence() -> None:
    grown = table(
        before=[100.0, 101.0], after=[140.5, 141.0], width_before=[50.0, 50.0], width_after=[60.0, 60.5]
    )
    assert result(analyse_tables([grown], set_to())).evidence["kind"] == "biaxial"
    shrunk = table(
        before=[100.0, 101.0], after=[140.5, 141.0], width_before=[50.0, 50.0], width_after=[45.0, 45.5]
    )
    m = result(analyse_tables([shrunk], set_to()))
    assert m.evidence["kind"] == "uniaxial"
    assert m.evidence["width_strain"] == pytest.approx(-0.095)
    with pytest.raises(InputError, match="--kind"):
        analyse_tables(
            [table(before=[100.0], after=[140.5], width_before=[50.0], width_after=[50.0])], set_to()
        )
    with pytest.raises(InputError, match="--kind"):
        analyse_tables([table(before=[1.0], after=[2.0], area_before=[1.0], area_after=[2.0])], set_to())
    areas = analyse_tables([table(area_before=[100.0, 100.0], area_after=[180.0, 181.0])], set_to())
    assert result(areas).value == pytest.approx(0.805)
    with pytest.raises(InputError, match="area-before"):
        analyse_tables([table(before=[1.0], after=[2.0])], set_to(kind="biaxial"))


def test_shrinkage_no_change_and_more_than_drawn() -> None:
    shrunk = result(analyse_tables([table(before=[100.0], after=[95.5])], set_to()))
    assert check(shrunk, "sign")[0] == "warn"
    assert "shrinkage" in check(shrunk, "sign")[1]
    same = result(analyse_tables([table(before=[100.0], after=[100.5])], set_to(resolution="1 mm")))
    assert "no change" in check(same, "sign")[1]
    more = result(analyse_tables([table(before=[100.0], after=[160.5], drawn=[150.0])], set_to()))
    assert check(more, "recovery")[0] == "fail"
    ratio = result(analyse_tables([table(before=[100.0], after=[128.5])], set_to(draw_ratio=1.5)))
    assert check(ratio, "recovery")[0] == "pass"


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ([100.0, 128.0], 1.0),
        ([100.0, 128.5], 0.5),
        ([100.1, 128.5], 0.1),
        ([100.12, 3.0], 0.01),
        ([0.05, 0.1], 0.05),
        ([math.nan], None),
    ],
)
def test_the_last_digit_of_a_column(values: list[float], step: float | None) -> None:
    assert last_digit(values) == (None if step is None else pytest.approx(step))


def test_options_alone_and_their_refusals() -> None:
    a = analyse_tables([], set_to(before="100 mm", after="128 mm", resolution="0.5 mm"))
    assert result(a).value == pytest.approx(0.28)
    with pytest.raises(InputError, match="--resolution"):
        analyse_tables([], set_to(before="100 mm", after="128 mm"))
    with pytest.raises(InputError, match="--before"):
        analyse_tables([], set_to())
    with pytest.raises(InputError, match="above 0"):
        analyse_tables([table(before=[0.0], after=[1.0])], set_to())


def test_example_files(tmp_path: Path) -> None:
    one = analyse("strain", [DATA / "uniaxial.csv"])
    # Made at 28 % with a scatter of 1 %: three standard deviations of the mean of five and the ruler.
    assert result(one).value == pytest.approx(0.28, abs=0.015)
    two = analyse("strain", [DATA / "biaxial.csv"])
    assert result(two).evidence["kind"] == "biaxial"
    assert result(two).value == pytest.approx(
        np.mean([1.405 * 1.205, 141 * 119 / 100.5 / 99.5, 139 * 1.21 / 99.5]) - 1
    )
    path = tmp_path / "s.csv"
    path.write_text(specimens_csv(0.5, n=3), encoding="utf-8")
    assert result(analyse("strain", [path])).evidence["specimens"] == 3
    assert Analysis.from_dict(one.to_dict()).to_dict() == one.to_dict()


def test_columns_without_anything_are_left_out_of_the_table() -> None:
    two = analyse("strain", [DATA / "biaxial.csv"])
    headings = [c for c, _ in two.tables[0].columns]
    assert "Drawn" not in headings
    assert "Gone back" not in headings
    assert "standard deviation" in headings
    assert "Drawn" in [c for c, _ in analyse("strain", [DATA / "uniaxial.csv"]).tables[0].columns]
