"""A porometer that exists in the computer: log-normal pores, capillary emptying, viscous gas flow with slip, and the faults
of an instrument. It makes example files, and the tests know its answer."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from percola.lab.porometry.curves import Run
from percola.measure.flow.gas import AIR, Gas
from percola.measure.flow.liquids import ETHANOL, WettingLiquid

Floats = npt.NDArray[np.float64]
ML_MIN = 1e-6 / 60.0


@dataclass(frozen=True)
class Membrane:
    """Round capillaries side by side.

    Attributes:
        median_m: median diameter of the capillaries by number [m] (Young and Laplace's, not F316's).
        spread: standard deviation of the logarithm of the diameter.
        largest_m: no capillary is wider [m].
        largest_share: share of the dry flow (at 1 bar) through capillaries of exactly ``largest_m``: a step at the bubble
            point; 0 for none.
        dry_flow_m3_s: of the dry membrane at 1 bar [m3/s].
    """

    median_m: float = 0.6e-6
    spread: float = 0.15
    largest_m: float = 1.0e-6
    largest_share: float = 0.01
    dry_flow_m3_s: float = 2000 * ML_MIN


@dataclass(frozen=True)
class Instrument:
    """What the instrument adds. Standard deviations, in SI; nothing by default.

    Attributes:
        flow_noise: of a reading, share of it.
        flow_floor_m3_s: of a reading at no flow.
        pressure_noise_Pa: of a reading.
        pressure_gain: all pressures read are too high by this share.
        flow_gain: all flows read are too high by this share.
        flow_digit_m3_s, pressure_digit_Pa: last digits.
        offset_m3_s: flow read at no flow.
        leak_m3_s_Pa: flow past the specimen over pressure, wet and dry.
        diffusion_m3_s_Pa: flow of gas dissolved in the liquid over pressure, wet only, in what is still
            shut.
        drift_per_s: the flow meter's gain changes by this share each second; the dry run follows the wet one.
        lag_s: the flow reading follows the pressure with this time constant.
        rate_Pa_s: rise of the pressure.
        range_m3_s: the flow meter reads no more than this.
    """

    flow_noise: float = 0.0
    flow_floor_m3_s: float = 0.0
    pressure_noise_Pa: float = 0.0
    pressure_gain: float = 0.0
    flow_gain: float = 0.0
    flow_digit_m3_s: float = 0.0
    pressure_digit_Pa: float = 0.0
    offset_m3_s: float = 0.0
    leak_m3_s_Pa: float = 0.0
    diffusion_m3_s_Pa: float = 0.0
    drift_per_s: float = 0.0
    lag_s: float = 0.0
    rate_Pa_s: float = 200.0
    range_m3_s: float = math.inf


def capillary_flow(diameter_m: Floats, pressure_Pa: Floats, gas: Gas = AIR) -> Floats:
    """Volume flow, at the outlet's pressure, of one capillary of unit length up to a constant factor: d^4 (1 + alpha Kn)
    (1 + 4 Kn/(1 + Kn)) p (1 + p/(2 p0)), Kn = lambda/(d/2) at the mean pressure (the tube's mean of
    :mod:`percola.measure.flow.gas`)."""
    path = gas.free_path_m(1.0) / (gas.outlet_pressure_Pa + 0.5 * pressure_Pa)
    kn = 2 * path / diameter_m
    alpha = 128 / (15 * math.pi**2) * np.arctan(4 * kn**0.4)
    slip = (1 + alpha * kn) * (1 + 4 * kn / (1 + kn))
    out: Floats = diameter_m**4 * slip * pressure_Pa * (1 + 0.5 * pressure_Pa / gas.outlet_pressure_Pa)
    return out


def true_flow(
    membrane: Membrane,
    pressure_Pa: Floats,
    wet: bool,
    liquid: WettingLiquid = ETHANOL,
    gas: Gas = AIR,
) -> Floats:
    """Gas flow of the membrane [m3/s] at the outlet's pressure, wet or dry; shape of ``pressure_Pa``.

    Wet: all capillaries with d >= 4 gamma cos(theta)/p are open and empty. Integrals over ln d with 96 Gauss points.
    """
    p = np.atleast_1d(np.asarray(pressure_Pa, float))
    m = membrane

    def raw(pressure: Floats, empty: bool) -> tuple[Floats, Floats]:
        nodes, weights = np.polynomial.legendre.leggauss(96)
        top = math.log(m.largest_m)
        bottom = min(math.log(m.median_m) - 6 * m.spread, top - 1e-9)
        opened = np.full(len(pressure), bottom)
        if not empty:
            radius4 = 4 * liquid.surface_tension_N_m * math.cos(liquid.contact_angle_rad)
            with np.errstate(divide="ignore"):
                opened = np.clip(np.log(radius4 / np.maximum(pressure, 1e-300)), bottom, top)
        half = (top - opened) / 2
        x = opened[:, None] + half[:, None] * (nodes + 1)
        density = np.exp(-0.5 * ((x - math.log(m.median_m)) / m.spread) ** 2)
        flow = capillary_flow(np.exp(x), pressure[:, None], gas) * density
        many = np.sum(flow * weights, axis=1) * half
        one = capillary_flow(np.full(len(pressure), m.largest_m), pressure, gas)
        return many, np.where(opened < top, one, 0.0)

    bar = np.array([1e5])
    many, one = raw(bar, True)
    a, b = (1 - m.largest_share) / many[0], m.largest_share / one[0]
    rest, step = raw(p, not wet)
    out: Floats = m.dry_flow_m3_s * (a * rest + b * step)
    return out


def measure(
    membrane: Membrane,
    pressure_Pa: Floats,
    wet: bool,
    instrument: Instrument | None = None,
    seed: int = 0,
    liquid: WettingLiquid = ETHANOL,
    gas: Gas = AIR,
) -> Run:
    """What the instrument reads at these true pressures [Pa] (rising); ``seed`` draws the noise."""
    f = instrument or Instrument()
    rng = np.random.default_rng([seed, int(wet)])
    p = np.asarray(pressure_Pa, float)
    # The dry run follows the wet one.
    time = p / f.rate_Pa_s + (0.0 if wet else float(p[-1]) / f.rate_Pa_s)

    def passes(pressure: Floats) -> Floats:
        through = true_flow(membrane, pressure, wet, liquid, gas)
        if wet and f.diffusion_m3_s_Pa:
            dry = true_flow(membrane, pressure, False, liquid, gas)
            shut = 1 - np.divide(through, dry, out=np.zeros_like(dry), where=dry > 0)
            through = through + f.diffusion_m3_s_Pa * pressure * shut
        return through + f.leak_m3_s_Pa * pressure

    flow = passes(p)
    if f.lag_s > 0:
        # First-order lag on a fine ramp from no pressure on, its exact step between two times.
        fine = np.linspace(0, p[-1], 20 * len(p))
        there = passes(fine)
        keep = math.exp(-(fine[1] - fine[0]) / f.rate_Pa_s / f.lag_s)
        read = np.empty_like(there)
        value = 0.0
        for i, now in enumerate(there):
            value = now + (value - now) * keep
            read[i] = value
        flow = np.interp(p, fine, read)
    flow = flow * (1 + f.flow_gain) * (1 + f.drift_per_s * time) + f.offset_m3_s
    flow = flow * (1 + f.flow_noise * rng.standard_normal(len(p)))
    flow = flow + f.flow_floor_m3_s * rng.standard_normal(len(p))
    flow = np.minimum(flow, f.range_m3_s)
    shown = p * (1 + f.pressure_gain) + f.pressure_noise_Pa * rng.standard_normal(len(p))
    if f.flow_digit_m3_s:
        flow = np.round(flow / f.flow_digit_m3_s) * f.flow_digit_m3_s
    if f.pressure_digit_Pa:
        shown = np.round(shown / f.pressure_digit_Pa) * f.pressure_digit_Pa
    return Run("wet" if wet else "dry", shown, flow, time, "synthetic")


def both(
    membrane: Membrane,
    pressure_Pa: Floats,
    instrument: Instrument | None = None,
    seed: int = 0,
    liquid: WettingLiquid = ETHANOL,
    gas: Gas = AIR,
) -> tuple[Run, Run]:
    """A wet and a dry run at the same pressures."""
    wet, dry = (measure(membrane, pressure_Pa, w, instrument, seed, liquid, gas) for w in (True, False))
    return wet, dry


def write_csv(
    path: str | Path, runs: Sequence[Run], decimal: str = ".", separator: str = ",", encoding: str = "utf-8"
) -> Path:
    """A file as porometers export it: pressure in kPa and flow in ml/min, wet and dry in columns of their own."""
    wet = next((r for r in runs if r.state == "wet"), None)
    dry = next((r for r in runs if r.state == "dry"), None)
    sides = [(w, r) for w, r in (("Wet", wet), ("Dry", dry)) if r is not None]
    rows = max(len(r.pressure_Pa) for _, r in sides)
    path = Path(path)
    with path.open("w", newline="", encoding=encoding) as file:
        out = csv.writer(file, delimiter=separator)
        out.writerow([h for w, _ in sides for h in (f"{w} pressure (kPa)", f"{w} flow (ml/min)")])
        for i in range(rows):
            row: list[str] = []
            for _, r in sides:
                if i < len(r.pressure_Pa):
                    cells = (f"{r.pressure_Pa[i] / 1e3:.4f}", f"{r.flow_m3_s[i] / ML_MIN:.4f}")
                    row += [c.replace(".", decimal) for c in cells]
                else:
                    row += ["", ""]
            out.writerow(row)
    return path


def shifted(run: Run, share: float) -> Run:
    """The run of another specimen: all flows larger by a share."""
    return replace(run, flow_m3_s=run.flow_m3_s * (1 + share))
