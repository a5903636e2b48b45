"""Files that people attach to their words: copied beside the incident's other papers, known by their digest."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from failback.errors import ConfigError, FailbackError

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "attachments"
MOST = 100 << 20  # bytes; more than that is no note but data, and belongs elsewhere with a link in the note
_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
_MARK = 12  # digits of the digest in the file's name


def take(incident: Path, source: Path) -> dict[str, str]:
    """Copy a file in and return {name, sha256, file}; the same content is kept once.

    Raises ConfigError when there is no such file or it is too large, FailbackError when it cannot be copied.
    """
    if not source.is_file():
        raise ConfigError(f"{source} is no file that could be attached")
    if source.stat().st_size > MOST:
        raise ConfigError(f"{source} is larger than {MOST >> 20} MB: keep it elsewhere and name the place in the note")
    folder = incident / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        handle, fresh = tempfile.mkstemp(dir=folder, prefix=".")  # made with mode 0600
        os.close(handle)
        shutil.copyfile(source, fresh)
        found = _digest(Path(fresh))
        target = folder / f"{found[:_MARK]}-{_PLAIN.sub('_', source.name)[-80:]}"
        Path(fresh).replace(target)
    except OSError as error:
        raise FailbackError(f"{source} could not be copied to {folder}: {error.strerror}") from error
    return {"name": source.name, "sha256": found, "file": target.name}


def missing(incident: Path, attachment: Mapping[str, str]) -> str:
    """Say what is wrong with a file that was attached; "" when it is there as it was."""
    path = incident / FOLDER / attachment.get("file", "")
    if not path.is_file():
        return f"the attachment {attachment.get('name')} is gone from {path.parent}"
    if _digest(path) != attachment.get("sha256"):
        return f"the attachment {attachment.get('name')} is not the file that was attached ({path})"
    return ""


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
