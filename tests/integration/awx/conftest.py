"""A stand-in for AWX over TLS, a site, and the real collection awx.awx, which pip fetches once."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from awx_world import World, stand_of, world_of

from rollback_runner.awx import acts, collection
from rollback_runner.errors import RunnerError

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session", autouse=True)
def _collection() -> Iterator[None]:
    """Have the collection. It stays in .lab, so a machine fetches it once."""
    before = os.environ.get("RR_AWX_COLLECTIONS")
    os.environ["RR_AWX_COLLECTIONS"] = str(PROJECT / ".lab" / "awx-collections")
    collection.fetch()
    yield
    os.environ.pop("RR_AWX_COLLECTIONS")
    if before is not None:
        os.environ["RR_AWX_COLLECTIONS"] = before


@pytest.fixture(scope="session", name="site")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, with secrets of its own."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(PROJECT / "inventories" / "example", folder / "shop")
    shared = folder / "shop" / "group_vars" / "all.yml"
    text = shared.read_text(encoding="utf-8")
    lines = [f"rr_home: {folder}" if line.startswith("rr_home:") else line for line in text.splitlines()]
    shared.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "secrets").mkdir()
    (folder / "secrets" / "tsig").write_text("key geheim\n", encoding="utf-8")
    return folder / "shop"


@pytest.fixture(name="fresh")
def _fresh(tmp_path: Path, site: Path) -> Iterator[World]:
    """An AWX with nothing in it."""
    with stand_of(tmp_path) as stand:
        yield world_of(stand, tmp_path, site)


@pytest.fixture(scope="session", name="configured")
def _configured(tmp_path_factory: pytest.TempPathFactory, site: Path) -> Iterator[World]:
    """An AWX that was configured; the first attempt was cut off in the midst of it, and the second went on."""
    folder = tmp_path_factory.mktemp("awx")
    with stand_of(folder) as stand:
        world = world_of(stand, folder, site)
        stand.fail_after = 12
        with pytest.raises(RunnerError, match="AWX is not as the site needs it"):
            acts.configure(world.where, check=False, secrets=False)
        stand.fail_after = None
        acts.configure(world.where, check=False, secrets=False)
        yield world
