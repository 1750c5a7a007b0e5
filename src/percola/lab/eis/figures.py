"""The figures of the method ``eis``: Nyquist plot, its corner at the axis, Bode plots, Kramers-Kronig residuals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from percola.lab.eis.circuits import impedance
from percola.lab.eis.intercept import Resistance
from percola.lab.panel import Axis, Band, Curve, Mark, Panel

Floats = npt.NDArray[np.float64]

SHOWN = 6
"""Spectra drawn in one figure; the rest stands in the tables."""


def _unit(values: Floats) -> str:
    top = float(np.max(np.abs(values)))
    return "Mohm" if top >= 2e6 else "kohm" if top >= 2e3 else "ohm"


def _name(r: Resistance, several: bool) -> str:
    return f" {Path(r.spectrum.path).name} {r.spectrum.title}".rstrip() if several else ""


def _smooth(r: Resistance) -> tuple[Floats, npt.NDArray[np.complex128]]:
    assert r.fit is not None
    f = np.geomspace(float(r.spectrum.frequency_Hz.max()), float(r.spectrum.frequency_Hz.min()), 400)
    return f, impedance(r.fit.circuit, r.fit.values, 2 * math.pi * f, r.fit.reference_rad_s)


def panels(read: Sequence[Resistance]) -> tuple[Panel, ...]:
    """All figures of some spectra."""
    shown = list(read[:SHOWN])
    return (_nyquist(shown, False), _nyquist(shown, True), *_bode(shown), *_residuals(shown))


def _nyquist(shown: Sequence[Resistance], corner: bool) -> Panel:
    several = len(shown) > 1
    curves: list[Curve] = []
    marks: list[Mark] = []
    every = np.concatenate([r.spectrum.impedance_ohm for r in shown])
    reach = max((abs(r.value_ohm) for r in shown if r.value_ohm), default=float(np.max(np.abs(every))))
    limit = 2.5 * reach if corner else math.inf
    for r in shown:
        z = r.spectrum.impedance_ohm
        near = np.abs(z) <= max(limit, 1.5 * float(np.min(np.abs(z))))
        curves.append(Curve("measured" + _name(r, several), z.real[near], -z.imag[near], "points"))
        if r.fit is not None:
            _, m = _smooth(r)
            m = m[np.abs(m) <= max(limit, 1.5 * float(np.min(np.abs(z))))]
            curves.append(Curve(f"circuit {r.fit.circuit}" + _name(r, several), m.real, -m.imag, "fit"))
        line = r.way("extrapolation")
        if line.value_ohm is not None:
            b, first = float(line.detail["slope"]), float(line.detail["smallest_minus_imaginary_ohm"])
            top = min(max(2 * first, 0.3 * reach), limit) if corner else 2 * first
            y = np.array([0.0, top])
            curves.append(
                Curve("spike extrapolated" + _name(r, several), line.value_ohm + b * y, y, "baseline")
            )
        if r.value_ohm is not None:
            marks.append(
                Mark(f"R = {r.value_ohm:.4g} ohm ({r.main})", r.value_ohm, 0.0, x_error=r.uncertainty_ohm)
            )
    unit = _unit(np.array([limit]) if corner else every)
    return Panel(
        "nyquist_intercept" if corner else "nyquist",
        "Nyquist plot at the real axis" if corner else "Nyquist (Cole-Cole) plot",
        Axis("real part Z'", "resistance", unit),
        Axis("-imaginary part -Z''", "resistance", unit),
        tuple(curves),
        tuple(marks),
        caption=(
            "The mark is the resistance that counts; the line and the circuit should meet it. Below the axis the leads are "
            "inductive."
            if corner
            else "All points; the circuit should pass through them."
        ),
        equal=True,
    )


def _bode(shown: Sequence[Resistance]) -> tuple[Panel, Panel]:
    several = len(shown) > 1
    modulus: list[Curve] = []
    phase: list[Curve] = []
    for r in shown:
        f, z = r.spectrum.frequency_Hz, r.spectrum.impedance_ohm
        modulus.append(Curve("measured" + _name(r, several), f, np.abs(z), "points"))
        phase.append(Curve("measured" + _name(r, several), f, np.angle(z), "points"))
        if r.fit is not None:
            fine, m = _smooth(r)
            modulus.append(Curve(f"circuit {r.fit.circuit}" + _name(r, several), fine, np.abs(m), "fit"))
            phase.append(Curve(f"circuit {r.fit.circuit}" + _name(r, several), fine, np.angle(m), "fit"))
    bands: tuple[Band, ...] = ()
    line = shown[0].way("extrapolation")
    if len(shown) == 1 and line.value_ohm is not None:
        bands = (
            Band("line extrapolated", float(line.detail["lowest_Hz"]), float(line.detail["highest_Hz"])),
        )
    frequency = Axis("frequency", "frequency", "Hz", log=True)
    every = np.concatenate([np.abs(r.spectrum.impedance_ohm) for r in shown])
    return (
        Panel(
            "bode_modulus",
            "Modulus",
            frequency,
            Axis("|Z|", "resistance", _unit(np.array([float(np.median(every))])), log=True),
            tuple(modulus),
            bands=bands,
            caption="The resistance stands where the modulus is flat and the phase is near 0.",
        ),
        Panel(
            "bode_phase",
            "Phase",
            frequency,
            Axis("phase", "angle", "deg"),
            tuple(phase),
            bands=bands,
            caption="-90 degrees is a capacitor, above 0 the leads are inductive.",
        ),
    )


def _residuals(shown: Sequence[Resistance]) -> tuple[Panel, Panel]:
    several = len(shown) > 1
    kk: list[Curve] = []
    circuit: list[Curve] = []
    marks: list[Mark] = []
    for r in shown:
        f, res = r.kk.frequency_Hz, r.kk.residual
        kk.append(Curve("real" + _name(r, several), f, res.real, "points"))
        kk.append(Curve("imaginary" + _name(r, several), f, res.imag, "points"))
        marks += [Mark(f"{f[i]:.3g} Hz", x=float(f[i])) for i in r.kk.outliers[:5]]
        if r.fit is not None:
            circuit.append(Curve("real" + _name(r, several), f, r.fit.residual.real, "points"))
            circuit.append(Curve("imaginary" + _name(r, several), f, r.fit.residual.imag, "points"))
    frequency = Axis("frequency", "frequency", "Hz", log=True)
    return (
        Panel(
            "kramers_kronig",
            "Residuals of the Kramers-Kronig test",
            frequency,
            Axis("residual over |Z|", "fraction", "%"),
            tuple(kk),
            tuple(marks),
            caption="Noise scatters about 0; waves mean that the cell changed during the sweep, or a wrong sign.",
        ),
        Panel(
            "circuit_residuals",
            "Residuals of the circuit",
            frequency,
            Axis("residual over |Z|", "fraction", "%"),
            tuple(circuit),
            caption="Waves here that the Kramers-Kronig test does not show mean that the circuit is not that of the cell.",
        ),
    )


def slope_panel(
    thickness_m: Floats, net_ohm: Floats, error_ohm: Floats, contact_ohm: float, per_m: float
) -> Panel:
    """Resistance against thickness with the line whose slope gives the conductivity."""
    x = np.array([0.0, float(thickness_m.max()) * 1.05])
    return Panel(
        "thickness_slope",
        "Resistance against thickness",
        Axis("thickness", "length", "um"),
        Axis("resistance", "resistance", "ohm"),
        (
            Curve("spectra", thickness_m, net_ohm, "points", error_ohm),
            Curve("line", x, contact_ohm + per_m * x, "fit"),
        ),
        (Mark(f"contacts {contact_ohm:.3g} ohm", 0.0, contact_ohm),),
        caption="The slope is the membrane; what is left at no thickness are contacts.",
    )
