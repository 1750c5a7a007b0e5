"""The names of the patent, as printed, are known to the tables and fall into the groups of its paragraphs."""

from __future__ import annotations

import pytest
from recipe_samples import recipe_with

from percola import tables
from percola.recipe import check, names

PERCOLATION = [
    "dimethyl phthalate", "diethyl phthalate", "dibutyl phthalate", "dioctyl phthalate",
    "diisodecyl phthalate", "tridecyl phthalate", "methyl benzoate", "ethyl benzoate", "octyl sebacate",
    "dioctyl adipate", "trioctyl trimellitate", "tributyl phosphate", "tricresyl phosphate", "acetophenone",
]  # fmt: skip
GOOD = [
    "acetone", "tetrahydrofuran", "methyl ethyl ketone", "dimethylformamide", "dimethylacetamide",
    "dimethyl sulfoxide", "N-methylpyrrolidone",
]  # fmt: skip
EXTRACTION = [
    "pentane", "hexane", "heptane", "methylene chloride", "carbon tetrachloride", "ethane trifluoride",
    "methyl ethyl ether", "diethyl ether", "acetone", "methyl ethyl ketone",
]  # fmt: skip
OTHER = {
    "ε-caprolactone": "CL",
    "epsilon-caprolactone": "CL",
    "diethylhexyl adipate": "DOA",
    "DEHA": "DOA",
    "diethylhexyl phthalate": "DOP",
    "γ-butyrolactone": "GBL",
    "ethylene carbonate": "EC",
    "propylene carbonate": "PC",
    "water": "WATER",
    "ethylene glycol": "EG",
    "decalin": "DECALIN",
    "DTDP": "DTDP",
}


@pytest.mark.parametrize("name", PERCOLATION)
def test_solvents_of_paragraph_63(name: str) -> None:
    assert tables.liquid(name).key in names.PERCOLATION_SOLVENTS


@pytest.mark.parametrize("name", GOOD)
def test_good_solvents(name: str) -> None:
    assert tables.liquid(name).key in names.GOOD_SOLVENTS


@pytest.mark.parametrize("name", EXTRACTION)
def test_volatile_liquids_of_paragraph_80(name: str) -> None:
    assert tables.liquid(name).key in names.EXTRACTION_LIQUIDS


@pytest.mark.parametrize(("name", "key"), OTHER.items())
def test_other_liquids(name: str, key: str) -> None:
    assert tables.liquid(name).key == key


def test_every_key_of_every_group_is_in_the_tables() -> None:
    groups = (
        names.PERCOLATION_SOLVENTS,
        names.GOOD_SOLVENTS,
        names.NON_SOLVENTS,
        names.PLANAR_PAIR,
        names.SPHERE_FORMING_SOLVENTS,
        names.EXTRACTION_LIQUIDS,
        names.ACRYLIC_RESIN_SOLVENTS,
        names.WATER_MISCIBLE,
        names.POLAR_MEDIA,
    )
    for group in groups:
        for key in group:
            assert tables.liquid(key).key == key
    for group, printed in ((names.PERCOLATION_SOLVENTS, PERCOLATION), (names.EXTRACTION_LIQUIDS, EXTRACTION)):
        assert group == {tables.liquid(name).key for name in printed}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("PMMA", "methyl methacrylate"),
        ("P(MMA-MA)", "methyl methacrylate"),
        ("Delpet 80N", "methyl methacrylate"),
        ("poly(methyl methacrylate)", "methyl methacrylate"),
        ("PEMA", "acrylic"),
        ("PMA", "acrylic"),
        ("poly(methyl acrylate)", "acrylic"),
        ("PBA", "other"),
        ("poly(1,4-butylene adipate)", "other"),
        ("PVAc", "other"),
        ("poly(vinyl acetate)", "other"),
        ("PVP", "other"),
        ("poly(vinyl pyrrolidone)", "other"),
        ("polystyrene", None),
        ("PTFE", None),
    ],
)
def test_resins_of_paragraph_64(name: str, kind: str | None) -> None:
    assert names.resin_class(name) == kind


def test_all_resins_of_the_tables_have_a_class() -> None:
    for key in tables.resins():
        assert names.resin_class(key) is not None


def test_an_unknown_liquid_is_answered_with_the_nearest_of_the_tables() -> None:
    found = check(recipe_with({"solvents.0.liquid": "diethyl phtalate"}))
    finding = next(f for f in found if f.rule == "unknown_liquid")
    assert finding.grade == "error"
    assert "DEP" in finding.remedy


@pytest.mark.parametrize("name", ["HFP", "hfp", "propylene hexafluoride", "hexafluoropropylene"])
def test_comonomers_of_paragraph_47(name: str) -> None:
    assert names.comonomer_key(name) == "HFP"
    assert names.comonomer_key("vinyl chloride") is None
