"""The directory with what is known of a site's backups: one JSON file each, written whole or not at all, mode 0600."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from failback import whole
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PRIVATE = 0o600


def word(name: str) -> str:
    """Write a name so that it can be part of a file's name."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-.") or "unnamed"


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a file in one step. Raises FailbackError."""
    try:
        whole.write(path, (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode())
    except OSError as error:
        raise FailbackError(f"{path} cannot be written: {error.strerror}; correct backup_proofs") from error
