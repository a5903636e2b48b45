"""What the record of an incident holds at one moment: its runs' journals, what people said, what was found. Reads only.

A line is known by an id that anybody can look up: ``RUN#7`` is line 7 of that run's journal, ``people#3`` a word,
``RUN/report`` a report and ``facts/NAME`` what was found.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback import journal
from failback.errors import FailbackError
from failback.people import words

from rollback_runner.record import store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Line:
    """One line of a run's journal."""

    run: str
    seq: int
    time: str
    kind: str
    fields: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Where it can be looked up."""
        return f"{self.run}#{self.seq}"

    def get(self, name: str, default: Any = "") -> Any:
        """Return a field."""
        return self.fields.get(name, default)


@dataclass(frozen=True)
class RunTold:
    """One run as far as it went. ``metrics`` are what its report holds of the clients' ledger, where one was kept."""

    id: str
    lines: tuple[Line, ...]
    metrics: Mapping[str, Any] = field(default_factory=dict)

    @property
    def begin(self) -> Line:
        """Its first line."""
        return self.lines[0]

    @property
    def drill(self) -> str:
        """The scenario that is drilled; "" when it is no drill."""
        return str((self.begin.get("options") or {}).get("drill") or "")

    @property
    def legs(self) -> tuple[str, ...]:
        """The legs it is to carry out."""
        return tuple(str(name) for name in self.begin.get("legs") or ())


@dataclass(frozen=True)
class Story:
    """An incident's record. Rehearsals are not part of it: they change nothing, so there is nothing to tell."""

    incident: str
    runs: tuple[RunTold, ...] = ()
    said: tuple[tuple[int, words.Word], ...] = ()
    found: Mapping[str, Any] = field(default_factory=dict)
    approvals: tuple[tuple[int, Mapping[str, Any]], ...] = ()

    @property
    def drill(self) -> tuple[str, str]:
        """Name the scenario and the line that says so; empty when this is no drill."""
        return next(((run.drill, run.begin.id) for run in self.runs if run.drill), ("", ""))

    @property
    def last(self) -> RunTold | None:
        """The newest run."""
        return self.runs[-1] if self.runs else None

    def lines(self) -> Iterator[Line]:
        """Go through all runs' lines, the oldest first."""
        for run in self.runs:
            yield from run.lines

    @property
    def attempts(self) -> tuple[tuple[Line, ...], ...]:
        """Cut the lines where a run was taken back: what was proven before an abort says nothing of what is now."""
        found: list[list[Line]] = [[]]
        for line in self.lines():
            found[-1].append(line)
            if line.kind == "end" and line.get("outcome") == "aborted":
                found.append([])
        return tuple(tuple(lines) for lines in found)


def read(home: Path, incident: Path, *, metrics: bool = False) -> Story:
    """Read the record as it stands. What cannot be read is left out: nothing is told that was not read.

    ``metrics`` also reads the reports of the runs that ended.
    """
    return Story(
        incident=incident.name,
        runs=tuple(_runs(home, incident, metrics=metrics)),
        said=tuple(_said(incident)),
        found=_found(incident),
        approvals=tuple(_approvals(incident)),
    )


def of_entries(run_id: str, entries: Sequence[Mapping[str, Any]], metrics: Mapping[str, Any] | None = None) -> RunTold:
    """Build a run from the lines of its journal."""
    own = {"seq", "time", "kind", "prev"}
    lines = tuple(
        Line(
            run_id,
            int(entry["seq"]),
            str(entry["time"]),
            str(entry["kind"]),
            {key: value for key, value in entry.items() if key not in own},
        )
        for entry in entries
    )
    return RunTold(run_id, lines, dict(metrics or {}))


def _runs(home: Path, incident: Path, *, metrics: bool) -> Iterator[RunTold]:
    base = store.runs_directory(home)
    if not base.is_dir():
        return
    # Both names begin with their moment, so no run of this incident sorts before it.
    names = sorted(path.name for path in base.iterdir() if path.name >= incident.name[:16] and not path.is_symlink())
    for name in names:
        path = base / name / "journal.jsonl"
        if not _of_incident(path, incident.name):
            continue
        try:
            entries = journal.read(path)
        except journal.JournalError:
            continue
        if entries and entries[0]["kind"] == "begin":
            report = store.Run(base / name).read_report() if metrics else None
            yield of_entries(name, entries, (report or {}).get("metrics"))


def _of_incident(path: Path, name: str) -> bool:
    try:
        with path.open("rb") as stream:
            options = json.loads(stream.readline()).get("options") or {}
    except (OSError, ValueError, AttributeError):
        return False
    return str(options.get("incident") or "").rstrip("/").rpartition("/")[2] == name and not options.get("check")


def _said(incident: Path) -> Iterator[tuple[int, words.Word]]:
    try:
        said = words.read(incident).said
    except FailbackError:
        return  # changed by hand: nobody said it
    yield from enumerate(said, start=1)


def _found(incident: Path) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted((incident / "facts").glob("[!.]*.json")):
        if path.stem.partition(".")[0] in {"stake", "sla"}:
            try:
                found[path.stem] = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
    return found


def _approvals(incident: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    path = incident / "approvals.jsonl"
    if not path.exists():
        return
    try:
        lines = journal.read(path)
    except journal.JournalError:
        return
    for line in lines:
        if line["kind"] == "approval":
            try:
                yield int(line["seq"]), json.loads(line["statement"])
            except (ValueError, KeyError):
                continue


def earlier(home: Path, site: str, but: Path) -> Iterator[Mapping[str, Any]]:
    """Read what other incidents of the site did to the service level (``facts/sla.json``)."""
    base = incidents.shelf(home, site)
    for path in sorted(base.glob("*/facts/sla.json")) if base.is_dir() else ():
        if path.parent.parent.is_symlink() or path.parent.parent.name == but.name:
            continue
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(found, dict):
            yield found
