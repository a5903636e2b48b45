"""Makes an archive: gathers, takes secrets out, packs, proves from the packed bytes that none is in it, signs."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

from failback.approval import signing
from failback.errors import FailbackError

from rollback_runner import __version__
from rollback_runner.archive import container, gather, guide, place, secrets
from rollback_runner.archive import manifest as manifests
from rollback_runner.archive.manifest import File, LeftOut, Manifest, Searched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

NAMESPACE = "archive@rollback-runner"
_HELD = 64 << 20  # bytes; a larger file is searched as it streams by, and left out when a secret is in it
_LEVEL = 6
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Asked:
    """What is to be archived, by whom, and where to. ``sign`` signs the manifest's bytes under the name ``signer``.

    ``secret_files`` are those of the site; those that the runs name come in by themselves.
    """

    home: Path
    site: str
    incident: Path
    directory: Path
    signer: str
    sign: Callable[[bytes], bytes]
    secret_files: Sequence[str] = ()
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Made:
    """An archive that lies under its name: its SHA-256 as a whole, and what it says of itself."""

    path: Path
    sha256: str
    size: int
    manifest: Manifest

    def as_dict(self) -> dict[str, object]:
        """Return what goes on record."""
        told = self.manifest
        return {
            "file": self.path.name,
            "place": str(self.path.parent),
            "sha256": self.sha256,
            "size": self.size,
            "made_at": told.made_at,
            "signer": told.signer,
            "files": len(told.files),
            "runs": [run.id for run in told.runs],
            "going_on": list(told.going_on),
            "secrets_found": told.searched.found,
            "secret_files_unread": list(told.searched.unread),
            "left_out": [{"name": one.name, "why": one.why} for one in worth_telling(told)],
            "scrubbed": [file.name for file in told.files if file.scrubbed],
        }


def worth_telling(manifest: Manifest) -> list[LeftOut]:
    """Return what was left out and should not have been there; what serves the machine is left out always."""
    return [one for one in manifest.left_out if not one.why.startswith("serves the machine")]


def make(asked: Asked) -> Made:
    """Make an archive. Raises FailbackError (the disk, a file, a secret that stayed), ConfigError and RefusedError."""
    found = gather.gather(asked.home, asked.site, asked.incident)
    known = secrets.load([*asked.secret_files, *found.secret_files])
    search = secrets.Search(known)
    made_at = asked.now()
    # Read before the files: a run that ends meanwhile is told as going on, never the other way round.
    states = tuple(gather.state_of(run) for run in found.runs)
    with place.fresh(asked.directory, place.name(asked.site, asked.incident.name, made_at)) as (stream, target):
        text = guide.text().encode()
        container.add(stream, container.GUIDE, text)
        files, left, record = _pack(stream, found.sources, search)
        manifest = Manifest(
            site=asked.site,
            incident=asked.incident.name,
            made_at=f"{made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            signer=asked.signer,
            tool=__version__,
            runs=states,
            searched=_searched(known, files),
            guide=hashlib.sha256(text).hexdigest(),
            record=record.sha256,
            record_size=record.size,
            files=tuple(files),
            left_out=(*found.left_out, *left),
        )
        signed = manifests.encode(manifest)
        manifests.decode(signed)
        if search.found(signed):
            raise FailbackError("a secret stands in the name of a file of the record, so it cannot be archived")
        container.add(stream, container.MANIFEST, signed)
        container.add(stream, container.SIGNATURE, asked.sign(signed))
        stream.write(container.END)
        stream.flush()
        _prove_absent(stream, search)
        size, digest = _whole(stream)
    return Made(target, digest, size, manifest)


def preview(asked: Asked) -> dict[str, object]:
    """Say what an archive would hold now, writing nothing. Raises as `make` does."""
    found = gather.gather(asked.home, asked.site, asked.incident)
    known = secrets.load([*asked.secret_files, *found.secret_files])
    states = [gather.state_of(run) for run in found.runs]
    return {
        "place": str(asked.directory),
        "files": len(found.sources),
        "runs": [run.id for run in states],
        "going_on": [run.id for run in states if not run.status],
        "secret_files_unread": list(known.unread),
    }


def taken(source: gather.Source, search: secrets.Search) -> tuple[bytes | None, File | LeftOut]:
    """Read one file as it goes into an archive; None for one that is too large to be held, or that is left out."""
    with gather.opened(source) as (stream, size, mtime):
        if size > _HELD:
            if search.stream(stream, size):
                return None, LeftOut(source.name, "a secret stands in it, and it is too large to take it out")
            return None, File(source.name, size, "", mtime)
        raw = stream.read(size)
    if len(raw) != size:
        raise FailbackError(f"{source.folder}/{source.path} became shorter while it was read; run the command again")
    data, count = search.clean(raw)
    if count and b"\x00" in raw:
        return None, LeftOut(source.name, "a secret stands in it, and it is no text it could be taken out of")
    if search.found(data):
        return None, LeftOut(source.name, "a secret stands in it, broken by line ends")
    if why := search.inside(raw):
        return None, LeftOut(source.name, why)
    return data, File(source.name, len(data), hashlib.sha256(data).hexdigest(), mtime, count)


def _pack(
    stream: IO[bytes], sources: Sequence[gather.Source], search: secrets.Search
) -> tuple[list[File], list[LeftOut], container.Digest]:
    files: list[File] = []
    left: list[LeftOut] = []
    member = container.Stream(stream, container.RECORD)
    with (
        gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=member, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as record,
    ):
        for source in sources:
            data, told = taken(source, search)
            if isinstance(told, LeftOut):
                left.append(told)
            elif data is None:
                files.append(_add_large(record, source, told))
            else:
                record.addfile(_info(told), io.BytesIO(data))
                files.append(told)
    return files, left, member.finish()


def _add_large(record: tarfile.TarFile, source: gather.Source, told: File) -> File:
    found = hashlib.sha256()

    class Hashing(io.RawIOBase):
        """Digests what goes by."""

        def read(self, size: int = -1) -> bytes:
            block = stream.read(size)
            found.update(block)
            return block

    with gather.opened(source) as (stream, size, _mtime):
        if size < told.size:
            raise FailbackError(f"{source.folder}/{source.path} became shorter while it was read")
        record.addfile(_info(told), Hashing())
    return File(told.name, told.size, found.hexdigest(), told.mtime)


def _info(file: File) -> tarfile.TarInfo:
    info = tarfile.TarInfo(file.name)
    info.size, info.mtime, info.mode = file.size, file.mtime, 0o600
    return info


def _prove_absent(stream: IO[bytes], search: secrets.Search) -> None:
    """Search the bytes that were written, unpacked again, and the file as it is. Raises FailbackError."""
    members = container.members(stream)
    with (
        gzip.GzipFile(fileobj=container.Window(stream, members[container.RECORD])) as packed,
        tarfile.open(fileobj=packed, mode="r|") as record,
    ):
        for info in record:
            content = record.extractfile(info)
            if content is None or search.stream(content, info.size):
                raise FailbackError(f"a secret is still in {info.name} after all; nothing was archived")
    for name in (container.GUIDE, container.MANIFEST, container.SIGNATURE):
        if search.found(container.content(stream, members[name])):
            raise FailbackError(f"a secret is still in {name} after all; nothing was archived")


def _whole(stream: IO[bytes]) -> tuple[int, str]:
    found = hashlib.sha256()
    stream.seek(0)
    size = 0
    while block := stream.read(_CHUNK):
        found.update(block)
        size += len(block)
    return size, found.hexdigest()


def _searched(known: secrets.Known, files: Sequence[File]) -> Searched:
    count = sum(file.scrubbed for file in files)
    return Searched(known.files, len(known.values), count, secrets.FORMS, known.unread)


def signed_with(key: str, *, ask: bool, public: Sequence[str] = ()) -> Callable[[bytes], bytes]:
    """Sign with a key in a file, or ``agent``."""
    return lambda message: signing.sign(message, key, NAMESPACE, ask=ask, public=public)
