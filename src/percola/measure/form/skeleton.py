"""Skeleton of a phase as a graph: nodes where struts meet, struts with their length and narrowest radius.

The medial line comes from topology-preserving thinning (Lee, Kashyap and Chu 1994, as in scikit-image; voxels
join by 26 neighbours). It is turned into a graph in three steps:

1. touching voxels with more than two neighbours are one junction, voxels with one neighbour an end; the chains
   between are struts. Chains are smoothed over five voxels before they are measured, since a path of voxel
   steps is up to 9 % longer than its line.
2. Spurs go: a strut that ends free goes where the ball inscribed at its end overlaps that at its junction
   (length up to the sum of both radii). Thinning grows such spurs at every bump of the surface.
3. Junctions of which one lies inside the other's inscribed ball, along a strut, are one node: thinning splits
   a node of four or more struts into several of three. What passes through with two struts is no node.

Steps 2 and 3 are repeated until nothing changes. They keep the tunnels of the graph, except loops shorter than
twice the inscribed radius of the node they hang on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.errors import InputError
from percola.measure import _parallel
from percola.measure._volume import PARA, BoolVolume, FloatVolume
from percola.measure.form.chords import Spacing, volume_of
from percola.measurement import Check, Measurement


@njit(cache=True, nogil=True)
def _neighbours(flat, shape, beside, count):  # type: ignore[no-untyped-def]
    """Numbers of the up to 26 neighbours of each voxel of a sorted list, by bisection."""
    n = flat.shape[0]
    ny, nz = shape[1], shape[2]
    for m in range(n):
        f = flat[m]
        x, y, z = f // (ny * nz), (f // nz) % ny, f % nz
        k = 0
        for i in range(-1, 2):
            for j in range(-1, 2):
                if not (0 <= x + i < shape[0] and 0 <= y + j < ny):
                    continue
                # The three voxels of a row stand together in the list.
                want = f + (i * ny + j) * nz
                low, high = 0, n
                while low < high:
                    mid = (low + high) // 2
                    if flat[mid] < want - 1:
                        low = mid + 1
                    else:
                        high = mid
                while low < n and flat[low] <= want + 1:
                    step = flat[low] - want
                    if flat[low] != f and 0 <= z + step < nz:
                        beside[m, k] = low
                        k += 1
                    low += 1
        count[m] = k


@njit(cache=True, nogil=True)
def _junctions(beside, count, node):  # type: ignore[no-untyped-def]
    """Number the nodes: clusters of touching voxels with more than two neighbours, and single ends."""
    n = count.shape[0]
    stack = np.empty(n, np.int64)
    nodes = 0
    for m in range(n):
        if node[m] >= 0 or count[m] == 2:
            continue
        node[m] = nodes
        if count[m] > 2:
            stack[0] = m
            top = 1
            while top > 0:
                top -= 1
                i = stack[top]
                for k in range(count[i]):
                    j = beside[i, k]
                    if count[j] > 2 and node[j] < 0:
                        node[j] = nodes
                        stack[top] = j
                        top += 1
        nodes += 1
    return nodes


@njit(cache=True, nogil=True)
def _measure_chain(chain, length, a, b, place, radius, out):  # type: ignore[no-untyped-def]
    """Length of the chain between two points, smoothed over five voxels, and the least and mean radius."""
    total, least, mean = 0.0, 1e30, 0.0
    px, py, pz = a[0], a[1], a[2]
    for i in range(length):
        half = min(2, i, length - 1 - i)
        qx = qy = qz = 0.0
        for j in range(i - half, i + half + 1):
            qx += place[chain[j], 0]
            qy += place[chain[j], 1]
            qz += place[chain[j], 2]
        w = 1.0 / (2 * half + 1)
        qx *= w
        qy *= w
        qz *= w
        total += math.sqrt((qx - px) ** 2 + (qy - py) ** 2 + (qz - pz) ** 2)
        px, py, pz = qx, qy, qz
        r = radius[chain[i]]
        least = min(least, r)
        mean += r
    total += math.sqrt((b[0] - px) ** 2 + (b[1] - py) ** 2 + (b[2] - pz) ** 2)
    out[0], out[1], out[2] = total, least, mean / max(length, 1)


@njit(cache=True, nogil=True)
def _chains(beside, count, node, place, radius, centre, ball, ends, data):  # type: ignore[no-untyped-def]
    """Walk every chain between nodes once. ends: its two nodes; data: length, least and mean radius.

    Returns the number of chains and of closed rings without a node.
    """
    n = count.shape[0]
    seen = np.zeros(n, np.bool_)
    chain = np.empty(n, np.int64)
    found = 0
    for m in range(n):
        if node[m] < 0:
            continue
        for k in range(count[m]):
            at = beside[m, k]
            if node[at] >= 0:
                # Two nodes side by side: an end at a junction, or a body of two voxels. Taken from one side.
                if node[at] > node[m]:
                    a, b = node[m], node[at]
                    ends[found, 0], ends[found, 1] = a, b
                    _measure_chain(chain, 0, centre[a], centre[b], place, radius, data[found])
                    data[found, 1] = data[found, 2] = min(ball[a], ball[b])
                    found += 1
                continue
            if seen[at]:
                continue
            length = 0
            before = m
            while node[at] < 0:
                seen[at] = True
                chain[length] = at
                length += 1
                on = beside[at, 0] if beside[at, 0] != before else beside[at, 1]
                before, at = at, on
            a, b = node[m], node[at]
            ends[found, 0], ends[found, 1] = a, b
            _measure_chain(chain, length, centre[a], centre[b], place, radius, data[found])
            found += 1
    rings = 0
    for m in range(n):
        if node[m] < 0 and not seen[m]:
            rings += 1
            at, before = m, -1
            while not seen[at]:
                seen[at] = True
                on = beside[at, 0] if beside[at, 0] != before else beside[at, 1]
                before, at = at, on
    return found, rings


@njit(cache=True, nogil=True)
def _clean(ends, data, alive, centre, ball, face, rounds):  # type: ignore[no-untyped-def]
    """Remove spurs, merge junctions inside one ball, dissolve nodes of two struts, until nothing changes.

    A strut from inside that ends at a face is cut there, no spur.
    """
    edges, nodes = ends.shape[0], centre.shape[0]
    degree = np.zeros(nodes, np.int64)
    incident = np.full((nodes, 2), -1, np.int64)
    root = np.arange(nodes)
    weight = np.ones(nodes)
    reach = ball.copy()
    for _ in range(rounds):
        changed = False
        degree[:] = 0
        for e in range(edges):
            if alive[e]:
                degree[ends[e, 0]] += 1
                degree[ends[e, 1]] += 1
        # Spurs.
        for e in range(edges):
            if not alive[e]:
                continue
            a, b = ends[e, 0], ends[e, 1]
            da, db = degree[a], degree[b]
            spur = (da == 1 and db > 2 and (face[b] or not face[a])) or (
                db == 1 and da > 2 and (face[a] or not face[b])
            )
            loop = a == b and da > 2 and data[e, 0] < 2 * reach[a]
            if (spur and data[e, 0] < reach[a] + reach[b]) or loop:
                alive[e] = False
                degree[a] -= 1
                degree[b] -= 1
                changed = True
        # Nodes of two struts.
        incident[:] = -1
        for e in range(edges):
            if alive[e]:
                for side in range(2):
                    m = ends[e, side]
                    if degree[m] == 2:
                        incident[m, 0 if incident[m, 0] < 0 else 1] = e
        for m in range(nodes):
            if degree[m] != 2:
                continue
            e, f = incident[m, 0], incident[m, 1]
            if e == f or e < 0 or f < 0:
                continue  # a ring
            far = ends[f, 0] if ends[f, 1] == m else ends[f, 1]
            whole = data[e, 0] + data[f, 0]
            data[e, 2] = (data[e, 2] * data[e, 0] + data[f, 2] * data[f, 0]) / max(whole, 1e-30)
            data[e, 0] = whole
            data[e, 1] = min(data[e, 1], data[f, 1])
            ends[e, 0 if ends[e, 0] == m else 1] = far
            alive[f] = False
            degree[m] = 0
            if degree[far] == 2:
                incident[far, 0 if incident[far, 0] == f else 1] = e
            changed = True
        # Junctions inside one ball: shortest first, by the radii they had before.
        for m in range(nodes):
            root[m] = m
        order = np.argsort(data[:, 0], kind="mergesort")
        for e in order:
            if not alive[e]:
                continue
            a, b = ends[e, 0], ends[e, 1]
            if a == b or degree[a] < 3 or degree[b] < 3:
                continue
            if data[e, 0] >= max(reach[a], reach[b]):
                continue
            while root[a] != a:
                a = root[a]
            while root[b] != b:
                b = root[b]
            alive[e] = False
            changed = True
            if a == b:
                continue
            root[b] = a
            total = weight[a] + weight[b]
            for k in range(3):
                centre[a, k] = (weight[a] * centre[a, k] + weight[b] * centre[b, k]) / total
            weight[a] = total
            ball[a] = max(ball[a], ball[b])
            face[a] = face[a] or face[b]
        for e in range(edges):
            if alive[e]:
                for side in range(2):
                    m = ends[e, side]
                    while root[m] != m:
                        m = root[m]
                    ends[e, side] = m
        for m in range(nodes):
            if root[m] == m:
                reach[m] = max(reach[m], ball[m])
        if not changed:
            break
    degree[:] = 0
    for e in range(edges):
        if alive[e]:
            degree[ends[e, 0]] += 1
            degree[ends[e, 1]] += 1
    return degree


@dataclass(frozen=True)
class Skeleton:
    """Graph of a phase.

    Attributes:
        position_m: of the nodes, from the corner of the box, (nodes, 3) [m]; may lie outside a wrapped box.
        radius_m: of the ball inscribed at each node [m].
        degree: struts at each node; 1 for free ends.
        face: whether the ball at the node reaches the end of what was thinned: struts are cut there.
        core: nodes that count, see :func:`skeleton_graph`.
        struts: the two nodes of each strut, (struts, 2).
        length_m: along the strut, node to node, at least their distance [m].
        narrowest_m: least radius along it [m].
        mean_radius_m: mean radius along it [m].
        volume_m3: volume in which the core's nodes lie [m^3].
        rings: closed lines without a node.
        voxels: of the skeleton, margin included.
        raw_nodes, raw_struts: before cleaning.
    """

    position_m: NDArray[np.float64]
    radius_m: NDArray[np.float64]
    degree: NDArray[np.int64]
    face: NDArray[np.bool_]
    core: NDArray[np.bool_]
    struts: NDArray[np.int64]
    length_m: NDArray[np.float64]
    narrowest_m: NDArray[np.float64]
    mean_radius_m: NDArray[np.float64]
    volume_m3: float
    rings: int
    voxels: int
    raw_nodes: int
    raw_struts: int

    @property
    def distance_m(self) -> NDArray[np.float64]:
        """Straight distance of the two nodes of each strut [m]."""
        a, b = self.position_m[self.struts[:, 0]], self.position_m[self.struts[:, 1]]
        return np.asarray(np.linalg.norm(a - b, axis=1))

    @property
    def weight(self) -> NDArray[np.float64]:
        """Part of each strut that belongs to the core: half for each end that does; 0 for dead and cut ends."""
        branch = (self.degree >= 3) & ~self.face
        return np.asarray(0.5 * self.core[self.struts].sum(1) * branch[self.struts].all(1))


def _mean_chord(phase: BoolVolume, h: tuple[float, float, float]) -> float:
    """2 phi/N_L of the phase, mean over the axes [m]."""
    walls = []
    for ax in range(3):
        n = phase.shape[ax]
        if n > 1:
            low = [slice(None)] * 3
            high = [slice(None)] * 3
            low[ax], high[ax] = slice(0, n - 1), slice(1, n)
            crossed = np.count_nonzero(phase[tuple(low)] != phase[tuple(high)])
            walls.append(crossed / (phase.size // n * (n - 1) * h[ax]))
    mean = float(np.mean(walls)) if walls else 0.0
    return 2 * float(phase.mean()) / mean if mean else math.inf


def skeleton_graph(
    phase: BoolVolume,
    spacing_m: Spacing,
    periodic: Sequence[bool] = (False, False, False),
    distance_m: FloatVolume | None = None,
) -> Skeleton:
    """Skeleton of a phase as a cleaned graph; see the module for the steps.

    Args:
        phase: True in the phase, (nx, ny, nz).
        spacing_m: edge of a voxel [m], one or one for each axis (lengths and radii are then in space; the
            thinning itself goes by voxels).
        periodic: wrapped axes are continued on either side by the longer mean chord of both phases; nodes of
            the box count. At faces that do not wrap struts are cut: nodes nearer to them than that chord (at
            most a quarter of the box) do not count, and struts to them count for the coordination only.
        distance_m: radius of the ball inscribed at each voxel [m], same shape, best the ``cell`` of a distance
            map; None: distance of voxel centres less half a voxel, which is low by up to 0.7 where the medial
            line runs between centres, and by 0.3 for the steps.

    Limitation (mathematical): voids and polymer are both thinned with 26 neighbours, so voids that touch by an
    edge of voxels hang together here. Free ends lose up to a diameter in the thinning. Sheets and closed
    shells have no medial line: thinning leaves a mesh or a surface, and the graph means nothing there. Memory:
    about 10 bytes a voxel, margin included.
    """
    phase, h, wrap, _ = volume_of(phase, spacing_m, periodic)
    empty = np.zeros(0)
    chord = max(_mean_chord(phase, h), _mean_chord(~phase, h))
    margin = [0, 0, 0]
    frame = [0.0, 0.0, 0.0]
    for ax in range(3):
        reach = chord if math.isfinite(chord) else 0.0
        if wrap[ax]:
            margin[ax] = min(phase.shape[ax] // 2, math.ceil(reach / h[ax]) + 2)
        else:
            frame[ax] = min(reach, 0.25 * phase.shape[ax] * h[ax])
    volume = math.prod(n * e - 2 * f for n, e, f in zip(phase.shape, h, frame, strict=True))
    if phase.all() or not phase.any():
        none = np.zeros(0, np.int64)
        return Skeleton(
            np.zeros((0, 3)),
            empty,
            none,
            none > 0,
            none > 0,
            np.zeros((0, 2), np.int64),
            empty,
            empty,
            empty,
            volume,
            0,
            0,
            0,
            0,
        )
    import edt
    from skimage.morphology import skeletonize

    pads = [(m, m) for m in margin]
    body = np.pad(phase, pads, mode="wrap") if any(margin) else phase
    flat = np.flatnonzero(skeletonize(body))
    shape = np.array(body.shape, np.int64)
    at = np.stack(np.unravel_index(flat, body.shape), 1)
    if distance_m is None:
        depth = edt.edt(np.ascontiguousarray(body), anisotropy=h, parallel=_parallel.threads())
        radius = np.maximum(depth.reshape(-1)[flat].astype(np.float64) - 0.5 * min(h), 0.5 * min(h))
        del depth
    else:
        if distance_m.shape != phase.shape:
            raise InputError("distance_m.shape", f"{distance_m.shape}", f"that of the phase, {phase.shape}")
        inner = (at - margin) % np.array(phase.shape)
        radius = distance_m[tuple(inner.T)].astype(np.float64)
    del body
    place = (at - margin + 0.5) * np.array(h)
    beside = np.full((len(flat), 26), -1, np.int32)
    count = np.zeros(len(flat), np.int64)
    _neighbours(flat, shape, beside, count)
    node = np.full(len(flat), -1, np.int64)
    nodes = int(_junctions(beside, count, node))
    held = node >= 0
    size = np.maximum(np.bincount(node[held], minlength=nodes), 1)
    centre = np.stack([np.bincount(node[held], place[held, k], nodes) / size for k in range(3)], 1)
    ball = np.zeros(nodes)
    np.maximum.at(ball, node[held], radius[held])
    # Every chain or pair uses up one link of a node's voxel.
    links = int(count[held].sum()) + 1
    ends, data = np.zeros((links, 2), np.int64), np.zeros((links, 3))
    found, rings = _chains(beside, count, node, place, radius, centre, ball, ends, data)
    ends, data = ends[:found].copy(), data[:found].copy()
    alive = np.ones(found, np.bool_)
    low = np.where(margin, -np.array(margin) * np.array(h), 0.0)
    high = np.array(phase.shape) * np.array(h) - low
    face = ((centre - low < ball[:, None] + 2 * max(h)) | (high - centre < ball[:, None] + 2 * max(h))).any(1)
    degree = _clean(ends, data, alive, centre, ball, face, 50)
    live = np.flatnonzero(degree > 0)
    number = np.full(nodes, -1, np.int64)
    number[live] = np.arange(len(live))
    struts = number[ends[alive]]
    data = data[alive]
    position = centre[live]
    size_m = np.array(phase.shape) * np.array(h)
    core = ((position >= frame) & (position < size_m - frame)).all(1) & ~face[live]
    far = np.linalg.norm(position[struts[:, 0]] - position[struts[:, 1]], axis=1)
    return Skeleton(
        position,
        ball[live],
        degree[live],
        face[live],
        core,
        struts,
        np.maximum(data[:, 0], far),
        data[:, 1],
        data[:, 2],
        volume,
        int(rings),
        len(flat),
        nodes,
        int(found),
    )


_METHOD = PARA + "16, 33-34 (structure): skeleton by thinning (Lee, Kashyap and Chu 1994), graph cleaned"
_CITED = ("ep1063256", "lee1994")


def skeleton_measurements(
    void: BoolVolume,
    spacing_m: Spacing,
    periodic: Sequence[bool] = (False, False, False),
    phases: Sequence[Literal["polymer", "void"]] = ("polymer",),
    distances_m: dict[str, FloatVolume] | None = None,
) -> list[Measurement]:
    """`strut_coordination` [1], `branch_point_density` [1/m3] and `strut_length` [m] of the polymer, and
    `channel_coordination`, `branch_point_density`, `channel_length` of the voids.

    coordination: mean number of struts (channels) at nodes where at least three meet. branch_point_density:
    such nodes per volume. length: mean along the struts between two nodes. Uncertainties: scatter over the
    square root of the number; density by the octants (the larger of that and Poisson's).

    Args:
        void: True in voids, (nx, ny, nz).
        spacing_m: edge of a voxel [m], one or one for each axis.
        periodic: whether each axis wraps.
        phases: which to do; each costs one thinning.
        distances_m: distance of voxel centres to the wall by phase [m]; see :func:`skeleton_graph`.

    Limitation: lengths of struts that leave the volume are not known; long ones are lost more often, which
    reads low (the share stands in the evidence).
    """
    void, h, wrap, _ = volume_of(void, spacing_m, periodic)
    out = []
    for phase in phases:
        if phase not in ("polymer", "void"):
            raise InputError("phases", f"{phase!r}", "'polymer' or 'void'")
        body = void if phase == "void" else ~void
        given = (distances_m or {}).get(phase)
        if 1 in void.shape:
            out += _none(phase, "an image has no skeleton in space")
        elif not body.any() or body.all():
            other = "polymer" if phase == "void" else "void"
            out += _none(phase, f"there is no {phase}" if not body.any() else f"there is no {other}")
        else:
            out += _results(phase, skeleton_graph(body, h, wrap, given), void.shape, h)
    return out


def _names(phase: str) -> tuple[tuple[str, str], ...]:
    one = "strut" if phase == "polymer" else "channel"
    return ((f"{one}_coordination", "1"), ("branch_point_density", "1/m3"), (f"{one}_length", "m"))


def _none(phase: str, reason: str) -> list[Measurement]:
    return [
        Measurement(name, None, unit, None, _METHOD, phase, reason=reason, citations=_CITED)
        for name, unit in _names(phase)
    ]


def _quantiles(values: NDArray[np.float64], weights: NDArray[np.float64]) -> dict[str, float]:
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    return {
        f"{q:g}": float(values[order][min(int(np.searchsorted(share, q)), len(values) - 1)])
        for q in (0.1, 0.25, 0.5, 0.75, 0.9)
    }


def _histogram(values: NDArray[np.float64], weights: NDArray[np.float64], bins: int = 30) -> dict[str, Any]:
    top = float(values.max()) * (1 + 1e-9)
    found, edges = np.histogram(values, bins, (0.0, top), weights=weights)
    return {
        "edges_m": [float(f"{e:.5g}") for e in edges],
        "share": [float(f"{s:.5g}") for s in found / weights.sum()],
    }


def _results(
    phase: str, g: Skeleton, shape: tuple[int, ...], h: tuple[float, float, float]
) -> list[Measurement]:
    branch = (g.degree >= 3) & g.core
    many = int(branch.sum())
    (coordination, _), (density, _), (length, _) = _names(phase)
    ends = int(((g.degree == 1) & g.core).sum())
    base: dict[str, Any] = {
        "nodes": many,
        "free_ends": ends,
        "volume_m3": g.volume_m3,
        "skeleton_voxels": g.voxels,
        "nodes_before_cleaning": g.raw_nodes,
        "cleaning": "spurs whose end ball overlaps the junction's ball; junctions inside one inscribed ball merged",
    }
    octant = [
        int((branch & (((g.position_m // (np.array(shape) * h / 2)).astype(int) @ (4, 2, 1)) == k)).sum())
        for k in range(8)
    ]
    spread = max(math.sqrt(many), float(np.std(octant, ddof=1)) * math.sqrt(8)) if many else 0.0
    points = Measurement(
        density,
        many / g.volume_m3,
        "1/m3",
        spread / g.volume_m3 if many else None,
        _METHOD,
        phase,
        evidence={**base, "nodes_by_octant": octant},
        citations=_CITED,
    )
    if many == 0:
        reason = f"the skeleton of the {phase} has no branch point in the volume that counts"
        none = {m.name: m for m in _none(phase, reason)}
        return [none[coordination], points, none[length]]
    degrees = g.degree[branch]
    worth = f"{many} nodes"
    enough = Check("enough nodes", "pass" if many >= 100 else "warn", worth)
    top = int(degrees.max())
    coordinated = Measurement(
        coordination,
        float(degrees.mean()),
        "1",
        float(degrees.std(ddof=1) / math.sqrt(many)) if many > 1 else None,
        _METHOD,
        phase,
        (enough,),
        {
            **base,
            "distribution": {str(k): int((degrees == k).sum()) for k in range(3, min(top, 30) + 1)},
            "node_radius_m": float(g.radius_m[branch].mean()),
        },
        _CITED,
    )
    weight = g.weight
    used = weight > 0
    if not used.any():
        none = {m.name: m for m in _none(phase, "no strut between two branch points lies in the volume")}
        return [coordinated, points, none[length]]
    w, lengths, far = weight[used], g.length_m[used], g.distance_m[used]
    mean = float((w * lengths).sum() / w.sum())
    sd = math.sqrt(float((w * (lengths - mean) ** 2).sum() / w.sum()))
    number = float(w.sum())
    open_ends = float(degrees.sum() - 2 * number) / float(degrees.sum())
    bent = far > 1e-3 * lengths  # a loop has no straight distance
    tortuous = float((w * lengths)[bent].sum() / (w * far)[bent].sum()) if bent.any() else None
    long_ = Measurement(
        length,
        mean,
        "m",
        sd / math.sqrt(number) if number > 1 else None,
        _METHOD,
        phase,
        (
            enough,
            Check(
                "struts known to both ends",
                "pass" if open_ends <= 0.1 else "warn",
                f"{100 * open_ends:.0f} % of the struts at nodes end free or leave the volume",
            ),
        ),
        {
            **base,
            "struts": number,
            "histogram": _histogram(lengths, w),
            "quantiles_m": _quantiles(lengths, w),
            "tortuosity": tortuous,
            "tortuosity_meaning": "length along the struts over straight distance of their nodes, sums",
            "narrowest_radius_m": float((w * g.narrowest_m[used]).sum() / w.sum()),
            "narrowest_radius_quantiles_m": _quantiles(g.narrowest_m[used], w),
            "mean_radius_m": float((w * g.mean_radius_m[used]).sum() / w.sum()),
            "share_open": open_ends,
        },
        _CITED,
    )
    return [coordinated, points, long_]
