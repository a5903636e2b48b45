"""The DNS plugins against a real named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from dns_site import AWS, IDC, THIRD, TTL, WWW, ZONE
from failback.dns import answers, rfc2136
from failback.errors import RefusedError
from run_tasks import Played, local_host, play

if TYPE_CHECKING:
    from pathlib import Path

    from dns_site import Site


def run(work: Path, *tasks: dict[str, Any], check: bool = False) -> Played:
    named = [{"name": f"{number} {next(iter(task))}", **task} for number, task in enumerate(tasks)]
    return play(work, named, {"shop": local_host()}, check=check)


def test_the_record_changes_and_the_resolver_follows_when_its_cache_ran_out(site: Site, tmp_path: Path) -> None:
    assert site.resolver.values() == [AWS]
    played = run(tmp_path / "a", {"dns_record": site.change()}, {"dns_answers": site.answers()})
    assert played.rc == 0, played.messages
    change = played.of("dns_record")
    assert change["changed"]
    assert change["before"] == {WWW: [AWS]}
    assert change["after"] == {WWW: [IDC]}
    assert change["evidence"][WWW]["worst_stale_seconds"] == TTL
    assert site.primary.values() == [IDC]
    seen = played.of("dns_answers")["evidence"]
    assert seen["resolvers"][WWW][0]["values"] == [IDC]
    assert 0 < seen["waited"] <= TTL + 2


def test_second_run_is_unchanged_and_back_works(site: Site, tmp_path: Path) -> None:
    run(tmp_path / "a", {"dns_record": site.change()})
    again = run(tmp_path / "b", {"dns_record": site.change()})
    assert not again.of()["changed"]
    back = run(tmp_path / "c", {"dns_record": site.change(side="aws")})
    assert back.of()["changed"]
    assert site.primary.values() == [AWS]


def test_check_mode_predicts_and_touches_nothing(site: Site, tmp_path: Path) -> None:
    played = run(tmp_path / "a", {"dns_record": site.change()}, {"dns_answers": site.answers()}, check=True)
    assert played.rc == 0, played.messages
    assert played.of("dns_record")["changed"]
    assert played.of("dns_record")["after"] == {WWW: [IDC]}
    assert site.primary.values() == [AWS]


def test_a_concurrent_change_makes_the_update_fail_instead_of_overwriting(site: Site) -> None:
    server = rfc2136.Server.from_dict(site.server())
    change = rfc2136.Change(WWW, "A", (AWS,), IDC, TTL)
    site.change_as_somebody_else(WWW, THIRD)  # after our read, before our write
    with pytest.raises(RefusedError, match="changed by someone else at the same moment"):
        rfc2136.replace(server, change, timeout=2)
    assert site.primary.values() == [THIRD]


def test_a_record_that_leads_to_neither_side_is_refused(site: Site, tmp_path: Path) -> None:
    played = run(tmp_path / "a", {"dns_record": site.change(site.record(f"other.{ZONE}"))})
    assert played.of()["refused"]
    assert f"answers {THIRD}, neither" in played.messages
    assert site.primary.values(f"other.{ZONE}") == [THIRD]


def test_one_bad_record_stops_no_other(site: Site, tmp_path: Path) -> None:
    records = [site.record(f"other.{ZONE}"), site.record()]
    played = run(tmp_path / "a", {"dns_record": site.change(*records)})
    assert played.rc != 0
    assert site.primary.values() == [IDC]


@pytest.mark.parametrize("case", ["wrong secret", "unknown key", "open file", "no secret"])
def test_a_bad_key_is_refused_in_one_clear_sentence(site: Site, tmp_path: Path, case: str) -> None:
    key = tmp_path / "bad.key"
    site.write_key(key, "AAAA" * 8)
    server = site.server(key_file=str(key))
    expected = f"the secret in {key} is not the server's"
    if case == "unknown key":
        server, expected = site.server(key_name="nobody"), "does not know the key nobody"
    elif case == "open file":
        key.chmod(0o644)
        expected = f"chmod 600 {key}"
    elif case == "no secret":
        key.write_text("not a key at all", encoding="utf-8")
        expected = "holds neither"
    for probe in (True, False):
        played = run(tmp_path / f"{probe}", {"dns_record": site.change(servers={"rfc2136": server}, probe=probe)})
        assert expected in played.messages
        assert "AAAA" not in played.messages
        assert "Traceback" not in played.messages
    assert site.primary.values() == [AWS]


def test_a_probe_proves_the_key_and_changes_nothing(site: Site, tmp_path: Path) -> None:
    played = run(tmp_path / "a", {"dns_record": site.change(probe=True)})
    assert played.rc == 0, played.messages
    assert played.of()["evidence"][WWW]["key_accepted"]
    assert site.primary.values() == [AWS]


def test_a_silent_server_is_named_with_what_the_others_answer(site: Site, tmp_path: Path) -> None:
    run(tmp_path / "a", {"dns_record": site.change()})
    record = site.record(authoritative=[site.primary.address, "127.0.0.1:9"])
    played = run(tmp_path / "b", {"dns_answers": site.answers(records=[record], authoritative_wait=1)})
    assert played.rc != 0
    assert "127.0.0.1:9" in played.messages
    shown = {answer["server"]: answer["values"] for answer in played.of()["evidence"]["authoritative"][WWW]}
    assert shown[site.primary.address] == [IDC]
    precheck = run(tmp_path / "c", {"dns_answers": site.answers(records=[record], side="any")})
    assert precheck.rc == 0
    assert "127.0.0.1:9" in precheck.of()["evidence"]["warnings"][0]


def test_the_zone_names_its_servers_and_all_are_listed(site: Site, tmp_path: Path) -> None:
    assert answers.zone_servers(site.primary.address, WWW, 1) == {f"ns1.{ZONE}.": ("127.0.0.1",)}
    played = run(tmp_path / "a", {"dns_answers": site.answers(side="any")})
    assert played.of()["evidence"]["warnings"] == []


def test_the_primary_away_is_said_and_changes_nothing(site: Site, tmp_path: Path) -> None:
    site.primary.daemon.stop()
    played = run(tmp_path / "a", {"dns_record": site.change()})
    assert played.rc != 0
    assert "was not changed by this task" in played.messages


def test_a_cache_that_outlasts_the_wait_is_reported_at_once(site: Site, tmp_path: Path) -> None:
    site.change_as_somebody_else(WWW, AWS)
    assert site.resolver.values() == [AWS]
    run(tmp_path / "a", {"dns_record": site.change()})
    site.resolver.values()
    late = run(tmp_path / "b", {"dns_answers": site.answers(resolver_wait=0.5)})
    shown = late.of()["evidence"]
    if late.rc != 0:  # the cache may have run out while the plays started
        assert shown["stale_seconds"] > 0
        assert "answers 192.0.2.71 for" in late.messages
        assert shown["waited"] < TTL
