"""The bubble point of a wet run by its definitions: first flow, threshold flow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.porometry.crossing import Crossing, crossing
from percola.lab.porometry.curves import Noise, Run, slopes
from percola.lab.porometry.onset import FALSE_ALARM, Onset, first_flow
from percola.lab.porometry.pores import Scale
from percola.lab.setting import asked_for
from percola.measure.flow.gas import ATMOSPHERE_Pa
from percola.measurement import Check, Measurement

Floats = npt.NDArray[np.float64]
ML_MIN = 1e-6 / 60.0
THRESHOLDS = (30 * ML_MIN, 50 * ML_MIN, 100 * ML_MIN)
"""Flows that porometers take for the calculated bubble point [m3/s]."""
MAXIMUM_METHOD = "EP 1063256 para. 89(6): ASTM F316 and E128, bubble point by {}; 2860 gamma/p"
PRESSURE_METHOD = "EP 1063256 para. 89(6): ASTM F316, bubble point by {}"
CITED = ("ep1063256", "astmf316", "astme128", "jasper1972")


@dataclass(frozen=True)
class Threshold:
    """Pressure at which the flow reaches a threshold.

    Attributes:
        flow_m3_s: the threshold, scaled to the area where that was asked.
        crossing: where the flow reaches it; None where it never does.
        other_Pa: pressure if the flow is stated the other way (behind or before the specimen); NaN where it is known.
        clean_Pa: pressure at which the flow without the background reaches it; NaN where there is no background.
    """

    flow_m3_s: float
    crossing: Crossing | None
    other_Pa: float
    clean_Pa: float = math.nan

    @property
    def words(self) -> str:
        """In ml/min."""
        return f"threshold flow {self.flow_m3_s / ML_MIN:.4g} ml/min"


@dataclass(frozen=True)
class Bubble:
    """Bubble points of one wet run.

    Attributes:
        onset: first flow; None where the flow never leaves its background.
        thresholds: by threshold flow.
        main: "first-flow" or "threshold": which is the maximum pore size.
    """

    onset: Onset | None
    thresholds: tuple[Threshold, ...]
    main: str

    @property
    def pressure(self) -> tuple[float, float] | None:
        """Main bubble point and its error without calibration [Pa]."""
        if self.main == "threshold":
            c = self.thresholds[0].crossing
            return None if c is None else (c.at, c.error)
        return None if self.onset is None else (self.onset.pressure_Pa, self.onset.error_Pa)

    @property
    def words(self) -> str:
        """The main definition."""
        return self.thresholds[0].words if self.main == "threshold" else "first flow"


def significant(onset: Onset | None) -> tuple[float, float]:
    """Background a + b p that is there beyond doubt (three standard deviations), else nothing."""
    if onset is None:
        return 0.0, 0.0
    (a, b), (ea, eb) = onset.background, onset.background_error
    if abs(b) > 3 * eb > 0:
        return a, b
    return (a, 0.0) if abs(a) > 3 * ea > 0 else (0.0, 0.0)


def thresholds_of(settings: Mapping[str, Any]) -> tuple[float, ...]:
    """Threshold flows [m3/s]: those given, else :data:`THRESHOLDS`; scaled to the area where both areas are given."""
    flows = tuple(settings.get("threshold_flow") or THRESHOLDS)
    reference, area = settings.get("threshold_area"), settings.get("area")
    if reference is None:
        return flows
    if area is None:
        raise asked_for("area", "a threshold for another area is to be scaled to this specimen", '"4.9 cm2"')
    return tuple(f * area / reference for f in flows)


def bubble(wet: Run, noise: Noise, settings: Mapping[str, Any], conditions: str) -> Bubble:
    """Bubble points of a rising wet run.

    Threshold flow: where the whole flow, background with it, reaches the threshold (as instruments do). What a millilitre
    of gas is matters for it: stated before the specimen, the flow is smaller by p0/(p0 + p).

    Raises:
        InputError: the threshold definition is asked for as the maximum pore size and nothing says the conditions, where
            they matter by more than the error.
    """
    main = str(settings.get("definition") or "first-flow")
    p, q = wet.pressure_Pa, wet.flow_m3_s
    behind = settings.get("outlet_pressure") or ATMOSPHERE_Pa
    expanded = q * (behind + p) / behind
    use = expanded if conditions == "inlet" else q
    other = None if conditions else expanded
    onset = first_flow(wet, noise)
    a, slope = significant(onset)
    clean = None if a == slope == 0 else use - a - slope * p
    found = tuple(
        Threshold(
            flow,
            _reaches(p, use, noise, flow),
            math.nan if other is None else getattr(_reaches(p, other, noise, flow), "at", math.nan),
            math.nan if clean is None else getattr(_reaches(p, clean, noise, flow), "at", math.nan),
        )
        for flow in thresholds_of(settings)
    )
    first = found[0]
    if main == "threshold" and not conditions and first.crossing is not None:
        moved = abs(first.other_Pa - first.crossing.at)
        if moved > first.crossing.error and moved > 1e-3 * first.crossing.at:
            raise asked_for(
                "flow_conditions",
                f"the threshold is reached at {first.crossing.at / 1e3:.4g} kPa if the flow is that behind the specimen or at "
                f"standard conditions, at {first.other_Pa / 1e3:.4g} kPa if it is that before it",
                "standard",
            )
    return Bubble(onset, found, main)


def _reaches(p: Floats, q: Floats, noise: Noise, flow: float) -> Crossing | None:
    sigma = noise.at(q, slopes(p, q))
    if not noise.known and not noise.digit_m3_s:
        sigma = np.zeros_like(q)
    return crossing(p, q - flow, sigma, middle=True)


@dataclass(frozen=True)
class PressureErrors:
    """Errors that every pressure of a test shares.

    Attributes:
        gain: relative, of the calibration.
        digit_Pa: last digit of the readings.
    """

    gain: float
    digit_Pa: float

    def total_Pa(self, pressure_Pa: float, own_Pa: float) -> float:
        """With the error of one reading from the curve."""
        return math.sqrt(own_Pa**2 + (self.gain * pressure_Pa) ** 2 + self.digit_Pa**2 / 12)


def headless(pressure_Pa: float, settings: Mapping[str, Any]) -> float:
    """The pressure less that of the liquid standing on the specimen.

    Raises:
        InputError: the head is more than the bubble point.
    """
    head = float(settings.get("head_pressure") or 0.0)
    if not 0 <= head < pressure_Pa:
        raise InputError(
            "--head-pressure",
            f"{head / 1e3:.4g} kPa",
            f"0 to below the bubble point of {pressure_Pa / 1e3:.4g} kPa",
        )
    return pressure_Pa - head


def definitions(
    b: Bubble, scale: Scale, errors: PressureErrors, settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Every definition with its pressure and diameters, for evidence and tables."""
    out: list[dict[str, Any]] = []
    entries: list[tuple[str, tuple[float, float] | None, float, float]] = [
        (
            "first flow",
            None if b.onset is None else (b.onset.pressure_Pa, b.onset.error_Pa),
            math.nan,
            math.nan,
        )
    ]
    for t in b.thresholds:
        entries.append(
            (
                t.words,
                None if t.crossing is None else (t.crossing.at, t.crossing.error),
                t.other_Pa,
                t.clean_Pa,
            )
        )
    for words, pressure, other, clean in entries:
        if pressure is None:
            out.append({"definition": words, "pressure_Pa": None, "reason": "not reached"})
            continue
        p = headless(pressure[0], settings)
        row = {
            "definition": words,
            "pressure_Pa": p,
            "pressure_uncertainty_Pa": errors.total_Pa(pressure[0], pressure[1]),
            "f316_diameter_m": scale.f316_m(p),
            "young_laplace_diameter_m": scale.young_laplace_m(p),
            "e128_diameter_m": scale.e128_m(p),
        }
        if math.isfinite(other):
            row["pressure_if_flow_is_before_the_specimen_Pa"] = other
        if math.isfinite(clean):
            row["pressure_without_background_Pa"] = clean
        out.append(row)
    return out


