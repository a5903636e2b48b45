"""Builds the wheel once, from the tree as a fresh clone has it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import made_package


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the tree; it has no history, as an archive of it would."""
    return made_package.tracked_copy(tmp_path_factory.mktemp("tree") / "project")


@pytest.fixture(scope="session")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    return made_package.build(tree, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="session")
def sdist(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist."""
    return made_package.build(tree, tmp_path_factory.mktemp("sdist"), "sdist")
