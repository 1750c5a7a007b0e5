"""Betti numbers of bodies whose topology is known, in a box and on the torus."""

import math

import numpy as np
import pytest
from skimage.measure import euler_number as skimage_euler

from percola.errors import InputError
from percola.measure import phantoms
from percola.measure.form.topology import betti_numbers, components, euler, topology_measurements

NONE = (False, False, False)
ALL = (True, True, True)
FLAT = (True, True, False)
LINE = (False, False, True)


def numbers(void, periodic, neighbours=6):
    return [(b.b0, b.b1, b.b2) for b in betti_numbers(void, periodic, neighbours)]


def grid(n=28):
    c = np.arange(n) - (n - 1) / 2
    return np.meshgrid(c, c, c, indexing="ij")


def test_euler_number_against_scikit_image_and_duality():
    for seed in range(4):
        v = np.random.default_rng(seed).random((8, 9, 7)) > 0.5
        assert euler(v, NONE, 6) == skimage_euler(v, connectivity=1)
        assert euler(v, NONE, 26) == skimage_euler(v, connectivity=3)
        # On the torus a set and its complement have the same Euler number.
        assert euler(v, ALL, 6) == euler(~v, ALL, 26)
        assert euler(v, ALL, 26) == euler(~v, ALL, 6)


@pytest.mark.parametrize("periodic", [NONE, ALL, FLAT, LINE, (True, False, False)])
@pytest.mark.parametrize("neighbours", [6, 26])
def test_identities_on_noise(periodic, neighbours):
    for seed in range(3):
        v = np.random.default_rng(seed).random((7, 6, 8)) > 0.4 + 0.1 * seed
        both = betti_numbers(v, periodic, neighbours)
        for b in both:
            assert b.b0 - b.b1 + b.b2 == b.euler
            assert min(b.b0, b.b1, b.b2) >= 0
        # Turning and mirroring changes nothing.
        turned = np.transpose(v, (2, 0, 1))[::-1].copy()
        order = (periodic[2], periodic[0], periodic[1])
        again = betti_numbers(turned, order, neighbours)
        assert [(b.b0, b.b1, b.b2) for b in again] == [(b.b0, b.b1, b.b2) for b in both]


def test_cavities_by_alexander_duality_on_noise():
    # In a box ringed by polymer each void component is a cavity of the polymer, and tunnels link pairwise.
    for seed in range(3):
        v = np.zeros((9, 9, 9), bool)
        v[1:-1, 1:-1, 1:-1] = np.random.default_rng(seed).random((7, 7, 7)) > 0.6
        void, polymer = betti_numbers(v, NONE)
        assert polymer.b2 == void.b0
        assert polymer.b1 == void.b1
        assert polymer.b0 - 1 == void.b2


def test_solid_torus_hollow_sphere_tube_and_slab():
    x, y, z = grid()
    ring = np.hypot(np.hypot(x, y) - 8, z) < 3.5
    assert numbers(ring, NONE) == [(1, 1, 0), (1, 1, 1)]
    assert numbers(ring, ALL) == [(1, 1, 0), (1, 4, 3)]
    r = np.sqrt(x * x + y * y + z * z)
    shell = (r < 11) & (r > 6)
    assert numbers(shell, NONE) == [(1, 0, 1), (2, 0, 1)]
    tube = np.hypot(x, y) < 6
    assert numbers(tube, NONE) == [(1, 0, 0), (1, 1, 0)]
    assert numbers(tube, LINE) == [(1, 1, 0), (1, 2, 1)]
    assert numbers(tube, ALL) == [(1, 1, 0), (1, 3, 2)]
    slab = np.abs(z) < 6
    assert numbers(slab, NONE) == [(1, 0, 0), (2, 0, 0)]
    assert numbers(slab, FLAT) == [(1, 2, 1), (2, 4, 2)]
    assert numbers(slab, ALL) == [(1, 2, 1), (1, 2, 1)]


