"""The directory of a prediction -> one self-contained HTML file: readings with intervals, classes, window, how far it is known."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from percola.errors import InputError
from percola.plot import design as pictures_of
from percola.report import numbers
from percola.report.data import read
from percola.report.figures import Picture, drawn
from percola.report.rows import flat_rows, references_of
from percola.store.atomic import write_bytes, write_text

#: Readings in the order of the page; others follow.
ORDER = (
    "porosity",
    "average_pore_size",
    "maximum_pore_size",
    "pore_size_ratio",
    "water_permeability",
    "breaking_strength",
    "breaking_extension",
    "thickness",
    "surface_to_internal_pore_ratio",
    "ionic_conductivity",
    "melting_temperature",
    "crystallization_temperature",
)
CARDS = ORDER[:7]
NEAR_WORDS = {
    "near": "Near what was calibrated on",
    "between": "Between what was calibrated on",
    "extrapolation": "An extrapolation",
}
_NEAR_STATUS = {"near": "PASS", "between": "UNDECIDED", "extrapolation": "FAIL"}
_SYMBOL = {"PASS": "✓", "FAIL": "!", "UNDECIDED": "?"}


def environment() -> Any:
    """Templates of this package."""
    import jinja2

    loader = jinja2.FunctionLoader(
        lambda name: resources.files("percola.report").joinpath("templates", name).read_text("utf-8")
    )
    return jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )


def document(path: Path, name: str) -> dict[str, Any]:
    """A JSON file of a directory of results.

    Raises:
        InputError: missing or damaged.
    """
    try:
        found = json.loads((path / name).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(str(path / name), f"cannot be read ({error})", "a directory of results") from None
    if not isinstance(found, dict):
        raise InputError(str(path / name), "no object", "a directory of results")
    return found


def ordered(names: Mapping[str, Any]) -> list[str]:
    """Names of readings in the order of the page."""
    return [*(n for n in ORDER if n in names), *(n for n in names if n not in ORDER)]


def reading_rows(p: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The table of readings: label, median, 90 % interval, unit, reported as printed, values of 3D runs."""
    out = []
    for name in ordered({**p["readings"], **p["not_predicted"]}):
        r = p["readings"].get(name)
        row: dict[str, Any] = {"key": name, "label": numbers.label(name), "reason": "", "full": []}
        if r is None:
            row |= {"median": "–", "span": "–", "unit": "", "reason": p["not_predicted"][name]["reason"]}
        else:
            median, span, unit = numbers.span(name, r["unit"], r["median"], r["low"], r["high"])
            row |= {"median": median, "span": span, "unit": unit}
            row["full"] = [_plain(name, r["unit"], run["values"].get(name)) for run in p["full"]]
        row["reported"] = reported_words(p, name)
        out.append(row)
    return out


def reported_words(p: Mapping[str, Any], name: str) -> str:
    """What is reported for a reading, as printed; "reserved" where it is held back."""
    if p["reserved"]:
        return "reserved"
    found = p["reported"].get(name)
    if found is None:
        return ""
    from percola.plot.lab import neat

    return ("at most " if found["relation"] == "<=" else "") + neat(str(found["text"])).replace("_", " ")


