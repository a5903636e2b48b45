"""The hold around a database change: requests wait, the servers are closed, nothing of the application runs.

What was closed, and what each host ran, is kept as a note with the lock, so that a run that dies leaves word of it. The
hold of the nodes ends by itself; the closed servers do not open by themselves: requests get the nodes' 503 then.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from failback.deployment.compose import balancer, fleet, locking
from failback.deployment.compose.changing import Ended
from failback.deployment.compose.remote import each
from failback.errors import FailbackError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.deployment.compose.application import Application
    from failback.deployment.compose.changing import Changing
    from failback.deployment.compose.settings import WebHost


@dataclass(frozen=True)
class Held:
    """A hold of ours. ``to``: the release it is for; ``before``: what each host ran; ``closed``: servers to open.

    ``run``: the run that began it. A later one that finds it cannot know how far that one came with the database.
    """

    to: str
    before: Mapping[str, str]
    closed: Sequence[str]
    run: str = ""

    @classmethod
    def of(cls, notes: Mapping[str, Any]) -> Held | None:
        """Read it from the lock's notes; None where nothing is held."""
        told = notes.get("hold")
        return cls(told["to"], told["before"], told["closed"], str(told.get("run") or "")) if told else None


def hold(app: Application, to: str, reason: str) -> dict[str, Any]:
    """Hold, close, stop. Safe to repeat. Raises RefusedError where not every node can hold, FailbackError else."""
    seen, views = app.look_all(to)
    nodes = app.balancer()
    if problems := app.unfit(seen, views, to):
        raise RefusedError(f"requests are not held: {'; '.join(problems)}")
    locks = app.locks()
    taken = locks.take(f"hold for {to}: {reason}")
    held = earlier = Held.of(taken.notes)
    if held is None:
        closed = [one.server for one in app.settings.hosts if all(one.server in own for own in _ours(app, views))]
        held = Held(to, {one.host: one.live for one in seen}, closed, app.run)
    elif held.to != to:
        raise RefusedError(f"requests are held for {held.to}, not for {to}: release that hold first")
    locking.guard("hold requests")
    locks.note(hold=asdict(held))
    with app.act("hold requests and stop the application", to=to, servers=[*held.closed]) as record:
        try:
            record["nodes"] = nodes.hold()
        except FailbackError as error:
            if earlier is not None:
                # The note alone says which servers to open again: without it nobody could go on, or go back.
                raise RefusedError(
                    f"{error}. An earlier run closed the servers and stopped the application, and that stays: requests"
                    " get the load balancers' 503. See to these, then run it again"
                ) from error
            locks.note(hold=None)
            raise RefusedError(f"{error}. Nothing was stopped", {"left": locks.give()}) from error
        nodes.close([one.server for one in app.settings.hosts])
        record["stopped"] = _stop(app)
    return {**record, "told": list(taken.told), "left_out": dict(nodes.absent), "held": asdict(held)}


def change(changing: Changing, hosts: Sequence[WebHost], target: str, held: Held) -> Ended:
    """Bring every host to the target while requests wait. What fails stays as it is: the database may have changed."""
    if target != held.to:
        return Ended(f"requests are held for {held.to}, not for {target}: release that hold first", settled=False)
    locking.guard(f"change over to {target}")
    changing.told(f"{target}: all hosts at once, behind the hold")
    with changing.act(f"change every host over to {target}", hosts=[one.name for one in hosts]) as record:
        problems = changing.move(hosts, dict.fromkeys((one.name for one in hosts), target))
        record["problems"] = [*problems.values()]
    if not problems:
        return Ended()
    then = "Nothing was put back. See to these hosts and run it again; until then requests wait, then get 503"
    return Ended(f"{'; '.join(problems.values())}. {then}", settled=False)


def release(app: Application, *, back: bool, own: bool = False) -> dict[str, Any]:
    """Open what is ready and end the hold. Safe to repeat; nothing is done where nothing is held.

    ``own``: only a hold that this very run began; of another's it is said that it ``stays``.
    """
    seen = app.look()
    found = [one for one in (Held.of(one.notes) for one in seen) if one is not None]
    if not found:
        return {"changed": False}
    if own and any(one.run != app.run for one in found):
        return {"changed": False, "stays": _stays(found[0])}
    locks = app.locks()
    taken = locks.take("end of the hold")
    held = Held.of(taken.notes)
    if held is None:
        return {"changed": False, "left": locks.give()}
    to = dict(held.before) if back else dict.fromkeys(held.before, held.to)
    apart = [f"{one.host} runs {one.live or 'nothing'}" for one in seen if one.live != to.get(one.host)]
    if apart and not back:
        raise RefusedError(
            f"the hold for {held.to} stays: {', '.join(apart)}. Run the rollback again, or where the database was not"
            " changed, put the hosts back (rollback-runner deployment release --back)"
        )
    locking.guard("end the hold")
    nodes = app.balancer()
    line = {"time": locking.now(), "kind": "back", "by": app.run, "reason": "nothing was changed"}
    changing = app.changing(locks, lambda _said: None, line, {}, taken.notes)  # nothing is drained here, so no look
    hosts = [one for one in app.settings.hosts if to.get(one.name)]
    with app.act("let requests go again", back=back, servers=[*held.closed]) as record:
        if back and apart:
            # After a release that opened some servers only: nobody must meet a host while it goes back.
            record["nodes"] = nodes.hold()
            nodes.close([*held.closed])
        move = back or any(one.problem for one in seen)
        problems = changing.move(hosts, to, "back" if back else "") if move else {}
        well = [one.server for one in hosts if one.name not in problems and one.server in held.closed]
        if not well:
            raise FailbackError(f"no host is ready, so requests are not let go: {'; '.join(problems.values())}")
        record["states"] = nodes.open(well)
    if problems:
        raise FailbackError(f"{', '.join(well)} serve again, but {'; '.join(problems.values())}")
    locks.note(hold=None)
    return {"changed": True, "serving": well, "live": fleet.live(app.look())[0], "left": locks.give()}


def _stays(held: Held) -> str:
    return (
        f"requests stay held for {held.to}, then get 503: an earlier run ({held.run or 'unknown'}) began that, and how"
        " far it came with the database is not known here. Run the rollback again; where the database is"
        " certainly as it was, end it (rollback-runner deployment release --back)"
    )


def _ours(app: Application, views: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    return list(balancer.ours(views, [one.server for one in app.settings.hosts]).values())


def _stop(app: Application) -> dict[str, list[str]]:
    """Stop the application on every host. Raises FailbackError where one goes on."""
    found = each(app.settings.hosts, lambda host: app.ask(host, {"operation": "stop"}))
    stopped = {}
    for host, one in zip(app.settings.hosts, found, strict=True):
        if isinstance(one, FailbackError):
            raise one
        if "problem" in one:
            raise FailbackError(f"{host.name}: {one['problem']}")
        stopped[host.name] = one["stopped"]
    return stopped
