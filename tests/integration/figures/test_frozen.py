"""WATCH-04 against real servers: a write on RDS after FINAL is named, silence is no proof, drift is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from figures_site import Site, now, told

from rollback_runner.watching import series
from rollback_runner.watching.series import Point

if TYPE_CHECKING:
    from pathlib import Path

    from mysql_pair import Pair

INSTANCE = "shop-prod"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mysql_pair: Pair) -> Site:
    """Give an incident in which IDC was promoted at what RDS has now, and RDS was looked at since."""
    made = Site(tmp_path / "home", monkeypatch)
    mysql_pair.rds.root("RESET BINARY LOGS AND GTIDS; SET GLOBAL gtid_purged='" + mysql_pair.cutover + "'")
    final = mysql_pair.cutover.replace("\n", "")
    entry = {"kind": "final", "host": "shop-db", "final": {"gtid": final, "log_file": "", "log_position": 0}}
    made.run("r1", entry, {"kind": "promoted", "host": "shop-db", "final": final})
    at = now() + 0.1
    series.append(made.incident, [Point(at, "rds_writes_after_final", INSTANCE, 0.0)])
    return made


def task(pair: Pair, **more: Any) -> dict[str, Any]:
    arguments = {
        "idc": pair.idc.login_dict(),
        "aws": pair.rds.login_dict(),
        "instance": INSTANCE,
        "region": "ap-northeast-2",
        **more,
    }
    return {"watch_frozen": arguments}


def test_rds_stands_still(site: Site, mysql_pair: Pair) -> None:
    result = site.play(task(mysql_pair), host="shop-db")
    assert not told(result)
    assert result["evidence"]["rds"]["frozen"]
    assert result["evidence"]["idc"]["lacks_of_final"] == 0
    assert result["evidence"]["sampled"]["looks_at_rds"] == 1
    assert "drift of its data would go unnoticed" in told(result, "warning")[0]


def test_a_write_on_rds_after_final_is_named(site: Site, mysql_pair: Pair) -> None:
    mysql_pair.rds.root("INSERT INTO shop.items (name, price) VALUES ('after FINAL', 1)")
    (sentence,) = told(site.play(task(mysql_pair), host="shop-db"))
    assert sentence == "RDS was written to: 1 transactions after FINAL: shop.items"


def test_what_amazon_writes_for_itself_does_not_count(site: Site, mysql_pair: Pair) -> None:
    mysql_pair.rds.root("REPLACE INTO mysql.rds_heartbeat2 VALUES (1, 2)")
    assert not told(site.play(task(mysql_pair), host="shop-db"))


def test_a_write_the_sampler_saw_counts_even_when_its_trace_is_gone(site: Site, mysql_pair: Pair) -> None:
    series.append(site.incident, [Point(now() + 0.2, "rds_writes_after_final", INSTANCE, 3.0)])
    (sentence,) = told(site.play(task(mysql_pair), host="shop-db"))
    assert sentence.startswith("the sampler saw 3 transactions after FINAL on shop-prod, first at ")


def test_nobody_kept_looking(site: Site, mysql_pair: Pair) -> None:
    (sentence,) = told(site.play(task(mysql_pair, instance="another"), host="shop-db"))
    assert sentence.startswith("nobody kept proving that another takes no write")


def test_silence_of_both_rds_and_aws_is_no_proof(site: Site, mysql_pair: Pair, tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.write_text("[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\n")
    gone = {**mysql_pair.rds.login_dict(), "host": "127.0.0.1", "port": 1}
    more = {"aws": gone, "endpoint_url": "http://127.0.0.1:1", "credentials_file": str(credentials)}
    (sentence,) = told(site.play(task(mysql_pair, **more), host="shop-db"))
    assert sentence.startswith("nobody can say whether RDS takes writes: it does not answer")


def test_after_a_quarantine_idc_need_not_hold_what_was_set_aside(site: Site, mysql_pair: Pair) -> None:
    mysql_pair.rds.root("INSERT INTO shop.items (name, price) VALUES ('spoilt', 1)")
    final = mysql_pair.rds.root("SELECT @@GLOBAL.gtid_executed").replace("\n", "").replace("\\n", "")
    noted = {"kind": "final", "host": "shop-db", "final": {"gtid": final, "log_file": "", "log_position": 0}}
    site.run("r2", noted, {"kind": "promoted", "host": "shop-db", "final": final})
    (sentence,) = told(site.play(task(mysql_pair), host="shop-db"))
    assert sentence == "IDC lacks 1 transactions of FINAL: was it restored, or its history reset?"
    cutover = mysql_pair.cutover.replace("\n", "")
    stopped = {"strategy": "stop-first", "cutover_gtid": cutover}
    result = site.play(task(mysql_pair, **stopped), host="shop-db")
    assert not told(result)
    assert result["evidence"]["idc"]["lacks_of_final"] == 1
    assert result["evidence"]["idc"]["set_aside"]
    stopped["cutover_gtid"] = f"{cutover},99999999-9999-4999-8999-999999999999:1-2"
    (sentence,) = told(site.play(task(mysql_pair, **stopped), host="shop-db"))
    assert sentence == "IDC lacks 2 transactions of the cut-over: was it restored, or reset?"


def test_an_invariant_that_does_not_hold_is_drift(site: Site, mysql_pair: Pair, tmp_path: Path) -> None:
    journeys = tmp_path / "journeys"
    journeys.mkdir()
    query = "SELECT COUNT(*) FROM shop.items WHERE price < 2"
    content = f"invariants:\n  - name: no item is cheap\n    query: {query}\n    expect: 0\n"
    (journeys / "shop.yml").write_text(content)
    sentences = told(site.play(task(mysql_pair, journeys=str(journeys)), host="shop-db"))
    assert any(one.startswith("the data drifts: no item is cheap") for one in sentences)


def test_without_a_promotion_there_is_nothing_to_prove_against(
    mysql_pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = Site(tmp_path / "home", monkeypatch)
    (sentence,) = told(empty.play(task(mysql_pair), host="shop-db"))
    assert sentence.startswith("no FINAL of a promotion is on record")
