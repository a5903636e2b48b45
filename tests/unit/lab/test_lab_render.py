import json
from pathlib import Path

import pytest
import yaml

from lab import render, topology
from lab.topology import ADDRESS, NAME_SERVERS

TOP = Path(__file__).resolve().parents[3]
LONGEST_TIMEOUT_RULE = ("timeout client ", "timeout server ", "timeout http-request ", "timeout queue ")


def test_haproxy_sends_to_aws_and_keeps_idc_disabled() -> None:
    lines = [line.split() for line in render.haproxy().splitlines() if line.strip().startswith("server ")]
    assert {line[1]: "disabled" in line for line in lines} == {"aws-app1": False, "idc-app1": True, "idc-app2": True}


def test_haproxy_timeouts_are_longer_than_a_hold() -> None:
    found = [line.strip() for line in render.haproxy().splitlines() if line.strip().startswith(LONGEST_TIMEOUT_RULE)]
    assert len(found) == len(LONGEST_TIMEOUT_RULE)
    for line in found:
        assert int(line.split()[-1].removesuffix("s")) > topology.HOLD_LIMIT


def test_haproxy_does_not_load_server_state_from_a_file() -> None:
    assert "load-server-state-from-file" not in render.haproxy()


def test_requests_are_held_before_the_backend_is_chosen() -> None:
    text = render.haproxy()
    assert text.index("http-request lua.rr_hold") < text.index("default_backend")


@pytest.mark.parametrize(("side", "closed"), [("idc", True), ("rds", False)])
def test_only_idc_comes_up_closed(side: str, *, closed: bool) -> None:
    assert ("super_read_only = ON" in render.mysql(side)) is closed


def test_servers_have_different_numbers() -> None:
    numbers = {line for side in ("idc", "rds") for line in render.mysql(side).splitlines() if "server_id" in line}
    assert len(numbers) == 2


def test_zone_holds_the_records_of_the_failed_move() -> None:
    zone = render.zone(NAME_SERVERS[0])
    assert f"www 30 IN A {ADDRESS['aws-lb1']}" in zone
    assert f"db 5 IN A {ADDRESS['aws-rds']}" in zone
    assert "$ORIGIN shop.example.org." in zone


def test_every_template_value_is_filled() -> None:
    texts = [render.haproxy(), render.resolver(), render.mysql("idc"), *(render.named(s) for s in NAME_SERVERS)]
    assert not any("$" in text for text in texts)


def test_application_starts_on_rds() -> None:
    assert json.loads(render.app())["database"]["host"] == ADDRESS["aws-rds"]


def test_reconciler_gets_the_delay() -> None:
    assert json.loads(render.reconciler(2.5))["read_only_delay"] == 2.5


def test_inventory_and_topology_agree() -> None:
    inventory = yaml.safe_load((TOP / "inventories/lab/hosts.yml").read_text(encoding="utf-8"))
    listed = {
        name: values["ansible_host"]
        for group in inventory["all"]["children"].values()
        for name, values in group["hosts"].items()
        if values
    }
    assert listed == {name: ADDRESS[name] for name in listed}
    dns = yaml.safe_load((TOP / "inventories/lab/group_vars/service.yml").read_text(encoding="utf-8"))
    ours = {(f"{name}.{server.zone}", ttl, value) for server in NAME_SERVERS for name, ttl, value in server.records}
    theirs = {(r["name"], r["ttl"], r["aws"]) for r in dns["dns_records"] if r["provider"] == "rfc2136"}
    assert ours == theirs


def test_inventory_gives_the_application_what_the_lab_wrote_except_the_host() -> None:
    group = yaml.safe_load((TOP / "inventories/lab/group_vars/app_hosts.yml").read_text(encoding="utf-8"))
    settings = group["app_settings"]
    assert settings["database"].pop("host") == ADDRESS["idc-db1"]
    ours = render.app_settings()
    ours["database"].pop("host")
    assert settings == ours
