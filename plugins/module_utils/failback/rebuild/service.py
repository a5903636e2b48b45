"""The MySQL service's container, as `docker inspect` describes it, and helper containers with the same eyes.

A helper has the service's image and mounts (``--volumes-from``), so that it sees the data directory as the server
does, whether that lies on a bind mount or on a named volume, and needs no rights on the host but docker's. Pure.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from failback.container import ContainerError
from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

HELPER_LABEL = "rollback-runner.helper=1"
SCRATCH = "/run/rollback-runner"  # memory of a helper: socket and secrets never reach a disk
_SERVER = re.compile(r"mysqld(-debug)?$")
_ROOT = frozenset({"", "0", "root", "0:0", "root:root"})
# Prepared in a directory of their own, these would end up in the old server's places.
_SPLIT = ("innodb-data-home-dir", "innodb-log-group-home-dir", "innodb-undo-directory")
_NO_VALUE = "(No default value)"


@dataclass(frozen=True)
class Mount:
    """One mount of the container: "bind" or "volume", from a path or volume of the host."""

    kind: str
    source: str
    target: str
    writable: bool


@dataclass(frozen=True)
class Service:
    """What a helper needs to know about the service's container."""

    name: str
    image: str
    user: str
    program: str  # mysqld, as the container calls it
    options: tuple[str, ...]  # what it is called with
    mounts: tuple[Mount, ...]

    @property
    def helper(self) -> str:
        """Name of the only helper there may be at a time: one that a killed run left behind is found by it."""
        return f"{self.name}-rollback-runner"

    @property
    def as_root(self) -> bool:
        """Whether the container starts as root and the server changes to its own user."""
        return self.user in _ROOT

    def mount_of(self, path: str) -> Mount | None:
        """Find the mount a path of the container lies on."""
        found = [mount for mount in self.mounts if PurePosixPath(path).is_relative_to(mount.target)]
        return max(found, key=lambda mount: len(mount.target), default=None)


@dataclass(frozen=True)
class Settings:
    """Where the server keeps what, by its own words (``mysqld --verbose --help``)."""

    datadir: str
    values: dict[str, str]

    def value(self, name: str) -> str:
        """Read a setting by its name with dashes; "" where it has none."""
        found = self.values.get(name, "")
        return "" if found == _NO_VALUE else found

    @property
    def redo_bytes(self) -> int:
        """Bytes the redo log may grow to."""
        return int(self.value("innodb-redo-log-capacity") or 0)

    @property
    def log_file(self) -> str:
        """The error log's file; "" where it goes to the container's output."""
        name = self.value("log-error")
        return "" if name in {"", "stderr"} else str(PurePosixPath(self.datadir) / name)

    @property
    def binlog_folder(self) -> str:
        """The folder of the binary logs where it is not the data directory, else ""."""
        base = self.value("log-bin")
        folder = (PurePosixPath(self.datadir) / base).parent if base else PurePosixPath(self.datadir)
        return "" if folder == PurePosixPath(self.datadir) else str(folder)

    @property
    def binlog_base(self) -> str:
        """The name all binary logs begin with."""
        return PurePosixPath(self.value("log-bin") or "binlog").name


def parse_service(name: str, stdout: str, command: Sequence[str] = ()) -> Service:
    """Read the answer of `docker container inspect`; ``command`` stands in where the server hides behind a shell.

    Raises ContainerError (no answer) and ConfigError (it does not say how the server is called).
    """
    try:
        data: dict[str, Any] = json.loads(stdout)[0]
        config = data["Config"]
        program, options = _server_call([str(data["Path"]), *(str(part) for part in data["Args"] or [])], command, name)
        return Service(
            name=name,
            image=str(data["Image"]),
            user=str(config.get("User") or ""),
            program=program,
            options=tuple(options),
            mounts=tuple(
                Mount(str(m["Type"]), str(m.get("Source", "")), str(m["Destination"]), bool(m.get("RW", True)))
                for m in data.get("Mounts") or []
            ),
        )
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ContainerError(f"docker's answer for {name} cannot be read: {error}") from error


