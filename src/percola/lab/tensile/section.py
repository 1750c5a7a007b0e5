"""Section and gauge length of a specimen: from what a person says, else from the lines of the file, else asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from percola import units
from percola.errors import InputError
from percola.lab.setting import asked_for
from percola.lab.table import Table, fact_quantity, plain
from percola.lab.tensile.samples import propagate
from percola.lab.tensile.spec import FACTS


@dataclass(frozen=True)
class Section:
    """The area that the force is divided by.

    Attributes:
        area_m2: of the polymer and its pores together.
        own: one standard deviation, relative, from dimensions measured on this specimen.
        common: the same from dimensions that stand for all specimens, whose error is the same for all.
        words: how it was got.
    """

    area_m2: float
    own: float
    common: float
    words: str


@dataclass(frozen=True)
class Size:
    """One dimension with its origin.

    Attributes: value [SI]; common: one for all specimens; words: where it was found.
    """

    value: float
    common: bool
    words: str


def size(
    name: str, settings: Mapping[str, Any], table: Table, i: int, n: int, kind: str = "length"
) -> Size | None:
    """A dimension of specimen ``i`` of ``n``: the setting, else a line around its table; None where neither has it.

    Raises:
        InputError: as many values as neither one nor one for each specimen; a line without unit; both that differ by more
            than a tenth.
    """
    option = "--" + name.replace("_", "-")
    given: Sequence[float] = settings.get(name) or ()
    if isinstance(given, int | float):
        given = (float(given),)
    if len(given) not in (0, 1, n):
        raise InputError(
            option,
            f"{len(given)} values for {n} specimens",
            f"one, or {n}",
            "repeat the option once for each",
        )
    said = None if not given else float(given[0] if len(given) == 1 else given[i])
    try:
        found = _fact(name, table, kind)
    except InputError:
        if said is None:
            raise
        found = None  # what a person says settles a line that cannot be read
    if said is not None:
        if found is not None and abs(found - said) > 0.1 * said:
            raise InputError(
                option,
                f"{units.for_people(said, kind)} given, but {table.where} says {units.for_people(found, kind)}",
                "one of them",
                f"leave {option} away to take what the file says, or correct it",
            )
        return Size(said, len(given) == 1, option)
    return None if found is None else Size(found, False, "file")


def _fact(name: str, table: Table, kind: str) -> float | None:
    words = {plain(w) for w in FACTS[name]}
    for key, text in table.facts.items():
        if plain(key) in words:
            found = fact_quantity(
                key, str(text), kind, table.decimal, table.where, f"--{name.replace('_', '-')}"
            )
            if found is not None and found > 0:
                return found  # a field left at nought in the machine's form says nothing
    return None


def section_of(settings: Mapping[str, Any], table: Table, i: int, n: int) -> Section | None:
    """The section of specimen ``i`` of ``n``; None where nothing is known of it.

    Strip: width x thickness. Hollow fibre: pi/4 (D^2 - d^2), the true ring and not the full circle. Denier: mass of length
    over the density of the fibre with its pores. Errors: rectangular within the limits set, u = limit/sqrt(3).

    Raises:
        InputError: half of what a section needs, two ways at once, or an inside that is not below the outside.
    """
    got = {k: size(k, settings, table, i, n) for k in ("width", "thickness", "inside", "outside")}
    area = size("area", settings, table, i, n, "area")
    denier = settings.get("denier")
    said = {k for k in ("width", "thickness", "inside", "outside", "area") if settings.get(k)}
    fibre = bool(said & {"inside", "outside"})
    strip = bool(said & {"width", "thickness"})
    if sum((fibre, strip, "area" in said, denier is not None)) > 1:
        raise InputError(
            "section of the specimen",
            "given in more than one way",
            "--width and --thickness, or --inside and --outside, or --area, or --denier",
            "leave all but one away",
        )
    count = max(int(settings.get("filaments") or 1), 1)
    words = f"{count} fibres, " if count > 1 else ""
    if denier is not None:
        density = settings.get("envelope_density")
        if density is None:
            raise asked_for(
                "envelope_density",
                "a linear density needs the density of the fibre with its pores",
                '"0.8 g/cm3"',
            )
        # One unit in the last of three digits of each, as nothing better is known.
        return Section(
            count * denier * 1e-3 / 9000.0 / density,
            0.0,
            0.007,
            f"{words}{denier:g} denier over {density:g} kg/m3",
        )
    if area is not None and not (fibre or strip):
        return Section(count * area.value, 0.0, 0.0, f"{words}area as given ({area.words})")
    if not strip and (fibre or got["inside"] or got["outside"]):
        inner, outer = got["inside"], got["outside"]
        if inner is None:
            raise asked_for("inside", f"a hollow fibre needs both diameters ({table.where})", '"0.7 mm"')
        if outer is None:
            raise asked_for("outside", f"a hollow fibre needs both diameters ({table.where})", '"1.2 mm"')
        if inner.value >= outer.value:
            raise InputError(
                "--inside",
                f"{units.for_people(inner.value, 'length')}, not below --outside {units.for_people(outer.value, 'length')}",
                "inside below outside",
            )
        u = float(settings["diameter_accuracy"]) / math.sqrt(3.0)
        p = propagate(
            lambda x: math.pi / 4 * (x["D"] ** 2 - x["d"] ** 2),
            {"D": (outer.value, u), "d": (inner.value, u)},
        )
        own = [k for k, d in (("d", inner), ("D", outer)) if not d.common]
        common = [k for k, d in (("d", inner), ("D", outer)) if d.common]
        return Section(
            count * p.value,
            p.part(own) / p.value,
            p.part(common) / p.value,
            f"{words}ring {1e3 * inner.value:.4g} to {1e3 * outer.value:.4g} mm ({outer.words})",
        )
    width, thick = got["width"], got["thickness"]
    if width is None and thick is None:
        return None
    if thick is None:
        raise asked_for("thickness", f"a strip needs its thickness ({table.where})", '"100 um"')
    if width is None:
        raise asked_for("width", f"a strip needs its width ({table.where}); the patent's is 10 mm", '"10 mm"')
    if thick.value > width.value:
        raise InputError("--thickness", "larger than the width", "thickness below width", "exchange them?")
    parts = (
        (width.common, float(settings["width_accuracy"]) / width.value / math.sqrt(3.0)),
        (thick.common, float(settings["thickness_accuracy"]) / thick.value / math.sqrt(3.0)),
    )
    return Section(
        count * width.value * thick.value,
        math.hypot(*(u for common, u in parts if not common)),
        math.hypot(*(u for common, u in parts if common)),
        f"{words}strip {1e3 * width.value:.4g} mm x {1e6 * thick.value:.4g} um ({thick.words})",
    )
