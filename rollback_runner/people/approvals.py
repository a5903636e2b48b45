"""Approvals of the frozen plan: what is asked for, who gave theirs, and whether a run may begin.

The signatures and their judgement are the library's (failback.approval); here they meet a site and its open incident.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback.approval import look, policy, record, signing, statement
from failback.approval.statement import Signer
from failback.approval.words import Problem
from failback.errors import ConfigError, FailbackError

from rollback_runner import checklist
from rollback_runner.errors import RefusedError, UsageError
from rollback_runner.people import approval_keys
from rollback_runner.record import store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from failback.approval.judge import Judged
    from failback.approval.look import Seen
    from failback.approval.policy import Policy
    from failback.approval.statement import Statement

    from rollback_runner.site.site import Site

_SHOWN = 12  # digits of a digest


@dataclass(frozen=True)
class Standing:
    """What is known about the approvals of a site's open incident, at this moment."""

    incident: Path
    policy: Policy
    seen: Seen
    judged: Judged

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "site": self.policy.site,
            "incident": self.incident.name,
            "plan": self.seen.plan.digest,
            "made_by": self.seen.plan.maker,
            "granted": self.judged.good,
            "required": list(self.policy.required),
            "approvals": [
                {
                    "role": one.role,
                    "item": policy.ITEMS[one.role],
                    "by": one.statement.principal,
                    "key": one.key,
                    "conditions": one.statement.conditions,
                    "made_at": statement.moment_text(one.statement.made_at),
                    "expires_at": statement.moment_text(one.statement.expires_at or one.statement.made_at),
                }
                for one in self.judged.granted
            ],
            "problems": [_plain(problem) for problem in self.judged.problems],
            "remarks": [_plain(problem) for problem in self.judged.remarks],
        }


def require(site: Site, home: Path, plan_digest: str, break_glass: str = "") -> Standing | None:
    """Return when this plan is approved; None when the site asks for no approvals, or the glass was broken.

    `break_glass` is the reason for which nobody's approval is waited for; it goes on record with the incident. Raises
    `RefusedError` naming everything that is missing or wrong, with the command that comes next.
    """
    asked = policy_of(site)
    if asked is None:
        return None
    incident = incidents.current(home, site.name)
    if break_glass.strip():
        if incident is not None:
            with _told():
                record.add(incident, "break_glass", reason=break_glass.strip(), by=store.holder(), plan=plan_digest)
        return None
    if incident is None:
        raise RefusedError(
            f"{site.name} asks for approvals, and no incident is open that could hold them.",
            next_step="rollback-runner phase prepare, then rollback-runner plan --freeze, then rollback-runner approve",
        )
    found = standing(site, home)
    problems = list(found.judged.problems)
    if found.seen.plan.digest and found.seen.plan.digest != plan_digest:
        values = {"asked": plan_digest[:_SHOWN], "found": found.seen.plan.digest[:_SHOWN]}
        problems.insert(0, Problem("not_this_plan", values=values))
    if problems:
        raise RefusedError(
            "This plan is not approved: " + "; ".join(problem.sentence() for problem in problems) + ".",
            next_step="; ".join(dict.fromkeys(problem.next_step() for problem in problems)),
        )
    return found


def standing(site: Site, home: Path) -> Standing:
    """Look at the open incident's plan and approvals. Raises `UsageError` when there is nothing to look at."""
    asked, incident = _place(site, home)
    with _told():
        seen, judged = look.at_once(incident, asked)
    return Standing(incident, asked, seen, judged)


def sign(  # noqa: PLR0913 - what a signature depends on
    site: Site, home: Path, role: str, principal: str, key: str = "", *, conditions: str = "", ask: bool = False
) -> Statement:
    """Sign the frozen plan and put the approval on record.

    `key` is a file, `agent`, or empty: the one that fits. Without `ask` nobody sits at the terminal, and a key with a
    passphrase is refused. Raises `RefusedError` with the reason when the approval would not hold; nothing is kept then.
    """
    said = draft(site, home, role, principal, conditions=conditions)
    return sign_statement(site, home, said, key, ask=ask)


def sign_statement(site: Site, home: Path, said: Statement, key: str, *, ask: bool) -> Statement:
    """Sign what was shown, and not what the plan may be by now. Raises `RefusedError` as `sign` does."""
    return _take(site, home, said.text(), _signature(site, said, key, ask=ask))


def draft(site: Site, home: Path, role: str, principal: str, *, conditions: str = "") -> Statement:
    """Make the text that is to be signed. Raises `RefusedError` when this person's approval could not hold."""
    _by_signature(site)
    found = standing(site, home)
    _may(found, role, principal)
    return statement.approve(
        found.seen.subject,
        Signer(role, principal),
        datetime.now(UTC),
        valid_hours=found.policy.valid_hours,
        conditions=conditions,
    )


def bring(site: Site, home: Path, signature: Path) -> Statement:
    """Take in a signature that was made elsewhere, `FILE.sig` beside the statement `FILE`. Raises `RefusedError`."""
    _by_signature(site)
    document = signature.with_suffix("")
    if signature.suffix != ".sig" or not document.is_file():
        raise UsageError(
            f"{signature} must end in .sig and lie beside the statement it signs.",
            next_step="rollback-runner approve --role ROLE --print > FILE; sign it;"
            " rollback-runner approve --import FILE.sig",
        )
    try:
        text, made = document.read_bytes().decode(), signature.read_bytes()
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(
            f"{document} cannot be used: {error}.", next_step="print the statement again, and sign that file as it is"
        ) from error
    return _take(site, home, text, made)


