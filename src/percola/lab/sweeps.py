"""Tables of membranes made at several dissolution temperatures -> `Sweep`s for the window of paragraph 19."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.judge.window import Sweep
from percola.lab.reading import ReadOptions, read_tables
from percola.lab.table import Table
from percola.lab.wanted import Wanted

TEMPERATURE = Wanted(
    "dissolution_temperature", "temperature",
    ("T_s", "Ts", "dissolution temperature", "dissolution temp", "kneading temperature", "Lösetemperatur",
     "Auflösetemperatur", "溶解温度"),
    help="dissolution temperature",
)  # fmt: skip
POROSITY = Wanted(
    "porosity", "fraction", ("porosity", "P", "Porosität", "空孔率", "気孔率"), False, "porosity"
)
EXTENSION = Wanted(
    "breaking_extension", "strain",
    ("breaking extension", "breaking elongation", "elongation at break", "extension at break", "TL", "elongation",
     "Bruchdehnung", "破断伸度", "破断伸び"),
    False, "breaking extension",
)  # fmt: skip
POROSITY_ERROR = Wanted(
    "porosity_error", "fraction",
    ("porosity error", "porosity sd", "porosity standard deviation", "porosity uncertainty", "Porosität Fehler"),
    False, "error of the porosity",
)  # fmt: skip
EXTENSION_ERROR = Wanted(
    "extension_error", "strain",
    ("breaking extension error", "breaking extension sd", "extension error", "extension sd", "elongation sd",
     "breaking extension uncertainty", "Bruchdehnung Fehler"),
    False, "error of the breaking extension",
)  # fmt: skip
STRENGTH = Wanted(
    "breaking_strength", "pressure",
    ("breaking strength", "strength", "tensile strength", "stress at break", "Bruchfestigkeit", "破断強度"),
    False, "breaking strength",
)  # fmt: skip
FRACTION = Wanted(
    "polymer_fraction", "amount",
    ("polymer fraction", "polymer content", "polymer concentration", "polymer", "concentration", "Polymergehalt",
     "ポリマー濃度"),
    False, "weight fraction of the polymer", "wt%",
)  # fmt: skip
SERIES = Wanted("series", "text", ("series", "solution", "solvent", "Reihe", "系列"), False, "series")
WANTED = (TEMPERATURE, POROSITY, EXTENSION, POROSITY_ERROR, EXTENSION_ERROR, STRENGTH, FRACTION, SERIES)


def read_sweeps(path: str | Path, read: ReadOptions | None = None) -> tuple[Sweep, ...]:
    """The sweeps of a file: one for each table, series and polymer content in it.

    Raises:
        InputError: no column of temperatures, neither porosity nor extension, units that are not known.
    """
    out: list[Sweep] = []
    for table in read_tables(path, read or ReadOptions(), WANTED):
        out += _of_table(table)
    return tuple(out)


def _of_table(table: Table) -> list[Sweep]:
    t = table.take(TEMPERATURE)
    n = len(t)
    p, e = table.take_or_none(POROSITY), table.take_or_none(EXTENSION)
    if p is None and e is None:
        raise InputError(
            table.where,
            "neither a column of porosity nor one of breaking extension",
            "both, for T_l and T_u; one gives one of them",
            '--column porosity="header" --column breaking_extension="header"',
        )
    nothing = np.full(n, np.nan)
    porosity, extension = nothing if p is None else p, nothing if e is None else e
    errors = table.take_or_none(POROSITY_ERROR), table.take_or_none(EXTENSION_ERROR)
    strength, fraction = table.take_or_none(STRENGTH), table.take_or_none(FRACTION)
    names = table.take_text(SERIES) if table.find(SERIES) is not None else ("",) * n
    there = np.isfinite(t)
    groups: dict[tuple[str, float | None], list[int]] = {}
    for i in np.flatnonzero(there):
        w = None if fraction is None or not np.isfinite(fraction[i]) else round(float(fraction[i]), 6)
        groups.setdefault((names[i].strip(), w), []).append(int(i))
    if not groups:
        raise InputError(table.where, "no row with a dissolution temperature", "one row for each membrane")

    def part(values: npt.NDArray[np.float64] | None, rows: list[int]) -> npt.NDArray[np.float64] | None:
        return None if values is None else values[rows]

    return [
        Sweep(
            t[rows],
            porosity[rows],
            extension[rows],
            part(errors[0], rows),
            part(errors[1], rows),
            part(strength, rows),
            w,
            name or table.title or Path(table.path).stem,
        )
        for (name, w), rows in groups.items()
    ]
