"""What the tests of the gate, the position and the probe share: asking the gate, and writes that trip it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from idc_side import run_action
from rds_side import EXEMPT, account_states, fence_args

if TYPE_CHECKING:
    import mysql_pair


def gate(pair: mysql_pair.Pair, **more: Any) -> dict[str, Any]:
    args = {
        "aws": pair.rds.login_dict(),
        "idc": pair.idc.login_dict(),
        "app_login": {"user": "shop_app", "password_file": str(pair.rds.secrets / "shop_app")},
        "replication": pair.rds.login_dict("repl"),
        "cutover_gtid": pair.cutover,
        "schemas": ["shop"],
        "exempt_users": EXEMPT,
        **more,
    }
    before = account_states(pair)
    result = run_action("mysql_gate", args)
    assert account_states(pair) == before, "a gate touches nothing"
    return result


def write_on_idc(pair: mysql_pair.Pair) -> None:
    pair.idc.root(
        "SET GLOBAL super_read_only=0; INSERT INTO shop.items (name) VALUES ('errant'); SET GLOBAL super_read_only=1"
    )


def write_on_rds(pair: mysql_pair.Pair, count: int = 1) -> None:
    pair.rds.root("INSERT INTO shop.items (name) VALUES ('more');" * count)


def fence(pair: mysql_pair.Pair) -> dict[str, Any]:
    result = run_action("mysql_fence", fence_args(pair))
    assert "failed" not in result, result["msg"]
    final: dict[str, Any] = result["evidence"]["final"]
    return final
