"""The groups of liquids, resins and comonomers that the patent names, by their keys in the tables.

Paragraph numbers are those of EP 1 063 256 A1.
"""

from __future__ import annotations

# Para. 63: single solvents that form the percolation structure, and mixtures of them.
PERCOLATION_SOLVENTS = frozenset(
    {"DMP", "DEP", "DBP", "DOP", "DIDP", "DTDP", "MB", "EB", "DOS", "DOA", "TOTM", "TBP", "TCP", "ACP"}
)
# Para. 63 and 75: may be mixed in to adjust the dissolving power.
GOOD_SOLVENTS = frozenset({"ACE", "THF", "MEK", "DMF", "DMAC", "DMSO", "NMP"})
NON_SOLVENTS = frozenset({"WATER"})
# Para. 65: the pair that shows a planar liquid-liquid interface on standing.
PLANAR_PAIR = ("CL", "DOA")
# Para. 96-98, 114: solvents of the comparative examples with networks of spherical particles.
SPHERE_FORMING_SOLVENTS = frozenset({"GBL", "EC", "PC"})
# Para. 75: cooling media that are themselves percolation solvents (tridecyl phthalate is not among them).
PREFERRED_MEDIA = PERCOLATION_SOLVENTS - {"DTDP"}
# Para. 80: volatile liquids that wash the solvent out.
EXTRACTION_LIQUIDS = frozenset({"C5", "C6", "C7", "DCM", "CCL4", "R143A", "MEE", "DEE", "ACE", "MEK"})
# Of those, the ones that are solvents of poly(methyl methacrylate): chlorinated hydrocarbon and ketones;
# alkanes and ethers are not (Polymer Handbook, 4th edition, ch. VII, solvents and non-solvents for
# polymers).
ACRYLIC_RESIN_SOLVENTS = frozenset({"DCM", "ACE", "MEK", "THF", "DMF", "NMP"})
# Miscible with water without limit or to more than a quarter of their weight at room temperature (CRC
# Handbook, physical constants of organic compounds): a bath of water, alcohol or glycol takes them out of
# the solution.
WATER_MISCIBLE = frozenset(
    {
        "ACE",
        "THF",
        "DMF",
        "DMAC",
        "DMSO",
        "NMP",
        "GBL",
        "EC",
        "PC",
        "CL",
        "CLAM",
        "MEK",
        "EG",
        "ETOH",
        "IPA",
        "WATER",
    }
)
POLAR_MEDIA = frozenset({"WATER", "EG", "ETOH", "IPA"})
# Para. 47.
COMONOMERS = {
    "TFE": ("tfe", "tetrafluoroethylene", "ethylene tetrafluoride"),
    "HFP": ("hfp", "hexafluoropropylene", "propylene hexafluoride"),
    "CTFE": ("ctfe", "chlorotrifluoroethylene", "ethylene trifluoride chloride"),
    "E": ("e", "ethylene"),
}
# Para. 64: classes of miscible resins by a word of their name or abbreviation.
ACRYLIC_RESINS = ("pmma", "methacryl", "pma", "pea", "pema", "acryl", "delpet", "mma")
OTHER_RESINS = ("adipate", "pba", "vinyl acetate", "pvac", "vinyl-acetate", "pyrrolidone", "pvp")
METHYL_METHACRYLATE_RESINS = ("pmma", "methyl methacrylate", "delpet", "mma")


def comonomer_key(name: str) -> str | None:
    """``"HFP"`` for any of its names, None where para. 47 does not name the comonomer."""
    low = name.strip().lower()
    return next((key for key, names in COMONOMERS.items() if low in names), None)


def resin_class(name: str) -> str | None:
    """``"methyl methacrylate"``, ``"acrylic"`` or ``"other"`` for a resin of para. 64, None for any other."""
    low = name.strip().lower()
    if any(word in low for word in METHYL_METHACRYLATE_RESINS):
        return "methyl methacrylate"
    if any(word in low for word in ACRYLIC_RESINS):
        return "acrylic"
    if any(word in low for word in OTHER_RESINS):
        return "other"
    return None
