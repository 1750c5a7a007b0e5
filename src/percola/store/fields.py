"""Fields of a run in Zarr (version 3): one group for each region and realization."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from percola.errors import InputError
from percola.store.atomic import ASIDE, plain, resources, sync_directory

_CHUNK = 128  # cells along an edge of a chunk: 8 MiB of float32, a good piece for compression and for slices


def write_group(
    store: Path, group: str, arrays: Mapping[str, np.ndarray], attributes: Mapping[str, Any]
) -> Path:
    """Write ``arrays`` as the group ``store/group``, all or nothing, replacing what is there.

    Args:
        store: the directory ``fields.zarr``; it is made, with its root group, where missing.
        group: name such as ``"core/0"`` (region and realization).
        arrays: name -> array; float64 is kept, booleans are stored as uint8.
        attributes: JSON-like attributes of the group: ``spacing_m``, ``periodic`` and what else describes it.
    """
    import zarr

    parts = group.split("/")
    if not all(part and part.replace("_", "").replace("-", "").isalnum() for part in parts):
        raise InputError("group", repr(group), "letters, digits, '_' and '-' in parts joined by '/'")
    target = store.joinpath(*parts)
    with resources(store):
        store.mkdir(parents=True, exist_ok=True)
        for parent in (store, *(store.joinpath(*parts[:i]) for i in range(1, len(parts)))):
            if not (parent / "zarr.json").exists():
                parent.mkdir(exist_ok=True)
                zarr.open_group(parent, mode="a", zarr_format=3)
        # Aside at the root of the store, under a dot: no reader of the store takes it for a region.
        aside = store / f"{ASIDE}{uuid.uuid4().hex[:12]}"
        try:
            root = zarr.create_group(aside, zarr_format=3, attributes=plain(attributes))
            for name, array in arrays.items():
                data = np.asarray(array)
                if data.dtype == np.bool_:
                    data = data.view(np.uint8)
                root.create_array(
                    name,
                    data=np.ascontiguousarray(data),
                    chunks=tuple(min(n, _CHUNK) for n in data.shape),
                    dimension_names=["x", "y", "z"][: data.ndim] if data.ndim <= 3 else None,
                )
            for file in aside.rglob("*"):
                if file.is_file():
                    with open(file, "r+b") as handle:
                        os.fsync(handle.fileno())
            if target.exists():
                shutil.rmtree(target)
            os.replace(aside, target)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        sync_directory(target.parent)
    return target


def read_group(
    store: Path, group: str, names: tuple[str, ...] = ()
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays (all, or those in ``names``) and the attributes of a group written by `write_group`."""
    import zarr

    try:
        root = zarr.open_group(store / Path(group), mode="r", zarr_format=3)
    except (FileNotFoundError, KeyError, ValueError) as error:
        raise InputError(
            str(store), f"has no group {group!r}", ", ".join(groups(store)) or "nothing yet"
        ) from error
    wanted = names or tuple(sorted(root.array_keys()))
    arrays: dict[str, np.ndarray] = {}
    for name in wanted:
        if name not in root:
            raise InputError(
                f"{store}/{group}", f"has no field {name!r}", ", ".join(sorted(root.array_keys()))
            )
        arrays[name] = np.asarray(root[name])
    return arrays, dict(root.attrs)


def groups(store: Path) -> list[str]:
    """Names of the groups with arrays in ``store``, such as ``["core/0", "outer_surface/0"]``."""
    found = []
    with contextlib.suppress(OSError):
        for path in sorted(store.rglob("zarr.json")):
            array = path.parent
            group = array.parent
            if b'"array"' not in path.read_bytes() or any(p.startswith(ASIDE) for p in array.parts):
                continue
            name = group.relative_to(store).as_posix()
            if name not in found:
                found.append(name)
    return found
