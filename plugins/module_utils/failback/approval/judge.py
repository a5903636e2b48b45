"""From policy, plan, statements and the clock to a verdict: granted, or what is missing and what to do. Pure."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from failback.approval.policy import ROLES
from failback.approval.statement import APPROVE, REVOKE, Statement, moment_text
from failback.approval.words import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from failback.approval.policy import Policy
    from failback.approval.signing import Verified
    from failback.approval.statement import Subject

SHOWN = 12  # digits of a digest that a sentence shows


@dataclass(frozen=True)
class Maker:
    """Who made the plan: all names it was ever frozen by, and the key that its signature proves."""

    names: tuple[str, ...]
    key: str


@dataclass(frozen=True)
class Signed:
    """A statement on record, what ssh-keygen said of its signature, and whether the signers file knows the name."""

    statement: Statement
    verified: Verified
    known: bool


@dataclass(frozen=True)
class Clock:
    """``begun`` is when something was first destroyed under this plan: expiry was judged then, and holds.

    ``newest`` is the latest moment on record with what carries it.
    """

    now: datetime
    begun: datetime | None = None
    newest: tuple[str, datetime] | None = None


@dataclass(frozen=True)
class Granted:
    """An approval that holds."""

    role: str
    statement: Statement
    key: str


@dataclass(frozen=True)
class Judged:
    """What holds, what does not, and what else a person should know. ``problems`` empty means: go."""

    granted: tuple[Granted, ...] = ()
    problems: tuple[Problem, ...] = ()
    remarks: tuple[Problem, ...] = field(default=())

    @property
    def good(self) -> bool:
        """True when every approval that is required holds."""
        return not self.problems

    def of(self, role: str) -> Granted | None:
        """Return the approval that holds for this role."""
        return next((one for one in self.granted if one.role == role), None)


def judge(policy: Policy, subject: Subject, maker: Maker, signed: Sequence[Signed], clock: Clock) -> Judged:
    """Judge everything that was said about this plan."""
    revocations, remarks = _revocations(policy, subject, signed)
    candidates: dict[str, list[Granted]] = {role: [] for role in ROLES}
    against: dict[str, list[Problem]] = {role: [] for role in ROLES}
    for one in signed:
        if one.statement.decision != APPROVE or one.statement.role not in candidates:
            continue
        problem = objection(policy, subject, maker, one, clock) or _taken_back(one.statement, revocations)
        if problem is None:
            candidates[one.statement.role].append(Granted(one.statement.role, one.statement, one.verified.key))
        else:
            earlier = [old for old in against[one.statement.role] if old.key != problem.key]
            against[one.statement.role] = [*earlier, problem]
    chosen = _distinct({role: candidates[role] for role in policy.required})
    problems = [*_clock(policy, clock)]
    for role in policy.required:
        if role in chosen:
            # A bad one beside a good one is no reason to stop, and a reason to look.
            remarks += [problem for problem in against[role] if problem.kind in {"forged", "stranger", "namespace"}]
        elif candidates[role]:
            problems.append(_twin(policy, candidates[role][-1], chosen.values()))
        else:
            problems += against[role] or [_missing(policy, role)]
    # A role that is not required may sign all the same; nothing hangs on it.
    more = [candidates[role][-1] for role in ROLES if role not in policy.required and candidates[role]]
    return Judged((*chosen.values(), *more), tuple(problems), tuple(remarks))


def own_words(verified: Verified, *, known: bool) -> str:
    """Translate ssh-keygen's answer into the kind of problem it is; empty when the signature holds."""
    if verified.good:
        return ""
    for words, kind in (
        ("incorrect signature", "forged"),
        ("namespace", "namespace"),
        ("has expired", "key_expired"),
        ("not yet valid", "key_early"),
        ("parse", "forged"),
    ):
        if words in verified.why:
            return kind
    return "stranger" if known else "no_signer"


def objection(policy: Policy, subject: Subject, maker: Maker, one: Signed, clock: Clock) -> Problem | None:
    """Find the first reason for which this statement alone does not hold: the proof, then the subject, then the person.

    Whoever holds any role may take back; only those of a role, and not the plan's maker, may approve.
    """
    said = one.statement
    told = {"person": said.principal, "why": one.verified.why, "file": policy.signers_file}
    ours = {"site": subject.site, "incident": subject.incident, "plan": subject.plan}
    kind = own_words(one.verified, known=one.known)
    if kind:
        return Problem(kind, said.role, told)
    for name in ("site", "incident", "plan"):
        theirs, wanted = getattr(said, name), ours[name]
        if theirs != wanted:
            short = SHOWN if name == "plan" else None
            return Problem(f"other_{name}", said.role, told | {"theirs": theirs[:short], "ours": wanted[:short]})
    if said.decision == REVOKE:
        return None if policy.holds_a_role(said.principal) else Problem("no_role", said.role, told)
    return _not_them(policy, maker, one, told) or _out_of_time(policy, said, clock, told)


