"""SEAM. An application on our own hosts: ``open`` it, then everything that ``failback.deployment.provider`` promises.

Around a database change: ``hold`` before it, ``switch`` after it, ``release`` at the end. Where nothing is held,
``release`` does nothing, so a play may always end with it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from failback.deployment.compose import balancer, fleet, holding, locking, retention, waves
from failback.deployment.compose.application import Application, unrecorded
from failback.deployment.compose.remote import Remote
from failback.deployment.compose.settings import Settings
from failback.deployment.model import Project, Request
from failback.errors import FailbackError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from failback.deployment.compose.application import Act
    from failback.deployment.model import Deployment, Named


@dataclass
class ComposeProvider(Application):
    """One application's production on its hosts."""

    def project(self) -> Project:
        """Read what the hosts really run, and whether they agree."""
        seen = self.look()
        live, beside = fleet.live(seen)
        return Project(
            id=self.settings.app,
            name=self.settings.app,
            live=live,
            domains=self.settings.domains,
            auto_assign=fleet.pinned(seen),
            last_request=fleet.last_request(seen),
            moving=fleet.moving(seen, self.run),
            beside=beside,
        )

    def deployments(self, limit: int = 50) -> Sequence[Deployment]:
        """Read the releases, the newest first; beyond ``limit`` only those that served."""
        found = fleet.deployments(self.look(), self._address())
        return [one for number, one in enumerate(found) if number < limit or one.served]

    def find(self, name: str) -> Deployment:
        """Read one release. Raises RefusedError when no host has it, and none ever had."""
        found = next((one for one in fleet.deployments(self.look(), self._address()) if one.id == name), None)
        if found is None:
            where = ", ".join(one.name for one in self.settings.hosts)
            raise RefusedError(f"{self.settings.app} has no release {name} on {where}: pick one from the list")
        return found

    def problems(self, target: Deployment, kind: str) -> Sequence[str]:
        """Say why production cannot move to it, by looking alone."""
        del kind  # both ways ask for the same
        try:
            seen, views = self.look_all(target.id)
        except FailbackError as error:
            return [str(error)]
        return self.unfit(seen, views, target.id)

    def switch(self, target: Deployment, kind: str, reason: str, told: Callable[[str], None]) -> Request:
        """Change the hosts over: wave by wave, or all at once under a hold. Raises RefusedError before anything moved.

        A wave that fails puts every host back to what it ran; under a hold nothing is put back, because the database
        may have changed.
        """
        began = locking.now()
        which: Literal["rollback", "promote"] = "rollback" if kind == "rollback" else "promote"
        seen, views = self.look_all(target.id)
        live, _ = fleet.live(seen)
        if all(one.live == target.id and not one.problem and one.lock is None for one in seen):
            return Request(which, target.id, began, "skipped", live, self.run)
        if problems := self.unfit(seen, views, target.id):
            stays = f"production stays on {live or 'what it is'}"
            if any(one.notes.get("hold") for one in seen):
                stays = f"requests stay held (they wait, then get 503), and {live or 'the application'} stays stopped"
            raise RefusedError(f"{stays}: {'; '.join(problems)}")
        locks = self.locks()
        taken = locks.take(f"{kind} to {target.id}: {reason}")
        line = {"time": began, "kind": which, "by": self.run, "reason": reason}
        changing = self.changing(locks, told, line, views, taken.notes)
        held = holding.Held.of(taken.notes)
        if held is not None:
            ended = holding.change(changing, self.settings.hosts, target.id, held)
        else:
            done = [one.host for one in seen if one.live == target.id and not one.problem]
            ended = changing.finish(self.settings.hosts, done)
            if not ended.problem:
                serving = balancer.serving(views, [one.server for one in self.settings.hosts])
                plan = waves.plan(self.settings.hosts, done, serving, self.settings.wave)
                ended = changing.waves(plan, target.id, {one.host: one.live for one in seen})
        left = [f"{node} was {why}" for node, why in changing.balancer.absent.items()]
        if not ended.problem:
            pin = {"time": began, "id": target.id, "from": live, "by": self.run, "reason": reason}
            left += self.pin(pin if kind == "rollback" else {})
        if held is None and ended.settled:
            left += locks.give()
        said = "; ".join(part for part in (ended.problem, *taken.told, *left) if part)
        return Request(which, target.id, began, "failed" if ended.problem else "succeeded", live, self.run, said)

    def not_reverted(self, since: Deployment, target: Deployment) -> Sequence[Named]:
        """Name what does not go back with the code."""
        return fleet.not_reverted(self.look(target.id), since.id, target.id)

    def hold(self, target: Deployment, reason: str) -> dict[str, Any]:
        """Keep requests waiting on every node (or on none), let those under way end, stop what runs.

        Again: the hold begins anew. It ends by itself after ``lb_hold_expiry``; from then on requests get the nodes'
        503, because the servers are closed too. Raises RefusedError where not every node can hold.
        """
        return holding.hold(self, target.id, reason)

    def release(self, *, back: bool = False, own: bool = False) -> dict[str, Any]:
        """Let requests go again; without a hold of ours nothing is done.

        ``back``: the database was not changed, so what served before serves again. ``own``: only where this very run
        began the hold; else ``stays`` says why. Raises RefusedError where the hosts do not run what the hold was for,
        and FailbackError for those that do not get ready.
        """
        return holding.release(self, back=back, own=own)

    def held(self) -> holding.Held | None:
        """Tell whose hold stands, from the notes with the hosts' locks; None: nothing is held."""
        return next((one for one in (holding.Held.of(seen.notes) for seen in self.look()) if one is not None), None)

    @contextmanager
    def trial(self, target: Deployment, answers_at: str = "") -> Iterator[str]:
        """Run the target beside what serves, on the first host, and give an address of it as seen from here.

        "" where the site offers no port for it. ``answers_at``: the path that must answer instead of the site's own,
        where it cannot get ready before the database was changed. Raises FailbackError when it does not get ready;
        nothing of it is left.
        """
        host = self.settings.hosts[0]
        if not self.settings.trial_port:
            yield ""
            return
        ready = urlsplit(self.settings.ready(host))
        if answers_at:
            ready = ready._replace(path=answers_at, query="")
        request = {
            "operation": "trial",
            "release": target.id,
            "services": [*self.settings.trial_services],
            "ready_url": ready._replace(netloc=f"{ready.hostname}:{self.settings.trial_port}").geturl(),
            "timeout": 120.0,
        }
        with self.act(f"try {target.id} beside what serves", where=host.name, port=self.settings.trial_port) as record:
            try:
                report = self.ask(host, request)
                if "problem" in report:
                    raise FailbackError(f"{target.id} on {host.name}: {report['problem']}")
                with self.remote.tunnel(host, self.settings.trial_port) as address:
                    yield address
            finally:
                record["removed"] = self.ask(host, {"operation": "end_trial"}).get("removed")

    def prune(self, keep: int, *, check: bool = False) -> dict[str, list[str]]:
        """Remove releases that nobody will go back to, by host; ``check``: only say which."""
        wanted = retention.across(self.look(), keep)
        if check:
            return {**wanted}
        removed = {}
        for host in self.settings.hosts:
            if not wanted[host.name]:
                continue
            with self.act(f"remove old releases on {host.name}", releases=wanted[host.name]) as record:
                report = self.ask(host, {"operation": "prune", "remove": wanted[host.name]})
                if "problem" in report:
                    raise FailbackError(f"{host.name}: {report['problem']}")
                record["removed"] = removed[host.name] = report["removed"]
        return removed

    def _address(self) -> str:
        """Give the address of a trial: a release answers there only while one runs."""
        return f"http://{self.settings.hosts[0].address}:{self.settings.trial_port}" if self.settings.trial_port else ""


def open(args: Mapping[str, Any]) -> ComposeProvider:  # noqa: A001 - every provider's module is opened by this name
    """Open an application from what `failback.deployment.open` hands over. Raises ConfigError."""
    settings = Settings.read(args)
    act: Act | None = args.get("act")
    run = str(args.get("run") or "")
    return ComposeProvider(
        settings, Remote(args["hostvars"]), run if run not in {"", "manual"} else locking.run_id(), act or unrecorded
    )
