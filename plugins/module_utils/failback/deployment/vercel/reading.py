"""What Vercel's answers say, in the form that every provider has. Pure.

Fields and their values: the published API document. Facts of Git are flat strings in `meta`, whose keys begin with the
name of the Git host (`githubCommitSha`, `gitlabCommitSha`); so the end of the key is what counts.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from failback.deployment.model import Deployment, Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from failback.deployment.model import Ended, State

_STATES: dict[str, State] = {
    "READY": "ready",
    "BUILDING": "building",
    "INITIALIZING": "building",
    "QUEUED": "queued",
    "ERROR": "error",
    "CANCELED": "canceled",
    "BLOCKED": "blocked",
    "DELETED": "deleted",
}
_ENDED: dict[str, Ended] = {
    "pending": "pending",
    "in-progress": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "skipped": "skipped",
}
PROMOTED = "PROMOTED"
ROLLING = "ROLLING"
_SUBSTATES = {PROMOTED: True, "STAGED": False, ROLLING: False}
_HOBBY = (
    "The plan Hobby rolls back to the deployment that was live directly before this one, and to no other; "
    "going further back needs the plan Pro."
)
_SAME_ACT = 60_000  # ms between a request and its description that still belong together


def moment(stamp: Any) -> str:
    """Return milliseconds since 1970 as ISO 8601 in UTC, "" for anything else."""
    if isinstance(stamp, bool) or not isinstance(stamp, int | float) or stamp <= 0:
        return ""
    return datetime.fromtimestamp(stamp / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def deployment(row: Mapping[str, Any], builds: str = "id") -> Deployment:
    """Read one row of the list, or the answer on one deployment.

    ``builds`` is what the answers of a deployment carry: `id`, `commit` or `meta:KEY`.
    """
    meta = row.get("meta") if isinstance(row.get("meta"), dict) else {}
    number = str(row.get("uid") or row.get("id") or "")
    commit = _commit(row, meta or {})
    host = str(row.get("url") or "")
    served = moment(row.get("aliasAssigned"))
    promoted = _SUBSTATES.get(str(row.get("readySubstate") or ""))
    return Deployment(
        id=number,
        target="production" if row.get("target") == "production" else "preview",
        state=_state(row),
        created=moment(row.get("createdAt") or row.get("created")),
        commit=commit,
        ref=_git(meta or {}, "CommitRef"),
        message=_git(meta or {}, "CommitMessage"),
        author=_author(row, meta or {}),
        address=f"https://{host}" if host else "",
        build=_build(builds, number, commit, meta or {}),
        promoted=promoted,
        candidate=_flag(row.get("isRollbackCandidate")),
        unsound=_unsound(row),
        served=(served,) if promoted and served else (),
    )


def request(answer: Mapping[str, Any]) -> Request | None:
    """Read the project's last request to move production. None: there was none."""
    last = answer.get("lastAliasRequest")
    if not isinstance(last, dict):
        return None
    kind: Literal["rollback", "promote", "switch"] = "switch"
    if last.get("type") in {"rollback", "promote"}:
        kind = last["type"]
    return Request(
        kind=kind,
        to=str(last.get("toDeploymentId") or ""),
        requested=moment(last.get("requestedAt")),
        ended=_ENDED.get(str(last.get("jobStatus")), "unknown"),
        since=str(last.get("fromDeploymentId") or ""),
        by=_by(answer.get("rollbackDescription"), last),
    )


