"""Edit ``disabled`` on named server lines of one backend in a HAProxy configuration, and nothing else.

Pure: text in, text out; every other byte stays. Facts: HAProxy 2.6 configuration manual, sections 2 (format, quoting,
sections), 5.2 (``disabled``, ``enabled`` and ``default-server``: the last word wins). What this code does not
understand it refuses: a half-understood edit of a load balancer's file is worse than none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SECTION_WORDS = (
    "global defaults frontend backend listen peers mailers resolvers userlist cache program ring http-errors"
    " log-forward fcgi-app crt-store log-profile acme traces"
)
SECTIONS = frozenset(_SECTION_WORDS.split())
_WITH_SERVERS = frozenset({"backend", "listen"})
# Words of a server line that take the next word as their value, so that a `disabled` after them is not the keyword.
_VALUE_WORDS = (
    "addr agent-addr agent-send ca-file cookie crt error-limit id init-addr namespace observe on-error on-marked-down"
    " on-marked-up pool-purge-delay port proto redir resolve-net resolve-prefer resolvers sni socks4 source track"
    " usesrc verifyhost weight"
)
_TAKES_VALUE = frozenset(_VALUE_WORDS.split())
_HOLD = "lua.rr_hold"
_PROXIES = frozenset({"frontend", "backend", "listen"})
# What may cut a request while it waits at the node, and while it is on its way through the backend.
_HELD_BY = ("client", "http-request", "http-keep-alive")
_QUEUED_BY = ("queue", "server")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# A word: quoted strings, backslash escapes, anything but blanks and an unquoted '#'.
_WORD = re.compile(r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s#"'\\])+""")


@dataclass(frozen=True)
class Edit:
    """The outcome: the whole text, and per server whether the file had it disabled, and has now."""

    text: str
    before: dict[str, bool]
    after: dict[str, bool]

    @property
    def changed(self) -> bool:
        """Whether any server line was changed."""
        return self.before != self.after


@dataclass(frozen=True)
class _Line:
    """One line: its number in the file (from 0) and its words with their places."""

    index: int
    words: list[re.Match[str]]

    @property
    def first(self) -> str:
        return self.words[0].group() if self.words else ""

    def word(self, place: int) -> str:
        """Return one word without its quotes, "" where there is none."""
        return self.words[place].group().strip("\"'") if place < len(self.words) else ""


def edit_servers(text: str, backend: str, disabled: Mapping[str, bool]) -> Edit:
    """Return the text in which each named server of the backend is disabled or not, as asked for.

    Raises:
        RefusedError: the backend or a server is missing or there twice, or the lines use something that makes the
            effect of ``disabled`` unclear.

    """
    lines = text.splitlines(keepends=True)
    section = _find_section(lines, backend)
    servers = _find_servers(section, backend, disabled)
    before: dict[str, bool] = {}
    for name, line in servers.items():
        found = _keywords(line, name, backend)
        before[name] = bool(found)
        if disabled[name] and not found:
            end = line.words[-1].end()
            lines[line.index] = lines[line.index][:end] + " disabled" + lines[line.index][end:]
        elif found and not disabled[name]:
            lines[line.index] = _without(lines[line.index], found)
    return Edit("".join(lines), before, dict(disabled))


def state_file_directives(text: str) -> list[str]:
    """Name the lines that make a reload take server states from a saved file instead of this one."""
    return [
        f"line {line.index + 1}: {' '.join(word.group() for word in line.words)}"
        for line in _parse(text.splitlines())
        if line.first == "load-server-state-from-file" and line.word(1) != "none"
    ]


def calls_hold(text: str, action: str = _HOLD) -> bool:
    """Tell whether some proxy sends its requests through the action that makes them wait."""
    return any(
        line.first == "http-request" and line.word(1).split("(")[0] == action for line in _parse(text.splitlines())
    )


def short_timeouts(text: str, backend: str, limit: float) -> list[str]:
    """Name the timeouts that would cut a request held for ``limit`` seconds, each as one phrase.

    Looked at are the proxies that hold requests and the backend, each with the ``defaults`` it takes from (the last one
    before it, or the one it names). A timeout that is not set is none.
    """
    sections, defaults = _sections(text)
    found: list[str] = []
    for name, lines in sections.items():
        kinds: tuple[str, ...] = (
            _HELD_BY if any(line.first == "http-request" and line.word(1) == _HOLD for line in lines) else ()
        )
        kinds += _QUEUED_BY if name in {f"backend {backend}", f"listen {backend}"} else ()
        values = _timeouts(sections.get(defaults.get(name, ""), ())) | _timeouts(lines)
        found += [
            f"timeout {kind} of {name} is {values[kind]:g} s" for kind in kinds if values.get(kind, limit + 1) <= limit
        ]
    return found


