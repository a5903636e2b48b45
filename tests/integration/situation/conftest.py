"""The site of these tests: up once for all of them, put right before each."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "dns"))
sys.path.insert(0, str(Path(__file__).parent))
import dns_site
import situation_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    import mysql_pair


@pytest.fixture(scope="session", name="running_site")
def _running_site(
    tmp_path_factory: pytest.TempPathFactory, mysql_servers: mysql_pair.Pair
) -> Iterator[situation_site.Site]:
    with dns_site.Site(tmp_path_factory.mktemp("names")) as names:
        yield from situation_site.start(tmp_path_factory.mktemp("situation"), mysql_servers, names)


@pytest.fixture(name="site")
def _site(running_site: situation_site.Site, mysql_pair: mysql_pair.Pair) -> situation_site.Site:  # noqa: ARG001 - reset
    running_site.put_right()
    return running_site
