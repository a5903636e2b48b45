"""Whether binary logs lead from each backup to the cut-over: every archived file that is needed is read wholly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from failback.backup.model import Chain
from failback.binlog import archive
from failback.errors import FailbackError, UnreachableError
from failback.gtid import GtidSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from failback.restore.model import Source


def look(binlogs: Source | None, positions: Mapping[str, str], cutover: GtidSet) -> dict[str, Chain]:
    """Judge the way from each position (by the name of its source). Raises GtidError for what is no GTID set.

    The oldest position is read first: what leads from there to the cut-over leads there from every later one too.
    """
    known: list[tuple[GtidSet, archive.Verified]] = []
    found: dict[str, Chain] = {}
    for name, have in _oldest_first(positions):
        missing = cutover - have
        if not missing:
            found[name] = Chain()
            continue
        covering = next((told for start, told in known if start <= have), None)
        if covering is None:
            chain = _read(binlogs, have, cutover)
            if isinstance(chain, Chain):
                found[name] = chain
                continue
            known.append((have, chain))
            covering = chain
        found[name] = Chain(missing.count(), len(covering.parts), covering.size)
    return found


def by_rds(
    chains: Mapping[str, Chain], positions: Mapping[str, str], cutover: GtidSet, purged: GtidSet, executed: GtidSet
) -> dict[str, Chain]:
    """Judge anew where the archive does not lead to the cut-over: RDS brings it where its own binary logs do.

    ``purged`` and ``executed`` are of RDS. The question is the one the replay asks; RDS may purge logs until then.
    """
    return {
        name: _of_rds(chain)
        if chain.problem and within(cutover - GtidSet.parse(positions[name]), purged, executed)
        else chain
        for name, chain in chains.items()
    }


def within(missing: GtidSet, purged: GtidSet, executed: GtidSet) -> bool:
    """Whether a server with this history still has all of these transactions in its binary logs."""
    return missing <= executed and not purged & missing


def _of_rds(chain: Chain) -> Chain:
    return replace(
        chain,
        kind="binlogs_of_rds",
        problem=f"{chain.problem}; the binary logs that RDS still has reach back to it, and nothing else does",
        next_step="keep them until IDC has replicated (RDS: binlog retention hours), or complete the archive",
        from_rds=True,
    )


def _oldest_first(positions: Mapping[str, str]) -> Iterable[tuple[str, GtidSet]]:
    parsed = [(name, GtidSet.parse(text)) for name, text in positions.items()]
    return sorted(parsed, key=lambda one: one[1].count())


def _read(binlogs: Source | None, have: GtidSet, cutover: GtidSet) -> archive.Verified | Chain:
    missing = (cutover - have).count()
    if binlogs is None:
        return Chain(
            missing,
            kind="binlogs_missing",
            problem=f"{missing} transactions lie between it and the cut-over, and no archive of binary logs is named",
            next_step="name the archive in backup_binlogs.url",
        )
    try:
        return archive.verify(binlogs, have, cutover)
    except UnreachableError as error:
        return Chain(
            missing,
            kind="binlogs_unreachable",
            problem=f"the archive of binary logs at {binlogs.url} cannot be read: {error}",
            next_step="bring the way to it up, or correct backup_binlogs",
        )
    except FailbackError as error:
        return Chain(
            missing,
            kind="binlog_chain",
            problem=f"the binary logs do not lead from it to the cut-over: {error}",
            next_step=f"find the missing binary logs of IDC and put them into {binlogs.url}",
        )
