"""What a server that would not start says of itself: damage, or something in the way."""

from __future__ import annotations

import pytest
from failback.rebuild import words

LOGS = [
    (
        "[ERROR] [MY-013598] [InnoDB] Server was killed when InnoDB redo logging was disabled. Data files",
        "redo log was off",
    ),
    (
        "[ERROR] [MY-013862] [InnoDB] Neither found #innodb_redo subdirectory, nor ib_logfile* files in ./",
        "redo log is gone",
    ),
    (
        (
            "[ERROR] [MY-012263] [InnoDB] The Auto-extending innodb_system data file './ibdata1' is of a different size"
            " 384 pages (rounded down to MB) than specified in the .cnf file"
        ),
        "cut short",
    ),
    (
        "[ERROR] [MY-011906] [InnoDB] Database page corruption on disk or a failed file read of page",
        "pages are corrupt",
    ),
    (
        (
            "[ERROR] [MY-012153] [InnoDB] Trying to access page number 381 in space 4294967294, space name mysql, which"
            " is outside the tablespace bounds."
        ),
        "a tablespace is cut short",
    ),
    ("[ERROR] [MY-012216] [InnoDB] Cannot open datafile for read-only: 'mysql.ibd' OS error: 71", "dictionary is gone"),
    ("[ERROR] [MY-012646] [InnoDB] File ./ibdata1: 'open' returned OS error 71. Cannot continue", "tablespace is gone"),
]
OBSTACLES = [
    ("[ERROR] [MY-012271] [InnoDB] The innodb_system data file 'ibdata1' must be writable", "may not use its files"),
    ("[Warning] [MY-010091] [Server] Can't create test file /var/lib/mysql/mysqld_tmp", "may not write"),
    ("[ERROR] [MY-000067] [Server] unknown variable 'nonsense_option=1'.", "configuration is wrong"),
    ("[ERROR] [MY-010214] [Server] Persisted config file is corrupt. Please ensure", "mysqld-auto.cnf"),
    ("[ERROR] [MY-012209] [InnoDB] Multiple files found for the same tablespace ID:", "copies of its files"),
    ("[ERROR] [MY-012574] [InnoDB] Unable to lock ./ibdata1 error: 11", "another server"),
    ("[ERROR] [MY-012639] [InnoDB] Write to file ./ibtmp1 failed: No space left on device", "the disk is full"),
    ("[ERROR] [MY-010262] [Server] Can't start server: Bind on TCP/IP port: Address already in use", "port is taken"),
]


@pytest.mark.parametrize(("line", "meaning"), LOGS)
def test_damage_in_the_servers_words(line: str, meaning: str) -> None:
    found = words.read(f"2026-11-22T06:55:04Z 1 {line}\n2026-11-22T06:55:05Z 0 [ERROR] [MY-010119] [Server] Aborting")
    assert (len(found.damage), found.in_the_way) == (1, ())
    assert meaning in found.damage[0]
    assert found.lines


@pytest.mark.parametrize(("line", "meaning"), OBSTACLES)
def test_what_is_in_the_way_is_no_damage(line: str, meaning: str) -> None:
    found = words.read(f"2026-11-22T06:55:04Z 1 {line}\n")
    assert (found.damage, len(found.in_the_way)) == ((), 1), found
    assert meaning in found.in_the_way[0]


def test_a_quiet_log_says_nothing_and_want_of_memory_counts() -> None:
    assert words.read("2026-11-22T06:55:04Z 0 [System] [MY-010910] Shutdown complete") == words.Words()
    assert words.read("", out_of_memory=True).in_the_way
