"""Moving production on Vercel, and being sure that it was our request which moved it. All times are seconds.

Facts that shape it: the API accepts a request (201) and does the work later; what became of it stands in the project's
`lastAliasRequest`, which holds the last request of anybody. Vercel's own command takes any success there for its own.
Here a request is ours by its target, its kind and a time that was not there before. No two clocks are compared: the
time is Vercel's own, held against the one that was read directly before asking.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from failback.deployment.model import Request
from failback.deployment.said import Said as Sentence
from failback.deployment.vercel import errors, operations, reading
from failback.errors import FailbackError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Literal

    from failback.deployment.model import Deployment, Ended
    from failback.deployment.vercel.client import Client, Said

    Kind = Literal["rollback", "promote"]

# A state that this version does not know may well be one in which production still moves.
UNDER_WAY = frozenset({"pending", "unknown"})
ACCEPTED_LATER = 202  # promote: it waits behind a rolling release
LONGEST_REASON = 250  # characters that the API takes
_UNDER_WAY = Sentence(
    "Somebody's {kind} to {to} is under way since {requested}{by}; two at once would leave it open which one wins. "
    "Next: speak with that person, wait until it has ended, and run the command again.",
    "다른 사람이 {requested}부터 {to}(으)로 전환하고 있습니다({kind}){by}. 동시에 하면 어느 쪽이 남을지 알 수 "
    "없습니다. "
    "다음: 그 사람과 협의하고 끝난 뒤 다시 실행하십시오.",
)
_SUPERSEDED = Sentence(
    "While this {kind} to {target} ran, a {other} to {to} was requested at {requested}{by} and took its place. Nothing "
    "was repeated. Next: find out who did it and why, then run the command again if production is still to move.",
    "{target}(으)로 전환하는 동안 {requested}에 {to} 요청({other}{person})이 들어와 대신 처리되었습니다. 반복하지 "
    "않았습니다. 다음: 누가 왜 했는지 확인하고, 그래도 전환해야 하면 다시 실행하십시오.",
)
_FAILED = Sentence(
    "Vercel could not finish the {kind} to {target}.{which} Next: look at `rollback-runner deployment status` for what "
    "serves now, and run the command again; if it fails again, move the domains with `vercel alias set`.",
    "Vercel이 {target} 전환({kind})을 끝내지 못했습니다.{korean} 다음: `rollback-runner deployment status`로 "
    "지금 무엇이 "
    "운영 중인지 확인하고 다시 실행하십시오. 또 실패하면 `vercel alias set`으로 도메인을 옮기십시오.",
)
_ELSEWHERE = Sentence(
    "Vercel says {ended}, but production is {live} and not {target}. Next: look at the project's deployments in the "
    "dashboard, and run the command again.",
    "Vercel은 {ended}라고 하지만 운영 배포는 {target}이(가) 아니라 {live}입니다. 다음: 대시보드에서 배포를 "
    "확인하고 다시 "
    "실행하십시오.",
)
_QUEUED = Sentence(
    "The promotion waits behind a rolling release. Next: end that with `vercel rolling-release abort` or "
    "`vercel rolling-release complete`, and run the command again.",
    "승격이 점진적 배포 뒤에서 기다립니다. 다음: `vercel rolling-release abort` 또는 "
    "`vercel rolling-release complete`로 "
    "끝낸 뒤 다시 실행하십시오.",
)
_LATE = Sentence(
    "Production has not moved within {seconds} s; Vercel still works on it. Next: look at "
    "`rollback-runner deployment status`; running the command again waits for the same request.",
    "{seconds}초 안에 전환되지 않았고 Vercel이 아직 처리 중입니다. 다음: `rollback-runner deployment status`를 "
    "확인하십시오. "
    "다시 실행하면 같은 요청을 기다립니다.",
)
_LOOK = (0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 1.0)  # between two looks; the last one goes on
_DOMAINS = 10.0  # how long domains may still follow after the request has ended
_TWICE = 2


@dataclass
class Mover:
    """Moves one project's production. ``domains`` are those the site names; the project's own are looked at too."""

    client: Client
    project: str
    domains: tuple[str, ...]
    deadline: float
    # The production domains as they were before: one that stays behind is on no list of the new deployment.
    known: set[str] = field(default_factory=set, init=False)

    def move(self, target: Deployment, kind: Kind, reason: str, told: Callable[[str], None]) -> Request:
        """Ask, wait, and say how it ended. Raises RefusedError, UnreachableError, or FailbackError.

        Whatever happened before (an answer that was lost, a run that was killed), it looks before it asks.
        """
        self.client.told = told
        before = self._look()
        self.known |= set(reading.domains(reading.live(before)))
        number = str(before.get("id") or self.project)
        asked = reading.request(before)
        if asked is not None and asked.ended in UNDER_WAY and not self.stuck(before):
            if (asked.to, asked.kind) != (target.id, kind):
                raise _under_way(asked)
            told(f"a {kind} to {target.id} is under way since {asked.requested}; waiting for it")
            return self._wait(target, kind, "", told, queued=False)
        if str(reading.live(before).get("id") or "") == target.id:
            return self._already(before, target, kind)
        mark = asked.requested if asked is not None else ""
        for attempt in range(_TWICE):
            told(f"asked Vercel for a {kind} to {target.id}" if not attempt else "asked once more")
            said = self._ask(number, target, kind, reason)
            if said.well:
                return self._wait(target, kind, mark, told, queued=said.status == ACCEPTED_LATER)
            if said.status == errors.CONFLICT:
                return self._conflict(said, target, kind, mark, told)
            if not said.unsure:
                break
            told("no clear answer; looking whether the request arrived")
            if self._arrived(target, kind, mark):
                return self._wait(target, kind, mark, told, queued=False)
        raise self.client.refusal(_operation(kind), said)

    def _ask(self, number: str, target: Deployment, kind: Kind, reason: str) -> Said:
        described = {"description": reason[:LONGEST_REASON]} if kind == "rollback" and reason else {}
        return self.client.ask(_operation(kind), described, projectId=number, deploymentId=target.id)

    def _wait(self, target: Deployment, kind: Kind, mark: str, told: Callable[[str], None], *, queued: bool) -> Request:
        """Look until our request has ended, another took its place, or the deadline is over."""
        ends = self.client.clock() + self.deadline
        looks, heard = 0, ""
        ours: Request | None = None
        if queued:
            told("Vercel queued the promotion behind a rolling release")
        while True:
            answer = self._look_on(kind, target, ends)
            found = reading.request(answer)
            new = found is not None and found.requested > mark
            if found is not None and new and (found.to, found.kind) == (target.id, kind):
                ours = found
                if found.ended != heard:
                    heard = found.ended
                    told(f"{kind} to {target.id}: {found.ended}")
                if found.ended in {"succeeded", "skipped", "failed"}:
                    return self._ended(answer, found, target, told)
            elif found is not None and (new or ours is not None):
                return _told(found, "superseded", _superseded(found, target, kind))
            if self.client.clock() >= ends:
                asked = ours or Request(kind, target.id, "", "pending")
                return _told(asked, "pending", self._late(queued=queued and ours is None))
            self.client.sleep(_LOOK[min(looks, len(_LOOK) - 1)])
            looks += 1

    def _ended(
        self, answer: Mapping[str, Any], found: Request, target: Deployment, told: Callable[[str], None]
    ) -> Request:
        """Hold the end that the request claims against what the project and its domains show."""
        if found.ended == "failed":
            return _told(found, "failed", _failed(found.kind, target, self._left_behind(found.kind, answer)))
        ends = self.client.clock() + _DOMAINS
        while True:
            live = str(reading.live(answer).get("id") or "")
            behind = self.elsewhere(answer, target.id)
            if live == target.id and not behind:
                return found
            if self.client.clock() >= ends:
                break
            told(f"the request has ended; {len(behind)} domain(s) have not followed yet")
            self.client.sleep(_LOOK[-1])
            answer = self._look()
            last = reading.request(answer)
            if last is not None and last.requested > found.requested:
                return _told(last, "superseded", _superseded(last, target, found.kind))
        if live != target.id:
            values = {"ended": found.ended, "live": live or "nothing", "target": target.id}
            return _told(found, "failed", _ELSEWHERE.filled(**values))
        return _told(found, "failed", behind_sentence(behind, target))

    def _already(self, answer: Mapping[str, Any], target: Deployment, kind: Kind) -> Request:
        """Say that there is nothing to do, unless a domain is somewhere else."""
        behind = self.elsewhere(answer, target.id)
        last = reading.request(answer)
        mine = last is not None and (last.to, last.kind) == (target.id, kind)
        found = last if last is not None and mine else Request(kind, target.id, "", "skipped")
        if behind:
            return _told(found, "failed", behind_sentence(behind, target))
        return replace(found, ended="skipped")

    def _conflict(self, said: Said, target: Deployment, kind: Kind, mark: str, told: Callable[[str], None]) -> Request:
        """Decide a 409: it is already so (nothing to do), our own request is under way, or somebody else's is."""
        answer = self._look()
        found = reading.request(answer)
        if found is not None and found.ended in UNDER_WAY:
            if (found.to, found.kind) == (target.id, kind):
                return self._wait(target, kind, mark, told, queued=False)
            raise _under_way(found)
        if str(reading.live(answer).get("id") or "") == target.id:
            return self._already(answer, target, kind)
        raise self.client.refusal(_operation(kind), said)

    def _arrived(self, target: Deployment, kind: Kind, mark: str) -> bool:
        """Tell whether a request whose answer was lost stands at Vercel."""
        for pause in _LOOK[:4]:
            found = reading.request(self._look())
            if found is not None and found.requested > mark and (found.to, found.kind) == (target.id, kind):
                return True
            self.client.sleep(pause)
        return False

    def elsewhere(self, answer: Mapping[str, Any], serves: str) -> dict[str, str]:
        """Return the production domains that serve another deployment, and which."""
        wanted = {*self.domains, *self.known, *reading.domains(reading.live(answer))}
        query = {"projectId": str(answer.get("id") or self.project)}
        return reading.elsewhere(self.client.pages(operations.ALIASES, "aliases", query), wanted, serves)

    def _left_behind(self, kind: str, answer: Mapping[str, Any]) -> tuple[str, ...]:
        """Name the domains a failed request could not move. It only helps a person, so no answer is no problem."""
        operation = operations.ROLLBACK_ALIASES if kind == "rollback" else operations.PROMOTE_ALIASES
        query = {"failedOnly": "true", "limit": "20"}
        said = self.client.ask(operation, query, projectId=str(answer.get("id") or self.project))
        return reading.left_behind(said.content) if said.well and isinstance(said.content, dict) else ()

    def _look(self) -> dict[str, Any]:
        return self.client.get(operations.PROJECT, {"rollbackInfo": "true"}, idOrName=self.project)

    def _look_on(self, kind: Kind, target: Deployment, ends: float) -> dict[str, Any]:
        """Look while our request runs: silence is waited out, for the request goes on without anybody looking."""
        goes_on = f"The {kind} to {target.id} was requested and goes on at Vercel, but it cannot be watched:"
        while True:
            try:
                return self._look()
            except UnreachableError as error:
                if self.client.clock() >= ends:
                    raise UnreachableError(f"{goes_on} {error}", error.evidence) from error
                self.client.sleep(_LOOK[-1])
            except FailbackError as error:
                raise FailbackError(f"{goes_on} {error}", error.evidence) from error

    def stuck(self, answer: Mapping[str, Any]) -> bool:
        """Tell whether a pending request is older than any that still moves (requests have been seen to hang)."""
        stamp = (answer.get("lastAliasRequest") or {}).get("requestedAt")
        return isinstance(stamp, int | float) and self.client.now() - stamp / 1000 > self.deadline

    def _late(self, *, queued: bool) -> Sentence:
        return _QUEUED if queued else _LATE.filled(seconds=f"{self.deadline:g}")


