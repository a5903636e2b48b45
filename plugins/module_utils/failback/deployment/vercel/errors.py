"""What Vercel's refusals mean, and what to do about each. Pure.

Source of the statuses: the published API document; of the plan's limit and of `invalidToken`: Vercel's own command.
Every sentence says what Vercel would not do, why, and the next step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.deployment.said import NOTHING, Said
from failback.errors import FailbackError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from failback.deployment.vercel.operations import Operation

BAD_REQUEST = 400
NO_TOKEN = 401
PLAN = 402
FORBIDDEN = 403
MISSING = 404
CONFLICT = 409
GONE = 410
UNUSABLE = 422
TOO_MANY = 429
_LONGEST = 300


@dataclass(frozen=True)
class Meaning:
    """Why, and the next step. ``error`` is the class it is raised as."""

    why: Said
    next_step: Said
    error: type[FailbackError] = RefusedError


TOKEN = Meaning(
    Said("the token is not valid, has expired, or was revoked", "토큰이 유효하지 않거나 만료되었거나 폐기되었습니다"),
    Said(
        "make a new one (Vercel account settings, Tokens; scope: the team) and write it into the file of "
        "vercel_token_file",
        "Vercel 계정 설정의 Tokens에서 새 토큰(범위: 팀)을 만들어 vercel_token_file 파일에 넣으십시오",
    ),
)
_BY_STATUS = {
    BAD_REQUEST: Meaning(
        Said("it does not accept the request as it was made", "요청 형식을 받아들이지 않습니다"),
        Said(
            "compare vercel_project and vercel_team with the dashboard; if they are right, the API has "
            "changed: use `vercel rollback ID` by hand and report this sentence",
            "vercel_project와 vercel_team을 대시보드와 비교하십시오. 맞다면 API가 바뀐 것이므로 `vercel "
            "rollback ID`를 직접 실행하고 이 문장을 알려 주십시오",
        ),
        FailbackError,
    ),
    NO_TOKEN: TOKEN,
    PLAN: Meaning(
        Said("the account's plan does not allow it", "계정 요금제가 허용하지 않습니다"),
        Said(
            "choose the deployment that was live directly before this one, or upgrade the plan to Pro",
            "바로 직전에 운영하던 배포를 고르거나 요금제를 Pro로 올리십시오",
        ),
    ),
    FORBIDDEN: Meaning(
        Said(
            "the token's owner may not do this in this team or project",
            "토큰 소유자에게 이 팀이나 프로젝트에서 이 작업을 할 권한이 없습니다",
        ),
        Said(
            "check vercel_team, and the role of the token's owner (Owner, Member or Project Administrator is needed)",
            "vercel_team과 토큰 소유자의 역할(Owner, Member 또는 Project Administrator 필요)을 확인하십시오",
        ),
    ),
    MISSING: Meaning(
        Said("there is nothing of that name", "그런 이름이 없습니다"),
        Said(
            "check vercel_project and vercel_team, and look at `rollback-runner deployment list`",
            "vercel_project와 vercel_team을 확인하고 `rollback-runner deployment list`를 보십시오",
        ),
    ),
    CONFLICT: Meaning(
        Said(
            "it contradicts the present state: another change is under way, or this is already so",
            "현재 상태와 맞지 않습니다. 다른 변경이 진행 중이거나 이미 그 상태입니다",
        ),
        Said(
            "look at `rollback-runner deployment status` and run the command again when nothing moves",
            "`rollback-runner deployment status`를 보고 진행 중인 변경이 없을 때 다시 실행하십시오",
        ),
    ),
    GONE: Meaning(
        Said("the deployment was deleted meanwhile", "그사이 배포가 삭제되었습니다"),
        Said(
            "choose another target from `rollback-runner deployment list`",
            "`rollback-runner deployment list`에서 다른 배포를 고르십시오",
        ),
    ),
    UNUSABLE: Meaning(
        Said(
            "the deployment cannot take this: it is not ready, or never was a production deployment",
            "이 배포로는 할 수 없습니다. 준비되지 않았거나 운영 배포였던 적이 없습니다",
        ),
        Said(
            "choose another target from `rollback-runner deployment list`",
            "`rollback-runner deployment list`에서 다른 배포를 고르십시오",
        ),
    ),
    TOO_MANY: Meaning(
        Said("too many requests were made with this account", "이 계정의 요청이 너무 많습니다"),
        Said(
            "wait, stop other programs that use the same token, and run the command again",
            "기다렸다가 같은 토큰을 쓰는 다른 프로그램을 멈추고 다시 실행하십시오",
        ),
        UnreachableError,
    ),
}
_BY_CALL = {
    ("getProject", BAD_REQUEST): Meaning(
        Said("the project's name or the team is not one it can read", "프로젝트 이름이나 팀을 읽을 수 없습니다"),
        Said(
            "write vercel_project as the id (prj_...) or the name, and vercel_team as the id (team_...) or the slug",
            "vercel_project에는 ID(prj_...)나 이름을, vercel_team에는 ID(team_...)나 slug를 쓰십시오",
        ),
    ),
    ("getProject", MISSING): Meaning(
        Said("this team has no project of that name", "이 팀에는 그런 이름의 프로젝트가 없습니다"),
        Said(
            "check vercel_project and vercel_team (a project in another team is not found, not refused)",
            "vercel_project와 vercel_team을 확인하십시오(다른 팀의 프로젝트는 거부되지 않고 없는 것으로 나옵니다)",
        ),
    ),
    ("getDeployment", MISSING): Meaning(
        Said(
            "there is no such deployment in this team, or it was deleted", "이 팀에 그런 배포가 없거나 삭제되었습니다"
        ),
        Said("choose one from `rollback-runner deployment list`", "`rollback-runner deployment list`에서 고르십시오"),
    ),
    ("getDeployments", UNUSABLE): Meaning(
        Said("it cannot filter the list in this way", "목록을 이렇게 걸러 낼 수 없습니다"),
        Said(
            "the API has changed: look at the deployments in the dashboard and report this sentence",
            "API가 바뀌었습니다. 대시보드에서 배포를 확인하고 이 문장을 알려 주십시오",
        ),
        FailbackError,
    ),
    ("getDeployments", MISSING): Meaning(
        Said("this team has no such project", "이 팀에는 그런 프로젝트가 없습니다"),
        Said(
            "check vercel_project and vercel_team (a project in another team is not found, not refused)",
            "vercel_project와 vercel_team을 확인하십시오(다른 팀의 프로젝트는 거부되지 않고 없는 것으로 나옵니다)",
        ),
    ),
    ("getAuthUser", CONFLICT): Meaning(
        Said("the account of the token is being changed", "토큰의 계정이 변경되는 중입니다"),
        Said(
            "run the command again in a minute, or use the token of another account",
            "1분 뒤 다시 실행하거나 다른 계정의 토큰을 쓰십시오",
        ),
    ),
    ("requestRollback", CONFLICT): Meaning(
        Said(
            "production already serves this deployment, or another change of production is under way",
            "이미 이 배포가 운영 중이거나 다른 운영 변경이 진행 중입니다",
        ),
        Said(
            "look at `rollback-runner deployment status` and run the command again when nothing moves",
            "`rollback-runner deployment status`를 보고 진행 중인 변경이 없을 때 다시 실행하십시오",
        ),
    ),
    ("requestPromote", CONFLICT): Meaning(
        Said(
            "production already serves this deployment, or another change of production is under way",
            "이미 이 배포가 운영 중이거나 다른 운영 변경이 진행 중입니다",
        ),
        Said(
            "look at `rollback-runner deployment status` and run the command again when nothing moves",
            "`rollback-runner deployment status`를 보고 진행 중인 변경이 없을 때 다시 실행하십시오",
        ),
    ),
    ("requestRollback", UNUSABLE): Meaning(
        Said(
            "the deployment is not ready or never served production",
            "배포가 준비되지 않았거나 운영에 쓰인 적이 없습니다",
        ),
        Said(
            "choose one that did: `rollback-runner deployment list` marks them",
            "운영에 쓰인 적이 있는 배포를 고르십시오. `rollback-runner deployment list`에 표시됩니다",
        ),
    ),
}
_BY_CALL[("requestRollbackV9", CONFLICT)] = _BY_CALL[("requestRollback", CONFLICT)]
_BY_CALL[("requestRollbackV9", UNUSABLE)] = _BY_CALL[("requestRollback", UNUSABLE)]
_DOWN = Meaning(
    Said("it has trouble of its own", "Vercel 쪽에 문제가 있습니다"),
    Said(
        "look at https://www.vercel-status.com and run the command again: it looks first and repeats "
        "nothing that is done",
        "https://www.vercel-status.com 을 확인하고 다시 실행하십시오. 먼저 확인하므로 끝난 일은 반복하지 않습니다",
    ),
    UnreachableError,
)
_SILENT = Meaning(
    Said("it did not answer", "응답하지 않았습니다"),
    Said(
        "check this machine's way to the API (vercel_api, proxy, DNS) and run the command again: it looks "
        "first and repeats nothing that is done",
        "이 서버에서 API로 가는 경로(vercel_api, 프록시, DNS)를 확인하고 다시 실행하십시오. 먼저 "
        "확인하므로 끝난 일은 반복하지 않습니다",
    ),
    UnreachableError,
)
_STRANGE = Meaning(
    Said("the answer is not the API's", "API의 응답이 아닙니다"),
    Said(
        "check vercel_api, and whether something between here and it answers in its place",
        "vercel_api와, 중간에서 대신 응답하는 것이 있는지 확인하십시오",
    ),
    FailbackError,
)
_SERVER = 500
_NOT_OK = 400


def meaning(operation: str, status: int, content: Any = None) -> Meaning:
    """Return what an answer with this status means. ``status`` 0: none came."""
    if not status:
        return _SILENT
    if status >= _SERVER:
        return _DOWN
    if status < _NOT_OK:
        return _STRANGE
    if status in {NO_TOKEN, FORBIDDEN} and detail(content).get("invalidToken"):
        return TOKEN
    known = _BY_CALL.get((operation, status)) or _BY_STATUS.get(status)
    return known or Meaning(
        Said("it says no", "거절했습니다"),
        Said("read its own words, and look at the dashboard", "응답 내용을 읽고 대시보드를 확인하십시오"),
    )


def detail(content: Any) -> dict[str, Any]:
    """Return the API's error: `{"error": {...}}`, `{"err": {...}}` or bare, as its own command reads it."""
    if not isinstance(content, dict):
        return {}
    for name in ("error", "err"):
        if isinstance(content.get(name), dict):
            return dict(content[name])
    return content


