"""What ``percola reproduce`` found -> one self-contained HTML page: tables, parity, the patent's figures, and what does not fit."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from percola.plot import patent_figures, phase_diagram
from percola.report import figures, numbers
from percola.report.figures import Picture
from percola.store.atomic import write_bytes, write_text

QUANTITIES = (
    "porosity",
    "average_pore_size",
    "maximum_pore_size",
    "water_permeability",
    "breaking_strength",
    "breaking_extension",
)
SHORT = {
    "porosity": "Porosity",
    "average_pore_size": "Average pore",
    "maximum_pore_size": "Maximum pore",
    "water_permeability": "Water permeability",
    "breaking_strength": "Breaking strength",
    "breaking_extension": "Breaking extension",
    "pore_size_ratio": "Maximum / average",
}
FLAT_VOXELS = 2.0
"""Relief [voxels] below which a face without a hole is shown with less contrast, in the square of its relief."""
VIEW_M = 16e-6
"""Width of the patent's micrographs of sections; a smaller box is shown whole."""
FIGURES_WORDS = {
    "5": "Figs. 5A to 5C: sections of one solution at 150, 155 and 160 °C",
    "6": "Figs. 6A to 6C: sections from γ-butyrolactone, ethylene carbonate and propylene carbonate",
    "7": "Figs. 7A to 7I: surfaces of one gel cooled in nine media",
}


def build_reproduction(
    directory: Path,
    data: Mapping[str, Any],
    said: Mapping[str, Sequence[str]],
    structures: Sequence[Mapping[str, Any]] = (),
    missing: str = "",
) -> Path:
    """Write ``report.html`` and ``figures/`` into a directory.

    Args:
        directory: to write to; made where it is not there.
        data: of ``percola.design.patent.reproduce``.
        said: statements on what does not fit, by heading.
        structures: pictures of Figs. 5 to 7: ``figure``, ``specimen``, ``level``, ``spacing_m``, ``periodic``, ``view``,
            ``words``; or ``reason`` in place of a structure.
        missing: why there are none.

    Raises:
        ResourceError: the page cannot be written.
    """
    import jinja2
    import matplotlib

    from percola.plot import style

    folder = directory / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    look: Any = style.RC
    with matplotlib.rc_context(look):
        drawn = _figures(data)
        parity = _parity(data)
        surface = figures.drawn(
            "surface-ratios",
            lambda ax: patent_figures.surface_ratios(data["surface"]["media"], ax),
            "Pore size of the surface over that inside for the nine media of paragraphs 99 to 101: reported, and predicted with "
            "that medium left out. Above, the probability of a closed surface.",
            "Ratio of surface to internal pore size by cooling medium, reported and predicted.",
            (7.2, 3.3),
        )
    shown = [_structure(s) for s in structures]
    for p in (*drawn.values(), *parity, surface, *(p for _, p in shown)):
        if p.data is not None:
            write_bytes(folder / f"{p.key}.{p.kind}", p.data)
    loader = jinja2.FunctionLoader(
        lambda name: resources.files("percola.report").joinpath("templates", name).read_text("utf-8")
    )
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("reproduce.html").render(
        data=data,
        symbol={},
        cards=_cards(data),
        summary=_summary(data),
        blocks=[_block(data, q) for q in QUANTITIES],
        reserved=_reserved(data),
        classes=[_class(r) for r in data["specimens"]],
        surfaces=[_surface(r) for r in data["surface"]["media"]],
        supports=[_support(s) for s in data["supports"]],
        figures=drawn,
        parity=parity,
        surface_picture=surface,
        groups=[
            (FIGURES_WORDS[k], [p for g, p in shown if g.startswith(k)])
            for k in FIGURES_WORDS
            if any(g.startswith(k) for g, _ in shown)
        ],
        missing=missing,
        said=said,
    )
    out = directory / "report.html"
    write_text(out, page)
    return out


# --- numbers -------------------------------------------------------------------------------------------------------------------


def _interval(name: str, row: Mapping[str, Any]) -> tuple[str, str, str]:
    return numbers.span(name, str(row["unit"]), float(row["median"]), float(row["low"]), float(row["high"]))


def _reported(name: str, row: Mapping[str, Any]) -> str:
    if row.get("reported") is None:
        return ""
    number, _, _ = numbers.split(name, float(row["reported"]), str(row["unit"]))
    return ("≤ " if row.get("relation") == "<=" else "") + number


def _factor(row: Mapping[str, Any] | None) -> str:
    return "" if row is None or "factor" not in row else _two(row["factor"])


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def _two(value: float | None, form: str = ".2f") -> str:
    return "–" if value is None else "> 1000" if value > 1000.0 else format(value, form)


