"""Values against temperature: shape-preserving interpolation between tabulated points, never beyond them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from percola.errors import TableError
from percola.tables._read import ESTIMATES, METHODS, Row, entries, rows


@dataclass(frozen=True)
class Sourced:
    """A value with what is needed to judge it.

    Attributes:
        value: in ``unit``; a float, or an array of the shape of the temperatures asked for.
        uncertainty: one standard deviation in ``unit``, same shape.
        unit: SI, from the fixed vocabulary of the tables.
        source: keys of ``references.bib`` joined by ``;``.
        note: words on the value, where there are any.
        method: how it came about (:data:`percola.tables.METHODS`); the worst of the points used.
    """

    value: Any
    uncertainty: Any
    unit: str
    source: str
    note: str = ""
    method: str = ""

    def __float__(self) -> float:
        return float(self.value)

    @property
    def estimate(self) -> bool:
        """Whether the value is estimated, extrapolated, remembered or a default."""
        return self.method in ESTIMATES

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON (arrays become lists)."""
        plain = [
            v.tolist() if isinstance(v, np.ndarray) else float(v) for v in (self.value, self.uncertainty)
        ]
        return {
            "value": plain[0],
            "uncertainty": plain[1],
            "unit": self.unit,
            "source": self.source,
            "note": self.note,
            "method": self.method,
        }


def worst(*methods: str) -> str:
    """The method that a value has which was computed from values of these methods."""
    return max(methods, key=METHODS.index)


def joined(*sources: str) -> str:
    """Source columns joined, each key once."""
    return ";".join(dict.fromkeys(k for s in sources for k in s.split(";") if k))


def _missing(quantity: str, key: str) -> TableError:
    name = entries()[key].name if key in entries() else key
    others = sorted(k for q, k in rows() if q == quantity)
    return TableError(
        f"tables, {quantity} of {name}",
        "there is no value",
        f"known for {', '.join(others)}" if len(others) <= 60 else "",
        f"add a row with a source to {quantity}.csv",
    )


def scalar(quantity: str, key: str) -> Sourced:
    """A property that has one value."""
    group = rows().get((quantity, key))
    if not group:
        raise _missing(quantity, key)
    if len(group) > 1:
        raise TableError(f"tables, {quantity} of {key}", "depends on temperature", "", "give the temperature")
    r = group[0]
    return Sourced(r.value, r.uncertainty, r.unit, r.source, r.note, r.method)


def known(quantity: str, key: str) -> bool:
    """Whether there is a value."""
    return (quantity, key) in rows()


def _same(x: np.ndarray) -> np.ndarray:
    return x


def _reciprocal(x: np.ndarray) -> np.ndarray:
    return 1.0 / x


@dataclass(frozen=True)
class Curve:
    """A property against temperature.

    The points are interpolated by the shape-preserving cubic of Fritsch and Carlson (PCHIP), so that
    monotone points give a
    monotone curve, in coordinates in which the property is nearly straight: ln(viscosity) against 1/T
        (Andrade), density of a gas against 1/T, all others against T. Relative uncertainty is interpolated
        linearly in T.
    """

    quantity: str
    key: str
    points: tuple[Row, ...]
    x: Callable[[np.ndarray], np.ndarray]
    interpolate: Callable[[np.ndarray], np.ndarray]
    logarithmic: bool
    grid_K: np.ndarray
    relative: np.ndarray

    @property
    def T_min_K(self) -> float:
        return self.points[0].T_min_K

    @property
    def T_max_K(self) -> float:
        return self.points[-1].T_max_K

    def __call__(self, temperature_K: Any) -> Sourced:
        T = np.asarray(temperature_K, dtype=float)
        low, high = self.T_min_K, self.T_max_K
        # Half a millikelvin: temperatures that went to Celsius and back must not fall off the end.
        inside = (low - 5e-4 <= T) & (high + 5e-4 >= T)  # False for NaN
        if T.size == 0 or not inside.all():
            outside = T[~inside]
            raise TableError(
                f"tables, {self.quantity} of {entries()[self.key].name}",
                f"asked for at {float(outside.flat[0]):.2f} K" if outside.size else "no temperature given",
                f"{low:.2f} to {high:.2f} K",
                "stay inside the range, or add sourced points to the table",
            )
        clipped = np.clip(T, low, high)
        first = self.points[0]
        if len(self.points) == 1:
            value = np.full(T.shape, first.value)
            relative = np.full(T.shape, first.uncertainty / abs(first.value))
            used: tuple[Row, ...] = self.points
        else:
            value = self.interpolate(self.x(clipped))
            if self.logarithmic:
                value = np.exp(value)
            grid = self.grid_K
            relative = np.interp(clipped, grid, self.relative)
            a = max(int(np.searchsorted(grid, float(clipped.min()), side="right")) - 1, 0)
            b = min(int(np.searchsorted(grid, float(clipped.max()), side="left")), len(grid) - 1)
            used = self.points[min(a, b) : b + 1]
        shaped: Any = float(value) if T.ndim == 0 else value
        spread: Any = float(relative * np.abs(value)) if T.ndim == 0 else relative * np.abs(value)
        notes = "; ".join(dict.fromkeys(p.note for p in used if p.note))
        return Sourced(
            shaped,
            spread,
            first.unit,
            joined(*(p.source for p in used)),
            notes,
            worst(*(p.method for p in used)),
        )


@lru_cache(maxsize=1024)
def curve(quantity: str, key: str) -> Curve:
    """The curve of a property of a substance; raises TableError where the table has none."""
    group = rows().get((quantity, key))
    if not group:
        raise _missing(quantity, key)
    logarithmic = quantity == "viscosity" and entries()[key].kind != "gas"
    inverse = logarithmic or (quantity == "density" and entries()[key].kind == "gas")
    transform = _reciprocal if inverse else _same
    T = np.array([p.T_min_K for p in group])
    y = np.array([p.value for p in group])
    spread = np.array([p.uncertainty for p in group]) / np.abs(y)
    if len(group) == 1:
        return Curve(quantity, key, group, transform, _same, logarithmic, T, spread)
    if any(p.T_min_K != p.T_max_K for p in group):
        raise TableError(
            group[0].where, "a range among points", "T_min_K = T_max_K for points", "mend the rows"
        )
    # Imported here: scipy.interpolate takes a tenth of a second that `percola --help` must not pay.
    from scipy.interpolate import PchipInterpolator

    x = transform(T)
    order = np.argsort(x)
    fit = PchipInterpolator(x[order], (np.log(y) if logarithmic else y)[order], extrapolate=False)
    return Curve(quantity, key, group, transform, fit, logarithmic, T, spread)
