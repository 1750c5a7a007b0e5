"""Pores and throats: phantoms whose network is known, exact partition, symmetries, files."""

import csv
import importlib.util
import json
import math

import numpy as np
import pytest

from percola.errors import InputError
from percola.measure import phantoms
from percola.measure.flow.permeability import structure_flow
from percola.measure.voids.connectivity import label
from percola.measure.voids.network import network_measurements, pore_network

CLOSED = (False, False, False)


def network_of(p, **options):
    return pore_network(p.void, p.spacing_m, p.periodic, p.level, **options)


def joined_spheres(radius, distance, neck_axis=0, n=(48, 28, 28)):
    """Two spherical voids whose centres are ``distance`` apart along an axis; neck radius sqrt(R^2 - d^2/4)."""
    grid = np.meshgrid(*(np.arange(s) + 0.5 for s in n), indexing="ij")
    centres = [[s / 2 for s in n], [s / 2 for s in n]]
    centres[0][neck_axis] -= distance / 2
    centres[1][neck_axis] += distance / 2
    depth = [np.sqrt(sum((g - c) ** 2 for g, c in zip(grid, o, strict=True))) - radius for o in centres]
    level = np.minimum(*depth).astype(np.float32)
    return level < 0, level


@pytest.mark.parametrize("beads", [2, 3])
@pytest.mark.parametrize(("throat", "belly"), [(3.0, 7.0), (4.3, 8.2)])
def test_necklace_has_one_pore_a_bead_and_its_throat(throat, belly, beads):
    p = phantoms.necklace(throat, belly, 24, beads)
    n = network_of(p, axis=None)
    assert n.pores == beads
    assert n.throats == beads  # the last bead meets the first across the face
    assert (n.throat_image[:, 2] != 0).sum() == 1
    # Radii: low by the last step of the distance map's search, as in its own tests.
    np.testing.assert_allclose(n.throat_radius_m / p.spacing_m, throat, atol=0.08)
    np.testing.assert_allclose(n.pore_radius_m / p.spacing_m, belly, atol=0.1)
    # Area by counting voxels: a circle of radius 3 holds 32 voxels, 13 % more than its area.
    np.testing.assert_allclose(n.throat_area_m2 / (math.pi * throat**2 * p.spacing_m**2), 1, atol=0.15)
    # Rim in lattice edges over 4/pi: a digitized circle's is 8 r' edges, r' off by half a voxel at most.
    np.testing.assert_allclose(
        n.throat_perimeter_m / (2 * math.pi * throat * p.spacing_m), 1, atol=0.5 / throat
    )
    # Centre to centre is one period, known to a voxel at either end.
    np.testing.assert_allclose(n.throat_half_lengths_m.sum(1) / p.spacing_m, 24, atol=2)
    assert (n.coordination() == 2).all()


@pytest.mark.parametrize(
    ("lattice", "cell", "pores", "coordination", "throat"),
    [
        # Touching spheres of radius R. sc: one pore, windows of R(sqrt(2) - 1).
        ("sc", 32, {6: 1}, 6, math.sqrt(2) - 1),
        # bcc: 12 tetrahedral pores, windows: circle about triangle 2, 2, 4/sqrt(3) (in R) less the sphere.
        ("bcc", 48, {4: 12}, 4, 0.2247),
        # fcc: 4 octahedral pores of 8 windows, 8 tetrahedral of 4; windows between three touching spheres.
        ("fcc", 64, {8: 4, 4: 8}, 16 / 3, 2 / math.sqrt(3) - 1),
    ],
)
def test_sphere_packings_have_the_known_network(lattice, cell, pores, coordination, throat):
    p = phantoms.sphere_array(lattice, cell)
    n = network_of(p, axis=None)
    radius = p.known["sphere_radius_m"]
    count = n.coordination()
    assert dict(zip(*np.unique(count, return_counts=True), strict=True)) == pores
    assert count.mean() == pytest.approx(coordination)
    # Half a voxel of 14 to 23 voxels radius: the path leaves the lattice's voxels between three spheres.
    np.testing.assert_allclose(n.throat_radius_m / radius, throat, atol=0.3 / (radius / p.spacing_m))
    if lattice != "sc":
        assert n.contacts > 0  # where spheres touch, several pores meet at a point: no throats


def test_largest_pores_of_the_packings():
    # Inscribed spheres: sc sqrt(3) - 1, bcc tetrahedral sqrt(5/3) - 1, fcc octahedral sqrt(2) - 1 (in R).
    for lattice, cell, expected in (
        ("sc", 32, math.sqrt(3) - 1),
        ("bcc", 48, math.sqrt(5 / 3) - 1),
        ("fcc", 64, math.sqrt(2) - 1),
    ):
        p = phantoms.sphere_array(lattice, cell)
        n = network_of(p, axis=None)
        # Low, by up to 0.15 voxel: the steps within the cell end before the point where three or four walls are
        # equally far.
        assert n.pore_radius_m.max() == pytest.approx(
            expected * p.known["sphere_radius_m"], abs=0.15 * p.spacing_m
        )


