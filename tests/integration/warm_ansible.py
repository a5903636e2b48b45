"""Plays of the tests begin in a copy of one Ansible that has loaded itself already: half a second of CPU saved each.

``directory()`` starts it, once for each pytest process, and returns a folder with an ``ansible-playbook`` in it. That
hands its arguments, environment, folder and standard streams to the Ansible that waits, which forks: from there on all
is as in any play. Ansible reads its settings while it loads; a play with other settings gets the real one.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

# Read when it is used, not while Ansible loads; every run has its own.
OF_A_RUN = ("ANSIBLE_CACHE_PLUGIN_CONNECTION",)
_CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    request = json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(request).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(request)
    answer = server.recv(1)
if answer == b"\\xff":
    os.execv({real!r}, [{real!r}, *sys.argv[1:]])
sys.exit(answer[0] if answer else 250)
"""
_REFUSED = 255


@functools.cache
def directory() -> Path:
    """Return the folder to put first in PATH."""
    place = Path(tempfile.mkdtemp(prefix="rr-warm-"))
    client = place / "ansible-playbook"
    real = str(Path(sys.executable).with_name("ansible-playbook"))
    client.write_text(_CLIENT.format(python=sys.executable, address=str(place / "socket"), real=real), encoding="utf-8")
    client.chmod(0o755)
    # Bound here: a client that is quick waits in the queue until Ansible has loaded itself.
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(place / "socket"))
    listener.listen(64)
    server = subprocess.Popen(
        [sys.executable, __file__, str(listener.fileno())], pass_fds=[listener.fileno()], stdin=subprocess.PIPE
    )
    listener.close()
    atexit.register(_stop, server, place)
    return place


def _stop(server: subprocess.Popen[bytes], place: Path) -> None:
    assert server.stdin is not None
    server.stdin.close()
    server.wait(30)
    for path in place.iterdir():
        path.unlink()
    place.rmdir()


def _settings(environment: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in environment.items() if k.startswith("ANSIBLE_") and k not in OF_A_RUN}


class _Server:
    """Takes one request after the other; loads Ansible with the settings of the first."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._settings: dict[str, str] | None = None
        self._selector = selectors.DefaultSelector()
        self._running: dict[socket.socket, int] = {}

    def serve(self) -> None:
        """Until our standard input ends, which it does with the tests."""
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(sys.stdin, selectors.EVENT_READ, None)
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                key.data()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        head, streams, _, _ = socket.recv_fds(client, 8, 3)
        with client.makefile("rb") as stream:
            argv, folder, environment = json.loads(stream.read(int.from_bytes(head, "big")))
        if self._settings is None:
            self._settings = _settings(environment)
            os.environ.update(environment)
            importlib.import_module("ansible.cli.playbook")
        if _settings(environment) != self._settings:
            client.sendall(bytes([_REFUSED]))
            client.close()
        else:
            child = os.fork()
            if child == 0:
                _play(argv, folder, environment, streams)
            self._running[client] = child
            end = os.pidfd_open(child)
            self._selector.register(end, selectors.EVENT_READ, functools.partial(self._ended, client, child, end))
            self._selector.register(client, selectors.EVENT_READ, functools.partial(self._given_up, client))
        for one in streams:
            os.close(one)

    def _given_up(self, client: socket.socket) -> None:
        """Whoever started the play is gone: so is the play, as if it had been started by it."""
        self._selector.unregister(client)
        os.kill(self._running[client], signal.SIGTERM)

    def _ended(self, client: socket.socket, child: int, end: int) -> None:
        _, status = os.waitpid(child, 0)
        self._selector.unregister(end)
        os.close(end)
        with suppress(KeyError):
            self._selector.unregister(client)
        del self._running[client]
        with suppress(OSError):
            client.sendall(bytes([os.waitstatus_to_exitcode(status) & 0x7F]))
        client.close()


def _play(argv: list[str], folder: str, environment: dict[str, str], streams: list[int]) -> Any:
    """Be what the client asked for, and end."""
    code: Any = 1
    try:
        os.setsid()
        # ansible-runner's terminal belongs to the client: what asks it for more than its size (pause) would fail here.
        streams = [os.open(os.devnull, os.O_RDONLY), *streams[1:]]
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(3, max(streams) + 64)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        sys.argv = argv
        from ansible.cli.playbook import main  # noqa: PLC0415 - loaded by the parent

        main(argv)
    except SystemExit as ended:
        code = ended.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    _Server(socket.socket(fileno=int(sys.argv[1]))).serve()
