"""One server with hard cases for all tests of backups, and the dumps made of it."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import scratch_mysql

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS = (
    "--local-infile=ON",
    "--secure-file-priv=/dump",
    "--max-allowed-packet=128M",
    "--innodb-buffer-pool-size=256M",
)
# mysqldump --tab and mydumper 0.10 both fail on this one's name.
HOSTILE = "--ignore-table=nasty.we`ird \"tbl'\\\\ .1"


@dataclass(frozen=True)
class Origin:
    """The server, and the directory that both it and the test see."""

    server: scratch_mysql.TestServer
    folder: Path

    def dump(self, name: str, *options: str, database: str = "nasty", pipe: str = "") -> Path:
        """Run mysqldump; give the file."""
        words = " ".join(f"'{word}'" for word in options)
        self.server.shell(
            f"mysqldump --no-defaults -uroot -S {scratch_mysql.SOCKET} --single-transaction {words} {database}"
            f" 2>/dev/null {'| ' + pipe if pipe else ''} > /dump/{name}"
        )
        return self.folder / name

    def tab(self, name: str, left_out: str = "--ignore-table=nasty.wide") -> Path:
        """Run mysqldump --tab, its standard output kept beside; without what --tab cannot write."""
        hostile = HOSTILE.replace("'", "'\\''")
        self.server.shell(
            f"mkdir -p /dump/{name} && chmod 777 /dump/{name} && cd /dump/{name} && mysqldump --no-defaults -uroot"
            f" -S {scratch_mysql.SOCKET} --single-transaction --source-data=2 --routines --events {left_out}"
            f" '{hostile}'"
            f" --tab=/dump/{name} nasty > programs.sql 2>/dev/null && chmod -R a+rX ."
        )
        return self.folder / name

    def mydumper(self, name: str, *options: str) -> Path:
        """Run Debian's mydumper from the image of tools."""
        argv = ["docker", "images", "rr-lab-tools", "--format", "{{.Repository}}:{{.Tag}}"]
        image = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
        if not image:
            pytest.fail("no image with mydumper: build the lab's images first (rollback-runner lab up)")
        argv = ["docker", "run", "--rm", "--label", "rr.test=1", "--network", f"container:{self.server.container}"]
        argv += [
            "-v",
            f"{self.folder}:/dump",
            "--entrypoint",
            "mydumper",
            image[0],
            "-h",
            "127.0.0.1",
            "-u",
            "rr_admin",
        ]
        argv += ["-p", "rr_admin-password-1", "-B", "nasty", "-x", "^(?!nasty.we)", "-o", f"/dump/{name}", *options]
        subprocess.run([*argv, "-G", "-E", "-R"], capture_output=True, check=True, timeout=60)
        return self.folder / name


@contextmanager
def running(folder: Path) -> Iterator[Origin]:
    """Start a server with the databases ``nasty`` and one more."""
    folder.chmod(0o777)
    with scratch_mysql.running("formats", OPTIONS, mounts=[f"{folder}:/dump"]) as server:
        text = (Path(__file__).parent / "restore" / "nasty.sql").read_text(encoding="utf-8")
        server.root(f"SET sql_log_bin=1; {text}")
        yield Origin(server, folder)
