"""How figures and moments are written for people, in both languages. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rollback_runner.korean import told

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback_runner.checklist import Language

_MINUTE, _HOUR = 60, 3600
_TENTHS = 10  # seconds below which a tenth matters
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def filters(language: Language, zone: str) -> dict[str, Callable[..., str]]:
    """Return what templates may use: clock, moment, span, number, percent, told."""
    return {
        "clock": lambda value: clock(value, zone),
        "moment": lambda value: moment(value, language, zone),
        "span": lambda value: span(value, language),
        "number": number,
        "told": lambda value: told(value, language),
        "percent": lambda value, digits=1: percent(value, language, digits),
    }


def clock(value: datetime, zone: str) -> str:
    """Write a time of day with its zone: 21:52 KST."""
    local = value.astimezone(_zone(zone))
    return f"{local:%H:%M} {local:%Z}"


def moment(value: datetime, language: Language, zone: str) -> str:
    """Write a day and a time of day with its zone: 22 Nov 21:52 KST, 11월 22일 21:52 KST."""
    local = value.astimezone(_zone(zone))
    if language == "ko":
        return f"{local.month}월 {local.day}일 {local:%H:%M} {local:%Z}"
    return f"{local.day} {_MONTHS[local.month - 1]} {local:%H:%M} {local:%Z}"


def span(seconds: float, language: Language) -> str:
    """Write a length of time with what matters of it: 0.9 s, 42 s, 3 min 10 s, 2 h 5 min.

    A time is never written shorter than it was: 0.04 s is not "0.0 s".
    """
    korean = language == "ko"
    if seconds < _TENTHS:
        tenths = -(-round(seconds * 1000) // 100) / 10
        return f"{tenths:.1f}초" if korean else f"{tenths:.1f} s"
    whole = -(-round(seconds * 1000) // 1000)
    hours, minutes, rest = whole // _HOUR, whole % _HOUR // _MINUTE, whole % _MINUTE
    if hours:
        minutes += 1 if rest else 0
        hours, minutes = hours + minutes // 60, minutes % 60
        parts = [(hours, "시간" if korean else " h"), (minutes, "분" if korean else " min")]
    else:
        parts = [(minutes, "분" if korean else " min"), (rest, "초" if korean else " s")]
    return " ".join(f"{count}{unit}" for count, unit in parts if count)


def number(value: float) -> str:
    """Write a count with its thousands apart: 33,343."""
    return f"{value:,.0f}"


def percent(share: float, language: Language = "en", digits: int = 1) -> str:
    """Write a share: 51.2%. What is below 100 % never becomes 100 by rounding, and what is above 0 never 0."""
    scale = 10**digits
    cut = int(share * 100 * scale) / scale
    if share > 0 and cut == 0 and round(share * 100, digits) == 0:
        least = f"{1 / scale:.{digits}f}%"
        return f"{least} 미만" if language == "ko" else f"under {least}"
    shown = cut if share < 1 <= round(share * 100, digits) / 100 else share * 100
    return f"{shown:.{digits}f}%"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def utc(value: datetime) -> str:
    """Write a moment as the record does."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
