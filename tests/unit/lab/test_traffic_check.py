"""The check must be able to fail: hand-made ledgers, one for each fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lab.traffic.check import Counts, analyse, judge, passed, report
from lab.traffic.metrics import measure
from lab.traffic.records import LedgerError, Records, read_ledger

if TYPE_CHECKING:
    from pathlib import Path

IDC, RDS = "1111", "2222"


class Book:
    """Writes a ledger folder by hand. Times are in seconds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clients: dict[str, list[dict[str, Any]]] = {}
        (folder / "sides.json").write_text(json.dumps({"idc": IDC, "rds": RDS}))

    def line(self, client: str, at: float, event: str, **more: Any) -> None:
        kind = client.split("-", maxsplit=1)[0]
        if client not in self.clients:
            self.clients[client] = [{"event": "start", "kind": kind, "wall": 0, "mono": 0}]
        self.clients[client].append({"event": event, "wall": int(at * 1e9), "mono": int(at * 1e9), **more})

    def write(
        self, client: str, token: str, start: float, end: float, outcome: str = "acknowledged", **more: Any
    ) -> None:
        self.line(client, start, "intent", token=token)
        self.line(client, end, outcome, token=token, **more)

    def records(self) -> Records:
        for client, lines in self.clients.items():
            text = "".join(json.dumps(line) + "\n" for line in lines)
            (self.folder / f"{client}.jsonl").write_text(text)
        return read_ledger(self.folder)


@pytest.fixture(name="book")
def _book(tmp_path: Path) -> Book:
    """One clean switch: the last write on RDS is answered at 2.0 s, the first on IDC at 5.0 s."""
    book = Book(tmp_path)
    book.write("sql-1", "a", 1.0, 1.1, server_uuid=RDS)
    book.write("http-1", "b", 1.9, 2.0, server_uuid=RDS, status=201)
    book.write("sql-1", "c", 3.0, 3.1, "refused", code=1290)
    book.write("http-1", "d", 2.5, 5.0, server_uuid=IDC, status=201)
    book.write("sql-1", "e", 6.0, 6.1, server_uuid=IDC)
    book.write("sampler-idc", "f", 4.9, 5.05, server_uuid=IDC)
    return book


def everything() -> Counts:
    return Counts(ledger=dict.fromkeys("abdef", 1), orders={"b": 1, "d": 1})


def test_a_clean_switch_passes(book: Book) -> None:
    records = book.records()
    metrics, verdict = measure(records), judge(records, everything(), Counts({}, {}))
    assert passed(metrics, verdict)
    found = report(metrics, verdict)
    assert found["write_outage_seconds"] == 3.0
    assert found["write_outage_http_seconds"] == 3.0
    assert found["write_outage_sql_seconds"] == 5.0
    assert found["acknowledged_writes"] == 5
    assert found["lost_writes"] == found["duplicated_writes"] == found["two_writers_samples"] == 0
    assert found["held_requests"] == {"count": 1, "max_seconds": 2.5}
    assert found["held_requests_max_seconds"] == 2.5
    assert found["failed_requests"] == 0
    assert found["samples"] == {"idc": 1, "rds": 0}


def test_a_lost_write_fails_and_is_named(book: Book) -> None:
    records, counts = book.records(), everything()
    del counts.ledger["a"]
    verdict = judge(records, counts, None)
    assert [write.token for write in verdict.lost] == ["a"]
    assert not passed(measure(records), verdict)
    assert report(measure(records), verdict)["lists"]["lost"][0]["token"] == "a"


def test_an_order_without_its_rows_counts_as_lost(book: Book) -> None:
    records, counts = book.records(), everything()
    del counts.orders["d"]
    assert [write.token for write in judge(records, counts, None).lost] == ["d"]


@pytest.mark.parametrize("table", ["ledger", "orders"])
def test_a_write_done_twice_fails(book: Book, table: str) -> None:
    records, counts = book.records(), everything()
    getattr(counts, table)["d"] = 2
    verdict = judge(records, counts, None)
    assert [write.token for write in verdict.duplicated] == ["d"]
    assert not passed(measure(records), verdict)


