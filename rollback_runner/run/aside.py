"""What goes on beside a run: figures are followed, messages delivered, people told. It can neither stop nor slow a run.

Starting a companion takes some milliseconds, telling is an append to a file of the incident; what fails here is said
once and found again by the items of the phase `communicate` and `risk`. No method raises, whatever is wrong: a damaged
file of the incident must not end a play in the middle.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rollback_runner import companions
from rollback_runner.archive import sealing
from rollback_runner.record import acts, making
from rollback_runner.telling import announce, outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rollback_runner.record import store
    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.run.options import Options
    from rollback_runner.site.site import Site

COMPANIONS = ("sampler", "messenger")
_TROUBLE = frozenset({"failed", "refused", "unreachable"})
_FENCED, _PROMOTED = "AWS-03", acts.PROMOTION
_LAST_TRIES = 20  # to write what another writer kept from being written, at a run's end
_BETWEEN = 0.05  # seconds between two of them


@dataclass
class Aside:
    """For one run. Without an incident, or in a rehearsal, nobody is told and nothing is followed."""

    site: Site
    home: Path
    incident: Path | None
    say: Callable[[str], None]
    _said: set[str] = field(default_factory=set)
    _budget: tuple[str, float] | None = None

    @classmethod
    def of(cls, site: Site, home: Path, options: Options, say: Callable[[str], None]) -> Aside:
        """Make it from what the run is carried out with.

        What is told and followed is taking a service back; of a release's rollback the run's own report tells.
        """
        quiet = not options.incident or options.check or bool(options.deployment)
        return cls(site, home, None if quiet else Path(options.incident), say)

    def keep_alive(self) -> None:
        """Start what is not alive; a companion that was killed goes on from here."""
        if self.incident is None:
            return
        for name in COMPANIONS:
            with self._harmless(name):
                found = companions.ensure(name, self.site.directory, self.home, self.incident)
                if found.problem:
                    self._once(found.problem)

    def tell(self, run: store.Run, event: str, **facts: object) -> bool:
        """Tell people of an event and say whether it made a message; `announce` says which events there are."""
        return bool(announce.announce(self.site, self.home, self.incident, run, event, **facts))

    def saw(self, run: store.Run, event: TaskSeen) -> None:
        """Tell of what one task made true, or of its trouble."""
        if self.incident is None or event.kind != "result" or not event.ids:
            return
        with self._harmless("telling"):
            if event.outcome in _TROUBLE:
                self.tell(run, "problem", item=event.ids[0], host=event.host, status=event.outcome)
            elif _PROMOTED in event.ids and "promoted" not in self._said:
                if acts.promoted(run.entries(), self.site.hosts("databases")) == "yes":
                    self._said.add("promoted")
                    self.tell(run, "act", act="promoted")
            elif _FENCED in event.ids and "fenced" not in self._said and self.tell(run, "act", act="fenced"):
                self._said.add("fenced")  # the first tasks of AWS-03 only look: nothing is proven yet, nothing told

    def leg_began(self, leg: str, budget: float) -> None:
        """Note until when a leg should be over; ``budget`` is in seconds from now."""
        self._budget = (leg, time.monotonic() + budget)

    def leg_ended(self) -> None:
        """Stop minding the leg's time."""
        self._budget = None

    def mind_the_time(self, run: store.Run) -> None:
        """Tell once a leg that its budget is passed; cheap, for whoever is called several times a second."""
        if self._budget is not None and time.monotonic() > self._budget[1]:
            leg, self._budget = self._budget[0], None
            self.tell(run, "over_budget", leg=leg)

    def retell(self) -> None:
        """Make the report of the whole incident anew: this run is part of it now. What fails is only said."""
        if self.incident is not None:
            with self._harmless("report"):
                making.make(self.home, self.incident, self.site)

    def seal(self) -> None:
        """Seal the record once more: what was sealed in `complete` names the run that sealed it as unfinished."""
        if self.incident is not None:
            with self._harmless("archive"):
                sealed = sealing.again(self.site, self.home, self.incident)
                if sealed is not None:
                    self.say(f"archive: {sealed[0]} (sha256 {sealed[1]})")

    def nothing_unsaid(self) -> None:
        """Write what could not be put on record when it was told; after this process nobody has it any more."""
        if self.incident is None:
            return
        with self._harmless("telling"):
            for _ in range(_LAST_TRIES):
                if not (left := outbox.flush(self.incident)):
                    return
                time.sleep(_BETWEEN)
            self._once(f"messages that could not be put on record in {self.incident}: {left}")

    def followed_to_the_end(self) -> None:
        """End the following of figures: the watch ended well."""
        if self.incident is not None:
            with self._harmless("sampler"):
                companions.stop(self.incident, "sampler")

    def _once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self.say(sentence)

    @contextmanager
    def _harmless(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever breaks beside a run must not break the run
            self._once(f"{what}: {str(error) or type(error).__name__}")
