"""Master curves: what runs of the three-dimensional box say of lean share, lengths, pores, flow and stiffness.

Measured by ``benchmarks/master_curves.py`` over the recipe space and fitted there (``fit``); the rows are in
``data/master_runs.csv``, the coefficients in ``data/master_curves.toml``. Every function takes ``xp`` (numpy, or
``jax.numpy`` for use inside compiled, differentiated code) and is smooth in its arguments.

Notation: ``y`` is the forecast structure length at half crystallization over the finest wavelength of the run's grid
(:func:`wavelength_cells`), ``f`` the lean share of the gel, ``P`` the porosity of the dry membrane.
See ``docs/theory/master_curves.md``.
"""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

Array = Any
"""An array of numpy or jax, or a number."""
RUNS_FILE = "master_runs.csv"
CURVES_FILE = "master_curves.toml"
_TINY = 1e-6
_GATE_WIDTH = 0.08
"""Width in porosity over which pores open above their threshold."""
_SOFT = 0.02
"""Smoothing of that threshold."""


@dataclass(frozen=True)
class Curve:
    """One fitted curve.

    Attributes:
        key: name.
        coefficients: by name.
        errors: one standard deviation of each coefficient; runs of one recipe count as one (left out together).
        scatter: standard deviation of the residual in ``of``.
        scatter_cv: the same with the recipe left out of the fit.
        of: the transformed quantity that the scatter is of.
        count: rows fitted.
        low, high: range of each input in those rows.
    """

    key: str
    coefficients: tuple[float, ...]
    errors: tuple[float, ...]
    scatter: float
    scatter_cv: float
    of: str
    count: int
    low: Mapping[str, float]
    high: Mapping[str, float]


# -- forms: coefficients and inputs to the transformed quantity ---------------------------------------


def _sigmoid(z: Array, xp: Any) -> Array:
    return 0.5 * (1.0 + xp.tanh(0.5 * z))


def _form_lean(c: Array, x: Mapping[str, Array], xp: Any) -> Array:
    """ln(-ln(f/f_eq)) = c0 - c1 ln y + c2 ln((1 - f_eq)/f_eq)."""
    y = xp.maximum(x["length_over_wavelength"], _TINY)
    e = xp.clip(x["equilibrium_lean_share"], _TINY, 1.0 - _TINY)
    return c[0] - c[1] * xp.log(y) + c[2] * xp.log((1.0 - e) / e)


def _form_length(c: Array, x: Mapping[str, Array], xp: Any) -> Array:
    """ln(L/wavelength) = c0 + c1 ln y + c2 ln(wavelength/cell)."""
    y = xp.maximum(x["length_over_wavelength"], _TINY)
    return c[0] + c[1] * xp.log(y) + c[2] * xp.log(x["wavelength_cells"])


def _form_closed(c: Array, x: Mapping[str, Array], xp: Any) -> Array:
    """Share of the lean phase that closes = logistic((r/L - c0)/c1)."""
    return _sigmoid((x["collapse_over_length"] - c[0]) / c[1], xp)


def _form_pore(c: Array, x: Mapping[str, Array], xp: Any) -> Array:
    """ln(d/L_dry) = c0 + c1 P + c2 ln(1 - exp(-u/0.08)), u = softplus(P - c3)."""
    u = _SOFT * xp.logaddexp(0.0, (x["porosity"] - c[3]) / _SOFT)
    opened = -xp.expm1(-u / _GATE_WIDTH)
    return c[0] + c[1] * x["porosity"] + c[2] * xp.log(opened + 1e-30)


def _form_conduction(c: Array, x: Mapping[str, Array], xp: Any) -> Array:
    """logit((D/D0)/HS) = c0 + c1 P, HS the upper bound 2P/(3 - P)."""
    return c[0] + c[1] * x["porosity"]


def _form_flow(c: Array, x: Mapping[str, Array], xp: Any) -> Array:
    """ln(k/(d^2 D/D0)) = c0 + c1 P."""
    return c[0] + c[1] * x["porosity"]


