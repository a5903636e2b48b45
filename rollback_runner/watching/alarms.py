"""Tells people of breaches: each is raised on the site's ladder, and settled when it is over.

The ladder is climbed by the messenger; here it is only read how far it got, so that the record of a breach says so.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from failback import journal

from rollback_runner.messages import Texts
from rollback_runner.telling import escalation
from rollback_runner.watching import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.site.site import Site
    from rollback_runner.watching.notes import Breach

_LANGUAGES: tuple[Language, ...] = ("en", "ko")


def name_of(breach: Breach) -> tuple[str, str]:
    """Return what a breach is called on the ladder: what it is, and which time of it."""
    return f"breach:{breach.figure}@{breach.host}", datetime.fromtimestamp(breach.began, UTC).isoformat("T", "seconds")


def raise_(incident: Path, site: Site, breach: Breach) -> None:
    """Raise a breach; the same one again changes nothing. Never raises.

    One of a figure that nobody knows (the record is another version's, or was damaged) is left to the record.
    """
    if breach.figure not in catalogue.FIGURES:
        return
    trigger, occurrence = name_of(breach)
    escalation.raise_(
        incident, site, trigger, sentences("breach.began", breach), occurrence=occurrence, facts=(fact_of(breach),)
    )


def settle(incident: Path, breach: Breach) -> None:
    """Say that it is over. Never raises."""
    if breach.figure not in catalogue.FIGURES:
        return
    escalation.settle(incident, "#".join(name_of(breach)), sentences("breach.ended", breach))


def levels(incident: Path, lasting: Iterable[Breach]) -> dict[tuple[str, str], int]:
    """Read which step of the ladder each breach has reached, by figure and host."""
    wanted = {"#".join(name_of(breach)): (breach.figure, breach.host) for breach in lasting}
    try:
        raised = escalation.read(incident) if wanted else []
    except (journal.JournalError, OSError, ValueError, KeyError):
        return {}
    return {wanted[one.id]: max(1, one.level) for one in raised if one.id in wanted}


def sentences(key: str, breach: Breach) -> dict[str, str]:
    """Say a breach in both languages."""
    return {language: sentence(Texts(language), key, breach) for language in _LANGUAGES}


def sentence(texts: Texts, key: str, breach: Breach) -> str:
    """Say one breach: what, where, how much, against which limit, and what is usual."""
    figure = catalogue.FIGURES[breach.figure]
    usual = ""
    if breach.baseline is not None:
        usual = texts("breach.usual", usual=catalogue.shown(figure, breach.baseline))
    return texts(
        key,
        title=figure.title[texts.language],
        host=breach.host,
        value=catalogue.shown(figure, breach.value),
        limit=catalogue.shown(figure, breach.limit),
        usual=usual,
        began=clock(breach.began),
        ended=clock(breach.ended) if breach.ended is not None else "",
    )


def fact_of(breach: Breach) -> str:
    """Name the line of the record a message on this breach rests on."""
    return f"figures/notes.jsonl:{breach.figure}@{breach.host}#{breach.began:.3f}"


def clock(moment: float) -> str:
    """Write a moment as people read it in a sentence, UTC."""
    return f"{datetime.fromtimestamp(moment, UTC):%H:%M:%S} UTC"
