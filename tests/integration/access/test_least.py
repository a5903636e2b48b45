"""The accounts of docs/permissions.md are enough for every act, and each privilege that one lacks is found before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import least_acts
import pytest
from failback.access import mysql_look, mysql_needs
from idc_side import fresh, run_action
from least_acts import closed_as_before, position, version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import mysql_pair
    from failback.access.model import MysqlPermission


@pytest.fixture(name="pair", scope="module")
def _pair(mysql_servers: mysql_pair.Pair) -> Iterator[mysql_pair.Pair]:
    mysql_servers.idc.restart()  # its error log is judged from its start: what other tests provoked lies before that
    mysql_servers.reset()
    yield mysql_servers
    least_acts.clear(mysql_servers)
    mysql_servers.reset()
    fresh(mysql_servers)


def look(pair: mysql_pair.Pair, holder: str, **more: Any) -> dict[str, Any]:
    """Look at one account as prepare does; both servers must be left as they are."""
    server = pair.idc if holder == "idc" else pair.rds
    user = least_acts.REPL if holder == "replication" else least_acts.TOOL
    args = {"look": "permissions", "holder": holder, "name": "IDC MySQL" if holder == "idc" else "RDS"}
    args |= {"server": server.login_dict(user), "schemas": ["shop"]}
    if holder == "idc":
        args["peer"] = pair.rds.login_dict(least_acts.TOOL)
    before = [position(one) for one in (pair.idc, pair.rds)]
    result = run_action("access_mysql", args | more)
    assert [position(one) for one in (pair.idc, pair.rds)] == before
    assert "failed" not in result, result
    return result


def test_every_act_of_a_failback_works_with_the_least_privileges(pair: mysql_pair.Pair, tmp_path: Path) -> None:
    least_acts.prepare(pair)
    for holder in ("idc", "rds", "replication"):
        blockers = [one for one in look(pair, holder).get("findings", ()) if one["severity"] == "blocker"]
        assert blockers == []
    done = least_acts.carry_out(pair, tmp_path)
    # Each privilege was put to use: something was locked, disabled, killed, raised, enabled and compared.
    fence = done["mysql_fence"]["evidence"]
    assert fence["killed_sessions"] == 1
    assert fence["plan"]["disable"] == ["shop.nightly"]
    assert done["mysql_promote"]["evidence"]["auto_increment_raised"] == ["shop.markers: 1 -> 4"]
    assert done["mysql_settle"]["evidence"]["events_enabled"] == ["shop.nightly"]


def test_the_abort_works_with_the_least_privileges(pair: mysql_pair.Pair) -> None:
    least_acts.prepare(pair)
    fence = {"aws": pair.rds.login_dict(least_acts.TOOL), "app_login": {"user": "shop_app"}}
    fence["app_login"]["password_file"] = str(pair.rds.secrets / "shop_app")  # type: ignore[index]
    exempt = [*least_acts.EXEMPT, least_acts.TOOL, least_acts.REPL, least_acts.ROOT]
    closed = run_action("mysql_fence", {**fence, "exempt_users": exempt, "drain_timeout": 0.1})
    assert "failed" not in closed, closed["msg"]
    opened = least_acts.go_back(pair)
    assert "failed" not in opened, opened["msg"]
    assert opened["changed"]


NEEDS = [
    *(("idc", need) for need in mysql_needs.IDC),
    *(("rds", need) for need in mysql_needs.RDS),
    *(("replication", need) for need in mysql_needs.REPLICATION),
]


@pytest.mark.parametrize(("holder", "need"), NEEDS, ids=[need.key for _, need in NEEDS])
def test_each_privilege_that_is_missing_is_named_with_its_grant(
    pair: mysql_pair.Pair, holder: str, need: MysqlPermission
) -> None:
    if need is mysql_needs.IDC[0]:
        least_acts.prepare(pair)
    server = pair.idc if holder == "idc" else pair.rds
    user = least_acts.REPL if holder == "replication" else least_acts.TOOL
    table = {"idc": mysql_needs.IDC, "rds": mysql_needs.RDS, "replication": mysql_needs.REPLICATION}[holder]
    account = f"`{user}`@`%`"
    rest = [one for one in table if one is not need]
    least_acts.give(server, user, mysql_look.least(account, rest, ["shop"], version(server), foreign=True))
    blockers = [one for one in look(pair, holder)["findings"] if one["severity"] == "blocker"]
    keys = {one["key"] for one in blockers}
    # Without SELECT events are not seen either: the look says so, and names SELECT first.
    assert need.key in keys or f"{need.key}:shop" in keys, blockers
    wrong = next(one for one in blockers if one["key"] in {need.key, f"{need.key}:shop"})
    assert wrong["next_step"].startswith(f"GRANT {need.names[0]} ON ")
    # Exactly what is named, and nothing else, makes it pass.
    closed_as_before(server, wrong["next_step"])
    assert [one for one in look(pair, holder).get("findings", ()) if one["severity"] == "blocker"] == []


def test_a_privilege_in_a_role_that_is_not_active_does_not_count(pair: mysql_pair.Pair) -> None:
    least_acts.prepare(pair)
    rest = [one for one in mysql_needs.RDS if one.names[0] != "XA_RECOVER_ADMIN"]
    least_acts.give(
        pair.rds,
        least_acts.TOOL,
        [
            *mysql_look.least(least_acts.ACCOUNT, rest, ["shop"], version(pair.rds), foreign=True),
            "DROP ROLE IF EXISTS helper",
            "CREATE ROLE helper",
            "GRANT XA_RECOVER_ADMIN ON *.* TO helper",
            f"GRANT helper TO {least_acts.ACCOUNT}",
        ],
    )
    blockers = look(pair, "rds")["findings"]
    assert [one["next_step"] for one in blockers] == [f"SET DEFAULT ROLE ALL TO '{least_acts.TOOL}'@'%'"]
    assert "in a role that is not active" in blockers[0]["sentence"]
    closed_as_before(pair.rds, blockers[0]["next_step"])
    assert look(pair, "rds").get("findings") is None
    closed_as_before(pair.rds, "DROP ROLE helper")


def test_an_event_that_will_come_over_from_rds_is_thought_of(pair: mysql_pair.Pair) -> None:
    """IDC has no event yet; the one of RDS, which is another account's, arrives by replication and must be enabled."""
    least_acts.prepare(pair)
    assert pair.idc.root("SELECT COUNT(*) FROM information_schema.events") == "0"
    rest = [one for one in mysql_needs.IDC if one.when != "foreign_definer"]
    version = pair.idc.root("SELECT @@version")
    least_acts.give(
        pair.idc, least_acts.TOOL, mysql_look.least(least_acts.ACCOUNT, rest, ["shop"], version, foreign=True)
    )
    keys = {one["key"] for one in look(pair, "idc")["findings"] if one["severity"] == "blocker"}
    assert keys == {"grant:idc:SET_ANY_DEFINER"}
    pair.rds.root("DROP EVENT shop.nightly")
    keys = {one["key"] for one in look(pair, "idc").get("findings", ()) if one["severity"] == "blocker"}
    assert keys == set()


