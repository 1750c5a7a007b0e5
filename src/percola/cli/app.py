"""The verbs: each reads its arguments, calls one room and prints; heavy rooms load where they are needed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Annotated, ParamSpec

import typer

from percola._version import __version__

# The verbs, in the order of the help: each file holds one verb or one family.
app = typer.Typer(
    name="percola",
    epilog="Start with: percola run patent:Ex7",
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


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"percola {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """A virtual laboratory for microporous membranes made by cooling a solution into a two-phase gel."""


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
