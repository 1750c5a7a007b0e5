"""Tables of a page from measurements, verdicts and manifests, in words and units of the field."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from percola.errors import PercolaError
from percola.measurement import Measurement
from percola.report import numbers
from percola.report.data import Fields, RunData
from percola.report.mesh import plotly_figure, polymer_mesh

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
STATUS_WORDS = {
    "PASS": "passes",
    "FAIL": "does not pass",
    "UNDECIDED": "undecided",
    "NOT_APPLICABLE": "does not apply",
}
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def class_words(found: Measurement | None, definition: Mapping[str, Any]) -> str:
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
        (r["key"], verdict_row(r))
        for r in reasons
        if r["status"] in wanted
        and (r["key"] in asked if possible else not r["source"].startswith("paragraph"))
    ]
    told = [
        f"{lower_first(row['title'])} ({row['shown']} where {row['threshold']} is asked)" for _, row in rows
    ]
    if not possible:
        return "None of the kinds fits. Not so: " + "; ".join(told)
    kinds = " or ".join(str(k).replace("_", " ") for k in possible)
    words = f"Could be {kinds}. Open: " + "; ".join(told)
    parts = {p["key"] for p in definition.get("parts", [])}
    if definition.get("status") == "PASS" and not parts & {key for key, _ in rows}:
        words += ". Definition (A) asks for none of this and passes."
    return words


def skin_words(found: Measurement | None) -> str:
    """What a closed surface layer makes of the membrane as a whole."""
    said = [c.message for c in found.checks if c.name == "surface layers"] if found is not None else []
    return f"{said[0][:1].upper()}{said[0][1:]}." if said else ""


def lower_first(text: str) -> str:
    """The text with its first letter small."""
    return text[:1].lower() + text[1:]


def reported_of(run: RunData) -> dict[str, Mapping[str, Any]]:
    """Reported values by name, from either form of ``manifest["reported"]``."""
    raw = run.manifest.get("reported") or {}
    values = raw.get("values", raw) if isinstance(raw, Mapping) else raw
    if isinstance(values, Mapping):
        return {str(k): v for k, v in values.items() if isinstance(v, Mapping) and "value" in v}
    return {str(v["name"]): v for v in values if isinstance(v, Mapping) and "value" in v}


def reported_text(name: str, reported: Mapping[str, Any]) -> str:
    """A reported value as the patent prints it, in the unit in which it is shown."""
    relation = {"<=": "≤ ", ">=": "≥ "}.get(str(reported.get("relation", "=")), "")
    value = reported.get("value")
    unit = str(reported.get("unit", ""))
    if isinstance(value, float) and numbers.field_unit(name, unit).unit in ("µm", "mm"):
        digits = numbers.field_unit(name, unit)
        return f"{relation}{value * digits.factor:.4g}{numbers.SPACE}{digits.unit}"
    if isinstance(value, str) or value is None:
        return numbers.shown(name, value, unit)
    return relation + numbers.shown(name, float(value), unit)


def flat_rows(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """A table as rows of (name, value), nested tables joined by commas."""
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        name = f"{prefix}{as_words(key)}" if not prefix else f"{prefix}, {lower_first(as_words(key))}"
        if isinstance(value, Mapping):
            rows += flat_rows(value, name)
        elif isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value):
            rows.append((name, "; ".join(", ".join(as_text(x) for x in v.values()) for v in value)))
        else:
            rows.append((name, as_text(value)))
    return rows


def as_words(key: str) -> str:
    """A key as words, the first letter large."""
    text = key.replace("_", " ")
    return text[:1].upper() + text[1:]


def as_text(value: Any) -> str:
    """Any value of a recipe or manifest as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(as_text(v) for v in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{lower_first(as_words(str(k)))} {as_text(v)}" for k, v in value.items())
    return str(value).replace("degC", "°C").replace("degrees", "°")


def cited_text(text: str) -> str:
    """A text with keys of ``references.bib`` in it, as author and year, each once in a row."""
    from percola import sources

    known = sources.references()

    def short(match: re.Match[str]) -> str:
        keys = dict.fromkeys(match.group().split(";"))
        return "; ".join(short_reference(known[k].fields, k) if k in known else k for k in keys)

    return re.sub(r"[A-Za-z0-9_-]+(?:;[A-Za-z0-9_-]+)+|\b[a-z_-]+[0-9]{4}\w*\b|\bep[0-9]{7}\b", short, text)


def short_reference(entry: Mapping[str, str], key: str) -> str:
    """Authors and year of a reference."""
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


def pretty_unit(unit: str) -> str:
    """ "1/m3" as "m⁻³", "m2/s" as "m²/s", "1" as nothing."""
    if unit in ("", "1"):
        return ""
    if unit.startswith("1/") and unit[2:].rstrip("0123456789").isalpha() and "." not in unit:
        base = unit[2:].rstrip("0123456789")
        power = unit[2 + len(base) :] or "1"
        return f"{base}⁻{power.translate(RAISED)}"
    return re.sub(
        r"(?<=[A-Za-z])[-]?[0-9]+", lambda m: m.group().replace("-", "⁻").translate(RAISED), unit
    ).replace(".", "·")


def measurement_rows(run: RunData, references: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row for each measurement: value in units of the field, method, sources, the worst check."""
    reported = reported_of(run)
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
                "value": (numbers.bound_sign(m.evidence, m.uncertainty) if m.defined else "")
                + numbers.shown(m.name, m.value if m.defined else None, m.unit, m.uncertainty),
                "reason": m.reason if not m.defined else "",
                "reported": reported_text(m.name, patent) if patent else "",
                "method": m.method,
                "cites": [number_of[c] for c in m.citations if c in number_of],
                "check": worst,
                "main": m is chosen or m.region in ("void", "polymer", "outer_surface", "inner_surface"),
                "descriptor": m.name in DESCRIPTORS,
            }
        )
    return rows


def verdict_row(v: Mapping[str, Any]) -> dict[str, Any]:
    """A verdict as it is shown: what was measured, what is asked, by how much."""
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
        "title": neat(str(v.get("title", ""))),
        "status": v.get("status", "UNDECIDED"),
        "status_words": STATUS_WORDS.get(str(v.get("status")), ""),
        "source": v.get("source", ""),
        "words": v.get("words", ""),
        "shown": shown,
        "threshold": threshold_text(v),
        "own": v.get("threshold_from") == "percola",
        "reason": v.get("reason", ""),
        "margin": margin,
        "chance": chance,
        "name": numbers.label(used[0]["name"]) if used else "",
    }


def threshold_text(v: Mapping[str, Any]) -> str:
    """The threshold in the unit in which the measurement is shown."""
    text = str(v.get("threshold", "")).replace("_", " ").replace("kgf/cm2", "kgf/cm²").replace("um", "µm")
    text = text.replace("L/(m2 h atm)", "L/m²·h·atm").replace("1/µm", "µm⁻¹")
    used = v.get("measurements") or []
    if used and numbers.field_unit(used[0]["name"], used[0]["unit"]) is numbers.PERCENT:
        text = re.sub(r"[0-9.]+", lambda m: f"{100 * float(m.group()):g}", text) + f"{numbers.SPACE}%"
    return text


def neat(text: str) -> str:
    """Units of a title as people write them."""
    text = (
        re.sub(r"(?<=[0-9] )um\b", "µm", text)
        .replace("kgf/cm2", "kgf/cm²")
        .replace("L/(m2 h atm)", "L/m²·h·atm")
    )
    return re.sub(r"\b1e5\b", "100\u202f000 g/mol", re.sub(r"\b3e5 to 2e6\b", "3×10⁵ to 2×10⁶ g/mol", text))


def verdict_rows(verdict: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The rows of a verdict's parts."""
    return [verdict_row(p) for p in (verdict or {}).get("parts", [])]


def structure_reasons(run: RunData) -> list[dict[str, Any]]:
    """What decided the kind of structure, as rows."""
    found = run.measurement("structure_class")
    return [verdict_row(r) for r in found.evidence.get("reasons", [])] if found is not None else []


def checks_of(run: RunData) -> list[dict[str, str]]:
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


def references_of(run: RunData) -> list[dict[str, Any]]:
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


def manifest_rows(run: RunData) -> list[tuple[str, str]]:
    """What made the run, as rows of (name, value)."""
    m = run.manifest
    environment = m.get("environment", {})
    rows = [
        ("Run", str(m.get("id", run.path.name))),
        ("Status", str(m.get("status", "unknown"))),
        ("Specimen", str(m.get("specimen") or "–")),
        ("Made", str(m.get("created_at", "–"))),
        ("Percola", str(m.get("version", environment.get("percola", "–")))),
        ("Seed", as_text(m.get("seed"))),
        ("Size", as_text(m.get("size"))),
        ("Device", as_text(m.get("device"))),
        ("Number format", as_text(m.get("dtype"))),
        ("Python", f"{environment.get('python', '–')} on {environment.get('platform', '–')}"),
        ("Libraries", ", ".join(f"{k} {v}" for k, v in (environment.get("libraries") or {}).items()) or "–"),
        ("Property tables", as_text(m.get("tables")) if m.get("tables") else "–"),
    ]
    return [(k, v) for k, v in rows if v not in ("–", "")]


def timing_rows(manifest: Mapping[str, Any]) -> list[dict[str, str]]:
    """Time of each stage and its share of the whole."""
    timings = manifest.get("timings") or {}
    total = sum(v for v in timings.values() if isinstance(v, float | int)) or 1.0
    return [
        {"stage": as_words(str(k)), "time": numbers.duration(float(v)), "share": f"{100 * v / total:.0f}"}
        for k, v in timings.items()
        if isinstance(v, float | int)
    ]


def edges_of(core: Fields | None) -> str:
    """The lengths of a box in words."""
    if core is None:
        return ""
    shape = next(iter(core.arrays.values())).shape
    return " × ".join(f"{n * core.spacing_m * 1e6:.3g}" for n in shape) + f"{numbers.SPACE}µm"


def scene_of(core: Fields | None) -> dict[str, Any] | None:
    """The polymer's surface for the view that turns; None where there is none to draw."""
    level = core.drawn if core is not None else None
    if core is None or level is None or level.ndim != 3:
        return None
    mesh = polymer_mesh(level, prepared=True)
    if mesh is None:
        return None
    nx, ny, nz = level.shape
    return plotly_figure(mesh, (nx * core.spacing_m, ny * core.spacing_m, nz * core.spacing_m))


@functools.cache
def plotly_js() -> str:
    """The drawing library, as plotly ships it; '</script' must not close the element it is put in."""
    text = resources.files("plotly").joinpath("package_data", "plotly.min.js").read_text("utf-8")
    return text.replace("</script", "<\\/script")
