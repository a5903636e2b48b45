"""An ops host with sshd in a container of its own, from the lab's host image; and a way to it that can be cut."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ssh_host

if TYPE_CHECKING:
    from pathlib import Path

_START = "mkdir -p /run/sshd && exec /usr/sbin/sshd -D -e -f /keys/sshd_config"


@dataclass(frozen=True)
class OpsHost:
    """The container, its published port, and the keys to it."""

    container: str
    port: int
    keys: Path

    def mapping(self, port: int | None = None, directory: str = "rr-store") -> dict[str, object]:
        """`site_store` for this host, over another port where there is a relay."""
        said = {"kind": "ssh", "host": "127.0.0.1", "port": port or self.port, "user": "ops"}
        return said | {
            "directory": directory,
            "key_file": str(self.keys / "client"),
            "known_hosts_file": str(self.keys / "known_hosts"),
        }


def start(directory: Path) -> OpsHost:
    """Start it and wait until it lets us in."""
    directory.mkdir()  # its user reads the keys, so pytest's own folder is too private
    for name in ("host", "client"):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)]
        subprocess.run(argv, check=True, capture_output=True)
    (directory / "sshd_config").write_text(ssh_host._CONFIG.format(forwarding="no"))
    name = f"rr-store-ops-{time.time_ns()}"
    argv = ["docker", "run", "-d", "--name", name, "--label", "rr.test=1", "-p", "127.0.0.1::22"]
    argv += ["-v", f"{directory}:/keys:ro", "--entrypoint", "/bin/sh", ssh_host.image(), "-c", _START]
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
    told = subprocess.run(["docker", "port", name, "22"], check=True, capture_output=True, text=True).stdout
    port = int(told.split()[0].rpartition(":")[2])
    # The host key is known under any port, so that a relay in front of it is no stranger.
    public = " ".join((directory / "host.pub").read_text().split()[:2])
    (directory / "known_hosts").write_text(f"[127.0.0.1]:* {public}\n")
    host = OpsHost(name, port, directory)
    limit = time.monotonic() + 20
    probe = [
        "ssh",
        "-i",
        str(directory / "client"),
        "-o",
        f"UserKnownHostsFile={directory}/known_hosts",
        "-p",
        str(port),
    ]
    while subprocess.run(
        [*probe, "-o", "BatchMode=yes", "ops@127.0.0.1", "true"], capture_output=True, check=False
    ).returncode:
        if time.monotonic() > limit:
            stop(host)
            raise AssertionError("sshd did not start")
        time.sleep(0.1)
    return host


def stop(host: OpsHost) -> None:
    """Remove the container."""
    subprocess.run(["docker", "rm", "-f", host.container], capture_output=True, check=False, timeout=60)


class Relay:
    """A way to a port of this machine that can be closed (refuses) or go dead (takes everything, answers nothing)."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._pairs: list[tuple[socket.socket, socket.socket | None]] = []
        self.dead = False
        self._listener = self._listen(0)
        self.port = self._listener.getsockname()[1]

    def close(self) -> None:
        """Refuse, and cut what is open."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else who waits in accept() keeps it alive
        self._listener.close()
        self._cut()

    def open(self) -> None:
        """Let everything through again."""
        self.dead = False
        self.close()
        self._listener = self._listen(self.port)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), reuse_port=False)
        threading.Thread(target=self._serve, args=(listener,), daemon=True).start()
        return listener

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                ours, _ = listener.accept()
            except OSError:
                return
            if self.dead:
                self._pairs.append((ours, None))
                continue
            theirs = socket.create_connection(("127.0.0.1", self._target))
            self._pairs.append((ours, theirs))
            for one, other in ((ours, theirs), (theirs, ours)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                if not self.dead:
                    other.sendall(data)
            other.shutdown(socket.SHUT_WR)

    def _cut(self) -> None:
        for pair in self._pairs:
            for end in pair:
                if end is not None:
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
                    end.close()
        self._pairs.clear()
