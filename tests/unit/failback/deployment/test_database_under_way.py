"""A person's word while a reversal or a restore stands half done: no other way takes the schema as it stands."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from failback.deployment.database import decide
from failback.deployment.migrations.gate import Gate

if TYPE_CHECKING:
    from failback.deployment.database.decide import Decision

GOING = SimpleNamespace(finished=False, done=1, begun="2026-11-22 10:00:00", script=SimpleNamespace(steps=(1, 2, 3)))


def decided(monkeypatch: pytest.MonkeyPatch, asked: str, *, restoring: str = "", going: Any = None) -> Decision:
    monkeypatch.setattr(decide.Login, "from_dict", lambda *_given: None)
    monkeypatch.setattr(decide.Server, "connect", lambda *_given, **_named: nullcontext())
    monkeypatch.setattr(decide.restoring, "under_way", lambda *_given: restoring)
    monkeypatch.setattr(decide.note, "read", lambda *_given: going)
    gate = Gate("drizzle", "mysql", "shop", "m", "t", "l", "nothing", ())
    settings: Any = SimpleNamespace(login={})
    return decide.decide(decide.Order("lab", "shop-web", gate, settings, Path("kept"), asked=asked))


@pytest.mark.parametrize("asked", ["nothing", "compatible", "reversal"])
def test_nothing_passes_a_restore_that_was_cut_off(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    """The table of migrations may be back already, and rows of the others not."""
    found = decided(monkeypatch, asked, restoring="/backups/monday")
    assert found.choice.strategy == "refuse"
    assert not found.choice.rolls_back
    assert "/backups/monday" in found.choice.why["en"]
    assert found.as_dict()["under_way"] == {"restoring": "/backups/monday"}


@pytest.mark.parametrize("asked", ["nothing", "compatible"])
def test_code_alone_does_not_pass_a_reversal_that_was_cut_off(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    found = decided(monkeypatch, asked, going=GOING)
    assert found.choice.strategy == "refuse"
    assert found.as_dict()["under_way"] == {"done": 1, "of": 3, "begun": "2026-11-22 10:00:00"}


def test_without_either_a_persons_word_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decided(monkeypatch, "nothing").choice.strategy == "nothing"
