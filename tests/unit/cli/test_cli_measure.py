"""The verb `measure`: what people type, what is printed, and that every refusal is one clear message."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import percola.report.scan
from percola.cli import main
from percola.cli.faults import explain
from percola.cli.measure import as_options, lengths_m, settings_of
from percola.errors import InputError
from percola.measure import phantoms

FIELD = phantoms.gaussian_field(20, wavelength_voxels=9, porosity=0.6, seed=4)
GREY = (60 + 120 * (FIELD.level > 0) + np.random.default_rng(0).integers(0, 40, FIELD.level.shape)).astype(
    np.uint8
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a grey stack that says its voxel size, one that does not, a mask and an image; a line for the page."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    zyx = np.ascontiguousarray(GREY.transpose(2, 1, 0))
    scale = {"axes": "ZYX", "spacing": 0.02, "unit": "um"}
    tifffile.imwrite("scan.tif", zyx, imagej=True, resolution=(50, 50), metadata=scale)
    tifffile.imwrite("bare.tif", zyx, photometric="minisblack")
    np.save("mask.npy", FIELD.void)
    np.save("image.npy", GREY[:, :, 0])
    np.savez("two.npz", a=GREY, b=FIELD.void)

    def page(directory: Path) -> Path:
        (directory / "report.html").write_text("page", encoding="utf-8")
        return directory / "report.html"

    monkeypatch.setattr(percola.report.scan, "build_scan", page)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["measure", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


# -- lengths and words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "edges_m"),
    [
        ("10nm", (1e-8,)),
        ("10 nm", (1e-8,)),
        ("0.02um", (2e-8,)),
        ("1e-8m", (1e-8,)),
        ("10nm,10nm,25nm", (1e-8, 1e-8, 2.5e-8)),
        ("10,10,25nm", (1e-8, 1e-8, 2.5e-8)),
        ("10nm x 10nm x 25nm", (1e-8, 1e-8, 2.5e-8)),
        ("10nmx10nmx25nm", (1e-8, 1e-8, 2.5e-8)),
        ("10 × 25 nm", (1e-8, 2.5e-8)),
    ],
)
def test_edges_as_people_write_them(text: str, edges_m: tuple[float, ...]) -> None:
    assert lengths_m(text, "--voxel") == pytest.approx(edges_m)
    assert lengths_m(None, "--voxel") is None


@pytest.mark.parametrize(
    "text",
    ["10", "10furlong", "10 pixel", "-5nm", "0nm", "nm", "", "nan nm", "inf nm", "1nm,2nm,3nm,4nm", "3 m"],
)
def test_edges_that_are_none(text: str) -> None:
    with pytest.raises(InputError) as caught:
        lengths_m(text, "--voxel")
    assert caught.value.where == "--voxel"
    assert "--voxel 10nm" in caught.value.remedy


def test_messages_speak_of_options() -> None:
    assert as_options("choose it with key=, e.g. key='a'") == "choose it with --key, e.g. --key a"
    assert as_options("name the axes, e.g. axes='cxyz' and channel=0") == (
        "name the axes, e.g. --axes cxyz and --channel 0"
    )
    assert as_options("say unit='nm' (or another), or give spacing_m=") == (
        "say --unit nm (or another), or give --voxel"
    )
    assert as_options("cubic='finest' (--cubic finest) resamples") == "--cubic finest resamples"
    assert as_options("Porosity = 0.6 of voids") == "Porosity = 0.6 of voids"


def test_settings_in_si() -> None:
    s = settings_of(
        {
            "voxel": "20nm",
            "wall": "60 um",
            "contact_angle": 30.0,
            "liquid": "water",
            "particles": "20,35nm",
            "only": ["porosity, chords", "openness"],
            "threshold": [118.0],
            "modulus": "1500 MPa",
            "cubic": "finest",
        }
    )
    assert s.spacing_m == pytest.approx((2e-8,))
    assert s.only == ("porosity", "chords", "openness")
    assert s.method == "threshold"  # a threshold given alone means that threshold
    assert s.thresholds == (118.0,)
    assert s.cubic_m == 0.0
    o = s.options
    assert o.wall is not None
    assert o.wall.thickness_m == pytest.approx(6e-5)
    assert o.particle_diameters_m == pytest.approx((2e-8, 3.5e-8))
    assert o.polymer_modulus_Pa == pytest.approx(1.5e9)
    assert o.liquid.contact_angle_rad == pytest.approx(math.radians(30))
    fibre = settings_of({"inside": "0.7mm", "outside": "1.2mm"}).options.wall
    assert fibre is not None
    assert fibre.thickness_m == pytest.approx(2.5e-4)
    # The table of the usual electrolyte ends at 80 degC: it is left out there, nothing else is.
    assert settings_of({"temperature": "100 degC"}).options.electrolyte_conductivity_S_m is None


# -- what is printed -----------------------------------------------------------------------------------


def test_json_is_one_object_of_finite_numbers_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    arguments = ("scan.tif", "--only", "openness,chords,conductivity", "--json")
    first = second = {}
    for opened in ("new", "finished"):
        code, out, err = run(capsys, *arguments)
        assert code == 0
        answer = json.loads(out, parse_constant=refuse)
        assert answer["opened"] == opened
        assert "reading scan.tif" in err
        first, second = second, answer
    assert first["measurements"] == second["measurements"]
    assert {m["name"] for m in second["measurements"]} >= {"porosity", "mean_void_chord", "tortuosity"}
    for m in second["measurements"]:
        assert m.get("value") is not None or m["reason"]
    assert Path(second["report"]).exists()
    assert json.loads((Path(second["run"]) / "manifest.json").read_text("utf-8"))["status"] == "finished"


def test_json_of_a_refusal_is_one_object_too(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "bare.tif", "--json")
    fault = json.loads(out)["error"]
    assert code == fault["exit_code"] == 2
    assert "--voxel" in fault["remedy"]
    assert fault["found"] in err


def test_json_of_info(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "scan.tif", "--info", "--json")
    facts = json.loads(out)
    assert code == 0
    assert facts["voxel_size_m"] == pytest.approx([2e-8] * 3)
    assert facts["estimate"]["memory_bytes"] > 0
    assert not Path("measured").exists()


def test_info_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "scan.tif", "--info")
    assert "20 nm (ImageJ" in out
    assert "GiB of memory" in out
    _, out, _ = run(capsys, "bare.tif", "--info", "--crop", "0:8,:,:")
    assert "not in the file: give it with --voxel" in out
    assert "8 x 20 x 20" in out


def test_what_was_asked_for_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "mask.npy", "--voxel", "10nm", "--void", "bright", "--only", "chords")
    assert code == 0
    for words in ("Mean chord of the voids", "Mean chord of the polymer", "µm", "report.html"):
        assert words in out
    assert "more measurements" not in out


def test_what_is_undefined_for_one_reason_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "image.npy", "--voxel", "10nm")
    assert code == 0
    (line,) = (row for row in out.splitlines() if "an image holds no third dimension" in row)
    assert "Average pore size" in line
    assert "SEM average pore size" in out
    _, out, _ = run(
        capsys, "mask.npy", "--voxel", "10nm,10nm,20nm", "--void", "1", "--only", "shape,porosity"
    )
    assert out.count("needs cubic voxels") == 1
    assert "--cubic" in out


def test_notes_name_options(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "scan.tif", "--only", "porosity", "--no-influence")
    assert "say --void bright" in out


# -- refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("bare.tif", "how large a voxel is"),
        ("bare.tif --voxel 10", "without a unit"),
        ("bare.tif --voxel 10furlong", "2012 m"),
        ("bare.tif --voxel=-5nm", "positive"),
        ("bare.tif --voxel 1nm,2nm", "one for each of the 3 axes"),
        ("scan.tif --unit nm", "--unit"),
        ("scan.tif --only porositty", "did you mean porosity"),
        ("scan.tif --only ,", "leave it out"),
        ("scan.tif --segment magic", "--segment"),
        ("scan.tif --segment threshold", "--threshold"),
        ("scan.tif --threshold 999", "--threshold: 999"),
        ("scan.tif --threshold 90 --threshold 120", "--segment"),
        ("scan.tif --denoise magic", "--denoise"),
        ("scan.tif --void purple", "--void"),
        ("scan.tif --crop a:b", "--crop"),
        ("scan.tif --crop 0:99,:,:", "--crop, x"),
        ("scan.tif --crop 0:3,:,:", "at least 4"),
        ("scan.tif --axis q", "--axis"),
        ("scan.tif --sides open", "--sides"),
        ("scan.tif --cubic 0.5nm", "--cubic"),
        ("scan.tif --cubic yes", "--cubic"),
        ("scan.tif --clean -3", "--clean"),
        ("scan.tif --seed -1", "--seed"),
        ("scan.tif --liquid beer", "--liquid"),
        ("scan.tif --contact-angle 120", "--contact-angle"),
        ("scan.tif --temperature 25", "without a unit"),
        ("scan.tif --wall 0um", "--wall"),
        ("scan.tif --inside 0.7mm", "--outside"),
        ("scan.tif --inside 0.7mm --outside 0.5mm", "exchange"),
        ("scan.tif --electrolyte=-1S/m", "--electrolyte"),
        ("scan.tif --modulus 0MPa", "--modulus"),
        ("scan.tif --poisson 0.7", "--poisson"),
        ("scan.tif --particles=-20nm", "--particles"),
        ("scan.tif --key nope", "--key"),
        ("scan.tif --channel 7", "--channel"),
        ("scan.tif --sidecar nix.json", "nix.json"),
        ("two.npz --voxel 1nm", "--key a"),
        ("mask.npy --voxel 1nm", "--void"),
        ("image.npy --voxel 1nm --axis z", "--axis"),
        ("missing.tif", "does not exist"),
        ("https://example.org/a.tif", "net"),
        ("scan.tif --out scan.tif", "is a file"),
        ("scan.tif --nothing", "--nothing"),
    ],
)
def test_a_refusal_is_one_message_with_a_way_out(
    capsys: pytest.CaptureFixture[str], arguments: str, words: str
) -> None:
    code, out, err = run(capsys, *arguments.split())
    assert code == 2
    assert out == ""
    assert words in err
    assert "Traceback" not in err
    assert "fault in Percola" not in err
    assert err.count("percola: ") == 1
    assert "allowed:" in err or "what to do:" in err
    for python in ("spacing_m", "key=", "axes=", "(in Python"):
        assert python not in err
    assert not list(Path().glob("measured/*"))


def test_a_stopped_measurement_says_how_to_go_on() -> None:
    fault = explain(KeyboardInterrupt(), ["measure", "scan.tif", "--voxel", "10nm", "--fresh"])
    assert "percola measure scan.tif --voxel 10nm" in fault.remedy
    assert "--fresh" not in fault.remedy
    assert fault.exit_code == 130


# -- the page again ------------------------------------------------------------------------------------


def test_report_rebuilds_the_page_of_a_scan(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = run(capsys, "mask.npy", "--voxel", "10nm", "--void", "1", "--only", "porosity", "--json")
    directory = Path(json.loads(out)["run"])
    (directory / "report.html").unlink()
    built: list[Any] = []

    def page(path: Path, **options: Any) -> Path:
        built.append(path)
        (directory / "report.html").write_text("again", encoding="utf-8")
        return directory / "report.html"

    monkeypatch.setattr(percola.report.scan, "build_scan", page)
    assert main(["report", str(directory), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert built == [directory]
    assert answer == {"run": str(directory), "report": str(directory / "report.html"), "damaged": []}
    # That page is no damage: the measurement counts as finished.
    code, out, _ = run(capsys, "mask.npy", "--voxel", "10nm", "--void", "1", "--only", "porosity", "--json")
    assert code == 0
    assert json.loads(out)["opened"] == "finished"
