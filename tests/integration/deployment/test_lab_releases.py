"""Bad releases in the releases lab: whole drills under traffic, faults, and a run that is killed in the middle.

Each test sets its lab up by itself, in about twenty seconds; the lab of the failback is not touched.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import releases_case as lab
from releases_case import HOME, SITE, command, newest_report, paths, runs

from lab.releases import customers, deploy, faults, mysql, repository
from lab.releases.applications import BAD, GOOD, SHOP

pytestmark = [pytest.mark.lab, pytest.mark.long]

ALONE = ("--break-glass", "a test of this alone")
ROLLBACK = ("deployment", "rollback", "-i", SITE, "--app", "shop-web", "--yes", "--reason", "a test", *ALONE)
COLUMNS = (
    "SELECT column_name FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = 'orders'"
    " ORDER BY ordinal_position;"
)
ROWS = "SELECT COUNT(*) FROM shop.__drizzle_migrations;"


@pytest.fixture
def bad_release() -> dict[str, str]:
    return lab.start_anew()


def drilled(scenario: str) -> dict[str, Any]:
    code, said = command("drill", scenario)
    assert code == 0, said[-4000:]
    report = newest_report()
    metrics = report["metrics"]
    assert metrics["acknowledged_orders"] > 0
    for zero in ("failed_requests", "lost_orders", "changed_orders", "doubled_orders", "refused_but_stored"):
        assert metrics[zero] == 0, zero
    assert {item["status"] for item in report["items"]} <= {"done", "already"}
    assert len(report["items"]) == 12
    return report


def test_a_bad_release_goes_back_with_its_database_and_no_customer_loses_an_order() -> None:
    report = drilled("bad-release")
    assert runs() == {deploy.identifiers(repository.commits(paths(), SHOP))[GOOD]}
    assert "customer_email" in mysql.sql(COLUMNS).split()
    assert "channel" not in mysql.sql(COLUMNS).split()
    assert mysql.sql(ROWS) == "2"
    # Under the hold nobody is served by the old code and the new one in turn.
    ledger = json.loads((HOME / "runs" / report["run"] / "ledger.json").read_text(encoding="utf-8"))
    assert ledger["faulty_after_first_good"] == 0


def test_a_bad_deployment_on_vercel_goes_back_without_touching_the_database() -> None:
    drilled("bad-release-vercel")
    assert mysql.sql(ROWS.replace("shop.", "window_shop.")) == "3"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("web2_image_gone", "rel-web2 lacks the image"),
        ("edited_migration", "edited after they were applied"),
        ("half_applied", "stopped half way"),
    ],
)
def test_what_cannot_be_sound_is_refused_before_anything_moves(
    bad_release: dict[str, str], fault: str, told: str
) -> None:
    faults.inject(paths(), fault)
    before = mysql.sql(COLUMNS + ROWS)
    code, said = command(*ROLLBACK)
    assert code == 3, said
    assert told in said
    assert runs() == {bad_release[BAD]}
    assert mysql.sql(COLUMNS + ROWS) == before


@pytest.mark.parametrize(
    "at",
    [
        "hold requests and stop",
        "reversal, step 1 of 3",
        "reversal, step 2 of 3",
        "reversal, step 3 of 3",
        "change every host",
    ],
)
def test_a_run_killed_in_the_middle_is_gone_on_with(bad_release: dict[str, str], at: str) -> None:
    name = f"test-{time.time_ns()}"
    with lab.at_the_door(name):
        time.sleep(2)
        lab.killed_at(at, *ROLLBACK)
        code, said = command("resume", "-i", SITE, "--yes")
        assert code == 0, said[-4000:]
        time.sleep(2)
    assert runs() == {bad_release[GOOD]}
    assert mysql.sql(ROWS) == "2"
    found = customers.check(paths(), "shop-web", name)
    for zero in ("lost_orders", "changed_orders", "doubled_orders", "refused_but_stored"):
        assert found.figures[zero] == 0, zero
    # A customer may have waited to the limit of the hold; nobody got an error of the release that is right.
    assert not [problem for problem in found.problems if "requests failed" in problem and " 500 " in problem]
