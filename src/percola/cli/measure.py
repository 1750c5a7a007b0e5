"""``percola measure``: options as people write them, and what is said of the results."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from percola.cli.output import console
from percola.cli.progress import Progress
from percola.cli.summary import MARKS, class_remark, value_in_words
from percola.errors import InputError
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


def lengths_m(text: str | None, where: str) -> tuple[float, ...] | None:
    """``"10nm"`` or ``"10nm,10nm,25nm"`` (also with x between them) as metres.

    Raises:
        InputError: no unit, an impossible edge, or neither one nor three lengths.
    """
    if text is None:
        return None
    parts = [p.strip() for p in text.replace("x", ",").replace("×", ",").split(",") if p.strip()]
    unit = parts[-1].lstrip("0123456789.+-eE ") if parts else ""
    parts = [p if p.lstrip("0123456789.+-eE ") else p + unit for p in parts]
    edges = tuple(si_value(p, "length", where) for p in parts)
    if len(edges) not in (1, 2, 3):
        raise InputError(
            where, repr(text), "one length, or one for each axis", f"write {where} 10nm, or 10nm,10nm,25nm"
        )
    for edge, part in zip(edges, parts, strict=True):
        if not edge > 0:
            raise InputError(where, part, "a positive length", f"write for example {where} 10nm")
    return edges


def quantity(text: str | None, kind: str, where: str) -> float | None:
    """A quantity with its unit as a number in SI; None where none was given."""
    return None if text is None else si_value(text, kind, where)


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

    chosen = settings_of(settings)
    if info:
        return {"info": scan.look(source, chosen)}
    with Progress() as progress:
        result = scan.measure_file(source, chosen, out=out, progress=progress, resume=resume)
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
        wall = WallGeometry(thickness or (outside - inside) / 2, "fibre", inside, outside)
    elif thickness is not None:
        wall = WallGeometry(thickness)
    temperature = quantity(given.get("temperature"), "temperature", "--temperature") or 298.15
    liquid = wetting_liquid(
        given.get("liquid") or "ethanol", temperature, math.radians(given.get("contact_angle") or 0.0)
    )
    electrolyte, electrolyte_error = quantity(given.get("electrolyte"), "conductivity", "--electrolyte"), 0.0
    electrolyte_name, electrolyte_source = "given with --electrolyte", ""
    if electrolyte is None:
        standard = tables.electrolyte_conductivity_S_m(temperature)
        electrolyte, electrolyte_error = float(standard.value), float(standard.uncertainty)
        electrolyte_name = "1 mol/L LiBF4 in ethylene + propylene carbonate 1:1 by volume"
        electrolyte_source = standard.source
    particles = tuple(
        si_value(p.strip(), "length", "--particles")
        for p in (given.get("particles") or "").split(",")
        if p.strip()
    )
    cubic = given.get("cubic")
    options = Options(
        wall=wall,
        liquid=liquid,
        electrolyte_conductivity_S_m=electrolyte,
        electrolyte_uncertainty_S_m=electrolyte_error,
        electrolyte_name=electrolyte_name,
        electrolyte_source=electrolyte_source,
        polymer_modulus_Pa=quantity(given.get("modulus"), "pressure", "--modulus"),
        poissons_ratio=given.get("poisson") or 0.35,
        particle_diameters_m=particles,
        tensors=bool(given.get("tensors")),
        seed=int(given.get("seed") or 0),
    )
    only = [n.strip() for part in given.get("only") or () for n in part.split(",") if n.strip()]
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
        cubic_m=None
        if cubic is None
        else 0.0
        if cubic in ("", "finest")
        else si_value(cubic, "length", "--cubic"),
        denoise=given.get("denoise") or "",
        method=given.get("segment") or "otsu",
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
    out = console()
    estimate = facts["estimate"]
    for key, value in facts.items():
        if key in ("estimate", "notes") or value in (None, "", (), [], {}):
            continue
        out.print(f"{key.replace('_', ' '):>16}  {_plain(value)}", soft_wrap=True)
    for note in facts.get("notes", ()):
        out.print(f"{'note':>16}  {note}", soft_wrap=True)
    from percola.report.numbers import duration

    out.print(
        f"{'needs':>16}  about {duration(estimate['seconds'])} with nothing else running, "
        f"{estimate['memory_bytes'] / 2**30:.1f} GiB of memory"
    )


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_plain(v)}" for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return " x ".join(_plain(v) for v in value)
    return str(value)


def show(answer: Mapping[str, Any]) -> None:
    """The results for a person; the report holds all of it with figures, checks and sources."""
    from rich.table import Table

    from percola.report.numbers import label

    out = console()
    if answer["opened"] in _OPENED:
        out.print(_OPENED[answer["opened"]])
    table = Table("Measurement", "Where", "Value", "", box=None, pad_edge=False)
    remarks: dict[str, int] = {}
    chosen = [m for m in answer["measurements"] if m["name"] in SHOWN] or list(answer["measurements"])
    order = {name: i for i, name in enumerate(SHOWN)}
    for m in sorted(chosen, key=lambda m: order.get(m["name"], len(order))):
        said = [c["message"] for c in m.get("checks", ()) if c["status"] != "pass"]
        if m.get("value") is None:
            said.insert(0, m.get("reason") or "no reason given")
        if m["name"] == "structure_class":
            said[:0] = filter(None, [class_remark(m, answer["verdicts"])])
        marks = " ".join(f"[{remarks.setdefault(words, len(remarks) + 1)}]" for words in said)
        table.add_row(label(m["name"]), m.get("region", "").replace("_", " "), value_in_words(m), marks)
    out.print(table)
    for words, number in remarks.items():
        out.print(f"[{number}] {words}", soft_wrap=True)
    rest = len(answer["measurements"]) - len(chosen)
    if rest:
        out.print(f"{rest} more measurements stand in the report.")
    for check in answer["scan"].get("checks", ()):
        if check["status"] != "pass":
            out.print(f"Segmentation: {check['message']}", soft_wrap=True)
    for verdict in answer["verdicts"]:
        if verdict["key"] == "definition_A":
            status = MARKS.get(verdict["status"], verdict["status"])
            out.print(f"{verdict['title']} - {status}: {verdict['words']}", soft_wrap=True)
    for note in answer["notes"]:
        out.print(f"Note: {note}", soft_wrap=True)
    out.print(f"\nFinished: {answer['report']}", soft_wrap=True)


_OPENED = {
    "resumed": "Resumed: what an earlier measurement of the same had finished was kept.",
    "finished": "This was measured before; its results are shown. --fresh measures again.",
}
