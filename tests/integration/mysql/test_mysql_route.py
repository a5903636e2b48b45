"""The way from IDC to RDS: straight where there is one, else a tunnel that carries the replication (decision 2)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import ssh_host
from idc_side import follow, fresh, replication, write_rows
from run_tasks import Played, play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import mysql_pair
    from ssh_host import SshHost

PORT = 13306
BEHIND = "SELECT COUNT(*) FROM shop.write_ledger"


@pytest.fixture(name="pair")
def _pair(mysql_servers: mysql_pair.Pair) -> mysql_pair.Pair:
    fresh(mysql_servers)
    return mysql_servers


@pytest.fixture(name="host", scope="module")
def _host(mysql_servers: mysql_pair.Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    server = mysql_servers.idc
    found = ssh_host.start(tmp_path_factory.mktemp("ssh") / "keys", server.container, server.host)
    yield found
    ssh_host.stop(found)


@pytest.fixture(name="cut_off")
def _cut_off(pair: mysql_pair.Pair, host: SshHost) -> Iterator[SshHost]:
    """The database host has no way to RDS, and no tunnel is left behind."""
    host.cut(pair.rds.host)
    yield host
    end_tunnel(host)
    host.mend()


def end_tunnel(host: SshHost) -> None:
    script = f"kill $(cat /tmp/rollback-runner-tunnel-{PORT}.pid) 2>/dev/null; rm -f /tmp/rollback-runner-tunnel-*.pid"
    host.run("sh", "-c", f"{script}; true")


def route(work: Path, pair: mysql_pair.Pair, host: SshHost, *, check: bool = False, **more: Any) -> Played:
    base: dict[str, Any] = {"aws": pair.rds.login_dict(), "replication": replication(pair), "port": PORT}
    return play(
        work, [{"name": "route", "mysql_route": base | {"timeout": 2, "lifetime": 120} | more}],
        {"idc-db1": host.variables()}, check=check,
    )  # fmt: skip


def has_all(pair: mysql_pair.Pair, seconds: float = 20) -> bool:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if pair.idc.root(BEHIND) == pair.rds.root(BEHIND):
            return True
        time.sleep(0.2)
    return False


def test_a_host_that_reaches_rds_needs_no_tunnel(pair: mysql_pair.Pair, host: SshHost, tmp_path: Path) -> None:
    found = route(tmp_path, pair, host).of()
    assert not found["changed"]
    assert found["evidence"]["way"] == "direct"
    assert found["after"]["replication"]["host"] == pair.rds.host


def test_a_host_without_a_way_replicates_through_the_tunnel_and_again_after_it_was_killed(
    pair: mysql_pair.Pair, cut_off: SshHost, tmp_path: Path
) -> None:
    write_rows(pair, 20)
    rehearsed = route(tmp_path / "a", pair, cut_off, check=True).of()
    assert rehearsed["changed"]
    assert rehearsed["evidence"]["way"] == "tunnel"
    assert "listening" not in listening(cut_off)

    opened = route(tmp_path / "b", pair, cut_off)
    assert opened.rc == 0, opened.messages
    assert opened.of()["changed"]
    way = opened.of()["after"]["replication"]
    assert (way["host"], way["port"]) == ("127.0.0.1", PORT)
    followed = follow(pair, replication=way, timeout=30)
    assert "failed" not in followed, followed["msg"]
    assert has_all(pair)
    assert not route(tmp_path / "c", pair, cut_off).of()["changed"], "an open tunnel is found again"

    end_tunnel(cut_off)  # as when this machine, or its ssh, dies
    write_rows(pair, 20)
    assert not has_all(pair, 2)
    again = route(tmp_path / "d", pair, cut_off)
    assert again.rc == 0, again.messages
    assert again.of()["changed"]
    assert "failed" not in follow(pair, replication=way, timeout=30)
    assert has_all(pair)

    closed = route(tmp_path / "e", pair, cut_off, state="closed")
    assert closed.of()["changed"]
    assert not route(tmp_path / "f", pair, cut_off, state="closed").of()["changed"]
    write_rows(pair, 1)
    assert not has_all(pair, 2)


def listening(host: SshHost) -> str:
    """Whether somebody listens on the tunnel's port."""
    script = f"import socket; socket.create_connection(('127.0.0.1', {PORT}), 1); print('listening')"
    return host.run("sh", "-c", f'python3 -c "{script}" 2>/dev/null || true')


def test_a_way_that_leads_to_another_server_is_refused(pair: mysql_pair.Pair, host: SshHost, tmp_path: Path) -> None:
    stranger = pair.rds.login_dict() | {"server_uuid": "33333333-3333-4333-8333-333333333333"}
    played = route(tmp_path, pair, host, aws=stranger)
    assert played.of()["refused"]
    assert "leads to server 22222222" in played.messages


def test_without_forwarding_the_straight_way_is_tried(pair: mysql_pair.Pair, tmp_path: Path) -> None:
    host = ssh_host.start(tmp_path / "keys", pair.rds.container, pair.rds.host, forwarding=False)
    try:
        played = route(tmp_path / "a", pair, host)
    finally:
        ssh_host.stop(host)
    assert played.rc == 0, played.messages
    found = played.of()
    assert found["evidence"]["way"] == "direct"
    assert "does not let us look" in found["evidence"]["why"]
