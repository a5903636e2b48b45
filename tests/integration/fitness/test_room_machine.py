"""TECH-05 on the machine that runs the rollback: the quarantines of several databases on one disk are added up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from run_tasks import local_host, play

if TYPE_CHECKING:
    from pathlib import Path

GIB = 1 << 30
TASK = {"ansible.builtin.import_role": {"name": "fitness", "tasks_from": "machine"}, "when": "shop is defined"}


def measured(database: str, quarantine: int) -> dict[str, Any]:
    """What the look at one database left behind."""
    room = {
        "where": "this machine",
        "system": "here:1",
        "paths": ["/q"],
        "free": 10 * GIB,
        "parts": [{"what": "what RDS changed since the cut-over", "bytes": quarantine}],
    }
    return local_host(fitness_room={"evidence": {"database": database, "rooms": [room]}})


@pytest.mark.parametrize("check", [False, True])
def test_what_fits_alone_and_not_together_is_a_blocker(tmp_path: Path, *, check: bool) -> None:
    hosts = {
        "shop": local_host(shop=True, site_strategy="switch-first"),
        "a-db": measured("a-db", 6 * GIB),
        "b-db": measured("b-db", 6 * GIB),
        "c-db": local_host(fitness_room={"skipped": True}),
    }
    played = play(tmp_path, [TASK], hosts, check=check)
    assert played.rc == 0, played.messages
    (found,) = played.of("TECH-05", "shop")["findings"]
    assert (found["severity"], found["key"]) == ("blocker", "room:switch-first:this machine:together:/q:full")
    assert "a-db 6.0 GiB, b-db 6.0 GiB" in found["sentence"]
