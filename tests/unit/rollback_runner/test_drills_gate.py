from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import planned
import pytest
from failback.approval import canonical
from failback.drills.debt import Debt

from rollback_runner.errors import RefusedError
from rollback_runner.plan import drills
from rollback_runner.plan.document import Frozen

if TYPE_CHECKING:
    from pathlib import Path

SITE = planned.site(site_drills={"valid_days": 30, "at": ["lab"]})
CONTENT = planned.content()
PLAN = Frozen(
    site="shop",
    incident="i1",
    strategy="switch-first",
    digest=canonical.digest(CONTENT),
    content=CONTENT,
    facts=planned.facts(),
    made_by="kim",
    made_at="2026-01-01T00:00:00Z",
    makers=("kim",),
)


def test_a_critical_site_is_refused_what_was_never_drilled(tmp_path: Path) -> None:
    with pytest.raises(
        RefusedError, match="shop is critical, and the strategy switch-first was never drilled"
    ) as error:
        drills.refuse(SITE, tmp_path, PLAN)
    assert error.value.next_step.startswith("rollback-runner drill plain")
    assert "--break-glass" in error.value.next_step


def test_a_drill_broken_glass_and_a_site_that_is_not_critical_pass(tmp_path: Path) -> None:
    drills.refuse(SITE, tmp_path, PLAN, drill=True)
    drills.refuse(SITE, tmp_path, PLAN, break_glass="the building burns")
    drills.refuse(replace(SITE, critical=False), tmp_path, PLAN)


def test_a_passed_drill_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drills.debt, "judge", lambda *_: Debt("switch-first", "held"))
    drills.refuse(SITE, tmp_path, PLAN)


def test_the_rules_of_the_site_have_defaults() -> None:
    assert drills.rules(SITE) == drills.Rules(30.0, ("lab",))
    assert drills.rules(planned.site()) == drills.Rules(90.0, ())
    assert drills.sites(SITE) == ("shop", "lab")
