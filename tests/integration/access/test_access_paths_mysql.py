"""Paths to MySQL: tried by a login, told by the kind of failure, whether one outlives a closed network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import ssh_host
from idc_side import fresh, run_action
from ssh_action import looked

if TYPE_CHECKING:
    from collections.abc import Iterator

    import mysql_pair
    from ssh_host import SshHost


@pytest.fixture(name="pair", scope="module")
def _pair(mysql_servers: mysql_pair.Pair) -> Iterator[mysql_pair.Pair]:
    fresh(mysql_servers)
    yield mysql_servers
    mysql_servers.reset()


@pytest.fixture(name="beside", scope="module")
def _beside(mysql_servers: mysql_pair.Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    """The database host: sshd in the network of IDC's server."""
    host = ssh_host.start(tmp_path_factory.mktemp("ssh") / "keys", mysql_servers.idc.container, mysql_servers.idc.host)
    yield host
    ssh_host.stop(host)


def mysql(login: dict[str, object], **more: Any) -> dict[str, Any]:
    args = {"look": "path", "holder": "idc", "name": "IDC MySQL", "server": login, "timeout": 1.0}
    result = run_action("access_mysql", args | more)
    assert "failed" not in result, result
    return result


def test_the_way_to_mysql_is_proven_by_a_login(pair: mysql_pair.Pair) -> None:
    result = mysql(pair.idc.login_dict())
    assert result.get("findings") is None
    only = result["evidence"]["paths"][0]
    assert (only["answer"], only["tls_verified"]) == ("open", True)
    assert 0 < only["latency_ms"] < 1000


def test_mysql_that_is_down_cut_off_or_somebody_else(pair: mysql_pair.Pair) -> None:
    down = mysql(pair.idc.login_dict() | {"port": 3307})["findings"]
    assert "refused at once" in down[0]["sentence"]
    assert down[0]["severity"] == "blocker"
    accepted = mysql(pair.rds.login_dict() | {"port": 3307}, holder="rds", accept_loss="yes")
    assert accepted["findings"][0]["severity"] == "warning"
    stranger = mysql(pair.rds.login_dict() | {"server_uuid": pair.idc.uuid})["findings"]
    assert "the inventory means" in stranger[0]["sentence"]
    other_ca = mysql(pair.idc.login_dict() | {"ca_file": pair.rds.login_dict()["ca_file"]})
    assert "does not verify" in other_ca["findings"][0]["sentence"]


def test_large_packets_that_get_lost_are_named(pair: mysql_pair.Pair, beside: SshHost) -> None:
    beside.run("nft", "add", "table", "inet", "cut")
    beside.run("nft", "add", "chain", "inet", "cut", "out", "{ type filter hook output priority 0 ; }")
    rule = ("nft", "add", "rule", "inet", "cut", "out", "tcp", "sport", "3306", "meta", "length", ">")
    # 3 KB: only the large answer gets lost. 800 bytes: the certificate already does.
    for size in ("3000", "800"):
        beside.run("nft", "flush", "chain", "inet", "cut", "out")
        beside.run(*rule, size, "drop")
        found = mysql(pair.idc.login_dict())["findings"]
        assert "small packets pass and large ones get lost" in found[0]["sentence"], found
        assert "MTU" in found[0]["next_step"]
    beside.mend()
    assert mysql(pair.idc.login_dict()).get("findings") is None


def replication(pair: mysql_pair.Pair, **more: Any) -> dict[str, Any]:
    server = pair.rds.login_dict("repl") | more
    return {"look": "path", "holder": "replication", "name": "RDS", "server": server, "tunnel": True, "timeout": 1.5}


def test_the_way_from_the_idc_host_to_rds(pair: mysql_pair.Pair, beside: SshHost) -> None:
    assert looked(beside, "access_mysql", replication(pair)) == []
    beside.cut(pair.rds.host)
    cut = looked(beside, "access_mysql", replication(pair))
    assert [one["severity"] for one in cut] == ["warning"], "a tunnel through this machine will do"
    assert "tunnel" in cut[0]["sentence"]
    beside.mend()
    nowhere = looked(beside, "access_mysql", replication(pair, port=3307))
    assert [one["severity"] for one in nowhere] == ["blocker"]
    assert "refused at once" in nowhere[0]["sentence"]


def test_who_would_be_cut_off_by_the_closed_network_is_told(pair: mysql_pair.Pair, beside: SshHost) -> None:
    with pair.rds.connect() as session:
        here = session.text("SELECT SUBSTRING_INDEX(USER(), '@', -1)")
    strangers, both = ["192.0.2.0/24"], [f"{here}/32", f"{beside.address}/32"]
    found = mysql(pair.rds.login_dict(), holder="rds", keep_sources=strangers)
    assert found["after"] == {"open": True}
    assert [(one["severity"], one["next_step"]) for one in found["findings"]] == [
        ("blocker", f"add {here}/32 to aws_keep_sources")
    ]
    assert "the fence stays unproven" in found["findings"][0]["sentence"]
    assert found["evidence"]["paths"][0]["seen_as"] == here
    # The IDC server's host has done its work when the network is closed.
    idc = looked(beside, "access_mysql", replication(pair) | {"keep_sources": strangers})
    assert [(one["severity"], one["next_step"]) for one in idc] == [
        ("warning", f"add {beside.address}/32 to aws_keep_sources")
    ]
    for keep in (both, []):
        assert mysql(pair.rds.login_dict(), holder="rds", keep_sources=keep).get("findings") is None
        assert looked(beside, "access_mysql", replication(pair) | {"keep_sources": keep}) == []


def test_a_name_without_an_address_is_told_as_a_name(pair: mysql_pair.Pair) -> None:
    with pair.rds.connect() as session:
        here = session.text("SELECT SUBSTRING_INDEX(USER(), '@', -1)")
    # The replication account may not read the server's host cache.
    with pair.rds.naming(here, "ops1.bookings"):
        found = mysql(pair.rds.login_dict("repl"), holder="replication", keep_sources=["192.0.2.0/24"])["findings"]
    assert [one["severity"] for one in found] == ["note"]
    assert "by the name ops1.bookings and not by its address" in found[0]["sentence"]
