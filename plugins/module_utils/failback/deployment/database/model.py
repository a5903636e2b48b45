"""What the database's way back is decided from, and the decision. Pure data; sentences are {en, ko}.

Figures (rows, seconds) change while production writes: they are shown, and stay out of what a person confirms
(``stable``), which must be the same when it is looked at again a minute later.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Text = dict[str, str]  # en, ko
Strategy = Literal["nothing", "compatible", "reversal", "restore", "forward", "refuse"]
STRATEGIES: tuple[Strategy, ...] = ("nothing", "compatible", "reversal", "restore", "forward", "refuse")
# What a person may ask for by name; the other two are findings, never wishes.
ASKABLE: tuple[Strategy, ...] = ("nothing", "compatible", "reversal", "restore", "forward")
CODE_ONLY: frozenset[str] = frozenset({"nothing", "compatible"})
CHANGES_DATA: frozenset[str] = frozenset({"reversal", "restore"})


@dataclass(frozen=True)
class Loss:
    """One thing that going this way would lose.

    ``figures``: rows that hold something, seconds since the backup; None: it could not be counted, which is said.
    """

    kind: Literal["column", "table", "values", "since", "other"]
    object: str
    said: Text
    figures: Mapping[str, int | float | str | None] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return asdict(self)

    def stable(self) -> dict[str, str]:
        """Return what goes into the plan's digest: what is lost, not how much of it there is by now."""
        return {"kind": self.kind, "object": self.object}


@dataclass(frozen=True)
class Reversal:
    """The hand-written way back from one migration, as it was found. ``problem``: why it must not be used."""

    migration: str
    path: str = ""
    sha256: str = ""
    statements: tuple[str, ...] = ()
    reviewed_by: str = ""
    reviewed_at: str = ""
    loses: Text | None = None  # in the reviewer's own words
    problem: Text | None = None

    @property
    def usable(self) -> bool:
        """Whether it was found, is what was reviewed, and can be read."""
        return self.problem is None and bool(self.sha256)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it, its statements included."""
        return asdict(self) | {"usable": self.usable}

    def stable(self) -> dict[str, str]:
        """Return what of it goes into the plan's digest."""
        return {"migration": self.migration, "sha256": self.sha256, "reviewed_by": self.reviewed_by}


@dataclass(frozen=True)
class Rehearsed:
    """What trying the reversals on a scratch copy of this schema showed.

    ``digest`` is that of what was rehearsed (reversals, schema before, schema wanted). ``passed`` None: it was not
    tried yet, and the way is open only once it was.
    """

    digest: str
    passed: bool | None
    at: str = ""
    seconds: float = 0.0
    problems: tuple[Text, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return asdict(self)


@dataclass(frozen=True)
class BackupOption:
    """A backup that could bring the schema back. ``knows`` names migrations ahead that it holds already.

    ``problem``: why it must not be used. ``taken_at`` is ISO 8601 in UTC, "" unknown.
    """

    name: str
    url: str
    digest: str = ""
    taken_at: str = ""
    knows: tuple[str, ...] = ()
    problem: Text | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return asdict(self)

    def stable(self) -> dict[str, str]:
        """Return what of it goes into the plan's digest."""
        return {"name": self.name, "url": self.url, "digest": self.digest, "taken_at": self.taken_at}


@dataclass(frozen=True)
class Option:
    """One way, whether it is open, and its price. ``said`` says what it loses in one sentence, also when nothing."""

    strategy: Strategy
    open: bool
    why: Text
    said: Text
    loses: tuple[Loss, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return asdict(self)


@dataclass(frozen=True)
class Choice:
    """The way that is taken, who chose it, and every other way beside it.

    ``undo`` names the migrations whose reversals run, in the order they run (the newest first). ``backup`` is the one
    that strategy restore would take. ``next_step`` is what to do where nothing is rolled back (forward, refuse).
    """

    strategy: Strategy
    by: Literal["rule", "person"]
    why: Text
    options: tuple[Option, ...]
    undo: tuple[str, ...] = ()
    backup: BackupOption | None = None
    reversals: tuple[Reversal, ...] = ()
    next_step: Text = field(default_factory=lambda: {"en": "", "ko": ""})

    @property
    def loses(self) -> tuple[Loss, ...]:
        """What the chosen way loses."""
        return next((option.loses for option in self.options if option.strategy == self.strategy), ())

    @property
    def changes_data(self) -> bool:
        """Whether carrying it out changes or replaces data, so that approvals are asked for."""
        return self.strategy in CHANGES_DATA

    @property
    def rolls_back(self) -> bool:
        """Whether the code goes back at all."""
        return self.strategy not in {"forward", "refuse"}

    def stable(self) -> dict[str, Any]:
        """Return what of it goes into the plan's digest."""
        used = [r for name in self.undo for r in self.reversals if r.migration == name]
        return {
            "strategy": self.strategy,
            "reversals": [one.stable() for one in used] if self.strategy == "reversal" else [],
            "backup": self.backup.stable() if self.strategy == "restore" and self.backup else {},
            "loses": [one.stable() for one in self.loses],
        }

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it, for the evidence of DEPLOY-07."""
        return {
            "strategy": self.strategy,
            "by": self.by,
            "why": self.why,
            "next_step": self.next_step,
            "options": [one.as_dict() for one in self.options],
            "loses": [one.as_dict() for one in self.loses],
            "undo": list(self.undo),
            "backup": self.backup.as_dict() if self.backup else None,
            "reversals": [one.as_dict() for one in self.reversals],
            "changes_data": self.changes_data,
            "rolls_back": self.rolls_back,
            "stable": self.stable(),
        }
