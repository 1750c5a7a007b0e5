"""Thermodynamics of the polymer solution: demixing, melting, nuclei, growth, crystallization."""
