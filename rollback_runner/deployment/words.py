"""Sentences on a release's rollback, in the language that is asked for. Pure: facts in, words out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rollback_runner.deployment.facts import Facts
    from rollback_runner.messages import Texts

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def move(facts: Facts, texts: Texts) -> str:
    """Say from where to where production goes, and what becomes of the database."""
    plan: Mapping[str, Any] = facts.plan or {}
    values = {"app": plan.get("application", "-"), "source": plan.get("from") or "-", "to": plan.get("to") or "-"}
    return texts(f"deployment.move.{plan.get('kind', 'rollback')}", **values, database=strategy(facts, texts))


def strategy(facts: Facts, texts: Texts) -> str:
    """Say what becomes of the database."""
    if facts.choice is None and facts.gate is None:
        return texts("deployment.strategy.no_database")
    return texts(f"deployment.strategy.{facts.strategy}")


def loss(facts: Facts, texts: Texts) -> str:
    """Say what the chosen way loses, in one line."""
    choice: Mapping[str, Any] = facts.choice or {}
    mine = next((one for one in choice.get("options", ()) if one["strategy"] == facts.strategy), None)
    if mine is not None and said(mine.get("said"), texts):
        return said(mine["said"], texts)
    lost = "; ".join(each(choice.get("loses", ()), texts))
    return texts("deployment.loses", what=lost) if lost else texts("deployment.loses_nothing")


def each(losses: Iterable[Mapping[str, Any]], texts: Texts) -> list[str]:
    """Say each loss with its figures."""
    return [said(one.get("said"), texts) or str(one.get("object", "")) for one in losses]


def said(value: object, texts: Texts) -> str:
    """Take the sentence of the language where there are two."""
    if isinstance(value, dict):
        return str(value.get(texts.language) or value.get("en") or "").strip()
    return str(value or "").strip()


def why(found: Mapping[str, Any], texts: Texts) -> str:
    """Take the reason (`why`, and `why_ko` beside it) in the language that is asked for."""
    return said({"en": found.get("why"), "ko": found.get("why_ko")}, texts)


def spoken(text: str, korean: Mapping[str, str], language: str) -> str:
    """Say in the language that is asked for what a task told in English, whole or as a part of a sentence."""
    if language != "ko" or not korean:
        return text
    for english in sorted(korean, key=len, reverse=True):
        text = text.replace(english, korean[english])
    return text


def of_report(text: str, report: Mapping[str, Any], language: str) -> str:
    """Say it as `spoken` does, with what a run's report has in both languages."""
    return spoken(text, (report.get("deployment") or {}).get("korean") or {}, language)


def age(moment: str, now: datetime, texts: Texts) -> str:
    """Say how long ago a moment (ISO 8601) was; "-" where it is not known."""
    try:
        then = datetime.fromisoformat(moment)
    except ValueError:
        return "-"
    seconds = (now - (then if then.tzinfo else then.replace(tzinfo=UTC))).total_seconds()
    for size, name in ((_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes")):
        if seconds >= size:
            return texts(f"deployment.age.{name}", count=int(seconds // size))
    return texts("deployment.age.now")


def clock(moment: str) -> str:
    """Write a moment short, in UTC; "-" where it is not known."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M}Z"
    except ValueError:
        return "-"
