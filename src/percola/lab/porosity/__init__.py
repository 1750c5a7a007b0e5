"""Porosity from weights, dimensions and densities."""
