"""Porosity, what of it goes through, and whether the polymer is a network: connected components of both
phases.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from percola.measure._volume import PARA, BoolVolume, Periodic, checked
from percola.measurement import Check, Measurement

LabelVolume = NDArray[np.unsignedinteger]


def label(phase: BoolVolume, periodic: Periodic) -> tuple[LabelVolume, int]:
    """Connected components of a phase by voxel faces (6 neighbours), joined across periodic faces.

    Returns labels 1..N in the order of first appearance (0 outside the phase) and N.
    Limitation (mathematical): bodies that touch only by an edge or corner of voxels count as apart.
    """
    import cc3d

    labels, count = cc3d.connected_components(np.ascontiguousarray(phase), connectivity=6, return_N=True)
    pairs = []
    for ax in range(3):
        if periodic[ax] and phase.shape[ax] > 1:
            a, b = np.take(labels, 0, ax).ravel(), np.take(labels, -1, ax).ravel()
            both = (a > 0) & (b > 0) & (a != b)
            if both.any():
                pairs.append(np.unique(np.stack([a[both], b[both]], 1), axis=0))
    if not pairs:
        return labels, int(count)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    link = np.concatenate(pairs).astype(np.int64)
    n = int(count) + 1
    graph = coo_array((np.ones(len(link), np.int8), (link[:, 0], link[:, 1])), shape=(n, n))
    merged_count, merged = connected_components(graph, directed=False)
    return merged.astype(labels.dtype)[labels], int(merged_count) - 1


def spans(labels: LabelVolume, count: int, axis: int) -> NDArray[np.bool_]:
    """For each label 0..count whether it touches both faces of the axis (label 0 never)."""
    first = np.zeros(count + 1, bool)
    last = np.zeros(count + 1, bool)
    first[np.unique(np.take(labels, 0, axis))] = True
    last[np.unique(np.take(labels, -1, axis))] = True
    both = first & last
    both[0] = False
    return both


def touches(labels: LabelVolume, count: int, axis: int) -> NDArray[np.bool_]:
    """For each label whether it touches either face of the axis (label 0 never)."""
    any_face = np.zeros(count + 1, bool)
    any_face[np.unique(np.take(labels, 0, axis))] = True
    any_face[np.unique(np.take(labels, -1, axis))] = True
    any_face[0] = False
    return any_face


def winding(phase: BoolVolume, periodic: Periodic, axis: int) -> BoolVolume:
    """The voxels of a phase that lead on through the faces of a wrapped axis, from one copy of the box to the next.

    Two copies are stood on each other: what reaches from end to end leads on. A body that the face of the box merely cuts does
    not, wherever the box was cut. Limitation (mathematical): a way that needs more than two copies to get through is missed.
    """
    lateral = tuple(p and ax != axis for ax, p in enumerate(periodic))
    double = np.concatenate([phase, phase], axis)
    labels, count = label(double, lateral)  # type: ignore[arg-type]
    through = spans(labels, count, axis)[labels]
    first, second = np.split(through, 2, axis)
    return first | second


def leads_on(
    phase: BoolVolume, labels: LabelVolume, count: int, periodic: Periodic, axis: int
) -> NDArray[np.bool_]:
    """For each label whether its cluster leads from face to face: from copy to copy where the axis wraps."""
    if not periodic[axis]:
        return spans(labels, count, axis)
    found = np.zeros(count + 1, bool)
    found[np.unique(labels[winding(phase, periodic, axis)])] = True
    found[0] = False
    return found


@dataclass(frozen=True)
class Openness:
    """Volume fractions of a structure by where its voids lead.

    Attributes:
        porosity: void volume over total volume.
        through: volume of voids that touch both faces, over total volume.
        blind: volume of voids that touch one face, or both by separate clusters, over total volume.
        closed: volume of voids that touch neither face, over total volume; where the axis wraps, and its faces are but cuts,
            of voids that do not lead on from one copy of the box to the next.
        largest: share of the voids in their largest cluster.
        clusters: number of void clusters.
    """

    porosity: float
    through: float
    blind: float
    closed: float
    largest: float
    clusters: int


def openness(void: BoolVolume, periodic: Periodic, axis: int = 2) -> Openness:
    """Sort the voids by whether they lead from face to face of ``axis``; the axis itself never wraps, the
    others may.
    """
    lateral = tuple(p and ax != axis for ax, p in enumerate(periodic))
    labels, count = label(void, lateral)  # type: ignore[arg-type]
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    total, voids = void.size, int(sizes.sum())
    passing = spans(labels, count, axis)
    through = int(sizes[passing].sum())
    if periodic[axis]:
        whole, number = label(void, periodic)
        on = leads_on(void, whole, number, periodic, axis)
        on[np.unique(whole[passing[labels]])] = True
        on[0] = False
        counts = np.bincount(whole.ravel(), minlength=number + 1)
        open_ = int(counts[on].sum())
    else:
        open_ = int(sizes[touches(labels, count, axis)].sum())
    return Openness(
        porosity=voids / total,
        through=through / total,
        blind=(open_ - through) / total,
        closed=(voids - open_) / total,
        largest=float(sizes.max() / voids) if voids else 0.0,
        clusters=count,
    )


def through_mask(void: BoolVolume, periodic: Periodic, axis: int = 2) -> BoolVolume:
    """The voids that reach from face to face of the axis."""
    lateral = tuple(p and ax != axis for ax, p in enumerate(periodic))
    labels, count = label(void, lateral)  # type: ignore[arg-type]
    return spans(labels, count, axis)[labels]


def network_share(solid: BoolVolume, periodic: Periodic) -> tuple[float, tuple[bool, bool, bool], int]:
    """Share of the solid in its largest cluster, if that reaches across x, y and z; else 0.

    Returns the share, the directions in which the largest cluster spans, and the number of clusters.
    """
    labels, count = label(solid, periodic)
    if count == 0:
        return 0.0, (False, False, False), 0
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    top = int(sizes.argmax())
    across = tuple(bool(leads_on(solid, labels, count, periodic, ax)[top]) for ax in range(3))
    share = float(sizes[top] / sizes.sum()) if all(across) else 0.0
    return share, across, count  # type: ignore[return-value]


def _blocks(shape: tuple[int, int, int], per_axis: int = 2) -> list[tuple[slice, slice, slice]]:
    edges = [[n * i // per_axis for i in range(per_axis + 1)] for n in shape]
    return [
        (slice(ex[0], ex[1]), slice(ey[0], ey[1]), slice(ez[0], ez[1]))
        for ex in zip(edges[0][:-1], edges[0][1:], strict=True)
        for ey in zip(edges[1][:-1], edges[1][1:], strict=True)
        for ez in zip(edges[2][:-1], edges[2][1:], strict=True)
    ]


def _spread(values: list[float]) -> float | None:
    """Standard error of the mean of sub-volume values."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None


