"""`Panel`: a figure as data: what was measured, what was taken from it, drawn by ``percola.plot.lab``."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Style = Literal["data", "points", "fit", "baseline", "derived", "reference"]
#: Points of a curve that are kept for figures and files.
POINTS = 2000


@dataclass(frozen=True)
class Curve:
    """A line or a cloud of points.

    Attributes:
        label: in the legend; "" for none.
        x, y: values in SI, of one length.
        style: "data" (a measured trace), "points" (measured points), "fit", "baseline", "derived" (computed from the
            data, such as a half-dry curve), "reference" (of other origin, such as a simulation).
        y_error: one standard deviation of y, or None.
        fill_to: for a shaded area between this curve and another y (same length), or None.
    """

    label: str
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    style: Style = "data"
    y_error: npt.NDArray[np.float64] | None = None
    fill_to: npt.NDArray[np.float64] | None = None

    def thinned(self, points: int = POINTS) -> Curve:
        """At most ``points`` of it: the lowest and the highest of each stretch, so that peaks stay."""
        n = len(self.x)
        if n <= points:
            return self
        edges = np.linspace(0, n, points // 2 + 1).astype(int)
        y = np.where(np.isfinite(self.y), self.y, 0.0)
        keep = sorted(
            {0, n - 1}
            | {a + int(np.argmin(y[a:b])) for a, b in itertools.pairwise(edges)}
            | {a + int(np.argmax(y[a:b])) for a, b in itertools.pairwise(edges)}
        )
        return Curve(
            self.label,
            self.x[keep],
            self.y[keep],
            self.style,
            None if self.y_error is None else self.y_error[keep],
            None if self.fill_to is None else self.fill_to[keep],
        )


@dataclass(frozen=True)
class Mark:
    """What was read from the curve: a point (x and y), a vertical line (x), or a horizontal line (y).

    ``x_error`` is one standard deviation, drawn as a band or bar.
    """

    label: str
    x: float | None = None
    y: float | None = None
    x_error: float | None = None
    y_error: float | None = None


@dataclass(frozen=True)
class Band:
    """A shaded range of x (or of y with ``axis`` "y"), such as the range of a fit."""

    label: str
    low: float
    high: float
    axis: Literal["x", "y"] = "x"


@dataclass(frozen=True)
class Axis:
    """One axis of a panel.

    Attributes:
        label: the quantity in words, without unit.
        kind: key of :data:`percola.units.KINDS`, or "1" for a pure number.
        unit: the unit shown to people, e.g. "kPa"; "" for a pure number.
        log: logarithmic.
        reverse: falls to the right (a cooling run), or exo down.
    """

    label: str
    kind: str = "1"
    unit: str = ""
    log: bool = False
    reverse: bool = False


@dataclass(frozen=True)
class Panel:
    """One figure.

    Attributes:
        key: unique among the panels of an analysis; the file name of the picture.
        title: what is shown.
        x, y: the axes.
        curves, marks, bands: what is drawn.
        caption: one or two sentences: what a person should look at.
        equal: one scale on both axes (Nyquist plots).
        image: grey values (rows, columns) to draw instead of curves, with ``extent_m`` (width, height), or None.
        mask: of the image, True where it counts as void, drawn as a tint; or None.
        overlay: what of a simulated run belongs beside it, a key that the report knows; "" for nothing.
    """

    key: str
    title: str
    x: Axis
    y: Axis
    curves: tuple[Curve, ...] = ()
    marks: tuple[Mark, ...] = ()
    bands: tuple[Band, ...] = ()
    caption: str = ""
    equal: bool = False
    image: npt.NDArray[Any] | None = None
    mask: npt.NDArray[np.bool_] | None = None
    extent_m: tuple[float, float] | None = None
    overlay: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data; images stay out (they are in the picture)."""
        return {
            "key": self.key,
            "title": self.title,
            "x": vars(self.x),
            "y": vars(self.y),
            "curves": [_curve(c.thinned()) for c in self.curves],
            "marks": [vars(m) for m in self.marks],
            "bands": [vars(b) for b in self.bands],
            "caption": self.caption,
            "equal": self.equal,
            "overlay": self.overlay,
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Panel:
        """The inverse of :meth:`to_dict`, without images."""
        return Panel(
            data["key"],
            data["title"],
            Axis(**data["x"]),
            Axis(**data["y"]),
            tuple(
                Curve(
                    c["label"], _array(c["x"]), _array(c["y"]), c["style"],
                    None if c.get("y_error") is None else _array(c["y_error"]),
                    None if c.get("fill_to") is None else _array(c["fill_to"]),
                )
                for c in data["curves"]
            ),
            tuple(Mark(**m) for m in data["marks"]),
            tuple(Band(**b) for b in data["bands"]),
            data.get("caption", ""),
            data.get("equal", False),
            overlay=data.get("overlay", ""),
        )  # fmt: skip


def _curve(c: Curve) -> dict[str, Any]:
    out: dict[str, Any] = {"label": c.label, "x": _list(c.x), "y": _list(c.y), "style": c.style}
    if c.y_error is not None:
        out["y_error"] = _list(c.y_error)
    if c.fill_to is not None:
        out["fill_to"] = _list(c.fill_to)
    return out


def _list(values: Sequence[float] | npt.NDArray[np.float64]) -> list[float | None]:
    return [float(f"{v:.7g}") if np.isfinite(v) else None for v in np.asarray(values, float)]


def _array(values: Sequence[float | None]) -> npt.NDArray[np.float64]:
    return np.array([np.nan if v is None else v for v in values], float)
