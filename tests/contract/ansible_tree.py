"""Reads the tasks of all roles and playbooks, each with where it stands, for the contract tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[2]
_KEYWORDS = frozenset(
    {
        *("name", "when", "register", "vars", "loop", "loop_control", "until", "retries", "delay", "changed_when"),
        *("failed_when", "check_mode", "no_log", "tags", "become", "delegate_to", "delegate_facts", "run_once"),
        *("environment", "args", "notify", "timeout", "throttle", "diff", "any_errors_fatal", "async", "poll"),
        *("ignore_errors", "ignore_unreachable", "block", "rescue", "always", "module_defaults", "connection"),
    }
)


@dataclass(frozen=True)
class Task:
    """One task or block. `where` names the file for people; `inside` is `rescue` for tasks of a rescue section."""

    where: str
    role: str
    body: dict[str, Any]
    inside: str

    @property
    def name(self) -> str:
        return str(self.body.get("name", ""))

    @property
    def is_block(self) -> bool:
        return "block" in self.body

    @property
    def module(self) -> str:
        return next((key for key in self.body if key not in _KEYWORDS), "")

    @property
    def arguments(self) -> dict[str, Any]:
        found = self.body.get(self.module)
        return found if isinstance(found, dict) else {}


def role_tasks() -> list[Task]:
    """Every task of every role, blocks included."""
    found = []
    for path in sorted((PROJECT / "roles").glob("*/tasks/**/*.yml")):
        role = path.relative_to(PROJECT / "roles").parts[0]
        found += list(_walk(_load(path), str(path.relative_to(PROJECT)), role, ""))
    return found


def playbook_tasks() -> list[Task]:
    """Every task of every playbook, blocks included."""
    found = []
    for path in sorted((PROJECT / "playbooks").glob("**/*.yml")):
        for play in _load(path):
            for key in ("pre_tasks", "tasks", "post_tasks"):
                found += list(_walk(play.get(key) or [], str(path.relative_to(PROJECT)), "", ""))
    return found


def contracts() -> dict[str, dict[str, Any]]:
    """Return the contract of each role."""
    return {path.parts[-3]: _load(path) for path in sorted((PROJECT / "roles").glob("*/meta/contract.yml"))}


def _walk(tasks: list[dict[str, Any]], where: str, role: str, inside: str) -> Iterator[Task]:
    for body in tasks:
        yield Task(where, role, body, inside)
        for key in ("block", "rescue", "always"):
            yield from _walk(body.get(key) or [], where, role, "rescue" if key == "rescue" else inside)


def _load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
