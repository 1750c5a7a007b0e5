"""``percola reproduce``: what is refused before work, and what is printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from percola.cli import main
from percola.cli import reproduce as room


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PERCOLA_CACHE_DIR", "")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["reproduce", *arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--size", "64"], "together with --figures"),
        (["--figures", "--size", "4"], "16 to 512"),
        (["--seed", "-1"], "--seed"),
        (["--calibration", "nothing.npz"], "no such file"),
    ],
)
def test_bad_input_is_one_message(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert not out
    assert words in err
    assert not list(folder.iterdir())  # refused before anything is written


def test_a_file_that_is_no_calibration_is_refused(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "wrong.npz").write_bytes(b"PK not a zip")
    code, _, err = run(capsys, "--calibration", "wrong.npz")
    assert code == 2
    assert "wrong.npz" in err


ANSWER: dict[str, Any] = {
    "result": "reproduced/abc",
    "report": "reproduced/abc/report.html",
    "data": "reproduced/abc/reproduction.json",
    "calibration": {"id": "abc", "converged": False},
    "summary": {
        "porosity": {
            "aim": 1.05,
            "percola": {"n": 3, "median_factor": 1.041, "p90_factor": 1.2, "coverage": 2 / 3},
            "ridge": {"n": 0, "median_factor": None, "p90_factor": None, "coverage": None},
        }
    },
    "classes": {
        "left_out": {
            "of": 3,
            "right": 2,
            "wrong": [
                {
                    "id": "Ex21",
                    "reported": "non_porous",
                    "predicted": "coarse",
                    "probability_of_reported": 0.2,
                }
            ],
        }
    },
    "surface": {"closure_right": 8},
    "supports": [],
    "reserved": [{}] * 11,
    "structures": [{"figure": "6A", "specimen": "CE2", "reason": "too little memory"}],
    "notes": [],
}


def test_what_a_person_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(room, "reproduce", lambda **how: ANSWER)
    code, out, _ = run(capsys)
    assert code == 0
    assert "1.041" in out
    assert "67%" in out
    assert "–" in out
    assert "2 of 3" in out
    assert "Ex21: reported non porous, most probable coarse" in out
    assert "predicted alone: 11" in out
    assert "Fig. 6A is missing: too little memory" in out
    assert "provisional" in out
    assert out.rstrip().endswith("reproduced/abc/report.html")


def test_json_is_one_object(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seen: dict[str, Any] = {}

    def answer(**how: Any) -> dict[str, Any]:
        seen.update(how)
        return ANSWER

    monkeypatch.setattr(room, "reproduce", answer)
    code, out, _ = run(capsys, "--json", "--figures", "--size", "96", "--commit-table", "t.json")
    assert code == 0
    assert json.loads(out)["classes"]["left_out"]["of"] == 3
    assert seen["figures"] is True
    assert seen["size"] == 96
    assert seen["commit_table"] == Path("t.json")


def test_reproduce_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    for option in ("--calibration", "--figures", "--size", "--commit-table", "--out", "--json"):
        assert option in out
