"""What people do around the legs: words before prepare, the plan frozen and signed after it, the gate before acts.

In an unattended drill all of it comes from the answers file. Otherwise a run waits (exit 4) after prepare until the
plan is frozen and signed with `plan --freeze` and `approve`, and `resume` goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from failback import incident as incidents
from failback.approval import policy

from rollback_runner.errors import RefusedError
from rollback_runner.people import answers as answering
from rollback_runner.people import approvals
from rollback_runner.plan import drills, frozen
from rollback_runner.plan import whole as plan_whole
from rollback_runner.run.engine import Handover

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rollback_runner.messages import Texts
    from rollback_runner.people.answers import Answers
    from rollback_runner.plan.document import Frozen
    from rollback_runner.plan.ways import Leg
    from rollback_runner.run.engine import Stage
    from rollback_runner.run.options import Options
    from rollback_runner.site.site import Site


@dataclass(frozen=True)
class Around:
    """The people's side of one run."""

    site: Site
    home: Path
    stages: Sequence[Stage]
    answers: Answers
    options: Options
    say: Callable[[str], None]
    texts: Texts
    ask: Callable[[Site, Path, str, Texts], object]
    strategy: str = ""  # what a person chose, "" where nobody did

    def begin(self) -> Options:
        """Open the incident where prepare is to run, say the words of the answers, and pass the gate where it is not.

        Returns the options the run is carried out with. Raises `RefusedError` where the first leg acts and its plan is
        not approved, and `UsageError` for answers by strangers.
        """
        options, legs = self.options, [stage.plan.leg for stage in self.stages]
        answering.check(self.answers, self.site)
        looks = any(leg.phase == "prepare" for leg in legs)
        if looks and not options.check:
            place: Path | None = incidents.begin(self.home, self.site.name)
        else:
            place = incidents.current(self.home, self.site.name)
        options = replace(options, incident=str(place or ""))
        if options.check:
            return options
        if place is not None:
            self._speak(place, "prepare" if looks else "approve")
        if legs[0].destroys:
            approved = self.gate(self.stages)
            options = replace(options, approved_plan=approved.digest if approved else "")
        return options

    def between(self, leg: Leg) -> Handover:
        """Freeze and sign after prepare, pass the gate after approve. Whatever is missing is waited for."""
        left = self.stages[next(n for n, stage in enumerate(self.stages) if stage.plan.leg == leg) + 1 :]
        if self.options.check or not left:
            return Handover()
        try:
            if leg.phase == "prepare":
                return self._freeze()
            if leg.phase == "approve":
                approved = self.gate(left)
                return Handover(approved_plan=approved.digest if approved else "")
        except RefusedError as error:
            return Handover(waiting=f"{error.what} Next: {error.next_step}")
        return Handover()

    def gate(self, ahead: Sequence[Stage]) -> Frozen | None:
        """Return the plan that is approved and still true.

        None where the site asks for no approvals, or the glass is broken. Raises `RefusedError`: nothing destructive
        may begin.
        """
        broken = self.options.break_glass
        if approvals.policy_of(self.site) is None:
            return None
        plan = None if broken else frozen.read(self.site, self.home)
        if plan is None and not broken:
            raise RefusedError(
                f"No plan is frozen for {self.site.name}, so nobody can have approved it.",
                next_step="rollback-runner plan --freeze --as NAME --key FILE; or --break-glass REASON",
            )
        approvals.require(self.site, self.home, plan.digest if plan else "", broken)
        if plan is None:
            return None
        fallen = [change for change in frozen.judge_now(self.site, self.home, ahead) if not change.harmless]
        if fallen:
            told = "; ".join(change.sentence[self.texts.language] for change in fallen)
            raise RefusedError(
                f"The approvals have fallen, for what was signed is not what would be done now: {told}.",
                next_step="rollback-runner plan diff; then plan --freeze, and have it signed again",
            )
        drills.refuse(self.site, self.home, plan, drill=bool(self.options.drill))
        return plan

    def _freeze(self) -> Handover:
        """Freeze the plan with the answers' key and have it signed; without one, wait until people did."""
        place = incidents.current(self.home, self.site.name)
        if approvals.policy_of(self.site) is None or place is None:
            return Handover()
        maker = self.answers.maker
        if maker is None:
            plan = frozen.read(self.site, self.home)
            if plan is None:
                return Handover(waiting=self.texts("handover.freeze"))
            return Handover(approved_plan=plan.digest)
        whole = plan_whole.make(self.site, self.home, strategy=self.strategy)
        meant, fits = self.stages[0].plan.strategy, str(whole.content["strategy"])
        if fits != meant:
            # Nobody chose: the site's usual way is not the one that fits what was found.
            why = self.texts(f"plan.rule.{whole.facts['choice']['rule']}")
            return Handover(waiting=self.texts("handover.strategy", meant=meant, fits=fits, why=why))
        plan = frozen.freeze(self.site, self.home, whole, frozen.Maker(maker.by, str(maker.key), ask=False))
        for one in self.answers.signatures:
            role = next(role for role, item in policy.ITEMS.items() if item == one.item)
            approvals.sign(self.site, self.home, role, one.by, str(one.key), conditions=one.note)
        self._speak(place, "approve")
        return Handover(approved_plan=plan.digest)

    def _speak(self, place: Path, phase: str) -> None:
        self.ask(self.site, place, phase, self.texts)
        for sentence in answering.apply(self.answers, self.site, place, phase).left:
            self.say(sentence)
