"""Accounts are those of IDC's record: every difference is found, named and put back, and no hash is ever shown."""

from __future__ import annotations

import json
import shutil
import stat
from typing import TYPE_CHECKING, Any

import pytest
import scratch_mysql
from driver import run_action
from failback import accounts, accounts_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETUP = """
SET sql_log_bin = 0;
SET GLOBAL partial_revokes = ON;
CREATE DATABASE shop;
CREATE TABLE shop.items (id int PRIMARY KEY, note varchar(20), price int);
CREATE PROCEDURE shop.count_items() SELECT COUNT(*) FROM shop.items;
CREATE ROLE reader, 'writer'@'localhost';
GRANT SELECT ON shop.* TO reader;
GRANT ALL ON shop.* TO 'writer'@'localhost' WITH GRANT OPTION;
CREATE USER shop_app@'%' IDENTIFIED BY 'shop-password-1' DEFAULT ROLE reader REQUIRE SSL
 WITH MAX_USER_CONNECTIONS 50 PASSWORD EXPIRE NEVER FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 2
 COMMENT 'the shop''s "own"';
GRANT 'writer'@'localhost' TO shop_app@'%' WITH ADMIN OPTION;
GRANT SELECT (id, note), UPDATE (note) ON shop.items TO shop_app@'%';
GRANT EXECUTE ON PROCEDURE shop.count_items TO shop_app@'%';
GRANT SELECT, PROCESS ON *.* TO shop_app@'%';
REVOKE SELECT ON mysql.* FROM shop_app@'%';
GRANT BACKUP_ADMIN, CLONE_ADMIN ON *.* TO shop_app@'%' WITH GRANT OPTION;
GRANT PROXY ON report@'10.0.%' TO shop_app@'%';
CREATE USER 'odd''n`ame'@'10.0.%' IDENTIFIED BY 'odd-password-1' ACCOUNT LOCK;
CREATE USER report@'10.0.%' IDENTIFIED BY 'report-password-1';
GRANT SELECT ON shop.* TO report@'10.0.%';
"""


@pytest.fixture(scope="module")
def server() -> Iterator[scratch_mysql.TestServer]:
    """Give a server with accounts of every kind."""
    made = scratch_mysql.start("accounts")
    made.root("SET sql_log_bin = 0; GRANT PROXY ON ''@'' TO rr_admin@'%' WITH GRANT OPTION;")
    made.root(SETUP)
    yield made
    scratch_mysql.stop(made)


