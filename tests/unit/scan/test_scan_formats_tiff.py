"""TIFF and pictures: values, axes and voxel size of what instruments and programs write.

Every file here is written by the test from the published description of its format; the private tags of microscopes
hold texts as the instruments write them. The last tests read public pictures that scikit-image ships.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from percola.errors import InputError
from percola.scan.read import describe, read_volume

RNG = np.random.default_rng(11)
STACK = RNG.integers(0, 256, (5, 7, 9), np.uint8)  # z, y, x


def said(volume: Any, *words: str) -> bool:
    return any(all(w in n for w in words) for n in volume.notes)


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        read_volume(path, **options)
    error = caught.value
    assert error.found
    assert error.remedy
    return str(error)


# -- axes and laziness -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bigtiff": True},
        {"byteorder": ">"},
        {"metadata": None},
        {"compression": "zlib"},
        {"compression": "zlib", "predictor": True},
        {"compression": "lzma"},
        {"tile": (16, 16)},
        {"tile": (16, 16), "compression": "zlib"},
        {"rowsperstrip": 2},
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.int16])
def test_pages_are_z_rows_y_columns_x(tmp_path: Path, options: dict[str, Any], dtype: Any) -> None:
    data = (100 * RNG.random((6, 20, 33))).astype(dtype)
    path = tmp_path / "stack.tif"
    if np.dtype(dtype).kind == "f":
        options = {
            k: v for k, v in options.items() if k != "predictor"
        }  # tifffile alone writes none for these
    tifffile.imwrite(path, data, photometric="minisblack", **options)
    volume = read_volume(path)
    assert volume.shape == (33, 20, 6)
    expected = data.transpose(2, 1, 0)
    np.testing.assert_array_equal(np.asarray(volume.values), expected)
    np.testing.assert_array_equal(volume.values[3:9, ::2, -1], expected[3:9, ::2, -1])
    np.testing.assert_array_equal(volume.values[::-3, 4], expected[::-3, 4])
    assert volume.values.dtype == np.dtype(dtype)
    assert volume.spacing_m is None
    assert said(volume, "x = axis 2", "z = axis 0")
    assert volume.metadata["slow_axis"] == 2


def test_a_single_page_is_a_picture(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "one.tif", STACK[0])
    volume = read_volume(tmp_path / "one.tif")
    assert volume.shape == (9, 7)
    np.testing.assert_array_equal(np.asarray(volume.values), STACK[0].T)


def test_an_uncompressed_stack_is_a_memory_map(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "s.tif", STACK, photometric="minisblack")
    values = read_volume(tmp_path / "s.tif").values
    assert isinstance(values, np.ndarray)
    assert isinstance(values.base, np.memmap)


@pytest.mark.parametrize("compression", ["tiff_lzw", "jpeg", "tiff_deflate", "packbits"])
def test_compressions_of_other_writers(tmp_path: Path, compression: str) -> None:
    """Files written by libtiff through Pillow; LZW and JPEG are unpacked by Pillow, as tifffile alone cannot."""
    smooth = np.add.outer(np.arange(40), np.arange(56)).astype(np.uint8)
    images = [Image.fromarray(smooth), Image.fromarray(smooth.T.copy().reshape(40, 56))]
    images[0].save(tmp_path / "c.tif", compression=compression, save_all=True, append_images=images[1:])
    volume = read_volume(tmp_path / "c.tif")
    expected = np.stack([np.asarray(i) for i in images]).transpose(2, 1, 0)
    # JPEG is lossy: a few grey values.
    atol = 12 if compression == "jpeg" else 0
    np.testing.assert_allclose(np.asarray(volume.values).astype(int), expected.astype(int), atol=atol)
    assert said(volume, "JPEG") == (compression == "jpeg")


def test_bilevel_fax_pages(tmp_path: Path) -> None:
    mask = RNG.random((30, 41)) > 0.5
    Image.fromarray(mask).save(tmp_path / "g4.tif", compression="group4")
    volume = read_volume(tmp_path / "g4.tif")
    assert volume.kind == "binary"
    np.testing.assert_array_equal(np.asarray(volume.values).astype(bool), mask.T)
    assert volume.void is None


def test_the_largest_series_is_read_and_said(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "m.tif") as tif:
        tif.write(STACK[0, :4, :4], photometric="minisblack", metadata=None)
        tif.write(STACK, photometric="minisblack", metadata=None)
    volume = read_volume(tmp_path / "m.tif")
    assert volume.shape == (9, 7, 5)
    assert said(volume, "2 image series")
    small = read_volume(tmp_path / "m.tif", key="0")
    assert small.shape == (4, 4)
    assert "'5'" in refusal(tmp_path / "m.tif", key="5")


# -- channels, time, colours -------------------------------------------------------------------------------


def test_channels_and_time_have_to_be_chosen(tmp_path: Path) -> None:
    data = RNG.integers(0, 4096, (2, 5, 3, 7, 9), np.uint16)  # t z c y x
    tifffile.imwrite(tmp_path / "h.tif", data, imagej=True, metadata={"axes": "TZCYX"})
    assert "channel=0" in refusal(tmp_path / "h.tif") or "time=0" in refusal(tmp_path / "h.tif")
    volume = read_volume(tmp_path / "h.tif", channel=2, time=1)
    np.testing.assert_array_equal(np.asarray(volume.values), data[1, :, 2].transpose(2, 1, 0))
    assert "0 to 2" in refusal(tmp_path / "h.tif", channel=3, time=0)


def test_slices_that_a_writer_called_time_can_be_renamed(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "t.tif", STACK, imagej=True, metadata={"axes": "TYX"})
    assert "axes='zyx'" in refusal(tmp_path / "t.tif")
    volume = read_volume(tmp_path / "t.tif", axes="zyx")
    np.testing.assert_array_equal(np.asarray(volume.values), STACK.transpose(2, 1, 0))


def test_grey_in_colours_stays_exactly(tmp_path: Path) -> None:
    for dtype in (np.uint8, np.uint16, np.float32):
        grey = (60000 * RNG.random((12, 17)) / (1 if dtype != np.uint8 else 256)).astype(dtype)
        tifffile.imwrite(tmp_path / "rgb.tif", np.stack([grey] * 3, -1), photometric="rgb")
        volume = read_volume(tmp_path / "rgb.tif")
        # Integer weights with the sum 65536 keep whole numbers; real ones are off by rounding.
        np.testing.assert_allclose(np.asarray(volume.values), grey.T, rtol=0 if dtype != np.float32 else 2e-7)
        assert said(volume, "but is grey")


def test_colours_become_luminance(tmp_path: Path) -> None:
    rgb = RNG.integers(0, 256, (12, 17, 4), np.uint8)
    tifffile.imwrite(tmp_path / "rgb.tif", rgb, photometric="rgb", extrasamples=["unassalpha"])
    volume = read_volume(tmp_path / "rgb.tif")
    expected = np.rint(rgb[..., :3] @ [0.299, 0.587, 0.114]).T
    assert np.abs(np.asarray(volume.values).astype(float) - expected).max() <= 1  # rounding at one half
    assert said(volume, "luminance")
    red = read_volume(tmp_path / "rgb.tif", channel=0)
    np.testing.assert_array_equal(np.asarray(red.values), rgb[..., 0].T)


def test_white_is_zero_is_turned(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "w.tif", STACK[0], photometric="miniswhite")
    volume = read_volume(tmp_path / "w.tif")
    np.testing.assert_array_equal(np.asarray(volume.values), 255 - STACK[0].T)
    assert said(volume, "white as zero")


def test_palettes(tmp_path: Path) -> None:
    ramp = np.stack([np.arange(256, dtype=np.uint16)[::-1] * 257] * 3)
    tifffile.imwrite(tmp_path / "p.tif", STACK[0], photometric="palette", colormap=ramp)
    volume = read_volume(tmp_path / "p.tif")
    np.testing.assert_array_equal(np.asarray(volume.values), 255 - STACK[0].T)
    assert said(volume, "palette", "grey")


# -- voxel size --------------------------------------------------------------------------------------------


def write_imagej(path: Path, unit: str, per_unit: float, spacing: float | None, extra: str = "") -> None:
    """A stack as ImageJ 1.53 writes it: big endian, one strip, description with ``unit`` and ``spacing``."""
    n, rows, columns = STACK.shape
    lines = ["ImageJ=1.53t", f"images={n}", f"slices={n}", f"unit={unit}"]
    lines += [f"spacing={spacing}"] if spacing is not None else []
    lines += ["loop=false", "min=0.0", "max=255.0", *([extra] if extra else [])]
    text = ("\n".join(lines) + "\n").encode("latin-1") + b"\0"
    scale = 1_000_000 if per_unit < 4000 else 1000
    ratio = (round(per_unit * scale), scale)
    count = 11
    start = 8 + 2 + 12 * count + 4
    blob = text + b"\0" * (len(text) % 2) + struct.pack(">IIII", *ratio, *ratio)
    at_ratio = start + len(text) + len(text) % 2
    data_at = start + len(blob)
    entries = [
        (254, 4, 1, 0), (256, 4, 1, columns), (257, 4, 1, rows), (258, 3, 1, 8 << 16), (262, 3, 1, 1 << 16),
        (270, 2, len(text), start), (273, 4, 1, data_at), (277, 3, 1, 1 << 16), (278, 3, 1, rows << 16),
        (279, 4, 1, rows * columns), (282, 5, 1, at_ratio),
    ]  # fmt: skip
    entries.append((283, 5, 1, at_ratio + 8))
    head = struct.pack(">2sHI", b"MM", 42, 8)
    ifd = struct.pack(">H", len(entries))
    shift = 12 * (len(entries) - count)
    for code, kind, length, value in entries:
        if code in (270, 273, 282, 283):
            value += shift
        ifd += struct.pack(">HHII", code, kind, length, value)
    path.write_bytes(head + ifd + struct.pack(">I", 0) + blob + STACK.tobytes())


@pytest.mark.parametrize(
    ("unit", "metres"),
    [
        ("\\u00B5m", 1e-6),
        ("micron", 1e-6),
        ("um", 1e-6),
        ("nm", 1e-9),
        ("mm", 1e-3),
        ("microns", 1e-6),
        ("µm", 1e-6),
    ],
)
def test_imagej_stack_as_imagej_writes_it(tmp_path: Path, unit: str, metres: float) -> None:
    edge = 25e-9 / metres
    write_imagej(tmp_path / "ij.tif", unit, 1 / edge, 2 * edge)
    volume = read_volume(tmp_path / "ij.tif")
    np.testing.assert_array_equal(np.asarray(volume.values), STACK.transpose(2, 1, 0))
    # The ratio of the tag holds six decimals, which is coarse in millimetres only.
    assert volume.spacing_m == pytest.approx((25e-9, 25e-9, 50e-9), rel=1e-6)
    assert "ImageJ" in volume.spacing_source
    assert describe(volume)["voxel_size"] == "25 nm x 25 nm x 50 nm"


def test_imagej_without_slice_distance_does_not_guess(tmp_path: Path) -> None:
    write_imagej(tmp_path / "ij.tif", "micron", 40.0, None)
    volume = read_volume(tmp_path / "ij.tif")
    assert volume.spacing_m is None
    assert said(volume, "nothing along z", "slice_m")
    given = read_volume(tmp_path / "ij.tif", slice_m=30e-9)
    assert given.spacing_m == pytest.approx((25e-9, 25e-9, 30e-9))
    assert "distance of slices given" in given.spacing_source
    # ImageJ leaves the distance out where it is one unit; pixels of one unit agree with that.
    write_imagej(tmp_path / "one.tif", "micron", 1.0, None)
    assert read_volume(tmp_path / "one.tif").spacing_m == pytest.approx((1e-6,) * 3)


def test_imagej_pixels_are_no_lengths(tmp_path: Path) -> None:
    write_imagej(tmp_path / "ij.tif", "pixel", 1.0, 1.0)
    volume = read_volume(tmp_path / "ij.tif")
    assert volume.spacing_m is None
    write_imagej(tmp_path / "q.tif", "furlong", 0.1, 10.0)
    odd = read_volume(tmp_path / "q.tif")
    assert odd.spacing_m is None
    assert said(odd, "10 x 10 x 10", "without a unit")
    assert read_volume(tmp_path / "q.tif", unit="nm").spacing_m == pytest.approx((1e-8,) * 3)


def test_imagej_inches_of_a_screen_are_not_trusted(tmp_path: Path) -> None:
    write_imagej(tmp_path / "ij.tif", "inch", 72.0, 1.0)
    volume = read_volume(tmp_path / "ij.tif")
    assert volume.spacing_m is None
    assert said(volume, "72 dots per inch")


def test_imagej_zunit_and_cut_stack(tmp_path: Path) -> None:
    write_imagej(tmp_path / "ij.tif", "micron", 40.0, 50.0, extra="zunit=nm")
    assert read_volume(tmp_path / "ij.tif").spacing_m == pytest.approx((25e-9, 25e-9, 50e-9))
    data = (tmp_path / "ij.tif").read_bytes()
    (tmp_path / "cut.tif").write_bytes(data[:-100])
    assert "cut off or damaged" in refusal(tmp_path / "cut.tif")


def test_imagej_by_tifffile(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "ij.tif", STACK, imagej=True, resolution=(1 / 0.013, 1 / 0.026), metadata={"axes": "ZYX", "unit": "um", "spacing": 0.05}
    )  # fmt: skip
    # Rational tags hold about nine digits.
    assert read_volume(tmp_path / "ij.tif").spacing_m == pytest.approx((13e-9, 26e-9, 50e-9), rel=1e-6)


@pytest.mark.parametrize(
    ("unit", "factor"), [("nm", 1.0), ("µm", 1e-3), (None, 1e-3), ("Å", 10.0), ("mm", 1e-6)]
)
def test_ome_sizes_with_their_units(tmp_path: Path, unit: str | None, factor: float) -> None:
    sizes = {"PhysicalSizeX": 20 * factor, "PhysicalSizeY": 21 * factor, "PhysicalSizeZ": 40 * factor}
    units = {f"{k}Unit": unit for k in sizes} if unit else {}
    tifffile.imwrite(tmp_path / "o.ome.tif", STACK, metadata={"axes": "ZYX", **sizes, **units})
    volume = read_volume(tmp_path / "o.ome.tif")
    assert volume.spacing_m == pytest.approx((20e-9, 21e-9, 40e-9))
    assert "OME-XML" in volume.spacing_source
    np.testing.assert_array_equal(np.asarray(volume.values), STACK.transpose(2, 1, 0))


def test_ome_in_pixels_has_no_size(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "o.ome.tif",
        STACK,
        metadata={"axes": "ZYX", "PhysicalSizeX": 1.0, "PhysicalSizeXUnit": "pixel"},
    )
    assert read_volume(tmp_path / "o.ome.tif").spacing_m is None


OME_SET = """<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"
 UUID="urn:uuid:{id}{me}"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT"
 Type="uint8" SizeX="9" SizeY="7" SizeZ="2" SizeC="1" SizeT="1"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>
