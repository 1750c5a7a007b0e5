"""Properties: what a writer wrote is read back; bytes that no writer wrote give an `InputError` and nothing else."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import hypothesis.extra.numpy as extra
import nrrd
import numpy as np
import pytest
import scipy.io
import tifffile
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from percola.errors import InputError
from percola.scan.read import describe, read_volume

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
DTYPES = st.sampled_from(["u1", "i1", "<u2", ">i2", "<i4", "<f4", ">f8"])


@st.composite
def volumes(draw: Any, dtypes: Any = DTYPES, least: int = 2, top: int = 7) -> np.ndarray:
    dtype = np.dtype(draw(dtypes))
    shape = draw(st.tuples(*[st.integers(least, top)] * 3))
    if dtype.kind == "f":
        elements: Any = st.floats(-1e6, 1e6, width=32)
    else:
        info = np.iinfo(dtype)
        elements = st.integers(info.min, info.max)
    return draw(extra.arrays(dtype, shape, elements=elements, fill=st.nothing()))


def write_tiff(path: Path, data: np.ndarray) -> None:
    tifffile.imwrite(
        path, data.transpose(2, 1, 0), photometric="minisblack", byteorder=data.dtype.str[0].replace("|", "<")
    )


def write_zipped_tiff(path: Path, data: np.ndarray) -> None:
    tifffile.imwrite(
        path, data.transpose(2, 1, 0), photometric="minisblack", compression="zlib", metadata=None
    )


def write_hdf5(path: Path, data: np.ndarray) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("v", data=data, chunks=(2, 2, 2), compression="gzip")


def write_netcdf(path: Path, data: np.ndarray) -> None:
    with scipy.io.netcdf_file(path, "w") as file:
        for name, n in zip("xyz", data.shape, strict=True):
            file.createDimension(name, n)
        file.createVariable("v", data.dtype.newbyteorder(">"), tuple("xyz"))[:] = data


def write_nrrd(path: Path, data: np.ndarray) -> None:
    nrrd.write(str(path), data)


WRITERS: dict[str, tuple[Callable[[Path, np.ndarray], Any], Any]] = {
    "a.tif": (write_tiff, DTYPES),
    "z.tif": (write_zipped_tiff, DTYPES),
    "a.npy": (np.save, DTYPES),
    "a.npz": (lambda p, d: np.savez(p, v=d), DTYPES),
    "z.npz": (lambda p, d: np.savez_compressed(p, v=d), DTYPES),
    "a.h5": (write_hdf5, DTYPES),
    "a.zarr": (lambda p, d: zarr.create_array(p, data=d, chunks=(3, 3, 3)), DTYPES),
    "a.nc": (write_netcdf, st.sampled_from(["i1", ">i2", "<i4", "<f4", ">f8"])),
    "a.nrrd": (write_nrrd, DTYPES),
}


@pytest.mark.parametrize("name", WRITERS)
@QUICK
@given(data=st.data())
def test_what_was_written_is_read_back(name: str, data: st.DataObject) -> None:
    write, dtypes = WRITERS[name]
    array = data.draw(volumes(dtypes))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(path, array)
        volume = read_volume(path)
        assert volume.shape == array.shape
        assert volume.values.dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(np.array(volume.values), array)
        key = tuple(
            data.draw(st.one_of(st.slices(n), st.integers(-n, n - 1)))
            for n in array.shape[: data.draw(st.integers(0, 3))]
        )
        np.testing.assert_array_equal(np.array(volume.values[key]), array[key])
        assert volume.metadata["values"]["range"] == [float(array.min()), float(array.max())]
        few = len(np.unique(array))
        assert (volume.kind == "binary") == (few <= 2)
        describe(volume)
        del volume


@QUICK
@given(slices=st.lists(extra.arrays(np.uint8, (3, 5)), min_size=2, max_size=13))
def test_slices_come_back_in_their_order(slices: list[np.ndarray]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for k, plane in enumerate(slices):
            Image.fromarray(plane).save(Path(folder) / f"s{k}.bmp")
        values = read_volume(folder).values
        np.testing.assert_array_equal(np.asarray(values), np.stack(slices).transpose(2, 1, 0))


def complete(error: InputError) -> None:
    """A refusal names the place, what was found and what to do."""
    assert error.where
    assert error.found
    assert error.remedy


HEADS = [
    b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff\xe0",
    b"BM" + bytes(12) + b"(\0\0\0", b"\x93NUMPY\x01\0v\0", b"\x93NUMPY\x02\0", b"PK\x03\x04", b"PK\x05\x06",
    b"\x89HDF\r\n\x1a\n\0", b"CDF\x01", b"CDF\x02\0\0\0\0\0\0\0\n", b"CDF\x05", b"NRRD0004\n", b"NRRD0005\ntype: float\n",
    b'<?xml version="1.0"?><VTKFile type="ImageData">', b"<VTKFile", b"ObjectType = Image\nNDims = 3\n", b"\x1f\x8b",
    b"{", b"<AppendedData>_",
]  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.sampled_from(HEADS),
    rest=st.binary(max_size=400),
    suffix=st.sampled_from(["", ".tif", ".raw", ".json", ".h5"]),
)
def test_any_bytes_give_an_input_error(
    head: bytes, rest: bytes, suffix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"scan{suffix}"
        path.write_bytes(head + rest)
        try:
            volume = read_volume(path)
        except InputError as error:
            complete(error)
        else:  # what is read by luck must be whole
            np.array(volume.values)
            del volume
    out = capfd.readouterr()
    assert out.out + out.err == ""


def samples(folder: Path) -> dict[str, bytes]:
    rng = np.random.default_rng(4)
    data = rng.integers(0, 250, (6, 7, 8), np.uint8)
    out = {}
    for name, (write, _) in WRITERS.items():
        if name == "a.zarr":
            continue
        write(folder / name, data)
        out[name] = (folder / name).read_bytes()
    for suffix in ("png", "jpg", "bmp"):
        Image.fromarray(data[0].repeat(4, 0).repeat(4, 1)).save(folder / f"a.{suffix}")
        out[f"a.{suffix}"] = (folder / f"a.{suffix}").read_bytes()
    values = " ".join(map(str, data.ravel()))
    out["a.vti"] = (
        '<VTKFile type="ImageData" byte_order="LittleEndian"><ImageData WholeExtent="0 5 0 6 0 7" Spacing="1 1 1">'
        f'<Piece Extent="0 5 0 6 0 7"><PointData><DataArray type="UInt8" Name="g" format="ascii">{values}</DataArray>'
        "</PointData></Piece></ImageData></VTKFile>"
    ).encode()
    out["a.mha"] = (
        b"ObjectType = Image\nNDims = 3\nDimSize = 8 7 6\nElementType = MET_UCHAR\nElementSpacing = 1 1 1\n"
        b"ElementDataFile = LOCAL\n" + data.tobytes()
    )
    return out


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return samples(tmp_path_factory.mktemp("whole"))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_give_an_input_error_or_a_volume(
    data: st.DataObject, whole_files: dict[str, bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    """Bytes changed or cut anywhere: never another exception, never a word on the terminal."""
    name = data.draw(st.sampled_from(sorted(whole_files)))
    if name.endswith(".h5"):  # the HDF5 library itself may crash on changed bytes: only cut files
        content = bytearray(whole_files[name][: data.draw(st.integers(1, len(whole_files[name])))])
    else:
        content = bytearray(whole_files[name])
        # Headers decide: half of the places lie in the first 300 bytes.
        near = st.one_of(st.integers(0, min(300, len(content) - 1)), st.integers(0, len(content) - 1))
        for place, value in data.draw(st.lists(st.tuples(near, st.integers(0, 255)), max_size=4)):
            content[place] = value
        if data.draw(st.booleans()):
            content = content[: data.draw(st.integers(1, len(content)))]
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / name).write_bytes(content)
        try:
            volume = read_volume(folder / name)
            if volume.voxels < 1e6:
                np.array(volume.values)
            del volume
        except InputError as error:
            complete(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    out = capfd.readouterr()
    assert out.out + out.err == ""
