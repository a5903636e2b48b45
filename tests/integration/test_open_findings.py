"""A phase that looks at everything: findings do not end the play, its last task does; the verdict names the items."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rollback_runner.content import ROOT, environment
from rollback_runner.record import events, verdict

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.record.seen import TaskSeen

LOOK = """
from __future__ import annotations
import sys
sys.path.insert(0, {utils!r})
from failback.action import FailbackAction, Outcome
from failback.findings import Finding

class ActionModule(FailbackAction):
    ARGUMENTS = {{"severity": {{"type": "str", "default": ""}}, "waiting": {{"type": "str", "default": ""}}}}

    def perform(self, args):
        severity = args.text("severity")
        found = [Finding(severity, "a:key", "something is wrong", "mend it")] if severity else []
        return Outcome(changed=False, findings=found, waiting=args.text("waiting"))
"""


def play(tmp_path: Path, looks: dict[str, dict[str, str]], *, check: bool = False) -> tuple[int, list[TaskSeen]]:
    """Run one look a host, then the task that ends the phase; return Ansible's code and what was seen."""
    import ansible_runner  # noqa: PLC0415 - slow to load

    plugins = tmp_path / "action_plugins"
    plugins.mkdir()
    (plugins / "look.py").write_text(LOOK.format(utils=str(ROOT / "plugins" / "module_utils")), encoding="utf-8")
    tasks = [
        {"name": f"TECH-0{n} | Look at {host}", "look": args, "when": f"inventory_hostname == '{host}'"}
        for n, (host, args) in enumerate(looks.items(), 1)
    ]
    end = {"name": "Stop because something is open", "open_findings": {}, "run_once": True}
    book = [
        {"hosts": "all", "gather_facts": False, "tasks": tasks},
        {"hosts": "last", "gather_facts": False, "tasks": [end]},
    ]
    (tmp_path / "book.yml").write_text(json.dumps(book), encoding="utf-8")
    hosts = {host: {"ansible_connection": "local"} for host in (*looks, "last")}
    (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    (tmp_path / "run").mkdir()
    found: list[TaskSeen] = []
    done = ansible_runner.run(
        private_data_dir=str(tmp_path / "run"),
        playbook=str(tmp_path / "book.yml"),
        inventory=str(tmp_path / "hosts.yml"),
        envvars=environment(),
        cmdline="--check" if check else "",
        quiet=True,
        event_handler=lambda raw: bool(found.extend(events.parse_event(raw))) or True,
    )
    return done.rc, found


@pytest.mark.parametrize("check", [False, True])
def test_all_is_looked_at_and_every_blocker_is_named_at_the_end(tmp_path: Path, *, check: bool) -> None:
    looks = {"one": {"severity": "blocker"}, "two": {"severity": "warning"}, "three": {"severity": "blocker"}}
    code, seen = play(tmp_path, looks, check=check)
    assert code != 0
    status = {(event.host, event.ids): event.outcome for event in seen if event.kind == "result" and event.ids}
    assert status["one", ("TECH-01",)] == "failed"
    assert status["two", ("TECH-02",)] == "ok"
    assert status["three", ("TECH-03",)] == "failed"
    last = verdict.failures(seen)[-1]
    assert last.status == "refused"
    assert "one: something is wrong; three: something is wrong" in last.message
    assert next(event.message for event in seen if event.host == "one" and event.outcome == "failed") == (
        "something is wrong (mend it)"
    )


def test_of_many_blockers_the_last_line_names_the_first_three(tmp_path: Path) -> None:
    _code, seen = play(tmp_path, {f"host{n}": {"severity": "blocker"} for n in range(1, 6)})
    last = verdict.failures(seen)[-1]
    assert last.message == (
        "5 must be cleared first: host1: something is wrong; host2: something is wrong; host3: something is wrong;"
        " and 2 more, which stand above"
    )
    evidence = next(event.evidence for event in reversed(seen) if event.kind == "result")
    assert len(evidence["evidence"]["blockers"]) == 5


def test_a_missing_word_is_waiting_and_ends_red(tmp_path: Path) -> None:
    code, seen = play(tmp_path, {"one": {"waiting": "confirm SIT-01"}, "two": {"severity": "note"}})
    assert code != 0
    assert {failure.status for failure in verdict.failures(seen)} == {"waiting"}


def test_a_blocker_outweighs_a_missing_word(tmp_path: Path) -> None:
    _code, seen = play(tmp_path, {"one": {"waiting": "confirm SIT-01"}, "two": {"severity": "blocker"}})
    assert verdict.failures(seen)[-1].status == "refused"


def test_nothing_open_is_green(tmp_path: Path) -> None:
    looks: dict[str, dict[str, Any]] = {"one": {"severity": "warning"}, "two": {}}
    code, seen = play(tmp_path, looks)
    assert code == 0
    assert verdict.failures(seen) == ()
