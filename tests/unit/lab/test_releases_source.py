"""The releases of the releases lab: what a commit holds, and that it is what drizzle-kit and the reviewer saw."""

import hashlib
import json
from pathlib import Path

import yaml

from lab.paths import LabPaths
from lab.releases import builds, deploy, mysql, repository, topology, window_state
from lab.releases.applications import BAD, BOTH, GOOD, SHOP, WINDOW
from lab.releases.topology import Paths

SITE = Path(__file__).resolve().parents[3] / "inventories" / "lab_releases"


def test_a_commit_holds_the_migrations_of_its_release_and_no_more() -> None:
    second = repository.files(SHOP, SHOP.release(GOOD))
    journal = json.loads(second["drizzle/meta/_journal.json"])
    assert [entry["tag"] for entry in journal["entries"]] == ["0000_take_orders", "0001_notes_and_events"]
    assert "drizzle/meta/0001_snapshot.json" in second
    assert not [name for name in second if "0002" in name]
    folders = {name.split("/")[1] for name in repository.files(WINDOW, WINDOW.release(GOOD)) if "drizzle/" in name}
    assert folders == {"20261122185549_take_orders", "20261122185554_notes_and_events"}


def test_the_journal_of_the_last_release_is_the_one_drizzle_kit_wrote_byte_for_byte() -> None:
    written = (SHOP.source / "drizzle" / "meta" / "_journal.json").read_bytes()
    assert repository.files(SHOP, SHOP.release(BAD))["drizzle/meta/_journal.json"] == written


def test_the_reversal_is_the_one_that_was_reviewed_and_belongs_to_its_migration() -> None:
    last = repository.files(SHOP, SHOP.release(BAD))
    tag = mysql.migrations(SHOP)[-1].tag
    review = json.loads(last[f"drizzle/{tag}.down.review.json"])
    assert review["sha256"] == hashlib.sha256(last[f"drizzle/{tag}.down.sql"]).hexdigest()
    assert review["migration_sha256"] == hashlib.sha256(last[f"drizzle/{tag}.sql"]).hexdigest()
    assert set(review["loses"]) == {"en", "ko"}


def test_the_same_source_gives_the_same_commits(tmp_path: Path) -> None:
    paths = [Paths(LabPaths(tmp_path / name)) for name in ("one", "two")]
    first, second = ({one.name: repository.up(path, one) for one in BOTH} for path in paths)
    assert first == second
    assert repository.commits(paths[0], SHOP) == first["shop"]
    assert len({*first["shop"].values(), *first["window"].values()}) == 6


def test_the_seed_of_the_stand_in_has_the_bad_release_live_and_others_between() -> None:
    commits = {name: name * 20 for name in ("r1", "r2", "r3")}
    state = json.loads(window_state.seed(commits, {}))
    listed = {one["id"]: one for one in state["deployments"]}
    assert listed[state["project"]["live"]]["build"] == builds.build_id(commits[BAD])
    newest = sorted(listed.values(), key=lambda one: one["created"], reverse=True)
    # "The second row of the list" would be a build that never served.
    assert newest[1]["promoted"] is None


def test_releases_are_named_by_day_and_commit() -> None:
    assert deploy.release_id(SHOP.release(BAD), "4c05f707e30a") == "20260316-4c05f70"


def test_the_site_names_the_addresses_of_the_lab() -> None:
    hosts = yaml.safe_load((SITE / "hosts.yml").read_text(encoding="utf-8"))["all"]["children"]
    told = {
        name: one["ansible_host"]
        for group in ("web_hosts", "load_balancers")
        for name, one in hosts[group]["hosts"].items()
    }
    assert told == {host.name: host.address for host in topology.HOSTS if host.sshd}
    shop = yaml.safe_load((SITE / "group_vars" / "deployments_compose.yml").read_text(encoding="utf-8"))
    assert shop["deployment_database"]["host"] == topology.DB.address
    assert shop["deployment_database"]["server_uuid"] == topology.SERVER_UUID
    assert shop["deployment_domains"][0]["url"] == f"https://{topology.LB.address}"
    edge = yaml.safe_load((SITE / "group_vars" / "deployments_vercel.yml").read_text(encoding="utf-8"))
    assert [one["host_header"] for one in edge["deployment_domains"]] == list(topology.EDGE_DOMAINS)
    assert edge["vercel_api"] == f"https://{topology.EDGE.address}:{topology.API_PORT}"
    assert (edge["vercel_team"], edge["vercel_project"]) == (window_state.TEAM, window_state.PROJECT)
