"""Quoting of names, texts and accounts for statements that cannot bind them. Pure."""

from __future__ import annotations


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
