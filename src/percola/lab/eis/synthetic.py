"""A synthetic impedance analyser: spectra of cells with known resistance, with noise, drift, inductance and digits.

Library code: tests, documentation and benchmarks use it, and so may anyone who wants to know what a cell would show.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from percola.lab.eis.spectrum import Spectrum

Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]


@dataclass(frozen=True)
class Cell:
    """A membrane between blocking electrodes.

    Z = R_lead + j w L + R/(1 + (j w tau)^n1)-or-R + 1/(Q (j w)^n)

    Attributes:
        resistance_ohm: of the membrane.
        inductance_H: of the leads.
        spike_Q: constant-phase element of the electrodes [S s^n]; ``math.inf``: none.
        spike_n: its exponent; 1 a capacitor, 0.5 a Warburg element.
        lead_ohm: resistance of leads and contacts.
        bulk_F: geometric capacitance beside the membrane's resistance; 0: none (the semicircle lies beyond any
            frequency).
        bulk_n: exponent of that semicircle.
    """

    resistance_ohm: float = 12.0
    inductance_H: float = 0.0
    spike_Q: float = 2e-5
    spike_n: float = 0.9
    lead_ohm: float = 0.0
    bulk_F: float = 0.0
    bulk_n: float = 1.0

    def impedance_ohm(self, frequency_Hz: Floats, resistance_ohm: float | Floats | None = None) -> Complexes:
        """Exact impedance; the membrane's resistance may differ from point to point (a drifting cell)."""
        w = 2 * math.pi * np.asarray(frequency_Hz, float)
        r = self.resistance_ohm if resistance_ohm is None else resistance_ohm
        membrane = r / (1 + (1j * w * r * self.bulk_F) ** self.bulk_n) if self.bulk_F > 0 else r + 0j * w
        spike = 1 / (self.spike_Q * (1j * w) ** self.spike_n) if math.isfinite(self.spike_Q) else 0j * w
        return np.asarray(self.lead_ohm + 1j * w * self.inductance_H + membrane + spike)


@dataclass(frozen=True)
class Analyser:
    """What the instrument does to it.

    Attributes:
        highest_Hz, lowest_Hz, per_decade: the sweep, from high to low.
        noise: standard deviation of each component, relative to |Z|.
        drift: relative change of the membrane's resistance over the sweep, in proportion to the time of measuring
            (periods of each point), as a wetting or drying membrane gives.
        digits: significant digits written; 0: all.
        gain: systematic factor on Z.
    """

    highest_Hz: float = 1e6
    lowest_Hz: float = 1.0
    per_decade: int = 10
    noise: float = 0.0
    drift: float = 0.0
    digits: int = 0
    gain: float = 1.0

    def frequencies_Hz(self) -> Floats:
        """Of the sweep, falling."""
        decades = math.log10(self.highest_Hz / self.lowest_Hz)
        return np.geomspace(self.highest_Hz, self.lowest_Hz, round(decades * self.per_decade) + 1)

    def measure(self, cell: Cell, seed: int = 0) -> tuple[Floats, Complexes]:
        """Frequencies [Hz] and impedance [ohm] of one sweep."""
        f = self.frequencies_Hz()
        r = None
        if self.drift:
            # Every point takes at least 0.2 s and three periods.
            time = np.cumsum(np.maximum(0.2, 3 / f))
            r = cell.resistance_ohm * (1 + self.drift * time / time[-1])
        z = self.gain * cell.impedance_ohm(f, r)
        rng = np.random.default_rng(seed)
        z = z + self.noise * np.abs(z) * (rng.standard_normal(len(f)) + 1j * rng.standard_normal(len(f)))
        if self.digits:
            z = _rounded(z.real, self.digits) + 1j * _rounded(z.imag, self.digits)
        return f, z

    def spectrum(self, cell: Cell, seed: int = 0) -> Spectrum:
        """The same as a :class:`Spectrum`."""
        return Spectrum("synthetic", "", *self.measure(cell, seed))


def _rounded(values: Floats, digits: int) -> Floats:
    size = np.floor(np.log10(np.maximum(np.abs(values), 1e-300)))
    step = 10.0 ** (size - digits + 1)
    return np.asarray(np.round(values / step) * step)


def write_csv(path: str | Path, frequency_Hz: Floats, z_ohm: Complexes) -> Path:
    """A plain CSV: frequency, Z' and -Z'' with their units."""
    lines = ["Frequency (Hz),Z' (ohm),-Z'' (ohm)"]
    lines += [f"{f:.8g},{z.real:.8g},{-z.imag:.8g}" for f, z in zip(frequency_Hz, z_ohm, strict=True)]
    return _write(path, "\n".join(lines) + "\n", "utf-8")


def write_gamry(path: str | Path, frequency_Hz: Floats, z_ohm: Complexes, decimal: str = ".") -> Path:
    """A Gamry .DTA with a ZCURVE table, as Framework writes it, with either decimal sign."""
    head = [
        "EXPLAIN",
        "TAG\tEISPOT",
        "TITLE\tLABEL\tPotentiostatic EIS\tTest &Identifier",
        "PSTAT\tPSTAT\tsynthetic\tPotentiostat",
        "AREA\tQUANT\t1.00000E+000\t&Area (cm^2)",
        "ZCURVE\tTABLE",
        "\tPt\tTime\tFreq\tZreal\tZimag\tZsig\tZmod\tZphz\tIdc\tVdc\tIERange",
        "\t#\ts\tHz\tohm\tohm\tV\tohm\t°\tA\tV\t#",
    ]
    rows = []
    for i, (f, z) in enumerate(zip(frequency_Hz, z_ohm, strict=True)):
        angle = math.degrees(math.atan2(z.imag, z.real))
        cells = [
            f"{f:.8g}",
            f"{z.real:.8g}",
            f"{z.imag:.8g}",
            "1",
            f"{abs(z):.8g}",
            f"{angle:.6g}",
            "1E-6",
            "0",
            "9",
        ]
        rows.append("\t".join(["", str(i), str(i + 1), *cells]).replace(".", decimal))
    return _write(path, "\n".join(head + rows) + "\n", "latin-1")


def write_mpt(path: str | Path, frequency_Hz: Floats, z_ohm: Complexes, decimal: str = ".") -> Path:
    """An EC-Lab .mpt with its count of header lines, -Im(Z), and either decimal sign."""
    head = [
        "EC-Lab ASCII FILE",
        "Nb header lines : 8",
        "",
        "Potentio Electrochemical Impedance Spectroscopy",
        "",
        "Device : synthetic",
        "Electrode surface area : 0.001 cm\u00b2",
        "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\t|Z|/Ohm\tPhase(Z)/deg\ttime/s\tcycle number\t",
    ]
    rows = []
    for i, (f, z) in enumerate(zip(frequency_Hz, z_ohm, strict=True)):
        angle = math.degrees(math.atan2(z.imag, z.real))
        cells = (f, z.real, -z.imag, abs(z), angle, i + 1.0, 1.0)
        rows.append("\t".join(f"{c:.9E}" for c in cells).replace(".", decimal))
    return _write(path, "\n".join(head + rows) + "\n", "latin-1")


def _write(path: str | Path, text: str, encoding: str) -> Path:
    target = Path(path)
    target.write_text(text, encoding=encoding, newline="\n")
    return target
