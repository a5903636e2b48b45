"""AWX offers for job templates exactly the playbooks that a phase, a leg or a release consists of, and nothing else.

AWX takes every YAML file for a playbook that has a line with one of three keys, wherever the line stands: also a part
of a playbook, an inventory, a test's data. It does not know the key in quotes, and Ansible reads it the same. So this
is the one place that says why: in the playbooks that are to be offered these keys stand bare, in every other YAML file
they are quoted (`"hosts":`, `"ansible.builtin.import_playbook":`).
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from rollback_runner.plan import ways

PROJECT = Path(__file__).resolve().parents[2]
# AWX 24.6.1, awx/main/utils/ansible.py: a line that makes a file a playbook, and folders that are never looked into.
_A_PLAY = re.compile(r"^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?include|(ansible\.builtin\.)?import_playbook):\s*?.*?$")
_VAULT = "$ANSIBLE_VAULT"
_SKIPPED = frozenset({"roles", "tasks", "group_vars", "host_vars"})
# What is no leg of a way, and is started all the same: by a person, or by the workflow at the end of a failure path.
_BESIDE = {"abort.yml", "baseline.yml", "deployment_rollback.yml", "workflow_failed.yml"}


def offered(path: PurePosixPath, text: str) -> bool:
    """Say whether AWX lists this file as a playbook. `path` is relative to the project."""
    if path.suffix not in {".yml", ".yaml"} or any(_skipped(part) for part in path.parts[:-1]):
        return False
    lines = text.splitlines()
    return bool(lines) and (lines[0].startswith(_VAULT) or any(_A_PLAY.match(line) for line in lines))


def _skipped(folder: str) -> bool:
    return folder in _SKIPPED or folder.startswith(".")


def _tree() -> list[Path]:
    """Every file a checkout would have: what is kept, and what is new and not ignored."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(asked, cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    return [PROJECT / name for name in listed.split("\0") if name and (PROJECT / name).is_file()]


def test_awx_offers_what_a_person_may_start_and_nothing_else() -> None:
    legs = {leg.playbook for way in ways.WAYS.values() for leg in way.legs}
    wanted = {f"playbooks/{name}" for name in legs | _BESIDE}
    relative = [(path.relative_to(PROJECT).as_posix(), path) for path in _tree()]
    found = {
        name
        for name, path in relative
        if offered(PurePosixPath(name), path.read_text(encoding="utf-8", errors="ignore"))
    }
    assert sorted(found - wanted) == [], (
        'AWX would offer these as playbooks; write "hosts": and "ansible.builtin.import_playbook": with quotes there'
    )
    assert sorted(wanted - found) == [], "AWX would not offer these; their keys hosts and import_playbook must be bare"


@pytest.mark.parametrize(
    ("path", "text", "listed"),
    [
        ("a.yml", "- hosts: all", True),
        ("a.yaml", "- name: x\n  hosts: all", True),
        ("a.yml", "- ansible.builtin.import_playbook: b.yml", True),
        ("docs/a.yml", "some:\n  hosts: [a]", True),
        ("a.yml", '- "hosts": all', False),
        ("a.yml", '- name: x\n  "ansible.builtin.import_playbook": b.yml', False),
        ("a.yml", "- { name: x, hosts: all }", False),
        ("a.yml", "$ANSIBLE_VAULT;1.1;AES256\n61", True),
        ("roles/a/b.yml", "- hosts: all", False),
        ("x/group_vars/a.yml", "hosts: 1", False),
        (".ci/a.yml", "- hosts: all", False),
        ("a.txt", "- hosts: all", False),
    ],
)
def test_the_rule_is_the_one_that_was_seen(path: str, text: str, *, listed: bool) -> None:
    assert offered(PurePosixPath(path), text) is listed
