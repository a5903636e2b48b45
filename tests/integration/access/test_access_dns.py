"""The DNS key: unknown, wrong or without the right to one name, found by updates that leave the zone as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dns.message
import dns.query
import dns_site
import pytest
from dns_site import WWW, ZONE, Site
from idc_side import run_action

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The key may change db and other, but not www."""
    kept = dns_site._PRIMARY
    dns_site._PRIMARY = kept.replace(
        "grant {key_name} zonesub A;", "grant {key_name} name db.{zone}. A; grant {key_name} name other.{zone}. A;"
    )
    try:
        with Site(tmp_path_factory.mktemp("named")) as running:
            yield running
    finally:
        dns_site._PRIMARY = kept


def serial(site: Site) -> int:
    answer = dns.query.udp(dns.message.make_query(ZONE, "SOA"), "127.0.0.1", port=site.primary.port, timeout=2)
    return int(answer.answer[0][0].serial)


def look(site: Site, *names: str, **more: Any) -> list[dict[str, str]]:
    args = {"records": [site.record(name) for name in names], "servers": {"rfc2136": site.server(**more)}}
    before = serial(site), [site.primary.values(name) for name in names]
    result = run_action("access_dns", args | {"authoritative": [site.primary.address], "timeout": 2.0})
    assert (serial(site), [site.primary.values(name) for name in names]) == before, "the zone is as it was"
    assert "failed" not in result, result
    assert site.secret not in str(result)
    found: list[dict[str, str]] = result.get("findings", [])
    return found


def test_a_name_that_the_policy_leaves_out(site: Site) -> None:
    found = look(site, WWW, f"db.{ZONE}")
    assert [one["key"] for one in found] == [f"dns:update:{WWW}"]
    # The line that is named is the one to add.
    assert found[0]["next_step"] == f"update-policy {{ grant rr-test name {WWW}. A; }}; in the zone {ZONE}"
    conf = site.directory / "primary" / "named.conf"
    granted = found[0]["next_step"].partition("{ ")[2].partition(" }")[0]
    text = conf.read_text()
    conf.write_text(text.replace("update-policy {", f"update-policy {{ {granted}"))
    site.primary.daemon.stop()
    daemon = dns_site.Daemon(["named", "-g", "-4", "-n", "1", "-c", str(conf)], site.directory, "primary")
    site.primary.daemon = daemon
    daemon.wait_until(lambda: dns_site._answers(site.primary))
    assert look(site, WWW, f"db.{ZONE}") == []


def test_a_key_that_is_wrong_or_unknown(site: Site) -> None:
    wrong = site.directory / "wrong.key"
    site.write_key(wrong, "d3Jvbmcgc2VjcmV0IG9mIHRoaXJ0eS10d28gYnl0ZXMh")
    for more in ({"key_file": str(wrong)}, {"key_name": "nobody"}):
        found = look(site, f"db.{ZONE}", **more)
        assert len(found) == 1
        assert found[0]["key"].startswith("dns:key:")
        assert "hmac-sha256" in found[0]["next_step"]


def test_a_silent_server_is_told_as_such(site: Site) -> None:
    args = {"records": [site.record(WWW)], "servers": {"rfc2136": site.server(port=9)}, "timeout": 0.5}
    found = run_action("access_dns", args | {"authoritative": ["127.0.0.1:9"]})["findings"]
    assert found[0]["severity"] == "blocker"
    assert "TECH-03" in found[0]["next_step"]


def test_a_key_file_open_to_others_is_an_error(site: Site) -> None:
    open_file = site.directory / "open.key"
    site.write_key(open_file, site.secret)
    open_file.chmod(0o644)
    args = {"records": [site.record(WWW)], "servers": {"rfc2136": site.server(key_file=str(open_file))}}
    result = run_action("access_dns", args | {"authoritative": [site.primary.address]})
    assert result["failed"]
    assert "chmod 600" in result["msg"]
