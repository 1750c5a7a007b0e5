"""``percola doctor``: what this machine can run, measured here and now, without a network."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from percola._version import __version__

FFT_SIZE = 64
SIZES = (64, 96, 128, 192, 256, 384, 512)


def examine() -> dict[str, Any]:
    """What ``percola doctor`` shows, as plain data in SI; ``problems`` holds what should be mended."""
    problems: list[dict[str, str]] = []
    memory = memory_bytes()
    jax = jax_facts(problems)
    facts: dict[str, Any] = {
        "percola": __version__,
        "python": {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "executable": sys.executable,
        },
        "system": {
            "platform": platform.platform(),
            "machine": platform.machine(),
            "processor": processor(),
            "cores": os.cpu_count(),
            "usable_cores": usable_cores(),
            "memory_bytes": memory["total"],
            "available_memory_bytes": memory["available"],
        },
        "jax": jax,
        "numba": numba_facts(problems),
        "directories": directories(problems),
        "dependencies": dependencies(problems),
        "sizes": sizes(memory["available"]),
        "problems": problems,
    }
    return facts


def processor() -> str:
    """Name of the processor in words."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def usable_cores() -> int:
    """Cores that this process may use: affinity and, in a Linux container, the processor quota."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        cores = os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        if quota != "max":
            cores = min(cores, max(1, round(int(quota) / int(period))))
    return cores


def memory_bytes() -> dict[str, int | None]:
    """Total and available memory [B] as this process may use it; None where the system does not say."""
    total: int | None = None
    available: int | None = None
    with contextlib.suppress(OSError, ValueError):
        fields = {}
        for line in Path("/proc/meminfo").read_text().splitlines():
            name, _, rest = line.partition(":")
            fields[name] = int(rest.split()[0]) * 1024
        total, available = fields.get("MemTotal"), fields.get("MemAvailable")
    if total is None and sys.platform == "win32":
        total, available = _windows_memory_bytes()
    if total is None:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    # A container may allow less than the machine has.
    with contextlib.suppress(OSError, ValueError):
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
        if limit != "max":
            total = min(total or int(limit), int(limit))
            free = max(0, int(limit) - used)
            available = free if available is None else min(available, free)
    return {"total": total, "available": available}


def _windows_memory_bytes() -> tuple[int | None, int | None]:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            ("total", ctypes.c_ulonglong),
            ("available", ctypes.c_ulonglong),
            ("rest", ctypes.c_ulonglong * 5),
        )

    status = Status()
    status.length = ctypes.sizeof(Status)
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  (the attribute exists on Windows only)
    if not kernel.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None, None
    return int(status.total), int(status.available)


def jax_facts(problems: list[dict[str, str]]) -> dict[str, Any]:
    """Backend, devices, float64, the time of one real transform and back; why there is no GPU, if so."""
    try:
        import jax
        import jax.numpy as jnp

        backend = jax.default_backend()
        devices = [f"{d.platform}:{d.id} {d.device_kind}" for d in jax.devices()]
    except Exception as error:
        problems.append(
            {
                "what": f"JAX does not start: {_first_line(error)}",
                "remedy": "reinstall with the constraints file, or set JAX_PLATFORMS=cpu",
            }
        )
        return {"backend": None, "devices": [], "gpu": None, "float64": False, "fft": None}
    float64 = False
    with contextlib.suppress(Exception), jax.enable_x64(True):
        float64 = bool(jnp.asarray(1.0 + 2.0**-40, dtype=jnp.float64) != 1.0)
    if not float64:
        problems.append({"what": "JAX gives no float64", "remedy": "update jax; --dtype float32 still works"})
    return {
        "backend": backend,
        "devices": devices,
        "gpu": None if backend != "cpu" else no_gpu_because(),
        "float64": float64,
        "fft": {"size": FFT_SIZE, "dtype": "float32", "seconds": fft_seconds(FFT_SIZE)},
    }


def no_gpu_because() -> str:
    """Why JAX computes on the CPU."""
    from importlib import metadata

    chosen = os.environ.get("JAX_PLATFORMS", "")
    if chosen and "cuda" not in chosen and "gpu" not in chosen:
        return f"JAX_PLATFORMS={chosen} keeps JAX on it"
    driver = Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None
    if not driver:
        return "no NVIDIA driver on this machine"
    plugins = [d for d in ("jax-cuda13-plugin", "jax-cuda12-plugin") if _installed(metadata, d)]
    if not plugins:
        return "an NVIDIA driver is here, but not JAX's part for it: pip install 'percola[cuda]'"
    try:
        import jax

        jax.devices("cuda")
    except Exception as error:
        return f"{plugins[0]} is here but does not start: {_first_line(error)}"
    return "it was not chosen as the default"


def _installed(metadata: Any, name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]


def fft_seconds(size: int, repeats: int = 5) -> float:
    """Wall time [s] of one real 3D transform and its inverse, size^3, float32: the best of ``repeats``."""
    import jax
    import jax.numpy as jnp

    def there_and_back(field: Any) -> Any:
        return jnp.fft.irfftn(jnp.fft.rfftn(field), s=field.shape)

    compiled = jax.jit(there_and_back)
    field = jnp.ones((size, size, size), dtype=jnp.float32)
    compiled(field).block_until_ready()
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        compiled(field).block_until_ready()
        best = min(best, time.perf_counter() - start)
    return best


def numba_facts(problems: list[dict[str, str]]) -> dict[str, Any]:
    """Threads of Numba."""
    try:
        import numba
    except Exception as error:
        problems.append(
            {
                "what": f"Numba does not start: {_first_line(error)}",
                "remedy": "reinstall with the constraints file",
            }
        )
        return {"version": None, "threads": None}
    return {"version": numba.__version__, "threads": int(numba.get_num_threads())}


def directories(problems: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Where Percola writes: the folder for runs, the cache of kernels, temporary files."""
    wanted = {
        "runs": Path.cwd() / "runs",
        "kernel cache": Path(os.environ.get("NUMBA_CACHE_DIR") or Path(__file__).resolve().parents[1]),
        "temporary files": Path(tempfile.gettempdir()),
    }
    rows = []
    for use, path in wanted.items():
        writable = _writable(path)
        rows.append({"use": use, "path": str(path), "writable": writable, "free_bytes": _free_bytes(path)})
        if not writable and use == "kernel cache":
            remedy = "set NUMBA_CACHE_DIR to a folder you may write to, or each start compiles anew"
            problems.append({"what": f"{path} is not writable", "remedy": remedy})
        elif not writable:
            remedy = "change to another folder, or name one with --out" if use == "runs" else "set TMPDIR"
            problems.append({"what": f"{path} is not writable", "remedy": remedy})
    return rows


