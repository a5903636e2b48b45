"""The baseline: kept whole or refused, and compared: facts in, differences and acts out."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from failback.baseline import compare, store
from failback.baseline.agent_write import command_for
from failback.baseline.compare import Expected
from failback.environment import mysql_settings
from failback.errors import ConfigError, RefusedError

if TYPE_CHECKING:
    from pathlib import Path


def file(content: str | None = "a\nb\n", **more: Any) -> dict[str, Any]:
    entry = {"exists": True, "mode": "0644", "owner": "ops", "group": "ops", "sha256": f"digest of {content}"}
    return {**entry, **({} if content is None else {"content": content}), **more}


def test_it_is_read_back_as_it_was_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path, seal = store.write(str(tmp_path / "b"), "h1", {"recorded_at": "x", "ko": "가"})
    assert store.read(str(tmp_path / "b"), "h1") == {"recorded_at": "x", "ko": "가"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert seal in path.read_text()
    assert [entry.name for entry in path.parent.iterdir()] == ["h1.json"]
    assert store.read(str(tmp_path / "b"), "h2") is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda whole: whole["baseline"].update(recorded_at="y"), "was changed since"),
        (lambda whole: whole.update(host="h2"), "is the baseline of h2"),
        (lambda whole: whole.update(format=9), "in format 9"),
        (lambda whole: whole.pop("sha256"), "is no baseline"),
    ],
)
def test_a_file_that_was_tampered_with_is_refused(tmp_path: Path, change: Any, told: str) -> None:
    path, _ = store.write(str(tmp_path), "h1", {"recorded_at": "x"})
    whole = json.loads(path.read_text())
    change(whole)
    path.write_text(json.dumps(whole))
    with pytest.raises(RefusedError, match=told):
        store.read(str(tmp_path), "h1")


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path, _ = store.write(str(tmp_path), "h1", {"recorded_at": "x"})
    path.write_text(path.read_text()[:40])
    with pytest.raises(RefusedError, match="is no baseline"):
        store.read(str(tmp_path), "h1")


@pytest.mark.parametrize(
    ("then", "now", "keys", "line"),
    [
        (file(), file("a\nc\n"), {"content"}, "+c"),
        (file(), file(mode="0600"), {"mode"}, "+mode 0600"),
        (file(), file(owner="root"), {"owner"}, "+owner root:ops"),
        (file(), {"exists": False}, {"content", "mode", "owner"}, "-/f"),
        (file("a"), file("a\n"), {"content"}, "another end"),
        (file(None, secret=True), file(None, secret=True, sha256="other"), set(), "+sha256 other"),
        ({"exists": False}, file(), set(), "+++ now/f"),
    ],
)
def test_a_file_that_differs(then: dict[str, Any], now: dict[str, Any], keys: set[str], line: str) -> None:
    (found,) = compare.files({"/f": then}, {"/f": now})
    assert keys == {"content", "mode", "owner"} & set(found.act)
    assert line.rsplit("/", maxsplit=1)[-1] in "\n".join(found.diff)
    assert found.act or found.hint


@pytest.mark.parametrize(
    ("then", "now"),
    [(file(), file()), ({"exists": None}, file()), (file(), {"exists": None}), ({"exists": False}, {"exists": False})],
)
def test_what_is_equal_or_was_not_read_is_no_difference(then: dict[str, Any], now: dict[str, Any]) -> None:
    assert compare.files({"/f": then}, {"/f": now}) == []


def test_routes_are_put_back_and_the_one_in_their_place_is_not_removed_twice() -> None:
    then = {"routes": ["default via 192.0.2.1 dev eth0", "198.51.100.0/24 via 192.0.2.2 dev eth0"]}
    now = {"routes": ["default via 192.0.2.9 dev eth0", "203.0.113.0/24 via 192.0.2.2 dev eth0"]}
    acts = [" ".join(one.act["argv"][2:5]) for one in compare.network(then, now) if one.act]
    assert acts == ["replace default via", "replace 198.51.100.0/24 via", "del 203.0.113.0/24 via"]


def test_firewall_rules_come_back_in_one_transaction_and_listening_ports_only_as_a_hint() -> None:
    then = {"nftables": ["table inet filter {", "}"], "listening": ["tcp 0.0.0.0:80"]}
    rules, ports = sorted(
        compare.network(then, {"nftables": [], "listening": []}), key=lambda one: one.name, reverse=True
    )
    assert base64.b64decode(rules.act["stdin"]).decode() == "flush ruleset\ntable inet filter {\n}\n"
    assert (ports.act, ports.hint) == ({}, "start what listens there")


def test_what_was_not_readable_then_or_now_is_not_compared() -> None:
    assert compare.network({"routes": []}, {"routes": [], "nftables": ["x"]}) == []


def test_expected_differences_are_parted_by_host_thing_and_line() -> None:
    found = compare.files({"/etc/app": file("pool 4\n")}, {"/etc/app": file("pool 5\n")})
    meant = Expected.from_dict({"path": "/etc/*", "lines": "pool", "because": "tuned", "hosts": "app*"})
    assert compare.split("app1", found, [meant])[1][0]["because"] == "tuned"
    assert compare.split("db1", found, [meant])[0] == found
    other = Expected.from_dict({"path": "/etc/*", "lines": "listen", "because": "moved"})
    assert compare.split("app1", found, [other])[0] == found


@pytest.mark.parametrize(
    "entry",
    [{}, {"path": "/a"}, {"path": "/a", "because": "b", "why": "c"}, {"path": "/a", "because": "b", "lines": "("}],
)
def test_a_wrong_declaration_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="environment_expected"):
        Expected.from_dict(entry)


def test_the_command_for_a_person_is_whole_and_quoted() -> None:
    act = {"kind": "file", "path": "/etc/my file", "content": "YQ==", "mode": "0644", "owner": "root:root"}
    assert command_for(act) == (
        "echo YQ== | base64 -d | sudo tee '/etc/my file' > /dev/null && sudo chown root:root '/etc/my file'"
        " && sudo chmod 0644 '/etc/my file'"
    )
    assert command_for({"kind": "run", "argv": ["ip", "route", "del", "default"]}) == "sudo ip route del default"


def test_mysql_settings_differ_with_the_statement_that_undoes_it() -> None:
    found = mysql_settings.differences(
        {"sync_binlog": "1", "sql_mode": "STRICT", "log_bin": "ON", "port": "1"},
        {"sync_binlog": "0", "sql_mode": "", "log_bin": "OFF", "port": "1"},
    )
    assert [one.name for one in found] == ["mysql.log_bin", "mysql.sql_mode", "mysql.sync_binlog"]
    assert [one.hint for one in found][1:] == ["SET PERSIST sql_mode = 'STRICT';", "SET PERSIST sync_binlog = 1;"]


CFG = "global\n  maxconn 9\nbackend shop\n  server aws 1\n  server idc 2 disabled\n"


@pytest.mark.parametrize(
    ("now", "merged"),
    [
        (
            CFG.replace("aws 1", "aws 1 disabled").replace("maxconn 9", "maxconn 1"),
            CFG.replace("aws 1", "aws 1 disabled"),
        ),
        (CFG.replace(" disabled", "").replace("global\n", ""), CFG.replace(" disabled", "")),
        (CFG.replace("  server aws 1\n", "") + "# more\n", CFG.replace("  server aws 1\n", "")),
        (CFG.replace("backend shop\n  server aws 1\n", "backend other\n  server aws 9\n"), None),
    ],
)
def test_lines_that_are_meant_stay_when_the_rest_is_put_back(now: str, merged: str | None) -> None:
    assert compare.merge(CFG, now, [r"^\s*server"]) == merged


def test_a_switch_is_never_undone_by_putting_a_file_back() -> None:
    now = CFG.replace("aws 1", "aws 1 disabled").replace("idc 2 disabled", "idc 2").replace("maxconn 9", "maxconn 1")
    meant = Expected.from_dict({"path": "/cfg", "lines": r"^\s*server", "because": "SWITCH-02"})
    ((wrong,), _) = compare.split("lb1", compare.files({"/cfg": file(CFG)}, {"/cfg": file(now)}), [meant])
    put = base64.b64decode(wrong.act["content"]).decode()
    assert put == now.replace("maxconn 1", "maxconn 9")
    assert compare.split("lb1", compare.files({"/cfg": file(CFG)}, {"/cfg": file(put)}), [meant])[0] == []
