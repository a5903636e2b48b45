"""What the stages of one drill tell each other, in RR_HOME/.lab/drills/NAME.json: each may be its own process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rollback_runner.errors import RunnerError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Kept:
    """The clients' ledger and process, and the runs that were carried out, as (id, problems)."""

    ledger: str = ""
    clients: int = 0
    runs: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)

    def ran(self, run: str, problems: list[str]) -> Kept:
        """Note one more run and what was wrong with it."""
        return replace(self, runs=(*self.runs, run), problems=(*self.problems, *problems))


def path(home: Path, scenario: str) -> Path:
    """Tell where it is kept."""
    return home / ".lab" / "drills" / f"{scenario}.json"


def write(home: Path, scenario: str, kept: Kept) -> None:
    """Keep it."""
    place = path(home, scenario)
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_suffix(".new")
    new.write_text(json.dumps(asdict(kept), indent=2) + "\n", encoding="utf-8")
    new.replace(place)


def find(home: Path, scenario: str) -> Kept | None:
    """Read it; None where no drill of this scenario goes on. Raises RunnerError when it is there and makes no sense."""
    try:
        row: dict[str, Any] = json.loads(path(home, scenario).read_text(encoding="utf-8"))
        return Kept(**{**row, "runs": tuple(row["runs"]), "problems": tuple(row["problems"])})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        place = path(home, scenario)
        raise RunnerError(
            f"{place} cannot be read: {error}.", next_step=f"stop the clients, then rm {place}"
        ) from error


def read(home: Path, scenario: str) -> Kept:
    """Read it. Raises `UsageError` naming the stage that must come first."""
    found = find(home, scenario)
    if found is None:
        raise UsageError(
            f"No drill of {scenario} goes on: its clients were never started.",
            next_step=f"molecule prepare -s {scenario}",
        )
    return found


def forget(home: Path, scenario: str) -> None:
    """Throw it away: the drill is over."""
    path(home, scenario).unlink(missing_ok=True)
