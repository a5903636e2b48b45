"""Boxes for the tests of a server that is gone: an empty one, and one that holds data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import box as boxes
from driver import run_action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILL = (
    "CREATE DATABASE shop",
    "CREATE TABLE shop.items (id bigint AUTO_INCREMENT PRIMARY KEY, note varchar(100))",
    """INSERT INTO shop.items (note) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
    SELECT CONCAT('a note ', i) FROM n""",
)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a stopped box that holds data; made by the very plugin the tests are about."""
    root = tmp_path_factory.mktemp("server") / "filled"
    box = boxes.make(root, "filled")
    try:
        made = run_action("mysql_rebuild", box.args())
        assert made.get("changed"), made
        with box.connect() as server:
            server.execute("SET GLOBAL super_read_only = 0")
            for statement in FILL:
                server.execute(statement)
            server.execute("SET GLOBAL super_read_only = 1")
        box.stop()
        (box.datadir / ".rollback-runner.json").unlink()
        yield root
    finally:
        box.remove()


@pytest.fixture
def new_box(filled: Path, tmp_path: Path) -> Iterator[Callable[..., boxes.Box]]:
    """Make boxes over a copy of the filled one, or empty ones; removed afterwards."""
    made: list[boxes.Box] = []

    def make(*, empty: bool = False, mount: str = boxes.DATADIR, volume: bool = False) -> boxes.Box:
        root = tmp_path / f"box{len(made)}"
        root.mkdir()
        subprocess.run(["cp", "-a", str(filled / "tls"), str(root / "tls")], check=True)
        box = boxes.make(root, f"t{len(made)}", mount=mount, volume=volume)
        made.append(box)
        if not empty:
            box.datadir.parent.mkdir(exist_ok=True)
            subprocess.run(["cp", "-a", f"{filled / 'data'}/.", str(box.datadir)], check=True)
        return box

    yield make
    for box in made:
        box.remove()
