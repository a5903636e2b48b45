"""What the tests of bundles share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bundles_of_tests import Bench, bench

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return bench(tmp_path / "home", monkeypatch)
