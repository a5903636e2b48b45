"""What AWX knows of a workflow job: its nodes in order, each job with its events, each approval with who gave it.

Reads through `failback.awx_api`; what AWX has lost or not taken in yet is named, never filled in.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from failback import awx_api
from failback.errors import ConfigError, FailbackError, RefusedError

from rollback_runner.errors import RefusedError as RunRefusedError
from rollback_runner.errors import RunnerError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from failback.awx_api import Api

OVER = frozenset({"successful", "failed", "error", "canceled"})
_ENDED = frozenset({"runner_on_ok", "runner_on_failed", "runner_on_unreachable", "runner_on_skipped"})
_EDGES = ("success_nodes", "failure_nodes", "always_nodes")


@dataclass(frozen=True)
class Node:
    """One node. `kind` is AWX's type of what it ran ("" where it never ran), `status` AWX's word for how that ended.

    `playbook` is the file's name, "" for what plays none. `events` are in ansible-runner's form, in order; `gaps` says
    what is missing of them. Times are as AWX writes them, `seconds` what it measured.
    """

    name: str
    kind: str = ""
    status: str = ""
    number: int = 0
    playbook: str = ""
    check: bool = False
    started: str = ""
    finished: str = ""
    seconds: float = 0.0
    variables: Mapping[str, Any] | None = None
    artifacts: Mapping[str, Any] | None = None
    events: Sequence[Mapping[str, Any]] = ()
    gaps: Sequence[str] = ()
    by: str = ""
    timed_out: bool = False

    @property
    def live(self) -> bool:
        """Whether it still goes on, or waits."""
        return bool(self.status) and self.status not in OVER


@dataclass(frozen=True)
class Workflow:
    """One workflow job, its nodes in the order in which they can run."""

    url: str
    number: int
    name: str
    status: str
    by: str
    started: str
    finished: str
    nodes: tuple[Node, ...]


def read(api: Api, number: int) -> Workflow:
    """Read a workflow job and all that ran in it.

    Raises `UsageError` for a number AWX does not know or an address that is none, `RefusedError` where the token is not
    taken, `RunnerError` where AWX does not answer.
    """
    try:
        found = api.get(f"workflow_jobs/{number}/")
        raw = list(api.all(f"workflow_jobs/{number}/workflow_nodes/?page_size=200"))
        nodes = tuple(_node(api, one) for one in _in_order(raw))
    except awx_api.MissingError as error:
        raise UsageError(f"{error}.", next_step="rollback-runner awx status lists the newest workflow jobs") from error
    except ConfigError as error:
        raise UsageError(f"{error}.", next_step="--url, --token-file and --ca-file say where AWX is") from error
    except RefusedError as error:
        raise RunRefusedError(f"{error}.", next_step="--token-file FILE with a token that may read jobs") from error
    except FailbackError as error:
        step = f"open {api.url} yourself; the site's store has the runs' own reports"
        raise RunnerError(f"{error}.", next_step=step) from error
    return Workflow(
        url=api.url,
        number=number,
        name=str(found.get("name") or ""),
        status=str(found.get("status") or ""),
        by=_user(found, "created_by"),
        started=str(found.get("started") or found.get("created") or ""),
        finished=str(found.get("finished") or ""),
        nodes=nodes,
    )


def _node(api: Api, raw: Mapping[str, Any]) -> Node:
    name = str(raw.get("identifier") or raw.get("id"))
    job = (raw.get("summary_fields") or {}).get("job") or {}
    if not job.get("id"):
        return Node(name, playbook=_planned(api, raw))
    kind = str(job.get("type") or "job")
    if kind == "workflow_approval":
        return _approval(api.get(f"workflow_approvals/{job['id']}/"), name)
    if kind != "job":
        return Node(name, kind=kind, status=str(job.get("status") or ""), number=int(job["id"]))
    return _job(api, api.get(f"jobs/{job['id']}/"), name)


def _job(api: Api, found: Mapping[str, Any], name: str) -> Node:
    playbook = PurePosixPath(str(found.get("playbook") or "")).name
    kept = list(api.all(f"jobs/{found['id']}/job_events/?order_by=counter&page_size=200"))
    return Node(
        name,
        kind="job",
        status=str(found.get("status") or ""),
        number=int(found["id"]),
        playbook=playbook,
        check=found.get("job_type") == "check",
        started=str(found.get("started") or ""),
        finished=str(found.get("finished") or ""),
        seconds=float(found.get("elapsed") or 0.0),
        variables=_variables(found.get("extra_vars")),
        artifacts=found.get("artifacts") or {},
        events=tuple(_event(one, playbook.removesuffix(".yml")) for one in _once(kept) if not _emptied(one)),
        gaps=tuple(_gaps(found, kept)),
        by=_user(found, "created_by"),
    )


def _approval(found: Mapping[str, Any], name: str) -> Node:
    return Node(
        name,
        kind="workflow_approval",
        status=str(found.get("status") or ""),
        number=int(found["id"]),
        started=str(found.get("created") or ""),
        finished=str(found.get("finished") or ""),
        by=_user(found, "approved_or_denied_by"),
        timed_out=bool(found.get("timed_out")),
    )


def _planned(api: Api, raw: Mapping[str, Any]) -> str:
    """Say which playbook a node would have played that never ran; "" for what is no template of jobs."""
    number = raw.get("unified_job_template")
    if not number:
        return ""
    try:
        return PurePosixPath(str(api.get(f"job_templates/{number}/").get("playbook") or "")).name
    except awx_api.MissingError:
        return ""


def _event(raw: Mapping[str, Any], ident: str) -> dict[str, Any]:
    """Write an event of AWX as ansible-runner wrote it before AWX took it in."""
    return {
        "uuid": raw.get("uuid") or "",
        "event": raw.get("event") or "",
        "created": raw.get("created") or "",
        "runner_ident": ident,
        "event_data": raw.get("event_data") or {},
    }


def _once(kept: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Leave out what two pages both had, because events came in between."""
    seen: set[int] = set()
    for one in sorted(kept, key=_counter):
        if _counter(one) not in seen:
            seen.add(_counter(one))
            yield one


