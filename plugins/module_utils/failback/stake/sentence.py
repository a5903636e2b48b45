"""The lines that stand at the top of the plan and of every approval. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from failback.stake import amounts as counting
from failback.stake.words import plural

if TYPE_CHECKING:
    from failback.stake.measure import Measured, Question
    from failback.stake.words import Text


def sentence(ask: Question, got: Measured) -> Text:
    """Say what is at stake; where RDS is silent, what the last look at it said."""
    told = counting.summary(counting.amounts(got.tally.tables, ask.names), got.reading, got.tally.pending)
    if not got.rds.silent:
        return told
    last = ask.last.get("sentence")
    if isinstance(last, Mapping):
        at = ask.last.get("measured_at", "")
        return {
            "en": f"not known now, RDS does not answer; by the last look at it ({at}): {last['en']}",
            "ko": f"RDS가 응답하지 않아 현재는 알 수 없음. 마지막으로 확인한 {at} 기준: {last['ko']}",
        }
    if got.reading.complete and got.tally.totals.data:
        return {
            "en": f"not known, RDS does not answer; IDC has received {told['en']}",
            "ko": f"RDS가 응답하지 않아 알 수 없음. IDC가 받은 것: {told['ko']}",
        }
    return {"en": "not known, RDS does not answer", "ko": "RDS가 응답하지 않아 알 수 없음"}


def extent(got: Measured) -> Text:
    """Say how much was read, in figures of the database."""
    totals = got.tally.totals
    tables = got.tally.tables
    changes = sum(table.rows.changes for label, table in tables.by_name.items() if tables.service(label))
    size = f"{totals.data_bytes / 1e6:,.1f} MB"
    return {
        "en": f"{plural(totals.data, 'transaction')}, {plural(changes, 'row change')}, {size} of binary log",
        "ko": f"트랜잭션 {totals.data:,}건, 행 변경 {changes:,}회, 바이너리 로그 {size}",
    }


def histories(got: Measured) -> Text:
    """Say what each side has that the other has not, in transactions."""
    mine = got.errant.count()
    if got.rds.silent:
        return {"en": "RDS cannot be asked for its history", "ko": "RDS의 이력을 확인할 수 없음"}
    lacks = (got.rds.executed - got.idc.executed).count()
    if not got.idc.data.reachable:
        since = plural(got.wanted.count(), "transaction")
        return {
            "en": f"RDS has {since} from after the cut-over; IDC cannot be asked",
            "ko": f"RDS에 이관 이후 트랜잭션 {got.wanted.count():,}건이 있고 IDC는 확인할 수 없음",
        }
    return {
        "en": f"RDS has {plural(lacks, 'transaction')} that IDC lacks; IDC has {mine or 'none'} that RDS lacks",
        "ko": f"IDC에 없고 RDS에만 있는 트랜잭션 {lacks:,}건, RDS에 없고 IDC에만 있는 트랜잭션 {mine:,}건",
    }
