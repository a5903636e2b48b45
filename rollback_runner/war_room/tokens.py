"""Who may enter the war room: one token a person, or one that may only look. Only digests are kept.

``RR_HOME/war-room/SITE/tokens.json`` (0600, in a directory of 0700). A token carries 256 random bits, so a plain
SHA-256 of it gives nothing away and needs no salt. What a person may do there is not kept with the token: it follows
from ``site_roles`` and from what was assigned since, at the moment of each word.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from failback import whole

from rollback_runner.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "tokens.json"
LONGEST_HOURS = 24 * 30
_TEXT = re.compile(r"rrw-(?P<id>[0-9a-f]{10})-(?P<secret>[A-Za-z0-9_-]{43})")
_NOBODY = hashlib.sha256(b"nobody").hexdigest()  # what an unknown token is compared with: the same work as for a known


@dataclass(frozen=True)
class Pass:
    """What is kept of a token: whose it is (a key of site_people), or what one that may only look was called."""

    id: str
    person: str
    label: str
    sha256: str
    issued_at: str
    expires_at: str
    issued_by: str
    revoked_at: str = ""

    def good(self, now: datetime | None = None) -> bool:
        """Tell whether it opens the door now."""
        return not self.revoked_at and (now or datetime.now(UTC)) < datetime.fromisoformat(self.expires_at)

    @property
    def name(self) -> str:
        """The person, or what the token to look with was called."""
        return self.person or self.label


def place(home: Path, site: str) -> Path:
    """Return the directory of a site's war room."""
    return home / "war-room" / site


def issue(directory: Path, *, person: str, label: str, hours: float, by: str) -> tuple[Pass, str]:
    """Make a token; return what is kept and the token itself, which exists nowhere else. Raises `UsageError`."""
    if not 0 < hours <= LONGEST_HOURS:
        raise UsageError(f"--hours must be above 0 and at most {LONGEST_HOURS}: a token is for one incident.")
    now = datetime.now(UTC)
    number, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    text = f"rrw-{number}-{secret}"
    made = Pass(
        id=number,
        person=person,
        label=label,
        sha256=_digest(text),
        issued_at=_moment(now),
        expires_at=_moment(now + timedelta(hours=hours)),
        issued_by=by,
    )
    with _changing(directory) as kept:
        kept.append(made)
    return made, text


def revoke(directory: Path, who: str) -> list[Pass]:
    """End every token of a person, of a label or of an id; return those ended. Open sessions of them end too."""
    ended = []
    with _changing(directory) as kept:
        for index, one in enumerate(kept):
            if who in {one.id, one.person, one.label} and one.good():
                kept[index] = Pass(**{**asdict(one), "revoked_at": _moment(datetime.now(UTC))})
                ended.append(kept[index])
    return ended


def read(directory: Path) -> list[Pass]:
    """Read what is kept; empty when nothing was issued yet.

    Raises `RefusedError` for a file that others could have written: whoever can write it can let themselves in.
    """
    path = directory / FILE
    try:
        with path.open("rb") as stream:
            state = os.fstat(stream.fileno())
            if state.st_uid != os.geteuid() or stat.S_IMODE(state.st_mode) & 0o077:
                raise RefusedError(
                    f"{path} must belong to the account that serves and be open to nobody else (mode 0600).",
                    next_step=f"look who wrote it; then rm {path} and issue the tokens anew",
                )
            kept = [Pass(**one) for one in json.load(stream)["tokens"]]
            for one in kept:
                one.good()  # a moment that cannot be read is found here, not by whoever comes to the door
            return kept
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RefusedError(
            f"{path} cannot be read: {error}; nobody is let in.", next_step=f"rm {path}, then issue the tokens anew"
        ) from error


def match(kept: list[Pass], text: str) -> Pass | None:
    """Find the token somebody showed; None for a wrong, expired or revoked one. Takes the same time either way."""
    found = _TEXT.fullmatch(text.strip())
    wanted = found["id"] if found else ""
    one = next((each for each in kept if each.id == wanted), None)
    same = hmac.compare_digest(_digest(text.strip()), one.sha256 if one else _NOBODY)
    return one if one is not None and same and one.good() else None


def _digest(text: str) -> str:
    return hashlib.sha256(b"rollback-runner war room\0" + text.encode("utf-8", "replace")).hexdigest()


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


@contextmanager
def _changing(directory: Path) -> Iterator[list[Pass]]:
    """Hold the file for a change; it is replaced whole. Raises `UsageError` when it cannot be written."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
        with (directory / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = read(directory)
            yield kept
            content = {"version": 1, "tokens": [asdict(one) for one in kept]}
            whole.write(directory / FILE, (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode())
    except OSError as error:
        raise UsageError(f"Tokens cannot be kept in {directory}: {error.strerror}.") from error
