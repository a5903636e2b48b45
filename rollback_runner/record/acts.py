"""What the journal says about acts: which are unfinished, and whether IDC was made writable. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

Promoted = Literal["no", "begun", "yes"]
PROMOTION = "SWITCH-01"
OPENING = "open IDC for writes"  # the act of mysql_promote; raising counters before it opens nothing
_KEYS = ("act", "plugin", "host", "task")


def unfinished(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """List the acts that were announced and whose outcome is not on record; only the world knows if they took."""
    open_acts: list[Mapping[str, Any]] = []
    for entry in entries:
        if entry["kind"] == "intent":
            open_acts.append(entry)
        elif entry["kind"] == "outcome":
            same = next((act for act in open_acts if _key(act) == _key(entry)), None)
            if same is not None:
                open_acts.remove(same)
    return [{key: str(act.get(key, "")) for key in ("act", "host", "task", "time")} for act in open_acts]


def promoted(entries: Iterable[Mapping[str, Any]], databases: Collection[str]) -> Promoted:
    """Tell whether IDC was made writable: the act that opens it, or a run that found it open.

    `begun` is the dangerous answer and treated as such: only the world can tell, and the abort playbook asks it.
    """
    state: Promoted = "no"
    for entry in entries:
        if entry.get("host") not in databases:
            continue
        if entry["kind"] == "promoted":
            state = "yes"
        if PROMOTION not in str(entry.get("task", "")) or not str(entry.get("act", "")).startswith(OPENING):
            continue
        if entry["kind"] == "intent" and state == "no":
            state = "begun"
        elif entry["kind"] == "outcome" and entry.get("ok"):
            state = "yes"
    return state


def _key(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(entry.get(key) for key in _KEYS)
