"""The whole plan as a commander reads it in a minute: one or two screens of text, the gravest first.

Lines are made here and coloured where they are printed: a line is its text and a style's name, or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.cells import set_cell_size

from rollback_runner import checklist, korean, messages, next_steps
from rollback_runner.plan import leg as planning
from rollback_runner.plan import undo as plan_undo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from failback.drills.debt import Debt
    from failback.drills.history import Past

    from rollback_runner.checklist import Language
    from rollback_runner.messages import Texts
    from rollback_runner.plan.changes import Change
    from rollback_runner.plan.document import Frozen
    from rollback_runner.plan.leg import Plan
    from rollback_runner.plan.whole import Whole

_MOST_DRILLS = 20
_MOST = 8  # findings of one severity on the screen; the rest is counted


@dataclass(frozen=True)
class Line:
    """One line; `style` is `head`, `bad`, `warn`, `good` or nothing."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Missing:
    """A word that is missing, and the command that gives it."""

    what: str
    command: str


@dataclass(frozen=True)
class Shown:
    """What is shown: the plan as it is now, the frozen one if there is one, and what changed since."""

    title: str
    whole: Whole
    frozen: Frozen | None
    changes: Sequence[Change]
    missing: Sequence[Missing]


def lines(shown: Shown, language: Language) -> list[Line]:
    """Write the plan."""
    texts = messages.Texts(language)
    facts = shown.whole.facts
    return [
        *_head(shown, texts),
        *_stake(facts["stake"], texts),
        *_way(facts["choice"], texts),
        *_legs(shown.whole.plans, facts["forecast"], texts),
        *_back(facts, texts),
        *_findings(facts["findings"], texts),
        *_drill(facts["drill"], texts),
        *_approvals(shown, texts),
    ]


def _head(shown: Shown, texts: Texts) -> Iterator[Line]:
    frozen = shown.frozen
    yield Line(texts("whole.title", site=shown.title), "head")
    if frozen is None:
        yield Line("  " + texts("whole.draft", digest=shown.whole.digest[:12]), "warn")
        return
    yield Line("  " + texts("whole.frozen", at=frozen.made_at[:19], by=frozen.made_by, digest=frozen.digest[:12]))
    falls = [change for change in shown.changes if not change.harmless]
    if falls:
        yield Line("  " + texts("whole.moved", count=len(falls)), "bad")
        yield from (Line(f"    - {change.sentence[texts.language]}", "bad") for change in falls[:_MOST])
    elif shown.changes:
        yield Line("  " + texts("whole.moved_harmless", count=len(shown.changes)))
    else:
        yield Line("  " + texts("whole.unmoved"), "good")


def _stake(stake: Mapping[str, Any], texts: Texts) -> Iterator[Line]:
    yield Line(texts("whole.stake"), "head")
    if not stake:
        yield Line("  " + texts("whole.stake_unknown"), "bad")
    for host, found in stake.items():
        yield Line(f"  {host}: {found['sentence'][texts.language]}")
        style = {"all": "good", "part": "bad", "nothing": "bad"}.get(found["savable"], "warn")
        yield Line(f"    {found['verdict'][texts.language]}", style)
        if found["ddl"]:
            yield Line("    " + texts("whole.ddl", count=len(found["ddl"]), first=found["ddl"][0]), "warn")


def _way(choice: Mapping[str, Any], texts: Texts) -> Iterator[Line]:
    reason = texts("plan.rule.of_person") if choice["by"] == "person" else texts(f"plan.rule.{choice['rule']}")
    yield Line(texts("whole.way", way=choice["strategy"]), "head")
    yield Line(f"  {reason}")
    for side, why in choice["signals"]["why"].items():
        if why:
            yield Line(f"  {'IDC' if side == 'idc' else 'RDS'}: {why}")
    if choice["by"] == "person":
        told = texts(f"plan.rule.{choice['rule']}")
        kind = "whole.rule_says" if choice["rule_says"] else "whole.rule_unknown"
        yield Line("  " + texts(kind, way=choice["rule_says"], reason=told), "warn")


def _legs(plans: Sequence[Plan], forecast: Mapping[str, Any], texts: Texts) -> Iterator[Line]:
    yield Line(texts("whole.steps"), "head")
    ahead = {leg["name"]: leg for leg in forecast["legs"]}
    for plan in plans:
        spread = ahead[plan.leg.name]["spread"]
        took = texts("whole.no_forecast") if spread is None else texts("whole.forecast", **spread)
        yield Line(f"  {texts(f'phase.{plan.leg.name}')}: {_counts(plan, texts)}; {took}")
        yield from _items(plan, texts)
    for phase in forecast["phases"]:
        late = phase["p50"] is not None and phase["late"]
        kind = "whole.phase_unknown" if phase["p50"] is None else "whole.phase_late" if late else "whole.phase"
        values = {key: phase[key] or 0 for key in ("p50", "p90", "budget")}
        yield Line("  " + texts(kind, phase=texts(f"phase.{phase['phase']}"), **values), "bad" if late else "")
        if late:
            yield Line("    " + texts(f"whole.contingency.{phase['phase']}"), "warn")
    if forecast["p50"] is not None:
        yield Line("  " + texts("whole.in_all", p50=forecast["p50"], p90=forecast["p90"]))


def _counts(plan: Plan, texts: Texts) -> str:
    acting = sum(planning.acts(step) for step in plan.steps)
    return texts("whole.counts", items=len(plan.items), acts=acting, looks=len(plan.steps) - acting)


