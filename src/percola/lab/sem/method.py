"""Micrographs -> mean chord of the voids on 50 parallel lines, with the influence of the threshold."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.analysis import Analysis, ResultTable, SourceFacts
from percola.lab.panel import Axis, Curve, Mark, Panel
from percola.lab.pictures import eight_bit, read_picture
from percola.lab.reading import ReadOptions
from percola.measure.form.sem import (
    STANDARD_LINES,
    STANDARD_VOIDS_PER_LINE,
    picture_rows,
    sem_image_pore_size,
    surface_to_internal_pore_ratio,
)
from percola.measurement import Check, Measurement
from percola.scan.prepare import prepare
from percola.scan.segment import Segmentation, segment, threshold_influence
from percola.scan.volume import Volume
from percola.store import file_digest

METHOD = "EP 1063256 para. 89(3): 50 parallel lines on a micrograph, mean length inside voids"
NAME = "sem_average_pore_size"
_OF_VOLUMES = ("Axes:", "Flow goes", "The image is taken as a structure")
"""Notes of the reader that matter for volumes only."""


@dataclass(frozen=True)
class Picture:
    """One micrograph and what was measured on it."""

    path: Path
    region: str
    volume: Volume
    part: Segmentation
    found: Measurement
    threshold_m: float
    curve: tuple[tuple[float, ...], tuple[float, ...]]
    field_m: tuple[float, float]


def analyse(files: Sequence[Path], settings: Mapping[str, Any], read: ReadOptions) -> Analysis:
    """`sem_average_pore_size` of each region, from one picture or several, and the surface to internal ratio.

    l = (length inside voids) / (number of void segments) on 50 equidistant parallel lines. The standard uncertainty joins
    the scatter between pictures (of one picture: between bands of its lines), the choice of the threshold (all
    thresholds in the span between methods equally likely) and the magnification (``scale_uncertainty``; 3 % by default,
    our estimate of a microscope that is calibrated now and then).

    Args:
        files: pictures of the region ``settings["region"]``.
        settings: in SI, see ``spec.py``.
        read: not used: pictures are no tables.

    Validity: at least ten voids on every line (paragraph 89(3)) and voids of four pixels or more are checked.
    Limitations: what is dark counts as void; shading and charging are not corrected. A section cut across round pores
    shows chords, not diameters.
    Reference: EP 1063256, paragraphs 17, 25, 89(3), 100.

    Raises:
        InputError: no scale, no picture, a threshold outside of the grey values.
    """
    del read
    region = settings["region"]
    surfaces = [Path(f) for f in settings["surface"]]
    if surfaces and region == "surface":
        raise InputError("--surface", "given with --region surface", "one of the two", "leave --region out")
    pictures = [picture(Path(f), region, settings) for f in files]
    pictures += [picture(f, "surface", settings) for f in surfaces]
    regions = list(dict.fromkeys(p.region for p in pictures))
    found = [_joined([p for p in pictures if p.region == r], r, settings) for r in regions]
    by_region = {m.region: m for m in found}
    if len(regions) == 2:
        found.append(_ratio(by_region["surface"], by_region["section"], settings))
    panels = [panel for p in pictures for panel in _panels(p, len(pictures) > 1)]
    rows = tuple(
        (
            p.path.name,
            p.region,
            None if not isinstance(p.found.value, float) else p.found.value * 1e6,
            p.threshold_m * 1e6,
            100 * float(p.part.porosity),
            None if p.found.value is None else _fewest(p.found),
            p.field_m[0] * 1e6,
        )
        for p in pictures
    )
    table = ResultTable(
        "pictures",
        "Each picture",
        (
            ("picture", ""),
            ("shows", ""),
            ("mean chord", "µm"),
            ("of it from the threshold", "µm"),
            ("open area", "%"),
            ("fewest voids on a line", ""),
            ("width of the field", "µm"),
        ),
        rows,
    )
    said = (n for p in pictures for n in (*p.volume.notes, *p.part.notes))
    notes = [n for n in dict.fromkeys(said) if not n.startswith(_OF_VOLUMES)]
    sources = tuple(SourceFacts(str(p.path), file_digest(p.path), _understood(p)) for p in pictures)
    return Analysis("sem", tuple(found), tuple(panels), (table,), notes=tuple(notes), sources=sources)


def picture(path: Path, region: str, settings: Mapping[str, Any]) -> Picture:
    """Read, crop, part and measure one micrograph."""
    whole = read_picture(path, settings, settings["denoise"])
    part_of = _field(whole, settings["field"])
    grey = np.asarray(part_of.values[:])
    if grey.min() == grey.max():
        raise InputError(
            str(path),
            f"every pixel has one grey value, {float(grey.min()):g}",
            "a picture of pores",
            "check the file",
        )
    method = settings["segment"] if settings["threshold"] is None else "threshold"
    if method == "threshold" and settings["threshold"] is None:
        raise InputError(
            "--threshold", "not given with --segment threshold", "a grey value", "such as --threshold 96"
        )
    extra: dict[str, Any] = {"thresholds": settings["threshold"]} if method == "threshold" else {}
    if part_of.kind == "grey":
        parted = segment(part_of, method, void=settings["void"], clean=settings["clean"], **extra)
    else:
        parted = segment(part_of, void=settings["void"], clean=settings["clean"])
    pixel = float(part_of.spacing_m[0])  # type: ignore[index]

    def measured(void: Any, level: Any) -> list[Measurement]:
        v = void[:, :, 0]
        f = None if level is None else level[:, :, 0]
        if settings["direction"] == "y":
            v, f = v.T, None if f is None else f.T
        return [sem_image_pore_size(v, pixel, f, region)]

    found = measured(parted.void, parted.level)[0]
    threshold_m = 0.0
    curve: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
    if part_of.kind == "grey" and isinstance(found.value, float) and parted.thresholds:
        influence = threshold_influence(part_of, parted, measured, steps=3)
        of = influence.of(NAME, region)
        if of is not None and of.uncertainty is not None:
            threshold_m = float(of.uncertainty)
        if of is not None:
            pairs = [
                (t, v) for t, v in zip(influence.thresholds, of.values, strict=True) if isinstance(v, float)
            ]
            curve = (tuple(t for t, _ in pairs), tuple(v for _, v in pairs))
    size = (part_of.shape[0] * pixel, part_of.shape[1] * pixel)
    return Picture(path, region, part_of, parted, found, threshold_m, curve, size)


def _field(whole: Volume, field_m: float) -> Volume:
    """The square region in the middle that paragraph 89(3) measures; the whole picture where that is smaller."""
    assert whole.spacing_m is not None
    pixel = whole.spacing_m[0]
    edge = round(field_m / pixel)
    ranges = []
    for n in whole.shape[:2]:
        take = min(edge, n)
        start = (n - take) // 2
        ranges.append((start, start + take))
    if all((b - a) == n for (a, b), n in zip(ranges, whole.shape[:2], strict=True)):
        return whole
    return prepare(whole, crop=[*ranges, None], info_bar=None)


def _joined(pictures: Sequence[Picture], region: str, settings: Mapping[str, Any]) -> Measurement:
    """The mean over pictures of one region, with the three parts of its uncertainty."""
    known = [p for p in pictures if isinstance(p.found.value, float)]
    if not known:
        why = "; ".join(dict.fromkeys(p.found.reason for p in pictures))
        return Measurement(NAME, None, "m", method=METHOD, region=region, reason=why)
    values = np.array([float(p.found.value) for p in known])  # type: ignore[arg-type]
    value = float(values.mean())
    within = np.array([p.found.uncertainty or 0.0 for p in known])
    sampling = float(np.sqrt(np.sum(within**2))) / len(known)
    if len(known) > 1:
        sampling = max(sampling, float(values.std(ddof=1)) / math.sqrt(len(known)))
    # The threshold is chosen in the same way on each picture: its error does not average out.
    threshold = float(np.mean([p.threshold_m for p in known]))
    scale = float(settings["scale_uncertainty"]) * value
    sigma = math.sqrt(sampling**2 + threshold**2 + scale**2)
    pixel = max(float(p.volume.spacing_m[0]) for p in known)  # type: ignore[index]
    checks = [
        _ten_voids(known),
        _field_check(known, settings["field"]),
        Check(
            "pixels across a void",
            "pass" if value >= 4 * pixel else "warn",
            f"a mean chord of {value / pixel:.1f} pixels; below 4 narrow voids are missed, and the value reads high",
        ),
        Check(
            "influence of the threshold",
            "pass" if threshold < 0.1 * value else "warn",
            f"the choice of the threshold moves the value by {100 * threshold / value:.1f} % (one standard deviation)",
        ),
    ]
    if len(known) < len(pictures):
        lost = ", ".join(p.path.name for p in pictures if p not in known)
        checks.append(
            Check("pictures without a value", "warn", f"no line meets both void and polymer on {lost}")
        )
    if len(known) == 1:
        checks.append(
            Check("pictures", "warn", "one picture: how the membrane varies from place to place is not known")
        )
    parts = {"sampling_m": sampling, "threshold_m": threshold, "magnification_m": scale}
    evidence = {
        "quantity": "mean chord (a length, neither radius nor throat diameter)",
        "pictures": len(known),
        "per_picture_m": [float(v) for v in values],
        "uncertainty_parts": parts,
        "lines_per_picture": STANDARD_LINES,
        "direction": settings["direction"],
        "unbiased_m": float(np.mean([float(p.found.evidence["unbiased_m"]) for p in known])),
        "unbiased_meaning": "2 phi/N_L, no edge: what a field of any width would read",
        "open_area_fraction": float(np.mean([p.part.porosity for p in known])),
    }
    return Measurement(NAME, value, "m", sigma, METHOD, region, tuple(checks), evidence, ("ep1063256",))


def _ratio(surface: Measurement, section: Measurement, settings: Mapping[str, Any]) -> Measurement:
    """Surface over internal pore size; the magnification of one microscope cancels."""
    out = surface_to_internal_pore_ratio(surface, section)
    if not isinstance(out.value, float):
        return out
    total = 0.0
    for m in (surface, section):
        parts = m.evidence["uncertainty_parts"]
        total += (parts["sampling_m"] ** 2 + parts["threshold_m"] ** 2) / float(m.value) ** 2  # type: ignore[arg-type]
    check = Check(
        "one magnification",
        "pass",
        "taken to be the same microscope: the error of its magnification cancels in the ratio",
    )
    return dataclasses.replace(
        out, uncertainty=out.value * math.sqrt(total), checks=(*out.checks, check), citations=("ep1063256",)
    )


def _fewest(m: Measurement) -> float | None:
    for c in m.checks:
        if c.name.startswith("at least 10 voids"):
            return float(c.message.split("fewest ")[1].split(",")[0])
    return None


def _ten_voids(pictures: Sequence[Picture]) -> Check:
    fewest = [f for f in (_fewest(p.found) for p in pictures) if f is not None]
    low = min(fewest) if fewest else 0
    return Check(
        "at least 10 voids on every line",
        "pass" if low >= STANDARD_VOIDS_PER_LINE else "warn",
        f"fewest {low:.0f} voids on a line"
        + (
            ""
            if low >= STANDARD_VOIDS_PER_LINE
            else ": para. 89(3) asks for 10; take a wider field (lower magnification)"
        ),
    )


def _field_check(pictures: Sequence[Picture], asked_m: float) -> Check:
    least = min(min(p.field_m) for p in pictures)
    enough = least >= 0.99 * asked_m
    return Check(
        "field of the picture",
        "pass" if enough else "warn",
        f"{least * 1e6:.3g} um of the {asked_m * 1e6:.3g} um asked for"
        + ("" if enough else ": cut segments weigh more, the value reads low by the chord over the width"),
    )


def _panels(p: Picture, several: bool) -> list[Panel]:
    tag = f"-{p.region}-{p.path.stem}" if several else ""
    grey = np.asarray(p.volume.values[:]).reshape(p.volume.shape[:2])
    mask = p.part.void[:, :, 0]
    image = Panel(
        f"picture{tag}",
        f"{p.path.name}: what counts as void is tinted",
        Axis("x"),
        Axis("y"),
        caption=f"{p.region}, {p.field_m[0] * 1e6:.3g} x {p.field_m[1] * 1e6:.3g} um, "
        + (f"threshold {p.part.thresholds[0]:.4g}." if p.part.thresholds else "two grey values."),
        image=eight_bit(grey.T),
        mask=_with_lines(mask.T),
        extent_m=p.field_m,
    )
    out = [image]
    if len(p.curve[0]) > 1 and isinstance(p.found.value, float):
        out.append(
            Panel(
                f"threshold{tag}",
                f"{p.path.name}: mean chord against threshold",
                Axis("threshold, grey value"),
                Axis("mean chord of the voids", "length", "um"),
                (Curve("", np.array(p.curve[0]), np.array(p.curve[1]), "data"),),
                (
                    Mark(
                        f"{p.found.value * 1e6:.3g} um",
                        x=float(p.part.thresholds[0]),
                        y=float(p.found.value),
                        y_error=p.threshold_m,
                    ),
                ),
                caption="Thresholds over the span between methods; the bar is what enters the uncertainty.",
            )
        )
    return out


def _with_lines(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The mask, with the 50 lines left untinted so that they are seen."""
    out = mask.copy()
    out[picture_rows(mask.shape[0])] = False
    return out


def _understood(p: Picture) -> dict[str, str]:
    pixel = float(p.volume.spacing_m[0])  # type: ignore[index]
    out = {
        "format": p.volume.format,
        "pixel": f"{pixel * 1e9:.4g} nm ({p.volume.spacing_source or 'given'})",
        "field measured": f"{p.volume.shape[0]} x {p.volume.shape[1]} pixels, {p.field_m[0] * 1e6:.4g} x {p.field_m[1] * 1e6:.4g} um",
        "shows": p.region,
        "segmentation": f"{p.part.method}"
        + (f", threshold {p.part.thresholds[0]:.4g}" if p.part.thresholds else ""),
    }
    for step in p.volume.metadata.get("preparation", ()):
        if step.get("name") == "info bar":
            out["info bar"] = str(step.get("sentence", ""))
    return out
