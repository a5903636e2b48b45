"""Proves an archive with nothing but the file and an allowed-signers file.

Unpacks nothing unless asked, and then only what was proven, into a new folder, below which every name stays.

In this order, each only when the one before holds: the file's shape, the signature, the digest of the packed record,
every file in it, and whether the journals among them hold together. So nothing an unknown hand wrote is ever unpacked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

from rollback_runner.archive import chains, container, reading
from rollback_runner.archive import manifest as manifests
from rollback_runner.archive.make import NAMESPACE
from rollback_runner.archive.reading import Problem
from rollback_runner.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from failback.approval.signers import Signers

    from rollback_runner.archive.manifest import Manifest


@dataclass(frozen=True)
class Proof:
    """What was found of an archive. It is proven when there is no problem.

    ``ended`` says that the key which signed counted when the archive was made and counts no more: then its time of
    making is its signer's word. ``journals`` counts those that hold together.
    """

    path: Path
    sha256: str
    problems: tuple[Problem, ...]
    manifest: Manifest | None = None
    key: str = ""
    ended: bool = False
    journals: int = 0
    scrubbed: tuple[str, ...] = ()

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
            "key_ended_since": self.ended,
            "site": told.site if told else "",
            "incident": told.incident if told else "",
            "made_at": told.made_at if told else "",
            "files": len(told.files) if told else 0,
            "runs": [run.id for run in told.runs] if told else [],
            "going_on": list(told.going_on) if told else [],
            "journals": self.journals,
            "scrubbed": list(self.scrubbed),
            "left_out": [{"name": one.name, "why": one.why} for one in told.left_out] if told else [],
        }


def verify(
    path: Path, signers: Signers, *, sha256: str = "", unpack: Path | None = None, now: datetime | None = None
) -> Proof:
    """Prove an archive; with ``unpack`` put its files into that folder, which must not exist yet, once all holds.

    Raises UsageError when there is no such file or the folder is there, FailbackError when ssh-keygen cannot be asked.
    """
    if unpack is not None and (unpack.exists() or unpack.is_symlink()):
        raise UsageError(f"{unpack} is there already.", next_step="name a folder that does not exist")
    with reading.opened(path) as source:
        found = _prove(path, source, signers, sha256, now or datetime.now(UTC))
        if unpack is not None and found.good and found.manifest is not None:
            member = container.members(source)[container.RECORD]
            reading.unpack(source, member, found.manifest.files, unpack)
    return found


def _prove(path: Path, source: IO[bytes], signers: Signers, sha256: str, now: datetime) -> Proof:
    found = Proof(path, reading.digest(source), ())
    problems = [Problem("sha256", path.name, found.sha256)] if sha256 and sha256.lower() != found.sha256 else []
    try:
        members = container.members(source)
    except container.ContainerError as error:
        return replace(found, problems=(*problems, Problem("shape", path.name, str(error))))
    signed = container.content(source, members[container.MANIFEST])
    signature = container.content(source, members[container.SIGNATURE])
    try:
        manifest = manifests.decode(signed)
    except manifests.ManifestError as error:
        return replace(found, problems=(*problems, Problem("manifest", container.MANIFEST, str(error))))
    found = replace(found, manifest=manifest, scrubbed=tuple(one.name for one in manifest.files if one.scrubbed))
    seal = reading.Seal(manifest.signer, manifest.made_at, NAMESPACE, signed, signature)
    held, wrong = reading.sealed(seal, signers, now)
    found = replace(found, key=held.key, ended=held.ended)
    problems += wrong
    if wrong:
        # Whatever else it says, it was not said by anyone who counts.
        return replace(found, problems=tuple(problems))
    problems += _covered(source, members, manifest)
    if problems:
        return replace(found, problems=tuple(problems))
    found_chains = chains.Chains(manifest)
    problems += reading.through(source, members[container.RECORD], manifest.files, found_chains.look)
    return replace(found, problems=(*problems, *_unchained(found_chains)), journals=found_chains.held)


def _covered(source: IO[bytes], members: dict[str, container.Member], manifest: Manifest) -> list[Problem]:
    """Compare what the manifest says of the other two members."""
    problems = []
    if container.digest(source, members[container.GUIDE]).sha256 != manifest.guide:
        problems.append(Problem("guide", container.GUIDE))
    record = container.digest(source, members[container.RECORD])
    if (record.size, record.sha256) != (manifest.record_size, manifest.record):
        problems.append(Problem("record", container.RECORD))
    return problems


def _unchained(found: chains.Chains) -> list[Problem]:
    broken = [Problem("journal", name, why) for name, why in found.broken()]
    return broken + [Problem("cut", name) for name in found.missing()]
