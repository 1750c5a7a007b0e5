"""Phantoms: what is known of a shape agrees with what can be counted on it."""

from __future__ import annotations

import numpy as np
import pytest

from percola.errors import InputError
from percola.measure import phantoms
from percola.measure.form.descriptors import euler_number


@pytest.mark.parametrize("surface", ["gyroid", "primitive", "diamond"])
@pytest.mark.parametrize("cells", [1, 2])
def test_labyrinths_of_level_sets_have_the_euler_number_of_their_graphs(surface: str, cells: int) -> None:
    p = phantoms.level_set(surface, 20, cells=cells)
    # An integer count: exact where the channels are resolved, here by five voxels or more.
    assert euler_number(p.void, p.periodic)[0] == p.known["euler_number"]
    assert euler_number(~p.void, p.periodic)[0] == p.known["euler_number"]
    # Half is void by symmetry; voxel centres that lie on the surface itself fall to one side.
    assert p.void.mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("surface", ["gyroid", "primitive", "diamond"])
def test_level_rises_about_one_a_voxel_at_the_wall(surface: str) -> None:
    p = phantoms.level_set(surface, 32)
    slope = np.sqrt(sum(g**2 for g in np.gradient(p.level.astype(float))))
    near = np.abs(p.level) < 0.5
    # The slope varies along these surfaces by some 20 %; its mean is what the field is scaled by.
    assert slope[near].mean() == pytest.approx(1.0, abs=0.05)


def test_an_unknown_surface_is_refused() -> None:
    with pytest.raises(InputError, match="gyroid, primitive, diamond"):
        phantoms.level_set("helicoid", 16)