def test_thin_gyroid_has_eight_nodes_of_three_bonds():
    # Below c = -1 the bonds are narrower than the nodes by more than the persistence (their ratio is 0.907).
    p = phantoms.gyroid(40, -1.2)
    n = network_of(p, axis=None, persistence=0.95)
    assert n.pores == 8
    assert n.throats == 12
    assert (n.coordination() == 3).all()
    # Euler number of the graph is that of one labyrinth.
    assert n.pores - n.throats == p.known["euler_number"]


@pytest.mark.parametrize("radius", [3.3, 5.2])
def test_tube_is_one_pore_with_two_openings(radius):
    p = phantoms.tube(radius, 16, offset_voxels=(0.3, 0.1))
    n = network_of(p)
    assert n.pores == 1
    assert n.throats == 0
    assert n.boundary_face.tolist() == [4, 5]
    np.testing.assert_allclose(n.boundary_radius_m / p.spacing_m, radius, atol=0.06)
    assert n.boundary_length_m.sum() == pytest.approx(16 * p.spacing_m)  # from face to face
    # Area is counted in voxels, the ellipse's gain rises with about its square: 10 %.
    assert n.permeability_m2() == pytest.approx(p.known["permeability_m2"], rel=0.1)
    # Wrapping along the tube it meets its own image.
    whole = network_of(p, axis=None)
    assert whole.throat_pores.tolist() == [[0, 0]]
    assert np.abs(whole.throat_image).tolist() == [[0, 0, 1]]
    assert whole.coordination().tolist() == [2]


@pytest.mark.parametrize("radius", [9.0])
def test_persistence_decides_between_one_pore_and_two(radius):
    ratio = 0.8
    void, level = joined_spheres(radius, 2 * radius * math.sqrt(1 - ratio**2))
    for persistence, pores in (
        (0.75, 1),
        (0.85, 2),
    ):  # 0.05 R = 0.45 voxel on either side of the neck's ratio
        n = pore_network(void, 1e-8, CLOSED, level, persistence=persistence)
        assert n.pores == pores
    # The neck is a sharp edge: discs that lean read it low, a lost edge high (0.4 voxel, as in voids.distance).
    assert n.throat_radius_m[0] / 1e-8 == pytest.approx(ratio * radius, abs=0.4)
    # The neck's plane parts the spheres: equal volumes to the voxels of one layer.
    assert n.pore_volume_m3[0] == pytest.approx(n.pore_volume_m3[1], rel=0.08)
    assert np.abs(n.pore_centroid_m[0] - n.pore_centroid_m[1])[0] > radius * 1e-8


@pytest.mark.parametrize("level", [True, False])
@pytest.mark.parametrize("periodic", [True, False])
def test_pores_partition_the_voids(level, periodic):
    p = phantoms.gaussian_field((40, 36, 44), 14, 0.6, seed=3)
    n = pore_network(p.void, p.spacing_m, (periodic,) * 3, p.level if level else None)
    assert ((n.labels > 0) == p.void).all()
    assert np.unique(n.labels[p.void]).tolist() == list(range(1, n.pores + 1))
    np.testing.assert_allclose(
        n.pore_volume_m3, np.bincount(n.labels.ravel())[1:] * p.spacing_m**3, rtol=1e-12
    )
    assert n.void_volume_m3 == pytest.approx(p.void.sum() * p.spacing_m**3)
    # Every throat is narrower than persistence allows for the lower of its pores: else they were one. The margins:
    # noise that merges absolutely, and passes at corners of three pores.
    lower = np.minimum(*n.pore_radius_m[n.throat_pores].T)
    assert (n.throat_radius_m <= lower).all()
    # The network hangs together as the voids do.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    i, j = n.throat_pores.T
    parts, _ = connected_components(coo_array((np.ones(len(i)), (i, j)), shape=(n.pores, n.pores)))
    lateral = (periodic, periodic, False)
    assert parts == label(p.void, lateral)[1]


def test_wall_area_of_the_pores_is_the_surface():
    p = phantoms.isolated_pores(24, 2, 0.38)
    n = network_of(p, axis=None)
    radius = 0.38 * 24 * p.spacing_m
    assert n.pores == 8
    assert n.throats == 0
    # |n_axis| a link: exact for planes, 1 % for a sphere of 9 voxels.
    np.testing.assert_allclose(n.pore_wall_area_m2, 4 * math.pi * radius**2, rtol=0.01)
    np.testing.assert_allclose(n.pore_extent_m, 2 * radius, atol=1.01 * p.spacing_m)
    # The centre is that of the widest cell; several share the sphere's centre as a corner.
    np.testing.assert_allclose(n.pore_centre_m, n.pore_centroid_m, atol=0.51 * p.spacing_m)


