"""Tensile curves: the synthetic tester's truth, independent computations, coverage, formats, refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from percola.errors import InputError
from percola.lab import analyse
from percola.lab.analysis import Analysis
from percola.lab.setting import parse_settings
from percola.lab.table import Column, Table
from percola.lab.tensile.curve import Options, read_curve
from percola.lab.tensile.method import analyse_tables, table_of
from percola.lab.tensile.section import section_of
from percola.lab.tensile.spec import SPEC
from percola.lab.tensile.synthetic import (
    Machine,
    Material,
    Record,
    drawn_errors,
    fibre_area_m2,
    instron_bluehill,
    plain_csv,
    pull,
    specimens,
    truth_energy,
)

DATA = Path(__file__).parents[2] / "data" / "lab" / "tensile"
QUIET = Machine(noise_N=0.0, digit_N=0.0, digit_m=0.0)


def set_to(**given: Any) -> dict[str, Any]:
    return parse_settings(SPEC.settings, given)


def table(r: Record, **facts: str) -> Table:
    return Table(
        "memory.csv",
        r.title,
        (
            Column("Extension", "mm", 1e3 * r.extension_m),
            Column("Load", "N", r.force_N),
            Column("Time", "s", r.time_s),
        ),
        facts,
    )


STRIP = {"width": "10 mm", "thickness": "100 um", "gauge_length": "50 mm"}


def test_a_noiseless_curve_gives_back_the_law() -> None:
    m, t = Material(), replace(QUIET, toe=0.005)
    r = pull(m, t)
    c = read_curve(r.extension_m / t.gauge_m, r.force_N / t.area_m2)
    assert c.broke == "sudden"
    # The last sample before the fall is the break itself, but for the toe: exp(-E eps/toe_Pa) of it is left in the line.
    assert c.end_strain == pytest.approx(m.breaking_extension, abs=2e-4)
    assert c.end_stress == pytest.approx(m.breaking_strength_Pa, rel=1e-12)
    # The steepest part joins neighbours within 1 %: so much curvature may be in it.
    assert c.modulus == pytest.approx(m.modulus_Pa, rel=0.01)
    assert c.zero == pytest.approx(t.toe, abs=3e-4)
    e = np.linspace(0, 0.4, 400_001)
    s = m.stress(e)
    # A flat maximum: its height is sharp, its place is not (stated error of the place).
    assert c.yield_kind == "maximum"
    assert c.yield_stress == pytest.approx(float(s.max()), rel=2e-3)
    assert abs(c.yield_strain - float(e[np.argmax(s)])) < 3 * c.yield_strain_error + 0.005
    # Trapezoids over 1500 samples, and the toe left out: parts in a thousand.
    assert c.energy == pytest.approx(truth_energy(m), rel=2e-3)


def test_straight_part_break_and_energy_agree_with_scipy() -> None:
    m, t = Material(), Machine(toe=0.004)
    r = pull(m, t, seed=11)
    e, s = r.extension_m / t.gauge_m, r.force_N / t.area_m2
    c = read_curve(e, s)
    assert c.line is not None
    part = slice(c.line.first, c.line.last + 1)
    fit = stats.linregress(e[part], s[part])
    assert c.line.slope == pytest.approx(fit.slope, rel=1e-10)
    assert c.line.zero == pytest.approx(-fit.intercept / fit.slope, rel=1e-8)
    assert c.line.r2 == pytest.approx(fit.rvalue**2, rel=1e-10)
    # The fit's own standard error is one part of the stated one.
    assert c.line.slope_error >= float(fit.stderr) * (1 - 1e-9)
    # The break, found otherwise: the sample before the steepest fall.
    last = int(np.argmin(np.diff(s)))
    assert c.last == last
    whole = np.trapezoid(s[: last + 1], e[: last + 1])
    # They differ by the work of the toe only: below toe stress x toe strain x 2.
    assert abs(c.energy - whole) < 2 * t.toe * t.toe_Pa + 1e-9 * whole


@pytest.mark.parametrize("choice", ["regression", "secant"])
def test_other_moduli_are_what_they_say(choice: str) -> None:
    m = Material()
    e = np.linspace(0, 0.1, 5001)
    c = read_curve(
        e, m.stress(e), Options(modulus="regression" if choice == "regression" else "secant", secant=0.05)
    )
    if choice == "regression":
        # Hooke's law holds between 0.05 and 0.25 %: exact but for rounding.
        assert c.modulus == pytest.approx(m.modulus_Pa, rel=1e-9)
    else:
        # The zero comes from the straight part, within 1 % of curvature: 2e-4 of strain in 5 %.
        assert c.modulus == pytest.approx(float(m.stress(np.array([0.05]))[0]) / 0.05, rel=5e-3)


def test_offset_yield_lies_on_the_parallel_line() -> None:
    m = Material(soften_Pa=0.0)
    e = np.linspace(0, 1.0, 20_001)
    c = read_curve(e, m.stress(e), Options(offset=0.02, ends_at_break=True))
    assert c.yield_kind == "offset"
    assert c.modulus is not None
    # On the curve (samples 5e-5 apart, linear between them) and on the line at once.
    assert c.yield_stress == pytest.approx(c.modulus * (c.yield_strain - 0.02), rel=1e-6)
    assert c.yield_stress == pytest.approx(
        float(np.interp(c.yield_strain + c.zero, e, m.stress(e))), rel=1e-6
    )


def test_brittle_gradual_cut_and_said() -> None:
    brittle = pull(Material(breaking_extension=0.01), QUIET)
    c = read_curve(brittle.extension_m / 0.05, brittle.force_N / 1e-6)
    assert (c.broke, c.yield_kind) == ("sudden", "")
    assert c.end_strain == pytest.approx(0.01, rel=1e-6)
    # A slow tear: the stress dies away over half of the record.
    e = np.linspace(0, 2, 2000)
    s = 1e6 * np.minimum(e / 0.1, 1.0) * np.where(e > 1, 1 - (e - 1), 1.0)
    slow = read_curve(e, s)
    assert slow.broke == "gradual"
    # Half of the maximum is at 1.5 by construction; one step of the record.
    assert slow.end_strain + slow.zero == pytest.approx(1.5, abs=1.1e-3)
    cut = pull(Material(), replace(QUIET, cut=True))
    assert read_curve(cut.extension_m / 0.05, cut.force_N / 1e-6).broke == ""
    said = read_curve(cut.extension_m / 0.05, cut.force_N / 1e-6, Options(ends_at_break=True))
    assert said.broke == "end of record"


def test_slips_are_seen_counted_and_sized() -> None:
    r = pull(Material(), Machine(slips=((0.5, 0.02), (1.2, 0.03))), seed=3)
    c = read_curve(r.extension_m / 0.05, r.force_N / 1e-6)
    assert [round(at, 1) for at, _ in c.slips] == [0.5, 1.2]
    # The stress is as high again after the strain lost, to a sample or two (0.0027) and the noise.
    assert [lost for _, lost in c.slips] == pytest.approx([0.02, 0.03], abs=0.004)
    assert any(k.name == "slip" and k.status == "warn" for k in c.checks)
    # A slip is no yield and no break.
    assert c.broke == "sudden"
    assert c.yield_strain < 0.3
    clean = pull(Material(), Machine(), seed=3)
    assert not read_curve(clean.extension_m / 0.05, clean.force_N / 1e-6).slips


def test_preload_moves_zero_to_the_left() -> None:
    m = Material()
    e = np.linspace(0.01, 2.9, 4000)
    c = read_curve(e - 0.01, m.stress(e))
    # 1.5 MPa of preload: the specimen is already 1 % long.
    assert c.zero == pytest.approx(-0.01, abs=2e-4)
    assert any(k.name == "preload" for k in c.checks)
    assert read_curve(e - 0.01, m.stress(e), Options(toe=False)).zero == 0


@settings(max_examples=40, deadline=None)
@given(
    scale=st.floats(1e-3, 1e3),
    stretch=st.floats(0.2, 5.0),
    toe=st.floats(0.0, 0.02),
    seed=st.integers(0, 1000),
)
def test_units_of_stress_and_a_shift_of_strain_change_nothing(
    scale: float, stretch: float, toe: float, seed: int
) -> None:
    r = pull(Material(), Machine(samples=400), seed)
    e, s = r.extension_m / 0.05, r.force_N / 1e-6
    a, b = read_curve(e, s), read_curve(e + toe, s * scale)
    assert a.modulus is not None
    assert b.modulus is not None
    assert b.last == a.last
    # Rounding, and the choice of the stretch, which may turn on the last bit.
    assert b.modulus == pytest.approx(scale * a.modulus, rel=1e-6)
    assert b.zero == pytest.approx(a.zero + toe, abs=1e-6)
    assert b.end_strain == pytest.approx(a.end_strain, abs=1e-6)
    assert b.energy == pytest.approx(scale * a.energy, rel=1e-6)
    c = read_curve(e * stretch, s, Options(offset=0.02 * stretch))
    assert c.end_strain == pytest.approx(stretch * a.end_strain, rel=1e-6)


LIMITS = {"load": 0.01, "extension": 0.01, "gauge": 0.5e-3, "thickness": 2.5e-6, "width": 0.1e-3}


def one_error_each(k: int) -> tuple[Analysis, Material]:
    """A specimen of known law on a machine whose errors lie anywhere within the limits stated by default."""
    rng = np.random.default_rng(k)
    m = Material(
        modulus_Pa=150e6 * (1 + 0.1 * rng.standard_normal()),
        breaking_extension=2.0 + 0.3 * rng.standard_normal(),
    )
    d = drawn_errors(10_000 + k, LIMITS)
    true_area = (10e-3 + d["width"]) * (100e-6 + d["thickness"])
    t = Machine(
        gauge_m=0.05 + d["gauge"], area_m2=true_area, samples=700, noise_N=0.02, digit_N=0.01, digit_m=1e-5,
        toe=0.008 * float(rng.random()), gain=1 + d["load"], extension_gain=1 + d["extension"],
    )  # fmt: skip
    return analyse_tables([table(pull(m, t, seed=k))], set_to(**STRIP)), m


def test_stated_uncertainty_covers_the_truth_at_its_rate() -> None:
    names = (
        "breaking_strength", "breaking_extension", "elastic_modulus", "energy_to_break", "yield_strength",
        "yield_extension",
    )  # fmt: skip
    inside = dict.fromkeys(names, 0)
    for k in range(200):
        a, m = one_error_each(k)
        e = np.linspace(0, 0.3, 30_001)
        first = int(np.argmax(np.diff(m.stress(e)) <= 0))
        truth = (
            m.breaking_strength_Pa, m.breaking_extension, m.modulus_Pa, truth_energy(m, 4001), float(m.stress(e)[first]),
            float(e[first]),
        )  # fmt: skip
        for name, true in zip(names, truth, strict=True):
            found = a.measurement(name)
            assert found is not None
            assert isinstance(found.value, float)
            assert found.uncertainty is not None
            inside[name] += abs(found.value - true) <= 1.96 * found.uncertainty
    # 200 seeded repetitions; rectangular parts end before 1.96 sigma does, hence the upper bound.
    assert all(180 <= n <= 198 for n in inside.values()), inside


def test_the_mean_of_five_covers_the_truth_at_its_rate() -> None:
    inside = 0
    for k in range(200):
        rng = np.random.default_rng(k)
        gain = 1 + float(rng.uniform(-0.01, 0.01))
        tables = []
        for i in range(5):
            eb = 2.0 * (1 + 0.05 * float(rng.standard_normal()))
            e = np.linspace(0, eb * 1.0, 60)
            tables.append(
                table_of(np.append(e, eb + 0.01), np.append(6e6 * np.minimum(e / 0.05, 1.0), 0.0), f"{i}")
            )
            tables[-1].columns[0].values[:] *= gain
        a = analyse_tables(tables, set_to(toe="none")).measurement("breaking_extension")
        assert a is not None
        assert isinstance(a.value, float)
        assert a.uncertainty is not None
        inside += abs(a.value - 2.0) <= 1.96 * a.uncertainty
    # Student's factor is in the uncertainty, so that five specimens suffice for 95 %.
    assert 180 <= inside <= 198


def test_several_specimens_by_hand() -> None:
    records = specimens(6, seed=4, samples=400)
    a = analyse_tables([table(r) for r in records], set_to(**STRIP))
    m = a.measurement("breaking_strength")
    assert m is not None
    single = np.array([s["value"] for s in m.evidence["specimens"]])
    by_hand = np.array([r.force_N[int(np.argmin(np.diff(r.force_N)))] / 1e-6 for r in records])
    assert single == pytest.approx(by_hand, rel=1e-12)
    assert m.value == pytest.approx(by_hand.mean(), rel=1e-12)
    assert m.evidence["standard_deviation"] == pytest.approx(by_hand.std(ddof=1), rel=1e-9)
    # Student's interval of scipy, joined with load cell and section, which all specimens share.
    low, high = stats.t.interval(0.95, 5, by_hand.mean(), stats.sem(by_hand))
    shared = math.sqrt((0.01**2 + (0.1 / 10) ** 2 + (2.5 / 100) ** 2) / 3) * float(
        np.sqrt(np.mean(by_hand**2))
    )
    assert m.uncertainty == pytest.approx(math.hypot((high - low) / 2 / 1.959964, shared), rel=1e-6)
    assert m.evidence["kgf_cm2"] == pytest.approx(float(m.value or 0) / 98066.5)
    assert {p.key for p in a.panels} >= {"stress_strain", "modulus", "specimens_breaking_strength"}
    assert len(a.tables[0].rows) == 6
    assert Analysis.from_dict(a.to_dict()).to_dict() == a.to_dict()


def test_unbroken_specimens_give_lower_bounds() -> None:
    whole = pull(Material(), Machine(cut=True), seed=1)
    a = analyse_tables([table(whole)], set_to(**STRIP))
    strength, extension = a.measurement("breaking_strength"), a.measurement("breaking_extension")
    assert strength is not None
    assert strength.value is None
    assert "did not break" in strength.reason or "no specimen broke" in strength.reason
    assert "--ends-at-break" in strength.reason
    assert extension is not None
    assert any("lower bound" in c.message and c.status == "warn" for c in extension.checks)
    said = analyse_tables([table(whole)], set_to(**STRIP, ends_at_break=True)).measurement(
        "breaking_strength"
    )
    assert said is not None
    assert said.defined


def test_jaw_breaks_leave_the_break_but_not_the_modulus() -> None:
    records = specimens(4, seed=5, samples=400)
    a = analyse_tables([table(r) for r in records], set_to(**STRIP, jaw_break=[2]))
    strength, modulus = a.measurement("breaking_strength"), a.measurement("elastic_modulus")
    assert strength is not None
    assert modulus is not None
    assert (strength.evidence["specimens_counted"], modulus.evidence["specimens_counted"]) == (3, 4)
    assert a.tables[0].rows[1][-1] == "broke in the grips"
    with pytest.raises(InputError, match="jaw-break"):
        analyse_tables([table(r) for r in records], set_to(**STRIP, jaw_break=[9]))


def test_the_ring_not_the_circle() -> None:
    r = pull(Material(), Machine(area_m2=fibre_area_m2(0.75e-3, 1.25e-3)), seed=5)
    a = analyse_tables([table(r)], set_to(inside="0.75 mm", outside="1.25 mm", gauge_length="50 mm"))
    m = a.measurement("breaking_strength")
    assert m is not None
    # Noise of the load cell on 0.79 mm2.
    assert m.value == pytest.approx(Material().breaking_strength_Pa, rel=5e-3)
    # Denier of that fibre at 0.8 g/cm3: the same area.
    area = fibre_area_m2(0.75e-3, 1.25e-3)
    section = section_of(
        set_to(denier=area * 800.0 * 9000 * 1e3, envelope_density="0.8 g/cm3"), table(r), 0, 1
    )
    assert section is not None
    assert section.area_m2 == pytest.approx(area, rel=1e-12)


@pytest.mark.parametrize(
    ("file", "given", "count"),
    [
        ("bluehill.csv", {}, 3),
        ("testxpert.csv", {}, 1),
        ("trapezium.csv", {}, 1),
        ("testsuite_fibre.txt", {"inside": "0.75 mm", "outside": "1.25 mm", "gauge_length": "50 mm"}, 1),
        ("plain.csv", STRIP, 1),
    ],
)
def test_files_of_the_makers(file: str, given: dict[str, str], count: int) -> None:
    a = analyse("tensile", [DATA / file], given)
    strength, extension = a.measurement("breaking_strength"), a.measurement("breaking_extension")
    assert strength is not None
    assert extension is not None
    assert strength.evidence["specimens_counted"] == count
    # The synthetic specimens scatter by 4 % about 12.0 MPa (and more where one file holds one): 15 %.
    assert strength.value == pytest.approx(12.0e6, rel=0.15)
    assert extension.value == pytest.approx(2.9, rel=0.15)


def test_files_give_what_arrays_give(tmp_path: Path) -> None:
    records = [replace(r, title="") for r in specimens(2, seed=8, samples=300)]
    path = tmp_path / "b.csv"
    path.write_text(instron_bluehill(records), encoding="utf-8", newline="")
    a = analyse("tensile", [path], STRIP)
    b = analyse_tables([table(r) for r in records], set_to(**STRIP))
    for m, n in zip(a.measurements, b.measurements, strict=True):
        # Four decimals of mm and N in the file.
        assert m.value == pytest.approx(n.value, rel=1e-3)
    one = tmp_path / "one.csv"
    one.write_text(plain_csv(records[0]), encoding="utf-8")
    both = analyse("tensile", [one, one], STRIP).measurement("breaking_strength")
    assert both is not None
    assert both.evidence["specimens_counted"] == 2


def broken(make: Callable[[Record], Table], given: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        analyse_tables([make(pull(Material(), Machine(samples=300), seed=1))], set_to(**given))


def swap(t: Table, i: int, column: Column) -> Table:
    columns = list(t.columns)
    columns[i] = column
    return replace(t, columns=tuple(columns))


@pytest.mark.parametrize(
    ("make", "given", "match"),
    [
        (table, {"width": "10 mm", "thickness": "0.1 mm"}, "gauge-length"),
        (table, {"gauge_length": "50 mm"}, "thickness"),
        (table, {"gauge_length": "50 mm", "width": "10 mm"}, "thickness"),
        (table, {"gauge_length": "50 mm", "inside": "1 mm"}, "outside"),
        (table, {"gauge_length": "50 mm", "inside": "2 mm", "outside": "1 mm"}, "not below"),
        (table, {**STRIP, "inside": "1 mm", "outside": "2 mm"}, "more than one way"),
        (table, {"gauge_length": "50 mm", "denier": 500}, "envelope-density"),
        (lambda r: table(r, Thickness="0.1"), {"gauge_length": "50 mm", "width": "10 mm"}, "without a unit"),
        (lambda r: table(r, Thickness="1,000 mm"), {"gauge_length": "50 mm", "width": "10 mm"}, "decimal (comma|sign) or thousands"),
        (lambda r: table(r, Thickness="0.2 mm"), STRIP, "one of them"),
        (lambda r: swap(table(r), 1, Column("Load", "N", -r.force_N)), STRIP, "--tension negative"),
        (lambda r: swap(table(r), 0, Column("Extension", "mm", r.extension_m[::-1].copy())), STRIP, "increase|few|samples"),
        (lambda r: swap(table(r), 0, Column("Extension", "", r.extension_m)), STRIP, "no unit"),
        (lambda r: swap(table(r), 1, Column("Load", "N", np.full(len(r.force_N), np.nan))), STRIP, "at least 20"),
        (
            lambda r: swap(table(r), 0, Column("Extension", "mm", 10 * np.abs(np.sin(np.linspace(0, 20, len(r.force_N)))))),
            STRIP,
            "goes back|at least 20",
        ),
    ],
)  # fmt: skip
def test_refusals_say_what_to_do(make: Callable[[Record], Table], given: dict[str, Any], match: str) -> None:
    broken(make, given, match)


def test_negative_tension_can_be_said() -> None:
    r = pull(Material(), Machine(samples=300), seed=1)
    a = analyse_tables(
        [swap(table(r), 1, Column("Load", "N", -r.force_N))], set_to(**STRIP, tension="negative")
    )
    b = analyse_tables([table(r)], set_to(**STRIP))
    assert [m.value for m in a.measurements] == [m.value for m in b.measurements]


def test_disagreement_inside_a_file_is_said() -> None:
    r = pull(Material(), Machine(samples=300), seed=1)
    t = table(r)
    t = replace(
        t,
        columns=(
            *t.columns,
            Column("Strain", "%", 100 * r.extension_m / 0.04),
            Column("Stress", "MPa", r.force_N / 1.3),
        ),
    )
    a = analyse_tables([t], set_to(**STRIP))
    assert {c.name for c in a.checks if c.status == "warn"} >= {"gauge length", "section"}


@pytest.mark.parametrize("samples", [300, 3000, 300_000])
@pytest.mark.parametrize("noise_N", [0.001, 0.03])
def test_the_rate_of_the_record_does_not_change_the_answer(samples: int, noise_N: float) -> None:
    m = Material()
    t = Machine(samples=samples, toe=0.004, noise_N=noise_N)
    r = pull(m, t, seed=1)
    c = read_curve(r.extension_m / t.gauge_m, r.force_N / t.area_m2)
    assert c.broke == "sudden"
    assert c.modulus is not None
    # Curvature within 1 %, and three of its own standard deviations.
    assert abs(c.modulus - m.modulus_Pa) < 0.01 * m.modulus_Pa + 3 * c.modulus_error
    assert abs(c.zero - t.toe) < 2e-4 + 3 * c.zero_error
    assert abs(c.end_stress - m.breaking_strength_Pa) < 4 * c.noise + 1e-4 * m.breaking_strength_Pa
    # Noise makes no yield out of a straight line: the one found is the law's, at 12.8 %.
    assert c.yield_kind == "offset" or abs(c.yield_strain - 0.128) < 4 * c.yield_strain_error


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from([0.0, 1.0, -1.0, 1e-300, 1e300, math.nan, math.inf, 0.3]), min_size=0, max_size=60
    ),
    st.integers(0, 2**31),
    st.sampled_from(["line", "walk", "stairs", "given", "spikes"]),
)
def test_any_numbers_are_read_or_refused_in_words(odd: list[float], seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(0, 200))
    e = np.sort(rng.random(n)) if rng.random() < 0.7 else np.linspace(0, 1, n)
    s = {
        "line": e * rng.random() * 1e6,
        "walk": np.cumsum(rng.standard_normal(n)),
        "stairs": np.floor(10 * e),
        "given": rng.random(n),
        "spikes": np.where(rng.random(n) < 0.1, 1e9, e),
    }[kind].copy()
    k = min(n, len(odd))
    if k and rng.random() < 0.5:
        s[:k] = odd[:k]
    for o in (Options(), Options(modulus="secant"), Options(modulus="regression", low=0.0, high=0.5)):
        try:
            c = read_curve(e, s, o)
        except InputError:
            continue
        assert 0 <= c.last < len(c.strain)
        assert not math.isnan(c.end_stress)
        assert c.modulus is None or not math.isnan(c.modulus)


def test_a_sharp_yield_is_no_slip() -> None:
    # As in mild steel: 5 % down within a sample, then a long way until the stress is as high again.
    e = np.concatenate([np.linspace(0, 0.0028, 80), np.linspace(0.0035, 0.25, 300)])
    s = np.where(e <= 0.0028, 187e9 * e, 500e6 + 1.2e9 * np.clip(e - 0.018, 0, None) * np.exp(-2 * e))
    c = read_curve(e, s, Options(ends_at_break=True, offset=0.002))
    assert not c.slips
    assert c.yield_kind == "maximum"
    assert c.yield_strain == pytest.approx(0.0028, abs=1e-4)
    assert c.modulus == pytest.approx(187e9, rel=1e-6)


def test_the_fall_is_seen_where_the_transducer_springs_back() -> None:
    m = Material()
    e = np.linspace(0, 2.9, 1500)
    back = 2.9 - 0.02 * np.arange(1, 40)
    s = np.concatenate([m.stress(e), 0.02 * m.breaking_strength_Pa * np.exp(-np.arange(39.0))])
    c = read_curve(np.concatenate([e, back]), s)
    assert c.broke == "sudden"
    assert c.end_strain + c.zero == pytest.approx(2.9, rel=1e-9)
    # The crosshead stops and the stress relaxes instead: not broken.
    held = np.concatenate([m.stress(e), m.breaking_strength_Pa * (1 - 0.002 * np.arange(39.0))])
    assert read_curve(np.concatenate([e, back]), held).broke == ""


def test_a_clipped_force_is_said_and_a_flat_top_is_not() -> None:
    m = Material()
    e = np.linspace(0, 2.9, 1500)
    cut = read_curve(e, np.minimum(m.stress(e), 9e6), Options(ends_at_break=True))
    assert any(k.name == "load cell" for k in cut.checks)
    flat = np.round((10e6 - 1e6 * (e - 1.5) ** 2) / 1e5) * 1e5 * np.minimum(e / 0.1, 1)
    assert not any(k.name == "load cell" for k in read_curve(e, flat, Options(ends_at_break=True)).checks)


def test_results_of_the_machine_above_the_raw_data_are_left_out(tmp_path: Path) -> None:
    r = pull(Material(), Machine(samples=300), seed=2)
    rows = "\n".join(
        f'"{t:.3f}","{1e3 * x:.4f}","{f:.4f}","{x / 0.05:.6f}"'
        for t, x, f in zip(r.time_s, r.extension_m, r.force_N, strict=True)
    )
    path = tmp_path / "universal.csv"
    path.write_text(
        '"Results Table 1"\n"","Maximum Load","Tensile stress at Break"\n"","(N)","(MPa)"\n"1","12.05","12.05"\n\n'
        '"Time","Displacement","Force","Tensile strain (Displacement)"\n"(s)","(mm)","(N)","(mm/mm)"\n'
        + rows
        + "\n",
        encoding="utf-8",
    )
    a = analyse("tensile", [path], STRIP)
    m = a.measurement("breaking_extension")
    assert m is not None
    # Hooke's line of 300 samples, its toe of nothing: a thousandth.
    assert m.value == pytest.approx(2.9, rel=1e-3)
    assert any("left out" in n for n in a.notes)


def test_a_thickness_for_each_specimen() -> None:
    records = specimens(3, seed=9, samples=300)
    each = {"width": "10 mm", "thickness": ["100 um", "110 um", "95 um"], "gauge_length": "50 mm"}
    a = analyse_tables([table(r) for r in records], set_to(**each))
    m = a.measurement("tensile_strength")
    assert m is not None
    areas = np.array([1.0e-6, 1.1e-6, 0.95e-6])
    top = np.array([r.force_N.max() for r in records])
    assert [s["value"] for s in m.evidence["specimens"]] == pytest.approx(list(top / areas), rel=1e-12)
    # Errors of a thickness of its own scatter with the specimens; load cell and the one width are shared.
    shared = math.hypot(0.01, 0.1 / 10) / math.sqrt(3) * float(np.sqrt(np.mean((top / areas) ** 2)))
    assert m.evidence["shared_uncertainty"] == pytest.approx(shared, rel=1e-9)
    with pytest.raises(InputError, match="2 values for 3 specimens"):
        analyse_tables([table(r) for r in records], set_to(**{**each, "thickness": ["1 mm", "1 mm"]}))


@pytest.mark.parametrize("samples", [200, 1000, 30_000, 300_000])
@pytest.mark.parametrize("noise_Pa", [0.0, 1e4])
def test_a_curved_start_is_in_the_uncertainty_and_told(samples: int, noise_Pa: float) -> None:
    """s = 5 (1 - exp(-20 e)) + 2 e MPa: the slope at the start is 102 MPa, and no part is straight."""
    e = np.linspace(0, 1.5, samples)
    s = (5 * (1 - np.exp(-20 * e)) + 2 * e) * 1e6
    s = s + np.random.default_rng(4).normal(0, 1, samples) * noise_Pa
    c = read_curve(e, s, Options(ends_at_break=True))
    assert c.modulus is not None
    # One-sided and as a rectangle, so that the truth lies at sqrt(3) standard deviations where the parabola is exact; its cubic
    # term (a tenth of the bend for stretches of a tenth of the decay, more for longer) and noise of the fit are added to that.
    assert abs(c.modulus - 102e6) < 2.3 * c.modulus_error
    assert any(k.name == "straight start" and k.status == "warn" for k in c.checks)
    # It begins without load: zero is at the first sample, but for three standard deviations of noise.
    assert abs(c.end_strain - 1.5) <= (3.5 * noise_Pa + 1) / c.modulus + 1e-9
    assert abs(c.end_strain - 1.5) <= 2 * c.zero_error + 1e-9


def test_a_straight_start_is_not_called_curved() -> None:
    for seed in range(5):
        r = pull(Material(), Machine(toe=0.004), seed)
        c = read_curve(r.extension_m / 0.05, r.force_N / 1e-6)
        assert all(k.name != "straight start" for k in c.checks)


def test_strengths_and_thicknesses_that_films_do_not_have_are_told() -> None:
    r = pull(Material(), Machine())
    usual = analyse_tables([table(r)], set_to(**STRIP))
    assert all(c.name != "plausible strength" for m in usual.measurements for c in m.checks)
    for area in ("0.001 mm2", "100 cm2"):
        odd = analyse_tables([table(r)], set_to(gauge_length="50 mm", area=area))
        m = odd.measurement("breaking_strength")
        assert m is not None
        assert m.defined
        assert [c.status for c in m.checks if c.name == "plausible strength"] == ["warn"]
    thick = analyse_tables([table(r)], set_to(gauge_length="50 mm", width="10 mm", thickness="9 mm"))
    assert any(c.name == "thickness" and c.status == "warn" for c in thick.checks)
