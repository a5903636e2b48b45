"""A message with a random code through every channel, and where a channel can be read back, the code's arrival."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from failback.errors import ConfigError
from failback.people import channels, fetch
from failback.scrub import scrub

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.people.channels import Channel

_POLL = 0.25  # seconds between two looks for the code


@dataclass(frozen=True)
class Tried:
    """How one channel did. ``arrived`` is None where it cannot be read back; times in seconds, ``at`` since 1970.

    ``mark`` is the digest of the channel's URL: another URL is another channel.
    """

    channel: str
    code: str
    delivered: bool
    arrived: bool | None
    seconds: float
    error: str = ""
    at: float = 0.0
    mark: str = ""

    @property
    def works(self) -> bool:
        """Whether a message gets through, as far as that can be known."""
        return self.delivered and self.arrived is not False

    def as_dict(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return asdict(self) | {"works": self.works}


def code() -> str:
    """Make a code nobody sent before."""
    return f"RR-{secrets.token_hex(4).upper()}"


def mark(channel: Channel) -> str:
    """Name a channel's URL without telling it; "" when it cannot be read."""
    try:
        return hashlib.sha256(channel.url().encode()).hexdigest()[:16]
    except ConfigError:
        return ""


def known(kept: Mapping[str, Any], channel: Channel, *, valid: float, now: float) -> Tried | None:
    """Find a channel's last canary in what was kept, if it arrived less than ``valid`` seconds ago by the same URL."""
    entry = kept.get(channel.name)
    if not entry:
        return None
    found = Tried(**{key: entry[key] for key in Tried.__dataclass_fields__ if key in entry})
    fresh = 0 <= now - found.at < valid
    return found if found.works and fresh and found.mark and found.mark == mark(channel) else None


def send(site: str, some: Sequence[Channel], *, deadline: float) -> list[Tried]:
    """Send a canary through each channel and look for its arrival, all at once, each within ``deadline`` seconds."""
    codes = [code() for _channel in some]
    messages = [channels.Message(channel, *text(site, channel, one)) for channel, one in zip(some, codes, strict=True)]
    sent = channels.send(messages, deadline=deadline)
    results: list[Tried | None] = [None] * len(some)

    def look(number: int) -> None:
        channel, one, was = some[number], codes[number], sent[number]
        arrived, error = read_back(channel, one, deadline) if was.delivered and channel.read_back else (None, "")
        at = was.at or time.time()
        results[number] = Tried(
            channel.name, one, was.delivered, arrived, was.seconds, was.error or error, at, mark(channel)
        )

    threads = [threading.Thread(target=look, args=(number,), daemon=True) for number in range(len(some))]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + deadline + 1
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
    return [
        found or Tried(some[number].name, codes[number], sent[number].delivered, False, deadline, "reading back hangs")  # noqa: FBT003 - arrived: no
        for number, found in enumerate(results)
    ]


def text(site: str, channel: Channel, one: str) -> tuple[str, str]:
    """Write the canary's title and body, in both languages."""
    title = f"[{site}] rollback-runner canary {one}"
    body = (
        f"Test message to {channel.audience or channel.name}; nothing to do. Code {one}.\n"
        f"{channel.audience or channel.name} 채널 시험 메시지입니다. 조치할 것은 없습니다. 코드 {one}."
    )
    return title, body


def read_back(channel: Channel, one: str, deadline: float) -> tuple[bool, str]:
    """Look for the code where the channel can be read, until it is there or the time is over."""
    ends = time.monotonic() + deadline
    try:
        url, token = _reader(channel)
    except ConfigError as error:
        return False, str(error)
    reason = ""
    while (left := ends - time.monotonic()) > 0:
        try:
            found = fetch.page(url.replace("{code}", quote(one)), timeout=left, token=token)
        except ConfigError as error:
            return False, f"channel {channel.name}: read_back: {error}"
        if found.well and (one in found.text or one in _decoded(found.text)):
            return True, ""
        reason = found.error or (f"HTTP {found.status}" if not found.well else "")
        time.sleep(min(_POLL, max(0.0, ends - time.monotonic())))
    why = f" ({reason})" if reason else ""
    hidden = channels.parts_of(url) if channel.read_back.get("url_file") else ()
    return False, str(scrub(f"sent, but not seen where it is read back within {deadline:g} s{why}", hidden))


def _reader(channel: Channel) -> tuple[str, str]:
    """Return where to look and with which token."""
    given = channel.read_back
    whose = f"channel {channel.name}: read_back"
    url = given.get("url") or channels.secret_line(given.get("url_file", ""), whose)
    token = channels.secret_line(given["token_file"], whose) if given.get("token_file") else ""
    return url, token


def _decoded(text: str) -> str:
    """Read JSON's escapes, so that a code is found however it was written."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return ""


def unusable(channel: Channel) -> str:
    """Say what can be seen to be wrong with a channel without sending; "" when nothing is."""
    try:
        return channels.problem(channel.url())
    except ConfigError as error:
        return str(error)
