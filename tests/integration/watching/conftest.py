"""Gives each test a site of its own, and ends whatever watches it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from watched_site import Site

from rollback_runner import companions

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with an open incident."""
    found = Site(tmp_path)
    yield found
    companions.stop(found.incident, "sampler", patience=2.0)
