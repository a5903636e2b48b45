"""Can all of it be saved, and by which way? Pure.

The three ways are those of the plan. switch-first replicates what IDC lacks into IDC as it stands. restore-first brings
IDC to the cut-over from a backup and replicates from there. stop-first keeps RDS's binary logs from the cut-over on and
lets people decide row by row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.stake.losses import losses
from failback.stake.situation import Loss, Saved, Situation, Verdict, Way
from failback.stake.words import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.gtid import GtidSet
    from failback.stake.words import Text

_SHOWN = 120  # characters of a statement
_TABLES = 5

_ALL: dict[str, Text] = {
    "switch-first": {
        "en": "All of it can be saved: by replication from RDS to IDC (switch-first).",
        "ko": "모두 보존할 수 있습니다. RDS에서 IDC로 복제합니다(switch-first).",
    },
    "restore-first": {
        "en": "All of it can be saved: IDC is restored to the cut-over, then replicates from RDS (restore-first).",
        "ko": "모두 보존할 수 있습니다. IDC를 이관 시점으로 복원한 뒤 RDS에서 복제합니다(restore-first).",
    },
    "stop-first": {
        "en": "All of it can be kept, but none of it comes back by itself: RDS's binary logs are set aside, and people"
        " decide what is applied (stop-first).",
        "ko": "모두 보관할 수 있지만 저절로 반영되지는 않습니다. RDS의 바이너리 로그를 따로 보관하고, 무엇을 반영할지"
        " 담당자가 정합니다(stop-first).",
    },
}


def judge(now: Situation) -> Verdict:
    """Judge."""
    ways = (_switch(now), _restore(now), _stop(now))
    lost = tuple(losses(now))
    best = next((way for way in ways if way.possible and way.saves_all), None)
    if best is not None and not now.incidents and not now.left_out:
        if now.uncounted:
            return Verdict("unknown", best.name, _as_far_as_read(best.name, now.uncounted), (), ways)
        return Verdict("all", best.name, _ALL[best.name], (), ways)
    possible = best or next((way for way in ways if way.possible), None)
    if possible is not None:
        return Verdict("part", possible.name, _part(possible.name, lost), lost, ways)
    if now.errant and not _out_of_reach(now, "") and not now.missing_logs(whole=False):
        return Verdict("part", "", _parted(lost), lost, ways)
    saved: Saved = "unknown" if now.rds_silent or now.unreadable else "nothing"
    return Verdict(saved, "", _none(lost, ways), lost, ways)


def _switch(now: Situation) -> Way:
    if not now.idc.usable:
        why = {
            "en": f"IDC's data cannot be used: {now.idc_why['en']}",
            "ko": f"IDC 데이터를 쓸 수 없습니다: {now.idc_why['ko']}",
        }
        return _no("switch-first", why)
    if now.errant:
        count = now.errant.count()
        why = {
            "en": f"IDC holds {plural(count, 'transaction')} that RDS does not have: the two have parted",
            "ko": f"RDS에 없는 트랜잭션 {count:,}건이 IDC에 있어 양쪽 데이터가 갈라졌습니다",
        }
        return _no("switch-first", why)
    return _replicated(now, "switch-first", now.missing_logs(whole=False))


def _restore(now: Situation) -> Way:
    return _restored(now, _replicated(now, "restore-first", now.missing_logs(whole=True)))


def _stop(now: Situation) -> Way:
    name = "stop-first"
    found = _out_of_reach(now, name) or _purged(name, now.missing_logs(whole=True)) or _yes(name)
    return _restored(now, found)


def _restored(now: Situation, found: Way) -> Way:
    """Judge what IDC has of its own: a restore stops at data that stands, and takes away what does not."""
    if not found.possible or not now.errant:
        return found
    count = now.errant.count()
    if now.idc.usable:
        why = {
            "en": f"IDC's data stands, with {plural(count, 'transaction')} that RDS does not have: the restore does not"
            " go over it",
            "ko": f"IDC 데이터가 온전하고 RDS에 없는 트랜잭션 {count:,}건이 있어, 복원이 이를 덮어쓰지 않고 멈춥니다",
        }
        return _no(found.name, why)
    gone = {
        "en": f"{plural(count, 'transaction')} that only IDC has would be gone",
        "ko": f"IDC에만 있는 트랜잭션 {count:,}건이 사라집니다",
    }
    if not found.saves_all:
        gone = {language: f"{found.why[language]}; {gone[language]}" for language in ("en", "ko")}
    return Way(found.name, possible=True, saves_all=False, why=gone)


def _replicated(now: Situation, name: str, purged: GtidSet) -> Way:
    """Judge a way that ends in replication from RDS."""
    stop = _out_of_reach(now, name) or _purged(name, purged)
    if stop:
        return stop
    if now.no_replication:
        return _no(name, now.no_replication)
    if now.unreplayable:
        statement, what = now.unreplayable[0]
        why = {
            "en": f"IDC cannot run {what['en']}, so replication stops at: {statement[:_SHOWN]}",
            "ko": f"IDC가 실행할 수 없는 구문({what['ko']})에서 복제가 멈춥니다: {statement[:_SHOWN]}",
        }
        return _no(name, why)
    if now.filtered:
        tables = ", ".join(now.filtered[:_TABLES])
        why = {
            "en": f"IDC's replication filters leave out {tables}",
            "ko": f"IDC의 복제 필터가 제외하는 테이블이 있습니다: {tables}",
        }
        return Way(name, possible=True, saves_all=False, why=why)
    return _yes(name)


def _out_of_reach(now: Situation, name: str) -> Way | None:
    if now.rds_silent:
        return _no(name, {"en": f"RDS does not answer: {now.rds_silent}", "ko": f"RDS 응답 없음: {now.rds_silent}"})
    if now.unreadable:
        why = {
            "en": f"RDS does not give its binary logs: {now.unreadable}",
            "ko": f"RDS의 바이너리 로그를 읽을 수 없습니다: {now.unreadable}",
        }
        return _no(name, why)
    return None


def _purged(name: str, purged: GtidSet) -> Way | None:
    if not purged:
        return None
    count = purged.count()
    why = {
        "en": f"RDS has purged the binary logs of {plural(count, 'transaction')} that this way needs",
        "ko": f"이 방식에 필요한 트랜잭션 {count:,}건의 바이너리 로그가 RDS에서 이미 삭제되었습니다",
    }
    return _no(name, why)


def _yes(name: str) -> Way:
    return Way(name, possible=True, saves_all=True, why={"en": "", "ko": ""})


def _no(name: str, why: Text) -> Way:
    return Way(name, possible=False, saves_all=False, why=why)


def _part(way: str, lost: Sequence[Loss]) -> Text:
    en, ko = ("; ".join(item.text[language] for item in lost) for language in ("en", "ko"))
    return {
        "en": f"Not all of it can be saved. The best way is {way}. Lost would be: {en}.",
        "ko": f"일부는 보존할 수 없습니다. 가장 나은 방식은 {way}입니다. 잃게 되는 것: {ko}.",
    }


def _as_far_as_read(way: str, why: Text) -> Text:
    return {
        "en": f"Not known whether all of it can be saved: {why['en']}. Nothing that was read is against {way}.",
        "ko": f"모두 보존할 수 있는지 아직 알 수 없습니다. {why['ko']}. 읽은 범위에서는 {way} 방식에 문제가 없습니다.",
    }


def _parted(lost: Sequence[Loss]) -> Text:
    """RDS's part could be had; which rows of the two count, people must say first."""
    en, ko = ("; ".join(item.text[language] for item in lost) for language in ("en", "ko"))
    return {
        "en": f"Not all of it can be saved, and no way goes on until people decide which rows count: {en}.",
        "ko": f"일부는 보존할 수 없으며, 어느 행을 남길지 담당자가 정하기 전에는 진행할 수 없습니다: {ko}.",
    }


def _none(lost: Sequence[Loss], ways: Sequence[Way]) -> Text:
    """No way is open: say what is lost, or else why no way is open."""
    en, ko = ("; ".join(item.text[language] for item in lost) or ways[0].why[language] for language in ("en", "ko"))
    return {
        "en": f"As things are, none of it can be saved. At stake is: {en}.",
        "ko": f"현재 상태로는 보존할 수 없습니다. 문제가 되는 것: {ko}.",
    }
