"""What a server that would not start said: is its data damaged, or is something else in its way? Pure.

Seen on MySQL 9.7 over a data directory damaged in each of these ways (tests/integration/server). What is in the way
is never cured by a new data directory, so it outweighs: a full disk makes an intact server look damaged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"\[ERROR\] \[MY-\d+\]|assertion failure|got signal \d|corrupt", re.IGNORECASE)
_SHOWN = 6
_WIDTH = 300
COPIES = "copies of its files lie in its data directory"
DAMAGE = (
    (r"killed when InnoDB redo logging was disabled", "it was killed while its redo log was off"),
    (r"neither found #innodb_redo|missing redo log|redo log file .*(missing|not found)", "its redo log is gone"),
    (r"is of a different size .* than specified", "its system tablespace is cut short"),
    (
        r"page corruption|corrupted page|corrupt(ed)? data|checksum mismatch|space id and page number",
        "pages are corrupt",
    ),
    (r"outside the tablespace bounds", "a tablespace is cut short"),
    (r"cannot open datafile .*mysql\.ibd", "the file of the data dictionary is gone"),
    (r"file \S*ibdata\d+: 'open' returned OS error 71", "its system tablespace is gone"),
    (r"log sequence number .* in the future|redo log .*corrupt", "redo log and data do not belong together"),
)
IN_THE_WAY = (
    (r"no space left|disk (is )?full|OS errno 28|error number 28\b|errno: 28\b", "the disk is full"),
    (r"permission denied|must be writable|OS errno 13|error number 13\b|errno: 13\b", "it may not use its files"),
    (r"can't create test file", "it may not write to its data directory"),
    (r"read-only file system|OS errno 30", "the file system is read-only"),
    (r"unknown (variable|option)|unknown suffix|ambiguous option", "its configuration is wrong"),
    (r"persisted config file is corrupt", "mysqld-auto.cnf is damaged: move that one file away"),
    (r"address already in use|do you already have another mysqld", "its port is taken"),
    (r"unable to lock \S*ibdata|another mysqld process", "another server uses the same files"),
    (r"cannot allocate memory|out of memory", "there is not enough memory"),
    (r"multiple files found for the same tablespace", COPIES),
    (r"invalid mysql server (up|down)grade|cannot (up|down)grade|server version .* not supported", "wrong version"),
    (r"uses page size \d{4,}, but the innodb_page_size", "innodb_page_size is not the one of its files"),
    (r"different lower_case_table_names", "lower_case_table_names is not the one of its files"),
    (r"failed to set up SSL|unable to get (certificate|private key)", "its certificate files are wrong"),
    (r"input/output error|OS errno 5\b|error number 5\b", "the disk gives input/output errors"),
    (r"keyring", "its keyring does not open"),
)


@dataclass(frozen=True)
class Words:
    """The meaning of a log, each with the reason in words; ``lines`` are the log's own."""

    damage: tuple[str, ...] = ()
    in_the_way: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def facts(self) -> dict[str, object]:
        """For the record."""
        return {"damage": list(self.damage), "in_the_way": list(self.in_the_way), "log": list(self.lines)}


def read(log: str, *, out_of_memory: bool = False) -> Words:
    """Judge the log of one start that did not succeed."""
    told = [line for line in log.splitlines() if _LINE.search(line)]
    told += [line for line in log.splitlines() if "[Warning]" in line and _first(IN_THE_WAY, line)]
    damage = dict.fromkeys(reason for line in told if (reason := _first(DAMAGE, line)))
    way = dict.fromkeys(reason for line in told if (reason := _first(IN_THE_WAY, line)))
    if out_of_memory:
        way["the engine killed it for want of memory"] = None
    telling = [line for line in told if _first(DAMAGE, line) or _first(IN_THE_WAY, line)] or told
    shown = dict.fromkeys(line.strip()[:_WIDTH] for line in telling)
    return Words(tuple(damage), tuple(way), tuple(shown)[:_SHOWN])


def _first(rules: tuple[tuple[str, str], ...], line: str) -> str:
    return next((reason for pattern, reason in rules if re.search(pattern, line, re.IGNORECASE)), "")
