"""The page of the bench, and a simulated run beside measured results."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from synthetic_run import make

from percola.errors import InputError
from percola.judge.window import Sweep, window
from percola.lab.analysis import Analysis, ResultTable, SourceFacts
from percola.lab.panel import Axis, Curve, Mark, Panel
from percola.measurement import Check, Measurement
from percola.pipeline import bench
from percola.pipeline.judging import gather, judge_sources
from percola.report import beside, build
from percola.report.data import read

P = np.linspace(0, 9e5, 91)
FLOW = Panel(
    "flow",
    "Flow against pressure",
    Axis("pressure", "pressure", "kPa"),
    Axis("flow", "volume_flow", "ml/min"),
    (
        Curve("wet", P, P * 5e-12, "data"),
        Curve("dry", P, P * 1e-11, "data"),
        Curve("half-dry", P, P * 5e-12, "derived"),
    ),
    (Mark("mean flow 0.11 um", x=5.6e5),),
    overlay="porometer",
)


def analysis() -> Analysis:
    return Analysis(
        "porometry",
        (
            Measurement(
                "average_pore_size", 0.13e-6, "m", 0.01e-6, "ASTM F316, half-dry", citations=("ep1063256",)
            ),
            Measurement("maximum_pore_size", None, "m", reason="the wet run begins above the bubble point"),
        ),
        (FLOW,),
        (ResultTable("t", "A table", (("name", ""), ("size", "µm")), (("a", 0.13), ("b", None))),),
        (Check("wet above dry", "warn", "the wet curve passes the dry one at 800 kPa by 2 um"),),
        ("A note <with> signs.",),
        (SourceFacts("wet.csv", "00", {"encoding": "utf-8"}),),
    )


def written(tmp_path: Path, **more: object) -> bench.BenchResult:
    return bench.write(
        "porometry-wet",
        title="wet.csv",
        kicker="Porometry",
        analyses=(analysis(),),
        measurements=analysis().measurements,
        identity={"a": 1},
        out=tmp_path / "bench",
        **more,  # type: ignore[arg-type]
    )


def test_the_page_holds_what_was_found(tmp_path: Path) -> None:
    result = written(tmp_path)
    page = (result.path / "report.html").read_text("utf-8")
    for words in (
        "wet.csv",
        "0.130 ± 0.010",
        "the wet run begins above",
        "A table",
        "A note &lt;with&gt; signs.",
        "encoding",
    ):
        assert words in page.replace("\u00a0", " ")
    assert "by 2 µm" in page  # units as people write them
    assert (result.path / "figures" / "flow.svg").exists()
    assert not re.search(r'(src|href)="(?!#|data:)', page)  # nothing is loaded from elsewhere


def test_the_page_is_built_again_from_its_directory(tmp_path: Path) -> None:
    result = written(tmp_path)
    before = (result.path / "figures" / "flow.svg").read_bytes()
    (result.path / "report.html").unlink()
    build(result.path)
    assert (result.path / "figures" / "flow.svg").read_bytes() == before
    assert (
        Analysis.from_dict(json.loads((result.path / "bench.json").read_text("utf-8"))["analyses"][0]).method
        == "porometry"
    )


def test_a_damaged_directory_is_refused(tmp_path: Path) -> None:
    result = written(tmp_path)
    (result.path / "bench.json").write_text("{", "utf-8")
    with pytest.raises(InputError, match="bench"):
        build(result.path)


def test_the_window_is_drawn_and_kept(tmp_path: Path) -> None:
    t = np.array([135.0, 140, 145, 150]) + 273.15
    w = window(Sweep(t, np.array([0.4, 0.5, 0.5, 0.5]), np.array([4.0, 4, 4, 1])))
    result = written(tmp_path, windows=(w,))
    assert (result.path / "figures" / "window-1.svg").exists()
    build(result.path)
    assert "Window of dissolution temperatures" in (result.path / "report.html").read_text("utf-8")


# -- a simulated run beside ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("run"))


def test_simulated_flow_is_scaled_to_the_dry_flow_measured(run: Path) -> None:
    found = beside.curves(read(run), FLOW)
    assert found
    wet, half = found
    # The second is half the dry flow: at the mean flow pressure the two dry flows are the same.
    at = 5.6e5
    assert np.interp(at, half.x, half.y) == pytest.approx(at * 5e-12, rel=0.05)
    crossing = wet.x[np.argmin(np.abs(wet.y - np.interp(wet.x, half.x, half.y)) + (wet.y <= 0))]
    assert 0 < crossing < wet.x.max() * 1.001


def test_other_overlays_are_in_si(run: Path) -> None:
    axis = Axis("T", "temperature", "degC")
    for key, low, high in (("crystallization", 300, 500), ("phase_diagram", 250, 600)):
        curves = beside.curves(read(run), Panel("p", "p", axis, axis, overlay=key))
        for c in curves:
            assert low < np.nanmin(c.y) <= np.nanmax(c.y) < high
    assert beside.curves(read(run), dataclasses.replace(FLOW, overlay="")) == ()


def test_a_simulated_distribution_stands_where_a_share_of_larger_pores_is_shown(run: Path) -> None:
    share = Panel(
        "d", "Gas flow through larger pores", Axis("pore diameter", "length", "um"), Axis("share", "fraction", "%"),
        overlay="pore_size_distribution",
    )  # fmt: skip
    (curve,) = beside.curves(read(run), share)
    assert 0 <= curve.y.min() <= curve.y.max() <= 1
    assert 1e-9 < curve.x.min() < curve.x.max() < 1e-5
    bins = dataclasses.replace(share, title="Gas flow by pore size")
    assert beside.curves(read(run), bins) == ()


def test_measured_and_simulated_stand_in_one_table(run: Path, tmp_path: Path) -> None:
    result = written(tmp_path, beside=run)
    page = (result.path / "report.html").read_text("utf-8")
    assert "Measured and simulated" in page
    assert "Dotted: simulated" in page
    rows = {r["name"]: r for r in beside.rows(read(result.path), read(run))}
    assert "σ" in rows["Average pore size (half-dry)"]["difference"]
    assert "Maximum pore size (bubble point)" not in rows  # not defined by the bench


def test_measured_goes_before_simulated_where_both_are_judged(run: Path, tmp_path: Path) -> None:
    result = written(tmp_path)
    found = gather([run, result.path])
    sizes = [m for m in found.measurements if m.name == "average_pore_size"]
    assert [m.value for m in sizes] == [0.13e-6]
    assert any(
        m.name == "porosity" for m in found.measurements
    )  # the run stands in for what was not measured
    assert found.beside == run
    assert found.facts
    judgement, judged = judge_sources([run, result.path], out=tmp_path / "bench")
    assert judgement.verdict("claim_1").status in ("PASS", "FAIL", "UNDECIDED")
    assert "Measured and simulated" in (judged.path / "report.html").read_text("utf-8")
