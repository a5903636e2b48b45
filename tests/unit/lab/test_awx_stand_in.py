"""The stand-in refuses what AWX refuses, and judges workflows as AWX does, also where that is no help."""

from __future__ import annotations

from typing import Any

import pytest

from lab.awx.answers import RefusalError
from lab.awx.api import Api

Object = dict[str, Any]


@pytest.fixture(name="api")
def _api() -> Api:
    api = Api()
    world = api.world
    world.add("organizations", {"name": "o"})
    world.add("users", {"username": "kim"})
    world.create("projects", {"name": "p", "organization": 1, "scm_type": "git", "scm_url": "https://x"})
    world.create("inventories", {"name": "i", "organization": 1})
    return api


def ask(api: Api, method: str, path: str, body: Object | None = None, who: str = "admin") -> Any:
    return api.answer(api.world.named("users", who), method, path, {}, body).body


def template(api: Api, name: str, survey: Object | None = None) -> int:
    project = api.world.named("projects", "p")["id"]
    made = ask(api, "POST", "job_templates/", {"name": name, "project": project, "inventory": 1, "playbook": "p.yml"})
    if survey:
        ask(api, "POST", f"job_templates/{made['id']}/survey_spec/", survey)
        ask(api, "PATCH", f"job_templates/{made['id']}/", {"survey_enabled": True})
    return int(made["id"])


def question(**more: Any) -> Object:
    item = {"type": "text", "question_name": "?", "variable": "v", "required": True, **more}
    return {"name": "", "description": "", "spec": [item]}


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("organizations/", {"name": "x", "colour": "red"}, "colour"),
        ("organizations/", {"name": "o"}, "already exists"),
        ("teams/", {"name": "t"}, "required"),
        ("job_templates/", {"name": "x", "project": 99, "playbook": "p.yml"}, "does not exist"),
        ("credential_types/", {"name": "x", "kind": "odd"}, "cloud"),
        (
            "credential_types/",
            {"name": "x", "kind": "cloud", "injectors": {"env": {"ANSIBLE_X": "1"}}},
            "not allowed",
        ),
        ("credential_types/", {"name": "x", "kind": "cloud", "injectors": {"env": {"RR_A": "{{ a }}"}}}, "undefined"),
        (
            "credential_types/",
            {"name": "x", "kind": "cloud", "injectors": {"file": {"template": "a", "template.b": "c"}}},
            "never both",
        ),
    ],
)
def test_what_awx_refuses_is_refused(api: Api, path: str, body: Object, said: str) -> None:
    with pytest.raises(RefusalError, match=said):
        ask(api, "POST", path, body)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "boolean"},
        {"required": "yes"},
        {"type": "multiplechoice"},
        {"type": "multiplechoice", "choices": ["a"], "default": "b"},
        {"max": "9"},
        {"colour": "red"},
    ],
)
def test_a_survey_that_awx_does_not_take_is_refused(api: Api, wrong: Object) -> None:
    number = template(api, "t")
    with pytest.raises(RefusalError):
        ask(api, "POST", f"job_templates/{number}/survey_spec/", question(**wrong))


def test_a_default_does_not_answer_a_required_question(api: Api) -> None:
    number = template(api, "t", question(default="x"))
    with pytest.raises(RefusalError, match="'v' value missing"):
        ask(api, "POST", f"job_templates/{number}/launch/", {"extra_vars": {}})
    made = ask(api, "POST", f"job_templates/{number}/launch/", {"extra_vars": {"v": "a", "w": "b"}})
    assert made["ignored_fields"] == {"w": "b"}, "what nobody asked for is dropped, and only named"


def test_a_job_takes_one_credential_of_a_type(api: Api) -> None:
    number = template(api, "t")
    ask(api, "POST", "credential_types/", {"name": "k", "kind": "cloud"})
    for name in ("a", "b"):
        ask(api, "POST", "credentials/", {"name": name, "organization": 1, "credential_type": 1})
    ask(api, "POST", f"job_templates/{number}/credentials/", {"id": 1})
    with pytest.raises(RefusalError, match="same type"):
        ask(api, "POST", f"job_templates/{number}/credentials/", {"id": 2})


