"""See :mod:`percola.thermo.varied`."""

from percola.thermo.varied import MEMORY_SHIFT, PHYSICAL, varied, varied_solution

__all__ = ["MEMORY_SHIFT", "PHYSICAL", "varied", "varied_solution"]
