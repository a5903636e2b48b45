"""Every molecule scenario is a drill of that name, or a role's; and every drill is a molecule scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rollback_runner.drill import scenarios

ROOT = Path(__file__).parents[2]
MOLECULE = ROOT / "molecule"
SHARED = MOLECULE / "shared"
DIRECTORIES = sorted(path.parent.name for path in MOLECULE.glob("*/molecule.yml"))
OF_ROLES = [name for name in DIRECTORIES if "__" in name]
STAGES = ("create", "prepare", "converge", "verify", "destroy")


def config(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def playbooks() -> list[Path]:
    return sorted([*SHARED.glob("*.yml"), *(path for name in OF_ROLES for path in (MOLECULE / name).glob("*.yml"))])


def test_every_drill_is_a_scenario_and_every_scenario_a_drill() -> None:
    assert set(DIRECTORIES) - set(OF_ROLES) == set(scenarios.scenarios())


def test_a_scenario_of_a_role_begins_with_its_name() -> None:
    for name in OF_ROLES:
        assert (ROOT / "roles" / name.partition("__")[0].removeprefix("mysql_")).is_dir(), name


@pytest.mark.parametrize("name", DIRECTORIES)
def test_a_scenario_bears_its_directorys_name(name: str) -> None:
    assert config(MOLECULE / name / "molecule.yml")["scenario"]["name"] == name


def test_a_drill_has_nothing_of_its_own_but_its_name() -> None:
    for name in set(DIRECTORIES) - set(OF_ROLES):
        assert [path.name for path in (MOLECULE / name).iterdir()] == ["molecule.yml"], name


def test_nothing_is_fetched_and_every_stage_has_its_playbook() -> None:
    base = config(ROOT / ".config" / "molecule" / "config.yml")
    assert base["prerun"] is False
    assert base["dependency"]["enabled"] is False
    for stage in STAGES:
        assert (MOLECULE / "plain" / base["ansible"]["playbooks"][stage]).resolve().is_file()
    assert base["scenario"]["test_sequence"] == [
        *("destroy", "syntax", "create", "prepare", "converge", "idempotence", "verify", "destroy")
    ]


@pytest.mark.parametrize("path", playbooks(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_awx_lists_no_playbook_of_molecule(path: Path) -> None:
    # AWX lists a file with a line that begins with one of these keys; in quotes Ansible alone reads them.
    keys = ("hosts:", "ansible.builtin.import_playbook:", "import_playbook:")
    for line in path.read_text(encoding="utf-8").splitlines():
        assert not line.lstrip(" -").startswith(keys), line


def test_every_drill_is_named_in_the_documentation() -> None:
    page = (ROOT / "docs" / "molecule.md").read_text(encoding="utf-8")
    for name in DIRECTORIES:
        assert f"`{name}`" in page, name
