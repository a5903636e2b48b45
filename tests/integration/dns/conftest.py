"""Fixtures of the DNS tests."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import dns_site

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dns_site.Site]:
    with dns_site.Site(tmp_path_factory.mktemp("named")) as running:
        yield running
