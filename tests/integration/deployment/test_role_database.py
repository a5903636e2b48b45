"""Who may be served again when the database could not be changed back: the role's own decision, case by case.

What holds requests and what changes the database are stood in for here, so that each can fail in every way it may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import role_play
import yaml
from run_tasks import ROOT, local_host

if TYPE_CHECKING:
    from run_tasks import Played

_STAND_IN = """
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        told = dict(task_vars["told"]).get({name!r}) or {{"changed": True, "evidence": {{"holds": True}}}}
        if {name!r} == "hold" and self._task.args["state"] == "released":
            assert self._task.args["own"], "an earlier run's hold would be let go"
            told = {{"changed": True, "evidence": dict(task_vars["told"]).get("let_go", {{}})}}
        if told.get("crash"):
            raise RuntimeError("nobody expected this")
        return result | told
"""
REFUSED = {"failed": True, "refused": True, "msg": "another server", "evidence": {}}
BROKE_BEFORE = {"failed": True, "refused": False, "msg": "lost the server", "evidence": {"touched": False}}
BROKE_WITHIN = {"failed": True, "refused": False, "msg": "statement 2 failed", "evidence": {"touched": True}}
BROKE_MUTE = {"failed": True, "refused": False, "msg": "lost the server", "evidence": {}}
# By application: what the database did, whether a reversal was under way already, and whether requests go again.
CASES: dict[str, tuple[dict[str, Any], bool]] = {
    "refused": ({"database": REFUSED}, True),
    "untouched": ({"database": BROKE_BEFORE}, True),
    "hold-failed": ({"hold": {"failed": True, "msg": "a node cannot hold"}}, True),
    "touched": ({"database": BROKE_WITHIN}, False),
    "mute": ({"database": BROKE_MUTE}, False),
    "crashed": ({"database": {"crash": True}}, False),
    "refused-under-way": ({"database": REFUSED, "under_way": {"done": 1}}, False),
    "earlier-hold": ({"database": REFUSED, "let_go": {"stays": "Requests stay held by run-1"}}, True),
}
HELD = {"touched", "mute", "crashed", "refused-under-way", "earlier-hold"}


@pytest.fixture(name="played", scope="module")
def _played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Play all cases at once, each an application of its own."""
    work = tmp_path_factory.mktemp("role")
    plugins = work / "plugins"
    plugins.mkdir()
    for name in ("hold", "database"):
        (plugins / f"deployment_{name}.py").write_text(_STAND_IN.format(name=name))
    hosts = {name: local_host(**variables(told)) for name, (told, _) in CASES.items()}
    hosts["code-only"] = local_host(**variables({"database": REFUSED}, changes=False))
    inventory = {"all": {"children": {"deployments": {"hosts": hosts}}}}
    (work / "hosts.yml").write_text(yaml.safe_dump(inventory))
    task = {"name": "Change", "ansible.builtin.import_role": {"name": "deployment", "tasks_from": "database"}}
    body = [{"hosts": "deployments", "gather_facts": False, "any_errors_fatal": False, "tasks": [task]}]
    (work / "one.yml").write_text(yaml.safe_dump(body))
    return role_play.run(
        work,
        work / "one.yml",
        environment={
            "ANSIBLE_ACTION_PLUGINS": f"{plugins}:{ROOT}/plugins/action",
            "ANSIBLE_ROLES_PATH": f"{ROOT}/roles",
        },
    )


def variables(told: dict[str, Any], *, changes: bool = True) -> dict[str, Any]:
    choice = {"changes_data": changes, "under_way": told.get("under_way")}
    return {
        "told": told,
        "deployment_migrations": {"tool": "drizzle"},
        "__deployment_target": {"evidence": {}},
        "__deployment_gate": {"evidence": {}},
        "__deployment_choice": {"evidence": choice},
    }


def ran(played: Played, host: str, words: str) -> bool:
    return any(words in one["task"] and one["event"] == "runner_on_ok" for one in played.results if one["host"] == host)


@pytest.mark.parametrize("case", CASES)
def test_requests_go_to_what_served_before_only_while_it_fits(played: Played, case: str) -> None:
    assert ran(played, case, "Let requests go to what served before") == CASES[case][1]
    stopped = [one for one in played.results if one["host"] == case and "Stop because" in one["task"]]
    assert len(stopped) == 1
    assert stopped[0]["msg"]
    assert ("Requests stay held" in stopped[0]["msg"]) == (case in HELD)


def test_nothing_is_held_or_let_go_where_the_database_stays(played: Played) -> None:
    assert not ran(played, "code-only", "DEPLOY-08 | Hold requests")
    assert not ran(played, "code-only", "DEPLOY-08 | Let requests go")
