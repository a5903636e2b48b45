"""Every module of tests leaves both servers as it found them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from idc_side import fresh

if TYPE_CHECKING:
    from collections.abc import Iterator

    import mysql_pair


@pytest.fixture(scope="module", autouse=True)
def _leave_clean(mysql_servers: mysql_pair.Pair) -> Iterator[None]:
    """Data, GTID history, channels and flags as right after the cut-over."""
    yield
    mysql_servers.reset()
    fresh(mysql_servers)
