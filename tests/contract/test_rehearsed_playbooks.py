"""What the role rehearsal checks the syntax of is what the command plays, way by way."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rollback_runner.plan import ways

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("strategy", list(ways.WAYS))
def test_every_playbook_of_a_way_is_checked(strategy: str) -> None:
    defaults = yaml.safe_load((PROJECT / "roles/rehearsal/defaults/main.yml").read_text(encoding="utf-8"))
    wanted = [leg.playbook for leg in ways.way(strategy).legs]
    assert defaults["rehearsal_playbooks"][strategy] == [*dict.fromkeys(wanted), ways.ABORT.playbook]
    assert [name for name in wanted if not (PROJECT / "playbooks" / name).exists()] == []
