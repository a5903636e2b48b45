"""The last net for secrets: known values are taken out of whatever is about to be written down.

The first net is that secrets travel as paths of files of mode 0600 and nowhere else. This one catches what slips
through, such as a server that repeats a password in its error message. It knows the values by reading the
files that the site names; the run's directory lists those files (paths, never values) in `secret-files`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from failback.readable import readable

MARK = "[secret removed]"
LIST = "secret-files"
_SHORTEST = 5  # shorter values are words, and taking words out would shred the record
_PEM_LINE = 24
_NAMED = re.compile(r"(?im)^\s*\S*(?:secret|token|password|passwd)\S*\s*[=:]\s*(\S+)\s*$")
_QUOTED = re.compile(r'(?i)\bsecret\s+"([^"]+)"')


def values_in(text: str) -> list[str]:
    """Find the secret values in a file's text: a lone line, `name = value` lines, a TSIG key, the body of a PEM key."""
    stripped = text.strip()
    lines = stripped.splitlines()
    if len(lines) == 1 and not _QUOTED.search(stripped):
        found = [stripped]
    elif "PRIVATE KEY" in stripped:
        found = [line for line in lines if len(line) >= _PEM_LINE and not line.startswith("-----")]
    else:
        found = _NAMED.findall(stripped) + _QUOTED.findall(stripped)
    return [value.strip("\"'") for value in found if len(value.strip("\"'")) >= _SHORTEST]


def load(files: tuple[str, ...]) -> tuple[str, ...]:
    """Read the values of these files, the longest first; a file that cannot be read has nothing to leak."""
    values: set[str] = set()
    for name in files:
        try:
            values.update(values_in(Path(name).read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError):
            continue
    return tuple(sorted(values, key=lambda value: (-len(value), value)))


def scrub(value: Any, secrets: tuple[str, ...]) -> Any:
    """Return the same structure with every known secret taken out of every text in it, keys included.

    What comes out can be written as UTF-8, whatever bytes a host said.
    """
    if isinstance(value, str):
        text = readable(value)
        return _pattern(secrets).sub(MARK, text) if secrets else text
    if isinstance(value, dict):
        return {scrub(key, secrets): scrub(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [scrub(item, secrets) for item in value]
    return value


def scrub_beside(path: Path, fields: dict[str, Any]) -> dict[str, Any]:
    """Scrub with the secrets of the run in whose directory `path` lies."""
    listing = path.parent / LIST
    try:
        stamp = listing.stat().st_mtime_ns
    except OSError:
        return {key: scrub(value, ()) for key, value in fields.items()}
    return {key: scrub(value, _load_listing(listing, stamp)) for key, value in fields.items()}


@lru_cache(maxsize=8)
def _load_listing(listing: Path, stamp: int) -> tuple[str, ...]:
    # `stamp` is part of the key: a list written anew is read anew.
    del stamp
    return load(tuple(listing.read_text(encoding="utf-8").splitlines()))


@lru_cache(maxsize=8)
def _pattern(secrets: tuple[str, ...]) -> re.Pattern[str]:
    # One pass over the text, the longest secret first: what was put in its place is not looked at again.
    return re.compile("|".join(re.escape(secret) for secret in sorted(secrets, key=len, reverse=True)))
