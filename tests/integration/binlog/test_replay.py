"""Point-in-time recovery on real servers: equal to the original, exact, resumable, and refused before it harms."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import history
import idc_side
import pytest
import scratch_mysql
from failback.binlog import archive as archives
from failback.binlog import events
from failback.errors import RefusedError
from failback.gtid import GtidSet
from failback.mysql import quote_text
from failback.restore import bookkeeping
from failback.restore.source import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from history import History
    from scratch_mysql import TestServer


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    with scratch_mysql.running("replay-from", history.OPTIONS) as server:
        yield history.make(server, tmp_path_factory.mktemp("past") / "binlogs")


@pytest.fixture(scope="module")
def target() -> Iterator[TestServer]:
    with scratch_mysql.running("replay-to", history.OPTIONS) as server:
        yield server


@pytest.fixture
def archive(past: History, tmp_path: Path) -> Path:
    return shutil.copytree(past.archive, tmp_path / "binlogs")


def replay(target: TestServer, past: History, archive: Path, *, check: bool = False, **more: Any) -> dict[str, Any]:
    args = {
        "idc": target.login_dict(),
        "container": target.container,
        "archive": {"url": str(archive)},
        "cutover_gtid": past.cutover,
        "schemas": ["shop"],
        **more,
    }
    return idc_side.run_action("mysql_replay", args, check=check)


def untouched(target: TestServer, past: History) -> bool:
    channels = target.root("SELECT COUNT(*) FROM performance_schema.replication_connection_configuration")
    return history.executed(target) == past.position and channels == "0"


def test_it_ends_equal_to_the_original_and_a_second_run_changes_nothing(
    past: History, target: TestServer, archive: Path
) -> None:
    history.restore(target, past.dump)
    predicted = replay(target, past, archive, check=True)
    assert predicted["changed"]
    assert untouched(target, past)
    # Restored, the IDC has the id of the server whose logs these are: an applier would skip them as its own.
    own = target.root("SELECT @@GLOBAL.server_id")
    done = replay(target, past, archive)
    assert done["changed"], done.get("msg")
    assert target.root("SELECT @@GLOBAL.server_id") == own
    assert history.picture(target) == past.end
    assert history.executed(target) == past.cutover
    evidence = done["evidence"]
    assert predicted["after"]["would_apply"] == evidence["transactions_applied"] == evidence["transactions"]
    assert evidence["schemas_left_out"] == ["mysql", "other"]
    assert any(text.startswith("ALTER TABLE shop.warehouses") for text in evidence["statements"])
    assert target.root("SELECT COUNT(*) FROM mysql.user WHERE user = 'late'") == "0"
    assert target.root("SELECT COUNT(*) FROM performance_schema.replication_connection_configuration") == "0"
    assert target.shell("ls /var/lib/mysql | grep rr_replay || true") == ""
    again = replay(target, past, archive)
    assert not again["changed"]
    assert again["evidence"]["why"] == "IDC has everything up to the cut-over"


def test_a_run_that_was_killed_is_gone_on_with(past: History, target: TestServer, archive: Path) -> None:
    history.restore(target, past.dump)
    # A lock on one table holds the applier in the middle; then the server is killed under it.
    with target.connect() as holder:
        holder.execute("LOCK TABLES shop.reviews READ")
        stuck = replay(target, past, archive, timeout=1.5)
        assert "run the phase again" in stuck["msg"]
        partly = history.executed(target)
        assert partly not in {past.position, past.cutover}
        target.crash()
    # IDC has it in its configuration since the cut-over.
    target.root("SET GLOBAL super_read_only=1")
    done = replay(target, past, archive)
    assert done["changed"], done.get("msg")
    assert history.picture(target) == past.end


def test_gaps_and_damage_are_refused_by_name_before_anything_is_touched(
    past: History, target: TestServer, tmp_path: Path
) -> None:
    history.restore(target, past.dump)
    names = sorted(path.name for path in past.archive.glob("binlog.*"))

    def missing(folder: Path, name: str) -> None:
        (folder / name).unlink()
        history.index(folder)

    def flipped(folder: Path) -> None:
        path = folder / names[1]
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 4
        path.write_bytes(content)

    def shortened(folder: Path) -> None:
        path = folder / names[1]
        path.write_bytes(path.read_bytes()[:-2000])
        history.index(folder)

    def event_lost(folder: Path) -> None:
        """Cut at an event's end: every checksum is right, only the chain tells."""
        path = folder / names[1]
        with path.open("rb") as stream:
            found = events.read_file(stream, path.name)
            ends = [stream.tell() - len(event.raw) for event in found if event.kind == events.GTID]
        path.write_bytes(path.read_bytes()[: ends[-3]])
        history.index(folder)

    def other_content(folder: Path) -> None:
        shutil.copy(folder / names[0], folder / names[1])

    cases = {
        "a gap": lambda folder: missing(folder, names[1]),
        "begins too late": lambda folder: missing(folder, names[0]),
        "ends too early": lambda folder: [missing(folder, name) for name in names[2:]],
        "does not match its checksum": flipped,
        "cut short": shortened,
        "builds on": event_lost,
        "index says": other_content,
        "index lists files that are gone": lambda folder: (folder / names[1]).unlink(),
        "no binary log at": lambda folder: [path.unlink() for path in folder.iterdir()],
    }
    for number, (words, harm) in enumerate(cases.items()):
        folder = shutil.copytree(past.archive, tmp_path / f"archive{number}")
        harm(folder)
        # The plugin proves the archive with this before it does anything; once through the plugin is enough.
        with pytest.raises(RefusedError) as refused:
            archives.verify(open_source(str(folder)), GtidSet.parse(past.position), GtidSet.parse(past.cutover))
        assert words in str(refused.value), words
    played = replay(target, past, tmp_path / "archive0")
    assert "a gap" in played["msg"]
    assert played["refused"]
    assert untouched(target, past)


