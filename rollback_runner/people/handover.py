"""What people do around the legs: words before prepare, the plan frozen and signed after it, the gate before acts.

In an unattended drill all of it comes from the answers file. Otherwise a run waits (exit 4) after prepare until the
plan is frozen and signed with `plan --freeze` and `approve`, and `resume` goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from failback import incident as incidents
from failback.approval import policy
from failback.errors import FailbackError
from failback.people import decision

from rollback_runner.errors import RefusedError, RunnerError
from rollback_runner.people import answers as answering
from rollback_runner.people import approvals
from rollback_runner.plan import drills, frozen, ways
from rollback_runner.plan import whole as plan_whole
from rollback_runner.run.engine import Handover
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollback_runner.messages import Texts
    from rollback_runner.people.answers import Answers
    from rollback_runner.plan.document import Frozen
    from rollback_runner.plan.ways import Leg
    from rollback_runner.run.engine import Stage
    from rollback_runner.run.options import Options
    from rollback_runner.site.site import Site

# What is said about these is said once IDC serves.
_AFTERWARDS = (ways.COMPLETE, ways.WATCH)


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
        """Open the incident where prepare is to run or the glass is broken, say the answers' words, else pass the gate.

        Returns the options the run is carried out with. Raises `RefusedError` where the first leg acts and its plan is
        not approved, and `UsageError` for answers by strangers.
        """
        options, legs = self.options, [stage.plan.leg for stage in self.stages]
        answering.check(self.answers, self.site)
        looks = any(leg.phase == "prepare" for leg in legs)
        if options.incident and Path(options.incident).is_dir():
            place: Path | None = Path(options.incident)  # that of the run which is resumed, closed or not
        else:
            place = incidents.current(self.home, self.site.name)
            if place is None and (looks or options.break_glass) and not options.check:
                # Also who breaks the glass is followed and told of; prepare, which opens it else, was left out then.
                place = incidents.begin(self.home, self.site.name)
                options = replace(options, incident_is_ours=not looks)
        options = replace(options, incident=str(place or ""))
        if options.check:
            return options
        if place is not None:
            self._speak(place, legs[0].phase if looks or legs[0] in _AFTERWARDS else "approve")
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
            # Where this leg closed RDS, a no would open it again: what was approved is then carried on with.
            if left[0].plan.leg.destroys and not leg.goes_back:
                approved = self.gate(left)
                return Handover(approved_plan=approved.digest if approved else "")
            place = incidents.current(self.home, self.site.name)
            if left[0].plan.leg in _AFTERWARDS and place is not None:
                self._speak(place, left[0].plan.leg.phase)
        except RunnerError as error:
            return Handover(waiting=f"{error.what} Next: {error.next_step}")
        except FailbackError as error:
            return Handover(waiting=str(error))
        return Handover()

    def gate(self, ahead: Sequence[Stage]) -> Frozen | None:
        """Return the plan that is approved and still true.

        None where the site asks for no approvals, or the glass is broken. Raises `RefusedError`: nothing destructive
        may begin.
        """
        broken = self.options.break_glass
        if approvals.policy_of(self.site) is None or self._only_forward(ahead):
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
        declined = decision.refusal(incidents.current(self.home, self.site.name), plan.digest)
        if declined:
            raise RefusedError(
                f"Nothing begins under this plan. {declined}.",
                next_step="rollback-runner confirm APPROVE-04 --as NAME once it may; or a new plan: plan --freeze",
            )
        self._loss_was_signed(plan)
        fallen = [change for change in frozen.judge_now(self.site, self.home, self._anew(ahead)) if not change.harmless]
        if fallen:
            told = "; ".join(change.sentence[self.texts.language] for change in fallen)
            raise RefusedError(
                f"The approvals have fallen, for what was signed is not what would be done now: {told}.",
                next_step="rollback-runner plan diff; then rollback-runner plan --freeze, and have it signed again",
            )
        drills.refuse(self.site, self.home, plan, drill=bool(self.options.drill))
        return plan

    def _freeze(self) -> Handover:
        """Freeze the plan with the answers' key and have it signed; without one, wait until people did."""
        place = incidents.current(self.home, self.site.name)
        if approvals.policy_of(self.site) is None or place is None:
            return Handover()
        maker = self.answers.maker
        if maker is None or not self.options.drill:
            # In earnest nobody freezes or signs a plan that people have not seen.
            seen = frozen.read(self.site, self.home) is not None
            return Handover() if seen else Handover(waiting=self.texts("handover.freeze"))
        whole = plan_whole.make(self.site, self.home, strategy=self.strategy)
        meant, fits = self.stages[0].plan.strategy, str(whole.content["strategy"])
        if fits != meant:
            # Nobody chose: the site's usual way is not the one that fits what was found.
            why = self.texts(f"plan.rule.{whole.facts['choice']['rule']}")
            return Handover(waiting=self.texts("handover.strategy", meant=meant, fits=fits, why=why))
        frozen.freeze(self.site, self.home, whole, frozen.Maker(maker.by, str(maker.key), ask=False))
        for one in self.answers.signatures:
            role = next(role for role, item in policy.ITEMS.items() if item == one.item)
            approvals.sign(self.site, self.home, role, one.by, str(one.key), conditions=one.note)
        self._speak(place, "approve")
        return Handover()

    def _only_forward(self, ahead: Sequence[Stage]) -> bool:
        """Tell whether IDC was opened by the run that is resumed: nothing may stop the way forward then.

        A restore is no part of it, whatever the record says.
        """
        restores = any(stage.plan.leg.name == "full:restore" for stage in ahead)
        return self.options.promoted_before in {"yes", "begun"} and not restores

    def _loss_was_signed(self, plan: Frozen) -> None:
        """Refuse an accepted loss under a plan whose signers were told that nothing is lost."""
        stake = plan.content["basis"]["stake"].values()
        if self.options.accept_loss and stake and all(one["savable"] == "all" for one in stake):
            raise RefusedError(
                "A loss is accepted (--accept-loss), and the plan that was signed says that all can be saved.",
                next_step="rollback-runner phase prepare, rollback-runner plan --freeze, and have it signed; or"
                " --break-glass REASON",
            )

    def _anew(self, ahead: Sequence[Stage]) -> list[Stage]:
        """Read site and playbooks again: what was signed is compared with what lies there now, not at the start."""
        site = sites.load(str(self.site.directory))
        names = {stage.plan.leg.name: stage for stage in ahead}
        plans = plan_whole.plans_of(site, self.home, ahead[0].plan.strategy)
        return [replace(names[plan.leg.name], plan=plan) for plan in plans if plan.leg.name in names]

    def _speak(self, place: Path, phase: str) -> None:
        self.ask(self.site, place, phase, self.texts)
        for sentence in answering.apply(self.answers, self.site, place, phase).left:
            self.say(sentence)
