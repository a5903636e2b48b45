"""What must be known before a restore touches the server: everything in the way, and everything it cannot take.

A problem refuses the restore, with the reason, before anything is changed. A remark goes on record and into the
evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from failback.errors import DamagedError, RefusedError
from failback.mysql import quote_text, version_tuple
from failback.restore.bookkeeping import labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from failback.mysql import Server
    from failback.restore.context import Context
    from failback.restore.model import Program

# Modes that MySQL 8.0 removed (release notes of 8.0.11); without them a program does the same.
REMOVED_MODES = frozenset(
    {
        "NO_AUTO_CREATE_USER",
        "DB2",
        "MAXDB",
        "MSSQL",
        "MYSQL323",
        "MYSQL40",
        "ORACLE",
        "POSTGRESQL",
        "NO_FIELD_OPTIONS",
        "NO_KEY_OPTIONS",
        "NO_TABLE_OPTIONS",
    }
)
_TYPES = {"BASE TABLE": "table", "VIEW": "view"}


@dataclass
class Preflight:
    """What was found."""

    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    in_the_way: list[tuple[str, str, str]] = field(default_factory=list)  # (kind, schema, name), none of them ours
    definers_missing: list[str] = field(default_factory=list)

    def refuse(self, where: str) -> None:
        """Raise RefusedError when there is a problem."""
        if self.problems:
            raise RefusedError(
                f"this backup is not restored to {where}: {'; '.join(self.problems)}",
                {"problems": self.problems, "remarks": self.remarks},
            )


def examine(context: Context) -> Preflight:
    """Look at backup and server; only reads. Raises DamagedError for a backup that must not be used."""
    fatal = [f for f in context.backup.findings if f.severity == "fatal"]
    if fatal:
        raise DamagedError(
            f"the backup {context.backup.url} must not be restored from: "
            + "; ".join(f"{f.file}: {f.text}" for f in fatal),
            {"findings": [f.__dict__ for f in fatal]},
        )
    found = Preflight(remarks=[f"{f.file}: {f.text}" for f in context.backup.findings])
    server = context.admin
    _versions(context, found)
    _names(context, found)
    _vocabulary(context, found)
    found.remarks += [
        f"the backup does not say how the schema {schema} was made: made with the server's own character set"
        for schema in context.schemas
        if not context.backup.schemas.get(schema)
    ]
    found.definers_missing = missing_definers(server, context.programs)
    if found.definers_missing:
        found.remarks.append(
            "made as they were, but they will fail when used until these accounts exist: "
            + ", ".join(found.definers_missing)
        )
    unknown_modes, removed = modes(context.programs, _known_modes(server))
    if unknown_modes:
        found.problems.append(f"programs need sql_mode {', '.join(unknown_modes)}, which this server does not know")
    if removed:
        found.remarks.append(f"sql_mode {', '.join(removed)} of programs is left out: the server knows it no more")
    _zones(server, context.programs, found)
    found.in_the_way = standing(context)
    return found


def standing(context: Context) -> list[tuple[str, str, str]]:
    """List what stands under the names to be restored and was not made by this restore."""
    ours = set(context.book.objects()) if context.book.exists() else set()
    wanted = {(_space("table"), context.fold(t.schema), context.fold(t.name)) for t in context.tables}
    wanted |= {(_space(p.kind), context.fold(p.schema), _fold_program(context, p)) for p in context.programs}
    return sorted(
        item
        for item in existing(context.admin, context.schemas)
        if (_space(item[0]), context.fold(item[1]), _fold_name(context, item)) in wanted and item not in ours
    )


def existing(server: Server, schemas: Iterable[str]) -> set[tuple[str, str, str]]:
    """Read every table, view, routine, trigger and event of these schemas: (kind, schema, name)."""
    listed = ", ".join(quote_text(schema) for schema in schemas) or "''"
    found: set[tuple[str, str, str]] = set()
    for row in server.rows(
        "SELECT table_type AS k, table_schema AS s, table_name AS n FROM information_schema.tables"
        f" WHERE table_schema IN ({listed})"
        " UNION ALL SELECT LOWER(routine_type), routine_schema, routine_name FROM information_schema.routines"
        f" WHERE routine_schema IN ({listed})"
        " UNION ALL SELECT 'trigger', trigger_schema, trigger_name FROM information_schema.triggers"
        f" WHERE trigger_schema IN ({listed})"
        f" UNION ALL SELECT 'event', event_schema, event_name FROM information_schema.events WHERE event_schema"
        f" IN ({listed})"
    ):
        kind = str(row["k"])
        found.add((_TYPES.get(kind, kind), str(row["s"]), str(row["n"])))
    return found


def _space(kind: str) -> str:
    """Tables and views share their names."""
    return "table" if kind == "view" else kind


def _fold_program(context: Context, program: Program) -> str:
    return _fold_name(context, (program.kind, program.schema, program.name))


def _fold_name(context: Context, item: tuple[str, str, str]) -> str:
    """Names of routines and events never tell cases apart; those of tables, views and triggers as the server does."""
    kind, _, name = item
    return name.lower() if kind in {"procedure", "function", "event"} else context.fold(name)


def _versions(context: Context, found: Preflight) -> None:
    if not context.backup.server_version[:1].isdigit():
        return
    here = version_tuple(context.admin.text("SELECT @@version"))
    there = version_tuple(context.backup.server_version)
    if there[:2] > here[:2]:
        found.problems.append(
            f"it is of MySQL {context.backup.server_version}, newer than this server ({'.'.join(map(str, here))}):"
            " bring the server to that version first"
        )


def _names(context: Context, found: Preflight) -> None:
    if not context.folds:
        return
    seen: dict[tuple[str, str], str] = {}
    for table in context.tables:
        key = (table.schema.lower(), table.name.lower())
        if key in seen:
            found.problems.append(
                f"{seen[key]} and {table.label} are one table on a server with lower_case_table_names"
                " other than 0: set it to 0 when the data directory is made"
            )
        seen[key] = table.label
    mixed = [table.label for table in context.tables if table.label != table.label.lower()]
    if mixed:
        found.remarks.append(f"this server keeps names in lower case: {', '.join(mixed[:8])}")


def _vocabulary(context: Context, found: Preflight) -> None:
    server = context.admin
    charsets = {
        str(r["n"]).lower()
        for r in server.rows("SELECT character_set_name AS n FROM information_schema.character_sets")
    }
    collations = {
        str(r["n"]).lower() for r in server.rows("SELECT collation_name AS n FROM information_schema.collations")
    }
    # Names a server still takes though its tables do not list them (utf8 is an alias of utf8mb3).
    charsets |= {"utf8", "default"}
    collations |= {name.replace("utf8mb3_", "utf8_") for name in collations} | {"default"}
    engines = {
        str(r["n"]).upper()
        for r in server.rows("SELECT engine AS n FROM information_schema.engines WHERE support IN ('YES', 'DEFAULT')")
    }
    for what, known, of in (
        ("character set", charsets, "charsets"),
        ("collation", collations, "collations"),
    ):
        need: dict[str, list[str]] = {}
        for table in context.tables:
            for name in getattr(context.split[table.label], of) - known:
                need.setdefault(name, []).append(table.label)
        found.problems += [f"{what} {name} is unknown here (table {', '.join(t[:3])})" for name, t in need.items()]
    missing: dict[str, list[str]] = {}
    for table in context.tables:
        engine = context.split[table.label].engine
        if engine and engine not in engines:
            missing.setdefault(engine, []).append(table.label)
    found.problems += [
        f"storage engine {e} is not on this server (table {', '.join(t[:3])})" for e, t in missing.items()
    ]


def missing_definers(server: Server, programs: Iterable[Program]) -> list[str]:
    """Name the definers that have no account on the server."""
    accounts = {f"{row['u']!s}@{row['h']!s}" for row in server.rows("SELECT user AS u, host AS h FROM mysql.user")}
    return sorted({p.definer for p in programs if p.definer and plain_account(p.definer) not in accounts})


def plain_account(definer: str) -> str:
    """Write ``'user'@'host'`` or the same in backquotes as ``user@host``; pure."""
    user, _, host = definer.rpartition("@")
    return "@".join(part.strip().strip("`'\"") for part in (user, host))


def modes(programs: Iterable[Program], known: frozenset[str]) -> tuple[list[str], list[str]]:
    """Sort the programs' sql_modes: those the server does not know, and those that MySQL removed; pure."""
    every = {mode for p in programs for mode in p.sql_mode.upper().split(",") if mode}
    return sorted(every - known - REMOVED_MODES), sorted(every & REMOVED_MODES - known)


