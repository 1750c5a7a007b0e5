"""The directory of a calibration -> one self-contained HTML file: what was learned, how well the unseen was predicted, doubts."""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from percola.plot import design as pictures_of
from percola.report import numbers
from percola.report.data import read
from percola.report.figures import Picture
from percola.report.prediction import document, environment
from percola.report.rows import cited_text, pretty_unit, references_of
from percola.store.atomic import write_bytes, write_text

COLUMNS = 5
_SYMBOL = {"PASS": "✓", "FAIL": "!", "UNDECIDED": "?"}


def build_calibration(directory: str | Path) -> Path:
    """Write ``report.html`` and ``figures/`` into the directory of a calibration, from what that directory holds.

    Raises:
        InputError: the path is no such directory.
    """
    import matplotlib

    from percola.plot import style

    run = read(Path(directory))
    c = document(run.path, "calibration.json")
    look: Any = style.RC
    with matplotlib.rc_context(look):
        pictures = [_densities(c), *([_parity(c)] if c["left_out"] else [])]
    folder = run.path / "figures"
    folder.mkdir(exist_ok=True)
    for picture in pictures:
        write_bytes(folder / f"{picture.key}.{picture.kind}", picture.data or b"")
    page = (
        environment()
        .get_template("calibration.html")
        .render(
            c=c,
            manifest={"version": "", **run.manifest},
            title=c["name"],
            folder=run.path.name,
            head=_head(c),
            cards=_cards(c),
            pictures={p.key: p for p in pictures},
            learned=_learned(c),
            summary=summary_rows(c),
            left_out=_left_out(c),
            quantities=[_title(q) for q in _quantities(c)],
            unexplained=_unexplained(c),
            references=references_of(run),
            symbol=_SYMBOL,
            built=datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        )
    )
    out = run.path / "report.html"
    write_text(out, page)
    return out


def _quantities(c: Mapping[str, Any]) -> list[str]:
    return list(c["observations"])


def _title(q: str) -> str:
    return numbers.label(q).split(" (")[0]


def _head(c: Mapping[str, Any]) -> dict[str, str]:
    if c["warnings"]:
        return {
            "status": "fail",
            "key": "FAIL",
            "title": "Not to be trusted yet",
            "words": " ".join(c["warnings"]),
        }
    s = c["statistics"]
    return {
        "status": "pass",
        "key": "PASS",
        "title": "Chains agree",
        "words": f"R-hat {s['r_hat']:.3f}, {s['effective_draws']:.0f} effective draws of the slowest parameter, "
        f"{s['divergences']} divergences.",
    }


def _cards(c: Mapping[str, Any]) -> list[dict[str, str]]:
    def card(label: str, number: str, below: str = "", unit: str = "") -> dict[str, str]:
        return {"label": label, "number": number, "spread": "", "unit": unit, "below": below}

    found = [
        card(
            "Specimens",
            str(len(c["specimens"])),
            f"{sum(c['observations'].values())} numbers, {len(c['solvents'])} solvents",
        )
    ]
    summary = c["left_out_summary"]
    if summary:
        for q, row in summary["quantities"].items():
            found.append(
                card(
                    f"{_title(q)}, left out",
                    f"{row['median_factor']:.2f}",
                    f"median factor of {row['count']}; 90 % interval holds {100 * row['coverage']:.0f} %",
                )
            )
        classes = summary["classes"]
        found.append(
            card(
                "Classes, left out",
                f"{classes['right']} of {classes['count']}",
                "right" + (f"; not {', '.join(classes['wrong'])}" if classes["wrong"] else ""),
            )
        )
    return found[:8]


def _learned(c: Mapping[str, Any]) -> list[dict[str, str]]:
    out = []
    for x in c["learned"]:
        unit = pretty_unit(x["unit"])
        unit = "" if unit in ("ln", "logit") else unit
        before, after = x["prior"], x["posterior"]
        out.append(
            {
                "name": x["name"],
                "meaning": x["meaning"],
                "prior": numbers.plus_minus(before["mean"], before["sd"], unit),
                "posterior": numbers.plus_minus(after["mean"], after["sd"], unit),
                "learned": f"{100 * max(x['learned'], 0.0):.0f} %",
                "moved": f"{x['moved']:+.1f}",
                "r_hat": "–" if x["r_hat"] is None else f"{x['r_hat']:.2f}",
                "far": "warn" if abs(x["moved"]) > 2.0 else "",
                "why": f"{x['reason']} ({cited_text(x['source'])})",
            }
        )
    return out


