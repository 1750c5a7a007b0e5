"""What the tensile method reads and may be told."""

from __future__ import annotations

from percola.lab.methods import Method
from percola.lab.setting import Setting
from percola.lab.wanted import Wanted

FORCE = Wanted(
    "force",
    "force",
    (
        "force", "load", "standard force", "test force", "tensile force", "Kraft", "Standardkraft", "Prüfkraft", "Zugkraft",
        "F", "試験力", "荷重", "力",
    ),
    required=False,
    help="force",
)  # fmt: skip
STRESS = Wanted(
    "stress",
    "pressure",
    ("stress", "tensile stress", "engineering stress", "Spannung", "Zugspannung", "応力", "引張応力"),
    required=False,
    help="stress",
)
EXTENSION = Wanted(
    "extension",
    "length",
    (
        "extension", "displacement", "crosshead", "crosshead displacement", "stroke", "position", "travel", "elongation",
        "grip displacement", "Standardweg", "Weg", "Traversenweg", "Verlängerung", "Längenänderung", "ストローク", "変位", "伸び",
    ),
    required=False,
    help="extension",
)  # fmt: skip
STRAIN = Wanted(
    "strain",
    "strain",
    (
        "strain", "tensile strain", "nominal strain", "engineering strain", "Dehnung", "nominelle Dehnung", "ひずみ",
        "ストロークひずみ", "歪", "歪み",
    ),
    required=False,
    help="strain",
)  # fmt: skip
TIME = Wanted("time", "time", ("time", "test time", "Zeit", "Prüfzeit", "時間"), required=False, help="time")

#: Setting -> names of the same quantity in the lines around a table.
FACTS: dict[str, tuple[str, ...]] = {
    "gauge_length": (
        "gauge length", "gage length", "grip separation", "initial grip separation", "grip to grip separation", "L0", "LE",
        "Einspannlänge", "Messlänge", "Anfangsmesslänge", "Einspannlänge bei Startposition", "標点間距離", "チャック間距離",
        "つかみ具間距離",
    ),
    "width": ("width", "specimen width", "Breite", "Probenbreite", "b0", "幅", "試験片幅"),
    "thickness": ("thickness", "specimen thickness", "Dicke", "Probendicke", "a0", "厚さ", "厚み", "試験片厚さ"),
    "inside": ("inside diameter", "inner diameter", "ID", "Innendurchmesser", "内径"),
    "outside": ("outside diameter", "outer diameter", "OD", "Außendurchmesser", "外径"),
    "area": ("area", "cross section", "cross-sectional area", "S0", "Querschnitt", "Querschnittsfläche", "断面積"),
}  # fmt: skip

SPEC = Method(
    key="tensile",
    title="Breaking strength, extension, modulus",
    standard="EP 1063256 para. 89(8); ASTM D882, ISO 527-3",
    help="Curves of force or stress against extension or strain, of strips (width, thickness) or hollow fibres (inside and "
    "outside diameter), one specimen a table; several tables or files are specimens of one sample. Gives breaking strength "
    "and extension, tensile strength, modulus, yield and work to break, each with its uncertainty.",
    wanted=(FORCE, STRESS, EXTENSION, STRAIN, TIME),
    settings=(
        Setting(
            "width",
            "length",
            "width of a strip; once for all, or once for each specimen",
            positive=True,
            many=True,
        ),
        Setting("thickness", "length", "thickness of a strip, as width", positive=True, many=True),
        Setting("inside", "length", "inside diameter of a hollow fibre, as width", positive=True, many=True),
        Setting(
            "outside", "length", "outside diameter of a hollow fibre, as width", positive=True, many=True
        ),
        Setting("area", "area", "area of the section, where it is known as such", positive=True, many=True),
        Setting(
            "denier",
            "number",
            "grams in 9000 m of fibre; needs the density of the fibre as a whole",
            positive=True,
        ),
        Setting("envelope_density", "density", "of the fibre with its pores, for --denier", positive=True),
        Setting("filaments", "count", "fibres pulled together", "1"),
        Setting(
            "gauge_length",
            "length",
            "length between the grips (or marks) at the start",
            positive=True,
            many=True,
        ),
        Setting("tension", "choice", "sign of tension in the file", "positive", ("positive", "negative")),
        Setting(
            "modulus",
            "choice",
            "which slope is the modulus",
            "steepest",
            ("steepest", "regression", "secant"),
        ),
        Setting("modulus_low", "strain", "lower strain of --modulus regression", "0.05 %"),
        Setting("modulus_high", "strain", "upper strain of --modulus regression", "0.25 %", positive=True),
        Setting("secant", "strain", "strain of --modulus secant", "2 %", positive=True),
        Setting(
            "toe",
            "choice",
            "zero strain where the straight part meets zero stress, or as recorded",
            "line",
            ("line", "none"),
        ),
        Setting(
            "offset", "strain", "of the offset yield, where the curve has no maximum", "2 %", positive=True
        ),
        Setting("break_drop", "fraction", "fall of the force that counts as break", "50 %", positive=True),
        Setting("ends_at_break", "flag", "the record was cut at the break and shows no fall"),
        Setting("jaw_break", "count", "number of a specimen that broke in the grips", many=True),
        Setting("true_strain", "flag", "give Hencky strain and true stress beside the engineering ones"),
        Setting("load_accuracy", "fraction", "limit of error of the load cell, of the reading", "1 %"),
        Setting("extension_accuracy", "fraction", "limit of error of the extension, of the reading", "1 %"),
        Setting("gauge_accuracy", "length", "limit of error of the gauge length", "0.5 mm"),
        Setting("width_accuracy", "length", "limit of error of a width", "0.1 mm"),
        Setting("thickness_accuracy", "length", "limit of error of a thickness", "2.5 um"),
        Setting("diameter_accuracy", "length", "limit of error of a diameter", "10 um"),
    ),
    several=False,
)
