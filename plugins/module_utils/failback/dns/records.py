"""The records of the site that lead to a side. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from failback.dns.answers import side_of
from failback.errors import ConfigError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VERSIONS = {"A": 4, "AAAA": 6}


@dataclass(frozen=True)
class Record:
    """One name with its value on either side; ``ttl`` in seconds is what it shall have after a change."""

    name: str
    type: str
    idc: str
    aws: str
    ttl: int
    provider: str
    authoritative: tuple[str, ...]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], authoritative: Sequence[str]) -> Self:
        """Build from one entry of ``dns_records``; ``authoritative`` holds for entries that name no servers.

        Raises:
            ConfigError: a value is missing, not an address of its type, or the same on both sides.

        """
        missing = [key for key in ("name", "idc", "aws", "provider") if not data.get(key)]
        if missing:
            raise ConfigError(f"dns_records: {data.get('name', 'an entry')} lacks {', '.join(missing)}")
        name, kind = str(data["name"]).rstrip("."), str(data.get("type") or "A").upper()
        if kind not in _VERSIONS:
            raise ConfigError(f"dns_records: {name} has type {kind}; only A and AAAA lead to a side here")
        for side in ("idc", "aws"):
            _check_address(name, side, str(data[side]), _VERSIONS[kind])
        if str(data["idc"]) == str(data["aws"]):
            raise ConfigError(f"dns_records: {name} has the same value on both sides")
        servers = tuple(str(server) for server in data.get("authoritative") or authoritative)
        if not servers:
            raise ConfigError(f"dns_records: nobody is authoritative for {name}: fill dns_authoritative")
        ttl = int(data.get("ttl") or 0)
        if ttl < 1:
            raise ConfigError(f"dns_records: {name} needs a ttl of at least 1 second")
        return cls(name, kind, str(data["idc"]), str(data["aws"]), ttl, str(data["provider"]), servers)

    def value(self, side: str) -> str:
        """Return the value that leads to a side."""
        return self.idc if side == "idc" else self.aws

    def side(self, values: Sequence[str]) -> str:
        """Name the side that these values lead to."""
        return side_of(values, self.idc, self.aws)


@dataclass(frozen=True)
class RecordPlan:
    """What to do with one record: compare with ``old``, put ``new``."""

    record: Record
    old: tuple[str, ...]
    new: str

    @property
    def changed(self) -> bool:
        """Whether anything is to be done."""
        return self.old != (self.new,)


def plan_record(record: Record, present: Sequence[str], side: str) -> RecordPlan:
    """Refuse the change of a record that leads to neither side: somebody else uses it.

    Raises:
        RefusedError: the present value is not one of the two.

    """
    if record.side(present) == "other":
        shown = ", ".join(present) or "nothing"
        raise RefusedError(
            f"{record.name} answers {shown}, neither its AWS value {record.aws} nor its IDC value {record.idc}:"
            " somebody else has changed it. Correct dns_records or the record, then run the phase again"
        )
    return RecordPlan(record, tuple(present), record.value(side))


def _check_address(name: str, side: str, value: str, version: int) -> None:
    try:
        found = ipaddress.ip_address(value).version
    except ValueError as error:
        raise ConfigError(f"dns_records: {name} has {value!r} for {side}, which is no address") from error
    if found != version:
        raise ConfigError(
            f"dns_records: {name} has the IPv{found} address {value} for {side} in a record of IPv{version}"
        )
