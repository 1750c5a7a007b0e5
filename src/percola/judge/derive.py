"""Measurements that follow from others: temperatures against the window, the cloud point and the melting points.

Every difference is positive on the side that the patent asks for. Uncertainties add in quadrature; one that is not known
on either side counts as nought, and where neither is known there is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from percola.measurement import Check, Measurement

#: Regions in which the melting temperature of the solution may stand; a run and a DSC trace of one specimen name none.
SOLUTION = ("solution", "")
#: Kinds of structure that an observer names with a void that leads through, and without.
_CLOSED_STRUCTURES = ("non_porous",)
#: A ratio of pore sizes this many standard deviations below 1 is at fault: the largest pore is no smaller than the average.
SIGMAS_BELOW_ONE = 2.0
#: Concentrations of a sweep and of a recipe count as the same within this; the patent prints wt% with one decimal.
SAME_CONCENTRATION = 0.005

# name, of what, minus what (name and regions), in words
_DIFFERENCES: tuple[tuple[str, tuple[str, tuple[str, ...]], tuple[str, tuple[str, ...]], str], ...] = (
    (
        "window_width",
        ("upper_dissolution_limit", ()),
        ("lower_dissolution_limit", ()),
        "T_u - T_l, EP 1063256 para. 19",
    ),
    (
        "window_width_as_printed",
        ("upper_dissolution_limit_as_printed", ()),
        ("lower_dissolution_limit", ()),
        "T_u - T_l, T_u as claims 8 and 9 of EP 1063256 print it",
    ),
    (
        "dissolution_above_lower_limit",
        ("dissolution_temperature", ()),
        ("lower_dissolution_limit", ()),
        "T_s - T_l, EP 1063256 claim 5 (C)",
    ),
    (
        "dissolution_below_upper_limit",
        ("upper_dissolution_limit", ()),
        ("dissolution_temperature", ()),
        "T_u - T_s, EP 1063256 claim 5 (C)",
    ),
    (
        "dissolution_below_upper_limit_as_printed",
        ("upper_dissolution_limit_as_printed", ()),
        ("dissolution_temperature", ()),
        "T_u - T_s, T_u as claims 8 and 9 of EP 1063256 print it",
    ),
    (
        "extrusion_above_lower_limit",
        ("extrusion_temperature", ()),
        ("lower_dissolution_limit", ()),
        "extrusion temperature - T_l, EP 1063256 para. 71",
    ),
    (
        "extrusion_below_upper_limit",
        ("upper_dissolution_limit", ()),
        ("extrusion_temperature", ()),
        "T_u - extrusion temperature, EP 1063256 para. 71",
    ),
    (
        "dissolution_above_cloud_point",
        ("dissolution_temperature", ()),
        ("cloud_point_temperature", ()),
        "T_s - cloud point, EP 1063256 claim 11, para. 70",
    ),
    (
        "extrusion_above_cloud_point",
        ("extrusion_temperature", ()),
        ("cloud_point_temperature", ()),
        "extrusion temperature - cloud point, EP 1063256 para. 71",
    ),
    (
        "cooling_below_melting",
        ("melting_temperature", SOLUTION),
        ("cooling_temperature", ()),
        "T_m of the polymer in the solution - cooling temperature, EP 1063256 para. 76",
    ),
    (
        "melting_point_lowering",
        ("melting_temperature", ("polymer",)),
        ("melting_temperature", ("mixture_30_70",)),
        "T_m100 - T_m30, EP 1063256 para. 78",
    ),
    (
        "heat_treatment_below_melting",
        ("melting_temperature", ("polymer",)),
        ("heat_treatment_temperature", ()),
        "T_m - heat-treatment temperature, EP 1063256 para. 84",
    ),
)


def _find(known: Sequence[Measurement], name: str, regions: Sequence[str] = ()) -> Measurement | None:
    """The measurement of that name: of the first of the regions that is there, or the first of any region."""
    found = [m for m in known if m.name == name]
    if not regions:
        return found[0] if found else None
    return next((m for region in regions for m in found if m.region == region), None)


def derive(measurements: Iterable[Measurement]) -> tuple[Measurement, ...]:
    """The measurements that follow from those given and are not among them.

    Differences of temperatures [K] as the claims and paragraphs ask for them; ``pore_size_ratio`` from maximum and average
    pore size; T_u as claims 8 and 9 print it, where the analysis of the window tells it; ``observed_structure`` (the word of an observer, where ``structure_class`` was not computed from measurements);
    ``observed_reach_through`` ("open", "closed") from the water permeability, the half-dry pore size, the structure and the
    surface; ``two_phase_gel`` ("formed", "not_formed") where the bath is known to take no solvent and something flows
    through, or where it takes the solvent.

    Args:
        measurements: measurements and facts together; those of `percola.recipe.process_facts` among them.

    Validity: the temperatures are compared as they stand. Where the window is that of another polymer concentration than the
        recipe's, a check says so (the window moves with it, paragraph 61).

    Limitations: uncertainties are taken as independent; draws of the window in which a limit does not exist are left out. A derived value carries the failed checks of its parts.
    Reference: EP 1063256, paragraphs 19, 61, 66, 70, 71, 76, 78, 84.
    """
    known = list(checked(measurements))
    out: list[Measurement] = []
    printed = _upper_as_printed(known)
    if printed is not None:
        known.append(printed)
        out.append(printed)
    have = {m.name for m in known}
    for name, first, second, method in _DIFFERENCES:
        a, b = _find(known, *first), _find(known, *second)
        if name in have or a is None or b is None:
            continue
        if a.evidence.get("not_stated") or b.evidence.get("not_stated"):
            continue
        out.append(_difference(name, a, b, method, known))
    makers: dict[str, Callable[[Sequence[Measurement]], Measurement | None]] = {
        "pore_size_ratio": _ratio,
        "observed_structure": _observed_structure,
        "observed_reach_through": _observed_reach_through,
        "window_polymer_weight_fraction": _window_concentration,
    }
    for name, maker in makers.items():
        if name not in have:
            made = maker(known)
            if made is not None:
                out.append(made)
    if "two_phase_gel" not in have:
        gel = _two_phase_gel([*known, *out])
        if gel is not None:
            out.append(gel)
    return tuple(out)


def checked(measurements: Iterable[Measurement]) -> tuple[Measurement, ...]:
    """The measurements; a ratio of maximum to average pore size that cannot be gets a failed check.

    That is one below 1 by more than two standard deviations, or with its whole interval of printed digits; and one whose
    maximum and average pore size, of the same region, contradict it in the same way. A lower bound may be below 1.
    Reference: EP 1063256, paragraph 16; ASTM F316 (half of the flow cannot pass before the first bubble).
    """
    known = tuple(measurements)

    def pores(name: str, region: str) -> Measurement | None:
        found = [m for m in known if m.name == name and m.region == region]
        return found[0] if found and found[0].defined and not isinstance(found[0].value, str) else None

    out = []
    for m in known:
        if m.name == "pore_size_ratio" and m.defined and not isinstance(m.value, str) and not _invalid(m):
            wrong = _below_one(m)
            largest, average = pores("maximum_pore_size", m.region), pores("average_pore_size", m.region)
            if wrong is None and largest is not None and average is not None and average.value:
                wrong = _below_one(_quotient(largest, average))
            if wrong is not None:
                m = replace(m, checks=(*m.checks, wrong))
        out.append(m)
    return tuple(out)


def _below_one(ratio: Measurement) -> Check | None:
    """The failed check of a ratio that is certainly below 1, or None."""
    if ratio.evidence.get("lower_bound") or _invalid(ratio):
        return None
    value, sigma = float(ratio.value or 0.0), ratio.uncertainty
    known = sigma is not None and math.isfinite(sigma) and sigma > 0
    highest = value + SIGMAS_BELOW_ONE * float(sigma or 0.0) if known else max(value, _between(ratio)[1])
    # What binary fractions leave of 0.15/0.15 must not decide.
    if highest >= 1.0 - 1e-9:
        return None
    good = f" ± {sigma:.2g}" if known else f", at most {highest:.3g} by its digits" if highest > value else ""
    words = (
        f"maximum over average pore size is {value:.3g}{good}: the largest pore cannot be below the average"
    )
    return Check("at least 1", "fail", words)


def _parts(*used: Measurement) -> dict[str, Any]:
    return {
        "of": [
            {"name": m.name, "region": m.region, "value": m.value if m.defined else None, "unit": m.unit}
            for m in used
        ]
    }


def _carried(*used: Measurement) -> tuple[Check, ...]:
    return tuple(check for m in used for check in m.checks if check.status != "pass")


def _invalid(m: Measurement) -> bool:
    return any(check.status == "fail" for check in m.checks)


def _undefined(name: str, unit: str, method: str, parts: Sequence[Measurement]) -> Measurement | None:
    bad = next((m for m in parts if not m.defined or isinstance(m.value, str)), None)
    if bad is None:
        return None
    why = bad.reason or f"{bad.name} has no value"
    return Measurement(name, None, unit, method=method, evidence=_parts(*parts), reason=why)


def _difference(
    name: str, a: Measurement, b: Measurement, method: str, known: Sequence[Measurement]
) -> Measurement:
    undefined = _undefined(name, "K", method, (a, b))
    if undefined is not None:
        return undefined
    sigmas = [m.uncertainty for m in (a, b) if m.uncertainty is not None and math.isfinite(m.uncertainty)]
    checks = _carried(a, b)
    if "limit" in name:
        checks += _concentration_check(a if "limit" in a.name else b, known)
    evidence = _parts(a, b)
    for one, other, sign in ((a, b, 1.0), (b, a, -1.0)):
        # A limit of the window is one of a few steps; so is its distance from a temperature that is no such limit.
        steps = one.evidence.get("candidates")
        limits = "dissolution_limit" in one.name and "dissolution_limit" not in other.name
        if steps and limits and one.uncertainty is not None:
            evidence["value_probabilities"] = [
                [round(sign * (float(v) - float(other.value)), 9), float(p)]  # type: ignore[arg-type]
                for v, p in steps
            ]
            evidence["value_uncertainty"] = other.uncertainty
    # Nine decimals: what binary fractions leave of a tenth of a degree must not decide "at least".
    value = round(float(a.value) - float(b.value), 9)  # type: ignore[arg-type]
    return Measurement(
        name,
        value,
        "K",
        math.hypot(*sigmas) if sigmas else None,
        method,
        "process" if "window" not in name else "",
        checks,
        evidence,
        ("ep1063256",),
    )


def _upper_as_printed(known: Sequence[Measurement]) -> Measurement | None:
    """T_u as claims 8 and 9 print it, where the analysis of the window says it in the evidence of T_u."""
    name, key = "upper_dissolution_limit_as_printed", "as_printed_in_claim_8"
    limit = _find(known, "upper_dissolution_limit")
    if limit is None or _find(known, name) is not None or f"{key}_K" not in limit.evidence:
        return None
    value = limit.evidence[f"{key}_K"]
    sigma, steps = limit.evidence.get(f"{key}_uncertainty_K"), limit.evidence.get(f"{key}_candidates")
    checks: tuple[Check, ...] = ()
    if value is not None and sigma is None:
        words = "how well this limit is known is not: its value decides"
        checks = (Check("uncertainty of the limit as printed", "warn", words),)
    return Measurement(
        name,
        None if value is None else float(value),
        "K",
        None if value is None or sigma is None else float(sigma),
        method="EP 1063256 claims 8 and 9 (B), as printed: where the breaking extension rises most",
        checks=checks,
        evidence={"candidates": steps} if value is not None and steps else {},
        reason="the breaking extension rises nowhere" if value is None else "",
        citations=("ep1063256",),
    )


def _window_concentration(known: Sequence[Measurement]) -> Measurement | None:
    """The concentration of the sweep, where the analysis of the window says it in its evidence."""
    for name in ("lower_dissolution_limit", "upper_dissolution_limit"):
        limit = _find(known, name)
        of = None if limit is None else limit.evidence.get("polymer_fraction")
        if isinstance(of, int | float) and not isinstance(of, bool):
            return Measurement(
                "window_polymer_weight_fraction", float(of), "1", method="as written with the sweep"
            )
    return None


def _concentration_check(limit: Measurement, known: Sequence[Measurement]) -> tuple[Check, ...]:
    swept = _find(known, "window_polymer_weight_fraction") or _window_concentration([limit])
    own = _find(known, "polymer_weight_fraction")
    if swept is None or own is None or not (swept.defined and own.defined):
        return ()
    if abs(float(swept.value) - float(own.value)) <= SAME_CONCENTRATION:  # type: ignore[arg-type]
        return ()
    return (
        Check(
            "concentration of the sweep",
            "warn",
            f"the window is of {100 * float(swept.value):.4g} wt% polymer, the solution of "  # type: ignore[arg-type]
            f"{100 * float(own.value):.4g} wt%: it moves with the concentration (para. 61)",  # type: ignore[arg-type]
        ),
    )


def _ratio(known: Sequence[Measurement]) -> Measurement | None:
    """Maximum over average pore size, of the same region where both are there; with the interval of printed digits."""
    averages = [m for m in known if m.name == "average_pore_size"]
    maxima = [m for m in known if m.name == "maximum_pore_size"]
    if not averages or not maxima:
        return None
    pairs = [(a, b) for a in maxima for b in averages if a.region == b.region] or [(maxima[0], averages[0])]
    largest, average = pairs[0]
    method = "EP 1063256 para. 16: maximum (bubble point) over average (half-dry) pore size"
    undefined = _undefined("pore_size_ratio", "1", method, (largest, average))
    if undefined is not None:
        return undefined
    if float(average.value) <= 0:  # type: ignore[arg-type]
        reason = "the average pore size is not positive"
        return Measurement("pore_size_ratio", None, "1", method=method, reason=reason)
    made = _quotient(largest, average)
    made = replace(made, method=method, checks=(*_carried(largest, average), *made.checks))
    wrong = _below_one(made)
    return made if wrong is None else replace(made, checks=(*made.checks, wrong))


def _quotient(largest: Measurement, average: Measurement) -> Measurement:
    """Maximum over average pore size, with its uncertainty, or with the interval of the digits, and as the bound that it is."""
    top, bottom = float(largest.value or 0.0), float(average.value or 0.0)
    value = top / bottom
    evidence = _parts(largest, average)
    relative = [m.uncertainty / float(m.value) for m in (largest, average) if m.uncertainty and m.value]
    if not relative:
        high, low = _between(largest), _between(average)
        if high[0] < high[1] or low[0] < low[1]:
            evidence["interval"] = [high[0] / low[1], high[1] / low[0] if low[0] > 0 else math.inf]
    # A bound of the maximum bounds the ratio on the same side, one of the average on the other.
    for m, same in ((largest, True), (average, False)):
        for kind, other in (("lower_bound", "upper_bound"), ("upper_bound", "lower_bound")):
            if m.evidence.get(kind):
                evidence[kind if same else other] = f"{m.name.replace('_', ' ')}: {m.evidence[kind]}"
    checks: tuple[Check, ...] = ()
    if "lower_bound" in evidence and "upper_bound" in evidence:
        checks = (Check("bounds", "fail", "both pore sizes are bounds, which leave their ratio open"),)
        del evidence["lower_bound"], evidence["upper_bound"]
    return Measurement(
        "pore_size_ratio",
        value,
        "1",
        value * math.hypot(*relative) if relative else None,
        region=largest.region,
        checks=checks,
        evidence=evidence,
        citations=("ep1063256", "astmf316"),
    )


def _between(m: Measurement) -> tuple[float, float]:
    """The interval of a value: its own, or that of the digits it was printed with, or the value itself."""
    for key in ("interval", "printed_interval"):
        found = m.evidence.get(key)
        if isinstance(found, list | tuple) and len(found) == 2:
            return float(found[0]), float(found[1])
    return float(m.value or 0.0), float(m.value or 0.0)


def _observed_structure(known: Sequence[Measurement]) -> Measurement | None:
    found = _find(known, "structure_class")
    if found is None or not isinstance(found.value, str) or found.value == "undecided":
        return None
    if (
        "reasons" in found.evidence
    ):  # computed by `structure_class` from numbers, which then decide themselves
        return None
    return Measurement(
        "observed_structure",
        found.value,
        "",
        method=found.method,
        region=found.region,
        checks=_carried(found),
        evidence={k: v for k, v in found.evidence.items() if k in ("stated", "note")},
        citations=found.citations,
    )


def _observed_reach_through(known: Sequence[Measurement]) -> Measurement | None:
    """Whether anything flows through: what is seen not to flow decides before what is said of the structure."""
    flux, pores = _find(known, "water_permeability"), _find(known, "average_pore_size")
    ratio = _find(known, "pore_size_ratio")
    surface, structure = _find(known, "surface_structure"), _find(known, "structure_class")
    computed = structure is not None and "reasons" in structure.evidence

    def made(word: str, why: str, *used: Measurement) -> Measurement:
        return Measurement(
            "observed_reach_through", word, "", evidence={"stated": why, "why": why, **_parts(*used)}
        )

    if flux is not None and flux.defined and not isinstance(flux.value, str) and not _invalid(flux):
        if float(flux.value) <= 0:  # type: ignore[arg-type]
            return made("closed", "no water flows through", flux)
        return made("open", "water flows through", flux)
    if surface is not None and surface.value == "non_porous":
        return made("closed", "a surface is called non-porous", surface)
    if structure is not None and not computed and structure.value in _CLOSED_STRUCTURES:
        return made("closed", "the structure is called non-porous", structure)
    for m in (pores, ratio):
        # A pore size by the half-dry method is measured by the gas that flows through; not after a skin was taken off.
        if m is not None and m.defined and not _invalid(m) and not m.evidence.get("skin_removed"):
            return made("open", "the half-dry method has a flow of gas through the membrane", m)
    if surface is None or structure is None or computed:
        return None
    if surface.value == "porous" and structure.value == "percolation":
        why = "the inside is called a percolation structure and the surface porous"
        return made("open", why, structure, surface)
    return None


def _two_phase_gel(known: Sequence[Measurement]) -> Measurement | None:
    """A membrane with voids that lead through, cooled without losing its solvent, had two phases as a gel."""
    kept = _find(known, "solvent_kept")
    if kept is None or not kept.defined:
        return None
    why = "EP 1063256 paras. 26, 27, 38"
    if kept.value == "stripped":
        words = "the bath takes the solvent out: no gel with its solvent forms (paras. 27, 63, 75)"
        return Measurement(
            "two_phase_gel",
            "not_formed",
            "",
            method=why,
            region="process",
            evidence={"why": words, "stated": words, **_parts(kept)},
        )
    through = _find(known, "through_porosity")
    seen = _find(known, "observed_reach_through")
    open_number = (
        through is not None
        and through.defined
        and not isinstance(through.value, str)
        and float(through.value) > 0  # type: ignore[arg-type]
        and not _invalid(through)
    )
    if kept.value == "kept" and (open_number or (seen is not None and seen.value == "open")):
        used = through if open_number else seen
        assert used is not None
        words = "the bath takes no solvent, and the lean phase has left voids that lead through"
        return Measurement(
            "two_phase_gel",
            "formed",
            "",
            method=why,
            region="process",
            evidence={"stated": words, **_parts(kept, used)},
        )
    return None
