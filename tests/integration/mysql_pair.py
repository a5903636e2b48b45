"""Two real MySQL servers in containers: one as the IDC server, one with what RDS gives and withholds.

Started once per test session from the lab's image (newest ``rr-lab-mysql:*``, or ``RR_TEST_MYSQL_IMAGE``), with a
small data directory in memory, about 15 s. Reached by their addresses on Docker's bridge: no port is taken.
"""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.errors import FailbackError
from failback.mysql import Login, Server, quote_account

if TYPE_CHECKING:
    from pathlib import Path

IDC_UUID = "11111111-1111-4111-8111-111111111111"
RDS_UUID = "22222222-2222-4222-8222-222222222222"
START_TIMEOUT = 90.0
ACCOUNTS = ("rr_admin", "shop_app", "report", "shop_batch", "repl")
APP_ACCOUNTS = ("shop_app", "report", "shop_batch")

_START = """
set -e
mkdir -p /var/run/mysqld /var/lib/mysql && chown -R mysql:mysql /var/run/mysqld /var/lib/mysql
mysqld --no-defaults --user=mysql --datadir=/var/lib/mysql --initialize-insecure --innodb-redo-log-capacity=16M
printf '[auto]\\nserver-uuid={uuid}\\n' > /var/lib/mysql/auto.cnf
exec mysqld --no-defaults --user=mysql --datadir=/var/lib/mysql --socket=/var/run/mysqld/mysqld.sock --mysqlx=OFF \
 --server-id={server_id} --gtid-mode=ON --enforce-gtid-consistency=ON --binlog-row-metadata=FULL \
 --innodb-redo-log-capacity=16M --innodb-buffer-pool-size=64M --event-scheduler={scheduler} \
 --innodb-flush-log-at-trx-commit=2 --sync-binlog=0
"""

_SCHEMA = """
CREATE DATABASE shop;
CREATE TABLE shop.write_ledger (id bigint AUTO_INCREMENT PRIMARY KEY, token char(36) NOT NULL, client varchar(32),
 note varchar(64), created_at datetime(6) DEFAULT CURRENT_TIMESTAMP(6), KEY (token));
CREATE TABLE shop.items (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(64), price decimal(10,2));
INSERT INTO shop.items (name, price) VALUES ('a', 1.00), ('b', 2.50);
"""

# What a master user of RDS for MySQL 8.4 has (AWS user guide, master user account privileges), and no more.
_RDS_MASTER = """
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES,
 CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW,
 CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER ON *.* TO rr_admin@'%' WITH GRANT OPTION;
GRANT APPLICATION_PASSWORD_ADMIN, ROLE_ADMIN, SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER, XA_RECOVER_ADMIN
 ON *.* TO rr_admin@'%' WITH GRANT OPTION;
"""

_RDS_PROGRAMS = """
CREATE USER rdsadmin@localhost IDENTIFIED BY 'rdsadmin-password-1';
GRANT ALL ON *.* TO rdsadmin@localhost WITH GRANT OPTION;
CREATE TABLE mysql.rds_heartbeat2 (id int PRIMARY KEY, value bigint);
DELIMITER //
CREATE DEFINER=rdsadmin@localhost PROCEDURE mysql.rds_kill(IN thread BIGINT) SQL SECURITY DEFINER
BEGIN
  KILL thread;
END//
DELIMITER ;
"""


