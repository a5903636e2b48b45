"""One application's production on Vercel. It implements `failback.deployment.provider.Provider`.

Reads and one act (a switch), over the REST API alone; nothing is built, nothing is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from failback.deployment.model import Project
from failback.deployment.vercel import named, operations, reading, unfit
from failback.deployment.vercel.client import API, PATIENCE, Client
from failback.deployment.vercel.switching import UNDER_WAY, Mover
from failback.errors import ConfigError, RefusedError
from failback.http import Door
from failback.people.channels import secret_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from failback.deployment.model import Deployment, Named, Request
    from failback.deployment.said import Said

DEADLINE = 180.0  # seconds that production may take to move; Vercel's own command waits as long
BYPASS = "x-vercel-protection-bypass"
_KINDS = ("rollback", "promote")


@dataclass
class VercelProvider:
    """The project ``name`` (id or name). ``builds`` is what its answers carry: `id`, `commit` or `meta:KEY`.

    ``domains`` are the hosts the site names as front doors. ``edge`` is an address through which Vercel's hosts are
    reached instead of by their names (a proxy, a lab).
    """

    client: Client
    name: str
    builds: str = "id"
    domains: tuple[str, ...] = ()
    edge: str = ""
    edge_ca_file: str = ""
    bypass_file: str = ""
    deadline: float = DEADLINE
    _known: str = field(default="", init=False)  # the project's id, once it was read

    def project(self) -> Project:
        """Read what serves production now, the domains, and what moves."""
        answer = self._project()
        production = reading.live(answer)
        live = str(production.get("id") or "")
        rolling = [one.id for one, row in self._rows({"state": "READY"}, 20) if _rolls(row)]
        behind = self._mover().elsewhere(answer, live) if live else {}
        beside = dict.fromkeys([*rolling, *sorted({other for other in behind.values() if other})])
        return Project(
            id=str(answer.get("id") or ""),
            name=str(answer.get("name") or ""),
            live=live,
            domains=reading.domains(production),
            auto_assign=reading.auto_assign(answer),
            last_request=reading.request(answer),
            moving=_rolling(rolling),
            limits=reading.limits(production),
            beside=tuple(number for number in beside if number != live),
        )

    def deployments(self, limit: int = 50) -> Sequence[Deployment]:
        """Read the newest production deployments, the newest first, with the live one and all that may come back."""
        answer = self._project()
        found = {one.id: one for one, _ in self._rows({}, limit)}
        found |= {one.id: one for one, _ in self._rows({"rollbackCandidate": "true"}, limit)}
        live = str(reading.live(answer).get("id") or "")
        if live and live not in found:
            found[live] = self.find(live)
        return sorted(found.values(), key=lambda one: (one.created, one.id), reverse=True)

    def find(self, name: str) -> Deployment:
        """Read one by its id or address. Raises RefusedError when it is gone or not of this application."""
        wanted = (urlsplit(name).hostname or "") if "://" in name else name.strip().strip("/")
        if not wanted:
            raise ConfigError("No deployment was named. Next: give an id or address from the list of deployments.")
        row = self.client.get(operations.DEPLOYMENT, idOrUrl=wanted)
        own = self._number()
        owner = row.get("projectId") or (row.get("project") or {}).get("id")
        if owner != own:
            raise RefusedError(
                f"{wanted} is no deployment of {self.name} ({own}) but of {owner or 'a project that is not told'}. "
                "Next: choose one from `rollback-runner deployment list`."
            )
        # The list knows more of it (may production go back to it, when did it serve), this answer its state just now.
        merged = {**row, **self._listed(row), **{key: row[key] for key in ("readyState",) if row.get(key)}}
        one = reading.deployment(merged, self.builds)
        if one.state == "deleted":
            raise RefusedError(f"{wanted} was deleted. Next: choose another from `rollback-runner deployment list`.")
        return one

    def problems(self, target: Deployment, kind: str) -> Sequence[str | Said]:
        """Say why production cannot move to it, by looking alone."""
        if kind not in _KINDS:
            return (f"Vercel knows rollback and promote, not {kind}.",)
        try:
            fresh, project = self.find(target.id), self.project()
        except RefusedError as error:
            return (str(error),)
        found: list[str | Said] = [*unfit.of_target(fresh, kind, project)]
        if project.moving:
            found.append(project.moving)
        answer = self._project()
        last = reading.request(answer)
        under_way = last is not None and last.ended in UNDER_WAY and not self._mover().stuck(answer)
        if last is not None and under_way and (last.to, last.kind) != (target.id, kind):
            found.append(unfit.UNDER_WAY.filled(kind=last.kind, to=last.to, requested=last.requested))
        behind = self._mover().elsewhere(answer, project.live)
        return (*found, *(unfit.NO_DOMAIN.filled(name=name) for name, other in sorted(behind.items()) if not other))

    def switch(self, target: Deployment, kind: str, reason: str, told: Callable[[str], None]) -> Request:
        """Move production and wait until it moved, or did not. Never a rebuild."""
        if target.target != "production":
            raise RefusedError(
                f"{target.id} is a preview; Vercel would build it anew for production, which is another build than the "
                "one that was looked at. Next: choose a production deployment."
            )
        if kind == "rollback":
            return self._mover().move(target, "rollback", reason, told)
        if kind == "promote":
            return self._mover().move(target, "promote", reason, told)
        raise ConfigError(f"Vercel knows rollback and promote, not {kind}.")

    def not_reverted(self, since: Deployment, target: Deployment) -> Sequence[Named]:
        """Name what does not go back with the code."""
        return named.named(self._project(), since, target)

    def door(self, target: Deployment) -> Door:
        """Return the way to a deployment's own address: through ``vercel_edge`` where the site names one."""
        host = urlsplit(target.address).netloc
        if self.edge:
            return Door(target.id, self.edge.rstrip("/"), host, self.edge_ca_file)
        return Door(target.id, target.address)

    def way_in(self, domain: str) -> Door:
        """Return the way to a production domain that the site does not name: as to a deployment's own address."""
        if self.edge:
            return Door(domain, self.edge.rstrip("/"), domain, self.edge_ca_file)
        return Door(domain, f"https://{domain}")

    def headers(self) -> Mapping[str, str]:
        """Return what a request to a protected deployment must carry. It holds a secret: never on record."""
        return {BYPASS: secret_line(self.bypass_file, "vercel_bypass_file")} if self.bypass_file else {}

    def _mover(self) -> Mover:
        return Mover(self.client, self.name, self.domains, self.deadline)

    def _project(self) -> dict[str, Any]:
        answer = self.client.get(operations.PROJECT, idOrName=self.name)
        self._known = str(answer.get("id") or "")
        return answer

    def _rows(self, query: Mapping[str, str], most: int) -> list[tuple[Deployment, Mapping[str, Any]]]:
        found: list[tuple[Deployment, Mapping[str, Any]]] = []
        asked = {"projectId": self._number(), "target": "production", "limit": str(min(most, 100)), **query}
        for row in self.client.pages(operations.DEPLOYMENTS, "deployments", asked):
            found.append((reading.deployment(row, self.builds), row))
            if len(found) >= most:
                break
        return found

    def _number(self) -> str:
        return self._known or str(self._project().get("id") or self.name)

    def _listed(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the list's row of a deployment: it alone says whether production may go back to it."""
        created = row.get("createdAt")
        if not isinstance(created, int | float):
            return row
        # The list is asked for the millisecond of its creation, one more on either side.
        span = {"projectId": self._number(), "since": str(int(created) - 1), "until": str(int(created) + 1)}
        for found in self.client.pages(operations.DEPLOYMENTS, "deployments", span):
            if found.get("uid") == row.get("id"):
                return found
        return row


def open(args: Mapping[str, Any]) -> VercelProvider:  # noqa: A001 - the name that every provider has
    """Build it from the application's variables. Raises ConfigError for what is missing; contacts nobody."""
    for name in ("vercel_project", "vercel_token_file"):
        if not str(args.get(name) or "").strip():
            raise ConfigError(f"{name} is missing. Next: write it into the application's variables.")
    builds = str(args.get("vercel_build") or "id")
    if builds not in {"id", "commit"} and not (builds.startswith("meta:") and builds != "meta:"):
        raise ConfigError(f"vercel_build: {builds} is none of id, commit and meta:KEY.")
    deadline = float(args["vercel_deadline"]) if args.get("vercel_deadline") is not None else DEADLINE
    return VercelProvider(
        Client(
            token_file=str(args["vercel_token_file"]),
            team=str(args.get("vercel_team") or ""),
            api=str(args.get("vercel_api") or API),
            ca_file=str(args.get("vercel_ca_file") or ""),
            # A request may be made to wait for as long as production may take to move.
            act_patience=max(deadline, PATIENCE),
        ),
        name=str(args["vercel_project"]),
        builds=builds,
        domains=tuple(filter(None, (_host(one) for one in args.get("deployment_domains") or ()))),
        edge=str(args.get("vercel_edge") or ""),
        edge_ca_file=str(args.get("vercel_edge_ca_file") or ""),
        bypass_file=str(args.get("vercel_bypass_file") or ""),
        deadline=deadline,
    )


def _host(entry: Any) -> str:
    """Return the name by which a front door is known to Vercel; "" where ``provider_domain`` says that it is not."""
    if not isinstance(entry, dict):
        return ""
    if "provider_domain" in entry:
        return str(entry["provider_domain"] or "")
    return str(entry.get("host_header") or urlsplit(str(entry.get("url") or "")).hostname or "").partition(":")[0]


def _rolls(row: Mapping[str, Any]) -> bool:
    return row.get("readySubstate") == reading.ROLLING


def _rolling(numbers: Sequence[str]) -> str:
    if not numbers:
        return ""
    return (
        f"A rolling release of {', '.join(numbers)} is under way. Next: `vercel rolling-release abort "
        f"--dpl={numbers[0]}` ends it where it began, `vercel rolling-release complete --dpl={numbers[0]}` finishes it."
    )
