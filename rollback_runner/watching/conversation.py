"""One long-lived process that is asked again and again over its standard input: an ssh to a host, or a local shell.

The other side waits in a read between two questions, so it costs nothing meanwhile, and it ends by itself when this
process ends, however it ends: its input is closed then. Nothing is asked with a secret, and none is in the arguments.
"""

from __future__ import annotations

import os
import select
import shlex
import subprocess
import tempfile
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from failback import ssh_words

from rollback_runner.watching.source import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CONNECT = 5  # seconds until an ssh connection must stand
_MOST = 4 << 20  # bytes of one answer; more is not what was asked for
_GRACE = 0.5  # seconds a process gets to go away before it is killed
_SAID = 4096  # bytes of its complaint that are read


def ssh(host: str, variables: Mapping[str, Any], command: str) -> list[str]:
    """Build the arguments that run ``command`` on a host by the inventory's own ssh settings.

    A host key that is not on record is never accepted here, whatever the settings say: a process in the background asks
    nobody. The connection is its own, so that it neither ends with a play's nor keeps one alive.
    """
    argv = ["ssh", "-T", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "ControlPath=none"]
    for name in ("ansible_ssh_common_args", "ansible_ssh_extra_args"):
        argv += shlex.split(str(variables.get(name) or ""))
    argv += ["-o", f"ConnectTimeout={_CONNECT}", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=2"]
    argv += ["-o", "ClearAllForwardings=yes", "-a", "-x"]
    for option, names in (("-i", ("ansible_ssh_private_key_file", "ansible_private_key_file")),
                          ("-p", ("ansible_port", "ansible_ssh_port"))):  # fmt: skip
        value = next((variables[name] for name in names if variables.get(name)), None)
        argv += [option, os.path.expanduser(str(value))] if value else []  # noqa: PTH111 - may be no path at all
    user = variables.get("ansible_user") or variables.get("ansible_ssh_user")
    argv += ["-l", str(user)] if user else []
    return [*argv, "--", str(variables.get("ansible_host") or host), command]


def reach(host: str, variables: Mapping[str, Any], command: str) -> list[str]:
    """Build the arguments that run ``command`` where the inventory says the host is. Raises `SourceError`."""
    kind = str(variables.get("ansible_connection") or "ssh")
    if kind == "local":
        return ["/bin/sh", "-c", command]
    if kind not in {"ssh", "smart", "ansible.builtin.ssh"}:
        raise SourceError(f"{host} is reached by {kind}; only ssh and local hosts are followed")
    return ssh(host, variables, command)


class Conversation:
    """Asks one process; starts it when there is none. After an error the next question starts a new one."""

    def __init__(self, argv: Sequence[str], patience: float) -> None:
        self._argv = list(argv)
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._number = 0
        self.fresh = True

    def ask(self) -> str:
        """Ask once and return the answer; ``fresh`` tells whether a new process gave it. Raises `SourceError`."""
        self.fresh = self._process is None
        process = self._process or self._start()
        self._number += 1
        end = f"<<{self._number}>>\n".encode()
        # The first answer of a new process has the login before it.
        deadline = time.monotonic() + self._patience + (_CONNECT if self.fresh else 0.0)
        try:
            assert process.stdin is not None
            process.stdin.write(f"{self._number}\n".encode())
            process.stdin.flush()
            answer = self._answer(process, end, deadline)
        except (OSError, ValueError) as error:
            why = self._why() or str(error)
            self.close()
            raise SourceError(why) from error
        return answer.decode(errors="replace")

    def interrupt(self) -> None:
        """End the process under whoever waits for its answer, from another thread; never raises."""
        process = self._process
        if process is not None:
            process.terminate()

    def close(self) -> None:
        """End the process; safe to repeat, never raises."""
        process, self._process = self._process, None
        if process is not None:
            for stream in (process.stdin, process.stdout):
                with suppress(OSError):
                    stream and stream.close()
            process.terminate()
            try:
                process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def _start(self) -> subprocess.Popen[bytes]:
        self._number = 0
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        try:
            self._process = subprocess.Popen(
                self._argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, bufsize=0
            )
        except OSError as error:
            self.close()
            raise SourceError(f"{self._argv[0]} cannot be started: {error.strerror}") from error
        return self._process

    def _answer(self, process: subprocess.Popen[bytes], end: bytes, deadline: float) -> bytes:
        assert process.stdout is not None
        descriptor, found = process.stdout.fileno(), bytearray()
        while not found.endswith(end):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise TimeoutError(f"no answer within {self._patience:g} s")
            part = os.read(descriptor, 65536)
            if not part:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_GRACE)
                raise ConnectionError("the connection ended")
            found += part
            if len(found) > _MOST:
                raise ValueError("the answer has no end")
        return bytes(found[: -len(end)])

    def _why(self) -> str:
        """Say in one sentence what ssh complained of; "" when it did not."""
        if self._errors is None:
            return ""
        with suppress(OSError, ValueError):
            self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - _SAID))
            said = self._errors.read().decode(errors="replace").strip()
            if said:
                return ssh_words.sentence(said) if self._argv[0] == "ssh" else said.splitlines()[-1]
        return ""
