"""A server full of hard cases, and a backup of it for the loader's tests: ``mysqldump --tab`` cut into small pieces.

The product's own readers are tested elsewhere; this one is small enough to be trusted by reading it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback.restore.model import Backup, Piece, Position, Program, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scratch_mysql import TestServer

NASTY = r"""
CREATE DATABASE nasty CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
USE nasty;
SET SESSION sql_mode = '';
CREATE TABLE `t,(``x` (`id` bigint NOT NULL AUTO_INCREMENT COMMENT 'KEY `x` (`y`), \' ) ''',
  `a` varchar(40) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'a,b)(', `j` json, `v` varchar(20) INVISIBLE,
  `g` int GENERATED ALWAYS AS (json_extract(`j`, '$.a')) STORED, `w` int GENERATED ALWAYS AS (`bits` + 1) VIRTUAL,
  `b` varbinary(40), `f` double, `bits` bit(12), `d` date, `ts` timestamp(6) NULL, `e` enum('a','b,)','') DEFAULT 'a',
  KEY `other` (`a`(3)), KEY `k)` (`id`,`a`) COMMENT 'x, y', KEY `mv` ((cast(`j`->'$.tags' as char(20) array))),
  KEY `fx` ((lower(`a`))) INVISIBLE, KEY `w` (`w` DESC), UNIQUE KEY `u` (`b`),
  CONSTRAINT `c,1` CHECK ((`f` >= 0)), CONSTRAINT `c2` CHECK ((`a` <> '(,)')) NOT ENFORCED)
  ENGINE=InnoDB ROW_FORMAT=COMPRESSED COMMENT='ENGINE=MyISAM, `(`';
INSERT INTO `t,(``x` (a, j, v, b, f, bits, d, ts, e) WITH RECURSIVE n(n) AS
 (SELECT 1 UNION ALL SELECT n+1 FROM n WHERE n<400)
 SELECT CONCAT('tab\tnew\nline\\', n, '\'"é'), JSON_OBJECT('a', n, 'tags', JSON_ARRAY('x', CONCAT('t"', n))),
 NULLIF(n%7, 0),
 CONCAT(UNHEX('00090A0D5C1A27FF'), n), n/3, n%4096, IF(n%5, '2024-02-29', '0000-00-00'), FROM_UNIXTIME(1e9+n*10.5),
 IF(n%3, 'a', 'b,)') FROM n;
CREATE TABLE nokey (a int, b varchar(20), UNIQUE KEY later (a, b), KEY (b)) ENGINE=InnoDB;
INSERT INTO nokey SELECT NULL, 'same' FROM (SELECT 1 FROM `t,(``x` LIMIT 100) x;
CREATE TABLE clustered (a int NOT NULL, b int NOT NULL, c text, UNIQUE KEY ab (a, b), UNIQUE KEY b (b),
  FULLTEXT KEY c (c),
  FULLTEXT KEY c2 (c)) ENGINE=InnoDB;
INSERT INTO clustered SELECT id, 1000 - id, CONCAT('word', id, ' 사과 apple') FROM `t,(``x`;
CREATE TABLE parts (id int NOT NULL, at datetime NOT NULL, PRIMARY KEY (id, at), KEY at (at))
  PARTITION BY RANGE (YEAR(at)) (PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN MAXVALUE);
