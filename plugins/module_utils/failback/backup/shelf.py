"""The directory with what is known of a site's backups: one JSON file each, written whole or not at all, mode 0600."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PRIVATE = 0o600


def word(name: str) -> str:
    """Write a name so that it can be part of a file's name."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-.") or "unnamed"


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a file in one step. Raises FailbackError."""
    fresh = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(content, stream, ensure_ascii=False, indent=1, sort_keys=True)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        Path(fresh).chmod(_PRIVATE)
        Path(fresh).replace(path)
    except OSError as error:
        if fresh:
            Path(fresh).unlink(missing_ok=True)
        raise FailbackError(f"{path} cannot be written: {error.strerror}; correct backup_proofs") from error
