"""A way to a port that breaks: each connection is cut after some bytes from the server, the first few of them."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self


class CuttingProxy:
    """Listens on a port of its own; ``cuts`` connections are cut after ``after`` bytes, later ones live."""

    def __init__(self, port: int, *, cuts: int, after: int) -> None:
        self._target, self._cuts, self._after = port, cuts, after
        self.made = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self._target))
        threading.Thread(target=_pump, args=(client, server), daemon=True).start()
        left = self._after
        with client, server, suppress(OSError):
            while data := server.recv(65536):
                if self._cuts > 0 and len(data) > left:
                    client.sendall(data[:left])
                    self._cuts -= 1
                    self.made += 1
                    client.shutdown(socket.SHUT_RDWR)  # closing alone would wait for the other thread
                    return
                left -= len(data)
                client.sendall(data)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # as above
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
