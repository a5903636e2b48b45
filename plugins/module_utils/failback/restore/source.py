"""Where a backup lies, and how its bytes are read: a local path, ``ssh://HOST/path`` or ``s3://bucket/prefix``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from failback.errors import ConfigError, DamagedError, FailbackError
from failback.restore.encrypted import DecryptingSource
from failback.restore.model import Entry
from failback.restore.source_s3 import S3Source
from failback.restore.source_ssh import SshSource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import BinaryIO

    from failback.restore.model import Source


@dataclass
class LocalSource:
    """A file or a directory of this machine."""

    url: str

    def entries(self) -> Sequence[Entry]:
        """List every file, sorted by name. Raises DamagedError when there is nothing at the path."""
        root = Path(self.url)
        try:
            if root.is_file():
                return [_entry(root, "")]
            if not root.is_dir():
                raise DamagedError(f"there is no backup at {root}: correct the path, or use another source")
            found = [
                _entry(Path(folder, name), os.path.relpath(Path(folder, name), root))
                for folder, _, names in os.walk(root)
                for name in names
            ]
        except OSError as error:
            raise FailbackError(f"{root} cannot be listed: {error.strerror}. Correct its permissions") from error
        return sorted(found, key=lambda entry: entry.name)

    def open(self, name: str, offset: int = 0) -> BinaryIO:
        """Open one file. Raises FailbackError."""
        path = Path(self.url, name) if name else Path(self.url)
        try:
            handle = path.open("rb", buffering=0)
            handle.seek(offset)
        except OSError as error:
            raise FailbackError(f"{path} cannot be read: {error.strerror}. Correct its permissions") from error
        return handle


def _entry(path: Path, name: str) -> Entry:
    facts = path.stat()
    return Entry(name, facts.st_size, f"{facts.st_mtime_ns}")


def open_source(
    url: str,
    *,
    s3: Mapping[str, object] | None = None,
    ssh: Callable[[Sequence[str]], list[str]] | None = None,
    decrypt: Mapping[str, object] | None = None,
) -> Source:
    """Choose the reader by the URL's scheme. Raises ConfigError; nothing is contacted yet.

    ``s3`` has the keys of ``failback.aws.Account``: region, endpoint_url, credentials_file, profile. ``ssh`` is given
    ``(HOST, COMMAND)`` and returns the whole argv: so the site's own SSH settings and host keys are used.
    ``decrypt`` is the site's ``backup_decrypt``: with it encrypted files are read as what they hold.
    """
    found = _of_scheme(url, s3 or {}, ssh)
    return DecryptingSource(found, decrypt) if decrypt else found


def _of_scheme(
    url: str, s3: Mapping[str, object], ssh: Callable[[Sequence[str]], list[str]] | None
) -> LocalSource | SshSource | S3Source:
    if not url:
        raise ConfigError("a backup source has no url: give a path, ssh://HOST/path or s3://bucket/prefix")
    parts = urlsplit(url)
    if parts.scheme == "ssh":
        if not parts.netloc or parts.path in ("", "/"):
            raise ConfigError(f"{url} names no host or no path: write ssh://HOST/path")
        return SshSource(url, parts.netloc, unquote(parts.path), ssh)
    if parts.scheme == "s3":
        if not parts.netloc:
            raise ConfigError(f"{url} names no bucket: write s3://bucket/prefix")
        return S3Source(url, parts.netloc, unquote(parts.path).strip("/"), s3)
    if parts.scheme == "file" and not parts.netloc:
        return LocalSource(unquote(parts.path))
    if "://" in url:
        raise ConfigError(f"{url}: no such kind of source; give a path, ssh://HOST/path or s3://bucket/prefix")
    return LocalSource(url)