@dataclass(frozen=True)
class TestServer:
    """One server: where it is and how its accounts log in."""

    __test__ = False

    container: str
    host: str
    uuid: str
    secrets: Path

    def login(self, user: str = "rr_admin") -> Login:
        return Login.from_dict(self.login_dict(user))

    def login_dict(self, user: str = "rr_admin") -> dict[str, object]:
        return {
            "host": self.host,
            "port": 3306,
            "user": user,
            "password_file": str(self.secrets / user),
            "ca_file": str(self.secrets / f"{self.container}-ca.pem"),
            "server_uuid": self.uuid,
        }

    def connect(self, user: str = "rr_admin") -> Server:
        return Server.connect(self.login(user))

    def root(self, sql: str) -> str:
        """Run SQL as the all-mighty local root, as only RDS itself could."""
        argv = ["docker", "exec", "-i", self.container, "mysql", "--no-defaults", "-uroot", "-N", "-B"]
        argv += ["-S", "/var/run/mysqld/mysqld.sock"]
        done = subprocess.run(argv, input=sql, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode:
            raise AssertionError(f"{self.container}: {done.stderr}")
        return done.stdout.strip()


@dataclass(frozen=True)
class Pair:
    """Both sides, as after a cut-over: IDC read-only, RDS writable with all the data."""

    idc: TestServer
    rds: TestServer
    cutover: str

    def reset(self) -> None:
        """Undo what a test did to accounts, sessions, events and read-only flags."""
        for server in (self.idc, self.rds):
            server.root("SET GLOBAL super_read_only=0; SET GLOBAL read_only=0;")
            accounts = ",".join(quote_account(name, "%") for name in ACCOUNTS)
            patch = '{"rollback_runner": null, "other": null}'
            server.root(f"SET sql_log_bin=0; ALTER USER {accounts} ACCOUNT UNLOCK ATTRIBUTE '{patch}';")
            ids = server.root("SELECT id FROM information_schema.processlist WHERE user NOT IN ('root')")
            for thread in ids.split():
                with suppress(AssertionError):
                    server.root(f"KILL {thread}")
        self.idc.root("SET GLOBAL super_read_only=1")


def image() -> str:
    """Pick the newest image of the lab's MySQL, or ""."""
    if wanted := os.environ.get("RR_TEST_MYSQL_IMAGE"):
        return wanted
    argv = ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "rr-lab-mysql"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
    return next(iter(done.stdout.split()), "")


def start(directory: Path, image_name: str) -> Pair:
    """Start both, load the schema on both with the same GTID history, and note the cut-over position."""
    secrets = directory / "secrets"
    secrets.mkdir(mode=0o700)
    for user in (*ACCOUNTS, "root"):
        (secrets / user).write_text(f"{user}-password-1\n")
        (secrets / user).chmod(0o600)
    tag = f"{os.getpid()}-{int(time.time())}"
    idc = _launch(f"rr-test-idc-{tag}", IDC_UUID, 11, "OFF", secrets, image_name)
    rds = _launch(f"rr-test-rds-{tag}", RDS_UUID, 51, "ON", secrets, image_name)
    for server in (idc, rds):
        _await(server)
    users = "".join(f"CREATE USER {name}@'%' IDENTIFIED BY '{name}-password-1';\n" for name in ACCOUNTS)
    grants = "".join(f"GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO {name}@'%';\n" for name in APP_ACCOUNTS)
    grants += "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO repl@'%';\n"
    idc.root(f"SET sql_log_bin=0;{users}{grants}GRANT ALL ON *.* TO rr_admin@'%' WITH GRANT OPTION;")
    rds.root(f"SET sql_log_bin=0;{users}{grants}{_RDS_MASTER}{_RDS_PROGRAMS}")
    idc.root(_SCHEMA)
    cutover = idc.root("SELECT @@GLOBAL.gtid_executed")
    rds.root(f"SET sql_log_bin=0;{_SCHEMA}RESET BINARY LOGS AND GTIDS; SET GLOBAL gtid_purged='{cutover}';")
    idc.root("SET GLOBAL super_read_only=1")
    return Pair(idc, rds, cutover)


def stop(pair: Pair) -> None:
    """Remove both containers."""
    for server in (pair.idc, pair.rds):
        subprocess.run(["docker", "rm", "-f", server.container], capture_output=True, check=False, timeout=60)


def _launch(  # noqa: PLR0913, PLR0917 - one call per server, all of them different
    name: str, uuid: str, server_id: int, scheduler: str, secrets: Path, image_name: str
) -> TestServer:
    script = _START.format(uuid=uuid, server_id=server_id, scheduler=scheduler)
    argv = ["docker", "run", "-d", "--name", name, "--label", "rr.test=1", "--tmpfs", "/var/lib/mysql"]
    argv += ["--entrypoint", "/bin/sh", image_name, "-c", script]
    subprocess.run(argv, capture_output=True, check=True, timeout=60)
    address = ["docker", "inspect", "-f", "{{.NetworkSettings.IPAddress}}", name]
    found = subprocess.run(address, capture_output=True, check=True, text=True, timeout=30)
    return TestServer(name, found.stdout.strip(), uuid, secrets)


def _await(server: TestServer) -> None:
    limit = time.monotonic() + START_TIMEOUT
    while True:
        try:
            server.root("SELECT 1")
            break
        except (AssertionError, FailbackError):
            if time.monotonic() > limit:
                logs = subprocess.run(
                    ["docker", "logs", "--tail", "20", server.container], capture_output=True, check=False
                )
                raise AssertionError(f"{server.container} did not start: {logs.stderr.decode()}") from None
            time.sleep(0.3)
    target = server.secrets / f"{server.container}-ca.pem"
    argv = ["docker", "exec", server.container, "cat", "/var/lib/mysql/ca.pem"]
    target.write_bytes(subprocess.run(argv, capture_output=True, check=True, timeout=30).stdout)
