"""Pictures of a structure: slices of the fields and computed micrographs with a scale bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from percola.plot import style
from percola.plot.micrograph import Micrograph

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

#: Colour maps by field: polymer fraction, crystallinity, void/polymer.
MAPS = {"phi": "YlGnBu", "psi": "magma", "void": "Greys_r"}
WORDS = {"phi": "polymer fraction", "psi": "crystallinity", "void": "membrane"}


def field_slice(
    plane: NDArray[np.generic], spacing_m: float, name: str = "phi", ax: Axes | None = None, title: str = ""
) -> Axes:
    """One plane (n1, n2) of a field as a picture in micrometres, first index to the right, second upwards."""
    ax = style.axes(ax, (3.2, 3.4))
    data = np.asarray(plane, dtype=float)
    extent = (0.0, data.shape[0] * spacing_m * 1e6, 0.0, data.shape[1] * spacing_m * 1e6)
    if name == "void":
        from matplotlib.colors import ListedColormap

        pair = ListedColormap(["#23272e", "#e9e4da"])
        image = ax.imshow(1 - data.T, origin="lower", extent=extent, cmap=pair, vmin=0, vmax=1)
    else:
        image = ax.imshow(data.T, origin="lower", extent=extent, cmap=MAPS.get(name, "viridis"), vmin=0)
    bar = ax.figure.colorbar(image, ax=ax, orientation="horizontal", fraction=0.05, pad=0.03, aspect=30)
    bar.outline.set_linewidth(0.5)
    bar.ax.tick_params(labelsize=7.5, length=2)
    if name == "void":
        bar.set_ticks([0.25, 0.75], labels=["void", "polymer"])
        bar.ax.tick_params(length=0)
    ax.set_title(title or WORDS.get(name, name), fontweight="normal", fontsize=8.5)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(True)
        spine.set_color(style.PALE)
    return ax


def sem(picture: Micrograph, ax: Axes | None = None) -> Axes:
    """A computed micrograph with its legend strip: title and scale bar, as a microscope writes it under the
    picture."""
    ax = style.axes(ax, (5.0, 5.3))
    ax.imshow(labelled(picture), cmap="gray", vmin=0, vmax=1, interpolation="none")
    ax.set_axis_off()
    return ax


def labelled(picture: Micrograph) -> NDArray[np.float32]:
    """The picture's pixels with a black strip below that holds title and scale bar, ready for PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = picture.grey.shape[1]
    strip = max(34, width // 18)
    figure = Figure(figsize=(width / 100, strip / 100), dpi=100, facecolor="black")
    canvas = FigureCanvasAgg(figure)
    length, words = style.round_length(picture.width_m / 4)
    size = 0.38 * strip * 72 / 100
    right = 1 - 0.02
    left = right - length / picture.width_m
    figure.text(0.02, 0.5, picture.title, color="white", va="center", fontsize=size)
    figure.add_artist(_bar(left, right, 0.26))
    figure.text((left + right) / 2, 0.64, words, color="white", va="center", ha="center", fontsize=size)
    canvas.draw()
    label = np.asarray(canvas.buffer_rgba())[:, :, 0].astype(np.float32) / 255
    return np.concatenate([picture.grey, label[:strip, :width]], axis=0)


def _bar(left: float, right: float, y: float) -> Line2D:
    from matplotlib.lines import Line2D

    return Line2D([left, right], [y, y], color="white", lw=3, solid_capstyle="butt")
