"""Curves behind measurements, in the shape that the figures take."""

from __future__ import annotations

from typing import Any

from percola.measurement import Measurement
from percola.report.data import RunData

_PORE_SIZES = ("average_pore_size", "maximum_pore_size", "bubble_point_pressure", "pore_size_ratio")


def _find(run: RunData, key: str) -> Any:
    """The first evidence of that key among the pore size measurements."""
    for m in run.measurements:
        if m.name in _PORE_SIZES and m.evidence.get(key):
            return m.evidence[key]
    return None


def flow_curves(run: RunData) -> dict[str, Any] | None:
    """``pressure_Pa``, ``wet``, ``dry``, ``half_dry``, ``flow_unit``, ``bubble_point_Pa``, ``mean_flow_Pa``.

    The porometer gives the points that it solved for; below the bubble point the wet flow is nought by
    definition, and the dry flow is proportional to the pressure, so both curves are drawn from the origin.
    """
    curves = _find(run, "curves")
    if not isinstance(curves, dict) or not curves.get("pressure_Pa"):
        return None
    bubble, mean = _pressure(run, "maximum_pore_size"), _pressure(run, "average_pore_size")
    points = sorted(zip(curves["pressure_Pa"], curves["wet"], curves["dry"], strict=True))
    if bubble is not None:
        points = [p for p in points if p[0] >= bubble * (1 - 1e-9)]
        slope = points[0][2] / points[0][0] if points else 0.0
        points = [(0.0, 0.0, 0.0), (bubble, 0.0, slope * bubble), *points]
    return {
        "pressure_Pa": [p for p, _, _ in points],
        "wet": [w for _, w, _ in points],
        "dry": [d for _, _, d in points],
        "flow_unit": "dry flow at the bubble point = 1",
        "bubble_point_Pa": bubble,
        "mean_flow_Pa": mean,
        "liquid": str(_find(run, "liquid") or "ethanol").split(",")[0],
    }


def _with_curves(run: RunData, name: str) -> Measurement | None:
    """The measurement of the box itself, whose evidence holds pressures of that box."""
    for m in run.measurements:
        if m.name == name and m.evidence.get("pressure_Pa") and m.region != "wall":
            return m
    return None


def _pressure(run: RunData, name: str) -> float | None:
    m = _with_curves(run, name)
    return float(m.evidence["pressure_Pa"]) if m is not None else None


def distribution(run: RunData) -> dict[str, Any] | None:
    """``diameter_m`` (falling) and ``larger``, the share of the gas flow through larger pores; the two named
    diameters."""
    curves = _find(run, "curves")
    if not isinstance(curves, dict) or not curves.get("radius_m"):
        return None
    largest, mean = _with_curves(run, "maximum_pore_size"), _with_curves(run, "average_pore_size")
    reference = mean or largest
    if reference is None:
        return None
    # F316 prints a diameter proportional to the throat's radius; the factor stands in the evidence of either.
    factor = float(reference.evidence["f316_diameter_m"]) / float(reference.evidence["throat_radius_m"])
    points = sorted(zip(curves["radius_m"], curves["wet_over_dry"], strict=True), reverse=True)
    diameter = [r * factor for r, _ in points]
    larger = [s for _, s in points]
    if largest is not None:
        diameter, larger = [float(largest.evidence["f316_diameter_m"]), *diameter], [0.0, *larger]
    return {
        "diameter_m": diameter,
        "larger": larger,
        "mean_flow_m": None if mean is None else mean.evidence["f316_diameter_m"],
        "bubble_point_m": None if largest is None else largest.evidence["f316_diameter_m"],
    }


