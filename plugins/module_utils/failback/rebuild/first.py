"""The statements a new server runs before anyone can reach it: accounts, and closed for writes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.sql import quote_account

if TYPE_CHECKING:
    from collections.abc import Sequence

# The accounts a new server has for itself; root gets a password nobody knows and is locked until IDC's own
# accounts are put back.
_CLOSE = (
    "ALTER USER 'root'@'localhost' IDENTIFIED BY RANDOM PASSWORD ACCOUNT LOCK",
    "SET PERSIST event_scheduler = OFF",
    "SET PERSIST read_only = ON",
    "SET PERSIST super_read_only = ON",
    "SHUTDOWN",
)


def statements(user: str, hosts: Sequence[str], password: bytes) -> str:
    """Give the text for ``--init-file``; it holds the password and goes nowhere but into a helper's memory.

    Raises UnicodeDecodeError for a password that is not UTF-8.
    """
    secret = password.decode("utf-8").replace("\\", "\\\\").replace("'", "''")
    # Persisted settings that are carried over close the server, whatever its command line says.
    made: list[str] = ["SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF"]
    made += ["SET SESSION sql_log_bin = 0", "SET SESSION sql_mode = ''"]
    for host in hosts:
        account = quote_account(user, host)
        if (user, host) == ("root", "localhost"):
            continue  # it is there, and is locked below: an administrator comes over the network
        made.append(f"CREATE USER {account} IDENTIFIED BY '{secret}'")
        made.append(f"GRANT ALL PRIVILEGES ON *.* TO {account} WITH GRANT OPTION")
    return "".join(f"{statement};\n" for statement in (*made, *_CLOSE))