def bubble_measurements(
    b: Bubble,
    scale: Scale,
    errors: PressureErrors,
    settings: Mapping[str, Any],
    checks: tuple[Check, ...] = (),
    curves: Mapping[str, Any] | None = None,
    of_runs: tuple[Check, ...] = (),
) -> list[Measurement]:
    """`maximum_pore_size`, `bubble_point_pressure` and `threshold_flow_pore_size`.

    Uncertainty: the error of the bubble point from the curve (noise, spacing of the readings, shape of the rise), the
    calibration and the last digit of the pressure; for the sizes also the surface tension with the temperature. ``checks``
    stand with the main bubble point, ``of_runs`` (faults of the runs as such) with every one. What it
    does not hold: the choice between 2860 gamma/p and 4 gamma cos(theta)/p (both in the evidence) and imperfect wetting.
    """
    every = definitions(b, scale, errors, settings)
    out: list[Measurement] = []
    checks = (*checks, *of_runs, *scale.checks)
    pressure = b.pressure
    if pressure is None:
        why = (
            f"the flow never reaches the threshold of {b.thresholds[0].flow_m3_s / ML_MIN:.4g} ml/min"
            if b.main == "threshold"
            else "the flow never leaves its background: no pore opened up to the highest pressure"
        )
        for name, unit, words in (
            ("maximum_pore_size", "m", MAXIMUM_METHOD),
            ("bubble_point_pressure", "Pa", PRESSURE_METHOD),
        ):
            out.append(
                Measurement(name, None, unit, method=words.format(b.words), region="wall", checks=checks, reason=why,
                            evidence={"definitions": every}, citations=CITED)
            )  # fmt: skip
    else:
        p = headless(pressure[0], settings)
        error = errors.total_Pa(pressure[0], pressure[1])
        evidence = {**scale.evidence(p, error), "definition": b.words, "definitions": every}
        evidence["head_pressure_Pa"] = float(settings.get("head_pressure") or 0.0)
        if b.onset is not None:
            o = b.onset
            evidence["first_flow"] = {
                "pressure_Pa": o.pressure_Pa,
                "bracket_Pa": list(o.bracket_Pa),
                "background_m3_s": o.background[0],
                "background_slope_m3_s_Pa": o.background[1],
                "background_uncertainty": list(o.background_error),
                "quiet_readings": o.quiet,
                "noise_m3_s": o.noise_m3_s,
                "detectable_flow_m3_s": o.detectable_m3_s,
                "false_alarm": FALSE_ALARM,
                "how": o.method,
            }
        if curves:
            evidence["curves"] = dict(curves)
        size = scale.f316_m(p)
        out.append(
            Measurement(
                "maximum_pore_size", size, "m", size * math.hypot(error / p, scale.tension_error),
                MAXIMUM_METHOD.format(b.words), "wall", checks, evidence, CITED,
            )
        )  # fmt: skip
        slim = {k: v for k, v in evidence.items() if k != "curves"}
        out.append(
            Measurement("bubble_point_pressure", p, "Pa", error, PRESSURE_METHOD.format(b.words), "wall", checks, slim, CITED)
        )  # fmt: skip
    t = b.thresholds[0]
    if t.crossing is None:
        out.append(
            Measurement(
                "threshold_flow_pore_size", None, "m", method=MAXIMUM_METHOD.format(t.words), region="wall",
                reason=f"the flow never reaches the threshold of {t.flow_m3_s / ML_MIN:.4g} ml/min, or begins above it",
                checks=of_runs, citations=CITED,
            )
        )  # fmt: skip
    else:
        p = headless(t.crossing.at, settings)
        error = errors.total_Pa(t.crossing.at, t.crossing.error)
        if math.isfinite(t.other_Pa):
            # Behind, or before the specimen: either end as likely.
            error = math.hypot(error, abs(t.other_Pa - t.crossing.at) / math.sqrt(12))
        size = scale.f316_m(p)
        out.append(
            Measurement(
                "threshold_flow_pore_size", size, "m", size * math.hypot(error / p, scale.tension_error),
                MAXIMUM_METHOD.format(t.words), "wall", (*of_runs, *scale.checks),
                {**scale.evidence(p, error), "definition": t.words, "threshold_flow_m3_s": t.flow_m3_s}, CITED,
            )
        )  # fmt: skip
    return out


