"""A release taken back by a job, as AWX plays it: plain ansible-playbook with the survey's answers keeps the record."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from compose_site import Site
from compose_world import Balancer, Clients, World
from failback import journal
from run_tasks import ROOT

from rollback_runner import messages
from rollback_runner.awx import surveys
from rollback_runner.record import store

_APP = "shop-web"
_BOTH = (messages.Texts("en"), messages.Texts("ko"))


@pytest.fixture(name="site")
def _site(tmp_path: Path, world: World, balancer: Balancer) -> Site:
    return Site(tmp_path, world, balancer)


def job(site: Site, **answers: str) -> subprocess.CompletedProcess[str]:
    """Launch the template: AWX sends the survey's default for each question nobody answered."""
    survey = surveys.of_deployment("hosts", (_APP,), _BOTH)
    given = {surveys.CONFIRM: "hosts", "deployment_reason": "orders fail"} | answers
    assert not surveys.unknown(survey, given)
    sent = surveys.answers(survey, given) | {"awx_job_id": 42, "awx_user_name": "kim"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RR_", "ANSIBLE"))}
    tools = str(Path(sys.executable).parent)
    played = ["-i", str(site.directory), "playbooks/deployment_rollback.yml", "-e", json.dumps(sent)]
    return subprocess.run(
        [f"{tools}/ansible-playbook", *played],
        cwd=ROOT,
        env=kept | {"PATH": f"{tools}:{kept['PATH']}", "RR_HOME": str(site.home), "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_it_says_the_plan_and_refuses_until_somebody_confirms_it(world: World, balancer: Balancer, site: Site) -> None:
    looked = job(site)
    assert looked.returncode == 2, looked.stdout + looked.stderr
    assert site.report()["outcome"] == "refused"
    assert set(world.running().values()) == {"r3"}
    told = json.loads(site("plan", "--json").stdout)["digest"]
    assert told in looked.stdout, "the job says which plan it is that somebody must confirm"

    with Clients(balancer.port) as clients:
        done = job(site, deployment_plan=told)
    assert done.returncode == 0, done.stdout + done.stderr
    assert clients.failed == []
    assert world.running() == {"web1": "r2", "web2": "r2"}
    report = site.report()
    assert (report["outcome"], report["deployment"]["from"], report["deployment"]["to"]) == ("proven", "r3", "r2")
    run = store.find(site.home, None)
    assert journal.verify(run.journal) == []
    assert "AWX job 42" in json.dumps(run.entries())


def test_a_job_for_another_site_or_application_touches_nothing(world: World, site: Site) -> None:
    other = job(site, **{surveys.CONFIRM: "shops"})
    assert other.returncode == 3, other.stdout
    assert "The survey confirms the site shops, and this job would be carried out on hosts." in other.stderr
    strange = job(site, deployment_app="web")
    assert strange.returncode != 0
    assert "web" in strange.stderr
    assert not (site.home / "runs").exists() or not store.all_runs(site.home)
    assert set(world.running().values()) == {"r3"}
