"""What the method ``porometry`` is and needs."""

from __future__ import annotations

from percola.lab.methods import Method
from percola.lab.setting import Setting
from percola.lab.wanted import Wanted

PRESSURE = Wanted(
    "pressure",
    "pressure",
    (
        "pressure", "differential pressure", "pressure difference", "pressure drop", "gas pressure", "delta p", "dp",
        "druck", "differenzdruck", "druckdifferenz", "überdruck", "圧力", "差圧", "ガス圧力", "ガス圧", "圧力差",
    ),
    required=False,
    help="gas pressure",
)  # fmt: skip
FLOW = Wanted(
    "flow",
    "volume_flow",
    (
        "flow", "flow rate", "gas flow", "gas flow rate", "air flow", "flowrate", "fluss", "durchfluss", "gasfluss",
        "volumenstrom", "gasstrom", "durchsatz", "流量", "ガス流量", "空気流量",
    ),
    required=False,
    help="gas flow",
)  # fmt: skip
WET_PRESSURE = Wanted(
    "wet_pressure",
    "pressure",
    ("wet pressure", "druck nass", "湿潤圧力"),
    required=False,
    help="pressure of the wet run",
)
WET_FLOW = Wanted(
    "wet_flow", "volume_flow", ("wet flow", "fluss nass", "nassfluss", "湿潤流量"), required=False, help="flow of the wet run"
)  # fmt: skip
DRY_PRESSURE = Wanted(
    "dry_pressure",
    "pressure",
    ("dry pressure", "druck trocken", "乾燥圧力"),
    required=False,
    help="pressure of the dry run",
)
DRY_FLOW = Wanted(
    "dry_flow", "volume_flow", ("dry flow", "fluss trocken", "trockenfluss", "乾燥流量"), required=False, help="flow of the dry run"
)  # fmt: skip
RUN = Wanted(
    "run",
    "text",
    (
        "run",
        "curve",
        "state",
        "mode",
        "run type",
        "step",
        "lauf",
        "kurve",
        "zustand",
        "messung",
        "状態",
        "測定",
        "曲線",
    ),
    required=False,
    help="column that says wet or dry",
)
TIME = Wanted(
    "time", "time", ("time", "elapsed time", "zeit", "時間", "経過時間"), required=False, help="time"
)
#: Columns that every method of the porometer looks for.
COLUMNS = (PRESSURE, FLOW, WET_PRESSURE, WET_FLOW, DRY_PRESSURE, DRY_FLOW, RUN, TIME)

#: Settings that the half-dry method and the bubble point share.
SHARED = (
    Setting("liquid", "word", "wetting liquid: ethanol, 2-propanol, water, porefil, galwick, ... (the patent: ethanol)"),
    Setting("surface_tension", "surface_tension", "of the liquid, instead of the library's", positive=True),
    Setting(
        "surface_tension_uncertainty", "surface_tension", "one standard deviation of a given surface tension"
    ),
    Setting("contact_angle", "angle", "of the liquid on the membrane", default="0 deg"),
    Setting("temperature", "temperature", "of the test; 25 degC, within 2 K, if nothing says it"),
    Setting(
        "pressure_kind",
        "choice",
        "what the pressure readings are",
        choices=("differential", "gauge", "absolute"),
    ),
    Setting("outlet_pressure", "pressure", "absolute pressure behind the specimen", positive=True),
    Setting(
        "pressure_accuracy", "fraction", "of a pressure reading, one standard deviation", default="0.5 %"
    ),
    Setting(
        "flow_conditions",
        "choice",
        "what a ml of gas is: at the meter's standard conditions, or at the pressure behind or before the specimen",
        choices=("standard", "outlet", "inlet"),
    ),
    Setting("threshold_flow", "volume_flow", "flow of the threshold definition of the bubble point", positive=True, many=True),
    Setting("threshold_area", "area", "area to which the threshold belongs; it is scaled to --area", positive=True),
    Setting("area", "area", "of the specimen that gas passes", positive=True),
    Setting(
        "definition",
        "choice",
        "which bubble point is the maximum pore size",
        default="first-flow",
        choices=("first-flow", "threshold"),
    ),
    Setting("head_pressure", "pressure", "of the liquid standing on the specimen, subtracted (E128)", default="0 Pa"),
    Setting("response_time", "time", "time constant of the flow reading, to undo its lag (needs a column of times)", positive=True),
)  # fmt: skip

SPEC = Method(
    key="porometry",
    title="Average pore size and distribution: half-dry method",
    standard="EP 1063256 para. 89(5), 89(6); ASTM F316",
    help=(
        "Wet and dry run of a capillary flow porometer, in one file (columns, or rows marked wet and dry) or in two. "
        "Gives the average pore size where the wet curve crosses half of the dry one, the maximum pore size, their "
        "ratio, the smallest pore and the distribution of the flow over pore sizes."
    ),
    wanted=COLUMNS,
    settings=(
        *SHARED,
        Setting(
            "order",
            "choice",
            "order of two runs that nothing names",
            choices=("wet-dry", "dry-wet"),
        ),
        Setting("bins", "count", "of the distribution, of equal ratio", default="20"),
        Setting("edge", "length", "edge of a bin instead (several times)", positive=True, many=True),
        Setting(
            "smoothing",
            "choice",
            "of the distribution: none, or wet/dry made to rise",
            default="none",
            choices=("none", "monotone"),
        ),
        Setting(
            "dry_curve",
            "choice",
            "between dry readings: a smooth fit where their noise allows it, or straight lines",
            default="fit",
            choices=("fit", "lines"),
        ),
    ),
)
