"""The hosts of these tests: up once for all of them, put right before each."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import fit_servers
import fit_site

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", name="running_hosts")
def _running_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[fit_site.Site]:
    yield from fit_site.start(tmp_path_factory.mktemp("fitness"))


@pytest.fixture(name="site")
def _site(running_hosts: fit_site.Site) -> fit_site.Site:
    running_hosts.put_right()
    return running_hosts


@pytest.fixture(scope="session", name="running_servers")
def _running_servers() -> Iterator[fit_servers.Servers]:
    yield from fit_servers.start()


@pytest.fixture(name="servers")
def _servers(running_servers: fit_servers.Servers) -> Iterator[fit_servers.Servers]:
    yield running_servers
    running_servers.empty()
