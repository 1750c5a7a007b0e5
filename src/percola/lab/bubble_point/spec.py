"""What the method ``bubble-point`` is and needs."""

from __future__ import annotations

from percola.lab.methods import Method
from percola.lab.porometry.spec import COLUMNS, SHARED
from percola.lab.wanted import Wanted

READING = Wanted(
    "bubble_point",
    "pressure",
    ("bubble point", "bubble point pressure", "bp", "bubble pressure", "blasenpunkt", "blasendruck", "バブルポイント",
     "バブルポイント圧力", "バブルポイント圧"),
    required=False,
    help="bubble point read by eye or by the instrument",
)  # fmt: skip
SPECIMEN = Wanted(
    "specimen",
    "text",
    ("specimen", "sample", "no", "probe", "試料", "試料番号", "番号"),
    required=False,
    help="name of the specimen",
)

SPEC = Method(
    key="bubble-point",
    title="Maximum pore size: bubble point",
    standard="EP 1063256 para. 89(6); ASTM F316, ASTM E128",
    help=(
        "A rise of the gas pressure on a wetted membrane with its flow (one file for each specimen), or a table of bubble "
        "points that were read. Gives the maximum pore size by first flow and by threshold flow, both named, with the "
        "background (diffusion, leak) fitted."
    ),
    wanted=(*COLUMNS, READING, SPECIMEN),
    settings=SHARED,
    several=False,
)
