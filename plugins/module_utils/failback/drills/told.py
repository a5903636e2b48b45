"""Drill debt as findings: what is owed, how grave it is at this site, and the command that pays it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.findings import Finding

if TYPE_CHECKING:
    from failback.drills.debt import Debt
    from failback.findings import Severity

# The lab's drill of each strategy.
SCENARIOS = {"switch-first": "plain", "restore-first": "full_data_lost", "stop-first": "full_rds_corrupt"}
_WAY_BACK = (
    "go back once in the lab: rollback-runner phase emergency there, stop it before the promotion, then rollback-runner"
    " abort"
)


def of_plan(debt: Debt, *, critical: bool, excused: str = "") -> list[Finding]:
    """Tell what the plan's drill left open. `excused` says why a missing drill does not stop this run."""
    found: list[Finding] = []
    if not debt.held:
        grave: Severity = "blocker" if critical else "warning"
        severity: Severity = "note" if excused == "drill" else "warning" if excused else grave
        pay = f"rollback-runner drill {SCENARIOS.get(debt.strategy, '')}".strip()
        found.append(Finding(severity, f"drill:{debt.strategy}:{debt.state}", _sentence(debt), pay))
    elif debt.past is not None and debt.past.open_findings:
        sentence = f"the drill {debt.past.run} passed and left {debt.past.open_findings} findings behind"
        found.append(
            Finding("note", f"drill:{debt.strategy}:findings", sentence, f"rollback-runner report {debt.past.run}")
        )
    return found


def of_way_back(debt: Debt, *, excused: str = "") -> list[Finding]:
    """Tell whether going back was rehearsed. Never a blocker: going forward is sound without it."""
    if debt.held:
        return []
    sentences = {
        "never": "going back (playbooks/abort.yml) was never carried out here or in the lab",
        "other_code": "going back was done with other code, or without a frozen plan: {run}, {days:.0f} days ago",
        "stale": "going back was last carried out {days:.0f} days ago ({run})",
        "ahead": "the last going back ({run}) is dated in the future: one of the clocks is wrong",
        "doubtful": "the record of the last going back ({run}) cannot be leant on: {doubt}",
    }
    run = debt.past.run if debt.past else ""
    sentence = sentences[debt.state].format(run=run, days=debt.days, doubt=debt.doubt)
    return [Finding("note" if excused == "drill" else "warning", f"way_back:{debt.state}", sentence, _WAY_BACK)]


def _sentence(debt: Debt) -> str:
    sentences = {
        "never": "the strategy {way} was never drilled",
        "other_code": "{way} was drilled with other code only, or without a frozen plan: {run}, {days:.0f} days ago",
        "part": "only parts of the strategy {way} were drilled: {run}",
        "failed": "the newest drill of this plan did not pass: {run} ended {outcome}",
        "stale": "the newest passed drill of this plan is {days:.0f} days old: {run}",
        "ahead": "the newest drill of this plan is dated in the future: {run}; one of the clocks is wrong",
        "doubtful": "the record of the newest drill of this plan cannot be leant on: {run}: {doubt}",
    }
    run, outcome = (debt.past.run, debt.past.outcome) if debt.past else ("", "")
    return sentences[debt.state].format(way=debt.strategy, run=run, days=debt.days, outcome=outcome, doubt=debt.doubt)
