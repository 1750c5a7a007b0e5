"""The run directory: what a kill, a full disk, a second run or a damaged file do to it."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from percola.errors import InputError, ResourceError
from percola.store import RunDirectory, atomic, canonical_json, run_id
from percola.store import run as run_module


def test_run_id_is_the_same_for_the_same_meaning_and_differs_otherwise() -> None:
    recipe = {"solution": {"polymer": 46.6, "solvent": 53.4}, "note": "Ex7"}
    same = {"note": "Ex7", "solution": {"solvent": 53.4, "polymer": 46.6}}
    base = run_id(recipe, {"size": 96}, 1, "aa")
    assert base == run_id(same, {"size": 96.0}, 1, "aa")
    assert len(base) == 12
    others = {
        run_id(recipe, {"size": 128}, 1, "aa"),
        run_id(recipe, {"size": 96}, 2, "aa"),
        run_id(recipe, {"size": 96}, 1, "ab"),
        run_id({**recipe, "note": "Ex8"}, {"size": 96}, 1, "aa"),
    }
    assert base not in others
    assert len(others) == 4


def test_canonical_json_refuses_what_has_no_meaning() -> None:
    assert canonical_json({"b": (1, 2.5), "a": np.float64(3.0)}) == '{"a":3,"b":[1,2.5]}'
    with pytest.raises(InputError, match=r"data\.x"):
        canonical_json({"x": float("nan")})
    with pytest.raises(InputError, match="set"):
        canonical_json({"x": {1, 2}})


def test_new_resumed_finished(tmp_path: Path) -> None:
    with RunDirectory.open(tmp_path, "abc") as run:
        assert run.opened == "new"
        assert "clean" in run.opening
        run.write_json("solution.json", {"chi": np.float32(0.5), "nothing": float("nan")})
        run.finish("solution", {"a": (1, 2)}, files=["solution.json"], seconds=1.5)
        run.update_manifest(status="running", seed=3)
    with RunDirectory.open(tmp_path, "abc") as run:
        assert run.opened == "resumed"
        assert "solution" in run.opening
        assert run.has("solution")
        assert not run.has("gel")
        assert run.payload("solution") == {"a": [1, 2]}
        assert run.read_json("solution.json") == {"chi": 0.5, "nothing": None}
        manifest = run.update_manifest(status="finished")
        assert manifest["timings"] == {"solution": 1.5}
        assert manifest["seed"] == 3
        assert manifest["environment"]["libraries"]["numpy"] == np.__version__
    with RunDirectory.open(tmp_path, "abc") as run:
        assert run.opened == "finished"
    with RunDirectory.open(tmp_path, "abc", fresh=True) as run:
        assert run.opened == "new"
        assert not run.has("solution")


@pytest.mark.parametrize("damage", ["cut", "changed", "missing"])
def test_damaged_file_is_found_and_only_its_stage_redone(tmp_path: Path, damage: str) -> None:
    with RunDirectory.open(tmp_path, "abc") as run:
        for name in ("one", "two", "three"):
            run.write_json(f"{name}.json", {"value": name * 20})
            run.finish(name, files=[f"{name}.json"])
    target = tmp_path / "abc" / "two.json"
    data = target.read_bytes()
    if damage == "cut":
        target.write_bytes(data[:-5])
    elif damage == "changed":
        target.write_bytes(data[:-5] + bytes([data[-5] ^ 1]) + data[-4:])
    else:
        target.unlink()
    with RunDirectory.open(tmp_path, "abc") as run:
        assert run.stages == ("one", "three")
        assert any("two.json" in note for note in run.notes)
        run.write_bytes("two.json", data)
        run.finish("two", files=["two.json"])
        # The same numbers came out: what rests on them stands, and the order is the old one.
        assert run.stages == ("one", "two", "three")


def test_a_stage_that_comes_out_different_drops_the_later_ones(tmp_path: Path) -> None:
    with RunDirectory.open(tmp_path, "abc") as run:
        for name in ("one", "two", "three"):
            run.write_json(f"{name}.json", name)
            run.finish(name, files=[f"{name}.json"])
        run.drop("two")
        run.write_json("two.json", "other")
        run.finish("two", files=["two.json"])
        assert run.stages == ("one", "two")


def test_unreadable_marker_is_a_missing_stage(tmp_path: Path) -> None:
    with RunDirectory.open(tmp_path, "abc") as run:
        run.finish("one")
    (tmp_path / "abc" / "stages" / "one.json").write_text("{")
    assert not RunDirectory.view(tmp_path / "abc").has("one")
    with RunDirectory.open(tmp_path, "abc") as run:
        assert not run.has("one")


def test_fields_round_trip_exactly_and_damage_is_found(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    phi = rng.random((20, 24, 28), dtype=np.float32)
    void = phi < 0.5
    with RunDirectory.open(tmp_path, "abc") as run:
        name = run.write_fields(
            "core", 0, {"phi": phi, "void": void}, spacing_m=1e-8, periodic=(True, True, False), depth_m=1e-4
        )
        run.finish("gel", files=[name])
        assert run.field_groups() == [("core", 0)]
        # Written again over the first: replaced, not mixed.
        run.write_fields("core", 0, {"phi": phi, "void": void}, spacing_m=1e-8, periodic=(True, True, False))
        assert run.field_groups() == [("core", 0)]
    view = RunDirectory.view(tmp_path / "abc")
    arrays, attributes = view.read_fields("core")
    assert arrays["void"].dtype == bool
    np.testing.assert_array_equal(arrays["void"], void)
    np.testing.assert_array_equal(arrays["phi"], phi)
    assert attributes["spacing_m"] == 1e-8
    assert attributes["periodic"] == [True, True, False]
    with pytest.raises(InputError, match="core/0"):
        view.read_fields("inner_surface")
    chunk = max((tmp_path / "abc" / "fields.zarr").rglob("c/*/*/*"), key=lambda p: p.stat().st_size)
    chunk.write_bytes(chunk.read_bytes()[:100])
    with RunDirectory.open(tmp_path, "abc") as run:
        assert not run.has("gel")


def test_checkpoint_is_exact_and_a_cut_one_is_ignored(tmp_path: Path) -> None:
    state = {"phi": np.random.default_rng(2).random((8, 8, 8)), "step": np.int64(12)}
    with RunDirectory.open(tmp_path, "abc") as run:
        assert run.load_checkpoint("gel") is None
        run.checkpoint("gel", state, {"time_s": 0.1 + 0.2})
    with RunDirectory.open(tmp_path, "abc") as run:
        assert run.opened == "resumed"
        loaded = run.load_checkpoint("gel")
        assert loaded is not None
        arrays, meta = loaded
        assert meta == {"time_s": 0.1 + 0.2}  # the very same float
        assert arrays["phi"].tobytes() == state["phi"].tobytes()
        path = tmp_path / "abc" / "checkpoints" / "gel.npz"
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 255
        path.write_bytes(data)
        assert run.load_checkpoint("gel") is None
        path.write_bytes(data[: len(data) // 2])
        assert run.load_checkpoint("gel") is None
        assert any("damaged" in note for note in run.notes)
        run.drop_checkpoint("gel")
        assert not path.exists()


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    with RunDirectory.open(tmp_path, "abc"), pytest.raises(ResourceError, match=f"process {os.getpid()}"):
        RunDirectory.open(tmp_path, "abc")
    with RunDirectory.open(tmp_path, "abc"), RunDirectory.open(tmp_path, "abd"):
        pass


def test_a_second_writer_can_wait(tmp_path: Path) -> None:
    code = """
    import sys, time
    from percola.store import RunDirectory
    with RunDirectory.open(sys.argv[1], "abc") as run:
        print("open", flush=True)
        time.sleep(0.6)
        run.finish("one")
    """
    holder = _python(code, tmp_path)
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == "open"
    with RunDirectory.open(tmp_path, "abc", wait_s=20.0) as run:
        assert run.has("one")
    assert holder.wait(10) == 0
    holder.stdout.close()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is POSIX")
def test_killed_holder_leaves_no_lock_and_nothing_half_written(tmp_path: Path) -> None:
    """Kill -9 at four instants of a writer that never stops: what is marked is whole, the lock is free."""
    code = """
    import sys, itertools, numpy as np
    from percola.store import RunDirectory
    with RunDirectory.open(sys.argv[1], "abc") as run:
        print("open", flush=True)
        for i in itertools.count(len(run.stages)):
            run.checkpoint("gel", {"a": np.full(20000, i)}, {"i": i})
            run.write_json(f"r{i}.json", [i] * 2000)
            group = run.write_fields("core", i, {"phi": np.full((16, 16, 16), i, np.float32)},
                                     spacing_m=1.0, periodic=(True, True, True))
            run.finish(f"s{i}", {"i": i}, files=[f"r{i}.json", group])
    """
    done = 0
    for delay_s in (0.21, 0.33, 0.47, 0.58):
        writer = _python(code, tmp_path)
        assert writer.stdout is not None
        assert writer.stdout.readline().strip() == "open"
        time.sleep(delay_s)
        writer.send_signal(signal.SIGKILL)
        writer.wait(10)
        writer.stdout.close()
        with RunDirectory.open(tmp_path, "abc") as run:
            assert run.stages == tuple(f"s{i}" for i in range(len(run.stages)))
            assert len(run.stages) >= done
            assert not [note for note in run.notes if "done again" in note]
            assert not list((tmp_path / "abc").rglob(f"{atomic.ASIDE}*"))
            done = len(run.stages)
            for i in range(done):
                assert run.read_json(f"r{i}.json") == [i] * 2000
            loaded = run.load_checkpoint("gel")
            if loaded is not None:
                assert np.all(loaded[0]["a"] == loaded[1]["i"])
    assert done > 0


def test_lock_of_a_dead_process_is_taken_over_and_of_another_host_respected(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.mkdir()
    lock = path / "run.lock"
    lock.write_text(json.dumps({"pid": 1, "host": "elsewhere.example", "started": "7", "since": "then"}))
    with pytest.raises(ResourceError, match=r"elsewhere\.example"):
        RunDirectory.open(tmp_path, "abc")
    old = time.time() - 3600
    os.utime(lock, (old, old))
    with RunDirectory.open(tmp_path, "abc") as run:
        assert any("no longer running" in note for note in run.notes)


def test_without_system_locks_the_process_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from percola.store import lock as lock_module

    def none(handle: int) -> bool:
        raise lock_module._NoSystemLockError

    monkeypatch.setattr(lock_module, "_system_lock", none)
    with RunDirectory.open(tmp_path, "abc"), pytest.raises(ResourceError, match="in use"):
        RunDirectory.open(tmp_path, "abc")
    # The same process id, but another start time: the id was given again, the holder is gone.
    info = {"pid": os.getpid(), "host": lock_module.socket.gethostname(), "started": "0", "since": "then"}
    (tmp_path / "abc" / "run.lock").write_text(json.dumps(info))
    with RunDirectory.open(tmp_path, "abc") as run:
        assert any("no longer running" in note for note in run.notes)


def test_path_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(ResourceError, match="is a file"):
        RunDirectory.open(tmp_path / "runs", "abc")
    with pytest.raises(ResourceError, match="in the way of a directory"):
        RunDirectory.open(tmp_path / "runs" / "deeper", "abc")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_unwritable_directory(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir(mode=0o500)
    with pytest.raises(ResourceError, match="cannot be written"):
        RunDirectory.open(tmp_path / "runs", "abc")


def test_too_little_space_is_refused_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "free_bytes", lambda path: 10 * 2**20)
    with pytest.raises(ResourceError, match="at least 64 MiB"):
        RunDirectory.open(tmp_path, "abc", need_bytes=64 * 2**20)
    assert not (tmp_path / "abc").exists()


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "cannot be written"), (errno.EIO, "could not be written")],
)
def test_a_disk_that_fills_up_loses_nothing_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    with RunDirectory.open(tmp_path, "abc") as run:
        run.write_json("one.json", 1)
        run.finish("one", files=["one.json"])

        def full(handle: int) -> None:
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with pytest.raises(ResourceError, match=words):
                run.write_json("one.json", 2)
            with pytest.raises(ResourceError, match=words):
                run.checkpoint("gel", {"a": np.zeros(3)})
            with pytest.raises(ResourceError, match=words):
                run.write_fields("core", 0, {"phi": np.zeros((4, 4, 4))}, spacing_m=1.0, periodic=(True,) * 3)
            with pytest.raises(ResourceError, match=words):
                run.finish("two")
        assert not list((tmp_path / "abc").rglob(f"{atomic.ASIDE}*"))
    with RunDirectory.open(tmp_path, "abc") as run:
        assert run.stages == ("one",)
        assert run.read_json("one.json") == 1


def test_names_stay_inside(tmp_path: Path) -> None:
    with RunDirectory.open(tmp_path, "abc") as run:
        with pytest.raises(InputError):
            run.write_text("../outside.txt", "")
        with pytest.raises(InputError):
            run.finish("../stage")
        with pytest.raises(InputError, match="was not written"):
            run.finish("one", files=["none.json"])
    with pytest.raises(InputError):
        RunDirectory.open(tmp_path, "../abc")
    view = RunDirectory.view(tmp_path / "abc")
    with pytest.raises(InputError, match="reading only"):
        view.write_text("a.txt", "")


def _python(code: str, root: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(root)], stdout=subprocess.PIPE, text=True
    )
