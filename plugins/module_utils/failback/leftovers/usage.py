"""Whether something that is to go is still used: by sessions and accounts on RDS, by names, by the service itself.

Asked again right before each act. What cannot be asked counts as used: a wrong no costs a day's price, a wrong yes an
outage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback import fence_plan, http, observe
from failback.dns import answers
from failback.errors import FailbackError
from failback.mysql import Server

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from failback.dns.answers import Answer
    from failback.leftovers.model import Resource
    from failback.mysql import Login

_SHOWN = 3
_TIMEOUT = 3.0
# What traffic reaches; everything else only stands around it.
_SERVES = frozenset({"load_balancer", "ec2_instance", "rds_instance", "elastic_ip"})
_DOWN = frozenset({"stopped", "stopping", "terminated"})


@dataclass(frozen=True)
class World:
    """What was asked just now. Each list has one sentence a use; nothing in it means that nobody uses it."""

    rds: Mapping[str, tuple[str, ...]]
    names: tuple[Answer, ...]
    aws_values: frozenset[str]
    doors: tuple[str, ...]


def uses(one: Resource, world: World) -> list[str]:
    """Say what still uses a resource. Pure."""
    found: list[str] = []
    if one.kind == "rds_instance" and one.state not in _DOWN:
        found += world.rds.get(one.id, (f"nothing is known about who uses {one.id}",))
    mine = {str(address).lower() for address in one.facts.get("addresses", ())} - {""}
    for answer in world.names:
        values = {value.rstrip(".").lower() for value in answer.values}
        if answer.error and one.kind in _SERVES:
            found.append(f"{answer.server} does not say where {answer.name} leads ({answer.error})")
        elif values & (mine | (world.aws_values if one.kind == "rds_instance" else frozenset())):
            found.append(f"{answer.name} leads to {', '.join(sorted(answer.values))} at {answer.server}")
    if one.kind in _SERVES:
        found += world.doors
    return found


def rds(login: Login, exempt: Collection[str]) -> tuple[str, ...]:
    """Ask one RDS who may use it and who does. Never raises for what the server does: its silence is an answer."""
    try:
        with Server.connect(login, name="RDS", connect_timeout=_TIMEOUT) as server:
            who = observe.identity(server)
            spared = {*exempt, login.user}
            open_ones = fence_plan.accounts_to_lock(observe.accounts(server), spared)
            statement = observe.log_status_statement(who.version)
            seen = observe.activity(server, statement, with_transactions=False)
            sessions = fence_plan.foreign_sessions(seen.sessions, spared, (server.thread_id,))
    except FailbackError as error:
        return (f"RDS cannot be asked who uses it: {error}",)
    found = []
    if login.server_uuid and who.uuid != login.server_uuid:
        found.append(f"{login} is server {who.uuid}, the inventory means {login.server_uuid}")
    if open_ones:
        found.append(f"RDS is not fenced: {_some([str(account) for account in open_ones])} may log in")
    if sessions:
        found.append(f"sessions are open on RDS: {_some([f'{one.user} from {one.host}' for one in sessions])}")
    return tuple(found)


def names(records: Sequence[Mapping[str, Any]], authoritative: Sequence[str]) -> tuple[Answer, ...]:
    """Ask every authoritative server where the service's names lead."""
    found: list[Answer] = []
    for record in records:
        question = answers.Question(str(record["name"]), str(record.get("type") or "A"), _TIMEOUT, must_own=True)
        found += answers.ask_all([str(one) for one in record.get("authoritative") or authoritative], question)
    return tuple(found)


def aws_values(records: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Return the values that lead to the AWS side, as the inventory has them."""
    return frozenset(str(record["aws"]).rstrip(".").lower() for record in records if record.get("aws"))


def doors(ways: Sequence[Mapping[str, Any]], whoami: str, idc: str) -> tuple[str, ...]:
    """Ask through every front door which database serves; whatever is not IDC is a use."""
    found: list[str] = []
    for data in ways:
        door = http.Door.from_dict(data)
        reply = http.ask(door, whoami, timeout=_TIMEOUT, unique=True)
        served = str(reply.json().get("server_uuid") or "").lower()
        if reply.error or not served:
            found.append(f"{door.name} does not say which database serves ({reply.error or reply.status})")
        elif served != idc.lower():
            found.append(f"{door.name} is served by another database than IDC ({served})")
    return tuple(found)


def _some(words: Sequence[str]) -> str:
    more = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
