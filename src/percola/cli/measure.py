"""``percola measure``: options as people write them, and what is said of the results."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from percola.cli.output import console
from percola.cli.progress import Progress
from percola.cli.summary import MARKS, class_remark, value_in_words
from percola.errors import InputError, PercolaError, TableError
from percola.units import si_value

#: What is shown on the terminal, in this order; everything stands in the report and in the files.
SHOWN = (
    "structure_class",
    "porosity",
    "through_porosity",
    "isolated_void_fraction",
    "surface_area_per_volume",
    "sem_average_pore_size",
    "mean_pore_diameter",
    "mean_strut_diameter",
    "average_pore_size",
    "maximum_pore_size",
    "pore_size_ratio",
    "bubble_point_pressure",
    "percolating_sphere_diameter",
    "median_intrusion_diameter",
    "residual_saturation",
    "permeability",
    "permeability_tensor",
    "water_permeability",
    "hydraulic_diameter",
    "relative_conductivity",
    "tortuosity",
    "macmullin_number",
    "ionic_conductivity",
    "relative_elastic_modulus",
    "elastic_modulus",
    "degree_of_anisotropy",
    "correlation_length",
    "structure_period",
    "euler_number",
    "strut_coordination",
    "strut_length",
    "retention_cutoff_diameter",
    "lrv",
    "pore_coordination",
    "thickness",
    "surface_layer_thickness",
)


#: Settings as Python names them, and the options that stand for them.
OPTIONS = {
    "spacing_m": "--voxel",
    "slice_m": "--slice-distance",
    "thresholds": "--threshold",
    "method": "--segment",
    "flow_axis": "--axis",
    "crop_m": "--crop",
    "wall.thickness_m": "--wall",
    "contact angle": "--contact-angle",
    **{
        name: f"--{name}"
        for name in (
            "key",
            "axes",
            "unit",
            "channel",
            "time",
            "sidecar",
            "crop",
            "cubic",
            "void",
            "denoise",
            "clean",
            "liquid",
        )
    },
}
_CALL = re.compile(rf"\b({'|'.join(map(re.escape, OPTIONS))})=('?)([\w.*]*)\2(?: \(--[^)]*\))?")
_SAID = (
    ("say void bright", "say --void bright"),
    (", or a smaller --size", ""),
    ("use method ", "use --segment "),
    ("spacing_m is in metres already", "--voxel brings its own unit"),
    (
        "say which is void: dark or bright, or the other value",
        "turn them with --void bright, --void dark or the other value",
    ),
    ("invert the volume instead", "leave it out"),
)
_NAMED = re.compile(r"\b(spacing_m|slice_m)\b")


def as_options(text: str) -> str:
    """What a message says to the Python programmer, said to the person at the command line.

    >>> as_options("choose it with key=, e.g. key='a'")
    'choose it with --key, e.g. --key a'
    """
    text = _CALL.sub(lambda m: f"{OPTIONS[m[1]]} {m[3]}".rstrip(), text)
    text = text.replace(" (in Python: void=...)", "").replace(" (in Python: --void ...)", "")
    for words, said in _SAID:
        text = text.replace(words, said)
    return _NAMED.sub(lambda m: OPTIONS[m[1]], text)


def _in_options(error: PercolaError) -> PercolaError:
    """The same error, speaking of options instead of Python's arguments."""
    if "sidecar" in error.found:  # a sidecar's own fields are named as they are written in it
        return error
    name, comma, rest = error.where.partition(", ")
    where = OPTIONS.get(name, name) + comma + rest
    return type(error)(where, *(as_options(t) for t in (error.found, error.allowed, error.remedy)))


_BETWEEN = re.compile(r"\s*(?:,|×|\s[xX]\s|(?<=\S)[xX](?=\s*[0-9.]))\s*")


