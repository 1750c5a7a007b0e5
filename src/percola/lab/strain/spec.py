"""What the residual-strain method reads and may be told."""

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
BEFORE = _w(
    "before", "length",
    ("length before", "original length", "initial length", "before", "L0", "Länge vorher", "Anfangslänge", "vorher",
     "延伸前長さ", "元長", "延伸前"),
    "length before stretching",
)  # fmt: skip
AFTER = _w(
    "after", "length",
    ("length after", "final length", "relaxed length", "after", "Länge nachher", "Endlänge", "nachher", "延伸後長さ", "延伸後"),
    "length after stretching and relaxing",
)  # fmt: skip
WIDTH_BEFORE = _w(
    "width_before",
    "length",
    ("width before", "original width", "Breite vorher", "延伸前幅"),
    "width before stretching",
)
WIDTH_AFTER = _w(
    "width_after",
    "length",
    ("width after", "final width", "Breite nachher", "延伸後幅"),
    "width after stretching",
)
AREA_BEFORE = _w(
    "area_before",
    "area",
    ("area before", "original area", "Fläche vorher", "延伸前面積"),
    "area before stretching",
)
AREA_AFTER = _w(
    "area_after",
    "area",
    ("area after", "final area", "Fläche nachher", "延伸後面積"),
    "area after stretching",
)
DRAWN = _w(
    "drawn", "length",
    ("drawn length", "stretched length", "length under load", "length at draw", "Länge gestreckt", "延伸中長さ"),
    "length at the greatest stretch",
)  # fmt: skip

COLUMNS = (SPECIMEN, BEFORE, AFTER, WIDTH_BEFORE, WIDTH_AFTER, AREA_BEFORE, AREA_AFTER, DRAWN)

SPEC = Method(
    key="strain",
    title="Stretching residual strain",
    standard="EP 1063256 para. 89(10), 82",
    help="Lengths (uniaxial) or areas, or lengths and widths (biaxial), before stretching and after relaxing, one specimen a "
    "row. Gives the increment over the original, with its uncertainty from the resolution of the readings.",
    wanted=COLUMNS,
    settings=(
        Setting("kind", "choice", "one direction or two", None, ("uniaxial", "biaxial")),
        Setting("before", "length", "length before, in place of a column", positive=True),
        Setting("after", "length", "length after, in place of a column", positive=True),
        Setting("width_before", "length", "width before, in place of a column", positive=True),
        Setting("width_after", "length", "width after, in place of a column", positive=True),
        Setting("area_before", "area", "area before, in place of a column", positive=True),
        Setting("area_after", "area", "area after, in place of a column", positive=True),
        Setting("draw_ratio", "number", "length at the greatest stretch over the original (of areas: biaxial)", positive=True),
        Setting("resolution", "length", "smallest step of a length reading; from the digits of the file where not given", positive=True),
        Setting("area_resolution", "area", "smallest step of an area reading; from the digits of the file where not given", positive=True),
    ),
    files_optional=True,
)  # fmt: skip
