"""Sending messages through Apprise: every channel at once, each with a deadline, and no URL in any result.

A channel is a file of mode 0600 with one Apprise URL in it. Apprise writes URLs and tokens into its debug log; nothing
of that log leaves this module but the reasons it gives, with every part of the URL taken out.
"""

from __future__ import annotations

import base64
import logging
import re
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from failback.errors import ConfigError
from failback.scrub import scrub

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OTHERS = 0o077
_SHORTEST = 4  # shorter parts of a URL are words such as "v1"; taking those out would shred the sentence
_PARTS = re.compile(r"[/:@?&=#,;]+")
_REASONS = (
    ("refused", "connection refused"),
    ("timed out", "no answer in time"),
    ("timeout", "no answer in time"),
    ("name or service not known", "its name is not known"),
    ("failed to resolve", "its name is not known"),
    ("no route to host", "no route to it"),
    ("network is unreachable", "no route to it"),
    ("certificate", "its certificate is not trusted"),
    ("connection reset", "it closed the connection"),
    ("connection aborted", "it closed the connection"),
)


@dataclass(frozen=True)
class Channel:
    """One way to people. ``audience`` says who reads it; ``read_back`` how a message can be seen to have arrived."""

    name: str
    url_file: str
    audience: str = ""
    read_back: Mapping[str, str] = field(default_factory=dict)

    def url(self) -> str:
        """Read the Apprise URL. Raises ConfigError when the file is not there, open to others, or holds no line."""
        return secret_line(self.url_file, f"channel {self.name}")


@dataclass(frozen=True)
class Message:
    """What is to be sent by which channel."""

    channel: Channel
    title: str
    body: str
    attachments: tuple[str, ...] = ()  # paths of files, for the services that take some


@dataclass(frozen=True)
class Sent:
    """What Apprise reports of one message. ``error`` is "" when the service took it; ``seconds`` is what it took."""

    channel: str
    delivered: bool
    seconds: float
    error: str = ""
    at: float = 0.0  # seconds since 1970 when it was handed over


def of_site(entries: Sequence[Mapping[str, Any]]) -> tuple[Channel, ...]:
    """Read ``site_channels``."""
    return tuple(
        Channel(
            str(entry.get("name") or ""),
            str(entry.get("url_file") or ""),
            str(entry.get("audience") or ""),
            dict(entry.get("read_back") or {}),
        )
        for entry in entries
    )


def secret_line(path: str, whose: str) -> str:
    """Read the one line of a file that nobody else may read. Raises ConfigError."""
    target = Path(path).expanduser()
    try:
        if target.stat().st_mode & _OTHERS:
            raise ConfigError(f"{whose}: {target} can be read by others: chmod 0600 {target}")
        lines = [line.strip() for line in target.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigError(f"{whose}: {target} cannot be read: {reason}") from error
    if len(lines) != 1:
        raise ConfigError(f"{whose}: {target} must hold one line, it has {len(lines)}")
    return lines[0]


def send(messages: Sequence[Message], *, deadline: float) -> list[Sent]:
    """Send all at once and return one `Sent` each, in order, no later than ``deadline`` seconds from now.

    A channel that never answers is left behind in its thread and told as such; it delays nobody.
    """
    begun = time.monotonic()
    results: list[Sent | None] = [None] * len(messages)

    def one(number: int, message: Message) -> None:
        results[number] = _deliver(message, deadline)

    threads = [
        threading.Thread(target=one, args=(number, message), daemon=True) for number, message in enumerate(messages)
    ]
    _prepare()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, begun + deadline - time.monotonic()))
    late = f"no answer within {deadline:g} s"
    return [
        found if found is not None else Sent(message.channel.name, delivered=False, seconds=deadline, error=late)
        for found, message in zip(results, messages, strict=True)
    ]


def prepare() -> None:
    """Load what sending needs, so that the first message is as quick as those after it."""
    problem("json://nowhere.invalid")


def problem(url: str) -> str:
    """Say what is wrong with an Apprise URL, without any part of it; "" when Apprise can use it."""
    _prepare()
    with _listening() as heard:
        if _instance(url) is not None:
            return ""
    reason = _clean(" ".join(heard), url)
    return f"Apprise cannot use it: {reason or 'no such service'} (the services: github.com/caronc/apprise/wiki)"


def parts_of(url: str) -> tuple[str, ...]:
    """List every text in a URL that must not be seen: it, each part, and what HTTP makes of user:password."""
    rest = url.partition("://")[2]
    found = {url, rest, *_PARTS.split(rest)}
    login = rest.partition("/")[0].rpartition("@")[0]
    if login:
        found.add(base64.b64encode(unquote(login).encode()).decode())
    found |= {unquote(part) for part in found}
    return tuple(sorted((part for part in found if len(part) >= _SHORTEST), key=len, reverse=True))


def _deliver(message: Message, deadline: float) -> Sent:
    begun, at = time.monotonic(), time.time()
    name = message.channel.name

    def ended(error: str = "") -> Sent:
        return Sent(name, not error, round(time.monotonic() - begun, 3), error, at)

    try:
        url = message.channel.url()
    except ConfigError as error:
        return ended(str(error))
    with _listening() as heard:
        try:
            service = _instance(url)
            if service is None:
                return ended(problem(url))
            # One try has to fit: what is left of the deadline is for reading the answer.
            service.socket_connect_timeout = service.socket_read_timeout = max(0.5, deadline * 0.8)
            if service.notify(body=message.body, title=message.title, attach=list(message.attachments) or None):
                return ended()
        except Exception as error:  # noqa: BLE001 - a hundred services' code runs here; whatever it raises is a dead channel
            heard.append(f"{type(error).__name__}: {error}")
    return ended(_reason(heard, url))


def _instance(url: str) -> Any:
    import apprise  # noqa: PLC0415 - a tenth of a second that only those pay who send

    asset = apprise.AppriseAsset(app_id="rollback-runner", app_desc="rollback-runner", storage_mode="memory")
    return apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)


def _reason(heard: Sequence[str], url: str) -> str:
    """Make one short reason of what Apprise said: a known one where there is one, else its own first sentence."""
    text = " ".join(heard).lower()
    told = next((reason for sign, reason in _REASONS if sign in text), "")
    first = _clean(next((line for line in heard if "error=" in line or "rror" in line), heard[0] if heard else ""), url)
    if told and "error=" not in first:
        return told
    return first or "it did not take the message and did not say why"


def _clean(text: str, url: str) -> str:
    return str(scrub(" ".join(text.split()), parts_of(url)))[:200] if text else ""


class _Ear(logging.Handler):
    """Hears what Apprise says in one thread."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._heard = heard
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread and (
            "rror" in record.msg or "xception" in record.msg or record.levelno > logging.INFO
        ):
            self._heard.append(record.getMessage())


class _listening:  # noqa: N801 - used as a word: with _listening() as heard
    def __enter__(self) -> list[str]:
        self._heard: list[str] = []
        self._ear = _Ear(self._heard)
        logging.getLogger("apprise").addHandler(self._ear)
        return self._heard

    def __exit__(self, *_left: object) -> None:
        logging.getLogger("apprise").removeHandler(self._ear)


def _prepare() -> None:
    """Keep Apprise's log, which holds URLs, out of every other log of this process."""
    log = logging.getLogger("apprise")
    log.setLevel(logging.DEBUG)
    log.propagate = False
