"""`Spectrum`: one impedance spectrum, and which sign its imaginary part has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.measurement import Check

Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]

FEWEST = 6
"""Points below which nothing is fitted."""


@dataclass(frozen=True)
class Spectrum:
    """One spectrum.

    Attributes:
        path, title: the file, and the sweep in it.
        frequency_Hz: falling, (N,).
        impedance_ohm: complex, imaginary part negative for capacitances, (N,).
        instrument: format of the file in words.
        understood: how the file was read, name -> words.
        checks: what was noticed while reading.
    """

    path: str
    title: str
    frequency_Hz: Floats
    impedance_ohm: Complexes
    instrument: str = "table"
    understood: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()

    @property
    def where(self) -> str:
        """The spectrum in words."""
        return f"{self.path} ({self.title})" if self.title else self.path

    def between(
        self, low_Hz: float | None, high_Hz: float | None, leave_out: Sequence[float] = ()
    ) -> Spectrum:
        """The part within frequencies, without the points nearest to those in ``leave_out``."""
        f = self.frequency_Hz
        keep = np.ones(len(f), bool)
        if low_Hz is not None:
            keep &= f >= low_Hz * (1 - 1e-9)
        if high_Hz is not None:
            keep &= f <= high_Hz * (1 + 1e-9)
        for one in leave_out:
            gap = np.abs(np.log(f / one))
            if not float(gap.min()) < 0.05:
                raise InputError(
                    "--leave-out",
                    f"no point at {one:.6g} Hz in {self.where}",
                    f"{f.min():.4g} to {f.max():.4g} Hz",
                )
            keep &= gap > gap.min() + 1e-12
        if keep.sum() < FEWEST:
            raise InputError(
                self.where,
                f"{int(keep.sum())} points are left between the frequencies given",
                f"{FEWEST} or more; the file has {f.min():.4g} to {f.max():.4g} Hz",
                "widen --lowest-frequency and --highest-frequency",
            )
        if keep.all():
            return self
        words = f"{int((~keep).sum())} of {len(f)} points left out as asked"
        return replace(
            self,
            frequency_Hz=f[keep],
            impedance_ohm=self.impedance_ohm[keep],
            understood={**self.understood, "points used": words},
        )


def tidy(
    path: str,
    title: str,
    frequency_Hz: Floats,
    real_ohm: Floats,
    imaginary_ohm: Floats,
    *,
    instrument: str = "table",
    understood: Mapping[str, str] | None = None,
    imaginary_is: str = "unknown",
    header: str = "",
) -> Spectrum:
    """A spectrum from columns: checked, sorted by falling frequency, the sign of the imaginary part settled.

    Args:
        path, title: where it comes from.
        frequency_Hz: (N,); rows with frequency 0 and impedance 0 (direct current before the sweep) are left out.
        real_ohm, imaginary_ohm: columns as they stand, (N,).
        instrument, understood: in words.
        imaginary_is: "im" (Im Z, negative for capacitances), "minus-im", as the format or a person says; "says-minus" for
            a header that says -Im; "unknown" where a header such as Z'' leaves it open.
        header: of the imaginary column, for messages.

    Raises:
        InputError: no numbers, non-finite or negative values, too few points, a sign that cannot be told.
    """
    where = f"{path} ({title})" if title else path
    f, re, im = (np.asarray(a, float) for a in (frequency_Hz, real_ohm, imaginary_ohm))
    said = dict(understood or {})
    empty = np.isnan(f) & np.isnan(re) & np.isnan(im)
    direct = (f == 0) & (re == 0) & (im == 0)
    if direct.any():
        said["rows left out"] = f"{int(direct.sum())} rows at frequency 0 (direct current, not impedance)"
    keep = ~(empty | direct)
    f, re, im = f[keep], re[keep], im[keep]
    bad = ~(np.isfinite(f) & np.isfinite(re) & np.isfinite(im))
    if bad.any():
        raise InputError(
            where,
            f"{int(bad.sum())} points without a number, the first is point {int(np.nonzero(bad)[0][0]) + 1}",
            "a frequency, a real and an imaginary part in every row",
            "correct the rows or take them out of the file",
        )
    if len(f) < FEWEST:
        raise InputError(where, f"{len(f)} points", f"{FEWEST} or more", "measure more points per decade")
    if (f <= 0).any():
        raise InputError(where, f"frequency {f[f <= 0][0]:g} Hz", "frequencies above 0", "correct the file")
    if float(np.abs(re).max() + np.abs(im).max()) > 1e15 or float(f.max()) > 1e12:
        raise InputError(
            where, "values beyond any instrument", "below 1e15 ohm and 1e12 Hz", "check the units"
        )
    if (np.hypot(re, im) == 0).any():
        raise InputError(
            where, "a point with impedance 0", "impedances above 0", "take the point out of the file"
        )
    if float(f.max() / f.min()) < 3:
        raise InputError(
            where, f"frequencies from {f.min():.4g} to {f.max():.4g} Hz", "at least half a decade"
        )
    order = np.argsort(-f, kind="stable")
    checks: list[Check] = []
    rising = bool(np.all(np.diff(f) >= 0))
    falling = bool(np.all(np.diff(f) <= 0))
    if not rising and not falling:
        checks.append(Check("order", "warn", "frequencies jump up and down in the file; sorted"))
    f, re, im = f[order], re[order], im[order]
    twice = int(np.sum(np.abs(np.diff(np.log(f))) < 1e-6))
    if twice:
        checks.append(
            Check("repeated frequencies", "warn", f"{twice} frequencies stand twice; all points are used")
        )
    negative = f[re < 0]
    if len(negative):
        checks.append(
            Check(
                "negative real part",
                "warn",
                f"{len(negative)} points, at {_list(negative)}: no passive cell has that",
            )
        )
    z, words = _signed(where, f, re, im, imaginary_is, header)
    said["imaginary part"] = words
    flips = _flips(z)
    if len(flips):
        checks.append(
            Check(
                "mixed signs",
                "fail",
                f"the imaginary part changes sign and keeps its size at {_list(f[flips])}: sign conventions are mixed in the "
                "file",
            )
        )
    return Spectrum(path, title, f, z, instrument, said, tuple(checks))


def _list(values: Floats) -> str:
    shown = ", ".join(f"{v:.4g}" for v in values[:6])
    return f"{shown}{' ...' if len(values) > 6 else ''} Hz"


def _flips(z: Complexes) -> npt.NDArray[np.intp]:
    """Points whose imaginary part has the sign opposite to both neighbours and about their size."""
    im = z.imag
    inner = np.arange(1, len(im) - 1)
    mean = 0.5 * (np.abs(im[:-2]) + np.abs(im[2:]))
    opposite = (np.sign(im[:-2]) == np.sign(im[2:])) & (np.sign(im[1:-1]) == -np.sign(im[2:]))
    alike = (np.abs(np.abs(im[1:-1]) - mean) < 0.3 * mean) & (mean > 0.05 * np.abs(z[1:-1]))
    return inner[opposite & alike]


def _signed(
    where: str, f: Floats, re: Floats, im: Floats, imaginary_is: str, header: str
) -> tuple[Complexes, str]:
    if imaginary_is == "im":
        return re + 1j * im, "Im(Z) as it stands: negative for capacitances"
    if imaginary_is == "minus-im":
        return re - 1j * im, "the file holds -Im(Z); its sign was turned"
    as_is, turned = re + 1j * im, re - 1j * im
    verdict, why = _physical_sign(f, as_is)
    if imaginary_is == "says-minus":
        if verdict == 1 and "Kramers" in why:
            raise InputError(
                where,
                f"column {header!r} says -Im(Z), but its numbers behave as Im(Z) ({why})",
                "one convention",
                "say which it is: --imaginary im or --imaginary minus-im",
            )
        return turned, f"column {header!r} holds -Im(Z); its sign was turned"
    if verdict == 0:
        raise InputError(
            where,
            f"whether column {header!r} holds Im(Z) or -Im(Z) cannot be told from the numbers ({why})",
            "im (negative for capacitances) or minus-im",
            "say it: --imaginary im",
        )
    if verdict > 0:
        return as_is, f"column {header!r} holds Im(Z), negative for capacitances: found from {why}"
    return turned, f"column {header!r} holds -Im(Z); its sign was turned: found from {why}"


def _physical_sign(f: Floats, z: Complexes) -> tuple[int, str]:
    """1: the numbers are Im Z; -1: they are -Im Z; 0: not told.

    Kramers-Kronig relations: where the real part falls with frequency the imaginary part is negative, which a sum of RC
    terms can follow for the one sign only. A spike without any slope of the real part is told by its low-frequency end.
    """
    from percola.lab.eis.kramers import kramers_kronig

    right, wrong = kramers_kronig(f, z).rms, kramers_kronig(f, z.conj()).rms
    third = z[np.argsort(f)][: max(3, len(z) // 3)]
    low = float(np.median(third.imag / np.abs(third)))
    by_end = 0 if abs(low) < 0.02 else 1 if low < 0 else -1
    ratio = max(wrong, 1e-12) / max(right, 1e-12)
    by_kk = 1 if ratio > 2 else -1 if ratio < 0.5 else 0
    residuals = f"{100 * right:.2g} % against {100 * wrong:.2g} % with the sign turned"
    if by_kk:
        return by_kk, f"the Kramers-Kronig relations: residuals {residuals}"
    if by_end:
        return by_end, "the low-frequency end, which is capacitive between blocking electrodes"
    return 0, f"Kramers-Kronig residuals {residuals}"


def points_per_decade(f: Floats) -> float:
    """Mean number of points per decade of frequency."""
    return (len(f) - 1) / math.log10(float(f.max() / f.min()))
