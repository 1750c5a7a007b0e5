"""The id of a run: a short hash of everything that decides its numbers."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from percola.errors import InputError

_DIGITS = 12  # 48 bits: among a million runs the chance that two ids coincide is below 0.2 %


def canonical_json(data: Any) -> str:
    """``data`` as one canonical text: keys sorted, no spaces, floats by their shortest exact form, 1.0 as 1.

    A recipe written as ``40`` and as ``40.0`` is the same recipe, so whole floats lose their point. NaN and
    infinities have no place in what identifies a run and raise `InputError`.
    """
    return json.dumps(
        _canonical(data, "data"), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def _canonical(data: Any, where: str) -> Any:
    if isinstance(data, Mapping):
        return {str(key): _canonical(value, f"{where}.{key}") for key, value in data.items()}
    if isinstance(data, bool) or data is None or isinstance(data, (int, str)):
        return data
    if hasattr(data, "item") and not hasattr(data, "__len__"):
        return _canonical(data.item(), where)
    if isinstance(data, float):
        if not math.isfinite(data):
            raise InputError(
                where, repr(data), "a finite number", "leave the field out where there is no value"
            )
        return int(data) if data.is_integer() and abs(data) < 2**53 else data
    if isinstance(data, (list, tuple)):
        return [_canonical(value, f"{where}[{i}]") for i, value in enumerate(data)]
    if hasattr(data, "tolist"):
        return _canonical(data.tolist(), where)
    raise InputError(where, type(data).__name__, "numbers, texts, booleans, lists and tables")


def run_id(
    recipe: Mapping[str, Any], settings: Mapping[str, Any], seed: int, tables: str | Mapping[str, str]
) -> str:
    """Short id of the run that ``recipe``, ``settings``, ``seed`` and the hash(es) of the property tables
    define.

    The same four give the same id on every machine; a change in any of them, a revised property table
    included, gives another, so that numbers of different origin never share a directory.
    """
    text = canonical_json({"recipe": recipe, "settings": settings, "seed": int(seed), "tables": tables})
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:_DIGITS]


def file_digest(path: Path) -> str:
    """BLAKE2b-160 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=20)).hexdigest()


def tree_digest(path: Path) -> tuple[str, int]:
    """Digest and size [byte] of a file, or of all files below a directory with their names."""
    if path.is_file():
        return file_digest(path), path.stat().st_size
    total = 0
    outer = hashlib.blake2b(digest_size=20)
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        outer.update(file.relative_to(path).as_posix().encode("utf-8") + b"\0")
        outer.update(bytes.fromhex(file_digest(file)))
        total += file.stat().st_size
    return outer.hexdigest(), total
