"""What the numbers of a run were made with: versions of the program, of Python and of the libraries
underneath.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
from typing import Any

#: Distributions whose version can change a number or a file of a run.
LIBRARIES = (
    "numpy",
    "scipy",
    "jax",
    "jaxlib",
    "numba",
    "edt",
    "connected-components-3d",
    "scikit-image",
    "pydantic",
    "pint",
    "zarr",
    "matplotlib",
    "plotly",
)


def environment() -> dict[str, Any]:
    """Versions of Percola, Python and the libraries that a run's numbers rest on, and the machine's kind."""
    from percola import __version__

    versions: dict[str, str] = {}
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "percola": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "libraries": versions,
    }
