"""Column types in one spelling, whoever wrote them: the server, a snapshot, a statement. Pure.

Source of facts: MySQL manual, "Numeric Type Attributes" and "Silent Column Specification Changes";
PostgreSQL manual, "Data Types" (aliases). What is not known here is compared as it is written, and ``sure`` says no.
"""

from __future__ import annotations

import re

_QUOTED = re.compile(r"('(?:[^'\\]|''|\\.)*')")
_INTEGERS = {"tinyint", "smallint", "mediumint", "int", "bigint"}

_MYSQL = {
    "integer": "int",
    "int4": "int",
    "int8": "bigint",
    "bool": "tinyint(1)",
    "boolean": "tinyint(1)",
    "serial": "bigint unsigned",
    "dec": "decimal",
    "numeric": "decimal",
    "fixed": "decimal",
    "real": "double",
    "double precision": "double",
    "character": "char",
    "character varying": "varchar",
}
_MYSQL_SIZE = {"decimal": "10,0", "char": "1", "binary": "1", "bit": "1"}
_MYSQL_KNOWN = _INTEGERS | set(_MYSQL_SIZE) | {
    "varchar", "varbinary", "double", "float", "date", "time", "datetime", "timestamp", "year", "json", "enum", "set",
    "text", "tinytext", "mediumtext", "longtext", "blob", "tinyblob", "mediumblob", "longblob",
}  # fmt: skip

_POSTGRESQL = {
    "int": "integer",
    "int4": "integer",
    "int2": "smallint",
    "int8": "bigint",
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
    "varchar": "character varying",
    "char": "character",
    "bpchar": "character",
    "decimal": "numeric",
    "bool": "boolean",
    "float8": "double precision",
    "float": "double precision",
    "float4": "real",
    "varbit": "bit varying",
}
_POSTGRESQL_KNOWN = set(_POSTGRESQL.values()) | {
    "timestamp without time zone", "timestamp with time zone", "time without time zone", "time with time zone",
    "text", "uuid", "json", "jsonb", "date", "interval", "bytea", "inet", "cidr", "macaddr", "xml", "bit", "oid",
}  # fmt: skip


def canonical(text: str, dialect: str) -> str:
    """Return the one spelling of a type."""
    return _mysql(text) if dialect == "mysql" else _postgresql(text)


def sure(text: str, dialect: str) -> bool:
    """Whether a type, in its one spelling, is one whose spellings are all known here."""
    base = re.split(r"[(\[]", text, maxsplit=1)[0].strip()
    if dialect == "mysql":
        return base.removesuffix(" unsigned") in _MYSQL_KNOWN
    return re.sub(r"\(\d+\)", "", text).split("[", 1)[0] in _POSTGRESQL_KNOWN or base in _POSTGRESQL_KNOWN


def is_serial(text: str) -> bool:
    """Whether a type brings its own default and forbids NULL."""
    return text.strip().lower() in {"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"}


def _plain(text: str) -> str:
    """Lower case and single blanks, but for what stands in quotes."""
    parts = _QUOTED.split(text.strip())
    for at in range(0, len(parts), 2):
        parts[at] = re.sub(r"\s*([(),])\s*", r"\1", re.sub(r"\s+", " ", parts[at].lower()))
    return "".join(parts).strip()


def _parts(plain: str) -> tuple[str, str, str]:
    """Cut ``bigint(20) unsigned`` into what stands before, between and after the brackets."""
    if "(" not in plain or ")" not in plain:
        return plain, "", ""
    before, more = plain.split("(", 1)
    size, after = more.rsplit(")", 1)
    return before.strip(), size, after.strip()


def _mysql(text: str) -> str:
    plain = re.sub(r"\s?\b(?:character set|charset|collate)\s\S+", "", _plain(text))
    before, size, after = _parts(plain)
    words = f"{before} {after}".split()
    unsigned = bool({"unsigned", "zerofill"} & set(words))
    base = " ".join(word for word in words if word not in {"unsigned", "zerofill", "signed"})
    base = _MYSQL.get(base, base)
    if base in {"tinyint(1)", "bigint unsigned"}:
        return base
    if base in _INTEGERS:
        # Widths of whole numbers say nothing; the server keeps this one alone.
        size = "1" if (base, size, unsigned) == ("tinyint", "1", False) else ""
    elif base in {"time", "datetime", "timestamp", "year"}:
        size = "" if base == "year" or size == "0" else size
    else:
        size = size or _MYSQL_SIZE.get(base, "")
    if base == "decimal" and "," not in size:
        size += ",0"
    return base + (f"({size})" if size else "") + (" unsigned" if unsigned else "")


def _postgresql(text: str) -> str:
    plain = _plain(text).replace('"', "").removeprefix("public.").removeprefix("pg_catalog.")
    if plain.endswith("]"):
        # A size of an array is not enforced, and not kept.
        return f"{_postgresql(plain.rsplit('[', 1)[0])}[]"
    base, size, after = _parts(plain)
    if base.split(" ", 1)[0] in {"timestamp", "time"}:
        zone = after or base.partition(" ")[2] or "without time zone"
        return f"{base.split(' ', 1)[0]}{f'({size})' if size else ''} {zone}"
    if base in {"timestamptz", "timetz"}:
        return f"{base.removesuffix('tz')}{f'({size})' if size else ''} with time zone"
    base = _POSTGRESQL.get(base, base)
    if base == "character" and not size:
        size = "1"
    if base == "numeric" and size and "," not in size:
        size += ",0"
    return f"{base}({size})" if size else base
