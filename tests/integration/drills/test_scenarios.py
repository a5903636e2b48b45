"""The drills of the full phase, judged by their report, the clients' ledger, and the world asked by plain SQL."""

from __future__ import annotations

import json
from typing import Any

import drill_run as run
import pytest

from lab import world

pytestmark = [pytest.mark.lab, pytest.mark.long]
LIMIT = 900.0  # seconds


def drill(scenario: str) -> dict[str, Any]:
    done = run.command("drill", scenario, "-i", run.SITE, "--json", limit=LIMIT)
    assert done.code == 0, done.output[-4000:]
    report: dict[str, Any] = json.loads((run.HOME / "runs" / "latest" / "report.json").read_text(encoding="utf-8"))
    return report


def zeros(report: dict[str, Any]) -> None:
    metrics = report["metrics"]
    assert metrics["acknowledged_writes"] > 0
    assert metrics["lost_writes"] == metrics["duplicated_writes"] == metrics["two_writers_samples"] == 0


def statuses(report: dict[str, Any]) -> set[str]:
    return {item["status"] for item in report["items"]}


def count(table: str) -> int:
    return int(world.ask(run.HOME, world.IDC, f"SELECT COUNT(*) AS n FROM shop.{table}")[0]["n"])


def test_a_destroyed_volume_comes_back_while_rds_serves() -> None:
    report = drill("data-lost")
    zeros(report)
    assert report["metrics"]["failed_requests"] == 0
    assert [phase["name"] for phase in report["phases"]] == ["prepare", "approve", "full:restore", "emergency", "full"]
    assert statuses(report) <= {"done", "already"}
    # All that stood there before the disk was lost: 300,000 rows, the view, the triggers, the accounts.
    assert count("customers") > 18_000
    assert count("order_summary") == count("orders")
    triggers = "SELECT COUNT(*) AS n FROM information_schema.triggers WHERE trigger_schema = 'shop'"
    assert world.ask(run.HOME, world.IDC, triggers)[0]["n"] == 3
    assert world.ask(run.HOME, world.IDC, "SELECT @@server_uuid AS u")[0]["u"].startswith("11111111-")


def test_a_spoilt_rds_is_stopped_and_what_it_took_is_set_aside() -> None:
    report = drill("rds-corrupt")
    zeros(report)
    legs = ["prepare", "approve", "emergency:stop", "full:restore", "emergency:open", "full"]
    assert [phase["name"] for phase in report["phases"]] == legs
    assert report["metrics"]["set_aside_writes"] > 0
    # The faulty job's doing is not on IDC: no price above what the shop asks, and the reviews are still there.
    assert world.ask(run.HOME, world.IDC, "SELECT MAX(price) AS p FROM shop.products")[0]["p"] < 1_000_000
    deleted = "SELECT COUNT(*) AS n FROM shop.reviews WHERE id % 11 = 0"
    assert world.ask(run.HOME, world.IDC, deleted)[0]["n"] > 1_000
    summary = (run.HOME / "quarantine" / "lab" / "shop-db" / "summary.md").read_text(encoding="utf-8")
    assert "shop.reviews" in summary
    assert "$A$" not in summary  # no hash of a password
