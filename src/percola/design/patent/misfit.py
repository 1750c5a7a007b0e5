"""Where predictions and reports do not fit, and why: computed from the results, each statement with its numbers.

    python -m percola.design.patent.misfit REPRODUCTION.json PAGE.md

writes the page ``docs/theory/where_it_does_not_fit.md`` from what ``percola reproduce`` found.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from percola.audit import auditing
from percola.audit import specimens as audited
from percola.audit.statements import patent_statements
from percola.design.posterior.calibration import Calibration
from percola.design.posterior.inference import parameters
from percola.design.reduced.chain import QUANTITIES
from percola.design.reduced.nearness import square_distance
from percola.recipe import assumptions
from percola.recipe import specimens as patent_specimens

LARGE_Z = 1.645
"""Standardized residual outside of the 90 % interval."""
MOST_LISTED = 12
NEAR = 0.75
"""Distance (:mod:`percola.design.reduced.nearness`) within which two recipes ought to do alike."""
SETTLED, UNMOVED = 0.5, 0.1
"""Share of the prior's spread that the data took away: above the first a parameter is told, below the second it is not."""
TENSION = 1.5
"""Shift in standard deviations of the prior from which prior and data stand against each other."""
GROUP_Z = 2.0
"""Mean standardized residual of a group, times the root of its number, from which it departs as a group."""
_GRADES = ("impossible", "contradictory", "suspicious")

LEFT_OUT_PHYSICS: tuple[tuple[str, str, str], ...] = (
    (
        "stretching",
        "stretched",
        "Stretching is affine: what it tears open, how it orients chains and how a fibre thins unevenly is not in the model.",
    ),
    (
        "baths that do not mix with the solvent",
        "immiscible bath",
        "Exchange of solvent and bath reaches the model of the surface only; inside the wall a bath that does not mix counts as "
        "one factor on the pores.",
    ),
    (
        "resin",
        "with resin",
        "A resin dilutes the crystals and leaves with the solvent; demixing of resin and polymer is not in the model.",
    ),
    (
        "mixed solvents",
        "mixed solvent",
        "A mixed solvent is one liquid of mean properties; its parts do not share themselves out between the phases.",
    ),
    (
        "particles",
        "spherical particles",
        "Crystals that reject their solvent grow as spheres in a sea of constant composition; a solvent that freezes is not in the "
        "model.",
    ),
    (
        "static shaping",
        "press or plate",
        "Pressing is heat alone: flow, pressure and what a second dissolution leaves of crystallites count as one shift of the "
        "temperature that crystallites saw.",
    ),
)
"""(what, group that shows it, in words): physics left out, each told with the residuals of the specimens that it touches."""


# --- parts ---------------------------------------------------------------------------------------------------------------------


def audit_findings() -> tuple[auditing.Finding, ...]:
    """Findings of the audit on the patent's specimens, ambiguous ones included."""
    return auditing.audit(audited.patent_specimens(), patent_statements()).findings


