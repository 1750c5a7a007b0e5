"""The DSC method from files to results: procedure, sets of runs, media, settings."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from percola.errors import InputError
from percola.lab import Analysis, analyse
from percola.lab.dsc.method import region_of
from percola.lab.dsc.synthetic import (
    Instrument,
    Run,
    Step,
    Transition,
    dissolution_run,
    melting_run,
    record,
    write_netzsch,
)

HOW = Instrument(interval_s=3.0, noise_W_kg=1.0, quantum_K=0.01)


@pytest.fixture(scope="module")
def fig_1(tmp_path_factory) -> Analysis:
    """Runs at eleven T_s for 40 wt%, T_a 178 degC, and one of the polymer alone and of a 30:70 mixture."""
    folder = tmp_path_factory.mktemp("dsc")
    files, fractions = [], []
    for k, t_s in enumerate(np.arange(418.15, 468.2, 5.0)):
        t_c = 400.0 - 0.25 * min(t_s - 451.15, 0.0)
        run = dissolution_run(t_s, t_c, 0.4, instrument=HOW, seed=k)
        files.append(write_netzsch(run, folder / f"run_{k}.txt"))
        fractions.append(0.4)
    files.append(write_netzsch(melting_run(445.0, 1.0, instrument=HOW, seed=50), folder / "polymer.txt"))
    files.append(write_netzsch(melting_run(421.0, 0.3, instrument=HOW, seed=51), folder / "medium.txt"))
    return analyse("dsc", files, {"polymer_fraction": [*fractions, 1.0, 0.3]})


def value(found: Analysis, name: str, region: str) -> tuple[float, float]:
    m = found.measurement(name, region)
    assert m is not None, name
    assert isinstance(m.value, float), name
    assert m.uncertainty is not None, name
    return m.value, m.uncertainty


def test_plateau_of_fig_1(fig_1):
    at, u = value(fig_1, "dissolution_plateau_temperature", "mixture_40_60")
    assert abs(at - 451.15) < 3 * u
    assert u < 2.0
    m = fig_1.measurement("dissolution_plateau_temperature")
    assert m is not None
    assert {c.name: c.status for c in m.checks} == {"T_c falls with T_s": "pass", "plateau reached": "pass"}
    panel = next(p for p in fig_1.panels if p.overlay == "crystallization")
    assert len(panel.curves[0].x) == 11
    assert panel.marks
    table = next(t for t in fig_1.tables if t.key == "crystallization_dissolution")
    assert [row[1] for row in table.rows] == pytest.approx(list(np.arange(145.0, 196.0, 5.0)), abs=0.02)
    assert all(row[4] == pytest.approx(20.0, abs=1.0) for row in table.rows)


def test_each_run_has_its_crystallization_temperature(fig_1):
    found = [m for m in fig_1.measurements if m.name == "crystallization_temperature"]
    assert len(found) == 11
    assert len({m.region for m in found}) == 11
    for m in found:
        t_s = m.evidence["dissolution_temperature_K"]
        truth = 400.0 - 0.25 * min(t_s - 451.15, 0.0)
        assert abs(m.value - truth) < 4 * m.uncertainty  # lag of 3 s at 2 K/min is 0.1 K
        # At the lowest T_s the peak begins within its own width of the start: that is said.
        bad = [
            c for c in m.checks if c.status != "pass" and not (t_s < 420.0 and c.name == "limits of the peak")
        ]
        assert not bad


def test_melting_point_lowering_and_the_rule_for_media(fig_1):
    pure, _ = value(fig_1, "melting_temperature", "polymer")
    mixed, _ = value(fig_1, "melting_temperature", "mixture_30_70")
    drop, u = value(fig_1, "melting_point_depression", "mixture_30_70")
    assert drop == pytest.approx(pure - mixed)
    assert abs(drop - 24.0) < 3 * u
    rule = next(c for c in fig_1.checks if c.name.startswith("cooling medium"))
    assert rule.status == "pass"
    assert "T_m100" in rule.message


def test_crystallinity_is_per_gram_of_polymer(fig_1):
    x, u = value(fig_1, "crystallinity", "polymer")
    assert abs(x - 0.5) < 2 * u
    assert u / x > 0.1  # the heat of fusion alone is known to 10 %
    x30, u30 = value(fig_1, "crystallinity", "mixture_30_70")
    assert abs(x30 - 0.5) < 2 * u30
    heat, u_heat = value(fig_1, "melting_enthalpy", "polymer")
    assert u == pytest.approx(x * math.hypot(u_heat / heat, 10.5 / 104.7), rel=1e-9)


def test_heatings_that_end_in_the_peak_are_left_out(fig_1):
    assert any("end before the melting peak" in n for n in fig_1.notes)
    t_m, u = value(fig_1, "melting_temperature", "mixture_40_60")
    assert abs(t_m - 418.35) < 3 * u  # 418.15 and a lag of 0.25 K


def test_analysis_is_plain_data(fig_1):
    text = json.dumps(fig_1.to_dict())
    assert "NaN" not in text
    assert "Infinity" not in text
    assert max(len(json.dumps(m.to_dict())) for m in fig_1.measurements) < 50_000
    again = Analysis.from_dict(json.loads(text))
    assert [m.name for m in again.measurements] == [m.name for m in fig_1.measurements]
    assert len({p.key for p in fig_1.panels}) == len(fig_1.panels)


def test_same_input_same_numbers(tmp_path):
    path = write_netzsch(melting_run(445.0, instrument=HOW), tmp_path / "a.txt")
    one, two = analyse("dsc", [path]), analyse("dsc", [path])
    assert json.dumps(one.to_dict()) == json.dumps(two.to_dict())


def medium(tmp_path, t_m30: float) -> str:
    a = write_netzsch(melting_run(445.0, 1.0, instrument=HOW, seed=1), tmp_path / "polymer.txt")
    b = write_netzsch(melting_run(t_m30, 0.3, instrument=HOW, seed=2), tmp_path / "mixture.txt")
    found = analyse("dsc", [a, b], {"polymer_fraction": [1.0, 0.3]})
    return next(c.status for c in found.checks if c.name.startswith("cooling medium"))


@pytest.mark.parametrize(
    ("t_m30", "status"),
    [
        (420.0, "pass"),
        (444.9, "warn"),  # no lowering that can be told
        (448.0, "fail"),  # T_m30 above T_m100
        (373.1, "warn"),
        (368.0, "fail"),  # too good a solvent
    ],
)
def test_rule_for_media_inside_outside_and_undecided(tmp_path, t_m30, status):
    assert medium(tmp_path, t_m30) == status


def checks_of(run: Run, tmp_path, **given) -> dict[str, str]:
    found = analyse("dsc", [write_netzsch(run, tmp_path / "run.txt")], given)
    m = found.measurement("crystallization_temperature") or found.measurement("melting_temperature")
    assert m is not None
    return {c.name: c.status for c in m.checks}


def test_procedure_is_checked_from_the_data(tmp_path):
    good = checks_of(dissolution_run(451.0, 400.0, instrument=HOW), tmp_path)
    assert good["cooling rate"] == "pass"
    assert good["hold at the dissolution temperature"] == "pass"
    short = checks_of(dissolution_run(451.0, 400.0, hold_min=5.0, instrument=HOW), tmp_path)
    assert short["hold at the dissolution temperature"] == "fail"
    near = checks_of(dissolution_run(451.0, 400.0, hold_min=17.0, instrument=HOW), tmp_path)
    assert near["hold at the dissolution temperature"] == "warn"
    melt = Transition(440.0, 50e3, 8.0, -0.2)
    fast = record([Step(to_K=490.0, rate_K_min=10.0)], [melt], (), HOW, start_K=380.0)
    assert checks_of(fast, tmp_path)["heating rate"] == "fail"
    assert checks_of(fast, tmp_path, heating_rate="10 K/min")["heating rate"] == "pass"
    freeze = Transition(400.0, 25e3, 6.0, -0.2)
    direct = record([Step(to_K=350.0, rate_K_min=-2.0)], (), [freeze], HOW, start_K=440.0)
    assert checks_of(direct, tmp_path)["hold at the dissolution temperature"] == "fail"


def test_dissolution_temperature_said_or_in_the_name(tmp_path):
    freeze = Transition(400.0, 25e3, 6.0, -0.2)
    run = record([Step(to_K=350.0, rate_K_min=-2.0)], (), [freeze], HOW, start_K=440.0)
    named = write_netzsch(run, tmp_path / "DEP_Ts178.txt", sample="")
    m = analyse("dsc", [named]).measurement("crystallization_temperature")
    assert m is not None
    assert m.evidence["dissolution_temperature_K"] == pytest.approx(451.15)
    said = analyse("dsc", [named], {"dissolution_temperature": ["165 degC"]}).measurement(
        "crystallization_temperature"
    )
    assert said is not None
    assert said.evidence["dissolution_temperature_K"] == pytest.approx(438.15)
    with pytest.raises(InputError, match="--dissolution-temperature"):
        analyse("dsc", [named], {"dissolution_temperature": ["165 degC", "170 degC"]})
    held = write_netzsch(dissolution_run(451.0, 400.0, instrument=HOW), tmp_path / "held.txt")
    m = analyse("dsc", [held], {"dissolution_temperature": ["165 degC"]}).measurement(
        "crystallization_temperature"
    )
    assert m is not None
    assert any(c.name == "dissolution temperature" and c.status == "warn" for c in m.checks)


def test_file_without_time(tmp_path):
    run = melting_run(445.0, instrument=HOW, seed=3)
    rows = ["Temperature (degC),Heat flow (W/g)"]
    rows += [
        f"{T - 273.15:.3f},{q / 1000:.6f}" for T, q in zip(run.temperature_K, run.heat_flow_W_kg, strict=True)
    ]
    path = tmp_path / "no_time.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    bare = analyse("dsc", [path], {"exo": "up"})
    t_m = bare.measurement("melting_temperature")
    heat = bare.measurement("melting_enthalpy")
    assert t_m is not None
    assert abs(t_m.value - run.peaks[0][1]) < 3 * t_m.uncertainty
    assert heat is not None
    assert heat.value is None
    assert "--rate" in heat.reason
    told = analyse("dsc", [path], {"exo": "up", "rate": "5 K/min"}).measurement("melting_enthalpy")
    assert told is not None
    assert told.value == pytest.approx(run.peaks[0][2], rel=0.03)


def test_settings_of_a_person(tmp_path):
    path = write_netzsch(melting_run(445.0, instrument=HOW, seed=3), tmp_path / "a.txt")
    for kind in ("linear", "integral", "tangential", "spline", "none"):
        m = analyse("dsc", [path], {"baseline": kind}).measurement("melting_enthalpy")
        assert m is not None
        assert m.evidence["baseline"] == kind
    cut = analyse("dsc", [path], {"from": "150 degC", "to": "185 degC"}).measurement("melting_temperature")
    assert cut is not None
    assert cut.evidence["limits_K"] == pytest.approx([423.15, 458.15], abs=0.3)
    bare = analyse("dsc", [path]).measurement("crystallinity")
    assert bare is not None
    assert bare.value is None
    assert "--polymer-fraction" in bare.reason
    for bad, words in (
        ({"polymer_fraction": [1.4]}, "weight fraction"),
        ({"polymer_fraction": [0.3, 1.0]}, "one for all"),
        ({"from": "180 degC", "to": "150 degC"}, "not below"),
        ({"mass": ["1 mg", "2 mg"]}, "one for all"),
        ({"temperature_uncertainty": "-1 K"}, "0 or more"),
    ):
        with pytest.raises(InputError, match=words):
            analyse("dsc", [path], bad)


def test_direction_of_the_file_and_of_the_person_differ(tmp_path):
    run = melting_run(445.0, instrument=HOW, seed=3)
    wrong = write_netzsch(run, tmp_path / "a.txt")
    wrong.write_bytes(wrong.read_bytes().replace(b"#EXO:1", b"#EXO:-1"))
    found = analyse("dsc", [wrong], {"exo": "up"})
    assert [c.status for c in found.checks if c.name == "exotherm direction"] == ["warn"]
    t_m = found.measurement("melting_temperature")
    assert t_m is not None
    assert abs(t_m.value - run.peaks[0][1]) < 3 * t_m.uncertainty


def test_regions():
    assert [region_of(f) for f in (None, 1.0, 0.3, 0.4, 1 / 3)] == [
        "", "polymer", "mixture_30_70", "mixture_40_60", "mixture_33.33_66.67",
    ]  # fmt: skip


def test_spec_is_light():
    code = "import sys, percola.lab.dsc.spec; print('scipy' in sys.modules, 'pint' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["False", "False"]


def test_a_mass_that_no_pan_holds_is_told(tmp_path):
    run = dissolution_run(460.0, 398.0, 0.4, instrument=HOW, seed=1)
    path = write_netzsch(run, tmp_path / "a.txt", mass_mg=10.0)
    usual = analyse("dsc", [path], {})
    assert all(c.name != "sample mass" for c in usual.checks)
    path = write_netzsch(run, tmp_path / "b.txt", mass_mg=1000.0)
    assert any(c.name == "sample mass" and c.status == "warn" for c in analyse("dsc", [path], {}).checks)
