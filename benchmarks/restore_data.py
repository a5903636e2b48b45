"""The data of the restore benchmark and its backups in every format, made once and kept in a directory.

Data: the lab's shop (20 tables, 16 foreign keys, JSON, Korean text, generated columns, a table without a key). MySQL
Shell is in no package source used here: its dump is written by this module, in the documented layout.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql
import zstandard

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "integration"), str(ROOT / "plugins" / "module_utils")]

import scratch_mysql  # noqa: E402 - its path comes first
from failback.restore import ddl  # noqa: E402 - its path comes first

from benchmarks import restore_mydumper  # noqa: E402 - its path comes first
from lab.shop import data  # noqa: E402 - its path comes first

if TYPE_CHECKING:
    from scratch_mysql import TestServer

MOUNT = "/dumps"
CHUNK = 64 << 20  # bytes of a Shell dump's chunk before it is packed; Shell's own default
_BINARY = frozenset({"varbinary", "binary", "blob", "bit"})
_DUMP = (
    "mysqldump --no-defaults -uroot -S /var/run/mysqld/mysqld.sock --single-transaction --routines --triggers --events"
)


def prepare(directory: Path, rows: int) -> None:
    """Fill a server, write every backup, remove the server. Does nothing where it was done."""
    if not (directory / "done").exists():
        _fill(directory, rows)
    restore_mydumper.write(directory)


def _fill(directory: Path, rows: int) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("tab", "shell", "raw", "mydumper"):
        (directory / name).mkdir(exist_ok=True)
        (directory / name).chmod(0o777)
    options = ("--innodb-buffer-pool-size=1G", "--skip-log-bin", "--secure-file-priv=", "--innodb-redo-log-capacity=1G")
    with scratch_mysql.running("bench-source", options, tmpfs=False, mounts=[f"{directory}:{MOUNT}"]) as server:
        login = server.login()
        with pymysql.connect(host=login.host, user=login.user, password=login.password(), autocommit=True) as link:
            data.load(link, rows)
            counts = data.count_rows(link)
        (directory / "counts.json").write_text(json.dumps(counts))
        server.shell(f"{_DUMP} --databases shop > {MOUNT}/plain.sql", timeout=3600)
        server.shell(f"cd {MOUNT}/tab && {_DUMP} --tab={MOUNT}/tab shop > programs.sql", timeout=3600)
        _mydumper(server, directory)
        _shell(server, directory)
        _by_hand(server, directory)
        server.shell(f"chmod -R a+rX {MOUNT}")
    (directory / "done").write_text("")


def _mydumper(server: TestServer, directory: Path) -> None:
    """Mydumper 0.10 as Debian has it: INSERT files. From the lab's image of tools."""
    image = tools_image()
    if not image:
        return
    options = directory / "mydumper.cnf"
    login = f"user={server.login().user}\npassword={server.login().password().decode()}\n"
    settings = "[mydumper_session_variables]\nexplain_format=TRADITIONAL\n"
    options.write_text(f"[client]\n{login}[mydumper]\n{login}[myloader]\n{login}{settings}")
    argv = ["docker", "run", "--rm", "--label", "rr.test=1", "-v", f"{directory}:{MOUNT}", "--entrypoint", "mydumper"]
    argv += [image, f"--defaults-file={MOUNT}/mydumper.cnf", "-h", server.host, "-B", "shop", "-o", f"{MOUNT}/mydumper"]
    subprocess.run([*argv, "-t", "2", "-R", "-G", "-E"], check=True, capture_output=True)


def tools_image() -> str:
    """Name the image that has mydumper, "" when it was not built."""
    argv = ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "rr-lab-tools"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return next(iter(done.stdout.split()), "")