def test_axes_and_mirrors_do_not_matter():
    p = phantoms.gaussian_field((36, 40, 44), 15, 0.6, seed=5)
    base = pore_network(p.void, 1e-8, CLOSED, p.level, axis=0)
    turned = pore_network(
        np.ascontiguousarray(np.transpose(p.void, (2, 0, 1))),
        1e-8,
        CLOSED,
        np.ascontiguousarray(np.transpose(p.level, (2, 0, 1))),
        axis=1,
    )
    mirrored = pore_network(
        np.ascontiguousarray(p.void[::-1]), 1e-8, CLOSED, np.ascontiguousarray(p.level[::-1]), axis=0
    )
    for other in (turned, mirrored):
        # Equal steps are taken in the order of voxels and equally near polymer voxels give other discs (0.3 voxel at
        # single voxels): a hill at the limit of persistence may tip over.
        assert abs(other.pores - base.pores) <= max(1, 0.05 * base.pores)
        assert abs(other.throats - base.throats) <= max(2, 0.06 * base.throats)
        assert np.sort(other.pore_radius_m)[-8:] == pytest.approx(np.sort(base.pore_radius_m)[-8:], rel=0.02)
        assert other.throat_radius_m.mean() == pytest.approx(base.throat_radius_m.mean(), rel=0.06)
        assert other.permeability_m2() == pytest.approx(base.permeability_m2(), rel=0.06)


def test_shifted_periodic_box_has_the_same_network():
    p = phantoms.gaussian_field(40, 16, 0.6, seed=1)
    base = network_of(p, axis=None)
    shift = (13, 7, 21)
    moved = pore_network(
        np.roll(p.void, shift, (0, 1, 2)),
        p.spacing_m,
        p.periodic,
        np.roll(p.level, shift, (0, 1, 2)),
        axis=None,
    )
    assert abs(moved.pores - base.pores) <= 1  # as above: ties
    assert moved.throat_radius_m.mean() == pytest.approx(base.throat_radius_m.mean(), rel=0.03)
    # No pore is cut by the box: extents do not know where it begins.
    assert np.sort(moved.pore_extent_m.max(1))[-3:] == pytest.approx(
        np.sort(base.pore_extent_m.max(1))[-3:], rel=0.1
    )


@pytest.mark.parametrize(("porosity", "low", "high"), [(0.5, 0.8, 1.3), (0.7, 0.75, 1.1)])
def test_permeability_of_the_network_beside_stokes(porosity, low, high):
    # The stated factor: 1.0 to 1.2 at porosity 0.45, 0.87 to 0.97 at 0.7; a box of 4 periods scatters by another 10 %.
    p = phantoms.gaussian_field(48, 12, porosity, seed=2)
    stokes = structure_flow(p.void, p.periodic, 2, tolerance=5e-3).permeability * p.spacing_m**2
    assert low < network_of(p).permeability_m2() / stokes < high


def test_flow_balances_along_every_axis():
    p = phantoms.gaussian_field(40, 14, 0.6, seed=4)
    n = pore_network(p.void, p.spacing_m, CLOSED, p.level, axis=2)
    values = [n.permeability_m2(axis) for axis in range(3)]
    assert all(v > 0 for v in values)
    assert max(values) < 3 * min(values)  # isotropic within a small box's scatter
    with pytest.raises(InputError, match="wraps"):
        network_of(p).permeability_m2(0)


def test_measurements():
    p = phantoms.sphere_array("bcc", 48)
    n = network_of(p, axis=None)
    found = {m.name: m for m in network_measurements(n)}
    assert found["pore_coordination"].value == 4
    assert found["pore_density"].value == pytest.approx(12 / (48 * p.spacing_m) ** 3)
    assert 0 < found["throat_to_pore_ratio"].value < 0.9  # below the persistence
    assert found["throat_to_pore_ratio"].value == pytest.approx(
        found["mean_throat_diameter"].value / found["mean_inscribed_pore_diameter"].value, rel=0.01
    )
    assert "network_permeability" not in found  # no flow axis
    assert all(json.dumps(m.to_dict(), allow_nan=False) for m in found.values())


