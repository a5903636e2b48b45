"""What a store asks of an S3: conditions that are kept, and one deadline for a whole question."""

from __future__ import annotations

import email.utils
import hashlib
import io
import os
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from botocore import exceptions
from failback.store import of_mapping, open_store, place, s3_client
from failback.store.base import ABSENT
from failback.store.errors import MovedError, SilentError, StoreError, UnmadeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from failback.store import Store

SHORT = 0.7  # seconds


class Objects:
    """The calls of a client, on objects in memory; `ignores` names the conditions it does not look at."""

    def __init__(self, ignores: frozenset[str]) -> None:
        self.ignores = ignores
        self.kept: dict[str, tuple[bytes, dict[str, str]]] = {}

    def put_object(self, **said: Any) -> dict[str, str]:
        at = self._etag(said["Key"])
        if "IfNoneMatch" in said and "If-None-Match" not in self.ignores and at:
            raise _error("PreconditionFailed")
        if "IfMatch" in said and "If-Match" not in self.ignores and at != said["IfMatch"]:
            raise _error("PreconditionFailed" if at else "NoSuchKey")
        self.kept[said["Key"]] = (said["Body"], said["Metadata"])
        return {"ETag": self._etag(said["Key"])}

    def get_object(self, **said: Any) -> dict[str, Any]:
        if said["Key"] not in self.kept:
            raise _error("NoSuchKey")
        date = {"HTTPHeaders": {"date": email.utils.formatdate(usegmt=True)}}
        body = io.BytesIO(self.kept[said["Key"]][0])
        return {"Body": body, "ETag": self._etag(said["Key"]), "ResponseMetadata": date}

    def list_objects_v2(self, **said: Any) -> dict[str, int]:
        return {"KeyCount": sum(key.startswith(said["Prefix"]) for key in self.kept)}

    def delete_object(self, **said: Any) -> None:
        self.kept.pop(said["Key"], None)

    def _etag(self, key: str) -> str:
        return hashlib.sha256(self.kept[key][0]).hexdigest() if key in self.kept else ""


def _error(code: str) -> exceptions.ClientError:
    return exceptions.ClientError({"Error": {"Code": code}}, "op")


def bucket(monkeypatch: pytest.MonkeyPatch, *ignores: str) -> tuple[Store, Objects]:
    objects = Objects(frozenset(ignores))
    monkeypatch.setattr(s3_client, "client", lambda _settings, _silence: objects)
    return open_store({"kind": "s3", "bucket": "records"}, "shop"), objects


@pytest.mark.parametrize("condition", ["If-Match", "If-None-Match"])
def test_what_keeps_no_conditions_is_no_store(monkeypatch: pytest.MonkeyPatch, condition: str) -> None:
    store, objects = bucket(monkeypatch, condition)
    with pytest.raises(StoreError, match=f"does not keep the condition {condition}: it cannot hold a lock"):
        store.init(b"{}")
    assert store.state() == "empty"
    objects.ignores = frozenset()
    store.init(b"{}")
    objects.ignores = frozenset({condition})
    with pytest.raises(StoreError, match=f"does not keep the condition {condition}: it cannot hold a lock"):
        store.probe()
    assert list(objects.kept) == [f"shop/{place.MARKER}"]


def test_what_keeps_both_conditions_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    store, objects = bucket(monkeypatch)
    store.init(b"{}")
    store.probe()
    assert list(objects.kept) == [f"shop/{place.MARKER}"]


def test_another_prefix_is_no_empty_store(monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = bucket(monkeypatch)
    store.init(b"{}")
    store.put("lock.json", b"{}", ABSENT)
    wrong = open_store({"kind": "s3", "bucket": "records", "prefix": "elsewhere"}, "shop")
    with pytest.raises(UnmadeError, match="rollback-runner store init"):
        wrong.put("lock.json", b"{}", ABSENT)
    with pytest.raises(UnmadeError):
        wrong.read("lock.json")
    with pytest.raises(MovedError):
        store.put("lock.json", b"another", ABSENT)


class Server:
    """A server of S3 that takes every question; what it says is up to the test."""

    def __init__(self, answer: Callable[[socket.socket, threading.Event], None]) -> None:
        self.over, self.asked = threading.Event(), 0
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self.over.set()
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                ours, _ = self._listener.accept()
                self.asked += 1
                threading.Thread(target=self._one, args=(ours,), daemon=True).start()

    def _one(self, ours: socket.socket) -> None:
        with suppress(OSError), ours:
            self._answer(ours, self.over)


def silent(_ours: socket.socket, over: threading.Event) -> None:
    over.wait()


def trickling(ours: socket.socket, over: threading.Event) -> None:
    """Say something all the time, and never enough."""
    ours.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nETag: x\r\n\r\n")
    while not over.wait(SHORT / 4):
        ours.sendall(b"{")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., tuple[Server, Store]]]:
    servers = []
    keys = tmp_path / "credentials"
    keys.write_text("[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = not-secret\n")

    def start(answer: Callable[[socket.socket, threading.Event], None]) -> tuple[Server, Store]:
        server = Server(answer)
        servers.append(server)
        said = {"kind": "s3", "bucket": "records", "endpoint_url": f"http://127.0.0.1:{server.port}"}
        found = of_mapping(said | {"credentials_file": str(keys)}, "shop")
        s3_client.client(found, SHORT)  # making one may take longer on a busy machine
        return server, open_store(found)

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize("answer", [silent, trickling])
@pytest.mark.parametrize("question", ["read", "put", "extend"])
def test_a_question_ends_at_its_deadline_and_is_not_asked_again(
    serve: Callable[..., tuple[Server, Store]], answer: Callable[..., None], question: str
) -> None:
    server, store = serve(answer)
    ask = {
        "read": lambda: store.read("lock.json", deadline=SHORT),
        "put": lambda: store.put("lock.json", b"{}", ABSENT, deadline=SHORT),
        "extend": lambda: store.extend("runs/r/j.jsonl", b"", b"1\n", deadline=SHORT),
    }[question]
    with pytest.raises(SilentError, match=r"s3://records/shop did not answer within 0\.7 s"):
        ask()
    server.over.set()  # what was left behind hears of it now, and would ask again
    for thread in threading.enumerate():
        if thread.name == "store-question":
            thread.join()
    assert server.asked <= 1  # none, where the machine was too busy to ask in time


def test_a_question_of_several_parts_has_one_deadline() -> None:
    never = threading.Event()

    def parts() -> None:
        for _ in range(100):
            never.wait(SHORT / 2)

    with pytest.raises(SilentError):
        s3_client.within("s3://records/shop", SHORT, parts)


def test_what_a_question_meets_is_told_to_who_asked() -> None:
    def refused() -> None:
        raise MovedError("lock.json")

    with pytest.raises(MovedError):
        s3_client.within("s3://records/shop", 60.0, refused)


def test_a_forked_worker_has_connections_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "c").write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    found = of_mapping({"kind": "s3", "bucket": "b", "credentials_file": str(tmp_path / "c")}, "shop")
    ours = s3_client.client(found, 1.0)
    assert s3_client.client(found, 1.0) is ours
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert s3_client.client(found, 1.0) is not ours
