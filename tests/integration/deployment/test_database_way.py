"""The way of the database from the choice to the act: what goes on after it was killed, and all that must stop it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import database_site
import database_way
import pytest
import reversal_case as case
from failback.deployment.database import carry, note
from failback.errors import FailbackError, RefusedError
from failback.restore.context import NoRecord

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="site")
def _site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> database_site.Site:
    return database_way.installed(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        pytest.param({"review": b""}, "nobody reviewed 0002_bad.down.sql", id="nobody reviewed"),
        pytest.param({"review": case.review(reviewed_by="")}, "does not say who reviewed it", id="no reviewer"),
        pytest.param({"review": case.review(reviewed_at="May")}, "does not say when", id="no time"),
        pytest.param({"review": case.review(case.DOWN + "\n")}, "was changed since it was reviewed", id="edited"),
        pytest.param({"review": case.review(migration_sha256="0" * 64)}, "another content of 0002_bad", id="other"),
        pytest.param({"review": b"{}x"}, "is not readable as JSON", id="no JSON"),
        pytest.param({"down": "", "review": b""}, "there is no reversal of 0002_bad", id="none"),
        pytest.param({"down": "SET GLOBAL read_only=1"}, "has no place in a reversal", id="not of the schema"),
        pytest.param({"down": case.DOWN + ";DROP INDEX orders_total ON orders"}, "rehearsal on a copy", id="too much"),
    ],
)
def test_reversal_that_must_not_run(tmp_path: Path, site: database_site.Site, how: dict[str, Any], said: str) -> None:
    """Nothing is rolled back, and the reason is told."""
    other = database_site.make(tmp_path / "other", site.server, **how)
    choice = database_way.looked(other)[2].choice
    assert choice.strategy == "forward"
    assert said in choice.why["en"]
    assert choice.next_step["ko"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("ALTER TABLE shop.orders ADD later int", "was changed since the reversal was rehearsed"),
        ("DELETE FROM shop.__drizzle_migrations WHERE id=2", "is not what it was when this was planned"),
        ("CREATE PROCEDURE shop.p() SELECT 1", "was changed since the reversal was rehearsed"),
        ("SET GLOBAL super_read_only=1", "is read only"),
    ],
)
def test_what_changes_between_plan_and_act(site: database_site.Site, statement: str, said: str) -> None:
    """It stops before anything is touched, and leaves nothing behind."""
    seen = database_way.looked(site)
    assert seen[2].choice.strategy == "reversal", seen[2].choice.why
    site.server.root(statement)
    try:
        with pytest.raises(RefusedError, match=said) as caught:
            database_way.acted(site, seen)
    finally:
        site.server.root("SET GLOBAL read_only=0")
    assert not caught.value.evidence.get("touched")
    assert "channel" in database_way.columns(site)
    with site.server.connect() as session:
        assert note.read(session, case.SCHEMA) is None


def test_edited_after_the_plan(site: database_site.Site) -> None:
    """The site's own reversal is used, and not any more when it was changed, even with a review that fits."""
    own = site.work / "own"
    own.mkdir()
    (own / "0002_bad.down.sql").write_text(case.DOWN)
    (own / "0002_bad.down.review.json").write_bytes(case.review())
    site.variables["deployment_migrations"]["reversals"] = str(own)
    seen = database_way.looked(site)
    assert str(own) in seen[2].choice.reversals[0].path
    edited = case.DOWN + case.BREAK + "DROP TABLE customers"
    (own / "0002_bad.down.sql").write_text(edited)
    (own / "0002_bad.down.review.json").write_bytes(case.review(edited))
    with pytest.raises(RefusedError, match="it was edited since"):
        database_way.acted(site, seen)
    assert "channel" in database_way.columns(site)


def test_wrong_server(site: database_site.Site) -> None:
    """Another server under that address is not touched."""
    settings, gate, decision = database_way.looked(site)
    login = {**settings.login, "server_uuid": "99999999-9999-4999-8999-999999999999"}
    with pytest.raises(RefusedError, match="another server answers"):
        database_way.acted(site, (replace(settings, login=login), gate, decision))


@pytest.mark.parametrize("step", [1, 2, 4, 5])
def test_killed_run_is_found_and_goes_on(site: database_site.Site, step: int) -> None:
    """The next look sees what is under way, needs no rehearsal, and the next act goes on; a third has nothing to do."""
    seen = database_way.looked(site)
    with pytest.raises(database_way.Cut):
        database_way.acted(site, seen, database_way.Cutting(f"reversal, step {step} of"))
    again = database_way.looked(site)
    if step < 5:
        assert again[2].going is not None
        assert again[2].choice.strategy == "reversal"
        assert again[2].choice.stable()["reversals"] == seen[2].choice.stable()["reversals"]
        assert database_way.acted(site, again).evidence["first"] == step
    else:  # the last step removed the row: only the note is left
        assert again[2].choice.strategy == "nothing"
        with site.server.connect() as session:
            assert carry.tidy(session, case.SCHEMA, NoRecord(), check=False)
    assert database_way.columns(site) == {"id", "customer_id", "total", "note"}
    last = database_way.looked(site)
    assert last[2].choice.strategy == "nothing"
    assert not database_way.acted(site, seen).changed


def test_begun_with_other_bytes(site: database_site.Site) -> None:
    """What was begun goes on only with the file it was begun with."""
    seen = database_way.looked(site)
    with pytest.raises(database_way.Cut):
        database_way.acted(site, seen, database_way.Cutting("reversal, step 2 "))
    own = site.work / "own"
    own.mkdir()
    sql = case.DOWN + "\n-- later"
    (own / "0002_bad.down.sql").write_text(sql)
    (own / "0002_bad.down.review.json").write_bytes(case.review(sql))
    site.variables["deployment_migrations"]["reversals"] = str(own)
    choice = database_way.looked(site)[2].choice
    assert choice.strategy == "refuse"
    assert "is not what it was then" in choice.why["en"]


def test_statement_that_fails_leaves_nothing_half_done(site: database_site.Site) -> None:
    """A statement the live data refuses stops it; told as touched only when something was."""
    seen = database_way.looked(site)
    with site.server.connect() as other:
        other.execute(f"USE {case.SCHEMA}")
        other.execute("START TRANSACTION")
        other.rows("SELECT * FROM orders")
        with pytest.raises(FailbackError, match="Open transactions that may hold it") as caught:
            database_way.acted(site, seen)
    assert caught.value.evidence["touched"] is False
    assert database_way.acted(site, seen).evidence["first"] == 0
