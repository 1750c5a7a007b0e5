"""The directory of a measured scan -> one self-contained HTML file that can be handed on."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from percola.judge import definitions
from percola.report import evidence, figures, numbers
from percola.report.data import Fields, RunData, read
from percola.report.figures import Picture
from percola.report.rows import (
    checks_of,
    class_words,
    edges_of,
    manifest_rows,
    measurement_rows,
    plotly_js,
    references_of,
    scene_of,
    timing_rows,
    verdict_rows,
)
from percola.store.atomic import write_bytes, write_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Numbers at the head of the page, in this order, the first eight that were measured.
HEADLINE = (
    "porosity",
    "average_pore_size",
    "maximum_pore_size",
    "sem_average_pore_size",
    "water_permeability",
    "permeability",
    "tortuosity",
    "relative_elastic_modulus",
    "elastic_modulus",
    "surface_area_per_volume",
    "degree_of_anisotropy",
    "mean_void_chord",
    "mean_polymer_chord",
    "correlation_length",
)
_SYMBOL = {"PASS": "✓", "FAIL": "✕", "UNDECIDED": "?", "NOT_APPLICABLE": "–"}
_KINDS = {
    "percolation": "Percolation structure",
    "coarse": "Coarse structure",
    "non_porous": "Non-porous",
    "spherical_particles": "Network of spherical particles",
    "cellular": "Cellular structure",
    "undecided": "Structure undecided",
}


def build_scan(directory: str | Path, *, three_d: bool = True) -> Path:
    """Write ``report.html`` and ``figures/`` into the directory of a measurement, from what it holds and nothing else.

    Raises:
        InputError: the path is no such directory.
        ResourceError: the page cannot be written.
    """
    import jinja2
    import matplotlib

    from percola.plot import style

    run = read(Path(directory))
    scan = _document(run, "scan.json")
    view = run.fields("view")
    look: Any = style.RC
    with matplotlib.rc_context(look):
        pictures = {**_volume_pictures(run, view), **_result_pictures(run)}
    folder = run.path / "figures"
    folder.mkdir(exist_ok=True)
    for picture in pictures.values():
        if picture.data is not None:
            write_bytes(folder / f"{picture.key}.{picture.kind}", picture.data)
    loader = jinja2.FunctionLoader(
        lambda name: resources.files("percola.report").joinpath("templates", name).read_text("utf-8")
    )
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    references = references_of(run)
    scene = scene_of(view) if three_d else None
    verdicts = {str(v.get("key")): v for v in run.verdicts}
    planar = _planar(run)
    page = environment.get_template("scan.html").render(
        run=run,
        manifest={"version": "", "id": "", **run.manifest},
        title=Path(str(run.manifest.get("source", run.path.name))).name,
        subtitle=_subtitle(scan),
        planar=planar,
        kind=_kind(run, verdicts),
        cards=_cards(run),
        pictures=pictures,
        sections=_sections(pictures),
        facts=_facts(scan),
        groups=_groups(run, references),
        left_out=_common(run),
        notices=_notices(_common(run)),
        definition=verdict_rows(verdicts.get("definition_A")),
        checks=[*_segmentation_checks(scan), *checks_of(run)],
        notes=[str(n) for n in run.manifest.get("notes", [])],
        references=references,
        manifest_rows=manifest_rows(run),
        timings=timing_rows(run.manifest),
        scene=json.dumps(scene, separators=(",", ":")) if scene else "",
        plotly=plotly_js() if scene else "",
        edges=edges_of(view),
        symbol=_SYMBOL,
        confidence=f"{100 * definitions().confidence:g}",
        built=datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
    )
    out = run.path / "report.html"
    write_text(out, page)
    return out


def _document(run: RunData, name: str) -> dict[str, Any]:
    try:
        found = json.loads((run.path / name).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _planar(run: RunData) -> bool:
    """Whether an image was measured."""
    shape: Sequence[int] = _document(run, "scan.json").get("measured_shape") or ()
    return len(shape) == 3 and shape[2] == 1


# -- head and tables -----------------------------------------------------------------------------------


def _subtitle(scan: Mapping[str, Any]) -> str:
    shape, spacing = scan.get("measured_shape"), scan.get("measured_spacing_m")
    if not shape or not spacing:
        return ""
    planar = shape[2] == 1
    if planar:
        shape, spacing = shape[:2], spacing[:2]
    size = " × ".join(f"{n}" for n in shape)
    edges = (
        f"{spacing[0] * 1e9:.4g}"
        if max(spacing) <= 1.001 * min(spacing)
        else " × ".join(f"{h * 1e9:.4g}" for h in spacing)
    )
    lengths = " × ".join(f"{n * h * 1e6:.3g}" for n, h in zip(shape, spacing, strict=True))
    words = f"{size} {'pixels' if planar else 'voxels'} of {edges} nm: {lengths} µm"
    return (
        words
        if planar
        else f"{words}; flow along {scan.get('flow_axis', 'z')}; sides: {scan.get('sides', '')}"
    )


def _kind(run: RunData, verdicts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    found = run.measurement("structure_class")
    definition = verdicts.get("definition_A")
    if found is None or definition is None:
        return None
    value = str(found.value or "undecided")
    status = {"percolation": "PASS", "undecided": "UNDECIDED"}.get(value, "NOT_APPLICABLE")
    return {
        "status": status,
        "title": _KINDS.get(value, value),
        "words": class_words(found, definition) or "",
    }


def _cards(run: RunData) -> list[dict[str, str]]:
    out = []
    common = _common(run)
    for name in HEADLINE:
        m = run.measurement(name)
        if m is None or (not m.defined and m.reason in common):
            continue
        number, spread, unit, below = "–", "", "", m.reason if not m.defined else ""
        if isinstance(m.value, float | int) and m.defined:
            number, spread, unit = numbers.split(m.name, float(m.value), m.unit, m.uncertainty)
        label = numbers.label_of(name, m.evidence)
        out.append({"label": label, "number": number, "spread": spread, "unit": unit, "below": below})
    return out[:8]


def _common(run: RunData) -> dict[str, list[str]]:
    """Reasons for which four measurements or more are not defined, with their labels: said once at the head."""
    reasons: dict[str, list[str]] = {}
    for m in run.measurements:
        words = numbers.label_of(m.name, m.evidence)
        if not m.defined and words not in reasons.setdefault(m.reason, []):
            reasons[m.reason].append(words)
    return {why: names for why, names in reasons.items() if len(names) > 3}


def _notices(common: Mapping[str, Sequence[str]]) -> list[tuple[int, str]]:
    """How many measurements each reason takes; a reason that only goes on from another counts with it."""
    out: dict[str, int] = {}
    for why in sorted(common, key=len):
        short = next((w for w in out if why.startswith(w + ":")), why)
        out[short] = out.get(short, 0) + len(common[why])
    return [(count, why) for why, count in out.items()]


def _facts(scan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the file says and how it was parted, as groups of (field, value)."""
    values = scan.get("values") or {}
    low, high = values.get("range", (None, None)) if isinstance(values, Mapping) else (None, None)
    source = scan.get("voxel_size_source")
    shape, measured = scan.get("shape", ()), scan.get("measured_shape", ())
    planar = len(measured) == 3 and measured[2] == 1
    measured = measured[:2] if planar else measured
    size = scan.get("voxel_size")
    file = [
        ("File", scan.get("source")),
        ("Format", scan.get("format")),
        ("Pixels" if planar else "Voxels", " × ".join(str(n) for n in shape)),
        (
            "Pixel size" if planar else "Voxel size",
            f"{size} ({source})".replace(" x ", " × ") if size and source else size,
        ),
        ("Extent", str(scan.get("extent") or "").replace(" x ", " × ")),
        (
            "Values",
            f"{scan.get('kind', '')}, {_plain(low)} to {_plain(high)}"
            if low is not None
            else scan.get("kind"),
        ),
        ("Measured", " × ".join(str(n) for n in measured) if list(measured) != list(shape) else None),
        ("Flow", None if planar else f"along {scan.get('flow_axis', 'z')}, sides: {scan.get('sides', '')}"),
    ]
    record = scan.get("segmentation") or {}
    parting = [
        ("Method", _METHODS.get(str(record.get("method")), record.get("method"))),
        ("Threshold", _plain(scan.get("thresholds")) if scan.get("thresholds") else None),
        ("Void", _plain(record["void"]) if record.get("void") is not None else None),
        ("Specks removed below", f"{record['clean']} voxels" if record.get("clean") else None),
        (
            "Walls",
            f"between {'pixels' if planar else 'voxels'}"
            if scan.get("level")
            else f"on {'pixel edges' if planar else 'voxel faces'} ({scan.get('level_reason') or 'voxels alone'})",
        ),
    ]
    statistics = scan.get("statistics") or {}
    quality = [
        (words, _plain(statistics[k])) for k, words in _STATISTICS.items() if statistics.get(k) is not None
    ]
    groups: list[tuple[str, Sequence[tuple[str, Any]]]] = [
        ("File", file),
        ("Void and solid", parting),
        ("How well they part", quality),
    ]
    kept = [(title, [(k, str(v)) for k, v in rows if v not in (None, "", [])]) for title, rows in groups]
    return [{"title": title, "rows": rows} for title, rows in kept if rows]


