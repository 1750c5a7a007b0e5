"""The two-phase gel: phase field of demixing and crystallization (Cahn-Hilliard with Allen-Cahn) in JAX."""

import jax

# Fields are float32 or float64 as asked; clocks and coefficients are always float64, hence x64 must be allowed.
jax.config.update("jax_enable_x64", True)
