"""A wrong site is named before anything is contacted: file, group, variable, and what may have been meant."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from rollback_runner import content, korean
from rollback_runner.errors import SiteError, UsageError
from rollback_runner.site import inventory, parts
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[3]
FIXTURE = PROJECT / "tests" / "fixtures" / "command" / "site"
CASES = yaml.safe_load((PROJECT / "tests" / "fixtures" / "site_faults.yml").read_text(encoding="utf-8"))


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RR_HOME", str(tmp_path))
    copy = tmp_path / "site"
    shutil.copytree(FIXTURE, copy)
    return copy


def change(directory: Path, group: str, old: str, new: str) -> None:
    path = directory / "group_vars" / f"{group}.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def problems(directory: Path) -> list[str]:
    with pytest.raises(SiteError) as caught:
        sites.load(str(directory))
    assert caught.value.code == 2
    return [problem.replace(str(directory), "SITE") for problem in caught.value.problems]


def test_a_good_site_is_read_with_its_templates_filled_in(directory: Path, tmp_path: Path) -> None:
    site = sites.load(str(directory))
    assert site.name == "pretend"
    assert site.hosts("app_hosts") == ("idc-app1", "idc-app2")
    assert site.variables["shop-db"]["db_idc"]["password_file"] == f"{tmp_path}/secrets/idc"
    assert site.variables["idc-app2"]["app_container"] == "idc-app2-shop"
    assert f"{tmp_path}/secrets/tsig" in site.secret_files


def test_what_a_run_found_out_is_no_value_of_the_site(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_CACHE_PLUGIN", "jsonfile")
    monkeypatch.setenv("ANSIBLE_CACHE_PLUGIN_CONNECTION", str(tmp_path / "facts"))
    argv = ["ansible", "shop", "-i", str(directory), "-m", "set_fact", "-a", "rr_open=[] cacheable=true"]
    environment = os.environ | content.environment()
    subprocess.run(argv, check=True, capture_output=True, env=environment)
    listed = subprocess.run(
        ["ansible-inventory", "-i", str(directory), "--host", "shop"], check=True, capture_output=True, env=environment
    )
    assert b'"rr_open"' in listed.stdout, "so it would be taken for one"

    assert "rr_open" not in sites.load(str(directory)).variables["shop"]


@pytest.mark.parametrize("name", ["lab", "example"])
def test_the_sites_that_come_with_the_project_are_valid(name: str) -> None:
    assert sites.load(f"inventories/{name}").strategy == "switch-first"


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["sentence"]))
def test_each_fault_is_one_sentence(directory: Path, case: dict[str, str]) -> None:
    change(directory, case["group"], case["old"], case["new"])
    assert case["sentence"] in problems(directory)


def test_only_what_is_named_and_not_there_is_told(directory: Path) -> None:
    given = """\
service_containers:
  - {name: mysql, hosts: database_hosts, container: mysql, restart: never}
  - {name: shop, hosts: app_hosts, container: "{host}-shop", needs: [mysql], at_once: 1}
  - {name: haproxy, hosts: load_balancers, container: haproxy, needs: ["{{ lookup('pipe', 'echo shop') }}"]}
