"""Job templates and the workflow, in the words of the collection awx.awx. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback_runner.awx import names, surveys, workflow
from rollback_runner.plan import ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollback_runner.awx.content import Making
    from rollback_runner.plan.ways import Leg

EVENTS = ("started", "success", "error")
_PROJECT = "/runner/project"  # where a job finds the project in its container
_BASELINE_SECONDS, _FAILED_SECONDS = 1200, 300


def all_of(making: Making) -> Iterator[dict[str, Any]]:
    """Make the job templates, one for each leg of every way: which way it is may be decided on the day."""
    legs: dict[str, Leg] = {leg.name: leg for way in ways.WAYS.values() for leg in way.legs}
    if making.site.has_service:
        for name, leg in legs.items():
            survey = surveys.of_leg(making.site.name, making.both, destroys=leg.destroys)
            survey["spec"].append(surveys.of_strategy(making.both, _strategy(making, leg)))
            yield _template(making, name, leg.playbook, 2 * int(making.site.budgets[leg.phase]), survey)
        seconds = 2 * int(making.site.budgets["emergency"])
        survey = surveys.of_leg(making.site.name, making.both, destroys=False)
        yield _template(making, workflow.ABORT, ways.ABORT.playbook, seconds, survey)
        yield _template(making, names.BASELINE, "baseline.yml", _BASELINE_SECONDS, survey)
        yield _template(making, workflow.FAILED, "workflow_failed.yml", _FAILED_SECONDS)
    applications = making.site.hosts("deployments")
    if applications:
        survey = surveys.of_deployment(making.site.name, applications, making.both)
        seconds = 2 * int(making.site.budgets["deployment"])
        yield _template(making, names.DEPLOYMENT, ways.DEPLOYMENT.playbook, seconds, survey)


def _strategy(making: Making, leg: Leg) -> str:
    """Choose the way whose leg this is: the site's own if it has it, else the first that does."""
    has = [name for name, way in ways.WAYS.items() if any(one.name == leg.name for one in way.legs)]
    return making.site.strategy if making.site.strategy in has else has[0]


def _template(
    making: Making, what: str, playbook: str, seconds: int, survey: dict[str, Any] | None = None
) -> dict[str, Any]:
    key = what.replace(":", "_")
    return {
        "name": names.of(making.site.name, what),
        "description": making.told(f"template.{key}"),
        "organization": making.settings.organization_of(making.site.name),
        "project": names.whole(making.site.name),
        "inventory": names.whole(making.site.name),
        "execution_environment": names.whole(making.site.name),
        "playbook": f"playbooks/{playbook}",
        "job_type": "run",
        "timeout": seconds,
        # One job at a time, and all of it on one node: a slice would see a part of the site, and no lock of another.
        "job_slice_count": 1,
        "allow_simultaneous": False,
        "become_enabled": False,
        "diff_mode": False,
        "ask_job_type_on_launch": what != workflow.FAILED,
        "ask_diff_mode_on_launch": what != workflow.FAILED,
        "ask_limit_on_launch": False,
        "ask_tags_on_launch": False,
        "ask_skip_tags_on_launch": False,
        # Without it AWX drops, and says nothing, whatever the survey does not ask.
        "ask_variables_on_launch": False,
        "extra_vars": _variables(making, what),
        "survey_enabled": survey is not None,
        "survey_spec": survey or {},
    }


def held(making: Making, template: dict[str, Any], types: list[dict[str, Any]], told: list[str]) -> dict[str, Any]:
    """Say what a template is given: every credential, unless it only fails, and whom AWX tells of an error."""
    fails = template["name"] == names.of(making.site.name, workflow.FAILED)
    return {
        "credentials": [] if fails else [one["name"] for one in types],
        **{f"notification_templates_{event}": told if event == "error" else [] for event in EVENTS},
    }


def _variables(making: Making, what: str) -> dict[str, Any]:
    return {
        "rr_site": making.settings.inventory,
        "rr_leg": what,
        # AWX makes an inventory of its own; what the site keeps beside its inventory lies in the project.
        "inventory_dir": f"{_PROJECT}/{making.settings.inventory}",
        # AWX turns this off by an environment variable; a variable outranks it.
        "ansible_host_key_checking": True,
    }


def flow(making: Making, nodes: tuple[workflow.Node, ...], told: list[str]) -> dict[str, Any]:
    """Make the workflow with its nodes."""
    return {
        "name": names.whole(making.site.name),
        "description": making.told("workflow"),
        "organization": making.settings.organization_of(making.site.name),
        "inventory": names.whole(making.site.name),
        "allow_simultaneous": False,
        "ask_variables_on_launch": False,
        "ask_inventory_on_launch": False,
        "ask_limit_on_launch": False,
        "survey_enabled": True,
        "survey_spec": surveys.of_workflow(making.site.name, making.both),
        "workflow_nodes": [_node(making, node) for node in nodes],
        **{f"notification_templates_{event}": told for event in (*EVENTS, "approvals")},
    }


def _node(making: Making, node: workflow.Node) -> dict[str, Any]:
    organization = {"organization": {"name": making.settings.organization_of(making.site.name)}}
    if node.approval:
        key = f"awx.approval.{'plan' if node.role else 'go_on'}"
        told = " / ".join(texts(key, role=texts(f"role.{node.role}") if node.role else "") for texts in making.both)
        template = {
            "name": names.of(making.site.name, node.identifier),
            "type": "workflow_approval",
            "description": told,
            "timeout": making.settings.workflow_approval_seconds,
        }
    else:
        template = {"name": names.of(making.site.name, node.leg), "type": "job_template", **organization}
    on = {"success_nodes": node.success, "failure_nodes": node.failure, "always_nodes": node.always}
    return {
        "identifier": node.identifier,
        "all_parents_must_converge": node.converge,
        "unified_job_template": template,
        "related": {kind: [{"identifier": to} for to in members] for kind, members in on.items()},
    }
