"""Every module of tests leaves both servers as it found them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from idc_side import durable, follow, fresh, salvage, write_rows
from promote_side import fenced

if TYPE_CHECKING:
    from collections.abc import Iterator

    import mysql_pair


@pytest.fixture(scope="module", autouse=True)
def _leave_clean(mysql_servers: mysql_pair.Pair) -> Iterator[None]:
    """Data, GTID history, channels and flags as right after the cut-over."""
    yield
    mysql_servers.reset()
    fresh(mysql_servers)


@pytest.fixture(name="pair")
def _pair(mysql_servers: mysql_pair.Pair) -> mysql_pair.Pair:
    fresh(mysql_servers)
    durable(mysql_servers.idc)
    write_rows(mysql_servers, 20)
    return mysql_servers


@pytest.fixture(name="final")
def _final(pair: mysql_pair.Pair) -> dict[str, Any]:
    """RDS fenced, IDC at FINAL."""
    assert "failed" not in follow(pair)
    final = fenced(pair)
    assert "failed" not in salvage(pair, final["gtid"])
    return final
