"""Log reduction values from files of counts: per class of size and per module, with bounds and checks."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.analysis import Analysis, ResultTable
from percola.lab.panel import Axis, Curve, Mark, Panel
from percola.lab.reading import ReadOptions
from percola.lab.retention import spec
from percola.lab.retention.counts import (
    LN10,
    Counts,
    Reduction,
    Titre,
    concentration_interval,
    dispersion,
    in_parallel,
    reduction,
    titre,
    titre_reduction,
)
from percola.lab.setting import asked_for
from percola.lab.table import Table, plain
from percola.lab.understood import understood
from percola.measurement import Check, CheckStatus, Measurement

Floats = npt.NDArray[np.float64]
_METHOD = "log10 of feed over permeate concentration, Poisson counts"
_WELLS_METHOD = "log10 of feed over permeate titre (50 % infective dose)"
_CUTOFF = "diameter of which 90 % is retained (LRV 1), between sizes of the counts"
_SOURCES = ("garwood1936", "przyborowski1940", "clopperpearson1934")
_WELLS_SOURCES = ("karber1931", "reedmuench1938", "finney1978")
STREAMS = {
    "feed": (
        "feed",
        "challenge",
        "load",
        "upstream",
        "zulauf",
        "ausgangslösung",
        "供給液",
        "供給",
        "原液",
        "上流",
    ),
    "permeate": (
        "permeate",
        "filtrate",
        "downstream",
        "effluent",
        "permeat",
        "filtrat",
        "透過液",
        "透過",
        "ろ液",
        "下流",
    ),
    "control": (
        "control",
        "hold control",
        "hold",
        "positive control",
        "kontrolle",
        "haltekontrolle",
        "対照",
        "保持対照",
    ),
    "blank": (
        "blank",
        "negative control",
        "rinse",
        "background",
        "leerwert",
        "blindwert",
        "blindprobe",
        "ブランク",
        "空試験",
    ),
}
CHALLENGE_1_M2 = 1e7 * 1e4
"""1e7 CFU on a square centimetre, ASTM F838."""
UNCOUNTABLE = ("tntc", "toonumeroustocount", "confluent", "zahllos", "計数不能", "無数")


@dataclass
class _Sample:
    counts: list[tuple[float, float]] = field(default_factory=list)
    wells: list[tuple[float, float, float]] = field(default_factory=list)
    tenfolds: list[float] = field(default_factory=list)
    left_out: int = 0
    uncounted: list[float] = field(default_factory=list)
    """Sample on each plate with too many to count [m3]."""


Key = tuple[str, float | None, str]
"""Module, size [m], stream."""


def analyse(files: list[Path], settings: dict[str, Any], read: ReadOptions) -> Analysis:
    """Counts in the files to log reduction values; several files are modules of one sample."""
    from percola.lab.reading import read_tables

    tables = [t for f in files for t in read_tables(f, read, spec.SPEC.wanted)]
    return analyse_tables(tables, settings)


def analyse_tables(tables: list[Table], settings: dict[str, Any]) -> Analysis:
    """Tables of counts to log reduction values.

    Plates: concentration = all counts over all undiluted sample counted. The uncertainty holds counting (exact), scatter
    of plates beyond it, plated volumes and dilutions (``--volume-error``, ``--dilution-error`` a tenfold step, once for
    feed and permeate each). Nothing counted in the permeate: the one-sided lower bound at ``--confidence``. Not in it:
    clumping, losses of titre other than the control shows, adsorption.

    Raises:
        InputError: no feed or permeate, negative or broken counts, dilutions that can be read in two ways.
    """
    if not tables:
        raise InputError("retention", "no table in the files", "counts of feed and permeate")
    samples: dict[Key, _Sample] = {}
    notes: list[str] = []
    for t in tables:
        module = f"{Path(t.path).name}{' ' + t.title if t.title else ''}" if len(tables) > 1 else ""
        if t.find(spec.FEED) is not None and t.find(spec.PERMEATE) is not None:
            _read_counter(t, module, settings, samples)
        else:
            _read_plates(t, module, settings, samples, notes)
    return _results(tables, samples, settings, notes)


def _read_counter(t: Table, module: str, settings: dict[str, Any], samples: dict[Key, _Sample]) -> None:
    volumes = {}
    for name in ("feed_volume", "permeate_volume"):
        volumes[name] = settings[name] or settings["volume"]
        if volumes[name] is None:
            raise asked_for(
                name, "counts become concentrations by the volume that the counter took", '"10 ml"'
            )
    size = t.take_or_none(spec.SIZE)
    columns = {"feed": t.take(spec.FEED), "permeate": t.take(spec.PERMEATE)}
    rows = len(columns["feed"])
    for k in range(rows):
        d = None if size is None else float(size[k])
        if d is not None and not d > 0:
            continue
        for stream, volume, factor in (
            ("feed", "feed_volume", settings["feed_dilution"]),
            ("permeate", "permeate_volume", 1.0),
        ):
            n = float(columns[stream][k])
            if math.isnan(n):
                continue
            _whole(t, n, stream)
            sample = samples.setdefault((module, d, stream), _Sample())
            exposure = volumes[volume] / (factor if factor >= 1 else 1 / factor)
            sample.counts.append((n, exposure))
            sample.tenfolds.append(abs(math.log10(factor)))


def _whole(t: Table, n: float, what: str) -> None:
    if n < 0 or abs(n - round(n)) > 1e-6 * max(n, 1.0):
        raise InputError(
            t.where, f"{n:g} as a count of the {what}", "whole numbers from 0",
            "give counts, not concentrations: their statistics rest on how many were counted",
        )  # fmt: skip


def stream_of(word: str) -> str | None:
    """ "feed", "permeate", "control" or "blank" by its name in English, German or Japanese; None for another."""
    text = plain(re.sub(r"[\d#]+$", "", word.strip()))
    for stream, words in STREAMS.items():
        if text in {plain(w) for w in words}:
            return stream
    # "feed A", "permeate module 2": by its first word.
    for stream, words in STREAMS.items():
        if any(len(plain(w)) > 3 and text.startswith(plain(w)) for w in words):
            return stream
    return None


def dilutions(values: Floats, how: str | None, where: str) -> Floats:
    """The undiluted share of a plated sample: 1e-3 for "1000" and for "0.001"; for exponents 10^-|x|.

    Raises:
        InputError: whole numbers one apart (0, 1, 2, 3), which may be exponents or factors.
    """
    v = values[np.isfinite(values)]
    if how == "exponent":
        return np.asarray(10.0 ** -np.abs(values))
    if how is None:
        small = len(v) > 0 and bool(np.all(np.abs(v) <= 12) and np.all(v == np.round(v)))
        distinct = np.unique(np.abs(v))
        if small and (
            np.any(v < 0) or (len(distinct) > 1 and np.any(np.diff(distinct) == 1)) or np.any(v == 0)
        ):
            raise asked_for(
                "dilution_as",
                f"{where}: dilutions {', '.join(f'{x:g}' for x in np.unique(v)[:4])} may be powers of ten or factors",
                "exponent",
            )
    if np.any(v <= 0):
        raise InputError(
            where, f"a dilution of {v.min():g}", "positive: 1000 or 0.001", "--dilution-as exponent for -3"
        )
    return np.asarray(np.where(values >= 1, 1 / np.maximum(values, 1e-300), values))


def _read_plates(
    t: Table, module: str, settings: dict[str, Any], samples: dict[Key, _Sample], notes: list[str]
) -> None:
    names = t.take_text(spec.SAMPLE)
    rows = len(names)
    volume = t.take_or_none(spec.VOLUME)
    if settings["volume"] is not None:
        volume = np.full(rows, float(settings["volume"]))
    if volume is None:
        raise asked_for("volume", "counts become concentrations by the volume plated", '"0.1 ml"')
    given = t.take_or_none(spec.DILUTION)
    share = np.ones(rows) if given is None else dilutions(given, settings["dilution_as"], t.where)
    share = np.where(np.isfinite(share), share, 1.0)
    size = t.take_or_none(spec.SIZE)
    modules = t.take_text(spec.MODULE) if t.find(spec.MODULE) is not None else ("",) * rows
    wells = t.find(spec.WELLS) is not None and t.find(spec.POSITIVE) is not None
    n_wells = t.take(spec.WELLS) if wells else None
    positive = t.take(spec.POSITIVE) if wells else None
    cells = () if wells else t.take_text(spec.COUNT)
    unknown = set()
    for k in range(rows):
        if not names[k].strip():
            continue
        stream = stream_of(names[k])
        if stream is None:
            unknown.add(names[k])
            continue
        exposure = float(volume[k] * share[k])
        if not exposure > 0:
            raise InputError(t.where, f"a volume of {volume[k]:g} m3 in row {k + 1}", "a positive volume")
        d = None if size is None or not np.isfinite(size[k]) else float(size[k])
        sample = samples.setdefault(
            (" ".join(w for w in (module, modules[k].strip()) if w), d, stream), _Sample()
        )
        if n_wells is not None and positive is not None:
            n, p = float(n_wells[k]), float(positive[k])
            if not (0 <= p <= n and n >= 1 and n == round(n) and p == round(p)):
                raise InputError(
                    t.where, f"{p:g} of {n:g} wells in row {k + 1}", "whole numbers, infected up to all"
                )
            sample.wells.append((exposure, n, p))
        else:
            counted = _cell(t, cells[k], k)
            if counted is None or counted > settings["most_count"]:
                sample.left_out += 1
                sample.uncounted.append(exposure)
                if counted is not None:
                    notes.append(
                        f"{names[k]}: a plate of {counted:g} is above the {settings['most_count']} still told apart."
                    )
                continue
            _whole(t, counted, stream)
            sample.counts.append((counted, exposure))
        sample.tenfolds.append(abs(math.log10(share[k])))
    if unknown:
        notes.append(f"Samples left out: {', '.join(sorted(unknown))}.")


def _cell(t: Table, text: str, row: int) -> float | None:
    word = plain(text)
    if word in UNCOUNTABLE or text.strip().startswith(">"):
        return None
    if text.strip().replace(" ", "") in ("<1", "<1.0", "<1,0") or word in (
        "nd",
        "notdetected",
        "none",
        "keine",
        "不検出",
    ):
        return 0.0
    try:
        return float(text)
    except ValueError:
        raise InputError(
            t.where,
            f"{text!r} as a count in row {row + 1}",
            "a whole number, <1, or TNTC",
            "leave no count out silently",
        ) from None


def _counts(sample: _Sample) -> Counts:
    return Counts(np.array([c for c, _ in sample.counts]), np.array([e for _, e in sample.counts]))


def _titre(sample: _Sample, settings: dict[str, Any]) -> Titre:
    pooled: dict[float, list[float]] = {}
    for e, n, p in sample.wells:
        row = pooled.setdefault(float(f"{e:.9g}"), [0.0, 0.0])
        row[0] += n
        row[1] += p
    exposures = np.array(list(pooled))
    wells, infected = np.array(list(pooled.values())).T
    return titre(exposures, wells, infected, settings["titre"], settings["confidence"])


def _shared(feed: _Sample, permeate: _Sample, settings: dict[str, Any]) -> float:
    """Standard deviation of log10 of the exposures by volumes and dilutions."""
    total = 0.0
    for s in (feed, permeate):
        tenfolds = float(np.mean(s.tenfolds)) if s.tenfolds else 0.0
        total += settings["volume_error"] ** 2 + tenfolds * settings["dilution_error"] ** 2
    return math.sqrt(total) / LN10


@dataclass(frozen=True)
class _One:
    module: str
    size: float | None
    found: Reduction
    checks: tuple[Check, ...]
    facts: dict[str, Any]


def _one(
    samples: dict[Key, _Sample], module: str, size: float | None, settings: dict[str, Any]
) -> _One | None:
    feed, permeate = samples.get((module, size, "feed")), samples.get((module, size, "permeate"))
    if feed is None:
        feed = samples.get(("", size, "feed"))  # one feed for all modules
    if feed is None or permeate is None:
        return None
    where = " ".join(w for w in (module, "" if size is None else f"{size * 1e9:.4g} nm") if w) or "all"
    shared = _shared(feed, permeate, settings)
    if bool(feed.wells) != bool(permeate.wells) and (feed.wells or permeate.wells):
        raise InputError(where, "wells in one of feed and permeate, counts in the other", "the same of both")
    checks: list[Check] = []
    facts: dict[str, Any]
    if feed.wells:
        f, p = _titre(feed, settings), _titre(permeate, settings)
        found = titre_reduction(f, p, shared, settings["confidence"])
        facts = {
            "feed_log10_titre_1_m3": f.log10,
            "permeate_log10_titre_1_m3": p.log10,
            "titre_methods": [f.method, p.method],
        }
        if f.bound == "lower":
            checks.append(
                Check(
                    f"feed diluted far enough ({where})",
                    "warn",
                    "all its wells are infected: its titre is a lower bound",
                )
            )
    else:
        for s, name in ((feed, "feed"), (permeate, "permeate")):
            if not s.counts:
                raise InputError(
                    where, f"no countable plate of the {name} ({s.left_out} too many to count)", "at least one",
                    "plate a higher dilution, or --most-count",
                )  # fmt: skip
        cf, cp = _counts(feed), _counts(permeate)
        found = reduction(cf, cp, shared, settings["confidence"])
        checks += _plate_checks(cf, cp, where)
        for s, name in ((feed, "feed"), (permeate, "permeate")):
            checks += _uncounted(s, name, settings, where)
        low, high = concentration_interval(cp.total, cp.exposure, settings["confidence"])
        facts = {
            "feed_count": cf.total, "feed_sample_m3": cf.exposure, "feed_1_m3": cf.concentration,
            "permeate_count": cp.total, "permeate_sample_m3": cp.exposure, "permeate_1_m3": cp.concentration,
            "permeate_interval_1_m3": [low, high],
        }  # fmt: skip
    if found is None:
        return _One(
            module, size, Reduction(math.nan, None, math.nan, math.nan, False),
            (Check(f"feed holds something ({where})", "fail", "nothing was counted in the feed, or all of the permeate is infected"),), facts,
        )  # fmt: skip
    checks.append(
        Check(
            f"permeate above the limit of detection ({where})",
            "warn" if found.bound else "pass",
            f"LRV at least {found.value:.3g}: nothing found in {_sampled(permeate) * 1e6:.4g} ml of permeate"
            if found.bound
            else f"LRV {found.value:.3g}, interval {found.low:.3g} to {found.high:.3g}",
        )
    )
    if not found.bound and found.high < 0:
        checks.append(
            Check(
                f"less in the permeate than in the feed ({where})",
                "fail",
                f"LRV {found.value:.3g}, below 0 beyond chance: feed and permeate are exchanged, or the permeate is contaminated",
            )
        )
    control = samples.get((module, size, "control")) or samples.get(("", size, "control"))
    if control is not None:
        checks.append(_control(feed, control, settings, where))
    blank = samples.get((module, size, "blank")) or samples.get(("", size, "blank"))
    if blank is not None:
        checks.append(_blank(blank, permeate, where))
    return _One(module, size, found, tuple(checks), facts)


def _sampled(s: _Sample) -> float:
    return sum(e for _, e in s.counts) + sum(e * n for e, n, _ in s.wells)


def _plate_checks(feed: Counts, permeate: Counts, where: str) -> list[Check]:
    checks = []
    for counts, name in ((feed, "feed"), (permeate, "permeate")):
        if len(counts.count) < 2 or counts.total == 0:
            continue
        ratio, p = dispersion(counts)
        checks.append(
            Check(
                f"plates of the {name} scatter as counts do ({where})",
                "pass" if p >= 0.05 else "warn",
                f"chi2/(k - 1) = {ratio:.3g} of {len(counts.count)} plates, chance {p:.2g}"
                + ("" if p >= 0.05 else ": clumps or errors of dilution; the uncertainty is widened"),
            )
        )
    return checks


def _uncounted(s: _Sample, name: str, settings: dict[str, Any], where: str) -> list[Check]:
    """Whether plates too full to count agree with those that were counted: a full one is a count above the limit."""
    from scipy.stats import poisson

    if not s.uncounted:
        return []
    c = _counts(s)
    most = settings["most_count"]
    # One count more than was found: nothing counted does not mean a concentration of nought.
    chances = [float(poisson.sf(most, max(c.total, 1.0) / c.exposure * e)) for e in s.uncounted]
    least = min(chances)
    label = f"plates of the {name} too full to count ({where})"
    if least >= 0.01:
        return [Check(label, "pass", f"{len(s.uncounted)} left out; the plates counted explain them")]
    return [
        Check(
            label,
            "fail",
            f"{len(s.uncounted)} with more than {most}, which the plates counted do not explain (chance {least:.1g}): the "
            f"concentration of the {name} is above what they say; plate a higher dilution, or look for a mistaken one",
        )
    ]


def _control(feed: _Sample, control: _Sample, settings: dict[str, Any], where: str) -> Check:
    name = f"hold control ({where})"
    loss: Reduction | None
    if feed.wells and control.wells:
        loss = titre_reduction(_titre(feed, settings), _titre(control, settings), 0.0, settings["confidence"])
    elif feed.counts and control.counts:
        loss = reduction(
            _counts(feed), _counts(control), _shared(feed, control, settings), settings["confidence"]
        )
    else:
        loss = None
    if loss is None:
        return Check(name, "warn", "it cannot be compared with the feed")
    limit = settings["hold_limit"]
    status: CheckStatus = (
        "pass" if abs(loss.value) <= limit and not loss.bound else "fail" if loss.low > limit else "warn"
    )
    return Check(
        name,
        status,
        f"the feed held without the filter changes by {-loss.value:+.2g} log10 (± {loss.error or 0:.2g}); {limit:g} is allowed"
        + ("" if status == "pass" else ": losses of titre are no retention"),
    )


def _blank(blank: _Sample, permeate: _Sample, where: str) -> Check:
    found = sum(c for c, _ in blank.counts) + sum(p for _, _, p in blank.wells)
    name = f"blank is clean ({where})"
    if found == 0:
        return Check(name, "pass", f"nothing in {_sampled(blank) * 1e6:.4g} ml")
    there = sum(c for c, _ in permeate.counts) + sum(p for _, _, p in permeate.wells)
    share = (found / _sampled(blank)) / (there / _sampled(permeate)) if there else math.inf
    return Check(
        name,
        "fail" if share > 0.5 else "warn",
        f"{found:g} counted in it: {100 * share:.3g} % of the permeate's concentration"
        if math.isfinite(share)
        else f"{found:g} counted in it, none in the permeate: carry-over or contamination",
    )


def _results(
    tables: list[Table], samples: dict[Key, _Sample], settings: dict[str, Any], notes: list[str]
) -> Analysis:
    modules = list(dict.fromkeys(m for m, _, s in samples if s == "permeate"))
    sizes = sorted({d for _, d, s in samples if s == "permeate" and d is not None})
    classes: list[float | None] = [*sizes] if sizes else [None]
    if sizes and any(d is None for _, d, s in samples if s == "permeate"):
        raise InputError(
            tables[0].where, "rows without a size among rows with one", "a size in each row, or in none"
        )
    for stream in ("feed", "permeate"):
        if not any(s == stream for _, _, s in samples):
            raise InputError(
                tables[0].where, f"no {stream}", f"rows whose sample is {stream!r} ({', '.join(STREAMS[stream][:4])})",
                '--column sample="header" says which column names the samples',
            )  # fmt: skip
    rows: list[_One] = []
    lrv: list[Measurement] = []
    curve: list[dict[str, Any]] = []
    merged: list[tuple[float | None, Reduction]] = []
    for d in classes:
        ones = [o for m in modules if (o := _one(samples, m, d, settings)) is not None]
        rows += ones
        usable = [o for o in ones if math.isfinite(o.found.value)]
        where = "" if d is None else f"particles of {d * 1e9:.4g} nm"
        shown = d if d is not None else settings["particle_diameter"]
        wells = any("feed_log10_titre_1_m3" in o.facts for o in ones)
        method = _WELLS_METHOD if wells else _METHOD
        sources = _WELLS_SOURCES if wells else _SOURCES
        checks = tuple(c for o in ones for c in o.checks)
        if not usable:
            why = ones[0].checks[0].message if ones else "no pair of feed and permeate"
            lrv.append(Measurement("lrv", None, "1", None, method, where, checks, {}, sources, why))
            continue
        found = usable[0].found if len(usable) == 1 else in_parallel([o.found for o in usable])
        merged.append((d, found))
        particles = "" if shown is None else f" for particles of {shown * 1e9:.4g} nm"
        evidence: dict[str, Any] = {
            "reference_diameter_m": shown,
            "interval": [found.low, None if math.isinf(found.high) else found.high],
            "confidence": settings["confidence"],
            "lower_bound": f"at least{particles}: nothing was found in the permeate" if found.bound else "",
            **(usable[0].facts if len(usable) == 1 else {}),
        }
        if len(usable) > 1:
            each = [
                {"module": o.module, "lrv": o.found.value, "lower_bound": o.found.bound, **o.facts}
                for o in usable
            ]
            evidence |= {"modules": each, "mean_of_lrv": float(np.mean([o.found.value for o in usable]))}
        if shown is not None:
            curve.append(
                {
                    "diameter_m": shown, "lrv": found.value, "uncertainty": found.error, "lower_bound": found.bound,
                    "grade_efficiency": 1 - 10.0**-found.value,
                }
            )  # fmt: skip
        lrv.append(
            Measurement(
                "lrv",
                found.value,
                "1",
                found.error,
                method,
                where,
                (*checks, *_challenge(usable, settings)),
                evidence,
                sources,
            )
        )
    if curve and lrv:
        first = next(i for i, m in enumerate(lrv) if m.defined)
        m = lrv[first]
        lrv[first] = Measurement(
            m.name,
            m.value,
            m.unit,
            m.uncertainty,
            m.method,
            m.region,
            m.checks,
            {"lrv_curve": curve, **m.evidence},
            m.citations,
        )
    cut = _cutoff([(d, r) for d, r in merged if d is not None]) if len(sizes) > 1 else []
    return Analysis(
        "retention",
        (*lrv, *cut),
        (*_panels(curve, merged, cut), *(() if sizes else _module_panels(rows, samples, merged, settings))),
        (_table(rows),),
        (),
        tuple(notes),
        understood(tables),
    )


def _challenge(ones: Sequence[_One], settings: dict[str, Any]) -> tuple[Check, ...]:
    if settings["area"] is None or settings["challenge_volume"] is None:
        return ()
    facts = ones[0].facts
    feed = facts.get("feed_1_m3", 10 ** facts.get("feed_log10_titre_1_m3", -math.inf))
    load = feed * settings["challenge_volume"] / settings["area"]
    return (
        Check(
            "challenge of 1e7 on a square centimetre",
            "pass" if load >= CHALLENGE_1_M2 else "warn",
            f"{load / 1e4:.3g} on a square centimetre; ASTM F838 asks for 1e7 CFU",
        ),
    )


def _cutoff(found: list[tuple[float, Reduction]]) -> list[Measurement]:
    """Where the LRV crosses 1, linear between sizes; the error is that of the LRVs and of the gap between sizes."""
    name = "retention_cutoff_diameter"
    d = np.array([x for x, _ in found])
    y = np.array([r.value for _, r in found])
    error = np.array([r.error or 0.0 for _, r in found])
    evidence = {"sizes_m": d.tolist(), "lrv": y.tolist()}
    above = np.flatnonzero(y >= 1)
    if len(above) == 0:
        why = f"no size up to {d[-1] * 1e9:.4g} nm is retained to 90 %"
        return [Measurement(name, None, "m", None, _CUTOFF, "", (), evidence, _SOURCES, why)]
    i = int(above[0])
    if i == 0:
        why = f"all sizes from {d[0] * 1e9:.4g} nm are retained to 90 %: the cut-off lies below them"
        return [Measurement(name, None, "m", None, _CUTOFF, "", (), evidence, _SOURCES, why)]
    a, b = y[i - 1], y[i]
    t = float((1 - a) / (b - a))
    value = float(d[i - 1] + t * (d[i] - d[i - 1]))
    gap = float(d[i] - d[i - 1])
    by_lrv = gap / float(b - a) * math.hypot((1 - t) * error[i - 1], t * error[i])
    # Anywhere between the two sizes alike, at worst.
    sigma = math.hypot(min(by_lrv, gap), gap / math.sqrt(12))
    falls = bool(np.any(y[i:] < 1))
    checks = [
        Check(
            "sizes on either side are near",
            "warn" if gap > 0.2 * d[i] else "pass",
            f"between {d[i - 1] * 1e9:.4g} and {d[i] * 1e9:.4g} nm",
        )
    ]
    if falls:
        checks.append(
            Check("retention rises with size", "warn", "a larger size passes at more than 10 % again")
        )
    if found[i][1].bound:
        checks.append(
            Check("retention is a number on either side", "warn", "above the cut-off it is a lower bound")
        )
    return [Measurement(name, value, "m", sigma, _CUTOFF, "", tuple(checks), evidence, _SOURCES)]


def _panels(
    curve: list[dict[str, Any]], merged: list[tuple[float | None, Reduction]], cut: list[Measurement]
) -> tuple[Panel, ...]:
    if not curve:
        return ()
    by = sorted(curve, key=lambda r: r["diameter_m"])
    d = np.array([r["diameter_m"] for r in by])
    y = np.array([r["lrv"] for r in by])
    e = np.array([r["uncertainty"] or 0.0 for r in by])
    bound = np.array([bool(r["lower_bound"]) for r in by])
    curves = [Curve("counts", d[~bound], y[~bound], "points", e[~bound])] if (~bound).any() else []
    if bound.any():
        curves.append(Curve("at least", d[bound], y[bound], "derived"))
    marks = [Mark("90 % retained", y=1.0)]
    marks += [Mark("cut-off", x=m.value, x_error=m.uncertainty) for m in cut if isinstance(m.value, float)]
    lrv = Panel(
        "retention",
        "Log reduction value against particle size",
        Axis("Particle diameter", "length", "nm", log=bool(d[-1] > 10 * d[0])),
        Axis("Log reduction value"),
        tuple(curves),
        tuple(marks),
        (),
        "Points: value with one standard deviation. 'At least': nothing was found in the permeate.",
        overlay="retention",
    )
    if len(by) < 2:
        return (lrv,)
    return lrv, Panel(
        "grade",
        "Grade efficiency",
        Axis("Particle diameter", "length", "nm", log=bool(d[-1] > 10 * d[0])),
        Axis("Share retained", "fraction", "%"),
        (Curve("1 - permeate/feed", d, 1 - 10.0**-y, "points"),),
        (Mark("90 %", y=0.9),),
        (),
        "Share of each size that does not reach the permeate.",
    )


def _module_panels(
    rows: list[_One],
    samples: dict[Key, _Sample],
    merged: list[tuple[float | None, Reduction]],
    settings: dict[str, Any],
) -> tuple[Panel, ...]:
    """Without sizes: LRV of each module with its interval, and what was found on each plate of feed and permeate."""
    usable = [(float(i), o) for i, o in enumerate(rows, 1) if math.isfinite(o.found.value)]
    panels = []
    places = ", ".join(f"{i} {o.module}" for i, o in enumerate(rows, 1) if o.module)
    which = f" Specimens: {places}." if places and len(places) < 300 else ""
    if usable:
        counted = [(i, o.found) for i, o in usable if not o.found.bound]
        bounds = [(i, o.found) for i, o in usable if o.found.bound]
        curves = []
        if counted:
            n = np.array([i for i, _ in counted])
            y = np.array([f.value for _, f in counted])
            curves.append(Curve("LRV", n, y, "points", np.array([f.error or 0.0 for _, f in counted])))
            # One bar a module, with a gap between them.
            ends = [
                v
                for _, f in counted
                for v in (f.low, f.high if math.isfinite(f.high) else math.nan, math.nan)
            ]
            label = f"{100 * settings['confidence']:g} % interval"
            curves.append(Curve(label, np.repeat(n, 3), np.array(ends), "reference"))
        if bounds:
            at = np.array([i for i, _ in bounds])
            curves.append(Curve("at least", at, np.array([f.value for _, f in bounds]), "derived"))
        for _, f in merged:
            words = "together" if len(usable) > 1 else "value"
            across = np.array([0.0, len(rows) + 1.0])
            curves.append(
                Curve(words + (", at least" if f.bound else ""), across, np.full(2, f.value), "fit")
            )
        panels.append(
            Panel(
                "modules",
                "Log reduction value",
                Axis("Specimen"),
                Axis("Log reduction value"),
                tuple(curves),
                (),
                (),
                "Each module with one standard deviation and its interval. 'At least': nothing was found in the permeate."
                + which,
            )
        )
    streams = []
    reading = 0.0
    for stream in ("feed", "permeate"):
        found: list[tuple[float, float]] = []
        for (_, _, of), s in samples.items():
            for count, exposure in s.counts if of == stream else ():
                reading += 1.0
                if count > 0:
                    found.append((reading, count / exposure))
        if found:
            x, per_m3 = np.array(found).T
            streams.append(Curve(stream, x, per_m3, "points"))
    if streams:
        panels.append(
            Panel(
                "counts",
                "Found on each plate of feed and permeate",
                Axis("Reading"),
                Axis("Concentration", "number_concentration", "1/ml", log=True),
                tuple(streams),
                (),
                (),
                "Each plate, its count over the undiluted sample on it, in the order of the file. A plate without a count has no point "
                "on this axis.",
            )
        )
    return tuple(panels)


def _table(rows: list[_One]) -> ResultTable:
    return ResultTable(
        "reductions",
        "Log reduction values",
        (("module", ""), ("size", "nm"), ("LRV", ""), ("standard deviation", ""), ("bound", ""), ("feed", "1/ml"), ("permeate", "1/ml")),
        tuple(
            (
                o.module, None if o.size is None else o.size * 1e9, o.found.value if math.isfinite(o.found.value) else None,
                o.found.error, "at least" if o.found.bound else "",
                (o.facts.get("feed_1_m3") or 10 ** o.facts.get("feed_log10_titre_1_m3", -math.inf)) / 1e6,
                (o.facts["permeate_1_m3"] if "permeate_1_m3" in o.facts else 10 ** o.facts["permeate_log10_titre_1_m3"]) / 1e6,
            )
            for o in rows
        ),
    ).filled()  # fmt: skip