def _emptied(raw: Mapping[str, Any]) -> bool:
    """Tell whether AWX kept that a task ended, but not how: a result that was too long is emptied on the way."""
    data = raw.get("event_data") or {}
    return raw.get("event") in _ENDED and not data.get("res")


def _gaps(found: Mapping[str, Any], kept: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    number = found["id"]
    counters = {_counter(one) for one in kept}
    missing = max(counters, default=0) - len(counters)
    if found.get("event_processing_finished") is False and found.get("status") in OVER:
        yield f"AWX is still taking in events of job {number}: ask again in a minute"
    if missing > 0:
        yield f"AWX has lost {missing} events of job {number}"
    if found.get("status") in {"successful", "failed"} and not any(
        one.get("event") == "playbook_on_stats" for one in kept
    ):
        yield f"AWX has no end of the play of job {number}"
    for one in kept:
        if _emptied(one):
            data = one.get("event_data") or {}
            task, host = data.get("task") or "a task", data.get("host") or "a host"
            yield f"AWX kept no result of {task} on {host} (job {number})"


def _in_order(raw: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Put every node behind those that lead to it; those that could run side by side stay as AWX lists them."""
    left = {int(one["id"]): one for one in raw}
    leads = {number: {child for edge in _EDGES for child in one.get(edge) or ()} for number, one in left.items()}
    ordered: list[Mapping[str, Any]] = []
    while left:
        waited = set().union(*(leads[number] for number in left))
        free = [number for number in left if number not in waited] or list(left)
        ordered += [left.pop(number) for number in free]
    return ordered


def _variables(told: object) -> dict[str, Any]:
    import yaml  # noqa: PLC0415 - JSON in all but old versions

    try:
        found = yaml.safe_load(str(told or "")) if not isinstance(told, dict) else told
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def _counter(raw: Mapping[str, Any]) -> int:
    return int(raw.get("counter") or 0)


def _user(found: Mapping[str, Any], key: str) -> str:
    return str(((found.get("summary_fields") or {}).get(key) or {}).get("username") or "")
