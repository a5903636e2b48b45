"""TTLs are lowered before a switch and put back after it, against a real named and a real cache."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from daemons import wait_until
from dns_site import AWS, IDC, THIRD, TTL, WWW, ZONE
from run_tasks import Played, local_host, play

if TYPE_CHECKING:
    from pathlib import Path

    from dns_site import Site

LOW = {"side": "present", "ttl": "low", "low_ttl": 1}
BACK = {"side": "present", "ttl": "back", "low_ttl": 1}


def run(work: Path, *tasks: dict[str, Any], check: bool = False) -> Played:
    named = [{"name": f"{number} {next(iter(task))}", **task} for number, task in enumerate(tasks)]
    return play(work, named, {"shop": local_host()}, check=check)


def expiry(site: Site, old: str, **more: Any) -> dict[str, Any]:
    base = {"records": [site.record()], "authoritative": [site.primary.address], "old": old, "low_ttl": 1}
    return {**base, "names": [WWW], **more}


def lower(site: Site) -> dict[str, Any]:
    return {"dns_record": site.change(**LOW), "register": "lowered"}


def waited_out(found: dict[str, Any]) -> None:
    """It did not go on before the last old answer had ended."""
    old = found["old"][WWW]
    assert found["stale_seconds"] == {}
    assert time.time() >= old["given_out_until"] + old["worst_stale_seconds"]


def test_lowered_waited_for_switched_and_put_back(site: Site, tmp_path: Path) -> None:
    assert site.resolver.values() == [AWS]  # its cache has the former TTL
    wait = expiry(site, "{{ lowered.evidence }}", wait_timeout=10)
    played = run(tmp_path / "a", lower(site), {"dns_expiry": wait, "register": "old"})
    assert played.rc == 0, played.messages
    lowered = played.of("dns_record")
    assert lowered["changed"]
    assert (lowered["before"], lowered["after"]) == ({WWW: [f"{AWS} ttl {TTL}"]}, {WWW: [f"{AWS} ttl 1"]})
    assert lowered["evidence"][WWW]["worst_stale_seconds"] == TTL
    assert (site.primary.values(), site.primary.ttl()) == ([AWS], 1)
    waited = played.of("dns_expiry")["evidence"]
    waited_out(waited)

    # Now a cache follows as soon as a second is over, and the worst case says so.
    assert site.resolver.values() == [AWS]
    switch = site.change(ttl="low", low_ttl=1, lowered=waited["old"])
    moved = run(tmp_path / "b", {"dns_record": switch})
    assert moved.of()["evidence"][WWW]["worst_stale_seconds"] == 1
    assert (site.primary.values(), site.primary.ttl()) == ([IDC], 1)
    wait_until(lambda: site.resolver.values() == [IDC], lambda: "the cache kept the old answer")

    settled = run(tmp_path / "c", {"dns_record": site.change(**BACK)}, {"dns_record": site.change(**BACK)})
    assert [one["changed"] for one in settled.results] == [True, False]
    assert (site.primary.values(), site.primary.ttl()) == ([IDC], TTL)


def test_given_up_the_former_ttl_is_back_and_a_second_run_changes_nothing(site: Site, tmp_path: Path) -> None:
    again = {"dns_record": site.change(**LOW)}
    played = run(tmp_path / "a", lower(site), again, {"dns_record": site.change(**BACK)})
    assert [one["changed"] for one in played.results] == [True, False, True]
    # Found low: somebody lowered it at an unknown moment, so the site's own TTL counts from now.
    assert played.results[1]["evidence"][WWW]["worst_stale_seconds"] == TTL
    assert (site.primary.values(), site.primary.ttl()) == ([AWS], TTL)


def test_killed_between_switch_and_the_end_the_next_run_puts_the_ttl_back(site: Site, tmp_path: Path) -> None:
    run(tmp_path / "a", lower(site), {"dns_record": site.change(ttl="low", low_ttl=1)})
    switch = {"dns_record": site.change(ttl="low", low_ttl=1), "register": "switched"}
    wait = {"dns_expiry": expiry(site, "{{ switched.evidence }}", side="idc", wait_timeout=10)}
    played = run(tmp_path / "b", lower(site), switch, wait, {"dns_record": site.change(**BACK)})
    assert played.rc == 0, played.messages
    assert [one["changed"] for one in played.results] == [False, False, False, True]
    # Nobody knows when the dead run switched: the former TTL is waited for once more.
    waited_out(played.of("dns_expiry")["evidence"])
    assert (site.primary.values(), site.primary.ttl()) == ([IDC], TTL)


def test_a_name_that_moved_already_is_not_lowered(site: Site, tmp_path: Path) -> None:
    run(tmp_path / "a", {"dns_record": site.change()})
    assert not run(tmp_path / "b", lower(site)).of()["changed"]
    assert site.primary.ttl() == TTL


def test_a_rehearsal_predicts_the_ttl_and_touches_nothing(site: Site, tmp_path: Path) -> None:
    wait = expiry(site, "{{ lowered.evidence }}", wait_timeout=10)
    played = run(tmp_path / "a", lower(site), {"dns_expiry": wait}, check=True)
    assert played.rc == 0, played.messages
    assert played.of("dns_record")["changed"]
    assert played.of("dns_record")["after"] == {WWW: [f"{AWS} ttl 1"]}
    assert played.of("dns_expiry")["evidence"]["waited"] < TTL, "a rehearsal waited for the old answer"
    assert site.primary.ttl() == TTL


def test_what_outlasts_the_wait_is_told_at_once(site: Site, tmp_path: Path) -> None:
    wait = {"dns_expiry": expiry(site, "{{ lowered.evidence }}", wait_timeout=1)}
    played = run(tmp_path / "a", lower(site), wait)
    assert played.rc == 0, played.messages
    told = played.of("dns_expiry")
    assert told["evidence"]["waited"] < TTL, "the old answer was waited for"
    assert 0 < told["evidence"]["stale_seconds"][WWW] <= TTL + 1
    assert f"a cache may still give the old answer: {WWW}" in told["msg"]


def test_a_silent_authoritative_server_may_still_give_the_former_ttl_out(site: Site, tmp_path: Path) -> None:
    record = site.record(authoritative=[site.primary.address, "127.0.0.1:9"])
    look = expiry(site, "{{ lowered.evidence }}", records=[record], names=[], timeout=0.3)
    played = run(
        tmp_path / "a", {"dns_record": site.change(record, **LOW), "register": "lowered"}, {"dns_expiry": look}
    )
    assert played.of("dns_expiry")["evidence"]["old"][WWW] == {"worst_stale_seconds": TTL, "given_out_until": None}


@pytest.mark.parametrize(("silence", "rc"), [("tell", 0), ("fail", 2)])
def test_the_primary_away_keeps_nothing_back_where_it_is_only_told(
    site: Site, tmp_path: Path, silence: str, rc: int
) -> None:
    site.primary.daemon.stop()
    played = run(tmp_path / "a", {"dns_record": site.change(**LOW, silence=silence)})
    assert played.rc == rc
    assert "was not changed by this task" in str(played.of()["msg"])


def test_a_strangers_value_is_never_given_another_ttl(site: Site, tmp_path: Path) -> None:
    played = run(tmp_path / "a", {"dns_record": site.change(site.record(f"other.{ZONE}"), **LOW)})
    assert played.of()["refused"]
    assert (site.primary.values(f"other.{ZONE}"), site.primary.ttl(f"other.{ZONE}")) == ([THIRD], TTL)


def test_a_ttl_that_the_site_does_not_know_of_is_told_at_the_gate(site: Site, tmp_path: Path) -> None:
    probe = site.change(site.record(ttl=60), probe=True, low_ttl=1)
    assert (
        f"has a TTL of {TTL} s; dns_records says 60"
        in run(tmp_path / "a", {"dns_record": probe}).of()["evidence"][WWW]["note"]
    )
