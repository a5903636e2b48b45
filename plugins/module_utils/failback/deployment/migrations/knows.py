"""For many commits at once: whether the code of each knows the database as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.deployment.migrations.look import Look
from failback.deployment.migrations.repository import is_commit
from failback.deployment.migrations.settings import Settings
from failback.deployment.migrations.words import listed, words
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.deployment.migrations.gate import Gate


def knows(application: Mapping[str, Any], commits: Sequence[str]) -> dict[str, dict[str, str]]:
    """Say by commit: ``state`` is yes, no or unknown, ``why`` (English) and ``why_ko`` the reason.

    One look at the database for all of them. Raises what Settings and Look raise, when nothing can be told at all.
    """
    look = Look.at(Settings.of_application(application))
    return each(look, commits)


def each(look: Look, commits: Sequence[str]) -> dict[str, dict[str, str]]:
    """Say it of every commit; what the clone has not is unknown, with the command that brings it."""
    here = look.repository.trees([one for one in commits if is_commit(one)], look.settings.directory)
    told: dict[str, dict[str, str]] = {}
    for commit in commits:
        if commit in here:
            told[commit] = of(look, commit, [one for one in commits if one in here])
        else:
            said = words("no_commit", commit=commit[:12], fetch=look.repository.fetch(commit))
            told[commit] = {"state": "unknown", "why": said["en"], "why_ko": said["ko"]}
    return told


def of(look: Look, commit: str, commits: Sequence[str]) -> dict[str, str]:
    """Say it of one commit; the other ones are where the files of what it does not know are looked for."""
    try:
        gate = look.gate(commit, commit, [one for one in commits if one != commit])
    except FailbackError as error:
        return {"state": "unknown", "why": str(error), "why_ko": str(error)}
    return _told(gate)


def _told(gate: Gate) -> dict[str, str]:
    names = listed([one.name for one in gate.ahead])
    if gate.verdict == "unknown":
        state, said = "unknown", dict(gate.why[0])
    elif gate.pending:
        state, said = "no", words("expects", names=listed([one.name for one in gate.pending]))
    elif gate.verdict == "nothing":
        state, said = "yes", words("yes")
    elif gate.verdict == "compatible":
        state, said = "yes", words("can_live", names=names)
    else:
        state, said = "no", words("cannot_live", names=names)
    return {"state": state, "why": said["en"], "why_ko": said["ko"]}
