"""The IDC server's backups and its binary logs since then, taken while the pristine data is made.

History: the data is loaded; a weekly dump; some trade; a nightly set by three tools, all at one position; more trade,
with a change of shape in between; the cut-over. The binary logs of all that are kept as files, and the server itself
has none of them any more. What comes of it lies on host idc-db1 under ``INSIDE``::

    weekly/shop.sql.gz  damaged/shop.sql.gz  nightly/dump/shop.sql.gz  nightly/mydumper/  nightly/tab/
    binlogs/{index.json,binlog.000004,...}   accounts.sql (0600)

Each backup has a manifest.json: position, rows of each table, size and SHA-256 of each file. mydumper 0.10 knows no
position of a server this new, so there only the manifest tells it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lab.commands import run
from lab.files import write
from lab.shop import delta
from lab.shop.data import count_rows
from lab.topology import LABEL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pymysql
    from pymysql.cursors import Cursor

INSIDE = "/var/backups/mysql"
SCHEMA = "shop"
# Transactions between the weekly and the nightly set, after it, and after the change of shape.
TRADE = ((120, 20261101), (180, 20261108), (120, 20261115))
SHAPE = "ALTER TABLE shop.warehouses ADD KEY warehouses_city (city)"
DUMP = ("--single-transaction", "--routines", "--triggers", "--events", "--set-gtid-purged=ON")
# MySQL 9 explains as a tree by default, which this mydumper was not made for.
MYDUMPER_OPTIONS = "[mydumper_session_variables]\nexplain_format=TRADITIONAL\n"
# What the accounts file leaves out: accounts that every server has.
_OWN_ACCOUNTS = "SELECT user, host FROM mysql.user WHERE user NOT LIKE 'mysql.%' AND user <> 'root' ORDER BY user, host"


@dataclass(frozen=True)
class Origin:
    """The server to take from. Its container has ``folder`` mounted at ``INSIDE`` and may write files there."""

    container: str
    socket: str
    network: str
    address: str
    user: str
    password: str
    folder: Path
    data: Path  # its data directory on this machine
    tools_image: str

    def shell(self, script: str) -> str:
        """Run a script in the container; ``$CLIENT`` are the options that lead to the server."""
        client = f"CLIENT='--no-defaults --user=root --socket={self.socket}'"
        argv = ["docker", "exec", "--interactive", "--user", "root", self.container, "sh", "-eu", "-s"]
        return run(argv, stdin=f"{client}\n{script}\n")

    def sql(self, text: str) -> str:
        """Run SQL as root over the socket."""
        argv = ["mysql", "--no-defaults", "--user=root", f"--socket={self.socket}", "--batch", "--skip-column-names"]
        return run(["docker", "exec", "--interactive", "--user", "root", self.container, *argv], stdin=text).strip()


def make(origin: Origin, connection: pymysql.Connection[Cursor], owner: int) -> None:
    """Take all of it, and let the IDC go on until the cut-over. ``owner`` is the user and group the files get."""
    for name in ("weekly", "damaged", "nightly/dump", "nightly/tab", "binlogs"):
        (origin.folder / name).mkdir(parents=True)
    # The server writes the --tab files itself, as its own user.
    origin.folder.chmod(0o755)
    (origin.folder / "nightly" / "tab").chmod(0o777)
    first = newest_log(origin)
    _dump(origin, connection, "weekly")
    _damage(origin)
    _go_on(origin, connection, 0)
    _nightly(origin, connection)
    _go_on(origin, connection, 1)
    with connection.cursor() as cursor:
        cursor.execute(SHAPE)
    _go_on(origin, connection, 2)
    archive(origin, first)
    write(origin.folder / "accounts.sql", accounts(connection), mode=0o600)
    _hand_over(origin.folder, owner)


def newest_log(origin: Origin) -> str:
    """Name the binary log that is being written."""
    return origin.sql("SHOW BINARY LOG STATUS").split()[0]


def position(origin: Origin) -> str:
    """Read gtid_executed, on one line."""
    return origin.sql("SELECT REPLACE(@@global.gtid_executed, '\\n', '')")


def _go_on(origin: Origin, connection: pymysql.Connection[Cursor], part: int) -> None:
    transactions, seed = TRADE[part]
    delta.trade(connection, transactions, seed)
    origin.sql("FLUSH BINARY LOGS")


def _dump(origin: Origin, connection: pymysql.Connection[Cursor], folder: str) -> None:
    target = f"{INSIDE}/{folder}/{SCHEMA}.sql"
    origin.shell(
        f"mysqldump $CLIENT {' '.join(DUMP)} --databases {SCHEMA} > {target} 2> /tmp/dump.log\ngzip -1 {target}"
    )
    manifest(origin, connection, folder, "mysqldump")


def _nightly(origin: Origin, connection: pymysql.Connection[Cursor]) -> None:
    _dump(origin, connection, "nightly/dump")
    # Programs and position are what --tab writes to standard output.
    tab = f"--tab={INSIDE}/nightly/tab {SCHEMA} > {SCHEMA}-programs.sql 2> /tmp/tab.log"
    origin.shell(f"cd {INSIDE}/nightly/tab\nmysqldump $CLIENT {' '.join(DUMP)} {tab}")
    manifest(origin, connection, "nightly/tab", "tab")
    mydumper(origin)
    manifest(origin, connection, "nightly/mydumper", "mydumper")


def mydumper(origin: Origin) -> None:
    """Run mydumper from the image of tools, over TCP, since its library is not MySQL's."""
    options = origin.folder / "mydumper.cnf"
    login = f"user={origin.user}\npassword={origin.password}\n"
    write(options, f"[client]\n{login}[mydumper]\n{login}{MYDUMPER_OPTIONS}", mode=0o600)
    try:
        argv = ["docker", "run", "--rm", "--label", f"{LABEL}=1", "--network", origin.network]
        argv += ["--volume", f"{origin.folder}:{INSIDE}", "--entrypoint", "mydumper", origin.tools_image]
        argv += [f"--defaults-file={INSIDE}/mydumper.cnf", "--host", origin.address, "--database", SCHEMA]
        argv += ["--outputdir", f"{INSIDE}/nightly/mydumper", "--threads", "2"]
        run([*argv, "--routines", "--triggers", "--events", "--compress"])
    finally:
        options.unlink(missing_ok=True)


