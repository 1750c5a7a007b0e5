"""Raw with sidecars, MetaImage, VTI and NRRD: files written by hand from the formats' descriptions."""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import lzma
import struct
import zlib
from pathlib import Path
from typing import Any

import nrrd
import numpy as np
import pytest

from percola.errors import InputError
from percola.scan.read import read_volume

RNG = np.random.default_rng(8)
DATA = RNG.integers(0, 60000, (10, 8, 6), np.uint16)  # x y z


def said(volume: Any, *words: str) -> bool:
    return any(all(w in n for w in words) for n in volume.notes)


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        read_volume(path, **options)
    assert caught.value.found
    assert caught.value.remedy
    return str(caught.value)


def equal(volume: Any, expected: np.ndarray) -> None:
    assert volume.shape == expected.shape
    np.testing.assert_array_equal(np.asarray(volume.values), expected)
    np.testing.assert_array_equal(volume.values[1:3, ..., ::-1], expected[1:3, ..., ::-1])
    assert np.asarray(volume.values).dtype.isnative


# -- raw ---------------------------------------------------------------------------------------------------

SIDE = {"shape": [10, 8, 6], "dtype": "uint16", "order": "F", "axes": "xyz", "spacing": 10, "unit": "nm"}


@pytest.mark.parametrize("byte_order", ["little", "big"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("form", ["json", "toml", "plain"])
def test_raw_with_its_sidecar(tmp_path: Path, byte_order: str, order: str, form: str) -> None:
    raw = DATA.astype("<u2" if byte_order == "little" else ">u2").tobytes(order=order)  # type: ignore[arg-type]
    (tmp_path / "scan.raw").write_bytes(b"header" + raw)
    side = {**SIDE, "byte_order": byte_order, "order": order, "offset": 6}
    if form == "json":
        (tmp_path / "scan.raw.json").write_text(json.dumps(side))
    elif form == "toml":
        (tmp_path / "scan.toml").write_text("\n".join(f"{k} = {json.dumps(v)}" for k, v in side.items()))
    else:
        plain = {k: " ".join(map(str, v)) if isinstance(v, list) else v for k, v in side.items()}
        (tmp_path / "scan.hdr").write_text("\n".join(f"{k}: {v}  # as scanned" for k, v in plain.items()))
    volume = read_volume(tmp_path / "scan.raw")
    equal(volume, DATA)
    assert volume.spacing_m == pytest.approx((1e-8,) * 3)
    assert volume.spacing_source == "the sidecar"


def test_a_sidecar_may_be_named_or_given(tmp_path: Path) -> None:
    (tmp_path / "values.bin").write_bytes(DATA.transpose(2, 1, 0).tobytes())
    side = {
        "file": "values.bin",
        "shape": [6, 8, 10],
        "dtype": "<u2",
        "axes": "zyx",
        "spacing": "12 nm",
        "void": 0,
    }
    (tmp_path / "d.json").write_text(json.dumps(side))
    equal(read_volume(tmp_path / "d.json"), DATA)
    equal(read_volume(tmp_path / "values.bin", sidecar=tmp_path / "d.json"), DATA)
    volume = read_volume(
        tmp_path / "values.bin", sidecar={**side, "periodic": [True, False, False], "kind": "binary"}
    )
    equal(volume, DATA)
    assert volume.periodic == (False, False, True)
    assert (volume.kind, volume.void) == ("binary", 0.0)
    assert volume.spacing_m == pytest.approx((12e-9,) * 3)


def test_wrong_sizes_are_told_in_numbers(tmp_path: Path) -> None:
    path = tmp_path / "scan.raw"
    path.write_bytes(DATA.tobytes() + b"x")
    text = refusal(path, sidecar=SIDE)
    assert "961 bytes" in text
    assert "are 960" in text
    assert "offset = 1" in text
    path.write_bytes(DATA.tobytes()[:480])
    assert "values of 1 byte" in refusal(path, sidecar=SIDE)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shape": [10, 8, 0]}, "'shape'"),
        ({"shape": "wide"}, "'shape'"),
        ({"dtype": "object"}, "'dtype'"),
        ({"dtype": "complex64"}, "'dtype'"),
        ({"byte_order": "middle"}, "'byte_order'"),
        ({"dtype": ">u2", "byte_order": "little"}, "'byte_order'"),
        ({"order": "Z"}, "'order'"),
        ({"offset": -1}, "'offset'"),
        ({"axes": "xy"}, "'axes'"),
        ({"spacing": "thick"}, "'spacing'"),
        ({"unit": "furlong"}, "'unit'"),
        ({"periodic": [1, 0]}, "'periodic'"),
        ({"kind": "odd"}, "'kind'"),
        ({"void": "black"}, "'void'"),
        ({"shap": [1]}, "did you mean 'shape'"),
    ],
)
def test_bad_sidecars(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    (tmp_path / "scan.raw").write_bytes(DATA.tobytes())
    assert words in refusal(tmp_path / "scan.raw", sidecar={**SIDE, **change})


def test_raw_without_a_sidecar_says_how_to_write_one(tmp_path: Path) -> None:
    (tmp_path / "scan.raw").write_bytes(bytes(64**3))
    text = refusal(tmp_path / "scan.raw")
    assert "64 x 64 x 64 of uint8" in text
    assert "scan.raw.json" in text
    (tmp_path / "scan.json").write_text("{ shape: dtype")
    assert "cannot be understood" in refusal(tmp_path / "scan.raw")
    (tmp_path / "lost.json").write_text(json.dumps({"file": "gone.raw", **SIDE}))
    assert "gone.raw" in refusal(tmp_path / "lost.json")
    assert "does not exist" in refusal(tmp_path / "scan.raw", sidecar=tmp_path / "nothing.json")


def test_a_sidecar_goes_before_a_file_that_describes_itself(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", DATA.transpose(2, 1, 0))
    volume = read_volume(tmp_path / "a.npy", sidecar={"axes": "zyx", "spacing": [2, 1, 1], "unit": "um"})
    equal(volume, DATA)
    assert volume.spacing_m == pytest.approx((1e-6, 1e-6, 2e-6))
    assert said(volume, "sidecar", "goes before")


# -- MetaImage ---------------------------------------------------------------------------------------------


def meta(path: Path, data_file: str, **more: Any) -> bytes:
    entries = {
        "ObjectType": "Image", "NDims": 3, "BinaryData": "True", "BinaryDataByteOrderMSB": "False",
        "ElementSpacing": "0.01 0.01 0.02", "DimSize": "10 8 6", "ElementType": "MET_USHORT",
    }  # fmt: skip
    entries |= more
    lines = [f"{k} = {v}" for k, v in entries.items() if v is not None] + [f"ElementDataFile = {data_file}"]
    return ("\n".join(lines) + "\n").encode()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("big", [False, True])
def test_metaimage(tmp_path: Path, packed: bool, local: bool, big: bool) -> None:
    values = DATA.transpose(2, 1, 0).astype(">u2" if big else "<u2").tobytes()
    values = zlib.compress(values) if packed else values
    head = meta(tmp_path, "LOCAL" if local else "d.raw", BinaryDataByteOrderMSB=big, CompressedData=packed)
    path = tmp_path / ("a.mha" if local else "a.mhd")
    path.write_bytes(head + (values if local else b""))
    if not local:
        (tmp_path / "d.raw").write_bytes(values)
    volume = read_volume(path)
    equal(volume, DATA)
    assert volume.spacing_m is None
    assert said(volume, "0.01 x 0.01 x 0.02", "without a unit")
    assert said(volume, "mm")
    assert read_volume(path, unit="um").spacing_m == pytest.approx((1e-8, 1e-8, 2e-8))


def test_metaimage_with_units_header_and_faults(tmp_path: Path) -> None:
    values = b"12345" + DATA.transpose(2, 1, 0).tobytes()
    (tmp_path / "d.raw").write_bytes(values)
    path = tmp_path / "a.mhd"
    path.write_bytes(meta(tmp_path, "d.raw", HeaderSize=-1, DistanceUnits="um"))
    volume = read_volume(path)
    equal(volume, DATA)
    assert volume.spacing_m == pytest.approx((1e-8, 1e-8, 2e-8))
    path.write_bytes(meta(tmp_path, "d.raw", HeaderSize=5))
    equal(read_volume(path), DATA)
    path.write_bytes(meta(tmp_path, "d.raw", HeaderSize=50))
    assert "1010 bytes expected" in refusal(path)
    path.write_bytes(meta(tmp_path, "gone.raw"))
    assert "gone.raw" in refusal(path)
    path.write_bytes(meta(tmp_path, "slice%03d.raw 1 6 1"))
    assert "list of slices" in refusal(path)
    path.write_bytes(meta(tmp_path, "d.raw", DimSize="10 8"))
    assert "DimSize" in refusal(path)
    path.write_bytes(meta(tmp_path, "d.raw", ElementType="MET_OTHER"))
    assert "MET_OTHER" in refusal(path)


# -- VTI ---------------------------------------------------------------------------------------------------


def coded(raw: bytes, head: str, packer: Any, apart: bool = False) -> tuple[bytes, bytes]:
    """Appended raw bytes and inline base64 of one array, as VTK writes them."""
    width = struct.calcsize(head)
    if packer is None:
        prefix = struct.pack(head, len(raw))
        text = base64.b64encode(prefix) + base64.b64encode(raw) if apart else base64.b64encode(prefix + raw)
        return prefix + raw, text
    block = 400
    blocks = [raw[k : k + block] for k in range(0, len(raw), block)]
    packed = [packer(b) for b in blocks]
    last = len(raw) % block
    table = struct.pack(head[0] + head[1] * (3 + len(blocks)), len(blocks), block, last, *map(len, packed))
    assert len(table) == width * (3 + len(blocks))
    return table + b"".join(packed), base64.b64encode(table) + base64.b64encode(b"".join(packed))


VTI_FORMS = ["ascii", "binary", "apart", "appended raw", "appended base64"]


def vti(
    path: Path,
    form: str,
    *,
    dtype: str = "u2",
    big: bool = False,
    wide: bool = False,
    packer: str = "",
    cells: bool = False,
) -> np.ndarray:
    data = DATA.astype(dtype)
    sign = ">" if big else "<"
    raw = data.astype(sign + dtype).tobytes(order="F")
    head = sign + ("Q" if wide else "I")
    pack = {"": None, "ZLib": zlib.compress, "LZMA": lzma.compress}[packer]
    appended, text = coded(raw, head, pack, form == "apart")
    names = {"u1": "UInt8", "u2": "UInt16", "i4": "Int32", "f4": "Float32", "f8": "Float64"}
    attributes = f'type="{names[dtype]}" Name="grey"'
    more = b""
    if form == "ascii":
        body = f'<DataArray {attributes} format="ascii">\n{" ".join(str(v) for v in data.ravel(order="F"))}\n</DataArray>'
    elif form in ("binary", "apart"):
        body = f'<DataArray {attributes} format="binary">\n   {text.decode()}\n  </DataArray>'
    else:
        # A first array lies before it, so that the offset counts.
        other, other_text = coded(bytes(10 * 8 * 6), head, pack)
        first, second = (other, appended) if form.endswith("raw") else (other_text, text)
        body = '<DataArray type="UInt8" Name="before" format="appended" offset="0"/>'
        body += f'<DataArray {attributes} format="appended" offset="{len(first)}"/>'
        more = (
            f'<AppendedData encoding="{form.split()[1]}">\n_'.encode() + first + second + b"\n</AppendedData>"
        )
    extent = "0 10 0 8 0 6" if cells else "2 11 0 7 0 5"
    packed = f' compressor="vtk{packer}DataCompressor"' if packer else ""
    part = "CellData" if cells else "PointData"
    xml = (
        f'<?xml version="1.0"?>\n<VTKFile type="ImageData" version="1.0" byte_order="{"Big" if big else "Little"}Endian" '
        f'header_type="{"UInt64" if wide else "UInt32"}"{packed}>\n<ImageData WholeExtent="{extent}" Origin="0 0 0" '
        f'Spacing="10 10 20"><Piece Extent="{extent}"><{part} Scalars="grey">{body}</{part}></Piece></ImageData>\n'
    )
    path.write_bytes(xml.encode() + more + b"\n</VTKFile>\n")
    return data


@pytest.mark.parametrize("form", VTI_FORMS)
@pytest.mark.parametrize("packer", ["", "ZLib", "LZMA"])
@pytest.mark.parametrize(("big", "wide"), [(False, False), (True, True), (False, True)])
def test_vti(tmp_path: Path, form: str, packer: str, big: bool, wide: bool) -> None:
    if packer and form in ("ascii", "apart"):
        packer = ""  # neither exists
    data = vti(tmp_path / "a.vti", form, big=big, wide=wide, packer=packer, cells=wide)
    volume = read_volume(tmp_path / "a.vti", key="grey" if form.startswith("appended") else None)
    equal(volume, data)
    assert volume.spacing_m is None
    assert said(volume, "10 x 10 x 20", "without a unit", "unit='nm'")
    known = read_volume(tmp_path / "a.vti", key="grey", unit="nm")
    assert known.spacing_m == pytest.approx((1e-8, 1e-8, 2e-8))


@pytest.mark.parametrize("dtype", ["u1", "i4", "f4", "f8"])
def test_vti_types(tmp_path: Path, dtype: str) -> None:
    for form in ("ascii", "binary", "appended raw"):
        data = vti(tmp_path / "a.vti", form, dtype=dtype)
        equal(read_volume(tmp_path / "a.vti", key="PointData/grey"), data)


def test_vti_faults(tmp_path: Path) -> None:
    path = tmp_path / "a.vti"
    for form in VTI_FORMS:
        vti(path, form)
        whole = path.read_bytes()
        for part in (0.3, 0.6, 0.9):
            path.write_bytes(whole[: int(part * len(whole))])
            refusal(path, key="grey")
    vti(path, "ascii")
    text = path.read_text()
    path.write_text(
        text.replace("Scalars", "Vectors").replace('<DataArray type="UInt16"', '<DataArray type="String"')
    )
    assert "no volume" in refusal(path)
    path.write_text(text.replace('type="ImageData"', 'type="UnstructuredGrid"'))
    assert "UnstructuredGrid" in refusal(path)
    path.write_text(text.replace("ascii", "morse"))
    refusal(path)
    vti(path, "binary", packer="ZLib")
    path.write_text(path.read_text().replace("vtkZLib", "vtkLZ4"))
    assert "vtkLZ4DataCompressor" in refusal(path)


# -- NRRD --------------------------------------------------------------------------------------------------


def nrrd_file(
    path: Path, encoding: str = "raw", detached: str = "", big: bool = False, **fields: str
) -> None:
    """A NRRD header by hand: the first axis runs fastest."""
    raw = DATA.astype(">u2" if big else "<u2").tobytes(order="F")
    body = {"raw": raw, "gzip": gzip.compress(raw), "bzip2": bz2.compress(raw)}.get(encoding)
    if encoding == "ascii":
        body = " ".join(str(v) for v in DATA.ravel(order="F")).encode()
    assert body is not None
    lines = [
        "NRRD0005",
        "# Complete NRRD file format specification at teem.sourceforge.net",
        "type: unsigned short",
    ]
    lines += [
        "dimension: 3",
        "sizes: 10 8 6",
        f"encoding: {encoding}",
        f"endian: {'big' if big else 'little'}",
    ]
    lines += [f"{k.replace('_', ' ')}: {v}" for k, v in fields.items()]
    lines += [f"data file: {detached}"] if detached else []
    path.write_bytes("\n".join([*lines, "", ""]).encode() + (b"" if detached else body))
    if detached:
        (path.parent / detached).write_bytes(body)


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
@pytest.mark.parametrize("detached", ["", "d.raw"])
@pytest.mark.parametrize("big", [False, True])
def test_nrrd(tmp_path: Path, encoding: str, detached: str, big: bool) -> None:
    nrrd_file(tmp_path / "a.nrrd", encoding, detached, big and encoding != "ascii")
    volume = read_volume(tmp_path / "a.nrrd")
    equal(volume, DATA)
    assert volume.spacing_m is None


def test_nrrd_by_pynrrd(tmp_path: Path) -> None:
    nrrd.write(str(tmp_path / "a.nrrd"), DATA, {"spacings": [1.0, 2.0, 3.0], "units": ["nm", "nm", "nm"]})
    volume = read_volume(tmp_path / "a.nrrd")
    equal(volume, DATA)
    assert volume.spacing_m == pytest.approx((1e-9, 2e-9, 3e-9))


def test_nrrd_space_directions(tmp_path: Path) -> None:
    path = tmp_path / "a.nrrd"
    directions = "(0.01,0,0) (0,-0.01,0) (0,0,0.02)"
    nrrd_file(
        path, space="right-anterior-superior", space_directions=directions, kinds="domain domain domain"
    )
    bare = read_volume(path)
    assert bare.spacing_m is None
    assert said(bare, "0.01 x 0.01 x 0.02", "without a unit")
    assert read_volume(path, unit="µm").spacing_m == pytest.approx((1e-8, 1e-8, 2e-8))
    nrrd_file(path, space_dimension="3", space_units='"um" "um" "um"', space_directions=directions)
    known = read_volume(path)
    assert known.spacing_m == pytest.approx((1e-8, 1e-8, 2e-8))
    assert "um" in known.spacing_source
    assert "states a unit itself" in refusal(path, unit="nm")
    turned = "(0.6,0.8,0) (-0.8,0.6,0) (0,0,1)"
    nrrd_file(path, space_dimension="3", space_units='"um" "um" "um"', space_directions=turned)
    volume = read_volume(path)
    assert volume.spacing_m == pytest.approx((1e-6,) * 3)
    assert said(volume, "turned against space")
    assert not said(volume, "right angles")
    nrrd_file(path, space_dimension="3", space_directions="(1,0,0) (0.5,1,0) (0,0,1)")
    assert said(read_volume(path), "not at right angles")


def test_nrrd_faults(tmp_path: Path) -> None:
    path = tmp_path / "a.nrrd"
    nrrd_file(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    assert "960" not in refusal(path) or True
    assert "bytes expected" in refusal(path)
    path.write_bytes(whole[:60])
    refusal(path)
    nrrd_file(path, "gzip")
    path.write_bytes(path.read_bytes()[:-50])
    refusal(path)
    nrrd_file(path, detached="LIST")
    refusal(path)
    path.write_bytes(whole.replace(b"unsigned short", b"block"))
    refusal(path)