def _sections(text: str) -> tuple[dict[str, list[_Line]], dict[str, str]]:
    """Cut the file into its sections by name, and say which defaults section each proxy takes from."""
    sections: dict[str, list[_Line]] = {}
    defaults: dict[str, str] = {}
    name = latest = ""
    for line in _parse(text.splitlines()):
        if line.first not in SECTIONS:
            sections.setdefault(name, []).append(line)
            continue
        name = f"{line.first} {line.word(1)}".strip()
        sections[name] = []
        words = [line.word(place) for place in range(len(line.words))]
        named = f"defaults {words[words.index('from') + 1]}" if "from" in words[2:-1] else ""
        if line.first == "defaults":
            latest = name
        elif line.first in _PROXIES:
            defaults[name] = named or latest
    return sections, defaults


def _timeouts(lines: Iterable[_Line]) -> dict[str, float]:
    """Read the timeouts of one section in seconds; a number without a unit is milliseconds (2.5, time format)."""
    found: dict[str, float] = {}
    for line in lines:
        match = re.fullmatch(r"(\d+)(us|ms|s|m|h|d)?", line.word(2)) if line.first == "timeout" else None
        if match:
            found[line.word(1)] = int(match[1]) * _SECONDS[match[2] or "ms"]
    return found


def _parse(lines: Iterable[str]) -> Iterator[_Line]:
    for index, text in enumerate(lines):
        words: list[re.Match[str]] = []
        place = 0
        while True:
            place += len(text[place:]) - len(text[place:].lstrip())
            match = _WORD.match(text, place)
            if match is None:
                break
            words.append(match)
            place = match.end()
        rest = text[place:].strip()
        if rest and not rest.startswith("#"):
            raise RefusedError(f"line {index + 1} of the HAProxy configuration cannot be read: {text.strip()}")
        yield _Line(index, words)


def _find_section(lines: list[str], backend: str) -> list[_Line]:
    """Return the lines of the one backend (or listen) section with this name."""
    found: list[list[_Line]] = []
    inside = False
    for line in _parse(lines):
        if line.first in SECTIONS:
            inside = line.first in _WITH_SERVERS and line.word(1) == backend
            if inside:
                found.append([])
        elif line.first.startswith(".") and inside:
            raise RefusedError(
                f"backend {backend} uses {line.first} (line {line.index + 1}): which lines hold is only known to"
                " HAProxy itself. Take the condition out of this backend"
            )
        elif inside:
            found[-1].append(line)
    if len(found) != 1:
        seen = "no" if not found else f"{len(found)} times a"
        raise RefusedError(f"the HAProxy configuration has {seen} backend {backend}; it must be there exactly once")
    return found[0]


def _find_servers(section: list[_Line], backend: str, wanted: Mapping[str, bool]) -> dict[str, _Line]:
    found: dict[str, _Line] = {}
    for line in section:
        name = line.word(1)
        if line.first == "default-server" and {"disabled", "enabled"} & {word.group() for word in line.words}:
            raise RefusedError(
                f"backend {backend} says disabled or enabled for all its servers (default-server, line"
                f" {line.index + 1}): put the word on the server lines instead"
            )
        if line.first != "server" or name not in wanted:
            continue
        if name in found:
            raise RefusedError(f"backend {backend} has the server {name} twice")
        found[name] = line
    missing = [name for name in wanted if name not in found]
    if missing:
        raise RefusedError(f"backend {backend} has no server line for {', '.join(missing)} in the configuration file")
    return found


def _keywords(line: _Line, name: str, backend: str) -> list[re.Match[str]]:
    """Return the places of the keyword ``disabled`` on a server line."""
    found: list[re.Match[str]] = []
    for place, word in enumerate(line.words[3:], start=3):
        if word.group() not in {"disabled", "enabled"}:
            continue
        if line.words[place - 1].group() in _TAKES_VALUE:
            raise RefusedError(
                f"server {name} of backend {backend}: {word.group()} after {line.words[place - 1].group()} may be a"
                " value or a keyword. Move the keyword to the end of the line"
            )
        if word.group() == "enabled":
            raise RefusedError(
                f"server {name} of backend {backend} carries the keyword enabled, which overrides disabled: take it out"
            )
        found.append(word)
    return found


def _without(text: str, words: list[re.Match[str]]) -> str:
    """Take the words out, each with the blanks before it."""
    for word in reversed(words):
        text = text[: word.start()].rstrip(" \t") + text[word.end() :]
    return text