def lengths_m(text: str | None, where: str) -> tuple[float, ...] | None:
    """``"10nm"`` or ``"10nm,10nm,25nm"`` (also with x between them; one unit at the end serves all) in metres.

    Raises:
        InputError: no unit, not a length, or an edge that no voxel has.
    """
    if text is None:
        return None
    edges = _list_m(text, where, f"{where} 10nm, or {where} 10nm,10nm,25nm for x, y and z")
    if len(edges) not in (1, 2, 3):
        raise InputError(
            where, repr(text), "one length, or one for each axis", f"write {where} 10nm, or 10nm,10nm,25nm"
        )
    from percola.scan.read import LARGEST_VOXEL_M, SMALLEST_VOXEL_M

    for edge in edges:
        if not SMALLEST_VOXEL_M <= edge <= LARGEST_VOXEL_M:
            raise InputError(
                where,
                f"{text!r}: {edge:.4g} m",
                "an edge between 0.01 nm and 1 mm",
                f"check the unit; write for example {where} 10nm",
            )
    return edges


def _list_m(text: str, where: str, example: str) -> tuple[float, ...]:
    """Lengths with commas or x between them, in metres; one unit at the end serves all.

    Raises:
        InputError: a part that is no positive length.
    """
    parts = [p for p in _BETWEEN.split(text.strip()) if p]
    unit = parts[-1].lstrip("0123456789.+-eE ") if parts else ""
    out = []
    for part in parts:
        try:
            value = si_value(part if part.lstrip("0123456789.+-eE ") else part + unit, "length", where)
        except InputError as error:
            raise InputError(where, error.found, error.allowed, f"write for example {example}") from None
        if not value > 0:
            raise InputError(where, repr(text), "a positive length", f"write for example {example}")
        out.append(value)
    return tuple(out)


def quantity(text: str | None, kind: str, where: str) -> float | None:
    """A quantity with its unit as a positive number in SI; None where none was given."""
    if text is None:
        return None
    value = si_value(text, kind, where)
    if not value > 0:
        raise InputError(where, repr(text), f"a positive {kind}")
    return value


def run(
    source: str,
    settings: Mapping[str, Any],
    *,
    out: Path | None,
    resume: bool,
    info: bool,
) -> dict[str, Any]:
    """Measure a file and return its answer in SI; progress goes to standard error."""
    from percola.pipeline import scan

    try:
        chosen = settings_of(settings)
        if info:
            return {"info": scan.look(source, chosen)}
        with Progress() as progress:
            result = scan.measure_file(source, chosen, out=out, progress=progress, resume=resume)
    except PercolaError as error:
        raise _in_options(error) from error
    verdicts = [v if isinstance(v, dict) else v.to_dict() for v in result.verdicts]
    return {
        "opened": result.opened,
        "run": str(result.path),
        "report": str(result.path / "report.html"),
        "scan": dict(result.facts),
        "measurements": [m.to_dict() for m in result.measurements],
        "verdicts": verdicts,
        "notes": list(result.notes),
    }


