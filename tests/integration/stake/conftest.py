"""A shop as at a cut-over, on both servers; and ``idc_side.run_action`` of the neighbours."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mysql"))
sys.path.insert(0, str(Path(__file__).parent))

import idc_side
import pytest
import scratch_mysql
import stake_side

if TYPE_CHECKING:
    from collections.abc import Iterator

    import mysql_pair


@pytest.fixture(scope="module", autouse=True)
def _leave_clean(mysql_servers: mysql_pair.Pair) -> Iterator[None]:
    """Leave the servers as the neighbours know them."""
    yield
    mysql_servers.reset()
    idc_side.fresh(mysql_servers)


@pytest.fixture(name="pair")
def _pair(mysql_servers: mysql_pair.Pair) -> mysql_pair.Pair:
    """Both as right after the cut-over, with the shop of these tests."""
    stake_side.fresh(mysql_servers)
    return mysql_servers


@pytest.fixture(scope="module", name="odd")
def _odd() -> Iterator[scratch_mysql.TestServer]:
    """A server whose InnoDB cascades by itself, as before 9.6; without MyISAM, and one schema is not in its log."""
    options = ("--server-id=52", "--innodb-native-foreign-keys=ON", "--disabled-storage-engines=MyISAM")
    options = (*options, "--binlog-ignore-db=other")
    with scratch_mysql.running("stake-odd", options) as server:
        yield server
