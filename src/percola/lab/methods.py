"""The methods of the bench by name; their packages load when they are asked for."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from percola.errors import InputError
from percola.lab.setting import Setting, parse_settings
from percola.lab.wanted import Wanted

if TYPE_CHECKING:
    from percola.lab.analysis import Analysis
    from percola.lab.reading import ReadOptions

#: Key -> (package, what it measures). The order is that of paragraph 89.
METHODS: dict[str, str] = {
    "gpc": "Molecular weight from a chromatogram",
    "sem": "Pore size on micrographs of surface and section",
    "thickness": "Thickness from readings or a section image",
    "porometry": "Average pore size and distribution: half-dry method",
    "bubble-point": "Maximum pore size: bubble point",
    "porosity": "Porosity from weights or dimensions",
    "tensile": "Breaking strength, extension, modulus",
    "permeability": "Water permeability",
    "strain": "Stretching residual strain",
    "dsc": "Melting and crystallization temperature, crystallinity",
    "eis": "Ionic conductivity from impedance",
    "cloud-point": "Cloud points by the standing method",
    "retention": "Log reduction value from challenge counts",
}


@dataclass(frozen=True)
class Method:
    """What a method is and needs: the ``SPEC`` of ``percola/lab/<package>/spec.py``.

    Attributes:
        key: its name on the command line.
        title: in words.
        standard: the standard and the item of the patent that it follows.
        help: two or three sentences: what file, what comes out.
        wanted: columns that it takes.
        settings: options that it takes, besides those of reading.
        several: whether several files are one specimen (runs at several temperatures, several fields of view);
            otherwise several files are specimens of one sample, and the method says so in its results.
        not_tables: whether files are images or formats of its own, not read as tables.
        files_optional: whether settings alone can do (readings given on the command line).
    """

    key: str
    title: str
    standard: str
    help: str
    wanted: tuple[Wanted, ...] = ()
    settings: tuple[Setting, ...] = ()
    several: bool = True
    not_tables: bool = False
    files_optional: bool = False


def package(key: str) -> str:
    """The package of a method."""
    return f"percola.lab.{key.replace('-', '_')}"


def method(key: str) -> Method:
    """What a method is and needs.

    Raises:
        InputError: no such method.
    """
    if key not in METHODS:
        near = difflib.get_close_matches(key, METHODS, 1, 0.4)
        raise InputError("method", repr(key), ", ".join(METHODS), f"did you mean {near[0]}?" if near else "")
    spec = import_module(package(key) + ".spec").SPEC
    assert isinstance(spec, Method)
    return spec


def quantities(key: str) -> tuple[str, ...]:
    """Names that ``--column`` and ``--unit`` may give for a method: those of its files, and of a second kind of files."""
    found = {w.name: None for w in method(key).wanted}
    for value in vars(import_module(package(key) + ".spec")).values():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Wanted):
                found[one.name] = None
    return tuple(found)


def analyse(
    key: str,
    files: Sequence[str | Path],
    given: Mapping[str, Any] | None = None,
    read: ReadOptions | None = None,
) -> Analysis:
    """Run a method on files.

    Args:
        key: of the method, e.g. ``"porometry"``.
        files: of one specimen, or one for each, as the method says.
        given: settings as people write them (``{"liquid": "ethanol", "area": "1.2 cm2"}``), or SI numbers.
        read: how tables are to be read where the file leaves it open.

    Raises:
        InputError: a file, column, unit or setting that cannot be used, with what to do.
    """
    from percola.lab.importer.names import checked
    from percola.lab.reading import ReadOptions

    spec = method(key)
    if not files and not spec.files_optional:
        raise InputError(key, "no file", "one file or more")
    settings = parse_settings(spec.settings, given or {})
    options = read or ReadOptions()
    with checked(quantities(key), options):
        found: Analysis = import_module(package(key) + ".method").analyse(
            [Path(f) for f in files], settings, options
        )
    return dataclasses.replace(found, settings=settings)
