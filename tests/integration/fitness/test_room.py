"""TECH-05 on real servers and file systems: what is needed is right, and a file system that is too small is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import scratch_mysql
from fit_servers import SMALL
from fit_site import HOST, Site, docker
from run_tasks import local_host, play

if TYPE_CHECKING:
    from pathlib import Path

    from fit_servers import Servers

MIB = 1 << 20


def room(servers: Servers, work: Path, **arguments: Any) -> dict[str, Any]:
    given = {
        "of": "database",
        "idc": servers.idc.login_dict(),
        "aws": servers.rds.login_dict(),
        "schemas": ["shop"],
        "cutover_gtid": servers.cutover,
        "container": servers.idc.container,
        "home": str(work),
        "quarantine": str(work / "quarantine"),
        "record_bytes": MIB,
        "reserve": MIB,
    }
    return {"name": "room", "room": given | arguments, "delegate_to": HOST}


def looks(
    servers: Servers, site: Site, work: Path, *cases: dict[str, Any], check: bool = False
) -> list[dict[str, Any]]:
    """One play, a task for each case."""
    tasks = []
    for number, case in enumerate(cases):
        task = {**room(servers, work, **case), "name": f"room {number}"}
        # The delegate is in the inventory as another host.
        tasks.append({**task, "when": "inventory_hostname == 'shop-db'"})
    hosts = {"shop-db": local_host(), HOST: site.host(HOST)}
    played = play(work, tasks, hosts, check=check)
    assert played.rc == 0, played.messages
    return [played.of(f"room {number}", "shop-db") for number in range(len(cases))]


def look(servers: Servers, site: Site, work: Path, *, check: bool = False, **case: Any) -> dict[str, Any]:
    return looks(servers, site, work, case, check=check)[0]


def keys(result: dict[str, Any], severity: str = "") -> dict[str, str]:
    return {one["key"]: one["sentence"] for one in result.get("findings", ()) if severity in {"", one["severity"]}}


def rooms(result: dict[str, Any], way: str, name: str) -> dict[str, Any]:
    return next(one for one in result["evidence"]["ways"][way] if name in one["for"])


def test_what_is_needed_is_what_the_servers_have(servers: Servers, site: Site, tmp_path: Path) -> None:
    result = look(servers, site, tmp_path, margin=0.1)
    assert keys(result, "blocker") == keys(result, "warning") == {}, result["findings"]
    facts = result["evidence"]["facts"]
    assert facts["since_cutover"] == facts["backlog"] == servers.since
    there = servers.rds.root(
        "SELECT SUM(file_size) FROM information_schema.innodb_tablespaces WHERE name LIKE 'shop/%'"
    )
    assert facts["rds"]["data"] == int(there)
    assert facts["restored"] == facts["rds"]["data"] > facts["idc"]["data"] > MIB
    data = rooms(result, "switch-first", "datadir")
    parts = {part["what"]: part["bytes"] for part in data["parts"]}
    assert parts["data that IDC lacks"] == facts["rds"]["data"] - facts["idc"]["data"]
    assert parts["binary logs of IDC"] == servers.since
    assert data["needed"] == sum(parts.values())
    free = int(servers.idc.shell(f"stat -f -c %a {scratch_mysql.DATA}")) * 4096
    assert abs(data["free"] - free) < MIB
    small = rooms(result, "switch-first", "relay_log")
    assert set(small["for"]) == {"tmpdir", "relay_log"}, "directories of one file system are added up"
    assert rooms(result, "restore-first", "tmpdir")["needed"] > small["needed"]
    assert facts["logs"]["hours"] is not None
    again = look(servers, site, tmp_path, margin=0.1, check=True)
    assert keys(again).keys() == keys(result).keys()


def test_a_data_directory_that_is_nearly_full_is_a_blocker_on_the_way_it_stops(
    servers: Servers, site: Site, tmp_path: Path
) -> None:
    servers.fill(scratch_mysql.DATA, 2 * MIB)
    result, other = looks(servers, site, tmp_path, {}, {"strategy": "stop-first"})
    key = f"room:switch-first:{HOST}:datadir:full"
    assert key in keys(result, "blocker")
    assert "data that IDC lacks" in keys(result)[key]
    assert f"room:restore-first:{HOST}:datadir:full" in keys(result, "warning")
    assert f"room:stop-first:{HOST}:datadir:full" in keys(other, "blocker")
    assert key in keys(other, "warning")


def test_room_that_is_close_is_a_warning(servers: Servers, site: Site, tmp_path: Path) -> None:
    result = look(servers, site, tmp_path, reserve=500 * MIB)
    assert keys(result, "blocker") == {}
    warned = keys(result, "warning")
    assert f"room:switch-first:{HOST}:datadir:close" in warned


def test_relay_logs_that_do_not_fit_and_inodes_that_are_used_up_are_blockers(
    servers: Servers, site: Site, tmp_path: Path
) -> None:
    servers.fill(SMALL, 64 * 1024)
    full = look(servers, site, tmp_path)
    assert any("relay logs" in text for text in keys(full, "blocker").values())
    servers.empty()
    servers.idc.shell(f"mkdir {SMALL}/many; cd {SMALL}/many; seq 2500 | xargs touch")
    used = look(servers, site, tmp_path)
    assert set(keys(used, "blocker")) == {f"room:switch-first:{HOST}:tmpdir:inodes"}


def test_a_server_that_is_gone_is_looked_into_through_its_files(servers: Servers, site: Site, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    backup.mkdir()
    (backup / "dump.sql").write_bytes(b"x" * MIB)
    away = {**servers.idc.login_dict(), "port": 1}
    gone = {**servers.rds.login_dict(), "port": 1}
    silent = {"idc": away, "aws": gone, "backups": [{"name": "b", "url": str(backup)}]}
    result, missing = looks(servers, site, tmp_path, silent, {"container": "rrt-none", "idc": away})
    warned = keys(result, "warning")
    assert {"room:shop-db:idc:silent", "room:shop-db:aws:silent", "room:shop-db:logs:unread"} <= set(warned)
    facts = result["evidence"]["facts"]
    assert facts["restored"] == int(2.5 * MIB), "the backup, unpacked"
    assert rooms(result, "restore-first", "datadir")["free"] > 0
    assert f"room:{HOST}:datadir:unseen" in keys(missing, "warning")


def test_the_tools_own_record_needs_room_here(servers: Servers, site: Site, tmp_path: Path) -> None:
    run = tmp_path / "runs" / "20260101T000000Z-lab-rollback"
    run.mkdir(parents=True)
    (run / "events.jsonl").write_bytes(b"x" * (3 * MIB))
    result, huge = looks(servers, site, tmp_path, {}, {"record_bytes": 1 << 60})
    assert result["evidence"]["facts"]["record"] == 6 * MIB
    assert "room:switch-first:this machine:record:full" in keys(huge, "blocker")


def test_the_disks_of_a_host_that_are_nearly_full_are_named(site: Site, tmp_path: Path) -> None:
    docker(
        "exec",
        f"rrt-fit-{site.tag}-host",
        "sh",
        "-c",
        "fallocate -l 2000000 /srv/small/a; touch /srv/few/$(seq -s ' /srv/few/' 19)",
    )
    arguments = {"of": "host", "disks": ["/srv/small", "/srv/few", "/srv/none"], "least_bytes": MIB, "least_free": 0.5}
    try:
        played = site.play(tmp_path, [{"name": "disks", "room": {**arguments, "containers": site.containers()}}])
    finally:
        docker("exec", f"rrt-fit-{site.tag}-host", "sh", "-c", "rm -rf /srv/small/* /srv/few/*")
    result = played.of("disks")
    found = keys(result)
    assert {f"room:{HOST}:/srv/small:free", f"room:{HOST}:/srv/none:unseen"} <= set(found)
    assert f"room:{HOST}:/srv/few:inodes" in keys(result, "blocker")
    assert result["evidence"]["docker_root"]["free"] > 0, "docker's own data is seen through a container"
    assert played.rc == 0
