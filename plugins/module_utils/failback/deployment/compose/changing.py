"""Changes hosts over to a release, wave by wave, and puts them back where they were when a wave fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback.deployment.compose import locking
from failback.deployment.compose.remote import each
from failback.errors import FailbackError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager

    from failback.deployment.compose.balancer import Balancer
    from failback.deployment.compose.locking import Ask, Locking
    from failback.deployment.compose.settings import Settings, WebHost
    from failback.deployment.compose.waves import Wave

    Act = Callable[..., AbstractContextManager[dict[str, object]]]
    Told = Callable[[str], None]

_COMPOSE = 120.0  # seconds that `docker compose up` may take beside stopping what ran


@dataclass(frozen=True)
class Ended:
    """How a change-over ended. ``settled``: production is in order, at the target or where it was."""

    problem: str = ""
    settled: bool = True


@dataclass
class Changing:
    """One change-over. ``line`` goes into the hosts' history.

    By node: ``ours`` are the servers that we may take out and give back, ``taken`` those that we did (kept as a note).
    """

    settings: Settings
    ask: Ask
    balancer: Balancer
    locking: Locking
    act: Act
    told: Told
    line: Mapping[str, Any]
    ours: Mapping[str, Sequence[str]]
    taken: dict[str, list[str]] = field(default_factory=dict)
    _touched: set[str] = field(default_factory=set)

    def waves(self, plan: Sequence[Wave], target: str, before: Mapping[str, str]) -> Ended:
        """Change the waves over one after another.

        ``before``: the release that each host ran. After a failure every host that had changed runs that again: half
        a rollback would leave two releases in service, and nobody decided on that.
        """
        done: list[Wave] = []
        for number, wave in enumerate(plan, start=1):
            self.told(f"{target}: wave {number} of {len(plan)} ({wave.names})")
            problem = self._wave(wave, dict.fromkeys((one.name for one in wave.hosts), target))
            if problem:
                left = self._back([*done, wave], before)
                return Ended(f"{problem}. {left or 'Every host runs again what it ran before'}", settled=not left)
            done.append(wave)
        return Ended()

    def finish(self, hosts: Sequence[WebHost], done: Collection[str]) -> Ended:
        """Give back what is still drained by us, of hosts that are as they should be."""
        servers = [one.server for one in hosts if one.name in done]
        if not any(one in out for out in self.taken.values() for one in servers):
            return Ended()
        try:
            with self.act("give back what is still drained", servers=servers):
                self._give(servers)
        except RefusedError:
            raise
        except FailbackError as error:
            return Ended(str(error), settled=False)
        return Ended()

    def move(self, hosts: Sequence[WebHost], to: Mapping[str, str], kind: str = "") -> dict[str, str]:
        """Bring hosts to their releases, all at once; say by host where that failed."""
        line = {**self.line, **({"kind": kind} if kind else {})}
        timeout = _COMPOSE + self.settings.stop_timeout

        def one(host: WebHost) -> dict[str, Any]:
            request = {
                "operation": "move",
                "release": to[host.name],
                "ready_url": self.settings.ready(host),
                "ready_deadline": self.settings.ready_deadline,
                "timeout": timeout,
                "time": line["time"] if not kind else locking.now(),
                "told": {key: value for key, value in line.items() if key != "time"},
            }
            return self.ask(host, request)

        found = zip(hosts, each(hosts, one), strict=True)
        return {
            host.name: str(report) if isinstance(report, FailbackError) else f"{host.name}: {report['problem']}"
            for host, report in found
            if isinstance(report, FailbackError) or "problem" in report
        }

    def _wave(self, wave: Wave, to: Mapping[str, str], kind: str = "") -> str:
        """Take a wave out, bring it to its releases, see that it is ready, give it back; say why it failed."""
        locking.guard(f"change {wave.names} over")
        try:
            with self.act(f"change over to another release: {wave.names}", releases=dict(to)) as record:
                self._carry_out(wave, to, kind, record)
        except RefusedError:
            raise  # another run acts by now: whatever we did from here would be in its way
        except FailbackError as error:
            return str(error)
        return ""

    def _carry_out(self, wave: Wave, to: Mapping[str, str], kind: str, record: dict[str, object]) -> None:
        if wave.held:
            record["hold"] = self.balancer.hold()
        else:
            # On record before the act: a run that dies in between leaves word which servers are ours to give back.
            self._note(wave.servers)
            record["drained"] = self.balancer.take(wave.servers)
        self._touched |= {one.name for one in wave.hosts}
        problems = self.move(wave.hosts, to, kind)
        if problems:
            raise FailbackError("; ".join(problems.values()))
        if wave.held:
            self.balancer.open(wave.servers)
            return
        self._give(wave.servers)

    def _give(self, servers: Sequence[str]) -> None:
        self.balancer.give({node: [one for one in out if one in servers] for node, out in self.taken.items()})
        # Not noted at once: to give back what is back already does nothing.
        self.taken = {node: [one for one in out if one not in servers] for node, out in self.taken.items()}

    def _note(self, servers: Sequence[str]) -> None:
        """Keep on the hosts which servers are drained by us."""
        for node, may in self.ours.items():
            self.taken[node] = sorted({*self.taken.get(node, ()), *({*servers} & {*may})})
        self.locking.note(taken=self.taken)

    def _back(self, waves: Sequence[Wave], before: Mapping[str, str]) -> str:
        """Put hosts back to what they ran, the last wave first; say what is not back ("": all is)."""
        problems = []
        for wave in reversed(waves):
            touched = [one for one in wave.hosts if one.name in self._touched]
            had = [one for one in touched if before.get(one.name)]
            problems += [f"{one.name} ran nothing before and stays out" for one in touched if one not in had]
            if not touched:
                ended = self.finish(wave.hosts, [one.name for one in wave.hosts])
                problems += [ended.problem] if ended.problem else []
            if not had:
                continue
            self.told(f"back to what it was: {', '.join(one.name for one in had)}")
            said = self._wave(type(wave)(tuple(had), wave.held), {one.name: before[one.name] for one in had}, "back")
            problems += [said] if said else []
        said = "; ".join(problems)
        return f"Not everything is back where it was: {said}. See to these hosts, then run it again" if said else ""
