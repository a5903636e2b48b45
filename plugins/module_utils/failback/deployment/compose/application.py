"""One application on its hosts: how they are asked, and what its parts work with."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.deployment.compose import balancer, fleet, locking, standing
from failback.deployment.compose.changing import Changing
from failback.deployment.compose.remote import each
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from failback.deployment.compose.remote import Remote
    from failback.deployment.compose.settings import Settings, WebHost
    from failback.deployment.compose.standing import Standing

    Act = Callable[..., AbstractContextManager[dict[str, object]]]

_LOOK = 60.0  # seconds a look at one host may take


def unrecorded(what: str, **fields: object) -> AbstractContextManager[dict[str, object]]:
    """Act without a record: outside of a plugin."""
    return nullcontext({"act": what, **fields})


@dataclass
class Application:
    """What every part works with. ``run`` names whose locks are ours, ``act`` puts an act on record."""

    settings: Settings
    remote: Remote
    run: str
    act: Act = unrecorded

    def look(self, release: str = "") -> list[Standing]:
        """Read every host, with what compose makes of one release. Raises UnreachableError and FailbackError."""
        request = {"operation": "inspect" if release else "look", "release": release}
        found = each(self.settings.hosts, lambda host: self.ask(host, request))
        seen = []
        for host, report in zip(self.settings.hosts, found, strict=True):
            if isinstance(report, FailbackError):
                raise report
            if "problem" in report:
                raise FailbackError(f"{host.name}: {report['problem']}. Put that right, then run it again")
            seen.append(standing.judge(host.name, self.settings.directory, report))
        return seen

    def look_all(self, release: str) -> tuple[list[Standing], dict[str, dict[str, Any]]]:
        """Read every host and every load balancer node at once. Raises as `look`."""
        with ThreadPoolExecutor(max_workers=1) as pool:
            views = pool.submit(self.balancer().look)
            seen = self.look(release)
            return seen, views.result()

    def ask(self, host: WebHost, request: Mapping[str, Any]) -> dict[str, Any]:
        """Ask a host's agent. Raises UnreachableError and FailbackError."""
        body = {
            "directory": self.settings.directory,
            "project": host.project,
            "port": self.settings.port,
            "trial_port": self.settings.trial_port,
            "stop_timeout": self.settings.stop_timeout,
            "ready_deadline": self.settings.ready_deadline,
            **request,
        }
        waits = float(body["ready_deadline"]) if "ready_url" in body else 0.0
        return self.remote.host(host, body, _LOOK + waits + float(body.get("timeout", 0)) + self.settings.stop_timeout)

    def balancer(self) -> balancer.Balancer:
        """Give all load balancer nodes."""
        return balancer.Balancer(self.remote, self.settings.nodes, [one.server for one in self.settings.hosts])

    def locks(self) -> locking.Locking:
        """Give the lock on all hosts."""
        return locking.Locking(
            self.ask, self.settings.hosts, self.settings.directory, self.run, self.settings.break_lock
        )

    def changing(
        self,
        locks: locking.Locking,
        told: Callable[[str], None],
        line: Mapping[str, Any],
        views: Mapping[str, Mapping[str, Any]],
        notes: Mapping[str, Any],
    ) -> Changing:
        """Prepare a change-over, with what an earlier run noted as drained by us."""
        ours = balancer.ours(views, [one.server for one in self.settings.hosts])
        taken = {node: list(servers) for node, servers in dict(notes.get("taken") or {}).items()}
        # What was drained by a run of ours that died is ours still.
        ours = {node: sorted({*servers, *taken.get(node, ())}) for node, servers in ours.items()}
        return Changing(self.settings, self.ask, self.balancer(), locks, self.act, told, line, ours, taken)

    def pin(self, content: Mapping[str, Any]) -> list[str]:
        """Say on every host that a rollback stands ({}: that none does); say where that could not be written."""
        found = each(self.settings.hosts, lambda host: self.ask(host, {"operation": "pin", "pinned": dict(content)}))
        pairs = zip(self.settings.hosts, found, strict=True)
        said = [
            (host, one if isinstance(one, FailbackError) else one["problem"])
            for host, one in pairs
            if isinstance(one, FailbackError) or "problem" in one
        ]
        return [f"pinned.json on {host.name} could not be written: {why}" for host, why in said]

    def unfit(self, seen: Sequence[Standing], views: Mapping[str, Mapping[str, Any]], release: str) -> list[str]:
        """Say why not every host can change over to a release; nothing: they all can."""
        found = fleet.unfit(seen, release)
        found += [said for one in seen if release in one.releases for said in standing.file_problems(one, release)]
        found += [f"{one.host}: {self.settings.directory} cannot be written" for one in seen if not one.writable]
        closed = any(one.notes.get("hold") for one in seen)
        found += balancer.problems(views, [one.server for one in self.settings.hosts], closed=closed)
        if self.settings.break_lock:
            return found
        held = [(one.host, one.lock) for one in seen if one.lock is not None and not self.locks().takes(one.lock)]
        return found + [f"{host} is locked {fleet.lock_words(lock)}" for host, lock in held]
