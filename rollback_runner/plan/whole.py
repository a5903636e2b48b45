"""Makes the whole plan: every leg of the way that the rule or a person picks, with all that is known."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback import project
from failback.approval import canonical

from rollback_runner import __version__
from rollback_runner.content import ROOT
from rollback_runner.plan import content as plan_content
from rollback_runner.plan import drills, site_files, ways
from rollback_runner.plan import facts as plan_facts
from rollback_runner.plan import forecast as plan_forecast
from rollback_runner.plan import leg as planning
from rollback_runner.plan import rule as plan_rule
from rollback_runner.record import store
from rollback_runner.run import ansible_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rollback_runner.plan.leg import Plan
    from rollback_runner.plan.rule import Choice
    from rollback_runner.plan.ways import Leg
    from rollback_runner.site.site import Site

_LEARNT_FROM = 100  # the newest runs that are learnt from
_AROUND = frozenset({"prepare", "approve", "complete", "watch"})


@dataclass(frozen=True)
class Whole:
    """The plan as it would be frozen now: what approvals cover, and what is known beside it."""

    plans: Sequence[Plan]
    content: Mapping[str, Any]
    facts: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """What approvals would sign."""
        return canonical.digest(self.content)


def legs(strategy: str) -> tuple[Leg, ...]:
    """Return the legs that act: what is planned, drilled and approved. Raises `UsageError` for an unknown strategy."""
    return tuple(leg for leg in ways.way(strategy).legs if leg.phase not in _AROUND)


def make(site: Site, home: Path, *, strategy: str = "", plans: Sequence[Plan] = ()) -> Whole:
    """Make the plan. `strategy` is what a person decided, against the rule if need be; `plans` are legs already made.

    Raises `UsageError` when a playbook does not parse, `RefusedError` when what is kept of the incident was changed.
    """
    reports = past_reports(home)
    known = plan_facts.read(incidents.current(home, site.name), reports)
    signals = plan_rule.worst(plan_facts.signals(known, site))
    choice = plan_rule.choose(signals, of_site=site.strategy, asked=strategy)
    made = tuple(plans) or plans_of(site, home, choice.strategy)
    files = project.files(ROOT)
    stake = plan_facts.stake(known)
    findings = plan_facts.findings(known, choice.strategy)
    content = plan_content.make(
        site,
        made,
        backups=plan_facts.backups(known, choice.strategy),
        basis=_basis(stake, choice, findings),
        code=project.digest(files),
        files=site_files.digests(site),
        home=str(home),
    )
    facts = {
        "seen_at": store.now(),
        "seen_by": store.holder(),
        "stake": stake,
        "choice": asdict(choice),
        "findings": findings,
        "forecast": plan_forecast.make(made, reports, drills.sites(site)).as_dict(),
        "drill": drills.as_dict(drills.owed(site, home, content)),
        "way_back": drills.as_dict(drills.way_back(site, home, choice.strategy)),
        "files": files,
        "people": plan_content.people(site),
        "software": __version__,
        "home": str(home),
        "directory": str(site.directory),
    }
    return Whole(made, content, plan_content.plain(facts))


def plans_of(site: Site, home: Path, strategy: str) -> tuple[Plan, ...]:
    """Make the plans of the strategy's legs."""
    mine = legs(strategy)
    listed = ansible_run.list_all([ROOT / "playbooks" / leg.playbook for leg in mine], site.directory)
    return tuple(
        planning.make(site, leg, steps, home=str(home), strategy=strategy)
        for leg, steps in zip(mine, listed, strict=True)
    )


def past_reports(home: Path) -> list[dict[str, Any]]:
    """Read the reports of the newest runs, the newest first."""
    return [found for run in store.all_runs(home)[:_LEARNT_FROM] if (found := run.read_report()) is not None]


def _basis(stake: Mapping[str, Any], choice: Choice, findings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what was known and decides: who approves leans on it, so it is in the content and not beside it."""
    return {
        "stake": {host: {"savable": one["savable"], "ddl": sorted(one["ddl"])} for host, one in stake.items()},
        "rule_says": choice.rule_says,
        "blockers": sorted(one["key"] for one in findings if one["severity"] == "blocker"),
    }
