"""Pictures of the phase diagram: Fig. 4 (curves against concentration) and Fig. 1 (T_c against T_s) of EP
1063256.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from percola.plot import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from percola.thermo import PhaseDiagram

ZERO_CELSIUS_K = 273.15
COLDEST_SHOWN, HOTTEST_SHOWN = -20.0, 380.0
"""degC; curves do not stretch the picture beyond: a quench seldom ends colder, and PVDF decomposes at 375."""


def _plain(diagram: PhaseDiagram | Mapping[str, Any]) -> Mapping[str, Any]:
    """The content of ``phase_diagram.json``, from the object or from the file's own mapping."""
    return diagram if isinstance(diagram, Mapping) else diagram.to_dict()


def _celsius(values: Any) -> NDArray[np.float64]:
    return np.array([np.nan if v is None else v for v in values], dtype=float) - ZERO_CELSIUS_K


def _shown(sentence: str) -> str:
    """A sentence of a file, which writes plain letters, with the signs of a figure."""
    return re.sub(r"-(?=[0-9])", "−", sentence.replace("T_s", "Tₛ").replace("degC", "°C"))


def _words(ax: Axes, lines: Sequence[str]) -> None:
    """Why something is not drawn, in a strip made free for it at the foot of the picture."""
    if lines:
        low, high = ax.get_ylim()
        ax.set_ylim(low - 0.06 * len(lines) * (high - low), high)
        ax.text(
            0.015,
            0.015,
            "\n".join(_shown(line) for line in lines),
            transform=ax.transAxes,
            color=style.GREY,
            fontsize=7,
            va="bottom",
        )


def phase_curves(
    diagram: PhaseDiagram | Mapping[str, Any], ax: Axes | None = None, quench_to_K: float | None = None
) -> Axes:
    """Fig. 4 for one recipe: cloud point (dash-dot), spinodal (dotted), melting and crystallization lines against wt%,
    and the quench drawn in. A curve that is not there is named in words and not in the legend.

    Args:
        diagram: a ``PhaseDiagram``, or the content of ``phase_diagram.json``.
        quench_to_K: where the arrow of the recipe's quench ends; 20 degC by default.
    """
    from matplotlib.patches import Rectangle

    d = _plain(diagram)
    ax = style.axes(ax)
    gaps = d.get("gaps") or {}
    words = list(gaps.get("crystallization", ())) + list(gaps.get("demixing", ()))
    w = 100 * np.asarray(d["weight_fraction"], dtype=float)
    recipe = d.get("recipe") or {}
    curves = d.get("crystallization") or []
    lines = [(c["dissolution_K"] - ZERO_CELSIUS_K, _celsius(c["temperature_K"])) for c in curves]
    lines = [(t_s, y) for t_s, y in lines if np.isfinite(y).any()]
    melting, cloud, spinodal = (
        _celsius(d.get(f"{k}_K") or []) for k in ("melting", "cloud_point", "spinodal")
    )

    # --- what the picture spans: the quench, and the curves as far as they matter
    x, top = 100 * recipe.get("w", np.nan), recipe.get("dissolution_K", np.nan) - ZERO_CELSIUS_K
    bottom = (293.15 if quench_to_K is None else quench_to_K) - ZERO_CELSIUS_K
    seen = np.concatenate([melting, cloud, spinodal, *(y for _, y in lines)])
    seen = np.concatenate([seen[(seen > COLDEST_SHOWN) & (seen < HOTTEST_SHOWN)], [top, bottom]])
    seen = seen[np.isfinite(seen)]
    low, high = float(seen.min()) - 8, float(seen.max()) + 14

    # Curves stop where the strip of words begins.
    frame = Rectangle((0, low), 100, high - low, transform=ax.transData)

    def line(y: NDArray[np.float64], label: str, **how: Any) -> bool:
        there = bool(((y > low) & (y < high)).any())
        if there:
            (drawn,) = ax.plot(w[: len(y)], y, label=label, **how)
            drawn.set_clip_path(frame)
        return there

    line(melting, "melting (equilibrium)", color=style.GREY, lw=1.1, ls=(0, (5, 2)))
    for i, (t_s, y) in enumerate(lines):
        own = abs(t_s - top) < 0.05
        # Coldest dissolution darkest: it crystallizes first.
        shade = style.between("#0b3c5d", "#bcd7ea", i / max(len(lines) - 1, 1))
        label = f"crystallization, Tₛ {t_s:.4g} °C" + (" (recipe)" if own else "")
        line(y, label, color=style.RED if own else shade, lw=2.2 if own else 1.4)
    demixes = line(cloud, "cloud point", color=style.ORANGE, ls="-.")
    line(spinodal, "spinodal", color=style.ORANGE, lw=1.1, ls=":")
    if not demixes and not (cloud > high).any() and not any("every" in g for g in gaps.get("demixing", ())):
        words = [*gaps.get("crystallization", ()), f"no cloud point above {low:.0f} degC"]
    critical = d.get("critical") or {}
    if demixes and critical.get("w") is not None and critical.get("T_K") is not None:
        t_c = critical["T_K"] - ZERO_CELSIUS_K
        if low < t_c < high:
            ax.plot(
                [100 * critical["w"]], [t_c], "x", color=style.ORANGE, ms=6, mew=1.5, label="critical point"
            )
    if d.get("monotectic_K") is not None and low < d["monotectic_K"] - ZERO_CELSIUS_K < high:
        t = d["monotectic_K"] - ZERO_CELSIUS_K
        ax.axhline(t, color=style.PALE, lw=0.8, zorder=0)
        ax.annotate(
            "crystal, rich and lean liquid", (float(w[-1]), t), (0, -9), textcoords="offset points",
            ha="right", color=style.GREY, fontsize=7,
        )  # fmt: skip
    if np.isfinite(x) and np.isfinite(top):
        how = {"arrowstyle": "-|>", "color": style.RED, "lw": 1.8, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (x, bottom), (x, top), arrowprops=how)
        ax.plot([x], [top], "o", color=style.RED, ms=5, zorder=5, label="recipe and its quench")
    ax.set_ylim(low, high)
    ax.set_xlim(0, min(100.0, float(w.max()) * 1.02))
    ax.set_xlabel(f"{d.get('polymer', 'polymer')} in {d.get('solvent', 'solvent')}, wt%")
    ax.set_ylabel("temperature, °C")
    _words(ax, words)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2, fontsize=7.5, labelspacing=0.3)
    return ax


