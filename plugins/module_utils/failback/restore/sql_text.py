r"""SQL text as dump tools write it: names, strings, SET statements. Pure; bytes in, bytes or text out.

Sources: mysqldump writes strings through mysql_real_escape_string_quote with backslashes (it sets an empty sql_mode on
its session), so a line break inside a string is always ``\n`` in the text: a raw line break is never inside a string.
mydumper does the same with double quotes. Seen so on 9.7.4 and on mydumper 0.10 and 1.0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# In double quotes where a program was made with ANSI_QUOTES.
NAME = rb"(?:`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\"|[\w$\x80-\xff]+)"
QUALIFIED = NAME + rb"(?:\s*\.\s*" + NAME + rb")?"
# Every string of a text, either quote; possessive, so that a long one costs no memory.
STRING = re.compile(rb"'[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'|\"[^\"\\]*+(?:(?:\\.|\"\")[^\"\\]*+)*+\"", re.DOTALL)
_COMMENT = re.compile(rb"/\*(?!!|M!).*?\*/|^--(?:\s[^\n]*)?$|^#[^\n]*$", re.DOTALL | re.MULTILINE)
_QUOTED = re.compile(rb"(" + STRING.pattern + rb"|`(?:[^`]|``)*`)|" + _COMMENT.pattern, re.DOTALL | re.MULTILINE)
_SETTING = re.compile(
    rb"(?<![\w@.])(?:@@(?:session\.|global\.)?)?(sql_mode|time_zone|character_set_client|collation_connection)\s*=\s*"
    rb"('(?:[^'\\]|\\.)*'|@[\w@.]+|[\w+:-]*)",
    re.IGNORECASE,
)
_NAMES = re.compile(rb"\bSET\s+NAMES\s+'?(\w+)'?(?:\s+COLLATE\s+'?(\w+)'?)?", re.IGNORECASE)
# What marks the start of a statement or comment; anything else at that place is no SQL.
SQL_WORD = re.compile(
    rb"(?:/\*|--|#|;|\(|(?:INSERT|REPLACE|CREATE|DROP|ALTER|SET|USE|LOCK|UNLOCK|DELIMITER|CHANGE|START|STOP|RESET|"
    rb"COMMIT|BEGIN|GRANT|REVOKE|FLUSH|ANALYZE|CALL|DELETE|UPDATE|LOAD|ROLLBACK|SAVEPOINT|RENAME|TRUNCATE|INSTALL|XA|SELECT|"
    rb"WITH|DO|OPTIMIZE|CHECK|REPAIR|SHOW|SOURCE|HANDLER|IMPORT|CLONE|UNINSTALL|SIGNAL|PREPARE|EXECUTE|DEALLOCATE)\b)",
    re.IGNORECASE,
)
# What a dump tool or a client prints when it fails, at the start of a line.
ERROR_LINE = re.compile(
    rb"^(?:mysqldump|mysqlpump|mariadb-dump|mydumper|mysql)(?:\.exe)?: .*|^\*\* \((?:process|mydumper):\d+\): .*|"
    rb"^ERROR \d{3,5}(?: \(\w{5}\))?[: ].*|^Warning: A partial dump .*|^Segmentation fault.*|^Killed$",
    re.MULTILINE,
)


# MySQL's names of character sets and Python's.
_CODECS = {
    "latin1": "cp1252",
    "latin2": "iso8859_2",
    "latin5": "iso8859_9",
    "latin7": "iso8859_13",
    "cp1250": "cp1250",
    "cp1251": "cp1251",
    "cp1256": "cp1256",
    "cp1257": "cp1257",
    "greek": "iso8859_7",
    "hebrew": "iso8859_8",
    "koi8r": "koi8_r",
    "koi8u": "koi8_u",
    "euckr": "euc_kr",
    "ujis": "euc_jp",
    "eucjpms": "euc_jp",
    "sjis": "shift_jis",
    "cp932": "cp932",
    "gb2312": "gb2312",
    "gbk": "gbk",
    "gb18030": "gb18030",
    "big5": "big5",
    "tis620": "tis_620",
}


def unquote_name(raw: bytes) -> str:
    """Give the name that stands quoted (or bare) in a text."""
    if raw.startswith(b"`"):
        raw = raw[1:-1].replace(b"``", b"`")
    elif raw.startswith(b'"'):
        raw = raw[1:-1].replace(b'""', b'"')
    return raw.decode("utf-8", "surrogateescape")


def split_name(raw: bytes) -> tuple[str, str]:
    """Give ("", table) or (schema, table) of a name as it stands in a statement."""
    found = re.findall(NAME, raw)
    if len(found) == 1:
        return "", unquote_name(found[0])
    return unquote_name(found[0]), unquote_name(found[1])


def text(raw: bytes) -> str:
    """Decode a statement. Definitions are in UTF-8, but mydumper 1.0 leaves ENUM values in the column's own set.

    What is in no known set survives as surrogates.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        found = re.search(rb"DEFAULT CHARSET=(\w+)", raw)
        default = found.group(1) if found else b""
        return "\n".join(_line(line, default) for line in raw.split(b"\n"))


def _line(line: bytes, default: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        found = re.search(rb"\bCHARACTER SET (\w+)", line)
        codec = _CODECS.get((found.group(1) if found else default).decode(), "")
        try:
            return line.decode(codec) if codec else line.decode("utf-8", "surrogateescape")
        except UnicodeDecodeError:
            return line.decode("utf-8", "surrogateescape")


def bare(raw: bytes) -> bytes:
    """Give a statement with its strings emptied and its comments gone: what remains is SQL's own words and names."""
    return _QUOTED.sub(_emptied, raw)


def _emptied(match: re.Match[bytes]) -> bytes:
    found = match.group(1)
    if not found:
        return b" "
    return found if found.startswith(b"`") else b"''"


def settings(statement: bytes, base: Mapping[str, str]) -> dict[str, str]:
    """Read what a SET statement sets; a variable that holds the former value gives that of ``base`` back."""
    found: dict[str, str] = {}
    if names := _NAMES.search(statement):
        found["character_set_client"] = names.group(1).decode().lower()
        if names.group(2):
            found["collation_connection"] = names.group(2).decode().lower()
    for name, raw in _SETTING.findall(statement):
        key, value = name.decode().lower(), raw.decode("utf-8", "replace")
        if value.startswith("@"):
            found[key] = base.get(key, "")
        elif value:
            found[key] = value[1:-1] if value.startswith("'") else value
    return found


def open_at(raw: bytes, quote: bytes) -> bool:
    """Whether a text that begins outside strings ends inside one; ``quote`` is the only quote used."""
    return (_quotes(raw, quote) % 2) == 1


def _quotes(raw: bytes, quote: bytes) -> int:
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"")
        return raw.count(quote) - raw.count(b"\\" + quote)
    return raw.count(quote)


def quoted(raw: bytes) -> bytes:
    """Write bytes as a quoted field of LOAD DATA."""
    return b"'" + raw.replace(b"\\", b"\\\\").replace(b"'", b"\\'") + b"'"
