"""Topology of both phases: components, tunnels and cavities, and the Euler number that ties them together.

Voids join by faces of voxels (6 neighbours), polymer by faces, edges and corners (26), or the other way round:
only such a pair has no paradoxes (a closed curve of one phase parts the other). Voids are then the complex of
voxel centres, polymer the closed union of cubes, and each is the complement of the other.

For a phase X and its complement Y, everything outside the box included:

* b0(X): components;
* b2(X): cavities, the components of Y that do not reach a face of the box (Alexander duality);
* b1(X) = b0 + b2 - chi: independent tunnels, with chi counted exactly.

Where axes wrap, the box is a torus, and surfaces that close around it count too. On the torus of p wrapped
axes b2(X) = b0(Y) - 1 + p - w(Y), where w(Y) is the number of independent directions in which paths of Y close
around the torus (long exact sequence of the pair; Hatcher 2002, chapter 3); with free axes the outside is part
of Y and winds around all p.
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
from percola.measure._volume import PARA, BoolVolume, Periodic
from percola.measure.form.chords import Spacing, volume_of
from percola.measurement import Check, Measurement


@njit(cache=True, nogil=True)
def _corners(phase, wrap, x0, x1, found):  # type: ignore[no-untyped-def]
    """Count the 256 patterns of the eight voxels about each corner of the lattice, for corners x0 <= x < x1.

    Corner x lies between voxels x - 1 and x. Beyond faces that do not wrap nothing is in the phase. Bit 0..3:
    voxels (x-1,y-1), (x-1,y), (x,y-1), (x,y) at z - 1; bits 4..7 the same at z.
    """
    nx, ny, nz = phase.shape
    none = np.zeros(nz, np.bool_)
    for x in range(x0, x1):
        for y in range(ny if wrap[1] else ny + 1):
            low_x, high_x = x > 0 or wrap[0], x < nx
            low_y, high_y = y > 0 or wrap[1], y < ny
            a = phase[x - 1 if x > 0 else nx - 1, y - 1 if y > 0 else ny - 1] if low_x and low_y else none
            b = phase[x - 1 if x > 0 else nx - 1, y] if low_x and high_y else none
            c = phase[x, y - 1 if y > 0 else ny - 1] if high_x and low_y else none
            d = phase[x, y] if high_x and high_y else none
            code = 0
            if wrap[2]:
                k = nz - 1
                code = a[k] | (b[k] << 1) | (c[k] << 2) | (d[k] << 3)
            for z in range(nz):
                new = a[z] | (b[z] << 1) | (c[z] << 2) | (d[z] << 3)
                found[code | (new << 4)] += 1
                code = new
            if not wrap[2]:
                found[code] += 1


def _tables() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Eight times what a corner adds to the Euler number of a phase joined by 6 and by 26 neighbours."""
    place = [(x, y, z) for z in (0, 1) for x in (0, 1) for y in (0, 1)]  # in the order of the bits
    six, all26 = np.zeros(256, np.int64), np.zeros(256, np.int64)
    for code in range(256):
        held = [p for i, p in enumerate(place) if code >> i & 1]
        # Centres of voxels as vertices: shared by 8 corners, links by 4, squares by 2, cubes by 1.
        for size, share in ((0, 8), (1, 4), (2, 2), (3, 1)):
            # Blocks of voxels that span `size` axes about this corner.
            for axes in range(8):
                spans = [ax for ax in range(3) if axes >> ax & 1]
                if len(spans) != size:
                    continue
                rest = {tuple(p[ax] for ax in range(3) if ax not in spans) for p in place}
                for fixed in rest:
                    block = [p for p in place if tuple(p[ax] for ax in range(3) if ax not in spans) == fixed]
                    sign = -1 if size % 2 else 1
                    if all(p in held for p in block):
                        six[code] += sign * 8 // share
                    # The same block of voxels shares one cell of dimension 3 - size of the union of cubes.
                    if any(p in held for p in block):
                        dimension = 3 - size
                        part = {3: 1, 2: 2, 1: 4, 0: 8}[dimension]
                        all26[code] += (-1 if dimension % 2 else 1) * part
    return six, all26


_SIX, _ALL26 = _tables()


