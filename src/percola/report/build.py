"""A run directory -> one self-contained HTML file that can be handed on."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from percola.judge import definitions
from percola.measurement import Measurement
from percola.report import figures, numbers
from percola.report.data import Fields, RunData, failure, read
from percola.report.rows import (
    RAISED,
    STATUS_WORDS,
    as_text,
    as_words,
    checks_of,
    cited_text,
    class_words,
    edges_of,
    flat_rows,
    lower_first,
    manifest_rows,
    measurement_rows,
    neat,
    plotly_js,
    pretty_unit,
    references_of,
    reported_of,
    reported_text,
    scene_of,
    skin_words,
    structure_reasons,
    timing_rows,
    verdict_row,
    verdict_rows,
)
from percola.store.atomic import write_bytes, write_text

#: Key numbers at the head of the page, in this order, where they are measured.
HEADLINE = (
    "porosity",
    "average_pore_size",
    "maximum_pore_size",
    "pore_size_ratio",
    "water_permeability",
    "bubble_point_pressure",
    "thickness",
    "degree_of_anisotropy",
)
_GRADES = {
    "error": "Error",
    "outside_patent": "Outside the patent",
    "outside_preferred": "Outside the preferred range",
}
_SYMBOL = {"PASS": "✓", "FAIL": "✕", "UNDECIDED": "?", "NOT_APPLICABLE": "–"}


def build(run_dir: str | Path, *, three_d: bool = True) -> Path:
    """Write ``report.html`` and ``figures/`` into a run directory, from what that directory holds and nothing
    else; the directory of a measured scan gets the page of a scan, a result of the bench that of the bench.

    Missing or damaged pieces appear as missing, with the reason; the page needs no network.

    Args: run_dir: the run directory. three_d: whether to embed the rotatable view (adds about 6 MB: the
        drawing library, once, and the mesh).

    Returns:
        The path of the page.

    Raises:
        InputError: the path is no run directory.
        ResourceError: the page cannot be written.
    """
    import matplotlib

    from percola.plot import style

    run = read(Path(run_dir))
    if run.manifest.get("kind") == "scan":
        from percola.report.scan import build_scan

        return build_scan(run_dir, three_d=three_d)
    if run.manifest.get("kind") == "bench":
        from percola.report.bench import build_bench

        return build_bench(run_dir)
    if run.manifest.get("kind") == "prediction":
        from percola.report.prediction import build_prediction

        return build_prediction(run_dir)
    if run.manifest.get("kind") == "calibration":
        from percola.report.calibration import build_calibration

        return build_calibration(run_dir)
    regions: dict[str, Fields | None] = {"core": run.fields("core")}
    for region in ("outer_surface", "inner_surface"):
        if any(name.startswith(f"{region}/") for name in run.field_names):
            regions[region] = run.fields(region)
    compared = _compared(run)
    look: Any = style.RC
    with matplotlib.rc_context(look):
        pictures = {
            **figures.process_figures(run),
            **figures.structure_figures(run, regions),
            **figures.result_figures(run, [row["plot"] for row in compared if row["plot"]]),
        }
    folder = run.path / "figures"
    folder.mkdir(exist_ok=True)
    for picture in pictures.values():
        if picture.data is not None:
            write_bytes(folder / f"{picture.key}.{picture.kind}", picture.data)
    page = _page(run, regions, pictures, compared, three_d)
    out = run.path / "report.html"
    write_text(out, page)
    return out


def _page(
    run: RunData,
    regions: Mapping[str, Fields | None],
    pictures: Mapping[str, figures.Picture],
    compared: Sequence[Mapping[str, Any]],
    three_d: bool,
) -> str:
    import jinja2

    loader = jinja2.FunctionLoader(
        lambda name: resources.files("percola.report").joinpath("templates", name).read_text("utf-8")
    )
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    manifest = {"version": "", "specimen": None, "id": "", **run.manifest}
    verdicts = {str(v.get("key")): v for v in run.verdicts}
    references = references_of(run)
    core = regions.get("core")
    scene = scene_of(core) if three_d else None
    return environment.get_template("report.html").render(
        run=run,
        manifest=manifest,
        title=_title(run),
        subtitle=_subtitle(run),
        headline=_headline(run, verdicts),
        cards=_cards(run),
        pictures=pictures,
        porometry=[pictures[k] for k in ("porometry", "pore-sizes", "size-effect") if k in pictures],
        recipe=_recipe_rows(run.recipe),
        findings=_findings(run),
        solution=_solution_rows(run.documents.get("solution.json")),
        measurements=measurement_rows(run, references),
        compared=compared,
        reported_note=_reported_note(run),
        definition=verdict_rows(verdicts.get("definition_A")),
        claims=[_claim(v) for k, v in verdicts.items() if k.startswith("claim_")],
        preferred=[verdict_row(v) for v in run.verdicts if v.get("group") == "preferred"],
        structure=structure_reasons(run),
        gel_facts=_gel_facts(run),
        checks=checks_of(run),
        notes=[str(n) for n in manifest.get("notes", [])],
        references=references,
        manifest_rows=manifest_rows(run),
        timings=timing_rows(manifest),
        parameters=flat_rows(manifest.get("parameters", {})),
        scene=json.dumps(scene, separators=(",", ":")) if scene else "",
        plotly=plotly_js() if scene else "",
        edges=edges_of(core),
        symbol=_SYMBOL,
        confidence=f"{100 * definitions().confidence:g}",
        built=datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
    )


# -- head ----------------------------------------------------------------------------------------------


def _title(run: RunData) -> str:
    specimen = run.manifest.get("specimen")
    name = run.recipe.get("name")
    if specimen and name:
        return f"{name} of EP 1 063 256" if "EP" not in str(name) else str(name)
    return str(name or specimen or f"Run {run.manifest.get('id', run.path.name)}")


def _subtitle(run: RunData) -> str:
    text = str(run.recipe.get("description", "")).replace("degC", "°C").replace("T_s", "dissolved at")
    return re.sub(r"\bMw ([0-9.]+)e([0-9]+)", lambda m: f"Mw {m[1]}×10{m[2].translate(RAISED)}", text)


def _headline(run: RunData, verdicts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    verdict = verdicts.get("definition_A")
    found = run.measurement("structure_class")
    kind = str(found.value) if found is not None and found.value else "undecided"
    words = {
        "percolation": "Percolation structure",
        "coarse": "Coarse structure",
        "non_porous": "Non-porous",
        "spherical_particles": "Network of spherical particles",
        "cellular": "Cellular structure",
        "undecided": "Structure undecided",
    }.get(kind, kind.replace("_", " "))
    if verdict is None:
        failed = failure(run.manifest.get("failures"))
        if failed is not None:
            stage, reason = failed
            what = f"The stage “{stage}” failed: {reason.rstrip('.')}. What was finished before it is below."
            return {"status": "FAIL", "title": "The run failed", "words": what, "by": "", "class_words": ""}
        state = run.manifest.get("status")
        what = "This run was not judged" + (f"; its status is “{state}”." if state else ".")
        return {"status": "UNDECIDED", "title": "No verdict", "words": what, "by": "", "class_words": ""}
    status = str(verdict["status"])
    parts = verdict.get("parts", [])
    passed = sum(p["status"] == "PASS" for p in parts)
    open_parts = [lower_first(p["title"]) for p in parts if p["status"] in ("UNDECIDED", "NOT_APPLICABLE")]
    not_so = [lower_first(p["title"]) for p in parts if p["status"] == "FAIL"]
    said = f"Definition (A) {STATUS_WORDS.get(status, status)}: {passed} of {len(parts)} conditions hold"
    if not_so:
        said += "; not so: " + "; ".join(not_so)
    if open_parts:
        said += "; open: " + "; ".join(open_parts)
    why = " ".join(filter(None, (class_words(found, verdict), skin_words(found))))
    return {
        "status": status,
        "title": words,
        "words": said + ".",
        "by": verdict["source"],
        "class_words": why,
    }


def _gel_facts(run: RunData) -> str:
    """How far the diffusive model of the gel reaches, in one sentence."""
    core = (run.documents.get("gel.json") or {}).get("core") or {}
    share, viscosity = core.get("flow_share"), core.get("rich_viscosity_Pa_s")
    if share is None or viscosity is None:
        return ""
    return (
        f"Flow of the polymer-rich phase, which the model leaves out, would move the structure of the core by {share:.2g} of "
        f"its length before it set (viscosity about {viscosity:.1g} Pa·s, good to a factor of ten)."
    )


def _cards(run: RunData) -> list[dict[str, str]]:
    reported = reported_of(run)
    out = []
    for name in HEADLINE:
        m = run.measurement(name)
        if m is None:
            continue
        target = numbers.field_unit(m.name, m.unit)
        number, spread, unit = "–", "", target.unit
        if isinstance(m.value, float | int) and m.defined:
            sigma = None if m.uncertainty is None else abs(m.uncertainty * target.factor)
            value, deviation = numbers.rounded((m.value - target.offset) * target.factor, sigma)
            number, spread = value, f"± {deviation}" if deviation else ""
        else:
            unit = ""
        below = m.reason if not m.defined else ""
        if m.unit == "Pa" and m.defined and isinstance(m.value, float | int):
            below = f"{numbers.rounded(m.value / 1e6)[0]}{numbers.SPACE}MPa"
        if not m.defined:
            # What the box itself reads, where only the extrapolation failed.
            same = (b for b in run.measurements if b.name == name and b.region == "core" and b.defined)
            box = next(same, None)
            if box is not None and isinstance(box.value, float):
                itself = numbers.shown(name, box.value, box.unit, box.uncertainty, False)
                below += f"; the box itself reads {itself}"
        patent = reported.get(name)
        out.append(
            {
                "label": numbers.label(name),
                "number": number,
                "spread": spread,
                "unit": unit,
                "below": below,
                "reported": reported_text(name, patent) if patent else "",
            }
        )
    return out[:8]


# -- reported values -----------------------------------------------------------------------------------


def _reported_note(run: RunData) -> str:
    raw = run.manifest.get("reported") or {}
    return (
        str(raw.get("note", ""))
        if isinstance(raw, Mapping) and not isinstance(raw.get("note"), Mapping)
        else ""
    )


def _compared(run: RunData) -> list[dict[str, Any]]:
    """Reported values with what was computed, in the patent's order."""
    rows: list[dict[str, Any]] = []
    for name, reported in reported_of(run).items():
        m = run.measurement(name)
        value = reported.get("value")
        row: dict[str, Any] = {
            "name": numbers.label(name),
            "computed": "not computed",
            "reported": reported_text(name, reported),
            "ratio": "",
            "plot": None,
        }
        if m is not None:
            row["computed"] = numbers.shown(m.name, m.value if m.defined else None, m.unit, m.uncertainty)
            if not m.defined and m.reason:
                row["computed"] = f"– ({m.reason})"
            relation = reported.get("relation", "=")
            if not m.defined or m.value is None:
                pass
            elif isinstance(m.value, str) or isinstance(value, str):
                row["ratio"] = (
                    "agrees" if m.value == value else "open" if m.value == "undecided" else "differs"
                )
            elif value is not None and relation == "<=":
                row["ratio"] = "agrees" if m.value <= value else "differs"
            elif value and m.value > 0 and value > 0:
                ratio = m.value / value
                sigma = (m.uncertainty or 0.0) / value
                row["ratio"] = f"{ratio:.2f}"
                row["plot"] = {
                    "label": numbers.label(name),
                    "ratio": ratio,
                    "low": max(ratio - sigma, 0.02 * ratio),
                    "high": ratio + sigma,
                }
        rows.append(row)
    return rows


