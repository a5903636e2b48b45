"""Makes a bundle: wheels, the site without its secrets, the runbook, images; each file by its digest, then signed."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from packaging.utils import parse_wheel_filename

from rollback_runner import messages
from rollback_runner.archive import container, place
from rollback_runner.archive.manifest import File
from rollback_runner.bundle import images, own, plain, site_files, wheels
from rollback_runner.bundle import manifest as manifests
from rollback_runner.bundle.manifest import Image, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollback_runner.bundle.wheels import Target
    from rollback_runner.site.site import Site

NAMESPACE = "bundle@rollback-runner"
SUFFIX = ".bundle.tar"
MEMBERS = (container.GUIDE, container.INSTALL, container.RECORD, container.MANIFEST, container.SIGNATURE)
# The containers of the lab have a Python of their own, and get the AWS stand-in as wheels for it.
LAB_PYTHON = "3.11"
_LEVEL = 1  # wheels are packed already; of images this takes most of what there is to take
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Asked:
    """What is to be packed. ``sign`` signs the manifest's bytes under ``signer``; without it nobody does."""

    site: Site
    home: Path
    directory: Path
    targets: Sequence[Target]
    runbook: Callable[[], Mapping[str, str]]
    say: Callable[[str], None]
    with_lab: bool = False
    more_images: Sequence[str] = ()
    signer: str = ""
    sign: Callable[[bytes], bytes] | None = None
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Made:
    """A bundle that lies under its name, and what it says of itself."""

    path: Path
    sha256: str
    size: int
    manifest: Manifest


def make(asked: Asked) -> Made:
    """Make a bundle. Raises RunnerError, and FailbackError (the disk, a file that cannot be read)."""
    plain.refuse(asked.site)
    found = site_files.find(asked.site, asked.home)
    made_at = asked.now()
    wanted = f"rollback-runner-{asked.site.name}-{made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"
    with place.fresh(asked.directory, wanted, suffix=SUFFIX) as (stream, target):
        guide, install = _guide(), install_script()
        container.add(stream, container.GUIDE, guide)
        container.add(stream, container.INSTALL, install)
        with tempfile.TemporaryDirectory(dir=asked.directory, prefix=".bundle-") as scratch:
            sources: dict[str, Path | bytes] = dict(found.files)
            sources |= {f"runbook/{name}": text.encode() for name, text in asked.runbook().items()}
            mine = own.wheel(Path(scratch) / "wheels")
            sources |= _wheels(asked, mine)
            shown, saved = _images(asked, Path(scratch) / "images")
            listing = json.dumps([vars(one) for one in shown], indent=1).encode()
            record, files = _pack(stream, {**sources, **saved, "images.json": listing})
        manifest = Manifest(
            site=asked.site.name,
            made_at=f"{made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            signer=asked.signer if asked.sign else "",
            tool=str(parse_wheel_filename(mine.name)[1]),
            lab=asked.with_lab,
            pythons=tuple(sorted({one.python for one in asked.targets})),
            machine=asked.targets[0].machine,
            glibc_minor=max(one.glibc_minor for one in asked.targets),
            guide=hashlib.sha256(guide).hexdigest(),
            install=hashlib.sha256(install).hexdigest(),
            record=record.sha256,
            record_size=record.size,
            unpacked=sum(one.size for one in files),
            files=tuple(files),
            left_out=found.left_out,
            by_hand=found.by_hand,
            placed=found.placed,
            images=tuple(shown),
        )
        signed = manifests.encode(manifest)
        manifests.decode(signed)
        container.add(stream, container.MANIFEST, signed)
        container.add(stream, container.SIGNATURE, asked.sign(signed) if asked.sign else b"")
        stream.write(container.END)
        stream.flush()
        digest = _digest(stream)
        size = stream.tell()
    return Made(target, digest, size, manifest)


def _guide() -> bytes:
    return "\n".join(messages.Texts(language)("bundle.guide") for language in ("en", "ko")).encode()


def install_script() -> bytes:
    """Return the script that puts a bundle to work, with its sentences in it: it needs nothing but Python."""
    source = (Path(__file__).parent / "install.py").read_text(encoding="utf-8")
    texts = json.dumps(messages.below("bundle.install."), ensure_ascii=False, indent=1)
    empty = "TEXTS: dict[str, dict[str, str]] = "
    return source.replace(f"{empty}{{}}", f"{empty}{texts}").encode()


def _wheels(asked: Asked, mine: Path) -> dict[str, Path | bytes]:
    folder = mine.parent
    extras = "[lab,postgresql]" if asked.with_lab else "[postgresql]"
    for target in asked.targets:
        asked.say(f"wheels for Python {target.python} on {target.machine} ...")
        wheels.fetch([f"{mine}{extras}", "pip"], folder, target)
    if asked.with_lab:
        wheels.fetch([f"{mine}[lab]"], folder, wheels.Target(LAB_PYTHON, asked.targets[0].machine))
    return {f"wheels/{path.name}": path for path in sorted(folder.glob("*.whl"))}


def _images(asked: Asked, folder: Path) -> tuple[list[Image], dict[str, Path | bytes]]:
    shown: list[Image] = []
    saved: dict[str, Path | bytes] = {}
    names = [*(images.of_the_lab() if asked.with_lab else ()), *asked.more_images]
    for image in images.look(list(dict.fromkeys(names))):
        asked.say(f"image {image.name} ...")
        kept, path = images.save(image, folder)
        shown.append(kept)
        saved[kept.file] = path
    return shown, saved


def _pack(stream: IO[bytes], sources: Mapping[str, Path | bytes]) -> tuple[container.Digest, list[File]]:
    files: list[File] = []
    member = container.Stream(stream, container.RECORD)
    with (
        gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=member, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as record,
    ):
        files.extend(_add(record, name, sources[name]) for name in sorted(sources))
    return member.finish(), files


def _add(record: tarfile.TarFile, name: str, source: Path | bytes) -> File:
    if isinstance(source, bytes):
        told = File(name, len(source), hashlib.sha256(source).hexdigest(), 0)
        record.addfile(_info(told), io.BytesIO(source))
        return told
    with source.open("rb") as stream:
        digest = _digest(stream)
        size = stream.tell()
        stream.seek(0)
        told = File(name, size, digest, 0)
        record.addfile(_info(told), stream)
    return told


def _info(file: File) -> tarfile.TarInfo:
    info = tarfile.TarInfo(file.name)
    info.size, info.mtime, info.mode = file.size, file.mtime, 0o600
    return info


def _digest(stream: IO[bytes]) -> str:
    found = hashlib.sha256()
    stream.seek(0)
    while block := stream.read(_CHUNK):
        found.update(block)
    return found.hexdigest()
