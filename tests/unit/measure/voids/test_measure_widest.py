"""The widest path: bubble point and access radius."""

import numpy as np
import pytest

from percola.measure import phantoms
from percola.measure.voids.connectivity import through_mask
from percola.measure.voids.distance import distance_map
from percola.measure.voids.widest import widest_path

CLOSED = (False, False, False)


@pytest.mark.parametrize(
    ("throat", "belly", "offset"), [(4.0, 8.0, (0.0, 0.0)), (3.3, 7.7, (0.3, 0.1)), (2.2, 5.0, (0.5, 0.2))]
)
def test_necklace_throat(throat, belly, offset):
    p = phantoms.necklace(throat, belly, 24, 2, offset_voxels=offset)
    d = distance_map(p.void, p.periodic, p.level)
    path = widest_path(d.cell, p.periodic)
    # Sub-voxel: low by the search's last step (0.06 at most), as for tubes. The throat lies midway between
    # bellies.
    assert -0.08 < path.radius - throat < 0.02
    assert path.throat[2] % 24 in (10, 11, 12, 13)
    # Voxel centres alone would read up to 0.71 low.
    assert widest_path(d.centre, p.periodic).radius <= path.radius


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_agrees_with_bisection_over_thresholds(seed):
    p = phantoms.gaussian_field((20, 22, 24), 9, 0.6, seed=seed)
    r = distance_map(p.void, p.periodic, p.level).cell
    path = widest_path(r, p.periodic)
    assert through_mask(r >= path.radius, p.periodic).any()
    # One step of the sort (largest/65535) above, nothing passes.
    assert not through_mask(r >= path.radius + r.max() / 65535, p.periodic).any()


def test_access_map_against_slow_flooding():
    p = phantoms.gaussian_field((14, 12, 16), 7, 0.6, seed=5)
    r = distance_map(p.void, p.periodic, p.level).cell
    path = widest_path(r, p.periodic, access=True)
    from percola.measure.voids.connectivity import label

    step = r.max() / 65535
    for level in np.quantile(r[r > 0], [0.1, 0.3, 0.5, 0.7, 0.9]):
        labels, _ = label(r >= level, (True, True, False))
        reached = np.isin(labels, np.unique(labels[:, :, 0])) & (labels > 0)
        wrong = reached != (path.access >= level)
        # Only voxels within a step of the level may be sorted either way.
        assert not (wrong & (np.abs(path.access - level) > 2 * step)).any()
    assert widest_path(r, p.periodic).radius == path.radius


def test_access_never_exceeds_the_voxel_and_bubble_is_the_best_exit():
    p = phantoms.gaussian_field(24, 9, 0.65, seed=7)
    r = distance_map(p.void, p.periodic, p.level).cell
    path = widest_path(r, p.periodic, access=True)
    assert (path.access <= r + 1e-6).all()
    assert path.access[:, :, -1].max() == pytest.approx(path.radius, rel=2e-5)  # sorting step


def test_no_way_through_and_no_void():
    p = phantoms.isolated_pores(14, 2)
    r = distance_map(p.void, p.periodic, p.level).cell
    assert widest_path(r, p.periodic).radius == 0
    assert widest_path(r, p.periodic).throat is None
    assert widest_path(np.zeros((4, 4, 4), np.float32), CLOSED).radius == 0
    assert np.isinf(widest_path(np.full((4, 4, 4), np.inf, np.float32), CLOSED).radius)


def test_sharp_windows_between_cells_read_high():
    p = phantoms.cells(30, 1, overlap=1.1)
    d = distance_map(p.void, p.periodic, p.level)
    error = widest_path(d.cell, p.periodic).radius - p.known["throat_radius_m"] / p.spacing_m
    # The wall ends in an edge: its last voxel is thinner than a voxel and lost, which opens the window by
    # about 0.7.
    assert -0.5 < error < 1.0
