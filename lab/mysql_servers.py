"""The two MySQL servers' data as they were when the move had just failed: built once, copied back at each reset.

History: the IDC server is initialised and filled; at the cut-over its data directory is copied, and the copy becomes
the RDS instance (own server_uuid, Amazon's accounts, a master account without SUPER); then RDS goes on for a few
thousand transactions while the IDC server stands still.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import contextmanager
from dataclasses import replace
from string import Template
from typing import TYPE_CHECKING

import pymysql

from lab import backups, docker_api, keys, render
from lab.commands import run
from lab.errors import LabError
from lab.files import write
from lab.hosts import builder_spec, mysql_spec
from lab.paths import LAB_SOURCE, SQL, TEMPLATES
from lab.progress import step
from lab.ready import wait_for
from lab.topology import IDC_UUID, NETWORK, RDS_UUID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab.images import Images
    from lab.options import Options
    from lab.paths import LabPaths

START_SECONDS = 90.0
STOP_SECONDS = 120
BUILDER = "rr-build-mysql"
SOCKET = "/tmp/mysqld.sock"  # noqa: S108  inside the builder, where nobody else is
# Nobody waits for a write while the data is made, and a builder that dies is built again.
BULK = (
    f"--socket={SOCKET}",
    f"--pid-file={SOCKET}.pid",
    "--super-read-only=OFF",
    "--read-only=OFF",
    "--sync-binlog=0",
    "--innodb-flush-log-at-trx-commit=2",
    "--skip-innodb-doublewrite",
    # The application's events belong to the time after.
    "--event-scheduler=OFF",
)
# What decides the content of the data directories; a change in any of them builds them anew.
CONTENT_FILES = (
    "backups.py",
    "shop/*.sql",
    "shop/data.py",
    "shop/fill.py",
    "shop/words.py",
    "shop/delta.py",
    "sql/*.sql",
)


def recipe(paths: LabPaths, images: Images, size: Options) -> str:
    """Name what the data is made of: size, server version, SQL and code, and the passwords inside."""
    digest = hashlib.sha256(f"{images.mysql} {images.tools} {size.rows} {size.transactions}".encode())
    for pattern in CONTENT_FILES:
        for path in sorted(LAB_SOURCE.glob(pattern)):
            digest.update(path.read_bytes())
    for name in ("my.cnf", "my-idc.cnf", "my-rds.cnf"):
        digest.update((TEMPLATES / name).read_bytes())
    for name in keys.PASSWORDS:
        digest.update(keys.read(paths, name).encode())
    return digest.hexdigest()[:16]


def is_built(paths: LabPaths, images: Images, size: Options) -> bool:
    """Tell whether the pristine data is what this lab would build now."""
    manifest = paths.pristine / "manifest.json"
    return manifest.exists() and json.loads(manifest.read_text()).get("recipe") == recipe(paths, images, size)


def sql_text(paths: LabPaths, name: str) -> str:
    """Fill the passwords into one of the lab's SQL files."""
    passwords = {key.replace("-", "_"): keys.read(paths, key) for key in keys.PASSWORDS}
    return Template((SQL / name).read_text()).substitute(passwords)


def run_sql(container: str, account: str, text: str) -> str:
    """Run SQL as a socket account inside a builder; the text goes by standard input, with its passwords."""
    client = ["mysql", f"--user={account}", "--batch", "--skip-column-names", f"--socket={SOCKET}"]
    return run(["docker", "exec", "--interactive", "--user", "root", container, *client], stdin=text)


def _address(container: str) -> str:
    found = docker_api.find(container)
    if found is None:
        raise LabError(f"Container {container} is gone.")
    return str(found.attrs["NetworkSettings"]["Networks"][NETWORK]["IPAddress"])


def connect(host: str, user: str, password: str) -> pymysql.Connection[pymysql.cursors.Cursor]:
    """Open a connection for building; the certificate names the real address, so it is not checked here."""
    return pymysql.connect(host=host, user=user, password=password, ssl={"check_hostname": False}, autocommit=True)


@contextmanager
def _server(paths: LabPaths, images: Images, side: str, data: Path, kept: Path | None = None) -> Iterator[str]:
    """Run a builder over a data directory and shut it down cleanly, so that the copy needs no recovery.

    ``kept`` is where it may write backups.
    """
    spec = builder_spec(mysql_spec(paths, images, side, data), BUILDER, BULK)
    if kept is not None:
        mounts = (*spec.mounts, (str(kept), backups.INSIDE, "rw"))
        spec = replace(spec, mounts=mounts, command=(*spec.command, f"--secure-file-priv={backups.INSIDE}"))
    docker_api.remove(BUILDER)
    docker_api.create(spec)
    try:
        wait_for(f"MySQL builder ({side})", START_SECONDS, lambda: run_sql(BUILDER, "root", "SELECT 1;"), every=0.3)
        yield BUILDER
        docker_api.stop(BUILDER, STOP_SECONDS)
    finally:
        docker_api.remove(BUILDER)


