"""Bad releases in the releases lab: whole drills under traffic, faults, and a run that is killed in the middle.

Each test sets its lab up by itself, in about twenty seconds; the lab of the failback is not touched.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from failback import lock

from lab.releases import customers, deploy, faults, lifecycle, mysql, repository
from lab.releases.applications import BAD, GOOD, SHOP
from lab.releases.topology import WEB, Paths
from rollback_runner.drill import deployment_clients as clients
from rollback_runner.record import store

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.lab, pytest.mark.long]

HOME = Path(os.environ.get("RR_HOME") or Path(__file__).parents[3])
SITE = str(HOME / "inventories" / "lab_releases")
LIMIT = 600.0  # seconds
ALONE = ("--break-glass", "a test of this alone")
ROLLBACK = ("deployment", "rollback", "-i", SITE, "--app", "shop-web", "--yes", "--reason", "a test", *ALONE)
COLUMNS = (
    "SELECT column_name FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = 'orders'"
    " ORDER BY ordinal_position;"
)
ROWS = "SELECT COUNT(*) FROM shop.__drizzle_migrations;"


def argv(*words: str) -> list[str]:
    return [sys.executable, "-m", "rollback_runner", *words]


def command(*words: str) -> tuple[int, str]:
    done = subprocess.run(argv(*words), cwd=HOME, capture_output=True, text=True, timeout=LIMIT, check=False)
    return done.returncode, done.stdout + done.stderr


def paths() -> Paths:
    return Paths.from_environment()


@pytest.fixture
def bad_release() -> dict[str, str]:
    """Bring the state every drill starts from; give the releases' ids."""
    lifecycle.up(paths())
    command("incident", "close", "-i", SITE, "--reason", "a test ended")
    place = store.lock_path(HOME, "releases")
    if (left := lock.read(place)) is not None and left.stale:
        lock.release(place, left.epoch)
    return deploy.identifiers(repository.commits(paths(), SHOP))


def runs() -> set[str]:
    found = set()
    for host in WEB:
        script = "readlink /srv/shop/current"
        found.add(subprocess.check_output(["docker", "exec", host.container, "sh", "-c", script], text=True).strip())
    return {one.removeprefix("releases/") for one in found}


def drilled(scenario: str) -> dict[str, Any]:
    code, said = command("drill", scenario)
    assert code == 0, said[-4000:]
    report: dict[str, Any] = json.loads((HOME / "runs" / "latest" / "report.json").read_text(encoding="utf-8"))
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


def kill_tree(pid: int) -> None:
    """SIGKILL a process and all below it at once, as a power cut would."""
    table = subprocess.check_output(["ps", "-eo", "pid=,ppid="], text=True).split()
    parents = {int(one): int(parent) for one, parent in zip(table[::2], table[1::2], strict=True)}
    family = [pid]
    for above in family:
        family.extend(one for one, parent in parents.items() if parent == above and one not in family)
    for one in family:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def seen(text: str) -> Callable[[], bool]:
    """Tell whether a journal that began after now holds the text."""
    began = time.time()

    def look() -> bool:
        for journal in (HOME / "runs").glob("*-releases-deployment/journal.jsonl"):
            if journal.stat().st_mtime >= began and text in journal.read_text(encoding="utf-8"):
                return True
        return False

    return look


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
    with clients.running(HOME, "shop-web", name):
        time.sleep(2)
        look = seen(at)
        with subprocess.Popen(
            argv(*ROLLBACK), cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        ) as running:
            limit = time.monotonic() + LIMIT
            while not look() and running.poll() is None:
                assert time.monotonic() < limit
                time.sleep(0.01)
            assert running.poll() is None, running.stdout and running.stdout.read().decode()[-3000:]
            kill_tree(running.pid)
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
