"""Reading what is packed in an archive or a bundle, file by file, trusting nothing it says of itself."""

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
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING, Literal

from failback.approval import signing
from failback.approval.signing import Claim
from failback.errors import FailbackError

from rollback_runner.archive import container
from rollback_runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from failback.approval.signers import Signers

    from rollback_runner.archive.manifest import File

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
class Seal:
    """A manifest as it was signed: these bytes, by this name, at this moment (UTC), in this namespace."""

    signer: str
    made_at: str
    namespace: str
    signed: bytes
    signature: bytes


@dataclass(frozen=True)
class Held:
    """Which key signed, and whether it counted then and counts no more."""

    key: str = ""
    ended: bool = False


def sealed(seal: Seal, signers: Signers, now: datetime) -> tuple[Held, list[Problem]]:
    """Verify a signature as of the moment it was made. Raises FailbackError when ssh-keygen cannot be asked."""
    if not canonical(seal.signature):
        return Held(), [Problem("armor", container.SIGNATURE)]
    if not signers.knows(seal.signer):
        return Held(), [Problem("signer_unknown", seal.signer, str(signers.path))]
    moment = datetime.fromisoformat(seal.made_at)
    if (moment - now).total_seconds() > _AHEAD:
        return Held(), [Problem("from_the_future", seal.made_at)]
    claims = [Claim(seal.signed, seal.signature, seal.signer, seal.namespace, at) for at in (moment, now)]
    then, today = signing.verify(claims, signers.content)
    if not then.good:
        return Held(), [Problem("signature", seal.signer, then.why)]
    return Held(then.key, ended=not today.good), []


def canonical(signature: bytes) -> bool:
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


def through(
    source: IO[bytes], member: container.Member, files: Sequence[File], look: Callable[[File, bytes], None]
) -> list[Problem]:
    """Read what is packed through; each file must be the next of the manifest, and regular.

    ``look`` is shown each file once its digest is proven, the lines of a journal (``*.jsonl``) with it.
    """
    left = deque(files)
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
        return [Problem("unpack", member.name, str(error))]
    if left:
        return [Problem("missing", left[0].name)]
    return [Problem("surplus", member.name)] if any(rest) or len(rest) > _ZEROS else []


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


def unpack(source: IO[bytes], member: container.Member, files: Sequence[File], folder: Path) -> None:
    """Put proven files below a new folder. Names were judged with the manifest; nothing else is created."""
    try:
        folder.mkdir(mode=0o700)
        with (
            gzip.GzipFile(fileobj=container.Window(source, member)) as packed,
            tarfile.open(fileobj=packed, mode="r|") as record,
        ):
            for file, info in zip(files, record, strict=True):
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
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open an archive. Raises UsageError when it cannot be read."""
    try:
        with path.open("rb") as source:
            yield source
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", next_step="name the file itself") from error


def digest(source: IO[bytes]) -> str:
    """Return the SHA-256 of a whole file."""
    found = hashlib.sha256()
    source.seek(0)
    while block := source.read(_CHUNK):
        found.update(block)
    return found.hexdigest()
