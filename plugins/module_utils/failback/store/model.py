"""What belongs to a site's state, how it travels, and which way a file goes that changed here, there or on both sides.

Pure: names and digests in, decisions out. Whatever is not named here stays on its machine: processes and their logs,
locks, the war room's tokens, the lab, looks that nobody goes back to.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Form = Literal["journal", "whole", "big", "link"]
Way = Literal["same", "push", "pull", "both"]

# A directory for each run, whichever site it was of; its marker or the first line of its journal says which.
OF_RUNS = ("runs", "baseline-runs", "proof-runs", "rehearsals", "stopgaps")
OF_SITES = ("incidents", "baseline", "proofs", "quarantine", "archives")
_BIG = frozenset({"quarantine", "archives"})  # not brought along by itself to every machine
_HERE_ONLY = frozenset({"companions", "scratch"})
_HERE_ONLY_NAMES = frozenset({"journal.reserve", "store.json", "store.lost"})
_HERE_ONLY_ENDS = (".lock", ".mutex", ".sock", ".pid")
# Lines that only tell: they go to the store along with the next one.
TAG_ALONG = frozenset({"task", "item", "leg_began", "store_lost", "store_back"})
_SHORTEST = 3  # parts of a key: shelf, run or site, name
_OPENING = "open IDC for writes"  # the act after which there is no way back (rollback_runner.record.acts)


def form(key: str, site: str) -> Form | None:
    """Say how a file below RR_HOME travels; None when it stays. Whether a run is the site's is not judged here."""
    parts = key.split("/")
    if len(parts) < _SHORTEST or not all(part and not part.startswith(".") for part in parts):
        return None
    shelf, name = parts[0], parts[-1]
    if shelf not in OF_RUNS and (shelf not in OF_SITES or parts[1] != site):
        return None
    if _HERE_ONLY & set(parts) or name in _HERE_ONLY_NAMES or name.endswith(_HERE_ONLY_ENDS):
        return None
    if shelf in _BIG:
        return "big"
    if shelf == "incidents" and len(parts) == _SHORTEST and name == "current":
        return "link"
    return "journal" if name.endswith(".jsonl") else "whole"


@dataclass(frozen=True)
class Known:
    """How a file was when it was last exchanged: its digest (sha256, hex) and its version at the store.

    `size` and `stamp` (mtime, ns) are those of the file here; as long as they are the same it is not read again.
    """

    digest: str
    version: str
    size: int = -1
    stamp: int = 0


def decide(known: Known | None, here: str | None, there: str | None) -> Way:
    """Say which way a file goes; `here` is its digest, `there` its version, each None where there is no file.

    Nothing is removed on either side: a file that is missing here is brought again only when it changed at the store.
    """
    if known is None:
        if here is None or there is None:
            return "same" if here is there else "pull" if here is None else "push"
        return "both"
    changed_here = here is not None and here != known.digest
    changed_there = there is not None and there != known.version
    if changed_there:
        return "both" if changed_here else "pull"
    return "push" if changed_here or (here is not None and there is None) else "same"


def lines(content: bytes) -> Iterator[dict[str, Any]]:
    """Read the whole lines of a journal."""
    for raw in content.splitlines():
        try:
            entry = json.loads(raw)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry


def told_up_to(content: bytes) -> int:
    """Return how many bytes of a journal the store has if it was told of all it should: lines at the end tag along."""
    end = len(content)
    for raw in reversed(content.splitlines(keepends=True)):
        if next(lines(raw), {"kind": "task"}).get("kind") not in TAG_ALONG:
            break
        end -= len(raw)
    return end


def may_go_on(content: bytes) -> bool:
    """Tell whether acts of this run may go on although the store is silent, by the run's journal.

    Yes once stopping would harm: IDC was opened or its opening begun, here or in the run that is resumed; it goes back;
    or a release's rollback has begun to act. Otherwise what is not on record elsewhere is not begun.
    """
    release = False
    for entry in lines(content):
        kind = entry.get("kind")
        if kind == "begin":
            options: Mapping[str, Any] = entry.get("options") or {}
            if entry.get("phase") == "abort" or options.get("promoted_before") in {"begun", "yes"}:
                return True
            release = bool(options.get("deployment"))
        elif kind in {"abort", "promoted"} or (
            kind == "intent" and (release or str(entry.get("act", "")).startswith(_OPENING))
        ):
            return True
    return False


def must_be_there(kind: str, content: bytes) -> bool:
    """Tell whether this line may only be written when the store has it too: what announces, not what tells."""
    return kind == "begin" or (kind == "intent" and not may_go_on(content))
