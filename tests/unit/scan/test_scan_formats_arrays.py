"""Arrays: npy, npz, zarr, OME-zarr, HDF5, netCDF and Percola's own fields, written by the libraries or by hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io
import zarr

from percola.errors import InputError
from percola.scan.formats._lazy import Lazy
from percola.scan.read import bytes_needed, describe, read_volume
from percola.store import fields

RNG = np.random.default_rng(5)
DATA = RNG.integers(0, 60000, (6, 8, 10), np.uint16)


def said(volume: Any, *words: str) -> bool:
    return any(all(w in n for w in words) for n in volume.notes)


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        read_volume(path, **options)
    assert caught.value.found
    assert caught.value.remedy
    return str(caught.value)


def equal(volume: Any, expected: np.ndarray) -> None:
    """Values as a whole and by slices of every sort."""
    assert volume.shape == expected.shape
    np.testing.assert_array_equal(np.asarray(volume.values), expected)
    assert np.asarray(volume.values).dtype.isnative
    np.testing.assert_array_equal(volume.values[1:3], expected[1:3])
    np.testing.assert_array_equal(volume.values[..., -2], expected[..., -2])
    np.testing.assert_array_equal(volume.values[::-2, 3], expected[::-2, 3])
    np.testing.assert_array_equal(volume.values[2:2], expected[2:2])


# -- NumPy -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2", ">f4", "f8", "?", "i8"])
def test_npy_stays_on_disk(tmp_path: Path, dtype: str, order: str) -> None:
    data = np.asarray(DATA > 30000 if dtype == "?" else DATA % 200, dtype=dtype, order=order)
    np.save(tmp_path / "a.npy", data)
    volume = read_volume(tmp_path / "a.npy")
    equal(volume, data.astype(data.dtype.newbyteorder("=")))
    assert said(volume, "x = axis 0", "no names in the file")
    assert bytes_needed(volume) == data.nbytes
    turned = read_volume(tmp_path / "a.npy", axes="zyx")
    equal(turned, data.astype(data.dtype.newbyteorder("=")).transpose(2, 1, 0))
    assert said(turned, "as given")


def test_npy_that_is_no_volume(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.zeros(5))
    assert "1 axes" in refusal(path)
    np.save(path, np.zeros(()))
    refusal(path)
    np.save(path, np.zeros((3, 4, 5, 6)))
    text = refusal(path)
    assert "4 axes (3 x 4 x 5 x 6)" in text
    assert "axes='cxyz'" in text
    equal(read_volume(path, axes="cxyz", channel=1), np.zeros((4, 5, 6)))
    np.save(path, np.zeros((1, 4, 5, 6)))
    equal(read_volume(path), np.zeros((4, 5, 6)))
    np.save(path, np.zeros((3, 0, 5)))
    assert "(3, 0, 5)" in refusal(path)
    np.save(path, np.zeros((3, 4), complex))
    assert "complex" in refusal(path)
    np.save(path, np.array([[{}, []]], object), allow_pickle=True)
    assert "Python objects" in refusal(path)
    np.save(path, np.zeros((3, 4), [("a", "f4"), ("b", "u1")]))
    assert "records" in refusal(path)
    np.save(path, np.array([["a", "b"]]))
    assert "text" in refusal(path)
    np.save(path, DATA)
    path.write_bytes(path.read_bytes()[:-7])
    text = refusal(path)
    assert f"{128 + DATA.nbytes} bytes expected" in text
    assert f"{128 + DATA.nbytes - 7} found" in text


def test_npz_chosen_or_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    for save in (np.savez, np.savez_compressed):
        save(path, volume=DATA, spacing_m=np.array([1e-8, 1e-8, 2e-8]), line=np.arange(4))
        volume = read_volume(path)
        equal(volume, DATA)
        assert volume.spacing_m == pytest.approx((1e-8, 1e-8, 2e-8))
        assert said(volume, "also holds")
        save(path, a=DATA, b=DATA)
        text = refusal(path)
        assert "a (6 x 8 x 10, uint16)" in text
        assert "key='a'" in text
        equal(read_volume(path, key="b"), DATA)
        assert "did you mean" in refusal(path, key="bb")
        save(path, line=np.arange(4))
        assert "no volume and no image" in refusal(path)
        save(path, a=np.array([[None]]))
        refusal(path)
        refusal(path, key="a")


def test_damaged_npz(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, a=RNG.random((40, 40, 40)))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    refusal(path)
    broken = bytearray(data)
    broken[len(data) // 3 : len(data) // 3 + 200] = bytes(200)
    path.write_bytes(broken)
    refusal(path)
    path.write_bytes(b"PK\x05\x06" + bytes(18))
    assert "zip file" in refusal(path)


# -- zarr --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [2, 3])
def test_zarr_array(tmp_path: Path, version: Any) -> None:
    path = tmp_path / "a.zarr"
    array = zarr.create_array(path, data=DATA, chunks=(3, 4, 4), zarr_format=version)
    array.attrs["voxel_size_nm"] = [10, 10, 20]
    volume = read_volume(path)
    equal(volume, DATA)
    assert isinstance(volume.values, Lazy)
    assert volume.spacing_m == pytest.approx((1e-8, 1e-8, 2e-8))
    assert "voxel_size_nm" in volume.spacing_source


def test_zarr_dimension_names(tmp_path: Path) -> None:
    zarr.create_array(tmp_path / "a.zarr", data=DATA, dimension_names=["z", "y", "x"])
    equal(read_volume(tmp_path / "a.zarr"), DATA.transpose(2, 1, 0))
    array = zarr.create_array(tmp_path / "b.zarr", data=DATA, zarr_format=2)
    array.attrs["_ARRAY_DIMENSIONS"] = ["y", "depth", "x"]
    equal(read_volume(tmp_path / "b.zarr"), DATA.transpose(2, 0, 1))


def test_zarr_group_with_a_choice(tmp_path: Path) -> None:
    group = zarr.create_group(tmp_path / "g.zarr", attributes={"spacing": 0.02, "unit": "micrometer"})
    group.create_array("raw/one", data=DATA)
    volume = read_volume(tmp_path / "g.zarr")
    equal(volume, DATA)
    assert volume.spacing_m == pytest.approx((2e-8,) * 3)
    group.create_array("raw/two", data=DATA[:3])
    text = refusal(tmp_path / "g.zarr")
    assert "raw/one" in text
    assert "raw/two" in text
    assert read_volume(tmp_path / "g.zarr", key="raw/two").shape == (3, 8, 10)
    assert "raw/one" in refusal(tmp_path / "g.zarr", key="raw/three")


def test_lost_chunks_are_told(tmp_path: Path) -> None:
    array = zarr.create_array(tmp_path / "a.zarr", data=DATA + 1, chunks=(3, 8, 10), fill_value=0)
    del array
    next(p for p in (tmp_path / "a.zarr").rglob("0") if p.is_file()).unlink()
    assert said(read_volume(tmp_path / "a.zarr"), "1 of 2 chunks are not on disk")


def test_damaged_zarr(tmp_path: Path) -> None:
    zarr.create_array(tmp_path / "a.zarr", data=DATA, chunks=(6, 8, 10))
    chunk = next(p for p in (tmp_path / "a.zarr").rglob("0") if p.is_file())
    chunk.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(40))
    refusal(tmp_path / "a.zarr")
    (tmp_path / "a.zarr" / "zarr.json").write_text("{")
    refusal(tmp_path / "a.zarr")
    (tmp_path / "b.zarr").mkdir()
    (tmp_path / "b.zarr" / ".zarray").write_text(json.dumps({"zarr_format": 2, "shape": [2]}))
    refusal(tmp_path / "b.zarr")


def ome(path: Path, version: str, axes: list[dict[str, str]], scale: list[float], data: np.ndarray) -> None:
    """An OME-zarr pyramid of two resolutions, as the specification 0.4 (zarr 2) and 0.5 (zarr 3) have it."""
    old = version == "0.4"
    group = zarr.create_group(path, zarr_format=2 if old else 3)
    datasets = []
    for level in range(2):
        step = 2**level
        part = data[(..., *[slice(None, None, step)] * 3)]
        group.create_array(f"s{level}", data=part)
        factors = [f * (step if a["type"] == "space" else 1) for f, a in zip(scale, axes, strict=True)]
        transforms = [
            {"type": "scale", "scale": factors},
            {"type": "translation", "translation": [0.0] * len(scale)},
        ]
        datasets.append({"path": f"s{level}", "coordinateTransformations": transforms})
    entry: dict[str, Any] = {"axes": axes, "datasets": datasets, "name": "scan"}
    if old:
        group.attrs["multiscales"] = [{**entry, "version": "0.4"}]
    else:
        group.attrs["ome"] = {"version": "0.5", "multiscales": [entry]}


SPACE = [{"name": n, "type": "space", "unit": "nanometer"} for n in "zyx"]


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr(tmp_path: Path, version: str) -> None:
    path = tmp_path / "o.zarr"
    ome(path, version, SPACE, [30.0, 10.0, 12.0], DATA)
    volume = read_volume(path)
    equal(volume, DATA.transpose(2, 1, 0))
    assert volume.spacing_m == pytest.approx((12e-9, 10e-9, 30e-9))
    assert version in volume.format
    assert said(volume, "Resolution 0 of 2")
    half = read_volume(path, resolution=1)
    assert half.shape == (5, 4, 3)
    assert half.spacing_m == pytest.approx((24e-9, 20e-9, 60e-9))
    assert read_volume(path, key="s1").spacing_m == half.spacing_m
    assert "has 2 resolutions" in refusal(path, resolution=2)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr_channels_and_missing_unit(tmp_path: Path, version: str) -> None:
    data = np.stack([DATA, DATA // 2])[None]
    axes = [{"name": "t", "type": "time", "unit": "second"}, {"name": "c", "type": "channel"}]
    axes += [{"name": n, "type": "space"} for n in "zyx"]
    ome(tmp_path / "o.zarr", version, axes, [1, 1, 0.3, 0.1, 0.1], data)
    assert "channel=0" in refusal(tmp_path / "o.zarr")
    volume = read_volume(tmp_path / "o.zarr", channel=1)
    equal(volume, (DATA // 2).transpose(2, 1, 0))
    assert volume.spacing_m is None
    assert said(volume, "0.1 x 0.1 x 0.3", "without a unit")
    known = read_volume(tmp_path / "o.zarr", channel=1, unit="micrometer")
    assert known.spacing_m == pytest.approx((1e-7, 1e-7, 3e-7))


def test_bioformats2raw_layout(tmp_path: Path) -> None:
    root = zarr.create_group(tmp_path / "b.zarr", zarr_format=2, attributes={"bioformats2raw.layout": 3})
    del root
    ome(tmp_path / "b.zarr" / "0", "0.4", SPACE, [1.0, 1.0, 1.0], DATA)
    assert read_volume(tmp_path / "b.zarr").spacing_m == pytest.approx((1e-9,) * 3)


# -- Percola's own runs ------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path) -> Path:
    store = tmp_path / "run1" / "fields.zarr"
    level = RNG.standard_normal((8, 9, 10)).astype(np.float32)
    for group, periodic in (("core/0", [True, True, True]), ("outer_surface/0", [True, True, False])):
        fields.write_group(
            store,
            group,
            {"level": level, "void": level < 0, "phi": level + 2},
            {"spacing_m": 1.37e-8, "periodic": periodic, "gel_spacing_m": 1.5e-8, "rich_fraction": 0.6},
        )
    return tmp_path / "run1"


def test_a_run_gives_its_level_field(run: Path) -> None:
    expected, _ = fields.read_group(run / "fields.zarr", "core/0")
    for path in (run, run / "fields.zarr", run / "fields.zarr" / "core" / "0"):
        volume = read_volume(path)
        equal(volume, expected["level"])
        assert volume.kind == "level"
        assert volume.periodic == (True, True, True)
        assert volume.spacing_m == pytest.approx((1.37e-8,) * 3)
        assert volume.metadata["region"] in ("core/0", "0")
    surface = read_volume(run, key="outer_surface/0")
    assert surface.periodic == (True, True, False)
    assert read_volume(run, key="outer_surface").metadata["region"] == "outer_surface/0"
    void = read_volume(run, key="core/0/void")
    assert (void.kind, void.void) == ("binary", 1.0)
    gel = read_volume(run, key="core/0/phi")
    assert gel.spacing_m == pytest.approx((1.5e-8,) * 3)  # before drying
    assert "core/0, outer_surface/0" in refusal(run, key="middle")
    assert "level, phi, void" in refusal(run, key="core/0/psi")


def test_a_run_without_fields(tmp_path: Path) -> None:
    (tmp_path / "stages").mkdir()
    (tmp_path / "manifest.json").write_text("{}")
    assert "run without fields" in refusal(tmp_path)


# -- HDF5 --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [{}, {"compression": "gzip"}, {"chunks": (2, 4, 5)}, {"compression": "lzf"}]
)
def test_hdf5(tmp_path: Path, options: dict[str, Any]) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", userblock_size=512) as file:
        data = file.create_dataset("t0/channel0", data=DATA.astype(">u2"), **options)
        data.attrs["element_size_um"] = [0.05, 0.01, 0.01]
        file.create_dataset("table", data=np.arange(10))
    volume = read_volume(path)
    equal(volume, DATA)
    assert volume.spacing_m == pytest.approx((5e-8, 1e-8, 1e-8))
    assert "element_size_um" in volume.spacing_source
    equal(read_volume(path, key="t0", axes="zyx"), DATA.transpose(2, 1, 0))
    assert read_volume(path, axes="zyx").spacing_m == pytest.approx((1e-8, 1e-8, 5e-8))


@pytest.mark.parametrize(
    ("where", "attributes", "expected"),
    [
        ("root", {"voxel_size": [10.0, 10.0, 20.0], "voxel_size_unit": "nm"}, (1e-8, 1e-8, 2e-8)),
        ("root", {"voxel_size_m": 2e-8}, (2e-8,) * 3),
        ("data", {"spacing": [0.01, 0.01, 0.02], "spacing_units": "µm"}, (1e-8, 1e-8, 2e-8)),
        ("data", {"spacing": "12 nm"}, (12e-9,) * 3),
        ("data", {"pixel_size": np.float32(1.5), "units": b"micron"}, (1.5e-6,) * 3),
        ("data", {"spacing": [0.01, 0.01]}, None),
        ("data", {"spacing": "broad"}, None),
    ],
)
def test_hdf5_attributes(tmp_path: Path, where: str, attributes: dict[str, Any], expected: Any) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset("v", data=DATA)
        for name, value in attributes.items():
            (file if where == "root" else data).attrs[name] = value
    assert read_volume(tmp_path / "a.h5").spacing_m == (None if expected is None else pytest.approx(expected))


def test_hdf5_that_needs_a_choice_or_a_filter(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["a"], file["b"], file["flat"] = DATA, DATA, DATA[0]
        file["objects"] = np.array([b"x", b"y"])
        file["z"] = np.zeros((2, 3), complex)
    text = refusal(path)
    assert "a (6 x 8 x 10, uint16)" in text
    assert "flat" not in text
    assert read_volume(path, key="/flat").shape == (8, 10)
    with h5py.File(path, "a") as file:
        file["link"], file["broken"] = h5py.SoftLink("/a"), h5py.SoftLink("/nowhere")
    equal(read_volume(path, key="link"), DATA)
    assert "has no dataset 'broken'" in refusal(path, key="broken")
    assert "complex" in refusal(path, key="z")
    assert "did you mean" in refusal(path, key="flap")
    with h5py.File(path, "w") as file:
        # Filter 32001 is Blosc; "optional" lets it be written without the filter.
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((6, 8, 10))
        plist.set_filter(32001, h5py.h5z.FLAG_OPTIONAL, (1, 2))
        space = h5py.h5s.create_simple(DATA.shape)
        h5py.h5d.create(file.id, b"v", h5py.h5t.NATIVE_UINT16, space, plist)
    assert "h5repack" in refusal(path)
    path.write_bytes(path.read_bytes()[:300])
    refusal(path)


# -- netCDF ------------------------------------------------------------------------------------------------


def netcdf4(path: Path, *, step: float = 20.0, units: str = "nm", uneven: bool = False) -> None:
    """A netCDF 4 file as its library lays it out in HDF5: dimension scales with coordinates and units."""
    with h5py.File(path, "w") as file:
        file.attrs["_NCProperties"] = "version=2,netcdf=4.9.2,hdf5=1.14.0"
        data = file.create_dataset("image", data=DATA)
        for k, name in enumerate(("z", "y", "x")):
            values = step * np.arange(DATA.shape[k], dtype=np.float32) + 1000
            if uneven and name == "z":
                values[-1] += step / 2
            scale = file.create_dataset(name, data=values)
            scale.make_scale(name)
            scale.attrs["units"] = units
            data.dims[k].attach_scale(scale)


def test_netcdf4_coordinates(tmp_path: Path) -> None:
    netcdf4(tmp_path / "a.nc")
    volume = read_volume(tmp_path / "a.nc")
    equal(volume, DATA.transpose(2, 1, 0))
    # Coordinates in single precision, 1000 nm from the origin, hold steps of 20 nm to about 1e-5.
    assert volume.spacing_m == pytest.approx((20e-9,) * 3, rel=1e-5)
    assert "units nm" in volume.spacing_source
    assert "netCDF 4" in volume.format
    netcdf4(tmp_path / "b.nc", uneven=True)
    uneven = read_volume(tmp_path / "b.nc")
    assert uneven.spacing_m is None
    assert said(uneven, "'z' is not evenly spaced")
    netcdf4(tmp_path / "c.nc", units="furlong")
    assert read_volume(tmp_path / "c.nc").spacing_m is None
    assert read_volume(tmp_path / "c.nc", unit="nm").spacing_m == pytest.approx((20e-9,) * 3, rel=1e-5)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("records", [False, True])
def test_netcdf3_agrees_with_scipy(tmp_path: Path, version: int, records: bool) -> None:
    path = tmp_path / "a.nc"
    data = (DATA // 2).astype(np.int16)
    with scipy.io.netcdf_file(path, "w", version=version) as file:
        for k, name in enumerate("zyx"):
            file.createDimension(name, None if records and name == "z" else data.shape[k])
        for k, name in enumerate("zyx"):
            axis = file.createVariable(name, "f8", (name,))
            axis[:] = 1.5 * np.arange(data.shape[k])[:: -1 if name == "y" else 1]
            axis.units = b"micrometers"
        image = file.createVariable("image", "i2", ("z", "y", "x"))
        image[:] = data
        byte = file.createVariable("mask", "i1", ("z",))
        byte[:] = np.zeros(data.shape[0], np.int8)
    volume = read_volume(path)
    equal(volume, data.transpose(2, 1, 0))
    assert volume.spacing_m == pytest.approx((1.5e-6,) * 3)
    assert said(volume, "'y' falls")
    with scipy.io.netcdf_file(path, "r", mmap=False) as file:
        np.testing.assert_array_equal(
            np.asarray(volume.values), file.variables["image"][:].transpose(2, 1, 0)
        )
    path.write_bytes(path.read_bytes()[:-200])
    refusal(path)


def test_netcdf3_files_of_scipys_tests() -> None:
    """Public files that scipy ships: none holds a volume; each is read or refused for what it holds."""
    folder = Path(scipy.io.__file__).parent / "tests" / "data"
    if not (folder / "example_3_maskedvals.nc").exists():
        pytest.skip("this scipy ships without its tests")
    assert "200 of the 200 values" in refusal(
        folder / "example_1.nc"
    )  # never written: the library's fill value
    assert "no volume and no image" in refusal(folder / "example_2.nc")
    assert "mark for missing values" in refusal(folder / "example_3_maskedvals.nc")


def test_packed_values_and_fill(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        data = file.create_dataset("v", data=DATA)
        data.attrs["scale_factor"], data.attrs["add_offset"], data.attrs["_FillValue"] = (
            0.5,
            10.0,
            np.uint16(65535),
        )
    volume = read_volume(path)
    np.testing.assert_array_equal(np.asarray(volume.values), (DATA * 0.5 + 10).astype(np.float32))
    assert said(volume, "0.5 x stored + 10")
    with h5py.File(path, "a") as file:
        file["v"][2, 3, 4] = 65535
    assert "1 of the 480 values" in refusal(path)
    with h5py.File(path, "a") as file:
        del file["v"].attrs["scale_factor"], file["v"].attrs["add_offset"]
    text = refusal(path)
    assert "missing values, 65535" in text
    assert "(2, 3, 4)" in text


# -- large files -------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="sparse files need a flag on Windows")
def test_a_file_larger_than_memory_is_described_at_once(tmp_path: Path) -> None:
    """A sparse npy of 256 GB: only planes are looked at, and a slice reads one plane."""
    path = tmp_path / "huge.npy"
    shape = (4000, 8000, 8000)
    header = np.lib.format.header_data_from_array_1_0(np.empty((1, 1, 1), np.uint8)) | {"shape": shape}
    with open(path, "wb") as handle:
        np.lib.format.write_array_header_1_0(handle, header)
        offset = handle.tell()
        try:
            handle.truncate(offset + 4000 * 8000 * 8000)
        except OSError:
            pytest.skip("this disk holds no sparse files")
    volume = read_volume(path)
    assert volume.shape == shape
    assert bytes_needed(volume) == 256_000_000_000
    facts = describe(volume)
    assert facts["values"]["looked_at"] < 2e7
    assert facts["kind"] == "binary"
    assert said(volume, "looked at")
    assert volume.values[7, :10, :10].sum() == 0
