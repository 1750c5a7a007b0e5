"""What the method `cloud-point` needs."""

from __future__ import annotations

from percola.lab.methods import Method
from percola.lab.setting import Setting
from percola.lab.wanted import Wanted

FRACTION = Wanted(
    "fraction",
    "amount",
    (
        "polymer fraction",
        "polymer weight fraction",
        "concentration",
        "polymer concentration",
        "polymer",
        "polymeranteil",
        "konzentration",
        "massenanteil",
        "濃度",
        "ポリマー濃度",
        "重量分率",
    ),
    False,
    "weight fraction of the polymer",
)
TEMPERATURE = Wanted(
    "temperature",
    "temperature",
    (
        "temperature",
        "observation temperature",
        "bath temperature",
        "temp",
        "temperatur",
        "beobachtungstemperatur",
        "温度",
        "観察温度",
    ),
    True,
    "temperature of the observation",
)
STOOD = Wanted(
    "stood",
    "time",
    ("stood", "standing time", "time stood", "time", "standzeit", "zeit", "静置時間", "時間"),
    False,
    "time that the sample stood at the temperature",
)
PHASES = Wanted(
    "phases",
    "text",
    ("phases", "phase", "state", "phasen", "zustand", "相", "相数", "状態"),
    False,
    "phases seen: one or two",
)
INTERFACE = Wanted(
    "interface",
    "text",
    ("interface", "planar interface", "grenzfläche", "ebene grenzfläche", "界面", "平面界面"),
    False,
    "planar interface seen: yes, no, unclear",
)
GELLED = Wanted(
    "gelled",
    "text",
    ("gelled", "gel", "solid", "geliert", "erstarrt", "ゲル", "ゲル化", "固化"),
    False,
    "gelled or solid: yes, no",
)
TURBID = Wanted(
    "turbid",
    "text",
    ("turbid", "turbidity", "cloudy", "trüb", "trübung", "濁り", "白濁"),
    False,
    "turbid: yes, no",
)
DISSOLVED = Wanted(
    "dissolved",
    "time",
    ("dissolution time", "dissolved", "lösezeit", "溶解時間"),
    False,
    "time of dissolution before",
)
TRANSMITTANCE = Wanted(
    "transmittance",
    "number",
    ("transmittance", "transmission", "t%", "transmittanz", "transmissionsgrad", "透過率"),
    False,
    "transmittance of light, for scans",
)

SPEC = Method(
    "cloud-point",
    "Cloud points by the standing method",
    "EP 1063256 para. 28 to 30, 57, 58, 121; definition (D) of the solvent",
    "Observations of samples that stood at a temperature: polymer fraction, temperature, time stood, phases seen, planar "
    "interface seen. Gives the cloud point of each concentration, the curve, and whether the solvent permits observation "
    "of a planar interface. Scans of transmittance are taken too, and named as what they are.",
    (FRACTION, TEMPERATURE, STOOD, PHASES, INTERFACE, GELLED, TURBID, DISSOLVED, TRANSMITTANCE),
    (
        Setting(
            "polymer_fraction",
            "amount",
            "of the solution of interest, or of a scan whose file does not say it",
            positive=True,
        ),
        Setting(
            "crystallization_temperature", "temperature", "from dsc: below it the polymer-rich phase is solid"
        ),
        Setting(
            "temperature_error",
            "temperature_difference",
            "standard uncertainty of the bath's temperature",
            "0.5 K",
        ),
        Setting("cooling_rate", "cooling_rate", "of a scan of transmittance", positive=True),
        Setting(
            "crystallization_error",
            "temperature_difference",
            "standard uncertainty of the crystallization temperature",
            "1 K",
        ),
    ),
)
