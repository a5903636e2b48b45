"""The files of the record that the war room hands out: reports of this incident's runs, and what people attached.

A name is looked up in a list, never joined to a path: what is not in the list does not exist here, whatever it is
spelled like. A symbolic link is not followed.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from failback.people.attachments import FOLDER

from rollback_runner.record import store
from rollback_runner.war_room.reader import FILES

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.war_room.board import Board

MOST = 64 << 20  # bytes; more is fetched from the server itself
_TYPES = {"report.html": "text/html", "report.md": "text/plain", "report.json": "application/json"}
# A report may carry its own style and pictures, and nothing else: no script, no form, no request to anywhere.
REPORT_CSP = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"


def report(home: Path, board: Board, run: str, name: str) -> tuple[bytes, str] | None:
    """Return a report of a run of the incident shown, and its type; None for anything else."""
    known = next((one for one in board.runs if one.id == run), None)
    if known is None or name not in FILES:
        return None
    found = _content(store.runs_directory(home) / known.id, name)
    return None if found is None else (found, f"{_TYPES[name]}; charset=utf-8")


def attachment(incident: Path | None, name: str) -> bytes | None:
    """Return a file that somebody attached to a word in this incident; None for anything else."""
    folder = incident / FOLDER if incident is not None else None
    if folder is None or not folder.is_dir() or name not in {entry.name for entry in os.scandir(folder)}:
        return None
    return None if name.startswith(".") else _content(folder, name)


def _content(directory: Path, name: str) -> bytes | None:
    """Read a regular file of a directory; None where there is none, or it is a link, or too large."""
    try:
        handle = os.open(directory / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as stream:
        state = os.fstat(stream.fileno())
        if not stat.S_ISREG(state.st_mode) or state.st_size > MOST:
            return None
        return stream.read()
