"""The plan of a release's rollback as people freeze and sign it: what was looked at, with the site and the code.

It has the form of every frozen plan, so approvals, their revocation and the guard at the act work on it as they do on
the others. What is particular to it stands under `deployment`: the plan of failback.deployment.plan and its digest,
which is what a person confirms where no signatures are asked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from failback import project
from failback.deployment import plan as plans

from rollback_runner import __version__, messages
from rollback_runner.content import ROOT
from rollback_runner.deployment import words
from rollback_runner.people import approvals
from rollback_runner.plan import content as plan_content
from rollback_runner.plan import drills, site_files, ways
from rollback_runner.plan import forecast as plan_forecast
from rollback_runner.plan import leg as planning
from rollback_runner.plan import whole as plan_whole
from rollback_runner.record import store
from rollback_runner.run import ansible_run
from rollback_runner.site import parts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from failback.findings import Finding

    from rollback_runner.checklist import Language
    from rollback_runner.deployment.facts import Facts
    from rollback_runner.deployment.look import Looked
    from rollback_runner.plan.leg import Plan
    from rollback_runner.plan.whole import Whole
    from rollback_runner.site.site import Site

    _Findings = list[Finding]

_NO_DRILL = {"strategy": ways.DEPLOYMENT_WAY.strategy, "state": "none", "run": "", "days": 0, "doubt": ""}


def narrowed(site: Site, application: str) -> Site:
    """Return the site with this application alone: the others are none of this run's business."""
    return replace(site, groups={**site.groups, parts.APPLICATIONS: (application,)})


def of_leg(site: Site, home: Path, application: str) -> Plan:
    """Make the plan of the leg. Raises `UsageError` when the playbook does not parse."""
    one = narrowed(site, application)
    steps = ansible_run.list_steps(ROOT / "playbooks" / ways.DEPLOYMENT.playbook, site.directory)
    return planning.make(one, ways.DEPLOYMENT, steps, home=str(home), strategy=ways.DEPLOYMENT_WAY.strategy)


def make(site: Site, home: Path, looked: Looked) -> Whole:
    """Make the whole plan of what was looked at. Raises `RefusedError` as `Looked.need` does."""
    looked.need()
    leg = of_leg(site, home, looked.wish.application)
    files = project.files(ROOT)
    content = plan_content.make(
        narrowed(site, looked.wish.application),
        (leg,),
        backups={},
        basis={"stake": {}, "rule_says": "", "blockers": []},
        code=project.digest(files),
        files=site_files.digests(site),
        home=str(home),
    )
    content["deployment"] = plan_content.plain({"plan": looked.facts.plan, "digest": looked.facts.digest})
    reports = plan_whole.past_reports(home)
    facts = {
        "seen_at": store.now(),
        "seen_by": store.holder(),
        "stake": {looked.wish.application: _stake(looked)},
        "choice": {"strategy": ways.DEPLOYMENT_WAY.strategy, "rule_says": "", "rule": "", "by": "person"},
        "findings": [],
        "forecast": plan_forecast.make((leg,), reports, drills.sites(site)).as_dict(),
        "drill": _NO_DRILL,
        "way_back": _NO_DRILL,
        "files": files,
        "people": plan_content.people(site),
        "software": __version__,
        "home": str(home),
        "directory": str(site.directory),
    }
    return plan_whole.Whole((leg,), content, plan_content.plain(facts))


def asks_for_approvals(site: Site, facts: Facts) -> bool:
    """Tell whether this rollback needs signatures here. Raises `UsageError` when the site's rule is not clear."""
    asked = approvals.policy_of(site)
    return asked is not None and asked.asks_of_deployment(changes_data=facts.changes_data)


def same_or_rest(kept: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Tell whether today's content is what was frozen, or what is left of it after a run that was cut off. Pure."""
    then, today = kept.get("deployment") or {}, now.get("deployment") or {}
    if then == today:
        return True
    return bool(then) and bool(today) and plans.rest_of(then["plan"], today["plan"])


def _stake(looked: Looked) -> dict[str, Any]:
    """Say in a sentence what would be done and what it loses: who signs reads this above the digest."""
    told: dict[Language, str] = {}
    lost: dict[Language, str] = {}
    for language in ("en", "ko"):
        texts = messages.Texts(language)
        told[language] = words.move(looked.facts, texts)
        lost[language] = words.loss(looked.facts, texts)
    savable = "part" if (looked.facts.choice or {}).get("loses") else "all"
    return {
        "sentence": told,
        "verdict": lost,
        "savable": savable,
        "rows": 0,
        "ddl": [],
    }