def wet_checks(
    wet: Run, dropped: int, back_steps: int, back_Pa: float, b: Bubble, saturated: int
) -> tuple[Check, ...]:
    """Quality of a wet run."""
    out: list[Check] = []
    p = wet.pressure_Pa
    top = float(p[-1])
    if dropped or back_steps:
        serious = back_Pa > 0.02 * top
        out.append(
            Check(
                "pressure rises",
                "warn" if serious else "pass",
                f"{dropped} readings after the highest pressure left out (a wet specimen does not wet again); {back_steps} steps "
                f"back on the way up, the largest {back_Pa:.3g} Pa",
            )
        )
    else:
        out.append(Check("pressure rises", "pass", f"{len(p)} readings, each above the one before"))
    if saturated:
        out.append(
            Check("flow meter in range", "warn", f"the last {saturated} readings of the wet run stay at one largest flow: left out")
        )  # fmt: skip
    o = b.onset
    if o is None:
        out.append(
            Check("bubble point reached", "fail", f"no flow above the background up to {top / 1e3:.4g} kPa: no pore opened, or all are smaller than this pressure opens")
        )  # fmt: skip
        return tuple(out)
    if o.quiet < 6:
        out.append(
            Check("readings below the bubble point", "warn", f"{o.quiet}: too few for a background (6 or more); begin at a lower pressure")
        )  # fmt: skip
    else:
        out.append(Check("readings below the bubble point", "pass", f"{o.quiet}"))
    out.append(_tail(wet, o))
    width = (o.bracket_Pa[1] - o.bracket_Pa[0]) / o.pressure_Pa
    out.append(
        Check(
            "pressure steps at the bubble point",
            "pass" if width <= 0.05 else "warn",
            f"{100 * width:.2g} % of the pressure from reading to reading (5 % or less)",
        )
    )
    a, slope = significant(o)
    at = a + slope * o.pressure_Pa
    if a == 0 and slope == 0:
        out.append(Check("no flow below the bubble point", "pass", "none above its noise"))
    else:
        share = at / max(float(wet.flow_m3_s[-1]), 1e-300)
        out.append(
            Check(
                "no flow below the bubble point",
                "warn" if abs(share) > 0.02 else "pass",
                f"{at / ML_MIN:.3g} ml/min at the bubble point ({100 * share:.2g} % of the largest wet flow): {a / ML_MIN:.3g} ml/min "
                f"and {slope * 1e3 / ML_MIN:.3g} ml/min per kPa, an offset of the meter, a leak, or gas dissolved in the liquid; "
                "fitted and taken off for the bubble point",
            )
        )
    return tuple(out)


GRADUAL = 5.0
"""Times the detectable flow that a tenth more pressure has to bring, for the largest pore to be seen."""


def _tail(wet: Run, o: Onset) -> Check:
    """Whether the flow sets in sharply enough to show the largest pore: a few wider ones may pass too little to be noticed."""
    at = 1.1 * o.pressure_Pa
    name = "sharp onset"
    seen = f"{o.detectable_m3_s / ML_MIN:.3g} ml/min would be noticed"
    if at > wet.pressure_Pa[-1]:
        return Check(name, "pass", f"{seen}; the run ends within a tenth above the bubble point")
    more = float(np.interp(at, wet.pressure_Pa, wet.flow_m3_s) - o.background_m3_s(np.array([at]))[0])
    if more >= GRADUAL * o.detectable_m3_s:
        return Check(name, "pass", f"{more / ML_MIN:.3g} ml/min at a tenth more pressure; {seen}")
    return Check(
        name,
        "warn",
        f"the flow sets in gradually ({more / ML_MIN:.3g} ml/min at a tenth more pressure; {seen}): wider pores that together "
        "pass less are not seen, so the maximum pore is a lower bound, and its uncertainty does not hold them; a larger "
        "specimen or a finer meter shows more",
    )
