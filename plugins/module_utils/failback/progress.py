"""How far long work is: told at most once a second, into a small file of the run that is always whole.

The plugins that take minutes (restore, comparison, clone) write one file a host, ``RUN/progress/HOST.json``; the
command shows it while the play goes on. Times are seconds, shares are from 0 to 1, -1 is "not known yet".
"""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EVERY = 1.0  # seconds between two reports, at least
_FOLDER = "progress"


class Snapshot(Protocol):
    """What every report has, whatever its own figures are; a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def stage(self) -> str:
        """What is done now."""

    @property
    def share(self) -> float:
        """Part that is done."""

    @property
    def rate(self) -> float:
        """Units a second."""

    @property
    def elapsed(self) -> float:
        """Seconds so far, those of earlier runs included."""

    @property
    def forecast_seconds(self) -> float:
        """Seconds of the whole, what is over included."""

    @property
    def budget_seconds(self) -> float:
        """Seconds it may take; 0 is no limit."""

    @property
    def breach(self) -> bool:
        """Whether it takes, or will take, longer than that."""


S = TypeVar("S", bound=Snapshot)


@dataclass(frozen=True)
class Work:
    """Long work as another process reads it."""

    work: str
    host: str
    stage: str
    share: float
    rate: float
    unit: str
    elapsed: float
    forecast_seconds: float
    budget_seconds: float
    breach: bool
    ended: bool
    written_at: float

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Work:
        """Read what `Teller` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        return cls(
            work=str(data["work"]),
            host=str(data["host"]),
            stage=str(data["stage"]),
            share=float(data["share"]),
            rate=float(data["rate"]),
            unit=str(data["unit"]),
            elapsed=float(data["elapsed"]),
            forecast_seconds=float(data["forecast_seconds"]),
            budget_seconds=float(data["budget_seconds"]),
            breach=bool(data["breach"]),
            ended=bool(data["ended"]),
            written_at=float(data["written_at"]),
        )


class Teller(Generic[S]):
    """Tells snapshots: into the file, to a listener, and a breach once, at once. Any thread may come by."""

    def __init__(
        self,
        work: str,
        unit: str,
        *,
        file: Path | None = None,
        tell: Callable[[S], None] | None = None,
        breach: Callable[[S], None] | None = None,
    ) -> None:
        self._work, self._unit, self._file, self._tell, self._breach = work, unit, file, tell, breach
        self._lock = threading.Lock()
        self._told = 0.0
        self._breached = False

    def report(self, snapshot: S | Callable[[], S], *, force: bool = False, ended: bool = False) -> None:
        """Tell where the work is, if the last word is a second old or it matters (``force``)."""
        with self._lock:
            now = time.monotonic()
            if not force and now - self._told < EVERY:
                return
            self._told = now
        seen = snapshot() if callable(snapshot) else snapshot
        if self._file is not None:
            write(self._file, self._record(seen, self._file.stem, ended=ended))
        if self._tell is not None:
            self._tell(seen)
        if seen.breach and not self._breached:
            self._breached = True
            if self._breach is not None:
                self._breach(seen)

    def _record(self, seen: S, host: str, *, ended: bool) -> dict[str, Any]:
        figures = {
            "stage": seen.stage,
            "share": round(seen.share, 4),
            "rate": round(seen.rate, 1),
            "elapsed": round(seen.elapsed, 3),
            "forecast_seconds": round(seen.forecast_seconds, 1),
            "budget_seconds": seen.budget_seconds,
            "breach": seen.breach,
        }
        common = {"work": self._work, "unit": self._unit, "host": host, "ended": ended}
        return asdict(seen) | figures | common | {"written_at": time.time()}


def file_of(run: Path, host: str) -> Path:
    """Name the file of one host in a run's directory."""
    return run / _FOLDER / f"{host.replace('/', '_')}.json"


def of_environment(host: str) -> Path | None:
    """Name the file of one host in the run that goes on; None outside of one."""
    directory = os.environ.get("RR_RUN_DIR", "")
    return file_of(Path(directory), host) if directory else None


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Replace the file in one step; a reader never sees half of it. A full disk must not stop the work."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        path.parent.mkdir(exist_ok=True)
        beside.write_text(json.dumps(dict(content)), encoding="utf-8")
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def works(run: Path) -> list[Work]:
    """Read what every host of a run tells; what cannot be read is passed over."""
    found = []
    for path in sorted((run / _FOLDER).glob("[!.]*.json")):
        with suppress(OSError, ValueError, KeyError, TypeError):
            found.append(Work.from_dict(json.loads(path.read_text(encoding="utf-8"))))
    return found
