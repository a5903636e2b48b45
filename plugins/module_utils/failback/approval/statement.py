"""What a person signs: a small JSON text that says what is approved, or what approval is taken back. Pure.

The text that was signed is kept as it is and is what is verified; it is canonical, so that it has one meaning only.
Times are UTC, to the microsecond.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from failback.approval import canonical
from failback.approval.canonical import AmbiguousError

VERSION = 1
APPROVE = "approve"
REVOKE = "revoke"
_NONCE_BYTES = 16
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TEXTS = ("site", "incident", "plan", "role", "principal", "decision", "conditions", "made_at", "expires_at", "nonce")


@dataclass(frozen=True)
class Statement:
    """One person's word on one plan.

    ``conditions`` is what an approval depends on, or why it is taken back. ``expires_at`` is empty in a revocation,
    ``revokes`` (nonces of approvals) in an approval.
    """

    site: str
    incident: str
    plan: str
    role: str
    principal: str
    decision: str
    conditions: str
    made_at: datetime
    expires_at: datetime | None
    nonce: str
    revokes: tuple[str, ...] = ()

    def text(self) -> str:
        """Write it as it is signed: canonical JSON and a line end."""
        content = asdict(self) | {
            "version": VERSION,
            "made_at": self.made_at.strftime(_TIME),
            "expires_at": self.expires_at.strftime(_TIME) if self.expires_at else "",
            "revokes": list(self.revokes),
        }
        return canonical.text(content) + "\n"


@dataclass(frozen=True)
class Subject:
    """What a statement is about."""

    site: str
    incident: str
    plan: str


@dataclass(frozen=True)
class Signer:
    """Who signs, and in which role."""

    role: str
    principal: str


def approve(subject: Subject, signer: Signer, now: datetime, *, valid_hours: float, conditions: str) -> Statement:
    """Make an approval that holds as long as the site lets it."""
    made = now.astimezone(UTC)
    return Statement(
        site=subject.site,
        incident=subject.incident,
        plan=subject.plan,
        role=signer.role,
        principal=signer.principal,
        decision=APPROVE,
        conditions=" ".join(conditions.split()),
        made_at=made,
        expires_at=made + timedelta(hours=valid_hours),
        nonce=secrets.token_hex(_NONCE_BYTES),
    )


def revoke(subject: Subject, signer: Signer, now: datetime, *, reason: str, revokes: tuple[str, ...]) -> Statement:
    """Make a revocation of these approvals, and of all that were made in this role before.

    The signer's role is the one whose approval is taken back, whichever role they hold.
    """
    return Statement(
        site=subject.site,
        incident=subject.incident,
        plan=subject.plan,
        role=signer.role,
        principal=signer.principal,
        decision=REVOKE,
        conditions=" ".join(reason.split()),
        made_at=now.astimezone(UTC),
        expires_at=None,
        nonce=secrets.token_hex(_NONCE_BYTES),
        revokes=revokes,
    )


def parse(text: str) -> Statement:
    """Read a statement. Raises `AmbiguousError` when it is not one, or is not written as we write it."""
    content = canonical.read(text, "the statement")
    if content.get("version") != VERSION:
        raise AmbiguousError(f"the statement has version {content.get('version')!r}, this tool knows {VERSION}")
    found = _parsed(content)
    if found.text().strip() != text.strip():
        raise AmbiguousError("the statement is not in its canonical form: it was written or changed by hand")
    return found


def _parsed(content: dict[str, Any]) -> Statement:
    if wrong := [name for name in _TEXTS if not isinstance(content.get(name), str)]:
        raise AmbiguousError(f"the statement lacks {', '.join(wrong)}")
    if wrong := [name for name in _TEXTS if not content[name].isprintable()]:
        raise AmbiguousError(f"the statement's {', '.join(wrong)} holds characters that cannot be shown")
    if content["decision"] not in {APPROVE, REVOKE}:
        raise AmbiguousError(f"the statement decides {content['decision']!r}, which is neither {APPROVE} nor {REVOKE}")
    if not _DIGEST.fullmatch(content["plan"]):
        raise AmbiguousError("the statement names no digest of a plan")
    revokes = content.get("revokes")
    if not isinstance(revokes, list) or not all(isinstance(nonce, str) for nonce in revokes):
        raise AmbiguousError("the statement lacks revokes")
    expires = content["expires_at"]
    if not expires and content["decision"] == APPROVE:
        raise AmbiguousError("the approval does not say when it ends")
    texts = {name: content[name] for name in _TEXTS if name not in {"made_at", "expires_at"}}
    return Statement(
        **texts,
        made_at=moment(content["made_at"]),
        expires_at=moment(expires) if expires else None,
        revokes=tuple(revokes),
    )


def moment(text: str) -> datetime:
    """Read a moment as a statement writes it. Raises `AmbiguousError`."""
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise AmbiguousError(f"{text!r} is no moment in UTC such as 2026-01-31T09:30:00.000000Z") from error


def moment_text(when: datetime) -> str:
    """Write a moment for people: UTC, to the second."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
