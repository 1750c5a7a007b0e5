"""Files of a calorimeter to T_m, T_c, enthalpies, crystallinity; T_c against T_s with T_a; T_m30 against T_m100.

Which numbers come out (standard deviations; see :mod:`percola.lab.dsc.peaks` for each contribution):

- ``melting_temperature``, ``melting_onset_temperature``, ``melting_enthalpy``, ``crystallinity``: of the main peak of
  the first heating (``--heating last``) of each file; the region is "polymer" (fraction 1), "mixture_30_70" (fraction
  0.3) and so on, "" where the fraction is not said. Files of one fraction give their mean; its uncertainty is
  calibration and the larger of the scatter of the mean and the mean's own noise.
- ``crystallization_temperature``, ``crystallization_onset_temperature``, ``crystallization_enthalpy``: of each cooling.
- ``dissolution_plateau_temperature``: T_a, for each fraction with runs at several T_s.
- ``melting_point_depression``: T_m100 - T_m(mixture). Calibration is counted twice as if the runs were independent,
  which is cautious for runs on one instrument.

Enthalpies are per gram of sample; crystallinity is per gram of polymer and asks for ``polymer_fraction``:

    X = H_m / (w H_100),   H_100 = 104.7 J/g +- 10.5 J/g

H_100 is the value of Nakagawa and Ishida (1973) that the field uses; 10 % is the spread of the compilations (the tables
of Percola hold 104.6 J/g +- 10 %). Of a copolymer it is an upper bound.

The exotherm direction comes from the file or from ``--exo``; the sample mass, where heat flow is not per mass, from the
file or from ``--mass``; both are asked for by name and never guessed. Glass transitions are not evaluated.

References: ep1063256, paragraphs 52, 76, 78, 89(11), 89(12); iso11357-3; astmd3418; nakagawaishida1973.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.analysis import Analysis, ResultTable, SourceFacts
from percola.lab.dsc.files import Recording, read_recordings
from percola.lab.dsc.peaks import BASELINES, Found, Peak, PeakOptions, find_peaks, make_curve
from percola.lab.dsc.plateau import Plateau, find_plateau
from percola.lab.dsc.segments import Segment, find_segments
from percola.lab.dsc.spec import SPEC
from percola.lab.panel import Axis, Band, Curve, Mark, Panel, Style
from percola.lab.reading import ReadOptions
from percola.lab.setting import asked_for, parse_settings
from percola.measurement import Check, Measurement

Floats = npt.NDArray[np.float64]
ZERO_C = 273.15
#: The transient at the start of a ramp and the turn at its end that are left out [s], and how far a ramp must go to be evaluated [K].
TRANSIENT_S, TURN_S, LEAST_RAMP_K = 90.0, 30.0, 10.0
#: A rate is right within the first share, wrong beyond the second; a hold likewise [s].
RATE_PASS, RATE_FAIL = 0.05, 0.20
HOLD_PASS_S, HOLD_FAIL_S = 60.0, 300.0
#: Paragraph 78: T_m30 must be above this [K].
LEAST_TM30_K = 373.15
METHOD_M = "EP 1063256 para. 89(11); ISO 11357-3"
METHOD_C = "EP 1063256 para. 89(12); ISO 11357-3"
TRACES = 8


@dataclass(frozen=True)
class Ramp:
    """One heating or cooling with what was found on it.

    Attributes:
        source: name of the file; index: of the file; record: the record; segment: the stretch.
        found: peaks, upward; sign: of the exothermic-up heat flow there (+1 cooling, -1 heating).
        per_mass: whether areas are J/kg; timed: whether areas mean anything.
        fraction: of polymer, or None.
        dissolution_K, dissolution_from: T_s and where it comes from, coolings only.
        hold_s: time at T_s in the data, or None.
        checks: of this ramp.
    """

    source: str
    index: int
    record: Recording
    segment: Segment
    found: Found
    sign: float
    timed: bool
    fraction: float | None
    dissolution_K: float | None = None
    dissolution_from: str = ""
    hold_s: float | None = None
    checks: tuple[Check, ...] = ()

    @property
    def label(self) -> str:
        """For legends and tables."""
        return self.source


def analyse(files: list[Path], settings: Mapping[str, Any], read: ReadOptions) -> Analysis:
    """The DSC method on files; see the module.

    Args:
        files: runs of one material.
        settings: of :data:`percola.lab.dsc.spec.SPEC`, SI; missing ones take their defaults.
        read: how tables are to be read.
    """
    given = {**parse_settings(SPEC.settings, {}), **settings}
    options = _options(given)
    masses = _each("mass", given["mass"], len(files))
    fractions = _each("polymer_fraction", given["polymer_fraction"], len(files))
    for f in fractions:
        if f is not None and not 0 < f <= 1:
            raise InputError("--polymer-fraction", f"{f:g}", "a weight fraction above 0 and up to 1")
    ramps: list[Ramp] = []
    sources: list[SourceFacts] = []
    notes: list[str] = []
    checks: list[Check] = []
    for index, path in enumerate(files):
        for record in read_recordings(Path(path), read):
            exo = _direction(record, given["exo"], checks)
            record, mass_words = _per_mass(record, masses[index])
            sources.append(_source(record, exo, mass_words, given))
            checks += _mass_check(record)
            ramps += _ramps(record, index, exo, fractions[index], given, options, notes)
    ramps = _dissolution(ramps, given["dissolution_temperature"], len(files))
    heatings = _chosen_heatings(ramps, given["heating"], notes)
    coolings = [r for r in ramps if r.segment.kind == "cooling" and r.found.main is not None]
    if not heatings and not coolings:
        raise InputError(
            ", ".join(str(f) for f in files),
            _nothing(ramps),
            "a heating or cooling with a peak",
            "set the limits with --from and --to, or look whether the exotherm direction is right (--exo)",
        )
    measurements: list[Measurement] = []
    panels: list[Panel] = []
    melting = _melting(heatings, given, options)
    measurements += melting
    rule, depressions = _media(heatings, options)
    measurements += depressions
    checks += rule
    several = len(coolings) > 1
    for ramp in coolings:
        measurements += _crystallization(ramp, given, options, several)
    plateaus = _plateaus(coolings, options)
    measurements += [m for m, _, _ in plateaus]
    # Where T_c against T_s is the question, the coolings come first.
    drawn = [*coolings, *heatings] if plateaus else [*heatings, *coolings]
    for number, ramp in enumerate(drawn[:TRACES], 1):
        panels += _trace(ramp, number, options, len(heatings) + len(coolings) <= 4)
    if plateaus:
        panels.append(_figure_one(coolings, plateaus))
    if len(heatings) + len(coolings) > TRACES:
        notes.append(f"figures show the first {TRACES} of {len(heatings) + len(coolings)} ramps")
    notes += _remarks(ramps, options, given)
    return Analysis(
        "dsc",
        tuple(measurements),
        tuple(panels),
        tuple(_tables(heatings, coolings, ramps, plateaus)),
        tuple(checks),
        tuple(dict.fromkeys(notes)),
        tuple(sources),
        given,
    )


def _options(given: Mapping[str, Any]) -> PeakOptions:
    low, high = given["from"], given["to"]
    if low is not None and high is not None and not low < high:
        raise InputError(
            "--from", f"{low - ZERO_C:g} degC is not below {high - ZERO_C:g} degC", "--from below --to"
        )
    for name in ("temperature_uncertainty", "enthalpy_uncertainty", "heat_of_fusion_uncertainty"):
        if given[name] < 0:
            raise InputError("--" + name.replace("_", "-"), f"{given[name]:g}", "0 or more")
    return PeakOptions(
        baseline=given["baseline"],
        window_K=given["smoothing"],
        low_K=low,
        high_K=high,
        main=given["main_peak"],
        time_constant_s=given["time_constant"],
        temperature_uncertainty_K=given["temperature_uncertainty"],
        enthalpy_uncertainty=given["enthalpy_uncertainty"],
    )


def _each(name: str, values: Sequence[float], files: int) -> list[float | None]:
    """One value for each file."""
    if not values:
        return [None] * files
    if len(values) == 1:
        return [float(values[0])] * files
    if len(values) != files:
        raise InputError(
            "--" + name.replace("_", "-"),
            f"{len(values)} values for {files} files",
            "one for all, or one for each file",
        )
    return [float(v) for v in values]


def _direction(record: Recording, said: str | None, checks: list[Check]) -> str:
    if said is None and record.exo is None:
        raise asked_for(
            "exo", f"which way exothermic peaks point in {_name(record)} (the file does not say)", "up"
        )
    if said is not None and record.exo is not None and said != record.exo:
        checks.append(
            Check(
                "exotherm direction",
                "warn",
                f"{_name(record)} says {record.exo} ({record.exo_from}), --exo says {said}: the latter is taken",
            )
        )
    return said or record.exo or ""


def _per_mass(record: Recording, said: float | None) -> tuple[Recording, str]:
    if record.specific:
        return record, "per mass in the file"
    mass = said or record.mass_kg
    if mass is None:
        raise asked_for(
            "mass", f"the sample mass of {_name(record)}; its heat flow is not per mass", '"10 mg"'
        )
    words = f"{mass * 1e6:.4g} mg, {'as said' if said else 'from the file'}"
    return replace(record, heat_flow=record.heat_flow / mass, specific=True, mass_kg=mass), words


HEAVIEST_kg = 100e-6
"""Pans of a heat-flux or power-compensated DSC hold some 5 to 30 mg."""


def _mass_check(record: Recording) -> list[Check]:
    if record.mass_kg is None or record.mass_kg <= HEAVIEST_kg:
        return []
    return [
        Check(
            "sample mass",
            "warn",
            f"{_name(record)}: {record.mass_kg * 1e6:.4g} mg, above the 100 mg that a pan holds at most: is its unit right? "
            "Heats per mass go with it",
        )
    ]


def _name(record: Recording) -> str:
    return Path(record.path).name


def _source(record: Recording, exo: str, mass: str, given: Mapping[str, Any]) -> SourceFacts:
    try:
        digest = hashlib.sha256(Path(record.path).read_bytes()).hexdigest()
    except OSError:
        digest = ""
    understood = dict(record.understood)
    if record.title:
        understood["sample"] = record.title
    words = record.exo_from if given["exo"] is None else "as said"
    understood["exotherm"] = f"{exo} ({words})"
    understood["mass"] = mass
    return SourceFacts(record.path, digest, understood)


def _ramps(
    record: Recording,
    index: int,
    exo: str,
    fraction: float | None,
    given: Mapping[str, Any],
    options: PeakOptions,
    notes: list[str],
) -> list[Ramp]:
    """The heatings and coolings of a record, evaluated."""
    exo_up = record.heat_flow if exo == "up" else -record.heat_flow
    segments = find_segments(record.time_s, record.temperature_K)
    out = []
    for at, segment in enumerate(segments):
        if segment.kind == "isothermal" or abs(segment.to_K - segment.from_K) < LEAST_RAMP_K:
            continue
        sign = 1.0 if segment.kind == "cooling" else -1.0
        start, stop = segment.start, segment.stop
        if record.time_s is not None:
            start += int(np.searchsorted(record.time_s[start:stop] - record.time_s[start], TRANSIENT_S))
            if stop < len(record.time_s):
                stop = int(np.searchsorted(record.time_s, record.time_s[stop - 1] - TURN_S))
            time = record.time_s[start : max(start, stop)]
            timed = True
        else:
            start += (stop - start) // 20
            rate = given["rate"]
            timed = rate is not None
            T = record.temperature_K[start:stop]
            steps = np.maximum(np.diff(T) * -sign, 0.0) / (rate or 1.0)
            time = np.concatenate(([0.0], np.cumsum(np.maximum(steps, 1e-9))))
            segment = replace(segment, rate_K_s=-sign * rate if rate else None)
        if stop - start < 30 or time[-1] <= time[0]:
            continue
        inside = _limits_inside(record.temperature_K[start:stop], options)
        curve = make_curve(
            time,
            record.temperature_K[start:stop],
            sign * exo_up[start:stop],
            options.window_K,
            options.time_constant_s,
        )
        found = find_peaks(curve, inside)
        checks = [_rate_check(segment, given)]
        hold = level = None
        if segment.kind == "cooling":
            level, hold = _hold(record, segments, at)
            checks.append(_hold_check(hold, level, given))
        if (options.low_K or options.high_K) and inside.low_K is None and inside.high_K is None:
            notes.append(
                f"--from and --to lie outside of a {segment.kind} of {_name(record)} and are not used there"
            )
        out.append(
            Ramp(
                _name(record)
                + (f" ({record.title})" if record.title and record.title not in _name(record) else ""),
                index,
                record,
                segment,
                found,
                sign,
                timed,
                fraction,
                level,
                "held in the file" if level else "",
                hold,
                tuple(checks),
            )
        )
    return out


def _limits_inside(T: Floats, options: PeakOptions) -> PeakOptions:
    """Limits of a person only where they lie on the ramp."""
    low, high = float(T.min()), float(T.max())
    return replace(
        options,
        low_K=options.low_K if options.low_K is not None and low <= options.low_K < high else None,
        high_K=options.high_K if options.high_K is not None and low < options.high_K <= high else None,
    )


def _hold(record: Recording, segments: tuple[Segment, ...], at: int) -> tuple[float | None, float | None]:
    """Level of the hold before a cooling and its length, from the data; the level is the start where there is none."""
    T, t = record.temperature_K, record.time_s
    cooling = segments[at]
    if t is None or at == 0 or segments[at - 1].kind != "isothermal":
        return (None, None) if t is None else (float(T[cooling.start : cooling.start + 5].max()), 0.0)
    level = segments[at - 1].level_K
    near = np.abs(T - level) < 0.3
    a, b = segments[at - 1].start, segments[at - 1].stop
    while a > 0 and near[a - 1]:
        a -= 1
    while b < len(T) and near[b]:
        b += 1
    return level, float(t[b - 1] - t[a])


def _rate_check(segment: Segment, given: Mapping[str, Any]) -> Check:
    wanted = given["heating_rate" if segment.kind == "heating" else "cooling_rate"]
    name = f"{segment.kind} rate"
    if segment.rate_K_s is None:
        return Check(
            name, "warn", f"not known: the file has no time; the procedure asks for {wanted * 60:g} K/min"
        )
    rate = abs(segment.rate_K_s)
    off = abs(rate / wanted - 1.0)
    status = "pass" if off <= RATE_PASS else "warn" if off <= RATE_FAIL else "fail"
    return Check(
        name,
        status,  # type: ignore[arg-type]
        f"{rate * 60:.3g} K/min, the procedure asks for {wanted * 60:g} K/min"
        + (
            ""
            if status == "pass"
            else "; peaks move with the rate, so the value is not that of the patent's procedure"
        ),
    )


def _hold_check(hold: float | None, level: float | None, given: Mapping[str, Any]) -> Check:
    wanted = given["hold"]
    name = "hold at the dissolution temperature"
    if hold is None or level is None:
        return Check(
            name, "warn", f"not known: the file has no time; the procedure asks for {wanted / 60:g} min"
        )
    if hold <= 0:
        return Check(
            name, "fail", f"no hold before the cooling; the procedure asks for {wanted / 60:g} min at T_s"
        )
    off = abs(hold - wanted)
    status = "pass" if off <= HOLD_PASS_S else "warn" if off <= HOLD_FAIL_S else "fail"
    return Check(
        name,
        status,  # type: ignore[arg-type]
        f"{hold / 60:.1f} min at {level - ZERO_C:.1f} degC, the procedure asks for {wanted / 60:g} min",
    )


_IN_NAME = re.compile(r"(?<![a-z])t_?s[ _=-]*([0-9]{2,3}(?:\.[0-9]+)?)(?![0-9])", re.I)


def _dissolution(ramps: list[Ramp], said: Sequence[float], files: int) -> list[Ramp]:
    """T_s of each cooling: as said, else held in the file, else the name ("..._Ts178..."), else the start."""
    coolings = [i for i, r in enumerate(ramps) if r.segment.kind == "cooling"]
    if said and len(said) not in (len(coolings), files) and coolings:
        raise InputError(
            "--dissolution-temperature",
            f"{len(said)} values for {len(coolings)} coolings in {files} files",
            "one for each cooling, in order, or one for each file",
        )
    out = list(ramps)
    for number, i in enumerate(coolings):
        ramp = ramps[i]
        held = (ramp.hold_s or 0.0) > 0
        if said:
            value = said[number] if len(said) == len(coolings) else said[ramp.index]
            extra: tuple[Check, ...] = ()
            if held and ramp.dissolution_K is not None and abs(value - ramp.dissolution_K) > 1.0:
                extra = (
                    Check(
                        "dissolution temperature",
                        "warn",
                        f"said to be {value - ZERO_C:.1f} degC, the file holds {ramp.dissolution_K - ZERO_C:.1f} degC",
                    ),
                )
            out[i] = replace(
                ramp, dissolution_K=value, dissolution_from="as said", checks=ramp.checks + extra
            )
            continue
        match = _IN_NAME.search(ramp.source)
        if not held and match:
            out[i] = replace(
                ramp, dissolution_K=float(match[1]) + ZERO_C, dissolution_from="name of the file"
            )
        elif not held and ramp.dissolution_K is not None:
            out[i] = replace(ramp, dissolution_from="start of the cooling, no hold")
    return out


def _chosen_heatings(ramps: list[Ramp], which: str, notes: list[str]) -> list[Ramp]:
    """One heating with a peak of each record; where some passed the whole peak, only those of each fraction.

    A heating to a low T_s may end in the middle of the melting peak; its top is then not the melting point.
    """
    out: dict[int, Ramp] = {}
    for ramp in ramps:
        if ramp.segment.kind == "heating" and ramp.found.main is not None:
            key = id(ramp.record)
            if key not in out or which == "last":
                out[key] = ramp
    chosen: list[Ramp] = []
    for group in _by_fraction(list(out.values())).values():
        whole = [
            r for r in group if not _main(r).notes and _main(r).parts["area_baseline"] < 0.3 * _main(r).area
        ]
        if whole and len(whole) < len(group):
            left = ", ".join(r.source for r in group if r not in whole)
            notes.append(f"heatings that end before the melting peak does are not used for T_m: {left}")
        chosen += whole or group
    return [r for r in out.values() if any(r is c for c in chosen)]


def _nothing(ramps: list[Ramp]) -> str:
    if not ramps:
        return f"no heating or cooling over {LEAST_RAMP_K:g} K or more"
    return f"no peak above the noise on {len(ramps)} ramps"


def region_of(fraction: float | None) -> str:
    """Region of a weight fraction of polymer.

    >>> region_of(0.3), region_of(1.0), region_of(None)
    ('mixture_30_70', 'polymer', '')
    """
    if fraction is None:
        return ""
    if fraction > 0.9995:
        return "polymer"
    return (
        f"mixture_{100 * fraction:g}_{100 * (1 - fraction):g}"
        if abs(100 * fraction % 1) < 1e-9
        else (f"mixture_{100 * fraction:.4g}_{100 * (1 - fraction):.4g}")
    )


def _peak_checks(ramp: Ramp, peak: Peak, options: PeakOptions) -> tuple[Check, ...]:
    out = list(ramp.checks)
    for note in peak.notes:
        out.append(Check("limits of the peak", "warn", f"{note}; set it with --from or --to"))
    if not peak.notes:
        words = f"{peak.low_K - ZERO_C:.1f} to {peak.high_K - ZERO_C:.1f} degC, the curve is at rest outside"
        out.append(Check("limits of the peak", "pass", words))
    share = peak.parts["area_baseline"] / max(abs(peak.area), 1e-300)
    out.append(
        Check(
            "choice of baseline",
            "pass" if share <= 0.05 else "warn" if share <= 0.3 else "fail",
            f"the four baselines give enthalpies that scatter by {100 * share:.1f} %"
            + ("; this may be no peak but a bent baseline" if share > 0.3 else ""),
        )
    )
    moved = peak.parts["smoothing_K"]
    out.append(
        Check(
            "smoothing",
            # The estimate carries noise itself.
            "pass" if moved <= max(0.1, 2.0 * peak.parts["peak_noise_K"]) else "warn",
            f"the filter of {ramp.found.curve.window_K:.2g} K moves the peak by about {moved:.2g} K",
        )
    )
    others = [p for p in ramp.found.peaks if p is not peak]
    if others:
        words = ", ".join(f"{p.peak_K - ZERO_C:.1f} degC ({p.area / 1000:.3g} J/g)" for p in others)
        out.append(
            Check(
                "single peak",
                "warn",
                f"{len(others)} more: {words}; the main one has the largest "
                + ("enthalpy" if options.main == "enthalpy" else "height"),
            )
        )
    return tuple(out)


def _evidence(ramp: Ramp, peak: Peak) -> dict[str, Any]:
    rate = ramp.segment.rate_K_s
    return {
        "file": ramp.source,
        "rate_K_min": None if rate is None else rate * 60,
        "limits_K": [peak.low_K, peak.high_K],
        "end_K": peak.end_K,
        "width_K": peak.width_K,
        "uncertainty": {k: float(f"{v:.4g}") for k, v in peak.parts.items()},
        "enthalpy_by_baseline_J_kg": {k: float(f"{v:.6g}") for k, v in peak.areas.items()}
        if ramp.timed
        else {},
        "peak_by_baseline_K": {k: round(v, 4) for k, v in peak.peaks_K.items()},
        "peaks": [
            {
                "peak_K": round(p.peak_K, 3),
                "onset_K": round(p.onset_K, 3),
                "end_K": round(p.end_K, 3),
                "enthalpy_J_kg": float(f"{p.area:.5g}") if ramp.timed else None,
                "main": p.main,
            }
            for p in ramp.found.peaks
        ],
        "window_K": ramp.found.curve.window_K,
        "noise_W_kg": ramp.found.curve.noise,
    }


def _main(ramp: Ramp) -> Peak:
    peak = ramp.found.main
    assert peak is not None
    return peak


def _mean(values: list[tuple[float, float]], common: float) -> tuple[float, float]:
    """Mean and its uncertainty of values with own uncertainties and a common one."""
    n = len(values)
    mean = sum(v for v, _ in values) / n
    own = math.sqrt(sum(u**2 for _, u in values)) / n
    scatter = float(np.std([v for v, _ in values], ddof=1)) / math.sqrt(n) if n > 1 else 0.0
    return mean, math.hypot(max(own, scatter), common)


def _by_fraction(ramps: list[Ramp]) -> dict[float | None, list[Ramp]]:
    groups: dict[float | None, list[Ramp]] = {}
    for ramp in ramps:
        key = None if ramp.fraction is None else round(ramp.fraction, 4)
        groups.setdefault(key, []).append(ramp)
    return groups


def _melting(heatings: list[Ramp], given: Mapping[str, Any], options: PeakOptions) -> list[Measurement]:
    out = []
    cal = options.temperature_uncertainty_K
    for fraction, ramps in _by_fraction(heatings).items():
        region = region_of(fraction)
        peaks = [_main(r) for r in ramps]
        checks = _merged([_peak_checks(r, p, options) for r, p in zip(ramps, peaks, strict=True)], ramps)
        evidence: dict[str, Any] = {**_evidence(ramps[0], peaks[0]), "polymer_fraction": fraction}
        if len(ramps) > 1:
            evidence["runs"] = [
                {"file": r.source, "peak_K": p.peak_K, "u_K": p.u_peak_K, "enthalpy_J_kg": p.area}
                for r, p in zip(ramps, peaks, strict=True)
            ]
        value, u = _mean([(p.peak_K, p.u_peak_alone_K) for p in peaks], cal)
        onset, u_onset = _mean(
            [(p.onset_K, math.sqrt(max(0.0, p.u_onset_K**2 - cal**2))) for p in peaks], cal
        )
        cites = ("ep1063256", "iso11357-3", "astmd3418", "savitzkygolay1964")
        out.append(
            Measurement("melting_temperature", value, "K", u, METHOD_M, region, checks, evidence, cites)
        )
        out.append(
            Measurement(
                "melting_onset_temperature",
                onset,
                "K",
                u_onset,
                "ISO 11357-3, extrapolated onset",
                region,
                checks,
                {"files": [r.source for r in ramps]},
                cites,
            )
        )
        out += _heats(ramps, peaks, region, given, checks, "melting_enthalpy")
        out.append(_crystallinity(out[-1], fraction, region, given))
    return out


def _heats(
    ramps: list[Ramp],
    peaks: list[Peak],
    region: str,
    given: Mapping[str, Any],
    checks: tuple[Check, ...],
    name: str,
) -> list[Measurement]:
    cites = ("iso11357-3", "hemmingersarge1991", "hohne2003")
    method = "ISO 11357-3, area above the baseline, per gram of sample"
    if not all(r.timed for r in ramps):
        return [
            Measurement(
                name,
                None,
                "J/kg",
                None,
                method,
                region,
                checks,
                {},
                cites,
                'the file has no time: say the rate, for example --rate "5 K/min"',
            )
        ]
    share = given["enthalpy_uncertainty"]
    mean = sum(p.area for p in peaks) / len(peaks)
    alone = [(p.area, math.sqrt(max(0.0, p.u_area**2 - (share * p.area) ** 2))) for p in peaks]
    value, u = _mean(alone, share * abs(mean))
    spread = {k: sum(p.areas[k] for p in peaks) / len(peaks) for k in BASELINES}
    evidence = {
        "baseline": given["baseline"],
        "by_baseline_J_kg": {k: float(f"{v:.6g}") for k, v in spread.items()},
        "uncertainty": {k: float(f"{v:.4g}") for k, v in peaks[0].parts.items() if k.startswith("area")},
        "all_peaks_J_kg": float(sum(p.area for p in ramps[0].found.peaks)),
    }
    return [Measurement(name, value, "J/kg", u, method, region, checks, evidence, cites)]


def _crystallinity(
    heat: Measurement, fraction: float | None, region: str, given: Mapping[str, Any]
) -> Measurement:
    full, u_full = given["heat_of_fusion"], given["heat_of_fusion_uncertainty"]
    method = f"melting enthalpy over {full / 1000:.4g} J/g of perfect crystal, per gram of polymer"
    cites = ("nakagawaishida1973", "athas", "iso11357-3")
    evidence = {
        "heat_of_fusion_J_kg": full,
        "heat_of_fusion_uncertainty_J_kg": u_full,
        "polymer_fraction": fraction,
    }
    if not isinstance(heat.value, float) or fraction is None:
        why = heat.reason or (
            "how much of the sample is polymer is not said: --polymer-fraction 1 for polymer alone, 0.3 for 30:70"
        )
        return Measurement("crystallinity", None, "1", None, method, region, (), evidence, cites, why)
    value = heat.value / (fraction * full)
    u = value * math.hypot((heat.uncertainty or 0.0) / max(abs(heat.value), 1e-300), u_full / full)
    status = "pass" if 0 < value < 0.8 else "warn" if value < 1 else "fail"
    check = Check(
        "crystallinity possible",
        status,  # type: ignore[arg-type]
        f"{100 * value:.0f} % of the polymer"
        + ("" if status == "pass" else "; PVDF reaches 35 to 70 %: are mass, fraction and limits right?"),
    )
    return Measurement("crystallinity", value, "1", u, method, region, (check,), evidence, cites)


def _merged(each: list[tuple[Check, ...]], ramps: list[Ramp]) -> tuple[Check, ...]:
    """Checks of several runs: the worst of each name, with its file."""
    if len(each) == 1:
        return each[0]
    order = {"pass": 0, "warn": 1, "fail": 2}
    worst: dict[str, tuple[Check, int]] = {}
    for i, checks in enumerate(each):
        for c in checks:
            if c.name not in worst or order[c.status] > order[worst[c.name][0].status]:
                worst[c.name] = (c, i)
    return tuple(
        Check(c.name, c.status, c.message if c.status == "pass" else f"{ramps[i].source}: {c.message}")
        for c, i in worst.values()
    )


def _media(heatings: list[Ramp], options: PeakOptions) -> tuple[list[Check], list[Measurement]]:
    """Melting point depression and the rule T_m100 > T_m30 > 100 degC of paragraph 78."""
    groups = _by_fraction(heatings)
    alone = groups.get(1.0)
    if not alone:
        return [], []
    cal = options.temperature_uncertainty_K
    pure, u_pure = _mean([(_main(r).peak_K, _main(r).u_peak_alone_K) for r in alone], cal)
    checks: list[Check] = []
    out: list[Measurement] = []
    for fraction, ramps in groups.items():
        if fraction is None or fraction > 0.9995:
            continue
        mixed, u_mixed = _mean([(_main(r).peak_K, _main(r).u_peak_alone_K) for r in ramps], cal)
        drop, u = pure - mixed, math.hypot(u_pure, u_mixed)
        region = region_of(fraction)
        own: tuple[Check, ...] = ()
        if abs(fraction - 0.3) < 0.005:
            margin, u_margin = min(drop, mixed - LEAST_TM30_K), u if drop < mixed - LEAST_TM30_K else u_mixed
            status = "pass" if margin > 2 * u_margin else "fail" if margin < -2 * u_margin else "warn"
            rule = Check(
                "cooling medium: T_m100 > T_m30 > 100 degC",
                status,  # type: ignore[arg-type]
                f"T_m100 {pure - ZERO_C:.1f}, T_m30 {mixed - ZERO_C:.1f} degC; the smaller margin is {margin:+.1f} K "
                f"+- {u_margin:.1f} K"
                + ("; within twice its uncertainty of the limit" if status == "warn" else ""),
            )
            own = (rule,)
            checks.append(rule)
        out.append(
            Measurement(
                "melting_point_depression",
                drop,
                "K",
                u,
                "EP 1063256 para. 78, T_m100 - T_m of the mixture",
                region,
                own,
                {"pure_K": pure, "mixture_K": mixed, "polymer_fraction": fraction},
                ("ep1063256",),
            )
        )
    return checks, out


def _crystallization(
    ramp: Ramp, given: Mapping[str, Any], options: PeakOptions, several: bool
) -> list[Measurement]:
    peak = _main(ramp)
    region = region_of(ramp.fraction)
    if several and ramp.dissolution_K is not None:
        words = f"T_s {ramp.dissolution_K - ZERO_C:.1f} degC"
        region = f"{region}, {words}" if region else words
    checks = _peak_checks(ramp, peak, options)
    cites = ("ep1063256", "iso11357-3", "astmd3418", "savitzkygolay1964")
    evidence = {
        **_evidence(ramp, peak),
        "dissolution_temperature_K": ramp.dissolution_K,
        "dissolution_temperature_from": ramp.dissolution_from,
        "hold_s": ramp.hold_s,
        "polymer_fraction": ramp.fraction,
    }
    # On cooling the curve was turned round: what begins first is the end at the high-temperature side.
    return [
        Measurement(
            "crystallization_temperature", peak.peak_K, "K", peak.u_peak_K, METHOD_C, region, checks, evidence, cites
        ),
        Measurement(
            "crystallization_onset_temperature", peak.end_K, "K", peak.u_end_K, "ISO 11357-3, extrapolated onset",
            region, checks, {"file": ramp.source}, cites,
        ),
        *_heats([ramp], [peak], region, given, checks, "crystallization_enthalpy"),
    ]  # fmt: skip


def _plateaus(coolings: list[Ramp], options: PeakOptions) -> list[tuple[Measurement, Plateau, list[Ramp]]]:
    out = []
    for fraction, group in _by_fraction(coolings).items():
        runs = [r for r in group if r.dissolution_K is not None]
        if len({round(r.dissolution_K or 0.0, 1) for r in runs}) < 2:
            continue
        x = np.array([r.dissolution_K for r in runs], float)
        y = np.array([_main(r).peak_K for r in runs])
        own = np.array([_main(r).u_peak_alone_K for r in runs])
        found = find_plateau(x, y, own)
        trend = (
            "falls"
            if found.slope < -2 * found.u_slope
            else "rises"
            if found.slope > 2 * found.u_slope
            else "does not change"
        )
        checks = [
            Check(
                "T_c falls with T_s",
                "pass" if trend == "falls" else "warn",
                f"T_c {trend}{' below T_a' if found.reached else ''}: {found.slope:+.3f} K per K +- {found.u_slope:.3f}",
            ),
            Check(
                "plateau reached",
                "pass" if found.reached and found.beyond >= 3 else "warn",
                f"{found.beyond} runs at or above T_a; broken against straight line p = {found.p_value:.2g}"
                + ("" if found.beyond >= 3 else "; a third run above would make sure that T_c stays")
                if found.reached
                else found.reason,
            ),
        ]
        bad = [r for r in runs if any(c.status == "fail" for c in r.checks)]
        if bad:
            checks.append(
                Check(
                    "runs as the procedure asks",
                    "warn",
                    f"{len(bad)} of {len(runs)} runs fail a check of rate or hold: {', '.join(r.source for r in bad[:4])}",
                )
            )
        u = (
            None
            if found.uncertainty_K is None
            else math.hypot(found.uncertainty_K, options.temperature_uncertainty_K)
        )
        evidence = {
            "dissolution_temperature_K": [round(float(v), 3) for v in x],
            "crystallization_temperature_K": [round(float(v), 3) for v in y],
            "uncertainty_without_calibration_K": [round(float(v), 4) for v in own],
            "plateau_level_K": found.level_K,
            "slope_K_per_K": found.slope,
            "slope_uncertainty": found.u_slope,
            "interval_95_K": [found.low_K, found.high_K],
            "profile_K": found.profile[0],
            "profile_ratio": found.profile[1],
            "polymer_fraction": fraction,
        }
        out.append(
            (
                Measurement(
                    "dissolution_plateau_temperature",
                    found.temperature_K,
                    "K",
                    u,
                    "EP 1063256 para. 52, Fig. 1; broken line",
                    region_of(fraction),
                    tuple(checks),
                    evidence,
                    ("ep1063256", "hudson1966"),
                    "" if found.reached else found.reason,
                ),
                found,
                runs,
            )
        )
    return out


_OTHERS: dict[str, Style] = {
    "linear": "fit",
    "integral": "derived",
    "tangential": "reference",
    "spline": "baseline",
}
_T = Axis("temperature", "temperature", "°C")
_Q = Axis("heat flow, exothermic up", "specific_heat_flow", "W/g")


def _trace(ramp: Ramp, number: int, options: PeakOptions, all_baselines: bool) -> list[Panel]:
    peak, curve = _main(ramp), ramp.found.curve
    s = ramp.sign
    T, y = curve.temperature_K, curve.signal * s
    kind = ramp.segment.kind
    base_T, base = ramp.found.baselines[options.baseline]
    part = (curve.temperature_K >= base_T[0]) & (curve.temperature_K <= base_T[-1])
    name = "Melting" if kind == "heating" else "Crystallization"
    marks = [
        Mark("peak", peak.peak_K, _at(T, curve.smooth * s, peak.peak_K), peak.u_peak_K),
        Mark("onset", peak.onset_K if kind == "heating" else peak.end_K, None,
             peak.u_onset_K if kind == "heating" else peak.u_end_K),
        Mark("end", peak.end_K if kind == "heating" else peak.onset_K, None),
    ]  # fmt: skip
    marks += [
        Mark("further peak", p.peak_K, _at(T, curve.smooth * s, p.peak_K))
        for p in ramp.found.peaks
        if p is not peak
    ]
    low, high = base_T[0] - 1.5 * (base_T[-1] - base_T[0]), base_T[-1] + 1.5 * (base_T[-1] - base_T[0])
    shown = (low <= T) & (high >= T)
    x_axis = replace(_T, reverse=kind == "cooling")
    rate = "" if ramp.segment.rate_K_s is None else f", {abs(ramp.segment.rate_K_s) * 60:.3g} K/min"
    trace = Panel(
        f"trace_{number}_{kind}",
        f"{name}: {ramp.label}{rate}",
        x_axis,
        _Q,
        (
            Curve("measured", T[shown], y[shown], "data"),
            Curve("smoothed", curve.temperature_K[part], curve.smooth[part] * s, "fit", fill_to=base * s),
            Curve(f"baseline ({options.baseline})", base_T, base * s, "baseline"),
        ),
        tuple(marks),
        (Band("limits", peak.low_K, peak.high_K),),
        f"Shaded: the enthalpy. {'Onset' if kind == 'heating' else 'Onset (on the warm side)'} and end are where the "
        "tangents of the flanks meet the baseline. Look whether the baseline follows the curve outside of the peak.",
    )
    if not all_baselines:
        return [trace]
    lines = tuple(
        Curve(
            f"{k}: {peak.areas[k] / 1000:.1f} J/g" if ramp.timed else k,
            v[0],
            v[1] * s,
            "baseline" if k == options.baseline else _OTHERS[k],
        )
        for k, v in ramp.found.baselines.items()
        if k in peak.areas
    )
    # The foot of the peak only: there the baselines differ.
    straight = np.interp(T, *ramp.found.baselines["linear"])
    foot = np.where(np.abs(y - s * straight) < 0.15 * peak.height, y, np.nan)
    choices = Panel(
        f"baselines_{number}_{kind}",
        f"Baselines: {ramp.label}",
        x_axis,
        _Q,
        (Curve("measured", T[shown], foot[shown], "data"), *lines),
        (),
        (Band("limits", peak.low_K, peak.high_K),),
        f"All baselines and their enthalpies, at the foot of the peak; {options.baseline} is taken, the spread of all "
        "is part of the uncertainty.",
    )
    return [trace, choices]


def _at(T: Floats, y: Floats, where: float) -> float:
    return float(np.interp(where, T, y))


def _figure_one(coolings: list[Ramp], plateaus: list[tuple[Measurement, Plateau, list[Ramp]]]) -> Panel:
    curves: list[Curve] = []
    marks: list[Mark] = []
    for m, found, runs in plateaus:
        runs = sorted(runs, key=lambda r: r.dissolution_K or 0.0)
        x = np.array([r.dissolution_K for r in runs], float)
        y = np.array([_main(r).peak_K for r in runs])
        u = np.array([_main(r).u_peak_alone_K for r in runs])
        words = "" if runs[0].fraction is None else f"{100 * runs[0].fraction:g} wt% polymer"
        curves.append(Curve(words or "measured", x, y, "points", y_error=u))
        if found.reached and found.temperature_K is not None and found.level_K is not None:
            knots = np.array([x[0], found.temperature_K, x[-1]])
            line = found.level_K + found.slope * np.minimum(knots - found.temperature_K, 0.0)
            curves.append(Curve("falling, then constant", knots, line, "fit"))
            marks.append(
                Mark(f"T_a {words}".strip(), found.temperature_K, found.level_K, x_error=m.uncertainty)
            )
    return Panel(
        "crystallization_dissolution",
        "Crystallization temperature against dissolution temperature",
        Axis("dissolution temperature T_s", "temperature", "°C"),
        Axis("crystallization temperature T_c", "temperature", "°C"),
        tuple(curves),
        tuple(marks),
        (),
        "As Fig. 1 of the patent: T_c falls with T_s and becomes constant at T_a, where crystals are forgotten. "
        "Bars: one standard deviation without the calibration that all points share.",
        overlay="crystallization",
    )


def _tables(
    heatings: list[Ramp], coolings: list[Ramp], ramps: list[Ramp],
    plateaus: list[tuple[Measurement, Plateau, list[Ramp]]],
) -> list[ResultTable]:  # fmt: skip
    used = [*heatings, *coolings]
    rows = []
    for r in ramps:
        for p in r.found.peaks:
            rate = r.segment.rate_K_s
            cooling = r.segment.kind == "cooling"
            rows.append(
                (
                    r.source,
                    r.segment.kind,
                    None if rate is None else round(rate * 60, 3),
                    round(p.peak_K - ZERO_C, 2),
                    round(p.u_peak_K, 2),
                    round((p.end_K if cooling else p.onset_K) - ZERO_C, 2),
                    round((p.onset_K if cooling else p.end_K) - ZERO_C, 2),
                    round(p.area / 1000, 3) if r.timed else None,
                    round(p.u_area / 1000, 3) if r.timed else None,
                    ("used" if any(r is o for o in used) else "not used") if p.main else "further peak",
                )
            )
    out = [
        ResultTable(
            "peaks",
            "Peaks of all heatings and coolings",
            (
                ("file", ""),
                ("ramp", ""),
                ("rate", "K/min"),
                ("peak", "°C"),
                ("standard deviation", "K"),
                ("onset", "°C"),
                ("end", "°C"),
                ("enthalpy", "J/g"),
                ("standard deviation", "J/g"),
                ("use", ""),
            ),
            tuple(rows),
        )
    ]
    if plateaus:
        lines = [
            (
                None if r.fraction is None else round(100 * r.fraction, 2),
                round((r.dissolution_K or 0.0) - ZERO_C, 2),
                round(_main(r).peak_K - ZERO_C, 2),
                round(_main(r).u_peak_alone_K, 3),
                None if r.hold_s is None else round(r.hold_s / 60, 1),
                r.dissolution_from,
                r.source,
            )
            for _, _, runs in plateaus
            for r in sorted(runs, key=lambda r: r.dissolution_K or 0.0)
        ]
        out.append(
            ResultTable(
                "crystallization_dissolution",
                "T_c against T_s",
                (
                    ("polymer", "wt%"),
                    ("T_s", "°C"),
                    ("T_c", "°C"),
                    ("standard deviation without calibration", "K"),
                    ("hold", "min"),
                    ("T_s from", ""),
                    ("file", ""),
                ),
                tuple(lines),
            )
        )
    return out


def _remarks(ramps: list[Ramp], options: PeakOptions, given: Mapping[str, Any]) -> list[str]:
    out = [
        f"baseline: {options.baseline}; all four are computed and their spread is part of the uncertainty",
        f"the first {TRANSIENT_S:g} s of each ramp (start-up transient) and the last {TURN_S:g} s before a hold are left out",
        f"calibration: +- {options.temperature_uncertainty_K:g} K and {100 * options.enthalpy_uncertainty:g} % "
        "(one standard deviation, our estimate of routine work; say your own)",
        "main peak: the one with the largest " + ("enthalpy" if options.main == "enthalpy" else "height"),
    ]
    if options.time_constant_s:
        out.append(f"the lag of the cell was undone with a time constant of {options.time_constant_s:g} s")
    else:
        out.append(
            "peak temperatures are as shown: the lag of cell and sample is not corrected beyond calibration"
        )
    windows = sorted({round(r.found.curve.window_K, 2) for r in ramps if r.found.peaks})
    if windows:
        points = sorted({r.found.curve.window_points for r in ramps if r.found.peaks})
        out.append(
            f"Savitzky-Golay filter, cubic, {', '.join(f'{w:g} K' for w in windows)} "
            f"({', '.join(str(p) for p in points)} points)"
        )
    if given["baseline"] == "none":
        out.append("no baseline was taken off: the curve must have been corrected before")
    return out
