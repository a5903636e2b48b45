"""The clients' own judgement, the ledger on disk, and the pace."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pymysql
import pytest

from lab.shop.outcome import Outcome, lost_connection, outcome_of
from lab.traffic.config import ConfigError, HttpPlan, read_config
from lab.traffic.http_client import HttpClient, Reply, judge
from lab.traffic.ledger import Ledger, read_lines
from lab.traffic.pace import Pace
from lab.traffic.run import forget, stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(201, {"server_uuid": "x"}), Outcome.ACKNOWLEDGED),
        (Reply(503, {"outcome": "refused", "error": {}}), Outcome.REFUSED),
        (Reply(503, {"outcome": "unknown", "error": {}}), Outcome.UNKNOWN),
        (Reply(503, {"outcome": "acknowledged"}), Outcome.UNKNOWN),
        (Reply(503, None), Outcome.REFUSED),
        (Reply(502, None), Outcome.UNKNOWN),
        (Reply(504, None), Outcome.UNKNOWN),
        (Reply(400, None), Outcome.REFUSED),
        (Reply(error="connect: refused"), Outcome.REFUSED),
        (Reply(error="reset", maybe_received=True), Outcome.UNKNOWN),
    ],
)
def test_http_answers_are_judged(reply: Reply, outcome: Outcome) -> None:
    assert judge(reply) is outcome


@pytest.mark.parametrize(
    ("error", "commit_sent", "outcome"),
    [
        (pymysql.err.OperationalError(2013, "lost"), False, Outcome.REFUSED),
        (pymysql.err.OperationalError(2013, "lost"), True, Outcome.UNKNOWN),
        (pymysql.err.OperationalError(1290, "read only"), True, Outcome.REFUSED),
        (pymysql.err.OperationalError(1317, "killed"), True, Outcome.UNKNOWN),
        (pymysql.err.InterfaceError(0, ""), True, Outcome.UNKNOWN),
        (TimeoutError("slow"), True, Outcome.UNKNOWN),
    ],
)
def test_mysql_errors_are_judged(error: Exception, outcome: Outcome, *, commit_sent: bool) -> None:
    assert outcome_of(error, commit_sent=commit_sent) is outcome


def test_a_killed_session_is_lost_and_a_read_only_one_is_not() -> None:
    assert lost_connection(pymysql.err.OperationalError(2006, "gone"))
    assert not lost_connection(pymysql.err.OperationalError(1290, "read only"))


@contextmanager
def server(answer: Callable[[socket.socket, int], None]) -> Iterator[str]:
    """Listen and hand each connection, with its number, to `answer`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            number = 0
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                number += 1
                with connection:
                    answer(connection, number)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def created(connection: socket.socket) -> None:
    connection.recv(65_536)
    body = json.dumps({"server_uuid": "u"}).encode()
    connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def ordering(url: str, folder: Path) -> tuple[HttpClient, Pace, Ledger]:
    stop = threading.Event()
    ledger = Ledger(folder, "http-1", "http")
    return HttpClient(HttpPlan(1, 100, (url,), "", 1.0), url, ledger, stop), Pace(0.001, stop), ledger


def events(folder: Path) -> list[dict[str, Any]]:
    return list(read_lines(folder / "http-1.jsonl"))


def test_a_connection_closed_while_idle_is_reopened_and_nothing_is_unknown(tmp_path: Path) -> None:
    with server(lambda connection, _: created(connection)) as url:
        client, pace, ledger = ordering(url, tmp_path)
        for _ in range(3):
            assert client._order(pace)
            time.sleep(0.05)
        assert ledger.counts == {"acknowledged": 3}


def test_a_connection_cut_after_the_request_left_is_unknown_and_not_retried(tmp_path: Path) -> None:
    received = []

    def swallow(connection: socket.socket, number: int) -> None:
        received.append(number)
        connection.recv(65_536)

    with server(swallow) as url:
        client, pace, ledger = ordering(url, tmp_path)
        assert not client._order(pace)
        assert ledger.counts == {"unknown": 1}
        assert received == [1]
    assert events(tmp_path)[-1]["status"] == 0


def test_a_port_that_refuses_is_a_refused_write(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client, pace, ledger = ordering(f"http://127.0.0.1:{port}", tmp_path)
    assert not client._order(pace)
    assert ledger.counts == {"refused": 1}


def test_the_intent_is_on_disk_before_the_request_leaves(tmp_path: Path) -> None:
    seen: list[str] = []

    def look(connection: socket.socket, _: int) -> None:
        seen.extend(line["event"] for line in events(tmp_path))
        created(connection)

    with server(look) as url:
        client, pace, _ = ordering(url, tmp_path)
        assert client._order(pace)
    assert seen == ["start", "intent"]
    assert [line["event"] for line in events(tmp_path)] == ["start", "intent", "acknowledged"]
    assert events(tmp_path)[-1]["server_uuid"] == "u"


def test_a_held_client_does_not_make_up_for_lost_time() -> None:
    pace = Pace(0.02, threading.Event())
    pace.wait()
    time.sleep(0.2)
    started, beats = time.monotonic(), 0
    while time.monotonic() - started < 0.1:
        pace.wait()
        beats += 1
    assert beats <= 8


def test_a_stop_ends_the_wait_at_once() -> None:
    stop = threading.Event()
    stop.set()
    assert not Pace(60, stop).wait()


def test_a_configuration_that_lacks_something_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "traffic.json"
    path.write_text("{}")
    with pytest.raises(ConfigError, match=r"traffic\.json.*http"):
        read_config(path)


def test_a_stop_of_nothing_is_done_at_once_and_spares_other_processes(tmp_path: Path) -> None:
    assert stop(tmp_path)
    # The number of a process that is not ours, as after a crash: init must not be signalled.
    (tmp_path / "status.json").write_text(json.dumps({"running": True, "pid": 1}))
    assert stop(tmp_path)


def test_a_fresh_ledger_forgets_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    for name in ("http-1.jsonl", "status.json", "sides.json", "notes.txt"):
        (tmp_path / name).write_text("{}")
    forget(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