def _existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _writable(path: Path) -> bool:
    """Whether a file can be made there (or in the nearest folder above that exists): tried, not asked."""
    try:
        with tempfile.TemporaryFile(dir=_existing(path)):
            return True
    except OSError:
        return False


def _free_bytes(path: Path) -> int | None:
    try:
        return shutil.disk_usage(_existing(path)).free
    except OSError:
        return None


def dependencies(problems: list[dict[str, str]]) -> dict[str, str | None]:
    """Installed versions of the packages that Percola needs to run."""
    import re
    from importlib import metadata

    try:
        requirements = metadata.requires("percola") or []
    except metadata.PackageNotFoundError:
        problems.append(
            {"what": "percola is not installed, only found on the path", "remedy": "pip install -e ."}
        )
        return {}
    versions: dict[str, str | None] = {}
    for requirement in requirements:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = None
            problems.append(
                {"what": f"{name} is missing", "remedy": f"pip install -c constraints.txt '{requirement}'"}
            )
    return dict(sorted(versions.items()))


def sizes(available_bytes: int | None) -> list[dict[str, Any]]:
    """Estimated memory [B] and time [s] of a run at each size, and whether the memory is there now."""
    from percola.pipeline import Settings, estimate

    rows = []
    for size in SIZES:
        need = estimate(Settings(size=size))
        fits = None if available_bytes is None else need.memory_bytes <= available_bytes
        rows.append({"size": size, "bytes": need.memory_bytes, "seconds": need.seconds, "fits": fits})
    return rows


def show(facts: Mapping[str, Any]) -> None:
    """The same for a person."""
    from rich.table import Table

    from percola.cli.output import console
    from percola.report.numbers import duration

    out = console()
    system, jax, numba = facts["system"], facts["jax"], facts["numba"]
    table = Table.grid(padding=(0, 2))
    table.add_row("Percola", facts["percola"])
    table.add_row("Python", f"{facts['python']['version']} ({facts['python']['executable']})")
    table.add_row("System", system["platform"])
    table.add_row(
        "Processor", f"{system['processor']}, {system['usable_cores']} of {system['cores']} cores usable"
    )
    table.add_row(
        "Memory", f"{_GiB(system['memory_bytes'])}, {_GiB(system['available_memory_bytes'])} available now"
    )
    table.add_row(
        "JAX", f"{facts['dependencies'].get('jax')} on {jax['backend']}: {', '.join(jax['devices'])}"
    )
    if jax["gpu"]:
        table.add_row("", f"no GPU: {jax['gpu']}")
    table.add_row("float64", "yes" if jax["float64"] else "no")
    if jax["fft"]:
        size = jax["fft"]["size"]
        table.add_row(
            "Speed",
            f"{size}³ transform and back in {jax['fft']['seconds'] * 1e3:.1f} ms ({jax['fft']['dtype']})",
        )
    table.add_row("Numba", f"{numba['version']}, {numba['threads']} threads")
    for row in facts["directories"]:
        state = "writable" if row["writable"] else "NOT writable"
        table.add_row(row["use"].capitalize(), f"{row['path']}: {state}, {_GiB(row['free_bytes'])} free")
    out.print(table)
    versions = ", ".join(f"{k} {v or 'missing'}" for k, v in facts["dependencies"].items())
    out.print(f"\nPackages: {versions}\n", soft_wrap=False)
    fits = Table("Size", "Memory", "Time, about", "Fits now", box=None, pad_edge=False)
    for row in facts["sizes"]:
        verdict = {True: "yes", False: "no", None: "not known"}[row["fits"]]
        fits.add_row(f"{row['size']}³", _GiB(row["bytes"]), duration(row["seconds"]), verdict)
    out.print(fits)
    for problem in facts["problems"]:
        out.print(f"\nProblem: {problem['what']}\n  what to do: {problem['remedy']}")
    if not facts["problems"]:
        out.print("\nNo problems found.")


def _GiB(number: float | None) -> str:
    return "not known" if number is None else f"{number / 2**30:.1f} GiB"
