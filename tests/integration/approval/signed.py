"""An incident of a made-up site with real keys, a frozen plan of the documented shape, and approvals to spoil."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback.approval import canonical, look, plan_file, policy, record, signing, statement
from failback.approval.statement import Signer, Statement, Subject

from lab import keys

if TYPE_CHECKING:
    from pathlib import Path

    from failback.approval.judge import Judged

SITE = "shop"
CONTENT = {
    "version": 1,
    "site": SITE,
    "strategy": "switch-first",
    "steps": ["AWS-01 | Close RDS", "SWITCH-01 | Open IDC"],
}


@dataclass
class Signed:
    """A site in which everything is right, until a test changes one thing."""

    work: Path
    people: Path
    critical: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home = self.work / "home"
        self.home.mkdir(exist_ok=True)
        self.signers = self.work / "allowed_signers"
        self.list_signers(*keys.PEOPLE)
        self.incident = incidents.begin(self.home, SITE)

    @property
    def variables(self) -> dict[str, Any]:
        """The site's variables that say who must sign."""
        roles = {"technical_lead": ["lee"], "operations_manager": ["park"], "executive": ["choi"], "planner": ["kim"]}
        asked = {"signers_file": str(self.signers), "roles": roles, **self.extra}
        return {"site_name": SITE, "site_critical": self.critical, "site_approvals": asked}

    @property
    def policy(self) -> policy.Policy:
        """The same, read."""
        found = policy.read(self.variables)
        assert found is not None
        return found

    @property
    def subject(self) -> Subject:
        """What an approval must be about."""
        return Subject(SITE, self.incident.name, plan_file.read(self.incident, SITE).digest)

    def key(self, name: str) -> Path:
        """A person's private key."""
        return self.people / name

    def line(self, name: str, key: str = "", options: str = "") -> str:
        """A line of the signers file."""
        public = (self.people / f"{key or name}.pub").read_text().strip()
        return " ".join(part for part in (name, options, public) if part)

    def list_signers(self, *names: str, lines: tuple[str, ...] = ()) -> None:
        """Write the signers file anew."""
        self.signers.write_text("\n".join([*(self.line(name) for name in names), *lines]) + "\n")
        self.signers.chmod(0o644)

    def freeze(self, content: dict[str, Any] | None = None, *, maker: str = "kim", **changes: Any) -> None:
        """Freeze a plan as the command does: content, digest, and its maker's signature over the content."""
        content = content or CONTENT
        body = {
            "version": 1,
            "site": SITE,
            "strategy": "switch-first",
            "digest": canonical.digest(content),
            "content": content,
            "facts": {},
            "incident": self.incident.name,
            "makers": [maker],
            "made_by": maker,
            "made_at": datetime.now(UTC).isoformat(),
        } | changes
        written = json.dumps(body).encode()
        (self.incident / "plan.json").write_bytes(written)
        (self.incident / "plan.json.sig").write_bytes(
            signing.sign(written, str(self.key(maker)), signing.PLAN, ask=False)
        )

    def sign(  # noqa: PLR0913 - each is one thing a test may spoil
        self,
        role: str,
        name: str,
        *,
        key: str = "",
        namespace: str = signing.APPROVAL,
        subject: Subject | None = None,
        at: datetime | None = None,
        **changes: Any,
    ) -> Statement:
        """Put a signed approval on record."""
        said = statement.approve(
            subject or self.subject,
            Signer(role, name),
            at or datetime.now(UTC),
            valid_hours=self.policy.valid_hours,
            conditions="",
        )
        said = replace(said, **changes)
        self.put(
            "approval",
            said.text(),
            signing.sign(said.text().encode(), str(self.key(key or name)), namespace, ask=False),
        )
        return said

    def sign_all(self) -> None:
        """Everyone whose word is needed signs."""
        people = {"technical_lead": "lee", "operations_manager": "park", "executive": "choi"}
        for role in self.policy.required:
            self.sign(role, people[role])

    def revoke(self, role: str, name: str, *, key: str = "", reason: str = "the figures are wrong") -> None:
        """Take an approval back."""
        said = statement.revoke(self.subject, Signer(role, name), datetime.now(UTC), reason=reason, revokes=())
        made = signing.sign(said.text().encode(), str(self.key(key or name)), signing.APPROVAL, ask=False)
        self.put("revocation", said.text(), made)

    def put(self, kind: str, text: str, signature: bytes) -> None:
        """Put a line on record, whatever it says."""
        record.add(self.incident, kind, statement=text, signature=signature.decode())

    def judged(self, *, now: datetime | None = None) -> Judged:
        """Look and judge, as every command does."""
        return look.at_once(self.incident, self.policy, now=now)[1]

    def refusal(self, *, now: datetime | None = None) -> str:
        """All problems as the guard would say them; empty when granted."""
        return "; ".join(problem.told() for problem in self.judged(now=now).problems)


def later(**delta: float) -> datetime:
    """A moment from now."""
    return datetime.now(UTC) + timedelta(**delta)