_METHODS = {
    "otsu": "Otsu's threshold",
    "multi-otsu": "Otsu's thresholds of several classes",
    "k-means": "k-means",
    "hysteresis": "Hysteresis",
    "iso50": "Midway between the peaks",
    "minimum": "Least between the peaks",
    "threshold": "Threshold given",
    "value": "By value",
    "level": "Level field, below zero in voids",
}
_STATISTICS = {
    "separability": "Separability (Otsu's eta)",
    "contrast": "Contrast, grey values",
    "noise": "Noise, grey values",
    "contrast_to_noise": "Contrast over noise",
    "blur_voxels": "Blur, voxels",
    "wall_jitter_voxels": "Noise moves the wall by, voxels",
}


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(_plain(v) for v in value)
    return str(value)


def _groups(run: RunData, references: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the table of measurements, by the group that measured them."""
    from percola.measure.survey import GROUPS

    rows = measurement_rows(run, references)
    title = {name: g.title for g in GROUPS for name in g.names}
    out: dict[str, list[dict[str, Any]]] = {}
    common = _common(run)
    for m, row in zip(run.measurements, rows, strict=True):
        if not m.defined and m.reason in common:
            continue
        row |= {"name": numbers.label_of(m.name, m.evidence), "region": numbers.place(m.region, m.evidence)}
        group = out.setdefault(title.get(m.name, "kind of structure"), [])
        same = group[-1] if group else None
        if same and not m.defined and same["reason"] == m.reason and same["region"] == row["region"]:
            # What is not defined for one reason stands in one row.
            same["name"] += f", {row['name']}"
            same["cites"] = list(dict.fromkeys([*same["cites"], *row["cites"]]))
            continue
        group.append(row)
    return [{"title": f"{k[:1].upper()}{k[1:]}", "rows": v} for k, v in out.items()]


def _segmentation_checks(scan: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"status": c["status"], "name": c["name"], "message": c["message"], "of": "segmentation"}
        for c in scan.get("checks", [])
        if c["status"] != "pass"
    ]


# -- figures -------------------------------------------------------------------------------------------


def _volume_pictures(run: RunData, view: Fields | None) -> dict[str, Picture]:
    """Slices, histogram, influence of the threshold, and the relief and the box of the middle of the volume."""
    import numpy as np

    from percola.plot import scan as scans
    from percola.plot import structure as draw
    from percola.plot.micrograph import micrograph, oblique

    out: dict[str, Picture] = {}
    shown, study, scan = (_document(run, f"{n}.json") for n in ("preview", "influence", "scan"))
    if shown:
        many = len(shown.get("slices", ())) > 1
        out["slices"] = _raster(
            "slices",
            lambda ax: scans.slices(shown, ax),
            ("Slices through the middle: as" if many else "As")
            + " read, with the wall drawn in, and as parted into void (dark) and solid (light).",
            "Grey above and segmented below.",
            (8.6, 5.4) if many else (4.0, 5.4),
        )
        if shown.get("counts") and scan.get("kind") == "grey":
            out["histogram"] = figures.drawn(
                "histogram",
                lambda ax: scans.histogram(shown, ax),
                "Grey values, the threshold and the means of the classes; void is dark.",
                "Histogram of grey values with the threshold.",
                margins=(0.62, 0.12, 0.5, 0.3),
            )
    planar = _planar(run)
    if study.get("results"):
        out["influence"] = figures.drawn(
            "influence",
            lambda ax: scans.threshold_effect(study, ax),
            f"How the results{'' if planar else ' of the middle of the volume'} move with the threshold (shaded: {study['span_reason']}); their spread over it is part of "
            "every stated uncertainty.",
            "Results over their value at the chosen threshold, against the threshold.",
        )
    level = view.drawn if view is not None else None
    if view is not None and level is not None and level.ndim == 3 and min(level.shape) >= 8:
        void = view.arrays.get("void")
        if void is not None and 0 < float(np.mean(void)) < 1:
            picture = micrograph(
                level, view.spacing_m, "section", view.periodic, 640, title="Percola  section", prepared=True
            )
            out["sem-view"] = Picture(
                "sem-view",
                figures.png(draw.labelled(picture)),
                "png",
                f"Section drawn from the segmented volume, {picture.width_m * 1e6:.3g} µm wide. Computed picture.",
                "Grey relief of a section: polymer light with bright edges, pores dark.",
            )
            still = oblique(level, view.spacing_m, width_pixels=520, prepared=True)
            out["box"] = Picture(
                "box",
                figures.png(still.grey),
                "png",
                "",
                "The middle of the volume seen from a corner above.",
            )
    return out


def _raster(
    key: str, draw: Callable[[Axes], object], caption: str, alt: str, size: tuple[float, float]
) -> Picture:
    """A picture of pixels, with the margins that it draws itself."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size)
    draw(figure.add_axes((0.01, 0.01, 0.98, 0.98)))
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=150)
    return Picture(key, out.getvalue(), "png", caption, alt)


