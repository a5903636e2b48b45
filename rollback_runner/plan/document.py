"""plan.json: the frozen plan as it lies with its incident. Reads, judges and writes it; knows nothing of sites.

`digest` is that of `content` and what approvals sign; `seal` is that of all the rest with it, so that one character
changed anywhere in the file is seen on reading. Who changes the file and makes both anew is found out by the maker's
signature in plan.json.sig, which covers the file to the last byte.

The same content may be frozen again, with newer facts. `makers` then keeps all who ever did: nobody becomes free to
approve a plan of their own by having it frozen by someone else.
"""

from __future__ import annotations

import fcntl
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from failback import whole
from failback.approval import canonical
from failback.errors import FailbackError

from rollback_runner.errors import RecordError, RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FILE = "plan.json"
SIGNATURE = "plan.json.sig"
SHELF = "plans"  # every plan that was ever frozen, by its digest
VERSION = 1
_NAMES = {
    *("version", "site", "incident", "strategy", "digest", "content", "facts"),
    *("made_by", "made_at", "makers", "seal"),
}
_AGAIN = "rollback-runner plan --freeze"


@dataclass(frozen=True)
class Frozen:
    """A plan as it was frozen by `made_by`; `makers` are all who ever froze this content. Times are UTC."""

    site: str
    incident: str
    strategy: str
    digest: str
    content: Mapping[str, Any]
    facts: Mapping[str, Any]
    made_by: str
    made_at: str
    makers: Sequence[str]
    version: int = VERSION

    def as_dict(self) -> dict[str, Any]:
        """Return it as the file holds it, with its seal."""
        plain = asdict(self) | {"makers": list(self.makers)}
        return plain | {"seal": canonical.digest(plain)}

    def text(self) -> bytes:
        """Write the file, to the last byte: this is what its maker signs."""
        return canonical.text(self.as_dict()).encode() + b"\n"


def read(incident: Path) -> Frozen | None:
    """Read the frozen plan, or None when there is none. Raises `RefusedError` when it is not as it was frozen."""
    path = incident / FILE
    try:
        written = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RecordError(f"{path} cannot be read: {error.strerror}.", next_step=f"ls -l {path}") from error
    return parse(written, str(path))


def parse(written: bytes, name: str) -> Frozen:
    """Read a plan from its text. Raises `RefusedError` naming what does not hold together."""
    try:
        found = canonical.read(written, name)
    except FailbackError as error:
        raise RefusedError(f"{error}: this is no plan as it was frozen.", next_step=_AGAIN) from error
    if set(found) != _NAMES or found["version"] != VERSION:
        raise RefusedError(f"{name} is no frozen plan of version {VERSION}.", next_step=_AGAIN)
    seal = found.pop("seal")
    content = found["content"]
    if not isinstance(content, dict) or canonical.digest(content) != found["digest"]:
        raise RefusedError(
            f"{name} was changed after it was frozen: its content does not have the digest {found['digest']}.",
            next_step=f"put the file back, or freeze again and have it signed again: {_AGAIN}",
        )
    same = all(found[key] == content.get(key) for key in ("site", "strategy"))
    if canonical.digest(found) != seal or not same:
        raise RefusedError(
            f"{name} was changed after it was frozen: its facts or its maker are not those that were sealed.",
            next_step=f"put the file back, or freeze again: {_AGAIN}",
        )
    return Frozen(**found)


def write(incident: Path, plan: Frozen, signature: bytes) -> None:
    """Put the plan with its signature in its place, each whole or not at all, and keep it under its digest.

    Raises `RecordError`. The signature comes first: a plan that is there is signed.
    """
    shelf = incident / SHELF
    text = plan.text()
    try:
        shelf.mkdir(exist_ok=True)
        with (shelf / ".lock").open("w") as lock:
            # Two people who freeze at once must not end up with one's plan under the other's signature.
            fcntl.flock(lock, fcntl.LOCK_EX)
            for place in (shelf / f"{plan.digest}.json", incident / FILE):
                whole.write(place.with_name(place.name + ".sig"), signature)
                whole.write(place, text)
    except OSError as error:
        raise RecordError(
            f"The plan cannot be kept in {incident}: {error.strerror}.", next_step=f"df -h {incident}"
        ) from error


def makers(incident: Path, digest: str) -> tuple[str, ...]:
    """Return who froze this content before, the first first. Raises `RefusedError` when that plan was changed."""
    path = incident / SHELF / f"{digest}.json"
    try:
        return tuple(parse(path.read_bytes(), str(path)).makers)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise RecordError(f"{path} cannot be read: {error.strerror}.", next_step=f"ls -l {path.parent}") from error


def need(incident: Path | None, site: str) -> Frozen:
    """Read the frozen plan of the open incident. Raises `UsageError` when there is none."""
    found = read(incident) if incident is not None else None
    if found is None:
        raise UsageError(f"No plan is frozen for {site}.", next_step=f"{_AGAIN} --as NAME --key FILE")
    return found
