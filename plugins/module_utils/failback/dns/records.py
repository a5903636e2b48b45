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
class RecordSet:
    """What a name has where it is changed: the values, sorted, and the TTL in seconds."""

    values: tuple[str, ...]
    ttl: int


@dataclass(frozen=True)
class RecordPlan:
    """What to do with one record: compare with ``old``, put ``new``."""

    record: Record
    old: RecordSet
    new: RecordSet

    @property
    def changed(self) -> bool:
        """Whether anything is to be done."""
        return self.old != self.new

    @property
    def moves(self) -> bool:
        """Whether the value changes, and not the TTL alone."""
        return self.old.values != self.new.values


@dataclass(frozen=True)
class Wish:
    """What is wanted of every record.

    ``side``: idc, aws, or present (the value stays). ``ttl``: "site" is what dns_records says, given with a new value
    only; "low" is ``low_ttl``, given with a new value, and where the value stays to records that lead to AWS; "back"
    is the site's again, for records that have ``low_ttl``. ``low_ttl`` 0 lowers nothing.
    """

    side: str
    ttl: str = "site"
    low_ttl: int = 0


def check_ours(record: Record, present: Sequence[str]) -> None:
    """Refuse a record that leads to neither side: somebody else uses it.

    Raises:
        RefusedError: the present value is not one of the two.

    """
    if record.side(present) == "other":
        shown = ", ".join(present) or "nothing"
        raise RefusedError(
            f"{record.name} answers {shown}, neither its AWS value {record.aws} nor its IDC value {record.idc}:"
            " somebody else has changed it. Correct dns_records or the record, then run the phase again"
        )


def low_ttl(record: Record, low: int) -> int:
    """Return the TTL of a record while it is lowered: never more than the site's own."""
    return min(record.ttl, low) if low else record.ttl


def plan_record(record: Record, present: RecordSet, wish: Wish) -> RecordPlan:
    """Decide what one record gets. Raises RefusedError as ``check_ours``."""
    check_ours(record, present.values)
    values = present.values if wish.side == "present" else (record.value(wish.side),)
    low, ttl = low_ttl(record, wish.low_ttl), present.ttl
    if values != present.values:
        ttl = low if wish.ttl == "low" else record.ttl
    elif wish.side == "present" and wish.low_ttl:
        # A record that leads to IDC has moved already: nobody waits for it. And only what we lowered goes back.
        if wish.ttl == "low" and record.side(present.values) == "aws":
            ttl = min(present.ttl, low)
        elif wish.ttl == "back" and present.ttl == low:
            ttl = record.ttl
    return RecordPlan(record, present, RecordSet(values, ttl))


def _check_address(name: str, side: str, value: str, version: int) -> None:
    try:
        found = ipaddress.ip_address(value).version
    except ValueError as error:
        raise ConfigError(f"dns_records: {name} has {value!r} for {side}, which is no address") from error
    if found != version:
        raise ConfigError(
            f"dns_records: {name} has the IPv{found} address {value} for {side} in a record of IPv{version}"
        )
