"""What a bundle says of itself: the manifest, signed where a key is given. Pure: no file, no clock."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from rollback_runner.archive import manifest as archives
from rollback_runner.archive.manifest import COUNT, SHA, TEXT, File, LeftOut, fields, listed

FORMAT = "rollback-runner-bundle"
VERSION = 1
_MOST = 1000


@dataclass(frozen=True)
class Image:
    """An image a drill needs: its name, its digest in the engine, and the file it was saved to ("" if it was not)."""

    name: str
    id: str
    file: str = ""


@dataclass(frozen=True)
class Placed:
    """A public file that the inventory looks for at ``path``, a place of the machine the bundle was made on."""

    name: str
    path: str


@dataclass(frozen=True)
class Manifest:
    """Everything that is signed. ``signer`` is "" for a bundle that nobody signed; sizes are in bytes.

    ``by_hand`` are the files of secrets, which never travel with it. ``unpacked`` is the room the content takes.
    """

    site: str
    made_at: str
    signer: str
    tool: str
    lab: bool
    pythons: tuple[str, ...]
    machine: str
    glibc_minor: int
    guide: str
    install: str
    record: str
    record_size: int
    unpacked: int
    files: tuple[File, ...]
    left_out: tuple[LeftOut, ...]
    by_hand: tuple[str, ...]
    placed: tuple[Placed, ...]
    images: tuple[Image, ...]


def encode(manifest: Manifest) -> bytes:
    """Write it as it is signed."""
    content = {"format": FORMAT, "version": VERSION, **asdict(manifest)}
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def decode(raw: bytes) -> Manifest:
    """Read what was signed. Raises ManifestError."""
    content = archives.readable(raw, FORMAT, VERSION, _SCHEMA)
    given = {name: value for name, value in content.items() if name not in {"format", "version"}}
    found = Manifest(
        **given
        | {
            "pythons": tuple(given["pythons"]),
            "by_hand": tuple(given["by_hand"]),
            "files": tuple(File(**one) for one in given["files"]),
            "left_out": tuple(LeftOut(**one) for one in given["left_out"]),
            "placed": tuple(Placed(**one) for one in given["placed"]),
            "images": tuple(Image(**one) for one in given["images"]),
        }
    )
    archives.check_names(file.name for file in found.files)
    return found


_SCHEMA = fields(
    format={"const": FORMAT},
    version={"const": VERSION},
    site=archives.WORD,
    made_at=archives.MOMENT,
    signer=TEXT,
    tool=TEXT,
    lab={"type": "boolean"},
    pythons={"type": "array", "items": {"type": "string", "pattern": r"^3\.\d{1,2}\Z"}, "minItems": 1},
    machine=archives.WORD,
    glibc_minor=COUNT,
    guide=SHA,
    install=SHA,
    record=SHA,
    record_size=COUNT,
    unpacked=COUNT,
    files=listed(archives.FILE),
    left_out=listed(archives.LEFT_OUT),
    by_hand=listed(TEXT, _MOST),
    placed=listed(fields(name=TEXT, path=TEXT), _MOST),
    images=listed(fields(name=TEXT, id=TEXT, file=TEXT), _MOST),
)
