"""percola calibrate: what people type, what is written, going on after a stop; the sampling itself stands in by drawn numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from percola.cli import main
from percola.design.posterior import calibration as room
from percola.design.posterior.calibration import Calibration
from percola.design.posterior.inference import sample_sites
from percola.design.posterior.leave_out import LeftOut
from percola.design.posterior.observations import template

CLASSES = {"percolation": 0.9, "coarse": 0.1, "non_porous": 0.0, "spherical_particles": 0.0}


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PERCOLA_CACHE_DIR", str(cache))
    (tmp_path / "mine.csv").write_text(template(), encoding="utf-8")
    return tmp_path


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Numbers drawn from the narrowed prior in the place of chains; what was asked for."""
    asked: list[dict[str, Any]] = []

    def instead(o: Any, settings: Any, name: str, **how: Any) -> Calibration:
        asked.append({"settings": settings, "name": name, **how})
        known = o.known()
        how["progress"]("sampling takes about 1 min", 0.0)
        (how["keep"] / room.identity(known, settings)).mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(settings.seed)
        draws: dict[str, np.ndarray] = {
            n: 0.3 * rng.standard_normal((settings.chains, settings.samples, *shape))
            for n, shape in sample_sites(len(known.features.solvents)).items()
        }
        draws["own"] = np.full((settings.chains, settings.samples), 0.25)
        middle = np.array([0.5, 1e-7, 2e-7, 1e-9, 1e7, 3.0])
        left = tuple(
            LeftOut(n, 0.3, middle, middle / 2, middle * 2, np.ones(6), CLASSES) for n in known.names
        )
        statistics = {"r_hat": 1.4, "r_hat_of": "ln_D0", "divergences": 3, "effective_draws": 20.0}
        return Calibration(name, known, draws, settings, statistics, left if how["leave_out"] else ())

    monkeypatch.setattr(room, "calibrate", instead)
    return asked


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["calibrate", *arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out.replace("\u00a0", " "), err


def test_the_template_can_be_calibrated_on(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--template")
    assert code == 0
    assert out == template()


def test_a_table_alone_is_calibrated_on_and_found_again(
    capsys: pytest.CaptureFixture[str], drawn: list[dict[str, Any]], folder: Path
) -> None:
    given = ("mine.csv", "--alone", "--samples", "20", "--warmup", "20")
    code, out, err = run(capsys, *given)
    assert code == 0
    assert "WARNING" in out  # R-hat of 1.4
    assert "sampling takes" in err
    assert drawn[0]["name"] == "mine"
    assert drawn[0]["anew"]
    made = [p for p in (folder / "calibrations").iterdir() if p.name != "parts"]
    assert len(made) == 1
    assert {"calibration.npz", "calibration.json", "report.html"} <= {p.name for p in made[0].iterdir()}
    assert not (folder / "calibrations" / "parts").exists()
    code, out, _ = run(capsys, *given)
    assert "before" in out
    assert len(drawn) == 1
    run(capsys, *given, "--fresh")
    assert len(drawn) == 2


def test_json_holds_what_was_learned(capsys: pytest.CaptureFixture[str], drawn: list[dict[str, Any]]) -> None:
    _, out, _ = run(
        capsys, "mine.csv", "--alone", "--samples", "20", "--warmup", "20", "--no-refit", "--json"
    )
    assert not drawn[0]["anew"]
    said = json.loads(out)
    wanted = {
        "learned",
        "correlations",
        "left_out",
        "left_out_summary",
        "statistics",
        "converged",
        "warnings",
        "doubts",
    }
    assert wanted <= set(said)
    assert not said["converged"]
    assert Path(said["calibration"]).is_file()
    assert {s["name"] for s in said["specimens"]} == {"mine-1", "mine-2"}


def test_quick_leaves_nothing_out_and_says_so(
    capsys: pytest.CaptureFixture[str], drawn: list[dict[str, Any]]
) -> None:
    code, out, err = run(capsys, "mine.csv", "--alone", "--quick")
    assert code == 0
    assert not drawn[0]["leave_out"]
    assert drawn[0]["settings"].chains == 1
    assert "For trying" in err
    assert "for trying" in out


def test_a_stopped_calibration_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: Any, **__: Any) -> Calibration:
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "calibrate", stopped)
    code, _, err = run(capsys, "mine.csv", "--alone", "--quick")
    assert code == 130
    assert "run the same command again: percola calibrate mine.csv --alone --quick" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--alone",), "without a table"),
        (("no.csv",), "cannot be read"),
        (("empty.csv",), "empty"),
        (("words.csv",), "specimen_id"),
        (("mine.csv", "mine.csv", "--alone"), "in both"),
        (("mine.csv", "--samples", "3"), "--samples"),
        (("mine.csv", "--seed", "-1"), "--seed"),
    ],
)
def test_wrong_input_is_one_message(
    capsys: pytest.CaptureFixture[str], folder: Path, arguments: tuple[str, ...], words: str
) -> None:
    (folder / "empty.csv").write_text("", encoding="utf-8")
    (folder / "words.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert words in err
    assert "fault in Percola" not in err


@pytest.mark.slow
def test_chains_of_two_specimens_are_sampled_and_used(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, "mine.csv", "--alone", "--quick", "--samples", "20", "--warmup", "20", "--json"
    )
    assert code == 0
    said = json.loads(out)
    assert said["statistics"]["seconds"] > 0.0
    assert main(["predict", "patent:Ex7", "--calibration", said["result"], "--no-window", "--no-write"]) == 0
