"""What works beside an incident ends with the test that opened it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import drill_run
import pytest
from failback import incident

from rollback_runner import companions
from rollback_runner.run.aside import COMPANIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _nothing_left_beside(tmp_path: Path) -> Iterator[None]:
    """Close the lab's incident, which broken glass opens, and those of sites of a test's own; end their companions."""
    yield
    for home in (drill_run.HOME, tmp_path / "home"):
        for link in home.glob("incidents/*/current"):
            place = link.resolve()
            for name in COMPANIONS:
                companions.stop(place, name, patience=0.0)
            incident.close(home, place.parent.name)
