"""The reasons a verdict gives, in the reader's language; verdicts are written in English, as logs are. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rollback_runner.record import verdict

if TYPE_CHECKING:
    from rollback_runner.messages import Texts

_SHAPES = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        (r"stopped before: (?P<what>.+)", "rp.reason.stopped"),
        (r"no host of this site carries it out", "rp.reason.no_host"),
        (r"no task carries this item out", "rp.reason.no_task"),
        (r"no task of this item ran here", "rp.reason.no_task_ran"),
        (r"no playbook carries it out yet", "rp.reason.no_playbook"),
        (r"not asked for: (?P<what>.+)", "rp.reason.not_asked"),
        (r"may be missing: (?P<what>.+)", "rp.reason.absent"),
        (r"every task was skipped", "rp.reason.all_skipped"),
        (re.escape(verdict.NOT_REHEARSED), "rp.reason.not_rehearsed"),
        (r"the phase (?P<what>\S+) was not begun", "rp.reason.not_begun"),
        (r"no part of (?P<what>\S+): RDS is no measure there; .+", "rp.reason.no_measure"),
        (r"the runs of the phase (?P<what>\S+) did not ask for it", "rp.reason.not_in"),
    )
)


def told(reason: str, texts: Texts) -> str:
    """Return a reason in the reader's language; one that no rule of ours made stays as it is."""
    for pattern, key in _SHAPES:
        match = pattern.fullmatch(reason)
        if match is None:
            continue
        what = match.groupdict().get("what", "")
        if texts.has(f"phase.{what}"):
            what = texts(f"phase.{what}")
        return texts(key, what=what)
    return reason
