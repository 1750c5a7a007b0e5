"""Tables of weights and dimensions to porosity (para. 89(7)): every way that the columns allow, compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from percola import units
from percola.errors import InputError, TableError
from percola.lab.analysis import Analysis, ResultTable, SourceFacts
from percola.lab.panel import Axis, Band, Curve, Mark, Panel
from percola.lab.porosity import laws, spec
from percola.lab.porosity.spec import SPEC
from percola.lab.reading import ReadOptions, read_tables
from percola.lab.setting import asked_for
from percola.lab.table import Floats, Table
from percola.lab.tensile.samples import Propagated, Sample, outlier_check, propagate, sample_of
from percola.lab.understood import understood
from percola.measurement import Check, Measurement

ROOT3 = math.sqrt(3.0)
WAYS = {
    "archimedes": "dry, wet and submerged mass (Archimedes)",
    "skeletal": "envelope and skeleton",
    "dimensions": "dry mass and dimensions",
    "wetting": "dry and wet mass",
}
FAR = 0.2
"""Difference of two porosities that voids left empty or liquid on the faces hardly make: rather a slip of a unit."""
THICKEST_M = 5e-3
"""No membrane is thicker; a thickness above it is warned of."""
#: Inputs whose error is the same for every specimen.
COMMON = ("polymer", "liquid")
_CITATIONS = ("ep1063256", "iso18754", "jcgm100", "grubbs1969", "rorabacher1991")


@dataclass(frozen=True)
class Density:
    """A density with one standard deviation and its origin.

    Attributes: value, error [kg/m3]; words.
    """

    value: float
    error: float
    words: str


@dataclass(frozen=True)
class Row:
    """One specimen: name, readings in SI, and the porosity by each way."""

    name: str
    readings: Mapping[str, float]
    found: Mapping[str, Propagated]
    refused: Mapping[str, str]


def analyse(files: list[Path], settings: dict[str, Any], read: ReadOptions) -> Analysis:
    """Porosity from the tables of files; see :func:`analyse_tables`."""
    tables = [t for file in files for t in read_tables(file, read, SPEC.wanted)]
    return analyse_tables(tables, settings, understood(tables))


def analyse_tables(
    tables: Sequence[Table], settings: Mapping[str, Any], sources: tuple[SourceFacts, ...] = ()
) -> Analysis:
    """Mean porosity of the specimens by every way that the columns allow.

    Ways and formulas: :mod:`percola.lab.porosity.laws`. The result is that of ``--way``, else of the way with the least
    uncertainty; the others stand beside it in the evidence, with a check whether they agree.

    Uncertainty, one standard deviation: of a specimen by the law of propagation (JCGM 100, 5.1.2) from the limits of balance,
    ruler and gauge (rectangular), the densities, and a film of liquid between nothing and ``--film`` on each face
    (u = film/sqrt(3), its root mean square, as nothing is taken off for it); of the mean, scatter between specimens by Student with
    what all share (densities, film). Not contained: voids left empty and swelling, which have checks of their own, and the
    pressure of a gauge on a soft specimen.

    Limitations: a porosity outside of 0 to 1 is refused for that specimen and way, with the reason; it is not clipped.

    References: iso18754, jcgm100.
    """
    rows: list[Row] = []
    notes: list[str] = []
    densities: dict[str, Density] = {}
    for table in tables:
        rows += _rows(table, settings, densities, notes, len(tables))
    ways = [w for w in WAYS if any(w in r.found for r in rows)]
    refused = [f"{r.name}, {WAYS[w]}: {why}" for r in rows for w, why in r.refused.items()]
    if not ways:
        if refused:
            reason = "; ".join(refused[:5])
            return Analysis(
                "porosity",
                (
                    Measurement(
                        "porosity",
                        None,
                        "1",
                        method="EP 1063256 para. 89(7)",
                        citations=_CITATIONS,
                        reason=reason,
                    ),
                ),
                checks=(Check("range", "fail", reason),),
                notes=tuple(dict.fromkeys(notes)),
                sources=sources,
            )
        raise InputError(
            tables[0].where if tables else "porosity",
            "no way to a porosity in these columns",
            "dry and wet mass; dry mass with length, width and thickness (sheet), diameter and thickness (disc), inside, outside "
            "and length (fibre); envelope and skeletal density or volume; dry, wet and submerged mass",
            'name columns with --column dry_mass="header", and give --thickness, --inside, --outside where they are not in it',
        )
    samples = {w: _sample(rows, w) for w in ways}
    asked = settings.get("way")
    if asked and asked not in ways:
        raise InputError("--way", asked, ", ".join(ways), "the columns do not allow this way")
    way = asked or min(ways, key=lambda w: samples[w].uncertainty)
    checks = _checks(rows, way, ways, samples, settings)
    if refused:
        lost = [w for w in WAYS if w != way and any(w in r.refused for r in rows)]
        far = (
            f"; the two ways disagree by far ({' and '.join(WAYS[w] for w in lost)} against {WAYS[way]}, {100 * samples[way].mean:.3g} %): "
            "is a unit wrong (mass, thickness, length)? The value stands by the other way alone"
            if lost
            else ""
        )
        checks.append(Check("range", "fail", "; ".join(refused[:10]) + far))
    thick = max((r.readings["thickness"] for r in rows if "thickness" in r.readings), default=0.0)
    if thick > THICKEST_M:
        checks.append(
            Check(
                "thickness",
                "warn",
                f"{1e3 * thick:.4g} mm: thick for a membrane (5 mm at most); is its unit right?",
            )
        )
    sample = samples[way]
    evidence: dict[str, Any] = sample.to_dict()
    evidence |= {
        "way": way,
        "ways": {w: {"mean": s.mean, "uncertainty": s.uncertainty, "specimens": s.n, "standard_deviation": s.sd} for w, s in samples.items()},
        "specimens_values": [
            {"name": r.name, "ways": {w: [p.value, p.uncertainty] for w, p in r.found.items()}} for r in rows[:200]
        ],
        "budget": {k: abs(v) for k, v in _middle(rows, way).parts.items()},
        "densities": {k: [d.value, d.error, d.words] for k, d in densities.items()},
    }  # fmt: skip
    notes.append(
        f"Porosity by {WAYS[way]}"
        + (" (as asked)" if asked else " (the least uncertain way)" if len(ways) > 1 else "")
        + "."
    )
    notes += [
        f"Density of the {k}: {d.value:.5g} +- {d.error:.2g} kg/m3, {d.words}." for k, d in densities.items()
    ]
    measurement = Measurement(
        "porosity", sample.mean, "1", sample.uncertainty, f"EP 1063256 para. 89(7); {WAYS[way]}", "", tuple(checks), evidence,
        _CITATIONS,
    )  # fmt: skip
    return Analysis(
        "porosity",
        (measurement,),
        panels=(_panel(rows, ways, samples, way),),
        tables=(_table(rows, ways),),
        notes=tuple(dict.fromkeys(notes)),
        sources=sources,
    )


def _middle(rows: Sequence[Row], way: str) -> Propagated:
    found = [r.found[way] for r in rows if way in r.found]
    return sorted(found, key=lambda p: p.value)[len(found) // 2]


def _sample(rows: Sequence[Row], way: str) -> Sample:
    found = [r.found[way] for r in rows if way in r.found]
    shared = (*COMMON, "film")
    own = [p.part([k for k in p.parts if k not in shared]) for p in found]
    common = math.sqrt(float(np.mean([p.part(shared) ** 2 for p in found])))
    return sample_of([p.value for p in found], own, common)


def polymer_density(settings: Mapping[str, Any]) -> Density:
    """Density of the solid polymer at the crystallinity of the settings or of the table.

    1/rho = X/rho_c + (1 - X)/rho_a. u holds the densities of both phases and the crystallinity (0.08 in the table for PVDF;
    0.05 where it is given). For PVDF a tenth of crystallinity is 1.4 % of density.

    Raises:
        InputError: an unknown polymer, or a comonomer content that it cannot have.
    """
    from percola import tables

    if settings.get("polymer_density") is not None:
        value = float(settings["polymer_density"])
        return Density(value, value * float(settings["density_accuracy"]) / ROOT3, "as given")
    T = float(settings["temperature"])
    try:
        polymer = tables.polymer(str(settings["polymer"]), settings.get("comonomer"))
        given = settings.get("crystallinity")
        X, u = (
            (float(polymer.crystallinity), float(polymer.crystallinity.uncertainty))
            if given is None
            else (float(given), 0.05)
        )
        if not 0 <= X <= 1:
            raise InputError("--crystallinity", f"{100 * X:g} %", "0 to 100 %")
        at = polymer.solid_density_kg_m3(X, T)
        slope = (
            float(polymer.solid_density_kg_m3(min(X + 0.05, 1.0), T))
            - float(polymer.solid_density_kg_m3(max(X - 0.05, 0.0), T))
        ) / (min(X + 0.05, 1.0) - max(X - 0.05, 0.0))
    except TableError as error:
        raise InputError(
            "--polymer", error.found, ", ".join(tables.polymers()), "or give --polymer-density"
        ) from error
    return Density(
        float(at),
        math.hypot(float(at.uncertainty), slope * u),
        f"{polymer.name}, crystallinity {100 * X:.3g} +- {100 * u:.2g} %; {slope / 10:.3g} kg/m3 for each 10 % of it",
    )


_USUAL = ("ETOH", "IPA", "WATER", "EG", "C6", "ACE")
"""Liquids that membranes are wetted with, keys of the tables."""


def liquid_density(settings: Mapping[str, Any]) -> Density:
    """Density of the wetting liquid: as given, else of the named liquid at the temperature.

    Raises:
        InputError: neither is given, or the tables do not know it.
    """
    from percola import tables

    if settings.get("liquid_density") is not None:
        value = float(settings["liquid_density"])
        return Density(value, value * float(settings["density_accuracy"]) / ROOT3, "as given")
    name = settings.get("liquid")
    if not name:
        raise asked_for(
            "liquid",
            "the wetting liquid of the wet mass is not known",
            'ethanol, or --liquid-density "0.785 g/cm3"',
        )
    T = float(settings["temperature"])
    try:
        liquid = tables.liquid(str(name))
        found = liquid.density_kg_m3(T)
    except TableError as error:
        from percola.measure.flow.liquids import names as wetting_names

        proprietary = str(name).casefold() in wetting_names()
        raise InputError(
            "--liquid",
            f"no density of {str(name)!r}" + (": its surface tension alone is known" if proprietary else ""),
            "a liquid of the tables, such as " + ", ".join(tables.liquid(k).name for k in _USUAL),
            'name one of them, or give the density of yours: --liquid-density "0.785 g/cm3"',
        ) from error
    words = f"{liquid.name} at {T - 273.15:.4g} degC"
    if liquid.key == "WATER":
        words += "; water does not wet PVDF unless it was wetted with an alcohol before"
    return Density(float(found), float(found.uncertainty), words)


_SIZES = ("length", "width", "thickness", "diameter", "inside", "outside", "area")
_SHAPES = (
    ("outside", "inside", "length"),
    ("area", "thickness"),
    ("length", "width", "thickness"),
    ("diameter", "thickness"),
)


def _rows(
    table: Table, settings: Mapping[str, Any], densities: dict[str, Density], notes: list[str], tables: int
) -> list[Row]:
    columns: dict[str, Floats] = {}
    for wanted in spec.COLUMNS:
        if wanted.kind != "text":
            values = table.take_or_none(wanted)
            if values is not None:
                columns[wanted.name] = values
    n = max((len(v) for v in columns.values()), default=0)
    for name in ("inside", "outside", "thickness"):
        if settings.get(name) is not None and name not in columns and n:
            columns[name] = np.full(n, float(settings[name]))
            notes.append(
                f"{name.capitalize()} as given: {units.for_people(float(settings[name]), 'length')}."
            )
    names = table.take_text(spec.SPECIMEN) if table.find(spec.SPECIMEN) is not None else ()
    rows = []
    for i in range(n):
        x = {k: float(v[i]) for k, v in columns.items() if i < len(v) and math.isfinite(v[i])}
        if not x or not (set(x) - {"inside", "outside", "thickness"}):
            continue
        name = names[i].strip() if i < len(names) and names[i].strip() else f"row {i + 1}"
        if tables > 1:
            name = f"{table.title or Path(table.path).stem} {name}"
        where = f"{table.where}, {name}"
        _sensible(x, where)
        found, refused = _one(x, settings, densities, where)
        rows.append(Row(name, x, found, refused))
    return rows


def _sensible(x: Mapping[str, float], where: str) -> None:
    for key, value in x.items():
        # The submerged mass of a polymer lighter than the liquid is negative.
        if value <= 0 and key not in ("submerged_mass", "inside"):
            raise InputError(where, f"{key.replace('_', ' ')} is {value:g}", "above 0")
    if "inside" in x and "outside" in x and not 0 <= x["inside"] < x["outside"]:
        raise InputError(where, "inside diameter not below the outside", "inside below outside")


def shape_of(x: Mapping[str, float]) -> tuple[str, ...] | None:
    """The sizes that give the volume of the envelope, or None."""
    return next((s for s in _SHAPES if all(k in x for k in s)), None)


def _one(
    x: Mapping[str, float], settings: Mapping[str, Any], densities: dict[str, Density], where: str
) -> tuple[dict[str, Propagated], dict[str, str]]:
    def density(key: str, law: Callable[[Mapping[str, Any]], Density]) -> tuple[float, float]:
        if key not in densities:
            densities[key] = law(settings)
        return densities[key].value, densities[key].error

    mass = float(settings["mass_accuracy"]) / ROOT3
    volume = float(settings["volume_accuracy"]) / ROOT3
    dense = float(settings["density_accuracy"]) / ROOT3
    masses = {k: (x[f"{k}_mass"], mass) for k in ("dry", "wet", "submerged") if f"{k}_mass" in x}
    shape = shape_of(x)
    sizes = {} if shape is None else {k: (x[k], _size_error(k, x, settings)) for k in shape}
    film = float(settings["film"])
    found: dict[str, Propagated] = {}
    refused: dict[str, str] = {}

    def keep(
        way: str, law: Callable[[Mapping[str, float]], float], inputs: dict[str, tuple[float, float]]
    ) -> None:
        try:
            value = law({k: v for k, (v, _) in inputs.items()})
        except ZeroDivisionError:
            value = math.nan
        if not 0.0 <= value < 1.0:
            refused[way] = _why(way, value, inputs)
            return
        found[way] = propagate(law, inputs)

    if "dry" in masses and "wet" in masses and x["wet_mass"] < x["dry_mass"]:
        raise InputError(
            where,
            "the wet mass is below the dry mass",
            "wet above dry",
            "are the columns exchanged? --column wet_mass=...",
        )
    if {"dry", "wet", "submerged"} <= masses.keys():
        if x["submerged_mass"] >= x["dry_mass"]:
            raise InputError(
                where,
                "the submerged mass is not below the dry mass",
                "apparent mass of the specimen hung in the liquid: wet mass less buoyancy",
                "are the columns exchanged? --column submerged_mass=...",
            )

        def buoyant(y: Mapping[str, float]) -> float:
            wet = y["wet"] - y.get("film", 0.0)
            return laws.by_buoyancy({"dry": y["dry"], "wet": wet, "submerged": y["submerged"]})

        inputs = dict(masses)
        if (
            shape is not None
            and film > 0
            and ("liquid" in densities or settings.get("liquid") or settings.get("liquid_density"))
        ):
            rho, _ = density("liquid", liquid_density)
            inputs["film"] = (0.0, laws.faces_m2(x) * film * rho / ROOT3)
        keep("archimedes", buoyant, inputs)
    if "envelope_density" in x and "skeletal_density" in x:
        keep(
            "skeletal",
            laws.by_skeleton,
            {k: (x[k], x[k] * dense) for k in ("envelope_density", "skeletal_density")},
        )
    elif "envelope_volume" in x and "skeletal_volume" in x:
        keep(
            "skeletal",
            laws.by_skeleton,
            {k: (x[k], x[k] * volume) for k in ("envelope_volume", "skeletal_volume")},
        )
    if "dry" in masses and shape is not None:
        inputs = {"dry": masses["dry"], "polymer": density("polymer", polymer_density), **sizes}
        keep("dimensions", laws.by_dimensions, inputs)
    elif "dry" in masses and "envelope_volume" in x:

        def enveloped(y: Mapping[str, float]) -> float:
            return 1.0 - y["dry"] / (y["polymer"] * y["envelope_volume"])

        inputs = {"dry": masses["dry"], "polymer": density("polymer", polymer_density)}
        keep(
            "dimensions",
            enveloped,
            inputs | {"envelope_volume": (x["envelope_volume"], x["envelope_volume"] * volume)},
        )
    elif "envelope_density" in x and "skeletal_density" not in x:

        def bulk(y: Mapping[str, float]) -> float:
            return 1.0 - y["envelope_density"] / y["polymer"]

        inputs = {"polymer": density("polymer", polymer_density)}
        keep(
            "dimensions",
            bulk,
            inputs | {"envelope_density": (x["envelope_density"], x["envelope_density"] * dense)},
        )
    if "dry" in masses and "wet" in masses and _may_wet(masses, settings):

        def wetted(y: Mapping[str, float]) -> float:
            return laws.by_wetting({**y, "wet": y["wet"] - y.get("film", 0.0)})

        liquid = density("liquid", liquid_density)
        inputs = {k: masses[k] for k in ("dry", "wet")} | {
            "liquid": liquid,
            "polymer": density("polymer", polymer_density),
        }
        if shape is not None and film > 0:
            inputs["film"] = (0.0, laws.faces_m2(x) * film * liquid[0] / ROOT3)
        keep("wetting", wetted, inputs)
    return found, refused


def _may_wet(masses: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """With a submerged mass the liquid need not be known; where it is not, that way is left out."""
    return "submerged" not in masses or bool(settings.get("liquid") or settings.get("liquid_density"))


def _size_error(key: str, x: Mapping[str, float], settings: Mapping[str, Any]) -> float:
    if key == "thickness":
        return float(settings["thickness_accuracy"]) / ROOT3
    if key in ("inside", "outside"):
        return float(settings["diameter_accuracy"]) / ROOT3
    limit = float(settings["length_accuracy"]) / ROOT3
    # An area is as good as a square of that size measured along both edges.
    return math.sqrt(2.0 * x[key]) * limit if key == "area" else limit


def _why(way: str, value: float, inputs: Mapping[str, tuple[float, float]]) -> str:
    out = (
        "a porosity that is not a number"
        if not math.isfinite(value)
        else f"a porosity of {100 * value:.3g} %"
    )
    if way == "dimensions":
        return (
            f"{out}: mass over volume is above the density of the polymer; units, sizes or --polymer-density?"
        )
    if way == "skeletal":
        return f"{out}: the envelope is denser than the skeleton; columns exchanged?"
    return f"{out}: check the columns and units"


def _checks(
    rows: Sequence[Row],
    way: str,
    ways: Sequence[str],
    samples: Mapping[str, Sample],
    settings: Mapping[str, Any],
) -> list[Check]:
    sample = samples[way]
    checks = []
    if sample.n < 3:
        one = "one specimen: the scatter is not known" if sample.n == 1 else "two specimens"
        checks.append(Check("number of specimens", "warn", f"{one}; three or more show it"))
    else:
        checks.append(Check("number of specimens", "pass", f"{sample.n}"))
    outlier = outlier_check(sample, [r.name for r in rows if way in r.found])
    if outlier is not None:
        checks.append(outlier)
    for other in ways:
        if other != way:
            checks.append(_agreement(rows, way, other))
    checks += _wet_checks(rows, way, settings)
    return checks


def _agreement(rows: Sequence[Row], a: str, b: str) -> Check:
    """Difference of two ways on the same specimens over its uncertainty; shared readings count once."""
    both = [r for r in rows if a in r.found and b in r.found]
    if not both:
        return Check(f"{a} and {b}", "warn", "no specimen has both ways")
    d = np.array([r.found[a].value - r.found[b].value for r in both])
    u2 = []
    for r in both:
        pa, pb = r.found[a].parts, r.found[b].parts
        u2.append(sum((pa.get(k, 0.0) - pb.get(k, 0.0)) ** 2 for k in {*pa, *pb}))
    u = math.sqrt(float(np.mean(u2)))
    mean = float(d.mean())
    text = f"{WAYS[a]} less {WAYS[b]}: {100 * mean:+.2g} % (absolute), uncertainty {100 * u:.2g} %"
    if abs(mean) > max(FAR, 5 * u):
        return Check(
            f"{a} and {b}",
            "warn",
            f"{text}: the two ways disagree by far; is a unit wrong (mass, thickness, length), or a column another one?",
        )
    if abs(mean) <= 2 * u:
        return Check(f"{a} and {b}", "pass", text + "; they agree")
    why = ""
    pair = {a, b}
    if "dimensions" in pair and pair & {"wetting", "archimedes"}:
        wet = mean if b == "dimensions" else -mean
        why = (
            ": the wet weights give less, as where voids stay empty"
            if wet < 0
            else ": the wet weights give more, as with liquid left on the faces, swelling, or a thickness pressed too thin"
        )
    return Check(f"{a} and {b}", "warn", text + why)


def _wet_checks(rows: Sequence[Row], way: str, settings: Mapping[str, Any]) -> list[Check]:
    """Swelling, filling of the voids, and the film on the faces."""
    checks = []
    growth = []
    for r in rows:
        x = r.readings
        ratios = [
            x[f"wet_{k}"] / x[k] for k in ("length", "width", "thickness") if k in x and f"wet_{k}" in x
        ]
        if ratios:
            errors = [
                (_size_error(k, x, settings) / x[k]) ** 2
                for k in ("length", "width", "thickness")
                if k in x and f"wet_{k}" in x
            ]
            growth.append((math.prod(ratios) - 1.0, math.sqrt(2 * sum(errors)), len(ratios)))
    uses_liquid = way in ("wetting", "archimedes")
    if growth:
        mean = float(np.mean([g for g, _, _ in growth]))
        u = float(np.mean([e for _, e, _ in growth])) / math.sqrt(len(growth))
        sides = min(k for _, _, k in growth)
        text = f"wet over dry size, {sides} direction{'s' * (sides > 1)}: {100 * mean:+.2g} +- {100 * u:.1g} % of volume"
        if mean > max(2 * u, 0.005):
            effect = "; the porosity is that of the swollen specimen" if uses_liquid else ""
            checks.append(Check("swelling", "warn", text + effect))
        else:
            checks.append(Check("swelling", "pass", text))
    elif uses_liquid:
        checks.append(Check("swelling", "warn", "no wet dimensions: swelling cannot be seen"))
    fills = []
    for r in rows:
        if "wetting" in r.found and "dimensions" in r.found:
            w, d = r.found["wetting"].value, r.found["dimensions"].value
            if 0 < d < 1 and w < 1:
                fills.append((w / (1 - w)) / (d / (1 - d)))
    if fills:
        mean = float(np.mean(fills))
        text = f"the liquid fills {100 * mean:.3g} % of the voids that the dimensions give"
        checks.append(Check("filling", "warn" if mean < 0.9 or mean > 1.1 else "pass", text))
    if uses_liquid:
        rises = []
        for r in rows:
            p = r.found.get(way)
            if p is not None and "film" in p.parts:
                rises.append(ROOT3 * abs(p.parts["film"]))
        if rises:
            checks.append(
                Check(
                    "film on the faces",
                    "pass" if max(rises) < 0.02 else "warn",
                    f"{1e6 * float(settings['film']):g} um of liquid left on each face would raise the porosity by "
                    f"{100 * float(np.mean(rises)):.2g} % (absolute); within the uncertainty",
                )
            )
        else:
            checks.append(
                Check("film on the faces", "warn", "without dimensions and liquid (--liquid), what liquid left on the faces adds is not in the uncertainty")
            )  # fmt: skip
    return checks


def _panel(rows: Sequence[Row], ways: Sequence[str], samples: Mapping[str, Sample], way: str) -> Panel:
    curves = []
    for k, w in enumerate(ways):
        got = [(i + 1, r.found[w]) for i, r in enumerate(rows) if w in r.found]
        shift = 0.12 * (k - (len(ways) - 1) / 2)
        curves.append(
            Curve(
                WAYS[w], np.array([i + shift for i, _ in got], float), np.array([p.value for _, p in got]), "points",
                np.array([p.uncertainty for _, p in got]),
            )
        )  # fmt: skip
    s = samples[way]
    return Panel(
        "porosity", "Porosity of each specimen", Axis("Specimen"), Axis("Porosity", "fraction", "%"), tuple(curves),
        (Mark(f"mean, {WAYS[way]}", y=s.mean, y_error=s.uncertainty),),
        (Band("one standard deviation", s.mean - s.sd, s.mean + s.sd, "y"),) if s.sd > 0 else (),
        caption="Each specimen by each way with one standard deviation; ways that lie apart by more than that have a common error.",
        overlay="porosity",
    )  # fmt: skip


def _table(rows: Sequence[Row], ways: Sequence[str]) -> ResultTable:
    columns: list[tuple[str, str]] = [("Specimen", "")]
    for w in ways:
        columns += [(f"Porosity, {WAYS[w]}", "%"), ("standard deviation", "%")]
    cells = []
    for r in rows:
        row: list[float | str | None] = [r.name]
        for w in ways:
            p = r.found.get(w)
            row += [None, None] if p is None else [round(100 * p.value, 2), round(100 * p.uncertainty, 2)]
        cells.append(tuple(row))
    return ResultTable("specimens", "Single specimens", tuple(columns), tuple(cells)).filled()
