"""Proves a bundle: its shape, every digest, and its signature where somebody's word counts. Unpacks nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

from rollback_runner.archive import container, reading
from rollback_runner.archive.manifest import ManifestError
from rollback_runner.archive.reading import Problem
from rollback_runner.bundle import manifest as manifests
from rollback_runner.bundle.make import MEMBERS, NAMESPACE

if TYPE_CHECKING:
    from pathlib import Path

    from failback.approval.signers import Signers

    from rollback_runner.archive.container import Member
    from rollback_runner.bundle.manifest import Manifest


@dataclass(frozen=True)
class Proof:
    """What was found of a bundle. ``key`` is the fingerprint of who signed it, "" where nobody's word was asked."""

    path: Path
    sha256: str
    problems: tuple[Problem, ...]
    manifest: Manifest | None = None
    key: str = ""

    @property
    def good(self) -> bool:
        """True when every part was proven."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """Return it as data."""
        told = self.manifest
        return {
            "file": str(self.path),
            "sha256": self.sha256,
            "proven": self.good,
            "problems": [{"kind": one.kind, "what": one.what, "why": one.why} for one in self.problems],
            "signer": told.signer if told else "",
            "key": self.key,
            "site": told.site if told else "",
            "made_at": told.made_at if told else "",
            "tool": told.tool if told else "",
            "pythons": list(told.pythons) if told else [],
            "machine": told.machine if told else "",
            "files": len(told.files) if told else 0,
            "images": [vars(one) for one in told.images] if told else [],
            "by_hand": list(told.by_hand) if told else [],
        }


def verify(path: Path, signers: Signers | None, *, sha256: str = "", now: datetime | None = None) -> Proof:
    """Prove a bundle. Without ``signers`` whoever made it is believed, and only that nothing broke since is proven.

    Raises UsageError when there is no such file, FailbackError when ssh-keygen cannot be asked.
    """
    with reading.opened(path) as source:
        found = Proof(path, reading.digest(source), ())
        if sha256 and sha256.lower() != found.sha256:
            found = replace(found, problems=(Problem("sha256", path.name, found.sha256),))
        return _prove(found, source, signers, now or datetime.now(UTC))


def _prove(found: Proof, source: IO[bytes], signers: Signers | None, now: datetime) -> Proof:
    def wrong(*problems: Problem) -> Proof:
        return replace(found, problems=(*found.problems, *problems))

    try:
        members = container.members(source, MEMBERS)
        signed = container.content(source, members[container.MANIFEST])
        manifest = manifests.decode(signed)
    except container.ContainerError as error:
        return wrong(Problem("shape", found.path.name, str(error)))
    except ManifestError as error:
        return wrong(Problem("manifest", container.MANIFEST, str(error)))
    found = replace(found, manifest=manifest)
    if signers is not None:
        seal = reading.Seal(
            manifest.signer,
            manifest.made_at,
            NAMESPACE,
            signed,
            container.content(source, members[container.SIGNATURE]),
        )
        held, problems = reading.sealed(seal, signers, now)
        if problems:
            return wrong(*problems)
        found = replace(found, key=held.key)
    problems = _covered(source, members, manifest)
    if not problems:
        problems = reading.through(source, members[container.RECORD], manifest.files, lambda _file, _content: None)
    return wrong(*problems)


def _covered(source: IO[bytes], members: dict[str, Member], manifest: Manifest) -> list[Problem]:
    problems = [
        Problem("guide", name)
        for name, told in ((container.GUIDE, manifest.guide), (container.INSTALL, manifest.install))
        if hashlib.sha256(container.content(source, members[name])).hexdigest() != told
    ]
    if container.digest(source, members[container.RECORD]).sha256 != manifest.record:
        problems.append(Problem("record", container.RECORD))
    return problems
