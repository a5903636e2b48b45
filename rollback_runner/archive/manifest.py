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


def decode(raw: bytes) -> Manifest:
    """Read what was signed. Raises ManifestError."""
    try:
        content = json.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ManifestError(f"it is not readable ({error.__class__.__name__})") from error
    if isinstance(content, dict) and content.get("format") == FORMAT and content.get("version") != VERSION:
        raise ManifestError(f"it is of version {content.get('version')}, and this tool reads version {VERSION}")
    wrong = next(iter(jsonschema.Draft202012Validator(_SCHEMA).iter_errors(content)), None)
    if wrong is not None:
        where = ".".join(str(part) for part in wrong.absolute_path)
        raise ManifestError(f"{where or 'it'} is not as a manifest has it ({wrong.validator})")
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
    _names(file.name for file in found.files)
    return found


def safe(name: str) -> bool:
    """Tell whether a name stays below the folder it is put into, on any system."""
    parts = name.split("/")
    return len(name) <= _LONGEST_NAME and all(_PART.fullmatch(part) and part not in {".", ".."} for part in parts)


def _names(names: Iterable[str]) -> None:
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


def _object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(of: Mapping[str, Any], most: int = MOST_FILES) -> dict[str, Any]:
    return {"type": "array", "items": of, "maxItems": most}


_TEXT = {"type": "string", "maxLength": 4096}
_WORD = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._+@:-]{0,199}\Z"}
_SHA = {"type": "string", "pattern": r"^[0-9a-f]{64}\Z"}
_COUNT = {"type": "integer", "minimum": 0}
_MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z"}
_SCHEMA = _object(
    format={"const": FORMAT},
    version={"const": VERSION},
    site=_WORD,
    incident=_WORD,
    made_at=_MOMENT,
    signer=_TEXT,
    tool=_TEXT,
    runs=_list(_object(id=_WORD, status=_TEXT, lines=_COUNT, digest=_SHA)),
    searched=_object(files=_COUNT, values=_COUNT, found=_COUNT, forms=_list(_TEXT), unread=_list(_TEXT)),
    guide=_SHA,
    record=_SHA,
    record_size=_COUNT,
    files=_list(_object(name=_TEXT, size=_COUNT, sha256=_SHA, mtime=_COUNT, scrubbed=_COUNT)),
    left_out=_list(_object(name=_TEXT, why=_TEXT)),
)
