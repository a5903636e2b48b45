"""What can happen, which section of the templates tells it, and when it is the same event again. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollback_runner.telling.facts import Facts

# Those a run tells by itself, and those the phase `complete` and people ask for.
OF_A_RUN = ("run_began", "leg_began", "leg_ended", "act", "problem", "over_budget", "aborted", "run_ended")
OF_THE_END = ("closing", "next_steps", "service_level", "brief")
_GRAVE = {"problem", "aborted", "abort_unproven", "leg_failed"}
_LAST = {"closing", "service_level", "next_steps", "brief"}
_SHORT = 10


@dataclass(frozen=True)
class Event:
    """Something that happened. ``hints`` say where in the record to look, they are never told."""

    name: str
    hints: Mapping[str, str] = field(default_factory=dict)

    @property
    def grave(self) -> bool:
        """Whether it goes out by every channel at once."""
        return self.name in _GRAVE

    @property
    def last(self) -> bool:
        """Whether no further word is announced with it."""
        return self.name in _LAST or self.name == "aborted"

    @property
    def needs_answer(self) -> bool:
        """Whether somebody must say that they saw it."""
        return self.name in {"problem", "aborted"}

    def sections(self, known: Facts) -> Iterator[str]:
        """Name the sections that may tell it, the most special first."""
        kind = self.name
        if kind == "leg_ended":
            kind = next((one for one in ("leg_failed", "leg_waits") if one in known), "leg_ended")
        if kind == "aborted" and "aborted" not in known:
            kind = "abort_unproven"
        what = self.hints.get("act" if kind == "act" else "leg", "")
        if kind == "run_ended":
            what = str((known.get("ended") or {}).get("outcome", ""))
        if kind == "problem" and "stopped" in known:
            yield "problem:stopped"
        if what:
            yield f"{kind}:{what}"
            yield f"{kind}:{what.partition(':')[0]}"
        yield kind

    def key(self, known: Facts, audience: str) -> str:
        """Name what happened: told once, however often a phase is run again.

        A second attempt after a run was taken back is something new, and so is a failure of what had passed meanwhile.
        """
        attempt = str(known.get("again") or 1)
        parts = [self.name, *(self.hints[name] for name in ("leg", "act") if self.hints.get(name)), attempt]
        if self.name == "leg_ended":
            parts.append("passed" if "leg_passed" in known else "open")
        elif self.name == "run_began" and audience == "team":
            parts.append(str((known.get("legs") or {}).get("en", "")))
        elif self.name == "run_ended":
            parts += [str((known.get("ended") or {}).get("outcome", "")), str(known.get("reached") or "")]
        elif self.name == "problem":
            found: Any = known.get("problem") or {}
            # People inside hear of every failure, others of one a phase: a failure brings others with it.
            parts += [f"{found.get('ids')}@{found.get('host')}"] if audience == "team" else []
            parts.append(str(known.get("passed_before") or 0))
        elif self.name == "still":
            parts.append(self.hints.get("since", ""))
        elif self.name in OF_THE_END:
            parts.append(_digest(known))
        return "/".join(part.replace("/", "-") for part in parts)

    def page(self, known: Facts, components: Mapping[str, Any]) -> dict[str, Any]:
        """Say what a status page shows with it: how far we are, how grave it is, and the state of the components."""
        if "served" in known:
            status, impact, state = ("resolved" if self.last else "monitoring"), "none", "operational"
        elif "aborted" in known:
            status, impact, state = "monitoring", "minor", "degraded_performance"
        elif "stopped" in known:
            status, impact, state = "identified", "major", "partial_outage"
        else:
            status, impact, state = "identified", "minor", "degraded_performance"
        return {"status": status, "impact": impact, "components": dict.fromkeys(components, state)}


def _digest(known: Facts) -> str:
    """Tell one final state from another: running `complete` again says nothing twice, a changed state is told."""
    named = ("finished", "served", "aborted", "opened", "downtime", "service_level", "lost", "cause", "stake")
    told = {name: str(known.get(name)) for name in named if name in known}
    return hashlib.sha256(repr(sorted(told.items())).encode()).hexdigest()[:_SHORT]
