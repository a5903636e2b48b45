"""May a server be made anew? Only when its data is surely gone, or a person says so."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from failback.container import ContainerError
from failback.errors import ConfigError, RefusedError
from failback.rebuild import first, judge, look, normal, service, words, work
from failback.rebuild.judge import Order, Seen
from failback.rebuild.place import Listing, Paths, ServerSeen, State, parse_listing

UUID = "11111111-1111-4111-8111-111111111111"
ORDER = Order(uuid=UUID, run="20261122-1")
REPLACE = replace(ORDER, replace=True, reason="rows are wrong", strategy="restore-first")
FULL = Listing(present=True, entries=("ibdata1", "mysql.ibd", "shop"), tables=3, free=1 << 40)
EMPTY = Listing(present=True, entries=("auto.cnf", "binlog.index", "#innodb_temp", "lost+found"), free=1 << 40)
HOLDING = ServerSeen(uuid=UUID, version="9.7.4", schemas={"shop": 3})
BROKEN = words.Words(damage=("its redo log is gone",))
BLOCKED = words.Words(in_the_way=("the disk is full",))


def state(step: str, run: str = "20261122-1", reason: str = "") -> State:
    return State(step, run, reason, "why", "/aside", UUID, "2026-11-22T07:00:00Z")  # type: ignore[arg-type]


CASES = [
    ("a stopped server with data is started first", Seen("exited", FULL), ORDER, "start"),
    ("one that holds data is not touched", Seen("running", FULL, HOLDING), ORDER, "refuse"),
    ("one that is empty and lets us in is fine", Seen("running", FULL, ServerSeen(uuid=UUID)), ORDER, "none"),
    ("another server at the address is refused", Seen("running", FULL, ServerSeen(uuid="x")), ORDER, "refuse"),
    ("a silent one that was started and said nothing", Seen("running", FULL, tried=True), ORDER, "refuse"),
    ("damage by its own words", Seen("exited", FULL, words=BROKEN), ORDER, "rebuild"),
    (
        "a full disk is no damage, whatever else it says",
        Seen("exited", FULL, words=replace(BROKEN, in_the_way=("x",)), tried=True),
        ORDER,
        "refuse",
    ),
    ("what was in the way may be mended by now", Seen("exited", FULL, words=BLOCKED), ORDER, "start"),
    ("not even with an order", Seen("exited", FULL, words=BLOCKED, tried=True), REPLACE, "refuse"),
    ("an empty directory", Seen("exited", EMPTY), ORDER, "rebuild"),
    ("a missing directory", Seen("created", Listing(present=False)), ORDER, "rebuild"),
    ("no data dictionary", Seen("exited", replace(FULL, entries=("ibdata1", "shop"))), ORDER, "rebuild"),
    (
        "files of 5.7 are no missing dictionary",
        Seen("exited", replace(FULL, entries=("ibdata1", "mysql"), old=True)),
        ORDER,
        "start",
    ),
    ("a server that runs on deleted files", Seen("running", EMPTY, HOLDING), ORDER, "rebuild"),
    ("a server that lets us not in", Seen("running", FULL, ServerSeen(refused="denied")), ORDER, "refuse"),
    ("the same by order", Seen("running", FULL, ServerSeen(refused="denied")), REPLACE, "rebuild"),
    ("data by order", Seen("running", FULL, HOLDING), REPLACE, "rebuild"),
    (
        "never one that is open for writes",
        Seen("running", FULL, replace(HOLDING, super_read_only=False)),
        REPLACE,
        "refuse",
    ),
    ("an order without a reason", Seen("exited", EMPTY), replace(REPLACE, reason=" "), "refuse"),
    ("an order where IDC's data is needed", Seen("exited", EMPTY), replace(REPLACE, strategy="switch-first"), "refuse"),
    (
        "an order that was carried out",
        Seen("running", replace(FULL, state=state("published", reason="x")), HOLDING),
        REPLACE,
        "none",
    ),
    (
        "an order after an older one",
        Seen("running", replace(FULL, state=state("published", "old", "x")), HOLDING),
        REPLACE,
        "rebuild",
    ),
    (
        "made anew, then filled by a restore",
        Seen("running", replace(FULL, state=state("published", "old")), HOLDING),
        ORDER,
        "none",
    ),
    (
        "made anew, then damaged again",
        Seen("exited", replace(FULL, state=state("published")), words=BROKEN),
        ORDER,
        "rebuild",
    ),
    ("stopped while files moved", Seen("exited", replace(FULL, state=state("moving"))), ORDER, "resume"),
    ("stopped while new files came", Seen("running", replace(EMPTY, state=state("publishing"))), ORDER, "resume"),
    (
        "stopped while the new directory was made",
        Seen("exited", replace(EMPTY, state=state("building"))),
        ORDER,
        "rebuild",
    ),
]


@pytest.mark.parametrize(("seen", "order", "act"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_decisions(seen: Seen, order: Order, act: str) -> None:
    decision = judge.decide(seen, order)
    assert (decision.act, bool(decision.why)) == (act, True), decision


def inspected(path: str = "mysqld", args: list[str] | None = None, user: str = "mysql", **more: Any) -> str:
    mounts = [{"Type": "bind", "Source": "/srv/db", "Destination": "/var/lib/mysql", "RW": True}]
    data = {"Image": "sha256:1", "Path": path, "Args": args or [], "Config": {"User": user}, "Mounts": mounts, **more}
    return json.dumps([data])


@pytest.mark.parametrize(
    ("path", "args", "options"),
    [
        ("mysqld", ["--port=1"], ("--port=1",)),
        ("tini", ["--", "/usr/sbin/mysqld", "--defaults-file=/x"], ("--defaults-file=/x",)),
        ("docker-entrypoint.sh", ["mysqld", "--a"], ("--a",)),
        ("docker-entrypoint.sh", ["--character-set-server=utf8mb4"], ("--character-set-server=utf8mb4",)),
    ],
)
def test_how_a_container_calls_its_server(path: str, args: list[str], options: tuple[str, ...]) -> None:
    assert service.parse_service("db", inspected(path, args)).options == options


def test_a_call_behind_a_shell_must_be_told() -> None:
    with pytest.raises(ConfigError, match="idc_mysql_command"):
        service.parse_service("db", inspected("/bin/sh", ["-c", "exec mysqld --x"]))
    told = service.parse_service("db", inspected("/bin/sh", ["-c", "x"]), ["mysqld", "--x"])
    assert told.options == ("--x",)
    with pytest.raises(ContainerError):
        service.parse_service("db", "[]")


HELP = """mysqld  Ver 9.7.4
Variables (--variable-name=value)
and boolean options {FALSE|TRUE}                             Value (after reading options)
------------------------------------------------------------ -------------
datadir                                                      {datadir}
innodb-log-group-home-dir                                    {redo}
innodb-redo-log-capacity                                     104857600
log-bin                                                      {binlog}
log-error                                                    stderr
persisted-globals-load                                       TRUE
"""


def settings(
    datadir: str = "/var/lib/mysql/", redo: str = "(No default value)", binlog: str = "binlog"
) -> service.Settings:
    text = HELP.format(datadir=datadir, redo=redo, binlog=binlog).replace("{FALSE|TRUE}", "")
    return service.parse_settings(service.parse_service("db", inspected()), text)


HELP = HELP.replace("{FALSE|TRUE}", "")


def test_settings_and_layouts_that_are_not_ours() -> None:
    found = settings()
    assert (found.datadir, found.redo_bytes, found.log_file, found.binlog_folder) == (
        "/var/lib/mysql",
        104857600,
        "",
        "",
    )
    assert settings(binlog="/var/log/mysql/bin").binlog_folder == "/var/log/mysql"
    with pytest.raises(ConfigError, match="keeps parts of InnoDB outside"):
        settings(redo="/redo")
    with pytest.raises(ConfigError, match="in the container's own layer"):
        settings(datadir="/data/mysql")


def test_where_files_go() -> None:
    of = service.parse_service("db", inspected())
    paths = Paths.of(of, settings())
    assert (paths.new, paths.aside_root) == ("/var/lib/mysql/rollback_runner_new", "/var/lib/mysql/.set-aside-")
    assert paths.on_host(of, "/var/lib/mysql/.set-aside-1") == "/srv/db/.set-aside-1"
    below = replace(of, mounts=(service.Mount("volume", "/vol", "/var/lib", writable=True),))
    assert Paths.of(below, settings()).aside_root == "/var/lib/mysql.set-aside-"


def test_no_room_is_refused_before_anything_is_touched() -> None:
    of = service.parse_service("db", inspected())
    tight = replace(EMPTY, free=600 << 20)
    decision = judge.decide(Seen("exited", tight), ORDER)
    with pytest.raises(RefusedError, match="there is no room"):
        work.plan(of, settings(), tight, ORDER, decision, 0)
    plan = work.plan(of, settings(), EMPTY, ORDER, decision, 0)
    assert plan.aside.endswith("-20261122-1")


def test_a_marker_that_cannot_be_read_is_none() -> None:
    good = state("ready")
    assert parse_listing(f"present yes\nstate {good.text()}\nfree 10\nlog\n").state == good
    for text in ("{", "[]", '{"step": "ready"}', good.text().replace("ready", "elsewhere")):
        assert parse_listing(f"present yes\nstate {text}\nfree 10\nlog\n").state is None
    found = parse_listing(
        'present yes\nentry a b\npersisted {"Version": 2, "x": {"port": {"Value": "1"}}}\nfree 1\nlog\nl1\nl2'
    )
    assert (found.entries, found.persisted, found.free, found.log) == (("a b",), ("port",), 1024, "l1\nl2")


def test_the_password_is_quoted_and_stays_out_of_argv() -> None:
    text = first.statements("rr_admin", ["%"], b"a'b\\c")
    assert "IDENTIFIED BY 'a''b\\\\c'" in text
    assert text.endswith("SHUTDOWN;\n")
    of = service.parse_service("db", inspected())
    assert not any("a'b" in part for part in service.server_argv(of, "x", "/d", []))


def test_what_is_not_as_new() -> None:
    good = {
        "server": HOLDING.__dict__ | {"schemas": {}},
        "event_scheduler": "OFF",
        "gtid_executed": "",
        "gtid_purged": "",
        "tls": "x",
        "tls_wanted": True,
    }
    assert look.not_as_new(good, UUID) == []
    bad = good | {
        "server": HOLDING.__dict__ | {"super_read_only": False},
        "event_scheduler": "ON",
        "gtid_executed": "x:1",
        "tls": "",
    }
    assert len(look.not_as_new(bad, "other")) == 6


def test_settings_that_may_not_stay() -> None:
    good = {
        "sync_binlog": "1",
        "innodb_flush_log_at_trx_commit": "1",
        "redo_log": "ON",
        "innodb_doublewrite": "ON",
        "local_infile": "OFF",
        "time_zone": "SYSTEM",
    }
    assert normal.not_normal(good) == []
    bad = good | {"sync_binlog": "0", "redo_log": "OFF", "local_infile": "ON"}
    assert [text.split(" is ")[0] for text in normal.not_normal(bad)] == ["local_infile", "redo_log", "sync_binlog"]
    assert normal.not_normal(bad, {"sync_binlog": "0", "redo_log": "OFF", "local_infile": "ON"}) == []
    assert normal.not_normal(good, {"time_zone": "+00:00"}) == [
        "time_zone is SYSTEM and not +00:00: it was not so before"
    ]
