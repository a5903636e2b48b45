"""Backups that were encrypted with age, OpenPGP (gpg) or `openssl enc`: told by content, read through the tool itself.

The ciphertext goes to the tool's standard input and its text comes back, so nothing decrypted is ever on disk, and no
key or password is in an argument list: the tools read them from files.
The formats: age's specification (age-encryption.org/v1), RFC 9580 sections 4.2 and 5, openssl-enc(1).
"""

from __future__ import annotations

import io
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from failback.errors import ConfigError
from failback.restore.decrypted_reader import Decrypted, LockedError
from failback.restore.model import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

    from failback.restore.model import Source

TOOLS = ("age", "gpg", "openssl")
# What people put behind the name of an encrypted file.
ENDINGS = (".age", ".gpg", ".pgp", ".asc", ".enc", ".aes", ".ssl")
HEAD = 64  # bytes that show how a file is encrypted
_KNOWN: Mapping[str, frozenset[str]] = {
    "age": frozenset({"key_file"}),
    "gpg": frozenset({"password_file", "home"}),
    "openssl": frozenset({"password_file", "options"}),
}
_OPENSSL = ("-aes-256-cbc", "-pbkdf2")
_TEXT = ((b"age-encryption.org/v1", "age"), (b"-----BEGIN AGE ENCRYPTED FILE-----", "age"),
         (b"-----BEGIN PGP MESSAGE-----", "gpg"), (b"Salted__", "openssl"), (b"U2FsdGVkX1", "openssl"))  # fmt: skip
# The first packet of an OpenPGP message for a key (version 3, 6) or a password (version 4 to 6): its tag byte, and the
# place of the version behind a length of one or two bytes.
_PACKETS = {0x84: (2, (3, 6)), 0x85: (3, (3, 6)), 0xC1: (2, (3, 6)), 0x8C: (2, (4, 5, 6)), 0xC3: (2, (4, 5, 6))}
_TWO_BYTE_LENGTH = range(192, 224)


def encryption(head: bytes) -> str:
    """Tell by a file's first bytes what it was encrypted with; "" when it was not."""
    for mark, tool in _TEXT:
        if head.startswith(mark):
            return tool
    if len(head) > 4 and head[0] in _PACKETS:  # noqa: PLR2004 - the longest place of a version
        place, versions = _PACKETS[head[0]]
        if head[0] == 0xC1 and head[1] in _TWO_BYTE_LENGTH:  # noqa: PLR2004 - the tag of RFC 9580, table 3
            place += 1
        return "gpg" if head[place] in versions else ""
    return ""


def plain_name(name: str) -> str:
    """Give a file's name without the ending of its encryption."""
    ending = next((one for one in ENDINGS if name.lower().endswith(one)), "")
    return name[: -len(ending)] if ending and name != ending else name


