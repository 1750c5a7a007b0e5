"""The verbs: each reads its arguments, calls one room and prints; heavy rooms load where they are needed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer
import typer.main

# The verbs, in the order of the help: each file holds one verb or one family.
app = typer.Typer(
    name="percola",
    epilog="Start with: percola run patent:Ex7. The version: percola --version",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

Json = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object in SI units on standard output, and nothing else."),
]


P = ParamSpec("P")


def work(verb: Callable[P, int | None]) -> Callable[P, Callable[[], int | None]]:
    """Let Typer read the arguments and hand the work back undone; ``main`` does it outside of Typer.

    Typer would swallow Ctrl-C and closed pipes, each in its own way and differently between its versions.
    """

    @functools.wraps(verb)
    def prepared(*args: P.args, **kwargs: P.kwargs) -> Callable[[], int | None]:
        return functools.partial(verb, *args, **kwargs)

    return prepared


@app.callback()
def _group() -> None:
    # No options here: Typer would load its converters (0.1 s) before it comes to the help of a verb.
    """A virtual laboratory for microporous membranes made by cooling a solution into a two-phase gel."""


RecipeName = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A recipe file (TOML) or a specimen such as patent:Ex7.")
]


class Dtype(StrEnum):
    """Precision of the fields."""

    float32 = "float32"
    float64 = "float64"


@app.command()
@work
def run(
    recipe: RecipeName,
    out: Annotated[Path | None, typer.Option(help="Folder for run directories; runs, if not given.")] = None,
    size: Annotated[
        int | None, typer.Option(help="Cells along each edge of the box; 100, if not given.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of noise and nuclei.")] = 0,
    realizations: Annotated[
        int | None, typer.Option(help="Boxes with seeds of their own; 1, if not given.")
    ] = None,
    dtype: Annotated[Dtype, typer.Option(help="Precision of the fields.")] = Dtype.float32,
    dims: Annotated[int, typer.Option(help="3, or 2 for a quick look.")] = 3,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start clean instead of resuming.")] = False,
    require: Annotated[
        list[str] | None,
        typer.Option(
            help="Exit with 1 unless this verdict passes, or this structure class comes out; repeatable."
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Run a recipe: phase diagram, quench, gel, membrane, measurements, verdicts, report."""
    from percola.cli import run as room
    from percola.cli import summary
    from percola.cli.faults import DONE, NOT_MET
    from percola.cli.output import emit_json, only_json
    from percola.cli.require import requirements

    wanted = requirements(require or ())  # a misspelt one is told before the work
    with only_json(json):
        answer = room.run(
            recipe,
            out=out,
            size=size,
            seed=seed,
            dtype=dtype.value,
            dims=dims,
            realizations=realizations,
            resume=not fresh,
        )
        met = room.answer_requirements(wanted, answer)
    (emit_json if json else summary.show)(answer)
    return DONE if met else NOT_MET


@app.command()
@work
def report(
    directory: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run directory, such as runs/0123456789ab.")
    ],
    json: Json = False,
) -> None:
    """Build the report of a run again, from its directory alone."""
    from percola.cli import run as room
    from percola.cli.output import console, emit_json, only_json

    with only_json(json):
        answer = room.rebuild_report(directory)
    if json:
        emit_json(answer)
    else:
        console().print(f"Wrote {answer['report']}", soft_wrap=True)


specimens_app = typer.Typer(help="The examples of the patent as recipes, with their reported results.")
app.add_typer(specimens_app, name="specimens")
Specimen = Annotated[str, typer.Argument(metavar="ID", help="A specimen such as Ex7, patent:Ex7 or CE11.")]


@specimens_app.callback(invoke_without_command=True)
@work
def _specimens() -> None:
    _list_specimens(json=False)


@specimens_app.command("list")
@work
def specimens_list(json: Json = False) -> None:
    """List the specimens."""
    _list_specimens(json)


def _list_specimens(json: bool) -> None:
    from percola.cli import specimens as room
    from percola.cli.output import emit_json

    (emit_json if json else room.show_listing)(room.listing())


@specimens_app.command("show")
@work
def specimens_show(specimen: Specimen, json: Json = False) -> None:
    """Show the recipe of a specimen and what the patent reports for it."""
    from percola.cli import specimens as room
    from percola.cli.output import emit_json

    (emit_json if json else room.show_one)(room.one(specimen))


@specimens_app.command("copy")
@work
def specimens_copy(
    specimen: Specimen,
    file: Annotated[Path | None, typer.Argument(help="File to write, or folder; else ID.toml here.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    json: Json = False,
) -> None:
    """Copy the recipe of a specimen into a file, to change it."""
    from percola.cli import specimens as room
    from percola.cli.output import console, emit_json

    written = room.copy(specimen, file, force)
    if json:
        emit_json({"file": written})
    else:
        console().print(
            f"Wrote {written}. Change it, then `percola check {written}` and `percola run {written}`."
        )


@app.command()
@work
def schema(
    json: Annotated[bool, typer.Option("--json", help="The output is JSON in any case.")] = False,
) -> None:
    """Print the JSON Schema of recipes, for editors and other programs."""
    from percola.cli.output import emit_json
    from percola.recipe import json_schema

    emit_json(json_schema())


@app.command()
@work
def check(recipe: RecipeName, json: Json = False) -> int:
    """Check a recipe against physics and the patent, without running it. Exit code 2 if it has errors."""
    from percola.cli import check as room
    from percola.cli.faults import BAD_INPUT, DONE
    from percola.cli.output import emit_json

    result = room.findings(recipe)
    (emit_json if json else room.show)(result)
    return BAD_INPUT if result["counts"]["error"] else DONE


@app.command("phase-diagram")
@work
def phase_diagram(
    recipe: RecipeName,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for tables and figures.")] = None,
    json: Json = False,
) -> None:
    """Cloud point, spinodal, melting and crystallization curves of a recipe: CSV, JSON and figures."""
    from percola.cli import phase as room
    from percola.cli.output import emit_json, only_json

    with only_json(json):
        result = room.diagram(recipe, out)
    (emit_json if json else room.show)(result)


@app.command()
@work
def doctor(json: Json = False) -> None:
    """Show what this machine can run: devices, memory, speed, versions, folders. Needs no network."""
    from percola.cli import doctor as room
    from percola.cli.output import emit_json, only_json

    with only_json(json):
        facts = room.examine()
    if json:
        emit_json(facts)
    else:
        room.show(facts)


def command_of(arguments: list[str]) -> tuple[Callable[..., Any], str, list[str]]:
    """The command that is to read ``arguments``, its name, and what is left to read.

    That is the whole app, except for the help of a verb, which the verb can give alone: on the way down to it Typer
    would load its converters, a third of the time that the help takes.
    """
    command: Any = typer.main.get_command(app)
    if not arguments or arguments[-1] != "--help":
        return command, "percola", arguments
    name, rest = "percola", list(arguments)
    while rest and rest[0] in getattr(command, "commands", {}):
        command, name = command.commands[rest[0]], f"{name} {rest[0]}"
        rest = rest[1:]
    return (
        (command, name, rest) if rest == ["--help"] else (typer.main.get_command(app), "percola", arguments)
    )
