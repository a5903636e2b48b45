"""Web hosts of our own and a balancer before them, for the tests that roll releases back there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from compose_world import Balancer, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(name="world", scope="module")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("keys"))
    try:
        world.start()
        yield world
    finally:
        world.stop()


@pytest.fixture(name="balancer")
def _balancer(world: World, tmp_path: Path) -> Iterator[Balancer]:
    world.lay()
    balancer = Balancer(tmp_path / "lb", world)
    yield balancer
    balancer.stop()
