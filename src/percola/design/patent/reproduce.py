"""The patent as Percola sees it: every specimen predicted without its own results, beside what is reported and beside a ridge.

Nothing here shows a specimen as predicted that the numbers were calibrated on: known ones come out of leave-one-out (and, harder,
with every specimen of the same gel left out), reserved ones from the whole posterior as new batches. The result is plain data in
SI; :mod:`percola.report.reproduce` makes the page.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from percola._version import __version__
from percola.design.foretold.predict import UNITS, predict_features
from percola.design.patent import ridge
from percola.design.posterior.calibration import Calibration
from percola.design.posterior.conditional import Sampled, Target, sample_many
from percola.design.posterior.inference import features_table
from percola.design.posterior.leave_out import (
    LeftOut,
    class_probabilities,
    leave_one_out,
    to_si,
    weighted_quantiles,
)
from percola.design.posterior.observations import features_once, transformed
from percola.design.posterior.pareto import RELIABLE, smoothed
from percola.design.reduced.chain import QUANTITIES
from percola.design.reduced.features import Features, joined
from percola.design.reduced.nearness import square_distance
from percola.errors import InputError
from percola.recipe import specimens as patent_specimens

FloatArray = npt.NDArray[np.float64]
Progress = Callable[[str, float], None]

FORMAT = 1
LEVELS = (0.05, 0.5, 0.95)
AIMS: Mapping[str, float] = {
    "porosity": 1.05,
    "average_pore_size": 1.20,
    "maximum_pore_size": 1.25,
    "water_permeability": 1.4,
    "breaking_strength": 1.15,
    "breaking_extension": 1.2,
}
"""Median factors that the developers aim at in leave-one-out."""
COVERAGE_AIM = (0.80, 0.98)


@dataclass(frozen=True)
class Foretold:
    """One specimen without itself, or without its whole gel.

    Attributes:
        median, low, high: of each quantity's reading [SI], 90 % interval, shape (6,).
        sd: standard deviation on the transformed scale, shape (6,).
        probabilities: of the structure classes, its own class forgotten too.
        k: shape of the tail of the weights; NaN where the posterior was sampled without it.
    """

    median: FloatArray
    low: FloatArray
    high: FloatArray
    sd: FloatArray
    probabilities: Mapping[str, float]
    k: float


def without(
    calibration: Calibration, index: Sequence[int], targets: Sequence[int], seed: int
) -> list[Foretold]:
    """The specimens ``targets`` with all readings and classes of ``index`` forgotten, by reweighting draws.

    Weights 1/p(readings and classes left out | the rest), smoothed; k above :data:`RELIABLE` says that they cannot be trusted.
    """
    o, p = calibration.observations, calibration.problem
    square = square_distance(o.features, o.features)
    mine = np.isin(p.specimen, list(index))
    table = o.features.take(list(targets))
    target = Target(
        features_table(table), jnp.asarray(square[list(targets)]), jnp.zeros((len(targets), len(o)))
    )
    s = sample_many(p, calibration.thinned, target, seed, mine, np.isin(np.arange(len(o)), list(index)))
    log = -np.asarray(s.ln_evidence)
    if np.ptp(log) > 1e-9:
        weights, k = smoothed(log)
    else:
        weights, k = np.full(log.size, 1.0 / log.size), -np.inf
    return [_foretold(s, weights, j, k) for j in range(len(targets))]


def _foretold(s: Sampled, weights: FloatArray, j: int, k: float) -> Foretold:
    reading = np.asarray(s.reading)[:, j]
    low, median, high = (to_si(x) for x in weighted_quantiles(reading, weights, LEVELS))
    mean = np.sum(weights[:, None] * reading, axis=0)
    sd = np.sqrt(np.sum(weights[:, None] * (reading - mean) ** 2, axis=0))
    return Foretold(median, low, high, sd, class_probabilities(s, weights, j), float(k))


def foretell_known(
    calibration: Calibration, seed: int = 0, progress: Progress | None = None
) -> tuple[list[Foretold], list[Foretold], tuple[str, ...]]:
    """(each specimen without itself, each without its gel, notes).

    Readings are those of ``calibration.left_out`` where it has them; the class is forgotten as well as the readings.
    """
    o = calibration.observations
    notes: list[str] = []
    kept: Sequence[LeftOut] = calibration.left_out
    if not kept:
        notes.append(
            "This calibration holds no leave-one-out: it was made here by reweighting the posterior's draws, without "
            f"sampling anew where the weights cannot be trusted (k above {RELIABLE:g})."
        )
        kept = leave_one_out(o, calibration.problem, calibration.thinned, seed)
    by_name = {x.name: x for x in kept}
    alone: list[Foretold] = []
    gels: dict[int, list[int]] = {}
    for i in range(len(o)):
        gels.setdefault(int(o.cluster[i]), []).append(i)
    for i, name in enumerate(o.names):
        if progress is not None:
            progress(f"{name} from the others", 0.6 * i / len(o))
        x = by_name[name]
        alone.append(Foretold(x.median, x.low, x.high, x.ln_sd, x.probabilities, x.k))
    by_gel: dict[int, Foretold] = {}
    for n, members in enumerate(gels.values()):
        if progress is not None:
            progress("gels from the others", 0.6 + 0.4 * n / len(gels))
        if len(members) == 1:
            by_gel[members[0]] = alone[members[0]]
            continue
        by_gel |= dict(zip(members, without(calibration, members, members, seed + 1000 + n), strict=True))
    doubtful = [o.names[i] for i, a in enumerate(alone) if a.k > RELIABLE]
    if doubtful:
        notes.append(
            f"Weights that cannot be trusted (k above {RELIABLE:g}): {', '.join(doubtful)}; their draws still lean towards "
            "the specimen left out."
        )
    return alone, [by_gel[i] for i in range(len(o))], tuple(notes)


# --- rows ----------------------------------------------------------------------------------------------------------------------


def reported_number(name: str, quantity: str) -> tuple[float, str, str] | None:
    """(value [SI], as printed, relation) of a specimen of the patent; None where it is reserved or not reported."""
    v = patent_specimens.reported(name).value(quantity)
    return None if v is None or isinstance(v.value, str) else (float(v.value), v.text, v.relation)


def comparable(found: tuple[float, str, str] | None) -> bool:
    """Whether a reported number is one that a prediction can be divided by."""
    return found is not None and found[2] == "=" and found[0] > 0.0


def factor(a: float, b: float) -> float:
    """exp(|ln a/b|)."""
    return float(np.exp(abs(np.log(a / b))))


def _reading(median: float, low: float, high: float, unit: str) -> dict[str, Any]:
    return {"unit": unit, "median": float(median), "low": float(low), "high": float(high)}


def _beside(row: dict[str, Any], found: tuple[float, str, str] | None) -> dict[str, Any]:
    """A prediction with what is reported, where something is."""
    if found is None:
        return row | {"reported": None}
    value, text, relation = found
    row = row | {"reported": value, "text": text, "relation": relation}
    if comparable(found):
        row |= {"inside": bool(row["low"] <= value <= row["high"]), "factor": factor(row["median"], value)}
    return row


def _class(probabilities: Mapping[str, float], reported: str | None) -> dict[str, Any]:
    best = max(probabilities, key=lambda k: probabilities[k])
    out: dict[str, Any] = {
        "probabilities": {k: float(v) for k, v in probabilities.items()},
        "predicted": best,
        "reported": reported,
    }
    if reported is not None:
        out |= {"right": best == reported, "probability_of_reported": float(probabilities.get(reported, 0.0))}
    return out


def _identity(name: str, f: Features, i: int) -> dict[str, Any]:
    s = patent_specimens.find(name)
    return {
        "id": s.id,
        "example": s.example,
        "paragraph": s.paragraph,
        "summary": s.summary,
        "solvent": f.solvents[f.solvent[i]],
        "extruded": bool(f.extruded[i]),
        "dissolution_K": float(f.dissolution_K[i]),
        "residual_strain": float(f.residual_strain[i]),
        "resin": float(f.resin[i]),
    }


def reserved_table(calibration: Calibration) -> tuple[Features | None, tuple[str, ...]]:
    """Features of the patent's specimens that the calibration does not hold, and their names."""
    known = set(calibration.observations.names)
    names = [s.id for s in patent_specimens.list() if s.id not in known]
    if not names:
        return None, ()
    return joined([features_once(patent_specimens.load(n)[0], n, f"patent:{n}") for n in names]), tuple(names)


