"""Where the Nyquist curve meets the real axis: by interpolation, by extrapolation of the spike, by a circuit."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.eis.circuits import CIRCUITS, Fit, determined, fit, fit_all, ranked
from percola.lab.eis.kramers import KramersKronig, kramers_kronig
from percola.lab.eis.spectrum import Spectrum, points_per_decade
from percola.measurement import Check

Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]

VACUUM_F_M = 8.8541878188e-12
"""Electric constant (CODATA 2022)."""
BULK_PERMITTIVITY, INTERFACE_PERMITTIVITY = 300.0, 3e4
"""A semicircle whose capacitance would need a relative permittivity up to the first is taken for the bulk of the membrane
(carbonates have 65 to 95), from the second on for the electrodes (1 uF/cm2 on 100 um would be 1e5); between, it is asked
for. The orders of magnitude are those of Irvine, Sinclair and West (1990)."""
SIMPLE = ("R-Q", "L-R-Q", "R-W", "L-R-W", "L-R")
RICH = (
    "R-Wo",
    "L-R-Wo",
    "R-(RQ)-Q",
    "L-R-(RQ)-Q",
    "R-(RQ)-W",
    "L-R-(RQ)-W",
    "(RQ)-Q",
    "L-(RQ)-Q",
    "R-(RQ)",
    "L-R-(RQ)",
)
ENOUGH = 1.15
"""Richer circuits are tried where the best simple one leaves residuals above this times the noise."""
LEAST_LINE = 5
"""Points of a line that is extrapolated."""
FLAT = 0.05
"""A point with -Im Z up to this share of |Z| may still be the flat end about the axis, where noise crosses it."""
NOISE_FLOOR = 1e-7


@dataclass(frozen=True)
class Intercept:
    """One way of reading the resistance.

    Attributes:
        way: "crossing", "extrapolation" or "circuit".
        value_ohm: as read; None where the way does not apply.
        uncertainty_ohm: one standard deviation from noise.
        shift_ohm: what the same reading of the fitted circuit is above the circuit's own resistance: the known bias of
            the way by inductance and tilt; 0 for the circuit.
        reason: why there is no value.
        detail: range, slope, frequencies.
    """

    way: str
    value_ohm: float | None
    uncertainty_ohm: float = 0.0
    shift_ohm: float = 0.0
    reason: str = ""
    detail: dict[str, float | int | str] = field(default_factory=dict)

    @property
    def corrected_ohm(self) -> float | None:
        """The value without its known bias."""
        return None if self.value_ohm is None else self.value_ohm - self.shift_ohm


def crossing(f: Floats, z: Complexes, noise: float) -> Intercept:
    """The real part where the imaginary part changes sign, coming from high frequency.

    Linear in ln f between the neighbours; with several changes of sign (noise about the axis) the mean of the first and
    the last within half a decade.
    """
    im, re, x = z.imag, z.real, np.log(f)
    # The way down from the highest frequency: inductive, or flat about the axis, as far as the first capacitive point.
    gone = np.nonzero(im < -FLAT * np.abs(z))[0]
    last = int(gone[0]) if len(gone) else len(f) - 1
    changes = [i for i in range(min(last, len(f) - 1)) if im[i] >= 0 > im[i + 1] or im[i] < 0 <= im[i + 1]]
    if not changes:
        angle = math.degrees(math.atan2(im[0], re[0]))
        return Intercept(
            "crossing",
            None,
            reason=f"the curve does not cross the axis at its end: phase {angle:.1f} degrees at the highest frequency, {f[0]:.4g} Hz",
        )
    near = [i for i in changes if x[changes[0]] - x[i] < 0.5 * math.log(10)]
    found = []
    for i in (near[0], near[-1]):
        t = im[i] / (im[i] - im[i + 1]) if im[i] != im[i + 1] else 0.5
        slope = (re[i + 1] - re[i]) / (im[i + 1] - im[i]) if im[i] != im[i + 1] else 0.0
        weight = math.hypot(1 - t, t)
        error = noise * abs(z[i]) * weight * math.hypot(1.0, slope)
        found.append(((1 - t) * re[i] + t * re[i + 1], error, math.exp((1 - t) * x[i] + t * x[i + 1])))
    value = 0.5 * (found[0][0] + found[1][0])
    spread = abs(found[0][0] - found[1][0]) / math.sqrt(12)
    detail: dict[str, float | int | str] = {
        "frequency_Hz": math.sqrt(found[0][2] * found[1][2]),
        "sign_changes": len(near),
    }
    return Intercept("crossing", float(value), math.hypot(found[0][1], spread), detail=detail)


def _line(x: Floats, y: Floats, weight: Floats) -> tuple[float, float, float, float]:
    """Weighted orthogonal line y = a + b x (both coordinates err alike): a, b, mean of x, sum W (x - mean)^2."""
    w = weight / weight.sum()
    mx, my = float(w @ x), float(w @ y)
    dx, dy = x - mx, y - my
    sxx, syy, sxy = float(w @ dx**2), float(w @ dy**2), float(w @ (dx * dy))
    root = math.hypot(sxx - syy, 2 * sxy)
    bottom = sxx - syy + root
    b = 2 * sxy / bottom if bottom > 1e-12 * root else (syy - sxx + root) / (2 * sxy) if sxy else 0.0
    return my - b * mx, b, mx, float(weight @ dx**2)


def extrapolate(
    f: Floats, z: Complexes, chosen: npt.NDArray[np.intp], noise: float
) -> tuple[float, float, float, float, float]:
    """Intercept, its error, slope, |curvature| over its error, and reduced chi-square of a line through points.

    Re Z = a + b (-Im Z), which for a constant-phase element is exact with b = cot(n pi/2).
    """
    x, y = -z.imag[chosen], z.real[chosen]
    sigma = max(noise, NOISE_FLOOR) * np.abs(z[chosen])
    a, b, mx, sxx = _line(x, y, 1 / sigma**2)
    sxx /= 1 + b * b
    total = float(np.sum(1 / sigma**2)) / (1 + b * b)
    error = math.sqrt(1 / total + mx * mx / sxx) if sxx > 0 else math.inf
    r = (y - a - b * x) / (sigma * math.hypot(1.0, b))
    chi = float(r @ r) / max(len(x) - 2, 1)
    # A second-order term: significant where the line bends (inductance above, a semicircle below).
    s = float(np.max(np.abs(x))) or 1.0
    design = np.stack([np.ones_like(x), x / s, (x / s) ** 2], 1) / (sigma * math.hypot(1.0, b))[:, None]
    q, _rr = np.linalg.qr(design)
    coefficient = float((q.T @ (y / (sigma * math.hypot(1.0, b))))[2])
    bend = abs(coefficient)
    return a, error, b, bend, chi


def extrapolation(
    f: Floats, z: Complexes, noise: float, low_Hz: float | None = None, high_Hz: float | None = None
) -> Intercept:
    """The capacitive line extrapolated to the axis.

    Range: of all stretches of at least 5 neighbouring capacitive points whose imaginary parts span a factor of 1.5, those
    that are straight (a second-order term within 2 standard errors, reduced chi-square up to 2); of these the one with
    the smallest standard error of the intercept, which weighs points against the distance of extrapolation. A range given
    is used as it is.
    """
    x = -z.imag
    usable = np.nonzero((x > 3 * noise * np.abs(z)) & (x > 0))[0]
    if low_Hz is not None or high_Hz is not None:
        low, high = low_Hz or 0.0, high_Hz or math.inf
        mine = np.array([i for i in usable if low * (1 - 1e-9) <= f[i] <= high * (1 + 1e-9)], int)
        if len(mine) < 3:
            raise InputError(
                "--spike-lowest, --spike-highest",
                f"{len(mine)} capacitive points between them",
                "3 or more",
                f"the spectrum has them from {f[usable].min():.4g} to {f[usable].max():.4g} Hz"
                if len(usable)
                else "the spectrum has none",
            )
        return _extrapolated(f, z, mine, noise, "as given")
    # The run of capacitive points that begins at the lowest frequency, as long as the imaginary part shrinks with rising
    # frequency: behind its minimum a semicircle begins, and a curve that ends on the fall of one has no spike.
    run = [int(i) for i in usable[::-1]]
    whole: list[int] = []
    for i in run:
        if whole and (whole[-1] - i > 2 or x[i] > x[whole[-1]] + 4 * noise * abs(z[i])):
            break
        whole.append(i)
    if len(whole) < LEAST_LINE:
        return Intercept(
            "extrapolation",
            None,
            reason=f"{len(whole)} capacitive points at the low-frequency end, {LEAST_LINE} needed",
        )
    n = len(whole)
    step = max(1, n // 16)
    best: tuple[float, npt.NDArray[np.intp]] | None = None
    fallback: tuple[float, npt.NDArray[np.intp]] | None = None
    for start in range(0, n - LEAST_LINE + 1, step):
        for stop in range(n, start + LEAST_LINE - 1, -step):
            mine = np.array(whole[start:stop], int)
            if float(x[mine].max()) < 1.5 * float(x[mine].min()):
                continue
            _, error, b, bend, chi = extrapolate(f, z, mine, noise)
            # Steeper than 45 degrees plus a margin is no spike but the flank of a semicircle.
            if b < -0.2 or b > 1.5:
                continue
            if bend <= 2 and chi <= 2:
                if best is None or error < best[0]:
                    best = (error, mine)
            elif fallback is None or chi < fallback[0]:
                fallback = (chi, mine)
    if best is not None:
        return _extrapolated(f, z, best[1], noise, "straight")
    if fallback is not None:
        return _extrapolated(f, z, fallback[1], noise, "bent everywhere: the straightest")
    return Intercept("extrapolation", None, reason="no part of the curve looks like a spike")


def _extrapolated(f: Floats, z: Complexes, mine: npt.NDArray[np.intp], noise: float, how: str) -> Intercept:
    a, error, b, _bend, chi = extrapolate(f, z, mine, noise)
    detail: dict[str, float | int | str] = {
        "lowest_Hz": float(f[mine].min()),
        "highest_Hz": float(f[mine].max()),
        "points": len(mine),
        "slope": b,
        "angle_deg": math.degrees(math.atan2(1.0, b)),
        "reduced_chi_square": chi,
        "range": how,
        "smallest_minus_imaginary_ohm": float((-z.imag[mine]).min()),
    }
    return Intercept("extrapolation", float(a), error * max(1.0, math.sqrt(chi)), detail=detail)


@dataclass(frozen=True)
class Resistance:
    """The resistance of the membrane in one spectrum.

    Attributes:
        spectrum: what was used.
        kk: Kramers-Kronig test.
        fits: circuits, best first; ``fits[0]`` is the one chosen.
        ways: the three readings.
        main: which of them counts.
        value_ohm: the resistance, or None with ``reason``.
        uncertainty_ohm: noise, choice of circuit, and disagreement of the ways, in ``parts_ohm``.
        arc: "" (no semicircle), "bulk", "interface", or "undecided".
        permittivity: relative permittivity that the semicircle would need if it were the bulk; 0 where not known.
        checks: quality.
    """

    spectrum: Spectrum
    kk: KramersKronig
    fits: tuple[Fit, ...]
    ways: tuple[Intercept, ...]
    main: str
    value_ohm: float | None
    uncertainty_ohm: float
    parts_ohm: dict[str, float]
    arc: str
    permittivity: float
    checks: tuple[Check, ...]
    reason: str = ""

    @property
    def fit(self) -> Fit | None:
        """The circuit chosen."""
        return self.fits[0] if self.fits else None

    def way(self, name: str) -> Intercept:
        """One of the readings."""
        return next(w for w in self.ways if w.way == name)


def read_resistance(
    spectrum: Spectrum,
    *,
    circuit: str = "auto",
    arc: str = "auto",
    main: str = "auto",
    spike_Hz: tuple[float | None, float | None] = (None, None),
    thickness_m: float | None = None,
    area_m2: float | None = None,
    enough_per_decade: float = 5.0,
) -> Resistance:
    """The resistance at the real-axis intercept, three ways, with its uncertainty.

    u^2 = u_noise^2 + u_circuit^2 + u_digits^2 + u_ways^2: noise from the covariance of the fit (raised where residuals follow each
    other) or of the reading; circuit, the spread over circuits by their Akaike weights; digits, what rounding leaves (:func:`digits_error`); ways, what the three differ by
    beyond twice their joint noise, as a rectangular distribution (difference over the root of 3).

    Args:
        spectrum: to be read.
        circuit, arc, main: see the settings of the method; ``circuit`` as a key of ``CIRCUITS``.
        spike_Hz: lower and upper end of the line, None: chosen.
        thickness_m, area_m2: decide what a semicircle is; None: it is asked for.
        enough_per_decade: points per decade below which a warning is given.

    Validity: blocking electrodes, a linear cell. Calibration of the analyser is not contained.
    """
    f, z = spectrum.frequency_Hz, spectrum.impedance_ohm
    kk = kramers_kronig(f, z)
    noise = kk.noise
    fits = _fits(f, z, noise, circuit)
    chosen = fits[0] if fits else None
    meaning, permittivity = _arc(chosen, arc, thickness_m, area_m2)
    ways = _ways(f, z, noise, chosen, meaning, spike_Hz)
    checks = [*list(spectrum.checks), kk.check(), *_quality(spectrum, kk, chosen, enough_per_decade)]
    name = main
    if main == "auto":
        name = _preferred(ways, chosen, kk)
    used = next((w for w in ways if w.way == name), None)
    if used is None or used.value_ohm is None:
        why = used.reason if used is not None else "no way of reading it applies"
        return Resistance(
            spectrum, kk, tuple(fits), ways, name, None, 0.0, {}, meaning, permittivity, tuple(checks), why
        )
    value = used.value_ohm
    parts = {"noise": used.uncertainty_ohm}
    if name == "circuit" and chosen is not None:
        parts["circuit"] = _between_circuits(fits, meaning, value)
    parts["digits"] = digits_error(z.real, value, noise)
    others = [w for w in ways if w.way != name and w.value_ohm is not None]
    own = used.corrected_ohm if name != "circuit" else value
    assert own is not None
    beyond, apart = 0.0, []
    for w in others:
        assert w.corrected_ohm is not None
        difference = w.corrected_ohm - own
        apart.append(f"{w.way} {100 * difference / value:+.2g} %" if value else w.way)
        joint = used.uncertainty_ohm**2 + w.uncertainty_ohm**2
        beyond = max(beyond, difference**2 - 4 * joint)
    parts["ways"] = math.sqrt(max(beyond, 0.0) / 3)
    u = math.sqrt(sum(p * p for p in parts.values()))
    if apart:
        share = parts["ways"] / abs(value) if value else 0.0
        checks.append(
            Check(
                "ways agree",
                "pass" if share < 0.01 else "warn" if share < 0.05 else "fail",
                f"against the {name}, after correction for inductance and tilt: {', '.join(apart)}; beyond twice the noise "
                f"{100 * share:.2g} % enters the uncertainty (warned of from 1 %)",
            )
        )
    reason = ""
    result: float | None = value
    if meaning == "undecided" and chosen is not None:
        one, two = chosen.value("R"), chosen.value("R") + chosen.value("R1")
        if chosen.value("R1") <= 0.03 * one:
            result, u = 0.5 * (one + two), math.hypot(u, (two - one) / math.sqrt(12))
            parts["arc"] = (two - one) / math.sqrt(12)
        else:
            result = None
            reason = (
                f"a semicircle lies between {one:.4g} and {two:.4g} ohm, and the file does not tell whether it belongs to the "
                f"membrane (then {two:.4g} ohm) or to the electrodes (then {one:.4g} ohm): --arc bulk or --arc interface"
            )
    if result is not None and result <= 0:
        result, reason = None, f"the intercept is at {result:.4g} ohm: below the resolution of the cell"
    return Resistance(
        spectrum, kk, tuple(fits), ways, name, result, u, parts, meaning, permittivity, tuple(checks), reason
    )


def digits_error(real_ohm: Floats, value_ohm: float, noise: float) -> float:
    """Standard deviation [ohm] of a resistance from the digits of the file, where noise does not average them out.

    q/sqrt(12) exp(-2 pi^2 s^2/q^2): q the step of the real parts in the decade of the resistance, s the noise of one real
    part; noise of half a step makes a mean right (Widrow and Kollár 2008).
    """
    if not value_ohm > 0:
        return 0.0
    decade = math.floor(math.log10(value_ohm))
    near = real_ohm[(real_ohm >= 10.0**decade) & (real_ohm < 10.0 ** (decade + 1))]
    if len(near) < 4:
        return 0.0
    for exponent in range(decade, decade - 8, -1):
        scaled = near / 10.0**exponent
        if np.all(np.abs(scaled - np.round(scaled)) < 1e-6 * np.maximum(np.abs(scaled), 1.0)):
            step = 10.0**exponent
            # The noise as found contains that of rounding.
            spread = max((noise * value_ohm) ** 2 - step**2 / 12, 0.0)
            return step / math.sqrt(12) * math.exp(-2 * math.pi**2 * spread / step**2)
    return 0.0


def _fits(f: Floats, z: Complexes, noise: float, circuit: str) -> list[Fit]:
    if circuit != "auto":
        found = fit(circuit, f, z)
        return [found] if found is not None else []
    found_all = fit_all(f, z, SIMPLE)
    if not found_all or found_all[0].sigma > ENOUGH * max(noise, NOISE_FLOOR):
        found_all = ranked(found_all + fit_all(f, z, RICH))
    return found_all


def _arc(chosen: Fit | None, arc: str, thickness_m: float | None, area_m2: float | None) -> tuple[str, float]:
    if chosen is None or not chosen.arc:
        return "", 0.0
    permittivity = 0.0
    if thickness_m and area_m2:
        permittivity = chosen.arc_capacitance_F * thickness_m / (VACUUM_F_M * area_m2)
    if arc != "auto":
        return arc, permittivity
    if permittivity and permittivity <= BULK_PERMITTIVITY:
        return "bulk", permittivity
    if permittivity >= INTERFACE_PERMITTIVITY:
        return "interface", permittivity
    return "undecided", permittivity


def _target(found: Fit, meaning: str) -> tuple[float, float]:
    """The resistance that counts in a circuit, and its error."""
    if found.arc and meaning == "bulk":
        return found.value("R") + found.value("R1"), found.error("R", "R1")
    return found.value("R"), found.error("R")


def _ways(
    f: Floats,
    z: Complexes,
    noise: float,
    chosen: Fit | None,
    meaning: str,
    spike: tuple[float | None, float | None],
) -> tuple[Intercept, ...]:
    across, line = crossing(f, z, noise), extrapolation(f, z, noise, *spike)
    if chosen is None:
        none = Intercept("circuit", None, reason="no circuit could be fitted")
        return across, line, none
    value, error = _target(chosen, meaning)
    circuit = Intercept("circuit", value, error, detail={"circuit": chosen.circuit})
    if not determined(chosen):
        circuit = Intercept(
            "circuit",
            None,
            reason=f"no circuit has its resistance determined by the data (best: {chosen.circuit})",
        )
    if meaning == "bulk" and across.value_ohm is not None:
        across = Intercept(
            "crossing",
            None,
            reason="the curve crosses the axis before the semicircle, at the resistance of the leads",
        )
    if meaning in ("interface", "undecided") and line.value_ohm is not None:
        line = Intercept(
            "extrapolation",
            None,
            reason="the spike begins behind the semicircle, whose resistance it contains",
        )
    model = chosen.model_ohm
    if across.value_ohm is not None:
        same = crossing(f, model, 0.0)
        shift = same.value_ohm - value if same.value_ohm is not None else 0.0
        across = Intercept("crossing", across.value_ohm, across.uncertainty_ohm, shift, "", across.detail)
    if line.value_ohm is not None:
        low, high = float(line.detail["lowest_Hz"]), float(line.detail["highest_Hz"])
        mine = np.nonzero((f >= low * (1 - 1e-9)) & (f <= high * (1 + 1e-9)) & (z.imag < 0))[0]
        shift = extrapolate(f, model, mine, max(noise, NOISE_FLOOR))[0] - value
        line = Intercept("extrapolation", line.value_ohm, line.uncertainty_ohm, shift, "", line.detail)
    return across, line, circuit


def _preferred(ways: tuple[Intercept, ...], chosen: Fit | None, kk: KramersKronig) -> str:
    across, line, circuit = ways
    if (
        circuit.value_ohm is not None
        and chosen is not None
        and chosen.sigma <= max(3 * kk.noise, 0.02)
        and chosen.circuit != "L-R"
    ):
        return "circuit"
    for way in (line, across, circuit):
        if way.value_ohm is not None:
            return way.way
    return "circuit"


def _between_circuits(fits: list[Fit], meaning: str, value: float) -> float:
    """Spread of the resistance over circuits by their Akaike weights (Burnham and Anderson 2002)."""
    same = [m for m in fits if determined(m) and (not m.arc or meaning in ("bulk", "interface"))]
    if not same:
        return 0.0
    weights = np.exp(-0.5 * np.minimum(np.array([m.aicc for m in same]) - min(m.aicc for m in same), 600.0))
    offsets = np.array([_target(m, meaning)[0] - value for m in same])
    return math.sqrt(float(weights @ offsets**2 / weights.sum()))


def _quality(spectrum: Spectrum, kk: KramersKronig, chosen: Fit | None, enough: float) -> list[Check]:
    f, z = spectrum.frequency_Hz, spectrum.impedance_ohm
    density = points_per_decade(f)
    checks = [
        Check(
            "points per decade",
            "pass" if density >= enough - 1e-9 else "warn",
            f"{density:.1f}; {enough:g} or more wanted",
        )
    ]
    if kk.outliers:
        named = ", ".join(f"{f[i]:.4g}" for i in kk.outliers[:8])
        checks.append(
            Check(
                "bad points",
                "warn",
                f"{len(kk.outliers)} points stand out of the Kramers-Kronig fit: {named} Hz; all are used (leave one out by "
                "--leave-out)",
            )
        )
    checks.append(
        Check(
            "noise",
            "pass" if kk.noise < 0.005 else "warn" if kk.noise < 0.03 else "fail",
            f"{100 * kk.noise:.2g} % of |Z| (up to 0.5 % is good, above 3 % nothing can be read)",
        )
    )
    angle = math.degrees(math.atan2(-z.imag[0], z.real[0]))
    reach = float(np.min(np.abs(np.angle(z))))
    status = "pass" if math.degrees(reach) < 10 else "warn" if math.degrees(reach) < 45 else "fail"
    checks.append(
        Check(
            "high frequencies",
            status,  # type: ignore[arg-type]
            f"phase {-angle:.1f} degrees at the highest frequency, {f[0]:.4g} Hz; the curve comes within "
            f"{math.degrees(reach):.1f} degrees of the axis (10 or less is near, above 45 the intercept is a guess)",
        )
    )
    capacitive = float(np.mean(z.imag < 0))
    if capacitive < 0.3:
        checks.append(
            Check(
                "inductance",
                "fail" if capacitive == 0 else "warn",
                f"{100 * (1 - capacitive):.0f} % of the points are inductive: leads dominate; shorten or twist them, or "
                "measure to lower frequencies",
            )
        )
    if chosen is not None:
        ratio = chosen.sigma / max(kk.noise, NOISE_FLOOR)
        checks.append(
            Check(
                "circuit",
                "pass" if ratio < 1.5 or chosen.sigma < 0.002 else "warn" if ratio < 5 else "fail",
                f"{chosen.circuit} leaves {100 * chosen.sigma:.2g} % of |Z|, {ratio:.2g} times the noise"
                + (f"; on a bound: {', '.join(chosen.fixed)}" if chosen.fixed else ""),
            )
        )
    return checks


def lead_resistance(spectrum: Spectrum) -> tuple[float, float, float]:
    """R, its error [ohm] and L [H] of a short-circuited cell: Z = R + j w L, weighted by 1/|Z|.

    The error contains the scatter; and the misfit of the model, for it scales with the residuals.
    """
    omega = 2 * math.pi * spectrum.frequency_Hz
    z = spectrum.impedance_ohm
    w = 1 / np.abs(z)
    top = float(np.sum(w**2 * z.real)) / float(np.sum(w**2))
    inductance = float(np.sum(w**2 * omega * z.imag)) / float(np.sum(w**2 * omega**2))
    r = (z.real - top) * w
    error = math.sqrt(float(r @ r) / (len(r) - 1) / float(np.sum(w**2)))
    return top, error, inductance


__all__ = [
    "CIRCUITS",
    "Intercept",
    "Resistance",
    "crossing",
    "extrapolation",
    "lead_resistance",
    "read_resistance",
]
