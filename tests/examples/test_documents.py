"""The examples of the README and of the documentation, run as they are written.

A page is read from top to bottom in a folder of its own:

- a ``toml`` block after ``<!-- file: NAME -->`` is written to that file;
- the lines of a ``console`` block that begin with ``$ percola`` are run and must exit with 0 (after
  ``<!-- exit: N -->`` with N); lines without ``$`` are output, shown for the reader;
- a ``python`` block is executed; the blocks of a page share their names;
- blocks after ``<!-- slow -->`` run with ``-m slow`` only; those after ``<!-- elsewhere -->`` need another
  machine and are not run.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from percola.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MARK = re.compile(r"<!-- (file|exit|command): (\S+) -->|<!-- (slow|elsewhere) -->")


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int
    marks: dict[str, str]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page with the marks in front of them."""
    found: list[Block] = []
    marks: dict[str, str] = {}
    language: str | None = None
    body: list[str] = []
    start = 0
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if language is None:
            mark = MARK.fullmatch(line.strip())
            if mark:
                marks[mark[1] or mark[3]] = mark[2] or ""
            elif line.startswith("```"):
                language, body, start = line[3:].strip(), [], number
            elif line.strip():
                marks = {}
        elif line.startswith("```"):
            found.append(Block(language, "\n".join(body) + "\n", start, marks))
            language, marks = None, {}
        else:
            body.append(line)
    return found


def commands(block: Block) -> list[list[str]]:
    """The command lines of a console block that run Percola."""
    lines = [line[2:] for line in block.text.splitlines() if line.startswith("$ ")]
    return [
        words[1:]
        for words in (shlex.split(line, comments=True) for line in lines)
        if words[:1] == ["percola"]
    ]


def play(page: Path, slow: bool) -> int:
    """Run the examples of a page in the current folder; slow ones too where asked. Returns how many ran."""
    names: dict[str, object] = {"__name__": "example"}
    ran = 0
    for block in blocks(page):
        where = f"{page.relative_to(ROOT)}:{block.line}"
        if "elsewhere" in block.marks or "command" in block.marks or ("slow" in block.marks and not slow):
            continue
        if "file" in block.marks:
            Path(block.marks["file"]).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            for arguments in commands(block):
                code = main(arguments)
                assert code == int(block.marks.get("exit", 0)), (
                    f"{where}: percola {shlex.join(arguments)} gave {code}"
                )
                ran += 1
        elif block.language == "python":
            exec(compile(block.text, where, "exec"), names)
            ran += 1
    return ran


def has(page: Path, slow: bool) -> bool:
    """Whether a page holds examples of that kind."""
    return any(
        ("slow" in b.marks) == slow
        and "elsewhere" not in b.marks
        and "command" not in b.marks
        and (b.language == "python" or (b.language == "console" and commands(b)))
        for b in blocks(page)
    )


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", [p for p in PAGES if has(p, slow=False)], ids=name)
def test_examples(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert play(page, slow=False) > 0


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if has(p, slow=True)], ids=name)
def test_slow_examples(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert play(page, slow=True) > 0


def test_readme_commands_are_the_ones_that_ci_runs() -> None:
    """`.ci/run` takes the two commands out of the README by these marks: both must be one command line."""
    marked = {b.marks["command"]: b for b in blocks(ROOT / "README.md") if "command" in b.marks}
    assert {"run", "test"} <= set(marked)
    for key, end in (("run", "percola run patent:Ex7"), ("test", "pytest")):
        lines = marked[key].text.strip().splitlines()
        assert len(lines) == 1
        assert end in lines[0]
        assert "-c constraints.txt" in lines[0]
