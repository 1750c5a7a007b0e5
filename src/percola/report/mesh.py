"""The polymer surface as a light triangle mesh for the rotatable view."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.plot.micrograph import drawable

#: About this many triangles turn smoothly in a browser and cost 0.8 MB in the file.
TRIANGLES = 80_000


@dataclass(frozen=True)
class Mesh:
    """A triangle mesh of the polymer in a box.

    Attributes:
        vertices: (n, 3) positions [box edges, 0..1 along the longest].
        surface: (m, 3) triangles of the interface.
        caps: (k, 3) triangles where the polymer meets the faces of the box.
    """

    vertices: NDArray[np.float32]
    surface: NDArray[np.int64]
    caps: NDArray[np.int64]


def polymer_mesh(
    level: NDArray[np.floating], triangles: int = TRIANGLES, prepared: bool = False
) -> Mesh | None:
    """Marching cubes on the level field (polymer where positive), coarsened so that about ``triangles`` come
    out.

    None where there is no interface. The field is averaged, not decimated: thin struts shrink evenly rather
    than vanish at random, and nothing is drawn that is not in the field."""
    from scipy.ndimage import zoom
    from skimage.measure import marching_cubes

    field = np.asarray(level, np.float32)
    if not (field.min() < 0 < field.max()):
        return None
    if not prepared:
        field = drawable(field)
    # Interface area in voxel faces, about 1.5 triangles each (oblique cuts); cut faces have 2 a voxel.
    solid = field > 0
    faces = sum(int(np.count_nonzero(np.diff(solid, axis=ax))) for ax in range(3))
    cut = sum(int(np.count_nonzero(np.take(solid, end, axis=ax))) for ax in range(3) for end in (0, -1))
    expected = 1.5 * faces + 2.0 * cut
    if expected > triangles:
        factor = max((triangles / expected) ** 0.5, 0.2)
        field = zoom(_box_averaged(field, 1 / factor), factor, order=1, grid_mode=True, mode="nearest")
        if not (field.min() < 0 < field.max()):
            return None
    # One layer repeats the edge, so that the contour on a cut face is that of the field there; a second, far
    # outside, closes the body. Whatever lies beyond the box is then pulled flat onto its face.
    outside = -1e3 * max(float(np.abs(field).max()), 1e-6)
    padded = np.pad(np.pad(field, 1, mode="edge"), 1, constant_values=outside)
    vertices, simplices, _, _ = marching_cubes(padded, 0.0, allow_degenerate=False)
    limit = np.array(field.shape, np.float32)
    on_face = ((vertices < 1.005) | (vertices > limit + 1.995)).any(axis=1)
    unit = (np.clip(vertices - 1.5, 0.0, limit) / limit.max()).astype(np.float32)
    is_cap = on_face[simplices].all(axis=1)
    return Mesh(unit, simplices[~is_cap].astype(np.int64), simplices[is_cap].astype(np.int64))


def _box_averaged(field: NDArray[np.float32], width: float) -> NDArray[np.float32]:
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(field, 0.3 * width, mode="nearest") if width > 1.2 else field


def typed(values: NDArray[np.generic]) -> dict[str, str]:
    """An array as plotly.js reads it from base64: little-endian bytes and their type."""
    kind = {"float32": "f4", "uint16": "u2", "int32": "i4", "uint32": "u4", "int16": "i2"}[values.dtype.name]
    data = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<")))
    return {"dtype": kind, "bdata": base64.b64encode(data.tobytes()).decode("ascii")}


def plotly_figure(mesh: Mesh, edges_m: tuple[float, float, float]) -> dict[str, Any]:
    """Data and layout for plotly.js: the interface ivory, the cut faces blue-grey, the box in micrometres."""
    # Whole numbers keep the file small: 20 000 steps along the longest edge are finer than a pixel.
    steps = 20_000
    longest = max(edges_m)
    whole = np.round(mesh.vertices * steps).astype(np.int16)

    def trace(triangles: NDArray[np.int64], colour: str, lighting: dict[str, float]) -> dict[str, Any]:
        used, corners = np.unique(triangles, return_inverse=True)
        corners = corners.reshape(triangles.shape).astype(np.uint16 if len(used) < 65_536 else np.uint32)
        return {
            "type": "mesh3d",
            **{axis: typed(whole[used, i]) for i, axis in enumerate("xyz")},
            **{name: typed(corners[:, i]) for i, name in enumerate("ijk")},
            "color": colour,
            "flatshading": False,
            "hoverinfo": "skip",
            "lighting": lighting,
            "lightposition": {"x": -40_000, "y": -60_000, "z": 90_000},
        }

    soft = {"ambient": 0.42, "diffuse": 0.75, "specular": 0.12, "roughness": 0.7, "fresnel": 0.15}
    data = [trace(mesh.surface, "#efe7d8", soft)]
    if len(mesh.caps):
        data.append(trace(mesh.caps, "#4e7fa6", {**soft, "ambient": 0.62, "diffuse": 0.5, "specular": 0.02}))
    axes: dict[str, Any] = {}
    for name, edge in zip("xyz", edges_m, strict=True):
        ticks = _ticks(edge)
        axes[f"{name}axis"] = {
            "title": {"text": f"{name}, µm", "font": {"size": 12}},
            "range": [0, steps * edge / longest],
            "tickvals": [steps * t / longest for t in ticks],
            "ticktext": [f"{t * 1e6:g}" for t in ticks],
            "tickfont": {"size": 10},
            "showbackground": False,
            "gridcolor": "#e3e7ec",
            "zeroline": False,
            "showspikes": False,
            "linecolor": "#7b8794",
        }
    layout = {
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "#9aa5b1", "activecolor": "#1f6094"},
        "scene": {
            **axes,
            "aspectmode": "data",
            "camera": {"eye": {"x": 1.35, "y": -1.45, "z": 0.85}, "center": {"x": 0, "y": 0, "z": -0.06}},
            "dragmode": "orbit",
        },
    }
    return {"data": data, "layout": layout}


def _ticks(edge_m: float) -> list[float]:
    from percola.plot.style import round_length

    step, _ = round_length(edge_m / 3)
    return [i * step for i in range(int(edge_m / step + 1e-9) + 1)]
