"""Hands an incident's report to those concerned, over the outbox of every other message, and says what became of it.

A copy of the page is kept for each edition, so that what was sent can be shown later, whatever the report says by then.
A report counts as handed over when a channel took it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback import whole
from failback.errors import ConfigError

from rollback_runner import messages
from rollback_runner.errors import RecordError
from rollback_runner.telling import outbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.record.making import Made

EVENT = "report"
# Who gets it where the site names nobody: those who lead the response, as far as they are named.
_ROLES = ("commander", "technical_lead", "operations_manager", "executive")


@dataclass(frozen=True)
class Recipient:
    """Somebody who gets the report: a key of site_people, or an audience over its channels."""

    person: str = ""
    audience: str = ""
    channels: tuple[str, ...] = ()
    language: Language = "en"

    @property
    def key(self) -> str:
        """What tells one recipient from another."""
        return self.person or self.audience or ",".join(self.channels)


@dataclass(frozen=True)
class Handed:
    """What became of the report for one recipient. `accepted_at` and `acknowledged_at` are UTC, "" while open."""

    recipient: str
    key: str
    queued_at: str = ""
    accepted_at: str = ""
    acknowledged_at: str = ""
    error: str = ""
    gave_up: bool = False


def recipients(given: Mapping[str, Any]) -> tuple[Recipient, ...]:
    """Read ``site_report_recipients``; those who lead the response where it is not set. Raises `ConfigError`."""
    people = given.get("site_people") or {}
    listed = given.get("site_report_recipients")
    if listed is None:
        roles = given.get("site_roles") or {}
        keys = [str((roles.get(role) or {}).get("person") or "") for role in _ROLES]
        return tuple(Recipient(person=key) for key in dict.fromkeys(keys) if key in people)
    found = []
    for number, entry in enumerate(listed, start=1):
        if not isinstance(entry, dict) or not (entry.get("person") or entry.get("audience") or entry.get("channels")):
            raise ConfigError(f"site_report_recipients: entry {number} names no person, audience or channels")
        person = str(entry.get("person") or "")
        if person and person not in people:
            raise ConfigError(f"site_report_recipients: {person} is not in site_people")
        language: Language = "ko" if entry.get("language") == "ko" else "en"
        channels = tuple(str(name) for name in entry.get("channels") or ())
        found.append(Recipient(person, str(entry.get("audience") or ""), channels, language))
    return tuple(found)


def queue(incident: Path, made: Made, to: Sequence[Recipient], *, again: str = "") -> list[str]:
    """Put the report on its way to each recipient, once an edition; return the messages' keys.

    `again` makes it another sending of the same edition (the moment somebody asked for it). Raises `RecordError` when
    the copy that is sent cannot be kept.
    """
    keys = []
    for one in to:
        copy = _copied(made, one.language)
        message = _message(made, one, copy, again)
        outbox.put(incident, message)
        keys.append(message.key)
    return keys


def states(incident: Path, keys: Sequence[str]) -> list[Handed]:
    """Say what became of each message. Raises `failback.journal.JournalError` when the record cannot be read."""
    known = {state.message.key: state for state in outbox.read(incident)}
    found = []
    for key in keys:
        state = known.get(key)
        who = key.split(":")[2]
        if state is None:
            found.append(Handed(who, key, error="it could not be put on record"))
        else:
            found.append(Handed(who, key, state.queued_at, state.accepted_at, state.acknowledged_at, state.error,
                                state.gave_up))  # fmt: skip
    return found


def key_of(edition: str, recipient: Recipient, again: str = "") -> str:
    """Name the message that carries an edition to a recipient."""
    return f"report:{edition}:{recipient.key}" + (f":{again}" if again else "")


def _message(made: Made, one: Recipient, copy: Path, again: str) -> outbox.Message:
    texts = messages.Texts(one.language)
    report = made.report
    summary = report["summary"]
    title = report["site_title"][one.language]
    lines = [summary["headline"][one.language], ""]
    lines += [f"{figure['name'][one.language]}: {figure['value'][one.language]}" for figure in summary["figures"]]
    for name in ("lost", "open"):
        lines += ["", texts(f"rp.card.{name}")]
        lines += [f"- {line['text'][one.language]}" for line in summary[name]]
    lines += ["", texts("rp.sent.attached", name=copy.name)]
    if report["drill"]:
        lines.insert(0, texts("rp.drill", name=report["drill"]))
    return outbox.Message(
        key=key_of(made.edition, one, again),
        event=EVENT,
        audience=one.audience or "management",
        language=one.language,
        subject=texts("rp.title", site=title),
        body="\n".join(lines),
        facts=tuple(sorted({line["item"] for name in ("lost", "open") for line in summary[name] if line["item"]})),
        channels=one.channels,
        to=one.person,
        attachments=(str(copy),),
    )


def _copied(made: Made, language: Language) -> Path:
    """Keep the page as it is sent. Raises `RecordError`."""
    target = made.directory / "sent" / f"report-{made.report['incident']}-{made.edition}.{language}.html"
    if target.exists():
        return target
    try:
        whole.write(target, made.page(language).read_bytes())
    except OSError as error:
        raise RecordError(
            f"The copy of the report to be sent cannot be kept in {target.parent}: {error.strerror}.",
            next_step="make room, then rollback-runner report send",
        ) from error
    return target
