"""Canonical JSON: the one way to write a content down, so that the same content always has the same digest.

Keys sorted, no blanks, UTF-8, no number that JSON does not know. What is read must be as unambiguous: a key that
stands twice could show a person one value and a program the other.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Mapping


class AmbiguousError(FailbackError):
    """What was given is not JSON with one meaning only."""


def text(content: Mapping[str, Any], *, from_json: bool = False) -> str:
    """Write it down. Raises `AmbiguousError` for what has no canonical form (NaN, keys that are no text).

    ``from_json``: it was read by `read`, so its keys are texts; that look takes longer than the writing.
    """
    if not from_json:
        _judge(content, "")
    try:
        written = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        written.encode()
    except (TypeError, ValueError) as error:
        raise AmbiguousError(f"this content has no canonical form: {error}") from error
    return written


def digest(content: Mapping[str, Any]) -> str:
    """Digest the canonical form: SHA-256 in hexadecimal digits. Raises `AmbiguousError`."""
    return digest_of(text(content))


def digest_of(written: str) -> str:
    """Digest what is written canonically already."""
    return hashlib.sha256(written.encode()).hexdigest()


def read(written: str | bytes, name: str = "this file") -> dict[str, Any]:
    """Read a JSON object that has one meaning only. Raises `AmbiguousError` naming what is wrong with it."""
    try:
        content = json.loads(written, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise AmbiguousError(f"{name} is not readable as JSON: {error}") from error
    if not isinstance(content, dict):
        raise AmbiguousError(f"{name} is JSON, but no object")
    return content


def _judge(value: object, where: str) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise AmbiguousError(
                    f"this content has no canonical form: the key {key!r} in {where or 'it'} is no text"
                )
            _judge(item, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for item in value:
            _judge(item, where)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice")
    return content


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number of JSON")
