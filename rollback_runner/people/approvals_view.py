"""Writes for people what a signature would be under, and who signed so far."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from failback.approval import record
from failback.approval.judge import SHOWN
from failback.approval.sentences import ROLES
from failback.approval.statement import REVOKE, moment_text

from rollback_runner import korean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from failback.approval.words import Problem

    from rollback_runner.messages import Texts
    from rollback_runner.people.approvals import Standing

_MOST = 8  # findings shown before a signature; the plan has all of them
_SHOWN_SEVERITIES = ("blocker", "warning")


def title(role: str, texts: Texts) -> str:
    """Name a role."""
    return ROLES[role][texts.language]


def head(found: Standing, role: str, conditions: str, texts: Texts) -> str:
    """Write the head of the plan: what a person must have read before signing."""
    body = found.seen.plan.body
    facts = _mapping(body.get("facts"))
    lines = [
        texts("approve.title", role=title(role, texts), site=found.policy.site),
        "  " + texts("approve.strategy", strategy=body.get("strategy", "-")),
        *(f"  {line}" for line in _stake(_mapping(facts.get("stake")), texts)),
        *(f"  {line}" for line in _findings(facts.get("findings"), texts)),
        "  " + texts("approve.maker", maker=found.seen.plan.maker, at=body.get("made_at", "-")),
        "  " + texts("approve.digest", digest=found.seen.plan.digest),
    ]
    if conditions:
        lines.append("  " + texts("approve.conditions", conditions=conditions))
    return "\n".join(lines)


def status(found: Standing, texts: Texts) -> str:
    """Write who signed, until when, what is missing with the command to give, and what is on record."""
    plan, judged = found.seen.plan, found.judged
    place = {"site": found.policy.site, "incident": found.incident.name}
    if plan.digest:
        lines = [texts("approvals.title", digest=plan.digest[:SHOWN], maker=plan.maker or "-", **place)]
    else:
        lines = [texts("approvals.no_plan", **place)]
    for one in judged.granted:
        said = one.statement
        times = {"made": moment_text(said.made_at), "until": moment_text(said.expires_at or said.made_at)}
        lines.append(texts("approvals.given", role=title(one.role, texts), person=said.principal, **times))
        if said.conditions:
            lines.append(texts("approvals.conditions", conditions=said.conditions))
    for problem in judged.problems:
        told = _spoken(problem, texts)
        lines.append(f"  {told.sentence(texts.language)}")
        lines.append(texts("approvals.next", step=told.next_step(texts.language)))
    told_beside = [_spoken(one, texts).sentence(texts.language) for one in judged.remarks]
    lines += [texts("approvals.remark", sentence=one) for one in told_beside]
    if judged.good:
        lines.append(texts("approvals.good"))
    if found.seen.begun is not None:
        lines.append(texts("approvals.begun", at=moment_text(found.seen.begun)))
    history = list(_history(found, texts))
    return "\n".join([*lines, *([texts("approvals.record"), *history] if history else [])])


def _stake(stake: Mapping[str, Any], texts: Texts) -> Iterator[str]:
    for host, told in sorted(stake.items()):
        sentence = _said(_mapping(told).get("sentence"), texts)
        verdict = _said(_mapping(told).get("verdict"), texts)
        both = " ".join(part for part in (sentence, "" if verdict == sentence else verdict) if part)
        yield texts("approve.stake", host=host, sentence=both or "-")
    if not stake:
        yield texts("approve.no_stake")


def _findings(given: object, texts: Texts) -> Iterator[str]:
    found = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    count = {
        severity: sum(one.get("severity") == severity for one in found) for severity in ("blocker", "warning", "note")
    }
    yield texts("approve.findings", blockers=count["blocker"], warnings=count["warning"], notes=count["note"])
    grave = [one for one in found if one.get("severity") in _SHOWN_SEVERITIES]
    for one in grave[:_MOST]:
        severity = texts(f"approve.severity.{one['severity']}")
        yield f"  {severity}: {_said(one.get('sentence'), texts)}"
    if len(grave) > _MOST:
        yield "  " + texts("approve.more", count=len(grave) - _MOST)


def _history(found: Standing, texts: Texts) -> Iterator[str]:
    for said in found.seen.statements:
        yield texts(
            f"approvals.line.{said.decision}",
            made=moment_text(said.made_at),
            person=said.principal,
            digest=said.plan[:SHOWN],
            role=title(said.role, texts) if said.role in ROLES else said.role,
            until=moment_text(said.expires_at) if said.decision != REVOKE and said.expires_at else "-",
            conditions=said.conditions,
        )
    for line in found.seen.record.lines:
        if line["kind"] == "break_glass":
            when = record.moment_of(line)
            made = moment_text(when) if when else "-"
            yield texts("approvals.glass", made=made, by=line.get("by", "-"), reason=line.get("reason", "-"))


def _spoken(problem: Problem, texts: Texts) -> Problem:
    """Say its reasons in the language, too: they are sentences of their own."""
    return replace(problem, values={name: korean.said(value, texts.language) for name, value in problem.values.items()})


def _said(value: object, texts: Texts) -> str:
    """Take the sentence of the language where there are two."""
    if isinstance(value, dict):
        return str(value.get(texts.language) or value.get("en") or "")
    return korean.said(str(value or ""), texts.language)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
