"""A real restore under the command's own runner, and what the two views show of it while it goes on."""

from __future__ import annotations

import io
import re
import threading
from typing import TYPE_CHECKING

import yaml
from rich.console import Console
from run_tasks import local_host
from scratch_mysql import SOCKET

from rollback_runner import messages
from rollback_runner.plan.history import History
from rollback_runner.plan.leg import Plan
from rollback_runner.run import ansible_run
from rollback_runner.screen import live

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from scratch_mysql import TestServer

    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.screen.live import View

ROWS, A_STATEMENT = 240_000, 400
BUDGET = 1.0  # seconds: the restore takes longer, and that must be said at once
# The table itself is slow, so that no machine is too fast to be watched: 40 naps, 8 s in all.
SLOW = (
    "CREATE TRIGGER slow.slow BEFORE INSERT ON slow.t FOR EACH ROW "
    "SET NEW.text = IF(NEW.id % 6000 = 0 AND SLEEP(0.2), '', NEW.text)"
)


def dump() -> str:
    """A dump of one table."""
    row = "x" * 120
    values = (
        ",".join(f"({number},'{row}')" for number in range(first, first + A_STATEMENT))
        for first in range(1, ROWS + 1, A_STATEMENT)
    )
    head = (
        "-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)\n--\n-- Host: localhost    Database: slow\n"
        "-- Server version\t9.7.4\n/*!40103 SET TIME_ZONE='+00:00' */;\n"
        "CREATE DATABASE `slow`;\nUSE `slow`;\nCREATE TABLE `t` (\n  `id` int NOT NULL,\n  `text` varchar(200),\n"
        "  PRIMARY KEY (`id`),\n  KEY `text` (`text`)\n) ENGINE=InnoDB;\n"
    )
    inserts = "".join(f"INSERT INTO `t` VALUES {part};\n" for part in values)
    return head + inserts + "-- Dump completed on 2026-11-22 10:00:00\n"


def played(work: Path, target: TestServer, view: View) -> str:
    """Restore with the view watching; the status of the play."""
    run = work / "20261122T100000Z-lab-full"
    run.mkdir(parents=True)
    (work / "slow.sql").write_text(dump())
    hosts = {"db": local_host(db_idc=target.login_dict())}
    (work / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    arguments = {"idc": "{{ db_idc }}", "backup": str(work / "slow.sql"), "workers": 1, "fast": False}
    schema, *rest = [
        {"name": f"DATA-03 | Restore {stage}", "mysql_restore": {**arguments, "stage": stage, "budget": BUDGET}}
        for stage in ("schema", "data", "indexes")
    ]
    as_root = ["docker", "exec", target.container, "mysql", "--no-defaults", "-uroot", "-S", SOCKET, "-e", SLOW]
    tasks = [schema, {"name": "Make the table slow", "ansible.builtin.command": {"argv": as_root}}, *rest]
    (work / "play.yml").write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    order = ansible_run.Order(
        playbook=work / "play.yml",
        inventory=work / "hosts.yml",
        directory=run,
        variables={"RR_RUN_DIR": str(run)},
        secret_files=(),
        deadline=120.0,
    )
    plan = Plan("lab", "full", "restore-first", "why", 600.0, (), (), "Promote IDC", None, "0" * 64)
    view.begin(plan, History(None, {}), 120.0, check=False, directory=run)
    try:
        ended = ansible_run.run(order, view.event, threading.Event(), view.tick)
    finally:
        view.end()
    return ended.status


class Both:
    """Two views of one play."""

    def __init__(self, *views: View) -> None:
        self.views = views

    def begin(self, plan: Plan, past: History, deadline: float, *, check: bool, directory: Path | None = None) -> None:
        for view in self.views:
            view.begin(plan, past, deadline, check=check, directory=directory)

    def event(self, event: TaskSeen) -> None:
        for view in self.views:
            view.event(event)

    def tick(self) -> None:
        for view in self.views:
            view.tick()

    def say(self, text: str) -> None:
        for view in self.views:
            view.say(text)

    def end(self) -> None:
        for view in self.views:
            view.end()


def test_both_views_show_rate_share_and_forecast_and_a_breach_at_once(
    target: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_WORK_EVERY", 1.0)  # a plain line while rows are loaded, however fast the machine is
    # The live table takes what is written to standard error and prints it above itself.
    console = Console(width=200, force_terminal=True, record=True, file=io.StringIO())
    view = Both(live.Plain(messages.Texts("en")), live.Terminal(messages.Texts("ko"), console))
    assert played(tmp_path, target, view) == "successful"
    shown = console.export_text()
    assert re.search(r"restore \(db\): rows, \d+% done, [\d,]+ rows/s, 0:\d\d so far, forecast .* of 0:01", shown), (
        shown
    )
    breaches = [line for line in shown.splitlines() if "are allowed" in line]
    assert len(breaches) == 1, shown
    assert shown.index(breaches[0]) < shown.index("restore (db): indexes"), "at once, not at the end"
    assert "복원 (db): " in shown
    assert "한도 0:01를 넘습니다" in shown
