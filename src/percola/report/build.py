"""A run directory -> one self-contained HTML file that can be handed on."""

from __future__ import annotations

import contextlib
import datetime
import functools
import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from percola.errors import PercolaError
from percola.judge import definitions
from percola.measurement import Measurement
from percola.report import figures, numbers
from percola.report.data import Fields, RunData, failure, read
from percola.report.mesh import plotly_figure, polymer_mesh
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
#: What describes the shape of the structure rather than what a bench would measure; folded away in the table.
DESCRIPTORS = (
    "euler_number",
    "surface_area_per_volume",
    "structure_period",
    "mean_curvature",
    "gaussian_curvature",
    "saddle_fraction",
    "saddle_area_fraction",
    "polymer_convex_area_fraction",
    "void_convex_area_fraction",
    "local_thickness",
    "neck_ratio",
    "core_sphericity",
    "permeability",
)
_GRADES = {
    "error": "Error",
    "outside_patent": "Outside the patent",
    "outside_preferred": "Outside the preferred range",
}
_SYMBOL = {"PASS": "✓", "FAIL": "✕", "UNDECIDED": "?", "NOT_APPLICABLE": "–"}
_STATUS_WORDS = {
    "PASS": "passes",
    "FAIL": "does not pass",
    "UNDECIDED": "undecided",
    "NOT_APPLICABLE": "does not apply",
}


def build(run_dir: str | Path, *, three_d: bool = True) -> Path:
    """Write ``report.html`` and ``figures/`` into a run directory, from what that directory holds and nothing
    else.

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
    references = _references(run)
    core = regions.get("core")
    scene = _scene(core) if three_d else None
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
        measurements=_measurement_rows(run, references),
        compared=compared,
        reported_note=_reported_note(run),
        definition=_verdict_rows(verdicts.get("definition_A")),
        claims=[_claim(v) for k, v in verdicts.items() if k.startswith("claim_")],
        preferred=[_verdict(v) for v in run.verdicts if v.get("group") == "preferred"],
        structure=_structure_reasons(run),
        gel_facts=_gel_facts(run),
        checks=_checks(run),
        notes=[str(n) for n in manifest.get("notes", [])],
        references=references,
        manifest_rows=_manifest_rows(run),
        timings=_timings(manifest),
        parameters=_flat(manifest.get("parameters", {})),
        scene=json.dumps(scene, separators=(",", ":")) if scene else "",
        plotly=_plotly_js() if scene else "",
        edges=_edges(core),
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
    return re.sub(r"\bMw ([0-9.]+)e([0-9]+)", lambda m: f"Mw {m[1]}×10{m[2].translate(_RAISED)}", text)


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
    open_parts = [_lower(p["title"]) for p in parts if p["status"] in ("UNDECIDED", "NOT_APPLICABLE")]
    not_so = [_lower(p["title"]) for p in parts if p["status"] == "FAIL"]
    said = f"Definition (A) {_STATUS_WORDS.get(status, status)}: {passed} of {len(parts)} conditions hold"
    if not_so:
        said += "; not so: " + "; ".join(not_so)
    if open_parts:
        said += "; open: " + "; ".join(open_parts)
    class_words = " ".join(filter(None, (_class_words(found, verdict), _skin_words(found))))
    return {
        "status": status,
        "title": words,
        "words": said + ".",
        "by": verdict["source"],
        "class_words": class_words,
    }


def _class_words(found: Measurement | None, definition: Mapping[str, Any]) -> str:
    """Why the structure is of its class, or what is still open, and whether definition (A) asks for that."""
    if found is None:
        return ""
    possible = found.evidence.get("possible")
    if found.value != "undecided" or possible is None:
        return str(found.evidence.get("words", ""))
    reasons = found.evidence.get("reasons", [])
    asked = set(found.evidence.get("open", [r["key"] for r in reasons]))
    wanted = ("UNDECIDED", "NOT_APPLICABLE") if possible else ("FAIL", "NOT_APPLICABLE")
    rows = [
        (r["key"], _verdict(r))
        for r in reasons
        if r["status"] in wanted
        and (r["key"] in asked if possible else not r["source"].startswith("paragraph"))
    ]
    told = [f"{_lower(row['title'])} ({row['shown']} where {row['threshold']} is asked)" for _, row in rows]
    if not possible:
        return "None of the kinds fits. Not so: " + "; ".join(told)
    kinds = " or ".join(str(k).replace("_", " ") for k in possible)
    words = f"Could be {kinds}. Open: " + "; ".join(told)
    parts = {p["key"] for p in definition.get("parts", [])}
    if definition.get("status") == "PASS" and not parts & {key for key, _ in rows}:
        words += ". Definition (A) asks for none of this and passes."
    return words


def _skin_words(found: Measurement | None) -> str:
    """What a closed surface layer makes of the membrane as a whole."""
    said = [c.message for c in found.checks if c.name == "surface layers"] if found is not None else []
    return f"{said[0][:1].upper()}{said[0][1:]}." if said else ""


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


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _cards(run: RunData) -> list[dict[str, str]]:
    reported = _reported(run)
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
                "reported": _reported_text(name, patent) if patent else "",
            }
        )
    return out[:8]


# -- reported values -----------------------------------------------------------------------------------


def _reported(run: RunData) -> dict[str, Mapping[str, Any]]:
    """Reported values by name, from either form of ``manifest["reported"]``."""
    raw = run.manifest.get("reported") or {}
    values = raw.get("values", raw) if isinstance(raw, Mapping) else raw
    if isinstance(values, Mapping):
        return {str(k): v for k, v in values.items() if isinstance(v, Mapping) and "value" in v}
    return {str(v["name"]): v for v in values if isinstance(v, Mapping) and "value" in v}


def _reported_note(run: RunData) -> str:
    raw = run.manifest.get("reported") or {}
    return (
        str(raw.get("note", ""))
        if isinstance(raw, Mapping) and not isinstance(raw.get("note"), Mapping)
        else ""
    )


def _reported_text(name: str, reported: Mapping[str, Any]) -> str:
    relation = {"<=": "≤ ", ">=": "≥ "}.get(str(reported.get("relation", "=")), "")
    value = reported.get("value")
    unit = str(reported.get("unit", ""))
    if isinstance(value, float) and numbers.field_unit(name, unit).unit in ("µm", "mm"):
        digits = numbers.field_unit(name, unit)
        return f"{relation}{value * digits.factor:.4g}{numbers.SPACE}{digits.unit}"
    if isinstance(value, str) or value is None:
        return numbers.shown(name, value, unit)
    return relation + numbers.shown(name, float(value), unit)


def _compared(run: RunData) -> list[dict[str, Any]]:
    """Reported values with what was computed, in the patent's order."""
    rows: list[dict[str, Any]] = []
    for name, reported in _reported(run).items():
        m = run.measurement(name)
        value = reported.get("value")
        row: dict[str, Any] = {
            "name": numbers.label(name),
            "computed": "not computed",
            "reported": _reported_text(name, reported),
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
            groups.append({"title": _words(key), "rows": _flat(value)})
        elif isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value):
            for i, item in enumerate(value):
                title = _words(key[:-1] if key.endswith("s") else key)
                groups.append({"title": title + (f" {i + 1}" if len(value) > 1 else ""), "rows": _flat(item)})
        else:
            loose.append((_words(key), _text(value)))
    if loose:
        groups.insert(0, {"title": "General", "rows": loose})
    return groups


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        name = f"{prefix}{_words(key)}" if not prefix else f"{prefix}, {_lower(_words(key))}"
        if isinstance(value, Mapping):
            rows += _flat(value, name)
        elif isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value):
            rows.append((name, "; ".join(", ".join(_text(x) for x in v.values()) for v in value)))
        else:
            rows.append((name, _text(value)))
    return rows


