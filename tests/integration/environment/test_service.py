"""VERIFY-02 to VERIFY-05 through a real front door to the real shop on a real database."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from lb_free import slow_front
from run_tasks import ROOT, Played

if TYPE_CHECKING:
    from pathlib import Path

    from env_site import Site

LAB = ROOT / "inventories" / "lab"
OPENAPI: dict[str, Any] = yaml.safe_load((LAB / "group_vars" / "service.yml").read_text())["service_openapi"]


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    """A home with the test user's password, and the lab's own journeys to change."""
    secrets = tmp_path / ".lab" / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "shop-customer").write_text("customer7\n")
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "shop.yml").write_bytes((LAB / "journeys" / "shop.yml").read_bytes())
    return tmp_path


def change(home: Path, before: str, after: str) -> None:
    path = home / "journeys" / "shop.yml"
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))


def walk(site: Site, home: Path, proves: str, *, check: bool = False) -> Played:
    arguments = {"directory": str(home / "journeys"), "proves": proves, "doors": [site.door], "home": str(home)}
    return site.service(home, [{"name": "walk", "journey": {**arguments, "timeout": 5}}], check=check)


def api(site: Site, home: Path, *, check: bool = False, **more: Any) -> Played:
    arguments = {"doors": [site.door], "openapi": {**OPENAPI, **more}, "home": str(home), "timeout": 5}
    return site.service(home, [{"name": "api", "openapi_check": arguments}], check=check)


def ask(site: Site, home: Path) -> Played:
    arguments = {"directory": str(home / "journeys"), "server": site.server.login_dict()}
    return site.service(home, [{"name": "sql", "sql_invariants": arguments}])


def test_the_labs_journeys_are_walked_step_by_step(site: Site, home: Path) -> None:
    rehearsed = walk(site, home, "VERIFY-02", check=True)
    assert rehearsed.of()["evidence"]["rehearsal_left_out"] == ["order", "write-read-remove"]
    rows = site.server.root("SELECT COUNT(*) FROM shop.markers")
    played = walk(site, home, "VERIFY-02")
    assert played.rc == 0, played.messages
    seen = {journey["journey"]: journey for journey in played.of()["evidence"]["journeys"]}
    assert [step["status"] for step in seen["write-read-remove"]["steps"]] == [201, 200, 200, 404, 404]
    assert all(step["seconds"] > 0 for step in seen["browse"]["steps"])
    assert site.server.root("SELECT COUNT(*) FROM shop.markers") == rows


def test_a_wrong_answer_names_step_expected_and_seen(site: Site, home: Path) -> None:
    change(home, "{status: 200, json: {$.deleted: 1}}", "{status: 200, json: {$.deleted: 2}}")
    rows = site.server.root("SELECT COUNT(*) FROM shop.markers")
    played = walk(site, home, "VERIFY-02")
    assert "write-read-remove through lb1, step 'Remove it': $.deleted: expected 2, came 1" in played.messages
    assert site.server.root("SELECT COUNT(*) FROM shop.markers") == rows


def test_a_user_logs_in_and_nothing_secret_is_told(site: Site, home: Path) -> None:
    played = walk(site, home, "VERIFY-04")
    assert played.rc == 0, played.messages
    assert "customer7" not in str(played.results)
    assert not re.search(r"7\.\d{10}\.[0-9a-f]{64}", str(played.results))


def test_a_wrong_password_fails_at_the_log_in(site: Site, home: Path) -> None:
    (home / ".lab" / "secrets" / "shop-customer").write_text("not-the-password\n")
    played = walk(site, home, "VERIFY-04")
    assert "step 'Log in': status: expected 200, came 401" in played.messages
    assert played.of()["evidence"]["journeys"][0]["not_walked"] == [
        "See the own account",
        "See nothing without the session",
    ]
    (home / ".lab" / "secrets" / "shop-customer").unlink()
    assert walk(site, home, "VERIFY-04").of()["refused"] is True


def test_invariants_hold_and_a_broken_one_is_named(site: Site, home: Path) -> None:
    assert ask(site, home).rc == 0, ask(site, home).messages
    site.server.root("INSERT INTO shop.write_ledger (token, client) VALUES ('twice', 'a'), ('twice', 'b')")
    played = ask(site, home)
    site.server.root("DELETE FROM shop.write_ledger WHERE token = 'twice'")
    assert "No order of the ledger was written twice: result: expected 0, came 1" in played.messages


def test_an_invariant_cannot_write(site: Site, home: Path) -> None:
    site.server.root(
        "DROP FUNCTION IF EXISTS shop.sneak; SET GLOBAL log_bin_trust_function_creators = 1;\nDELIMITER //\n"
        "CREATE FUNCTION shop.sneak() RETURNS int MODIFIES SQL DATA BEGIN DELETE FROM shop.reviews; RETURN 0; END//\n"
    )
    change(home, "SELECT MIN(quantity) FROM shop.stock", "SELECT shop.sneak()")
    assert "Cannot execute statement in a READ ONLY transaction" in ask(site, home).messages
    assert int(site.server.root("SELECT COUNT(*) FROM shop.reviews")) > 0


def test_every_operation_answers_as_specified(site: Site, home: Path) -> None:
    played = api(site, home)
    assert played.rc == 0, played.messages
    seen = {one["operation"]: one for one in played.of()["evidence"]["operations"]}
    assert len(seen) == 12
    assert (seen["getMe"]["status"], seen["getOrders"]["status"], seen["deleteMarkers"]["status"]) == (200, 404, 200)
    assert "skipped" in seen["placeOrder"]
    rehearsed = api(site, home, check=True)
    assert rehearsed.rc == 0
    assert "not called in a rehearsal" in str(rehearsed.of()["evidence"]["operations"])


def test_a_body_that_differs_from_its_schema_is_named(site: Site, home: Path) -> None:
    document = json.loads((ROOT / "lab" / "shop" / "openapi.json").read_text())
    document["components"]["schemas"]["Server"]["properties"]["hostname"] = {"type": "integer"}
    (home / "openapi.json").write_text(json.dumps(document))
    played = api(site, home, file="openapi.json")
    assert "GET /api/whoami: $.hostname:" in played.messages
    assert "is not of type 'integer'" in played.messages


def test_an_operation_that_nobody_can_call_is_not_proven(site: Site, home: Path) -> None:
    assert "POST /api/orders: it writes, and service_openapi gives neither" in api(site, home, skip={}).messages


def test_latency_beside_its_baseline(site: Site, home: Path) -> None:
    baseline = str(home / "baseline")
    with slow_front(0.0) as (door, delay):
        pace = {"doors": [door], "paths": ["/"], "rate": 40, "seconds": 1, "baseline_directory": baseline}
        record = {"name": "record", "baseline_record": {"of": "service", **pace}}
        probe = {"name": "probe", "latency_probe": {**pace, "timeout": 2}}
        assert site.service(home, [probe]).of()["event"] == "runner_on_skipped"
        assert site.service(home, [record]).rc == 0
        usual = site.service(home, [probe])
        assert usual.rc == 0, usual.messages
        assert usual.of()["evidence"]["doors"]["slow"]["now"]["requests"] == 40
        delay.seconds = 0.3
        slow = site.service(home, [probe])
        assert "slow: p50 is 0.3" in slow.messages
        delay.seconds, delay.status = 0.0, 500
        assert "error rate 100.00%" in site.service(home, [probe]).messages
