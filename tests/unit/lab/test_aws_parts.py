"""The AWS stand-in's decisions, without a network: rules, parameters, delays, records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lab.aws import firewall, instance, parameters, state, zone
from lab.aws.config import ConfigError, read_config
from lab.aws.database import Delayed, carried, statements

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "172.30.77.51"


def entry(number: int, action: str, *, egress: bool = False, **more: Any) -> dict[str, Any]:
    base = {"number": number, "action": action, "egress": egress, "protocol": "-1", "cidr": "0.0.0.0/0"}
    return {**base, "from": None, "to": None, **more}


def world(ingress: list[dict[str, Any]], entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "instances": {"shop-prod": {"security_groups": ["sg-1"]}},
        "security_groups": {"sg-1": {"ingress": ingress, "egress": []}},
        "subnets": {"subnet-1": "172.30.77.48/29", "subnet-2": "172.30.77.64/28"},
        "network_acls": [
            {"id": "acl-other", "subnets": ["subnet-2"], "entries": []},
            {"id": "acl-rds", "subnets": ["subnet-1"], "entries": entries},
        ],
    }


def chain(text: str, name: str) -> list[str]:
    body = text.split(f"chain {name} {{")[1].split("}", maxsplit=1)[0]
    return [line.strip() for line in body.splitlines() if line.strip()][1:]


def test_a_security_group_is_stateful_and_lets_in_what_it_names() -> None:
    rule = {"protocol": "tcp", "from": 3306, "to": 3306, "cidr": "172.30.77.0/24", "other": False}
    text = firewall.ruleset(world([rule], []), "shop-prod", ADDRESS).text
    assert chain(text, "group_in") == [
        "iif lo accept",
        "ct state established,related accept",
        "ip saddr 172.30.77.0/24 tcp dport 3306-3306 accept",
    ]
    assert "policy drop" in text


def test_an_acl_is_stateless_and_goes_by_number() -> None:
    entries = [
        entry(100, "allow"),
        {**entry(50, "deny", protocol="6", cidr="172.30.77.61/32"), "from": 3306, "to": 3306},
        entry(firewall.CLOSING_RULE, "deny"),
        entry(100, "allow", egress=True),
    ]
    text = firewall.ruleset(world([], entries), "shop-prod", ADDRESS).text
    assert chain(text, "acl_in") == ["iif lo accept", "ip saddr 172.30.77.61/32 tcp dport 3306-3306 drop", "accept"]
    assert chain(text, "acl_out") == ["oif lo accept", "accept"]


def test_a_source_that_cannot_be_enforced_lets_nothing_in_and_is_reported() -> None:
    rule = {"protocol": "tcp", "from": 3306, "to": 3306, "cidr": None, "other": True}
    rules = firewall.ruleset(world([rule], []), "shop-prod", ADDRESS)
    assert chain(rules.text, "group_in") == ["iif lo accept", "ct state established,related accept"]
    assert len(rules.not_enforced) == 1


def test_a_change_arrives_late_and_not_at_all_when_taken_back() -> None:
    delayed = Delayed(delay=15)
    delayed.see({"read_only": "1"}, now=100)
    assert delayed.status == "applying"
    delayed.see({"read_only": "1"}, now=110)
    assert not delayed.ripe(now=114.9)
    assert delayed.ripe(now=115)
    delayed.see({}, now=114)
    assert delayed.status == "in-sync"
    assert not delayed.ripe(now=200)


def test_what_arrived_stays_until_the_group_says_otherwise() -> None:
    delayed = Delayed(delay=15)
    delayed.see({"read_only": "1"}, now=0)
    delayed.arrived()
    assert delayed.status == "in-sync"
    delayed.see({"read_only": "0"}, now=50)
    assert delayed.ripe(now=65)


def test_read_only_survives_a_restart_and_true_if_replica_means_off() -> None:
    assert carried({"read_only": "{TrueIfReplica}", "sql_mode": "x"}) == {"read_only": "0"}
    assert statements({"read_only": "1"}, {}) == ["SET PERSIST read_only = 1"]
    assert statements({}, {"read_only": "1"}) == ["SET GLOBAL read_only = DEFAULT", "RESET PERSIST IF EXISTS read_only"]


@pytest.mark.parametrize(
    ("wanted", "done", "action"),
    [
        ("stopped", "available", "stop"),
        ("available", "stopped", "start"),
        ("available", "available", ""),
        ("available", "", ""),
    ],
)
def test_only_what_the_api_was_told_is_carried_out(wanted: str, done: str, action: str) -> None:
    assert instance.transition(wanted, done) == action


def test_read_only_is_described_as_rds_does() -> None:
    described = {one["ParameterName"]: one for one in parameters.describe({})}
    assert described["read_only"]["IsModifiable"] is True
    assert described["read_only"]["ApplyType"] == "dynamic"
    assert described["read_only"]["Source"] == "engine-default"
    set_by_user = parameters.describe({"read_only": {"ParameterValue": "1", "ApplyMethod": "immediate"}}, source="user")
    assert [(one["ParameterName"], one["ParameterValue"]) for one in set_by_user] == [("read_only", "1")]


def test_pages_end_and_repeat_nothing() -> None:
    entries, seen, marker = parameters.describe({}), [], ""
    while True:
        found, marker = parameters.page(entries, marker, None)
        seen += found
        if not marker:
            break
    assert seen == entries
    assert len(entries) > parameters.PAGE_LEAST


@pytest.mark.parametrize(
    ("group", "change"),
    [
        ("default.mysql8.4", {"ParameterName": "read_only", "ParameterValue": "1", "ApplyMethod": "immediate"}),
        ("own", {"ParameterName": "read_only", "ParameterValue": "2", "ApplyMethod": "immediate"}),
        ("own", {"ParameterName": "no_such", "ParameterValue": "1", "ApplyMethod": "immediate"}),
        ("own", {"ParameterName": "server_id", "ParameterValue": "1", "ApplyMethod": "immediate"}),
        ("own", {"ParameterName": "performance_schema", "ParameterValue": "0", "ApplyMethod": "immediate"}),
        ("own", {"ParameterName": "read_only", "ParameterValue": "1"}),
    ],
)
def test_what_rds_refuses_is_refused(group: str, change: dict[str, Any]) -> None:
    with pytest.raises(parameters.ParameterError):
        parameters.check_change(group, [change])


def record(value: str, weight: int | None = None, name: str = "m.shop.example.net") -> dict[str, Any]:
    return {"name": name, "type": "A", "ttl": 30, "values": [value], "weight": weight}


def test_records_are_published_with_the_heaviest_weight_and_none_at_zero() -> None:
    zone_name = "shop.example.net"
    assert zone.published([record("192.0.2.1")], zone_name) == {("m.shop.example.net", "A"): (30, ("192.0.2.1",))}
    weighted = [record("192.0.2.1", 0), record("192.0.2.2", 100)]
    assert zone.published(weighted, zone_name) == {("m.shop.example.net", "A"): (30, ("192.0.2.2",))}
    assert zone.published([record("192.0.2.1", 0)], zone_name) == {}
    assert zone.published([record("192.0.2.1", name="m.elsewhere.example.net")], zone_name) == {}


def test_the_state_file_is_replaced_in_one_step_and_a_broken_one_is_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    assert state.read_state(path) == state.State()
    state.write_state(path, state.State(instance_status="stopping"))
    assert state.read_state(path).instance_status == "stopping"
    path.write_text("{")
    assert state.read_state(path) == state.State()


def test_a_configuration_that_lacks_something_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "reconciler.json"
    path.write_text("{}")
    with pytest.raises(ConfigError, match=r"reconciler\.json"):
        read_config(path)