def residuals(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every leave-one-out residual, largest first."""
    out = []
    for r in data["specimens"]:
        if r["status"] != "left out":
            continue
        for q, v in r["readings"].items():
            if v.get("z") is not None and "factor" in v:
                out.append(
                    {
                        "id": r["id"],
                        "quantity": q,
                        "z": v["z"],
                        "factor": v["factor"],
                        "direction": "reported above predicted"
                        if v["residual"] > 0
                        else "reported below predicted",
                        "reported": v["text"],
                        "predicted": v["median"],
                        "low": v["low"],
                        "high": v["high"],
                        "unit": v["unit"],
                        "doubt": v["doubt"],
                    }
                )
    return sorted(out, key=lambda e: -abs(e["z"]))


def _touching(findings: Sequence[auditing.Finding], name: str, quantity: str | None) -> list[dict[str, Any]]:
    """Findings on a specimen, those that name the quantity first; ambiguous ones left out."""
    mine = [f for f in findings if name in f.specimens and f.grade in _GRADES]
    if quantity is not None:
        word = quantity.replace("_", " ").removeprefix("breaking ").removeprefix("water ")
        mine.sort(key=lambda f: (word not in f.words.lower(), _GRADES.index(f.grade)))
    return [
        {"rule": f.rule, "grade": f.grade, "words": f.words, "paragraphs": list(f.paragraphs)} for f in mine
    ]


def groups_of(data: Mapping[str, Any], calibration: Calibration) -> dict[str, list[str]]:
    """Names of groups and their specimens among those left out."""
    f = calibration.observations.features
    at = {n: i for i, n in enumerate(calibration.observations.names)}
    rows = [r for r in data["specimens"] if r["status"] == "left out"]
    out: dict[str, list[str]] = {}
    tests: dict[str, Callable[[Mapping[str, Any]], bool]] = {
        "stretched": lambda r: r["residual_strain"] > 0,
        "with resin": lambda r: r["resin"] > 0.01,
        "immiscible bath": lambda r: float(f.bath_immiscible[at[r["id"]]]) > 0.5,
        "mixed solvent": lambda r: "+" in r["solvent"],
        "spherical particles": lambda r: r["class"]["reported"] == "spherical_particles",
        "press or plate": lambda r: not r["extruded"],
        "extruder": lambda r: r["extruded"],
    }
    for word, test in tests.items():
        out[word] = [r["id"] for r in rows if test(r)]
    for solvent in dict.fromkeys(r["solvent"] for r in rows):
        out[f"in {solvent.replace('+', ' + ')}"] = [r["id"] for r in rows if r["solvent"] == solvent]
    return {k: v for k, v in out.items() if v}


def groups(data: Mapping[str, Any], calibration: Calibration) -> list[dict[str, Any]]:
    """Mean standardized residual of each group in each quantity; ``departs`` where it is more than chance."""
    by = {(e["id"], e["quantity"]): e for e in residuals(data)}
    out = []
    for word, names in groups_of(data, calibration).items():
        for q in QUANTITIES:
            found = [by[n, q] for n in names if (n, q) in by]
            if not found:
                continue
            mean = float(np.mean([e["z"] for e in found]))
            out.append(
                {
                    "group": word,
                    "quantity": q,
                    "n": len(found),
                    "mean_z": mean,
                    "median_factor": float(np.median([e["factor"] for e in found])),
                    "specimens": [e["id"] for e in found],
                    "departs": len(found) > 1 and abs(mean) * math.sqrt(len(found)) > GROUP_Z,
                }
            )
    return out


def contradictions(data: Mapping[str, Any], calibration: Calibration) -> list[dict[str, Any]]:
    """Pairs of near recipes whose departures from the model oppose each other by more than their scatter allows.

    Both are predicted without themselves; d = |r_i - r_j| over the scatter of measuring (posterior mean) and the printed digits of the two.
    """
    o = calibration.observations
    distance = np.sqrt(square_distance(o.features, o.features))
    scatter = _scatter(calibration)
    by = {
        (r["id"], q): v for r in data["specimens"] for q, v in r["readings"].items() if v.get("z") is not None
    }
    out = []
    for i, a in enumerate(o.names):
        for j in range(i):
            b = o.names[j]
            if distance[i, j] > NEAR:
                continue
            for k, q in enumerate(QUANTITIES):
                x, y = by.get((a, q)), by.get((b, q))
                if x is None or y is None:
                    continue
                apart = abs(x["residual"] - y["residual"])
                digits = math.hypot(_digits(calibration, i, k), _digits(calibration, j, k))
                against = apart / math.hypot(math.sqrt(2.0) * scatter[k], digits)
                if against > 3.0:
                    out.append(
                        {
                            "pair": [b, a],
                            "quantity": q,
                            "distance": float(distance[i, j]),
                            "apart_factor": math.exp(apart) if q != "porosity" else None,
                            "apart_scatters": against,
                            "reported": [y["text"], x["text"]],
                        }
                    )
    return sorted(out, key=lambda e: -e["apart_scatters"])[:MOST_LISTED]


def _digits(calibration: Calibration, specimen: int, quantity: int) -> float:
    """Standard deviation of the printed digits of one reading on the transformed scale."""
    o = calibration.observations
    found = np.flatnonzero((o.specimen == specimen) & (o.quantity == quantity))
    return float(o.digit_sd[found[0]]) if found.size else 0.0


def _scatter(calibration: Calibration) -> list[float]:
    """Scatter of measuring of each quantity on the transformed scale, posterior mean."""
    from percola.design.posterior.inference import hyper

    draws = calibration.thinned
    count = next(iter(draws.values())).shape[0]
    values = [
        np.asarray(hyper({k: v[n] for k, v in draws.items()})[1])
        for n in np.unique(np.linspace(0, count - 1, min(40, count)).astype(int))
    ]
    return [float(v) for v in np.mean(values, axis=0)]


def wrong_classes(data: Mapping[str, Any], findings: Sequence[auditing.Finding]) -> list[dict[str, Any]]:
    """Specimens whose most probable class is not the reported one, with what the audit finds on them."""
    return [
        dict(w) | {"findings": _touching(findings, w["id"], None)}
        for w in data["classes"]["left_out"]["wrong"]
    ]


def unstated(findings: Sequence[auditing.Finding], calibration: Calibration) -> list[dict[str, Any]]:
    """What the patent does not say of the process, and how it was read: from the audit and from the recipes' assumptions."""
    out: dict[str, dict[str, Any]] = {}
    for name in [s.id for s in patent_specimens.list()]:
        for a in assumptions(patent_specimens.load(name)[0]):
            entry = out.setdefault(
                a.field, {"field": a.field, "read_as": a.text, "paragraph": a.paragraph, "specimens": []}
            )
            entry["specimens"].append(name)
    rows = list(out.values())
    for f in findings:
        if f.rule in ("not_stated", "setting_not_a_quantity"):
            rows.append(
                {
                    "field": f.rule,
                    "read_as": f.words,
                    "paragraph": ", ".join(f.paragraphs),
                    "specimens": list(f.specimens),
                }
            )
    return rows


def learned(calibration: Calibration) -> dict[str, list[dict[str, Any]]]:
    """Parameters that the data did not move, and those whose prior and data stand against each other."""
    found = [x.to_dict() for x in calibration.learned()]
    return {
        "unmoved": [x for x in found if x["learned"] < UNMOVED and abs(x["moved"]) < 0.5],
        "tension": [x for x in found if abs(x["moved"]) > TENSION],
        "settled": [x for x in found if x["learned"] > SETTLED],
        "disagree": [x for x in found if x["r_hat"] > 1.1],
    }


def physics(
    data: Mapping[str, Any], calibration: Calibration, found: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Physics left out, with the residuals of the specimens that it touches."""
    members = groups_of(data, calibration)
    out = []
    for what, group, words in LEFT_OUT_PHYSICS:
        mine = [g for g in found if g["group"] == group]
        worst = max(mine, key=lambda g: abs(g["mean_z"]) * math.sqrt(g["n"]), default=None)
        out.append(
            {
                "what": what,
                "words": words,
                "group": group,
                "specimens": members.get(group, []),
                "worst": worst,
            }
        )
    return out


def misfit(calibration: Calibration, data: Mapping[str, Any]) -> dict[str, Any]:
    """Where it does not fit, as plain data.

    Args:
        calibration: that ``data`` comes from.
        data: ``specimens`` and ``classes`` of :func:`percola.design.patent.reproduce.reproduce`.

    Returns:
        ``residuals`` (outside of their interval, with the audit's findings), ``outside`` and ``of`` (counts), ``explained``
        (how many of those have a finding), ``wrong_classes``, ``contradictions``, ``groups``, ``unstated``, ``parameters``,
        ``correlations``, ``physics``.
    """
    findings = audit_findings()
    every = residuals(data)
    large = [e for e in every if abs(e["z"]) > LARGE_Z]
    for e in large:
        e["findings"] = _touching(findings, e["id"], e["quantity"])
    grouped = groups(data, calibration)
    theta = parameters({k: v.mean(axis=0) for k, v in calibration.thinned.items()})
    return {
        "residuals": large[:MOST_LISTED],
        "outside": len(large),
        "of": len(every),
        "explained": sum(bool(e["findings"]) for e in large),
        "wrong_classes": wrong_classes(data, findings),
        "contradictions": contradictions(data, calibration),
        "groups": [g for g in grouped if g["departs"]],
        "unstated": unstated(findings, calibration),
        "parameters": learned(calibration),
        "correlations": [list(c) for c in calibration.correlations()[:8]],
        "physics": physics(data, calibration, grouped),
        "static_shift_K": float(theta["static_shift_K"]) if "static_shift_K" in theta else None,
        "scatter": dict(zip(QUANTITIES, _scatter(calibration), strict=True)),
    }


# --- the page ------------------------------------------------------------------------------------------------------------------


def _words(name: str) -> str:
    return name.replace("_", " ")


def _shown(quantity: str, value: float, unit: str) -> str:
    from percola.report.numbers import split

    number, _, unit_words = split(quantity, value, unit)
    return f"{number} {unit_words}".strip()


def statements(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """The findings of :func:`misfit` as sentences, by heading; page and document are made of them."""
    m = data["misfit"]
    out: dict[str, list[str]] = {}

    said = [
        f"{m['outside']} of {m['of']} readings lie outside of their 90 % interval when their specimen is left out "
        f"({100 * m['outside'] / max(m['of'], 1):.0f} %; 10 % are to be expected); on {m['explained']} of these the audit of "
        "the report had found something of its own."
    ]
    for e in m["residuals"]:
        low, high = (_shown(e["quantity"], e[k], e["unit"]) for k in ("low", "high"))
        line = (
            f"{e['id']}, {_words(e['quantity'])}: reported {e['reported']}, predicted "
            f"{_shown(e['quantity'], e['predicted'], e['unit'])} ({low} to {high}): a factor of {e['factor']:.2f}, "
            f"{abs(e['z']):.1f} standard deviations, {e['direction']}."
        )
        if e["findings"]:
            f = e["findings"][0]
            line += f" The audit: {f['grade']}, {f['words']}"
        else:
            line += " The audit finds nothing on it: what is missing is in the model, or in the measurement."
        said.append(line)
    out["Readings outside of their intervals"] = said

    c = data["classes"]["left_out"]
    said = [f"{c['right']} of {c['of']} structure classes are right with their specimen left out."]
    for w in m["wrong_classes"]:
        line = (
            f"{w['id']}: reported {_words(w['reported'])}, most probable {_words(w['predicted'])}; the reported class has "
            f"{100 * w['probability_of_reported']:.0f} %."
        )
        if w["findings"]:
            line += f" The audit: {w['findings'][0]['grade']}, {w['findings'][0]['words']}"
        said.append(line)
    out["Structure classes"] = said

    out["Specimens against each other"] = [
        f"{' and '.join(e['pair'])}, {_words(e['quantity'])}: {e['reported'][0]} and {e['reported'][1]}. The recipes are "
        f"{e['distance']:.2f} apart, yet they depart from the model {e['apart_scatters']:.1f} times scatter and digits "
        + (f"(a factor of {e['apart_factor']:.2f}) " if e["apart_factor"] else "")
        + "from each other."
        for e in m["contradictions"]
    ] or ["No two near recipes depart from each other by more than three times their scatter and digits."]

    out["Groups that depart together"] = [
        f"{g['group'].capitalize() if not g['group'].startswith('in ') else 'Specimens ' + g['group']}, "
        f"{_words(g['quantity'])}: mean standardized residual {g['mean_z']:+.1f} over {g['n']} specimens (median factor "
        f"{g['median_factor']:.2f})."
        for g in m["groups"]
    ] or ["No group departs by more than chance (mean times the root of its number beyond 2)."]

    said = []
    for u in m["unstated"]:
        names = ", ".join(u["specimens"][:6]) + (" and more" if len(u["specimens"]) > 6 else "")
        where = f" ({u['paragraph']})" if u["paragraph"] else ""
        said.append(f"{u['read_as'].rstrip('.')}. {len(u['specimens'])} specimens: {names}{where}.")
    out["What the patent does not state"] = said

    p = m["parameters"]
    said = []
    if p["unmoved"]:
        said.append(
            "Not told by the specimens (spread still at least "
            f"{100 * (1 - UNMOVED):.0f} % of the prior's): "
            + ", ".join(_words(x["name"]) for x in p["unmoved"])
            + "."
        )
    said += [
        f"{_words(x['name'])}: the prior says {x['prior']['mean']:.3g} ± {x['prior']['sd']:.2g}, the specimens "
        f"{x['posterior']['mean']:.3g} ± {x['posterior']['sd']:.2g} {x['unit'] if x['unit'] not in ('1', 'ln') else ''}"
        f"({x['moved']:+.1f} standard deviations of the prior): {x['meaning']}."
        for x in p["tension"]
    ]
    said += [
        f"{_words(a)} and {_words(b)} are told only together (correlation {r:+.2f})."
        for a, b, r in m["correlations"]
    ]
    if p["disagree"]:
        said.append(
            "Chains disagree (R-hat above 1.1) on "
            + ", ".join(_words(x["name"]) for x in p["disagree"])
            + ": longer sampling may move them."
        )
    out["Parameters"] = said or ["Every parameter was told by the specimens."]

    said = []
    for x in m["physics"]:
        line = x["words"]
        w = x["worst"]
        if w is None:
            line += f" Specimens concerned: {len(x['specimens'])}, none with a number that could tell."
        else:
            line += (
                f" Of the {len(x['specimens'])} specimens concerned, {_words(w['quantity'])} departs most: mean standardized "
                f"residual {w['mean_z']:+.1f} over {w['n']}, median factor {w['median_factor']:.2f}."
            )
        said.append(line)
    out["Physics left out"] = said

    s = data["surface"]
    wrong = [r["medium"] for r in s["media"] if not r["closure_right"]]
    tau = s["kendall_tau"].get("left_out_open")
    said = [
        f"Closed or open is right for {s['closure_right']} of {len(s['media'])} media with the medium left out"
        + (f"; wrong: {', '.join(wrong)}" if wrong else "")
        + "."
    ]
    if tau is not None:
        said.append(
            f"The order of the open surfaces with the medium left out has Kendall's tau {tau:+.2f} with the reported one "
            f"(1 is the same order); the ratio's median factor is {s['median_factor']:.2f}."
        )
    out["Surfaces"] = said
    return out


def markdown(data: Mapping[str, Any]) -> str:
    """The page in the documentation, from what ``percola reproduce`` found."""
    c = data["calibration"]
    lines = [
        "# Where it does not fit",
        "",
        "Predictions of the patent's specimens, each made without its own results, against what is reported: where they part, and",
        "what may be behind it. Every number comes from one run of `percola reproduce`; this page is written by",
        "`python -m percola.design.patent.misfit REPRODUCTION.json PAGE.md` and is not edited by hand.",
        "",
        f"Calibration `{c['id']}` ({c['name'] or 'without a name'}) on {len(c['specimens'])} specimens, Percola {data['version']}, "
        f"{data['made'][:10]}."
        + ("" if c["converged"] else " Its chains do not agree yet: the numbers are provisional."),
        "",
        "| Quantity | Specimens | Median factor (aim) | 90th percentile | Coverage of 90 % | Ridge: median | Ridge: 90th | Gel left out |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for q, s in data["summary"].items():
        a, r, g = s["percola"], s["ridge"], s["percola_gel_left_out"]
        if not a["n"]:
            continue
        lines.append(
            f"| {_words(q)} | {a['n']} | {a['median_factor']:.3f} ({s['aim']:g}) | {a['p90_factor']:.2f} | "
            f"{100 * a['coverage']:.0f} % | {_number(r['median_factor'], '.3f')} | {_number(r['p90_factor'], '.2f')} | "
            f"{_number(g['median_factor'], '.3f')} |"
        )
    for head, said in statements(data).items():
        lines += ["", f"## {head}", ""]
        lines += [f"- {_escaped(s)}" for s in said]
    return "\n".join([*lines, ""])


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _escaped(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return text.replace("*", r"\*").replace("_", r"\_").replace("<", "&lt;")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page from a reproduction's JSON file."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if len(given) != 2:
        print("usage: python -m percola.design.patent.misfit REPRODUCTION.json PAGE.md", file=sys.stderr)
        return 2
    data = json.loads(Path(given[0]).read_text(encoding="utf-8"))
    Path(given[1]).write_text(markdown(data), encoding="utf-8")
    return 0


__all__ = [
    "audit_findings",
    "contradictions",
    "groups",
    "groups_of",
    "learned",
    "markdown",
    "misfit",
    "physics",
    "residuals",
    "statements",
    "unstated",
    "wrong_classes",
]

if __name__ == "__main__":
    raise SystemExit(main())
