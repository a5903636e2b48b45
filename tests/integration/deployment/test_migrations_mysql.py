"""The gate against a real MySQL and real files of drizzle-kit: what is ahead, and every way in which it can be odd."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import run_tasks
import scratch_mysql
from failback.deployment.migrations import flyway
from failback.deployment.migrations.gate import Gate
from failback.deployment.migrations.knows import knows
from failback.deployment.migrations.look import Look
from failback.deployment.migrations.settings import Settings
from failback.errors import ConfigError, RefusedError
from migrations_case import MATERIAL, ROWS, files_of, material, sha256
from migrations_mysql import OLD, make

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


LAYOUTS = ("drizzle-0.x/mysql", "drizzle-v1/mysql", "drizzle-upgraded/mysql")


@pytest.fixture(scope="module")
def server() -> Iterator[scratch_mysql.TestServer]:
    """One server for the file; each test has a schema of its own."""
    with scratch_mysql.running("migrations") as started:
        yield started


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_the_target_does_not_know(server: scratch_mysql.TestServer, tmp_path: Path, name: str) -> None:
    """Everything known, a compatible step ahead, a breaking one ahead; the real schema is what the snapshots say."""
    case = make(server, tmp_path, name)
    case.apply(0)
    case.apply(1)
    same, before = case.gate(target=1, live=1), case.gate(target=0, live=1)
    assert (same.verdict, same.ahead, same.differences, same.schema_checked) == ("nothing", (), (), True)
    assert (before.verdict, before.differences) == ("compatible", ())
    assert [one.row.key["id"] for one in before.ahead] == [2]
    case.apply(2)
    after = case.gate(target=1, live=2)
    assert (after.verdict, after.differences, after.half_applied) == ("breaking", (), ())
    (ahead,) = after.ahead
    assert ahead.path == files_of(name)[2][0]
    assert ahead.commit == case.clone.commits[2]
    assert {one.number: one.kind for one in ahead.statements}[4] == "breaking"
    assert "would not work" in after.why[0]["en"]


def test_old_code_and_a_table_that_v1_upgraded(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    """The target still has the journal of 0.x, the live code and the table are v1's."""
    case = make(server, tmp_path, "drizzle-upgraded/mysql")
    target = case.clone.commit(material(OLD, 2))
    for number in range(3):
        case.apply(number)
    gate = case.look().gate(target, case.clone.commits[2])
    assert gate.verdict == "breaking"
    assert [one.name for one in gate.ahead] == [ROWS["drizzle-upgraded/mysql"][2]["name"]]
    assert (gate.unknown, gate.edited, gate.skipped, gate.out_of_order) == ((), (), (), ())


@pytest.mark.parametrize("upto", [1, 2, 3])
def test_half_applied_is_seen_in_the_schema(server: scratch_mysql.TestServer, tmp_path: Path, upto: int) -> None:
    """MySQL commits each statement: the table says nothing of a migration that broke off."""
    case = make(server, tmp_path)
    case.apply(0)
    case.apply(1)
    case.apply(2, upto, row=False)
    gate = case.gate(target=1, live=2)
    assert gate.verdict == "unknown"
    (half,) = gate.half_applied
    assert half.file.name == "0002_step2"
    assert half.done == tuple(range(1, upto + 1))
    assert half.open == tuple(range(upto + 1, 5))
    assert half.unclear == ()
    assert f"of its statements {', '.join(map(str, half.done))} took effect" in gate.why[0]["en"]


