"""Asks once more, right before something is destroyed, whether this plan is still approved.

Between the start of a run and its promotion a person may take an approval back, a file may change, a key may be taken
out. So each task that destroys something looks again itself, before its first act. Its verification (one process per
signature) begins with the task and runs beside what the task looks at first; what was read is read again at the act,
and verified anew when it differs. Where the site has a store, what other machines put on record is brought here first.

What the incident records decides two things. Expiry is judged when something is first destroyed under a plan
(``begun``): a run that began in time may finish. And once IDC takes writes (``promoted``), what closes RDS is not asked
for any more: the way is forward.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback.approval import awx, look, policy, record
from failback.approval.policy import AWX
from failback.errors import FailbackError, RefusedError
from failback.people import decision

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future
    from pathlib import Path

    from failback.approval.judge import Judged
    from failback.approval.look import Seen
    from failback.approval.mark import Mark
    from failback.approval.plan_file import PlanFile
    from failback.approval.policy import Policy
    from failback.approval.signing import Verified

BREAK_GLASS = "RR_BREAK_GLASS"
PLAN = "RR_PLAN"  # the digest of the plan the run began under
RELEASE = "deployment"  # the strategy of a plan that takes a release back
_SHOWN = 12


@dataclass
class Guard:
    """For one task. `begin` starts to verify, `ask` returns what is granted or raises."""

    policy: Policy
    mark: Mark
    incident: Path | None
    broken: str = ""
    host: str = ""
    backup: str = ""  # the digest of the backup that is about to be restored there
    _pool: ThreadPoolExecutor | None = field(default=None, repr=False)
    _first: Future[tuple[Seen, list[Verified]]] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, mark: Mark, variables: Mapping[str, Any], incident: Path | None) -> Guard | None:
        """Make the guard of a task from its site's variables; None where the site asks for no approvals of it.

        Raises `ConfigError` when the policy cannot be understood.
        """
        asked = policy.read(variables)
        if asked is None or (mark == "reverses" and not asked.asks_of_deployment(changes_data=True)):
            return None
        return cls(asked, mark, incident, os.environ.get(BREAK_GLASS, "").strip())

    def begin(self) -> None:
        """Read and verify beside what the task does first; nothing is refused before anything is to be done."""
        if self.incident is not None and not self.broken:
            self._pool = ThreadPoolExecutor(1, "approvals")
            self._first = self._pool.submit(self._look, self.incident)

    def end(self) -> None:
        """Leave nothing behind, also when the task had nothing to do."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)
            self._pool = None

    def ask(self, what: str, run: str) -> dict[str, object]:
        """Return the evidence that this act is approved. Raises `RefusedError` with every problem and what to do.

        With the glass broken nothing is asked; the caller puts that on record.
        """
        if self.broken:
            return {"break_glass": self.broken}
        if self.incident is None:
            raise RefusedError(
                f"will not {what}: this site asks for approvals, and no incident was named that could hold them. Start"
                " it with rollback-runner; without it, with RR_INCIDENT=DIRECTORY, or RR_BREAK_GLASS=REASON on record"
            )
        began = time.monotonic()
        self._hear(what, self.incident)
        judged, seen = self._judge(self.incident)
        meant = os.environ.get(PLAN, "")
        if meant and seen.plan.digest and seen.plan.digest != meant and not seen.record.promoted:
            raise RefusedError(
                f"will not {what}: this run began under the plan {meant[:_SHOWN]}, and {seen.plan.digest[:_SHOWN]} was"
                " frozen since. Start a run of its own for it"
            )
        self._same_backup(what, seen.plan)
        closing = self.mark == "closes" and seen.record.promoted
        if not closing:
            self._of_its_kind(what, seen)
        if judged.problems and not closing:
            told = "; ".join(problem.told() for problem in judged.problems)
            raise RefusedError(
                f"will not {what}: not approved (any more): {told}", {"approvals": [p.key for p in judged.problems]}
            )
        declined = "" if closing else decision.refusal(self.incident, seen.plan.digest)
        if declined:
            raise RefusedError(f"will not {what}: {declined}")
        if self.policy.source == AWX and not closing and awx.kept(seen.record.lines, seen.plan.digest, run) is None:
            awx.keep(self.incident, judged, int(os.environ.get(awx.WORKFLOW) or 0), seen.plan.digest, run)
        if seen.begun is None and not closing:
            record.add(self.incident, "begun", plan=seen.plan.digest, act=what, run=run)
        return {"approved": _evidence(judged, seen, round(time.monotonic() - began, 4))}

    def _hear(self, what: str, incident: Path) -> None:
        """Bring here what was signed, taken back or refused on other machines, where the site has a store.

        Raises RefusedError when it is silent, and stopping does no more harm than going on (decision 8).
        """
        if not incidents.store_marker(incident).exists():
            return
        if self.mark == "closes" and record.read(incident).promoted:
            return
        from failback.store import said  # noqa: PLC0415 - nearly no site has one

        try:
            said.hear(incident, os.environ.get("RR_RUN_DIR", ""))
        except FailbackError as error:
            raise RefusedError(
                f"will not {what}: whether it is still approved cannot be known without the store: {error}"
            ) from error

    def _same_backup(self, what: str, plan: PlanFile) -> None:
        """Refuse a backup that nobody signed for: the plan names the one it would restore, by its bytes."""
        planned = (plan.body.get("content", {}).get("backups") or {}).get(self.host) or []
        known = {str(one.get("digest")): str(one.get("name")) for one in planned}
        if self.backup and planned and self.backup not in known:
            told = ", ".join(f"{name} ({digest[:_SHOWN]})" for digest, name in known.items())
            raise RefusedError(
                f"will not {what}: the backup that would be restored on {self.host} is {self.backup[:_SHOWN]}, and the"
                f" plan was signed for {told}. Put that one back, or freeze the plan again and have it signed"
            )

    def _of_its_kind(self, what: str, seen: Seen) -> None:
        """Refuse a plan of the other kind: who signs that a release goes back has not signed that a service is taken.

        Nor the other way round. Raises RefusedError.
        """
        content = seen.plan.body.get("content")
        strategy = content.get("strategy") if isinstance(content, dict) else None
        if strategy is not None and (strategy == RELEASE) != (self.mark == "reverses"):
            raise RefusedError(f"will not {what}: the plan that was signed is one of another kind ({strategy})")

    def _look(self, incident: Path, before: Seen | None = None) -> tuple[Seen, list[Verified]]:
        seen = look.look(incident, self.policy, before)
        running = seen.verification()
        return seen, running.results() if running else []

    def _judge(self, incident: Path) -> tuple[Judged, Seen]:
        before, verified = self._first.result() if self._first else self._look(incident)
        now = look.look(incident, self.policy, before)
        if not now.same_proof(before):
            now, verified = self._look(incident, before)
        return look.conclude(now, verified), now


def promoted(incident: Path, host: str, run: str) -> None:
    """Put on record that IDC takes writes, once: from here on nothing stops what closes RDS."""
    if not record.read(incident).promoted:
        record.add(incident, "promoted", host=host, run=run)


def went_back(incident: Path, host: str, run: str) -> None:
    """Put on record that RDS serves again: whoever begins anew is judged anew, expiry included."""
    if record.read(incident).open:
        record.add(incident, "went_back", host=host, run=run)


def _evidence(judged: Judged, seen: Seen, seconds: float) -> dict[str, object]:
    return {
        "plan": seen.plan.digest[:_SHOWN],
        "by": {one.role: one.statement.principal for one in judged.granted},
        "seconds": seconds,
    }
