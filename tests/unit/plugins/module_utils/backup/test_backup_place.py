"""Only what this very drill left is removed, only under the lock, and a proof is kept whatever the removal does."""

from __future__ import annotations

import fcntl
import os
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from failback.backup import place as places
from failback.backup import proof as proofs
from failback.backup import prove as proving
from failback.backup.model import Look
from failback.backup.place import BusyError, Place
from failback.errors import FailbackError, RefusedError, UnreachableError
from failback.mysql import Login
from failback.restore import scratch
from failback.restore.verify_facts import Expected

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from failback.backup.proof import Proof


class Docker:
    """A Docker host: its containers, the limits its commands were given, and how a removal ends."""

    def __init__(self, *names: str, free: int = 10**9) -> None:
        self.names, self.free = list(names), free
        self.limits: dict[str, float] = {}
        self.rm = ""  # "fails": it goes on standing; "begun": another one's removal is under way

    def __call__(self, argv: Sequence[str], stdin: str = "", limit: float = scratch.LIMIT) -> str:
        del stdin
        self.limits[argv[1]] = limit
        if argv[1] == "rm":
            if self.rm != "fails":
                self.names.remove(argv[-1])
            if self.rm:
                raise FailbackError("removal of the container is already in progress")
        if argv[1] == "exec":
            return f"Filesystem 1024-blocks Used Available\noverlay 9 9 {self.free // 1024} 1% /\n"
        return "\n".join(self.names)


def test_servers_of_a_machine_whose_name_begins_alike_stay(tmp_path: Path) -> None:
    docker = Docker("rr-proof-shop-ops-77", "rr-proof-shop-ops-2-77", "x-rr-proof-shop-ops-77")
    for name in ("rr-proof-shop-ops-77", "rr-proof-shop-ops-2-77"):
        (tmp_path / f"{name}.password").write_text("x")
    assert places.sweep(Place(docker, "here"), "rr-proof-shop-ops-", tmp_path) == ["rr-proof-shop-ops-77"]
    assert docker.names == ["rr-proof-shop-ops-2-77", "x-rr-proof-shop-ops-77"]
    assert [path.name for path in tmp_path.iterdir()] == ["rr-proof-shop-ops-2-77.password"]


def test_who_has_another_lock_has_another_name(tmp_path: Path) -> None:
    stems = {places.stem("shop", "db", tmp_path / name) for name in "ab"} | {places.stem("shop-db", "", tmp_path)}
    assert len(stems) == 3


def test_a_removal_that_another_began_is_waited_for_and_has_time() -> None:
    docker = Docker("mine-1")
    docker.rm = "begun"
    assert scratch.remove("mine-1", run=docker)
    assert docker.limits["rm"] >= 600


def test_one_that_does_not_go_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "_GONE_TIMEOUT", 0.0)
    docker = Docker("mine-1")
    docker.rm = "fails"
    with pytest.raises(FailbackError, match="in progress"):
        scratch.remove("mine-1", run=docker)


def test_patience_outlasts_one_that_ends(tmp_path: Path) -> None:
    held = os.open(tmp_path / "db.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(BusyError), places.alone(tmp_path, "db", 0.2):
        pass
    threading.Timer(0.2, os.close, (held,)).start()
    with places.alone(tmp_path, "db", 10.0):
        pass


def proven(folder: Path, docker: Docker, monkeypatch: pytest.MonkeyPatch, broke: Exception | None = None) -> Any:
    """Prove a backup of 1000 bytes on that Docker host; the restore itself is made up."""

    def make(name: str, *_: Any, **__: Any) -> Any:
        docker.names.append(name)
        return SimpleNamespace(login=Login("127.0.0.1", 1, "nobody", "/nowhere"))

    def restore(*_: Any, **__: Any) -> Proof:
        if broke:
            raise broke
        return proofs.Proof(
            "db", "n", "/n", "d", "tab", 1000, "", "", "2026-11-22T00:00:00+00:00", "r", "me", "here", "", passed=True
        )

    source = {"name": "n", "url": "/n"}
    look = Look("n", "/n", format="tab", digest="d", bytes=1000)
    monkeypatch.setattr(scratch, "make", make)
    monkeypatch.setattr(scratch, "_GONE_TIMEOUT", 0.0)
    monkeypatch.setattr(proving, "_sound", lambda *_: (look, source))
    monkeypatch.setattr(proving, "_prove", restore)
    place = Place(docker, "here")
    opener: Any = None
    return proving.prove(proving.Order("shop", "db", [source], opener, Expected(), place, "image", folder))


def test_a_server_that_cannot_be_removed_does_not_cost_the_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker = Docker()
    docker.rm = "fails"
    done = proven(tmp_path, docker, monkeypatch)
    assert proofs.read_all(tmp_path, "db")[0] == [done.proof]
    assert "was not removed" in done.left


def test_without_room_nothing_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = Docker(free=2048)
    with pytest.raises(RefusedError, match="no room on here"):
        proven(tmp_path, docker, monkeypatch)
    assert docker.names == []
    assert proven(tmp_path, Docker(free=3072), monkeypatch).left == ""


def test_a_server_that_went_away_says_nothing_of_the_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = Docker()
    with pytest.raises(UnreachableError):
        proven(tmp_path, docker, monkeypatch, UnreachableError("the scratch server does not answer"))
    assert proofs.read_all(tmp_path, "db") == ([], [])
    assert docker.names == []
