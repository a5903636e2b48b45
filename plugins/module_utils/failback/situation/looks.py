"""All that was read of a site, put together for the pure parts: one value, with the questions they ask of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIDES = ("idc", "aws")


@dataclass(frozen=True)
class Looks:
    """What each plugin saw, by host; an entry that is missing was not looked at.

    ``baseline`` has the recorded one per host; None where there is none.
    """

    hosts: Mapping[str, Mapping[str, Any]]
    balancers: Mapping[str, Mapping[str, Any]]
    databases: Mapping[str, Mapping[str, Any]]
    clouds: Mapping[str, Mapping[str, Any]]
    service: Mapping[str, Any]
    sides: Mapping[str, str]
    baseline: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    site: Mapping[str, Any] = field(default_factory=dict)

    def containers(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Give every container as host, name, what was read."""
        for host, seen in self.hosts.items():
            for name, container in (seen.get("containers") or {}).items():
                yield host, name, container

    def container_before(self, host: str, name: str) -> Mapping[str, Any]:
        """Return what the baseline has of a container; {} when it has nothing."""
        before = (self.baseline.get(host) or {}).get("containers") or {}
        found: Mapping[str, Any] = before.get(name) or {}
        return found if found.get("exists") else {}

    def answering_balancers(self) -> dict[str, Mapping[str, Any]]:
        """Return the nodes that told their state."""
        return {node: seen for node, seen in self.balancers.items() if seen.get("answers")}

    def doors(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the front doors."""
        found: Mapping[str, Mapping[str, Any]] = self.service.get("doors") or {}
        return found

    def names(self) -> list[Mapping[str, Any]]:
        """Return the names and their answers."""
        return list(self.service.get("names") or [])

    def latency_before(self, door: str) -> Mapping[str, Any]:
        """Return the recorded latency of a front door; {} when there is none."""
        for content in self.baseline.values():
            found = ((content or {}).get("latency") or {}).get(door)
            if found:
                return dict(found)
        return {}


def takes_writes(side: str, seen: Mapping[str, Any]) -> bool | None:
    """Whether clients can write there: None when the server does not answer.

    RDS counts as closed when it is read-only, or when no account that a fence would lock is open.
    """
    if not seen.get("answers"):
        return None
    if seen.get("read_only"):
        return False
    accounts = seen.get("accounts") or {}
    return not (side == "aws" and "open" in accounts and not accounts["open"])


def live_channel(seen: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the channel that runs, else one that does not, else None."""
    channels = seen.get("channels") or []
    return next((one for one in channels if one.get("running")), channels[0] if channels else None)


def channel_error(channel: Mapping[str, Any]) -> str:
    """Say why a channel makes no progress; "" while it does. A receiver that only reconnects has an error too."""
    error = str(channel.get("applier_error") or channel.get("receiver_error") or "")
    if channel.get("running") and channel.get("receiver") == "ON":
        return ""
    return error or ("receiver is connecting" if channel.get("receiver") == "CONNECTING" else "stopped")


def side_of_address(address: str, records: list[Mapping[str, Any]]) -> str:
    """Tell by the site's names on which side an address is; "" when they do not say."""
    for side in SIDES:
        if any(address == str(record.get(side)) for record in records):
            return side
    return ""