def _form_modulus(c: Array, x: Mapping[str, Array], xp: Any) -> Array:
    """logit((E/E_s)/HS) = c0 + c1 ln((1 - f_eq)/f_eq), HS the upper bound of Hashin and Shtrikman (1963) at P.

    Given f_eq, P itself adds nothing beyond what is in the bound.
    """
    e = xp.clip(x["equilibrium_lean_share"], _TINY, 1.0 - _TINY)
    return c[0] + c[1] * xp.log((1.0 - e) / e)


def _form_stress(c: Array, x: Mapping[str, Array], xp: Any) -> Array:
    """ln(p99/mean - 1) = c0 + c1 P, of the von Mises stress in the loaded polymer."""
    return c[0] + c[1] * x["porosity"]


def _form_ratio(c: Array, x: Mapping[str, Array], xp: Any) -> Array:
    """ln(maximum/average pore - 1) = c0 + c1 P of a box without defects."""
    return c[0] + c[1] * x["porosity"]


def _form_through(c: Array, x: Mapping[str, Array], xp: Any) -> Array:
    """Probability that the voids go through = logistic((P - c0)/c1)."""
    return _sigmoid((x["porosity"] - c[0]) / c[1], xp)


def _form_share(c: Array, x: Mapping[str, Array], xp: Any) -> Array:
    """Share of the voids that goes through, where they do = logistic((P - c0)/c1)."""
    return _sigmoid((x["porosity"] - c[0]) / c[1], xp)


def _form_width(c: Array, x: Mapping[str, Array], xp: Any) -> Array:
    """ln(interface width in sqrt(kappa)) = c0 + c1 ln(chi - 0.5) + c2 ln(chi - 0.5)^2."""
    g = xp.log(xp.maximum(x["chi"] - 0.5, 1e-3))
    return c[0] + c[1] * g + c[2] * g * g


FORMS: dict[str, Callable[[Array, Mapping[str, Array], Any], Array]] = {
    "lean_share": _form_lean,
    "structure_length": _form_length,
    "closed_share": _form_closed,
    "average_pore": _form_pore,
    "conduction": _form_conduction,
    "flow": _form_flow,
    "modulus": _form_modulus,
    "stress": _form_stress,
    "ratio": _form_ratio,
    "through": _form_through,
    "through_share": _form_share,
    "interface_width": _form_width,
}


def conduction_bound(porosity: Array) -> Array:
    """Upper bound of D/D0 with an insulating matrix, 2P/(3 - P) (Hashin and Shtrikman, J. Appl. Phys. 33, 3125 (1962))."""
    return 2.0 * porosity / (3.0 - porosity)


def modulus_bound(porosity: Array, poissons_ratio: float = 0.35) -> Array:
    """Upper bound of E/E_s (Hashin and Shtrikman 1963), as in :func:`percola.measure.solid.stiffness.hashin_shtrikman`.

    Written as one fraction of polynomials, so that it has a derivative at P = 0 too.
    """
    nu, p = poissons_ratio, porosity
    k, g = 1.0 / (3.0 * (1.0 - 2.0 * nu)), 0.5 / (1.0 + nu)
    bulk = k * (1.0 - p) * 4.0 * g / (4.0 * g + 3.0 * k * p)
    shear = g * (1.0 - p) * (9.0 * k + 8.0 * g) / (9.0 * k + 8.0 * g + 6.0 * (k + 2.0 * g) * p)
    return 9.0 * bulk * shear / (3.0 * bulk + shear + 1e-30)


