"""Which errors are new: known ones were there before the migration, or the site says why they may be. Pure."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.errors import ConfigError
from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from failback.logs.signature import Kind

_TOLD = 160


@dataclass(frozen=True)
class Known:
    """An error that the site expects: ``pattern`` is looked for in a case of it, ``because`` goes on record."""

    pattern: re.Pattern[str]
    because: str
    hosts: str = "*"

    @classmethod
    def of(cls, entries: Iterable[Mapping[str, Any]]) -> list[Known]:
        """Read ``watching_known_errors``. Raises ConfigError."""
        found = []
        for number, entry in enumerate(entries):
            where = f"watching_known_errors[{number}]"
            if not entry.get("pattern") or not entry.get("because"):
                raise ConfigError(f"{where} needs pattern (of the line) and because (why it may be there)")
            try:
                pattern = re.compile(str(entry["pattern"]), re.IGNORECASE)
            except re.error as error:
                raise ConfigError(f"{where}: {entry['pattern']!r} is no regular expression: {error}") from error
            found.append(cls(pattern, str(entry["because"]), str(entry.get("hosts") or "*")))
        return found

    def fits(self, host: str, kind: Kind) -> bool:
        """Tell whether it is meant."""
        return fnmatch.fnmatch(host, self.hosts) and self.pattern.search(kind.sample) is not None


@dataclass(frozen=True)
class Judged:
    """``fresh`` are new kinds that go on, ``over`` new ones that were not seen for the quiet time."""

    fresh: tuple[Kind, ...]
    over: tuple[Kind, ...]
    usual: tuple[Kind, ...]
    expected: tuple[tuple[Kind, str], ...]


def judge(  # noqa: PLR0913 - one question, asked in one place
    host: str,
    found: Sequence[Kind],
    before: Collection[str],
    known: Sequence[Known],
    *,
    now: float,
    quiet: float,
) -> Judged:
    """Sort the kinds found. An error whose moment is unknown counts as going on."""
    fresh, over, usual, expected = [], [], [], []
    for kind in sorted(found, key=lambda one: (-one.count, one.signature)):
        because = next((one.because for one in known if one.fits(host, kind)), "")
        if because:
            expected.append((kind, because))
        elif kind.signature in before:
            usual.append(kind)
        elif kind.last is not None and now - kind.last > quiet:
            over.append(kind)
        else:
            fresh.append(kind)
    return Judged(tuple(fresh), tuple(over), tuple(usual), tuple(expected))


def findings(host: str, judged: Judged, quiet: float) -> list[Finding]:
    """Say what is new: a blocker while it goes on, a warning when it was over."""
    found = [
        Finding(
            "blocker",
            f"log:{host}:{kind.signature}"[:200],
            f"{host}: a new kind of error is in the log, {_times(kind)}: {kind.sample[:_TOLD]}",
            "find its cause; if it is harmless, name it in watching_known_errors with the reason",
        )
        for kind in judged.fresh
    ]
    return found + [
        Finding(
            "warning",
            f"log:{host}:{kind.signature}"[:200],
            f"{host}: a new kind of error was in the log, {_times(kind)}, and not in the last {quiet:.0f} s:"
            f" {kind.sample[:_TOLD]}",
            "name its cause in the post-mortem",
        )
        for kind in judged.over
    ]


def _times(kind: Kind) -> str:
    last = kind.as_dict()["last"]
    if kind.count == 1:
        return f"once, at {last}" if last else "once"
    return f"{kind.count} times, last at {last}" if last else f"{kind.count} times"
