"""What changes data in the releases lab goes by signatures alone: a reversal, and the backup of that moment.

Each test sets its lab up by itself; the lab of the failback is not touched.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
import releases_case as lab
from releases_case import APP, SITE

from lab.releases import customers, deploy, mysql
from lab.releases.applications import BAD, GOOD
from lab.releases.containers import docker
from lab.releases.topology import DIRECTORY, WEB

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.lab, pytest.mark.long]

ORDERS = "SELECT COUNT(*) FROM shop.orders;"
ROWS = "SELECT COUNT(*) FROM shop.__drizzle_migrations;"
COLUMNS = (
    "SELECT column_name FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = 'orders'"
    " ORDER BY ordinal_position;"
)
ROLLBACK = ("deployment", "rollback", *APP, "--yes", "--reason", "a test")


@pytest.fixture
def bad_release() -> dict[str, str]:
    return lab.start_anew()


def test_a_release_that_came_after_the_signatures_makes_them_fall(bad_release: dict[str, str]) -> None:
    code, said = lab.command(*ROLLBACK, "-i", SITE)
    assert code == 3, said
    assert "no plan is frozen" in said
    lab.freeze_and_sign(SITE)
    newer = f"{bad_release[BAD]}-again"
    for host in WEB:
        place = f"releases/{newer}/release.json"
        script = "; ".join(
            (
                "set -e",
                f"cp -r releases/{bad_release[BAD]} releases/{newer}",
                f'sed -i \'s/"id": .*/"id": "{newer}",/; s/2026-03-16T/2026-03-17T/\' {place}',
                f"ln -sfn releases/{newer} current",
                f"echo '{json.dumps(line(newer, bad_release[BAD]))}' >> served.jsonl",
            )
        )
        docker("exec", "--user", "ops", "--workdir", DIRECTORY, host.container, "sh", "-c", script)
    deploy.start(newer)
    before = mysql.sql(COLUMNS + ROWS)
    code, said = lab.command(*ROLLBACK, "-i", SITE, "--to", bad_release[GOOD])
    assert code == 3, said
    assert "The approvals have fallen" in said
    assert lab.runs() == {newer}
    assert mysql.sql(COLUMNS + ROWS) == before


def line(release: str, since: str) -> dict[str, str]:
    told = {"time": "2026-11-22T10:00:00Z", "id": release, "from": since, "kind": "promote", "by": "Lee"}
    return told | {"reason": "deployed once more"}


def test_the_backup_of_that_moment_comes_back_and_costs_what_the_plan_said(
    bad_release: dict[str, str], tmp_path: Path
) -> None:
    """Nobody wrote a reversal. Signed, killed while it loads, gone on with: the older schema, the backup's rows."""
    lab.without_reversal(tmp_path / "clone")
    site = lab.copied(tmp_path)
    site.say(deployment_source={"repository": str(tmp_path / "clone")})
    name = f"test-{time.time_ns()}"
    with lab.at_the_door(name):
        time.sleep(3)
    here = ("-i", str(site.directory))
    code, said = lab.command("deployment", "plan", *here, *APP, "--database", "restore", "--json")
    assert code == 0, said
    choice = json.loads(said[said.index("{") :])["choice"]
    reversal = next(one for one in choice["options"] if one["strategy"] == "reversal")
    assert "there is no reversal of 0002_channels_and_contact" in reversal["why"]["en"]
    lost = {one["object"]: one["figures"].get("rows") for one in choice["loses"]}
    had = int(mysql.sql(ORDERS))
    assert lost["shop.orders"] > 0

    words = (*ROLLBACK, *here, "--database", "restore")
    code, said = lab.command(*words)
    assert code == 3, said
    assert "no plan is frozen" in said
    lab.freeze_and_sign(str(site.directory), "--database", "restore")
    lab.killed_at("load", *words)
    code, said = lab.command("resume", *here, "--yes")
    assert code == 0, said[-4000:]
    assert lab.runs() == {bad_release[GOOD]}
    assert mysql.sql(ROWS) == "2"
    assert "channel" not in mysql.sql(COLUMNS).split()
    assert int(mysql.sql(ORDERS)) == had - lost["shop.orders"]
    told = lab.newest_report()["deployment"]
    assert (told["strategy"], told["strategy_by"]) == ("restore", "person")
    assert told["backup"] == "before the third migration"
    found = customers.check(lab.paths(), "shop-web", name)
    assert found.figures["lost_orders"] == found.figures["acknowledged_orders"], "all of theirs came after the backup"