def _not_them(policy: Policy, maker: Maker, one: Signed, told: dict[str, str]) -> Problem | None:
    said = one.statement
    if not policy.may(said.principal, said.role):
        return Problem("not_listed", said.role, told)
    if said.principal in maker.names:
        return Problem("maker", said.role, told)
    if one.verified.key == maker.key:
        return Problem("maker_key", said.role, told | {"key": maker.key})
    return None


def _out_of_time(policy: Policy, said: Statement, clock: Clock, told: dict[str, str]) -> Problem | None:
    ahead = (said.made_at - clock.now).total_seconds()
    if ahead > policy.clock_tolerance:
        when = {"then": moment_text(said.made_at), "now": moment_text(clock.now)}
        return Problem("future", said.role, told | when)
    age = ((clock.begun or clock.now) - said.made_at).total_seconds()
    longest = policy.valid_hours * 3600
    own = (said.expires_at - said.made_at).total_seconds() if said.expires_at else 0.0
    if age >= min(own, longest):
        # Nobody can give a longer approval than the site lets them.
        return Problem(
            "expired", said.role, told | {"then": moment_text(said.made_at + timedelta(seconds=min(own, longest)))}
        )
    return None


def _revocations(policy: Policy, subject: Subject, signed: Sequence[Signed]) -> tuple[list[Statement], list[Problem]]:
    """Sort out which revocations count. One whose key ended meanwhile does: what is unclear counts as taken back."""
    hold: list[Statement] = []
    void: list[Problem] = []
    for one in signed:
        said = one.statement
        if said.decision != REVOKE or (said.site, said.incident, said.plan) != (
            subject.site,
            subject.incident,
            subject.plan,
        ):
            continue
        kind = own_words(one.verified, known=one.known)
        told = {"person": said.principal, "why": one.verified.why}
        if not policy.holds_a_role(said.principal):
            void.append(Problem("void_revocation", said.role, told | {"why": "this person holds no role of this site"}))
        elif kind in {"forged", "stranger", "namespace"}:
            void.append(Problem("void_revocation", said.role, told))
        else:
            hold.append(said)
    return hold, void


def _taken_back(said: Statement, revocations: Iterable[Statement]) -> Problem | None:
    for word in revocations:
        # By name, or because it came first; two clocks may differ, so either is enough.
        if word.role == said.role and (said.nonce in word.revokes or said.made_at <= word.made_at):
            told = {"person": said.principal, "by": word.principal, "reason": word.conditions}
            return Problem("revoked", said.role, told | {"then": moment_text(word.made_at)})
    return None


def _distinct(candidates: dict[str, list[Granted]]) -> dict[str, Granted]:
    """Choose one approval for as many roles as can be, no two of one person or one key; the newest where it is free."""
    roles = list(candidates)
    best: dict[str, Granted] = {}
    # One of each person and key is enough, so that the ways to choose stay few.
    newest = [list({(one.statement.principal, one.key): one for one in candidates[role]}.values()) for role in roles]
    for pick in itertools.product(*[[*reversed(some), None] for some in newest]):
        chosen = {role: one for role, one in zip(roles, pick, strict=True) if one is not None}
        people = {one.statement.principal for one in chosen.values()}
        keys = {one.key for one in chosen.values()}
        if len(people) == len(keys) == len(chosen) and len(chosen) > len(best):
            best = chosen
            if len(best) == len(roles):
                break
    return best


def _twin(policy: Policy, one: Granted, chosen: Iterable[Granted]) -> Problem:
    """Say with whom this approval clashes."""
    said = one.statement
    for other in chosen:
        told = {"person": said.principal, "twin": other.statement.principal, "other": other.role, "key": one.key}
        if other.statement.principal == said.principal:
            return Problem("same_person", said.role, told)
        if other.key == one.key:
            return Problem("same_key", said.role, told | {"file": policy.signers_file})
    return _missing(policy, said.role)


def _missing(policy: Policy, role: str) -> Problem:
    return Problem("missing", role, {"people": ", ".join(policy.roles.get(role, ()))})


def _clock(policy: Policy, clock: Clock) -> Iterable[Problem]:
    if clock.newest is None or clock.begun is not None:
        return
    what, then = clock.newest
    if (then - clock.now).total_seconds() > policy.clock_tolerance:
        yield Problem("clock", values={"what": what, "then": moment_text(then), "now": moment_text(clock.now)})
