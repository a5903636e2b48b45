"""The shop over HTTP with a database that is played: what clients see when it fails, and when it is swapped."""

from __future__ import annotations

import http.client
import json
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Self

import pymysql
import pytest

from lab.shop import pool as pool_module
from lab.shop.app import Server
from lab.shop.config import ConfigError, Database, read_config
from lab.shop.handlers import Handler
from lab.shop.pool import Pool, Session
from lab.shop.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "0f0f0f0f-0000-4000-8000-000000000001"


class Played:
    """A MySQL session that answers what the shop asks, and fails where it is told to."""

    def __init__(self, server_uuid: str, faults: deque[tuple[str, Exception]]) -> None:
        self.server_uuid = server_uuid
        self.faults = faults
        self.lastrowid = 7
        self.closed = False
        self.log: list[str] = []
        self._rows: list[Any] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def cursor(self) -> Played:
        return self

    def execute(self, query: str, _values: object = ()) -> None:
        self._fail(query.split(maxsplit=1)[0])
        self.log.append(query.split(maxsplit=1)[0])
        self._rows = [(40, 40)] if "max(id)" in query else [(1, 100)]
        if "@@server_uuid" in query:
            self._rows = [(self.server_uuid, "host", 0)]

    def executemany(self, query: str, _values: object) -> None:
        self.execute(query)

    def fetchall(self) -> list[Any]:
        return self._rows

    def begin(self) -> None:
        self._fail("BEGIN")

    def commit(self) -> None:
        self._fail("COMMIT")
        self.log.append("COMMIT")

    def rollback(self) -> None:
        self.log.append("ROLLBACK")

    def close(self) -> None:
        self.closed = True

    def _fail(self, where: str) -> None:
        if self.faults and self.faults[0][0] == where:
            raise self.faults.popleft()[1]


class World:
    """All sessions that were opened, and the faults that are to come."""

    def __init__(self) -> None:
        self.faults: deque[tuple[str, Exception]] = deque()
        self.sessions: list[Played] = []

    def connect(self, database: Database) -> Session:
        if self.faults and self.faults[0][0] == "CONNECT":
            raise self.faults.popleft()[1]
        played = Played(database.host, self.faults)
        self.sessions.append(played)
        return Session(played, played.server_uuid)  # type: ignore[arg-type]


@pytest.fixture(name="world")
def _world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(pool_module, "connect", world.connect)
    return world


def database(tmp_path: Path, host: str = "rds") -> Database:
    return Database(host, 3306, "shop_app", tmp_path / "password", "shop", 2, "", 1, 1)


@pytest.fixture(name="front")
def _front(world: World, tmp_path: Path) -> Iterator[http.client.HTTPConnection]:
    assert world is not None
    Handler.store = Store(Pool(database(tmp_path)))
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
    yield connection
    connection.close()
    server.shutdown()
    server.server_close()


