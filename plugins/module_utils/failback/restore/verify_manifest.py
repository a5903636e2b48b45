"""A manifest beside a backup: what it was when it was made. Written when the backup is taken, checked before a restore.

``{"version": 1, "taken_at", "server_version", "gtid", "tool", "rows": {"db.table": N}, "digests": {"db.table": text},
"files": [{"name", "size", "sha256"}]}``; all but version and files may be absent. The name of a single file is "".
It lies in the directory as ``manifest.json``, beside a file as ``<file>.manifest.json``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from failback.errors import ConfigError, DamagedError
from failback.restore.encrypted import DecryptingSource
from failback.restore.model import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.restore.model import Source

NAME = "manifest.json"
VERSION = 1
_MOST = 64 << 20  # bytes a manifest may have


@dataclass(frozen=True)
class Manifest:
    """``files``: SHA-256 and size by name; ``rows`` and ``digests`` (of the comparison's kind) by table label."""

    files: Mapping[str, tuple[str, int]]
    rows: Mapping[str, int] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    taken_at: str = ""
    server_version: str = ""
    gtid: str = ""
    tool: str = ""


def write_manifest(source: Source, path: Path, known: Manifest | None = None) -> Manifest:
    """Read every file of a backup and write what it is to ``path``; what else is ``known`` of it goes along."""
    files: dict[str, tuple[str, int]] = {}
    for entry in source.entries():
        if entry.name.endswith(NAME):
            continue
        digest, size = hashlib.sha256(), 0
        with source.open(entry.name) as handle:
            while block := handle.read(1 << 20):
                digest.update(block)
                size += len(block)
        files[entry.name] = (digest.hexdigest(), size)
    base = known or Manifest({}, taken_at=datetime.now(UTC).isoformat(timespec="seconds"))
    made = Manifest(files, base.rows, base.digests, base.taken_at, base.server_version, base.gtid, base.tool)
    path.write_text(as_text(made), encoding="utf-8")
    return made


def as_text(manifest: Manifest) -> str:
    """Write a manifest as JSON."""
    listed = [{"name": name, "size": size, "sha256": sha256} for name, (sha256, size) in sorted(manifest.files.items())]
    content = {
        "version": VERSION,
        "tool": manifest.tool,
        "taken_at": manifest.taken_at,
        "server_version": manifest.server_version,
        "gtid": manifest.gtid,
        "rows": dict(manifest.rows),
        "digests": dict(manifest.digests),
        "files": listed,
    }
    return json.dumps(content, indent=1) + "\n"


def parse(raw: bytes, where: str) -> Manifest:
    """Read a manifest. Raises DamagedError."""
    try:
        known = json.loads(raw)
        if known["version"] != VERSION:
            raise DamagedError(f"{where} is a manifest of version {known['version']}, known here is {VERSION}")
        return Manifest(
            {str(one["name"]): (str(one["sha256"]), int(one["size"])) for one in known["files"]},
            {str(label): int(count) for label, count in known.get("rows", {}).items()},
            {str(label): str(digest) for label, digest in known.get("digests", {}).items()},
            *(str(known.get(name, "")) for name in ("taken_at", "server_version", "gtid", "tool")),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedError(f"{where} is no manifest of a backup ({error!r}): make it again, or take it away") from error


def load(source: Source, where: str) -> Manifest:
    """Read the manifest a site names. Raises ConfigError when it is not there, DamagedError when it is none."""
    try:
        entries = source.entries()
    except DamagedError as error:
        raise ConfigError(f"the manifest {where} is not there: correct `manifest` of this source") from error
    if [entry.name for entry in entries] != [""]:
        raise ConfigError(f"the manifest {where} is a directory: name the file")
    with source.open("") as handle:
        return parse(handle.read(_MOST), where)


def read_beside(source: Source) -> Manifest | None:
    """Find the manifest that lies in a directory, or beside a file of this machine; None when there is none."""
    names = [entry.name for entry in source.entries()]
    if NAME in names:
        with source.open(NAME) as handle:
            return parse(handle.read(_MOST), NAME)
    beside = Path(f"{source.url}.{NAME}")
    if names == [""] and "://" not in source.url and beside.is_file():
        return parse(beside.read_bytes(), str(beside))
    return None


def as_it_lies(
    source: Source, manifest: Manifest, files: Mapping[str, tuple[str, int]]
) -> Mapping[str, tuple[str, int]]:
    """Give an encrypted backup's files as the manifest knows them: what was encrypted, or what lies there."""
    if not isinstance(source, DecryptingSource):
        return files
    found: dict[str, tuple[str, int]] = {}
    for name, content in files.items():
        real = source.real_name(name)
        lying = source.lying.get(name)
        if lying is not None and real in manifest.files and (real != name or manifest.files[name] == lying):
            found[real] = lying
        else:
            found[name] = content
    return found


def judge_manifest(
    manifest: Manifest, files: Mapping[str, tuple[str, int]], rows: Mapping[tuple[str, str], int], *, complete: bool
) -> tuple[list[Finding], bool]:
    """Compare; gives findings, and whether every file is the one the manifest knows.

    Not ``complete``: the reading ended at damage, so only the files that were read can be compared.
    """
    found: list[Finding] = []
    for name, (digest, size) in manifest.files.items():
        seen = files.get(name)
        if seen is None:
            if complete:
                found.append(Finding("fatal", name, "is in the manifest, but missing", "take another copy"))
        elif complete and seen[1] != size:
            found.append(Finding("fatal", name, f"has {seen[1]} bytes, the manifest says {size}", "take another copy"))
        elif complete and seen[0] != digest:
            found.append(
                Finding("fatal", name, "is not the file the manifest knows (SHA-256 differs)", "take another copy")
            )
    extra = sorted(set(files) - set(manifest.files))
    if extra:
        found.append(Finding("warning", extra[0], f"is not in the manifest ({len(extra)} such files)"))
    if complete:
        counted = {".".join(key): count for key, count in rows.items()}
        for label, wanted in manifest.rows.items():
            if counted.get(label, 0) != wanted:
                what = f"the manifest says that {label} has {wanted} rows, the backup holds {counted.get(label, 0)}"
                found.append(Finding("fatal", "", what, "use another backup"))
    return found, complete and not extra and not any(one.severity == "fatal" for one in found)