def test_a_refused_write_that_is_there_fails(book: Book) -> None:
    records, counts = book.records(), everything()
    counts.ledger["c"] = 1
    verdict = judge(records, counts, None)
    assert [write.token for write in verdict.refused_but_committed] == ["c"]
    assert not passed(measure(records), verdict)


def test_an_acknowledgement_from_rds_after_idc_began_is_a_second_writer(book: Book) -> None:
    book.write("sampler-rds", "g", 4.95, 4.96, server_uuid=RDS)
    records = book.records()
    metrics = measure(records)
    assert metrics.two_writers_samples == 1
    assert not passed(metrics, judge(records, everything(), None))


def test_a_held_request_is_no_sign_of_an_early_writer(book: Book) -> None:
    # It set out at 2.5 s and was held; RDS was still acknowledging then, rightly.
    book.write("sql-2", "g", 2.6, 2.7, server_uuid=RDS)
    assert measure(book.records()).two_writers_samples == 0


def test_without_sampler_and_sql_an_http_acknowledgement_still_tells(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.write("http-1", "a", 1.0, 1.1, server_uuid=IDC, status=201)
    book.write("http-2", "b", 2.0, 2.1, server_uuid=RDS, status=201)
    assert measure(book.records()).two_writers_samples == 1


def test_unknown_writes_are_told_apart(book: Book) -> None:
    book.write("sql-2", "u1", 2.0, 2.1, "unknown", code=2013)
    book.write("sql-2", "u2", 2.2, 2.3, "unknown", code=2013)
    book.line("sql-2", 2.4, "intent", token="u3")
    records, counts = book.records(), everything()
    counts.ledger["u1"] = 1
    verdict = judge(records, counts, Counts({"u2": 1}, {}))
    found = report(measure(records), verdict)["unknown_writes"]
    assert found == {"total": 3, "committed": 1, "not_committed": 1, "stranded": 1, "rds_asked": True}
    assert not passed(measure(records), verdict)


def test_unknown_writes_alone_are_no_fault(book: Book) -> None:
    book.write("sql-2", "u1", 2.0, 2.1, "unknown", code=2013)
    records = book.records()
    assert passed(measure(records), judge(records, everything(), None))


def test_failed_requests_are_server_errors_and_broken_connections(book: Book) -> None:
    book.write("http-2", "g", 3.0, 3.1, "refused", status=503)
    book.write("http-2", "h", 3.2, 3.3, "unknown", status=0)
    book.write("http-2", "i", 3.4, 3.5, "refused", status=400)
    book.line("http-2", 3.6, "read", token="x", status=502, seconds=0.1)
    assert measure(book.records()).failed_requests == 3


def test_a_ledger_in_which_nothing_was_written_proves_nothing(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.write("sql-1", "a", 1.0, 1.1, "refused", code=1290)
    records = book.records()
    assert not passed(measure(records), judge(records, Counts({}, {}), None))


def test_a_last_line_cut_short_is_dropped_and_another_is_an_error(book: Book) -> None:
    book.records()
    path = book.folder / "sql-1.jsonl"
    path.write_text(path.read_text() + '{"event":"ack')
    assert analyse(book.folder).acknowledged_writes == 5
    path.write_text('{"event":\n' + path.read_text())
    with pytest.raises(LedgerError, match="sql-1"):
        analyse(book.folder)


def test_a_folder_without_a_ledger_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(LedgerError):
        analyse(tmp_path)
    (tmp_path / "sides.json").write_text("{}")
    with pytest.raises(LedgerError, match="no client"):
        analyse(tmp_path)


def test_what_lies_in_the_quarantine_is_set_aside_and_not_lost(book: Book) -> None:
    # "a" is nowhere but in the quarantine; of "b" IDC has a part: torn, wherever the rest lies; "e" is nowhere.
    idc = Counts(ledger=dict.fromkeys("bdf", 1), orders={"d": 1})
    records = book.records()
    verdict = judge(records, idc, None, frozenset("ab"))
    assert [write.token for write in verdict.set_aside] == ["a"]
    assert sorted(write.token for write in verdict.lost) == ["b", "e"]
    assert not passed(measure(records), verdict)
    assert report(measure(records), verdict)["set_aside_writes"] == 1