def test_one_phase_only():
    full = np.ones((4, 5, 6), bool)
    assert numbers(full, NONE) == [(1, 0, 0), (0, 0, 0)]
    assert numbers(full, LINE) == [(1, 1, 0), (0, 0, 0)]
    assert numbers(full, FLAT) == [(1, 2, 1), (0, 0, 0)]
    assert numbers(full, ALL) == [(1, 3, 3), (0, 0, 0)]


def test_gyroid_and_necklaces():
    for cells in (1, 2):
        g = phantoms.gyroid(16, cells=cells)
        b0 = 1
        for found in betti_numbers(g.void, ALL):
            assert found.euler == g.known["euler_number"]
            assert (found.b0, found.b1, found.b2) == (b0, b0 + 4 * cells**3, 0)
            assert found.windings == 3
    string = phantoms.necklace(2.0, 5.0, 16, 2)
    assert numbers(string.void, NONE)[0] == (1, 0, 0)
    assert numbers(string.void, LINE)[0] == (1, 1, 0)
    # Spheres that overlap on a simple cubic lattice: one node of three loops a cell.
    beads = phantoms.particles(16, 2, 1.1)
    assert numbers(beads.void, ALL)[1] == (1, 1 + 2 * 8, 0)
    apart = phantoms.isolated_pores(12, 2, 0.3)
    assert numbers(apart.void, ALL)[0] == (8, 0, 0)
    assert betti_numbers(apart.void, ALL)[1].b2 == 8 - 1 + 3


def test_adjacency_of_touching_corners():
    v = np.zeros((4, 4, 4), bool)
    v[1, 1, 1] = v[2, 2, 2] = True
    assert numbers(v, NONE, 6)[0][0] == 2
    assert numbers(v, NONE, 26)[0][0] == 1
    # Across a wrapped edge too.
    w = np.zeros((4, 4, 4), bool)
    w[0, 3, 1] = w[3, 0, 1] = True
    assert components(w, NONE, 26).count == 2
    assert components(w, ALL, 26).count == 1


def test_windings_of_a_helix():
    # A staircase that closes only after going round x and y together winds in one direction.
    v = np.zeros((6, 6, 3), bool)
    for i in range(6):
        v[i, i, 1] = v[(i + 1) % 6, i, 1] = True
    assert components(v, ALL, 6).windings == 1
    v[:, 0, 1] = True
    assert components(v, ALL, 6).windings == 2


def test_measurements():
    p = phantoms.gaussian_field(48, 12, 0.55, seed=1)
    found = {(m.name, m.region): m for m in topology_measurements(p.void, p.spacing_m, p.periodic)}
    assert found["void_betti_0", "core"].evidence["neighbours"] == 6
    assert found["polymer_betti_0", "core"].evidence["neighbours"] == 26
    density = found["connectivity_density", "void"]
    b0 = found["void_betti_0", "core"].value
    chi = density.evidence["euler_density_1_m3"]
    volume = p.void.size * p.spacing_m**3
    b = [found[f"void_betti_{k}", "core"].value for k in range(3)]
    assert chi * volume == pytest.approx(b[0] - b[1] + b[2])
    assert density.value == pytest.approx(b0 / volume - chi)
    # Adler's density of the infinite field: 64 waves' volumes, scatter some 10 %.
    assert chi * p.spacing_m**3 == pytest.approx(p.known["euler_density_void_voxels"], rel=0.3)
    assert density.uncertainty > 0
    for fill in (True, False):
        every = topology_measurements(np.full((5, 5, 5), fill), 1e-8)
        assert all(m.defined or m.reason for m in every)
    with pytest.raises(InputError):
        betti_numbers(p.void, ALL, 18)


def test_images_have_components_and_holes():
    x, y = np.mgrid[:20, :20] - 9.5
    ring = (np.hypot(x, y) < 8) & (np.hypot(x, y) > 4)
    found = {m.name: m.value for m in topology_measurements(ring, 1e-8, (False, False))}
    assert (found["void_betti_0"], found["void_betti_1"]) == (1, 1)
    assert math.isfinite(found["polymer_betti_0"])
