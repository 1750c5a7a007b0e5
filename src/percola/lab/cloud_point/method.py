"""Cloud points and definition (D) from tables of observations; scans of turbidity beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.analysis import Analysis, ResultTable
from percola.lab.cloud_point import spec
from percola.lab.cloud_point.standing import (
    HOUR,
    CloudPoint,
    Group,
    LEAST_DISSOLVED_s,
    LEAST_STOOD_s,
    MOST_DISSOLVED_s,
    MOST_STOOD_s,
    Observation,
    Onset,
    cloud_points,
    curve_at,
    planar_interface,
    scan_onset,
)
from percola.lab.panel import Axis, Curve, Mark, Panel
from percola.lab.reading import ReadOptions
from percola.lab.setting import asked_for
from percola.lab.table import Table, plain
from percola.lab.understood import understood
from percola.lab.wanted import Wanted
from percola.measurement import Check, Measurement

Floats = npt.NDArray[np.float64]
_METHOD = "EP 1063256 para. 28, 57: standing method"
_SCAN = "onset of turbidity on cooling, not the standing method of para. 28"
_D = "EP 1063256 para. 28 to 30, definition (D): planar interface by the standing method"
_SOURCES = ("ep1063256", "kamide1990")
SAME_FRACTION = 5e-4
"""Weight fractions nearer than this are one concentration."""
ZERO_C = 273.15

ONE = ("1", "one", "onephase", "single", "singlephase", "homogeneous", "uniform", "clear", "eine", "einphasig", "homogen", "klar", "1相", "一相", "均一", "透明", "一相状態")  # fmt: skip
TWO = ("2", "two", "twophase", "twophases", "2phases", "separated", "phaseseparated", "demixed", "zwei", "zweiphasig", "entmischt", "getrennt", "2相", "二相", "相分離", "分離", "二相分離")  # fmt: skip
YES = ("yes", "y", "true", "1", "observed", "planar", "seen", "ja", "j", "wahr", "eben", "sichtbar", "あり", "有", "有り", "はい", "観察", "○", "〇")  # fmt: skip
NO = ("no", "n", "false", "0", "none", "notobserved", "absent", "nein", "keine", "falsch", "nicht", "なし", "無", "無し", "いいえ", "×", "✕")  # fmt: skip
UNCLEAR = ("unclear", "unknown", "undecided", "difficult", "maybe", "unklar", "unbekannt", "undeutlich", "不明", "不明瞭", "△", "na", "nan")  # fmt: skip


@dataclass(frozen=True)
class Scan:
    """A scan of transmittance and its onset."""

    label: str
    fraction: float
    temperature_K: Floats
    transmittance: Floats
    onset: Onset | None


def phases_seen(word: str, where: str = "phases") -> bool | None:
    """Two phases (True), one (False) or not told (None), in English, German or Japanese.

    Raises:
        InputError: another word.
    """
    text = _plain_word(word)
    if not text or text in UNCLEAR:
        return None
    if text in {plain(w) or w for w in ONE} or text in ("onephases", "1phase", "1phases", "1phasig"):
        return False
    if text in {plain(w) or w for w in TWO} or text == "2phasig":
        return True
    raise InputError(where, repr(word), "one or two (1, 2, einphasig, zweiphasig, 1相, 2相), or unclear")


def yes_or_no(word: str, where: str = "interface") -> bool | None:
    """Yes, no, or unclear (None), in English, German or Japanese.

    Raises:
        InputError: another word.
    """
    text = _plain_word(word)
    if not text or text in UNCLEAR:
        return None
    if text in YES:
        return True
    if text in NO:
        return False
    raise InputError(where, repr(word), "yes, no or unclear (ja, nein, unklar; あり, なし, 不明)")


def _plain_word(word: str) -> str:
    # Signs such as a circle are no letters and would vanish.
    return plain(word) or word.strip().replace("?", "").replace("-", "")


def analyse(files: list[Path], settings: dict[str, Any], read: ReadOptions) -> Analysis:
    """Observations and scans in the files to cloud points and definition (D)."""
    from percola.lab.reading import read_tables

    tables = [t for f in files for t in read_tables(f, read, spec.SPEC.wanted)]
    return analyse_tables(tables, settings)


def analyse_tables(tables: list[Table], settings: dict[str, Any]) -> Analysis:
    """Tables of observations to `planar_interface`, and `cloud_point_temperature` of each concentration [K].

    Uncertainty of a cloud point: the interval between two phases and one (width/sqrt(12)), or the likelihood where
    observations contradict, and the bath (``--temperature-error``). Not in it: too short standing, which a check names.

    Raises:
        InputError: no column of phases or turbidity, words that are none of theirs, fractions beyond 0 to 1.
    """
    observations: list[Observation] = []
    scans: list[Scan] = []
    for t in tables:
        if t.find(spec.TRANSMITTANCE) is not None and t.find(spec.PHASES) is None:
            scans.append(_scan(t, settings))
        else:
            observations += _observations(t, settings, len(observations))
    if not observations and not scans:
        raise InputError("cloud-point", "no observation in the files", "rows of temperature and phases seen")
    return _results(tables, observations, scans, settings)


def _fractions(table: Table, rows: int, settings: dict[str, Any]) -> Floats:
    found = table.take_or_none(spec.FRACTION)
    if found is None:
        said = table.fact(spec.FRACTION.words)
        if said is not None:
            from percola import units

            found = np.full(rows, units.si_value(said, "amount", f"{table.where}: polymer fraction"))
        elif settings["polymer_fraction"] is not None:
            found = np.full(rows, float(settings["polymer_fraction"]))
        else:
            raise asked_for("polymer_fraction", "no column says the concentration of the polymer", '"30 wt%"')
    good = found[np.isfinite(found)]
    if np.any((good <= 0) | (good >= 1)):
        bad = good[(good <= 0) | (good >= 1)][0]
        raise InputError(
            table.where, f"a polymer weight fraction of {bad:g}", "between 0 and 1 (0 and 100 wt%)",
            'say the unit: --unit fraction="wt%"',
        )  # fmt: skip
    return found


def _observations(table: Table, settings: dict[str, Any], before: int) -> list[Observation]:
    temperature = table.take(spec.TEMPERATURE)
    n = len(temperature)
    fraction = _fractions(table, n, settings)

    def words(wanted: Wanted) -> tuple[str, ...]:
        return table.take_text(wanted) if table.find(wanted) is not None else ("",) * n

    if table.find(spec.PHASES) is None and table.find(spec.TURBID) is None:
        raise table.lacks(spec.PHASES)
    phases, turbid, planar, gelled = (
        words(w) for w in (spec.PHASES, spec.TURBID, spec.INTERFACE, spec.GELLED)
    )
    stood, dissolved = (table.take_or_none(w) for w in (spec.STOOD, spec.DISSOLVED))
    out = []
    for k in range(n):
        if not (math.isfinite(temperature[k]) and math.isfinite(fraction[k])):
            continue
        where = f"{table.where}, row {k + 1}"
        two = phases_seen(phases[k], f"{where}: phases")
        cloudy = yes_or_no(turbid[k], f"{where}: turbidity")
        out.append(
            Observation(
                float(fraction[k]), float(temperature[k]), cloudy if two is None else two,
                yes_or_no(planar[k], f"{where}: interface"), yes_or_no(gelled[k], f"{where}: gelled"),
                math.nan if stood is None else float(stood[k]), math.nan if dissolved is None else float(dissolved[k]),
                before + k + 1,
            )
        )  # fmt: skip
    return out


def _scan(table: Table, settings: dict[str, Any]) -> Scan:
    t, y = table.take(spec.TEMPERATURE), table.take(spec.TRANSMITTANCE)
    good = np.isfinite(t) & np.isfinite(y)
    if good.sum() < 10:
        raise InputError(table.where, f"{int(good.sum())} readings of transmittance", "at least 10")
    fraction = float(np.nanmean(_fractions(table, len(t), settings)))
    return Scan(Path(table.path).name, fraction, t[good], y[good], scan_onset(t[good], y[good]))


def _grouped(observations: Sequence[Observation]) -> list[list[Observation]]:
    groups: list[list[Observation]] = []
    for o in sorted(observations, key=lambda o: o.fraction):
        if groups and o.fraction - groups[-1][0].fraction <= SAME_FRACTION:
            groups[-1].append(o)
        else:
            groups.append([o])
    return groups


def _results(
    tables: list[Table], observations: list[Observation], scans: list[Scan], settings: dict[str, Any]
) -> Analysis:
    melt, error = settings["crystallization_temperature"], settings["temperature_error"]
    usable, notes = _liquid(observations, melt)
    points = cloud_points([_group(g) for g in _grouped(usable)], error)
    checks = _checks(observations, points, melt)
    measurements: list[Measurement] = []
    if observations:
        both = math.hypot(settings["crystallization_error"], error)
        measurements.append(_definition(observations, melt, both, checks))
    aim = settings["polymer_fraction"]
    single = [_point(p, checks, observations, len(points) == 1 and aim is None) for p in points]
    if aim is not None and observations:
        measurements.append(_at(aim, points, single, checks))
        single = [m for m, p in zip(single, points, strict=True) if abs(p.fraction - aim) > SAME_FRACTION]
    measurements += single
    for s in scans:
        measurements.append(_from_scan(s, settings, not observations and len(scans) == 1))
        if s.onset is None:
            notes.append(f"{s.label}: the transmittance does not fall.")
    if scans:
        notes.append("Scans of transmittance follow the cooling rate and are not the standing method.")
    return Analysis(
        "cloud-point",
        tuple(measurements),
        _panels(observations, points, scans, melt, aim),
        (_table(points),) if points else (),
        (),
        tuple(notes),
        understood(tables),
    )


def _group(group: list[Observation]) -> Group:
    temperatures = np.array([o.temperature_K for o in group])
    return group[0].fraction, temperatures, np.array([bool(o.two) for o in group])


def _liquid(observations: list[Observation], melt: float | None) -> tuple[list[Observation], list[str]]:
    """Observations that a cloud point may rest on, and why others are left out."""
    out, gelled, below, untold = [], [], [], []
    for o in observations:
        if o.two is None:
            untold.append(o.row)
        elif o.gelled:
            gelled.append(o.row)
        elif melt is not None and o.gelled is None and o.two and o.temperature_K < melt:
            below.append(o.row)
        else:
            out.append(o)
    notes = []
    for rows, why in (
        (gelled, "gelled or solid"),
        (below, "below the crystallization temperature: what is turbid there may be crystals"),
        (untold, "the number of phases is not told"),
    ):
        if rows:
            notes.append(f"Left out of the cloud points: rows {', '.join(map(str, rows))} ({why}).")
    return out, notes


def _checks(
    observations: list[Observation], points: list[CloudPoint], melt: float | None
) -> tuple[Check, ...]:
    checks = []
    stood = [o for o in observations if math.isfinite(o.stood_s)]
    short = [o for o in stood if o.stood_s < LEAST_STOOD_s * (1 - 1e-9)]
    long = [o for o in stood if o.stood_s > MOST_STOOD_s * (1 + 1e-9)]
    if not observations:
        return ()
    if not stood:
        checks.append(
            Check("stood 10 to 48 h", "warn", "the time stood is not told; paragraph 28 asks for 10 to 48 h")
        )
    else:
        words = f"{min(o.stood_s for o in stood) / HOUR:.3g} to {max(o.stood_s for o in stood) / HOUR:.3g} h"
        if short:
            one = sum(o.two is False for o in short)
            words += f"; {len(short)} below 10 h, {one} of them with one phase, which may still part"
        if long:
            words += f"; {len(long)} above 48 h"
        checks.append(Check("stood 10 to 48 h", "warn" if short or long else "pass", words))
    dissolved = [o.dissolved_s for o in observations if math.isfinite(o.dissolved_s)]
    if dissolved:
        good = min(dissolved) >= LEAST_DISSOLVED_s * (1 - 1e-9) and max(dissolved) <= MOST_DISSOLVED_s * (
            1 + 1e-9
        )
        checks.append(
            Check(
                "dissolved 6 to 24 h",
                "pass" if good else "warn",
                f"{min(dissolved) / HOUR:.3g} to {max(dissolved) / HOUR:.3g} h",
            )
        )
    wrong = [p for p in points if p.contradictory]
    if points:
        checks.append(
            Check(
                "two phases below one phase",
                "warn" if wrong else "pass",
                "; ".join(
                    f"{100 * p.fraction:.3g} wt%: two phases at {p.highest_two_K - ZERO_C:.4g} degC, one at "
                    f"{p.lowest_one_K - ZERO_C:.4g} degC"
                    for p in wrong
                )
                or "at every concentration",
            )
        )
    if melt is None:
        checks.append(
            Check(
                "above crystallization",
                "warn",
                "the crystallization temperature is not given (--crystallization-temperature, from dsc): that what was seen "
                "are two liquids rests on the samples not being gelled",
            )
        )
    return tuple(checks)


def _definition(
    observations: list[Observation], melt: float | None, error: float, checks: tuple[Check, ...]
) -> Measurement:
    found = planar_interface(observations, melt, error)
    evidence: dict[str, Any] = {
        "reasons": list(found.reasons[:40]),
        "rows": list(found.rows[:200]),
        "crystallization_temperature_K": melt,
        "observations": len(observations),
    }
    if found.word == "undecided":
        evidence["possible"] = ["observed", "not_observed"]
    return Measurement("planar_interface", found.word, "", None, _D, "", checks, evidence, _SOURCES)


def _place(fraction: float) -> str:
    return f"{100 * fraction:.4g} wt%"


def _point(
    p: CloudPoint, checks: tuple[Check, ...], observations: list[Observation], alone: bool
) -> Measurement:
    facts: dict[str, Any] = {
        "polymer_fraction": p.fraction,
        "highest_two_phase_K": None if math.isnan(p.highest_two_K) else p.highest_two_K,
        "lowest_one_phase_K": None if math.isnan(p.lowest_one_K) else p.lowest_one_K,
        "contradictory": p.contradictory,
        "observations": p.observations,
    }
    reason = ""
    if p.temperature_K is None:
        if math.isnan(p.lowest_one_K):
            facts["at_least_K"] = p.highest_two_K
            reason = (
                f"two phases up to {p.highest_two_K - ZERO_C:.4g} degC, the hottest looked at: it lies above"
            )
        else:
            facts["at_most_K"] = p.lowest_one_K
            reason = f"one phase down to {p.lowest_one_K - ZERO_C:.4g} degC, the coldest looked at: it lies below, if anywhere"
    return Measurement(
        "cloud_point_temperature", p.temperature_K, "K", p.error_K, _METHOD, "" if alone else _place(p.fraction),
        checks, facts, _SOURCES, reason,
    )  # fmt: skip


def _at(
    aim: float, points: list[CloudPoint], single: list[Measurement], checks: tuple[Check, ...]
) -> Measurement:
    """The cloud point of the solution of interest."""
    for p, m in zip(points, single, strict=True):
        if abs(p.fraction - aim) <= SAME_FRACTION:
            return replace(m, region="")
    found = curve_at(aim, points)
    if found is None:
        why = f"fewer than two concentrations with a cloud point, and none at {_place(aim)}"
        return Measurement(
            "cloud_point_temperature",
            None,
            "K",
            None,
            _METHOD,
            "",
            checks,
            {"polymer_fraction": aim},
            _SOURCES,
            why,
        )
    lo, hi = min(p.fraction for p in points), max(p.fraction for p in points)
    within = Check(
        "between the concentrations observed",
        "fail" if found.extrapolated else "pass",
        f"{_place(aim)} {'lies beyond' if found.extrapolated else 'lies within'} {_place(lo)} to {_place(hi)}"
        + ("; the end's value is given" if found.extrapolated else ""),
    )
    return Measurement(
        "cloud_point_temperature", found.temperature_K, "K", found.error_K, _METHOD + ", cloud-point curve", "",
        (*checks, within), {"polymer_fraction": aim, "extrapolated": found.extrapolated}, _SOURCES,
    )  # fmt: skip


def _from_scan(s: Scan, settings: dict[str, Any], alone: bool) -> Measurement:
    rate = settings["cooling_rate"]
    facts: dict[str, Any] = {
        "polymer_fraction": s.fraction,
        "cooling_rate_K_s": rate,
        "by": "scan of transmittance",
    }
    check = Check(
        "cooling rate is told",
        "pass" if rate is not None else "warn",
        "not told (--cooling-rate): the onset falls with it" if rate is None else f"{60 * rate:.3g} K/min",
    )
    region = "" if alone else f"{_place(s.fraction)}, scan"
    if s.onset is None:
        return Measurement(
            "cloud_point_temperature",
            None,
            "K",
            None,
            _SCAN,
            region,
            (check,),
            facts,
            (),
            "the transmittance does not fall",
        )
    facts |= {"half_K": s.onset.half_K, "clear": s.onset.clear, "opaque": s.onset.opaque}
    error = math.hypot(s.onset.error_K, settings["temperature_error"])
    return Measurement(
        "cloud_point_temperature", s.onset.temperature_K, "K", error, _SCAN, region, (check,), facts, ()
    )


def _table(points: list[CloudPoint]) -> ResultTable:
    def celsius(value: float | None) -> float | None:
        return None if value is None or math.isnan(value) else value - ZERO_C

    return ResultTable(
        "cloud_points",
        "Cloud points",
        (
            ("polymer", "wt%"), ("cloud point", "degC"), ("standard deviation", "K"), ("two phases up to", "degC"),
            ("one phase from", "degC"), ("observations", ""), ("", ""),
        ),
        tuple(
            (
                100 * p.fraction, celsius(p.temperature_K), p.error_K, celsius(p.highest_two_K), celsius(p.lowest_one_K),
                float(p.observations), "contradictory" if p.contradictory else "",
            )
            for p in points
        ),
    )  # fmt: skip


def _panels(
    observations: list[Observation],
    points: list[CloudPoint],
    scans: list[Scan],
    melt: float | None,
    aim: float | None,
) -> tuple[Panel, ...]:
    panels = []
    if observations:
        curves = []
        for label, chosen in (
            ("one phase", [o for o in observations if o.two is False]),
            ("two phases", [o for o in observations if o.two and not o.planar]),
            ("two phases, planar interface", [o for o in observations if o.two and o.planar]),
        ):
            if chosen:
                x, y = np.array([(o.fraction, o.temperature_K) for o in chosen]).T
                curves.append(Curve(label, x, y, "points"))
        known = [p for p in points if p.temperature_K is not None]
        if known:
            x = np.array([p.fraction for p in known])
            y = np.array([p.temperature_K for p in known], float)
            curves.append(Curve("cloud points", x, y, "points", np.array([p.error_K or 0.0 for p in known])))
        if len(known) > 1:
            fine = np.linspace(min(p.fraction for p in known), max(p.fraction for p in known), 101)
            smooth = [b.temperature_K for v in fine if (b := curve_at(float(v), known)) is not None]
            curves.append(Curve("cloud-point curve", fine, np.array(smooth), "fit"))
        marks = [] if melt is None else [Mark("crystallization", y=melt)]
        marks += [] if aim is None else [Mark("solution", x=aim)]
        panels.append(
            Panel(
                "phase_diagram",
                "Phases seen by the standing method",
                Axis("Polymer", "amount", "wt%"),
                Axis("Temperature", "temperature", "degC"),
                tuple(curves),
                tuple(marks),
                (),
                "Above the curve one phase, below it two liquids, down to crystallization.",
                overlay="phase_diagram",
            )
        )
    for k, s in enumerate(scans[:6]):
        panels.append(
            Panel(
                f"scan{k + 1 if len(scans) > 1 else ''}",
                f"Transmittance on cooling, {_place(s.fraction)} ({s.label})",
                Axis("Temperature", "temperature", "degC", reverse=True),
                Axis("Transmittance"),
                (Curve("scan", s.temperature_K, s.transmittance, "data"),),
                ()
                if s.onset is None
                else (
                    Mark("onset", x=s.onset.temperature_K, x_error=s.onset.error_K),
                    Mark("half", x=s.onset.half_K),
                ),
                (),
                "The onset moves to lower temperatures at higher cooling rates.",
            )
        )
    return tuple(panels)
