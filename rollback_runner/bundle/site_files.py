"""What of a site travels with a bundle: its inventory and public keys. What is secret stays, and is named."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback.errors import FailbackError

from rollback_runner.archive import secrets
from rollback_runner.archive.manifest import LeftOut
from rollback_runner.bundle.manifest import Placed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rollback_runner.site.site import Site

_VAULT = b"$ANSIBLE_VAULT;"
_LARGEST = 16 << 20  # bytes; nothing an inventory needs is larger
_PUBLIC = ("ca_file", "signers_file")
_HOSTS_KEYS = "UserKnownHostsFile="
# Stands for the place a bundle is installed to, in the names of what has to be brought there.
HOME = "RR_HOME/"
_OF_THE_SYSTEM = ("/etc/ssl/", "/etc/pki/", "/usr/share/")


@dataclass(frozen=True)
class Found:
    """Names in the bundle and their content, what was left out, what must be brought by hand, what belongs where."""

    files: Mapping[str, bytes]
    left_out: tuple[LeftOut, ...]
    by_hand: tuple[str, ...]
    placed: tuple[Placed, ...]


def find(site: Site, home: Path) -> Found:
    """Read the site's files. Raises FailbackError or ConfigError when one cannot be read, so that none is missed."""
    search = secrets.Search(secrets.load(site.secret_files))
    secret = {os.path.realpath(Path(name).expanduser()) for name in site.secret_files}
    files: dict[str, bytes] = {}
    left: list[LeftOut] = []
    by_hand = set(site.secret_files)
    for name, path in _below(site.directory, f"inventories/{site.name}", left):
        content, why = _judged(path, secret, search)
        if why:
            left.append(LeftOut(name, why))
            by_hand.add(str(path))
        else:
            files[name] = content
    placed: list[Placed] = []
    lab = home / ".lab"
    for path in _public(site):
        # The lab makes its own keys wherever it is started.
        if path.is_relative_to(site.directory) or path.is_relative_to(lab) or not path.is_file():
            continue
        content, why = _judged(path, secret, search)
        name = f"home/{path.relative_to(home)}" if path.is_relative_to(home) else f"keys{path}"
        if why:
            left.append(LeftOut(name, why))
            by_hand.add(str(path))
            continue
        files[name] = content
        if name.startswith("keys/"):
            placed.append(Placed(name, str(path)))
    known = _known_hosts(site)
    if known:
        files["keys/known_hosts"] = known
        placed.append(Placed("keys/known_hosts", "~/.ssh/known_hosts"))
    bring = sorted({_shown(Path(name).expanduser(), home) for name in by_hand if not name.startswith(f"{lab}/")})
    return Found(files, tuple(left), tuple(bring), tuple(placed))


def _shown(path: Path, home: Path) -> str:
    """Name a file as it is looked for wherever it is installed: below RR_HOME, or where it is here."""
    return f"{HOME}{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _below(top: Path, name: str, left: list[LeftOut]) -> Iterator[tuple[str, Path]]:
    def broken(error: OSError) -> None:
        raise FailbackError(f"{error.filename} cannot be read: {error.strerror}")

    for here, folders, files in os.walk(top, onerror=broken, followlinks=False):
        folders[:] = sorted(one for one in folders if not one.startswith(".") and one != "__pycache__")
        for file in sorted(files):
            path = Path(here) / file
            inside = f"{name}/{path.relative_to(top)}"
            mode = path.lstat().st_mode
            if file.startswith(".") or file.endswith(("~", ".swp")):
                continue
            if not stat.S_ISREG(mode):
                left.append(LeftOut(inside, "is no regular file"))
            else:
                yield inside, path


def _judged(path: Path, secret: set[str], search: secrets.Search) -> tuple[bytes, str]:
    """Read a file and say why it must not travel, if it must not."""
    if os.path.realpath(path) in secret:
        return b"", "is a secret"
    try:
        if path.stat().st_size > _LARGEST:
            return b"", f"is larger than {_LARGEST >> 20} MB"
        content = path.read_bytes()
    except OSError as error:
        raise FailbackError(f"{path} cannot be read: {error.strerror}; nothing of it can be left out unseen") from error
    if _VAULT in content:
        return b"", "is a vault"
    if search.found(content):
        return b"", "a secret stands in it"
    return content, search.inside(content)


def _public(site: Site) -> list[Path]:
    """List the files of public keys and certificates the inventory names, on whichever machine they may be."""
    named: set[str] = set()
    for variables in site.variables.values():
        named |= set(_named(variables))
        for word in shlex.split(str(variables.get("ansible_ssh_common_args", ""))):
            if word.startswith(_HOSTS_KEYS):
                named.add(word.removeprefix(_HOSTS_KEYS))
    found = (Path(name).expanduser() for name in named if name and not name.startswith(_OF_THE_SYSTEM))
    return sorted(Path(os.path.normpath(path)) for path in found if path.is_absolute())


def _named(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str) and key in _PUBLIC:
                yield item
            else:
                yield from _named(item)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item)


def _known_hosts(site: Site) -> bytes:
    """Take the site's own hosts out of ~/.ssh/known_hosts, where the inventory names no other file."""
    usual = Path("~/.ssh/known_hosts").expanduser()
    if not usual.is_file() or any(_HOSTS_KEYS in str(one.get("ansible_ssh_common_args", "")) for one in _all(site)):
        return b""
    lines: list[str] = []
    for address in dict.fromkeys(str(one.get("ansible_host", name)) for name, one in site.variables.items()):
        done = subprocess.run(
            ["ssh-keygen", "-F", address, "-f", str(usual)], capture_output=True, text=True, timeout=10, check=False
        )
        lines += [line for line in done.stdout.splitlines() if line and not line.startswith("#")]
    return "".join(f"{line}\n" for line in dict.fromkeys(lines)).encode()


def _all(site: Site) -> Iterable[Mapping[str, Any]]:
    return site.variables.values()
