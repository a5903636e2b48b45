"""A project as AWX checks it out, with pretended acts: played by plain ansible-playbook, which keeps its own record."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
FIXTURES = PROJECT / "tests" / "fixtures" / "command"
SECRETS = ("idc", "aws", "app", "repl", "tsig", "aws-credentials")
_LAST = "\n- name: Say what is proven\n  ansible.builtin.import_playbook: record/proven.yml\n"


def check_out(place: Path) -> Path:
    """Lay the project out: the package at its root, the callback beside the playbooks, the real last play."""
    shutil.copytree(FIXTURES / "playbooks", place / "playbooks")
    for name in ("callback_plugins", "record"):
        shutil.copytree(PROJECT / "playbooks" / name, place / "playbooks" / name)
    shutil.copytree(FIXTURES / "site", place / "inventories" / "pretend")
    shutil.copytree(PROJECT / "plugins" / "module_utils", place / "plugins" / "module_utils")
    shutil.copytree(FIXTURES / "plugins" / "action", place / "plugins" / "action")
    for name in ("open_findings", "record_handover", "record_verdict"):
        shutil.copy(PROJECT / "plugins" / "action" / f"{name}.py", place / "plugins" / "action")
    ignored = shutil.ignore_patterns("__pycache__", "_content")
    shutil.copytree(PROJECT / "rollback_runner", place / "rollback_runner", ignore=ignored)
    (place / "roles").mkdir()
    shutil.copy(PROJECT / "ansible.cfg", place)
    for name in ("emergency", "full", "prepare", "abort"):
        with (place / "playbooks" / f"{name}.yml").open("a", encoding="utf-8") as stream:
            stream.write(_LAST)
    return place


@dataclass
class Job:
    """One project with a home of its own, and the environment of its jobs."""

    place: Path
    home: Path
    environment: dict[str, str] = field(default_factory=lambda: {"RR_RECORD": "1"})

    def argv(self, playbook: str = "emergency", *arguments: str) -> list[str]:
        """As AWX calls it: from the project's root, by relative paths, as root."""
        tool = str(Path(sys.executable).parent / "ansible-playbook")
        return [tool, "-u", "root", "-i", "inventories/pretend", f"playbooks/{playbook}.yml", *arguments]

    @property
    def variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RR_", "PYTHON", "ANSIBLE"))}
        path = f"{Path(sys.executable).parent}:{kept['PATH']}"
        return kept | {"PATH": path, "RR_HOME": str(self.home), "LANG": "C.UTF-8"} | self.environment

    def __call__(self, playbook: str = "emergency", *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(playbook, *arguments),
            cwd=self.place,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def start(self, playbook: str = "emergency", *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.argv(playbook, *arguments),
            cwd=self.place,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def scenario(self, **orders: str) -> None:
        (self.home / "scenario.json").write_text(json.dumps(orders), encoding="utf-8")

    def world(self) -> dict[str, str]:
        path = self.home / "world.json"
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return found

    @property
    def latest(self) -> Path:
        return (self.home / "runs" / "latest").resolve()

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.latest / "report.json").read_text(encoding="utf-8"))
        return found

    def statuses(self) -> dict[str, str]:
        return {item["id"]: item["status"] for item in self.report()["items"]}

    def lock(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.home / "runs/locks/pretend.lock").read_text(encoding="utf-8"))
        return found

    def kinds(self) -> list[str]:
        lines = (self.latest / "journal.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["kind"] for line in lines]

    def wait_for(self, act: str, process: subprocess.Popen[str]) -> None:
        """Return once an act was announced; the play hangs in it by its scenario."""
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            found = self.latest / "journal.jsonl"
            if found.exists() and f'"kind":"intent","act":"{act}"' in found.read_text(encoding="utf-8"):
                return
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.05)
        raise AssertionError(f"{act} was never announced")


def left_over(mark: Path) -> list[int]:
    """Find processes of this machine that carry this home in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"RR_HOME={mark}".encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found
