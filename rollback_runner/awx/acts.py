"""What the commands `awx ...` do, from the site to AWX and back into sentences."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rollback_runner.awx import apply, changes, client, content, names, observed
from rollback_runner.errors import Exit, RefusedError, RunnerError
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback_runner.awx.changes import Change, Difference
    from rollback_runner.awx.content import Content
    from rollback_runner.awx.judge import Seen
    from rollback_runner.messages import Texts
    from rollback_runner.plan.history import Spread
    from rollback_runner.site.site import Site

_GOING = "new,pending,waiting,running"
_AGAIN = 5  # most passes over what is removed: what something else still needs goes later


@dataclass(frozen=True)
class Where:
    """A site, and the AWX it is about."""

    name: str
    login: client.Login

    @cached_property
    def site(self) -> Site:
        """The site. Raises `SiteError`, `UsageError`."""
        return sites.load(self.name, applications=True)

    def content(self) -> Content:
        """Return what the site needs. Raises `UsageError`."""
        return content.of(self.site)

    def awx(self) -> client.Awx:
        """Return AWX behind the login, which is judged. Raises `UsageError`."""
        return client.Awx(self.login.judged())


@dataclass(frozen=True)
class Status:
    """`count` objects are there; `running` holds name, kind, id and status of each job."""

    count: int
    difference: Difference
    running: list[dict[str, Any]]

    @property
    def code(self) -> Exit:
        """Return 0 when AWX has what the site needs, else 1."""
        told = self.difference
        return Exit.FAILED if told.changes or told.strangers or told.copies else Exit.PROVEN


def configure(where: Where, *, check: bool, secrets: bool) -> Difference:
    """Make AWX what the site needs, and prove it by looking again. Returns what was (or would be) changed.

    Raises `RefusedError` when somebody else's object has a name of ours, `RunnerError` when a change did not hold.
    """
    wanted, awx = where.content(), where.awx()
    found = observed.read(awx, wanted)
    difference = changes.between(wanted, found)
    _refuse_strangers(difference)
    if check:
        return difference
    # Rights first: who must not launch any more cannot, whatever fails after it.
    apply.let_go(awx, [change for change in difference.changes if change.act in {"revoke", "leave"}])
    makes = [change for change in difference.changes if change.act not in {"remove", "revoke", "leave"}]
    if makes or (secrets and apply.has_secrets_to_send(awx, wanted, found)):
        apply.play(awx, wanted, found, difference, secrets=secrets)
    apply.take_away(awx, wanted.site, [change for change in difference.changes if change.act == "remove"])
    left = changes.between(wanted, observed.read(awx, wanted))
    if left.changes:
        told = ", ".join(f"{change.kind} {change.name}" for change in left.changes[:5])
        raise RunnerError(
            f"AWX still differs from the site after it was changed: {told}.",
            next_step="rollback-runner awx status says how; somebody may have changed it at the same time",
        )
    return changes.Difference(difference.changes, (), left.missing_users, left.empty, copies=left.copies)


def ours(where: Where) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """Name all that is ours for the site; and what only has our mark, which stays."""
    found = observed.read(where.awx(), where.content())
    return changes.everything(where.site.name, found), changes.copies(where.site.name, found)


def remove(where: Where, found: Sequence[Change]) -> None:
    """Take it away. Raises `RunnerError` when AWX keeps something.

    Raises `RefusedError`, and takes nothing, when our organization holds somebody else's objects: they would go too.
    """
    awx = where.awx()
    left = list(found)
    others = _others_inside(awx, where.site.name, found)
    if others:
        raise RefusedError(
            f"Our organization holds what is not ours, and would take it along: {', '.join(others)}. Nothing was done.",
            next_step="move it to another organization in AWX, then the same command again",
        )
    for _ in range(_AGAIN):
        refused: list[Change] = []
        for change in left:
            try:
                apply.take_away(awx, where.site.name, [change])
            except client.NotAcceptedError:
                refused.append(change)
        if not refused:
            return
        left = refused
    told = ", ".join(f"{change.kind} {change.name}" for change in left)
    raise RunnerError(f"AWX keeps {told}: something still uses it.", next_step="rollback-runner awx status, then again")


def status(where: Where) -> Status:
    """Compare AWX with the site, and see what runs."""
    wanted, awx = where.content(), where.awx()
    found = observed.read(awx, wanted)
    mine = [one for kind in content.ORDER for one in found.objects[kind] if names.made(wanted.site, kind, one)]
    running: list[dict[str, Any]] = []
    for kind, word in (("workflow_jobs", "workflow"), ("jobs", "job")):
        jobs = awx.all(f"{kind}/", name__startswith=names.whole(wanted.site), status__in=_GOING)
        running += [
            {"name": job["name"], "kind": word, "id": job["id"], "status": job["status"]}
            for job in jobs
            if job["name"] in {one["name"] for one in mine}
        ]
    return Status(len(mine), changes.between(wanted, found), running)


def lines(difference: Difference, texts: Texts) -> list[str]:
    """Say it for people: what changes, who is missing, which secret is."""
    told = [change.sentence(texts) for change in difference.changes]
    told += [texts("awx.stranger", what=one) for one in difference.strangers]
    told += kept(difference.copies, texts)
    told += [texts("awx.missing_user", person=person, team=team) for person, team in difference.missing_users]
    told += [
        texts("awx.empty_credential", name=name, fields=", ".join(fields)) for name, fields in difference.empty.items()
    ]
    return told


def kept(copies: Sequence[str], texts: Texts) -> list[str]:
    """Say what stays although it has our mark."""
    return [texts("awx.copy", what=one) for one in copies]


def as_dict(difference: Difference, texts: Texts) -> dict[str, Any]:
    """Return the same as data."""
    return {
        "changes": [
            {"act": change.act, "kind": change.kind, "name": change.name, "sentence": change.sentence(texts)}
            for change in difference.changes
        ],
        "strangers": list(difference.strangers),
        "copies": list(difference.copies),
        "missing_users": [{"person": person, "team": team} for person, team in difference.missing_users],
        "empty_credentials": {name: list(fields) for name, fields in difference.empty.items()},
    }


def node_line(seen: Seen, texts: Texts, usual: Spread | None = None) -> str:
    """Say how a node stands; `usual` is what its leg took before, for one that has begun."""
    if seen.word == "asked":
        return texts("awx.waits", node=seen.name)
    line = texts("awx.node", node=seen.name, status=texts(f"awx.status.{seen.word}"))
    more = [texts("awx.node_by", person=seen.person)] if seen.person else []
    if seen.over and seen.budget:
        more.append(texts("awx.node_time", seconds=seen.seconds, budget=seen.budget))
    elif seen.status == "running" and usual:
        more.append(texts("whole.forecast", **asdict(usual)))
    if seen.status == "running" and seen.budget:
        more.append(texts("awx.node_ends", budget=seen.budget))
    return f"{line} ({', '.join(more)})" if more else line


def _others_inside(awx: client.Awx, site: str, found: Sequence[Change]) -> list[str]:
    """Name what somebody else keeps in an organization of ours."""
    kinds = ("teams", "projects", "inventories", "job_templates", "workflow_job_templates", "notification_templates")
    return [
        f"{names.singular(kind)} {one['name']}"
        for change in found
        if change.kind == "organizations"
        for kind in (*kinds, "credentials", "execution_environments")
        for one in awx.all(f"{kind}/", organization=str(change.number))
        if not names.made(site, kind, one)
    ]


def _refuse_strangers(difference: Difference) -> None:
    if difference.strangers:
        raise RefusedError(
            f"Somebody else's objects have names of ours: {', '.join(difference.strangers)}. Nothing was changed.",
            next_step="rename or remove them in AWX, or put the marks back into their descriptions if they are ours",
        )