@dataclass(frozen=True)
class Curves:
    """All curves; the methods give the median of what three dimensions do, ``scatter`` says how far runs lie from it.

    Attributes:
        curve: by key (:data:`FORMS`).
    """

    curve: Mapping[str, Curve]

    @property
    def scatter(self) -> dict[str, float]:
        """Cross-validated standard deviation by key, of the transformed quantity ``curve[key].of``."""
        return {k: c.scatter_cv for k, c in self.curve.items()}

    def transformed(self, key: str, inputs: Mapping[str, Array], xp: Any = np) -> Array:
        """The quantity that the scatter is of, at ``inputs`` (names as in ``curve[key].low``)."""
        return FORMS[key](self.curve[key].coefficients, inputs, xp)

    def wavelength_cells(self, chi: Array, polymer_fraction: Array, segments: Array, xp: Any = np) -> Array:
        """Finest wavelength of the widened grid [cells] at the reference interaction, to 0.3 %.

        2 pi sqrt(2/|f''|) 2.4/width with f'' = 1/(N phi) + 1/(1 - phi) - 2 chi, chi above the spinodal
        (:func:`percola.gel.problem.scales`; exact there).
        """
        fall = 2.0 * chi - 1.0 / (segments * polymer_fraction) - 1.0 / (1.0 - polymer_fraction)
        width = xp.exp(self.transformed("interface_width", {"chi": chi}, xp))
        return 2.0 * math.pi * 2.4 / width * xp.sqrt(2.0 / xp.maximum(fall, 1e-6))

    def lean_share(self, equilibrium_lean_share: Array, length_over_wavelength: Array, xp: Any = np) -> Array:
        """Lean share f of the gel before capillary collapse: f_eq exp(-exp(c0) y^-c1 ((1 - f_eq)/f_eq)^c2).

        Args:
            equilibrium_lean_share: (phi_rich - phi)/(phi_rich - phi_lean) when half has crystallized; 0 where one liquid is stable.
            length_over_wavelength: y; 0 where the solution sets before it demixes, and f is then 0.
        """
        x = {
            "equilibrium_lean_share": equilibrium_lean_share,
            "length_over_wavelength": length_over_wavelength,
        }
        e = xp.clip(equilibrium_lean_share, 0.0, 1.0)
        return e * xp.exp(-xp.exp(xp.minimum(self.transformed("lean_share", x, xp), 60.0)))

    def structure_length_m(
        self, forecast_length_m: Array, wavelength_m: Array, wavelength_cells: Array, xp: Any = np
    ) -> Array:
        """Structure length L of the gel [m] as a run records it."""
        x = {
            "length_over_wavelength": forecast_length_m / wavelength_m,
            "wavelength_cells": wavelength_cells,
        }
        return wavelength_m * xp.exp(self.transformed("structure_length", x, xp))

    def closed_share(self, collapse_over_length: Array, xp: Any = np) -> Array:
        """Share of the lean phase that capillary pressure closes on drying.

        Args:
            collapse_over_length: collapse radius (:func:`percola.membrane.collapse_radius_m`) over L.
        """
        return self.transformed("closed_share", {"collapse_over_length": collapse_over_length}, xp)

    def porosity(self, lean_share: Array, dry_volume: Array) -> Array:
        """P = f/(f + v), v the dry polymer volume per volume of gel: an identity of the drying law, not a fit."""
        return lean_share / (lean_share + dry_volume + 1e-30)

    def average_pore_m(self, porosity: Array, dry_length_m: Array, xp: Any = np) -> Array:
        """Half-dry average pore diameter [m] of voids that go through.

        Args:
            dry_length_m: L (f + v)^(1/3).
        """
        return dry_length_m * xp.exp(self.transformed("average_pore", {"porosity": porosity}, xp))

    def relative_conductivity(self, porosity: Array, xp: Any = np) -> Array:
        """D/D0 = 1/(formation factor) of the filled pores; below the Hashin-Shtrikman bound, 0 at P = 0."""
        z = self.transformed("conduction", {"porosity": porosity}, xp)
        return conduction_bound(porosity) * _sigmoid(z, xp)

    def permeability_m2(self, porosity: Array, average_pore_m: Array, xp: Any = np) -> Array:
        """k = exp(c0 + c1 P) d^2 D/D0 (Katz and Thompson, Phys. Rev. B 34, 8179 (1986), with d of the half-dry flow)."""
        z = self.transformed("flow", {"porosity": porosity}, xp)
        return xp.exp(z) * average_pore_m**2 * self.relative_conductivity(porosity, xp)

    def relative_modulus(
        self, porosity: Array, equilibrium_lean_share: Array, poissons_ratio: float = 0.35, xp: Any = np
    ) -> Array:
        """E/E_solid of the polymer network; below the Hashin-Shtrikman bound at P, and the bound itself where f_eq = 0.

        The network's shape is that of the gel, so that its share of the bound goes with the equilibrium lean share.
        """
        x = {"porosity": porosity, "equilibrium_lean_share": equilibrium_lean_share}
        z = self.transformed("modulus", x, xp)
        return modulus_bound(porosity, poissons_ratio) * _sigmoid(z, xp)

    def stress_concentration(self, porosity: Array, xp: Any = np) -> Array:
        """99th percentile over mean of the von Mises stress in the loaded polymer."""
        return 1.0 + xp.exp(self.transformed("stress", {"porosity": porosity}, xp))

    def pore_size_ratio(self, porosity: Array, xp: Any = np) -> Array:
        """Maximum over average pore of a box without defects (median)."""
        return 1.0 + xp.exp(self.transformed("ratio", {"porosity": porosity}, xp))

    def through_probability(self, porosity: Array, xp: Any = np) -> Array:
        """Probability that the voids go through the box."""
        return self.transformed("through", {"porosity": porosity}, xp)

    def through_share(self, porosity: Array, xp: Any = np) -> Array:
        """Share of the voids that goes through, where they do."""
        return self.transformed("through_share", {"porosity": porosity}, xp)