def test_half_applied_by_a_commit_that_never_served(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    """The deployment failed because its migration did: neither the live nor the target's commit has the file."""
    case = make(server, tmp_path)
    case.apply(0)
    case.apply(1)
    case.apply(2, 1, row=False)
    unseen = case.gate(target=0, live=1)
    assert unseen.verdict == "unknown"
    assert [one.object for one in unseen.differences if one.grave] == ["users.email"]
    seen = case.gate(target=0, live=1, others=[2])
    assert [one.file.commit for one in seen.half_applied] == [case.clone.commits[2]]


def test_ran_whole_and_unrecorded(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    """Killed between the last statement and the row."""
    case = make(server, tmp_path)
    case.apply(0)
    case.apply(1)
    case.apply(2, row=False)
    gate = case.gate(target=1, live=2)
    assert (gate.verdict, gate.half_applied[0].open) == ("unknown", ())
    assert "the next deployment would run it again" in gate.why[0]["en"]


def test_edited_unknown_and_repeated_rows(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    """What ran is not what the file says; what ran is in no file; what ran was recorded twice."""
    case = make(server, tmp_path)
    case.apply(0)
    case.apply(1)
    case.apply(2)
    case.record({**ROWS[OLD][2], "id": 9})
    twice = case.gate(target=1)
    assert [row.key["id"] for row in twice.ahead[0].repeats] == [9]
    case.run("UPDATE __drizzle_migrations SET hash = REPEAT('a', 64), created_at = 1795373700000 WHERE id = 9")
    assert [row.key["id"] for row in case.gate(target=1).unknown] == [9]
    case.run("UPDATE __drizzle_migrations SET hash = REPEAT('b', 64) WHERE id = 2")
    gate = case.gate(target=1)
    assert gate.verdict == "unknown"
    assert [one.file.name for one in gate.edited] == ["0001_step1"]


def test_pending_skipped_and_other_line_ends(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    """A newer target's migration was never applied; an older one was passed over; a checkout had CRLF."""
    case = make(server, tmp_path)
    case.apply(0)
    pending = case.gate(target=1, live=0)
    assert ([one.name for one in pending.pending], pending.verdict) == (["0001_step1"], "nothing")
    assert ["never had" in one["en"] for one in pending.why] == [True]
    case.apply(1, row=False)
    case.apply(2)
    gone = case.gate(target=1, live=2)
    assert [one.name for one in gone.skipped] == ["0001_step1"]
    path, content = files_of(OLD)[1]
    case.record({**ROWS[OLD][1], "hash": sha256(content.replace(b"\n", b"\r\n"))})
    gate = case.gate(target=1, live=2)
    assert (gate.verdict, gate.skipped, [one.name for one in gate.ahead]) == ("breaking", (), ["0002_step2"])
    assert any("autocrlf" in one["en"] for one in gate.warns), path


def test_drift_by_hand(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    """What somebody changed by hand: grave when code would meet it, told when not."""
    case = make(server, tmp_path)
    case.apply(0)
    case.apply(1)
    case.run(
        "ALTER TABLE users ADD note varchar(10)", "DROP INDEX orders_status_idx ON orders", "CREATE TABLE x (i int)"
    )
    harmless = case.gate(target=1, live=1)
    assert (harmless.verdict, [one.grave for one in harmless.differences]) == ("nothing", [False, False])
    case.run("ALTER TABLE users DROP COLUMN phone, MODIFY active tinyint(1) NOT NULL, ADD must int NOT NULL")
    gate = case.gate(target=1, live=1)
    grave = [one.object for one in gate.differences if one.grave]
    assert (gate.verdict, grave) == ("unknown", ["users.active", "users.phone", "users.must"])


def test_one_look_marks_every_deployment(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    """The list's mark: one session, each distinct tree judged, a commit that is not here is unknown."""
    case = make(server, tmp_path)
    for number in range(3):
        case.apply(number)
    found = knows(case.application, commits := [*case.clone.commits, "f" * 40])
    assert [found[one]["state"] for one in commits] == ["no", "no", "yes", "unknown"]
    assert f"fetch origin {'f' * 40}" in found["f" * 40]["why"]


def test_what_it_refuses(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    """Another server, another table, a commit that is not here, no rights; a right to read is enough."""
    case = make(server, tmp_path)
    case.apply(0)
    login = {**case.application["deployment_database"], "user": "nobody", "password_file": str(tmp_path / "secret")}
    with pytest.raises(RefusedError, match="another server answers"):
        case.look(login={**case.application["deployment_database"], "server_uuid": "0" * 36})
    with pytest.raises(ConfigError, match=r"no table .*\.other"):
        case.look(table="other")
    with pytest.raises(ConfigError, match="no commit has a directory"):
        case.look(directory="migrations").gate(case.clone.commits[0], case.clone.commits[0])
    with pytest.raises(RefusedError, match=r"fetch origin e{40}"):
        case.look().gate("e" * 40, case.clone.commits[0])
    case.run("CREATE USER nobody IDENTIFIED BY 'x'")
    (tmp_path / "secret").write_text("x")
    with pytest.raises(ConfigError, match="may not read"):
        case.look(login=login)
    case.run(f"GRANT SELECT ON {case.schema}.* TO nobody")
    least = case.look(login=login)
    assert least.gate(case.clone.commits[0], case.clone.commits[0]).verdict == "nothing"


def test_a_statement_that_is_running(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    """A schema that is being changed is not judged: an ALTER that waits for a reader is seen."""
    case = make(server, tmp_path)
    case.apply(0)
    with server.connect() as reader, server.connect() as writer:
        reader.execute(f"USE {case.schema}")
        for statement in ("BEGIN", "SELECT * FROM users"):
            reader.execute(statement)
        writer.execute(f"USE {case.schema}")
        waiting = threading.Thread(target=writer.execute, args=("ALTER TABLE users DROP COLUMN display_name",))
        waiting.start()
        try:
            with pytest.raises(RefusedError, match=r"being changed \(session \d+ of rr_admin: ALTER TABLE users"):
                case.look_until(4)
        finally:
            reader.execute("COMMIT")
            waiting.join()
    assert case.gate(target=0, live=0).verdict == "unknown"


def test_a_migration_that_is_running(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    """Rows that change while they are read are a migration at work."""
    case = make(server, tmp_path)
    case.apply(0)
    settings = Settings.of_application(case.application)

    class Meanwhile:
        """Another session writes a row between our reads."""

        def __init__(self, reader: Any) -> None:
            self.reader = reader

        def rows(self, sql: str, args: Sequence[object] | None = None) -> Any:
            if "table_constraints" in sql:
                case.apply(1)
            return self.reader.rows(sql, args)

    with server.connect() as connection, pytest.raises(RefusedError, match="a migration is running"):
        Look.through(Meanwhile(connection), settings)


def test_as_a_task(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    """The task finds, a second time and in a rehearsal alike; it changes nothing, and its evidence is the gate."""
    case = make(server, tmp_path)
    for number in range(3):
        case.apply(number)
    names = ("source", "migrations", "database")
    said: dict[str, Any] = {name: case.application[f"deployment_{name}"] for name in names}
    said |= {"target": case.clone.commits[1], "live": case.clone.commits[2]}
    task = {"name": "DEPLOY-06 | Find the migrations", "deployment_migrations": said}
    tasks = [task, {**task, "check_mode": True}]
    played = run_tasks.play(tmp_path / "play", tasks, {"shop": run_tasks.local_host()}).results
    assert [one["changed"] for one in played] == [False, False]
    assert played[0]["evidence"] == played[1]["evidence"]
    assert played[0]["after"] == {"verdict": "breaking", "ahead": ["0002_step2"]}
    gate = case.gate(target=1)
    assert Gate.from_dict(played[0]["evidence"]) == Gate.from_dict(json.loads(json.dumps(gate.as_dict())))
    secret = Path(said["database"]["password_file"]).read_text(encoding="utf-8").strip()
    assert secret not in json.dumps(played)


def test_alembic_on_a_real_server(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    """Real revisions: what the target does not know is judged from their Python."""
    case = make(server, tmp_path)
    files = {f"alembic/versions/{path.name.removesuffix('.txt')}": path for path in (MATERIAL / "alembic").iterdir()}
    ordered = ["a4a061a547e4", "0f0488df3b14", "842dbb5e1c8c"]
    kept: dict[str, bytes] = {}
    commits = []
    for name in ordered:
        kept |= {path: place.read_bytes() for path, place in files.items() if name in path}
        commits.append(case.clone.commit(kept))
    case.run(
        "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES ('842dbb5e1c8c')",
    )
    settings = {"tool": "alembic", "directory": "alembic/versions", "table": "alembic_version"}
    look = case.look(**settings)
    breaking = look.gate(commits[1], commits[2])
    assert ([one.name for one in breaking.ahead], breaking.verdict) == (["842dbb5e1c8c"], "breaking")
    assert breaking.rows_after == ("0f0488df3b14",)
    case.run("UPDATE alembic_version SET version_num = '0f0488df3b14'")
    compatible = case.look(**settings).gate(commits[0], commits[1])
    assert (compatible.verdict, compatible.rows_after) == ("compatible", ("a4a061a547e4",))


def test_flyway_on_a_real_server(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    """A migration that failed is on record here, and the schema says how far it came."""
    case = make(server, tmp_path)
    one, two = b"CREATE TABLE a (i int);\n", b"ALTER TABLE a ADD j int;\nALTER TABLE a ADD k int NOT NULL;\n"
    target = case.clone.commit({"db/V1__one.sql": one})
    served = case.clone.commit({"db/V1__one.sql": one, "db/V2__two.sql": two})
    case.run(
        "CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50), description"
        " varchar(200), type varchar(20), script varchar(1000), checksum int, installed_by varchar(100), installed_on"
        " timestamp DEFAULT CURRENT_TIMESTAMP, execution_time int, success tinyint(1))",
        *(
            "INSERT INTO flyway_schema_history VALUES"
            f" ({rank}, '{rank}', 'x', 'SQL', 'x', {flyway.checksum(content)}, 'x', NOW(), 1, {rank == 1})"
            for rank, content in ((1, one), (2, two))
        ),
        "CREATE TABLE a (i int)",
        "ALTER TABLE a ADD j int",
    )
    settings = {"tool": "flyway", "directory": "db", "table": "flyway_schema_history"}
    gate = case.look(**settings).gate(target, served)
    assert gate.verdict == "unknown"
    assert [(half.file.name, half.done, half.open) for half in gate.half_applied] == [("V2", (1,), (2,))]
    case.run("ALTER TABLE a ADD k int NOT NULL", "UPDATE flyway_schema_history SET success = 1")
    assert case.look(**settings).gate(target, served).verdict == "breaking"