def _damage(origin: Origin) -> None:
    """Keep a copy of the weekly dump that ends too early inside a sound gzip file, as after a full disk."""
    text = gzip.decompress((origin.folder / "weekly" / f"{SCHEMA}.sql.gz").read_bytes())
    with gzip.open(origin.folder / "damaged" / f"{SCHEMA}.sql.gz", "wb", compresslevel=1) as stream:
        stream.write(text[: len(text) * 3 // 5])


def manifest(origin: Origin, connection: pymysql.Connection[Cursor], folder: str, tool: str) -> None:
    """Write what the backup must contain, while the server still stands at its position."""
    path = origin.folder / folder
    content = {
        "version": 1,
        "tool": tool,
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "server_version": origin.sql("SELECT @@version"),
        "gtid": position(origin),
        "rows": {f"{SCHEMA}.{table}": rows for table, rows in count_rows(connection).items()},
        "files": _files(path),
    }
    write(path / "manifest.json", json.dumps(content, indent=2) + "\n")


def _files(folder: Path) -> list[dict[str, object]]:
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json")
    return [
        {
            "name": str(path.relative_to(folder)),
            "size": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in found
    ]


def archive(origin: Origin, first: str) -> None:
    """Copy the finished binary logs from ``first`` on, as they are, with an index of sizes and digests."""
    target = origin.folder / "binlogs"
    current = newest_log(origin)
    for path in sorted(origin.data.glob("binlog.[0-9]*")):
        if first <= path.name < current:
            shutil.copyfile(path, target / path.name)
    index = {"version": 1, "end": position(origin), "files": _files(target)}
    write(target / "index.json", json.dumps(index, indent=2) + "\n")


def accounts(connection: pymysql.Connection[Cursor]) -> str:
    """Give the statements that make the IDC's own accounts and their rights. Contains password hashes."""
    lines: list[str] = []
    with connection.cursor() as cursor:
        # Hashes hold bytes that no text file survives.
        cursor.execute("SET SESSION print_identified_with_as_hex = ON")
        cursor.execute(_OWN_ACCOUNTS)
        found: Sequence[tuple[str, str]] = cursor.fetchall()
        for statement in ("SHOW CREATE USER", "SHOW GRANTS FOR"):
            for user, host in found:
                cursor.execute(f"{statement} %s@%s", (user, host))
                lines.extend(str(row[0]) for row in cursor.fetchall())
    return "".join(f"{line};\n" for line in lines)


def _hand_over(folder: Path, owner: int) -> None:
    """Give everything to one user, who alone may read it; the accounts file keeps its 0600."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner, owner)
        if path.is_dir():
            path.chmod(0o750)
        elif path.name != "accounts.sql":
            path.chmod(0o640)


def restore(pristine: Path, live: Path) -> None:
    """Put the backups back where host idc-db1 sees them; the folder itself stays, it is mounted.

    A lab that was built before there were backups has none until its next ``up``.
    """
    if not pristine.exists():
        return
    live.mkdir(parents=True, exist_ok=True)
    for left in live.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()
    run(["cp", "--archive", "--reflink=auto", f"{pristine}/.", str(live)])