@cache
def curves() -> Curves:
    """The fitted curves that ship with Percola."""
    text = resources.files("percola.design").joinpath("data", CURVES_FILE).read_text(encoding="utf-8")
    return from_dict(tomllib.loads(text))


def from_dict(data: Mapping[str, Any]) -> Curves:
    """Curves from the tables of ``master_curves.toml``."""
    out = {}
    for key, c in data["curve"].items():
        out[key] = Curve(
            key,
            tuple(c["coefficients"]),
            tuple(c["errors"]),
            float(c["scatter"]),
            float(c["scatter_cv"]),
            str(c["of"]),
            int(c["count"]),
            dict(c["low"]),
            dict(c["high"]),
        )
    return Curves(out)


WORDS = (
    "name",
    "specimen",
    "solvents",
    "geometry",
    "structure_class",
    "classes_possible",
    "outcome",
    "device",
)
"""Columns of :func:`runs` that are words; all others are numbers, nan where a run has none."""


def read_runs(text: str) -> dict[str, npt.NDArray[Any]]:
    """Columns of a file of runs."""
    rows = list(csv.DictReader(text.splitlines()))
    out: dict[str, npt.NDArray[Any]] = {}
    for key in rows[0]:
        values = [r[key] for r in rows]
        out[key] = (
            np.array(values) if key in WORDS else np.array([float(v) if v else math.nan for v in values])
        )
    return out


@cache
def runs() -> dict[str, npt.NDArray[Any]]:
    """The runs that the curves are fitted to: one array for each column of ``master_runs.csv``, a row a run."""
    return read_runs(
        resources.files("percola.design").joinpath("data", RUNS_FILE).read_text(encoding="utf-8")
    )


@dataclass(frozen=True)
class Sample:
    """What one curve is fitted to: inputs, the transformed quantity, and which rows."""

    inputs: Mapping[str, npt.NDArray[np.float64]]
    target: npt.NDArray[np.float64]
    rows: npt.NDArray[np.bool_]
    of: str


