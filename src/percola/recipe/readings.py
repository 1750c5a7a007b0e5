"""What the rules look at: small functions from a recipe and its context to readings, in SI.

A reading names the field it was taken from and says what was found in words of the field. Functions return
nothing where the question does not arise (no resin, no stretching) or cannot be answered (a temperature
that needs thermodynamics which the context lacks; a liquid that is unknown, which is a finding of its own).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from percola.errors import PercolaError
from percola.recipe import names
from percola.recipe.assumed import cooling_temperature_K
from percola.recipe.model import (
    BathCooling,
    Extruder,
    HollowDie,
    HotPlate,
    HotPress,
    LiquidPart,
    Recipe,
    Stretching,
)
from percola.recipe.weights import (
    Composition,
    amounts,
    composition,
    liquid_shares,
    weight_average_molecular_weight_kg_mol,
)
from percola.units import Quantity, for_people

# Trouton's rule: entropy of vaporization at the boiling point over R; 88 J/(mol.K), 10 % for unassociated
# liquids.
TROUTON = 10.6
# Share of a mixture from which a liquid decides what a bath does to the solvent: a quarter. The patent
# gives no number; 37.5 wt% of water-miscible liquids in a water bath is Comparative Example 11.
DECISIVE_SHARE = 0.25
# No way of dissolving, mixing and shaping a polymer takes less than a minute: what has half crystallized by then
# was never dissolved. An extruder holds its melt for one to ten minutes (Rauwendaal, Polymer Extrusion, ch. 7).
SHORTEST_DISSOLUTION_s = 60.0


@dataclass(frozen=True)
class LiquidFacts:
    """What the rules need to know of a liquid; None where the tables do not say."""

    key: str
    name: str
    molar_mass_kg_mol: float | None = None
    boiling_point_K: float | None = None
    melting_point_K: float | None = None


Lookup = Callable[[str], LiquidFacts]
NameLookup = Callable[[str], str]


def _liquid_from_tables(name: str) -> LiquidFacts:
    from percola import tables

    liquid = tables.liquid(name)

    def value(attribute: str) -> float | None:
        try:
            found = getattr(liquid, attribute)
            return float(getattr(found() if callable(found) else found, "value", found))
        except (PercolaError, TypeError, ValueError):
            return None

    return LiquidFacts(
        liquid.key,
        getattr(liquid, "name", name),
        value("molar_mass_kg_mol"),
        value("boiling_point_K"),
        value("melting_point_K"),
    )


def _polymer_from_tables(name: str) -> str:
    from percola import tables

    return str(tables.polymer(name).key)


def _resin_from_tables(name: str) -> str:
    from percola import tables

    return str(tables.resin(name).key)


@dataclass(frozen=True)
class Context:
    """What the rules need beyond the recipe: the tables, and thermodynamics where it is known.

    Attributes:
        liquid, polymer, resin: look a name up; raise a :class:`PercolaError` with the nearest names.
        melting_temperature_in_mixture_K: T_m of the polymer in this solution (para. 76), or None.
        polymer_melting_temperature_K: T_m of the polymer itself (para. 84), or None.
        cloud_point_K: cloud point of the standing method (para. 70), or None where there is none above
            crystallization.
        least_cloud_point_K: lower end of the model's cloud point, where that lies above melting in the mixture;
            infinite where two liquids stay at every temperature; None where there is none.
        half_time_s: time after which half has crystallized at T_s, from the crystals that outlive it, or None.
        longest_half_time_s: the same with the interaction weaker by its uncertainty, so that a doubtful interaction
            refuses nothing.
        hold_s: time at T_s before cooling.
        straight_chain_ratio: draw ratio at which the polymer's chains are straight, or None.
        window_K: T_l and T_u (definition B), or None.
        medium_melting_temperature_30_K: T_m of 30 wt% polymer in the cooling medium (para. 78), or None.
    """

    liquid: Lookup = field(default=_liquid_from_tables)
    polymer: NameLookup = field(default=_polymer_from_tables)
    resin: NameLookup = field(default=_resin_from_tables)
    melting_temperature_in_mixture_K: float | None = None
    polymer_melting_temperature_K: float | None = None
    cloud_point_K: float | None = None
    least_cloud_point_K: float | None = None
    half_time_s: float | None = None
    longest_half_time_s: float | None = None
    hold_s: float = math.inf
    straight_chain_ratio: float | None = None
    window_K: tuple[float, float] | None = None
    medium_melting_temperature_30_K: float | None = None


@dataclass(frozen=True)
class Reading:
    """One reading: where, how much [SI], and what was found in words; ``remedy`` replaces that of the
    rule."""

    field: str
    value: float
    found: str
    remedy: str = ""


Readings = Iterator[Reading]


def _celsius(temperature_K: float) -> str:
    return for_people(temperature_K, "temperature")


def _wt(fraction: float) -> str:
    return for_people(fraction, "amount", 4)


def _mixtures(recipe: Recipe) -> Iterator[tuple[str, Sequence[LiquidPart]]]:
    if isinstance(recipe.cooling, BathCooling):
        yield "cooling.media", recipe.cooling.media
    if recipe.extraction is not None:
        yield "extraction.liquids", recipe.extraction.liquids
    if recipe.electrolyte is not None:
        yield "electrolyte.liquids", recipe.electrolyte.liquids


def _facts(context: Context, name: str) -> LiquidFacts | None:
    try:
        return context.liquid(name)
    except PercolaError:
        return None


def _composition(recipe: Recipe) -> Composition | None:
    try:
        return composition(recipe)
    except PercolaError:
        return None


def _solvents(recipe: Recipe, context: Context) -> list[tuple[int, LiquidFacts, float]] | None:
    """Index, facts and share of each solvent; None where one is unknown or the amounts are at fault."""
    whole = _composition(recipe)
    if whole is None:
        return None
    facts = [_facts(context, s.liquid) for s in recipe.solvents]
    known = [f for f in facts if f is not None]
    if len(known) != len(facts):
        return None
    return [(i, f, share) for i, (f, share) in enumerate(zip(known, whole.solvent_shares, strict=True))]


def _parts(parts: Sequence[LiquidPart], context: Context) -> list[tuple[int, LiquidFacts, float]] | None:
    facts = [_facts(context, p.liquid) for p in parts]
    known = [f for f in facts if f is not None]
    if len(known) != len(facts):
        return None
    shares = liquid_shares(parts)
    return [(i, f, share) for i, (f, share) in enumerate(zip(known, shares, strict=True))]


# --- names ------------------------------------------------------------------------------------------------


def unknown_liquids(recipe: Recipe, context: Context) -> Readings:
    """Liquids that the tables do not hold, with the nearest names."""
    named = [(f"solvents[{i}].liquid", s.liquid) for i, s in enumerate(recipe.solvents)]
    for where, parts in _mixtures(recipe):
        named += [(f"{where}[{i}].liquid", p.liquid) for i, p in enumerate(parts)]
    yield from _unknown(named, context.liquid)


def unknown_polymers(recipe: Recipe, context: Context) -> Readings:
    """Polymers that the tables do not hold."""
    yield from _unknown(
        [(f"polymers[{i}].polymer", p.polymer) for i, p in enumerate(recipe.polymers)], context.polymer
    )


def unknown_resins(recipe: Recipe, context: Context) -> Readings:
    """Resins that the tables do not hold."""
    yield from _unknown([(f"resins[{i}].resin", r.resin) for i, r in enumerate(recipe.resins)], context.resin)


def _unknown(named: list[tuple[str, str]], lookup: Callable[[str], object]) -> Readings:
    for where, name in named:
        try:
            lookup(name)
        except PercolaError as error:
            # The tables name the nearest substances in what they allow.
            near = error.allowed.partition("nearest:")[2].strip()
            remedy = f"did you mean {near}?" if near else error.remedy
            yield Reading(where, math.nan, repr(name[:60]), remedy)


def undefined_copolymers(recipe: Recipe, context: Context) -> Readings:
    """Copolymers without comonomer or content, and contents that leave no majority of vinylidene fluoride."""
    for i, polymer in enumerate(recipe.polymers):
        if not polymer.comonomers:
            if "-" in polymer.polymer.replace("poly-", ""):
                yield Reading(
                    f"polymers[{i}].comonomers", math.nan, f"{polymer.polymer} without its comonomer"
                )
            continue
        total = 0.0
        for j, comonomer in enumerate(polymer.comonomers):
            if comonomer.content is None:
                where = f"polymers[{i}].comonomers[{j}].content"
                yield Reading(where, math.nan, f"no content of {comonomer.monomer}")
            else:
                total += comonomer.content.value
        if total >= 0.5:
            yield Reading(f"polymers[{i}].comonomers", total, f"{100 * total:.4g} % of comonomers")


# --- amounts ----------------------------------------------------------------------------------------------


def _amounts(recipe: Recipe) -> Iterator[tuple[str, list[tuple[str, float]]]]:
    yield "amount", [(amount.unit, amount.value) for amount in amounts(recipe)]
    for where, parts in _mixtures(recipe):
        yield where, [(p.amount.unit, p.amount.value) for p in parts if p.amount is not None]


def mixed_amounts(recipe: Recipe, context: Context) -> Readings:
    """Mixtures given in parts and percent at once."""
    for where, given in _amounts(recipe):
        if len({unit for unit, _ in given}) > 1:
            label = "polymers, solvents, resins" if where == "amount" else where
            yield Reading(where, math.nan, f"parts and wt% mixed in {label}")


def percentage_sums(recipe: Recipe, context: Context) -> Readings:
    """Sums of the mixtures given in percent."""
    for where, given in _amounts(recipe):
        if given and {unit for unit, _ in given} == {"wt%"}:
            total = sum(value for _, value in given)
            yield Reading(where, total, f"{100 * total:.6g} wt% in all")


def _amount_field(name: str, entries: Sequence[object]) -> str:
    return f"{name}[0].amount" if len(entries) == 1 else f"{name}.amount"


def polymer_concentration(recipe: Recipe, context: Context) -> Readings:
    """Weight fraction of polymer in polymer + solvent + resin."""
    whole = _composition(recipe)
    if whole is not None:
        yield Reading(
            _amount_field("polymers", recipe.polymers),
            whole.polymer_weight_fraction,
            f"{_wt(whole.polymer_weight_fraction)} polymer",
        )


def polymer_and_resin_concentration(recipe: Recipe, context: Context) -> Readings:
    """Weight fraction of polymer and resin together, where there is a resin."""
    whole = _composition(recipe)
    if whole is not None and recipe.resins:
        total = whole.polymer_weight_fraction + whole.resin_weight_fraction
        yield Reading(_amount_field("resins", recipe.resins), total, f"{_wt(total)} polymer and resin")


def polymer_share_of_polymer_and_resin(recipe: Recipe, context: Context) -> Readings:
    """Polymer over polymer + resin by weight, where there is a resin."""
    whole = _composition(recipe)
    if whole is not None and recipe.resins:
        polymer, resin = whole.polymer_weight_fraction, whole.resin_weight_fraction
        share = polymer / (polymer + resin)
        yield Reading(
            _amount_field("resins", recipe.resins),
            share,
            f"polymer : resin = {100 * share:.4g} : {100 - 100 * share:.4g}",
        )


# --- polymers and resins ----------------------------------------------------------------------------------


def molecular_weight(recipe: Recipe, context: Context) -> Readings:
    """Mw of the polymer or polymer mixture."""
    mass = weight_average_molecular_weight_kg_mol(recipe)
    field_name = "polymers" if len(recipe.polymers) > 1 else "polymers[0]"
    mixture = " (of the mixture)" if len(recipe.polymers) > 1 else ""
    yield Reading(
        f"{field_name}.weight_average_molecular_weight", mass, f"Mw {1e3 * mass:.3g} g/mol{mixture}"
    )


def unlisted_comonomers(recipe: Recipe, context: Context) -> Readings:
    """Comonomers that para. 47 does not name."""
    for i, polymer in enumerate(recipe.polymers):
        for j, comonomer in enumerate(polymer.comonomers):
            if names.comonomer_key(comonomer.monomer) is None:
                yield Reading(
                    f"polymers[{i}].comonomers[{j}].monomer", math.nan, repr(comonomer.monomer[:60])
                )


def copolymers(recipe: Recipe, context: Context) -> Readings:
    """Polymers with comonomers."""
    for i, polymer in enumerate(recipe.polymers):
        if polymer.comonomers:
            kinds = ", ".join(c.monomer for c in polymer.comonomers)
            yield Reading(f"polymers[{i}].comonomers", math.nan, f"a copolymer with {kinds[:60]}")


def _resin_class(name: str, context: Context) -> str | None:
    """Class of para. 64, by the name as written or by the key of the tables."""
    try:
        key = context.resin(name)
    except PercolaError:
        key = ""
    return names.resin_class(name) or names.resin_class(key)


def unlisted_resins(recipe: Recipe, context: Context) -> Readings:
    """Resins outside the classes of para. 64."""
    for i, resin in enumerate(recipe.resins):
        if _resin_class(resin.resin, context) is None:
            yield Reading(f"resins[{i}].resin", math.nan, repr(resin.resin[:60]))


def resins_other_than_methyl_methacrylate(recipe: Recipe, context: Context) -> Readings:
    """Resins of para. 64 that are not methyl methacrylate resins."""
    for i, resin in enumerate(recipe.resins):
        if _resin_class(resin.resin, context) in ("acrylic", "other"):
            yield Reading(f"resins[{i}].resin", math.nan, repr(resin.resin[:60]))


# --- solvents ---------------------------------------------------------------------------------------------


def unlisted_solvents(recipe: Recipe, context: Context) -> Readings:
    """Solvents that neither para. 63 nor para. 65 covers, in this mixture."""
    solvents = _solvents(recipe, context)
    if solvents is None:
        return
    keys = {facts.key for _, facts, _ in solvents}
    if keys == set(names.PLANAR_PAIR):
        return
    helpers = names.GOOD_SOLVENTS | names.NON_SOLVENTS
    for i, facts, _ in solvents:
        if facts.key in names.PERCOLATION_SOLVENTS:
            continue
        if facts.key in helpers and keys & names.PERCOLATION_SOLVENTS:
            continue
        remedy = ""
        found = facts.name
        if facts.key in names.SPHERE_FORMING_SOLVENTS:
            found += ", which gives networks of spherical particles (Comparative Examples 2, 3 and 10)"
        elif facts.key in helpers:
            found += " without a solvent of para. 63"
            remedy = "mix it with a solvent of para. 63"
        elif facts.key in names.PLANAR_PAIR:
            found += ", outside the pair of para. 65"
            remedy = "use it with diethylhexyl adipate alone, 20 : 80 to 40 : 60"
        yield Reading(f"solvents[{i}].liquid", math.nan, found, remedy)


def caprolactone_share(recipe: Recipe, context: Context) -> Readings:
    """Share of epsilon-caprolactone in its pair with diethylhexyl adipate."""
    solvents = _solvents(recipe, context)
    if solvents is None:
        return
    shares = {facts.key: share for _, facts, share in solvents}
    if set(shares) == set(names.PLANAR_PAIR):
        share = shares["CL"]
        yield Reading("solvents.amount", share, f"{_wt(share)} epsilon-caprolactone in the pair")


def _is_planar_pair(recipe: Recipe, context: Context) -> bool:
    facts = [_facts(context, solvent.liquid) for solvent in recipe.solvents]
    return {f.key for f in facts if f is not None} == set(names.PLANAR_PAIR)


def bubble_point_K(liquids: Sequence[tuple[LiquidFacts, float]]) -> float | None:
    """Temperature at which a mixture of liquids boils at 1 atm [K]; None where a boiling point is not known.

    ``sum x_i exp(S (1 - T_b,i / T)) = 1`` with mole fractions x_i: Raoult's law with vapour pressures after
    Trouton.

    Args:
        liquids: facts and weight fraction of each liquid.

    Validity: one liquid, exact by definition; mixtures, about 10 K, since activity coefficients are taken
        as one and the
    polymer, which lowers the vapour pressure further, is left out.
    Reference: any textbook on phase equilibria, e.g. Smith, Van Ness and Abbott, ch. 10.
    """
    if any(f.boiling_point_K is None or f.molar_mass_kg_mol is None for f, _ in liquids):
        return None
    moles = [share / (f.molar_mass_kg_mol or 1.0) for f, share in liquids]
    boiling = [f.boiling_point_K or 0.0 for f, _ in liquids]
    fractions = [m / sum(moles) for m in moles]
    low, high = min(boiling), max(boiling)
    for _ in range(60):
        middle = 0.5 * (low + high)
        pressure = sum(
            x * math.exp(TROUTON * (1.0 - b / middle)) for x, b in zip(fractions, boiling, strict=True)
        )
        low, high = (low, middle) if pressure > 1.0 else (middle, high)
    return high


def above_boiling(recipe: Recipe, context: Context) -> Readings:
    """Dissolution temperature above the boiling point of the mixed solvent, unless pressurized."""
    if recipe.dissolution.pressurized:
        return
    solvents = _solvents(recipe, context)
    boiling = None if solvents is None else bubble_point_K([(f, share) for _, f, share in solvents])
    if boiling is None:
        return
    temperature = recipe.dissolution.temperature
    found = f"{temperature.text}, where the solvent boils at {'about ' if len(solvents or ()) > 1 else ''}"
    yield Reading("dissolution.temperature", temperature.value - boiling, found + _celsius(boiling))


def above_freezing_solvent(recipe: Recipe, context: Context) -> Readings:
    """Dissolution temperature above the melting point of a solvent of one liquid."""
    solvents = _solvents(recipe, context)
    if solvents is None or len(solvents) != 1:
        return
    melting = solvents[0][1].melting_point_K
    if melting is not None:
        temperature = recipe.dissolution.temperature
        found = f"{temperature.text}, where {solvents[0][1].name} melts at {_celsius(melting)}"
        yield Reading("dissolution.temperature", temperature.value - melting, found)


# --- dissolution ------------------------------------------------------------------------------------------


def dissolution_temperatures(recipe: Recipe, context: Context) -> Readings:
    """T_s, and the temperature of shaping where it is another."""
    yield Reading(
        "dissolution.temperature", recipe.dissolution.temperature.value, recipe.dissolution.temperature.text
    )
    if recipe.shaping.temperature is not None:
        yield Reading(
            "shaping.temperature", recipe.shaping.temperature.value, recipe.shaping.temperature.text
        )


def half_time_at_dissolution(recipe: Recipe, context: Context) -> Readings:
    """Time to half of the crystallization at T_s, at most, over the shortest time that dissolving takes."""
    longest = context.longest_half_time_s
    if longest is not None:
        yield Reading(
            "dissolution.temperature",
            longest / SHORTEST_DISSOLUTION_s,
            _half_crystallized(recipe, longest),
        )


def half_time_over_hold(recipe: Recipe, context: Context) -> Readings:
    """Time to half of the crystallization at T_s, over the time of the hold; where it can be dissolved at all."""
    half, longest = context.half_time_s, context.longest_half_time_s
    if half is not None and (longest is None or longest >= SHORTEST_DISSOLUTION_s):
        found = f"{_half_crystallized(recipe, half)}, with a hold of {_time(context.hold_s)}"
        yield Reading("dissolution.temperature", half / context.hold_s, found)


def _half_crystallized(recipe: Recipe, half_time_s: float) -> str:
    at = recipe.dissolution.temperature.text
    return f"{at}, where half crystallizes within {_time(half_time_s)} on crystals that do not melt there"


def _time(time_s: float) -> str:
    return for_people(time_s, "time")


def above_least_cloud_point(recipe: Recipe, context: Context) -> Readings:
    """T_s above the lower end of the cloud point that the interaction gives, for solvents other than the pair."""
    least = context.least_cloud_point_K
    if least is not None and not _is_planar_pair(recipe, context):
        where = f"below {_celsius(least)} at least" if math.isfinite(least) else "at every temperature"
        temperature = recipe.dissolution.temperature
        found = f"{temperature.text}, where by its interaction the solution is two liquids {where}"
        yield Reading("dissolution.temperature", temperature.value - least, found)


def above_cloud_point(recipe: Recipe, context: Context) -> Readings:
    """T_s above the cloud point, for the solvent with a planar interface."""
    if context.cloud_point_K is not None and _is_planar_pair(recipe, context):
        temperature = recipe.dissolution.temperature
        found = f"{temperature.text}, with a cloud point of {_celsius(context.cloud_point_K)}"
        yield Reading("dissolution.temperature", temperature.value - context.cloud_point_K, found)


def extrusion_above_cloud_point(recipe: Recipe, context: Context) -> Readings:
    """Extrusion temperature above the cloud point, where it is given apart from T_s."""
    shaping = recipe.shaping
    if context.cloud_point_K is None or not isinstance(shaping, Extruder) or shaping.temperature is None:
        return
    if _is_planar_pair(recipe, context):
        found = f"{shaping.temperature.text}, with a cloud point of {_celsius(context.cloud_point_K)}"
        yield Reading("shaping.temperature", shaping.temperature.value - context.cloud_point_K, found)


def into_window(recipe: Recipe, context: Context) -> Readings:
    """Distance of T_s from the nearer edge of the window T_l..T_u, positive inside."""
    if context.window_K is None or _is_planar_pair(recipe, context):
        return
    low, high = context.window_K
    for reading in dissolution_temperatures(recipe, context):
        distance = min(reading.value - low, high - reading.value)
        found = f"{reading.found}, with T_l = {_celsius(low)} and T_u = {_celsius(high)}"
        yield Reading(reading.field, distance, found)


# --- cooling ----------------------------------------------------------------------------------------------


def _cooling_field(recipe: Recipe) -> str:
    return "cooling.temperatures" if recipe.cooling.method == "rolls" else "cooling.temperature"


def cooling_below_dissolution(recipe: Recipe, context: Context) -> Readings:
    """Last cooling temperature minus T_s."""
    temperature_K = cooling_temperature_K(recipe)
    found = f"{_celsius(temperature_K)}, with dissolution at {recipe.dissolution.temperature.text}"
    yield Reading(_cooling_field(recipe), temperature_K - recipe.dissolution.temperature.value, found)


def cooling_below_melting(recipe: Recipe, context: Context) -> Readings:
    """Last cooling temperature minus the melting point of the polymer in the mixture."""
    melting = context.melting_temperature_in_mixture_K
    if melting is not None:
        temperature_K = cooling_temperature_K(recipe)
        found = f"{_celsius(temperature_K)}, with T_m = {_celsius(melting)} in the mixture"
        yield Reading(_cooling_field(recipe), temperature_K - melting, found)


def bath_above_boiling(recipe: Recipe, context: Context) -> Readings:
    """Temperature of the bath minus the boiling point of its liquid."""
    if not isinstance(recipe.cooling, BathCooling):
        return
    media = _parts(recipe.cooling.media, context)
    boiling = None if media is None else bubble_point_K([(f, share) for _, f, share in media])
    if boiling is not None:
        temperature_K = cooling_temperature_K(recipe)
        found = f"{_celsius(temperature_K)}, where the medium boils at {_celsius(boiling)}"
        yield Reading("cooling.temperature", temperature_K - boiling, found)


def bath_above_freezing(recipe: Recipe, context: Context) -> Readings:
    """Temperature of a bath of one liquid minus its melting point."""
    if not isinstance(recipe.cooling, BathCooling) or len(recipe.cooling.media) != 1:
        return
    facts = _facts(context, recipe.cooling.media[0].liquid)
    if facts is not None and facts.melting_point_K is not None:
        temperature_K = cooling_temperature_K(recipe)
        found = f"{_celsius(temperature_K)}, where {facts.name} melts at {_celsius(facts.melting_point_K)}"
        yield Reading("cooling.temperature", temperature_K - facts.melting_point_K, found)


def stripping_media(recipe: Recipe, context: Context) -> Readings:
    """Baths that take the solvent out: volatile or good solvents; water or glycol where the solvent mixes
    with them."""
    if not isinstance(recipe.cooling, BathCooling):
        return
    media = _parts(recipe.cooling.media, context)
    solvents = _solvents(recipe, context)
    if media is None or solvents is None:
        return
    washing = names.EXTRACTION_LIQUIDS | names.GOOD_SOLVENTS
    strong = sum(share for _, f, share in media if f.key in washing)
    polar = sum(share for _, f, share in media if f.key in names.POLAR_MEDIA)
    soluble = sum(share for _, f, share in solvents if f.key in names.WATER_MISCIBLE)
    if strong > 0.5:
        liquids = ", ".join(f.name for _, f, _ in media if f.key in washing)
        yield Reading("cooling.media", strong, f"a bath of {liquids}, which washes the solvent out")
    elif polar > 0.5 and soluble >= DECISIVE_SHARE:
        liquids = ", ".join(f.name for _, f, _ in solvents if f.key in names.WATER_MISCIBLE)
        bath = ", ".join(f.name for _, f, _ in media if f.key in names.POLAR_MEDIA)
        found = f"a bath of {bath} takes out {liquids} ({_wt(soluble)} of the solvent)"
        yield Reading("cooling.media", soluble, found)


def unpreferred_media(recipe: Recipe, context: Context) -> Readings:
    """Baths that are not percolation solvents, or mixtures of them with good or non-solvents."""
    if not isinstance(recipe.cooling, BathCooling):
        return
    media = _parts(recipe.cooling.media, context)
    if media is None:
        return
    keys = {f.key for _, f, _ in media}
    helpers = names.GOOD_SOLVENTS | names.NON_SOLVENTS
    for i, facts, _ in media:
        adjusted = facts.key in helpers and bool(keys & names.PREFERRED_MEDIA)
        if facts.key not in names.PREFERRED_MEDIA and not adjusted:
            yield Reading(f"cooling.media[{i}].liquid", math.nan, facts.name)


def medium_melting_points(recipe: Recipe, context: Context) -> Readings:
    """T_m30: melting point of 30 wt% polymer in the cooling medium."""
    value = context.medium_melting_temperature_30_K
    if value is not None and isinstance(recipe.cooling, BathCooling):
        yield Reading("cooling.media", value, f"T_m30 = {_celsius(value)}")


def hollow_without_liquid(recipe: Recipe, context: Context) -> Readings:
    """Hollow fibres cooled by other means than a liquid."""
    hollow = isinstance(recipe.shaping, Extruder) and isinstance(recipe.shaping.die, HollowDie)
    if hollow and not isinstance(recipe.cooling, BathCooling):
        yield Reading("cooling.method", math.nan, f"a hollow fibre cooled by {recipe.cooling.method}")


# --- extraction -------------------------------------------------------------------------------------------


def _extraction(recipe: Recipe, context: Context) -> list[tuple[int, LiquidFacts, float]]:
    if recipe.extraction is None:
        return []
    return _parts(recipe.extraction.liquids, context) or []


def extraction_boiling_points(recipe: Recipe, context: Context) -> Readings:
    """Boiling points of the washing liquids."""
    for i, facts, _ in _extraction(recipe, context):
        if facts.boiling_point_K is not None:
            found = f"{facts.name}, which boils at {_celsius(facts.boiling_point_K)}"
            yield Reading(f"extraction.liquids[{i}].liquid", facts.boiling_point_K, found)


def unlisted_extraction_liquids(recipe: Recipe, context: Context) -> Readings:
    """Washing liquids that para. 80 does not name."""
    for i, facts, _ in _extraction(recipe, context):
        if facts.key not in names.EXTRACTION_LIQUIDS:
            yield Reading(f"extraction.liquids[{i}].liquid", math.nan, facts.name)


def extraction_that_leaves_resin(recipe: Recipe, context: Context) -> Readings:
    """Washing liquids that do not dissolve the acrylic resin of the recipe."""
    acrylic = any(_resin_class(r.resin, context) in ("methyl methacrylate", "acrylic") for r in recipe.resins)
    liquids = _extraction(recipe, context)
    if acrylic and liquids and not any(f.key in names.ACRYLIC_RESIN_SOLVENTS for _, f, _ in liquids):
        yield Reading(
            "extraction.liquids", math.nan, f"{', '.join(f.name for _, f, _ in liquids)} leaves the resin"
        )


# --- stretching and after ---------------------------------------------------------------------------------


def _residual(step: Stretching) -> float | None:
    return None if step.residual_strain is None else step.residual_strain.value


def _area_ratio(step: Stretching) -> float | None:
    """Stretched over original length (uniaxial) or area (biaxial)."""
    lengthwise, crosswise = step.lengthwise_ratio, step.crosswise_ratio
    return None if lengthwise is None or crosswise is None else lengthwise * crosswise


def residual_strains(recipe: Recipe, context: Context) -> Readings:
    """Residual strain of each stretching, where it is given."""
    for i, step in enumerate(recipe.stretching):
        residual = _residual(step)
        if residual is not None and step.residual_strain is not None:
            yield Reading(f"stretching[{i}].residual_strain", residual, step.residual_strain.text)


def residual_over_applied(recipe: Recipe, context: Context) -> Readings:
    """Residual strain over the strain applied; one where both vanish."""
    for i, step in enumerate(recipe.stretching):
        residual, ratio = _residual(step), _area_ratio(step)
        if residual is None or ratio is None or ratio < 1.0:
            continue
        applied = ratio - 1.0
        value = residual / applied if applied > 0 else (math.inf if residual > 0 else 1.0)
        yield Reading(
            f"stretching[{i}].residual_strain",
            value,
            f"{100 * residual:.4g} % left of {100 * applied:.4g} % applied",
        )


def draw_ratios(recipe: Recipe, context: Context) -> Readings:
    """Each draw ratio as written."""
    for i, step in enumerate(recipe.stretching):
        for name in ("draw_ratio", "draw_ratio_crosswise"):
            ratio = getattr(step, name)
            if ratio is not None:
                yield Reading(f"stretching[{i}].{name}", ratio, f"{ratio:g}")


def uniaxial_draw_ratios(recipe: Recipe, context: Context) -> Readings:
    """Draw ratio of each uniaxial stretching."""
    for i, step in enumerate(recipe.stretching):
        ratio = step.lengthwise_ratio
        if step.mode == "uniaxial" and ratio is not None:
            name = "draw_ratio" if step.draw_ratio is not None else "elongation"
            yield Reading(f"stretching[{i}].{name}", ratio, f"a draw ratio of {ratio:g}")


def biaxial_area_ratios(recipe: Recipe, context: Context) -> Readings:
    """Area ratio of each biaxial stretching."""
    for i, step in enumerate(recipe.stretching):
        ratio = _area_ratio(step)
        if step.mode != "uniaxial" and ratio is not None:
            yield Reading(f"stretching[{i}].draw_ratio", ratio, f"an area ratio of {ratio:g}")


def stretching_temperatures(recipe: Recipe, context: Context) -> Readings:
    """Temperature of each stretching, where it is given."""
    for i, step in enumerate(recipe.stretching):
        if step.temperature is not None:
            yield Reading(f"stretching[{i}].temperature", step.temperature.value, step.temperature.text)


def draw_over_straight_chain(recipe: Recipe, context: Context) -> Readings:
    """Each draw ratio over that at which the chains between their ends are straight."""
    straight = context.straight_chain_ratio
    if straight is None:
        return
    for i, step in enumerate(recipe.stretching):
        for ratio, name in (
            (step.lengthwise_ratio, "draw_ratio" if step.draw_ratio is not None else "elongation"),
            (
                step.crosswise_ratio,
                "draw_ratio_crosswise" if step.draw_ratio_crosswise is not None else "elongation_crosswise",
            ),
        ):
            if ratio is not None:
                found = f"a draw ratio of {ratio:g}, where the chains are straight at {straight:.2g}"
                yield Reading(f"stretching[{i}].{name}", ratio / straight, found)


def stretching_below_melting(recipe: Recipe, context: Context) -> Readings:
    """Temperature of each stretching minus the melting temperature of the polymer."""
    melting = context.polymer_melting_temperature_K
    for i, step in enumerate(recipe.stretching):
        if step.temperature is not None and melting is not None:
            found = f"{step.temperature.text}, with T_m = {_celsius(melting)}"
            yield Reading(f"stretching[{i}].temperature", step.temperature.value - melting, found)


def stretched_gels(recipe: Recipe, context: Context) -> Readings:
    """Stretchings before extraction."""
    for i, step in enumerate(recipe.stretching):
        if step.stage == "gel":
            yield Reading(f"stretching[{i}].stage", math.nan, "the gel is stretched, before extraction")


def stretched_membranes_without_extraction(recipe: Recipe, context: Context) -> Readings:
    """Stretchings of a membrane that no extraction makes."""
    for i, step in enumerate(recipe.stretching):
        if step.stage == "membrane" and recipe.extraction is None:
            yield Reading(
                f"stretching[{i}].stage", math.nan, "a membrane is stretched, but nothing is extracted"
            )


def heat_treatment_temperature(recipe: Recipe, context: Context) -> Readings:
    """Temperature of the heat treatment."""
    if recipe.heat_treatment is not None:
        temperature = recipe.heat_treatment.temperature
        yield Reading("heat_treatment.temperature", temperature.value, temperature.text)


def heat_treatment_below_melting(recipe: Recipe, context: Context) -> Readings:
    """Temperature of the heat treatment minus the melting temperature of the polymer."""
    melting = context.polymer_melting_temperature_K
    if recipe.heat_treatment is not None and melting is not None:
        temperature = recipe.heat_treatment.temperature
        found = f"{temperature.text}, with T_m = {_celsius(melting)}"
        yield Reading("heat_treatment.temperature", temperature.value - melting, found)


def thickness(recipe: Recipe, context: Context) -> Readings:
    """Thickness of a sheet, or the target thickness of an extrusion where it is given."""
    shaping = recipe.shaping
    if isinstance(shaping, (HotPress, HotPlate)):
        yield Reading("shaping.thickness", shaping.thickness.value, shaping.thickness.text)
    elif shaping.target_thickness is not None:
        yield Reading(
            "shaping.target_thickness", shaping.target_thickness.value, shaping.target_thickness.text
        )


# --- sizes that exist -------------------------------------------------------------------------------------


def _written(part: BaseModel, kind: str, path: str = "") -> Iterator[tuple[str, Quantity]]:
    """Path and value of every quantity of a kind that the recipe holds, in the order of its fields."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        several = isinstance(value, tuple)
        for i, one in enumerate(value if several else (value,)):
            where = f"{path}{name}[{i}]" if several else f"{path}{name}"
            if isinstance(one, Quantity) and one.kind == kind:
                yield where, one
            elif isinstance(one, BaseModel):
                yield from _written(one, kind, f"{where}.")


