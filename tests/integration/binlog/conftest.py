"""Helpers of the neighbours (``idc_side.run_action`` runs one action plugin in this process), and the servers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mysql"))
sys.path.insert(0, str(Path(__file__).parent))
import history
import scratch_mysql
from quarantine_side import Pair

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", name="servers")
def _servers() -> Iterator[Pair]:
    """IDC and RDS for the tests of the quarantine; each of them begins with a story of its own."""
    with (
        scratch_mysql.running("quar-idc", history.OPTIONS) as idc,
        scratch_mysql.running("quar-rds", (*history.OPTIONS, "--server-id=2")) as rds,
    ):
        yield Pair(idc, rds)
