"""An incident with one ended run, keys that sign, and an archive of it: small enough to change every byte of."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from failback import incident as incidents
from failback import journal
from failback.approval import signers

from rollback_runner.archive import make, verify

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "k3y/With+Odd=Signs9"
RUN = "20260301T040506Z-lab-rollback"


@dataclass
class Shelf:
    """A home of its own, with what is needed to make and to prove an archive."""

    home: Path
    incident: Path
    run: Path
    out: Path
    keys: Path
    secret_file: Path
    lines: list[str] = field(default_factory=list)

    def key(self, name: str, options: str = "") -> Path:
        """Make a key, and name it in the signers file."""
        path = self.keys / name
        if not path.exists():
            argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)]
            subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
        public = " ".join(path.with_suffix(".pub").read_text().split()[:2])
        self.lines.append(" ".join(part for part in (name, options, public) if part))
        (self.keys / "allowed_signers").write_text("\n".join(self.lines) + "\n")
        return path

    @property
    def signers(self) -> signers.Signers:
        """Read the signers file."""
        return signers.read(str(self.keys / "allowed_signers"))

    def asked(self, signer: str = "kim", key: Path | None = None, now: datetime | None = None) -> make.Asked:
        """Ask for an archive."""
        sign = make.signed_with(str(key or self.keys / signer), ask=False)
        clock = (lambda: now) if now else (lambda: datetime.now(UTC))
        return make.Asked(self.home, "lab", self.incident, self.out, signer, sign, (str(self.secret_file),), clock)

    def make(self, signer: str = "kim", key: Path | None = None, now: datetime | None = None) -> make.Made:
        """Make an archive."""
        return make.make(self.asked(signer, key, now))

    def kinds(self, path: Path) -> list[str]:
        """Verify, and name what is wrong."""
        return [one.kind for one in verify.verify(path, self.signers).problems]


def shelf(home: Path) -> Shelf:
    """Lay out a home with one incident and one run that ended well."""
    incident = incidents.begin(home, "lab")
    run = home / "runs" / RUN
    (run / "evidence").mkdir(parents=True)
    keys = home / "keys"
    keys.mkdir(mode=0o700)
    secret_file = home / "secret"
    secret_file.write_text(SECRET + "\n")
    made = Shelf(home, incident, run, home / "out", keys, secret_file)
    (run / "secret-files").write_text(f"{secret_file}\n")
    journal.append(incident / "people.jsonl", "confirm", item="SIT-01", by="lee", note="too slow")
    for kind in ("begin", "leg", "end"):
        journal.append(run / "journal.jsonl", kind, options={"incident": incident.name}, site="lab")
    end(run, incident)
    (run / "evidence" / "한글.txt").write_text("what was seen\n")
    made.key("kim")
    return made


def end(run: Path, incident: Path) -> None:
    """Let a run end: its report names where its journal does."""
    head = journal.head(run / "journal.jsonl")
    report = {"status": "done", "incident": incident.name, "journal": {"lines": head.lines, "digest": head.digest}}
    (run / "report.json").write_text(json.dumps(report))
