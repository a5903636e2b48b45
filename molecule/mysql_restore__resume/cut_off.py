# ruff: noqa: INP001 - run by path
"""Start the restore and kill it, with all below it, as it loads rows: `cut_off.py HOST PASSWORD_FILE CA_FILE ARGV`.

Prints how many rows of the table stood there then. Ends with 1 when the restore ended before it could be killed.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pymysql

host, password, ca, *argv = sys.argv[1:]
LOADED = "SELECT COUNT(*) FROM shop.customers"


def rows() -> int:
    """Count the rows by plain SQL; none while the table is not there."""
    try:
        secret = Path(password).read_text(encoding="utf-8").strip()
        tls = {"ca": ca, "check_hostname": False}
        with pymysql.connect(host=host, user="rr_admin", password=secret, ssl=tls) as server, server.cursor() as cursor:
            cursor.execute(LOADED)
            return int(cursor.fetchone()[0])
    except pymysql.MySQLError:
        return 0


with subprocess.Popen(argv, start_new_session=True, stdout=subprocess.DEVNULL) as restore:
    while (found := rows()) == 0 and restore.poll() is None:
        time.sleep(0.02)
    killed = restore.poll() is None
    os.killpg(restore.pid, signal.SIGKILL)
sys.stdout.write(f"{found}\n")
sys.exit(0 if killed and found else 1)
