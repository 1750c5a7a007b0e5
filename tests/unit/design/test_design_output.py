"""What is written of predictions and calibrations: numbers add up, nothing of reserved specimens, readings beyond the reduced model."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from percola.audit import specimens as audited
from percola.design import output
from percola.design.foretold import beyond, full
from percola.design.foretold.predict import predict_features
from percola.design.posterior import observations
from percola.design.posterior.calibration import Calibration
from percola.design.posterior.inference import sample_sites
from percola.design.posterior.leave_out import LeftOut
from percola.design.posterior.priors import priors
from percola.design.posterior.sampling import SamplingSettings
from percola.design.reduced.chain import QUANTITIES
from percola.design.reduced.features import features_of
from percola.errors import InputError
from percola.recipe import context_of, specimens
from percola.report.numbers import span

KNOWN = ("Ex7", "Ex8", "CE7", "Ex13")
DRAWS = 24


def _made(width: float = 0.3) -> Calibration:
    """Four specimens and draws of the narrowed prior: no posterior, but all that the code around one needs."""
    book = sorted((s for s in audited.patent_specimens() if s.id in KNOWN), key=lambda s: KNOWN.index(s.id))
    recipes = [specimens.load(s.id)[0] for s in book]
    o = observations._assembled(book, recipes, {}, (), "patent", {s.id: s.id for s in book})
    rng = np.random.default_rng(4)
    sites = sample_sites(len(o.features.solvents))
    draws = {name: width * rng.standard_normal((1, DRAWS, *shape)) for name, shape in sites.items()}
    draws["own"] = np.full((1, DRAWS), 0.25)
    statistics = {"r_hat": 1.9, "r_hat_of": "ln_D0", "divergences": 9, "effective_draws": 4.0}
    return Calibration("four", o, draws, SamplingSettings(DRAWS, DRAWS, 1), statistics)


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return _made()


@pytest.fixture(scope="module")
def ex7(calibration: Calibration) -> output.Foretold:
    return output.foretell("patent:Ex7", calibration, window=True)


# --- predictions -------------------------------------------------------------------------------------------


def test_every_reading_has_an_interval_about_its_median(ex7: output.Foretold) -> None:
    for name, r in ex7.readings().items():
        assert r.low < r.median < r.high, name
        assert r.sd > 0.0
    assert set(QUANTITIES) <= set(ex7.readings())


def test_measurements_carry_the_limits_and_are_plain_data(ex7: output.Foretold) -> None:
    found = {m.name: m for m in ex7.measurements()}
    assert ex7.window is not None
    for name, at in zip(output.LIMITS, (ex7.window.lower_K, ex7.window.upper_K), strict=True):
        assert found[name].value == at
        # not better than the steps of 5 degC that it is read from
        assert (found[name].uncertainty or 0.0) >= output.STEP_SD_K
    json.dumps([m.to_dict() for m in found.values()], allow_nan=False)


def test_reported_numbers_stand_beside_those_of_known_specimens(
    ex7: output.Foretold, calibration: Calibration
) -> None:
    said = ex7.to_dict(calibration)
    assert said["reported"]["porosity"]["text"].startswith("54.6")
    assert not said["reserved"]
    assert said["declared"]["weight_average_molecular_weight"]["unit"] == "kg/mol"


def test_of_a_reserved_specimen_nothing_is_said_but_that_it_is_reserved(calibration: Calibration) -> None:
    said = output.foretell("patent:Ex11", calibration, window=False).to_dict(calibration)
    assert said["reserved"]
    assert said["reported"] == {}
    assert any("reserved" in n for n in said["notes"])


def test_the_same_recipe_and_seed_give_the_same_numbers_and_another_seed_others(
    ex7: output.Foretold, calibration: Calibration
) -> None:
    again = output.foretell("patent:Ex7", calibration, window=False)
    other = output.foretell("patent:Ex7", calibration, seed=1, window=False)
    assert again.prediction == ex7.prediction
    assert other.prediction.readings["porosity"].low != ex7.prediction.readings["porosity"].low


def test_the_table_of_several_holds_the_numbers_of_each(
    ex7: output.Foretold, calibration: Calibration
) -> None:
    without = replace(ex7, window=None)
    rows = list(csv.DictReader(io.StringIO(output.table([ex7, without]))))
    r = ex7.prediction.readings["average_pore_size"]
    # six digits are written
    assert_allclose(float(rows[0]["average_pore_size_median [m]"]), r.median, rtol=1e-5)
    assert rows[0]["T_l_median [K]"] != ""
    assert rows[1]["T_l_median [K]"] == ""
    assert rows[0]["structure_class"] == ex7.prediction.structure_class


def test_a_directory_can_be_judged_and_its_page_made_again(
    ex7: output.Foretold, calibration: Calibration, tmp_path: Path
) -> None:
    from percola.pipeline.judging import gather
    from percola.report import build

    path = output.write_prediction(ex7, calibration, out=tmp_path)
    found = gather([path])
    assert {m.name for m in ex7.measurements()} <= {m.name for m in found.measurements}
    assert any(m.name == "dissolution_temperature" for m in found.facts)
    assert any("a prediction" in n for n in found.notes)
    before = (path / "report.html").stat().st_size
    assert build(path).stat().st_size == pytest.approx(before, rel=0.01)  # the time of making differs


# --- beyond the reduced model ------------------------------------------------------------------------------


def test_melting_temperature_is_that_of_the_check_where_nothing_is_moved() -> None:
    still = _made(0.0)
    for p in priors():
        if p.name in ("Tm0_K",):
            still.draws[p.name][:] = -p.mean / p.sd  # type: ignore[index]
    recipe = specimens.load("Ex7")[0]
    f = features_of(recipe, "Ex7")
    melting, _ = beyond.temperatures(recipe, f, still)
    expected = context_of(recipe).melting_temperature_in_mixture_K
    assert expected is not None
    # the tables' value to rounding: draws hold nothing but zeros (deviations are kept to six digits)
    assert_allclose(float(melting.value), expected, atol=1e-3)  # type: ignore[arg-type]


def test_an_electrolyte_adds_its_conductivity_and_porosity_widens_it(calibration: Calibration) -> None:
    recipe = specimens.load("Ex13")[0]
    f = features_of(recipe, "Ex13")
    p = predict_features(f, calibration)[0]
    found = beyond.conductivity(recipe, p)
    assert found is not None
    porosity = p.readings["porosity"]
    sure = replace(p, readings={**p.readings, "porosity": replace(porosity, sd=1e-9)})
    narrow = beyond.conductivity(recipe, sure)
    assert narrow is not None
    assert (found.uncertainty or 0.0) > (narrow.uncertainty or 0.0)
    assert found.value == narrow.value
    assert beyond.conductivity(specimens.load("Ex7")[0], p) is None


def test_what_cannot_be_worked_out_is_a_note(calibration: Calibration) -> None:
    recipe = specimens.load("Ex13")[0]
    assert recipe.electrolyte is not None
    other = recipe.model_copy(
        update={"electrolyte": recipe.electrolyte.model_copy(update={"salt": "unobtainate"})}
    )
    f = features_of(recipe, "Ex13")
    found = beyond.beyond(other, f, predict_features(f, calibration)[0], calibration)
    assert "ionic_conductivity" not in {m.name for m in found.measurements}
    assert any("unobtainate" in n for n in found.notes)


# --- 3D runs -----------------------------------------------------------------------------------------------


def test_deviations_at_the_mean_are_those_of_the_prior_where_draws_say_nothing() -> None:
    still = _made(0.0)
    pressed, extruded = (features_of(specimens.load(n)[0], n) for n in ("Ex13", "Ex7"))
    told = {p.name: p.mean for p in priors()}
    moved = full.deviations(still, pressed)
    assert moved["Tm0_K"] == told["Tm0_K"]
    assert moved["chi_A"] == 0.0
    assert moved["memory_shift_K"] == -told["static_shift_K"]
    assert "memory_shift_K" not in full.deviations(still, extruded)


def test_chi_is_moved_in_units_of_its_own_pair(calibration: Calibration) -> None:
    f = features_of(specimens.load("Ex7")[0], "Ex7")
    i = calibration.solvents.index(f.solvents[0])
    z = calibration.thinned["chi_A"][3, i]
    assert_allclose(full.deviations(calibration, f, 3)["chi_A"], z * f.chi_spread[0], rtol=1e-5)


def test_draws_are_chosen_without_repetition_and_stay_as_more_are_asked_for(calibration: Calibration) -> None:
    assert full.chosen(calibration, 5)[:3] == full.chosen(calibration, 3)
    assert len(set(full.chosen(calibration, 20))) == 20
    with pytest.raises(InputError):
        full.chosen(calibration, 1000)


# --- calibrations ------------------------------------------------------------------------------------------


def _left(calibration: Calibration, factor: float) -> Calibration:
    """Every specimen "predicted" as reported times a factor, with an interval of a factor of 1.2 about it."""
    o = calibration.observations
    out = []
    for name in o.names:
        median = np.full(len(QUANTITIES), 0.5)
        for q, k in o.of(name).items():
            median[QUANTITIES.index(q)] = output._reported_si(calibration, k) * factor
        out.append(
            LeftOut(
                name, 0.9, median, median / 1.2, median * 1.2, np.ones(6),
                {"percolation": 0.9, "coarse": 0.1, "non_porous": 0.0, "spherical_particles": 0.0},
            )
        )  # fmt: skip
    return replace(calibration, left_out=tuple(out))


@pytest.mark.parametrize(("factor", "coverage"), [(1.1, 1.0), (1.3, 0.0)])
def test_leave_one_out_is_summed_up_as_it_is(
    calibration: Calibration, factor: float, coverage: float
) -> None:
    rows = output.left_out_rows(_left(calibration, factor))
    found = output.left_out_summary(rows)
    assert found["coverage"] == coverage
    for q, row in found["quantities"].items():
        assert_allclose(row["median_factor"], factor, rtol=1e-9)  # exact by construction
        assert row["count"] == calibration.observations.counts()[q]
    classes = found["classes"]
    right = sum(c == "percolation" for c in calibration.observations.classes)
    assert classes["right"] == right


def test_chains_that_do_not_agree_are_said_loudly(calibration: Calibration) -> None:
    said = " ".join(output.warnings_of(calibration))
    assert "do not agree" in said
    assert "diverged" in said
    assert "One chain" in said
    good = replace(
        calibration,
        statistics={"r_hat": 1.01, "divergences": 0, "effective_draws": 900.0},
        settings=SamplingSettings(400, 500, 2),
    )
    assert output.warnings_of(good) == []


def test_a_calibration_is_written_with_all_it_learned(calibration: Calibration, tmp_path: Path) -> None:
    path = output.write_calibration(_left(calibration, 1.1), out=tmp_path)
    assert path.name == f"four-{calibration.id}"
    said: dict[str, Any] = json.loads((path / "calibration.json").read_text("utf-8"))
    assert len(said["learned"]) == len(priors()) + len(calibration.solvents)
    assert [x["learned"] for x in said["learned"]] == sorted(
        (x["learned"] for x in said["learned"]), reverse=True
    )
    for d in said["densities"].values():
        area = np.trapezoid(d["y"], d["x"])
        assert abs(area - 1.0) < 0.05  # tails beyond four standard deviations, five digits
    assert output.load_calibration(path).id == calibration.id
    page = (path / "report.html").read_text("utf-8")
    assert "do not agree" in page
    assert "left out" in page


def test_files_that_are_no_calibration_are_refused_in_words(tmp_path: Path) -> None:
    for name, data in (("a.npz", b"hello"), ("b.npz", b"PK\x03\x04abc"), ("c.npz", b"")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match="not a calibration"):
            output.load_calibration(tmp_path / name)
    np.savez(tmp_path / "d.npz", head=np.frombuffer(b'{"format": 1, "version": "0"}', np.uint8))
    with pytest.raises(InputError, match="does not read"):
        output.load_calibration(tmp_path / "d.npz")


def test_intervals_are_written_as_their_width_allows() -> None:
    assert span("porosity", "1", 0.5536, 0.4861, 0.6177) == ("55", "49 to 62", "%")
    assert span("lower_dissolution_limit", "K", 405.65, 405.65, 405.65)[:2] == ("132.5", "132.5 to 132.5")
    assert span("pore_size_ratio", "1", 3.04, 1.02, 41.3) == ("3.0", "1.0 to 41", "")
    assert span("porosity", "1", math.nan, 0.1, 0.2)[0] == "–"
