"""What the method `permeability` needs."""

from __future__ import annotations

from percola.lab.methods import Method
from percola.lab.setting import Setting
from percola.lab.wanted import Wanted

TIME = Wanted(
    "time",
    "time",
    ("time", "elapsed time", "t", "zeit", "dauer", "時間", "経過時間"),
    False,
    "time of a reading",
)
VOLUME = Wanted(
    "volume",
    "volume",
    (
        "volume",
        "permeate volume",
        "cumulative volume",
        "filtrate",
        "volumen",
        "permeatvolumen",
        "体積",
        "透過量",
        "ろ過量",
    ),
    False,
    "volume collected since the start",
)
MASS = Wanted(
    "mass",
    "mass",
    ("mass", "weight", "balance", "permeate mass", "masse", "gewicht", "waage", "質量", "重量"),
    False,
    "mass collected since the start",
)
FLOW = Wanted(
    "flow",
    "volume_flow",
    ("flow", "flow rate", "permeate flow", "durchfluss", "volumenstrom", "流量"),
    False,
    "volume flow",
)
FLUX = Wanted(
    "flux",
    "flux",
    ("flux", "permeate flux", "water flux", "fluss", "flächenbezogener fluss", "流束", "透過流束"),
    False,
    "flux: volume flow over area",
)
PRESSURE = Wanted(
    "pressure",
    "pressure",
    (
        "pressure",
        "transmembrane pressure",
        "tmp",
        "differential pressure",
        "druck",
        "transmembrandruck",
        "圧力",
        "差圧",
    ),
    False,
    "pressure difference across the membrane",
)
TEMPERATURE = Wanted(
    "temperature",
    "temperature",
    ("temperature", "water temperature", "temp", "temperatur", "wassertemperatur", "温度", "水温"),
    False,
    "temperature of the water",
)

SPEC = Method(
    "permeability",
    "Water permeability",
    "EP 1063256 para. 89(9): pure water, 25 degC, differential pressure of 1 kgf/cm2",
    "Volume, mass or flow of pure water against time at a pressure, or flux against pressure, of a sheet or of hollow "
    "fibres. Gives the permeability at 25 degC per true atmosphere, and what it is per kgf/cm2. Several files are runs "
    "of one specimen, as a rule at several pressures.",
    (TIME, VOLUME, MASS, FLOW, FLUX, PRESSURE, TEMPERATURE),
    (
        Setting(
            "area", "area", "area of a sheet, or the area of the fibres on the basis said", positive=True
        ),
        Setting("geometry", "choice", "what the specimen is", "sheet", ("sheet", "fibre")),
        Setting(
            "basis", "choice", "area that a fibre's flow is divided by", None, ("inner", "outer", "log-mean")
        ),
        Setting("inside_diameter", "length", "of the fibres", positive=True),
        Setting("outside_diameter", "length", "of the fibres", positive=True),
        Setting("length", "length", "open length of one fibre, without the potting", positive=True),
        Setting("fibres", "count", "number of fibres", "1"),
        Setting("open_ends", "choice", "open ends of the bore", None, ("one", "two")),
        Setting("thickness", "length", "of a sheet, for the Darcy permeability", positive=True),
        Setting(
            "pressure",
            "pressure",
            "difference across the membrane, where the file does not say it",
            positive=True,
        ),
        Setting("temperature", "temperature", "of the water, where the file does not say it"),
        Setting("start", "time", "the steady part begins here, instead of being found"),
        Setting("end", "time", "the steady part ends here"),
        Setting("area_error", "fraction", "relative standard uncertainty of the area", "1 %"),
        Setting("pressure_error", "fraction", "relative standard uncertainty of the pressure", "1 %"),
        Setting(
            "temperature_error", "temperature_difference", "standard uncertainty of the temperature", "0.3 K"
        ),
    ),
)
