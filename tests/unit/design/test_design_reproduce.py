"""What stands beside the patent: nothing that was calibrated on is shown as a test, reserved results stay away, numbers add up."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from percola.audit import specimens as audited
from percola.design.foretold.predict import UNITS, Nearness, Predicted, Prediction
from percola.design.patent import misfit, pictures, reproduce
from percola.design.posterior import observations
from percola.design.posterior.calibration import Calibration
from percola.design.posterior.conditional import informed
from percola.design.posterior.inference import log_classes, parameters, response, sample_sites
from percola.design.posterior.sampling import SamplingSettings
from percola.design.reduced.chain import QUANTITIES
from percola.errors import InputError
from percola.recipe import specimens as patent_specimens

KNOWN = ("Ex7", "Ex8", "CE7", "Ex15", "Ex16", "Ex13")
DRAWS = 24


def _calibration(same: bool = False) -> Calibration:
    """Six specimens and draws of the prior, narrowed: no posterior, but everything that the code around one needs."""
    book = [s for s in audited.patent_specimens() if s.id in KNOWN]
    book.sort(key=lambda s: KNOWN.index(s.id))
    recipes = [patent_specimens.load(s.id)[0] for s in book]
    o = observations._assembled(book, recipes, {}, (), "patent", {s.id: s.id for s in book})
    rng = np.random.default_rng(4)
    draws: dict[str, np.ndarray] = {}
    for name, shape in sample_sites(len(o.features.solvents)).items():
        one = 0.3 * rng.standard_normal((1, DRAWS, *shape))
        draws[name] = np.repeat(one[:, :1], DRAWS, axis=1) if same else one
    draws["own"] = np.full((1, DRAWS), 0.25)
    statistics = {"r_hat": 1.9, "divergences": 0}
    return Calibration("six specimens", o, draws, SamplingSettings(DRAWS, DRAWS, 1), statistics)


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return _calibration()


@pytest.fixture(scope="module")
def few() -> Any:
    """A patent of eight specimens: six known, one reserved, one reserved with an electrolyte."""
    chosen = tuple(s for s in patent_specimens.list() if s.id in (*KNOWN, "Ex11", "Ex14"))
    patch = pytest.MonkeyPatch()
    patch.setattr(patent_specimens, "list", lambda: chosen)
    yield chosen
    patch.undo()


OFF = 1.25
"""Every foretold median is the reported value times or over this, in turn."""


def _foretold(c: Calibration, narrow: float) -> list[reproduce.Foretold]:
    out = []
    for i, name in enumerate(c.observations.names):
        values = np.ones(len(QUANTITIES))
        for j, q in enumerate(QUANTITIES):
            found = reproduce.reported_number(name, q)
            if found is not None and reproduce.comparable(found):
                values[j] = found[0] * (OFF if i % 2 else 1.0 / OFF)
        kind = c.observations.classes[i] or "percolation"
        shares = dict.fromkeys(("percolation", "coarse", "non_porous", "spherical_particles"), 0.1)
        shares["coarse" if name == "Ex8" else kind] = 0.7
        sd = np.full(len(QUANTITIES), narrow / 1.645)
        low, high = values * np.exp(-narrow), values * np.exp(narrow)
        out.append(reproduce.Foretold(values, low, high, sd, shares, 0.9 if name == "Ex13" else 0.2))
    return out


@pytest.fixture(scope="module")
def data(calibration: Calibration, few: Any) -> Any:
    """A reproduction whose numbers are given, so that what is made of them can be checked; sampling is tested below."""

    def known(c: Calibration, seed: int, progress: Any) -> Any:
        # ln 1.25 = 0.223: the first interval misses every value, the second holds every one
        return _foretold(c, 0.2), _foretold(c, 0.3), ("a note",)

    def foretold(f: Any, c: Calibration, seed: int) -> Any:
        out = []
        for name in f.names:
            readings = {
                q: Predicted(q, UNITS[q], 0.5, 0.4, 0.6, 0.45, 0.55, 0.05)
                for q in (*QUANTITIES, "pore_size_ratio")
            }
            shares = {"percolation": 0.6, "coarse": 0.2, "non_porous": 0.1, "spherical_particles": 0.1}
            out.append(Prediction(name, readings, shares, Nearness(0.4, "Ex7", "near", ()), c.id))
        return tuple(out)

    patch = pytest.MonkeyPatch()
    patch.setattr(reproduce, "foretell_known", known)
    patch.setattr(reproduce, "predict_features", foretold)
    yield reproduce.reproduce(calibration, figures=False)
    patch.undo()


def test_every_specimen_has_a_row_in_the_order_of_the_patent(data: dict[str, Any], few: Any) -> None:
    assert [r["id"] for r in data["specimens"]] == [s.id for s in few]
    status = {r["id"]: r["status"] for r in data["specimens"]}
    assert all(status[n] == "left out" for n in KNOWN)
    assert status["Ex11"] == status["Ex14"] == "reserved"


def test_reserved_specimens_stand_alone(data: dict[str, Any]) -> None:
    for r in data["specimens"]:
        if r["status"] != "reserved":
            continue
        assert r["class"]["reported"] is None
        assert "right" not in r["class"]
        for v in r["readings"].values():
            assert v["reported"] is None
            assert not {"inside", "factor", "z", "text"} & set(v)
            assert v["low"] < v["median"] < v["high"]


def test_factors_and_coverage_add_up(data: dict[str, Any]) -> None:
    assert reproduce.factor(2.0, 1.0) == reproduce.factor(1.0, 2.0) == pytest.approx(2.0)
    for q in QUANTITIES:
        cells = [r["readings"][q] for r in data["specimens"] if "factor" in r["readings"][q]]
        s = data["summary"][q]["percola"]
        assert s["n"] == len(cells)
        for c in cells:
            assert c["factor"] == pytest.approx(np.exp(abs(np.log(c["median"] / c["reported"]))))
            assert c["inside"] == (c["low"] <= c["reported"] <= c["high"])
        assert s["median_factor"] == s["p90_factor"] == pytest.approx(OFF)
        assert s["coverage"] == 0.0
        assert data["summary"][q]["percola_gel_left_out"]["coverage"] == 1.0
        z = [c["z"] for c in cells]
        # z is the residual over the spread of the prediction and of the digits
        assert all(abs(v) <= np.log(OFF) / (0.2 / 1.645) + 1e-9 for v in z if q != "porosity")


def test_wrong_classes_are_named(data: dict[str, Any]) -> None:
    c = data["classes"]["left_out"]
    assert c["of"] == len(KNOWN)
    assert c["right"] == c["of"] - 1
    assert [(w["id"], w["predicted"]) for w in c["wrong"]] == [("Ex8", "coarse")]
    assert next(r for r in data["specimens"] if r["id"] == "Ex13")["pareto_k"] == 0.9


def test_bounds_and_zeros_are_no_numbers_to_be_compared_with(data: dict[str, Any]) -> None:
    assert not reproduce.comparable((0.0, "0", "="))
    assert not reproduce.comparable((2.0, "<= 2.0", "<="))
    closed = next(r for r in data["specimens"] if r["id"] == "CE7")["readings"]["water_permeability"]
    assert closed["reported"] == 0.0
    assert "factor" not in closed


def test_the_table_to_be_committed(data: dict[str, Any], tmp_path: Path) -> None:
    path = reproduce.write_reserved(data, tmp_path / "new" / "reserved.json")
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["calibration"] == data["calibration"]["id"]
    assert found["version"]
    assert found["date"].startswith("20")
    assert [s["recipe"] for s in found["specimens"]] == ["patent:Ex11", "patent:Ex14"]
    assert "ionic_conductivity" in found["specimens"][1]["quantities"]
    assert "ionic_conductivity" not in found["specimens"][0]["quantities"]
    for s in found["specimens"]:
        assert set(QUANTITIES) <= set(s["quantities"])
        assert sum(s["class_probabilities"].values()) == pytest.approx(1.0, abs=1e-6)
    assert '"reported' not in path.read_text(encoding="utf-8")
    none = {**data, "specimens": [r for r in data["specimens"] if r["status"] != "reserved"]}
    with pytest.raises(InputError, match="no specimen is reserved"):
        reproduce.write_reserved(none, tmp_path / "no.json")


def test_surfaces_and_supports_are_left_out_ones(data: dict[str, Any]) -> None:
    media = data["surface"]["media"]
    assert len(media) == 9
    assert sum(m["reported"] == "closed" for m in media) == 2
    supports = {s["id"]: s for s in data["supports"]}
    assert supports["Ex13"]["from"] == ["CE10"]
    assert supports["CE10"]["from"] == ["Ex13"]
    assert supports["Ex14"]["status"] == "reserved"
    assert supports["Ex14"]["conductivity"]["reported"] is None


def test_misfit_joins_residuals_with_the_audit(data: dict[str, Any]) -> None:
    m = data["misfit"]
    assert all(abs(a["z"]) >= abs(b["z"]) for a, b in zip(m["residuals"], m["residuals"][1:], strict=False))
    assert m["outside"] <= m["of"]
    for e in m["residuals"]:
        assert abs(e["z"]) > misfit.LARGE_Z
        for f in e["findings"]:
            assert f["grade"] != "ambiguous"
    said = misfit.statements(data)
    assert len(said) >= 7
    assert all(rows for rows in said.values())
    text = misfit.markdown(data)
    assert text.count("\n## ") == len(said)
    assert "provisional" in text  # R-hat of 1.9
    assert "None" not in text
    assert "nan" not in text


def test_groups_need_more_than_chance() -> None:
    c = _calibration()
    rows = []
    for name in KNOWN:
        extruded = name not in ("Ex13",)
        readings = {
            q: {"z": 1.8 if extruded else 0.1, "residual": 0.2, "factor": 1.2, "text": "1", "median": 1.0, "low": 0.5,
                "high": 2.0, "unit": "1", "doubt": 1.0}
            for q in ("porosity",)
        }  # fmt: skip
        rows.append({"id": name, "status": "left out", "readings": readings, "solvent": "DEP", "extruded": extruded,
                     "residual_strain": 0.0, "resin": 0.0, "class": {"reported": "percolation"}})  # fmt: skip
    found = misfit.groups({"specimens": rows}, c)
    by = {g["group"]: g for g in found}
    assert by["extruder"]["departs"]
    assert by["extruder"]["mean_z"] == pytest.approx(1.8)
    assert not by["press or plate"]["departs"]  # a single one


def test_the_page_is_whole_and_needs_no_network(data: dict[str, Any], tmp_path: Path) -> None:
    from percola.report.reproduce import build_reproduction

    level = np.cos(np.linspace(0, 6 * np.pi, 32))[:, None, None] * np.ones((32, 32, 32))
    shown = [
        {"figure": "5A", "specimen": "CE1", "level": level.astype(np.float32), "spacing_m": 2e-8, "periodic":
         (True, True, True), "view": "section", "words": "layers", "reason": None},
        {"figure": "7F", "specimen": "CE5-DTDP", "reason": "too little memory"},
    ]  # fmt: skip
    page = build_reproduction(tmp_path, data, misfit.statements(data), shown).read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert page.count("reserved") >= 4
    assert "too little memory" in page
    assert "0.64 µm wide (the whole box)" in page
    assert "provisional" in page
    assert (tmp_path / "figures" / "fig5a.png").stat().st_size > 1000
    assert (tmp_path / "figures" / "parity-porosity.svg").exists()


# --- sampling: minutes of compilation -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_its_own_readings_do_not_reach_a_specimen_left_out() -> None:
    # one draw many times: weights cannot differ, so that any trace of the specimen's own values would show
    c = _calibration(same=True)
    i = KNOWN.index("Ex8")
    o = c.observations
    value = o.value.copy()
    value[o.specimen == i] += 2.0
    classes = tuple("coarse" if k == i else v for k, v in enumerate(o.classes))
    other = replace(c, observations=replace(o, value=value, classes=classes))
    one, two = (reproduce.without(x, [i], [i], 7)[0] for x in (c, other))
    assert_allclose(one.median, two.median, rtol=1e-9)
    assert_allclose(one.sd, two.sd, rtol=1e-9)
    assert dict(one.probabilities) == pytest.approx(dict(two.probabilities))
    # and it is not that nothing is conditioned on: another specimen does feel the change
    j = KNOWN.index("Ex7")
    one, two = (reproduce.without(x, [j], [j], 7)[0] for x in (c, other))
    assert np.abs(np.log(two.median / one.median)).max() > 0.05


@pytest.mark.slow
def test_the_gel_left_out_forgets_its_other_specimens_too() -> None:
    c = _calibration(same=True)
    o = c.observations
    a, b = KNOWN.index("Ex15"), KNOWN.index("Ex16")
    assert o.cluster[a] == o.cluster[b]
    value = o.value.copy()
    value[o.specimen == b] += 2.0
    other = replace(c, observations=replace(o, value=value))
    alone = [reproduce.without(x, [a], [a], 3)[0] for x in (c, other)]
    gel = [reproduce.without(x, [a, b], [a], 3)[0] for x in (c, other)]
    assert np.abs(np.log(alone[1].median / alone[0].median)).max() > 0.05
    assert_allclose(gel[1].median, gel[0].median, rtol=1e-9)


@pytest.mark.slow
def test_forgotten_classes_add_up_to_the_likelihood_of_all_classes(calibration: Calibration) -> None:
    p, draws = calibration.problem, calibration.thinned
    n = len(KNOWN)
    terms = [np.asarray(informed(p, draws, class_out=np.arange(n) == i).ln_evidence) for i in range(n)]
    assert terms[0].shape == (DRAWS,)
    whole = []
    for k in range(DRAWS):
        z = {name: v[k] for name, v in draws.items()}
        base, _ = response(p.table, parameters(z))
        whole.append(float(log_classes(p, base, z)))
    assert_allclose(np.sum(terms, axis=0), whole, rtol=1e-9)


@pytest.mark.slow
def test_what_a_calibration_does_not_hold_is_predicted_beside_what_is_reported(few: Any) -> None:
    c = _calibration()
    rows, _ = reproduce.specimens(replace(c, observations=c.observations.without("Ex8")))
    row = next(r for r in rows if r["id"] == "Ex8")
    assert row["status"] == "not calibrated on"
    assert row["readings"]["porosity"]["reported"] == pytest.approx(0.543)
    assert row["class"]["reported"] == "percolation"


def test_a_thin_skin_is_not_cut_open_by_the_picture() -> None:
    from percola.plot.micrograph import drawable, micrograph
    from percola.report.reproduce import _under_void

    # two voxels of polymer over coarse cells of void: the wavy cut of a micrograph alone would go through
    z = np.arange(32, dtype=np.float32)
    level = np.broadcast_to(1.5 - np.abs(z - 0.5), (32, 32, 32)).copy()
    seen = micrograph(drawable(_under_void(level)), 1e-8, "outer", (True, True, False), 64, prepared=True)
    assert np.isfinite(seen.depth_m).all()
    assert np.ptp(seen.depth_m) < 1.5e-8  # one even face


# --- pictures --------------------------------------------------------------------------------------------------------------------


def test_the_plateau_of_a_broken_line() -> None:
    t = np.arange(400.0, 480.0, 2.5)
    y = 380.0 - 0.5 * np.minimum(t - 450.0, 0.0)
    # within 1 K of the last value from 2 K below the bend; exact on a line
    assert pictures.plateau_K(t, y) == pytest.approx(448.0, abs=1e-6)
    assert np.isnan(pictures.plateau_K(t, np.full_like(t, 380.0)))
    assert np.isnan(pictures.plateau_K(t, 380.0 - (t - 400.0)))  # falls to the end
    y[:3] = np.nan  # nothing left of the solution there
    assert pictures.plateau_K(t, y) == pytest.approx(448.0, abs=1e-6)


def test_a_layer_without_exchange_is_the_solution_itself() -> None:
    from percola.design.surface import model as surface
    from percola.pipeline import physics as bridge
    from percola.recipe.physics import solution_from

    recipe = patent_specimens.load("Ex5")[0]
    case = surface.case_of(recipe)
    state, p = pictures.layer_state(case)
    assert state.exchanged == 0.0
    assert state.skin_m == 0.0
    assert state.wall_potential_m == 0.0
    own = pictures.layer_physics(case, state, p)
    solution = solution_from(recipe)
    reference = bridge.gel_physics(
        solution, bridge.main_polymer(recipe), case.core_time_s, case.core_temperature_K
    )
    T = np.linspace(300.0, 420.0, 7)
    assert_allclose(own.chi(T), reference.chi(T), rtol=1e-12)
    # the solvent's viscosity enters through the same Vogel law
    assert_allclose(own.bare_diffusivity_m2_s(T), reference.bare_diffusivity_m2_s(T), rtol=1e-6)
    phi = np.full_like(T, 0.6)
    assert_allclose(own.growth_rate_m_s(T, phi), reference.growth_rate_m_s(T, phi), rtol=1e-6)
    assert own.polymer_fraction == pytest.approx(reference.polymer_fraction)


def test_a_skin_conserves_polymer_and_lies_at_the_face() -> None:
    from percola.design.surface import model as surface
    from percola.gel.problem import forecast, gel_problem
    from percola.grid import Grid

    case = surface.case_of(patent_specimens.load("CE5-DTDP")[0])
    state, p = pictures.layer_state(case)
    assert state.closed_probability > 0.5
    assert state.skin_m > 1e-8
    gel = pictures.layer_physics(case, state, p)
    t, T = case.face_time_s, case.face_temperature_K
    expected = forecast(gel, t, T)
    grid = Grid((8, 8, 32), 2e-8, ("periodic", "periodic", "wall"))
    problem = gel_problem(gel, t, T, grid, reference_chi=expected.reference_chi, seed=0)
    phi = np.asarray(pictures.with_skin(problem, 5e-8).state.phi, float)
    # float32: seven digits
    assert phi.mean() == pytest.approx(gel.polymer_fraction, rel=1e-5)
    assert phi[:, :, 0].min() > 2.0 * gel.polymer_fraction
    assert np.ptp(phi[:, :, 4:]) < 1e-6
    assert phi[0, 0, 5] < gel.polymer_fraction


def test_figures_have_every_letter_once() -> None:
    assert [f for f, _ in (*pictures.SECTIONS, *pictures.SURFACES)] == [
        "5A", "5B", "5C", "6A", "6B", "6C", "7A", "7B", "7C", "7D", "7E", "7F", "7G", "7H", "7I",
    ]  # fmt: skip
    for figure, name in (*pictures.SECTIONS, *pictures.SURFACES):
        assert patent_specimens.find(name).figure == figure
