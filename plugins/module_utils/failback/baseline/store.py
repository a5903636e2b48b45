"""The baseline on disk: one JSON file per host, written in one step, carrying the digest of its own content."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback import whole
from failback.errors import ConfigError, FailbackError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
_PRIVATE = 0o600


def path_of(directory: str, host: str) -> Path:
    """Name the file of one host."""
    if not directory:
        raise ConfigError("baseline_directory is empty: name the directory of the recorded baseline")
    return Path(directory).expanduser() / f"{host.replace('/', '_')}.json"


def digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the content in its one canonical spelling."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def write(directory: str, host: str, content: Mapping[str, Any]) -> tuple[Path, str]:
    """Replace a host's baseline in one step. Returns its path and digest.

    Raises:
        FailbackError: the directory or the file cannot be written.

    """
    path, seal = path_of(directory, host), digest(content)
    kept = {"format": FORMAT, "host": host, "sha256": seal, "baseline": dict(content)}
    try:
        whole.write(path, (json.dumps(kept, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode())
    except OSError as error:
        raise FailbackError(f"the baseline cannot be written to {path}: {error.strerror}") from error
    return path, seal


def read(directory: str, host: str) -> dict[str, Any] | None:
    """Return a host's baseline with its ``recorded_at``; None where none was recorded.

    Raises:
        RefusedError: the file was changed since, is of another host, or is no baseline.

    """
    path = path_of(directory, host)
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        content, seal, owner, known = whole["baseline"], whole["sha256"], whole["host"], whole["format"]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FailbackError(f"the baseline {path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedError(f"{path} is no baseline ({error}): take it from the copy you keep elsewhere") from error
    if known != FORMAT or owner != host:
        raise RefusedError(f"{path} is the baseline of {owner} in format {known}, not of {host} in format {FORMAT}")
    if digest(content) != seal:
        raise RefusedError(
            f"{path} was changed since it was recorded (its digest does not fit), so nothing is compared with it or put"
            " back from it: take it from the copy you keep elsewhere"
        )
    found: dict[str, Any] = content
    return found
