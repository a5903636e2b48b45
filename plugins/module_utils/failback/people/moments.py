"""Moments as people write them, kept in UTC and in the site's local time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from failback.errors import ConfigError

_RELATIVE = re.compile(r"now\s*(?:([+-])\s*(\d+)\s*(s|m|h))?", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_HOW = "write 2026-03-01T04:05:06+09:00, 2026-03-01 04:05 (local time) or now-10m"


@dataclass(frozen=True)
class Moment:
    """A moment in UTC and in local time, both as ISO 8601 text, and the zone of the latter."""

    utc: str
    local: str
    zone: str

    def as_dict(self) -> dict[str, str]:
        """Return it as it is kept."""
        return {"utc": self.utc, "local": self.local, "zone": self.zone}


def parse(text: str, zone: str, now: datetime | None = None) -> Moment:
    """Read ISO 8601 (without an offset: local time of ``zone``), or ``now``, ``now-10m``, ``now+1h``.

    Raises ConfigError for anything else, and for a local time that a change of the clocks left out or repeated.
    """
    place = _zone(zone)
    now = now or datetime.now(UTC)
    if match := _RELATIVE.fullmatch(text.strip()):
        sign, amount, unit = match.groups()
        shift = timedelta(seconds=int(amount) * _SECONDS[unit.lower()]) if amount else timedelta()
        return _both(now - shift if sign == "-" else now + shift, place)
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ConfigError(f"{text!r} is no moment: {_HOW}") from error
    if found.tzinfo is None:
        found = _local(found, place, text)
    return _both(found, place)


def after(moment: Moment, now: datetime | None = None, *, slack: float = 60.0) -> bool:
    """Tell whether a moment is still to come, more than ``slack`` seconds from now: clocks differ a little."""
    return datetime.fromisoformat(moment.utc) > (now or datetime.now(UTC)) + timedelta(seconds=slack)


def _local(naive: datetime, place: ZoneInfo, text: str) -> datetime:
    first, second = naive.replace(tzinfo=place), naive.replace(tzinfo=place, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first
    # Either offset leads back to the same wall clock when the hour came twice, to another one when it never came.
    came = first.astimezone(UTC).astimezone(place).replace(tzinfo=None) == naive
    why = "came twice" if came else "never came"
    raise ConfigError(f"{text!r} {why} in {place.key}, where the clocks were changed: write the offset too ({_HOW})")


def _both(found: datetime, place: ZoneInfo) -> Moment:
    utc = found.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Moment(utc, found.astimezone(place).isoformat(timespec="seconds"), place.key)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(f"site_timezone: {name!r} is no time zone this machine knows") from error
