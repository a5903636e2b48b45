"""Statements that change shape: what each is about, and whether IDC can run it. Pure.

A statement in the binary log is not parsed as the server parses it: only its head is read, after strings and comments
are taken out. What is not recognised counts as ``other`` and is told all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = Literal["table", "program", "schema", "account", "maintenance", "temporary", "other"]
Act = Literal["create", "alter", "drop", "truncate", "rename", ""]

_NAME = r"(?:`(?:[^`]|``)+`|[\w$]+)"
_FULL = rf"{_NAME}(?:\s*\.\s*{_NAME})?"
_EXISTS = r"(IF\s+(?:NOT\s+)?EXISTS\s+)?"
# A comment of the form /*!50001 ... */ is code for the server; any other is not.
_CODE = re.compile(r"/\*!\d*(.*?)\*/", re.DOTALL)
_NOISE = re.compile(r"/\*.*?\*/|(?:--\s|#)[^\n]*|'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"", re.DOTALL)
_FLAGS = re.IGNORECASE | re.DOTALL

_TABLE = re.compile(rf"(CREATE|ALTER)\s+TABLE\s+{_EXISTS}({_FULL})(.*)", _FLAGS)
_DROP = re.compile(rf"DROP\s+TABLES?\s+{_EXISTS}(.*)", _FLAGS)
_TRUNCATE = re.compile(rf"TRUNCATE\s+(?:TABLE\s+)?({_FULL})", _FLAGS)
_RENAME = re.compile(r"RENAME\s+TABLES?\s+(.*)", _FLAGS)
_PAIR = re.compile(rf"({_FULL})\s+TO\s+({_FULL})", _FLAGS)
_ALTER_RENAME = re.compile(rf"\bRENAME\s+(?!COLUMN\b|INDEX\b|KEY\b)(?:TO\s+|AS\s+|=\s*)?({_FULL})", _FLAGS)
_INDEX = re.compile(
    rf"(?:CREATE\s+(?:UNIQUE\s+|FULLTEXT\s+|SPATIAL\s+)?|DROP\s+)INDEX\s+{_NAME}.*?\bON\s+({_FULL})", _FLAGS
)
_TEMPORARY = re.compile(r"(?:CREATE|DROP)\s+TEMPORARY\b", _FLAGS)
_SCHEMA = re.compile(rf"(CREATE|ALTER|DROP)\s+(?:DATABASE|SCHEMA)\s+{_EXISTS}({_NAME})", _FLAGS)
_PROGRAM = re.compile(
    r"(?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?(?:[A-Z_]+\s*=\s*\S+\s+|SQL\s+SECURITY\s+\w+\s+|AGGREGATE\s+)*"
    rf"(?:VIEW|TRIGGER|PROCEDURE|FUNCTION|EVENT|LIBRARY)\s+{_EXISTS}({_FULL})",
    _FLAGS,
)
_ACCOUNT = re.compile(
    r"(?:(?:CREATE|ALTER|DROP|RENAME)\s+(?:USER|ROLE)|GRANT|REVOKE|SET\s+(?:PASSWORD|DEFAULT\s+ROLE))\b", _FLAGS
)
_MAINTENANCE = re.compile(r"(?:ANALYZE|OPTIMIZE|REPAIR|CHECK|FLUSH)\b", _FLAGS)


@dataclass(frozen=True)
class Target:
    """What a statement is about; tables and pairs as ``schema.table``."""

    kind: Kind
    act: Act = ""
    tables: tuple[str, ...] = ()
    schema: str = ""  # of CREATE, ALTER and DROP DATABASE
    renames: tuple[tuple[str, str], ...] = ()
    careful: bool = False  # IF EXISTS, IF NOT EXISTS: it may have done nothing


def plain_text(text: str) -> str:
    """Take out strings and comments; what a comment holds for the server to run stays."""
    return _NOISE.sub(" ", _CODE.sub(r"\1", text)).strip()


def target(text: str, schema: str) -> Target:
    """Read what a statement is about; ``schema`` is the session's own, for names without one."""
    plain = plain_text(text)
    for pattern, make in _FORMS:
        if found := pattern.match(plain):
            return make(found, schema)
    return Target("other")


def _rename(found: re.Match[str], schema: str) -> Target:
    pairs = tuple((_label(old, schema), _label(new, schema)) for old, new in _PAIR.findall(found[1]))
    return Target("table", "rename", tuple(name for pair in pairs for name in pair), renames=pairs)


def _drop(found: re.Match[str], schema: str) -> Target:
    names = re.findall(_FULL, re.sub(r"\s+(?:RESTRICT|CASCADE)\s*$", "", found[2].strip(), flags=_FLAGS))
    return Target("table", "drop", tuple(_label(name, schema) for name in names), careful=bool(found[1]))


def _table(found: re.Match[str], schema: str) -> Target:
    label = _label(found[3], schema)
    if found[1].upper() == "CREATE":
        return Target("table", "create", (label,), careful=bool(found[2]))
    renamed = _ALTER_RENAME.search(found[4])
    if renamed:
        new = _label(renamed[1], label.partition(".")[0])
        return Target("table", "rename", (label, new), renames=((label, new),))
    return Target("table", "alter", (label,))


def _label(name: str, schema: str) -> str:
    parts = [_bare(part) for part in re.findall(_NAME, name)]
    return ".".join(parts[-2:]) if len(parts) > 1 else f"{schema}.{parts[0] if parts else name}"


def _bare(name: str) -> str:
    return name[1:-1].replace("``", "`") if name.startswith("`") else name


def _schema(found: re.Match[str], _schema: str) -> Target:
    acts: dict[str, Act] = {"CREATE": "create", "ALTER": "alter", "DROP": "drop"}
    return Target("schema", acts[found[1].upper()], schema=_bare(found[3]), careful=bool(found[2]))


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], Target]], ...] = (
    (_TEMPORARY, lambda _found, _schema: Target("temporary")),
    (_RENAME, _rename),
    (_TABLE, _table),
    (_DROP, _drop),
    (_TRUNCATE, lambda found, schema: Target("table", "truncate", (_label(found[1], schema),))),
    (_INDEX, lambda found, schema: Target("table", "alter", (_label(found[1], schema),))),
    (_SCHEMA, _schema),
    (_PROGRAM, lambda found, schema: Target("program", tables=(_label(found[2], schema),))),
    (_ACCOUNT, lambda _found, _schema: Target("account")),
    (_MAINTENANCE, lambda _found, _schema: Target("maintenance")),
)