def corner_counts(phase: BoolVolume, periodic: Periodic) -> NDArray[np.int64]:
    """How often each of the 256 patterns of eight voxels about a corner occurs."""
    wrap = np.array([p and n > 1 for p, n in zip(periodic, phase.shape, strict=True)], np.bool_)
    phase = np.ascontiguousarray(phase)
    planes = phase.shape[0] + (0 if wrap[0] else 1)
    ranges = _parallel.slabs(planes)
    found = np.zeros((len(ranges), 256), np.int64)

    def work(a: int, b: int) -> None:
        _corners(phase, wrap, a, b, found[ranges.index((a, b))])

    _parallel.run(work, ranges)
    return np.asarray(found.sum(0))


def euler(phase: BoolVolume, periodic: Periodic, neighbours: Literal[6, 26]) -> int:
    """Euler number of a phase whose voxels join by ``neighbours``; wrapped axes closed, others bounded."""
    table = _SIX if neighbours == 6 else _ALL26
    eight = int((corner_counts(phase, periodic) * table).sum())
    return eight // 8


@dataclass(frozen=True)
class Components:
    """Components of a phase.

    Attributes:
        count: their number, joined across wrapped faces.
        sizes: voxels of each, falling.
        inside: how many reach no face that does not wrap.
        across: whether one of them joins the two faces of each axis that does not wrap.
        windings: independent directions in which paths close around the torus.
    """

    count: int
    sizes: NDArray[np.int64]
    inside: int
    across: tuple[bool, bool, bool]
    windings: int


def components(phase: BoolVolume, periodic: Periodic, neighbours: Literal[6, 26]) -> Components:
    """Components of a phase, their sizes, and how they close around wrapped axes.

    Each wrapped axis is continued by one layer, which is then identified with the first: links of the labels
    so found carry a step around the torus, and the steps around closed paths of labels are the windings. A
    component of the box itself winds around nothing.
    """
    import cc3d

    wrap = [bool(p and n > 1) for p, n in zip(periodic, phase.shape, strict=True)]
    if not phase.any():
        return Components(0, np.zeros(0, np.int64), 0, (False, False, False), 0)
    longer = (
        np.pad(phase, [(0, int(w)) for w in wrap], mode="wrap") if any(wrap) else np.ascontiguousarray(phase)
    )
    labels, count = cc3d.connected_components(longer, connectivity=neighbours, return_N=True)
    links = [np.zeros((0, 3), np.int64)]
    for ax in range(3):
        if not wrap[ax]:
            continue
        a, b = np.take(labels, -1, ax).ravel(), np.take(labels, 0, ax).ravel()
        held = a > 0
        pairs = np.unique(np.stack([a[held], b[held]], 1).astype(np.int64), axis=0)
        links.append(np.concatenate([pairs, np.full((len(pairs), 1), ax)], 1))
    link = np.concatenate(links)
    root, place = np.arange(count + 1), np.zeros((count + 1, 3), np.int64)
    loops = np.zeros((len(link) + 1, 3), np.int64)
    closed = _wind(int(count), link, root, place, loops)
    windings = int(np.linalg.matrix_rank(np.unique(loops[:closed], axis=0).astype(float))) if closed else 0
    core = labels[tuple(slice(0, n) for n in phase.shape)]
    sizes_by_label = np.bincount(core.ravel(), minlength=count + 1)
    sizes_by_label[0] = 0
    names, merged = np.unique(root[1:], return_inverse=True)
    sizes = np.bincount(merged, sizes_by_label[1:], len(names)).astype(np.int64)
    touch = np.zeros((len(names), 3, 2), bool)
    for ax in range(3):
        if wrap[ax]:
            continue
        for side, at in enumerate((0, -1)):
            here = np.unique(np.take(core, at, ax))
            touch[merged[here[here > 0].astype(np.int64) - 1], ax, side] = True
    across = tuple(bool((touch[:, ax, 0] & touch[:, ax, 1]).any()) for ax in range(3))
    inside = int((~touch.any((1, 2))).sum())
    return Components(len(names), np.sort(sizes)[::-1], inside, across, windings)  # type: ignore[arg-type]