def measure_openness(
    void: BoolVolume, spacing_m: float, periodic: Periodic, axis: int = 2, region: str = "core"
) -> list[Measurement]:
    """`porosity`, `through_porosity`, `isolated_void_fraction` and `polymer_network_share` of a voxel
    structure.

    porosity = voids/total (paragraph 89(7)); through_porosity = volume of voids that touch both faces of
    ``axis``, over the total volume; isolated_void_fraction = share of the voids that touch neither face; the
    share not going through stands in the evidence. polymer_network_share = share of the polymer in its
    largest cluster where that reaches across x, y and z, else 0.

    Args:
        void: True in voids, (nx, ny, nz).
        spacing_m: edge of a voxel [m].
        periodic: whether each axis wraps; the flow axis is never wrapped for what goes "through".
        axis: the direction through the wall.
        region: written into the results.

    Uncertainties: standard error over the eight octants (sampling of a random structure); the polymer share
        has none.
    """
    checked(void, spacing_m, periodic, axis=axis)
    parts = openness(void, periodic, axis)
    blocks = _blocks(void.shape) if min(void.shape) >= 16 else []
    octants = [float(void[b].mean()) for b in blocks]
    sampling = _spread(octants)
    share_through = parts.through / parts.porosity if parts.porosity else 0.0
    # The octants' own clusters are cut by their faces, so the share going through borrows the porosity's
    # scatter.
    through_error = sampling * share_through if sampling is not None and parts.porosity else sampling
    base = {
        "void_clusters": parts.clusters,
        "share_of_voids_through": share_through,
        "share_of_voids_closed": parts.closed / parts.porosity if parts.porosity else 0.0,
        "share_of_voids_blind": parts.blind / parts.porosity if parts.porosity else 0.0,
        "share_of_voids_in_largest_cluster": parts.largest,
        "axis": "xyz"[axis],
    }
    opened = Check(
        "voids reach from side to side",
        "pass" if parts.through > 0 else "warn",
        f"{100 * share_through:.1f} % of the voids lead from face to face along {'xyz'[axis]}"
        if parts.through > 0
        else f"no void reaches from side to side along {'xyz'[axis]}",
    )
    network, across, clusters = network_share(~void, periodic)
    directions = ", ".join(a for a, s in zip("xyz", across, strict=True) if s) or "none"
    out = [
        Measurement(
            "porosity",
            parts.porosity,
            "1",
            sampling,
            PARA + "89(7): volume of voids / volume of membrane, by counting voxels",
            region,
            evidence={"octants": octants},
        ),
        Measurement(
            "through_porosity",
            parts.through,
            "1",
            through_error,
            PARA + "16: voids that touch both faces / volume of membrane; voxels joined by faces",
            region,
            (opened,),
            base,
        ),
    ]
    if parts.porosity > 0:
        closed = parts.closed / parts.porosity
        out.append(
            Measurement(
                "isolated_void_fraction",
                closed,
                "1",
                None,
                PARA + "16: share of the voids that touch neither face",
                region,
                evidence={**base, "share_of_voids_not_through": 1 - share_through},
            )
        )
    else:
        out.append(
            Measurement(
                "isolated_void_fraction",
                None,
                "1",
                method=PARA + "16",
                region=region,
                reason="there is no void",
            )
        )
    if network is not None and clusters:
        out.append(
            Measurement(
                "polymer_network_share",
                network,
                "1",
                None,
                PARA + "16: share of the polymer in its largest cluster if that spans x, y and z",
                region,
                (
                    Check(
                        "polymer connects in all directions",
                        "pass" if all(across) else "warn",
                        f"the largest polymer cluster spans: {directions}",
                    ),
                ),
                {"spans": dict(zip("xyz", across, strict=True)), "polymer_clusters": clusters},
            )
        )
    else:
        out.append(
            Measurement(
                "polymer_network_share",
                None,
                "1",
                method=PARA + "16",
                region=region,
                reason="there is no polymer",
            )
        )
    return out


