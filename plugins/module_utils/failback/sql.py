"""Quoting of names, texts and accounts for statements that cannot bind them. Pure."""

from __future__ import annotations

import re


def quote_name(name: str) -> str:
    """Quote one identifier."""
    return "`" + name.replace("`", "``") + "`"


def quote_text(text: str) -> str:
    """Quote one string literal. Sound because every session here runs without NO_BACKSLASH_ESCAPES."""
    escaped = text.replace("\\", "\\\\").replace("'", "''").replace("\0", "\\0")
    return f"'{escaped}'"


def quote_account(user: str, host: str) -> str:
    """Quote one account as ``'user'@'host'``."""
    return f"{quote_text(user)}@{quote_text(host)}"


_ACCOUNT = re.compile(
    r"^\s*(?:/\*.*?\*/\s*)*(?:CREATE\s+USER|ALTER\s+USER|GRANT|SET\s+PASSWORD|CHANGE\s+(?:MASTER|REPLICATION)"
    r"|START\s+(?:SLAVE|REPLICA)|CREATE\s+SERVER|ALTER\s+SERVER)\b",
    re.IGNORECASE | re.DOTALL,
)
_STRING = r"(?:'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|0x[0-9a-f]+)"
# A string that no such word precedes is consumed too: else its closing quote would look like an opening one.
_SECRET = re.compile(
    rf"(\b(?:AS|BY|REPLACE|\w*PASSWORD(?:\s+FOR\s+\S+)?\s*=?)\s*){_STRING}|{_STRING}", re.IGNORECASE | re.DOTALL
)


def without_secrets(statement: str) -> str:
    """Hide passwords and their hashes in a statement about accounts; any other statement comes back as it is."""
    if not _ACCOUNT.match(statement):
        return statement
    return _SECRET.sub(lambda found: f"{found[1]}'<hidden>'" if found[1] else found[0], statement)
