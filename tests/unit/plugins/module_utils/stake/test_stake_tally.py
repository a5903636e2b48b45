"""What counts and what does not, event by event."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from binlog_made import RDS, event, gtid, query, rows, table, xa_prepare, xid
from failback.binlog import events
from failback.errors import FailbackError
from failback.gtid import GtidSet
from failback.stake import replay
from failback.stake.net import Seen
from failback.stake.tables import Tables
from failback.stake.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable

INSERT, UPDATE, DELETE = 30, 31, 32


def fed(
    source: Iterable[events.Event], wanted: str = f"{RDS}:1-100", idc: str = "", there: list[str] | None = None
) -> Tally:
    tally = Tally(GtidSet.parse(wanted), GtidSet.parse(idc), Tables(["shop"], there=there))
    for item in source:
        tally.feed(item)
    return tally


def counts(tally: Tally, label: str = "shop.t") -> tuple[int, int, int]:
    found = tally.tables.by_name[label].rows
    return found.insert, found.update, found.delete


def test_a_transaction_counts_when_it_ends() -> None:
    open_one = [gtid(1), query("BEGIN"), table(), rows(INSERT, 1, 2, 3)]
    tally = fed(open_one)
    assert tally.tables.by_name == {}
    assert tally.pending == 3
    tally.feed(xid())
    assert counts(tally) == (3, 0, 0)
    assert (tally.pending, tally.left, tally.totals.data) == (0, 99, 1)


def test_only_wanted_transactions_count() -> None:
    one = [query("BEGIN"), table(), rows(INSERT, 1), xid()]
    tally = fed([gtid(1), *one, gtid(2), *one, gtid(3), *one], wanted=f"{RDS}:2")
    assert counts(tally) == (1, 0, 0)
    assert tally.left == 0


def test_what_idc_has_is_counted_apart() -> None:
    one = [query("BEGIN"), table(), rows(INSERT, 1), xid()]
    tally = fed([gtid(1), *one, gtid(2), *one], idc=f"{RDS}:1")
    assert tally.tables.by_name["shop.t"].lacking.insert == 1
    assert tally.totals.lacking == 1
    assert fed([gtid(1), *one], idc=f"{RDS}:1").totals.first_lacking == 0
    assert tally.totals.first_lacking > 0


def test_a_logged_rollback_to_a_savepoint_takes_rows_back() -> None:
    tally = fed(
        [
            gtid(1), query("BEGIN"), table(), rows(INSERT, 1), query("SAVEPOINT `a`"), rows(INSERT, 2, 3),
            query("ROLLBACK TO `a`"), rows(DELETE, 9), xid(),
        ]
    )  # fmt: skip
    assert counts(tally) == (1, 0, 1)
    assert tally.tables.net.seen("shop.t") is None


def test_a_group_that_ends_in_rollback_counts_for_nothing() -> None:
    tally = fed([gtid(1), query("BEGIN"), table(), rows(INSERT, 1), query("ROLLBACK")])
    assert tally.tables.by_name == {}
    assert (tally.totals.empty, tally.left) == (1, 99)


@pytest.mark.parametrize(("end", "expected"), [("XA COMMIT X'61',X'',1", 1), ("XA ROLLBACK X'61',X'',1", 0)])
def test_xa_counts_at_its_second_half(end: str, expected: int) -> None:
    start = [
        gtid(1),
        query("XA START X'61',X'',1"),
        table(),
        rows(INSERT, 1),
        query("XA END X'61',X'',1"),
        xa_prepare(),
    ]
    tally = fed(start)
    assert tally.prepared == 1
    assert tally.totals.data == 0
    for item in (gtid(2), query(end)):
        tally.feed(item)
    assert tally.prepared == 0
    assert tally.totals.data == expected
    assert sum(found.rows.insert for found in tally.tables.by_name.values()) == expected
    assert tally.left == 98


def test_xa_in_one_phase_counts_at_once() -> None:
    tally = fed([gtid(1), query("XA START X'61',X'',1"), table(), rows(INSERT, 1), xa_prepare(one_phase=True)])
    assert counts(tally) == (1, 0, 0)


def test_housekeeping_other_schemas_and_mixed_ones() -> None:
    tally = fed(
        [
            gtid(1), query("BEGIN"), table("rds_heartbeat2", "mysql"), rows(UPDATE, 1, 1), xid(),
            gtid(2), query("BEGIN"), table("t", "other"), rows(INSERT, 1), xid(),
            gtid(3), query("BEGIN"), table("t", "other"), rows(INSERT, 1), table("t", number=8),
            rows(INSERT, 5, number=8), xid(),
            gtid(4), query("INSERT INTO mysql.rds_heartbeat2(id) VALUES (1)", "mysql"),
            gtid(5), query("BEGIN"), query("COMMIT"),
        ]
    )  # fmt: skip
    totals = tally.totals
    assert (totals.housekeeping, totals.foreign, totals.data, totals.empty, totals.read) == (2, 1, 1, 1, 5)


def test_rows_loaded_by_a_statement_cannot_be_counted_and_are_named() -> None:
    tally = fed([gtid(1), query("BEGIN"), event(17, b"xx"), query("LOAD DATA INFILE 'x' INTO TABLE t"), xid()])
    assert list(tally.unread) == [f"{RDS}:1"]
    assert tally.totals.undecoded == 1


def test_damage_in_rows_is_named_and_the_rest_counted() -> None:
    bad = rows(INSERT, 1)
    short = event(INSERT, bad.body[:-2])
    one = [query("BEGIN"), table(), rows(INSERT, 1), xid()]
    tally = fed([gtid(1), query("BEGIN"), table(), short, xid(), gtid(2), *one])
    assert "cannot be read" in tally.unread[f"{RDS}:1"] or "too late" in tally.unread[f"{RDS}:1"]
    assert counts(tally) == (1, 0, 0)


def test_rows_of_a_table_that_was_not_named() -> None:
    tally = fed([gtid(1), query("BEGIN"), rows(INSERT, 1, number=99), xid()])
    assert "not named before" in tally.unread[f"{RDS}:1"]


def test_an_incident_is_seen_inside_and_outside_of_transactions() -> None:
    assert fed([event(events.INCIDENT, b""), gtid(1), event(events.INCIDENT, b"")]).incidents == 2


def test_a_damaged_compressed_transaction_ends_the_transaction_not_the_count() -> None:
    one = [query("BEGIN"), table(), rows(INSERT, 1), xid()]
    broken = event(events.PAYLOAD, bytes([2, 1, 0, 1, 1, 9, 0]) + b"no zstd")
    tally = fed([gtid(1), broken, gtid(2), *one])
    assert tally.totals.undecoded == 1
    assert counts(tally) == (1, 0, 0)
    assert tally.left == 98


def test_a_gtid_that_cannot_be_read_stops() -> None:
    with pytest.raises((FailbackError, ValueError)):
        fed([event(events.GTID, b"\0short")])


def test_tables_that_come_and_go() -> None:
    one = [query("BEGIN"), table(), rows(INSERT, 1), xid()]
    tally = fed(
        [
            gtid(1), query("CREATE TABLE t (id int primary key)"), gtid(2), *one, gtid(3), query("DROP TABLE `t`"),
            gtid(4), query("CREATE TABLE IF NOT EXISTS old (id int)"), gtid(5), query("DROP TABLE IF EXISTS nobody"),
            gtid(6), query("DROP DATABASE elsewhere"),
        ],
        there=["shop.old", "elsewhere.a"],
    )  # fmt: skip
    found = tally.tables.by_name
    assert found["shop.t"].passing
    assert found["shop.old"].was_there
    assert "shop.nobody" not in found
    assert found["elsewhere.a"].dropped
    assert tally.totals.shape == 5


def test_a_swap_of_names_keeps_counts_with_their_tables() -> None:
    one = [query("BEGIN"), table(), rows(INSERT, 1), xid()]
    two = [query("BEGIN"), table("u", number=8), rows(INSERT, 1, 2, number=8), xid()]
    swap = query("RENAME TABLE t TO x, u TO t, x TO u")
    tally = fed([gtid(1), *one, gtid(2), *two, gtid(3), swap])
    assert counts(tally, "shop.u") == (1, 0, 0)
    assert counts(tally, "shop.t") == (2, 0, 0)


def test_rows_are_told_apart_by_their_key() -> None:
    begin = query("BEGIN")
    tally = fed(
        [
            gtid(1), begin, table(), rows(INSERT, 1, 2), rows(UPDATE, 1, 1, 5, 5), xid(),
            gtid(2), begin, table(), rows(DELETE, 2, 6), rows(UPDATE, 7, 8), xid(),
        ]
    )  # fmt: skip
    assert counts(tally) == (2, 3, 2)
    # 1 and 8 are new, 5 changed, 6 and 7 gone, 2 came and went.
    assert tally.tables.net.seen("shop.t") == Seen(2, 1, 2, 1)


def test_a_long_history_of_statements_is_counted_not_kept() -> None:
    source = [item for number in range(1, 601) for item in (gtid(number), query(f"CREATE TABLE t{number} (id int)"))]
    tally = fed(source, wanted=f"{RDS}:1-600")
    assert (len(tally.statements), tally.more_statements) == (500, 100)


def test_the_end_of_a_long_statement_is_judged_though_not_kept() -> None:
    idc = replay.Ability("8.0.12", frozenset({"innodb"}))
    columns = ", ".join(f"column_number_{number} int" for number in range(60))
    tally = Tally(
        GtidSet.parse(f"{RDS}:1-600"),
        GtidSet.parse(f"{RDS}:600"),
        Tables(["shop"]),
        lambda text: replay.obstacle(text, idc),
    )
    for number in range(1, 599):
        for item in (gtid(number), query(f"CREATE TABLE t{number} (id int)")):
            tally.feed(item)
    for number in (599, 600):  # IDC has the last one: it could
        for item in (gtid(number), query(f"CREATE TABLE x{number} ({columns}) ENGINE=MyISAM")):
            tally.feed(item)
    (stops,) = [item for item in tally.statements if item.obstacle]
    assert stops.gtid == f"{RDS}:599"
    assert stops.obstacle["en"] == "the storage engine myisam"
    assert len(stops.text) < 510
