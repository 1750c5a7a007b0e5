"""The quick verbs: specimens, schema, check, doctor, and the requirements of `run`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from percola.cli import main
from percola.cli.require import not_met, requirements
from percola.errors import InputError
from percola.recipe import loads, resolve, specimens, to_dict


def answer(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    """The one object that a verb prints with --json; anything else on standard output would not parse."""
    assert main([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_specimens_are_all_listed(capsys: pytest.CaptureFixture[str]) -> None:
    listed = [row["id"] for row in answer(capsys, "specimens", "list")["specimens"]]
    assert listed == [s.id for s in specimens.list()]
    assert {"Ex1a", "Ex7", "CE11"} <= set(listed)
    assert main(["specimens"]) == 0
    shown = capsys.readouterr().out
    assert all(f"patent:{identity}" in shown for identity in listed)


def test_what_is_shown_of_a_specimen_is_its_recipe_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["specimens", "show", "Ex7"]) == 0
    shown = capsys.readouterr().out
    assert loads(shown) == resolve("patent:Ex7")[0]
    assert "# Results that the patent reports:" in shown
    data = answer(capsys, "specimens", "show", "ex7")
    assert data["recipe"] == to_dict(resolve("patent:Ex7")[0])


def test_copy_refuses_to_overwrite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["specimens", "copy", "Ex7", "mine.toml"]) == 0
    assert resolve("mine.toml")[0] == resolve("patent:Ex7")[0]
    Path("mine.toml").write_text("mine now", encoding="utf-8")
    assert main(["specimens", "copy", "Ex7", "mine.toml"]) == 2
    assert Path("mine.toml").read_text(encoding="utf-8") == "mine now"
    assert "--force" in capsys.readouterr().err
    assert main(["specimens", "copy", "Ex7", "mine.toml", "--force"]) == 0
    assert main(["specimens", "copy", "Ex7"]) == 0
    assert Path("Ex7.toml").exists()
    assert main(["specimens", "copy", "Ex7", "no/such/folder.toml"]) == 2


def test_unknown_specimen_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    fault = answer(capsys, "specimens", "show", "patent:Ex77", code=2)
    assert "patent:Ex7" in fault["error"]["remedy"]


def test_schema_is_a_json_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert "dissolution" in schema["properties"]
    assert schema["$schema"].endswith("2020-12/schema")


def test_check_shows_faults_of_form_with_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.toml"
    text = specimens.source_text("Ex7").replace('temperature = "145 degC"', 'temprature = "145 degC"')
    file.write_text(text, encoding="utf-8")
    line = 1 + text.splitlines().index('temprature = "145 degC"')
    assert main(["check", str(file)]) == 2
    shown = capsys.readouterr()
    assert f"line {line}" in shown.out
    assert "temperature" in shown.out


def test_check_of_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "nothing.toml"]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("percola: nothing.toml: no such file")
    assert shown.out == ""


def test_requirements_are_read_before_the_work() -> None:
    (one,) = requirements(["definition_A"])
    assert (one.key, one.word) == ("definition_A", "PASS")
    (two,) = requirements(["claim_1=fail"])
    assert (two.key, two.word) == ("claim_1", "FAIL")
    (three,) = requirements(["percolation"])
    assert (three.key, three.word) == ("structure_class", "percolation")
    with pytest.raises(InputError, match="definition_A"):
        requirements(["defintion_A"])
    with pytest.raises(InputError, match="PASS"):
        requirements(["definition_A=GOOD"])


def test_requirements_are_answered() -> None:
    part = {"key": "isotropy", "status": "FAIL", "words": "0.6 against at most 0.3", "parts": []}
    verdicts = [{"key": "definition_A", "status": "FAIL", "words": "not isotropic", "parts": [part]}]
    measurements = [
        {"name": "structure_class", "value": "coarse"},
        {
            "name": "porosity",
            "value": 0.5,
            "checks": [{"name": "size", "status": "fail", "message": "3 pores"}],
        },
    ]

    def broken(*texts: str) -> list[str]:
        return not_met(requirements(texts), verdicts, measurements)

    assert broken("definition_A=FAIL", "isotropy=FAIL", "coarse") == []
    assert len(broken("definition_A", "isotropy", "percolation", "checks")) == 4
    # A criterion that was not judged is not met: silence is no PASS.
    assert "not judged" in broken("claim_1")[0]


def test_doctor_tells_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    facts = answer(capsys, "doctor")
    assert facts["jax"]["backend"] in ("cpu", "gpu", "cuda")
    assert facts["jax"]["float64"] is True
    assert facts["jax"]["fft"]["seconds"] > 0
    assert facts["system"]["usable_cores"] >= 1
    assert facts["system"]["memory_bytes"] > 2**28
    assert facts["dependencies"]["numpy"]
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert "JAX" in shown
    assert "Memory" in shown


def test_doctor_sees_an_unwritable_folder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Root may write everywhere, so the refusal of the file system is played.
    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError("played")

    monkeypatch.setattr("percola.cli.doctor.tempfile.TemporaryFile", refuse)
    from percola.cli import doctor

    problems: list[dict[str, str]] = []
    rows = doctor.directories(problems)
    assert not any(row["writable"] for row in rows)
    assert len(problems) == len(rows)
    assert all(problem["remedy"] for problem in problems)
