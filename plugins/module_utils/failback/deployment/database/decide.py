"""DEPLOY-07: look at every way there is, rehearse the reversal where one is wanted, and choose.

Nothing of the application is touched: the database is read, and a scratch server comes and goes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from failback.backup import place as places
from failback.deployment.database import (
    applied,
    backups,
    copying,
    loss,
    note,
    rehearsal,
    restoring,
    reversal,
    rights,
    shape,
    steps,
    words,
    words_trial,
)
from failback.deployment.database import strategy as strategies
from failback.deployment.database.model import ASKABLE, CODE_ONLY, Choice, Loss, Option, Rehearsed
from failback.deployment.migrations import table
from failback.deployment.migrations.repository import Repository
from failback.errors import ConfigError, FailbackError
from failback.mysql import Login, Server
from failback.restore import scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from failback.deployment.database.model import Reversal, Text
    from failback.deployment.database.note import Going
    from failback.deployment.database.rehearsal import Trial
    from failback.deployment.database.steps import Script
    from failback.deployment.migrations.gate import Gate
    from failback.deployment.migrations.settings import Settings
    from failback.restore.model import Source


@dataclass(frozen=True)
class Order:
    """What to decide about, and with what. ``directory`` keeps rehearsals; ``held``: requests can be held."""

    site: str
    host: str
    gate: Gate
    settings: Settings
    directory: Path
    reversals: str = ""
    scratch: Mapping[str, Any] = field(default_factory=dict)
    backups: Sequence[Mapping[str, Any]] = ()
    hostvars: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    opener: Callable[[str], Source] | None = None
    asked: str = ""
    held: bool = True
    check: bool = False


@dataclass(frozen=True)
class Decision:
    """The choice, the rehearsal it rests on, and a reversal that is under way already."""

    choice: Choice
    trial: Trial | None = None
    going: Going | None = None
    rehearsed_now: bool = False
    restoring: str = ""  # the backup whose restore was begun and not finished

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it, for the evidence of DEPLOY-07."""
        going = self.going
        begun: dict[str, Any] | None = {"restoring": self.restoring} if self.restoring else None
        if going is not None:
            begun = {"done": going.done, "of": len(going.script.steps), "begun": going.begun}
        return self.choice.as_dict() | {
            "rehearsal": self.trial.as_dict() if self.trial else None,
            "rehearsed_now": self.rehearsed_now,
            "under_way": begun,
        }


def decide(order: Order) -> Decision:
    """Decide. Raises ConfigError, UnreachableError, RefusedError for what cannot even be looked at."""
    gate = order.gate
    if gate.dialect != "mysql":  # the strategies know that neither a reversal nor a restore is carried out there
        return Decision(strategies.choose(gate, (), (), order.asked, held=order.held))
    with Server.connect(Login.from_dict(order.settings.login, "deployment_database"), name=gate.schema) as server:
        if (found := _cut_off(order, server)) is not None:
            return found
        if not strategies.needs_more(gate) and order.asked != "restore":
            return Decision(strategies.choose(gate, (), (), order.asked, held=order.held))
        return _decide(order, server)


def _cut_off(order: Order, server: Server) -> Decision | None:
    """Decide about a schema that stands between two states, whatever its columns say; None: it does not."""
    begun = restoring.under_way(server, order.gate.schema)
    if begun and order.asked in {"", "restore"}:
        return Decision(_restore_under_way(order, server, begun), restoring=begun)
    if begun and order.asked in CODE_ONLY | {"reversal"}:
        return Decision(_not_beside(order, words_trial.restore_under_way(begun)), restoring=begun)
    going = note.read(server, order.gate.schema)
    if going is None or going.finished:
        return None
    if order.asked in {"", "reversal"}:
        return Decision(_under_way(order, going), going=going)
    if order.asked in CODE_ONLY:
        why = words_trial.under_way(going.done, len(going.script.steps), going.begun)
        return Decision(_not_beside(order, why), going=going)
    return None


def _decide(order: Order, server: Server) -> Decision:
    gate = order.gate
    undo = () if strategies.must_decide(gate) else strategies.to_undo(gate)
    found = _reversals(order, undo)
    trial, rehearsed, fresh = None, None, False
    if undo and all(one.usable for one in found):
        script = steps.script_of(gate, undo, found)
        trial, rehearsed, fresh = _rehearsed(order, server, script, undo)
    surveyed = _backups(order) if order.asked == "restore" or strategies.needs_more(gate) else backups.Found()
    if surveyed.options and (missing := rights.lacking(server, gate.schema)):
        known = tuple(replace(one, problem=one.problem or missing) for one in surveyed.options)
        surveyed = replace(surveyed, options=known)
    losses = {"reversal": loss.of_reversal(server, gate.schema, trial.effects, found) if trial else ()}
    arguments: dict[str, Any] = {"rehearsed": rehearsed, "held": order.held}
    choice = strategies.choose(gate, found, surveyed.options, order.asked, losses=losses, **arguments)
    if choice.backup is not None:
        rows = surveyed.rows.get(choice.backup.name, {})
        losses["restore"] = loss.of_restore(
            server, gate.schema, choice.backup.taken_at, rows, ignore=(steps.table_of(gate), shape.OURS)
        )
        choice = strategies.choose(gate, found, surveyed.options, order.asked, losses=losses, **arguments)
    return Decision(choice, trial, rehearsed_now=fresh)


