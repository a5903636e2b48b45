"""Serves the war room: uvicorn in this process, with a low priority, so that a run beside it comes first."""

from __future__ import annotations

import ipaddress
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from rollback_runner.errors import UsageError
from rollback_runner.war_room import build

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.site.site import Site

_NICE = 10
_CONNECTIONS = 2000
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Listen:
    """Where to listen. ``names`` are further hosts it answers for; beyond this machine with TLS, unless ``plain``."""

    host: str
    port: int
    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    plain: bool = False

    @property
    def tls(self) -> bool:
        """Whether it speaks TLS."""
        return self.certificate is not None

    def address(self, port: int) -> str:
        """Write the address people open."""
        host = self.names[0] if self.names else self.host
        return f"{'https' if self.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}/"


def check(listen: Listen) -> None:
    """Refuse what would give tokens away. Raises `UsageError`."""
    if (listen.certificate is None) != (listen.key is None):
        raise UsageError("--tls-cert and --tls-key belong together; one of them is missing.")
    if not _loopback(listen.host) and not listen.tls and not listen.plain:
        raise UsageError(
            f"On {listen.host} tokens and words would cross the network in the clear.",
            next_step="--tls-cert FILE --tls-key FILE; or --plain where something in front of it speaks TLS",
        )
    if listen.host in {"0.0.0.0", "::"} and not listen.names:  # noqa: S104 - looked at, not bound
        raise UsageError(
            f"On {listen.host} it must be known under which name people come.", next_step="--name war-room.example.org"
        )


def serve(site: Site, home: Path, listen: Listen, language: Language) -> None:
    """Serve until told to stop. Raises `UsageError` when it cannot listen there."""
    check(listen)
    names = frozenset(name.lower() for name in (*_LOCAL, listen.host, *listen.names))
    built = build.build(site, home, names=names, default=language, tls=listen.tls)
    config = uvicorn.Config(
        built,
        host=listen.host,
        port=listen.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=2,
        ws="none",
        ssl_certfile=listen.certificate,
        ssl_keyfile=listen.key,
    )
    with suppress(OSError):
        os.nice(_NICE)
    try:
        uvicorn.Server(config).run()
    except (OSError, SystemExit) as error:
        raise UsageError(
            f"It cannot listen on {listen.host}:{listen.port}: is another one there already?", next_step="--port N"
        ) from error


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
