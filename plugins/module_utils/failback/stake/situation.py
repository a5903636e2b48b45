"""What the verdict on the data is made from, and what it says. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from failback.gtid import GtidSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.idc_data import IdcData
    from failback.stake.words import Text

Saved = Literal["all", "part", "nothing", "unknown"]


@dataclass(frozen=True)
class Situation:
    """What is known. Sets are empty where a server could not be asked; texts are "" or {} where nothing is wrong."""

    idc: IdcData
    idc_why: Text  # why its data cannot be used
    cutover: GtidSet
    purged: GtidSet  # on RDS
    idc_executed: GtidSet
    rds_silent: str = ""
    errant: GtidSet = field(default_factory=GtidSet)  # on IDC, from nowhere; not what it took since it was opened
    no_replication: Text = field(default_factory=dict)  # what forbids replicating from RDS to IDC at all
    unreplayable: Sequence[tuple[str, Text]] = ()  # (statement, what IDC cannot run)
    filtered: Sequence[str] = ()  # tables IDC's filters leave out
    unreadable: str = ""  # RDS answers, but does not give its binary logs
    incidents: int = 0
    left_out: Sequence[str] = ()  # schemas of the service that RDS keeps out of its binary log
    uncounted: Text = field(default_factory=dict)  # why not all of the binary logs was read
    last_seen: int = 0  # transactions IDC lacks of what RDS had when it was last read
    last_seen_at: str = ""

    def missing_logs(self, *, whole: bool) -> GtidSet:
        """Transactions that RDS's binary logs no longer hold; ``whole``: those that IDC has got itself, too."""
        have = GtidSet() if whole or not self.idc.usable else self.idc_executed
        return self.purged - self.cutover - have


@dataclass(frozen=True)
class Loss:
    """What would be lost. ``transactions`` None: nobody can tell how many."""

    key: str
    text: Text
    transactions: int | None = None
    gtid: str = ""


@dataclass(frozen=True)
class Way:
    """Whether a way can be gone, and whether it saves all; ``why`` says why not."""

    name: str
    possible: bool
    saves_all: bool
    why: Text


@dataclass(frozen=True)
class Verdict:
    """The answer. ``way`` is the first that saves all, else the best there is, "" when there is none.

    ``unknown`` with a way: it saves all of what was read, and not all was read.
    """

    saved: Saved
    way: str
    text: Text
    lost: tuple[Loss, ...]
    ways: tuple[Way, ...]
