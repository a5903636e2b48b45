"""IDC is opened and its first write fails: the rest is done all the same, and the run does not end as proven."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import drill_run as run
import drill_site
import pytest

from lab import world

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.lab, pytest.mark.long]


def test_a_first_write_that_fails_is_told_and_proven_again_after_the_release(tmp_path: Path) -> None:
    run.reset("--read-only-delay", "2")
    site = drill_site.BrokenSite(tmp_path)
    site.change(
        "databases",
        "db_container: idc-db1-mysql",
        "db_container: idc-db1-mysql\nidc_mysql_marker: {table: gone, column: token}",
    )
    ledger = f"first-write-{time.time_ns()}"
    with run.traffic(ledger):
        said = site.phase()
        time.sleep(3)

    assert said.code == 1, said.everything
    assert "SWITCH-01" in said.everything
    assert "'shop.gone' doesn't exist" in said.everything
    # Nobody was kept waiting for it: all the rest is as after any rollback.
    assert world.gone_home(world.state(run.HOME)) == []
    found = run.ledger(ledger)
    assert (found["lost_writes"], found["duplicated_writes"], found["two_writers_samples"]) == (0, 0, 0)

    site.change("databases", "{table: gone, column: token}", "{table: markers, column: token}")
    again = site.phase()
    assert again.code == 0, again.everything