def test_degenerate_structures_are_results():
    for void, words in ((np.zeros((6, 6, 6), bool), "no void"), (np.ones((6, 6, 6), bool), "no polymer")):
        n = pore_network(void, 1e-8, CLOSED)
        assert n.pores == 0
        assert n.permeability_m2() == 0
        found = network_measurements(n)
        assert all(m.value is None and words in m.reason for m in found)
        assert len(n.to_openpnm()["pore.coords"]) == 0
    closed = phantoms.isolated_pores(16, 1, 0.3)
    found = {m.name: m for m in network_measurements(network_of(closed))}
    assert found["network_permeability"].value == 0
    assert found["mean_throat_diameter"].value is None
    one = np.zeros((5, 5, 5), bool)
    one[2, 2, 2] = True
    n = pore_network(one, 1e-8, CLOSED)
    assert n.pores == 1


@pytest.mark.parametrize("persistence", [0, 1.2, "high"])
def test_refuses_what_is_no_persistence(persistence):
    with pytest.raises(InputError, match="persistence"):
        pore_network(np.eye(4, dtype=bool)[None].repeat(4, 0), 1e-8, CLOSED, persistence=persistence)


@pytest.fixture
def small():
    return network_of(phantoms.gaussian_field(32, 12, 0.6, seed=7))


def test_openpnm_dictionary_is_consistent(small):
    d = small.to_openpnm()
    pores, throats = len(d["pore.coords"]), len(d["throat.conns"])
    assert pores == small.pores + len(small.boundary_pore)
    for name, values in d.items():
        assert len(values) == (pores if name.startswith("pore.") else throats), name
        assert np.isfinite(values.astype(float)).all(), name
    assert d["throat.conns"].max() < pores
    # Boundary pores lie on their face and hang on one pore each.
    low = d["pore.zmin"]
    assert low.any()
    np.testing.assert_allclose(d["pore.coords"][low, 2], 0.0, atol=1e-15)
    np.testing.assert_allclose(d["pore.coords"][d["pore.zmax"], 2], 32e-8)
    assert not d["pore.xmin"].any()  # x wraps
    assert (np.bincount(d["throat.conns"].ravel(), minlength=pores)[d["pore.boundary"]] == 1).all()
    assert d["pore.volume"].sum() == pytest.approx(small.void_volume_m3)
    # Isoperimetric: no section has a larger shape factor than a circle.
    assert d["throat.shape_factor"][d["throat.internal"]].max() < (1 + 1e-9) / (4 * math.pi)


def test_only_what_goes_through():
    p = phantoms.tubes((3.0, 4.0), 16)
    void = p.void.copy()
    middle = void.shape[0] // 2
    void[:middle, :, 7:9] = False  # the first tube is blocked
    n = pore_network(void, p.spacing_m, (True, True, False))
    assert n.pores == 3
    d = n.to_openpnm(through=True)
    assert d["pore.internal"].sum() == 1
    assert d["pore.boundary"].sum() == 2
    assert d["throat.conns"].tolist() == [[0, 1], [0, 2]]
    assert (d["pore.coords"][:, 0] > middle * p.spacing_m).all()


def test_files(small, tmp_path):
    d = small.to_openpnm()
    (file,) = small.write(tmp_path / "net.json")
    read = json.loads(file.read_text(encoding="utf-8"))
    np.testing.assert_allclose(read["network"]["pore.coords"], d["pore.coords"])
    (file,) = small.write(tmp_path / "net.npz")
    with np.load(file) as arrays:
        assert set(arrays) == set(d)
    pores, throats = small.write(tmp_path / "net.csv")
    rows = list(csv.DictReader(pores.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == len(d["pore.coords"])
    assert float(rows[3]["pore.coords[2]"]) == pytest.approx(d["pore.coords"][3, 2])
    assert len(list(csv.DictReader(throats.read_text(encoding="utf-8").splitlines()))) == len(
        d["throat.conns"]
    )
    with pytest.raises(InputError, match=r"\.json"):
        small.write(tmp_path / "net.txt")


@pytest.mark.peer
@pytest.mark.skipif(importlib.util.find_spec("openpnm") is None, reason="OpenPNM is not installed")
@pytest.mark.filterwarnings("ignore")
def test_openpnm_loads_it_and_agrees(small):
    import openpnm

    net = openpnm.io.network_from_porespy(small.to_openpnm(through=True))
    assert net.Np == len(small.to_openpnm(through=True)["pore.coords"])
    phase = openpnm.phase.Phase(network=net)
    phase["throat.hydraulic_conductance"] = net["throat.hydraulic_conductance_times_viscosity"] / 1e-3
    flow = openpnm.algorithms.StokesFlow(network=net, phase=phase)
    flow.set_value_BC(pores=net.pores("zmin"), values=1.0)
    flow.set_value_BC(pores=net.pores("zmax"), values=0.0)
    flow.run()
    k = float(flow.rate(pores=net.pores("zmin"))[0]) * 1e-3 * 32e-8 / (32e-8) ** 2
    assert k == pytest.approx(small.permeability_m2(), rel=1e-4)  # the same equations
