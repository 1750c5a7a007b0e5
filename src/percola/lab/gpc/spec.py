"""What the method `gpc` needs."""

from __future__ import annotations

from percola.lab.methods import Method
from percola.lab.setting import Setting
from percola.lab.wanted import Wanted

VOLUME = Wanted(
    "volume",
    "volume",
    (
        "elution volume",
        "retention volume",
        "volume",
        "elutionsvolumen",
        "retentionsvolumen",
        "volumen",
        "溶出体積",
        "溶出容量",
        "保持容量",
    ),
    False,
    "elution volume",
)
TIME = Wanted(
    "time",
    "time",
    (
        "elution time",
        "retention time",
        "time",
        "rt",
        "elutionszeit",
        "retentionszeit",
        "zeit",
        "溶出時間",
        "保持時間",
        "時間",
    ),
    False,
    "elution time",
)
SIGNAL = Wanted(
    "signal",
    "number",
    (
        "signal",
        "ri",
        "rid",
        "ri signal",
        "refractive index",
        "detector",
        "intensity",
        "response",
        "detektor",
        "signal ri",
        "強度",
        "信号",
    ),
    True,
    "signal of the concentration detector",
)
MOLAR_MASS = Wanted(
    "molar_mass",
    "molar_mass",
    (
        "mp",
        "molar mass",
        "molecular weight",
        "peak molar mass",
        "mw",
        "m",
        "molmasse",
        "molekulargewicht",
        "分子量",
    ),
    True,
    "molar mass of the standard at its peak",
)
CALIBRATION = (VOLUME, TIME, MOLAR_MASS)
"""Columns of the file of standards."""

SPEC = Method(
    "gpc",
    "Molecular weight from a chromatogram",
    "EP 1063256 para. 89(1): polystyrene equivalents by GPC in DMF; ISO 16014-1 to -4, ASTM D5296",
    "Signal of a concentration detector against elution volume or time, with the standards that calibrate the columns "
    "(--calibration FILE) or the coefficients of their curve. Gives Mw, Mn, Mz and dispersity in terms of the standards; "
    "with the Mark-Houwink constants of standard and polymer, of the polymer. Several files are injections of one sample.",
    (VOLUME, TIME, SIGNAL),
    (
        Setting("calibration", "file", "table of standards: peak molar mass against elution volume or time"),
        Setting(
            "coefficients",
            "word",
            "a0,a1,... of log10(M in g/mol) against the volume in ml (or the time in min)",
        ),
        Setting(
            "calibrated_from", "word", "first volume or time that the coefficients hold for, such as 12 ml"
        ),
        Setting("calibrated_to", "word", "last volume or time that the coefficients hold for"),
        Setting("order", "choice", "order of the calibration curve", "auto", ("auto", "1", "3", "5")),
        Setting("flow_rate", "volume_flow", "of the eluent, where times become volumes", positive=True),
        Setting("marker", "word", "volume or time of the flow marker in this run, such as 21.36 ml"),
        Setting("marker_expected", "word", "the same in the calibration"),
        Setting("sign", "choice", "of the polymer's peak", "auto", ("auto", "positive", "negative")),
        Setting("start", "word", "integration begins here, a volume or time"),
        Setting("end", "word", "integration ends here"),
        Setting(
            "baseline_start", "word", "the baseline leaves the trace here; default: where integration begins"
        ),
        Setting("baseline_end", "word", "the baseline meets the trace here; default: where integration ends"),
        Setting(
            "low_limit",
            "molar_mass",
            "smallest molar mass that counts: cuts off salt and system peaks",
            positive=True,
        ),
        Setting(
            "k_standard",
            "number",
            "Mark-Houwink K of the standards in the eluent, in the unit of --k-polymer",
            positive=True,
        ),
        Setting("a_standard", "number", "Mark-Houwink exponent of the standards", positive=True),
        Setting("k_polymer", "number", "Mark-Houwink K of the polymer in the eluent", positive=True),
        Setting("a_polymer", "number", "Mark-Houwink exponent of the polymer", positive=True),
        Setting(
            "spreading", "word", "standard deviation of the band of one species, a volume or time; taken off"
        ),
        Setting(
            "volume_error",
            "fraction",
            "relative standard uncertainty of the elution volume between runs",
            "0.1 %",
        ),
    ),
)
