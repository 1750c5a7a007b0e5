"""Skeleton graphs of lattices whose nodes, coordination and strut lengths are known."""

import math

import numpy as np
import pytest

from percola.errors import InputError
from percola.measure import phantoms
from percola.measure.form.skeleton import skeleton_graph, skeleton_measurements

NONE = (False, False, False)
ALL = (True, True, True)


def struts(edges, cell: int, cells: int, radius: float) -> np.ndarray:
    """Round struts between pairs of points of a cubic cell (in cells), repeated."""
    n = cell * cells
    c = np.arange(n) + 0.5
    x, y, z = (np.mod(a, cell) for a in np.meshgrid(c, c, c, indexing="ij", sparse=True))
    depth = np.full((n, n, n), np.inf)
    for a, b in edges:
        a, b = np.array(a) * cell, np.array(b) * cell
        u = (b - a) / np.linalg.norm(b - a)
        for image in np.ndindex(3, 3, 3):
            p = a + (np.array(image) - 1) * cell
            dx, dy, dz = x - p[0], y - p[1], z - p[2]
            t = np.clip(dx * u[0] + dy * u[1] + dz * u[2], 0, np.linalg.norm(b - a))
            depth = np.minimum(
                depth, np.sqrt((dx - t * u[0]) ** 2 + (dy - t * u[1]) ** 2 + (dz - t * u[2]) ** 2)
            )
    return depth < radius


CUBIC = [((0.5, 0.5, 0.5), e) for e in ((1.5, 0.5, 0.5), (0.5, 1.5, 0.5), (0.5, 0.5, 1.5))]
_SITES = [(0.25, 0.25, 0.25), (0.75, 0.75, 0.25), (0.75, 0.25, 0.75), (0.25, 0.75, 0.75)]
_BONDS = [(0.25, 0.25, 0.25), (0.25, -0.25, -0.25), (-0.25, 0.25, -0.25), (-0.25, -0.25, 0.25)]
DIAMOND = [(s, tuple(np.add(s, b))) for s in _SITES for b in _BONDS]


@pytest.mark.parametrize("radius", [2.5, 4.0])
def test_cubic_lattice_has_six_struts_a_node(radius):
    body = struts(CUBIC, 20, 2, radius)
    g = skeleton_graph(body, 1.0, ALL)
    nodes = (g.degree >= 3) & g.core
    assert nodes.sum() == 8
    assert set(g.degree[nodes]) == {6}
    used = g.weight > 0
    assert g.weight.sum() == 24  # three a node
    assert g.length_m[used].mean() == pytest.approx(20, rel=0.04)  # centring of the thinned line: a voxel
    # The axis runs along the edges of voxels, 0.71 from the next centre, and steps cost up to 0.3: low.
    assert -1.01 < (g.narrowest_m[used] - radius).min() <= (g.narrowest_m[used] - radius).max() < 0.1


def test_diamond_lattice_has_four():
    body = struts(DIAMOND, 28, 1, 3.0)
    g = skeleton_graph(body, 1.0, ALL)
    nodes = (g.degree >= 3) & g.core
    assert nodes.sum() == 8
    assert set(g.degree[nodes]) == {4}
    used = g.weight > 0
    assert g.length_m[used].mean() == pytest.approx(28 * math.sqrt(3) / 4, rel=0.04)


def test_gyroid_has_three_in_both_phases():
    p = phantoms.gyroid(24)
    for phase in (p.void, ~p.void):
        g = skeleton_graph(phase, p.spacing_m, ALL)
        nodes = (g.degree >= 3) & g.core
        assert nodes.sum() == 8
        assert set(g.degree[nodes]) == {3}
        # Straight bonds a sqrt(2)/4; the thinned line bends by some 2 %.
        mean = np.average(g.length_m, weights=g.weight)
        assert mean == pytest.approx(24 * math.sqrt(2) / 4 * p.spacing_m, rel=0.05)


def test_straight_tubes_have_no_branch():
    p = phantoms.tube(5, 40)
    g = skeleton_graph(p.void, 1.0, NONE)
    assert not ((g.degree >= 3) & g.core).any()
    oblique = struts([((0.1, 0.1, 0.1), (0.9, 0.8, 0.7))], 60, 1, 3.0)
    g = skeleton_graph(np.pad(oblique, 4), 1.0, NONE)
    assert list(g.degree) == [1, 1]
    # The medial line ends up to a radius before the ball-ended strut does; the smoothed path adds no steps.
    whole = 60 * math.sqrt(0.8**2 + 0.7**2 + 0.6**2)
    assert whole - 6 < g.length_m[0] < whole + 6
    assert g.length_m[0] / g.distance_m[0] < 1.03


