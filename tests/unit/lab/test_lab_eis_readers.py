"""Readers: real files of instruments, decimal commas, signs found out, refusals that say what to do."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest

from percola.errors import InputError
from percola.lab.eis.readers import from_table, read_spectra
from percola.lab.eis.spectrum import tidy
from percola.lab.eis.synthetic import Analyser, Cell, write_csv, write_gamry, write_mpt
from percola.lab.reading import ReadOptions
from percola.lab.table import Column, Table

DATA = Path(__file__).resolve().parents[2] / "data" / "lab" / "eis"


def at(path: str, frequency: float, **more: object) -> complex:
    (spectrum,) = read_spectra(DATA / path, **more)  # type: ignore[arg-type]
    i = int(np.argmin(np.abs(spectrum.frequency_Hz - frequency)))
    assert spectrum.frequency_Hz[i] == pytest.approx(frequency, rel=1e-6)
    assert np.all(np.diff(spectrum.frequency_Hz) < 0)
    return complex(spectrum.impedance_ohm[i])


@pytest.mark.parametrize(
    ("file", "points", "frequency", "z"),
    [
        # First rows (the last, of PowerSuite) as they stand in the files.
        ("gamry.DTA", 72, 200015.6, 825.8584 - 1367.239j),
        ("zplot.z", 0, 3e5, 147.77 - 11.335j),
        ("zplot_quoted.z", 0, 3e5, 642.62 - 85.821j),
        ("autolab.txt", 41, 10000.0, 0.013785863964281 + 0.007191946305823j),
        ("biologic.mpt", 0, 1000.3201, 65.470886 - 0.38998979j),
        ("chi.txt", 0, 99610.0, 98.91 - 2.748j),
        ("versastudio.par", 0, 100000.0, 55.31571 + 4.575431j),
    ],
)
def test_real_files(file: str, points: int, frequency: float, z: complex) -> None:
    got = at(file, frequency)
    assert got == pytest.approx(z, rel=1e-6)
    if points:
        (spectrum,) = read_spectra(DATA / file)
        assert len(spectrum.frequency_Hz) == points


def test_a_file_without_units_is_asked_for_them() -> None:
    with pytest.raises(InputError, match="--unit real=ohm"):
        read_spectra(DATA / "powersuite.txt")
    z = at("powersuite.txt", 2e6, read=ReadOptions(units={"real": "ohm", "imaginary": "ohm"}))
    assert z == pytest.approx(-470.54113 - 1397.7358j, rel=1e-6)


@pytest.mark.parametrize("file", ["gamry_comma.DTA", "biologic_comma.mpt", "nova_semicolon.csv"])
def test_decimal_commas_are_read_as_such(file: str) -> None:
    f, z = Analyser(noise=0.002, highest_Hz=2e5, per_decade=8).measure(Cell(15.0, 4e-7), 11)
    (spectrum,) = read_spectra(DATA / file)
    # Eight digits were written.
    assert spectrum.frequency_Hz == pytest.approx(f, rel=1e-7)
    assert spectrum.impedance_ohm.real == pytest.approx(z.real, rel=1e-7)
    assert spectrum.impedance_ohm.imag == pytest.approx(z.imag, rel=1e-7)
    assert "comma" in " ".join(spectrum.understood.values())


@pytest.mark.parametrize("decimal", [".", ","])
def test_every_format_gives_the_same_spectrum(tmp_path: Path, decimal: str) -> None:
    f, z = Analyser(noise=0.002).measure(Cell(12.0, 3e-7), 5)
    for path in (
        write_gamry(tmp_path / "a.DTA", f, z, decimal),
        write_mpt(tmp_path / "a.mpt", f, z, decimal),
    ):
        (spectrum,) = read_spectra(path)
        assert spectrum.impedance_ohm == pytest.approx(z, rel=1e-7)
    (spectrum,) = read_spectra(write_csv(tmp_path / "a.csv", f, z))
    assert spectrum.impedance_ohm == pytest.approx(z, rel=1e-7)


def table(columns: dict[str, tuple[str, np.ndarray]], **more: object) -> Table:
    return Table("t.csv", "", tuple(Column(h, u, v) for h, (u, v) in columns.items()), **more)  # type: ignore[arg-type]


F, Z = Analyser(noise=0.002).measure(Cell(12.0, 3e-7), 6)


def test_the_sign_is_found_out_and_said() -> None:
    for sign in (1, -1):
        (got,) = from_table(table({"f": ("Hz", F), "Z'": ("ohm", Z.real), "Z''": ("ohm", sign * Z.imag)}))
        assert got.impedance_ohm == pytest.approx(Z)
        assert "found from the Kramers-Kronig relations" in got.understood["imaginary part"]
    (got,) = from_table(table({"f": ("Hz", F), "Z'": ("ohm", Z.real), "-Z''": ("ohm", -Z.imag)}))
    assert got.impedance_ohm == pytest.approx(Z)
    with pytest.raises(InputError, match="--imaginary"):
        from_table(table({"f": ("Hz", F), "Z'": ("ohm", Z.real), "-Z''": ("ohm", Z.imag)}))
    (got,) = from_table(table({"f": ("Hz", F), "Z'": ("ohm", Z.real), "-Z''": ("ohm", Z.imag)}), "im")
    assert got.impedance_ohm == pytest.approx(Z)


def test_modulus_and_phase() -> None:
    angle = np.degrees(np.angle(Z))
    for header, values, unit in (
        ("Phase", angle, "deg"),
        ("-Phase", -angle, "°"),
        ("Phase", np.radians(angle), "rad"),
        # Down to -80: no radians.
        ("Phase", angle, ""),
    ):
        (got,) = from_table(
            table({"Frequency": ("kHz", F / 1e3), "|Z|": ("kohm", np.abs(Z) / 1e3), header: (unit, values)})
        )
        assert got.impedance_ohm == pytest.approx(Z, rel=1e-9)
        assert got.frequency_Hz == pytest.approx(F, rel=1e-12)
    flat = np.full(len(F), -0.5)
    with pytest.raises(InputError, match="unit"):
        from_table(table({"f": ("Hz", F), "|Z|": ("ohm", np.abs(Z)), "Phase": ("", flat)}))


def test_units_in_headers_and_several_candidates() -> None:
    (got,) = from_table(table({"Freq/Hz": ("", F), "Zre (ohms)": ("", Z.real), "Zim (ohms)": ("", Z.imag)}))
    assert got.impedance_ohm == pytest.approx(Z)
    columns = {"f": ("Hz", F), "Z'": ("ohm", Z.real), "Re(Z)": ("ohm", Z.real), "Z''": ("ohm", Z.imag)}
    with pytest.raises(InputError, match="--column real"):
        from_table(table(columns))
    (got,) = from_table(table(columns, columns_given={"real": "Re(Z)"}))
    assert got.impedance_ohm == pytest.approx(Z)
    with pytest.raises(InputError, match="imaginary part"):
        from_table(table({"f": ("Hz", F), "Z'": ("ohm", Z.real)}))


def test_order_repeats_and_mixed_signs_are_said() -> None:
    order = np.random.default_rng(0).permutation(len(F))
    twice = np.concatenate((order, order[:1]))
    got = tidy("t", "", F[twice], Z.real[twice], Z.imag[twice], imaginary_is="im")
    assert [c.name for c in got.checks] == ["order", "repeated frequencies"]
    assert np.all(np.diff(got.frequency_Hz) <= 0)
    mixed = Z.imag.copy()
    mixed[40] = -mixed[40]
    got = tidy("t", "", F, Z.real, mixed, imaginary_is="im")
    assert [c.status for c in got.checks if c.name == "mixed signs"] == ["fail"]
    minus = Z.real.copy()
    minus[3] = -1.0
    assert tidy("t", "", F, minus, Z.imag, imaginary_is="im").checks[0].name == "negative real part"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f, z: (f[:3], z[:3]), "3 points"),
        (lambda f, z: (np.where(f == f[4], np.nan, f), z), "without a number"),
        (lambda f, z: (-f, z), "frequencies above 0"),
        (lambda f, z: (f, z * 1e30), "beyond any instrument"),
        (lambda f, z: (f, np.where(f == f[4], 0, z)), "impedance 0"),
        (lambda f, z: (1000 + f * 1e-6, z), "half a decade"),
    ],
)
def test_bad_numbers_are_refused(change: object, words: str) -> None:
    f, z = change(F, Z)  # type: ignore[operator]
    with pytest.raises(InputError, match=words):
        tidy("t", "", f, z.real, z.imag, imaginary_is="im")


def test_an_undecidable_sign_is_asked_for() -> None:
    with pytest.raises(InputError, match="--imaginary"):
        from_table(
            table({"f": ("Hz", F), "Z'": ("ohm", np.full(len(F), 5.0)), "Z''": ("ohm", 1e-3 * np.cos(F))})
        )


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.mpr", b"BIO-LOGIC MODULAR FILE\x1a\x00\x00", "Export as Text"),
        ("a.DTA", b"EXPLAIN\nTAG\tCV\nCURVE\tTABLE\n\tPt\tT\n", "ZCURVE"),
        ("a.DTA", b"EXPLAIN\nZCURVE\tTABLE\n\tPt\tFreq\n\t#\tHz\n\t0\t1\n", "Zreal"),
        (
            "a.DTA",
            b"EXPLAIN\nZCURVE\tTABLE\n\tPt\tFreq\tZreal\tZimag\n\t#\tHz\tohm\tohm\n\t0\t1\t2\n",
            "cut off",
        ),
        (
            "a.DTA",
            b"EXPLAIN\nZCURVE\tTABLE\n\tPt\tFreq\tZreal\tZimag\n\t#\tHz\tohm\tohm\n\t0\t1.000,5\t2\t3\n",
            "decimal sign",
        ),
        ("a.mpt", b"EC-Lab ASCII FILE\nNb header lines : 900\n", "header lines"),
        ("a.mpt", b"EC-Lab ASCII FILE\nNb header lines : 3\ntime/s\tEwe/V\n1\t2\n", "freq/Hz"),
        ("a.z", b"ZPLOT2 ASCII\n  Date: 1\n", "End Comments"),
        ("a.z", b"ZPLOT2 ASCII\nEnd Comments\n1,0\t2\n", "2 columns"),
        (
            "a.par",
            b"<Application>\n</Application>\n<Segment1>\nDefinition=E(V), I(A)\n1,2\n</Segment1>\n",
            "no impedance",
        ),
        ("a.csv", b"", "empty"),
    ],
)
def test_files_that_cannot_be_used_say_why(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_spectra(path)


def test_no_such_file() -> None:
    with pytest.raises(InputError, match="no such file"):
        read_spectra(Path("nowhere.DTA"))


def test_cycles_of_an_mpt_are_spectra(tmp_path: Path) -> None:
    path = write_mpt(tmp_path / "a.mpt", F, Z)
    lines = path.read_text(encoding="latin-1").splitlines()
    again = [line.rsplit("\t", 1)[0] + "\t2.0" for line in lines[8:]]
    path.write_text("\n".join(lines + again) + "\n", encoding="latin-1")
    assert [s.title for s in read_spectra(path)] == ["cycle 1", "cycle 2"]


def test_points_may_be_left_out() -> None:
    (whole,) = read_spectra(DATA / "gamry_comma.DTA")
    part = whole.between(10.0, 2e5, [2e5])
    assert part.frequency_Hz.max() < 1.6e5
    assert part.frequency_Hz.min() >= 9.99
    assert "left out" in part.understood["points used"]
    with pytest.raises(InputError, match="no point at"):
        whole.between(None, None, [3.3e7])
    with pytest.raises(InputError, match="points are left"):
        whole.between(1e5, 1.2e5)


def test_parts_that_do_not_make_the_modulus_are_refused(tmp_path: Path) -> None:
    path = write_gamry(tmp_path / "a.DTA", F, Z)
    lines = path.read_text(encoding="latin-1").splitlines()
    cells = lines[12].split("\t")
    cells[4] = cells[4].replace(".", "", 1)
    lines[12] = "\t".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="latin-1")
    with pytest.raises(InputError, match=r"line 13: .*its parts give"):
        read_spectra(path)


@pytest.mark.parametrize("seed", range(60))
def test_damaged_files_never_end_in_a_traceback(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    file = sorted(DATA.iterdir())[seed % len(sorted(DATA.iterdir()))]
    raw = bytearray(file.read_bytes())
    for _ in range(int(rng.integers(1, 12))):
        kind, i = int(rng.integers(0, 4)), int(rng.integers(0, len(raw)))
        if kind == 0:
            raw[i] = int(rng.integers(0, 256))
        elif kind == 1:
            del raw[i : i + int(rng.integers(1, 40))]
        elif kind == 2:
            raw[i:i] = rng.choice([b",", b".", b"\t", b"\n", b";", b"nan", b"-"])
        else:
            raw = raw[: max(i, 10)]
    path = tmp_path / file.name
    path.write_bytes(bytes(raw))
    with contextlib.suppress(InputError):
        for spectrum in read_spectra(path):
            assert np.all(np.isfinite(spectrum.impedance_ohm))
            assert np.all(spectrum.frequency_Hz > 0)
