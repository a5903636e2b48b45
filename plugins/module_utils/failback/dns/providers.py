"""Where records are changed: one class for each provider, all with the same four acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from failback.dns import answers, rfc2136, route53
from failback.dns.records import RecordSet
from failback.errors import ConfigError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.dns.records import Record, RecordPlan


class Provider(Protocol):
    """One place where records are changed. Every act raises UnreachableError when the place is silent."""

    where: str
    facts: dict[str, object]

    def read(self, record: Record) -> RecordSet:
        """Return what the record is now; no values when there is none."""

    def prove(self, record: Record, present: RecordSet) -> dict[str, object]:
        """Prove as far as possible that we may change the record, without changing it; return evidence."""

    def swap(self, plan: RecordPlan, run: str) -> str:
        """Put the new record set in the place of exactly the old one; return the change's id.

        Raises RefusedError when the record is not the old one any more, or we may not change it.
        """

    def published(self, change: str, deadline: float) -> dict[str, object]:
        """Wait at most ``deadline`` seconds until the provider has published the change; return evidence."""


class Rfc2136:
    """A primary server that takes signed updates. What it has accepted, it answers."""

    def __init__(self, settings: Mapping[str, Any], timeout: float) -> None:
        self._server = rfc2136.Server.from_dict(settings)
        self._timeout = timeout
        self.where = self._server.asked_as
        self.facts: dict[str, object] = {"provider": "rfc2136", "server": self.where}

    def read(self, record: Record) -> RecordSet:
        """Ask the primary itself."""
        question = answers.Question(record.name, record.type, self._timeout, must_own=True)
        answer = answers.ask(self.where, question)
        if answer.error:
            raise UnreachableError(
                f"{record.name}: {self.where} {answer.error}; the record was not changed by this task",
                {"answer": answer.as_evidence()},
            )
        return RecordSet(answer.values, answer.ttl)

    def prove(self, record: Record, present: RecordSet) -> dict[str, object]:
        """Send an update with a prerequisite and nothing else."""
        rfc2136.probe(self._server, record.name, record.type, present=present.values, timeout=self._timeout)
        return {"key_accepted": True}

    def swap(self, plan: RecordPlan, run: str) -> str:
        """Send the update; ``run`` has no place in it."""
        del run
        record, new = plan.record, plan.new
        change = rfc2136.Change(record.name, record.type, plan.old.values, new.values[0], new.ttl)
        rfc2136.replace(self._server, change, timeout=self._timeout)
        return ""

    def published(self, change: str, deadline: float) -> dict[str, object]:
        """Nothing to wait for."""
        del change, deadline
        return {}


class Route53:
    """A hosted zone of Route 53. What it has accepted reaches its servers later (INSYNC)."""

    def __init__(self, settings: Mapping[str, Any], timeout: float) -> None:
        self._api = route53.Route53(route53.Zone.from_dict(settings), timeout)
        self.where = "Route 53"
        self.facts: dict[str, object] = {"provider": "route53", "zone_id": self._api.zone.zone_id}

    def read(self, record: Record) -> RecordSet:
        """Ask the API."""
        return self._api.read(record.name, record.type) or RecordSet((), 0)

    def prove(self, record: Record, present: RecordSet) -> dict[str, object]:
        """Route 53 has no way to try: that the record could be read is all that is known."""
        del record, present
        return {}

    def swap(self, plan: RecordPlan, run: str) -> str:
        """Send the batch."""
        return self._api.replace(plan.record.name, plan.record.type, old=plan.old, new=plan.new, run=run)

    def published(self, change: str, deadline: float) -> dict[str, object]:
        """Wait for INSYNC."""
        return {"in_sync_after": self._api.wait_in_sync(change, deadline)}


_PROVIDERS: dict[str, type[Rfc2136 | Route53]] = {"rfc2136": Rfc2136, "route53": Route53}


def open_provider(record: Record, servers: Mapping[str, Any], timeout: float) -> Provider:
    """Return the provider of a record. Raises ConfigError when it is unknown or the site says nothing of it."""
    kind = _PROVIDERS.get(record.provider)
    if kind is None:
        raise ConfigError(f"{record.name}: unknown DNS provider {record.provider}; known: {', '.join(_PROVIDERS)}")
    settings = servers.get(record.provider)
    if not isinstance(settings, dict):
        raise ConfigError(f"dns_servers has no entry {record.provider}: add it to the inventory")
    return kind(settings, timeout)
