"""What in the server's error log matters. Pure.

The lines come from performance_schema.error_log (8.0.22 and later), which survives a restart: only those since
the server's last start are judged. An error matters unless a rule below says why not; a warning matters only if a
rule says so; the rest is counted.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.mysql import Row

SINCE_START = (
    "SELECT logged AS logged, prio AS prio, error_code AS error_code, subsystem AS subsystem, data AS data"
    " FROM performance_schema.error_log"
    " WHERE logged >= NOW(6) - INTERVAL (SELECT CAST(variable_value AS UNSIGNED) + 5"
    " FROM performance_schema.global_status WHERE variable_name = 'Uptime') SECOND"
    " AND prio IN ('Error', 'Warning') ORDER BY logged"
)
SHOWN_LIMIT = 20  # lines that matter, kept whole in the record


@dataclass(frozen=True)
class Rule:
    """A pattern over the text, with the reason that goes on the record."""

    pattern: re.Pattern[str]
    reason: str


def _rule(pattern: str, reason: str) -> Rule:
    return Rule(re.compile(pattern, re.IGNORECASE), reason)


GRAVE = (
    _rule(r"corrupt|checksum mismatch|page .* log sequence number", "data on disk may be damaged"),
    _rule(r"marked as crashed|is crashed", "a table is marked as crashed"),
    _rule(r"no space left|disk (is )?full|errno: 28|error 28\b", "the disk is full"),
    _rule(r"out of memory|cannot allocate memory", "the server ran out of memory"),
    _rule(r"semaphore wait has lasted", "a thread hung for minutes inside InnoDB"),
    _rule(r"input/output error|errno: 5\b|os error number 5\b", "the disk gives input/output errors"),
    _rule(r"got signal \d+|assertion failure", "the server crashed"),
    _rule(r"too many open files|errno: 24\b", "the server ran out of file handles"),
    _rule(r"certificate .*(has )?expired", "a certificate has expired: clients that verify it will be refused"),
)
HARMLESS = (
    _rule(r"aborted connection", "a client went away without saying so"),
    _rule(r"server upgrade|data dictionary upgrad", "message of an upgrade that ended before the server opened"),
    _rule(r"mysqlx|x plugin", "the X protocol is not used by the applications"),
    _rule(r"timed? ?out waiting for|killed during", "end of a session that was being shut down"),
)
# The receiver of our own channel loses RDS once the network fence closes; promotion had FINAL by then.
_RECEIVER = re.compile(
    r"replica I/O|error (re)?connecting to source|reading packet from server|lost connection", re.IGNORECASE
)
_APPLIER = re.compile(r"replica (SQL|worker)|coordinator|applier", re.IGNORECASE)
# Said of every applier that was killed in mid-transaction. What refuses a transaction has a line of its own.
_KILLED = re.compile(r"threads are stopped, possibly leaving data in inconsistent state", re.IGNORECASE)


@dataclass(frozen=True)
class Verdict:
    """What was found. ``matters`` and ``harmless`` are sentences with their reason."""

    counts: dict[str, int]
    matters: tuple[str, ...]
    harmless: dict[str, int]


def judge(rows: Sequence[Row], own_channel: str) -> Verdict:
    """Judge the lines of ``SINCE_START``; ``own_channel`` is the replication channel this tool made."""
    counts: Counter[str] = Counter()
    harmless: Counter[str] = Counter()
    matters: Counter[str] = Counter()
    for row in rows:
        severity, code, text = str(row["prio"]), str(row["error_code"]), str(row["data"])
        counts[severity] += 1
        weight, reason = _weigh(severity, text, own_channel)
        if weight:
            matters[f"{code} {text[:300]} ({reason})"] += 1
        else:
            harmless[f"{code}: {reason}"] += 1
    shown = tuple(f"{line} [{times} times]" if times > 1 else line for line, times in matters.items())
    return Verdict(dict(counts), shown[:SHOWN_LIMIT], dict(harmless))


def _weigh(severity: str, text: str, own_channel: str) -> tuple[bool, str]:
    for rule in GRAVE:
        if rule.pattern.search(text):
            return True, rule.reason
    own = _weigh_own(severity, text) if f"channel '{own_channel}'" in text.lower() else None
    harmless = next((rule.reason for rule in HARMLESS if rule.pattern.search(text)), "")
    if own is not None or harmless:
        return own or (False, harmless)
    if severity == "Error":
        return True, "an error without a known harmless cause"
    return False, "a warning without a known grave cause"


def _weigh_own(severity: str, text: str) -> tuple[bool, str] | None:
    """Judge a line about our own channel; None when it is like any other line."""
    if _KILLED.search(text):
        return False, "our applier was killed, its transaction rolled back, and FINAL was applied afterwards"
    if _APPLIER.search(text) and severity == "Error":
        return True, "the applier of our channel stopped on this"
    if _RECEIVER.search(text) or severity == "Warning":
        return False, "the receiver of our own channel lost RDS, which the fence does on purpose"
    return None
