"""Whether somebody said no to the plan that is about to be carried out: the last word on the decision to go.

A missing yes is asked for by the phase approve. A no stops whatever begins, whoever calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.people import words

if TYPE_CHECKING:
    from pathlib import Path

GO = "APPROVE-04"


def refusal(incident: Path | None, plan: str) -> str:
    """Say who said no to this plan (its digest) and why; "" when nobody did, or a later word took it back.

    Raises RefusedError when the words on record were changed, FailbackError when they cannot be read.
    """
    word = words.read(incident).standing(GO, plan) if plan else None
    if word is None or word.kind != "decline":
        return ""
    return f"{GO}: {word.by} said no to this plan at {word.at}: {word.note}"
