"""percola predict: what people type, what is printed and written, and that every refusal is one message."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from percola.audit import specimens as audited
from percola.cli import main
from percola.design.posterior import observations
from percola.design.posterior.calibration import Calibration
from percola.design.posterior.inference import sample_sites
from percola.design.posterior.sampling import SamplingSettings
from percola.measurement import Measurement
from percola.recipe import specimens

DRAWS = 20


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A calibration of two specimens whose draws are those of the narrowed prior, in a folder for the session."""
    folder = tmp_path_factory.mktemp("predict")
    book = [s for s in audited.patent_specimens() if s.id in ("Ex7", "Ex8")]
    recipes = [specimens.load(s.id)[0] for s in book]
    o = observations._assembled(book, recipes, {}, (), "patent", {s.id: s.id for s in book})
    rng = np.random.default_rng(2)
    draws: dict[str, np.ndarray] = {
        name: 0.3 * rng.standard_normal((1, DRAWS, *shape))
        for name, shape in sample_sites(len(o.features.solvents)).items()
    }
    draws["own"] = np.full((1, DRAWS), 0.25)
    statistics = {"r_hat": 1.9, "r_hat_of": "ln_D0", "divergences": 0, "effective_draws": 4.0}
    found = Calibration("two", o, draws, SamplingSettings(DRAWS, DRAWS, 1), statistics)
    found.save(folder / "calibration.npz")
    good = replace(found, statistics=statistics | {"r_hat": 1.0})
    good.save(folder / "good.npz")
    return folder


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PERCOLA_CACHE_DIR", str(shared / "cache"))  # compiled once for the session
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["predict", *arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out.replace("\u00a0", " "), err


def test_a_specimen_is_predicted_beside_what_is_reported(
    capsys: pytest.CaptureFixture[str], shared: Path, folder: Path
) -> None:
    code, out, _ = run(capsys, "patent:Ex7", "--calibration", str(shared / "calibration.npz"), "--no-window")
    assert code == 0
    assert "54.6 %" in out
    assert "Reported" in out
    assert "WARNING" in out  # its chains do not agree
    assert "T_l" not in out
    made = list((folder / "predictions").iterdir())
    assert len(made) == 1
    assert made[0].name.startswith("ex7-")
    names = {p.name for p in made[0].iterdir()}
    assert {"prediction.json", "measurements.json", "recipe.toml", "report.html", "figures"} <= names


def test_json_is_one_object_and_the_same_again(capsys: pytest.CaptureFixture[str], shared: Path) -> None:
    given = ("patent:Ex7", "--calibration", str(shared / "good.npz"), "--no-window", "--no-write", "--json")
    _, first, _ = run(capsys, *given)
    _, again, _ = run(capsys, *given)
    assert first == again
    said = json.loads(first)
    assert set(said) == {"calibration", "predictions", "table"}
    p = said["predictions"][0]
    assert {
        "readings",
        "class_probabilities",
        "nearness",
        "reported",
        "window",
        "measurements",
        "notes",
    } <= set(p)
    assert p["window"] is None
    assert abs(sum(p["class_probabilities"].values()) - 1.0) < 1e-6  # they are shares of one draw's classes
    assert p["result"] is None
    assert not Path("predictions").exists()


def test_several_recipes_make_a_table_with_the_numbers_of_each_alone(
    capsys: pytest.CaptureFixture[str], shared: Path
) -> None:
    where = ("--calibration", str(shared / "good.npz"), "--no-window", "--json")
    _, both, _ = run(capsys, "patent:Ex8", "patent:Ex11", *where)
    _, alone, _ = run(capsys, "patent:Ex11", *where)
    two, one = json.loads(both), json.loads(alone)
    assert two["predictions"][1]["readings"] == one["predictions"][0]["readings"]
    assert Path(two["table"]).read_text("utf-8").count("\n") == 3
    assert two["predictions"][1]["reserved"]
    assert two["predictions"][1]["reported"] == {}


def test_reserved_results_are_called_reserved(capsys: pytest.CaptureFixture[str], shared: Path) -> None:
    _, out, _ = run(
        capsys, "patent:Ex11", "--calibration", str(shared / "good.npz"), "--no-window", "--no-write"
    )
    assert "reserved" in out
    assert "reported:" not in out


def test_many_recipes_are_told_in_one_table(capsys: pytest.CaptureFixture[str], shared: Path) -> None:
    many = ["patent:Ex7", "patent:Ex8", "patent:Ex9", "patent:CE7"]
    code, out, _ = run(capsys, *many, "--calibration", str(shared / "good.npz"), "--no-window", "--no-write")
    assert code == 0
    assert out.count("90 % interval") == 0
    assert all(n.split(":")[1] in out for n in many)


def test_runs_in_three_dimensions_get_the_deviations_of_the_draws(
    capsys: pytest.CaptureFixture[str], shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from percola import pipeline

    asked: list[dict[str, Any]] = []

    def instead(source: str, **how: Any) -> Any:
        asked.append({"source": source, **how})
        return SimpleNamespace(
            path=Path("runs") / f"run{len(asked)}",
            opened="new",
            measurements=(Measurement("porosity", 0.5 + 0.01 * len(asked), "1", 0.01, region="wall"),),
        )

    monkeypatch.setattr(pipeline, "run", instead, raising=False)
    code, out, err = run(
        capsys, "patent:Ex7", "--calibration", str(shared / "good.npz"), "--no-window", "--full", "--draws", "1",
        "--size", "48",
    )  # fmt: skip
    assert code == 0
    assert len(asked) == 2
    assert asked[0]["deviations"] != asked[1]["deviations"]
    assert all(a["size"] == 48 for a in asked)
    assert "GiB of memory" in err  # what it needs is said before
    assert "51" in out
    assert "52" in out
    said = json.loads(next(Path("predictions").glob("ex7-*/prediction.json")).read_text("utf-8"))
    assert [r["values"]["porosity"] for r in said["full"]] == [0.51, 0.52]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nofile.toml",), "no such file"),
        (("patent:Ex99",), "no such specimen"),
        (("patent:Ex7", "--calibration", "nowhere.npz"), "no such file"),
        (("patent:Ex7", "--calibration", "text.npz"), "not a calibration"),
        (("unknown.toml",), "unobtainium"),
        (("patent:Ex7", "--draws", "3"), "--full"),
        (("patent:Ex7", "--seed", "-1"), "--seed"),
    ],
)
def test_wrong_input_is_one_message(
    capsys: pytest.CaptureFixture[str], folder: Path, arguments: tuple[str, ...], words: str
) -> None:
    (folder / "text.npz").write_text("hello", encoding="utf-8")
    text = specimens.source_text("Ex7").replace('"DEP"', '"unobtainium"')
    (folder / "unknown.toml").write_text(text, encoding="utf-8")
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert words in err
    assert "fault in Percola" not in err
