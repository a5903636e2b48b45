"""Turn lines of a log into kinds of errors: what differs from one case to the next is taken out. Pure.

Nothing is assumed of a log's format. A line counts as an error when it says so in one of the usual words; the lines of
a Python or Java stack trace belong to one error, whose name is its last line and where it was raised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SAYS_SO = re.compile(
    r"\b(?:error|fatal|panic|crit|critical|alert|emerg|emergency|severe|exception|traceback|segfault|oom-kill)\b"
    r"|\b[A-Z]\w*(?:Error|Exception)\b|out of memory|\[(?:ERROR|ALERT)\]",
    re.IGNORECASE,
)
# A word that says how often nothing happened, or how long an error may last, is no error.
_NO_ERROR = re.compile(r"\b(?:0|no|without) (?:errors?|exceptions?)\b|\berrors?[=:] ?0\b", re.IGNORECASE)
_AT = re.compile(r"\s*(?P<at>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?) ?")
# Wherever it stands: threads that write at once put their lines behind each other's.
_TRACE_BEGINS = re.compile(r"Traceback \(most recent call last\):")
_JAVA_BEGINS = re.compile(r"^(?:Exception in thread|Caused by:)")
_JAVA_GOES_ON = re.compile(r"^\s+(?:at |\.\.\. \d+ )|^\s*(?:Caused by|Suppressed):")
_LONGEST_TRACE = 200  # lines
_FRAME = re.compile(r'^\s+File "(?P<file>[^"]+)", line \d+, in (?P<name>\S+)|^\s+at (?P<java>[\w.$]+)\(')
_RAISED = re.compile(r"^(?P<kind>[\w.]+(?:Error|Exception|Interrupt|Exit|Warning|Timeout)\b|[\w.]+\.[A-Z]\w+)(?::|$)")
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^\s*[-=*#]{8,}"), ""),  # a ruler that another line was written behind
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<address>"),
    (re.compile(r"\[[0-9a-f:]*:[0-9a-f:]+\](?::\d+)?", re.IGNORECASE), "<address>"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "<mail>"),
    (re.compile(r"\b0x[0-9a-f]+\b|\b[0-9a-f]{12,}\b", re.IGNORECASE), "<hex>"),
    (re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`"), "<text>"),
    (re.compile(r"\d+(?:[.,]\d+)*"), "<n>"),
    (re.compile(r"\s+"), " "),
)
# Numbers that are a name: what the server or the protocol calls the error.
_CODE = re.compile(
    r"(?:\bMY-(?P<mysql>\d{6})\b)|(?:\berrno:? (?P<errno>\d+)\b)|(?:\(\s?(?P<code>\d{4}), )|(?:\b(?P<http>5\d\d)\b)"
)
_LONGEST = 240
_SAMPLE = 500


@dataclass(frozen=True)
class Line:
    """One line, and the moment it was written (seconds since 1970), where that is known."""

    text: str
    at: float | None = None


@dataclass
class Kind:
    """One kind of error. ``sample`` is a case of it, word for word; moments are seconds since 1970, None: unknown."""

    signature: str
    sample: str
    count: int = 0
    first: float | None = None
    last: float | None = None
    hosts: set[str] = field(default_factory=set)

    def add(self, at: float | None, times: int = 1) -> None:
        """Count one more case."""
        self.count += times
        if at is not None:
            self.first = at if self.first is None else min(self.first, at)
            self.last = at if self.last is None else max(self.last, at)

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON would hold it."""
        return {"signature": self.signature, "sample": self.sample, "count": self.count} | {
            "first": _iso(self.first),
            "last": _iso(self.last),
        }


def lines(text: str) -> Iterator[Line]:
    """Split a log; a moment at the beginning of a line, as `docker logs --timestamps` writes it, is taken off."""
    for raw in text.splitlines():
        found = _AT.match(raw)
        if found is None:
            yield Line(raw)
            continue
        yield Line(raw[found.end() :], moment(found["at"]))


