"""The figures of a report: drawn from a run directory, kept as files in it and embedded in the page."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from percola.plot import process, results, structure, style
from percola.plot.micrograph import Micrograph, micrograph, oblique
from percola.report import evidence
from percola.report.data import Fields, RunData
from percola.report.numbers import label, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """One figure of the page.

    Attributes:
        key: file name without ending, and anchor.
        data: the file's bytes, None where the figure is missing.
        kind: "svg" or "png".
        caption: what it shows, one or two sentences.
        alt: what is to be seen in it, for readers who cannot.
        missing: why there is none.
    """

    key: str
    data: bytes | None
    kind: str
    caption: str
    alt: str
    missing: str = ""

    @property
    def uri(self) -> str:
        """The picture as a data URI."""
        mime = {"svg": "image/svg+xml", "png": "image/png"}[self.kind]
        return f"data:{mime};base64,{base64.b64encode(self.data or b'').decode('ascii')}"


#: Size of one of three figures in a row [inch].
SMALL = (3.75, 3.4)


def absent(key: str, caption: str, why: str) -> Picture:
    """The place of a figure that is not there, with the reason."""
    return Picture(key, None, "svg", caption, "", why or "this run holds no such data")


#: Left, right, bottom and top margins [inch]; fixed, because finding them takes longer than drawing.
MARGINS = (0.62, 0.12, 0.5, 0.12)


def _figure(
    width: float,
    height: float,
    rows: int = 1,
    columns: int = 1,
    margins: tuple[float, float, float, float] = MARGINS,
    **how: Any,
) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    left, right, bottom, top = margins
    figure.subplots_adjust(
        left=left / width, right=1 - right / width, bottom=bottom / height, top=1 - top / height
    )
    return figure, figure.subplots(rows, columns, **how)


def _svg(figure: Figure) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def png(pixels: np.ndarray) -> bytes:
    """8-bit grey PNG of values 0..1 (ISO/IEC 15948), rows filtered by their left neighbour."""
    # 64 steps of grey: grain hides them, and the file is a third smaller.
    grey = (np.round(np.clip(pixels, 0, 1) * 63) * (255 / 63)).astype(np.uint8)
    height, width = grey.shape
    rows = np.empty((height, width + 1), np.uint8)
    rows[:, 0] = 1  # filter type "Sub"
    rows[:, 1] = grey[:, 0]
    rows[:, 2:] = grey[:, 1:] - grey[:, :-1]  # modulo 256, as the filter asks

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(rows.tobytes(), 7)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def drawn(
    key: str,
    draw: Callable[[Axes], object],
    caption: str,
    alt: str,
    size: tuple[float, float] = (5.4, 3.5),
    margins: tuple[float, float, float, float] = MARGINS,
) -> Picture:
    """One axes as a vector picture."""
    figure, ax = _figure(*size, margins=margins)
    draw(ax)
    return Picture(key, _svg(figure), "svg", caption, alt)


def process_figures(run: RunData) -> dict[str, Picture]:
    """Phase diagram, T_c against T_s, temperature histories, demixing history."""
    out: dict[str, Picture] = {}
    diagram, thermal, gel = (run.documents.get(f"{n}.json") for n in ("phase_diagram", "thermal", "gel"))
    key, caption = (
        "phase-diagram",
        (
            "Phase diagram of this solution with the quench drawn in (arrow). Where the crystallization "
            "line of the "
            "dissolution temperature lies above the cloud-point curve, gelation comes first and demixing is "
            "metastable."
        ),
    )
    if diagram:
        alt = (
            f"Temperature against polymer content for {diagram.get('polymer', 'the polymer')} in "
            f"{diagram.get('solvent', 'the solvent')}: cloud-point curve, spinodal, melting line and "
            "crystallization "
            "lines for several dissolution temperatures, with an arrow from the dissolution to the final "
            "temperature "
            "at the recipe's content."
        )
        out[key] = drawn(
            key,
            lambda ax: process.phase_map(diagram, thermal, ax),
            caption,
            alt,
            (5.4, 4.8),
            (0.62, 0.12, 1.5, 0.12),
        )
    else:
        out[key] = absent(key, caption, run.why_missing("phase_diagram.json"))
    key, caption = (
        "tc-ts",
        (
            "Crystallization temperature against dissolution temperature: dissolving hotter leaves fewer "
            "crystal nuclei, "
            "so crystallization sets in later, until the memory of crystals is gone."
        ),
    )
    if diagram and diagram.get("tc_against_ts"):
        out[key] = drawn(
            key,
            lambda ax: process.crystallization_against_dissolution(diagram, ax),
            caption,
            "Crystallization temperature falling with dissolution temperature to a plateau, one line a "
            "polymer content.",
            (5.4, 4.8),
            (0.62, 0.12, 1.5, 0.12),
        )
    else:
        out[key] = absent(key, caption, run.why_missing("phase_diagram.json"))
    key, caption = (
        "quench",
        "Temperature histories of the wall from the die on, and what has crystallized by then (dashed).",
    )
    if thermal and thermal.get("traces"):
        ends = {
            style.REGION_WORDS.get(k, k): f"{v[0] - 273.15:.0f} to {v[-1] - 273.15:.0f} degrees Celsius"
            for k, v in thermal["traces"].items()
            if v
        }
        alt = (
            "Temperature against time, logarithmic: "
            + "; ".join(f"{k} from {v}" for k, v in ends.items())
            + "."
        )
        out[key] = drawn(
            key,
            lambda ax: process.temperature_traces(thermal, ax),
            caption,
            alt,
            (5.4, 4.4),
            (0.62, 0.62, 0.5, 0.12),
        )
    else:
        out[key] = absent(key, caption, run.why_missing("thermal.json"))
    key, caption = (
        "demixing",
        (
            "What the gel went through: temperature, crystallized part and length of the demixing structure "
            "against time. "
            "The structure length stops growing where crystals arrest it."
        ),
    )
    if gel:
        figure, axes = _figure(5.4, 5.2, 3, 1, sharex=True, gridspec_kw={"hspace": 0.12})
        figure.align_ylabels()
        process.gel_temperature_history(gel, axes[0])
        process.crystallinity_history(gel, axes[1])
        process.structure_length_history(gel, axes[2])
        for ax in axes[:2]:
            ax.set_xlabel("")
        if axes[0].get_legend_handles_labels()[1]:
            axes[0].legend(loc="best", fontsize=7.5)
        out[key] = Picture(
            key,
            _svg(figure),
            "svg",
            caption,
            "Three panels over logarithmic time: falling temperature, rising crystallinity, structure "
            "length that grows "
            "and then stays.",
        )
    else:
        out[key] = absent(key, caption, run.why_missing("gel.json"))
    return out


VIEWS = {"core": "section", "outer_surface": "outer", "inner_surface": "inner"}


def structure_figures(run: RunData, regions: Mapping[str, Fields | None]) -> dict[str, Picture]:
    """Micrographs of the section and the surfaces, slices of the core's fields, the still picture of the
    box."""
    out: dict[str, Picture] = {}
    words = {
        "core": ("section", "Section through the wall, broken across, as a microscope would show it"),
        "outer_surface": ("outer surface", "Outer surface seen from above"),
        "inner_surface": ("inner surface", "Inner surface seen from above"),
    }
    for region, fields in regions.items():
        key = f"sem-{region.replace('_', '-')}"
        title, caption = words[region]
        level = fields.drawn if fields is not None else None
        if fields is None or level is None:
            why = (
                run.unreadable.get(f"{region}/0")
                or run.why_missing("fields.zarr")
                or f"no {title} was computed"
            )
            out[key] = absent(key, caption, why)
            continue
        view = VIEWS[region]
        if view != "section":
            # Surface boxes say which face of z is the surface; by default the first.
            view = "inner" if fields.attributes.get("surface_side", "low") == "high" else "outer"
        strip = f"Percola  {title}"
        picture = micrograph(level, fields.spacing_m, view, fields.periodic, 640, title=strip, prepared=True)
        porosity = (
            float(np.mean(fields.arrays["void"])) if "void" in fields.arrays else float(np.mean(level < 0))
        )
        out[key] = Picture(
            key,
            png(structure.labelled(picture)),
            "png",
            f"{caption}; field {picture.width_m * 1e6:.3g} µm wide. Computed picture.",
            f"Grey relief picture of the {title}, {picture.width_m * 1e6:.2g} micrometres wide: polymer in "
            "light grey "
            f"with bright edges, pores dark; {100 * porosity:.0f} % of the volume is void.",
        )
    core = regions.get("core")
    out["slices"] = _slices(run, core)
    level = core.drawn if core is not None else None
    if core is not None and level is not None:
        still: Micrograph = oblique(level, core.spacing_m, width_pixels=520, prepared=True)
        out["box"] = Picture(
            "box", png(still.grey), "png", "", "The simulated box of the core seen from a corner above."
        )
    return out


def _slices(run: RunData, core: Fields | None) -> Picture:
    caption = (
        "Slices through the middle of the core: what demixed, what crystallized, the membrane after drying."
    )
    if core is None:
        return absent("slices", caption, run.unreadable.get("core/0") or run.why_missing("fields.zarr"))
    names = [n for n in ("phi", "psi", "void") if n in core.arrays]
    figure, axes = _figure(
        2.75 * max(len(names), 1),
        3.3,
        1,
        max(len(names), 1),
        (0.1, 0.1, 0.26, 0.24),
        squeeze=False,
        gridspec_kw={"wspace": 0.05},
    )
    for name, ax in zip(names, axes[0], strict=False):
        array = core.arrays[name]
        plane = array[:, :, array.shape[2] // 2]
        structure.field_slice(plane, core.spacing_m, name, ax)
        style.scale_bar(ax, plane.shape[0] * core.spacing_m)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=160)
    listed = ", ".join(structure.WORDS[n] for n in names)
    return Picture("slices", out.getvalue(), "png", caption, f"Square slices side by side: {listed}.")


def result_figures(run: RunData, compared: list[Mapping[str, Any]]) -> dict[str, Picture]:
    """Porometry, pore sizes, size effect, results beside reported ones."""
    out: dict[str, Picture] = {}
    average = run.measurement("average_pore_size")
    why = (
        run.why_missing("measurements.json")
        or (average.reason if average else "")
        or "not measured in this run"
    )
    key, caption = (
        "porometry",
        (
            "Virtual porometer (ASTM F316 with ethanol): gas flow through the wet and the dry membrane. The "
            "half-dry method "
            "reads the pressure where the wet curve meets half the dry one."
        ),
    )
    curves = evidence.flow_curves(run)
    if curves:
        alt = "Gas flow against pressure, wet, dry and half-dry."
        if average and isinstance(average.value, float):
            size = shown(average.name, average.value, average.unit, average.uncertainty)
            alt += f" The wet and half-dry curves meet at an average pore size of {size}."
        out[key] = drawn(key, lambda ax: results.flow_curves(curves, ax), caption, alt, SMALL)
    else:
        out[key] = absent(key, caption, why)
    key, caption = (
        "pore-sizes",
        "Pore size distribution of the simulated box, from the flow that each step of pressure opens.",
    )
    distribution = evidence.distribution(run)
    if distribution:
        out[key] = drawn(
            key,
            lambda ax: results.pore_size_distribution(distribution, ax),
            caption,
            "Share of the gas flow through pores larger than a diameter, falling from all to none.",
            SMALL,
        )
    else:
        out[key] = absent(key, caption, why)
    key, caption = (
        "size-effect",
        (
            "Size effect: a box is thinner and smaller than the wall. The pore sizes of sub-volumes are "
            "carried on to the "
            "wall's thickness and the specimen's area; that extrapolation is what is reported."
        ),
    )
    effect = evidence.size_effect(run)
    if effect:
        out[key] = drawn(
            key,
            lambda ax: results.size_effect(effect, ax),
            caption,
            "Pore diameter against the thickness measured, extrapolated to the whole wall.",
            SMALL,
        )
    else:
        out[key] = absent(key, caption, why)
    if compared:
        listed = ", ".join(f"{r['label']} {r['ratio']:.2g}" for r in compared)
        out["compared"] = drawn(
            "compared",
            lambda ax: results.against_reported(compared, ax),
            "Computed over reported value; bars are one standard deviation of the computation.",
            f"Ratio of computed to reported value: {listed}.",
            (5.4, 0.75 + 0.32 * len(compared)),
            (2.0, 0.12, 0.5, 0.1),
        )
    return out


__all__ = [
    "Picture",
    "absent",
    "drawn",
    "label",
    "png",
    "process_figures",
    "result_figures",
    "structure_figures",
]
