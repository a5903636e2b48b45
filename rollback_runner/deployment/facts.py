"""What the tasks of a release's rollback found, read from their evidence. Pure: evidence in, facts out.

The same reading serves the look before a plan and the report of a run. A part that no task told is `None` or empty, and
whoever decides treats that as the dangerous case. Parts are told by what they hold, so it does not matter which task
of the play says them, and the newest word counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback.deployment import plan as plans

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# A part of the evidence is known by these keys; each stands in the form of failback.deployment that is named.
_PROJECT = frozenset({"live", "domains", "auto_assign"})  # model.Project
_CHOSEN = frozenset({"to", "skips", "already_live"})  # choose.Chosen
# migrations.gate.Gate as it was planned with; what DEPLOY-08 saw afterwards is shorter.
_GATE = frozenset({"verdict", "ahead", "schema_checked"})
_CHOICE = frozenset({"strategy", "options", "rolls_back"})  # database.model.Choice
_PLAN = frozenset({"application", "kind", "from", "to", "domains"})  # plan.content
_LISTED = "deployments"
_NAMED = ("named", "not_reverted")
_RAN = "DEPLOY-08"
_PUSHES = "DEPLOY-12"


@dataclass(frozen=True)
class Facts:
    """`deployments` carry their mark (`mark.word`, `mark.why`) and `knows`, whether their code knows the database."""

    project: Mapping[str, Any] | None = None
    deployments: Sequence[Mapping[str, Any]] = ()
    chosen: Mapping[str, Any] | None = None
    gate: Mapping[str, Any] | None = None
    choice: Mapping[str, Any] | None = None
    plan: Mapping[str, Any] | None = None
    named: Sequence[Mapping[str, Any]] = ()
    ran: Mapping[str, Any] = field(default_factory=dict)
    pushes: Mapping[str, Any] = field(default_factory=dict)
    # Sentences that tasks told in English, and the same in Korean.
    korean: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The digest of the plan that is confirmed; "" where no plan was made."""
        return plans.digest(self.plan) if self.plan else ""

    @property
    def strategy(self) -> str:
        """What becomes of the database; `nothing` where the application has none."""
        return str(self.choice["strategy"]) if self.choice else "nothing"

    @property
    def changes_data(self) -> bool:
        """Whether the database is changed or replaced."""
        return self.strategy in plans.CHANGING

    def one(self, name: str) -> Mapping[str, Any] | None:
        """Find a deployment by its id, the beginning of its id, its commit or its address."""
        known = [one for one in self.deployments if name and _is(one, name)]
        exact = [one for one in known if one["id"] == name]
        return exact[0] if exact else known[0] if len(known) == 1 else None


def read(told: Iterable[tuple[Sequence[str], Mapping[str, Any]]]) -> Facts:
    """Read what was told, each with the ids of the task that told it, the oldest first."""
    found: dict[str, Any] = {"korean": {}}
    for ids, evidence in told:
        found["korean"] |= _korean(evidence.get("told"))
        for part in (evidence, *(value for value in evidence.values() if isinstance(value, dict))):
            found |= _parts(part)
        for name in _NAMED:
            if isinstance(evidence.get(name), list):
                found["named"] = tuple(evidence[name])
        if _RAN in ids and evidence:
            found["ran"] = evidence
        if _PUSHES in ids and evidence:
            found["pushes"] = evidence
    return Facts(**found)


def _korean(told: object) -> dict[str, str]:
    """Read a pair of sentences, or a list of them."""
    rows = told if isinstance(told, list) else [told]
    pairs = [one for one in rows if isinstance(one, dict) and one.get("en") and one.get("ko")]
    return {str(one["en"]): str(one["ko"]) for one in pairs}


def _parts(part: Mapping[str, Any]) -> dict[str, Any]:
    keys = part.keys()
    found: dict[str, Any] = {}
    for name, marks in (
        ("project", _PROJECT),
        ("chosen", _CHOSEN),
        ("gate", _GATE),
        ("choice", _CHOICE),
        ("plan", _PLAN),
    ):
        if marks <= keys:
            found[name] = part
    listed = part.get(_LISTED)
    if isinstance(listed, list) and all(isinstance(one, dict) and "id" in one for one in listed):
        found["deployments"] = tuple(_marked(one, part) for one in listed)
    return found


def _marked(one: Mapping[str, Any], beside: Mapping[str, Any]) -> dict[str, Any]:
    """Put a deployment's mark into it, where the task lists marks beside the deployments."""
    mark = one.get("mark")
    if isinstance(mark, str):
        mark = {"word": mark, "why": str(one.get("why") or "")}
    if mark is None and isinstance(marks := beside.get("marks"), dict):
        mark = marks.get(one["id"])
    return {**one, "mark": mark or {"word": "unknown", "why": ""}, "knows": one.get("knows")}


def _is(one: Mapping[str, Any], name: str) -> bool:
    address = str(one.get("address") or "").removeprefix("https://").removeprefix("http://").rstrip("/")
    plain = name.removeprefix("https://").removeprefix("http://").rstrip("/")
    commit = str(one.get("commit") or "")
    least = 6  # digits of a commit that tell it from others
    return (
        str(one["id"]).startswith(name) or (bool(address) and address == plain) or
        (len(name) >= least and commit.startswith(name))
    )  # fmt: skip
