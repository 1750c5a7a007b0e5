"""Reading in general: recognition, spacing, axes, kinds, values that are no numbers, refusals, description."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from percola.errors import InputError
from percola.scan.formats._common import length_text, spacing_of_attributes, unit_m
from percola.scan.formats._lazy import luminance
from percola.scan.read import bytes_needed, describe, load_values, read_volume, volume_from_array

RNG = np.random.default_rng(2)
DATA = RNG.integers(0, 256, (9, 8, 7), np.uint8)


def said(volume: Any, *words: str) -> bool:
    return any(all(w in n for w in words) for n in volume.notes)


def refusal(path: Any, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        read_volume(path, **options)
    assert caught.value.found
    assert caught.value.remedy
    return str(caught.value)


# -- recognition -------------------------------------------------------------------------------------------


def test_content_counts_not_the_name(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", DATA, photometric="minisblack")
    np.save(tmp_path / "b.npy", DATA)
    os.rename(tmp_path / "a.tif", tmp_path / "a.npy")
    os.rename(tmp_path / "b.npy", tmp_path / "b.dat")
    assert read_volume(tmp_path / "a.npy").format.startswith("TIFF")
    assert read_volume(str(tmp_path / "b.dat")).format.startswith("NumPy")


def test_missing_empty_and_foreign(tmp_path: Path) -> None:
    text = refusal(tmp_path / "scan.tif")
    assert "does not exist" in text
    (tmp_path / "scan.tif").touch()
    assert "0 bytes" in refusal(tmp_path / "scan.tif")
    assert "scan.tif" in refusal(tmp_path / "scam.tif")  # what is there is shown
    for head, words in (
        (b"\x1f\x8b" + bytes(40), "unpack"),
        (b"%PDF-1.7" + bytes(40), "PDF"),
        (bytes(128) + b"DICM" + bytes(40), "DICOM"),
        (b"# vtk DataFile Version 3.0\nvolume\nBINARY\n", "vti"),
        (b"CDF\x07" + bytes(60), "sidecar"),
    ):
        (tmp_path / "x.dat").write_bytes(head)
        assert words in refusal(tmp_path / "x.dat")
    assert "volume_from_array" in refusal(DATA)
    assert "path" in refusal(None)
    assert "download" in refusal("https://example.org/scan.tif")
    refusal("")
    refusal("a\0b")
    refusal("x" * 5000)


@pytest.mark.skipif(
    os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="permissions do not bind here"
)
def test_permission_denied(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", DATA)
    (tmp_path / "a.npy").chmod(0)
    assert "permission" in refusal(tmp_path / "a.npy")


def test_permission_denied_by_a_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same where the test runs as a user whom no permission binds."""
    np.save(tmp_path / "a.npy", DATA)

    def closed(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(np, "memmap", closed)
    text = refusal(tmp_path / "a.npy")
    assert "permission denied" in text
    assert "change its permissions" in text


# -- voxel size --------------------------------------------------------------------------------------------


def test_spacing_given_goes_first(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif",
        DATA,
        imagej=True,
        resolution=(100, 100),
        metadata={"axes": "ZYX", "unit": "um", "spacing": 0.01},
    )
    assert read_volume(tmp_path / "a.tif").spacing_m == pytest.approx((1e-8,) * 3)
    volume = read_volume(tmp_path / "a.tif", spacing_m=(2e-8, 2e-8, 4e-8))
    assert volume.spacing_m == (2e-8, 2e-8, 4e-8)
    assert volume.spacing_source == "given"
    assert said(volume, "20 nm x 20 nm x 40 nm", "goes before", "10 nm")
    assert not said(read_volume(tmp_path / "a.tif", spacing_m=1e-8), "goes before")


@pytest.mark.parametrize(
    "bad", [0, -1e-8, np.nan, np.inf, 1.0, 10, 1e-12, "10 nm", (1e-8, 1e-8), [1e-8] * 4, (), True]
)
def test_spacing_that_cannot_be(tmp_path: Path, bad: Any) -> None:
    np.save(tmp_path / "a.npy", DATA)
    assert "spacing_m" in refusal(tmp_path / "a.npy", spacing_m=bad)


def test_spacing_of_a_file_that_cannot_be(tmp_path: Path) -> None:
    for value in (2.0, -1e-8, 0.0, 1e-13):
        np.savez(tmp_path / "a.npz", v=DATA, spacing_m=value)
        volume = read_volume(tmp_path / "a.npz")
        assert volume.spacing_m is None
        assert said(volume, "cannot be")


def test_units_given_where_there_are_none(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", DATA)
    assert "no voxel size" in refusal(tmp_path / "a.npy", unit="nm")
    assert "furlong" in refusal(tmp_path / "a.npy", unit="furlong")
    assert "one of the two" in refusal(tmp_path / "a.npy", unit="nm", spacing_m=1e-8)
    assert "slice_m" in refusal(tmp_path / "a.npy", slice_m=0)


@pytest.mark.parametrize(
    ("text", "metres"),
    [("µm", 1e-6), ("μm", 1e-6), ("\\u00B5m", 1e-6), ("Micron", 1e-6), (" nm ", 1e-9), ("Nanometers", 1e-9),
     (b"um", 1e-6), ("Å", 1e-10), ("angstrom", 1e-10), ("mm", 1e-3), ("pixel", None), ("", None), (None, None), ("s", None)],
)  # fmt: skip
def test_units_as_files_write_them(text: Any, metres: float | None) -> None:
    assert unit_m(text) == metres


def test_lengths_for_people() -> None:
    assert [length_text(v) for v in (1e-8, 1.25e-6, 2e-3, 1.0, 5e-11)] == [
        "10 nm",
        "1.25 µm",
        "2 mm",
        "1 m",
        "0.05 nm",
    ]


def test_attributes_without_a_unit_and_with_too_many_numbers() -> None:
    assert spacing_of_attributes({"spacing": [1, 2, 3]}, 3) == ((), (1.0, 2.0, 3.0), "spacing")
    assert spacing_of_attributes({"spacing": [1, 2]}, 3) == ((), (), "")
    assert spacing_of_attributes({"Voxel Size": 3, "unit": ["nm", "nm", "nm"]}, 3)[0] == pytest.approx(
        (3e-9,) * 3
    )
    assert spacing_of_attributes({"spacing": 3, "unit": ["nm", "um", "nm"]}, 3)[0] == ()


# -- arrays in memory, axes --------------------------------------------------------------------------------


def test_arrays_in_memory() -> None:
    volume = volume_from_array(DATA, 1e-8, periodic=(True, False, True))
    assert volume.values is DATA or np.shares_memory(np.asarray(volume.values), DATA)
    assert volume.spacing_m == (1e-8,) * 3
    turned = volume_from_array(DATA, axes="zyx", periodic=(True, False, False))
    np.testing.assert_array_equal(np.asarray(turned.values), DATA.transpose(2, 1, 0))
    assert turned.periodic == (False, False, True)
    level = volume_from_array(RNG.standard_normal((4, 4, 4)), kind="level")
    assert level.kind == "level"
    assert volume_from_array(DATA > 100).kind == "binary"
    assert volume_from_array(DATA > 100).void is None
    assert volume_from_array(DATA > 100, void=1).void == 1.0
    colours = volume_from_array(np.stack([DATA[0]] * 3, -1), axes="yxs")
    np.testing.assert_array_equal(np.asarray(colours.values), DATA[0].T)
    assert volume_from_array([[1.5, 2.5], [3.5, 4.25]]).shape == (2, 2)


@pytest.mark.parametrize(
    "bad",
    [np.zeros(4), np.zeros((2, 0)), np.zeros((2, 2), complex), np.array([["a"]]), np.array([[None]]), "text", None,
     np.zeros((2, 2, 2, 2)), np.zeros((2, 2), "M8[s]"), np.full((3, 3), np.nan), np.zeros((2, 2), "g")],
)  # fmt: skip
def test_arrays_that_are_no_volume(bad: Any) -> None:
    with pytest.raises(InputError):
        volume_from_array(bad)


@pytest.mark.parametrize("axes", ["xy", "xxz", "xyq", "abc", "xyzc", "cts"])
def test_axes_that_do_not_fit(axes: str) -> None:
    with pytest.raises(InputError, match="ax"):
        volume_from_array(DATA, axes=axes)


def test_other_options_that_do_not_fit(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", DATA)
    assert "channel" in refusal(tmp_path / "a.npy", channel=1)
    assert "channel" in refusal(tmp_path / "a.npy", channel=-1)
    assert "time" in refusal(tmp_path / "a.npy", time=2.5)
    assert "resolution" in refusal(tmp_path / "a.npy", resolution=1)
    assert "leave it out" in refusal(tmp_path / "a.npy", key="scan")
    assert said(
        volume_from_array(np.repeat(DATA, 3, 0)[:, :, None, 0].repeat(3, 2).repeat(5, 1)), "colours", "yxs"
    )
    assert said(read_volume(tmp_path / "a.npy", crop_bar=True), "nothing was cut off")
    with pytest.raises(InputError, match="kind"):
        volume_from_array(DATA, kind="odd")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="periodic"):
        volume_from_array(DATA, periodic=(True,))


# -- kinds -------------------------------------------------------------------------------------------------


def test_kinds_from_values() -> None:
    assert volume_from_array(DATA).kind == "grey"
    binary = volume_from_array(np.where(DATA > 100, 255, 0).astype(np.uint8))
    assert binary.kind == "binary"
    assert binary.metadata["values"]["distinct"] == [0.0, 255.0]
    assert volume_from_array(np.where(DATA > 100, 1.0, 0.0)).kind == "binary"
    labels = volume_from_array(DATA % 4)
    assert labels.kind == "labels"
    assert said(labels, "4 whole numbers")
    assert volume_from_array((DATA % 4) / 3).kind == "grey"
    constant = volume_from_array(np.ones((3, 3, 3)))
    assert constant.kind == "binary"
    assert said(constant, "one phase")


def test_a_third_value_outside_the_planes_is_found() -> None:
    """Volumes too large to be looked at as a whole are streamed through before they are called binary."""
    data = np.zeros((300, 300, 200), np.uint8)
    data[:, :, 100:] = 1
    volume = volume_from_array(data)
    assert volume.kind == "binary"
    assert volume.metadata["values"]["two_values_exact"]
    data[0, 0, 0] = 7
    assert volume_from_array(data).kind == "labels"
    data[1] = np.arange(200, dtype=np.uint8)
    assert volume_from_array(data).kind == "grey"


def test_values_that_are_no_numbers_are_counted() -> None:
    data = RNG.random((5, 6, 7)).astype(np.float32)
    data[2, 3, 4] = np.nan
    data[4, 0, 0] = -np.inf
    with pytest.raises(InputError) as caught:
        volume_from_array(data)
    assert "2 of the 210 values" in str(caught.value)
    assert "(2, 3, 4)" in str(caught.value)
    with pytest.raises(InputError) as caught:
        volume_from_array(data, axes="zyx")
    assert "(0, 0, 4)" in str(caught.value)


def test_a_full_read_finds_what_the_look_missed() -> None:
    data = np.zeros((260, 260, 260), np.float16)  # beyond what is looked at
    data[:] = np.linspace(0, 1, 260)[:, None, None]
    data[100, 0, 0] = np.nan  # in a corner of a plane that is not looked at
    volume = volume_from_array(data, 1e-8)
    with pytest.raises(InputError, match=r"\(100, 0, 0\)"):
        load_values(volume)
    data[100, 0, 0] = 0
    np.testing.assert_array_equal(load_values(volume), data)


# -- description, laziness ---------------------------------------------------------------------------------


def test_description_is_json(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", v=DATA, spacing_m=1e-8)
    volume = read_volume(tmp_path / "a.npz")
    facts = describe(volume)
    assert json.loads(json.dumps(facts)) == facts
    assert facts["shape"] == [9, 8, 7]
    assert facts["voxel_size"] == "10 nm"
    assert facts["extent"] == "90 nm x 80 nm x 70 nm"
    assert facts["values"]["range"] == [float(DATA.min()), float(DATA.max())]
    assert facts["bytes"] == bytes_needed(volume) == 504
    plain = describe(volume_from_array(DATA))
    assert plain["voxel_size_m"] is None
    assert json.dumps(plain)


def test_lazy_values_index_like_an_array(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", v=DATA)
    values = read_volume(tmp_path / "a.npz", axes="zyx").values
    expected = DATA.transpose(2, 1, 0)
    for key in (
        0, -1, slice(1, 4), (Ellipsis, 2), (slice(None), 3), (slice(None, None, -1), 0, slice(-2, None)), Ellipsis,
        (1, 2, 3), (slice(5, 1, -2),), np.int64(3),
    ):  # fmt: skip
        np.testing.assert_array_equal(values[key], expected[key])
    assert len(values) == 7  # type: ignore[arg-type]
    assert values.nbytes == 504  # type: ignore[union-attr]
    assert np.asarray(values, dtype=np.float32).dtype == np.float32
    with pytest.raises(IndexError):
        values[7]
    with pytest.raises(IndexError):
        values[0, 0, 0, 0]
    with pytest.raises(InputError, match="slices and whole numbers"):
        values[[1, 2]]
    with pytest.raises(InputError, match="slices and whole numbers"):
        values[None]


def test_damage_after_opening_is_told(tmp_path: Path) -> None:
    for k in range(3):
        Image.fromarray(DATA[k]).save(tmp_path / f"{k}.png")
    values = read_volume(tmp_path).values
    (tmp_path / "1.png").write_bytes((tmp_path / "1.png").read_bytes()[:50])
    np.testing.assert_array_equal(values[:, :, 0], DATA[0].T)
    with pytest.raises(InputError, match=r"1\.png"):
        values[:, :, 1]
    (tmp_path / "2.png").unlink()
    with pytest.raises(InputError, match=r"2\.png"):
        values[:, :, 2]


def test_threads_read_the_same(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.repeat(DATA, 20, 0), photometric="minisblack", compression="zlib")
    values = read_volume(tmp_path / "a.tif").values
    expected = np.repeat(DATA, 20, 0).transpose(2, 1, 0)
    wrong: list[int] = []

    def work(start: int) -> None:
        wrong.extend(
            z for z in range(start, 180, 4) if not np.array_equal(values[:, :, z], expected[:, :, z])
        )

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_luminance_keeps_grey_and_stays_within() -> None:
    grey = RNG.integers(0, 65536, (50, 1), np.uint16)
    np.testing.assert_array_equal(luminance(np.repeat(grey, 3, 1), 1), grey)
    colours = RNG.integers(0, 65536, (50, 3), np.uint16)
    out = luminance(colours, 1)[:, 0]
    assert (out >= colours.min(1)).all()
    assert (out <= colours.max(1)).all()
