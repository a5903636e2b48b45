"""The front door plugin: real HTTP to an application that writes into a real MySQL server, and SQL to IDC."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from run_tasks import Played, local_host, play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mysql_pair import Pair, TestServer

MARKER = {"path": "/api/markers", "schema": "shop", "table": "write_ledger", "column": "token"}
HEALTH = [{"path": "/healthz", "status": 200}]


@contextmanager
def application(serves: TestServer, writes: TestServer | None = None, **headers: str) -> Iterator[dict[str, str]]:
    """Run one door whose application says that it uses one server and writes into it, or into another."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(200, {"server_uuid": serves.uuid, "hostname": "app"})

        def do_POST(self) -> None:
            token = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["token"]
            with (writes or serves).connect("shop_app") as server:
                server.execute("INSERT INTO shop.write_ledger (token) VALUES (%s)", (token,))
            self._send(201, {"token": token})

        def _send(self, status: int, body: dict[str, str]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield {"name": "lb1", "url": f"http://127.0.0.1:{running.server_address[1]}", "host_header": "www.example.org"}
    running.shutdown()
    running.server_close()


def run(work: Path, pair: Pair, door: dict[str, str], *, check: bool = False, **more: Any) -> Played:
    arguments = {"doors": [door], "idc": pair.idc.login_dict(), "aws_server_uuid": pair.rds.uuid, "timeout": 2, **more}
    return play(work, [{"name": "ask", "front_door": arguments}], {"shop": local_host()}, check=check)


def rows(server: TestServer) -> int:
    return int(server.root("SELECT COUNT(*) FROM shop.write_ledger"))


def test_served_from_idc_with_a_marker_found_there(mysql_pair: Pair, tmp_path: Path) -> None:
    mysql_pair.idc.root("SET GLOBAL super_read_only=0; SET GLOBAL read_only=0")
    before = rows(mysql_pair.idc)
    with application(mysql_pair.idc) as door:
        played = run(tmp_path, mysql_pair, door, whoami_path="/api/whoami", health=HEALTH, marker=MARKER)
    assert played.rc == 0, played.messages
    shown = played.of()["evidence"]["lb1"]
    assert shown["whoami"]["server_uuids"] == [mysql_pair.idc.uuid]
    assert shown["marker"]["rows_on_idc"] == 1
    assert rows(mysql_pair.idc) == before + 1


def test_an_application_that_says_idc_and_writes_elsewhere_is_found_out(mysql_pair: Pair, tmp_path: Path) -> None:
    with application(mysql_pair.idc, writes=mysql_pair.rds) as door:
        played = run(tmp_path, mysql_pair, door, whoami_path="/api/whoami", marker=MARKER, marker_wait=0.5)
    assert played.rc != 0
    assert "lb1 is on IDC 0 times" in played.messages


def test_served_from_rds_writes_no_marker(mysql_pair: Pair, tmp_path: Path) -> None:
    before = rows(mysql_pair.rds)
    with application(mysql_pair.rds) as door:
        played = run(tmp_path, mysql_pair, door, whoami_path="/api/whoami", marker=MARKER)
    assert "served by RDS" in played.messages
    assert rows(mysql_pair.rds) == before


def test_a_cached_answer_does_not_count(mysql_pair: Pair, tmp_path: Path) -> None:
    with application(mysql_pair.idc, **{"X-Cache": "HIT"}) as door:
        played = run(tmp_path, mysql_pair, door, whoami_path="/api/whoami")
    assert "answers from a cache" in played.messages


def test_a_rehearsal_reports_and_writes_nothing(mysql_pair: Pair, tmp_path: Path) -> None:
    before = rows(mysql_pair.rds)
    with application(mysql_pair.rds) as door:
        played = run(tmp_path, mysql_pair, door, check=True, whoami_path="/api/whoami", marker=MARKER)
    assert played.rc == 0
    assert "served by RDS" in played.of()["evidence"]["problems"][0]
    assert rows(mysql_pair.rds) == before


def test_a_marker_that_idc_has_no_place_for_is_refused_beforehand(mysql_pair: Pair, tmp_path: Path) -> None:
    door = {"name": "lb1", "url": "http://127.0.0.1:1"}  # nobody is asked
    assert run(tmp_path / "there", mysql_pair, door, only_look=True, marker=MARKER).rc == 0
    for key, check in (("table", False), ("column", True), ("schema", False)):
        wrong = MARKER | {key: "nowhere"}
        played = run(tmp_path / key, mysql_pair, door, only_look=True, marker=wrong, check=check)
        assert played.of()["refused"], key
        place = f"{wrong['schema']}.{wrong['table']}.{wrong['column']}"
        assert f"service_marker means {place}, which IDC does not have: correct service_marker" in played.messages