def _reversals(order: Order, undo: Sequence[str]) -> list[Reversal]:
    ahead = {one.name: one for one in order.gate.ahead}
    clone = Repository(order.settings.repository)
    return [reversal.find(ahead[name], clone, order.reversals, order.settings.directory) for name in undo]


def _rehearsed(
    order: Order, server: Server, script: Script, undo: Sequence[str]
) -> tuple[Trial | None, Rehearsed | None, bool]:
    """Find the rehearsal of exactly this, or rehearse now; and whether it was made now."""
    if order.settings.table_schema != order.gate.schema:
        return None, Rehearsed("", None, problems=(words_trial.OTHER_SCHEMA,)), False
    files = applied.read(
        order.gate,
        table.rows(server, order.settings),
        undo,
        Repository(order.settings.repository),
        order.settings.directory,
    )
    before = shape.read(server, script.schema, (script.table,))
    known = rehearsal.kept(order.directory, rehearsal.key(script, before, files.stay, files.undone))
    # One that failed is tried again: what was wrong may have been the scratch server.
    if known is not None and known.passed and not files.problem:
        return known, known.told(), False
    if not order.scratch.get("image"):
        return None, Rehearsed("", None, problems=(words_trial.NO_SCRATCH,)), False
    if order.check:
        return known, Rehearsed("", None, problems=(words_trial.CHECK_ONLY,)), False
    try:
        trial = _on_scratch(order, server, script, files)
    except ConfigError:
        raise
    except FailbackError as error:
        return None, Rehearsed("", None, problems=(words_trial.no_rehearsal(str(error)),)), False
    return trial, trial.told(), True


def _on_scratch(order: Order, server: Server, script: Script, files: applied.Applied) -> Trial:
    """Start a scratch server like the real one, rehearse, keep what was seen, and take the server away."""
    place = places.place_of(str(order.scratch.get("host") or ""), order.hostvars)
    with places.alone(order.directory, order.host, patience=60.0):
        prefix = places.stem(order.site, order.host, order.directory)
        passwords = order.directory / "scratch"
        passwords.mkdir(parents=True, exist_ok=True, mode=0o700)
        places.sweep(place, prefix, passwords)
        try:
            made = scratch.make(
                f"{prefix}{os.getpid()}",
                str(order.scratch["image"]),
                passwords,
                run=place.run,
                options=copying.likeness(server).options,
                address=place.address,
            )
            trial = rehearsal.rehearse(
                server, made.login, script, files=files.stay, undone=files.undone, uncompared=files.problem
            )
            rehearsal.keep(order.directory, trial)
        finally:
            places.sweep(place, prefix, passwords)
    return trial


def _backups(order: Order) -> backups.Found:
    if order.opener is None or not order.backups:
        return backups.Found()
    memory = None if order.check else order.directory
    return backups.survey(order.gate, order.backups, order.opener, memory, asked=order.asked == "restore")


def _restore_under_way(order: Order, server: Server, url: str) -> Choice:
    """Go on with a restore that was cut off: tables may lack rows, keys and programs, whatever their columns say."""
    gate = order.gate
    found = _backups(replace(order, asked="restore"))
    here = {str(one["url"]): order.opener(str(one["url"])).url for one in order.backups} if order.opener else {}
    backup = next((one for one in found.options if here.get(one.url, one.url) == url and one.problem is None), None)
    why = words_trial.restore_under_way(url)
    if backup is None:
        why = words_trial.restore_lost(url)
        return Choice("refuse", "rule", why, (Option("restore", open=False, why=why, said=why),))
    rows = found.rows.get(backup.name, {})
    lost = loss.of_restore(server, gate.schema, backup.taken_at, rows, ignore=(steps.table_of(gate), shape.OURS))[:1]
    said = words.losing(lost, held=order.held)
    option = Option("restore", open=True, why=why, said=said, loses=lost)
    return Choice("restore", "person" if order.asked else "rule", why, (option,), backup=backup)


def _not_beside(order: Order, why: Text) -> Choice:
    """Refuse a way that would take the schema as it stands."""
    wanted = next(one for one in ASKABLE if one == order.asked)
    option = Option(wanted, open=False, why=why, said=why)
    told = words.not_open(order.asked, why)
    return Choice("refuse", "person", told, (option,), next_step=words_trial.LET_IT_END)


def _under_way(order: Order, going: Going) -> Choice:
    """Go on with what was begun: the schema is between two releases, and nothing else fits it."""
    ahead = {one.name for one in order.gate.ahead}
    left = [name for name in going.left() if name in ahead]
    found = {one.migration: one for one in _reversals(order, left)}
    strangers = [name for name in left if found[name].sha256 != going.script.reversals.get(name)]
    lost = [name for name in going.left() if name not in ahead]
    if lost or strangers:
        why = words_trial.under_way_unfit(lost or strangers)
        option = Option("reversal", open=False, why=why, said=why)
        return Choice("refuse", "rule", why, (option,), next_step=words.next_step("refuse", order.gate))
    losses = tuple(Loss("other", one.migration, one.loses) for one in found.values() if one.loses is not None)
    why = words_trial.under_way(going.done, len(going.script.steps), going.begun)
    option = Option("reversal", open=True, why=why, said=words.losing(losses, held=order.held), loses=losses)
    return Choice(
        strategy="reversal",
        by="person" if order.asked else "rule",
        why=why,
        options=(option,),
        undo=tuple(left),
        reversals=tuple(found[name] for name in left),
    )
