"""What the tests of archives share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shelf_of_tests import Shelf, shelf

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def kept(tmp_path: Path) -> Shelf:
    return shelf(tmp_path)