def _unit(name: str, data: Mapping[str, Any]) -> str:
    for r in data["specimens"]:
        if name in r["readings"]:
            return numbers.field_unit(name, str(r["readings"][name]["unit"])).unit
    return ""


def _block(data: Mapping[str, Any], q: str) -> dict[str, Any]:
    """The table of one quantity: specimens with a reported number, predicted without themselves."""
    rows = []
    for r in data["specimens"]:
        v = r["readings"].get(q)
        if v is None or v.get("reported") is None or r["status"] == "reserved":
            continue
        median, span, _ = _interval(q, v)
        rows.append(
            {
                "id": r["id"],
                "status": r["status"],
                "reported": _reported(q, v),
                "median": median,
                "span": span,
                "inside": v.get("inside"),
                "factor": _factor(v),
                "gel": _factor(v.get("gel_left_out")),
                "ridge": _factor(v.get("ridge")),
                "k": r.get("pareto_k"),
                "doubt": v.get("doubt", 1.0),
            }
        )
    return {"name": SHORT[q], "key": q, "unit": _unit(q, data), "rows": rows}


def _reserved(data: Mapping[str, Any]) -> dict[str, Any]:
    names = (*QUANTITIES, "pore_size_ratio")
    rows = []
    for r in data["specimens"]:
        if r["status"] != "reserved":
            continue
        cells = []
        for q in names:
            median, span, _ = _interval(q, r["readings"][q])
            cells.append({"median": median, "span": span})
        near = r["nearness"]
        best = r["class"]["predicted"]
        rows.append(
            {
                "id": r["id"],
                "summary": r["summary"],
                "cells": cells,
                "class": f"{best.replace('_', ' ')} {100 * r['class']['probabilities'][best]:.0f} %",
                "near": f"{near['word']}: {near['distance']:.2g} from {near['nearest']}",
                "reasons": "; ".join(near["reasons"]),
            }
        )
    return {"names": [f"{SHORT[q]}, {u}" if (u := _unit(q, data)) else SHORT[q] for q in names], "rows": rows}


def _class(r: Mapping[str, Any]) -> dict[str, Any]:
    c = r["class"]
    order = ("percolation", "coarse", "non_porous", "spherical_particles")
    return {
        "id": r["id"],
        "status": r["status"],
        "cells": [f"{100 * c['probabilities'][k]:.0f}" for k in order],
        "best": order.index(c["predicted"]),
        "reported": "reserved"
        if r["status"] == "reserved"
        else (c["reported"] or "not told").replace("_", " "),
        "right": c.get("right"),
    }


def _surface(r: Mapping[str, Any]) -> dict[str, Any]:
    left = r["left_out"]
    return {
        "medium": r["medium"],
        "specimen": r["specimen"],
        "reported": r["reported"] if r["reported"] == "closed" else f"{r['reported']:g}",
        "ratio": f"{left['ratio']:.2f}",
        "span": f"{left['low']:.2f} to {left['high']:.2f}",
        "closed": _percent(left["closed_probability"]),
        "right": r["closure_right"],
        "inside": r.get("inside"),
        "prior": f"{r['prior']['ratio']:.2f}, closed {_percent(r['prior']['closed_probability'])}",
    }


def _support(s: Mapping[str, Any]) -> dict[str, Any]:
    median, span, unit = _interval("ionic_conductivity", s["conductivity"])
    return {
        "id": s["id"],
        "status": s["status"],
        "median": median,
        "span": span,
        "unit": unit,
        "reported": _reported("ionic_conductivity", s["conductivity"]),
        "inside": s["conductivity"].get("inside"),
        "factor": _factor(s["conductivity"]),
        "from": " and ".join(s["from"]),
    }


