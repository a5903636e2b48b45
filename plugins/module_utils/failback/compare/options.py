"""What a comparison can be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from failback.compare.explain import RowChange

# strict: both sides stand still, everything must be equal. explained: IDC lives, RDS stands at FINAL.
Mode = Literal["strict", "explained"]


@dataclass(frozen=True)
class Options:
    """How to compare. Times are seconds."""

    mode: Mode = "strict"
    final: str = ""  # GTID set that IDC must have; in mode explained, where IDC's own changes begin
    # Gives IDC's row changes (since, until); needed in mode explained.
    changes: Callable[[str, str], Iterable[RowChange]] | None = None
    workers: int = 2  # connections that read, on each server
    chunk_rows: int = 50_000
    named: int = 20  # rows shown of each table; the counts are exact whatever the limit
    max_running: int = 0  # other threads running on a server above which it counts as busy; 0: never
    busy: Callable[[], str] | None = None  # the site's own judgement: the reason to hold back, or ""
    patience: float = 10.0
    timeout: float = 900.0  # for one chunk; a table without a key is one chunk
    ledger: Path | None = None  # file that lets an interrupted comparison go on
    tables: frozenset[str] | None = None  # labels; None: every table of the schemas

    def __post_init__(self) -> None:
        if self.mode == "explained" and (not self.final or self.changes is None):
            raise ConfigError("to explain differences FINAL and IDC's binary log are needed: give final")
        if self.workers < 1 or self.chunk_rows < 1 or self.named < 0:
            raise ConfigError("workers and chunk_rows must be 1 or more, named 0 or more")
