"""What a surface layer and its cooling medium give each other: activities, molecules' speeds, two resistances in series.

Three components: polymer p, solvent s of the solution, medium m of the bath. Everything is per lattice site of the solvent
molecule (V_s), chi_ij in that unit, with size ratios n_m = V_m/V_s and N = V_p/V_s. Functions of arrays only; ``xp`` is
``numpy`` or ``jax.numpy``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from percola import tables
from percola.errors import InputError
from percola.thermo import build
from percola.thermo.system import System

FloatArray = npt.NDArray[np.float64]
AVOGADRO_1_mol = 6.02214076e23
BOLTZMANN_J_K = 1.380649e-23
GAS_J_molK = 8.314462618
HANSEN_DEFAULT = "default from Hansen parameters"
LARGEST_LOG = 30.0


@dataclass(frozen=True)
class Medium:
    """A cooling medium against one solution: all that the exchange needs, per site of the solvent molecule.

    Attributes:
        name: of the medium.
        kind: ``"liquid"``, ``"air"`` or ``"metal"`` (press, roll); only a liquid exchanges.
        size: n_m = V_m/V_s.
        chi_mp: (A, B [K]) between medium and polymer.
        chi_mp_spread: relative standard uncertainty of its enthalpic part from the Hansen parameters themselves,
            without the factor alpha that all liquids share.
        chi_ms: (A, B [K]) between medium and solvent, with ``chi_ms_spread`` alike.
        default_mp, default_ms: whether they are the Hansen default, which scales with alpha.
        viscosity: (log, B [K], T0 [K]) of Vogel's equation [Pa s].
        volume_m3_mol: V_m.
        glass_K: glass transition.
    """

    name: str
    kind: str
    size: float = 1.0
    chi_mp: tuple[float, float] = (0.0, 0.0)
    chi_ms: tuple[float, float] = (0.0, 0.0)
    chi_mp_spread: float = 0.0
    chi_ms_spread: float = 0.0
    default_mp: bool = False
    default_ms: bool = False
    viscosity: tuple[float, float, float] = (-7.0, 0.0, 0.0)
    volume_m3_mol: float = 2e-4
    glass_K: float = 186.0

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in self.__dict__.items()}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Medium:
        """Back from :meth:`to_dict`."""
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return Medium(**values)


def _hansen_spread(a: Any, b: Any) -> float:
    """Relative standard uncertainty of the squared Hansen distance, from those of the six parameters.

    u(Ra^2)/Ra^2 with u^2 = sum (2 w d)^2 (u_a^2 + u_b^2) + 2 sum (w (u_a^2 + u_b^2))^2, w = 4, 1, 1; the second term
    carries it where the two points nearly meet.
    """
    total, square = 0.0, 0.0
    for w, x, y in zip((4.0, 1.0, 1.0), a.hansen_Pa05, b.hansen_Pa05, strict=True):
        d, u2 = float(x) - float(y), float(x.uncertainty) ** 2 + float(y.uncertainty) ** 2
        total += w * d * d
        square += (2 * w * d) ** 2 * u2 + 2 * (w * u2) ** 2
    return float(np.sqrt(square) / max(total, 1.0))


def medium_of(system: System, polymer: str, name: str, kind: str = "liquid") -> Medium:
    """The medium ``name`` against a solution, from the tables.

    Args:
        system: of the solution; of a mixed solvent the chi to the medium are averaged by volume.
        polymer: name of the main polymer in the tables.
        name: of the liquid; ignored for ``kind`` ``"air"`` and ``"metal"``.
    """
    if kind not in ("liquid", "air", "metal"):
        raise InputError("kind", kind, "liquid, air or metal")
    if kind != "liquid":
        return Medium(name, kind)
    liquid = tables.liquid(name)
    # ratios of volumes at the temperature of the tables' reference volumes
    site = 1.0 / sum(
        share / float(tables.liquid(solvent).reference_volume_m3_mol) for solvent, _, share in system.solvents
    )
    volume = float(liquid.reference_volume_m3_mol)
    mp = tables.pair(polymer, name)
    scale = site / float(mp.reference_volume_m3_mol)
    a_ms = b_ms = spread_ms = 0.0
    default_ms = False
    for solvent, _, share in system.solvents:
        other = tables.liquid(solvent)
        if other.key == liquid.key:
            continue
        ms = tables.pair(solvent, name)
        k = share * site / float(ms.reference_volume_m3_mol)
        a_ms, b_ms = a_ms + k * float(ms.chi_A), b_ms + k * float(ms.chi_B_K)
        default_ms = default_ms or HANSEN_DEFAULT in ms.chi_B_K.note
        spread_ms += share * _hansen_spread(other, liquid)
    default = HANSEN_DEFAULT in mp.chi_B_K.note
    if default:
        spread = _hansen_spread(tables.polymer(polymer), liquid)
    else:  # a fitted pair: its own error, which is that of B at a given chi
        spread = float(mp.chi_B_K.uncertainty) / max(abs(float(mp.chi_B_K)), 1e-9)
    same = len(system.solvents) == 1 and tables.liquid(system.solvents[0][0]).key == liquid.key
    chi_mp = (float(mp.chi_A) * scale, float(mp.chi_B_K) * scale)
    if same:
        chi_mp, spread, volume = (system.chi_A, system.chi_B_K), 0.0, site
    d = build.build_system(
        [(polymer, 300.0, 30.0)], [(name, 70.0)]
    ).diffusion  # Vogel's law as for any solvent
    return Medium(
        liquid.key,
        "liquid",
        volume / site,
        chi_mp,
        (a_ms, b_ms),
        spread,
        spread_ms,
        default and not same,
        default_ms,
        (d.viscosity_log, d.viscosity_B_K, d.viscosity_T0_K),
        volume,
        float(liquid.glass_transition_K),
    )


def vogel_Pa_s(parameters: tuple[float, float, float], temperature_K: Any, xp: Any = np) -> Any:
    """Viscosity [Pa s]: exp(log + B/(T - T0))."""
    log, b, t0 = parameters
    return xp.exp(log + b / xp.maximum(temperature_K - t0, 10.0))


def radius_m(volume_m3_mol: float) -> float:
    """Radius of a molecule [m] as a sphere of its liquid volume."""
    return float((3.0 * volume_m3_mol / (4.0 * np.pi * AVOGADRO_1_mol)) ** (1.0 / 3.0))


def ln_gamma_solvent(
    p: Any, s: Any, m: Any, size: Any, segments: Any, sm: Any, sp: Any, mp: Any, xp: Any = np
) -> Any:
    """ln(a_s/phi_s) of the solvent in polymer, solvent and medium (Flory-Huggins, volume fractions).

    1 - phi_s - phi_m/n_m - phi_p/N + (chi_sm phi_m + chi_sp phi_p)(phi_m + phi_p) - chi_mp phi_m phi_p

    Reference: Flory (1953), ch. XII; Altena and Smolders (1982).
    """
    value = 1.0 - s - m / size - p / segments + (sm * m + sp * p) * (m + p) - mp * m * p
    return xp.clip(value, -LARGEST_LOG, LARGEST_LOG)


def ln_gamma_medium(
    p: Any, s: Any, m: Any, size: Any, segments: Any, sm: Any, sp: Any, mp: Any, xp: Any = np
) -> Any:
    """ln(a_m/phi_m) of the medium; see :func:`ln_gamma_solvent`.

    1 - n_m phi_s - phi_m - n_m phi_p/N + n_m [(chi_sm phi_s + chi_mp phi_p)(phi_s + phi_p) - chi_sp phi_s phi_p]
    """
    energy = (sm * s + mp * p) * (s + p) - sp * s * p
    value = 1.0 - size * s - m - size * p / segments + size * energy
    return xp.clip(value, -LARGEST_LOG, LARGEST_LOG)


def mixed_chi(share: Any, size: Any, sm: Any, sp: Any, mp: Any) -> tuple[Any, Any]:
    """(chi of polymer with the mixed solvent on its mean molecule, V_0/V_s); ``share`` is the medium's by volume.

    chi_mix = (V_0/V_s)[(1 - y) chi_sp + y chi_mp - y (1 - y) chi_sm], V_0/V_s = 1/(1 - y + y/n_m), as ``tables.mixture``.
    """
    site = 1.0 / (1.0 - share + share / size)
    return site * ((1.0 - share) * sp + share * mp - share * (1.0 - share) * sm), site