def _summary(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    out = []
    for q, s in data["summary"].items():
        a, r, g, h = (s[k] for k in ("percola", "ridge", "percola_gel_left_out", "ridge_gel_left_out"))
        best = s["ridge_in_hindsight"]
        covered = a["coverage"]
        out.append(
            {
                "name": SHORT[q],
                "n": a["n"],
                "aim": f"{s['aim']:g}",
                "median": _two(a["median_factor"], ".3f"),
                "met": a["median_factor"] is not None and a["median_factor"] <= s["aim"],
                "p90": _two(a["p90_factor"]),
                "coverage": _percent(covered),
                "covers": covered is not None and 0.80 <= covered <= 0.98,
                "ridge_median": _two(r["median_factor"], ".3f"),
                "better": a["median_factor"] is not None
                and r["median_factor"] is not None
                and a["median_factor"] < r["median_factor"],
                "ridge_p90": _two(r["p90_factor"]),
                "ridge_coverage": _percent(r["coverage"]),
                "ridge_best": _two(best["median_factor"], ".3f"),
                "gel": _two(g["median_factor"], ".3f"),
                "gel_p90": _two(g["p90_factor"]),
                "ridge_gel": _two(h["median_factor"], ".3f"),
            }
        )
    return out


def _cards(data: Mapping[str, Any]) -> list[dict[str, str]]:
    c, s = data["classes"]["left_out"], data["surface"]
    out = [
        {
            "label": f"{SHORT[q]}, median factor",
            "number": _two(v["percola"]["median_factor"]),
            "spread": "",
            "unit": "",
            "below": f"ridge {_two(v['ridge']['median_factor'])}; {v['percola']['n']} specimens, each left out",
        }
        for q, v in data["summary"].items()
    ]
    out.append(
        {"label": "Structure classes right", "number": f"{c['right']}", "spread": "", "unit": f"of {c['of']}",
         "below": "each specimen left out"}
    )  # fmt: skip
    out.append(
        {"label": "Surfaces, open or closed right", "number": f"{s['closure_right']}", "spread": "",
         "unit": f"of {len(s['media'])}", "below": f"each medium left out; median factor of the ratio {s['median_factor']:.2f}"}
    )  # fmt: skip
    return out


# --- pictures ------------------------------------------------------------------------------------------------------------------


def _parity(data: Mapping[str, Any]) -> list[Picture]:
    known = [r for r in data["specimens"] if r["status"] == "left out"]
    styles = patent_figures.solvent_styles([r["solvent"] for r in known])
    out = []
    for q in QUANTITIES:
        points, scale = [], numbers.field_unit(q, _si_unit(q, data))
        for r in known:
            v = r["readings"][q]
            if "factor" not in v:
                continue
            point: dict[str, Any] = {"id": r["id"], "solvent": r["solvent"]}
            for key in ("reported", "median", "low", "high"):
                point[key] = float(v[key]) * scale.factor
            point["ridge"] = None if v["ridge"] is None else float(v["ridge"]["median"]) * scale.factor
            points.append(point)
        used = {k: s for k, s in styles.items() if any(p["solvent"] == k for p in points)}
        out.append(_parity_picture(q, points, scale.unit, used))
    return out


def _parity_picture(
    q: str, points: Sequence[Mapping[str, Any]], unit: str, styles: Mapping[str, tuple[str, str]]
) -> Picture:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.4, 4.0), layout="constrained")
    ax = figure.subplots()
    named = 1.2 if q == "porosity" else patent_figures.OUTLIER
    patent_figures.parity(points, SHORT[q].lower(), unit, styles, ax, named)
    handles, labels = ax.get_legend_handles_labels()
    if handles:
        figure.legend(
            handles, labels, loc="outside right upper", fontsize=7, title="solvent", title_fontsize=7.5
        )
    return Picture(
        f"parity-{q.replace('_', '-')}",
        _svg(figure),
        "svg",
        f"{SHORT[q]}: predicted without the specimen against reported, with 90 % intervals; crosses: ridge regression; grey: a "
        f"factor of 1.5. Named: beyond a factor of {named:g}.",
        f"Parity plot of {SHORT[q].lower()} for {len(points)} specimens.",
    )


def _si_unit(q: str, data: Mapping[str, Any]) -> str:
    return str(data["specimens"][0]["readings"][q]["unit"])


