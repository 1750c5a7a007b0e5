"""Calibrations on disk and by name: nothing that predictions use is lost, what is no calibration is refused, identity means something."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from percola.design.foretold.predict import predict_features
from percola.design.posterior import calibration as room
from percola.design.posterior.calibration import Calibration, identity
from percola.design.posterior.priors import priors, scales
from percola.design.posterior.sampling import SamplingSettings
from percola.errors import InputError
from percola.sources import reference


def test_what_was_saved_predicts_the_same_bit_for_bit(small, tmp_path):
    """Draws are kept in single precision; a calibration read back and saved again is the same to the last bit."""
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    small.save(one)
    a = Calibration.load(one)
    a.save(two)
    b = Calibration.load(two)
    for k in a.draws:
        np.testing.assert_array_equal(a.draws[k], b.draws[k])
        np.testing.assert_array_equal(a.draws[k], small.draws[k].astype(np.float32))
    for k, v in a.observations.features.arrays().items():
        np.testing.assert_array_equal(v, small.observations.features.arrays()[k])
    for k in ("specimen", "quantity", "value", "digit_sd", "stated_sd", "doubt", "cluster", "reserved"):
        np.testing.assert_array_equal(getattr(a.observations, k), getattr(small.observations, k))
    assert a.id == b.id == small.id
    assert a.observations.names == small.observations.names
    assert a.observations.classes == small.observations.classes
    f = small.observations.features.take([0])
    assert predict_features(f, a)[0].to_dict() == predict_features(f, b)[0].to_dict()


def test_predictions_are_the_same_twice_and_another_seed_moves_them_little(small):
    f = small.observations.features.take([0])
    one, two, other = (predict_features(f, small, seed)[0] for seed in (0, 0, 1))
    assert one.to_dict() == two.to_dict()
    assert one.to_dict() != other.to_dict()
    for name, r in one.readings.items():
        assert r.low <= r.median <= r.high
        assert r.low <= r.true_high, name
    assert sum(one.classes.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"PK\x03\x04 cut off"])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "other.npz"
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        Calibration.load(path)
    assert "other.npz" in str(refused.value)


def test_missing_and_foreign_archives_are_refused(tmp_path):
    with pytest.raises(InputError):
        Calibration.load(tmp_path / "none.npz")
    np.savez(tmp_path / "foreign.npz", a=np.ones(3))
    with pytest.raises(InputError):
        Calibration.load(tmp_path / "foreign.npz")


def test_identity_follows_data_settings_and_priors(small, monkeypatch):
    o, s = small.observations, small.settings
    first = identity(o, s)
    assert first == identity(o, s) == small.id
    # order does not matter, what was read does
    assert identity(o.take([4, 3, 2, 1, 0]), s) == first
    assert identity(replace(o, value=o.value + 1e-6 * (np.arange(o.value.size) == 0)), s) != first
    assert identity(o.take([0, 1, 2]), s) != first
    assert identity(o, SamplingSettings(s.warmup, s.samples, s.chains, s.seed + 1)) != first
    monkeypatch.setattr(room, "digest_text", lambda: "other priors")
    assert identity(o, s) != first


def test_what_was_learned_is_said_of_every_parameter(small):
    learned = {x.name: x for x in small.learned()}
    assert set(learned) == {p.name for p in priors()} | {f"chi_A of {s}" for s in small.solvents}
    # draws a tenth of a prior wide
    assert learned["ln_flow"].learned == pytest.approx(0.9, abs=0.03)
    assert abs(learned["ln_flow"].moved) < 0.1


def test_priors_have_sources_that_resolve():
    for p in (*priors(), *scales().values()):
        assert p.reason
        for key in p.source.split(";"):
            assert key == "percola" or reference(key).text
    assert all(p.sd > 0 for p in priors())


def test_nothing_to_calibrate_on_is_refused(small):
    o = small.observations
    empty = replace(
        o,
        **{k: getattr(o, k)[:0] for k in ("specimen", "quantity", "value", "digit_sd", "stated_sd", "doubt")},
        text=(),
    )
    with pytest.raises(InputError):
        room.calibrate(empty)
