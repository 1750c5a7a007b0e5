"""`Recipe`: the whole process of EP 1 063 256 A1, paras. 19, 26-27 and 46-88, as a person writes it.

Every field says what it is and which paragraph it comes from; quantities are text with a unit. The models
are frozen, refuse unknown keys and hold nothing but what was written: assumptions for what was left out are
made, and named, in :mod:`percola.recipe.assumed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, model_validator
from pydantic.config import JsonDict

from percola.recipe.fields import (
    Amount,
    ComonomerContent,
    Dose,
    FilmCoefficient,
    Length,
    MassFlow,
    MolarConcentration,
    MolarMass,
    Name,
    Pressure,
    Ratio,
    Section,
    StillOrMoving,
    Strain,
    Temperature,
    Text,
    Time,
    Velocity,
    VolumeFlow,
    failure,
)

SCHEMA_VERSION = 1


def at(paragraph: str, description: str, default: Any = ..., **more: Any) -> Any:
    """A field with its paragraph; optional fields have a default."""
    extra: JsonDict = {"x-paragraph": paragraph}
    text = f"{description} [{paragraph}]" if paragraph else description
    return Field(default, description=text, json_schema_extra=extra, **more)


class Comonomer(Section):
    """A comonomer of a vinylidene fluoride copolymer (para. 47)."""

    monomer: Name = at("para. 47", "TFE, HFP, CTFE or E (ethylene), or their names")
    content: ComonomerContent | None = at("para. 47", "share of the chain, mol% or wt%", None)


class Polymer(Section):
    """One vinylidene fluoride homopolymer or copolymer; several make a mixture (paras. 46-47)."""

    polymer: Name = at("para. 47", "name in the tables, e.g. PVDF or P(VDF-HFP)", "PVDF")
    weight_average_molecular_weight: MolarMass = at("para. 46, 89(1)", "Mw, in terms of polystyrene by GPC")
    amount: Amount = at("para. 50, 67", "weight parts, or wt% of the whole solution")
    dispersity: Ratio | None = at("para. 89(1)", "Mw / Mn, a pure number", None)
    comonomers: tuple[Comonomer, ...] = at("para. 47", "none for the homopolymer", (), max_length=8)


class Solvent(Section):
    """One liquid of the solution (paras. 63, 65)."""

    liquid: Name = at("para. 63, 65", "abbreviation, name or CAS number in the tables")
    amount: Amount = at("para. 50, 67", "weight parts, or wt% of the whole solution")


class Resin(Section):
    """A thermoplastic resin miscible with the polymer (para. 64)."""

    resin: Name = at("para. 64", "name in the tables, e.g. PMMA")
    amount: Amount = at("para. 51, 68", "weight parts, or wt% of the whole solution")
    grade: Text = at("para. 117", "maker's grade", "")
    weight_average_molecular_weight: MolarMass | None = at("para. 64", "Mw of the resin", None)
    comonomers: tuple[Name, ...] = at(
        "para. 64", "comonomers of a methyl methacrylate copolymer", (), max_length=8
    )


class Additive(Section):
    """An additive to the polymer, counted in the weight but not in the polymer concentration (para. 48)."""

    kind: Literal["antioxidant", "ultraviolet absorber", "lubricant", "anti-blocking agent", "other"] = at(
        "para. 48", "what it is for"
    )
    name: Text = at("para. 48", "the substance", "")
    amount: Amount = at("para. 48", "weight parts, or wt% of the whole solution")


class LiquidPart(Section):
    """One liquid of a bath, a washing liquid or an electrolyte; one alone needs no amount."""

    liquid: Name = at("para. 75, 80", "abbreviation, name or CAS number in the tables")
    amount: Amount | None = at("para. 75, 80", "weight parts or wt%", None)


def _check_mixture(parts: Sequence[LiquidPart], key: str) -> None:
    if len(parts) > 1 and any(p.amount is None for p in parts):
        raise failure(
            "a mixture with an amount left out",
            "an amount for each liquid",
            'write for example "1 parts"',
            key,
        )


class PreparationStep(Section):
    """An earlier step; its heat history is erased by the last dissolution, which alone decides (para. 61)."""

    step: Literal["kneading", "hot_press", "cooling", "cutting", "drying", "other"] = at(
        "para. 61, 91", "what is done"
    )
    temperature: Temperature | None = at("para. 91", "temperature of the step", None)
    time: Time | None = at("para. 91", "duration", None)
    thickness: Length | None = at("para. 91, 99", "thickness of a pressed sheet", None)
    note: Text = at("", "anything else", "")


class Dissolution(Section):
    """The last dissolution by heating: its temperature T_s decides the structure (paras. 61, 66, 70)."""

    temperature: Temperature = at("para. 19, 61, 66, 70", "dissolution temperature T_s")
    hold: Time | None = at("para. 89(12)", "time at T_s before cooling begins", None)
    pressurized: StrictBool = at(
        "para. 62",
        "true where a closed, pressurized vessel keeps the solvent liquid above its boiling point",
        False,
    )


class HotPress(Section):
    """A flat sheet pressed hot; the press temperature is then T_s (paras. 61, 91)."""

    method: Literal["hot_press"] = at("para. 61, 91", "hot press")
    thickness: Length = at("para. 91", "thickness of the sheet of solution")
    temperature: Temperature | None = at("para. 91", "press temperature, where it is not T_s", None)
    pressure: Pressure | None = at("para. 91", "pressure on the sheet", None)


class HotPlate(Section):
    """A sheet dissolved (again) on a hot plate, lifted off and cooled (para. 99)."""

    method: Literal["hot_plate"] = at("para. 99", "hot plate")
    thickness: Length = at("para. 99", "thickness of the sheet of solution")
    temperature: Temperature | None = at("para. 99", "plate temperature, where it is not T_s", None)


class HollowDie(Section):
    """A hollow die for hollow fibres (paras. 71, 74, 102)."""

    kind: Literal["hollow"] = at("para. 71, 102", "hollow die")
    inside_diameter: Length = at("para. 102", "inside diameter of the annular gap")
    outside_diameter: Length = at("para. 102", "outside diameter of the annular gap")
    bore_gas: Name = at("para. 102", "gas that stabilizes the bore", "air")
    bore_gas_flow: VolumeFlow | None = at("para. 102", "flow of the bore gas", None)

    @model_validator(mode="after")
    def _gap(self) -> HollowDie:
        if self.outside_diameter.value <= self.inside_diameter.value:
            raise failure(
                f"outside diameter {self.outside_diameter.text}, inside diameter {self.inside_diameter.text}",
                "an outside diameter above the inside diameter",
                "exchange or correct them",
                "outside_diameter",
            )
        return self


class TDie(Section):
    """A T-die for sheets (paras. 71, 73)."""

    kind: Literal["T"] = at("para. 71, 73", "T-die")
    gap: Length = at("para. 71, 73", "opening of the slit")
    width: Length | None = at("para. 71", "width of the slit", None)


class InflationDie(Section):
    """A double-cylindrical inflation die for tubular film (para. 71)."""

    kind: Literal["inflation"] = at("para. 71", "double-cylindrical inflation die")
    gap: Length = at("para. 71", "opening of the ring")
    diameter: Length = at("para. 71", "diameter of the ring")
    blow_up_ratio: Ratio = at("para. 71", "diameter of the tube over that of the ring, a pure number", 1.0)


Die = Annotated[HollowDie | TDie | InflationDie, Field(discriminator="kind")]


class Extruder(Section):
    """Extrusion of the solution through a die (paras. 19, 71, 102)."""

    method: Literal["extruder"] = at("para. 19, 71", "extruder")
    die: Die = at("para. 71", "hollow, T or inflation die")
    temperature: Temperature | None = at("para. 71", "extrusion temperature, where it is not T_s", None)
    screw: Text = at("para. 102", "kind of the extruder", "")
    screw_diameter: Length | None = at("para. 102", "diameter of the screw", None)
    residence_time: Time | None = at("para. 61, 71", "mean time in the extruder", None)
    throughput: MassFlow | None = at("para. 71", "mass of solution an hour", None)
    line_speed: Velocity | None = at("para. 71", "haul-off speed", None)
    target_thickness: Length | None = at(
        "para. 87", "thickness of the drawn-down sheet or wall of solution", None
    )


Shaping = Annotated[HotPress | HotPlate | Extruder, Field(discriminator="method")]


class AirGap(Section):
    """The way through air between the die and the cooling bath or roll; the patent does not describe it."""

    length: Length = at("para. 72", "distance from the die to the cooling medium")
    temperature: Temperature | None = at("para. 72", "temperature of the air there", None)


class AirCooling(Section):
    """Cooling with air (paras. 42, 72-73)."""

    method: Literal["air"] = at("para. 42, 72", "air")
    temperature: Temperature = at("para. 42, 76", "temperature of the air, or of its last zone")
    zones: tuple[Temperature, ...] = at(
        "para. 42",
        "temperatures of the zones from the die on, for a cooling-temperature gradient",
        (),
        max_length=50,
    )
    velocity: StillOrMoving | None = at(
        "para. 42", "speed of the air against the film; 0 m/s for still air", None
    )
    film_coefficient: FilmCoefficient | None = at("para. 42", "film coefficient, where it is known", None)


class RollCooling(Section):
    """Cooling with rolls, one after another (paras. 42, 72-73)."""

    method: Literal["rolls"] = at("para. 42, 72", "rolls")
    temperatures: tuple[Temperature, ...] = at(
        "para. 42, 76", "temperature of each roll, from the die on", min_length=1, max_length=50
    )
    contact_time: Time | None = at("para. 42", "time on each roll", None)
    film_coefficient: FilmCoefficient | None = at("para. 42", "contact coefficient, where it is known", None)


class PressCooling(Section):
    """Cooling between the plates of a press (para. 91)."""

    method: Literal["press"] = at("para. 91", "press")
    temperature: Temperature = at("para. 76, 91", "temperature of the plates")
    film_coefficient: FilmCoefficient | None = at("para. 91", "contact coefficient, where it is known", None)


class BathCooling(Section):
    """Direct contact with a liquid cooling medium (paras. 43, 72, 74-79)."""

    method: Literal["liquid"] = at("para. 72, 74", "liquid bath")
    media: tuple[LiquidPart, ...] = at(
        "para. 75, 78-79", "cooling medium or mixture", min_length=1, max_length=10
    )
    temperature: Temperature | None = at("para. 76, 115", "temperature of the bath", None)
    time: Time | None = at("para. 74", "time in the bath", None)
    film_coefficient: FilmCoefficient | None = at("para. 74", "film coefficient, where it is known", None)

    @model_validator(mode="after")
    def _mixture(self) -> BathCooling:
        _check_mixture(self.media, "media")
        return self


Cooling = Annotated[AirCooling | RollCooling | PressCooling | BathCooling, Field(discriminator="method")]


class Extraction(Section):
    """Washing the solvent out with a volatile liquid (para. 80)."""

    liquids: tuple[LiquidPart, ...] = at(
        "para. 80", "volatile liquid or mixture", min_length=1, max_length=10
    )
    time: Time | None = at("para. 80, 91", "duration", None)
    temperature: Temperature | None = at("para. 80", "temperature of the liquid", None)
    method: Literal["immersion", "shower", "immersion and shower"] = at(
        "para. 80", "how it is washed", "immersion"
    )

    @model_validator(mode="after")
    def _mixture(self) -> Extraction:
        _check_mixture(self.liquids, "liquids")
        return self


class Drying(Section):
    """Drying of the membrane (para. 81)."""

    method: Literal["room", "heating", "hot_air", "heating_roll"] = at(
        "para. 81, 91", "how it is dried", "room"
    )
    temperature: Temperature | None = at("para. 81", "temperature", None)
    time: Time | None = at("para. 81", "duration", None)


class Stretching(Section):
    """One stretching of the gel or of the membrane (paras. 79, 82-83)."""

    stage: Literal["gel", "membrane"] = at("para. 19, 82", "before (gel) or after (membrane) extraction")
    mode: Literal["uniaxial", "biaxial_simultaneous", "biaxial_sequential"] = at(
        "para. 82", "directions of stretching", "uniaxial"
    )
    method: Literal["tenter", "roll", "rolling", "other"] | None = at("para. 82", "how it is stretched", None)
    draw_ratio: Ratio | None = at(
        "para. 82", "stretched over original length, lengthwise; a pure number", None
    )
    draw_ratio_crosswise: Ratio | None = at("para. 82", "the same crosswise, for biaxial stretching", None)
    elongation: Strain | None = at("para. 116", "increment in length over original length, lengthwise", None)
    elongation_crosswise: Strain | None = at("para. 116", "the same crosswise, for biaxial stretching", None)
    temperature: Temperature | None = at("para. 82", "temperature of stretching", None)
    relaxed: StrictBool = at("para. 91", "true where the membrane is let go after stretching", True)
    relaxation_temperature: Temperature | None = at("para. 91", "temperature of relaxation", None)
    residual_strain: Strain | None = at(
        "para. 82, 89(10)",
        "measured increment left after relaxation, over the original length (uniaxial) or area (biaxial)",
        None,
    )

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Stretching:
        for ratio, strain in (("draw_ratio", "elongation"), ("draw_ratio_crosswise", "elongation_crosswise")):
            if getattr(self, ratio) is not None and getattr(self, strain) is not None:
                raise failure(f"both {ratio} and {strain}", "one of them", f"remove {strain}", ratio)
        if self.draw_ratio is None and self.elongation is None and self.residual_strain is None:
            raise failure(
                "no amount of stretching", "draw_ratio, elongation or residual_strain", "write one of them"
            )
        crosswise = self.draw_ratio_crosswise is not None or self.elongation_crosswise is not None
        if self.mode == "uniaxial" and crosswise:
            raise failure(
                "a crosswise stretch in uniaxial mode",
                "a crosswise stretch with mode 'biaxial_simultaneous' or 'biaxial_sequential'",
                "change mode, or remove the crosswise value",
                "mode",
            )
        lengthwise = self.draw_ratio is not None or self.elongation is not None
        if self.mode != "uniaxial" and lengthwise and not crosswise:
            raise failure(
                "a biaxial stretch with one direction only",
                "draw_ratio_crosswise or elongation_crosswise too",
                'write the crosswise value, or use mode = "uniaxial"',
                "mode",
            )
        return self

    @property
    def lengthwise_ratio(self) -> float | None:
        """Stretched over original length, or None where only the residual strain is given."""
        if self.draw_ratio is not None:
            return self.draw_ratio
        return None if self.elongation is None else 1.0 + self.elongation.value

    @property
    def crosswise_ratio(self) -> float | None:
        """The same crosswise; 1 for uniaxial stretching."""
        if self.mode == "uniaxial":
            return 1.0
        if self.draw_ratio_crosswise is not None:
            return self.draw_ratio_crosswise
        return None if self.elongation_crosswise is None else 1.0 + self.elongation_crosswise.value


class HeatTreatment(Section):
    """Heat treatment for dimensional stability (para. 84)."""

    temperature: Temperature = at("para. 84", "temperature")
    time: Time | None = at("para. 84", "duration", None)
    constrained: StrictBool = at("para. 84", "true where the membrane is held at its length", False)


class Hydrophilization(Section):
    """Making the membrane hydrophilic (para. 85)."""

    method: Literal[
        "alkali treatment",
        "plasma irradiation",
        "electron beam irradiation",
        "gamma irradiation",
        "corona treatment",
        "surfactant",
        "surface graft",
        "coating",
        "other",
    ] = at("para. 85", "method")
    agent: Text = at("para. 85", "surfactant, monomer, coating, alkali", "")
    dose: Dose | None = at("para. 85", "absorbed dose of an irradiation", None)


class Crosslinking(Section):
    """Cross-linking of the gel or the membrane (para. 86)."""

    method: Literal["electron beam irradiation", "gamma irradiation", "other"] = at("para. 86", "method")
    stage: Literal["gel", "membrane"] = at("para. 86", "what is irradiated", "membrane")
    dose: Dose | None = at("para. 86", "absorbed dose", None)


class Electrolyte(Section):
    """Filling with an electrolytic solution (paras. 88, 111)."""

    salt: Name = at("para. 111", "salt, e.g. LiBF4")
    concentration: MolarConcentration = at("para. 111", "amount of salt in a volume of solution")
    liquids: tuple[LiquidPart, ...] = at("para. 111", "liquid or mixture", min_length=1, max_length=10)
    temperature: Temperature | None = at("para. 111", "temperature of filling", None)
    into: Literal["membrane", "gel"] = at(
        "para. 88", "into the membrane, or in exchange for the gel's solvent", "membrane"
    )

    @model_validator(mode="after")
    def _mixture(self) -> Electrolyte:
        _check_mixture(self.liquids, "liquids")
        return self


class Note(Section):
    """A remark on a field: an ambiguous print, a reading, an assumption."""

    field: Text = at("", "field that it belongs to, e.g. cooling.temperature", "")
    paragraph: Text = at("", "paragraph of the patent, or another source", "")
    text: Text = at("", "the remark")


class Recipe(Section):
    """A recipe for a microporous membrane made by cooling a polymer solution into a two-phase gel."""

    schema_version: Literal[1] = at("", "version of this format")
    name: Text = at("", "name of the recipe", "")
    description: Text = at("", "free text", "")
    polymers: tuple[Polymer, ...] = at(
        "para. 46-47", "polymer or mixture of polymers", min_length=1, max_length=20
    )
    solvents: tuple[Solvent, ...] = at(
        "para. 63, 65", "solvent or mixture of solvents", min_length=1, max_length=20
    )
    resins: tuple[Resin, ...] = at("para. 64, 68", "miscible resins", (), max_length=10)
    additives: tuple[Additive, ...] = at("para. 48", "additives", (), max_length=20)
    preparation: tuple[PreparationStep, ...] = at(
        "para. 61", "steps before the last dissolution", (), max_length=50
    )
    dissolution: Dissolution = at("para. 66, 70", "the last dissolution by heating")
    shaping: Shaping = at("para. 61, 71", "hot press, hot plate or extruder")
    air_gap: AirGap | None = at("para. 72", "air gap between die and cooling", None)
    cooling: Cooling = at("para. 72-79", "air, rolls, press or liquid bath")
    extraction: Extraction | None = at(
        "para. 80", "removal of the solvent; without it the product is the gel", None
    )
    drying: Drying | None = at("para. 81", "drying", None)
    stretching: tuple[Stretching, ...] = at("para. 82-83", "stretchings in their order", (), max_length=20)
    heat_treatment: HeatTreatment | None = at("para. 84", "heat treatment", None)
    hydrophilization: Hydrophilization | None = at("para. 85", "hydrophilization", None)
    crosslinking: tuple[Crosslinking, ...] = at("para. 86", "cross-linking", (), max_length=10)
    electrolyte: Electrolyte | None = at("para. 88, 111", "electrolytic solution", None)
    notes: tuple[Note, ...] = at("", "remarks", (), max_length=200)
