"""Where a restored IDC stands: what is replayed, when its history is set back, and when not. Pure."""

from __future__ import annotations

from dataclasses import replace

import pytest
from failback.binlog.archive import LogFile, needed
from failback.binlog.standing import Plan, Standing, align_statements, plan
from failback.errors import RefusedError
from failback.gtid import GtidSet

IDC = "11111111-1111-4111-8111-111111111111"
RDS = "22222222-2222-4222-8222-222222222222"


def gtids(text: str) -> GtidSet:
    return GtidSet.parse(text)


CUTOVER = gtids(f"{IDC}:1-100")
BACKUP = gtids(f"{IDC}:1-60")
NOW = Standing(BACKUP, read_only=True, schemas=frozenset({"shop"}), channels=(), uuid=IDC, restored=True, aligned="")


def decide(now: Standing, position: GtidSet = BACKUP) -> Plan:
    return plan(now, position=position, cutover=CUTOVER, schemas=["shop"], aws_uuid=RDS)


def test_a_history_that_ends_at_the_backup_is_gone_on_from() -> None:
    found = decide(NOW)
    assert (found.set_back, str(found.missing)) == ("", f"{IDC}:61-100")
    assert align_statements(found) == []


def test_a_server_without_history_gets_the_backups() -> None:
    found = decide(replace(NOW, executed=GtidSet()))
    assert found.set_back == "add"
    assert align_statements(found)[0].startswith("SET GLOBAL gtid_purged = CONCAT('+'")


def test_a_history_that_says_more_than_the_data_is_set_back() -> None:
    found = decide(replace(NOW, executed=CUTOVER | gtids(f"{RDS}:1-9")))
    assert (found.set_back, found.missing.count()) == ("reset", 40)
    assert align_statements(found)[0] == "RESET BINARY LOGS AND GTIDS"


def test_a_replay_that_was_begun_is_never_begun_again() -> None:
    found = decide(replace(NOW, executed=gtids(f"{IDC}:1-80"), aligned=str(BACKUP)))
    assert (found.set_back, str(found.missing)) == ("", f"{IDC}:81-100")


def test_a_server_that_was_not_restored_is_never_set_back() -> None:
    found = decide(replace(NOW, executed=CUTOVER, restored=False))
    assert (found.set_back, found.missing.count()) == ("", 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"read_only": False}, "takes writes"),
        ({"channels": ("rollback_runner",)}, "replicates"),
        ({"executed": gtids(f"{IDC}:1-101")}, "neither"),
        ({"executed": CUTOVER, "schemas": frozenset({"shop", "other"})}, "also that of other"),
        ({"executed": CUTOVER, "changed_since": True}, "written since"),
    ],
)
def test_what_could_harm_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        decide(replace(NOW, **change))  # type: ignore[arg-type]


def files(*spans: tuple[int, int]) -> list[LogFile]:
    """Files by number and the last transaction before each."""
    return [
        LogFile(f"binlog.{number:06d}", 10, number, gtids(f"{IDC}:1-{last}") if last else GtidSet())
        for number, last in spans
    ]


def test_only_the_files_that_are_needed_are_taken() -> None:
    archive = files((3, 20), (4, 50), (5, 70), (6, 100))
    assert [file.number for file in needed(archive, BACKUP, CUTOVER)] == [4, 5]
    assert needed(archive, CUTOVER, CUTOVER) == ()


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (files((5, 70), (6, 100)), "begins too late"),
        (files((3, 20), (4, 50), (6, 90)), "between binlog.000004 and binlog.000006"),
    ],
)
def test_what_is_missing_is_named(archive: list[LogFile], words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        needed(archive, BACKUP, CUTOVER)