@njit(cache=True, nogil=True)
def _wind(count, links, root, place, loops):  # type: ignore[no-untyped-def]
    """Union-find with steps: place[i] is the position of label i against its root, in boxes; links: (a, b,
    axis). Fills loops with the steps around closed paths and returns their number.
    """
    path = np.empty(count + 1, np.int64)
    ends = np.empty(2, np.int64)
    found = 0
    for m in range(links.shape[0] + count + 1):
        link = m < links.shape[0]
        for side in range(2 if link else 1):
            i = links[m, side] if link else m - links.shape[0]
            depth = 0
            while root[i] != i:
                path[depth] = i
                depth += 1
                i = root[i]
            # From the label nearest to the root outwards: each then hangs on the root itself.
            for d in range(depth - 2, -1, -1):
                j = path[d]
                for k in range(3):
                    place[j, k] += place[root[j], k]
                root[j] = i
            ends[side] = i
        if not link:
            continue
        a, b, axis = links[m, 0], links[m, 1], links[m, 2]
        # Label a of the added layer is label b one box further.
        if ends[0] == ends[1]:
            for k in range(3):
                loops[found, k] = place[b, k] - place[a, k] + (1 if k == axis else 0)
            if loops[found, 0] != 0 or loops[found, 1] != 0 or loops[found, 2] != 0:
                found += 1
        else:
            r = ends[1]
            root[r] = ends[0]
            for k in range(3):
                place[r, k] = place[a, k] - place[b, k] - (1 if k == axis else 0)
    return found


@dataclass(frozen=True)
class Betti:
    """Betti numbers of a phase in its box.

    Attributes:
        b0: components. b1: independent tunnels. b2: cavities (and closed surfaces around the torus).
        euler: chi; b0 - b1 + b2 = chi (with the torus itself, b3 = 1, where the phase fills a wrapped box).
        largest: share of the phase in its largest component.
        sizes: voxels of the components, falling.
        windings: independent directions in which paths of the phase close around the torus.
    """

    b0: int
    b1: int
    b2: int
    euler: int
    largest: float
    sizes: NDArray[np.int64]
    windings: int


def betti_numbers(
    void: BoolVolume, periodic: Periodic, void_neighbours: Literal[6, 26] = 6
) -> tuple[Betti, Betti]:
    """Betti numbers of voids and of polymer.

    chi = b0 - b1 + b2. Args: void, (nx, ny, nz). periodic: wrapped axes are closed to a torus; at faces that do
    not wrap bodies simply end. void_neighbours: 6 or 26; the polymer has the other.

    Limitation (mathematical): at free faces tunnels are cut open and cavities counted as open, so b1 and b2
    read low and b0 high, by what lies within a pore of the faces. A single voxel of noise is a component or a
    cavity: the sizes tell. Memory: 9 bytes a voxel.
    """
    if void_neighbours not in (6, 26):
        raise InputError("void_neighbours", f"{void_neighbours!r}", "6 or 26")
    wrap: Periodic = tuple(bool(p and n > 1) for p, n in zip(periodic, void.shape, strict=True))  # type: ignore[assignment]
    solid = ~void
    other: Literal[6, 26] = 26 if void_neighbours == 6 else 6
    parts = (components(void, wrap, void_neighbours), components(solid, wrap, other))
    chis = (euler(void, wrap, void_neighbours), euler(solid, wrap, other))
    return _betti(parts[0], parts[1], chis[0], wrap), _betti(parts[1], parts[0], chis[1], wrap)


def _betti(own: Components, complement: Components, chi: int, wrap: Periodic) -> Betti:
    closed = sum(wrap)
    if own.count == 0:
        return Betti(0, 0, 0, chi, 0.0, own.sizes, 0)
    if closed == 3:
        if complement.count == 0:
            return Betti(1, 3, 3, chi, 1.0, own.sizes, own.windings)  # the torus itself
        b2 = complement.count - 1 + 3 - complement.windings
    else:
        # The outside: in two pieces where only one axis is free, unless the complement joins them.
        free = next((ax for ax in range(3) if not wrap[ax]), 0)
        outside = 2 if closed == 2 and not complement.across[free] else 1
        b2 = complement.inside + outside - 1
    b1 = own.count + b2 - chi
    return Betti(own.count, b1, b2, chi, float(own.sizes[0] / own.sizes.sum()), own.sizes, own.windings)


_METHOD = PARA + "16 (structure): Betti numbers of the voxel complex"
_CITED = ("ep1063256", "hatcher2002", "kongrosenfeld1989", "odgaard1993")
_MEANING = ("components", "independent tunnels", "cavities")


