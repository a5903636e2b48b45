"""An incident as it stands when its service was watched to the end and somebody agreed that AWS resources end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback import journal, scrub
from failback.leftovers.remove import Remover
from failback.leftovers.usage import World
from failback.people import words
from failback.people.words import Word

from rollback_runner.after import cleanup_plan, watched
from rollback_runner.after.cleanup_apply import Sources

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PEOPLE: dict[str, Any] = {
    "site_people": {
        "park": {"name": {"en": "Park", "ko": "박"}, "contact": []},
        "kim": {"name": {"en": "Kim", "ko": "김"}, "contact": []},
    },
    "site_roles": {
        role: {"person": "park", "deputy": "kim"}
        for role in (
            *("commander", "database", "network", "application", "communication", "scribe"),
            *("technical_lead", "operations_manager", "executive"),
        )
    },
    "site_critical": False,
}
IDLE = World(rds={"shop-prod": ()}, names=(), aws_values=frozenset({"10.0.0.51"}), doors=())


def incident(home: Path, site: str = "shop", *, watched: str = "done", agreed: bool = True) -> Path:
    """Open one, with a run whose watch ended so, and with somebody's word."""
    place = incidents.begin(home, site)
    if watched:
        run(home, place, [("emergency", "done"), ("watch", watched)])
    if agreed:
        words.say(place, Word("confirm", "FOLLOW-01", "park", note="all of it goes"))
    return place


def run(
    home: Path, place: Path, phases: list[tuple[str, str]], *, check: bool = False, items: dict[str, str] | None = None
) -> Path:
    """Leave the record of a run; the items of its watch are as the phase, or as given."""
    number = len(list((home / "runs").glob("2*"))) if (home / "runs").exists() else 0
    directory = home / "runs" / f"20261122T10{number:02d}00Z-shop-rollback"
    directory.mkdir(parents=True)
    (directory / scrub.LIST).write_text("", encoding="utf-8")
    journal.append(directory / "journal.jsonl", "begin", site="shop", options={"incident": str(place)})
    rows = [{"name": name, "status": status} for name, status in phases]
    watch = dict(phases).get("watch", "")
    states = (dict.fromkeys(watched.ITEMS, watch) if watch else {}) | (items or {})
    told = [{"id": name, "status": status} for name, status in states.items()]
    report = {"check": check, "phases": rows, "incident": place.name, "items": told}
    (directory / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return directory


def sources(world: World = IDLE, patience: float = 3.0, **clients: Callable[[], Any]) -> Sources:
    """Ask the stand-in for AWS, and a world made up for who uses what."""

    def remover(cloud: Any) -> Remover:
        return Remover(
            lambda name: clients[name]() if name in clients else cloud.ending.client(name),
            patience,
            sleep=lambda _: None,
        )

    return Sources(look=cleanup_plan.looked, world=lambda _site, _host: world, remover=remover)
