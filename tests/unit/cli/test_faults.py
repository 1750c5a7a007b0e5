"""Every fault becomes one message and an exit code, never a traceback."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from percola.cli import faults, main
from percola.errors import InputError, ResourceError, SolveError


def test_percola_error_is_told_as_it_is() -> None:
    fault = faults.explain(
        InputError("recipe.toml: cooling", "-5 degC/min", "a positive rate", "remove the sign"), []
    )
    assert fault.exit_code == 2
    assert fault.text().splitlines() == [
        "percola: recipe.toml: cooling: -5 degC/min",
        "  allowed: a positive rate",
        "  what to do: remove the sign",
    ]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "runs/x"), "disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded", "runs/x"), "quota"),
        (PermissionError(errno.EACCES, "Permission denied", "runs/x"), "no permission"),
        (OSError(errno.EROFS, "Read-only file system", "runs/x"), "read-only"),
        (FileNotFoundError(errno.ENOENT, "No such file", "recipe.toml"), "no such file"),
        (MemoryError(), "no more to give"),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate"), "no more to give"),
        (ResourceError("device", "no CUDA device", "cpu", "leave out --device"), "no CUDA device"),
        (SolveError("gel", "NaN in the polymer fraction", "", "use --dtype float64"), "NaN"),
    ],
)
def test_faults_of_the_machine(error: Exception, words: str) -> None:
    fault = faults.explain(error, ["run", "patent:Ex7"])
    assert words in fault.text()
    assert fault.exit_code == 2
    assert fault.remedy


def test_fault_of_the_program_keeps_its_traceback_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    try:
        raise ZeroDivisionError("division by zero")
    except ZeroDivisionError as error:
        code = faults.report(error, ["doctor"])
    shown = capsys.readouterr()
    assert code == 2
    assert shown.out == ""
    assert "Traceback" not in shown.err
    (kept,) = tmp_path.glob("percola-fault-*.txt")
    assert str(kept) in shown.err
    assert "ZeroDivisionError" in kept.read_text(encoding="utf-8")


def test_cancelled_says_how_to_resume() -> None:
    fault = faults.explain(KeyboardInterrupt(), ["run", "my recipe.toml", "--fresh", "--size", "64"])
    assert fault.exit_code == 130
    # Running again with --fresh would throw away what was kept.
    assert "percola run 'my recipe.toml' --size 64" in fault.remedy
    assert faults.explain(faults.Terminated(), ["run", "x"]).exit_code == 143


def test_json_faults_are_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    code = faults.report(InputError("wt%", "75", "10 to 60"), ["check", "x.toml", "--json"])
    shown = capsys.readouterr()
    assert code == 2
    assert json.loads(shown.out)["error"]["where"] == "wt%"
    assert "wt%" in shown.err


def test_pipe_that_closes_early_is_no_fault() -> None:
    # `percola --help | head -1` in Python: the reader goes away before the first byte.
    process = subprocess.Popen(
        [sys.executable, "-m", "percola", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read().decode()
    process.stderr.close()
    process.wait(timeout=60)
    assert "Traceback" not in errors
    assert "BrokenPipe" not in errors


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_with_a_message(number: int, code: int) -> None:
    program = (
        "import sys, time\n"
        "from percola.cli import main\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "pool = ThreadPoolExecutor(2)\n"
        "def slow(): print('up', flush=True); list(pool.map(time.sleep, [50, 50, 50]))\n"
        "import percola.cli.doctor as d; d.examine = slow\n"
        "sys.argv = ['percola', 'doctor']\n"
        "sys.exit(main())\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "up"
    process.send_signal(number)
    # Threads at work (50 s here) do not hold up the end.
    _, errors = process.communicate(timeout=20)
    assert process.returncode == code
    assert "stopped before the end" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["docter"], "did you mean `percola doctor`?"),
        (["rnu", "patent:Ex7"], "did you mean `percola run`?"),
        (["patent:Ex7"], "did you mean `percola run patent:Ex7`?"),
        (["mine.toml"], "did you mean `percola run mine.toml`?"),
        (["specimens", "lst"], "did you mean `percola specimens list`?"),
        (["zzzzqq"], "allowed: "),
        (["run"], "recipe"),
        (["doctor", "--jsn"], "--json"),
        (["run", "patent:Ex7", "--size", "large"], "integer"),
    ],
)
def test_wrong_command_lines(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert words.lower() in shown.err.lower()
    assert "Traceback" not in shown.err
    assert shown.out == ""