def specimens(
    calibration: Calibration, seed: int = 0, progress: Progress | None = None
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """A row for each of the 40 specimens, in the patent's order, and notes on how they were made."""

    def part(low: float, high: float) -> Progress | None:
        if progress is None:
            return None
        tell = progress
        return lambda words, share: tell(words, low + (high - low) * share)

    o, f = calibration.observations, calibration.observations.features
    index = [i for i, n in enumerate(o.names) if patent_specimens.is_specimen(f"patent:{n}") and _known(n)]
    if not index:
        raise InputError(
            "calibration", f"none of its {len(o)} specimens is the patent's", "a calibration that holds them"
        )
    alone, by_gel, notes = foretell_known(calibration, seed, part(0.0, 0.7))
    peers = {q: _peer(calibration, q) for q in QUANTITIES}
    distance = np.sqrt(square_distance(f, f))
    np.fill_diagonal(distance, np.inf)
    rows: dict[str, dict[str, Any]] = {}
    for i in index:
        name = o.names[i]
        row = _identity(name, f, i)
        a, g = alone[i], by_gel[i]
        readings = {}
        for j, q in enumerate(QUANTITIES):
            found = reported_number(name, q)
            reading = _beside(_reading(a.median[j], a.low[j], a.high[j], UNITS[q]), found)
            if found is not None and comparable(found):
                mine = [k for k in np.flatnonzero(o.specimen == i) if o.quantity[k] == j]
                noise = float(np.hypot(o.digit_sd[mine[0]], o.stated_sd[mine[0]])) if mine else 0.0
                doubt = float(o.doubt[mine[0]]) if mine else 1.0
                residual = transformed(q, found[0]) - transformed(q, float(a.median[j]))
                reading |= {
                    "residual": residual,
                    "z": residual / float(np.hypot(a.sd[j], noise)),
                    "doubt": doubt,
                }
            reading["gel_left_out"] = _beside(_reading(g.median[j], g.low[j], g.high[j], UNITS[q]), found)
            peer = peers[q].get(i)
            reading["ridge"] = None if peer is None else _beside(peer[0].to_dict(), found)
            reading["ridge_gel_left_out"] = (
                None if peer is None or peer[1] is None else _beside(peer[1].to_dict(), found)
            )
            readings[q] = reading
        row |= {
            "status": "left out",
            "resampled": not np.isfinite(a.k) and not np.isneginf(a.k),
            "pareto_k": a.k if np.isfinite(a.k) else None,
            "gel": int(o.cluster[i]),
            "gel_size": int(np.sum(o.cluster == o.cluster[i])),
            "readings": readings,
            "class": _class(a.probabilities, o.classes[i]),
            "class_gel_left_out": _class(g.probabilities, o.classes[i]),
            "nearness": {
                "distance": float(distance[i].min()),
                "nearest": o.names[int(np.argmin(distance[i]))],
            },
        }
        rows[row["id"]] = row
    if progress is not None:
        progress("specimens whose results are reserved", 0.7)
    more, names = reserved_table(calibration)
    if more is not None:
        made = predict_features(more, calibration, seed)
        for i, (name, p) in enumerate(zip(names, made, strict=True)):
            reserved = patent_specimens.find(name).reserved
            readings = {}
            for q in (*QUANTITIES, "pore_size_ratio"):
                r = p.readings[q]
                found = None if reserved else reported_number(name, q)
                readings[q] = _beside(_reading(r.median, r.low, r.high, r.unit), found)
            kind = patent_specimens.reported(name).value("structure_class")
            rows[name] = _identity(name, more, i) | {
                "status": "reserved" if reserved else "not calibrated on",
                "readings": readings,
                "class": _class(p.classes, None if reserved or kind is None else str(kind.value)),
                "nearness": p.nearness.to_dict(),
                "notes": list(p.notes),
            }
    return [rows[s.id] for s in patent_specimens.list() if s.id in rows], notes


def _known(name: str) -> bool:
    try:
        return patent_specimens.find(name).id == name
    except InputError:
        return False


def _peer(
    calibration: Calibration, q: str
) -> dict[int, tuple[ridge.RidgePrediction, ridge.RidgePrediction | None]]:
    """Ridge predictions of one quantity by specimen: (left out alone, with its gel)."""
    o = calibration.observations
    pairs = [(i, reported_number(n, q)) for i, n in enumerate(o.names) if _known(n)]
    have = [(i, v[0]) for i, v in pairs if v is not None and comparable(v)]
    if not have:
        return {}
    index = np.array([i for i, _ in have], np.int64)
    value = np.array([v for _, v in have])
    alone = ridge.left_out(o.features, index, value)
    gel = ridge.left_out(o.features, index, value, o.cluster)
    return {int(i): (a, g) for i, a, g in zip(index, alone, gel, strict=True) if a is not None}


# --- summaries -----------------------------------------------------------------------------------------------------------------


def _score(cells: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    cells = [c for c in cells if c is not None and "factor" in c]
    if not cells:
        return {"n": 0, "median_factor": None, "p90_factor": None, "coverage": None}
    factors = np.array([c["factor"] for c in cells])
    return {
        "n": len(cells),
        "median_factor": float(np.median(factors)),
        "p90_factor": float(np.percentile(factors, 90)),
        "coverage": float(np.mean([c["inside"] for c in cells])),
    }


def _hindsight(rows: Sequence[Mapping[str, Any]], q: str, calibration: Calibration) -> dict[str, Any]:
    """The ridge with the one penalty whose median factor is least on the specimens tested: chosen on the test, so not a test."""
    names = calibration.observations.names
    have = [
        (names.index(r["id"]), r["readings"][q]["reported"]) for r in rows if "factor" in r["readings"][q]
    ]
    if len(have) <= ridge.FEWEST:
        return {"n": len(have), "median_factor": None, "p90_factor": None, "penalty": None}
    index, value = np.array([i for i, _ in have], np.int64), np.array([v for _, v in have])
    best: dict[str, Any] = {"n": len(have), "median_factor": np.inf, "p90_factor": None, "penalty": None}
    for penalty in ridge.PENALTIES:
        told = ridge.left_out(calibration.observations.features, index, value, penalties=(penalty,))
        factors = [factor(p.median, v) for p, v in zip(told, value, strict=True) if p is not None]
        if np.median(factors) < best["median_factor"]:
            best |= {
                "median_factor": float(np.median(factors)),
                "p90_factor": float(np.percentile(factors, 90)),
                "penalty": penalty,
            }
    return best


def summary(rows: Sequence[Mapping[str, Any]], calibration: Calibration) -> dict[str, Any]:
    """Median factor, 90th percentile and coverage by quantity: Percola and the ridge, one left out and the whole gel left out."""
    known = [r for r in rows if r["status"] == "left out"]
    out: dict[str, Any] = {}
    for q in QUANTITIES:
        cells = [r["readings"][q] for r in known]
        out[q] = {
            "aim": AIMS[q],
            "percola": _score(cells),
            "ridge": _score([c["ridge"] for c in cells]),
            "percola_gel_left_out": _score([c["gel_left_out"] for c in cells]),
            "ridge_gel_left_out": _score([c["ridge_gel_left_out"] for c in cells]),
            "ridge_in_hindsight": _hindsight(known, q, calibration),
        }
    return out


def classes(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many classes are right, and which are not."""
    out = {}
    for key, word in (("class", "left_out"), ("class_gel_left_out", "gel_left_out")):
        told = [r for r in rows if r["status"] == "left out" and r[key]["reported"] is not None]
        wrong = [
            {
                "id": r["id"],
                "reported": r[key]["reported"],
                "predicted": r[key]["predicted"],
                "probability_of_reported": r[key]["probability_of_reported"],
            }
            for r in told
            if not r[key]["right"]
        ]
        out[word] = {"of": len(told), "right": len(told) - len(wrong), "wrong": wrong}
    return out


# --- surfaces and supports -----------------------------------------------------------------------------------------------------


def surfaces() -> dict[str, Any]:
    """The nine media of paragraphs 99 to 101: reported ratio or closure beside leave-one-out, from the stored calibration."""
    from percola.design.surface import model as surface

    stored = surface.stored()
    rows = []
    for r in stored.media:
        left, closed = r["left_out"], r["reported"] == "closed"
        row = {
            "specimen": r["specimen"],
            "medium": r["medium"],
            "paragraph": r["paragraph"],
            "reported": r["reported"],
            "left_out": dict(left),
            "prior": dict(r["prior"]),
            "closure_right": (left["closed_probability"] > 0.5) == closed,
        }
        if not closed:
            row |= {
                "inside": left["low"] <= r["reported"] <= left["high"],
                "factor": factor(left["ratio"], r["reported"]),
            }
        rows.append(row)
    opened = [r for r in rows if "factor" in r]
    return {
        "media": rows,
        "kendall_tau": dict(stored.orders),
        "median_factor": float(np.median([r["factor"] for r in opened])),
        "coverage": float(np.mean([r["inside"] for r in opened])),
        "closure_right": sum(r["closure_right"] for r in rows),
    }


def supports(rows: Sequence[Mapping[str, Any]], draws: int = 65536) -> list[dict[str, Any]]:
    """Electrolyte supports: those measured, each from the other alone; those reserved from their predicted membrane."""
    from percola.design.foretold import support

    known = support.infer_support(draws=draws)
    out = []
    for s in known.specimens:
        m, prior = known.left_out(s.name), known.prior(s)
        low, high = m.evidence["interval_90"]
        found = (float(s.conductivity_S_m or 0.0), f"{(s.conductivity_S_m or 0.0) * 10:g} mS/cm", "=")
        row = _beside(_reading(_number(m), low, high, "S/m"), found)
        out.append(
            {"id": s.name, "status": "left out", "from": m.evidence["inferred_from"], "conductivity": row}
            | {"prior": _reading(_number(prior), *_ends(prior), "S/m")}
        )
    for r in rows:
        recipe, reported = patent_specimens.load(r["id"])
        if recipe.electrolyte is None or (reported is not None and not reported.reserved):
            continue
        out.append({"id": r["id"], "status": "reserved"} | _reserved_support(known, recipe, r))
    return out


def _ends(m: Any) -> tuple[float, float]:
    low, high = m.evidence["interval_90"]
    return float(low), float(high)


def _number(m: Any) -> float:
    return float(m.value) if isinstance(m.value, float | int) else float("nan")


def _reserved_support(known: Any, recipe: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """Conductivity of a support whose membrane is itself predicted: averaged over its porosity (five nodes of Gauss and Hermite)."""
    from percola.design.foretold import support

    p = row["readings"]["porosity"]
    logit = [transformed("porosity", float(p[k])) for k in ("low", "median", "high")]
    sd = (logit[2] - logit[0]) / (2 * 1.6449)
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    weights = weights / weights.sum()
    particles = row["class"]["predicted"] == "spherical_particles"
    network: support.Network = "spherical_particles" if particles else "percolation"
    filling = recipe.electrolyte
    parts = tuple((x.liquid, 1.0 if x.amount is None else float(x.amount.value)) for x in filling.liquids)
    means, spreads = [], []
    for z in nodes:
        porosity = 1.0 / (1.0 + float(np.exp(-(logit[1] + sd * z))))
        s = support.SupportSpecimen(
            row["id"], porosity, 1e-4, None, network, filling.salt, parts, float(filling.concentration.value)
        )
        m = known.predict(s)
        low, high = m.evidence["interval_90"]
        means.append(np.log(_number(m)))
        spreads.append((np.log(high) - np.log(low)) / (2 * 1.6449))
    mean = float(weights @ np.array(means))
    var = float(weights @ (np.array(spreads) ** 2 + (np.array(means) - mean) ** 2))
    half = 1.6449 * np.sqrt(var)
    return {
        "from": [s.name for s in known.specimens],
        "conductivity": _reading(np.exp(mean), np.exp(mean - half), np.exp(mean + half), "S/m")
        | {"reported": None},
    }


# --- the whole -----------------------------------------------------------------------------------------------------------------


def reproduce(
    calibration: Calibration,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    draws: int = 60,
    figures: bool = True,
) -> dict[str, Any]:
    """Everything that the reduced model says of the patent, as plain data in SI.

    Args:
        calibration: holds specimens of the patent; those that it does not hold are predicted as new.
        seed: of predictive draws.
        progress: told in words, with the share done.
        draws: of the posterior behind the bands of Figs. 1 and 2.
        figures: whether the curves of Figs. 1 to 4 are computed.

    Returns:
        ``format``, ``version``, ``made``, ``calibration``, ``specimens``, ``summary``, ``classes``, ``surface``, ``supports``,
        ``figures``, ``misfit``, ``notes``; see ``docs/how-to/reproduce.md``.
    """
    from percola.design.patent import misfit, pictures

    def part(low: float, high: float) -> Progress | None:
        if progress is None:
            return None
        tell = progress
        return lambda words, share: tell(words, low + (high - low) * share)

    rows, notes = specimens(calibration, seed, part(0.0, 0.55))
    tell = part(0.55, 0.6)
    if tell is not None:
        tell("surfaces and supports", 0.0)
    out: dict[str, Any] = {
        "format": FORMAT,
        "version": __version__,
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "calibration": about(calibration),
        "specimens": rows,
        "summary": summary(rows, calibration),
        "classes": classes(rows),
        "surface": surfaces(),
        "supports": supports(rows),
        "notes": list(notes),
    }
    out["figures"] = pictures.curves(calibration, seed, draws, part(0.6, 0.98)) if figures else {}
    if figures:
        by_id = {r["id"]: r["readings"] for r in rows if r["status"] == "left out"}
        for point in out["figures"]["fig3"]["points"]:
            mine = by_id.get(point["id"], {})
            point["left_out"] = {
                q: [mine[q][k] for k in ("low", "median", "high")] for q in point["reported"] if q in mine
            }
    out["misfit"] = misfit.misfit(calibration, out)
    return out


def about(calibration: Calibration) -> dict[str, Any]:
    """What a page says of the calibration behind it."""
    return {
        "id": calibration.id,
        "name": calibration.name,
        "version": calibration.version,
        "specimens": list(calibration.observations.names),
        "converged": calibration.converged(),
        "statistics": dict(calibration.statistics),
        "settings": calibration.settings.to_dict(),
    }


def reserved_predictions(data: Mapping[str, Any]) -> dict[str, Any]:
    """What is committed before the reserved results are looked at: every prediction with the calibration that made it."""
    rows = [r for r in data["specimens"] if r["status"] == "reserved"]
    conductivity = {s["id"]: s["conductivity"] for s in data["supports"] if s["status"] == "reserved"}
    out = []
    for r in rows:
        quantities = {
            q: {k: v[k] for k in ("unit", "median", "low", "high")} for q, v in r["readings"].items()
        }
        if r["id"] in conductivity:
            c = conductivity[r["id"]]
            quantities["ionic_conductivity"] = {k: c[k] for k in ("unit", "median", "low", "high")}
        out.append(
            {
                "recipe": f"patent:{r['id']}",
                "paragraph": r["paragraph"],
                "quantities": quantities,
                "structure_class": r["class"]["predicted"],
                "class_probabilities": r["class"]["probabilities"],
                "nearness": r["nearness"],
            }
        )
    return {
        "calibration": data["calibration"]["id"],
        "calibration_name": data["calibration"]["name"],
        "version": data["version"],
        "date": data["made"],
        "interval": 0.90,
        "of": "what a bench would read, the scatter of measuring included; SI",
        "specimens": out,
    }


def write_reserved(data: Mapping[str, Any], path: Path) -> Path:
    """Write :func:`reserved_predictions` to a file.

    Raises:
        InputError: nothing is reserved.
    """
    from percola.store.atomic import write_json

    found = reserved_predictions(data)
    if not found["specimens"]:
        raise InputError(
            str(path), "no specimen is reserved", "a calibration on the open specimens of the patent"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, found)
    return path


__all__ = [
    "AIMS",
    "Foretold",
    "classes",
    "factor",
    "foretell_known",
    "reproduce",
    "reserved_predictions",
    "reserved_table",
    "specimens",
    "summary",
    "supports",
    "surfaces",
    "without",
    "write_reserved",
]
