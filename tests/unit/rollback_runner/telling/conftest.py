"""A record as a run leaves it, played line by line, with the messages that each moment makes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from failback import journal
from failback.people import words

from rollback_runner.record import store
from rollback_runner.telling import announce, in_play, outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rollback_runner.site.site import Site
    from rollback_runner.telling.outbox import Message

RECORDS = Path(__file__).resolve().parents[3] / "fixtures" / "telling"
PARTNER = {"key": "pay", "name": {"en": "Example Pay", "ko": "예시페이"}, "channels": ["mail"],
           "effect": {"en": "the notices you send", "ko": "보내 주시는 알림"}}  # fmt: skip
GIVEN: dict[str, Any] = {
    "site_name": "lab",
    "site_title": {"en": "Shop", "ko": "쇼핑몰"},
    "site_timezone": "Asia/Seoul",
    "site_budgets": {"emergency": 900, "full": 3600},
    "site_people": {
        "kim": {"name": {"en": "Minjun Kim", "ko": "김민준"}, "contact": ["chat"]},
        "lee": {"name": {"en": "Seoyeon Lee", "ko": "이서연"}, "contact": ["chat"]},
        "jung": {"name": {"en": "Haneul Jung", "ko": "정하늘"}, "contact": ["chat"]},
    },
    "site_roles": {
        "commander": {"person": "kim", "deputy": "lee"},
        "communication": {"person": "jung", "deputy": "kim"},
        "database": {"person": "lee", "deputy": "kim"},
    },
    "site_channels": [{"name": "chat", "url_file": "chat"}, {"name": "mail", "url_file": "mail"}],
    "site_status_page": {"page": "shop", "token_file": "token", "components": {"website": "web"}},
    "site_audiences": {name: {"contact": "the desk"} for name in ("team", "management", "users", "support")},
    "site_partners": [PARTNER],
    "site_sla": {"objective": 0.999, "credits": [{"below": 0.999, "credit": 0.1}]},
    "databases": ["shop-db"],
}


@dataclass
class Stage:
    """An incident in a home of its own, and the site it belongs to."""

    home: Path
    incident: Path
    site: Site
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def messages(self) -> list[Message]:
        return [state.message for state in outbox.messages(self.incident)]

    def texts(self) -> list[str]:
        return [f"{one.subject}\n{one.body}" for one in self.messages]

    def say(self, item: str, by: str, note: str = "", **details: Any) -> None:
        words.say(self.incident, words.Word("confirm", item, by, note=note, details=details))

    def situation(self, cause: str = "The evening load is too much for RDS") -> None:
        self.say("SIT-01", "lee", statement=cause, category="performance")
        self.say("SIT-02", "jung", moment={"utc": "2026-11-22T12:30:16Z"}, source="alarm")
        self.say("SIT-05", "jung", severity="major")

    def sign(self, *people: str) -> None:
        for one in people:
            said = json.dumps({"principal": one, "decision": "approve", "plan": "p"})
            journal.append(self.incident / "approvals.jsonl", "approval", statement=said, signature="")

    def lines(self, record: str, **options: Any) -> list[dict[str, Any]]:
        """Read a recorded run, as one of this incident."""
        found = [json.loads(line) for line in (RECORDS / f"{record}.jsonl").read_text(encoding="utf-8").splitlines()]
        found[0]["options"] |= {"incident": str(self.incident), **options}
        return found

    def play(
        self,
        lines: list[dict[str, Any]],
        run_id: str = "20261122T125016Z-lab-rollback",
        *,
        until: Callable[[dict[str, Any]], bool] | None = None,
        tell: bool = True,
    ) -> store.Run:
        """Write a run's journal line by line; announce when the engine does. Stop after ``until``."""
        run = store.Run(self.home / "runs" / run_id)
        run.directory.mkdir(parents=True, exist_ok=True)
        legs = list(lines[0]["legs"])
        with run.journal.open("a", encoding="utf-8") as stream:
            for line in lines:
                stream.write(json.dumps({**line, "prev": "0" * 64}, ensure_ascii=False) + "\n")
                stream.flush()
                if tell:
                    for event, hints in _events(line, legs):
                        self.tell(run, event, **hints)
                if until is not None and until(line):
                    break
        return run

    def tell(self, run: store.Run | None, event: str, **hints: str) -> tuple[str, ...]:
        return announce.announce(self.site, self.home, self.incident, run, event, **hints)

    def troubles(self) -> list[dict[str, Any]]:
        return outbox.lines(self.incident / announce.TROUBLE)


def _events(line: dict[str, Any], legs: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Say what a run announces when this line has been written."""
    match line["kind"]:
        case "begin":
            yield "run_began", {}
            yield "leg_began", {"leg": legs[0]}
        case "final":
            yield "act", {"act": "fenced"}
        case "promoted":
            yield "act", {"act": "promoted"}
        case "failure":
            ids = line["task"].rpartition(" | ")[0]
            yield "problem", {"item": ids.split(", ")[0], "host": line["host"]}
        case "leg":
            yield "leg_ended", {"leg": line["leg"]}
            after = legs[legs.index(line["leg"]) + 1 :]
            if line["status"] in ("done", "already") and after:
                yield "leg_began", {"leg": after[0]}
        case "end":
            yield ("aborted" if line["outcome"] == "aborted" else "run_ended"), {}


@pytest.fixture
def given() -> dict[str, Any]:
    """Return the site's variables, to be changed at will."""
    copied: dict[str, Any] = json.loads(json.dumps(GIVEN))
    return copied


@pytest.fixture
def staged(tmp_path: Path) -> Callable[[dict[str, Any]], Stage]:
    """Return a maker of stages for a site."""

    def make(given: dict[str, Any]) -> Stage:
        incident = tmp_path / "incidents" / "lab" / "20261122T110000Z"
        incident.mkdir(parents=True, exist_ok=True)
        return Stage(tmp_path, incident, in_play.site(given), given)

    return make


@pytest.fixture
def stage(staged: Callable[[dict[str, Any]], Stage], given: dict[str, Any]) -> Stage:
    """Return an incident of the usual site, with cause, moment and effect on record."""
    made = staged(given)
    made.situation()
    return made


@pytest.fixture
def moment() -> datetime:
    """Return when the recorded run was about done."""
    return datetime(2026, 11, 22, 12, 54, tzinfo=UTC)
