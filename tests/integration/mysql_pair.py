"""Two real MySQL servers in containers: one as the IDC server, one with what RDS gives and withholds.

Started once per test session from the lab's image (newest ``rr-lab-mysql:*``, or ``RR_TEST_MYSQL_IMAGE``), with a
small data directory in memory, about 15 s. Reached by their addresses on Docker's bridge: no port is taken.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import scratch_mysql
from failback.mysql import quote_account
from scratch_mysql import TestServer, image

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Pair", "TestServer", "image", "start", "stop"]

IDC_UUID = "11111111-1111-4111-8111-111111111111"
RDS_UUID = "22222222-2222-4222-8222-222222222222"
ACCOUNTS = ("rr_admin", "shop_app", "report", "shop_batch", "repl")
APP_ACCOUNTS = ("shop_app", "report", "shop_batch")

# As on a site after a cut-over, but small.
_OPTIONS = (
    "--mysqlx=OFF",
    "--gtid-mode=ON",
    "--enforce-gtid-consistency=ON",
    "--binlog-row-metadata=FULL",
    "--innodb-redo-log-capacity=16M",
    "--innodb-buffer-pool-size=64M",
    "--innodb-flush-log-at-trx-commit=2",
    "--sync-binlog=0",
)

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


def start(directory: Path, image_name: str) -> Pair:
    """Start both, load the schema on both with the same GTID history, and note the cut-over position."""
    secrets = directory / "secrets"
    secrets.mkdir(mode=0o700)
    for user in (*ACCOUNTS, "root"):
        (secrets / user).write_text(f"{user}-password-1\n")
        (secrets / user).chmod(0o600)
    tag = f"{os.getpid()}-{int(time.time())}"
    same = {"secrets": secrets, "image_name": image_name}
    idc_options = (*_OPTIONS, "--server-id=11", "--event-scheduler=OFF")
    rds_options = (*_OPTIONS, "--server-id=51", "--event-scheduler=ON")
    idc = scratch_mysql.launch(f"rr-test-idc-{tag}", idc_options, uuid=IDC_UUID, **same)
    rds = scratch_mysql.launch(f"rr-test-rds-{tag}", rds_options, uuid=RDS_UUID, **same)
    for server in (idc, rds):
        scratch_mysql.await_answer(server)
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
        scratch_mysql.stop(server)
