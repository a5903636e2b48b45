"""What a quarantine keeps safe, for the promotion: what IDC lacks must lie there whole, or IDC does not open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from failback.errors import RefusedError
from failback.gtid import GtidSet
from failback.quarantine import collect, records

if TYPE_CHECKING:
    from pathlib import Path


def transactions(folder: Path) -> GtidSet:
    """Give the GTIDs whose row changes lie in the quarantine, after its files were verified against their digests.

    Raises RefusedError when it is missing, unfinished, changed or has a gap.
    """
    try:
        index = json.loads((folder / collect.RAW / "index.json").read_text(encoding="utf-8"))
        summary = json.loads((folder / records.SUMMARY).read_text(encoding="utf-8"))
        cutover, final = GtidSet.parse(str(index["cutover"])), GtidSet.parse(str(index["final"]))
        digest = str(summary["digest"])
    except (OSError, ValueError, KeyError) as error:
        raise RefusedError(
            f"{folder} holds no finished quarantine ({error}), so what RDS took since the cut-over may be nowhere:"
            " rollback-runner phase full --part restore collects it"
        ) from error
    collect.verify(folder, cutover, final)
    if records.digest(folder / records.CHANGES) != digest:
        raise RefusedError(f"{folder / records.CHANGES} was changed since it was written: collect anew")
    return final - cutover
