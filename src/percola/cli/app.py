"""The verbs: each reads its arguments, calls one room and prints; heavy rooms load where they are needed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer
import typer.main

from percola.cli.lab import LabGroup

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


class Axis(StrEnum):
    """Direction of flow."""

    x = "x"
    y = "y"
    z = "z"


class Sides(StrEnum):
    """What lies beyond the sides of a volume."""

    walls = "walls"
    periodic = "periodic"


_SCAN, _PARTING, _SPECIMEN, _WORK = "File", "Void and solid", "Membrane and liquids", "Work"


@app.command()
@work
def measure(
    volume: Annotated[
        str,
        typer.Argument(
            metavar="VOLUME",
            help="TIFF stack, folder of slices, NumPy, zarr, HDF5, netCDF, raw with sidecar, VTI, NRRD, an image, or a run.",
        ),
    ],
    voxel: Annotated[
        str | None, typer.Option(help="Edge of a voxel: 10nm, or 10nm,10nm,25nm.", rich_help_panel=_SCAN)
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Array, group or channel in the file.", rich_help_panel=_SCAN)
    ] = None,
    axes: Annotated[
        str | None, typer.Option(help="Order of the file's axes, such as zyx.", rich_help_panel=_SCAN)
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="Unit of lengths in a file that names none.", rich_help_panel=_SCAN)
    ] = None,
    slice_distance: Annotated[
        str | None,
        typer.Option(help="Distance of slices, where the file says only the pixels.", rich_help_panel=_SCAN),
    ] = None,
    channel: Annotated[
        int | None, typer.Option(help="Which of several channels.", rich_help_panel=_SCAN)
    ] = None,
    time: Annotated[int | None, typer.Option(help="Which of several times.", rich_help_panel=_SCAN)] = None,
    sidecar: Annotated[
        str | None, typer.Option(help="JSON or TOML that describes raw data.", rich_help_panel=_SCAN)
    ] = None,
    crop: Annotated[
        str | None, typer.Option(help="Part to measure, in voxels: 0:256,0:256,: .", rich_help_panel=_SCAN)
    ] = None,
    axis: Annotated[
        Axis | None, typer.Option(help="Flow axis, through the wall; z, if not given.", rich_help_panel=_SCAN)
    ] = None,
    sides: Annotated[
        Sides | None,
        typer.Option(help="Beyond the sides; as the file says, else walls.", rich_help_panel=_SCAN),
    ] = None,
    cubic: Annotated[
        str | None,
        typer.Option(help="Resample to cubic voxels of this edge, or 'finest'.", rich_help_panel=_SCAN),
    ] = None,
    void: Annotated[
        str | None,
        typer.Option(help="What is void: dark, bright, or its value.", rich_help_panel=_PARTING),
    ] = None,
    segment: Annotated[
        str | None,
        typer.Option(
            help="otsu (if not given), multi-otsu, k-means, hysteresis, iso50, minimum or threshold.",
            rich_help_panel=_PARTING,
        ),
    ] = None,
    threshold: Annotated[
        list[float] | None,
        typer.Option(help="Grey value; two for hysteresis.", rich_help_panel=_PARTING),
    ] = None,
    denoise: Annotated[
        str | None,
        typer.Option(help="Smooth grey values first: median, tv or nlm.", rich_help_panel=_PARTING),
    ] = None,
    clean: Annotated[int, typer.Option(help="Remove specks of fewer voxels.", rich_help_panel=_PARTING)] = 0,
    no_influence: Annotated[
        bool,
        typer.Option("--no-influence", help="Skip the influence of the threshold.", rich_help_panel=_PARTING),
    ] = False,
    wall: Annotated[
        str | None,
        typer.Option(
            help="Thickness of the membrane: carries pore sizes on to it.", rich_help_panel=_SPECIMEN
        ),
    ] = None,
    inside: Annotated[
        str | None, typer.Option(help="Inside diameter of a hollow fibre.", rich_help_panel=_SPECIMEN)
    ] = None,
    outside: Annotated[
        str | None, typer.Option(help="Outside diameter of a hollow fibre.", rich_help_panel=_SPECIMEN)
    ] = None,
    liquid: Annotated[
        str, typer.Option(help="Wetting liquid of the porometer.", rich_help_panel=_SPECIMEN)
    ] = "ethanol",
    temperature: Annotated[
        str | None, typer.Option(help="Of the tests; 25 degC, if not given.", rich_help_panel=_SPECIMEN)
    ] = None,
    contact_angle: Annotated[
        float, typer.Option(help="Of the wetting liquid, in degrees.", rich_help_panel=_SPECIMEN)
    ] = 0.0,
    electrolyte: Annotated[
        str | None,
        typer.Option(
            help="Conductivity of the liquid in the voids; para. 89(13)'s, if not given.",
            rich_help_panel=_SPECIMEN,
        ),
    ] = None,
    modulus: Annotated[
        str | None,
        typer.Option(
            help="Young's modulus of the polymer; without it moduli are relative.", rich_help_panel=_SPECIMEN
        ),
    ] = None,
    poisson: Annotated[
        float | None,
        typer.Option(help="Poisson's ratio of the polymer; 0.35, if not given.", rich_help_panel=_SPECIMEN),
    ] = None,
    particles: Annotated[
        str | None, typer.Option(help="Diameters for the retention: 20nm,50nm.", rich_help_panel=_SPECIMEN)
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Measurements or groups wanted; repeatable.", rich_help_panel=_WORK),
    ] = None,
    tensors: Annotated[
        bool,
        typer.Option(
            "--tensors", help="All directions of flow, current and stiffness.", rich_help_panel=_WORK
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Of particles and resampling.", rich_help_panel=_WORK)] = 0,
    info: Annotated[
        bool,
        typer.Option("--info", help="Only say what the file holds and what it needs.", rich_help_panel=_WORK),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for results; measured, if not given.", rich_help_panel=_WORK)
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start clean instead of resuming.", rich_help_panel=_WORK)
    ] = False,
    json: Json = False,
) -> None:
    """Measure a scan, an image or a simulated volume by every method, with a report."""
    given = dict(locals())
    from percola.cli import measure as room
    from percola.cli.output import emit_json, only_json

    for name in ("axis", "sides"):
        given[name] = None if given[name] is None else given[name].value
    with only_json(json):
        answer = room.run(volume, given, out=out, resume=not fresh, info=info)
    if json:
        emit_json(answer["info"] if info else answer)
    elif info:
        room.show_info(answer["info"])
    else:
        room.show(answer, everything=only is not None)


Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCES",
        help="Runs, results of percola lab or measure, a recipe, a specimen such as patent:Ex7, or JSON.",
    ),
]
BenchOut = Annotated[Path | None, typer.Option("--out", help="Folder for results; bench, if not given.")]


@app.command()
@work
def judge(
    sources: Sources,
    out: BenchOut = None,
    require: Annotated[
        list[str] | None,
        typer.Option(help="Exit with 1 unless this verdict passes, such as claim_1; repeatable."),
    ] = None,
    json: Json = False,
) -> int:
    """Judge a membrane, its process or both: definitions A to D, claims 1 to 12, preferred ranges."""
    from percola.cli import judging
    from percola.cli.faults import DONE, NOT_MET
    from percola.cli.output import emit_json, error_console, only_json
    from percola.cli.require import not_met, requirements

    wanted = requirements(require or ())
    with only_json(json):
        answer = judging.judge(sources, out)
    (emit_json if json else judging.show_judgement)(answer)
    broken = not_met(wanted, answer["verdicts"], answer["measurements"])
    for words in broken:
        error_console().print(f"Not met: {words}", soft_wrap=True)
    return NOT_MET if broken else DONE


@app.command()
@work
def window(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SWEEP",
            help="A table with a row for each dissolution temperature; or runs, specimens, patent:fig3.",
        ),
    ],
    porosity_error: Annotated[
        str | None, typer.Option(help="Standard deviation of each porosity: '1 %'.")
    ] = None,
    extension_error: Annotated[
        str | None, typer.Option(help="Standard deviation of each breaking extension: '15 %'.")
    ] = None,
    polymer_fraction: Annotated[
        str | None, typer.Option(help="Of the solution, where the table does not say it: '30 wt%'.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help='NAME="header" or NAME=number: which column is what; repeatable.')
    ] = None,
    unit: Annotated[
        list[str] | None, typer.Option(help="NAME=unit, where the file names none; repeatable.")
    ] = None,
    decimal: Annotated[str | None, typer.Option(help="Decimal sign: point or comma; found out.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Name or number of the sheet of a workbook.")] = None,
    seed: Annotated[int, typer.Option(help="Of the resampling.")] = 0,
    out: BenchOut = None,
    json: Json = False,
) -> None:
    """Find T_l and T_u, the window of dissolution temperatures, from a sweep (definitions B and C)."""
    given = dict(locals())
    from percola.cli import judging
    from percola.cli.output import emit_json, only_json

    with only_json(json):
        answer = judging.window(given.pop("sources"), given)
    (emit_json if json else judging.show_window)(answer)


@app.command()
@work
def audit(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[SPECIMENS.csv]", help="A table of reported specimens; without it those of the patent."
        ),
    ] = None,
    template: Annotated[
        bool, typer.Option("--template", help="Print the header of such a table with an example row.")
    ] = False,
    out: BenchOut = None,
    json: Json = False,
) -> None:
    """Audit reported specimens: arithmetic and physical consistency, each finding with its numbers."""
    from percola.cli import judging
    from percola.cli.output import emit_json, only_json

    if template:
        from percola.audit import template as header

        print(header(), end="")
        return
    with only_json(json):
        answer = judging.audit(file, out)
    (emit_json if json else judging.show_audit)(answer)


_SAMPLING = "Sampling"


@app.command()
@work
def predict(
    recipes: Annotated[
        list[str],
        typer.Argument(metavar="RECIPE...", help="Recipe files (TOML) or specimens such as patent:Ex7."),
    ],
    calibration: Annotated[
        Path | None,
        typer.Option(help="A result of percola calibrate; that of the patent, if not given."),
    ] = None,
    full: Annotated[
        bool,
        typer.Option("--full", help="Run in three dimensions too, at the posterior's mean and at draws."),
    ] = False,
    draws: Annotated[
        int | None, typer.Option(help="Draws for --full beside the mean; 2, if not given.")
    ] = None,
    size: Annotated[int | None, typer.Option(help="Cells along each edge of the box for --full.")] = None,
    seed: Annotated[int, typer.Option(help="Of the predictive draws.")] = 0,
    no_window: Annotated[bool, typer.Option("--no-window", help="Skip T_l and T_u of the solution.")] = False,
    no_write: Annotated[bool, typer.Option("--no-write", help="Only print; write no directory.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for results; predictions, if not given.")] = None,
    json: Json = False,
) -> None:
    """Predict recipes: every measurement with a 90 % interval, structure, window, and how far it is known."""
    from percola.cli import predict as room
    from percola.cli.output import emit_json, only_json

    with only_json(json):
        answer = room.predict(
            recipes,
            calibration=calibration,
            full=full,
            draws=draws,
            size=size,
            seed=seed,
            window=not no_window,
            write=not no_write,
            out=out,
        )
    (emit_json if json else room.show)(answer)


@app.command()
@work
def calibrate(
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DATA...]", help="Tables of specimens (CSV, XLSX); without any, the patent's."
        ),
    ] = None,
    alone: Annotated[bool, typer.Option("--alone", help="Without the specimens of the patent.")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Short chains, no leave-one-out; for trying.")
    ] = False,
    no_refit: Annotated[
        bool,
        typer.Option("--no-refit", help="Leave-one-out by weights alone, also where they cannot be trusted."),
    ] = False,
    samples: Annotated[
        int | None, typer.Option(help="Draws of each chain.", rich_help_panel=_SAMPLING)
    ] = None,
    warmup: Annotated[
        int | None, typer.Option(help="Iterations before them.", rich_help_panel=_SAMPLING)
    ] = None,
    chains: Annotated[int | None, typer.Option(help="Independent chains.", rich_help_panel=_SAMPLING)] = None,
    seed: Annotated[int, typer.Option(help="Of all random numbers.", rich_help_panel=_SAMPLING)] = 0,
    template: Annotated[
        bool, typer.Option("--template", help="Print such a table with two example rows.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for results; calibrations, if not given.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start clean instead of resuming.")] = False,
    json: Json = False,
) -> None:
    """Calibrate on your specimens, with those of the patent: what they teach, and how well the unseen is predicted."""
    from percola.cli import calibrate as room
    from percola.cli.output import emit_json, only_json

    if template:
        from percola.design.posterior.observations import template as header

        print(header(), end="")
        return
    with only_json(json):
        answer = room.calibrate(
            data or (),
            alone=alone,
            quick=quick,
            refit=not no_refit,
            samples=samples,
            warmup=warmup,
            chains=chains,
            seed=seed,
            out=out,
            fresh=fresh,
        )
    (emit_json if json else room.show)(answer)


@app.command()
@work
def reproduce(
    calibration: Annotated[
        Path | None,
        typer.Option(help="A result of percola calibrate; that of the patent, if not given."),
    ] = None,
    figures: Annotated[
        bool,
        typer.Option("--figures", help="Sections and surfaces too (Figs. 5 to 7): runs in three dimensions."),
    ] = False,
    size: Annotated[
        int | None, typer.Option(help="Cells along each edge of the box for --figures; 64, if not given.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the predictive draws.")] = 0,
    commit_table: Annotated[
        Path | None,
        typer.Option(help="Write the predictions of the reserved specimens to this JSON file as well."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for results; reproduced, if not given.")] = None,
    json: Json = False,
) -> None:
    """Reproduce the patent: 40 specimens predicted without themselves, its figures, and where it does not fit."""
    from percola.cli import reproduce as room
    from percola.cli.output import emit_json, only_json

    with only_json(json):
        answer = room.reproduce(
            calibration=calibration,
            figures=figures,
            size=size,
            seed=seed,
            commit_table=commit_table,
            out=out,
        )
    (emit_json if json else room.show)(answer)


@app.command()
@work
def report(
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="RUN",
            help="A directory of results, such as runs/0123456789ab or one in measured or bench.",
        ),
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


lab_app = typer.Typer(
    cls=LabGroup,
    no_args_is_help=True,
    help="The bench: standard numbers with uncertainty from files of real instruments.",
)
app.add_typer(lab_app, name="lab")

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