def wall_through_porosity(
    found: Sequence[Measurement],
    thickness_m: float,
    surfaces_m: Mapping[str, float],
    alike: bool = False,
) -> Measurement:
    """`through_porosity` of the whole wall: 0 where any layer of it is closed, else the mean over its layers.

    The layers stand in series, so the membrane is open from one side to the other only where all of them are
    (paragraph 16). The internal structure is another question: a membrane with a closed skin may be the percolation
    structure inside (paragraphs 77 to 79, 101).

    Args:
        found: measurements with `through_porosity` of the core and of the surface layers.
        thickness_m: of the wall [m].
        surfaces_m: thickness of each surface layer by region.
        alike: whether the outer layer stands for the inner one too.

    Limitation: a layer is judged by one box, which near the threshold may be closed where a larger piece is not.
    """
    by_region = {m.region: m for m in found if m.name == "through_porosity"}
    core = by_region["core"]
    layers = []
    for region, layer_m in surfaces_m.items():
        m = by_region.get(region) or (by_region.get("outer_surface") if alike else None)
        if m is not None:
            layers.append((region, m, layer_m))
    rest = thickness_m - sum(t for _, _, t in layers)
    layers.append(("core", core, rest))
    values = [(float(m.value or 0.0), m.uncertainty or 0.0, t) for _, m, t in layers]
    closed = [
        region.replace("_", " ")
        for (region, _, _), (value, _, _) in zip(layers, values, strict=True)
        if value <= 0
    ]
    value = 0.0 if closed else sum(v * t for v, _, t in values) / thickness_m
    error = None if closed else math.sqrt(sum((u * t) ** 2 for _, u, t in values)) / thickness_m
    verb = "is" if len(closed) == 1 else "are"
    words = (
        f"the {' and '.join(closed)} {verb} closed, as seen in one box of each layer: nothing leads through the wall"
        if closed
        else "voids lead through the core and both surface layers"
    )
    return Measurement(
        "through_porosity",
        value,
        "1",
        error,
        PARA + "16: voids from one side of the wall to the other; 0 where one layer in series is closed",
        "wall",
        (
            Check(
                "every layer is open",
                "warn" if closed else "pass",
                words,
            ),
        ),
        {
            "closed": closed,
            "why": words,
            "layers": [
                {"region": region, "through_porosity": v, "thickness_m": t}
                for (region, _, _), (v, _, t) in zip(layers, values, strict=True)
            ],
        },
        ("ep1063256",),
    )