def _result_pictures(run: RunData) -> dict[str, Picture]:
    from percola.plot import results, volume_results, volume_studies

    wanted: dict[str, tuple[Callable[[Axes], object], str, str]] = {}

    def add(key: str, data: Any, draw: Callable[..., object], caption: str, alt: str) -> None:
        if data:
            wanted[key] = (lambda ax: draw(data, ax), caption, alt)

    average = run.measurement("average_pore_size")
    liquid = (average.evidence.get("liquid", "") if average else "").split(",")[0]
    add(
        "porometry",
        evidence.flow_curves(run),
        results.flow_curves,
        f"Virtual porometer (ASTM F316{' with ' + liquid if liquid else ''}): gas flow through the wet and the dry structure; the "
        "half-dry method reads the pressure where the wet curve meets half the dry one.",
        "Gas flow against pressure, wet, dry and half-dry.",
    )
    add(
        "pore-sizes",
        evidence.distribution(run),
        results.pore_size_distribution,
        "Flow-weighted pore sizes of this volume: the flow that each step of pressure opens.",
        "Share of the gas flow through pores larger than a diameter.",
    )
    add(
        "size-effect",
        evidence.size_effect(run),
        results.size_effect,
        "Size effect: pore sizes of sub-volumes, carried on to the wall's thickness and the specimen's area.",
        "Pore diameter against the thickness measured.",
    )
    add(
        "widths",
        evidence.widths(run),
        volume_results.widths,
        "Local thickness: the diameter of the largest sphere that fits around each point, by volume, of pores and struts.",
        "Cumulative share of the volume against diameter.",
    )
    add(
        "intrusion",
        evidence.intrusion(run),
        volume_results.intrusion,
        "A non-wetting fluid pressed in from the low face, at every radius: all voids within reach, and what is left where wetting "
        "liquid is cut off from the far face.",
        "Filled share of the voids against throat diameter.",
    )
    add(
        "chords",
        evidence.chords(run),
        volume_results.chords,
        f"Straight lines along {'x and y' if _planar(run) else 'x, y and z'} inside voids and inside polymer, corrected for the edges.",
        "Density of chord lengths on a logarithmic scale.",
    )
    add(
        "correlation",
        evidence.correlation(run),
        volume_results.correlation,
        "Two-point correlation of the voids along the axes and over all directions; lines that part show a structure that is not isotropic.",
        "Correlation falling from one through a minimum.",
    )
    add(
        "curvature",
        evidence.curvature(run),
        volume_results.curvature,
        "How the interface is bent: saddles above left (a bicontinuous network), bulges of polymer above right (particles), of voids "
        "below left (cells).",
        "Map of the two principal curvatures of the interface.",
    )
    add(
        "retention",
        evidence.retention(run),
        volume_results.retention,
        "Log reduction of hard spheres that the flow carries through the volume, against their diameter; spheres wider than the widest "
        "path are all held and have no point here.",
        "Log reduction rising with particle diameter.",
    )
    through = evidence.thickness_profile(run)
    depths: tuple[tuple[volume_studies.Quantity, str], ...] = (
        ("porosity", "Porosity"),
        ("pore_diameter", "Local pore diameter"),
        ("chord", "Lateral chord of the voids"),
    )
    for quantity, words in depths:
        add(
            f"profile-{quantity}",
            through,
            partial(volume_studies.thickness_profile, quantity=quantity),
            f"{words} layer by layer; surface layers that differ from the inside are shaded.",
            f"{words} against depth.",
        )
    for name in ("porosity", "relative_conductivity", "darcy_permeability"):
        add(
            f"representative-{name}",
            evidence.representative(run, name),
            volume_studies.representative,
            f"{numbers.label(name)} of sub-volumes against their edge, and the edge at which one of them tells it to the error wanted. Quick solves on voxels: means may lie some percent beside the table.",
            "Scatter falling with the edge of the sub-volume.",
        )
    wide = {n for *_, names in _SECTIONS for n in names if len(wanted.keys() & set(names)) < 3}
    size = {True: WIDE, False: figures.SMALL}
    return {
        key: figures.drawn(key, draw, caption, alt, size[key in wide])
        for key, (draw, caption, alt) in wanted.items()
    }


WIDE = (5.4, 3.5)
"""Size of a figure of which there are two in a row [inch]."""
#: Sections of figures: key, short name, title, the figures in it.
_SECTIONS = (
    ("porometry", "Porometry", "Porometry", ("porometry", "pore-sizes", "size-effect")),
    ("widths", "Widths", "Widths and access", ("widths", "intrusion")),
    ("form", "Form", "Form of the structure", ("chords", "correlation", "curvature")),
    ("transport", "Transport", "Flow, current and retention", ("retention",)),
    (
        "depth",
        "Depth",
        "Through the thickness",
        ("profile-porosity", "profile-pore_diameter", "profile-chord"),
    ),
    (
        "size",
        "Size",
        "How much volume it takes",
        (
            "representative-porosity",
            "representative-relative_conductivity",
            "representative-darcy_permeability",
        ),
    ),
)


def _sections(pictures: Mapping[str, Picture]) -> list[dict[str, Any]]:
    out = []
    for key, short, title, names in _SECTIONS:
        there = [pictures[n] for n in names if n in pictures]
        if there:
            width = "pair" if len(there) < 3 else "triple"
            out.append({"key": key, "short": short, "title": title, "pictures": there, "width": width})
    return out


__all__ = ["build_scan"]
