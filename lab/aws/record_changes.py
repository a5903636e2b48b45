"""What a change batch of Route 53 may do, judged by the records that stand. Pure.

Moto judges by the history of all changes: it refuses what was done once before (a TTL lowered a second time), and
deletes a record by any value it ever had. Both would mislead a tool that swaps a record only while it is what was read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Change = Mapping[str, Any]
    Key = tuple[str, str, str]


class BatchError(ValueError):
    """The batch is refused as a whole; the message is Route 53's."""


def standing(history: Iterable[Change]) -> list[Change]:
    """Reduce the history of changes to what stands: one entry for each record, none for one that was deleted."""
    found: dict[Key, Change] = {}
    for change in history:
        key = _key(change)
        if change["Action"] == "DELETE":
            found.pop(key, None)
        else:
            found[key] = {**change, "Action": "UPSERT"}
    return list(found.values())


def check(stands: Iterable[Change], batch: Iterable[Change]) -> None:
    """Refuse a batch that deletes what is not so, or creates what is there. Raises BatchError."""
    now = {_key(change): _content(change) for change in stands}
    for change in batch:
        key = _key(change)
        told = f"resource record set [name='{key[0]}.', type='{key[1]}']"
        if change["Action"] == "DELETE" and key not in now:
            raise BatchError(f"Tried to delete {told} but it was not found")
        if change["Action"] == "DELETE" and now[key] != _content(change):
            raise BatchError(f"Tried to delete {told} but the values provided do not match the current values")
        if change["Action"] == "CREATE" and key in now:
            raise BatchError(f"Tried to create {told} but it already exists")
        if change["Action"] == "DELETE":
            del now[key]
        else:
            now[key] = _content(change)


def _key(change: Change) -> Key:
    records = change["ResourceRecordSet"]
    return records["Name"].strip("."), records["Type"], records.get("SetIdentifier", "")


def _content(change: Change) -> dict[str, Any]:
    return {name: value for name, value in change["ResourceRecordSet"].items() if name != "Name"}
