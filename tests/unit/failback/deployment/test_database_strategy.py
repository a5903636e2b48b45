"""The choice of the database's way back: the rule's order, a person's word, and what is never taken by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from failback.approval import canonical
from failback.deployment.database import strategy
from failback.deployment.database.model import BackupOption, Loss, Rehearsed, Reversal
from failback.deployment.migrations.gate import Edited, Gate, HalfApplied, Judged, Known, Migration, Row
from failback.errors import ConfigError

REASON = {"en": "older code does not know it", "ko": "이전 코드가 알지 못합니다"}
PASSED = Rehearsed("d", passed=True)


def migration(name: str, kind: Any) -> Migration:
    judged = Judged("ALTER TABLE t ...", 1, kind, "rule", REASON)
    return Migration(name, f"drizzle/{name}.sql", "c", "5" * 64, Row({"id": 1}, digest=name), (judged,), kind)


def gate(*ahead: Migration, verdict: Any = "breaking", **more: Any) -> Gate:
    return Gate("drizzle", "mysql", "shop", "shop.m", "t", "l", verdict, (), ahead=ahead, **more)


def reversal(name: str, **more: Any) -> Reversal:
    return Reversal(name, f"{name}.down.sql", "a" * 64, ("DROP ...",), "kim", "2026-01-01T00:00:00Z", **more)


def backup(name: str, taken_at: str = "2026-01-01T00:00:00+00:00", **more: Any) -> BackupOption:
    return BackupOption(name, f"/b/{name}", "d" * 64, taken_at, **more)


BAD = migration("0002", "breaking")
FINE = migration("0001", "compatible")
ODD = migration("0003", "unknown")


def test_nothing_is_ahead() -> None:
    """The code goes back and nobody touches the database."""
    choice = strategy.choose(gate(verdict="nothing"), (), ())
    assert (choice.strategy, choice.by, choice.changes_data, choice.rolls_back) == ("nothing", "rule", False, True)


def test_compatible_alone() -> None:
    """Everything that is ahead leaves the older code working."""
    assert strategy.choose(gate(FINE, verdict="compatible"), (), ()).strategy == "compatible"


def test_reversal_when_all_of_it_is_there() -> None:
    """Reviewed and rehearsed: the rule takes it, newest first, and leaves older compatible ones applied."""
    ahead = gate(FINE, BAD, ODD)
    found = [reversal("0003"), reversal("0002")]
    choice = strategy.choose(ahead, found, (backup("b"),), rehearsed=PASSED)
    assert choice.strategy == "reversal"
    assert choice.undo == ("0003", "0002")
    assert [one["migration"] for one in choice.stable()["reversals"]] == ["0003", "0002"]


@pytest.mark.parametrize(
    ("found", "rehearsed", "said"),
    [
        ([], PASSED, "no reversal for 0002"),
        ([reversal("0002", problem={"en": "edited", "ko": "수정됨"})], PASSED, "edited"),
        ([reversal("0002")], None, "not rehearsed"),
        ([reversal("0002")], Rehearsed("d", passed=None), "not rehearsed"),
        ([reversal("0002")], Rehearsed("d", passed=False, problems=({"en": "boom", "ko": "실패"},)), "failed: boom"),
        ([Reversal("0002")], PASSED, "could not be read"),
    ],
)
def test_reversal_that_is_not_open_means_forward(found: list[Reversal], rehearsed: Rehearsed | None, said: str) -> None:
    """The rule never takes a backup in its place, even when there is one."""
    choice = strategy.choose(gate(BAD), found, (backup("b"),), rehearsed=rehearsed)
    assert choice.strategy == "forward"
    assert said in choice.why["en"]
    assert not choice.rolls_back
    assert all(choice.next_step.values())


def test_restore_is_asked_for_by_name() -> None:
    """The newest sound backup that does not hold the change; what it loses goes into the digest, figures do not."""
    backups = (
        backup("old", "2026-01-01T00:00:00+00:00"),
        backup("right", "2026-02-01T00:00:00+00:00"),
        backup("holds", "2026-03-01T00:00:00+00:00", knows=("0002",)),
        backup("broken", "2026-04-01T00:00:00+00:00", problem=REASON),
    )
    lost = Loss("since", "shop", REASON, {"seconds": 77})
    choice = strategy.choose(gate(BAD), (), backups, "restore", losses={"restore": (lost,)})
    assert (choice.strategy, choice.by, choice.changes_data) == ("restore", "person", True)
    assert choice.backup is not None
    assert choice.backup.name == "right"
    assert "77" not in canonical.text(choice.stable())
    assert choice.stable()["loses"] == [{"kind": "since", "object": "shop"}]


def test_unknown_time_is_no_backup_of_that_moment() -> None:
    """A backup that does not say when it was taken is not one of that moment."""
    choice = strategy.choose(gate(BAD), (), (backup("b", ""),), "restore")
    assert choice.strategy == "refuse"
    assert "not known when" in choice.why["en"]


@pytest.mark.parametrize(
    "more",
    [
        {"unknown": (Row({"id": 9}, digest="f" * 64),)},
        {"edited": (Edited(Row({"id": 2}), Known("0001", "p", "s")),)},
        {"half_applied": (HalfApplied(Known("0004", "p", "s"), (1,), (2,)),)},
        {"verdict": "unknown"},
        {"verdict": "nothing"},  # contradicts what is ahead
    ],
)
@pytest.mark.parametrize("asked", ["", "nothing", "compatible", "reversal"])
def test_what_is_not_known_stops_everything_but_a_backup(more: dict[str, Any], asked: str) -> None:
    """A person decides; a reversal of files that are not what ran is never open."""
    seen = gate(BAD, **more)
    choice = strategy.choose(seen, [reversal("0002")], (backup("b"),), asked, rehearsed=PASSED)
    assert choice.strategy == "refuse"
    assert strategy.choose(seen, (), (backup("b"),), "restore").strategy == "restore"
    assert strategy.choose(seen, (), (), "forward").strategy == "forward"


@pytest.mark.parametrize("asked", ["compatible", "nothing"])
def test_nobody_can_call_breaking_compatible(asked: str) -> None:
    """Asking for the code alone does not make a breaking statement compatible."""
    choice = strategy.choose(gate(FINE, BAD), [reversal("0002")], (), asked, rehearsed=PASSED)
    assert choice.strategy == "refuse"
    assert "was asked for and is not open" in choice.why["en"]


def test_a_person_may_answer_for_what_nobody_could_class() -> None:
    """Unknown counts as breaking for the rule, and is a person's to answer for."""
    assert strategy.choose(gate(ODD), (), ()).strategy == "forward"
    choice = strategy.choose(gate(ODD), (), (), "compatible")
    assert (choice.strategy, choice.by) == ("compatible", "person")
    assert "a person says" in choice.why["en"]