def crystallization_against_dissolution(
    diagram: PhaseDiagram | Mapping[str, Any], ax: Axes | None = None
) -> Axes:
    """Fig. 1 for one recipe: crystallization against dissolution temperature, one line a concentration.

    A line that is not there is named in words and not in the legend; without any there are words alone.
    """
    d = _plain(diagram)
    ax = style.axes(ax)
    data = d["tc_against_ts"]
    t_s = _celsius(data["dissolution_K"])
    words = list((d.get("gaps") or {}).get("tc_against_ts", ()))
    recipe = d.get("recipe") or {}
    own = recipe.get("crystallization_K")
    marks, drawn = "oDs^v", []
    for i, (w, row) in enumerate(zip(data["weight_fractions"], data["crystallization_K"], strict=True)):
        y = _celsius(row)
        if np.isfinite(y).any():
            drawn.append(y[np.isfinite(y)])
            ax.plot(
                t_s,
                y,
                color=style.CYCLE[i % 6],
                marker=marks[i % 5],
                ms=3.2,
                lw=1.2,
                label=f"{100 * w:.3g} wt%",
            )
    if not drawn and own is None:
        return style.nothing(ax, "\n".join(map(_shown, words)) or "nothing crystallizes on cooling")
    if recipe.get("dissolution_K") is not None:
        x = recipe["dissolution_K"] - ZERO_CELSIUS_K
        ax.axvline(x, color=style.RED, lw=1, ls=":")
        if own is not None:
            ax.plot([x], [own - ZERO_CELSIUS_K], "*", color=style.RED, ms=9, zorder=5,
                    label=f"this recipe, {100 * recipe['w']:.3g} wt%")  # fmt: skip
        else:
            ax.annotate("this recipe", (x, 0.97), (-3, 0), xycoords=("data", "axes fraction"),
                        textcoords="offset points", rotation=90, color=style.RED, fontsize=7.5,
                        va="top", ha="right")  # fmt: skip
            if "crystallization_K" in recipe:
                words.append("this recipe has no crystallization temperature")
    rate = d.get("cooling_rate_K_s")
    ax.set_xlabel("dissolution temperature Tₛ, °C")
    cooled = f" at {rate * 60:.3g} K/min" if rate else ""
    ax.set_ylabel(f"crystallization temperature{cooled}, °C")
    _words(ax, words)
    ax.legend(title="polymer", title_fontsize=8)
    return ax
