"""Strength, extension and modulus of a simulated membrane: what the recipe, the tables and the boxes say, brought together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from percola.measure.solid.strength import (
    Drawing,
    SolidProperties,
    mechanical_measurements,
    network_strength,
)
from percola.measurement import Measurement
from percola.membrane import Draw, Structure
from percola.recipe.model import Recipe

POISSONS_RATIO = 0.35
"""Of dense PVDF, an estimate (polymers lie at 0.3 to 0.45); moduli and limit loads of networks hardly depend on it."""
ALONG = 0
"""Axis of the tensile test: the length of the membrane, which is also that of draws."""


def solid_of(recipe: Recipe, polymer: Any) -> SolidProperties:
    """The dense polymer from the tables, with the molar mass of the recipe and remarks where other polymers are blended in."""
    weight = sum(p.amount.value for p in recipe.polymers)
    mass = sum(p.weight_average_molecular_weight.value * p.amount.value for p in recipe.polymers) / weight
    remarks = []
    if recipe.resins:
        names = ", ".join(r.resin for r in recipe.resins)
        remarks.append(
            f"the struts may hold {names}; their strength and modulus are taken as those of the polymer alone"
        )
    if len(recipe.polymers) > 1:
        remarks.append("several polymers: strength and modulus are those of the one of largest amount")
    if polymer.comonomer_mole_fraction:
        remarks.append("a copolymer: strength and modulus are those of the homopolymer, which is harder")
    strength, modulus = polymer.yield_stress_Pa, polymer.tensile_modulus_Pa
    return SolidProperties(
        float(strength.value),
        float(strength.uncertainty or 0.0),
        float(modulus.value),
        float(modulus.uncertainty or 0.0),
        POISSONS_RATIO,
        mass,
        tuple(remarks),
    )


def drawing_of(draws: Sequence[Draw], results: Sequence[Measurement]) -> Drawing:
    """The draws of gel and membrane as one, along the length.

    Args:
        draws: in their order.
        results: the residual strain of each as a measurement, for its uncertainty.
    """
    along = volume = 1.0
    relative = 0.0
    for draw, result in zip(draws, results, strict=True):
        along *= 1.0 + draw.lengthwise_strain
        if draw.stage == "membrane":
            volume *= math.prod(draw.stretch_ratios)
        # of a biaxial draw the uncertainty is that of the area, about half of it along each direction
        share = 1.0 if draw.crosswise_strain is None else 0.5
        relative += (share * (result.uncertainty or 0.0) / (1.0 + draw.residual_strain)) ** 2
    return Drawing(along - 1.0, along * math.sqrt(relative), volume)


def mechanics(
    core: Sequence[Structure],
    recipe: Recipe,
    polymer: Any,
    draws: Sequence[Draw],
    draw_results: Sequence[Measurement],
    found: Sequence[Measurement],
) -> list[Measurement]:
    """`breaking_strength`, `breaking_extension` and `elastic_modulus` along the length of the membrane.

    Args:
        core: dry structures, drawn where the membrane is.
        recipe, polymer: for the solid.
        draws, draw_results: see :func:`drawing_of`.
        found: measurements of the wall, its `pore_size_ratio` among them.

    Limitation: surface layers are left out (a few per cent of the section).
    """
    solid = solid_of(recipe, polymer)
    drawing = drawing_of(draws, draw_results)
    networks = [
        network_strength(
            s.void,
            s.periodic,
            poissons_ratio=solid.poissons_ratio,
            axis=ALONG,
            level=s.level,
            # of one drawn box the other axes tell nothing about this one
            sampling=len(core) == 1 and not draws,
        )
        for s in core
    ]
    ratio = next((m for m in found if m.name == "pore_size_ratio" and m.region == "wall"), None)
    if ratio is None or not ratio.defined or not isinstance(ratio.value, float):
        return mechanical_measurements(networks, solid, None, drawing=drawing)
    return mechanical_measurements(
        networks,
        solid,
        ratio.value,
        ratio.uncertainty or 0.0,
        ratio_is_lower_bound=True,  # the wall is as even as the box
        ratio_remarks=[c.message for c in ratio.checks if c.status == "fail"],
        drawing=drawing,
    )
