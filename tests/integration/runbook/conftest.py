"""What the tests of the runbook borrow: the servers of `mysql`, the node of `lb`, the name servers of `dns`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "mysql"))
sys.path.insert(0, str(Path(__file__).parent.parent / "lb"))
sys.path.insert(0, str(Path(__file__).parent.parent / "dns"))
import dns_site
import lb_site
from idc_side import durable, fresh, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    import mysql_pair


@pytest.fixture(name="pair")
def _pair(mysql_servers: mysql_pair.Pair) -> mysql_pair.Pair:
    mysql_servers.reset()
    fresh(mysql_servers)
    durable(mysql_servers.idc)
    write_rows(mysql_servers, 20)
    return mysql_servers


@pytest.fixture(name="node")
def _node(tmp_path: Path) -> Iterator[lb_site.Node]:
    apps = {name: lb_site.App(name) for name in (*lb_site.AWS, *lb_site.IDC)}
    node = lb_site.Node(tmp_path / "node", apps)
    yield node
    node.daemon.stop()
    for app in apps.values():
        app.stop()


@pytest.fixture(name="names")
def _names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dns_site.Site]:
    with dns_site.Site(tmp_path_factory.mktemp("named")) as running:
        yield running
