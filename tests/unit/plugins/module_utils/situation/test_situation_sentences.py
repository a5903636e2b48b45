"""Each thing that can be wrong has its sentence, in both languages, and a well site has none."""

from __future__ import annotations

import string
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import situation_made_up as m
from failback.errors import ConfigError
from failback.situation import draw, effect, times
from failback.situation.effect import Rule
from failback.situation.words import WORDS
from situation_faults import CASES, NO_FIGURES, balancer, containers, service

if TYPE_CHECKING:
    from failback.situation.looks import Looks
    from failback.situation.said import Said

NOW = datetime.fromtimestamp(m.NOW, UTC)


def said(looks: Looks, broken: dict[str, str] | None = None) -> list[Said]:
    return draw.whole(looks, broken or {}, Rule(), NOW)[1]


def whole(looks: Looks) -> dict[str, Any]:
    return draw.whole(looks, {}, Rule(), NOW)[0]


def test_a_well_site_has_nothing_but_notes() -> None:
    assert [one.text["en"] for one in said(m.site()) if one.severity != "note"] == []


@pytest.mark.parametrize(("fault", "key", "severity", "words"), CASES, ids=[case[1] for case in CASES])
def test_the_fault_has_its_sentence(fault: dict[str, Any], key: str, severity: str, words: str) -> None:
    found = {one.key: one for one in said(m.site(**fault))}
    assert key in found, sorted(found)
    one = found[key]
    assert one.severity == severity
    assert words in one.text["en"]
    assert one.text["ko"] not in ("", one.text["en"])
    assert "{" not in one.text["en"].replace("{id}", "") + one.text["ko"].replace("{id}", "")


def test_a_baseline_that_was_changed_by_hand_is_told() -> None:
    found = said(m.site(baseline={"idc-app1": None}), {"idc-app1": "the digest does not fit"})
    assert [one.key for one in found if one.key.startswith("baseline")] == ["baseline:idc-app1:bad"]


def test_after_the_promotion_nobody_is_told_to_stop_anything() -> None:
    idc = m.server("idc", read_only=False, super_read_only=False)
    aws = m.server("aws", accounts={"open": 0, "locked_by_us": 3})
    looks = m.site(databases={"shop-db": m.database(idc=idc, aws=aws, only_idc=900)})
    assert [one.key for one in said(looks) if one.severity != "note"] == []
    assert "IDC takes the writes" in whole(looks)["headline"]["en"]


def test_the_most_important_comes_first() -> None:
    broken = m.database(idc=m.server("idc", read_only=False), idc_lacks=3)
    fault = {"databases": {"shop-db": broken}} | containers(state="exited")
    fault |= balancer(flow=m.flow(errors=150, error_rate=0.75))
    keys = [one.key for one in said(m.site(**fault))]
    assert keys[:3] == ["shop-db:writers:both", "effect:errors", "container:idc-app1:shop:stopped"]


@pytest.mark.parametrize(
    ("fault", "severity", "because"),
    [
        ({}, "none", "no figure is over a limit"),
        (
            balancer(flow=m.flow(errors=120, error_rate=0.6)),
            "critical",
            "60 % of the answers are errors; the rule: 50 %",
        ),
        (
            balancer(flow=m.flow(errors=12, error_rate=0.06)),
            "major",
            "6.0 % of the answers are errors; the rule: 5.0 %",
        ),
        (balancer(flow=m.flow(errors=3, error_rate=0.015)), "minor", "1.5 %"),
        (balancer(serving="none"), "critical", "no load balancer has a server"),
        (service(door=m.door(figures=NO_FIGURES)), "critical", "no front door answers"),
        (
            service(door=m.door(figures=m.door()["figures"] | {"p95": 0.4})),
            "major",
            "p95 at idc-lb1 is 400 ms, 40 times",
        ),
        (service(door=m.door(figures=m.door()["figures"] | {"p95": 0.05})), "none", "no figure"),
        ({"balancers": {}, "service": {"names": [], "doors": {}}}, "unknown", "neither a load balancer nor"),
    ],
)
def test_the_severity_follows_the_stated_rule(fault: dict[str, Any], severity: str, because: str) -> None:
    found = effect.estimate(m.site(**fault), Rule())
    assert found["severity"] == severity
    assert because in found["because"]["en"]


def test_the_rule_is_the_sites() -> None:
    looks = m.site(**balancer(flow=m.flow(errors=3, error_rate=0.015)))
    assert effect.estimate(looks, Rule.from_dict({"major_errors": 0.01}))["severity"] == "major"


@pytest.mark.parametrize(
    ("rule", "words"),
    [({"mayor_errors": 0.1}, "does not know mayor_errors"), ({"major_errors": "much"}, "is a number")],
)
def test_a_rule_that_is_none_is_refused(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Rule.from_dict(rule)


def test_causes_and_moments_are_proposed_with_their_sources() -> None:
    events = [{"at": "2026-11-22T10:01:00Z", "text": "Storage is full", "categories": ["low storage"]}]
    line = "OperationalError: (1040, 'Too many connections')"
    aws = m.server("aws", errors=[{"at": "2026-11-22T10:02:00Z", "code": "MY-1", "subsystem": "x", "text": "gone"}])
    looks = m.site(
        **containers(log=m.log(line)),
        clouds={"shop-db": m.cloud(events=events)},
        databases={"shop-db": m.database(aws=aws, cut_over={"at": "2026-11-21T20:00:00Z", "error": ""})},
    )
    found = whole(looks)["proposals"]
    assert [one["category"] for one in found["SIT-01"]] == ["capacity", "capacity"]
    assert all(one["source"] and one["statement"]["en"] and one["statement"]["ko"] for one in found["SIT-01"])
    assert [(one["at"], one["at_local"][11:]) for one in found["SIT-02"]] == [
        ("2026-11-21T20:00:00Z", "05:00:00+09:00"),
        ("2026-11-22T10:01:00Z", "19:01:00+09:00"),
        ("2026-11-22T10:02:00Z", "19:02:00+09:00"),
        ("2026-11-22T10:02:31Z", "19:02:31+09:00"),
    ]
    assert [one["source"] for one in found["SIT-02"]] == [
        "shop-db: RDS binary log",
        "RDS event of shop-prod",
        "shop-db: RDS MySQL error log",
        "idc-app1: docker logs shop",
    ]


def test_a_well_site_proposes_no_cause() -> None:
    assert whole(m.site())["proposals"] == {"SIT-01": [], "SIT-02": []}


@pytest.mark.parametrize("key", sorted(WORDS))
def test_both_languages_carry_the_same_values(key: str) -> None:
    english, korean = ({part[1] for part in string.Formatter().parse(one) if part[1]} for one in WORDS[key])
    assert {name for name in english if not name.endswith("_s")} == korean


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-22T10:02:31.123456789Z", "2026-11-22T10:02:31Z"),
        ("2026-11-22 10:02:31.123456", "2026-11-22T10:02:31Z"),
        ("2026-11-22T19:02:31+09:00", "2026-11-22T10:02:31Z"),
        ("0001-01-01T00:00:00Z", ""),
        ("0000-00-00 00:00:00.000000", ""),
        ("", ""),
    ],
)
def test_moments_are_read_as_docker_mysql_and_aws_write_them(text: str, shown: str) -> None:
    moment = times.parse(text)
    assert (times.utc(moment) if moment else "") == shown
