"""Facts that people stated, signed or counted, beside what the runs' journals prove. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args

from rollback_runner.checklist import Language
from rollback_runner.messages import Texts
from rollback_runner.record import verdict
from rollback_runner.telling.facts import Fact

if TYPE_CHECKING:
    from failback.people.team import Team

    from rollback_runner.telling.story import RunTold, Story

_BOTH: tuple[Language, ...] = get_args(Language)


def moment(text: str) -> datetime:
    """Read a moment as the record writes it."""
    return datetime.fromisoformat(text).astimezone(UTC)


def of_people(story: Story, team: Team) -> dict[str, Fact | None]:
    """Take what people said of cause, moment and effect, and what was counted of the data at stake."""
    found: dict[str, Fact | None] = {}
    for number, word in story.said:
        if word.kind != "confirm":
            continue
        source = (f"people#{number}",)
        by = {language: team.name(word.by, language) for language in _BOTH}
        if word.item == "SIT-01" and word.details.get("statement"):
            found["cause"] = Fact({"what": str(word.details["statement"]), "by": by}, source)
        elif word.item == "SIT-02" and (word.details.get("moment") or {}).get("utc"):
            found["failed_at"] = Fact(moment(str(word.details["moment"]["utc"])), source)
        elif word.item == "SIT-05" and word.details.get("severity"):
            texts = {language: Texts(language)(f"telling.severity.{word.details['severity']}") for language in _BOTH}
            found["severity"] = Fact({"word": texts, "by": by}, source)
    stakes = {name: fact for name, fact in story.found.items() if name.startswith("stake.") and fact.get("sentence")}
    if stakes:
        sentence = {
            language: "; ".join(str(fact["sentence"].get(language, "")) for fact in stakes.values())
            for language in _BOTH
        }
        found["stake"] = Fact(sentence, tuple(f"facts/{name}" for name in stakes))
    role = team.roles.get("commander")
    if role is not None and role.person:
        found["commander"] = Fact({language: team.name(role.person, language) for language in _BOTH}, ("site",))
    return found


def of_approvals(story: Story, team: Team, run: RunTold | None) -> dict[str, Fact | None]:
    """Name who signed the plan, once the phase that verifies the signatures has passed."""
    plan = str((run.begin.get("options") or {}).get("approved_plan") or "") if run is not None else ""
    passed = next((line for line in story.lines() if line.kind == "leg" and line.get("leg") == "approve"), None)
    if passed is None or passed.get("status") not in verdict.PASSED:
        return {}
    signed = {
        str(one.get("principal")): number
        for number, one in story.approvals
        if one.get("decision") == "approve" and (not plan or one.get("plan") == plan)
    }
    if not signed:
        return {}
    names = {language: ", ".join(team.name(key, language) for key in signed) for language in _BOTH}
    sources = (passed.id, *(f"approvals#{number}" for number in signed.values()))
    return {"signed": Fact({"by": names, "count": len(signed)}, sources)}


def of_metrics(story: Story) -> dict[str, Fact | None]:
    """Take what the newest report holds of the clients' ledger."""
    run = next((one for one in reversed(story.runs) if one.metrics), None)
    if run is None:
        return {}
    source = (f"{run.id}/report",)
    names = {"outage": "write_outage_seconds", "lost": "lost_writes", "acknowledged": "acknowledged_writes"}
    found: dict[str, Fact | None] = {
        name: Fact(run.metrics[key], source)
        for name, key in names.items()
        if isinstance(run.metrics.get(key), int | float)
    }
    if run.metrics.get("lost_writes") == 0:
        found["none_lost"] = Fact(True, source)  # noqa: FBT003 - nothing is missing, and it was counted
    return found


def of_service_level(story: Story) -> dict[str, Fact | None]:
    """Take what was computed of the service level (``facts/sla.json``)."""
    kept = story.found.get("sla")
    if not isinstance(kept, dict) or kept.get("source") not in ("ledger", "balancer"):
        return {}
    source = ("facts/sla",)
    how = {language: Texts(language)(f"telling.source.{kept['source']}") for language in _BOTH}
    more = kept["credit_at_most"] > kept["credit"]
    return {
        "downtime": Fact({"seconds": kept["downtime"], "source": how}, source),
        "service_level": Fact({**kept, "how": how}, source) if "objective" in kept else None,
        "unmeasured": Fact(kept["unknown"], source) if kept["unknown"] > 0 else None,
        "credit_at_most": Fact(kept["credit_at_most"], source) if more else None,
    }
