"""Porosity, through-going voids and polymer networks."""

import numpy as np
import pytest

from percola.errors import InputError
from percola.measure import phantoms
from percola.measure.voids.connectivity import label, measure_openness, network_share, openness, through_mask

CLOSED = (False, False, False)


def by_name(measurements):
    return {m.name: m for m in measurements}


def test_labels_join_across_periodic_faces_only():
    phase = np.zeros((6, 6, 6), bool)
    phase[0, 2, 2] = phase[-1, 2, 2] = True
    assert label(phase, CLOSED)[1] == 2
    assert label(phase, (True, False, False))[1] == 1


def test_diagonal_touch_is_apart():
    phase = np.zeros((4, 4, 4), bool)
    phase[1, 1, 1] = phase[2, 2, 1] = True
    assert label(phase, CLOSED)[1] == 2


def test_volumes_add_up_and_are_counted_exactly():
    void = np.zeros((10, 10, 10), bool)
    void[1, 1, :] = True  # through: 10
    void[3, 3, :4] = True  # blind from below: 4
    void[5, 5, 4:6] = True  # closed: 2
    void[7, 7, :3] = True  # blind from both sides by separate clusters: 3 + 3
    void[7, 7, 7:] = True
    parts = openness(void, CLOSED)
    # Counting is exact: no tolerance but rounding.
    assert parts.through == pytest.approx(0.010, abs=1e-15)
    assert parts.blind == pytest.approx(0.010, abs=1e-15)
    assert parts.closed == pytest.approx(0.002, abs=1e-15)
    assert parts.through + parts.blind + parts.closed == pytest.approx(parts.porosity, abs=1e-15)
    assert through_mask(void, CLOSED).sum() == 10


def test_flow_axis_never_wraps():
    # A void that leaves through the top and comes in at the bottom elsewhere is not a way from face to face.
    void = np.zeros((8, 8, 8), bool)
    void[2, 2, :3] = True
    void[2, 2, 5:] = True
    assert openness(void, (True, True, True)).through == 0


def test_lateral_periodicity_opens_a_way():
    void = np.zeros((6, 6, 6), bool)
    void[0, 2, :3] = True
    void[-1, 2, 2:] = True
    assert openness(void, CLOSED).through == 0
    assert openness(void, (True, False, False)).through > 0


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_layers_are_open_along_and_closed_across(axis):
    p = phantoms.layered((3, 5), 12, normal=axis)
    assert openness(p.void, p.periodic, axis).through == 0
    across = (axis + 1) % 3
    assert openness(p.void, p.periodic, across).through == pytest.approx(p.known["porosity"], abs=1e-15)


def test_network_needs_all_three_directions():
    p = phantoms.gyroid(16, cells=2)
    share, across, _ = network_share(~p.void, p.periodic)
    assert across == (True, True, True)
    assert share == 1.0
    rods = np.zeros((8, 8, 8), bool)
    rods[:, 2, 2] = True
    assert network_share(rods, (True, True, True))[:2] == (0.0, (True, False, False))


def test_isolated_pores_are_a_result_not_an_error():
    p = phantoms.isolated_pores(16, 2)
    found = by_name(measure_openness(p.void, p.spacing_m, p.periodic))
    assert found["through_porosity"].value == 0
    assert "no void reaches" in found["through_porosity"].checks[0].message
    assert found["isolated_void_fraction"].value == 1.0
    # Counting voxel centres inside a sphere of 4.8 voxels: 5 % of the volume at this size.
    assert found["porosity"].value == pytest.approx(p.known["porosity"], rel=0.05)


@pytest.mark.parametrize("fill", [True, False])
def test_all_void_or_all_polymer(fill):
    found = by_name(measure_openness(np.full((8, 8, 8), fill), 1e-8, CLOSED))
    assert found["porosity"].value == float(fill)
    missing = "polymer_network_share" if fill else "isolated_void_fraction"
    assert found[missing].value is None
    assert found[missing].reason


@pytest.mark.parametrize(
    ("void", "spacing"),
    [
        (np.zeros((4, 4)), 1e-8),
        (np.zeros((4, 4, 4)), 1e-8),
        (np.zeros((4, 4, 4), bool), 0.0),
        (np.zeros((4, 4), bool), 1.0),
    ],
)
def test_bad_input_is_refused(void, spacing):
    with pytest.raises(InputError):
        measure_openness(void, spacing, CLOSED)


@pytest.mark.parametrize("roll", [0, 7, 16])
def test_what_a_wrapped_face_merely_cuts_does_not_lead_on(roll: int) -> None:
    n = 32
    x = np.arange(n) - (n - 1) / 2
    ball = x[:, None, None] ** 2 + x[None, :, None] ** 2 + x[None, None, :] ** 2 < 11**2
    periodic = (True, True, True)
    # One separate sphere joins nothing, wherever the box was cut.
    assert network_share(np.roll(ball, roll, (0, 1, 2)), periodic)[0] == 0.0
    # A closed pore beside a tube through the box is closed wherever it lies.
    void = np.roll(ball, roll, 2)
    void[:3, :3, :] = True
    found = openness(void, periodic, 2)
    assert found.closed == pytest.approx(ball.sum() / ball.size)
    assert found.through >= 9 * n / ball.size


def test_a_labyrinth_on_the_torus_leads_on() -> None:
    p = phantoms.gyroid(16)
    assert network_share(~p.void, p.periodic) == (1.0, (True, True, True), 1)
    assert openness(p.void, p.periodic).closed == 0.0
