import pytest

from percola.thermo.crystallization import Growth, Melting, Nucleation
from percola.thermo.system import Diffusion, Linear, Liquid, System


@pytest.fixture(scope="session")
def system() -> System:
    """A system from explicit numbers, of the size of PVDF in diethyl phthalate; no tables."""
    return System(
        polymer="P",
        solvent="S",
        site_volume_m3=3.66e-28,
        segments=1055.0,
        chi_A=-0.9,
        chi_B_K=590.0,
        melting=Melting(490.0, 10.0, 6700.0, 670.0, 0.064034, 4.1e-5, 1925.0, "test"),
        nucleation=Nucleation(1e22, 1e12, 0.047, 5.8e-10, "test"),
        growth=Growth(20.0, 6270.0, 205.0, 4e5, "test"),
        diffusion=Diffusion(1e-9, 2.7, -9.257, 565.3, 177.6, "test"),
        polymer_properties=Liquid(Linear(1558.0, -0.94), Linear(1670.0, 3.0), Linear(0.18, -1.7e-4)),
        solvent_properties=Liquid(Linear(1006.0, -0.88), Linear(1942.0, 2.3), Linear(0.139, -1.9e-4)),
    )