site_people: {kim: {name: {en: Kim, ko: 김}, contact: [chat, "{{ lookup('pipe', 'echo x') }}"]}}
site_roles: {commander: {person: kim}, scribe: {deputy: kim}, database: {}}
site_channels: [{name: chat, url_file: chat}]
site_status_page: {name: the page, page: abc, token_file: token}
site_audiences: {users: {channels: [the page]}}
site_partners: [{key: pay, name: Pay, channels: [chat]}]
site_ladder: [{after: 0, role: commander, channel: chat}]
site_name"""
    change(directory, "all", "site_name", given)
    assert sites.load(str(directory)).name == "pretend"


def test_a_name_that_many_hosts_share_is_told_once(directory: Path) -> None:
    entry = '{name: shop, hosts: web, container: "{{ inventory_hostname }}-shop"}'
    change(directory, "all", "site_name", f"service_containers: [{entry}]\nsite_name")
    assert len([one for one in problems(directory) if "which is no group with a host" in one]) == 1


def test_every_pattern_has_words_in_both_languages() -> None:
    def patterns(part: object) -> Iterator[dict[str, object]]:
        if isinstance(part, dict):
            if isinstance(part.get("pattern"), str):
                yield part
            part = list(part.values())
        for one in part if isinstance(part, list) else ():
            yield from patterns(one)

    found = list(patterns(parts.schema()))
    assert len(found) > 10
    for one in found:
        assert re.search(r"[가-힣]", korean.said(str(one["description"]), "ko")), one


def test_an_empty_group_is_refused(directory: Path) -> None:
    path = directory / "hosts.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("{idc-lb1: {}, aws-lb1: {}}", "{}"), encoding="utf-8")
    assert "SITE/hosts.yml: the group load_balancers has no host, so its items would never run." in problems(directory)


def test_own_variables_are_free_under_their_prefix(directory: Path) -> None:
    change(directory, "all", "site_name", "x_owner: me\nsite_name")
    assert sites.load(str(directory)).name == "pretend"


def test_broken_yaml_is_said_in_ansibles_words(directory: Path) -> None:
    (directory / "group_vars" / "all.yml").write_text("a: [", encoding="utf-8")
    assert len(problems(directory)) == 1


def test_a_site_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"There is no site at nowhere; .*example, lab"):
        sites.load("nowhere")


def test_a_value_this_machine_cannot_fill_in_is_left_to_ansible(directory: Path) -> None:
    change(directory, "databases", "db_max_lag: 1.0", "db_max_lag: \"{{ lookup('ansible.builtin.pipe', 'echo 1') }}\"")
    assert inventory.is_template(sites.load(str(directory)).variables["shop-db"]["db_max_lag"])


def test_templates_find_their_way_through_each_other() -> None:
    raw = {
        "a": "{{ b }}/x",
        "b": "{{ c }}",
        "c": "root",
        "n": "{{ 5 }}",
        "loop1": "{{ loop2 }}",
        "loop2": "{{ loop1 }}",
    }
    filled = inventory.fill_in(raw, {})
    assert filled["a"] == "root/x"
    assert filled["n"] == 5
    assert inventory.is_template(filled["loop1"])


def test_vaulted_values_are_not_judged() -> None:
    assert inventory.is_template({"__ansible_vault": "..."})


def test_a_rule_of_the_site_is_the_same_whichever_host_is_asked(directory: Path) -> None:
    with (directory / "group_vars" / "databases.yml").open("a", encoding="utf-8") as stream:
        stream.write("site_critical: true\n")
    assert problems(directory) == [
        "SITE: site_critical is not the same on every host; it belongs into group_vars/all.yml alone."
    ]


@pytest.mark.parametrize(
    "proxy", ["http://kim:hunter2@proxy:3128", "https://hunter2@proxy", "proxy:3128", "ftp://proxy"]
)
def test_a_proxy_is_an_address_alone_and_its_password_is_not_shown(directory: Path, proxy: str) -> None:
    change(directory, "all", "site_name", f"site_https_proxy: {proxy}\nsite_name")
    found = [one for one in problems(directory) if "site_https_proxy" in one]
    assert len(found) == 1
    assert "does not look like http://HOST:PORT without a password" in found[0]
    assert "hunter2" not in found[0]


def test_a_site_names_the_way_out_for_this_process(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ, "RR_HOME": str(directory.parent)})
    change(directory, "all", "site_name", "site_https_proxy: http://proxy:3128\nsite_no_proxy: [.idc]\nsite_name")
    sites.load(str(directory))
    assert os.environ["https_proxy"] == "http://proxy:3128"
    assert os.environ["no_proxy"] == ".idc"
