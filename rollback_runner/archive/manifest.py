"""What an archive says of itself: the manifest that is signed. Pure: no file, no clock.

It is read as strictly as it is written: a manifest with a field too many, a name that leads out of the archive or a
count that cannot be is no manifest, whoever signed it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import jsonschema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FORMAT = "rollback-runner-archive"
VERSION = 1
MOST_FILES = 200_000
_LONGEST_NAME = 1024
_PART = re.compile(r"[^\x00-\x1f\x7f/\\]{1,255}")


class ManifestError(Exception):
    """The manifest cannot be what was sealed; the message says why."""


@dataclass(frozen=True)
class File:
    """One file of the record, as it lies in the archive. ``scrubbed`` counts the places a secret was taken out of."""

    name: str
    size: int
    sha256: str
    mtime: int
    scrubbed: int = 0


@dataclass(frozen=True)
class LeftOut:
    """What lay beside the record and is not in the archive, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class RunState:
    """A run as it stood: where its journal ended, and whether it had come to its own end (``status`` "" if not)."""

    id: str
    status: str
    lines: int
    digest: str


@dataclass(frozen=True)
class Searched:
    """What was searched for in every file: values of how many files, and in which forms.

    ``unread`` are files of secrets that were not there to be read, so that their values could not be searched for.
    """

    files: int
    values: int
    found: int
    forms: tuple[str, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """Everything that is signed. ``made_at`` is in UTC; ``tool`` the version that made it."""

    site: str
    incident: str
    made_at: str
    signer: str
    tool: str
    runs: tuple[RunState, ...]
    searched: Searched
    guide: str
    record: str
    record_size: int
    files: tuple[File, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def going_on(self) -> tuple[str, ...]:
        """The runs that had not come to their end when it was made."""
        return tuple(run.id for run in self.runs if not run.status)


def encode(manifest: Manifest) -> bytes:
    """Write it as it is signed."""
    content = {"format": FORMAT, "version": VERSION, **asdict(manifest)}
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def readable(raw: bytes, kind: str, version: int, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Read the fields of a manifest of this kind and version. Raises ManifestError."""
    try:
        content: dict[str, Any] = json.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ManifestError(f"it is not readable ({error.__class__.__name__})") from error
    if isinstance(content, dict) and content.get("format") == kind and content.get("version") != version:
        raise ManifestError(f"it is of version {content.get('version')}, and this tool reads version {version}")
    wrong = next(iter(jsonschema.Draft202012Validator(schema).iter_errors(content)), None)
    if wrong is not None:
        where = ".".join(str(part) for part in wrong.absolute_path)
        raise ManifestError(f"{where or 'it'} is not as a manifest has it ({wrong.validator})")
    return content


def decode(raw: bytes) -> Manifest:
    """Read what was signed. Raises ManifestError."""
    content = readable(raw, FORMAT, VERSION, _SCHEMA)
    try:
        datetime.fromisoformat(content["made_at"])
    except ValueError as error:
        raise ManifestError("made_at is no moment") from error
    found = Manifest(
        **{name: content[name] for name in ("site", "incident", "made_at", "signer", "tool", "guide", "record")},
        record_size=content["record_size"],
        runs=tuple(RunState(**run) for run in content["runs"]),
        searched=_searched(content["searched"]),
        files=tuple(File(**file) for file in content["files"]),
        left_out=tuple(LeftOut(**one) for one in content["left_out"]),
    )
    check_names(file.name for file in found.files)
    return found


def safe(name: str) -> bool:
    """Tell whether a name stays below the folder it is put into, on any system."""
    parts = name.split("/")
    return len(name) <= _LONGEST_NAME and all(_PART.fullmatch(part) and part not in {".", ".."} for part in parts)


def check_names(names: Iterable[str]) -> None:
    """Refuse names that lead out of the archive, stand there twice, or lie in a file. Raises ManifestError."""
    seen: set[str] = set()
    for name in names:
        if not safe(name):
            raise ManifestError(f"the name {name!r} leads out of the archive, or is none")
        if name in seen:
            raise ManifestError(f"the name {name!r} stands there twice")
        seen.add(name)
    # A file cannot be the folder of another.
    if inside := next((name for name in seen for folder in _folders(name) if folder in seen), None):
        raise ManifestError(f"{inside!r} lies in what is a file itself")


def _folders(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _searched(content: Mapping[str, Any]) -> Searched:
    return Searched(**{**content, "forms": tuple(content["forms"]), "unread": tuple(content["unread"])})


def fields(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an object that has exactly these."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def listed(of: Mapping[str, Any], most: int = MOST_FILES) -> dict[str, Any]:
    """Return the schema of a list."""
    return {"type": "array", "items": of, "maxItems": most}


TEXT = {"type": "string", "maxLength": 4096}
WORD = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._+@:-]{0,199}\Z"}
SHA = {"type": "string", "pattern": r"^[0-9a-f]{64}\Z"}
COUNT = {"type": "integer", "minimum": 0}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z"}
FILE = fields(name=TEXT, size=COUNT, sha256=SHA, mtime=COUNT, scrubbed=COUNT)
LEFT_OUT = fields(name=TEXT, why=TEXT)
_SCHEMA = fields(
    format={"const": FORMAT},
    version={"const": VERSION},
    site=WORD,
    incident=WORD,
    made_at=MOMENT,
    signer=TEXT,
    tool=TEXT,
    runs=listed(fields(id=WORD, status=TEXT, lines=COUNT, digest=SHA)),
    searched=fields(files=COUNT, values=COUNT, found=COUNT, forms=listed(TEXT), unread=listed(TEXT)),
    guide=SHA,
    record=SHA,
    record_size=COUNT,
    files=listed(FILE),
    left_out=listed(LEFT_OUT),
)
