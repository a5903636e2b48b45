"""What the statements of a dump say, in their order: schema, programs, settings, position. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

from failback.restore.model import Finding, Position, Program, Table
from failback.restore.sql_text import NAME, QUALIFIED, settings, split_name, text, unquote_name

if TYPE_CHECKING:
    from failback.restore.formats.scan import Comment, Statement

SYSTEM_SCHEMAS = frozenset({"mysql", "sys", "information_schema", "performance_schema", "ndbinfo"})
_START = 4000  # bytes of a statement that its kind shows in
_MARKS = re.compile(rb"/\*!\d*|\*/")
_TABLE = re.compile(rb"\s*CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(" + QUALIFIED + rb")\s*\(", re.IGNORECASE)
_ACCOUNT_NAME = rb"(?:" + NAME + rb"|'[^']*')(?:@(?:" + NAME + rb"|'[^']*'|[\w%.-]+))?"
_DEFINER = rb"(?:DEFINER\s*=\s*(" + _ACCOUNT_NAME + rb")\s+)?"
_VIEW = re.compile(
    rb"\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:ALGORITHM\s*=\s*\w+\s+)?"
    + _DEFINER
    + rb"(?:SQL\s+SECURITY\s+\w+\s+)?VIEW\s+("
    + QUALIFIED
    + rb")",
    re.IGNORECASE,
)
_PROGRAM = re.compile(
    rb"\s*CREATE\s+"
    + _DEFINER
    + rb"(?:AGGREGATE\s+)?(TRIGGER|PROCEDURE|FUNCTION|EVENT)\s+(?:IF\s+NOT\s+EXISTS\s+)?("
    + QUALIFIED
    + rb")",
    re.IGNORECASE,
)
_DATABASE = re.compile(
    rb"\s*(CREATE|DROP)\s+(?:DATABASE|SCHEMA)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(" + NAME + rb")", re.IGNORECASE
)
_USE = re.compile(rb"\s*USE\s+(" + NAME + rb")", re.IGNORECASE)
_GRANT = re.compile(rb"\s*(?:(?:CREATE|ALTER|DROP)\s+(?:USER|ROLE)|GRANT|REVOKE|SET\s+DEFAULT\s+ROLE)\b", re.IGNORECASE)
_GTID = re.compile(rb"GTID_PURGED\s*=\s*(?:/\*!\d+\s*'\+'\s*\*/)?\s*'\+?([^']*)'", re.IGNORECASE)
_LOG = re.compile(rb"(?:MASTER|SOURCE)_LOG_FILE='([^']+)',\s*(?:MASTER|SOURCE)_LOG_POS=(\d+)", re.IGNORECASE)
_PLACEHOLDER = re.compile(rb"AS\s+SELECT\s+1 AS ", re.IGNORECASE)
_TOOL = re.compile(rb"-- ((?:MySQL|MariaDB) dump [\d.]+(?:-\S+)?\s+Distrib [^,\s]+)")
_SERVER = re.compile(rb"-- Server version\s+(\S+)")
_DATABASE_LINE = re.compile(rb"-- Host: .*?\s+Database: (.*)$")
_DATA_LINE = re.compile(rb"-- Dumping data for table (" + NAME + rb")\s*$")
_COMPLETED = re.compile(rb"-- Dump completed(?: on (\d{4}-\d\d-\d\d)\s+(\d{1,2}):(\d\d:\d\d))?\s*$")
# The last statement of a dump made with --skip-comments.
_LAST = re.compile(rb"SET\s+SQL_NOTES\s*=\s*@OLD_SQL_NOTES", re.IGNORECASE)


@dataclass
class DumpState:
    """One file's reading, or that of several small files of one backup. ``schema`` is the current database."""

    file: str = ""
    schema: str = ""
    default: str = ""  # the database where the text names none
    names: str = ""  # of SET NAMES
    tool: str = ""
    server_version: str = ""
    taken_at: str = ""
    completed: bool = False
    once_completed: bool = False  # --tab puts triggers behind the line that closes its text
    schemas: dict[str, str] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    filled: set[tuple[str, str]] = field(default_factory=set)  # tables that have a section for their rows
    tables: dict[tuple[str, str], Table] = field(default_factory=dict)
    programs: dict[tuple[str, str, str], Program] = field(default_factory=dict)
    placeholders: set[tuple[str, str]] = field(default_factory=set)
    accounts: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    gtid: str = ""
    log: tuple[str, int] = ("", 0)
    session: dict[str, str] = field(default_factory=dict)
    base: dict[str, str] = field(default_factory=dict)

    @property
    def position(self) -> Position:
        """Where the server stood."""
        return Position(self.gtid, *self.log)

    @property
    def time_zone(self) -> str:
        """The zone TIMESTAMP values are written in; "" when the dump does not say."""
        return self.base.get("time_zone", "")

    def comment(self, event: Comment) -> None:
        """Read what a comment line tells."""
        line = event.text
        if found := _COMPLETED.match(line):
            self.completed = self.once_completed = True
            if found.group(1):
                day, hour, rest = (part.decode() for part in found.groups())
                self.taken_at = f"{day}T{int(hour):02d}:{rest}"
        elif found := _TOOL.match(line):
            self.completed, self.schema = False, ""  # files put behind each other: each must end
            self.tool = " ".join(found.group(1).decode().split())
        elif found := _SERVER.match(line):
            self.server_version = found.group(1).decode(errors="replace")
        elif (found := _DATABASE_LINE.match(line)) and not self.schema:
            self.schema = text(found.group(1).strip())
        elif found := _DATA_LINE.match(line):
            self.filled.add((self.schema, unquote_name(found.group(1))))
        elif found := _LOG.search(line):
            self.log = (found.group(1).decode(), int(found.group(2)))

    def statement(self, event: Statement) -> None:
        """Read a statement that is no INSERT."""
        raw = event.text
        start = raw[:_START]
        plain = _MARKS.sub(b"", start)
        self.completed = False
        if found := _TABLE.match(plain):
            self._table(raw, found.group(1))
        elif found := _PROGRAM.match(plain):
            definer, kind, name = found.groups()
            self._program(raw, kind.decode().lower(), name, definer or b"")
        elif found := _VIEW.match(plain):
            self._view(raw, plain, found.group(2), found.group(1) or b"")
        elif found := _DATABASE.match(plain):
            self._database(raw, found.group(1).upper(), unquote_name(found.group(2)))
        elif found := _USE.match(plain):
            self.schema = unquote_name(found.group(1))
            self.used.append(self.schema)
        elif found := _GTID.search(start):
            whole = _GTID.search(raw) or found
            self.gtid = "".join(whole.group(1).decode().split())
        elif found := _LOG.search(start):
            self.log = (found.group(1).decode(), int(found.group(2)))
        elif _GRANT.match(plain):
            self.accounts.append(text(raw))
        elif plain.lstrip()[:4].upper() == b"SET ":
            self._set(plain)

    def _set(self, plain: bytes) -> None:
        found = settings(plain, self.base)
        if re.search(rb"\bNAMES\b", plain, re.IGNORECASE):
            self.names = found.get("character_set_client", self.names)
            self.base |= found
        for key, value in found.items():
            # What is set before the first table is the whole dump's.
            if not self.tables and key not in self.base:
                self.base[key] = value
        self.session |= found
        if _LAST.search(plain):
            self.completed = self.completed or not self.tool

    def _database(self, raw: bytes, verb: bytes, name: str) -> None:
        if verb == b"CREATE":
            self.schemas[name] = text(raw)
        else:
            self.dropped.append(name)

    def _named(self, name: bytes) -> tuple[str, str]:
        schema, table = split_name(name)
        return schema or self.schema or self.default, table

    def _table(self, raw: bytes, name: bytes) -> None:
        key = self._named(name)
        if raw.lstrip().startswith(b"/*!"):
            self.placeholders.add(key)  # mysqldump 5: a table that stands for a view
        elif key[0] not in SYSTEM_SCHEMAS:
            self.tables[key] = Table(*key, text(raw))

    def _view(self, raw: bytes, plain: bytes, name: bytes, definer: bytes) -> None:
        key = self._named(name)
        if _PLACEHOLDER.search(plain) and raw.lstrip().startswith(b"/*!") and not definer:
            self.placeholders.add(key)
            return
        self.placeholders.discard(key)
        self.tables.pop(key, None)  # mydumper: a table that stood for it
        self._keep("view", key, raw, definer)

    def _program(self, raw: bytes, kind: str, name: bytes, definer: bytes) -> None:
        self._keep(kind, self._named(name), raw, definer)

    def _keep(self, kind: str, key: tuple[str, str], raw: bytes, definer: bytes) -> None:
        if key[0] in SYSTEM_SCHEMAS:
            return
        create = text(raw)
        self.programs.pop((kind, *key), None)
        charset = self.session.get("character_set_client", "")
        collation = self.session.get("collation_connection", "")
        self.programs[(kind, *key)] = Program(
            cast("Literal['view', 'procedure', 'function', 'trigger', 'event']", kind),
            *key,
            create,
            definer=text(definer.replace(b"`", b"").replace(b"'", b"").replace(b'"', b"")),
            sql_mode=self.session.get("sql_mode", ""),
            # mydumper 0.10 writes broken names here; what a name cannot be falls back to the usual one.
            charset=charset if len(charset) > 2 and charset != "binary" else "utf8mb4",  # noqa: PLR2004
            collation=collation if "_" in collation else "utf8mb4_0900_ai_ci",
            time_zone=self.session.get("time_zone", "") or "SYSTEM",
        )
