"""A server whose data is gone comes up again empty, closed and as itself; one that holds data is not touched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import box as boxes
import pytest
from driver import Here, run_action, run_killed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    NewBox = Callable[..., boxes.Box]


def rebuild(box: boxes.Box, **more: Any) -> dict[str, Any]:
    return run_action("mysql_rebuild", box.args(**more))


def sizes(folder: Path) -> dict[str, int]:
    """Every file below a folder that does not change by itself."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.stat().st_size for path in files}


def proven(box: boxes.Box, result: dict[str, Any]) -> None:
    """The server is up, empty, closed, itself, and reachable as the administrator over TLS; again: nothing to do."""
    assert result["changed"], result
    after = result["after"]
    assert (after["server"]["uuid"], after["server"]["schemas"], after["gtid_executed"]) == (boxes.UUID, {}, "")
    assert (after["read_only"], after["server"]["super_read_only"], after["event_scheduler"]) == (True, True, "OFF")
    assert after["tls"]
    assert boxes.PASSWORD not in json.dumps(result)
    with box.connect() as server:
        # Ready for a restore, which says where its backup stood.
        server.execute("SET GLOBAL gtid_purged = '22222222-2222-4222-8222-222222222222:1-5'")
        locked = server.text("SELECT account_locked FROM mysql.user WHERE user = 'root' AND host = 'localhost'")
    assert locked == "Y"
    again = rebuild(box)
    assert (again["changed"], again["evidence"]["decision"]) == (False, "none"), again


def test_emptied_while_it_runs_and_the_password_is_nowhere(new_box: NewBox) -> None:
    box = new_box()
    box.start()
    box.wipe()
    foreseen = run_action("mysql_rebuild", box.args(), check=True)
    assert (foreseen["changed"], foreseen["after"]) == (True, {"would": "rebuild"})
    assert not (box.datadir / "mysql.ibd").exists()
    assert not list(box.datadir.glob(".*"))
    here = Here()
    result = run_action("mysql_rebuild", box.args(), here=here)
    # It may go on from deleted files for a while, or fall over them.
    assert result["evidence"]["why"].endswith("the data directory is empty"), result
    proven(box, result)
    assert not any("rr_admin-pass" in part for argv in here.argv for part in argv)
    assert "rr_admin-pass" not in boxes.docker("logs", box.name)


@pytest.mark.long
def test_a_truncated_tablespace_is_set_aside_whole(new_box: NewBox) -> None:
    box = new_box()
    with (box.datadir / "ibdata1").open("r+b") as file:
        file.truncate(6 << 20)
    before = sizes(box.datadir)
    foreseen = run_action("mysql_rebuild", box.args(), check=True)
    assert foreseen["after"] == {"would": "start"}
    assert sizes(box.datadir) == before
    result = rebuild(box)
    assert "system tablespace is cut short" in result["evidence"]["why"]
    assert any("different size" in line for line in result["evidence"]["log"])
    aside = box.data / result["evidence"]["set_aside"].rsplit("/", 1)[1]
    kept = sizes(aside)
    assert kept["ibdata1"] == 6 << 20
    assert {name for name in before if name.endswith(".ibd")} <= set(kept)
    assert {name: kept[name] for name in kept if name.startswith("shop/")} == {
        "shop/items.ibd": before["shop/items.ibd"]
    }
    assert "event_scheduler" in result["evidence"]["persisted_kept"]
    proven(box, result)


def test_data_is_not_touched_unless_a_person_says_so(new_box: NewBox) -> None:
    box = new_box()
    # It was only stopped: started, found well, and left alone.
    refused = rebuild(box)
    assert (refused["failed"], refused["refused"]) == (True, True)
    assert "holds shop (1 tables), so it is not touched" in refused["msg"]
    started = box.started_at
    for wrong, words in (
        ({"replace": True}, "a person must say why"),
        ({"replace": True, "reason": "ticket 7", "strategy": "switch-first"}, "uses the data of IDC"),
    ):
        refused = rebuild(box, **wrong)
        assert refused["refused"]
        assert words in refused["msg"]
    order = {"replace": True, "reason": "ticket 7: rows are wrong", "strategy": "restore-first"}
    with box.connect() as server:
        server.execute("SET GLOBAL super_read_only = 0")
        server.execute("SET GLOBAL read_only = 0")
        assert "open for writes" in rebuild(box, **order)["msg"]
        server.execute("SET GLOBAL super_read_only = 1")
        assert server.number("SELECT COUNT(*) FROM shop.items") == 900
    assert box.started_at == started
    result = rebuild(box, **order)
    assert result["changed"], result
    assert "shop" in result["evidence"]["set_aside_entries"]
    assert not rebuild(box, **order)["changed"]
    proven(box, result)


@pytest.mark.long
def test_killed_while_files_move_and_resumed(new_box: NewBox, tmp_path: Path) -> None:
    killed_at(new_box(), tmp_path, "set_aside")