# -- tables --------------------------------------------------------------------------------------------


def _recipe_rows(recipe: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The recipe as groups of (field, value), nested tables joined by dots."""
    skip = {"schema_version", "name", "description", "notes"}
    groups: list[dict[str, Any]] = []
    loose: list[tuple[str, str]] = []
    for key, value in recipe.items():
        if key in skip:
            continue
        if isinstance(value, Mapping):
            groups.append({"title": as_words(key), "rows": flat_rows(value)})
        elif isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value):
            for i, item in enumerate(value):
                title = as_words(key[:-1] if key.endswith("s") else key)
                groups.append(
                    {"title": title + (f" {i + 1}" if len(value) > 1 else ""), "rows": flat_rows(item)}
                )
        else:
            loose.append((as_words(key), as_text(value)))
    if loose:
        groups.insert(0, {"title": "General", "rows": loose})
    return groups


def _findings(run: RunData) -> list[dict[str, str]]:
    raw = run.documents.get("findings.json") or []
    if isinstance(raw, Mapping):
        raw = raw.get("findings", [])
    return [
        {
            "grade": _GRADES.get(str(f.get("grade")), str(f.get("grade"))),
            "kind": str(f.get("grade")),
            "field": str(f.get("field", "")),
            "paragraph": str(f.get("paragraph", "")),
            "found": str(f.get("found", "")),
            "allowed": str(f.get("allowed", "")),
            "remedy": str(f.get("remedy", "")),
        }
        for f in raw
        if isinstance(f, Mapping)
    ]


def _solution_rows(solution: Any) -> list[dict[str, str]]:
    """Derived quantities of solution.json: every entry with a value, nested groups in order."""
    rows: list[dict[str, str]] = []

    def walk(node: Any, name: str) -> None:
        if isinstance(node, Mapping):
            if "value" in node and not isinstance(node["value"], Mapping | list):
                value = node["value"]
                if isinstance(value, float | int) and not isinstance(value, bool):
                    shown = _property(str(node.get("name", name)), float(value), node)
                else:
                    shown = as_text(value)
                rows.append(
                    {
                        "name": as_words(str(node.get("name", name))),
                        "value": shown,
                        "source": cited_text(as_text(node.get("source", ""))) if node.get("source") else "",
                        "note": cited_text(str(node.get("note") or "")),
                    }
                )
                return
            for key, value in node.items():
                walk(value, str(key))
        elif isinstance(node, list):
            for value in node:
                walk(value, name)

    walk(solution or {}, "")
    return rows


def _property(name: str, value: float, node: Mapping[str, Any]) -> str:
    """A derived property with its own unit; temperatures in degrees Celsius."""
    sigma, unit = node.get("uncertainty"), str(node.get("unit", ""))
    if unit == "K" and any(part in name for part in ("temperature", "point")) and "difference" not in name:
        return numbers.shown(name, value, unit, sigma)
    if unit == "m":
        factor, unit = (1e9, "nm") if abs(value) < 1e-6 else (1e6, "µm")
        return numbers.plus_minus(value * factor, None if sigma is None else sigma * factor, unit)
    return numbers.plus_minus(value, sigma, pretty_unit(unit))


def _claim(v: Mapping[str, Any]) -> dict[str, Any]:
    """A claim with its reason made from its parts."""
    row = verdict_row(v)
    parts = v.get("parts", [])
    blocking = [p for p in parts if p["status"] == "FAIL"] or [p for p in parts if p["status"] != "PASS"]
    if not blocking:
        row["why"] = f"All {len(parts)} conditions hold."
        return row
    told = []
    for part in blocking:
        shown = verdict_row(part)
        words = f"{neat(shown['title'])}: {shown['status_words']}"
        if shown["shown"]:
            words += f", {shown['shown']}" + (
                f" where {shown['threshold']} is asked" if shown["threshold"] else ""
            )
        told.append(words)
    row["why"] = "; ".join(told) + "."
    return row


# -- the turning view ----------------------------------------------------------------------------------


__all__ = ["HEADLINE", "Measurement", "build"]