def kept_modes(sql_mode: str) -> str:
    """Leave out the modes that MySQL removed; pure."""
    return ",".join(mode for mode in sql_mode.upper().split(",") if mode and mode not in REMOVED_MODES)


def _known_modes(server: Server) -> frozenset[str]:
    """Every mode the server has: the values of the SET column that keeps a routine's."""
    told = server.text(
        "SELECT column_type FROM information_schema.columns"
        " WHERE table_schema='mysql' AND table_name='routines' AND column_name='sql_mode'"
    )
    listed = [word.strip("'").upper() for word in told.removeprefix("set(").rstrip(")").split(",")]
    return frozenset(listed) if told.startswith("set(") else _MODES


_MODES = frozenset(
    {
        "REAL_AS_FLOAT",
        "PIPES_AS_CONCAT",
        "ANSI_QUOTES",
        "IGNORE_SPACE",
        "ONLY_FULL_GROUP_BY",
        "NO_UNSIGNED_SUBTRACTION",
        "NO_DIR_IN_CREATE",
        "ANSI",
        "NO_AUTO_VALUE_ON_ZERO",
        "NO_BACKSLASH_ESCAPES",
        "STRICT_TRANS_TABLES",
        "STRICT_ALL_TABLES",
        "NO_ZERO_IN_DATE",
        "NO_ZERO_DATE",
        "ALLOW_INVALID_DATES",
        "ERROR_FOR_DIVISION_BY_ZERO",
        "TRADITIONAL",
        "HIGH_NOT_PRECEDENCE",
        "NO_ENGINE_SUBSTITUTION",
        "PAD_CHAR_TO_FULL_LENGTH",
        "TIME_TRUNCATE_FRACTIONAL",
    }
)


def _zones(server: Server, programs: Iterable[Program], found: Preflight) -> None:
    zones = {p.time_zone for p in programs if p.kind == "event" and p.time_zone not in {"", "SYSTEM"}}
    for zone in sorted(zones):
        if server.value("SELECT CONVERT_TZ('2020-01-01', '+00:00', %s)", (zone,)) is None:
            found.problems.append(
                f"events run in the time zone {zone}, which this server does not know: load the zones first"
                " (mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql mysql)"
            )


def refuse_in_the_way(items: list[tuple[str, str, str]], where: str) -> None:
    """Refuse to write over what somebody else made."""
    if items:
        kinds: Mapping[str, int] = {}
        kinds = {k: sum(1 for item in items if item[0] == k) for k, _, _ in items}
        counted = ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in sorted(kinds.items()))
        raise RefusedError(
            f"{where} is not empty: {counted} stand in the way ({labels((s, n) for _, s, n in items)}). Nothing was"
            " touched. Take them away, or give `replace: true`, which moves them aside",
            {"in_the_way": [list(item) for item in items[:200]]},
        )