def topology_measurements(
    void: BoolVolume,
    spacing_m: Spacing,
    periodic: Sequence[bool] = (False, False, False),
    void_neighbours: Literal[6, 26] = 6,
    region: str = "core",
) -> list[Measurement]:
    """`void_betti_0/1/2`, `polymer_betti_0/1/2` [1] and `connectivity_density` [1/m3] of both phases.

    betti_0: components, betti_1: independent tunnels, betti_2: cavities, of the box as it is.
    connectivity_density = (b1 - b2)/V with the Euler number free of edges: b0/V - chi_V, chi_V counted per
    place of each kind (Odgaard and Gundersen 1993); its uncertainty is the scatter of chi_V between octants.

    Args:
        void: True in voids, (nx, ny, nz) or (nx, ny).
        spacing_m: edge of a voxel [m], one or one for each axis.
        periodic: whether each axis wraps.
        void_neighbours: 6 (voids join by faces, polymer also by edges and corners) or 26 (the reverse).
        region: written into the results of ``connectivity_density`` together with the phase.

    Evidence: density per volume, adjacency, sizes of the components, the identity b0 - b1 + b2 = chi.
    """
    void, h, wrap, _ = volume_of(void, spacing_m, periodic)
    volume = math.prod(h) * void.size
    both = betti_numbers(void, wrap, void_neighbours)
    out = []
    adjacency = {"void": void_neighbours, "polymer": 26 if void_neighbours == 6 else 6}
    for phase, found in zip(("void", "polymer"), both, strict=True):
        share = float(np.count_nonzero(found.sizes < 8)) / max(found.b0, 1)
        for k, (value, what) in enumerate(zip((found.b0, found.b1, found.b2), _MEANING, strict=True)):
            evidence: dict[str, Any] = {
                "meaning": what,
                "per_volume_1_m3": value / volume,
                "euler_number": found.euler,
                "b0_b1_b2": [found.b0, found.b1, found.b2],
                "neighbours": adjacency[phase],
                "wrapped_axes": ["xyz"[ax] for ax in range(3) if wrap[ax]],
                "windings": found.windings,
            }
            checks: tuple[Check, ...] = ()
            if k == 0:
                evidence["share_in_largest"] = found.largest
                evidence["largest_voxels"] = [int(s) for s in found.sizes[:20]]
                checks = (
                    Check(
                        "components larger than noise",
                        "pass" if share <= 0.2 else "warn",
                        f"{100 * share:.0f} % of {found.b0} components have fewer than 8 voxels",
                    ),
                )
            out.append(
                Measurement(
                    f"{phase}_betti_{k}", float(value), "1", None, _METHOD, region, checks, evidence, _CITED
                )
            )
    for phase, found, mask in zip(("void", "polymer"), both, (void, ~void), strict=True):
        chi_v, error = _euler_density(mask, wrap, adjacency[phase], math.prod(h))
        out.append(
            Measurement(
                "connectivity_density",
                found.b0 / volume - chi_v if mask.any() else None,
                "1/m3",
                error,
                PARA + "16 (structure): (b1 - b2)/V from the Euler number (Odgaard and Gundersen 1993)",
                phase,
                evidence={
                    "euler_density_1_m3": chi_v,
                    "components_1_m3": found.b0 / volume,
                    "tunnels_1_m3": found.b1 / volume,
                    "neighbours": adjacency[phase],
                },
                citations=_CITED,
                reason="" if mask.any() else f"there is no {phase}",
            )
        )
    return out


def _euler_density(
    phase: BoolVolume, wrap: Periodic, neighbours: int, voxel_m3: float
) -> tuple[float, float | None]:
    """Euler number per volume without edges, and its standard error from octants [1/m^3]."""
    from percola.measure.form.descriptors import euler_number
    from percola.measure.voids.connectivity import _blocks, _spread

    def density(block: BoolVolume, closed: Periodic) -> float:
        # On the torus a closed phase and its open complement have the same Euler number; per place it holds too.
        return euler_number(block if neighbours == 6 else ~block, closed)[1] / voxel_m3

    parts = [density(phase[b], (False,) * 3) for b in _blocks(phase.shape)] if min(phase.shape) >= 24 else []
    return density(phase, wrap), _spread(parts)