def _initialise(paths: LabPaths, images: Images, data: Path) -> None:
    """Make an empty server with the IDC's identity."""
    users = images.users
    data.mkdir(parents=True)
    shutil.chown(data, users["mysql"], users["mysql"])
    spec = builder_spec(mysql_spec(paths, images, "idc", data), BUILDER, ("--initialize-insecure",))
    docker_api.remove(BUILDER)
    docker_api.create(spec)
    found = docker_api.find(BUILDER)
    assert found is not None
    code = found.wait(timeout=START_SECONDS)["StatusCode"]
    if code != 0:
        log = found.logs(tail=12).decode(errors="replace")
        raise LabError(f"mysqld --initialize-insecure ended with {code}:\n{log}")
    docker_api.remove(BUILDER)
    write(data / "auto.cnf", render.auto_cnf(IDC_UUID), mode=0o640, owner=users["mysql"])


def _fill_idc(paths: LabPaths, images: Images, data: Path, kept: Path, size: Options) -> str:
    """Load schema and data, take backups, go on; return gtid_executed, which is the cut-over position."""
    # Here, because the builder of the schema is needed by nothing else in this package.
    from lab.shop import data as shop_data  # noqa: PLC0415

    kept.mkdir()
    with _server(paths, images, "idc", data, kept) as container:
        run_sql(container, "root", sql_text(paths, "idc_accounts.sql"))
        password = keys.read(paths, "idc-rr_admin")
        address = _address(container)
        connection = connect(address, "rr_admin", password)
        shop_data.load(connection, size.rows)
        _forget_logs(container)
        with step("Taking backups, and going on until the cut-over", announce=True):
            origin = backups.Origin(
                *(container, SOCKET, NETWORK, address, "rr_admin", password), kept, data, images.tools
            )
            backups.make(origin, connection, images.users["ops"])
        connection.close()
        # From here on the binary logs of that time exist as archived files only.
        _forget_logs(container)
        return run_sql(container, "root", "SELECT REPLACE(@@global.gtid_executed, '\\n', '');").strip()


def _forget_logs(container: str) -> None:
    """Drop the finished binary logs: the history of the load is no use and would be copied at every reset."""
    run_sql(container, "root", "FLUSH BINARY LOGS;")
    newest = run_sql(container, "root", "SHOW BINARY LOG STATUS;").split()[0]
    run_sql(container, "root", f"PURGE BINARY LOGS TO '{newest}';")


def _copy_to_rds(images: Images, idc: Path, rds: Path) -> None:
    """Copy the data directory, as a physical migration does; the copy is another server and has no binary log yet."""
    run(["cp", "--archive", "--reflink=auto", str(idc), str(rds)])
    for path in rds.glob("binlog.*"):
        path.unlink()
    write(rds / "auto.cnf", render.auto_cnf(RDS_UUID), mode=0o640, owner=images.users["mysql"])


def _make_rds(paths: LabPaths, images: Images, data: Path, size: Options) -> str:
    """Turn the copy into an RDS instance and let it go on; return its gtid_executed."""
    from lab.shop import delta  # noqa: PLC0415  as in _fill_idc

    with _server(paths, images, "rds", data) as container:
        run_sql(container, "root", sql_text(paths, "rds_accounts.sql"))
        run_sql(container, "rdsadmin", sql_text(paths, "rds_procedures.sql"))
        connection = connect(_address(container), "rr_admin", keys.read(paths, "aws-rr_admin"))
        delta.run(connection, size.transactions)
        connection.close()
        return run_sql(container, "rdsadmin", "SELECT REPLACE(@@global.gtid_executed, '\\n', '');").strip()


def up(paths: LabPaths, images: Images, size: Options) -> bool:
    """Build the pristine data unless it is there. Returns True when it was built."""
    if is_built(paths, images, size):
        return False
    building = paths.root / "pristine.part"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    idc, rds = building / "idc", building / "rds"
    with step("Initialising the IDC server"):
        _initialise(paths, images, idc)
    with step(f"Loading {size.rows:,} rows", announce=True):
        cutover = _fill_idc(paths, images, idc, building / "backups", size)
    with step("Copying the data to the RDS stand-in"):
        _copy_to_rds(images, idc, rds)
    with step(f"Letting RDS go on for {size.transactions:,} transactions", announce=True):
        gone_on = _make_rds(paths, images, rds, size)
    manifest = {
        "recipe": recipe(paths, images, size),
        "rows": size.rows,
        "transactions": size.transactions,
        "cutover_gtid": cutover,
        "rds_gtid": gone_on,
    }
    write(building / "manifest.json", json.dumps(manifest, indent=2) + "\n")
    shutil.rmtree(paths.pristine, ignore_errors=True)
    building.rename(paths.pristine)
    return True


def restore(paths: LabPaths) -> None:
    """Put the pristine data in place of the live one. The servers must stand still."""
    manifest = json.loads((paths.pristine / "manifest.json").read_text())
    paths.data.mkdir(parents=True, exist_ok=True)
    for side in ("idc", "rds"):
        live = paths.data / side
        # The folder itself stays: a container that was not made anew has it mounted.
        live.mkdir(exist_ok=True)
        for left in live.iterdir():
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            else:
                left.unlink()
        run(["cp", "--archive", "--reflink=auto", f"{paths.pristine / side}/.", str(live)])
    backups.restore(paths.pristine / "backups", paths.backups)
    write(paths.cutover, manifest["cutover_gtid"] + "\n")