def _plain(name: str, unit: str, value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return value.replace("_", " ")
    target = numbers.field_unit(name, unit)
    return numbers.rounded((float(value) - target.offset) * target.factor)[0]


def near_words(p: Mapping[str, Any]) -> str:
    """How far the recipe is from what was calibrated on, in a sentence."""
    n = p["nearness"]
    d = float(n["distance"])
    far = f"{d:.2g} away (1: about as far as departures go together)" if d > 1e-3 else "of the same recipe"
    words = f"the nearest specimen is {n['nearest']}, {far}"
    return words + (f"; {'; '.join(n['reasons'])}" if n["reasons"] else "")


def class_words(p: Mapping[str, Any]) -> str:
    """The classes with their probabilities, the likeliest first."""
    ranked = sorted(p["class_probabilities"].items(), key=lambda kv: -kv[1])
    return ", ".join(
        f"{k.replace('_', ' ')} {100 * v:.0f} %" for k, v in ranked if v >= 0.005 or k == ranked[0][0]
    )


def window_words(w: Mapping[str, Any] | None) -> list[str]:
    """T_l and T_u with their 90 % intervals, and the probability of a window."""
    if w is None:
        return []
    out = []
    for name, word in (("lower", "T_l"), ("upper", "T_u")):
        at, a, b = (float(w[f"{name}_{k}K"]) - 273.15 for k in ("", "low_", "high_"))
        out.append(f"{word} {at:.4g} °C ({a:.4g} to {b:.4g} °C)")
    out.append(f"T_u above T_l with a probability of {100 * float(w['probability']):.0f} %")
    return out


def build_prediction(directory: str | Path) -> Path:
    """Write ``report.html`` and ``figures/`` into the directory of a prediction, from what that directory holds.

    Raises:
        InputError: the path is no such directory.
    """
    import matplotlib

    from percola.plot import style

    run = read(Path(directory))
    p = document(run.path, "prediction.json")
    look: Any = style.RC
    with matplotlib.rc_context(look):
        pictures = [_strips(p), _classes(p), *([_window(p)] if p["window"] else [])]
    folder = run.path / "figures"
    folder.mkdir(exist_ok=True)
    for picture in pictures:
        write_bytes(folder / f"{picture.key}.{picture.kind}", picture.data or b"")
    by_key = {picture.key: picture for picture in pictures}
    word = str(p["nearness"]["word"])
    from percola.plot.lab import neat

    page = (
        environment()
        .get_template("prediction.html")
        .render(
            p=p,
            manifest={"version": "", **run.manifest},
            title=p["name"],
            folder=run.path.name,
            cards=_cards(p),
            rows=reading_rows(p),
            pictures=by_key,
            near={
                "status": _NEAR_STATUS.get(word, "UNDECIDED"),
                "title": NEAR_WORDS.get(word, word),
                "words": near_words(p)[:1].upper() + near_words(p)[1:] + ".",
            },
            structure=str(p["structure_class"]).replace("_", " "),
            classes=class_words(p),
            window=window_words(p["window"]),
            declared=[
                (numbers.label(k), numbers.shown(k, v["value"], v["unit"])) for k, v in p["declared"].items()
            ],
            full=_full_rows(p),
            notes=[neat(str(n)) for n in (*p["notes"], *_calibration_notes(p))],
            findings=p["findings"],
            recipe=flat_rows({k: v for k, v in run.recipe.items() if k not in ("notes", "schema_version")}),
            references=references_of(run),
            symbol=_SYMBOL,
            built=datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        )
    )
    out = run.path / "report.html"
    write_text(out, page)
    return out


def _calibration_notes(p: Mapping[str, Any]) -> list[str]:
    c = p["calibration"]
    if c["converged"]:
        return []
    return [
        f"The chains of the calibration {c['id']} do not agree (R-hat {c['r_hat']:.2f}): intervals are not to be trusted."
    ]


def _cards(p: Mapping[str, Any]) -> list[dict[str, str]]:
    out = []
    for row in reading_rows(p):
        if row["key"] not in CARDS:
            continue
        below = f"90 %: {row['span']}" if not row["reason"] else row["reason"]
        reported = f"; reported {row['reported']}" if row["reported"] not in ("", "reserved") else ""
        out.append(
            {
                "label": row["label"],
                "number": row["median"],
                "spread": "",
                "unit": row["unit"],
                "below": below + reported,
            }
        )
    ranked = sorted(p["class_probabilities"].items(), key=lambda kv: -kv[1])
    out.append(
        {
            "label": "Structure",
            "number": str(p["structure_class"]).replace("_", " "),
            "spread": "",
            "unit": "",
            "below": f"probability {100 * ranked[0][1]:.0f} %",
        }
    )
    return out


def _full_rows(p: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "label": r["label"],
            "run": r["run"] or f"not run: {r['reason']}",
            "class": str(r.get("structure_class") or "–").replace("_", " "),
            "moved": ", ".join(f"{k} {v:+.3g}" for k, v in r["deviations"].items()),
        }
        for r in p["full"]
    ]


def _in_field(p: Mapping[str, Any], name: str) -> dict[str, Any]:
    r = p["readings"][name]
    target = numbers.field_unit(name, r["unit"])

    def shown(v: Any) -> float | None:
        return None if not isinstance(v, int | float) else (float(v) - target.offset) * target.factor

    label = numbers.label(name).split(" (")[0]
    row: dict[str, Any] = {"label": label, "unit": target.unit}
    row |= {k: shown(r[k]) for k in ("median", "low", "high", "true_low", "true_high")}
    reported = None if p["reserved"] else p["reported"].get(name)
    if reported is not None:
        row |= {"reported": shown(reported["value"]), "bound": reported["relation"] == "<="}
    row["full"] = [shown(run["values"].get(name)) for run in p["full"]]
    return row


def _svg(figure: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _strips(p: Mapping[str, Any]) -> Picture:
    from matplotlib.figure import Figure

    rows = [_in_field(p, n) for n in ordered(p["readings"])]
    height = 0.56 * len(rows) + 0.45
    figure = Figure(figsize=(10.2, height))
    figure.subplots_adjust(left=0.225, right=0.985, top=1 - 0.35 / height, bottom=0.28 / height, hspace=1.5)
    axes = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    pictures_of.strips(rows, list(axes))
    caption = (
        "Every reading on a scale of its own. Line: 90 % of what a bench would read; band: 90 % of membranes, without the scatter "
        "of measuring; dot: median."
    )
    return Picture(
        "readings", _svg(figure), "svg", caption, "90 % interval and median of each predicted reading"
    )


def _classes(p: Mapping[str, Any]) -> Picture:
    return drawn(
        "classes",
        lambda ax: pictures_of.classes(p["class_probabilities"], ax),
        "Probability of each structure class (paragraphs 16, 33, 54).",
        f"Bars: {class_words(p)}",
        (5.4, 1.9),
        (1.35, 0.15, 0.5, 0.1),
    )


def _window(p: Mapping[str, Any]) -> Picture:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.4, 4.4), layout="constrained")
    pictures_of.window(
        p["window"], list(figure.subplots(2, 1, sharex=True)), float(p["dissolution_temperature_K"])
    )
    caption = (
        "Porosity and breaking extension of this solution against the dissolution temperature, every 5 °C: median and 90 % band. "
        "Red: T_l (steepest rise of porosity) and T_u (steepest fall of extension) with their 90 % intervals; green: this recipe."
    )
    alt = "; ".join(window_words(p["window"]))
    return Picture("window", _svg(figure), "svg", caption, alt)


__all__ = [
    "build_prediction", "class_words", "document", "environment", "near_words", "ordered", "reading_rows",
    "window_words",
]  # fmt: skip
