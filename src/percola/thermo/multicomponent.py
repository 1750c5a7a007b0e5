"""Flory-Huggins with several components: mixed solvents, grades of different length, miscible resins.

Free energy per site in kT, for volume fractions phi_i that sum to 1 and N_i segments each:

    f = sum_i phi_i/N_i ln(phi_i) + sum_{i<j} chi_ij(T) phi_i phi_j,    chi_ij = A_ij + B_ij / T

Reference: Flory, Principles of Polymer Chemistry (1953), ch. XII-XIII; spinodal determinant: Gibbs, as in
Koningsveld.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.thermo.flory_huggins import FloatArray, critical_point

GAS_CONSTANT_J_mol_K = 8.314462618  # CODATA 2018, exact


def hansen_interaction(
    first_Pa05: tuple[float, float, float],
    second_Pa05: tuple[float, float, float],
    site_volume_m3_mol: float,
    alpha: float = 0.6,
    entropic: float = 0.34,
) -> tuple[float, float]:
    """(A, B [K]) of chi = A + B/T from Hansen solubility parameters.

    chi = entropic + alpha V [4 (dD1 - dD2)^2 + (dP1 - dP2)^2 + (dH1 - dH2)^2] / (4 R T)

    Args:
        first_Pa05, second_Pa05: (dD, dP, dH) [Pa^0.5].
        site_volume_m3_mol: reference volume [m3/mol].
        alpha: scale of the Hansen distance, about 0.6 for polymer solutions.
        entropic: the part that does not depend on temperature, 0.34 for polymer and solvent, 0 for two
        solvents.

    Limitations: an estimate; standard error of chi about 0.2 and no negative values; overrides from data
    replace it.
    Reference: Lindvig, Michelsen and Kontogeorgis, Fluid Phase Equilib. 203 (2002) 247 (alpha 0.6); the 0.34
    after
    Blanks and Prausnitz, Ind. Eng. Chem. Fundam. 3 (1964) 1.
    """
    d, p, h = (a - b for a, b in zip(first_Pa05, second_Pa05, strict=True))
    return entropic, alpha * site_volume_m3_mol * (4 * d * d + p * p + h * h) / (4 * GAS_CONSTANT_J_mol_K)


def pseudo_binary_chi(
    shares: npt.ArrayLike, chi_polymer: npt.ArrayLike, chi_solvents: npt.ArrayLike
) -> FloatArray:
    """chi of a polymer with a mixed solvent taken as one liquid.

    chi_mix = sum_i y_i chi_i - sum_{i<j} chi_ij y_i y_j

    which is the exact enthalpy of the mixture less that of the unmixed mixed solvent. Applies to A and B
    separately.

    Args:
        shares: volume fractions y_i within the solvent, summing to 1, shape (n,).
        chi_polymer: chi_i of the polymer with each solvent, on one common site volume, shape (n,).
        chi_solvents: symmetric matrix of chi_ij, shape (n, n), same site volume.

    Validity: as long as both phases hold the same solvent; the better the liquids mix, the better. Where
    chi_ij is near
    its own critical value the phases sort the solvents and :func:`cloud_point_K` with all components is
    needed.
    """
    y, c = np.asarray(shares, dtype=float), np.asarray(chi_polymer, dtype=float)
    m = np.asarray(chi_solvents, dtype=float)
    return np.asarray(y @ c - 0.5 * (y @ m @ y - np.sum(y * y * np.diagonal(m))))


@dataclass(frozen=True)
class Mixture:
    """Components of a mixture with interactions linear in 1/T.

    Attributes:
        segments: N_i, shape (n,).
        chi_A, chi_B_K: symmetric matrices with zero diagonal, shape (n, n); chi_ij = A_ij + B_ij / T.
    """

    segments: FloatArray
    chi_A: FloatArray
    chi_B_K: FloatArray

    def __post_init__(self) -> None:
        n = len(self.segments)
        for name in ("chi_A", "chi_B_K"):
            m = getattr(self, name)
            if m.shape != (n, n) or not np.allclose(m, m.T) or np.any(np.diagonal(m) != 0):
                raise InputError(name, f"shape {m.shape}", f"a symmetric {n} x {n} matrix with zero diagonal")

    def chi(self, temperature_K: float) -> FloatArray:
        """Matrix of interaction parameters at a temperature."""
        return np.asarray(self.chi_A + self.chi_B_K / temperature_K)

    def free_energy(self, phi: FloatArray, temperature_K: float) -> float:
        """f in kT per site at volume fractions phi, shape (n,)."""
        from scipy.special import xlogy

        return float(np.sum(xlogy(phi, phi) / self.segments) + 0.5 * phi @ self.chi(temperature_K) @ phi)

    def potentials(self, phi: FloatArray, log_phi: FloatArray, temperature_K: float) -> FloatArray:
        """Chemical potential of each component per segment, against the pure components, in kT, shape (n,).

        ln(phi_i)/N_i + 1/N_i - sum_j phi_j/N_j + sum_j chi_ij phi_j - sum_{j<k} chi_jk phi_j phi_k
        """
        x = self.chi(temperature_K)
        field = x @ phi
        return np.asarray(
            log_phi / self.segments
            + 1 / self.segments
            - np.sum(phi / self.segments)
            + field
            - 0.5 * phi @ field
        )

    def _hessian(self, phi: FloatArray, chi: FloatArray, entropy: bool) -> FloatArray:
        """Second derivatives of f by phi_2..phi_n with phi_1 = 1 - sum."""
        h = chi[1:, 1:] - chi[1:, :1] - chi[:1, 1:]
        if entropy:
            h = h + 1 / (self.segments[0] * phi[0]) + np.diag(1 / (self.segments[1:] * phi[1:]))
        return np.asarray(h)

    def stability(self, phi: npt.ArrayLike, temperature_K: float) -> float:
        """Smallest eigenvalue of the Hessian of f; negative inside the spinodal."""
        return float(
            np.linalg.eigvalsh(self._hessian(np.asarray(phi, dtype=float), self.chi(temperature_K), True))[0]
        )

    def spinodal_temperature_K(self, phi: npt.ArrayLike) -> float:
        """Highest temperature [K] that parts a stable mixture (above) from an unstable one (below); NaN if
        none, infinite if it is unstable however hot.

        There the determinant of the Hessian vanishes. H = H_0 + H_1/T, so that the candidates are the
        eigenvalues of -H_0^-1 H_1: no search is needed.
        """
        p = np.asarray(phi, dtype=float)
        h0, h1 = self._hessian(p, self.chi_A, True), self._hessian(p, self.chi_B_K, False)
        values = np.linalg.eigvals(np.linalg.solve(h0, -h1))
        real = np.sort(values[np.abs(values.imag) < 1e-9 * np.abs(values)].real)[::-1]
        for t in real[real > 0]:
            if self.stability(p, t * (1 + 1e-6)) > 0 > self.stability(p, t * (1 - 1e-6)):
                return float(t)
        return float("inf") if np.linalg.eigvalsh(h0)[0] < 0 else float("nan")

    def critical_residual(self, phi: npt.ArrayLike) -> float:
        """Third derivative of f at the spinodal along the direction in which stability is lost; 0 at a critical point.

        The interactions are quadratic, so only the entropy is left: -sum_i w_i^3/(N_i phi_i^2) with the null vector w of
        the Hessian, taken in the sense of more polymer. NaN where there is no spinodal.

        Reference: Gibbs, as in Koningsveld, Stockmayer and Nies, Polymer Phase Diagrams (2001), ch. 2.
        """
        p = np.asarray(phi, dtype=float)
        t = self.spinodal_temperature_K(p)
        if not np.isfinite(t):
            return float("nan")
        _, vectors = np.linalg.eigh(self._hessian(p, self.chi(t), True))
        v = vectors[:, 0]
        w = np.concatenate([[-np.sum(v)], v])
        w = w if w[0] < 0 else -w
        return float(-np.sum(w**3 / (self.segments * p**2)))

    def cloud_point_K(
        self, phi: npt.ArrayLike, shadow_guess: npt.ArrayLike, temperature_guess_K: float
    ) -> tuple[float, FloatArray]:
        """Temperature [K] at which a first droplet of another composition coexists with phi, and its
        composition.

        Solves equal chemical potentials of all components by Newton in (ln phi', T), damped to factors of e^3
        in the fractions and 20 % in T; shape of the shadow composition (n,). NaN where Newton fails or ends
        on
        the parent itself.

        Args:
            phi: parent composition, all components > 0, shape (n,).
            shadow_guess: composition of the droplet to start from, shape (n,), or its logarithms if any are
            <= 0.
            temperature_guess_K: start [K].
        """
        parent = np.asarray(phi, dtype=float)
        log_parent = np.log(parent)
        guess = np.asarray(shadow_guess, dtype=float)
        n = len(parent)
        u = np.array(guess[1:] if np.any(guess <= 0) else np.log(guess[1:]), dtype=float)
        t = float(temperature_guess_K)
        delta = 0.5 * self.chi_B_K  # dchi/dT = -B/T^2

        def solvent(v: FloatArray) -> float:
            return 1 - float(np.sum(np.exp(v)))

        for _ in range(80):
            s = solvent(u)
            shadow = np.concatenate([[s], np.exp(u)])
            log_shadow = np.concatenate([[np.log(s)], u])
            residual = self.potentials(shadow, log_shadow, t) - self.potentials(parent, log_parent, t)
            # d mu_i / d phi_j (unconstrained), then phi_1 = 1 - sum and phi_j = exp(u_j)
            x = self.chi(t)
            field = x @ shadow
            smooth = x - (1 / self.segments)[None, :] - field[None, :]
            # d/du_j = phi_j (d/dphi_j - d/dphi_1); the logarithms give 1/N_j on the diagonal, exact where
            # phi_j underflows.
            by_u = (smooth[:, 1:] - smooth[:, :1]) * shadow[1:]
            by_u[np.arange(1, n), np.arange(n - 1)] += 1 / self.segments[1:]
            by_u[0] -= shadow[1:] / (self.segments[0] * s)

            def energy(v: FloatArray) -> FloatArray:
                w = 2 * delta @ v
                return np.asarray(w - 0.5 * v @ w)

            by_t = -(energy(shadow) - energy(parent)) / t**2
            try:
                step = np.linalg.solve(np.column_stack([by_u, by_t * t]), -residual)
            except np.linalg.LinAlgError:
                return float("nan"), np.full(n, np.nan)
            step[-1] = np.clip(step[-1], -0.2, 0.2)
            scale = min(1.0, 3.0 / max(1e-300, float(np.max(np.abs(step[:-1]) * (u > -28)))))
            while np.max(u + scale * step[:-1]) > 0 or solvent(u + scale * step[:-1]) <= 0:
                scale *= 0.5
            u, t = u + scale * step[:-1], t * np.exp(scale * step[-1])
            if scale == 1.0 and np.max(np.abs(step)) < 1e-11:
                break
        else:
            return float("nan"), np.full(n, np.nan)
        shadow = np.concatenate([[solvent(u)], np.exp(u)])
        if np.max(np.abs(shadow - parent)) < 1e-5 * np.max(parent[1:]):
            return float("nan"), np.full(n, np.nan)
        return t, shadow


def mixed_solvent_critical_temperature_K(
    first_volume_m3_mol: float, second_volume_m3_mol: float, chi_B_K: float, site_volume_m3_mol: float
) -> float:
    """Upper critical temperature [K] of two liquids from their own interaction chi_12 = B/T.

    The second liquid counts as a chain of V_2/V_1 segments: chi_c = (1 + sqrt(V_1/V_2))^2 / 2 on the site
    volume V_1.

    Args:
        chi_B_K: B of chi_12 [K] on ``site_volume_m3_mol``.
    """
    _, chi_c = critical_point(second_volume_m3_mol / first_volume_m3_mol)
    return float(chi_B_K * first_volume_m3_mol / site_volume_m3_mol / chi_c)
