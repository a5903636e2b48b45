"""The questions AWX asks before a launch, each in English and Korean. Pure.

The names of the variables are fixed: jobs, the command and other programs send them. AWX knows no yes-or-no question,
and at a launch through its API a default answers for nobody, so whatever has a default is not required.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback_runner.plan import ways

if TYPE_CHECKING:
    from rollback_runner.messages import Texts

CONFIRM = "rr_confirm_site"
_LONGEST = 400
_DATABASE = ("nothing", "compatible", "reversal", "restore", "forward")


def of_leg(site: str, both: tuple[Texts, Texts], *, destroys: bool) -> dict[str, Any]:
    """Make the survey of one leg; those that close RDS or open IDC also ask for what only a person can decide."""
    asked = [_confirm(site, both), _text("rr_reason", both)]
    if destroys:
        asked += [_text("rr_accept_loss", both), _text("rr_break_glass", both)]
        asked.append(_choice("rr_stay_fenced", both, ["false", "true"], "false"))
    asked.append(_text("rr_break_lock", both))
    return _survey(asked, both)


def of_workflow(site: str, both: tuple[Texts, Texts]) -> dict[str, Any]:
    """Make the survey of the workflow. Its answers reach every node."""
    asked = [
        _confirm(site, both),
        _text("rr_reason", both),
        _text("rr_accept_loss", both),
        _text("rr_break_lock", both),
    ]
    return _survey(asked, both)


def of_deployment(site: str, applications: tuple[str, ...], both: tuple[Texts, Texts]) -> dict[str, Any]:
    """Make the survey of a rollback of a release."""
    asked = [
        _confirm(site, both),
        _choice("deployment_app", both, list(applications), applications[0]),
        _text("deployment_to", both),
        _choice("deployment_strategy", both, [*_DATABASE, "rule"], "rule"),
        {**_text("deployment_reason", both), "required": True, "min": 1},
        _text("deployment_plan", both),
        _text("rr_break_glass", both),
    ]
    return _survey(asked, both)


def of_strategy(both: tuple[Texts, Texts], strategy: str) -> dict[str, Any]:
    """Make the question for another way through than the site's."""
    return _choice("rr_strategy", both, list(ways.WAYS), strategy)


def answers(survey: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    """Fill a survey in: what was given, and for every other question its default, so that AWX takes the launch."""
    found: dict[str, Any] = {}
    for item in survey["spec"]:
        name = item["variable"]
        value = given.get(name, item.get("default", ""))
        if value != "" or item["required"]:
            found[name] = value
    return found


def unanswered(survey: dict[str, Any], given: dict[str, Any]) -> list[str]:
    """Name the required questions that have no answer."""
    return [item["variable"] for item in survey["spec"] if item["required"] and not given.get(item["variable"])]


def unknown(survey: dict[str, Any], given: dict[str, Any]) -> list[str]:
    """Name what was answered and never asked: AWX would drop it and say nothing."""
    asked = {item["variable"] for item in survey["spec"]}
    return sorted(set(given) - asked)


def _confirm(site: str, both: tuple[Texts, Texts]) -> dict[str, Any]:
    question = _question(CONFIRM, "text", both, site=site)
    return {**question, "required": True, "min": len(site), "max": len(site)}


def _text(name: str, both: tuple[Texts, Texts]) -> dict[str, Any]:
    return {**_question(name, "text", both), "required": False, "default": "", "min": 0, "max": _LONGEST}


def _choice(name: str, both: tuple[Texts, Texts], choices: list[str], default: str) -> dict[str, Any]:
    question = _question(name, "multiplechoice", both)
    return {**question, "required": False, "choices": choices, "default": default}


def _question(name: str, kind: str, both: tuple[Texts, Texts], **values: str) -> dict[str, Any]:
    return {
        "question_name": " / ".join(texts(f"awx.question.{name}", **values) for texts in both),
        "question_description": " / ".join(texts(f"awx.question.{name}.help", **values) for texts in both),
        "variable": name,
        "type": kind,
    }


def _survey(asked: list[dict[str, Any]], both: tuple[Texts, Texts]) -> dict[str, Any]:
    told = " / ".join(texts("awx.survey") for texts in both)
    return {"name": "", "description": told, "spec": asked}
