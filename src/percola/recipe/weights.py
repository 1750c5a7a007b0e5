"""Weight fractions of a recipe's solution, from weight parts or weight percent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from percola.errors import InputError
from percola.recipe.model import LiquidPart, Recipe
from percola.units import Quantity

# Printed percentages carry two decimals at most (36.36 + 63.64); three rounded figures add up to within this.
SUM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Composition:
    """Weight fractions of the whole solution, in the order of the recipe; they add up to one.

    Attributes:
        polymers, solvents, resins, additives: weight fraction of each entry.
        polymer_weight_fraction: polymer over polymer + solvent + resin (paras. 50, 51, 67), additives left
            out.
        resin_weight_fraction: resin over the same sum.
    """

    polymers: tuple[float, ...]
    solvents: tuple[float, ...]
    resins: tuple[float, ...]
    additives: tuple[float, ...]

    @property
    def _base(self) -> float:
        return sum(self.polymers) + sum(self.solvents) + sum(self.resins)

    @property
    def polymer_weight_fraction(self) -> float:
        return sum(self.polymers) / self._base

    @property
    def resin_weight_fraction(self) -> float:
        return sum(self.resins) / self._base

    @property
    def solvent_weight_fraction(self) -> float:
        return sum(self.solvents) / self._base

    @property
    def solvent_shares(self) -> tuple[float, ...]:
        """Weight fraction of each liquid in the mixed solvent."""
        total = sum(self.solvents)
        return tuple(s / total for s in self.solvents)


def amounts(recipe: Recipe) -> tuple[Quantity, ...]:
    """The amounts of all polymers, solvents, resins and additives, as written."""
    return (
        *(p.amount for p in recipe.polymers),
        *(s.amount for s in recipe.solvents),
        *(r.amount for r in recipe.resins),
        *(a.amount for a in recipe.additives),
    )


def amount_units(recipe: Recipe) -> frozenset[str]:
    """The units in which the amounts of the solution are given: one of ``"parts"`` and ``"wt%"``, or both."""
    return frozenset(amount.unit for amount in amounts(recipe))


def composition(recipe: Recipe) -> Composition:
    """Weight fractions from the amounts; parts are normalized, percentages must add up to 100.

    Raises:
        InputError: parts and percentages mixed, or percentages that do not add up.
    """
    units = amount_units(recipe)
    if len(units) > 1:
        raise InputError(
            "amount", "parts and wt% mixed", "one of the two throughout", "give all amounts in parts"
        )
    groups = [
        tuple(e.amount.value for e in group)
        for group in (recipe.polymers, recipe.solvents, recipe.resins, recipe.additives)
    ]
    total = sum(sum(g) for g in groups)
    if units == {"wt%"} and abs(total - 1.0) > SUM_TOLERANCE:
        raise InputError(
            "amount",
            f"percentages that add up to {100 * total:.6g} wt%",
            "100 wt%",
            "correct them, or use parts",
        )
    polymers, solvents, resins, additives = (tuple(v / total for v in g) for g in groups)
    return Composition(polymers, solvents, resins, additives)


def liquid_shares(parts: Sequence[LiquidPart]) -> tuple[float, ...]:
    """Weight fraction of each liquid of a bath, washing liquid or electrolyte."""
    if len(parts) == 1:
        return (1.0,)
    values = [p.amount.value if p.amount is not None else 0.0 for p in parts]
    return tuple(v / sum(values) for v in values)


def weight_average_molecular_weight_kg_mol(recipe: Recipe) -> float:
    """Mw of the polymer mixture [kg/mol]: the weight average of the weight averages (exact for a blend)."""
    weights = [p.amount.value for p in recipe.polymers]
    masses = [p.weight_average_molecular_weight.value for p in recipe.polymers]
    return sum(w * m for w, m in zip(weights, masses, strict=True)) / sum(weights)
