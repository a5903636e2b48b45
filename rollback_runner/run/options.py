"""What a person asked of a run, apart from what is to be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Options:
    """`takeover` is why a lock that is still held may be taken, `break_glass` why nobody need have signed.

    `promoted_before` is what the resumed run's record says of the promotion (`yes`, `begun`), empty where it did not
    come to it. `incident` is the directory of the incident the run belongs to (`incident_is_ours`: opened for it, and
    closed with it when nothing was touched), `approved_plan` the digest of its frozen
    plan, and `drill` the scenario that is drilled; each empty where there is none. `deployment` is what the play of a
    release's rollback is told (its extra variables by name), `command_began` when the command was given.
    """

    check: bool = False
    accept_loss: str = ""
    takeover: str | None = None
    stay_fenced: bool = False
    reason: str = ""
    break_glass: str = ""
    incident: str = ""
    incident_is_ours: bool = False
    approved_plan: str = ""
    drill: str = ""
    promoted_before: str = ""
    deployment: Mapping[str, str] = field(default_factory=dict)
    command_began: str = ""
