"""A site may have a service, applications, or both; what each part lacks is named, and what it does not need is not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from failback.approval import policy
from failback.errors import ConfigError

from rollback_runner.errors import SiteError, UsageError
from rollback_runner.site import gate
from rollback_runner.site import site as sites

PROJECT = Path(__file__).resolve().parents[3]
FIXTURE = PROJECT / "tests" / "fixtures" / "command" / "site"
EXAMPLE = PROJECT / "inventories" / "example" / "group_vars" / "deployments.yml"


@pytest.fixture(name="alone")
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site of one application, in the words of the example."""
    monkeypatch.setenv("RR_HOME", str(tmp_path))
    directory = tmp_path / "alone"
    (directory / "group_vars").mkdir(parents=True)
    hosts = {"deployments": {"hosts": {"shop-web": None}}, "app_machines": {"hosts": {"web1": None}}}
    write(directory / "hosts.yml", {"all": {"children": hosts}})
    shared = {"site_name": "alone", "site_title": {"en": "Alone", "ko": "단독"}, "site_critical": False}
    write(directory / "group_vars" / "all.yml", shared | {"site_timezone": "UTC", "rr_home": str(tmp_path)})
    say(directory, {})
    return directory


def write(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def say(directory: Path, variables: dict[str, Any]) -> None:
    given = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")) | {"compose_hosts": "app_machines"} | variables
    write(
        directory / "group_vars" / "deployments.yml",
        {name: value for name, value in given.items() if value is not None},
    )


def problems(directory: Path) -> str:
    with pytest.raises(SiteError) as caught:
        sites.load(str(directory), applications=True)
    return "\n".join(caught.value.problems)


def test_a_site_of_applications_needs_nothing_of_a_service(alone: Path) -> None:
    site = sites.load(str(alone), applications=True)
    assert (site.has_service, site.strategy, site.budgets["deployment"]) == (False, "deployment", 900.0)
    assert str(site.secret_files[0]).endswith("rr_releases")
    assert "deployment_database.password_file" in next(gate.secret_problems(site))
    with pytest.raises(UsageError, match="alone has only applications") as caught:
        sites.load(str(alone))
    assert "deployment list" in caught.value.next_step


def test_a_site_with_both_needs_all_of_both(alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RR_HOME", str(tmp_path))
    both = tmp_path / "both"
    shutil.copytree(FIXTURE, both)
    hosts = yaml.safe_load((both / "hosts.yml").read_text(encoding="utf-8"))
    hosts["all"]["children"]["deployments"] = {"hosts": {"shop-web": None}}
    write(both / "hosts.yml", hosts)
    shutil.copy(alone / "group_vars" / "deployments.yml", both / "group_vars")
    say(both, {"compose_hosts": "app_hosts"})
    site = sites.load(str(both))
    assert site.has_service
    assert site.hosts("deployments") == ("shop-web",)
    del hosts["all"]["children"]["databases"]
    write(both / "hosts.yml", hosts)
    assert "the group databases has no host" in problems(both)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"deployment_provider": "vercle"}, "did you mean vercel?"),
        ({"deployment_provider": "vercel"}, "group deployments: vercel_project is missing"),
        ({"compose_project": None}, "group deployments: compose_project is missing"),
        ({"compose_hosts": "app_machine"}, "that group has no host (did you mean app_machines?)"),
        ({"deployment_smoke": []}, "deployment_smoke is empty"),
        ({"deployment_database": None}, "deployment_database is missing"),
        ({"deployment_migrations": {"tool": "drizle", "directory": "d", "dialect": "mysql"}}, "did you mean drizzle?"),
        ({"deployment_biuld": {}}, "deployment_biuld is not known (did you mean deployment_build?)"),
    ],
)
def test_what_is_wrong_with_an_application_is_named(alone: Path, variables: dict[str, Any], sentence: str) -> None:
    say(alone, variables)
    assert sentence in problems(alone)


def test_an_application_without_a_database_needs_none_of_its_variables(alone: Path) -> None:
    say(alone, dict.fromkeys(("deployment_migrations", "deployment_source", "deployment_database"), None))
    assert sites.load(str(alone), applications=True).secret_files == ()


@pytest.mark.parametrize(
    ("said", "of_data", "of_code"), [("data", True, False), ("always", True, True), ("never", False, False)]
)
def test_a_site_says_when_a_release_needs_approvals(said: str, *, of_data: bool, of_code: bool) -> None:
    roles = {"technical_lead": ["lee"], "operations_manager": ["park"]}
    given = {"signers_file": "x", "roles": roles, "deployment": said}
    asked = policy.read({"site_critical": False, "site_approvals": given})
    assert asked is not None
    assert asked.asks_of_deployment(changes_data=True) is of_data
    assert asked.asks_of_deployment(changes_data=False) is of_code
    with pytest.raises(ConfigError, match="must be one of data, always, never"):
        policy.read({"site_critical": False, "site_approvals": given | {"deployment": "sometimes"}})
