"""What Vercel's refusals mean, and what to do about each. Pure.

Source of the statuses: the published API document; of the plan's limit and of `invalidToken`: Vercel's own command.
Every sentence says what Vercel would not do, why, and the next step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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

    why: str
    next_step: str
    error: type[FailbackError] = RefusedError


TOKEN = Meaning(
    "the token is not valid, has expired, or was revoked",
    "make a new one (Vercel account settings, Tokens; scope: the team) and write it into the file of vercel_token_file",
)
_BY_STATUS = {
    BAD_REQUEST: Meaning(
        "it does not accept the request as it was made",
        "compare vercel_project and vercel_team with the dashboard; if they are right, the API has changed: use "
        "`vercel rollback ID` by hand and report this sentence",
        FailbackError,
    ),
    NO_TOKEN: TOKEN,
    PLAN: Meaning(
        "the account's plan does not allow it",
        "choose the deployment that was live directly before this one, or upgrade the plan to Pro",
    ),
    FORBIDDEN: Meaning(
        "the token's owner may not do this in this team or project",
        "check vercel_team, and the role of the token's owner (Owner, Member or Project Administrator is needed)",
    ),
    MISSING: Meaning(
        "there is nothing of that name",
        "check vercel_project and vercel_team, and look at `rollback-runner deployment list`",
    ),
    CONFLICT: Meaning(
        "it contradicts the present state: another change is under way, or this is already so",
        "look at `rollback-runner deployment status` and run the command again when nothing moves",
    ),
    GONE: Meaning(
        "the deployment was deleted meanwhile",
        "choose another target from `rollback-runner deployment list`",
    ),
    UNUSABLE: Meaning(
        "the deployment cannot take this: it is not ready, or never was a production deployment",
        "choose another target from `rollback-runner deployment list`",
    ),
    TOO_MANY: Meaning(
        "too many requests were made with this account",
        "wait, stop other programs that use the same token, and run the command again",
        UnreachableError,
    ),
}
_BY_CALL = {
    ("getProject", BAD_REQUEST): Meaning(
        "the project's name or the team is not one it can read",
        "write vercel_project as the id (prj_...) or the name, and vercel_team as the id (team_...) or the slug",
    ),
    ("getProject", MISSING): Meaning(
        "this team has no project of that name",
        "check vercel_project and vercel_team (a project in another team is not found, not refused)",
    ),
    ("getDeployment", MISSING): Meaning(
        "there is no such deployment in this team, or it was deleted",
        "choose one from `rollback-runner deployment list`",
    ),
    ("getDeployments", UNUSABLE): Meaning(
        "it cannot filter the list in this way",
        "the API has changed: look at the deployments in the dashboard and report this sentence",
        FailbackError,
    ),
    ("getDeployments", MISSING): Meaning(
        "this team has no such project",
        "check vercel_project and vercel_team (a project in another team is not found, not refused)",
    ),
    ("getAuthUser", CONFLICT): Meaning(
        "the account of the token is being changed",
        "run the command again in a minute, or use the token of another account",
    ),
    ("requestRollback", CONFLICT): Meaning(
        "production already serves this deployment, or another change of production is under way",
        "look at `rollback-runner deployment status` and run the command again when nothing moves",
    ),
    ("requestPromote", CONFLICT): Meaning(
        "production already serves this deployment, or another change of production is under way",
        "look at `rollback-runner deployment status` and run the command again when nothing moves",
    ),
    ("requestRollback", UNUSABLE): Meaning(
        "the deployment is not ready or never served production",
        "choose one that did: `rollback-runner deployment list` marks them",
    ),
}
_BY_CALL[("requestRollbackV9", CONFLICT)] = _BY_CALL[("requestRollback", CONFLICT)]
_BY_CALL[("requestRollbackV9", UNUSABLE)] = _BY_CALL[("requestRollback", UNUSABLE)]
_DOWN = Meaning(
    "it has trouble of its own",
    "look at https://www.vercel-status.com and run the command again: it looks first and repeats nothing that is done",
    UnreachableError,
)
_SILENT = Meaning(
    "it did not answer",
    "check this machine's way to the API (vercel_api, proxy, DNS) and run the command again: it looks first and "
    "repeats nothing that is done",
    UnreachableError,
)
_STRANGE = Meaning(
    "the answer is not the API's",
    "check vercel_api, and whether something between here and it answers in its place",
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
    return known or Meaning("it says no", "read its own words, and look at the dashboard")


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


def refusal(operation: Operation, status: int, content: Any, *, trouble: str = "", more: str = "") -> FailbackError:
    """Build the error for an answer. ``trouble`` is what the network did, ``more`` what else helps a person."""
    found = meaning(operation.id, status, content)
    own = words(content) or trouble
    seen = ", ".join(part for part in (f"HTTP {status}" if status else "", own) if part)
    text = f"Vercel would not {operation.doing}: {found.why}{f' ({seen})' if seen else ''}. "
    text += f"{more} " if more else ""
    text += f"Next: {found.next_step}."
    return found.error(text, {"operation": operation.id, "status": status, "words": own})
