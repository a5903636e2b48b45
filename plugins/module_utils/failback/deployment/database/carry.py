"""DEPLOY-08: carry the chosen strategy out, inside the guard.

Whatever was chosen, everything is looked at again first: the server, the migrations, the reversal's bytes and its
rehearsal, or the backup's. A reversal that was cut off goes on by the note in the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.deployment.database import guard, note, reversal, shape, steps, work
from failback.deployment.migrations.look import Look
from failback.deployment.migrations.repository import Repository
from failback.errors import FailbackError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from failback.deployment.database.note import Going
    from failback.deployment.database.steps import Script, Step
    from failback.deployment.migrations.gate import Gate
    from failback.deployment.migrations.settings import Settings
    from failback.mysql import Server
    from failback.restore.context import Recorder


@dataclass(frozen=True)
class Plan:
    """What was confirmed: the gate, the choice (``Choice.as_dict`` with its rehearsal), and where reversals lie."""

    gate: Gate
    choice: Mapping[str, Any]
    settings: Settings
    reversals: str = ""
    run: str = ""


@dataclass(frozen=True)
class Carried:
    """What a reversal came to, as it goes into the evidence."""

    changed: bool
    evidence: dict[str, Any]


def look(plan: Plan) -> Gate:
    """Judge the database anew, over a session of its own."""
    # What came from neither the target nor the live commit was found at others when it was planned.
    others = sorted({one.commit for one in plan.gate.ahead if one.commit})
    return Look.at(plan.settings).gate(plan.gate.target, plan.gate.live, others)


def reverse(  # noqa: PLR0913 - a server, a plan, and how it is told
    server: Server,
    plan: Plan,
    recorder: Recorder,
    *,
    check: bool,
    patience: work.Patience | None = None,
    told: Callable[[int, Step], None] = lambda _number, _step: None,
) -> Carried:
    """Carry the reversals out. Safe to repeat. Raises RefusedError before anything is touched, FailbackError after.

    The error's evidence says by ``touched`` whether the database is still as it was.
    """
    schema, waiting = plan.gate.schema, patience or work.Patience()
    standing = guard.server(server, plan.settings)
    with work.alone(server, schema):
        now = look(plan)
        going = note.read(server, schema)
        if going is None and guard.fits(now) and not _names(now) & set(plan.choice.get("undo") or ()):
            return Carried(changed=False, evidence={"already": True, "server": standing.as_dict()})
        script, states = _agreed(plan, now, going)
        evidence: dict[str, Any] = {
            "server": standing.as_dict(),
            "steps": [_shown(step) for step in script.steps],
            "resumed_after": going.done if going else 0,
        }
        if check:
            return Carried(changed=True, evidence=evidence)
        work.prepare(server, schema, waiting)
        evidence["touched"] = False
        try:
            _unchanged(server, script, states, going)
            if going is None:
                with recorder.act("note that a reversal begins", schema=schema, reversals=dict(script.reversals)):
                    going = note.begin(server, script, states, plan.run)
            done = work.carry_out(server, going, recorder, ignore=(script.table,), patience=waiting, told=told)
        except FailbackError as error:
            evidence["touched"] = _touched(server, script, states)
            error.evidence |= evidence
            raise
        evidence |= {"touched": True, "first": done.first, "carried_out": done.carried_out, "seconds": done.seconds}
        with recorder.act("take the note of the reversal away", schema=schema):
            note.end(server, schema)
    return _proven(plan, evidence)


def tidy(server: Server, schema: str, recorder: Recorder, *, check: bool) -> bool:
    """Take away the note of a reversal that was finished, where a run was cut off right before that."""
    going = note.read(server, schema)
    if going is None or not going.finished:
        return False
    if not check:
        with recorder.act("take the note of a finished reversal away", schema=schema):
            note.end(server, schema)
    return True


def _agreed(plan: Plan, now: Gate, going: Going | None) -> tuple[Script, tuple[str, ...]]:
    """Give the steps and states that were confirmed, or those that are under way. Raises RefusedError."""
    chosen = {str(one["migration"]): str(one["sha256"]) for one in plan.choice.get("reversals") or ()}
    undo = tuple(str(name) for name in plan.choice.get("undo") or ())
    if going is not None:
        begun = {name: going.script.reversals.get(name) for name in undo}
        if begun != {name: chosen.get(name) for name in undo}:
            raise RefusedError("a reversal was begun here that is not the one that was confirmed: look again")
        return going.script, going.states
    guard.same_gate(plan.gate, now)
    kept = plan.choice.get("rehearsal") or {}
    if not kept.get("passed"):
        raise RefusedError("the reversal was not rehearsed on a copy of this schema: nothing was touched")
    ahead = {one.name: one for one in now.ahead}
    clone = Repository(plan.settings.repository)
    found = [reversal.find(ahead[name], clone, plan.reversals, plan.settings.directory) for name in undo]
    for one in found:
        if one.problem is not None:
            raise RefusedError(f"{one.problem['en']}. Nothing was touched")
        if one.sha256 != chosen.get(one.migration):
            raise RefusedError(
                f"the reversal of {one.migration} is not the one that was confirmed (it was edited since): nothing was"
                " touched. Look again, then decide"
            )
    script = steps.script_of(now, undo, found)
    states = tuple(str(one) for one in kept.get("states") or ())
    if not undo or len(states) != len(script.steps) + 1:
        raise RefusedError("the rehearsal does not fit the reversal: nothing was touched. Look again, then decide")
    return script, states


def _unchanged(server: Server, script: Script, states: tuple[str, ...], going: Going | None) -> None:
    """Refuse, before even the note is made, a schema that is not the one that was rehearsed."""
    if going is None and shape.read(server, script.schema, (script.table,)).digest() != states[0]:
        raise RefusedError(
            f"the schema {script.schema} was changed since the reversal was rehearsed: nothing was touched. Look again,"
            " then decide"
        )


def _touched(server: Server, script: Script, states: tuple[str, ...]) -> bool:
    """Tell whether anything of the schema is not as it was; doubt counts as yes. A note without steps is taken away."""
    try:
        going = note.read(server, script.schema)
        if going is None:
            return False
        if going.done or shape.read(server, script.schema, (script.table,)).digest() != states[0]:
            return True
        note.end(server, script.schema)
    except FailbackError:
        return True
    return False


def _proven(plan: Plan, evidence: dict[str, Any]) -> Carried:
    """Look once more, with nothing taken for granted: the target's code must be able to live with what is there."""
    after = look(plan)
    evidence["after"] = {"verdict": after.verdict, "ahead": sorted(_names(after)), "applied": after.applied}
    if not guard.fits(after):
        why = "; ".join(str(one.get("en", "")) for one in after.why)
        raise FailbackError(f"the reversal was carried out, and the database still does not fit: {why}", evidence)
    return Carried(changed=True, evidence=evidence)


def _names(gate: Gate) -> set[str]:
    return {one.name for one in gate.ahead}


def _shown(step: Step) -> str:
    return step.sql or f"remove the row of {step.migration}"
