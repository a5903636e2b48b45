"""Moments as people read them: UTC, and the site's own time beside it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone(name: str) -> ZoneInfo | None:
    """Find a time zone by its name; None for one that this machine does not know: a look must not end there."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def parse(text: str) -> datetime | None:
    """Read a moment as docker, MySQL and AWS write it (UTC unless it says otherwise); None when it is none."""
    text = text.strip().replace("Z", "+00:00")
    if not text or text.startswith("0001-"):
        return None
    head, dot, rest = text.partition(".")
    if dot:  # docker gives nanoseconds
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        text = f"{head}.{digits[:6]}{rest[len(digits) :]}"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def utc(moment: datetime) -> str:
    """Write a moment in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local(moment: datetime, where: tzinfo) -> str:
    """Write a moment in the site's time, with its distance from UTC."""
    return moment.astimezone(where).isoformat(timespec="seconds")


def shown(text: str) -> str:
    """Write a moment in UTC as a sentence has it; what is none stays as it is."""
    moment = parse(text)
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC") if moment else text