def test_tree_and_cycle():
    arms = [((0.5, 0.5, 0.5), e) for e in ((0.85, 0.5, 0.5), (0.3, 0.75, 0.5), (0.35, 0.3, 0.7))]
    g = skeleton_graph(struts(arms, 60, 1, 3.0), 1.0, NONE)
    assert sorted(g.degree) == [1, 1, 1, 3]
    # Thinning eats up to a diameter of a free end.
    lengths = sorted(60 * np.linalg.norm(np.subtract(b, a)) for a, b in arms)
    assert np.abs(np.sort(g.length_m) - lengths).max() < 6
    ring = np.zeros((30, 30, 12), bool)
    ring[5:25, 5:25, 4:7] = True
    ring[8:22, 8:22] = False
    g = skeleton_graph(ring, 1.0, NONE)
    assert not (g.degree >= 3).any()


def test_tunnels_survive_the_cleaning():
    # Edges - nodes + bodies of the graph is the number of tunnels; only short loops may go.
    p = phantoms.gaussian_field(48, 16, 0.6, seed=1)
    from percola.measure.form.topology import betti_numbers

    polymer = betti_numbers(p.void, NONE, 6)[1]
    g = skeleton_graph(~p.void, 1.0, NONE)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(g.degree)
    graph = coo_array((np.ones(len(g.struts)), (g.struts[:, 0], g.struts[:, 1])), shape=(n, n))
    bodies = connected_components(graph, directed=False)[0]
    cycles = len(g.struts) - n + bodies + g.rings
    assert cycles == pytest.approx(polymer.b1, abs=0.1 * polymer.b1 + 1)


def test_spacing_stretches_lengths():
    body = struts(CUBIC, 20, 2, 3.0)
    g = skeleton_graph(body, (1.0, 1.0, 2.0), ALL)
    used = g.weight > 0
    along = g.position_m[g.struts[used][:, 0]] - g.position_m[g.struts[used][:, 1]]
    upright = np.abs(along[:, 2]) > 20
    assert g.length_m[used][upright].mean() == pytest.approx(40, rel=0.04)
    assert g.length_m[used][~upright].mean() == pytest.approx(20, rel=0.04)


def test_distance_given_is_used():
    body = struts(CUBIC, 20, 2, 3.0)
    g = skeleton_graph(body, 1.0, ALL, np.full(body.shape, 3.0, np.float32))
    assert set(np.round(g.narrowest_m, 6)) == {3.0}
    with pytest.raises(InputError):
        skeleton_graph(body, 1.0, ALL, np.zeros((2, 2, 2), np.float32))


def test_measurements_and_degenerate_input():
    p = phantoms.gaussian_field(64, 14, 0.6, seed=0)
    found = {(m.name, m.region): m for m in skeleton_measurements(p.void, 1e-8, ALL, ("polymer", "void"))}
    for one, phase in (("strut", "polymer"), ("channel", "void")):
        c = found[f"{one}_coordination", phase]
        assert 3 <= c.value < 4.5
        assert c.uncertainty > 0
        length = found[f"{one}_length", phase]
        assert 0.3 * 14e-8 < length.value < 1.5 * 14e-8
        assert 1 <= length.evidence["tortuosity"] < 1.2
        assert len(str(length.to_dict())) < 50_000
    again = skeleton_measurements(p.void, 1e-8, ALL, ("polymer", "void"))
    assert [m.value for m in again] == [m.value for m in found.values()]
    for fill in (True, False):
        none = skeleton_measurements(np.full((8, 8, 8), fill), 1e-8, NONE, ("polymer", "void"))
        assert len(none) == 6
        assert all(m.value is None and m.reason for m in none)
    ball = ~phantoms.isolated_pores(16, 1).void
    alone = skeleton_measurements(ball, 1e-8)
    assert alone[0].value is None
    assert alone[1].value == 0
    with pytest.raises(InputError):
        skeleton_measurements(p.void, 1e-8, NONE, ("resin",))
