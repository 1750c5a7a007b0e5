"""Percola: a virtual laboratory for microporous membranes made by cooling a solution into a two-phase gel.

The way through the house is one line: recipe -> thermo -> quench -> gel -> membrane -> measure -> judge -> report.
Each stage is a function from one frozen noun to the next; ``percola.pipeline`` is the only composer.
"""

from percola._version import __version__

__all__ = ["__version__"]