def settings_of(given: Mapping[str, Any]) -> Any:
    """The options of the command line as settings in SI.

    Raises:
        InputError: a length without unit, an unknown liquid, a fibre without both diameters.
    """
    from percola import tables
    from percola.measure import WallGeometry
    from percola.measure.flow.liquids import wetting_liquid
    from percola.measure.survey import Options
    from percola.pipeline.scan import ScanSettings

    wall = None
    thickness = quantity(given.get("wall"), "length", "--wall")
    inside = quantity(given.get("inside"), "length", "--inside")
    outside = quantity(given.get("outside"), "length", "--outside")
    if inside is not None or outside is not None:
        if inside is None or outside is None:
            raise InputError(
                "--inside, --outside", "one of them", "both diameters of a hollow fibre", "give the other too"
            )
        if outside <= inside:
            raise InputError(
                "--inside, --outside",
                f"{inside * 1e3:g} and {outside * 1e3:g} mm",
                "an outside larger than the inside",
                "exchange them",
            )
        wall = WallGeometry(thickness or (outside - inside) / 2, "fibre", inside, outside)
    elif thickness is not None:
        wall = WallGeometry(thickness)
    temperature = quantity(given.get("temperature"), "temperature", "--temperature") or 298.15
    liquid = wetting_liquid(
        given.get("liquid") or "ethanol", temperature, math.radians(given.get("contact_angle") or 0.0)
    )
    electrolyte, electrolyte_error = quantity(given.get("electrolyte"), "conductivity", "--electrolyte"), 0.0
    electrolyte_name, electrolyte_source = "given with --electrolyte", ""
    standard = None
    if electrolyte is None:
        # Beyond the range of the table only the ionic conductivity is lost, not the measurement.
        with contextlib.suppress(TableError):
            standard = tables.electrolyte_conductivity_S_m(temperature)
    if standard is not None:
        electrolyte, electrolyte_error = float(standard.value), float(standard.uncertainty)
        electrolyte_name = "1 mol/L LiBF4 in ethylene + propylene carbonate 1:1 by volume"
        electrolyte_source = standard.source
    particles = _list_m(given.get("particles") or "", "--particles", "--particles 20nm,35nm,50nm")
    poisson = 0.35 if given.get("poisson") is None else float(given["poisson"])
    if not -1 < poisson < 0.5:
        raise InputError("--poisson", f"{poisson:g}", "above -1 and below 0.5", "polymers lie at 0.3 to 0.45")
    seed = int(given.get("seed") or 0)
    if seed < 0:
        raise InputError("--seed", str(seed), "a whole number from 0")
    cubic = given.get("cubic")
    options = Options(
        wall=wall,
        liquid=liquid,
        electrolyte_conductivity_S_m=electrolyte,
        electrolyte_uncertainty_S_m=electrolyte_error,
        electrolyte_name=electrolyte_name,
        electrolyte_source=electrolyte_source,
        polymer_modulus_Pa=quantity(given.get("modulus"), "pressure", "--modulus"),
        poissons_ratio=poisson,
        particle_diameters_m=particles,
        tensors=bool(given.get("tensors")),
        seed=seed,
    )
    only = [n.strip() for part in given.get("only") or () for n in part.split(",") if n.strip()]
    if given.get("only") and not only:
        raise InputError(
            "--only", "no name", "names of measurements or groups", "leave it out to measure all"
        )
    return ScanSettings(
        spacing_m=lengths_m(given.get("voxel"), "--voxel"),
        key=given.get("key"),
        axes=given.get("axes"),
        unit=given.get("unit"),
        slice_m=quantity(given.get("slice_distance"), "length", "--slice-distance"),
        channel=given.get("channel"),
        time=given.get("time"),
        sidecar=given.get("sidecar"),
        crop=given.get("crop"),
        flow_axis=given.get("axis"),
        cubic_m=0.0 if cubic in ("", "finest") else quantity(cubic, "length", "--cubic"),
        denoise=given.get("denoise") or "",
        method=given.get("segment") or ("threshold" if len(given.get("threshold") or ()) == 1 else "otsu"),
        void=given.get("void"),
        thresholds=tuple(given.get("threshold") or ()),
        clean=int(given.get("clean") or 0),
        sides=given.get("sides"),
        only=tuple(only) or None,
        influence=not given.get("no_influence"),
        options=options,
    )


def show_info(facts: Mapping[str, Any]) -> None:
    """What a file holds and what measuring it would need, for a person."""
    from percola.report.numbers import duration

    out = console()
    size, source = facts.get("voxel_size"), facts.get("voxel_size_source")
    values = facts.get("values") or {}
    low, high = values.get("range") or (None, None)
    distinct = values.get("distinct")
    wraps = [a for a, p in zip("xyz", facts["periodic"], strict=False) if p]
    rows = [
        ("source", facts["source"]),
        ("format", facts["format"]),
        ("voxels", f"{_by(facts['shape'])} ({', '.join(facts['axes'])})"),
        ("voxel size", f"{size} ({source})" if size else "not in the file: give it with --voxel"),
        ("extent", facts.get("extent")),
        ("kind", facts["kind"]),
        (
            "values",
            f"{facts['dtype']}, "
            + (
                "not looked at"
                if low is None
                else ", ".join(f"{v:g}" for v in distinct)
                if distinct
                else f"{low:g} to {high:g}"
            ),
        ),
        ("void", None if facts.get("void") is None else f"{facts['void']:g}"),
        ("periodic", ", ".join(wraps)),
        ("measured", _by(facts["measured_shape"]) if facts["measured_shape"] != facts["shape"] else None),
        *(("note", as_options(n)) for n in facts.get("notes", ())),
        (
            "needs",
            f"about {duration(facts['estimate']['seconds'])} with nothing else running, "
            f"{facts['estimate']['memory_bytes'] / 2**30:.1f} GiB of memory",
        ),
    ]
    for name, words in rows:
        if words:
            out.print(f"{name:>10}  {words}", soft_wrap=True)


