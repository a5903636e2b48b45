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
_SECTIONS = frozenset(_SECTION_WORDS.split())
_WITH_SERVERS = frozenset({"backend", "listen"})
# Words of a server line that take the next word as their value, so that a `disabled` after them is not the keyword.
_VALUE_WORDS = (
    "addr agent-addr agent-send ca-file cookie crt error-limit id init-addr namespace observe on-error on-marked-down"
    " on-marked-up pool-purge-delay port proto redir resolve-net resolve-prefer resolvers sni socks4 source track"
    " usesrc verifyhost weight"
)
_TAKES_VALUE = frozenset(_VALUE_WORDS.split())
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


def calls_hold(text: str, action: str = "lua.rr_hold") -> bool:
    """Tell whether some proxy sends its requests through the action that makes them wait."""
    return any(
        line.first == "http-request" and line.word(1).split("(")[0] == action for line in _parse(text.splitlines())
    )


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
        if line.first in _SECTIONS:
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
