"""Run tasks of ours against a site made up by a test, as the command does: ansible-runner, events in, results out."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ansible_runner
import warm_ansible
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
_ENDS = ("runner_on_ok", "runner_on_failed", "runner_on_unreachable", "runner_on_skipped")


@dataclass
class Played:
    """What a play came to: one result per task and host, in order."""

    rc: int
    stdout: str = ""
    results: list[dict[str, Any]] = field(default_factory=list)

    def of(self, task: str = "", host: str = "") -> dict[str, Any]:
        """The only result whose task contains the words, on that host."""
        found = [r for r in self.results if task in r["task"] and host in r["host"]]
        assert len(found) == 1, [(r["task"], r["host"], r["event"]) for r in self.results]
        return found[0]

    @property
    def messages(self) -> str:
        """Every message of a failed or unreachable task."""
        return "\n".join(str(r.get("msg", "")) for r in self.results if r["event"] != "runner_on_ok")


def play(  # noqa: PLR0913 - a play has many sides; all but three have a default
    work: Path,
    tasks: Sequence[Mapping[str, Any]],
    hosts: Mapping[str, Mapping[str, Any]],
    *,
    check: bool = False,
    group: str = "nodes",
    groups: Mapping[str, Sequence[str]] | None = None,
) -> Played:
    """Run the tasks on all hosts of one group; ``groups`` puts some of them into others as well."""
    work.mkdir(parents=True, exist_ok=True)
    children: dict[str, Any] = {group: {"hosts": {name: dict(values) for name, values in hosts.items()}}}
    children |= {name: {"hosts": {member: {} for member in members}} for name, members in (groups or {}).items()}
    inventory = {"all": {"children": children}}
    (work / "hosts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    body = [{"hosts": group, "gather_facts": False, "any_errors_fatal": True, "tasks": [dict(t) for t in tasks]}]
    (work / "play.yml").write_text(yaml.safe_dump(body, sort_keys=False), encoding="utf-8")
    shutil.rmtree(work / "runner", ignore_errors=True)
    (work / "runner").mkdir()
    done = ansible_runner.run(
        private_data_dir=str(work / "runner"),
        playbook=str(work / "play.yml"),
        inventory=str(work / "hosts.yml"),
        cmdline="--check --diff" if check else "--diff",
        envvars={
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "PATH": f"{warm_ansible.directory()}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RR_RUN_DIR": record(work),
        },
        quiet=True,
    )
    played = Played(rc=int(done.rc), stdout=done.stdout.read())
    for event in done.events:
        if event["event"] in _ENDS:
            data = event["event_data"]
            played.results.append(
                {"event": event["event"], "task": data["task"], "host": data["host"], **data.get("res", {})}
            )
    if not played.results:
        raise AssertionError(played.stdout)
    return played


def record(work: Path) -> str:
    """Name the directory of the run that keeps the record, without which nothing acts: the test's own, or one here."""
    if kept := os.environ.get("RR_RUN_DIR"):
        return kept
    here = work / "manual"
    here.mkdir(parents=True, exist_ok=True)
    return str(here)


def local_host(**variables: Any) -> dict[str, Any]:
    """Variables of a host that is this machine."""
    return {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, **variables}
