from __future__ import annotations

import pytest
from failback.errors import ConfigError, RefusedError
from failback.kept_way import SeenAs, cut_off
from failback.rds_rules import AclEntry, Rule, plan_acl, plan_group, rule_from_tag, rules_of

from rollback_runner import korean

KEEP = ["10.0.0.1/32", "10.0.0.11/32"]


def cidr(source: str, low: int = 3306, high: int = 3306, protocol: str = "tcp") -> Rule:
    return Rule(protocol, low, high, "cidr", source)


def test_shuts_everyone_out_but_the_kept() -> None:
    plan = plan_group([cidr("10.0.0.0/24"), cidr("10.0.0.11/32"), cidr("0.0.0.0/0", 22, 22)], 3306, KEEP)
    assert plan.revoke == [cidr("10.0.0.0/24")]
    assert [rule.source for rule in plan.authorize] == ["10.0.0.1/32"]


def test_a_kept_source_of_ipv6_is_let_in_as_one() -> None:
    plan = plan_group(
        [cidr("10.0.0.0/24"), Rule("tcp", 3306, 3306, "cidr6", "2001:db8::/48")], 3306, ["2001:db8:0:1::/64"]
    )
    assert [rule.source for rule in plan.revoke] == ["10.0.0.0/24", "2001:db8::/48"]
    assert [rule.as_permission()["Ipv6Ranges"] for rule in plan.authorize] == [
        [{"CidrIpv6": "2001:db8:0:1::/64", "Description": "kept by rollback-runner"}]
    ]
    assert not plan_group(plan.authorize, 3306, ["2001:db8:0:1::/64"]).changed


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("192.0.2.10/24", "write 192.0.2.10/32 for the one address, or 192.0.2.0/24 for all of its network"),
        ("2001:db8::1/64", "write 2001:db8::1/128 for the one address, or 2001:db8::/64"),
        ("192.0.2.300/32", "write an address such as 192.0.2.10/32"),
    ],
)
def test_a_kept_source_that_is_no_network_is_named_with_what_may_be_meant(source: str, words: str) -> None:
    for plan in (
        lambda: plan_group([], 3306, [KEEP[0], source]),
        lambda: plan_acl([], [], 3306, [KEEP[0], source]),
        lambda: cut_off(SeenAs("192.0.2.10", ("192.0.2.10",)), [KEEP[0], source]),
    ):
        with pytest.raises(ConfigError) as caught:
            plan()
        assert str(caught.value).startswith(f"aws_keep_sources has {source}, which is no network: {words}")
        assert "네트워크가 아닙니다" in korean.said(str(caught.value), "ko")


def test_closed_already_is_nothing_to_do() -> None:
    assert not plan_group([cidr(source) for source in KEEP], 3306, KEEP).changed


@pytest.mark.parametrize(
    "rule",
    [
        cidr("0.0.0.0/0", 3000, 4000),
        Rule("-1", -1, -1, "cidr", "10.9.0.0/16"),
        Rule("tcp", 3306, 3306, "group", "sg-1"),
        Rule("tcp", 3306, 3306, "prefix", "pl-1"),
        Rule("tcp", 3306, 3306, "cidr6", "::/0"),
    ],
)
def test_every_kind_of_way_in_is_closed(rule: Rule) -> None:
    assert plan_group([rule], 3306, KEEP).revoke == [rule]


@pytest.mark.parametrize("rule", [cidr("0.0.0.0/0", 443, 443), cidr("0.0.0.0/0", 3306, 3306, "udp")])
def test_what_does_not_reach_the_port_stays(rule: Rule) -> None:
    assert plan_group([rule], 3306, KEEP).revoke == []


def test_refuses_what_it_could_not_put_back() -> None:
    with pytest.raises(RefusedError, match="41 rules"):
        plan_group([cidr(f"10.1.{n}.0/24") for n in range(41)], 3306, KEEP)


def test_rules_survive_the_way_through_a_tag_and_through_ec2() -> None:
    rule = Rule("tcp", 3306, 3306, "cidr", "10.0.0.0/24", "the shop's " + "x" * 300)
    read = rule_from_tag(rule.as_tag())
    assert len(rule.as_tag()) <= 256
    assert (read.source, read.low, read.kind) == (rule.source, rule.low, rule.kind)
    for one in (cidr("10.0.0.0/24"), Rule("tcp", 1, 2, "group", "sg-1", "d"), Rule("-1", -1, -1, "prefix", "pl-1")):
        assert rules_of([one.as_permission()]) == [one]


OLD = {"RuleNumber": 100, "RuleAction": "allow", "CidrBlock": "0.0.0.0/0", "Egress": False, "Protocol": "-1"}


def test_acl_entries_go_in_front_allowing_first() -> None:
    assert plan_acl([OLD], [], 3306, KEEP) == [
        AclEntry(1, "allow", "10.0.0.1/32"),
        AclEntry(2, "allow", "10.0.0.11/32"),
        AclEntry(3, "deny", "0.0.0.0/0"),
    ]


OLD6 = {"RuleNumber": 101, "RuleAction": "allow", "Ipv6CidrBlock": "::/0", "Egress": False, "Protocol": "-1"}


def test_acl_that_lets_ipv6_in_is_closed_for_it_too() -> None:
    wanted = plan_acl([OLD, OLD6], [], 3306, KEEP)
    assert wanted[-2:] == [AclEntry(3, "deny", "0.0.0.0/0"), AclEntry(4, "deny", "::/0")]
    calls = [entry.as_call(3306) for entry in wanted]
    assert [call.get("Ipv6CidrBlock") for call in calls] == [None, None, None, "::/0"]
    assert plan_acl([OLD, OLD6, *calls], [1, 2, 3, 4], 3306, KEEP) == []
    # Where only a kept source has an IPv6 address, the rest of IPv6 is shut all the same.
    mixed = plan_acl([OLD], [], 3306, ["2001:db8::/64"])
    assert mixed == [
        AclEntry(1, "allow", "2001:db8::/64"),
        AclEntry(2, "deny", "0.0.0.0/0"),
        AclEntry(3, "deny", "::/0"),
    ]


@pytest.mark.parametrize("action", ["deny", "allow"])
def test_acl_that_denies_ipv6_already_is_left_so(action: str) -> None:
    wanted = plan_acl([OLD, OLD6 | {"RuleAction": action}], [], 3306, KEEP)
    assert ("::/0" in {entry.cidr for entry in wanted}) is (action == "allow")


def test_acl_half_done_goes_on() -> None:
    first = AclEntry(1, "allow", "10.0.0.1/32").as_call(3306)
    assert [entry.number for entry in plan_acl([OLD, first], [1, 2, 3], 3306, KEEP)] == [2, 3]


def test_acl_without_room_in_front_is_refused() -> None:
    with pytest.raises(RefusedError, match="rule 2"):
        plan_acl([OLD | {"RuleNumber": 2}], [], 3306, KEEP)