INSERT INTO parts SELECT id, '2019-06-01' + INTERVAL id DAY FROM `t,(``x`;
CREATE TABLE geo (id int PRIMARY KEY, g point NOT NULL SRID 4326, SPATIAL KEY g (g));
INSERT INTO geo SELECT id, ST_SRID(POINT(id/10, 1), 4326) FROM parts;
CREATE TABLE old (id int PRIMARY KEY, t varchar(30), KEY t (t), FULLTEXT KEY ft (t)) ENGINE=MyISAM CHARACTER SET euckr;
INSERT INTO old SELECT id, CONCAT('한글', id) FROM `t,(``x`;
CREATE TABLE self (id int PRIMARY KEY, up int, KEY up (up), CONSTRAINT self_up FOREIGN KEY (up) REFERENCES self (id));
INSERT INTO self SELECT id, NULLIF(id - 1, 0) FROM `t,(``x`;
CREATE TABLE void (id int PRIMARY KEY);
CREATE TABLE zero (id int NOT NULL AUTO_INCREMENT, x int, PRIMARY KEY (x, id), KEY first (x), KEY id (id));
SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO');
INSERT INTO zero VALUES (0, 1), (5, 2), (70, 3);
CREATE FUNCTION plus(x int) RETURNS int DETERMINISTIC RETURN x + 1;
CREATE VIEW z_base AS SELECT id, plus(id) AS next FROM self;
CREATE VIEW a_top AS SELECT z.id FROM z_base z;
CREATE TRIGGER self_ai AFTER INSERT ON self FOR EACH ROW INSERT INTO void VALUES (NEW.id);
SET NAMES latin1;
SET SESSION sql_mode = 'ANSI_QUOTES';
CREATE PROCEDURE "quoted" () SELECT "id" FROM "self" LIMIT 1;
SET SESSION time_zone = '+09:00', sql_mode = DEFAULT;
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 03:00:00' DO DELETE FROM void;
"""


@dataclass(frozen=True)
class TabPiece(Piece):
    data: bytes = b""

    def blocks(self) -> Iterator[bytes]:
        for start in range(0, len(self.data), 100_000):
            yield self.data[start : start + 100_000]


@dataclass(frozen=True)
class TabBackup(Backup):
    directory: Path = field(default_factory=Path)
    piece: int = 20_000  # bytes
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def pieces(self, wanted: frozenset[str] | None = None) -> Iterator[Piece]:
        for table in self.tables:
            if wanted is not None and table.label not in wanted:
                continue
            data = self.rows_of(table)
            for number, part in enumerate(cut(data, self.piece)):
                yield TabPiece(
                    f"{table.label}.txt#{number}", table.schema, table.name, len(part),
                    columns=self.columns[table.label], data=part, expressions=expressions(table),
                )  # fmt: skip

    def rows_of(self, table: Table) -> bytes:
        return (self.directory / table.schema / f"{file_name(table.name)}.txt").read_bytes()


def expressions(table: Table) -> dict[str, str]:
    """What is not text goes through text: geometry as WKT, bytes and bits as hexadecimal digits."""
    found = dict.fromkeys(_of(table, "point|geometry"), "ST_GeomFromText({}, 4326, 'axis-order=long-lat')")
    found |= dict.fromkeys(_of(table, r"varbinary\(\d+\)|binary\(\d+\)|blob|longblob"), "UNHEX({})")
    return found | dict.fromkeys(_of(table, r"bit\(\d+\)"), "CAST(CONV({}, 16, 10) AS UNSIGNED)")


def _of(table: Table, kinds: str) -> list[str]:
    return re.findall(rf"^\s+`((?:[^`]|``)+)` (?:{kinds})", table.create, re.MULTILINE)


def cut(data: bytes, size: int) -> Iterator[bytes]:
    """Cut at line ends that are not escaped."""
    start = 0
    while start < len(data):
        end = start + size
        while True:
            end = data.find(b"\n", end)
            if end < 0:
                end = len(data) - 1
                break
            slashes = len(data[start:end]) - len(data[start:end].rstrip(b"\\"))
            if slashes % 2 == 0:
                break
            end += 1
        yield data[start : end + 1]
        start = end + 1


def file_name(name: str) -> str:
    return re.sub(r"\W", "_", name)


def take(server: TestServer, directory: Path, schemas: tuple[str, ...]) -> TabBackup:
    """Write down everything of these schemas, each table's rows by SELECT ... INTO a file's text form."""
    tables: list[Table] = []
    columns: dict[str, tuple[str, ...]] = {}
    creates: dict[str, str] = {}
    size = 0
    with server.connect() as link:
        link.execute("SET SESSION time_zone='+00:00', sql_mode=''")
        for schema in schemas:
            (directory / schema).mkdir(parents=True)
            creates[schema] = str(link.row(f"SHOW CREATE DATABASE `{schema}`")["Create Database"])
            listed = link.rows(
                "SELECT table_name AS t FROM information_schema.tables"
                " WHERE table_schema=%s AND table_type='BASE TABLE'",
                (schema,),
            )
            for row in listed:
                name = str(row["t"])
                quoted = "`" + schema + "`.`" + name.replace("`", "``") + "`"
                table = Table(schema, name, str(link.row(f"SHOW CREATE TABLE {quoted}")["Create Table"]))
                stored = link.rows(
                    "SELECT column_name AS c, data_type AS d FROM information_schema.columns WHERE table_schema=%s AND"
                    " table_name=%s AND generation_expression='' ORDER BY ordinal_position",
                    (schema, name),
                )
                columns[table.label] = tuple(str(r["c"]) for r in stored)
                path = directory / schema / f"{file_name(name)}.txt"
                path.write_bytes(_text(link, quoted, [(str(r["c"]), str(r["d"])) for r in stored]))
                size += path.stat().st_size
                tables.append(table)
        programs = tuple(p for schema in schemas for p in _programs(link, schema))
        gtid = link.text("SELECT @@GLOBAL.gtid_executed")
        version = link.text("SELECT @@version")
    return TabBackup(
        "tab", str(directory), size, creates, tuple(tables), programs, Position(gtid), version, "test",
        directory=directory, columns=columns,
    )  # fmt: skip


def smaller(backup: TabBackup, piece: int) -> TabBackup:
    return replace(backup, piece=piece)


def _text(link: Any, quoted: str, columns: list[tuple[str, str]]) -> bytes:
    """The rows as INTO OUTFILE would write them in utf8mb4, binary columns byte for byte."""
    parts = []
    for name, kind in columns:
        column = "`" + name.replace("`", "``") + "`"
        if kind in {"point", "geometry"}:
            column = f"ST_AsText({column}, 'axis-order=long-lat')"
        if kind in {"varbinary", "binary", "blob", "longblob", "bit"}:
            column = f"HEX({column})"
        text = f"CAST(CONVERT({column} USING utf8mb4) AS BINARY)"
        for old, new in (("5C", "5C5C"), ("09", "5C09"), ("0A", "5C0A"), ("00", "5C30")):
            text = f"REPLACE({text}, x'{old}', x'{new}')"
        parts.append(f"IFNULL({text}, '\\\\N')")
    rows = link.rows(f"SELECT CONCAT_WS(x'09', {', '.join(parts)}) AS line FROM {quoted}")
    return b"".join((r["line"] if isinstance(r["line"], bytes) else str(r["line"]).encode()) + b"\n" for r in rows)


def _programs(link: Any, schema: str) -> Iterator[Program]:
    for row in link.rows("SELECT table_name AS n FROM information_schema.views WHERE table_schema=%s", (schema,)):
        yield _program(
            "view", schema, str(row["n"]), link.row(f"SHOW CREATE VIEW `{schema}`.`{row['n']}`"), "Create View"
        )
    for kind in ("FUNCTION", "PROCEDURE"):
        query = "SELECT routine_name AS n FROM information_schema.routines WHERE routine_schema=%s AND routine_type=%s"
        for row in link.rows(query, (schema, kind)):
            made = link.row(f"SHOW CREATE {kind} `{schema}`.`{row['n']}`")
            yield _program(kind.lower(), schema, str(row["n"]), made, f"Create {kind.title()}")
    query = "SELECT trigger_name AS n FROM information_schema.triggers WHERE trigger_schema=%s"
    for row in link.rows(query, (schema,)):
        made = link.row(f"SHOW CREATE TRIGGER `{schema}`.`{row['n']}`")
        yield _program("trigger", schema, str(row["n"]), made, "SQL Original Statement")
    for row in link.rows("SELECT event_name AS n FROM information_schema.events WHERE event_schema=%s", (schema,)):
        yield _program(
            "event", schema, str(row["n"]), link.row(f"SHOW CREATE EVENT `{schema}`.`{row['n']}`"), "Create Event"
        )


def _program(kind: Any, schema: str, name: str, made: Any, key: str) -> Program:
    return Program(
        kind,
        schema,
        name,
        str(made[key]),
        "root@localhost",
        str(made.get("sql_mode") or ""),
        str(made["character_set_client"]),
        str(made["collation_connection"]),
        str(made.get("time_zone") or "SYSTEM"),
    )


def picture(server: TestServer, schemas: tuple[str, ...]) -> dict[str, object]:
    """Everything that must be equal: definitions, rows (as a multiset of digests), programs with their settings."""
    seen: dict[str, object] = {}
    with server.connect() as link:
        link.execute("SET SESSION sql_mode='', information_schema_stats_expiry=0")
        for schema in schemas:
            seen[schema] = link.row(f"SHOW CREATE DATABASE `{schema}`")["Create Database"]
            for row in link.rows(f"SHOW FULL TABLES FROM `{schema}` WHERE table_type='BASE TABLE'"):
                name = str(next(iter(row.values())))
                quoted = "`" + schema + "`.`" + name.replace("`", "``") + "`"
                text = str(link.row(f"SHOW CREATE TABLE {quoted}")["Create Table"])
                seen[f"{schema}.{name}"] = re.sub(r" AUTO_INCREMENT=\d+| CHARACTER SET \w+(?= COLLATE)", "", text)
                seen[f"{schema}.{name}#"] = rows_digest(link, schema, name)
            for program in _programs(link, schema):
                seen[f"{program.kind} {schema}.{program.name}"] = program
    return seen


def rows_digest(link: Any, schema: str, name: str) -> object:
    columns = link.rows(
        "SELECT column_name AS c FROM information_schema.columns WHERE table_schema=%s AND table_name=%s ORDER BY 1",
        (schema, name),
    )
    parts = ", ".join("IFNULL(HEX(`" + str(r["c"]).replace("`", "``") + "`), '-')" for r in columns)
    quoted = "`" + schema + "`.`" + name.replace("`", "``") + "`"
    line = f"CONCAT_WS(',', {parts})"
    digest = f"BIT_XOR(CONV(LEFT(SHA2({line}, 256), 15), 16, 10))"
    query = f"SELECT COUNT(*) AS n, SUM(CRC32({line})) AS s, {digest} AS x FROM {quoted}"
    return str(sorted(link.row(query).items()))
