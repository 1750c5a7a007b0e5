"""What the DSC method is and needs; light, for the command line."""

from __future__ import annotations

from percola.lab.methods import Method
from percola.lab.setting import Setting
from percola.lab.wanted import Wanted

TIME = Wanted(
    "time",
    "time",
    ("time", "t", "elapsed time", "zeit", "messzeit", "時間", "経過時間", "測定時間"),
    required=False,
    help="time",
)
TEMPERATURE = Wanted(
    "temperature",
    "temperature",
    (
        "temperature", "temp", "temp.", "sample temperature", "sample temp", "ts", "t sample", "temperatur",
        "probentemperatur", "proben temperatur", "温度", "試料温度", "サンプル温度",
    ),
    help="sample temperature",
)  # fmt: skip
HEAT_FLOW = Wanted(
    "heat_flow",
    "heat_flow",
    (
        "heat flow", "heatflow", "heat flow (normalized)", "normalized heat flow", "dsc", "ddsc signal", "dsc signal",
        "unsubtracted heat flow", "value", "wärmestrom", "waermestrom", "wärmefluss", "spezifischer wärmestrom",
        "dsc signal", "熱流", "熱流束", "ヒートフロー", "dsc信号",
    ),
    help="heat flow",
)  # fmt: skip

SPEC = Method(
    key="dsc",
    title="Melting and crystallization temperature, crystallinity",
    standard="EP 1063256 para. 89(11), 89(12); ISO 11357-3; ASTM D3418",
    help=(
        "Files of a differential scanning calorimeter: heat flow against temperature and time. Heating runs give "
        "melting peak, onset, enthalpy and crystallinity, cooling runs the crystallization peak; several runs give "
        "T_c against the dissolution temperature T_s with its plateau T_a, and the melting point of the polymer "
        "alone against that in a medium."
    ),
    wanted=(TIME, TEMPERATURE, HEAT_FLOW),
    settings=(
        Setting("exo", "choice", "which way exothermic peaks point in the file", choices=("up", "down")),
        Setting(
            "mass",
            "mass",
            "sample mass, once for all files or once for each",
            positive=True,
            many=True,
        ),
        Setting(
            "polymer_fraction",
            "number",
            "weight fraction of polymer in the sample (1.0 alone, 0.3 in a 30:70 mixture), once or for each file",
            positive=True,
            many=True,
        ),
        Setting(
            "dissolution_temperature",
            "temperature",
            "T_s of each cooling run in order, where the file does not hold the 20 min",
            many=True,
        ),
        Setting(
            "heating",
            "choice",
            "which heating of a file gives T_m",
            default="first",
            choices=("first", "last"),
        ),
        Setting(
            "main_peak",
            "choice",
            "the main one of several peaks",
            default="enthalpy",
            choices=("enthalpy", "height"),
        ),
        Setting(
            "baseline",
            "choice",
            "baseline under the peak; the others are computed too and their spread is part of the uncertainty",
            default="linear",
            choices=("linear", "integral", "tangential", "spline", "none"),
        ),
        Setting("from", "temperature", "lower limit of the peak"),
        Setting("to", "temperature", "upper limit of the peak"),
        Setting(
            "smoothing",
            "temperature_difference",
            "window of the Savitzky-Golay filter, cut to a third of the peak's width",
            default="1 K",
            positive=True,
        ),
        Setting("rate", "cooling_rate", "heating or cooling rate of files without time", positive=True),
        Setting(
            "time_constant",
            "time",
            "time constant of the cell, to undo its lag (Tian equation)",
            positive=True,
        ),
        Setting(
            "temperature_uncertainty",
            "temperature_difference",
            "of the calibration, one standard deviation",
            default="0.3 K",
        ),
        Setting(
            "enthalpy_uncertainty",
            "fraction",
            "of heat calibration and mass, one standard deviation",
            default="3 %",
        ),
        Setting(
            "heat_of_fusion",
            "enthalpy",
            "of the perfect crystal, for the crystallinity",
            default="104.7 J/g",
            positive=True,
        ),
        Setting(
            "heat_of_fusion_uncertainty", "enthalpy", "of that, one standard deviation", default="10.5 J/g"
        ),
        Setting(
            "heating_rate",
            "cooling_rate",
            "of the procedure, to check against",
            default="5 K/min",
            positive=True,
        ),
        Setting(
            "cooling_rate",
            "cooling_rate",
            "of the procedure, to check against",
            default="2 K/min",
            positive=True,
        ),
        Setting("hold", "time", "at T_s in the procedure, to check against", default="20 min", positive=True),
    ),
)