def _by(shape: Sequence[int]) -> str:
    return " x ".join(str(n) for n in shape)


def show(answer: Mapping[str, Any], everything: bool = False) -> None:
    """The results for a person; the report holds all of it with figures, checks and sources.

    Args: answer: of :func:`run`. everything: each measurement rather than the ones most asked for.
    """
    from rich.table import Table

    from percola.report.numbers import label_of, place

    out = console()
    if answer["opened"] in _OPENED:
        out.print(_OPENED[answer["opened"]])
    table = Table("Measurement", "Where", "Value", "", box=None, pad_edge=False)
    remarks: dict[str, int] = {}
    # What is not defined for one reason is one sentence, not a row for each.
    reasons: dict[str, list[Mapping[str, Any]]] = {}
    for m in answer["measurements"]:
        if m.get("value") is None:
            reasons.setdefault(m.get("reason") or "no reason given", []).append(m)
    shared = {why: found for why, found in reasons.items() if len({m["name"] for m in found}) > 2}
    there = [m for m in answer["measurements"] if m.get("value") is not None or m.get("reason") not in shared]
    chosen = there if everything else [m for m in there if m["name"] in SHOWN] or there
    order = {name: i for i, name in enumerate(SHOWN)}
    for m in sorted(chosen, key=lambda m: order.get(m["name"], len(order))):
        evidence = m.get("evidence", {})
        said = [c["message"] for c in m.get("checks", ()) if c["status"] != "pass"]
        if m.get("value") is None:
            said.insert(0, m.get("reason") or "no reason given")
        if m["name"] == "structure_class":
            said[:0] = filter(None, [class_remark(m, answer["verdicts"])])
        marks = " ".join(f"[{remarks.setdefault(words, len(remarks) + 1)}]" for words in said)
        where = place(m.get("region", ""), evidence)
        table.add_row(label_of(m["name"], evidence), where, value_in_words(m), marks)
    if chosen:
        out.print(table)
    for words, number in remarks.items():
        out.print(f"[{number}] {words}", soft_wrap=True)
    rest = len(there) - len(chosen)
    if rest:
        out.print(f"{rest} more measurement{'s stand' if rest > 1 else ' stands'} in the report.")
    for why, found in shared.items():
        found = sorted(found, key=lambda m: order.get(m["name"], len(order)))
        names = list(dict.fromkeys(label_of(m["name"], m.get("evidence", {})) for m in found))
        few = names if everything else names[:6]
        more = f" and {len(names) - len(few)} more" if len(names) > len(few) else ""
        out.print(f"Not defined ({why}): {', '.join(few)}{more}.", soft_wrap=True)
    for check in answer["scan"].get("checks", ()):
        if check["status"] != "pass":
            out.print(f"Segmentation: {as_options(check['message'])}", soft_wrap=True)
    for verdict in answer["verdicts"]:
        if verdict["key"] == "definition_A":
            status = MARKS.get(verdict["status"], verdict["status"])
            out.print(f"{verdict['title']} - {status}: {verdict['words']}", soft_wrap=True)
    for note in answer["notes"]:
        out.print(f"Note: {as_options(note)}", soft_wrap=True)
    out.print(f"\nFinished: {answer['report']}", soft_wrap=True)


_OPENED = {
    "resumed": "Resumed: what an earlier measurement of the same had finished was kept.",
    "finished": "This was measured before; its results are shown. --fresh measures again.",
}
