"""Whether the request that ended is ours: told by the deployment, the kind and the moment. Pure.

A provider's answer "it is over" proves nothing by itself: another person's promotion, begun in between, ends just so.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from failback.deployment.said import NOTHING, Said

if TYPE_CHECKING:
    from failback.deployment.model import Request

# Seconds that the provider's clock may be behind this machine's before a request counts as an earlier one.
CLOCKS = 300.0
_ANOTHER = Said(
    "another request took the place of ours: {kind} to {to}{whose}; nothing more was done, agree with them, then look"
    " again",
    "다른 요청이 우리 요청을 대신했습니다: {to}({kind}, 요청자 {by}). 더 진행하지 않았습니다. 요청한 사람과 "
    "협의한 뒤 다시"
    " 확인하십시오",
)
_NOT_MOVED = Said(
    "the request to move production to {target} ended {ended}",
    "{target}(으)로 전환하는 요청이 {ended} 상태로 끝났습니다",
)
_NO_TIME = Said(
    "the provider does not say when the request to {target} was made, so it may be an older one; look again",
    "{target} 요청이 언제 것인지 알 수 없어 이전 요청일 수 있습니다. 다시 확인하십시오",
)
_OLDER = Said(
    "the request to {target} that ended is of {requested}, before we asked; look again",
    "{target} 요청은 {requested}의 것으로 우리가 요청하기 전입니다. 다시 확인하십시오",
)
_OURS = {"rollback": {"rollback", "switch"}, "promote": {"promote", "switch"}}


def problem(asked: Request, target: str, kind: str, since: datetime) -> Said:
    """Say why a request does not prove that production was moved by us to the target; nothing when it does.

    ``since`` is when we began, in UTC. A request that was skipped was not needed: the target was live already.
    """
    if asked.ended == "superseded" or asked.to != target or asked.kind not in _OURS[kind]:
        if asked.ended == "superseded" and asked.problem:
            return Said(asked.problem, asked.problem_ko or asked.problem)
        whose = f" by {asked.by}" if asked.by else ""
        return _ANOTHER.filled(kind=asked.kind, to=asked.to or "nobody knows what", whose=whose, by=asked.by or "-")
    if asked.ended not in {"succeeded", "skipped"}:
        if asked.problem:
            return Said(asked.problem, asked.problem_ko or asked.problem)
        return _NOT_MOVED.filled(target=target, ended=asked.ended)
    return NOTHING if asked.ended == "skipped" else _of_its_time(asked, target, since)


def _of_its_time(asked: Request, target: str, since: datetime) -> Said:
    when = _moment(asked.requested)
    if when is None:
        return _NO_TIME.filled(target=target)
    if when < since - timedelta(seconds=CLOCKS):
        return _OLDER.filled(target=target, requested=asked.requested)
    return NOTHING


def _moment(told: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
