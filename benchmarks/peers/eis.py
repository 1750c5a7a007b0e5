"""Resistance from impedance spectra beside impedance.py, on the same spectra in the same run.

    python benchmarks/peers/eis.py [--spectra 20] [--peer-python PYTHON]

Spectra: seeded ones of ``percola.lab.eis.synthetic`` (12 ohm, lead inductance, constant-phase spike, 0.3 % noise), and
ones with a semicircle of the membrane's bulk. Each program fits the right circuit; impedance.py is given good starting
values (ours takes none), fitted as it is (unweighted) and weighted by the modulus. Then the linear Kramers-Kronig test of
both. Printed: mean error of R over all spectra, its scatter, the mean standard deviation stated, and process CPU time per
spectrum. impedance.py is skipped where it is not installed; ``--peer-python`` names an interpreter that has it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

CASES = ("L-R-Q", "L-R-(RQ)-Q")
TRUE_OHM = {"L-R-Q": 12.0, "L-R-(RQ)-Q": 5020.0}


def spectra(case: str, count: int) -> tuple[Any, Any]:
    """Frequencies and impedances (count, N)."""
    from percola.lab.eis.synthetic import Analyser, Cell

    cell = (
        Cell(12.0, 3e-7) if case == "L-R-Q" else Cell(5000.0, 1e-5, spike_Q=2e-6, lead_ohm=20.0, bulk_F=1e-9)
    )
    analyser = Analyser(noise=0.003)
    return analyser.frequencies_Hz(), np.array([analyser.measure(cell, s)[1] for s in range(count)])


def ours(case: str, f: Any, zs: Any) -> dict[str, Any]:
    """The circuit given, and the whole reading with the choice among all circuits."""
    from percola.lab.eis.circuits import fit
    from percola.lab.eis.intercept import read_resistance
    from percola.lab.eis.kramers import kramers_kronig
    from percola.lab.eis.spectrum import Spectrum

    out: dict[str, Any] = {}
    start = time.process_time()
    fits = [fit(case, f, z) for z in zs]
    seconds = (time.process_time() - start) / len(zs)
    names = ("R", "R1") if "(RQ)" in case else ("R",)
    found = [m for m in fits if m is not None]
    out["ours, this circuit"] = row(
        [sum(m.value(n) for n in names) for m in found], [m.error(*names) for m in found], case, seconds
    )
    start = time.process_time()
    read = [read_resistance(Spectrum("", "", f, z), arc="bulk") for z in zs]
    seconds = (time.process_time() - start) / len(zs)
    out["ours, whole reading"] = row(
        [float(r.value_ohm) for r in read if r.value_ohm is not None],
        [r.uncertainty_ohm for r in read if r.value_ohm is not None],
        case,
        seconds,
    )
    start = time.process_time()
    tests = [kramers_kronig(f, z) for z in zs]
    seconds = (time.process_time() - start) / len(zs)
    out["ours, Kramers-Kronig"] = {
        "residual": float(np.mean([k.rms for k in tests])),
        "cpu_ms": 1e3 * seconds,
        "terms": float(np.mean([k.terms for k in tests])),
    }
    return out


def row(values: list[float], errors: list[float], case: str, seconds: float) -> dict[str, float]:
    """Mean error, scatter and stated standard deviation, relative to the truth."""
    true = TRUE_OHM[case]
    return {
        "error": float(np.mean(values)) / true - 1,
        "scatter": float(np.std(values)) / true,
        "stated": float(np.mean(errors)) / true,
        "cpu_ms": 1e3 * seconds,
        "spectra": len(values),
    }


def peer(case: str, f: Any, zs: Any) -> dict[str, Any]:
    """impedance.py, with starting values within a factor of 1.5 of the truth."""
    import warnings

    warnings.simplefilter("ignore")
    # linKK of 1.7.1 writes numbers as text and reads them back, which needs the text of NumPy 1.
    np.set_printoptions(legacy="1.25")
    from impedance.models.circuits import CustomCircuit
    from impedance.validation import linKK

    guess = (
        [4e-7, 15.0, 1.5e-5, 0.85] if case == "L-R-Q" else [1.2e-5, 30.0, 6000.0, 1.2e-9, 0.95, 1.5e-6, 0.85]
    )
    text = "L0-R0-CPE0" if case == "L-R-Q" else "L0-R0-p(R1,CPE1)-CPE0"
    places = [1] if case == "L-R-Q" else [1, 2]
    out: dict[str, Any] = {}
    for name, weighted in (("impedance.py", False), ("impedance.py, weighted by modulus", True)):
        values, errors, failed = [], [], 0
        start = time.process_time()
        for z in zs:
            circuit = CustomCircuit(text, initial_guess=guess)
            try:
                circuit.fit(f, z, weight_by_modulus=weighted)
            except Exception:
                failed += 1
                continue
            values.append(float(sum(circuit.parameters_[i] for i in places)))
            errors.append(float(math.hypot(*(circuit.conf_[i] for i in places))))
        seconds = (time.process_time() - start) / len(zs)
        if values:
            out[name] = {**row(values, errors, case, seconds), "failed": failed}
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        tests = [linKK(f, z, c=0.85, max_M=100, fit_type="complex", add_cap=True) for z in zs]
    seconds = (time.process_time() - start) / len(zs)
    out["impedance.py, linKK with capacitance"] = {
        "residual": float(np.mean([math.sqrt(float(np.mean(t[3] ** 2 + t[4] ** 2)) / 2) for t in tests])),
        "cpu_ms": 1e3 * seconds,
        "terms": float(np.mean([t[0] for t in tests])),
    }
    return out


def main() -> None:
    """Run both and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spectra", type=int, default=20)
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--peer-file", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer_file:
        data = np.load(arguments.peer_file)
        print(json.dumps({c: peer(c, data["f_" + c], data["z_" + c]) for c in CASES}))
        return
    made = {c: spectra(c, arguments.spectra) for c in CASES}
    found = {c: ours(c, *made[c]) for c in CASES}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spectra.npz"
        np.savez(file, **{f"{k}_{c}": v for c in CASES for k, v in zip("fz", made[c], strict=True)})  # type: ignore[arg-type]
        run = subprocess.run(
            [arguments.peer_python, __file__, "--peer-file", str(file)],
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode == 0:
        for case, rows in json.loads(run.stdout).items():
            found[case].update(rows)
    else:
        print(
            "impedance.py skipped:", run.stderr.strip().splitlines()[-1] if run.stderr.strip() else "failed"
        )
    for case, rows in found.items():
        print(f"\n{case}, {TRUE_OHM[case]:g} ohm, {arguments.spectra} spectra of 61 points")
        for name, r in rows.items():
            if "residual" in r:
                print(
                    f"  {name:38s} residual {100 * r['residual']:.3f} %  terms {r['terms']:.1f}  {r['cpu_ms']:.1f} ms CPU"
                )
            else:
                print(
                    f"  {name:38s} error {100 * r['error']:+.4f} %  scatter {100 * r['scatter']:.4f} %  stated "
                    f"{100 * r['stated']:.4f} %  {r['cpu_ms']:.1f} ms CPU  ({r['spectra']} fitted)"
                )


if __name__ == "__main__":
    main()
