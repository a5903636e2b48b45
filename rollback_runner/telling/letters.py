"""Writes a message as it goes out: its text, what is to be known of this copy, how to answer, its reference. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollback_runner.messages import Texts
from rollback_runner.telling.channels import Letter
from rollback_runner.telling.outbox import clock, epoch

if TYPE_CHECKING:
    from rollback_runner.checklist import Language
    from rollback_runner.telling.outbox import Message
    from rollback_runner.telling.schedule import Job

LANGUAGES: tuple[Language, ...] = ("en", "ko")


@dataclass(frozen=True)
class Answering:
    """How a message is answered: what stands behind the command (`` -i SITE``), and a link with ``{code}`` in it."""

    option: str = ""
    link: str = ""

    def command(self, code: str, by: str) -> str:
        """Write the command that acknowledges a message."""
        return f"rollback-runner acknowledge {code}{self.option} --as {by or 'NAME'}"


def write(job: Job, answering: Answering, reference: str = "") -> Letter:
    """Write the letter. ``reference`` is what the channel called the letters before this one."""
    message = job.state.message
    parts = [*_about_this_copy(job), message.body.strip()]
    if message.needs_answer:
        parts.append("\n".join(_how_to_answer(message, answering)))
    said = dict.fromkeys(texts("letter.reference", code=message.code) for texts in _texts(message))
    parts.append(" / ".join(said))
    body = "\n\n".join(parts)
    return Letter(message.key, message.code, message.subject, body, message.attachments, message.page, reference)


def _about_this_copy(job: Job) -> list[str]:
    one = job.state.channels.get(job.channel)
    said = []
    for texts in _texts(job.state.message):
        if job.late:
            said.append(texts("letter.late", at=clock(epoch(job.state.queued_at))))
        if job.twice:
            said.append(texts("letter.twice"))
        if one is not None and one.asked_by:
            said.append(texts("letter.again", by=one.asked_by))
    return ["\n".join(said)] if said else []


def _how_to_answer(message: Message, answering: Answering) -> list[str]:
    command = answering.command(message.code, message.to)
    lines = [texts("letter.answer", command=command) for texts in _texts(message)]
    if answering.link:
        lines.append(answering.link.replace("{code}", message.code))
    return lines


def _texts(message: Message) -> list[Texts]:
    """Return the message's language; both where it is in both."""
    return [Texts(one) for one in LANGUAGES if message.language not in LANGUAGES or message.language == one]
