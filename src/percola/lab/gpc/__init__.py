"""Molecular weight from a chromatogram, paragraph 89(1)."""