def behind_sentence(behind: Mapping[str, str], target: Deployment) -> Sentence:
    """Say which domains serve something else, and how to move them by hand."""
    host = target.address.removeprefix("https://") or target.id
    told = ", ".join(f"{name} serves {other or 'nothing'}" for name, other in sorted(behind.items()))
    korean = ", ".join(f"{name}은(는) {other or '아무 배포도 아님'}" for name, other in sorted(behind.items()))
    steps = " && ".join(f"vercel alias set {host} {name}" for name in sorted(behind))
    return Sentence(
        f"Production is {target.id}, but {told}. Next: `{steps}`, then run the command again to prove it.",
        f"운영 배포는 {target.id}이지만 다음 도메인은 다릅니다: {korean}. 다음: `{steps}`를 실행한 뒤 다시 실행해 "
        "검증하십시오.",
    )


def _told(found: Request, ended: Ended, said: Sentence) -> Request:
    return replace(found, ended=ended, problem=said.en, problem_ko=said.ko)


def _operation(kind: Kind) -> operations.Operation:
    return operations.ROLLBACK if kind == "rollback" else operations.PROMOTE


def _under_way(asked: Request) -> RefusedError:
    by = f" ({asked.by})" if asked.by else ""
    said = _UNDER_WAY.filled(kind=asked.kind, to=asked.to, requested=asked.requested, by=by)
    return RefusedError(said.en, {"told": {"en": said.en, "ko": said.ko}})


def _superseded(found: Request, target: Deployment, kind: str) -> Sentence:
    values = {"kind": kind, "target": target.id, "other": found.kind, "to": found.to, "requested": found.requested}
    by, person = (f" by {found.by}", f", 요청자 {found.by}") if found.by else ("", "")
    return _SUPERSEDED.filled(**values, by=by, person=person)


def _failed(kind: str, target: Deployment, behind: tuple[str, ...]) -> Sentence:
    named = ", ".join(behind)
    which = f" These domains did not move: {named}." if behind else ""
    korean = f" 옮겨지지 않은 도메인: {named}." if behind else ""
    return _FAILED.filled(kind=kind, target=target.id, which=which, korean=korean)
