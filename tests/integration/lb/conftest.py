"""Fixtures of the load balancer tests."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import lb_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def apps() -> Iterator[dict[str, lb_site.App]]:
    running = {name: lb_site.App(name) for name in (*lb_site.AWS, *lb_site.IDC)}
    yield running
    for app in running.values():
        app.stop()


@pytest.fixture
def new_node(tmp_path: Path, apps: dict[str, lb_site.App]) -> Iterator[Callable[..., lb_site.Node]]:
    nodes: list[lb_site.Node] = []

    def start(name: str = "lb1", config: str = "") -> lb_site.Node:
        nodes.append(lb_site.Node(tmp_path / name, apps, config))
        return nodes[-1]

    yield start
    for node in nodes:
        node.daemon.stop()


@pytest.fixture
def node(new_node: Callable[..., lb_site.Node]) -> lb_site.Node:
    return new_node()
