"""Compiled kernels of the reduced model kept between commands: the first prediction of a machine compiles, the next ones load."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from pathlib import Path

FOLDER = "PERCOLA_CACHE_DIR"
"""Environment variable: another folder; empty: keep nothing."""


def folder() -> Path | None:
    """Where compiled kernels are kept; None where they are not to be.

    A folder for each kind of processor: code compiled for one may not run on another that shares the home directory.
    """
    said = os.environ.get(FOLDER)
    if said is not None:
        base = Path(said) if said.strip() else None
    elif sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        base = Path(local) / "percola" / "cache" if local else None
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches" / "percola"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "percola"
    return None if base is None else base / f"compiled-{_processor()}"


def _processor() -> str:
    """Short hash of the processor's instruction set, as far as the system tells."""
    said = [platform.machine(), platform.processor()]
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        said += sorted({line for line in lines if line.startswith(("flags", "Features", "model name"))})
    except OSError:
        pass
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:8]


def keep() -> None:
    """Let JAX keep and find compiled kernels; where the folder cannot be written it compiles, as without."""
    if os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        return  # the person has a place of their own
    try:
        found = folder()
    except RuntimeError:  # no home directory
        return
    if found is None:
        return
    import jax

    jax.config.update("jax_compilation_cache_dir", str(found))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