def ask(front: http.client.HTTPConnection, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
    front.request(method, path, json.dumps(body) if body is not None else None)
    answer = front.getresponse()
    return answer.status, json.loads(answer.read())


def order(front: http.client.HTTPConnection) -> tuple[int, dict[str, Any]]:
    return ask(front, "POST", "/api/orders", {"token": TOKEN, "client": "test"})


def test_an_order_names_the_server_that_committed_it(front: http.client.HTTPConnection) -> None:
    assert order(front) == (201, {"id": 7, "token": TOKEN, "server_uuid": "rds"})


def test_health_says_that_the_process_lives_even_without_a_database(
    world: World, front: http.client.HTTPConnection
) -> None:
    world.faults.extend(("CONNECT", pymysql.err.OperationalError(2003, "down")) for _ in range(4))
    assert ask(front, "GET", "/healthz") == (200, {"status": "alive"})
    status, body = ask(front, "GET", "/readyz")
    assert (status, body["error"]["code"]) == (503, 2003)
    assert ask(front, "GET", "/readyz")[0] == 200


def test_a_session_lost_before_commit_is_replaced_and_the_client_sees_nothing(
    world: World,
    front: http.client.HTTPConnection,
) -> None:
    assert order(front)[0] == 201
    world.faults.append(("INSERT", pymysql.err.OperationalError(2013, "killed")))
    assert order(front)[0] == 201
    assert world.sessions[0].closed
    assert len(world.sessions) == 2


def test_a_session_lost_at_commit_is_unknown_and_not_tried_again(
    world: World, front: http.client.HTTPConnection
) -> None:
    world.faults.append(("COMMIT", pymysql.err.OperationalError(2013, "killed")))
    status, body = order(front)
    assert (status, body["outcome"], body["error"]["code"]) == (503, "unknown", 2013)
    assert len(world.sessions) == 1


def test_a_read_only_server_refuses_cleanly_even_at_commit(world: World, front: http.client.HTTPConnection) -> None:
    world.faults.append(("COMMIT", pymysql.err.OperationalError(1290, "read only")))
    status, body = order(front)
    assert (status, body["outcome"], body["error"]["code"]) == (503, "refused", 1290)
    assert world.sessions[0].log[-1] == "ROLLBACK"


def test_a_deadlock_is_tried_again(world: World, front: http.client.HTTPConnection) -> None:
    world.faults.append(("UPDATE", pymysql.err.OperationalError(1213, "deadlock")))
    assert order(front)[0] == 201


def test_a_swap_moves_the_next_request_and_closes_what_was_idle(
    world: World,
    front: http.client.HTTPConnection,
    tmp_path: Path,
) -> None:
    assert order(front)[1]["server_uuid"] == "rds"
    Handler.store.swap(Pool(database(tmp_path, "idc")))
    assert order(front)[1]["server_uuid"] == "idc"
    assert world.sessions[0].closed


def test_a_swap_leaves_a_running_request_its_session(world: World, tmp_path: Path) -> None:
    store = Store(Pool(database(tmp_path)))
    with store.pool.session() as session:
        store.swap(Pool(database(tmp_path, "idc")))
        assert not world.sessions[0].closed
        assert session.server_uuid == "rds"
    assert world.sessions[0].closed


@pytest.mark.parametrize("body", [None, [], {}, {"token": 1}, {"token": "short"}])
def test_a_body_that_is_no_order_is_refused_and_the_connection_stays(
    front: http.client.HTTPConnection, body: object
) -> None:
    status, answer = ask(front, "POST", "/api/orders", body)
    assert (status, answer["outcome"]) == (400, "refused")
    if body is not None:
        assert order(front)[0] == 201


def test_unknown_paths_and_queries_are_said_so(front: http.client.HTTPConnection) -> None:
    assert ask(front, "GET", "/nowhere")[0] == 404
    assert ask(front, "GET", "/api/products?limit=many")[0] == 400


def test_the_configuration_is_checked_and_the_file_named(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    with pytest.raises(ConfigError, match=r"app\.json"):
        read_config(path)
    (tmp_path / "password").write_text("secret\n")
    settings = {"host": "db", "user": "u", "name": "shop", "password_file": str(tmp_path / "password"), "pool": 0}
    path.write_text(json.dumps({"listen": 8080, "database": settings}))
    with pytest.raises(ConfigError, match="pool"):
        read_config(path)
    path.write_text(json.dumps({"listen": 8080, "database": {**settings, "pool": 3}}))
    assert read_config(path).database.password() == "secret"


@pytest.mark.parametrize(
    ("fault", "said"),
    [(ConnectionResetError(104, "reset"), ""), (BrokenPipeError(32, "gone"), ""), (KeyError("bug"), "KeyError: 'bug'")],
)
def test_only_what_is_a_fault_of_ours_leaves_a_trace(
    fault: Exception, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Server(("127.0.0.1", 0), Handler) as server:
        try:
            raise fault  # noqa: TRY301 - what socketserver calls this for
        except Exception:  # noqa: BLE001 - as socketserver catches them
            server.handle_error(None, ("192.0.2.1", 4711))
    printed = capsys.readouterr().err
    assert (said in printed) if said else not printed
