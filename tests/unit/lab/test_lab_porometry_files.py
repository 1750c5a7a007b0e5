"""Porometer files as they lie on a disk, and the commands on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from percola.errors import InputError
from percola.lab import analyse
from percola.lab.porometry.synthetic import Instrument, Membrane, both, write_csv

DATA = Path(__file__).resolve().parents[2] / "data" / "lab" / "porometry"
#: File, settings, (median, spread, largest) of the capillaries that it was made from, liquid's tension in N/m.
FILES = [
    ("capwin_like.txt", {}, 0.8e-6, 15.9e-3),
    ("porolux_like.csv", {}, 0.5e-6, 16.0e-3),
    ("japanese_cp932.csv", {"liquid": "ethanol"}, 0.85e-6, 21.97e-3),
    ("two_sheets.xlsx", {"liquid": "2-propanol"}, 0.85e-6, 20.851e-3),
    ("two_rises.tsv", {"liquid": "ethanol"}, 1.0e-6, 21.97e-3),
]


@pytest.mark.parametrize(("name", "given", "largest", "tension"), FILES, ids=[f[0] for f in FILES])
def test_file(name: str, given: dict[str, str], largest: float, tension: float) -> None:
    found = analyse("porometry", [DATA / name], given)
    m = found.measurement("maximum_pore_size")
    assert m is not None
    assert isinstance(m.value, float)
    assert m.uncertainty is not None
    assert m.evidence["surface_tension_N_m"] == pytest.approx(tension, rel=1e-9)
    # The widest capillary by F316's 0.715; three standard deviations.
    assert abs(m.value - 0.715 * largest) < 3 * m.uncertainty
    ratio = found.measurement("pore_size_ratio")
    assert ratio is not None
    assert isinstance(ratio.value, float)
    assert 1.4 < ratio.value < 1.8
    assert found.sources[0].digest
    assert found.settings["definition"] == "first-flow"


def test_ramp_and_readings() -> None:
    ramp = analyse("bubble-point", [DATA / "bubble_point_ramp.csv"]).measurement("maximum_pore_size")
    assert ramp is not None
    assert isinstance(ramp.value, float)
    assert ramp.uncertainty is not None
    assert abs(ramp.value - 0.715e-6) < 3 * ramp.uncertainty
    assert ramp.evidence["temperature_K"] == pytest.approx(296.15)
    read = analyse("bubble-point", [DATA / "bubble_point_readings.csv"], {"liquid": "ethanol"})
    p = read.measurement("bubble_point_pressure")
    assert p is not None
    assert p.value == pytest.approx(0.90 * 98066.5, rel=1e-9)


def test_written_file_is_read_again(tmp_path: Path) -> None:
    runs = both(Membrane(), [2e3 * i for i in range(1, 131)], Instrument(flow_noise=0.003), 1)  # type: ignore[arg-type]
    point = write_csv(tmp_path / "point.csv", runs)
    comma = write_csv(tmp_path / "comma.csv", runs, decimal=",", separator=";", encoding="utf-16")
    a, b = (
        analyse("porometry", [f], {"liquid": "ethanol"}).measurement("average_pore_size")
        for f in (point, comma)
    )
    assert a is not None
    assert b is not None
    assert a.value == b.value


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "words.csv").write_text("a,b\nx,y\n", encoding="utf-8")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    (tmp_path / "other.csv").write_text("time (s),temperature (degC)\n1,20\n2,21\n3,22\n", encoding="utf-8")
    for name in ("words.csv", "empty.csv", "other.csv", "missing.csv"):
        for method in ("porometry", "bubble-point"):
            with pytest.raises(InputError):
                analyse(method, [tmp_path / name], {"liquid": "ethanol"})