def test_a_secret_is_never_shown_and_stays_when_it_is_sent_back_hidden(api: Api) -> None:
    fields = {"fields": [{"id": "pw", "label": "pw", "secret": True}, {"id": "at", "label": "at"}]}
    ask(api, "POST", "credential_types/", {"name": "k", "kind": "cloud", "inputs": fields})
    body = {"name": "c", "organization": 1, "credential_type": 1, "inputs": {"pw": "geheim", "at": "x"}}
    assert ask(api, "POST", "credentials/", body)["inputs"] == {"pw": "$encrypted$", "at": "x"}
    ask(api, "PATCH", "credentials/1/", {"inputs": {"pw": "$encrypted$", "at": "y"}})
    assert api.world.get("credentials", 1)["inputs"] == {"pw": "geheim", "at": "y"}


def flow(api: Api, handler: str = "") -> int:
    """Make a workflow: a job, and what follows its failure."""
    number = int(ask(api, "POST", "workflow_job_templates/", {"name": "w", "organization": 1})["id"])
    jobs = {"act": template(api, "act"), "failed": template(api, "failed")}
    ids = {}
    for name in ("act", handler or "none"):
        if name in jobs:
            body = {"workflow_job_template": number, "identifier": name, "unified_job_template": jobs[name]}
            ids[name] = ask(api, "POST", "workflow_job_template_nodes/", body)["id"]
    if handler:
        ask(api, "POST", f"workflow_job_template_nodes/{ids['act']}/failure_nodes/", {"id": ids[handler]})
    return number


def run(api: Api, number: int) -> str:
    made = ask(api, "POST", f"workflow_job_templates/{number}/launch/")
    for _ in range(20):
        found = ask(api, "GET", f"workflow_jobs/{made['id']}/")
    return str(found["status"])


def test_a_handled_failure_is_green_unless_the_handler_fails_too(api: Api) -> None:
    api.flow.ends.by_name = {"act": "failed"}
    number = flow(api, "failed")
    assert run(api, number) == "successful", "as AWX has it: this is what our last node is for"
    api.flow.ends.by_name["failed"] = "failed"
    assert run(api, number) == "failed"


def test_only_who_may_answers_an_approval_and_once(api: Api) -> None:
    number = int(ask(api, "POST", "workflow_job_templates/", {"name": "w", "organization": 1})["id"])
    node = ask(api, "POST", "workflow_job_template_nodes/", {"workflow_job_template": number, "identifier": "ok"})["id"]
    ask(api, "POST", f"workflow_job_template_nodes/{node}/create_approval_template/", {"name": "ok", "timeout": 60})
    made = ask(api, "POST", f"workflow_job_templates/{number}/launch/")["id"]
    ask(api, "GET", f"workflow_jobs/{made}/")
    approval = next(iter(api.world.of("workflow_approvals")))
    with pytest.raises(RefusalError, match="permission"):
        ask(api, "POST", f"workflow_approvals/{approval}/approve/", who="kim")
    role = ask(api, "GET", f"workflow_job_templates/{number}/")["summary_fields"]["object_roles"]["approval_role"]["id"]
    ask(api, "POST", f"roles/{role}/users/", {"id": api.world.named("users", "kim")["id"]})
    ask(api, "POST", f"workflow_approvals/{approval}/approve/", who="kim")
    shown = ask(api, "GET", f"workflow_approvals/{approval}/")
    assert shown["summary_fields"]["approved_or_denied_by"]["username"] == "kim"
    with pytest.raises(RefusalError, match="already been approved"):
        ask(api, "POST", f"workflow_approvals/{approval}/deny/", who="kim")


def test_a_path_that_leads_back_is_refused(api: Api) -> None:
    number = flow(api, "failed")
    nodes = ask(api, "GET", f"workflow_job_templates/{number}/workflow_nodes/")["results"]
    first, second = nodes[0]["id"], nodes[1]["id"]
    with pytest.raises(RefusalError, match="Cycle"):
        ask(api, "POST", f"workflow_job_template_nodes/{second}/success_nodes/", {"id": first})