def test_a_history_that_says_more_than_the_data_is_set_back_once(
    past: History, target: TestServer, archive: Path
) -> None:
    history.restore(target, past.dump)
    book(target, past)
    predicted = replay(target, past, archive, check=True, position=past.position)
    assert predicted["after"], predicted["msg"]
    assert predicted["after"]["would_set_back"] == "reset"
    assert history.executed(target) == past.cutover
    target.root(
        "SET GLOBAL super_read_only=0; SET sql_log_bin=0; CREATE DATABASE elsewhere; SET GLOBAL super_read_only=1"
    )
    refused = replay(target, past, archive, position=past.position)
    assert "also that of elsewhere" in refused["msg"]
    target.root(
        "SET GLOBAL super_read_only=0; SET sql_log_bin=0; DROP DATABASE elsewhere; SET GLOBAL super_read_only=1"
    )
    done = replay(target, past, archive, position=past.position)
    assert done["changed"], done.get("msg")
    assert history.picture(target) == past.end
    again = replay(target, past, archive, position=past.position)
    assert not again["changed"]
    assert history.executed(target) == past.cutover


def test_a_server_that_was_written_since_its_restore_is_not_set_back(
    past: History, target: TestServer, archive: Path
) -> None:
    history.restore(target, past.dump)
    book(target, past, ago="1 HOUR")
    target.root("SET GLOBAL super_read_only=0; DELETE FROM shop.markers LIMIT 1; SET GLOBAL super_read_only=1")
    cutover = history.executed(target)
    target.root("SET GLOBAL super_read_only=0; CREATE TABLE shop.new (id int); SET GLOBAL super_read_only=1")
    played = replay(target, past, archive, position=past.position, cutover_gtid=cutover)
    assert played["failed"]
    assert "written since" in played["msg"]


def test_what_is_not_a_closed_idc_is_refused(past: History, target: TestServer, archive: Path) -> None:
    history.restore(target, past.dump)
    target.root("SET GLOBAL super_read_only=0")
    assert "takes writes" in replay(target, past, archive)["msg"]
    target.root("SET GLOBAL read_only=0; CREATE TABLE shop.mine (id int); SET GLOBAL super_read_only=1")
    assert "written since" in replay(target, past, archive)["msg"]


def book(target: TestServer, past: History, ago: str = "0 SECOND") -> None:
    """Make it a server whose tables were restored while its history stayed: as the restore leaves it."""
    target.root("SET GLOBAL super_read_only=0")
    target.root(f"SET GLOBAL gtid_purged = {quote_text('+' + difference(past))}")
    with target.connect() as server:
        server.execute("SET SESSION sql_log_bin=0")
        made = bookkeeping.Book(server)
        made.begin("x" * 64, "test", {})
        server.execute(f"UPDATE {bookkeeping.SCHEMA}.run SET started = NOW(6) - INTERVAL {ago}")
        made.finish()
    target.root("SET GLOBAL super_read_only=1")


def difference(past: History) -> str:
    return str(GtidSet.parse(past.cutover) - GtidSet.parse(past.position))