def test_pending_migrations_stop_the_rule() -> None:
    """The target needs what the database has not: said, with what to do."""
    pending = gate(verdict="nothing", pending=(Known("0009", "p", "s"),))
    choice = strategy.choose(pending, (), ())
    assert choice.strategy == "refuse"
    assert "0009" in choice.why["en"]
    assert "apply the pending migrations" in choice.next_step["en"]
    assert strategy.choose(pending, (), (), "compatible").strategy == "compatible"


def test_every_way_is_told_in_both_languages() -> None:
    """Open or not, each says why and what it loses."""
    for seen in (gate(BAD), gate(FINE, verdict="compatible"), gate(verdict="nothing"), gate(BAD, verdict="unknown")):
        for option in strategy.choose(seen, (), ()).options:
            assert all((option.why["en"], option.why["ko"], option.said["en"], option.said["ko"])), option
            assert option.why["en"] != option.why["ko"]


def test_where_requests_cannot_be_held_it_is_said() -> None:
    """Without a hold, requests that come meanwhile may fail."""
    choice = strategy.choose(gate(BAD), [reversal("0002")], (), rehearsed=PASSED, held=False)
    said = next(one for one in choice.options if one.strategy == "reversal").said
    assert "cannot be held" in said["en"]


def test_unknown_wish() -> None:
    """A strategy that there is not is the caller's mistake."""
    with pytest.raises(ConfigError, match="there is no database strategy 'magic'"):
        strategy.choose(gate(), (), (), "magic")


def test_choice_is_json() -> None:
    """What goes on record has a canonical form."""
    choice = strategy.choose(gate(BAD), [reversal("0002")], (backup("b"),), rehearsed=PASSED)
    assert len(canonical.digest(choice.as_dict())) == 64


@pytest.mark.parametrize("asked", ["", "reversal", "restore", "compatible"])
def test_postgresql_says_at_once_that_nothing_is_changed_back_there(asked: str) -> None:
    """Whatever lies beside the migration: no advice that would fail later, and what a person can do instead."""
    there = replace(gate(BAD), dialect="postgresql")
    choice = strategy.choose(there, [reversal("0002")], (backup("b"),), asked, rehearsed=PASSED)
    assert not choice.rolls_back
    assert choice.strategy == ("refuse" if asked else "forward")
    ways = {one.strategy: one for one in choice.options}
    for name in ("reversal", "restore"):
        assert not ways[name].open
        assert "only MySQL is changed back by this tool" in ways[name].why["en"]
    assert "--database restore" not in choice.next_step["en"]
    assert "take the migration back with its own tool or by hand, then plan again" in choice.next_step["en"]
    assert "MySQL뿐입니다" in ways["reversal"].why["ko"]


def test_postgresql_lets_the_code_go_back_alone_where_it_fits() -> None:
    fits = replace(gate(FINE, verdict="compatible"), dialect="postgresql")
    assert strategy.choose(fits, (), ()).strategy == "compatible"


def test_alembic_says_at_once_that_no_reversal_is_carried_out() -> None:
    """A file beside a revision would be of no use, so nobody is told to write one; a backup may be open on MySQL."""
    revised = replace(gate(BAD), tool="alembic")
    choice = strategy.choose(revised, [reversal("0002")], (), rehearsed=PASSED)
    assert choice.strategy == "forward"
    assert "Alembic" in next(one for one in choice.options if one.strategy == "reversal").why["en"]
    assert "reviewed reversal" not in choice.next_step["en"]
    assert strategy.choose(revised, (), (backup("b"),), "restore").strategy == "restore"


def test_a_way_that_was_asked_for_and_is_closed_names_the_other_ways() -> None:
    choice = strategy.choose(gate(BAD), (), (), "reversal")
    assert choice.strategy == "refuse"
    assert choice.next_step["en"].startswith("leave --database out")
