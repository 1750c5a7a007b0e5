"""Facts of a process as measurements, and reported results as measurements: what :mod:`percola.judge` judges.

A fact is what the recipe says, in SI, with region "process"; it has no uncertainty where it is "as written".
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from percola import tables
from percola.errors import InputError, PercolaError
from percola.judge import Quantity as Known
from percola.judge import quantities
from percola.measurement import Check, Measurement
from percola.recipe import names
from percola.recipe.fields import nearest
from percola.recipe.model import (
    AirCooling,
    BathCooling,
    Extruder,
    Recipe,
    RollCooling,
    Stretching,
)
from percola.recipe.readings import Context, above_boiling, stripping_media
from percola.recipe.specimens import Reported, ReportedValue
from percola.recipe.weights import composition, weight_average_molecular_weight_kg_mol
from percola.units import Quantity, si_value

REGION = "process"
AS_WRITTEN = "the recipe, as written"
# Twelve digits: what binary fractions leave of 60 parts in 100 must not decide "60 wt% or less".
_DIGITS = 12
# Paragraph 65: the share of epsilon-caprolactone of the pair within which a planar interface is observed.
PLANAR_SHARE = (0.20, 0.40)


@dataclass(frozen=True)
class _Families:
    """Families of liquids by key and by chemical class of the tables."""

    by_key: Mapping[str, str]
    by_class: Mapping[str, str]
    claimed: frozenset[str]
    outside_75: frozenset[str]


@lru_cache(maxsize=1)
def _families() -> _Families:
    path = resources.files("percola.recipe").joinpath("data").joinpath("families.toml")
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    entries = raw["family"]
    return _Families(
        {key: e["word"] for e in entries for key in e["liquids"]},
        {c: e["word"] for e in entries for c in e.get("classes", ())},
        frozenset(e["word"] for e in entries if e["claimed"]),
        frozenset(raw["outside_paragraph_75"]["liquids"]),
    )


def _fact(
    name: str,
    value: float | str | None,
    unit: str,
    method: str,
    *,
    reason: str = "",
    stated: bool = True,
    uncertainty: float | None = None,
    said: str = "",
    **evidence: Any,
) -> Measurement:
    if said:
        evidence["stated"] = said
    if isinstance(value, float):
        value = round(value, _DIGITS)
    if not stated:
        evidence["not_stated"] = True
    return Measurement(
        name,
        value,
        unit,
        uncertainty,
        method,
        REGION,
        evidence=evidence,
        reason=reason,
        citations=("ep1063256",),
    )


def process_facts(recipe: Recipe) -> tuple[Measurement, ...]:
    """What a recipe says of the process, as measurements with region "process".

    Numbers are SI. ``uncertainty`` is None, "as written": a recipe states none (the boiling point of the washing liquid
    has that of the tables). What the recipe leaves open has no value, a reason, and ``evidence["not_stated"]``; nothing is
    assumed for it.

    Args:
        recipe: a recipe that could be read.

    Raises:
        InputError: amounts at fault (parts and wt% mixed, a sum other than 100 wt%).

    Limitations: several stretchings are judged by the largest residual strain, draw ratio and temperature among them.
        Whether a liquid takes the solvent out of the gel, or leaves the resin, is told by lists of liquids
        (:mod:`percola.recipe.names`), not by experiment. A residual strain that is not stated is replaced by the strain
        applied as an upper bound: what is left after relaxation is less.
    Reference: EP 1063256, paragraphs 19, 46 to 51, 61 to 84, 88.
    """
    return (
        *_polymer(recipe),
        *_solvent(recipe),
        *_resin(recipe),
        *_shaping(recipe),
        *_cooling(recipe),
        *_extraction(recipe),
        *_stretching(recipe),
        *_after(recipe),
    )


# --- polymer, solvent, resin ------------------------------------------------------------------------------


def _polymer(recipe: Recipe) -> list[Measurement]:
    kinds = []
    for polymer in recipe.polymers:
        try:
            key = tables.polymer(polymer.polymer).key
        except PercolaError:
            kinds.append("other")
            continue
        if not polymer.comonomers:
            kinds.append("homopolymer" if key == "PVDF" else "listed_copolymer")
        elif all(names.comonomer_key(c.monomer) for c in polymer.comonomers):
            kinds.append("listed_copolymer")
        else:
            kinds.append("unlisted_copolymer")
    # A mixture counts as its part that is furthest from the homopolymer (para. 47 allows mixtures).
    order = ("other", "unlisted_copolymer", "listed_copolymer", "homopolymer")
    kind = min(kinds, key=order.index)
    whole = composition(recipe)
    poly, solvent, resin = (
        whole.polymer_weight_fraction,
        whole.solvent_weight_fraction,
        whole.resin_weight_fraction,
    )
    mass = weight_average_molecular_weight_kg_mol(recipe)
    sums = "the recipe's amounts, additives left out (paras. 48, 67)"
    return [
        _fact("polymer_kind", kind, "", "EP 1063256 para. 47", polymers=[p.polymer for p in recipe.polymers]),
        _fact(
            "weight_average_molecular_weight", mass, "kg/mol", "EP 1063256 para. 89(1): given with the recipe"
        ),
        _fact("polymer_weight_fraction", poly, "1", f"polymer over polymer, solvent and resin: {sums}"),
        _fact(
            "polymer_to_solvent_share",
            poly / (poly + solvent),
            "1",
            f"polymer over polymer and solvent: {sums}",
        ),
        _fact("resin_weight_fraction", resin, "1", f"resin over polymer, solvent and resin: {sums}"),
        _fact("polymer_plus_resin_weight_fraction", poly + resin, "1", sums),
    ]


def _liquids(parts: Sequence[str]) -> list[tuple[str, str, str]]:
    """Key, name and family of each liquid; family "" where it is none of those named."""
    families = _families()
    out = []
    for name in parts:
        try:
            liquid = tables.liquid(name)
        except PercolaError:
            out.append(("", name, ""))
            continue
        family = families.by_key.get(liquid.key) or families.by_class.get(str(liquid.chemical_class), "")
        out.append((liquid.key, liquid.name, family))
    return out


def _family_word(liquids: Sequence[tuple[str, str, str]]) -> str:
    """One word for a liquid or a mixture: its family, or whether its parts belong to the families."""
    claimed = _families().claimed
    words = [family if family in claimed else "" for _, _, family in liquids]
    if not any(words):
        return "unlisted"
    if not all(words):
        return "partly_listed"
    if len(set(words)) == 1:
        return words[0]
    return "mixed_listed_with_good_solvent_ketone" if "good_solvent_ketone" in words else "mixed_listed"


def _listing_word(keys: Sequence[str], listed: frozenset[str]) -> str:
    """Whether liquids are those of paragraph 63 or 75: alone, mixed with its good solvents or non-solvents, or not."""
    helpers = names.GOOD_SOLVENTS | names.NON_SOLVENTS
    if all(key in listed for key in keys):
        return "listed"
    if any(key in listed for key in keys) and all(key in listed or key in helpers for key in keys):
        return "mixed_listed"
    return "unlisted"


def _solvent(recipe: Recipe) -> list[Measurement]:
    liquids = _liquids([s.liquid for s in recipe.solvents])
    keys = [key for key, _, _ in liquids]
    shown = [{"liquid": name, "family": family or "none of them"} for _, name, family in liquids]
    shares = dict(zip(keys, composition(recipe).solvent_shares, strict=True))
    pair = set(keys) == set(names.PLANAR_PAIR)
    listing = "planar_pair" if pair else _listing_word(keys, names.PERCOLATION_SOLVENTS)
    family_method = "the families of EP 1063256 claims 7, 10"
    out = [
        _fact("solvent_family", _family_word(liquids), "", family_method, liquids=shown),
        _fact("solvent_listing", listing, "", "EP 1063256 paras. 63, 65", liquids=shown),
    ]
    if pair:
        share = shares[names.PLANAR_PAIR[0]]
        out.append(_fact("caprolactone_share", share, "1", "EP 1063256 para. 65: share of the pair"))
    else:
        out.append(
            _fact(
                "caprolactone_share", None, "1", "EP 1063256 para. 65", reason="the solvent is not that pair"
            )
        )
    if pair:
        low, high = PLANAR_SHARE
        seen = "observed" if low <= round(shares[names.PLANAR_PAIR[0]], _DIGITS) <= high else "not_observed"
        words = "para. 65 says so of epsilon-caprolactone and diethylhexyl adipate in this ratio"
        out.append(_fact("planar_interface_stated", seen, "", "EP 1063256 para. 65", said=words))
    elif listing in ("listed", "mixed_listed"):
        words = "para. 63 says that its solvents show none"
        out.append(_fact("planar_interface_stated", "not_observed", "", "EP 1063256 para. 63", said=words))
    boils = [reading for reading in above_boiling(recipe, Context()) if reading.value > 0]
    method = "EP 1063256 para. 62; boiling points of the tables"
    if boils:
        out.append(_fact("solvent_state", "boils", "", method, why=boils[0].found))
    elif recipe.dissolution.pressurized or any(True for _ in above_boiling(recipe, Context())):
        out.append(_fact("solvent_state", "liquid", "", method, pressurized=recipe.dissolution.pressurized))
    else:
        why = "a boiling point is not in the tables"
        out.append(_fact("solvent_state", None, "", method, reason=why, stated=False))
    return out


def _resin(recipe: Recipe) -> list[Measurement]:
    if not recipe.resins:
        none = "no resin is used"
        return [
            _fact("resin_kind", "none", "", "EP 1063256 para. 64"),
            _fact("resin_share", None, "1", "EP 1063256 para. 68", reason=none),
        ]
    kinds = []
    for resin in recipe.resins:
        try:
            key = tables.resin(resin.resin).key
        except PercolaError:
            key = ""
        found = names.resin_class(resin.resin) or names.resin_class(key)
        kinds.append(
            {"methyl methacrylate": "methyl_methacrylate", None: "unlisted"}.get(found, found) or "unlisted"
        )
    order = ("unlisted", "other", "acrylic", "methyl_methacrylate")
    kind = min(kinds, key=order.index)
    whole = composition(recipe)
    share = whole.resin_weight_fraction / (whole.resin_weight_fraction + whole.polymer_weight_fraction)
    out = [
        _fact("resin_kind", kind, "", "EP 1063256 para. 64", resins=[r.resin for r in recipe.resins]),
        _fact("resin_share", share, "1", "EP 1063256 para. 68: resin over polymer and resin"),
    ]
    if kind == "unlisted":
        why = "para. 64 does not name the resin, and its list is not closed"
        out.append(_fact("resin_miscibility", None, "", "EP 1063256 para. 64", reason=why, stated=False))
    else:
        out.append(_fact("resin_miscibility", "miscible", "", "EP 1063256 para. 64 names it"))
    out.append(_resin_removal(recipe, kind))
    return out


def _resin_removal(recipe: Recipe, kind: str) -> Measurement:
    method = "solvents and non-solvents of poly(methyl methacrylate); EP 1063256 para. 80"
    if recipe.extraction is None:
        why = "nothing is washed out"
        return _fact("resin_removal", "left", "", method, why=why)
    keys = [key for key, _, _ in _liquids([p.liquid for p in recipe.extraction.liquids])]
    if kind not in ("methyl_methacrylate", "acrylic"):
        why = "which liquids dissolve this resin is not known here"
        return _fact("resin_removal", None, "", method, reason=why, stated=False)
    if any(key in names.ACRYLIC_RESIN_SOLVENTS for key in keys):
        return _fact("resin_removal", "removed", "", method)
    if all(key in names.EXTRACTION_LIQUIDS for key in keys):
        return _fact(
            "resin_removal", "left", "", method, why="the washing liquid does not dissolve the acrylic resin"
        )
    why = "whether this liquid dissolves the resin is not known here"
    return _fact("resin_removal", None, "", method, reason=why, stated=False)


# --- shaping and cooling ----------------------------------------------------------------------------------


def _shaping(recipe: Recipe) -> list[Measurement]:
    dissolution = recipe.dissolution.temperature
    shaping = recipe.shaping
    out = [
        _fact("dissolution_temperature", dissolution.value, "K", AS_WRITTEN, text=dissolution.text),
        _fact("shaping_method", shaping.method, "", AS_WRITTEN),
    ]
    own = shaping.temperature
    if isinstance(shaping, Extruder):
        out.append(_fact("die_kind", shaping.die.kind, "", AS_WRITTEN))
        if own is None:
            method = (
                "the dissolution temperature: the recipe gives no extrusion temperature apart (paras. 19, 61)"
            )
            out.append(_fact("extrusion_temperature", dissolution.value, "K", method, text=dissolution.text))
        else:
            out.append(_fact("extrusion_temperature", own.value, "K", AS_WRITTEN, text=own.text))
    else:
        none = f"nothing is extruded: {shaping.method.replace('_', ' ')}"
        out.append(_fact("die_kind", None, "", AS_WRITTEN, reason=none))
        out.append(_fact("extrusion_temperature", None, "K", AS_WRITTEN, reason=none))
    return out


def _cooling(recipe: Recipe) -> list[Measurement]:
    cooling = recipe.cooling
    out = [_fact("cooling_medium_kind", cooling.method, "", AS_WRITTEN)]
    temperature: Quantity | None
    if isinstance(cooling, RollCooling):
        temperature, which = cooling.temperatures[-1], "the last roll"
    else:
        temperature = cooling.temperature
        which = "the last zone" if isinstance(cooling, AirCooling) and cooling.zones else "as written"
    if temperature is None:
        why = "the recipe does not state the temperature of cooling"
        out.append(_fact("cooling_temperature", None, "K", AS_WRITTEN, reason=why, stated=False))
    else:
        out.append(
            _fact(
                "cooling_temperature", temperature.value, "K", f"{AS_WRITTEN}: {which}", text=temperature.text
            )
        )
    out.append(_solvent_kept(recipe))
    if not isinstance(cooling, BathCooling):
        none = f"no liquid cooling medium: {cooling.method}"
        for name in (
            "cooling_medium_family",
            "cooling_medium_family_of_paragraph_75",
            "cooling_medium_listing",
        ):
            out.append(_fact(name, None, "", "EP 1063256 claim 7, para. 75", reason=none))
        return out
    liquids = _liquids([p.liquid for p in cooling.media])
    outside = _families().outside_75
    within = [(key, name, "" if key in outside else family) for key, name, family in liquids]
    shown = [{"liquid": name, "family": family or "none of them"} for _, name, family in liquids]
    keys = [key for key, _, _ in liquids]
    claim = "the families of EP 1063256 claim 7"
    return [
        *out,
        _fact("cooling_medium_family", _family_word(liquids), "", claim, liquids=shown),
        _fact(
            "cooling_medium_family_of_paragraph_75",
            _family_word(within),
            "",
            f"{claim}, tridecyl phthalate left out (para. 75)",
            liquids=shown,
        ),
        _fact(
            "cooling_medium_listing",
            _listing_word(keys, names.PREFERRED_MEDIA),
            "",
            "EP 1063256 para. 75",
            liquids=shown,
        ),
    ]


def _solvent_kept(recipe: Recipe) -> Measurement:
    """Whether the gel keeps its solvent in the cooling medium (paras. 27, 63, 75)."""
    method = "EP 1063256 paras. 27, 63, 75; lists of volatile, good and water-miscible liquids"
    found = next(iter(stripping_media(recipe, Context())), None)
    if found is None:
        return _fact("solvent_kept", "kept", "", method)
    assert isinstance(recipe.cooling, BathCooling)
    keys = [key for key, _, _ in _liquids([p.liquid for p in recipe.cooling.media])]
    washing = names.EXTRACTION_LIQUIDS | names.GOOD_SOLVENTS
    if all(key in washing for key in keys):
        return _fact("solvent_kept", "stripped", "", method, why=found.found)
    # A bath that takes a part of the solvent may leave the gel: how much goes is a matter of time and has to be weighed.
    return _fact("solvent_kept", None, "", method, reason=found.found, stated=False)


# --- extraction, stretching and after ---------------------------------------------------------------------


def _extraction(recipe: Recipe) -> list[Measurement]:
    if recipe.extraction is None:
        none = "nothing is washed out: the product is the gel"
        return [
            _fact("extraction_used", "none", "", AS_WRITTEN, why=none),
            _fact("extraction_boiling_point", None, "K", AS_WRITTEN, reason=none),
            _fact("extraction_listing", "none", "", "EP 1063256 para. 80"),
        ]
    liquids = _liquids([p.liquid for p in recipe.extraction.liquids])
    keys = [key for key, _, _ in liquids]
    shown = [name for _, name, _ in liquids]
    listed = [key in names.EXTRACTION_LIQUIDS for key in keys]
    word = "listed" if all(listed) else "partly_listed" if any(listed) else "unlisted"
    method = "tables; the least volatile liquid of a mixture"
    points = []
    for key in keys:
        try:
            points.append(tables.liquid(key).boiling_point_K)
        except PercolaError:
            points = []
            break
    if points:
        hottest = max(points, key=float)
        boiling = _fact(
            "extraction_boiling_point",
            float(hottest),
            "K",
            method,
            uncertainty=float(hottest.uncertainty),
            liquids=shown,
        )
    else:
        why = "a boiling point is not in the tables"
        boiling = _fact("extraction_boiling_point", None, "K", method, reason=why, stated=False)
    return [
        _fact("extraction_used", "extracted", "", AS_WRITTEN, liquids=shown),
        boiling,
        _fact("extraction_listing", word, "", "EP 1063256 para. 80", liquids=shown),
    ]


def _applied_strain(step: Stretching) -> float | None:
    """Strain applied: of length (uniaxial) or area (biaxial), as paragraph 82 counts the residual one."""
    lengthwise, crosswise = step.lengthwise_ratio, step.crosswise_ratio
    return None if lengthwise is None or crosswise is None else lengthwise * crosswise - 1.0


def _stretching(recipe: Recipe) -> list[Measurement]:
    steps = recipe.stretching
    stages = {step.stage for step in steps}
    stage = "gel_and_membrane" if len(stages) == 2 else next(iter(stages), "none")
    out = [_fact("stretching_stage", stage, "", "EP 1063256 paras. 19, 82: before or after extraction")]
    none = "it is not stretched"
    method = "EP 1063256 paras. 82, 89(10)"
    if not steps:
        return [
            *out,
            _fact("stretching_residual_strain", None, "1", method, reason=none),
            _fact("draw_ratio", None, "1", method, reason=none),
            _fact("area_draw_ratio", None, "1", method, reason=none),
            _fact("stretching_temperature", None, "K", method, reason=none),
        ]
    residual = [s.residual_strain.value for s in steps if s.residual_strain is not None]
    applied = [
        strain
        for strain in (_applied_strain(s) for s in steps if s.residual_strain is None)
        if strain is not None
    ]
    if len(residual) == len(steps):
        out.append(_fact("stretching_residual_strain", max(residual), "1", f"{method}: as written"))
    elif len(residual) + len(applied) == len(steps):
        bound = "the strain applied, as the residual one is not stated: less is left after relaxation"
        out.append(
            _fact("stretching_residual_strain", max(residual + applied), "1", method, upper_bound=bound)
        )
    else:
        why = "neither a residual nor an applied strain is stated"
        out.append(_fact("stretching_residual_strain", None, "1", method, reason=why, stated=False))
    uniaxial = [s for s in steps if s.mode == "uniaxial"]
    biaxial = [s for s in steps if s.mode != "uniaxial"]
    for name, kind, words in (
        ("draw_ratio", uniaxial, "uniaxial"),
        ("area_draw_ratio", biaxial, "biaxial"),
    ):
        strains = [strain for strain in map(_applied_strain, kind) if strain is not None]
        if not kind:
            out.append(_fact(name, None, "1", method, reason=f"it is not stretched {words}ly"))
        elif len(strains) < len(kind):
            out.append(_fact(name, None, "1", method, reason="the draw ratio is not stated", stated=False))
        else:
            out.append(_fact(name, 1.0 + max(strains), "1", method))
    heats = [s.temperature.value for s in steps if s.temperature is not None]
    if len(heats) == len(steps):
        out.append(_fact("stretching_temperature", max(heats), "K", AS_WRITTEN))
    else:
        why = "the temperature of stretching is not stated"
        out.append(_fact("stretching_temperature", None, "K", AS_WRITTEN, reason=why, stated=False))
    return out


def _after(recipe: Recipe) -> list[Measurement]:
    heat = recipe.heat_treatment
    if heat is None:
        none = "it is not heat-treated"
        out = [
            _fact("heat_treatment_used", "none", "", AS_WRITTEN),
            _fact("heat_treatment_temperature", None, "K", AS_WRITTEN, reason=none),
        ]
    else:
        out = [
            _fact("heat_treatment_used", "heat_treated", "", AS_WRITTEN),
            _fact(
                "heat_treatment_temperature",
                heat.temperature.value,
                "K",
                AS_WRITTEN,
                text=heat.temperature.text,
            ),
        ]
    filled = "none" if recipe.electrolyte is None else recipe.electrolyte.into
    return [*out, _fact("electrolyte_filled", filled, "", "EP 1063256 paras. 22, 88, 111")]


# --- reported results -------------------------------------------------------------------------------------


def printed_interval(text: str) -> tuple[float, float] | None:
    """The relative interval of a printed number: half a unit of its last digit either way, over its value.

    >>> printed_interval("0.14 um")
    (0.9642857142857143, 1.0357142857142858)
    """
    found = re.match(r"\s*([0-9]+)(?:\.([0-9]+))?", text.replace(",", ""))
    if found is None:
        return None
    value = float(found[0].strip())
    half = 0.5 * 10.0 ** -len(found[2] or "")
    return None if value == 0 else ((value - half) / value, (value + half) / value)


def reported_measurements(reported: Reported | None) -> tuple[Measurement, ...]:
    """What the patent reports for a specimen, as measurements.

    Uncertainty is None: the patent gives none; ``evidence["printed_interval"]`` is the interval of the printed digits, which
    the judge takes as that of the value ("about 0.1 um" is no narrower than 0.05 to 0.15 um). A bound ("2.0 or less") has
    ``evidence["upper_bound"]``. Sizes told after a skin was pulled off carry a check. Nothing comes from reserved specimens.
    """
    if reported is None:
        return ()
    return tuple(_reported(value) for value in reported.values)


def _reported(value: ReportedValue) -> Measurement:
    evidence: dict[str, Any] = {"stated": value.paragraph, "text": value.text}
    if value.note:
        evidence["note"] = value.note
    checks: tuple[Check, ...] = ()
    if "skin" in value.note:
        evidence["skin_removed"] = True
        checks = (Check("surface skin", "warn", f"measured {value.note.split('; ')[-1]}"),)
    if value.relation == "<=":
        evidence["upper_bound"] = f'reported as "{value.text} or less"'
    elif not isinstance(value.value, str):
        printed = printed_interval(value.text)
        if printed is not None and value.unit != "K":
            evidence["printed_interval"] = [value.value * factor for factor in printed]
    region = "surface" if value.name in ("surface_to_internal_pore_ratio", "surface_structure") else ""
    return Measurement(
        value.name,
        value.value,
        value.unit,
        None,
        f"EP 1063256 {value.paragraph}, as reported",
        region,
        checks,
        evidence,
        ("ep1063256",),
    )


# --- a table of results -----------------------------------------------------------------------------------

_KIND_OF_UNIT = {
    "K": "temperature",
    "m": "length",
    "Pa": "pressure",
    "kg/mol": "molar_mass",
    "m/(s.Pa)": "permeability",
    "1": "fraction",
}
_COLUMNS = ("name", "value", "unit", "uncertainty", "region")
# Differences of temperatures by name; those that are made of others are differences too.
_DIFFERENCES = ("medium_window_width",)


def measurements_from_rows(
    rows: Iterable[Mapping[str, str]], where: str = "table"
) -> tuple[Measurement, ...]:
    """Measurements and facts from rows of text with the columns name, value, unit, uncertainty and region.

    ``name`` is one of :func:`percola.judge.quantities`; ``value`` a number with its ``unit`` (``"1"`` or ``"%"`` for pure
    numbers), or one of the words of a class; ``uncertainty`` one standard deviation in the same unit, or empty; ``region``
    where it was measured, or empty. Empty rows are left out.

    Args:
        rows: as :class:`csv.DictReader` gives them; the first is counted as line 2.
        where: name of the file, for refusals.

    Raises:
        InputError: an unknown name, word or column, a missing or wrong unit, no number, a negative size, a negative
            uncertainty, two rows for one quantity and region, or no row at all.
    """
    known = quantities()
    out: dict[tuple[str, str], Measurement] = {}
    for line, row in enumerate(rows, start=2):
        place = f"{where}, line {line}"
        unknown = [str(key) for key in row if key not in _COLUMNS]
        if unknown:
            remedy = "name the columns as allowed, one value in each"
            raise InputError(place, f"column {unknown[0]!r}", ", ".join(_COLUMNS), remedy)
        cells = {key: (row.get(key) or "").strip() for key in _COLUMNS}
        if not any(cells.values()):
            continue
        name = cells["name"]
        if name not in known:
            near = ", ".join(nearest(name, known))
            allowed = "a measurement or fact that the judge understands"
            raise InputError(
                f"{place}, name", repr(name[:60]), allowed, f"did you mean {near}?" if near else "see docs"
            )
        made = _from_row(known[name], cells, place)
        if (name, made.region) in out:
            remedy = "keep one, or tell their regions apart"
            raise InputError(place, f"{name} stands twice", "each name and region once", remedy)
        out[name, made.region] = made
    if not out:
        raise InputError(where, "no measurement in it", "a row for each measurement", f"columns {_COLUMNS}")
    return tuple(out.values())


def _from_row(known: Known, cells: Mapping[str, str], place: str) -> Measurement:
    evidence = {"stated": place}
    region = cells["region"].lower().replace(" ", "_")
    if not cells["value"]:
        raise InputError(
            f"{place}, value", "nothing", f"a value of {known.name}", "write it, or leave the row out"
        )
    if not known.unit:
        word = cells["value"].lower().replace(" ", "_").replace("-", "_")
        word = next((w for w in known.words if w.lower() == word), word)
        if word not in known.words:
            near = ", ".join(nearest(word, known.words)) or known.words[0]
            allowed = ", ".join(known.words)
            raise InputError(f"{place}, value", repr(cells["value"][:60]), allowed, f"did you mean {near}?")
        if cells["unit"] or cells["uncertainty"]:
            raise InputError(
                place, f"a unit or an uncertainty of the word {word!r}", "neither", "leave them empty"
            )
        return Measurement(known.name, word, "", None, f"as given in {place}", region, evidence=evidence)
    difference = known.unit == "K" and (known.kind == "derived" or known.name in _DIFFERENCES)
    kind = "temperature_difference" if difference else _KIND_OF_UNIT[known.unit]
    value = _number(cells["value"], cells["unit"], kind, f"{place}, value")
    sigma = None
    if cells["uncertainty"]:
        spread = "temperature_difference" if kind == "temperature" else kind
        sigma = _number(cells["uncertainty"], cells["unit"], spread, f"{place}, uncertainty")
    if (sigma is not None and sigma < 0) or (value < 0 and not difference):
        column = "value" if value < 0 and not difference else "uncertainty"
        raise InputError(f"{place}, {column}", repr(cells[column]), "not negative", "correct the number")
    return Measurement(
        known.name, value, known.unit, sigma, f"as given in {place}", region, evidence=evidence
    )


def _number(number: str, unit: str, kind: str, where: str) -> float:
    """A number in SI; a pure number has the unit 1 or %, so that 54.6 is not taken for 5460 %."""
    if kind != "fraction":
        return si_value(f"{number} {unit}".strip(), kind, where)
    if unit not in ("1", "%"):
        remedy = "write 1 for a pure number, or %"
        raise InputError(f"{where} {number}", f"the unit {unit!r}" if unit else "no unit", "1 or %", remedy)
    # Both are read as percentages, which refuse what is no number; 1 is then taken back.
    value = si_value(f"{number} %", kind, where)
    return value if unit == "%" else round(100.0 * value, _DIGITS)
