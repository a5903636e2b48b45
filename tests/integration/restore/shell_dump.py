"""Writes a dump as MySQL Shell's util.dumpSchemas does, small and faithful: the Shell itself is in no package here.

After MySQL Shell's source: modules/util/dump/dumper.cc (documents, names, order), text_dump_writer.cc (fields),
dump_writer.cc (index), mysqlshdk/libs/utils/utils_encoding (file names). Default options: tsv, zstd, base64, UTC.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pymysql
import scratch_mysql
import zstandard

if TYPE_CHECKING:
    from pathlib import Path

    from scratch_mysql import TestServer

_SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_ESCAPES = {0: b"\\0", 9: b"\\t", 10: b"\\n", 13: b"\\r", 26: b"\\Z", 92: b"\\\\", 8: b"\\b"}
_UNSAFE_KINDS = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bit", "geometry", "point")
CHUNK_ROWS = 12_000


def encoded(name: str) -> str:
    """Write a name as part of a file's name."""
    return "".join(chr(byte) if byte in _SAFE else f"%{byte:02X}" for byte in name.encode())


def quote(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def field(value: bytes | str | None) -> bytes:
    if isinstance(value, str):  # a number: PyMySQL decodes it
        value = value.encode()
    return b"\\N" if value is None else b"".join(_ESCAPES.get(byte, bytes((byte,))) for byte in value)


class ShellDump:
    """One dump being written."""

    def __init__(self, server: TestServer, folder: Path) -> None:
        self.folder = folder
        self.bytes: dict[str, int] = {}
        self.rows: dict[str, int] = {}
        self.server = server
        password = (server.secrets / scratch_mysql.ADMIN).read_text().strip()
        self.connection = pymysql.connect(
            host=server.host,
            user=scratch_mysql.ADMIN,
            password=password,
            charset="utf8mb4",
            use_unicode=False,
            conv=dict(pymysql.converters.encoders),
        )
        self.ask("SET SESSION time_zone='+00:00', sql_mode='', group_concat_max_len=100000")

    def ask(self, sql: str) -> list[tuple[bytes | None, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def names(self, sql: str) -> list[str]:
        return [bytes(row[0] or b"").decode() for row in self.ask(sql)]

    def document(self, name: str, content: dict[str, Any]) -> None:
        (self.folder / name).write_text(json.dumps(content, indent=4, ensure_ascii=False), encoding="utf-8")

    def statement(self, name: str, text: str) -> None:
        head = "-- MySQLShell dump 2.0.1  Distrib Ver 9.5.0 for Linux on x86_64 - for MySQL 9.5.0\n--\n"
        head += "-- Host: localhost    Database: nasty\n-- ------------------------------------------------------\n"
        head += f"-- Server version\t{self.names('SELECT @@version')[0]}\n"
        (self.folder / name).write_text(f"{head}\n{text}", encoding="utf-8")

    def made(self, sql: str, column: int) -> str:
        return bytes(self.ask(sql)[0][column] or b"").decode()

    def schema(self, schema: str) -> None:
        base = encoded(schema)
        listed = f"SELECT table_name FROM information_schema.tables WHERE table_schema='{schema}' AND table_type="
        kinds = {kind: f"{listed}'{kind}' ORDER BY 1" for kind in ("BASE TABLE", "VIEW")}
        tables, views = self.names(kinds["BASE TABLE"]), self.names(kinds["VIEW"])
        routines = {
            kind: self.names(
                f"SELECT routine_name FROM information_schema.routines WHERE routine_schema='{schema}' AND"
                f" routine_type='{kind}'"
            )
            for kind in ("PROCEDURE", "FUNCTION")
        }
        text = f"{self.made(f'SHOW CREATE DATABASE IF NOT EXISTS {quote(schema)}', 1)};\n"
        for kind, found in routines.items():
            for name in found:
                body = self.made(f"SHOW CREATE {kind} {quote(schema)}.{quote(name)}", 2)
                label = f"{kind.lower()} {schema}.{name}"
                text += f"-- begin {label}\nDELIMITER ;;\n{body} ;;\nDELIMITER ;\n-- end {label}\n"
        self.statement(f"{base}.sql", text)
        self.document(
            f"{base}.json",
            {
                "schema": schema,
                "includesDdl": True,
                "includesViewsDdl": True,
                "includesData": True,
                "tables": tables,
                "views": views,
                "events": [],
                "functions": routines["FUNCTION"],
                "procedures": routines["PROCEDURE"],
                "basenames": {name: f"{base}@{encoded(name)}" for name in (*tables, *views)},
            },
        )
        for table in tables:
            self.table(schema, table, f"{base}@{encoded(table)}")
        for view in views:
            create = self.made(f"SHOW CREATE VIEW {quote(schema)}.{quote(view)}", 1).replace(f"{quote(schema)}.", "")
            text = f"/*!50001 DROP VIEW IF EXISTS {quote(view)}*/;\n/*!50001 {create} */;\n"
            self.statement(f"{base}@{encoded(view)}.sql", text)
            pre = f"/*!50001 CREATE VIEW {quote(view)} AS SELECT \n 1 AS `x`*/;\n"
            self.statement(f"{base}@{encoded(view)}.pre.sql", pre)

    def table(self, schema: str, table: str, base: str) -> None:
        name = f"{quote(schema)}.{quote(table)}"
        self.statement(f"{base}.sql", f"{self.made(f'SHOW CREATE TABLE {name}', 1)};\n")
        described = self.ask(f"SHOW FULL COLUMNS FROM {name}")
        columns = [bytes(row[0] or b"").decode() for row in described if b" GENERATED" not in bytes(row[6] or b"")]
        unsafe = [bytes(row[0] or b"").decode() for row in described
                  if bytes(row[1] or b"").split(b"(")[0].split()[0].decode() in _UNSAFE_KINDS]  # fmt: skip
        triggers = self.names(
            f"SELECT trigger_name FROM information_schema.triggers WHERE event_object_schema='{schema}'"
            f" AND event_object_table={self.connection.escape(table)}"
        )
        if triggers:
            text = "".join(
                f"-- begin trigger {schema}.{table}.{one}\nDELIMITER ;;\n/*!50003"
                f" {self.made(f'SHOW CREATE TRIGGER {quote(schema)}.{quote(one)}', 2)} */;;\nDELIMITER ;\n"
                for one in triggers
            )
            self.statement(f"{base}.triggers.sql", text)
        chosen = ", ".join(f"TO_BASE64({quote(one)})" if one in unsafe else quote(one) for one in columns)
        rows = self.ask(f"SELECT {chosen} FROM {name}")
        lines = [b"\t".join(field(value) for value in row) + b"\n" for row in rows]
        chunks = [lines[low : low + CHUNK_ROWS] for low in range(0, len(lines), CHUNK_ROWS)] or [[]]
        for number, chunk in enumerate(chunks):
            mark = "@@" if number == len(chunks) - 1 else "@"
            self.rows_file(f"{base}{mark}{number}.tsv.zst", chunk)
        self.rows[table] = len(lines)
        options = {
            "schema": schema,
            "table": table,
            "columns": columns,
            "defaultCharacterSet": "utf8mb4",
            "fieldsTerminatedBy": "\t",
            "fieldsEnclosedBy": "",
            "fieldsOptionallyEnclosed": False,
            "fieldsEscapedBy": "\\",
            "linesTerminatedBy": "\n",
        }
        if unsafe:
            options["decodeColumns"] = dict.fromkeys(unsafe, "FROM_BASE64")
        self.document(
            f"{base}.json",
            {
                "options": options,
                "triggers": triggers,
                "includesData": True,
                "includesDdl": True,
                "extension": "tsv.zst",
                "chunking": True,
                "compression": "zstd",
                "primaryIndex": [],
                "partitions": [],
                "basenames": {},
            },
        )

    def rows_file(self, name: str, lines: list[bytes]) -> None:
        text = b"".join(lines)
        (self.folder / name).write_bytes(zstandard.ZstdCompressor(level=1).compress(text))
        offsets = [len(text)]
        (self.folder / f"{name}.idx").write_bytes(b"".join(offset.to_bytes(8, "big") for offset in offsets))
        self.bytes[name] = len(text)

    def whole(self, schemas: list[str]) -> None:
        self.document(
            "@.json",
            {
                "dumper": "mysqlsh Ver 9.5.0 for Linux on x86_64 - for MySQL 9.5.0 (MySQL Community Server (GPL))",
                "version": "2.0.1",
                "origin": "dumpSchemas",
                "schemas": schemas,
                "basenames": {name: encoded(name) for name in schemas},
                "defaultCharacterSet": "utf8mb4",
                "tzUtc": True,
                "bytesPerChunk": 64000000,
                "serverVersion": self.names("SELECT @@version")[0],
                "gtidExecuted": self.names("SELECT @@gtid_executed")[0],
                "gtidExecutedInconsistent": False,
                "consistent": True,
                "targetVersion": "9.5.0",
                "partialRevokes": False,
                "compatibilityOptions": [],
                "capabilities": [],
                "checksum": False,
                "begin": "2026-01-02 03:04:05",
            },
        )
        for name in ("@.sql", "@.post.sql"):
            self.statement(name, "")
        for schema in schemas:
            self.schema(schema)
        self.document(
            "@.done.json",
            {
                "end": "2026-01-02 03:04:06",
                "dataBytes": sum(self.bytes.values()),
                "tableDataBytes": {},
                "tableRows": dict.fromkeys(schemas, self.rows),
                "chunkFileBytes": self.bytes,
            },
        )
        self.connection.close()


def write(server: TestServer, folder: Path, schemas: list[str]) -> Path:
    """Dump schemas into a new directory."""
    folder.mkdir()
    ShellDump(server, folder).whole(schemas)
    return folder
