"""The site of these tests: up once for all of them, put right before each."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import env_site

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", name="running_site")
def _running_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[env_site.Site]:
    yield from env_site.start(tmp_path_factory.mktemp("environment"))


@pytest.fixture(name="site")
def _site(running_site: env_site.Site) -> env_site.Site:
    running_site.put_right()
    return running_site