def checked(keys: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """Read ``backup_decrypt``. Raises ConfigError naming the part that cannot be meant."""
    found: dict[str, dict[str, object]] = {}
    for tool, values in keys.items():
        if tool not in _KNOWN or not isinstance(values, dict):
            raise ConfigError(f"backup_decrypt.{tool} is not known; there are {', '.join(TOOLS)}, each a mapping")
        if strange := sorted(set(values) - _KNOWN[tool]):
            known = ", ".join(sorted(_KNOWN[tool]))
            raise ConfigError(f"backup_decrypt.{tool}.{strange[0]} is not known; {tool} takes {known}")
        found[tool] = dict(values)
    return found


@dataclass
class DecryptingSource:
    """A source whose encrypted files are read as what they hold; a file that is not encrypted is read as it is.

    ``keys`` is the site's ``backup_decrypt``: by tool, where its key or password lies on this machine. ``lying`` fills
    while files are read to their end: SHA-256 and size of each as it lies there, by its plain name.
    """

    inner: Source
    keys: Mapping[str, object]
    url: str = ""
    lying: dict[str, tuple[str, int]] = field(default_factory=dict)
    tools: set[str] = field(default_factory=set)  # those that files were encrypted with
    _names: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.url = self.inner.url
        self._keys = checked(self.keys)

    def entries(self) -> Sequence[Entry]:
        """List every file by its plain name; sizes are those of what lies there."""
        listed = self.inner.entries()
        taken = [plain_name(entry.name) for entry in listed]
        self._names = {}
        found = []
        for entry, plain in zip(listed, taken, strict=True):
            name = plain if taken.count(plain) == 1 else entry.name
            self._names[name] = entry.name
            found.append(Entry(name, entry.size, entry.stamp))
        return sorted(found, key=lambda entry: entry.name)

    def real_name(self, name: str) -> str:
        """Give the name under which a file lies there."""
        if name not in self._names:
            self.entries()
        return self._names.get(name, name)

    def open(self, name: str, offset: int = 0) -> BinaryIO:
        """Open a file's text. Raises LockedError without the right key, DamagedError where the tool says no later."""
        stream = self.inner.open(self.real_name(name))
        try:
            head = _read(stream, HEAD)
            tool = encryption(head)
            if not tool:
                stream.close()
                return self.inner.open(self.real_name(name), offset)
            self.tools.add(tool)
            label = f"{self.url} {name}".strip()
            reader = Decrypted(
                label, self._argv(tool, label), head, stream, lambda seen: self.lying.update({name: seen})
            )
        except BaseException:
            stream.close()
            raise
        opened = cast("BinaryIO", io.BufferedReader(reader, 1 << 20))
        _skip(opened, offset)
        return opened

    def key_files(self, tool: str) -> list[Path]:
        """Name the files with the key or password of a tool."""
        known = self._keys.get(tool, {})
        return [Path(str(known[name])).expanduser() for name in ("key_file", "password_file") if known.get(name)]

    def _argv(self, tool: str, label: str) -> list[str]:
        known = self._keys.get(tool, {})
        if tool not in self._keys:
            raise LockedError(f"{label} is encrypted with {tool}: name its key in backup_decrypt.{tool}", "key")
        if shutil.which(tool) is None:
            raise LockedError(f"{label} is encrypted with {tool}, which is not on this machine: install it", "tool")
        for name in ("key_file", "password_file", "home"):
            path = Path(str(known.get(name) or "")).expanduser()
            if known.get(name) and not path.exists():
                raise LockedError(
                    f"the key of {label} is not at hand: backup_decrypt.{tool}.{name} names {path}, which is not there",
                    "key",
                )
        return _command(tool, {name: _text(value) for name, value in known.items()}, label)


def _command(tool: str, known: Mapping[str, str | list[str]], label: str) -> list[str]:
    """Give the argv that reads ciphertext from standard input; pure. Raises LockedError."""
    key, password = str(known.get("key_file", "")), str(known.get("password_file", ""))
    if tool == "gpg":
        argv = ["gpg", "--batch", "--no-tty", "--quiet", "--decrypt"]
        argv += ["--homedir", str(known["home"])] if known.get("home") else []
        return [*argv, "--pinentry-mode", "loopback", "--passphrase-file", password] if password else argv
    if tool == "age":
        if not key:
            raise LockedError(f"{label} is encrypted with age: name the identity in backup_decrypt.age.key_file", "key")
        return ["age", "--decrypt", "--identity", key]
    if not password:
        what = "name the file with the password in backup_decrypt.openssl.password_file"
        raise LockedError(f"{label} is encrypted with openssl: {what}", "key")
    options = known.get("options") or list(_OPENSSL)
    return ["openssl", "enc", "-d", *options, "-pass", f"file:{password}"]


def _text(value: object) -> str | list[str]:
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    return str(Path(str(value)).expanduser()) if value else ""


def _read(stream: BinaryIO, count: int) -> bytes:
    found = b""
    while len(found) < count and (more := stream.read(count - len(found))):
        found += more
    return found


def _skip(stream: BinaryIO, count: int) -> None:
    while count > 0 and (passed := stream.read(min(count, 1 << 20))):
        count -= len(passed)
