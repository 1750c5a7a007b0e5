"""Pydantic types of recipe fields: quantities that keep their text, and a base model that names unknown
keys."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StrictStr,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from percola import units
from percola.errors import InputError
from percola.units import Quantity


@dataclass(frozen=True)
class QuantityOf:
    """Annotation of a field that holds a :class:`percola.units.Quantity` of one kind.

    Args:
        kind: key of :data:`percola.units.KINDS`.
        positive: refuse zero too; where False only negative values are refused (temperatures excepted).
    """

    kind: str
    positive: bool = True

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda q: q.text, when_used="always"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        kind = units.KINDS[self.kind]
        return {
            "type": "string",
            "examples": [kind.example],
            "x-quantity": kind.name,
            "x-units": list(kind.units),
            "x-si-unit": kind.si,
        }

    def _validate(self, given: Any) -> Quantity:
        if isinstance(given, Quantity) and given.kind == self.kind:
            quantity = given
        else:
            try:
                quantity = units.parse(given, self.kind)
            except InputError as error:
                raise failure(error.found, error.allowed, error.remedy) from None
        if self.kind != "temperature" and (quantity.value < 0 or (self.positive and quantity.value == 0)):
            allowed = f"a {'positive ' if self.positive else 'non-negative '}{units.KINDS[self.kind].words}"
            raise failure(
                repr(quantity.text), allowed, f'write for example "{units.KINDS[self.kind].example}"'
            )
        return quantity


def failure(found: str, allowed: str, remedy: str, key: str = "") -> PydanticCustomError:
    """A validation failure that carries what was found, what is allowed and what to do (and the key at
    fault)."""
    # Braces would be read as a template by pydantic, so the texts travel in the context only.
    context = {"found": found, "allowed": allowed, "remedy": remedy, "key": key}
    return PydanticCustomError("percola", "{found}; allowed: {allowed}; what to do: {remedy}", context)


Temperature = Annotated[Quantity, QuantityOf("temperature")]
Length = Annotated[Quantity, QuantityOf("length")]
Time = Annotated[Quantity, QuantityOf("time")]
Velocity = Annotated[Quantity, QuantityOf("velocity")]
StillOrMoving = Annotated[Quantity, QuantityOf("velocity", positive=False)]
VolumeFlow = Annotated[Quantity, QuantityOf("volume_flow", positive=False)]
MassFlow = Annotated[Quantity, QuantityOf("mass_flow")]
Pressure = Annotated[Quantity, QuantityOf("pressure")]
MolarMass = Annotated[Quantity, QuantityOf("molar_mass")]
MolarConcentration = Annotated[Quantity, QuantityOf("molar_concentration")]
Dose = Annotated[Quantity, QuantityOf("absorbed_dose")]
FilmCoefficient = Annotated[Quantity, QuantityOf("heat_transfer_coefficient")]
Amount = Annotated[Quantity, QuantityOf("amount")]
ComonomerContent = Annotated[Quantity, QuantityOf("comonomer_content")]
Strain = Annotated[Quantity, QuantityOf("strain", positive=False)]

Name = Annotated[StrictStr, Field(min_length=1, max_length=200)]
Text = Annotated[StrictStr, Field(max_length=4000)]
# TOML writes 3 and 3.0 differently; both are numbers here, true and "3" are not.
Ratio = Annotated[float, Field(strict=True, gt=0, le=1000, allow_inf_nan=False)]


def nearest(word: str, known: Any, n: int = 3) -> list[str]:
    """Names nearest to a word, for suggestions."""
    by_low = {str(k).lower(): str(k) for k in known}
    found = difflib.get_close_matches(word.lower(), by_low, n=n, cutoff=0.5)
    return [by_low[f] for f in found]


class Section(BaseModel):
    """Base of all parts of a recipe: frozen, and a key that it does not know is refused with the nearest
    one."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key in data:
                if key not in cls.model_fields:
                    near = nearest(str(key), cls.model_fields, n=1)
                    remedy = f"did you mean '{near[0]}'?" if near else "remove it, or see docs/recipe.md"
                    raise failure("unknown key", ", ".join(cls.model_fields), remedy, key=str(key)[:80])
        return data
