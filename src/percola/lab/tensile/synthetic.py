"""A tensile tester with a known answer: material, toe, slip, noise, digits, errors of calibration; and its files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Material:
    """A polymer film in tension: Hooke, yield, drawing, hardening, break.

    stress = E e up to the limit p; beyond it, with x = e - p/E,
    stress = y - (y - p) exp(-E x/(y - p)) - soften (1 - exp(-x/width))^2 + harden x^2.

    Attributes:
        modulus_Pa: E.
        limit_Pa: p, end of Hooke's law.
        plateau_Pa: y, where the stress would stay without softening and hardening.
        soften_Pa: fall after the yield; 0 for none.
        width: strain over which it softens [-].
        harden_Pa: hardening.
        breaking_extension: strain at break [-].
    """

    modulus_Pa: float = 150e6
    limit_Pa: float = 3.0e6
    plateau_Pa: float = 6.0e6
    soften_Pa: float = 0.6e6
    width: float = 0.3
    harden_Pa: float = 0.8e6
    breaking_extension: float = 2.9

    def stress(self, strain: Floats) -> Floats:
        """Stress at a strain [Pa]."""
        e = np.asarray(strain, float)
        x = np.maximum(e - self.limit_Pa / self.modulus_Pa, 0.0)
        rest = self.plateau_Pa - self.limit_Pa
        drawn = (
            self.plateau_Pa
            - rest * np.exp(-self.modulus_Pa * x / rest)
            - self.soften_Pa * (1 - np.exp(-x / self.width)) ** 2
            + self.harden_Pa * x**2
        )
        return np.where(e < self.limit_Pa / self.modulus_Pa, self.modulus_Pa * e, drawn)

    @property
    def breaking_strength_Pa(self) -> float:
        """Stress at the break."""
        return float(self.stress(np.array([self.breaking_extension]))[0])


@dataclass(frozen=True)
class Machine:
    """The machine and the specimen in it.

    Attributes:
        gauge_m, area_m2: of the specimen.
        samples: of the record up to the break.
        after: samples after the break.
        noise_N, digit_N: noise and digit of the load cell.
        digit_m: digit of the extension.
        toe: strain of slack taken up before the specimen is straight [-].
        toe_Pa: stress over which it is taken up.
        gain, extension_gain: readings over truth of load cell and crosshead.
        zero_N: drift of the zero of the load cell.
        slips: (strain of the machine, strain lost) of each slip in the grips.
        cut: whether the record stops before the break.
    """

    gauge_m: float = 0.05
    area_m2: float = 1e-6
    samples: int = 1500
    after: int = 8
    noise_N: float = 0.01
    digit_N: float = 0.001
    digit_m: float = 1e-6
    toe: float = 0.0
    toe_Pa: float = 0.3e6
    gain: float = 1.0
    extension_gain: float = 1.0
    zero_N: float = 0.0
    slips: tuple[tuple[float, float], ...] = ()
    cut: bool = False


@dataclass(frozen=True)
class Record:
    """What the machine writes: time [s], extension [m], force [N]."""

    time_s: Floats
    extension_m: Floats
    force_N: Floats
    title: str = ""
    facts: dict[str, str] = field(default_factory=dict)


def pull(material: Material, tester: Machine, seed: int = 0, rate_m_s: float = 0.1 / 60) -> Record:
    """A test of one specimen, made denser in time at small strains as machines do (three in ten samples below a tenth
    of the extension)."""
    rng = np.random.default_rng(seed)
    eb = material.breaking_extension * (0.8 if tester.cut else 1.0)
    first = int(0.3 * tester.samples)
    small = min(0.1, 0.5 * eb)
    e = np.concatenate(
        [np.linspace(0, small, first, endpoint=False), np.linspace(small, eb, tester.samples - first)]
    )
    stress = material.stress(e)
    machine = e + tester.toe * (1 - np.exp(-stress / tester.toe_Pa))
    for at, lost in tester.slips:
        # The specimen springs back by what it slipped, and is loaded again along Hooke's line.
        i = int(np.searchsorted(machine, at))
        if 0 < i < len(machine):
            count = max(6, int(lost / max(machine[i] - machine[i - 1], 1e-12)))
            x = np.linspace(0, lost, count + 1)[1:]
            back = stress[i - 1] - material.modulus_Pa * np.maximum(lost - x, 0.0)
            machine = np.concatenate([machine[:i], machine[i - 1] + x, machine[i:] + lost])
            stress = np.concatenate([stress[:i], np.maximum(back, 0.0), stress[i:]])
    if not tester.cut and tester.after:
        dt = machine[-1] - machine[-2]
        machine = np.concatenate([machine, machine[-1] + dt * np.arange(1, tester.after + 1)])
        stress = np.concatenate([stress, stress[-1] * 0.02 * np.exp(-np.arange(tester.after))])
    force = stress * tester.area_m2 * tester.gain + tester.zero_N + rng.normal(0, tester.noise_N, len(stress))
    extension = machine * tester.gauge_m * tester.extension_gain
    return Record(
        time_s=machine * tester.gauge_m / rate_m_s,
        extension_m=_rounded(extension, tester.digit_m),
        force_N=_rounded(force, tester.digit_N),
    )


def _rounded(v: Floats, digit: float) -> Floats:
    return np.round(v / digit) * digit if digit > 0 else v


def drawn_errors(seed: int, half_widths: dict[str, float]) -> dict[str, float]:
    """One rectangular error for each name, between -half and +half, for tests of coverage."""
    rng = np.random.default_rng(seed)
    return {k: float(rng.uniform(-h, h)) for k, h in half_widths.items()}


def plain_csv(record: Record, every: int = 1) -> str:
    """Extension in mm and force in N with a line of headers."""
    rows = ["Extension (mm),Force (N)"]
    rows += [
        f"{1e3 * x:.4f},{f:.4f}"
        for x, f in zip(record.extension_m[::every], record.force_N[::every], strict=True)
    ]
    return "\n".join(rows) + "\n"


def instron_bluehill(records: Sequence[Record], every: int = 1) -> str:
    """Raw data as Instron Bluehill exports them: quoted cells, a row of units in brackets, specimens one below another."""
    out = []
    for i, r in enumerate(records, 1):
        out += [f'"Specimen {i}"', *(f'"{k}","{v}"' for k, v in r.facts.items())]
        out += ['"Time","Extension","Load"', '"(s)","(mm)","(N)"']
        out += [
            f'"{t:.3f}","{1e3 * x:.4f}","{f:.4f}"'
            for t, x, f in zip(r.time_s[::every], r.extension_m[::every], r.force_N[::every], strict=True)
        ]
        out.append("")
    return "\r\n".join(out) + "\r\n"


def zwick_testxpert(record: Record, every: int = 1) -> str:
    """A series as Zwick testXpert exports it: German headers, semicolons, decimal commas, units in a row."""

    def comma(v: float, digits: int) -> str:
        return f"{v:.{digits}f}".replace(".", ",")

    out = [f'"{k}";{v}' for k, v in record.facts.items()]
    out += ['"Prüfzeit";"Standardweg";"Standardkraft"', '"s";"mm";"N"']
    out += [
        f"{comma(t, 3)};{comma(1e3 * x, 4)};{comma(f, 4)}"
        for t, x, f in zip(
            record.time_s[::every], record.extension_m[::every], record.force_N[::every], strict=True
        )
    ]
    return "\r\n".join(out) + "\r\n"


def shimadzu_trapezium(record: Record, every: int = 1) -> str:
    """As Shimadzu Trapezium exports it in Japan: stroke and test force; written in code page 932."""
    out = [f'"{k}","{v}"' for k, v in record.facts.items()]
    out += ['"時間","試験力","ストローク"', '"sec","N","mm"']
    out += [
        f"{t:.3f},{f:.4f},{1e3 * x:.4f}"
        for t, x, f in zip(
            record.time_s[::every], record.extension_m[::every], record.force_N[::every], strict=True
        )
    ]
    return "\r\n".join(out) + "\r\n"


def mts_testsuite(record: Record, every: int = 1) -> str:
    """As MTS TestSuite writes it: tabs, crosshead and load, kgf here as some laboratories keep it."""
    out = ["Crosshead\tLoad\tTime", "mm\tkgf\ts"]
    out += [
        f"{1e3 * x:.4f}\t{f / 9.80665:.5f}\t{t:.3f}"
        for t, x, f in zip(
            record.time_s[::every], record.extension_m[::every], record.force_N[::every], strict=True
        )
    ]
    return "\r\n".join(out) + "\r\n"


def specimens(n: int = 5, seed: int = 1, scatter: float = 0.04, **tester: float) -> list[Record]:
    """Specimens of one sample whose strength and extension scatter (relative standard deviation)."""
    rng = np.random.default_rng(seed)
    out = []
    for i in range(n):
        a, b = 1 + scatter * rng.standard_normal(2)
        m = Material(
            modulus_Pa=150e6 * a, limit_Pa=3e6 * a, plateau_Pa=6e6 * a, soften_Pa=0.6e6 * a, harden_Pa=0.8e6 * a,
            breaking_extension=2.9 * b,
        )  # fmt: skip
        t = Machine(toe=0.002 + 0.004 * float(rng.random()), **tester)  # type: ignore[arg-type]
        r = pull(m, t, seed=1000 * seed + i)
        out.append(Record(r.time_s, r.extension_m, r.force_N, f"Specimen {i + 1}", {}))
    return out


def truth_energy(material: Material, points: int = 200_001) -> float:
    """Work to the break per volume [J/m3], from the law itself."""
    e = np.linspace(0, material.breaking_extension, points)
    return float(np.trapezoid(material.stress(e), e))


def fibre_area_m2(inside_m: float, outside_m: float) -> float:
    """Area of a ring [m2]."""
    return math.pi / 4 * (outside_m**2 - inside_m**2)
