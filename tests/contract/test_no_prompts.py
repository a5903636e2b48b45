"""No play of ours asks anybody anything while it goes on: in AWX nobody sits there, and the job would hang."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from rollback_runner.job import legs

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[2]
FILES = sorted([*PROJECT.glob("playbooks/**/*.yml"), *PROJECT.glob("roles/*/tasks/**/*.yml")])
_PAUSES = ("pause", "ansible.builtin.pause")
_TIMED = ("seconds", "minutes")


def prompts(node: Any) -> Iterator[str]:
    """Every place where a person would have to type: `vars_prompt`, a pause without a time, a debugger."""
    if isinstance(node, list):
        for one in node:
            yield from prompts(one)
    elif isinstance(node, dict):
        if "vars_prompt" in node:
            yield "vars_prompt"
        if "debugger" in node:
            yield "debugger"
        for name in _PAUSES:
            if name in node and not (isinstance(node[name], dict) and any(key in node[name] for key in _TIMED)):
                yield name
        for value in node.values():
            yield from prompts(value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_nobody_is_asked(path: Path) -> None:
    assert list(prompts(yaml.safe_load(path.read_text(encoding="utf-8")))) == []


def test_what_asks_is_found() -> None:
    play = [{"hosts": "all", "vars_prompt": [{"name": "a"}], "tasks": [{"block": [{"ansible.builtin.pause": {}}]}]}]
    assert list(prompts(play)) == ["vars_prompt", "ansible.builtin.pause"]
    assert list(prompts([{"pause": {"seconds": 1}}])) == []


@pytest.mark.parametrize("path", sorted((PROJECT / "playbooks").glob("*.yml")), ids=lambda path: path.stem)
def test_every_phase_ends_with_the_play_that_answers_for_it(path: Path) -> None:
    """A job that proves nothing must not end green; playbooks beside the way prove no item."""
    if path.name in legs.ASIDE or path.name == "workflow_failed.yml":
        return
    plays = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert plays[-1]["ansible.builtin.import_playbook"] == "record/proven.yml"
