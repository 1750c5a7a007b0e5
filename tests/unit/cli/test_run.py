"""`percola run` around the pipeline: what reaches it, what is printed, which exit code comes back."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from percola.cli import main, summary
from percola.cli.progress import Progress
from percola.errors import ResourceError, SolveError
from percola.measurement import Check, Measurement

MEASUREMENTS = (
    Measurement("porosity", 0.512, "1", 0.011, region="core"),
    Measurement("average_pore_size", 1.42e-7, "m", 6e-9, checks=(Check("box", "warn", "5 pores across"),)),
    Measurement("pore_size_ratio", None, "1", reason="the bubble point lies outside the box"),
    Measurement("water_permeability", 8.2e-10, "m/(s.Pa)", 1e-10),
    Measurement("structure_class", "percolation", ""),
)
VERDICT = {
    "key": "definition_A",
    "title": "Percolation structure",
    "status": "UNDECIDED",
    "source": "claim 1",
    "words": "the ratio of pore sizes is not known",
    "group": "definition",
    "parts": [],
}


def written_run(root: Path) -> Path:
    """A run directory with the files that the summary reads."""
    path = root / "0123456789ab"
    path.mkdir(parents=True)
    files: dict[str, Any] = {
        "manifest.json": {
            "id": path.name,
            "version": "0.1.0",
            "specimen": "Ex7",
            "status": "finished",
            "timings": {"gel": 40.0, "measure": 20.5},
            "notes": ["The box holds 5 pores across; 6 are wanted."],
        },
        "findings.json": [
            {
                "grade": "outside_preferred",
                "field": "polymers",
                "paragraph": "para. 67",
                "found": "46.6 wt%",
                "allowed": "10 to 40 wt%",
                "remedy": "use less",
            }
        ],
        "measurements.json": {"measurements": [m.to_dict() for m in MEASUREMENTS]},
        "verdicts.json": {"verdicts": [VERDICT]},
    }
    for name, data in files.items():
        (path / name).write_text(json.dumps(data), encoding="utf-8")
    (path / "report.html").write_text("<html></html>", encoding="utf-8")
    return path


def replace_pipeline(monkeypatch: pytest.MonkeyPatch, run: Any) -> None:
    """Put ``run`` in the place of the pipeline's, whether it was imported before or not."""
    import percola

    fake = SimpleNamespace(run=run)
    monkeypatch.setitem(sys.modules, "percola.pipeline", fake)
    monkeypatch.setattr(percola, "pipeline", fake, raising=False)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """A pipeline that records what it was asked and answers with a written run."""
    record: dict[str, Any] = {}

    def run(source: str, **options: Any) -> SimpleNamespace:
        record.update(options, source=source)
        print("a library that prints")
        return SimpleNamespace(path=written_run(tmp_path / "runs"), opened="resumed")

    replace_pipeline(monkeypatch, run)
    return record


def test_options_reach_the_pipeline(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    words = "run patent:Ex7 --size 96 --seed 5 --dtype float64 --realizations 3 --out there --fresh --json"
    assert main(words.split()) == 0
    assert asked["source"] == "patent:Ex7"
    assert (asked["size"], asked["seed"], asked["dtype"], asked["realizations"]) == (96, 5, "float64", 3)
    assert (asked["out"], asked["resume"], asked["dims"]) == (Path("there"), False, 3)
    shown = capsys.readouterr()
    answer = json.loads(shown.out)  # nothing but the object, though a library printed
    assert "a library that prints" in shown.err
    assert answer["measurements"][1]["value"] == 1.42e-7
    assert answer["verdicts"][0]["status"] == "UNDECIDED"
    assert answer["report"].endswith("report.html")


@pytest.mark.usefixtures("asked")
def test_summary_is_in_the_units_of_the_field(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "patent:Ex7"]) == 0
    shown = capsys.readouterr()
    for words in (
        "51.2 ± 1.1",
        "0.142 ± 0.006",
        "µm",
        "300 ± 40",
        "L/m²·h·atm",
        "54.6 %",
        "0.14 um",
        "5 pores across",
    ):
        assert words in shown.out, words
    assert shown.out.splitlines()[1].startswith("Resumed")  # the first line is the library's
    assert "not defined" in shown.out
    assert "[2] the bubble point lies outside the box" in shown.out
    assert "Percolation structure - undecided: the ratio" in shown.out
    assert "report.html" in shown.out.splitlines()[-1]
    # This pipeline tells no progress.
    assert shown.err == ""


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("wanted", "code"),
    [("definition_A", 1), ("definition_A=UNDECIDED", 0), ("percolation", 0), ("coarse", 1), ("checks", 0)],
)
def test_require_decides_the_exit_code(wanted: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "patent:Ex7", "--require", wanted, "--json"]) == code
    shown = capsys.readouterr()
    assert bool(json.loads(shown.out)["required"]["not_met"]) == bool(code)
    assert ("does not hold" in shown.err) == bool(code)


