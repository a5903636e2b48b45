"""Fixtures of what comes after."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import cloud_site

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def cloud_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[cloud_site.Cloud]:
    with cloud_site.Cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def cloud(cloud_once: cloud_site.Cloud) -> cloud_site.Cloud:
    cloud_once.fill()
    return cloud_once