def size_effect(run: RunData) -> dict[str, Any] | None:
    """``series``, each with ``label``, ``points`` (edge, diameter), ``mean`` (edge, diameter, deviation),
    ``predicted`` (thickness, diameter, deviation) and ``wall`` (thickness, diameter, deviation); lengths in
    metres.

    The measurements keep radii of throats; the figure shows diameters as F316 prints them, like everything
    else."""
    series: list[dict[str, Any]] = []
    maximum, average = (run.measurement(n, "wall") for n in ("maximum_pore_size", "average_pore_size"))
    thickness = run.measurement("thickness", "wall")
    effect = maximum.evidence.get("size_effect") if maximum is not None else None
    if maximum is not None and isinstance(effect, dict) and maximum.defined:
        f = _factor(maximum)
        predicted = effect.get("predicted") or {}
        ends = predicted.get("thickness_m") or []
        series.append(
            {
                "label": "largest pore",
                "points": [
                    (edge, f * r)
                    for edge, radii in zip(
                        effect.get("sub_cube_edge_m", []),
                        effect.get("sub_cube_throat_radius_m", []),
                        strict=True,
                    )
                    for r in radii
                    if r > 0
                ],
                "mean": [(e["edge_m"], f * e["mean_m"], f * e["sd_m"]) for e in effect.get("by_edge", [])],
                "predicted": [
                    (t, f * r, f * s)
                    for t, r, s in zip(
                        ends, predicted.get("throat_radius_m", []), predicted.get("error_m", []), strict=True
                    )
                ],
                "wall": (_wall_thickness(thickness, ends), maximum.value, maximum.uncertainty),
            }
        )
    if average is not None and average.defined and average.evidence.get("sub_volume_mean_flow_radius_m"):
        f, e = _factor(average), average.evidence
        ends = [t for one in series for t, _, _ in one["predicted"]]
        series.append(
            {
                "label": "mean flow pore",
                "points": [(e["sub_volume_edge_m"], f * r) for r in e["sub_volume_mean_flow_radius_m"]],
                "mean": [],
                "predicted": [],
                "wall": (_wall_thickness(thickness, ends), average.value, average.uncertainty),
            }
        )
    return {"series": series} if series else None


def _factor(m: Measurement) -> float:
    """F316 diameter over throat radius."""
    return float(m.evidence["f316_diameter_m"]) / float(m.evidence["throat_radius_m"])


def _wall_thickness(thickness: Measurement | None, ends: list[float]) -> float | None:
    if thickness is not None and isinstance(thickness.value, float):
        return thickness.value
    return max(ends) if ends else None


def chords(run: RunData) -> dict[str, Any] | None:
    """Phase -> axis -> ``length_m`` and ``density``, of the chords along the axes."""
    out: dict[str, Any] = {}
    for phase in ("void", "polymer"):
        m = run.measurement(f"mean_{phase}_chord")
        for d in m.evidence.get("directions", ()) if m is not None else ():
            if sorted(map(abs, d["direction"])) != [0.0, 0.0, 1.0] or not d.get("density_1_m"):
                continue
            axis = "xyz"[[abs(x) for x in d["direction"]].index(1.0)]
            lengths = [d["first_bin_centre_m"] + i * d["bin_m"] for i in range(len(d["density_1_m"]))]
            out.setdefault(phase, {})[axis] = {"length_m": lengths, "density": d["density_1_m"]}
    return out or None


def correlation(run: RunData) -> dict[str, Any] | None:
    """Direction -> ``distance_m`` and ``value`` of the two-point correlation, scaled to one at no distance."""
    m = run.measurement("correlation_length")
    if m is None or not m.evidence.get("axes"):
        return None
    out: dict[str, Any] = {}
    for axis in m.evidence["axes"]:
        s2 = axis["s2"]
        porosity = s2[0]
        room = porosity * (1 - porosity)
        if room > 0:
            distance = [i * axis["step_m"] for i in range(len(s2))]
            out[axis["axis"]] = {"distance_m": distance, "value": [(v - porosity**2) / room for v in s2]}
    radial = m.evidence.get("radial")
    if radial:
        out["mean"] = {"distance_m": radial["distance_m"], "value": radial["normalized_covariance"]}
    wavelength = run.measurement("structure_wavelength")
    if wavelength is not None and isinstance(wavelength.value, float):
        out["wavelength_m"] = wavelength.value
    return out if len(out) > 1 else None


def curvature(run: RunData) -> dict[str, Any] | None:
    """The shares of the interface's area by both principal curvatures, in units of the surface per volume."""
    m = run.measurement("mean_curvature")
    found = m.evidence.get("distribution") if m is not None else None
    return dict(found) if found else None


