"""The action plugin and the role, as a playbook uses them: all stages, rehearsal, second run, record and progress."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import scratch_mysql
from failback import journal
from run_tasks import local_host, play
from tiny_dump import END, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

DUMP = TABLES + END
STAGES = ("schema", "data", "indexes", "foreign_keys", "programs", "finish")


@pytest.fixture(scope="module")
def server() -> Iterator[scratch_mysql.TestServer]:
    with scratch_mysql.running("restore-action") as started:
        yield started


def tasks() -> list[dict[str, Any]]:
    return [
        {"name": f"run {stage}", "ansible.builtin.import_role": {"name": "restore", "tasks_from": stage}}
        for stage in STAGES
    ]


def test_the_role_restores_rehearses_and_repeats(
    server: scratch_mysql.TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump, run = tmp_path / "tiny.sql", tmp_path / "run-1"
    dump.write_text(DUMP)
    run.mkdir()
    monkeypatch.setenv("RR_RUN_DIR", str(run))
    host = {"db": local_host(db_idc=server.login_dict(), restore_backup=str(dump))}
    foreseen = play(tmp_path / "check", tasks(), host, check=True)
    assert foreseen.rc == 0, foreseen.messages
    assert server.root("SHOW DATABASES LIKE 'tiny'") == ""
    done = play(tmp_path / "real", tasks(), host)
    assert done.rc == 0, done.messages
    assert server.root("SELECT GROUP_CONCAT(name ORDER BY id) FROM tiny.a") == "it's,),("
    assert done.of("Load the rows of the backup")["evidence"]["rows_by_table"] == {"tiny.a": 3, "tiny.b": 2}
    again = play(tmp_path / "again", tasks(), host)
    assert not any(result["changed"] for result in again.results), again.results
    acts = [line for line in journal.read(run / "journal.jsonl") if line["kind"] == "intent"]
    assert [act["act"] for act in acts][:2] == ["change settings for the restore", "create schemas and tables"]
    progress = json.loads((run / "progress" / "db.json").read_text())
    assert progress["stage"] == "finish"
    assert progress["breach"] is False


def test_what_stands_in_the_way_is_a_refusal(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    server.root("SET GLOBAL super_read_only=0; SET GLOBAL read_only=0; DROP DATABASE IF EXISTS rollback_runner_restore")
    server.root("CREATE DATABASE IF NOT EXISTS tiny; CREATE TABLE IF NOT EXISTS tiny.a (x int)")
    dump = tmp_path / "tiny.sql"
    dump.write_text(DUMP)
    host = {"db": local_host(db_idc=server.login_dict(), restore_backup=str(dump))}
    refused = play(tmp_path / "refused", tasks()[:1], host)
    assert refused.of("DATA-02 |")["refused"] is True
    assert "stand in the way" in refused.messages
