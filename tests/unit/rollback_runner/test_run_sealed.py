"""The last run of an incident seals its record again; a run whose watch did not end well does not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import planned
import pytest
from failback import incident as incidents

from rollback_runner.after import watched
from rollback_runner.archive import sealing
from rollback_runner.plan import leg as planning
from rollback_runner.plan import ways
from rollback_runner.record import report, store
from rollback_runner.run.aside import Aside
from rollback_runner.run.options import Options
from rollback_runner.run.recorder import Recorder

if TYPE_CHECKING:
    from pathlib import Path


class Screen:
    """Hears what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)


@pytest.mark.parametrize(
    ("status", "rehearsed", "sealed"), [("done", False, True), ("waiting", False, False), ("done", True, False)]
)
def test_the_run_that_watched_to_the_end_is_sealed_with_its_own_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: Any, *, rehearsed: bool, sealed: bool
) -> None:
    site = replace(planned.site(), budgets={"watch": 10.0})
    place = incidents.begin(tmp_path, "shop")
    run = store.create(tmp_path, "20261122T120000Z-shop-watch", ())
    ended: list[bool] = []

    def again(*_: Any) -> tuple[Path, str]:
        ended.append(run.read_report() is not None and any(one["kind"] == "end" for one in run.entries()))
        return tmp_path / "shop.archive.tar", "ab" * 32

    monkeypatch.setattr(sealing, "again", again)
    screen, options = Screen(), Options(incident=str(place), check=rehearsed)
    aside = Aside.of(site, tmp_path, options, screen.say)
    plan = planning.make(site, ways.WATCH, planned.STEPS, home=str(tmp_path))
    record = Recorder(run, site, [plan], options, 0, screen, aside)  # type: ignore[arg-type]  # a screen of its own
    record.begin("watch")
    record.phases.append(report.PhaseReport("watch", "waiting", store.now(), 1.0, 10.0, ""))
    row = {"phase": "watch", "title": {"en": "x", "ko": "x"}, "reason": "", "started": "", "ended": "", "seconds": 0.0,
           "hosts": []}  # fmt: skip
    record.items += [row | {"id": name, "status": status} for name in watched.ITEMS]
    record.finish(ways.WATCH, "waiting", "waiting")
    assert ended == ([True] if sealed else [])
    assert any(line.startswith("archive: ") and "sha256 abab" in line for line in screen.said) == sealed