def widths(run: RunData) -> dict[str, Any] | None:
    """Phase -> ``diameter_m`` and ``cumulative`` (share of its volume that is narrower)."""
    out: dict[str, Any] = {}
    for name, phase in (("mean_pore_diameter", "void"), ("mean_strut_diameter", "polymer")):
        m = run.measurement(name)
        found = m.evidence.get("distribution") if m is not None else None
        if found:
            out[phase] = {"diameter_m": found["diameter_m"], "cumulative": found["smaller"]}
    return out or None


def intrusion(run: RunData) -> dict[str, Any] | None:
    """``curves`` (label -> ``diameter_m``, ``saturation``), ``percolating_m`` and the ``residual`` share."""
    m = run.measurement("intruded_fraction")
    curve = m.evidence.get("curve") if m is not None else None
    if not curve or not curve.get("radius_m"):
        return None
    diameter = [2 * r for r in curve["radius_m"]]
    curves = {"intrusion (nothing trapped)": {"diameter_m": diameter, "saturation": curve["saturation"]}}
    if curve.get("saturation_with_trapping"):
        trapped = {"diameter_m": diameter, "saturation": curve["saturation_with_trapping"]}
        curves["drainage (trapping)"] = trapped
    values = {n: run.measurement(n) for n in ("percolating_sphere_diameter", "residual_saturation")}
    number = {n: m.value if m is not None and isinstance(m.value, float) else None for n, m in values.items()}
    return {
        "curves": curves,
        "percolating_m": number["percolating_sphere_diameter"],
        "residual": number["residual_saturation"],
    }


def thickness_profile(run: RunData) -> Any:
    """The profile through the thickness, as :func:`percola.plot.volume_studies.thickness_profile` takes it."""
    import numpy as np

    from percola.measure.profile import Profile, Surface

    for m in run.measurements:
        kept = m.evidence.get("profile") if m.name == "surface_layer_thickness" else None
        if not kept or not kept.get("depth_m"):
            continue

        def array(name: str, kept: Any = kept) -> Any:
            return None if kept.get(name) is None else np.array(kept[name], float)

        return Profile(
            array("depth_m"),
            array("porosity"),
            array("surface_per_volume_1_m"),
            array("chord_m"),
            array("pore_diameter_m"),
            np.zeros(len(kept["depth_m"]), np.int64),
            array("slab_depth_m"),
            kept.get("slabs") or {},
            Surface(bool(kept["low_seen"]), 0.0, 0.0, 0.0),
            Surface(bool(kept["high_seen"]), 0.0, 0.0, 0.0),
            kept.get("layers") or {},
            (),
        )
    return None


def representative(run: RunData, name: str) -> Any:
    """The study of one result against the edge of the sub-volume, as its figure takes it."""
    from percola.measure.representative import RepresentativeStudy

    for m in run.measurements:
        kept = m.evidence.get("study") if m.name == "representative_edge" else None
        if kept and kept["name"] == name:
            seen = [v for each in kept["values"] for v in each]
            if not seen or max(seen) - min(seen) <= 1e-9 * max(map(abs, seen)):
                return None  # nothing, or the same everywhere: no figure
            whole: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in kept.items()}
            whole["values"] = tuple(tuple(v) for v in kept["values"])
            # A scatter that is not known went to disk as null.
            whole["scatter"] = tuple(float("nan") if v is None else v for v in kept["scatter"])
            whole["mean"] = tuple(float("nan") if v is None else v for v in kept["mean"])
            return RepresentativeStudy(**whole, result=m)
    return None


def retention(run: RunData) -> dict[str, Any] | None:
    """``diameter_m``, ``lrv``, ``low``, ``high`` and ``bound`` (at least) of the particles that were followed."""
    m = run.measurement("lrv")
    rows = [
        r for r in (m.evidence.get("lrv_curve") or () if m is not None else ()) if r.get("lrv") is not None
    ]
    if not rows:
        return None
    lrv = [float(r["lrv"]) for r in rows]
    error = [float(r.get("uncertainty") or 0.0) for r in rows]
    return {
        "diameter_m": [r["diameter_m"] for r in rows],
        "lrv": lrv,
        "low": [v - e for v, e in zip(lrv, error, strict=True)],
        "high": [v + e for v, e in zip(lrv, error, strict=True)],
        "bound": [bool(r.get("lower_bound")) for r in rows],
    }