def test_what_only_another_strategy_uses_is_a_warning(pair: mysql_pair.Pair) -> None:
    least_acts.prepare(pair)
    found = look(pair, "idc")["findings"]
    assert [one["severity"] for one in found] == ["warning"]
    assert "restore-first" in found[0]["sentence"]
    pair.idc.root(
        f"SET GLOBAL super_read_only=0; SET sql_log_bin=0; {found[0]['next_step']}; SET GLOBAL super_read_only=1"
    )
    assert look(pair, "idc").get("findings") is None


def test_the_application_that_may_not_write_or_not_log_in_is_told(pair: mysql_pair.Pair) -> None:
    least_acts.prepare(pair)
    marker = {"table": "markers", "column": "token"}

    def ask(side: str, way: str = "switch-first", **more: Any) -> list[dict[str, str]]:
        server = pair.idc if side == "idc" else pair.rds
        args = {
            "look": "permissions", "holder": "application", "name": side, "server": server.login_dict(),
            "account": {"user": "shop_app", "password_file": str(pair.idc.secrets / "shop_app")},
            "peer": server.login_dict(least_acts.TOOL), "schemas": ["shop"], "marker": marker, **more,
        }  # fmt: skip
        known = {"hostvars": {"shop-db": {"site_strategy": way}}}
        found: list[dict[str, str]] = run_action("access_mysql", args, host="shop-db", task_vars=known).get(
            "findings", []
        )
        return found

    assert ask("idc", writes=True) == []
    closed_as_before(pair.idc, "REVOKE INSERT ON shop.* FROM shop_app@'%'")
    found = ask("idc", writes=True)
    assert [one["next_step"] for one in found] == ["GRANT INSERT ON `shop`.`markers` TO 'shop_app'@'%'"]
    closed_as_before(pair.idc, found[0]["next_step"])
    assert ask("idc", writes=True) == []
    # As it was for the tests after this one, which take the right to write away again.
    closed_as_before(
        pair.idc, "REVOKE INSERT ON shop.markers FROM shop_app@'%'; GRANT INSERT ON shop.* TO shop_app@'%'"
    )
    assert ask("rds") == []
    closed_as_before(pair.rds, "ALTER USER shop_app@'%' ACCOUNT LOCK")
    locked = ask("rds")
    assert "ACCOUNT UNLOCK" in locked[0]["next_step"]
    # Behind our own fence it is meant to be refused.
    ours = '{"rollback_runner": {"locked": true}}'
    closed_as_before(pair.rds, f"ALTER USER shop_app@'%' ACCOUNT LOCK ATTRIBUTE '{ours}'")
    assert ask("rds") == []
    undone = '{"rollback_runner": null}'
    closed_as_before(pair.rds, f"ALTER USER shop_app@'%' ACCOUNT UNLOCK ATTRIBUTE '{undone}'")
    wrong = pair.idc.secrets / "wrong"
    wrong.write_text("not the password\n")
    refused = ask("rds", account={"user": "shop_app", "password_file": str(wrong)})
    assert refused[0]["severity"] == "blocker"
    assert "ALTER USER" in refused[0]["next_step"]
    assert "not the password" not in str(refused)
    # An IDC that is made anew has no such account until its data is there; no other way may wait for it.
    for way, severity in (("switch-first", "blocker"), ("restore-first", "warning"), ("stop-first", "warning")):
        empty = ask("idc", way, idc=True, writes=True, account={"user": "nobody_yet", "password_file": str(wrong)})
        assert [one["severity"] for one in empty] == [severity]
    refused = ask("rds", "restore-first", account={"user": "nobody_yet", "password_file": str(wrong)})
    assert [one["severity"] for one in refused] == ["blocker"]
