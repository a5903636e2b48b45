"""The role on real hosts behind a real HAProxy: tried beside what serves, moved host by host, proven on each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import role_play
from compose_world import DIRECTORY, Balancer, Clients, World
from role_play import blockers, evidence

if TYPE_CHECKING:
    from pathlib import Path

    from run_tasks import Played


def play(world: World, balancer: Balancer, work: Path, playbook: str, **extra: Any) -> Played:
    variables = {
        "deployment_provider": "compose",
        "deployment_title": {"en": "Shop", "ko": "상점"},
        "deployment_domains": [{"url": balancer.url}],
        "deployment_build": {"path": "/", "field": "$.build"},
        "deployment_smoke": [{"path": "/readyz"}, {"path": "/", "json": {"$.build": "r2"}}],
        "deployment_served_within": 5,
        "compose_hosts": "web_hosts",
        "compose_project": "shop",
        "compose_directory": DIRECTORY,
        "compose_ready_deadline": 3,
        "compose_stop_timeout": 2,
        "compose_trial_port": 8090,
        "compose_backend": {"backend": "shop", "server": "{host}"},
    }
    known = world.hostvars([balancer])
    groups = {
        "web_hosts": {"hosts": {one.name: known[one.name] for one in world.hosts}},
        "load_balancers": {"hosts": {balancer.name: known[balancer.name]}},
    }
    return role_play.play(work / "play", playbook, variables, groups=groups, **extra)


def test_from_the_look_to_the_proof_under_traffic(world: World, balancer: Balancer, tmp_path: Path) -> None:
    looked = play(world, balancer, tmp_path, "deployment_look.yml")
    assert looked.rc == 0, looked.messages
    marks = {one["id"]: one["mark"]["word"] for one in evidence(looked, "DEPLOY-01")["deployments"]}
    assert marks == {"r3": "live", "r2": "previous", "r1": "candidate"}
    digest = evidence(looked, "Read the plan")["digest"]

    rehearsed = play(world, balancer, tmp_path, "deployment_rollback.yml", check=True, deployment_plan=digest)
    assert rehearsed.rc == 0, rehearsed.messages + str(blockers(rehearsed))
    assert set(world.running().values()) == {"r3"}

    with Clients(balancer.port) as clients:
        done = play(world, balancer, tmp_path, "deployment_rollback.yml", deployment_plan=digest)
    assert done.rc == 0, done.messages + str(blockers(done))
    assert clients.failed == []
    assert world.running() == {"web1": "r2", "web2": "r2"}
    assert evidence(done, "DEPLOY-09 | Try")["build"] == "r2"
    served = evidence(done, "DEPLOY-05")
    assert [one["door"] for one in served["doors"]] == [f"127.0.0.1:{balancer.port}", "web1", "web2"]
    assert [one["right_in_a_row"] for one in served["doors"]] == [5, 5, 5]
    assert evidence(done, "DEPLOY-12")["pinned"]

    again = play(world, balancer, tmp_path, "deployment_rollback.yml", deployment_plan=digest, deployment_to="r2")
    assert not again.of("DEPLOY-04 | Move")["changed"]

    # Behind the rollback's back one host is brought to the faulty release again: the proof names that very host.
    world.compose(world.hosts[1], "r3")
    target = evidence(again, "DEPLOY-02")
    found = role_play.task(tmp_path / "play", {"deployment_served": {"target": target, "within": 2, "times": 3}})
    told = blockers(found)
    assert any("web2 / is still served by the faulty build r3" in one for one in told)
    assert not any("web1" in one for one in told)
