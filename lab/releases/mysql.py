"""The shop's MySQL server and its history: three migrations as drizzle records them, with orders placed in between."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lab.files import write
from lab.progress import step
from lab.ready import wait_for
from lab.releases import backup, identity
from lab.releases.applications import BOTH
from lab.releases.containers import Spec, docker, ensure, remove, state
from lab.releases.topology import DB, SERVER_UUID, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.releases.applications import Application
    from lab.releases.topology import Paths

NAME = f"{DB.name}-mysql"
SOCKET = "/run/mysqld/mysqld.sock"
START_SECONDS = 90.0
# As drizzle-orm 0.45 makes it, and as 1.0 does.
TABLE = "CREATE TABLE `__drizzle_migrations` (id SERIAL PRIMARY KEY, hash TEXT NOT NULL, created_at BIGINT"
TABLE_SINCE = f"{TABLE}, name TEXT, applied_at TIMESTAMP NULL DEFAULT NOW()"
BREAK = "--> statement-breakpoint"
PRODUCTS = ("Teapot", "Cup", "Tray", "Kettle", "Strainer", "Caddy", "Scoop", "Whisk")
# Orders placed while each release was live. Enough that a changed table is not empty, few enough for a quick reset.
ORDERS = {"first": 2000, "second": 2000, "third": 1000, "wrapped": 1000}
BATCH = 500


def spec(paths: Paths, image: str) -> Spec:
    """Describe the server."""
    folder = paths.host(DB)
    return Spec(
        name=NAME,
        image=image,
        command=("mysqld", "--defaults-file=/etc/rr-mysql/my.cnf"),
        beside=DB.container,
        user="mysql",
        mounts=(
            (str(folder / "data"), "/var/lib/mysql", "rw"),
            (str(folder / "etc-mysql"), "/etc/rr-mysql", "ro"),
            (str(folder / "tls"), "/etc/mysql/tls", "ro"),
            (str(folder / "run-mysqld"), "/run/mysqld", "rw"),
        ),
    )


def up(paths: Paths, image: str, users: dict[str, int]) -> None:
    """Make the server's files and data directory when they are missing, and start it."""
    owner, folder = users["mysql"], paths.host(DB)
    write(folder / "etc-mysql" / "my.cnf", (SOURCE / "templates" / "my.cnf").read_text(encoding="utf-8"))
    write(folder / "tls" / "ca.pem", (paths.ca / "ca.pem").read_bytes())
    write(folder / "tls" / "server.pem", (paths.ca / "db.pem").read_bytes())
    write(folder / "tls" / "server-key.pem", (paths.ca / "db-key.pem").read_bytes(), mode=0o600, owner=owner)
    from lab.configs import folder as make_folder  # noqa: PLC0415 - needs the lab's optional dependencies

    make_folder(folder / "run-mysqld", owner)
    wanted = spec(paths, image)
    if not (folder / "data" / "auto.cnf").exists():
        remove(NAME)
        make_folder(folder / "data", owner)
        with step("Initialising MySQL"):
            mounts = [word for source, target, mode in wanted.mounts for word in ("-v", f"{source}:{target}:{mode}")]
            docker(
                *("run", "--rm", "--network", "none", "--user", "mysql", *mounts, image),
                *(*wanted.command, "--initialize-insecure"),
            )  # fmt: skip
        write(folder / "data" / "auto.cnf", f"[auto]\nserver-uuid={SERVER_UUID}\n", mode=0o640, owner=owner)
    ensure(wanted)
    wait_for("MySQL", START_SECONDS, lambda: sql("SELECT @@server_uuid;"))


def sql(text: str) -> str:
    """Run SQL as root over the server's socket; the text goes by standard input. Raises LabError."""
    client = ["mysql", "--user=root", "--batch", "--skip-column-names", f"--socket={SOCKET}"]
    return docker("exec", "--interactive", "--user", "root", NAME, *client, stdin=text).strip()


def stands() -> bool:
    """Tell whether the server runs."""
    return state(NAME)[0] == "running"


@dataclass(frozen=True)
class Migration:
    """One migration as drizzle knows it; `when` is ms since 1970."""

    tag: str
    when: int
    raw: bytes


