"""Two servers with the same schema of every kind of column and key."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "mysql")]
import scratch_mysql  # noqa: E402 - found by the path above
from failback.compare.options import Options  # noqa: E402
from failback.compare.run import compare  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.compare.model import Comparison

EVERYTHING = (Path(__file__).parent / "everything.sql").read_text(encoding="utf-8")
OPTIONS = ("--binlog-row-metadata=FULL", "--innodb-redo-log-capacity=16M")


@dataclass
class Sides:
    """Both servers; ``idc`` takes the planted differences."""

    idc: scratch_mysql.TestServer
    rds: scratch_mysql.TestServer
    planted: bool = True

    def plant(self, sql: str, schema: str = "kinds") -> None:
        self.planted = True
        self.idc.root(f"SET NAMES utf8mb4; SET sql_log_bin = 0; SET foreign_key_checks = 0; USE {schema}; {sql}")

    def compare(self, **options: Any) -> Comparison:
        return compare(self.idc.login(), self.rds.login(), ["kinds"], Options(**options))

    def fresh(self) -> None:
        if self.planted:
            self.idc.root(EVERYTHING)
            self.planted = False


@pytest.fixture(scope="session", name="servers")
def _servers() -> Iterator[Sides]:
    if not scratch_mysql.image():
        pytest.fail("no MySQL image: build the lab's images first (rollback-runner lab up)")
    with ThreadPoolExecutor(2) as pool:
        idc, rds = pool.map(lambda name: scratch_mysql.start(name, OPTIONS), ("compare-idc", "compare-rds"))
    try:
        rds.root(EVERYTHING)
        yield Sides(idc, rds)
    finally:
        for server in (idc, rds):
            scratch_mysql.stop(server)


@pytest.fixture(name="sides")
def _sides(servers: Sides) -> Sides:
    """Both equal."""
    servers.fresh()
    return servers