def live(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the project says of its production deployment, {} for none."""
    targets = answer.get("targets")
    found = targets.get("production") if isinstance(targets, dict) else None
    return found if isinstance(found, dict) else {}


def domains(production: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the production domains, without those that Vercel makes for every branch by itself."""
    automatic = set(production.get("automaticAliases") or ())
    return tuple(sorted(str(name) for name in production.get("alias") or () if name not in automatic))


def elsewhere(rows: Iterable[Mapping[str, Any]], wanted: Iterable[str], serves: str) -> dict[str, str]:
    """Return those of these domains that do not serve the given deployment, with the id of the one that they serve.

    A domain that redirects serves nothing itself. "" stands for a domain that serves nothing at all, one that the
    project's list does not have among them: what is not there is not proven to follow.
    """
    found = dict.fromkeys(wanted, "")
    for row in rows:
        name = row.get("alias")
        if name in found:
            found[name] = serves if row.get("redirect") else str(row.get("deploymentId") or "")
    return {name: other for name, other in found.items() if other != serves}


def auto_assign(answer: Mapping[str, Any]) -> bool | None:
    """Tell whether new pushes serve production by themselves. None: the project does not say."""
    return _flag(answer.get("autoAssignCustomDomains"))


def limits(production: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what the account's plan does not allow."""
    return (_HOBBY,) if production.get("plan") == "hobby" else ()


def left_behind(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the domains that a rollback or promotion could not move."""
    found = []
    for row in answer.get("aliases") or ():
        if isinstance(row, dict) and row.get("status") == "failed":
            # The published form names the domain itself; the one that Vercel's own command reads has it a level down.
            alias = row.get("alias")
            found.append(str((alias.get("alias") if isinstance(alias, dict) else alias) or "a domain without a name"))
    return tuple(sorted(found))


def _state(row: Mapping[str, Any]) -> State:
    deleted, undeleted = row.get("deleted") or row.get("deletedAt"), row.get("undeleted")
    if deleted and not (undeleted and undeleted > deleted):
        return "deleted"
    return _STATES.get(str(row.get("readyState") or row.get("state") or row.get("status") or ""), "unknown")


def _unsound(row: Mapping[str, Any]) -> str:
    """Say what speaks against a deployment, "" for nothing that is known."""
    conclusion = row.get("checksConclusion")
    found = []
    if conclusion in {"failed", "canceled"}:
        found.append("its checks failed" if conclusion == "failed" else "its checks were canceled")
    if row.get("checksState") in {"registered", "running"}:
        found.append("its checks have not ended")
    error = row.get("aliasError")
    if isinstance(error, dict):
        found.append(f"a domain could not be given to it: {error.get('message') or error.get('code')}")
    if row.get("softDeletedByRetention"):
        found.append("the retention policy has removed it; it can be restored in the dashboard for a time")
    if row.get("oomReport"):
        found.append("its build ran out of memory")
    return "; ".join(found)


def _commit(row: Mapping[str, Any], meta: Mapping[str, Any]) -> str:
    """Return the commit that was built. "" for a build of files that were changed and not committed."""
    if str(meta.get("gitDirty") or "") in {"1", "true"}:
        return ""
    source = row.get("gitSource")
    return _git(meta, "CommitSha") or (str(source.get("sha") or "") if isinstance(source, dict) else "")


def _git(meta: Mapping[str, Any], end: str) -> str:
    return next((str(value) for key, value in sorted(meta.items()) if key.endswith(end) and value), "")


def _author(row: Mapping[str, Any], meta: Mapping[str, Any]) -> str:
    creator = row.get("creator")
    person = creator if isinstance(creator, dict) else {}
    return (
        _git(meta, "CommitAuthorLogin")
        or _git(meta, "CommitAuthorName")
        or str(person.get("username") or person.get("email") or person.get("uid") or "")
    )


def _build(builds: str, number: str, commit: str, meta: Mapping[str, Any]) -> str:
    if builds == "commit":
        return commit
    return str(meta.get(builds.removeprefix("meta:")) or "") if builds.startswith("meta:") else number


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _by(told: Any, last: Mapping[str, Any]) -> str:
    """Return who asked. Vercel names the person only where a reason was given, and keeps the reason of an older one."""
    if last.get("type") != "rollback" or not isinstance(told, dict):
        return ""
    written, asked = told.get("createdAt"), last.get("requestedAt")
    if not isinstance(written, int | float) or not isinstance(asked, int | float) or abs(written - asked) > _SAME_ACT:
        return ""
    return str(told.get("username") or "")
