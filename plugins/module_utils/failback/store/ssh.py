"""A store in a directory of an ops host, over OpenSSH. On the host it takes sshd and Python 3.8 or newer, nothing else.

One connection serves all: OpenSSH's own master process keeps it open for some minutes (ControlPersist), so a question
costs a round trip and the start of a Python. Any process may use it, forked workers as well; when it breaks, the next
question makes a new one. The program goes by standard input: nothing is installed there and nothing shows in `ps`.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback import remote, ssh_words
from failback.store import apart
from failback.store.directory import DirectoryStore
from failback.store.errors import SilentError, StoreError, StoreGoneError

if TYPE_CHECKING:
    from failback.store.settings import Settings

_PERSIST = 300  # seconds the connection is kept open after its last use
_CONNECT = 4  # seconds
_NOT_SSH = 255  # ssh's own exit code when it did not get through


class SshStore(DirectoryStore):
    """The same operations, carried out on the ops host."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._target = f"{settings.user}@{settings.host}" if settings.user else settings.host

    @property
    def where(self) -> str:
        """Name the place for people."""
        return f"{self._target}:{self._root}"

    def _absolute(self) -> str:
        return str(self._one({"op": "incoming"}, _CONNECT * 2)["folder"]).rpartition("/")[0]

    def _ask(self, ops: list[dict[str, Any]], deadline: float) -> list[dict[str, Any]]:
        text = remote.program(apart.MODULES, {"root": self._root, "ops": ops, "deadline": deadline})
        return self._answers(self._run(shlex.join(remote.argv(self._settings.python)), deadline, text.encode()))

    def _command(self, words: str) -> list[str]:
        return [*self._argv(), words]

    def _run(self, words: str, deadline: float, data: bytes) -> subprocess.CompletedProcess[bytes]:
        # The master process that stays behind keeps standard error open: a pipe would never end.
        with tempfile.TemporaryFile() as said:
            try:
                done = subprocess.run(
                    self._command(words), input=data, stdout=subprocess.PIPE, stderr=said, timeout=deadline, check=False
                )
            except subprocess.TimeoutExpired as error:
                self._forget_connection()
                raise SilentError(self.where, deadline) from error
            except OSError as error:
                raise StoreGoneError(f"ssh cannot be started: {error.strerror}") from error
            said.seek(0)
            done.stderr = said.read()
        return self._reached(done)

    def _reached(self, done: subprocess.CompletedProcess[bytes]) -> subprocess.CompletedProcess[bytes]:
        if done.returncode == _NOT_SSH:
            told = done.stderr.decode(errors="replace")
            raise StoreGoneError(f"the store {self.where} is not reached: {ssh_words.sentence(told)}")
        return done

    def _argv(self) -> list[str]:
        given = self._settings
        argv = ["ssh", "-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={_CONNECT}"]
        argv += ["-o", "ServerAliveInterval=3", "-o", "ServerAliveCountMax=2", "-o", "StrictHostKeyChecking=yes"]
        argv += ["-o", "ControlMaster=auto", "-o", f"ControlPersist={_PERSIST}", "-o", f"ControlPath={_sockets()}/%C"]
        argv += ["-o", "ForwardAgent=no", "-o", "ForwardX11=no", "-p", str(given.port)]
        if given.key_file:
            argv += ["-i", str(Path(given.key_file).expanduser()), "-o", "IdentitiesOnly=yes"]
        if given.known_hosts_file:
            known = Path(given.known_hosts_file).expanduser()
            argv += ["-o", f"UserKnownHostsFile={known}", "-o", "GlobalKnownHostsFile=/dev/null"]
        argv += shlex.split(given.ssh_args)
        return [*argv, self._target]

    def _forget_connection(self) -> None:
        """Let go of a connection that hangs, so that the next question makes a new one."""
        argv = self._argv()
        with suppress(OSError, subprocess.SubprocessError):
            subprocess.run([*argv[:-1], "-O", "exit", argv[-1]], capture_output=True, timeout=1, check=False)


def _sockets() -> Path:
    # A socket's path may have about a hundred characters, so it lies in the temporary directory, for its owner alone.
    folder = Path(tempfile.gettempdir()) / f"rr-store-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise StoreError(f"{folder} cannot be made: {error.strerror}") from error
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or folder.is_symlink():
        raise StoreError(f"{folder} is not this user's alone: remove it, and find out who made it")
    return folder
