"""What is read of a workflow's nodes and events: their order, what two pages both had, and what is missing."""

from __future__ import annotations

from typing import Any

from rollback_runner.job import workflow


class Pages:
    """Answers as the API does, from a mapping of paths."""

    url = "https://awx.example.org"

    def __init__(self, one: dict[str, Any], many: dict[str, list[dict[str, Any]]]) -> None:
        self._one, self._many = one, many

    def get(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = self._one[path]
        return found

    def all(self, path: str) -> list[dict[str, Any]]:
        return self._many[path.partition("?")[0]]


def node(number: int, name: str, job: int = 0, kind: str = "job", after: tuple[int, ...] = ()) -> dict[str, Any]:
    told = {"job": {"id": job, "type": kind, "status": "successful"}} if job else {}
    edges = {"success_nodes": list(after), "failure_nodes": [], "always_nodes": []}
    return {"id": number, "identifier": name, "summary_fields": told, "unified_job_template": None, **edges}


def event(counter: int, kind: str, **data: Any) -> dict[str, Any]:
    return {"counter": counter, "event": kind, "created": "2026-11-22T10:00:00Z", "uuid": "u", "event_data": data}


def read(events: list[dict[str, Any]], **job: Any) -> workflow.Workflow:
    """A workflow whose nodes AWX lists in no order at all."""
    nodes = [
        node(3, "full", 0),
        node(2, "emergency", 12, after=(3,)),
        node(1, "approve", 11, "workflow_approval", (2,)),
    ]
    told = {"id": 12, "playbook": "playbooks/emergency.yml", "status": "successful", "extra_vars": '{"a": 1}', **job}
    pages = Pages(
        {
            "workflow_jobs/7/": {"id": 7, "name": "w", "status": "successful", "summary_fields": {}},
            "workflow_approvals/11/": {"id": 11, "status": "successful", "summary_fields": {}},
            "jobs/12/": told,
        },
        {"workflow_jobs/7/workflow_nodes/": nodes, "jobs/12/job_events/": events},
    )
    return workflow.read(pages, 7)  # type: ignore[arg-type]


def test_nodes_come_in_the_order_in_which_they_can_run() -> None:
    found = read([event(1, "playbook_on_stats")])
    assert [one.name for one in found.nodes] == ["approve", "emergency", "full"]
    assert [one.kind for one in found.nodes] == ["workflow_approval", "job", ""]
    assert found.nodes[1].variables == {"a": 1}
    assert found.nodes[1].gaps == ()


def test_what_two_pages_both_had_counts_once() -> None:
    double = event(1, "runner_on_ok", task="t", host="h", res={"changed": False})
    found = read([event(2, "playbook_on_stats"), double, double]).nodes[1]
    assert [one["event"] for one in found.events] == ["runner_on_ok", "playbook_on_stats"]
    assert found.gaps == ()


def test_what_is_missing_is_said() -> None:
    emptied = event(3, "runner_on_ok", task="SIT-01 | Look", host="h", res={})
    found = read([event(1, "playbook_on_start"), emptied], event_processing_finished=False).nodes[1]
    assert [one["event"] for one in found.events] == ["playbook_on_start"]
    said = "; ".join(found.gaps)
    for words in ("still taking in", "has lost 1 events", "no end of the play", "no result of SIT-01 | Look on h"):
        assert words in said