def test_misspelt_requirement_costs_no_run(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "patent:Ex7", "--require", "percolatoin"]) == 2
    assert not asked
    assert "did you mean percolation" in capsys.readouterr().err


def raising(error: BaseException) -> Callable[..., Any]:
    def run(_source: str, **_options: Any) -> Any:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (SolveError("gel", "NaN in the polymer fraction", "", "use --dtype float64"), 2, "--dtype float64"),
        (ResourceError("memory", "40 GB needed", "24 GB", "use --size 128"), 2, "--size 128"),
        (OSError(28, "No space left on device", "runs/x/fields.zarr"), 2, "disk is full"),
        (MemoryError(), 2, "smaller --size"),
        (KeyboardInterrupt(), 130, "percola run patent:Ex7"),
    ],
)
def test_faults_of_a_run_are_one_message(
    error: BaseException,
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    replace_pipeline(monkeypatch, raising(error))
    assert main(["run", "patent:Ex7"]) == code
    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.out == ""
    assert shown.err.startswith("percola: ")
    assert "Traceback" not in shown.err


def test_report_of_what_is_no_run_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "no manifest.json" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "nothing")]) == 2
    assert "no such run directory" in capsys.readouterr().err


def test_summary_of_a_run_without_results_does_not_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "manifest.json").write_text('{"id": "x", "status": "failed"}', encoding="utf-8")
    summary.show(summary.of(tmp_path))
    assert "Failed" in capsys.readouterr().out


class Terminal(io.StringIO):
    """Standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


EVENTS = [
    SimpleNamespace(stage="recipe", fraction=1.0, message="Starting clean."),
    SimpleNamespace(stage="gel", fraction=None, message="setting up"),
    SimpleNamespace(stage="gel", fraction=0.5, message="half way"),
    SimpleNamespace(stage="measure", fraction=1.0, message="measured"),
]


def test_progress_is_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    with Progress() as progress:
        for event in EVENTS:
            progress(event)  # type: ignore[arg-type]
    shown = stream.getvalue()
    assert "Starting clean." in shown
    assert "gel" in shown
    assert "measured" in shown


def test_progress_off_a_terminal_is_a_plain_line_for_each_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("percola.cli.progress.time.monotonic", lambda: clock[0])
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    with Progress() as progress:
        for event in EVENTS:
            progress(event)  # type: ignore[arg-type]
    assert stream.getvalue().splitlines() == ["Starting clean.", "gel: setting up", "measure: measured"]


def test_progress_off_a_terminal_speaks_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("percola.cli.progress.time.monotonic", lambda: clock[0])
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    with Progress() as progress:
        for i in range(61):  # a minute, an event each second
            clock[0] = 100.0 + i
            event = SimpleNamespace(stage="gel", fraction=i / 60, message="gel of the core")
            progress(event)  # type: ignore[arg-type]
    lines = stream.getvalue().splitlines()
    assert lines == [
        "gel: gel of the core",
        "gel 25 %: gel of the core",
        "gel 50 %: gel of the core",
        "gel 75 %: gel of the core",
        "gel 100 %: gel of the core",
    ]


def test_progress_with_json_leaves_standard_output_to_the_object(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(_source: str, **options: Any) -> SimpleNamespace:
        for event in EVENTS:
            options["progress"](event)
        return SimpleNamespace(path=written_run(tmp_path / "runs"), opened="new")

    replace_pipeline(monkeypatch, run)
    assert main(["run", "patent:Ex7", "--json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["id"] == "0123456789ab"
    assert shown.err.splitlines() == ["Starting clean.", "gel: setting up", "measure: measured"]


def test_an_undecided_class_says_what_is_open_and_whether_the_definition_asks_for_it() -> None:
    found = {
        "value": "undecided",
        "evidence": {"words": "could be percolation; open: saddles", "open": ["class_saddle"]},
    }
    passing = {"key": "definition_A", "status": "PASS", "parts": [{"key": "isotropy"}]}
    words = summary.class_remark(found, [passing])
    assert words.startswith("undecided: could be percolation; open: saddles")
    assert words.endswith("asks for none of this and passes")
    asked = {**passing, "parts": [{"key": "class_saddle"}]}
    assert "asks for none" not in summary.class_remark(found, [asked])
    assert "asks for none" not in summary.class_remark(found, [{**passing, "status": "UNDECIDED"}])
    assert summary.class_remark({"value": "percolation", "evidence": {"words": "x"}}, [passing]) == ""