def samples(r: Mapping[str, npt.NDArray[Any]]) -> dict[str, Sample]:
    """Inputs and targets of every curve from the rows, with the rows that count.

    Left out: boxes with fewer than two expected nuclei; for lean share and length also gels of which less than three
    quarters had set, and those that close by more than nine tenths (their lean share is then not known well); for what rests on
    the voxel structure rows whose voxels do not have the porosity of the volume balance (drying cannot place the surface where
    a large share closes).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        y = r["forecast_length_m"] / r["wavelength_m"]
        cells = r["wavelength_m"] / r["gel_spacing_m"]
        e = r["lean_share_x50"]
        f = r["lean_share"] / np.maximum(1.0 - r["closed_share"], 1e-9)
        balance = r["lean_share"] / (r["lean_share"] + r["dry_volume"])
        p = r["porosity"]
        dry_length = r["gel_length_m"] * np.cbrt(r["gel_to_membrane"])
        d, k, s = r["average_pore_size"], r["permeability"], r["relative_conductivity"]
        enough = r["expected_seeds"] >= 2.0
        formed = enough & (r["crystallinity"] > 0.75) & (r["closed_share"] < 0.9) & (y > 0) & np.isfinite(e)
        sound = enough & (np.abs(p - balance) < 0.02)
        through = r["through_porosity"] > 0
        bound = conduction_bound(p)
        stiff = r["relative_elastic_modulus"] / modulus_bound(p)
        share = np.clip(r["through_porosity"] / p, 0.0, 1.0)
        lean = np.where(r["closed_share"] > 0.99, 0.92 * e, f)
        swollen = np.minimum(r["dry_volume"] * r["rich_fraction"] / r["phi"], 1.0)
        radius = r["capillary_length_m"] / (swollen**2.25 * (1.0 - lean) ** 1.5)
        chi = r["reference_chi"]
        fall = 2 * chi - 1 / (r["segments"] * r["phi"]) - 1 / (1 - r["phi"])
        width = 2 * np.pi * 2.4 * np.sqrt(2 / fall) / cells
        logit = np.log(s / bound / (1.0 - s / bound))
        only = {"porosity": p}
        return {
            "lean_share": Sample(
                {"equilibrium_lean_share": e, "length_over_wavelength": y},
                np.log(-np.log(f / e)),
                formed,
                "ln(-ln(f/f_eq))",
            ),
            "structure_length": Sample(
                {"length_over_wavelength": y, "wavelength_cells": cells},
                np.log(r["gel_length_m"] / r["wavelength_m"]),
                formed,
                "ln L",
            ),
            "closed_share": Sample(
                {"collapse_over_length": radius / r["gel_length_m"]},
                r["closed_share"],
                enough & np.isfinite(e) & (r["crystallinity"] > 0.75),
                "closed share",
            ),
            "average_pore": Sample(only, np.log(d / dry_length), sound & through & (p > 0.4), "ln d"),
            "conduction": Sample(only, logit, sound & (p > 0.4) & (s > 0), "logit((D/D0)/HS)"),
            "flow": Sample(only, np.log(k / (d**2 * s)), sound & through & (p > 0.45), "ln k"),
            "modulus": Sample(
                {"porosity": p, "equilibrium_lean_share": e},
                np.log(stiff / (1.0 - stiff)),
                sound & (p > 0.3) & np.isfinite(e) & (r["relative_elastic_modulus"] > 1e-3) & (stiff < 1),
                "logit((E/E_s)/HS)",
            ),
            "stress": Sample(
                only,
                np.log(r["stress_p99_over_mean"] - 1.0),
                sound & (p > 0.3) & (r["relative_elastic_modulus"] > 1e-3),
                "ln(p99/mean - 1)",
            ),
            "ratio": Sample(
                only,
                np.log(np.maximum(r["pore_size_ratio"] - 1.0, 3e-3)),
                sound & through & (p > 0.4),
                "ln(maximum/average - 1)",
            ),
            "through": Sample(only, through.astype(float), enough, "0 or 1"),
            "through_share": Sample(only, share, sound & through, "share of the voids"),
            "interface_width": Sample({"chi": chi}, np.log(width), np.isfinite(width), "ln(wavelength)"),
        }


__all__ = [
    "FORMS",
    "Curve",
    "Curves",
    "Sample",
    "conduction_bound",
    "curves",
    "from_dict",
    "modulus_bound",
    "read_runs",
    "runs",
    "samples",
]
