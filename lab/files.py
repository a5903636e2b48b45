"""Writing files so that a reader sees the old or the new content, never half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write(path: Path, content: str | bytes, *, mode: int = 0o644, owner: int | None = None) -> None:
    """Replace `path` in one step; its folder is made when missing. `owner` is a user and group number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = content.encode() if isinstance(content, str) else content
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(raw)
        Path(name).chmod(mode)
        if owner is not None:
            os.chown(name, owner, owner)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def rewrite(path: Path, content: str | bytes, *, mode: int = 0o644, owner: int | None = None) -> None:
    """As `write`, but keep the inode: a file mounted by itself into a running container shows the new content."""
    if not path.exists():
        write(path, content, mode=mode, owner=owner)
        return
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    if owner is not None:
        os.chown(path, owner, owner)
