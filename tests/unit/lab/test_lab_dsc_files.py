"""Files of calorimeters: five formats of programs, tables, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from percola.errors import InputError
from percola.lab import analyse
from percola.lab.dsc.files import exo_in, heat_flow_si, mass_in, read_recordings, temperature_unit
from percola.lab.dsc.synthetic import Instrument, melting_run, write_csv, write_netzsch
from percola.lab.reading import ReadOptions

DATA = Path(__file__).resolve().parents[2] / "data" / "lab" / "dsc"


def one(name: str):
    records = read_recordings(DATA / name, ReadOptions())
    assert len(records) == 1
    return records[0]


@pytest.mark.parametrize(
    ("name", "exo", "mass_mg", "specific"),
    [
        ("netzsch_polymer.txt", "down", 9.87, True),
        ("trios_mixture.txt", "up", 10.2, True),
        ("stare_mixture.txt", "up", 8.5, False),
        ("hitachi_mixture.csv", "up", 10.2, False),
        ("ta_universal_eicosane.txt", "up", 9.0, False),
        ("pyris_electrolyte.txt", None, 7.244, False),
    ],
)
def test_header_and_columns(name, exo, mass_mg, specific):
    r = one(name)
    assert r.exo == exo
    assert r.mass_kg == pytest.approx(mass_mg * 1e-6)
    assert r.specific is specific
    assert r.time_s is not None
    assert np.all(np.diff(r.time_s) >= 0)
    assert r.time_s[0] == 0
    assert 200 < r.temperature_K.min() < r.temperature_K.max() < 550


def test_one_measurement_in_three_formats_gives_one_result():
    """TRIOS (W/g), STARe (mW, decimal comma), a Japanese table (mW, code page 932): the same synthetic run."""
    values = [
        analyse("dsc", [DATA / name]).measurement("melting_temperature")
        for name in ("trios_mixture.txt", "stare_mixture.txt", "hitachi_mixture.csv")
    ]
    peaks = [v.value for v in values if v is not None]
    # Digits of the files: 0.001 degC, 1e-5 W/g.
    assert peaks == pytest.approx([peaks[0]] * 3, abs=0.01)
    assert peaks[0] == pytest.approx(420.239, abs=3 * 0.2)  # truth of the run; noise of the fixture 0.15 K


def test_real_eicosane_melts_and_freezes_with_the_same_heat():
    found = analyse("dsc", [DATA / "ta_universal_eicosane.txt"])
    melt = found.measurement("melting_enthalpy")
    freeze = found.measurement("crystallization_enthalpy")
    assert melt is not None
    assert freeze is not None
    assert isinstance(melt.value, float)
    # What melts freezes again: the sum over the two freezing peaks, to 1 % (baselines).
    assert freeze.evidence["all_peaks_J_kg"] == pytest.approx(melt.value, rel=0.01)
    temperature = found.measurement("melting_onset_temperature")
    # n-Eicosane melts at 309.6 K (CRC handbook); the file was calibrated at one point 120 K away: 2 K.
    assert temperature is not None
    assert temperature.value == pytest.approx(309.6, abs=2.0)


def test_real_pyris_file_asks_for_the_direction_and_is_no_peak():
    with pytest.raises(InputError, match="--exo"):
        analyse("dsc", [DATA / "pyris_electrolyte.txt"])
    found = analyse("dsc", [DATA / "pyris_electrolyte.txt"], {"exo": "down"})
    checks = {c.name: c.status for c in found.measurements[0].checks}
    assert checks["choice of baseline"] == "fail"


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("^exo", "up"),
        ("Exotherm\tUp", "up"),
        ("exo up", "up"),
        ("Exo Down", "down"),
        ("Exotherm Direction,Down", "down"),
        ("endo up", "down"),
        ("Heat Flow Endo Up (mW)", "down"),
        ("DSC, endotherm nach unten", "up"),
        ("\N{DOWNWARDS ARROW} exo", "down"),
        ("発熱 上", "up"),
        ("nothing about it", None),
        ("exo up, exo down", None),
        ("exotic update", None),
    ],
)
def test_words_for_the_direction(text, direction):
    assert exo_in(text)[0] == direction


@pytest.mark.parametrize(
    ("text", "mass_mg"),
    [
        ("SAMPLE MASS /mg:4.98", 4.98),
        ("Size\t9.00000\tmg", 9.0),
        ("Sample Weight:\t7.244 mg", 7.244),
        ("Probenmasse (mg): 5,25", 5.25),
        ("試料重量,10.20 mg", 10.2),
        ("Sample mass: 0.0102 g", 10.2),
        ("Sample mass: 10.2", None),
        ("Reference mass: 10.2 mg", None),
        ("SAMPLE CRUCIBLE MASS /mg:38.2", None),
    ],
)
def test_words_for_the_mass(text, mass_mg):
    found = mass_in(text)
    assert found == (None if mass_mg is None else pytest.approx(mass_mg * 1e-6))


def test_units():
    for unit in ("°C", "\ufffdC", "?C", "C", "degC", "øC", "\N{DEGREE CELSIUS}"):
        assert temperature_unit(unit) == "degC" or unit == "\N{DEGREE CELSIUS}"
    assert temperature_unit("K") == "K"
    assert temperature_unit("") == ""
    values, specific = heat_flow_si(np.array([1.0]), "mW/mg", "f", "DSC")
    assert specific
    assert values[0] == pytest.approx(1000.0)
    values, specific = heat_flow_si(np.array([1.0]), "W g^-1", "f", "DSC")
    assert specific
    assert values[0] == pytest.approx(1000.0)
    values, specific = heat_flow_si(np.array([1.0]), "µW", "f", "DSC")
    assert not specific
    assert values[0] == pytest.approx(1e-6)
    for unit in ("uV", "µV/mg", "mV"):
        with pytest.raises(InputError, match="not calibrated"):
            heat_flow_si(np.array([1.0]), unit, "f", "DSC")
    with pytest.raises(InputError, match="--unit heat_flow"):
        heat_flow_si(np.array([1.0]), "", "f", "DSC")


def test_mangled_degree_sign_and_code_pages(tmp_path):
    run = melting_run(444.0, instrument=Instrument(interval_s=4.0))
    path = write_netzsch(run, tmp_path / "a.txt")
    raw = path.read_bytes()
    first = read_recordings(path, ReadOptions())[0]
    for name, changed in (
        ("mangled", raw.replace(b"\xb0", b"?")),
        ("utf8", raw.decode("cp1252").encode("utf-8-sig")),
        ("utf16", raw.decode("cp1252").encode("utf-16")),
        (
            "point",
            raw.decode("cp1252").replace("DECIMAL:COMMA", "DECIMAL:POINT").replace(",", ".").encode("cp1252"),
        ),
    ):
        other = tmp_path / f"{name}.txt"
        other.write_bytes(changed)
        again = read_recordings(other, ReadOptions())[0]
        assert np.array_equal(again.temperature_K, first.temperature_K), name
        assert np.array_equal(again.heat_flow, first.heat_flow), name


def test_the_sign_of_the_file_does_not_matter(tmp_path):
    run = melting_run(444.0, instrument=Instrument(interval_s=4.0))
    up = analyse("dsc", [write_netzsch(run, tmp_path / "up.txt", exo_up=True)]).measurements[0]
    down = analyse("dsc", [write_netzsch(run, tmp_path / "down.txt", exo_up=False)]).measurements[0]
    assert up.value == pytest.approx(down.value, abs=1e-9)


def test_refusals(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        analyse("dsc", [tmp_path / "none.txt"])
    run = melting_run(444.0, instrument=Instrument(interval_s=4.0))
    plain = write_csv(run, tmp_path / "plain.csv")
    with pytest.raises(InputError, match="--exo"):
        analyse("dsc", [plain])
    assert analyse("dsc", [plain], {"exo": "up"}).measurement("melting_temperature") is not None
    text = plain.read_text(encoding="utf-8").replace("(W/g)", "(mW)")
    (tmp_path / "mw.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="--mass"):
        analyse("dsc", [tmp_path / "mw.csv"], {"exo": "up"})
    (tmp_path / "uv.csv").write_text(text.replace("(mW)", "(uV)"), encoding="utf-8")
    with pytest.raises(InputError, match=r"calibrated|unit"):
        analyse("dsc", [tmp_path / "uv.csv"], {"exo": "up"})
    lines = text.splitlines()
    (tmp_path / "back.csv").write_text("\n".join([lines[0], *lines[200:], *lines[1:200]]), encoding="utf-8")
    with pytest.raises(InputError, match="goes back"):
        analyse("dsc", [tmp_path / "back.csv"], {"exo": "up", "mass": "10 mg"})
    short = write_netzsch(run, tmp_path / "short.txt")
    short.write_bytes(b"\r\n".join(short.read_bytes().split(b"\r\n")[:20]))
    with pytest.raises(InputError, match="rows"):
        analyse("dsc", [short])
    broken = tmp_path / "broken.txt"
    broken.write_bytes(
        write_netzsch(run, tmp_path / "b.txt").read_bytes().replace(b"DECIMAL:COMMA", b"DECIMAL:POINT")
    )
    with pytest.raises(InputError, match="not numbers"):
        analyse("dsc", [broken])


def test_damaged_files_are_read_or_refused_in_words(tmp_path):
    """Bytes changed, lines lost, swapped and cut: a result or an `InputError`, never another exception.

    Three thousand of these were run by hand; here as many as stay quick.
    """
    rng = np.random.default_rng(7)
    sources = {p.name: p.read_bytes() for p in sorted(DATA.iterdir())}
    names = sorted(sources)
    for k in range(80):
        name = names[k % len(names)]
        raw = bytearray(sources[name])
        kind = k % 4
        if kind == 0:
            for _ in range(10):
                raw[int(rng.integers(len(raw)))] = int(rng.integers(256))
        elif kind == 1:
            raw = raw[: int(rng.integers(1, len(raw)))]
        else:
            lines = bytes(raw).split(b"\n")
            i, j = (int(v) for v in rng.integers(len(lines), size=2))
            if kind == 2:
                del lines[i : i + 60]
            else:
                lines[i], lines[j] = lines[j], lines[i]
            raw = bytearray(b"\n".join(lines))
        path = tmp_path / name
        path.write_bytes(bytes(raw))
        try:
            found = analyse("dsc", [path], {"exo": "up", "mass": "10 mg"})
        except InputError:
            continue
        for m in found.measurements:
            assert m.value is None or np.isfinite(m.value)
