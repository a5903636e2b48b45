"""The record's place: one directory per run below RR_HOME/runs, `latest` pointing at the newest, locks beside them."""

from __future__ import annotations

import getpass
import json
import os
import socket
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from failback import journal, scrub

from rollback_runner.errors import RecordError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_LATEST = "latest"


@dataclass(frozen=True)
class Run:
    """One run's directory."""

    directory: Path

    @property
    def id(self) -> str:
        """The run's name, also that of its directory."""
        return self.directory.name

    @property
    def journal(self) -> Path:
        """Where the journal is."""
        return self.directory / "journal.jsonl"

    @property
    def report(self) -> Path:
        """Where the report for machines is; it is missing when the run was killed."""
        return self.directory / "report.json"

    def entries(self) -> list[dict[str, Any]]:
        """Read the journal. Raises `RecordError` when it cannot be read."""
        try:
            return journal.read(self.journal)
        except journal.JournalError as error:
            raise RecordError(f"{error}.", next_step="rollback-runner journal verify") from error

    def read_report(self) -> dict[str, Any] | None:
        """Read the report, or None when the run did not get to write one."""
        try:
            report: dict[str, Any] = json.loads(self.report.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return report


def now() -> str:
    """Return the moment as the record writes it: UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def holder() -> str:
    """Name who carries out a run, and where."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def runs_directory(home: Path) -> Path:
    """Return the directory all runs are in."""
    return home / "runs"


def lock_path(home: Path, site: str) -> Path:
    """Return where a site's lock is."""
    return runs_directory(home) / "locks" / f"{site}.lock"


def new_id(home: Path, site: str, phase: str) -> str:
    """Name a run by its moment, site and phase; a number follows when that name is taken."""
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{site}-{phase}"
    number, name = 1, stem
    while (runs_directory(home) / name).exists():
        number, name = number + 1, f"{stem}-{number + 1}"
    return name


def create(home: Path, run_id: str, secret_files: tuple[str, ...]) -> Run:
    """Make the run's directory, set room aside for its last words, and point `latest` at it.

    Raises `RecordError` when there is no room or no permission: a run that cannot be recorded does not begin.
    """
    directory = runs_directory(home) / run_id
    with _recordable(directory):
        run = _make(directory, secret_files)
        if any(lock_path(home, "x").parent.glob(f"*.{journal.MARKER}")):
            from failback.store import seam  # noqa: PLC0415 - nearly no site keeps its record elsewhere

            seam.mark_run(lock_path(home, "x").parent, directory)
        link = runs_directory(home) / f".{_LATEST}.{os.getpid()}"
        link.symlink_to(run_id)
        link.replace(runs_directory(home) / _LATEST)
    return run


def create_aside(home: Path, shelf: str, run_id: str, secret_files: tuple[str, ...]) -> Run:
    """Make the record of something that is no run of a phase, on a shelf of its own. Raises `RecordError`."""
    directory = home / shelf / run_id
    with _recordable(directory):
        return _make(directory, secret_files)


def _make(directory: Path, secret_files: tuple[str, ...]) -> Run:
    (directory / "evidence").mkdir(parents=True)
    directory.chmod(0o700)
    (directory / scrub.LIST).write_text("\n".join(secret_files) + "\n", encoding="utf-8")
    journal.reserve(directory)
    return Run(directory)


@contextmanager
def _recordable(directory: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, journal.JournalError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise RecordError(
            f"The record cannot be kept in {directory}: {reason}; nothing was done.",
            next_step=f"df -h {directory.parent}, make room or set RR_HOME, then run the same command again",
        ) from error


def give_back_reserve(run: Run) -> None:
    """Free the room that was set aside, once the last word is written."""
    with suppress(OSError):
        (run.directory / journal.RESERVE).unlink()


def all_runs(home: Path) -> list[Run]:
    """List the runs, the newest first."""
    base = runs_directory(home)
    if not base.is_dir():
        return []
    found = [
        path for path in base.iterdir() if path.is_dir() and not path.is_symlink() and (path / scrub.LIST).exists()
    ]
    return [Run(path) for path in sorted(found, key=lambda path: path.name, reverse=True)]


def find(home: Path, name: str | None) -> Run:
    """Find a run by its name, or the newest. Raises `UsageError` when there is none."""
    runs = all_runs(home)
    if not runs:
        raise UsageError(
            f"There is no run below {runs_directory(home)} yet.", next_step="rollback-runner phase emergency"
        )
    if name is None or name == _LATEST:
        return runs[0]
    matches = [run for run in runs if run.id == name or run.id.startswith(name)]
    if len(matches) != 1:
        known = ", ".join(run.id for run in (matches or runs)[:5])
        what = "is not the name of one run only" if matches else "is not a run"
        raise UsageError(f"{name} {what}; newest: {known}.", next_step="rollback-runner status")
    return matches[0]


def write(run: Run, name: str, text: str) -> None:
    """Write a file of the record whole or not at all. Raises `RecordError`."""
    target = run.directory / name
    fresh = target.with_name(f".{name}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(target)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise RecordError(
            f"{target} cannot be written: {error.strerror}; the journal beside it is whole.",
            next_step=f"make room, then rollback-runner report {run.id}",
        ) from error


def write_json(run: Run, name: str, content: Mapping[str, Any]) -> None:
    """Write a JSON file of the record, as `write` does."""
    write(run, name, json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n")
