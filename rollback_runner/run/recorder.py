"""Keeps the record of one run while it goes on, and closes it with the report. It decides nothing about the world."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from failback import journal

from rollback_runner.after import watched
from rollback_runner.deployment import section
from rollback_runner.errors import Exit, RecordError
from rollback_runner.plan import leg as planning
from rollback_runner.plan import ways
from rollback_runner.record import acts, report, store, verdict
from rollback_runner.run import outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback_runner.plan.leg import Plan
    from rollback_runner.plan.ways import Leg
    from rollback_runner.record.acts import Promoted
    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.run.aside import Aside
    from rollback_runner.run.options import Options
    from rollback_runner.screen.live import View
    from rollback_runner.site.site import Site

_BAD = {"failed", "refused", "unreachable", "waiting"}


@dataclass
class Recorder:
    """What is known so far of the run that goes on, and the run it is written to."""

    run: store.Run
    site: Site
    plans: Sequence[Plan]
    options: Options
    epoch: int
    view: View
    aside: Aside
    started: str = field(default_factory=store.now)
    items: list[dict[str, Any]] = field(default_factory=list)
    seen: list[TaskSeen] = field(default_factory=list)
    phases: list[report.PhaseReport] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    stopped_at: str = ""
    task: str = ""

    def begin(self, name: str) -> None:
        """Write what is to be done. Raises `RecordError` when it cannot be kept: nothing was done then."""
        content = {
            "phase": name,
            "site": self.site.name,
            "site_directory": str(self.site.directory),
            "legs": [plan.leg.name for plan in self.plans],
            "strategy": self.plans[0].strategy,
            "plan": planning.whole_digest(self.plans),
            "epoch": self.epoch,
            "options": asdict(self.options),
            "holder": store.holder(),
        }
        self.write("begin", **content)
        store.write_json(self.run, "plan.json", {"plans": [asdict(plan) for plan in self.plans]})
        self.aside.tell(self.run, "run_began")

    def write(self, kind: str, **fields: Any) -> None:
        """Append a line to the journal. Only the first line must succeed."""
        try:
            journal.append(self.run.journal, kind, **fields)
        except journal.JournalError as error:
            if kind == "begin":
                raise RecordError(f"{error}; nothing was done.", next_step=f"df -h {self.run.directory}") from error
            # The plugins write intent and outcome themselves and refuse to act without; our notes may be missing.
            self.view.say(str(error))

    def take(self, event: TaskSeen) -> None:
        """Note one event of the play."""
        self.seen.append(event)
        if event.kind == "task":
            self.task = event.name
            if event.ids:
                self.write("task", task=event.name, play=event.play)
        elif event.kind == "result" and event.outcome in _BAD:
            self.write("failure", task=event.name, host=event.host, outcome=event.outcome, message=event.message)
        self.view.event(event)
        self.aside.saw(self.run, event)
        self.aside.mind_the_time(self.run)

    def tick(self) -> None:
        """Go on while nothing happens: the view, and the time."""
        self.view.tick()
        self.aside.mind_the_time(self.run)

    def promoted(self) -> Promoted:
        """Say whether this run made IDC writable, as its journal tells."""
        return acts.promoted(self.run.entries(), self.site.hosts("databases"))

    def leg_began(self, leg: Leg, budget: float) -> None:
        """Keep alive what goes on beside the run, and tell people; ``budget`` is in seconds."""
        self.write("leg_began", leg=leg.name)
        self.aside.leg_began(leg.name, budget)
        self.aside.keep_alive()
        self.aside.tell(self.run, "leg_began", leg=leg.name)

    def leg_ended(self, plan: Plan, verdicts: Sequence[verdict.ItemVerdict], phase: report.PhaseReport) -> None:
        """Put a leg's end on record."""
        self.aside.leg_ended()
        self.phases.append(phase)
        for item in verdicts:
            hosts = {host.host: host.status for host in item.hosts}
            self.write("item", id=item.id, status=item.status, reason=item.reason, hosts=hosts)
        self.write("leg", leg=plan.leg.name, status=phase.status)
        self.items += report.items_of(verdicts)
        self.aside.tell(self.run, "leg_ended", leg=plan.leg.name, status=phase.status)
        if plan.leg == ways.WATCH and phase.status in verdict.PASSED:
            self.aside.followed_to_the_end()

    def finish(self, last: Leg, status: verdict.Status, word: str) -> dict[str, Any]:
        """Close the record and write the report. `last` is the leg the run ended in."""
        code = (
            Exit.INTERRUPTED if word == "interrupted" else verdict.exit_code("refused" if word == "refused" else status)
        )
        entries = self.run.entries()
        promoted = self.promoted()
        touched = any(entry["kind"] == "intent" for entry in entries)
        self.write("end", status=status, outcome=word, exit_code=int(code))
        plan = next(plan for plan in self.plans if plan.leg == last)
        ended, kind = store.now(), self.options.deployment.get("deployment_kind", "")
        of_release = section.make(
            self.items,
            self.options.deployment,
            began=self.options.command_began or self.started,
            ended=ended,
            proven=word == "proven",
        )
        made = report.Report(
            run=self.run.id,
            site=self.site.name,
            site_title=self.site.titles,
            started=self.started,
            ended=ended,
            seconds=round(sum(phase.seconds for phase in self.phases), 3),
            check=self.options.check,
            status=status,
            outcome=word,
            exit_code=int(code),
            strategy=plan.strategy,
            strategy_reason=plan.reason,
            plan_digest=planning.whole_digest(self.plans),
            approved_plan=self.options.approved_plan,
            break_glass=self.options.break_glass,
            incident=self.options.incident.rpartition("/")[2],
            drill=self.options.drill,
            epoch=self.epoch,
            holder=store.holder(),
            promoted=promoted,
            accepted_loss=self.options.accept_loss,
            forecast=plan.forecast,
            phases=self.phases,
            items=report.merged(self.items),
            failures=self.failures,
            findings=report.findings_of(self.seen),
            stake=report.stake_of(self.items),
            approvals=report.approvals_of(self.items),
            stopped_at=self.stopped_at,
            unfinished_acts=acts.unfinished(entries),
            next_step=outcome.next_step(
                word,
                last,
                promoted,
                touched=touched,
                strategy=plan.strategy,
                kind=kind,
                check=self.options.check,
            ),
            journal=self._journal_head(),
            deployment=of_release,
        )
        content = report.as_dict(made)
        report.write(self.run, content)
        self.aside.tell(self.run, "aborted" if word == "aborted" else "run_ended", status=status)
        self.aside.nothing_unsaid()
        self.aside.retell()
        if not watched.missing([content]):
            self.aside.seal()
        return content

    def _journal_head(self) -> dict[str, Any]:
        end = journal.head(self.run.journal)
        return {"lines": end.lines, "digest": end.digest, "problems": journal.verify(self.run.journal)}