def _shell(server: TestServer, directory: Path) -> None:
    """Write what util.dumpSchemas writes: documents, definitions, packed TSV in chunks."""
    target = directory / "shell"
    columns: dict[str, list[tuple[str, str]]] = {}
    rows: dict[str, int] = json.loads((directory / "counts.json").read_text())
    listed = server.root(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema='shop'"
        " AND generation_expression='' AND table_name IN (SELECT table_name FROM information_schema.tables WHERE"
        " table_schema='shop' AND table_type='BASE TABLE') ORDER BY table_name, ordinal_position"
    )
    for line in listed.splitlines():
        table, column, kind = line.split("\t")
        columns.setdefault(table, []).append((column, kind.lower()))
    for table, known in columns.items():
        picked = ", ".join(f"HEX(`{name}`)" if kind in _BINARY else f"`{name}`" for name, kind in known)
        server.root(
            f"SET time_zone='+00:00'; SELECT {picked} INTO OUTFILE '{MOUNT}/raw/{table}.tsv' CHARACTER SET utf8mb4"
            f" FROM shop.`{table}`"
        )
        server.shell(f"chmod a+r {MOUNT}/raw/{table}.tsv")
        about = {
            "options": {
                "schema": "shop",
                "table": table,
                "columns": [name for name, _ in known],
                "decodeColumns": {name: "UNHEX" for name, kind in known if kind in _BINARY},
                "fieldsTerminatedBy": "\t",
                "fieldsEnclosedBy": "",
                "fieldsOptionallyEnclosed": False,
                "fieldsEscapedBy": "\\",
                "linesTerminatedBy": "\n",
                "defaultCharacterSet": "utf8mb4",
            },
            "includesData": True,
            "includesDdl": True,
            "extension": "tsv.zst",
            "chunking": True,
            "compression": "zstd",
        }
        (target / f"shop@{table}.json").write_text(json.dumps(about))
        create = server.shell(f"cat {MOUNT}/tab/{table}.sql")
        (target / f"shop@{table}.sql").write_text("\n".join(x for x in create.splitlines() if not x.startswith("DROP")))
        _chunks(directory / "raw" / f"{table}.tsv", target, f"shop@{table}")
    server.shell(f"rm -f {MOUNT}/raw/*")
    made = "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;\n"
    (target / "shop.sql").write_text(made)
    document = {"schema": "shop", "includesDdl": True, "tables": list(columns), "views": []}
    (target / "shop.json").write_text(json.dumps(document))
    top = {"dumper": "mysqlsh", "version": "2.0.1", "origin": "dumpSchemas", "schemas": ["shop"], "tzUtc": True}
    top |= {
        "serverVersion": server.root("SELECT @@version"),
        "begin": "2026-01-01 00:00:00",
        "basenames": {"shop": "shop"},
    }
    (target / "@.json").write_text(json.dumps(top))
    (target / "@.sql").write_text("")
    (target / "@.post.sql").write_text("")
    done = {"end": "2026-01-01 00:01:00", "tableRows": {"shop": rows}, "chunkFileBytes": {}}
    (target / "@.done.json").write_text(json.dumps(done))


def _chunks(raw: Path, target: Path, base: str) -> None:
    with raw.open("rb") as stream:
        number = 0
        block = stream.read(CHUNK) + stream.readline()
        while True:
            following = stream.read(CHUNK) + stream.readline()
            mark = "@" if following else "@@"
            path = target / f"{base}{mark}{number}.tsv.zst"
            path.write_bytes(zstandard.compress(block, 1))
            (target / f"{path.name}.idx").write_bytes(len(block).to_bytes(8, "big"))
            if not following:
                return
            block, number = following, number + 1


def _by_hand(server: TestServer, directory: Path) -> None:
    """Write what a careful person would have prepared: bare tables, late indexes, keys, a LOAD DATA for each table."""
    bare, late, keys, loads = ["CREATE DATABASE shop; USE shop; SET foreign_key_checks=0;"], [], [], []
    for table in sorted(path.stem for path in (directory / "tab").glob("*.txt")):
        with server.connect() as link:
            create = str(link.row(f"SHOW CREATE TABLE shop.`{table}`")["Create Table"])
            columns = link.rows(
                "SELECT column_name AS c, data_type AS d, generation_expression <> '' AS g FROM"
                " information_schema.columns"
                " WHERE table_schema='shop' AND table_name=%s ORDER BY ordinal_position",
                (table,),
            )
        parts = ddl.split(create)
        bare.append(f"{parts.bare};")
        if parts.indexes:
            late.append(
                f"ALTER TABLE shop.`{table}` " + ", ".join(f"ADD {index.clause}" for index in parts.indexes) + ";"
            )
        if parts.foreign_keys:
            keys.append(
                f"ALTER TABLE shop.`{table}` " + ", ".join(f"ADD {key.clause}" for key in parts.foreign_keys) + ";"
            )
        targets, sets = [], []
        for column in columns:
            name = str(column["c"])
            if column["g"]:
                targets.append("@none")
            elif column["d"] == "json":
                targets.append(f"@{name}")
                sets.append(f"`{name}`=CONVERT(@{name} USING utf8mb4)")
            else:
                targets.append(f"`{name}`")
        load = f"LOAD DATA LOCAL INFILE '{MOUNT}/tab/{table}.txt' INTO TABLE shop.`{table}` CHARACTER SET binary"
        load += f" ({', '.join(targets)})" + (f" SET {', '.join(sets)}" if sets else "") + ";"
        size = os.path.getsize(directory / "tab" / f"{table}.txt")  # noqa: PTH202 - the plain number
        loads.append((size, load))
    (directory / "hand-bare.sql").write_text("\n".join(bare))
    (directory / "hand-keys.sql").write_text("USE shop; SET sql_log_bin=0, foreign_key_checks=0;\n" + "\n".join(keys))
    sizes = {text.split("`")[1]: size for size, text in loads}
    order = sorted(late, key=lambda text: -sizes[text.split("`")[1]])
    (directory / "hand-late.txt").write_text("\n".join(order) + "\n")
    (directory / "hand-loads.txt").write_text("\n".join(text for _, text in sorted(loads, reverse=True)) + "\n")
    subprocess.run(["chmod", "-R", "a+rX", str(directory)], check=True)
