"""Keys of the lab's people, made once, and an incident of its own for each test."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "mysql"))  # its helpers drive the real plugins
from asked import FACTS, Commands
from signed import Signed

from lab import keys
from lab.paths import LabPaths


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everyone's key."""
    paths = LabPaths(tmp_path_factory.mktemp("keys"))
    keys.make_people(paths)
    return paths.people


@pytest.fixture
def site(tmp_path: Path, people: Path) -> Signed:
    """A site with a frozen plan; nobody signed yet."""
    made = Signed(tmp_path, people)
    made.freeze()
    return made


@pytest.fixture
def granted(site: Signed) -> Signed:
    """The same, signed by everyone whose word is needed."""
    site.sign_all()
    assert site.refusal() == ""
    return site


@pytest.fixture
def commands(site: Signed, monkeypatch: pytest.MonkeyPatch) -> Commands:
    site.freeze(facts=FACTS)
    return Commands(site, monkeypatch)
