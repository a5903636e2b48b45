"""Reads a source of backups to its end and says what it is; whatever is wrong with it becomes a part of the answer."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from failback.backup.model import Look, of_evidence
from failback.errors import DamagedError, FailbackError, UnreachableError
from failback.restore import verify_memory
from failback.restore.decrypted_reader import LockedError
from failback.restore.encrypted import HEAD, DecryptingSource, encryption
from failback.restore.formats.packed import packing
from failback.restore.recognise import MANIFEST
from failback.restore.verify import verify
from failback.restore.verify_manifest import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from failback.restore.model import Source
    from failback.restore.verify_facts import Expected
    from failback.restore.verify_manifest import Manifest

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_KINDS = {"key": "key_missing", "wrong_key": "key_wrong", "tool": "tool_missing"}
_HEADS = 3  # smallest and largest files whose beginning is looked at for encryption
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")  # of 64 random bytes one in two million has none of these


def look(
    wanted: Mapping[str, Any],
    opener: Callable[[str], Source],
    expected: Expected,
    memory: Path | None = None,
    *,
    keep: bool = True,
) -> Look:
    """Look at one source: ``name``, ``url`` and maybe ``manifest``. Raises ConfigError for a url that cannot be meant.

    ``memory``: what was found before of files that are unchanged is taken from there; ``keep``: and put there.
    """
    name, url = str(wanted["name"]), str(wanted["url"])
    source = opener(url)
    try:
        return _look(name, source, wanted, opener, expected, memory, keep=keep)
    except LockedError as error:
        return Look(name, url, _KINDS[error.reason], str(error), "put the key in place, or use another backup")
    except DamagedError as error:
        return Look(name, url, "damaged", str(error), "take another copy of it, or use another backup")
    except UnreachableError as error:
        return Look(name, url, "unreachable", str(error), "bring the way to it up, or use another backup")
    except FailbackError as error:
        return Look(name, url, "unreadable", str(error), "correct what is named, or use another backup")


def _look(  # noqa: PLR0913, PLR0917 - one source against all that is asked of it
    name: str,
    source: Source,
    wanted: Mapping[str, Any],
    opener: Callable[[str], Source],
    expected: Expected,
    memory: Path | None,
    *,
    keep: bool,
) -> Look:
    url = str(wanted["url"])
    try:
        source.entries()
    except DamagedError as error:
        return Look(name, url, "missing", str(error), "put the backup in place, or correct the url in backup_sources")
    encrypted = opens(source)
    listing = ""
    if memory is not None and not wanted.get("manifest"):
        listing = verify_memory.listing_digest(source, expected)
        if known := verify_memory.recall(memory, source, listing):
            return _with_keys(of_evidence(name, url, known, encrypted), source)
    manifest: Manifest | None = None
    if where := str(wanted.get("manifest") or ""):
        manifest = load(opener(where), where)
    verified = verify(source, expected, manifest)
    if memory is not None and keep:
        verify_memory.remember(memory, source, listing, verified)
    return _with_keys(of_evidence(name, url, verified.as_evidence(), encrypted), source)


def _with_keys(found: Look, source: Source) -> Look:
    """Point at key files that others may read."""
    if not isinstance(source, DecryptingSource):
        return found
    paths = [path for tool in found.encrypted for path in source.key_files(tool)]
    loose = [path for path in paths if path.stat().st_mode & _OTHERS]
    told = tuple(f"its key {path} is open to others: chmod 600 it" for path in loose)
    return replace(found, remarks=(*found.remarks, *told))


def opens(source: Source) -> tuple[str, ...]:
    """Open the beginnings of some files; give the tools they are encrypted with. Raises LockedError.

    A password that is wrong makes openssl write rubbish instead of saying no: where no file begins as text or as
    something packed, the key is wrong.
    """
    if not isinstance(source, DecryptingSource):
        return ()
    entries = [entry for entry in source.entries() if entry.size and not entry.name.endswith(MANIFEST)]
    ranked = sorted(entries, key=lambda one: one.size)
    tools: set[str] = set()
    rubbish: list[str] = []
    for entry in dict.fromkeys([*ranked[:_HEADS], *ranked[-_HEADS:]]):
        with source.inner.open(source.real_name(entry.name)) as lying:
            tool = encryption(lying.read(HEAD))
        if not tool:
            continue
        tools.add(tool)
        with source.open(entry.name) as stream:
            head = stream.read(HEAD)
        if tool == "openssl" and packing(head) == "plain":
            rubbish.append(f"{source.url} {entry.name}".strip() if _CONTROL.search(head) else "")
    if rubbish and all(rubbish):
        raise LockedError(
            f"{rubbish[0]} does not open with the key at hand: openssl gives neither text nor packed data, so the"
            " password or the options in backup_decrypt.openssl are not those it was encrypted with",
            "wrong_key",
        )
    return tuple(sorted(tools))
