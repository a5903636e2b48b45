"""A share that hangs holds up a process that is left behind, and never the run."""

from __future__ import annotations

import fcntl
import functools
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from failback import journal, lock, remote
from failback.store import Store, apart, open_store, place, seam
from failback.store.base import ABSENT
from failback.store.errors import SilentError, StoreError, StoreGoneError, UnmadeError
from store_doubles import lock_of, run_of, settings, there

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHORT = 0.7  # seconds


@contextmanager
def mutex_held(base: Path) -> Iterator[None]:
    """Another writer, which does not end."""
    descriptor = os.open(base / "there" / "lab" / place.MUTEX, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def hang(base: Path) -> None:
    """Have the file system hang: opening a pipe that nobody writes to waits for ever."""
    marker = base / "there" / "lab" / place.MARKER
    marker.unlink()
    os.mkfifo(marker)


def test_a_writer_that_does_not_end_holds_nobody_up(tmp_path: Path) -> None:
    store = open_store(settings(tmp_path))
    with mutex_held(tmp_path):
        with pytest.raises(SilentError, match="did not answer within"):
            store.put("baseline/x", b"late", ABSENT, deadline=SHORT)
        with pytest.raises(SilentError):
            store.extend("runs/r/j.jsonl", b"", b"1\n", deadline=SHORT)
    # What was given up is not done later, behind the back of who was told no.
    store.put("baseline/y", b"y", ABSENT)
    assert list(store.listing()) == ["baseline/y"]


def test_what_was_given_up_ends_where_nobody_can_kill_it(tmp_path: Path) -> None:
    """On the ops host, once the connection is gone: it would write when the mutex is free, and nobody would know."""
    root = settings(tmp_path).directory + "/lab"
    put = {"op": "put", "key": "baseline/x", "content": "", "expect": None}
    text = remote.program(apart.MODULES, {"root": root, "ops": [put], "deadline": SHORT})
    with mutex_held(tmp_path):
        done = subprocess.run(
            remote.argv(sys.executable), input=text.encode(), capture_output=True, check=False, timeout=60
        )
    assert done.returncode == -signal.SIGALRM


def test_a_file_system_that_hangs_holds_nobody_up(tmp_path: Path) -> None:
    store = open_store(settings(tmp_path))
    hang(tmp_path)
    with pytest.raises(SilentError):
        store.read("lock.json", deadline=SHORT)


def test_what_cannot_be_killed_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = tmp_path / "stuck"
    stuck.write_text("#!/bin/sh\nexec sleep 600\n")
    stuck.chmod(0o755)
    kill = subprocess.Popen.kill
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(stuck))
        patch.setattr(subprocess.Popen, "kill", lambda _child: None)  # as in an uninterruptible system call
        with pytest.raises(SilentError):
            open_store(settings(tmp_path)).read("lock.json", deadline=SHORT)
        [left] = apart._left
    kill(left)
    left.wait()
    assert open_store(settings(tmp_path)).read("lock.json") == (b"", ABSENT)
    assert apart._left == []


@pytest.mark.parametrize("end", ["source", "target"])
def test_a_stream_that_stops_is_given_up(tmp_path: Path, end: str) -> None:
    (tmp_path / "source").write_bytes(bytes(1 << 20))  # more than a pipe holds
    with pytest.raises(apart.GivenUpError):
        apart.stream(["sleep", "600"], SHORT, **{end: tmp_path / end})


def test_a_stream_that_nobody_takes_says_why(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(bytes(1 << 20))
    done = apart.stream(["sh", "-c", "echo no room >&2; exit 3"], 60.0, source=tmp_path / "source")
    assert (done.returncode, done.stderr) == (3, b"no room\n")


def hasty(store: Store) -> Any:
    """Ask this store with a short deadline."""

    class Hasty:
        def __getattr__(self, name: str) -> Any:
            found = getattr(store, name)
            return functools.partial(found, deadline=SHORT) if name in {"extend", "read", "put"} else found

    return Hasty()


def test_after_the_promotion_a_share_that_hangs_holds_no_act_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    path, at = run_of(home, "r1"), lock_of(home)
    held = lock.acquire(at, site="lab", reason="test", run="r1")
    journal.append(path, "begin", phase="emergency", site="lab", options={})
    journal.append(path, "promoted", host="shop-db")
    known = there(tmp_path, path)
    monkeypatch.setattr(seam, "store_of", lambda _marker: hasty(open_store(settings(tmp_path))))
    hang(tmp_path)
    lock.verify(at, held.epoch)
    journal.append(path, "intent", act="send traffic to idc")
    journal.append(path, "outcome", act="send traffic to idc", ok=True)
    assert [entry["kind"] for entry in journal.read(path)][2:] == ["intent", "store_lost", "outcome"]
    assert there(tmp_path, path) == known


def test_an_unmounted_mount_point_gives_no_second_holder(tmp_path: Path) -> None:
    mounted = settings(tmp_path)
    (tmp_path / "empty").mkdir()
    markers = {}
    for name, directory in (("a", "empty"), ("b", mounted.directory)):
        path = tmp_path / name / "runs" / "locks" / "lab.lock"
        path.parent.mkdir(parents=True)
        marker = lock.seam_marker(path)
        seam.mark(marker, type(mounted)(kind="directory", site="lab", directory=str(tmp_path / directory)))
        markers[name] = path
    assert lock.acquire(markers["b"], site="lab", reason="b", run="rb").epoch == 1
    with pytest.raises(lock.LockError, match="carries no mark of a store"):
        lock.acquire(markers["a"], site="lab", reason="a", run="ra")
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_store_is_made_in_a_directory_that_is_there(tmp_path: Path) -> None:
    said = {"kind": "directory", "directory": str(tmp_path / "mnt")}
    with pytest.raises(StoreGoneError, match="is not there"):
        open_store(said, "lab").init(b"{}")
    (tmp_path / "mnt").mkdir()
    with pytest.raises(UnmadeError):
        open_store(said, "lab").listing()
    open_store(said, "lab").init(b'{"by": "kim"}')
    assert open_store(said, "lab").state() == "made"
    open_store(said, "lab").init(b'{"by": "lee"}')  # the second one changes nothing
    assert (tmp_path / "mnt" / "lab" / place.MARKER).read_bytes() == b'{"by": "kim"}'


def test_a_marker_that_cannot_be_read_is_no_missing_one(tmp_path: Path) -> None:
    store = open_store(settings(tmp_path))
    marker = tmp_path / "there" / "lab" / place.MARKER
    marker.unlink()
    marker.symlink_to(marker.name)  # ELOOP, as EIO or ESTALE of a share
    with pytest.raises(StoreError, match="symbolic links") as caught:
        store.read("lock.json")
    assert not isinstance(caught.value, UnmadeError)
