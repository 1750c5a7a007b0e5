"""The bench: files of laboratory instruments -> tables -> analyses -> measurements.

Each method lives in a package of its own: ``spec.py`` says what it needs (light: the command line reads it), and
``method.py`` turns files and settings into an :class:`Analysis`; :func:`analyse` brings the two together.
"""

from percola.lab.analysis import Analysis, ResultTable, SourceFacts
from percola.lab.methods import METHODS, analyse, method
from percola.lab.setting import Setting
from percola.lab.wanted import Wanted

__all__ = ["METHODS", "Analysis", "ResultTable", "Setting", "SourceFacts", "Wanted", "analyse", "method"]
