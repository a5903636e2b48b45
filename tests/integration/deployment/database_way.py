"""A look and an act of the database's way back as the tasks do them, without Ansible, and a run that is killed."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import database_servers
import database_site
import reversal_case as case
from failback.deployment.database import carry, decide, rehearsal, shape, work
from failback.deployment.migrations.look import Look
from failback.deployment.migrations.settings import Settings
from failback.restore.context import NoRecord
from failback.restore.source import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

# What one test rehearsed the next finds again, as a site does.
KEPT = Path(tempfile.mkdtemp(prefix="rrt-rehearsals-"))
atexit.register(shutil.rmtree, KEPT, ignore_errors=True)
QUICK = work.Patience(lock=1, pause=0.05, tries=2, statement=20.0)


class Cut(Exception):  # noqa: N818 - not an error of the program: the moment a test kills it
    """The run is killed here."""


class Cutting(NoRecord):
    """Kills a run in the middle of an act whose words begin like this."""

    def __init__(self, what: str) -> None:
        self.what = what

    @contextmanager
    def act(self, what: str, **fields: object) -> Iterator[dict[str, object]]:  # noqa: ARG002 - the protocol's names
        yield {}
        if what.startswith(self.what):
            raise Cut(what)


def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> database_site.Site:
    """Make a site whose scratch server runs already: that one is started is tried by the tasks."""
    server, spare = database_servers.named("live"), database_servers.named("spare")

    def on_spare(_order: Any, live: Any, script: Any, files: Any) -> Any:
        spare.root(f"DROP DATABASE IF EXISTS {case.SCHEMA}")
        trial = rehearsal.rehearse(live, spare.login(), script, files=files.stay, undone=files.undone)
        rehearsal.keep(KEPT, trial)
        return trial

    monkeypatch.setattr(decide, "_on_scratch", on_spare)
    server.root("DROP DATABASE IF EXISTS rollback_runner_restore")
    with server.connect() as session:
        case.install(session)
    return database_site.make(tmp_path, server)


def looked(site: database_site.Site, asked: str = "") -> tuple[Settings, Any, decide.Decision]:
    """Look as DEPLOY-06 and DEPLOY-07 do."""
    settings = Settings.of_application(site.variables)
    gate = Look.at(settings).gate(site.commits[0], site.commits[1])
    order = decide.Order(
        site="tests",
        host="shop-web",
        gate=gate,
        settings=settings,
        directory=KEPT,
        reversals=str(site.variables["deployment_migrations"].get("reversals") or ""),
        scratch={"image": "any"},
        backups=site.variables.get("deployment_backups") or (),
        opener=open_source,
        asked=asked,
    )
    return settings, gate, decide.decide(order)


def acted(site: database_site.Site, seen: tuple[Settings, Any, decide.Decision], recorder: Any = None) -> carry.Carried:
    """Act as DEPLOY-08 does."""
    settings, gate, decision = seen
    reversals = str(site.variables["deployment_migrations"].get("reversals") or "")
    choice = json.loads(json.dumps(decision.as_dict()))
    with site.server.connect() as session:
        plan = carry.Plan(gate, choice, settings, reversals, "run")
        return carry.reverse(session, plan, recorder or NoRecord(), check=False, patience=QUICK)


def columns(site: database_site.Site) -> set[str]:
    with site.server.connect() as session:
        return set(shape.read(session, case.SCHEMA).columns("orders"))
