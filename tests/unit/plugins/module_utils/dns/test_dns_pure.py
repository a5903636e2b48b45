"""Judging DNS answers and planning changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from failback.dns import answers, rfc2136
from failback.dns.expiry import GRACE, OldAnswer, old_answer
from failback.dns.records import Record, RecordSet, Wish, low_ttl, plan_record
from failback.errors import ConfigError, RefusedError

if TYPE_CHECKING:
    from pathlib import Path

IDC, AWS = "192.0.2.31", "192.0.2.71"
ENTRY = {"name": "www.example.org.", "idc": IDC, "aws": AWS, "ttl": 30, "provider": "rfc2136"}
RECORD = Record.from_dict(ENTRY, ["192.0.2.53"])


def answer(server: str, *values: str, ttl: int = 30, error: str = "") -> answers.Answer:
    return answers.Answer(server, "www.example.org", "A", values, ttl, authoritative=True, milliseconds=1, error=error)


def test_all_agree() -> None:
    verdict = answers.judge([answer("a", IDC), answer("b", IDC)], IDC)
    assert verdict.agreed
    assert verdict.stale_seconds == 0


def test_old_extra_and_silent_answers_do_not_count() -> None:
    seen = [answer("a", AWS, ttl=12), answer("b", IDC, AWS, ttl=20), answer("c", error="no answer within 2 s")]
    verdict = answers.judge(seen, IDC)
    assert not verdict.agreed
    assert verdict.unreachable == ("c no answer within 2 s",)
    assert len(verdict.other) == 2
    assert verdict.stale_seconds == 20


def test_nobody_asked_is_agreed_only_for_an_empty_list() -> None:
    assert answers.judge([], IDC).agreed


def test_worst_stale_time_never_goes_below_zero() -> None:
    assert answers.worst_stale(30, 10.4) == 20
    assert answers.worst_stale(30, 99) == 0


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("192.0.2.1", "192.0.2.1", 53),
        ("192.0.2.1:5353", "192.0.2.1", 5353),
        ("2001:db8::1", "2001:db8::1", 53),
        ("[2001:db8::1]:5353", "2001:db8::1", 5353),
        ("[2001:db8::1]", "2001:db8::1", 53),
    ],
)
def test_server_addresses(text: str, host: str, port: int) -> None:
    assert answers.server_address(text) == (host, port)


def test_a_bad_port_is_named() -> None:
    with pytest.raises(ConfigError, match="port must be a number"):
        answers.server_address("192.0.2.1:dns")


@pytest.mark.parametrize(("values", "side"), [([IDC], "idc"), ([AWS], "aws"), ([], "other"), ([IDC, AWS], "other")])
def test_side_of_a_record(values: list[str], side: str) -> None:
    assert Record.from_dict(ENTRY, ["192.0.2.53"]).side(values) == side


def test_plan_and_refusal() -> None:
    assert plan_record(RECORD, RecordSet((AWS,), 30), Wish("idc")).changed
    assert not plan_record(RECORD, RecordSet((IDC,), 30), Wish("idc")).changed
    for present in ((), ("192.0.2.99",), (IDC, AWS)):
        for side in ("idc", "present"):
            with pytest.raises(RefusedError, match="somebody else has changed it"):
                plan_record(RECORD, RecordSet(present, 30), Wish(side, "low", 1))


@pytest.mark.parametrize(
    ("value", "ttl", "wish", "expected"),
    [
        # Lowering: what leads to AWS, and only downwards.
        (AWS, 30, Wish("present", "low", 1), (AWS, 1)),
        (AWS, 1, Wish("present", "low", 1), (AWS, 1)),
        (AWS, 300, Wish("present", "low", 60), (AWS, 30)),
        (AWS, 30, Wish("present", "low", 0), (AWS, 30)),
        (IDC, 30, Wish("present", "low", 1), (IDC, 30)),
        # The switch gives the low TTL with the new value, and leaves alone what has moved already.
        (AWS, 1, Wish("idc", "low", 1), (IDC, 1)),
        (AWS, 30, Wish("idc", "low", 1), (IDC, 1)),
        (AWS, 30, Wish("idc", "low", 0), (IDC, 30)),
        (AWS, 300, Wish("idc"), (IDC, 30)),
        (IDC, 30, Wish("idc", "low", 1), (IDC, 30)),
        (IDC, 1, Wish("idc", "low", 1), (IDC, 1)),
        # Back: only what is as low as we make it.
        (IDC, 1, Wish("present", "back", 1), (IDC, 30)),
        (AWS, 1, Wish("present", "back", 1), (AWS, 30)),
        (AWS, 300, Wish("present", "back", 1), (AWS, 300)),
        (AWS, 2, Wish("present", "back", 1), (AWS, 2)),
        (AWS, 1, Wish("present", "back", 0), (AWS, 1)),
    ],
)
def test_what_a_record_gets(value: str, ttl: int, wish: Wish, expected: tuple[str, int]) -> None:
    plan = plan_record(RECORD, RecordSet((value,), ttl), wish)
    assert (plan.new.values[0], plan.new.ttl) == expected
    assert plan.changed is (expected != (value, ttl))
    again = plan_record(RECORD, plan.new, wish)
    assert not again.changed


def made_old(value: str, ttl: int, wish: Wish, before: OldAnswer | None = None, now: float = 1000.0) -> float | None:
    plan = plan_record(RECORD, RecordSet((value,), ttl), wish)
    found = old_answer(plan, low_ttl(RECORD, wish.low_ttl), before, now)
    return found.ttl if found else None


def test_how_long_a_cache_may_have_the_old_answer() -> None:
    # Without lowering it is the TTL that the old value had; lowering makes the former TTL old.
    assert made_old(AWS, 30, Wish("idc", "low", 0)) == 30
    assert made_old(AWS, 300, Wish("present", "low", 1)) == 300
    # Lowered 10 s ago with a former TTL of 30: another 20 and the whole second a cache counts.
    lowered = OldAnswer(30, since=990.0)
    assert made_old(AWS, 1, Wish("idc", "low", 1), lowered) == 20 + GRACE
    # Long ago: the low TTL is all that is left. Not given out everywhere yet: all of it.
    assert made_old(AWS, 1, Wish("idc", "low", 1), OldAnswer(30, since=10.0)) == 1
    assert made_old(AWS, 1, Wish("idc", "low", 1), OldAnswer(30, since=None)) == 30 + GRACE
    # Found low, by an earlier run at an unknown moment: the site's own TTL, whatever is done now.
    for value, wish in ((AWS, "present"), (AWS, "idc"), (IDC, "idc")):
        assert made_old(value, 1, Wish(wish, "low", 1)) == 30
    # Nothing was made old.
    assert made_old(IDC, 30, Wish("idc", "low", 1)) is None
    assert made_old(AWS, 30, Wish("present", "low", 0)) is None


def test_an_old_answer_ends_one_ttl_after_it_was_given_out_last() -> None:
    old = OldAnswer(30, since=None)
    assert old.left(1000.0) == 30 + GRACE
    ended = old.ended(1000.0)
    assert ended.left(1010.0) == 20 + GRACE
    assert ended.left(2000.0) == 0
    assert OldAnswer.from_dict(ended.as_evidence()) == ended
    assert OldAnswer.from_dict({"warning": "silent"}) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"idc": ""}, "lacks idc"),
        ({"idc": AWS}, "same value on both sides"),
        ({"idc": "rack4"}, "no address"),
        ({"idc": "2001:db8::1"}, "record of IPv4"),
        ({"type": "MX"}, "only A and AAAA"),
        ({"ttl": 0}, "ttl of at least 1"),
    ],
)
def test_bad_entries_are_named(change: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Record.from_dict({**ENTRY, **change}, ["192.0.2.53"])


def test_nobody_authoritative_is_an_error() -> None:
    with pytest.raises(ConfigError, match="nobody is authoritative"):
        Record.from_dict(ENTRY, [])


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        ({"ns1.": ("192.0.2.1",)}, []),
        ({"ns1.": ("192.0.2.1",), "ns2.": ("192.0.2.2",)}, ["ns2."]),
        ({"ns1.": ("192.0.2.1",), "ns.elsewhere.": ()}, ["ns.elsewhere."]),
        ({"ns.elsewhere.": ()}, []),
        ({}, []),
    ],
)
def test_servers_that_only_the_zone_names(found: dict[str, tuple[str, ...]], missing: list[str]) -> None:
    assert answers.unlisted(found, ["192.0.2.1:53"]) == missing


def test_key_file_forms(tmp_path: Path) -> None:
    key = tmp_path / "key"
    for text in ('key "k" {\n algorithm hmac-sha256;\n secret "QUJDRA==";\n};\n', "QUJDRA==\n"):
        key.write_text(text, encoding="utf-8")
        key.chmod(0o600)
        assert rfc2136.read_secret(str(key)) == "QUJDRA=="


def test_a_key_file_is_never_shown(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("this is not a key", encoding="utf-8")
    key.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        rfc2136.read_secret(str(key))
    assert "this is not" not in str(caught.value)
    with pytest.raises(ConfigError, match="cannot read"):
        rfc2136.read_secret(str(tmp_path / "absent"))


def test_a_name_outside_the_zone_is_refused_before_anything_is_sent() -> None:
    server = rfc2136.Server("192.0.2.53", 53, "example.org", "k", "hmac-sha256", "/nowhere")
    with pytest.raises(ConfigError, match="not in the zone"):
        rfc2136._relative(server, "www.example.net")
