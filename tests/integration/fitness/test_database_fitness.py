"""TECH-01 of the servers: their clocks, and the settings of IDC MySQL against the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from run_tasks import local_host, play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fit_servers import Servers

AHEAD = 90  # seconds
MEANT = [{"path": "mysql.max_connections", "because": "meant"}]
# The server's clock is the machine's. For who has no special rights, each session begins with another.
_SKEW = f"SET GLOBAL init_connect = 'SET timestamp = UNIX_TIMESTAMP(SYSDATE(6)) + {AHEAD}'"


@pytest.fixture(name="login")
def _login(servers: Servers) -> Iterator[dict[str, object]]:
    """An account of RDS without special rights."""
    servers.rds.root("SET sql_log_bin=0; CREATE USER clock@'%' IDENTIFIED BY 'clock-password-1'")
    path = servers.rds.secrets / "clock"
    path.write_text("clock-password-1\n")
    path.chmod(0o600)
    yield {**servers.rds.login_dict(), "user": "clock", "password_file": str(path)}
    servers.rds.root("SET GLOBAL init_connect=''; SET sql_log_bin=0; DROP USER clock@'%'")


def look(servers: Servers, work: Path, aws: dict[str, object], **more: Any) -> list[dict[str, Any]]:
    given = {"of": "database", "idc": servers.idc.login_dict(), "aws": aws, "samples": 3} | more
    clocks = "{{ looked.evidence.clocks }}"
    tasks = [
        {"name": "look", "host_fitness": given, "register": "looked"},
        {"name": "judge", "host_fitness": {"of": "clocks", "clocks": clocks}},
        {"name": "declared", "host_fitness": {**given, "expected": MEANT}},
    ]
    played = play(work, tasks, {"shop-db": local_host()})
    assert played.rc == 0
    return [played.of(task) for task in ("look", "judge", "declared")]


def keys(result: dict[str, Any]) -> dict[str, str]:
    return {one["key"]: one["severity"] for one in result.get("findings", ())}


def test_a_server_whose_clock_is_off_is_named(servers: Servers, tmp_path: Path, login: dict[str, object]) -> None:
    looked, judged, _ = look(servers, tmp_path, login)
    assert keys(judged) == {}
    assert all(abs(clock["offset"]) <= clock["uncertainty"] + 0.01 for clock in looked["evidence"]["clocks"])
    servers.rds.root(_SKEW)
    looked, judged, _ = look(servers, tmp_path, login)
    assert keys(judged) == {"clock:RDS of shop-db": "blocker"}
    off = looked["evidence"]["clocks"][1]
    assert off["offset"] == pytest.approx(AHEAD, abs=off["uncertainty"] + 0.01)


def test_a_server_that_does_not_answer_is_a_note_and_nothing_ends(servers: Servers, tmp_path: Path) -> None:
    looked, _, _ = look(servers, tmp_path, {**servers.rds.login_dict(), "port": 1})
    assert keys(looked)["clock:shop-db:aws:unread"] == "note"
    assert len(looked["evidence"]["clocks"]) == 1


def test_a_setting_that_differs_from_the_baseline_is_named_with_its_statement(servers: Servers, tmp_path: Path) -> None:
    directory = str(tmp_path / "baseline")
    arguments = {"of": "database", "baseline_directory": directory, "server": servers.idc.login_dict()}
    assert play(tmp_path, [{"name": "record", "baseline_record": arguments}], {"shop-db": local_host()}).rc == 0
    aws = servers.rds.login_dict()
    assert keys(look(servers, tmp_path, aws, baseline_directory=directory)[0]) == {}
    servers.idc.root("SET GLOBAL max_connections = 77")
    try:
        looked, _, declared = look(servers, tmp_path, aws, baseline_directory=directory)
    finally:
        servers.idc.root("SET GLOBAL max_connections = DEFAULT")
    assert keys(looked) == {"drift:shop-db:mysql.max_connections": "warning"}
    assert looked["findings"][0]["next_step"] == "SET PERSIST max_connections = 151;"
    assert keys(declared) == {}
