"""Read a ledger folder back into writes and reads. Touches nothing but the files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lab.shop.outcome import Outcome
from lab.traffic.ledger import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SIDES_FILE = "sides.json"
NANO = 1_000_000_000


class LedgerError(ValueError):
    """The ledger cannot be read; the message names the file and what is wrong."""


@dataclass(frozen=True)
class Write:
    """One write as its client knows it. `started` and `ended` are in seconds of the machine's monotonic clock."""

    token: str
    client: str
    kind: str
    started: float
    ended: float | None = None
    outcome: Outcome = Outcome.UNKNOWN
    server_uuid: str = ""
    status: int = 0
    code: int = 0
    message: str = "no answer on record"
    started_wall: float = 0.0


@dataclass(frozen=True)
class Read:
    """One HTTP read: its status (0 where no answer came) and how long it took, in seconds."""

    client: str
    status: int
    seconds: float


@dataclass
class Records:
    """Everything that a ledger folder says. `sides` gives each side's server_uuid."""

    sides: dict[str, str]
    writes: list[Write] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)


def read_ledger(folder: Path) -> Records:
    """Read all clients' files. Raises LedgerError."""
    try:
        sides = json.loads((folder / SIDES_FILE).read_text(encoding="utf-8"))
        records = Records(sides={str(name): str(uuid) for name, uuid in sides.items()})
        files = sorted(folder.glob("*.jsonl"))
        if not files:
            raise LedgerError(f"{folder}: no client has written a ledger here")
        for path in files:
            _read_client(read_lines(path), path.stem, records)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise error if isinstance(error, LedgerError) else LedgerError(f"{folder}: {error}") from error
    return records


def _read_client(lines: Iterable[dict[str, Any]], client: str, records: Records) -> None:
    kind = ""
    open_writes: dict[str, Write] = {}
    for line in lines:
        event, at = line["event"], line["mono"] / NANO
        if event == "start":
            kind = line["kind"]
        elif event == "intent":
            token = line["token"]
            open_writes[token] = Write(token, client, kind, at, started_wall=line["wall"] / NANO)
        elif event == "read":
            records.reads.append(Read(client, int(line["status"]), float(line["seconds"])))
        elif event in set(Outcome):
            write = open_writes.pop(line["token"])
            records.writes.append(
                replace(
                    write,
                    ended=at,
                    outcome=Outcome(event),
                    server_uuid=line.get("server_uuid", ""),
                    status=int(line.get("status", 0)),
                    code=int(line.get("code", 0)),
                    message=line.get("message", ""),
                ),
            )
    # A client that was killed left writes without an answer: nobody knows what became of them.
    records.writes.extend(open_writes.values())
