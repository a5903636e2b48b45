"""Whether the journals in an archive hold together, looked at one by one as the record is read through."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from failback import journal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollback_runner.archive.manifest import File, Manifest


class Chains:
    """The journals of the record: each line of one carries the digest of the line before."""

    def __init__(self, manifest: Manifest) -> None:
        self._scrubbed = {file.name for file in manifest.files if file.scrubbed}
        self._ends = {f"runs/{run.id}/journal.jsonl": journal.Head(run.lines, run.digest) for run in manifest.runs}
        self._found: dict[str, list[str]] = {}

    def look(self, file: File, content: bytes) -> None:
        """Take a file in passing; one that is no journal is none of ours."""
        if file.name in self._scrubbed or not content or not _is_journal(content):
            return
        with _in_memory(content) as path:
            self._found[file.name] = journal.verify(path, self._ends.pop(file.name, None))

    def broken(self) -> list[tuple[str, str]]:
        """Name the journals that do not hold together, each with the first thing that is wrong."""
        return [(name, found[0]) for name, found in self._found.items() if found]

    def missing(self) -> list[str]:
        """Name the journals of runs that are not there, although the manifest says where they ended."""
        return [name for name, end in self._ends.items() if end.lines and name not in self._scrubbed]

    @property
    def held(self) -> int:
        """How many hold together."""
        return sum(1 for found in self._found.values() if not found)


def _is_journal(content: bytes) -> bool:
    try:
        first = json.loads(content.split(b"\n", 1)[0])
    except ValueError:
        return False
    return isinstance(first, dict) and first.keys() >= {"seq", "time", "kind", "prev"}


@contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    descriptor = os.memfd_create("journal")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as target:
            target.write(content)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
