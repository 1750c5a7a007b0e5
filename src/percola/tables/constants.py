"""Constants of nature and of convention, exact since the SI of 2019 (codata2018) unless said otherwise."""

from __future__ import annotations

from typing import Final

#: Boltzmann constant [J/K], exact.
K_B_J_K: Final = 1.380649e-23
#: Avogadro constant [1/mol], exact.
N_A_PER_MOL: Final = 6.02214076e23
#: Molar gas constant [J/(mol K)], exact: product of the two above.
R_J_MOL_K: Final = K_B_J_K * N_A_PER_MOL
#: Stefan-Boltzmann constant [W/(m2 K4)], exact to the digits shown.
STEFAN_BOLTZMANN_W_M2K4: Final = 5.670374419e-8
#: Zero of the Celsius scale [K], exact.
ZERO_CELSIUS_K: Final = 273.15
#: Standard atmosphere [Pa], exact.
ATMOSPHERE_PA: Final = 101325.0
#: Technical pressure, 1 kgf/cm2 [Pa], exact.
KGF_CM2_PA: Final = 98066.5
#: Standard acceleration of gravity [m/s2], exact.
GRAVITY_M_S2: Final = 9.80665

#: Entropic part of the default chi = CHI_ENTROPIC + HANSEN_ALPHA V1 Ra2/(4 R T) [-]; +- 0.1 (flory1953).
CHI_ENTROPIC: Final = 0.34
#: Factor of the Hansen distance in the same [-]; +- 0.2 (lindvig2002).
HANSEN_ALPHA: Final = 0.6
