"""Proves an archive with nothing but the file and an allowed-signers file.

Unpacks nothing unless asked, and then only what was proven, into a new folder, below which every name stays.

In this order, each only when the one before holds: the file's shape, the signature, the digest of the packed record,
every file in it, and whether the journals among them hold together. So nothing an unknown hand wrote is ever unpacked.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import os
import tarfile
import zlib
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, Literal

from failback.approval import signing
from failback.approval.signing import Claim
from failback.errors import FailbackError

from rollback_runner.archive import chains, container
from rollback_runner.archive import manifest as manifests
from rollback_runner.archive.make import NAMESPACE
from rollback_runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from failback.approval.signers import Signers

    from rollback_runner.archive.manifest import File, Manifest

Kind = Literal[
    "shape", "manifest", "signer_unknown", "signature", "armor", "from_the_future", "sha256", "guide", "record",
    "unpack", "member", "missing", "surplus", "journal", "cut",
]  # fmt: skip
_ZEROS = 10240  # bytes a tar may be filled up with
_CHUNK = 1 << 20
_AHEAD = 300.0  # seconds the maker's clock may be before ours
_ARMOR = 70  # characters a line of a signature has


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. ``what`` is a file or a place, ``why`` a detail in words."""

    kind: Kind
    what: str = ""
    why: str = ""

    @property
    def key(self) -> str:
        """The text that says it (rollback_runner/messages/archive.yml)."""
        return f"archive.problem.{self.kind}"


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
    with _opened(path) as source:
        found = _prove(path, source, signers, sha256, now or datetime.now(UTC))
        if unpack is not None and found.good and found.manifest is not None:
            _unpack(source, found.manifest, unpack)
    return found


def _prove(path: Path, source: IO[bytes], signers: Signers, sha256: str, now: datetime) -> Proof:
    found = Proof(path, _digest(source), ())
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
    found, wrong = _signed(found, signed, signature, signers, now)
    problems += wrong
    if wrong:
        # Whatever else it says, it was not said by anyone who counts.
        return replace(found, problems=tuple(problems))
    problems += _covered(source, members, manifest)
    if problems:
        return replace(found, problems=tuple(problems))
    found_chains = chains.Chains(manifest)
    problems += _files(source, members[container.RECORD], manifest, found_chains.look)
    return replace(found, problems=(*problems, *_unchained(found_chains)), journals=found_chains.held)


def _signed(
    found: Proof, signed: bytes, signature: bytes, signers: Signers, now: datetime
) -> tuple[Proof, list[Problem]]:
    manifest = found.manifest
    assert manifest is not None
    if not _canonical(signature):
        return found, [Problem("armor", container.SIGNATURE)]
    if not signers.knows(manifest.signer):
        return found, [Problem("signer_unknown", manifest.signer, str(signers.path))]
    moment = datetime.fromisoformat(manifest.made_at)
    if (moment - now).total_seconds() > _AHEAD:
        return found, [Problem("from_the_future", manifest.made_at)]
    claims = [Claim(signed, signature, manifest.signer, NAMESPACE, at) for at in (moment, now)]
    then, today = signing.verify(claims, signers.content)
    if not then.good:
        return found, [Problem("signature", manifest.signer, then.why)]
    return replace(found, key=then.key, ended=not today.good), []


def _canonical(signature: bytes) -> bool:
    """Tell whether a signature is written as ssh-keygen writes it: base64 has more than one way to say the same."""
    begin, end = b"-----BEGIN SSH SIGNATURE-----\n", b"\n-----END SSH SIGNATURE-----\n"
    if not (signature.startswith(begin) and signature.endswith(end)):
        return False
    body = signature[len(begin) : -len(end)]
    try:
        raw = base64.b64decode(body.replace(b"\n", b""), validate=True)
    except (binascii.Error, ValueError):
        return False
    text = base64.b64encode(raw)
    return body == b"\n".join(text[at : at + _ARMOR] for at in range(0, len(text), _ARMOR))


def _covered(source: IO[bytes], members: dict[str, container.Member], manifest: Manifest) -> list[Problem]:
    """Compare what the manifest says of the other two members."""
    problems = []
    if container.digest(source, members[container.GUIDE]).sha256 != manifest.guide:
        problems.append(Problem("guide", container.GUIDE))
    record = container.digest(source, members[container.RECORD])
    if (record.size, record.sha256) != (manifest.record_size, manifest.record):
        problems.append(Problem("record", container.RECORD))
    return problems


def _files(
    source: IO[bytes], member: container.Member, manifest: Manifest, look: Callable[[File, bytes], None]
) -> list[Problem]:
    """Read the record through; each file must be the next of the manifest, and regular."""
    left = deque(manifest.files)
    try:
        with (
            gzip.GzipFile(fileobj=container.Window(source, member)) as packed,
            tarfile.open(fileobj=packed, mode="r|") as record,
        ):
            for info in record:
                if not left:
                    return [Problem("surplus", info.name)]
                if problem := _one(record, info, left.popleft(), look):
                    return [problem]
            rest = packed.read(_ZEROS + 1)
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, OverflowError) as error:
        return [Problem("unpack", container.RECORD, str(error))]
    if left:
        return [Problem("missing", left[0].name)]
    return [Problem("surplus", container.RECORD)] if any(rest) or len(rest) > _ZEROS else []


def _one(
    record: tarfile.TarFile, info: tarfile.TarInfo, file: File, look: Callable[[File, bytes], None]
) -> Problem | None:
    if info.name != file.name:
        return Problem("member", file.name, f"there is {info.name!r} in its place")
    if info.type != tarfile.REGTYPE or info.issparse():
        return Problem("member", file.name, "it is no regular file")
    if info.size != file.size:
        return Problem("member", file.name, f"it has {info.size} bytes, not {file.size}")
    content = record.extractfile(info)
    assert content is not None
    found, kept = hashlib.sha256(), []
    while block := content.read(_CHUNK):
        found.update(block)
        if file.name.endswith(".jsonl"):
            kept.append(block)
    if found.hexdigest() != file.sha256:
        return Problem("member", file.name, "its content has another digest")
    look(file, b"".join(kept))
    return None


def _unchained(found: chains.Chains) -> list[Problem]:
    broken = [Problem("journal", name, why) for name, why in found.broken()]
    return broken + [Problem("cut", name) for name in found.missing()]


def _unpack(source: IO[bytes], manifest: Manifest, folder: Path) -> None:
    """Put the proven files below a new folder. Names were judged with the manifest; nothing else is created."""
    member = container.members(source)[container.RECORD]
    try:
        folder.mkdir(mode=0o700)
        with (
            gzip.GzipFile(fileobj=container.Window(source, member)) as packed,
            tarfile.open(fileobj=packed, mode="r|") as record,
        ):
            for file, info in zip(manifest.files, record, strict=True):
                target = folder / file.name
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                content = record.extractfile(info)
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                with os.fdopen(os.open(target, flags, 0o600), "wb") as stream:
                    while content is not None and (block := content.read(_CHUNK)):
                        stream.write(block)
                os.utime(target, (file.mtime, file.mtime))
    except OSError as error:
        raise FailbackError(f"the record could not be unpacked to {folder}: {error.strerror}") from error


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as source:
            yield source
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}.", next_step="rollback-runner archive list"
        ) from error


def _digest(source: IO[bytes]) -> str:
    found = hashlib.sha256()
    source.seek(0)
    while block := source.read(_CHUNK):
        found.update(block)
    return found.hexdigest()
