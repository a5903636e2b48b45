"""The backup of that moment through the whole command: on hosts of our own, a real MySQL, signatures, and a kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import database_servers
import database_site
import pytest
import releases_case
import reversal_case as case
import test_database_restore
from compose_site import Site
from compose_world import Balancer, World

from rollback_runner.errors import RefusedError
from rollback_runner.record import store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.long

SIGNERS = (("technical_lead", "lee"), ("operations_manager", "park"))
SINCE = 4  # orders that came after the backup
LIMIT = 600.0  # seconds


@pytest.fixture(name="world")
def _world(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "keys").mkdir()
    world = World(tmp_path / "keys")
    try:
        world.start()
        world.lay()
        yield world
    finally:
        world.stop()


@pytest.fixture(name="balancer")
def _balancer(world: World, tmp_path: Path) -> Iterator[Balancer]:
    balancer = Balancer(tmp_path / "lb", world)
    yield balancer
    balancer.stop()


@pytest.fixture(name="database")
def _database(tmp_path: Path) -> database_site.Site:
    """A server as the third release left it, its backup from before, and nobody's reversal beside the migration."""
    server = database_servers.named("live")
    server.root("DROP DATABASE IF EXISTS rollback_runner_restore")
    with server.connect() as session:
        case.install(session)
    made = database_site.make(tmp_path / "repository", server, down="")
    test_database_restore.backup(made, before=True)
    rows = ", ".join(["(1, 5, 'since', 'web', 1)"] * SINCE)
    server.root(f"INSERT INTO shop.orders (customer_id, total, remark, channel, weight) VALUES {rows}")
    return made


def signed_by_people(folder: Path) -> dict[str, object]:
    """Make keys for three people, and ask for approvals where data is changed."""
    lines = []
    for name in ("kim", "lee", "park"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)], check=True
        )
        lines.append(f"{name} {' '.join((folder / name).with_suffix('.pub').read_text().split()[:2])}")
    signers = folder / "allowed_signers"
    signers.write_text("\n".join(lines) + "\n", encoding="utf-8")
    signers.chmod(0o600)
    roles = {"planner": ["kim"], "technical_lead": ["lee"], "operations_manager": ["park"]}
    return {"site_approvals": {"signers_file": str(signers), "roles": roles, "deployment": "data"}}


def orders(database: database_site.Site) -> int:
    return int(database.server.root("SELECT COUNT(*) FROM shop.orders").splitlines()[-1])


def loading(home: Path) -> bool:
    """Tell whether a run has begun to load the backup."""
    for journal in (home / "runs").glob("*-deployment/journal.jsonl"):
        for line in journal.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line) if line.endswith("}") else {}
            if entry.get("kind") == "intent" and str(entry.get("act")).startswith("load"):
                return True
    return False


def killed(site: Site, *words: str) -> None:
    """Give the command and kill it, with all below it, as soon as rows are being loaded."""
    argv = [sys.executable, "-m", "rollback_runner", *words, "-i", str(site.directory)]
    environment = os.environ | {"RR_HOME": str(site.home)}
    with subprocess.Popen(
        argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as running:
        limit = time.monotonic() + LIMIT
        while not loading(site.home) and running.poll() is None:
            assert time.monotonic() < limit
            time.sleep(0.01)
        assert running.poll() is None, running.stdout and running.stdout.read().decode()[-3000:]
        releases_case.kill_tree(running.pid)


def test_the_backup_comes_back_and_costs_what_the_plan_said(
    world: World, balancer: Balancer, database: database_site.Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RR_HOME", str(tmp_path / "home"))
    for host in world.hosts:
        for release, commit in (("r2", database.commits[0]), ("r3", database.commits[1])):
            told = json.loads(host.read(f"releases/{release}/release.json"))
            host.write(f"releases/{release}/release.json", json.dumps(told | {"commit": commit}))
    variables = {name: value for name, value in database.variables.items() if name.startswith("deployment_")}
    site = Site(tmp_path, world, balancer, **variables, shared=signed_by_people(tmp_path))
    restore = ("--database", "restore")

    stops = site("rollback", "--yes", "--reason", "orders fail")
    assert isinstance(stops.exception, RefusedError), stops.stdout
    assert "there is no reversal of 0002_bad" in stops.exception.what
    planned = json.loads(site("plan", *restore, "--json").stdout)
    lost = {one["object"]: one["figures"].get("rows") for one in planned["choice"]["loses"]}
    assert lost["shop.orders"] == SINCE
    had = orders(database)

    unsigned = site("rollback", "--yes", *restore)
    assert isinstance(unsigned.exception, RefusedError), unsigned.stdout
    assert "no plan is frozen" in unsigned.exception.what
    frozen = site("plan", *restore, "--freeze", "--as", "kim", "--key", str(tmp_path / "kim"))
    assert frozen.return_value == 0, frozen.exception
    for role, name in SIGNERS:
        key = str(tmp_path / name)
        assert site.command("approve", "--role", role, "--as", name, "--key", key, "--yes").exception is None
    assert orders(database) == had, "nothing was touched yet"

    killed(site, "deployment", "rollback", "--yes", *restore, "--reason", "orders fail")
    done = site.command("resume", "--yes")
    assert done.return_value == 0, done.stdout + str(done.exception)
    assert world.running() == {"web1": "r2", "web2": "r2"}
    assert orders(database) == had - SINCE, "what the plan said, and not one order more"
    told = store.find(site.home, None).read_report()
    assert told is not None
    assert (told["deployment"]["strategy"], told["deployment"]["backup"]) == ("restore", "before")
    assert told["approved_plan"]
    assert not any(host.has("lock") for host in world.hosts)
