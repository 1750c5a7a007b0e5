"""What the method ``eis`` is and needs."""

from __future__ import annotations

from percola.lab.methods import Method
from percola.lab.setting import Setting
from percola.lab.wanted import Wanted

SPEC = Method(
    key="eis",
    title="Ionic conductivity from impedance",
    standard="EP 1063256 para. 89(13): alternating-current impedance between stainless steel electrodes",
    help=(
        "Reads impedance spectra (Gamry .DTA, BioLogic .mpt, ZPlot/ZView .z, Autolab and NOVA text, VersaStudio .par, CSV) of "
        "a soaked membrane between blocking electrodes. Gives the resistance at the intercept with the real axis of the "
        "Nyquist (Cole-Cole) plot three ways, tests the spectrum by the Kramers-Kronig relations, and gives the ionic "
        "conductivity with thickness and electrode area. Several files are repeats, or thicknesses."
    ),
    wanted=(
        Wanted(
            "frequency",
            "frequency",
            ("frequency", "freq", "f", "Frequenz", "周波数", "測定周波数"),
            True,
            "frequency",
            "Hz",
        ),
        Wanted(
            "real",
            "resistance",
            ("Z'", "Re(Z)", "Zreal", "Zre", "Z real", "Real", "Realteil", "実部", "実数部", "Rs"),
            False,
            "real part of the impedance",
        ),
        Wanted(
            "imaginary",
            "resistance",
            (
                "Z''",
                "-Z''",
                "Im(Z)",
                "-Im(Z)",
                "Zimag",
                "Zim",
                "Zimg",
                "Z imag",
                "Imaginärteil",
                "虚部",
                "虚数部",
            ),
            False,
            "imaginary part of the impedance",
        ),
        Wanted(
            "modulus",
            "resistance",
            ("|Z|", "Zmod", "Modulus", "Magnitude", "Impedance", "Betrag", "Impedanz", "インピーダンス"),
            False,
            "modulus of the impedance",
        ),
        Wanted(
            "phase",
            "angle",
            ("Phase", "Phase(Z)", "Zphz", "theta", "Phasenwinkel", "位相", "位相角"),
            False,
            "phase",
        ),
    ),
    settings=(
        Setting(
            "thickness",
            "length",
            "of the soaked membrane; once, or once for each file",
            positive=True,
            many=True,
        ),
        Setting("thickness_uncertainty", "length", "one standard deviation of a thickness", positive=True),
        Setting("area", "area", "of the electrodes (the smaller of the two)", positive=True),
        Setting("area_uncertainty", "area", "one standard deviation of it", positive=True),
        Setting("diameter", "length", "of round electrodes, instead of the area", positive=True),
        Setting("diameter_uncertainty", "length", "one standard deviation of it", positive=True),
        Setting("cell_resistance", "resistance", "of leads and empty cell, subtracted"),
        Setting("cell_resistance_uncertainty", "resistance", "one standard deviation of it", positive=True),
        Setting(
            "short_circuit", "file", "spectrum of the cell without membrane, whose resistance is subtracted"
        ),
        Setting("temperature", "temperature", "of the measurement"),
        Setting(
            "electrolyte",
            "conductivity",
            "of the bulk electrolyte; gives the MacMullin number",
            positive=True,
        ),
        Setting("electrolyte_uncertainty", "conductivity", "one standard deviation of it", positive=True),
        Setting(
            "standard_electrolyte",
            "flag",
            "the electrolyte is 1 mol/l LiBF4 in EC + PC 1:1; gives the MacMullin number",
        ),
        Setting(
            "imaginary",
            "choice",
            "what a plain table's imaginary column (or phase) holds; found out where not said",
            "found",
            ("found", "im", "minus-im"),
        ),
        Setting("lowest_frequency", "frequency", "points below are left out", positive=True),
        Setting("highest_frequency", "frequency", "points above are left out", positive=True),
        Setting("leave_out", "frequency", "leave out the point at this frequency", positive=True, many=True),
        Setting("spike_lowest", "frequency", "lower end of the line that is extrapolated", positive=True),
        Setting("spike_highest", "frequency", "upper end of the line that is extrapolated", positive=True),
        Setting(
            "circuit",
            "choice",
            "equivalent circuit",
            "auto",
            (
                "auto",
                "r-q",
                "l-r-q",
                "r-(rq)-q",
                "l-r-(rq)-q",
                "r-w",
                "l-r-w",
                "r-wo",
                "l-r-wo",
                "r-(rq)-w",
                "l-r-(rq)-w",
                "(rq)-q",
                "l-(rq)-q",
                "r-(rq)",
                "l-r-(rq)",
            ),
        ),
        Setting(
            "arc",
            "choice",
            "what a semicircle is: of the membrane's bulk (its resistance counts) or of the electrodes (it does not)",
            "auto",
            ("auto", "bulk", "interface"),
        ),
        Setting(
            "main",
            "choice",
            "which of the three values counts",
            "auto",
            ("auto", "crossing", "extrapolation", "circuit"),
        ),
        Setting(
            "combine",
            "choice",
            "several files: mean of the conductivities, or slope of resistance against thickness",
            "auto",
            ("auto", "mean", "slope"),
        ),
        Setting("accuracy", "fraction", "of the analyser: one standard deviation of |Z|", positive=True),
        Setting("points_per_decade", "count", "fewest that are enough", "5"),
        Setting("resistance_only", "flag", "no conductivity: thickness and area are not needed"),
    ),
    several=True,
)
