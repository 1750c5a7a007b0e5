"""Strength of a simulated membrane: solid from the tables, draws along x, the wall's ratio as a bound."""

import math

import numpy as np
import pytest

from percola import recipe as recipes
from percola.measure import phantoms
from percola.measurement import Check, Measurement
from percola.membrane import Draw, Structure, stretched
from percola.pipeline import physics as bridge
from percola.pipeline.mechanics import drawing_of, mechanics, solid_of


def structure(porosity=0.5, seed=3):
    p = phantoms.gaussian_field(32, 12.0, porosity, seed=seed)
    return Structure(p.void, p.level, p.spacing_m, p.periodic, "core", 0.8, 0.4, 0.6, 0.0)


def strain(value, uncertainty=None):
    return Measurement("stretching_residual_strain", value, "1", uncertainty)


def ratio(value, *checks):
    return Measurement("pore_size_ratio", value, "1", 0.1, region="wall", checks=checks)


def named(found, name):
    return next(m for m in found if m.name == name)


def resolved(specimen):
    recipe, _ = recipes.resolve(specimen)
    return recipe, bridge.main_polymer(recipe)


def test_solid_comes_from_tables_and_recipe():
    recipe, polymer = resolved("patent:Ex7")
    solid = solid_of(recipe, polymer)
    assert solid.yield_stress_Pa == float(polymer.yield_stress_Pa.value)
    assert solid.modulus_Pa == float(polymer.tensile_modulus_Pa.value)
    assert solid.molar_mass_kg_mol == pytest.approx(362.0)
    assert solid.remarks == ()
    blend, polymer = resolved("patent:Ex17")
    assert any("PMMA" in words for words in solid_of(blend, polymer).remarks)


def test_draws_multiply_along_and_only_dry_ones_change_the_volume():
    none = drawing_of((), ())
    assert (none.residual_strain, none.volume_ratio) == (0.0, 1.0)
    dry = Draw(0.28)
    d = drawing_of((dry, Draw(0.1, stage="gel")), (strain(0.28, 0.05), strain(0.1)))
    assert d.residual_strain == pytest.approx(1.28 * 1.1 - 1)
    assert d.volume_ratio == pytest.approx(math.prod(dry.stretch_ratios))
    assert d.residual_uncertainty == pytest.approx(1.1 * 0.05)


def test_drawn_membrane_is_pulled_along_its_draw():
    recipe, polymer = resolved("patent:Ex7")
    before = structure()
    draw = Draw(0.5)
    after = stretched(before, draw)
    found = [ratio(1.2)]
    plain = mechanics([before], recipe, polymer, (), (), found)
    drawn = mechanics([after], recipe, polymer, (draw,), (strain(0.5),), found)
    assert named(drawn, "breaking_strength").evidence["axis"] == "x"
    # struts turned along x: stiffer than the same share of polymer without orientation
    fewer = mechanics([structure(after.porosity)], recipe, polymer, (), (), found)
    assert named(drawn, "elastic_modulus").value > 1.2 * named(fewer, "elastic_modulus").value
    extension = named(drawn, "breaking_extension")
    assert extension.evidence["porosity_before_drawing"] == pytest.approx(before.porosity, abs=1e-3)
    whole = named(plain, "breaking_extension").value
    assert 1 + extension.value == pytest.approx((1 + whole) / 1.5, rel=1e-3)


def test_ratio_of_the_wall_is_a_bound_and_its_failures_are_told():
    recipe, polymer = resolved("patent:Ex7")
    bad = Check("flow of the rich phase", "fail", "flow rivals diffusion")
    found = mechanics([structure()], recipe, polymer, (), (), [ratio(1.3, bad)])
    for name in ("breaking_strength", "breaking_extension"):
        m = named(found, name)
        words = next(c.message for c in m.checks if c.name == "defects")
        assert "upper bound" in words
        assert "flow rivals diffusion" in words
        assert m.evidence["ratio"] == 1.3
    nothing = Measurement("pore_size_ratio", None, "1", region="wall", reason="closed")
    found = mechanics([structure()], recipe, polymer, (), (), [nothing])
    assert named(found, "breaking_strength").evidence["ratio"] == 1.0
    assert "upper_bound" in named(found, "breaking_strength").evidence


def test_several_boxes():
    recipe, polymer = resolved("patent:Ex7")
    boxes = [structure(seed=s) for s in (1, 2)]
    both = mechanics(boxes, recipe, polymer, (), (), [ratio(1.2)])
    each = [
        named(mechanics([b], recipe, polymer, (), (), [ratio(1.2)]), "elastic_modulus").value for b in boxes
    ]
    assert named(both, "elastic_modulus").value == pytest.approx(np.mean(each))
