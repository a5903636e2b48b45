"""What people are asked, item by item: which word is wanted, whose, and whether one may go on without it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["confirm", "assign", "waive", "read", "acknowledge", "call", "decline"]

# Who answers the incident, in the order in which they are shown. The first six must be named for every rollback; the
# next two sign it; the executive signs too where the system is critical.
RESPONSE = ("commander", "database", "network", "application", "communication", "scribe")
SIGNING = ("technical_lead", "operations_manager")
EXECUTIVE = "executive"
ROLES = (*RESPONSE, *SIGNING, EXECUTIVE)

CATEGORIES = (
    "data",
    "performance",
    "availability",
    "network",
    "configuration",
    "application",
    "capacity",
    "security",
    "cost",
    "other",
    "unknown",
)
SEVERITIES = ("critical", "major", "minor", "none")


@dataclass(frozen=True)
class Ask:
    """One item a person answers.

    ``everyone`` is the kind of word wanted of each role; empty where one person's word is enough. ``needs`` are the
    details the word must carry. ``of_plan`` words count only for the plan they were said about. ``only`` are the roles
    whose word counts. ``never_waived`` says why nobody can waive it; empty where it can be waived. ``lists`` is the
    kind of lesson (failback.people.lessons) of which one at least must be listed.
    """

    item: str
    phase: str
    owner: str
    needs: tuple[str, ...] = ()
    everyone: Kind | None = None
    of_plan: bool = False
    only: tuple[str, ...] = ()
    never_waived: str = ""
    lists: str = ""

    @property
    def kind(self) -> Kind:
        """The kind of word that answers it."""
        return self.everyone or "confirm"


ASKS = (
    Ask("SIT-01", "prepare", "technical_lead", needs=("category", "statement")),
    Ask("SIT-02", "prepare", "scribe", needs=("moment", "source")),
    Ask("SIT-05", "prepare", "communication", needs=("severity",)),
    Ask("TEAM-01", "prepare", "commander", everyone="acknowledge"),
    Ask("TEAM-04", "prepare", "scribe"),
    Ask("CONT-04", "prepare", "commander"),
    Ask("CONT-05", "prepare", "communication"),
    Ask(
        "REVIEW-01",
        "approve",
        "commander",
        everyone="read",
        of_plan=True,
        never_waived="a plan that its own team has not read cannot be approved",
    ),
    Ask("REVIEW-02", "approve", "commander", everyone="acknowledge", of_plan=True),
    Ask("REVIEW-05", "approve", "communication", needs=("contact",)),
    Ask(
        "APPROVE-04",
        "approve",
        "commander",
        of_plan=True,
        only=("commander", "operations_manager", "executive"),
        never_waived="without somebody's decision to go nobody has begun",
    ),
    Ask("APPROVE-05", "approve", "commander", needs=("moment",), of_plan=True),
    Ask("FINAL-04", "complete", "communication", needs=("source", "count")),
    Ask("DOC-02", "complete", "technical_lead"),
    Ask("DOC-05", "complete", "scribe", lists="lesson"),
    Ask("FOLLOW-01", "complete", "operations_manager", only=("operations_manager", "commander", "executive")),
    Ask("FOLLOW-03", "complete", "technical_lead"),
    Ask("FOLLOW-04", "complete", "commander", needs=("moment",)),
    Ask("FOLLOW-05", "complete", "operations_manager", lists="process"),
    Ask("WATCH-03", "watch", "communication"),
    Ask("REMIG-01", "watch", "technical_lead", only=("technical_lead",)),
    Ask("REMIG-02", "watch", "technical_lead", lists="plan"),
    Ask("REMIG-03", "watch", "technical_lead", lists="scenario"),
    Ask("REMIG-04", "watch", "application", lists="monitoring"),
)
_BY_ITEM = {ask.item: ask for ask in ASKS}

# Words for these are signatures over the plan; only `approve` makes one, and only break-glass goes on without.
SIGNATURES = ("APPROVE-01", "APPROVE-02", "APPROVE-03")

# Which role answers for the items of a group. A single item is given to somebody else with `assign`.
OWNERS = {
    "SIT": "technical_lead",
    "TEAM": "commander",
    "TECH": "technical_lead",
    "REVIEW": "commander",
    "APPROVE": "commander",
    "AWS": "database",
    "IDC": "database",
    "SWITCH": "network",
    "ENV": "application",
    "DATA": "database",
    "VERIFY": "application",
    "FINAL": "technical_lead",
    "DOC": "scribe",
    "FOLLOW": "operations_manager",
    "COMM": "communication",
    "EXT": "communication",
    "MON": "application",
    "CONT": "commander",
    "WATCH": "application",
    "REMIG": "technical_lead",
}


def of(item: str) -> Ask | None:
    """Find what is asked for an item; None when no word answers it."""
    return _BY_ITEM.get(item)


def of_phase(phase: str) -> tuple[Ask, ...]:
    """Return what is asked in a phase, in the checklist's order; CONT-04 and CONT-05 are asked in prepare."""
    return tuple(ask for ask in ASKS if ask.phase == phase)


def owner_role(item: str) -> str:
    """Name the role that answers for an item unless it was given to somebody; "" for a group nobody owns."""
    ask = _BY_ITEM.get(item)
    return ask.owner if ask else OWNERS.get(item.partition("-")[0], "")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return " (did you mean X?)" for the closest known word, or nothing when none is close."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""
