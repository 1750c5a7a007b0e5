"""A run directory made up for the tests of report and plots: the shapes of the files are real, the numbers
are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from percola.judge import judge, structure_class
from percola.measurement import Check, Measurement
from percola.store import RunDirectory

RECIPE = """\
schema_version = 1
name = "Example 7"
description = "46.6 wt% PVDF (Mw 3.62e5) in DEP, T_s 145 degC, hollow fibre, DOP bath"

[[polymers]]
polymer = "PVDF"
weight_average_molecular_weight = "3.62e5 g/mol"
amount = "46.6 parts"

[[solvents]]
liquid = "DEP"
amount = "53.4 parts"

[dissolution]
temperature = "145 degC"

[shaping]
method = "extruder"
screw = "twin-screw"

[shaping.die]
kind = "hollow"
inside_diameter = "0.9 mm"
outside_diameter = "1.7 mm"
bore_gas = "air"
bore_gas_flow = "10 ml/min"

[cooling]
method = "liquid"
media = [{liquid = "DOP"}]

[extraction]
liquids = [{liquid = "DCM"}]
time = "1 h"

[drying]
method = "room"
"""


def field(n: int, wavelength: float, seed: int) -> np.ndarray:
    """A periodic band-limited random field of unit variance."""
    rng = np.random.default_rng(seed)
    k = np.fft.fftfreq(n) * n
    kx, ky, kz = np.meshgrid(k, k, np.fft.rfftfreq(n) * n, indexing="ij")
    radius = np.sqrt(kx**2 + ky**2 + kz**2)
    shell = np.exp(-((radius - n / wavelength) ** 2) / (2 * (0.2 * n / wavelength) ** 2))
    g = np.fft.irfftn(np.fft.rfftn(rng.standard_normal((n, n, n))) * shell, s=(n, n, n), axes=(0, 1, 2))
    return (g / g.std()).astype(np.float32)


def measurements(ratio: float = 1.5) -> list[Measurement]:
    """Measurements of a run, with evidence, checks and one that is not defined."""
    average, tension = 0.15e-6, 21.97
    radius = np.array([0.097, 0.092, 0.085, 0.078, 0.07, 0.06, 0.05]) * 1e-6 * ratio / 1.5 + 0.02e-6
    share = np.array([0.04, 0.12, 0.3, 0.55, 0.78, 0.93, 0.99])
    pressure = 2 * tension * 1e-3 / radius
    bubble_radius = radius[0] * 1.03
    bubble = 2 * tension * 1e-3 / bubble_radius
    curves: dict[str, Any] = {
        "pressure_Pa": pressure.tolist(),
        "radius_m": radius.tolist(),
        "wet_over_dry": share.tolist(),
        "wet": (share * pressure / bubble).tolist(),
        "dry": (pressure / bubble).tolist(),
        "half_dry": (0.5 * pressure / bubble).tolist(),
    }
    mean_radius = float(np.interp(0.5, share, radius))

    def pore(r: float) -> dict[str, Any]:
        p = 2 * tension * 1e-3 / r
        return {"pressure_Pa": p, "throat_radius_m": r, "f316_diameter_m": 2860 * tension / p * 1e-6}

    edges = np.array([0.8, 1.25, 2.5]) * 1e-6
    rng = np.random.default_rng(3)
    wall_radius = average * ratio / 2 / 0.715
    box_means = [1.10 * wall_radius, 1.06 * wall_radius, 1.03 * wall_radius]
    span = np.geomspace(edges[0], 372e-6, 16)
    size_effect = {
        "sub_cube_edge_m": edges.tolist(),
        "sub_cube_throat_radius_m": [
            (m * (1 + 0.12 * (0.8e-6 / e) * rng.standard_normal(n))).tolist()
            for m, e, n in zip(box_means, edges, (40, 16, 3), strict=True)
        ],
        "by_edge": [
            {"edge_m": float(e), "mean_m": m, "sd_m": 0.1 * m * 0.8e-6 / float(e)}
            for e, m in zip(edges, box_means, strict=True)
        ],
        "predicted": {
            "thickness_m": span.tolist(),
            "throat_radius_m": (wall_radius * (1 + 0.1 * (0.8e-6 / span))).tolist(),
            "error_m": (wall_radius * (0.03 + 0.08 * (0.8e-6 / span))).tolist(),
        },
    }
    field_check = Check(
        "field of the picture", "warn", "lines of 2.4 um drawn (the largest available) for a field of 16 um"
    )
    method = "EP 1063256 para. 89"
    return [
        Measurement("porosity", 0.553, "1", 0.011, f"{method}(7)", "core", citations=("ep1063256",)),
        Measurement("through_porosity", 0.548, "1", 0.011, f"{method}; both faces", "core"),
        Measurement("isolated_void_fraction", 0.006, "1", None, f"{method}; neither face", "core"),
        Measurement("polymer_network_share", 0.998, "1", None, f"{method}; largest cluster", "core"),
        Measurement("degree_of_anisotropy", 0.07, "1", 0.03, f"{method} (chords)", "polymer"),
        Measurement("saddle_area_fraction", 0.79, "1", None, f"{method} (structure)", "interface"),
        Measurement("polymer_convex_area_fraction", 0.15, "1", None, f"{method} (structure)", "interface"),
        Measurement("void_convex_area_fraction", 0.06, "1", None, f"{method} (structure)", "interface"),
        Measurement("mean_curvature", 0.6e6, "1/m", None, f"{method} (structure)", "interface"),
        Measurement("core_sphericity", 0.27, "1", None, f"{method} (structure)", "polymer"),
        Measurement("core_sphericity", 0.29, "1", None, f"{method} (structure)", "void"),
        Measurement("neck_ratio", 0.76, "1", None, f"{method} (structure)", "polymer"),
        Measurement("neck_ratio", 0.79, "1", None, f"{method} (structure)", "void"),
        Measurement("sem_average_pore_size", 0.31e-6, "m", 2e-8, f"{method}(3)", "section", (field_check,)),
        Measurement("surface_to_internal_pore_ratio", 1.18, "1", 0.12, f"{method}(3)", "outer_surface"),
        Measurement(
            "average_pore_size", 0.152e-6, "m", 0.004e-6, f"{method}(5); ASTM F316", "core", (),
            {**pore(mean_radius), "curves": curves}, ("ep1063256", "astmf316"),
        ),
        Measurement(
            "maximum_pore_size", 0.24e-6, "m", 0.006e-6, f"{method}(6); ASTM F316, E128", "core", (),
            pore(float(bubble_radius)), ("astmf316", "astme128"),
        ),
        Measurement(
            "average_pore_size", average, "m", 0.006e-6, f"{method}(5), taken to the wall", "wall", (),
            {
                **pore(average / 2 / 0.715),
                "sub_volume_edge_m": 1.25e-6,
                "sub_volume_mean_flow_radius_m": (average * (0.7 + 0.03 * rng.standard_normal(8))).tolist(),
            },
        ),
        Measurement(
            "maximum_pore_size", average * ratio, "m", 0.011e-6, f"{method}(6), whole wall", "wall", (),
            {**pore(wall_radius), "size_effect": size_effect},
        ),
        Measurement("bubble_point_pressure", 0.39e6, "Pa", 0.01e6, f"{method}(6)", "wall"),
        Measurement("pore_size_ratio", ratio, "1", 0.09, "para. 16", "wall"),
        Measurement("water_permeability", 8.6e-10, "m/(s.Pa)", 0.5e-10, f"{method}(9), inner area", "wall"),
        Measurement("thickness", 372e-6, "m", 4e-6, f"{method}(4)", "wall"),
        Measurement("inside_diameter", 0.842e-3, "m", 0.006e-3, "volume balance", "wall"),
        Measurement("outside_diameter", 1.586e-3, "m", 0.008e-3, "volume balance", "wall"),
        Measurement("weight_average_molecular_weight", 362.0, "kg/mol", 5.0, f"{method}(1), recipe", "wall"),
        Measurement("breaking_strength", None, "Pa", None, f"{method}(8)", "wall", reason="not computed yet"),
        Measurement("euler_number", -412.0, "1", None, f"{method} (structure)", "void"),
    ]  # fmt: skip


def phase_diagram() -> dict[str, Any]:
    w = np.linspace(0.02, 0.7, 35)
    cloud = 375 - 210 * (w - 0.12) ** 2 - 40 * np.exp(-w / 0.03)
    t_s = np.arange(408.15, 463.15, 5.0)
    lines = [
        {"dissolution_K": t, "temperature_K": (330 + 90 * w**0.35 - 0.55 * (t - 408)).tolist()}
        for t in (408.15, 418.15, 428.15, 438.15)
    ]
    return {
        "polymer": "PVDF",
        "solvent": "DEP",
        "weight_fraction": w.tolist(),
        "volume_fraction": (w * 0.8).tolist(),
        "cloud_point_K": [None, *cloud[1:].tolist()],
        "spinodal_K": (cloud - 6 - 30 * w).tolist(),
        "melting_K": (345 + 105 * w**0.3).tolist(),
        "crystallization": lines,
        "cooling_rate_K_s": 2 / 60,
        "tc_against_ts": {
            "weight_fractions": [0.3, 0.35, 0.4],
            "dissolution_K": t_s.tolist(),
            "crystallization_K": [(355 + c + 22 / (1 + np.exp((t_s - 430) / 8))).tolist() for c in (0, 3, 6)],
        },
        "critical": {"phi": 0.09, "w": 0.12, "T_K": 375.0},
        "recipe": {"w": 0.466, "phi": 0.37, "dissolution_K": 418.15},
    }


def thermal() -> dict[str, Any]:
    t = np.concatenate([[0.0], np.geomspace(1e-3, 30, 80)])
    traces = {
        name: (293.15 + 125 * np.exp(-t / tau)).tolist()
        for name, tau in (("core", 1.1), ("outer_surface", 0.12), ("inner_surface", 2.4))
    }
    crystallized = {k: (1 / (1 + np.exp((np.array(v) - 348) / 3))).tolist() for k, v in traces.items()}
    return {"time_s": t.tolist(), "traces": traces, "crystallized": crystallized, "wall": {}}


def gel() -> dict[str, Any]:
    t = np.geomspace(0.05, 3, 40)
    out = {}
    for region, stop in (("core", 1.4), ("outer_surface", 0.25)):
        out[region] = {
            "time_s": t.tolist(),
            "temperature_K": (293.15 + 125 * np.exp(-t / stop)).tolist(),
            "energy": (-t).tolist(),
            "structure_length_m": (0.28e-6 * np.minimum(t, stop) ** 0.25).tolist(),
            "crystallinity": (1 / (1 + (stop / t) ** 5)).tolist(),
            "dt_s": (0.01 * t).tolist(),
        }
    return out


def make(root: Path, n: int = 32, ratio: float = 1.5, specimen: str | None = "patent:Ex7") -> Path:
    """Write a whole run directory below ``root`` and return its path."""
    found = measurements(ratio)
    found.append(structure_class(found))
    reported = {
        "porosity": {"value": 0.546, "unit": "1"},
        "average_pore_size": {"value": 0.14e-6, "unit": "m"},
        "maximum_pore_size": {"value": 0.21e-6, "unit": "m"},
        "pore_size_ratio": {"value": 1.5, "unit": "1"},
        "water_permeability": {"value": 300 / 3.6e6 / 101325, "unit": "m/(s.Pa)"},
        "inside_diameter": {"value": 0.84e-3, "unit": "m"},
        "outside_diameter": {"value": 1.59e-3, "unit": "m"},
        "breaking_strength": {"value": 139 * 98066.5, "unit": "Pa"},
        "structure_class": {"value": "percolation", "unit": ""},
    }
    with RunDirectory.open(root, "0a1b2c3d4e5f") as run:
        run.write_text("recipe.toml", RECIPE)
        run.write_json(
            "findings.json",
            [
                {
                    "grade": "outside_preferred",
                    "field": "polymers[0].amount",
                    "paragraph": "para. 67",
                    "found": "46.6 wt% of polymer",
                    "allowed": "10 to 40 wt%",
                    "remedy": "",
                }
            ],
        )
        run.write_json(
            "solution.json",
            {
                "chi": {"value": 0.712, "unit": "1", "uncertainty": 0.05, "source": "lindvig2002"},
                "melting_temperature": {
                    "value": 418.2,
                    "unit": "K",
                    "uncertainty": 4.0,
                    "source": "nishiwang1975",
                },
                "self_nuclei_density": {
                    "value": 3.2e18,
                    "unit": "1/m3",
                    "uncertainty": 2e18,
                    "source": "fit",
                },
            },
        )
        run.write_json("phase_diagram.json", phase_diagram())
        run.finish("thermo", seconds=0.4)
        run.write_json("thermal.json", thermal())
        run.finish("quench", seconds=0.9)
        run.write_json("gel.json", gel())
        for i, region in enumerate(("core", "outer_surface")):
            g = field(n, 16.0 if n >= 48 else 10.0, 5 + i)
            level = (g - np.quantile(g, 0.55)) * 3
            arrays = {
                "phi": (0.35 + 0.2 * np.tanh(g)).astype(np.float32),
                "psi": np.clip(0.5 + 0.4 * np.tanh(2 * level), 0, 1).astype(np.float32),
                "void": level < 0,
                "level": level,
            }
            run.write_fields(region, 0, arrays, spacing_m=2.5e-6 / n, periodic=(True, True, False))
        run.finish("gel", seconds=71.0)
        run.write_json("measurements.json", {"measurements": [m.to_dict() for m in found]})
        run.finish("measure", seconds=18.3)
        run.write_json("verdicts.json", {"verdicts": [v.to_dict() for v in judge(found)]})
        run.finish("judge", seconds=0.02)
        run.update_manifest(
            status="finished",
            specimen=specimen,
            seed=1,
            device="cpu",
            dtype="float32",
            size=n,
            citations=["ep1063256", "flory1953", "cahnhilliard1958"],
            notes=["The box holds 6.1 structure lengths across.", "Hydrodynamic coarsening is left out."],
            parameters={"chi_A": 0.34, "chi_B_K": 155.2, "nuclei": {"total_1_per_m3": 1e20}},
            reported=reported if specimen else {},
        )
        return run.path


if __name__ == "__main__":
    import sys

    print(make(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 96))
