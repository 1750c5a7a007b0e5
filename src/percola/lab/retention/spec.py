"""What the method `retention` needs."""

from __future__ import annotations

from percola.lab.methods import Method
from percola.lab.setting import Setting
from percola.lab.wanted import Wanted

SAMPLE = Wanted(
    "sample",
    "text",
    ("sample", "stream", "probe", "strom", "試料", "サンプル"),
    False,
    "feed, permeate, control or blank",
)
COUNT = Wanted(
    "count",
    "number",
    (
        "count",
        "counts",
        "cfu",
        "pfu",
        "colonies",
        "plaques",
        "anzahl",
        "kolonien",
        "koloniezahl",
        "計数",
        "コロニー数",
        "プラーク数",
    ),
    False,
    "number counted on the plate or by the counter",
)
DILUTION = Wanted(
    "dilution",
    "number",
    ("dilution", "dilution factor", "verdünnung", "希釈", "希釈倍率"),
    False,
    "dilution: 1000 or 1e-3",
)
VOLUME = Wanted(
    "volume",
    "volume",
    (
        "volume",
        "plated volume",
        "inoculum",
        "sampled volume",
        "volumen",
        "ausplattiertes volumen",
        "接種量",
        "体積",
    ),
    False,
    "volume plated, put into a well or counted",
)
WELLS = Wanted(
    "wells", "number", ("wells", "replicates", "n wells", "näpfchen", "ウェル数"), False, "wells inoculated"
)
POSITIVE = Wanted(
    "positive", "number", ("positive", "infected", "positiv", "infiziert", "陽性"), False, "wells infected"
)
SIZE = Wanted(
    "size",
    "length",
    (
        "size",
        "particle size",
        "diameter",
        "particle diameter",
        "größe",
        "durchmesser",
        "partikelgröße",
        "粒径",
        "粒子径",
    ),
    False,
    "diameter of the particles",
)
FEED = Wanted(
    "feed",
    "number",
    ("feed", "feed count", "upstream", "zulauf", "rohwasser", "供給", "上流", "原水"),
    False,
    "count in the feed",
)
PERMEATE = Wanted(
    "permeate",
    "number",
    ("permeate", "permeate count", "filtrate", "downstream", "permeat", "filtrat", "透過", "ろ液", "下流"),
    False,
    "count in the permeate",
)
MODULE = Wanted(
    "module", "text", ("module", "specimen", "filter", "modul", "モジュール"), False, "module or specimen"
)

SPEC = Method(
    "retention",
    "Log reduction value from challenge counts",
    "Poisson counts of feed and permeate; ASTM F838 (bacterial challenge)",
    "Counts of colonies, plaques, particles (one row a plate, with sample, dilution, volume, count) or wells "
    "(sample, dilution, volume, wells, positive), or a counter's table of size, feed, permeate. Gives the log reduction "
    "value with its uncertainty, a lower bound where nothing was counted in the permeate, and the cut-off by size.",
    (SAMPLE, COUNT, DILUTION, VOLUME, WELLS, POSITIVE, SIZE, FEED, PERMEATE, MODULE),
    (
        Setting("volume", "volume", "plated or counted, where the file has no such column", positive=True),
        Setting("feed_volume", "volume", "of feed that a counter counted", positive=True),
        Setting("permeate_volume", "volume", "of permeate that a counter counted", positive=True),
        Setting(
            "feed_dilution",
            "number",
            "by which the feed was diluted before the counter, such as 1000",
            "1",
            positive=True,
        ),
        Setting(
            "dilution_as", "choice", "how the column of dilutions is written", None, ("factor", "exponent")
        ),
        Setting(
            "particle_diameter",
            "length",
            "of a virus, bacterium or bead, where the file has no sizes",
            positive=True,
        ),
        Setting("most_count", "count", "largest count of a plate that is still told apart", "300"),
        Setting("volume_error", "fraction", "relative standard uncertainty of a plated volume", "2 %"),
        Setting("dilution_error", "fraction", "relative standard uncertainty of one tenfold dilution", "2 %"),
        Setting(
            "titre",
            "choice",
            "how wells become a titre",
            "spearman-karber",
            ("spearman-karber", "reed-muench", "likelihood"),
        ),
        Setting(
            "hold_limit", "number", "largest loss (log10) that a hold control may show", "0.5", positive=True
        ),
        Setting("area", "area", "of the filter, for the challenge on it", positive=True),
        Setting(
            "challenge_volume", "volume", "of feed filtered, for the challenge on the area", positive=True
        ),
        Setting("confidence", "fraction", "of bounds and intervals", "95 %", positive=True),
    ),
)
