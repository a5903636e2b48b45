"""What is counted: rows by table, transactions by what they are, statements as they were written. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from failback.stake.ddl import Target
    from failback.stake.words import Text


@dataclass
class Rows:
    """Changes of rows."""

    insert: int = 0
    update: int = 0
    delete: int = 0
    bytes: int = 0

    @property
    def changes(self) -> int:
        """All of them."""
        return self.insert + self.update + self.delete

    def add(self, other: Rows) -> None:
        """Add up."""
        self.insert += other.insert
        self.update += other.update
        self.delete += other.delete
        self.bytes += other.bytes


@dataclass
class Table:
    """What happened to one table. ``lacking`` is the part that IDC has not got yet."""

    rows: Rows = field(default_factory=Rows)
    lacking: Rows = field(default_factory=Rows)
    transactions: int = 0
    first: int = 0  # seconds since 1970 UTC
    last: int = 0
    was_there: bool = True  # at the cut-over
    dropped: bool = False  # and not there any more
    truncated: int = 0

    @property
    def passing(self) -> bool:
        """Made and dropped since the cut-over: nothing of it is left to be saved."""
        return self.dropped and not self.was_there


@dataclass(frozen=True)
class Statement:
    """A change of shape or of accounts, or one that changed rows without telling which (``data``)."""

    gtid: str
    time: int
    text: str
    target: Target
    data: bool
    on_idc: bool
    obstacle: Text = field(default_factory=dict)  # what in it IDC cannot run; judged on all of it, not on ``text``


@dataclass
class Totals:
    """Transactions by what they are; ``read`` is all of them."""

    read: int = 0
    data: int = 0  # changed rows of the service
    shape: int = 0  # statements, no rows of the service
    foreign: int = 0  # rows of other schemas alone
    housekeeping: int = 0  # RDS's own
    empty: int = 0  # no rows, no statement; the first half of an XA transaction is one, too
    undecoded: int = 0
    lacking: int = 0  # of data, shape and undecoded ones, those IDC has not got
    bytes: int = 0  # of binary log, in all
    data_bytes: int = 0
    first: int = 0  # of data, seconds since 1970 UTC
    last: int = 0
    first_lacking: int = 0  # of those IDC has not got

    def saw(self, time: int, size: int, *, on_idc: bool) -> None:
        """Note the moment and the size of a transaction with the service's data."""
        self.data_bytes += size
        self.first, self.last = self.first or time, time
        if not on_idc:
            self.first_lacking = self.first_lacking or time


@dataclass
class Open:
    """The transaction that is being read."""

    gtid: str
    time: int
    on_idc: bool
    grouped: bool = False  # between BEGIN and its end
    bytes: int = 0
    tables: dict[str, Rows] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    savepoints: dict[str, dict[str, Rows]] = field(default_factory=dict)
    own_statement: bool = False  # one on RDS's own tables
    unread: str = ""
    xa: str = ""
