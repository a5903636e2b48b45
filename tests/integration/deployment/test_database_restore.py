"""The strategy restore on a real server: the right backup, what stood there kept aside, and one that was killed."""

from __future__ import annotations

import gzip
import subprocess
from typing import TYPE_CHECKING, Any

import database_way
import pytest
import reversal_case as case
import scratch_mysql
from failback.deployment.database import guard, restoring
from failback.restore import aside
from failback.restore.context import NoRecord
from failback.restore.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

    import database_site


@pytest.fixture(name="site")
def _site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> database_site.Site:
    return database_way.installed(tmp_path, monkeypatch)


def backup(site: database_site.Site, *, before: bool) -> None:
    """Dump the schema as it was before the third migration, or as it is."""
    with site.server.connect() as session:
        if before:
            for sql in case.DOWN.split(case.BREAK):
                session.execute(f"USE {case.SCHEMA}")
                session.execute(sql)
            session.execute(f"DELETE FROM {case.TABLE} WHERE id=3")
    argv = ["docker", "exec", site.server.container, "mysqldump", "--no-defaults", "-uroot", "-S", scratch_mysql.SOCKET]
    argv += ["--single-transaction", "--set-gtid-purged=OFF", "--databases", case.SCHEMA]
    dump = subprocess.run(argv, check=True, capture_output=True).stdout
    folder = site.work / ("before" if before else "after")
    folder.mkdir()
    (folder / "shop.sql.gz").write_bytes(gzip.compress(dump))
    site.variables.setdefault("deployment_backups", []).append({"name": folder.name, "url": str(folder)})
    with site.server.connect() as session:
        case.install(session)


def restored(site: database_site.Site, recorder: Any = None) -> dict[str, Any]:
    settings, gate, decision = database_way.looked(site, "restore")
    assert decision.choice.strategy == "restore", decision.choice.why
    assert decision.choice.backup is not None
    kept = decision.choice.backup
    with site.server.connect() as session:
        restoring.refuse_followers(guard.server(session, settings))
        wanted = restoring.Wanted(kept.name, kept.url, kept.digest)
        login = site.server.login()
        arguments: Any = (session, login, gate, wanted, open_source, recorder or NoRecord())
        return restoring.restore(*arguments, check=False)


def test_restore_of_the_backup_of_that_moment(site: database_site.Site) -> None:
    """The one from before the change is taken, what it loses is told, and what stood there is kept aside."""
    backup(site, before=True)
    backup(site, before=False)
    choice = database_way.looked(site)[2].choice
    assert choice.strategy == "reversal", "the rule never takes a backup"
    asked = database_way.looked(site, "restore")[2].choice
    assert asked.backup is not None
    assert asked.backup.name == "before"
    assert asked.loses[0].kind == "since"
    restored(site)
    assert database_way.columns(site) == {"id", "customer_id", "total", "note"}
    assert database_way.looked(site)[2].choice.strategy == "nothing"
    aside = site.server.root("SHOW DATABASES LIKE 'rollback\\_runner\\_aside\\_%'").splitlines()[-1]
    assert site.server.root(f"SELECT remark FROM `{aside}`.orders WHERE channel='web'") == "new"
    # Deployed again, broken again: the note of the first restore is not taken for the second.
    with site.server.connect() as session:
        case.install(session)
    restored(site)
    assert database_way.columns(site) == {"id", "customer_id", "total", "note"}


@pytest.mark.parametrize("moment", ["move aside", "create schemas", "load"])
def test_restore_that_was_killed_goes_on(site: database_site.Site, moment: str) -> None:
    """Asking for it again finishes it."""
    backup(site, before=True)
    with pytest.raises(database_way.Cut):
        restored(site, database_way.Cutting(moment))
    restored(site)
    assert database_way.columns(site) == {"id", "customer_id", "total", "note"}
    assert database_way.looked(site)[2].choice.strategy == "nothing"


def test_backup_that_holds_the_change_is_no_way_back(site: database_site.Site) -> None:
    """It would bring the same schema again; nor is one that was changed since it was chosen."""
    backup(site, before=False)
    choice = database_way.looked(site, "restore")[2].choice
    assert choice.strategy == "refuse"
    assert "holds 0002_bad already" in choice.why["en"]


def test_what_two_restores_move_aside_within_one_second_is_kept_apart(site: database_site.Site) -> None:
    """The second must neither fail nor take the place of the first."""
    places = []
    for text in ("first", "second"):
        site.server.root(f"CREATE DATABASE IF NOT EXISTS x; CREATE TABLE x.t AS SELECT '{text}' AS said")
        with site.server.connect() as session:
            places += aside.move(session, [("table", "x", "t")], "20260101000000")
    assert [site.server.root(f"SELECT said FROM `{place}`.t") for place in places] == ["first", "second"]
    for place in ("x", *places):
        site.server.root(f"DROP DATABASE `{place}`")
