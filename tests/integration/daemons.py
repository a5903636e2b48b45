"""Start real servers for tests: this machine's own program where there is one, else the lab's host image."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

STARTED = 60.0  # seconds; what is waited for comes in one of them, unless the machine has no time
FORCE_IMAGE = "RR_TEST_USE_IMAGE"  # set to anything: use the image even where the program is here
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin"


class Daemon:
    """A server in the foreground of its own process or container; everything it needs lies in ``directory``."""

    def __init__(self, argv: Sequence[str], directory: Path, name: str) -> None:
        self.name = name
        program = None if os.environ.get(FORCE_IMAGE) else shutil.which(argv[0], path=_PATH)
        self._container = "" if program else f"rr-test-{name}-{directory.name}"
        if program:
            command = [program, *argv[1:]]
        else:
            mount = ["-v", f"{directory}:{directory}", "--network", "host", "--user", "root"]
            command = ["docker", "run", "--rm", "--name", self._container, *mount, "--entrypoint", argv[0]]
            command += [image(), *argv[1:]]
        self.log = directory / f"{name}.log"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def signal_command(self, signal: str) -> list[str]:
        """Name the command that sends a signal to the server."""
        if self._container:
            return ["docker", "kill", "--signal", signal, self._container]
        return ["kill", f"-{signal}", str(self._process.pid)]

    def prefix(self) -> list[str]:
        """Name what stands before a command that must see the server's own files and program."""
        return ["docker", "exec", self._container] if self._container else []

    def stop(self) -> None:
        """End it at once."""
        with suppress(subprocess.SubprocessError):
            subprocess.run(self.signal_command("KILL"), check=False, capture_output=True, timeout=20)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until it is ready; show its log when it is not."""
        wait_until(ready, lambda: f"{self.name} did not start:\n{self.log.read_text(errors='replace')}")


def wait_until(ready: Callable[[], bool], complaint: Callable[[], str], seconds: float = STARTED) -> None:
    """Poll until something holds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(OSError):
            if ready():
                return
        time.sleep(0.05)
    pytest.fail(complaint())


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Find a port that nobody listens on now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def image() -> str:
    """Name the lab's host image; the test fails where it was not built and the program is missing here."""
    argv = ["docker", "images", "rr-lab-host", "--format", "{{.Repository}}:{{.Tag}}"]
    found = subprocess.run(argv, capture_output=True, text=True, check=False).stdout.split()
    if not found:
        pytest.fail("neither the program nor the lab's host image is here: build the lab's images first")
    return found[0]