def _all(recipe: Recipe, kind: str) -> Readings:
    for where, quantity in _written(recipe, kind):
        yield Reading(where, quantity.value, quantity.text)


def temperatures(recipe: Recipe, context: Context) -> Readings:
    """Every temperature of the recipe."""
    yield from _all(recipe, "temperature")


def lengths(recipe: Recipe, context: Context) -> Readings:
    """Every length of the recipe."""
    yield from _all(recipe, "length")


def times(recipe: Recipe, context: Context) -> Readings:
    """Every duration of the recipe."""
    yield from _all(recipe, "time")


def velocities(recipe: Recipe, context: Context) -> Readings:
    """Every speed of the recipe."""
    yield from _all(recipe, "velocity")


def pressures(recipe: Recipe, context: Context) -> Readings:
    """Every pressure of the recipe."""
    yield from _all(recipe, "pressure")


def molar_masses(recipe: Recipe, context: Context) -> Readings:
    """Every molar mass of the recipe: those of its polymers and resins."""
    yield from _all(recipe, "molar_mass")


def walls(recipe: Recipe, context: Context) -> Readings:
    """Thickness of the wall of solution: as pressed, as drawn down, or as wide as the die."""
    shaping = recipe.shaping
    if isinstance(shaping, (HotPress, HotPlate)):
        yield Reading("shaping.thickness", shaping.thickness.value, shaping.thickness.text)
        return
    die = shaping.die
    if isinstance(die, HollowDie):
        thick_m = 0.5 * (die.outside_diameter.value - die.inside_diameter.value)
        yield Reading("shaping.die.outside_diameter", thick_m, f"a wall of {for_people(thick_m, 'length')}")
    else:
        yield Reading("shaping.die.gap", die.gap.value, die.gap.text)
    if shaping.target_thickness is not None:
        target = shaping.target_thickness
        yield Reading("shaping.target_thickness", target.value, target.text)


def fibre_diameters(recipe: Recipe, context: Context) -> Readings:
    """Outside diameter of a hollow die."""
    if isinstance(recipe.shaping, Extruder) and isinstance(recipe.shaping.die, HollowDie):
        outside = recipe.shaping.die.outside_diameter
        yield Reading("shaping.die.outside_diameter", outside.value, outside.text)
