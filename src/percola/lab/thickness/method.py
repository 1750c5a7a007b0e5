"""Readings or pictures of a section -> thickness."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from percola.errors import InputError
from percola.lab.analysis import Analysis, ResultTable, SourceFacts
from percola.lab.panel import Axis, Band, Curve, Mark, Panel
from percola.lab.pictures import eight_bit, read_picture
from percola.lab.reading import ReadOptions, read_tables
from percola.lab.table import Table
from percola.lab.thickness.section import Section, find_section
from percola.lab.thickness.spec import SPEC, THICKNESS
from percola.lab.understood import understood
from percola.measurement import Check, Measurement
from percola.store import file_digest

METHOD = "EP 1063256 para. 89(4): mean of section thickness values"
READINGS = 5
"""At least so many (paragraph 89(4))."""
PICTURES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".gif")


def analyse(files: Sequence[Path], settings: Mapping[str, Any], read: ReadOptions) -> Analysis:
    """`thickness` as the mean of readings, or of the readings at many places of pictures of the section.

    The standard uncertainty of a mean of n readings joins their scatter s/sqrt(n) (for pictures with the number of
    independent places, from the correlation of neighbours), the step of the gauge (resolution/sqrt 12) and the gauge
    itself; for pictures the criterion of the edge and the magnification.

    Args:
        files: tables with a column of thickness, or pictures; none where readings are given.
        settings: in SI, see ``spec.py``.
        read: how tables are read.

    Limitations: a gauge that presses the membrane reads thin; that is not known here.
    Reference: EP 1063256, paragraphs 87, 89(4).

    Raises:
        InputError: nothing to read, readings of nought, readings and pictures together.
    """
    pictures = [f for f in files if f.suffix.lower() in PICTURES]
    tables = [f for f in files if f not in pictures]
    given = [float(r) for r in settings["reading"]]
    if pictures and (tables or given):
        raise InputError(
            "thickness", "pictures beside readings", "one of them", "analyse them apart, and compare"
        )
    if pictures:
        return _of_pictures(pictures, settings)
    read_from: list[Table] = []
    values = list(given)
    origin = ["--reading"] * len(given)
    for path in tables:
        for table in read_tables(path, read, SPEC.wanted):
            found = table.take(THICKNESS)
            found = found[np.isfinite(found)]
            values += [float(v) for v in found]
            origin += [table.title or path.name] * len(found)
            read_from.append(table)
    if not values:
        raise InputError(
            "thickness",
            "no reading",
            "readings, a table or a picture",
            "--reading 87um five times, or a file",
        )
    return _of_readings(np.array(values), origin, settings, understood(read_from))


def _of_readings(
    values: Any, origin: Sequence[str], settings: Mapping[str, Any], sources: Sequence[SourceFacts]
) -> Analysis:
    if np.any(values <= 0):
        raise InputError(
            "thickness",
            f"a reading of {float(values.min()) * 1e6:g} um",
            "readings above 0",
            "correct or remove it",
        )
    n = len(values)
    mean = float(values.mean())
    scatter = float(values.std(ddof=1)) if n > 1 else None
    step = settings["resolution"] or _step(values)
    gauge = settings["gauge_uncertainty"] or 0.0
    sigma = None
    if scatter is not None:
        sigma = math.sqrt(scatter**2 / n + step**2 / 12.0 + gauge**2)
    checks = [_enough(n)]
    if scatter is not None and scatter > 0.1 * mean:
        checks.append(
            Check(
                "evenness",
                "warn",
                f"the readings scatter by {100 * scatter / mean:.0f} %: the membrane is uneven",
            )
        )
    evidence = {
        "readings_m": [float(v) for v in values[:1000]],
        "readings": n,
        "standard_deviation_m": scatter,
        "resolution_m": step,
    }
    measured = Measurement(
        "thickness", mean, "m", sigma, METHOD, "", tuple(checks), evidence, ("ep1063256", "jcgm100"),
    )  # fmt: skip
    x = np.arange(1.0, n + 1)
    panel = Panel(
        "readings",
        "Readings",
        Axis("reading"),
        Axis("thickness", "length", "um"),
        (Curve("", x, np.asarray(values, float), "points"),),
        (Mark(f"mean {mean * 1e6:.4g} um", y=mean, y_error=sigma),),
        caption="The band is one standard deviation of the mean.",
    )
    rows = tuple((o, float(v) * 1e6) for o, v in zip(origin, values, strict=True))[:200]
    table = ResultTable("readings", "Readings", (("from", ""), ("thickness", "µm")), rows)
    places = list(dict.fromkeys(origin))
    notes = (f"One mean over the readings of {', '.join(places)}.",) if len(places) > 1 else ()
    return Analysis("thickness", (measured,), (panel,), (table,), notes=notes, sources=tuple(sources))


def _step(values: Any) -> float:
    """The step of the gauge as the digits of the readings show it [m]; 0 for one reading."""
    if len(values) < 2:
        return 0.0
    nano = np.unique(np.round(values * 1e9).astype(np.int64))
    return float(np.gcd.reduce(nano)) * 1e-9 if len(nano) > 1 else 0.0


def _enough(n: int) -> Check:
    return Check(
        "at least five readings",
        "pass" if n >= READINGS else "warn",
        f"{n} reading{'' if n == 1 else 's'}"
        + ("" if n >= READINGS else ": para. 89(4) asks for five or more"),
    )


def _of_pictures(pictures: Sequence[Path], settings: Mapping[str, Any]) -> Analysis:
    across = {"auto": None, "x": 0, "y": 1}[settings["across"]]
    places = max(int(settings["places"]), READINGS)
    panels: list[Panel] = []
    sources: list[SourceFacts] = []
    reasons: list[str] = []
    found: list[tuple[Path, Section, float]] = []
    for path in pictures:
        volume = read_picture(path, settings)
        pixel = float(volume.spacing_m[0])  # type: ignore[index]
        grey = np.asarray(volume.values[:], float).reshape(volume.shape[:2])
        section = find_section(grey, places, settings["membrane"] == "bright", across)
        sources.append(
            SourceFacts(
                str(path),
                file_digest(path),
                {
                    "format": volume.format,
                    "pixel": f"{pixel * 1e9:.4g} nm ({volume.spacing_source or 'given'})",
                    "pixels": f"{volume.shape[0]} x {volume.shape[1]}",
                },
            )
        )
        if isinstance(section, str):
            reasons.append(f"{path.name}: {section}")
            continue
        found.append((path, section, pixel))
        panels += _panels(path, grey, section, pixel, len(pictures) > 1)
    if not found:
        nothing = Measurement("thickness", None, "m", method=METHOD, reason="; ".join(reasons))
        return Analysis("thickness", (nothing,), sources=tuple(sources))
    means = np.array([float(s.thickness.mean()) * h for _, s, h in found])
    mean = float(means.mean())
    inside = [float(s.thickness.std(ddof=1)) * h / math.sqrt(_independent(s.thickness)) for _, s, h in found]
    sampling = math.sqrt(sum(v**2 for v in inside)) / len(found)
    if len(found) > 1:
        sampling = max(sampling, float(means.std(ddof=1)) / math.sqrt(len(found)))
    # The three criteria lie evenly: half their range over the square root of 3.
    edge = float(
        np.mean([abs(s.by_criterion[0] - s.by_criterion[-1]) * h / 2 / math.sqrt(3) for _, s, h in found])
    )
    scale = float(settings["scale_uncertainty"]) * mean
    sigma = math.sqrt(sampling**2 + edge**2 + scale**2)
    n = int(sum(len(s.thickness) for _, s, _ in found))
    contrast = min(s.contrast for _, s, _ in found)
    tilt = max(abs(s.tilt_rad) for _, s, _ in found)
    checks = [
        _enough(n),
        Check(
            "contrast of membrane and background",
            "pass" if contrast >= 8 else "warn",
            f"{contrast:.1f} times the unevenness of the background",
        ),
        Check(
            "tilt",
            "pass" if math.degrees(tilt) < 10 else "warn",
            f"the membrane lies {math.degrees(tilt):.1f} degrees askew in the picture (corrected)",
        ),
    ]
    if reasons:
        checks.append(Check("pictures without a value", "warn", "; ".join(reasons)))
    evidence = {
        "readings": n,
        "per_picture_m": [float(v) for v in means],
        "uncertainty_parts": {"sampling_m": sampling, "edge_m": edge, "magnification_m": scale},
        "standard_deviation_m": float(np.concatenate([s.thickness * h for _, s, h in found]).std(ddof=1)),
    }
    measured = Measurement(
        "thickness",
        mean,
        "m",
        sigma,
        METHOD,
        "",
        tuple(checks),
        evidence,
        ("ep1063256", "jcgm100", "otsu1979"),
    )
    return Analysis("thickness", (measured,), tuple(panels), sources=tuple(sources))


def _independent(values: Any) -> float:
    """Number of independent readings among neighbours, n (1 - r)/(1 + r), r their correlation (from 1 to n)."""
    v = np.asarray(values, float) - float(np.mean(values))
    power = float(np.sum(v * v))
    if power == 0 or len(v) < 3:
        return float(len(v))
    r = float(np.clip(np.sum(v[1:] * v[:-1]) / power, 0.0, 0.99))
    return max(1.0, len(v) * (1 - r) / (1 + r))


def _panels(path: Path, grey: Any, s: Section, pixel: float, several: bool) -> list[Panel]:
    tag = f"-{path.stem}" if several else ""
    mask = np.zeros(grey.shape, bool)
    lines = np.moveaxis(mask, s.across, 1)
    for at, a, b in zip(s.places, s.first, s.last, strict=True):
        width = max(1, lines.shape[0] // 400)
        lines[int(at) : int(at) + width, round(a) : round(b) + 1] = True
    image = Panel(
        f"section{tag}",
        f"{path.name}: where the section was read",
        Axis("x"),
        Axis("y"),
        caption=f"{len(s.places)} places, edges midway between background and membrane.",
        image=eight_bit(grey.T),
        mask=mask.T,
        extent_m=(grey.shape[0] * pixel, grey.shape[1] * pixel),
    )
    mean = float(s.thickness.mean()) * pixel
    profile = Panel(
        f"along{tag}",
        f"{path.name}: thickness along the membrane",
        Axis("place along the membrane", "length", "um"),
        Axis("thickness", "length", "um"),
        (Curve("", s.places * pixel, s.thickness * pixel, "points"),),
        (Mark(f"mean {mean * 1e6:.4g} um", y=mean),),
        (
            Band(
                "edge read at 35 to 65 % of the contrast",
                float(s.by_criterion.min()) * pixel,
                float(s.by_criterion.max()) * pixel,
                "y",
            ),
        ),
    )
    return [image, profile]
