"""What holds for the whole house: imports one way, documented modules, one version, portable files."""

from __future__ import annotations

import ast
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import percola

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "percola"
# Folders that tools make; what git ignores is no part of the house.
NOT_OURS = {"__pycache__", "_build", "build", "dist", "runs", "node_modules"}
KEPT_HIDDEN = {".ci", ".gitignore"}
TEXT = {
    "",
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".csv",
    ".bib",
    ".html",
    ".j2",
    ".css",
    ".js",
    ".json",
    ".cfg",
    ".gitignore",
}


def project_files() -> Iterator[Path]:
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [
            f
            for f in folders
            if f not in NOT_OURS
            and not f.endswith(".egg-info")
            and (not f.startswith(".") or f in KEPT_HIDDEN)
        ]
        for name in files:
            path = Path(folder) / name
            if path.suffix in TEXT and (not name.startswith(".") or name in KEPT_HIDDEN):
                yield path


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def test_imports_go_one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlinter import cli

    monkeypatch.chdir(ROOT)
    assert cli.lint_imports(no_cache=True) == cli.EXIT_STATUS_SUCCESS


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_module_and_public_name_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path.name not in ("_version.py",):
        assert ast.get_docstring(tree), "module without a docstring"
    undocumented = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and (path.name == "__init__.py" or not path.name.startswith("_"))
        and not ast.get_docstring(node)
    ]
    assert not undocumented


def test_changelog_names_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert sections[0].split()[0] == percola.__version__
    for section in sections:
        assert "### Numbers that changed" in section


def test_one_command_line_version(capsys: pytest.CaptureFixture[str]) -> None:
    from percola.cli import main

    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"percola {percola.__version__}"


def test_nothing_of_one_machine_or_registry_is_in_the_repository() -> None:
    # Written in pieces, so that this file does not find itself.
    pieces = (
        ("/wor", "k/"),
        ("/ro", "ot/"),
        ("/ho", "me/"),
        ("/Use", "rs/"),
        (r"[A-Z]:\\Use", "rs"),
        (r"py", r"pi\.org"),
        ("python", "hosted"),
        (r"/sim", "ple/"),
        ("--extra-ind", "ex|--ind", "ex-url"),
    )
    forbidden = re.compile("|".join("".join(p) for p in pieces))
    hits = []
    for path in project_files():
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1
        ):
            if forbidden.search(line):
                hits.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert not hits


def test_constraints_are_plain_pins_of_everything_needed() -> None:
    lines = [
        line
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    pins = [re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!+]+)", line) for line in lines]
    assert all(pins), [line for line, pin in zip(lines, pins, strict=True) if not pin]
    names = {re.sub(r"[-_.]+", "-", pin[1]).lower() for pin in pins if pin}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = {
        re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", requirement)[0]).lower()
        for requirement in project["dependencies"] + extras["test"] + extras["docs"] + extras["dev"]
    } - {"percola"}
    assert wanted <= names


def test_the_links_of_the_readme_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", readme):
        assert (ROOT / target).exists(), target