@pytest.fixture(scope="module")
def record(server: scratch_mysql.TestServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep IDC's accounts as they were before anything happened to them."""
    path = tmp_path_factory.mktemp("accounts") / "deep" / "record.json"
    assert not _run(server, path, state="compared").get("changed")
    foreseen = _run(server, path, check=True, state="recorded")
    assert (foreseen["changed"], path.exists()) == (True, False)
    made = _run(server, path, state="recorded")
    assert made["changed"], made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not _run(server, path, state="recorded")["changed"]
    clean(made)
    return path


def _run(server: scratch_mysql.TestServer, path: Path, *, check: bool = False, **more: Any) -> dict[str, Any]:
    args = {"idc": server.login_dict(), "record": str(path), "state": "restored", **more}
    return run_action("mysql_accounts", args, check=check)


def clean(result: dict[str, Any]) -> None:
    """No hash, no password."""
    text = json.dumps(result)
    assert "$A$005" not in text
    assert "password-1" not in text
    assert "0x24" not in text.lower()


def test_nothing_to_do_where_all_is_as_recorded(server: scratch_mysql.TestServer, record: Path) -> None:
    result = _run(server, record)
    assert (result["changed"], result["evidence"]["differences"]) == (False, []), result


DAMAGE = {
    "REVOKE UPDATE (note) ON shop.items FROM shop_app@'%'": "shop_app@% lacks UPDATE (column note) on `shop`.`items`",
    "GRANT DELETE ON shop.* TO report@'10.0.%'": "report@10.0.% has DELETE on `shop`.*, which is not recorded",
    "DROP USER 'odd''n`ame'@'10.0.%'": "the account odd'n`ame@10.0.% is missing",
    "CREATE USER stranger@'%' IDENTIFIED BY 'stranger-password-1'": "the account stranger@% is not in IDC's record",
    "ALTER USER report@'10.0.%' IDENTIFIED BY 'other-password-1'": "the password of report@10.0.% differs",
    "ALTER USER shop_app@'%' REQUIRE NONE": "shop_app@%: TLS is not set, recorded is SSL",
    "ALTER USER shop_app@'%' ACCOUNT LOCK": "shop_app@%: locked is yes, recorded is not set",
    "ALTER USER shop_app@'%' PASSWORD EXPIRE DEFAULT": "shop_app@%: password expiry is not set, recorded is NEVER",
    "ALTER USER shop_app@'%' DEFAULT ROLE NONE": "shop_app@%: default roles are none, recorded are reader@%",
    "REVOKE reader FROM shop_app@'%'": "shop_app@% lacks role reader@%",
    "REVOKE CLONE_ADMIN ON *.* FROM shop_app@'%'": "shop_app@% lacks CLONE_ADMIN on *.* with grant option",
    "REVOKE EXECUTE ON PROCEDURE shop.count_items FROM shop_app@'%'": (
        "shop_app@% lacks EXECUTE on PROCEDURE `shop`.`count_items`"
    ),
    "GRANT SELECT ON mysql.* TO shop_app@'%'": "shop_app@% lacks SELECT taken away on `mysql`.*",
    "REVOKE PROXY ON report@'10.0.%' FROM shop_app@'%'": "shop_app@% lacks proxy for report@10.0.%",
    "REVOKE GRANT OPTION ON shop.* FROM 'writer'@'localhost'": "writer@localhost lacks GRANT OPTION on `shop`.*",
}


def test_each_difference_is_named_and_put_back(server: scratch_mysql.TestServer, record: Path) -> None:
    for statement in DAMAGE:
        server.root(f"SET sql_log_bin = 0; {statement};")
    server.root("SET GLOBAL super_read_only = ON;")
    position = server.root("SELECT @@GLOBAL.gtid_executed")
    foreseen = _run(server, record, check=True)
    assert foreseen["changed"], foreseen
    missed = {text for text in DAMAGE.values() if text not in foreseen["evidence"]["differences"]}
    assert not missed, foreseen["evidence"]["differences"]
    clean(foreseen)
    compared = _run(server, record, state="compared")
    assert compared["failed"]
    result = _run(server, record)
    assert result.get("changed"), result
    assert result["evidence"]["extra_accounts"] == ["stranger@%"]
    clean(result)
    again = _run(server, record)
    assert (again["changed"], again["evidence"]["differences"]) == (
        False,
        ["the account stranger@% is not in IDC's record"],
    )
    assert server.root("SELECT @@GLOBAL.super_read_only, @@GLOBAL.gtid_executed") == f"1\t{position}".strip()
    # A person decides about strangers: locked, then gone.
    assert _run(server, record, extra="lock")["changed"]
    assert not _run(server, record, extra="lock")["changed"]
    assert server.root("SELECT account_locked FROM mysql.user WHERE user = 'stranger'") == "Y"
    assert _run(server, record, extra="drop")["changed"]
    assert not _run(server, record, extra="drop")["changed"]
    server.root("SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF;")


def test_all_of_them_on_a_server_made_anew(server: scratch_mysql.TestServer, record: Path, tmp_path: Path) -> None:
    """Every account is gone, and so is a table: all is made again but what needs the table, and that is named."""
    labels = [
        a for a in json.loads(json.dumps(list(_labels(server)))) if a.partition("@")[0] not in {"root", "rr_admin"}
    ]
    for label in labels:
        user, _, host = label.rpartition("@")
        server.root("SET sql_log_bin = 0; DROP USER '{}'@'{}';".format(user.replace("'", "''"), host))
    server.root("SET sql_log_bin = 0; RENAME TABLE shop.items TO shop.items_away;")
    failed = _run(server, record)
    assert failed["failed"], failed
    assert "(there is no such table)" in failed["msg"]
    assert {text.split(" lacks ")[1].split(" (")[0] for text in failed["evidence"]["left"]} == {"SELECT", "UPDATE"}
    server.root("SET sql_log_bin = 0; RENAME TABLE shop.items_away TO shop.items;")
    assert _run(server, record)["changed"]
    assert not _run(server, record)["changed"]
    # The same from a dump's script, as `mysqldump --users` and the backups have it.
    script = tmp_path / "accounts.sql"
    with server.connect() as connection:
        statements = accounts_record.read_statements(connection)
    script.write_text("USE mysql;\n" + "".join(f"{line};\n" for line in statements), encoding="utf-8")
    script.chmod(0o600)
    assert not _run(server, script)["changed"]
    login = server.login_dict() | {"user": "shop_app", "password_file": str(tmp_path / "p")}
    (tmp_path / "p").write_text("shop-password-1\n", encoding="utf-8")
    assert run_action("mysql_accounts", {"idc": login, "record": str(script), "state": "compared"})["failed"]


def _labels(server: scratch_mysql.TestServer) -> list[str]:
    with server.connect() as connection:
        return [
            label for label in accounts_record.read_labels(connection) if label.partition("@")[0] not in accounts.OWN
        ]


def test_bad_records_are_one_clear_error(server: scratch_mysql.TestServer, record: Path, tmp_path: Path) -> None:
    assert "cannot read the account record" in _run(server, tmp_path / "none")["msg"]
    open_to_all = tmp_path / "open.json"
    shutil.copy(record, open_to_all)
    open_to_all.chmod(0o644)
    assert "chmod 600" in _run(server, open_to_all)["msg"]
    for text, words in (
        ("{", "is no account record"),
        ("CREATE USER a@b IDENTIFIED WITH x AS 'se'cret'", "cannot be read"),
        ("CREATE USER a@b IDENTIFIED BY 'secret'", "holds a password"),
        ("SELECT 1", "names no account"),
    ):
        broken = tmp_path / "broken"
        broken.write_text(text, encoding="utf-8")
        broken.chmod(0o600)
        result = _run(server, broken)
        assert words in result["msg"], result
        assert "secret" not in result["msg"]
    of_rds = {"aws": {"host": "x", "user": "x", "password_file": "x", "server_uuid": _uuid(record)}}
    assert "taken from RDS" in _run(server, record, **of_rds)["msg"]


def _uuid(record: Path) -> str:
    return str(json.loads(record.read_text(encoding="utf-8"))["server_uuid"])