def _svg(figure: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _figures(data: Mapping[str, Any]) -> dict[str, Picture]:
    f = data.get("figures") or {}
    out: dict[str, Picture] = {}
    if "fig1" in f:
        d = f["fig1"]
        told = [c for c in d["curves"] if c["plateau_K"]]
        plateau = "; ".join(
            f"{100 * c['weight_fraction']:.3g} wt%: {_degC(c['plateau_K'][1])} "
            f"({_degC(c['plateau_K'][0])} to {_degC(c['plateau_K'][2])})"
            for c in told
        )
        out["fig1"] = figures.drawn(
            "fig1",
            lambda ax: patent_figures.crystallization(d, ax),
            f"Fig. 1. Crystallization temperature against dissolution temperature in {d['solvent']}, "
            f"{60 * d['cooling_rate_K_s']:.3g} K/min after {d['hold_s'] / 60:.0f} min: median and 90 % band over {d['draws']} draws. "
            f"T_a, from which T_c stays within 1 K of its last value: {plateau or 'told by no curve'} °C; the patent says about "
            f"{_degC(d['reported_plateau_K'])} °C. Not calibrated on.",
            "Crystallization against dissolution temperature for three concentrations.",
            (5.4, 3.7),
        )
    if "fig2" in f:
        out["fig2"] = figures.drawn(
            "fig2",
            lambda ax: patent_figures.crystallization_with_window(f["fig2"], ax),
            f"Fig. 2. The same for {100 * f['fig2']['curves'][0]['weight_fraction']:.3g} wt% (the solution of Fig. 3) as it "
            f"leaves the extruder after {f['fig2']['hold_s'] / 60:.0f} min, with the "
            "range in which the extruder makes the percolation structure.",
            "Crystallization against dissolution temperature for one solution with its window.",
            (5.4, 3.7),
            (0.62, 0.12, 0.5, 0.28),
        )
    if "fig3" in f:
        out["fig3"] = _series_picture(f["fig3"])
    if "fig4" in f:
        d = f["fig4"]
        out["fig4"] = figures.drawn(
            "fig4",
            lambda ax: phase_diagram.phase_curves(d, ax),
            "Fig. 4. Cloud-point curve and crystallization lines at the middle of the posterior, at dissolution temperatures "
            "below, in and above the window (as the crystallites of the solution see them).",
            "Phase diagram with cloud point and crystallization lines at three dissolution temperatures.",
            (5.4, 4.6),
            (0.62, 0.12, 1.35, 0.12),
        )
    return out


def _degC(value_K: float) -> str:
    return f"{value_K - 273.15:.0f}"


def _series_picture(d: Mapping[str, Any]) -> Picture:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.4, 7.0), layout="constrained")
    patent_figures.series(d, list(figure.subplots(3, 1, sharex=True)))
    w = d["window"]

    def limit(key: str) -> str:
        return f"{w[f'{key}_K'] - 273.15:.1f} ({_degC(w[f'{key}_low_K'])} to {_degC(w[f'{key}_high_K'])}) °C"

    low, high = (_degC1(v) for v in d["reported_limits_K"])
    own = [v for v in d.get("limits_of_the_plotted_K") or () if v is not None]
    plotted = ""
    if len(own) == 2:
        plotted = f" (from the plotted temperatures alone: {_degC1(own[0])} and {_degC1(own[1])} °C)"
    return Picture(
        "fig3",
        _svg(figure),
        "svg",
        f"Fig. 3. Porosity, breaking strength and breaking extension against dissolution temperature. T_l {limit('lower')}, T_u "
        f"{limit('upper')}{plotted}; the patent says {low} and {high} °C. The band was calibrated on the points; crosses are each "
        "point predicted without itself.",
        "Three quantities against dissolution temperature with the window marked.",
    )


def _degC1(value_K: float) -> str:
    return f"{value_K - 273.15:.1f}"


def _under_void(level: Any) -> Any:
    """The level field with void above its face z = 0, so that the wavy cut of a micrograph passes through void and leaves the face,
    however thin what covers it, as it is."""
    import numpy as np

    from percola.plot.micrograph import feature_voxels

    field = np.asarray(level, np.float32)
    # the cut waves by 0.12 of a feature, up to eight standard deviations between its ends; with the void above, features count as
    # larger, up to a quarter of the box
    feature = max(feature_voxels(field < 0), min(field.shape[:2]) / 4.0)
    count = int(np.ceil(feature)) + 2
    above = np.minimum(field[:, :, :1], 0.0) - (np.arange(count, 0, -1, dtype=np.float32) - 0.5)
    return np.concatenate([above, field], axis=2)


def _structure(s: Mapping[str, Any]) -> tuple[str, Picture]:
    import numpy as np

    from percola.plot.micrograph import drawable, micrograph
    from percola.plot.structure import labelled

    key = f"fig{str(s['figure']).lower()}"
    head = f"Fig. {s['figure']}. {s['specimen']}"
    if s.get("reason"):
        return str(s["figure"]), figures.absent(key, head, str(s["reason"]))
    level = s["level"]
    most = int(VIEW_M / s["spacing_m"])
    level = level[: max(most, 8), : max(most, 8)]
    if s["view"] != "section":
        level = _under_void(level)
    picture = micrograph(
        drawable(level),
        s["spacing_m"],
        s["view"],
        s["periodic"],
        480,
        1,
        f"{s['figure']}  {s['specimen']}",
        True,
    )
    found = np.isfinite(picture.depth_m)
    relief = float(np.ptp(picture.depth_m[found])) / s["spacing_m"] if found.all() else np.inf
    if relief < FLAT_VOXELS:
        # a closed face: relief below the voxel is no structure, and the contrast of a picture is not stretched to show it
        keep = max(relief / FLAT_VOXELS, 0.05) ** 2
        picture = replace(
            picture, grey=np.clip(0.5 + keep * (picture.grey - 0.5), 0.0, 1.0).astype(np.float32)
        )
    across = picture.width_m * 1e6
    what = "section" if s["view"] == "section" else "surface from above"
    return str(s["figure"]), Picture(
        key,
        figures.png(labelled(picture)),
        "png",
        f"{head}: {what}, {across:.2g} µm wide{' (the whole box)' if picture.width_m < 0.95 * VIEW_M else ''}; {s['words']}.",
        f"Rendered {what} of {s['specimen']}: {s['words']}",
    )


__all__ = ["build_reproduction"]