def moment(text: str) -> float | None:
    """Read a moment; without a zone it is UTC. None when it is none."""
    try:
        # Docker writes nanoseconds, which Python does not read.
        found = datetime.fromisoformat(re.sub(r"([.,]\d{6})\d+", r"\1", text.replace(",", ".")))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def kinds(log: Iterable[Line]) -> dict[str, Kind]:
    """Find the kinds of errors in a log, by signature."""
    found: dict[str, Kind] = {}
    for text, name, at in _errors(log):
        signature = normal(name)
        kind = found.setdefault(signature, Kind(signature, text[:_SAMPLE]))
        kind.add(at)
    return found


def normal(text: str) -> str:
    """Take out of a line what differs from case to case; the number that names the error stays in front."""
    code = _CODE.search(text)
    number = next((value for value in code.groups() if value), "") if code else ""
    for pattern, word in _RULES:
        text = pattern.sub(word, text)
    text = text.strip()[:_LONGEST]
    return f"{number} {text}" if number else text


def merged(parts: Iterable[tuple[str, Iterable[Kind]]]) -> list[Kind]:
    """Put what several hosts found together, the most frequent first."""
    found: dict[str, Kind] = {}
    for host, some in parts:
        for one in some:
            whole = found.setdefault(one.signature, Kind(one.signature, one.sample))
            whole.add(one.first, 0)
            whole.add(one.last, one.count)
            whole.hosts.add(host)
    return sorted(found.values(), key=lambda one: (-one.count, one.signature))


def _errors(log: Iterable[Line]) -> Iterator[tuple[str, str, float | None]]:
    """Give each error: a case word for word, what its name is made of, and when."""
    trace: list[Line] = []
    begun = 0  # traces that threads write into each other: each has an end of its own
    for line in _without_java(log):
        if isinstance(line, tuple):
            yield line
            continue
        begun += _TRACE_BEGINS.search(line.text) is not None
        if begun:
            trace.append(line)
            ends = _RAISED.match(line.text)
            if ends or len(trace) > _LONGEST_TRACE:
                yield _traced(trace)
                begun = begun - 1 if ends else 0
            trace = trace if begun else []
        elif _SAYS_SO.search(line.text) and not _NO_ERROR.search(line.text) and not _FRAME.match(line.text):
            yield line.text, line.text, line.at
    if trace:
        yield _traced(trace)


def _without_java(log: Iterable[Line]) -> Iterator[Line | tuple[str, str, float | None]]:
    """Give each Java trace as one error, and every other line as it is."""
    java: list[Line] = []
    for line in log:
        if java and _JAVA_GOES_ON.match(line.text):
            java.append(line)
            continue
        if java:
            yield _java(java)
        java = [line] if _JAVA_BEGINS.match(line.text) else []
        if not java:
            yield line
    if java:
        yield _java(java)


def _traced(trace: Sequence[Line]) -> tuple[str, str, float | None]:
    frames = [found for line in trace if (found := _FRAME.match(line.text))]
    where = ""
    if frames:
        last = frames[-1]
        where = last["java"] or f"{last['file'].rpartition('/')[2]} in {last['name']}"
    said = trace[-1].text.strip()
    return (f"{said} ({where})", f"{said} at {where}", trace[0].at) if where else (said, said, trace[0].at)


def _java(trace: Sequence[Line]) -> tuple[str, str, float | None]:
    """Name a Java trace by its last cause, and where that was raised."""
    causes = [number for number, line in enumerate(trace) if line.text.lstrip().startswith("Caused by:")]
    first = causes[-1] if causes else 0
    where = next((found["java"] for line in trace[first:] if (found := _FRAME.match(line.text))), "")
    said = trace[first].text.strip()
    return (f"{said} ({where})", f"{said} at {where}", trace[0].at) if where else (said, said, trace[0].at)


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