def migrations(application: Application) -> list[Migration]:
    """Read an application's migrations, the oldest first."""
    drizzle = application.source / "drizzle"
    if not application.folders:
        entries = json.loads((drizzle / "meta" / "_journal.json").read_text(encoding="utf-8"))["entries"]
        return [Migration(one["tag"], one["when"], (drizzle / f"{one['tag']}.sql").read_bytes()) for one in entries]
    found = []
    for folder in sorted(path for path in drizzle.iterdir() if path.is_dir()):
        when = datetime.strptime(folder.name[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        found.append(Migration(folder.name, round(when.timestamp() * 1000), (folder / "migration.sql").read_bytes()))
    return found


def history(paths: Paths) -> None:
    """Play both applications' history anew: the state "the third release is live, and so is its migration"."""
    accounts(paths)
    for application in BOTH:
        _history(paths, application)


def _history(paths: Paths, application: Application) -> None:
    """Play one. A dump is taken just before the third migration, as a deployment that minds its data does."""
    schema, table = application.schema, TABLE_SINCE if application.folders else TABLE
    sql(f"DROP DATABASE IF EXISTS {schema}; CREATE DATABASE {schema}; USE {schema}; {table});")
    for migration, release in zip(migrations(application), application.releases, strict=True):
        if release is application.releases[-1]:
            backup.take(paths, (NAME, SOCKET), schema, migration.tag)
        hashed = hashlib.sha256(migration.raw).hexdigest()
        columns, values = "hash, created_at", f"'{hashed}', {migration.when}"
        if application.folders:
            columns, values = f"{columns}, name", f"{values}, '{migration.tag}'"
        sql(
            f"USE {schema};\n{migration.raw.decode().replace(BREAK, '')}\n;"
            f"INSERT INTO __drizzle_migrations ({columns}) VALUES ({values});" + "".join(orders(release.orders))
        )


def orders(era: str) -> Iterator[str]:
    """Give the statements that place an era's orders, as its release would have."""
    columns = "token, product_id, quantity, customer_email"
    columns = {
        "first": columns,
        "second": f"{columns}, note",
        "third": "token, product_id, quantity, contact, note, channel",
        "wrapped": f"{columns}, note, wrapping",
    }[era]
    if era == "first":
        rows = ", ".join(f"('{name}', {1200 + 300 * number})" for number, name in enumerate(PRODUCTS))
        yield f"INSERT INTO products (name, price_cents) VALUES {rows};"
    for first in range(0, ORDERS[era], BATCH):
        numbers = range(first, first + BATCH)
        rows = ", ".join(_row(era, number) for number in numbers)
        yield f"INSERT INTO orders ({columns}) VALUES {rows};"
        if era != "first":
            events = ", ".join(f"('{_token(era, number)}', 'placed')" for number in numbers)
            yield f"INSERT INTO order_events (order_token, kind) VALUES {events};"


def _token(era: str, number: int) -> str:
    return f"{era:0<8.8}-0000-4000-8000-{number:012d}"


def _row(era: str, number: int) -> str:
    cells = [f"'{_token(era, number)}'", str(number % len(PRODUCTS) + 1), str(number % 2 + 1)]
    cells.append(f"'customer{number}@example.org'")
    if era != "first":
        cells.append("NULL" if number % 3 else "'please ring twice'")
    if era == "third":
        cells.append("'app'" if number % 4 else "'web'")
    if era == "wrapped":
        cells.append("'box'" if number % 2 else "'paper'")
    return f"({', '.join(cells)})"


def accounts(paths: Paths) -> None:
    """Make the accounts: `rr_admin` for the tool, `shop_app` for the application."""
    admin, shop = identity.read(paths, "rr_admin"), identity.read(paths, "shop_app")
    sql(f"""
CREATE USER IF NOT EXISTS 'rr_admin'@'%' REQUIRE SSL; ALTER USER 'rr_admin'@'%' IDENTIFIED BY '{admin}';
GRANT PROCESS, REPLICATION CLIENT, CONNECTION_ADMIN, SYSTEM_VARIABLES_ADMIN ON *.* TO 'rr_admin'@'%';
GRANT SELECT ON performance_schema.* TO 'rr_admin'@'%'; GRANT SELECT ON mysql.* TO 'rr_admin'@'%';
CREATE USER IF NOT EXISTS 'shop_app'@'%' REQUIRE SSL; ALTER USER 'shop_app'@'%' IDENTIFIED BY '{shop}';
""")
    # A restore keeps its book, and what it moves aside, in schemas of the tool's own.
    sql("GRANT ALL PRIVILEGES ON `rollback\\_runner\\_%`.* TO 'rr_admin'@'%';")
    for application in BOTH:
        sql(
            f"GRANT ALL PRIVILEGES ON {application.schema}.* TO 'rr_admin'@'%';"
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {application.schema}.* TO 'shop_app'@'%';"
        )


def probe() -> str:
    """Say who the server is and how many orders it holds. Raises LabError."""
    counts = " + ".join(f"(SELECT COUNT(*) FROM {one.schema}.orders)" for one in BOTH)
    return sql(f"SELECT CONCAT(@@server_uuid, ', ', {counts}, ' orders');")