def _words(key: str) -> str:
    text = key.replace("_", " ")
    return text[:1].upper() + text[1:]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(_text(v) for v in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{_lower(_words(str(k)))} {_text(v)}" for k, v in value.items())
    return str(value).replace("degC", "°C").replace("degrees", "°")


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
                    shown = _text(value)
                rows.append(
                    {
                        "name": _words(str(node.get("name", name))),
                        "value": shown,
                        "source": _cited(_text(node.get("source", ""))) if node.get("source") else "",
                        "note": _cited(str(node.get("note") or "")),
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
    return numbers.plus_minus(value, sigma, _pretty(unit))


def _cited(text: str) -> str:
    """A text with keys of ``references.bib`` in it, as author and year, each once in a row."""
    from percola import sources

    known = sources.references()

    def short(match: re.Match[str]) -> str:
        keys = dict.fromkeys(match.group().split(";"))
        return "; ".join(_short(known[k].fields, k) if k in known else k for k in keys)

    return re.sub(r"[A-Za-z0-9_-]+(?:;[A-Za-z0-9_-]+)+|\b[a-z_-]+[0-9]{4}\w*\b|\bep[0-9]{7}\b", short, text)


def _short(entry: Mapping[str, str], key: str) -> str:
    authors = re.split(r"\s+and\s+", entry.get("author", ""))
    names = [a.split(",")[0].strip() for a in authors if a]  # a body without a comma keeps its whole name
    if not names or "year" not in entry:
        return entry.get("title", key)
    who = (
        names[0]
        if len(names) == 1
        else f"{names[0]} and {names[1]}"
        if len(names) == 2
        else f"{names[0]} et al."
    )
    return f"{who} {entry['year']}"


def _pretty(unit: str) -> str:
    """ "1/m3" as "m⁻³", "m2/s" as "m²/s", "1" as nothing."""
    if unit in ("", "1"):
        return ""
    if unit.startswith("1/") and unit[2:].rstrip("0123456789").isalpha() and "." not in unit:
        base = unit[2:].rstrip("0123456789")
        power = unit[2 + len(base) :] or "1"
        return f"{base}⁻{power.translate(_RAISED)}"
    return re.sub(
        r"(?<=[A-Za-z])[-]?[0-9]+", lambda m: m.group().replace("-", "⁻").translate(_RAISED), unit
    ).replace(".", "·")


_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def _measurement_rows(run: RunData, references: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    reported = _reported(run)
    number_of = {r["key"]: r["number"] for r in references}
    rows = []
    told: set[str] = set()
    for m in run.measurements:
        chosen = run.measurement(m.name)
        first = m is chosen and m.name not in told
        told.add(m.name) if first else None
        patent = reported.get(m.name) if first else None
        worst = "fail" if any(c.status == "fail" for c in m.checks) else ""
        worst = worst or ("warn" if any(c.status == "warn" for c in m.checks) else "")
        rows.append(
            {
                "name": numbers.label(m.name),
                "region": m.region.replace("_", " "),
                "value": numbers.shown(m.name, m.value if m.defined else None, m.unit, m.uncertainty),
                "reason": m.reason if not m.defined else "",
                "reported": _reported_text(m.name, patent) if patent else "",
                "method": m.method,
                "cites": [number_of[c] for c in m.citations if c in number_of],
                "check": worst,
                "main": m is chosen or m.region in ("void", "polymer", "outer_surface", "inner_surface"),
                "descriptor": m.name in DESCRIPTORS,
            }
        )
    return rows


def _verdict(v: Mapping[str, Any]) -> dict[str, Any]:
    used = [m for m in v.get("measurements", []) if not v.get("parts")]
    shown = "; ".join(
        (
            "not defined"
            if m["value"] is None
            else numbers.shown(m["name"], m["value"], m["unit"], m.get("uncertainty"), also=False)
        )
        + (f" ({m['region'].replace('_', ' ')})" if len(used) > 1 else "")
        for m in used
    )
    if not used and not v.get("parts"):
        shown = "not measured"
    sigma = v.get("margin_sigma")
    margin = ""
    if v.get("margin") is not None and used:
        m = used[0]
        target = numbers.field_unit(m["name"], m["unit"])
        number, _ = numbers.rounded(v["margin"] * target.factor, None, 2)
        margin = (
            f"{'+' if v['margin'] >= 0 else ''}{number}{numbers.SPACE + target.unit if target.unit else ''}"
        )
        if sigma is not None:
            margin += f" ({abs(sigma):.1f} σ)" if abs(sigma) < 100 else " (> 100 σ)"
    probability = v.get("probability")
    chance = (
        f"{100 * probability:.0f} %" if probability is not None and v.get("status") == "UNDECIDED" else ""
    )
    return {
        "title": _neat(str(v.get("title", ""))),
        "status": v.get("status", "UNDECIDED"),
        "status_words": _STATUS_WORDS.get(str(v.get("status")), ""),
        "source": v.get("source", ""),
        "words": v.get("words", ""),
        "shown": shown,
        "threshold": _threshold(v),
        "own": v.get("threshold_from") == "percola",
        "reason": v.get("reason", ""),
        "margin": margin,
        "chance": chance,
        "name": numbers.label(used[0]["name"]) if used else "",
    }


def _threshold(v: Mapping[str, Any]) -> str:
    """The threshold in the unit in which the measurement is shown."""
    text = str(v.get("threshold", "")).replace("_", " ").replace("kgf/cm2", "kgf/cm²").replace("um", "µm")
    text = text.replace("L/(m2 h atm)", "L/m²·h·atm").replace("1/µm", "µm⁻¹")
    used = v.get("measurements") or []
    if used and numbers.field_unit(used[0]["name"], used[0]["unit"]) is numbers.PERCENT:
        text = re.sub(r"[0-9.]+", lambda m: f"{100 * float(m.group()):g}", text) + f"{numbers.SPACE}%"
    return text


def _claim(v: Mapping[str, Any]) -> dict[str, Any]:
    """A claim with its reason made from its parts."""
    row = _verdict(v)
    parts = v.get("parts", [])
    blocking = [p for p in parts if p["status"] == "FAIL"] or [p for p in parts if p["status"] != "PASS"]
    if not blocking:
        row["why"] = f"All {len(parts)} conditions hold."
        return row
    told = []
    for part in blocking:
        shown = _verdict(part)
        words = f"{_neat(shown['title'])}: {shown['status_words']}"
        if shown["shown"]:
            words += f", {shown['shown']}" + (
                f" where {shown['threshold']} is asked" if shown["threshold"] else ""
            )
        told.append(words)
    row["why"] = "; ".join(told) + "."
    return row


def _neat(text: str) -> str:
    """Units of a title as people write them."""
    text = (
        re.sub(r"(?<=[0-9] )um\b", "µm", text)
        .replace("kgf/cm2", "kgf/cm²")
        .replace("L/(m2 h atm)", "L/m²·h·atm")
    )
    return re.sub(r"\b1e5\b", "100\u202f000 g/mol", re.sub(r"\b3e5 to 2e6\b", "3×10⁵ to 2×10⁶ g/mol", text))


def _verdict_rows(verdict: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    return [_verdict(p) for p in (verdict or {}).get("parts", [])]


def _structure_reasons(run: RunData) -> list[dict[str, Any]]:
    found = run.measurement("structure_class")
    return [_verdict(r) for r in found.evidence.get("reasons", [])] if found is not None else []


def _checks(run: RunData) -> list[dict[str, str]]:
    """Checks that did not pass, each once, with the measurements they are about."""
    seen: dict[tuple[str, str, str], list[str]] = {}
    for m in run.measurements:
        for c in m.checks:
            if c.status != "pass":
                where = numbers.label(m.name) + (f" ({m.region.replace('_', ' ')})" if m.region else "")
                seen.setdefault((c.status, c.name, c.message), []).append(where)
    return [
        {"status": status, "name": name, "message": message, "of": ", ".join(dict.fromkeys(of))}
        for (status, name, message), of in sorted(seen.items())
    ]


def _references(run: RunData) -> list[dict[str, Any]]:
    """All cited sources in the order of first use, in words."""
    from percola import sources

    keys: list[str] = []
    raw = run.manifest.get("citations", [])
    for item in [
        *(raw if isinstance(raw, list) else []),
        *(c for m in run.measurements for c in m.citations),
    ]:
        keys += [k for k in sources.split(str(item)) if k not in keys]
    out = []
    for i, key in enumerate(keys):
        text = key
        with contextlib.suppress(PercolaError):
            text = sources.reference(key).text
        out.append({"number": i + 1, "key": key, "text": text})
    return out


def _manifest_rows(run: RunData) -> list[tuple[str, str]]:
    m = run.manifest
    environment = m.get("environment", {})
    rows = [
        ("Run", str(m.get("id", run.path.name))),
        ("Status", str(m.get("status", "unknown"))),
        ("Specimen", str(m.get("specimen") or "–")),
        ("Made", str(m.get("created_at", "–"))),
        ("Percola", str(m.get("version", environment.get("percola", "–")))),
        ("Seed", _text(m.get("seed"))),
        ("Size", _text(m.get("size"))),
        ("Device", _text(m.get("device"))),
        ("Number format", _text(m.get("dtype"))),
        ("Python", f"{environment.get('python', '–')} on {environment.get('platform', '–')}"),
        ("Libraries", ", ".join(f"{k} {v}" for k, v in (environment.get("libraries") or {}).items()) or "–"),
        ("Property tables", _text(m.get("tables")) if m.get("tables") else "–"),
    ]
    return [(k, v) for k, v in rows if v not in ("–", "")]


def _timings(manifest: Mapping[str, Any]) -> list[dict[str, str]]:
    timings = manifest.get("timings") or {}
    total = sum(v for v in timings.values() if isinstance(v, float | int)) or 1.0
    return [
        {"stage": _words(str(k)), "time": numbers.duration(float(v)), "share": f"{100 * v / total:.0f}"}
        for k, v in timings.items()
        if isinstance(v, float | int)
    ]


# -- the turning view ----------------------------------------------------------------------------------


def _edges(core: Fields | None) -> str:
    if core is None:
        return ""
    shape = next(iter(core.arrays.values())).shape
    return " × ".join(f"{n * core.spacing_m * 1e6:.3g}" for n in shape) + f"{numbers.SPACE}µm"


def _scene(core: Fields | None) -> dict[str, Any] | None:
    level = core.drawn if core is not None else None
    if core is None or level is None or level.ndim != 3:
        return None
    mesh = polymer_mesh(level, prepared=True)
    if mesh is None:
        return None
    nx, ny, nz = level.shape
    return plotly_figure(mesh, (nx * core.spacing_m, ny * core.spacing_m, nz * core.spacing_m))


@functools.cache
def _plotly_js() -> str:
    """The drawing library, as plotly ships it; '</script' must not close the element it is put in."""
    text = resources.files("plotly").joinpath("package_data", "plotly.min.js").read_text("utf-8")
    return text.replace("</script", "<\\/script")


__all__ = ["HEADLINE", "Measurement", "build"]
