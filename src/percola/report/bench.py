"""The directory of a bench result -> one self-contained HTML file: what was measured, from which curves, and the verdicts."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from percola.errors import InputError
from percola.judge import definitions
from percola.lab.analysis import Analysis
from percola.lab.methods import METHODS
from percola.lab.panel import Panel
from percola.plot import lab as pictures_of
from percola.report import beside, figures, numbers
from percola.report.data import RunData, read
from percola.report.figures import Picture
from percola.report.rows import checks_of, measurement_rows, references_of, verdict_row, verdict_rows
from percola.store.atomic import write_bytes, write_text

#: Numbers at the head of the page, in this order, the first eight that were measured.
HEADLINE = (
    "average_pore_size",
    "maximum_pore_size",
    "pore_size_ratio",
    "bubble_point_pressure",
    "porosity",
    "water_permeability",
    "breaking_strength",
    "breaking_extension",
    "elastic_modulus",
    "sem_average_pore_size",
    "surface_to_internal_pore_ratio",
    "thickness",
    "melting_temperature",
    "crystallization_temperature",
    "crystallinity",
    "ionic_conductivity",
    "weight_average_molecular_weight",
    "dispersity",
    "stretching_residual_strain",
    "planar_interface",
    "cloud_point_temperature",
    "lower_dissolution_limit",
    "upper_dissolution_limit",
    "lrv",
)
_PLACED = ("cloud_point_temperature", "sem_average_pore_size", "lrv", "melting_temperature")
"""Tiles that say where, or at which concentration, a number was measured."""
_SYMBOL = {"PASS": "✓", "FAIL": "✕", "UNDECIDED": "?", "NOT_APPLICABLE": "–"}
_SIZE = (5.4, 3.7)
_MARGINS = (0.72, 0.15, 0.55, 0.18)


def build_bench(
    directory: str | Path, analyses: Sequence[Analysis] | None = None, windows: Sequence[Any] = ()
) -> Path:
    """Write ``report.html`` and ``figures/`` into the directory of a bench result.

    Args:
        directory: holds manifest.json, bench.json, measurements.json and, where judged, verdicts.json.
        analyses: the analyses in memory, whose images can be drawn; those of bench.json where None (pictures of images
            are then the files of the first time).
        windows: `Window`s in memory, to be drawn; where none are given, the files of the first time.

    Raises:
        InputError: the path is no such directory.
        ResourceError: the page cannot be written.
    """
    import jinja2
    import matplotlib

    from percola.plot import style

    run = read(Path(directory))
    bench = _document(run.path)
    found = list(analyses) if analyses is not None else [Analysis.from_dict(a) for a in bench["analyses"]]
    simulated = beside.read_run(bench.get("beside"))
    look: Any = style.RC
    folder = run.path / "figures"
    folder.mkdir(exist_ok=True)
    with matplotlib.rc_context(look):
        groups = [_group(a, bench, simulated, folder) for a in found]
        window_pictures = _window_pictures(windows, folder)
    for group in groups:
        for p in group["pictures"]:
            if p.data is not None:
                write_bytes(folder / f"{p.key}.{p.kind}", p.data)
    for p in window_pictures if windows else ():
        write_bytes(folder / f"{p.key}.{p.kind}", p.data or b"")
    loader = jinja2.FunctionLoader(
        lambda name: resources.files("percola.report").joinpath("templates", name).read_text("utf-8")
    )
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    references = references_of(run)
    rows = _rows(run, references)
    page = environment.get_template("bench.html").render(
        run=run,
        manifest={"version": "", "id": "", **run.manifest},
        title=bench.get("title") or run.path.name,
        kicker=bench.get("kicker", "Bench"),
        subtitle=bench.get("subtitle", ""),
        cards=_cards(run),
        groups=groups,
        windows=window_pictures,
        rows=[r for r in rows if r["region"] != "process"],
        facts=[r for r in rows if r["region"] == "process"],
        head=_head(run),
        compared=beside.rows(run, simulated),
        claims=[_claim(v) for v in run.verdicts if not str(v.get("group", "")).startswith("preferred")],
        preferred=[verdict_row(v) for v in run.verdicts if str(v.get("group", "")).startswith("preferred")],
        readings=bench.get("readings", []),
        audit=bench.get("audit"),
        disclaimer=bench.get("disclaimer", ""),
        checks=[
            {**c, "message": pictures_of.neat(c["message"])} for c in (*_quality(found), *checks_of(run))
        ],
        notes=[pictures_of.neat(str(n)) for n in run.manifest.get("notes", [])],
        references=references,
        symbol=_SYMBOL,
        confidence=f"{100 * definitions().confidence:g}",
        built=datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
    )
    out = run.path / "report.html"
    write_text(out, page)
    return out


def _document(path: Path) -> dict[str, Any]:
    try:
        found = json.loads((path / "bench.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            str(path / "bench.json"), f"cannot be read ({error})", "a result of the bench"
        ) from None
    return {"analyses": [], **found} if isinstance(found, dict) else {"analyses": []}


def _cards(run: RunData) -> list[dict[str, str]]:
    out = []
    for name in HEADLINE:
        m = run.measurement(name)
        if m is None:
            continue
        number, spread, unit, below = "–", "", "", m.reason if not m.defined else ""
        if isinstance(m.value, float | int) and m.defined:
            number, spread, unit = numbers.split(m.name, float(m.value), m.unit, m.uncertainty)
            number = numbers.bound_sign(m.evidence, m.uncertainty) + number
        elif isinstance(m.value, str):
            number = m.value.replace("_", " ")
        where = numbers.place(m.region, m.evidence)
        out.append(
            {
                "label": numbers.label_of(name, m.evidence)
                + (f", {where}" if where and name in _PLACED else ""),
                "number": number,
                "spread": spread,
                "unit": unit,
                "below": below[:120],
            }
        )
    return out[:8]


def _rows(run: RunData, references: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows = measurement_rows(run, references)
    for m, row in zip(run.measurements, rows, strict=True):
        row |= {"name": numbers.label_of(m.name, m.evidence), "region": numbers.place(m.region, m.evidence)}
    return rows


def _group(a: Analysis, bench: Mapping[str, Any], simulated: RunData | None, folder: Path) -> dict[str, Any]:
    several = len(bench["analyses"]) > 1
    prefix = f"{a.method}-" if several else ""
    return {
        "key": a.method,
        "title": METHODS.get(a.method, a.method),
        "pictures": [_picture(f"{prefix}{p.key}", p, simulated, folder) for p in a.panels],
        "tables": [_table(t) for t in a.tables],
        "sources": [
            {"path": Path(s.path).name, "rows": [(str(k), str(v)) for k, v in s.understood.items()]}
            for s in a.sources
        ],
        "notes": [pictures_of.neat(n) for n in a.notes],
    }


def _table(table: Any) -> dict[str, Any]:
    return {
        "title": table.title,
        "columns": [f"{name}, {unit}" if unit else name for name, unit in table.columns],
        "rows": [
            ["–" if c is None else c if isinstance(c, str) else f"{c:.4g}" for c in row] for row in table.rows
        ],
    }


def _picture(key: str, p: Panel, simulated: RunData | None, folder: Path) -> Picture:
    caption = pictures_of.neat(f"{p.title}. {p.caption}".strip())
    kept = folder / f"{key}.png"
    if p.image is not None:
        return Picture(key, _raster(p), "png", caption, p.title)
    if not p.curves and not p.marks and kept.exists():
        return Picture(key, kept.read_bytes(), "png", caption, p.title)
    curves = beside.curves(simulated, p) if simulated is not None else ()
    if curves:
        caption += " Dotted: simulated."
    return figures.drawn(
        key, lambda ax: pictures_of.panel(p, ax, curves), caption, _words(p), _SIZE, _MARGINS
    )


def _words(p: Panel) -> str:
    marks = "; ".join(m.label for m in p.marks if m.label)
    return f"{p.y.label} against {p.x.label}" + (f", with {marks}" if marks else "")


def _raster(p: Panel) -> bytes:
    from matplotlib.figure import Figure

    assert p.image is not None
    rows, columns = p.image.shape[:2]
    width = 5.4
    figure = Figure(figsize=(width, max(width * rows / columns, 1.0)))
    ax = figure.add_axes((0, 0, 1, 1))
    pictures_of.panel(p, ax)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=130)
    return out.getvalue()


def _window_pictures(windows: Sequence[Any], folder: Path) -> list[Picture]:
    caption = (
        "Porosity, breaking strength and breaking extension against the dissolution temperature, as in Fig. 3 of the "
        "patent: T_l where porosity rises most steeply, T_u where the extension falls most steeply; green the preferred band."
    )
    alt = "Properties against dissolution temperature with the window marked"
    if not windows:
        kept = sorted(folder.glob("window-*.svg"))
        return [Picture(k.stem, k.read_bytes(), "svg", caption, alt) for k in kept]
    from matplotlib.figure import Figure

    out = []
    for i, w in enumerate(windows):
        strength = w.sweep.breaking_strength_Pa
        rows = 2 if strength is None else 3
        figure = Figure(figsize=(5.4, 2.05 * rows + 0.5), layout="constrained")
        pictures_of.window(w, list(figure.subplots(rows, 1, sharex=True)))
        data = io.BytesIO()
        figure.savefig(data, format="svg", metadata={"Date": None, "Creator": None})
        name = f"{w.sweep.label}. " if len(windows) > 1 and w.sweep.label else ""
        out.append(Picture(f"window-{i + 1}", data.getvalue(), "svg", name + caption, alt))
    return out


def _head(run: RunData) -> dict[str, str] | None:
    """The verdict at the head of a judged membrane: definition (A)."""
    found = next((v for v in run.verdicts if v.get("key") == "definition_A"), None)
    if found is None:
        return None
    titles = {
        "PASS": "Percolation structure by definition (A)",
        "FAIL": "Not the percolation structure",
        "UNDECIDED": "Structure undecided by definition (A)",
        "NOT_APPLICABLE": "Definition (A) does not apply",
    }
    claims = [v for v in run.verdicts if str(v.get("key", "")).startswith("claim_")]
    told = []
    for status, words in (("PASS", "hold"), ("FAIL", "do not hold"), ("UNDECIDED", "undecided")):
        those = [str(v["key"]).removeprefix("claim_") for v in claims if v.get("status") == status]
        if those:
            told.append(f"{words}: {', '.join(those)}")
    status = str(found.get("status"))
    return {
        "status": status,
        "title": titles.get(status, status),
        "words": f"Claims that {'; '.join(told)}." if told else str(found.get("words", "")),
    }


def _claim(v: Mapping[str, Any]) -> dict[str, Any]:
    row = verdict_row(v)
    # The other reading has a line of its own.
    row["words"] = pictures_of.neat(str(row["words"]).split(". Read as ")[0])
    row["parts"] = verdict_rows(v)
    row["missing"] = [f"{numbers.label(m['name'])}: {m['how']}" for m in v.get("missing", ())]
    row["other"] = [r for r in v.get("readings", ()) if r.get("status") and r["status"] != v.get("status")]
    return row


def _quality(analyses: Sequence[Analysis]) -> list[dict[str, str]]:
    return [
        {"status": c.status, "name": c.name, "message": c.message, "of": METHODS.get(a.method, a.method)}
        for a in analyses
        for c in a.checks
        if c.status != "pass"
    ]
