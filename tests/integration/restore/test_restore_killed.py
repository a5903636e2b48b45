"""Killed at any moment, the loader or the server, a restore goes on where it was left, or says what is lost."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

import pytest
import scratch_mysql
import tab_source
from failback.errors import UnreachableError
from failback.restore import engine
from failback.restore.context import NoRecord, Options
from restore_side import SCHEMAS, in_a_child, restore, settings, stage, wiped

if TYPE_CHECKING:
    from scratch_mysql import TestServer
    from tab_source import TabBackup

KILLS = 20
SEED = 20261122


def test_killed_at_random_moments_the_result_is_the_same(
    source: tuple[TabBackup, dict[str, Any]], target: TestServer
) -> None:
    backup, picture = source
    small = tab_source.smaller(backup, 1_500)
    started = time.monotonic()
    restore(target, small)
    whole = time.monotonic() - started
    wiped(target)
    choose = random.Random(SEED)  # noqa: S311 - moments, not secrets
    killed = resumed = 0
    while killed < KILLS:
        child = in_a_child(target, small)
        child.join(choose.uniform(0.02, whole))
        if child.is_alive():
            child.kill()
            child.join()
            killed += 1
            resumed += 1
            continue
        assert child.exitcode == 0
        assert tab_source.picture(target, SCHEMAS) == picture
        wiped(target)
        resumed = 0
    restore(target, small)
    assert tab_source.picture(target, SCHEMAS) == picture
    assert settings(target).split("\t")[0] == "0", "local_infile is back"
    assert settings(target).endswith("ON"), "the redo log is on"
    assert not restore(target, small).changed


def test_a_killed_server_without_its_redo_log_is_lost_and_named(source: tuple[TabBackup, dict[str, Any]]) -> None:
    backup, _ = source
    noted: list[str] = []

    class Recorder(NoRecord):
        def note(self, kind: str, **fields: object) -> None:
            noted.append(f"{kind}: {fields.get('text')}")

    with scratch_mysql.running("restore-lost") as server:
        with engine.opened(server.login(), backup, Options(), recorder=Recorder()) as context:
            engine.run_stage(context, "schema")
        server.shell("touch /stay; kill -9 $(pidof mysqld)")  # it is started again and again, in vain
        with pytest.raises(UnreachableError):
            restore(server, backup)
        limit = time.monotonic() + 90
        while "redo logging was disabled" not in scratch_mysql.logs(server, 200):
            assert time.monotonic() < limit, scratch_mysql.logs(server)
            time.sleep(0.2)
        assert "rebuild the server and start the restore again" in "".join(noted)


def test_a_killed_server_with_its_redo_log_goes_on(
    source: tuple[TabBackup, dict[str, Any]], target: TestServer
) -> None:
    backup, picture = source
    small = tab_source.smaller(backup, 1_500)
    noted: list[str] = []

    class Recorder(NoRecord):
        def note(self, kind: str, **_fields: object) -> None:
            noted.append(kind)

    stage(target, small, "schema", fast=False)
    child = in_a_child(target, small, fast=False)
    time.sleep(0.15)
    target.crash()
    child.join()
    assert child.exitcode in {0, 3}
    with engine.opened(target.login(), small, Options(fast=False), recorder=Recorder()) as context:
        for name in engine.STAGES:
            engine.run_stage(context, name)
    assert tab_source.picture(target, SCHEMAS) == picture
    if child.exitcode == 3:
        assert noted == ["restore_server_restarted"]
