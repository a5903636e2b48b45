"""The allowed-signers file of a site: whose keys count. Judged before it is believed, as sshd judges its own files."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from failback.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST = 1 << 20  # bytes; thousands of keys
_OPEN_TO_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_KEY = re.compile(r"(?:^|\s)((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+)\s+(AAAA[0-9A-Za-z+/=]+)")


@dataclass(frozen=True)
class Signers:
    """The file as it was read at one moment. ssh-keygen reads these very bytes."""

    path: Path
    content: bytes

    def knows(self, name: str) -> bool:
        """Tell whether any line is for this name."""
        return any(_matches(name, line) for line in self._lines())

    def keys_of(self, name: str) -> list[str]:
        """List the public keys (type and base64) that the file gives this name."""
        return [key for line in self._lines() if _matches(name, line) and (key := _key(line))]

    def names_of(self, key: str, among: tuple[str, ...]) -> list[str]:
        """List who of these people has this public key (type and base64)."""
        return [name for name in among if key in self.keys_of(name)]

    def _lines(self) -> Iterator[str]:
        for line in self.content.decode(errors="replace").splitlines():
            if line.strip() and not line.lstrip().startswith("#"):
                yield line.strip()


def read(path: str) -> Signers:
    """Read the file. Raises `RefusedError` when it is missing, or somebody else could have written it."""
    target = Path(path).expanduser()
    try:
        descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if target.is_symlink():
            raise _unsafe(target, "is a symbolic link, which anyone who may write its folder can turn") from error
        raise RefusedError(
            f"the signers file {target} cannot be read ({error.strerror}): correct site_approvals.signers_file"
        ) from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise _unsafe(target, "is no regular file")
        if found.st_mode & _OPEN_TO_OTHERS:
            raise _unsafe(target, f"can be written by others (mode {stat.S_IMODE(found.st_mode):04o})", "chmod go-w it")
        folder = target.parent.stat()
        if folder.st_mode & _OPEN_TO_OTHERS and not folder.st_mode & stat.S_ISVTX:
            mode = f"{stat.S_IMODE(folder.st_mode):04o}"
            raise _unsafe(target, f"lies in a folder that others can write (mode {mode})", "chmod go-w the folder")
        if found.st_size > _LARGEST:
            raise _unsafe(target, f"has {found.st_size} bytes, which is no list of keys")
        content = b""
        while block := os.read(descriptor, _LARGEST):
            content += block
    finally:
        os.close(descriptor)
    return Signers(target, content)


def _unsafe(target: Path, why: str, remedy: str = "put a file there that only its owner can write") -> RefusedError:
    return RefusedError(f"the signers file {target} {why}, so it proves nothing: {remedy}, and look at its content")


def _matches(name: str, line: str) -> bool:
    """Match as ssh-keygen does: patterns apart by commas, ``!`` takes out."""
    principals = line.split('"')[1] if line.startswith('"') else line.split(maxsplit=1)[0]
    patterns = principals.split(",")
    taken_out = any(fnmatch.fnmatchcase(name, pattern[1:]) for pattern in patterns if pattern.startswith("!"))
    return not taken_out and any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _key(line: str) -> str:
    found = _KEY.search(line)
    return f"{found[1]} {found[2]}" if found else ""