def _items(plan: Plan, texts: Texts) -> Iterator[Line]:
    """Name the items that act in the order they are worked on, broken by the point of no return."""
    told: set[str] = set()
    again: list[str] = []
    for step in plan.steps:
        if plan.point_of_no_return and step.name == plan.point_of_no_return:
            yield from _row(again, texts)
            again = []
            yield Line("    >>> " + texts("whole.point", step=step.name, hosts=step.hosts), "bad")
        for name in step.ids if planning.acts(step) else ():
            if name not in told:
                yield Line(f"    {name:<10} {checklist.item(name).title(texts.language)}")
            elif name not in again and plan.point_of_no_return not in {"", step.name}:
                again.append(name)
            told.add(name)
    yield from _row([name for name in again if name in told], texts)


def _row(named: Sequence[str], texts: Texts) -> Iterator[Line]:
    if named:
        yield Line("    " + texts("whole.again", items=", ".join(named)))


def _back(facts: Mapping[str, Any], texts: Texts) -> Iterator[Line]:
    back = facts["way_back"]
    yield Line(texts("whole.back"), "head")
    yield Line("  " + texts("whole.back_before"))
    yield Line("  " + texts("whole.back_after"))
    kind = "whole.back_held" if back["state"] == "held" else "whole.back_owed" if back["run"] else "whole.back_never"
    yield Line("  " + texts(kind, run=back["run"], days=back["days"]), "" if back["state"] == "held" else "warn")


def _findings(found: Sequence[Mapping[str, Any]], texts: Texts) -> Iterator[Line]:
    counts = {name: sum(one["severity"] == name for one in found) for name in ("blocker", "warning", "note")}
    style = "bad" if counts["blocker"] else "warn" if counts["warning"] else "good"
    yield Line(texts("report.findings_count", **counts), style if found else "good")
    for severity, style in (("blocker", "bad"), ("warning", "warn")):
        mine = [one for one in found if one["severity"] == severity]
        for one in mine[:_MOST]:
            yield Line(
                f"  {texts(f'severity.{severity}')}: {korean.said(one['sentence'][texts.language], texts.language)}",
                style,
            )
            if one["next_step"] and severity == "blocker":
                yield Line(f"    {next_steps.complete(korean.said(one['next_step'], texts.language))}")
        if len(mine) > _MOST:
            yield Line("  " + texts("whole.more", count=len(mine) - _MOST))


def _drill(found: Mapping[str, Any], texts: Texts) -> Iterator[Line]:
    style = "good" if found["state"] == "held" else "warn"
    yield Line(texts("whole.drill"), "head")
    yield Line("  " + texts(f"drill.{found['state']}", run=found["run"], days=found["days"]), style)


def _approvals(shown: Shown, texts: Texts) -> Iterator[Line]:
    yield Line(texts("whole.approvals"), "head")
    if shown.frozen is None:
        yield Line("  " + texts("whole.freeze_first"), "warn")
        return
    if any(not change.harmless for change in shown.changes):
        yield Line("  " + texts("whole.fallen"), "bad")
        return
    if not shown.missing:
        yield Line("  " + texts("whole.approved"), "good")
    for one in shown.missing:
        yield Line(f"  {one.what}: {one.command}", "warn")


def steps(plans: Sequence[Plan], language: Language, *, everything: bool) -> Iterator[Line]:
    """Write every step that acts (or every step): what it touches, and how it is taken back."""
    texts = messages.Texts(language)
    leg = ""
    for one in plan_undo.steps(plans):
        if one.leg != leg:
            leg = one.leg
            yield Line(texts(f"phase.{leg}"), "head")
        if one.moment == "point":
            yield Line("  >>> " + texts("whole.point", step=one.step.name, hosts=one.step.hosts), "bad")
        if not (one.acts or everything):
            continue
        ids = ", ".join(one.step.ids)
        yield Line(f"  {ids + ' | ' if ids else ''}{one.step.name} ({one.step.hosts})")
        if one.acts:
            yield Line("    " + texts("whole.touches", what=" ".join(one.touches(language)) or "-"))
            undo = " ".join(one.undo(language)) if one.moment == "before" else texts("whole.no_undo")
            yield Line("    " + texts("whole.undo", how=undo or texts("whole.undo_unknown")))


def items(plans: Sequence[Plan], language: Language) -> Iterator[Line]:
    """Write the items of each leg with their titles and hosts."""
    texts = messages.Texts(language)
    for plan in plans:
        yield Line(texts(f"phase.{plan.leg.name}"), "head")
        for item in plan.items:
            where = item.excused or ", ".join(item.hosts)
            yield Line(f"  {item.id:<10} {checklist.item(item.id).title(language)} ({where})")


def drills(past: Sequence[Past], each: Sequence[Debt], back: Debt, texts: Texts, site: str) -> Iterator[Line]:
    """Write the history of drills and what is owed."""
    yield Line(texts("drills.debt"), "head")
    for one in each:
        yield Line(f"  {set_cell_size(one.strategy, 14)} {_owed(one, texts)}", "good" if one.held else "warn")
    yield Line(f"  {set_cell_size(texts('drills.back'), 14)} {_owed(back, texts)}", "good" if back.held else "warn")
    if not past:
        yield Line(texts("drills.none", site=site))
    for run in past[:_MOST_DRILLS]:
        result = texts("drills.passed") if run.passed else run.outcome
        outage = texts("drills.outage", seconds=run.outage) if run.outage is not None else ""
        parts = [f"{run.ended:%Y-%m-%d %H:%M}Z", f"{run.site}/{run.drill}", run.strategy, result]
        parts += [f"{run.seconds:.0f} s", outage, texts("drills.open", count=run.open_findings), run.run]
        yield Line("  " + "  ".join(part for part in parts if part), "" if run.passed else "bad")


def _owed(one: Debt, texts: Texts) -> str:
    return texts(f"drill.{one.state}", run=one.past.run if one.past else "", days=one.days)