<TiffData IFD="0" FirstZ="0" PlaneCount="1"><UUID FileName="1.ome.tif">urn:uuid:{id}1</UUID></TiffData>
<TiffData IFD="0" FirstZ="1" PlaneCount="1"><UUID FileName="2.ome.tif">urn:uuid:{id}2</UUID></TiffData>
</Pixels></Image></OME>""".replace("{id}", "00000000-0000-0000-0000-00000000000")


def test_ome_sets_over_several_files_are_refused(tmp_path: Path) -> None:
    """tifffile fills planes of files that are not there with zeros; nothing like that may pass for a scan."""
    for k in (1, 2):
        tifffile.imwrite(tmp_path / f"{k}.ome.tif", STACK[k], description=OME_SET.format(me=k), metadata=None)
    assert "2.ome.tif" in refusal(tmp_path / "1.ome.tif")
    (tmp_path / "2.ome.tif").unlink()
    assert "lacks 1 of 2 planes" in refusal(tmp_path / "1.ome.tif")


FEI = """[User]\r\nDate=03/14/2021\r\nUser=supervisor\r\n\r\n[System]\r\nType=DualBeam\r\nDnumber=D9999\r\nSystemType=Helios NanoLab\r\n
[Beam]\r\nHV=2000\r\nSpot=\r\nBeam=EBeam\r\nScan=EScan\r\n\r\n[EBeam]\r\nSource=FEG\r\nHFW=5.12e-006\r\n
[Scan]\r\nInternalScan=true\r\nDwelltime=3e-006\r\nPixelWidth=5e-009\r\nPixelHeight=5e-009\r\nHorFieldsize=5.12e-006\r\n
[EScan]\r\nScan=PIA 2.0\r\nPixelWidth=5e-009\r\nPixelHeight=5e-009\r\nHorFieldsize=5.12e-006\r\n
[Stage]\r\nStageX=0.01\r\nStageT={tilt}\r\n
[Image]\r\nDigitalContrast=1\r\nResolutionX={x}\r\nResolutionY={y}\r\n
[Detectors]\r\nNumber=1\r\nName=TLD\r\n\r\n[PrivateFei]\r\nBitShift=0\r\nDataBarSelected=HV WD\r\nDatabarHeight={bar}\r\n"""


def fei(
    path: Path, *, x: int = 64, y: int = 44, bar: int = 6, tilt: float = 0.0, rows: int = 50
) -> np.ndarray:
    data = RNG.integers(0, 256, (rows, 64), np.uint8)
    data[y:] = 0
    text = FEI.format(x=x, y=y, bar=bar, tilt=tilt).encode("latin-1") + b"\0"
    tifffile.imwrite(
        path, data, extratags=[(34682, 2, len(text), text, True)], resolution=(72, 72), metadata=None
    )
    return data


def test_fei_pixel_and_information_bar(tmp_path: Path) -> None:
    data = fei(tmp_path / "fei.tif")
    volume = read_volume(tmp_path / "fei.tif")
    assert volume.spacing_m == pytest.approx((5e-9, 5e-9))
    assert "FEI" in volume.spacing_source
    assert volume.metadata["info_bar_rows"] == 6
    assert said(volume, "last 6 of 50 rows", "crop_bar")
    assert not said(volume, "dots per inch")
    assert volume.metadata["microscope"]["instrument"] == "Helios NanoLab"
    cropped = read_volume(tmp_path / "fei.tif", crop_bar=True)
    assert cropped.shape == (64, 44)
    np.testing.assert_array_equal(np.asarray(cropped.values), data[:44].T)


def test_fei_without_bar_tilted_and_changed(tmp_path: Path) -> None:
    fei(tmp_path / "a.tif", y=50, bar=6, tilt=0.9076)
    volume = read_volume(tmp_path / "a.tif", crop_bar=True)
    assert "info_bar_rows" not in volume.metadata
    assert volume.shape == (64, 50)
    assert said(volume, "tilted by 52.0")
    fei(tmp_path / "b.tif", x=1024, y=884)
    changed = read_volume(tmp_path / "b.tif")
    assert changed.spacing_m is None
    assert said(changed, "scaled or cropped")


@pytest.mark.parametrize(
    ("entry", "metres"),
    [
        ("AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 2.481 nm\r\n", 2.481e-9),
        ("AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 558.2 pm\r\n", 558.2e-12),
        ("AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 1.117 \xb5m\r\n", 1.117e-6),
        ("AP_PIXEL_SIZE\r\nPixel Size = 186.1 nm\r\n", 186.1e-9),
    ],
)
def test_zeiss_pixel_size_with_its_unit(tmp_path: Path, entry: str, metres: float) -> None:
    text = (
        "\r\n0\r\n1.0\r\nAP_WD\r\nWD =  4.9 mm\r\nAP_ACTUALKV\r\nEHT =  3.00 kV\r\n" + entry +
        "DP_IMAGE_STORE\r\nStore resolution = 64 * 50\r\nDP_DETECTOR_CHANNEL\r\nSignal A = InLens\r\nAP_MAG\r\nMag =  45.00 K X\r\n"
    ).encode("cp1252") + b"\0"  # fmt: skip
    data = RNG.integers(0, 256, (50, 64), np.uint8)
    tifffile.imwrite(tmp_path / "z.tif", data, extratags=[(34118, 2, len(text), text, True)], metadata=None)
    volume = read_volume(tmp_path / "z.tif")
    assert volume.spacing_m == pytest.approx((metres, metres))
    assert "Zeiss" in volume.spacing_source
    assert said(volume, "information bar", "crop")
    assert "InLens" in volume.metadata["microscope"]["detector"]


def test_phenom_xml(tmp_path: Path) -> None:
    text = (
        b'<?xml version="1.0" encoding="utf-8"?>\n<FeiImage><databarHeight>6</databarHeight>'
        b'<pixelWidth unit="um">0.0125</pixelWidth><pixelHeight unit="um">0.0125</pixelHeight></FeiImage>\0'
    )
    data = RNG.integers(0, 256, (50, 64), np.uint8)
    tifffile.imwrite(tmp_path / "p.tif", data, extratags=[(34683, 2, len(text), text, True)], metadata=None)
    volume = read_volume(tmp_path / "p.tif", crop_bar=True)
    assert volume.spacing_m == pytest.approx((12.5e-9,) * 2)
    assert volume.shape == (64, 44)


@pytest.mark.parametrize(
    ("name", "text", "metres", "rows"),
    [
        ("s.txt", "$CM_FORMAT JPEG\n$CM_FULL_SIZE 64 44\n$CM_MAG 5000\n$$SM_MICRON_BAR 20\n$$SM_MICRON_MARKER 1um\n", 50e-9, 44),
        ("s.txt", "[SemImageFile]\r\nInstructName=SU8000\r\nDataSize=64x44\r\nPixelSize=24.8\r\n", 24.8e-9, 44),
        ("s.hdr", "[MAIN]\nDevice=MIRA3\nImageStripSize=6\nPixelSizeX=3.5e-9\nPixelSizeY=3.5e-9\n", 3.5e-9, 44),
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg", ".bmp"])
def test_text_files_of_microscopes(
    tmp_path: Path, name: str, text: str, metres: float, rows: int, suffix: str
) -> None:
    Image.fromarray(RNG.integers(0, 256, (50, 64), np.uint8)).save(tmp_path / f"s{suffix}")
    (tmp_path / name).write_text(text, encoding="utf-16" if "SemImage" in text else "utf-8")
    volume = read_volume(tmp_path / f"s{suffix}", crop_bar=True)
    assert volume.spacing_m == pytest.approx((metres, metres))
    assert volume.shape == (64, rows)


@pytest.mark.parametrize(
    ("per_unit", "unit", "expected"),
    [(72, "INCH", None), (300, "INCH", None), (118.11, "CENTIMETER", None), (28.35, "CENTIMETER", None),
     (1e6, "CENTIMETER", 10e-9), (25.4e6 / 0.137, "INCH", 0.137e-9)],
)  # fmt: skip
def test_plain_resolution_is_distrusted_where_it_is_a_habit(
    tmp_path: Path, per_unit: float, unit: str, expected: float | None
) -> None:
    tifffile.imwrite(
        tmp_path / "r.tif", STACK[0], resolution=(per_unit, per_unit), resolutionunit=unit, metadata=None
    )
    volume = read_volume(tmp_path / "r.tif")
    if expected is None:
        assert volume.spacing_m is None
        assert said(volume, "dots per inch", "screens or printers")
    else:
        assert volume.spacing_m == pytest.approx((expected,) * 2, rel=1e-6)
        assert said(volume, "check it")


# -- damaged files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"imagej": True, "metadata": {"axes": "ZYX"}},
        {},
        {"metadata": None},
        {"compression": "zlib"},
        {"ome": True},
    ],
)
@pytest.mark.parametrize("part", [0.0001, 0.02, 0.1, 0.5, 0.9, 0.98])
def test_truncated_at_any_place(tmp_path: Path, options: dict[str, Any], part: float) -> None:
    path = tmp_path / "t.tif"
    tifffile.imwrite(path, RNG.integers(0, 256, (10, 64, 48), np.uint8), photometric="minisblack", **options)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)] or b"I")
    assert refusal(path)


def test_text_named_tif(tmp_path: Path) -> None:
    (tmp_path / "page.tif").write_text("<html><body>404 not found</body></html>\n" * 20)
    text = refusal(tmp_path / "page.tif")
    assert "text file" in text
    assert "<html>" in text
    (tmp_path / "noise.tif").write_bytes(bytes(range(200, 256)) * 20)
    assert "first bytes" in refusal(tmp_path / "noise.tif")


def test_compression_that_nothing_here_unpacks(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, STACK[0], compression="zlib")
    data = bytearray(path.read_bytes())
    at = data.find(struct.pack("<HHI", 259, 3, 1))
    data[at + 8 : at + 10] = struct.pack("<H", 34887)  # LERC
    path.write_bytes(data)
    assert "save it without compression" in refusal(path)


def test_a_header_that_promises_more_than_the_file_can_hold(tmp_path: Path) -> None:
    """Two thousand million rows in 400 bytes: refused before anything of that size is asked for."""
    path = tmp_path / "x.tif"
    for options in ({}, {"rowsperstrip": 10}):
        tifffile.imwrite(path, np.zeros((10, 10), np.uint8), compression="zlib", metadata=None, **options)
        data = bytearray(path.read_bytes())
        at = next(
            data.find(struct.pack("<HHI", 257, kind, 1))
            for kind in (3, 4)
            if struct.pack("<HHI", 257, kind, 1) in data
        )
        data[at + 2 : at + 12] = struct.pack("<HII", 4, 1, 2_000_000_000)
        path.write_bytes(data)
        assert "10 x 2000000000 pixels" in refusal(path)
    Image.fromarray(np.zeros((10, 10), np.uint8)).save(tmp_path / "x.jpg")
    data = bytearray((tmp_path / "x.jpg").read_bytes())
    at = data.find(b"\xff\xc0")
    data[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    (tmp_path / "x.jpg").write_bytes(data)
    assert "65535 x 65535 pixels" in refusal(tmp_path / "x.jpg")


def test_complex_pixels(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "c.tif", STACK[0].astype(np.complex64))
    assert "complex" in refusal(tmp_path / "c.tif")


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.tif"
    tifffile.imwrite(path, STACK, photometric="minisblack")
    path.write_bytes(path.read_bytes()[:-300])
    refusal(path)
    out = capfd.readouterr()
    assert out.out == ""
    assert out.err == ""


# -- folders and pictures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["tif", "png", "bmp"])
def test_a_folder_of_slices_in_natural_order(tmp_path: Path, suffix: str) -> None:
    data = RNG.integers(0, 256, (12, 7, 9), np.uint8)
    for k, plane in enumerate(data):
        Image.fromarray(plane).save(tmp_path / f"slice{k + 1}.{suffix}")
    (tmp_path / "readme.txt").write_text("notes")
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(np.asarray(volume.values), data.transpose(2, 1, 0))
    np.testing.assert_array_equal(volume.values[2:5, :, 4:1:-1], data.transpose(2, 1, 0)[2:5, :, 4:1:-1])
    assert said(volume, "Ignored 1 file", "readme.txt")
    assert said(volume, f"slice1.{suffix} to slice12.{suffix}")
    assert not said(volume, "gap")


def test_gaps_and_strangers_in_a_folder(tmp_path: Path) -> None:
    for k in (1, 2, 3, 6, 7, 10):
        Image.fromarray(STACK[0]).save(tmp_path / f"scan_2021_{k:04d}.png")
    volume = read_volume(tmp_path, spacing_m=1e-8)
    assert said(volume, "2 gaps", "3 to 6", "4 slices missing")
    Image.fromarray(STACK[0]).save(tmp_path / "preview.png")
    assert said(read_volume(tmp_path), "begin differently")
    Image.fromarray(STACK[0][:4]).save(tmp_path / "scan_2021_0011.png")
    text = refusal(tmp_path)
    assert "scan_2021_0011.png has 9 x 4" in text
    chosen = read_volume(tmp_path, key="scan_2021_000*.png")
    assert chosen.shape == (9, 7, 5)


def test_folders_that_hold_no_stack(tmp_path: Path) -> None:
    assert "empty" in refusal(tmp_path)
    (tmp_path / "a.txt").write_text("nothing")
    assert "no slices" in refusal(tmp_path)
    Image.fromarray(STACK[0]).save(tmp_path / "a.png")
    assert read_volume(tmp_path).shape == (9, 7)
    Image.fromarray(STACK[0]).save(tmp_path / "b.bmp")
    assert "several kinds" in refusal(tmp_path)
    deep = tmp_path / "deep" / "slices"
    deep.mkdir(parents=True)
    assert "name the folder with the slices" in refusal(tmp_path / "deep")
    for k, dtype in enumerate((np.uint8, np.uint16)):
        tifffile.imwrite(deep / f"{k}.tif", STACK[0].astype(dtype))
    assert "uint16" in refusal(deep)
    tifffile.imwrite(deep / "1.tif", STACK, photometric="minisblack")
    assert "more than one picture" in refusal(deep)


def test_fei_slices_lack_the_distance(tmp_path: Path) -> None:
    for k in range(3):
        fei(tmp_path / f"{k}.tif")
    volume = read_volume(tmp_path, crop_bar=True)
    assert volume.spacing_m is None
    assert volume.shape == (64, 44, 3)
    assert said(volume, "5 nm", "nothing along z", "slice_m")
    assert read_volume(tmp_path, slice_m=1e-8).spacing_m == pytest.approx((5e-9, 5e-9, 1e-8))


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "I;16"])
def test_modes_of_png(tmp_path: Path, mode: str) -> None:
    grey = RNG.integers(0, 256, (20, 31), np.uint8)
    if mode == "I;16":
        data = grey.astype(np.uint16) * 201
        image = Image.fromarray(data)
    elif mode == "1":
        data = grey > 100
        image = Image.fromarray(data)
    else:
        data = grey
        image = Image.fromarray(grey).convert(mode)
    image.save(tmp_path / "m.png")
    volume = read_volume(tmp_path / "m.png")
    np.testing.assert_array_equal(np.asarray(volume.values), data.T)
    assert volume.kind == ("binary" if mode == "1" else "grey")


def test_jpeg_says_what_it_does_to_walls(tmp_path: Path) -> None:
    Image.fromarray(STACK[0]).save(tmp_path / "j.jpg", quality=95, dpi=(300, 300))
    volume = read_volume(tmp_path / "j.jpg")
    assert said(volume, "JPEG", "walls")
    assert said(volume, "300 dots per inch")
    assert volume.spacing_m is None


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp"])
def test_truncated_pictures(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"p.{suffix}"
    Image.fromarray(RNG.integers(0, 256, (64, 64), np.uint8)).save(path)
    data = path.read_bytes()
    for part in (0.01, 0.3, 0.9):
        path.write_bytes(data[: max(4, int(len(data) * part))])
        refusal(path)


def test_public_pictures_of_scikit_image() -> None:
    """Files that others wrote: a PNG micrograph and two multi-page TIFFs shipped with scikit-image."""
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    if not all((folder / n).exists() for n in ("cell.png", "multipage.tif", "multipage_rgb.tif")):
        pytest.skip("this scikit-image ships without them")
    cell = read_volume(folder / "cell.png")
    assert cell.shape == (550, 660)
    np.testing.assert_array_equal(np.asarray(cell.values), skimage.io.imread(folder / "cell.png").T)
    pages = read_volume(folder / "multipage.tif")
    expected = tifffile.imread(folder / "multipage.tif")
    np.testing.assert_array_equal(np.asarray(pages.values), expected.transpose(2, 1, 0))
    colours = read_volume(folder / "multipage_rgb.tif")
    assert colours.shape == (10, 10, 2)