def _server_call(argv: Sequence[str], command: Sequence[str], name: str) -> tuple[str, list[str]]:
    """Split into the server and its options, whatever stands before them (tini, an entry point)."""
    call = list(command) or list(argv)
    for place, part in enumerate(call):
        if _SERVER.search(part) and " " not in part:
            return part, call[place + 1 :]
    if "entrypoint" in call[0] and all(part.startswith("-") for part in call[1:]):
        return "mysqld", call[1:]  # the official image's entry point puts the server's name before options
    raise ConfigError(
        f"the container {name} starts {call[0]!r}, which does not show how mysqld is called: set"
        " idc_mysql_command to the server and its options, as a list"
    )


def parse_settings(service: Service, stdout: str) -> Settings:
    """Read `mysqld --verbose --help`. Raises ConfigError for a layout that is not ours to rebuild."""
    values: dict[str, str] = {}
    _, _, table = stdout.partition("\nVariables (--variable-name=value)")
    for line in table.splitlines():
        key, _, value = line.partition(" ")
        if re.fullmatch(r"[a-z][a-z0-9-]+", key):
            values[key] = value.strip()
    settings = Settings(str(PurePosixPath(values.get("datadir", "/"))), values)
    if settings.datadir == "/":
        raise ContainerError(f"mysqld of {service.name} does not say where its data directory is")
    if "persisted-globals-load" not in values:
        raise ConfigError(f"{service.name} is older than MySQL 8.0: such a server is not rebuilt by this tool")
    for name in _SPLIT:
        where = settings.value(name)
        if where and PurePosixPath(settings.datadir) / where != PurePosixPath(settings.datadir):
            raise ConfigError(
                f"{service.name} keeps parts of InnoDB outside of its data directory ({name}={where}): such a server"
                " is not rebuilt by this tool; initialise it by hand, then run the phase again"
            )
    mount = service.mount_of(settings.datadir)
    if mount is None or not mount.writable:
        why = "is in the container's own layer" if mount is None else "is mounted read-only"
        raise ConfigError(f"the data directory {settings.datadir} of {service.name} {why}: mount it writable first")
    return settings


def help_argv(service: Service) -> list[str]:
    """Ask the server for its settings. The index is named so that it looks for none."""
    options = [*service.options, "--verbose", "--help", "--log-bin-index=/dev/null/none"]
    return [*_run(service, look=True, user=service.user), "--entrypoint", service.program, service.image, *options]


def script_argv(service: Service, script: str, args: Sequence[str], *, look: bool = False) -> list[str]:
    """Run a shell script over the service's files, as root: the files of a damaged server may be anyone's."""
    base = _run(service, look=look, user="0:0")
    return [*base, "--entrypoint", "sh", service.image, "-c", script, "rollback-runner", *args]


def server_argv(service: Service, script: str, datadir: str, options: Sequence[str]) -> list[str]:
    """Run the server itself over ``datadir`` as the service would; the script gets the whole call as "$@"."""
    call = [service.program, *service.options, f"--datadir={datadir}", *_QUIET, *options]
    if service.as_root and not any(option.startswith("--user=") for option in service.options):
        call.append("--user=mysql")
    run = [*_run(service, look=False, user=service.user), "--tmpfs", f"{SCRATCH}:mode=1777"]
    return [*run, "--entrypoint", "sh", service.image, "-c", script, "rollback-runner", *call]


# Nobody reaches a server that is being made; it writes no binary log, so that its own beginnings have no GTIDs.
_QUIET = (
    "--skip-log-bin",
    "--skip-networking",
    "--loose-mysqlx=OFF",
    "--skip-replica-start",
    "--event-scheduler=OFF",
    "--super-read-only=OFF",
    "--read-only=OFF",
    "--general-log=OFF",
    # Given to standard error by the script: mysqld would take "stderr" for the name of a file.
    f"--log-error={SCRATCH}/log",
    "--log-error-verbosity=2",
    "--innodb-buffer-pool-size=134217728",
    # Written out once, at the end of each step.
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=OFF",
    f"--socket={SCRATCH}/mysqld.sock",
    f"--pid-file={SCRATCH}/mysqld.pid",
)


def _run(service: Service, *, look: bool, user: str) -> list[str]:
    argv = ["docker", "run", "--rm", "--interactive", "--network", "none", "--label", HELPER_LABEL]
    argv += [] if look else ["--name", service.helper]
    argv += ["--volumes-from", f"{service.name}:ro" if look else service.name]
    return [*argv, "--user", user] if user else argv
