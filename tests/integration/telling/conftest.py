"""A world of its own for each test: desk, site, incident."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import told
from failback.people import channels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session", autouse=True)
def _warm() -> None:
    channels.prepare()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[told.World]:
    with told.world(tmp_path) as found:
        yield found
