"""Looks at an incident's plan, approvals and signers, has the signatures verified, and judges. Changes nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from failback.approval import awx, plan_file, record, signers, signing, statement
from failback.approval import judge as judging
from failback.approval.canonical import AmbiguousError
from failback.approval.judge import Clock, Judged, Maker, Signed, judge
from failback.approval.policy import AWX
from failback.approval.signing import Claim, Verification
from failback.approval.statement import Subject
from failback.approval.words import Problem
from failback.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.approval.awx import Answer
    from failback.approval.plan_file import PlanFile
    from failback.approval.policy import Policy
    from failback.approval.record import Record
    from failback.approval.signers import Signers
    from failback.approval.signing import Verified
    from failback.approval.statement import Statement


@dataclass(frozen=True)
class Seen:
    """All that was read at one moment, and what has to be verified to believe it.

    ``claims`` begin with that of the plan's maker, where there is one; then one for each of ``statements``.
    """

    incident: Path
    policy: Policy
    plan: PlanFile
    record: Record
    signers: Signers | None
    statements: tuple[Statement, ...]
    claims: tuple[Claim, ...]
    problems: tuple[Problem, ...]
    answer: Answer | Judged | None = None  # of AWX, or what it granted this run before its first act

    @property
    def subject(self) -> Subject:
        """What an approval must be about."""
        return Subject(self.policy.site, self.incident.name, self.plan.digest)

    @property
    def begun(self) -> datetime | None:
        """When something was first destroyed under this plan."""
        return self.record.begun(self.plan.digest)

    def same_proof(self, other: Seen) -> bool:
        """Tell whether the same signatures, of the same texts, by the same file of signers, prove both."""
        return self.claims == other.claims and self.signers == other.signers

    def verification(self) -> Verification | None:
        """Begin to verify; None when there is nothing to verify, or nothing to verify it with."""
        return Verification(self.claims, self.signers.content) if self.signers and self.claims else None


def look(incident: Path, policy: Policy, before: Seen | None = None) -> Seen:
    """Read everything once. What is wrong with it is a problem, not an error. Raises `FailbackError` on breakage.

    ``before`` is an earlier look, which spares work where nothing changed.
    """
    problems: list[Problem] = []
    plan = plan_file.read(incident, policy.site, before.plan if before else None)
    problems += plan.problems
    kept = record.read(incident)
    problems += [Problem("record", values={"file": str(kept.path), "why": why}) for why in kept.problems[:1]]
    if policy.source == AWX:
        return _of_nodes(Seen(incident, policy, plan, kept, None, (), (), tuple(problems)), before)
    trusted: Signers | None = None
    try:
        trusted = signers.read(policy.signers_file)
    except RefusedError as error:
        problems.append(Problem("signers", values={"why": str(error)}))
    begun = kept.begun(plan.digest)
    statements: list[Statement] = []
    makers = plan.claim(begun)
    claims = [makers] if makers else []
    for line in kept.lines:
        if line["kind"] not in {"approval", "revocation"}:
            continue
        try:
            said, claim = read_line(str(line.get("statement", "")), str(line.get("signature", "")), begun)
        except AmbiguousError as error:
            problems.append(Problem("statement", values={"line": str(line["seq"]), "why": str(error)}))
        else:
            statements.append(said)
            claims.append(claim)
    return Seen(incident, policy, plan, kept, trusted, tuple(statements), tuple(claims), tuple(problems))


def _of_nodes(seen: Seen, before: Seen | None) -> Seen:
    """Ask AWX, once a task: an approval there cannot be taken back. What it granted holds once this run has begun.

    Nobody's key signs such a plan: its digest is compared with the one that the workflow's own job handed over.
    """
    problems = tuple(one for one in seen.problems if one.kind != "plan_unsigned")
    if before is not None and before.plan == seen.plan:
        return replace(seen, problems=problems, answer=before.answer)
    run = Path(os.environ.get("RR_RUN_DIR", "")).name
    granted = awx.kept(seen.record.lines, seen.plan.digest, run) if seen.begun is not None and run else None
    return replace(seen, problems=problems, answer=granted or awx.read(seen.policy))


def read_line(text: str, signature: str, moment: datetime | None = None) -> tuple[Statement, Claim]:
    """Read one statement with what proves it. Raises `AmbiguousError`."""
    said = statement.parse(text)
    if not said.principal.isprintable() or said.principal.startswith("-") or not said.principal:
        raise AmbiguousError(f"{said.principal!r} is no name that can sign")
    return said, Claim(text.encode(), signature.encode(), said.principal, signing.APPROVAL, moment)


def conclude(seen: Seen, verified: Sequence[Verified], *, now: datetime | None = None) -> Judged:
    """Judge what was seen, once its signatures are verified."""
    clock = Clock(now or datetime.now(UTC), seen.begun, record.newest(seen.incident))
    rest = list(verified)
    problems = list(seen.problems)
    if seen.policy.source == AWX:
        return _concluded(seen, clock)
    signer = rest.pop(0) if rest and seen.plan.claim(None) else None
    problems += plan_file.proves(seen.plan, signer, seen.policy)
    if seen.signers is None or any(problem.kind != "record" for problem in problems):
        # Without a plan, a maker or a file to believe in, nobody's approval can be judged.
        fatal = judge(seen.policy, seen.subject, Maker((), ""), [], clock)
        clocks = [problem for problem in fatal.problems if problem.kind == "clock"]
        return Judged(problems=(*problems, *clocks))
    signed = [
        Signed(said, answer, known=seen.signers.knows(said.principal))
        for said, answer in zip(seen.statements, rest, strict=True)
    ]
    maker = Maker(seen.plan.makers, signer.key if signer else "")
    judged = judge(seen.policy, seen.subject, maker, signed, clock)
    return replace(judged, problems=(*problems, *judged.problems))


def _concluded(seen: Seen, clock: Clock) -> Judged:
    """Judge what AWX said, beside what is wrong with the plan, the record and the clock."""
    bare = judge(seen.policy, seen.subject, Maker((), ""), [], clock)
    problems = [*seen.problems, *(problem for problem in bare.problems if problem.kind == "clock")]
    if any(problem.kind != "record" for problem in problems) or seen.answer is None:
        return Judged(problems=tuple(problems))
    found = seen.answer
    judged = found if isinstance(found, Judged) else awx.judge(seen.policy, seen.plan, found, clock)
    return replace(judged, problems=(*problems, *judged.problems))


def objection(incident: Path, policy: Policy, text: str, signature: bytes) -> tuple[Statement, Problem | None]:
    """Judge a statement that is not on record yet, alone. Raises `AmbiguousError` when it is none."""
    seen = look(incident, policy)
    said, claim = read_line(text, signature.decode(errors="replace"))
    if seen.problems or seen.signers is None:
        return said, seen.problems[0]
    claims = [*seen.claims[: len(seen.claims) - len(seen.statements)], claim, replace(claim, moment=said.made_at)]
    made, answer, then = signing.verify(claims, seen.signers.content)
    if problems := plan_file.proves(seen.plan, made, policy):
        return said, problems[0]
    signed = Signed(said, answer if then.good else then, known=seen.signers.knows(said.principal))
    clock = Clock(datetime.now(UTC), newest=record.newest(incident))
    return said, judging.objection(policy, seen.subject, Maker(seen.plan.makers, made.key), signed, clock)


def at_once(incident: Path, policy: Policy, *, now: datetime | None = None) -> tuple[Seen, Judged]:
    """Look, verify and judge in one go, each key also at the moment it is said to have signed."""
    seen = look(incident, policy)
    if seen.signers is None or not seen.claims:
        return seen, conclude(seen, [], now=now)
    own = len(seen.claims) - len(seen.statements)
    then = [replace(claim, moment=said.made_at) for claim, said in zip(seen.claims[own:], seen.statements, strict=True)]
    answers = signing.verify([*seen.claims, *then], seen.signers.content)
    verified, earlier = answers[: len(seen.claims)], answers[len(seen.claims) :]
    for number, answer in enumerate(earlier, start=own):
        if verified[number].good and not answer.good:
            verified[number] = answer
    return seen, conclude(seen, verified, now=now)
