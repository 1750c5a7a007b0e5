"""The report: one self-contained HTML file, built only from a run directory."""

from percola.report.build import build

__all__ = ["build"]
