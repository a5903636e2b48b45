"""Seal everything of the incident in one signed file. Documentation: plugins/modules/archive_make.py."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import incident, package
from failback.action import Arguments, FailbackAction, Outcome
from failback.approval import signers
from failback.findings import Finding

package.make_importable()

from rollback_runner.archive import kept, make, place, sealing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.approval.signers import Signers

    from rollback_runner.archive import verify


class ActionModule(FailbackAction):
    """Makes an archive unless one covers the record, proves it as somebody elsewhere would, and tells its digest."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "home": {"type": "str", "required": True},
        "site": {"type": "str", "required": True},
        "signer": {"type": "str", "default": ""},
        "key_file": {"type": "str", "default": "", "no_log": False},
        "signers_file": {"type": "str", "default": ""},
        "directory": {"type": "str", "default": ""},
        "option": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Seal, or say who can. Raises FailbackError when it cannot be made or does not prove."""
        here = incident.of_environment()
        if here is None:
            said = "there is no open incident, so there is no record to seal"
            return Outcome(changed=False, findings=[Finding("blocker", "archive:no_incident", said, _PREPARE)])
        home, site, key = Path(args.text("home")), args.text("site"), args.text("key_file")
        directory = Path(args.text("directory") or place.folder(home, site))
        trusted = signers.read(args.text("signers_file")) if args.text("signers_file") else None
        asked = make.Asked(home, site, here, directory, args.text("signer"), make.signed_with(key, ask=False))
        own = Path(os.environ.get("RR_RUN_DIR", "")).name
        covered = kept.covering(asked, trusted, own) if trusted is not None else None
        if covered is not None:
            return Outcome(changed=False, after=covered.sha256, evidence=covered.as_dict())
        if not (key and asked.signer and trusted is not None):
            option = f" -i {args.text('option')}" if args.text("option") else ""
            waiting = f"DOC-01: nobody has sealed the record yet: rollback-runner archive make{option} --as NAME"
            return Outcome(changed=False, evidence=make.preview(asked), waiting=waiting)
        if self.check_mode:
            return Outcome(changed=True, evidence=make.preview(asked))
        return self._seal(asked, trusted, own)

    def _seal(self, asked: make.Asked, trusted: Signers, own: str) -> Outcome:
        with self.act("seal the record", site=asked.site, incident=asked.incident.name) as told:
            made, proof = sealing.seal(asked, trusted)
            told |= {"file": made.path.name, "sha256": made.sha256}
        evidence = made.as_dict() | {"proven": proof.good, "journals": proof.journals, "key": proof.key}
        self.keep("archive", evidence)
        return Outcome(changed=True, after=made.sha256, evidence=evidence, findings=list(_found(made, proof, own)))


_PREPARE = "rollback-runner phase prepare opens one"


def _found(made: make.Made, proof: verify.Proof, own: str) -> Iterator[Finding]:
    for one in proof.problems:
        said = f"{one.what} does not hold together, and did not before it was sealed: {one.why or 'lines are missing'}"
        yield Finding("blocker", f"archive:journal:{one.what}", said, "rollback-runner journal verify")
    for name in proof.scrubbed:
        said = f"a secret stood in {name}: it is not in the archive, and still in that file here"
        yield Finding("warning", f"archive:secret:{name}", said, "change that secret, it was written down")
    for left in make.worth_telling(made.manifest):
        yield Finding("warning", f"archive:left_out:{left.name}", f"{left.name} is not in the archive: {left.why}")
    unread = made.manifest.searched.unread
    if unread:
        said = f"{len(unread)} files of secrets are not here, so their values could not be searched for"
        yield Finding("note", "archive:unread", f"{said}: {', '.join(unread)}")
    others = [run for run in made.manifest.going_on if run != own]
    if others:
        said = f"without an end on record, archived as they stand: {', '.join(others)}"
        yield Finding("note", "archive:going_on", said, "rollback-runner status")
