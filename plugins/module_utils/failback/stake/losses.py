"""What would be lost unless another source for it is found. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.stake.situation import Loss, Situation
from failback.stake.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.gtid import GtidSet

_SHOWN = 200  # characters of a GTID set or a statement in a sentence
_MOST = 20  # sentences of one kind


def losses(now: Situation) -> Iterator[Loss]:
    """Name them, the gravest first."""
    if now.rds_silent:
        yield _out_of_reach(now)
    if purged := now.missing_logs(whole=False):
        yield _purged(purged)
    if now.errant:
        yield _errant(now.errant)
    for statement, what in now.unreplayable[:_MOST]:
        yield Loss(
            f"ddl:{what['en']}",
            {
                "en": f"everything from a statement on that IDC cannot run ({what['en']}): {statement[:_SHOWN]}",
                "ko": f"IDC가 실행할 수 없는 구문({what['ko']})부터의 모든 변경: {statement[:_SHOWN]}",
            },
        )
    for label in now.filtered[:_MOST]:
        yield Loss(
            f"filtered:{label}",
            {
                "en": f"the changes to {label}, which IDC's replication filters leave out",
                "ko": f"IDC의 복제 필터가 제외하는 {label} 테이블의 변경",
            },
        )
    for schema in now.left_out[:_MOST]:
        yield Loss(
            f"left_out:{schema}",
            {
                "en": f"the changes to the schema {schema}, which RDS keeps out of its binary log",
                "ko": f"RDS가 바이너리 로그에 남기지 않는 {schema} 스키마의 변경",
            },
        )
    if now.incidents:
        yield Loss(
            "incident",
            {
                "en": "changes that RDS itself failed to log (an incident is in its binary log)",
                "ko": "RDS가 로그에 남기지 못한 변경(바이너리 로그에 incident가 있음)",
            },
        )


def _purged(purged: GtidSet) -> Loss:
    gtids = str(purged)
    return Loss(
        "purged",
        {
            "en": f"{plural(purged.count(), 'transaction')} whose binary logs RDS has purged and that IDC has not got:"
            f" {gtids[:_SHOWN]} (what they wrote is in RDS's tables: only a dump or snapshot of RDS brings it back)",
            "ko": f"RDS에서 바이너리 로그가 삭제되었고 IDC에도 없는 트랜잭션 {purged.count():,}건: {gtids[:_SHOWN]}"
            " (내용은 RDS 테이블에 남아 있어 RDS 덤프나 스냅샷으로만 가져올 수 있음)",
        },
        purged.count(),
        gtids,
    )


def _errant(errant: GtidSet) -> Loss:
    gtids = str(errant)
    return Loss(
        "errant",
        {
            "en": f"{plural(errant.count(), 'transaction')} that only IDC has ({gtids[:_SHOWN]}), if IDC is restored",
            "ko": f"IDC에만 있는 트랜잭션 {errant.count():,}건({gtids[:_SHOWN]}), IDC를 복원하는 경우",
        },
        errant.count(),
        gtids,
    )


def _out_of_reach(now: Situation) -> Loss:
    """RDS is silent: what IDC received is safe, the rest is known from the last look at best."""
    held = (now.idc_executed - now.cutover - now.errant).count()
    en = "everything written to RDS since the cut-over that IDC has not received"
    ko = "이관 이후 RDS에 기록되었으나 IDC가 받지 못한 모든 데이터"
    if held:
        en += f" (it has received {plural(held, 'transaction')})"
        ko += f"(IDC가 받은 트랜잭션은 {held:,}건)"
    if now.last_seen_at:
        en += f", at least {plural(now.last_seen, 'transaction')} by the last look at RDS ({now.last_seen_at})"
        ko += f", RDS를 마지막으로 확인한 {now.last_seen_at} 기준으로 최소 {now.last_seen:,}건의 트랜잭션"
    return Loss("out_of_reach", {"en": en, "ko": ko}, now.last_seen if now.last_seen_at else None)
