"""A dump of the schema as it was just before a migration, with the manifest that the restore engine asks for."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lab.files import write
from lab.releases.containers import docker

if TYPE_CHECKING:
    from lab.releases.topology import Paths

DUMP = ("--single-transaction", "--routines", "--triggers", "--events", "--set-gtid-purged=ON")
COUNTS = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}' AND table_type = 'BASE TABLE'"
)


def take(paths: Paths, server: tuple[str, str], schema: str, before: str) -> None:
    """Dump a schema into the backups' folder; `server` is its container and socket. Raises LabError."""
    container, socket = server
    folder = paths.backups / f"{schema}-before-{before}"
    shutil.rmtree(folder, ignore_errors=True)
    login = ["--no-defaults", "--user=root", f"--socket={socket}"]
    inside = ["exec", "--interactive", "--user", "root", container]

    def ask(text: str) -> str:
        return docker(*inside, "mysql", *login, "--batch", "--skip-column-names", stdin=text).strip()

    tables = ask(COUNTS.format(schema=schema) + ";").split()
    rows = {f"{schema}.{table}": int(ask(f"SELECT COUNT(*) FROM {schema}.`{table}`;")) for table in sorted(tables)}
    gtid = ask("SELECT REPLACE(@@global.gtid_executed, '\\n', '');")
    raw = gzip.compress(docker(*inside, "mysqldump", *login, *DUMP, "--databases", schema).encode(), 1)
    name = f"{schema}.sql.gz"
    write(folder / name, raw)
    content = {
        "version": 1,
        "tool": "mysqldump",
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "server_version": ask("SELECT @@version;"),
        "gtid": gtid,
        "rows": rows,
        "files": [{"name": name, "size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}],
    }
    write(folder / "manifest.json", json.dumps(content, indent=2) + "\n")
