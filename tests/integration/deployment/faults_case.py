"""What goes wrong at Vercel while a rollback is carried out, each with the end that it must have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ROLLBACK_OF_DPL_2 = "POST /v1/projects/prj_shop/rollback/dpl_2"
SAFE = "dpl_5 serves production, not dpl_2"


@dataclass(frozen=True)
class Case:
    """One fault. ``code`` is the exit code, ``live`` what serves afterwards, ``asked`` how often a move was asked for.

    ``told`` must stand in the sentence people read, ``korean`` in the Korean one; ``words`` are more words of the
    command. ``at_once``: it is refused by looking, before a run begins.
    """

    name: str
    fault: dict[str, Any]
    code: int
    live: str
    asked: int
    told: tuple[str, ...] = ()
    korean: str = ""
    words: tuple[str, ...] = ()
    at_once: bool = False
    site: dict[str, Any] = field(default_factory=dict)


def fault(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, **more}


# Each of these is a whole command, a second or more; the first group stands for the kinds of ends there are.
SHORT = (
    Case("rate-limited", fault("rate_limited", only="POST", seconds=1, times=2), 0, "dpl_2", 3),
    Case(
        "job-failed",
        fault("job_failed"),
        1,
        "dpl_5",
        1,
        ("Vercel could not finish the rollback to dpl_2", "These domains did not move: www.shop.example.org", SAFE),
        "Vercel이 dpl_2 전환(rollback)을 끝내지 못했습니다",
    ),
    Case(
        "superseded",
        fault("superseded", to="dpl_6"),
        1,
        "dpl_6",
        1,
        ("a promote to dpl_6 was requested", "Nothing was repeated", "dpl_6 serves production, not dpl_2"),
        "dpl_6 요청(promote)이 들어와 대신 처리되었습니다",
    ),
    Case(
        "token-expired",
        fault("token_expired", times=0),
        3,
        "dpl_5",
        0,
        ("the token is not valid, has expired, or was revoked", "vercel_token_file"),
        "토큰이 유효하지 않거나 만료되었거나 폐기되었습니다",
        at_once=True,
    ),
)
LONG = (
    Case("dropped-before", fault("dropped", only="POST"), 0, "dpl_2", 2),
    Case("dropped-after", fault("dropped", only="POST", kept=True), 0, "dpl_2", 1),
    Case("server-error", fault("server_error", only="POST"), 0, "dpl_2", 2),
    Case("slow", fault("slow", only="POST", seconds=3), 0, "dpl_2", 1),
    Case(
        "server-errors-without-end",
        fault("server_error", only="POST", times=0),
        1,
        "dpl_5",
        2,
        ("it has trouble of its own", SAFE),
        "Vercel 쪽에 문제가 있습니다",
    ),
    Case(
        "rate-limited-without-end",
        fault("rate_limited", only="POST", seconds=60, times=0),
        1,
        "dpl_5",
        1,
        ("too many requests were made with this account", "It asks to wait 60 s", SAFE),
        "이 계정의 요청이 너무 많습니다",
        site={"vercel_deadline": 5},
    ),
    Case(
        "job-stuck",
        fault("job_stuck"),
        1,
        "dpl_5",
        1,
        ("Production has not moved within 5 s; Vercel still works on it", SAFE),
        "5초 안에 전환되지 않았고 Vercel이 아직 처리 중입니다",
        site={"vercel_deadline": 5},
    ),
    Case(
        "aliases-failed",
        fault("aliases_failed"),
        1,
        "dpl_2",
        1,
        (
            "www.shop.example.org serves dpl_5",
            "vercel alias set",
            "Production was moved: dpl_2 serves it, dpl_5 beside",
        ),
        "운영은 이미 전환되었습니다",
    ),
    Case(
        "token-expired-meanwhile",
        fault("token_expired", only="POST", times=0),
        3,
        "dpl_5",
        1,
        ("the token is not valid", SAFE),
        "토큰이 유효하지",
    ),
    Case(
        "wrong-team",
        fault("wrong_team", only="/v9/projects", times=0),
        3,
        "dpl_5",
        0,
        ("the token's owner may not do this in this team or project", "HTTP 403", "The token is that of kim, a member"),
        "토큰 소유자는 kim(소속 팀: acme)",
        at_once=True,
    ),
    Case(
        "wrong-team-meanwhile",
        fault("wrong_team", only="POST", times=0),
        3,
        "dpl_5",
        1,
        ("the token's owner may not do this in this team or project", SAFE),
        "토큰 소유자에게",
    ),
    Case(
        "deleted-meanwhile",
        fault("deleted"),
        3,
        "dpl_5",
        1,
        ("the deployment was deleted meanwhile", "choose another target", SAFE),
        "그사이 배포가 삭제되었습니다",
    ),
    Case(
        "not-eligible-meanwhile",
        fault("not_ready"),
        3,
        "dpl_5",
        1,
        ("the deployment is not ready or never served production", SAFE),
        "배포가 준비되지 않았거나",
    ),
    Case(
        "conflict",
        fault("conflict"),
        3,
        "dpl_5",
        1,
        ("another change of production is under way", SAFE),
        "다른 운영 변경이 진행 중입니다",
    ),
    Case(
        "hobby",
        fault("hobby"),
        3,
        "dpl_5",
        0,
        ("The plan Hobby rolls back to the deployment that was live directly before this one, and to no other",),
        "Hobby 요금제에서는",
        ("--to", "dpl_1"),
        at_once=True,
    ),
    # Somebody else promoted the very target meanwhile: it serves, and their promotion let pushes through again.
    Case(
        "already-live",
        fault("already_live"),
        1,
        "dpl_2",
        1,
        ("the next push to the production branch serves production by itself and undoes this rollback",),
        "저절로 운영에 반영되어 이 롤백을 덮어씁니다",
    ),
)
