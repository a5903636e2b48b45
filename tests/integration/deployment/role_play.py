"""Play a playbook of the project against one application made up by a test, as the command does."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ansible_runner
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import warm_ansible
from run_tasks import ROOT, Played, local_host, record

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENDS = ("runner_on_ok", "runner_on_failed", "runner_on_unreachable", "runner_on_skipped")


def play(  # noqa: PLR0913 - a play has many sides; all but three have a default
    work: Path,
    playbook: str,
    variables: Mapping[str, Any],
    *,
    name: str = "shop-web",
    check: bool = False,
    environment: Mapping[str, str] | None = None,
    groups: Mapping[str, Mapping[str, Any]] | None = None,
    **extra: str,
) -> Played:
    """Play it. ``extra`` are the extra variables, ``groups`` more groups of the inventory."""
    work.mkdir(parents=True, exist_ok=True)
    children: dict[str, Any] = {"deployments": {"hosts": {name: local_host(**variables)}}} | dict(groups or {})
    inventory = {"all": {"vars": {"site_name": "made-up"}, "children": children}}
    (work / "hosts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    return run(work, ROOT / "playbooks" / playbook, "--check --diff" if check else "--diff", extra, environment)


def run(
    work: Path,
    playbook: Path,
    options: str = "--diff",
    extra: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Played:
    """Play a file against the inventory ``hosts.yml`` of ``work``."""
    shutil.rmtree(work / "runner", ignore_errors=True)
    (work / "runner").mkdir()
    done = ansible_runner.run(
        private_data_dir=str(work / "runner"),
        playbook=str(playbook),
        inventory=str(work / "hosts.yml"),
        cmdline=options,
        extravars=dict(extra or {}),
        envvars={
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "PATH": f"{warm_ansible.directory()}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RR_RUN_DIR": record(work),
            **(environment or {}),
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


def evidence(played: Played, item: str) -> dict[str, Any]:
    """The evidence of the last task of an item that was not skipped."""
    found = [one for one in played.results if item in one["task"] and "evidence" in one]
    assert found, [(one["task"], one["event"]) for one in played.results]
    last: dict[str, Any] = found[-1]["evidence"]
    return last


def blockers(played: Played) -> list[str]:
    """Every blocker that a task named."""
    return [
        one["sentence"]
        for result in played.results
        for one in result.get("findings", ())
        if one["severity"] == "blocker"
    ]


def task(work: Path, body: Mapping[str, Any]) -> Played:
    """Run one task on the application of the inventory that a play before it has left in ``work``."""
    play_of_one = [{"hosts": "deployments", "gather_facts": False, "tasks": [{"name": "DEPLOY-05 | Look", **body}]}]
    (work / "one.yml").write_text(yaml.safe_dump(play_of_one), encoding="utf-8")
    return run(work, work / "one.yml")