def words(content: Any) -> str:
    """Return the API's own sentence, on one line; "" for none."""
    found = detail(content)
    said = " ".join(str(found.get("message") or found.get("code") or "").split())
    return said[:_LONGEST]


def refusal(  # noqa: PLR0913 - the parts of one sentence
    operation: Operation, status: int, content: Any, *, trouble: str = "", more: Said = NOTHING, seen: int | None = None
) -> FailbackError:
    """Build the error for an answer. ``trouble`` is what the network did, ``more`` what else helps a person.

    ``seen`` is the status that came, where ``status`` is what it means. Both languages stand in the evidence.
    """
    found = meaning(operation.id, status, content)
    own = words(content) or trouble
    came = status if seen is None else seen
    told = ", ".join(part for part in (f"HTTP {came}" if came else "", own) if part)
    text = f"Vercel would not {operation.doing.en}: {found.why.en}{f' ({told})' if told else ''}. "
    korean = f"Vercel이 처리하지 않았습니다({operation.doing.ko}): {found.why.ko}{f' ({told})' if told else ''}. "
    text += f"{more.en} " if more else ""
    korean += f"{more.ko} " if more else ""
    text += f"Next: {found.next_step.en}."
    korean += f"다음: {found.next_step.ko}."
    evidence = {"operation": operation.id, "status": came, "words": own, "told": {"en": text, "ko": korean}}
    return found.error(text, evidence)
