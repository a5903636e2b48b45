"""Fence RDS and promote IDC as the emergency phase does, for the tests beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from idc_side import app, run_action
from rds_side import fence_args

if TYPE_CHECKING:
    import mysql_pair

STATE = "SELECT @@super_read_only, @@read_only"


def fenced(pair: mysql_pair.Pair) -> dict[str, Any]:
    result = run_action("mysql_fence", fence_args(pair, drain_timeout=0.1))
    assert "failed" not in result, result["msg"]
    found: dict[str, Any] = result["evidence"]["final"]
    return found


def promote(pair: mysql_pair.Pair, final: dict[str, Any], *, check: bool = False, **more: Any) -> dict[str, Any]:
    given = fence_args(pair)
    args = {
        "idc": given["idc"],
        "aws": given["aws"],
        "app_login": app(pair),
        "final": final,
        "cutover_gtid": pair.cutover,
        "schemas": ["shop"],
        "exempt_users": given["exempt_users"],
        "required_proofs": given["required_proofs"],
        "marker": {"table": "markers", "column": "token"},
    }
    return run_action("mysql_promote", args | more, check=check)
