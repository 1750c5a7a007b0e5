"""What the porosity method reads and may be told."""

from __future__ import annotations

from percola.lab.methods import Method
from percola.lab.setting import Setting
from percola.lab.wanted import Wanted


def _w(name: str, kind: str, words: tuple[str, ...], help: str) -> Wanted:
    return Wanted(name, kind, words, required=False, help=help)


SPECIMEN = _w(
    "specimen",
    "text",
    ("specimen", "sample", "no", "number", "Probe", "Nr", "試料", "試験片", "番号"),
    "specimen",
)
DRY = _w(
    "dry_mass", "mass",
    ("dry mass", "dry weight", "mass dry", "weight dry", "mass", "weight", "Trockenmasse", "Trockengewicht", "Masse trocken",
     "Masse", "乾燥質量", "乾燥重量", "質量", "重量"),
    "mass of the dry specimen",
)  # fmt: skip
WET = _w(
    "wet_mass", "mass",
    ("wet mass", "wet weight", "mass wet", "weight wet", "saturated mass", "soaked mass", "Nassmasse", "Nassgewicht",
     "Masse nass", "湿潤質量", "湿潤重量", "含液質量"),
    "mass of the specimen full of liquid",
)  # fmt: skip
SUBMERGED = _w(
    "submerged_mass", "mass",
    ("submerged mass", "immersed mass", "suspended mass", "apparent mass in liquid", "mass in liquid", "buoyant mass",
     "Masse eingetaucht", "Tauchmasse", "Auftriebsmasse", "水中質量", "液中質量", "液中重量"),
    "apparent mass of the full specimen hung in the liquid",
)  # fmt: skip
LENGTH = _w("length", "length", ("length", "Länge", "長さ"), "length")
WIDTH = _w("width", "length", ("width", "Breite", "幅"), "width")
THICKNESS = _w("thickness", "length", ("thickness", "Dicke", "厚さ", "厚み"), "thickness")
DIAMETER = _w(
    "diameter",
    "length",
    ("disc diameter", "disk diameter", "diameter", "Durchmesser", "直径"),
    "diameter of a disc",
)
INSIDE = _w(
    "inside",
    "length",
    ("inside diameter", "inner diameter", "ID", "Innendurchmesser", "内径"),
    "inside diameter",
)
OUTSIDE = _w(
    "outside",
    "length",
    ("outside diameter", "outer diameter", "OD", "Außendurchmesser", "外径"),
    "outside diameter",
)
AREA = _w("area", "area", ("area", "Fläche", "面積"), "area of the sheet")
ENVELOPE_VOLUME = _w(
    "envelope_volume",
    "volume",
    ("envelope volume", "bulk volume", "Hüllvolumen", "かさ体積"),
    "volume with the pores",
)
SKELETAL_VOLUME = _w(
    "skeletal_volume",
    "volume",
    ("skeletal volume", "true volume", "pycnometer volume", "Gerüstvolumen", "真体積"),
    "volume without the pores",
)
ENVELOPE_DENSITY = _w(
    "envelope_density",
    "density",
    ("envelope density", "bulk density", "apparent density", "Rohdichte", "かさ密度", "見かけ密度"),
    "density with the pores",
)
SKELETAL_DENSITY = _w(
    "skeletal_density",
    "density",
    ("skeletal density", "true density", "pycnometer density", "Reindichte", "Gerüstdichte", "真密度"),
    "density without the pores",
)
WET_LENGTH = _w("wet_length", "length", ("wet length", "Länge nass", "湿潤長さ"), "length when wet")
WET_WIDTH = _w("wet_width", "length", ("wet width", "Breite nass", "湿潤幅"), "width when wet")
WET_THICKNESS = _w(
    "wet_thickness", "length", ("wet thickness", "Dicke nass", "湿潤厚さ"), "thickness when wet"
)

COLUMNS = (
    SPECIMEN, DRY, WET, SUBMERGED, LENGTH, WIDTH, THICKNESS, DIAMETER, INSIDE, OUTSIDE, AREA, ENVELOPE_VOLUME, SKELETAL_VOLUME,
    ENVELOPE_DENSITY, SKELETAL_DENSITY, WET_LENGTH, WET_WIDTH, WET_THICKNESS,
)  # fmt: skip

SPEC = Method(
    key="porosity",
    title="Porosity from weights or dimensions",
    standard="EP 1063256 para. 89(7); Archimedes after ISO 18754",
    help="A table with one specimen a row. Ways, taken from the columns: dry and wet mass with a wetting liquid; dry mass and "
    "dimensions of a sheet, disc or fibre; envelope and skeletal density or volume; dry, wet and submerged mass (Archimedes). "
    "Several ways in one file are compared.",
    wanted=COLUMNS,
    settings=(
        Setting("way", "choice", "which way gives the result, where the file allows several", None, ("wetting", "dimensions", "skeletal", "archimedes")),
        Setting("liquid", "word", "wetting liquid by name, e.g. ethanol"),
        Setting("liquid_density", "density", "of the wetting liquid, in place of the table's", positive=True),
        Setting("temperature", "temperature", "of the weighing, for the liquid's and the polymer's density", "25 degC"),
        Setting("polymer", "word", "polymer by name, e.g. PVDF or P(VDF-HFP)", "PVDF"),
        Setting("comonomer", "comonomer_content", "of a copolymer, mol%"),
        Setting("crystallinity", "fraction", "of the polymer by mass, for its density; the table's where not given"),
        Setting("polymer_density", "density", "in place of the table's", positive=True),
        Setting("density_accuracy", "fraction", "limit of error of a density that is given", "0.5 %"),
        Setting("mass_accuracy", "mass", "limit of error of a weighing", "0.1 mg"),
        Setting("length_accuracy", "length", "limit of error of a length or width", "0.1 mm"),
        Setting("thickness_accuracy", "length", "limit of error of a thickness", "2.5 um"),
        Setting("diameter_accuracy", "length", "limit of error of a fibre's diameter", "10 um"),
        Setting("volume_accuracy", "fraction", "limit of error of a volume, of the reading", "0.5 %"),
        Setting("film", "length", "liquid left on the faces at most, on each", "1 um"),
        Setting("inside", "length", "inside diameter of a fibre, where the file has none", positive=True),
        Setting("outside", "length", "outside diameter of a fibre, where the file has none", positive=True),
        Setting("thickness", "length", "thickness of a sheet, where the file has none", positive=True),
    ),
)  # fmt: skip
