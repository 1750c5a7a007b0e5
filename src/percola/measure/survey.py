"""Every method on one voxel structure, group by group, each kept as soon as it is done.

A *group* is a set of measurements that share their work. :func:`survey` runs the groups wanted one after the other and
hands each finished one to the caller, who may write it down: an interrupted survey goes on with the groups that are left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path

import numpy as np

from percola.errors import InputError, PercolaError
from percola.measure._volume import BoolVolume, FloatVolume, Periodic, checked, unoriented
from percola.measure.flow.liquids import ETHANOL, WettingLiquid
from percola.measure.flow.permeability import WallGeometry
from percola.measure.flow.porometer import Voids, prepare
from percola.measure.form import CHORDS, CORRELATION, SKELETON, TOPOLOGY
from percola.measure.structure import DESCRIPTORS, FLOW, OPENNESS, POROMETRY, Box, measure_realizations
from percola.measure.voids.widest import widest_path
from percola.measurement import Check, Measurement

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Options:
    """What a survey needs to know beside the structure.

    Attributes:
        axis: direction of flow, through the wall.
        wall: the membrane the volume was cut from; pore sizes are then extrapolated to it and the water permeability given.
        liquid: wetting liquid of the porometer.
        electrolyte_conductivity_S_m, electrolyte_uncertainty_S_m: of the liquid in the voids, for `ionic_conductivity`.
        electrolyte_name, electrolyte_source: of that liquid, for the record.
        polymer_modulus_Pa, polymer_modulus_uncertainty_Pa: Young's modulus of the polymer; without it moduli are relative.
        poissons_ratio: of the polymer; between 0.3 and 0.4 the relative modulus moves by a percent or two.
        particle_diameters_m: for the retention; empty: sizes about the percolating sphere.
        tensors: all three directions of permeability and stiffness too, which takes about three and six times as long.
        seed: of everything that draws at random (particles, resampling).
        network_file: where to write the pore network (OpenPNM's keys; .npz, .json or .csv); None: nowhere.
    """

    axis: int = 2
    wall: WallGeometry | None = None
    liquid: WettingLiquid = ETHANOL
    electrolyte_conductivity_S_m: float | None = None
    electrolyte_uncertainty_S_m: float = 0.0
    electrolyte_name: str = "the electrolyte"
    electrolyte_source: str = ""
    polymer_modulus_Pa: float | None = None
    polymer_modulus_uncertainty_Pa: float = 0.0
    poissons_ratio: float = 0.35
    particle_diameters_m: tuple[float, ...] = ()
    tensors: bool = False
    seed: int = 0
    network_file: Path | None = None


@dataclass(frozen=True)
class Structure:
    """The voxel structure under survey.

    Attributes:
        void: True in voids, (nx, ny, nz); nz = 1 for an image.
        spacing_m: edges of a voxel [m].
        periodic: whether each axis wraps.
        level: field below zero in voids, its zero is the wall; None: voxels alone.
    """

    void: BoolVolume
    spacing_m: tuple[float, float, float]
    periodic: Periodic
    level: FloatVolume | None = None
    _kept: dict[int, Voids] = field(default_factory=dict, repr=False, compare=False)

    def forget(self) -> None:
        """Give back the memory of the distances."""
        self._kept.clear()

    def voids(self, axis: int) -> Voids:
        """Distances and local conductivities with the flow axis last; the last axis asked for is kept."""
        if axis not in self._kept:
            self._kept.clear()
            self._kept[axis] = prepare(self.void, self.periodic, self.level, axis)
        return self._kept[axis]

    @property
    def cubic(self) -> bool:
        return max(self.spacing_m) <= 1.001 * min(self.spacing_m)

    @property
    def planar(self) -> bool:
        """Whether this is an image rather than a volume."""
        return self.void.shape[2] == 1

    @property
    def edge_m(self) -> float:
        """Edge of a cubic voxel [m]."""
        return float(self.spacing_m[0])

    def central(self, voxels: int) -> Structure:
        """The central part of at most so many voxels along each edge; the whole where it is no larger."""
        if max(self.void.shape) <= voxels:
            return self
        cut = tuple(
            slice(max(0, (n - voxels) // 2), max(0, (n - voxels) // 2) + min(n, voxels))
            for n in self.void.shape
        )
        wraps = [p and n <= voxels for p, n in zip(self.periodic, self.void.shape, strict=True)]
        level = None if self.level is None else np.ascontiguousarray(self.level[cut])
        return Structure(
            np.ascontiguousarray(self.void[cut]), self.spacing_m, (wraps[0], wraps[1], wraps[2]), level
        )


Method = Callable[[Structure, Options, Progress], list[Measurement]]


@dataclass(frozen=True)
class Group:
    """Measurements that share their work.

    Attributes:
        key: its name on disk and in messages.
        title: what is being done, for progress.
        names: of the measurements it gives.
        method: the work.
        cubic: whether it needs cubic voxels.
        planar: whether it works on images.
        seconds: time for a million voxels on two cores [s]; the measured time of a Gaussian field of 256 voxels.
        bytes_per_voxel: peak of memory beside the structure itself.
        most_voxels: above so many voxels it works on a central part, and its time and memory stop growing.
    """

    key: str
    title: str
    names: tuple[str, ...]
    method: Method
    cubic: bool = True
    planar: bool = False
    seconds: float = 0.1
    bytes_per_voxel: float = 10.0
    most_voxels: float = math.inf


def _paragraph_89(names: Sequence[str]) -> Method:
    """The measurements of :mod:`percola.measure.structure` with the given names."""

    def method(s: Structure, o: Options, progress: Progress) -> list[Measurement]:
        voids = s.voids(o.axis) if set(names) & {*POROMETRY, "permeability", "local_thickness"} else None
        box = Box(s.void, s.edge_m, s.periodic, s.level, voids)
        found = measure_realizations([box], o.wall, names, progress, o.axis, liquid=o.liquid)
        return [_of_a_part(m) for m in found]

    return method


def _of_a_part(m: Measurement) -> Measurement:
    """The ratio of largest to average pore of a part of a membrane bounds that of the whole from below."""
    if m.name != "pore_size_ratio" or m.region == "wall":
        return m
    bound = "of the part that was scanned: the largest pore of a whole membrane is larger"
    return replace(m, evidence={**m.evidence, "lower_bound": bound})


def _openness(s: Structure, o: Options, progress: Progress) -> list[Measurement]:
    if s.planar:
        return [_area_fraction(s)]
    # Counts of voxels and of connected clusters: no length enters, so the edge of a voxel plays no part.
    box = Box(s.void, min(s.spacing_m), s.periodic, None)
    found = measure_realizations([box], None, OPENNESS, progress, o.axis)
    return [_wall_placed(m, s) if m.name in ("porosity", "through_porosity") else m for m in found]


def _wall_placed(m: Measurement, s: Structure) -> Measurement:
    """The same with the error of counting voxels: as if every wall were misplaced by 0.1 voxel (0.15 without grey values).

    The area is twice the walls that lines along the axes meet per voxel; tubes of 16 voxels are off by 0.14 of it, spheres of 20
    by 0.05.
    """
    if m.uncertainty is None and m.value is None:
        return m
    walls = sum(int(np.count_nonzero(np.diff(s.void, axis=ax))) for ax in range(3))
    links = sum(s.void.size // n * (n - 1) for n in s.void.shape)
    error = (0.1 if s.level is not None else 0.15) * 2 * walls / max(links, 1)
    return replace(
        m,
        uncertainty=float(np.hypot(m.uncertainty or 0.0, error)),
        evidence={**m.evidence, "uncertainty_of_the_wall": error, "uncertainty_sampling": m.uncertainty},
    )


def _area_fraction(s: Structure) -> Measurement:
    """`porosity` of an image: the share of its pixels that are void, with the scatter of its quarters."""
    image = s.void[:, :, 0]
    nx, ny = (n // 2 for n in image.shape)
    quarters = [float(q.mean()) for q in (image[:nx, :ny], image[:nx, ny:], image[nx:, :ny], image[nx:, ny:])]
    return Measurement(
        "porosity",
        float(image.mean()),
        "1",
        float(np.std(quarters, ddof=1) / 2),
        "share of the image's area that is void; equals the volume porosity on a true section (Delesse)",
        "section",
        evidence={"quarters": quarters},
        citations=("ep1063256",),
    )


def _form(names: Sequence[str]) -> Method:
    """The measurements of :mod:`percola.measure.form` with the given names."""

    def method(s: Structure, o: Options, progress: Progress) -> list[Measurement]:
        from percola.measure.form import form_measurements

        return form_measurements(s.void, s.spacing_m, s.periodic, s.level, names)

    return method


def _sections(s: Structure, o: Options, progress: Progress) -> list[Measurement]:
    from percola.measure.form.sem import sem_image_pore_size, sem_section_pore_size

    if s.planar:
        level = None if s.level is None else s.level[:, :, 0]
        found = sem_image_pore_size(s.void[:, :, 0], s.edge_m, level)
    else:
        found = sem_section_pore_size(s.void, s.edge_m, s.periodic, s.level, o.axis)
    return [replace(found, citations=("ep1063256",))]


def _pores(s: Structure, o: Options, progress: Progress) -> list[Measurement]:
    from percola.measure.voids.intrusion import measure_intrusion
    from percola.measure.voids.thickness import measure_pore_sizes

    cell, thickness = None, None
    if not s.void.all() and s.void.any():
        voids = s.voids(o.axis)
        cell, thickness = unoriented(voids.distance.cell, o.axis), unoriented(voids.thickness, o.axis)
    found = measure_pore_sizes(
        s.void, s.edge_m, s.periodic, s.level, void_cell=cell, void_thickness=thickness
    )
    progress("intrusion and drainage", 0.5)
    return found + measure_intrusion(s.void, s.edge_m, s.periodic, s.level, o.axis, cell=cell)


def _flow(s: Structure, o: Options, progress: Progress) -> list[Measurement]:
    from percola.measure.flow.tensor import hydraulic_diameter, permeability_tensor

    found = _paragraph_89(FLOW)(s, o, progress)
    if o.tensors:
        return found + permeability_tensor(s.void, s.edge_m, s.periodic, s.level, o.axis, progress=progress)
    k = next((m.value for m in found if m.name == "permeability"), None)
    given = k if isinstance(k, float) and k > 0 else None
    return [*found, hydraulic_diameter(s.void, s.edge_m, s.periodic, s.level, permeability_m2=given)]


def _retention(s: Structure, o: Options, progress: Progress) -> list[Measurement]:
    """Sizes about the percolating sphere, carried by the flow alone; sizes asked for, with their Brownian motion.

    Brownian steps must be small beside a voxel, and at the fluxes of filters diffusion outruns the flow from pore to pore:
    following it takes minutes, which only a question about given particles is worth.
    """
    from percola.measure.flow.retention import retention

    asked = bool(o.particle_diameters_m)
    part = s.central(RETENTION_EDGE if asked else RETENTION_EDGE * 3 // 4)
    found = retention(
        part.void,
        part.edge_m,
        part.periodic,
        part.level,
        o.axis,
        o.particle_diameters_m,
        thickness_m=o.wall.thickness_m if o.wall is not None else None,
        pressure_Pa=TEST_PRESSURE_Pa if o.wall is not None else None,
        brownian=asked,
        particles=200,
        seed=o.seed,
        progress=progress,
        each=asked,
    )
    if not asked:
        left_out = Check(
            "Brownian motion",
            "warn",
            "left out here: ask for diameters with --particles to follow it (minutes)",
        )
        found = [replace(m, checks=(*m.checks, left_out)) if m.defined else m for m in found]
    return _on_part(found, s, part)


def _conductivity(s: Structure, o: Options, progress: Progress) -> list[Measurement]:
    from percola.measure.flow.conductivity import Electrolyte, conductivity

    electrolyte = None
    if o.electrolyte_conductivity_S_m is not None:
        electrolyte = Electrolyte(
            o.electrolyte_name,
            o.electrolyte_conductivity_S_m,
            o.electrolyte_uncertainty_S_m,
            source=o.electrolyte_source,
        )
    return conductivity(
        s.void,
        s.spacing_m,
        s.periodic,
        s.level,
        o.axis,
        tensor=o.tensors,
        electrolyte=electrolyte,
        polymer=True,
    )


def _stiffness(s: Structure, o: Options, progress: Progress) -> list[Measurement]:
    from percola.measure.solid.stiffness import stiffness

    part = s.central(STIFFNESS_EDGE)
    found = stiffness(
        part.void,
        part.edge_m,
        part.periodic,
        poissons_ratio=o.poissons_ratio,
        youngs_modulus_Pa=o.polymer_modulus_Pa,
        youngs_modulus_uncertainty_Pa=o.polymer_modulus_uncertainty_Pa,
        load_cases="all" if o.tensors else "axis",
        axis=o.axis,
        level=part.level,
        progress=lambda step, value: progress(f"step {step}", min(0.95, step / 60)),
    )
    if min(part.void.shape) < STIFFNESS_LEAST:
        few = Check(
            "voxels",
            "warn",
            f"fewer than {STIFFNESS_LEAST} along an edge: the error of the voxels is not known",
        )
        found = [replace(m, checks=(*m.checks, few)) for m in found]
    return _on_part(found, s, part)


def _on_part(found: list[Measurement], whole: Structure, part: Structure) -> list[Measurement]:
    """Results of a central part, which say so."""
    if part is whole:
        return found
    words = f"the middle {_by(part.void.shape)} of {_by(whole.void.shape)} voxels"
    return [
        replace(
            m,
            checks=(*m.checks, Check("part of the volume", "pass", f"measured on {words}")),
            evidence={**m.evidence, "measured_on": words},
        )
        for m in found
    ]


def _by(shape: Sequence[int]) -> str:
    return " x ".join(str(n) for n in shape)


def _network(s: Structure, o: Options, progress: Progress) -> list[Measurement]:
    from percola.measure.voids.network import network_measurements, pore_network

    there = o.axis == 2 and not s.void.all() and s.void.any()
    distance = s.voids(o.axis).distance if there else None
    return network_measurements(
        pore_network(s.void, s.edge_m, s.periodic, s.level, o.axis, distance=distance)
    )


def _representative(s: Structure, o: Options, progress: Progress) -> list[Measurement]:
    from percola.measure.representative import quick_measure, representative

    out = []
    quick = representative(
        s.void, s.edge_m, s.periodic, quick_measure, level=s.level, seed=o.seed, most_per_size=None
    )
    progress("costlier results", 0.2)
    costly = representative(
        s.void,
        s.edge_m,
        s.periodic,
        partial(_of_a_cube, axis=o.axis),
        level=s.level,
        seed=o.seed,
        most_per_size=8,
        voxel_budget=COSTLY_VOXELS,
    )
    for study in (*quick, *costly):
        kept = {
            f.name: getattr(study, f.name) for f in fields(study) if f.name not in ("result", "values")
        } | {"values": [[float(f"{v:.5g}") for v in each[:16]] for each in study.values]}
        out.append(replace(study.result, evidence={**study.result.evidence, "study": kept}))
    return out


def _of_a_cube(
    void: BoolVolume, spacing_m: float, periodic: Periodic, level: FloatVolume | None = None, axis: int = 2
) -> list[Measurement]:
    """What costs more than a glance, of one sub-cube or slab: widths, percolating sphere, current and flow from face to face."""
    from percola.measure.flow.conduction import conduct

    if void.all() or not void.any():
        return [
            Measurement("relative_conductivity", float(void.all()), "1", region="core"),
            Measurement("darcy_permeability", None, "m2", region="core", reason="one phase"),
        ]
    voids = prepare(void, periodic, level, axis)
    edge = float(spacing_m)
    ones = np.ones(voids.kappa.shape, np.float32)
    path = widest_path(voids.distance.cell, voids.periodic)
    inside = voids.thickness[voids.kappa > 0]
    current = conduct(voids.kappa > 0, ones, voids.periodic, tolerance=1e-3).conductivity
    flow = conduct(voids.kappa > 0, voids.kappa, voids.periodic, tolerance=3e-3).conductivity
    return [
        Measurement("relative_conductivity", current, "1", region="core"),
        Measurement("darcy_permeability", flow * edge**2, "m2", region="core"),
        Measurement("percolating_sphere_diameter", 2 * path.radius * edge, "m", region="core"),
        Measurement("mean_pore_diameter", float(2 * inside.mean()) * edge, "m", region="void"),
    ]


def _profile(s: Structure, o: Options, progress: Progress) -> list[Measurement]:
    from percola.measure.profile import profile

    found = profile(
        s.void,
        s.edge_m,
        o.axis,
        s.level,
        slabs=8,
        measure=partial(_of_a_cube, axis=o.axis),
        periodic=s.periodic,
        pores=True,
        seed=o.seed,
    )
    if not found.measurements:
        return [Measurement("surface_layer_thickness", None, "m", region="outer_surface", reason=found.note)]
    lists = {
        k: None if (v := getattr(found, k)) is None else [float(f"{x:.5g}") for x in v]
        for k in (
            "depth_m",
            "porosity",
            "surface_per_volume_1_m",
            "chord_m",
            "pore_diameter_m",
            "slab_depth_m",
        )
    }
    kept = {
        **lists,
        "slabs": found.slabs,
        "layers": found.layers,
        "low_seen": found.low.seen,
        "high_seen": found.high.seen,
    }
    first, *rest = found.measurements
    return [replace(first, evidence={**first.evidence, "profile": kept}), *rest]


STIFFNESS_EDGE = 160
"""Edge of the middle part whose stiffness is taken [voxel]: more is seldom worth its time, and is told."""
RETENTION_EDGE = 128
"""Edge of the middle part through which particles are followed [voxel]; three quarters of it without Brownian motion."""
TEST_PRESSURE_Pa = 98066.5
"""1 kgf/cm2, at which paragraph 89(9) measures the flow of water."""
STOKES = (*FLOW, "permeability_tensor", "hydraulic_diameter")
RETENTION = ("lrv", "retention_cutoff_diameter")
STIFFNESS_LEAST = 16
"""Edge below which half the resolution is too little to tell the error of the voxels."""
COSTLY_VOXELS = 5_000_000
"""Voxels in all on which the costlier results are taken for the study of the representative volume."""
ISOTROPY = ("degree_of_anisotropy",)
PORES = (
    "mean_pore_diameter",
    "mean_strut_diameter",
    "percolating_sphere_diameter",
    "intruded_fraction",
    "median_intrusion_diameter",
    "breakthrough_saturation",
    "residual_saturation",
)
NETWORK = (
    "pore_coordination",
    "mean_inscribed_pore_diameter",
    "mean_throat_diameter",
    "throat_to_pore_ratio",
    "pore_density",
    "network_permeability",
)
CONDUCTIVITY = (
    "relative_conductivity",
    "tortuosity",
    "macmullin_number",
    "ionic_conductivity",
    "polymer_relative_conductivity",
)
STIFFNESS = (
    "relative_elastic_modulus",
    "elastic_modulus",
    "stress_concentration",
    "elastic_anisotropy_index",
)
PROFILE = ("surface_layer_thickness",)
REPRESENTATIVE = ("representative_edge",)
_WITH_VOIDS = ("shape", "pores", "network", "porometer", "permeability")
"""Groups that share the distances to the wall; they stand together."""
_BASE_BYTES = 350 * 2**20
"""The interpreter with NumPy, SciPy and Numba loaded, and compiled kernels."""
_UNITS: dict[str, str] = {
    **dict.fromkeys(("bubble_point_pressure", "elastic_modulus"), "Pa"),
    **dict.fromkeys(("permeability", "permeability_tensor", "network_permeability"), "m^2"),
    **dict.fromkeys(("connectivity_density", "branch_point_density", "pore_density"), "1/m3"),
    **dict.fromkeys(("surface_area_per_volume", "mean_curvature"), "1/m"),
    "gaussian_curvature": "1/m^2",
    "water_permeability": "m/(s.Pa)",
    "ionic_conductivity": "S/m",
}
"""Units of the measurements that cannot be made on a structure."""

GROUPS: tuple[Group, ...] = (
    # key, title, names, method, cubic, planar, seconds, bytes a voxel, most voxels
    Group("openness", "porosity and open voids", OPENNESS, _openness, False, True, 0.05, 10),
    Group("sections", "lines on sections", ("sem_average_pore_size",), _sections, True, True, 0.01, 10),
    Group("chords", "chords", CHORDS, _form(CHORDS), False, True, 0.02, 10),
    Group("correlation", "two-point correlation", CORRELATION, _form(CORRELATION), False, True, 0.1, 25),
    Group("isotropy", "isotropy", ISOTROPY, _paragraph_89(ISOTROPY), True, False, 0.05, 10),
    Group("topology", "topology of both phases", TOPOLOGY, _form(TOPOLOGY), False, False, 0.05, 25),
    Group("skeleton", "skeletons of struts and channels", SKELETON, _form(SKELETON), False, False, 0.5, 20),
    Group(
        "shape", "surface, curvature and necks", DESCRIPTORS, _paragraph_89(DESCRIPTORS), True, False, 0.5, 30
    ),
    Group("pores", "widths, intrusion and drainage", PORES, _pores, True, False, 0.5, 40),
    Group("network", "pore network", NETWORK, _network, True, False, 0.5, 60),
    Group("porometer", "virtual porometer", POROMETRY, _paragraph_89(POROMETRY), True, False, 4.5, 170),
    Group("permeability", "Stokes flow", STOKES, _flow, True, False, 3.0, 150),
    Group(
        "retention", "retention of particles", RETENTION, _retention, True, False, 4.0, 120, RETENTION_EDGE**3
    ),
    Group("conductivity", "current through both phases", CONDUCTIVITY, _conductivity, False, False, 0.8, 90),
    Group("stiffness", "stiffness", STIFFNESS, _stiffness, True, False, 3.0, 200, STIFFNESS_EDGE**3),
    Group("profile", "through the thickness", PROFILE, _profile, True, False, 1.5, 60),
    Group("representative", "representative volume", REPRESENTATIVE, _representative, True, False, 2.0, 60),
)
"""All groups, in the order in which a survey measures them: quick ones first."""


def survey(
    structure: Structure,
    options: Options | None = None,
    only: Collection[str] | None = None,
    progress: Progress | None = None,
    done: Mapping[str, Sequence[Measurement]] | None = None,
    finished: Callable[[str, list[Measurement], float], None] | None = None,
) -> list[Measurement]:
    """Every measurement of a voxel structure, or those named.

    Args:
        structure: the voxels.
        options: see :class:`Options`.
        only: names of measurements or keys of groups; None: all.
        progress: called with words and the share of the whole that is done, 0..1.
        done: groups that an earlier survey of the same structure has finished, by key.
        finished: called with the key, the results and the seconds of each group as soon as it is done.

    Returns the measurements in the order of :data:`GROUPS`. A group that cannot be measured on this structure (an image,
    voxels that are not cubic) gives results without a value that say why; a group that fails by a
    :class:`~percola.errors.PercolaError` does too, and the others go on.

    Raises:
        InputError: arrays that are no voxel structure, or an unknown name.
    """
    import time

    o = options or Options()
    checked(structure.void, min(structure.spacing_m), structure.periodic, structure.level, o.axis)
    small = [n for n in structure.void.shape[: 2 if structure.planar else 3] if n < 4]
    if small:
        raise InputError("void.shape", f"{structure.void.shape}", "at least 4 voxels along each axis")
    groups = chosen(only)
    known = dict(done or {})
    total = sum(group_seconds(g, structure) for g in groups if g.key not in known) or 1.0
    spent = 0.0
    out: list[Measurement] = []
    for group in groups:
        if group.key in known:
            out += known[group.key]
            continue
        share = group_seconds(group, structure) / total

        def tell(
            words: str, part: float, group: Group = group, base: float = spent, share: float = share
        ) -> None:
            if progress is not None:
                progress(f"{group.title}: {words}" if words else group.title, min(base + share * part, 1.0))

        tell("", 0.0)
        if group.key not in _WITH_VOIDS:
            structure.forget()
        start = time.perf_counter()
        why = unfit(group, structure)
        if why:
            found = [_without(name, why) for name in group.names]
        else:
            try:
                found = group.method(structure, o, tell)
            except PercolaError as error:
                found = [_without(name, str(error)) for name in group.names]
            except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
                # One method's fault must not take the others' results with it; it is told in place of its own.
                why = f"a fault of Percola ({type(error).__name__}: {error}): please report it with the file"
                found = [_without(name, why) for name in group.names]
        if only is not None:
            wanted = set(only)
            found = [m for m in found if group.key in wanted or m.name in wanted]
        out += found
        spent += share
        if finished is not None:
            finished(group.key, found, time.perf_counter() - start)
    if progress is not None:
        progress("done", 1.0)
    return out


def unfit(group: Group, structure: Structure) -> str:
    """Why a group cannot be measured on this structure, in words; "" where it can."""
    if structure.planar and not group.planar:
        return "an image holds no third dimension"
    if group.cubic and not structure.cubic:
        edges = " x ".join(f"{h * 1e9:.4g}" for h in structure.spacing_m)
        return f"needs cubic voxels; these are {edges} nm: resample the volume first (--cubic)"
    return ""


def _without(name: str, why: str) -> Measurement:
    ends = ("diameter", "length", "size", "chord", "edge", "thickness", "period", "wavelength")
    unit = "m" if name.rsplit("_", 1)[-1] in ends else _UNITS.get(name, "1")
    return Measurement(name, None, unit, region="core", reason=why)


def chosen(only: Collection[str] | None) -> tuple[Group, ...]:
    """The groups that give the names wanted.

    Raises:
        InputError: a name that no group gives.
    """
    if only is None:
        return GROUPS
    keys = {g.key for g in GROUPS}
    names = {n for g in GROUPS for n in g.names}
    unknown = sorted(set(only) - keys - names)
    if unknown:
        near = {n: get_close_matches(n, [*names, *keys], 1) for n in unknown}
        hint = "; ".join(f"did you mean {near[n][0]}?" for n in unknown if near[n])
        raise InputError(
            "--only",
            ", ".join(unknown),
            "groups (" + ", ".join(sorted(keys)) + ") or names (" + ", ".join(sorted(names)) + ")",
            hint,
        )
    wanted = set(only)
    return tuple(g for g in GROUPS if g.key in wanted or wanted & set(g.names))


def group_seconds(group: Group, structure: Structure) -> float:
    """Expected time of a group on two cores [s]."""
    if unfit(group, structure):
        return 0.0
    return 0.2 + group.seconds * min(structure.void.size, group.most_voxels) / 1e6


def needs(structure_shape: tuple[int, ...], only: Collection[str] | None = None) -> tuple[float, int]:
    """(seconds on two cores, bytes of peak memory) that a survey of such a volume takes, compilation aside."""
    voxels = math.prod(structure_shape)
    planar = len(structure_shape) == 2 or structure_shape[2] == 1
    groups = [g for g in chosen(only) if g.planar or not planar]
    seconds = sum(0.2 + g.seconds * min(voxels, g.most_voxels) / 1e6 for g in groups)
    each = max((g.bytes_per_voxel * min(voxels, g.most_voxels) for g in groups), default=0.0)
    return seconds, int(_BASE_BYTES + 5 * voxels + each)
