"""What the micrograph method is and needs."""

from percola.lab.methods import Method
from percola.lab.setting import Setting

SPEC = Method(
    key="sem",
    title="Pore size on micrographs of surface and section",
    standard="EP 1063256 para. 89(3): 50 parallel lines on 16 um x 16 um, mean length inside voids",
    help="Reads micrographs (TIFF with the tags of FEI, Zeiss, Hitachi, JEOL, Tescan or Phenom; PNG, JPEG, BMP with "
    "--pixel or --bar). FILES show the section of the membrane unless --region says otherwise; --surface names pictures of "
    "the surface, and then the ratio of surface to internal pore size is given too.",
    settings=(
        Setting("region", "choice", "what FILES show", "section", ("section", "surface")),
        Setting("surface", "file", "a picture of the surface, beside FILES of the section", many=True),
        Setting("pixel", "length", "edge of a pixel, where the file does not say it", positive=True),
        Setting("bar", "length", "length that the scale bar stands for, with --bar-pixels", positive=True),
        Setting("bar_pixels", "number", "length of the scale bar in pixels", positive=True),
        Setting("scale_uncertainty", "strain", "relative standard deviation of the magnification", "3 %"),
        Setting("field", "length", "edge of the square region that is measured", "16 um", positive=True),
        Setting("info_bar", "word", "auto, none, or the height of the legend strip in pixels", "auto"),
        Setting("segment", "choice", "how void is told from polymer", "otsu",
                ("otsu", "k-means", "iso50", "minimum", "threshold")),
        Setting("threshold", "number", "grey value of the threshold; takes the place of --segment"),
        Setting("void", "choice", "which grey is void", "dark", ("dark", "bright")),
        Setting("denoise", "choice", "smooth grey values first", None, ("median", "tv", "nlm")),
        Setting("clean", "count", "specks of fewer pixels are taken away", "0"),
        Setting("direction", "choice", "along which edge of the picture the lines run", "x", ("x", "y")),
    ),
    not_tables=True,
)  # fmt: skip
