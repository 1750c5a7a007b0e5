"""The method ``eis`` as a person runs it: conductivity with its uncertainty, cells, repeats, thicknesses, refusals."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from percola.errors import InputError
from percola.lab import analyse
from percola.lab.analysis import Analysis
from percola.lab.eis.method import line_with_errors
from percola.lab.eis.synthetic import Analyser, Cell, write_csv, write_mpt
from percola.tables import electrolyte_conductivity_S_m

SHEET: dict[str, Any] = {
    "thickness": "100 um",
    "thickness_uncertainty": "1 um",
    "area": "1 cm2",
    "area_uncertainty": "0.01 cm2",
}


def file(folder: Path, name: str, cell: Cell, seed: int = 0, **instrument: Any) -> Path:
    return write_csv(folder / name, *Analyser(**{"noise": 0.002, **instrument}).measure(cell, seed))


def sigma(found: Analysis) -> tuple[float, float]:
    m = found.measurement("ionic_conductivity")
    assert m is not None
    assert isinstance(m.value, float)
    assert m.uncertainty is not None
    return m.value, m.uncertainty


def test_the_specimen_of_paragraph_112(tmp_path: Path) -> None:
    """0.8 mS/cm on 100 um is 12.5 ohm on 1 cm2: the number of Example 13 from the curve that it stands for."""
    path = file(tmp_path, "a.csv", Cell(12.5, 3e-7))
    found = analyse("eis", [path], {**SHEET, "temperature": "25 degC", "standard_electrolyte": True})
    value, u = sigma(found)
    # 0.08 S/m; 1 % each of thickness and area, hardly anything of the reading.
    assert value == pytest.approx(0.08, rel=2e-3)
    assert u == pytest.approx(0.08 * math.sqrt(2) * 0.01, rel=0.05)
    resistance = found.measurement("resistance")
    assert resistance is not None
    assert resistance.value == pytest.approx(12.5, rel=2e-3)
    number = found.measurement("macmullin_number")
    assert number is not None
    bulk = electrolyte_conductivity_S_m(298.15)
    assert number.value == pytest.approx(float(bulk.value) / value, rel=1e-12)
    assert number.uncertainty == pytest.approx(
        float(number.value) * math.hypot(float(bulk.uncertainty) / float(bulk.value), u / value)  # type: ignore[arg-type]
    )
    budget = found.measurement("ionic_conductivity").evidence["relative_uncertainty"]  # type: ignore[union-attr]
    assert math.sqrt(sum(v * v for v in budget.values())) == pytest.approx(u / value)


def test_an_exact_curve_gives_the_exact_number(tmp_path: Path) -> None:
    path = tmp_path / "a.mpt"
    write_mpt(path, *Analyser().measure(Cell(12.5, 3e-7)))
    value, _ = sigma(analyse("eis", [path], SHEET))
    # Ten digits stand in the file.
    assert value == pytest.approx(0.08, rel=1e-7)


def test_the_uncertainty_covers_the_truth(tmp_path: Path) -> None:
    """Thickness, area and cell resistance as a person would measure them, each off by its own draw."""
    rng = np.random.default_rng(7)
    inside, n = 0, 200
    cell = Cell(12.5, 3e-7, lead_ohm=0.8)
    for seed in range(n):
        path = file(tmp_path, "a.csv", cell, seed, noise=0.005, digits=4, per_decade=6)
        said = {
            "thickness": 1e-4 + 2e-6 * rng.normal(),
            "thickness_uncertainty": 2e-6,
            "area": 1e-4 + 1e-6 * rng.normal(),
            "area_uncertainty": 1e-6,
            "cell_resistance": 0.8 + 0.1 * rng.normal(),
            "cell_resistance_uncertainty": 0.1,
            "circuit": "l-r-q",
        }
        value, u = sigma(analyse("eis", [path], said))
        inside += abs(value - 0.08) < 1.96 * u
    # 95 % meant, 1.5 % scatter of 200 draws.
    assert 0.90 <= inside / n <= 0.99


def test_cell_resistance_is_subtracted_openly(tmp_path: Path) -> None:
    path = file(tmp_path, "a.csv", Cell(3.0, 3e-7, lead_ohm=0.5))
    plain = analyse("eis", [path], SHEET)
    assert sigma(plain)[0] == pytest.approx(1e-4 / (3.5 * 1e-4), rel=2e-3)
    checks = plain.measurement("ionic_conductivity").checks  # type: ignore[union-attr]
    assert next(c for c in checks if c.name == "leads and cell").status == "warn"
    given = analyse(
        "eis", [path], {**SHEET, "cell_resistance": "0.5 ohm", "cell_resistance_uncertainty": "50 mohm"}
    )
    value, u = sigma(given)
    assert value == pytest.approx(1e-4 / (3.0 * 1e-4), rel=3e-3)
    assert u / value > 0.05 / 3.0
    assert any("subtracted" in n for n in given.notes)
    # The short circuit: resistance and inductance alone.
    f = Analyser().frequencies_Hz()
    rng = np.random.default_rng(1)
    z = (0.5 + 2j * np.pi * f * 3e-7) * (1 + 0.002 * (rng.normal(size=61) + 1j * rng.normal(size=61)))
    short = write_csv(tmp_path / "short.csv", f, z)
    by_file = analyse("eis", [path], {**SHEET, "short_circuit": str(short)})
    assert sigma(by_file)[0] == pytest.approx(1e-4 / (3.0 * 1e-4), rel=3e-3)
    # A header that leaves the sign open does not matter for a resistance.
    short.write_text(short.read_text(encoding="utf-8").replace("-Z''", "Z''"), encoding="utf-8")
    open_sign = analyse("eis", [path], {**SHEET, "short_circuit": str(short)})
    assert sigma(open_sign)[0] == pytest.approx(sigma(by_file)[0], rel=1e-9)


def test_a_resistance_below_the_cell_is_no_conductivity(tmp_path: Path) -> None:
    path = file(tmp_path, "a.csv", Cell(0.05, 3e-7, lead_ohm=0.5))
    found = analyse(
        "eis", [path], {**SHEET, "cell_resistance": "0.5 ohm", "cell_resistance_uncertainty": "50 mohm"}
    )
    m = found.measurement("ionic_conductivity")
    assert m is not None
    assert m.value is None
    assert "below the resolution of the cell" in m.reason


def test_round_electrodes(tmp_path: Path) -> None:
    path = file(tmp_path, "a.csv", Cell(12.5))
    found = analyse(
        "eis", [path], {"thickness": "100 um", "diameter": "16 mm", "diameter_uncertainty": "0.1 mm"}
    )
    value, u = sigma(found)
    assert value == pytest.approx(1e-4 / (12.5 * math.pi * 0.008**2), rel=2e-3)
    assert u / value == pytest.approx(2 * 0.1 / 16, rel=0.05)


def test_repeats_give_mean_and_scatter(tmp_path: Path) -> None:
    values = [11.5, 12.0, 12.5, 13.0]
    paths = [file(tmp_path, f"{i}.csv", Cell(r), i, noise=0.0005) for i, r in enumerate(values)]
    found = analyse("eis", paths, SHEET)
    m = found.measurement("ionic_conductivity")
    assert m is not None
    each = np.array([1 / r for r in values])
    assert m.value == pytest.approx(each.mean(), rel=2e-3)
    assert m.evidence["standard_deviation_S_m"] == pytest.approx(each.std(ddof=1), rel=0.02)
    # Student's factor of three degrees of freedom for 68.27 % is 1.197.
    reading = 1.197 * each.std(ddof=1) / 2
    assert m.uncertainty == pytest.approx(math.hypot(reading, each.mean() * 0.01 * math.sqrt(2)), rel=0.03)
    assert next(c for c in m.checks if c.name == "repeats").status == "warn"
    assert len(m.evidence["spectra"]) == 4


def test_slope_over_thicknesses_takes_the_contacts_out(tmp_path: Path) -> None:
    thick = [50e-6, 100e-6, 150e-6, 200e-6]
    paths = [
        file(tmp_path, f"{i}.csv", Cell(t / (0.08 * 1e-4), 3e-7, lead_ohm=1.5), i)
        for i, t in enumerate(thick)
    ]
    said = {**SHEET, "thickness": tuple(thick)}
    found = analyse("eis", paths, said)
    m = found.measurement("ionic_conductivity")
    assert m is not None
    value, u = sigma(found)
    assert m.evidence["combined"] == "slope"
    assert abs(value - 0.08) < 3 * u
    assert value == pytest.approx(0.08, rel=0.02)
    assert m.evidence["contact_resistance_ohm"] == pytest.approx(1.5, abs=0.15)
    assert found.measurement("resistance") is None
    assert "thickness_slope" in [p.key for p in found.panels]
    # The mean, with contacts in it, is lower, and says nothing of them.
    mean = analyse("eis", paths, {**said, "combine": "mean"})
    assert sigma(mean)[0] < 0.075
    two = analyse("eis", paths[:2], {**said, "thickness": tuple(thick[:2])})
    assert any("--combine slope" in n for n in two.notes)
    two = analyse("eis", paths[:2], {**said, "thickness": tuple(thick[:2]), "combine": "slope"})
    assert abs(sigma(two)[0] - 0.08) < 3 * sigma(two)[1]
    with pytest.raises(InputError, match="--combine slope"):
        analyse("eis", paths[:1], {**SHEET, "combine": "slope"})


def test_line_with_errors_in_both() -> None:
    """Pearson's data with York's weights: the solution printed by York et al. (2004), table II."""
    x = np.array([0.0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4])
    y = np.array([5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5])
    wx = np.array([1000, 1000, 500, 800, 200, 80, 60, 20, 1.8, 1.0])
    wy = np.array([1.0, 1.8, 4, 8, 20, 20, 70, 70, 100, 500])
    a, b, ua, ub, chi = line_with_errors(x, y, wx**-0.5, wy**-0.5)
    # As many digits as are printed.
    assert a == pytest.approx(5.47991022, abs=1e-7)
    assert b == pytest.approx(-0.480533407, abs=1e-8)
    assert ua == pytest.approx(0.29497, abs=1e-4)
    assert ub == pytest.approx(0.05798, abs=1e-4)
    assert chi == pytest.approx(11.86635 / 8, rel=1e-5)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"area": "1 cm2"}, "--thickness"),
        ({"thickness": "100 um"}, "--area"),
        ({"thickness": ("100 um", "90 um"), "area": "1 cm2"}, "2 values for 1 files"),
        ({**SHEET, "diameter": "1 cm"}, "--diameter"),
        ({**SHEET, "cell_resistance": "-1 ohm"}, "--cell-resistance"),
        ({**SHEET, "cell_resistance": "1 ohm", "short_circuit": "x.csv"}, "--short-circuit"),
        ({**SHEET, "standard_electrolyte": True}, "--temperature"),
        ({**SHEET, "standard_electrolyte": True, "electrolyte": "4 mS/cm"}, "--standard-electrolyte"),
        ({**SHEET, "spike_lowest": "1 kHz", "spike_highest": "10 Hz"}, "--spike-lowest"),
        ({**SHEET, "electrolyte": "0.4"}, "unit"),
        ({**SHEET, "circuit": "r-c"}, "did you mean"),
    ],
)
def test_what_is_missing_or_contradicts_is_asked_for(
    tmp_path: Path, said: dict[str, Any], words: str
) -> None:
    path = file(tmp_path, "a.csv", Cell(12.5))
    with pytest.raises(InputError, match=words):
        analyse("eis", [path], said)


def test_resistance_only(tmp_path: Path) -> None:
    found = analyse("eis", [file(tmp_path, "a.csv", Cell(12.5))], {"resistance_only": True})
    assert [m.name for m in found.measurements] == ["resistance"]


def test_a_membrane_better_than_its_electrolyte_fails(tmp_path: Path) -> None:
    found = analyse("eis", [file(tmp_path, "a.csv", Cell(12.5))], {**SHEET, "electrolyte": "0.5 mS/cm"})
    number = found.measurement("macmullin_number")
    assert number is not None
    assert number.checks[0].status == "fail"


def test_the_analysis_is_plain_data_and_the_same_every_time(tmp_path: Path) -> None:
    paths = [file(tmp_path, f"{i}.csv", Cell(12.5, 3e-7), i) for i in range(3)]
    one = analyse("eis", paths, {**SHEET, "accuracy": "0.5 %"})
    text = json.dumps(one.to_dict(), allow_nan=False)
    assert text == json.dumps(
        analyse("eis", paths, {**SHEET, "accuracy": "0.5 %"}).to_dict(), allow_nan=False
    )
    back = Analysis.from_dict(json.loads(text))
    assert back.measurements[1].name == "ionic_conductivity"
    for m in one.measurements:
        assert len(json.dumps(m.to_dict())) < 50_000
    assert [p.key for p in one.panels] == [
        "nyquist",
        "nyquist_intercept",
        "bode_modulus",
        "bode_phase",
        "kramers_kronig",
        "circuit_residuals",
    ]
    assert one.panels[0].equal
    assert one.sources[0].understood["imaginary part"].endswith("its sign was turned")
    assert len(one.sources[0].digest) == 64


def test_a_fail_is_a_result_not_an_exception(tmp_path: Path) -> None:
    path = file(tmp_path, "a.csv", Cell(12.5), highest_Hz=30.0, lowest_Hz=0.01, noise=0.05)
    found = analyse("eis", [path], SHEET)
    m = found.measurement("ionic_conductivity")
    assert m is not None
    assert any(c.status == "fail" for c in m.checks)


@pytest.mark.parametrize(
    "name", sorted(p.name for p in (Path(__file__).resolve().parents[2] / "data/lab/eis").iterdir())
)
def test_real_files_go_through(name: str) -> None:
    path = Path(__file__).resolve().parents[2] / "data" / "lab" / "eis" / name
    from percola.lab.reading import ReadOptions

    units = {"real": "ohm", "imaginary": "ohm"} if name == "powersuite.txt" else {}
    found = analyse("eis", [path], {**SHEET, "arc": "interface"}, ReadOptions(units=units))
    m = found.measurement("resistance")
    assert m is not None
    assert m.value is not None or m.reason
    assert len(found.panels) == 6


def test_a_real_dummy_cell_is_described_within_its_noise() -> None:
    """A dummy cell of resistors and a capacitor: the circuit leaves a twentieth of a percent, and the test passes."""
    path = Path(__file__).resolve().parents[2] / "data" / "lab" / "eis" / "dummy_cell.z"
    found = analyse("eis", [path], {"resistance_only": True, "arc": "interface"})
    m = found.measurement("resistance")
    assert m is not None
    statuses = {c.name: c.status for c in m.checks}
    assert statuses["Kramers-Kronig"] == "pass"
    assert statuses["circuit"] == "pass"
    # The crossing is read from the points next to the axis without any circuit.
    ways = m.evidence["spectra"][0]["ways"]
    assert ways["crossing"]["resistance_ohm"] == pytest.approx(float(m.value), rel=2e-3)  # type: ignore[arg-type]


def test_the_table_of_ways_speaks_in_words(tmp_path: Path) -> None:
    found = analyse("eis", [file(tmp_path, "a.csv", Cell(12.5, 3e-7))], SHEET)
    rows = next(t for t in found.tables if t.key == "ways").rows
    text = " ".join(str(c) for r in rows for c in r)
    assert "_Hz" not in text
    assert "angle_deg" not in text
    assert "degrees to the real axis" in text
    assert sum("(counts)" in str(r) for r in rows) == 1
    thick = analyse("eis", [file(tmp_path, "a.csv", Cell(12.5, 3e-7))], {**SHEET, "thickness": "10 mm"})
    assert any(c.name == "thickness" and c.status == "warn" for c in thick.checks)


def test_no_way_counts_where_the_result_is_undefined(tmp_path: Path) -> None:
    # A semicircle that could be of the membrane or of the electrodes: nothing is taken.
    undecided = Cell(300.0, lead_ohm=4.0, bulk_F=1e-8, spike_Q=2e-5)
    found = analyse("eis", [file(tmp_path, "c.csv", undecided)], {"resistance_only": True})
    m = found.measurement("resistance")
    assert m is not None
    assert m.value is None
    assert "--arc" in m.reason
    assert "(counts)" not in str(next(t for t in found.tables if t.key == "ways").rows)


def test_each_way_is_told_in_words() -> None:
    from percola.lab.eis.intercept import Intercept
    from percola.lab.eis.method import how_read

    line = Intercept(
        "extrapolation", 1.0,
        detail={"points": 5, "lowest_Hz": 0.3189, "highest_Hz": 10.0, "range": "straight", "angle_deg": 47.24,
                "reduced_chi_square": 1.0},
    )  # fmt: skip
    assert how_read(line).startswith("line through 5 points from 0.3189 to 10 Hz (straight), 47.2 degrees")
    assert (
        how_read(Intercept("crossing", 1.0, detail={"frequency_Hz": 1e3, "sign_changes": 1})) == "at 1000 Hz"
    )
