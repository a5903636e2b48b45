"""A reversal on a real server: rehearsed, carried out, cut off anywhere, and what stops it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import database_servers
import pytest
import reversal_case as case
from failback.deployment.database import note, rehearsal, shape, work
from failback.errors import RefusedError
from failback.restore.context import NoRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    import scratch_mysql
    from failback.deployment.database.rehearsal import Trial
    from failback.deployment.database.steps import Script
    from failback.mysql import Server

QUICK = work.Patience(lock=1, pause=0.05, tries=2, statement=20.0)


class Cut(Exception):  # noqa: N818 - not an error of the program: the moment a test kills it
    """The run is killed here."""


class Cutting(NoRecord):
    """Cuts a run off before (or after) its n-th act."""

    def __init__(self, number: int, *, after: bool) -> None:
        self.left, self.after = number, after

    @contextmanager
    def act(self, what: str, **fields: object) -> Iterator[dict[str, object]]:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Cut(what)
        yield {}
        if self.left == 0:
            raise Cut(what, fields)


@pytest.fixture(scope="module", name="live")
def _live() -> scratch_mysql.TestServer:
    return database_servers.named("live")


@pytest.fixture(scope="module", name="spare")
def _spare() -> scratch_mysql.TestServer:
    return database_servers.named("spare")


@pytest.fixture(name="server")
def _server(live: scratch_mysql.TestServer) -> Iterator[Server]:
    with live.connect() as server:
        case.install(server)
        yield server


def tried(server: Server, spare: scratch_mysql.TestServer, script: Script | None = None, **more: Any) -> Trial:
    spare.root(f"DROP DATABASE IF EXISTS {case.SCHEMA}")
    told: dict[str, Any] = {"files": case.files(), "undone": case.undone()} | more
    return rehearsal.rehearse(server, spare.login(), script or case.script(), **told)


@pytest.fixture(scope="module", name="trial")
def _trial(live: scratch_mysql.TestServer, spare: scratch_mysql.TestServer) -> Trial:
    with live.connect() as server:
        case.install(server)
        return tried(server, spare)


def carried_out(live: scratch_mysql.TestServer, trial: Trial, recorder: Any = None) -> work.Done:
    """Go on as a run does: read the note, or make it."""
    with live.connect() as server, work.alone(server, case.SCHEMA):
        work.prepare(server, case.SCHEMA, QUICK)
        going = note.read(server, case.SCHEMA) or note.begin(server, case.script(), trial.states, "run")
        done = work.carry_out(server, going, recorder or NoRecord(), ignore=(case.TABLE,), patience=QUICK)
        note.end(server, case.SCHEMA)
        return done


def assert_reversed(server: Server) -> None:
    assert [row["note"] for row in server.rows("SELECT note FROM orders ORDER BY id")] == ["early", "none", "new"]
    assert set(shape.read(server, case.SCHEMA).columns("orders")) == {"id", "customer_id", "total", "note"}
    assert server.number(f"SELECT COUNT(*) FROM {case.TABLE}") == 2
    assert not server.number("SELECT COUNT(*) FROM information_schema.tables WHERE table_name=%s", (shape.OURS,))


def test_rehearsal_says_what_it_does_to_data(trial: Trial) -> None:
    """It passes, and names what is gone, changed and renamed."""
    assert trial.passed, trial.problems
    found = {(one.kind, one.object) for one in trial.effects}
    assert found == {
        ("column_gone", "orders.channel"),
        ("column_gone", "orders.weight"),
        ("values_changed", "orders.remark"),
    }
    assert len(trial.states) == 6


def test_carries_out_and_removes_exactly_the_row(live: scratch_mysql.TestServer, server: Server, trial: Trial) -> None:
    """The schema is the older one, the rows are there, the tool's row is gone."""
    done = carried_out(live, trial)
    assert (done.first, done.carried_out) == (0, 5)
    assert_reversed(server)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", [1, 2, 5])
def test_cut_off_anywhere_goes_on(
    live: scratch_mysql.TestServer, server: Server, trial: Trial, number: int, *, after: bool
) -> None:
    """Every step once, whichever moment the run is killed at."""
    with pytest.raises(Cut):
        carried_out(live, trial, Cutting(number, after=after))
    done = carried_out(live, trial)
    assert done.first == (number if after else number - 1)
    assert_reversed(server)


