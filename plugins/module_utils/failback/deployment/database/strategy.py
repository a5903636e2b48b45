"""Choose how the database goes back with the code, if it must. Pure.

The rule takes the cheapest way that is open: nothing, then code alone, then a reviewed and rehearsed reversal. It never
takes a backup by itself: that replaces everything written since, so a person asks for it by name. Where no way is open,
nothing is rolled back: the release is corrected forward, or (edited, unknown or half-applied migrations) a person
decides. Asking for a way that is not open is refused; the way beside it is never taken instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.deployment.database import words
from failback.deployment.database.model import (
    ASKABLE,
    BackupOption,
    Choice,
    Loss,
    Option,
    Rehearsed,
    Reversal,
    Strategy,
)
from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.deployment.database.model import Text
    from failback.deployment.migrations.gate import Gate

__all__ = ["BackupOption", "Choice", "Loss", "Option", "Rehearsed", "Reversal", "choose", "must_decide", "to_undo"]


def choose(  # noqa: PLR0913 - everything the decision rests on, each by name
    gate: Gate,
    reversals: Sequence[Reversal],
    backups: Sequence[BackupOption],
    asked: str = "",
    *,
    rehearsed: Rehearsed | None = None,
    losses: Mapping[str, Sequence[Loss]] | None = None,
    held: bool = True,
) -> Choice:
    """Choose. ``asked``: the way a person wants, "" lets the rule choose. ``losses`` by strategy.

    ``held``: requests can be held while the database changes; where they cannot, what that means is said.
    Raises ConfigError for a way that there is not.
    """
    if asked and asked not in ASKABLE:
        raise ConfigError(f"there is no database strategy {asked!r}: there are {', '.join(ASKABLE)}")
    undo = to_undo(gate)
    lost = dict(losses or {})
    backup = _backup(backups, gate)
    found = {one.migration: one for one in reversals}
    options = (
        _code_only(gate, asked),
        _reversal(gate, found, rehearsed, tuple(lost.get("reversal", ())), held=held),
        _restore(gate, backup, backups, tuple(lost.get("restore", ())), held=held, asked=asked),
        Option("forward", open=True, why=words.FORWARD_OPEN, said=words.FORWARD_LOSES),
    )
    strategy, why = _by_person(asked, options) if asked else _by_rule(gate, options)
    return Choice(
        strategy=strategy,
        by="person" if asked else "rule",
        why=why,
        options=options,
        undo=undo if strategy == "reversal" else (),
        backup=backup,
        reversals=tuple(found[name] for name in undo if name in found),
        next_step=words.next_step(strategy, gate),
    )


def to_undo(gate: Gate) -> tuple[str, ...]:
    """Name the migrations a reversal takes back: the newest first, down to the oldest the older code cannot live with.

    Compatible ones that are older stay applied: the target's code lives with them, and every reversal costs data.
    """
    hurtful = [place for place, one in enumerate(gate.ahead) if one.kind != "compatible"]
    return tuple(one.name for one in reversed(gate.ahead[hurtful[0] :])) if hurtful else ()


def must_decide(gate: Gate) -> bool:
    """Say whether only a person can: what was done to the database is not known. Doubt counts as yes."""
    contradicts = gate.verdict == "nothing" and bool(gate.ahead)
    return gate.verdict == "unknown" or contradicts or bool(gate.unknown or gate.edited or gate.half_applied)


def needs_more(gate: Gate) -> bool:
    """Say whether the code cannot simply go back alone, so that other ways are worth looking at."""
    return must_decide(gate) or bool(gate.pending) or any(one.kind != "compatible" for one in gate.ahead)


def _by_rule(gate: Gate, options: tuple[Option, ...]) -> tuple[Strategy, Text]:
    code, reversal = options[0], options[1]
    if code.open:
        return code.strategy, code.why
    if must_decide(gate) or gate.pending:
        return "refuse", code.why
    return "reversal" if reversal.open else "forward", words.joined((code.why, reversal.why))


def _by_person(asked: str, options: tuple[Option, ...]) -> tuple[Strategy, Text]:
    wanted = options[0] if asked in {"nothing", "compatible"} else next(o for o in options if o.strategy == asked)
    if not wanted.open:
        return "refuse", words.not_open(asked, wanted.why)
    return wanted.strategy, wanted.why


def _code_only(gate: Gate, asked: str) -> Option:
    if must_decide(gate):
        return Option("compatible", open=False, why=words.must_decide(gate), said=words.CODE_UNSURE)
    kinds = {one.kind for one in gate.ahead}
    if "breaking" in kinds or (kinds and gate.verdict == "breaking" and "unknown" not in kinds):
        return Option("compatible", open=False, why=words.breaking(gate), said=words.CODE_UNFIT)
    # What nobody could class, or is still to be applied, stops the rule until a person who looked at it says otherwise.
    if "unknown" in kinds or gate.pending:
        why = words.unjudged(gate) if "unknown" in kinds else words.pending(gate)
        if asked == "compatible":
            return Option("compatible", open=True, why=words.by_word(why), said=words.CODE_LOSES)
        return Option("compatible", open=False, why=why, said=words.CODE_UNSURE)
    if not gate.ahead:
        return Option("nothing", open=True, why=words.NOTHING_AHEAD, said=words.CODE_LOSES)
    return Option("compatible", open=True, why=words.compatible(gate), said=words.CODE_LOSES)


def _reversal(
    gate: Gate,
    found: Mapping[str, Reversal],
    rehearsed: Rehearsed | None,
    loses: tuple[Loss, ...],
    *,
    held: bool,
) -> Option:
    why = words.by_hand(gate) if to_undo(gate) else None
    why = why or _no_reversal(gate, found, rehearsed)
    said = words.losing(loses, held=held)
    if why is not None:
        return Option("reversal", open=False, why=why, said=said, loses=loses)
    wanted = [found[name] for name in to_undo(gate)]
    return Option("reversal", open=True, why=words.reversal_open(wanted), said=said, loses=loses)


def _no_reversal(gate: Gate, found: Mapping[str, Reversal], rehearsed: Rehearsed | None) -> Text | None:
    """Say why the reversals cannot be taken, or None."""
    undo = to_undo(gate)
    if must_decide(gate):
        return words.REVERSAL_UNSURE
    if not undo:
        return words.REVERSAL_NEEDLESS
    if missing := [name for name in undo if name not in found]:
        return words.no_reversal(missing)
    if problems := [found[name].problem or words.NOT_READ for name in undo if not found[name].usable]:
        return words.joined(problems)
    if rehearsed is None or rehearsed.passed is None:
        return words.joined(rehearsed.problems) if rehearsed and rehearsed.problems else words.NOT_REHEARSED
    return None if rehearsed.passed else words.rehearsal_failed(rehearsed.problems)


def _restore(  # noqa: PLR0913 - as choose
    gate: Gate,
    backup: BackupOption | None,
    backups: Sequence[BackupOption],
    loses: tuple[Loss, ...],
    *,
    held: bool,
    asked: str,
) -> Option:
    if asked != "restore" and not needs_more(gate):
        return Option("restore", open=False, why=words.RESTORE_NEEDLESS, said=words.losing(loses, held=held))
    if gate.dialect != "mysql":
        return Option("restore", open=False, why=words.MYSQL_ONLY, said=words.RESTORE_LOSES)
    if backup is None:
        return Option("restore", open=False, why=words.no_backup(backups), said=words.RESTORE_LOSES)
    said = words.losing(loses, held=held) if loses else words.RESTORE_LOSES
    return Option("restore", open=True, why=words.restore_open(backup), said=said, loses=loses)


def _backup(backups: Sequence[BackupOption], gate: Gate) -> BackupOption | None:
    """Pick the newest sound backup that holds none of what the older code cannot live with.

    Where what was done is not known, every migration a backup holds must be one the target's code knows.
    """
    hurtful = {one.name for one in gate.ahead if one.kind != "compatible" or must_decide(gate)}
    hurtful |= {row.name or row.digest for row in (*gate.unknown, *(one.row for one in gate.edited))}
    fit = [one for one in backups if one.problem is None and one.taken_at and not hurtful & set(one.knows)]
    return max(fit, key=lambda one: one.taken_at, default=None)