def summary_rows(c: Mapping[str, Any]) -> list[dict[str, str]]:
    """Factors and coverage of leave-one-out for each quantity, in words."""
    summary = c["left_out_summary"]
    if not summary:
        return []
    return [
        {
            "quantity": _title(q),
            "count": str(row["count"]),
            "median": f"{row['median_factor']:.3f}",
            "tail": f"{row['factor_90']:.2f}",
            "coverage": f"{100 * row['coverage']:.0f} %",
        }
        for q, row in summary["quantities"].items()
    ]


def _left_out(c: Mapping[str, Any]) -> list[dict[str, Any]]:
    out = []
    reliable_k = float(c["reliable_k"])
    for row in c["left_out"]:
        cells = []
        for q in _quantities(c):
            x = row["quantities"][q]
            median, span, unit = numbers.span(q, x["unit"], x["median"], x["low"], x["high"])
            reported = _plain(q, x["unit"], x.get("reported"))
            cells.append(
                {
                    "reported": reported,
                    "median": median,
                    "span": span,
                    "unit": unit,
                    "outside": "reported" in x and not x["inside"],
                }
            )
        chance = row["class_probabilities"].get(row["class_predicted"], 0.0)
        out.append(
            {
                "name": row["specimen"],
                "cells": cells,
                "class": str(row["class_predicted"]).replace("_", " "),
                "chance": f"{100 * chance:.0f} %",
                "class_reported": str(row["class_reported"] or "–").replace("_", " "),
                "class_wrong": bool(row["class_reported"])
                and row["class_reported"] != row["class_predicted"],
                "class_known": bool(row["class_reported"]),
                "how": "anew"
                if row["resampled"]
                else ""
                if row["k"] is None or row["k"] <= reliable_k
                else f"k {row['k']:.2f}",
            }
        )
    return out


def _plain(q: str, unit: str, value: Any) -> str:
    if value is None:
        return "–"
    target = numbers.field_unit(q, unit)
    return numbers.rounded((float(value) - target.offset) * target.factor)[0]


def _unexplained(c: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {
            "quantity": _title(q),
            "departure": f"{v['departure']:.2f}" if "departure" in v else "–",
            "scatter": f"{v['scatter']:.2f}" if "scatter" in v else "–",
        }
        for q, v in c["unexplained"].items()
    ]


def _svg(figure: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _densities(c: Mapping[str, Any]) -> Picture:
    from matplotlib.figure import Figure

    shown = c["learned"]
    lines = -(-len(shown) // COLUMNS)
    figure = Figure(figsize=(10.2, 1.12 * lines + 0.2))
    height = 1.12 * lines + 0.2
    figure.subplots_adjust(
        left=0.012, right=0.99, top=1 - 0.22 / height, bottom=0.25 / height, hspace=0.75, wspace=0.12
    )
    axes = figure.subplots(lines, COLUMNS, squeeze=False).ravel()
    for ax, x in zip(axes, shown, strict=False):
        d = c["densities"].get(x["name"], {})
        pictures_of.density(
            {
                "name": x["name"],
                "unit": x["unit"],
                "prior_mean": x["prior"]["mean"],
                "prior_sd": x["prior"]["sd"],
                **d,
            },
            ax,
        )
    for ax in axes[len(shown) :]:
        ax.set_visible(False)
    caption = (
        "What the data added: prior (grey) and posterior (blue) of every parameter, each scaled to its own height, sorted by what "
        "was learned. Where the two lie on each other, the specimens say nothing of it."
    )
    return Picture(
        "identifiability", _svg(figure), "svg", caption, "Prior and posterior density of each parameter"
    )


def _parity(c: Mapping[str, Any]) -> Picture:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.2, 6.9), layout="constrained")
    axes = figure.subplots(2, 3).ravel()
    for q, ax in zip(_quantities(c), axes, strict=False):
        points = []
        unit = ""
        for row in c["left_out"]:
            x = row["quantities"][q]
            if "reported" not in x:
                continue
            target = numbers.field_unit(q, x["unit"])
            unit = target.unit
            points.append(
                {k: (x[k] - target.offset) * target.factor for k in ("reported", "median", "low", "high")}
                | {"inside": x["inside"], "label": row["specimen"]}
            )
        title = _title(q) + (f", {unit}" if unit else "")
        pictures_of.parity(points, ax, title, log=q != "porosity")
    caption = (
        "Leave-one-out: each specimen predicted from the others, with its 90 % interval, against what is reported. Red and named: the "
        "reported number lies outside."
    )
    return Picture("parity", _svg(figure), "svg", caption, "Predicted against reported for six quantities")
