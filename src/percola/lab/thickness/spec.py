"""What the thickness method is and needs."""

from percola.lab.methods import Method
from percola.lab.setting import Setting
from percola.lab.wanted import Wanted

THICKNESS = Wanted(
    "thickness",
    "length",
    (
        "thickness",
        "membrane thickness",
        "wall thickness",
        "Dicke",
        "Membrandicke",
        "Wanddicke",
        "厚さ",
        "膜厚",
        "肉厚",
    ),
    help="thickness",
)

SPEC = Method(
    key="thickness",
    title="Thickness from readings or a section image",
    standard="EP 1063256 para. 89(4): mean of at least five section thickness values",
    help="Takes readings (--reading 87um, five times or more; or tables with a column of thickness), or pictures of a "
    "section in which the membrane lies between two backgrounds, and finds its edges at many places.",
    wanted=(THICKNESS,),
    settings=(
        Setting("reading", "length", "one reading", positive=True, many=True),
        Setting("resolution", "length", "smallest step of the gauge", None, positive=True),
        Setting("gauge_uncertainty", "length", "standard deviation of the gauge itself", None),
        Setting("pixel", "length", "edge of a pixel, where the picture does not say it", positive=True),
        Setting("bar", "length", "length that the scale bar stands for, with --bar-pixels", positive=True),
        Setting("bar_pixels", "number", "length of the scale bar in pixels", positive=True),
        Setting("scale_uncertainty", "strain", "relative standard deviation of the magnification", "3 %"),
        Setting("info_bar", "word", "auto, none, or the height of the legend strip in pixels", "auto"),
        Setting("membrane", "choice", "whether the membrane is brighter or darker than what lies beside it", "bright",
                ("bright", "dark")),
        Setting("across", "choice", "direction through the membrane in the picture", "auto", ("auto", "x", "y")),
        Setting("places", "count", "places at which the section is read", "25"),
    ),
    files_optional=True,
)  # fmt: skip