@pytest.mark.parametrize("number", [1, 4])
def test_killed_between_statement_and_note_is_recognised(
    live: scratch_mysql.TestServer, server: Server, trial: Trial, number: int
) -> None:
    """A definition that was changed, but not counted any more, is told by the schema it left."""
    with pytest.raises(Cut):
        carried_out(live, trial, Cutting(number, after=True))
    note.count(server, case.SCHEMA, number - 1)
    assert carried_out(live, trial).first == number
    assert_reversed(server)


def test_schema_that_drifted_is_refused(live: scratch_mysql.TestServer, server: Server, trial: Trial) -> None:
    """Somebody changed it after the rehearsal: nothing is done."""
    server.execute("ALTER TABLE orders ADD extra int")
    with pytest.raises(RefusedError, match="not what it was when the reversal was rehearsed"):
        carried_out(live, trial)
    assert "channel" in shape.read(server, case.SCHEMA).columns("orders")


def test_row_that_is_gone_already_is_refused(live: scratch_mysql.TestServer, server: Server, trial: Trial) -> None:
    """The row was removed by somebody else: nobody's row is taken in its place."""
    server.execute(f"DELETE FROM {case.TABLE} WHERE id=3")
    with pytest.raises(RefusedError, match="has 0 rows for 0002_bad"):
        carried_out(live, trial)
    assert server.number(f"SELECT COUNT(*) FROM {case.TABLE}") == 2


def test_only_one_at_a_time(live: scratch_mysql.TestServer, server: Server, trial: Trial) -> None:
    """The session of a killed run that still changes a table keeps the next one out."""
    with work.alone(server, case.SCHEMA), pytest.raises(RefusedError, match="reverses in shop"):
        carried_out(live, trial)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (case.DOWN.replace("`weight`", "`wait`"), "1091"),
        (case.DOWN.rpartition(case.BREAK)[0], "orders.remark not expected"),
        (case.DOWN + case.BREAK + "DROP INDEX orders_total ON orders", "orders: KEY"),
    ],
)
def test_rehearsal_does_not_pass(server: Server, spare: scratch_mysql.TestServer, sql: str, said: str) -> None:
    """A step that fails, one that is missing, one too many."""
    found = tried(server, spare, case.script(sql))
    assert not found.passed
    assert said in found.problems[0]["en"]


@pytest.mark.parametrize(
    ("before", "more", "said"),
    [
        ("CREATE TABLE seen (id int) ENGINE=MyISAM", "DELETE FROM `seen`", "no transactions (seen)"),
        (
            "CREATE TABLE seen (id int) ENGINE=MyISAM; CREATE VIEW sight AS SELECT id FROM seen",
            "DELETE FROM sight WHERE id > 3",
            "no transactions (seen)",
        ),
        (f"ALTER TABLE {case.TABLE} ENGINE=MyISAM", "", f"no transactions ({case.TABLE})"),
        (
            "CREATE TABLE a (id int); CREATE TABLE b (id int)",
            "RENAME TABLE a TO c, b TO a, c TO b",
            "would run it twice",
        ),
        ("CREATE TABLE a (id int)", "ALTER TABLE a ENGINE=InnoDB", "would run it twice"),
    ],
)
def test_what_a_killed_run_would_do_twice_is_refused_in_the_rehearsal(
    server: Server, spare: scratch_mysql.TestServer, before: str, more: str, said: str
) -> None:
    for sql in before.split("; "):
        server.execute(sql)
    found = tried(server, spare, case.script(case.DOWN + (case.BREAK + more if more else "")))
    assert not found.passed
    assert said in found.problems[0]["en"]
    assert found.problems[0]["ko"] != found.problems[0]["en"]


def test_what_may_run_twice_passes(server: Server, spare: scratch_mysql.TestServer) -> None:
    """Tables without transactions may be there, as long as the reversal does not write into them."""
    server.execute("CREATE TABLE seen (id int) ENGINE=MyISAM")
    assert tried(server, spare, case.script(case.DOWN + case.BREAK + "DROP TABLE IF EXISTS never_there")).passed


def test_drift_from_before_is_not_the_reversals(server: Server, spare: scratch_mysql.TestServer) -> None:
    """What differed from the files already may stay."""
    server.execute("CREATE TABLE by_hand (id int PRIMARY KEY)")
    assert tried(server, spare).passed


def test_reversal_that_fits_no_row_fails_in_the_rehearsal(server: Server, spare: scratch_mysql.TestServer) -> None:
    """Real rows are tried: a value that would be cut stops it."""
    sql = case.DOWN + case.BREAK + "ALTER TABLE orders MODIFY note varchar(3)"
    found = tried(server, spare, case.script(sql))
    assert "Data too long" in found.problems[0]["en"]
