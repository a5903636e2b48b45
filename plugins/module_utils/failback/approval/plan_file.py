"""The frozen plan of an incident: ``plan.json``, and ``plan.json.sig`` by which its maker proves to have made it.

The digest is that of ``content``, so it is always computed from there; what ``digest`` says is only compared. The
signature covers the file to its last byte. ``makers`` are all who ever froze this content: none of them may approve it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback.approval import canonical, signing
from failback.approval.judge import SHOWN
from failback.approval.signing import Claim
from failback.approval.statement import Subject
from failback.approval.words import Problem

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from failback.approval.policy import Policy
    from failback.approval.signing import Verified

NAME = "plan.json"
SIGNATURE = "plan.json.sig"


@dataclass(frozen=True)
class PlanFile:
    """The plan as it was read at one moment; ``problems`` when it cannot be used."""

    path: Path
    raw: bytes = b""
    signature: bytes = b""
    body: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def maker(self) -> str:
        """Who the plan says has made it."""
        return str(self.body.get("made_by") or "")

    @property
    def makers(self) -> tuple[str, ...]:
        """Everyone who froze this content, the last one first."""
        earlier = self.body.get("makers")
        names = [str(name) for name in earlier] if isinstance(earlier, list) else []
        return tuple(dict.fromkeys([self.maker, *names]))

    def claim(self, moment: datetime | None) -> Claim | None:
        """Say what must be verified to believe the maker; None when there is nothing to verify."""
        if not (self.raw and self.signature and self.maker):
            return None
        return Claim(self.raw, self.signature, self.maker, signing.PLAN, moment)


def read(incident: Path, site: str, known: PlanFile | None = None) -> PlanFile:
    """Read the plan and judge all but its signature. A missing or unusable plan is a problem, not an error.

    ``known`` is what was read before: the same bytes are not taken apart twice (3 ms for a plan of 130 kB).
    """
    path = incident / NAME
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return PlanFile(path, problems=(Problem("no_plan", values={"incident": incident.name}),))
    except OSError as error:
        return _unusable(path, f"{path} cannot be read ({error.strerror})")
    try:
        signature = (incident / SIGNATURE).read_bytes()
    except OSError:
        signature = b""
    if known is not None and (raw, signature) == (known.raw, known.signature):
        return known
    try:
        body = canonical.read(raw, str(path))
        content = body.get("content")
        if not isinstance(content, dict):
            return _unusable(path, f"{path} has no content")
        digest = canonical.digest_of(canonical.text(content, from_json=True))
    except canonical.AmbiguousError as error:
        return _unusable(path, str(error))
    problems = _problems(body, Subject(site, incident.name, digest), signed=bool(signature))
    return PlanFile(path, raw, signature, body, digest, tuple(problems))


def proves(plan: PlanFile, verified: Verified | None, policy: Policy) -> list[Problem]:
    """Say what speaks against the maker: no signature that holds, or no planner."""
    if verified is None:
        return []  # that the signature is missing is a problem of the plan already
    if not verified.good:
        return [Problem("plan_maker", values={"person": plan.maker, "why": verified.why})]
    if policy.roles.get("planner") and not policy.may(plan.maker, "planner"):
        return [Problem("plan_planner", values={"person": plan.maker})]
    return []


def _problems(body: dict[str, Any], ours: Subject, *, signed: bool) -> list[Problem]:
    found: list[Problem] = []
    said = str(body.get("digest") or "nothing")
    if said != ours.plan:
        found.append(Problem("plan_changed", values={"said": said[:SHOWN], "found": ours.plan[:SHOWN]}))
    if body.get("site") != ours.site:
        found.append(Problem("plan_of_other_site", values={"theirs": str(body.get("site")), "ours": ours.site}))
    if body.get("incident", ours.incident) != ours.incident:
        values = {"theirs": str(body.get("incident")), "ours": ours.incident}
        found.append(Problem("plan_of_other_incident", values=values))
    if not signed:
        found.append(Problem("plan_unsigned"))
    elif not str(body.get("made_by") or ""):
        found.append(Problem("plan_unreadable", values={"why": f"{NAME} does not say who made it (made_by)"}))
    return found


def _unusable(path: Path, why: str) -> PlanFile:
    return PlanFile(path, problems=(Problem("plan_unreadable", values={"why": why}),))
