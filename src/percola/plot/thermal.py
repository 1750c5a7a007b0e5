"""Pictures of the quench."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from percola.quench import ThermalHistory

ZERO_CELSIUS_K = 273.15


def temperature_histories(history: ThermalHistory, ax: Axes | None = None) -> Axes:
    """Temperature [degC] against time [s, logarithmic] at both surfaces and the core, with the conversion
    beside it.

    Thin dashed lines, where there are crystals, are the conversion at the same depths (right axis). Vertical
    lines mark where a stage begins.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    t = history.time_s
    thickness = float(history.depth_m[-1])
    fibre = history.wall.geometry == "fibre"
    one_sided = fibre or any(s.get("inner") is not None for s in history.stages)
    layer = min(1e-6, 0.5 * thickness)
    lines = [
        ("outer surface" if fibre or one_sided else "surfaces", layer, "C0"),
        ("core", history.core_depth_m, "C3"),
    ]
    if one_sided:
        lines.append(("inner surface" if fibre else "other face", thickness - layer, "C2"))
    # From where something is seen: the first time at which any depth shown has moved by 0.5 K.
    shown = np.array([history.at(depth)[1] for _, depth, _ in lines])
    moved = np.flatnonzero(np.max(np.abs(shown - shown[:, :1]), axis=0) > 0.5)
    start = max(float(t[max(int(moved[0]) - 1, 1)]) if moved.size else float(t[1]), 1e-6 * float(t[-1]))
    for name, depth, colour in lines:
        label = (
            f"{name} ({1e6 * depth:.3g} um deep)" if name != "core" else f"core ({1e6 * depth:.3g} um deep)"
        )
        ax.plot(t, history.at(depth)[1] - ZERO_CELSIUS_K, color=colour, label=label)
    if history.bore_temperature_K is not None:
        ax.plot(t, history.bore_temperature_K - ZERO_CELSIUS_K, color="0.5", lw=1, ls=":", label="bore")
    if float(history.conversion.max()) > 1e-3:
        right = ax.twinx()
        for _, depth, colour in lines:
            right.plot(t, history.conversion_at(depth)[1], color=colour, lw=1, ls="--")
        right.set_ylim(0, 1.02)
        right.set_ylabel("crystallized part (dashed)")
    for stage in history.stages:
        begun = float(stage["start_s"])
        if begun > start:
            ax.axvline(begun, color="0.8", lw=1, zorder=0)
            ax.annotate(
                str(stage["label"]),
                (begun, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(3, -3),
                textcoords="offset points",
                rotation=90,
                va="top",
                fontsize="small",
                color="0.4",
            )
    ax.set_xscale("log")
    ax.set_xlim(start, float(t[-1]))
    ax.set_xlabel("time, s")
    ax.set_ylabel("temperature, degC")
    ax.legend(fontsize="small", loc="lower left", framealpha=0.9)
    return ax
