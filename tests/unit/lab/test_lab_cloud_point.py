"""Cloud points: intervals, contradictions, the curve, definition (D) just inside and outside, scans, words, coverage."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import integrate

from percola.errors import InputError
from percola.lab import analyse
from percola.lab.cloud_point import spec
from percola.lab.cloud_point.method import analyse_tables, phases_seen, yes_or_no
from percola.lab.cloud_point.standing import (
    CloudPoint,
    Observation,
    cloud_point,
    curve_at,
    planar_interface,
    scan_onset,
)
from percola.lab.cloud_point.synthetic import Thermostat, scan
from percola.lab.setting import parse_settings
from percola.lab.table import Column, Table

H = 3600.0


def settings(**given: Any) -> dict[str, Any]:
    return parse_settings(spec.SPEC.settings, given)


def table(rows: list[tuple[Any, ...]], **more: Any) -> Table:
    w, t, n, planar, gelled = zip(*rows, strict=True)

    def text(name: str, values: Any) -> Column:
        return Column(name, "", np.full(len(values), math.nan), tuple(str(v) for v in values))

    columns = [
        Column("fraction", "wt%", 100 * np.array(w, float)), Column("temperature", "K", np.array(t, float)),
        text("phases", n), text("interface", planar), text("gelled", gelled),
    ]  # fmt: skip
    columns += [Column(k, "h", np.full(len(w), float(v))) for k, v in more.items()]
    return Table("standing.csv", "", tuple(columns))


def test_interval_between_two_phases_and_one() -> None:
    t = np.array([470.0, 480.0, 490.0, 500.0])
    found = cloud_point(0.3, t, np.array([True, True, False, False]), 0.5)
    assert found.temperature_K == 485
    assert found.error_K == pytest.approx(math.hypot(10 / math.sqrt(12), 0.5))
    above = cloud_point(0.3, t, np.ones(4, bool), 0.5)
    assert above.temperature_K is None
    assert above.highest_two_K == 500


def test_contradictions_by_likelihood_against_quadrature() -> None:
    t = np.array([470.0, 480.0, 485.0, 490.0, 500.0])
    two = np.array([True, True, False, True, False])
    found = cloud_point(0.3, t, two, 0.0)
    assert found.contradictory

    def likelihood(at: float, log_s: float) -> float:
        z = (t - at) / math.exp(log_s)
        return float(np.exp(-np.logaddexp(0, np.where(two, z, -z)).sum()))

    span = 30.0
    limits = [(440.0, 530.0), (math.log(0.1), math.log(span))]
    norm = integrate.nquad(likelihood, limits, opts={"epsrel": 1e-4})[0]
    mean = integrate.nquad(lambda a, s: a * likelihood(a, s), limits, opts={"epsrel": 1e-4})[0] / norm
    square = (
        integrate.nquad(lambda a, s: (a - mean) ** 2 * likelihood(a, s), limits, opts={"epsrel": 1e-4})[0]
        / norm
    )
    # A grid of 601 x 40 on a smooth function.
    assert found.temperature_K == pytest.approx(mean, abs=0.05)
    assert found.error_K == pytest.approx(math.sqrt(square), rel=0.03)
    # Symmetric observations have their centre of symmetry as their mean.
    even = cloud_point(0.3, np.array([480.0, 484.0, 486.0, 490.0]), np.array([True, False, True, False]), 0.0)
    assert even.temperature_K == pytest.approx(485, abs=1e-6)


@pytest.mark.parametrize("blur", [0.0, 4.0])
def test_the_stated_uncertainty_covers_the_truth(blur: float) -> None:
    bath = Thermostat(blur_K=blur)
    inside = total = 0
    for seed in range(200):
        found = analyse_tables([table(bath.rows((0.3,), seed), stood=15)], settings()).measurements[1]
        # One concentration that agrees with itself does not tell that the eye blurs by 4 K.
        if found.value is None or (blur and not found.evidence["contradictory"]):
            continue
        assert isinstance(found.value, float)
        assert found.uncertainty is not None
        total += 1
        inside += abs(found.value - bath.cloud_point_K(0.3)) <= 1.96 * found.uncertainty
    assert total >= (60 if blur else 195)
    # An even distribution has no tails: 1.96 standard deviations of an interval cover more than 95 %.
    assert inside >= 0.9 * total


def test_the_curve_only_smooths_between() -> None:
    points = [CloudPoint(w, 490 - 400 * (w - 0.15) ** 2, 1.0, 0, 0, False, 4) for w in (0.1, 0.2, 0.3, 0.4)]
    for p in points:
        at = curve_at(p.fraction, points)
        assert at is not None
        assert at.temperature_K == pytest.approx(p.temperature_K)
        assert at.error_K == pytest.approx(1.0, rel=0.01)
    between = curve_at(0.25, points)
    assert between is not None
    assert not between.extrapolated
    # A parabola through steps of 0.1 leaves its chord by 400 x 0.05^2 = 1 K; the curve keeps within that.
    assert between.temperature_K == pytest.approx(490 - 400 * 0.01, abs=1.0)
    beyond = curve_at(0.5, points)
    assert beyond is not None
    assert beyond.extrapolated
    assert beyond.error_K > 10
    assert curve_at(0.2, points[:1]) is None


INSIDE = Observation(0.3, 473.15, True, True, None, 15 * H, 12 * H, 1)


def test_definition_d_just_inside_and_just_outside() -> None:
    """Paragraph 121: a planar interface at 200 and 180 degC after 15 h."""
    melt = 420.0
    assert planar_interface([INSIDE], melt).word == "observed"
    for w, word in ((0.10, "observed"), (0.0999, "undecided"), (0.60, "observed"), (0.6001, "undecided")):
        assert planar_interface([replace(INSIDE, fraction=w)], melt).word == word
    assert planar_interface([replace(INSIDE, temperature_K=melt)], melt).word == "observed"
    assert planar_interface([replace(INSIDE, temperature_K=melt - 0.01)], melt).word == "undecided"
    assert planar_interface([replace(INSIDE, temperature_K=melt + 1)], melt, 1.0).word == "undecided"
    assert planar_interface([replace(INSIDE, temperature_K=melt + 2.1)], melt, 1.0).word == "observed"
    assert planar_interface([replace(INSIDE, gelled=True)], melt).word == "undecided"
    assert planar_interface([replace(INSIDE, two=False)], melt).word == "undecided"
    # Without the crystallization temperature only what was seen to be liquid counts.
    assert planar_interface([INSIDE], None).word == "undecided"
    assert planar_interface([replace(INSIDE, gelled=False)], None).word == "observed"
    no = replace(INSIDE, planar=False)
    assert planar_interface([no], melt).word == "not_observed"
    assert planar_interface([replace(no, stood_s=9.9 * H)], melt).word == "undecided"
    assert planar_interface([replace(no, stood_s=10 * H)], melt).word == "not_observed"
    assert planar_interface([replace(no, stood_s=math.nan)], melt).word == "undecided"
    assert planar_interface([no, replace(INSIDE, planar=None)], melt).word == "undecided"
    assert planar_interface([no, INSIDE], melt).word == "observed"
    assert planar_interface([replace(INSIDE, two=False, planar=False)], melt).word == "undecided"
    assert planar_interface([], melt).word == "undecided"


def test_words_in_three_languages() -> None:
    assert [phases_seen(w) for w in ("1", "one phase", "einphasig", "1相", "均一", "2", "two-phase", "Zweiphasig", "二相", "", "unklar")] == [
        False, False, False, False, False, True, True, True, True, None, None,
    ]  # fmt: skip
    assert [yes_or_no(w) for w in ("Yes", "ja", "あり", "○", "No", "nein", "なし", "×", "?", "unclear", "不明", "△")] == [
        True, True, True, True, False, False, False, False, None, None, None, None,
    ]  # fmt: skip
    for wrong in (lambda: phases_seen("three"), lambda: yes_or_no("perhaps not")):
        with pytest.raises(InputError):
            wrong()


def test_a_set_of_samples_gives_definition_curve_and_figure() -> None:
    bath = Thermostat(bath_K=0.0)
    rows = bath.rows((0.1, 0.2, 0.3, 0.4), 2)
    found = analyse_tables(
        [table(rows, stood=15, dissolved=12)],
        settings(polymer_fraction="25 wt%", crystallization_temperature="130 degC"),
    )
    interface, main = found.measurements[:2]
    assert (interface.name, interface.value) == ("planar_interface", "observed")
    assert main.name == "cloud_point_temperature"
    assert main.region == ""
    assert isinstance(main.value, float)
    assert main.value == pytest.approx(bath.cloud_point_K(0.25), abs=3.0)
    assert len(found.measurements) == 6
    assert found.panels[0].overlay == "phase_diagram"
    assert {c.name: c.status for c in main.checks}["stood 10 to 48 h"] == "pass"
    assert {c.name: c.status for c in main.checks}["dissolved 6 to 24 h"] == "pass"
    beyond = analyse_tables([table(rows, stood=15)], settings(polymer_fraction="50 wt%")).measurements[1]
    assert any(c.status == "fail" and "beyond" in c.message for c in beyond.checks)
    blind = analyse_tables(
        [table(Thermostat(planar=False).rows((0.3,), 1), stood=15)], settings()
    ).measurements[0]
    assert blind.value == "not_observed"
    hidden = analyse_tables(
        [table(Thermostat(planar=False).rows((0.3,), 1), stood=5)], settings()
    ).measurements[0]
    assert hidden.value == "undecided"
    assert hidden.evidence["possible"] == ["observed", "not_observed"]
    json.dumps(found.to_dict(), allow_nan=False)


def test_what_cannot_be_used_is_refused() -> None:
    good = [(0.3, 480.0, 2, "yes", "no"), (0.3, 490.0, 1, "no", "no")]
    for bad in (
        [(30.0, *good[0][1:])],
        [(0.3, 480.0, "three", "yes", "no")],
        [(0.3, 480.0, 2, "sort of", "no")],
    ):
        with pytest.raises(InputError):
            analyse_tables([table(bad)], settings())
    bare = Table(
        "x.csv", "", (Column("temperature", "K", np.array([480.0])), Column("phases", "", np.array([2.0])))
    )
    with pytest.raises(InputError) as error:
        analyse_tables([bare], settings())
    assert error.value.where == "--polymer-fraction"
    assert analyse_tables([bare], settings(polymer_fraction="30 wt%")).measurements[1].value is None


def test_scans_of_turbidity() -> None:
    onsets = []
    for seed in range(60):
        found = scan_onset(*scan(480.0, seed=seed))
        assert found is not None
        onsets.append((found.temperature_K - 480.0) / found.error_K)
    # The tangent of a linear fall is exact; the error stated is for falls that bend.
    assert np.max(np.abs(onsets)) < 1.96
    assert scan_onset(np.arange(450.0, 480.0), np.full(30, 0.9)) is None
    t, y = scan(480.0)
    one = Table("scan.csv", "", (Column("temperature", "K", t), Column("transmittance", "", y)))
    (m,) = analyse_tables([one], settings(polymer_fraction="30 wt%", cooling_rate="2 K/min")).measurements
    assert m.value == pytest.approx(480.0, abs=0.5)
    assert "not the standing method" in m.method


def test_from_a_file(tmp_path: Path) -> None:
    path = Thermostat().write(tmp_path / "standing.csv", seed=4)
    found = analyse(
        "cloud-point", [path], {"polymer_fraction": "20 wt%", "crystallization_temperature": "130 degC"}
    )
    main = found.measurement("cloud_point_temperature", "")
    assert main is not None
    assert isinstance(main.value, float)
    assert main.uncertainty is not None
    assert abs(main.value - Thermostat().cloud_point_K(0.2)) < 4 * main.uncertainty


def test_a_german_list_with_the_temperatures_of_paragraph_121() -> None:
    path = Path(__file__).parents[2] / "data" / "lab" / "cloud_point" / "stehversuch.csv"
    found = analyse("cloud-point", [path], {"crystallization_temperature": "130 degC"})
    interface, point = found.measurements
    assert interface.value == "observed"
    assert len(interface.evidence["reasons"]) == 2
    assert point.value == pytest.approx(220 + 273.15)
