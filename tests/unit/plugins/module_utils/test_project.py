from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from failback import project
from failback.errors import FailbackError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    top = tmp_path / "checkout"
    for part in ("playbooks", "roles", "plugins"):
        shutil.copytree(project.root() / part, top / part)
    shutil.copy(project.root() / "ansible.cfg", top / "ansible.cfg")
    return top


def digest(top: Path) -> str:
    return project.digest(project.files(top))


def test_the_same_tree_elsewhere_at_another_time_has_the_same_digest(tree: Path, tmp_path: Path) -> None:
    here = digest(tree)
    wheel = tmp_path / "site-packages" / "rollback_runner" / "_content"
    shutil.copytree(tree, wheel, ignore=shutil.ignore_patterns("__pycache__"))
    for path in wheel.rglob("*.yml"):
        os.utime(path, (1, 1))
    (wheel / "roles" / "backup" / "README.md").chmod(0o600)
    assert digest(wheel) == here


def test_what_tools_leave_behind_does_not_count(tree: Path) -> None:
    here = digest(tree)
    (tree / "plugins" / "action" / "__pycache__").mkdir(exist_ok=True)
    (tree / "plugins" / "action" / "__pycache__" / "x.cpython-311.pyc").write_bytes(b"x")
    for name in (".mypy_cache", ".DS_Store", "verify.yml~", "verify.yml.orig", ".verify.yml.swp"):
        (tree / "roles" / "backup" / "tasks" / name).write_bytes(b"x")
    assert digest(tree) == here


@pytest.mark.parametrize("name", ["roles/backup/tasks/verify.yml", "playbooks/emergency.yml", "ansible.cfg"])
def test_one_byte_counts(tree: Path, name: str) -> None:
    here = digest(tree)
    with (tree / name).open("ab") as stream:
        stream.write(b" ")
    assert digest(tree) != here


def test_a_new_file_a_removed_one_and_a_new_name_count(tree: Path) -> None:
    found = {digest(tree)}
    extra = tree / "roles" / "backup" / "tasks" / "more.yml"
    extra.write_text("---\n", encoding="utf-8")
    found.add(digest(tree))
    extra.rename(extra.with_name("other.yml"))
    found.add(digest(tree))
    (tree / "roles" / "backup" / "tasks" / "verify.yml").unlink()
    found.add(digest(tree))
    assert len(found) == 4


def test_a_role_that_is_a_link_counts_with_what_lies_there(tree: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "tasks"
    elsewhere.mkdir(parents=True)
    (elsewhere / "verify.yml").write_text("---\n", encoding="utf-8")
    (tree / "roles" / "linked").symlink_to(elsewhere.parent)
    (tree / "roles" / "linked" / "round").symlink_to(tree / "roles" / "linked")
    before = digest(tree)
    assert "roles/linked/tasks/verify.yml" in project.files(tree)
    (elsewhere / "verify.yml").write_text("--- # other\n", encoding="utf-8")
    assert digest(tree) != before


def test_no_project_is_an_error_and_not_an_empty_digest(tmp_path: Path) -> None:
    with pytest.raises(FailbackError, match="no playbook, role or plugin"):
        project.files(tmp_path)
