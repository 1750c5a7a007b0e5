"""Log reduction values: exact coverage of bounds and intervals, titres, dilutions, controls, sizes, modules."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from percola.errors import InputError
from percola.lab import analyse
from percola.lab.retention import spec
from percola.lab.retention.counts import (
    Counts,
    concentration_interval,
    dispersion,
    in_parallel,
    passage_bounds,
    reduction,
    titre,
)
from percola.lab.retention.method import analyse_tables, dilutions, stream_of
from percola.lab.retention.synthetic import Challenge
from percola.lab.setting import parse_settings
from percola.lab.table import Column, Table

ML = 1e-6


def column(header: str, values: Any, unit: str = "") -> Column:
    try:
        return Column(header, unit, np.asarray(values, float))
    except ValueError:
        numbers = []
        for v in values:
            try:
                numbers.append(float(v))
            except ValueError:
                numbers.append(math.nan)
        return Column(header, unit, np.array(numbers), tuple(str(v) for v in values))


def table(
    rows: list[tuple[Any, ...]], headers: tuple[tuple[str, str], ...], path: str = "counts.csv"
) -> Table:
    return Table(
        path, "", tuple(column(h, c, u) for (h, u), c in zip(headers, zip(*rows, strict=True), strict=True))
    )


PLATES = (("sample", ""), ("dilution", ""), ("volume", "ml"), ("count", ""))
WELLS = (("sample", ""), ("dilution", ""), ("wells", ""), ("positive", ""))


def settings(**given: Any) -> dict[str, Any]:
    return parse_settings(spec.SPEC.settings, given)


def one(count: float, exposure: float = 1.0) -> Counts:
    return Counts(np.array([count], float), np.array([exposure]))


def test_interval_of_a_concentration_covers_by_enumeration() -> None:
    # The exact interval covers at least at its rate for every mean (Garwood 1936).
    for mean in (0.3, 1.0, 2.5, 10.0, 40.0):
        n = np.arange(0, 200)
        chance = stats.poisson.pmf(n, mean)
        inside = [
            concentration_interval(float(k), 1.0)[0] <= mean <= concentration_interval(float(k), 1.0)[1]
            for k in n
        ]
        covered = float(chance[np.array(inside)].sum())
        # For no count the bound is one-sided and ends at 3.0: between 3.0 and 3.69 the union of both covers less.
        assert covered >= 0.95
    assert concentration_interval(0, 2.0)[1] == pytest.approx(-math.log(0.05) / 2)
    # Garwood's table: 10 counts, 4.795 to 18.39.
    assert concentration_interval(10, 1.0) == pytest.approx((4.7954, 18.3904), abs=1e-3)


@pytest.mark.parametrize(("feed", "permeate"), [(200.0, 0.5), (30.0, 2.0), (8.0, 0.1), (100.0, 20.0)])
def test_bounds_of_the_passage_cover_by_enumeration(feed: float, permeate: float) -> None:
    """Sum over all pairs of counts with their Poisson chances; exposures 1e-6 and 1: a passage of 1e-6 p/f."""
    true = permeate / (feed * 1e6)
    covered = two = total = 0.0
    nf = np.arange(int(stats.poisson.ppf(1e-7, feed)), int(stats.poisson.isf(1e-7, feed)) + 1)
    np_ = np.arange(0, int(stats.poisson.isf(1e-7, permeate)) + 1)
    for f in nf:
        if f == 0:
            continue
        for p in np_:
            chance = float(stats.poisson.pmf(f, feed) * stats.poisson.pmf(p, permeate))
            total += chance
            high = passage_bounds(one(float(f), 1e-6), one(float(p)), 0.95, True)[1]
            covered += chance * (true <= high)
            low, high = passage_bounds(one(float(f), 1e-6), one(float(p)), 0.95, False)
            two += chance * (low <= true <= high)
    # Exact given the total, hence at least at the stated rate.
    assert covered / total >= 0.95
    assert two / total >= 0.95


def test_nothing_counted_is_a_bound_near_three() -> None:
    # Many in the feed: the bound tends to log10(c_f e_p/-ln 0.05), the rule of three.
    found = reduction(one(100000.0, 1e-3), one(0.0, 10.0))
    assert found is not None
    assert found.bound
    assert found.error is None
    assert found.value == pytest.approx(math.log10(1e8 / (2.9957 / 10)), abs=1e-4)
    assert reduction(one(0.0), one(0.0)) is None
    # As many in the feed as wanted raise nothing above what the permeate's volume can show.
    few = reduction(one(20.0, 1e-3), one(0.0, 10.0))
    assert few is not None
    assert few.value < math.log10(20e3 / 0.29957)


def test_known_counts() -> None:
    found = reduction(one(400.0, 1e-4), one(100.0, 1.0))
    assert found is not None
    assert found.value == pytest.approx(math.log10(4e4))
    # Delta method: sqrt(1/400 + 1/100)/ln 10; the exact interval is a few per cent wider.
    delta = math.sqrt(1 / 400 + 1 / 100) / math.log(10)
    assert delta < found.error < 1.1 * delta  # type: ignore[operator]
    # Dilutions join to all counts over all sample.
    counts = Counts(np.array([250.0, 27.0]), np.array([1e-5, 1e-6]))
    assert counts.concentration == pytest.approx(277 / 1.1e-5)
    even = Counts(np.array([100.0, 100.0, 100.0]), np.ones(3))
    assert dispersion(even) == (0.0, 1.0)
    ratio, p = dispersion(Counts(np.array([10.0, 190.0]), np.ones(2)))
    assert ratio == pytest.approx(162.0)
    assert p < 1e-9


@pytest.mark.parametrize(
    "challenge",
    [Challenge(), Challenge(lrv=6.3), Challenge(clumps=3.0, plates=6)],
    ids=["many counts", "few counts", "clumps"],
)
def test_the_stated_uncertainty_covers_the_truth(challenge: Challenge) -> None:
    inside = 0
    none = settings()
    none["volume_error"] = none["dilution_error"] = 0.0
    for seed in range(200):
        found = analyse_tables([table(challenge.rows(seed), PLATES)], none).measurements[0]
        assert isinstance(found.value, float)
        if found.evidence["lower_bound"]:
            inside += found.value <= challenge.lrv
        else:
            assert found.uncertainty is not None
            inside += abs(found.value - challenge.lrv) <= 1.96 * found.uncertainty
    # Few counts (3 in all on the mean): their error is skew, the interval of one sigma is exact and hence wide.
    assert 180 <= inside <= (200 if challenge.lrv > 6 else 198)


def test_bounds_hold_at_their_rate() -> None:
    """2.1 expected in the permeate; whenever none is found the bound must hold, on the whole at 95 %."""
    strong = Challenge(lrv=8.0, filtered_ml=10.0)
    s = settings()
    wrong = 0
    bounds = 0
    for seed in range(300):
        found = analyse_tables([table(strong.rows(seed), PLATES)], s).measurements[0]
        if found.evidence["lower_bound"]:
            bounds += 1
            assert isinstance(found.value, float)
            wrong += found.value > strong.lrv
    assert bounds > 20  # exp(-2.1) of 300
    assert wrong <= 0.05 * 300


def test_titres_by_hand() -> None:
    e = 10.0 ** -np.arange(1, 6) * 1e-7
    n = np.full(5, 8.0)
    k = np.array([8.0, 8.0, 6.0, 2.0, 0.0])
    # Spearman and Karber by hand: -log10(1e-8) - 1/2 + (1 + 1 + 0.75 + 0.25) = 10.5; error sqrt(2 x 0.1875/7).
    found = titre(e, n, k)
    assert found.log10 == pytest.approx(10.5)
    assert found.error == pytest.approx(math.sqrt((0.75 * 0.25 + 0.25 * 0.75) / 7))
    # Reed and Muench: infected below 8: 24, 16, 8, 2, 0; healthy above: 0, 0, 2, 8, 16; shares 1, 1, 0.8, 0.2, 0.
    assert titre(e, n, k, "reed-muench").log10 == pytest.approx(8 + 2 + 0.5)
    # Symmetric data: all three within a tenth.
    assert titre(e, n, k, "likelihood").log10 == pytest.approx(10.5, abs=0.15)
    # All negative: exp(-ln 2 c sum) = 0.05.
    none = titre(e[:1], n[:1], np.zeros(1))
    assert none.bound == "upper"
    assert 0.5 ** (10**none.log10 * 8 * e[0]) == pytest.approx(0.05)
    every = titre(e[:2], n[:2], n[:2])
    assert every.bound == "lower"
    assert np.prod((1 - 0.5 ** (10**every.log10 * e[:2])) ** 8) == pytest.approx(0.05)
    # Likelihood against a fine search.
    grid = np.linspace(10, 11, 100001)
    x = 0.5 ** (10 ** grid[:, None] * e)
    score = np.sum(k * np.log(1 - x + 1e-300) + (8 - k) * np.log(x), axis=1)
    assert titre(e, n, k, "likelihood").log10 == pytest.approx(grid[np.argmax(score)], abs=2e-5)


@pytest.mark.parametrize("method", ["spearman-karber", "likelihood"])
def test_titres_cover_the_truth(method: str) -> None:
    challenge = Challenge(lrv=3.3, feed_1_ml=3e6)
    s = settings(volume="0.1 ml", titre=method)
    s["volume_error"] = s["dilution_error"] = 0.0
    inside = 0
    for seed in range(200):
        found = analyse_tables([table(challenge.wells(seed), WELLS)], s).measurements[0]
        assert isinstance(found.value, float)
        assert found.uncertainty is not None
        inside += abs(found.value - challenge.lrv) <= 1.96 * found.uncertainty
    assert 180 <= inside <= 198


def test_dilutions_are_not_guessed() -> None:
    np.testing.assert_allclose(dilutions(np.array([1000.0, 1e-3, 1.0]), None, "x"), [1e-3, 1e-3, 1.0])
    for bad in ([0.0, 1.0, 2.0], [3.0, 4.0], [-3.0, -4.0]):
        with pytest.raises(InputError) as error:
            dilutions(np.array(bad), None, "x")
        assert error.value.where == "--dilution-as"
    np.testing.assert_allclose(dilutions(np.array([-3.0, 4.0]), "exponent", "x"), [1e-3, 1e-4])
    with pytest.raises(InputError):
        dilutions(np.array([-0.1]), "factor", "x")


@pytest.mark.parametrize(
    ("word", "stream"),
    [("Feed", "feed"), ("Zulauf 2", "feed"), ("filtrate", "permeate"), ("Permeat", "permeate"), ("ろ液", "permeate"),
     ("Hold control", "control"), ("Blank", "blank"), ("negative control", "blank"), ("retentate", None)],
)  # fmt: skip
def test_names_of_streams(word: str, stream: str | None) -> None:
    assert stream_of(word) == stream


def test_what_cannot_be_used_is_refused() -> None:
    good = [("feed", 1e-3, 0.1, 100), ("permeate", 1.0, 0.1, 10)]
    assert analyse_tables([table(good, PLATES)], settings()).measurements[0].value == pytest.approx(4.0)
    for bad in (
        good[:1],
        [good[0], ("permeate", 1.0, 0.1, -1)],
        [good[0], ("permeate", 1.0, 0.1, 1.5)],
        [good[0], ("permeate", 1.0, 0.0, 10)],
        [good[0], ("permeate", 1.0, 0.1, "many")],
        [("feed", 1e-3, 0.1, "TNTC"), good[1]],
    ):
        with pytest.raises(InputError):
            analyse_tables([table(bad, PLATES)], settings())
    no_volume = table([(a, b, d) for a, b, _, d in good], (PLATES[0], PLATES[1], PLATES[3]))
    with pytest.raises(InputError) as error:
        analyse_tables([no_volume], settings())
    assert error.value.where == "--volume"
    empty = analyse_tables([table([("feed", 1.0, 0.1, 0), good[1]], PLATES)], settings()).measurements[0]
    assert empty.value is None
    assert "feed" in empty.reason


def test_controls_blanks_and_plates_left_out() -> None:
    rows = [
        ("feed", 1e-3, 0.1, 100), ("feed", 1e-2, 0.1, "TNTC"), ("permeate", 1.0, 0.1, "<1"), ("permeate", 1.0, 0.1, 0),
        ("hold control", 1e-3, 0.1, 10), ("blank", 1.0, 0.1, 2), ("retentate", 1.0, 0.1, 7),
    ]  # fmt: skip
    found = analyse_tables([table(rows, PLATES)], settings(area="13.8 cm2", challenge_volume="100 ml"))
    m = found.measurements[0]
    checks = {c.name: c.status for c in m.checks}
    assert checks["hold control (all)"] == "fail"  # 1 log10 lost without the filter
    assert checks["blank is clean (all)"] == "fail"  # more in the blank than in the permeate
    assert checks["permeate above the limit of detection (all)"] == "warn"
    assert checks["challenge of 1e7 on a square centimetre"] == "warn"  # 1e6/ml x 100 ml/13.8 cm2 = 7.2e6
    assert m.evidence["lower_bound"].startswith("at least")
    assert any("retentate" in n for n in found.notes)


def test_sizes_give_a_cut_off() -> None:
    size = np.array([20.0, 30.0, 40.0, 50.0, 70.0])
    true = (size / 40.0) ** 3  # LRV 1 at 40 nm
    feed = np.full(5, 10000.0)
    permeate = np.round(feed * 100 * 10**-true)
    permeate[-1] = 0
    rows = list(zip(size, feed, permeate, strict=True))
    counted = table(rows, (("size", "nm"), ("feed", ""), ("permeate", "")))
    found = analyse_tables([counted], settings(feed_volume="1 ml", permeate_volume="1 ml", feed_dilution=100))
    lrv = [m for m in found.measurements if m.name == "lrv"]
    assert [m.value for m in lrv[:4]] == pytest.approx(true[:4], abs=1e-3)
    assert lrv[4].evidence["lower_bound"]
    assert lrv[0].region == "particles of 20 nm"
    assert len(lrv[0].evidence["lrv_curve"]) == 5
    cut = found.measurement("retention_cutoff_diameter")
    assert cut is not None
    assert cut.value == pytest.approx(40e-9, rel=1e-3)
    assert found.panels[0].overlay == "retention"
    assert found.panels[1].curves[0].y[2] == pytest.approx(0.9, abs=1e-3)
    json.dumps(found.to_dict(), allow_nan=False)


def test_modules_share_a_feed() -> None:
    rows = [
        ("feed", 1e-4, 0.1, 200, ""), ("permeate", 1.0, 0.1, 20, "A"), ("permeate", 1.0, 0.1, 200, "B"),
    ]  # fmt: skip
    found = analyse_tables([table(rows, (*PLATES, ("module", "")))], settings())
    m = found.measurements[0]
    # Passages 1e-5 and 1e-4 on one feed: their mean is 5.5e-5.
    assert m.value == pytest.approx(-math.log10(5.5e-5))
    assert m.evidence["mean_of_lrv"] == pytest.approx(4.5)
    assert [r["module"] for r in m.evidence["modules"]] == ["A", "B"]
    a, b = reduction(one(100.0, 1e-4), one(10.0)), reduction(one(100.0, 1e-4), one(0.0))
    assert a is not None
    assert b is not None
    assert in_parallel([a, b]).bound


def test_from_a_file(tmp_path: Path) -> None:
    path = Challenge().write(tmp_path / "plates.csv", 1)
    found = analyse("retention", [path], {"particle_diameter": "28 nm"})
    m = found.measurements[0]
    assert isinstance(m.value, float)
    assert m.uncertainty is not None
    assert abs(m.value - 4.5) < 4 * m.uncertainty
    assert m.evidence["reference_diameter_m"] == pytest.approx(28e-9)


def _plates(tmp_path, rows):
    path = tmp_path / "plates.csv"
    path.write_text("sample,volume (ml),count\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return analyse("retention", [path])


def _status(analysis, words):
    m = analysis.measurement("lrv")
    return [c.status for c in (*m.checks, *analysis.checks) if words in c.name]


def test_a_plate_too_full_beside_a_countable_one_of_the_same_dilution_is_no_valid_result(tmp_path):
    """300 and more is no chance beside 100 (Poisson); at ten times the volume it is what 100 explain."""
    a = _plates(tmp_path, ["feed,1,100", "feed,1,TNTC", "permeate,1,2"])
    assert _status(a, "too full") == ["fail"]
    b = _plates(tmp_path, ["feed,1,100", "feed,10,TNTC", "permeate,1,2"])
    assert _status(b, "too full") == ["pass"]
    c = _plates(tmp_path, ["feed,1,100", "permeate,1,5", "permeate,1,TNTC"])
    assert _status(c, "too full") == ["fail"]


def test_more_behind_the_filter_than_before_it_is_no_valid_result(tmp_path):
    a = _plates(tmp_path, ["feed,1,100", "feed,1,110", "permeate,1,200"])
    assert _status(a, "less in the permeate") == ["fail"]
    b = _plates(tmp_path, ["feed,1,100", "permeate,1,103"])  # chance
    assert _status(b, "less in the permeate") == []


def test_without_sizes_there_are_figures_of_reduction_and_counts() -> None:
    rows = [
        ("feed", 1e-4, 0.1, 200, ""), ("permeate", 1.0, 0.1, 20, "A"), ("permeate", 1.0, 0.1, 0, "B"),
    ]  # fmt: skip
    found = analyse_tables([table(rows, (*PLATES, ("module", "")))], settings())
    by = {p.key: p for p in found.panels}
    lrv = {c.label: c for c in by["modules"].curves}
    # 200/(0.1 ml x 1e-4) in the feed, 20/0.1 ml behind A, nothing behind B.
    assert lrv["LRV"].y[0] == pytest.approx(5.0)
    low, high, gap = lrv["95 % interval"].y
    assert low < 5.0 < high
    assert math.isnan(gap)
    assert lrv["at least"].x.tolist() == [2.0]
    assert "1 A, 2 B" in by["modules"].caption
    counts = {c.label: c for c in by["counts"].curves}
    assert counts["feed"].y / 1e6 == pytest.approx([2e7])
    assert counts["permeate"].y / 1e6 == pytest.approx([200.0])
    assert by["counts"].y.log
    # No size in the file: no column of sizes.
    assert "size" not in [c for c, _ in found.tables[0].columns]
    json.dumps(found.to_dict(), allow_nan=False)
    single = analyse_tables([table([r[:4] for r in rows[:2]], PLATES)], settings())
    assert "module" not in [c for c, _ in single.tables[0].columns]
    assert {"modules", "counts"} <= {p.key for p in single.panels}
