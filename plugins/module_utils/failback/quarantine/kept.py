"""What a quarantine keeps safe, for the promotion: what IDC lacks must lie there whole, or IDC does not open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from failback.errors import RefusedError
from failback.gtid import GtidSet
from failback.quarantine import collect, records

if TYPE_CHECKING:
    from pathlib import Path


def claimed(folder: Path) -> GtidSet:
    """Read which GTIDs the quarantine says it holds. Raises RefusedError when it is missing or unfinished."""
    return _read(folder)[2]


def transactions(folder: Path) -> GtidSet:
    """Give the GTIDs whose row changes lie in the quarantine, after its files were verified against their digests.

    Reads and decodes every file. Raises RefusedError when one is missing, unfinished, changed or has a gap.
    """
    cutover, digest, whole = _read(folder)
    try:
        collect.verify(folder, cutover, cutover | whole)
    except RefusedError as error:
        raise RefusedError(f"the quarantine in {folder} is not whole: {error}", error.evidence) from error
    if records.digest(folder / records.CHANGES) != digest:
        raise RefusedError(f"{folder / records.CHANGES} was changed since it was written: collect anew")
    return whole


def _read(folder: Path) -> tuple[GtidSet, str, GtidSet]:
    """Read the cut-over, the digest of the change set, and the transactions."""
    try:
        index = json.loads((folder / collect.RAW / "index.json").read_text(encoding="utf-8"))
        summary = json.loads((folder / records.SUMMARY).read_text(encoding="utf-8"))
        cutover, final = GtidSet.parse(str(index["cutover"])), GtidSet.parse(str(index["final"]))
        return cutover, str(summary["digest"]), final - cutover
    except (OSError, ValueError, KeyError) as error:
        raise RefusedError(
            f"{folder} holds no finished quarantine ({error}), so what RDS took since the cut-over may be nowhere:"
            " rollback-runner phase full --part restore collects it"
        ) from error