def revoke(  # noqa: PLR0913 - what a revocation depends on
    site: Site, home: Path, role: str, principal: str, key: str = "", *, reason: str, ask: bool = False
) -> Statement:
    """Take the approvals of a role back, signed by whoever holds any role. Raises `RefusedError`, `UsageError`."""
    _by_signature(site)
    if not reason.strip():
        raise UsageError(
            "A revocation needs a reason; it goes on record.",
            next_step='rollback-runner revoke --role ROLE --reason "why"',
        )
    found = standing(site, home)
    if not found.policy.holds_a_role(principal):
        raise RefusedError(
            f"{principal} holds no role of {site.name}, so nobody would follow the revocation.",
            next_step=f"one of {', '.join(found.policy.people)} revokes it",
        )
    mine = [one for one in found.seen.statements if (one.role, one.decision) == (role, statement.APPROVE)]
    if not mine:
        raise UsageError(f"Nobody signed as {role}; there is nothing to revoke.", next_step="rollback-runner approvals")
    said = statement.revoke(
        found.seen.subject,
        Signer(role, principal),
        datetime.now(UTC),
        reason=reason,
        revokes=tuple(one.nonce for one in mine),
    )
    return sign_statement(site, home, said, key, ask=ask)


def policy_of(site: Site) -> Policy | None:
    """Read what the site asks for; None when it asks for no approvals. Raises `UsageError` when it is not clear."""
    with _told():
        return policy.read(next(iter(site.variables.values())))


def role_of(name: str) -> str:
    """Return the role that is meant. Raises `UsageError` with the nearest one."""
    wanted = name.strip().lower().replace("-", "_")
    if wanted not in policy.ROLES:
        near = checklist.nearest(wanted, list(policy.ROLES))
        raise UsageError(f"There is no role {name}{near}; roles: {', '.join(policy.ROLES)}.")
    return wanted


def _place(site: Site, home: Path) -> tuple[Policy, Path]:
    asked = policy_of(site)
    if asked is None:
        raise UsageError(
            f"{site.name} asks for no approvals: site_approvals is not set.",
            next_step="docs/inventory.md says what to put into group_vars/all.yml",
        )
    incident = incidents.current(home, site.name)
    if incident is None:
        raise UsageError(f"No incident of {site.name} is open.", next_step="rollback-runner phase prepare")
    return asked, incident


def _by_signature(site: Site) -> None:
    """Refuse to sign for a site whose approvals are given in AWX: nobody would read the signature."""
    asked = policy_of(site)
    if asked is not None and asked.source == policy.AWX:
        raise UsageError(
            f"The approvals of {site.name} are given at the nodes of its AWX workflow, not by signatures.",
            next_step="rollback-runner awx status; a denied or cancelled workflow is how one is taken back",
        )


def _may(found: Standing, role: str, principal: str) -> None:
    """Refuse what could not hold, before anybody types a passphrase."""
    shared = [problem for problem in found.judged.problems if not problem.role]
    if shared:
        raise RefusedError(
            "This plan cannot be signed: " + "; ".join(problem.sentence() for problem in shared) + ".",
            next_step=shared[0].next_step(),
        )
    for wrong, kind in (
        (not found.policy.may(principal, role), "not_listed"),
        (principal in found.seen.plan.makers, "maker"),
    ):
        if wrong:
            raise _refusal(Problem(kind, role, {"person": principal}))


def _signature(site: Site, said: Statement, key: str, *, ask: bool) -> bytes:
    """Have the statement signed by a key of this person."""
    asked = policy_of(site)
    assert asked is not None
    with _told():
        chosen, public = approval_keys.choose(asked, said.principal, key)
        return signing.sign(said.text().encode(), chosen, signing.APPROVAL, ask=ask, public=public)


def _take(site: Site, home: Path, text: str, signature: bytes) -> Statement:
    """Verify what was signed as the guard will, and put it on record if it holds."""
    asked, incident = _place(site, home)
    with _told():
        said, problem = look.objection(incident, asked, text, signature)
        if problem is not None:
            raise _refusal(problem)
        kind = "approval" if said.decision == statement.APPROVE else "revocation"
        record.add(incident, kind, statement=text, signature=signature.decode())
    return said


def _refusal(problem: Problem) -> RefusedError:
    return RefusedError(f"{problem.sentence()}; nothing was put on record.", next_step=problem.next_step())


def _plain(problem: Problem) -> dict[str, Any]:
    return {
        "key": problem.key,
        "role": problem.role,
        "waits": problem.waits,
        "sentence": {"en": problem.sentence("en"), "ko": problem.sentence("ko")},
        "next_step": {"en": problem.next_step("en"), "ko": problem.next_step("ko")},
    }


@contextmanager
def _told() -> Iterator[None]:
    """Turn the library's errors into those of the command."""
    try:
        yield
    except ConfigError as error:
        raise UsageError(f"{error}.") from error
    except FailbackError as error:
        raise RefusedError(f"{error}.") from error
