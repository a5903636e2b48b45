"""A connection to a MySQL server that is kept between two readings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.mysql import Server

from rollback_runner.watching.source import SourceError

if TYPE_CHECKING:
    from failback.mysql import Login


class Held:
    """Connects when there is no connection; ``patience`` is for connecting, ``answer`` for one answer, in seconds."""

    def __init__(self, login: Login, patience: float, answer: float, name: str = "") -> None:
        self._login = login
        self._patience, self._answer, self._name = patience, answer, name
        self._server: Server | None = None

    def server(self) -> Server:
        """Return the connection, to the very server that is meant. Raises `SourceError` or another `FailbackError`."""
        if self._server is None:
            self._server = server = Server.connect(
                self._login, name=self._name, connect_timeout=self._patience, read_timeout=self._answer
            )
            uuid = server.text("SELECT @@server_uuid").lower()
            if self._login.server_uuid and uuid != self._login.server_uuid:
                self.close()
                raise SourceError(f"{self._login} is server {uuid}, the inventory means {self._login.server_uuid}")
        return self._server

    def cut(self) -> None:
        """End an answer that is waited for, from another thread."""
        server = self._server
        if server is not None:
            server.cut()

    def close(self) -> None:
        """Close it; the next reading connects anew."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