# Words of the command that each act is carried out by.
MARKS = {
    "begin": 'mkdir "$2"',
    "initialise": "--initialize-insecure",
    "identify": "server-uuid",
    "populate": "first.sql",
    "ready": "sync; state",
    "set_aside": 'case "${file##*/}"',
    "publish": "rmdir",
}


@pytest.mark.long
@pytest.mark.parametrize("moment", [name for name in MARKS if name != "set_aside"])
def test_killed_at_any_moment_and_resumed(new_box: NewBox, tmp_path: Path, moment: str) -> None:
    killed_at(new_box(), tmp_path, moment)


def killed_at(box: boxes.Box, tmp_path: Path, moment: str) -> None:
    (box.datadir / "mysql.ibd").unlink()
    assert run_killed("mysql_rebuild", box.args(), tmp_path, MARKS[moment]) == -9
    result = rebuild(box)
    # A helper that was left to itself may have come to its end.
    assert result.get("changed") or moment == "publish", result
    kept = [path.name for folder in box.data.glob(".set-aside-*") for path in folder.iterdir()]
    assert {"ibdata1", "shop", "binlog.index"} <= set(kept), kept
    proven(box, result | {"changed": True})


@pytest.mark.long
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("rm -rf '#innodb_redo'", "its redo log is gone"),
        ("rm mysql.ibd", "lacks mysql.ibd"),
        ("dd if=/dev/urandom of=mysql.ibd bs=16384 seek=3 count=40 conv=notrunc status=none", "pages are corrupt"),
        ("rm -rf ..?* .[!.]* *", "is empty"),
    ],
)
def test_each_damage_is_named(new_box: NewBox, damage: str, words: str) -> None:
    box = new_box()
    boxes.docker("run", "--rm", "-v", f"{box.data}:/d", "-w", "/d", box.image, "sh", "-c", damage)
    result = rebuild(box)
    assert words in result["evidence"]["why"], result
    proven(box, result)


@pytest.mark.long
def test_a_crash_with_the_redo_log_off(new_box: NewBox) -> None:
    box = new_box()
    box.start()
    with box.connect() as server:
        server.execute("SET GLOBAL super_read_only = 0")
        server.execute("ALTER INSTANCE DISABLE INNODB REDO_LOG")
        server.execute("INSERT INTO shop.items (note) SELECT note FROM shop.items")
    box.kill()
    result = rebuild(box)
    assert "killed while its redo log was off" in result["evidence"]["why"], result
    proven(box, result)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["volume", "below", "missing"])
def test_other_places(new_box: NewBox, kind: str) -> None:
    """A named volume; a data directory below its mount, whose old files go beside it; one that is missing."""
    box = new_box(mount="/var/lib" if kind != "volume" else boxes.DATADIR, volume=kind == "volume")
    if kind == "missing":
        boxes.docker("run", "--rm", "-v", f"{box.data}:/d", box.image, "rm", "-rf", "/d/mysql")
    else:
        boxes.docker("run", "--rm", "-v", f"{box.data}:/d", box.image, "find", "/d", "-name", "mysql.ibd", "-delete")
    result = rebuild(box)
    proven(box, result)
    if kind == "below":
        assert (box.data / result["evidence"]["set_aside"].rsplit("/", 1)[1] / "shop" / "items.ibd").exists()
        assert result["evidence"]["set_aside"].startswith(f"{box.datadir}.set-aside-")


@pytest.mark.long
def test_what_is_in_the_way_is_no_damage(new_box: NewBox) -> None:
    box = new_box()
    before = sizes(box.datadir)
    conf = box.root / "my.cnf"
    good = conf.read_text()
    conf.write_text(good + "nonsense_option=1\n")
    assert "unknown variable" in rebuild(box)["msg"]
    conf.write_text(good)
    (box.datadir / "ibdata1").chmod(0o000)
    refused = rebuild(box)
    assert refused["refused"]
    assert "it may not use its files" in refused["msg"]
    (box.datadir / "ibdata1").chmod(0o640)
    assert "no room" in rebuild(box, needed_bytes=1 << 60, replace=True, reason="x", strategy="stop-first")["msg"]
    assert set(before) <= set(sizes(box.datadir))


def test_bad_input_is_one_clear_error(new_box: NewBox) -> None:
    box = new_box(empty=True)
    assert "there is no container nowhere" in run_action("mysql_rebuild", box.args() | {"name": "nowhere"})["msg"]
    login = {**box.login, "server_uuid": ""}
    assert "lacks server_uuid" in run_action("mysql_rebuild", box.args() | {"mysql": login})["msg"]
    login = {**box.login, "password_file": "/nowhere/p"}
    assert "cannot read the password file" in run_action("mysql_rebuild", box.args() | {"mysql": login})["msg"]
    assert "no room" in rebuild(box, needed_bytes=1 << 60)["msg"]
    assert not [path for path in box.datadir.iterdir() if path.name != ".rollback-runner.json"]
