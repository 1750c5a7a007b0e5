"""``percola judge``, ``percola window`` and ``percola audit``: what they ask the pipeline, and what a person is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from percola.cli.output import console
from percola.cli.summary import MARKS, value_in_words


def judge(sources: Sequence[str], out: Path | None) -> dict[str, Any]:
    """Judge one membrane, its process, or both."""
    from percola.pipeline.judging import judge_sources

    judgement, result = judge_sources(sources, out=out)
    return {
        "result": str(result.path),
        "report": str(result.path / "report.html"),
        **judgement.to_dict(),
        "verdicts": [v.to_dict() for v in judgement.verdicts],
    }


def show_judgement(answer: Mapping[str, Any]) -> None:
    """The verdicts for a person; conditions, margins and ranges stand in the report."""
    from rich.table import Table

    from percola.report.numbers import label

    out = console()
    table = Table("Question", "Verdict", "Why", box=None, pad_edge=False)
    for group in ("definitions", "claims", "uses"):
        for v in answer[group]:
            words = v["words"].split(". Read as ")[0]  # the other reading is told below
            table.add_row(v["title"], MARKS.get(v["status"], v["status"]), words)
    out.print(table)
    for v in (*answer["definitions"], *answer["claims"], *answer["uses"]):
        for r in v["readings"]:
            if r["status"] is not None and r["status"] != v["status"]:
                said = MARKS.get(r["status"], r["status"])
                out.print(
                    f"{v['title']}: {said} in the other reading of {r['place']}: {r['words']}", soft_wrap=True
                )
    outside = [v for v in answer["preferred"] if v["status"] == "FAIL"]
    inside = sum(v["status"] == "PASS" for v in answer["preferred"])
    out.print(
        f"\nPreferred ranges: {inside} met, {len(outside)} not met"
        + (f" ({'; '.join(v['title'] for v in outside)})" if outside else "")
        + f", {len(answer['preferred']) - inside - len(outside)} open or not applicable.",
        soft_wrap=True,
    )
    if answer["missing"]:
        out.print("\nMissing to decide:")
        for m in answer["missing"]:
            out.print(f"  {label(m['name'])}: {m['how']}", soft_wrap=True)
    out.print(f"\n{answer['disclaimer']}", soft_wrap=True)
    out.print(f"Report: {answer['report']}", soft_wrap=True)


def window(sources: Sequence[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """T_l and T_u of a sweep."""
    from percola.cli.lab import read_options
    from percola.cli.measure import quantity
    from percola.pipeline.windows import windows_of

    answer = windows_of(
        sources,
        read_options(given),
        porosity_error=quantity(given.get("porosity_error"), "fraction", "--porosity-error"),
        extension_error=quantity(given.get("extension_error"), "strain", "--extension-error"),
        polymer_fraction=quantity(given.get("polymer_fraction"), "amount", "--polymer-fraction"),
        seed=int(given.get("seed") or 0),
        out=given.get("out"),
    )
    verdict = next(v for v in answer.judgement.definitions if v.key == "definition_B")
    return {
        "result": str(answer.result.path),
        "report": str(answer.result.path / "report.html"),
        "windows": [
            {
                "label": w.sweep.label,
                "polymer_fraction": w.sweep.polymer_fraction,
                "lower_K": w.lower.value_K,
                "lower_uncertainty_K": w.lower.uncertainty_K,
                "upper_K": w.upper.value_K,
                "upper_uncertainty_K": w.upper.uncertainty_K,
                "upper_as_printed_in_claim_8_K": w.upper_as_printed.value_K,
                "width_K": w.width_K,
                "probability_positive": w.probability,
                "preferred_K": None if w.preferred_K is None else list(w.preferred_K),
            }
            for w in answer.windows
        ],
        "measurements": [m.to_dict() for m in answer.result.measurements],
        "verdicts": [verdict.to_dict()],
    }


def show_window(answer: Mapping[str, Any]) -> None:
    """The limits for a person, with what to know of them."""
    out = console()
    said: list[str] = []
    for w in answer["windows"]:
        head = ", ".join(
            filter(
                None, [w["label"], f"{100 * w['polymer_fraction']:.3g} wt%" if w["polymer_fraction"] else ""]
            )
        )
        if head:
            out.print(head, soft_wrap=True)
    for m in answer["measurements"]:
        shown = value_in_words(m)
        name = {
            "lower_dissolution_limit": "T_l",
            "upper_dissolution_limit": "T_u",
            "window_width": "T_u - T_l",
        }[m["name"]]
        why = f": {m['reason']}" if m["value"] is None else ""
        out.print(f"  {name:<9}  {shown}{why}", soft_wrap=True)
        said += [c["message"] for c in m["checks"] if c["status"] != "pass"]
    for w in answer["windows"]:
        if w["preferred_K"]:
            a, b = (v - 273.15 for v in w["preferred_K"])
            out.print(f"  preferred  {a:.4g} to {b:.4g} °C (para. 66)")
        if w["probability_positive"] is not None:
            out.print(f"  T_u above T_l with a probability of {100 * w['probability_positive']:.3g} %")
    for words in dict.fromkeys(said):
        out.print(f"Check: {words}", soft_wrap=True)
    v = answer["verdicts"][0]
    out.print(f"\n{v['title']} - {MARKS.get(v['status'], v['status'])}: {v['words']}", soft_wrap=True)
    out.print(f"Report: {answer['report']}", soft_wrap=True)


def audit(file: Path | None, out: Path | None) -> dict[str, Any]:
    """Audit the patent's specimens, or those of a table."""
    from percola.pipeline.auditing import audit_specimens

    if file is not None and str(file).lower().rstrip(":") in ("patent", "ep1063256") and not file.exists():
        file = None
    found, result = audit_specimens(file, out=out)
    return {
        "source": "EP 1063256" if file is None else str(file),
        "result": str(result.path),
        "report": str(result.path / "report.html"),
        **found.to_dict(),
    }


def show_audit(answer: Mapping[str, Any]) -> None:
    """The findings for a person, gravest first."""
    out = console()
    for grade, count in answer["counts"].items():
        if not count:
            continue
        out.print(f"{grade.capitalize()}: {count}", style="bold")
        for f in answer["findings"]:
            if f["grade"] != grade:
                continue
            who = ", ".join(f["specimens"][:4]) + (" ..." if len(f["specimens"]) > 4 else "")
            where = f" (para. {', '.join(f['paragraphs'])})" if 0 < len(f["paragraphs"]) <= 6 else ""
            out.print(f"  {who or 'source'}: {f['words']}{where}", soft_wrap=True)
    if not answer["findings"]:
        out.print("Nothing found.")
    judged = len(answer["ran"])
    words = f"\n{len(answer['findings'])} findings on {answer['specimens']} specimens by {judged} rules"
    if answer["not_run"]:
        words += f"; {len(answer['not_run'])} rules lacked what they need"
    out.print(words + ".", soft_wrap=True)
    if answer["unread_columns"]:
        out.print(f"Columns not known and not read: {', '.join(answer['unread_columns'])}", soft_wrap=True)
    out.print(f"Report: {answer['report']}", soft_wrap=True)
